//! What a derivation of a recurrence is made of: the formulas one by one, elements of families taken for variables.
//!
//! ∂f/∂h[t] collects a share from each formula in which h[t] stands: G of ⟨δ, dF⟩ = ⟨G, dh[t]⟩ for a formula F with the adjoint δ.

use std::collections::BTreeSet;

use super::scope::{Order, Unit};
use super::sweep::{DifferentiateError, dependent};
use crate::expression::{Id, Node, Power, Properties, Store};
use crate::shape::Shape;

/// A formula and one of the values in it, both in terms of variables that stand for elements.
#[derive(Clone, Debug)]
pub struct Local {
    /// The name of what the formula defines, as in `h[t]`; none for what is summed up or asked for.
    pub defines: Option<String>,
    /// The formula, elements taken for variables.
    pub formula: Id,
    /// ⟨δ, F⟩, or F itself where the formula is what is asked for.
    pub function: Id,
    /// The variable, or what stands for an element.
    pub variable: Id,
}

/// The formulas between `f` and a variable or family, those nearest to `f` first.
///
/// # Errors
/// Where elements stand under a sum over an index that is not a term of the formula: there is no single element to take for a variable.
pub fn locals(store: &mut Store, f: Id, variable: Id) -> Result<Vec<Local>, DifferentiateError> {
    let closure = store.closure(&[f]);
    let length = closure.last().map_or(0, |last| last.index() + 1);
    let depends = dependent(store, &[variable], &closure, length);
    let order = Order::new(store, f);
    let mut found = Vec::new();
    let mut work = Work { store, depends: &depends, variable, found: &mut found };
    work.asked(f)?;
    for unit in &order.units {
        let Unit::Families(set) = unit else { continue };
        for family in &order.sets[*set].families {
            work.family(*family)?;
        }
    }
    Ok(found)
}

struct Work<'a> {
    store: &'a mut Store,
    depends: &'a [bool],
    variable: Id,
    found: &'a mut Vec<Local>,
}

impl Work<'_> {
    /// What is asked for, term by term; of a multiple of a sum over an index what is summed up, with what multiplies it.
    fn asked(&mut self, f: Id) -> Result<(), DifferentiateError> {
        let mut plain = Vec::new();
        let mut summed = Vec::new();
        for term in self.store.terms(f) {
            match self.summand(term.id) {
                Some(body) => summed.push(self.store.scale_by(&term.coefficient, body)),
                None => plain.push((term.coefficient, term.id)),
            }
        }
        for body in summed {
            self.region(None, body)?;
        }
        let shape = self.store.shape(f).clone();
        let plain = self.store.sum(plain, &shape);
        if self.store.is_zero(plain) { Ok(()) } else { self.region(None, plain) }
    }

    /// c·b of c·Σ b, where c does not depend on the index.
    fn summand(&mut self, term: Id) -> Option<Id> {
        if let Node::SumOver(_, body) = self.store.node(term) {
            return Some(*body);
        }
        let powers = self.store.powers(term);
        let is_sum = |power: &&Power| matches!(self.store.node(power.base), Node::SumOver(..));
        let mut sums = powers.iter().filter(is_sum);
        let (Some(sum), None) = (sums.next().copied(), sums.next()) else { return None };
        let Node::SumOver(range, body) = self.store.node(sum.base).clone() else { return None };
        let others: Vec<Power> = powers.into_iter().filter(|power| *power != sum).collect();
        let is_free = |id: Id| {
            !self.depends.get(id.index()).copied().unwrap_or(false)
                && !self.store.mentions(id, &range.index)
        };
        let stands_alone = self.store.is_one(sum.exponent)
            && others.iter().all(|power| is_free(power.base) && is_free(power.exponent));
        if !stands_alone || !self.store.shape(term).is_scalar() {
            return None;
        }
        let factor = self.store.power_product(&others, &Shape::Scalar);
        Some(self.store.multiply(factor, body))
    }

    fn family(&mut self, family: Id) -> Result<(), DifferentiateError> {
        let Some(known) = self.store.family(family).cloned() else { return Ok(()) };
        for piece in &known.pieces {
            let place = known.place_of(piece);
            self.region(Some(&format!("{}[{place}]", known.name)), piece.body)?;
        }
        Ok(())
    }

    /// Whether elements stand under a sum over an index.
    fn sums_elements(&self, body: Id) -> bool {
        self.store.reachable(&[body]).into_iter().any(|id| match self.store.node(id) {
            Node::SumOver(range, inner) => self.store.reachable(&[*inner]).into_iter().any(|id| {
                matches!(self.store.node(id), Node::Element(..))
                    && self.store.mentions(id, &range.index)
            }),
            _ => false,
        })
    }

    /// One formula by everything in it that leads to the variable.
    fn region(&mut self, defines: Option<&str>, body: Id) -> Result<(), DifferentiateError> {
        if self.sums_elements(body) {
            let what = "a sum over an index inside another formula, step by step".to_owned();
            return Err(DifferentiateError::NotSupported { what });
        }
        let mut replacements = Vec::new();
        let mut operands = BTreeSet::new();
        for id in self.store.reachable(&[body]) {
            let is_dependent = self.depends.get(id.index()).copied().unwrap_or(false);
            if let Node::Element(family, at) = self.store.node(id).clone() {
                let Node::Family(name) = self.store.node(family).clone() else { continue };
                let stand_in = self.stand_in(&format!("{name}[{at}]"), id);
                replacements.push((id, stand_in));
                if is_dependent {
                    operands.insert(stand_in);
                }
            } else if id == self.variable {
                operands.insert(id);
            }
        }
        let formula = self.store.substitute(body, &replacements);
        let function = match defines {
            Some(name) => {
                let adjoint = self.stand_in(&format!("δ_{name}"), formula);
                let shape = self.store.shape(formula).clone();
                let product = self.store.hadamard(&[adjoint, formula], &shape);
                self.store.total(product)
            }
            None => formula,
        };
        for variable in operands {
            let defines = defines.map(ToOwned::to_owned);
            self.found.push(Local { defines, formula, function, variable });
        }
        Ok(())
    }

    /// A variable with the name and the shape of a value.
    fn stand_in(&mut self, name: &str, like: Id) -> Id {
        let shape = self.store.shape(like).clone();
        self.store.variable(name, shape, Properties::NONE)
    }
}
