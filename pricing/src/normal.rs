//! The standard normal distribution, accurate in relative terms far into both tails, because an option far out of the money
//! is worth one tail minus another.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use crate::elementary::polynomial;

/// `1 / √(2π)`.
pub(crate) const DENSITY_AT_ZERO: f64 = 0.5 * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI;

/// From here on `1 / z` is the Mills ratio to the last digit.
const ASYMPTOTE: f64 = 1e9;

/// Numerator of the Mills ratio, from the constant up.
const NUMERATOR: [f64; 11] = [
    1_504_825.759_443_306_8,
    2_581_816.777_534_143_5,
    2_188_388.100_240_326,
    1_187_577.608_536_017_8,
    453_244.153_066_246_1,
    126_649.224_164_527_17,
    26_224.743_077_061_6,
    3_981.720_012_635_04,
    426.342_139_818_851_3,
    29.328_568_172_456_58,
    1.0,
];

/// Denominator of the Mills ratio, from the constant up.
const DENOMINATOR: [f64; 12] = [
    1_200_677.240_158_261,
    3_017_993.578_045_972,
    3_553_752.938_672_333,
    2_593_371.596_401_924,
    1_306_556.705_010_476_8,
    478_626.210_971_896_54,
    130_572.287_061_993_92,
    26_649.085_216_545_795,
    4_011.048_580_810_698_7,
    427.342_139_818_835_4,
    29.328_568_172_456_613,
    1.0,
];

/// `1 − z R(z)` times the denominator, from the constant up: the difference of both polynomials, taken in 60 digits.
const SLOPE: [f64; 12] = [
    1_200_677.240_158_261,
    1_513_167.818_602_665_6,
    971_936.161_138_189_4,
    404_983.496_161_598_1,
    118_979.096_474_458_89,
    25_382.057_905_650_51,
    3_923.062_897_466_758,
    424.342_139_484_192_5,
    29.328_568_175_658_784,
    0.999_999_999_984_076_7,
    3.063917985e-14,
    -9.482162e-18,
];

/// The density `φ(x) = exp(−x²/2) / √(2π)`. Relative error at most 3 ε wherever the value is a normal number.
///
/// The square is split as Cody does (W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics
/// of Computation 23, 1969), because rounding `x²` alone costs 722 ε at `x = 38`.
#[must_use]
pub fn density(x: f64) -> f64 {
    if x.abs() > 1e3 {
        return 0.0;
    }
    let head = (x * 16.0).trunc() / 16.0;
    let tail = (x - head) * (x + head);
    DENSITY_AT_ZERO * (-0.5 * head * head).exp() * (-0.5 * tail).exp()
}

/// The cumulative distribution `N(x)`. Relative error below 2e-15 wherever the value is a normal number (`x > −37.5`).
///
/// ```
/// let one_sided = pricing::normal::cumulative(-10.0);
/// assert!((one_sided / 7.619853024160527e-24 - 1.0).abs() < 2e-15);
/// ```
#[must_use]
pub fn cumulative(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    cumulative_of(x, density(x))
}

/// [`cumulative`] for who has the density already.
pub(crate) fn cumulative_of(x: f64, density: f64) -> f64 {
    if x == 0.0 {
        return 0.5;
    }
    let tail = density * mills_ratio(x.abs());
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// The Mills ratio `N(−z) / φ(z)` for `z ≥ 0`. Relative error below 3 ε.
///
/// One rational function of degree 10 over 11 serves the whole half line: the best approximation in relative error (9.5e-18),
/// found with the Remez exchange in 60 digits on `z = 1.5 (1 + y) / (1 − y)`. All coefficients are positive, so nothing
/// cancels. It is `√(π/2) erfcx(z/√2)`; Cody (1969) needs three intervals for the same.
#[must_use]
pub fn mills_ratio(z: f64) -> f64 {
    if z >= ASYMPTOTE {
        return 1.0 / z;
    }
    let (numerator, denominator) = mills_fraction::<false>(z);
    numerator / denominator
}

/// The inverse of [`cumulative`]: the x with `N(x) = p`. Zero and one give ∓∞, what is not between them gives NaN. Relative
/// error of a few ε, except that for `p` near ½ and near one it is that of `p` itself.
///
/// M. J. Wichura, algorithm AS 241, Applied Statistics 37 (1988), in its short form, and one step of Halley.
#[must_use]
pub fn inverse_cumulative(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return match p {
            0.0 => f64::NEG_INFINITY,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    let x = if p < 0.5 { quantile_of_tail(p, p - 0.5) } else { -quantile_of_tail(1.0 - p, 0.5 - p) };
    // Of the smaller tail, so that its digits count.
    let error = if x < 0.0 { cumulative(x) - p } else { (1.0 - p) - cumulative(-x) };
    let step = error / density(x);
    x - step / (1.0 + 0.5 * x * step)
}

/// The x with `N(x) = p` for `p` below ½, given also as its distance from there; to about 1e-7 (AS 241, PPND7).
pub(crate) fn quantile_of_tail(p: f64, from_half: f64) -> f64 {
    if from_half > -0.425 {
        let r = 0.180_625 - from_half * from_half;
        let top = ((59.109_374_72 * r + 159.291_132_02) * r + 50.434_271_938) * r + 3.387_132_717_9;
        let bottom = ((67.187_563_6 * r + 78.757_757_664) * r + 17.895_169_469) * r + 1.0;
        return from_half * top / bottom;
    }
    let r = (-p.ln()).sqrt();
    if r <= 5.0 {
        let r = r - 1.6;
        let top = ((0.170_238_211_03 * r + 1.306_728_481_6) * r + 2.756_815_39) * r + 1.423_437_277_7;
        -top / ((0.120_211_329_75 * r + 0.737_001_642_5) * r + 1.0)
    } else {
        let r = r - 5.0;
        let top = ((0.017_337_203_997 * r + 0.428_682_943_37) * r + 3.081_226_386) * r + 6.657_905_115;
        -top / ((0.012_258_202_635 * r + 0.241_978_942_25) * r + 1.0)
    }
}

/// The Mills ratio as numerator and denominator, for callers who divide once for several. `z` from 0 to 1e9.
#[inline(always)]
pub(crate) fn mills_fraction<const FUSED: bool>(z: f64) -> (f64, f64) {
    (polynomial::<FUSED, _>(&NUMERATOR, z), polynomial::<FUSED, _>(&DENOMINATOR, z))
}

/// The Mills ratio R(z) and its slope without the sign, `1 − z R(z)`, which would cancel if it were computed so. Relative
/// errors below 3 ε, for the slope growing to 2e-14 at `z = 38`, beyond which no density is a number. `z` from 0 to 40.
pub(crate) fn mills_ratio_and_slope(z: f64) -> (f64, f64) {
    let (numerator, denominator) = mills_fraction::<false>(z);
    let slope = polynomial::<false, _>(&SLOPE, z);
    (numerator / denominator, slope / denominator)
}
