//! Sums over an index whose terms are made of entries: Σᵢ log xᵢ is the sum of log x, Σᵢ (yᵢ − wᵀxᵢ)² a sum over families.
//!
//! Names with the index of a sum below them are entries of arrays where every one of them is used as a number, entry by entry: the sum is
//! then written without its index. Where one of them is used as a vector they are elements of families, which are declared here.

use super::ast::BinaryOperator as B;
use super::ast::{
    BinaryOperator, Declaration, ExprId, ExprKind, Program, Statement, StatementKind, Tree, Word,
};
use crate::source::Span;

/// Functions that work on every entry, beside those of the language that the caller knows.
type IsEntrywise<'a> = &'a dyn Fn(&str) -> bool;

/// The program with such sums brought to what the language has for them. Nothing else changes.
pub fn lifted(program: Program, is_entrywise: IsEntrywise<'_>) -> Program {
    let declared = declared(&program);
    let is_sum = |id: &ExprId| {
        let ExprKind::IndexedSum { index, body, .. } = &program.tree.get(*id).kind else {
            return false;
        };
        let bases = bases(&program.tree, *body, &index.text);
        !bases.is_empty() && bases.iter().all(|base| !declared.families.contains(base))
    };
    let sums: Vec<ExprId> = ids(&program.tree).filter(is_sum).collect();
    if sums.is_empty() {
        return program;
    }
    let mut lift = Lift {
        old: &program.tree,
        tree: Tree::default(),
        places: vec![ExprId(u32::MAX); program.tree.nodes.len()],
        is_entrywise,
        declarations: Vec::new(),
    };
    let inside: Vec<ExprId> = sums.iter().flat_map(|sum| below(&program.tree, *sum)).collect();
    for id in ids(&program.tree) {
        if sums.contains(&id) {
            lift.sum(id, &declared);
        } else if !inside.contains(&id) {
            lift.copy(id);
        }
    }
    let mut statements = program.statements;
    for statement in &mut statements {
        for id in expressions(&mut statement.kind) {
            *id = lift.places[id.0 as usize];
        }
    }
    statements.splice(0..0, lift.declarations);
    Program { statements, tree: lift.tree, notes: program.notes }
}

fn ids(tree: &Tree) -> impl Iterator<Item = ExprId> {
    (0..tree.nodes.len()).map(|at| ExprId(u32::try_from(at).unwrap_or(u32::MAX)))
}

/// What the program says of its names.
struct Declared {
    families: Vec<String>,
    others: Vec<String>,
}

fn declared(program: &Program) -> Declared {
    let mut found = Declared { families: Vec::new(), others: Vec::new() };
    for statement in &program.statements {
        match &statement.kind {
            StatementKind::Declaration(declaration) => {
                let name = declaration.name.text.clone();
                if declaration.indices.is_empty() {
                    found.others.push(name);
                } else {
                    found.families.push(name);
                }
            }
            StatementKind::Definition { name, indices, .. } if !indices.is_empty() => {
                found.families.push(name.text.clone());
            }
            _ => {}
        }
    }
    found
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

/// The names that have exactly this index.
fn bases(tree: &Tree, root: ExprId, index: &str) -> Vec<String> {
    let mut all = below(tree, root);
    all.push(root);
    let has_index =
        |id: &ExprId| matches!(&tree.get(*id).kind, ExprKind::Name(name) if name == index);
    let mut found: Vec<String> = Vec::new();
    for id in all {
        let node = tree.get(id);
        // Written as on paper, xᵢ: the name is all there is. x[i] is an element of a family in the language.
        if let ExprKind::Index { base, indices } = &node.kind
            && base.span == node.span
            && indices.len() == 1
            && indices.iter().all(has_index)
            && !found.contains(&base.text)
        {
            found.push(base.text.clone());
        }
    }
    found
}

/// The expressions that a statement holds.
fn expressions(statement: &mut StatementKind) -> Vec<&mut ExprId> {
    match statement {
        StatementKind::Declaration(declaration) => declaration.sizes.iter_mut().flatten().collect(),
        StatementKind::Definition { indices, value, range, .. } => {
            let ends = range.iter_mut().flat_map(|(_, from, to)| [from, to]);
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
    places: Vec<ExprId>,
    is_entrywise: IsEntrywise<'a>,
    declarations: Vec<Statement>,
}

impl Lift<'_> {
    fn copy(&mut self, id: ExprId) -> ExprId {
        let node = self.old.get(id);
        let mut kind = node.kind.clone();
        let place = |id: &mut ExprId| *id = self.places[id.0 as usize];
        match &mut kind {
            ExprKind::Number(_) | ExprKind::Name(_) => {}
            ExprKind::Call { arguments, .. } => arguments.iter_mut().for_each(place),
            ExprKind::Substitute { replacements, .. } => {
                replacements.iter_mut().map(|(_, value)| value).for_each(place);
            }
            ExprKind::Index { indices, .. } => indices.iter_mut().for_each(place),
            ExprKind::IndexedSum { from, to, body, .. } => {
                [from, to, body].into_iter().for_each(place);
            }
            ExprKind::Negate(a) | ExprKind::Transpose(a) => place(a),
            ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(place),
        }
        let new = self.tree.push(kind, node.span);
        self.places[id.0 as usize] = new;
        new
    }

    /// A sum, over arrays or over families.
    fn sum(&mut self, id: ExprId, declared: &Declared) {
        let node = self.old.get(id);
        let ExprKind::IndexedSum { index, to, body, .. } = &node.kind else { return };
        let all = bases(self.old, *body, &index.text);
        let vectors = vectors(self.old, *body, &index.text);
        let arrays = vectors.is_empty().then(|| self.entrywise(*body, &index.text)).flatten();
        let count = match &self.old.get(*to).kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        };
        if let Some((value, true)) = arrays {
            for base in all.iter().filter(|base| !declared.others.contains(base)) {
                if let Some(count) = &count {
                    self.declare(base, None, std::slice::from_ref(count), node.span);
                }
            }
            let function = Word { text: "sum".to_owned(), span: index.span };
            let call = ExprKind::Call { function, arguments: vec![value] };
            self.places[id.0 as usize] = self.tree.push(call, node.span);
            return;
        }
        for base in all.iter().filter(|base| !declared.others.contains(base)) {
            let sizes: &[String] = if vectors.contains(base) { &["d".to_owned()] } else { &[] };
            self.declare(base, Some(&index.text), sizes, node.span);
        }
        let mut inside = below(self.old, id);
        inside.sort_unstable();
        for part in inside {
            self.copy(part);
        }
        self.copy(id);
    }

    /// x + c and x − c, where c is a number beside the array x: signs for entries would show an array in it.
    fn with_number(
        &mut self,
        operator: B,
        operator_span: Span,
        (left, right): (ExprId, ExprId),
        left_varies: bool,
        span: Span,
    ) -> ExprId {
        let (array, number) = if left_varies { (left, right) } else { (right, left) };
        let number = self.tree.push(ExprKind::Negate(number), span);
        let operator = match (operator, left_varies) {
            (B::Add, _) => B::BroadcastSubtract,
            _ => B::BroadcastAdd,
        };
        let subtracted = !left_varies && operator == B::BroadcastAdd;
        let kind = ExprKind::Binary { operator, operator_span, left: array, right: number };
        let sum = self.tree.push(kind, span);
        if subtracted { self.tree.push(ExprKind::Negate(sum), span) } else { sum }
    }

    fn declare(&mut self, name: &str, index: Option<&str>, sizes: &[String], span: Span) {
        let known = |statement: &Statement| matches!(&statement.kind, StatementKind::Declaration(known) if known.name.text == name);
        if self.declarations.iter().any(known) {
            return;
        }
        let word = |text: &str| Word { text: text.to_owned(), span };
        let size = |size: &String| self.tree.push(ExprKind::Name(size.clone()), span);
        let sizes = sizes.iter().map(size).collect();
        let declaration = Declaration {
            name: word(name),
            indices: index.map(word).into_iter().collect(),
            sizes: Some(sizes),
            properties: Vec::new(),
        };
        let kind = StatementKind::Declaration(declaration);
        self.declarations.push(Statement { kind, span });
    }

    /// The expression with arrays in place of their entries, and whether it has any; none where that is not the same.
    fn entrywise(&mut self, id: ExprId, index: &str) -> Option<(ExprId, bool)> {
        let node = self.old.get(id).clone();
        let push = |lift: &mut Self, kind| lift.tree.push(kind, node.span);
        Some(match node.kind {
            ExprKind::Name(name) if name == index => return None,
            ExprKind::Number(_) | ExprKind::Name(_) => (push(self, node.kind.clone()), false),
            ExprKind::Index { base, .. } => (push(self, ExprKind::Name(base.text)), true),
            ExprKind::Negate(a) => {
                let (a, varies) = self.entrywise(a, index)?;
                (push(self, ExprKind::Negate(a)), varies)
            }
            ExprKind::Transpose(a) => {
                let (a, varies) = self.entrywise(a, index)?;
                if varies {
                    return None;
                }
                (push(self, ExprKind::Transpose(a)), false)
            }
            ExprKind::Binary { operator, operator_span, left, right } => {
                let written = (left, right);
                let (left, l) = self.entrywise(left, index)?;
                let (right, r) = self.entrywise(right, index)?;
                let is_name = |id| matches!(self.old.get(id).kind, ExprKind::Name(_));
                let sum = matches!(operator, B::Add | B::Subtract);
                if sum && l != r && is_name(if l { written.1 } else { written.0 }) {
                    return Some((
                        self.with_number(operator, operator_span, (left, right), l, node.span),
                        true,
                    ));
                }
                let operator = match operator {
                    B::Multiply | B::Dot | B::Entrywise if l && r => B::Hadamard,
                    B::Divide if r => B::EntrywiseOver,
                    B::Add if l != r => B::BroadcastAdd,
                    B::Subtract if l != r => B::BroadcastSubtract,
                    B::Power if r => return None,
                    B::Power if l => B::EntrywisePower,
                    other => other,
                };
                let kind = ExprKind::Binary { operator, operator_span, left, right };
                (push(self, kind), l || r)
            }
            ExprKind::Call { mut function, arguments } => {
                let mut varies = false;
                let mut values = Vec::new();
                for argument in arguments {
                    let (value, own) = self.entrywise(argument, index)?;
                    varies |= own;
                    values.push(value);
                }
                if varies {
                    match function.text.as_str() {
                        "bars" => "abs".clone_into(&mut function.text),
                        "paper_exp" => "exp".clone_into(&mut function.text),
                        "max" if values.len() == 2 => {}
                        name if (self.is_entrywise)(name) => {}
                        _ => return None,
                    }
                }
                (push(self, ExprKind::Call { function, arguments: values }), varies)
            }
            ExprKind::Substitute { .. } | ExprKind::IndexedSum { .. } => return None,
        })
    }
}

/// The names with this index that are used as vectors: transposed, beside something transposed or a matrix, under a norm.
fn vectors(tree: &Tree, root: ExprId, index: &str) -> Vec<String> {
    let is_capital = |id: ExprId| matches!(&tree.get(id).kind, ExprKind::Name(name) if name.starts_with(char::is_uppercase));
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
            ExprKind::Call { function, arguments }
                if function.text.starts_with("norm") || function.text == "inner" =>
            {
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
                    if !bases(tree, part, index).is_empty() && !found.contains(&base.text) =>
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
                _ => {}
            }
        }
    }
    found
}
