//! Sums over an index whose terms are made of entries: Σᵢ log xᵢ is the sum of log x, Σᵢ (yᵢ − wᵀxᵢ)² a sum over families.
//!
//! Names with the index of a sum below them are entries of arrays where the sum has a form in the notation of matrices (`contract`); it is
//! then written without its index. Where one of them is used as a vector, or where only a part of an array is summed, they are elements of
//! families, which are declared here.

use std::collections::BTreeMap;

use super::ast::{
    BinaryOperator, Declaration, ExprId, ExprKind, Program, Statement, StatementKind, Tree, Word,
};
use super::contract::{Bound, Contraction, Use};
use crate::number;
use crate::source::Span;

/// Functions that work on every entry, beside those of the language that the caller knows.
type IsEntrywise<'a> = &'a dyn Fn(&str) -> bool;

/// Sums that would become longer are left as they are.
const MOST_NODES: usize = 10_000;

/// The program with such sums brought to what the language has for them. Nothing else changes.
pub fn lifted(program: Program, is_entrywise: IsEntrywise<'_>) -> Program {
    let mut lift = Lift {
        old: &program.tree,
        tree: Tree::default(),
        places: vec![None; program.tree.nodes.len()],
        varies: varies(&program.tree),
        is_entrywise,
        families: Vec::new(),
        arrays: BTreeMap::new(),
        ends: BTreeMap::new(),
        uses_d: false,
        declarations: Vec::new(),
        notes: Vec::new(),
    };
    lift.read_declarations(&program.statements);
    let sums: Vec<ExprId> = ids(&program.tree).filter(|id| lift.is_sum_of_entries(*id)).collect();
    if sums.is_empty() {
        return program;
    }
    let (mut over_families, others) = lift.over_families(sums);
    // The outermost first: what is in them is theirs.
    let mut inside: Vec<ExprId> = Vec::new();
    for sum in others.into_iter().rev() {
        if inside.contains(&sum) {
            continue;
        }
        match lift.contracted(sum) {
            Some(place) => {
                lift.places[sum.0 as usize] = Some(place);
                inside.extend(below(&program.tree, sum));
            }
            None => over_families.push(sum),
        }
    }
    inside.sort_unstable();
    over_families.sort_unstable();
    for id in &over_families {
        lift.declare_families(*id);
    }
    for id in ids(&program.tree).filter(|id| inside.binary_search(id).is_err()) {
        if lift.places[id.0 as usize].is_none() {
            lift.copy(id);
        }
    }
    let mut statements = program.statements;
    for id in statements.iter_mut().flat_map(|statement| expressions(&mut statement.kind)) {
        *id = lift.place(*id);
    }
    statements.splice(0..0, lift.declarations);
    let notes = [program.notes, lift.notes].concat();
    in_order(Program { statements, tree: lift.tree, notes })
}

/// The program with each expression where it is used, in the order of the text, and without those that nothing uses.
fn in_order(mut program: Program) -> Program {
    let old = program.tree;
    let mut tree = Tree::default();
    for root in program.statements.iter_mut().flat_map(|it| expressions(&mut it.kind)) {
        let mut stack = vec![(*root, false)];
        let mut done: Vec<ExprId> = Vec::new();
        while let Some((id, is_open)) = stack.pop() {
            let node = old.get(id);
            let children = node.kind.children();
            if !is_open {
                stack.push((id, true));
                stack.extend(children.into_iter().rev().map(|child| (child, false)));
                continue;
            }
            let mut own = done.split_off(done.len() - children.len()).into_iter();
            let kind = node.kind.with_children(|child| own.next().unwrap_or(child));
            done.push(tree.push(kind, node.span));
        }
        *root = done.pop().unwrap_or(*root);
    }
    Program { tree, ..program }
}

/// Of each expression whether an index, or a sum over one, is in it.
fn varies(tree: &Tree) -> Vec<bool> {
    let indices: Vec<&str> = tree
        .nodes
        .iter()
        .filter_map(|node| match &node.kind {
            ExprKind::IndexedSum { index, .. } => Some(index.text.as_str()),
            _ => None,
        })
        .collect();
    let mut found: Vec<bool> = Vec::with_capacity(tree.nodes.len());
    for node in &tree.nodes {
        found.push(match &node.kind {
            ExprKind::Index { .. } | ExprKind::IndexedSum { .. } => true,
            ExprKind::Name(name) => indices.contains(&name.as_str()),
            kind => kind.children().iter().any(|child| found[child.0 as usize]),
        });
    }
    found
}

fn ids(tree: &Tree) -> impl DoubleEndedIterator<Item = ExprId> + use<> {
    (0..tree.nodes.len()).map(|at| ExprId(u32::try_from(at).unwrap_or(u32::MAX)))
}

/// The expressions below, without the one itself.
fn below(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut stack = vec![root];
    let mut found = Vec::new();
    while let Some(id) = stack.pop() {
        let children = tree.get(id).kind.children();
        found.extend(children.iter().copied());
        stack.extend(children);
    }
    found
}

/// The expressions that a statement holds.
fn expressions(statement: &mut StatementKind) -> Vec<&mut ExprId> {
    match statement {
        StatementKind::Declaration(declaration) => declaration.sizes.iter_mut().flatten().collect(),
        StatementKind::Definition { indices, value, ranges, .. } => {
            let ends = ranges.iter_mut().flat_map(|(_, from, to)| [from, to]);
            indices.iter_mut().chain([value]).chain(ends).collect()
        }
        StatementKind::Function { body, .. } => vec![body],
        StatementKind::Request { of, wrt, .. } => {
            let indices = wrt.iter_mut().flat_map(|by| by.indices.iter_mut());
            std::iter::once(of).chain(indices).collect()
        }
        StatementKind::Solve { equations, .. } => equations
            .iter_mut()
            .flat_map(|(left, right)| std::iter::once(left).chain(right.iter_mut()))
            .collect(),
        StatementKind::Sizes(_) => Vec::new(),
        StatementKind::Expression(value) => vec![value],
    }
}

struct Lift<'a> {
    old: &'a Tree,
    tree: Tree,
    /// Where each expression has gone.
    places: Vec<Option<ExprId>>,
    /// Whether an index is in it.
    varies: Vec<bool>,
    is_entrywise: IsEntrywise<'a>,
    /// Names of families, and of arrays with sizes that are not compared.
    families: Vec<String>,
    /// The sides of other arrays, as far as they are known.
    arrays: BTreeMap<String, Vec<Option<Size>>>,
    /// The last index of a family, where a sum says it.
    ends: BTreeMap<String, Size>,
    /// Whether a formula has a d, beside declarations.
    uses_d: bool,
    declarations: Vec<Statement>,
    notes: Vec<String>,
}

/// How many values an index has: a number, or a name and what is added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Size {
    name: Option<String>,
    plus: i64,
}

impl Size {
    pub(super) fn of(tree: &Tree, id: ExprId) -> Option<Self> {
        match &tree.get(id).kind {
            ExprKind::Name(name) => Some(Self { name: Some(name.clone()), plus: 0 }),
            ExprKind::Number(value) => Some(Self { name: None, plus: number::to_i64(value)? }),
            ExprKind::Binary { operator, left, right, .. } => {
                let (left, right) = (Self::of(tree, *left)?, Self::of(tree, *right)?);
                let plus = match (operator, &right.name) {
                    (BinaryOperator::Add, None) => left.plus.checked_add(right.plus)?,
                    (BinaryOperator::Subtract, None) => left.plus.checked_sub(right.plus)?,
                    _ => return None,
                };
                Some(Self { plus, ..left })
            }
            _ => None,
        }
    }

    pub(super) fn number(value: i64) -> Self {
        Self { name: None, plus: value }
    }

    /// So much more.
    pub(super) fn plus(&self, more: i64) -> Option<Self> {
        Some(Self { name: self.name.clone(), plus: self.plus.checked_add(more)? })
    }

    fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), plus: 0 }
    }

    pub(super) fn written(&self, tree: &mut Tree, span: Span) -> ExprId {
        let mut number = |value: i64| {
            let value = number::integer(value);
            tree.push(ExprKind::Number(value), span)
        };
        let Some(name) = &self.name else { return number(self.plus) };
        if self.plus == 0 {
            return tree.push(ExprKind::Name(name.clone()), span);
        }
        let right = number(self.plus.abs());
        let left = tree.push(ExprKind::Name(name.clone()), span);
        let is_less = self.plus < 0;
        let operator = if is_less { BinaryOperator::Subtract } else { BinaryOperator::Add };
        tree.push(ExprKind::Binary { operator, operator_span: span, left, right }, span)
    }
}

impl Lift<'_> {
    fn read_declarations(&mut self, statements: &[Statement]) {
        for statement in statements {
            if !matches!(statement.kind, StatementKind::Declaration(_)) {
                let mut kind = statement.kind.clone();
                let is_d = |id: &ExprId| matches!(&self.old.get(*id).kind, ExprKind::Name(name) if name == "d");
                self.uses_d |= expressions(&mut kind)
                    .into_iter()
                    .any(|id| is_d(id) || below(self.old, *id).iter().any(is_d));
            }
            match &statement.kind {
                StatementKind::Declaration(declaration) => {
                    let name = declaration.name.text.clone();
                    let sizes: Vec<Option<Size>> = declaration
                        .sizes
                        .iter()
                        .flatten()
                        .map(|size| Size::of(self.old, *size))
                        .collect();
                    if declaration.indices.is_empty() && sizes.iter().all(Option::is_some) {
                        self.arrays.insert(name, sizes);
                    } else {
                        self.families.push(name);
                    }
                }
                StatementKind::Definition { name, indices, .. } if !indices.is_empty() => {
                    self.families.push(name.text.clone());
                }
                _ => {}
            }
        }
    }

    /// Whether it is a sum over an index that stands below names, none of which is said to be a family.
    fn is_sum_of_entries(&self, id: ExprId) -> bool {
        let ExprKind::IndexedSum { index, body, .. } = &self.old.get(id).kind else { return false };
        let bases = self.bases(*body, &index.text, 2);
        !bases.is_empty() && !bases.iter().any(|base| self.families.contains(base))
    }

    /// The names with this index, and at most so many in all. Written as on paper, xᵢ, the name is all there is; x[i] is an element of a
    /// family in the language, unless x is an array.
    fn bases(&self, root: ExprId, index: &str, most: usize) -> Vec<String> {
        let mut all = below(self.old, root);
        all.push(root);
        let is_name =
            |id: &ExprId| matches!(&self.old.get(*id).kind, ExprKind::Name(name) if name == index);
        // x[i+1]
        let is_near = |base: &Word, id: ExprId| {
            self.arrays.contains_key(&base.text) && below(self.old, id).iter().any(is_name)
        };
        let mut found: Vec<String> = Vec::new();
        for id in all {
            let node = self.old.get(id);
            if let ExprKind::Index { base, indices } = &node.kind
                && (base.span == node.span || self.arrays.contains_key(&base.text))
                && indices.len() <= most
                && indices.iter().any(|id| is_name(id) || is_near(base, *id))
                && !found.contains(&base.text)
            {
                found.push(base.text.clone());
            }
        }
        found
    }

    fn place(&self, id: ExprId) -> ExprId {
        self.places[id.0 as usize].unwrap_or(ExprId(u32::MAX))
    }

    fn copy(&mut self, id: ExprId) {
        let node = self.old.get(id);
        let mut kind = node.kind.with_children(|child| self.place(child));
        if let (ExprKind::IndexedSum { to, .. }, Some(end)) = (&mut kind, self.end_elsewhere(id)) {
            *to = end.written(&mut self.tree, node.span);
        }
        self.places[id.0 as usize] = Some(self.tree.push(kind, node.span));
    }

    /// Where a sum ends of which that is not said: where another over the same family does.
    fn end_elsewhere(&self, id: ExprId) -> Option<Size> {
        let ExprKind::IndexedSum { index, to, body, .. } = &self.old.get(id).kind else {
            return None;
        };
        if self.old.get(*to).span != index.span {
            return None;
        }
        self.bases(*body, &index.text, 1).iter().find_map(|base| self.ends.get(base).cloned())
    }

    /// The sums whose terms hold elements of families, and the others: vectors under a single sum are such elements, and what is one in
    /// one sum is one in all.
    fn over_families(&self, sums: Vec<ExprId>) -> (Vec<ExprId>, Vec<ExprId>) {
        let parts = |id: ExprId| match &self.old.get(id).kind {
            ExprKind::IndexedSum { index, body, .. } => Some((*body, index.text.as_str())),
            _ => None,
        };
        let nested: Vec<ExprId> = sums.iter().flat_map(|sum| below(self.old, *sum)).collect();
        let is_single = |id: &ExprId| {
            let holds = |id: &ExprId| parts(*id).is_some();
            !nested.contains(id) && !below(self.old, *id).iter().any(holds)
        };
        let holds_vectors = |id: &ExprId| {
            parts(*id).is_some_and(|(body, index)| !self.vectors(body, index).is_empty())
        };
        let bases = |id: ExprId| match parts(id) {
            Some((body, index)) => self.bases(body, index, 1),
            None => Vec::new(),
        };
        // With W_ij about it x_i is a row of a matrix.
        let is_entry = |id: &ExprId| matches!(&self.old.get(*id).kind, ExprKind::Index { indices, .. } if indices.len() > 1);
        let beside: Vec<String> = sums
            .iter()
            .filter(|id| below(self.old, **id).iter().any(is_entry))
            .flat_map(|id| bases(*id))
            .collect();
        let is_row = |id: &ExprId| bases(*id).iter().any(|base| beside.contains(base));
        let (mut found, mut others): (Vec<ExprId>, Vec<ExprId>) =
            sums.into_iter().partition(|id| is_single(id) && holds_vectors(id) && !is_row(id));
        loop {
            let elements: Vec<String> = found.iter().flat_map(|id| bases(*id)).collect();
            let is_one = |id: &ExprId| bases(*id).iter().any(|base| elements.contains(base));
            let (more, rest): (Vec<ExprId>, Vec<ExprId>) = others.into_iter().partition(is_one);
            others = rest;
            if more.is_empty() {
                return (found, others);
            }
            found.extend(more);
        }
    }

    /// The sum in the notation of matrices, where it has one.
    fn contracted(&mut self, id: ExprId) -> Option<ExprId> {
        let inside = below(self.old, id);
        let is_family = |id: &ExprId| matches!(&self.old.get(*id).kind, ExprKind::Index { base, .. } if self.families.contains(&base.text));
        if inside.iter().any(is_family) {
            return None;
        }
        let varies = |id: ExprId| self.varies[id.0 as usize];
        let mut contraction =
            Contraction::new(self.old, &mut self.tree, &self.arrays, self.is_entrywise, &varies);
        let value = contraction.sum(id)?;
        if contraction.length(value) > MOST_NODES {
            return None;
        }
        let (uses, bound) = (contraction.uses, contraction.bound);
        self.declare_arrays(&uses, &bound, self.old.get(id).span)?;
        Some(value)
    }

    /// Declares the arrays by the values of their indices; none where these are a part of an array, or contradict each other.
    fn declare_arrays(&mut self, uses: &[Use], bound: &[Bound], span: Span) -> Option<()> {
        let mut arrays = self.arrays.clone();
        for Use { base, side, sides, .. } in uses {
            let known = arrays.entry(base.clone()).or_insert_with(|| vec![None; *sides]);
            // `b: vector` says no size.
            if known.is_empty() {
                known.resize(*sides, None);
            }
            if known.len() != *sides || side >= sides {
                return None;
            }
        }
        let mut counts: Vec<Option<Size>> = Vec::with_capacity(bound.len());
        for (at, index) in bound.iter().enumerate() {
            counts.push(match index.range {
                Some((from, to)) if !index.is_open => {
                    let first = Size::of(self.old, from)?;
                    let (count, None) = (Size::of(self.old, to)?, first.name) else {
                        return None;
                    };
                    // From the first to the last. What is counted as a whole is so from 1, some from 0.
                    if !matches!(first.plus, 0 | 1) && uses.iter().any(|it| it.index == at) {
                        return None;
                    }
                    Some(count.plus(1_i64.checked_sub(first.plus)?)?)
                }
                _ => None,
            });
        }
        loop {
            agree(uses, &mut arrays, &mut counts)?;
            let Some(open) = counts.iter().position(Option::is_none) else { break };
            let end = bound[open].range.map(|(_, to)| &self.old.get(to).kind);
            let is_free = |name: &str| !counts.contains(&Some(Size::named(name)));
            counts[open] = Some(match end {
                Some(ExprKind::Name(name)) if is_free(name) => Size::named(name),
                Some(_) => self.unmentioned(&["n", "m", "k", "p", "N", "M", "K"], &is_free),
                None => self.unmentioned(&["d", "p", "q", "r"], &is_free),
            });
        }
        for (name, sizes) in &arrays {
            if self.arrays.contains_key(name) {
                continue;
            }
            // xᵢ is a vector.
            let is_component = |it: &&Use| it.base == *name && bound[it.index].range.is_none();
            if let Some(Use { sides: 2, .. }) = uses.iter().find(is_component)
                && uses.iter().any(|it| it.base == *name && bound[it.index].range.is_some())
            {
                self.notes
                    .push(format!("{name} as the matrix whose rows are the vectors of {name}"));
            }
            let sizes =
                sizes.iter().flatten().map(|size| size.written(&mut self.tree, span)).collect();
            let name = Word { text: name.clone(), span };
            let (indices, properties) = (Vec::new(), Vec::new());
            let declared = Declaration { name, indices, sizes: Some(sizes), properties };
            self.declarations.push(Statement { kind: StatementKind::Declaration(declared), span });
        }
        self.arrays = arrays;
        Some(())
    }

    /// A name for a size of which nothing is said.
    fn unmentioned(&self, names: &[&str], is_free: &dyn Fn(&str) -> bool) -> Size {
        let is_mentioned = |name: &str| {
            self.old
                .nodes
                .iter()
                .any(|node| matches!(&node.kind, ExprKind::Name(other) if other == name))
        };
        let names = names.iter().map(|name| (*name).to_owned());
        let mut all = names.chain((1..).map(|at| format!("n{at}")));
        let free = all.find(|name| is_free(name) && !is_mentioned(name));
        Size::named(&free.unwrap_or_default())
    }

    /// The names with this index that are used as vectors, or with a capital as matrices: transposed, beside something transposed or a
    /// matrix, under a norm, in a determinant.
    fn vectors(&self, root: ExprId, index: &str) -> Vec<String> {
        let tree = self.old;
        // A, A_k, A_k⁻¹
        let is_capital = |id: ExprId| {
            let base = match &tree.get(id).kind {
                ExprKind::Binary { operator: BinaryOperator::Power, left, .. } => *left,
                _ => id,
            };
            match &tree.get(base).kind {
                ExprKind::Name(name) => name.starts_with(char::is_uppercase),
                ExprKind::Index { base, .. } => base.text.starts_with(char::is_uppercase),
                _ => false,
            }
        };
        let of_arrays = |name: &str| {
            name.starts_with("norm") || matches!(name, "inner" | "det" | "logdet" | "tr" | "inv")
        };
        let is_transposed = |id: ExprId| matches!(tree.get(id).kind, ExprKind::Transpose(_));
        // Beside it in y·wᵀ·x stands wᵀ.
        let last = |mut id: ExprId| {
            while let ExprKind::Binary { operator: BinaryOperator::Multiply, right, .. } =
                &tree.get(id).kind
            {
                id = *right;
            }
            id
        };
        let mut all = below(tree, root);
        all.push(root);
        let mut found: Vec<String> = Vec::new();
        for id in all {
            let parts: Vec<ExprId> = match &tree.get(id).kind {
                ExprKind::Transpose(a) => vec![*a],
                ExprKind::Call { function, arguments } if of_arrays(&function.text) => {
                    arguments.clone()
                }
                ExprKind::Binary { operator: BinaryOperator::Multiply, left, right, .. }
                    if is_transposed(last(*left)) || is_capital(last(*left)) =>
                {
                    vec![*right]
                }
                _ => continue,
            };
            // Not through sums with numbers: what stands directly there, or in a sum.
            let mut stack = parts;
            while let Some(part) = stack.pop() {
                match &tree.get(part).kind {
                    ExprKind::Index { base, .. }
                        if !self.bases(part, index, 1).is_empty()
                            && !found.contains(&base.text) =>
                    {
                        found.push(base.text.clone());
                    }
                    ExprKind::Negate(a) => stack.push(*a),
                    ExprKind::Binary {
                        operator: BinaryOperator::Add | BinaryOperator::Subtract,
                        left,
                        right,
                        ..
                    } => stack.extend([*left, *right]),
                    ExprKind::Binary {
                        operator: BinaryOperator::Power | BinaryOperator::Multiply,
                        left,
                        right,
                        ..
                    } => stack.extend([*left, *right].into_iter().filter(|id| is_capital(*id))),
                    _ => {}
                }
            }
        }
        found
    }

    /// Declares the names with the index of the sum as families.
    fn declare_families(&mut self, id: ExprId) {
        let node = self.old.get(id);
        let ExprKind::IndexedSum { index, to, body, .. } = &node.kind else { return };
        let vectors = self.vectors(*body, &index.text);
        let is_said = self.old.get(*to).span != index.span;
        let end = Size::of(self.old, *to).filter(|_| is_said);
        for base in self.bases(*body, &index.text, 1) {
            if let Some(end) = &end {
                self.ends.entry(base.clone()).or_insert_with(|| end.clone());
            }
            if self.arrays.contains_key(&base) || self.families.contains(&base) {
                continue;
            }
            let word = |text: &str| Word { text: text.to_owned(), span: node.span };
            // A_k is a matrix, x_i a column.
            let is_array = vectors.contains(&base);
            let is_matrix = is_array && base.starts_with(char::is_uppercase);
            // Where d is a number of the formula it is no size.
            let word_of_shape = match (is_matrix, is_array && self.uses_d) {
                (true, _) => Some("matrix"),
                (false, true) => Some("vector"),
                (false, false) => None,
            };
            let size = is_array.then(|| Size::named("d").written(&mut self.tree, node.span));
            let declaration = Declaration {
                name: word(&base),
                indices: vec![word(&index.text)],
                sizes: word_of_shape.is_none().then(|| size.into_iter().collect()),
                properties: word_of_shape.map(word).into_iter().collect(),
            };
            let kind = StatementKind::Declaration(declaration);
            self.declarations.push(Statement { kind, span: node.span });
            self.families.push(base);
        }
    }
}

/// Carries what is known of sizes from indices to sides and back; none where it contradicts itself.
fn agree(
    uses: &[Use],
    arrays: &mut BTreeMap<String, Vec<Option<Size>>>,
    counts: &mut [Option<Size>],
) -> Option<()> {
    loop {
        let mut has_changed = false;
        for Use { base, side, index, .. } in uses {
            let known = &mut arrays.get_mut(base)?[*side];
            match (&known, &counts[*index]) {
                (Some(size), Some(count)) if size != count => return None,
                (None, Some(count)) => *known = Some(count.clone()),
                (Some(size), None) => counts[*index] = Some(size.clone()),
                _ => continue,
            }
            has_changed = true;
        }
        if !has_changed {
            return Some(());
        }
    }
}
