//! Programs as the fuzzer builds them: typed trees, which can be taken apart again, and their text.

use std::fmt::Write as _;

/// The sizes of a value, as written; a scalar is 1×1.
pub(crate) type Shape = Vec<String>;

/// An expression: a template with a `{}` for each part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) shape: Shape,
    pub(crate) template: String,
    pub(crate) parts: Vec<Expression>,
}

impl Expression {
    pub(crate) fn leaf(text: impl Into<String>, shape: &[String]) -> Self {
        Self { shape: shape.to_vec(), template: text.into(), parts: Vec::new() }
    }

    pub(crate) fn of(shape: &[String], template: impl Into<String>, parts: Vec<Self>) -> Self {
        Self { shape: shape.to_vec(), template: template.into(), parts }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut parts = self.parts.iter();
        for (at, piece) in self.template.split("{}").enumerate() {
            if at > 0 {
                text.push_str(&parts.next().map(Self::text).unwrap_or_default());
            }
            text.push_str(piece);
        }
        text
    }

    /// Nodes.
    pub(crate) fn size(&self) -> usize {
        1 + self.parts.iter().map(Self::size).sum::<usize>()
    }

    /// The expression at a place in reading order, itself at 0.
    pub(crate) fn at(&self, place: usize) -> Option<&Self> {
        let Some(mut place) = place.checked_sub(1) else { return Some(self) };
        for part in &self.parts {
            let size = part.size();
            if place < size {
                return part.at(place);
            }
            place -= size;
        }
        None
    }

    /// The same with another expression at a place.
    pub(crate) fn replaced(&self, place: usize, by: &Self) -> Self {
        let Some(mut place) = place.checked_sub(1) else { return by.clone() };
        let mut copy = self.clone();
        for part in &mut copy.parts {
            let size = part.size();
            if place < size {
                *part = part.replaced(place, by);
                break;
            }
            place -= size;
        }
        copy
    }
}

/// What is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// The name; of a family with its index, `x[t]`.
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) words: String,
}

/// `head = value tail`, as in `h[t] = tanh(W*h[t-1]) for t in 1..T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) head: String,
    pub(crate) value: Expression,
    pub(crate) tail: String,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Gradient,
    Jacobian,
    Hessian,
    Differential,
    /// Claims about the gradient.
    Check,
    /// Equations for unknowns.
    Solve,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Gradient,
        Self::Jacobian,
        Self::Hessian,
        Self::Differential,
        Self::Check,
        Self::Solve,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Jacobian => "jacobian",
            Self::Hessian => "hessian",
            Self::Differential => "differential",
            Self::Check => "check",
            Self::Solve => "solve",
        }
    }
}

/// A program with what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) definitions: Vec<Definition>,
    /// The formula; of equations each side less the other.
    pub(crate) formula: Expression,
    pub(crate) wrt: Vec<String>,
    pub(crate) kind: Kind,
}

/// A question as text, which is all that is asked and all that is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) declarations: String,
    pub(crate) definitions: String,
    pub(crate) formula: String,
    pub(crate) wrt: Vec<String>,
    pub(crate) kind: Kind,
    /// Of the points at which it is judged.
    pub(crate) seed: u64,
}

impl Program {
    pub(crate) fn question(&self, seed: u64) -> Question {
        let formula = self.formula.text();
        let mut definitions: Vec<String> = Vec::new();
        let mut used = formula.clone() + " " + &self.wrt.join(" ");
        for definition in self.definitions.iter().rev() {
            let line =
                format!("{} = {}{}", definition.head, definition.value.text(), definition.tail);
            let _ = write!(used, " {line}");
            definitions.insert(0, line);
        }
        let occurs = |name: &str| {
            let name = name.split('[').next().unwrap_or(name);
            words(&used).any(|word| word == name)
        };
        let mut declared: Vec<&Declaration> =
            self.declarations.iter().filter(|declaration| occurs(&declaration.name)).collect();
        // A name that nothing declares a size would be taken for a variable.
        let is_known = |declared: &[&Declaration], size: &String| {
            declared.iter().any(|declaration| declaration.shape.contains(size))
        };
        for declaration in &self.declarations {
            let missing =
                |size: &String| words(&used).any(|word| word == size) && !is_known(&declared, size);
            if declaration.shape.iter().any(missing) {
                declared.push(declaration);
            }
        }
        let lines: Vec<String> = declared.iter().map(|declaration| declaration.text()).collect();
        Question {
            declarations: lines.join("; "),
            definitions: definitions.join("\n"),
            formula,
            wrt: self.wrt.clone(),
            kind: self.kind,
            seed,
        }
    }
}

impl Declaration {
    fn text(&self) -> String {
        let sizes = match self.shape.as_slice() {
            [rows, columns] if rows == "1" && columns == "1" => "scalar".to_owned(),
            [rows, columns] if columns == "1" => bracketed(rows),
            sizes => sizes.iter().map(|size| bracketed(size)).collect::<Vec<_>>().join("×"),
        };
        format!("{}: {sizes} {}", self.name, self.words).trim_end().to_owned()
    }
}

fn bracketed(size: &str) -> String {
    if size.contains(['+', '-', '*', '/']) { format!("({size})") } else { size.to_owned() }
}

/// The names in a text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

impl Question {
    /// As one line, for a worker.
    pub(crate) fn line(&self) -> String {
        let fields = [
            self.kind.word(),
            &self.seed.to_string(),
            &self.declarations,
            &self.definitions.replace('\n', "\u{1e}"),
            &self.formula,
            &self.wrt.join(","),
        ];
        fields.join("\u{1f}")
    }

    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.trim_end_matches('\n').split('\u{1f}').collect();
        let [kind, seed, declarations, definitions, formula, wrt] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            kind: Kind::ALL.into_iter().find(|known| known.word() == *kind)?,
            seed: seed.parse().ok()?,
            declarations: (*declarations).to_owned(),
            definitions: definitions.replace('\u{1e}', "\n"),
            formula: (*formula).to_owned(),
            wrt: wrt.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        })
    }

    /// Everything before the formula.
    pub(crate) fn preamble(&self) -> String {
        format!("{}\n{}\n", self.declarations, self.definitions)
    }

    /// The command that asks it.
    pub(crate) fn command(&self) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "ᵀ"));
        let declare = [self.declarations.as_str(), self.definitions.as_str()]
            .iter()
            .flat_map(|text| text.lines())
            .filter(|text| !text.is_empty())
            .fold(String::new(), |all, text| format!("{all} --declare {}", quote(text)));
        let wrt = self.wrt.join(",");
        let formula = quote(&self.formula);
        match self.kind {
            Kind::Solve => format!("gradus solve {formula} --for {wrt}{declare}"),
            Kind::Gradient | Kind::Check => format!("gradus derive {formula} --wrt {wrt}{declare}"),
            kind => format!("gradus derive {formula} --kind {} --wrt {wrt}{declare}", kind.word()),
        }
    }
}
