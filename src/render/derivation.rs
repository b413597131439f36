//! A derivation as a reader wants it: equations below each other, each with its reasons.

use std::fmt::Write as _;

use num_traits::{One, Signed};

use super::compose::{self, Composer};
use super::phrase::{Head, Item, Marks, Phrase};
use super::{Document, Notation, Options, name, write};
use crate::derivation::{Derivation, Goal, Layer, Line, Reason, Stage, Term};
use crate::expression::{Id, Node, Store};

/// d of a value.
const DIFFERENTIAL: Head = compose::operator("d", r"\mathrm{d}");
const DIAGONAL: Head = compose::DIAGONAL;
/// From this many stages on, each is written as one equation from its first line to its last.
const MANY_STAGES: usize = 4;
/// A right side longer than this does not push all reasons to the right.
const WIDEST: usize = 56;

/// One equation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The left side; empty when it is the line above that goes on.
    pub left: String,
    /// The right side.
    pub right: String,
    /// Why it holds; empty when it needs no reason.
    pub reason: String,
}

/// A derivation in one notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose {
    /// The notation.
    pub notation: Notation,
    /// The equations, in order.
    pub rows: Vec<Row>,
}

/// The derivation as equations. `called` is what the answer calls the function.
pub fn derivation(
    store: &Store,
    derivation: &Derivation,
    called: Option<&str>,
    notation: Notation,
    options: &Options,
) -> Prose {
    let roots = values(derivation);
    // The lines of a derivation repeat each other: that is no reason to name what they repeat.
    let options = Options { patience: u64::MAX, ..options.clone() };
    let document = Document::new(store, &roots, &options);
    let writer = Writer { document: &document, derivation, called, notation };
    Prose { notation, rows: writer.rows() }
}

/// All values that are written.
fn values(derivation: &Derivation) -> Vec<Id> {
    let mut values = vec![derivation.value, derivation.variable, derivation.found];
    if shows_gradient(derivation) {
        values.push(derivation.gradient);
    }
    values.extend(derivation.bindings.iter().flat_map(|binding| [binding.name, binding.value]));
    for stage in &derivation.stages {
        values.extend(stage.adjoint.iter().flat_map(|binding| [binding.name, binding.value]));
        for term in stage.lines.iter().flat_map(|line| &line.terms) {
            values.push(term.of);
            for layer in &term.layers {
                match layer {
                    Layer::Scale(a)
                    | Layer::Times(a)
                    | Layer::Adjoint(a)
                    | Layer::Hadamard(a)
                    | Layer::KroneckerLeft(a)
                    | Layer::KroneckerRight(a) => values.push(*a),
                    Layer::Product { left, right } => values.extend(left.iter().chain(right)),
                    Layer::Apply { arguments, .. } => values.extend(arguments),
                    Layer::Transpose
                    | Layer::Trace
                    | Layer::Total
                    | Layer::Diagonal
                    | Layer::DiagonalOf
                    | Layer::Vectorize => {}
                }
            }
        }
    }
    values
}

/// Whether the gradient is a line of its own. Where inner values have names it stays in terms of them, as in back-propagation.
fn shows_gradient(derivation: &Derivation) -> bool {
    derivation.bindings.is_empty() && derivation.gradient != derivation.found
}

struct Writer<'a> {
    document: &'a Document<'a>,
    derivation: &'a Derivation,
    called: Option<&'a str>,
    notation: Notation,
}

impl Writer<'_> {
    fn store(&self) -> &Store {
        self.document.store
    }

    fn composer(&self) -> Composer<'_> {
        Composer {
            store: self.document.store,
            order: &self.document.order,
            layout: &self.document.layout,
        }
    }

    fn text(&self, id: Id) -> String {
        self.document.text(id, self.notation)
    }

    /// In Unicode, dX is set apart by spaces where the writer puts a dot before a name of more than one letter.
    fn phrase_text(&self, phrase: &Phrase, holes: &[Id]) -> String {
        let mut text = write(self.store(), phrase, self.notation);
        if self.notation == Notation::Unicode {
            for hole in holes {
                let Node::Variable(name) = self.store().node(*hole) else { continue };
                text = text.replace(&format!("·d{name}"), &format!(" d{name}"));
                text = text.replace(&format!("d{name}·"), &format!("d{name} "));
                text = text.replace(&format!("d{name}ᵀ·"), &format!("d{name}ᵀ "));
            }
        }
        text
    }

    fn row(left: String, right: String, reason: impl Into<String>) -> Row {
        Row { left, right, reason: reason.into() }
    }

    fn rows(&self) -> Vec<Row> {
        let derivation = self.derivation;
        let mut rows = Vec::new();
        for definition in self.document.definitions() {
            let left = name(&definition.name, self.notation);
            rows.push(Self::row(left, self.text(definition.id), "shorthand"));
        }
        for binding in &derivation.bindings {
            rows.push(Self::row(self.text(binding.name), self.text(binding.value), ""));
        }
        let f = self.function_name();
        let what = if derivation.goal == Goal::Hessian { "the gradient" } else { "" };
        rows.push(Self::row(f.clone(), self.text(derivation.value), what));
        for stage in &derivation.stages {
            self.stage(stage, &f, &mut rows);
        }
        match derivation.goal {
            Goal::Gradient => {}
            Goal::Differential => return rows,
            Goal::Matrix | Goal::Hessian => {
                self.matrix(&f, &mut rows);
                return rows;
            }
        }
        let reason = self.read_off();
        rows.push(Self::row(
            self.partial(&f, derivation.variable),
            self.text(derivation.found),
            reason,
        ));
        if shows_gradient(derivation) {
            let reason = reasons(self.store(), &derivation.reasons);
            rows.push(Self::row(String::new(), self.text(derivation.gradient), reason));
        }
        rows
    }

    /// The matrix of the differential in the last line.
    fn matrix(&self, f: &str, rows: &mut Vec<Row>) {
        let derivation = self.derivation;
        let store = self.store();
        let plain = |id: Id| store.shape(id).is_scalar() || store.shape(id).is_column();
        let between_vectors = plain(derivation.function) && plain(derivation.variable);
        let scalar = store.shape(derivation.variable).is_scalar();
        let hole = match store.node(derivation.variable) {
            Node::Variable(name) => format!("d{name}"),
            _ => "dX".to_owned(),
        };
        let (left, reason) = if scalar {
            let df = self.differential_of(f);
            (self.partial(f, derivation.variable), format!("read off F of {df} = F {hole}"))
        } else if between_vectors {
            let df = self.differential_of(f);
            (self.partial(f, derivation.variable), format!("read off J of {df} = J {hole}"))
        } else {
            let rule = match self.notation {
                Notation::Ascii => "vec(A*M*B) = kron(B', A)*vec(M)",
                Notation::Unicode | Notation::Latex | Notation::MathMl => {
                    "vec(A M B) = (Bᵀ ⊗ A) vec(M)"
                }
            };
            let turned = match self.notation {
                _ if !self.is_transposed() => "",
                Notation::Ascii => ", vec(M') = K*vec(M)",
                Notation::Unicode | Notation::Latex | Notation::MathMl => ", vec(Mᵀ) = K vec(M)",
            };
            (
                self.partial_of_vec(f),
                format!("{rule}{turned}; read off J of vec(d{f}) = J vec({hole})"),
            )
        };
        let plain_notation = matches!(self.notation, Notation::Ascii | Notation::Unicode);
        let reason = if plain_notation { reason } else { "read off the matrix".to_owned() };
        rows.push(Self::row(left, self.text(derivation.found), reason));
        if derivation.gradient != derivation.found {
            let reason = reasons(self.store(), &derivation.reasons);
            rows.push(Self::row(String::new(), self.text(derivation.gradient), reason));
        }
    }

    /// Whether a differential stands transposed in the last line.
    fn is_transposed(&self) -> bool {
        let lines = self.derivation.stages.iter().filter_map(|stage| stage.lines.last());
        let mut layers = lines.flat_map(|line| &line.terms).flat_map(|term| &term.layers);
        layers.any(|layer| matches!(layer, Layer::Transpose))
    }

    fn partial_of_vec(&self, f: &str) -> String {
        let by = self.text(self.derivation.variable);
        match self.notation {
            Notation::Ascii => format!("dvec({f})/dvec({by})"),
            Notation::Unicode => format!("∂vec({f})/∂vec({by})"),
            Notation::Latex => format!(
                r"\frac{{\partial \operatorname{{vec}}({f})}}{{\partial \operatorname{{vec}}({by})}}"
            ),
            Notation::MathMl => self.partial(f, self.derivation.variable),
        }
    }

    fn stage(&self, stage: &Stage, f: &str, rows: &mut Vec<Row>) {
        let Some(first) = stage.lines.first() else { return };
        let mut left = match stage.adjoint {
            Some(delta) => {
                let partial = self.partial(f, stage.subject);
                rows.push(Self::row(
                    format!("{} = {partial}", self.text(delta.name)),
                    self.text(delta.value),
                    "the adjoints collected so far",
                ));
                self.line(first)
            }
            None => self.differential_of(f),
        };
        let rest = &stage.lines[1..];
        if self.derivation.stages.len() >= MANY_STAGES {
            if let Some(last) = rest.last() {
                let all: Vec<Reason> = rest.iter().flat_map(|line| line.reasons.clone()).collect();
                rows.push(Self::row(left, self.line(last), reasons(self.store(), &all)));
            }
            return;
        }
        for line in rest {
            let left = std::mem::take(&mut left);
            rows.push(Self::row(left, self.line(line), reasons(self.store(), &line.reasons)));
        }
    }

    /// What the answer calls the function, or a name that no variable has.
    fn function_name(&self) -> String {
        if let Some(called) = self.called {
            return name(called, self.notation);
        }
        let taken = |name: &str| {
            let reachable = self.store().reachable(&values(self.derivation));
            self.store().find_variable(name).is_some_and(|id| reachable.contains(&id))
        };
        let names: [&str; 4] = match self.derivation.goal {
            Goal::Gradient => ["f", "φ", "ψ", "J"],
            Goal::Matrix | Goal::Differential => ["F", "Φ", "Ψ", "H"],
            Goal::Hessian => ["g", "γ", "G", "Γ"],
        };
        let free = names.into_iter().find(|name| !taken(name));
        name(free.unwrap_or("value"), self.notation)
    }

    fn differential_of(&self, f: &str) -> String {
        match self.notation {
            Notation::Ascii | Notation::Unicode => format!("d{f}"),
            Notation::Latex => format!(r"\mathrm{{d}}{f}"),
            Notation::MathMl => format!("<mrow><mi mathvariant=\"normal\">d</mi>{f}</mrow>"),
        }
    }

    fn partial(&self, f: &str, by: Id) -> String {
        let by = self.text(by);
        match self.notation {
            Notation::Ascii => format!("d{f}/d{by}"),
            Notation::Unicode => format!("∂{f}/∂{by}"),
            Notation::Latex => format!(r"\frac{{\partial {f}}}{{\partial {by}}}"),
            Notation::MathMl => {
                format!("<mfrac><mrow><mo>∂</mo>{f}</mrow><mrow><mo>∂</mo>{by}</mrow></mfrac>")
            }
        }
    }

    fn read_off(&self) -> String {
        if self.derivation.stages.len() > 1 {
            return "the adjoints collected so far".to_owned();
        }
        let store = self.store();
        let shape = store.shape(self.derivation.variable);
        let hole = match store.node(self.derivation.variable) {
            Node::Variable(name) => format!("d{name}"),
            _ => "dX".to_owned(),
        };
        let transpose = if self.notation == Notation::Ascii { "'" } else { "ᵀ" };
        if shape.is_scalar() {
            format!("read off g of df = g {hole}")
        } else if shape.is_column() {
            format!("read off g of df = g{transpose} {hole}")
        } else {
            format!("read off G of df = tr(G{transpose} {hole})")
        }
    }

    fn line(&self, line: &Line) -> String {
        let items = line
            .terms
            .iter()
            .enumerate()
            .map(|(place, term)| Item {
                negative: term.coefficient.is_negative(),
                place,
                phrase: self.term(term),
                fills: false,
            })
            .collect();
        let holes: Vec<Id> = line.terms.iter().map(|term| term.of).collect();
        self.phrase_text(&Phrase::sum(items), &holes)
    }

    /// The term without its sign.
    fn term(&self, term: &Term) -> Phrase {
        let mut phrase = self.hole(term.of);
        for layer in term.layers.iter().rev() {
            phrase = self.layer(layer, phrase);
        }
        let magnitude = term.coefficient.abs();
        if magnitude.is_one() {
            return phrase;
        }
        prefixed(Phrase::Number(magnitude), phrase)
    }

    /// dX of a variable, d(…) of anything else.
    fn hole(&self, of: Id) -> Phrase {
        match self.store().node(of) {
            Node::Variable(name) => Phrase::Name(format!("d{name}").into()),
            _ => Phrase::Call(DIFFERENTIAL, vec![self.composer().phrase(of)]),
        }
    }

    fn layer(&self, layer: &Layer, inner: Phrase) -> Phrase {
        let value = |id: &Id| self.composer().phrase(*id);
        match layer {
            Layer::Scale(scalar) => prefixed(value(scalar), inner),
            // A product that is a number stays together, whatever is multiplied from the left.
            Layer::Times(matrix) => Phrase::Product(vec![inner, value(matrix)]),
            Layer::Product { left, right } => {
                let factors = left.iter().map(value);
                chain(factors.chain([inner]).chain(right.iter().map(value)))
            }
            Layer::Adjoint(g) => chain([self.transposed(*g), inner]),
            Layer::Hadamard(factor) => match value(factor) {
                Phrase::Entrywise(mut factors) => {
                    factors.push(inner);
                    Phrase::Entrywise(factors)
                }
                factor => Phrase::Entrywise(vec![factor, inner]),
            },
            Layer::Transpose => transpose(inner),
            Layer::Trace => Phrase::Call(compose::TRACE, vec![inner]),
            Layer::Total => Phrase::Call(compose::TOTAL, vec![inner]),
            Layer::Diagonal | Layer::DiagonalOf => Phrase::Call(DIAGONAL, vec![inner]),
            Layer::Vectorize => Phrase::Call(compose::VECTORIZE, vec![inner]),
            Layer::KroneckerLeft(a) => Phrase::Kronecker(value(a).into(), inner.into()),
            Layer::KroneckerRight(a) => Phrase::Kronecker(inner.into(), value(a).into()),
            Layer::Apply { function, arguments, at, .. } => {
                let row = function.row();
                let head = Head { name: row.name, glyph: row.name, latex: row.latex };
                let mut arguments: Vec<Phrase> = arguments.iter().map(value).collect();
                if let Some(place) = arguments.get_mut(*at) {
                    *place = inner;
                }
                Phrase::Call(head, arguments)
            }
        }
    }

    /// Gᵀ, not multiplied out.
    fn transposed(&self, g: Id) -> Phrase {
        let composer = self.composer();
        match self.store().node(g) {
            Node::Transpose(inner) => composer.phrase(*inner),
            _ if self.store().is_symmetric(g) => composer.phrase(g),
            _ => transpose(composer.phrase(g)),
        }
    }
}

fn transpose(phrase: Phrase) -> Phrase {
    let marks = Marks { inverse: false, power: 1, transpose: true };
    match phrase {
        Phrase::Marked(base, inner) if !inner.transpose => {
            Phrase::Marked(base, Marks { transpose: true, ..inner })
        }
        Phrase::Marked(base, Marks { inverse: false, power: 1, .. }) => *base,
        Phrase::Marked(base, inner) => Phrase::Marked(base, Marks { transpose: false, ..inner }),
        phrase => Phrase::Marked(phrase.into(), marks),
    }
}

/// A scalar in front.
fn prefixed(scalar: Phrase, phrase: Phrase) -> Phrase {
    let mut factors = match scalar {
        Phrase::Product(factors) => factors,
        scalar => vec![scalar],
    };
    match phrase {
        Phrase::Product(inner) => factors.extend(inner),
        phrase => factors.push(phrase),
    }
    Phrase::product(factors)
}

/// A matrix chain; chains within it are no groups of their own.
fn chain(factors: impl IntoIterator<Item = Phrase>) -> Phrase {
    let mut flat = Vec::new();
    for factor in factors {
        match factor {
            Phrase::Product(inner) if !matches!(inner.first(), Some(Phrase::Number(_))) => {
                flat.extend(inner);
            }
            factor => flat.push(factor),
        }
    }
    Phrase::product(flat)
}

/// The reasons in words, each once.
fn reasons(store: &Store, reasons: &[Reason]) -> String {
    let mut words: Vec<String> = Vec::new();
    for reason in reasons {
        let text = match reason {
            Reason::Rule(name) => (*name).to_owned(),
            Reason::Derivative(function) => {
                let (name, order) = store.function_name(*function);
                format!("derivative of {name}{}", "′".repeat(order))
            }
            Reason::Pullback(function) => format!("adjoint of {}", function.row().name),
            Reason::Collect => "collect".to_owned(),
            Reason::Structure => "the part that the variable's structure lets count".to_owned(),
            Reason::Unfold => "names written out".to_owned(),
            Reason::Simplify => "simplify".to_owned(),
        };
        if !words.contains(&text) {
            words.push(text);
        }
    }
    words.join(", ")
}

impl Prose {
    /// The whole: aligned columns in ascii and Unicode, an `align*` environment in LaTeX, a table of formulas in MathML.
    pub fn text(&self) -> String {
        match self.notation {
            Notation::Ascii | Notation::Unicode => self.columns(),
            Notation::Latex => self.align(),
            Notation::MathMl => self.table(),
        }
    }

    fn columns(&self) -> String {
        let length = |text: &str| text.chars().count();
        let left = self.rows.iter().map(|row| length(&row.left)).filter(|left| *left <= 12).max();
        let left = left.unwrap_or(0);
        let rights = self.rows.iter().map(|row| length(&row.right));
        let right = rights.filter(|right| *right <= WIDEST).max().unwrap_or(0);
        let mut text = String::new();
        for row in &self.rows {
            let line = format!("{:<left$} = {:<right$}   {}", row.left, row.right, row.reason);
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn align(&self) -> String {
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let reason = if row.reason.is_empty() {
                    String::new()
                } else {
                    format!(r" && \text{{{}}}", row.reason.replace('ᵀ', r"$^\top$"))
                };
                format!("{} &= {}{reason}", row.left, row.right)
            })
            .collect();
        format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", rows.join(" \\\\\n"))
    }

    fn table(&self) -> String {
        let mut text = String::from("<table class=\"derivation\">\n");
        for row in &self.rows {
            let _ = writeln!(
                text,
                "<tr><td>{}</td><td>=</td><td>{}</td><td>{}</td></tr>",
                row.left, row.right, row.reason
            );
        }
        text += "</table>\n";
        text
    }
}
