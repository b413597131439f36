//! The algebra rows as egg rewrites, in both directions where both sides can be matched.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use egg::{Applier, ENodeOrVar, Id, Pattern, PatternAst, RecExpr, Rewrite, Subst, Symbol, Var};

use super::language::{ENode, Graph, Op, Rule, Semantics};
use super::translate::Builder;
use crate::elaborate;
use crate::expression::Property;
use crate::function;
use crate::number::{self, Rational};
use crate::rule::{ALGEBRA, Identity};
use crate::shape::{Dimension, Name, Shape};
use crate::source::Fault;
use crate::syntax::{
    self,
    ast::{BinaryOperator, Declaration, ExprId, ExprKind, Program, StatementKind, Tree},
};

/// The rewrites, made once.
pub(super) fn shared() -> Result<Arc<Vec<Rule>>, Fault> {
    static RULES: OnceLock<Result<Arc<Vec<Rule>>, Fault>> = OnceLock::new();
    let read = || {
        let mut rules = Vec::new();
        for row in ALGEBRA {
            let (given, left, right) = read_row(row)?;
            let given = Arc::new(given);
            for (name, from, to) in [
                (row.name.to_owned(), &left, &right),
                (format!("{}, backwards", row.name), &right, &left),
            ] {
                let Some(pattern) = from.pattern() else { continue };
                if to.names().iter().all(|name| from.names().contains(name)) {
                    let applier = Fill { given: Arc::clone(&given), side: to.clone() };
                    let rule = Rewrite::new(name, pattern, applier);
                    rules.push(rule.map_err(|reason| Fault::new(row.name, reason))?);
                }
            }
        }
        Ok(Arc::new(rules))
    };
    RULES.get_or_init(read).clone()
}

/// One side of a row: operators exactly as written, since a pattern must not be normalised.
#[derive(Clone, Debug)]
struct Side {
    kind: SideKind,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum SideKind {
    Name(Name),
    Number(Rational),
    Size(Dimension),
    Identity(Dimension),
    Ones,
    Op(Op, Vec<Side>),
}

impl Side {
    fn op(op: Op, children: Vec<Self>, shape: Shape) -> Self {
        Self { kind: SideKind::Op(op, children), shape }
    }

    fn scalar(kind: SideKind) -> Self {
        Self { kind, shape: Shape::Scalar }
    }

    fn names(&self) -> Vec<Name> {
        match &self.kind {
            SideKind::Name(name) => vec![name.clone()],
            SideKind::Op(_, children) => children.iter().flat_map(Self::names).collect(),
            SideKind::Number(_) | SideKind::Size(_) | SideKind::Identity(_) | SideKind::Ones => {
                Vec::new()
            }
        }
    }

    /// The side as a pattern; `None` when it holds constants, or is a bare name, which would match everything.
    fn pattern(&self) -> Option<Pattern<ENode>> {
        let mut ast: PatternAst<ENode> = RecExpr::default();
        if matches!(self.kind, SideKind::Name(_)) {
            return None;
        }
        self.push(&mut ast)?;
        Some(Pattern::new(ast))
    }

    fn push(&self, ast: &mut PatternAst<ENode>) -> Option<Id> {
        match &self.kind {
            SideKind::Name(name) => Some(ast.add(ENodeOrVar::Var(variable(name)?))),
            SideKind::Op(op, children) => {
                let children =
                    children.iter().map(|child| child.push(ast)).collect::<Option<Vec<_>>>()?;
                Some(ast.add(ENodeOrVar::ENode(ENode { op: *op, children })))
            }
            SideKind::Number(_) | SideKind::Size(_) | SideKind::Identity(_) | SideKind::Ones => {
                None
            }
        }
    }
}

fn variable(name: &str) -> Option<Var> {
    format!("?{name}").parse().ok()
}

/// What a row's names must be: their shapes and the properties that the equality rests on.
#[derive(Debug)]
struct Given {
    shapes: BTreeMap<Name, Shape>,
    needed: BTreeMap<Name, Vec<Property>>,
}

struct Fill {
    given: Arc<Given>,
    side: Side,
}

impl Applier<ENode, Semantics> for Fill {
    fn apply_one(
        &self,
        graph: &mut Graph,
        class: Id,
        subst: &Subst,
        _: Option<&PatternAst<ENode>>,
        _: Symbol,
    ) -> Vec<Id> {
        let Some(sizes) = self.sizes(graph, subst) else { return Vec::new() };
        let Some(result) = fill(&mut Builder { graph }, &self.side, subst, &sizes) else {
            return Vec::new();
        };
        if graph.union(class, result) { vec![class] } else { Vec::new() }
    }
}

impl Fill {
    /// The row's sizes, when the bound classes fit the declarations.
    fn sizes(&self, graph: &Graph, subst: &Subst) -> Option<BTreeMap<Name, Dimension>> {
        let mut sizes: BTreeMap<Name, Dimension> = BTreeMap::new();
        for (name, pattern) in &self.given.shapes {
            let Some(id) = variable(name).and_then(|name| subst.get(name)) else { continue };
            let facts = &graph[*id].data;
            if facts.shape.is_scalar() != pattern.is_scalar() {
                return None;
            }
            for (size, actual) in
                [(pattern.rows(), facts.shape.rows()), (pattern.columns(), facts.shape.columns())]
            {
                let expected = match size.as_symbol() {
                    None => size,
                    Some(symbol) => {
                        sizes.entry(symbol.clone()).or_insert_with(|| actual.clone()).clone()
                    }
                };
                if expected != actual {
                    return None;
                }
            }
            let needed = self.given.needed.get(name).map_or(&[][..], Vec::as_slice);
            if !needed.iter().all(|fact| facts.properties.has(*fact)) {
                return None;
            }
        }
        Some(sizes)
    }
}

fn fill(
    builder: &mut Builder<'_>,
    side: &Side,
    subst: &Subst,
    sizes: &BTreeMap<Name, Dimension>,
) -> Option<Id> {
    let value =
        |name: &Name| sizes.get(name).cloned().unwrap_or_else(|| Dimension::symbol(name.clone()));
    let actual = |size: &Dimension| size.substitute(&value);
    match &side.kind {
        SideKind::Name(name) => subst.get(variable(name)?).copied(),
        SideKind::Number(value) => {
            let id = builder.graph.analysis.store.number(value.clone());
            Some(builder.leaf(id))
        }
        SideKind::Size(size) => {
            let id = builder.graph.analysis.store.size(&actual(size));
            Some(builder.whole(id))
        }
        SideKind::Identity(size) => {
            let id = builder.graph.analysis.store.identity(&actual(size));
            Some(builder.leaf(id))
        }
        SideKind::Ones => {
            let shape = side.shape.map_sizes(&actual);
            let id = builder.graph.analysis.store.ones(&shape);
            Some(builder.whole(id))
        }
        SideKind::Op(op, children) => {
            let mut classes = Vec::with_capacity(children.len());
            for child in children {
                classes.push(fill(builder, child, subst, sizes)?);
            }
            Some(builder.apply(*op, &classes, &side.shape.map_sizes(&actual)))
        }
    }
}

fn read_row(row: &Identity) -> Result<(Given, Side, Side), Fault> {
    let error = |reason: String| Fault::new(row.name, reason);
    let source = format!("{}\n{}\n{}", row.given, row.left, row.right);
    let program = syntax::parse(&source, &elaborate::is_known).map_err(|e| error(e.to_string()))?;
    let given =
        read_given(&program).ok_or_else(|| error("cannot read the declarations".to_owned()))?;
    let sides: Vec<ExprId> = program
        .statements
        .iter()
        .filter_map(|statement| match statement.kind {
            StatementKind::Expression(id) => Some(id),
            _ => None,
        })
        .collect();
    let [left, right] = sides[..] else { return Err(error("a row has two sides".to_owned())) };
    let read = |id| {
        read_side(&program.tree, id, &given.shapes)
            .ok_or_else(|| error(format!("cannot read `{source}`")))
    };
    let (left, right) = (read(left)?, read(right)?);
    Ok((given, left, right))
}

fn read_given(program: &Program) -> Option<Given> {
    let mut given = Given { shapes: BTreeMap::new(), needed: BTreeMap::new() };
    for statement in &program.statements {
        let StatementKind::Declaration(Declaration { name, sizes, properties, .. }) =
            &statement.kind
        else {
            continue;
        };
        let name = Name::from(name.text.as_str());
        let sizes: Vec<Dimension> =
            sizes.iter().map(|size| read_size(&program.tree, *size)).collect::<Option<_>>()?;
        let shape = match &sizes[..] {
            [] => Shape::Scalar,
            [rows] => Shape::matrix(rows.clone(), Dimension::one()),
            [rows, columns] => Shape::matrix(rows.clone(), columns.clone()),
            _ => return None,
        };
        given.shapes.insert(name.clone(), shape);
        // That an inverse exists, or a base is positive, is implied by the left side's having a value.
        let needed = properties.iter().filter_map(|word| match word.text.as_str() {
            "symmetric" => Some(Property::Symmetric),
            "orthogonal" => Some(Property::Orthogonal),
            "simplex" => Some(Property::Simplex),
            _ => None,
        });
        given.needed.insert(name, needed.collect());
    }
    Some(given)
}

fn read_size(tree: &Tree, id: ExprId) -> Option<Dimension> {
    match &tree.get(id).kind {
        ExprKind::Number(value) => number::to_i64(value).map(Dimension::constant),
        ExprKind::Name(name) => Some(Dimension::symbol(name.as_str())),
        _ => None,
    }
}

fn read_side(tree: &Tree, id: ExprId, shapes: &BTreeMap<Name, Shape>) -> Option<Side> {
    let read = |id: ExprId| read_side(tree, id, shapes);
    let side = match &tree.get(id).kind {
        ExprKind::Number(value) => Side::scalar(SideKind::Number(value.clone())),
        ExprKind::Name(name) => match shapes.get(name.as_str()) {
            Some(shape) => {
                Side { kind: SideKind::Name(Name::from(name.as_str())), shape: shape.clone() }
            }
            None => Side::scalar(SideKind::Size(Dimension::symbol(name.as_str()))),
        },
        ExprKind::Negate(inner) => multiple(-1, read(*inner)?),
        ExprKind::Transpose(inner) => {
            let inner = read(*inner)?;
            let shape = inner.shape.transposed();
            Side::op(Op::Transpose, vec![inner], shape)
        }
        ExprKind::Binary { operator, left, right, .. } => {
            binary(*operator, read(*left)?, read(*right)?)?
        }
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "eye" => {
                let size = read_size(tree, *arguments.first()?)?;
                Side {
                    kind: SideKind::Identity(size.clone()),
                    shape: Shape::matrix(size.clone(), size),
                }
            }
            "ones" => {
                let sizes: Vec<Dimension> =
                    arguments.iter().map(|size| read_size(tree, *size)).collect::<Option<_>>()?;
                let columns = sizes.get(1).cloned().unwrap_or_else(Dimension::one);
                Side { kind: SideKind::Ones, shape: Shape::matrix(sizes.first()?.clone(), columns) }
            }
            name => {
                let arguments = arguments.iter().map(|id| read(*id)).collect::<Option<Vec<_>>>()?;
                call(name, arguments)?
            }
        },
        ExprKind::Substitute { .. } | ExprKind::Index { .. } | ExprKind::IndexedSum { .. } => {
            return None;
        }
    };
    Some(side)
}

fn multiple(coefficient: i64, side: Side) -> Side {
    let shape = side.shape.clone();
    let number = Side::scalar(SideKind::Number(number::integer(coefficient)));
    Side::op(Op::Scale, vec![number, side], shape)
}

fn binary(operator: BinaryOperator, a: Side, b: Side) -> Option<Side> {
    let shape = a.shape.clone();
    Some(match operator {
        BinaryOperator::Add => Side::op(Op::Add, vec![a, b], shape),
        BinaryOperator::Subtract => Side::op(Op::Add, vec![a, multiple(-1, b)], shape),
        BinaryOperator::Hadamard => Side::op(Op::Hadamard, vec![a, b], shape),
        BinaryOperator::Power | BinaryOperator::EntrywisePower => {
            Side::op(Op::Power, vec![a, b], shape)
        }
        BinaryOperator::Multiply => match (a.shape.is_scalar(), b.shape.is_scalar()) {
            (true, true) => Side::op(Op::Hadamard, vec![a, b], Shape::Scalar),
            (true, false) => {
                let shape = b.shape.clone();
                Side::op(Op::Scale, vec![a, b], shape)
            }
            (false, true) => Side::op(Op::Scale, vec![b, a], shape),
            (false, false) => {
                let shape = Shape::matrix(a.shape.rows(), b.shape.columns());
                Side::op(Op::Multiply, vec![a, b], shape)
            }
        },
        BinaryOperator::Divide | BinaryOperator::EntrywiseDivide => {
            let exponent = Side::scalar(SideKind::Number(number::integer(-1)));
            let base = b.shape.clone();
            let reciprocal = Side::op(Op::Power, vec![b, exponent], base);
            return binary(BinaryOperator::Multiply, a, reciprocal);
        }
        BinaryOperator::BroadcastAdd
        | BinaryOperator::BroadcastSubtract
        | BinaryOperator::Solve
        | BinaryOperator::Kronecker => return None,
    })
}

fn call(name: &str, arguments: Vec<Side>) -> Option<Side> {
    let first = arguments.first()?.shape.clone();
    let square = Shape::matrix(first.rows(), first.rows());
    let column = |rows: Dimension| Shape::matrix(rows, Dimension::one());
    let (op, shape) = match name {
        "tr" => (Op::Trace, Shape::Scalar),
        "inv" => (Op::Inverse, first),
        "det" => (Op::Determinant, Shape::Scalar),
        "sum" => (Op::Total, Shape::Scalar),
        "diag" if first.is_column() => (Op::Diagonal, square),
        "diag" => (Op::DiagonalOf, column(first.rows())),
        "vec" => (Op::Vectorize, column(first.rows().times(&first.columns()))),
        "kron" => {
            let second = &arguments.get(1)?.shape;
            let rows = first.rows().times(&second.rows());
            (Op::Kronecker, Shape::matrix(rows, first.columns().times(&second.columns())))
        }
        name => (Op::Apply(function::find(name)?), first),
    };
    Some(Side::op(op, arguments, shape))
}
