//! The two roundings of the methodology, in one place so that no formula rounds in a way of its own.

/// `numerator / denominator` to the nearest whole number, halves upwards: `floor((2 n + d) / (2 d))`.
///
/// The denominator is greater than zero: callers divide by a price, by a count of at least one or by a constant. The
/// floor goes towards minus infinity, so a negative half rounds upwards too.
pub(super) const fn round_div(numerator: i128, denominator: i128) -> i128 {
    // With a positive divisor, Euclidean division is the floor.
    (2 * numerator + denominator).div_euclid(2 * denominator)
}

/// The value in 64 bits. It would saturate rather than wrap, and does neither: see the inequalities in `limits`.
pub(super) fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The median: the middle value of an odd count, `floor((a + b) / 2)` of the two middle values of an even count.
///
/// `None` without values. Values are prices, ratios or distances of ratios, so that a sum of two fits (see `limits`).
pub(super) fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some((lower + upper).div_euclid(2))
}
