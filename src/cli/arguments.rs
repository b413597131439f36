//! What can be typed on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::session::{Certify, Convention, Settings};

/// Symbolic matrix calculus: closed-form gradients, their derivations, and Rust code that has been checked.
///
/// Without a command: the REPL.
#[derive(Debug, Parser)]
#[command(name = "gradus", version)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Derive a gradient and print it.
    Derive(DeriveArguments),
    /// Answer questions from standard input, a JSON object a line, with a JSON object a line.
    Batch(BatchArguments),
}

#[derive(Debug, Args)]
pub(super) struct DeriveArguments {
    /// The formula, such as 'tr(AᵀXB)'; `-` reads it from standard input. Without it, the requests of --file are answered.
    #[arg(allow_hyphen_values = true, required_unless_present = "file")]
    pub(super) expression: Option<String>,
    /// Names to differentiate by; may be left out when there is only one variable.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(super) wrt: Vec<String>,
    /// Declarations, such as 'A: m×n; X: n×p symmetric'.
    #[arg(long, value_name = "DECLARATIONS")]
    pub(super) declare: Vec<String>,
    /// A model file with declarations, definitions and requests.
    #[arg(long, value_name = "MODEL")]
    pub(super) file: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) convention: ConventionArguments,
}

#[derive(Debug, Args)]
pub(super) struct BatchArguments {
    #[command(flatten)]
    pub(super) convention: ConventionArguments,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Symmetric {
    /// (G + Gᵀ)/2
    Projection,
    /// G + Gᵀ − diag(G)
    Cookbook,
}
