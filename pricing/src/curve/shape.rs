//! What is known beforehand about the months inside a quote, such as a season or the decline of an ageing GPU.

use super::CurveError;
use super::bootstrap::Piece;
use crate::delivery::DeliveryPeriod;

/// How the hours that only a coarser quote speaks of share its price.
///
/// A function of the month gives the shape, so that a season, a decline or both are one closure. The average is matched
/// in any case; only the distribution inside differs.
#[derive(Clone, Copy, Default)]
pub enum Shape<'a> {
    /// All of them cost the same.
    #[default]
    Flat,
    /// Each month costs a common level times its factor. Factors are greater than zero, so that a positive remainder
    /// is spread over positive prices.
    Factors(&'a dyn Fn(DeliveryPeriod) -> f64),
    /// Each month costs a common level plus its offset, in currency per GPU-hour.
    Offsets(&'a dyn Fn(DeliveryPeriod) -> f64),
}

impl Shape<'_> {
    /// Lays `price`, the mean of `spans` together, over them; spans are disjoint runs of whole months, in order.
    pub(super) fn lay(self, price: f64, spans: &[Vec<DeliveryPeriod>]) -> Result<Vec<Piece>, CurveError> {
        let flat = || spans.iter().filter_map(|months| Piece::over(months, price)).collect();
        let (of, is_factor): (&dyn Fn(DeliveryPeriod) -> f64, bool) = match self {
            Shape::Factors(of) => (of, true),
            Shape::Offsets(of) => (of, false),
            Shape::Flat => return Ok(flat()),
        };
        // A month by itself costs what is left for it, whatever its shape.
        if spans.iter().map(Vec::len).sum::<usize>() == 1 {
            return Ok(flat());
        }
        let mut months = Vec::new();
        let (mut hours, mut weighted) = (0.0, 0.0);
        for &month in spans.iter().flatten() {
            let value = of(month);
            if !value.is_finite() || (is_factor && value <= 0.0) {
                let rule = if is_factor { "a finite number greater than zero" } else { "a finite number" };
                return Err(CurveError::Shape { month, value, rule });
            }
            hours += f64::from(month.hours());
            weighted += f64::from(month.hours()) * value;
            months.push((month, value));
        }
        let mean = weighted / hours;
        let laid = months.into_iter().filter_map(|(month, value)| {
            Piece::over(&[month], if is_factor { price * (value / mean) } else { price + (value - mean) })
        });
        Ok(laid.collect())
    }
}
