//! Products of arrays as one array, and their sums over an index.

use super::super::ast::BinaryOperator as B;
use super::super::ast::ExprKind;
use super::{Contraction, Factor, Index, Term, Value};
use crate::source::Span;

/// The indices of several arrays, in their order.
fn union<'f>(factors: impl IntoIterator<Item = &'f Factor>) -> Vec<Index> {
    let mut all: Vec<Index> = factors.into_iter().flat_map(|it| it.sides.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Contraction<'_> {
    /// The sum over an index.
    pub(super) fn contracted(&mut self, value: Value, index: Index, span: Span) -> Option<Value> {
        let has = |factor: &Factor| factor.sides.contains(&index);
        if value.len() > 1
            && let Some(whole) = self.array(&value, span)
        {
            return has(&whole).then(|| self.along(&whole, index, span)).flatten().map(one);
        }
        let mut all = Vec::new();
        for Term { negative, factors } in value {
            let (own, mut rest): (Vec<Factor>, Vec<Factor>) = factors.into_iter().partition(has);
            // What does not depend on the index would be added once for each of its values.
            if own.is_empty() {
                return None;
            }
            rest.push(self.chained(&own, index, span)?);
            all.push(Term { negative, factors: rest });
        }
        Some(all)
    }

    /// Sums an array along one of its sides.
    fn along(&mut self, array: &Factor, index: Index, span: Span) -> Option<Factor> {
        match array.sides.as_slice() {
            [_] => Some(Factor { id: self.named("sum", vec![array.id], span), sides: Vec::new() }),
            [rows, columns] => {
                let by_rows = *columns == index;
                let word = if by_rows { "rows" } else { "columns" };
                let word = self.tree.push(ExprKind::Name(word.to_owned()), span);
                let sum = self.named("sum", vec![array.id, word], span);
                Some(if by_rows {
                    Factor { id: sum, sides: vec![*rows] }
                } else {
                    let sum = self.tree.push(ExprKind::Transpose(sum), span);
                    Factor { id: sum, sides: vec![*columns] }
                })
            }
            _ => None,
        }
    }

    /// The sum of a product over an index that all its factors have: at most two matrices, one on each side.
    fn chained(&mut self, factors: &[Factor], index: Index, span: Span) -> Option<Factor> {
        let mut weights: Vec<Factor> = Vec::new();
        let mut matrices: Vec<Factor> = Vec::new();
        for factor in factors {
            let like = if factor.sides.len() == 1 { &mut weights } else { &mut matrices };
            like.push(factor.clone());
        }
        let mut merged: Vec<Factor> = Vec::new();
        for matrix in matrices {
            let matrix = self.turned(matrix, index, span);
            match merged.iter_mut().find(|other| other.sides == matrix.sides) {
                Some(other) => other.id = self.binary(B::Hadamard, other.id, matrix.id, span),
                None => merged.push(matrix),
            }
        }
        if let ([], [x, y]) = (merged.as_slice(), weights.as_slice()) {
            let x = self.tree.push(ExprKind::Transpose(x.id), span);
            let id = self.binary(B::Multiply, x, y.id, span);
            return Some(Factor { id, sides: Vec::new() });
        }
        let weight = self.entry_by_entry(&weights, span);
        match (merged.as_slice(), weight) {
            ([], Some(weight)) => self.along(&weight, index, span),
            ([matrix], None) => self.along(matrix, index, span),
            ([matrix], Some(weight)) => {
                let id = self.binary(B::Multiply, matrix.id, weight.id, span);
                Some(Factor { id, sides: vec![matrix.sides[0]] })
            }
            ([left, right], weight) => {
                let mut id = left.id;
                if let Some(weight) = weight {
                    let diagonal = self.named("diag", vec![weight.id], span);
                    id = self.binary(B::Multiply, id, diagonal, span);
                }
                let right_id = self.tree.push(ExprKind::Transpose(right.id), span);
                let id = self.binary(B::Multiply, id, right_id, span);
                Some(Factor { id, sides: vec![left.sides[0], right.sides[0]] })
            }
            _ => None,
        }
    }

    /// The matrix with the index along its columns.
    fn turned(&mut self, matrix: Factor, index: Index, span: Span) -> Factor {
        match matrix.sides.as_slice() {
            [rows, columns] if *rows == index => {
                let sides = vec![*columns, *rows];
                Factor { id: self.tree.push(ExprKind::Transpose(matrix.id), span), sides }
            }
            _ => matrix,
        }
    }

    /// The product of arrays with the same sides; none of none.
    fn entry_by_entry(&mut self, factors: &[Factor], span: Span) -> Option<Factor> {
        let (first, others) = factors.split_first()?;
        let mut product = first.clone();
        for other in others {
            product.id = self.binary(B::Hadamard, product.id, other.id, span);
        }
        Some(product)
    }

    /// The value as one array, its rows by the index that was met first; none where it has more than two sides.
    pub(super) fn array(&mut self, value: &Value, span: Span) -> Option<Factor> {
        let all = union(value.iter().flat_map(|term| &term.factors));
        if all.len() > 2 {
            return None;
        }
        let mut sum: Option<Factor> = None;
        for term in value {
            let array = self.multiplied(&term.factors, span)?;
            sum = Some(match sum {
                None if term.negative => {
                    let id = self.tree.push(ExprKind::Negate(array.id), span);
                    Factor { id, ..array }
                }
                None => array,
                Some(left) => self.added(left, array, term.negative, span),
            });
        }
        sum
    }

    /// The product as one array of at most two sides.
    fn multiplied(&mut self, factors: &[Factor], span: Span) -> Option<Factor> {
        if let [only] = factors
            && only.sides.len() < 2
        {
            return Some(only.clone());
        }
        let sides = union(factors);
        let of = |sides: &[Index]| -> Vec<Factor> {
            factors.iter().filter(|factor| factor.sides == sides).cloned().collect()
        };
        let mut product = match sides.as_slice() {
            [] => None,
            [_] => self.entry_by_entry(&of(&sides), span),
            [i, j] => {
                let turned: Vec<Factor> =
                    of(&[*j, *i]).into_iter().map(|it| self.turned(it, *j, span)).collect();
                let matrix = self.entry_by_entry(&[of(&sides), turned].concat(), span);
                let rows = self.entry_by_entry(&of(&[*i]), span);
                let columns = self.entry_by_entry(&of(&[*j]), span);
                Some(self.scaled(matrix, rows, columns, &sides, span)?)
            }
            _ => return None,
        };
        for number in of(&[]) {
            product = Some(match product {
                None => number,
                Some(array) => Factor {
                    id: self.binary(B::Multiply, number.id, array.id, span),
                    sides: array.sides,
                },
            });
        }
        product
    }

    /// diag(rows)·M·diag(columns); without a matrix the product of the columns rows and columns.
    fn scaled(
        &mut self,
        matrix: Option<Factor>,
        rows: Option<Factor>,
        columns: Option<Factor>,
        sides: &[Index],
        span: Span,
    ) -> Option<Factor> {
        let id = match (matrix, rows, columns) {
            (None, Some(rows), Some(columns)) => {
                let row = self.tree.push(ExprKind::Transpose(columns.id), span);
                self.binary(B::Multiply, rows.id, row, span)
            }
            (Some(matrix), rows, columns) => {
                let mut id = matrix.id;
                if let Some(rows) = rows {
                    let diagonal = self.named("diag", vec![rows.id], span);
                    id = self.binary(B::Multiply, diagonal, id, span);
                }
                if let Some(columns) = columns {
                    let diagonal = self.named("diag", vec![columns.id], span);
                    id = self.binary(B::Multiply, id, diagonal, span);
                }
                id
            }
            _ => return None,
        };
        Some(Factor { id, sides: sides.to_vec() })
    }

    /// Adds arrays of at most two sides in all: what has fewer is added to every entry, row or column.
    fn added(&mut self, left: Factor, right: Factor, negative: bool, span: Span) -> Factor {
        let sides = union([&left, &right]);
        if left.sides == right.sides {
            let operator = if negative { B::Subtract } else { B::Add };
            return Factor { id: self.binary(operator, left.id, right.id, span), sides };
        }
        let is_number = |factor: &Factor| factor.sides.is_empty();
        if is_number(&left) || is_number(&right) {
            return self.with_number(&left, &right, negative, span);
        }
        // A column stands for its index along the rows, a row for that along the columns.
        let laid = |contraction: &mut Self, factor: Factor| match factor.sides.as_slice() {
            [only] if sides.get(1) == Some(only) => {
                contraction.tree.push(ExprKind::Transpose(factor.id), span)
            }
            _ => factor.id,
        };
        let (left, right) = (laid(self, left), laid(self, right));
        let operator = if negative { B::BroadcastSubtract } else { B::BroadcastAdd };
        Factor { id: self.binary(operator, left, right, span), sides }
    }

    /// x + c and x − c, where c is a number beside the array x: signs for entries would show an array in a name.
    fn with_number(&mut self, left: &Factor, right: &Factor, negative: bool, span: Span) -> Factor {
        let left_varies = !left.sides.is_empty();
        let sides = if left_varies { &left.sides } else { &right.sides }.clone();
        let (array, number) = if left_varies { (left, right) } else { (right, left) };
        let plain = if negative { B::BroadcastSubtract } else { B::BroadcastAdd };
        if !matches!(self.tree.get(number.id).kind, ExprKind::Name(_)) {
            return Factor { id: self.binary(plain, left.id, right.id, span), sides };
        }
        let (array, number) = (array.id, number.id);
        let opposite = self.tree.push(ExprKind::Negate(number), span);
        let id = match (negative, left_varies) {
            (false, _) => self.binary(B::BroadcastSubtract, array, opposite, span),
            (true, true) => self.binary(B::BroadcastAdd, array, opposite, span),
            (true, false) => {
                let sum = self.binary(B::BroadcastAdd, array, opposite, span);
                self.tree.push(ExprKind::Negate(sum), span)
            }
        };
        Factor { id, sides }
    }
}

fn one(factor: Factor) -> Value {
    vec![Term { negative: false, factors: vec![factor] }]
}
