/// Counts what is allocated.
struct Counting;

static ALLOCATIONS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

unsafe impl std::alloc::GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        unsafe { std::alloc::System.alloc(layout) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: std::alloc::Layout) {
        unsafe { std::alloc::System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often memory was allocated so far.
pub fn allocations() -> usize {
    ALLOCATIONS.load(std::sync::atomic::Ordering::Relaxed)
}

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

/// A number that was found, and the exact one as the plain loops compute it.
type Pair = (f64, Scaled);

/// The largest difference, relative to the largest of the exact entries and of what they were computed from: of a difference of large
/// numbers no more digits are right than these leave.
fn error(pairs: &[Pair]) -> f64 {
    let size = pairs.iter().fold(0.0_f64, |size, (_, exact)| size.max(exact.size()));
    let difference = pairs.iter().fold(0.0_f64, |worst, (found, exact)| {
        let difference = (found - exact.value).abs();
        if difference.is_nan() { f64::INFINITY } else { worst.max(difference) }
    });
    if size > 0.0 { difference / size } else { difference }
}

/// The formula's value at numbers of a kind.
type Value<'a, T> = &'a dyn Fn(&[Vec<T>]) -> Vec<T>;

/// The errors of the value and of every derivative.
pub fn compare(
    outputs: &[Vec<f64>],
    inputs: &[Vec<Scaled>],
    wrt: &[Wrt],
    first: Value<'_, Dual<Scaled>>,
    second: Option<Value<'_, Dual<Dual<Scaled>>>>,
) -> Vec<f64> {
    let exact = first(&moved(inputs, &[]));
    assert_eq!(outputs[0].len(), exact.len(), "length of the value");
    let pairs: Vec<Pair> =
        outputs[0].iter().zip(&exact).map(|(found, exact)| (*found, exact.value)).collect();
    let mut errors = vec![error(&pairs)];
    let twice = || second.expect("a second derivative");
    for (wrt, derivative) in wrt.iter().zip(&outputs[1..]) {
        let pairs = match wrt {
            Wrt::First(input) => first_order(derivative, inputs, input, exact.len(), first),
            Wrt::Second(x, y) => second_order(derivative, inputs, x, y, twice()),
            Wrt::SecondAlong(x, y, d) => {
                directions(inputs[x.0].len(), x, MOST_PAIRED)
                    .iter()
                    .map(|e| {
                        let found = e.iter().zip(derivative).map(|(e, x)| e * x).sum();
                        let d: Vec<f64> = inputs[*d].iter().map(|x| x.value).collect();
                        (found, mixed(inputs, (x.0, e), (*y, &d), twice()))
                    })
                    .collect()
            }
            Wrt::Along(along) => {
                let lengths = along.iter().map(|(_, direction)| &inputs[*direction]);
                let lengths: Vec<Vec<f64>> =
                    lengths.map(|d| d.iter().map(|x| x.value).collect()).collect();
                let directions: Vec<(usize, &[f64])> =
                    along.iter().zip(&lengths).map(|((input, _), d)| (*input, &d[..])).collect();
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
fn moved(inputs: &[Vec<Scaled>], directions: &[(usize, &[f64])]) -> Vec<Vec<Dual<Scaled>>> {
    let mut point: Vec<Vec<Dual<Scaled>>> = inputs
        .iter()
        .map(|input| input.iter().map(|x| Dual::new(*x, x.like(0.0))).collect())
        .collect();
    for (input, direction) in directions {
        for (x, d) in point[*input].iter_mut().zip(*direction) {
            x.tangent = x.value.like(*d);
        }
    }
    point
}

/// J·d and the directional derivative.
fn first_order(
    derivative: &[f64],
    inputs: &[Vec<Scaled>],
    by: &Input,
    length: usize,
    value: Value<'_, Dual<Scaled>>,
) -> Vec<Pair> {
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
    inputs: &[Vec<Scaled>],
    (x, e): (usize, &[f64]),
    (y, d): (usize, &[f64]),
    value: Value<'_, Dual<Dual<Scaled>>>,
) -> Scaled {
    let zero = |x: &Scaled| Dual::new(x.like(0.0), x.like(0.0));
    let still = |x: &Scaled| Dual::new(Dual::new(*x, x.like(0.0)), zero(x));
    let mut point: Vec<Vec<Dual<Dual<Scaled>>>> =
        inputs.iter().map(|input| input.iter().map(still).collect()).collect();
    for (x, e) in point[x].iter_mut().zip(e) {
        x.value.tangent = x.value.value.like(*e);
    }
    for (y, d) in point[y].iter_mut().zip(d) {
        y.tangent.value = y.value.value.like(*d);
    }
    value(&point)[0].tangent.tangent
}

/// eᵀ·H·d and the second directional derivative.
fn second_order(
    derivative: &[f64],
    inputs: &[Vec<Scaled>],
    x: &Input,
    y: &Input,
    value: Value<'_, Dual<Dual<Scaled>>>,
) -> Vec<Pair> {
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

/// Inputs without an error, for code of a precision.
fn exact<T: Copy + Into<f64>>(inputs: &[Vec<T>], precision: Precision) -> Vec<Vec<Scaled>> {
    let exact = |x: &T| Scaled::exact((*x).into(), precision);
    inputs.iter().map(|input| input.iter().map(exact).collect()).collect()
}
