//! What gradus prints it reads: every answer of the corpus and of the examples, in every notation, is the same expression again.

use std::fmt::Write;
use std::fs;

use gradus::evaluate::{self, Comparison};
use gradus::expression::{Id, Node, Store};
use gradus::render::{self, Formula, Notation};
use gradus::session::{self, Answer, Derivative, Outcome, Query, Session, Settings};
use gradus::shape::Shape;
use gradus::syntax::ast::RequestKind;

use crate::corpus::{gradient_rows, rows};
use crate::fuzzer::generate;
use crate::fuzzer::program::{Kind, words};

const NOTATIONS: [Notation; 3] = [Notation::Ascii, Notation::Unicode, Notation::Latex];

/// What an answer prints, with the expressions that it stands for.
fn printed(answer: &Answer, notation: Notation) -> Vec<(Id, Formula)> {
    let mut all = vec![(answer.value, answer.written_value(notation))];
    all.extend(answer.derivatives.iter().map(|it| it.id).zip(answer.written(notation)));
    for derivative in &answer.derivatives {
        if let (Some(map), Some(text)) =
            (derivative.differential, answer.written_differential(derivative, notation))
        {
            all.push((map, text));
        }
    }
    all
}

/// The index of a family, on the left side of its formula.
fn place(answer: &Answer, id: Id, notation: Notation) -> String {
    let Some(family) = answer.store.family(id) else { return String::new() };
    let place = match family.pieces.as_slice() {
        [only] if only.is_single() => only.from.to_string(),
        _ => family.index.to_string(),
    };
    if notation == Notation::Latex { format!("_{{{place}}}") } else { format!("[{place}]") }
}

/// The index that stands free in `jacobian of C[t] wrt C[t-1]`.
fn free_index(answer: &Answer) -> Option<char> {
    let of_element = |it: &Derivative| it.variable.contains('[');
    let derivative = answer.derivatives.iter().find(|it| of_element(it))?;
    let place = derivative.variable.split('[').nth(1)?;
    place.chars().find(|letter| letter.is_alphabetic())
}

/// What of an answer is not read as what was printed, below these lines.
fn misread(name: &str, answer: &Answer, declarations: &str) -> Vec<String> {
    let mut declarations = declarations.to_owned();
    // The differentials of the variables, which the differential of a Jacobian is linear in.
    for (_, direction) in answer.derivatives.iter().flat_map(|it| &it.along) {
        if let Node::Variable(name) = answer.store.node(*direction) {
            let shape = render::shape(answer.store.shape(*direction), Notation::Ascii);
            let _ = write!(declarations, "\n{name}: {shape}");
        }
    }
    let mut wrong = Vec::new();
    for notation in NOTATIONS {
        // A name stands below the first formula that uses it.
        let mut source = declarations.clone();
        for (id, formula) in printed(answer, notation) {
            // A family with several formulas has a line for each.
            if answer.store.family(id).is_some_and(|family| family.pieces.len() > 1) {
                continue;
            }
            for binding in &formula.bindings {
                let _ = write!(source, "\n{} = {}", binding.name, binding.text);
            }
            let line = format!("ξ{} = {}", place(answer, id, notation), formula.text);
            let line = match free_index(answer) {
                // The formula is read for some values of the index that the request leaves free.
                Some(index) if notation == Notation::Latex => {
                    line.replacen('ξ', &format!("ξ_{index}"), 1)
                        + &format!(r", \quad {index}=2, \dots, T")
                }
                Some(index) => {
                    line.replacen('ξ', &format!("ξ[{index}]"), 1) + &format!(" for {index} in 2..T")
                }
                None => line,
            };
            match read(&source, &line) {
                Err(error) => wrong.push(format!("{name}: {error} in:: {line}")),
                Ok(again) => {
                    let family =
                        again.store.family(again.original).filter(|_| free_index(answer).is_some());
                    let found = family.map_or(again.original, |family| family.pieces[0].body);
                    if again.store.hash(found) == answer.store.hash(id) {
                        continue;
                    }
                    let comparison = evaluate::equal(&answer.store, id, &again.store, found, 4);
                    // The formulas of a family may stand in another order.
                    let has_families = answer.store.families().next().is_some();
                    if !has_families || !matches!(comparison, Comparison::Equal { .. }) {
                        wrong.push(format!("{name}: another expression, {comparison:?}:: {line}"));
                    }
                }
            }
        }
    }
    wrong
}

fn declarations(answer: &Answer) -> String {
    let variables = answer.variables.iter();
    variables.map(|it| session::declaration(it, Notation::Ascii)).collect::<Vec<_>>().join("\n")
}

/// The program without its requests.
fn statements(text: &str) -> String {
    let asks = |line: &&str| {
        !["gradient", "jacobian", "hessian", "solve"].iter().any(|word| line.starts_with(word))
    };
    text.lines().filter(asks).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_corpus() {
    let mut wrong = Vec::new();
    for row in rows() {
        let kind = match row.kind.as_str() {
            "gradient" => RequestKind::Gradient,
            "hessian" => RequestKind::Hessian,
            _ => RequestKind::Jacobian,
        };
        let query = Query {
            declarations: row.declarations.clone(),
            expression: row.expression.clone(),
            wrt: vec![row.wrt.clone()],
            kind,
            settings: Settings::default(),
        };
        let answer =
            Session::new().ask(&query).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        wrong.extend(misread(&row.id, &answer, &declarations(&answer)));
    }
    assert!(wrong.is_empty(), "{} misread:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_examples() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir("examples").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "gradus") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let outcomes = Session::new()
            .read(&text, Settings::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for answer in outcomes.into_iter().filter_map(Outcome::answer) {
            count += 1;
            wrong.extend(misread(&path.display().to_string(), &answer, &statements(&text)));
        }
    }
    assert!(count > 12, "{count} answers only");
    assert!(wrong.is_empty(), "{} misread:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn functions_that_are_not_known() {
    let text = "X: m×n; w: n; y: m; φ, g: function\nf = sum(φ(X*w) - g'(y)) + g(w'*w)\n";
    let mut session = Session::new();
    session.read(text, Settings::default()).unwrap();
    let mut wrong = Vec::new();
    for request in ["gradient of f wrt w", "gradient of f wrt y", "hessian of f wrt w"] {
        let outcomes = session.read(request, Settings::default()).unwrap();
        for answer in outcomes.into_iter().filter_map(Outcome::answer) {
            wrong.extend(misread(request, &answer, text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Random programs of the fuzzer, in every notation.
#[test]
fn random_answers() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for at in 0..150 {
        let seed = (7 << 32) + at;
        let question = generate::program(seed).question(seed);
        let kind = match question.kind {
            Kind::Gradient => RequestKind::Gradient,
            Kind::Jacobian => RequestKind::Jacobian,
            Kind::Hessian => RequestKind::Hessian,
            _ => continue,
        };
        let query = Query {
            declarations: question.preamble(),
            expression: question.formula.clone(),
            wrt: question.wrt.clone(),
            kind,
            settings: Settings::default(),
        };
        // What is refused is counted by the fuzzer.
        if let Ok(answer) = Session::new().ask(&query) {
            count += 1;
            // The formula alone says that N and T are sizes.
            let mut preamble = question.preamble();
            for size in ["N", "T"] {
                if words(&question.formula).any(|word| word == size) {
                    let _ = write!(preamble, "\nend_{size}: {size}");
                }
            }
            wrong.extend(misread(&question.command(), &answer, &preamble));
        }
    }
    assert!(count > 80, "{count} answers only");
    assert!(wrong.is_empty(), "{} misread:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is read of this text.
fn read(declarations: &str, text: &str) -> Result<Answer, String> {
    let query = Query {
        declarations: declarations.to_owned(),
        expression: text.to_owned(),
        wrt: Vec::new(),
        kind: RequestKind::Value,
        settings: Settings::default(),
    };
    Session::new().ask(&query).map_err(|error| error.to_string())
}

/// What is read of this text, where nothing moves but the variable.
fn differential(declarations: &str, text: &str, moving: &str) -> Result<(Store, Id), String> {
    let mut answer = read(declarations, text)?;
    let at_rest: Vec<(Id, Shape)> = answer
        .variables
        .iter()
        .filter(|it| it.name.starts_with('d') && it.assumed && *it.name != *moving)
        .map(|it| (it.id, it.shape.clone()))
        .collect();
    let mut store = std::mem::take(&mut answer.store);
    let zeros: Vec<(Id, Id)> =
        at_rest.into_iter().map(|(id, shape)| (id, store.zeros(&shape))).collect();
    let found = store.substitute(answer.original, &zeros);
    Ok((store, found))
}

/// Every line of a derivation is a formula for the differential of the function.
#[test]
fn the_derivations_of_the_corpus() {
    let (mut wrong, mut count, mut decided) = (Vec::new(), 0, 0);
    for row in gradient_rows() {
        let query = Query {
            declarations: row.declarations.clone(),
            ..Query::gradient(&row.expression, &[&row.wrt])
        };
        let answer =
            Session::new().ask(&query).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let derivative = &answer.derivatives[0];
        let moving = format!("d{}", derivative.variable);
        // dX has the structure of X, as far as it is linear.
        let whole = format!("d({})", row.expression);
        let moved = read(&declarations(&answer), &whole).unwrap();
        let Some(moved) = moved.variables.iter().find(|it| *it.name == *moving) else { continue };
        let moved = session::declaration(moved, Notation::Ascii);
        let declared = format!("{}\n{moved}", declarations(&answer));
        let whole = differential(&declared, &whole, &moving);
        let (whole_store, whole) = whole.unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let steps = answer.steps(derivative).unwrap();
        // Where parts have names the lines are in terms of them.
        if steps.iter().any(|steps| !steps.derivation.bindings.is_empty()) {
            continue;
        }
        for notation in NOTATIONS {
            let rows = steps.iter().flat_map(|steps| steps.prose(notation).rows);
            let mut is_differential = false;
            for line in rows {
                if !line.left.is_empty() {
                    is_differential = matches!(line.left.as_str(), "df" | r"\mathrm{d}f");
                }
                if !is_differential {
                    continue;
                }
                count += 1;
                match differential(&declared, &line.right, &moving) {
                    Err(error) => wrong.push(format!("{}: {error} in:: {}", row.id, line.right)),
                    Ok((store, found)) => {
                        // det(X'*X) is zero where X is wider than high: nothing can be compared there.
                        let comparison = evaluate::equal(&whole_store, whole, &store, found, 8);
                        decided += usize::from(matches!(comparison, Comparison::Equal { .. }));
                        if matches!(comparison, Comparison::Different { .. }) {
                            wrong.push(format!("{}: {comparison:?}:: {}", row.id, line.right));
                        }
                    }
                }
            }
        }
    }
    assert!(count > 1500, "{count} lines only");
    assert!(wrong.is_empty(), "{} misread:\n{}", wrong.len(), wrong.join("\n"));
    assert!(decided * 10 > count * 9, "{decided} of {count} lines decided");
}
