//! Every gradient of the corpus: right, and in good form.

use gradus::differentiate::{cookbook, gradients, project};
use gradus::evaluate::{self, Comparison};
use gradus::expression::{Id, Store};
use gradus::simplify::{Costs, simplify};

use crate::corpus::{Row, gradient_rows, model};

/// The engine's answer to a row: the store, the function, and its gradient.
fn answer(row: &Row) -> Result<(Store, Id, Id), String> {
    let mut model = model(&format!("{}\n{}", row.declarations, row.expression));
    let f = model.values[0];
    let variable = model.store.find_variable(&row.wrt).ok_or("the variable does not occur")?;
    let found = gradients(&mut model.store, f, &[variable]).map_err(|error| error.to_string())?;
    let gradient = match row.layout.as_str() {
        "sym-cookbook" => cookbook(&mut model.store, found[0]),
        _ => project(&mut model.store, variable, found[0]),
    };
    let gradient = simplify(&mut model.store, &[gradient])[0];
    Ok((model.store, f, gradient))
}

#[test]
fn every_gradient_of_the_corpus_is_right_and_short() {
    let mut wrong = Vec::new();
    let mut long = Vec::new();
    let rows = gradient_rows();
    for row in &rows {
        let (store, _, gradient) = match answer(row) {
            Ok(answer) => answer,
            Err(error) => {
                wrong.push(format!("{}: {error}", row.id));
                continue;
            }
        };
        let expected = model(&format!("{}\n{}", row.declarations, row.expected));
        let comparison = evaluate::equal(&store, gradient, &expected.store, expected.values[0], 4);
        if !matches!(comparison, Comparison::Equal { .. }) {
            wrong.push(format!("{}: {comparison:?}", row.id));
        }
        let ours = Costs::default().of(&store, gradient).occurrences;
        let theirs = Costs::default().of(&expected.store, expected.values[0]).occurrences;
        if ours > theirs {
            long.push(format!("{}: {ours} occurrences, expected has {theirs}", row.id));
        }
        if ours > 1.5 * theirs {
            wrong.push(format!("{}: {ours} occurrences, expected has {theirs}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{} of {} longer than expected:\n{}", long.len(), rows.len(), long.join("\n"));
    assert!(long.len() * 20 <= rows.len(), "{} long:\n{}", long.len(), long.join("\n"));
}
