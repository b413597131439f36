//! The build API: in a process of its own, as crates use it, and called directly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradus::build::{BuildError, Config, Float};

use super::cli::scratch;

/// A copy of the fixture crate that depends on this crate by its absolute path.
fn fixture(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let origin = root.join("tests/fixtures/build-script");
    let copy = scratch("build-script").join(name);
    fs::create_dir_all(copy.join("src")).unwrap();
    for file in ["build.rs", "model.gradus", "src/main.rs"] {
        fs::copy(origin.join(file), copy.join(file)).unwrap();
    }
    // Called otherwise there, so that Cargo packs the fixture with this crate.
    let manifest = fs::read_to_string(origin.join("manifest.toml")).unwrap();
    let path = format!("path = {:?}", root.display().to_string());
    let manifest = manifest.replace("path = \"../../..\"", &path);
    // A name of its own: Cargo takes crates of one name in one target directory for the same.
    let manifest = manifest.replace("name = \"build-script\"", &format!("name = \"{name}\""));
    fs::write(copy.join("Cargo.toml"), manifest).unwrap();
    // The versions that this crate was tested with; all of them have been downloaded.
    fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
    copy
}

fn cargo_run(directory: &Path) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-script-target"))
        .output()
        .unwrap()
}

#[test]
fn a_build_script_writes_code_that_computes_the_gradient() {
    let directory = fixture("good-model");
    let output = cargo_run(&directory);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "5.000000000 [10.000000000, 22.000000000, 34.000000000]\n",
        "{stderr}"
    );
}

#[test]
fn a_broken_model_stops_the_build_with_the_diagnostic() {
    let directory = fixture("broken-model");
    fs::write(directory.join("model.gradus"), "A: m×n; x: k\ngradient of sum(A*x) wrt x\n")
        .unwrap();
    let output = cargo_run(&directory);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for word in ["model.gradus:2", "m×n", "error[E"] {
        assert!(stderr.contains(word), "`{word}` is not in:\n{stderr}");
    }
}

#[test]
fn a_directory_and_a_float_type_can_be_chosen() {
    let directory = scratch("build-api");
    let model = directory.join("net.gradus");
    fs::write(&model, "x: n\ngradient of x'*x wrt x\n").unwrap();
    let path = Config::new().out_dir(&directory).float(Float::F32).compile(&model).unwrap();
    assert_eq!(path, directory.join("net.rs"));
    assert!(fs::read_to_string(path).unwrap().contains("pub type Float = f32;"));
}

#[test]
fn errors_say_what_to_do() {
    let directory = scratch("build-api");
    let compile = |name: &str, text: &str| {
        let model = directory.join(name);
        fs::write(&model, text).unwrap();
        Config::new().out_dir(&directory).compile(&model).unwrap_err()
    };
    let silent = compile("silent.gradus", "x: n\n");
    assert!(matches!(silent, BuildError::NothingAsked { .. }), "{silent}");
    let broken = compile("broken.gradus", "gradient of tr(X wrt X\n");
    assert!(broken.to_string().contains("never closed"), "{broken}");
    assert!(format!("{broken:?}").contains("never closed"), "{broken:?}");
    let missing = Config::new().compile(directory.join("no.gradus")).unwrap_err();
    assert!(matches!(missing, BuildError::Read { .. }), "{missing}");
}

#[test]
fn two_texts_never_share_a_file() {
    let directory = scratch("build-names");
    let compile = |model: &str, text: &str| {
        let model = directory.join(model);
        fs::create_dir_all(model.parent().unwrap()).unwrap();
        fs::write(&model, text).unwrap();
        Config::new().out_dir(&directory).compile(&model)
    };
    let first = "x: n\ngradient of x'*x wrt x\n";
    let path = compile("one/dotted.v2.gradus", first).unwrap();
    assert_eq!(path, directory.join("dotted.v2.rs"));
    // The same again is the same.
    assert_eq!(compile("one/dotted.v2.gradus", first).unwrap(), path);
    let error = compile("two/dotted.v2.gradus", "x: n\ngradient of sum(x) wrt x\n").unwrap_err();
    assert!(matches!(error, BuildError::SameOutput { .. }), "{error}");
    for word in ["one/dotted.v2.gradus", "two/dotted.v2.gradus", "out_dir"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(fs::read_to_string(path).unwrap().contains("x'*x"));
}
