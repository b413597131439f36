//! Operations on images h×w×c×N, entry by entry.

use super::Notes;
use super::array::{Array, offset, place};
use super::number::Jet;
use super::table::largest;

/// One or two numbers for height and width.
fn pair(sizes: &[usize]) -> [usize; 2] {
    match sizes {
        [] => [1, 1],
        [side] => [*side, *side],
        [height, width, ..] => [*height, *width],
    }
}

/// Windows and strides of a pooling.
struct Windows {
    size: [usize; 2],
    stride: [usize; 2],
}

impl Windows {
    fn of(sizes: &[usize]) -> Self {
        match sizes {
            [size, stride] => Self { size: [*size; 2], stride: [*stride; 2] },
            [_, _, strides @ ..] => Self { size: pair(sizes), stride: pair(strides) },
            _ => Self { size: pair(sizes), stride: pair(sizes) },
        }
    }

    /// Height and width of what is left of an image.
    fn result(&self, sides: [usize; 4]) -> Result<[usize; 4], String> {
        let mut left = sides;
        for at in 0..2 {
            let over = sides[at].checked_sub(self.size[at]).ok_or("a window too large")?;
            if over % self.stride[at] != 0 {
                return Err("windows that do not fit".to_owned());
            }
            left[at] = over / self.stride[at] + 1;
        }
        Ok(left)
    }

    /// The places of a window.
    fn places(&self, [i, j, c, n]: [usize; 4]) -> Vec<[usize; 4]> {
        let [height, width] = self.size;
        let corner = [i * self.stride[0], j * self.stride[1]];
        let inside = (0..width).flat_map(|b| (0..height).map(move |a| (a, b)));
        inside.map(|(a, b)| [corner[0] + a, corner[1] + b, c, n]).collect()
    }

    /// The place of the largest entry of a window.
    fn peak(&self, x: &Array, at: [usize; 4], notes: &Notes) -> [usize; 4] {
        let places = self.places(at);
        let entries: Vec<Jet> = places.iter().map(|place| x.pixel(*place)).collect();
        places[largest(&entries, notes)]
    }
}

/// A call of an operation on tensors, with values first and then sizes; none where the name is no such operation.
pub(super) fn call(
    name: &str,
    values: &[Array],
    sizes: &[usize],
    notes: &Notes,
) -> Option<Result<Array, String>> {
    Some(match (name, values) {
        ("correlate", [x, k]) => correlate(x, k),
        ("turn180", [x]) => {
            let [h, w, _, _] = x.four();
            Ok(image(x, x.four(), |[i, j, c, n]| x.pixel([h - 1 - i, w - 1 - j, c, n])))
        }
        ("swap", [x]) => {
            let [h, w, c, n] = x.four();
            Ok(Array::image([h, w, n, c], 4, |[i, j, a, b]| x.pixel([i, j, b, a])))
        }
        ("pad", [x]) => {
            let ([p, q], [h, w, c, n]) = (pair(sizes), x.four());
            Ok(image(x, [h + 2 * p, w + 2 * q, c, n], |[i, j, c, n]| {
                match (i.checked_sub(p), j.checked_sub(q)) {
                    (Some(i), Some(j)) => x.pixel([i, j, c, n]),
                    _ => Jet::ZERO,
                }
            }))
        }
        ("crop", [x]) => {
            let ([p, q], [h, w, c, n]) = (pair(sizes), x.four());
            if h <= 2 * p || w <= 2 * q {
                return Some(Err("nothing is left".to_owned()));
            }
            Ok(image(x, [h - 2 * p, w - 2 * q, c, n], |[i, j, c, n]| x.pixel([i + p, j + q, c, n])))
        }
        ("interleave", [x]) => {
            let ([s, t], [h, w, c, n]) = (pair(sizes), x.four());
            Ok(image(x, [s * (h - 1) + 1, t * (w - 1) + 1, c, n], |[i, j, c, n]| {
                if i % s + j % t == 0 { x.pixel([i / s, j / t, c, n]) } else { Jet::ZERO }
            }))
        }
        ("subsample", [x]) => {
            let ([s, t], [h, w, c, n]) = (pair(sizes), x.four());
            if (h - 1) % s + (w - 1) % t != 0 {
                return Some(Err("a stride that does not fit".to_owned()));
            }
            Ok(image(x, [(h - 1) / s + 1, (w - 1) / t + 1, c, n], |[i, j, c, n]| {
                x.pixel([i * s, j * t, c, n])
            }))
        }
        ("reshape", [x]) => {
            let shaped = Array::filled(sizes, Jet::ZERO);
            if shaped.data.len() == x.data.len() {
                Ok(Array { sizes: shaped.sizes, data: x.data.clone() })
            } else {
                Err("another number of entries".to_owned())
            }
        }
        ("flatten", [x]) if x.sizes.len() == 4 => {
            let [h, w, c, n] = x.four();
            let columns = Array { sizes: vec![h * w * c, n], data: x.data.clone() };
            Ok(columns.transposed())
        }
        ("flatten", [x]) => Ok(Array { sizes: vec![x.data.len(), 1], data: x.data.clone() }),
        ("channels", [b]) => {
            let mut to = [1; 4];
            for (side, size) in to.iter_mut().zip(sizes) {
                *side = *size;
            }
            Ok(Array::image(to, sizes.len(), |[_, _, c, _]| b.data[c.min(b.data.len() - 1)]))
        }
        ("channels_like", [b, like]) => {
            let entry = |[_, _, c, _]: [usize; 4]| b.data[c.min(b.data.len() - 1)];
            Ok(image(like, like.four(), entry))
        }
        ("channel_sums", [x]) => {
            let channels = x.four()[2];
            let mut sums = vec![Jet::ZERO; channels];
            for (at, entry) in x.data.iter().enumerate() {
                let channel = place(at, x.four())[2];
                sums[channel] = sums[channel] + *entry;
            }
            Ok(Array { sizes: vec![channels, 1], data: sums })
        }
        ("maxpool2d" | "avgpool2d", [x]) => pool(name, x, sizes, notes),
        ("max_scatter", [g, x]) => scatter(g, x, sizes, notes),
        ("max_gather", [v, x]) => {
            let windows = Windows::of(sizes);
            windows
                .result(x.four())
                .map(|sides| image(x, sides, |at| v.pixel(windows.peak(x, at, notes))))
        }
        ("average_spread", [g]) => Ok(spread(g, sizes)),
        _ => return None,
    })
}

fn image(like: &Array, sides: [usize; 4], entry: impl Fn([usize; 4]) -> Jet) -> Array {
    Array::image(sides, like.sizes.len(), entry)
}

/// Y[i,j,o,n] = Σ X[i+a, j+b, c, n] K[a,b,c,o]
fn correlate(x: &Array, k: &Array) -> Result<Array, String> {
    let ([h, w, channels, n], [p, q, inner, outputs]) = (x.four(), k.four());
    if p > h || q > w || inner != channels {
        return Err("a kernel that does not fit".to_owned());
    }
    let dimensions = if x.sizes.len().max(k.sizes.len()) > 2 { 4 } else { 2 };
    Ok(Array::image([h - p + 1, w - q + 1, outputs, n], dimensions, |[i, j, o, n]| {
        (0..k.data.len()).fold(Jet::ZERO, |sum, at| {
            let [a, b, c, output] = place(at, k.four());
            if output == o { sum + x.pixel([i + a, j + b, c, n]) * k.data[at] } else { sum }
        })
    }))
}

fn pool(name: &str, x: &Array, sizes: &[usize], notes: &Notes) -> Result<Array, String> {
    let windows = Windows::of(sizes);
    let sides = windows.result(x.four())?;
    Ok(image(x, sides, |at| {
        if name == "maxpool2d" {
            return x.pixel(windows.peak(x, at, notes));
        }
        let places = windows.places(at);
        #[allow(clippy::cast_precision_loss)]
        let share = Jet::new(1.0 / places.len() as f64);
        places.into_iter().fold(Jet::ZERO, |sum, place| sum + x.pixel(place)) * share
    }))
}

fn scatter(g: &Array, x: &Array, sizes: &[usize], notes: &Notes) -> Result<Array, String> {
    let windows = Windows::of(sizes);
    let sides = windows.result(x.four())?;
    let mut sum = x.map(|_| Jet::ZERO);
    for at in 0..sides.iter().product() {
        let from = place(at, sides);
        let to = offset(windows.peak(x, from, notes), x.four());
        sum.data[to] = sum.data[to] + g.pixel(from);
    }
    Ok(sum)
}

fn spread(g: &Array, sizes: &[usize]) -> Array {
    let windows = Windows::of(sizes);
    let [h, w, c, n] = g.four();
    let sides = [
        (h - 1) * windows.stride[0] + windows.size[0],
        (w - 1) * windows.stride[1] + windows.size[1],
        c,
        n,
    ];
    let mut sum = image(g, sides, |_| Jet::ZERO);
    for (at, entry) in g.data.iter().enumerate() {
        let places = windows.places(place(at, g.four()));
        #[allow(clippy::cast_precision_loss)]
        let share = Jet::new(1.0 / places.len() as f64);
        for to in places {
            let to = offset(to, sides);
            sum.data[to] = sum.data[to] + *entry * share;
        }
    }
    sum
}
