//! Whether undeclared names are numbers, columns or matrices. Letters only prefer, shapes decide: of all readings that fit, the one that
//! departs least from what letters and the writing say; where two do so equally, the reader is asked.
//!
//! | module | holds |
//! |---|---|
//! | `table` | ways to read a part, the cheapest for each kind of the names it shares |
//! | `rule` | what kinds come of kinds |
//! | `question` | what is asked where several readings are equally good |

mod question;
mod rule;
mod table;

use std::collections::BTreeMap;

use num_traits::Zero;

use super::builtin::{self, Builtin};
use super::error::ElaborateError;
use super::families::Families;
use super::is_entrywise;
use super::scope::Scope;
use super::typer::{is_constant, shapes_of};
use super::walk::Walker;
use super::written::in_order;
use crate::function;
use crate::shape::Shape;
use crate::syntax::ast::{ExprId, ExprKind, RequestKind, StatementKind, Word};
use question::roots;
use rule::Part;
pub(crate) use table::Kind;
use table::{Assignment, Cost, Name, Names, Table, TooOpen};

/// Names beyond are taken as their letters say.
const MOST_NAMES: usize = 200;

/// What undeclared names were taken for in an earlier answer.
pub(crate) type Kinds = BTreeMap<String, Kind>;

impl Kind {
    /// Of a value of that shape.
    pub(crate) fn of(shape: &Shape) -> Option<Self> {
        match (shape.is_tensor(), shape.rows().is_one(), shape.columns().is_one()) {
            (true, ..) => None,
            (false, true, true) => Some(Self::Scalar),
            (false, false, true) => Some(Self::Column),
            (false, true, false) => Some(Self::Row),
            (false, false, false) => Some(Self::Matrix),
        }
    }

    /// What declares it without a size; a row has no such word.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Scalar => Some("scalar"),
            Self::Column => Some("vector"),
            Self::Row => None,
            Self::Matrix => Some("matrix"),
        }
    }

    /// The kind in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Column => "a column",
            Self::Row => "a row",
            Self::Matrix => "a matrix",
        }
    }
}

/// What the first letter says: `a` to `g` and small Greek letters are scalars, `h` to `z` columns, capitals matrices.
pub(crate) fn preferred(name: &str) -> Kind {
    // ŷ is a column as y is.
    match crate::syntax::letters(name).first().map(|(letter, _)| *letter) {
        Some('h'..='z') => Kind::Column,
        Some(letter) if letter.is_uppercase() => Kind::Matrix,
        _ => Kind::Scalar,
    }
}

/// The kinds that a name may have, with what it costs to depart from what it is expected to be.
fn kinds(preferred: Kind) -> Vec<(Kind, Cost)> {
    let free = Cost::default();
    let case = Cost { case: 1, ..free };
    match preferred {
        Kind::Matrix => vec![(Kind::Scalar, case), (Kind::Column, case), (Kind::Matrix, free)],
        Kind::Column => vec![
            (Kind::Scalar, Cost { scalars: 1, ..free }),
            (Kind::Column, free),
            (Kind::Matrix, case),
        ],
        _ => vec![
            (Kind::Scalar, free),
            (Kind::Column, Cost { columns: 1, ..free }),
            (Kind::Matrix, case),
        ],
    }
}

/// What a name stands for.
enum Leaf {
    /// Something whose kind is known, or cannot be.
    Known(Vec<Kind>),
    /// A name that was not declared, or a definition, by its number.
    Sought(usize),
}

/// The names of a program whose kinds are sought.
struct Search<'w, 'p> {
    scope: &'w Scope<'p>,
    families: &'w Families<'p>,
    /// What is asked of the last formula, where the program does not say it.
    asked: Option<RequestKind>,
    numbers: BTreeMap<&'p str, usize>,
    /// Names of definitions, which may be of any kind, and undeclared ones.
    names: Names,
    /// What each expression is to the one above it.
    parts: Vec<Part>,
}

/// What is asked of the readings.
#[derive(Clone, Debug, Default)]
struct Terms {
    /// Names whose kinds are settled.
    settled: BTreeMap<usize, Kind>,
    /// Whether what has a gradient must be a scalar.
    scalar: bool,
    /// Whether no number may be added to an array.
    strict: bool,
}

impl Walker<'_> {
    /// Finds the kinds of undeclared names where their letters do not fit.
    pub(super) fn infer_kinds(&mut self, asked: Option<RequestKind>) -> Result<(), ElaborateError> {
        self.departing_kinds(asked)?;
        self.note_changes();
        Ok(())
    }

    fn departing_kinds(&mut self, asked: Option<RequestKind>) -> Result<(), ElaborateError> {
        let search = Search::new(&self.scope, &self.families, asked);
        if search.names.0.is_empty() || search.names.0.len() > MOST_NAMES {
            return Ok(());
        }
        let Ok(readings) = search.readings() else { return Ok(()) };
        let found = search.departures(&readings);
        match found.as_slice() {
            [] => {}
            [only] if search.is_plain() && only.iter().any(|(_, kind)| *kind == Kind::Scalar) => {
                self.scope.kinds = search.all_scalars().into_iter().collect();
            }
            [only] => {
                for (name, kind) in only.iter().filter(|(name, _)| !self.scope.is_before(name)) {
                    self.typer.note(format!("{name} as {}", kind.words()));
                }
                self.scope.kinds = only.iter().cloned().collect();
            }
            several => {
                let (readings, choices) = search.question(several);
                let span = self.scope.program.statements.last().map(|s| s.span).unwrap_or_default();
                return Err(ElaborateError::Readings { readings, choices, span });
            }
        }
        Ok(())
    }
}

impl Walker<'_> {
    /// Says of names that an earlier answer took for something else than their letters whether that still holds.
    fn note_changes(&mut self) {
        let (scope, families) = (&self.scope, &self.families);
        let mut notes = Vec::new();
        for node in &scope.program.tree.nodes {
            if let ExprKind::Name(name) = &node.kind
                && let Some(before) = scope.before.get(name)
                && scope.is_undeclared(name, families)
            {
                let now = scope.assumed_kind(name);
                let how = if now == *before { "as before" } else { "unlike before" };
                notes.push(format!("{name} as {}, {how}", now.words()));
            }
        }
        for note in notes {
            self.typer.note(note);
        }
    }
}

impl Scope<'_> {
    /// Whether nothing says what the name is.
    fn is_undeclared(&self, name: &str, families: &Families<'_>) -> bool {
        !(self.is_defined(name)
            || self.find_variable(name).is_some()
            || families.find(name).is_some()
            || self.is_size_or_index(name)
            || matches!(name, "I" | "eye" | "ones" | "rows" | "columns")
            || self.is_sized_constant(name)
            || self.is_function(name)
            || function::find(name).is_some_and(is_constant))
    }
}

impl<'w, 'p> Search<'w, 'p> {
    fn new(scope: &'w Scope<'p>, families: &'w Families<'p>, asked: Option<RequestKind>) -> Self {
        let (numbers, names, parts) = (BTreeMap::new(), Names::default(), Vec::new());
        let mut search = Self { scope, families, asked, numbers, names, parts };
        for statement in &scope.program.statements {
            for root in roots(&statement.kind) {
                for id in search.below(root) {
                    if let ExprKind::Name(name) = scope.kind(id) {
                        search.note(name);
                    }
                }
            }
            if let StatementKind::Definition { name, indices, .. } = &statement.kind
                && indices.is_empty()
            {
                search.note(&name.text);
            }
        }
        // Without names to decide there is nothing to look for.
        if !search.numbers.keys().any(|name| search.is_undeclared(name)) {
            search.names.0.clear();
            return search;
        }
        for node in &scope.program.tree.nodes {
            let part = search.part(&node.kind);
            search.parts.push(part);
        }
        search
    }

    fn note(&mut self, name: &'p str) {
        let is_definition = self.scope.is_defined(name);
        if !is_definition && !self.is_undeclared(name) {
            return;
        }
        if let Some(number) = self.numbers.get(name) {
            self.names.0[*number].occurrences += 1;
            return;
        }
        self.numbers.insert(name, self.names.0.len());
        let any = || Kind::ALL.into_iter().map(|kind| (kind, Cost::default())).collect();
        let is_exponent = self.scope.is_exponent(name);
        self.names.0.push(Name {
            kinds: match () {
                () if is_definition => any(),
                () if is_exponent => vec![(Kind::Scalar, Cost::default())],
                () => kinds(self.scope.preferred(name)),
            },
            occurrences: 1,
        });
    }

    fn is_undeclared(&self, name: &str) -> bool {
        self.scope.is_undeclared(name, self.families)
    }

    /// The expressions that are values, operands before what uses them.
    fn below(&self, root: ExprId) -> Vec<ExprId> {
        in_order(root, |id| match self.scope.kind(id) {
            ExprKind::Index { .. } | ExprKind::Substitute { .. } | ExprKind::Range(_) => Vec::new(),
            ExprKind::Part { of, .. } => vec![*of],
            ExprKind::IndexedSum { body, .. } => vec![*body],
            ExprKind::Call { function, arguments } => self.values(function, arguments).to_vec(),
            kind => kind.children(),
        })
    }

    /// The arguments that are values.
    fn values<'a>(&self, function: &Word, arguments: &'a [ExprId]) -> &'a [ExprId] {
        let scope = self.scope;
        if scope.derivative(function).is_some() {
            return &arguments[..arguments.len().min(1)];
        }
        if scope.is_own_function(&function.text) {
            return scope.value_arguments(arguments);
        }
        match builtin::find(&function.text) {
            Some(builtin) => {
                let values = scope.value_arguments(arguments);
                &values[..values.len().min(builtin.sizes_from())]
            }
            None => scope.value_arguments(arguments),
        }
    }

    /// The best readings; none where the letters decide, or where nothing fits.
    fn readings(&self) -> Result<Vec<Assignment>, TooOpen> {
        let scalar = |terms: &Terms| Terms { scalar: true, ..terms.clone() };
        let letters = Terms { settled: self.letters(&|_| true), ..Terms::default() };
        let is_free = |table: &Table| table.least() == Some(Cost::default());
        if is_free(&self.program(&scalar(&letters))?) {
            return Ok(Vec::new());
        }
        // What is a word, not a letter, tells little of its kind.
        let is_letter = |name: &str| name.chars().filter(|c| c.is_alphabetic()).count() == 1;
        if is_free(&self.program(&letters)?) {
            let others = Terms { settled: self.letters(&is_letter), ..Terms::default() };
            return Ok(self.program(&scalar(&others))?.cheapest());
        }
        let open = Terms::default();
        let any = self.program(&open)?;
        let wanted = self.program(&scalar(&open))?;
        if any.least() == wanted.least() {
            return Ok(wanted.cheapest());
        }
        // Arrays are not given up for the gradient alone, unless numbers would have to be added to them otherwise.
        let strict = Terms { strict: true, ..Terms::default() };
        let wanted = self.program(&scalar(&strict))?;
        if wanted.least().is_some() && wanted.least() == self.program(&strict)?.least() {
            return Ok(wanted.cheapest());
        }
        let found = any.cheapest();
        if let [only] = found.as_slice() {
            let settled = only.iter().filter(|(number, _)| {
                self.numbers.iter().any(|(name, other)| other == number && is_letter(name))
            });
            let others = Terms { settled: settled.copied().collect(), ..Terms::default() };
            let words = self.program(&scalar(&others))?.cheapest();
            if !words.is_empty() {
                return Ok(words);
            }
        }
        Ok(found)
    }

    /// The kinds that letters say, of the undeclared names for which that is asked.
    fn letters(&self, asked: &dyn Fn(&str) -> bool) -> BTreeMap<usize, Kind> {
        let names = self.numbers.iter().filter(|(name, _)| self.is_undeclared(name) && asked(name));
        names.map(|(name, number)| (*number, self.scope.preferred(name))).collect()
    }

    /// All statements under one table.
    fn program(&self, terms: &Terms) -> Result<Table, TooOpen> {
        let any = |_, _| vec![(Kind::Scalar, Cost::default())];
        let same = |a, b| if a == b { vec![(a, Cost::default())] } else { Vec::new() };
        let statements = &self.scope.program.statements;
        let mut all = Table::fixed([Kind::Scalar]);
        for (at, statement) in statements.iter().enumerate() {
            let mut tables = Vec::new();
            if let StatementKind::Solve { equations, .. } = &statement.kind {
                for (left, right) in equations {
                    let mut table = self.expression(*left, terms)?;
                    if let Some(right) = right {
                        let is_number = self.parts[right.0 as usize].is_number;
                        let other = self.expression(*right, terms)?;
                        table = match self.scope.kind(*right) {
                            // `A*x = 0`
                            ExprKind::Number(value) if value.is_zero() => {
                                table.join(&other, &self.names, any)?
                            }
                            _ if is_number => {
                                table.join(&other, &self.names, rule::equal_number)?
                            }
                            _ => table.join(&other, &self.names, same)?,
                        };
                    }
                    all = all.join(&table, &self.names, any)?;
                }
                continue;
            }
            for root in roots(&statement.kind) {
                tables.push(self.expression(root, terms)?);
            }
            let asked = match &statement.kind {
                StatementKind::Request { kind, .. } => Some(*kind),
                // A formula alone asks for its gradient, where it has one.
                StatementKind::Expression(_) if at + 1 == statements.len() => {
                    self.asked.or(Some(RequestKind::Gradient))
                }
                _ if at + 1 == statements.len() => self.asked,
                _ => None,
            };
            if terms.scalar && asked.is_some_and(RequestKind::needs_scalar) {
                tables.push(Table::fixed([Kind::Scalar]));
            }
            if let StatementKind::Definition { name, indices, .. } = &statement.kind
                && indices.is_empty()
            {
                tables.push(self.leaf_table(self.leaf(&name.text), terms));
            }
            let mut tables = tables.into_iter();
            let Some(mut table) = tables.next() else { continue };
            for other in tables {
                table = table.join(&other, &self.names, same)?;
            }
            all = all.join(&table, &self.names, any)?;
        }
        Ok(all)
    }

    fn leaf(&self, name: &str) -> Leaf {
        if let Some(number) = self.numbers.get(name) {
            return Leaf::Sought(*number);
        }
        let scope = self.scope;
        let known = |kind: Kind| Leaf::Known(vec![kind]);
        if let Some(index) = scope.find_variable(name) {
            let extent = &scope.variables[index].extent;
            if extent.is_tensor() {
                return Leaf::Known(Kind::ALL.to_vec());
            }
            return known(match (extent.rows.is_one(), extent.columns.is_one()) {
                (true, true) => Kind::Scalar,
                (false, true) => Kind::Column,
                (true, false) => Kind::Row,
                (false, false) => Kind::Matrix,
            });
        }
        match name {
            "I" | "eye" => known(Kind::Matrix),
            _ if scope.is_sized_constant(name) => known(Kind::Matrix),
            "ones" => known(Kind::Column),
            _ if function::find(name).is_some_and(is_constant) => known(Kind::Scalar),
            _ if scope.is_size_or_index(name) => known(Kind::Scalar),
            _ => Leaf::Known(Kind::ALL.to_vec()),
        }
    }

    fn leaf_table(&self, leaf: Leaf, terms: &Terms) -> Table {
        match leaf {
            Leaf::Known(kinds) => Table::fixed(kinds),
            Leaf::Sought(number) => match terms.settled.get(&number) {
                Some(kind) => Table::fixed([*kind]),
                None => self.names.table(number),
            },
        }
    }

    fn expression(&self, root: ExprId, terms: &Terms) -> Result<Table, TooOpen> {
        let order = self.below(root);
        let first = order.first().map_or(0, |id| id.0);
        let at = |id: ExprId| (id.0 - first) as usize;
        let mut tables: Vec<Option<Table>> = vec![None; at(root) + 1];
        for id in order {
            let mut take = |id: ExprId| tables[at(id)].take().unwrap_or(Table::fixed(Kind::ALL));
            tables[at(id)] = Some(self.node(id, &mut take, terms)?);
        }
        Ok(tables[at(root)].take().unwrap_or(Table::fixed(Kind::ALL)))
    }

    fn node(
        &self,
        id: ExprId,
        take: &mut dyn FnMut(ExprId) -> Table,
        terms: &Terms,
    ) -> Result<Table, TooOpen> {
        Ok(match self.scope.kind(id) {
            ExprKind::Number(_) => Table::fixed([Kind::Scalar]),
            ExprKind::Name(name) => self.leaf_table(self.leaf(name), terms),
            ExprKind::Negate(a) => take(*a),
            ExprKind::Transpose(a) => {
                let part = self.parts[a.0 as usize];
                take(*a).map(|kind| rule::transposed(kind, part))
            }
            ExprKind::Binary { operator, left, right, .. } => {
                let [l, r] = [left, right].map(|id| self.parts[id.0 as usize]);
                take(*left).join(&take(*right), &self.names, |a, b| {
                    let mut results = rule::binary(*operator, (a, l), (b, r));
                    results.retain(|(_, cost)| !(terms.strict && cost.broadcasts > 0));
                    results
                })?
            }
            ExprKind::IndexedSum { body, .. } => take(*body),
            ExprKind::Call { function, arguments } => self.call(function, arguments, take)?,
            // An element, a part, blocks: of any kind.
            _ => Table::fixed(Kind::ALL),
        })
    }

    fn call(
        &self,
        function: &Word,
        arguments: &[ExprId],
        take: &mut dyn FnMut(ExprId) -> Table,
    ) -> Result<Table, TooOpen> {
        let scope = self.scope;
        if let ([argument], Some(_)) = (arguments, scope.unknown_function(&function.text)) {
            return Ok(take(*argument));
        }
        let values = self.values(function, arguments);
        let word = scope.direction(arguments).filter(|_| values.len() < arguments.len());
        let is_own = scope.is_own_function(&function.text);
        let row = function::find(&function.text);
        let [value] = values else {
            let builtin = builtin::find(&function.text).filter(|_| !is_own);
            if let ([a, b], Some(builtin)) = (values, builtin)
                && rule::structural_pair(builtin, Kind::Matrix, Kind::Matrix).is_some()
            {
                return take(*a).join(&take(*b), &self.names, |a, b| {
                    rule::structural_pair(builtin, a, b).unwrap_or_default()
                });
            }
            if let ([first, others @ ..], Some(Builtin::Max | Builtin::Min | Builtin::Where)) =
                (values, builtin)
            {
                return others.iter().try_fold(take(*first), |all, next| {
                    all.join(&take(*next), &self.names, rule::either)
                });
            }
            let shapes = row.filter(|_| !is_own && word.is_none()).and_then(rule::Shapes::of);
            if let ([a, b], Some(shapes)) = (values, &shapes) {
                return take(*a).join(&take(*b), &self.names, |a, b| shapes.results(&[a, b]));
            }
            let mut all = Table::fixed(Kind::ALL);
            for id in values {
                all = all.join(&take(*id), &self.names, |a, _| vec![(a, Cost::default())])?;
            }
            return Ok(match builtin::find(&function.text) {
                Some(Builtin::Identity) if !is_own => Table::fixed([Kind::Matrix]),
                Some(Builtin::Ones | Builtin::Zeros) if !is_own && arguments.len() == 1 => {
                    Table::fixed([Kind::Column])
                }
                _ => all,
            });
        };
        let argument = take(*value);
        if is_own || scope.derivative(function).is_some() {
            return Ok(argument.map(|_| rule::anything()));
        }
        if let Some(word) = word {
            let keeps_shape = row
                .and_then(|id| id.by_columns().or(Some(id)))
                .and_then(shapes_of)
                .is_some_and(|(arguments, result)| arguments.first() == Some(&result));
            return Ok(argument.map(|kind| rule::along(word, kind, keeps_shape)));
        }
        if let Some(builtin) = builtin::find(&function.text) {
            return Ok(argument.map(|kind| rule::structural(builtin, kind)));
        }
        let Some(id) = row else { return Ok(argument.map(|_| rule::anything())) };
        match rule::Shapes::of(id) {
            Some(shapes) => Ok(argument.map(|kind| shapes.results(&[kind]))),
            None => Ok(argument),
        }
    }

    /// What an expression is to the one above it; those below are known.
    fn part(&self, kind: &ExprKind) -> Part {
        let at = |id: &ExprId| self.parts[id.0 as usize];
        match kind {
            ExprKind::Number(_) => Part { is_number: true, ..Part::default() },
            ExprKind::Name(name) => {
                let is_name = self.is_undeclared(name);
                let is_number =
                    matches!(self.leaf(name), Leaf::Known(kinds) if kinds == [Kind::Scalar]);
                Part { is_name, of_name: is_name, is_number }
            }
            ExprKind::Negate(a) => Part { is_number: at(a).is_number, ..Part::default() },
            ExprKind::Binary { left, right, .. } => {
                let is_number = at(left).is_number && at(right).is_number;
                Part { is_number, ..Part::default() }
            }
            ExprKind::Call { function, arguments } => match arguments.as_slice() {
                [argument]
                    if is_entrywise(&function.text)
                        || self.scope.unknown_function(&function.text).is_some() =>
                {
                    Part { of_name: at(argument).of_name, ..Part::default() }
                }
                _ => Part::default(),
            },
            _ => Part::default(),
        }
    }

    /// Of each reading, the undeclared names that are not what their letters say.
    fn departures(&self, readings: &[Assignment]) -> Vec<Vec<(String, Kind)>> {
        let mut found: Vec<Vec<(String, Kind)>> = Vec::new();
        for reading in readings {
            let kind_of = |number: usize| {
                reading.iter().find(|(other, _)| *other == number).map(|(_, kind)| *kind)
            };
            let departed: Vec<(String, Kind)> = self
                .numbers
                .iter()
                .filter(|(name, _)| self.is_undeclared(name))
                .filter_map(|(name, number)| Some(((*name).to_owned(), kind_of(*number)?)))
                .filter(|(name, kind)| *kind != self.scope.preferred(name))
                .collect();
            if !found.contains(&departed) {
                found.push(departed);
            }
        }
        found
    }
}
