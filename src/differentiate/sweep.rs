//! The reverse sweep: one pass from the value down, each operator saying by its row where its adjoint G goes.
//!
//! df = ⟨G, dY⟩ with ⟨A, B⟩ = tr(AᵀB). Adjoints of a node are summed before they are pushed further, so the cost is linear in the DAG.

use std::collections::{BTreeMap, BTreeSet};

use super::{blocks, recurrence, windows};
use crate::expression::{ExponentialSum, Id, Node, Place, Power, Property, Range, Store};
use crate::function::{self, FunctionId};
use crate::number;
use crate::rule::{self, FunctionTemplates, Operator};
use crate::shape::Shape;
use crate::source::Fault;

/// Why there is no gradient.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DifferentiateError {
    /// Only scalars have gradients.
    #[error("only a scalar has a gradient; this value has shape {shape}")]
    NotScalar {
        /// The value's shape.
        shape: Shape,
    },
    /// An operator without a rule.
    #[error("the derivative of `{what}` is not supported yet")]
    NotSupported {
        /// The operator or function.
        what: String,
    },
    /// A fault of gradus.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The number of nodes from which on shared sums are kept whole, so that deep networks stay linear.
const DEEP: usize = 600;

/// The gradients of the scalar `f` by each of `wrt`: G of df = tr(Gᵀ dX), of X's shape. Entries of a structured variable are
/// treated as free; see [`project`]. A variable that does not occur gets the zero of its shape. The gradient by a family is a
/// family over the same index.
pub fn gradients(store: &mut Store, f: Id, wrt: &[Id]) -> Result<Vec<Id>, DifferentiateError> {
    if !store.shape(f).is_scalar() {
        return Err(DifferentiateError::NotScalar { shape: store.shape(f).clone() });
    }
    let closure = store.closure(&[f]);
    let is_indexed =
        closure.iter().any(|id| matches!(store.node(*id), Node::Element(..) | Node::SumOver(..)));
    if is_indexed {
        return recurrence::gradients(store, f, wrt);
    }
    let mut sweep = Sweep::new(store, f, wrt, &closure);
    let mut adjoints: Vec<Option<Id>> = vec![None; f.index() + 1];
    for id in closure.into_iter().rev() {
        adjoints[id.index()] = sweep.visit(id)?;
    }
    let found = |id: &Id| adjoints.get(id.index()).copied().flatten();
    Ok(wrt
        .iter()
        .map(|variable| match found(variable) {
            Some(adjoint) => adjoint,
            None => {
                let shape = store.shape(*variable).clone();
                store.zeros(&shape)
            }
        })
        .collect())
}

/// The gradient within the variable's structure: the symmetric projection (G + Gᵀ)/2 of a symmetric variable, the diagonal part of a
/// diagonal one, the triangle of a triangular one. Other variables keep G.
pub fn project(store: &mut Store, variable: Id, gradient: Id) -> Id {
    let known = store.properties(variable);
    if store.shape(variable).is_scalar() {
        return gradient;
    }
    if known.has(Property::Diagonal) {
        let diagonal = store.diagonal_of(gradient);
        return store.diagonal(diagonal);
    }
    for (fact, function) in [(Property::Lower, "tril"), (Property::Upper, "triu")] {
        let is_done = store.properties(gradient).has(fact) || store.is_zero(gradient);
        if let (true, false, Some(triangle)) = (known.has(fact), is_done, function::find(function))
        {
            let shape = store.shape(gradient).clone();
            return store.apply(triangle, &[gradient], &shape);
        }
    }
    if known.has(Property::Symmetric) && !store.is_symmetric(gradient) {
        let transpose = store.transpose(gradient);
        let sum = store.add(&[gradient, transpose]);
        return store.scale_by(&number::ratio(1, 2), sum);
    }
    gradient
}

/// G + Gᵀ − diag(G): the gradient by the independent entries of a symmetric variable (The Matrix Cookbook, eq. 138).
pub fn cookbook(store: &mut Store, gradient: Id) -> Id {
    let transpose = store.transpose(gradient);
    let sum = store.add(&[gradient, transpose]);
    let diagonal = store.diagonal_of(gradient);
    let diagonal = store.diagonal(diagonal);
    store.subtract(sum, diagonal)
}

/// A sweep under way.
pub(super) struct Sweep<'a> {
    pub(super) store: &'a mut Store,
    /// What each node's adjoint is the sum of.
    shares: Vec<Vec<Id>>,
    /// Whether a node depends on one of the variables.
    depends: Vec<bool>,
    /// How many nodes use a node; counted in deep networks only.
    uses: Vec<u32>,
    /// The indices that are bound where the sweep is, outermost first.
    pub(super) scopes: Vec<Scope>,
    /// Shares of elements of families.
    pub(super) elements: Vec<ElementShare>,
}

/// A region in which an index is bound: the body of a sum, or a formula of a family.
pub(super) struct Scope {
    pub(super) range: Range,
    shares: BTreeMap<Id, Vec<Id>>,
}

/// What an element of a family gets, in the scopes in which it stands.
pub(super) struct ElementShare {
    pub(super) family: Id,
    pub(super) at: Place,
    pub(super) ranges: Vec<Range>,
    pub(super) share: Id,
}

impl<'a> Sweep<'a> {
    /// A sweep from `f` down, whose adjoint is 1. `closure`: everything below it.
    pub(super) fn new(store: &'a mut Store, f: Id, wrt: &[Id], closure: &[Id]) -> Self {
        let length = closure.last().map_or(0, |last| last.index() + 1);
        let depends = dependent(store, wrt, closure, length);
        let mut uses = Vec::new();
        if closure.len() > DEEP {
            uses = vec![0; length];
            for id in closure {
                store.node(*id).for_each_child(|child| uses[child.index()] += 1);
            }
        }
        let mut shares = vec![Vec::new(); length];
        shares[f.index()].push(store.integer(1));
        Self { store, shares, depends, uses, scopes: Vec::new(), elements: Vec::new() }
    }

    /// Sums up the shares of a node and gives its operands theirs; the adjoint, if there is one.
    pub(super) fn visit(&mut self, id: Id) -> Result<Option<Id>, DifferentiateError> {
        let shares = std::mem::take(&mut self.shares[id.index()]);
        if !self.depends(id) || shares.is_empty() {
            return Ok(None);
        }
        let adjoint = self.store.add(&shares);
        if self.uses.get(id.index()).is_some_and(|uses| *uses > 1) {
            self.store.seal(adjoint);
        }
        self.push(id, adjoint)?;
        Ok(Some(adjoint))
    }

    /// Sweeps through what depends on the indices of the ranges, from `body` down; what does not gets the sum over the range.
    pub(super) fn regions(
        &mut self,
        ranges: &[Range],
        body: Id,
        adjoint: Id,
    ) -> Result<(), DifferentiateError> {
        match ranges.split_first() {
            // No deeper than a family has indices.
            Some((range, inner)) => {
                self.region_from(range, body, |sweep| sweep.regions(inner, body, adjoint))
            }
            None => {
                self.give(body, adjoint);
                Ok(())
            }
        }
    }

    /// The same where `start` gives `body`, or what it is made of, the first shares.
    fn region_from(
        &mut self,
        range: &Range,
        body: Id,
        start: impl FnOnce(&mut Self) -> Result<(), DifferentiateError>,
    ) -> Result<(), DifferentiateError> {
        self.scopes.push(Scope { range: range.clone(), shares: BTreeMap::new() });
        start(self)?;
        for id in self.store.reachable(&[body]).into_iter().rev() {
            let scope = self.scopes.last_mut().and_then(|scope| scope.shares.remove(&id));
            let Some(shares) = scope else { continue };
            let adjoint = self.store.add(&shares);
            self.push(id, adjoint)?;
        }
        self.scopes.pop();
        Ok(())
    }

    pub(super) fn depends(&self, id: Id) -> bool {
        self.depends.get(id.index()).copied().unwrap_or(false)
    }

    /// Gives an operand its share, in the innermost scope whose index it mentions; on the way out of each other one the share is
    /// summed over its index.
    pub(super) fn give(&mut self, operand: Id, share: Id) {
        if !self.depends(operand) || self.store.is_zero(share) {
            return;
        }
        let mut share = share;
        for at in (0..self.scopes.len()).rev() {
            if self.store.mentions(operand, &self.scopes[at].range.index) {
                self.scopes[at].shares.entry(operand).or_default().push(share);
                return;
            }
            let range = self.scopes[at].range.clone();
            share = self.store.sum_over(&range, share);
        }
        self.shares[operand.index()].push(share);
    }

    /// Notes what an element of a family gets.
    fn push_element(&mut self, family: Id, at: &Place, share: Id) {
        if self.depends(family) {
            let ranges = self.scopes.iter().map(|scope| scope.range.clone()).collect();
            self.elements.push(ElementShare { family, at: at.clone(), ranges, share });
        }
    }

    /// Gives every operand of `id` its share of the adjoint `g`.
    fn push(&mut self, id: Id, g: Id) -> Result<(), DifferentiateError> {
        match self.store.node(id).clone() {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Family(_) => Ok(()),
            Node::Element(family, at) => {
                self.push_element(family, &at, g);
                Ok(())
            }
            Node::SumOver(range, body) => self.regions(&[*range], body, g),
            _ if windows::concerns_tensors(self.store, id) => {
                let depends = &self.depends;
                let wanted = |id: Id| depends.get(id.index()).copied().unwrap_or(false);
                for (operand, share) in windows::shares(self.store, id, g, &wanted)? {
                    self.give(operand, share);
                }
                Ok(())
            }
            Node::Tensor { .. } => Ok(()),
            Node::Sum(terms) => {
                for term in &terms {
                    // ⟨G, d(cA)⟩ = ⟨cG, dA⟩; the constant 1 of a scalar sum depends on nothing.
                    let share = self.store.scale_by(&term.coefficient, g);
                    self.give(term.id, share);
                }
                Ok(())
            }
            Node::Product(factors) => self.push_product(&factors, g),
            Node::Scale { scalar, matrix } => {
                self.push_by_row(Operator::Scale, &[scalar, matrix], g)
            }
            Node::Hadamard(powers) => self.push_powers(id, &powers, g),
            Node::Transpose(a) => self.push_by_row(Operator::Transpose, &[a], g),
            Node::Inverse(a) => self.push_by_row(Operator::Inverse, &[a], g),
            Node::Trace(a) => self.push_by_row(Operator::Trace, &[a], g),
            Node::Determinant(a) => match self.store.adjugate_of_low_rank(a) {
                Some(adjugate) => {
                    let turned = self.store.transpose(adjugate);
                    let share = self.store.multiply(g, turned);
                    self.give(a, share);
                    Ok(())
                }
                None => self.push_by_row(Operator::Determinant, &[a], g),
            },
            Node::Total(a) => self.push_by_row(Operator::Total, &[a], g),
            Node::Diagonal(a) => self.push_by_row(Operator::Diagonal, &[a], g),
            Node::DiagonalOf(a) => self.push_by_row(Operator::DiagonalOf, &[a], g),
            Node::MatrixPower(a, exponent) => self.push_power(a, exponent, g),
            Node::Vectorize(a) => {
                let shape = self.store.shape(a).clone();
                let share = blocks::unvectorize(self.store, g, &shape);
                // Where g does not come apart, its entries are put in columns.
                let share = share.unwrap_or_else(|| self.store.reshape(g, &shape));
                self.give(a, share);
                Ok(())
            }
            Node::Kronecker(a, b) => {
                let shares = blocks::shares_of_kronecker(self.store, g, a, b);
                let (left, right) = shares.ok_or_else(|| not_supported("kron in this place"))?;
                self.give(a, left);
                self.give(b, right);
                Ok(())
            }
            Node::Apply { function, arguments } => match self.store.logarithm_of_sum(id) {
                Some(sum) => self.push_logarithm(id, &sum, g),
                None => self.push_function(function, &arguments, g),
            },
        }
    }

    /// Each operand's share by the operator's row.
    fn push_by_row(
        &mut self,
        operator: Operator,
        operands: &[Id],
        g: Id,
    ) -> Result<(), DifferentiateError> {
        for position in 0..operands.len() {
            if self.depends(operands[position]) {
                let share = self.share(operator, operands, position, g)?;
                self.give(operands[position], share);
            }
        }
        Ok(())
    }

    fn share(
        &mut self,
        operator: Operator,
        operands: &[Id],
        at: usize,
        g: Id,
    ) -> Result<Id, DifferentiateError> {
        let row = rule::operator_templates(operator)?;
        let mut bindings: Vec<(&str, Id)> =
            row.operands.iter().map(|name| &**name).zip(operands.iter().copied()).collect();
        bindings.push(("G", g));
        Ok(row.pullbacks[at].instantiate(self.store, &bindings))
    }

    /// A₁…Aₖ = P·Aᵢ·S: the product row twice, ⟨G, d(P(AᵢS))⟩ → Pᵀ·G, then ⟨PᵀG, d(AᵢS)⟩ → PᵀG·Sᵀ.
    fn push_product(&mut self, factors: &[Id], g: Id) -> Result<(), DifferentiateError> {
        for (at, factor) in factors.iter().enumerate() {
            if !self.depends(*factor) {
                continue;
            }
            let mut share = g;
            if at > 0 {
                let prefix = self.store.product(&factors[..at]);
                let suffix = self.store.product(&factors[at..]);
                share = self.share(Operator::Product, &[prefix, suffix], 1, share)?;
            }
            if at + 1 < factors.len() {
                let suffix = self.store.product(&factors[at + 1..]);
                share = self.share(Operator::Product, &[*factor, suffix], 0, share)?;
            }
            self.give(*factor, share);
        }
        Ok(())
    }

    /// Π aᵢ^pᵢ = aᵢ^pᵢ ⊙ R: the Hadamard row, then the power row.
    fn push_powers(&mut self, id: Id, powers: &[Power], g: Id) -> Result<(), DifferentiateError> {
        let shape = self.store.shape(id).clone();
        for (at, power) in powers.iter().enumerate() {
            if !self.depends(power.base) && !self.depends(power.exponent) {
                continue;
            }
            let mut share = g;
            if powers.len() > 1 {
                let rest: Vec<Power> = powers
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != at)
                    .map(|(_, power)| *power)
                    .collect();
                let rest = self.store.power_product(&rest, &shape);
                let this = self.store.power(power.base, power.exponent);
                share = self.share(Operator::Hadamard, &[this, rest], 0, share)?;
            }
            if self.store.is_one(power.exponent) {
                self.give(power.base, share);
            } else {
                self.push_by_row(Operator::Power, &[power.base, power.exponent], share)?;
            }
        }
        Ok(())
    }

    /// ⟨g, d log Σ w·exp(b)⟩ = Σ g·exp(b − log Σ w·exp(b))·(dw + w·db): nothing in it overflows.
    fn push_logarithm(
        &mut self,
        value: Id,
        sum: &ExponentialSum,
        g: Id,
    ) -> Result<(), DifferentiateError> {
        let share = share_of_sum(self.store, value, sum);
        let share = self.store.multiply(g, share);
        self.region_from(&sum.range, sum.body, |sweep| {
            let weight = sweep.store.power_product(&sum.weights, &Shape::Scalar);
            let whole = sweep.store.multiply(share, weight);
            for (coefficient, exponent) in &sum.exponents {
                let share = sweep.store.scale_by(coefficient, whole);
                sweep.give(*exponent, share);
            }
            for (at, power) in sum.weights.iter().enumerate() {
                let mut rest = sum.weights.clone();
                rest.remove(at);
                let rest = sweep.store.power_product(&rest, &Shape::Scalar);
                let share = sweep.store.multiply(share, rest);
                if sweep.store.is_one(power.exponent) {
                    sweep.give(power.base, share);
                } else {
                    sweep.push_by_row(Operator::Power, &[power.base, power.exponent], share)?;
                }
            }
            Ok(())
        })
    }

    fn push_function(
        &mut self,
        function: FunctionId,
        arguments: &[Id],
        g: Id,
    ) -> Result<(), DifferentiateError> {
        match rule::function_templates(function)? {
            FunctionTemplates::Entrywise { derivative } => {
                let [argument] = arguments else { return Err(no_rule(self.store, function)) };
                // ⟨G, d f(A)⟩ = ⟨G ⊙ f′(A), dA⟩
                let shape = self.store.shape(*argument).clone();
                let slope = derivative.lift(self.store, *argument);
                let share = self.store.hadamard(&[g, slope], &shape);
                self.give(*argument, share);
                Ok(())
            }
            FunctionTemplates::Array { operands, pullbacks, trace_slope, .. } => {
                let mut bindings: Vec<(&str, Id)> =
                    operands.iter().map(|name| &**name).zip(arguments.iter().copied()).collect();
                bindings.push(("G", g));
                for (at, argument) in arguments.iter().enumerate() {
                    if !self.depends(*argument) {
                        continue;
                    }
                    let share = match (trace_slope, self.identity_factor(g), pullbacks.get(at)) {
                        // ⟨sI, dF(X)⟩ = s·tr(f′(X) dX)
                        (Some(slope), Some(factor), _) => {
                            let slope = slope.instantiate(self.store, &bindings);
                            let slope = self.store.transpose(slope);
                            self.store.multiply(factor, slope)
                        }
                        (_, _, Some(pullback)) => pullback.instantiate(self.store, &bindings),
                        _ => return Err(no_rule(self.store, function)),
                    };
                    self.give(*argument, share);
                }
                Ok(())
            }
        }
    }

    /// ⟨sI, dX^k⟩ = s·k·tr(X^(k−1) dX); without the trace the sum has no shorter form.
    fn push_power(&mut self, a: Id, exponent: Id, g: Id) -> Result<(), DifferentiateError> {
        if !self.depends(exponent)
            && let Some(factor) = self.identity_factor(g)
        {
            let power = slope_of_power(self.store, a, exponent)?;
            let slope = self.store.transpose(power);
            let share = self.store.multiply(factor, slope);
            self.give(a, share);
            return Ok(());
        }
        let power = function::find("power_frechet").filter(|_| !self.depends(exponent));
        let power = power.ok_or_else(|| not_supported("a matrix power by its exponent"))?;
        // ⟨G, Σ Xⁱ dX X^(k−1−i)⟩ = ⟨Σ (Xᵀ)ⁱ G (Xᵀ)^(k−1−i), dX⟩
        let shape = self.store.shape(a).clone();
        let turned = self.store.transpose(a);
        let share = self.store.apply(power, &[turned, g, exponent], &shape);
        self.give(a, share);
        Ok(())
    }

    /// s, when the adjoint is s·I.
    fn identity_factor(&mut self, g: Id) -> Option<Id> {
        let (coefficient, core) = self.store.split_coefficient(g);
        let factor = match *self.store.node(core) {
            Node::Identity(_) => self.store.integer(1),
            Node::Scale { scalar, matrix }
                if matches!(self.store.node(matrix), Node::Identity(_)) =>
            {
                scalar
            }
            _ => return None,
        };
        Some(self.store.scale_by(&coefficient, factor))
    }
}

/// exp(b − log Σ w·exp(b)), the part of one term of the sum without its weight; `value` is the logarithm.
pub(super) fn share_of_sum(store: &mut Store, value: Id, sum: &ExponentialSum) -> Id {
    let mut terms = sum.exponents.clone();
    terms.push((number::integer(-1), value));
    let difference = store.sum(terms, &Shape::Scalar);
    match function::find("exp") {
        Some(exp) => store.apply(exp, &[difference], &Shape::Scalar),
        None => difference,
    }
}

/// Whether the value depends on one of the variables through the formulas of families.
pub(super) fn depends_through_formulas(store: &Store, value: Id, variables: &[Id]) -> bool {
    if store.families().next().is_none() {
        return false;
    }
    let closure = store.closure(&[value]);
    let length = closure.last().map_or(0, |last| last.index() + 1);
    let depends = dependent(store, variables, &closure, length);
    let is_defined = |id: &Id| store.family(*id).is_some_and(|family| !family.is_variable());
    closure.iter().any(|id| depends[id.index()] && is_defined(id))
}

/// Which nodes depend on one of the variables, through the formulas of families, too.
pub(super) fn dependent(store: &Store, wrt: &[Id], closure: &[Id], length: usize) -> Vec<bool> {
    let mut depends = vec![false; length];
    let wrt: BTreeSet<Id> = wrt.iter().copied().collect();
    loop {
        let mut changed = false;
        for id in closure {
            let mut found = depends[id.index()] || wrt.contains(id);
            store.node(*id).for_each_child(|child| found |= depends[child.index()]);
            if let Some(family) = store.family(*id) {
                found |= family.pieces.iter().any(|piece| depends[piece.body.index()]);
            }
            changed |= found != depends[id.index()];
            depends[id.index()] = found;
        }
        // Without families one pass in the order of the store is enough.
        if !changed || store.families().next().is_none() {
            return depends;
        }
    }
}

/// k·X^(k−1), the f′ of d tr f(X) = tr(f′(X) dX) for f(X) = X^k, by its row.
pub(super) fn slope_of_power(store: &mut Store, a: Id, exponent: Id) -> Result<Id, Fault> {
    Ok(rule::power_in_trace()?.instantiate(store, &[("X", a), ("k", exponent)]))
}

/// A function whose derivative nothing tells, such as the sixth derivative of an unknown one.
pub(super) fn no_rule(store: &Store, function: FunctionId) -> DifferentiateError {
    let (name, order) = store.function_name(function);
    not_supported(&format!("{name}{}", "′".repeat(order)))
}

pub(super) fn not_supported(what: &str) -> DifferentiateError {
    DifferentiateError::NotSupported { what: what.to_owned() }
}
