//! Jacobians, Hessians and differentials: forward sweep → linear map → matrix → short form → checks.

use super::answer::{Answer, Certificate, Convention, Derivative, Layout, Note};
use super::derive::{checked, fault, finished, moving_part, notes, structured};
use super::error::{Problem, SessionError};
use super::meaning::{conditions, invertible, meaning};
use super::program::Reading;
use super::task::Task;
use super::{Certify, Settings};
use crate::differentiate::{self, DifferentiateError};
use crate::evaluate::{self, Check, Comparison, Effort};
use crate::expression::{Id, Node, Properties, Property, Range, Store};
use crate::number::Rational;
use crate::shape::{Dimension, Name, Shape};
use crate::simplify::{Costs, simplify};
use crate::source::Fault;

/// Points at which the two derivations are compared when their forms differ.
const TRIES: u64 = 4;

/// A value that is differentiated by a variable.
struct Question {
    /// The value: the formula, or its gradient.
    value: Id,
    /// Of a second derivative, the variable that the value is the gradient by.
    first: Option<(Name, Id)>,
    variable: (Name, Id),
    /// How the gradient by `first` counts.
    convention: Convention,
}

/// The Jacobian of the formula by each variable.
pub(super) fn jacobian(
    reading: &Reading,
    task: &Task,
    settings: Settings,
) -> Result<Answer, SessionError> {
    task.require_variables(reading, "Jacobian")?;
    let store = reading.model.store.clone();
    let is_element = |(_, id): &(Name, Id)| matches!(store.node(*id), Node::Element(..));
    if task.wrt.iter().any(is_element) {
        return steps(reading, task, settings);
    }
    let questions = task.wrt.iter().map(|variable| Question {
        value: task.of,
        first: None,
        variable: variable.clone(),
        convention: Convention::Free,
    });
    let questions: Vec<Question> = questions.collect();
    answer(reading, task, settings, store, &questions, None)
}

/// The Jacobian of one step of a recurrence by each element.
fn steps(reading: &Reading, task: &Task, settings: Settings) -> Result<Answer, SessionError> {
    let span = task.of_span;
    let mut store = reading.model.store.clone();
    let mut steps = Vec::with_capacity(task.wrt.len());
    let mut questions = Vec::with_capacity(task.wrt.len());
    for (name, element) in &task.wrt {
        let step = differentiate::step(&mut store, task.of, *element)
            .map_err(|error| reading.error(Problem::of_derivative(error, span)))?;
        questions.push(Question {
            value: step.value,
            first: None,
            variable: (name.clone(), step.variable),
            convention: Convention::Free,
        });
        steps.push(step);
    }
    let mut answer = answer(reading, task, settings, store, &questions, None)?;
    for ((derivative, step), (_, element)) in
        answer.derivatives.iter_mut().zip(&steps).zip(&task.wrt)
    {
        // The variable that stood for the element is gone.
        derivative.variable_id = *element;
        if derivative.layout != Layout::LinearMap {
            derivative.along.clear();
        }
        derivative.notes.retain(|note| !note.says_zero());
        derivative.id = step.folded(&mut answer.store, derivative.id, task.of);
        derivative.id = simplify(&mut answer.store, &[derivative.id])[0];
        if let Some(range) = &step.range {
            let Range { index, from, to } = range;
            derivative.notes.push(Note::Step(format!("{index} in {from}..{to}")));
        }
    }
    Ok(answer)
}

/// The Hessian of the formula: by one variable, or all pairs of several, each pair once.
pub(super) fn hessian(
    reading: &Reading,
    task: &Task,
    settings: Settings,
) -> Result<Answer, SessionError> {
    task.require_variables(reading, "Hessian")?;
    let span = task.of_span;
    let mut store = reading.model.store.clone();
    if !store.shape(task.of).is_scalar() {
        let shape = store.shape(task.of).clone();
        return Err(reading.error(Problem::NotScalar { what: "a Hessian", shape, span }));
    }
    let wrt: Vec<Id> = task.wrt.iter().map(|(_, id)| *id).collect();
    let swept = differentiate::gradients(&mut store, task.of, &wrt)
        .map_err(|error| reading.error(Problem::of_derivative(error, span)))?;
    // The independent entries of a triangle have no gradient whose differential is linear in dX: the projection stands for both.
    let conventions: Vec<Convention> =
        wrt.iter().map(|variable| Convention::Projection.of(&store, *variable)).collect();
    let mut gradients = Vec::with_capacity(wrt.len());
    for (at, gradient) in swept.iter().enumerate() {
        gradients.push(structured(&mut store, conventions[at], wrt[at], *gradient));
    }
    let gradients = simplify(&mut store, &gradients);
    let pairs: Vec<(Id, Id)> = wrt.iter().copied().zip(gradients.iter().copied()).collect();
    let first = evaluate::check_gradients(&store, task.of, &pairs, &Effort::default());
    let check = checked(reading, task, first)?;
    let mut questions = Vec::new();
    for (row, gradient) in gradients.iter().enumerate() {
        for column in row..wrt.len() {
            questions.push(Question {
                value: *gradient,
                first: Some(task.wrt[row].clone()),
                variable: task.wrt[column].clone(),
                convention: conventions[row],
            });
        }
    }
    let mut answer = answer(reading, task, settings, store, &questions, Some(check))?;
    let kept = simplify(&mut answer.store, &gradients);
    for ((variable, id), gradient) in task.wrt.iter().zip(kept) {
        let question = Question {
            value: task.of,
            first: None,
            variable: (variable.clone(), *id),
            convention: Convention::Projection.of(&answer.store, *id),
        };
        let layout = Layout::Denominator;
        answer.gradients.push(derivative(&answer.store, &question, gradient, layout));
    }
    Ok(answer)
}

/// dF by the named variables, all others constant.
pub(super) fn differential(reading: &Reading, task: &Task) -> Result<Answer, SessionError> {
    task.require_variables(reading, "differential")?;
    let span = task.of_span;
    let mut store = reading.model.store.clone();
    let Some((name, variable)) = task.wrt.first().cloned() else {
        let candidates = Vec::new();
        return Err(reading.error(Problem::WhichVariable { candidates, span }));
    };
    let mut directions = Vec::with_capacity(task.wrt.len());
    for (_, id) in &task.wrt {
        directions.push((*id, differentiate::direction(&mut store, *id)));
    }
    let swept = differentiate::differential(&mut store, task.of, &directions)
        .map_err(|error| reading.error(Problem::of_derivative(error, span)))?;
    let short = simplify(&mut store, &[task.of]);
    let moving: Vec<Id> = directions.iter().map(|(_, direction)| *direction).collect();
    let differential = terms(&mut store, swept, &moving);
    let found = evaluate::check_differential(
        &store,
        task.of,
        &directions,
        differential,
        &Effort::default(),
    );
    let check = checked(reading, task, found)?;
    let shape = store.shape(differential).clone();
    let mut answer = finished(reading, task, store, short[0])?;
    answer.derivatives = vec![Derivative {
        variable: name,
        variable_id: variable,
        second: None,
        id: differential,
        long: differential,
        written: differential,
        swept,
        shape,
        layout: Layout::LinearMap,
        differential: Some(differential),
        along: directions,
        convention: Convention::Free,
        certificate: Certificate::NotTried,
        notes: Vec::new(),
    }];
    answer.check = Some(check);
    Ok(answer)
}

/// A derivative on its way.
struct Found {
    direction: Id,
    /// dF as the forward sweep found it, for a value in its short form where that makes a shorter matrix.
    differential: Id,
    /// Its matrix; none when it has no closed form.
    matrix: Option<Id>,
    /// The matrix in its short form; the differential where there is none.
    short: Id,
}

fn answer(
    reading: &Reading,
    task: &Task,
    settings: Settings,
    mut store: Store,
    questions: &[Question],
    mut check: Option<Check>,
) -> Result<Answer, SessionError> {
    let span = task.of_span;
    let refuse = |error| reading.error(Problem::of_derivative(error, span));
    let mut found = Vec::with_capacity(questions.len());
    for question in questions {
        found.push(find(&mut store, question).map_err(refuse)?);
    }
    let mut roots = vec![task.of];
    roots.extend(found.iter().map(|one| one.short));
    let short = simplify(&mut store, &roots);
    let occurring = store.reachable(&[task.of]);
    let conditional = conditions(&store, &occurring);
    let mut derivatives = Vec::with_capacity(questions.len());
    for ((question, found), id) in questions.iter().zip(&found).zip(&short[1..]) {
        let variable = question.variable.1;
        let effort = Effort::default();
        let differential = terms(&mut store, found.differential, &[found.direction]);
        let directions = [(variable, found.direction)];
        let map = || {
            let value = question.value;
            evaluate::check_differential(&store, value, &directions, differential, &effort)
        };
        let mut passed = match found.matrix {
            Some(_) => evaluate::check_jacobian(&store, question.value, variable, *id, &effort),
            None => map(),
        };
        let layout = layout(&store, question, found);
        if layout == Layout::Vec {
            passed = passed.and_then(|passed| Ok(worst(passed, map()?)));
        }
        let passed = checked(reading, task, passed)?;
        check = Some(check.map_or(passed, |check| worst(check, passed)));
        let certificate = match (settings.certify, found.matrix) {
            (Certify::Try, Some(matrix)) => certify(&mut store, question, matrix)
                .map_err(|problem| reading.error(problem.of(reading, task)))?,
            (Certify::Try | Certify::Skip, _) => Certificate::NotTried,
        };
        let mut one = derivative(&store, question, *id, layout);
        one.swept = found.matrix.unwrap_or(found.differential);
        one.differential =
            matches!(layout, Layout::Vec | Layout::LinearMap).then_some(differential);
        one.along = directions.to_vec();
        one.certificate = certificate;
        if found.matrix.is_none() {
            one.id = differential;
            one.notes.push(Note::NoMatrix);
        }
        one.notes.extend(meaning(&store, &[one.id]));
        let is_gradient = one.convention == Convention::Projection;
        one.notes
            .extend(moving_part(&store, &one.variable, one.variable_id).filter(|_| is_gradient));
        one.notes.extend(invertible(&store, task.of, &[one.id]));
        one.notes.extend(conditional.of(&store, one.variable_id));
        let variable = (&one.variable, one.variable_id);
        one.notes.extend(notes(reading, task, &occurring, variable));
        derivatives.push(one);
    }
    let mut answer = finished(reading, task, store, short[0])?;
    answer.derivatives = derivatives;
    answer.check = check;
    Ok(answer)
}

/// dF = A dX B + C dXᵀ D, each term in its short form.
fn terms(store: &mut Store, differential: Id, directions: &[Id]) -> Id {
    let shape = store.shape(differential).clone();
    let terms = differentiate::terms_of_map(store, differential, directions);
    let (coefficients, terms): (Vec<Rational>, Vec<Id>) = terms.into_iter().unzip();
    let terms = simplify(store, &terms);
    store.sum(coefficients.into_iter().zip(terms).collect(), &shape)
}

/// The derivative of the value as it is, or as its short form has it, whichever is shorter.
fn find(store: &mut Store, question: &Question) -> Result<Found, DifferentiateError> {
    let variable = question.variable.1;
    let direction = differentiate::direction(store, variable);
    let found = map(store, question.value, variable, direction)?;
    let value = simplify(store, &[question.value])[0];
    if value == question.value {
        return Ok(found);
    }
    let other = map(store, value, variable, direction)?;
    let mut costs = Costs::default();
    let shorter = costs.of(store, other.short) < costs.of(store, found.short);
    Ok(if shorter { other } else { found })
}

fn map(
    store: &mut Store,
    value: Id,
    variable: Id,
    direction: Id,
) -> Result<Found, DifferentiateError> {
    let differential = differentiate::differential(store, value, &[(variable, direction)])?;
    let matrix = match differentiate::matrix_of_map(store, differential, direction) {
        Ok(matrix) => Some(matrix),
        Err(DifferentiateError::NotSupported { .. }) => None,
        Err(error) => return Err(error),
    };
    let short = simplify(store, &[matrix.unwrap_or(differential)])[0];
    Ok(Found { direction, differential, matrix, short })
}

/// The derivative without what the sweeps and checks say of it.
fn derivative(store: &Store, question: &Question, id: Id, layout: Layout) -> Derivative {
    let (variable, variable_id) =
        question.first.clone().unwrap_or_else(|| question.variable.clone());
    Derivative {
        variable,
        variable_id,
        second: question.first.as_ref().map(|_| question.variable.clone()),
        id,
        long: id,
        written: id,
        swept: id,
        shape: store.shape(id).clone(),
        layout,
        differential: None,
        along: Vec::new(),
        convention: question.convention,
        certificate: Certificate::NotTried,
        notes: Vec::new(),
    }
}

fn layout(store: &Store, question: &Question, found: &Found) -> Layout {
    let is_vector = |shape: &Shape| shape.is_scalar() || shape.is_column();
    let (of, by) = (store.shape(question.value), store.shape(question.variable.1));
    match (&question.first, is_vector(of) && is_vector(by)) {
        _ if found.matrix.is_none() => Layout::LinearMap,
        (None, _) if by.is_scalar() => Layout::Entrywise,
        (None, true) => Layout::Numerator,
        (Some(_), true) => Layout::Hessian,
        (Some(_), false) if by.is_scalar() => Layout::Entrywise,
        (_, false) => Layout::Vec,
    }
}

fn worst(a: Check, b: Check) -> Check {
    Check {
        points: a.points.min(b.points),
        max_relative_error: a.max_relative_error.max(b.max_relative_error),
    }
}

/// Why a matrix has no certificate though one was tried.
enum Uncertified {
    /// The two derivations differ.
    Disagree(String),
    /// The second one could not be made.
    Fault(Fault),
}

impl Uncertified {
    fn of(self, reading: &Reading, task: &Task) -> Problem {
        match self {
            Self::Disagree(found) => fault(reading, task, found),
            Self::Fault(fault) => Problem::Fault { fault, span: task.of_span },
        }
    }
}

/// The second derivation: the backward sweep from ⟨V, F⟩ for any V gives Jᵀ vec(V). What differs is the other column of every row.
fn certify(store: &mut Store, question: &Question, matrix: Id) -> Result<Certificate, Uncertified> {
    const MOST_NODES: usize = 400;
    if !store.spans_at_most(question.value, MOST_NODES) {
        return Ok(Certificate::NotTried);
    }
    let (of, by) = (store.shape(question.value).clone(), question.variable.1);
    if store.shape(by).is_scalar() || is_structured(store, by) {
        return Ok(Certificate::NotTried);
    }
    let weights = fresh(store, &of);
    let transposed = store.transpose(weights);
    let paired = store.multiply(transposed, question.value);
    let paired = store.trace(paired);
    let backward = match differentiate::gradients(store, paired, &[by]) {
        Ok(backward) => backward,
        Err(DifferentiateError::Fault(fault)) => return Err(Uncertified::Fault(fault)),
        Err(DifferentiateError::NotScalar { .. } | DifferentiateError::NotSupported { .. }) => {
            return Ok(Certificate::NotTried);
        }
    };
    let backward = vec_by_terms(store, backward[0]);
    let turned = store.transpose(matrix);
    let column = store.vectorize(weights);
    let forward = store.multiply(turned, column);
    let forward = vec_by_terms(store, forward);
    if store.shape(forward) != store.shape(backward) {
        let found = "the two sweeps disagree about the shape of the derivative";
        return Err(Uncertified::Disagree(found.to_owned()));
    }
    let difference = store.subtract(forward, backward);
    let difference = simplify(store, &[difference])[0];
    if store.is_zero(difference) {
        return Ok(Certificate::Swept);
    }
    match evaluate::equal(store, forward, store, backward, TRIES) {
        Comparison::Equal { points, .. } => Ok(Certificate::Equal { points }),
        Comparison::Undecided => Ok(Certificate::NotTried),
        // Only along the directions in which the variable may move are both the same; that was checked.
        Comparison::Different { .. } if is_constrained(store, by) => Ok(Certificate::NotTried),
        Comparison::Different { .. } => Err(Uncertified::Disagree(format!(
            "the two sweeps disagree about the derivative by {}",
            question.variable.0
        ))),
    }
}

/// Whether a variable moves on a curved or a smaller set, so that more than one matrix maps its directions rightly.
fn is_constrained(store: &Store, variable: Id) -> bool {
    let facts = store.properties(variable);
    [Property::Orthogonal, Property::Simplex, Property::RowSimplex]
        .iter()
        .any(|fact| facts.has(*fact))
}

/// vec(Σ cᵢ Tᵢ) = Σ cᵢ vec(Tᵢ), as products with a Kronecker product come out.
fn vec_by_terms(store: &mut Store, id: Id) -> Id {
    let shape = store.shape(id).clone();
    let terms: Vec<(Rational, Id)> = store
        .terms(id)
        .into_iter()
        .map(|term| (term.coefficient, store.vectorize(term.id)))
        .collect();
    if shape.is_scalar() {
        return id;
    }
    let column = Shape::matrix(shape.rows().times(&shape.columns()), Dimension::one());
    store.sum(terms, &column)
}

/// Whether the differential of the variable is not free.
fn is_structured(store: &mut Store, variable: Id) -> bool {
    let direction = differentiate::direction(store, variable);
    store.properties(direction) != Properties::NONE
}

/// A variable of a shape that no formula uses.
fn fresh(store: &mut Store, shape: &Shape) -> Id {
    let mut name = "V".to_owned();
    while store.find_variable(&name).is_some() {
        name.push('_');
    }
    store.variable(&name, shape.clone(), Properties::NONE)
}
