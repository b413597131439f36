//! Functions of one number, applied to every entry.
//!
//! A new function is one line here (and its routine in [`crate::kernel`], where the derivative is never written down). √x and
//! 1/x are no rows: they are powers.

use super::{Domain, EntrywiseKernel, Form, Function};
use crate::kernel;

/// One row a line: name, spellings, derivative, domain, LaTeX, cost, routine, laws, what is known of its values, if anything.
macro_rules! rows {
    ($($name:literal, $spellings:tt, $derivative:literal, $domain:ident, $latex:literal, $cost:literal, $routine:ident,
       $laws:tt $($range:ident)?;)*) => {
        &[$(Function {
            name: $name,
            spellings: &$spellings,
            form: Form::Entrywise {
                derivative: $derivative,
                kernel: EntrywiseKernel { real: kernel::$routine, dual: kernel::$routine, dual2: kernel::$routine, scaled: kernel::$routine },
                routine: stringify!($routine),
            },
            domain: Domain::$domain,
            laws: &$laws,
            latex: $latex,
            range: range!($($range)?),
            cost: $cost,
            meaning: "",
            condition: None,
        }),*]
    };
}

#[rustfmt::skip]
pub(super) const ROWS: &[Function] = rows![
    // Exponentials and logarithms
    "exp",      [],                  "exp(x)",                      Real,          r"\exp",                    20, exp,
        [("exponential of a logarithm", "exp(log(x))", "x")] Positive;
    "log",      ["ln"],              "1/x",                         Positive,      r"\log",                    20, log,
        [("logarithm of an exponential", "log(exp(x))", "x"), ("logarithm of a reciprocal", "log(1/x)", "-log(x)")];
    "expm1",    [],                  "exp(x)",                      Real,          r"\operatorname{expm1}",    20, expm1, [];
    "log1p",    [],                  "1/(1+x)",                     AboveMinusOne, r"\operatorname{log1p}",    20, log1p, [];

    // Kinks and jumps: sign(0) = 0, relu'(0) = 0
    "abs",      [],                  "sign(x)",                     Real,          r"\lvert #1 \rvert",       1, abs,
        [("absolute value of a negative", "abs(-x)", "abs(x)"), ("sign times value", "x*sign(x)", "abs(x)"),
         ("sign times absolute value", "abs(x)*sign(x)", "x"), ("squared absolute value", "abs(x)^2", "x^2")] Nonnegative;
    "sign",     ["sgn"],             "0",                           Real,          r"\operatorname{sign}",      1, sign,
        [("sign of a negative", "sign(-x)", "-sign(x)"), ("sign of a sign", "sign(sign(x))", "sign(x)")];
    "relu",     ["ReLU"],            "step(x)",                     Real,          r"\operatorname{relu}",      1, relu,
        [("value past the step", "x*step(x)", "relu(x)"), ("rectified twice", "relu(relu(x))", "relu(x)")] Nonnegative;
    "step",     ["heaviside"],       "0",                           Real,          r"\operatorname{step}",      1, step,
        [("rectified past the step", "relu(x)*step(x)", "relu(x)"), ("step of a rectified value", "step(relu(x))", "step(x)"),
         ("absolute value past the step", "abs(x)*step(x)", "relu(x)"), ("sign past the step", "sign(x)*step(x)", "step(x)")] Mask;

    // Conditions: with step they say how x and 0 compare
    "nonpositive", [],               "0",                           Real,          r"\operatorname{nonpositive}", 1, nonpositive,
        [("either side of a step", "step(x) + nonpositive(x)", "1"), ("both sides of a step", "step(x)*nonpositive(x)", "0"),
         ("rectified below the step", "relu(x)*nonpositive(x)", "0"), ("complement of a rectified value", "nonpositive(relu(x))", "nonpositive(x)")] Mask;
    "is_zero",  [],                  "0",                           Real,          r"\operatorname{is\_zero}",   1, is_zero,
        [("value where it is zero", "x*is_zero(x)", "0")] Mask;
    "is_nonzero", [],                "0",                           Real,          r"\operatorname{is\_nonzero}", 1, is_nonzero,
        [("value where it is not zero", "x*is_nonzero(x)", "x"),
         ("zero or not", "is_zero(x) + is_nonzero(x)", "1"), ("zero and not", "is_zero(x)*is_nonzero(x)", "0")] Mask;

    // What is learned from and not learned
    "stop",     ["stop_gradient"],   "0",                           Real,          r"\operatorname{stop}",      1, stop,
        [("value that is stopped twice", "stop(stop(x))", "stop(x)")];

    // Trigonometric
    "sin",      [],                  "cos(x)",                      Real,          r"\sin",                    25, sin,
        [("sine of a negative", "sin(-x)", "-sin(x)"), ("sine of an arcsine", "sin(arcsin(x))", "x")];
    "cos",      [],                  "-sin(x)",                     Real,          r"\cos",                    25, cos,
        [("cosine of a negative", "cos(-x)", "cos(x)"), ("cosine of an arccosine", "cos(arccos(x))", "x"),
         ("Pythagoras", "sin(x)^2 + cos(x)^2", "1")];
    "tan",      [],                  "1 + tan(x)^2",                Real,          r"\tan",                    30, tan,
        [("tangent", "sin(x)/cos(x)", "tan(x)"), ("tangent of a negative", "tan(-x)", "-tan(x)"),
         ("tangent of an arctangent", "tan(arctan(x))", "x")];
    "arcsin",   ["asin"],            "1/sqrt(1-x^2)",               Unit,          r"\arcsin",                 30, arcsin, [];
    "arccos",   ["acos"],            "-1/sqrt(1-x^2)",              Unit,          r"\arccos",                 30, arccos, [];
    "arctan",   ["atan"],            "1/(1+x^2)",                   Real,          r"\arctan",                 30, arctan, [];

    // Hyperbolic
    "sinh",     [],                  "cosh(x)",                     Real,          r"\sinh",                   30, sinh,
        [("hyperbolic sine of a negative", "sinh(-x)", "-sinh(x)")];
    "cosh",     [],                  "sinh(x)",                     Real,          r"\cosh",                   30, cosh,
        [("hyperbolic cosine of a negative", "cosh(-x)", "cosh(x)"),
         ("hyperbolic Pythagoras", "cosh(x)^2 - sinh(x)^2", "1")] Positive;
    "tanh",     [],                  "1 - tanh(x)^2",               Real,          r"\tanh",                   25, tanh,
        [("hyperbolic tangent", "sinh(x)/cosh(x)", "tanh(x)"), ("hyperbolic tangent of a negative", "tanh(-x)", "-tanh(x)")];
    "arcsinh",  ["asinh", "arsinh"], "1/sqrt(1+x^2)",               Real,          r"\operatorname{arsinh}",   30, arcsinh, [];
    "arccosh",  ["acosh", "arcosh"], "1/sqrt(x^2-1)",               AboveOne,      r"\operatorname{arcosh}",   30, arccosh, [];
    "arctanh",  ["atanh", "artanh"], "1/(1-x^2)",                   Unit,          r"\operatorname{artanh}",   30, arctanh, [];

    // Activations and link functions
    "sigmoid",  ["logistic"],      "sigmoid(x)*(1-sigmoid(x))",   Real,          r"\sigma",                  22, sigmoid,
        [("logistic function", "exp(x)/(1+exp(x))", "sigmoid(x)"), ("logistic function", "1/(1+exp(-x))", "sigmoid(x)"),
         ("both sides of a logistic", "sigmoid(x) + sigmoid(-x)", "1")] Positive;
    "softplus", [],                  "sigmoid(x)",                  Real,          r"\operatorname{softplus}", 40, softplus,
        [("softplus", "log(1+exp(x))", "softplus(x)"), ("both sides of a softplus", "softplus(x) - softplus(-x)", "x")] Positive;
    "logit",    [],                  "1/(x*(1-x))",                 Probability,   r"\operatorname{logit}",    40, logit,
        [("logit of a logistic", "logit(sigmoid(x))", "x"), ("logistic of a logit", "sigmoid(logit(x))", "x")];
    "gelu",     ["GELU"],            "normcdf(x) + x*normpdf(x)",   Real,          r"\operatorname{gelu}",     60, gelu,
        [("gelu", "x*normcdf(x)", "gelu(x)")];

    // The gamma function
    "lgamma",   ["gammaln", "loggamma"], "digamma(x)",              Positive,      r"\operatorname{lgamma}",   60, lgamma, [];
    "digamma",  [],                  "trigamma(x)",                 Positive,      r"\operatorname{digamma}",  60, digamma, [];
    "trigamma", [],                  "tetragamma(x)",               Positive,      r"\operatorname{trigamma}", 60, trigamma, [] Positive;
    "tetragamma", [],                "",                            Positive,      r"\operatorname{tetragamma}", 60, tetragamma, [];

    // The normal distribution
    "erf",      [],                  "2/sqrt(pi)*exp(-x^2)",        Real,          r"\operatorname{erf}",      60, erf,
        [("error function of a negative", "erf(-x)", "-erf(x)")];
    "normcdf",  ["Phi", "Φ"],        "normpdf(x)",                  Real,          r"\Phi",                    60, normcdf, [] Positive;
    "normpdf",  [],                  "-x*normpdf(x)",               Real,          r"\operatorname{normpdf}",                 22, normpdf,
        [("density of a negative", "normpdf(-x)", "normpdf(x)")] Positive;
];
