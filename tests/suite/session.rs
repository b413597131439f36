//! Questions and answers as data.

use gradus::function;
use gradus::render::Notation;
use gradus::session::{
    Certificate, Certify, Convention, Note, Outcome, Part, Problem, Query, Session, Settings,
};

fn ascii(answer: &gradus::session::Answer) -> Vec<String> {
    answer.written(Notation::Ascii).into_iter().map(|formula| formula.text).collect()
}

#[test]
fn several_gradients_share_one_store_and_one_check() {
    let answer = Session::new().ask(&Query::gradient("norm2(A*x - y)^2", &["x", "y"])).unwrap();
    assert_eq!(ascii(&answer), ["2*A'*(A*x - y)", "2*(y - A*x)"]);
    assert!(answer.check.unwrap().points > 0);
    assert!(answer.shape.is_scalar());
}

#[test]
fn the_same_question_has_the_same_answer() {
    let query = Query::gradient("logdet(X'*X) + tr(X'*A*X)", &["X"]);
    let first = ascii(&Session::new().ask(&query).unwrap());
    for _ in 0..3 {
        assert_eq!(ascii(&Session::new().ask(&query).unwrap()), first);
    }
}

#[test]
fn a_session_keeps_definitions_and_forgets_questions() {
    let mut session = Session::new();
    let settings = Settings::default();
    let outcomes = session.read("A: m×n; x: n\ny = A*x; y'*y\n", settings).unwrap();
    assert!(matches!(&outcomes[0], Outcome::Defined(definition) if &*definition.name == "y"));
    assert!(matches!(&outcomes[1], Outcome::Answered(_)));
    assert!(session.statements().all(|text| !text.contains("y'*y")));
    let answer = session.ask(&Query::gradient("y'*y", &["x"])).unwrap();
    assert_eq!(ascii(&answer), ["2*A'*y"]);
    assert_eq!(ascii(&answer.expanded()), ["2*A'*A*x"]);
    assert!(session.undo() && !session.undo());
    assert!(session.ask(&Query::gradient("y'*y", &["x"])).is_err());
}

#[test]
fn an_error_changes_nothing() {
    let mut session = Session::new();
    session.read("x: n", Settings::default()).unwrap();
    assert!(session.read("y: n; z = x*x", Settings::default()).is_err());
    assert_eq!(session.statements().collect::<Vec<_>>(), ["x: n"]);
}

#[test]
fn layers_come_in_where_they_are_called() {
    let mut query = Query::gradient("mse(dense(X, W, b), Y)", &["W", "b"]);
    query.declarations = "X: N×n; W: n×h; b: h; Y: N×h".into();
    let answer = Session::new().ask(&query).unwrap();
    assert_eq!(answer.derivatives[0].shape.to_string(), "n×h");
    assert_eq!(answer.derivatives[1].shape.to_string(), "h");
}

#[test]
fn a_program_may_define_a_layer_itself() {
    let mut query = Query::gradient("sum(dense(x, y))", &["x"]);
    query.declarations = "x: n; y: n; dense(a, b) = a .* b".into();
    assert_eq!(ascii(&Session::new().ask(&query).unwrap()), ["y"]);
}

#[test]
fn a_name_that_does_not_occur_is_noted() {
    let mut query = Query::gradient("x'*x", &["Q"]);
    query.declarations = "Q: m×n; x: k".into();
    let answer = Session::new().ask(&query).unwrap();
    assert_eq!(answer.derivatives[0].notes, [Note::DoesNotOccur("Q".into())]);
    assert_eq!(answer.derivatives[0].shape.to_string(), "m×n");
    assert_eq!(ascii(&answer), ["zeros(m, n)"]);
}

/// What stands in a formula and cancels is differentiated by, asked or not, and the reader is told why the answer is zero.
#[test]
fn a_name_that_cancels_is_noted() {
    for (declarations, formula, name) in [
        ("A: m×n", "sum(A*zeros(n))", "A"),
        ("a: scalar", "a - a", "a"),
        ("a: scalar", "0*a", "a"),
        ("x: n", "(x - x)'*ones(n)", "x"),
        ("A: m×n; g = A - A", "norm2(g)^2", "A"),
        ("x: n", "sum(tanh(x - x))", "x"),
    ] {
        for names in [vec![], vec![name]] {
            let mut query = Query::gradient(formula, &names);
            query.declarations = declarations.into();
            let answer = Session::new().ask(&query).unwrap_or_else(|error| panic!("{error}"));
            let [derivative] = answer.derivatives.as_slice() else { panic!("{formula}") };
            assert_eq!(&*derivative.variable, name, "{formula}");
            assert_eq!(derivative.notes, [Note::MakesNoDifference(name.into())], "{formula}");
            let zero = ascii(&answer).remove(0);
            assert!(zero == "0" || zero.starts_with("zeros("), "{formula}: {zero}");
        }
    }
}

/// Functions that are 0 at 0 are so of arrays of zeros.
#[test]
fn functions_of_zeros_are_zero() {
    for formula in ["norm2(zeros(n))^2", "norm1(zeros(n))", "sum(relu(zeros(n)))", "abs(0)"] {
        let outcomes = Session::new().read(formula, Settings::default()).unwrap();
        let answer = outcomes.into_iter().find_map(Outcome::answer).unwrap();
        assert_eq!(answer.written_value(Notation::Ascii).text, "0", "{formula}");
    }
    // What takes arrays of one size only is asked about such.
    for formula in ["cross_matrix(zeros(3))", "cross_vector(zeros(3, 3))"] {
        let outcomes = Session::new().read(formula, Settings::default()).unwrap();
        let answer = outcomes.into_iter().find_map(Outcome::answer).unwrap();
        assert!(answer.written_value(Notation::Ascii).text.starts_with("zeros("), "{formula}");
    }
    // Where the size decides, nothing is said of all sizes: the adjugate of a single 0 is 1.
    assert!(!function::find("adj").unwrap().maps_zero_to_zero());
    let outcomes = Session::new().read("adj(zeros(1, 1))", Settings::default()).unwrap();
    let answer = outcomes.into_iter().find_map(Outcome::answer).unwrap();
    assert_eq!(answer.written_value(Notation::Ascii).text, "1");
}

/// Both spellings are one function, that of a number as well.
#[test]
fn an_adjugate_of_a_number_has_steps() {
    for formula in ["adj(sum(W))*tr(W'*W)", "adjugate(sum(W))*tr(W'*W)"] {
        let mut query = Query::gradient(formula, &["W"]);
        query.declarations = "W: m×2".into();
        let answer = Session::new().ask(&query).unwrap();
        assert_eq!(ascii(&answer), ["2*W"]);
        answer.steps(&answer.derivatives[0]).unwrap();
    }
}

/// A request asked by other names has two meanings, and as part of a formula one.
#[test]
fn a_request_is_asked_by_its_own_names() {
    let ask = |formula: &str, by: &[&str]| {
        let mut query = Query::gradient(formula, by);
        query.declarations = "s: scalar; t: scalar".into();
        Session::new().ask(&query)
    };
    for request in ["grad(s^3*t, s)", "(grad(s^3*t, s))", "gradient of s^3*t wrt s"] {
        assert_eq!(ascii(&ask(request, &["s"]).unwrap()), ["3*s^2*t"]);
        let error = ask(request, &["t"]).unwrap_err();
        assert_eq!(error.diagnostic().code, "E0915", "{request}: {error}");
        assert!(error.to_string().contains("a gradient by s"), "{error}");
    }
    assert_eq!(ascii(&ask("1*grad(s^3*t, s)", &["t"]).unwrap()), ["3*s^2"]);
}

#[test]
fn conventions_of_a_symmetric_variable() {
    let ask = |convention| {
        let mut query = Query::gradient("tr(A*X)", &["X"]);
        query.declarations = "A: n×n; X: n×n symmetric".into();
        query.settings.convention = convention;
        let answer = Session::new().ask(&query).unwrap();
        assert_eq!(answer.derivatives[0].convention, convention);
        ascii(&answer).remove(0)
    };
    assert!(ask(Convention::Projection).contains("A + A'"));
    assert!(ask(Convention::Cookbook).contains("diag(diag(A))"));
    assert_eq!(ask(Convention::Free), "A'");
}

#[test]
fn a_variable_without_structure_needs_no_convention() {
    let mut query = Query::gradient("tr(A*X)", &["X"]);
    query.settings.convention = Convention::Cookbook;
    let answer = Session::new().ask(&query).unwrap();
    assert_eq!(answer.derivatives[0].layout(), "denominator");
}

#[test]
fn certificates_can_be_skipped() {
    let mut query = Query::gradient("tr(A'*X*B)", &["X"]);
    let certificate = |query: &Query| Session::new().ask(query).unwrap().derivatives[0].certificate;
    assert!(matches!(certificate(&query), Certificate::Proved { .. }));
    query.settings.certify = Certify::Skip;
    assert_eq!(certificate(&query), Certificate::NotTried);
}

#[test]
fn places_lie_in_the_part_that_was_typed() {
    let mut query = Query::gradient("ab + tr(X", &["X"]);
    query.declarations = "X: n×n".into();
    let error = Session::new().ask(&query).unwrap_err();
    let (part, span) = error.place().unwrap();
    assert_eq!((part, &error.text()[span.start..span.end]), (Part::Expression, "("));
}

#[test]
fn what_has_no_gradient_says_why() {
    let problem = |text: &str, names: &[&str]| {
        Session::new().ask(&Query::gradient(text, names)).unwrap_err().problem().clone()
    };
    assert!(matches!(problem("A*x", &["x"]), Problem::NotScalar { .. }));
    assert!(matches!(problem("x'*x", &["q"]), Problem::NoVariable { .. }));
    assert!(matches!(problem("3", &[]), Problem::WhichVariable { .. }));
    assert!(matches!(problem("x: n", &["x"]), Problem::NoFormula { .. }));
    assert!(matches!(problem("log(-x'*x - 1)", &["x"]), Problem::Unchecked { .. }));
}

#[test]
fn assumed_declarations_read_back() {
    let mut query = Query::gradient("tr(A'*X*B)", &["X"]);
    let first = Session::new().ask(&query).unwrap();
    query.declarations = first.assumed();
    let second = Session::new().ask(&query).unwrap();
    assert_eq!(second.assumed(), "");
    assert_eq!(ascii(&first), ascii(&second));
}

#[test]
fn a_diagonal_variable_has_a_diagonal_gradient() {
    for convention in [Convention::Projection, Convention::Cookbook] {
        let mut query = Query::gradient("tr(A*D)", &["D"]);
        query.declarations = "A: n×n; D: n×n diagonal".into();
        query.settings.convention = convention;
        let answer = Session::new().ask(&query).unwrap();
        assert_eq!(answer.derivatives[0].convention, Convention::Projection);
        assert!(ascii(&answer)[0].contains("diag(diag(A"), "{:?}", ascii(&answer));
    }
}

#[test]
fn a_definition_can_be_what_varies() {
    let model = "Z: n×k; Y: n×k; z: n; y: n\nP = softmax(Z, rows)\nr = z - y\n";
    let mut session = Session::new();
    session.read(model, Settings::default()).unwrap();
    // Everything after the definition counts, and nothing before it.
    let by = |formula: &str, name: &str| {
        ascii(&session.ask(&Query::gradient(formula, &[name])).unwrap())
    };
    assert_eq!(by("-sum(Y.*log(P))", "P"), ["-Y./P"]);
    assert_eq!(by("norm2(r)^2 + z'*r", "r"), ["2*r + z"]);
    // What is a sum stays one name inside of a longer one.
    assert_eq!(by("norm2(r + y)^2", "r"), ["2*(r + y)"]);
    let outcomes = session.read("hessian of norm2(r)^2 wrt r", Settings::default()).unwrap();
    let Some(Outcome::Answered(answer)) = outcomes.into_iter().next() else { panic!("no answer") };
    assert_eq!(ascii(&answer), ["2*eye(n)"]);
    let several = Query::gradient("-sum(Y.*log(P))", &["P", "Y"]);
    let error = session.ask(&several).unwrap_err();
    assert!(error.to_string().contains("ask by it alone"), "{error}");
}
