//! What becomes an array of its own, and what is computed inside the loop that needs it.
//!
//! A walk from the results to the variables: when a node is reached, all its uses are known. A node whose every use lies in one
//! fused loop is computed inside that loop, entry by entry; one that is read as a whole, or by several loops, gets memory.

use std::collections::BTreeMap;

use super::chain::{Chain, Costs, Tree};
use super::routine;
use super::top::{Planned, Side, Top};
use crate::expression::{Id, Node, Store};

/// How a node is used, over all its users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uses {
    /// Not at all.
    None,
    /// Entry by entry in the loop that computes this node.
    Loop(Id),
    /// Entry by entry in several loops.
    Loops,
    /// As a whole.
    Whole,
}

/// Where a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Nowhere: nothing needs it.
    Nowhere,
    /// Inside the loops that use it.
    Inside,
    /// On its own: it has a buffer or a scalar local.
    Own,
}

/// How a node that is no plain entrywise operation is computed.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// By its operator alone.
    Plain,
    /// A product.
    Product(Planned),
    /// Σᵢⱼ Pᵢⱼ Qⱼᵢ (a trace), or Σⱼ Pᵢⱼ Qⱼᵢ (a diagonal) of a product P·Q that is never formed.
    Pair(Planned, Planned),
    /// tr or diag of a product that is formed.
    Formed(Planned),
    /// The logarithm of a product with determinants, by the factorisations of the matrices.
    LogDeterminant(routine::LogDeterminant),
}

/// The decisions, by node.
pub(super) struct Plan {
    pub(super) home: Vec<Home>,
    pub(super) form: Vec<Form>,
}

/// What a plan is for.
pub(super) struct Region<'a> {
    /// The nodes that are computed, operands first.
    pub(super) needed: &'a [Id],
    /// What is read as a whole afterwards.
    pub(super) roots: &'a [Id],
    /// What is added to sums, entry by entry; each with its sum.
    pub(super) terms: &'a [(Id, Id)],
    /// Sums over an index, with what their loops read.
    pub(super) sums: &'a BTreeMap<Id, Vec<Id>>,
    /// What is in memory already.
    pub(super) stored: &'a dyn Fn(Id) -> bool,
}

/// Decides for every node that is needed.
pub(super) fn plan(store: &Store, region: &Region<'_>, costs: &Costs<'_>) -> Plan {
    let needed = region.needed;
    let mut planner = Planner {
        store,
        costs,
        uses: vec![Uses::None; store.len()],
        cheap: cheap(store, needed),
        home: vec![Home::Nowhere; store.len()],
        form: vec![Form::Plain; store.len()],
        sums: region.sums,
    };
    // What is in memory is read there, not taken apart.
    for id in (0..store.len()).map(|place| store.nth(place)).filter(|id| (region.stored)(*id)) {
        planner.whole(id);
    }
    for root in region.roots {
        planner.whole(*root);
    }
    for (sum, term) in region.terms {
        planner.entries(*term, Uses::Loop(*sum));
    }
    for id in needed.iter().rev() {
        planner.visit(*id);
    }
    Plan { home: planner.home, form: planner.form }
}

/// Values that cost no more to compute again than to read.
fn cheap(store: &Store, needed: &[Id]) -> Vec<bool> {
    let mut cheap = vec![false; store.len()];
    for id in needed {
        cheap[id.index()] = match store.node(*id) {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Element(..)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..) => true,
            Node::Sum(terms) => {
                terms.len() == 1
                    && cheap[terms[0].id.index()]
                    && !store.shape(terms[0].id).is_scalar()
            }
            Node::Scale { matrix: a, .. } | Node::Transpose(a) | Node::Diagonal(a) => {
                cheap[a.index()]
            }
            Node::Product(factors) => {
                factors.len() == 2
                    && store.shape(factors[1]).rows().is_one()
                    && factors.iter().all(|factor| cheap[factor.index()])
            }
            Node::Commutation(..)
            | Node::Selection(_)
            | Node::Hadamard(_)
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_)
            | Node::DiagonalOf(_)
            | Node::Vectorize(_)
            | Node::Kronecker(..)
            | Node::Family(_)
            | Node::SumOver(..)
            | Node::Apply { .. } => false,
            Node::Tensor { .. } => is_constant(store, *id),
        };
    }
    cheap
}

/// A tensor of ones or zeros.
pub(super) fn is_constant(store: &Store, id: Id) -> bool {
    store.is_ones(id) || store.is_zero(id)
}

struct Planner<'a> {
    store: &'a Store,
    costs: &'a Costs<'a>,
    uses: Vec<Uses>,
    cheap: Vec<bool>,
    home: Vec<Home>,
    form: Vec<Form>,
    sums: &'a BTreeMap<Id, Vec<Id>>,
}

impl Planner<'_> {
    /// The node is read as a whole.
    fn whole(&mut self, id: Id) {
        self.uses[id.index()] = Uses::Whole;
    }

    /// The node is read entry by entry in a loop.
    fn entries(&mut self, id: Id, user: Uses) {
        let uses = &mut self.uses[id.index()];
        *uses = match (*uses, user) {
            (Uses::None, user) => user,
            (Uses::Whole, _) | (_, Uses::Whole) => Uses::Whole,
            (Uses::Loop(a), Uses::Loop(b)) if a == b => Uses::Loop(a),
            _ => Uses::Loops,
        };
    }

    /// Each entry is read many times in a loop: computed once before, unless that is no saving.
    fn repeated(&mut self, id: Id, user: Uses) {
        if self.cheap[id.index()] { self.entries(id, user) } else { self.whole(id) }
    }

    fn visit(&mut self, id: Id) {
        let uses = self.uses[id.index()];
        if uses == Uses::None {
            return;
        }
        let store = self.store;
        self.form[id.index()] = self.form(id);
        if let Node::Transpose(inner) = store.node(id) {
            self.home[id.index()] = Home::Inside;
            return self.entries(*inner, uses);
        }
        let inside = self.computed_by_entry(id)
            && match uses {
                Uses::Loop(_) => true,
                Uses::Loops => self.cheap[id.index()],
                Uses::Whole | Uses::None => false,
            };
        self.home[id.index()] = if inside { Home::Inside } else { Home::Own };
        self.operands(id, if inside { uses } else { Uses::Loop(id) });
    }

    fn form(&self, id: Id) -> Form {
        let store = self.store;
        if let Some(form) = routine::log_determinant(store, id) {
            return Form::LogDeterminant(form);
        }
        match store.node(id) {
            Node::Product(factors) => Form::Product(self.planned(Chain::of(store, factors))),
            Node::Total(inner) if self.uses[inner.index()] == Uses::None => {
                match store.node(*inner) {
                    Node::Product(factors) => {
                        Form::Product(self.planned(Chain::total(store, factors)))
                    }
                    _ => Form::Plain,
                }
            }
            Node::Trace(inner) if self.uses[inner.index()] == Uses::None => {
                match store.node(*inner) {
                    Node::Product(factors) => self.cyclic(factors),
                    _ => Form::Plain,
                }
            }
            Node::DiagonalOf(inner) if self.uses[inner.index()] == Uses::None => {
                match store.node(*inner) {
                    Node::Product(factors) => self.split(factors),
                    _ => Form::Plain,
                }
            }
            _ => Form::Plain,
        }
    }

    fn planned(&self, chain: Chain) -> Planned {
        let tree = chain.order(self.costs);
        Planned { chain, tree }
    }

    fn cost(&self, planned: &Planned) -> f64 {
        planned.chain.cost(&planned.tree, self.costs)
    }

    /// tr(A₁…Aₖ): of all rotations and cuts into P·Q the one where P and Q cost least.
    fn cyclic(&self, factors: &[Id]) -> Form {
        const LONGEST: usize = 10;
        let length = factors.len();
        let rotations = if length > LONGEST { 1 } else { length };
        let mut best: Option<(f64, Form)> = None;
        for by in 0..rotations {
            let turned: Vec<Id> = factors.iter().cycle().skip(by).take(length).copied().collect();
            self.improve(&turned, &mut best);
        }
        best.map_or(Form::Plain, |(_, form)| form)
    }

    /// diag(A₁…Aₖ) = rows of P ⊙ Qᵀ, summed.
    fn split(&self, factors: &[Id]) -> Form {
        let mut best = None;
        self.improve(factors, &mut best);
        best.map_or(Form::Plain, |(_, form)| form)
    }

    fn improve(&self, factors: &[Id], best: &mut Option<(f64, Form)>) {
        let mut offer = |cost: f64, form: Form| {
            if best.as_ref().is_none_or(|(so_far, _)| cost < *so_far) {
                *best = Some((cost, form));
            }
        };
        let formed = self.planned(Chain::of(self.store, factors));
        let size = (self.costs.expected)(&formed.chain.sizes[0]);
        offer(self.cost(&formed) + size, Form::Formed(formed));
        let cuts = if factors.len() > 10 { 1..2 } else { 1..factors.len() };
        for cut in cuts {
            let left = self.planned(Chain::of(self.store, &factors[..cut]));
            let right = self.planned(Chain::of(self.store, &factors[cut..]));
            let inner = (self.costs.expected)(&right.chain.sizes[0]);
            let cost = self.cost(&left) + self.cost(&right) + 2.0 * size * inner;
            offer(cost, Form::Pair(left, right));
        }
    }

    /// Whether an entry of the value can be computed without the whole.
    fn computed_by_entry(&self, id: Id) -> bool {
        match self.store.node(id) {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Element(..)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Sum(_)
            | Node::Scale { .. }
            | Node::Hadamard(_)
            | Node::Transpose(_)
            | Node::Diagonal(_) => true,
            Node::DiagonalOf(_) => matches!(self.form[id.index()], Form::Plain),
            Node::Product(_) => match &self.form[id.index()] {
                Form::Product(planned) => planned.sides().is_some_and(|(left, right)| {
                    matches!(
                        planned.top(self.store, left, right),
                        Top::Outer | Top::ScaleRows(_) | Top::ScaleColumns(_)
                    )
                }),
                Form::Plain | Form::Pair(..) | Form::Formed(_) | Form::LogDeterminant(_) => false,
            },
            Node::Apply { function, .. } => {
                function.is_entrywise() && matches!(self.form[id.index()], Form::Plain)
            }
            Node::Commutation(..)
            | Node::Selection(_)
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_)
            | Node::Vectorize(_)
            | Node::Family(_)
            | Node::SumOver(..)
            | Node::Kronecker(..) => false,
            Node::Tensor { .. } => is_constant(self.store, id),
        }
    }

    /// Records what the node uses; `user` is the loop that computes it.
    fn operands(&mut self, id: Id, user: Uses) {
        match self.form[id.index()].clone() {
            Form::Plain => self.plain_operands(id, user),
            Form::LogDeterminant(form) => {
                for (matrix, exponent) in form.powers {
                    self.whole(matrix);
                    if let Some(exponent) = exponent {
                        self.whole(exponent);
                    }
                }
                for (base, exponent) in form.rest.factors {
                    self.whole(base);
                    self.whole(exponent);
                }
            }
            Form::Product(planned) => self.product_operands(&planned, user),
            Form::Formed(planned) => self.tree_operands(&planned, &planned.tree),
            Form::Pair(left, right) => {
                self.side_operands(&left, &left.tree, user);
                self.side_operands(&right, &right.tree, user);
            }
        }
    }

    fn plain_operands(&mut self, id: Id, user: Uses) {
        let scalar = self.store.shape(id).is_scalar();
        let store = self.store;
        match store.node(id) {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Family(_)
            | Node::Element(..) => {}
            Node::Tensor { .. } if is_constant(store, id) => {}
            Node::SumOver(..) => {
                let read = self.sums.get(&id).cloned().unwrap_or_default();
                for operand in read {
                    self.whole(operand);
                }
            }
            Node::Tensor { operands, .. } => {
                operands.iter().for_each(|operand| self.whole(*operand));
            }
            Node::Sum(terms) => terms.iter().for_each(|term| self.entries(term.id, user)),
            Node::Hadamard(powers) => {
                for power in powers {
                    self.entries(power.base, user);
                    if scalar {
                        self.entries(power.exponent, user);
                    } else {
                        self.whole(power.exponent);
                    }
                }
            }
            Node::Scale { scalar, matrix } => {
                match self.store.node(*scalar) {
                    // Each factor stands beside the matrix, for a norm of 0 to be told from others.
                    Node::Hadamard(powers) if !self.store.own_zeros(id).is_empty() => {
                        for power in powers {
                            self.whole(power.base);
                            self.whole(power.exponent);
                        }
                    }
                    _ => self.whole(*scalar),
                }
                self.store.masks(*scalar).into_iter().for_each(|mask| self.whole(mask));
                self.entries(*matrix, user);
            }
            Node::Diagonal(v) => self.repeated(*v, user),
            Node::Transpose(a) | Node::Trace(a) | Node::Total(a) | Node::DiagonalOf(a) => {
                self.entries(*a, user);
            }
            Node::Inverse(a) | Node::Determinant(a) | Node::Vectorize(a) => self.whole(*a),
            Node::MatrixPower(a, b) | Node::Kronecker(a, b) => {
                self.whole(*a);
                self.whole(*b);
            }
            Node::Apply { function, arguments } => {
                for argument in arguments {
                    if function.is_entrywise() {
                        self.entries(*argument, user);
                    } else {
                        self.whole(*argument);
                    }
                }
            }
            // Always planned as a product.
            Node::Product(factors) => factors.iter().for_each(|factor| self.whole(*factor)),
        }
    }

    fn product_operands(&mut self, planned: &Planned, user: Uses) {
        let Some((left, right)) = planned.sides() else { return };
        match planned.top(self.store, left, right) {
            Top::Outer => {
                self.repeated_side(planned, left, user);
                self.repeated_side(planned, right, user);
            }
            Top::ScaleRows(v) => {
                self.repeated(v, user);
                self.side_operands(planned, right, user);
            }
            Top::ScaleColumns(v) => {
                self.repeated(v, user);
                self.side_operands(planned, left, user);
            }
            Top::Select(_) => self.tree_operands(planned, &planned.tree),
            Top::ColumnSums => self.side_operands(planned, right, user),
            Top::RowSums => self.side_operands(planned, left, user),
            Top::Dot => {
                self.side_operands(planned, left, user);
                self.side_operands(planned, right, user);
            }
            Top::SolveLeft | Top::SolveRight | Top::Multiply => {
                self.tree_operands(planned, &planned.tree);
            }
        }
    }

    /// One side of a loop over entries: a factor is computed inside, a product before.
    fn side_operands(&mut self, planned: &Planned, side: &Tree, user: Uses) {
        match side {
            Tree::Link(at) => {
                if let Some(factor) = planned.chain.factors[*at] {
                    self.entries(factor, user);
                }
            }
            Tree::Multiply(..) => self.tree_operands(planned, side),
        }
    }

    fn repeated_side(&mut self, planned: &Planned, side: &Tree, user: Uses) {
        match side {
            Tree::Link(at) => {
                if let Some(factor) = planned.chain.factors[*at] {
                    self.repeated(factor, user);
                }
            }
            Tree::Multiply(..) => self.tree_operands(planned, side),
        }
    }

    /// Everything below is computed before: factors are read as a whole, an inverse by its matrix, ones not at all.
    fn tree_operands(&mut self, planned: &Planned, tree: &Tree) {
        let mut open = vec![tree];
        while let Some(tree) = open.pop() {
            if let Tree::Multiply(left, right) = tree {
                let top = planned.top(self.store, left, right);
                if let Top::Select(selecting) = top {
                    let value = if selecting == Side::Left { right } else { left };
                    match &**value {
                        Tree::Link(at) => self.factor_operand(planned, *at, false, Top::Multiply),
                        Tree::Multiply(..) => open.push(value),
                    }
                    continue;
                }
                for (side, other) in
                    [(left, top == Top::SolveLeft), (right, top == Top::SolveRight)]
                {
                    match &**side {
                        Tree::Link(at) => self.factor_operand(planned, *at, other, top),
                        Tree::Multiply(..) => open.push(side),
                    }
                }
            }
        }
    }

    fn factor_operand(&mut self, planned: &Planned, at: usize, solved: bool, top: Top) {
        let link = planned.chain.links[at];
        let Some(factor) = planned.chain.factors[at] else { return };
        if let (true, Some(base)) = (solved, link.node()) {
            return self.whole(base);
        }
        if let (Top::ScaleRows(v) | Top::ScaleColumns(v), Some(_)) =
            (top, link.diagonal(self.store))
        {
            return self.repeated(v, Uses::Loops);
        }
        match top {
            Top::Multiply | Top::SolveLeft | Top::SolveRight => self.whole(factor),
            Top::Outer
            | Top::ScaleRows(_)
            | Top::ScaleColumns(_)
            | Top::ColumnSums
            | Top::RowSums
            | Top::Select(_)
            | Top::Dot => self.repeated(factor, Uses::Loops),
        }
    }
}
