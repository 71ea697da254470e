//! Whether scan ranges covered what happened: exceedances, the test of Kupiec, and no claim from too few days.

use super::scan_range::{RangeError, RangeRules, price_scan_range};

/// Below this many observations nothing is claimed: at 99.5 % a thousand days hold five exceedances.
pub const OBSERVATIONS_MIN: u32 = 1_000;

/// The 95 % quantile of χ² with one degree of freedom: above it, the test of Kupiec rejects.
pub const KUPIEC_CRITICAL: f64 = 3.841_458_820_694_124;

/// How often a range was tried, and how often the market went further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backtest {
    observations: u32,
    exceedances: u32,
}

/// What may be said of a range after enough observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// The share of moves within the range, 0 to 1.
    pub covered: f64,
    /// The likelihood ratio of Kupiec.
    pub statistic: f64,
    /// Whether the statistic is at most [`KUPIEC_CRITICAL`]: the exceedances do not contradict the confidence.
    pub is_accepted: bool,
}

/// Why nothing may be said.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BacktestError {
    /// Fewer than [`OBSERVATIONS_MIN`].
    #[error("{observations} observations are too few to claim coverage: {OBSERVATIONS_MIN} are needed")]
    TooFewObservations {
        /// How many there are.
        observations: u32,
    },
    /// The confidence is not a share between 0 and 1.
    #[error("confidence {confidence} is not greater than 0 and less than 1")]
    Confidence {
        /// As given.
        confidence: f64,
    },
}

impl Backtest {
    /// Takes pairs of a range and the move that followed, both in the same unit; a move beyond the range in either
    /// direction is an exceedance, one that just reaches it is not.
    pub fn of(pairs: impl IntoIterator<Item = (i64, i64)>) -> Backtest {
        pairs.into_iter().fold(Backtest::default(), |test, (range, change)| Backtest {
            observations: test.observations.saturating_add(1),
            exceedances: test.exceedances.saturating_add(u32::from(i128::from(change).abs() > i128::from(range))),
        })
    }

    /// Walks through a history, one price a day: on each day from `warm_up_days` on, the range of the days so far is held
    /// against the move of the margin period that follows.
    ///
    /// Moves of several days overlap, so exceedances come in runs and the test of Kupiec, which supposes independent
    /// ones, rejects too easily. That errs on the safe side.
    ///
    /// # Errors
    ///
    /// [`RangeError`] as [`price_scan_range`], for the history up to any of the days.
    pub fn walk_forward(history: &[i64], rules: &RangeRules, warm_up_days: usize) -> Result<Backtest, RangeError> {
        let ahead = rules.margin_period_days as usize;
        let ends = warm_up_days.max(1)..=history.len().saturating_sub(ahead);
        let pairs: Result<Vec<_>, _> = ends
            .map(|end| {
                let range = price_scan_range(&history[..end], rules)?;
                Ok((range, history[end + ahead - 1] - history[end - 1]))
            })
            .collect();
        Ok(Backtest::of(pairs?))
    }

    /// Both tests as one, for series that are judged together.
    pub fn and(self, other: Backtest) -> Backtest {
        Backtest {
            observations: self.observations.saturating_add(other.observations),
            exceedances: self.exceedances.saturating_add(other.exceedances),
        }
    }

    /// How many moves were held against a range.
    pub const fn observations(self) -> u32 {
        self.observations
    }

    /// How many of them went beyond it.
    pub const fn exceedances(self) -> u32 {
        self.exceedances
    }

    /// The statistic of Kupiec (1995), proportion of failures: `−2 ln[(1 − p)^(T−x) p^x / ((1 − x/T)^(T−x) (x/T)^x)]`
    /// for `x` exceedances of `T` where a share `p = 1 − confidence` is expected. Zero if there are exactly as many.
    ///
    /// With no observations there is nothing to contradict, and it is zero. χ² with one degree of freedom in the limit.
    ///
    /// # Errors
    ///
    /// [`BacktestError::Confidence`] unless `0 < confidence < 1`.
    pub fn kupiec(self, confidence: f64) -> Result<f64, BacktestError> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(BacktestError::Confidence { confidence });
        }
        let (all, failed) = (f64::from(self.observations), f64::from(self.exceedances));
        // k ln(k / expected) with its limit 0 at k = 0; the two terms are the two kinds of days.
        let term = |count: f64, expected: f64| if count > 0.0 { count * (count / expected).ln() } else { 0.0 };
        let likelihood = term(failed, all * (1.0 - confidence)) + term(all - failed, all * confidence);
        Ok((2.0 * likelihood).max(0.0))
    }

    /// What may be claimed of the range at `confidence`.
    ///
    /// # Errors
    ///
    /// [`BacktestError::TooFewObservations`] below [`OBSERVATIONS_MIN`]: few exceedances in few days prove nothing, and no
    /// coverage is claimed from them.
    pub fn coverage(self, confidence: f64) -> Result<Coverage, BacktestError> {
        let statistic = self.kupiec(confidence)?;
        if self.observations < OBSERVATIONS_MIN {
            return Err(BacktestError::TooFewObservations { observations: self.observations });
        }
        let covered = 1.0 - f64::from(self.exceedances) / f64::from(self.observations);
        Ok(Coverage { covered, statistic, is_accepted: statistic <= KUPIEC_CRITICAL })
    }
}
