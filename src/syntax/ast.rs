//! The syntax tree: what was written, with its place, before any name has a meaning.
//!
//! Expressions live in an arena, children before parents, so that every walk is a loop and no input is too deep to drop.

use crate::number::Rational;
use crate::source::Span;

/// An expression's place in [`Tree::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// All expressions of one source text; a child stands before its parent.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Expr>,
}

/// An expression as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, exactly.
    Number(Rational),
    /// A name: variable, constant, definition or size.
    Name(String),
    /// `f(x, y)`; a norm in bars is a call of `norm2`, `norm1`, `norm_fro` or `norm_nuc`.
    Call {
        /// What is called. May turn out to be a variable times a bracket.
        function: Word,
        /// The arguments.
        arguments: Vec<ExprId>,
    },
    /// `f(W := a, b := c)`: the value of `f` with variables replaced.
    Substitute {
        /// What is evaluated.
        function: Word,
        /// Names and their replacements.
        replacements: Vec<(Word, ExprId)>,
    },
    /// `x[t]`, `W[l]`: an element of a family; `x[i]`, `A[i, 1..k]`: entries of an array.
    Index {
        /// The indexed name.
        base: Word,
        /// The indices.
        indices: Vec<ExprId>,
    },
    /// `a..b` in place of an index; `:` for all.
    Range(Option<(ExprId, ExprId)>),
    /// `h[t][1..k]`, `(A*x)[2..n]`: entries of a value.
    Part {
        /// The value.
        of: ExprId,
        /// The indices.
        indices: Vec<ExprId>,
    },
    /// `[A, B; C, D]`, row by row.
    Blocks(Vec<Vec<ExprId>>),
    /// `sum(t in a..b, body)`.
    IndexedSum {
        /// The bound index.
        index: Word,
        /// First value.
        from: ExprId,
        /// Last value.
        to: ExprId,
        /// What is summed.
        body: ExprId,
    },
    /// `-x`.
    Negate(ExprId),
    /// `Aᵀ`, `A'`, `A^T`.
    Transpose(ExprId),
    /// `a op b`.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Where the operator stands (empty for juxtaposition).
        operator_span: Span,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
}

/// Binary operators. Juxtaposition is [`BinaryOperator::Multiply`]; `A⁻¹` is `Power` with the number −1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a .+ b`
    BroadcastAdd,
    /// `a .- b`
    BroadcastSubtract,
    /// `a * b`, `a b`
    Multiply,
    /// `a · b`: the inner product of columns, any other product as `*`
    Dot,
    /// `a @ b`: the product of NumPy's arrays, whose vectors are neither columns nor rows
    At,
    /// `a * b` of NumPy's arrays, entry by entry
    Entrywise,
    /// `a / b` of NumPy's arrays, entry by entry
    EntrywiseOver,
    /// `a / b`
    Divide,
    /// `A \ b`
    Solve,
    /// `a .* b`, `a ⊙ b`
    Hadamard,
    /// `a ./ b`, `a ⊘ b`
    EntrywiseDivide,
    /// `a ^ b`, superscripts
    Power,
    /// `a^T` where `T` is also a number: the transpose of what is not square, otherwise a question.
    PowerOrTranspose,
    /// `a .^ b`
    EntrywisePower,
    /// `A ⊗ B`
    Kronecker,
    /// `a < b`, entry by entry: 1 where it holds, otherwise 0
    Compare(Comparison),
    /// `a and b`
    And,
    /// `a or b`
    Or,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Comparison {
    /// As it is typed.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }
}

/// A whole input: statements in order and the arena they point into.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The statements.
    pub statements: Vec<Statement>,
    /// Their expressions.
    pub tree: Tree,
    /// How letters were read that could have been meant differently, in words.
    pub notes: Vec<String>,
}

/// A statement as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `A: m×n symmetric`; one statement for each declared name (`A, B: m×n` gives two).
    Declaration(Declaration),
    /// `H = tanh(X*W)`, `h[t] = … for t in 1..T`.
    Definition {
        /// The defined name.
        name: Word,
        /// Its indices, empty for a plain definition.
        indices: Vec<ExprId>,
        /// The value.
        value: ExprId,
        /// `for l in 1..L, t in 1..T`.
        ranges: Vec<(Word, ExprId, ExprId)>,
    },
    /// `dense(X, W, b) = X*W .+ b'`.
    Function {
        /// The function's name.
        name: Word,
        /// The parameters.
        parameters: Vec<Word>,
        /// The value.
        body: ExprId,
    },
    /// `gradient of loss wrt W, b` (`of` may be left out).
    Request {
        /// What is asked.
        kind: RequestKind,
        /// Of what.
        of: ExprId,
        /// By which variables; empty for `value`.
        wrt: Vec<By>,
    },
    /// `solve a*l + b = -1, a*r + b = 1 for a, b`, or `solve f for w`: where the gradient of f is zero.
    Solve {
        /// The equations; without a right side the gradient of a scalar is to be zero.
        equations: Vec<(ExprId, Option<ExprId>)>,
        /// The unknowns.
        unknowns: Vec<Word>,
    },
    /// `sizes m = 10000, n = 500`.
    Sizes(Vec<(Word, u64)>),
    /// A bare expression.
    Expression(ExprId),
}

/// What a derivative is by: a name, or an element of a family such as `C[t-1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The name.
    pub name: Word,
    /// The indices; none for a plain name.
    pub indices: Vec<ExprId>,
    /// The whole.
    pub span: Span,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// Gradient of a scalar.
    Gradient,
    /// Jacobian.
    Jacobian,
    /// Hessian of a scalar.
    Hessian,
    /// The value itself.
    Value,
    /// The differential.
    Differential,
}

impl RequestKind {
    /// Whether it is asked of scalars only.
    pub fn needs_scalar(self) -> bool {
        matches!(self, Self::Gradient | Self::Hessian)
    }

    /// The word that asks for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Jacobian => "jacobian",
            Self::Hessian => "hessian",
            Self::Value => "value",
            Self::Differential => "differential",
        }
    }
}

/// `A: m×n symmetric`.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The declared name.
    pub name: Word,
    /// Indices of a family, as in `W[l]: n[l]×n[l-1]`.
    pub indices: Vec<Word>,
    /// Its sizes: none for `scalar`, one for a column vector, two for a matrix, more for a tensor.
    /// Each is an expression of numbers, size names, `+ - * /`. `None` where they are not given, as in `b: vector`, `S: spd`.
    pub sizes: Option<Vec<ExprId>>,
    /// Words as written, such as `vector`, `symmetric`, `spd`, `positive`, in order.
    pub properties: Vec<Word>,
}

impl ExprKind {
    /// The expressions that it is made of.
    pub fn children(&self) -> Vec<ExprId> {
        match self {
            Self::Number(_) | Self::Name(_) | Self::Range(None) => Vec::new(),
            Self::Range(Some((from, to))) => vec![*from, *to],
            Self::Part { of, indices } => [&[*of], indices.as_slice()].concat(),
            Self::Blocks(rows) => rows.concat(),
            Self::Call { arguments, .. } => arguments.clone(),
            Self::Substitute { replacements, .. } => {
                replacements.iter().map(|(_, value)| *value).collect()
            }
            Self::Index { indices, .. } => indices.clone(),
            Self::IndexedSum { from, to, body, .. } => vec![*from, *to, *body],
            Self::Negate(a) | Self::Transpose(a) => vec![*a],
            Self::Binary { left, right, .. } => vec![*left, *right],
        }
    }
}

impl ExprKind {
    /// The same of other expressions, which are asked for in the order of [`ExprKind::children`].
    pub(super) fn with_children(&self, mut place: impl FnMut(ExprId) -> ExprId) -> Self {
        let mut kind = self.clone();
        let mut put = |id: &mut ExprId| *id = place(*id);
        match &mut kind {
            Self::Number(_) | Self::Name(_) | Self::Range(None) => {}
            Self::Range(Some((from, to))) => [from, to].into_iter().for_each(put),
            Self::Part { of, indices } => std::iter::once(of).chain(indices).for_each(put),
            Self::Blocks(rows) => rows.iter_mut().flatten().for_each(put),
            Self::Call { arguments, .. } => arguments.iter_mut().for_each(put),
            Self::Substitute { replacements, .. } => {
                replacements.iter_mut().map(|(_, value)| value).for_each(put);
            }
            Self::Index { indices, .. } => indices.iter_mut().for_each(put),
            Self::IndexedSum { from, to, body, .. } => [from, to, body].into_iter().for_each(put),
            Self::Negate(a) | Self::Transpose(a) => put(a),
            Self::Binary { left, right, .. } => [left, right].into_iter().for_each(put),
        }
        kind
    }
}

impl Tree {
    /// Whether the expression says what holds: a comparison, or such with `and`, `or`, `not` between them.
    pub(super) fn is_condition(&self, id: ExprId) -> bool {
        use BinaryOperator::{And, Compare, Or};
        match &self.get(id).kind {
            ExprKind::Binary { operator, .. } => matches!(operator, Compare(_) | And | Or),
            ExprKind::Call { function, .. } => function.text == "not",
            _ => false,
        }
    }

    /// The expression at `id`.
    pub fn get(&self, id: ExprId) -> &Expr {
        &self.nodes[id.0 as usize]
    }

    /// Appends an expression whose children are already in the tree.
    pub fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        let id = ExprId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Expr { kind, span });
        id
    }
}
