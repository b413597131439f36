//! A point: sizes, and values with the structure that is declared of them.

use std::collections::BTreeMap;

use gradus::evaluate::{Point, Random};
use gradus::syntax::ast::{BinaryOperator, Declaration, ExprId, ExprKind};

use super::Naive;
use super::array::Array;
use super::number::Jet;
use super::source::Source;

/// Families have elements at these places.
const PLACES: std::ops::RangeInclusive<i64> = -1..=7;

/// Sizes and values by name; elements of families are called `x[2]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) sizes: BTreeMap<String, i64>,
    pub(crate) values: BTreeMap<String, Array>,
    /// The properties by name, those of a family by the family's.
    pub(crate) words: BTreeMap<String, Vec<String>>,
}

/// Names that nothing declares or defines, which are sizes (or indices, which hide them), and families of sizes.
pub(crate) fn size_names(source: &Source) -> (Vec<String>, Vec<String>) {
    let declared: Vec<&str> =
        source.declarations().map(|declaration| declaration.name.text.as_str()).collect();
    let is_free = |name: &String| {
        !declared.contains(&name.as_str())
            && !source.definitions.contains_key(name)
            && !matches!(name.as_str(), "I" | "eye" | "ones" | "pi" | "π" | "rows" | "columns")
    };
    let (mut names, mut families) = (Vec::new(), Vec::new());
    for node in &source.program.tree.nodes {
        match &node.kind {
            ExprKind::Name(name) if is_free(name) => names.push(name.clone()),
            ExprKind::Index { base, .. } if is_free(&base.text) => families.push(base.text.clone()),
            _ => {}
        }
    }
    for list in [&mut names, &mut families] {
        list.sort();
        list.dedup();
    }
    (names, families)
}

/// Random small sizes for all of them.
pub(crate) fn draw_sizes(source: &Source, random: &mut Random) -> BTreeMap<String, i64> {
    let (names, families) = size_names(source);
    let mut sizes = BTreeMap::new();
    for name in names {
        let choices: &[i64] = match name.as_str() {
            "h" | "w" => &[3, 4, 5],
            "k1" | "l1" => &[1, 2],
            "T" | "L" => &[2, 3, 4, 3, 2, 1],
            "N" | "J" => &[2, 3, 2, 1],
            _ => &[2, 3, 3, 2, 1, 4],
        };
        sizes.insert(name, choices[random.below(choices.len())]);
    }
    for family in families {
        for place in PLACES {
            sizes.insert(format!("{family}[{place}]"), [1, 2, 3][random.below(3)]);
        }
    }
    sizes
}

/// Scalars that are exponents of `^`: whole numbers.
fn exponents(source: &Source) -> Vec<&str> {
    let nodes = source.program.tree.nodes.iter();
    let found = nodes.filter_map(|node| match &node.kind {
        ExprKind::Binary { operator: BinaryOperator::Power, right, .. } => {
            match &source.program.tree.get(*right).kind {
                ExprKind::Name(name) => Some(name.as_str()),
                _ => None,
            }
        }
        _ => None,
    });
    found.collect()
}

impl World {
    /// Values for everything that is declared; none where a size would be smaller than 1.
    pub(crate) fn draw(
        source: &Source,
        sizes: BTreeMap<String, i64>,
        random: &mut Random,
    ) -> Option<Self> {
        let mut world = Self { sizes, ..Self::default() };
        let whole = exponents(source);
        for declaration in source.declarations() {
            let name = &declaration.name.text;
            let words: Vec<String> =
                declaration.properties.iter().map(|word| word.text.clone()).collect();
            world.words.insert(name.clone(), words.clone());
            let Some(index) = declaration.indices.first() else {
                let extents = world.extents(source, declaration, None)?;
                let value = if whole.contains(&name.as_str()) {
                    #[allow(clippy::cast_precision_loss)]
                    Array::scalar(Jet::new((1 + random.below(3)) as f64))
                } else {
                    value(&words, &extents, random)
                };
                world.values.insert(name.clone(), value);
                continue;
            };
            for place in PLACES {
                // Families of sizes have fewer elements.
                if let Some(extents) =
                    world.extents(source, declaration, Some((&index.text, place)))
                {
                    let value = value(&words, &extents, random);
                    world.values.insert(format!("{name}[{place}]"), value);
                }
            }
        }
        Some(world)
    }

    /// The world of a point that gradus names; nothing in it is a tensor.
    pub(crate) fn at(point: &Point<f64>) -> Self {
        let mut world = Self::default();
        world.sizes.extend(point.sizes.iter().map(|(name, size)| (name.to_string(), *size)));
        for (name, value) in &point.values {
            let array = Array::matrix(value.rows, value.columns, |i, j| Jet::new(value.at(i, j)));
            world.values.insert(name.to_string(), array);
        }
        world
    }

    fn extents(
        &self,
        source: &Source,
        declaration: &Declaration,
        index: Option<(&str, i64)>,
    ) -> Option<Vec<usize>> {
        let mut bare = Self { sizes: self.sizes.clone(), ..Self::default() };
        if let Some((index, place)) = index {
            bare.sizes.insert(index.to_owned(), place);
        }
        let naive = Naive::new(source, &bare);
        let extent = |id: &ExprId| {
            let value = naive.evaluate(*id, BTreeMap::new(), 0).ok()?.data[0].value();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            (1.0..2000.0).contains(&value).then_some(value.round() as usize)
        };
        declaration.sizes.as_ref()?.iter().map(extent).collect()
    }

    /// The properties of a variable, or of the family of an element.
    pub(crate) fn words_of(&self, name: &str) -> &[String] {
        let family = name.split('[').next().unwrap_or(name);
        self.words.get(family).map_or(&[], Vec::as_slice)
    }

    fn has(&self, name: &str, words: &[&str]) -> bool {
        self.words_of(name).iter().any(|word| words.contains(&word.as_str()))
    }

    /// The part of a gradient that keeps what is declared of the variable: a symmetric, diagonal or triangular matrix.
    pub(crate) fn projected(&self, name: &str, gradient: &Array) -> Array {
        if !gradient.is_square() || gradient.data.len() == 1 {
            return gradient.clone();
        }
        let kept = |keeps: &dyn Fn(usize, usize) -> bool| {
            let entry = |i, j| if keeps(i, j) { gradient.at(i, j) } else { Jet::ZERO };
            Array::matrix(gradient.rows(), gradient.columns(), entry)
        };
        if self.has(name, &["diagonal", "diag"]) {
            kept(&|i, j| i == j)
        } else if self.has(name, &["lower"]) {
            kept(&|i, j| i >= j)
        } else if self.has(name, &["upper"]) {
            kept(&|i, j| i <= j)
        } else if self.has(name, &["symmetric", "sym", "spd"]) {
            let half = Jet::new(0.5);
            Array::matrix(gradient.rows(), gradient.columns(), |i, j| {
                (gradient.at(i, j) + gradient.at(j, i)) * half
            })
        } else {
            gradient.clone()
        }
    }

    /// A random direction in which the variable keeps what is declared of it.
    pub(crate) fn direction(&self, name: &str, random: &mut Random) -> Result<Array, String> {
        let value = self.values.get(name).ok_or_else(|| format!("{name} has no value"))?;
        let mut plain = value.clone();
        plain.data.iter_mut().for_each(|x| *x = Jet::new(random.between(-1.0, 1.0)));
        if self.has(name, &["simplex", "prob"]) {
            let by_rows = self.has(name, &["rows"]);
            if by_rows {
                plain = plain.transposed();
            }
            let (rows, columns) = (plain.rows(), plain.columns());
            for j in 0..columns {
                let total = (0..rows).fold(Jet::ZERO, |sum, i| sum + plain.at(i, j));
                #[allow(clippy::cast_precision_loss)]
                let mean = total * Jet::new(1.0 / rows as f64);
                for i in 0..rows {
                    plain.data[i + j * rows] = plain.data[i + j * rows] - mean;
                }
            }
            return Ok(if by_rows { plain.transposed() } else { plain });
        }
        if self.has(name, &["orthogonal", "orth"]) {
            return value.times(&plain.zip(&plain.transposed(), |x, y| x - y)?);
        }
        Ok(self.projected(name, &plain))
    }
}

fn value(words: &[String], extents: &[usize], random: &mut Random) -> Array {
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let positive = has(&["positive", "pos", "nonnegative", "nonneg", "simplex", "prob"]);
    let mut plain = Array::filled(extents, Jet::ZERO);
    for x in &mut plain.data {
        let magnitude = random.between(0.3, 1.4);
        *x = Jet::new(if positive || random.below(2) == 0 { magnitude } else { -magnitude });
    }
    let one = |i: usize, j: usize| Jet::new(f64::from(i == j));
    let (rows, columns) = (plain.rows(), plain.columns());
    let kept = |plain: &Array, keeps: &dyn Fn(usize, usize) -> bool| {
        let entry = |i, j| if keeps(i, j) { plain.at(i, j) } else { Jet::ZERO };
        Array::matrix(rows, columns, entry)
    };
    if has(&["simplex", "prob"]) {
        let by_rows = has(&["rows"]);
        let total = |i: usize, j: usize| {
            let (count, along) = if by_rows { (columns, true) } else { (rows, false) };
            (0..count)
                .fold(Jet::ZERO, |sum, k| sum + if along { plain.at(i, k) } else { plain.at(k, j) })
        };
        plain = Array::matrix(rows, columns, |i, j| plain.at(i, j) / total(i, j));
    }
    let square = rows == columns;
    if has(&["spd"]) && square {
        let gram = |i, j| {
            (0..rows).fold(Jet::ZERO, |sum, k| sum + plain.at(i, k) * plain.at(j, k)) + one(i, j)
        };
        plain = Array::matrix(rows, rows, gram);
    }
    if has(&["symmetric", "sym"]) && square {
        plain = Array::matrix(rows, rows, |i, j| (plain.at(i, j) + plain.at(j, i)) * Jet::new(0.5));
    }
    if has(&["invertible", "inv"]) && square {
        plain = Array::matrix(rows, rows, |i, j| plain.at(i, j) + one(i, j) + one(i, j));
    }
    if has(&["diagonal", "diag"]) {
        plain = kept(&plain, &|i, j| i == j);
    }
    if has(&["lower"]) {
        plain = kept(&plain, &|i, j| i >= j);
    }
    if has(&["upper"]) {
        plain = kept(&plain, &|i, j| i <= j);
    }
    if has(&["orthogonal", "orth"]) && square {
        // (I − K)⁻¹(I + K) for the skew K = A − Aᵀ
        let skew = |i, j| plain.at(i, j) - plain.at(j, i);
        let plus = Array::matrix(rows, rows, |i, j| one(i, j) + skew(i, j));
        let minus = Array::matrix(rows, rows, |i, j| one(i, j) - skew(i, j));
        if let Ok(turned) = minus.inverse().and_then(|inverse| inverse.times(&plus)) {
            plain = turned;
            // With either determinant.
            if random.below(2) == 0 {
                plain.data[..rows].iter_mut().for_each(|x| *x = -*x);
            }
        }
    }
    plain
}
