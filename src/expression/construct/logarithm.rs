//! Logarithms of exponentials and of what is made of them: in forms that are finite wherever the logarithm is.
//!
//! log(softmax(x)) = x − 1·logsumexp(x), log(σ(x)) = x − softplus(x), log(1ᵀexp(x)) = logsumexp(x), log(eᵃ + eᵇ) = a + softplus(b − a).
//! A definition with an index is looked through: log(ŷ[t]) of ŷ[t] = softmax(z[t]). A sum over an index, log Σₖ wₖ·exp(bₖ), stays
//! as it is written; its derivative, its value and its code take it as a whole ([`ExponentialSum`]).

use num_traits::{One, Signed};

use crate::expression::{Id, Node, Power, Property, Range, Store};
use crate::function;
use crate::number::{self, Rational};
use crate::shape::{Dimension, Shape};

/// Definitions by definitions are followed so far.
const LONGEST: usize = 16;

/// The terms of an exponent.
type Exponents = Vec<(Rational, Id)>;

/// Σ w·exp(b) over an index, a scalar.
#[derive(Clone, Debug)]
pub(crate) struct ExponentialSum {
    /// The index.
    pub(crate) range: Range,
    /// The factors of w, with numbers for exponents.
    pub(crate) weights: Vec<Power>,
    /// The terms of b.
    pub(crate) exponents: Exponents,
    /// w·exp(b)
    pub(crate) body: Id,
}

impl Store {
    /// The sum over an index of a multiple of an exponential, if that is what the scalar is.
    pub(crate) fn exponential_sum(&self, id: Id) -> Option<ExponentialSum> {
        let Node::SumOver(range, body) = self.node(id) else { return None };
        let (weights, exponents) = self.exponential(*body)?;
        Some(ExponentialSum { range: (**range).clone(), weights, exponents, body: *body })
    }

    /// The argument of a logarithm that is such a sum.
    pub(crate) fn logarithm_of_sum(&self, id: Id) -> Option<ExponentialSum> {
        let Node::Apply { function, arguments } = self.node(id) else { return None };
        if function.row().name != "log" {
            return None;
        }
        self.exponential_sum(*arguments.first()?)
    }

    /// w and b of a scalar w·exp(b).
    fn exponential(&self, id: Id) -> Option<(Vec<Power>, Exponents)> {
        if !self.shape(id).is_scalar() {
            return None;
        }
        let factors: &[Power] = match self.node(id) {
            Node::Hadamard(powers) => powers,
            _ => return Some((Vec::new(), vec![(number::one(), self.argument_of(id, "exp")?)])),
        };
        let mut weights = Vec::new();
        let mut exponents = Vec::new();
        for power in factors {
            let exponent = self.as_number(power.exponent)?;
            // The largest exponent may be one that a mask does not choose.
            if self.chooses(*power) {
                return None;
            }
            match self.argument_of(power.base, "exp") {
                Some(argument) => exponents.push((exponent.clone(), argument)),
                None => weights.push(*power),
            }
        }
        (!exponents.is_empty()).then_some((weights, exponents))
    }

    /// x of f(x).
    fn argument_of(&self, id: Id, name: &str) -> Option<Id> {
        match self.node(id) {
            Node::Apply { function, arguments } if function.row().name == name => {
                arguments.first().copied()
            }
            _ => None,
        }
    }

    /// A row of the table by its name; for arrays of one shape.
    fn function_of(&mut self, name: &str, x: Id, shape: &Shape) -> Option<Id> {
        Some(self.apply(function::find(name)?, &[x], shape))
    }

    /// The formula of an element, where there is one for all values of the index.
    fn formula_of(&mut self, id: Id) -> Option<Id> {
        let Node::Element(family, at) = self.node(id).clone() else { return None };
        let known = self.family(family)?;
        let [piece] = known.pieces.as_slice() else { return None };
        let body = piece.body;
        Some(self.formula_at(family, body, &at))
    }

    /// What an element stands for, through definitions by definitions.
    fn looked_through(&mut self, id: Id) -> Id {
        let mut found = id;
        for _ in 0..LONGEST {
            match self.formula_of(found) {
                Some(formula) => found = formula,
                None => break,
            }
        }
        found
    }

    /// log a in another form; none where there is no better one. `a` has the given shape.
    pub(super) fn stable_logarithm(&mut self, a: Id, shape: &Shape) -> Option<Id> {
        let formula = self.looked_through(a);
        match self.node(formula).clone() {
            Node::Apply { .. } => self.logarithm_of_function(formula, shape),
            Node::Sum(terms) => match &*terms {
                [term] if term.coefficient.is_positive() => {
                    let inner = self.stable_factor(term.id, shape)?;
                    let constant = self.number(term.coefficient.clone());
                    let constant = self.logarithm(constant);
                    let constant = self.spread(constant, shape);
                    Some(self.add(&[constant, inner]))
                }
                [a, b] => {
                    self.logarithm_of_two([(&a.coefficient, a.id), (&b.coefficient, b.id)], shape)
                }
                _ => None,
            },
            Node::Total(inner) => {
                let x = self.argument_of(inner, "exp")?;
                let x = if self.shape(x).is_column() { x } else { self.vectorize(x) };
                self.function_of("logsumexp", x, shape)
            }
            Node::Product(factors) => self.logarithm_of_sums(&factors, shape),
            Node::Hadamard(powers) => self.logarithm_of_powers(&powers, shape),
            Node::Scale { scalar, matrix } => {
                let inner = self.stable_factor(matrix, shape)?;
                let outer = self.logarithm(scalar);
                let outer = self.spread(outer, shape);
                self.properties(matrix).has(Property::Positive).then(|| self.add(&[outer, inner]))
            }
            Node::SumOver(..) => {
                let sum = self.unfolded_sum(formula)?;
                Some(self.logarithm(sum))
            }
            _ => None,
        }
    }

    fn logarithm(&mut self, a: Id) -> Id {
        let shape = self.shape(a).clone();
        self.function_of("log", a, &shape).unwrap_or(a)
    }

    /// The logarithm of a factor, if that is another one than log of it, or one of a sum over an index.
    fn stable_factor(&mut self, a: Id, shape: &Shape) -> Option<Id> {
        match self.stable_logarithm(a, shape) {
            Some(found) => Some(found),
            None => self.exponential_sum(a).is_some().then(|| self.logarithm(a)),
        }
    }

    /// A scalar in every entry.
    fn spread(&mut self, scalar: Id, shape: &Shape) -> Id {
        if shape.is_scalar() {
            return scalar;
        }
        let ones = self.ones(shape);
        self.multiply(scalar, ones)
    }

    fn logarithm_of_function(&mut self, a: Id, shape: &Shape) -> Option<Id> {
        if let Some(x) = self.argument_of(a, "softmax") {
            let columns = shape.columns();
            let row = Shape::matrix(Dimension::one(), columns);
            let sum = self.function_of("logsumexp", x, &row)?;
            let ones = self.ones(&Shape::matrix(shape.rows(), Dimension::one()));
            let sum = self.multiply(ones, sum);
            return Some(self.subtract(x, sum));
        }
        if let Some(x) = self.argument_of(a, "sigmoid") {
            let softplus = self.function_of("softplus", x, shape)?;
            return Some(self.subtract(x, softplus));
        }
        self.argument_of(a, "exp")
    }

    /// log(1 + eˣ), log(eᵃ + eᵇ), log(1 − σ(x)).
    fn logarithm_of_two(&mut self, terms: [(&Rational, Id); 2], shape: &Shape) -> Option<Id> {
        for ((c, a), (d, b)) in [(terms[0], terms[1]), (terms[1], terms[0])] {
            if !c.is_one() {
                continue;
            }
            let b = self.looked_through(b);
            if self.is_ones(a) {
                if let (true, Some(x)) = (d.is_one(), self.argument_of(b, "exp")) {
                    return self.function_of("softplus", x, shape);
                }
                if let (true, Some(x)) = ((-d).is_one(), self.argument_of(b, "sigmoid")) {
                    let softplus = self.function_of("softplus", x, shape)?;
                    return Some(self.negate(softplus));
                }
            }
            let a = self.looked_through(a);
            if let (true, Some(x), Some(y)) =
                (d.is_one(), self.argument_of(a, "exp"), self.argument_of(b, "exp"))
            {
                let difference = self.subtract(y, x);
                let softplus = self.function_of("softplus", difference, shape)?;
                return Some(self.add(&[x, softplus]));
            }
        }
        None
    }

    /// log(1ᵀexp(X)) and log(exp(X)·1).
    fn logarithm_of_sums(&mut self, factors: &[Id], shape: &Shape) -> Option<Id> {
        let [left, right] = *factors else { return None };
        if let (true, Some(x)) = (self.is_ones(left), self.argument_of(right, "exp"))
            && self.shape(left).is_row()
        {
            return self.function_of("logsumexp", x, shape);
        }
        let x = self.argument_of(left, "exp")?;
        if self.is_ones(right) && self.shape(right).is_column() {
            let turned = self.transpose(x);
            let sums = self.function_of("logsumexp", turned, &shape.transposed())?;
            return Some(self.transpose(sums));
        }
        None
    }

    /// log Π aᵢ^pᵢ = Σ pᵢ·log aᵢ, where the logarithm of a factor has another form and at most one factor may be negative.
    fn logarithm_of_powers(&mut self, powers: &[Power], shape: &Shape) -> Option<Id> {
        let mut powers = powers.to_vec();
        if powers.iter().any(|power| self.chooses(*power)) {
            return None;
        }
        for power in &mut powers {
            power.base = self.unfolded_sum(power.base).unwrap_or(power.base);
        }
        // An empty sum is 0, and both sides are −∞ then.
        let positive = |store: &Self, power: &Power| {
            let known = store.properties(power.base);
            known.has(Property::Positive)
                || known.has(Property::Nonnegative) && store.exponential_sum(power.base).is_some()
        };
        let others: Vec<Power> =
            powers.iter().filter(|power| !positive(self, power)).copied().collect();
        let mut terms = Vec::new();
        let mut found = false;
        if others.len() > 1 || others.iter().any(|power| !self.is_one(power.exponent)) {
            return None;
        }
        for power in &powers {
            let logarithm = match self.stable_factor(power.base, shape) {
                Some(stable) => {
                    found = true;
                    stable
                }
                None => self.logarithm(power.base),
            };
            terms.push(self.multiply(power.exponent, logarithm));
        }
        found.then(|| self.add(&terms))
    }

    /// eᵃ/Σ w·exp(b) over an index is exp(a − log Σ w·exp(b)), which does not overflow.
    pub(super) fn share_of_exponentials(&mut self, powers: &[Power], shape: &Shape) -> Option<Id> {
        if !shape.is_scalar() {
            return None;
        }
        let divides = |store: &Self, power: &Power| {
            store.as_number(power.exponent).is_some_and(|value| (-value).is_one())
                && store.exponential_sum(power.base).is_some()
        };
        let multiplies = |store: &Self, power: &Power| {
            store.is_one(power.exponent) && store.argument_of(power.base, "exp").is_some()
        };
        let sum = powers.iter().position(|power| divides(self, power))?;
        let share = powers.iter().position(|power| multiplies(self, power))?;
        let argument = self.argument_of(powers[share].base, "exp")?;
        let logarithm = self.logarithm(powers[sum].base);
        let difference = self.subtract(argument, logarithm);
        let value = self.function_of("exp", difference, shape)?;
        let mut factors = vec![Power { base: value, exponent: self.integer(1) }];
        let others = powers.iter().enumerate().filter(|(at, _)| *at != sum && *at != share);
        factors.extend(others.map(|(_, power)| *power));
        Some(self.power_product(&factors, shape))
    }

    /// A sum of exponentials over an index with the elements in it that stand for exponentials by their formulas; none where there
    /// are no such elements.
    fn unfolded_sum(&mut self, sum: Id) -> Option<Id> {
        let Node::SumOver(range, body) = self.node(sum).clone() else { return None };
        let shape = self.shape(body).clone();
        let mut powers = self.powers(body);
        for power in &mut powers {
            let formula = self.looked_through(power.base);
            if self.exponential(formula).is_some() {
                power.base = formula;
            }
        }
        let unfolded = self.power_product(&powers, &shape);
        self.exponential(unfolded).filter(|_| unfolded != body)?;
        Some(self.sum_over(&range, unfolded))
    }
}
