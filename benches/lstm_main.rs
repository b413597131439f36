// Runs the code that was emitted for benches/lstm.gradus: `lstm PRECISION RUNS [STEPS]` prints
// `gradus median_ns first_quartile_ns third_quartile_ns value`, and what the process has taken of memory.

const BATCH: usize = 32;
const WIDTH: usize = 128;

/// Entry e of input number j: scale · (u/2³² − ½) with u = ((e + 1)·2654435761 + (j + 1)·40503) mod 2³².
fn input(number: usize, length: usize, scale: f64) -> Vec<f64> {
    let entry = |e: usize| {
        let u = (e as u64 + 1).wrapping_mul(2_654_435_761).wrapping_add((number as u64 + 1) * 40_503) % (1 << 32);
        scale * (u as f64 / 4_294_967_296.0 - 0.5)
    };
    (0..length).map(entry).collect()
}

macro_rules! run {
    ($module:ident, $float:ty, $runs:expr, $steps:expr) => {{
        let all = |list: Vec<f64>| -> Vec<$float> { list.into_iter().map(|x| x as $float).collect() };
        let family = |first: usize| -> Vec<$float> {
            (0..$steps).flat_map(|step| all(input(first + step, WIDTH * BATCH, 1.0))).collect()
        };
        let (x, y) = (family(0), family($steps));
        let number = 2 * $steps;
        let (h0, c0) = (all(input(number, WIDTH * BATCH, 1.0)), all(input(number + 1, WIDTH * BATCH, 1.0)));
        let gate = |at: usize| {
            let first = number + 2 + 3 * at;
            let square = |number| all(input(number, WIDTH * WIDTH, 0.3));
            (square(first), square(first + 1), all(input(first + 2, WIDTH, 1.0)))
        };
        let [f, i, o, g] = [0, 1, 2, 3].map(gate);
        let sizes = $module::Sizes { b: BATCH, d: WIDTH, p: WIDTH, t: $steps };
        let inputs = $module::Inputs {
            x: &x, y: &y, h0: &h0, c0: &c0,
            wf: &f.0, uf: &f.1, bf: &f.2, wi: &i.0, ui: &i.1, bi: &i.2,
            wo: &o.0, uo: &o.1, bo: &o.2, wg: &g.0, ug: &g.1, bg: &g.2,
        };
        let mut workspace = $module::Workspace::new(&sizes);
        let mut value = 0.0;
        let mut times = Vec::new();
        for round in 0..$runs + 3 {
            let start = std::time::Instant::now();
            value = $module::value_and_gradient(&sizes, &inputs, &mut workspace).value as f64;
            if round >= 3 {
                times.push(start.elapsed().as_nanos());
            }
        }
        times.sort_unstable();
        let at = |quarters: usize| times[(times.len() - 1) * quarters / 4];
        println!("gradus {} {} {} {value:?}", at(2), at(1), at(3));
    }};
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runs: usize = arguments.get(2).and_then(|runs| runs.parse().ok()).unwrap_or(30);
    let steps: usize = arguments.get(3).and_then(|steps| steps.parse().ok()).unwrap_or(50);
    match arguments.get(1).map(String::as_str) {
        Some("f32") => run!(single, f32, runs, steps),
        _ => run!(double, f64, runs, steps),
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("peak memory with {steps} steps:{peak}");
    }
}
