//! log Σ w·exp(b) over an index in one pass: the largest b so far and Σ w·exp(b − largest), which never overflow.

use std::collections::BTreeMap;

use super::build::{Builder, Value};
use super::entry::{Cell, Cells};
use super::program::{Call, Entry, Exponent, Index, Scalar};
use crate::expression::{ExponentialSum, Id, Store};
use crate::number;
use crate::shape::{Dimension, Name};

/// A sum of exponentials under a logarithm.
#[derive(Clone, Debug)]
pub(super) struct LogSum {
    /// The logarithm.
    logarithm: Id,
    /// Whether something else needs the sum, too.
    plain: bool,
    /// What is summed up.
    sum: ExponentialSum,
}

/// The sums of exponentials that stand under a logarithm, below the roots.
pub(super) fn log_sums(store: &Store, roots: &[Id]) -> BTreeMap<Id, LogSum> {
    let nodes = store.reachable(roots);
    let mut found: BTreeMap<Id, LogSum> = BTreeMap::new();
    for id in &nodes {
        if let (Some(sum), [argument]) =
            (store.logarithm_of_sum(*id), store.node(*id).children().as_slice())
        {
            found
                .insert(*argument, LogSum { logarithm: *id, plain: roots.contains(argument), sum });
        }
    }
    for id in &nodes {
        store.node(*id).for_each_child(|child| {
            if let Some(known) = found.get_mut(&child) {
                known.plain |= known.logarithm != *id;
            }
        });
    }
    found
}

impl LogSum {
    /// The terms with another name for the index.
    pub(super) fn rename(&mut self, store: &mut Store, index: &Name, to: &Name) {
        let symbol = Dimension::symbol(to.clone());
        for (_, exponent) in &mut self.sum.exponents {
            *exponent = store.at_index(*exponent, index, &symbol);
        }
        for power in &mut self.sum.weights {
            power.base = store.at_index(power.base, index, &symbol);
        }
    }

    /// What one term is computed from.
    pub(super) fn factors(&self) -> Vec<Id> {
        let exponents = self.sum.exponents.iter().map(|(_, exponent)| *exponent);
        exponents.chain(self.sum.weights.iter().map(|power| power.base)).collect()
    }
}

impl Builder<'_> {
    /// One more term: target and peak ← those with w·exp(b)
    pub(super) fn accumulate_exponential(&mut self, sum: Id, target: usize, peak: usize) {
        let Some(known) = self.log_sums.get(&sum).cloned() else { return };
        let cell = |builder: &Self, cells: &mut Cells, id: Id| {
            cells.cell(builder, &Cell::of(id, Index::First, Index::First), None)
        };
        let mut cells = Cells::default();
        let terms = known.sum.exponents.iter();
        let terms =
            terms.map(|(factor, id)| (factor.clone(), cell(self, &mut cells, *id))).collect();
        let exponent = cells.push(Entry::Sum(terms));
        let exponent = cells.finish(exponent);
        let mut cells = Cells::default();
        let mut factors = Vec::new();
        for power in &known.sum.weights {
            let base = cell(self, &mut cells, power.base);
            let exponent = self.store.as_number(power.exponent).cloned();
            factors.push((base, Exponent::Number(exponent.unwrap_or_else(number::one))));
        }
        let weight = if factors.is_empty() {
            cells.push(Entry::Number(number::one()))
        } else {
            cells.push(Entry::Product(factors))
        };
        let weight = cells.finish(weight);
        self.program.calls.push(Call::AccumulateExponential { target, peak, weight, exponent });
    }

    /// After the loop: log Σ = peak + log target, and the sum itself where it is needed.
    pub(super) fn finish_exponential(&mut self, sum: Id, target: usize, peak: usize) {
        let Some(known) = self.log_sums.get(&sum).cloned() else { return };
        let mut cells = Cells::default();
        let total = cells.push(Entry::Scalar(Scalar::Local(target)));
        let peak_entry = cells.push(Entry::Scalar(Scalar::Local(peak)));
        let logarithm = cells.push(Entry::Call { routine: "log", argument: total });
        let result =
            cells.push(Entry::Sum(vec![(number::one(), peak_entry), (number::one(), logarithm)]));
        self.scalar_call(known.logarithm, cells.finish(result));
        if known.plain {
            let mut cells = Cells::default();
            let total = cells.push(Entry::Scalar(Scalar::Local(target)));
            let peak = cells.push(Entry::Scalar(Scalar::Local(peak)));
            let scale = cells.push(Entry::Call { routine: "exp", argument: peak });
            let result = cells.multiply(&[total, scale]);
            self.scalar_call(sum, cells.finish(result));
        }
    }

    fn scalar_call(&mut self, id: Id, entries: super::program::Entries) {
        let target = self.local();
        self.program.calls.push(Call::Scalar { target, entries });
        self.values[id.index()] = Some(Value::Scalar(Scalar::Local(target)));
    }
}
