//! The smooth forward curve: a spline through the pieces of a bootstrapped one, on price or on its logarithm.

use super::{CurveError, EndSlope, ForwardCurve, MaximumSmoothness};
use crate::delivery::{DeliveryPeriod, HOUR_US};

/// Hours of a year of 365 days, the unit of the spline's time.
const HOURS_PER_YEAR: f64 = 8_760.0;

/// Corrections of a logarithmic curve before it is given up; two or three dozen are usual.
const ROUNDS_MAX: usize = 200;

/// How close the averages of a logarithmic curve come to their targets, relatively.
const RELATIVE_MAX: f64 = 4e-15;

/// On what the curve is smooth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// On the price. Between averages that move fast the curve may swing below zero.
    Linear,
    /// On the logarithm of price plus `shift`: the curve stays above minus `shift`, whatever the averages.
    Logarithmic {
        /// In currency per GPU-hour; zero keeps prices greater than zero.
        shift: f64,
    },
}

/// A smooth price of every instant from the first quoted hour to the last, with the averages of the curve it was drawn
/// through.
#[derive(Clone, Debug, PartialEq)]
pub struct SmoothCurve {
    start_hour: u32,
    end_hour: u32,
    spline: MaximumSmoothness,
    scale: Scale,
}

impl SmoothCurve {
    /// The smoothest curve through the pieces of `curve`; hours without a quote between them are bridged.
    ///
    /// Each run of hours that the quotes left flat keeps its average, so every quote is repriced. On a logarithmic scale
    /// averages of logarithms are corrected until the averages of the prices are met, to about 1e-14; the curve is then the
    /// smoothest one with those averages of logarithms.
    ///
    /// # Errors
    ///
    /// [`CurveError`] if a logarithm meets a price that is not above minus its shift, or its averages are not met.
    pub fn through(curve: &ForwardCurve, end: EndSlope, scale: Scale) -> Result<SmoothCurve, CurveError> {
        let pieces = curve.pieces();
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return Err(CurveError::Empty) };
        let start_hour = first.start_hour;
        let mut knots = vec![0.0];
        let mut averages = Vec::new();
        let mut until = start_hour;
        for piece in pieces {
            if piece.start_hour > until {
                knots.push(years(piece.start_hour - start_hour));
                averages.push(None);
            }
            knots.push(years(piece.end_hour - start_hour));
            averages.push(Some(piece.price));
            until = piece.end_hour;
        }
        let spline = match scale {
            Scale::Linear => MaximumSmoothness::new(&knots, &averages, end)?,
            Scale::Logarithmic { shift } => logarithmic(&knots, &averages, end, shift)?,
        };
        Ok(SmoothCurve { start_hour, end_hour: last.end_hour, spline, scale })
    }

    /// The price at the UTC instant `us`, microseconds since 1970-01-01 00:00, in currency per GPU-hour; `None`
    /// before the first quoted hour and after the last.
    pub fn price_at(&self, us: i64) -> Option<f64> {
        let start_us = i64::from(self.start_hour) * HOUR_US;
        let since_start = us.checked_sub(start_us)?;
        // Whole hours and the rest apart: both are exact in a double.
        let hours = since_start.div_euclid(HOUR_US) as f64 + since_start.rem_euclid(HOUR_US) as f64 / HOUR_US as f64;
        let value = self.spline.value(hours / HOURS_PER_YEAR)?;
        Some(match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic { shift } => value.exp() - shift,
        })
    }

    /// What `period` costs on average, in currency per GPU-hour.
    ///
    /// # Errors
    ///
    /// [`CurveError::NotCovered`] if the period begins before the first quoted hour or ends after the last.
    pub fn price(&self, period: DeliveryPeriod) -> Result<f64, CurveError> {
        let uncovered = |hour| CurveError::NotCovered { period, hour };
        if period.start_hour() < self.start_hour || period.start_hour() >= self.end_hour {
            return Err(uncovered(period.start_hour()));
        }
        if period.end_hour() > self.end_hour {
            return Err(uncovered(self.end_hour));
        }
        let (start, end) = (years(period.start_hour() - self.start_hour), years(period.end_hour() - self.start_hour));
        let mean = match self.scale {
            Scale::Linear => self.spline.mean(start, end),
            Scale::Logarithmic { shift } => self.spline.exponential_mean(start, end).map(|mean| mean - shift),
        };
        mean.ok_or(uncovered(period.start_hour()))
    }

    /// The spline behind the curve: time in years of 8,760 hours since the first quoted hour, values in price or, on a
    /// logarithmic scale, in the logarithm of price plus shift.
    pub const fn spline(&self) -> &MaximumSmoothness {
        &self.spline
    }
}

fn years(hours: u32) -> f64 {
    f64::from(hours) / HOURS_PER_YEAR
}

/// The spline of the logarithm whose exponential has the averages `prices` plus `shift`.
///
/// The mean of an exponential exceeds the exponential of the mean by what the curve does inside the interval. That
/// excess hardly depends on the average itself, so taking it off the averages of logarithms converges geometrically.
fn logarithmic(
    knots: &[f64],
    prices: &[Option<f64>],
    end: EndSlope,
    shift: f64,
) -> Result<MaximumSmoothness, CurveError> {
    let mut targets = Vec::new();
    for price in prices {
        match price {
            // A shift that is no number fails here as well.
            Some(price) if price + shift > 0.0 && (price + shift).is_finite() => targets.push(Some(price + shift)),
            Some(price) => return Err(CurveError::NotPositive { price: *price, floor: -shift }),
            None => targets.push(None),
        }
    }
    let mut logarithms: Vec<Option<f64>> = targets.iter().map(|target| target.map(f64::ln)).collect();
    let mut worst = f64::INFINITY;
    for round in 0..ROUNDS_MAX {
        let spline = MaximumSmoothness::new(knots, &logarithms, end)?;
        let before = worst;
        worst = 0.0;
        for ((target, logarithm), interval) in targets.iter().zip(&mut logarithms).zip(knots.windows(2)) {
            let (Some(target), Some(logarithm)) = (target, logarithm) else { continue };
            let mean = spline.exponential_mean(interval[0], interval[1]).unwrap_or(f64::NAN);
            let off = (target / mean).ln();
            if !off.is_finite() {
                return Err(CurveError::NotConverged { relative: off.abs(), rounds: round + 1 });
            }
            worst = worst.max(off.abs());
            *logarithm += off;
        }
        // At the limit of doubles the distance no longer falls; what is left then is rounding.
        if worst <= RELATIVE_MAX || (worst < 1e-13 && worst >= before) {
            return Ok(spline);
        }
    }
    Err(CurveError::NotConverged { relative: worst, rounds: ROUNDS_MAX })
}
