//! Logarithms of products with determinants: sums over factorisations.

use super::build::Builder;
use super::entry::{Cell, Cells};
use super::program::{Call, Entry, EntryId, Exponent, FactorKind, Index, Scalar, Sign};
use super::routine::{LogDeterminant, Power, Rest};
use crate::expression::Id;
use crate::number::{self, Rational};

/// What the factorisation of one determinant gives.
struct Factored {
    /// The local with log |det A|.
    logarithm: usize,
    /// The local with the sign of det A, unless that is known to be 1 or not asked for.
    sign: Option<usize>,
    /// The exponent.
    power: Power,
}

impl Builder<'_> {
    /// Σ pᵢ log |det Aᵢ| + log(c Π bⱼ^qⱼ Π sᵢ^pᵢ)
    pub(super) fn log_determinant(&mut self, id: Id, form: &LogDeterminant) {
        if let ([(matrix, None)], true) = (form.powers.as_slice(), form.rest.is_one()) {
            let factor = self.factor(*matrix);
            let target = self.local();
            return self.set(id, target, Call::LogDeterminant { target, factor, sign: form.sign });
        }
        let factored: Vec<Factored> = form
            .powers
            .iter()
            .map(|(matrix, power)| self.factored(*matrix, *power, form.sign))
            .collect();
        let mut cells = Cells::default();
        let mut terms: Vec<(Rational, EntryId)> =
            factored.iter().map(|factored| cells.logarithm(self, factored)).collect();
        if let Some(rest) = cells.rest(self, &form.rest, &factored, form.sign) {
            terms.push((number::one(), rest));
        }
        let result = cells.push(Entry::Sum(terms));
        let target = self.local();
        self.set(id, target, Call::Scalar { target, entries: cells.finish(result) });
    }

    fn factored(&mut self, matrix: Id, power: Power, sign: Sign) -> Factored {
        let factor = self.factor(matrix);
        let logarithm = self.local();
        let call = Call::LogDeterminant { target: logarithm, factor, sign: Sign::Ignored };
        self.program.calls.push(call);
        let known = self.program.factors[factor].kind == FactorKind::Cholesky;
        let sign = (sign == Sign::Kept && !known).then(|| {
            let target = self.local();
            self.program.calls.push(Call::DeterminantSign { target, factor });
            target
        });
        Factored { logarithm, sign, power }
    }
}

impl Cells {
    /// p log |det A|
    fn logarithm(&mut self, builder: &Builder<'_>, factored: &Factored) -> (Rational, EntryId) {
        let logarithm = self.push(Entry::Scalar(Scalar::Local(factored.logarithm)));
        match self.power(builder, factored.power) {
            Exponent::Number(power) => (power, logarithm),
            Exponent::Entry(power) => (number::one(), self.multiply(&[power, logarithm])),
        }
    }

    /// log(c Π bⱼ^qⱼ Π sᵢ^pᵢ); none where that is log 1.
    fn rest(
        &mut self,
        builder: &Builder<'_>,
        rest: &Rest,
        factored: &[Factored],
        sign: Sign,
    ) -> Option<EntryId> {
        let mut factors = Vec::new();
        for (base, exponent) in &rest.factors {
            let base = self.scalar(builder, *base);
            factors.push((base, self.power(builder, Some(*exponent))));
        }
        for factored in factored {
            if let Some(sign) = factored.sign {
                let base = self.push(Entry::Scalar(Scalar::Local(sign)));
                factors.push((base, self.power(builder, factored.power)));
            }
        }
        if rest.is_one() && factors.is_empty() {
            return None;
        }
        let product =
            if factors.is_empty() { Entry::Number(number::one()) } else { Entry::Product(factors) };
        let product = self.push(product);
        let scaled = self.push(Entry::Sum(vec![(rest.coefficient.clone(), product)]));
        let argument = match sign {
            Sign::Kept => scaled,
            Sign::Ignored => self.push(Entry::Call { routine: "abs", argument: scaled }),
        };
        Some(self.push(Entry::Call { routine: "log", argument }))
    }

    fn power(&mut self, builder: &Builder<'_>, power: Power) -> Exponent {
        match power.map(|power| (power, builder.store.as_number(power))) {
            None => Exponent::Number(number::one()),
            Some((_, Some(value))) => Exponent::Number(value.clone()),
            Some((power, None)) => Exponent::Entry(self.scalar(builder, power)),
        }
    }

    fn scalar(&mut self, builder: &Builder<'_>, id: Id) -> EntryId {
        self.cell(builder, &Cell::of(id, Index::First, Index::First), None)
    }
}
