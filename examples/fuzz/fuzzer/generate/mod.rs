//! Random programs of given shapes. What is written is legal by construction, but for accidents: what has a domain gets an argument in
//! it, what is inverted is invertible.
//!
//! * here — variables, the kinds of programs.
//! * `values`, `calls` — expressions over them.
//! * `family`, `image`, `system` — recurrences and sums over indices; tensors; equations.

mod calls;
pub(crate) mod family;
pub(crate) mod image;
mod part;
pub(crate) mod system;
mod values;

use gradus::evaluate::Random;

use crate::fuzzer::program::{Declaration, Definition, Expression, Kind, Program, Shape};

/// A name that can stand in a formula.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) text: String,
    pub(crate) shape: Shape,
    pub(crate) words: &'static str,
}

/// Writes expressions.
pub(crate) struct Generator {
    pub(crate) random: Random,
    pub(crate) names: Vec<Named>,
    /// The two sides that values have.
    pub(crate) sides: [String; 2],
    /// Names with respect to which something is asked.
    pub(crate) wrt: Vec<String>,
    /// Functions of the program: name, shapes of the parameters, shape of the value.
    functions: Vec<(String, Vec<Shape>, Shape)>,
    /// Definitions with the variable in them that can be replaced.
    replaceable: Vec<(Named, Named)>,
    /// Derivatives inside formulas that may still be written.
    derivatives: usize,
    /// Calls of layers, kernels on tensors and the like are for whole programs.
    plain: bool,
}

pub(crate) fn shape(rows: &str, columns: &str) -> Shape {
    vec![rows.to_owned(), columns.to_owned()]
}

/// Name, rows, columns, properties; `a` and `b` stand for the two sides.
const VARIABLES: &[(&str, &str, &str, &str)] = &[
    ("A", "a", "b", ""),
    ("W", "a", "b", ""),
    ("V", "a", "b", "positive"),
    ("B", "b", "a", ""),
    ("C", "a", "a", ""),
    ("M", "b", "b", ""),
    ("D", "b", "b", "invertible"),
    ("E", "a", "a", "invertible"),
    ("S", "b", "b", "symmetric"),
    ("P", "a", "a", "spd"),
    ("N", "b", "b", "spd"),
    ("Q", "b", "b", "orthogonal"),
    ("L", "b", "b", "diagonal"),
    ("G", "a", "a", "lower"),
    ("U", "b", "b", "upper"),
    ("x", "b", "1", ""),
    ("y", "b", "1", ""),
    ("r2", "b", "1", ""),
    ("z", "a", "1", ""),
    ("u", "a", "1", "positive"),
    ("v", "b", "1", "positive"),
    ("w", "b", "1", "simplex"),
    ("r", "1", "a", ""),
    ("q", "1", "b", ""),
    ("c", "1", "1", ""),
    ("t", "1", "1", ""),
    ("s", "1", "1", "positive"),
];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let pairs = [
            ("m", "n"),
            ("m", "n"),
            ("m", "n"),
            ("m", "n"),
            ("n", "n"),
            ("3", "n"),
            ("2", "3"),
            ("m", "2"),
        ];
        let (a, b) = pairs[random.below(pairs.len())];
        let side = |letter: &str| match letter {
            "a" => a.to_owned(),
            "b" => b.to_owned(),
            other => other.to_owned(),
        };
        let names = VARIABLES
            .iter()
            .map(|(name, rows, columns, words)| Named {
                text: (*name).to_owned(),
                shape: vec![side(rows), side(columns)],
                words,
            })
            .collect();
        Self {
            random,
            names,
            sides: [a.to_owned(), b.to_owned()],
            wrt: Vec::new(),
            functions: Vec::new(),
            replaceable: Vec::new(),
            derivatives: 0,
            plain: false,
        }
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.random.below(count)
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.random.below(list.len())]
    }

    pub(crate) fn side(&mut self) -> String {
        match self.below(5) {
            0 => "1".to_owned(),
            1 | 2 => self.sides[0].clone(),
            _ => self.sides[1].clone(),
        }
    }

    /// A side that is not 1.
    pub(crate) fn long(&mut self) -> String {
        let at = self.below(2);
        self.sides[at].clone()
    }

    pub(crate) fn any_shape(&mut self) -> Shape {
        vec![self.side(), self.side()]
    }

    fn declarations(&self) -> Vec<Declaration> {
        let each = self.names.iter().map(|named| Declaration {
            name: named.text.clone(),
            shape: named.shape.clone(),
            words: named.words.to_owned(),
        });
        each.collect()
    }

    /// Definitions, functions, and one formula over them.
    fn program(mut self, kind: Kind) -> Program {
        let mut declarations = self.declarations();
        let extra = [("k", shape("1", "1")), ("K", shape("k1", "l1"))];
        declarations.extend(extra.map(|(name, shape)| Declaration {
            name: name.to_owned(),
            shape,
            words: String::new(),
        }));
        let [a, b] = self.sides.clone();
        declarations.push(Declaration {
            name: "J".to_owned(),
            shape: vec![format!("2*{a}"), format!("2*{b}")],
            words: String::new(),
        });
        let count = if kind != Kind::Check && self.chance(6) { 2 } else { 1 };
        while self.wrt.len() < count {
            let known = self.names.clone();
            let named = self.pick(&known).clone();
            let curved = matches!(named.words, "orthogonal" | "simplex");
            // Second derivatives on curved sets depend on how they are continued.
            let is_second = kind != Kind::Gradient;
            let unfit = curved && is_second || self.wrt.contains(&named.text);
            if !unfit {
                self.wrt.push(named.text);
            }
        }
        self.derivatives = match kind {
            Kind::Gradient if self.chance(6) => 1,
            _ => 0,
        };
        let mut definitions = Vec::new();
        while self.chance(4) {
            definitions.push(self.definition(definitions.len()));
        }
        if self.chance(8) {
            definitions.push(self.function(definitions.len()));
        }
        let depth = match kind {
            Kind::Hessian => 2 + self.below(2),
            Kind::Jacobian => 1 + self.below(3),
            _ => 2 + self.below(3),
        };
        let formula = match kind {
            Kind::Jacobian | Kind::Differential => {
                let shape = self.any_shape();
                self.any(&shape, depth)
            }
            _ => self.scalar(depth),
        };
        let formula = self.with_wrt(formula);
        Program { declarations, definitions, formula, wrt: self.wrt, kind }
    }

    /// Where none of the names occurs by which the derivative is, one comes in.
    fn with_wrt(&mut self, formula: Expression) -> Expression {
        let text = formula.text();
        let occurs = |name: &String| crate::fuzzer::program::words(&text).any(|word| word == name);
        if self.wrt.iter().any(occurs) {
            return formula;
        }
        let Some(named) = self.names.iter().find(|named| named.text == self.wrt[0]).cloned() else {
            return formula;
        };
        let leaf = Expression::leaf(named.text.clone(), &named.shape);
        let places: Vec<usize> = (0..formula.size())
            .filter(|at| formula.at(*at).is_some_and(|part| part.shape == named.shape))
            .collect();
        if places.is_empty() {
            let norm = Expression::of(&shape("1", "1"), "norm2({})^2", vec![leaf]);
            let scaled = if self.chance(2) { "({}*{})" } else { "({}*(1 + {}))" };
            let shape = formula.shape.clone();
            return Expression::of(&shape, scaled, vec![formula, norm]);
        }
        let place = *self.pick(&places);
        formula.replaced(place, &leaf)
    }

    fn definition(&mut self, number: usize) -> Definition {
        let shape = self.any_shape();
        let value = self.any(&shape, 2);
        let head = ["H", "h", "loss", "Z"][self.below(4)].to_owned() + &(number + 1).to_string();
        let named = Named { text: head.clone(), shape, words: "" };
        let text = value.text();
        let variables: Vec<Named> = self
            .names
            .iter()
            .filter(|named| crate::fuzzer::program::words(&text).any(|word| word == named.text))
            .cloned()
            .collect();
        if !variables.is_empty() {
            let variable = self.pick(&variables).clone();
            if variable.words.is_empty() && VARIABLES.iter().any(|row| row.0 == variable.text) {
                self.replaceable.push((named.clone(), variable));
            }
        }
        self.names.push(named);
        Definition { head, value, tail: String::new() }
    }

    fn function(&mut self, number: usize) -> Definition {
        let count = 1 + self.below(2);
        let shapes: Vec<Shape> = (0..count).map(|_| self.any_shape()).collect();
        let result = self.any_shape();
        let parameters = ["a1", "a2"];
        let outer = self.names.clone();
        self.names = shapes
            .iter()
            .zip(parameters)
            .map(|(shape, name)| Named { text: name.to_owned(), shape: shape.clone(), words: "" })
            .collect();
        self.plain = true;
        let value = self.any(&result, 2);
        self.plain = false;
        self.names = outer;
        let name = format!("f{}", number + 1);
        let head = format!("{name}({})", parameters[..count].join(", "));
        self.functions.push((name, shapes, result));
        Definition { head, value, tail: String::new() }
    }
}

/// The program of a seed, of a random kind.
pub(crate) fn program(seed: u64) -> Program {
    let mut generator = Generator::new(seed);
    match generator.below(30) {
        0..=11 => generator.program(Kind::Gradient),
        12..=14 => generator.program(Kind::Jacobian),
        15 | 16 => generator.program(Kind::Hessian),
        17 => generator.program(Kind::Differential),
        18..=20 => generator.program(Kind::Check),
        21..=24 => family::program(generator),
        25 | 26 => image::program(generator),
        _ => system::program(generator),
    }
}
