//! From text to values by way of the parser: what the printer writes must give the same value back.

use std::collections::BTreeMap;

use gradus::expression::{Id, Properties, Property, Store};
use gradus::function::{self, Form};
use gradus::number;
use gradus::shape::{Dimension, Name, Shape};
use gradus::syntax::ast::{BinaryOperator, ExprKind, StatementKind, Tree};

const OPERATORS: &[&str] = &[
    "adj",
    "commutation",
    "det",
    "diag",
    "eye",
    "inv",
    "kron",
    "ones",
    "sqrt",
    "sum",
    "tr",
    "vec",
    "zeros",
];

/// Reads expressions over some declarations.
pub(super) struct Reader {
    pub(super) store: Store,
    pub(super) variables: Vec<Name>,
    declarations: String,
    bound: BTreeMap<String, Id>,
}

impl Reader {
    /// `A: m×n; x: n positive`
    pub(super) fn new(declarations: &str) -> Self {
        let mut reader = Self {
            store: Store::new(),
            variables: Vec::new(),
            declarations: String::new(),
            bound: BTreeMap::new(),
        };
        for declaration in declarations.split(';') {
            let (name, kind) = declaration.split_once(':').unwrap();
            let mut words = kind.split_whitespace();
            let size = words.next().unwrap();
            reader.declarations += &format!("{}: {size}; ", name.trim());
            let shape = shape(size);
            let facts: Vec<Property> = words.filter_map(property).collect();
            let name = name.trim();
            reader.store.variable(name, shape, Properties::of(&facts));
            reader.variables.push(name.into());
        }
        reader
    }

    /// Lets a name stand for a value.
    pub(super) fn bind(&mut self, name: &str, id: Id) {
        self.bound.insert(name.to_owned(), id);
    }

    /// The value of the text; what it cannot read it says.
    pub(super) fn read(&mut self, text: &str) -> Result<Id, String> {
        let known = |name: &str| OPERATORS.contains(&name) || function::find(name).is_some();
        let bound: Vec<String> =
            self.bound.keys().map(|name| format!("{name}: scalar; ")).collect();
        let bound = bound.concat();
        let source = format!("{}{bound}\n{text}", self.declarations);
        let program = gradus::syntax::parse(&source, &known).map_err(|error| error.to_string())?;
        let statement = program.statements.last().map(|statement| &statement.kind);
        let Some(StatementKind::Expression(root)) = statement else {
            return Err(format!("{text} is no expression"));
        };
        let mut values: Vec<Result<Id, String>> = Vec::new();
        for node in &program.tree.nodes {
            values.push(self.value(&node.kind, &program.tree, &values));
        }
        values[root.0 as usize].clone()
    }

    fn value(
        &mut self,
        kind: &ExprKind,
        tree: &Tree,
        values: &[Result<Id, String>],
    ) -> Result<Id, String> {
        let of = |id: &gradus::syntax::ast::ExprId| values[id.0 as usize].clone();
        match kind {
            ExprKind::Number(value) => Ok(self.store.number(value.clone())),
            ExprKind::Name(name) => Ok(self.name(name)),
            ExprKind::Negate(a) => of(a).map(|a| self.store.negate(a)),
            ExprKind::Transpose(a) => of(a).map(|a| self.store.transpose(a)),
            ExprKind::Binary { operator, left, right, .. } => {
                self.binary(*operator, of(left)?, of(right)?)
            }
            ExprKind::Call { function, arguments } => {
                let name = function.text.as_str();
                if matches!(name, "eye" | "ones" | "zeros" | "commutation") {
                    let sizes: Result<Vec<Dimension>, String> = arguments
                        .iter()
                        .map(|argument| size_of(tree, argument.0 as usize))
                        .collect();
                    return Ok(self.constant(name, &sizes?));
                }
                let arguments: Result<Vec<Id>, String> = arguments.iter().map(of).collect();
                self.call(name, &arguments?)
            }
            other => Err(format!("{other:?}")),
        }
    }

    fn name(&mut self, name: &str) -> Id {
        if let Some(id) = self.bound.get(name) {
            return *id;
        }
        if let Some(id) = self.store.find_variable(name) {
            return id;
        }
        match function::find(name) {
            Some(function) => self.store.apply(function, &[], &Shape::Scalar),
            None => self.store.size(&Dimension::symbol(name)),
        }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        mut left: Id,
        mut right: Id,
    ) -> Result<Id, String> {
        use BinaryOperator as B;
        // A lone I is an identity of the other term's size.
        let size_i = self.store.find_variable("I").is_none().then(|| self.name("I"));
        let (a, b) = (self.store.shape(left).clone(), self.store.shape(right).clone());
        if matches!(operator, B::Add | B::Subtract) && a != b {
            left = self.sized(left, size_i, &b);
            right = self.sized(right, size_i, &a);
        }
        let store = &mut self.store;
        // A number beside an array works on every entry.
        let compares = matches!(operator, B::Compare(_));
        let broadcasts = matches!(operator, B::BroadcastAdd | B::BroadcastSubtract) || compares;
        if broadcasts || matches!(operator, B::Add | B::Subtract | B::EntrywiseDivide) {
            let filled = |store: &mut Store, number: Id, shape: &Shape| {
                let is_number = (store.as_number(number).is_some()
                    || compares && store.shape(number).is_scalar())
                    && !shape.is_scalar();
                if !is_number {
                    return number;
                }
                let ones = store.ones(shape);
                store.multiply(number, ones)
            };
            left = filled(store, left, &b);
            right = filled(store, right, &a);
        }
        let (a, b) = (store.shape(left).clone(), store.shape(right).clone());
        let fits = match operator {
            B::Add | B::Subtract | B::BroadcastAdd | B::BroadcastSubtract => a == b,
            B::Hadamard | B::EntrywiseDivide => a == b,
            B::Multiply | B::Dot => a.is_scalar() || b.is_scalar() || a.columns() == b.rows(),
            B::Divide | B::Power | B::EntrywisePower => b.is_scalar(),
            B::Kronecker | B::Or => true,
            B::Compare(_) => a == b,
            B::And => false,
            B::At | B::Entrywise | B::EntrywiseOver | B::Solve | B::PowerOrTranspose => false,
        };
        if !fits {
            return Err(format!("{a} {operator:?} {b}"));
        }
        Ok(match operator {
            B::Add | B::BroadcastAdd => store.add(&[left, right]),
            B::Subtract | B::BroadcastSubtract => store.subtract(left, right),
            B::Multiply | B::Dot => store.multiply(left, right),
            B::Hadamard => store.hadamard(&[left, right], &a),
            B::Divide | B::EntrywiseDivide => store.divide(left, right),
            B::Power => store.matrix_power(left, right),
            B::EntrywisePower => store.power(left, right),
            B::Compare(comparison) => {
                use gradus::syntax::ast::Comparison as C;
                let (name, above, below) = match comparison {
                    C::Greater => ("step", left, right),
                    C::Less => ("step", right, left),
                    C::AtMost => ("nonpositive", left, right),
                    C::AtLeast => ("nonpositive", right, left),
                    C::Equal => ("is_zero", left, right),
                    C::Unequal => ("is_nonzero", left, right),
                };
                let difference = store.subtract(above, below);
                store.apply(function::find(name).unwrap(), &[difference], &a)
            }
            B::Or => {
                let sum = store.add(&[left, right]);
                store.apply(function::find("is_nonzero").unwrap(), &[sum], &a)
            }
            _ => store.kronecker(left, right),
        })
    }

    /// A multiple of I as a matrix.
    fn sized(&mut self, id: Id, identity: Option<Id>, shape: &Shape) -> Id {
        let Some(identity) = identity.filter(|_| self.store.shape(id).is_scalar()) else {
            return id;
        };
        let matrix = self.store.identity(&shape.rows());
        let factor = self.store.divide(id, identity);
        if self.store.reachable(&[factor]).contains(&identity) {
            return id;
        }
        self.store.multiply(factor, matrix)
    }

    fn constant(&mut self, name: &str, sizes: &[Dimension]) -> Id {
        let columns = sizes.get(1).cloned().unwrap_or_else(Dimension::one);
        let store = &mut self.store;
        match name {
            "eye" => store.identity(&sizes[0]),
            "ones" => store.ones(&Shape::matrix(sizes[0].clone(), columns)),
            "zeros" => store.zeros(&Shape::matrix(sizes[0].clone(), columns)),
            _ => store.commutation(&sizes[0], &columns),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Id]) -> Result<Id, String> {
        let store = &mut self.store;
        let first = arguments[0];
        let shape = store.shape(first).clone();
        Ok(match name {
            "inv" => store.inverse(first),
            "tr" => store.trace(first),
            "det" => store.determinant(first),
            "sum" => store.total(first),
            "vec" => store.vectorize(first),
            "kron" => store.kronecker(first, arguments[1]),
            "diag" if shape.is_column() || shape.is_row() => store.diagonal(first),
            "diag" => store.diagonal_of(first),
            "sqrt" => store.power_of(first, &number::ratio(1, 2)),
            _ => {
                // ‖x‖₁
                let name = if name == "norm_1" { "norm1" } else { name };
                let function = function::find(name).ok_or(format!("no {name}"))?;
                let result = match &function.row().form {
                    Form::Entrywise { .. } => shape,
                    Form::Array { result, .. } => match *result {
                        "scalar" => Shape::Scalar,
                        "m×n" | "n×n" => shape,
                        "1×n" => Shape::matrix(Dimension::one(), shape.columns()),
                        other => return Err(format!("{name}: {other}")),
                    },
                };
                store.apply(function, arguments, &result)
            }
        })
    }
}

fn shape(text: &str) -> Shape {
    if text == "scalar" {
        return Shape::Scalar;
    }
    let sizes: Vec<Dimension> = text.split('×').map(size).collect();
    match sizes.as_slice() {
        [rows] => Shape::matrix(rows.clone(), Dimension::one()),
        [rows, columns] => Shape::matrix(rows.clone(), columns.clone()),
        _ => panic!("{text}"),
    }
}

fn size(text: &str) -> Dimension {
    text.parse().map_or_else(|_| Dimension::symbol(text), Dimension::constant)
}

/// A written size: numbers, names, sums and products.
fn size_of(tree: &Tree, at: usize) -> Result<Dimension, String> {
    match &tree.nodes[at].kind {
        ExprKind::Number(value) => Ok(Dimension::constant(number::to_i64(value).unwrap())),
        ExprKind::Name(name) => Ok(Dimension::symbol(name.as_str())),
        ExprKind::Binary { operator, left, right, .. } => {
            let (a, b) = (size_of(tree, left.0 as usize)?, size_of(tree, right.0 as usize)?);
            match operator {
                BinaryOperator::Add => Ok(a.plus(&b)),
                BinaryOperator::Subtract => Ok(a.minus(&b)),
                BinaryOperator::Multiply => Ok(a.times(&b)),
                other => Err(format!("size {other:?}")),
            }
        }
        other => Err(format!("size {other:?}")),
    }
}

fn property(word: &str) -> Option<Property> {
    match word {
        "inv" => Some(Property::Invertible),
        "spd" => Some(Property::PositiveDefinite),
        "sym" | "symmetric" => Some(Property::Symmetric),
        "pos" | "positive" => Some(Property::Positive),
        "prob" => Some(Property::Simplex),
        _ => None,
    }
}
