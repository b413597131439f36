//! Numbers that know how exact they can be.

use super::{Dual, Real};

/// A number with the scale of its rounding error: the largest number that it was computed from, brought here by the derivatives of the
/// steps between. Rounding leaves an error of ε times this in it, in whatever order the steps are taken: 10⁶ + x − 10⁶ is as exact as
/// 10⁶, however small x. The scale is infinite where such an error decides whether there is a result: at 1 / (10⁻¹⁷ + 1 − 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaled {
    /// The number, as f64 has it.
    pub value: f64,
    /// The scale.
    pub scale: f64,
    /// What it is to be compared with.
    pub precision: Precision,
}

/// The precision of the numbers that are compared with this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// The distance from 1 to the next number.
    pub epsilon: f64,
    /// The smallest number with all digits: what is below has an error of ε times this.
    pub floor: f64,
}

impl Precision {
    /// That of f64.
    pub const DOUBLE: Self = Self { epsilon: f64::EPSILON, floor: f64::MIN_POSITIVE };
    /// That of f32.
    pub const SINGLE: Self = Self { epsilon: f32::EPSILON as f64, floor: f32::MIN_POSITIVE as f64 };
    /// That of constants, which are as precise as what they meet.
    const ANY: Self = Self { epsilon: 0.0, floor: 0.0 };

    fn meet(self, other: Self) -> Self {
        Self { epsilon: self.epsilon.max(other.epsilon), floor: self.floor.max(other.floor) }
    }
}

impl Scaled {
    /// A number that is exact.
    pub fn exact(value: f64, precision: Precision) -> Self {
        Self { value, scale: 0.0, precision }
    }

    /// An exact number beside this one.
    #[must_use]
    pub fn like(self, value: f64) -> Self {
        Self::exact(value, self.precision)
    }

    /// What errors are relative to.
    pub fn size(self) -> f64 {
        if self.scale.is_finite() { self.value.abs().max(self.scale) } else { self.value.abs() }
    }

    /// The rounding error.
    fn error(self) -> f64 {
        if self.scale == 0.0 { 0.0 } else { self.precision.epsilon * self.scale }
    }

    /// The largest size that the number may have.
    fn most(self) -> f64 {
        self.value.abs() + self.error()
    }

    /// The result of a step, with the scales that it is handed.
    fn step(value: f64, handed: f64, precision: Precision) -> Self {
        let own = if value == 0.0 { 0.0 } else { value.abs().max(precision.floor) };
        Self { value, scale: own.max(handed), precision }
    }

    /// f(x), with f′ from dual numbers: the steepest slope within the error.
    fn map(self, f: impl Fn(Dual<f64>) -> Dual<f64>) -> Self {
        let at = |x| f(Dual::new(x, 1.0));
        let (y, error) = (at(self.value), self.error());
        let mut slope = y.tangent.abs();
        if error > 0.0 {
            for x in [self.value - error, self.value + error] {
                let steeper = at(x).tangent.abs();
                slope = if steeper.is_nan() { f64::INFINITY } else { slope.max(steeper) };
            }
        }
        Self::step(y.value, handed(slope, self.scale), self.precision)
    }
}

/// |slope| scale: nothing where there is no error, whatever the slope.
fn handed(slope: f64, scale: f64) -> f64 {
    if scale == 0.0 { 0.0 } else { slope.abs() * scale }
}

impl std::ops::Add for Scaled {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let precision = self.precision.meet(other.precision);
        Self::step(self.value + other.value, self.scale.max(other.scale), precision)
    }
}

impl std::ops::Sub for Scaled {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::ops::Mul for Scaled {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let precision = self.precision.meet(other.precision);
        let value = self.value * other.value;
        let scale = handed(other.most(), self.scale).max(handed(self.most(), other.scale));
        // A product of numbers that are not zero may vanish.
        let vanished = value == 0.0 && self.value != 0.0 && other.value != 0.0;
        Self::step(value, if vanished { scale.max(precision.floor) } else { scale }, precision)
    }
}

impl std::ops::Div for Scaled {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let precision = self.precision.meet(other.precision);
        let value = self.value / other.value;
        let least = other.value.abs() - other.error();
        let slope = if least > 0.0 { 1.0 / least } else { f64::INFINITY };
        let scale = handed(slope, self.scale).max(handed(value * slope, other.scale));
        Self::step(value, scale, precision)
    }
}

impl std::ops::Neg for Scaled {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, ..self }
    }
}

impl std::ops::AddAssign for Scaled {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Scaled {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::ops::MulAssign for Scaled {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl std::ops::DivAssign for Scaled {
    fn div_assign(&mut self, other: Self) {
        *self = *self / other;
    }
}

macro_rules! functions {
    ($($name:ident)*) => {
        $(fn $name(self) -> Self {
            self.map(Real::$name)
        })*
    };
}

impl Real for Scaled {
    const EPSILON: f64 = f64::EPSILON;
    fn constant(value: f64) -> Self {
        // A constant such as 1/3 or π is rounded; a whole number is not.
        let scale = if value.fract() == 0.0 { 0.0 } else { value.abs() };
        Self { value, scale, precision: Precision::ANY }
    }
    fn real(self) -> f64 {
        self.value
    }
    fn less(self, other: Self) -> bool {
        self.value < other.value
    }
    functions! {
        exp exp_m1 ln ln_1p sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh error_function error_function_complement
    }
    fn abs(self) -> Self {
        Self { value: self.value.abs(), ..self }
    }
    fn powi(self, n: i32) -> Self {
        self.map(|x| x.powi(n))
    }
    fn powf(self, y: Self) -> Self {
        let by_base = self.map(|x| x.powf(Dual::new(y.value, 0.0)));
        if y.scale == 0.0 {
            return by_base;
        }
        let slope = Dual::new(self.value, 0.0).powf(Dual::new(y.value, 1.0)).tangent;
        Self { scale: by_base.scale.max(handed(slope, y.scale)), ..by_base }
    }
}
