//! Check my work: a formula that someone wrote down, compared with the derivative.

use super::answer::{Answer, Convention, declaration};
use super::error::{Problem, SessionError};
use super::program::Reading;
use super::source::Part;
use super::task::Task;
use super::{Query, Session, kept};
use crate::claim::{self, Mistake, Verdict};
use crate::differentiate;
use crate::elaborate::Variable;
use crate::expression::{Id, Node, Store};
use crate::render::{Document, Formula, Notation};
use crate::shape::Shape;
use crate::syntax::ast::Statement;

/// A claim and what became of it.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The answer to the question itself; its store holds the claim, too.
    pub answer: Answer,
    /// The claim.
    pub claim: Id,
    /// What became of it.
    pub verdict: Verdict,
    /// What is likely to have gone wrong.
    pub mistake: Option<Mistake>,
}

impl Session {
    /// Compares a formula with the derivative that the query asks for, which must be one. The formula may use the names of the query and
    /// of the session.
    pub fn check(&self, query: &Query, claim: &str) -> Result<Judgement, SessionError> {
        let answer = self.ask(query)?;
        let reading = self.read_claim(query, &answer, claim)?;
        let Some(statement) = reading.typed().last() else {
            return Err(reading.error(Problem::NoFormula { span: reading.source.typed() }));
        };
        let task = Task::of_statement(&reading, statement)?;
        let [derivative] = answer.derivatives.as_slice() else {
            let candidates =
                answer.derivatives.iter().map(|found| found.variable.to_string()).collect();
            return Err(reading.error(Problem::WhichVariable { candidates, span: statement.span }));
        };
        let derivative = derivative.clone();
        let mut answer = answer;
        let claim = import(&mut answer.store, &reading.model.store, task.of);
        require_names(&reading, &answer, statement, task.of)?;
        require_shape(&reading, &answer.store, statement, claim, &derivative.shape)?;
        let verdict = claim::judge(&mut answer.store, claim, derivative.id);
        let mistake = match &verdict {
            Verdict::Wrong(found) if found.difference.is_some() => {
                claim::find_factor(&mut answer.store, claim, derivative.id)
            }
            Verdict::Wrong(found) => {
                let others = other_conventions(&mut answer.store, &derivative);
                let (store, right) = (&mut answer.store, derivative.id);
                claim::find_mistake(store, claim, right, &others, &found.point)
                    .or_else(|| claim::find_factor(store, claim, right))
            }
            Verdict::Proved(_) | Verdict::Holds { .. } | Verdict::Undecided(_) => None,
        };
        Ok(Judgement { answer, claim, verdict, mistake })
    }

    /// The claim, with the variables of the question declared as the answer found them.
    fn read_claim(
        &self,
        query: &Query,
        answer: &Answer,
        claim: &str,
    ) -> Result<Reading, SessionError> {
        let mut source = self.source();
        source.push(Part::Declarations, &query.declarations);
        source.push(Part::Expression, &query.expression);
        let question = Reading::read(source, &query.wrt, Some(query.kind))?;
        // Those of a sum over entries are declared by it, and only by it.
        let found = answer.variables.iter();
        let found = found.filter(|variable| variable.assumed || variable.ranges.is_empty());
        let found: Vec<String> =
            found.map(|variable| declaration(variable, Notation::Ascii)).collect();
        let mut source = self.source();
        source.push(Part::Declarations, &query.declarations);
        source.push(Part::Declarations, &found.join("\n"));
        source.push(Part::Expression, &kept(&question, &query.expression));
        source.push(Part::Claim, claim);
        Reading::read(source, &query.wrt, None)
    }
}

impl Judgement {
    /// The claim in one notation.
    pub fn written_claim(&self, notation: Notation) -> Formula {
        self.written(self.claim, notation)
    }

    /// Any value of the answer's store in one notation.
    pub fn written(&self, id: Id, notation: Notation) -> Formula {
        let store = &self.answer.store;
        Document::new(store, &[id], &self.answer.options()).formula(id, notation)
    }
}

/// The same expression in another store; variables are the same when their names are.
fn import(store: &mut Store, from: &Store, root: Id) -> Id {
    let reachable = from.reachable(&[root]);
    let mut images = std::collections::BTreeMap::new();
    for id in reachable {
        let image = match from.node(id) {
            Node::Variable(name) => {
                store.variable(name, from.shape(id).clone(), from.properties(id))
            }
            node => store.build(&node.clone(), from.shape(id), &mut |child| images[&child]),
        };
        images.insert(id, image);
    }
    images[&root]
}

/// A claim brings in no names of its own.
fn require_names(
    reading: &Reading,
    answer: &Answer,
    statement: &Statement,
    claim: Id,
) -> Result<(), SessionError> {
    let store = &reading.model.store;
    let occurring = store.reachable(&[claim]);
    let is_new = |variable: &&Variable| {
        variable.assumed
            && occurring.binary_search(&variable.id).is_ok()
            && !answer.variables.iter().any(|known| known.name == variable.name)
    };
    let Some(new) = reading.model.variables.iter().find(is_new) else { return Ok(()) };
    let span = new.span.unwrap_or(statement.span);
    let name = new.name.to_string();
    let candidates = answer.variables.iter().map(|known| known.name.to_string()).collect();
    Err(reading.error(Problem::ClaimName { name, candidates, span }))
}

fn require_shape(
    reading: &Reading,
    store: &Store,
    statement: &Statement,
    claim: Id,
    expected: &Shape,
) -> Result<(), SessionError> {
    let found = store.shape(claim);
    if found == expected {
        return Ok(());
    }
    Err(reading.error(Problem::ClaimShape {
        found: found.clone(),
        expected: expected.clone(),
        span: statement.span,
    }))
}

/// The derivative by a structured variable under the conventions that were not asked for.
fn other_conventions(store: &mut Store, derivative: &super::Derivative) -> Vec<(&'static str, Id)> {
    if derivative.convention == Convention::Free {
        return Vec::new();
    }
    let swept = derivative.swept;
    let projected = differentiate::project(store, derivative.variable_id, swept);
    let cookbook = differentiate::cookbook(store, swept);
    vec![
        ("with all entries of the variable free", swept),
        ("of the symmetric projection", projected),
        ("by the independent entries of the variable", cookbook),
    ]
}
