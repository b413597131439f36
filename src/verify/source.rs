//! The text of the crate that compares emitted code with layer kernels, and the data it reads.

use std::fmt::Write as _;

use super::{By, Request};
use crate::emit::{Emitted, Precision, emit, fault, kernel_room};
use crate::evaluate::Point;
use crate::expression::{Id, Node, Property};
use crate::layer;
use crate::lower::{self, Input, Program};
use crate::shape::{Dimension, Name, Shape, Symbol, element_name};

/// Families of sizes that are compared are shorter.
const MOST_SIZES: i64 = 1_000;

/// Numbers that know how exact they can be; the kernel room of emitted code is without them.
const SCALED: &str = include_str!("../kernel/scaled.rs");
const SMOOTH: &str = include_str!("../kernel/smooth.rs");

/// One request, ready to be written.
pub(super) struct Model<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) program: Program,
    pub(super) points: Vec<Point<f64>>,
    /// The sizes of the program, then those that only the formula as it was written speaks of.
    sizes: Vec<Name>,
    /// The same of families of sizes.
    size_families: Vec<Name>,
}

impl<'a> Model<'a> {
    pub(super) fn new(request: &'a Request<'a>, program: Program, points: Vec<Point<f64>>) -> Self {
        let (sizes, families) = lower::sizes(request.store, &[request.formula]);
        let with = |known: &[Name], others: Vec<Name>| -> Vec<Name> {
            let others = others.into_iter().filter(|name| !known.contains(name));
            known.iter().cloned().chain(others).collect()
        };
        let sizes = with(&program.sizes, sizes);
        let size_families = with(&program.size_families, families);
        Self { request, program, points, sizes, size_families }
    }
}

/// The crate.
pub(super) fn text(models: &[Model<'_>]) -> String {
    let mut text = String::from("mod kernel {\n");
    text.push_str(&kernel_room());
    text.push_str("}\nuse kernel::{Dual, Real};\n\n");
    let _ = writeln!(text, "mod scaled {{\n{SCALED}}}\nuse scaled::{{Precision, Scaled}};\n");
    let smooth = SMOOTH.replace("super::real::", "crate::kernel::");
    let _ = writeln!(text, "mod smooth {{\n{smooth}}}\nuse smooth::smooth;\n");
    text.push_str(include_str!("harness.rs"));
    text.push('\n');
    text.push_str("mod loops {\nuse crate::kernel::Real;\n");
    text.push_str(layer::LOOPS);
    text.push_str("}\n");
    for (at, model) in models.iter().enumerate() {
        self::model(at, model, &mut text);
    }
    text.push_str(
        "\nfn main() {\n    let path = std::env::args().nth(1).expect(\"the data file\");\n    \
         let text = std::fs::read_to_string(path).expect(\"the data\");\n    \
         let mut data = Data { words: text.split_ascii_whitespace() };\n",
    );
    for at in 0..models.len() {
        let _ = writeln!(text, "    m{at}::run({at}, &mut data);");
    }
    text.push_str("}\n");
    text
}

/// Sizes and inputs of every model, in the order in which the crate reads them.
pub(super) fn data(models: &[Model<'_>]) -> String {
    let mut text = String::new();
    for model in models {
        let _ = writeln!(text, "{}", model.points.len());
        for point in &model.points {
            for name in &model.sizes {
                // Where a number is missing, the compiled program says so.
                let number = point.sizes.get(name).map_or_else(|| "?".to_owned(), i64::to_string);
                let _ = write!(text, "{number} ");
            }
            text.push('\n');
            for family in &model.size_families {
                let entries = family_of_sizes(family, point);
                let _ = write!(text, "{}", entries.len());
                for entry in entries {
                    let _ = write!(text, " {entry}");
                }
                text.push('\n');
            }
            for input in &model.program.inputs {
                let entries = entries(input, point);
                let _ = write!(text, "{}", entries.len());
                for entry in entries {
                    let _ = write!(text, " {entry:?}");
                }
                text.push('\n');
            }
        }
    }
    text
}

/// The sizes n[0], n[1], … as far as the point knows them.
fn family_of_sizes(family: &Name, point: &Point<f64>) -> Vec<i64> {
    let known = |at: i64| point.sizes.get(&element_name(family, &[at])).copied();
    let last = (0..MOST_SIZES).rev().find(|at| known(*at).is_some()).unwrap_or(0);
    (0..=last).map(|at| known(at).unwrap_or(1)).collect()
}

/// The entries of an input, those of a family one element after the other.
fn entries(input: &Input, point: &Point<f64>) -> Vec<f64> {
    let of = |name: &Name| point.values.get(name).map_or(&[][..], |value| &value.data);
    if input.ranges.is_empty() {
        return of(&input.name).to_vec();
    }
    let mut places: Vec<Vec<i64>> = vec![Vec::new()];
    for (depth, range) in input.ranges.iter().enumerate() {
        let longer = places.into_iter().flat_map(|place| {
            let number = |size: &Dimension| {
                let outer = |name: &Name| {
                    input.ranges[..depth].iter().position(|range| range.index == *name)
                };
                size.evaluate(&|name| match outer(name) {
                    Some(at) => Some(place[at]),
                    None => point.sizes.get(name).copied(),
                })
            };
            let (from, to) = (number(&range.from), number(&range.to));
            let values = from.zip(to).map(|(from, to)| from..=to);
            let next = values.into_iter().flatten();
            next.map(|value| [place.as_slice(), &[value]].concat()).collect::<Vec<_>>()
        });
        places = longer.collect();
    }
    places.iter().flat_map(|place| of(&element_name(&input.name, place)).to_vec()).collect()
}

fn model(at: usize, model: &Model<'_>, text: &mut String) {
    let Model { request, program, .. } = model;
    let double = emit(program, &request.document, Precision::Double);
    let single = emit(program, &request.document, Precision::Single);
    let _ = writeln!(
        text,
        "\nmod m{at} {{\nuse crate::{{Scaled, Precision, Data, Dual, Structure, Wrt, compare, exact, single}};"
    );
    let _ = writeln!(text, "mod f64_code {{\n{}}}", double.text);
    let _ = writeln!(text, "mod f32_code {{\n{}}}", single.text);
    text.push_str("mod layer {\nuse crate::kernel::{self, Real};\nuse crate::loops::*;\n");
    let sizes = layer::Sizes { numbers: &model.sizes, families: &model.size_families };
    let variables = variables(model);
    text.push_str(&layer::kernel(request.store, request.formula, sizes, &variables));
    text.push_str("}\n");
    run(model, &double, text);
    text.push_str("}\n");
}

fn run(model: &Model<'_>, emitted: &Emitted, text: &mut String) {
    let Model { request, program, .. } = model;
    let derivative = request.document.derivative;
    text.push_str("pub fn run(model: usize, data: &mut Data) {\n");
    text.push_str("    for _ in 0..data.count() {\n");
    let _ = writeln!(text, "        let sizes = data.counts({});", model.sizes.len());
    text.push_str("        let families: Vec<Vec<usize>> = vec![");
    model.size_families.iter().for_each(|_| text.push_str("data.sizes(), "));
    text.push_str("];\n        let inputs: Vec<Vec<f64>> = vec![");
    program.inputs.iter().for_each(|_| text.push_str("data.array(), "));
    for (_, id) in variables(model).iter().skip(program.inputs.len()) {
        // What is added to an element of a computed family.
        let entries = number(model, &request.store.shape(*id).entries(), &[]);
        let _ = write!(text, "vec![0.0; {entries} as usize], ");
    }
    text.push_str("];\n        let rounded = single(&inputs);\n");
    let _ = writeln!(text, "        let wrt: Vec<Wrt> = {};", wrt(model));
    text.push_str(
        "        let first = |x: &[Vec<Dual<Scaled>>]| layer::value(&sizes, &families, x);\n",
    );
    // What is not needed need not be compiled.
    let mut orders = request.derivatives.iter().map(|derivative| &derivative.by);
    text.push_str(if orders.any(|by| matches!(by, By::Two(..) | By::TwoAlong(..))) {
        "        let twice = |x: &[Vec<Dual<Dual<Scaled>>>]| layer::value(&sizes, &families, x);\n        \
         let second: Option<&dyn Fn(&[Vec<Dual<Dual<Scaled>>>]) -> Vec<Dual<Dual<Scaled>>>> = Some(&twice);\n"
    } else {
        "        let second = None;\n"
    });
    for (module, source, result) in
        [("f64_code", "inputs", "found"), ("f32_code", "rounded", "found_single")]
    {
        let _ = writeln!(text, "        let {result}: Vec<Vec<f64>> = {{");
        let numbers = emitted.sizes.iter().enumerate();
        let mut fields: Vec<String> =
            numbers.map(|(at, name)| format!("{name}: sizes[{at}]")).collect();
        let families = emitted.size_families.iter().enumerate();
        fields.extend(families.map(|(at, name)| format!("{name}: families[{at}].clone()")));
        let _ =
            writeln!(text, "            let sizes = {module}::Sizes {{ {} }};", fields.join(", "));
        let fields: Vec<String> = emitted
            .inputs
            .iter()
            .zip(&program.inputs)
            .enumerate()
            .map(|(at, (name, input))| {
                if input.is_number() {
                    format!("{name}: {source}[{at}][0]")
                } else {
                    format!("{name}: &{source}[{at}]")
                }
            })
            .collect();
        let _ = writeln!(
            text,
            "            let inputs = {module}::Inputs {{ {} }};",
            fields.join(", ")
        );
        let mut closures = String::new();
        for (which, order) in &emitted.functions {
            let _ = write!(
                closures,
                ", |x: {module}::Float| crate::smooth::<{which}, {order}, f64>(x as f64) as {module}::Float"
            );
        }
        // The second call finds the memory as the first one left it.
        let _ = writeln!(
            text,
            "            let mut workspace = {module}::Workspace::new(&sizes);\n            \
             let _ = {module}::value_and_{derivative}(&sizes, &inputs, &mut workspace{closures});\n            \
             let before = crate::allocations();\n            \
             let outputs = {module}::value_and_{derivative}(&sizes, &inputs, &mut workspace{closures});\n            \
             println!(\"{{model}} allocations {{}}\", crate::allocations() - before);"
        );
        let values: Vec<String> = emitted
            .outputs
            .iter()
            .zip(&program.outputs)
            .map(|(name, output)| {
                if output.is_number() {
                    format!("vec![outputs.{name} as f64]")
                } else {
                    format!("outputs.{name}.iter().map(|x| *x as f64).collect()")
                }
            })
            .collect();
        let _ = writeln!(text, "            vec![{}]\n        }};", values.join(", "));
    }
    text.push_str(
        "        let (inputs, rounded) = \
         (exact(&inputs, Precision::DOUBLE), exact(&rounded, Precision::SINGLE));\n        \
         let errors = compare(&found, &inputs, &wrt, &first, second);\n        \
         let errors_single = compare(&found_single, &rounded, &wrt, &first, second);\n        \
         for (at, (double, single)) in errors.iter().zip(&errors_single).enumerate() {\n            \
         println!(\"{model} {at} {double:?} {single:?}\");\n        }\n    }\n}\n",
    );
}

/// For each derivative what it is by: inputs with their rows and the directions in which they may move.
fn wrt(model: &Model<'_>) -> String {
    let list: Vec<String> = model
        .request
        .derivatives
        .iter()
        .map(|derivative| match &derivative.by {
            By::Variable(x) => format!("Wrt::First({})", input(model, *x)),
            By::Two(x, y) => format!("Wrt::Second({}, {})", input(model, *x), input(model, *y)),
            By::TwoAlong(x, (y, d)) => format!(
                "Wrt::SecondAlong({}, {}, {})",
                input(model, *x),
                place(model, *y),
                place(model, *d)
            ),
            By::Along(pairs) => {
                let pair =
                    |(x, d): &(Id, Id)| format!("({}, {})", place(model, *x), place(model, *d));
                let pairs: Vec<String> = pairs.iter().map(pair).collect();
                format!("Wrt::Along(vec![{}])", pairs.join(", "))
            }
        })
        .collect();
    format!("vec![{}]", list.join(", "))
}

fn place(model: &Model<'_>, variable: Id) -> String {
    let place = variables(model).iter().position(|(_, id)| *id == variable);
    place.map_or_else(|| fault("what a derivative is by is no input"), |place| place.to_string())
}

/// The inputs, then the elements that something is a derivative by.
fn variables(model: &Model<'_>) -> Vec<(Name, Id)> {
    let store = model.request.store;
    let mut variables = model.request.variables.clone();
    for input in model.program.inputs.iter().skip(variables.len()) {
        variables.extend(store.find_variable(&input.name).map(|id| (input.name.clone(), id)));
    }
    for derivative in &model.request.derivatives {
        let by = match &derivative.by {
            By::Variable(x) | By::TwoAlong(x, _) => vec![*x],
            By::Two(x, y) => vec![*x, *y],
            By::Along(_) => Vec::new(),
        };
        for id in by {
            if let (Node::Element(..), false) =
                (store.node(id), variables.iter().any(|(_, known)| *known == id))
            {
                variables.push((Name::from(""), id));
            }
        }
    }
    variables
}

/// An input's place, rows and entries of its elements where it has a structure, and the structure.
fn input(model: &Model<'_>, variable: Id) -> String {
    let store = model.request.store;
    let facts = store.properties(variable);
    let structure = [
        (Property::Diagonal, "Diagonal"),
        (Property::Symmetric, "Symmetric"),
        (Property::Lower, "Lower"),
        (Property::Upper, "Upper"),
    ]
    .into_iter()
    .find(|(fact, _)| facts.has(*fact))
    .map_or("Free", |(_, name)| name);
    let free = structure == "Free";
    let blocks = match store.family(variable) {
        _ if free => "vec![]".to_owned(),
        None => block(model, store.shape(variable), &[]),
        Some(family) => {
            let ranges = family.ranges();
            let names: Vec<Name> = ranges.iter().map(|range| range.index.clone()).collect();
            let each = block(model, &family.shape, &names);
            ranges.iter().enumerate().rev().fold(each, |each, (at, range)| {
                let [from, to] =
                    [&range.from, &range.to].map(|end| number(model, end, &names[..at]));
                format!("({from}..={to}).flat_map(|k{at}: i64| {each}).collect::<Vec<_>>()")
            })
        }
    };
    format!("({}, {blocks}, Structure::{structure})", place(model, variable))
}

/// Rows and entries of a value.
fn block(model: &Model<'_>, shape: &Shape, indices: &[Name]) -> String {
    let size = |size: &Dimension| format!("{} as usize", number(model, size, indices));
    format!("vec![({}, {})]", size(&shape.rows()), size(&shape.entries()))
}

/// A size as an `i64`; the indices are called k0, k1, ….
fn number(model: &Model<'_>, size: &Dimension, indices: &[Name]) -> String {
    let place = |names: &[Name], name: &Name| names.iter().position(|known| known == name);
    let unknown = |name: &Name| fault(&format!("the size {name} is unknown"));
    let symbol = |symbol: &Symbol| match symbol {
        Symbol::Name(name) => match place(indices, name) {
            Some(at) => format!("k{at}"),
            None => place(&model.sizes, name)
                .map_or_else(|| unknown(name), |at| format!("(sizes[{at}] as i64)")),
        },
        Symbol::Element(family, at) => {
            let at = number(model, at, indices);
            place(&model.size_families, family).map_or_else(
                || unknown(family),
                |place| format!("(families[{place}][{at} as usize] as i64)"),
            )
        }
        Symbol::Quotient(a, b) => {
            format!("({} / {})", number(model, a, indices), number(model, b, indices))
        }
    };
    let terms: Vec<String> = size
        .terms()
        .map(|(coefficient, symbols)| {
            let mut factors = vec![format!("({coefficient}_i64)")];
            factors.extend(symbols.iter().map(symbol));
            factors.join(" * ")
        })
        .collect();
    if terms.is_empty() { "0_i64".to_owned() } else { format!("({})", terms.join(" + ")) }
}
