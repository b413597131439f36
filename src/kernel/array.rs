//! Dense matrices.

use super::Real;

/// A dense matrix: entries column by column. A scalar is 1×1.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Entries, column-major.
    pub data: Vec<T>,
}

impl<T: Copy> Array<T> {
    /// The matrix whose entry (i, j) is `entry(i, j)`.
    pub fn from_fn(rows: usize, columns: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(rows * columns);
        for j in 0..columns {
            for i in 0..rows {
                data.push(entry(i, j));
            }
        }
        Self { rows, columns, data }
    }

    /// Every entry `value`.
    pub fn filled(rows: usize, columns: usize, value: T) -> Self {
        Self { rows, columns, data: vec![value; rows * columns] }
    }

    /// A 1×1 matrix.
    pub fn scalar(value: T) -> Self {
        Self { rows: 1, columns: 1, data: vec![value] }
    }

    /// A matrix written row by row; rows of unequal length are cut to the shortest.
    pub fn from_rows(rows: &[&[T]]) -> Self {
        let columns = rows.iter().map(|row| row.len()).min().unwrap_or(0);
        Self::from_fn(rows.len(), columns, |i, j| rows[i][j])
    }

    /// Entry (i, j), counted from 0.
    pub fn at(&self, i: usize, j: usize) -> T {
        self.data[j * self.rows + i]
    }

    /// Place of entry (i, j), counted from 0.
    pub fn at_mut(&mut self, i: usize, j: usize) -> &mut T {
        &mut self.data[j * self.rows + i]
    }

    /// Column j.
    pub fn column(&self, j: usize) -> &[T] {
        &self.data[j * self.rows..(j + 1) * self.rows]
    }

    /// The matrix of `f(entry)`.
    #[must_use]
    pub fn map<U>(&self, f: impl Fn(T) -> U) -> Array<U> {
        Array {
            rows: self.rows,
            columns: self.columns,
            data: self.data.iter().map(|x| f(*x)).collect(),
        }
    }

    /// The matrix of `f(entry, entry of other)`, for matrices of one shape.
    #[must_use]
    pub fn zip(&self, other: &Self, f: impl Fn(T, T) -> T) -> Self {
        let data = self.data.iter().zip(&other.data).map(|(x, y)| f(*x, *y)).collect();
        Self { rows: self.rows, columns: self.columns, data }
    }
}

impl<T: Real> Array<T> {
    /// Every entry 0.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self::filled(rows, columns, T::constant(0.0))
    }

    /// Iₙ
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| T::constant(if i == j { 1.0 } else { 0.0 }))
    }
}
