//! The arena of nodes, their shapes, and hash-consing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Family, Id, Node, Properties, Walk};
use crate::function::FunctionId;
use crate::number::Rational;
use crate::shape::{Dimension, Name, Shape};
use crate::source::Fault;
use crate::work;

/// Owns the nodes of one question.
#[derive(Clone, Debug, Default)]
pub struct Store {
    nodes: Vec<Node>,
    shapes: Vec<Shape>,
    properties: Vec<Properties>,
    /// Which nodes have only the entries 0 and 1.
    masks: Vec<bool>,
    hashes: Vec<u64>,
    /// The alphabetically first variable that occurs.
    leads: Vec<Option<Name>>,
    /// The sizes and indices that occur free, sorted.
    symbols: Vec<Arc<[Name]>>,
    ids: HashMap<Node, Id>,
    variables: BTreeMap<Name, Id>,
    /// Variables that stand for definitions.
    stand_ins: BTreeSet<Name>,
    sealed: BTreeSet<Id>,
    families: BTreeMap<Id, Family>,
    /// The functions that have been applied.
    functions: BTreeSet<FunctionId>,
    /// The names of unknown functions, by their numbers.
    unknown: Vec<Name>,
    fault: Option<Fault>,
}

impl Store {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of the unknown functions, in the order of their numbers.
    pub fn unknown_functions(&self) -> &[Name] {
        &self.unknown
    }

    /// Gives the unknown functions their names.
    pub fn name_functions(&mut self, names: Vec<Name>) {
        self.unknown = names;
    }

    /// The name of a function, and the order of the derivative of it that is meant.
    pub fn function_name(&self, function: FunctionId) -> (&str, usize) {
        match function.as_unknown() {
            Some((which, order)) => {
                let name = self.unknown.get(which).map(|name| &**name);
                (name.unwrap_or(function.row().name), order)
            }
            None => (function.row().name, 0),
        }
    }

    /// The operator and operands.
    pub fn node(&self, id: Id) -> &Node {
        work::count(1);
        &self.nodes[id.index()]
    }

    /// The shape.
    pub fn shape(&self, id: Id) -> &Shape {
        &self.shapes[id.index()]
    }

    /// What is known of the value beyond its shape.
    pub fn properties(&self, id: Id) -> Properties {
        self.properties[id.index()]
    }

    /// The content hash, equal for equal content on every machine: the order of commutative operands.
    pub fn hash(&self, id: Id) -> u64 {
        self.hashes[id.index()]
    }

    /// The alphabetically first variable that occurs: an order that readers recognise, the same in every store.
    pub(super) fn lead(&self, id: Id) -> Option<&Name> {
        self.leads[id.index()].as_ref()
    }

    /// Whether a size or index of that name occurs free in the value: in the place of an element, in a size. The formulas of
    /// families bind their own index and do not count.
    pub fn mentions(&self, id: Id, name: &str) -> bool {
        self.symbols[id.index()].binary_search_by(|symbol| (**symbol).cmp(name)).is_ok()
    }

    /// The family behind a [`Node::Family`].
    pub fn family(&self, id: Id) -> Option<&Family> {
        self.families.get(&id)
    }

    /// The family behind an id that is one by what was asked before.
    #[track_caller]
    pub(crate) fn known_family(&self, id: Id) -> Result<&Family, Fault> {
        let missing = || Fault::new("looking up a family", format!("node {} is none", id.index()));
        self.families.get(&id).ok_or_else(missing)
    }

    /// All families, in the order in which they were declared.
    pub fn families(&self) -> impl Iterator<Item = (Id, &Family)> {
        self.families.iter().map(|(id, family)| (*id, family))
    }

    pub(super) fn family_mut(&mut self, id: Id) -> Option<&mut Family> {
        self.families.get_mut(&id)
    }

    pub(super) fn add_family(
        &mut self,
        name: Name,
        shape: Shape,
        properties: Properties,
        family: Family,
    ) -> Id {
        let id = self.intern_with(Node::Family(name.clone()), shape, properties);
        self.variables.insert(name, id);
        self.families.insert(id, family);
        id
    }

    /// Whether the function has been applied to anything.
    pub fn applies(&self, function: FunctionId) -> bool {
        self.functions.contains(&function)
    }

    /// Declares the values made here to be worthless: a constructor or a pass came upon what cannot be. The first fault stays.
    /// Whoever evaluates, lowers or shows a value asks [`Store::fault`] first, so that constructors need no `Result`.
    pub(crate) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The fault under which values were made, if there was one.
    pub fn fault(&self) -> Result<(), Fault> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// Number of nodes made so far.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no node has been made.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Declares that sums never swallow the terms of this one: a sum that is used in many places stays one shared node, which
    /// keeps the gradient of a deep residual network linear in its depth.
    pub fn seal(&mut self, id: Id) {
        self.sealed.insert(id);
    }

    /// Whether the sum is kept whole inside other sums.
    pub fn is_sealed(&self, id: Id) -> bool {
        self.sealed.contains(&id)
    }

    /// The variable of that name, if it has been made.
    pub fn find_variable(&self, name: &str) -> Option<Id> {
        self.variables.get(name).copied()
    }

    /// All nodes reachable from the roots, children before parents. Costs what is reached.
    pub fn reachable(&self, roots: &[Id]) -> Vec<Id> {
        Walk::new().from(self, roots)
    }

    /// Whether no more than `limit` nodes are reachable from the root. Costs no more than `limit` visits.
    pub fn spans_at_most(&self, root: Id, limit: usize) -> bool {
        let mut seen = BTreeSet::from([root]);
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            self.node(id).for_each_child(|child| {
                if seen.len() <= limit && seen.insert(child) {
                    open.push(child);
                }
            });
            if seen.len() > limit {
                return false;
            }
        }
        true
    }

    /// The node made at that position.
    pub(crate) fn nth(&self, index: usize) -> Id {
        debug_assert!(index < self.nodes.len());
        Self::id_at(index)
    }

    fn id_at(index: usize) -> Id {
        // `intern_with` makes no node past the last id.
        Id(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// A variable. The first call with a name decides its shape and properties.
    pub fn variable(&mut self, name: &str, shape: Shape, properties: Properties) -> Id {
        let name = Name::from(name);
        if let Some(id) = self.variables.get(&name) {
            return *id;
        }
        let id = self.intern_with(Node::Variable(name.clone()), shape, properties);
        self.variables.insert(name, id);
        id
    }

    /// A variable that stands for a definition.
    pub fn stand_in(&mut self, name: &Name, shape: Shape, properties: Properties) -> Id {
        self.stand_ins.insert(name.clone());
        self.variable(name, shape, properties)
    }

    /// Whether the name is one of a definition, which before a bracket looks like that of a function.
    pub fn is_definition(&self, name: &str) -> bool {
        self.stand_ins.contains(name)
            || !self.variables.contains_key(name) && name.ends_with(|c: char| c.is_ascii_digit())
    }

    /// The id of a node in normal form; properties are deduced.
    pub(super) fn intern(&mut self, node: Node, shape: Shape) -> Id {
        if let Some(id) = self.ids.get(&node) {
            return *id;
        }
        let properties = super::property::deduce(self, &node);
        self.intern_with(node, shape, properties)
    }

    /// The id of a node with facts that its operands alone do not show.
    pub(super) fn intern_with(&mut self, node: Node, shape: Shape, properties: Properties) -> Id {
        if let Some(id) = self.ids.get(&node) {
            return *id;
        }
        let id = Self::id_at(self.nodes.len());
        if self.nodes.len() > u32::MAX as usize {
            self.fail(Fault::new("making a node", "the store is full"));
            return id;
        }
        if let Node::Apply { function, .. } = &node {
            self.functions.insert(*function);
        }
        self.hashes.push(self.content_hash(&node, &shape));
        self.leads.push(self.first_variable(&node));
        self.symbols.push(self.free_symbols(&node));
        self.masks.push(self.makes_mask(&node));
        self.nodes.push(node.clone());
        self.shapes.push(shape);
        self.properties.push(properties);
        self.ids.insert(node, id);
        id
    }

    /// The same expressions over other sizes and numbers, with the same ids: to be evaluated, as they are in no normal form.
    /// `shapes` are those that do not follow from `size` alone.
    pub(crate) fn resized(
        &self,
        size: &dyn Fn(&Dimension) -> Dimension,
        shapes: &BTreeMap<Id, Shape>,
        number: &dyn Fn(&Rational) -> Rational,
    ) -> Self {
        let mut other = self.clone();
        other.ids.clear();
        for index in 0..self.nodes.len() {
            let node = self.nodes[index].map_sizes(size).map_numbers(number);
            let shape = shapes.get(&Self::id_at(index)).cloned();
            other.shapes[index] = shape.unwrap_or_else(|| self.shapes[index].map_sizes(size));
            other.symbols[index] = other.free_symbols(&node);
            other.ids.insert(node.clone(), Self::id_at(index));
            other.nodes[index] = node;
        }
        for family in other.families.values_mut() {
            family.shape = family.shape.map_sizes(size);
            (family.from, family.to) = (size(&family.from), size(&family.to));
            for range in &mut family.outer {
                *range = range.map_sizes(size);
            }
            let short = family.short.iter_mut().flat_map(|short| &mut short.pieces);
            for piece in family.pieces.iter_mut().chain(short) {
                (piece.from, piece.to) = (size(&piece.from), size(&piece.to));
                for (from, to) in &mut piece.outer {
                    (*from, *to) = (size(from), size(to));
                }
            }
            if let Some(support) = &mut family.support {
                (support.from, support.to) = (size(&support.from), size(&support.to));
            }
        }
        other
    }

    /// Whether every entry is known to be 0 or 1 by what the value is made of.
    pub fn is_mask(&self, id: Id) -> bool {
        self.masks[id.index()]
    }

    /// Records facts that became known after the node was made.
    pub(super) fn learn(&mut self, id: Id, properties: Properties) {
        self.properties[id.index()] = properties;
    }

    fn first_variable(&self, node: &Node) -> Option<Name> {
        if let Node::Variable(name) | Node::Family(name) = node {
            return Some(name.clone());
        }
        let mut first: Option<&Name> = None;
        node.for_each_child(|child| {
            first = match (first, self.lead(child)) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        });
        first.cloned()
    }

    fn free_symbols(&self, node: &Node) -> Arc<[Name]> {
        let own: Vec<Name> = node.sizes().iter().flat_map(Dimension::symbols).collect();
        let children = node.children();
        if let ([only], true, false) =
            (children.as_slice(), own.is_empty(), matches!(node, Node::SumOver(..)))
        {
            return self.symbols[only.index()].clone();
        }
        let mut all: BTreeSet<Name> = BTreeSet::new();
        for child in children {
            all.extend(self.symbols[child.index()].iter().cloned());
        }
        if let Node::SumOver(range, _) = node {
            all.remove(&range.index);
        }
        all.extend(own);
        all.into_iter().collect()
    }

    fn content_hash(&self, node: &Node, shape: &Shape) -> u64 {
        let mut hash = Fnv::new();
        hash.text(&shape.to_string());
        match node {
            Node::Number(value) => hash.tag(1).text(&value.to_string()),
            Node::Size(size) => hash.tag(2).text(&size.to_string()),
            Node::Variable(name) => hash.tag(3).text(name),
            Node::Identity(_) => hash.tag(4),
            Node::Ones(..) => hash.tag(5),
            Node::Zeros(..) => hash.tag(6),
            Node::Commutation(m, n) => hash.tag(7).text(&format!("{m},{n}")),
            Node::Selection(selection) => hash.tag(29).text(&selection.from.to_string()),
            Node::Sum(terms) => {
                hash.tag(8);
                for term in terms {
                    hash.text(&term.coefficient.to_string()).word(self.hash(term.id));
                }
                &mut hash
            }
            Node::Product(_) => hash.tag(9),
            Node::Scale { .. } => hash.tag(10),
            Node::Hadamard(_) => hash.tag(11),
            Node::Transpose(_) => hash.tag(12),
            Node::Inverse(_) => hash.tag(13),
            Node::MatrixPower(..) => hash.tag(14),
            Node::Trace(_) => hash.tag(15),
            Node::Determinant(_) => hash.tag(16),
            Node::Total(_) => hash.tag(17),
            Node::Diagonal(_) => hash.tag(18),
            Node::DiagonalOf(_) => hash.tag(19),
            Node::Vectorize(_) => hash.tag(20),
            Node::Kronecker(..) => hash.tag(21),
            Node::Apply { function, .. } => {
                let (name, order) = self.function_name(*function);
                (0..order).fold(hash.tag(22).text(name), |hash, _| hash.text("'"))
            }
            Node::Family(name) => hash.tag(23).text(name),
            Node::Element(_, at) => hash.tag(24).text(&at.to_string()),
            Node::SumOver(range, _) => {
                hash.tag(25).text(&format!("{},{},{}", range.index, range.from, range.to))
            }
            Node::Tensor { operation, .. } => hash.tag(26).text(&format!("{operation:?}")),
        };
        node.for_each_child(|child| {
            hash.word(self.hash(child));
        });
        hash.finish()
    }
}

/// FNV-1a with a final mix; small, fixed, the same on every machine.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn tag(&mut self, tag: u8) -> &mut Self {
        self.byte(tag);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        text.bytes().for_each(|byte| self.byte(byte));
        self.byte(0xff);
        self
    }

    fn word(&mut self, word: u64) -> &mut Self {
        word.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
        self
    }

    fn finish(self) -> u64 {
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
