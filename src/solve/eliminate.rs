//! Gaussian elimination with expressions: one unknown after another, each from an equation that is affine in it.

use super::affine::{self, Reached};
use super::condition::{Condition, Conditions};
use super::invert::{self, Found};
use super::{Form, Root, SolveError};
use crate::expression::{Id, Property, Store};
use crate::simplify::simplify;

/// What the unknowns come to.
pub(super) struct Eliminated {
    /// In the order of the unknowns.
    pub(super) roots: Vec<Root>,
    /// Unknowns that the equations leave free.
    pub(super) free: Vec<Id>,
    /// For each root, the equation that it was found from.
    pub(super) normal: Vec<(Id, Id)>,
    pub(super) conditions: Conditions,
}

pub(super) fn solve(
    store: &mut Store,
    equations: &[Id],
    unknowns: &[Id],
) -> Result<Eliminated, SolveError> {
    let mut elimination = Elimination { store, unknowns, open: equations.to_vec() };
    let mut found: Vec<Option<(Root, (Id, Id))>> = vec![None; unknowns.len()];
    let mut conditions = Conditions::default();
    // Scalars first: they need no matrix to be invertible.
    let mut waiting: Vec<usize> = (0..unknowns.len()).collect();
    waiting.sort_by_key(|at| {
        usize::from(!elimination.store.shape(elimination.unknowns[*at]).is_scalar())
    });
    let mut settled: Vec<(Id, Id)> = Vec::new();
    while !waiting.is_empty() {
        let Some((place, equation, one)) = elimination.next(&waiting)? else {
            elimination.require_nothing_left(&settled, &waiting)?;
            break;
        };
        let at = waiting.remove(place);
        elimination.open.remove(equation);
        elimination.put_in(&one.root, &waiting, &mut settled);
        conditions.extend(one.conditions);
        found[at] = Some((one.root, one.normal));
    }
    let free = waiting.iter().map(|at| unknowns[*at]).collect();
    // What was found first may hold the unknowns that were found later, as it is written on paper: b = (1ᵀy − 1ᵀXw)/N.
    let (roots, normal) = found.into_iter().flatten().unzip();
    Ok(Eliminated { roots, free, normal, conditions })
}

struct Elimination<'a> {
    store: &'a mut Store,
    unknowns: &'a [Id],
    /// Equations that have not been used.
    open: Vec<Id>,
}

impl Elimination<'_> {
    /// The unknown that an open equation can be solved for with the fewest conditions: its place among the waiting ones, the equation, and
    /// its value.
    fn next(&mut self, waiting: &[usize]) -> Result<Option<(usize, usize, Found)>, SolveError> {
        let (mut refusal, mut best): (_, Option<(usize, usize, Found)>) = (None, None);
        for (place, at) in waiting.iter().enumerate() {
            let unknown = self.unknowns[*at];
            for equation in 0..self.open.len() {
                let value = self.open[equation];
                if self.store.closure(&[value]).binary_search(&unknown).is_err() {
                    continue;
                }
                let Some(reached) = affine::of(self.store, value, unknown)? else {
                    refusal.get_or_insert(SolveError::NotLinear { unknown: *at, equation: value });
                    continue;
                };
                let found = root(self.store, &reached, unknown)?;
                // vec X cannot be put into the other equations.
                let usable =
                    |found: &Found| waiting.len() == 1 || found.root.form != Form::Vectorized;
                let Some(found) = found.filter(usable) else {
                    refusal.get_or_insert(SolveError::NotSquare { unknown: *at, equation: value });
                    continue;
                };
                let open = |found: &Found| found.conditions.open.len();
                if best.as_ref().is_none_or(|(_, _, known)| open(&found) < open(known)) {
                    best = Some((place, equation, found));
                }
            }
        }
        match (best, refusal) {
            (None, Some(refusal)) => Err(refusal),
            (best, _) => Ok(best),
        }
    }

    /// Puts a value into the open equations. One that holds none of the unknowns still to be found is as good as known, and stays under
    /// its name: S = Σ (x − u)(x − u)ᵀ/N.
    fn put_in(&mut self, root: &Root, waiting: &[usize], settled: &mut Vec<(Id, Id)>) {
        let below = self.store.closure(&[root.value]);
        let is_open = |at: &usize| below.binary_search(&self.unknowns[*at]).is_ok();
        if !waiting.iter().any(is_open) {
            settled.push((root.unknown, root.value));
            return;
        }
        for equation in &mut self.open {
            *equation = self.store.substitute(*equation, &[(root.unknown, root.value)]);
        }
        self.open = simplify(self.store, &self.open);
    }

    /// No equation that is left says anything, and none contradicts the others.
    fn require_nothing_left(
        &mut self,
        settled: &[(Id, Id)],
        waiting: &[usize],
    ) -> Result<(), SolveError> {
        for at in 0..self.open.len() {
            let mut equation = self.open[at];
            for (unknown, value) in settled.iter().rev() {
                equation = self.store.substitute(equation, &[(*unknown, *value)]);
            }
            let equation = affine::distributed(self.store, equation);
            let equation = simplify(self.store, &[equation])[0];
            if !self.store.is_zero(equation) {
                return Err(SolveError::left_over(self.store, equation));
            }
        }
        debug_assert!(!waiting.is_empty());
        Ok(())
    }
}

/// The unknown from what its equation was brought to.
fn root(store: &mut Store, reached: &Reached, unknown: Id) -> Result<Option<Found>, SolveError> {
    match reached {
        Reached::Unknown(affine, divided) => {
            let Some(mut found) = invert::root(store, affine, unknown) else { return Ok(None) };
            if found.root.form == Form::Plain {
                for condition in divided {
                    let value = found.root.value;
                    let there = store.substitute(condition.value(), &[(unknown, value)]);
                    let there = simplify(store, &[there])[0];
                    found.conditions.require(store, condition.on(there));
                }
            }
            Ok(Some(found))
        }
        Reached::Power { affine, stand_in, exponent } => {
            let Some(mut found) = invert::root(store, affine, *stand_in) else { return Ok(None) };
            let power = store.power_of(unknown, exponent);
            let replaced = [(*stand_in, power)];
            found.normal.0 = store.substitute(found.normal.0, &replaced);
            found.conditions.require(store, Condition::Has(found.root.value, Property::Positive));
            found.root.value = store.power_of(found.root.value, &exponent.recip());
            found.root.unknown = unknown;
            Ok(Some(found))
        }
        Reached::Inverse { affine, stand_in, inner } => {
            let Some(outer) = invert::root(store, affine, *stand_in) else { return Ok(None) };
            if outer.root.form != Form::Plain {
                return Ok(None);
            }
            let inverse = store.inverse(outer.root.value);
            let equation = store.subtract(*inner, inverse);
            let Some(Reached::Unknown(affine, _)) = affine::of(store, equation, unknown)? else {
                return Ok(None);
            };
            let Some(mut found) = invert::root(store, &affine, unknown) else { return Ok(None) };
            let mut conditions = outer.conditions;
            conditions.require(store, Condition::Invertible(outer.root.value));
            conditions.extend(found.conditions);
            found.conditions = conditions;
            Ok(Some(found))
        }
    }
}
