//! The intermediate form: an ordered list of kernel calls and fused loops over flat arrays. No syntax of a target.

use super::condition::Condition;
use super::title::Title;
use crate::expression::{self, Direction, Properties, Range, TensorOperation};
use crate::number::Rational;
use crate::shape::{Dimension, Name, Shape};

/// A computation of all requested outputs: a straight line of calls, some of which are loops over an index.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The symbolic sizes that occur, sorted.
    pub sizes: Vec<Name>,
    /// The families of sizes that occur, sorted.
    pub size_families: Vec<Name>,
    /// The functions that are not known, in the order of their numbers.
    pub functions: Vec<Name>,
    /// The variables, in the order of the request.
    pub inputs: Vec<Input>,
    /// Arrays of the workspace, and elements of tapes and of inputs.
    pub buffers: Vec<Buffer>,
    /// The families that are computed: all their elements, kept until the end.
    pub tapes: Vec<Tape>,
    /// Matrices that are factorised, with how.
    pub factors: Vec<Factor>,
    /// Number of scalar locals; each is set by exactly one call.
    pub scalars: usize,
    /// What is computed, in order.
    pub calls: Vec<Call>,
    /// What is handed out.
    pub outputs: Vec<Output>,
    /// Quotients that the sizes hold, dividend and divisor: each must come out whole.
    pub quotients: Vec<(Dimension, Dimension)>,
    /// What else must hold of the sizes.
    pub conditions: Vec<Condition>,
}

/// A variable, or a given family.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name as the user wrote it.
    pub name: Name,
    /// Its shape; that of an element of a family.
    pub shape: Shape,
    /// The indices of a family, whose elements lie one after the other, the last index fastest; none of a plain variable.
    pub ranges: Vec<Range>,
    /// What was declared of it.
    pub properties: Properties,
}

impl Input {
    /// Whether it is one number; the elements of a family lie in an array.
    pub fn is_number(&self) -> bool {
        self.shape.is_scalar() && self.ranges.is_empty()
    }
}

impl Output {
    /// Whether it is one number; the elements of a family lie in an array.
    pub fn is_number(&self) -> bool {
        self.shape.is_scalar() && self.ranges.is_empty()
    }
}

/// An array of the workspace, column-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Number of entries; it may depend on the indices of the loops around.
    pub length: Dimension,
    /// What the length is the product of.
    pub sides: [Dimension; 2],
    /// The loops around that the length depends on, the outermost first: memory is for the largest length.
    pub over: Vec<Range>,
    /// Where it lies.
    pub memory: Memory,
    /// Whether the place of an element may lie outside of its family: what is read there is not chosen.
    pub is_conditional: bool,
}

/// Where an array lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// In memory of its own.
    Own,
    /// It is an element of a family.
    Element(Elements, expression::Place),
}

/// The elements of a family, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Elements {
    /// Computed ones.
    Tape(usize),
    /// Given ones.
    Input(usize),
}

/// The elements of a family that is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tape {
    /// The family.
    pub family: Name,
    /// Its indices.
    pub ranges: Vec<Range>,
    /// Number of entries of an element; it may depend on the indices.
    pub length: Dimension,
}

/// A factorisation, made once and used by every solve, inverse and determinant of its matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Rows (and columns) of the matrix.
    pub order: Dimension,
    /// Which factorisation.
    pub kind: FactorKind,
    /// The loops around that the order depends on.
    pub over: Vec<Range>,
    /// The buffer that holds the triangular factors.
    pub buffer: usize,
}

/// The factorisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// P A = L U with partial pivoting.
    Lu,
    /// A = L Lᵀ, of a positive definite matrix.
    Cholesky,
}

/// A requested result.
#[derive(Clone, Debug)]
pub struct Output {
    /// What it is called: by the request.
    pub title: Title,
    /// Its shape; that of an element of a family.
    pub shape: Shape,
    /// The indices of a family, whose elements lie one after the other, the last index fastest; none of a plain value.
    pub ranges: Vec<Range>,
    /// Where it is found after the last call.
    pub place: OutputPlace,
}

/// Where an output is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputPlace {
    /// A scalar.
    Scalar(Scalar),
    /// A buffer of the workspace.
    Buffer(usize),
    /// A tape.
    Tape(usize),
}

/// An array that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A variable.
    Input(usize),
    /// A buffer of the workspace.
    Buffer(usize),
}

/// A scalar that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// A scalar variable.
    Input(usize),
    /// A local, set by an earlier call.
    Local(usize),
    /// The only entry of a buffer.
    Entry(usize),
}

/// A matrix as it lies in memory, or its transpose; never a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The array.
    pub place: Place,
    /// Whether rows and columns are swapped against the array.
    pub transposed: bool,
    /// Rows of the view.
    pub rows: Dimension,
    /// Columns of the view.
    pub columns: Dimension,
}

impl View {
    /// Whether one of the sizes is 1, so that transposing changes nothing in memory.
    pub fn is_vector(&self) -> bool {
        self.rows.is_one() || self.columns.is_one()
    }

    /// The transpose.
    #[must_use]
    pub fn flipped(self) -> Self {
        Self { transposed: !self.transposed, rows: self.columns, columns: self.rows, ..self }
    }
}

/// One step of the computation.
#[derive(Clone, Debug)]
pub enum Call {
    /// target ← left · right
    Product {
        /// The buffer that is written.
        target: usize,
        /// rows × inner
        left: View,
        /// inner × columns
        right: View,
    },
    /// target ← X · Xᵀ: half of the entries are computed, the others mirrored.
    SymmetricProduct {
        /// The buffer that is written.
        target: usize,
        /// X
        operand: View,
    },
    /// target[i, j] ← entry(i, j)
    Fused {
        /// The buffer that is written.
        target: usize,
        /// The loop.
        nest: Loop,
    },
    /// target ← Σᵢⱼ entry(i, j)
    Total {
        /// The local that is set.
        target: usize,
        /// The loop.
        nest: Loop,
    },
    /// `target[i]` ← Σⱼ entry(i, j)
    RowSums {
        /// The buffer that is written.
        target: usize,
        /// The loop.
        nest: Loop,
    },
    /// `target[j]` ← Σᵢ entry(i, j)
    ColumnSums {
        /// The buffer that is written.
        target: usize,
        /// The loop.
        nest: Loop,
    },
    /// target ← entry, without a loop.
    Scalar {
        /// The local that is set.
        target: usize,
        /// What it is set to.
        entries: Entries,
    },
    /// Factorises a matrix.
    Factorise {
        /// The factorisation.
        factor: usize,
        /// The matrix.
        matrix: View,
    },
    /// target ← A⁻¹ B, or A⁻ᵀ B
    Solve {
        /// The buffer that is written, of B's shape.
        target: usize,
        /// The factorisation of A.
        factor: usize,
        /// Whether Aᵀ is meant.
        transposed: bool,
        /// B
        right: View,
    },
    /// target ← A⁻¹
    Invert {
        /// The buffer that is written.
        target: usize,
        /// The factorisation of A.
        factor: usize,
    },
    /// target ← det A
    Determinant {
        /// The local that is set.
        target: usize,
        /// The factorisation of A.
        factor: usize,
    },
    /// target ← log |det A|, or log det A, which is not a number where det A < 0
    LogDeterminant {
        /// The local that is set.
        target: usize,
        /// The factorisation of A.
        factor: usize,
        /// What becomes of the sign.
        sign: Sign,
    },
    /// target ← the sign of det A: 1 or −1, and 1 where det A = 0
    DeterminantSign {
        /// The local that is set.
        target: usize,
        /// The factorisation of A.
        factor: usize,
    },
    /// target ← A ⊗ B
    Kronecker {
        /// The buffer that is written.
        target: usize,
        /// A
        left: View,
        /// B
        right: View,
    },
    /// target ← K with K·vec(A) = vec(Aᵀ) for A: rows × columns
    Commutation {
        /// The buffer that is written.
        target: usize,
        /// Rows of A.
        rows: Dimension,
        /// Columns of A.
        columns: Dimension,
    },
    /// target ← columns of an identity, from the column `from` on
    Selection {
        /// The buffer that is written.
        target: usize,
        /// The first column.
        from: Dimension,
        /// Rows and columns of the target.
        sides: [Dimension; 2],
        /// Whether the columns may lie outside: then they are not chosen.
        is_conditional: bool,
    },
    /// target ← the part of A from this row and column on; or zeros, and A from there on
    Copy {
        /// The buffer that is written.
        target: usize,
        /// A
        matrix: View,
        /// The first row and the first column.
        from: [Dimension; 2],
        /// Rows and columns of the target.
        sides: [Dimension; 2],
        /// Whether a part is taken; otherwise A is put in its place.
        takes: bool,
        /// Whether the part may lie outside: then it is not chosen.
        is_conditional: bool,
    },
    /// target ← A^exponent for a whole exponent known at run time.
    MatrixPower {
        /// The buffer that is written.
        target: usize,
        /// A
        matrix: View,
        /// The exponent.
        exponent: Scalar,
    },
    /// An operation on tensors.
    Tensor {
        /// What is done.
        operation: TensorOperation,
        /// To what.
        operands: Vec<Image>,
        /// What is set.
        target: Target,
        /// The sides of the result: height, width, channels, batch.
        sides: [Dimension; 4],
    },
    /// A whole-array routine of the kernel room.
    Routine {
        /// Its name.
        routine: &'static str,
        /// What it is given.
        arguments: Vec<Argument>,
        /// What it sets.
        target: Target,
        /// The shape of the result.
        shape: Shape,
    },
    /// target\[i, j\] ← target\[i, j\] + entry(i, j), inside a loop
    Accumulate {
        /// The buffer that is added to.
        target: usize,
        /// The loop.
        nest: Loop,
    },
    /// target ← target + entry, inside a loop
    AccumulateScalar {
        /// The local that is added to.
        target: usize,
        /// What is added.
        entries: Entries,
    },
    /// A term of Σ w·exp(b) = target·exp(peak): peak ← max(peak, b), target ← target·exp(peak before − peak) + w·exp(b − peak)
    AccumulateExponential {
        /// The local that is added to.
        target: usize,
        /// The local with the largest exponent.
        peak: usize,
        /// w
        weight: Entries,
        /// b
        exponent: Entries,
    },
    /// target ← entry, a buffer of one entry
    Store {
        /// The buffer.
        target: usize,
        /// What it is set to.
        scalar: Scalar,
    },
    /// Calls for every value of an index.
    Repeat(Box<Repeat>),
    /// Calls that are made where a range is not empty.
    Filled {
        /// Its first value.
        from: Dimension,
        /// Its last value.
        to: Dimension,
        /// The calls.
        calls: Vec<Call>,
    },
    /// Calls that depend on the value of the index.
    Choose {
        /// Calls for certain values.
        branches: Vec<Branch>,
        /// Calls for all other values.
        otherwise: Vec<Call>,
    },
}

/// A loop over an index. What its calls read and do not write, elements of tapes aside, does not change in it.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The index with its values.
    pub range: Range,
    /// The way it runs.
    pub direction: Direction,
    /// What is summed up, zero before the first value.
    pub accumulated: Vec<Target>,
    /// The locals with the largest exponents of sums of exponentials, −∞ before the loop.
    pub peaks: Vec<usize>,
    /// The tapes whose elements are written.
    pub tapes: Vec<usize>,
    /// What is computed for one value.
    pub calls: Vec<Call>,
}

/// Calls for certain values of an index.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The first value.
    pub from: Dimension,
    /// The last value.
    pub to: Dimension,
    /// The calls.
    pub calls: Vec<Call>,
}

/// What becomes of a determinant's sign under the logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// log |det A|
    Ignored,
    /// log det A
    Kept,
}

/// An operand of an operation on tensors.
#[derive(Clone, Debug)]
pub struct Image {
    /// The entries.
    pub argument: Argument,
    /// Height, width, channels, batch.
    pub sides: [Dimension; 4],
}

/// An argument of a routine.
#[derive(Clone, Debug)]
pub enum Argument {
    /// An array, never transposed in memory.
    Array(View),
    /// A scalar.
    Scalar(Scalar),
}

/// What a routine sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A buffer.
    Buffer(usize),
    /// A scalar local.
    Scalar(usize),
}

/// A loop nest over rows × columns and what it computes for every entry.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Rows.
    pub rows: Dimension,
    /// Columns.
    pub columns: Dimension,
    /// What is computed.
    pub entries: Entries,
}

/// A little expression over numbers: a DAG, operands before their users, the result last.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// The nodes.
    pub nodes: Vec<Entry>,
}

/// The place of an [`Entry`] in [`Entries`].
pub type EntryId = usize;

/// A number computed from numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A constant.
    Number(Rational),
    /// What a wrong plan leaves open; no code is made of it.
    Missing,
    /// A size as a number.
    Size(Dimension),
    /// A scalar.
    Scalar(Scalar),
    /// An entry of an array.
    Read {
        /// The array.
        place: Place,
        /// Rows of the array in memory.
        rows: Dimension,
        /// The row that is read.
        row: Index,
        /// The column that is read.
        column: Index,
    },
    /// The operand where i = j, otherwise 0.
    OnDiagonal(EntryId),
    /// Σ cₖ eₖ
    Sum(Vec<(Rational, EntryId)>),
    /// Π eₖ^pₖ
    Product(Vec<(EntryId, Exponent)>),
    /// The value where the mask is not 0, otherwise 0: [mask, value].
    Chosen([EntryId; 2]),
    /// An entrywise routine of the kernel room.
    Call {
        /// Its name.
        routine: &'static str,
        /// What it is given.
        argument: EntryId,
    },
}

/// An exponent inside a product.
#[derive(Clone, Debug, PartialEq)]
pub enum Exponent {
    /// A known one.
    Number(Rational),
    /// One that is computed.
    Entry(EntryId),
}

/// An index of a loop nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// The row of the nest.
    Row,
    /// The column of the nest.
    Column,
    /// Constantly the first.
    First,
}
