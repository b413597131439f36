//! Emitted code is compiled, run, and compared with layer kernels.
//!
//! Many programs become modules of one crate: a double and a single precision module each, and a layer kernel whose dual numbers
//! give the derivatives. The crate is compiled by `rustc` (or what the variable `RUSTC` names) and run once.
//!
//! | file | holds |
//! |---|---|
//! | `point` | sizes and inputs at which programs are compared |
//! | `source` | the crate's text |
//! | `harness.rs` | the part of the crate that is always the same |

mod point;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::emit::Document;
use crate::expression::{Id, Store};
use crate::lower::{Program, Task, lower};
use crate::shape::Name;

/// A value, its derivatives, and what they are functions of.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Owns the expressions.
    pub store: &'a Store,
    /// The value.
    pub value: Id,
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
    /// The name of the output, such as `gradient_W`.
    pub name: Name,
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
    /// The program of the value and all derivatives: the output `value`, then the derivatives.
    pub fn program(&self) -> Program {
        let mut outputs = vec![(Name::from("value"), self.value)];
        outputs.extend(
            self.derivatives
                .iter()
                .map(|derivative| (derivative.name.clone(), derivative.expression)),
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

/// Why code could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file system refused.
    #[error("cannot write the generated crate to {path}: {cause}")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// No compiler was found.
    #[error("cannot run the compiler {compiler}: {cause}; set RUSTC to its path")]
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
        let program = request.program();
        let points = point::points(request, &program);
        places.push(points.is_some().then_some(models.len()));
        models.extend(points.map(|points| source::Model { request, program, points }));
    }
    let output = if models.is_empty() { String::new() } else { run(&models)? };
    let errors = parse(&output);
    Ok(requests
        .iter()
        .zip(places)
        .map(|(request, place)| {
            let place = place.ok_or(VerifyError::NoPoint)?;
            report(request, place, &models[place], &errors)
        })
        .collect())
}

/// Errors by (model, output): the worst over all points.
type Errors = BTreeMap<(usize, usize), (f64, f64)>;

fn parse(output: &str) -> Errors {
    let mut errors = Errors::new();
    for line in output.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [model, output, double, single] = words.as_slice() {
            let key = (model.parse().unwrap_or(usize::MAX), output.parse().unwrap_or(usize::MAX));
            let number = |word: &str| word.parse::<f64>().ok().filter(|x| !x.is_nan());
            let found = [double, single].map(|word| number(word).unwrap_or(f64::INFINITY));
            let worst = errors.entry(key).or_insert((0.0, 0.0));
            *worst = (worst.0.max(found[0]), worst.1.max(found[1]));
        }
    }
    errors
}

fn report(
    request: &Request<'_>,
    place: usize,
    model: &source::Model<'_>,
    errors: &Errors,
) -> Result<Report, VerifyError> {
    let names = std::iter::once(Name::from("value"))
        .chain(request.derivatives.iter().map(|derivative| derivative.name.clone()));
    let mut outputs = Vec::new();
    for (at, name) in names.enumerate() {
        let Some((double, single)) = errors.get(&(place, at)) else {
            return Err(VerifyError::Run { text: format!("no comparison of {name} was made") });
        };
        outputs.push(Agreement { name, double: *double, single: *single });
    }
    Ok(Report { outputs, sizes: model.points.iter().map(|point| point.sizes.clone()).collect() })
}

/// Writes, compiles and runs the crate of the models.
fn run(models: &[source::Model<'_>]) -> Result<String, VerifyError> {
    let directory = Directory::new()?;
    let (main, data) = (directory.path.join("main.rs"), directory.path.join("data.txt"));
    let program = directory.path.join("program");
    write(&main, &source::text(models))?;
    write(&data, &source::data(models))?;
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    // Of many programs the compiler's optimiser would take most of the time.
    let level = if models.len() > 4 { "opt-level=1" } else { "opt-level=3" };
    let output = Command::new(&compiler)
        .args(["-C", level, "--edition", "2021", "--crate-name", "compared", "-A", "warnings"])
        .arg(&main)
        .arg("-o")
        .arg(&program)
        .output()
        .map_err(|cause| VerifyError::Compiler { compiler, cause })?;
    if !output.status.success() {
        return Err(VerifyError::Compile { text: error_text(&output) });
    }
    let output = Command::new(&program)
        .arg(&data)
        .output()
        .map_err(|cause| VerifyError::Run { text: cause.to_string() })?;
    if !output.status.success() {
        return Err(VerifyError::Run { text: error_text(&output) });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn write(path: &Path, text: &str) -> Result<(), VerifyError> {
    fs::write(path, text).map_err(|cause| VerifyError::Write { path: path.to_owned(), cause })
}

/// A temporary directory, removed at the end.
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> Result<Self, VerifyError> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gradus-verify-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(Self { path }),
            Err(cause) => Err(VerifyError::Write { path, cause }),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Nothing is lost when it stays.
        drop(fs::remove_dir_all(&self.path));
    }
}
