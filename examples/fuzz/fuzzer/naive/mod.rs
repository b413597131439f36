//! The value of what was written, straight from the syntax tree: no elaboration, no constructor, no normal form, and arithmetic of its
//! own. What the rest of gradus says of a formula is compared with this.
//!
//! * `number` — numbers with their derivatives.
//! * `array` — arrays and linear algebra.
//! * `table`, `tensor` — the functions, once more.
//! * `source` — a program's definitions and functions.
//! * `call`, `calculus` — calls; derivatives inside formulas.
//! * `world` — sizes and values.

pub(crate) mod array;
mod calculus;
mod call;
mod choice;
pub(crate) mod number;
mod part;
pub(crate) mod source;
mod table;
mod tensor;
pub(crate) mod world;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use gradus::number as rational;
use gradus::syntax::ast::{BinaryOperator as B, ExprId, ExprKind};

use array::Array;
use number::Jet;
use source::Source;
use world::World;

/// Evaluations of a node before a formula is given up.
const PATIENCE: usize = 400_000;
/// Definitions within each other.
const DEEPEST: usize = 200;

/// The error where only names of sizes could tell a row from a matrix of one row.
pub(crate) const ONE_ROW: &str = "a row, or a matrix of one row";

/// What was noticed on the way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// A kink, a jump or a tie was so near that derivatives mean nothing.
    pub(crate) kink: Cell<bool>,
    /// A norm of zeros was taken, by which answers divide.
    pub(crate) zero_norm: Cell<bool>,
    /// A function was computed by the kernel that is under test.
    pub(crate) borrowed: Cell<bool>,
    /// Whether a size is 1, so that a matrix may have one row.
    pub(crate) size_one: Cell<bool>,
    /// The largest intermediate number: what rounding errors are relative to.
    pub(crate) magnitude: Cell<f64>,
    steps: Cell<usize>,
    depth: Cell<usize>,
}

/// A value; an identity or a filled matrix that takes its size from what stands beside it is known by its factor only.
#[derive(Clone, Debug)]
enum Value {
    Array(Array),
    Identity(Jet),
    Filled(Jet),
}

/// What names mean at a place.
#[derive(Clone, Debug, Default)]
struct Scope {
    /// Parameters and indices.
    locals: Rc<BTreeMap<String, Value>>,
    /// Variables that move, or are replaced, everywhere.
    moved: Rc<BTreeMap<String, Array>>,
    /// Tells apart what definitions are worth under different `moved`.
    version: usize,
    /// The first direction that nothing moves along.
    direction: usize,
}

/// The evaluator of one program at one point.
pub(crate) struct Naive<'a> {
    source: &'a Source,
    world: &'a World,
    pub(crate) notes: Notes,
    versions: Cell<usize>,
    known: RefCell<BTreeMap<(usize, String), Value>>,
    /// Whether what functions give is rounded otherwise.
    rough: bool,
    /// Whether softmax works on the columns of a row, too.
    by_columns: bool,
}

impl<'a> Naive<'a> {
    pub(crate) fn new(source: &'a Source, world: &'a World) -> Self {
        let notes = Notes::default();
        notes.size_one.set(world.sizes.values().any(|size| *size == 1));
        Self {
            source,
            world,
            notes,
            versions: Cell::new(0),
            known: RefCell::default(),
            rough: false,
            by_columns: false,
        }
    }

    /// That of a row of a table, where a matrix of one row is a matrix.
    pub(crate) fn of_table(source: &'a Source, world: &'a World) -> Self {
        Self { by_columns: true, ..Self::new(source, world) }
    }

    /// The same, with other rounding errors: values that differ by more are decided by them.
    pub(crate) fn rough(source: &'a Source, world: &'a World) -> Self {
        Self { rough: true, ..Self::new(source, world) }
    }

    /// The value of an expression, with some variables moved along the first `directions`.
    pub(crate) fn evaluate(
        &self,
        root: ExprId,
        moved: BTreeMap<String, Array>,
        directions: usize,
    ) -> Result<Array, String> {
        let scope = Scope {
            moved: Rc::new(moved),
            version: self.new_version(),
            direction: directions,
            ..Scope::default()
        };
        self.array(root, &scope)
    }

    /// The value of a name, or of a family's element as in `h[2]`.
    pub(crate) fn named(&self, name: &str) -> Result<Array, String> {
        let scope = Scope { version: self.new_version(), ..Scope::default() };
        let value = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((family, place)) => {
                let place = place.parse().map_err(|_| format!("{name} is no element"))?;
                self.element(family, place, &scope)?
            }
            None => self.name(name, &scope)?,
        };
        sizeless(value)
    }

    fn new_version(&self) -> usize {
        self.versions.set(self.versions.get() + 1);
        self.versions.get()
    }

    fn array(&self, id: ExprId, scope: &Scope) -> Result<Array, String> {
        sizeless(self.value(id, scope)?)
    }

    fn scalar(&self, id: ExprId, scope: &Scope) -> Result<Jet, String> {
        let value = self.array(id, scope)?;
        if value.data.len() == 1 { Ok(value.data[0]) } else { Err("not a scalar".to_owned()) }
    }

    /// A size or an index.
    fn whole(&self, id: ExprId, scope: &Scope) -> Result<i64, String> {
        let value = self.scalar(id, scope)?.value();
        #[allow(clippy::cast_possible_truncation)]
        if (value - value.round()).abs() < 1e-9 && value.abs() < 1e6 {
            return Ok(value.round() as i64);
        }
        Err(format!("{value} is no whole number"))
    }

    fn size(&self, id: ExprId, scope: &Scope) -> Result<usize, String> {
        let size = self.whole(id, scope)?;
        usize::try_from(size).ok().filter(|size| *size < 4000).ok_or(format!("{size} is no size"))
    }

    fn value(&self, id: ExprId, scope: &Scope) -> Result<Value, String> {
        self.notes.steps.set(self.notes.steps.get() + 1);
        if self.notes.steps.get() > PATIENCE {
            return Err("too many steps".to_owned());
        }
        let mut value = self.node(id, scope)?;
        let is_call = matches!(self.source.program.tree.get(id).kind, ExprKind::Call { .. });
        if let (Value::Array(array), true) = (&mut value, self.rough && is_call) {
            for (at, x) in array.data.iter_mut().enumerate() {
                let sign = if (at + self.notes.steps.get()).is_multiple_of(2) { 4.0 } else { -4.0 };
                x.0[0] *= 1.0 + sign * f64::EPSILON;
            }
        }
        if let Value::Array(array) = &value {
            let size = if array.is_finite() { array.magnitude() } else { f64::INFINITY };
            self.notes.magnitude.set(self.notes.magnitude.get().max(size));
        }
        Ok(value)
    }

    fn node(&self, id: ExprId, scope: &Scope) -> Result<Value, String> {
        Ok(match &self.source.program.tree.get(id).kind {
            ExprKind::Number(value) => {
                Value::Array(Array::scalar(Jet::new(rational::to_f64(value))))
            }
            ExprKind::Name(name) => self.name(name, scope)?,
            ExprKind::Call { function, arguments } => {
                self.call(&function.text, arguments, scope)?
            }
            ExprKind::Negate(a) => match self.value(*a, scope)? {
                Value::Array(a) => Value::Array(a.map(|x| -x)),
                Value::Identity(c) => Value::Identity(-c),
                Value::Filled(c) => Value::Filled(-c),
            },
            ExprKind::Transpose(a) => match self.value(*a, scope)? {
                Value::Array(a) => Value::Array(a.transposed()),
                sizeless => sizeless,
            },
            ExprKind::Binary { operator, left, right, .. } => {
                self.binary(*operator, *left, *right, scope)?
            }
            ExprKind::Index { base, indices } if self.has_entries(&base.text, scope) => {
                let array = sizeless(self.name(&base.text, scope)?)?;
                Value::Array(self.part(&array, indices, scope)?)
            }
            ExprKind::Part { of, indices } => {
                Value::Array(self.part(&self.array(*of, scope)?, indices, scope)?)
            }
            ExprKind::Blocks(rows) => Value::Array(self.blocks(rows, scope)?),
            ExprKind::Range(_) => return Err("a range is no value".to_owned()),
            ExprKind::Index { base, indices } => match indices.as_slice() {
                [index] => self.element(&base.text, self.whole(*index, scope)?, scope)?,
                _ => return Err("more than one index".to_owned()),
            },
            ExprKind::IndexedSum { index, from, to, body } => {
                let (from, to) = (self.whole(*from, scope)?, self.whole(*to, scope)?);
                let mut sum = Value::Filled(Jet::ZERO);
                if from > to {
                    sum = self.empty_sum(*body, &scope.with(&index.text, whole_number(from)));
                }
                for at in from..=to {
                    let inner = scope.with(&index.text, whole_number(at));
                    let term = self.value(*body, &inner)?;
                    sum = self.combined(B::Add, sum, term, *body, scope)?;
                }
                sum
            }
            ExprKind::Substitute { function, replacements } => {
                let mut moved = (*scope.moved).clone();
                for (name, replacement) in replacements {
                    moved.insert(name.text.clone(), self.array(*replacement, scope)?);
                }
                let version = self.new_version();
                self.name(&function.text, &Scope { moved: moved.into(), version, ..scope.clone() })?
            }
        })
    }

    /// Zeros of the size that a term has, where one can be evaluated.
    fn empty_sum(&self, body: ExprId, scope: &Scope) -> Value {
        let (kink, magnitude) = (self.notes.kink.get(), self.notes.magnitude.get());
        let term = self.value(body, scope);
        self.notes.kink.set(kink);
        self.notes.magnitude.set(magnitude);
        match term {
            Ok(Value::Array(term)) => {
                // Where a term has no value, no more is asked of an empty sum of them.
                self.notes.kink.set(kink || !term.is_finite());
                Value::Array(Array::filled(&term.sizes, Jet::ZERO))
            }
            _ => Value::Filled(Jet::ZERO),
        }
    }

    fn name(&self, name: &str, scope: &Scope) -> Result<Value, String> {
        if let Some(value) = scope.locals.get(name) {
            return Ok(value.clone());
        }
        if let Some(value) = scope.moved.get(name).or_else(|| self.world.values.get(name)) {
            return Ok(Value::Array(value.clone()));
        }
        if let Some([piece, ..]) = self.source.definitions.get(name).map(Vec::as_slice) {
            return self.defined(name.to_owned(), piece.value, &scope.outermost(), scope);
        }
        if let Some(size) = self.world.sizes.get(name) {
            return Ok(whole_number(*size));
        }
        match name {
            "I" | "eye" => Ok(Value::Identity(Jet::ONE)),
            "ones" => Ok(Value::Filled(Jet::ONE)),
            "pi" | "π" => Ok(Value::Array(Array::scalar(Jet::new(std::f64::consts::PI)))),
            _ => Err(format!("{name} has no value")),
        }
    }

    /// An element of a family: given, defined, or a size.
    fn element(&self, family: &str, place: i64, scope: &Scope) -> Result<Value, String> {
        let key = format!("{family}[{place}]");
        if let Some(value) = scope.moved.get(&key).or_else(|| self.world.values.get(&key)) {
            return Ok(Value::Array(value.clone()));
        }
        let outermost = scope.outermost();
        for piece in self.source.definitions.get(family).into_iter().flatten() {
            let holds = match (&piece.range, piece.index) {
                (Some((_, from, to)), _) => {
                    (self.whole(*from, &outermost)?..=self.whole(*to, &outermost)?).contains(&place)
                }
                (None, Some(index)) => self.whole(index, &outermost)? == place,
                (None, None) => false,
            };
            if holds {
                let inner = match &piece.range {
                    Some((index, ..)) => outermost.with(index, whole_number(place)),
                    None => outermost,
                };
                return self.defined(key, piece.value, &inner, scope);
            }
        }
        match self.world.sizes.get(&key) {
            Some(size) => Ok(whole_number(*size)),
            None => Err(format!("{key} has no value")),
        }
    }

    /// The value of a definition, computed once.
    fn defined(
        &self,
        key: String,
        value: ExprId,
        inner: &Scope,
        scope: &Scope,
    ) -> Result<Value, String> {
        let key = (scope.version, key);
        if let Some(value) = self.known.borrow().get(&key) {
            return Ok(value.clone());
        }
        self.notes.depth.set(self.notes.depth.get() + 1);
        let found = if self.notes.depth.get() > DEEPEST {
            Err(format!("{} is defined by itself", key.1))
        } else {
            self.value(value, inner)
        };
        self.notes.depth.set(self.notes.depth.get() - 1);
        let found = found?;
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn binary(
        &self,
        operator: B,
        left: ExprId,
        right: ExprId,
        scope: &Scope,
    ) -> Result<Value, String> {
        // `A^T` that was answered was read as a transpose.
        if operator == B::PowerOrTranspose {
            return Ok(Value::Array(self.array(left, scope)?.transposed()));
        }
        let (a, b) = (self.value(left, scope)?, self.value(right, scope)?);
        self.combined(operator, a, b, right, scope)
    }

    fn combined(
        &self,
        operator: B,
        a: Value,
        b: Value,
        right: ExprId,
        scope: &Scope,
    ) -> Result<Value, String> {
        use Value::{Filled, Identity};
        // `s·I`: only arrays can be columns, which have an inner product.
        let operator = match (operator, &a, &b) {
            (B::Dot | B::At, Value::Array(_), Value::Array(_)) => operator,
            (B::Dot | B::At, ..) => B::Multiply,
            _ => operator,
        };
        let (a, b) = match (operator, a, b) {
            (_, Value::Array(a), Value::Array(b)) => (a, b),
            (B::Multiply, Identity(c), Identity(d)) => return Ok(Identity(c * d)),
            (B::Multiply, Identity(c), Value::Array(a))
            | (B::Multiply, Value::Array(a), Identity(c)) => {
                // One times the identity is the identity.
                return Ok(if a.data.len() == 1 {
                    Identity(c * a.data[0])
                } else {
                    Value::Array(a.scaled(c))
                });
            }
            (B::Multiply | B::Hadamard, Filled(c), Value::Array(a))
            | (B::Multiply | B::Hadamard, Value::Array(a), Filled(c))
                if a.data.len() == 1 =>
            {
                return Ok(Filled(c * a.data[0]));
            }
            // An empty sum in a product.
            (B::Multiply, Filled(c), _) | (B::Multiply, _, Filled(c)) if c == Jet::ZERO => {
                return Ok(Filled(c));
            }
            (B::Divide, Identity(c), Value::Array(a)) if a.data.len() == 1 => {
                return Ok(Identity(c / a.data[0]));
            }
            (B::Add, Filled(c), Filled(d)) => return Ok(Filled(c + d)),
            (_, a, b) => {
                let sizes = match (&a, &b) {
                    (Value::Array(array), _) | (_, Value::Array(array)) => array.sizes.clone(),
                    _ => return Err("two values without a size".to_owned()),
                };
                (sized(a, &sizes)?, sized(b, &sizes)?)
            }
        };
        Ok(Value::Array(self.arrays(operator, &a, &b, right, scope)?))
    }

    fn arrays(
        &self,
        operator: B,
        a: &Array,
        b: &Array,
        right: ExprId,
        scope: &Scope,
    ) -> Result<Array, String> {
        let scalars = (a.data.len() == 1, b.data.len() == 1);
        match operator {
            // A number beside an array is added to every entry.
            B::Add if scalars.0 != scalars.1 => broadcast(a, b, |x, y| x + y),
            B::Subtract if scalars.0 != scalars.1 => broadcast(a, b, |x, y| x - y),
            B::Add => a.zip(b, |x, y| x + y),
            B::Subtract => a.zip(b, |x, y| x - y),
            B::BroadcastAdd => broadcast(a, b, |x, y| x + y),
            B::BroadcastSubtract => broadcast(a, b, |x, y| x - y),
            B::Dot | B::At
                if a.columns() == 1 && b.columns() == 1 && a.rows() == b.rows() && a.rows() > 1 =>
            {
                a.transposed().times(b)
            }
            B::At if a.columns() == 1 && a.rows() > 1 && b.rows() == a.rows() => {
                b.transposed().times(a)
            }
            B::Multiply | B::Dot | B::At | B::Hadamard | B::Entrywise if scalars.0 => {
                Ok(b.map(|y| choice::times(a.data[0], y)))
            }
            B::Multiply | B::Dot | B::At | B::Hadamard | B::Entrywise | B::Kronecker
                if scalars.1 =>
            {
                Ok(a.map(|x| choice::times(x, b.data[0])))
            }
            B::Multiply | B::Dot | B::At => a.times(b),
            B::Hadamard | B::Entrywise => a.zip(b, choice::times),
            B::Divide | B::EntrywiseDivide | B::EntrywiseOver if scalars.1 => {
                Ok(a.map(|x| choice::over(x, b.data[0])))
            }
            B::Divide => Err("a divisor is no scalar".to_owned()),
            B::EntrywiseDivide | B::EntrywiseOver if scalars.0 => Ok(b.map(|x| a.data[0] / x)),
            B::EntrywiseDivide | B::EntrywiseOver => a.zip(b, choice::over),
            B::Solve if scalars.0 => Ok(b.map(|x| x / a.data[0])),
            B::Solve => a.inverse()?.times(b),
            B::PowerOrTranspose => Err("a power or a transpose".to_owned()),
            B::EntrywisePower => self.power(a, right, scope),
            B::Power if scalars.0 => self.power(a, right, scope),
            B::Power => {
                let exponent = self.whole(right, scope)?;
                let base = if exponent < 0 { a.inverse()? } else { a.clone() };
                let times = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
                if times > 200 { Err("a large power".to_owned()) } else { base.whole_power(times) }
            }
            B::Kronecker => Ok(a.kronecker(b)),
            B::Compare(comparison) => {
                broadcast(a, b, |x, y| choice::compare(comparison, x, y, &self.notes))
            }
            B::And => broadcast(a, b, choice::times),
            B::Or => broadcast(a, b, choice::either),
        }
    }

    fn power(&self, a: &Array, exponent: ExprId, scope: &Scope) -> Result<Array, String> {
        let p = self.scalar(exponent, scope)?;
        if p.is_constant() {
            // A root of what is nearly zero.
            let near = |x: &Jet| x.value().abs() < 1e-9 && (!x.is_constant() || p.value() < 1.0);
            if p.value() < 2.0 && p.value().fract() != 0.0 && a.data.iter().any(near) {
                self.notes.kink.set(true);
            }
            return Ok(a.map(|x| x.power(p.value())));
        }
        Ok(a.map(|x| (x.ln() * p).exp()))
    }
}

impl Scope {
    fn with(&self, name: &str, value: Value) -> Self {
        let mut locals = (*self.locals).clone();
        locals.insert(name.to_owned(), value);
        Self { locals: locals.into(), ..self.clone() }
    }

    /// Without parameters and indices.
    fn outermost(&self) -> Self {
        Self { locals: Rc::default(), ..self.clone() }
    }
}

fn whole_number(value: i64) -> Value {
    #[allow(clippy::cast_precision_loss)]
    Value::Array(Array::scalar(Jet::new(value as f64)))
}

fn sized(value: Value, sizes: &[usize]) -> Result<Array, String> {
    match value {
        Value::Array(array) => Ok(array),
        Value::Identity(c) if sizes.len() == 2 && sizes[0] == sizes[1] => {
            Ok(Array::identity(sizes[0]).scaled(c))
        }
        Value::Identity(_) => Err("an identity that is not square".to_owned()),
        Value::Filled(c) => Ok(Array::filled(sizes, c)),
    }
}

/// What has no size is a scalar, where it can be one.
fn sizeless(value: Value) -> Result<Array, String> {
    match value {
        Value::Array(array) => Ok(array),
        Value::Filled(c) => Ok(Array::scalar(c)),
        Value::Identity(_) => Err("an identity without a size".to_owned()),
    }
}

fn broadcast(a: &Array, b: &Array, f: impl Fn(Jet, Jet) -> Jet) -> Result<Array, String> {
    if a.sizes.len() > 2 || b.sizes.len() > 2 {
        return match (a.data.as_slice(), b.data.as_slice()) {
            ([x], _) => Ok(b.map(|y| f(*x, y))),
            (_, [y]) => Ok(a.map(|x| f(x, *y))),
            _ => a.zip(b, f),
        };
    }
    let fits = |x: usize, y: usize| x == y || x == 1 || y == 1;
    if !fits(a.rows(), b.rows()) || !fits(a.columns(), b.columns()) {
        return Err("shapes do not broadcast".to_owned());
    }
    let at = |x: &Array, i: usize, j: usize| x.at(i.min(x.rows() - 1), j.min(x.columns() - 1));
    Ok(Array::matrix(a.rows().max(b.rows()), a.columns().max(b.columns()), |i, j| {
        f(at(a, i, j), at(b, i, j))
    }))
}
