//! The second pass: every size gets a name or a number, every typed node becomes an expression.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{self, Chain, Chains};
use super::error::ElaborateError;
use super::families::hull;
use super::operation::{broadcast, chain, divide, hadamard};
use super::typer::{self, Bounds, Extent, Operation, Place, Sizes, Typed, is_of_symmetric};
use super::walk::Walker;
use super::{Calculus, Equation, Model, Refusal, Request, System, Variable, Wrt, requests};
use crate::expression::{self, Id, Node, Piece, Property, Range, Selection, Store};
use crate::function::FunctionId;
use crate::number;
use crate::shape::{Dimension, Name, Shape};
use crate::syntax::ast::{By, ExprKind};

/// Stands for a part of a chain, which nothing but the chain asks for.
const ABSORBED: Id = Id(u32::MAX);

/// Names for sizes that nothing names, in the order they are given out.
const FRESH: &[&str] = &["n", "m", "p", "q", "r", "k", "l", "s", "t"];

/// Makes the model of a program that has been walked through.
pub(super) fn model(
    mut walker: Walker<'_>,
    calculus: &dyn Calculus,
) -> Result<Model, ElaborateError> {
    walker.requests.check(&walker.typer)?;
    assume_symmetric(&mut walker);
    let builder = Builder { names: fresh_names(&walker), walker, calculus };
    let mut model = Model::default();
    let names = builder.walker.scope.unknown.iter().map(|name| Name::from(*name)).collect();
    model.store.name_functions(names);
    let variables = builder.variables(&mut model.store);
    let families = builder.families(&mut model.store);
    let ids = builder.expressions(&mut model.store, &variables, &families, None)?;
    let free = builder.definitions(&mut model, &variables, &families, &ids)?;
    let walker = &builder.walker;
    model.definitions = walker
        .scope
        .definition_list
        .iter()
        .map(|(name, place)| (Name::from(*name), ids[*place]))
        .collect();
    model.values = walker.requests.values.iter().map(|place| ids[*place]).collect();
    model.sizes =
        walker.requests.sizes.iter().map(|(name, value)| (Name::from(*name), *value)).collect();
    model.requests = walker
        .requests
        .asked
        .iter()
        .zip(&free)
        .map(|(asked, free)| Request {
            kind: asked.kind,
            of: free.as_ref().map_or(ids[asked.of], |(_, of)| *of),
            of_span: asked.of_span,
            wrt: asked
                .wrt
                .iter()
                .map(|(by, target)| {
                    let (name, id) = match free {
                        Some((variable, _)) => (variable.name.clone(), variable.id),
                        None => builder.target(
                            &mut model.store,
                            by,
                            target,
                            (&variables, &families),
                            &ids,
                        ),
                    };
                    Wrt { name, id, span: by.span }
                })
                .collect(),
            free: asked.free.iter().map(|bounds| builder.range(bounds)).collect(),
            span: asked.span,
        })
        .collect();
    model.notes.clone_from(&walker.typer.notes);
    model.systems = walker
        .requests
        .systems
        .iter()
        .map(|system| self::system(system, &ids, &variables))
        .collect();
    let declared = walker.scope.variables.iter().zip(&variables);
    model.variables = declared
        // A declared name that is defined by a formula is no variable.
        .filter(|(variable, _)| !walker.scope.is_defined(&variable.name))
        .map(|(variable, id)| Variable {
            name: variable.name.clone(),
            id: *id,
            shape: model.store.shape(*id).clone(),
            ranges: Vec::new(),
            properties: variable.properties,
            assumed: variable.assumed,
            used: variable.used,
            span: Some(variable.span),
        })
        .collect();
    for (family, id) in walker.families.list.iter().zip(&families) {
        if !family.formulas.is_empty() {
            model.definitions.push((Name::from(family.name), *id));
            continue;
        }
        model.variables.push(Variable {
            name: family.name.into(),
            id: *id,
            shape: model.store.shape(*id).clone(),
            ranges: model.store.family(*id).map(expression::Family::ranges).unwrap_or_default(),
            properties: family.properties,
            assumed: family.assumed,
            used: family.used,
            span: Some(family.span),
        });
    }
    for (variable, _) in free.into_iter().flatten() {
        if model.variables.iter().all(|known| known.id != variable.id) {
            model.variables.push(variable);
        }
    }
    model.variables.extend(differentials(&model));
    Ok(model)
}

/// What nothing is said of, and a function of symmetric matrices is applied to, is symmetric.
fn assume_symmetric(walker: &mut Walker<'_>) {
    let nodes = walker.typer.nodes();
    let mut found = Vec::new();
    for node in nodes {
        let Operation::Apply(function, places) = &node.operation else { continue };
        if !is_of_symmetric(*function) {
            continue;
        }
        for place in places {
            if let Operation::Variable(leaf) = &nodes[*place].operation
                && leaf.assumed
                && !leaf.said
            {
                found.push(leaf.index);
            }
        }
    }
    for index in found {
        let variable = &mut walker.scope.variables[index];
        variable.properties = variable.properties.with(Property::Symmetric);
    }
}

fn system(system: &requests::System<'_>, ids: &[Id], variables: &[Id]) -> System {
    let equations = system.equations.iter();
    System {
        equations: equations
            .map(|equation| Equation {
                value: ids[equation.place],
                is_equation: equation.has_sides,
                span: equation.span,
            })
            .collect(),
        unknowns: system
            .unknowns
            .iter()
            .map(|(word, index)| Wrt {
                name: word.text.as_str().into(),
                id: variables[*index],
                span: word.span,
            })
            .collect(),
        span: system.span,
    }
}

/// The variables that derivatives brought in: dX of `d(f)`.
fn differentials(model: &Model) -> Vec<Variable> {
    let mut roots: Vec<Id> = model.values.clone();
    roots.extend(model.definitions.iter().map(|(_, id)| *id));
    roots.extend(model.requests.iter().map(|request| request.of));
    let equations = model.systems.iter().flat_map(|system| &system.equations);
    roots.extend(equations.map(|equation| equation.value));
    let known: BTreeSet<Id> = model.variables.iter().map(|variable| variable.id).collect();
    let mut found = Vec::new();
    for id in model.store.reachable(&roots) {
        let Node::Variable(name) = model.store.node(id) else { continue };
        if known.contains(&id) {
            continue;
        }
        found.push(Variable {
            name: name.clone(),
            id,
            shape: model.store.shape(id).clone(),
            ranges: Vec::new(),
            properties: model.store.properties(id),
            assumed: true,
            used: true,
            span: None,
        });
    }
    found
}

struct Builder<'p> {
    walker: Walker<'p>,
    calculus: &'p dyn Calculus,
    /// Sizes that were not found, and what they are called.
    names: BTreeMap<Name, Dimension>,
}

/// Readable names for the sizes that are still unknown: n and m for the columns and rows of the first matrix, and so on.
fn fresh_names(walker: &Walker<'_>) -> BTreeMap<Name, Dimension> {
    let mut taken: Vec<&str> = walker.scope.size_names.iter().copied().collect();
    taken.extend(walker.scope.variables.iter().map(|variable| &*variable.name));
    taken.extend(walker.scope.defined_at.keys().copied());
    taken.extend(walker.scope.program.tree.nodes.iter().filter_map(|node| match &node.kind {
        ExprKind::Name(name) => Some(name.as_str()),
        _ => None,
    }));
    taken.sort_unstable();
    let plain = FRESH.iter().map(|name| (*name).to_owned());
    let numbered = (1_u64..).map(|number| format!("n{number}"));
    let mut free =
        plain.chain(numbered).filter(|name| taken.binary_search(&name.as_str()).is_err());

    let mut names = BTreeMap::new();
    let is_matrix = |extent: &Extent| !walker.typer.sizes.resolve(&extent.columns).is_one();
    let matrices = walker
        .scope
        .variables
        .iter()
        .map(|variable| &variable.extent)
        .filter(|extent| is_matrix(extent));
    let extents = matrices
        .chain(walker.scope.variables.iter().map(|variable| &variable.extent))
        .chain(walker.typer.nodes().iter().map(|node| &node.extent));
    for extent in extents {
        for size in [&extent.columns, &extent.rows] {
            for name in Sizes::unknowns(&walker.typer.sizes.resolve(size)) {
                names
                    .entry(name)
                    .or_insert_with(|| Dimension::symbol(free.next().unwrap_or_default()));
            }
        }
    }
    names
}

impl Builder<'_> {
    /// A side of a part, as what selects it.
    fn selection(&self, range: &typer::Range, order: Dimension) -> Option<Selection> {
        let (first, last) = range.as_ref()?;
        let (from, to) = (self.size(first), self.size(last));
        let count = to.minus(&from).plus(&Dimension::one());
        Some(Selection { order, from, count })
    }

    fn part(&self, store: &mut Store, value: Id, [rows, columns]: &[typer::Range; 2]) -> Id {
        let shape = store.shape(value).clone();
        let rows = self.selection(rows, shape.rows());
        let columns = self.selection(columns, shape.columns());
        store.part(value, rows.as_ref(), columns.as_ref())
    }

    /// The sum of the blocks, each in its place.
    fn blocks(
        &self,
        store: &mut Store,
        node: &Typed,
        blocks: &[(Place, [Dimension; 2])],
        ids: &[Id],
    ) -> Id {
        let whole = self.shape(&node.extent);
        let mut terms = Vec::with_capacity(blocks.len());
        for (place, [row, column]) in blocks {
            let own = store.shape(ids[*place]).clone();
            let placed = |order: Dimension, count: Dimension, from: &Dimension| {
                (order != count).then(|| Selection { order, from: self.size(from), count })
            };
            let rows = placed(whole.rows(), own.rows(), row);
            let columns = placed(whole.columns(), own.columns(), column);
            let value = store.placed(ids[*place], rows.as_ref(), columns.as_ref());
            terms.push((number::one(), value));
        }
        store.sum(terms, &whole)
    }

    fn size(&self, size: &Dimension) -> Dimension {
        self.walker.typer.sizes.resolve(size).substitute(&|name| match self.names.get(name) {
            Some(size) => size.clone(),
            None => Dimension::symbol(name.clone()),
        })
    }

    fn shape(&self, extent: &Extent) -> Shape {
        Shape::of(&extent.map_sizes(&|size| self.size(size)).dimensions())
    }

    fn variables(&self, store: &mut Store) -> Vec<Id> {
        let variables = self.walker.scope.variables.iter();
        variables
            .map(|variable| {
                store.variable(&variable.name, self.shape(&variable.extent), variable.properties)
            })
            .collect()
    }

    /// The families, without their formulas yet.
    fn families(&self, store: &mut Store) -> Vec<Id> {
        let walker = &self.walker;
        let mut ids = Vec::with_capacity(walker.families.list.len());
        for (at, family) in walker.families.list.iter().enumerate() {
            let shape = family.extent.as_ref().map(|(extent, _)| self.shape(extent));
            let ends = if family.formulas.is_empty() {
                walker.families.used_ranges(at)
            } else {
                hull(family)
            };
            let range = |(index, (from, to)): (&String, (Dimension, Dimension))| Range {
                index: Name::from(index.as_str()),
                from: self.size(&from),
                to: self.size(&to),
            };
            let ranges = family.indices.iter().zip(ends).map(range).collect();
            let (shape, facts) = (shape.unwrap_or(Shape::Scalar), family.properties);
            ids.push(store.declare_family(family.name, ranges, shape, facts));
        }
        ids
    }

    /// The formulas of a family, in its own indices.
    fn define(&self, store: &mut Store, family: usize, id: Id, ids: &[Id]) {
        let family = &self.walker.families.list[family];
        let mut pieces = Vec::with_capacity(family.formulas.len());
        for formula in &family.formulas {
            let own = formula.indices.iter().zip(&family.indices).filter_map(|(index, name)| {
                let (index, shift) = index.as_ref()?;
                let place = Dimension::symbol(name.as_str()).minus(shift);
                Some((Name::from(index.as_str()), place))
            });
            let body = store.at_indices(ids[formula.place], &own.collect::<Vec<_>>());
            let ends = formula.ends.iter().map(|(from, to)| (self.size(from), self.size(to)));
            let mut outer: Vec<(Dimension, Dimension)> = ends.collect();
            if let Some((from, to)) = outer.pop() {
                pieces.push(Piece { outer, from, to, body });
            }
        }
        store.define_family(id, pieces);
    }

    fn range(&self, bounds: &Bounds) -> Range {
        Range {
            index: Name::from(bounds.index.as_str()),
            from: self.size(&bounds.from),
            to: self.size(&bounds.to),
        }
    }

    /// The name and the node of what a derivative is by.
    fn target(
        &self,
        store: &mut Store,
        by: &By,
        target: &requests::Target,
        (variables, families): (&[Id], &[Id]),
        ids: &[Id],
    ) -> (Name, Id) {
        let name = by.name.text.as_str();
        match target {
            requests::Target::Variable(index) => (name.into(), variables[*index]),
            requests::Target::Definition(place) => (name.into(), ids[*place]),
            requests::Target::Family(index) => (name.into(), families[*index]),
            requests::Target::Element(index, at) => {
                let at = at.map(&|size| self.size(size));
                let id = store.element_at(families[*index], &at);
                (format!("{name}[{at}]").into(), id)
            }
        }
    }

    /// For each request by a definition, the variable in place of the definition and the formula in terms of it.
    fn definitions(
        &self,
        model: &mut Model,
        variables: &[Id],
        families: &[Id],
        ids: &[Id],
    ) -> Result<Vec<Option<(Variable, Id)>>, ElaborateError> {
        let mut found = Vec::new();
        for asked in &self.walker.requests.asked {
            let [(by, requests::Target::Definition(place))] = asked.wrt.as_slice() else {
                found.push(None);
                continue;
            };
            let (store, name) = (&mut model.store, Name::from(by.name.text.as_str()));
            let (shape, properties) =
                (store.shape(ids[*place]).clone(), store.properties(ids[*place]));
            let id = store.variable(&name, shape.clone(), properties);
            let of = self.expressions(store, variables, families, Some((*place, id)))?[asked.of];
            let variable = Variable {
                name,
                id,
                shape,
                ranges: Vec::new(),
                properties,
                assumed: false,
                used: true,
                span: Some(by.span),
            };
            found.push(Some((variable, of)));
        }
        Ok(found)
    }

    /// The expression of every typed node, in order; `free` is one that is something else.
    fn expressions(
        &self,
        store: &mut Store,
        variables: &[Id],
        families: &[Id],
        free: Option<(Place, Id)>,
    ) -> Result<Vec<Id>, ElaborateError> {
        // A family is defined as soon as all its formulas are there.
        let mut complete: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, family) in self.walker.families.list.iter().enumerate() {
            if let Some(last) = family.formulas.iter().map(|formula| formula.place).max() {
                complete.entry(last).or_default().push(at);
            }
        }
        let shape = |extent: &Extent| self.shape(extent);
        let chains = Chains::new(&self.walker, &shape);
        let mut ids: Vec<Id> = Vec::with_capacity(self.walker.typer.nodes().len());
        for (place, node) in self.walker.typer.nodes().iter().enumerate() {
            if chains.is_absorbed(place) {
                ids.push(ABSORBED);
                continue;
            }
            if let Some((_, id)) = free.filter(|(other, _)| *other == place) {
                ids.push(id);
                continue;
            }
            let id = match (&node.operation, chains.at(self.walker.typer.nodes(), place)) {
                (_, Some((kind, links))) => chain(store, kind, &links, &ids),
                (Operation::Derivative(kind, of, wrt), None) => {
                    let wrt: Vec<Id> = wrt.iter().map(|index| variables[*index]).collect();
                    let found = self.calculus.derivative(store, *kind, ids[*of], &wrt);
                    found.map_err(|Refusal { code, reason }| ElaborateError::Derivative {
                        code,
                        reason,
                        span: node.span,
                    })?
                }
                (Operation::Apply(function, places), None) if is_of_symmetric(*function) => {
                    self.require_symmetric(store, *function, places, &ids)?;
                    self.expression(store, node, &ids, (variables, families))
                }
                _ => self.expression(store, node, &ids, (variables, families)),
            };
            // A sum that is used again stays one shared node.
            let shared = self.walker.typer.is_shared(place);
            if shared && matches!(store.node(id), Node::Sum(terms) if terms.len() > 1) {
                store.seal(id);
            }
            ids.push(id);
            for family in complete.get(&place).into_iter().flatten() {
                self.define(store, *family, families[*family], &ids);
            }
        }
        Ok(ids)
    }

    fn require_symmetric(
        &self,
        store: &Store,
        function: FunctionId,
        places: &[Place],
        ids: &[Id],
    ) -> Result<(), ElaborateError> {
        let Some(place) = places.iter().find(|place| !store.is_symmetric(ids[**place])) else {
            return Ok(());
        };
        Err(ElaborateError::NotSquare {
            what: format!("`{}`", function.row().name),
            needs: "symmetric",
            shape: "one that is not known to be".to_owned(),
            span: self.walker.typer.nodes()[*place].span,
            help: Some("declare it, as in `A: n×n symmetric`, or write `(A + A')/2`"),
        })
    }

    fn expression(
        &self,
        store: &mut Store,
        node: &Typed,
        ids: &[Id],
        (variables, families): (&[Id], &[Id]),
    ) -> Id {
        match &node.operation {
            Operation::Number(value) => store.number(value.clone()),
            Operation::Size(size) => store.size(&self.size(size)),
            Operation::Variable(leaf) => variables[leaf.index],
            Operation::Same(a) => ids[*a],
            Operation::Identity => store.identity(&self.size(&node.extent.rows)),
            Operation::Ones => store.ones(&self.shape(&node.extent)),
            Operation::Zeros => store.zeros(&self.shape(&node.extent)),
            Operation::Commutation(rows, columns) => {
                store.commutation(&self.size(rows), &self.size(columns))
            }
            Operation::Part(a, ranges) => self.part(store, ids[*a], ranges),
            Operation::Blocks(blocks) => self.blocks(store, node, blocks, ids),
            Operation::Add(..) | Operation::Subtract(..) | Operation::Negate(_) => {
                chain(store, Chain::Sum, &chain::links(&node.operation), ids)
            }
            Operation::Multiply(a, b) => store.multiply(ids[*a], ids[*b]),
            Operation::Divide(a, b) => divide(store, ids[*a], ids[*b]),
            Operation::Hadamard(a, b) => hadamard(store, ids[*a], ids[*b]),
            Operation::Power(a, b) => store.power(ids[*a], ids[*b]),
            Operation::WholeMatrixPower(a, exponent) => {
                store.whole_matrix_power(ids[*a], *exponent)
            }
            Operation::MatrixPower(a, b) => store.matrix_power(ids[*a], ids[*b]),
            Operation::Inverse(a) => store.inverse(ids[*a]),
            Operation::Solve(a, b) => {
                let inverse = store.inverse(ids[*a]);
                store.multiply(inverse, ids[*b])
            }
            Operation::Transpose(a) => store.transpose(ids[*a]),
            Operation::Kronecker(a, b) => store.kronecker(ids[*a], ids[*b]),
            Operation::Trace(a) => store.trace(ids[*a]),
            Operation::Determinant(a) => store.determinant(ids[*a]),
            Operation::Adjugate(a) => store.adjugate(ids[*a]),
            Operation::Total(a) => store.total(ids[*a]),
            Operation::Diagonal(a) => store.diagonal(ids[*a]),
            Operation::DiagonalOf(a) => store.diagonal_of(ids[*a]),
            Operation::Vectorize(a) => store.vectorize(ids[*a]),
            Operation::Tensor(operation, places) => {
                let operation = operation.map_sizes(&|size| self.size(size));
                let operands: Vec<Id> = places.iter().map(|place| ids[*place]).collect();
                store.tensor(&operation, &operands, &self.shape(&node.extent))
            }
            Operation::Broadcast(a) => broadcast(store, ids[*a], &self.shape(&node.extent)),
            Operation::Apply(function, places) => {
                let arguments: Vec<Id> = places.iter().map(|place| ids[*place]).collect();
                store.apply(*function, &arguments, &self.shape(&node.extent))
            }
            Operation::Element(family, at) => {
                store.element_at(families[*family], &at.map(&|size| self.size(size)))
            }
            Operation::SumOver(bounds, a) => store.sum_over(&self.range(bounds), ids[*a]),
            // Made by the caller, where it can be refused.
            Operation::Derivative(_, a, _) => ids[*a],
            Operation::Substitute(a, pairs) => {
                let replacements: Vec<(Id, Id)> =
                    pairs.iter().map(|(index, place)| (variables[*index], ids[*place])).collect();
                store.substitute(ids[*a], &replacements)
            }
        }
    }
}
