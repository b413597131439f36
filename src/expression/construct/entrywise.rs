//! Entrywise products and powers (on scalars: ordinary ones), and functions of the table.

use num_traits::{One, Signed, Zero};

use crate::expression::{Id, Node, Power, Property, Store};
use crate::function::{self, Form, FunctionId, Range};
use crate::number::{self, Rational};
use crate::shape::Shape;

/// What a Hadamard product is collected from.
struct Collected {
    coefficient: Rational,
    scalars: Vec<Power>,
    powers: Vec<Power>,
    zero: bool,
}

impl Store {
    /// a ⊙ b ⊙ …, all of the given shape.
    pub fn hadamard(&mut self, factors: &[Id], shape: &Shape) -> Id {
        let one = self.integer(1);
        let powers: Vec<Power> =
            factors.iter().map(|base| Power { base: *base, exponent: one }).collect();
        self.power_product(&powers, shape)
    }

    /// a .^ p with a scalar expression p.
    pub fn power(&mut self, base: Id, exponent: Id) -> Id {
        let shape = self.shape(base).clone();
        self.power_product(&[Power { base, exponent }], &shape)
    }

    /// a .^ p with a rational p.
    pub fn power_of(&mut self, base: Id, exponent: &Rational) -> Id {
        let exponent = self.number(exponent.clone());
        self.power(base, exponent)
    }

    /// a / b for a scalar b, or a ⊘ b entrywise.
    pub fn divide(&mut self, a: Id, b: Id) -> Id {
        let reciprocal = self.power_of(b, &number::integer(-1));
        if self.shape(b).is_scalar() {
            return self.multiply(a, reciprocal);
        }
        let shape = self.shape(b).clone();
        self.hadamard(&[a, reciprocal], &shape)
    }

    /// The factors of a value as an entrywise product; any other value is its own single factor.
    pub fn powers(&mut self, id: Id) -> Vec<Power> {
        match self.node(id) {
            Node::Hadamard(powers) => powers.to_vec(),
            _ => {
                let exponent = self.integer(1);
                vec![Power { base: id, exponent }]
            }
        }
    }

    /// Π aᵢ .^ pᵢ in normal form. A row is made as the column that it is the transpose of.
    pub fn power_product(&mut self, factors: &[Power], shape: &Shape) -> Id {
        if shape.is_row() {
            let upright: Vec<Power> = factors
                .iter()
                .map(|power| Power { base: self.transpose(power.base), exponent: power.exponent })
                .collect();
            let column = self.power_product(&upright, &shape.transposed());
            return self.transpose(column);
        }
        let mut collected = Collected {
            coefficient: number::one(),
            scalars: Vec::new(),
            powers: Vec::new(),
            zero: false,
        };
        for power in factors {
            self.collect_power(*power, &mut collected);
        }
        if collected.zero || collected.coefficient.is_zero() {
            return self.zeros(shape);
        }
        let product = self.finish_powers(collected.powers, &mut collected.coefficient, shape);
        let product = if collected.scalars.is_empty() {
            product
        } else {
            let scalar = self.power_product(&collected.scalars, &Shape::Scalar);
            self.multiply(scalar, product)
        };
        self.scale_by(&collected.coefficient, product)
    }

    /// Adds base .^ exponent to the collection, splitting what an entrywise power distributes over.
    fn collect_power(&mut self, power: Power, into: &mut Collected) {
        let Power { base, exponent } = power;
        let exponent_value = self.as_number(exponent).cloned();
        let whole = exponent_value.as_ref().and_then(number::to_i64);
        if whole == Some(0) {
            return;
        }
        let positive = exponent_value.as_ref().is_some_and(Signed::is_positive);
        match self.node(base).clone() {
            Node::Zeros(..) if positive => into.zero = true,
            Node::Tensor { .. } if positive && self.is_zero(base) => into.zero = true,
            Node::Ones(..) => {}
            Node::Number(value) if value.is_one() => {}
            Node::Number(value) if value.is_zero() && positive => into.zero = true,
            Node::Number(value) => match whole.and_then(|k| number::power(&value, k)) {
                Some(result) => into.coefficient *= result,
                None => into.powers.push(power),
            },
            Node::Sum(terms) if terms.len() == 1 => {
                let coefficient = terms[0].coefficient.clone();
                let inner = Power { base: terms[0].id, exponent };
                match whole.and_then(|k| number::power(&coefficient, k)) {
                    Some(result) => {
                        into.coefficient *= result;
                        self.collect_power(inner, into);
                    }
                    None if coefficient.is_positive() => {
                        let constant = self.number(coefficient);
                        into.scalars.push(Power { base: constant, exponent });
                        self.collect_power(inner, into);
                    }
                    None => into.powers.push(power),
                }
            }
            Node::Scale { scalar, matrix }
                if whole.is_some() || self.properties(scalar).has(Property::Positive) =>
            {
                into.scalars.push(Power { base: scalar, exponent });
                self.collect_power(Power { base: matrix, exponent }, into);
            }
            Node::Hadamard(inner) => {
                for factor in &inner {
                    if !self.power_of_power_is_safe(*factor, exponent, inner.len()) {
                        into.powers.push(power);
                        return;
                    }
                }
                for factor in &inner {
                    let exponent = self.multiply(factor.exponent, exponent);
                    self.collect_power(Power { base: factor.base, exponent }, into);
                }
            }
            // A product of rows, upright again.
            Node::Transpose(row) if self.shape(base).is_column() => match self.node(row).clone() {
                Node::Hadamard(inner)
                    if inner.iter().all(|factor| {
                        self.power_of_power_is_safe(*factor, exponent, inner.len())
                    }) =>
                {
                    for factor in &inner {
                        let exponent = self.multiply(factor.exponent, exponent);
                        let base = self.transpose(factor.base);
                        self.collect_power(Power { base, exponent }, into);
                    }
                }
                _ => into.powers.push(power),
            },
            _ if self.is_ones(base) => {}
            _ => into.powers.push(power),
        }
    }

    /// (a^p b^q)^r = a^(pr) b^(qr): always for whole r; for others when a is positive, or is the only factor with an odd p.
    fn power_of_power_is_safe(&self, inner: Power, outer: Id, factors: usize) -> bool {
        if self.as_number(outer).is_some_and(Rational::is_integer) {
            return true;
        }
        let odd = self
            .as_number(inner.exponent)
            .and_then(number::to_i64)
            .is_some_and(|exponent| exponent.rem_euclid(2) == 1);
        self.properties(inner.base).has(Property::Positive) || (factors == 1 && odd)
    }

    /// Sorts, merges equal bases, and builds the node.
    fn finish_powers(
        &mut self,
        mut powers: Vec<Power>,
        coefficient: &mut Rational,
        shape: &Shape,
    ) -> Id {
        powers.sort_by_key(|power| (self.hash(power.base), power.base, self.hash(power.exponent)));
        let mut merged: Vec<Power> = Vec::with_capacity(powers.len());
        let mut again = false;
        for power in powers {
            match merged.last_mut() {
                Some(last) if last.base == power.base && !self.is_undefined(*last, power) => {
                    last.exponent = self.add(&[last.exponent, power.exponent]);
                    again = true;
                }
                _ => merged.push(power),
            }
        }
        for power in &mut merged {
            // A mask is its own square.
            if self.chooses(*power) {
                power.exponent = self.integer(1);
            }
        }
        if again {
            merged.retain(|power| !self.is_zero(power.exponent));
            // 2^(1/2)·2^(1/2) and (ab)^(1/2)·(ab)^(1/2) come apart only now.
            let splits = merged.iter().any(|power| {
                matches!(self.node(power.base), Node::Number(_) | Node::Hadamard(_) | Node::Sum(_))
                    && self.as_number(power.exponent).is_some_and(Rational::is_integer)
                    && !matches!(self.node(power.base), Node::Sum(terms) if terms.len() > 1)
            });
            if splits {
                let product = self.power_product(&merged, shape);
                let (factor, rest) = self.split_coefficient(product);
                *coefficient *= factor;
                return if self.is_one(rest) { self.ones(shape) } else { rest };
            }
        }
        let share = self.share_of_exponentials(&merged, shape);
        let share = share.or_else(|| self.share_of_sums(&merged, shape));
        if let Some(value) = share.or_else(|| self.share_of_totals(&merged, shape)) {
            return value;
        }
        match merged.as_slice() {
            [] => self.ones(shape),
            [power] if self.is_one(power.exponent) => power.base,
            powers => match self.masked(powers, shape) {
                Some(diagonal) => diagonal,
                None => self.oriented_powers(merged, shape),
            },
        }
    }

    /// Whether the product of two powers of one base is 0/0 where the base is 0 for its place: I ⊘ I is no matrix of ones.
    fn is_undefined(&self, a: Power, b: Power) -> bool {
        let is_negative =
            |power: Power| self.as_number(power.exponent).is_some_and(Signed::is_negative);
        self.has_fixed_zeros(a.base) && is_negative(a) != is_negative(b)
    }

    /// A product of transposes only is the transpose of the product: Aᵀ ⊙ Bᵀ = (A ⊙ B)ᵀ. No row comes here.
    fn oriented_powers(&mut self, powers: Vec<Power>, shape: &Shape) -> Id {
        let turned = !shape.is_scalar()
            && powers.iter().any(|power| self.hangs(power.base))
            && powers.iter().all(|power| self.hangs(power.base) || self.is_symmetric(power.base));
        if !turned {
            return self.intern(Node::Hadamard(powers.into()), shape.clone());
        }
        let mut turned: Vec<Power> = powers
            .into_iter()
            .map(|power| Power { base: self.transpose(power.base), exponent: power.exponent })
            .collect();
        turned.sort_by_key(|power| (self.hash(power.base), power.base, self.hash(power.exponent)));
        let product = self.intern(Node::Hadamard(turned.into()), shape.transposed());
        self.transpose(product)
    }

    /// A function of the table. An entrywise one of a transpose is the transpose of its value: f(Aᵀ) = f(A)ᵀ.
    pub fn apply(&mut self, function: FunctionId, arguments: &[Id], shape: &Shape) -> Id {
        if let [argument] = *arguments
            && self.is_zero(argument)
            && function.maps_zero_to_zero()
        {
            return self.zeros(shape);
        }
        let entrywise = matches!(function.row().form, Form::Entrywise { .. });
        if let ([argument], true) = (arguments, entrywise) {
            return self.apply_entrywise(function, *argument, shape);
        }
        if let Some(value) = self.derivative_of_commuting(function, arguments) {
            return value;
        }
        if let Some(value) = self.triangle(function, arguments) {
            return value;
        }
        if let Some(value) = self.of_spectrum(function, arguments, shape) {
            return value;
        }
        if let Some(value) = self.of_single_entries(function, arguments) {
            return value;
        }
        if let Some(value) = self.linear(function, arguments, shape) {
            return value;
        }
        self.intern(Node::Apply { function, arguments: arguments.into() }, shape.clone())
    }

    /// f of the argument or of its transpose, whichever stands upright: one decision, made on the column for a vector, so that a
    /// value and its transpose come to the same node.
    fn apply_entrywise(&mut self, function: FunctionId, argument: Id, shape: &Shape) -> Id {
        let column = if shape.is_row() { self.transpose(argument) } else { argument };
        let hangs = self.hangs(column);
        let upright = if hangs { self.transpose(column) } else { column };
        let own = self.shape(upright).clone();
        let value = self.apply_upright(function, upright, own);
        if hangs == shape.is_row() { value } else { self.transpose(value) }
    }

    /// f of an argument that is not turned any more; a logarithm in the form that is finite wherever it is.
    fn apply_upright(&mut self, function: FunctionId, argument: Id, shape: Shape) -> Id {
        if function.row().name == "log"
            && let Some(value) = self.stable_logarithm(argument, &shape)
        {
            return value;
        }
        if function.row().range == Range::Mask {
            return self.mask_of_sign(function, argument, shape);
        }
        self.intern(Node::Apply { function, arguments: [argument].into() }, shape)
    }

    /// A mask depends on the sign alone: factors that have one are left out, and a constant is decided.
    fn mask_of_sign(&mut self, function: FunctionId, argument: Id, shape: Shape) -> Id {
        let Form::Entrywise { kernel, .. } = &function.row().form else { return argument };
        let decided = |sign: f64| (kernel.real)(sign) > 0.5;
        // Of a mask it is that mask, or what that one does not choose.
        if self.is_mask(argument) && decided(0.0) != decided(1.0) {
            if decided(1.0) {
                return argument;
            }
            if let Some(other) = self.complement(argument) {
                return other;
            }
        }
        let (coefficient, core) = self.split_coefficient(argument);
        let sign = if coefficient.is_negative() { -1.0 } else { 1.0 };
        let constant = match () {
            () if self.is_zero(argument) => Some(decided(0.0)),
            () if self.is_ones(core) => Some(decided(sign)),
            () => None,
        };
        if let Some(holds) = constant {
            return if holds { self.ones(&shape) } else { self.zeros(&shape) };
        }
        let core = match *self.node(core) {
            Node::Scale { scalar, matrix } if self.properties(scalar).has(Property::Positive) => {
                matrix
            }
            _ => core,
        };
        let is_even = decided(1.0) == decided(-1.0);
        let argument =
            if sign < 0.0 && !is_even { self.scale_by(&number::integer(-1), core) } else { core };
        self.intern(Node::Apply { function, arguments: [argument].into() }, shape)
    }

    /// What works on columns, of a row: eˣ/eˣ is 1, ln eˣ is x.
    fn of_single_entries(&mut self, function: FunctionId, arguments: &[Id]) -> Option<Id> {
        let [x] = *arguments else { return None };
        let shape = self.shape(x).clone();
        match function.row().name {
            "softmax" if shape.is_row() => Some(self.ones(&shape)),
            "logsumexp" | "cumsum" | "cumsum_back" if shape.is_row() => Some(x),
            _ => None,
        }
    }

    /// What is linear in each argument: scalars stand before it; a × a is 0.
    fn linear(&mut self, function: FunctionId, arguments: &[Id], shape: &Shape) -> Option<Id> {
        const LINEAR: &[&str] = &["cumsum", "cumsum_back", "cross", "cross_matrix", "cross_vector"];
        if !LINEAR.contains(&function.row().name) {
            return None;
        }
        if arguments.iter().any(|argument| self.is_zero(*argument)) {
            return Some(self.zeros(shape));
        }
        let mut scalars = Vec::new();
        let mut cores = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let (coefficient, mut core) = self.split_coefficient(*argument);
            if !coefficient.is_one() {
                scalars.push(self.number(coefficient));
            }
            if let Node::Scale { scalar, matrix } = *self.node(core) {
                scalars.push(scalar);
                core = matrix;
            }
            cores.push(core);
        }
        if matches!(*cores, [a, b] if a == b) {
            return Some(self.zeros(shape));
        }
        if scalars.is_empty() {
            return None;
        }
        let scalar = self.hadamard(&scalars, &Shape::Scalar);
        let value = self.apply(function, &cores, shape);
        Some(self.multiply(scalar, value))
    }

    /// The triangle of what is triangular already, and of a multiple.
    fn triangle(&mut self, function: FunctionId, arguments: &[Id]) -> Option<Id> {
        let fact = match function.row().name {
            "tril" => Property::Lower,
            "triu" => Property::Upper,
            _ => return None,
        };
        let [x] = *arguments else { return None };
        if self.properties(x).has(fact) || self.is_zero(x) || self.shape(x).is_scalar() {
            return Some(x);
        }
        if let Node::Apply { function: outer, arguments: inside } = self.node(x)
            && matches!(outer.row().name, "tril" | "triu")
            && matches!(self.node(inside[0]), Node::Apply { function: inner, .. } if *inner == function)
        {
            // What lies outside of both triangles is 0 already.
            return Some(x);
        }
        let other = if fact == Property::Lower { Property::Upper } else { Property::Lower };
        if self.properties(x).has(other) && self.shape(x).is_square() {
            let diagonal = self.diagonal_of(x);
            return Some(self.diagonal(diagonal));
        }
        let shape = self.shape(x).clone();
        let (coefficient, core) = self.split_coefficient(x);
        if !coefficient.is_one() {
            let inner = self.apply(function, &[core], &shape);
            return Some(self.scale_by(&coefficient, inner));
        }
        if let Node::Scale { scalar, matrix } = *self.node(core) {
            let inner = self.apply(function, &[matrix], &shape);
            return Some(self.multiply(scalar, inner));
        }
        None
    }

    /// The derivative of the matrix exponential, or of a power, at X along a multiple of X, with which everything commutes: E·expm(X).
    fn derivative_of_commuting(&mut self, function: FunctionId, arguments: &[Id]) -> Option<Id> {
        let (x, e) = match (function.row().name, arguments) {
            ("expm_frechet", [x, e]) | ("power_frechet", [x, e, _]) => (*x, *e),
            _ => return None,
        };
        let core = |store: &mut Self, id: Id| {
            let (_, id) = store.split_coefficient(id);
            match *store.node(id) {
                Node::Scale { matrix, .. } => matrix,
                _ => id,
            }
        };
        if self.is_zero(e) {
            return Some(e);
        }
        if core(self, x) != core(self, e) {
            return None;
        }
        if let [_, _, exponent] = *arguments {
            // k·E·X^(k−1)
            let minus_one = self.integer(-1);
            let lower = self.add(&[exponent, minus_one]);
            let power = self.matrix_power(x, lower);
            let product = self.multiply(e, power);
            return Some(self.multiply(exponent, product));
        }
        let shape = self.shape(x).clone();
        let exponential = self.apply(function::find("expm")?, &[x], &shape);
        Some(self.multiply(e, exponential))
    }
}
