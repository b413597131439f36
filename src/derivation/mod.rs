//! What a derivation is: lines of equal value, each with the rows that lead to it. Data only; words and layout are `render`'s, the
//! making of a derivation is `differentiate`'s, its numerical check is `evaluate`'s.
//!
//! The differential df of a scalar is a sum of [`Term`]s that are linear in one differential each: a coefficient, a stack of linear
//! [`Layer`]s, and the value whose differential stands innermost. Nothing is brought to normal form, so that every step shows.
//!
//! A small formula is derived in one [`Stage`]. In a large one the inner values get names ([`Derivation::bindings`]), and the stages
//! are those of back-propagation: one for each name V, from df = … + tr(δᵀ dV) + … to the terms of what V is made of.

use crate::expression::Id;
use crate::function::FunctionId;
use crate::number::Rational;
use crate::shape::Shape;

/// Where a derivation leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To the G of df = tr(Gᵀ dX).
    Gradient,
    /// To the J of vec(dF) = J vec(dX); between vectors dF = J dx, by a scalar dF = F′ dc.
    Matrix,
    /// The same, of a value that is itself a gradient.
    Hessian,
    /// To the differential itself.
    Differential,
}

/// The derivation of a derivative by one variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivation {
    /// Where it leads.
    pub goal: Goal,
    /// What is differentiated: a scalar where a gradient is the goal.
    pub function: Id,
    /// The function in terms of the named inner values; the same as `function` where nothing is named.
    pub value: Id,
    /// The variable.
    pub variable: Id,
    /// Inner values with names, each before its first use. A name is a variable of the store.
    pub bindings: Vec<Binding>,
    /// From the scalar down to the variable.
    pub stages: Vec<Stage>,
    /// The G of df = tr(Gᵀ dX), or the matrix, as it is read off the last line.
    pub found: Id,
    /// The gradient or the matrix as the answer shows it.
    pub gradient: Id,
    /// How `found` becomes `gradient`; empty when they are the same.
    pub reasons: Vec<Reason>,
}

/// A name and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// A variable of the store.
    pub name: Id,
    /// Its value.
    pub value: Id,
}

/// The lines of one value's differential.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What is differentiated: the scalar itself, or the name of an inner value.
    pub subject: Id,
    /// δ, the name of the subject's adjoint, and what it is; `None` for the scalar, whose adjoint is 1.
    pub adjoint: Option<Binding>,
    /// ⟨δ, d subject⟩ in ever simpler terms. The first line has no reason.
    pub lines: Vec<Line>,
    /// The result: ⟨δ, d subject⟩ = Σ ⟨share, d value⟩.
    pub shares: Vec<Share>,
}

/// ⟨adjoint, d of⟩
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The variable, or the name of an inner value.
    pub of: Id,
    /// What its adjoint receives.
    pub adjoint: Id,
}

/// One side of an equation, equal to the line before.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The terms of the sum; none are zero.
    pub terms: Vec<Term>,
    /// Why it equals the line before.
    pub reasons: Vec<Reason>,
}

/// Why one line follows from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A row of the rule tables, by name.
    Rule(&'static str),
    /// The derivative in a function's row.
    Derivative(FunctionId),
    /// The pullback in a function's row.
    Pullback(FunctionId),
    /// Terms with one differential are added: tr(G₁ᵀ dX) + tr(G₂ᵀ dX) = tr((G₁ + G₂)ᵀ dX).
    Collect,
    /// The variable's structure: only the symmetric or diagonal part of G counts.
    Structure,
    /// The values of the names are written out.
    Unfold,
    /// The search for a short form.
    Simplify,
}

/// coefficient · layer₁(layer₂(… d of))
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The exact coefficient, never 0.
    pub coefficient: Rational,
    /// Linear operators, the outermost first.
    pub layers: Vec<Layer>,
    /// The value whose differential stands innermost.
    pub of: Id,
}

/// A linear operator, applied to what the layers below it make of the differential M. Its other operands are constants.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// s·M
    Scale(Id),
    /// m·A of a scalar differential m.
    Times(Id),
    /// L₁ L₂ … M R₁ R₂ …
    Product {
        /// The factors to the left.
        left: Vec<Id>,
        /// The factors to the right.
        right: Vec<Id>,
    },
    /// Gᵀ M, where Gᵀ is not written out: the adjoint in a finished term tr(Gᵀ dX), or gᵀ dx.
    Adjoint(Id),
    /// A ⊙ M
    Hadamard(Id),
    /// Mᵀ
    Transpose,
    /// tr M
    Trace,
    /// The sum of all entries of M.
    Total,
    /// Vector → diagonal matrix.
    Diagonal,
    /// Matrix → its diagonal.
    DiagonalOf,
    /// vec M
    Vectorize,
    /// A ⊗ M
    KroneckerLeft(Id),
    /// M ⊗ B
    KroneckerRight(Id),
    /// A function of the table that is linear in the argument at `at`; what `arguments` holds there has M's shape and no meaning.
    Apply {
        /// The row.
        function: FunctionId,
        /// The arguments.
        arguments: Vec<Id>,
        /// The place of M.
        at: usize,
        /// The result's shape.
        shape: Shape,
    },
}

impl Derivation {
    /// The same lines of other nodes: `write` gives each value as it is to be written, of its shape. A line that says what the line
    /// before says is none.
    pub fn rewrite(&mut self, write: &mut dyn FnMut(Id) -> Id) {
        for id in [&mut self.function, &mut self.value, &mut self.found, &mut self.gradient] {
            *id = write(*id);
        }
        for binding in &mut self.bindings {
            binding.value = write(binding.value);
        }
        for stage in &mut self.stages {
            stage.subject = write(stage.subject);
            if let Some(adjoint) = &mut stage.adjoint {
                adjoint.value = write(adjoint.value);
            }
            for share in &mut stage.shares {
                (share.of, share.adjoint) = (write(share.of), write(share.adjoint));
            }
            for term in stage.lines.iter_mut().flat_map(|line| &mut line.terms) {
                term.of = write(term.of);
                for layer in &mut term.layers {
                    layer.rewrite(write);
                }
            }
            stage.lines.dedup_by(|later, line| later.terms == line.terms);
        }
    }
}

impl Layer {
    fn rewrite(&mut self, write: &mut dyn FnMut(Id) -> Id) {
        match self {
            Self::Scale(a)
            | Self::Times(a)
            | Self::Adjoint(a)
            | Self::Hadamard(a)
            | Self::KroneckerLeft(a)
            | Self::KroneckerRight(a) => *a = write(*a),
            Self::Product { left, right } => {
                for factor in left.iter_mut().chain(right) {
                    *factor = write(*factor);
                }
            }
            Self::Apply { arguments, .. } => {
                for argument in arguments {
                    *argument = write(*argument);
                }
            }
            Self::Transpose
            | Self::Trace
            | Self::Total
            | Self::Diagonal
            | Self::DiagonalOf
            | Self::Vectorize => {}
        }
    }
}
