//! The generator of layer kernels: one plain loop a node, in the order of the store.

use std::borrow::Cow;
use std::fmt::Write as _;

use num_traits::ToPrimitive;

use super::indexed::Item;
use crate::emit::fault;
use crate::expression::{Id, Nest, Node, Power, Recurrence, Store};
use crate::function::{Form, FunctionId};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Symbol};

/// Routines that layer kernels call: products, transposes, elimination.
pub const LOOPS: &str = concat!(include_str!("loops.rs"), include_str!("images.rs"));

/// The sizes that a kernel is given, in order.
#[derive(Clone, Copy, Debug)]
pub struct Sizes<'a> {
    /// Numbers.
    pub numbers: &'a [Name],
    /// Families of sizes.
    pub families: &'a [Name],
}

/// The value of an expression as Rust text:
/// `pub fn value<T: Real>(sizes: &[usize], families: &[Vec<usize>], inputs: &[Vec<T>]) -> Vec<T>`, entries column by column, the
/// elements of a family one after the other, entry k of a family of sizes at index k.
///
/// `sizes` and `variables` name what the parameters hold, in order; a variable that is an element of a computed family is added
/// to that element. The text refers to [`LOOPS`], to the trait `Real`, and to
/// the kernel room as `kernel`.
pub fn kernel(store: &Store, value: Id, sizes: Sizes<'_>, variables: &[(Name, Id)]) -> String {
    let recurrences = store.recurrences(&[value]);
    // Formulas of one nest are written in the same letters.
    let mut store = Cow::Borrowed(store);
    let nests: Vec<Vec<Nest>> = recurrences
        .iter()
        .map(|recurrence| {
            if recurrence.is_nested(&store) {
                store.to_mut().nests(recurrence).unwrap_or_default()
            } else {
                Vec::new()
            }
        })
        .collect();
    let store = &*store;
    let generator = Generator {
        store,
        sizes,
        variables,
        recurrences: &recurrences,
        nests: &nests,
        bound: Vec::new(),
    };
    let mut text = String::from(
        "pub fn value<T: Real>(sizes: &[usize], families: &[Vec<usize>], inputs: &[Vec<T>]) -> Vec<T> {\n    \
         let _ = families;\n    let mut moved = vec![false; inputs.len()];\n    let _ = &mut moved;\n",
    );
    generator.given(value, &mut text);
    for item in generator.items(value) {
        match item {
            Item::Loop(place) => generator.recurrence(place, &mut text),
            Item::Node(id) => generator.binding(id, &mut text),
        }
    }
    let result = match store.family(value) {
        Some(_) => format!("f{}.into_values().flatten().collect()", value.index()),
        None => format!("v{}", value.index()),
    };
    let _ = writeln!(text, "    {result}\n}}");
    text
}

#[derive(Clone)]
pub(super) struct Generator<'a> {
    pub(super) store: &'a Store,
    pub(super) sizes: Sizes<'a>,
    pub(super) variables: &'a [(Name, Id)],
    pub(super) recurrences: &'a [Recurrence],
    /// The loops of those with several indices.
    pub(super) nests: &'a [Vec<Nest>],
    /// The indices of the loops around, with what they are called.
    pub(super) bound: Vec<(Name, String)>,
}

impl Generator<'_> {
    /// `let v = …;`
    pub(super) fn binding(&self, id: Id, text: &mut String) {
        let _ = writeln!(text, "    let v{} = {{", id.index());
        self.node(id, text);
        text.push_str("    };\n");
    }

    /// A size as a `usize`.
    pub(super) fn size(&self, size: &Dimension) -> String {
        format!("({} as usize)", self.whole(size))
    }

    /// A symbol as an `i64`.
    pub(super) fn symbol(&self, symbol: &Symbol) -> String {
        let place = |names: &[Name], symbol: &Name| names.iter().position(|name| name == symbol);
        match symbol {
            Symbol::Name(symbol) => {
                if let Some((_, name)) = self.bound.iter().rev().find(|(name, _)| name == symbol) {
                    return name.clone();
                }
                let place = place(self.sizes.numbers, symbol);
                place.map_or_else(|| unknown(symbol), |at| format!("(sizes[{at}] as i64)"))
            }
            Symbol::Quotient(a, b) => format!("({} / {})", self.whole(a), self.whole(b)),
            Symbol::Element(family, at) => {
                let (place, at) = (place(self.sizes.families, family), self.whole(at));
                let entry = |place| format!("(families[{place}][{at} as usize] as i64)");
                place.map_or_else(|| unknown(family), entry)
            }
        }
    }

    /// The place of a variable among the inputs.
    pub(super) fn input(&self, variable: Id) -> String {
        let place = self.variables.iter().position(|(_, known)| *known == variable);
        place.map_or_else(|| fault("a variable is no input"), |place| place.to_string())
    }

    pub(super) fn rows(&self, id: Id) -> String {
        self.size(&self.store.shape(id).rows())
    }

    pub(super) fn columns(&self, id: Id) -> String {
        self.size(&self.store.shape(id).columns())
    }

    /// A matrix of the node's shape whose entry (i, j) is `entry`.
    fn filled(&self, id: Id, entry: &str, text: &mut String) {
        let (m, n) = (self.rows(id), self.columns(id));
        let _ = write!(
            text,
            "        let (m, n) = ({m}, {n});\n        let mut y: Vec<T> = Vec::with_capacity(m * n);\n        \
             for j in 0..n {{\n            for i in 0..m {{\n                let _ = (i, j);\n                \
             y.push({entry});\n            }}\n        }}\n        y\n"
        );
    }

    fn node(&self, id: Id, text: &mut String) {
        let store = self.store;
        match store.node(id) {
            Node::Number(value) => self.filled(id, &constant(value), text),
            Node::Size(size) => {
                let entry = format!("T::constant({} as f64)", self.size(size));
                self.filled(id, &entry, text);
            }
            Node::Variable(_) => {
                let _ = writeln!(text, "        inputs[{}].clone()", self.input(id));
            }
            Node::Identity(_) => {
                self.filled(id, "T::constant(if i == j { 1.0 } else { 0.0 })", text);
            }
            Node::Ones(..) => self.filled(id, "T::constant(1.0)", text),
            Node::Zeros(..) => self.filled(id, "T::constant(0.0)", text),
            Node::Commutation(p, q) => {
                // Row i of K picks (row i / q, column i % q) of A, which stands at i % q · p + i / q of vec A.
                let (p, q) = (self.size(p), self.size(q));
                let entry = format!(
                    "T::constant(if j == i % {q} * {p} + i / {q} {{ 1.0 }} else {{ 0.0 }})"
                );
                self.filled(id, &entry, text);
            }
            Node::Selection(selection) => self.selection(id, &selection.from, text),
            Node::Sum(terms) => {
                let entry: Vec<String> = terms
                    .iter()
                    .map(|term| {
                        format!("{} * v{}[i + j * m]", constant(&term.coefficient), term.id.index())
                    })
                    .collect();
                self.filled(id, &entry.join(" + "), text);
            }
            Node::Hadamard(powers) => {
                let entry = self.hadamard(id, powers);
                self.filled(id, &entry, text);
            }
            Node::Scale { scalar, matrix } => {
                let entry = format!("v{}[0] * v{}[i + j * m]", scalar.index(), matrix.index());
                let entry = chosen(&store.masks(*scalar), "0", entry);
                self.filled(id, &entry, text);
            }
            Node::Product(factors) => self.product(factors, text),
            Node::Transpose(a) => {
                let (m, n) = (self.rows(*a), self.columns(*a));
                let _ = writeln!(text, "        turned(&v{}, {m}, {n})", a.index());
            }
            Node::Inverse(a) => {
                let _ = writeln!(text, "        eliminated(&v{}, {}).1", a.index(), self.rows(*a));
            }
            Node::Determinant(a) => {
                let _ = writeln!(
                    text,
                    "        vec![eliminated(&v{}, {}).0]",
                    a.index(),
                    self.rows(*a)
                );
            }
            Node::MatrixPower(a, exponent) => self.matrix_power(*a, *exponent, text),
            Node::Trace(a) => {
                let n = self.rows(*a);
                let _ = writeln!(text, "        vec![traced(&v{}, {n})]", a.index());
            }
            Node::Total(a) => {
                let _ = writeln!(text, "        vec![summed(&v{})]", a.index());
            }
            Node::Diagonal(v) => {
                let entry =
                    format!("if i == j {{ v{}[i] }} else {{ T::constant(0.0) }}", v.index());
                self.filled(id, &entry, text);
            }
            Node::DiagonalOf(a) => {
                let entry = format!("v{}[i + i * m]", a.index());
                self.filled(id, &entry, text);
            }
            Node::Vectorize(a) => {
                let _ = writeln!(text, "        v{}.clone()", a.index());
            }
            Node::Kronecker(a, b) => {
                let (p, q, k) = (self.rows(*b), self.columns(*b), self.rows(*a));
                let entry = format!(
                    "v{}[i / {p} + j / {q} * {k}] * v{}[i % {p} + j % {q} * {p}]",
                    a.index(),
                    b.index()
                );
                self.filled(id, &entry, text);
            }
            Node::Element(family, place) => self.element(id, *family, place, text),
            Node::SumOver(range, body) => self.sum_over(id, range, *body, text),
            Node::Tensor { operation, operands } => {
                let _ = writeln!(text, "        {}", self.tensor(id, operation, operands));
            }
            Node::Family(_) => {
                let _ = writeln!(text, "        {}", fault("a family is no value"));
            }
            Node::Apply { function, arguments } => {
                self.apply(id, *function, arguments, text);
            }
        }
    }

    /// Columns of an identity.
    fn selection(&self, id: Id, from: &Dimension, text: &mut String) {
        let from = self.size(from);
        let entry = format!("T::constant(if i + 1 == j + {from} {{ 1.0 }} else {{ 0.0 }})");
        self.filled(id, &entry, text);
    }

    /// An entry of an entrywise product.
    fn hadamard(&self, id: Id, powers: &[Power]) -> String {
        let factors = powers.iter().filter(|power| !self.store.chooses(**power));
        let mut entry: Vec<String> =
            factors.map(|power| self.power(power.base, power.exponent)).collect();
        if entry.is_empty() {
            entry.push("T::constant(1.0)".to_owned());
        }
        chosen(&self.store.masks(id), "i + j * m", entry.join(" * "))
    }

    fn apply(&self, id: Id, function: FunctionId, arguments: &[Id], text: &mut String) {
        match function.row().form {
            Form::Entrywise { routine, .. } => {
                // What stands for an unknown function is no part of the kernel room that is emitted.
                let room = if function.as_unknown().is_some() { "crate" } else { "kernel" };
                let entry = match arguments {
                    [argument] => format!("{room}::{routine}(v{}[i + j * m])", argument.index()),
                    _ => fault("a function of one number has another number of arguments"),
                };
                self.filled(id, &entry, text);
            }
            Form::Array { routine, result, .. } => {
                self.array_routine(routine, result, arguments, text);
            }
        }
    }

    fn power(&self, base: Id, exponent: Id) -> String {
        let base = format!("v{}[i + j * m]", base.index());
        let Some(value) = self.store.as_number(exponent) else {
            return format!("{base}.powf(v{}[0])", exponent.index());
        };
        match number::to_i64(value).and_then(|whole| i32::try_from(whole).ok()) {
            Some(1) => base,
            Some(whole) => format!("{base}.powi({whole})"),
            None => format!("{base}.powf({})", constant(value)),
        }
    }

    /// From left to right.
    fn product(&self, factors: &[Id], text: &mut String) {
        let Some((first, rest)) = factors.split_first() else { return };
        let m = self.rows(*first);
        let _ = writeln!(text, "        let y = v{}.clone();", first.index());
        for factor in rest {
            let (k, n) = (self.rows(*factor), self.columns(*factor));
            let _ =
                writeln!(text, "        let y = times(&y, &v{}, {m}, {k}, {n});", factor.index());
        }
        text.push_str("        y\n");
    }

    fn matrix_power(&self, a: Id, exponent: Id, text: &mut String) {
        let (n, a) = (self.rows(a), a.index());
        let _ = write!(
            text,
            "        let n = {n};\n        let k = v{}[0].real() as i64;\n        \
             let base = if k < 0 {{ eliminated(&v{a}, n).1 }} else {{ v{a}.clone() }};\n        \
             let mut y = vec![T::constant(0.0); n * n];\n        for i in 0..n {{\n            \
             y[i + i * n] = T::constant(1.0);\n        }}\n        for _ in 0..k.abs() {{\n            \
             y = times(&y, &base, n, n, n);\n        }}\n        y\n",
            exponent.index()
        );
    }

    fn array_routine(&self, routine: &str, result: &str, arguments: &[Id], text: &mut String) {
        let mut names = Vec::new();
        for argument in arguments {
            let (rows, columns) = (self.rows(*argument), self.columns(*argument));
            names.push(format!(
                "&kernel::Array {{ rows: {rows}, columns: {columns}, data: v{}.clone() }}",
                argument.index()
            ));
        }
        let types = if arguments.is_empty() { "::<T>" } else { "" };
        let call = format!("kernel::{routine}{types}({})", names.join(", "));
        let _ = if result == "scalar" {
            writeln!(text, "        vec![{call}]")
        } else {
            writeln!(text, "        {call}.data")
        };
    }
}

/// What all masks choose; an entry that one of them does not is 0.
fn chosen(masks: &[Id], place: &str, value: String) -> String {
    masks
        .iter()
        .fold(value, |value, mask| format!("kernel::chosen(v{}[{place}], {value})", mask.index()))
}

fn unknown(size: &Name) -> String {
    fault(&format!("the size {size} is unknown"))
}

fn constant(value: &Rational) -> String {
    let part = |part: Rational| part.to_f64().unwrap_or(f64::INFINITY);
    if value.is_integer() {
        format!("T::constant({:?}_f64)", part(value.numer()))
    } else {
        format!("T::constant({:?}_f64 / {:?}_f64)", part(value.numer()), part(value.denom()))
    }
}
