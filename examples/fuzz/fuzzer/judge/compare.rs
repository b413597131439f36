//! Derivatives against the derivative of the value that was written, at random points.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gradus::evaluate::Random;
use gradus::expression::Id;
use gradus::render::{self, Document, Notation};
use gradus::session::{Answer, Derivative, Layout, Note};
use gradus::syntax::ast::ExprId;

use super::Outcome;
use crate::fuzzer::naive::array::Array;
use crate::fuzzer::naive::number::Jet;
use crate::fuzzer::naive::source::Source;
use crate::fuzzer::naive::world::{World, draw_sizes};
use crate::fuzzer::naive::{Naive, Notes, ONE_ROW};
use crate::fuzzer::program::{Kind, Question};

/// Points that decide, and points that are tried for them.
const DECIDING: usize = 3;
const TRIED: u64 = 14;
/// Intermediate values above this tell nothing.
const LARGEST: f64 = 1e6;
/// What the answer is called in the program that evaluates it.
pub(crate) const RESULT: &str = "result_";

/// The derivatives of an answer as programs.
pub(crate) struct Written {
    value: String,
    pub(crate) derivatives: Vec<String>,
    /// The linear maps that stand beside matrices.
    maps: Vec<Option<String>>,
}

impl Written {
    pub(crate) fn of(answer: &Answer, notation: Notation) -> Self {
        let options = answer.options();
        let roots: Vec<Id> = answer.derivatives.iter().map(|derivative| derivative.id).collect();
        let formulas = answer.written(notation);
        // What stands below one derivative may be named by the next.
        let bindings: Vec<String> = formulas
            .iter()
            .flat_map(|formula| &formula.bindings)
            .map(|binding| format!("{} = {}\n", binding.name, binding.text))
            .collect();
        let derivatives = roots
            .iter()
            .zip(&formulas)
            .map(|(root, formula)| {
                let mut text = bindings.concat();
                match answer.store.family(*root) {
                    // The pieces of a family, each with the indices for which it stands.
                    Some(family) => {
                        let document = Document::new(&answer.store, &roots, &options);
                        for piece in &family.pieces {
                            let body = document.text(piece.body, notation);
                            let (from, to) = (&piece.from, &piece.to);
                            let _ = if piece.is_single() {
                                writeln!(text, "{RESULT}[{from}] = {body}")
                            } else {
                                let index = &family.index;
                                writeln!(
                                    text,
                                    "{RESULT}[{index}] = {body} for {index} in {from}..{to}"
                                )
                            };
                        }
                    }
                    None => {
                        let _ = writeln!(text, "{RESULT} = {}", formula.text);
                    }
                }
                text
            })
            .collect();
        let program = |formula: render::Formula| {
            let lines = formula.bindings.iter();
            let lines = lines.map(|binding| format!("{} = {}\n", binding.name, binding.text));
            lines.collect::<String>() + &format!("{RESULT} = {}\n", formula.text)
        };
        Self {
            value: program(answer.written_value(notation)),
            derivatives,
            maps: answer
                .derivatives
                .iter()
                .map(|derivative| answer.written_differential(derivative, notation).map(program))
                .collect(),
        }
    }
}

/// What a comparison at one point came to.
#[derive(Clone, Debug)]
pub(crate) enum Point {
    Right,
    Wrong(String),
    Unclear(&'static str),
}

/// Compares two numbers with what rounding can do.
pub(crate) fn compared(expected: &[f64], found: &[f64], magnitude: f64) -> Point {
    if expected.len() != found.len() {
        return Point::Wrong(format!("{} entries, not {}", found.len(), expected.len()));
    }
    if expected.iter().any(|x| !x.is_finite()) {
        return Point::Unclear("no finite value");
    }
    let size = expected.iter().chain(found).fold(0.0_f64, |size, x| size.max(x.abs()));
    let mut unclear = false;
    for (expected, found) in expected.iter().zip(found) {
        let difference = (expected - found).abs();
        if !found.is_finite() || difference > 1e-5 * size + 1e-9 * magnitude {
            return Point::Wrong(format!("expected {expected:.9}, got {found:.9}"));
        }
        unclear |= difference > 1e-9 * size + 1e-12 * magnitude.max(1.0) * 100.0;
    }
    if unclear { Point::Unclear("neither near nor far") } else { Point::Right }
}

/// Points that count, and what was found wrong at some of them.
#[derive(Default)]
pub(super) struct Tally {
    right: usize,
    wrong: usize,
    example: String,
    unclear: BTreeMap<&'static str, usize>,
}

impl Tally {
    pub(super) fn add(&mut self, point: Point, sizes: &BTreeMap<String, i64>) {
        match point {
            Point::Right => self.right += 1,
            Point::Wrong(example) => {
                self.wrong += 1;
                if self.wrong == 1 {
                    let sizes: Vec<String> =
                        sizes.iter().map(|(name, size)| format!("{name} = {size}")).collect();
                    self.example = format!("{example} (at {})", sizes.join(", "));
                }
            }
            Point::Unclear(reason) => *self.unclear.entry(reason).or_default() += 1,
        }
    }

    pub(super) fn decided(&self) -> usize {
        self.right + self.wrong
    }

    /// A wrong answer is wrong at nearly all points.
    pub(super) fn outcome(self, kind: &str) -> Outcome {
        match (self.right, self.wrong) {
            (0, 0) => {
                let most = self.unclear.into_iter().max_by_key(|(_, count)| *count);
                Outcome::Undecided(most.map_or("no point", |(reason, _)| reason).to_owned())
            }
            (_, 0) => Outcome::Right,
            (right, wrong) if wrong >= 3 * right => Outcome::fault(kind, self.example),
            (right, wrong) => Outcome::fault(
                &format!("{kind} at some points"),
                format!("{} ({wrong} of {})", self.example, right + wrong),
            ),
        }
    }
}

/// Worlds of random sizes and values for a program, with their generators.
pub(crate) fn worlds(source: &Source, seed: u64) -> impl Iterator<Item = (World, Random)> + '_ {
    (0..TRIED).filter_map(move |at| {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(at));
        let sizes = draw_sizes(source, &mut random);
        World::draw(source, sizes, &mut random).map(|world| (world, random))
    })
}

/// A parsed answer.
struct Programs {
    original: Source,
    /// What was asked.
    root: ExprId,
    value: Source,
    derivatives: Vec<Source>,
    maps: Vec<Option<Source>>,
    /// Of each derivative, where it is said to hold.
    conditions: Vec<Vec<Condition>>,
}

/// Where a note says that a derivative holds.
enum Condition {
    /// From this length on.
    Length(String, i64),
    /// Where this is invertible.
    Invertible(Source),
}

impl Condition {
    /// The conditions of a derivative, read off its notes.
    fn all(derivative: &Derivative, preamble: &str) -> Result<Vec<Self>, String> {
        let mut found = Vec::new();
        for note in &derivative.notes {
            match note {
                Note::Length(size, least) => found.push(Self::Length(size.clone(), *least)),
                Note::Invertible(text) => {
                    found.push(Self::Invertible(Source::read(&format!("{preamble}{text}"))?));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether it clearly holds in this world.
    fn holds(&self, world: &World) -> bool {
        match self {
            Self::Length(size, least) => world.sizes.get(size).is_some_and(|size| size >= least),
            Self::Invertible(source) => {
                let root = source.expressions().last().copied();
                let naive = Naive::new(source, world);
                let value = root.map(|root| naive.evaluate(root, BTreeMap::new(), 0));
                value.is_some_and(|value| {
                    value.is_ok_and(|value| value.is_singular() == Some(false))
                })
            }
        }
    }
}

pub(crate) fn judge(
    question: &Question,
    answer: &Answer,
    written: &Written,
) -> Result<Outcome, Outcome> {
    let unreadable = |error: String| Outcome::fault("not read back", error);
    let preamble = question.preamble() + &directions(answer);
    let original = Source::read(&format!("{preamble}{}", question.formula))
        .map_err(|error| Outcome::fault("judge", error))?;
    let Some(root) = original.expressions().last().copied() else {
        return Ok(Outcome::Undecided("a formula that asks by itself".to_owned()));
    };
    let read = |text: &String| Source::read(&format!("{preamble}{text}")).map_err(unreadable);
    let conditions = answer.derivatives.iter().map(|one| Condition::all(one, &preamble));
    let programs = Programs {
        conditions: conditions.collect::<Result<_, _>>().map_err(unreadable)?,
        original,
        root,
        value: read(&written.value)?,
        derivatives: written.derivatives.iter().map(read).collect::<Result<_, _>>()?,
        maps: written
            .maps
            .iter()
            .map(|map| map.as_ref().map(read).transpose())
            .collect::<Result<_, _>>()?,
    };
    let mut tally = Tally::default();
    let mut value_tally = Tally::default();
    for (mut world, mut random) in worlds(&programs.original, question.seed) {
        let point =
            at_point(question, answer, &programs, &mut world, &mut random, &mut value_tally);
        let point = match point {
            Err(error) if error.contains(ONE_ROW) => Ok(Point::Unclear(ONE_ROW)),
            point => point,
        };
        let point = point.map_err(|error| {
            Outcome::fault(
                "not evaluated",
                format!("{error} in {}", written.derivatives.join("; ")),
            )
        })?;
        tally.add(point, &world.sizes);
        if tally.decided() >= DECIDING {
            break;
        }
    }
    match value_tally.outcome("wrong value") {
        fault @ Outcome::Fault(..) => Err(fault),
        _ => match tally.outcome("wrong derivative") {
            Outcome::Fault(kind, detail) => Err(Outcome::Fault(
                kind,
                format!("{detail}: {}", written.derivatives.join("; ").trim()),
            )),
            outcome => Ok(outcome),
        },
    }
}

/// Declarations of the directions of linear maps.
fn directions(answer: &Answer) -> String {
    let mut text = String::new();
    for (variable, direction) in answer.derivatives.iter().flat_map(|one| &one.along) {
        let name = |id: Id| name(answer, id);
        let shape = render::shape(answer.store.shape(*variable), Notation::Ascii);
        let line = format!("{}: {shape}\n", name(*direction));
        if !text.contains(&line) {
            text.push_str(&line);
        }
    }
    text
}

/// A variable as answers write it.
fn name(answer: &Answer, id: Id) -> String {
    Document::new(&answer.store, &[id], &answer.options()).text(id, Notation::Ascii)
}

/// Compares everything at one point; an error is an answer that cannot be evaluated.
fn at_point(
    question: &Question,
    answer: &Answer,
    programs: &Programs,
    world: &mut World,
    random: &mut Random,
    values: &mut Tally,
) -> Result<Point, String> {
    let root = programs.root;
    let name = |id: Id| name(answer, id);
    let mut alongs: Vec<Directions> = Vec::new();
    for derivative in &answer.derivatives {
        let mut along = Directions::new();
        for (variable, direction) in &derivative.along {
            // Directions keep what is declared of their variables.
            let step = match world.values.get(&name(*direction)) {
                Some(known)
                    if alongs.iter().flatten().any(|(moving, _)| *moving == name(*variable)) =>
                {
                    known.clone()
                }
                _ => world.direction(&name(*variable), random)?,
            };
            world.values.insert(name(*direction), step.clone());
            along.push((name(*variable), step));
        }
        alongs.push(along);
    }
    let plain = Naive::new(&programs.original, world);
    // Sizes that do not fit, windows larger than images: another point.
    let Ok(value) = plain.evaluate(root, BTreeMap::new(), 0) else {
        return Ok(Point::Unclear("sizes that do not fit"));
    };
    if !value.is_finite() || plain.notes.magnitude.get() > LARGEST {
        return Ok(Point::Unclear("no moderate value"));
    }
    let found = named(&programs.value, world, RESULT)?;
    if !plain.notes.kink.get() {
        let magnitude = plain.notes.magnitude.get();
        let mut point = compared(&reals(&value), &reals(&found.0), magnitude);
        if let Point::Wrong(_) = point
            && jumps(&programs.original, root, world, &value)
        {
            point = Point::Unclear("rounding errors");
        }
        values.add(point, &world.sizes);
    }
    let mut unclear = None;
    for (at, derivative) in answer.derivatives.iter().enumerate() {
        if !programs.conditions[at].iter().all(|condition| condition.holds(world)) {
            unclear = Some("where the answer says that it does not hold");
            continue;
        }
        let along = &alongs[at];
        let judged = Judged { question, programs, world, derivative, root, at, along };
        match judged.compare(&value, random)? {
            Point::Right => {}
            Point::Unclear(reason) => unclear = Some(reason),
            wrong @ Point::Wrong(_) => return Ok(wrong),
        }
    }
    Ok(unclear.map_or(Point::Right, Point::Unclear))
}

/// Whether a value changes by more than its variables do, or with what is rounded: what rounding leaves of 1 − sigmoid(30) goes in
/// steps.
fn jumps(source: &Source, root: ExprId, world: &World, value: &Array) -> bool {
    let mut near = world.clone();
    for x in near.values.values_mut().flat_map(|value| &mut value.data) {
        x.0[0] *= 1.0 + 1e-9;
    }
    let size = value.magnitude().max(1e-6);
    let far = |(x, y): (&Jet, &Jet)| (x.value() - y.value()).abs() > 1e-6 * size;
    [Naive::new(source, &near), Naive::rough(source, world)].into_iter().any(|naive| {
        let there = naive.evaluate(root, BTreeMap::new(), 0);
        there.is_ok_and(|there| value.data.iter().zip(&there.data).any(far))
    })
}

fn named(source: &Source, world: &World, name: &str) -> Result<(Array, f64), String> {
    let naive = Naive::new(source, world);
    let value = naive.named(name)?;
    Ok((value, naive.notes.magnitude.get()))
}

fn reals(array: &Array) -> Vec<f64> {
    array.data.iter().map(|x| x.value()).collect()
}

struct Judged<'a> {
    question: &'a Question,
    programs: &'a Programs,
    world: &'a World,
    derivative: &'a Derivative,
    root: ExprId,
    at: usize,
    /// The directions that linear maps are written with.
    along: &'a Directions,
}

/// Variables, or elements of a family, with the directions in which they move.
type Directions = Vec<(String, Array)>;

impl Judged<'_> {
    fn directions(&self, variable: &str, random: &mut Random) -> Result<Directions, String> {
        let prefix = format!("{variable}[");
        let is_family = !self.world.values.contains_key(variable);
        let moving = self
            .world
            .values
            .keys()
            .filter(|name| **name == *variable || is_family && name.starts_with(&prefix));
        moving.map(|name| Ok((name.clone(), self.world.direction(name, random)?))).collect()
    }

    /// The value with variables moving: the first list along the first direction, the second along the second.
    fn moved(&self, lists: &[&Directions]) -> Result<(Array, Notes), String> {
        let mut moved: BTreeMap<String, Array> = BTreeMap::new();
        for (along, list) in lists.iter().enumerate() {
            for (name, direction) in *list {
                let value = moved.get(name).unwrap_or(&self.world.values[name]);
                let mut value = value.clone();
                for (x, d) in value.data.iter_mut().zip(&direction.data) {
                    *x = x.moved(along, d.value());
                }
                moved.insert(name.clone(), value);
            }
        }
        let naive = Naive::new(&self.programs.original, self.world);
        let value = naive.evaluate(self.root, moved, lists.len())?;
        Ok((value, naive.notes))
    }

    fn compare(&self, value: &Array, random: &mut Random) -> Result<Point, String> {
        let source = &self.programs.derivatives[self.at];
        let variable = &*self.derivative.variable;
        let mut point = Point::Right;
        for _ in 0..2 {
            let linear = self.derivative.layout == Layout::LinearMap;
            let (mut first, mut second) = (self.directions(variable, random)?, None);
            if let Some((name, _)) = &self.derivative.second {
                second =
                    Some(if linear { self.along.clone() } else { self.directions(name, random)? });
            } else if linear {
                first.clone_from(self.along);
            }
            let lists: Vec<&Directions> = std::iter::once(&first).chain(&second).collect();
            let Ok((moved, notes)) = self.moved(&lists) else {
                return Ok(Point::Unclear("no derivative"));
            };
            let magnitude = notes.magnitude.get();
            if notes.kink.get() || magnitude > LARGEST {
                return Ok(Point::Unclear(if notes.kink.get() {
                    "a kink"
                } else {
                    "ill conditioned"
                }));
            }
            let mask = if second.is_some() { 3 } else { 1 };
            let expected: Vec<f64> = moved.data.iter().map(|x| x.0[mask]).collect();
            let (found, own) = self.predicted(source, value, &first, second.as_ref())?;
            let magnitude = magnitude.max(own);
            if notes.zero_norm.get() && found.iter().any(|x| x.is_nan()) {
                return Ok(Point::Unclear("a norm of zeros"));
            }
            if magnitude > LARGEST && magnitude.is_finite() {
                return Ok(Point::Unclear("ill conditioned"));
            }
            let mut now = compared(&expected, &found, magnitude);
            if let (Point::Right, Some(Some(map))) = (&now, self.programs.maps.get(self.at)) {
                now = self.compare_map(map)?.unwrap_or(now);
            }
            if let Point::Wrong(_) = now
                && jumps(&self.programs.original, self.root, self.world, value)
            {
                return Ok(Point::Unclear("rounding errors"));
            }
            if let Point::Wrong(_) = now
                && let Some(reason) = self.unsteady(&first, second.as_ref(), &moved, mask)?
            {
                return Ok(Point::Unclear(reason));
            }
            match now {
                Point::Right => {}
                other => point = other,
            }
            if matches!(point, Point::Wrong(_)) {
                break;
            }
        }
        Ok(point)
    }

    /// The linear map beside a matrix, along the direction that the variable of `dX` has in this world.
    fn compare_map(&self, map: &Source) -> Result<Option<Point>, String> {
        if self.question.kind != Kind::Jacobian || self.along.is_empty() {
            return Ok(None);
        }
        let Ok((moved, notes)) = self.moved(&[self.along]) else { return Ok(None) };
        let expected: Vec<f64> = moved.data.iter().map(|x| x.0[1]).collect();
        let (found, own) = named(map, self.world, RESULT)?;
        let magnitude = notes.magnitude.get().max(own);
        Ok(Some(compared(&expected, &reals(&found), magnitude)))
    }

    /// What the answer says of these directions.
    fn predicted(
        &self,
        source: &Source,
        value: &Array,
        first: &Directions,
        second: Option<&Directions>,
    ) -> Result<(Vec<f64>, f64), String> {
        let naive = Naive::new(source, self.world);
        let inner = |g: &Array, d: &Array| -> Result<f64, String> {
            if g.data.len() != d.data.len() {
                return Err(format!(
                    "a derivative with {} entries for {}",
                    g.data.len(),
                    d.data.len()
                ));
            }
            Ok(g.data.iter().zip(&d.data).map(|(g, d)| g.value() * d.value()).sum())
        };
        let linear = self.derivative.layout == Layout::LinearMap;
        if linear && second.is_none() {
            let (value, magnitude) = named(source, self.world, RESULT)?;
            return Ok((reals(&value), magnitude));
        }
        if source.definitions.get(RESULT).is_some_and(|pieces| pieces[0].index.is_some()) {
            // A family: elements without a formula do not count.
            let mut sum = 0.0;
            for (name, direction) in first {
                let place = name.split_once('[').map_or("", |(_, place)| place);
                match naive.named(&format!("{RESULT}[{place}")) {
                    Ok(g) => sum += inner(&g, direction)?,
                    Err(error) if error.starts_with(&format!("{RESULT}[{place} has no value")) => {}
                    Err(error) => return Err(error),
                }
            }
            return Ok((vec![sum], naive.notes.magnitude.get()));
        }
        let found = naive.named(RESULT)?;
        let magnitude = naive.notes.magnitude.get();
        let [(_, e), rest @ ..] = first.as_slice() else { return Ok((vec![0.0], magnitude)) };
        if !rest.is_empty() {
            // One formula for all elements of a family: their sizes agree.
            let each: Result<Vec<f64>, String> =
                first.iter().map(|(_, d)| inner(&found, d)).collect();
            return Ok((vec![each?.iter().sum()], magnitude));
        }
        let found = match (self.question.kind, second) {
            (Kind::Hessian, Some(_)) if linear => vec![inner(&found, e)?],
            (Kind::Hessian, Some(second)) => {
                let d = &second[0].1;
                let (rows, columns) = (e.data.len(), d.data.len());
                if found.data.len() != rows * columns {
                    return Err(format!("a Hessian with {} entries", found.data.len()));
                }
                let entry = |i: usize, j: usize| found.data[i + j * rows].value();
                let sum = (0..rows * columns).map(|at| (at % rows, at / rows));
                vec![sum.map(|(i, j)| e.data[i].value() * entry(i, j) * d.data[j].value()).sum()]
            }
            (Kind::Jacobian, _) => {
                let (rows, columns) = (value.data.len(), e.data.len());
                if found.data.len() != rows * columns {
                    return Err(format!("a Jacobian with {} entries", found.data.len()));
                }
                let entry =
                    |i: usize, j: usize| found.data[i + j * rows].value() * e.data[j].value();
                (0..rows).map(|i| (0..columns).map(|j| entry(i, j)).sum()).collect()
            }
            _ => {
                let name = &first[0].0;
                // A sum over nothing is a zero of no size.
                let is_zero = matches!(found.data.as_slice(), [only] if only.value() == 0.0);
                let found = if is_zero { e.map(|_| Jet::ZERO) } else { found };
                if found.sizes != e.sizes {
                    return Err(format!("a gradient of sizes {:?} for {:?}", found.sizes, e.sizes));
                }
                // The gradient keeps what is declared of the variable.
                let outside = found.zip(&self.world.projected(name, &found), |x, y| x - y)?;
                if outside.magnitude() > 1e-6 * found.magnitude().max(1.0) {
                    return Err(format!("a gradient that is not structured as {name}"));
                }
                vec![inner(&found, e)?]
            }
        };
        Ok((found, magnitude))
    }

    /// Why a difference at this point means nothing, if it does not: the derivatives of the judge do not agree with differences.
    fn unsteady(
        &self,
        first: &Directions,
        second: Option<&Directions>,
        moved: &Array,
        mask: usize,
    ) -> Result<Option<&'static str>, String> {
        let step = 1e-5;
        let shifted = |sign: f64| -> Result<Array, String> {
            let mut world = self.world.clone();
            for (name, direction) in first {
                if let Some(value) = world.values.get_mut(name) {
                    for (x, d) in value.data.iter_mut().zip(&direction.data) {
                        x.0[0] += sign * step * d.value();
                    }
                }
            }
            let judged = Judged { world: &world, ..*self };
            let lists: Vec<&Directions> = second.into_iter().collect();
            Ok(judged.moved(&lists)?.0)
        };
        let (above, below) = (shifted(1.0)?, shifted(-1.0)?);
        let of = mask >> 1;
        for ((above, below), exact) in above.data.iter().zip(&below.data).zip(&moved.data) {
            let difference = (above.0[of] - below.0[of]) / (2.0 * step);
            let exact = exact.0[mask];
            let error = (difference - exact).abs();
            if error.is_nan() || error > 1e-4 * (exact.abs() + difference.abs() + 1e-3) {
                return Ok(Some("differences disagree"));
            }
        }
        Ok(None)
    }
}
