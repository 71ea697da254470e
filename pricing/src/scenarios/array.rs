//! Risk arrays as an exchange core takes them: whole micro-USD per contract, with floors and a largest step.

use super::grid::SCENARIOS_COUNT;

/// The largest entry of a risk array, with either sign: a thousand million USD per contract, in micro-USD.
///
/// The product with any 64-bit number of lots, summed over any number of positions that a machine can hold, fits in 128 bits.
pub const RISK_MICRO_USD_MAX: i64 = 1_000_000_000_000_000;

/// Distances from a whole micro-USD up to this are taken for noise of floating-point arithmetic.
const NOISE_MICRO_USD: f64 = 1.0 / 1024.0;

const MICRO_PER_UNIT: f64 = 1e6;

/// What one long contract loses in each scenario, in micro-USD; a profit is less than zero. A short one loses the
/// negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskArray([i64; SCENARIOS_COUNT]);

/// Why numbers make no risk array.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ArrayError {
    /// A loss is no number or beyond the limit.
    #[error(
        "loss {micro_usd} micro-USD of scenario {number} is not from -{RISK_MICRO_USD_MAX} to {RISK_MICRO_USD_MAX}"
    )]
    Loss {
        /// In micro-USD per contract.
        micro_usd: f64,
        /// Which scenario, counted from 1.
        number: usize,
    },
    /// A floor or step is less than zero or beyond the limit.
    #[error("{name} {micro_usd} micro-USD is not from 0 to {RISK_MICRO_USD_MAX}")]
    Setting {
        /// Floor or step.
        name: &'static str,
        /// As given.
        micro_usd: i64,
    },
}

impl RiskArray {
    /// A contract of `hours` GPU-hours whose price loses `losses` USD per GPU-hour: losses × hours, in micro-USD.
    ///
    /// `hours` are the hours that the price still moves: all of a month before its delivery, the hours left within it.
    ///
    /// Rounded **away from zero**. A long pays for the entries above zero, a short for those below, so whoever holds the
    /// contract alone is margined up, by less than one micro-USD per contract, and the clearing house gains. An array and
    /// that of the opposite position are exact negatives. What lies within a thousandth of a micro-USD of a whole
    /// number is that number: it is noise, and nobody is charged for it.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Loss`] names the first loss that is no number or beyond [`RISK_MICRO_USD_MAX`].
    pub fn per_contract(losses: &[f64; SCENARIOS_COUNT], hours: u32) -> Result<RiskArray, ArrayError> {
        let mut array = [0; SCENARIOS_COUNT];
        for ((number, loss), entry) in (1..).zip(losses).zip(&mut array) {
            let micro_usd = loss * f64::from(hours) * MICRO_PER_UNIT;
            let whole = |loss| whole_micro_usd(loss).ok_or(ArrayError::Loss { micro_usd, number });
            *entry = whole(micro_usd)?;
        }
        Ok(RiskArray(array))
    }

    /// An array of entries in micro-USD per long contract, as they were published.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Loss`] names the first entry beyond [`RISK_MICRO_USD_MAX`].
    pub fn from_micro_usd(entries: [i64; SCENARIOS_COUNT]) -> Result<RiskArray, ArrayError> {
        match (1..).zip(&entries).find(|(_, entry)| entry.unsigned_abs() > RISK_MICRO_USD_MAX.unsigned_abs()) {
            Some((number, entry)) => Err(ArrayError::Loss { micro_usd: *entry as f64, number }),
            None => Ok(RiskArray(entries)),
        }
    }

    /// The losses of one long contract, in micro-USD.
    pub const fn micro_usd(&self) -> &[i64; SCENARIOS_COUNT] {
        &self.0
    }

    /// What one long contract alone is margined at: its largest loss, or zero.
    pub fn long_scan(&self) -> i64 {
        self.0.iter().fold(0, |most, entry| most.max(*entry))
    }

    /// What one short contract alone is margined at: the largest profit of the long, or zero.
    pub fn short_scan(&self) -> i64 {
        self.0.iter().fold(0, |most, entry| most.max(-entry))
    }

    /// This array with both sides margined at `floor` micro-USD or more.
    ///
    /// The worst scenario of the long is raised to a loss of `floor`, the worst of the short lowered to a profit of as much;
    /// of equal ones the first. In an array of equal entries the short's is the last. All other entries stay.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Setting`] if the floor is less than zero or beyond [`RISK_MICRO_USD_MAX`].
    pub fn floored(&self, floor: i64) -> Result<RiskArray, ArrayError> {
        check_setting("floor", floor)?;
        let (mut worst_long, mut worst_short) = (0, 0);
        for (at, entry) in self.0.iter().enumerate() {
            if *entry > self.0[worst_long] {
                worst_long = at;
            }
            if *entry < self.0[worst_short] {
                worst_short = at;
            }
        }
        if worst_long == worst_short {
            worst_short = SCENARIOS_COUNT - 1;
        }
        let mut array = self.0;
        array[worst_long] = array[worst_long].max(floor);
        array[worst_short] = array[worst_short].min(-floor);
        Ok(RiskArray(array))
    }

    /// This array, brought to within `step` micro-USD of `previous` in each entry.
    ///
    /// A margin call must be payable: a jump of the model reaches an account over several versions. The step is applied last,
    /// after a floor; a new floor is reached step by step, too.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Setting`] if the step is less than zero or beyond [`RISK_MICRO_USD_MAX`].
    pub fn stepped_from(&self, previous: &RiskArray, step: i64) -> Result<RiskArray, ArrayError> {
        check_setting("step", step)?;
        // Entries and step are far inside 64 bits, so neither sum can overflow.
        let entry = |at: usize| self.0[at].clamp(previous.0[at] - step, previous.0[at] + step);
        Ok(RiskArray(std::array::from_fn(entry)))
    }
}

/// The scanning risk of a portfolio of lots (less than zero is short) and arrays, in micro-USD: `max(0, max_j Σ lots × loss_j)`.
///
/// Exact: nothing is rounded, and the order of positions does not matter.
pub fn scanning_risk_micro_usd(positions: &[(i64, RiskArray)]) -> i128 {
    let loss = |at: usize| positions.iter().map(|(lots, array)| i128::from(*lots) * i128::from(array.0[at])).sum();
    (0..SCENARIOS_COUNT).map(loss).fold(0, i128::max)
}

/// Away from zero, noise aside; `None` beyond the limit and for NaN.
fn whole_micro_usd(micro_usd: f64) -> Option<i64> {
    if micro_usd.is_nan() || micro_usd.abs() > RISK_MICRO_USD_MAX as f64 {
        return None;
    }
    let magnitude = (micro_usd.abs() - NOISE_MICRO_USD).ceil().max(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^50, by the check above")]
    let magnitude = magnitude as i64;
    Some(if micro_usd < 0.0 { -magnitude } else { magnitude })
}

fn check_setting(name: &'static str, micro_usd: i64) -> Result<(), ArrayError> {
    if (0..=RISK_MICRO_USD_MAX).contains(&micro_usd) { Ok(()) } else { Err(ArrayError::Setting { name, micro_usd }) }
}
