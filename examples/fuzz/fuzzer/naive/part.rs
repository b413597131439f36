//! Entries and parts of arrays, and blocks, entry by entry.

use gradus::syntax::ast::{ExprId, ExprKind};

use super::array::Array;
use super::number::Jet;
use super::{Naive, Scope, Value, sized};

impl Naive<'_> {
    /// Whether a name with indices has entries: a value, or a definition without an index.
    pub(super) fn has_entries(&self, name: &str, scope: &Scope) -> bool {
        let pieces = self.source.definitions.get(name).map(Vec::as_slice);
        let is_plain = |at: usize| {
            pieces.is_some_and(|all| all[at].range.is_none() && all[at].index.is_none())
        };
        scope.locals.contains_key(name)
            || scope.moved.contains_key(name)
            || self.world.values.contains_key(name)
            || pieces.is_some_and(|all| !all.is_empty()) && is_plain(0)
    }

    /// The entries at these indices: places, ranges, or all of a side.
    pub(super) fn part(
        &self,
        array: &Array,
        indices: &[ExprId],
        scope: &Scope,
    ) -> Result<Array, String> {
        let mut sides = Vec::with_capacity(2);
        for index in indices {
            sides.push(match &self.source.program.tree.get(*index).kind {
                ExprKind::Range(None) => None,
                ExprKind::Range(Some((from, to))) => {
                    Some((self.whole(*from, scope)?, self.whole(*to, scope)?))
                }
                _ => {
                    let at = self.whole(*index, scope)?;
                    Some((at, at))
                }
            });
        }
        let sides = match *sides.as_slice() {
            [rows, columns] => [rows, columns],
            [only] if array.columns() == 1 => [only, None],
            [only] if array.rows() == 1 => [None, only],
            _ => return Err("other indices than the array has".to_owned()),
        };
        let places = |side: Option<(i64, i64)>, length: usize| -> Result<Vec<usize>, String> {
            let Some((from, to)) = side else { return Ok((0..length).collect()) };
            (from..=to)
                .map(|at| {
                    let place = usize::try_from(at - 1).ok().filter(|at| *at < length);
                    place.ok_or(format!("there is no entry {at}"))
                })
                .collect()
        };
        let (rows, columns) = (places(sides[0], array.rows())?, places(sides[1], array.columns())?);
        let entry = |i: usize, j: usize| array.at(rows[i], columns[j]);
        Ok(Array::matrix(rows.len(), columns.len(), entry))
    }

    /// Blocks, row by row; what has no size of its own, and a plain 0, is as large as what stands beside and below it.
    pub(super) fn blocks(&self, rows: &[Vec<ExprId>], scope: &Scope) -> Result<Array, String> {
        let mut cells: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
        for row in rows {
            let cell = |id: &ExprId| {
                let is_zero = matches!(&self.source.program.tree.get(*id).kind,
                    ExprKind::Number(value) if num_traits::Zero::is_zero(value));
                if is_zero { Ok(Value::Filled(Jet::ZERO)) } else { self.value(*id, scope) }
            };
            cells.push(row.iter().map(cell).collect::<Result<_, _>>()?);
        }
        let size = |value: &Value, side: usize| match value {
            Value::Array(array) => Some(array.sizes[side]),
            Value::Identity(_) | Value::Filled(_) => None,
        };
        let is_grid = cells.iter().all(|row| row.len() == cells[0].len());
        let mut below: Vec<Array> = Vec::with_capacity(cells.len());
        for row in &cells {
            let height = row.iter().find_map(|cell| size(cell, 0)).unwrap_or(1);
            let mut beside: Option<Array> = None;
            for (column, cell) in row.iter().enumerate() {
                let wide = || cells.iter().find_map(|row| size(&row[column], 1));
                let width = size(cell, 1).or_else(|| is_grid.then(wide).flatten()).unwrap_or(1);
                let cell = sized(cell.clone(), &[height, width])?;
                beside = Some(match beside {
                    None => cell,
                    Some(left) => joined(&left.transposed(), &cell.transposed())?.transposed(),
                });
            }
            below.extend(beside);
        }
        let mut all = below.into_iter();
        let first = all.next().ok_or("no blocks")?;
        all.try_fold(first, |above, row| joined(&above, &row))
    }
}

/// One array above another.
fn joined(above: &Array, below: &Array) -> Result<Array, String> {
    if above.columns() != below.columns() {
        return Err("blocks of different widths".to_owned());
    }
    let rows = above.rows();
    let entry = |i: usize, j: usize| if i < rows { above.at(i, j) } else { below.at(i - rows, j) };
    Ok(Array::matrix(rows + below.rows(), above.columns(), entry))
}
