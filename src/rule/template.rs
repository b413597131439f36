//! A row, read once and instantiated often: the right-hand side of a rule with names in place of operands.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use super::differential::{DIFFERENTIALS, DifferentialRule, Operator, POWER_IN_TRACE};
use super::pairing::{PAIRINGS, Pairing};
use crate::elaborate::{self, Model};
use crate::expression::{Id, Node, Power, Properties, Store};
use crate::function::{self, Form, FunctionId};
use crate::shape::{Dimension, Name, Shape};
use crate::source::Fault;
use crate::syntax;

/// Makes an operator of a given shape; the last argument maps its operands to their values.
pub(crate) type Build<'a, V> = &'a mut dyn FnMut(&Node, &Shape, &dyn Fn(Id) -> V) -> V;

/// An expression over names, to be filled in.
#[derive(Clone, Debug)]
pub struct Template {
    store: Arc<Store>,
    root: Id,
    order: Arc<[Id]>,
}

impl Template {
    fn new(store: &Arc<Store>, root: Id) -> Self {
        Self { store: Arc::clone(store), root, order: store.reachable(&[root]).into() }
    }

    /// The template's own expression.
    pub fn expression(&self) -> (&Store, Id) {
        (&self.store, self.root)
    }

    /// The expression in `target` with each name bound to an expression; sizes follow from the bindings' shapes. A row that names
    /// what is not bound is a fault, which `target` remembers.
    pub fn instantiate(&self, target: &mut Store, bindings: &[(&str, Id)]) -> Id {
        let shaped: Vec<(&str, Id, Shape)> =
            bindings.iter().map(|(name, id)| (*name, *id, target.shape(*id).clone())).collect();
        self.fill(target, &shaped)
    }

    fn fill(&self, target: &mut Store, bindings: &[(&str, Id, Shape)]) -> Id {
        let filled = self.fold(bindings, &mut |node, shape, image| {
            target.build(node, shape, &mut |child| image(child))
        });
        filled.unwrap_or_else(|fault| {
            target.fail(fault);
            target.integer(0)
        })
    }

    /// The template's value in any algebra: `build` makes an operator from its operands' values; names have the bound values.
    pub(crate) fn fold<V: Copy>(
        &self,
        bindings: &[(&str, V, Shape)],
        build: Build<'_, V>,
    ) -> Result<V, Fault> {
        let sizes = self.sizes(bindings);
        let unbound = |what: &Name| Fault::new("filling in a row", format!("{what} is not bound"));
        let missing = Cell::new(None);
        let value = |name: &Name| match sizes.get(name) {
            Some(size) => size.clone(),
            None => {
                missing.set(Some(unbound(name)));
                Dimension::symbol(name.clone())
            }
        };
        let mut images: BTreeMap<Id, V> = BTreeMap::new();
        for id in self.order.iter().copied() {
            let image = match self.store.node(id) {
                Node::Variable(name) => {
                    let bound = bindings.iter().find(|binding| binding.0 == &**name);
                    bound.map(|binding| binding.1).ok_or_else(|| unbound(name))?
                }
                node => {
                    let node = node.map_sizes(&|size| size.substitute(&value));
                    let shape = self.store.shape(id).map_sizes(&|size| size.substitute(&value));
                    build(&node, &shape, &|child| images[&child])
                }
            };
            images.insert(id, image);
        }
        missing.take().map_or_else(|| Ok(images[&self.root]), Err)
    }

    /// The sizes' values, read off the shapes of what the names are bound to.
    fn sizes<V>(&self, bindings: &[(&str, V, Shape)]) -> BTreeMap<Name, Dimension> {
        let mut sizes = BTreeMap::new();
        for (name, _, actual) in bindings {
            let Some(variable) = self.store.find_variable(name) else { continue };
            let pattern = self.store.shape(variable);
            for (symbol, value) in
                [(pattern.rows(), actual.rows()), (pattern.columns(), actual.columns())]
            {
                if let Some((factor, name)) = symbol.as_multiple()
                    && let Some(value) = value.divided_by(factor)
                {
                    sizes.entry(name.clone()).or_insert(value);
                }
            }
        }
        sizes
    }

    /// A scalar expression of `x`, applied to every entry of `argument`: constants become constant matrices, products entrywise.
    pub fn lift(&self, target: &mut Store, argument: Id) -> Id {
        let shape = target.shape(argument).clone();
        let mut images: BTreeMap<Id, Id> = BTreeMap::new();
        for id in self.order.iter().copied() {
            let image = self.lift_node(target, id, argument, &shape, &images);
            images.insert(id, image);
        }
        images[&self.root]
    }

    fn lift_node(
        &self,
        target: &mut Store,
        id: Id,
        argument: Id,
        shape: &Shape,
        images: &BTreeMap<Id, Id>,
    ) -> Id {
        let image = |child: Id| images[&child];
        match self.store.node(id) {
            Node::Number(value) => {
                let ones = target.ones(shape);
                target.scale_by(value, ones)
            }
            Node::Variable(_) => argument,
            Node::Sum(terms) => {
                let terms =
                    terms.iter().map(|term| (term.coefficient.clone(), image(term.id))).collect();
                target.sum(terms, shape)
            }
            Node::Hadamard(powers) => {
                let mut lifted = Vec::with_capacity(powers.len());
                for power in powers {
                    // Exponents stay scalar; a row's exponents are numbers.
                    let Some(exponent) = self.store.as_number(power.exponent).cloned() else {
                        target.fail(Fault::new("lifting a row", "an exponent is no number"));
                        continue;
                    };
                    lifted
                        .push(Power { base: image(power.base), exponent: target.number(exponent) });
                }
                target.power_product(&lifted, shape)
            }
            Node::Apply { function, arguments } if arguments.is_empty() => {
                let constant = target.apply(*function, &[], &Shape::Scalar);
                let ones = target.ones(shape);
                target.multiply(constant, ones)
            }
            Node::Apply { function, arguments } => {
                let arguments: Vec<Id> =
                    arguments.iter().map(|argument| image(*argument)).collect();
                target.apply(*function, &arguments, shape)
            }
            node => {
                let node = node.clone();
                target.build(&node, shape, &mut |child| image(child))
            }
        }
    }
}

/// One operator's row, read.
#[derive(Clone, Debug)]
pub struct OperatorTemplates {
    /// The row's name.
    pub name: &'static str,
    /// The operands' names, in order.
    pub operands: Vec<Name>,
    /// dY in terms of the operands and `dA` for each operand `A`.
    pub differential: Template,
    /// Each operand's share of the adjoint, in terms of the operands and `G`.
    pub pullbacks: Vec<Template>,
}

/// One pairing row, read.
#[derive(Clone, Debug)]
pub struct PairingTemplate {
    /// The operator.
    pub operator: Operator,
    /// Which operand moves.
    pub at: usize,
    /// The operands' names, in order; the one that moves is `X`.
    pub operands: Vec<Name>,
    /// L*(G) in terms of the constant operands and `G`.
    pub adjoint: Template,
}

impl PairingTemplate {
    /// L*(G) for an `X` of the given shape; `constants` are the other operands, in order.
    pub fn adjoint(&self, target: &mut Store, g: Id, constants: &[Id], moving: &Shape) -> Id {
        let shape = |target: &Store, id: Id| target.shape(id).clone();
        // X itself does not occur in the adjoint: only its sizes are asked for.
        let mut bindings = vec![("G", g, shape(target, g)), (MOVING, g, moving.clone())];
        let others = self.operands.iter().filter(|name| &***name != MOVING);
        for (name, id) in others.zip(constants) {
            bindings.push((name, *id, shape(target, *id)));
        }
        self.adjoint.fill(target, &bindings)
    }
}

/// What the moving operand of a pairing row is called.
const MOVING: &str = "X";

/// One function's row, read.
#[derive(Clone, Debug)]
pub enum FunctionTemplates {
    /// f′ as a scalar expression of `x`, to be lifted.
    Entrywise {
        /// f′
        derivative: Template,
    },
    /// A function of whole arrays.
    Array {
        /// The arguments' names, in order.
        operands: Vec<Name>,
        /// dY, where the row gives it.
        differential: Option<Template>,
        /// Each argument's share of the adjoint, where the row gives it.
        pullbacks: Vec<Template>,
        /// f′ of d tr F(X) = tr(f′(X) dX), where the row gives it.
        trace_slope: Option<Template>,
    },
}

/// A law of a function's row.
#[derive(Clone, Debug)]
pub struct Law {
    /// The name that a derivation quotes.
    pub name: &'static str,
    /// Whether `x` is a scalar that stands for every entry; otherwise it is a column vector.
    pub entrywise: bool,
    /// What is replaced.
    pub left: Template,
    /// What replaces it.
    pub right: Template,
}

/// A law as it stands in the table, read when it is first needed.
#[derive(Debug)]
pub struct LawRow {
    function: FunctionId,
    name: &'static str,
    left: &'static str,
    right: &'static str,
    /// The functions whose names stand in the left side: without them there is nothing to replace.
    pub needs: Vec<FunctionId>,
    law: OnceLock<Result<Law, Fault>>,
}

impl LawRow {
    /// The law.
    pub fn read(&self) -> Result<&Law, Fault> {
        let read = || read_law(self.function, self.name, self.left, self.right);
        self.law.get_or_init(read).as_ref().map_err(Fault::clone)
    }
}

/// The laws of all functions, in the order of the table.
pub fn laws() -> &'static [LawRow] {
    static LAWS: OnceLock<Vec<LawRow>> = OnceLock::new();
    LAWS.get_or_init(|| {
        let mut rows = Vec::new();
        for function in FunctionId::all() {
            for (name, left, right) in function.row().laws {
                let words = left.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let needs = words.filter_map(function::find).collect();
                rows.push(LawRow { function, name, left, right, needs, law: OnceLock::new() });
            }
        }
        rows
    })
}

fn read_law(
    function: FunctionId,
    name: &'static str,
    left: &'static str,
    right: &'static str,
) -> Result<Law, Fault> {
    let entrywise = function.is_entrywise();
    let reader = Reader { row: name, given: if entrywise { "x: scalar" } else { "x: n" } };
    let model = reader.model(&format!("{}\n{left}\n{right}", reader.given))?;
    let [left, right] = model.values[..] else { return Err(reader.error("a law has two sides")) };
    let store = Arc::new(model.store);
    Ok(Law {
        name,
        entrywise,
        left: Template::new(&store, left),
        right: Template::new(&store, right),
    })
}

/// The row of an operator, read when it is first asked for.
pub fn operator_templates(operator: Operator) -> Result<&'static OperatorTemplates, Fault> {
    static ROWS: OnceLock<Vec<OnceLock<Result<OperatorTemplates, Fault>>>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| DIFFERENTIALS.iter().map(|_| OnceLock::new()).collect());
    let row = DIFFERENTIALS.iter().zip(rows).find(|(rule, _)| rule.operator == operator);
    match row {
        Some((rule, row)) => row.get_or_init(|| read_operator(rule)).as_ref().map_err(Fault::clone),
        None => Err(unreadable("operators", format!("no row for {operator:?}"))),
    }
}

/// The row of a function, read when it is first asked for.
pub fn function_templates(function: FunctionId) -> Result<&'static FunctionTemplates, Fault> {
    static ROWS: OnceLock<Vec<OnceLock<Result<FunctionTemplates, Fault>>>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| FunctionId::every().map(|_| OnceLock::new()).collect());
    match rows.get(function.index()) {
        Some(row) => row.get_or_init(|| read_function(function)).as_ref().map_err(Fault::clone),
        None => Err(unreadable(function.row().name, "not in the table")),
    }
}

fn read_operator(rule: &DifferentialRule) -> Result<OperatorTemplates, Fault> {
    let reader = Reader { row: rule.name, given: rule.given };
    let (operands, differential, pullbacks) =
        reader.read_row(Output::Value(rule.value), Some(rule.differential), rule.pullbacks)?;
    let differential = differential.ok_or_else(|| unreadable(rule.name, "no differential"))?;
    Ok(OperatorTemplates { name: rule.name, operands, differential, pullbacks })
}

/// The row of a linear operator whose operand `at` moves; `None` where the operator is not linear in it.
pub fn pairing(operator: Operator, at: usize) -> Result<Option<&'static PairingTemplate>, Fault> {
    static ROWS: OnceLock<Result<Vec<PairingTemplate>, Fault>> = OnceLock::new();
    let read = || PAIRINGS.iter().map(read_pairing).collect::<Result<Vec<_>, Fault>>();
    match ROWS.get_or_init(read) {
        Ok(rows) => Ok(rows.iter().find(|row| row.operator == operator && row.at == at)),
        Err(fault) => Err(fault.clone()),
    }
}

fn read_pairing(row: &Pairing) -> Result<PairingTemplate, Fault> {
    let reader = Reader { row: row.name, given: row.given };
    let (operands, _, adjoints) =
        reader.read_row(Output::Value(row.value), None, &[row.adjoint])?;
    if operands.get(row.at).is_none_or(|name| &**name != MOVING) {
        return Err(reader.error("another operand is called X"));
    }
    let [adjoint] = <[Template; 1]>::try_from(adjoints)
        .map_err(|_| reader.error("the adjoint is no expression"))?;
    Ok(PairingTemplate { operator: row.operator, at: row.at, operands, adjoint })
}

/// f′ of d tr(X^k) = tr(f′(X) dX), in terms of `X` and `k`.
pub fn power_in_trace() -> Result<&'static Template, Fault> {
    static SLOPE: OnceLock<Result<Template, Fault>> = OnceLock::new();
    let row = &POWER_IN_TRACE;
    let read = || {
        let reader = Reader { row: row.name, given: row.given };
        let (_, _, slopes) = reader.read_row(Output::Value(row.value), None, &[row.slope])?;
        slopes.into_iter().next().ok_or_else(|| reader.error("no slope"))
    };
    SLOPE.get_or_init(read).as_ref().map_err(Clone::clone)
}

fn read_function(id: FunctionId) -> Result<FunctionTemplates, Fault> {
    let row = id.row();
    // The last of a series of derivatives has none.
    let ends = || {
        let operands = vec!["x".into()];
        let (differential, pullbacks, trace_slope) = (None, Vec::new(), None);
        FunctionTemplates::Array { operands, differential, pullbacks, trace_slope }
    };
    if let Some((which, order)) = id.as_unknown() {
        let Some(next) = FunctionId::unknown(which, order + 1) else { return Ok(ends()) };
        let mut store = Store::new();
        let x = store.variable("x", Shape::Scalar, Properties::NONE);
        let root = store.apply(next, &[x], &Shape::Scalar);
        return Ok(FunctionTemplates::Entrywise {
            derivative: Template::new(&Arc::new(store), root),
        });
    }
    match &row.form {
        Form::Entrywise { derivative: "", .. } => Ok(ends()),
        Form::Entrywise { derivative, .. } => {
            let reader = Reader { row: row.name, given: "x: scalar" };
            let model = reader.model(&format!("x: scalar\n{derivative}"))?;
            let root = model.values.first().copied();
            let root = root.ok_or_else(|| reader.error("no derivative"))?;
            Ok(FunctionTemplates::Entrywise {
                derivative: Template::new(&Arc::new(model.store), root),
            })
        }
        Form::Array { arguments, result, derivative, .. } => {
            let reader = Reader { row: row.name, given: arguments };
            let Some(derivative) = derivative else {
                let (operands, ..) = reader.read_row(Output::Sizes(result), None, &[])?;
                return Ok(FunctionTemplates::Array {
                    operands,
                    differential: None,
                    pullbacks: Vec::new(),
                    trace_slope: None,
                });
            };
            let given = |text: &'static str| (!text.is_empty()).then_some(text);
            let (operands, differential, pullbacks) = reader.read_row(
                Output::Sizes(result),
                given(derivative.differential),
                derivative.pullbacks,
            )?;
            let (_, trace_slope, _) =
                reader.read_row(Output::Sizes(result), given(derivative.trace_slope), &[])?;
            Ok(FunctionTemplates::Array { operands, differential, pullbacks, trace_slope })
        }
    }
}

/// How a row says what shape its value has.
#[derive(Clone, Copy)]
enum Output {
    /// By an expression.
    Value(&'static str),
    /// By its sizes.
    Sizes(&'static str),
}

/// A row that cannot be read: a fault of the table, found by the test that walks it.
fn unreadable(row: &str, reason: impl Into<String>) -> Fault {
    Fault::new(format!("reading the row `{row}`"), reason)
}

/// Reads the texts of one row with the ordinary parser.
struct Reader {
    row: &'static str,
    given: &'static str,
}

impl Reader {
    fn error(&self, reason: impl Into<String>) -> Fault {
        unreadable(self.row, reason)
    }

    fn model(&self, source: &str) -> Result<Model, Fault> {
        let program = syntax::parse(source, &elaborate::is_known)
            .map_err(|error| self.error(format!("{error} in `{source}`")))?;
        elaborate::elaborate(&program).map_err(|error| self.error(format!("{error} in `{source}`")))
    }

    #[allow(clippy::type_complexity)]
    fn read_row(
        &self,
        output: Output,
        differential: Option<&'static str>,
        pullbacks: &[&'static str],
    ) -> Result<(Vec<Name>, Option<Template>, Vec<Template>), Fault> {
        let given = self.given;
        if given.is_empty() {
            return Ok((Vec::new(), None, Vec::new()));
        }
        let operands = match output {
            Output::Value(value) => self.model(&format!("{given}\n{value}"))?,
            Output::Sizes(sizes) => self.model(&format!("{given}\nG: {sizes}\nG"))?,
        };
        let value = operands.values.first().ok_or_else(|| self.error("no value"))?;
        let mut source = format!("{given}\nG: {}\n", sizes_text(operands.store.shape(*value)));
        let names: Vec<Name> = operands
            .variables
            .iter()
            .map(|variable| variable.name.clone())
            .filter(|name| &**name != "G")
            .collect();
        for variable in operands.variables.iter().filter(|variable| &*variable.name != "G") {
            let sizes = sizes_text(&variable.shape);
            let _ = writeln!(source, "d{}: {sizes}", variable.name);
        }
        for text in differential.iter().chain(pullbacks) {
            source += text;
            source.push('\n');
        }
        let model = self.model(&source)?;
        let store = Arc::new(model.store);
        let mut templates = model.values.iter().map(|root| Template::new(&store, *root));
        let differential = differential.and_then(|_| templates.next());
        let pullbacks: Vec<Template> = templates.collect();
        Ok((names, differential, pullbacks))
    }
}

/// A shape as a declaration's sizes.
fn sizes_text(shape: &Shape) -> String {
    match shape {
        Shape::Scalar => "scalar".to_owned(),
        Shape::Matrix(rows, columns) if columns.is_one() => format!("({rows})"),
        Shape::Matrix(rows, columns) => format!("({rows})×({columns})"),
        Shape::Tensor(dimensions) => {
            let sizes: Vec<String> = dimensions.iter().map(|size| format!("({size})")).collect();
            sizes.join("×")
        }
    }
}
