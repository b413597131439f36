//! Files of generated code: read within bounds, written whole or not at all, and never over what somebody wrote by hand.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::emit;
use crate::syntax;

/// What generated files began with before they named their generator the way tools look for.
const FORMER_HEADER: &str = "// Written by gradus";

/// At most so many bytes as a program may have, and one more that shows that there are too many: an endless file ends here.
pub(crate) fn bounded(from: impl io::Read) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(syntax::LENGTH_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same, of a file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?)
}

/// Writes generated code. The text is written beside the file and takes its place once it is complete, so that a full disk or a
/// kill leaves the file as it was. Refused are the files it was made from, under whatever name, and files that gradus did not
/// generate. A link is followed; what is no file, such as `/dev/stdout`, is written to as it is.
pub(crate) fn write(path: &Path, text: &str, inputs: &[&Path]) -> io::Result<()> {
    for input in inputs {
        if is_same(path, input)? {
            return Err(refusal(format!(
                "it is the model itself ({}); name another file",
                input.display()
            )));
        }
    }
    // A pipe or a device keeps what it is.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return fs::write(path, text);
    }
    let target = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => fs::canonicalize(path)?,
        Ok(_) => path.to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let permissions = match fs::metadata(&target) {
        Ok(found) if found.is_dir() => return Err(refusal("it is a directory".to_owned())),
        Ok(found) if found.permissions().readonly() => {
            return Err(refusal("it may only be read".to_owned()));
        }
        Ok(found) => {
            if !is_generated(&target)? {
                return Err(refusal(
                    "there is a file that gradus did not generate; remove it or name another"
                        .to_owned(),
                ));
            }
            Some(found.permissions())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    replace(&target, text, permissions)
}

/// Writes a file beside the target and gives it the target's name.
fn replace(target: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().ok_or_else(|| refusal("it is no name of a file".to_owned()))?);
    name.push(format!(".{}", std::process::id()));
    let beside = Beside(target.with_file_name(name));
    let mut file = File::create(&beside.0)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(&beside.0, target)
}

/// A file that is gone at the end, under this name.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // After the renaming there is none.
        drop(fs::remove_file(&self.0));
    }
}

fn refusal(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, reason)
}

/// Whether a file was generated, or is empty.
fn is_generated(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let length = emit::HEADER.len().max(FORMER_HEADER.len());
    File::open(path)?.take(length as u64).read_to_end(&mut start)?;
    let begins = |header: &str| start.starts_with(header.as_bytes());
    Ok(start.is_empty() || begins(emit::HEADER) || begins(FORMER_HEADER))
}

/// Whether two paths lead to one file: by links of either kind, by dots.
fn is_same(a: &Path, b: &Path) -> io::Result<bool> {
    let there = |path: &Path| match fs::canonicalize(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    match (there(a)?, there(b)?) {
        (Some(a), Some(b)) => Ok(a == b || is_one_file(&fs::metadata(a)?, &fs::metadata(b)?)),
        _ => Ok(false),
    }
}

#[cfg(unix)]
fn is_one_file(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    a.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_one_file(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    false
}
