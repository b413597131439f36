//! Expression → phrase: orders, collects scalars and quotients, decides signs.
//!
//! Recursion is bounded: the layout names every part that nests deeper than its limit.

use num_traits::{One, Signed, Zero};

use super::layout::Layout;
use super::order::ReadingOrder;
use super::phrase::{Constant, Head, Item, Marks, Phrase, positive_first};
use super::sign;
use super::tensor;
use crate::expression::{Id, Node, Power, Store, Term};
use crate::function::{self, FunctionId};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Shape};

pub(super) const TRACE: Head = operator("tr", r"\operatorname{tr}");
const DETERMINANT: Head = operator("det", r"\det");
pub(super) const TOTAL: Head = operator("sum", r"\operatorname{sum}");
pub(super) const DIAGONAL: Head = operator("diag", r"\operatorname{diag}");
pub(super) const VECTORIZE: Head = operator("vec", r"\operatorname{vec}");

/// Operators of one argument through which a sign passes.
pub(super) const LINEAR: [Head; 4] = [TRACE, TOTAL, DIAGONAL, VECTORIZE];

pub(super) const fn operator(name: &'static str, latex: &'static str) -> Head {
    Head { name, glyph: name, latex }
}

/// The names of a row of the function table.
pub(super) fn function_head(function: FunctionId) -> Head {
    let row = function.row();
    let glyph = row.spellings.iter().find(|spelling| !spelling.is_ascii());
    Head { name: row.name, glyph: glyph.copied().unwrap_or(row.name), latex: row.latex }
}

/// A variable; one that stands for an element, `h[t-1]`, is written like it.
fn variable(name: &Name) -> Phrase {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((family, place)) => Phrase::element(family, place),
        None => Phrase::Name(name.clone()),
    }
}

/// What turns nodes into phrases.
pub(super) struct Composer<'a> {
    pub(super) store: &'a Store,
    pub(super) order: &'a ReadingOrder,
    pub(super) layout: &'a Layout,
}

/// A multiple of a node, taken apart: coefficient · Π scalars · matrix.
struct Multiple {
    coefficient: Rational,
    scalars: Vec<Factor>,
    matrix: Option<Phrase>,
}

/// A scalar factor; no exponent means 1.
#[derive(Clone, Copy)]
struct Factor {
    base: Id,
    exponent: Option<Id>,
}

impl From<Power> for Factor {
    fn from(power: Power) -> Self {
        Self { base: power.base, exponent: Some(power.exponent) }
    }
}

impl Composer<'_> {
    /// The node, by its name where it has one.
    pub(super) fn phrase(&self, id: Id) -> Phrase {
        match self.layout.name(id) {
            Some(name) => Phrase::Name(name.clone()),
            None => self.written_out(id),
        }
    }

    /// The node itself written out, even where a name stands for it elsewhere.
    pub(super) fn written_out(&self, id: Id) -> Phrase {
        match self.store.node(id) {
            Node::Number(_) | Node::Scale { .. } => self.lone_multiple(id),
            Node::Sum(terms) if terms.len() == 1 => self.lone_multiple(id),
            Node::Hadamard(_) if self.store.shape(id).is_scalar() => self.lone_multiple(id),
            Node::Hadamard(powers) => self.entrywise(powers, self.store.shape(id)),
            Node::Selection(selection) => Self::columns_of_identity(selection),
            Node::Product(factors) => {
                let mut factors = self.chain(factors);
                let negative = sign::settle(&mut factors, false);
                Phrase::product(factors).signed(negative)
            }
            Node::Sum(terms) => self.sum(terms),
            Node::Size(size) => Phrase::size(size),
            Node::Variable(name) => variable(name),
            Node::Identity(n) => constant(Constant::Identity, &[n]),
            Node::Ones(rows, columns) => ones(rows, columns),
            Node::Zeros(rows, columns) => constant(Constant::Zeros, &[rows, columns]),
            Node::Commutation(m, n) => constant(Constant::Commutation, &[m, n]),
            Node::Transpose(_) | Node::Inverse(_) => self.marked(id, 1),
            Node::MatrixPower(base, exponent) => {
                Phrase::Power(self.phrase(*base).into(), self.phrase(*exponent).into())
            }
            Node::Trace(a) => self.call(TRACE, &[*a]),
            Node::Determinant(a) => self.call(DETERMINANT, &[*a]),
            Node::Total(a) => self.call(TOTAL, &[*a]),
            Node::Diagonal(a) | Node::DiagonalOf(a) => self.call(DIAGONAL, &[*a]),
            Node::Vectorize(a) => self.call(VECTORIZE, &[*a]),
            Node::Kronecker(a, b) => {
                Phrase::Kronecker(self.phrase(*a).into(), self.phrase(*b).into())
            }
            Node::Family(name) => Phrase::Name(name.clone()),
            Node::Element(family, at) => Phrase::Indexed(
                self.phrase(*family).into(),
                at.values().map(Phrase::size).collect(),
            ),
            Node::SumOver(..) if let Some(family) = self.store.as_whole_family(id) => {
                self.phrase(family)
            }
            Node::SumOver(range, body) => Phrase::SumOver(
                range.index.clone(),
                [Phrase::size(&range.from), Phrase::size(&range.to)].into(),
                self.phrase(*body).into(),
            ),
            Node::Tensor { operation, operands } => self.tensor(id, operation, operands),
            Node::Apply { .. } if self.share(id).is_some() => self.lone_multiple(id),
            Node::Apply { function, arguments } => {
                if function.as_unknown().is_some() {
                    let (name, order) = self.store.function_name(*function);
                    let arguments = arguments.iter().map(|argument| self.phrase(*argument));
                    return Phrase::Unknown(name.into(), order, arguments.collect());
                }
                if let [argument] = **arguments
                    && let Some(condition) = self.relation(*function, argument)
                {
                    return condition;
                }
                if let Some(name) = function.row().name.strip_suffix("_columns")
                    && let Some(whole) = function::find(name)
                {
                    let columns = Phrase::Name("columns".into());
                    return Phrase::Call(
                        function_head(whole),
                        vec![self.phrase(arguments[0]), columns],
                    );
                }
                let head = self.application_head(*function, arguments);
                let call = self.call(head, &self.without_vec(*function, arguments));
                match (call, &**arguments) {
                    (Phrase::Call(head, values), [argument]) if function.is_entrywise() => {
                        let shape = self.store.shape(*argument);
                        let values = values.into_iter();
                        let values = values.map(|value| Self::entry_by_entry(value, shape));
                        Phrase::Call(head, values.collect())
                    }
                    (call, _) => call,
                }
            }
        }
    }

    /// The name of a function of these arguments. On paper the softmax of a matrix is that of its rows, the exponential of a square one is
    /// no matter of its entries, and bars around an array are a norm or a determinant: what is meant otherwise says so.
    fn application_head(&self, function: FunctionId, arguments: &[Id]) -> Head {
        let head = function_head(function);
        let shape = arguments.first().map(|id| self.store.shape(*id));
        let is_array = shape.is_some_and(|shape| !shape.is_scalar());
        let is_matrix = is_array && shape.is_some_and(|shape| !shape.columns().is_one());
        let latex = match head.name {
            "softmax" if is_matrix => r"\operatorname{softmax}_{\mathrm{col}}",
            "exp" if is_matrix && shape.is_some_and(|it| it.rows() == it.columns()) => {
                r"\exp_{\odot}"
            }
            "abs" if is_array => return Head { latex: r"\operatorname{abs}", ..head },
            _ => head.latex,
        };
        Head { latex, ..head }
    }

    pub(super) fn call(&self, head: Head, arguments: &[Id]) -> Phrase {
        Phrase::Call(head, arguments.iter().map(|argument| self.phrase(*argument)).collect())
    }

    /// Σ cᵢ Tᵢ: positive terms first. A sum inside the sum gives its terms.
    fn sum(&self, terms: &[Term]) -> Phrase {
        let terms = self.order.terms(self.store, terms);
        let (mut items, terms) = self.blocks(&terms);
        for term in &terms {
            let item = self.multiple(&term.coefficient, term.id);
            match item.phrase {
                Phrase::Sum(inner) if item.negative => {
                    items.extend(inner.into_iter().map(Item::turned));
                }
                Phrase::Sum(inner) => items.extend(inner),
                _ => items.push(item),
            }
        }
        items.iter_mut().enumerate().for_each(|(place, item)| item.place = place);
        let sum = Phrase::sum(positive_first(items));
        let shape = terms.first().map(|term| self.store.shape(term.id));
        let is_vector = shape.is_some_and(|shape| shape.is_column() || shape.is_row());
        if is_vector { sign::with_plain_ones(sum) } else { sum }
    }

    fn lone_multiple(&self, id: Id) -> Phrase {
        if let Some(terms) = self.distributed(id) {
            return self.sum(&terms);
        }
        let item = self.assemble(self.take_apart(&number::one(), id));
        item.phrase.signed(item.negative)
    }

    /// ½(2a − b) as a − ½b: a fraction in front goes into the sum when it leaves one of the terms.
    fn distributed(&self, id: Id) -> Option<Vec<Term>> {
        let Node::Sum(outer) = self.store.node(id) else { return None };
        let [Term { coefficient, id: inner }] = &**outer else { return None };
        let Node::Sum(terms) = self.store.node(*inner) else { return None };
        if coefficient.is_integer() || self.layout.name(*inner).is_some() {
            return None;
        }
        let scaled =
            |term: &Term| Term { coefficient: &term.coefficient * coefficient, id: term.id };
        let terms: Vec<Term> = terms.iter().map(scaled).collect();
        terms.iter().any(|term| term.coefficient.is_integer()).then_some(terms)
    }

    /// coefficient · id as a signed phrase.
    pub(super) fn multiple(&self, coefficient: &Rational, id: Id) -> Item {
        let multiple = if self.layout.name(id).is_some() {
            self.indivisible(coefficient.clone(), id)
        } else {
            self.take_apart(coefficient, id)
        };
        self.assemble(multiple)
    }

    fn indivisible(&self, coefficient: Rational, id: Id) -> Multiple {
        let mut multiple = Multiple { coefficient, scalars: Vec::new(), matrix: None };
        self.take_last(id, &mut multiple);
        multiple
    }

    /// Looks through multiples and scales, down to the first part that is neither or has a name.
    fn take_apart(&self, coefficient: &Rational, id: Id) -> Multiple {
        let mut multiple =
            Multiple { coefficient: coefficient.clone(), scalars: Vec::new(), matrix: None };
        let mut at = id;
        loop {
            match self.store.node(at) {
                Node::Sum(terms) if terms.len() == 1 => {
                    multiple.coefficient *= &terms[0].coefficient;
                    at = terms[0].id;
                }
                Node::Scale { scalar, matrix } => {
                    self.take_scalar(*scalar, &mut multiple);
                    at = *matrix;
                }
                Node::Number(value) => {
                    multiple.coefficient *= value;
                    return multiple;
                }
                Node::Hadamard(powers) if self.store.shape(at).is_scalar() => {
                    multiple.scalars.extend(powers.iter().copied().map(Factor::from));
                    return multiple;
                }
                _ => break,
            }
            if self.layout.name(at).is_some() {
                break;
            }
        }
        self.take_last(at, &mut multiple);
        multiple
    }

    /// A term above the node `last`, with `matrix` in the place of that; with the number 1 where there is none.
    pub(super) fn scaled(&self, term: &Term, last: Id, matrix: Option<Phrase>) -> Item {
        let coefficient = term.coefficient.clone();
        let mut multiple = Multiple { coefficient, scalars: Vec::new(), matrix };
        let mut at = term.id;
        while let (true, Node::Scale { scalar, matrix }) = (at != last, self.store.node(at)) {
            self.take_scalar(*scalar, &mut multiple);
            at = *matrix;
        }
        self.assemble(multiple)
    }

    fn take_scalar(&self, scalar: Id, multiple: &mut Multiple) {
        match self.store.node(scalar) {
            Node::Hadamard(powers) if self.layout.name(scalar).is_none() => {
                multiple.scalars.extend(powers.iter().copied().map(Factor::from));
            }
            _ => multiple.scalars.push(Factor { base: scalar, exponent: None }),
        }
    }

    fn take_last(&self, id: Id, multiple: &mut Multiple) {
        if self.store.as_number(id).is_some_and(One::is_one) {
        } else if self.store.shape(id).is_scalar() {
            multiple.scalars.push(Factor { base: id, exponent: None });
        } else {
            multiple.matrix = Some(self.phrase(id));
        }
    }

    /// Sign, numerator and denominator of a multiple.
    fn assemble(&self, mut multiple: Multiple) -> Item {
        if multiple.coefficient.is_zero() {
            return Item { negative: false, place: 0, phrase: Phrase::whole(0), fills: false };
        }
        multiple.scalars.sort_by(|a, b| self.order.compare_factors(self.store, a.base, b.base));
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for factor in multiple.scalars {
            let is_plain = factor.exponent.is_none_or(|exponent| self.store.is_one(exponent));
            if let Some((part, whole)) = self.share(factor.base).filter(|_| is_plain) {
                above.push(part);
                below.push(whole);
                continue;
            }
            let (side, phrase) = self.power(factor, Phrase::Power);
            match side {
                Side::Above => above.push(phrase),
                Side::Below => below.push(phrase),
            }
        }
        match multiple.matrix {
            Some(Phrase::Product(chain)) => above.extend(chain),
            matrix => above.extend(matrix),
        }
        let negative = sign::settle(&mut above, multiple.coefficient.is_negative());
        let phrase = quotient(&multiple.coefficient.abs(), above, below);
        Item { negative, place: 0, phrase, fills: false }
    }

    /// The two sides of exp(b)/Σ, for exp(b − log Σ) with a sum over an index: how the share of a term in its sum is read.
    fn share(&self, id: Id) -> Option<(Phrase, Phrase)> {
        let Node::Apply { function, arguments } = self.store.node(id) else { return None };
        let [exponent] = **arguments else { return None };
        let is_open = self.layout.name(id).is_none() && self.layout.name(exponent).is_none();
        if function.row().name != "exp" || !is_open || !self.store.shape(id).is_scalar() {
            return None;
        }
        let mut terms = self.store.terms(exponent);
        let at = terms.iter().position(|term| {
            (-&term.coefficient).is_one()
                && self.layout.name(term.id).is_none()
                && self.store.logarithm_of_sum(term.id).is_some()
        })?;
        let whole = *self.store.node(terms.remove(at).id).children().first()?;
        if terms.is_empty() {
            return None;
        }
        Some((
            Phrase::Call(function_head(*function), [self.sum(&terms)].into()),
            self.phrase(whole),
        ))
    }

    /// base ^ |exponent|, and whether it stands below the line.
    fn power(
        &self,
        factor: Factor,
        raise: fn(Box<Phrase>, Box<Phrase>) -> Phrase,
    ) -> (Side, Phrase) {
        let mut base = self.phrase(factor.base);
        let Some(exponent) = factor.exponent else { return (Side::Above, base) };
        let Some(value) = self.store.as_number(exponent) else {
            let exponent = self.phrase(exponent).with_denominator();
            return (Side::Above, raise(base.into(), exponent.into()));
        };
        let side = if value.is_negative() { Side::Below } else { Side::Above };
        let magnitude = value.abs();
        if number::to_i64(&magnitude).is_some_and(|whole| whole % 2 == 0) {
            sign::settle_even(&mut base);
        }
        let phrase = if magnitude.is_one() {
            base
        } else if magnitude == number::ratio(1, 2) {
            Phrase::Root(base.into())
        } else {
            raise(base.into(), Phrase::Number(magnitude).into())
        };
        (side, phrase)
    }

    /// Π aᵢ .^ pᵢ of matrices: plain factors, then functions, then what is divided by.
    fn entrywise(&self, powers: &[Power], shape: &Shape) -> Phrase {
        if let [power] = powers {
            let value = self.store.as_number(power.exponent);
            if value.is_some_and(|value| value.is_negative() && !(-value).is_one()) {
                let (base, exponent) = (self.phrase(power.base), self.phrase(power.exponent));
                return Phrase::EntrywisePower(base.into(), exponent.into());
            }
        }
        let mut powers = powers.to_vec();
        powers.sort_by(|a, b| self.order.compare_factors(self.store, a.base, b.base));
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for power in powers {
            let (side, phrase) = self.power(power.into(), Phrase::EntrywisePower);
            let phrase = Self::entry_by_entry(phrase, shape);
            match side {
                Side::Above => above.push(phrase),
                Side::Below => below.push(phrase),
            }
        }
        if above.is_empty() {
            above.push(if shape.is_tensor() { tensor::ones(shape) } else { Phrase::whole(1) });
        }
        let above = Phrase::entrywise(above);
        if below.is_empty() {
            return above;
        }
        Phrase::EntrywiseQuotient(above.into(), Phrase::entrywise(below).into())
    }

    /// What stands where only its entries count: 1 − H as it is, and not with a matrix of ones.
    fn entry_by_entry(phrase: Phrase, shape: &Shape) -> Phrase {
        match phrase {
            _ if shape.is_tensor() => phrase,
            Phrase::EntrywisePower(base, exponent) => {
                Phrase::EntrywisePower(sign::with_plain_ones(*base).into(), exponent)
            }
            Phrase::Root(base) => Phrase::Root(sign::with_plain_ones(*base).into()),
            phrase => sign::with_plain_ones(phrase),
        }
    }

    /// The scalar xᵀy, or yᵀx where that is the order of reading.
    fn turned(&self, factors: &[Id]) -> Option<Vec<Phrase>> {
        let [row, column] = factors else { return None };
        let Node::Transpose(inner) = *self.store.node(*row) else { return None };
        let fits = self.layout.name(*row).is_none()
            && self.store.shape(*row).is_row()
            && self.store.shape(*column).is_column()
            && self.store.shape(inner).is_column()
            && !matches!(self.store.node(*column), Node::Transpose(_))
            && self.order.compare_factors(self.store, *column, inner).is_lt();
        let marks = Marks { inverse: false, power: 1, transpose: true };
        fits.then(|| vec![Phrase::Marked(self.phrase(*column).into(), marks), self.phrase(inner)])
    }

    /// A₁ A₂ …: equal neighbours as powers, a column of ones before a row of ones as a matrix of ones.
    pub(super) fn chain(&self, factors: &[Id]) -> Vec<Phrase> {
        if let Some(block) = self.block(factors) {
            return vec![block];
        }
        if let Some((part, count)) = self.part(factors)
            && count == factors.len()
        {
            return vec![part];
        }
        if let Some(turned) = self.turned(factors) {
            return turned;
        }
        let mut phrases = Vec::with_capacity(factors.len());
        let mut at = 0;
        while at < factors.len() {
            let rest = &factors[at..];
            if let Some((part, count)) = self.part(rest) {
                phrases.push(part);
                at += count;
                continue;
            }
            if let Some(matrix) = self.ones_block(rest) {
                phrases.push(matrix);
                at += 2;
                continue;
            }
            let run = rest.iter().take_while(|factor| **factor == rest[0]).count();
            phrases.push(self.marked(rest[0], run));
            at += run;
        }
        phrases
    }

    fn ones_block(&self, factors: &[Id]) -> Option<Phrase> {
        let [column, row, ..] = factors else { return None };
        match (self.store.node(*column), self.store.node(*row)) {
            (Node::Ones(rows, inner), Node::Ones(_, columns)) if inner.is_one() => {
                Some(ones(rows, columns))
            }
            _ => None,
        }
    }

    /// Aᵏ, with the transpose and the inverse as marks.
    pub(super) fn marked(&self, id: Id, power: usize) -> Phrase {
        let mut marks = Marks { inverse: false, power, transpose: false };
        let mut at = id;
        loop {
            match self.store.node(at) {
                Node::Transpose(inner) => {
                    marks.transpose = !marks.transpose;
                    at = *inner;
                }
                Node::Inverse(inner) => {
                    marks.inverse = !marks.inverse;
                    at = *inner;
                }
                _ => break,
            }
            if self.layout.name(at).is_some() {
                break;
            }
        }
        let base = match self.flattened(at).filter(|_| self.layout.name(at).is_none()) {
            Some(flat) => {
                marks.transpose = !marks.transpose;
                flat
            }
            None => self.phrase(at),
        };
        if marks == (Marks { inverse: false, power: 1, transpose: false }) {
            return base;
        }
        Phrase::Marked(base.into(), marks)
    }
}

/// Above or below the line of a quotient.
enum Side {
    Above,
    Below,
}

/// c · above / below. Without a denominator of its own the coefficient stands in front as it is.
fn quotient(coefficient: &Rational, mut above: Vec<Phrase>, mut below: Vec<Phrase>) -> Phrase {
    // One inner product needs no brackets behind the other scalars.
    let chains = above.iter().filter(|phrase| matches!(phrase, Phrase::Product(_))).count();
    match above.pop() {
        Some(Phrase::Product(chain)) if chains == 1 => above.extend(chain),
        last => above.extend(last),
    }
    if below.is_empty() {
        if !coefficient.is_one() || above.is_empty() {
            above.insert(0, Phrase::Number(coefficient.clone()));
        }
        return Phrase::product(above);
    }
    let (numerator, denominator) = (coefficient.numer(), coefficient.denom());
    if !numerator.is_one() {
        above.insert(0, Phrase::Number(numerator));
    }
    if !denominator.is_one() {
        below.insert(0, Phrase::Number(denominator));
    }
    Phrase::Quotient(Phrase::product(above).into(), Phrase::product(below).into())
}

pub(super) fn constant(kind: Constant, sizes: &[&Dimension]) -> Phrase {
    Phrase::Constant(kind, sizes.iter().map(|size| Phrase::size(size)).collect())
}

/// 1ₙ, 1ₙᵀ, or the m×n matrix of ones.
pub(super) fn ones(rows: &Dimension, columns: &Dimension) -> Phrase {
    if columns.is_one() {
        return constant(Constant::Ones, &[rows]);
    }
    if rows.is_one() {
        let column = constant(Constant::Ones, &[columns]);
        let marks = Marks { inverse: false, power: 1, transpose: true };
        return Phrase::Marked(column.into(), marks);
    }
    constant(Constant::Ones, &[rows, columns])
}
