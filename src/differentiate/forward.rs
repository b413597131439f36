//! The forward sweep: one pass from the variables up, each operator saying by its row what its differential is.
//!
//! dF comes out as an expression that is linear in the directions. Its length is linear in that of the DAG.

use std::collections::BTreeMap;

use super::sweep::{no_rule, not_supported, share_of_sum, slope_of_power};
use super::{DifferentiateError, windows};
use crate::expression::{ExponentialSum, Id, Node, Power, Properties, Property, Store};
use crate::function::{self, FunctionId};
use crate::rule::{self, FunctionTemplates, Operator, Template};
use crate::shape::Shape;
use crate::source::Fault;

/// The differential of `value` when each variable moves along its direction: dF as an expression of the directions, of F's shape.
pub fn differential(
    store: &mut Store,
    value: Id,
    directions: &[(Id, Id)],
) -> Result<Id, DifferentiateError> {
    let moving: Vec<Id> = directions.iter().map(|(variable, _)| *variable).collect();
    if super::sweep::depends_through_formulas(store, value, &moving) {
        return Err(not_supported(
            "a value through the formulas of a family, other than a gradient",
        ));
    }
    let order = store.reachable(&[value]);
    let mut forward = Forward { store, tangents: directions.iter().copied().collect() };
    for id in order {
        if forward.tangents.contains_key(&id) || !forward.moves_within(id) {
            continue;
        }
        let tangent = forward.tangent(id)?;
        forward.tangents.insert(id, tangent);
    }
    Ok(forward.of(value))
}

/// A fresh variable dX for the differential of a variable X: of its shape, and of its structure where that is linear (the
/// differential of a symmetric matrix is symmetric).
pub fn direction(store: &mut Store, variable: Id) -> Id {
    let Node::Variable(name) = store.node(variable).clone() else { return variable };
    let shape = store.shape(variable).clone();
    let known = store.properties(variable);
    let linear = [Property::Symmetric, Property::Diagonal, Property::Lower, Property::Upper];
    let facts: Vec<Property> = linear.into_iter().filter(|fact| known.has(*fact)).collect();
    let facts = if shape.is_scalar() { Properties::NONE } else { Properties::of(&facts) };
    let mut direction = format!("d{name}");
    while let Some(taken) = store.find_variable(&direction) {
        if *store.shape(taken) == shape && store.properties(taken) == facts {
            return taken;
        }
        direction.push('_');
    }
    store.variable(&direction, shape, facts)
}

struct Forward<'a> {
    store: &'a mut Store,
    /// The differentials of what moves.
    tangents: BTreeMap<Id, Id>,
}

impl Forward<'_> {
    fn moves(&self, id: Id) -> bool {
        self.tangents.contains_key(&id)
    }

    fn moves_within(&self, id: Id) -> bool {
        let mut moves = false;
        self.store.node(id).for_each_child(|child| moves |= self.moves(child));
        moves
    }

    /// The differential, zero for what does not move.
    fn of(&mut self, id: Id) -> Id {
        match self.tangents.get(&id) {
            Some(tangent) => *tangent,
            None => {
                let shape = self.store.shape(id).clone();
                self.store.zeros(&shape)
            }
        }
    }

    fn tangent(&mut self, id: Id) -> Result<Id, DifferentiateError> {
        match self.store.node(id).clone() {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Family(_) => Ok(self.of(id)),
            Node::Element(..) => Err(not_supported("an element of a family, forwards")),
            Node::SumOver(range, body) => {
                let moved = self.of(body);
                Ok(self.store.sum_over(&range, moved))
            }
            _ if windows::concerns_tensors(self.store, id) => {
                let tangents = &self.tangents;
                windows::tangent(self.store, id, &mut |_, operand| tangents.get(&operand).copied())
            }
            Node::Tensor { .. } => Ok(self.of(id)),
            Node::Sum(terms) => {
                let shape = self.store.shape(id).clone();
                let moving = terms.iter().filter(|term| self.moves(term.id)).cloned();
                let moving: Vec<_> = moving.collect();
                let terms =
                    moving.into_iter().map(|term| (term.coefficient, self.of(term.id))).collect();
                Ok(self.store.sum(terms, &shape))
            }
            Node::Product(factors) => {
                let mut terms = Vec::new();
                for (at, factor) in factors.iter().enumerate() {
                    if self.moves(*factor) {
                        let mut moved = factors.to_vec();
                        moved[at] = self.of(*factor);
                        terms.push(self.store.product(&moved));
                    }
                }
                Ok(self.store.add(&terms))
            }
            Node::Scale { scalar, matrix } => self.by_row(Operator::Scale, &[scalar, matrix]),
            Node::Hadamard(powers) => self.powers(id, &powers),
            Node::Transpose(a) => self.by_row(Operator::Transpose, &[a]),
            Node::Inverse(a) => self.by_row(Operator::Inverse, &[a]),
            Node::Trace(a) => match self.trace_of_series(a)? {
                Some(tangent) => Ok(tangent),
                None => self.by_row(Operator::Trace, &[a]),
            },
            Node::Determinant(a) => match self.store.adjugate_of_low_rank(a) {
                Some(adjugate) => {
                    let moved = self.of(a);
                    let product = self.store.multiply(adjugate, moved);
                    Ok(self.store.trace(product))
                }
                None => self.by_row(Operator::Determinant, &[a]),
            },
            Node::Total(a) => self.by_row(Operator::Total, &[a]),
            Node::Diagonal(a) => self.by_row(Operator::Diagonal, &[a]),
            Node::DiagonalOf(a) => self.by_row(Operator::DiagonalOf, &[a]),
            Node::MatrixPower(a, exponent) => {
                let power = function::find("power_frechet").filter(|_| !self.moves(exponent));
                let power = power.ok_or_else(|| not_supported("a matrix power by its exponent"))?;
                let (moved, shape) = (self.of(a), self.store.shape(a).clone());
                Ok(self.store.apply(power, &[a, moved, exponent], &shape))
            }
            Node::Vectorize(a) => {
                let inner = self.of(a);
                Ok(self.store.vectorize(inner))
            }
            Node::Kronecker(a, b) => {
                let (da, db) = (self.of(a), self.of(b));
                let (left, right) = (self.store.kronecker(da, b), self.store.kronecker(a, db));
                Ok(self.store.add(&[left, right]))
            }
            Node::Apply { function, arguments } => match self.store.logarithm_of_sum(id) {
                Some(sum) => self.logarithm(id, &sum),
                None => self.function(function, &arguments),
            },
        }
    }

    /// The differential column of the operator's row.
    fn by_row(&mut self, operator: Operator, operands: &[Id]) -> Result<Id, DifferentiateError> {
        let row = rule::operator_templates(operator)?;
        let names: Vec<&str> = row.operands.iter().map(|name| &**name).collect();
        Ok(self.instantiate(&row.differential, &names, operands)?)
    }

    /// The row's differential with every operand A and its differential dA bound.
    fn instantiate(
        &mut self,
        differential: &Template,
        names: &[&str],
        operands: &[Id],
    ) -> Result<Id, Fault> {
        let moving: Vec<String> = names.iter().map(|name| format!("d{name}")).collect();
        let mut bindings: Vec<(&str, Value, Shape)> = Vec::new();
        for ((name, moving), operand) in names.iter().zip(&moving).zip(operands) {
            let shape = self.store.shape(*operand).clone();
            let tangent = self.of(*operand);
            let constant = Value { id: *operand, is_differential: false };
            bindings.push((name, constant, shape.clone()));
            bindings.push((moving, Value { id: tangent, is_differential: true }, shape));
        }
        let value = differential.fold(&bindings, &mut |node, shape, image| {
            let children = node.children();
            let is_differential = children.iter().any(|child| image(*child).is_differential);
            let mut operands = children.iter().map(|child| image(*child));
            let vanishes = |value: Value| value.is_differential && self.store.is_zero(value.id);
            // A function in a row's differential is linear in differentials.
            let id = if matches!(node, Node::Apply { .. }) && operands.any(vanishes) {
                self.store.zeros(shape)
            } else {
                self.store.build(node, shape, &mut |child| image(child).id)
            };
            Value { id, is_differential }
        })?;
        Ok(value.id)
    }

    /// d Π aᵢ^pᵢ: the Hadamard row for the factors, the power row for what is no plain factor.
    fn powers(&mut self, id: Id, powers: &[Power]) -> Result<Id, DifferentiateError> {
        let shape = self.store.shape(id).clone();
        let mut terms = Vec::new();
        for (at, power) in powers.iter().enumerate() {
            if !self.moves(power.base) && !self.moves(power.exponent) {
                continue;
            }
            let others = powers.iter().enumerate().filter(|(other, _)| *other != at);
            let rest: Vec<Power> = others.map(|(_, power)| *power).collect();
            let rest = self.store.power_product(&rest, &shape);
            let inner = if self.store.is_one(power.exponent) {
                self.of(power.base)
            } else {
                self.by_row(Operator::Power, &[power.base, power.exponent])?
            };
            terms.push(self.store.hadamard(&[rest, inner], &shape));
        }
        Ok(self.store.add(&terms))
    }

    /// d log Σ w·exp(b) = Σ exp(b − log Σ w·exp(b))·(dw + w·db)
    fn logarithm(&mut self, value: Id, sum: &ExponentialSum) -> Result<Id, DifferentiateError> {
        let share = share_of_sum(self.store, value, sum);
        let weight = self.store.power_product(&sum.weights, &Shape::Scalar);
        let mut terms = Vec::new();
        for (coefficient, exponent) in &sum.exponents {
            let moved = self.of(*exponent);
            let moved = self.store.multiply(weight, moved);
            terms.push(self.store.scale_by(coefficient, moved));
        }
        terms.push(self.powers(weight, &sum.weights)?);
        let moved = self.store.add(&terms);
        let moved = self.store.multiply(share, moved);
        Ok(self.store.sum_over(&sum.range, moved))
    }

    /// d tr F(X) = tr(f′(X) dX) for a power series F of which the row knows f′.
    fn trace_of_series(&mut self, a: Id) -> Result<Option<Id>, DifferentiateError> {
        if let Node::MatrixPower(base, exponent) = *self.store.node(a)
            && !self.moves(exponent)
        {
            let slope = slope_of_power(self.store, base, exponent)?;
            let moved = self.of(base);
            let product = self.store.multiply(slope, moved);
            return Ok(Some(self.store.trace(product)));
        }
        let Node::Apply { function, arguments } = self.store.node(a).clone() else {
            return Ok(None);
        };
        let FunctionTemplates::Array { operands, trace_slope: Some(slope), .. } =
            rule::function_templates(function)?
        else {
            return Ok(None);
        };
        let (Some(name), Some(argument)) = (operands.first(), arguments.first()) else {
            return Err(no_rule(self.store, function));
        };
        let slope = slope.instantiate(self.store, &[(name, *argument)]);
        let moved = self.of(*argument);
        let product = self.store.multiply(slope, moved);
        Ok(Some(self.store.trace(product)))
    }

    fn function(
        &mut self,
        function: FunctionId,
        arguments: &[Id],
    ) -> Result<Id, DifferentiateError> {
        match rule::function_templates(function)? {
            FunctionTemplates::Entrywise { derivative } => {
                let [argument] = arguments else { return Err(no_rule(self.store, function)) };
                // d f(A) = f′(A) ⊙ dA
                let shape = self.store.shape(*argument).clone();
                let slope = derivative.lift(self.store, *argument);
                let moved = self.of(*argument);
                Ok(self.store.hadamard(&[slope, moved], &shape))
            }
            FunctionTemplates::Array { operands, differential, .. } => {
                let Some(differential) = differential else {
                    return Err(no_rule(self.store, function));
                };
                let names: Vec<&str> = operands.iter().map(|name| &**name).collect();
                Ok(self.instantiate(differential, &names, arguments)?)
            }
        }
    }
}

/// A value while a row's differential is put together.
#[derive(Clone, Copy)]
struct Value {
    id: Id,
    /// Whether it is linear in the operands' differentials.
    is_differential: bool,
}
