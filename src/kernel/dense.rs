//! Products, sums and norms of dense matrices.

use super::{Array, Real};

/// The entries on and below the diagonal; zero above.
pub fn tril<T: Real>(x: &Array<T>) -> Array<T> {
    Array::from_fn(x.rows, x.columns, |i, j| if i >= j { x.at(i, j) } else { T::constant(0.0) })
}

/// The entries on and above the diagonal; zero below.
pub fn triu<T: Real>(x: &Array<T>) -> Array<T> {
    Array::from_fn(x.rows, x.columns, |i, j| if i <= j { x.at(i, j) } else { T::constant(0.0) })
}

/// The constant nearest to `value`.
fn number<T: Real>(value: f64) -> T {
    T::constant(value)
}

/// A B; A has as many columns as B has rows.
pub fn product<T: Real>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    let mut c = Array::zeros(a.rows, b.columns);
    for j in 0..b.columns {
        for k in 0..a.columns {
            let factor = b.at(k, j);
            let column = &mut c.data[j * a.rows..(j + 1) * a.rows];
            for (entry, x) in column.iter_mut().zip(a.column(k)) {
                *entry += *x * factor;
            }
        }
    }
    c
}

/// Aᵀ
pub fn transpose<T: Real>(a: &Array<T>) -> Array<T> {
    Array::from_fn(a.columns, a.rows, |i, j| a.at(j, i))
}

/// tr A
pub fn trace<T: Real>(a: &Array<T>) -> T {
    (0..a.rows.min(a.columns)).fold(number(0.0), |sum, i| sum + a.at(i, i))
}

/// The sum of all entries.
pub fn total<T: Real>(a: &Array<T>) -> T {
    a.data.iter().fold(number(0.0), |sum, x| sum + *x)
}

/// A ⊗ B
pub fn kronecker<T: Real>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    Array::from_fn(a.rows * b.rows, a.columns * b.columns, |i, j| {
        a.at(i / b.rows, j / b.columns) * b.at(i % b.rows, j % b.columns)
    })
}

/// K with K·vec(A) = vec(Aᵀ) for A: m×n; (Aᵀ)ⱼᵢ stands at i·n + j of vec(Aᵀ), Aᵢⱼ at j·m + i of vec(A).
pub fn commutation<T: Real>(m: usize, n: usize) -> Array<T> {
    let mut k = Array::zeros(m * n, m * n);
    for i in 0..m {
        for j in 0..n {
            *k.at_mut(i * n + j, j * m + i) = number(1.0);
        }
    }
    k
}

/// diag(v), of a column or a row.
pub fn diagonal<T: Real>(v: &Array<T>) -> Array<T> {
    let n = v.data.len();
    Array::from_fn(n, n, |i, j| if i == j { v.data[i] } else { number(0.0) })
}

/// The diagonal of A as a column.
pub fn diagonal_of<T: Real>(a: &Array<T>) -> Array<T> {
    Array::from_fn(a.rows.min(a.columns), 1, |i, _| a.at(i, i))
}

/// Σ |xᵢⱼ|
pub fn norm1<T: Real>(a: &Array<T>) -> T {
    a.data.iter().fold(number(0.0), |sum, x| sum + x.abs())
}

/// √Σ xᵢⱼ², scaled by the largest entry so that squares neither overflow nor vanish.
pub fn norm2<T: Real>(a: &Array<T>) -> T {
    let largest = a.data.iter().fold(0.0_f64, |largest, x| largest.max(x.real().abs()));
    let scale: T = number(if largest > 0.0 && largest.is_finite() { largest } else { 1.0 });
    let squares = a.data.iter().fold(number::<T>(0.0), |sum, x| {
        let y = *x / scale;
        sum + y * y
    });
    scale * squares.sqrt()
}

/// The largest entry, by the primal value; the first one in a tie. NaN for NaN.
pub fn max<T: Real>(a: &Array<T>) -> T {
    position_of_max(a).map_or(number(f64::NAN), |at| a.data[at])
}

/// 1 where [`max`] found the largest entry, 0 elsewhere; not a number where an entry is none.
pub fn maxmask<T: Real>(a: &Array<T>) -> Array<T> {
    let mut mask = Array::zeros(a.rows, a.columns);
    if let Some(at) = position_of_max(a) {
        let is_nan = a.data[at].real().is_nan();
        mask.data[at] = number(if is_nan { f64::NAN } else { 1.0 });
    }
    mask
}

fn position_of_max<T: Real>(a: &Array<T>) -> Option<usize> {
    let mut best = 0;
    for (at, x) in a.data.iter().enumerate() {
        if x.real().is_nan() {
            return Some(at);
        }
        if a.data[best].less(*x) {
            best = at;
        }
    }
    (!a.data.is_empty()).then_some(best)
}

fn each_column<T: Real>(a: &Array<T>, of: impl Fn(&Array<T>) -> Array<T>) -> Array<T> {
    let column = |j: usize| Array { rows: a.rows, columns: 1, data: a.column(j).to_vec() };
    let parts: Vec<Array<T>> = (0..a.columns).map(|j| of(&column(j))).collect();
    let rows = parts.first().map_or(0, |part| part.rows);
    let data = parts.into_iter().flat_map(|part| part.data).collect();
    Array { rows, columns: a.columns, data }
}

/// The largest entry of each column: m×n → 1×n.
pub fn max_columns<T: Real>(a: &Array<T>) -> Array<T> {
    each_column(a, |column| Array::scalar(max(column)))
}

/// 1 at the first of the largest entries of each column, 0 elsewhere.
pub fn maxmask_columns<T: Real>(a: &Array<T>) -> Array<T> {
    each_column(a, maxmask)
}

/// The sums of each column from its first entry on.
pub fn cumsum<T: Real>(a: &Array<T>) -> Array<T> {
    let mut sums = a.clone();
    for j in 0..a.columns {
        for i in 1..a.rows {
            let before = sums.at(i - 1, j);
            *sums.at_mut(i, j) += before;
        }
    }
    sums
}

/// The sums of each column from its last entry back.
pub fn cumsum_back<T: Real>(a: &Array<T>) -> Array<T> {
    let mut sums = a.clone();
    for j in 0..a.columns {
        for i in (1..a.rows).rev() {
            let behind = sums.at(i, j);
            *sums.at_mut(i - 1, j) += behind;
        }
    }
    sums
}

/// a × b
pub fn cross<T: Real>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    let entry = |i: usize| {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        a.data[j] * b.data[k] - a.data[k] * b.data[j]
    };
    Array::from_fn(3, 1, |i, _| entry(i))
}

/// The matrix A with A·b = a × b.
pub fn cross_matrix<T: Real>(a: &Array<T>) -> Array<T> {
    Array::from_fn(3, 3, |i, j| match (j + 3 - i) % 3 {
        0 => number(0.0),
        1 => -a.data[3 - i - j],
        _ => a.data[3 - i - j],
    })
}

/// v with ⟨v, a⟩ = ⟨X, A⟩ for the matrix A of every a.
pub fn cross_vector<T: Real>(x: &Array<T>) -> Array<T> {
    Array::from_fn(3, 1, |i, _| {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        x.at(k, j) - x.at(j, k)
    })
}

/// The largest entry of a column: subtracted before the exponential, it changes no quotient and avoids overflow; with its tangent, what
/// moves all entries alike moves nothing.
fn shift<T: Real>(column: &[T]) -> T {
    let larger = |most: T, x: T| if x.real() > most.real() { x } else { most };
    let most = column.iter().copied().reduce(larger);
    most.filter(|most| most.real().is_finite()).unwrap_or_else(|| number(0.0))
}

/// Each column x becomes eˣ / Σ eˣ.
pub fn softmax<T: Real>(a: &Array<T>) -> Array<T> {
    let mut result = a.clone();
    for j in 0..a.columns {
        let shift = shift(a.column(j));
        let column = &mut result.data[j * a.rows..(j + 1) * a.rows];
        let mut sum: T = number(0.0);
        for x in column.iter_mut() {
            *x = (*x - shift).exp();
            sum += *x;
        }
        for x in column {
            *x /= sum;
        }
    }
    result
}

/// Each column x becomes ln Σ eˣ: m×n → 1×n.
pub fn logsumexp<T: Real>(a: &Array<T>) -> Array<T> {
    Array::from_fn(1, a.columns, |_, j| {
        let shift = shift(a.column(j));
        a.column(j).iter().fold(number::<T>(0.0), |sum, x| sum + (*x - shift).exp()).ln() + shift
    })
}
