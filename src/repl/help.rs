//! What the REPL tells of the language itself: functions, rules, commands.

use std::fmt::Write as _;

use crate::function::{self, Domain, Form, Function};
use crate::layer;
use crate::rule::{DIFFERENTIALS, IDENTITIES, PAIRINGS};
use crate::syntax::nearest;

use super::command;

/// Operators that are written as functions: how, and what they are.
#[rustfmt::skip]
const OPERATORS: &[(&str, &str, &str)] = &[
    ("tr trace Tr Trace",  "tr(A)",              "the trace, the sum of the diagonal"),
    ("det",                "det(A), |A|",        "the determinant"),
    ("logdet",             "logdet(A)",          "log det A; of A² where det A may be negative: log_abs_det(A)"),
    ("log_abs_det",        "log_abs_det(A)",     "log |det A|"),
    ("inv",                "inv(A), A^-1",       "the inverse"),
    ("adj adjugate",       "adj(A)",             "the adjugate, det(A)·A⁻¹"),
    ("transpose",          "transpose(A), A'",   "the transpose"),
    ("diag Diag",          "diag(v), diag(A)",   "of a column the diagonal matrix, of a matrix its diagonal"),
    ("vec",                "vec(A), A(:)",       "the columns below each other"),
    ("ravel",              "ravel(A)",           "the rows one after the other, as NumPy has it"),
    ("kron",               "kron(A, B), A ⊗ B",  "the Kronecker product"),
    ("sum",                "sum(A), sum(i in 1..n, f)", "the sum of all entries, or of f for each i"),
    ("mean",               "mean(A)",            "the mean of all entries"),
    ("var",                "var(A), var(A, rows)", "the mean of the squared distances from the mean"),
    ("sqrt",               "sqrt(A), √A",        "the square root of each entry; of a square matrix that matrix S with S·S = A is sqrtm(A), A^(1/2)"),
    ("square abs2",        "square(A)",          "each entry squared"),
    ("log1p",              "log1p(A)",           "log(1 + x) of each entry"),
    ("norm_2 opnorm",      "‖x‖_2, norm_2(A)",   "the largest singular value; of a column its length"),
    ("norm_1",             "‖x‖_1, norm_1(x)",   "the sum of all absolute values"),
    ("norm_inf",           "‖x‖_∞, norm_inf(x)", "the largest absolute value; of a matrix the largest sum of a row's absolute values"),
    ("norm_p",             "‖x‖_p, norm_p(x, p)", "(Σ |xᵢ|^p)^(1/p)"),
    ("schatten",           "schatten(X, p)",     "(Σ σᵢ^p)^(1/p) of the singular values σᵢ"),
    ("norm_weighted",      "‖x‖_A, norm_weighted(x, A)", "√(xᵀAx)"),
    ("bars",               "|x|",                "of a scalar its absolute value, of a column its length, of a square matrix the determinant"),
    ("inner dot",          "⟨A, B⟩, dot(A, B)",  "the inner product tr(AᵀB)"),
    ("outer",              "outer(x, y)",        "x·yᵀ"),
    ("matmul",             "matmul(A, B)",       "the product of arrays as NumPy has it"),
    ("entrywise_product",  "A .* B, A ⊙ B",      "the product entry by entry"),
    ("linear_solve",       "A \\ b",             "the solution x of A·x = b"),
    ("I eye",              "I, eye(n)",          "the identity, its size found or given"),
    ("ones",               "ones(n), ones(m, n)", "ones"),
    ("zeros",              "zeros(n), zeros(m, n)", "zeros"),
    ("vector",             "vector(X)",          "X as a column, where a family needs one"),
    ("matrix",             "matrix(X)",          "X as a matrix, where a family needs one"),
    ("commutation",        "commutation(m, n)",  "K with K·vec(A) = vec(Aᵀ) for an m×n matrix A"),
    ("σ",                  "σ(z), sigmoid(z)",   "the sigmoid 1/(1 + exp(−z)) of each entry"),
    ("where ifelse",       "where(x > 0, a, b)", "a where the condition holds, b elsewhere, entry by entry; what is not chosen need not exist"),
    ("not",                "not x > 0",          "1 where a condition does not hold; conditions are made of `<` `<=` `>` `>=` `==` `!=`, `and`, `or`, `not`"),
    ("min",                "min(x), min(a, b)",  "the smallest entry; the smaller of two values entry by entry, the first in a tie"),
    ("gradient grad",      "gradient of f wrt x, grad(f, x)", "the gradient of a scalar, in the shape of x"),
    ("jacobian",           "jacobian of F wrt x, jacobian(F, x)", "entry (i, j) is ∂Fᵢ/∂xⱼ"),
    ("hessian",            "hessian of f wrt x, hessian(f, x)", "the matrix of second derivatives"),
    ("differential d",     "differential of F wrt X, d(F)", "dF, linear in dX"),
    ("rows columns",       "softmax(Z, rows), sum(A, columns)", "in each row, in each column"),
    ("size",               "size(X, k)",         "the k-th size"),
    ("length",             "length(x)",          "how many entries a vector has"),
    ("numel",              "numel(X)",           "how many entries there are"),
    ("correlate",          "correlate(X, K)",    "the sums of products of K with the windows of X"),
    ("turn180",            "turn180(K)",         "K turned by half a turn"),
    ("swap",               "swap(K)",            "the two channel dimensions exchanged"),
    ("pad",                "pad(X, p), pad(X, p, q)", "zeros around an image"),
    ("crop",               "crop(X, p), crop(X, p, q)", "without a border"),
    ("interleave",         "interleave(X, s), interleave(X, s, t)", "s − 1 zeros between the entries of an image"),
    ("subsample",          "subsample(X, s), subsample(X, s, t)", "each s-th entry of an image"),
    ("hcat",               "hcat(A, B, …), [A, B]", "blocks beside one another"),
    ("vcat",               "vcat(A, B, …), [A; B]", "blocks above one another"),
    ("blockdiag",          "blockdiag(A, B, …)", "blocks on the diagonal of a matrix of zeros"),
    ("reshape",            "reshape(X, m, n, …)", "the same entries in another shape"),
    ("flatten",            "flatten(X)",         "each image as a row"),
    ("channels",           "channels(b, …)",     "a number for each channel, as images"),
    ("channels_like",      "channels_like(b, X)", "a number for each channel, in the shape of X"),
    ("channel_sums",       "channel_sums(X)",    "the sum of each channel"),
    ("maxpool2d",          "maxpool2d(X, p)",    "the largest entry of each window"),
    ("max_scatter",        "max_scatter(X, G, p)", "G at the places of the largest entries"),
    ("max_gather",         "max_gather(X, D, p)", "D at the places of the largest entries"),
    ("avgpool2d",          "avgpool2d(X, p)",    "the mean of each window"),
    ("average_spread",     "average_spread(G, p)", "G spread evenly over each window"),
];

/// The names of all functions, in the order in which they are listed.
pub(super) fn functions() -> impl Iterator<Item = &'static str> {
    let operators = OPERATORS.iter().flat_map(|(names, ..)| names.split(' '));
    operators.chain(function::names()).chain(layer::LIBRARY.iter().map(|(name, _)| *name))
}

/// What there is to know of a function or command.
pub(super) fn about(name: &str) -> Result<String, String> {
    if let Some(line) = command::line(name.trim_start_matches(':')) {
        return Ok(format!("{line}\n"));
    }
    if let Some((_, usage, words)) =
        OPERATORS.iter().find(|(names, ..)| names.split(' ').any(|other| other == name))
    {
        return Ok(format!("{usage}\n  {words}\n{}", operator_rule(name)));
    }
    if let Some(id) = function::find(name) {
        return Ok(row(id.row()));
    }
    if let Some((_, text)) = layer::LIBRARY.iter().find(|(layer, _)| *layer == name) {
        return Ok((*text).to_owned());
    }
    let near = nearest(name, functions().chain(command::names()));
    let near = near.map_or_else(|| ";".to_owned(), |near| format!("; did you mean `{near}`?"));
    Err(format!("there is no function `{name}`{near} `:functions` lists them\n"))
}

/// The rule of an operator that has one.
fn operator_rule(name: &str) -> String {
    let is_of = |value: &str| value.strip_prefix(name).is_some_and(|rest| rest.starts_with('('));
    let rules = DIFFERENTIALS.iter().filter(|rule| is_of(rule.value));
    rules.fold(String::new(), |mut text, rule| {
        let _ = writeln!(text, "  d({}) = {}", rule.value, rule.differential);
        text
    })
}

fn row(function: &Function) -> String {
    let Function { name, spellings, form, domain, laws, .. } = function;
    let mut text = String::new();
    match form {
        Form::Entrywise { derivative, .. } => {
            let _ = writeln!(text, "{name}(x)\n  of a scalar, or of each entry of an array");
            let _ = writeln!(text, "  derivative: {derivative}");
        }
        Form::Array { arguments: "", .. } => {
            let _ = writeln!(text, "{name}\n  a constant");
        }
        Form::Array { arguments, result, derivative, .. } => {
            let names: Vec<&str> = arguments
                .split(';')
                .filter_map(|one| one.split(':').next())
                .map(str::trim)
                .collect();
            let _ = writeln!(text, "{name}({})\n  {arguments} → {result}", names.join(", "));
            match derivative.map(|derivative| derivative.differential) {
                Some("") | None => {}
                Some(differential) => {
                    let _ = writeln!(text, "  differential: {differential}");
                }
            }
        }
    }
    if !function.meaning.is_empty() {
        let _ = writeln!(text, "  {}", function.meaning);
    }
    if let Some(condition) = function.condition {
        let argument = if let Form::Array { arguments, .. } = form { arguments } else { "x" };
        let argument = argument.split(':').next().unwrap_or_default();
        let _ = writeln!(text, "  derivatives where {}", condition.words.replace("{}", argument));
    }
    if !spellings.is_empty() {
        let _ = writeln!(text, "  also: {}", spellings.join(", "));
    }
    let domain = match domain {
        Domain::Real => None,
        Domain::Positive => Some("x > 0"),
        Domain::Unit => Some("−1 < x < 1"),
        Domain::Probability => Some("0 < x < 1"),
        Domain::AboveMinusOne => Some("x > −1"),
        Domain::AboveOne => Some("x > 1"),
        Domain::Invertible => Some("invertible square matrices"),
        Domain::Symmetric => Some("symmetric matrices"),
        Domain::Definite => Some("symmetric positive definite matrices"),
    };
    if let Some(domain) = domain {
        let _ = writeln!(text, "  for {domain}");
    }
    for (law, left, right) in *laws {
        let _ = writeln!(text, "  {law}: {left} = {right}");
    }
    text
}

/// All functions by kind, a line each kind.
pub(super) fn list() -> String {
    let of = |wanted: &dyn Fn(&Function) -> bool| {
        let rows = function::TABLE.iter().filter(|row| wanted(row));
        rows.map(|row| row.name).collect::<Vec<_>>().join(" ")
    };
    let operators: Vec<&str> =
        OPERATORS.iter().filter_map(|(names, ..)| names.split(' ').next()).collect();
    let layers: Vec<&str> = layer::LIBRARY.iter().map(|(name, _)| *name).collect();
    format!(
        "operators:  {}\nentrywise:  {}\nof arrays:  {}\nlayers:     {}\n`?name` tells more of each.\n",
        operators.join(" "),
        of(&|row| matches!(row.form, Form::Entrywise { .. })),
        of(&|row| matches!(row.form, Form::Array { .. })),
        layers.join(" "),
    )
}

/// The rules that derivations quote and rewrite by.
pub(super) fn rules() -> String {
    let mut text = "differentials\n".to_owned();
    for rule in DIFFERENTIALS {
        let _ = writeln!(text, "  {:<30} d({}) = {}", rule.name, rule.value, rule.differential);
    }
    text.push_str("pairings: ⟨G, L(X)⟩ as ⟨L*(G), X⟩\n");
    for rule in PAIRINGS {
        let _ = writeln!(text, "  {:<30} ⟨G, {}⟩ = ⟨{}, X⟩", rule.name, rule.value, rule.adjoint);
    }
    text.push_str("identities\n");
    for rule in IDENTITIES {
        let _ = writeln!(text, "  {:<30} {} = {}", rule.name, rule.left, rule.right);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elaborate;

    /// Names that the reader makes of what is written, and nobody types.
    const HIDDEN: &[&str] = &["paper_exp", "paper_softmax", "norm_1_vector", "inner_vectors"];

    #[test]
    fn every_name_that_is_read_is_explained() {
        for name in elaborate::names().filter(|name| !HIDDEN.contains(name)) {
            assert!(about(name).is_ok(), "{name}");
        }
        for name in functions() {
            assert!(about(name).is_ok_and(|text| text.lines().count() >= 2), "{name}");
            assert!(
                elaborate::is_known(name) || layer::LIBRARY.iter().any(|(layer, _)| *layer == name),
                "{name}"
            );
        }
    }

    #[test]
    fn an_unknown_name_offers_the_nearest() {
        assert!(about("logdte").is_err_and(|text| text.contains("did you mean `logdet`?")));
    }
}
