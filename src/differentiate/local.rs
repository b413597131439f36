//! What a derivation of a recurrence is made of: the formulas one by one, elements of families taken for variables.
//!
//! ∂f/∂h[t] collects a share from each formula in which h[t] stands: G of ⟨δ, dF⟩ = ⟨G, dh[t]⟩ for a formula F with the adjoint δ.

use std::collections::BTreeSet;

use super::scope::{Order, Unit};
use super::sweep::dependent;
use crate::expression::{Id, Node, Properties, Store};

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
pub fn locals(store: &mut Store, f: Id, variable: Id) -> Vec<Local> {
    let closure = store.closure(&[f]);
    let length = closure.last().map_or(0, |last| last.index() + 1);
    let depends = dependent(store, &[variable], &closure, length);
    let order = Order::new(store, f);
    let mut found = Vec::new();
    let mut work = Work { store, depends: &depends, variable, found: &mut found };
    work.asked(f);
    for unit in &order.units {
        let Unit::Families(set) = unit else { continue };
        for family in &order.sets[*set].families {
            work.family(*family);
        }
    }
    found
}

struct Work<'a> {
    store: &'a mut Store,
    depends: &'a [bool],
    variable: Id,
    found: &'a mut Vec<Local>,
}

impl Work<'_> {
    /// What is asked for; of a multiple of a sum what is summed up.
    fn asked(&mut self, f: Id) {
        let (coefficient, core) = self.store.split_coefficient(f);
        match *self.store.node(core) {
            Node::SumOver(_, body) => {
                let body = self.store.scale_by(&coefficient, body);
                self.region(None, body);
            }
            _ => self.region(None, f),
        }
    }

    fn family(&mut self, family: Id) {
        let Some(known) = self.store.family(family).cloned() else { return };
        for piece in &known.pieces {
            let place =
                if piece.is_single() { piece.from.to_string() } else { known.index.to_string() };
            self.region(Some(&format!("{}[{place}]", known.name)), piece.body);
        }
    }

    /// One formula by everything in it that leads to the variable.
    fn region(&mut self, defines: Option<&str>, body: Id) {
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
    }

    /// A variable with the name and the shape of a value.
    fn stand_in(&mut self, name: &str, like: Id) -> Id {
        let shape = self.store.shape(like).clone();
        self.store.variable(name, shape, Properties::NONE)
    }
}
