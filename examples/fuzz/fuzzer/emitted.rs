//! Emitted Rust, many programs in one crate: compiled, run, and compared with the judge's values. What a field is called and what it holds
//! is read off the emitted text, as a user reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use gradus::evaluate::Random;
use gradus::render::Notation;
use gradus::session::{Layout, Precision, Session};

use super::judge::compare::{Point, RESULT, Written, compared, worlds};
use super::judge::{Outcome, query};
use super::naive::Naive;
use super::naive::array::Array;
use super::naive::source::Source;
use super::naive::world::World;
use super::program::Question;

/// Points at which a program is run.
const POINTS: usize = 2;

/// A program's code with what it is given and what it should give.
pub(crate) struct Model {
    text: String,
    function: String,
    points: Vec<Run>,
}

/// One call of the code.
struct Run {
    sizes: Vec<String>,
    inputs: Vec<String>,
    /// The fields of the results with what is expected in them and how large the numbers on the way are.
    outputs: Vec<(Field, Vec<f64>, f64)>,
}

/// A field of an emitted struct.
#[derive(Clone, Debug)]
struct Field {
    identifier: String,
    /// As documented: `x`, `gradient_W`.
    name: String,
    /// First and last index of a family.
    range: Option<(String, String)>,
    is_number: bool,
}

/// The model of a question whose answer was found right; none where it has no code of this kind.
pub(crate) fn model(question: &Question) -> Option<Model> {
    let answer = Session::new().ask(&query(question)).ok()?;
    if answer.derivatives.iter().any(|one| one.layout == Layout::LinearMap) {
        return None;
    }
    let text = answer.code(Precision::Double).text;
    let written = Written::of(&answer, Notation::Ascii);
    let preamble = question.preamble();
    let original = Source::read(&format!("{preamble}{}", question.formula)).ok()?;
    let results: Vec<Source> = written
        .derivatives
        .iter()
        .map(|text| Source::read(&format!("{preamble}{text}")).ok())
        .collect::<Option<_>>()?;
    let (sizes, inputs, outputs) =
        (fields(&text, "Sizes"), fields(&text, "Inputs"), fields(&text, "Outputs"));
    let skipped = answer.gradients.len();
    let mut points = Vec::new();
    for (world, _) in worlds(&original, question.seed ^ 0xe417) {
        let Some(expected) = expected(&original, &results, &world, &outputs, skipped) else {
            continue;
        };
        let given = inputs.iter().map(|field| {
            let data = entries(&world, field)?;
            Some(match (field.is_number, data.as_slice()) {
                (true, [only]) => format!("{}: {only:?}_f64", field.identifier),
                _ => format!("{}: &{data:?}", field.identifier),
            })
        });
        let Some(inputs) = given.collect::<Option<Vec<_>>>() else { continue };
        let sizes = sizes.iter().map(|field| size(&world, field)).collect();
        points.push(Run { sizes, inputs, outputs: expected });
        if points.len() == POINTS {
            break;
        }
    }
    let function = text.split("pub fn value_and_").nth(1)?.split(['<', '(']).next()?.to_owned();
    (!points.is_empty()).then_some(Model { text, function, points })
}

/// The fields of a struct with the comment above each.
fn fields(text: &str, name: &str) -> Vec<Field> {
    let start = format!("pub struct {name}");
    let Some((_, body)) = text.split_once(&start) else { return Vec::new() };
    let body = body.split('}').next().unwrap_or_default();
    let mut found = Vec::new();
    let mut comment = "";
    for line in body.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            comment = words;
        } else if let Some((identifier, kind)) =
            line.strip_prefix("pub ").and_then(|line| line.split_once(": "))
        {
            let name = comment.split([':', '[', ',']).next().unwrap_or_default();
            let range = comment.split_once(" in ").and_then(|(_, range)| {
                let (from, to) = range.split(',').next()?.split_once("..")?;
                Some((from.to_owned(), to.to_owned()))
            });
            found.push(Field {
                identifier: identifier.to_owned(),
                name: name.to_owned(),
                range,
                is_number: !kind.contains('['),
            });
        }
    }
    found
}

fn size(world: &World, field: &Field) -> String {
    match world.sizes.get(&field.name) {
        Some(size) => format!("{}: {size}", field.identifier),
        None => {
            let each = (0..8).map(|at| world.sizes.get(&format!("{}[{at}]", field.name)));
            let each: Vec<String> = each.map_while(|size| size.map(ToString::to_string)).collect();
            format!("{}: vec![{}]", field.identifier, each.join(", "))
        }
    }
}

fn places(world: &World, range: &(String, String)) -> Option<Vec<i64>> {
    let end = |text: &str| -> Option<i64> {
        let program = Source::read(text).ok()?;
        let value = Naive::new(&program, world).evaluate(
            *program.expressions().last()?,
            BTreeMap::new(),
            0,
        );
        #[allow(clippy::cast_possible_truncation)]
        Some(value.ok()?.data[0].value().round() as i64)
    };
    Some((end(&range.0)?..=end(&range.1)?).collect())
}

/// The entries of an input, those of a family one element after the other.
fn entries(world: &World, field: &Field) -> Option<Vec<f64>> {
    let of = |name: &str| -> Option<Vec<f64>> { world.values.get(name).map(reals) };
    match &field.range {
        None => of(&field.name),
        Some(range) => {
            let each = places(world, range)?.into_iter();
            let each = each.map(|at| of(&format!("{}[{at}]", field.name)));
            Some(each.collect::<Option<Vec<_>>>()?.concat())
        }
    }
}

fn reals(array: &Array) -> Vec<f64> {
    array.data.iter().map(|x| x.value()).collect()
}

/// What the fields of the results should hold; none at a point that tells nothing.
fn expected(
    original: &Source,
    results: &[Source],
    world: &World,
    outputs: &[Field],
    skipped: usize,
) -> Option<Vec<(Field, Vec<f64>, f64)>> {
    let naive = Naive::new(original, world);
    let value = naive.evaluate(*original.expressions().last()?, BTreeMap::new(), 0).ok()?;
    let mut found = vec![(outputs.first()?.clone(), reals(&value), naive.notes.magnitude.get())];
    for (field, source) in outputs.get(1 + skipped..)?.iter().zip(results) {
        let naive = Naive::new(source, world);
        let data = match &field.range {
            None => reals(&naive.named(RESULT).ok()?),
            Some(range) => {
                let each = places(world, range)?.into_iter();
                let each =
                    each.map(|at| Some(reals(&naive.named(&format!("{RESULT}[{at}]")).ok()?)));
                each.collect::<Option<Vec<_>>>()?.concat()
            }
        };
        if naive.notes.kink.get() {
            return None;
        }
        found.push((field.clone(), data, naive.notes.magnitude.get()));
    }
    let tells = |(_, data, magnitude): &(Field, Vec<f64>, f64)| {
        *magnitude < 1e5 && data.iter().all(|x| x.is_finite())
    };
    (!naive.notes.kink.get() && found.iter().all(tells)).then_some(found)
}

/// The crate that runs all models and prints what comes out.
fn crate_text(models: &[&Model]) -> String {
    let mut text = String::from("#![allow(warnings)]\n");
    for (at, model) in models.iter().enumerate() {
        let _ = writeln!(text, "mod m{at} {{\n{}", model.text);
        for (number, run) in model.points.iter().enumerate() {
            let outputs: String = run
                .outputs
                .iter()
                .map(|(field, ..)| {
                    if field.is_number {
                        format!("println!(\"{at} {number} {{:?}}\", outputs.{});", field.identifier)
                    } else {
                        format!(
                            "print!(\"{at} {number}\"); for x in outputs.{} {{ print!(\" {{x:?}}\"); }} println!();",
                            field.identifier
                        )
                    }
                })
                .collect();
            let _ = writeln!(
                text,
                "pub fn run{number}() {{ let sizes = Sizes {{ {} }}; let inputs = Inputs {{ {} }}; \
                 let mut workspace = Workspace::new(&sizes); \
                 let _ = value_and_{function}(&sizes, &inputs, &mut workspace); \
                 let outputs = value_and_{function}(&sizes, &inputs, &mut workspace); {outputs} }}",
                run.sizes.join(", "),
                run.inputs.join(", "),
                function = model.function,
            );
        }
        text.push_str("}\n");
    }
    text.push_str("fn main() {\n    std::panic::set_hook(Box::new(|_| {}));\n");
    for (at, model) in models.iter().enumerate() {
        for number in 0..model.points.len() {
            let _ = writeln!(
                text,
                "    if std::panic::catch_unwind(m{at}::run{number}).is_err() {{ println!(\"{at} {number} panic\"); }}"
            );
        }
    }
    text.push_str("}\n");
    text
}

/// Compiles and runs the models; where they do not compile together, in halves. An outcome for each.
pub(crate) fn judge(models: &[&Model], folder: &Path) -> Result<Vec<Outcome>, String> {
    let [_, ..] = models else { return Ok(Vec::new()) };
    let (source, program) = (folder.join("emitted.rs"), folder.join("emitted"));
    std::fs::write(&source, crate_text(models)).map_err(|error| error.to_string())?;
    let compiled = Command::new("rustc")
        .args(["--edition", "2021", "--crate-name", "emitted", "-C", "opt-level=0", "-o"])
        .args([&program, &source])
        .output()
        .map_err(|error| format!("no compiler: {error}"))?;
    if !compiled.status.success() {
        if let [_] = models {
            let text = String::from_utf8_lossy(&compiled.stderr);
            let first: Vec<&str> = text.lines().take(12).collect();
            return Ok(vec![Outcome::fault("emitted code does not compile", first.join("\n"))]);
        }
        let (left, right) = models.split_at(models.len() / 2);
        let mut outcomes = judge(left, folder)?;
        outcomes.extend(judge(right, folder)?);
        return Ok(outcomes);
    }
    let ran = Command::new(&program).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    Ok(models.iter().enumerate().map(|(at, model)| outcome(at, model, &text)).collect())
}

fn outcome(at: usize, model: &Model, text: &str) -> Outcome {
    for (number, run) in model.points.iter().enumerate() {
        let prefix = format!("{at} {number}");
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .filter(|words| words.len() > 1 && words[..2].join(" ") == prefix)
            .collect();
        if lines.iter().any(|words| words.get(2) == Some(&"panic")) {
            return Outcome::fault("emitted code panics", run.sizes.join(", "));
        }
        if lines.len() != run.outputs.len() {
            return Outcome::fault("emitted code stops", run.sizes.join(", "));
        }
        for (words, (field, expected, magnitude)) in lines.iter().zip(&run.outputs) {
            let found: Vec<f64> =
                words[2..].iter().map(|word| word.parse().unwrap_or(f64::NAN)).collect();
            if let Point::Wrong(example) = compared(expected, &found, *magnitude) {
                let detail = format!("{}: {example} at {}", field.name, run.sizes.join(", "));
                return Outcome::fault("emitted code is wrong", detail);
            }
        }
    }
    Outcome::Right
}

/// A folder for one run, with a name that no other run has.
pub(crate) fn folder(seed: u64) -> std::io::Result<std::path::PathBuf> {
    let tag = Random::new(seed ^ u64::from(std::process::id())).bits();
    let path = std::env::temp_dir().join(format!("gradus-fuzz-{tag:016x}"));
    std::fs::create_dir_all(&path)?;
    Ok(path)
}
