//! Numbers that know how exact they can be. This file is part of the crate that compares.

use crate::kernel::{Dual, Real};

/// A number with the scale of its rounding error: the largest number that it was computed from, brought here by the derivatives of the
/// steps between. Rounding leaves an error of ε times this in it, in whatever order the steps are taken: 10⁶ + x − 10⁶ is as exact as
/// 10⁶, however small x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaled {
    pub value: f64,
    pub scale: f64,
    /// The smallest number with all digits: what is below has an error of ε times this.
    pub floor: f64,
}

impl Scaled {
    /// A number that is exact.
    pub fn exact(value: f64, floor: f64) -> Self {
        Self { value, scale: 0.0, floor }
    }

    /// An exact number beside this one.
    pub fn like(self, value: f64) -> Self {
        Self::exact(value, self.floor)
    }

    /// What errors are relative to.
    pub fn size(self) -> f64 {
        if self.scale.is_finite() { self.value.abs().max(self.scale) } else { self.value.abs() }
    }

    /// The result of a step, with the scales that it is handed.
    fn step(value: f64, handed: f64, floor: f64) -> Self {
        let own = if value == 0.0 { 0.0 } else { value.abs().max(floor) };
        Self { value, scale: own.max(handed), floor }
    }

    /// f(x), with f′(x) from dual numbers.
    fn map(self, f: impl Fn(Dual<f64>) -> Dual<f64>) -> Self {
        let y = f(Dual::new(self.value, 1.0));
        Self::step(y.value, handed(y.tangent, self.scale), self.floor)
    }
}

/// |slope| scale: nothing where there is no error, whatever the slope.
fn handed(slope: f64, scale: f64) -> f64 {
    if scale == 0.0 { 0.0 } else { slope.abs() * scale }
}

impl std::ops::Add for Scaled {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let floor = self.floor.max(other.floor);
        Self::step(self.value + other.value, self.scale.max(other.scale), floor)
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
        let (floor, value) = (self.floor.max(other.floor), self.value * other.value);
        let scale = handed(other.value, self.scale).max(handed(self.value, other.scale));
        // A product of numbers that are not zero may vanish.
        let vanished = value == 0.0 && self.value != 0.0 && other.value != 0.0;
        Self::step(value, if vanished { scale.max(floor) } else { scale }, floor)
    }
}

impl std::ops::Div for Scaled {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let (floor, value) = (self.floor.max(other.floor), self.value / other.value);
        let scale =
            handed(1.0 / other.value, self.scale).max(handed(value / other.value, other.scale));
        Self::step(value, scale, floor)
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
        Self { value, scale, floor: 0.0 }
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
