//! The compiler, and the folder in which it works.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::VerifyError;

/// How folders of this program begin; the number of the process and a count follow.
const PREFIX: &str = "gradus-verify-";
/// A program that every compiler compiles: where this fails, the fault lies with the compiler's installation.
const EMPTY_PROGRAM: &str = "fn main() {}\n";

/// Compiles a program, runs it with the data, and returns what it prints.
pub(super) fn run(program: &str, data: &str, level: &str) -> Result<String, VerifyError> {
    let compiler = Compiler::of_environment();
    let directory = Directory::new()?;
    let data_file = directory.write("data.txt", data)?;
    let compiled = compiler.compile(&directory, "program", program, level)?;
    let runnable = match compiled {
        Ok(runnable) => runnable,
        Err(output) => return Err(compiler.refusal(&directory, &output)),
    };
    let output = Command::new(&runnable)
        .arg(&data_file)
        .output()
        .map_err(|cause| VerifyError::Start { program: runnable, cause })?;
    if !output.status.success() {
        return Err(VerifyError::Run { text: what_it_said(&output) });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The Rust compiler.
struct Compiler {
    command: OsString,
}

impl Compiler {
    fn of_environment() -> Self {
        Self { command: std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc")) }
    }

    fn name(&self) -> String {
        self.command.to_string_lossy().into_owned()
    }

    /// The program, or what the compiler said instead.
    fn compile(
        &self,
        directory: &Directory,
        name: &str,
        text: &str,
        level: &str,
    ) -> Result<Result<PathBuf, Output>, VerifyError> {
        let source = directory.write(&format!("{name}.rs"), text)?;
        let runnable = directory.path.join(name);
        let output = Command::new(&self.command)
            .args(["-C", level, "--edition", "2021", "--crate-name", "compared", "-A", "warnings"])
            .arg(&source)
            .arg("-o")
            .arg(&runnable)
            .output()
            .map_err(|cause| VerifyError::Compiler { compiler: self.name(), cause })?;
        let compiled = output.status.success() && runnable.exists();
        Ok(if compiled { Ok(runnable) } else { Err(output) })
    }

    /// Why a program was not compiled: what compiles no empty program is not well installed.
    fn refusal(&self, directory: &Directory, refused: &Output) -> VerifyError {
        let compiler = self.name();
        if refused.status.code().is_none() {
            return VerifyError::Killed { compiler, text: what_it_said(refused) };
        }
        let text = match self.compile(directory, "empty", EMPTY_PROGRAM, "opt-level=0") {
            Ok(Ok(_)) => return VerifyError::Compile { text: what_it_said(refused) },
            Ok(Err(output)) => what_it_said(&output),
            Err(error) => return error,
        };
        if text.contains("linker") || text.contains("linking") {
            VerifyError::Linker { text }
        } else {
            VerifyError::Installation { compiler, text }
        }
    }
}

fn what_it_said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if text.is_empty() { format!("it said nothing and ended with {}", output.status) } else { text }
}

/// A temporary folder, removed at the end. One that a killed process left is removed by the next.
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> Result<Self, VerifyError> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let parent = std::env::temp_dir();
        let failed = |cause| VerifyError::Temporary { path: parent.clone(), cause };
        remove_left_over(&parent).map_err(failed)?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{count}", std::process::id()));
        fs::create_dir(&path).map_err(failed)?;
        Ok(Self { path })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, VerifyError> {
        let path = self.path.join(name);
        match fs::write(&path, text) {
            Ok(()) => Ok(path),
            Err(cause) => Err(VerifyError::Write { path, cause }),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Nothing is lost when it stays: the next process removes it.
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Removes the folders of processes that are no more.
fn remove_left_over(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let owner = owner.and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
        if owner.is_some_and(|process| process != std::process::id() && is_gone(process)) {
            // Another user's folder stays.
            drop(fs::remove_dir_all(entry.path()));
        }
    }
    Ok(())
}

/// Whether there is no such process, where the system shows its processes as files.
fn is_gone(process: u32) -> bool {
    let processes = Path::new("/proc");
    processes.join("self").exists() && !processes.join(process.to_string()).exists()
}
