//! Correlation, pooling and rearrangement of images: height × width × channels × batch, the first running fastest.

use super::Real;

/// Height, width, channels, batch.
pub type Sides = [usize; 4];

/// The place of an entry in memory.
pub fn place(sides: Sides, [i, j, c, n]: Sides) -> usize {
    i + sides[0] * (j + sides[1] * (c + sides[2] * n))
}

/// The image whose entry [i, j, c, n] is `entry([i, j, c, n])`.
pub fn image<T>(sides: Sides, mut entry: impl FnMut(Sides) -> T) -> Vec<T> {
    let mut data = Vec::with_capacity(sides.iter().product());
    for n in 0..sides[3] {
        for c in 0..sides[2] {
            for j in 0..sides[1] {
                for i in 0..sides[0] {
                    data.push(entry([i, j, c, n]));
                }
            }
        }
    }
    data
}

/// `Y[i,j,o,n] = Σ X[i+a, j+b, c, n] K[a,b,c,o]` (valid correlation); `sides` are those of X and K.
pub fn correlate<T: Real>(x: &[T], k: &[T], sides: [Sides; 2]) -> Vec<T> {
    let [xs, ks] = sides;
    let valid = |at: usize| (xs[at] + 1).saturating_sub(ks[at]);
    image([valid(0), valid(1), ks[3], xs[3]], |[i, j, o, n]| {
        let mut sum = T::constant(0.0);
        for c in 0..xs[2] {
            for b in 0..ks[1] {
                for a in 0..ks[0] {
                    sum += x[place(xs, [i + a, j + b, c, n])] * k[place(ks, [a, b, c, o])];
                }
            }
        }
        sum
    })
}

/// The image whose entries are those of X at the places that `source` names, and 0 where it names none.
pub fn rearrange<T: Real>(
    x: &[T],
    from: Sides,
    to: Sides,
    source: impl Fn(Sides) -> Option<Sides>,
) -> Vec<T> {
    image(to, |at| match source(at) {
        Some(at) if at.iter().zip(from).all(|(at, side)| *at < side) => x[place(from, at)],
        _ => T::constant(0.0),
    })
}

/// Where entry i of the smaller image stands, on one side: `before + step·i`; none where nothing stands.
pub fn spaced(at: usize, before: usize, step: usize) -> Option<usize> {
    let inner = at.checked_sub(before)?;
    (inner % step.max(1) == 0).then(|| inner / step.max(1))
}

/// The sums over all sides but the third.
pub fn channel_sums<T: Real>(x: &[T], sides: Sides) -> Vec<T> {
    let mut sums = vec![T::constant(0.0); sides[2]];
    let plane = sides[0] * sides[1];
    for (at, entry) in x.iter().enumerate() {
        sums[at / plane % sides[2]] += *entry;
    }
    sums
}

/// A column repeated along all sides but the third.
pub fn channels<T: Real>(b: &[T], sides: Sides) -> Vec<T> {
    image(sides, |[_, _, c, _]| b[c])
}

/// For every window the place of its largest entry, the first in a tie, column by column; `to` are the sides of the pooled image.
pub fn largest<T: Real>(
    x: &[T],
    sides: Sides,
    to: Sides,
    size: [usize; 2],
    stride: [usize; 2],
) -> Vec<usize> {
    image(to, |[i, j, c, n]| {
        let at = |a: usize, b: usize| place(sides, [stride[0] * i + a, stride[1] * j + b, c, n]);
        let mut best = at(0, 0);
        for b in 0..size[1] {
            for a in 0..size[0] {
                if x[best].less(x[at(a, b)]) {
                    best = at(a, b);
                }
            }
        }
        best
    })
}

/// Zeros, and each entry of G added at its place.
pub fn scatter<T: Real>(g: &[T], places: &[usize], length: usize) -> Vec<T> {
    let mut sum = vec![T::constant(0.0); length];
    for (place, entry) in places.iter().zip(g) {
        sum[*place] += *entry;
    }
    sum
}

/// The entries at the places.
pub fn gather<T: Real>(x: &[T], places: &[usize]) -> Vec<T> {
    places.iter().map(|place| x[*place]).collect()
}

/// The mean of every window; `to` are the sides of the pooled image.
pub fn average<T: Real>(
    x: &[T],
    sides: Sides,
    to: Sides,
    size: [usize; 2],
    stride: [usize; 2],
) -> Vec<T> {
    #[allow(clippy::cast_precision_loss)]
    let weight = T::constant(1.0 / (size[0] * size[1]) as f64);
    image(to, |[i, j, c, n]| {
        let mut sum = T::constant(0.0);
        for b in 0..size[1] {
            for a in 0..size[0] {
                sum += x[place(sides, [stride[0] * i + a, stride[1] * j + b, c, n])];
            }
        }
        sum * weight
    })
}

/// Every entry spread evenly over its window: the adjoint of [`average`]; `to` are the sides of the image that is filled.
pub fn spread<T: Real>(
    g: &[T],
    sides: Sides,
    to: Sides,
    size: [usize; 2],
    stride: [usize; 2],
) -> Vec<T> {
    #[allow(clippy::cast_precision_loss)]
    let weight = T::constant(1.0 / (size[0] * size[1]) as f64);
    let mut sum = vec![T::constant(0.0); to.iter().product()];
    for (at, entry) in g.iter().enumerate() {
        let (i, rest) = (at % sides[0], at / sides[0]);
        let (j, rest) = (rest % sides[1], rest / sides[1]);
        let (c, n) = (rest % sides[2], rest / sides[2]);
        for b in 0..size[1] {
            for a in 0..size[0] {
                sum[place(to, [stride[0] * i + a, stride[1] * j + b, c, n])] += *entry * weight;
            }
        }
    }
    sum
}
