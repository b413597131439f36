//! What kinds come of kinds: operators and functions.

use super::table::{Cost, Kind};
use crate::elaborate::builtin::Builtin;
use crate::elaborate::typer::shapes_of;
use crate::function::FunctionId;
use crate::shape::Dimension;
use crate::syntax::ast::BinaryOperator;
use Kind::{Column, Matrix, Row, Scalar};

/// The kinds that can come of something, with what they cost.
pub(super) type Results = Vec<(Kind, Cost)>;

/// A part of a formula, as it is used by the one above it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    /// A name that was not declared, and nothing else.
    pub(super) is_name: bool,
    /// Such a name, or an entrywise function of one.
    pub(super) of_name: bool,
    /// A number, or arithmetic on numbers and what is declared as one.
    pub(super) is_number: bool,
}

const FREE: Cost = Cost { case: 0, scalars: 0, broadcasts: 0, hints: 0, columns: 0 };
const HINT: Cost = Cost { hints: 1, ..FREE };
const BROADCAST: Cost = Cost { broadcasts: 1, ..FREE };

fn free(kind: Kind) -> Results {
    vec![(kind, FREE)]
}

pub(super) fn transposed(kind: Kind, part: Part) -> Results {
    match kind {
        // A name that is transposed is no scalar.
        Scalar if part.is_name => Vec::new(),
        Scalar => free(Scalar),
        Column => free(Row),
        Row => free(Column),
        Matrix => free(Matrix),
    }
}

pub(super) fn binary(
    operator: BinaryOperator,
    (left, l): (Kind, Part),
    (right, r): (Kind, Part),
) -> Results {
    match operator {
        BinaryOperator::Add | BinaryOperator::Subtract => match (left, right) {
            _ if left == right => free(left),
            (Scalar, array) if l.is_number => vec![(array, BROADCAST)],
            (array, Scalar) if r.is_number => vec![(array, BROADCAST)],
            _ => Vec::new(),
        },
        BinaryOperator::BroadcastAdd | BinaryOperator::BroadcastSubtract => match (left, right) {
            (Matrix, Column | Row) | (Column | Row, Matrix) | (Column, Row) | (Row, Column) => {
                free(Matrix)
            }
            _ => entrywise((left, l), (right, r)),
        },
        BinaryOperator::Hadamard | BinaryOperator::EntrywiseDivide => {
            entrywise((left, l), (right, r))
        }
        BinaryOperator::EntrywisePower => match (left, right) {
            _ if left == right => free(left),
            (array, Scalar) | (Scalar, array) => free(array),
            _ => Vec::new(),
        },
        BinaryOperator::Multiply => product((left, l), (right, r)),
        BinaryOperator::At => array_product(left, right),
        BinaryOperator::Entrywise | BinaryOperator::EntrywiseOver => either(left, right),
        BinaryOperator::Dot => match (left, right) {
            (Column, Column) => free(Scalar),
            _ => product((left, l), (right, r)),
        },
        BinaryOperator::Divide => {
            if right == Scalar {
                free(left)
            } else {
                Vec::new()
            }
        }
        BinaryOperator::Solve => match (left, right) {
            (Scalar, any) => free(any),
            (Matrix, Column) => free(Column),
            (Matrix, Matrix) => free(Matrix),
            _ => Vec::new(),
        },
        BinaryOperator::Power => match (left, right) {
            (Scalar | Matrix, Scalar) => free(left),
            _ => Vec::new(),
        },
        BinaryOperator::PowerOrTranspose => transposed(left, l),
        BinaryOperator::Kronecker => kronecker(left, right),
        BinaryOperator::Compare(_) | BinaryOperator::And | BinaryOperator::Or => {
            either(left, right)
        }
    }
}

/// Equal kinds, or a number and anything; a name beside a sign for entries should be an array.
fn entrywise((left, l): (Kind, Part), (right, r): (Kind, Part)) -> Results {
    let hint = |part: Part| if part.of_name { HINT } else { FREE };
    match (left, right) {
        (Scalar, Scalar) => vec![(Scalar, hint(l) + hint(r))],
        _ if left == right => free(left),
        (Scalar, array) => vec![(array, hint(l))],
        (array, Scalar) => vec![(array, hint(r))],
        _ => Vec::new(),
    }
}

fn product((left, _): (Kind, Part), (right, r): (Kind, Part)) -> Results {
    match (left, right) {
        // A number stands before what it multiplies.
        (Matrix | Row, Scalar) if r.is_name => vec![(left, HINT)],
        (Scalar, any) | (any, Scalar) => free(any),
        (Matrix, Matrix) | (Column, Row) => free(Matrix),
        (Matrix, Column) => free(Column),
        (Row, Matrix) => free(Row),
        (Row, Column) => free(Scalar),
        _ => Vec::new(),
    }
}

fn kronecker(left: Kind, right: Kind) -> Results {
    match (left, right) {
        (Scalar, other) | (other, Scalar) => vec![(other, HINT)],
        _ if left == right => free(left),
        _ => free(Matrix),
    }
}

/// What an operator with the form of a function makes of one value.
pub(super) fn structural(builtin: Builtin, kind: Kind) -> Results {
    let of_matrix = |result: Kind| match kind {
        Matrix => free(result),
        Scalar => vec![(Scalar, HINT)],
        Column | Row => Vec::new(),
    };
    match builtin {
        Builtin::Trace
        | Builtin::Determinant
        | Builtin::LogDeterminant
        | Builtin::LogAbsDeterminant => of_matrix(Scalar),
        Builtin::Inverse | Builtin::Adjugate => of_matrix(Matrix),
        Builtin::Transpose => transposed(kind, Part::default()),
        Builtin::Diagonal => match kind {
            Scalar => vec![(Scalar, HINT)],
            Column | Row => free(Matrix),
            Matrix => free(Column),
        },
        Builtin::Vectorize | Builtin::Ravel => match kind {
            Scalar => vec![(Scalar, HINT)],
            _ => free(Column),
        },
        Builtin::Total
        | Builtin::Mean
        | Builtin::TwoNorm
        | Builtin::OneNorm
        | Builtin::OneNormOfVector
        | Builtin::Max
        | Builtin::Min
        | Builtin::Variance
        | Builtin::NormInfinity => number_of(kind),
        Builtin::Bars | Builtin::Entries => free(Scalar),
        Builtin::Length => match kind {
            Column | Row => free(Scalar),
            Scalar | Matrix => Vec::new(),
        },
        Builtin::SquareRoot
        | Builtin::Square
        | Builtin::LogOnePlus
        | Builtin::PaperExponential
        | Builtin::PaperSoftmax
        | Builtin::Not
        | Builtin::Sigma => free(kind),
        Builtin::Vector => free(Column),
        Builtin::Matrix => free(Matrix),
        Builtin::Kronecker
        | Builtin::Beside
        | Builtin::Above
        | Builtin::BlockDiagonal
        | Builtin::Identity
        | Builtin::Ones
        | Builtin::Zeros
        | Builtin::Commutation
        | Builtin::NormP
        | Builtin::Schatten
        | Builtin::ArrayProduct
        | Builtin::EntrywiseProduct
        | Builtin::LinearSolve
        | Builtin::Outer
        | Builtin::NormWeighted
        | Builtin::Inner
        | Builtin::InnerOfVectors
        | Builtin::Where
        | Builtin::Tensor(_) => anything(),
    }
}

/// What an operator with the form of a function makes of two values.
pub(super) fn structural_pair(builtin: Builtin, left: Kind, right: Kind) -> Option<Results> {
    Some(match builtin {
        Builtin::Kronecker => kronecker(left, right),
        Builtin::ArrayProduct => array_product(left, right),
        Builtin::EntrywiseProduct => either(left, right),
        Builtin::LinearSolve => {
            binary(BinaryOperator::Solve, (left, Part::default()), (right, Part::default()))
        }
        Builtin::Outer if (left, right) == (Column, Column) => free(Matrix),
        Builtin::Outer => Vec::new(),
        Builtin::Inner if left == right => free(Scalar),
        Builtin::InnerOfVectors if (left, right) == (Column, Column) => free(Scalar),
        Builtin::NormP | Builtin::Schatten if right == Scalar => number_of(left),
        Builtin::NormWeighted if (left, right) == (Column, Matrix) => free(Scalar),
        Builtin::Inner
        | Builtin::InnerOfVectors
        | Builtin::NormP
        | Builtin::Schatten
        | Builtin::NormWeighted => Vec::new(),
        _ => return None,
    })
}

/// The product of arrays whose vectors are neither columns nor rows.
fn array_product(left: Kind, right: Kind) -> Results {
    match (left, right) {
        (Column, Column) => free(Scalar),
        (Column, Matrix) => free(Column),
        (Scalar, _) | (_, Scalar) => Vec::new(),
        _ => product((left, Part::default()), (right, Part::default())),
    }
}

/// Equal kinds, or a number and anything.
pub(super) fn either(left: Kind, right: Kind) -> Results {
    match (left, right) {
        _ if left == right => free(left),
        (Scalar, array) | (array, Scalar) => free(array),
        _ => Vec::new(),
    }
}

/// `2*x + 3 = 7`: no array equals a number, though for that alone no matrix becomes one.
pub(super) fn equal_number(left: Kind, _: Kind) -> Results {
    const MANY: u32 = 1000;
    vec![(Scalar, if left == Scalar { FREE } else { Cost { scalars: MANY, ..FREE } })]
}

fn number_of(kind: Kind) -> Results {
    vec![(Scalar, if kind == Scalar { HINT } else { FREE })]
}

/// Sums, norms and the like along a direction.
pub(super) fn along(word: &str, kind: Kind, keeps_shape: bool) -> Results {
    match kind {
        _ if keeps_shape => free(kind),
        Matrix if word != "columns" => free(Column),
        Matrix => free(Row),
        Column | Row | Scalar => anything(),
    }
}

/// Nothing is known of what comes out.
pub(super) fn anything() -> Results {
    Kind::ALL.into_iter().map(|kind| (kind, FREE)).collect()
}

/// Whether a side is 1, of those in a signature.
type Sides = Vec<(Dimension, bool)>;

/// The shapes that a function of the table takes and gives.
pub(super) struct Shapes {
    arguments: Vec<[Dimension; 2]>,
    result: [Dimension; 2],
}

impl Shapes {
    /// None for entrywise functions.
    pub(super) fn of(id: FunctionId) -> Option<Self> {
        let (arguments, result) = shapes_of(id)?;
        Some(Self { arguments, result })
    }

    /// The kinds of result for arguments of these kinds.
    pub(super) fn results(&self, kinds: &[Kind]) -> Results {
        if kinds.len() != self.arguments.len() {
            return Vec::new();
        }
        let mut sides = Sides::new();
        let mut cost = FREE;
        for ([rows, columns], kind) in self.arguments.iter().zip(kinds) {
            let is_number = rows.is_one() && columns.is_one();
            if *kind == Scalar && !is_number {
                cost = cost + HINT;
            }
            let (tall, wide) = (matches!(kind, Column | Matrix), matches!(kind, Row | Matrix));
            if !fits(&mut sides, rows, tall) || !fits(&mut sides, columns, wide) {
                return Vec::new();
            }
        }
        let is_many = |side: &Dimension| match sides.iter().find(|(known, _)| known == side) {
            Some((_, many)) => *many,
            None => !side.is_one(),
        };
        let [rows, columns] = &self.result;
        vec![(
            match (is_many(rows), is_many(columns)) {
                (false, false) => Scalar,
                (true, false) => Column,
                (false, true) => Row,
                (true, true) => Matrix,
            },
            cost,
        )]
    }
}

/// Whether the side can be one, or more than one, as said.
fn fits(sides: &mut Sides, side: &Dimension, many: bool) -> bool {
    if side.is_one() {
        return !many;
    }
    if let Some((_, known)) = sides.iter().find(|(other, _)| other == side) {
        return *known == many;
    }
    sides.push((side.clone(), many));
    true
}
