//! The evaluator of the fuzzer (`examples/fuzz`), which shares nothing with gradus but the parser, for formulas over plain declarations.
//! What the rest of gradus believes of a formula is compared with this.

use std::collections::BTreeMap;

use gradus::evaluate::Random;
use gradus::kernel::{Array, Dual};
use gradus::syntax::ast::{Declaration, ExprId, ExprKind, Program, Statement, StatementKind, Tree};

use crate::fuzzer::naive::Naive;
use crate::fuzzer::naive::array;
use crate::fuzzer::naive::number::Jet;
use crate::fuzzer::naive::source::Source;
use crate::fuzzer::naive::world::World;

pub(crate) type Number = Dual<f64>;

/// Sizes and values by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub(crate) sizes: BTreeMap<String, i64>,
    pub(crate) values: BTreeMap<String, Array<Number>>,
}

/// The value of an expression. An error says what does not fit, or what the evaluator does not know.
pub(crate) fn evaluate(
    tree: &Tree,
    root: ExprId,
    environment: &Environment,
) -> Result<Array<Number>, String> {
    let (source, world) = (of(tree), world(environment));
    plain(&Naive::of_table(&source, &world).evaluate(root, BTreeMap::new(), 1)?)
}

/// The largest magnitude of any subexpression: what rounding errors are relative to.
pub(crate) fn magnitude(tree: &Tree, root: ExprId, environment: &Environment) -> f64 {
    let (source, world) = (of(tree), world(environment));
    let mut largest = 0.0_f64;
    for index in 0..=root.0 {
        let naive = Naive::of_table(&source, &world);
        if let Ok(value) = naive.evaluate(ExprId(index), BTreeMap::new(), 1) {
            largest = value.data.iter().fold(largest, |largest, x| largest.max(x.value().abs()));
        }
    }
    largest
}

pub(crate) fn real(value: f64) -> Number {
    Dual::new(value, 0.0)
}

fn of(tree: &Tree) -> Source {
    Source::of(Program {
        statements: Vec::<Statement>::new(),
        tree: tree.clone(),
        notes: Vec::new(),
    })
}

fn world(environment: &Environment) -> World {
    let values = environment.values.iter().map(|(name, value)| {
        let data = value.data.iter().map(|x| Jet::new(x.value).moved(0, x.tangent)).collect();
        (name.clone(), array::Array { sizes: vec![value.rows, value.columns], data })
    });
    World { sizes: environment.sizes.clone(), values: values.collect(), words: BTreeMap::new() }
}

fn plain(value: &array::Array) -> Result<Array<Number>, String> {
    match value.sizes.as_slice() {
        [rows, columns] => Ok(Array {
            rows: *rows,
            columns: *columns,
            data: value.data.iter().map(|x| Dual::new(x.0[0], x.0[1])).collect(),
        }),
        sizes => Err(format!("{sizes:?} is no matrix")),
    }
}

/// The declarations of a program.
pub(crate) fn declarations(program: &Program) -> Vec<&Declaration> {
    let declared = program.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Declaration(declaration) => Some(declaration),
        _ => None,
    });
    declared.collect()
}

/// The bare expressions of a program.
pub(crate) fn expressions(program: &Program) -> Vec<ExprId> {
    let values = program.statements.iter().filter_map(|statement| match statement.kind {
        StatementKind::Expression(id) => Some(id),
        _ => None,
    });
    values.collect()
}

/// The names of sizes in the declarations, sorted.
pub(crate) fn size_symbols(program: &Program) -> Vec<String> {
    let mut names = Vec::new();
    for declaration in declarations(program) {
        let mut open = declaration.sizes.clone().unwrap_or_default();
        while let Some(id) = open.pop() {
            match &program.tree.get(id).kind {
                ExprKind::Name(name) => names.push(name.clone()),
                ExprKind::Binary { left, right, .. } => open.extend([*left, *right]),
                _ => {}
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Values for everything that is declared; `None` where a size would be smaller than 1.
pub(crate) fn draw(
    program: &Program,
    sizes: &BTreeMap<String, i64>,
    random: &mut Random,
) -> Option<Environment> {
    let world = World::draw(&Source::of(program.clone()), sizes.clone(), random)?;
    let values = world.values.iter().map(|(name, value)| Some((name.clone(), plain(value).ok()?)));
    Some(Environment { sizes: sizes.clone(), values: values.collect::<Option<_>>()? })
}
