/// Numbers of the data file, in order.
pub struct Data<'a> {
    words: std::str::SplitAsciiWhitespace<'a>,
}

impl Data<'_> {
    fn count(&mut self) -> usize {
        self.words.next().and_then(|word| word.parse().ok()).expect("a count")
    }

    fn counts(&mut self, length: usize) -> Vec<usize> {
        (0..length).map(|_| self.count()).collect()
    }

    fn sizes(&mut self) -> Vec<usize> {
        let length = self.count();
        self.counts(length)
    }

    fn array(&mut self) -> Vec<f64> {
        let length = self.count();
        (0..length)
            .map(|_| self.words.next().and_then(|word| word.parse().ok()).expect("a number"))
            .collect()
    }
}

/// Directions in which an input may move.
#[derive(Clone, Copy)]
pub enum Structure {
    Free,
    Symmetric,
    Diagonal,
    Lower,
    Upper,
}

/// An input with respect to which a derivative was taken: its place; rows and entries, of every element of a family; its structure.
pub type Input = (usize, Vec<(usize, usize)>, Structure);

/// What a derivative is by.
pub enum Wrt {
    First(Input),
    Second(Input, Input),
    /// An input, and the places of another and of the direction along which that one moves.
    SecondAlong(Input, usize, usize),
    /// Places of inputs, each with that of its direction.
    Along(Vec<(usize, usize)>),
}

/// Inputs with more entries are compared in random directions instead of entry by entry; so many at second order.
const MOST_ENTRIES: usize = 120;
const MOST_PAIRED: usize = 10;

fn directions(length: usize, input: &Input, most: usize) -> Vec<Vec<f64>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    let whole = length <= most;
    let count = if whole { length } else { most.min(24) };
    let mut list = Vec::new();
    for entry in 0..count {
        let mut d: Vec<f64> = (0..length)
            .map(|at| if !whole { random() } else if at == entry { 1.0 } else { 0.0 })
            .collect();
        let mut from = 0;
        for (rows, entries) in &input.1 {
            structured(&mut d[from..from + entries], *rows, input.2);
            from += entries;
        }
        list.push(d);
    }
    list
}

/// A direction that keeps what is declared of a matrix.
fn structured(d: &mut [f64], rows: usize, structure: Structure) {
    for at in 0..d.len() {
        let (i, j) = (at % rows, at / rows);
        match structure {
            Structure::Free => {}
            Structure::Symmetric if i < j => {
                let mean = (d[at] + d[j + i * rows]) / 2.0;
                d[at] = mean;
                d[j + i * rows] = mean;
            }
            Structure::Diagonal if i != j => d[at] = 0.0,
            Structure::Lower if i < j => d[at] = 0.0,
            Structure::Upper if i > j => d[at] = 0.0,
            _ => {}
        }
    }
}

/// The largest difference, relative to the largest exact entry.
fn error(pairs: &[(f64, f64)]) -> f64 {
    let size = pairs.iter().fold(0.0_f64, |size, (_, exact)| size.max(exact.abs()));
    let difference = pairs.iter().fold(0.0_f64, |worst, (found, exact)| {
        let difference = (found - exact).abs();
        if difference.is_nan() { f64::INFINITY } else { worst.max(difference) }
    });
    if size > 0.0 { difference / size } else { difference }
}

/// The formula's value at numbers of a kind.
type Value<'a, T> = &'a dyn Fn(&[Vec<T>]) -> Vec<T>;

/// The errors of the value and of every derivative.
pub fn compare(
    outputs: &[Vec<f64>],
    inputs: &[Vec<f64>],
    wrt: &[Wrt],
    first: Value<'_, Dual<f64>>,
    second: Value<'_, Dual<Dual<f64>>>,
) -> Vec<f64> {
    let exact = first(&moved(inputs, &[]));
    assert_eq!(outputs[0].len(), exact.len(), "length of the value");
    let pairs: Vec<(f64, f64)> =
        outputs[0].iter().zip(&exact).map(|(found, exact)| (*found, exact.value)).collect();
    let mut errors = vec![error(&pairs)];
    for (wrt, derivative) in wrt.iter().zip(&outputs[1..]) {
        let pairs = match wrt {
            Wrt::First(input) => first_order(derivative, inputs, input, exact.len(), first),
            Wrt::Second(x, y) => second_order(derivative, inputs, x, y, second),
            Wrt::SecondAlong(x, y, d) => {
                directions(inputs[x.0].len(), x, MOST_PAIRED)
                    .iter()
                    .map(|e| {
                        let found = e.iter().zip(derivative).map(|(e, x)| e * x).sum();
                        (found, mixed(inputs, (x.0, e), (*y, &inputs[*d]), second))
                    })
                    .collect()
            }
            Wrt::Along(along) => {
                let directions: Vec<(usize, &[f64])> =
                    along.iter().map(|(input, direction)| (*input, &inputs[*direction][..])).collect();
                let tangents = first(&moved(inputs, &directions));
                assert_eq!(derivative.len(), exact.len(), "length of a differential");
                derivative.iter().zip(&tangents).map(|(found, exact)| (*found, exact.tangent)).collect()
            }
        };
        errors.push(error(&pairs));
    }
    errors
}

/// The inputs, some of them moving along directions.
fn moved(inputs: &[Vec<f64>], directions: &[(usize, &[f64])]) -> Vec<Vec<Dual<f64>>> {
    let mut point: Vec<Vec<Dual<f64>>> = inputs
        .iter()
        .map(|input| input.iter().map(|x| Dual::new(*x, 0.0)).collect())
        .collect();
    for (input, direction) in directions {
        for (x, d) in point[*input].iter_mut().zip(*direction) {
            x.tangent = *d;
        }
    }
    point
}

/// J·d and the directional derivative.
fn first_order(
    derivative: &[f64],
    inputs: &[Vec<f64>],
    by: &Input,
    length: usize,
    value: Value<'_, Dual<f64>>,
) -> Vec<(f64, f64)> {
    let input = by.0;
    let columns = inputs[input].len();
    assert_eq!(derivative.len(), length * columns, "length of a derivative");
    let mut pairs = Vec::new();
    for d in directions(columns, by, MOST_ENTRIES) {
        let tangents = value(&moved(inputs, &[(input, &d)]));
        for (i, exact) in tangents.iter().enumerate() {
            let found = d.iter().enumerate().map(|(j, d)| derivative[i + j * length] * d).sum();
            pairs.push((found, exact.tangent));
        }
    }
    pairs
}

/// The second derivative along a direction of one input, then of another.
fn mixed(
    inputs: &[Vec<f64>],
    (x, e): (usize, &[f64]),
    (y, d): (usize, &[f64]),
    value: Value<'_, Dual<Dual<f64>>>,
) -> f64 {
    let still = |x: &f64| Dual::new(Dual::new(*x, 0.0), Dual::new(0.0, 0.0));
    let mut point: Vec<Vec<Dual<Dual<f64>>>> =
        inputs.iter().map(|input| input.iter().map(still).collect()).collect();
    for (x, e) in point[x].iter_mut().zip(e) {
        x.value.tangent = *e;
    }
    for (y, d) in point[y].iter_mut().zip(d) {
        y.tangent.value = *d;
    }
    value(&point)[0].tangent.tangent
}

/// eᵀ·H·d and the second directional derivative.
fn second_order(
    derivative: &[f64],
    inputs: &[Vec<f64>],
    x: &Input,
    y: &Input,
    value: Value<'_, Dual<Dual<f64>>>,
) -> Vec<(f64, f64)> {
    let (rows, columns) = (inputs[x.0].len(), inputs[y.0].len());
    assert_eq!(derivative.len(), rows * columns, "length of a second derivative");
    let mut pairs = Vec::new();
    for e in directions(rows, x, MOST_PAIRED) {
        for d in directions(columns, y, MOST_PAIRED) {
            let exact = mixed(inputs, (x.0, &e), (y.0, &d), value);
            let mut found = 0.0;
            for (j, d) in d.iter().enumerate() {
                for (i, e) in e.iter().enumerate() {
                    found += e * derivative[i + j * rows] * d;
                }
            }
            pairs.push((found, exact));
        }
    }
    pairs
}

fn single(inputs: &[Vec<f64>]) -> Vec<Vec<f32>> {
    inputs.iter().map(|input| input.iter().map(|x| *x as f32).collect()).collect()
}

fn double(inputs: &[Vec<f32>]) -> Vec<Vec<f64>> {
    inputs.iter().map(|input| input.iter().map(|x| f64::from(*x)).collect()).collect()
}
