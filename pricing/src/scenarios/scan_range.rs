//! How far a price may go: the price scan range of a series from the history of its fixings.

/// The longest history, in days: 27 years. A walk through it sorts it once for each of its days.
pub const HISTORY_DAYS_MAX: usize = 10_000;

/// The longest margin period of risk, in days.
pub const MARGIN_PERIOD_DAYS_MAX: u32 = 30;

/// How a price scan range follows from a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeRules {
    /// The share of moves that the range covers, from 0.5 to less than 1; 0.995 is 99.5 %. Both directions count.
    pub confidence: f64,
    /// Days from the last margin that was paid to the end of a close-out, 1 to [`MARGIN_PERIOD_DAYS_MAX`].
    pub margin_period_days: u32,
    /// How much of yesterday's variance stays in today's, from 0 to less than 1.
    pub decay: f64,
    /// The least volatility per √day, as a decimal, zero or more. List prices stand still for weeks and then jump; without
    /// a floor the estimate would be near zero just before.
    pub daily_volatility_floor: f64,
    /// How many standard deviations of today's volatility the range has at least, zero or more.
    pub deviations: f64,
    /// The least range as a fraction of the price, zero or more.
    pub fraction_floor: f64,
}

/// The settings of the decision note on scan ranges.
impl Default for RangeRules {
    fn default() -> Self {
        Self {
            confidence: 0.995,
            margin_period_days: 3,
            decay: 0.97,
            daily_volatility_floor: 0.01,
            deviations: 3.0,
            fraction_floor: 0.15,
        }
    }
}

/// Why there is no scan range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RangeError {
    /// A setting is out of its range.
    #[error("{name} {value} is not {rule}")]
    Rule {
        /// Which setting.
        name: &'static str,
        /// As given.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// A price is not greater than zero: moves are relative.
    #[error("price {micro_usd} micro-USD of day {day} is not greater than zero")]
    Price {
        /// As given.
        micro_usd: i64,
        /// Its place in the history, counted from 1.
        day: usize,
    },
    /// The history is too short to hold one move, or too long.
    #[error("{days} days of history are not from {needed} to {HISTORY_DAYS_MAX}: one margin period is the least")]
    Days {
        /// As given.
        days: usize,
        /// The least.
        needed: usize,
    },
    /// The range is beyond 64 bits.
    #[error("the range, {fraction} of the price, is beyond all bounds: correct the history")]
    Unbounded {
        /// The range as a fraction of the price.
        fraction: f64,
    },
}

/// The price scan range in micro-USD per GPU-hour, from one price a day, the oldest first.
///
/// The largest of three, each of which fails where another does not:
///
/// - what happened: of all overlapping moves `|ln P_{t+N}/P_t|` of N days the smallest that the confidence share does not
///   exceed (historical simulation). It never forgets within the history, but is blind before the first jump;
/// - what is going on: `deviations × σ × √N`, with today's variance `σ² = max(floor², λ σ²₋₁ + (1 − λ) r²)` over daily log
///   returns `r`, started at the floor (RiskMetrics 1996). It rises within a day, and forgets;
/// - the least fraction of the price, for what has never happened.
///
/// A log move `m` becomes the fraction `exp(m) − 1`, which as an upward move is the larger of both directions. Rounded
/// **up** to a whole micro-USD, which the clearing house gains. With fewer observations than `1 / (1 − confidence)` the
/// quantile is the largest move seen, and says little: see [`Backtest`](super::Backtest).
///
/// ```
/// use pricing::scenarios::{RangeRules, price_scan_range};
///
/// // A price that never moved: 3 deviations of the 1 % floor over √3 days are 5.3 %, less than the floor of 15 %.
/// assert_eq!(price_scan_range(&[2_400_000; 30], &RangeRules::default())?, 360_000);
/// # Ok::<(), pricing::scenarios::RangeError>(())
/// ```
///
/// # Errors
///
/// [`RangeError`] if a rule is out of its range, a price not greater than zero, or the history shorter than one
/// margin period.
pub fn price_scan_range(history: &[i64], rules: &RangeRules) -> Result<i64, RangeError> {
    check_rules(rules)?;
    check_history(history, rules.margin_period_days)?;
    let days = rules.margin_period_days as usize;
    let mut moves: Vec<f64> =
        history.iter().zip(&history[days..]).map(|(before, after)| log_return(*before, *after).abs()).collect();
    moves.sort_by(f64::total_cmp);
    let happened = upper_quantile(&moves, rules.confidence);
    let going_on = rules.deviations * volatility(history, rules) * f64::from(rules.margin_period_days).sqrt();

    let fraction = happened.max(going_on).exp_m1().max(rules.fraction_floor);
    let last = history[history.len() - 1];
    ceil_of(last, fraction).ok_or(RangeError::Unbounded { fraction })
}

/// The volatility per √day that the day after the history is expected to have.
fn volatility(history: &[i64], rules: &RangeRules) -> f64 {
    let least = rules.daily_volatility_floor.powi(2);
    let returns = history.windows(2).map(|pair| log_return(pair[0], pair[1]));
    let weighted = |variance: f64, change: f64| rules.decay * variance + (1.0 - rules.decay) * change * change;
    returns.fold(least, |variance, change| weighted(variance, change).max(least)).sqrt()
}

/// The smallest of the sorted values that at least `share` of them do not exceed.
fn upper_quantile(sorted: &[f64], share: f64) -> f64 {
    let allowed = |at: usize| (at + 1) as f64 >= share * sorted.len() as f64;
    let at = (0..sorted.len()).find(|at| allowed(*at)).unwrap_or(sorted.len() - 1);
    sorted[at]
}

fn log_return(before: i64, after: i64) -> f64 {
    (after as f64 / before as f64).ln()
}

/// `price × fraction`, up to a whole number; a product that is whole but for noise stays.
fn ceil_of(price: i64, fraction: f64) -> Option<i64> {
    let range = (price as f64 * fraction - 1e-6).ceil();
    // Below 2^53 a double is exact; above, a range is no use.
    if !(0.0..9e15).contains(&range) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number from 0 to 2^53, by the check above")]
    let range = range as i64;
    Some(range)
}

fn check_rules(rules: &RangeRules) -> Result<(), RangeError> {
    let days = f64::from(rules.margin_period_days);
    let rows = [
        ("confidence", rules.confidence, 0.5, 1.0, "from 0.5 to less than 1"),
        ("margin period", days, 1.0, f64::from(MARGIN_PERIOD_DAYS_MAX) + 1.0, "from 1 to 30 days"),
        ("decay", rules.decay, 0.0, 1.0, "from 0 to less than 1"),
        ("daily volatility floor", rules.daily_volatility_floor, 0.0, 10.0, "from 0 to less than 10"),
        ("deviations", rules.deviations, 0.0, 100.0, "from 0 to less than 100"),
        ("floor of the fraction", rules.fraction_floor, 0.0, 100.0, "from 0 to less than 100"),
    ];
    match rows.into_iter().find(|(_, value, least, end, _)| !(value >= least && value < end)) {
        Some((name, value, _, _, rule)) => Err(RangeError::Rule { name, value, rule }),
        None => Ok(()),
    }
}

fn check_history(history: &[i64], margin_period_days: u32) -> Result<(), RangeError> {
    let needed = margin_period_days as usize + 1;
    if !(needed..=HISTORY_DAYS_MAX).contains(&history.len()) {
        return Err(RangeError::Days { days: history.len(), needed });
    }
    match (1..).zip(history).find(|(_, price)| **price <= 0) {
        Some((day, &micro_usd)) => Err(RangeError::Price { micro_usd, day }),
        None => Ok(()),
    }
}
