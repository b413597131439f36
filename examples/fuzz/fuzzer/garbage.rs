//! Random bytes, random tokens and mutilated programs: whatever is typed, gradus answers, in time, and never panics.

use gradus::evaluate::Random;
use gradus::session::{Query, Session, Settings};
use gradus::syntax;

use crate::fuzzer::generate;
use crate::fuzzer::judge::{MOST_SECONDS, Outcome, within};

const TOKENS: &[&str] = &[
    "x",
    "A",
    "t",
    "T",
    "n",
    "m",
    "h",
    "1",
    "2",
    "0",
    "-1",
    "1e9",
    "1e-400",
    "99999999999999999999",
    "½",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "*",
    "/",
    "\\",
    "^",
    ".^",
    ".*",
    "./",
    ".+",
    ".-",
    "'",
    "ᵀ",
    "⊗",
    "×",
    "=",
    ":=",
    ":",
    ",",
    ";",
    "\n",
    "..",
    "‖",
    "||",
    "_F",
    "_2",
    "⁻¹",
    "²",
    "ᵏ",
    "√",
    "sum",
    "tr",
    "det",
    "inv",
    "exp",
    "log",
    "norm2",
    "softmax",
    "logsumexp",
    "diag",
    "kron",
    "vec",
    "eye",
    "ones",
    "zeros",
    "commutation",
    "reshape",
    "conv2d",
    "maxpool2d",
    "pad",
    "grad",
    "hessian",
    "jacobian",
    "d",
    "for",
    "in",
    "wrt",
    "of",
    "gradient",
    "solve",
    "sizes",
    "scalar",
    "symmetric",
    "spd",
    "simplex",
    "rows",
    "columns",
    "sum(t in 1..T, ",
    "h[t-1]",
    "h[0]",
    "δ",
    "ŷ",
    "#",
    "//",
    " ",
    "\t",
    "\u{a0}",
    "pi",
    "I",
    "A: n×n",
    "x: n",
    "x[t]: n",
    "f(x) = ",
    "∂",
    "∞",
    "d(",
    "value",
];

/// One line of garbage.
pub(crate) fn line(seed: u64) -> String {
    let mut random = Random::new(seed ^ 0x6a7b);
    match random.below(4) {
        0 => {
            let length = random.below(60);
            let bytes: Vec<u8> =
                (0..length).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        1 => tokens(&mut random),
        _ => mutilated(seed, &mut random),
    }
}

fn tokens(random: &mut Random) -> String {
    let (count, glue) = (1 + random.below(25), [" ", ""][random.below(2)]);
    let each = (0..count).map(|_| TOKENS[random.below(TOKENS.len())]);
    each.collect::<Vec<_>>().join(glue)
}

/// A program with pieces cut out, doubled, exchanged and put in.
fn mutilated(seed: u64, random: &mut Random) -> String {
    let question = generate::program(seed).question(seed);
    let mut text: Vec<char> =
        format!("{}{}", question.preamble(), question.formula).chars().collect();
    for _ in 0..=random.below(4) {
        let (a, b) = (random.below(text.len() + 1), random.below(text.len() + 1));
        let (a, b) = (a.min(b), a.max(b).min(a.min(b) + 12));
        match random.below(4) {
            0 => drop(text.drain(a..b)),
            1 => {
                let piece: Vec<char> = text[a..b].to_vec();
                let times = if random.below(10) == 0 { 40 } else { 1 };
                (0..times).for_each(|_| drop(text.splice(b..b, piece.clone())));
            }
            2 => {
                let token = TOKENS[random.below(TOKENS.len())];
                drop(text.splice(a..a, token.chars()));
            }
            _ => {
                let piece: Vec<char> = text.drain(a..b).collect();
                let to = random.below(text.len() + 1);
                drop(text.splice(to..to, piece));
            }
        }
    }
    text.into_iter().collect()
}

/// Reads it, as a model and as a formula; all that can go wrong is time, memory and a panic.
pub(crate) fn judge(escaped: &str) -> Outcome {
    let text: String = escaped.replace('\u{1e}', "\n");
    let asked = within("garbage", || {
        let program = syntax::parse(&text, &gradus::elaborate::is_known);
        let outcomes = Session::new().read(&text, Settings::default());
        let shown = outcomes.as_ref().err().map(|error| error.render("typed", false));
        let answer = Session::new().ask(&Query::gradient(&text, &["x"]));
        let refused = answer.err().map(|error| error.render("typed", false));
        (program.is_ok(), shown, refused)
    });
    match asked {
        Ok((_, shown, refused)) => {
            let fault = shown.iter().chain(&refused).find(|text| text.contains("E0999"));
            fault.map_or(Outcome::Right, |text| Outcome::fault("E0999", text))
        }
        Err(Outcome::Fault(kind, detail)) => {
            Outcome::Fault(kind, format!("{detail}, of {MOST_SECONDS} s"))
        }
        Err(outcome) => outcome,
    }
}

/// As it is sent to a worker.
pub(crate) fn escaped(text: &str) -> String {
    text.replace(['\n', '\r'], "\u{1e}")
}
