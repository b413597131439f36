//! Emitted code is compiled, run, and compared with layer kernels.
//!
//! Many programs become modules of one crate: a double and a single precision module each, and a layer kernel whose dual numbers
//! give the derivatives. The crate is compiled by `rustc` (or what the variable `RUSTC` names) and run once.
//!
//! | file | holds |
//! |---|---|
//! | `point` | sizes and inputs at which programs are compared |
//! | `source` | the crate's text |
//! | `harness.rs` | the part of the crate that is always the same, beside the kernel room |
//! | `toolchain` | the compiler and the folder in which it works |

mod point;
mod source;
mod toolchain;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::emit::Document;
use crate::expression::{Id, Store};
use crate::lower::{Program, Task, Title, lower};
use crate::shape::{Name, Shape};

/// A value, its derivatives, and what they are functions of.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Owns the expressions.
    pub store: &'a Store,
    /// The value.
    pub value: Id,
    /// The value as it was written, before anything was simplified: what the code is compared with.
    pub formula: Id,
    /// Its derivatives.
    pub derivatives: Vec<Derivative>,
    /// The variables, in the order of the emitted inputs.
    pub variables: Vec<(Name, Id)>,
    /// Expected sizes.
    pub sizes: &'a [(Name, u64)],
    /// The words of the emitted module.
    pub document: Document<'a>,
}

/// A derivative of the value.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// What the output is called, such as `gradient_W`.
    pub title: Title,
    /// What it is the derivative by.
    pub by: By,
    /// The derivative.
    pub expression: Id,
}

/// What a derivative is by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A variable: the gradient of a scalar, ∂vec(value)/∂vec(X)ᵀ of any other value.
    Variable(Id),
    /// Two variables, of a scalar: ∂²f/∂vec(X)∂vec(Y)ᵀ.
    Two(Id, Id),
    /// Two variables, the second moving along a direction: the differential of the gradient, of the first one's shape.
    TwoAlong(Id, (Id, Id)),
    /// Directions, which are variables too, each with the variable that moves along it: the differential, of the value's shape.
    Along(Vec<(Id, Id)>),
}

impl Request<'_> {
    /// Whether there is code: see [`crate::lower::is_computable`].
    pub fn is_computable(&self) -> bool {
        let derivatives = self.derivatives.iter().map(|derivative| derivative.expression);
        let roots: Vec<Id> = derivatives.chain([self.value, self.formula]).collect();
        crate::lower::is_computable(self.store, &roots)
    }

    /// The program of the value and all derivatives: the output `value`, then the derivatives.
    pub fn program(&self) -> Program {
        let mut outputs = vec![(Title::from("value"), self.value)];
        outputs.extend(
            self.derivatives
                .iter()
                .map(|derivative| (derivative.title.clone(), derivative.expression)),
        );
        lower(&Task {
            store: self.store,
            variables: &self.variables,
            outputs: &outputs,
            sizes: self.sizes,
        })
    }
}

/// How well emitted code agrees with its layer kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For each output, the value first.
    pub outputs: Vec<Agreement>,
    /// The sizes at which it was compared.
    pub sizes: Vec<BTreeMap<Name, i64>>,
    /// How often a call allocates memory when there was one before with the same sizes, at most.
    pub allocations: usize,
}

/// The largest error of one output, relative to its largest entry, over all sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// The output.
    pub name: Name,
    /// In double precision.
    pub double: f64,
    /// In single precision, against double precision at the same inputs.
    pub single: f64,
}

/// The elements of a table that no loops inside one another compute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no code for `{formula}`: its elements with several indices have no order in which loops inside one another, each index \
     running up or down, can compute them"
)]
pub struct NoOrder {
    /// What is computed.
    pub formula: String,
}

impl NoOrder {
    /// The stable code.
    pub const CODE: &'static str = "E1012";
}

/// Why code could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file cannot be written.
    #[error("cannot write the crate that compares to {}: {cause}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// No compiler was found.
    #[error(
        "cannot run the Rust compiler `{compiler}`: {cause}; install Rust (https://rustup.rs), or set RUSTC to the path of `rustc`"
    )]
    Compiler {
        /// What was tried.
        compiler: String,
        /// Why it failed.
        cause: io::Error,
    },
    /// The compiler refused the generated code: a fault of gradus.
    #[error("the generated code does not compile, which is a fault of gradus:\n{text}")]
    Compile {
        /// What the compiler says.
        text: String,
    },
    /// The compiled program failed: a fault of gradus.
    #[error("the generated code fails when it runs, which is a fault of gradus:\n{text}")]
    Run {
        /// What it says.
        text: String,
    },
    /// Too few points of the domain were found at which value and derivatives are finite and well conditioned.
    #[error(
        "the code was not compared: fewer than three points were found at which the value and its derivatives are finite and \
         well conditioned"
    )]
    NoPoint,
    /// Sizes that are numbers, and too large for the data to be made.
    #[error(
        "the code was not compared: {what} is {shape}, more than is computed with to compare; give its sizes names, such as \
         `{what}: m×n`, and the code is compared at small ones"
    )]
    TooLarge {
        /// The variable.
        what: String,
        /// Its shape.
        shape: Shape,
    },
    /// There is no code.
    #[error("{0}")]
    NoOrder(NoOrder),
    /// The compiler has no linker.
    #[error(
        "the Rust compiler finds no linker that works: install a C compiler (on Debian or Ubuntu `apt install gcc`, on Fedora \
         `dnf install gcc`, on macOS `xcode-select --install`). It says of an empty program:\n{text}"
    )]
    Linker {
        /// What the compiler says.
        text: String,
    },
    /// There is no place for temporary files.
    #[error(
        "cannot make a folder for temporary files in {}: {cause}; make that directory, or set TMPDIR to another",
        path.display()
    )]
    Temporary {
        /// The directory.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The compiler does not compile anything.
    #[error(
        "the Rust compiler `{compiler}` does not even compile an empty program: install Rust anew (https://rustup.rs), or set RUSTC \
         to the path of another `rustc`. It says:\n{text}"
    )]
    Installation {
        /// What was run.
        compiler: String,
        /// What it says.
        text: String,
    },
    /// The compiler was ended from outside.
    #[error("the Rust compiler `{compiler}` was killed, perhaps for want of memory: {text}")]
    Killed {
        /// What was run.
        compiler: String,
        /// What it said before.
        text: String,
    },
    /// The compiled program cannot be started.
    #[error(
        "cannot start the compiled program {}: {cause}; set TMPDIR to a directory from which programs may be started",
        program.display()
    )]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl VerifyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Write { .. } => "E1001",
            Self::Compiler { .. } => "E1002",
            Self::Compile { .. } => "E1003",
            Self::Run { .. } => "E1004",
            Self::NoPoint => "E1005",
            Self::TooLarge { .. } => "E1011",
            Self::Linker { .. } => "E1006",
            Self::Temporary { .. } => "E1007",
            Self::Installation { .. } => "E1008",
            Self::Killed { .. } => "E1009",
            Self::Start { .. } => "E1010",
            Self::NoOrder(_) => NoOrder::CODE,
        }
    }

    /// Whether the machine lacks something, and nothing is known of the code.
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Compile { .. }
            | Self::Run { .. }
            | Self::NoPoint
            | Self::TooLarge { .. }
            | Self::NoOrder(_) => false,
            Self::Write { .. }
            | Self::Compiler { .. }
            | Self::Linker { .. }
            | Self::Temporary { .. }
            | Self::Installation { .. }
            | Self::Killed { .. }
            | Self::Start { .. } => true,
        }
    }
}

/// Compares the emitted code of one request with its layer kernel.
pub fn verify(request: &Request<'_>) -> Result<Report, VerifyError> {
    let mut reports = verify_all(std::slice::from_ref(request))?;
    reports.pop().unwrap_or(Err(VerifyError::NoPoint))
}

/// Compares many requests in one crate: one compilation, one run.
pub fn verify_all(
    requests: &[Request<'_>],
) -> Result<Vec<Result<Report, VerifyError>>, VerifyError> {
    let mut models = Vec::new();
    let mut places = Vec::new();
    for request in requests {
        if !request.is_computable() {
            places.push(None);
            continue;
        }
        let program = request.program();
        let points = point::points(request, &program);
        places.push(points.is_some().then_some(models.len()));
        models.extend(points.map(|points| source::Model::new(request, program, points)));
    }
    let output = if models.is_empty() { String::new() } else { run(&models)? };
    let found = Found::read(&output)?;
    Ok(requests
        .iter()
        .zip(places)
        .map(|(request, place)| {
            let place = place.ok_or_else(|| match point::too_large(request) {
                _ if !request.is_computable() => {
                    VerifyError::NoOrder(NoOrder { formula: "this model".to_owned() })
                }
                Some((what, shape)) => VerifyError::TooLarge { what, shape },
                None => VerifyError::NoPoint,
            })?;
            report(request, place, &models[place], &found)
        })
        .collect())
}

/// What the compiled program found.
#[derive(Debug, Default)]
struct Found {
    /// Errors in double and single precision by (model, output): the worst over all points.
    errors: BTreeMap<(usize, usize), (f64, f64)>,
    /// Allocations in a later call by model: the most over all points.
    allocations: BTreeMap<usize, usize>,
}

impl Found {
    fn read(output: &str) -> Result<Self, VerifyError> {
        let mut found = Self::default();
        for line in output.lines() {
            found.line(line).ok_or_else(|| {
                let text = format!("`{line}` is neither a comparison nor a count");
                VerifyError::Run { text }
            })?;
        }
        Ok(found)
    }

    /// A line: model, output, and its errors in double and single precision; or model and number of allocations.
    fn line(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let error = |word: &str| {
            let error = word.parse::<f64>().ok()?;
            Some(if error.is_nan() { f64::INFINITY } else { error })
        };
        match words.as_slice() {
            [model, "allocations", count] => {
                let most = self.allocations.entry(model.parse().ok()?).or_insert(0);
                *most = count.parse::<usize>().ok()?.max(*most);
            }
            [model, output, double, single] => {
                let key = (model.parse().ok()?, output.parse().ok()?);
                let (double, single) = (error(double)?, error(single)?);
                let worst = self.errors.entry(key).or_insert((0.0, 0.0));
                *worst = (worst.0.max(double), worst.1.max(single));
            }
            _ => return None,
        }
        Some(())
    }
}

fn report(
    request: &Request<'_>,
    place: usize,
    model: &source::Model<'_>,
    found: &Found,
) -> Result<Report, VerifyError> {
    let names = std::iter::once(Name::from("value"))
        .chain(request.derivatives.iter().map(|derivative| derivative.title.to_string().into()));
    let mut outputs = Vec::new();
    for (at, name) in names.enumerate() {
        let Some((double, single)) = found.errors.get(&(place, at)) else {
            return Err(VerifyError::Run { text: format!("no comparison of {name} was made") });
        };
        outputs.push(Agreement { name, double: *double, single: *single });
    }
    let Some(allocations) = found.allocations.get(&place).copied() else {
        return Err(VerifyError::Run { text: "no allocations were counted".to_owned() });
    };
    let sizes = model.points.iter().map(|point| point.sizes.clone()).collect();
    Ok(Report { outputs, sizes, allocations })
}

/// Writes, compiles and runs the crate of the models.
fn run(models: &[source::Model<'_>]) -> Result<String, VerifyError> {
    // Of many programs the compiler's optimiser would take most of the time.
    let level = if models.len() > 4 { "opt-level=1" } else { "opt-level=3" };
    toolchain::run(&source::text(models), &source::data(models), level)
}
