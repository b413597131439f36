//! Derivations: every line equals the one before, every reason stands in a table, and what is written reads like a textbook.

use gradus::derivation::{Derivation, Reason};
use gradus::differentiate::{derivation, gradients, project};
use gradus::evaluate::{Effort, check_derivation};
use gradus::expression::Store;
use gradus::render::{self, Notation, Options};
use gradus::rule::{ALGEBRA, DIFFERENTIALS, TRACE_IDENTITIES};
use gradus::simplify::simplify;

use crate::corpus::{gradient_rows, model};

/// The derivation of a formula's gradient, with what it takes to write it down.
struct Derived {
    store: Store,
    derivation: Derivation,
    options: Options,
}

fn derive(declarations: &str, expression: &str, by: &str) -> Result<Derived, String> {
    let mut model = model(&format!("{declarations}\n{expression}"));
    let f = model.values[0];
    let variable = model.store.find_variable(by).ok_or("the variable does not occur")?;
    let found = gradients(&mut model.store, f, &[variable]).map_err(|error| error.to_string())?;
    let gradient = project(&mut model.store, variable, found[0]);
    let gradient = simplify(&mut model.store, &[gradient])[0];
    let derivation =
        derivation(&mut model.store, f, variable, gradient).map_err(|error| error.to_string())?;
    let variables = model.variables.iter().map(|variable| variable.name.clone()).collect();
    let options = Options { variables, ..Options::default() };
    Ok(Derived { store: model.store, derivation, options })
}

fn text(declarations: &str, expression: &str, by: &str) -> String {
    let derived = derive(declarations, expression, by).unwrap();
    check_derivation(&derived.store, &derived.derivation, &Effort::default()).unwrap();
    let prose = render::derivation(
        &derived.store,
        &derived.derivation,
        Notation::Unicode,
        &derived.options,
    );
    prose.text()
}

#[test]
fn every_line_of_every_derivation_in_the_corpus_equals_the_one_before() {
    let mut wrong = Vec::new();
    let mut bare = Vec::new();
    for row in gradient_rows() {
        match derive(&row.declarations, &row.expression, &row.wrt) {
            Ok(derived) => {
                let check =
                    check_derivation(&derived.store, &derived.derivation, &Effort::default());
                if let Err(error) = check {
                    wrong.push(format!("{}: {} by {}: {error}", row.id, row.expression, row.wrt));
                }
                let lines =
                    derived.derivation.stages.iter().flat_map(|stage| stage.lines.iter().skip(1));
                if lines.clone().any(|line| line.reasons.is_empty()) {
                    bare.push(row.id.clone());
                }
                if std::env::var_os("SHOW").is_some() {
                    let prose = render::derivation(
                        &derived.store,
                        &derived.derivation,
                        Notation::Unicode,
                        &derived.options,
                    );
                    println!("{} [{}]\n{}", row.id, row.class, prose.text());
                }
            }
            Err(error) => {
                wrong.push(format!("{}: {} by {}: {error}", row.id, row.expression, row.wrt))
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(bare.is_empty(), "lines without a reason: {bare:?}");
}
