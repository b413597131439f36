//! `solve`: the solution, as text, is put into the equations as they were written; what is said to be the only one must be it, also where
//! coefficients are zero.

use std::collections::BTreeMap;

use gradus::evaluate::Random;
use gradus::render::Notation;
use gradus::repl::solution;
use gradus::session::{Session, Solved};
use gradus::solve::Form;

use super::compare::{Tally, compared, worlds};
use super::{Outcome, refused, timed};
use crate::fuzzer::naive::array::Array;
use crate::fuzzer::naive::number::Jet;
use crate::fuzzer::naive::source::Source;
use crate::fuzzer::naive::world::World;
use crate::fuzzer::naive::{Naive, ONE_ROW};
use crate::fuzzer::program::Question;

pub(super) fn judge(question: &Question) -> Result<Outcome, Outcome> {
    let statement = format!("solve {} for {}", question.formula, question.wrt.join(", "));
    let solved = timed("solve", || Session::new().solve(&question.preamble(), &statement))?
        .map_err(|error| refused(&error))?;
    let said = timed("write", || solution::solution(&solved, Notation::Ascii))?;
    timed("write", || solution::solution(&solved, Notation::Latex))?;
    let system = System::read(question, &solved)?;
    let mut tally = Tally::default();
    for (world, mut random) in worlds(&system.equations, question.seed) {
        let point = system.put_back(&world, &mut random)?;
        tally.add(point, &world.sizes);
        if tally.decided() >= 3 {
            break;
        }
    }
    if let Some(conditions) = conditions(question, &said) {
        for (world, mut random) in worlds(&system.equations, question.seed ^ 0x501e).take(6) {
            let world = system.with_zeros(world, &mut random);
            let Some(singular) = system.is_singular(&world) else { continue };
            let holds: Option<Vec<bool>> =
                conditions.iter().map(|condition| condition.holds(&world)).collect();
            let Some(holds) = holds.map(|holds| holds.into_iter().all(|holds| holds)) else {
                continue;
            };
            let kind = match (singular, holds) {
                (true, true) => "not the only solution",
                (false, false) => "a condition that is not needed",
                _ => continue,
            };
            let zeros = world.values.iter().filter(|(_, value)| value.magnitude() == 0.0);
            let zeros: Vec<&str> = zeros.map(|(name, _)| name.as_str()).collect();
            let detail = format!("where {} is 0: {said}", zeros.join(", "));
            return Err(Outcome::fault(kind, detail));
        }
    }
    match tally.outcome("not a solution") {
        Outcome::Fault(kind, detail) => Err(Outcome::Fault(kind, format!("{detail}: {said}"))),
        outcome => Ok(outcome),
    }
}

struct System<'a> {
    question: &'a Question,
    /// The left sides less the right sides, or the scalar whose gradient is to be zero.
    equations: Source,
    is_stationary: bool,
    solution: Source,
    /// The unknowns that have a value, and whether it is that of vec X.
    solved: Vec<(String, bool)>,
}

/// What must hold for a solution to be the only one: this is not 0, or invertible.
struct Condition(Source);

/// What is said of being the only solution; none where nothing is said, or in other words.
fn conditions(question: &Question, said: &str) -> Option<Vec<Condition>> {
    let line = said.lines().find_map(|line| line.trim().strip_prefix("the only solution"))?;
    let Some(list) = line.strip_prefix(" if ") else { return Some(Vec::new()) };
    let each = list.split(" and ").map(|condition| {
        let text =
            condition.strip_suffix(" is not 0").or(condition.strip_suffix(" is invertible"))?;
        Some(Condition(Source::read(&format!("{}{text}", question.preamble())).ok()?))
    });
    each.collect()
}

impl Condition {
    fn holds(&self, world: &World) -> Option<bool> {
        let naive = Naive::new(&self.0, world);
        let value = naive.evaluate(*self.0.expressions().last()?, BTreeMap::new(), 0).ok()?;
        if !value.is_finite() {
            return None;
        }
        value.is_singular().map(|singular| !singular)
    }
}

impl<'a> System<'a> {
    fn read(question: &'a Question, solved: &Solved) -> Result<Self, Outcome> {
        let equations: Vec<String> =
            separate(&question.formula).into_iter().map(difference).collect();
        let text = format!("{}{}", question.preamble(), equations.join("\n"));
        let equations = Source::read(&text).map_err(|error| Outcome::fault("judge", error))?;
        let mut text = question.preamble();
        let mut values = Vec::new();
        for root in &solved.solution.roots {
            let Some((name, _)) = solved.unknowns.iter().find(|(_, id)| *id == root.unknown) else {
                continue;
            };
            values.push((name.to_string(), root.form == Form::Vectorized));
            let value = solved.written(root.value, Notation::Ascii);
            for binding in &value.bindings {
                text.push_str(&format!("{} = {}\n", binding.name, binding.text));
            }
            text.push_str(&format!("result_{name} = {}\n", value.text));
        }
        let solution =
            Source::read(&text).map_err(|error| Outcome::fault("not read back", error))?;
        Ok(Self {
            question,
            equations,
            is_stationary: !question.formula.contains(" = "),
            solution,
            solved: values,
        })
    }

    /// Residuals against nothing, relative to what they are made of.
    fn put_back(
        &self,
        world: &World,
        random: &mut Random,
    ) -> Result<super::compare::Point, Outcome> {
        use super::compare::Point;
        let mut solved = world.clone();
        let mut largest = 0.0_f64;
        // A value may be written in terms of other unknowns.
        for _ in 0..self.question.wrt.len() {
            for (name, of_vec) in &self.solved {
                let naive = Naive::new(&self.solution, &solved);
                let value = match naive.named(&format!("result_{name}")) {
                    Ok(value) => value,
                    Err(error) if error.contains(ONE_ROW) => return Ok(Point::Unclear(ONE_ROW)),
                    Err(error) => {
                        let detail = format!("{error} in the value of {name}");
                        return Err(Outcome::fault("not evaluated", detail));
                    }
                };
                largest = largest.max(naive.notes.magnitude.get());
                let known = &world.values[name];
                if value.data.len() != known.data.len() || !of_vec && value.sizes != known.sizes {
                    return Err(Outcome::fault("not a solution", format!("the shape of {name}")));
                }
                let value = Array { sizes: known.sizes.clone(), data: value.data };
                solved.values.insert(name.clone(), value);
            }
        }
        let large = |array: &Array| !array.is_finite() || array.magnitude() > 1e5;
        if largest > 1e6 || self.question.wrt.iter().any(|name| large(&solved.values[name])) {
            return Ok(Point::Unclear("no moderate solution"));
        }
        let Ok((residuals, magnitude)) = self.residuals(&solved, random) else {
            return Ok(Point::Unclear("no residual"));
        };
        if magnitude > 1e6 {
            return Ok(Point::Unclear("ill conditioned"));
        }
        let zeros = vec![0.0; residuals.len()];
        let size = residuals.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
        if size < 1e-7 * magnitude.max(1.0) {
            return Ok(Point::Right);
        }
        Ok(compared(&zeros, &residuals, magnitude))
    }

    /// What is to be zero, and the largest number on the way.
    fn residuals(&self, world: &World, random: &mut Random) -> Result<(Vec<f64>, f64), String> {
        let naive = Naive::new(&self.equations, world);
        let mut residuals = Vec::new();
        for root in self.equations.expressions() {
            if !self.is_stationary {
                let value = naive.evaluate(root, BTreeMap::new(), 0)?;
                residuals.extend(value.data.iter().map(|x| x.value()));
                continue;
            }
            for name in self.question.wrt.iter().cycle().take(3 * self.question.wrt.len()) {
                let direction = world.direction(name, random)?;
                let mut moving = world.values[name].clone();
                for (x, d) in moving.data.iter_mut().zip(&direction.data) {
                    *x = x.moved(0, d.value());
                }
                let moved = BTreeMap::from([(name.clone(), moving)]);
                residuals.push(naive.evaluate(root, moved, 1)?.data[0].0[1]);
            }
        }
        Ok((residuals, naive.notes.magnitude.get()))
    }

    /// The world in which some plain scalars and columns are zero.
    fn with_zeros(&self, mut world: World, random: &mut Random) -> World {
        let plain: Vec<String> = world
            .values
            .iter()
            .filter(|(name, value)| {
                world.words_of(name).is_empty()
                    && value.columns() == 1
                    && !self.question.wrt.contains(name)
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in plain {
            if let (0, Some(value)) = (random.below(2), world.values.get_mut(&name)) {
                *value = value.map(|_| Jet::ZERO);
            }
        }
        world
    }

    /// Whether an unknown can move where nothing else changes; none where the numbers do not tell.
    fn is_singular(&self, world: &World) -> Option<bool> {
        let mut columns: Vec<Vec<f64>> = Vec::new();
        for name in &self.question.wrt {
            for entry in 0..world.values[name].data.len() {
                columns.push(self.moved(world, name, entry).ok()?);
            }
        }
        let n = columns.len();
        if columns.iter().any(|column| column.len() != n || column.iter().any(|x| !x.is_finite())) {
            return None;
        }
        Array::matrix(n, n, |i, j| Jet::new(columns[j][i])).is_singular()
    }

    /// How equations (or gradients) change with one entry of an unknown.
    fn moved(&self, world: &World, name: &str, entry: usize) -> Result<Vec<f64>, String> {
        let naive = Naive::new(&self.equations, world);
        let mut found = Vec::new();
        for root in self.equations.expressions() {
            if !self.is_stationary {
                let mut moving = world.values[name].clone();
                moving.data[entry] = moving.data[entry].moved(0, 1.0);
                let moved = BTreeMap::from([(name.to_owned(), moving)]);
                let value = naive.evaluate(root, moved, 1)?;
                found.extend(value.data.iter().map(|x| x.0[1]));
                continue;
            }
            for other in &self.question.wrt {
                for at in 0..world.values[other].data.len() {
                    let mut moved: BTreeMap<String, Array> = BTreeMap::new();
                    for (name, entry, along) in [(name, entry, 0), (other.as_str(), at, 1)] {
                        let mut moving = moved.get(name).unwrap_or(&world.values[name]).clone();
                        moving.data[entry] = moving.data[entry].moved(along, 1.0);
                        moved.insert(name.to_owned(), moving);
                    }
                    found.push(naive.evaluate(root, moved, 2)?.data[0].0[3]);
                }
            }
        }
        Ok(found)
    }
}

/// The parts between commas that stand in no bracket.
fn separate(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// `a = b` as a − b.
fn difference(equation: &str) -> String {
    match equation.split_once(" = ") {
        Some((left, right)) => format!("({left}) - ({right})"),
        None => equation.to_owned(),
    }
}
