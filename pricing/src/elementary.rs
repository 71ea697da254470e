//! Exponential and logarithm without branches or tables, so that a loop over them becomes vector code.

use std::f64::consts::LOG2_E;

/// `1.5 × 2^52`: adding it rounds to a whole number, which then stands in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// `2^52` as bits: a whole number below that, put into them, is a double to subtract from.
const WHOLE: u64 = 0x4330_0000_0000_0000;

/// ln 2 in two parts; the first ends in 21 zero bits, so that its multiples up to 2^21 are exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

const MANTISSA_BITS: u32 = 52;

/// Added to an exponent so that it is positive while it is shifted.
const EXPONENT_BIAS: u64 = 2048;

/// `(e^r − 1 − r) / r²` for `|r| ≤ ln 2 / 2`, near-minimax, error 1.1e-16.
const EXPONENTIAL: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_67,
    0.041_666_666_666_624_13,
    0.008_333_333_333_330_062,
    0.001_388_888_891_721_371_7,
    0.000_198_412_698_630_536_17,
    2.480_152_129_595_437_5e-5,
    2.755_726_845_999_706_4e-6,
    2.762_008_844_540_974_8e-7,
    2.510_038_549_551_032e-8,
];

/// `(2 atanh(w) − 2w) / w³` as a polynomial in `w² ≤ 0.04`, near-minimax, error 2.6e-17.
const LOGARITHM: [f64; 8] = [
    0.666_666_666_666_666_6,
    0.400_000_000_000_079_4,
    0.285_714_285_672_759_3,
    0.222_222_230_483_515_87,
    0.181_817_376_263_029_38,
    0.153_888_678_056_137_17,
    0.132_097_082_420_594_63,
    0.136_090_302_628_584_98,
];

/// `e^y` for `|y| ≤ 700`, relative error below 2 ε; of no meaning elsewhere.
///
/// `y = k ln 2 + r`, a polynomial in r, and k added to the exponent.
#[inline(always)]
pub(crate) fn exponential<const FUSED: bool>(y: f64) -> f64 {
    let shifted = multiply_add::<FUSED>(y, LOG2_E, ROUNDER);
    let k = shifted - ROUNDER;
    let r = multiply_add::<FUSED>(k, -LN_2_HIGH, y);
    let r = multiply_add::<FUSED>(k, -LN_2_LOW, r);
    let tail = polynomial::<FUSED, _>(&EXPONENTIAL, r);
    let power = 1.0 + multiply_add::<FUSED>(r * r, tail, r);
    f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << MANTISSA_BITS))
}

/// `ln(a/b)` for positive normal numbers, relative error below 4 ε, however near they are; of no meaning elsewhere.
///
/// b is scaled by a power of two to within 2/3 and 3/2 of a, so that their difference is exact; then
/// `ln(a/b) = e ln 2 + 2 atanh((a − b) / (a + b))`. One division serves quotient and logarithm.
#[inline(always)]
pub(crate) fn log_ratio<const FUSED: bool>(a: f64, b: f64) -> f64 {
    let (e, b) = scaled(a, b);
    let w = (a - b) / (a + b);
    let small = 2.0 * w + multiply_add::<FUSED>(e, LN_2_LOW, atanh_tail::<FUSED>(w));
    multiply_add::<FUSED>(e, LN_2_HIGH, small)
}

/// [`log_ratio`] as a sum of two numbers, about a hundred times as accurate as one of them.
pub(crate) fn log_ratio_in_two(a: f64, b: f64) -> (f64, f64) {
    let (e, b) = scaled(a, b);
    let (top, bottom) = (a - b, a + b);
    let w = top / bottom;
    // What the sum and the quotient have lost; the derivative of 2 atanh(w) is 2 / (1 − w²).
    let bottom_low = if a > b { (a - bottom) + b } else { (b - bottom) + a };
    let w_low = (w.mul_add(-bottom, top) - w * bottom_low) / bottom;
    let (head, lost) = sum_and_lost(e * LN_2_HIGH, 2.0 * w);
    (head, lost + (e * LN_2_LOW + 2.0 * w_low / (1.0 - w * w) + atanh_tail::<false>(w)))
}

/// `a + b` rounded, and what the rounding lost (D. Knuth, "The Art of Computer Programming", volume 2, section 4.2.2).
pub(crate) fn sum_and_lost(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_seen = sum - a;
    (sum, (a - (sum - b_seen)) + (b - b_seen))
}

/// `2 atanh(w) − 2w` for `|w| ≤ 1/5`.
#[inline(always)]
fn atanh_tail<const FUSED: bool>(w: f64) -> f64 {
    let square = w * w;
    w * square * polynomial::<FUSED, _>(&LOGARITHM, square)
}

/// A whole e, and `b × 2^e` within 2/3 and 3/2 of a.
#[inline(always)]
fn scaled(a: f64, b: f64) -> (f64, f64) {
    // Seen as whole numbers, doubles are their own logarithm to base 2, linear between powers: half a unit rounds.
    let half = 1_u64 << (MANTISSA_BITS - 1);
    let bias = EXPONENT_BIAS << MANTISSA_BITS;
    let biased = a.to_bits().wrapping_sub(b.to_bits()).wrapping_add(half).wrapping_add(bias) >> MANTISSA_BITS;
    let e = f64::from_bits(WHOLE | biased) - (f64::from_bits(WHOLE) + 2048.0);
    (e, f64::from_bits(b.to_bits().wrapping_add(biased << MANTISSA_BITS).wrapping_sub(bias)))
}

/// A polynomial from the constant up: Horner's rule on even and odd coefficients, so that two chains of operations run beside
/// each other.
#[inline(always)]
pub(crate) fn polynomial<const FUSED: bool, const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let square = x * x;
    let mut sums = [0.0; 2];
    for at in (0..N).rev() {
        sums[at % 2] =
            if at + 2 >= N { coefficients[at] } else { multiply_add::<FUSED>(sums[at % 2], square, coefficients[at]) };
    }
    multiply_add::<FUSED>(sums[1], x, sums[0])
}

/// `a × b + c`, in one rounding where the processor has an instruction for it: elsewhere that is a slow function.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[cfg(test)]
mod tests {
    use super::{exponential, log_ratio, log_ratio_in_two};

    fn check(what: &str, value: f64, wanted: f64, ulps: f64) {
        let error = (value - wanted).abs();
        assert!(error <= ulps * f64::EPSILON * wanted.abs(), "{what}: {value:e} for {wanted:e}");
    }

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for step in -7000..=7000 {
            let y = f64::from(step) * 0.099_987;
            check("fused", exponential::<true>(y), y.exp(), 2.0);
            check("plain", exponential::<false>(y), y.exp(), 2.0);
        }
        assert_eq!(exponential::<true>(0.0), 1.0);
    }

    #[test]
    fn the_logarithm_keeps_its_digits_near_one_and_across_powers_of_two() {
        for step in 1..=4000 {
            let a = 1.37_f64 * f64::from(step).powi(3);
            let b = 4321.0 / f64::from(step);
            check("far", log_ratio::<true>(a, b), a.ln() - b.ln(), 8.0 + 40.0 / (a / b).ln().abs());
            let near = 1.0 + f64::from(step - 2000) * 1e-7;
            check("near", log_ratio::<true>(near, 1.0), (near - 1.0).ln_1p(), 4.0);
            check("near", log_ratio::<false>(near, 1.0), (near - 1.0).ln_1p(), 4.0);
            check("near", log_ratio::<true>(1.0, near), -(near - 1.0).ln_1p(), 4.0);
        }
        assert_eq!(log_ratio::<true>(3.7, 3.7), 0.0);
        check("ends", log_ratio::<false>(1e280, 1e-280), 560.0 * 10.0_f64.ln(), 4.0);
    }

    /// Values in 40 digits, as the double nearest to the logarithm and what is left.
    #[test]
    fn the_logarithm_in_two_numbers_has_the_digits_of_both() {
        for (a, b, head, rest) in [
            (3.0, 2.0, 0.405_465_108_108_164_4, -2.881_138_025_962_642_6e-18),
            (1.001, 1.0, 0.000_999_500_333_083_423_2, -6.782_451_268_011_377e-20),
            (1e10, 3e-7, 38.045_334_292_230_67, -3.332_276_114_300_664e-15),
        ] {
            let (value, low) = log_ratio_in_two(a, b);
            let error = (value - head) + (low - rest);
            assert!(error.abs() < 0.02 * f64::EPSILON * head, "ln({a}/{b}) is off by {error:e}");
        }
    }
}
