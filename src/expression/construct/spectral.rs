//! Functions of matrices by their spectrum.

use num_traits::{One, Signed};

use crate::expression::{Id, Node, Property, Store};
use crate::function::FunctionId;
use crate::number;
use crate::shape::Shape;

impl Store {
    /// f of a matrix by what is known of it; none where nothing is.
    pub(super) fn of_spectrum(
        &mut self,
        function: FunctionId,
        arguments: &[Id],
        shape: &Shape,
    ) -> Option<Id> {
        match (function.row().name, arguments) {
            ("pinv", [x]) if self.properties(*x).has(Property::Invertible) => {
                Some(self.inverse(*x))
            }
            ("eigmax" | "eigmin" | "eigvals", [x]) if self.shape(*x).is_scalar() => Some(*x),
            ("projector_max" | "projector_min" | "eigvecs", [x]) if self.shape(*x).is_scalar() => {
                Some(self.integer(1))
            }
            ("resolvent_max" | "resolvent_min" | "eig_gaps", [x]) if self.shape(*x).is_scalar() => {
                Some(self.integer(0))
            }
            ("sqrtm" | "cholesky", [x]) if self.shape(*x).is_scalar() => {
                Some(self.power_of(*x, &number::ratio(1, 2)))
            }
            // Eigenvectors, and where the largest entry stands, are those of any positive multiple.
            (
                "projector_max" | "projector_min" | "eigvecs" | "leading" | "polar" | "maxmask"
                | "maxmask_columns",
                [x],
            ) => {
                let (coefficient, core) = self.split_coefficient(*x);
                let is_multiple = coefficient.is_positive() && !coefficient.is_one();
                is_multiple.then(|| self.apply(function, &[core], shape))
            }
            // f(Aᵀ) = f(A)ᵀ
            ("pinv" | "sqrtm" | "logm" | "sinm" | "cosm", [x]) => {
                let inner = self.as_transpose(*x)?;
                let value = self.apply(function, &[inner], &shape.transposed());
                Some(self.transpose(value))
            }
            ("lyapunov", [s, c]) if shape.is_scalar() => {
                let double = self.scale_by(&number::integer(2), *s);
                Some(self.divide(*c, double))
            }
            ("lyapunov", [s, c]) => {
                // S X + X S = S, and = I
                if s == c {
                    let identity = self.identity(&shape.rows());
                    return Some(self.scale_by(&number::ratio(1, 2), identity));
                }
                if matches!(self.node(*c), Node::Identity(_)) {
                    let inverse = self.inverse(*s);
                    return Some(self.scale_by(&number::ratio(1, 2), inverse));
                }
                self.of_multiple(function, &[*s], *c, shape)
            }
            ("logm_frechet" | "sinm_frechet" | "cosm_frechet", [x, e]) => {
                self.of_multiple(function, &[*x], *e, shape)
            }
            ("tril_half", [x]) => self.of_multiple(function, &[], *x, shape),
            _ => None,
        }
    }

    /// A function that is linear in its last argument, of zero and of a multiple.
    fn of_multiple(
        &mut self,
        function: FunctionId,
        others: &[Id],
        last: Id,
        shape: &Shape,
    ) -> Option<Id> {
        if self.is_zero(last) {
            return Some(self.zeros(shape));
        }
        let (coefficient, core) = self.split_coefficient(last);
        let (scalar, core) = match *self.node(core) {
            Node::Scale { scalar, matrix } => (Some(scalar), matrix),
            _ => (None, core),
        };
        if coefficient.is_one() && scalar.is_none() {
            return None;
        }
        let arguments = [others, &[core]].concat();
        let mut value = self.apply(function, &arguments, shape);
        if let Some(scalar) = scalar {
            value = self.multiply(scalar, value);
        }
        Some(self.scale_by(&coefficient, value))
    }

    /// tr X of S X + X S = C is ½ tr(S⁻¹ C).
    pub(super) fn trace_of_lyapunov(&mut self, a: Id) -> Option<Id> {
        let Node::Apply { function, arguments } = self.node(a) else { return None };
        let ("lyapunov", [s, c]) = (function.row().name, &**arguments) else { return None };
        let (s, c) = (*s, *c);
        let inverse = self.inverse(s);
        let product = self.multiply(inverse, c);
        let trace = self.trace(product);
        Some(self.scale_by(&number::ratio(1, 2), trace))
    }
}
