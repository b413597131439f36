//! Every identity has an effect: who is named in its row, given the left side, makes the right side of it, and does so only under the
//! row's conditions. Every pairing row is what its certificates rest on.

use gradus::derivation::Reason;
use gradus::differentiate::{derivation, gradients};
use gradus::evaluate::{Effort, check_derivation};
use gradus::expression::{Id, Store};
use gradus::function::FunctionId;
use gradus::rule::{IDENTITIES, Identity, Move, PAIRINGS, Pairing, Use, pairing};
use gradus::simplify::{Budget, Certificate, Costs, certify, simplify};

use crate::corpus::model;
use crate::rule::holds_numerically;

/// Both sides, made by the constructors.
fn sides(given: &str, left: &str, right: &str) -> (Store, Id, Id) {
    let model = model(&format!("{given}\n{left}\n{right}"));
    (model.store, model.values[0], model.values[1])
}

fn short(store: &mut Store, id: Id) -> Id {
    simplify(store, &[id])[0]
}

/// What is wrong with a use of a row; nothing when its user makes the right side of the left.
fn fault(row: &Identity, used: Use) -> Option<String> {
    let (mut store, left, right) = sides(row.given, row.left, row.right);
    match used {
        Use::NormalForm => (left != right).then(|| "the constructors tell the sides apart".into()),
        Use::ShortForm => {
            if left == right {
                return Some("the constructors do it already".into());
            }
            let found = short(&mut store, left);
            let mut costs = Costs::default();
            if costs.of(&store, found) >= costs.of(&store, left) {
                return Some("the left side does not become shorter".into());
            }
            (found != short(&mut store, right)).then(|| "the short form is another".into())
        }
        Use::Step(step) => (!is_quoted(step)).then(|| "no derivation quotes it".into()),
    }
}

#[test]
fn whoever_is_named_in_a_row_makes_the_right_side_of_the_left() {
    let mut wrong = Vec::new();
    for row in IDENTITIES {
        assert!(!row.used.is_empty(), "nobody uses {}", row.name);
        for used in row.used {
            wrong
                .extend(fault(row, *used).map(|found| format!("{} ({used:?}): {found}", row.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A formula whose derivation takes the step by one of its variables.
fn shown_by(step: Move) -> (&'static str, &'static str) {
    match step {
        Move::Rotate => ("A: m×n; B: n×m", "tr(A*B)"),
        Move::TurnInTrace => ("A: n×n; B: n×n", "tr(B*A')"),
        Move::TurnScalar => ("x: n; A: m×n; B: m×n", "x'*A'*B*x"),
        Move::Trace => ("x: n; A: n×m; y: m", "x'*A*y"),
        Move::TurnChain => ("C: m×m; A: n×m; X: n×m", "tr(C*A'*X)"),
        Move::Frobenius => ("A: m×n; B: m×n", "sum(A.*B)"),
        Move::SumOfProduct => ("x: n", "sum(exp(x))"),
    }
}

/// Whether the derivation quotes the row, and every line of it has the value of the one before.
fn is_quoted(step: Move) -> bool {
    let (given, formula) = shown_by(step);
    let model = model(&format!("{given}\n{formula}"));
    model.variables.iter().any(|variable| {
        let (mut store, f, x) = (model.store.clone(), model.values[0], variable.id);
        let found = gradients(&mut store, f, &[x]).unwrap()[0];
        let derived = derivation(&mut store, f, x, found).unwrap();
        check_derivation(&store, &derived, &Effort::default()).unwrap();
        let lines = derived.stages.iter().flat_map(|stage| &stage.lines);
        let mut reasons = lines.flat_map(|line| &line.reasons);
        reasons.any(|reason| *reason == Reason::Rule(step.row().name))
    })
}

/// A declaration without its properties.
fn bare(given: &str) -> String {
    let one = |declaration: &str| {
        let (name, rest) = declaration.split_once(':').unwrap();
        let size = rest.split_whitespace().next().unwrap();
        format!("{name}: {size}")
    };
    given.split(';').map(one).collect::<Vec<_>>().join(";")
}

#[test]
fn nobody_uses_a_row_without_its_conditions() {
    let mut tried = 0;
    for row in IDENTITIES {
        let given = bare(row.given);
        // An inverse exists or a root is real wherever the left side has a value: such a condition can be left out.
        if given.matches(' ').count() == row.given.matches(' ').count()
            || holds_numerically(row.name, &given, row.left, row.right)
        {
            continue;
        }
        tried += 1;
        let (mut store, left, right) = sides(&given, row.left, row.right);
        assert_ne!(left, right, "{} without its conditions", row.name);
        let shorter = (short(&mut store, left), short(&mut store, right));
        assert_ne!(shorter.0, shorter.1, "{} without its conditions", row.name);
    }
    assert!(tried >= 4, "only {tried} rows rest on a condition");
}

#[test]
fn laws_of_functions_are_used() {
    let mut wrong = Vec::new();
    for function in FunctionId::all() {
        let given = if function.is_entrywise() { "x: scalar" } else { "x: n" };
        for (name, left, right) in function.row().laws {
            let (mut store, left, right) = sides(given, left, right);
            // A law that takes a sign out is used where there is another one.
            let opposite = (store.negate(left), store.negate(right));
            let is_used = short(&mut store, left) == short(&mut store, right)
                || short(&mut store, opposite.0) == short(&mut store, opposite.1);
            if !is_used {
                wrong.push(format!("{name} of {}", function.row().name));
            }
        }
    }
    assert!(wrong.is_empty(), "laws without an effect: {}", wrong.join(", "));
}

/// ⟨W, L(X)⟩ with the constant W of the value's shape, its gradient by X, and L*(W) by the row.
fn paired(row: &Pairing) -> (Store, Id, Id, Id, Id) {
    let value = model(&format!("{}\n{}", row.given, row.value));
    let sizes = value.store.shape(value.values[0]).dimensions();
    let sizes = match sizes.iter().map(|size| format!("({size})")).collect::<Vec<_>>().join("×") {
        sizes if sizes.is_empty() => "scalar".to_owned(),
        sizes => sizes,
    };
    let paired = if sizes == "scalar" { "G*(L)" } else { "tr(G'*(L))" }.replace('L', row.value);
    let source = format!("{}; G: {sizes}\n{paired}\n{}", row.given, row.adjoint);
    let mut model = model(&source);
    let (f, adjoint) = (model.values[0], model.values[1]);
    let x = model.store.find_variable("X").unwrap();
    let gradient = gradients(&mut model.store, f, &[x]).unwrap()[0];
    (model.store, f, x, gradient, adjoint)
}

#[test]
fn the_certificate_rests_on_the_pairing_rows() {
    for row in PAIRINGS {
        assert!(pairing(row.operator, row.at).unwrap().is_some(), "{}", row.name);
        let (mut store, f, x, gradient, adjoint) = paired(row);
        let both = simplify(&mut store, &[gradient, adjoint]);
        assert_eq!(both[0], both[1], "{} ({}): the sweep finds another adjoint", row.name, row.at);
        let mut budget = Budget::of(&store, f, &[f, gradient]);
        let certificate = certify(&mut store, f, x, gradient, &mut budget).unwrap();
        let proved = matches!(certificate, Certificate::Proved { .. });
        assert!(proved, "{} ({}): {certificate:?}", row.name, row.at);
    }
}
