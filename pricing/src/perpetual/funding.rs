//! The funding rate that venues publish: the premium, pulled towards an interest rate by no more than a clamp.

/// Why there is no funding rate.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{name} {value} is not {rule}; rates are decimals per interval, 0.0005 is 0.05 %")]
pub struct FundingError {
    /// Which input.
    name: &'static str,
    /// The number as given.
    value: f64,
    /// What it is not.
    rule: &'static str,
}

/// The funding rate of one interval, `P + clamp(I − P, −c, +c)`, in the unit of its arguments: decimals per interval.
///
/// Longs pay shorts if it is greater than zero. Near the index, where the premium `P` is within the clamp `c` of the
/// interest rate `I`, the rate is `I`; farther away it follows the premium, `c` closer to the index. This is the rule
/// that exchanges with perpetuals publish (BitMEX, 2016, with a clamp of 0.05 %).
///
/// ```
/// use pricing::perpetual::funding_rate;
///
/// let rate = funding_rate(0.0012, 0.0001, 0.0005)?;
/// assert!((rate - 0.0007).abs() < 1e-15);
/// # Ok::<(), pricing::perpetual::FundingError>(())
/// ```
///
/// # Errors
///
/// [`FundingError`] if a number is not finite, or the clamp less than zero.
pub fn funding_rate(premium: f64, interest: f64, clamp: f64) -> Result<f64, FundingError> {
    for (name, value) in [("premium", premium), ("interest", interest), ("clamp", clamp)] {
        if !value.is_finite() {
            return Err(FundingError { name, value, rule: "a finite number" });
        }
    }
    if clamp < 0.0 {
        return Err(FundingError { name: "clamp", value: clamp, rule: "zero or more" });
    }
    // Written by cases and not as a sum, so that within the clamp the answer is the interest rate to the last bit.
    let gap = interest - premium;
    Ok(if gap > clamp {
        premium + clamp
    } else if gap < -clamp {
        premium - clamp
    } else {
        interest
    })
}
