//! The rule tables as egg rewrites: each operator's differential, and for the linear ones how a pairing moves past them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use egg::{Applier, ENodeOrVar, Id, Pattern, PatternAst, RecExpr, Rewrite, Subst, Symbol, Var};

use super::language::{ENode, Facts, Graph, Op, Rule, Semantics};
use super::translate::Builder;
use crate::expression::{Node, Properties};
use crate::function::{Form, FunctionId};
use crate::rule::{
    self, DIFFERENTIALS, FunctionTemplates, Operator, OperatorTemplates, PairingTemplate, Template,
};
use crate::shape::Shape;
use crate::source::Fault;

/// What a function brings: its differential as a rewrite, where it has one.
type RuleOfFunction = Result<Option<Rule>, Fault>;

/// The rewrites of the second derivation of a formula with these functions; each is made when it is first needed.
pub(super) fn of(functions: &BTreeSet<FunctionId>) -> Result<Vec<&'static Rule>, Fault> {
    static OPERATORS: OnceLock<Result<Vec<Rule>, Fault>> = OnceLock::new();
    static FUNCTIONS: OnceLock<Vec<OnceLock<RuleOfFunction>>> = OnceLock::new();
    let operators = OPERATORS.get_or_init(of_operators).as_ref().map_err(Fault::clone)?;
    let mut rules: Vec<&Rule> = operators.iter().collect();
    let rows = FUNCTIONS.get_or_init(|| FunctionId::every().map(|_| OnceLock::new()).collect());
    for (function, row) in FunctionId::every().zip(rows) {
        if functions.contains(&function) {
            let rule = row.get_or_init(|| of_function(function));
            rules.extend(rule.as_ref().map_err(Fault::clone)?);
        }
    }
    Ok(rules)
}

fn of_operators() -> Result<Vec<Rule>, Fault> {
    let mut rules = Vec::new();
    for row in DIFFERENTIALS {
        let templates = rule::operator_templates(row.operator)?;
        let op = op_of(row.operator);
        rules.push(rewrite(
            format!("d: {}", row.name),
            differential_pattern(op, templates.operands.len()),
            DifferentialOf { templates },
        )?);
        let arity = templates.operands.len();
        let mut pairings = Vec::with_capacity(arity);
        for at in 0..arity {
            pairings.push(rule::pairing(row.operator, at)?);
        }
        if pairings.iter().any(Option::is_some) {
            let name = format!("⟨⟩: {}", row.name);
            let pattern = pairing_pattern(op, arity);
            rules.push(rewrite(name, pattern, PairingOf { pairings, operator: row.operator })?);
        }
    }
    Ok(rules)
}

/// d f(A); none of a function without arguments, which is constant.
fn of_function(function: FunctionId) -> Result<Option<Rule>, Fault> {
    let arity = match &function.row().form {
        Form::Entrywise { .. } => 1,
        Form::Array { .. } => match rule::function_templates(function)? {
            FunctionTemplates::Array { operands, .. } => operands.len(),
            FunctionTemplates::Entrywise { .. } => 1,
        },
    };
    if arity == 0 {
        return Ok(None);
    }
    let name = format!("d: {}", function.row().name);
    let pattern = differential_pattern(Op::Apply(function), arity);
    rewrite(name, pattern, FunctionDifferential { function }).map(Some)
}

fn rewrite(
    name: String,
    pattern: Pattern<ENode>,
    applier: impl Applier<ENode, Semantics> + Send + Sync + 'static,
) -> Result<Rule, Fault> {
    Rewrite::new(name, pattern, applier).map_err(unfit)
}

/// A row that makes no rewrite.
fn unfit(reason: String) -> Fault {
    Fault::new("making the rewrites of the second derivation", reason)
}

fn op_of(operator: Operator) -> Op {
    match operator {
        Operator::Sum => Op::Add,
        Operator::Product => Op::Multiply,
        Operator::Scale => Op::Scale,
        Operator::Hadamard => Op::Hadamard,
        Operator::Power => Op::Power,
        Operator::Transpose => Op::Transpose,
        Operator::Inverse => Op::Inverse,
        Operator::Trace => Op::Trace,
        Operator::Determinant => Op::Determinant,
        Operator::Total => Op::Total,
        Operator::Diagonal => Op::Diagonal,
        Operator::DiagonalOf => Op::DiagonalOf,
    }
}

/// The G of ⟨G, Y⟩.
fn left_side() -> Var {
    Var::from_u32(0)
}

/// What stands for the operands of an operator.
fn places(arity: usize) -> impl Iterator<Item = Var> {
    (1..).take(arity).map(Var::from_u32)
}

/// Adds (op ?1 ?2 …).
fn push_operator(ast: &mut PatternAst<ENode>, op: Op, arity: usize) -> Id {
    let children = places(arity).map(|place| ast.add(ENodeOrVar::Var(place))).collect();
    ast.add(ENodeOrVar::ENode(ENode { op, children }))
}

/// (d (op ?1 ?2 …))
fn differential_pattern(op: Op, arity: usize) -> Pattern<ENode> {
    let mut ast: PatternAst<ENode> = RecExpr::default();
    let inner = push_operator(&mut ast, op, arity);
    ast.add(ENodeOrVar::ENode(ENode { op: Op::Differential, children: vec![inner] }));
    Pattern::new(ast)
}

/// (⟨⟩ ?0 (op ?1 ?2 …))
fn pairing_pattern(op: Op, arity: usize) -> Pattern<ENode> {
    let mut ast: PatternAst<ENode> = RecExpr::default();
    let left = ast.add(ENodeOrVar::Var(left_side()));
    let inner = push_operator(&mut ast, op, arity);
    ast.add(ENodeOrVar::ENode(ENode { op: Op::Pairing, children: vec![left, inner] }));
    Pattern::new(ast)
}

/// What the operands are in a match.
fn operands(subst: &Subst, count: usize) -> Vec<Id> {
    places(count).map(|place| subst[place]).collect()
}

/// Fills a template with classes.
fn fill(graph: &mut Graph, template: &Template, bindings: &[(String, Id)]) -> Id {
    let shaped: Vec<(&str, Id, Shape)> = bindings
        .iter()
        .map(|(name, id)| (name.as_str(), *id, graph[*id].data.shape.clone()))
        .collect();
    let mut builder = Builder { graph };
    let filled =
        template.fold(&shaped, &mut |node, shape, image| builder.build(node, shape, image));
    filled.unwrap_or_else(|fault| {
        let store = &mut builder.graph.analysis.store;
        store.fail(fault);
        let zero = store.integer(0);
        builder.leaf(zero)
    })
}

fn unite(graph: &mut Graph, class: Id, with: Id) -> Vec<Id> {
    if graph.union(class, with) { vec![class] } else { Vec::new() }
}

/// d(Y) for each operand `A` of Y, as the class to which `dA` is bound.
fn bind_differentials(
    graph: &mut Graph,
    names: &[crate::shape::Name],
    classes: &[Id],
) -> Vec<(String, Id)> {
    let mut bindings = Vec::new();
    for (name, class) in names.iter().zip(classes) {
        let mut builder = Builder { graph };
        let shape = builder.shape(*class);
        let differential = builder.apply(Op::Differential, &[*class], &shape);
        bindings.push((name.to_string(), *class));
        bindings.push((format!("d{name}"), differential));
    }
    bindings
}

struct DifferentialOf {
    templates: &'static OperatorTemplates,
}

impl Applier<ENode, Semantics> for DifferentialOf {
    fn apply_one(
        &self,
        graph: &mut Graph,
        class: Id,
        subst: &Subst,
        _: Option<&PatternAst<ENode>>,
        _: Symbol,
    ) -> Vec<Id> {
        let classes = operands(subst, self.templates.operands.len());
        let bindings = bind_differentials(graph, &self.templates.operands, &classes);
        let result = fill(graph, &self.templates.differential, &bindings);
        unite(graph, class, result)
    }
}

/// ⟨G, L(X)⟩ = ⟨L*(G), X⟩, by the row of the operand that moves; a sum moves in both.
struct PairingOf {
    /// By operand.
    pairings: Vec<Option<&'static PairingTemplate>>,
    operator: Operator,
}

impl Applier<ENode, Semantics> for PairingOf {
    fn apply_one(
        &self,
        graph: &mut Graph,
        class: Id,
        subst: &Subst,
        _: Option<&PatternAst<ENode>>,
        _: Symbol,
    ) -> Vec<Id> {
        let classes = operands(subst, self.pairings.len());
        let left = subst[left_side()];
        let moving: Vec<usize> =
            (0..classes.len()).filter(|at| graph[classes[*at]].data.moving).collect();
        let jointly = self.operator == Operator::Sum;
        if moving.is_empty() || (moving.len() > 1 && !jointly) || graph[left].data.moving {
            return Vec::new();
        }
        let mut total = None;
        for at in moving {
            let Some(row) = self.pairings[at] else { return Vec::new() };
            let names = row.operands.iter().map(ToString::to_string);
            let mut bindings: Vec<(String, Id)> = names.zip(classes.iter().copied()).collect();
            bindings.push(("G".to_owned(), left));
            let share = fill(graph, &row.adjoint, &bindings);
            let mut builder = Builder { graph };
            let pairing = builder.apply(Op::Pairing, &[share, classes[at]], &Shape::Scalar);
            total = Some(match total {
                None => pairing,
                Some(sum) => builder.apply(Op::Add, &[sum, pairing], &Shape::Scalar),
            });
        }
        total.map_or_else(Vec::new, |total| unite(graph, class, total))
    }
}

struct FunctionDifferential {
    function: FunctionId,
}

impl Applier<ENode, Semantics> for FunctionDifferential {
    fn apply_one(
        &self,
        graph: &mut Graph,
        class: Id,
        subst: &Subst,
        _: Option<&PatternAst<ENode>>,
        _: Symbol,
    ) -> Vec<Id> {
        let result = match rule::function_templates(self.function) {
            Ok(FunctionTemplates::Entrywise { derivative }) => {
                let [argument] = operands(subst, 1)[..] else { return Vec::new() };
                // d f(A) = f′(A) ⊙ dA
                let slope = lift(graph, derivative, argument);
                let mut builder = Builder { graph };
                let shape = builder.shape(argument);
                let differential = builder.apply(Op::Differential, &[argument], &shape);
                builder.apply(Op::Hadamard, &[slope, differential], &shape)
            }
            Ok(FunctionTemplates::Array {
                operands: names,
                differential: Some(differential),
                ..
            }) => {
                let classes = operands(subst, names.len());
                let bindings = bind_differentials(graph, names, &classes);
                fill(graph, differential, &bindings)
            }
            Ok(FunctionTemplates::Array { .. }) => return Vec::new(),
            Err(fault) => {
                graph.analysis.store.fail(fault);
                return Vec::new();
            }
        };
        unite(graph, class, result)
    }
}

/// A scalar template of `x` at every entry of the argument.
fn lift(graph: &mut Graph, template: &Template, argument: Id) -> Id {
    let Facts { shape, .. } = graph[argument].data.clone();
    // The store lifts; a placeholder, whose name no one can type, stands for the argument.
    let store = &mut graph.analysis.store;
    let unique = store.variable(&format!("\u{0}{shape}"), shape.clone(), Properties::NONE);
    let lifted = template.lift(store, unique);
    let order = store.reachable(&[lifted]);
    let mut images = std::collections::BTreeMap::from([(unique, argument)]);
    for id in order {
        if images.contains_key(&id) {
            continue;
        }
        let node: Node = graph.analysis.store.node(id).clone();
        let shape = graph.analysis.store.shape(id).clone();
        let mut builder = Builder { graph };
        let class = builder.build(&node, &shape, &|child| images[&child]);
        images.insert(id, class);
    }
    images[&lifted]
}
