//! Linear combinations: flat, like terms collected, the common rational factor outermost.

use num_traits::{One, Signed, Zero};

use crate::expression::{Id, Node, Store, Term};
use crate::number::{self, Rational};
use crate::shape::Shape;

impl Store {
    /// a + b + …, all of one shape; no operands give zero.
    pub fn add(&mut self, operands: &[Id]) -> Id {
        let Some(first) = operands.first() else { return self.integer(0) };
        let shape = self.shape(*first).clone();
        self.sum(operands.iter().map(|id| (number::one(), *id)).collect(), &shape)
    }

    /// a − b
    pub fn subtract(&mut self, a: Id, b: Id) -> Id {
        let shape = self.shape(a).clone();
        self.sum(vec![(number::one(), a), (number::integer(-1), b)], &shape)
    }

    /// −a
    pub fn negate(&mut self, a: Id) -> Id {
        self.scale_by(&number::integer(-1), a)
    }

    /// c·a for a rational c.
    pub fn scale_by(&mut self, coefficient: &Rational, a: Id) -> Id {
        if coefficient.is_one() {
            return a;
        }
        let shape = self.shape(a).clone();
        self.sum(vec![(coefficient.clone(), a)], &shape)
    }

    /// The rational factor and the rest: 2A is (2, A), a number c is (c, 1).
    pub fn split_coefficient(&mut self, id: Id) -> (Rational, Id) {
        match self.node(id) {
            Node::Number(value) => {
                let value = value.clone();
                (value, self.integer(1))
            }
            Node::Sum(terms) => match &**terms {
                [term] => (term.coefficient.clone(), term.id),
                _ => (number::one(), id),
            },
            _ => (number::one(), id),
        }
    }

    /// The terms of a value as a sum; a value that is no sum is its own single term.
    pub fn terms(&self, id: Id) -> Vec<Term> {
        match self.node(id) {
            Node::Sum(terms) => match &**terms {
                [Term { coefficient, id }] => {
                    let inner = self.terms(*id);
                    inner
                        .into_iter()
                        .map(|term| Term {
                            coefficient: term.coefficient * coefficient,
                            id: term.id,
                        })
                        .collect()
                }
                _ => terms.to_vec(),
            },
            _ => vec![Term { coefficient: number::one(), id }],
        }
    }

    /// Σ cᵢ·Tᵢ in normal form. A row is made as the column that it is the transpose of.
    pub fn sum(&mut self, terms: Vec<(Rational, Id)>, shape: &Shape) -> Id {
        if shape.is_row() && terms.len() > 1 {
            let turned = terms.into_iter().map(|(c, id)| (c, self.transpose(id))).collect();
            let column = self.sum(turned, &shape.transposed());
            return self.transpose(column);
        }
        let terms = self.collected(terms);
        if !self.hangs_together(&terms) {
            return self.finish_sum(terms, shape);
        }
        let turned =
            terms.into_iter().map(|term| (term.coefficient, self.transpose(term.id))).collect();
        let turned = self.collected(turned);
        let upright = self.finish_sum(turned, &shape.transposed());
        self.transpose(upright)
    }

    /// Flat terms, sorted, like ones collected.
    fn collected(&mut self, terms: Vec<(Rational, Id)>) -> Vec<Term> {
        let mut flat: Vec<Term> = Vec::with_capacity(terms.len());
        let lone = terms.len() == 1;
        for (coefficient, id) in terms {
            self.flatten_term(coefficient, id, lone, &mut flat);
        }
        flat.sort_by_key(|term| (self.hash(term.id), term.id));
        let mut collected: Vec<Term> = Vec::with_capacity(flat.len());
        for term in flat {
            match collected.last_mut() {
                Some(last) if last.id == term.id => last.coefficient += term.coefficient,
                _ => collected.push(term),
            }
        }
        collected.retain(|term| !term.coefficient.is_zero());
        collected
    }

    /// Appends c·id to `flat`, swallowing the terms of sums that are not sealed.
    fn flatten_term(&mut self, coefficient: Rational, id: Id, lone: bool, flat: &mut Vec<Term>) {
        match self.node(id) {
            _ if coefficient.is_zero() => {}
            Node::Zeros(..) => {}
            Node::Tensor { .. } if self.is_zero(id) => {}
            Node::Number(value) => {
                let coefficient = coefficient * value;
                let id = self.integer(1);
                flat.push(Term { coefficient, id });
            }
            Node::Sum(terms) if !self.is_sealed(id) || lone => {
                for term in terms.clone() {
                    let scaled = &term.coefficient * &coefficient;
                    let whole =
                        matches!(self.node(term.id), Node::Sum(_)) && !self.is_sealed(term.id);
                    if whole {
                        self.flatten_term(scaled, term.id, false, flat);
                    } else {
                        flat.push(Term { coefficient: scaled, id: term.id });
                    }
                }
            }
            // A sum of rows, upright again.
            Node::Transpose(row)
                if self.shape(id).is_column() && !lone && !self.is_sealed(*row) =>
            {
                match self.node(*row).clone() {
                    Node::Sum(terms) => {
                        for term in &terms {
                            let upright = self.transpose(term.id);
                            self.flatten_term(
                                &term.coefficient * &coefficient,
                                upright,
                                false,
                                flat,
                            );
                        }
                    }
                    _ => flat.push(Term { coefficient, id }),
                }
            }
            _ => flat.push(Term { coefficient, id }),
        }
    }

    /// Sorted, collected terms → node, with the content c of c·(primitive sum) taken out.
    fn finish_sum(&mut self, mut terms: Vec<Term>, shape: &Shape) -> Id {
        match terms.as_slice() {
            [] => return self.zeros(shape),
            [term] => {
                if term.coefficient.is_one() {
                    return term.id;
                }
                if self.is_one(term.id) {
                    let value = term.coefficient.clone();
                    return self.number(value);
                }
                return self.intern(Node::Sum(terms.into()), shape.clone());
            }
            _ => {}
        }
        let content = content(&terms);
        for term in &mut terms {
            term.coefficient /= &content;
        }
        let primitive = self.intern(Node::Sum(terms.clone().into()), shape.clone());
        self.learn_symmetry(primitive, &terms, shape);
        if content.is_one() {
            return primitive;
        }
        let outer = Term { coefficient: content, id: primitive };
        self.intern(Node::Sum([outer].into()), shape.clone())
    }

    /// Whether a sum takes fewer transposes the other way round: Aᵀ + Bᵀ is (A + B)ᵀ. Not asked of rows.
    fn hangs_together(&self, terms: &[Term]) -> bool {
        let hanging = terms.iter().filter(|term| self.hangs(term.id)).count();
        let upright = |term: &&Term| !self.hangs(term.id) && self.transpose_is_new(term.id);
        terms.len() > 1 && hanging > terms.iter().filter(upright).count()
    }

    /// Whether transposing would put a transpose sign on the term.
    fn transpose_is_new(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Product(factors) => {
                let signs =
                    factors.iter().filter(|f| matches!(self.node(**f), Node::Transpose(_))).count();
                signs * 2 < factors.len()
            }
            Node::Scale { matrix, .. } => self.transpose_is_new(*matrix),
            _ => !self.is_symmetric(id),
        }
    }

    /// A + Aᵀ is symmetric: every term's transpose is a term with the same coefficient.
    fn learn_symmetry(&mut self, id: Id, terms: &[Term], shape: &Shape) {
        use crate::expression::Property;
        const MOST_TERMS: usize = 12;
        if shape.is_scalar()
            || !shape.is_square()
            || terms.len() > MOST_TERMS
            || self.is_symmetric(id)
        {
            return;
        }
        let symmetric = terms.iter().all(|term| {
            let transpose = self.transpose(term.id);
            terms.iter().any(|other| other.id == transpose && other.coefficient == term.coefficient)
        });
        if symmetric {
            let known = self.properties(id).with(Property::Symmetric);
            self.learn(id, known);
        }
    }
}

/// Whole coefficients are smaller than this.
const LARGEST_WHOLE: i64 = 100;

/// The factor c that makes c⁻¹·Σ primitive: coprime whole coefficients, or, where one would be large, fractions of the largest, which
/// is 1: sums in sums such as x + f(x)/100 would grow beyond every range. More are positive than negative (in a tie the first is
/// positive).
fn content(terms: &[Term]) -> Rational {
    let coefficients = || terms.iter().map(|term| term.coefficient.abs());
    let divisor = coefficients().fold(number::zero(), |a, b| number::common_divisor(&a, &b));
    let largest = coefficients().fold(number::zero(), Rational::max);
    let size = if largest < &divisor * &number::integer(LARGEST_WHOLE) { divisor } else { largest };
    let negative = terms.iter().filter(|term| term.coefficient.is_negative()).count();
    let first_negative = terms.first().is_some_and(|term| term.coefficient.is_negative());
    if 2 * negative > terms.len() || (2 * negative == terms.len() && first_negative) {
        -size
    } else {
        size
    }
}
