//! Equations that are affine in their unknowns, and scalars with one stationary point.

use super::{Generator, shape};
use crate::fuzzer::program::{Expression, Kind, Program};

pub(crate) fn program(mut g: Generator) -> Program {
    g.plain = true;
    let [a, b] = g.sides.clone();
    let unknowns = ["X", "l"];
    let mut declarations = g.declarations();
    let one = shape("1", "1");
    for (name, shape) in
        [("X", shape(&a, &b)), ("l", shape(&b, "1")), ("g1", one.clone()), ("g2", one.clone())]
    {
        declarations.push(crate::fuzzer::program::Declaration {
            name: name.to_owned(),
            shape,
            words: String::new(),
        });
    }
    // Coefficients: often plain, sometimes computed.
    let factor = |g: &mut Generator| {
        let plain = ["c", "s", "2", "c^2", "sum(z)", "abs(c)", "norm2(y)^2", "(s + 1)", "t", "c*s"];
        Expression::leaf(*g.pick(&plain), &shape("1", "1"))
    };
    let (matrix, column) = (shape(&a, &b), shape(&b, "1"));
    let mut wrt = vec![unknowns[1].to_owned()];
    let formula = match g.below(16) {
        0 => {
            let parts = vec![factor(&mut g), g.any(&column, 1)];
            Expression::of(&column, "{}*l = {}", parts)
        }
        1 => {
            let parts = vec![factor(&mut g), g.any(&column, 1)];
            Expression::of(&one, "{}*norm2(l - {})^2", parts)
        }
        2 => {
            let parts = vec![g.invertible(&b, 2), g.any(&column, 1)];
            Expression::of(&column, "{}*l = {}", parts)
        }
        3 => {
            let parts = vec![g.any(&matrix, 1), g.any(&shape(&a, "1"), 1), factor(&mut g)];
            Expression::of(&one, "norm2({}*l - {})^2 + {}*norm2(l)^2", parts)
        }
        4 => {
            let parts = vec![g.any(&shape(&b, &b), 1), g.any(&column, 1), factor(&mut g)];
            Expression::of(&column, "{}*l + {} = {}*l", parts)
        }
        5 => {
            let parts = vec![g.invertible(&b, 1), g.any(&column, 1)];
            Expression::of(&one, "l'*{}*l - 2*l'*{}", parts)
        }
        6..=9 => {
            wrt = vec![unknowns[0].to_owned()];
            let (left, right) = (g.invertible(&a, 1), g.invertible(&b, 1));
            let constant = g.any(&matrix, 1);
            match g.below(5) {
                0 => Expression::of(&matrix, "{}*X = {}", vec![left, constant]),
                1 => Expression::of(&matrix, "{}*X*{} = {}", vec![left, right, constant]),
                2 => Expression::of(&matrix, "{}*X + X*{} = {}", vec![left, right, constant]),
                3 => Expression::of(&one, "norm2({}*X - {})^2", vec![left, constant]),
                _ => {
                    let parts = vec![factor(&mut g), constant];
                    Expression::of(&matrix, "{}*X = {} - X", parts)
                }
            }
        }
        10 => {
            wrt = vec![unknowns[0].to_owned()];
            let parts = vec![g.any(&matrix, 1), factor(&mut g)];
            Expression::of(&one, "norm2(X - {})^2 + {}*norm2(X)^2", parts)
        }
        11 | 12 => {
            wrt = vec!["g1".to_owned(), "g2".to_owned()];
            let parts = vec![
                factor(&mut g),
                factor(&mut g),
                g.scalar(1),
                factor(&mut g),
                factor(&mut g),
                g.scalar(1),
            ];
            Expression::of(&one, "{}*g1 + {}*g2 = {}, {}*g1 - {}*g2 = {}", parts)
        }
        13 => {
            wrt = vec!["g1".to_owned(), "g2".to_owned()];
            Expression::leaf("norm2(g1*y + g2*ones(rows(y), 1) - x)^2", &one)
        }
        14 => {
            wrt = vec!["g1".to_owned()];
            let parts = vec![factor(&mut g), g.scalar(1), factor(&mut g)];
            Expression::of(&one, "{}*g1 = {} + {}*g1/2", parts)
        }
        _ => {
            // A weighted residual.
            let (design, target) = (g.any(&matrix, 1), g.any(&shape(&a, "1"), 1));
            let parts = vec![design.clone(), target.clone(), g.invertible(&a, 1), design, target];
            Expression::of(&one, "({}*l - {})'*{}*({}*l - {})", parts)
        }
    };
    Program { declarations, definitions: Vec::new(), formula, wrt, kind: Kind::Solve }
}
