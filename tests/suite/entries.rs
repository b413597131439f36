//! Sums over entries mean what they say: random ones are evaluated term by term and as they were read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gradus::elaborate;
use gradus::evaluate::{Point, Random, evaluate};
use gradus::kernel::Array;
use gradus::shape::Name;
use gradus::syntax;

/// The arrays: their names, and the sizes of their sides by index.
const ARRAYS: &[(&str, &[char])] =
    &[("a", &['n']), ("b", &['m']), ("A", &['n', 'm']), ("B", &['m', 'n']), ("S", &['n', 'n'])];
/// Vectors with three entries each.
const VECTORS: &[(&str, char)] = &[("u", 'n'), ("v", 'm')];
const INDICES: &[(char, char)] = &[('i', 'n'), ('j', 'm'), ('k', 'n')];

/// A number that depends on indices.
enum Formula {
    Number(i64),
    Entry(&'static str, Vec<char>),
    /// ‖uᵢ − vⱼ‖², uᵢᵀvⱼ
    Distance([(&'static str, char); 2]),
    Inner([(&'static str, char); 2]),
    Apply(&'static str, Box<Self>),
    Square(Box<Self>),
    Operate(char, Box<Self>, Box<Self>),
    Sum(char, Box<Self>),
}

fn size(of: char) -> usize {
    if of == 'n' { 3 } else { 2 }
}

impl Formula {
    fn random(random: &mut Random, open: &[char], depth: usize) -> Self {
        let pick = |random: &mut Random, of: char| {
            let fitting: Vec<char> = INDICES
                .iter()
                .filter(|it| it.1 == of && open.contains(&it.0))
                .map(|it| it.0)
                .collect();
            (!fitting.is_empty()).then(|| fitting[random.below(fitting.len())])
        };
        let again = |random: &mut Random| Box::new(Self::random(random, open, depth + 1));
        match random.below(if depth > 3 { 3 } else { 10 }) {
            0 => Self::Number([1, 2, 3][random.below(3)]),
            1..=3 => {
                let (name, sides) = ARRAYS[random.below(ARRAYS.len())];
                match sides.iter().map(|side| pick(random, *side)).collect() {
                    Some(indices) => Self::Entry(name, indices),
                    None => Self::Number(2),
                }
            }
            4 => {
                let [left, right] = [0, 1].map(|_| VECTORS[random.below(VECTORS.len())]);
                match (pick(random, left.1), pick(random, right.1)) {
                    (Some(i), Some(j)) if random.below(2) == 0 => {
                        Self::Distance([(left.0, i), (right.0, j)])
                    }
                    (Some(i), Some(j)) => Self::Inner([(left.0, i), (right.0, j)]),
                    _ => Self::Number(3),
                }
            }
            5 => Self::Apply(["sin", "exp", "tanh"][random.below(3)], again(random)),
            6 => Self::Square(again(random)),
            7 => {
                let closed: Vec<&(char, char)> =
                    INDICES.iter().filter(|it| !open.contains(&it.0)).collect();
                match closed.as_slice() {
                    [] => Self::Number(1),
                    some => {
                        let index = some[random.below(some.len())].0;
                        let open = [open, &[index]].concat();
                        Self::Sum(index, Box::new(Self::random(random, &open, depth + 1)))
                    }
                }
            }
            _ => {
                let operator = ['+', '-', '*', '*'][random.below(4)];
                Self::Operate(operator, again(random), again(random))
            }
        }
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Number(value) => write!(text, "{value}").unwrap(),
            Self::Entry(name, indices) => {
                let indices: String = indices.iter().collect();
                write!(text, "{name}_{indices}").unwrap();
            }
            Self::Distance([(u, i), (v, j)]) => write!(text, "‖{u}_{i} - {v}_{j}‖^2").unwrap(),
            Self::Inner([(u, i), (v, j)]) => write!(text, "({u}_{i}' * {v}_{j})").unwrap(),
            Self::Apply(function, of) => {
                write!(text, "{function}(").unwrap();
                of.write(text);
                text.push(')');
            }
            Self::Square(of) => {
                text.push('(');
                of.write(text);
                text.push_str(")^2");
            }
            Self::Operate(operator, left, right) => {
                text.push('(');
                left.write(text);
                write!(text, " {operator} ").unwrap();
                right.write(text);
                text.push(')');
            }
            Self::Sum(index, of) => {
                let end = INDICES.iter().find(|it| it.0 == *index).unwrap().1;
                write!(text, "sum({index} in 1..{end}, ").unwrap();
                of.write(text);
                text.push(')');
            }
        }
    }

    fn value(&self, arrays: &BTreeMap<&str, Array<f64>>, at: &BTreeMap<char, usize>) -> f64 {
        let entry = |name: &str, row: usize, column: usize| arrays[name].at(row, column);
        match self {
            Self::Number(value) => *value as f64,
            Self::Entry(name, indices) => match indices.as_slice() {
                [i] => entry(name, at[i], 0),
                [i, j] => entry(name, at[i], at[j]),
                _ => unreachable!(),
            },
            Self::Distance([(u, i), (v, j)]) => {
                (0..3).map(|l| (entry(u, at[i], l) - entry(v, at[j], l)).powi(2)).sum()
            }
            Self::Inner([(u, i), (v, j)]) => {
                (0..3).map(|l| entry(u, at[i], l) * entry(v, at[j], l)).sum()
            }
            Self::Apply(function, of) => {
                let value = of.value(arrays, at);
                match *function {
                    "sin" => value.sin(),
                    "exp" => value.exp(),
                    _ => value.tanh(),
                }
            }
            Self::Square(of) => of.value(arrays, at).powi(2),
            Self::Operate(operator, left, right) => {
                let (left, right) = (left.value(arrays, at), right.value(arrays, at));
                match operator {
                    '+' => left + right,
                    '-' => left - right,
                    _ => left * right,
                }
            }
            Self::Sum(index, of) => {
                let end = INDICES.iter().find(|it| it.0 == *index).unwrap().1;
                let with = |value| {
                    let mut at = at.clone();
                    at.insert(*index, value);
                    of.value(arrays, &at)
                };
                (0..size(end)).map(with).sum()
            }
        }
    }
}

/// The value as it is read; none where elements of families are summed, or where it is refused.
fn read(text: &str, arrays: &BTreeMap<&str, Array<f64>>) -> Option<f64> {
    let program =
        syntax::parse(text, &elaborate::is_known).unwrap_or_else(|e| panic!("{text}: {e}"));
    let program = syntax::lifted(program, &elaborate::is_entrywise);
    let model = elaborate::elaborate(&program).ok()?;
    let store = &model.store;
    if model.variables.iter().any(|variable| store.family(variable.id).is_some()) {
        return None;
    }
    let sizes = [("n", 3), ("m", 2), ("d", 3), ("p", 3), ("q", 3), ("r", 3)];
    let point = Point {
        sizes: sizes.iter().map(|(name, value)| (Name::from(*name), *value)).collect(),
        values: arrays.iter().map(|(name, array)| (Name::from(*name), array.clone())).collect(),
    };
    let value = evaluate(store, &model.values, &point).unwrap_or_else(|e| panic!("{text}: {e}"));
    Some(value[0].data[0])
}

#[test]
fn sums_over_entries_mean_what_they_say() {
    let mut random = Random::new(7);
    let mut arrays: BTreeMap<&str, Array<f64>> = BTreeMap::new();
    for (name, sides) in ARRAYS {
        let columns = sides.get(1).map_or(1, |side| size(*side));
        let array = Array::from_fn(size(sides[0]), columns, |_, _| random.between(-1.0, 1.0));
        arrays.insert(name, array);
    }
    for (name, side) in VECTORS {
        arrays.insert(name, Array::from_fn(size(*side), 3, |_, _| random.between(-1.0, 1.0)));
    }
    let (mut compared, mut indexed) = (0, 0);
    for _ in 0..6000 {
        let index = INDICES[random.below(INDICES.len())].0;
        let formula = Formula::Sum(index, Box::new(Formula::random(&mut random, &[index], 0)));
        let mut text = String::new();
        formula.write(&mut text);
        if !text.contains('_') {
            continue;
        }
        indexed += 1;
        let Some(value) = read(&text, &arrays) else { continue };
        compared += 1;
        let expected = formula.value(&arrays, &BTreeMap::new());
        let error = (value - expected).abs() / expected.abs().max(1.0);
        assert!(error < 1e-9, "{text}\nis read as {value}, and is {expected}");
    }
    assert!(compared * 2 > indexed, "{compared} of {indexed} are read");
}
