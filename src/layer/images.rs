
/// Height, width, channels, batch.
pub type Sides = [usize; 4];

/// Where an entry stands.
fn spot(s: Sides, i: usize, j: usize, c: usize, n: usize) -> usize {
    ((n * s[2] + c) * s[1] + j) * s[0] + i
}

/// Every index of an image, the first running fastest.
fn indices(s: Sides) -> impl Iterator<Item = Sides> {
    (0..s[3]).flat_map(move |n| {
        (0..s[2]).flat_map(move |c| {
            (0..s[1]).flat_map(move |j| (0..s[0]).map(move |i| [i, j, c, n]))
        })
    })
}

/// Y[i,j,o,n] = sum of X[i+a, j+b, c, n] K[a,b,c,o], to sides `t`.
pub fn correlated<T: Real>(x: &[T], s: Sides, k: &[T], r: Sides, t: Sides) -> Vec<T> {
    let mut y = vec![T::constant(0.0); t.iter().product()];
    for [i, j, o, n] in indices(t) {
        for [a, b, c, _] in indices([r[0], r[1], r[2], 1]) {
            y[spot(t, i, j, o, n)] += x[spot(s, i + a, j + b, c, n)] * k[spot(r, a, b, c, o)];
        }
    }
    y
}

/// Both spatial sides reversed.
pub fn reversed<T: Real>(x: &[T], s: Sides) -> Vec<T> {
    indices(s).map(|[i, j, c, n]| x[spot(s, s[0] - 1 - i, s[1] - 1 - j, c, n)]).collect()
}

/// Third and fourth side exchanged.
pub fn exchanged<T: Real>(x: &[T], s: Sides) -> Vec<T> {
    indices([s[0], s[1], s[3], s[2]]).map(|[i, j, n, c]| x[spot(s, i, j, c, n)]).collect()
}

/// Entry (i, j) goes to (before + step i, before + step j) of an image of zeros with sides `t`.
pub fn placed<T: Real>(x: &[T], s: Sides, t: Sides, before: [usize; 2], step: [usize; 2]) -> Vec<T> {
    let mut y = vec![T::constant(0.0); t.iter().product()];
    for [i, j, c, n] in indices(s) {
        let to = spot(t, before[0] + step[0] * i, before[1] + step[1] * j, c, n);
        y[to] = x[spot(s, i, j, c, n)];
    }
    y
}

/// Entry (i, j) is (before + step i, before + step j) of the image; the result has sides `t`.
pub fn picked<T: Real>(x: &[T], s: Sides, t: Sides, before: [usize; 2], step: [usize; 2]) -> Vec<T> {
    let of = |i, j, c, n| x[spot(s, before[0] + step[0] * i, before[1] + step[1] * j, c, n)];
    indices(t).map(|[i, j, c, n]| of(i, j, c, n)).collect()
}

/// b[c] in every entry of channel c.
pub fn repeated<T: Real>(b: &[T], t: Sides) -> Vec<T> {
    indices(t).map(|[_, _, c, _]| b[c]).collect()
}

/// The sum of each channel.
pub fn channel_totals<T: Real>(x: &[T], s: Sides) -> Vec<T> {
    let mut y = vec![T::constant(0.0); s[2]];
    for [i, j, c, n] in indices(s) {
        y[c] += x[spot(s, i, j, c, n)];
    }
    y
}

/// The windows of a pooling to sides `t`: for each entry of the result the places that its window covers, column by column.
pub fn covered(s: Sides, t: Sides, size: [usize; 2], stride: [usize; 2]) -> Vec<Vec<usize>> {
    let window = |i: usize, j: usize, c, n| {
        let of = move |a: usize, b: usize| spot(s, stride[0] * i + a, stride[1] * j + b, c, n);
        (0..size[1]).flat_map(move |b| (0..size[0]).map(move |a| of(a, b))).collect()
    };
    indices(t).map(|[i, j, c, n]| window(i, j, c, n)).collect()
}

/// The first of the places with the largest entry, for each window.
pub fn winners<T: Real>(x: &[T], windows: &[Vec<usize>]) -> Vec<usize> {
    let winner = |window: &Vec<usize>| {
        let mut best = window[0];
        for place in window {
            if x[*place].real() > x[best].real() {
                best = *place;
            }
        }
        best
    };
    windows.iter().map(winner).collect()
}

/// The entries at the places.
pub fn chosen<T: Real>(x: &[T], places: &[usize]) -> Vec<T> {
    places.iter().map(|place| x[*place]).collect()
}

/// Each entry added at its place to so many zeros.
pub fn returned<T: Real>(g: &[T], places: &[usize], length: usize) -> Vec<T> {
    let mut y = vec![T::constant(0.0); length];
    for (at, place) in places.iter().enumerate() {
        y[*place] += g[at];
    }
    y
}

/// The mean of each window.
pub fn means<T: Real>(x: &[T], windows: &[Vec<usize>]) -> Vec<T> {
    let mean = |window: &Vec<usize>| {
        let mut sum = T::constant(0.0);
        for place in window {
            sum += x[*place];
        }
        sum / T::constant(window.len() as f64)
    };
    windows.iter().map(mean).collect()
}

/// Each entry shared out evenly among the places of its window.
pub fn shared_out<T: Real>(g: &[T], windows: &[Vec<usize>], length: usize) -> Vec<T> {
    let mut y = vec![T::constant(0.0); length];
    for (at, window) in windows.iter().enumerate() {
        for place in window {
            y[*place] += g[at] / T::constant(window.len() as f64);
        }
    }
    y
}
