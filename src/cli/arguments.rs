//! What can be typed on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::session::{Certify, Convention, Settings};
use crate::syntax::ast::RequestKind;

/// What `--help` and the manual page end with.
const ENDING: &str = "\
Examples:
  gradus derive 'norm2(A*x - b)^2' --wrt x
  gradus derive '\\log\\det \\Sigma' --steps
  gradus check \"x'*A*x\" --wrt x --claim '2*A*x' --declare 'A: spd'
  gradus solve 'norm2(X*w - y)^2' --for w
  gradus verify examples/

Exit codes:
  0  answered
  1  code that disagrees with its formula, or a claim that is wrong
  2  bad input, or a machine without what is needed";

/// Symbolic matrix calculus: closed-form derivatives, their derivations, and Rust code that has been checked.
///
/// Without a command: the REPL.
#[derive(Debug, Parser)]
#[command(name = "gradus", version, after_help = ENDING)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Derive a gradient, Jacobian, Hessian or differential and print it.
    Derive(DeriveArguments),
    /// Compare a formula of your own with the derivative.
    Check(CheckArguments),
    /// Find where a gradient is zero, or solve equations that are linear in their unknowns.
    Solve(SolveArguments),
    /// Answer questions from standard input, a JSON object a line, with a JSON object a line.
    Batch(BatchArguments),
    /// Write the derivatives that a model file asks for as Rust.
    Emit(EmitArguments),
    /// Compile and run the emitted code and compare it with plain loops.
    Verify(VerifyArguments),
    /// Count parameters, operations and memory of a model's code, in symbols and in numbers.
    Info(InfoArguments),
    /// Write the completions of a shell to standard output.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual page to standard output.
    Man,
    /// Answer the questions of another process.
    #[command(hide = true)]
    Worker(WorkerArguments),
}

#[derive(Debug, Args)]
pub(super) struct WorkerArguments {
    #[command(subcommand)]
    pub(super) service: Service,
}

#[derive(Debug, Subcommand)]
pub(super) enum Service {
    /// The lines of a batch.
    Batch(ConventionArguments),
    /// The lines of a REPL.
    Repl,
}

#[derive(Debug, Args)]
pub(super) struct DeriveArguments {
    /// The formula, such as 'tr(AᵀXB)'; `-` reads it from standard input. Without it, the requests of --file are answered.
    #[arg(allow_hyphen_values = true, required_unless_present = "file")]
    pub(super) expression: Option<String>,
    #[command(flatten)]
    pub(super) question: QuestionArguments,
    /// A model file with declarations, definitions and requests.
    #[arg(long, value_name = "MODEL")]
    pub(super) file: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = DeriveFormat::Text)]
    pub(super) format: DeriveFormat,
    /// Write out what is defined, instead of its name.
    #[arg(long)]
    pub(super) expand: bool,
    /// Show how each gradient is found.
    #[arg(long)]
    pub(super) steps: bool,
    /// Show the steps, and the Rust code, after it was compiled, run and compared with plain loops.
    #[arg(long)]
    pub(super) verify: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The formula, such as 'norm2(A*x-b)^2'; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true)]
    pub(super) expression: String,
    /// What its derivative is said to be, such as "2*A'*(A*x-b)".
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    pub(super) claim: String,
    #[command(flatten)]
    pub(super) question: QuestionArguments,
    /// A model file whose declarations and definitions are known.
    #[arg(long, value_name = "MODEL")]
    pub(super) file: Option<PathBuf>,
    /// How the verdict is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct SolveArguments {
    /// A scalar whose gradient is to be zero, or equations, such as 'a*l + b = -1, a*r + b = 1'; `-` reads standard input.
    #[arg(allow_hyphen_values = true)]
    pub(super) expression: String,
    /// The unknowns.
    #[arg(long = "for", value_name = "NAMES", required = true)]
    pub(super) unknowns: Vec<String>,
    /// Declarations, such as 'A: m×n; X: n×p symmetric'.
    #[arg(long, value_name = "DECLARATIONS")]
    pub(super) declare: Vec<String>,
    /// A model file whose declarations and definitions are known.
    #[arg(long, value_name = "MODEL")]
    pub(super) file: Option<PathBuf>,
    /// How the solution is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// What belongs to a formula.
#[derive(Debug, Args)]
pub(super) struct QuestionArguments {
    /// Names to differentiate by; may be left out when there is only one variable.
    #[arg(long, value_name = "NAMES")]
    pub(super) wrt: Vec<String>,
    /// What is asked of a formula that is no request itself.
    ///
    /// A gradient where nothing is said.
    #[arg(long, value_enum)]
    pub(super) kind: Option<Kind>,
    /// Declarations, such as 'A: m×n; X: n×p symmetric'.
    #[arg(long, value_name = "DECLARATIONS")]
    pub(super) declare: Vec<String>,
    #[command(flatten)]
    pub(super) convention: ConventionArguments,
}

impl QuestionArguments {
    /// The first option that says something of a formula; there is none where a model file asks.
    pub(super) fn of_formula(&self) -> Option<&'static str> {
        let given = [
            ("--wrt", !self.wrt.is_empty()),
            ("--kind", self.kind.is_some()),
            ("--declare", !self.declare.is_empty()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }
}

#[derive(Debug, Args)]
pub(super) struct EmitArguments {
    /// The model file.
    #[arg(required_unless_present = "expr", conflicts_with = "expr")]
    pub(super) model: Option<PathBuf>,
    /// A formula instead of a model file.
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    pub(super) expr: Option<String>,
    #[command(flatten)]
    pub(super) question: QuestionArguments,
    /// The file to write; standard output without it.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The number type.
    #[arg(long, value_enum, default_value_t = Float::F64)]
    pub(super) float: Float,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// Model files, and directories of them.
    #[arg(required_unless_present = "expr", conflicts_with = "expr")]
    pub(super) models: Vec<PathBuf>,
    /// A formula instead of model files.
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    pub(super) expr: Option<String>,
    #[command(flatten)]
    pub(super) question: QuestionArguments,
}

/// One addition, multiplication, division or square root is one flop; a function counts what it costs in multiplications, such as 20 for
/// exp.
#[derive(Debug, Args)]
pub(super) struct InfoArguments {
    /// The model file.
    #[arg(required_unless_present = "expr", conflicts_with = "expr")]
    pub(super) model: Option<PathBuf>,
    /// A formula instead of a model file.
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    pub(super) expr: Option<String>,
    #[command(flatten)]
    pub(super) question: QuestionArguments,
    /// Sizes, such as m=100,n=20; they come before those of the model's `sizes` statement.
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    pub(super) sizes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Float {
    /// 64 bits
    F64,
    /// 32 bits
    F32,
}

#[derive(Debug, Args)]
pub(super) struct BatchArguments {
    #[command(flatten)]
    pub(super) convention: ConventionArguments,
    /// Seconds that an answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) seconds: u64,
    /// Megabytes that an answer may take; looked after on Linux.
    #[arg(long, value_name = "MB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(64..))]
    pub(super) memory: u64,
}

#[derive(Debug, Args)]
pub(super) struct ConventionArguments {
    /// What the gradient by a symmetric variable means.
    #[arg(long, value_enum, default_value_t = Symmetric::Projection)]
    symmetric: Symmetric,
    /// Skip the second derivation, which certifies the first. The numeric check is never skipped.
    #[arg(long)]
    no_certify: bool,
}

impl ConventionArguments {
    /// The same as arguments of another run.
    pub(super) fn words(&self) -> Vec<&'static str> {
        let symmetric = match self.symmetric {
            Symmetric::Projection => "--symmetric=projection",
            Symmetric::Cookbook => "--symmetric=cookbook",
        };
        let mut words = vec![symmetric];
        if self.no_certify {
            words.push("--no-certify");
        }
        words
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            convention: match self.symmetric {
                Symmetric::Projection => Convention::Projection,
                Symmetric::Cookbook => Convention::Cookbook,
            },
            certify: if self.no_certify { Certify::Skip } else { Certify::Try },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Formulas as on paper, with shapes, checks and conventions.
    Text,
    /// The same in the input language.
    Ascii,
    /// Formulas in LaTeX.
    Latex,
    /// Formulas in MathML.
    Mathml,
    /// All of it, for programs.
    Json,
}

/// How derivatives are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DeriveFormat {
    /// Formulas as on paper, with shapes, checks and conventions.
    Text,
    /// The same in the input language.
    Ascii,
    /// Formulas in LaTeX.
    Latex,
    /// Formulas in MathML.
    Mathml,
    /// All of it, for programs.
    Json,
    /// Derivatives entry by entry: products as sums over an index.
    Index,
    /// The same in LaTeX.
    IndexLatex,
}

impl DeriveFormat {
    /// The format of what has no entries.
    pub(super) fn whole(self) -> Format {
        match self {
            Self::Text | Self::Index => Format::Text,
            Self::Ascii => Format::Ascii,
            Self::Latex | Self::IndexLatex => Format::Latex,
            Self::Mathml => Format::Mathml,
            Self::Json => Format::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// The gradient of a scalar, in the shape of the variable.
    Gradient,
    /// The Jacobian: of a vector by a vector, of vec by vec, or by a scalar.
    Jacobian,
    /// The matrix of second derivatives of a scalar.
    Hessian,
    /// The differential, linear in dX.
    Differential,
}

impl Kind {
    pub(super) fn request(self) -> RequestKind {
        match self {
            Self::Gradient => RequestKind::Gradient,
            Self::Jacobian => RequestKind::Jacobian,
            Self::Hessian => RequestKind::Hessian,
            Self::Differential => RequestKind::Differential,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Symmetric {
    /// (G + Gᵀ)/2
    Projection,
    /// G + Gᵀ − diag(G)
    Cookbook,
}
