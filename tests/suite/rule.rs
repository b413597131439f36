//! The tables are tested by standing there: every row, for all sizes 1, 2, 3 of every symbol, at random values, by plain arithmetic on
//! what is written (see `naive`), with dual numbers where a row speaks of differentials. And the test is tested: rows with a small fault
//! must fail it.

// Sizes are 1, 2, 3.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use gradus::elaborate::{self, Model};
use gradus::evaluate::Random;
use gradus::expression::{Id, Node};
use gradus::function::{Domain, Form, FunctionId};
use gradus::kernel::{Array, Dual};
use gradus::rule::{DIFFERENTIALS, IDENTITIES, Identity, PAIRINGS, POWER_IN_TRACE, Pairing};
use gradus::shape::Shape;
use gradus::syntax;
use gradus::syntax::ast::{
    BinaryOperator as B, Expr, ExprId, ExprKind, Program, Statement, StatementKind, Tree, Word,
};

use crate::corpus::model;
use crate::naive::{self, Environment, Number, real};

/// What a row says of the expressions in its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// left = right
    Equal,
    /// d value = differential
    Differential,
    /// ⟨G, d value⟩ = Σ ⟨pullbackᵢ, d operandᵢ⟩
    Pullback,
}

/// One statement of a table, read.
#[derive(Clone, Debug)]
struct Case {
    row: String,
    claim: Claim,
    /// Declarations and the expressions: left and right, value and differential, value and pullbacks.
    program: Program,
    roots: Vec<ExprId>,
    /// The operands, in order.
    operands: Vec<String>,
    domain: Option<Domain>,
}

#[derive(Clone, Debug, PartialEq)]
enum Verdict {
    Holds(usize),
    Fails(String),
}

fn case(row: &str, claim: Claim, given: &str, texts: &[String], domain: Option<Domain>) -> Case {
    let source = format!("{given}\n{}", texts.join("\n"));
    let program = syntax::parse(&source, &elaborate::is_known)
        .unwrap_or_else(|error| panic!("{row}: {error} in\n{source}"));
    let roots = naive::expressions(&program);
    let mut operands: Vec<String> =
        naive::declarations(&program).iter().map(|one| one.name.text.clone()).collect();
    let declared: BTreeSet<String> = operands.iter().cloned().collect();
    operands.retain(|name| declared.contains(&format!("d{name}")));
    Case { row: row.to_owned(), claim, program, roots, operands, domain }
}

/// `dA: m×n` for each `A: m×n …`, and G in the shape of the value.
fn with_differentials(given: &str, value: &str) -> String {
    let source = format!("{given}\n{value}");
    let model = model(&source);
    let mut text = format!("{given}\nG: {}", sizes(model.store.shape(model.values[0])));
    for variable in &model.variables {
        // What is symmetric moves among symmetric matrices.
        let matrix = !variable.shape.is_scalar() && model.store.is_symmetric(variable.id);
        let fact = if matrix { " symmetric" } else { "" };
        let _ = write!(text, "\nd{}: {}{fact}", variable.name, sizes(&variable.shape));
    }
    text
}

fn sizes(shape: &Shape) -> String {
    match shape {
        Shape::Scalar => "scalar".to_owned(),
        Shape::Matrix(..) | Shape::Tensor(_) => {
            let sizes = shape.dimensions();
            sizes.iter().map(|size| format!("({size})")).collect::<Vec<_>>().join("×")
        }
    }
}

fn identities(table: &[Identity]) -> Vec<Case> {
    let read = |row: &Identity| {
        let texts = [row.left.to_owned(), row.right.to_owned()];
        case(row.name, Claim::Equal, row.given, &texts, None)
    };
    table.iter().map(read).collect()
}

/// ⟨G, d L(X)⟩ = ⟨L*(G), dX⟩, where X alone moves.
fn pairings() -> Vec<Case> {
    let read = |row: &Pairing| {
        let value = model(&format!("{}\n{}", row.given, row.value));
        let moving = value.store.shape(value.store.find_variable("X").unwrap());
        let value = sizes(value.store.shape(value.values[0]));
        let given = format!("{}\nG: {value}\ndX: {}", row.given, sizes(moving));
        let texts = [row.value.to_owned(), row.adjoint.to_owned()];
        case(row.name, Claim::Pullback, &given, &texts, None)
    };
    PAIRINGS.iter().map(read).collect()
}

/// d tr(X^k) = tr(f′(X) dX) for some k.
fn powers() -> Vec<Case> {
    let row = &POWER_IN_TRACE;
    let at = |k: &str| {
        let value = format!("tr({})", row.value.replace('k', k));
        let texts = [value, format!("tr({}*dX)", row.slope.replace('k', k))];
        case(row.name, Claim::Differential, "X: n×n; dX: n×n; G: scalar", &texts, None)
    };
    ["2", "3", "4"].into_iter().map(at).collect()
}

/// Whether the two sides agree wherever the left one has a value.
pub(crate) fn holds_numerically(name: &str, given: &str, left: &str, right: &str) -> bool {
    let texts = [left.to_owned(), right.to_owned()];
    let case = case(name, Claim::Equal, given, &texts, None);
    matches!(check(&case, &case.program.tree, &case.roots), Verdict::Holds(_))
}

fn operators() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in DIFFERENTIALS {
        let given = with_differentials(row.given, row.value);
        let value = row.value.to_owned();
        let texts = [value.clone(), row.differential.to_owned()];
        cases.push(case(row.name, Claim::Differential, &given, &texts, None));
        let mut texts = vec![value];
        texts.extend(row.pullbacks.iter().map(|text| (*text).to_owned()));
        cases.push(case(row.name, Claim::Pullback, &given, &texts, None));
    }
    cases
}

fn functions() -> Vec<Case> {
    let mut cases = Vec::new();
    for id in FunctionId::all() {
        let row = id.row();
        let domain = Some(row.domain);
        let laws = if id.is_entrywise() { "x: scalar" } else { "x: n" };
        for (name, left, right) in row.laws {
            let texts = [(*left).to_owned(), (*right).to_owned()];
            cases.push(case(name, Claim::Equal, laws, &texts, domain));
        }
        match &row.form {
            Form::Entrywise { derivative: "", .. } => {}
            Form::Entrywise { derivative, .. } => {
                let texts = [format!("{}(x)", row.name), format!("({derivative})*dx")];
                let given = "x: scalar; dx: scalar; G: scalar";
                cases.push(case(row.name, Claim::Differential, given, &texts, domain));
            }
            Form::Array { arguments: "", .. } | Form::Array { derivative: None, .. } => {}
            Form::Array { arguments, derivative: Some(derivative), .. } => {
                let names: Vec<&str> = arguments
                    .split(';')
                    .filter_map(|one| one.split(':').next())
                    .map(str::trim)
                    .collect();
                let value = format!("{}({})", row.name, names.join(", "));
                let given = with_differentials(arguments, &value);
                if !derivative.differential.is_empty() {
                    let texts = [value.clone(), derivative.differential.to_owned()];
                    cases.push(case(row.name, Claim::Differential, &given, &texts, domain));
                }
                if !derivative.pullbacks.is_empty() {
                    let mut texts = vec![value.clone()];
                    texts.extend(derivative.pullbacks.iter().map(|text| (*text).to_owned()));
                    cases.push(case(row.name, Claim::Pullback, &given, &texts, domain));
                }
                if !derivative.trace_slope.is_empty() {
                    let slope = derivative.trace_slope;
                    let texts = [format!("tr({value})"), format!("tr({slope}*d{})", names[0])];
                    cases.push(case(row.name, Claim::Differential, &given, &texts, domain));
                }
            }
        }
    }
    cases
}

fn all_cases() -> Vec<Case> {
    [identities(IDENTITIES), pairings(), powers(), operators(), functions()].concat()
}

/// All choices of 1, 2, 3 for the symbols; unequal ones first, which find a fault soonest.
fn assignments(symbols: &[String]) -> Vec<BTreeMap<String, i64>> {
    let count = 3_usize.pow(symbols.len() as u32);
    let mut all: Vec<BTreeMap<String, i64>> = (0..count)
        .map(|mut code| {
            let mut sizes = BTreeMap::new();
            for symbol in symbols {
                sizes.insert(symbol.clone(), 3 - (code % 3) as i64);
                code /= 3;
            }
            sizes
        })
        .collect();
    all.sort_by_key(|sizes| {
        let distinct: BTreeSet<&i64> = sizes.values().collect();
        std::cmp::Reverse((distinct.len(), sizes.values().sum::<i64>()))
    });
    all
}

/// Whether the row's claim holds wherever both sides have values.
fn check(case: &Case, tree: &Tree, roots: &[ExprId]) -> Verdict {
    let mut points = 0;
    let symbols = naive::size_symbols(&case.program);
    let seeds = if symbols.len() < 2 { 20 } else { 3 };
    for sizes in assignments(&symbols) {
        for seed in 0..seeds {
            let mut random = Random::new(seed);
            let Some(mut environment) = naive::draw(&case.program, &sizes, &mut random) else {
                continue;
            };
            if let Some(domain) = case.domain {
                for name in ["x", "X", "A", "dA"] {
                    if let Some(value) = environment.values.get_mut(name) {
                        into_domain(domain, value, &mut random);
                    }
                }
            }
            match compare(case, tree, roots, &environment) {
                Ok(Some(0.0..1e-8)) => points += 1,
                Ok(None) => {}
                Ok(Some(error)) => return Verdict::Fails(format!("{error:e} at {sizes:?}")),
                Err(error) => return Verdict::Fails(format!("{error} at {sizes:?}")),
            }
        }
    }
    Verdict::Holds(points)
}

fn into_domain(domain: Domain, value: &mut Array<Number>, random: &mut Random) {
    let rows = value.rows;
    if matches!(domain, Domain::Symmetric | Domain::Definite) && rows == value.columns {
        let given = value.clone();
        *value = Array::from_fn(rows, rows, |i, j| {
            real(f64::midpoint(given.at(i, j).value, given.at(j, i).value))
        });
    }
    for (at, entry) in value.data.iter_mut().enumerate() {
        let x = match domain {
            Domain::Real => continue,
            Domain::Positive => random.between(0.3, 2.5),
            Domain::Unit => random.between(-0.9, 0.9),
            Domain::Probability => random.between(0.1, 0.9),
            Domain::AboveMinusOne => random.between(-0.8, 2.0),
            Domain::AboveOne => random.between(1.2, 3.0),
            Domain::Symmetric => continue,
            // A larger diagonal keeps the determinant away from 0, and positive.
            Domain::Invertible | Domain::Definite => {
                entry.value / 2.0 + if at % rows == at / rows { 2.0 } else { 0.0 }
            }
        };
        *entry = real(x);
    }
}

/// The relative error of the claim at one point; `None` where the sides have no finite values.
fn compare(
    case: &Case,
    tree: &Tree,
    roots: &[ExprId],
    environment: &Environment,
) -> Result<Option<f64>, String> {
    let [first, rest @ ..] = roots else { return Err("no expressions".to_owned()) };
    let plain = |id: &ExprId| naive::evaluate(tree, *id, environment);
    if case.claim == Claim::Equal {
        let (left, right) = (plain(first)?, plain(&rest[0])?);
        return distance(&left.map(|x| x.value), &right.map(|x| x.value));
    }
    let mut moving = environment.clone();
    for name in &case.operands {
        let direction = environment.values[&format!("d{name}")].clone();
        let moved = moving.values[name].zip(&direction, |x, d| Dual::new(x.value, d.value));
        moving.values.insert(name.clone(), moved);
    }
    let moved = naive::evaluate(tree, *first, &moving)?.map(|x| x.tangent);
    if case.claim == Claim::Differential {
        return distance(&moved, &plain(&rest[0])?.map(|x| x.value));
    }
    let inner = |a: &Array<f64>, b: &Array<f64>| -> Result<f64, String> {
        if (a.rows, a.columns) != (b.rows, b.columns) {
            return Err("the adjoint has another shape than the operand".to_owned());
        }
        Ok(a.data.iter().zip(&b.data).map(|(x, y)| x * y).sum())
    };
    let value = |name: &str| environment.values[name].map(|x| x.value);
    let left = inner(&value("G"), &moved)?;
    let mut right = 0.0;
    for (name, pullback) in case.operands.iter().zip(rest) {
        right += inner(&plain(pullback)?.map(|x| x.value), &value(&format!("d{name}")))?;
    }
    distance(&Array::scalar(left), &Array::scalar(right))
}

fn distance(left: &Array<f64>, right: &Array<f64>) -> Result<Option<f64>, String> {
    if (left.rows, left.columns) != (right.rows, right.columns) {
        return Err("the sides differ in shape".to_owned());
    }
    let mut largest = 0.0_f64;
    for (x, y) in left.data.iter().zip(&right.data) {
        // An equality is read from left to right: it says nothing where the left side has no value.
        if !x.is_finite() {
            return Ok(None);
        }
        let error = (x - y).abs() / (1.0 + x.abs() + y.abs());
        largest = largest.max(if error.is_finite() { error } else { 1.0 });
    }
    Ok(Some(largest))
}

#[test]
fn every_row_of_every_table_holds() {
    let mut wrong = Vec::new();
    for case in all_cases() {
        match check(&case, &case.program.tree, &case.roots) {
            Verdict::Holds(points) if points >= 3 => {}
            verdict => wrong.push(format!("{} ({:?}): {verdict:?}", case.row, case.claim)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A row with a fault.
struct Mutant {
    what: String,
    tree: Tree,
    roots: Vec<ExprId>,
}

/// Calls that are easily mistaken for each other.
const MISTAKEN: &[(&str, &str)] = &[
    ("tr", "sum"),
    ("sum", "tr"),
    ("det", "tr"),
    ("diag", "vec"),
    ("sin", "cos"),
    ("cos", "sin"),
    ("sinh", "cosh"),
    ("cosh", "sinh"),
    ("tanh", "sigmoid"),
    ("sigmoid", "tanh"),
    ("exp", "sigmoid"),
    ("log", "exp"),
    ("sqrt", "exp"),
    ("normpdf", "normcdf"),
    ("normcdf", "normpdf"),
    ("step", "relu"),
    ("sign", "abs"),
    ("softmax", "exp"),
    ("conv2d", "conv2d_full"),
    ("conv2d_full", "conv2d"),
    ("inv", "transpose"),
    ("maxmask", "sign"),
    ("ones", "zeros"),
    ("logsumexp", "softmax"),
];

/// Every small fault in the expressions after the first (the first is what the row speaks of).
fn mutants(case: &Case) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (position, root) in case.roots.iter().enumerate().skip(1) {
        for id in below(&case.program.tree, *root) {
            for (what, kind) in faults(&case.program.tree, id) {
                let (tree, root) = replaced(&case.program.tree, *root, id, &kind);
                let mut roots = case.roots.clone();
                roots[position] = root;
                mutants.push(Mutant { what, tree, roots });
            }
        }
    }
    if case.claim == Claim::Pullback && case.roots.len() == 3 {
        let mut roots = case.roots.clone();
        roots.swap(1, 2);
        mutants.push(Mutant {
            what: "pullbacks swapped".into(),
            tree: case.program.tree.clone(),
            roots,
        });
    }
    mutants
}

/// The subexpressions, sizes in brackets of constants left out.
fn below(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut open = vec![root];
    let mut found = Vec::new();
    while let Some(id) = open.pop() {
        found.push(id);
        match &tree.get(id).kind {
            ExprKind::Call { function, .. }
                if ["eye", "ones", "zeros", "commutation"].contains(&function.text.as_str()) => {}
            ExprKind::Call { arguments, .. } => open.extend(arguments),
            ExprKind::Negate(a) | ExprKind::Transpose(a) => open.push(*a),
            ExprKind::Binary { left, right, .. } => open.extend([*left, *right]),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What a node may be replaced by. New children are appended by `replaced`.
enum Fault {
    Kind(ExprKind),
    /// Another node of the tree.
    Node(ExprId),
    Negated,
    Doubled,
    Transposed,
}

fn faults(tree: &Tree, id: ExprId) -> Vec<(String, Fault)> {
    let mut faults = Vec::new();
    let mut add = |what: &str, fault: Fault| faults.push((what.to_owned(), fault));
    add("sign flipped", Fault::Negated);
    add("doubled", Fault::Doubled);
    match tree.get(id).kind.clone() {
        ExprKind::Name(_) => add("transposed", Fault::Transposed),
        ExprKind::Negate(a) => add("sign dropped", Fault::Node(a)),
        ExprKind::Transpose(a) => add("transpose dropped", Fault::Node(a)),
        ExprKind::Call { function, arguments } => {
            for (name, other) in MISTAKEN.iter().filter(|(name, _)| *name == function.text) {
                let function = Word { text: (*other).to_owned(), span: function.span };
                let call = ExprKind::Call { function, arguments: arguments.clone() };
                add(&format!("{other} for {name}"), Fault::Kind(call));
            }
            if let [a, b] = arguments.as_slice() {
                let arguments = vec![*b, *a];
                let call = ExprKind::Call { function: function.clone(), arguments };
                add("arguments swapped", Fault::Kind(call));
            }
            if !["eye", "ones", "zeros"].contains(&function.text.as_str()) {
                add("transposed", Fault::Transposed);
            }
        }
        ExprKind::Binary { operator, operator_span, left, right } => {
            let binary = |operator, left, right| {
                Fault::Kind(ExprKind::Binary { operator, operator_span, left, right })
            };
            add("operands swapped", binary(operator, right, left));
            add("left operand only", Fault::Node(left));
            add("right operand only", Fault::Node(right));
            match operator {
                B::Add => add("− for +", binary(B::Subtract, left, right)),
                B::Subtract => add("+ for −", binary(B::Add, left, right)),
                B::Multiply => add("⊙ for ·", binary(B::Hadamard, left, right)),
                B::Hadamard => add("· for ⊙", binary(B::Multiply, left, right)),
                B::Divide => add("· for /", binary(B::Multiply, left, right)),
                _ => {}
            }
        }
        _ => {}
    }
    faults
}

/// The tree with one node replaced, and where the root stands then. The copy is written anew, children first.
fn replaced(tree: &Tree, root: ExprId, at: ExprId, fault: &Fault) -> (Tree, ExprId) {
    let mut copy = tree.clone();
    let span = tree.get(at).span;
    let mut image: BTreeMap<ExprId, ExprId> = BTreeMap::new();
    for id in subtree(tree, root) {
        let mut kind = tree.get(id).kind.clone();
        for child in children(&mut kind) {
            *child = image[child];
        }
        let mut new = copy.push(kind, span);
        if id == at {
            new = match fault {
                Fault::Node(other) => image[other],
                Fault::Negated => copy.push(ExprKind::Negate(new), span),
                Fault::Transposed => copy.push(ExprKind::Transpose(new), span),
                Fault::Doubled => {
                    let two = copy.push(ExprKind::Number(gradus::number::integer(2)), span);
                    let kind = ExprKind::Binary {
                        operator: B::Multiply,
                        operator_span: span,
                        left: two,
                        right: new,
                    };
                    copy.push(kind, span)
                }
                Fault::Kind(kind) => {
                    let mut kind = kind.clone();
                    for child in children(&mut kind) {
                        *child = image[child];
                    }
                    copy.nodes.push(Expr { kind, span });
                    ExprId(copy.nodes.len() as u32 - 1)
                }
            };
        }
        image.insert(id, new);
    }
    (copy, image[&root])
}

/// All nodes below the root, sizes of constants too, children first.
fn subtree(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut open = vec![root];
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        found.insert(id);
        let mut kind = tree.get(id).kind.clone();
        open.extend(children(&mut kind).into_iter().map(|child| *child));
    }
    found.into_iter().collect()
}

fn children(kind: &mut ExprKind) -> Vec<&mut ExprId> {
    match kind {
        ExprKind::Call { arguments, .. } => arguments.iter_mut().collect(),
        ExprKind::Negate(a) | ExprKind::Transpose(a) => vec![a],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        _ => Vec::new(),
    }
}

/// Whether the mutant is the same value for a reason that the constructors know: commuting operands, a transposed scalar.
fn is_equivalent(case: &Case, mutant: &Mutant) -> bool {
    let mut program = case.program.clone();
    program.tree = mutant.tree.clone();
    let mut roots = case.roots.iter().chain(&mutant.roots);
    let is_value = |statement: &&Statement| matches!(statement.kind, StatementKind::Expression(_));
    let Some(template) = program.statements.iter().find(is_value).cloned() else { return false };
    program.statements.retain(|statement| !matches!(statement.kind, StatementKind::Expression(_)));
    for root in roots.by_ref() {
        let mut statement = template.clone();
        statement.kind = StatementKind::Expression(*root);
        program.statements.push(statement);
    }
    let Ok(Model { values, .. }) = elaborate::elaborate(&program) else { return false };
    let (before, after) = values.split_at(case.roots.len());
    before == after
}

/// Mutants that the test cannot tell from the row, because they are right: (row, fault, why).
#[rustfmt::skip]
const RIGHT: &[(&str, &str, &str)] = &[
    ("absolute value of a negative", "sign flipped", "|x| is even"),
    ("sign times value", "sign flipped", "|x| is even"),
    ("abs", "doubled", "sign(2x) = sign(x)"),
    ("sign of a negative", "doubled", "sign(2x) = sign(x)"),
    ("sign of a sign", "doubled", "sign(2x) = sign(x)"),
    ("relu", "doubled", "step(2x) = step(x)"),
    ("squared step", "doubled", "step(2x) = step(x)"),
    ("step of a rectified value", "doubled", "step(2x) = step(x)"),
    ("sin", "sign flipped", "cos is even"),
    ("cosine of a negative", "sign flipped", "cos is even"),
    ("tan", "sign flipped", "tan(x)² is even"),
    ("sinh", "sign flipped", "cosh is even"),
    ("hyperbolic cosine of a negative", "sign flipped", "cosh is even"),
    ("tanh", "sign flipped", "tanh(x)² is even"),
    ("gelu", "sign flipped", "normpdf is even"),
    ("normcdf", "sign flipped", "normpdf is even"),
    ("density of a negative", "sign flipped", "normpdf is even"),
    ("normpdf", "sign flipped", "normpdf is even"),
    ("norm1", "doubled", "sign(2X) = sign(X)"),
    ("maxpool2", "doubled", "maxpool2mask(2X) = maxpool2mask(X)"),
    ("norm_nuc", "doubled", "polar(2X) = polar(X)"),
    ("svdvals", "doubled", "eigvecs(2A) = eigvecs(A)"),
    ("eig_gaps", "sign flipped", "eig_gaps(−l)² = eig_gaps(l)²"),
    ("eig_gaps", "transposed", "eig_gaps(l) is skew"),
    ("leading", "transposed", "XᵀX is symmetric"),
    ("leading", "sign flipped", "XᵀX is even in X"),
    ("svdvals", "sign flipped", "XᵀX is even in X"),
    ("sinm", "sign flipped", "cosm is even"),
    ("sinm_frechet", "sign flipped", "sinm_frechet is even in X"),
    ("cosm_frechet", "sign flipped", "cosm_second is even in X"),
    ("eigvecs", "transposed", "eigvecs(A)ᵀ dA eigvecs(A) is symmetric"),
    ("resolvent_max", "transposed", "what it adds up to is symmetric"),
    ("resolvent_min", "transposed", "what it adds up to is symmetric"),
    ("cholesky", "transposed", "only its symmetric part meets dA"),
    ("norm2", "sign flipped", "‖−X‖ = ‖X‖"),
    ("norm2", "transposed", "‖Xᵀ‖ = ‖X‖"),
    ("cross", "transposed", "three numbers are a vector either way"),
    ("cross_matrix", "transposed", "three numbers are a vector either way"),
    ("cross_vector", "transposed", "three numbers are a vector either way"),
    ("conv2d", "arguments swapped", "a full convolution commutes"),
    ("conv2d_full", "arguments swapped", "a full convolution commutes"),
];

#[test]
fn faults_in_the_tables_are_found() {
    let (mut caught, mut right, mut missed) = (0, 0, Vec::new());
    for case in all_cases() {
        for mutant in mutants(&case) {
            if is_equivalent(&case, &mutant) {
                continue;
            }
            match check(&case, &mutant.tree, &mutant.roots) {
                Verdict::Fails(_) => caught += 1,
                Verdict::Holds(_) => {
                    let known =
                        RIGHT.iter().any(|(row, what, _)| *row == case.row && *what == mutant.what);
                    if known {
                        right += 1;
                    } else {
                        missed.push(format!("{} ({:?}): {}", case.row, case.claim, mutant.what));
                    }
                }
            }
        }
    }
    let total = caught + missed.len() + right;
    println!("{caught} of {total} faults in rows are found; {right} are no faults: see RIGHT");
    assert!(total > 1000, "only {total} mutants");
    assert!(missed.is_empty(), "{} are not found:\n{}", missed.len(), missed.join("\n"));
    assert!(100 * caught >= 98 * total, "only {caught} of {total} faults are found");
}

/// Laws are left out where none of a formula's functions is theirs.
#[test]
fn a_law_applies_the_functions_that_it_is_said_to_need() {
    assert!(gradus::rule::laws().len() > 20);
    for row in gradus::rule::laws() {
        let law = row.read().unwrap();
        let (store, root) = law.left.expression();
        if root == law.right.expression().1 {
            // The constructors keep to it: there is nothing to replace.
            continue;
        }
        for function in &row.needs {
            let applies = |id: &Id| match store.node(*id) {
                Node::Apply { function: applied, .. } => applied == function,
                _ => false,
            };
            assert!(store.reachable(&[root]).iter().any(applies), "{}", law.name);
        }
    }
}
