//! Sums over indices, recurrences, networks whose sizes are a family.

use super::{Generator, Named, shape};
use crate::fuzzer::program::{Declaration, Definition, Expression, Kind, Program, Shape};

fn column(side: &str) -> Shape {
    shape(side, "1")
}

fn declared(name: &str, shape: &Shape, words: &str) -> Declaration {
    Declaration { name: name.to_owned(), shape: shape.clone(), words: words.to_owned() }
}

fn named(text: &str, shape: &Shape) -> Named {
    Named { text: text.to_owned(), shape: shape.clone(), words: "" }
}

pub(crate) fn program(mut generator: Generator) -> Program {
    generator.plain = true;
    match generator.below(8) {
        0..=2 => sums(generator),
        3..=5 => recurrence(generator),
        6 => sizes(generator),
        _ => mixture(generator),
    }
}

/// Σ of an expression over the elements of given families.
fn sums(mut g: Generator) -> Program {
    let families = [
        ("x", "i", column("n"), ""),
        ("y", "i", column("m"), ""),
        ("b", "i", shape("1", "1"), ""),
        ("w", "i", shape("1", "1"), "positive"),
        ("S", "i", shape("n", "n"), "symmetric"),
    ];
    let constants = [
        ("A", shape("m", "n"), ""),
        ("D", shape("n", "n"), "invertible"),
        ("z", column("n"), ""),
        ("u", column("m"), ""),
        ("c", shape("1", "1"), ""),
        ("s", shape("1", "1"), "positive"),
    ];
    g.sides = ["m".to_owned(), "n".to_owned()];
    let mut declarations: Vec<Declaration> = families
        .iter()
        .map(|(name, index, shape, words)| declared(&format!("{name}[{index}]"), shape, words))
        .collect();
    declarations.extend(constants.iter().map(|(name, shape, words)| declared(name, shape, words)));
    let mut base: Vec<Named> =
        constants.iter().map(|(name, shape, _)| named(name, shape)).collect();
    let mut definitions = Vec::new();
    if g.chance(3) {
        // A family that is computed.
        g.names = base.clone();
        g.names.extend(elements(&families, "i"));
        let side = g.long();
        let value = g.any(&column(&side), 2);
        definitions.push(Definition {
            head: "h[i]".to_owned(),
            value,
            tail: " for i in 1..N".to_owned(),
        });
        base.push(named("h[i]", &column(&side)));
    }
    let (from, to, shifted) =
        [("1", "N", None), ("1", "N-1", Some("i+1")), ("2", "N", Some("i-1"))][g.below(3)];
    g.names = base;
    g.names.extend(elements(&families, "i"));
    if let Some(shifted) = shifted {
        g.names.extend(elements(&families[..3], shifted));
    }
    let all = ["x", "y", "w", "b", "S", "A", "D", "z", "u", "c", "s"];
    let wrt = g.pick(&all).to_string();
    g.wrt = vec![wrt.clone(), format!("{wrt}[i]")];
    let one = shape("1", "1");
    let d = 1 + g.below(3);
    let mut body = g.scalar(d);
    let occurs = crate::fuzzer::program::words(&body.text()).any(|word| word == wrt);
    if !occurs {
        let names: Vec<Named> =
            g.names.iter().filter(|known| g.wrt.contains(&known.text)).cloned().collect();
        if let Some(known) = names.first() {
            let leaf = Expression::leaf(known.text.clone(), &known.shape);
            body = Expression::of(&one, "({} + norm2({})^2)", vec![body, leaf]);
        }
    }
    let summed = Expression::of(&one, format!("sum(i in {from}..{to}, {{}})"), vec![body]);
    let formula = match g.below(5) {
        0 => Expression::of(&one, "({})^2", vec![summed]),
        1 => Expression::of(&one, "exp({}/10)", vec![summed]),
        2 => {
            // A sum within a sum.
            g.names.extend(elements(&families, "j"));
            let inner = g.scalar(2);
            let inner = Expression::of(&one, "sum(j in 1..N, {})", vec![inner]);
            Expression::of(&one, "({} + sum(i in 1..N, {}))", vec![summed, inner])
        }
        _ => summed,
    };
    Program { declarations, definitions, formula, wrt: vec![wrt], kind: Kind::Gradient }
}

fn elements(families: &[(&str, &str, Shape, &'static str)], place: &str) -> Vec<Named> {
    let each = families.iter().map(|(name, _, shape, words)| Named {
        text: format!("{name}[{place}]"),
        shape: shape.clone(),
        words: if *words == "positive" { "positive" } else { "" },
    });
    each.collect()
}

/// One or two recurrences, forwards or backwards, with a loss at the last step, at every step, or both.
fn recurrence(mut g: Generator) -> Program {
    let (state, input) = ("p", "n");
    g.sides = [state.to_owned(), input.to_owned()];
    let one = shape("1", "1");
    let parameters = [
        ("W", shape("p", "p"), ""),
        ("U", shape("p", "n"), ""),
        ("b", column("p"), ""),
        ("R", shape("p", "p"), "diagonal"),
        ("c", one.clone(), ""),
        ("s", one.clone(), "positive"),
    ];
    let mut declarations: Vec<Declaration> =
        parameters.iter().map(|(name, shape, words)| declared(name, shape, words)).collect();
    for (name, shape) in
        [("x[t]", column("n")), ("y[t]", column("p")), ("h0", column("p")), ("c0", column("p"))]
    {
        declarations.push(declared(name, &shape, ""));
    }
    let constants: Vec<Named> = parameters
        .iter()
        .map(|(name, shape, words)| Named {
            text: (*name).to_owned(),
            shape: shape.clone(),
            words: if *words == "positive" { "positive" } else { "" },
        })
        .collect();
    let forwards = !g.chance(4);
    let double = g.chance(3);
    let (before, first, last) = if forwards { ("t-1", "0", "T") } else { ("t+1", "T+1", "1") };
    let step = |g: &mut Generator, more: &[&str]| {
        g.names.clone_from(&constants);
        g.names.push(named("x[t]", &column("n")));
        g.names.push(named(&format!("h[{before}]"), &column("p")));
        if double {
            g.names.push(named(&format!("g[{before}]"), &column("p")));
        }
        g.names.extend(more.iter().map(|name| named(name, &column("p"))));
        let depth = g.below(3);
        let added = g.any(&column("p"), depth);
        let name = if more.is_empty() { "h" } else { "g" };
        let templates = [
            format!("tanh(W*{name}[{before}] + U*x[t] + {{}})"),
            format!("sigmoid(W*{name}[{before}] + {{}})"),
            format!("({name}[{before}]/2 + tanh({{}})/2)"),
            format!("sin({{}}) .* {name}[{before}] + tanh(U*x[t])"),
            format!("softmax(W*{name}[{before}] + {{}})"),
            format!("(R*{name}[{before}] + b + tanh({{}}))"),
        ];
        let template = g.pick(&templates).clone();
        Expression::of(&column("p"), template, vec![added])
    };
    let mut definitions = vec![
        Definition {
            head: format!("h[{first}]"),
            value: Expression::leaf("h0", &column("p")),
            tail: String::new(),
        },
        Definition {
            head: "h[t]".to_owned(),
            value: step(&mut g, &[]),
            tail: " for t in 1..T".to_owned(),
        },
    ];
    if double {
        definitions.push(Definition {
            head: format!("g[{first}]"),
            value: Expression::leaf("c0", &column("p")),
            tail: String::new(),
        });
        definitions.push(Definition {
            head: "g[t]".to_owned(),
            value: step(&mut g, &["h[t]"]),
            tail: " for t in 1..T".to_owned(),
        });
    }
    let formula = loss(&mut g, if double { "g" } else { "h" }, last);
    let mut names = vec!["W", "U", "b", "h0", "x", "y", "R", "c", "s"];
    if double {
        names.push("c0");
    }
    let mut wrt = vec![g.pick(&names).to_string()];
    if g.chance(3) {
        let other = g.pick(&names).to_string();
        if !wrt.contains(&other) {
            wrt.push(other);
        }
    }
    // Second derivatives along a direction, by an initial state or a parameter.
    if g.chance(6) {
        definitions.push(Definition { head: "L0".to_owned(), value: formula, tail: String::new() });
        declarations.push(declared("v", &column("p"), ""));
        let inner = *g.pick(&["h0", "b"]);
        let formula = Expression::leaf(format!("v'*grad(L0, {inner})"), &one);
        return Program { declarations, definitions, formula, wrt, kind: Kind::Gradient };
    }
    Program { declarations, definitions, formula, wrt, kind: Kind::Gradient }
}

/// A loss at the last step, at every step, or both.
fn loss(g: &mut Generator, result: &str, last: &str) -> Expression {
    let one = shape("1", "1");
    let at_end = [
        format!("norm2({result}[{last}] - y[{last}])^2"),
        format!("c*sum(tanh({result}[{last}]))"),
        format!("softmax_cross_entropy({result}[{last}], softmax(y[{last}]))"),
    ];
    let each = [
        format!("sum(t in 1..T, norm2({result}[t] - y[t])^2)"),
        format!("sum(t in 1..T, y[t]'*{result}[t])"),
        "sum(t in 1..T, exp(sum(h[t])/4))".to_owned(),
        format!("sum(t in 1..T, s*softmax_cross_entropy({result}[t], softmax(y[t])))"),
    ];
    let (at_end, each) = (g.pick(&at_end).clone(), g.pick(&each).clone());
    match g.below(4) {
        0 => Expression::leaf(at_end, &one),
        1 | 2 => Expression::leaf(each, &one),
        _ => Expression::of(
            &one,
            "({} + {})",
            vec![Expression::leaf(at_end, &one), Expression::leaf(each, &one)],
        ),
    }
}

/// A network with L layers of sizes n[0], n[1], …
fn sizes(mut g: Generator) -> Program {
    let declarations = vec![
        declared("W[l]", &shape("n[l]", "n[l-1]"), ""),
        declared("b[l]", &column("n[l]"), ""),
        declared("x", &column("n[0]"), ""),
        declared("y", &column("n[L]"), ""),
    ];
    let activation = *g.pick(&["tanh", "sigmoid", "softplus", "sin", "gelu", "relu"]);
    let definition = |head: &str, value: String, tail: &str| Definition {
        head: head.to_owned(),
        value: Expression::leaf(value, &column("n[l]")),
        tail: tail.to_owned(),
    };
    let bias = if g.chance(3) { "" } else { " + b[l]" };
    let definitions = vec![
        definition("a[0]", "x".to_owned(), ""),
        definition("a[l]", format!("{activation}(W[l]*a[l-1]{bias})"), " for l in 1..L"),
    ];
    let losses = [
        "norm2(a[L] - y)^2",
        "softmax_cross_entropy(a[L], softmax(y))",
        "norm2(a[L] - y)^2 + sum(l in 1..L, norm2(W[l])^2)",
        "y'*a[L] + sum(l in 1..L, sum(a[l].^2))",
        "norm1(a[L] - y)",
    ];
    let formula = Expression::leaf(*g.pick(&losses), &shape("1", "1"));
    let names: &[&str] = if bias.is_empty() { &["W", "x", "y"] } else { &["W", "b", "x", "y"] };
    let wrt = vec![g.pick(names).to_string()];
    Program { declarations, definitions, formula, wrt, kind: Kind::Gradient }
}

/// Sums of exponentials over an index within sums over another.
fn mixture(mut g: Generator) -> Program {
    let declarations = vec![
        declared("x[i]", &column("n"), ""),
        declared("μ[k]", &column("n"), ""),
        declared("a[k]", &shape("1", "1"), ""),
        declared("Q[k]", &shape("n", "n"), ""),
        declared("g[k]", &column("n"), ""),
        declared("s", &shape("1", "1"), "positive"),
    ];
    let exponents = [
        "a[k] - norm2(x[i] - μ[k])^2/2",
        "a[k] - norm2(Q[k]*(x[i] - μ[k]))^2/2",
        "g[k]'*x[i] + a[k]",
        "-s*norm2(x[i] - μ[k])^2",
        "g[k]'*tanh(Q[k]*x[i])",
    ];
    let exponent = *g.pick(&exponents);
    let losses = [
        format!("sum(i in 1..N, log(sum(k in 1..J, exp({exponent}))))"),
        format!("sum(i in 1..N, sum(k in 1..J, exp({exponent})*norm2(x[i] - μ[k])^2))"),
        format!(
            "sum(i in 1..N, sum(k in 1..J, exp({exponent})*(g[k]'*x[i]))/sum(k in 1..J, exp({exponent})))"
        ),
        format!("log(sum(i in 1..N, sum(k in 1..J, exp({exponent}))))"),
    ];
    let formula = Expression::leaf(g.pick(&losses).clone(), &shape("1", "1"));
    let text = formula.text();
    let names: Vec<&str> = ["x", "μ", "a", "Q", "g", "s"]
        .into_iter()
        .filter(|name| crate::fuzzer::program::words(&text).any(|word| word == *name))
        .collect();
    let wrt = vec![g.pick(&names).to_string()];
    Program { declarations, definitions: Vec::new(), formula, wrt, kind: Kind::Gradient }
}
