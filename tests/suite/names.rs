//! Every symbol of an answer is declared, defined or bound in the answer, everything that is bound is used, and no sum over an index binds
//! a letter that means something else in the same line.

use std::collections::BTreeSet;
use std::fs;

use super::cli::gradus;
use gradus::elaborate;
use gradus::render::{Formula, Notation};
use gradus::session::{Answer, Certify, Outcome, Session, Settings};

/// The programs of this repository that ask something.
fn programs() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["examples", "tests/programs"] {
        let path = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "gradus") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

/// Names, in order: letters, digits and underscores that start with a letter. Marks of transposes are none.
fn names(line: &str) -> Vec<&str> {
    let is_part = |c: char| (c.is_alphanumeric() || c == '_') && !"ᵀ⁻¹²³½⅓¼⅔¾".contains(c);
    let starts = |name: &&str| name.chars().next().is_some_and(char::is_alphabetic);
    let words = line.split(|c| !is_part(c));
    words.map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit())).filter(starts).collect()
}

/// The indices of `i in 1..m, j in 1..n`, which a text begins with.
fn indices(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((index, behind)) = rest.split_once(" in ") {
        if index.contains(|c: char| !c.is_alphanumeric()) {
            break;
        }
        found.push(index);
        rest = behind.split_once(", ").map_or("", |(_, next)| next);
    }
    found
}

/// `(k in …)` of sums: the index, and where the sum begins and ends.
fn sums(line: &str) -> Vec<(&str, usize, usize)> {
    let mut found = Vec::new();
    for opening in ["sum(", "Σ("] {
        for (at, _) in line.match_indices(opening) {
            let inside = &line[at + opening.len()..];
            let mut depth = 1;
            let end = inside.char_indices().find_map(|(place, c)| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                (depth == 0).then_some(place)
            });
            let end = at + opening.len() + end.unwrap_or(inside.len());
            found.extend(indices(inside).into_iter().map(|index| (index, at, end)));
        }
    }
    found
}

/// Indices that a sum binds though they mean something else in the line.
fn captured(line: &str) -> Vec<String> {
    let sums = sums(line);
    let mut found = Vec::new();
    for (index, start, end) in &sums {
        let inner = sums.iter().any(|(other, at, _)| other == index && at > start && at < end);
        // What is left of the line without the sums over this index.
        let mut rest = String::new();
        let mut at = 0;
        for (other, start, end) in &sums {
            if other == index && *start >= at {
                rest.push_str(&line[at..*start]);
                at = *end;
            }
        }
        rest.push_str(&line[at..]);
        if inner || names(&rest).contains(index) {
            found.push((*index).to_owned());
        }
    }
    found
}

#[test]
fn the_tests_of_names_see_what_they_look_for() {
    assert_eq!(captured("exp(g[k])/sum(k in 1..K, exp(g[k]))"), ["k"]);
    assert_eq!(captured("sum(k in 1..K, a[k]*sum(k in 1..K, b[k]))"), ["k"]);
    assert!(captured("sum(k in 1..K, a[k])*sum(k in 1..K, b[k])").is_empty());
    assert_eq!(captured("sum(i in 1..n, k in 1..K, a[k]*sum(k in 1..K, b[k]))"), ["k"]);
    assert!(captured("exp(g[k])/sum(j in 1..K, exp(g[j])) for k in 1..K").is_empty());
    assert_eq!(names("2Xᵀ(Xw − y_1)⊙δ[t]"), ["X", "Xw", "y_1", "δ", "t"]);
}

/// Names that need no definition in an answer: those of the program, and of the language.
fn known(answer: &Answer, program: &str) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = answer.known.iter().map(ToString::to_string).collect();
    known.extend(names(program).into_iter().map(ToOwned::to_owned));
    for word in [
        "for",
        "in",
        "tr",
        "det",
        "sum",
        "diag",
        "vec",
        "eye",
        "ones",
        "zeros",
        "kron",
        "inv",
        "I",
        "K",
        "commutation",
    ] {
        known.insert(word.to_owned());
    }
    known.extend(answer.variables.iter().map(|variable| format!("d{}", variable.name)));
    known
}

/// What is wrong with the names of some formulas that stand together.
fn faults(answer: &Answer, program: &str, formulas: &[Formula]) -> Vec<String> {
    let base = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
    let bindings: Vec<_> = formulas.iter().flat_map(|formula| &formula.bindings).collect();
    let mut known = known(answer, program);
    known.extend(bindings.iter().map(|binding| base(&binding.name)));
    let mut lines: Vec<(Option<String>, &str)> = Vec::new();
    lines.extend(formulas.iter().map(|formula| (None, formula.text.as_str())));
    lines.extend(bindings.iter().map(|one| (Some(base(&one.name)), one.text.as_str())));
    let mut found = Vec::new();
    for (_, line) in &lines {
        found
            .extend(captured(line).into_iter().map(|index| format!("{index} is captured: {line}")));
        let mut bound: BTreeSet<&str> = sums(line).into_iter().map(|(index, ..)| index).collect();
        let over = line.match_indices(" for ").flat_map(|(at, _)| indices(&line[at + 5..]));
        bound.extend(over);
        for name in names(line) {
            let is_index = bound.contains(name) || answer.formula.contains(&format!("[{name}"));
            let is_known = known.contains(name) || known.contains(&gradus::syntax::spelling(name));
            if !is_known && !is_index && !elaborate::is_known(name) {
                found.push(format!("{name} is not defined: {line}"));
            }
        }
    }
    for binding in &bindings {
        let name = base(&binding.name);
        let uses = |(of, line): &(Option<String>, &str)| {
            of.as_ref() != Some(&name) && names(line).contains(&name.as_str())
        };
        if !lines.iter().any(uses) {
            found.push(format!("{name} is not used"));
        }
    }
    found
}

#[test]
fn every_symbol_of_an_answer_is_known_and_every_binding_used() {
    let settings = Settings { certify: Certify::Skip, ..Settings::default() };
    let (mut found, mut answered) = (Vec::new(), 0);
    for (path, text) in programs() {
        let Ok(outcomes) = Session::new().read(&text, settings) else { continue };
        for outcome in outcomes {
            let Outcome::Answered(answer) = outcome else { continue };
            answered += 1;
            // Unicode runs letters together; the ascii text is the same phrase.
            let written = answer.written(Notation::Ascii);
            let value = answer.written_value(Notation::Ascii);
            let differentials = answer.derivatives.iter();
            let differentials: Vec<Formula> = differentials
                .filter_map(|one| answer.written_differential(one, Notation::Ascii))
                .collect();
            for formulas in [&written, &vec![value], &differentials] {
                let faults = faults(&answer, &text, formulas);
                found.extend(faults.into_iter().map(|fault| format!("{path}: {fault}")));
            }
            for formula in answer.written(Notation::Unicode) {
                found.extend(captured(&formula.text).into_iter().map(|k| format!("{path}: {k}")));
            }
        }
    }
    assert!(answered > 60, "{answered}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn ascii_spells_greek_letters_as_they_were_typed() {
    let ascii = |formula: &str| {
        let run = gradus(&["derive", formula, "--format", "ascii"], b"");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.stdout
    };
    assert!(ascii("norm2(x - mu)^2").is_ascii());
    assert!(ascii(r"\|x - \mu_1\|^2").contains("df/dmu1 = "));
    assert!(ascii("norm2(x - μ)^2").contains("df/dμ = 2*(μ - x)"));
}

/// A definition is a name wherever its value stands, whole or as a part, and what names stand for is the value again.
#[test]
fn definitions_are_names_in_every_place() {
    let declared = "A: m×n; x: n; b: m; X: n×n invertible; c: scalar positive; B: n×p";
    let (r, u) = ("A*x - b", "x/norm2(x)");
    for (defined, formula, expected) in [
        (r, "2*A*x - 2*b", "2*q"),
        (r, "b - A*x", "-q"),
        (r, "2*b - 2*A*x", "-2*q"),
        (r, "(A*x - b)'*A", "q'*A"),
        ("A*B", "x'*A'*A*B", "x'*A'*q"),
        ("A*B", "B'*A'*b", "q'*b"),
        ("X + 2*eye(n)", "inv(X + 2*eye(n))*x", "inv(q)*x"),
        ("1/2*(X'*X - eye(n))", "X'*X - eye(n)", "2*q"),
        ("sqrt(1 .+ b.^2)", "b./(1 .+ b.^2).^(3/2)", "b./q.^3"),
        (u, "x*x'/norm2(x)^2", "q*q'"),
        (u, "c*x/norm2(x)", "c*q"),
        // A half of what has a name is none.
        ("2*c", "c*x", "c*x"),
        ("c^2", "c^3*x", "c^3*x"),
    ] {
        let text = format!("{declared}\nq = {defined}\n{formula}");
        let answer = Session::new().read(&text, Settings::default());
        let answer = answer.unwrap_or_else(|error| panic!("{text}: {error}")).pop();
        let Some(Outcome::Answered(answer)) = answer else { panic!("no answer to {text}") };
        assert_eq!(answer.written_value(Notation::Ascii).text, expected, "{text}");
        let whole = answer.clone().expanded().written_value(Notation::Ascii).text;
        assert!(!whole.contains('q'), "{whole}");
    }
}

#[test]
fn no_name_is_invented_that_the_program_defines() {
    let model = "X: N×d; W: d×h; V: h×k; Y: N×k; z: n\nT1 = W\nt2 = z\n\
        loss = sum((sigmoid(tanh(X*W)*V) - Y).^2)\ngradient of loss wrt W, V\n";
    let outcomes = Session::new().read(model, Settings::default()).unwrap();
    let Some(Outcome::Answered(answer)) = outcomes.into_iter().last() else { panic!("no answer") };
    let written = answer.written(Notation::Ascii);
    let invented: Vec<&str> =
        written.iter().flat_map(|one| &one.bindings).map(|one| one.name.as_str()).collect();
    assert!(!invented.is_empty() && !invented.contains(&"T1"), "{invented:?}");
}

#[test]
fn what_is_defined_twice_is_nothing_to_differentiate_by() {
    let model = "x: n; y: n\nP = x.^2\nf = sum(P.*y)\nP = y\ngradient of f wrt P\n";
    let error = Session::new().read(model, Settings::default()).unwrap_err();
    assert!(error.to_string().contains("defined more than once"), "{error}");
}
