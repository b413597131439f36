//! Arrays of any number of dimensions, the first running fastest, and plain linear algebra on them.

use super::number::Jet;

/// An array; a scalar is 1×1, every other one has at least two dimensions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    pub(crate) sizes: Vec<usize>,
    pub(crate) data: Vec<Jet>,
}

impl Array {
    pub(crate) fn scalar(value: Jet) -> Self {
        Self { sizes: vec![1, 1], data: vec![value] }
    }

    pub(crate) fn filled(sizes: &[usize], value: Jet) -> Self {
        let mut sizes = sizes.to_vec();
        sizes.resize(sizes.len().max(2), 1);
        let entries = sizes.iter().product();
        Self { sizes, data: vec![value; entries] }
    }

    pub(crate) fn matrix(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> Jet) -> Self {
        let data = (0..rows * columns).map(|at| entry(at % rows, at / rows)).collect();
        Self { sizes: vec![rows, columns], data }
    }

    pub(crate) fn identity(n: usize) -> Self {
        Self::matrix(n, n, |i, j| if i == j { Jet::ONE } else { Jet::ZERO })
    }

    pub(crate) fn rows(&self) -> usize {
        self.sizes[0]
    }

    pub(crate) fn columns(&self) -> usize {
        self.sizes[1]
    }

    /// Height, width, channels, batch.
    pub(crate) fn four(&self) -> [usize; 4] {
        let side = |at: usize| self.sizes.get(at).copied().unwrap_or(1);
        [side(0), side(1), side(2), side(3)]
    }

    pub(crate) fn is_square(&self) -> bool {
        self.sizes.len() == 2 && self.rows() == self.columns()
    }

    pub(crate) fn at(&self, i: usize, j: usize) -> Jet {
        self.data[i + j * self.sizes[0]]
    }

    /// An entry of an image; nothing outside.
    pub(crate) fn pixel(&self, place: [usize; 4]) -> Jet {
        let sides = self.four();
        if place.iter().zip(sides).any(|(at, side)| *at >= side) {
            return Jet::ZERO;
        }
        self.data[offset(place, sides)]
    }

    /// An image of these sides with entries by place, with as many dimensions as `like`.
    pub(crate) fn image(
        sides: [usize; 4],
        dimensions: usize,
        entry: impl Fn([usize; 4]) -> Jet,
    ) -> Self {
        let data = (0..sides.iter().product()).map(|at| entry(place(at, sides))).collect();
        let mut sizes = sides.to_vec();
        while sizes.len() > dimensions.max(2) && sizes.last() == Some(&1) {
            sizes.pop();
        }
        Self { sizes, data }
    }

    pub(crate) fn map(&self, f: impl Fn(Jet) -> Jet) -> Self {
        Self { sizes: self.sizes.clone(), data: self.data.iter().map(|x| f(*x)).collect() }
    }

    pub(crate) fn zip(&self, other: &Self, f: impl Fn(Jet, Jet) -> Jet) -> Result<Self, String> {
        if trimmed(&self.sizes) != trimmed(&other.sizes) {
            return Err(format!("shapes differ: {:?} and {:?}", self.sizes, other.sizes));
        }
        let data = self.data.iter().zip(&other.data).map(|(x, y)| f(*x, *y)).collect();
        Ok(Self { sizes: self.sizes.clone(), data })
    }

    pub(crate) fn scaled(&self, factor: Jet) -> Self {
        self.map(|x| x * factor)
    }

    pub(crate) fn sum(&self) -> Jet {
        self.data.iter().fold(Jet::ZERO, |sum, x| sum + *x)
    }

    pub(crate) fn inner(&self, other: &Self) -> Jet {
        self.data.iter().zip(&other.data).fold(Jet::ZERO, |sum, (x, y)| sum + *x * *y)
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::matrix(self.columns(), self.rows(), |i, j| self.at(j, i))
    }

    pub(crate) fn times(&self, other: &Self) -> Result<Self, String> {
        if self.sizes.len() != 2 || other.sizes.len() != 2 || self.columns() != other.rows() {
            return Err(format!("no product of {:?} and {:?}", self.sizes, other.sizes));
        }
        let entry = |i, j| {
            (0..self.columns()).fold(Jet::ZERO, |sum, k| sum + self.at(i, k) * other.at(k, j))
        };
        Ok(Self::matrix(self.rows(), other.columns(), entry))
    }

    pub(crate) fn magnitude(&self) -> f64 {
        self.data.iter().fold(0.0, |largest, x| largest.max(x.magnitude()))
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.data.iter().all(|x| x.is_finite())
    }

    pub(crate) fn trace(&self) -> Jet {
        (0..self.rows()).fold(Jet::ZERO, |sum, i| sum + self.at(i, i))
    }

    pub(crate) fn kronecker(&self, other: &Self) -> Self {
        let (r, c) = (other.rows(), other.columns());
        Self::matrix(self.rows() * r, self.columns() * c, |i, j| {
            self.at(i / r, j / c) * other.at(i % r, j % c)
        })
    }

    /// Determinant and adjugate without a division by an entry (Faddeev and LeVerrier).
    pub(crate) fn determinant_and_adjugate(&self) -> Result<(Jet, Self), String> {
        let n = self.rows();
        let (mut m, mut coefficient) = (Self::filled(&[n, n], Jet::ZERO), Jet::ONE);
        for k in 1..=n {
            let shift = Self::identity(n).scaled(coefficient);
            m = self.times(&m)?.zip(&shift, |x, y| x + y)?;
            #[allow(clippy::cast_precision_loss)]
            let step = Jet::new(k as f64);
            coefficient = -(self.times(&m)?.trace() / step);
        }
        let sign = |odd: bool| if odd { Jet::new(-1.0) } else { Jet::ONE };
        Ok((sign(n % 2 == 1) * coefficient, m.scaled(sign(n.is_multiple_of(2)))))
    }

    /// By elimination with row exchanges; where a pivot is nearly zero, without divisions, and what rounding leaves of a singular matrix is
    /// zero.
    pub(crate) fn determinant(&self) -> Result<Jet, String> {
        let n = self.rows();
        let (mut left, mut product) = (self.clone(), Jet::ONE);
        // Hadamard: no determinant is larger than the product of the columns' lengths.
        let bound: f64 = (0..n)
            .map(|j| (0..n).map(|i| self.at(i, j).value().powi(2)).sum::<f64>().sqrt())
            .product();
        for k in 0..n {
            let size = |i: &usize| left.at(*i, k).value().abs();
            let pivot = (k..n).max_by(|i, j| size(i).total_cmp(&size(j))).unwrap_or(k);
            if pivot != k {
                (0..n).for_each(|j| left.data.swap(k + j * n, pivot + j * n));
                product = -product;
            }
            let head = left.at(k, k);
            product = product * head;
            if head.value().abs() < 1e-9 {
                let mut found = self.determinant_and_adjugate()?.0;
                if found.value().abs() < 1e-12 * bound {
                    found.0[0] = 0.0;
                }
                return Ok(found);
            }
            for i in k + 1..n {
                let factor = left.at(i, k) / head;
                for j in k..n {
                    left.data[i + j * n] = left.data[i + j * n] - factor * left.data[k + j * n];
                }
            }
        }
        Ok(product)
    }

    /// By elimination with row exchanges.
    /// Whether a square matrix has no inverse; none where the numbers do not tell.
    pub(crate) fn is_singular(&self) -> Option<bool> {
        let inverse = self.inverse().ok()?;
        let condition = self.magnitude() * inverse.magnitude();
        match condition {
            _ if self.magnitude() < 1e-12 || !inverse.is_finite() => Some(true),
            ..1e5 => Some(false),
            // What was computed through large numbers has lost its small ones.
            1e13.. if self.magnitude() < 1e3 => Some(true),
            _ => None,
        }
    }

    pub(crate) fn inverse(&self) -> Result<Self, String> {
        if !self.is_square() {
            return Err("no inverse of what is not square".to_owned());
        }
        let n = self.rows();
        let (mut left, mut right) = (self.clone(), Self::identity(n));
        for k in 0..n {
            let size = |i: &usize| left.at(*i, k).value().abs();
            let pivot = (k..n).max_by(|i, j| size(i).total_cmp(&size(j))).unwrap_or(k);
            for a in [&mut left, &mut right] {
                (0..n).for_each(|j| a.data.swap(k + j * n, pivot + j * n));
            }
            let factor = left.at(k, k).recip();
            for a in [&mut left, &mut right] {
                (0..n).for_each(|j| a.data[k + j * n] = a.data[k + j * n] * factor);
            }
            for i in (0..n).filter(|i| *i != k) {
                let factor = left.at(i, k);
                for a in [&mut left, &mut right] {
                    for j in 0..n {
                        a.data[i + j * n] = a.data[i + j * n] - factor * a.data[k + j * n];
                    }
                }
            }
        }
        Ok(right)
    }

    /// Aᵏ by as many products.
    pub(crate) fn whole_power(&self, k: usize) -> Result<Self, String> {
        if !self.is_square() {
            return Err("no power of what is not square".to_owned());
        }
        (0..k).try_fold(Self::identity(self.rows()), |power, _| power.times(self))
    }

    /// e^A: the series of A/2ˢ, squared s times.
    pub(crate) fn exponential(&self) -> Result<Self, String> {
        let (mut scale, mut squarings) = (1.0, 0);
        while self.data.iter().any(|x| x.value().abs() * scale > 0.1) && squarings < 40 {
            scale /= 2.0;
            squarings += 1;
        }
        let small = self.scaled(Jet::new(scale));
        let mut sum = Self::identity(self.rows());
        let mut term = sum.clone();
        for k in 1..20 {
            term = term.times(&small)?.scaled(Jet::new(1.0 / f64::from(k)));
            sum = sum.zip(&term, |x, y| x + y)?;
        }
        (0..squarings).try_fold(sum, |power, _| power.times(&power))
    }
}

/// Sizes without the ones at the end.
fn trimmed(sizes: &[usize]) -> &[usize] {
    let mut sizes = sizes;
    while let [rest @ .., 1] = sizes {
        sizes = rest;
    }
    sizes
}

pub(crate) fn offset(place: [usize; 4], sides: [usize; 4]) -> usize {
    place[0] + sides[0] * (place[1] + sides[1] * (place[2] + sides[2] * place[3]))
}

pub(crate) fn place(at: usize, sides: [usize; 4]) -> [usize; 4] {
    let [h, w, c, _] = sides;
    [at % h, at / h % w, at / (h * w) % c, at / (h * w * c)]
}
