//! Sums over entries in the notation of matrices: Σᵢⱼ xᵢAᵢⱼxⱼ is xᵀAx, Σᵢ log xᵢ the sum of log x, Σᵢⱼ Wᵢⱼ‖xᵢ − xⱼ‖² holds the rows
//! of a matrix.
//!
//! A part is a sum of products of arrays whose sides are named by indices, at most two each. Products stay open until a sum over an index
//! contracts them: over j, Mᵢⱼ vⱼ Nⱼₖ is (M·diag(v)·N)ᵢₖ.

mod array;
mod part;

use std::collections::BTreeMap;

use super::ast::BinaryOperator as B;
use super::ast::{ExprId, ExprKind, Tree, Word};
use super::entries::Size;
use crate::number;
use crate::source::Span;

/// An expression nested deeper is not looked through.
const DEPTH: usize = 200;
/// More products are not multiplied out.
const MOST_TERMS: usize = 64;

/// An index, by its place among those that were met.
type Index = usize;

/// An array by its sides: a number has none, a column one, a matrix two.
#[derive(Clone, Debug)]
struct Factor {
    id: ExprId,
    sides: Vec<Index>,
}

/// A product.
#[derive(Clone, Debug)]
struct Term {
    negative: bool,
    factors: Vec<Factor>,
}

/// A sum of products.
type Value = Vec<Term>;

/// A side of an array that is counted by an index.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) base: String,
    /// Which side, of how many.
    pub(super) side: usize,
    pub(super) sides: usize,
    pub(super) index: usize,
}

/// An index and its values.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    name: String,
    /// Its first and last value in the old tree; none of the entries of vectors that are themselves counted.
    pub(super) range: Option<(ExprId, ExprId)>,
    /// Whether its last value is not written.
    pub(super) is_open: bool,
}

/// What is read, and what is written.
pub(super) struct Contraction<'a> {
    old: &'a Tree,
    tree: &'a mut Tree,
    /// The sides of the arrays that are declared, as far as they are known.
    arrays: &'a BTreeMap<String, Vec<Option<Size>>>,
    is_entrywise: &'a dyn Fn(&str) -> bool,
    /// Whether an index is in the part.
    varies: &'a dyn Fn(ExprId) -> bool,
    /// The arrays whose entries are found, and the indices they are counted by.
    pub(super) uses: Vec<Use>,
    pub(super) bound: Vec<Bound>,
    /// The indices in force.
    open: Vec<Index>,
}

fn factor(id: ExprId, sides: Vec<Index>) -> Value {
    vec![Term { negative: false, factors: vec![Factor { id, sides }] }]
}

impl<'a> Contraction<'a> {
    pub(super) fn new(
        old: &'a Tree,
        tree: &'a mut Tree,
        arrays: &'a BTreeMap<String, Vec<Option<Size>>>,
        is_entrywise: &'a dyn Fn(&str) -> bool,
        varies: &'a dyn Fn(ExprId) -> bool,
    ) -> Self {
        let (uses, bound, open) = (Vec::new(), Vec::new(), Vec::new());
        Self { old, tree, arrays, is_entrywise, varies, uses, bound, open }
    }

    /// The sum in the notation of matrices, where it has one.
    pub(super) fn sum(&mut self, id: ExprId) -> Option<ExprId> {
        let value = self.value(id, 0)?;
        let whole = self.array(&value, self.old.get(id).span)?;
        whole.sides.is_empty().then_some(whole.id)
    }

    /// How long the expression is when each part is written where it is used.
    pub(super) fn length(&self, id: ExprId) -> usize {
        let mut lengths: Vec<usize> = Vec::with_capacity(self.tree.nodes.len());
        for node in self.tree.nodes.iter().take(id.0 as usize + 1) {
            let parts = node.kind.children().into_iter().map(|child| lengths[child.0 as usize]);
            lengths.push(parts.fold(1, usize::saturating_add));
        }
        lengths.last().copied().unwrap_or_default()
    }

    fn value(&mut self, id: ExprId, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        if !(self.varies)(id) {
            return Some(factor(self.copied(id), Vec::new()));
        }
        let span = self.old.get(id).span;
        let depth = depth + 1;
        match self.old.get(id).kind.clone() {
            ExprKind::Index { base, indices } => self.entry(&base, &indices, None, span),
            ExprKind::Negate(a) => Some(negative(self.value(a, depth)?)),
            ExprKind::Binary { operator, left, right, .. } => {
                if operator == B::Multiply {
                    return self.chain(id, span, depth);
                }
                if let (B::Power, Some(argument)) = (operator, self.norm_of(left))
                    && self.is_two(right)
                {
                    return self.inner(argument, None, argument, span, depth);
                }
                if operator == B::Power && self.is_two(right) {
                    let base = self.value(left, depth)?;
                    return match self.array(&base, span) {
                        Some(_) => self.power(&base, right, span),
                        None => self.product(&base, &base, span),
                    };
                }
                let (l, r) = (self.value(left, depth)?, self.value(right, depth)?);
                match operator {
                    B::Add => Some([l, r].concat()),
                    B::Subtract => Some([l, negative(r)].concat()),
                    B::Dot | B::Entrywise | B::Hadamard => self.product(&l, &r, span),
                    B::Divide | B::EntrywiseDivide | B::EntrywiseOver => {
                        self.quotient(&l, &r, span)
                    }
                    B::Power | B::EntrywisePower if !(self.varies)(right) => {
                        self.power(&l, right, span)
                    }
                    B::Compare(_) | B::And | B::Or => {
                        let arrays = [self.array(&l, span)?, self.array(&r, span)?];
                        let sides = common_sides(&arrays)?;
                        let [l, r] = arrays.map(|array| array.id);
                        Some(factor(self.binary(operator, l, r, span), sides))
                    }
                    _ => None,
                }
            }
            ExprKind::Call { function, arguments } => {
                if let Some(argument) = self.norm_of(id) {
                    let square = self.inner(argument, None, argument, span, depth)?;
                    return self.call("sqrt", &[square], span);
                }
                let name = match function.text.as_str() {
                    "bars" => "abs",
                    "paper_exp" => "exp",
                    name @ ("max" | "min" | "where" | "not")
                        if arguments.len() > 1 || name == "not" =>
                    {
                        name
                    }
                    name if (self.is_entrywise)(name) => name,
                    _ => return None,
                };
                let values: Option<Vec<Value>> =
                    arguments.iter().map(|argument| self.value(*argument, depth)).collect();
                self.call(name, &values?, span)
            }
            ExprKind::IndexedSum { index, from, to, body } => {
                if (self.varies)(from) || (self.varies)(to) {
                    return None;
                }
                let is_open = self.old.get(to).span == index.span;
                let index = self.bind(&index.text, Some((from, to)), is_open);
                let value = self.value(body, depth);
                self.open.pop();
                self.contracted(value?, index, span)
            }
            ExprKind::Name(_)
            | ExprKind::Number(_)
            | ExprKind::Range(_)
            | ExprKind::Part { .. }
            | ExprKind::Blocks(_)
            | ExprKind::Transpose(_)
            | ExprKind::Substitute { .. } => None,
        }
    }

    fn bind(&mut self, name: &str, range: Option<(ExprId, ExprId)>, is_open: bool) -> Index {
        self.bound.push(Bound { name: name.to_owned(), range, is_open });
        self.open.push(self.bound.len() - 1);
        self.bound.len() - 1
    }

    /// What stands between the bars of a norm of 2.
    fn norm_of(&self, id: ExprId) -> Option<ExprId> {
        match &self.old.get(id).kind {
            ExprKind::Call { function, arguments } => match arguments.as_slice() {
                [one] if matches!(function.text.as_str(), "norm2" | "norm_2") => Some(*one),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_two(&self, id: ExprId) -> bool {
        matches!(&self.old.get(id).kind, ExprKind::Number(value) if *value == number::integer(2))
    }

    /// A product of numbers, and of vectors after transposed ones: `aᵢ aⱼ xᵢᵀxⱼ`.
    fn chain(&mut self, id: ExprId, span: Span, depth: usize) -> Option<Value> {
        let mut factors = Vec::new();
        let mut left = id;
        while let ExprKind::Binary { operator: B::Multiply, left: next, right, .. } =
            &self.old.get(left).kind
        {
            factors.push(*right);
            left = *next;
        }
        factors.push(left);
        let mut product: Option<Value> = None;
        while let Some(first) = factors.pop() {
            let value = match &self.old.get(first).kind {
                ExprKind::Transpose(vector) => {
                    let vector = *vector;
                    let mut next = factors.pop()?;
                    let matrix = (!(self.varies)(next) && !factors.is_empty()).then_some(next);
                    if matrix.is_some() {
                        next = factors.pop()?;
                    }
                    self.inner(vector, matrix, next, span, depth)?
                }
                _ => self.value(first, depth)?,
            };
            product = Some(match product {
                Some(product) => self.product(&product, &value, span)?,
                None => value,
            });
        }
        product
    }

    /// The inner product of vectors such as xᵢ − xⱼ, or that with a matrix between them: the sum over their entries.
    fn inner(
        &mut self,
        left: ExprId,
        matrix: Option<ExprId>,
        right: ExprId,
        span: Span,
        depth: usize,
    ) -> Option<Value> {
        let rows = self.bind("", None, true);
        let l = self.vector(left, rows, depth)?;
        let mut open = l;
        let mut last = rows;
        if let Some(matrix) = matrix {
            last = self.bind("", None, true);
            // What has powers is square.
            let (name, is_square) = match &self.old.get(matrix).kind {
                ExprKind::Binary { operator: B::Power, left, .. } => (*left, true),
                _ => (matrix, false),
            };
            if let ExprKind::Name(name) = &self.old.get(name).kind {
                let ends = [(0, rows), (1, last), (0, if is_square { last } else { rows })];
                let used =
                    ends.map(|(side, index)| Use { base: name.clone(), side, sides: 2, index });
                self.uses.extend(used);
            }
            let between = factor(self.copied(matrix), vec![rows, last]);
            open = self.product(&open, &between, span)?;
            open = self.contracted(open, rows, span)?;
        }
        let r = self.vector(right, last, depth)?;
        self.open.retain(|index| *index != rows && *index != last);
        let product = self.product(&open, &r, span)?;
        self.contracted(product, last, span)
    }

    /// The entries of a vector.
    fn vector(&mut self, id: ExprId, component: Index, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        let span = self.old.get(id).span;
        match self.old.get(id).kind.clone() {
            ExprKind::Index { base, indices } if indices.len() == 1 => {
                self.entry(&base, &indices, Some(component), span)
            }
            ExprKind::Name(name) => {
                let base = name.clone();
                self.uses.push(Use { base, side: 0, sides: 1, index: component });
                Some(factor(self.tree.push(ExprKind::Name(name), span), vec![component]))
            }
            ExprKind::Negate(a) => Some(negative(self.vector(a, component, depth + 1)?)),
            ExprKind::Binary {
                operator: operator @ (B::Add | B::Subtract), left, right, ..
            } => {
                let l = self.vector(left, component, depth + 1)?;
                let r = self.vector(right, component, depth + 1)?;
                Some(if operator == B::Add { [l, r].concat() } else { [l, negative(r)].concat() })
            }
            _ => None,
        }
    }

    /// Every product of a term with a term; closed sums stay closed.
    fn product(&mut self, left: &Value, right: &Value, span: Span) -> Option<Value> {
        let mut closed = Vec::with_capacity(2);
        for value in [left, right] {
            let whole = if value.len() > 1 { self.array(value, span) } else { None };
            closed.push(match whole {
                Some(array) => vec![Term { negative: false, factors: vec![array] }],
                None => value.clone(),
            });
        }
        if closed[0].len() * closed[1].len() > MOST_TERMS {
            return None;
        }
        let mut all = Vec::new();
        for l in &closed[0] {
            for r in &closed[1] {
                let factors = l.factors.iter().chain(&r.factors).cloned().collect();
                all.push(Term { negative: l.negative != r.negative, factors });
            }
        }
        Some(all)
    }

    fn quotient(&mut self, left: &Value, right: &Value, span: Span) -> Option<Value> {
        let below = self.array(right, span)?;
        if below.sides.is_empty() {
            // Each term of its own: products stay open.
            let over = |contraction: &mut Self, term: &Term| {
                let mut factors = term.factors.clone();
                let last = factors.pop()?;
                let id = contraction.binary(B::Divide, last.id, below.id, span);
                factors.push(Factor { id, sides: last.sides });
                Some(Term { negative: term.negative, factors })
            };
            return left.iter().map(|term| over(self, term)).collect();
        }
        if let Some(above) = self.array(left, span)
            && (above.sides.is_empty() || above.sides == below.sides)
        {
            return Some(factor(
                self.binary(B::EntrywiseOver, above.id, below.id, span),
                below.sides,
            ));
        }
        let one = self.tree.push(ExprKind::Number(number::one()), span);
        let reciprocal = self.binary(B::EntrywiseOver, one, below.id, span);
        self.product(left, &factor(reciprocal, below.sides), span)
    }

    fn power(&mut self, base: &Value, exponent: ExprId, span: Span) -> Option<Value> {
        let base = self.array(base, span)?;
        let exponent = self.copied(exponent);
        let operator = if base.sides.is_empty() { B::Power } else { B::EntrywisePower };
        Some(factor(self.binary(operator, base.id, exponent, span), base.sides))
    }

    /// An entrywise function of arrays with the same sides, or of numbers beside them.
    fn call(&mut self, name: &str, arguments: &[Value], span: Span) -> Option<Value> {
        let arrays: Option<Vec<Factor>> =
            arguments.iter().map(|argument| self.array(argument, span)).collect();
        let arrays = arrays?;
        let sides = common_sides(&arrays)?;
        let ids = arrays.iter().map(|array| array.id).collect();
        Some(factor(self.named(name, ids, span), sides))
    }

    fn binary(&mut self, operator: B, left: ExprId, right: ExprId, span: Span) -> ExprId {
        self.tree.push(ExprKind::Binary { operator, operator_span: span, left, right }, span)
    }

    fn named(&mut self, name: &str, arguments: Vec<ExprId>, span: Span) -> ExprId {
        let function = Word { text: name.to_owned(), span };
        self.tree.push(ExprKind::Call { function, arguments }, span)
    }

    /// The part as it is.
    fn copied(&mut self, root: ExprId) -> ExprId {
        let mut order = vec![root];
        let mut at = 0;
        while at < order.len() {
            order.extend(self.old.get(order[at]).kind.children());
            at += 1;
        }
        order.sort_unstable();
        order.dedup();
        let mut places: Vec<ExprId> = Vec::with_capacity(order.len());
        for id in &order {
            let node = self.old.get(*id);
            let kind = node
                .kind
                .with_children(|child| order.binary_search(&child).map_or(child, |at| places[at]));
            places.push(self.tree.push(kind, node.span));
        }
        places[places.len() - 1]
    }
}

/// The sides that arrays have beside numbers; none where they differ.
fn common_sides(arrays: &[Factor]) -> Option<Vec<Index>> {
    let mut known = arrays.iter().map(|array| &array.sides).filter(|sides| !sides.is_empty());
    let first = known.next().cloned().unwrap_or_default();
    known.all(|sides| *sides == first).then_some(first)
}

fn negative(value: Value) -> Value {
    value.into_iter().map(|term| Term { negative: !term.negative, ..term }).collect()
}
