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

    /// Fewer, where at least `least` are left for sure.
    fn minus(&self, less: usize, least: usize) -> Option<Self> {
        match self {
            Number(number) if *number >= less + least => Some(Number(number - less)),
            Number(_) => None,
            Text(text) => Some(Text(format!("({text}-{less})"))),
        }
    }

    fn divided(&self, by: usize) -> Option<Self> {
        match self {
            Number(number) if number % by == 0 && *number > 0 => Some(Number(number / by)),
            _ => None,
        }
    }
}

pub(crate) fn program(mut g: Generator) -> Program {
    let literal = g.chance(2);
    let sides: [Side; 2] =
        if literal { [Number(4), Number(4)] } else { [Text("h".into()), Text("w".into())] };
    let channels = if literal { Number(1 + g.below(2)) } else { Text("c".into()) };
    let batch = Text("N".to_owned());
    let mut now = [sides[0].clone(), sides[1].clone(), channels, batch];
    let sized = |now: &[Side; 4]| -> Shape { now.iter().map(Side::text).collect() };
    let mut declarations = vec![
        Declaration { name: "X".to_owned(), shape: sized(&now), words: String::new() },
        Declaration { name: "s".to_owned(), shape: shape("1", "1"), words: "positive".to_owned() },
    ];
    let mut value = Expression::leaf("X", &sized(&now));
    let mut names = vec!["X".to_owned()];
    for step in 0..2 + g.below(4) {
        let mut next = now.clone();
        let (template, more): (String, Vec<Expression>) = match g.below(15) {
            0..=2 => {
                // A kernel with other channels.
                let outputs = if g.chance(2) { Text(format!("o{step}")) } else { Number(2) };
                let (Some(height), Some(width)) = (now[0].minus(1, 1), now[1].minus(1, 1)) else {
                    continue;
                };
                let kernel = format!("K{step}");
                let shape = vec!["2".to_owned(), "2".to_owned(), now[2].text(), outputs.text()];
                declarations.push(Declaration {
                    name: kernel.clone(),
                    shape: shape.clone(),
                    words: String::new(),
                });
                names.push(kernel.clone());
                next = [height, width, outputs, now[3].clone()];
                let leaf = Expression::leaf(kernel, &shape);
                match g.below(3) {
                    0 => {
                        next[0] = now[0].plus(1);
                        next[1] = now[1].plus(1);
                        ("conv2d({}, {}, 1, 1)".to_owned(), vec![leaf])
                    }
                    1 => ("conv2d({}, {})".to_owned(), vec![leaf]),
                    _ => ("correlate({}, {})".to_owned(), vec![leaf]),
                }
            }
            3 => {
                next[0] = now[0].plus(2);
                next[1] = now[1].plus(2);
                ("pad({}, 1)".to_owned(), Vec::new())
            }
            4 => {
                next[1] = now[1].plus(2);
                ("pad({}, 0, 1)".to_owned(), Vec::new())
            }
            5 => match (now[0].minus(2, 1), now[1].minus(2, 1)) {
                (Some(height), Some(width)) => {
                    (next[0], next[1]) = (height, width);
                    ("crop({}, 1)".to_owned(), Vec::new())
                }
                _ => continue,
            },
            6 => match (&now[0], &now[1]) {
                (Number(height), Number(width)) => {
                    (next[0], next[1]) = (Number(2 * height - 1), Number(2 * width - 1));
                    ("interleave({}, 2)".to_owned(), Vec::new())
                }
                _ => continue,
            },
            7 => match (&now[0], &now[1]) {
                (Number(height), Number(width)) if height % 2 + width % 2 == 2 => {
                    (next[0], next[1]) = (Number(height.div_ceil(2)), Number(width.div_ceil(2)));
                    ("subsample({}, 2)".to_owned(), Vec::new())
                }
                _ => continue,
            },
            8 => ("turn180({})".to_owned(), Vec::new()),
            9 => {
                next.swap(2, 3);
                ("swap({})".to_owned(), Vec::new())
            }
            10 | 11 => match (now[0].divided(2), now[1].divided(2)) {
                (Some(height), Some(width)) => {
                    (next[0], next[1]) = (height, width);
                    let name =
                        *g.pick(&["maxpool2d({}, 2)", "avgpool2d({}, 2)", "maxpool2d({}, 2, 2)"]);
                    (name.to_owned(), Vec::new())
                }
                _ => continue,
            },
            12 => {
                let bias = format!("b{step}");
                let shape = shape(&now[2].text(), "1");
                declarations.push(Declaration {
                    name: bias.clone(),
                    shape: shape.clone(),
                    words: String::new(),
                });
                names.push(bias.clone());
                ("channel_bias({}, {})".to_owned(), vec![Expression::leaf(bias, &shape)])
            }
            13 => {
                let name = *g.pick(&["tanh", "relu", "sigmoid", "exp", "gelu"]);
                (format!("{name}({{}}/2)"), Vec::new())
            }
            _ => {
                let like = value.clone();
                let template = *g.pick(&["({} + tanh({}))", "({} .* {})", "({} - {}/3)"]);
                (template.to_owned(), vec![like])
            }
        };
        let mut parts = vec![value];
        parts.extend(more);
        value = Expression::of(&sized(&next), template, parts);
        now = next;
    }
    let one = shape("1", "1");
    let entries = now.iter().map(Side::text).collect::<Vec<_>>();
    let flat = format!("({}*{}*{})", entries[0], entries[1], entries[2]);
    let formula = match g.below(6) {
        0 => Expression::of(&one, "norm2({})^2", vec![value]),
        1 => Expression::of(&one, "sum(tanh({}))", vec![value]),
        2 => Expression::of(&one, "norm2(channel_sums({}))^2", vec![value]),
        3 => Expression::of(&one, "norm2(flatten({}))^2", vec![value]),
        4 => {
            declarations.push(Declaration {
                name: "V".to_owned(),
                shape: shape(&flat, "p"),
                words: String::new(),
            });
            names.push("V".to_owned());
            Expression::of(&one, "norm2(flatten({})*V)^2", vec![value])
        }
        _ => {
            let template = format!("sum(exp(reshape({{}}, {flat}, {})/3))", entries[3]);
            Expression::of(&one, template, vec![value])
        }
    };
    let wrt = vec![g.pick(&names).clone()];
    let kind = if g.chance(6) { Kind::Differential } else { Kind::Gradient };
    Program { declarations, definitions: Vec::new(), formula, wrt, kind }
}
