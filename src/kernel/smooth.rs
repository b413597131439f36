//! Smooth functions that stand for ones that are not known.

use super::real::Real;

/// The derivative of that order of a smooth function, 2 + x/3 + sin(a·x + b), with other numbers a and b for each `WHICH`.
pub fn smooth<const WHICH: usize, const ORDER: usize, T: Real>(x: T) -> T {
    const FREQUENCIES: [f64; 8] = [0.9, 1.3, 0.7, 1.1, 0.8, 1.2, 1.0, 0.6];
    const PHASES: [f64; 8] = [0.4, 1.7, 2.9, 0.9, 2.3, 1.2, 0.1, 3.0];
    let mut scale = 1.0;
    for _ in 0..ORDER {
        scale *= FREQUENCIES[WHICH];
    }
    let angle = T::constant(FREQUENCIES[WHICH]) * x + T::constant(PHASES[WHICH]);
    // The derivatives of the sine follow each other in fours.
    let wave = match ORDER % 4 {
        0 => angle.sin(),
        1 => angle.cos(),
        2 => -angle.sin(),
        _ => -angle.cos(),
    };
    let line = match ORDER {
        0 => T::constant(2.0) + x / T::constant(3.0),
        1 => T::constant(1.0 / 3.0),
        _ => T::constant(0.0),
    };
    line + T::constant(scale) * wave
}
