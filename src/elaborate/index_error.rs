//! What can be wrong with indexed families and recurrences, and the words for it.

use thiserror::Error;

use crate::source::{Label, Span};

/// A mistake in an index, a family or a recurrence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IndexError {
    /// `x[t]` where x has no index.
    #[error("`{name}` has no index")]
    NotAFamily {
        /// The name.
        name: String,
        /// What it is.
        what: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// A family without an index in a formula.
    #[error("`{name}` is a family: a formula needs one of its elements")]
    FamilyAsValue {
        /// The name.
        name: String,
        /// Its index.
        index: String,
        /// Where it stands.
        span: Span,
    },
    /// More or fewer indices than a family has.
    #[error("`{name}` has {expected} {}, here it has {found}", if *expected == 1 { "index" } else { "indices" })]
    Indices {
        /// The name.
        name: String,
        /// How many were written.
        found: usize,
        /// How many it has.
        expected: usize,
        /// Where they stand.
        span: Span,
    },
    /// Several indices of a name of which nothing is said.
    #[error("`{name}` with {indices} indices is not declared")]
    Undeclared {
        /// The name.
        name: String,
        /// How many.
        indices: usize,
        /// Where it stands.
        span: Span,
    },
    /// A range that depends on an index that comes later.
    #[error("the range of `{index}` depends on `{later}`, which stands behind it")]
    RangeOrder {
        /// The index.
        index: String,
        /// The one that it depends on.
        later: String,
        /// The definition.
        span: Span,
    },
    /// Something that is no place in a family.
    #[error("this is no index")]
    NotAnIndex {
        /// Where it stands.
        span: Span,
    },
    /// `x[T-t] = … for t in …`
    #[error("what is defined here is no element whose place follows `{index}`")]
    Target {
        /// The index of the range.
        index: String,
        /// Where the place stands.
        span: Span,
    },
    /// `jacobian of C[t] wrt C[t-2]`
    #[error("`{element}` is {steps} steps before `{of}`, and a Jacobian is written out for one")]
    Steps {
        /// The element.
        element: String,
        /// What is differentiated.
        of: String,
        /// How far it lies back.
        steps: i64,
        /// The element before.
        before: String,
        /// Where the element stands.
        span: Span,
    },
    /// A recurrence that has nothing to start from.
    #[error("the recurrence for `{name}` has no initial value")]
    NoInitialValue {
        /// The family.
        name: String,
        /// The element that is needed and not given.
        needed: String,
        /// Where it is used.
        span: Span,
    },
    /// Nothing that the formulas of some families need is known.
    #[error("`{name}` depends on itself without an initial value")]
    Circular {
        /// The family.
        name: String,
        /// Its formula.
        span: Span,
    },
    /// A recurrence that needs what comes later.
    #[error("`{name}[{index}]` is computed from `{needed}`, which comes later")]
    Forward {
        /// The family.
        name: String,
        /// Its index.
        index: String,
        /// The later element.
        needed: String,
        /// A final value would help: its place.
        last: String,
        /// Where the later element is used.
        span: Span,
    },
    /// An element outside the range of its family.
    #[error("`{element}` does not exist: the index of `{name}` goes from {from} to {to}")]
    OutOfRange {
        /// The element, at its worst.
        element: String,
        /// The family.
        name: String,
        /// The first value of its index.
        from: String,
        /// The last value of its index.
        to: String,
        /// Where it is used.
        span: Span,
    },
    /// `h[t] = …` without `for t in …`.
    #[error("the index `{index}` has no range")]
    NoRange {
        /// The index.
        index: String,
        /// Where it stands.
        span: Span,
    },
    /// `for t in 5..2`
    #[error("the range {from}..{to} is empty")]
    EmptyRange {
        /// Its first value.
        from: String,
        /// Its last value.
        to: String,
        /// Where it stands.
        span: Span,
    },
    /// Two formulas for one element.
    #[error("`{element}` is defined twice")]
    Twice {
        /// The element.
        element: String,
        /// The second formula.
        span: Span,
        /// The first formula.
        first: Span,
    },
    /// Formulas that leave elements out.
    #[error("`{name}` has no formula between {after} and {before}")]
    Gap {
        /// The family.
        name: String,
        /// The last value of the index before the gap.
        after: String,
        /// The first value after it.
        before: String,
        /// The formula after the gap.
        span: Span,
    },
    /// `A[i]` of a matrix, `x[i, j]` of a number.
    #[error("{shape} has other indices than {found}")]
    Entries {
        /// The shape in words.
        shape: String,
        /// How many were written.
        found: usize,
        /// Where they stand.
        span: Span,
    },
    /// `x[4]` of a column of 3.
    #[error("there is no entry {entry}: the entries go from 1{length}")]
    NoEntry {
        /// The place.
        entry: String,
        /// Up to where they go, if that is known.
        length: String,
        /// Where it is asked for.
        span: Span,
    },
    /// Blocks beside or above one another that do not fit.
    #[error("these blocks do not fit: {first} {place} {second}")]
    Blocks {
        /// `beside` or `above`.
        place: &'static str,
        /// `rows` or `columns`: what has to be as many.
        what: &'static str,
        /// The shape of the first one.
        first: String,
        /// Where it stands.
        first_span: Span,
        /// The shape of the second one.
        second: String,
        /// Where it stands.
        span: Span,
    },
    /// A family whose elements would have different shapes.
    #[error("the elements of `{name}` would have different shapes: {first} and {second}")]
    ShapesDiffer {
        /// The family.
        name: String,
        /// The shape of an element.
        first: String,
        /// Where it was found.
        first_span: Span,
        /// The shape of another one.
        second: String,
        /// Where it was found.
        span: Span,
    },
}

impl IndexError {
    /// A code that stays the same.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotAFamily { .. } => "E0223",
            Self::FamilyAsValue { .. } => "E0224",
            Self::Indices { .. }
            | Self::Undeclared { .. }
            | Self::RangeOrder { .. }
            | Self::NotAnIndex { .. }
            | Self::Target { .. } => "E0225",
            Self::Steps { .. } => "E0238",
            Self::NoInitialValue { .. } | Self::Circular { .. } => "E0226",
            Self::Forward { .. } => "E0227",
            Self::OutOfRange { .. } => "E0228",
            Self::NoRange { .. } | Self::EmptyRange { .. } => "E0229",
            Self::Twice { .. } | Self::Gap { .. } => "E0230",
            Self::ShapesDiffer { .. } => "E0231",
            Self::Entries { .. } => "E0241",
            Self::NoEntry { .. } => "E0242",
            Self::Blocks { .. } => "E0243",
        }
    }

    pub(super) fn labels(&self) -> Vec<Label> {
        let label = |span: &Span, text: &str| Label { span: *span, text: text.to_owned() };
        match self {
            Self::NotAFamily { span, what, .. } => vec![label(span, what)],
            Self::FamilyAsValue { span, .. } => vec![label(span, "its index is missing")],
            Self::Indices { span, expected: 1, .. } => vec![label(span, "expected one index")],
            Self::Indices { span, expected, .. } => {
                vec![label(span, &format!("expected {expected} indices"))]
            }
            Self::Undeclared { span, .. } => vec![label(span, "not declared")],
            Self::RangeOrder { span, .. } => vec![label(span, "in this definition")],
            Self::NotAnIndex { span } => vec![label(
                span,
                "expected an index, a size, a whole number, or sums and differences of them",
            )],
            Self::Target { span, index } => {
                vec![label(span, &format!("expected `{index}`, `{index}+1`, `{index}-1`, …"))]
            }
            Self::Steps { span, .. } => vec![label(span, "too far back for one step")],
            Self::NoInitialValue { span, needed, .. } => {
                vec![label(span, &format!("needs {needed}, which is not given"))]
            }
            Self::Circular { span, .. } => vec![label(span, "nothing here is known to start from")],
            Self::Forward { span, .. } => vec![label(span, "this comes later")],
            Self::OutOfRange { span, .. } => vec![label(span, "used here")],
            Self::NoRange { span, .. } => vec![label(span, "from where to where?")],
            Self::EmptyRange { span, .. } => vec![label(span, "holds no value")],
            Self::Twice { span, first, .. } => {
                vec![label(span, "the second formula"), label(first, "the first formula")]
            }
            Self::Gap { span, .. } => vec![label(span, "this formula starts too late")],
            Self::Entries { span, .. } => {
                vec![label(span, "expected an index for the rows and one for the columns")]
            }
            Self::NoEntry { span, .. } => vec![label(span, "this one")],
            Self::ShapesDiffer { first, first_span, second, span, .. }
            | Self::Blocks { first, first_span, second, span, .. } => {
                vec![label(span, second), label(first_span, first)]
            }
        }
    }

    pub(super) fn help(&self) -> String {
        match self {
            Self::NotAFamily { name, .. } => format!(
                "declare a family, such as `{name}[t]: n`, or define it: `{name}[t] = … for t in 1..T`"
            ),
            Self::FamilyAsValue { name, index, .. } => {
                format!("write `{name}[{index}]`, `{name}[1]`, or a sum over its elements")
            }
            Self::Indices { name, expected: 1, .. } => {
                format!("`{name}[t]`; an entry of an element stands behind it, as in `{name}[t][1]`")
            }
            Self::Indices { name, .. } => format!("as in `{name}[i,j]`"),
            Self::Undeclared { name, .. } => {
                format!("say what it is: `{name}[i,j]: scalar`, a family, or `{name}: m×n`, a matrix")
            }
            Self::RangeOrder { index, later, .. } => format!(
                "write the range of `{index}` with numbers and sizes, and that of `{later}` in terms of `{index}`"
            ),
            Self::NotAnIndex { .. } => "such as `h[t-1]`".to_owned(),
            Self::Target { index, .. } => format!(
                "write the formula of the element at `{index}`: `h[{index}] = … for {index} in 1..T`"
            ),
            Self::Steps { of, before, .. } => format!(
                "ask for `jacobian of {of} wrt {before}`; the Jacobian over several steps is the product of those of single steps"
            ),
            Self::NoInitialValue { needed, .. } => {
                format!("give it on a line of its own: `{needed} = …`")
            }
            Self::Circular { name, .. } => {
                format!("give an initial value on a line of its own: `{name}[0] = …`")
            }
            Self::Forward { last, .. } => format!(
                "refer to an earlier element, or, for a recurrence that runs backwards, give the final value `{last} = …`"
            ),
            Self::OutOfRange { .. } => {
                "change the index here or the range of the family".to_owned()
            }
            Self::NoRange { index, .. } => format!("add `for {index} in 1..T`"),
            Self::EmptyRange { .. } => "the first value stands first: `1..T`".to_owned(),
            Self::Twice { .. } | Self::Gap { .. } => {
                "each element has one formula: `h[0] = …` and `h[t] = … for t in 1..T`".to_owned()
            }
            Self::Entries { .. } => {
                "`x[i]` of a vector, `A[i, j]` of a matrix, `A[i, :]` its row, `A[:, 1..k]` some columns".to_owned()
            }
            Self::NoEntry { .. } => "the first entry is 1".to_owned(),
            Self::Blocks { place, what, .. } => format!(
                "blocks {place} one another have as many {what}; `,` stands between blocks beside one another, `;` between rows of blocks"
            ),
            Self::ShapesDiffer { .. } => {
                "sizes that change with the index are written so: `n[l]`".to_owned()
            }
        }
    }
}
