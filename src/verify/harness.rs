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

/// An input with respect to which a derivative was taken: its place, its rows, its structure.
pub type Wrt = (usize, usize, Structure);

/// Inputs with more entries are compared in random directions instead of entry by entry.
const MOST_ENTRIES: usize = 120;

fn directions(length: usize, rows: usize, structure: Structure) -> Vec<Vec<f64>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    let whole = length <= MOST_ENTRIES;
    let count = if whole { length } else { 24 };
    let mut list = Vec::new();
    for entry in 0..count {
        let mut d: Vec<f64> = (0..length)
            .map(|at| if !whole { random() } else if at == entry { 1.0 } else { 0.0 })
            .collect();
        for at in 0..length {
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
        list.push(d);
    }
    list
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

/// The errors of the value and of every derivative.
pub fn compare(
    outputs: &[Vec<f64>],
    inputs: &[Vec<f64>],
    wrt: &[Wrt],
    value: &dyn Fn(&[Vec<Dual<f64>>]) -> Vec<Dual<f64>>,
) -> Vec<f64> {
    let mut point: Vec<Vec<Dual<f64>>> = inputs
        .iter()
        .map(|input| input.iter().map(|x| Dual::new(*x, 0.0)).collect())
        .collect();
    let exact = value(&point);
    assert_eq!(outputs[0].len(), exact.len(), "length of the value");
    let pairs: Vec<(f64, f64)> =
        outputs[0].iter().zip(&exact).map(|(found, exact)| (*found, exact.value)).collect();
    let mut errors = vec![error(&pairs)];
    for ((input, rows, structure), derivative) in wrt.iter().zip(&outputs[1..]) {
        let length = inputs[*input].len();
        assert_eq!(derivative.len(), exact.len() * length, "length of a derivative");
        let mut pairs = Vec::new();
        for d in directions(length, *rows, *structure) {
            for (x, d) in point[*input].iter_mut().zip(&d) {
                x.tangent = *d;
            }
            for (i, exact) in value(&point).iter().enumerate() {
                let mut found = 0.0;
                for (j, d) in d.iter().enumerate() {
                    found += derivative[i + j * outputs[0].len()] * d;
                }
                pairs.push((found, exact.tangent));
            }
        }
        for x in point[*input].iter_mut() {
            x.tangent = 0.0;
        }
        errors.push(error(&pairs));
    }
    errors
}

fn single(inputs: &[Vec<f64>]) -> Vec<Vec<f32>> {
    inputs.iter().map(|input| input.iter().map(|x| *x as f32).collect()).collect()
}

fn double(inputs: &[Vec<f32>]) -> Vec<Vec<f64>> {
    inputs.iter().map(|input| input.iter().map(|x| f64::from(*x)).collect()).collect()
}
