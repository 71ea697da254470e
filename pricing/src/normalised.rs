//! The value of an option out of the money, which carries all that is difficult in the lognormal model: two terms that may
//! agree in all their digits.

use crate::normal::{DENSITY_AT_ZERO, mills_fraction, mills_ratio_and_slope};

/// `s/2 (4 + x/s)` below which the difference of two ratios is a series: at the money a bit is lost there, and the
/// first term that is left out is below the last digit.
const SERIES_MAX: f64 = 1.0;

/// `1 / (2n + 1)!` for the terms of the series behind its first.
const PER_FACTORIAL: [f64; 7] = [
    1.0 / 6.0,
    1.0 / 120.0,
    1.0 / 5_040.0,
    1.0 / 362_880.0,
    1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0,
    1.0 / 1_307_674_368_000.0,
];

/// Out-of-the-money value per unit of the lower of forward and strike, between zero and one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutOfTheMoney {
    /// `N(a) − e^x N(−b)`, with `a = s/2 − x/s` and `b = s/2 + x/s`.
    pub(crate) value: f64,
    /// `1 − value`, with its own digits where the value is near one.
    pub(crate) complement: f64,
    /// The derivative of the value by `s`, `φ(a)`.
    pub(crate) slope: f64,
}

/// Values the option out of the money whose forward and strike are `x = |ln(F/K)|` apart, `s = σ√T > 0`.
///
/// With the Mills ratio R and the identity `φ(a) = e^x φ(b)` the value is `φ(a) (R(−a) − R(b))`: each tail keeps its
/// relative accuracy (P. Jäckel, "Let's Be Rational", 2015, section 6, in terms of erfcx). Where both ratios agree in
/// their leading digits, their difference is the odd part of a Taylor series about the middle.
#[inline]
pub(crate) fn out_of_the_money(x: f64, s: f64) -> OutOfTheMoney {
    let half = 0.5 * s;
    let middle = x / s;
    let a = half - middle;
    let b = half + middle;
    let slope = DENSITY_AT_ZERO * (-0.5 * a * a).exp();
    if slope == 0.0 {
        let value = if a > 0.0 { 1.0 } else { 0.0 };
        return OutOfTheMoney { value, complement: 1.0 - value, slope };
    }
    if half * (4.0 + middle) < SERIES_MAX {
        let value = slope * mills_difference(middle, half);
        return OutOfTheMoney { value, complement: 1.0 - value, slope };
    }
    // A ratio of b beyond 1e9 is far below the last digit of what it is subtracted from.
    let (top_a, bottom_a) = mills_fraction::<false>(a.abs());
    let (top_b, bottom_b) = mills_fraction::<false>(b.min(1e9));
    // Selections, not branches: which side of the inflection an option is on cannot be foretold.
    let is_wide = a > 0.0;
    let (base, top_a) = if is_wide { (1.0, -top_a) } else { (0.0, top_a) };
    let rest = slope * ((top_a * bottom_b - top_b * bottom_a) / (bottom_a * bottom_b));
    let value = base + rest;
    OutOfTheMoney { value, complement: if is_wide { -rest } else { 1.0 - value }, slope }
}

/// `R(z − t) − R(z + t)` for a small `t`: `2 Σ t^(2n+1) / (2n+1)! · I(2n+1)`, where `I(n) = ∫ uⁿ exp(−zu − u²/2) du` over
/// `u > 0` is the n-th derivative of R at z without its sign, and `I(n+1) = n I(n−1) − z I(n)`.
fn mills_difference(z: f64, t: f64) -> f64 {
    let (mut even, mut odd) = mills_ratio_and_slope(z);
    let square = t * t;
    let mut power = 1.0;
    let mut sum = odd;
    let mut order = 1.0;
    for factor in PER_FACTORIAL {
        even = order * even - z * odd;
        odd = (order + 1.0) * odd - z * even;
        power *= square;
        sum += factor * power * odd;
        order += 2.0;
    }
    2.0 * t * sum
}
