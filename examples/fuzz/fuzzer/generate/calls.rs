//! Calls of layers, of the program's own functions, of kernels on windows; substitutions and derivatives inside formulas.

use super::{Generator, Named, shape};
use crate::fuzzer::program::{Expression, Shape};

impl Generator {
    /// Layers, functions, substitutions, derivatives, tensors as matrices.
    pub(super) fn special(&mut self, wanted: &Shape, d: usize) -> Expression {
        let functions: Vec<_> =
            self.functions.iter().filter(|(_, _, result)| result == wanted).cloned().collect();
        if !functions.is_empty() && self.chance(2) {
            let (name, shapes, _) = self.pick(&functions).clone();
            let parts: Vec<Expression> = shapes.iter().map(|shape| self.any(shape, d)).collect();
            let template = format!("{name}({})", vec!["{}"; parts.len()].join(", "));
            return self.of(wanted, &template, parts);
        }
        let replaceable: Vec<_> =
            self.replaceable.iter().filter(|(named, _)| named.shape == *wanted).cloned().collect();
        if !replaceable.is_empty() && self.chance(2) {
            let (named, variable) = self.pick(&replaceable).clone();
            let part = self.any(&variable.shape, d.min(1));
            let template = format!("{}({} := {{}})", named.text, variable.text);
            return self.of(wanted, &template, vec![part]);
        }
        if self.derivatives > 0 && (wanted[1] == "1" || self.chance(2)) {
            return self.inner_derivative(wanted, d);
        }
        self.layer(wanted, d)
    }

    pub(super) fn inner_derivative(&mut self, wanted: &Shape, d: usize) -> Expression {
        let plain = |named: &&Named| {
            named.shape == *wanted
                && super::VARIABLES.iter().any(|row| row.0 == named.text)
                && matches!(
                    named.words,
                    "" | "positive" | "spd" | "symmetric" | "diagonal" | "lower"
                )
        };
        let fits: Vec<Named> = self.names.iter().filter(plain).cloned().collect();
        if fits.is_empty() {
            return self.leaf(wanted);
        }
        self.derivatives -= 1;
        let by = self.pick(&fits).clone();
        let outer = std::mem::replace(&mut self.wrt, vec![by.text.clone()]);
        let of = self.scalar(d.max(1));
        let of = self.with_wrt(of);
        self.wrt = outer;
        self.of(wanted, &format!("grad({{}}, {})", by.text), vec![of])
    }

    fn layer(&mut self, wanted: &Shape, d: usize) -> Expression {
        let [rows, columns] = [wanted[0].clone(), wanted[1].clone()];
        let (inner, keys) = (self.long(), self.long());
        let (r, c, inner, keys) = (rows.as_str(), columns.as_str(), inner.as_str(), keys.as_str());
        let (template, shapes): (&str, Vec<(&str, &str)>) = match self.below(7) {
            0 => ("dense({}, {}, {})", vec![(r, inner), (inner, c), (c, "1")]),
            1 => ("layer_norm({}, {}, {})", vec![(r, c), (c, "1"), (c, "1")]),
            2 => ("batch_norm({}, {}, {})", vec![(r, c), (c, "1"), (c, "1")]),
            3 => ("attention({}, {}, {})", vec![(r, inner), (keys, inner), (keys, c)]),
            4 => ("leaky_relu({}, 0.1)", vec![(r, c)]),
            5 => ("dropout({}, {}, 0.2)", vec![(r, c), (r, c)]),
            _ => ("embedding({}, {})", vec![(inner, c), (r, inner)]),
        };
        let parts = shapes.iter().map(|(r, c)| self.any(&shape(r, c), d)).collect();
        self.of(wanted, template, parts)
    }

    /// Comparisons and choices; of two branches one need not exist.
    pub(super) fn choice(&mut self, wanted: &Shape, d: usize) -> Expression {
        let any = |g: &mut Self| g.any(wanted, d.min(1));
        let (template, count) = *self.pick(&[
            ("where({} > {}, {}, {})", 4),
            ("where({} <= 0, {}, {})", 3),
            ("where({} > 0, log({}), {})", 3),
            ("where({} > 1 or {} < -1, {}, 0)", 3),
            ("where({} > 0 and {} < 1, {}, 2)", 3),
            ("where(not({} >= {}), {}, 1)", 3),
            ("(({} < {}) .* {})", 3),
            ("max({}, {})", 2),
            ("min({}, {}, {})", 3),
            ("clamp({}, -1, 1)", 1),
            ("huber({})", 1),
        ]);
        let mut parts: Vec<Expression> = (0..count).map(|_| any(self)).collect();
        if template.contains("log") {
            // Where the first is positive, its logarithm exists.
            parts[1] = parts[0].clone();
        }
        self.of(wanted, template, parts)
    }

    /// Windows on matrices.
    pub(super) fn convolution(&mut self, d: usize) -> Expression {
        let one = shape("1", "1");
        let [a, b] = self.sides.clone();
        let wide = shape(&a, &b);
        let kernel = Expression::leaf("K", &shape("k1", "l1"));
        let image = self.any(&wide, d.min(1));
        match self.below(7) {
            0 => self.of(&one, "norm2(conv2d({}, {}))^2", vec![image, kernel]),
            1 => self.of(&one, "sum(tanh(conv2d({}, {})))", vec![image, kernel]),
            2 => self.of(&one, "norm2(conv2d_full({}, {}))^2", vec![image, kernel]),
            3 => self.of(
                &one,
                "norm2(conv2d(conv2d_full({}, {}), {}))^2",
                vec![image, kernel.clone(), kernel],
            ),
            4 => self.of(&one, "sum({} .* avgpool2(J.^2))", vec![image]),
            5 => self.of(&one, "sum({} .* maxpool2(J))", vec![image]),
            _ => self.of(&one, "norm2(maxpool2(tanh(J)*2) - {})^2", vec![image]),
        }
    }

    pub(super) fn loss(&mut self, d: usize) -> Expression {
        let one = shape("1", "1");
        let wide = shape(&self.long(), &self.side());
        let (free, target) = (self.any(&wide, d), self.positive(&wide, d.min(1)));
        match self.below(8) {
            0 => self.of(&one, "mse({}, {})", vec![free, target]),
            1 => {
                let part = self.positive(&wide, d);
                self.of(&one, "cross_entropy({}, {})", vec![part, target])
            }
            2 => self.of(&one, "binary_cross_entropy(sigmoid({}), {})", vec![free, target]),
            3 => self.of(&one, "softmax_cross_entropy({}, {})", vec![free, target]),
            4 => self.of(&one, "softmax_cross_entropy({}, {}, rows)", vec![free, target]),
            5 => self.of(&one, "sigmoid_cross_entropy({}, {})", vec![free, target]),
            6 => self.of(&one, "cross_entropy(softmax({}), {})", vec![free, target]),
            _ => self.of(&one, "sum({} .* log(softmax({})))", vec![target, free]),
        }
    }
}
