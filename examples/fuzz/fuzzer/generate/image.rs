//! Tensors: chains of operations on images.

use super::{Generator, shape};
use crate::fuzzer::program::{Declaration, Expression, Kind, Program, Shape};

/// A side: a number, or a text with symbols.
#[derive(Clone, Debug)]
enum Side {
    Number(usize),
    Text(String),
}
use Side::{Number, Text};

/// Height, width, channels, batch.
type Sides = [Side; 4];
/// A template with the further parts in it.
type Operation = (String, Vec<Expression>);

impl Side {
    fn text(&self) -> String {
        match self {
            Number(number) => number.to_string(),
            Text(text) => text.clone(),
        }
    }

    fn plus(&self, more: usize) -> Self {
        match self {
            Number(number) => Number(number + more),
            Text(text) => Text(format!("({text}+{more})")),
        }
    }

    /// Fewer, where at least one is left for sure.
    fn minus(&self, less: usize) -> Option<Self> {
        match self {
            Number(number) if *number > less => Some(Number(number - less)),
            Number(_) => None,
            Text(text) => Some(Text(format!("({text}-{less})"))),
        }
    }

    /// What becomes of a number, where it is one.
    fn changed(&self, change: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        match self {
            Number(number) => change(*number).map(Number),
            Text(_) => None,
        }
    }
}

fn sized(sides: &Sides) -> Shape {
    sides.iter().map(Side::text).collect()
}

/// What is declared on the way.
struct Chain {
    declarations: Vec<Declaration>,
    names: Vec<String>,
}

impl Chain {
    fn declare(&mut self, name: &str, shape: &Shape) -> Expression {
        self.names.push(name.to_owned());
        let (name, shape) = (name.to_owned(), shape.clone());
        let leaf = Expression::leaf(name.clone(), &shape);
        self.declarations.push(Declaration { name, shape, words: String::new() });
        leaf
    }

    /// A convolution with a kernel of its own.
    fn kernel(&mut self, g: &mut Generator, step: usize, sides: &mut Sides) -> Option<Operation> {
        let outputs = if g.chance(2) { Text(format!("o{step}")) } else { Number(2) };
        let two = || "2".to_owned();
        let shape = vec![two(), two(), sides[2].text(), outputs.text()];
        let padded = g.chance(3);
        let turned = if padded {
            [sides[0].plus(1), sides[1].plus(1)]
        } else {
            [sides[0].minus(1)?, sides[1].minus(1)?]
        };
        let leaf = self.declare(&format!("K{step}"), &shape);
        let [height, width] = turned;
        *sides = [height, width, outputs, sides[3].clone()];
        let template = match g.below(2) {
            _ if padded => "conv2d({}, {}, 1, 1)",
            0 => "conv2d({}, {})",
            _ => "correlate({}, {})",
        };
        Some((template.to_owned(), vec![leaf]))
    }

    /// What keeps the sides, or exchanges them.
    fn kept(
        &mut self,
        g: &mut Generator,
        step: usize,
        value: &Expression,
        sides: &mut Sides,
    ) -> Operation {
        match g.below(5) {
            0 => ("turn180({})".to_owned(), Vec::new()),
            1 => {
                sides.swap(2, 3);
                ("swap({})".to_owned(), Vec::new())
            }
            2 => {
                let bias = self.declare(&format!("b{step}"), &shape(&sides[2].text(), "1"));
                ("channel_bias({}, {})".to_owned(), vec![bias])
            }
            3 => {
                let name = *g.pick(&["tanh", "relu", "sigmoid", "exp", "gelu"]);
                (format!("{name}({{}}/2)"), Vec::new())
            }
            _ => {
                let template = *g.pick(&["({} + tanh({}))", "({} .* {})", "({} - {}/3)"]);
                (template.to_owned(), vec![value.clone()])
            }
        }
    }
}

/// What changes height and width; none where they do not fit.
fn resized(g: &mut Generator, sides: &mut Sides) -> Option<Operation> {
    let both = |sides: &Sides, change: &dyn Fn(&Side) -> Option<Side>| -> Option<[Side; 2]> {
        Some([change(&sides[0])?, change(&sides[1])?])
    };
    let halved = |side: &Side| side.changed(|n| n.is_multiple_of(2).then_some(n / 2));
    let odd = |side: &Side| side.changed(|n| (n % 2 == 1).then_some(n.div_ceil(2)));
    let spread = |side: &Side| side.changed(|n| (n < 8).then_some(2 * n - 1));
    let ([height, width], template) = match g.below(7) {
        0 => ([sides[0].plus(2), sides[1].plus(2)], "pad({}, 1)"),
        1 => ([sides[0].clone(), sides[1].plus(2)], "pad({}, 0, 1)"),
        2 => (both(sides, &|side| side.minus(2))?, "crop({}, 1)"),
        3 => (both(sides, &spread)?, "interleave({}, 2)"),
        4 => (both(sides, &odd)?, "subsample({}, 2)"),
        5 => (both(sides, &halved)?, "maxpool2d({}, 2)"),
        _ => (both(sides, &halved)?, "avgpool2d({}, 2, 2)"),
    };
    (sides[0], sides[1]) = (height, width);
    Some((template.to_owned(), Vec::new()))
}

pub(crate) fn program(mut g: Generator) -> Program {
    let literal = g.chance(2);
    let text = |name: &str| Text(name.to_owned());
    let mut now = if literal {
        [Number(4), Number(4), Number(1 + g.below(2)), text("N")]
    } else {
        [text("h"), text("w"), text("c"), text("N")]
    };
    let mut chain = Chain { declarations: Vec::new(), names: Vec::new() };
    let mut value = chain.declare("X", &sized(&now));
    for step in 0..2 + g.below(4) {
        let mut next = now.clone();
        let found = match g.below(15) {
            0..=2 => chain.kernel(&mut g, step, &mut next),
            3..=8 => resized(&mut g, &mut next),
            _ => Some(chain.kept(&mut g, step, &value, &mut next)),
        };
        let Some((template, more)) = found else { continue };
        let mut parts = vec![value];
        parts.extend(more);
        value = Expression::of(&sized(&next), template, parts);
        now = next;
    }
    let one = shape("1", "1");
    let [height, width, channels, batch] = now.each_ref().map(Side::text);
    let flat = format!("({height}*{width}*{channels})");
    let formula = match g.below(6) {
        0 => Expression::of(&one, "norm2({})^2", vec![value]),
        1 => Expression::of(&one, "sum(tanh({}))", vec![value]),
        2 => Expression::of(&one, "norm2(channel_sums({}))^2", vec![value]),
        3 => Expression::of(&one, "norm2(flatten({}))^2", vec![value]),
        4 => {
            let weights = chain.declare("V", &shape(&flat, "p"));
            Expression::of(&one, "norm2(flatten({})*{})^2", vec![value, weights])
        }
        _ => {
            let template = format!("sum(exp(reshape({{}}, {flat}, {batch})/3))");
            Expression::of(&one, template, vec![value])
        }
    };
    let wrt = vec![g.pick(&chain.names).clone()];
    let kind = if g.chance(6) { Kind::Differential } else { Kind::Gradient };
    Program { declarations: chain.declarations, definitions: Vec::new(), formula, wrt, kind }
}
