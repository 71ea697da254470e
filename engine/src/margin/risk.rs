//! The risk array of a contract: what one long lot loses in each scenario.

use crate::instrument::Terms;
use crate::limits;
use crate::margin::SeriesMargin;
use crate::reject::Reject;
use crate::units::{Cash, Hours, Lots, Price, Timestamp};

/// How many scenarios an array has.
pub const SCENARIOS: usize = 16;

/// Scenarios in which the price stands still.
const UNCHANGED: usize = 2;

/// What the risk service publishes of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Rises with each array of the contract.
    pub version: u64,
    /// Until when it holds.
    pub expires: Timestamp,
    /// The theoretical price; in delivery, that of the hours that have no fixing yet.
    pub reference: Price,
    /// What one long lot loses in each scenario; a gain is negative.
    pub losses: [Cash; SCENARIOS],
}

impl Risk {
    /// Refuses an array that is not worth trusting: expired, out of bounds, too small, or too far from the one before.
    pub(crate) fn check(
        &self,
        terms: &Terms,
        series: &SeriesMargin,
        before: Option<&Risk>,
        now: Timestamp,
    ) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidRisk { rule });
        if self.version > limits::RISK_VERSION_MAX {
            return invalid("a version is at most 1000000000000000");
        }
        if self.expires <= now || self.expires > now.plus_micros(limits::RISK_VALID_US_MAX) {
            return invalid("an array expires later than now and at most 48 hours from now");
        }
        if self.reference < terms.floor || self.reference > terms.cap {
            return invalid("the reference lies between floor and cap");
        }
        if self.losses.iter().any(|loss| loss.0.unsigned_abs() > limits::LOSS_PER_LOT_MAX.0.unsigned_abs()) {
            return invalid("a loss is at most 1000000000000 micro-USD a lot");
        }
        if self.losses[..UNCHANGED].iter().any(|&loss| loss != Cash::ZERO) {
            return invalid("a future loses nothing while its price stands still");
        }
        let floor = series.scan_floor.notional(Lots(1), hours_left(terms, now));
        if !self.covers(floor) {
            return invalid("the worst loss of either side is at least the series' scan floor for the hours left");
        }
        // Where the one before is below the floor, the step would forbid what the floor demands.
        let steps = before.filter(|before| before.covers(floor));
        let step = series.step_max.notional(Lots(1), terms.hours());
        let steps = steps.map(|before| self.losses.iter().zip(before.losses));
        if steps.is_some_and(|mut pairs| pairs.any(|(new, old)| (new.0 - old.0).abs() > step.0)) {
            return invalid("a loss moves by at most the series' largest step for the contract's hours");
        }
        Ok(())
    }
}

impl Risk {
    /// Whether the worst loss of either side is at least this.
    fn covers(&self, floor: Cash) -> bool {
        let worst = |sign: i64| self.losses.iter().map(|loss| sign * loss.0).fold(i64::MIN, i64::max);
        worst(1) >= floor.0 && worst(-1) >= floor.0
    }
}

/// The hours of the delivery days that end later than now; of a perpetual always all.
fn hours_left(terms: &Terms, now: Timestamp) -> Hours {
    let Some(month) = terms.month() else { return terms.hours() };
    let left = month.delivery_days().filter(|day| day.end() > now).count();
    Hours::of_days(u16::try_from(left).expect("delivery days are limited"))
}
