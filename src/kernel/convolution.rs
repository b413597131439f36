//! Correlation, convolution and pooling of single planes.

use super::{Array, Real};

/// Yᵢⱼ = Σₐᵦ Xᵢ₊ₐ,ⱼ₊ᵦ Kₐᵦ (cross-correlation, valid part): h×w, k×l → (h−k+1)×(w−l+1); empty when K is larger than X.
pub fn conv2d<T: Real>(x: &Array<T>, k: &Array<T>) -> Array<T> {
    let rows = (x.rows + 1).saturating_sub(k.rows);
    let columns = (x.columns + 1).saturating_sub(k.columns);
    Array::from_fn(rows, columns, |i, j| {
        let mut sum = T::constant(0.0);
        for b in 0..k.columns {
            for a in 0..k.rows {
                sum += x.at(i + a, j + b) * k.at(a, b);
            }
        }
        sum
    })
}

/// Zₚᵩ = Σₐᵦ Yₚ₋ₐ,ᵩ₋ᵦ Kₐᵦ (full convolution, the adjoint of [`conv2d`]): h×w, k×l → (h+k−1)×(w+l−1).
pub fn conv2d_full<T: Real>(y: &Array<T>, k: &Array<T>) -> Array<T> {
    let mut z = Array::zeros(
        (y.rows + k.rows).saturating_sub(1),
        (y.columns + k.columns).saturating_sub(1),
    );
    for j in 0..y.columns {
        for i in 0..y.rows {
            for b in 0..k.columns {
                for a in 0..k.rows {
                    *z.at_mut(i + a, j + b) += y.at(i, j) * k.at(a, b);
                }
            }
        }
    }
    z
}

/// The mean of each 2×2 block: 2h×2w → h×w.
pub fn avgpool2<T: Real>(x: &Array<T>) -> Array<T> {
    Array::from_fn(x.rows / 2, x.columns / 2, |i, j| {
        let (i, j) = (2 * i, 2 * j);
        let sum = x.at(i, j) + x.at(i + 1, j) + x.at(i, j + 1) + x.at(i + 1, j + 1);
        sum * T::constant(0.25)
    })
}

/// The largest entry of each 2×2 block: 2h×2w → h×w.
pub fn maxpool2<T: Real>(x: &Array<T>) -> Array<T> {
    Array::from_fn(x.rows / 2, x.columns / 2, |i, j| {
        let (row, column) = place_of_max(x, i, j);
        x.at(row, column)
    })
}

/// 1 where [`maxpool2`] found the largest entry of a block, the first of a tie column by column, 0 elsewhere.
pub fn maxpool2mask<T: Real>(x: &Array<T>) -> Array<T> {
    let mut mask = Array::zeros(x.rows, x.columns);
    for i in 0..x.rows / 2 {
        for j in 0..x.columns / 2 {
            let (row, column) = place_of_max(x, i, j);
            *mask.at_mut(row, column) = T::constant(1.0);
        }
    }
    mask
}

/// The place of the largest entry of a block.
fn place_of_max<T: Real>(x: &Array<T>, i: usize, j: usize) -> (usize, usize) {
    let (i, j) = (2 * i, 2 * j);
    let mut best = (i, j);
    for (row, column) in [(i + 1, j), (i, j + 1), (i + 1, j + 1)] {
        if x.at(best.0, best.1).less(x.at(row, column)) {
            best = (row, column);
        }
    }
    best
}
