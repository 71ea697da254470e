//! From an outlook to the array that is published: losses in whole micro-USD, not below the series' floor, not further than its largest step.

use std::time::Duration;

use engine::instrument::Terms;
use engine::margin::{Risk, SeriesMargin};
use engine::units::{Cash, Lots, Price, Timestamp};
use pricing::scenarios::{ArrayError, RiskArray};

use crate::risk::Settings;
use crate::risk::outlook::{Outlook, usd};

/// The next array of a contract. Where the series' largest step does not reach the losses that the outlook asks for, it goes that far, and
/// the arrays that follow go on.
///
/// # Errors
/// If a loss is beyond what an array can hold.
pub fn next_array(
    terms: &Terms,
    margin: &SeriesMargin,
    before: Option<&Risk>,
    outlook: &Outlook,
    now: Timestamp,
    settings: &Settings,
) -> Result<Risk, ArrayError> {
    // A floor for the range is a floor for all scenarios in proportion, so an array keeps the shape of its grid.
    let range = usd(outlook.range.max(margin.scan_floor));
    let losses = settings.grid.scenarios().map(|scenario| -scenario.price_move * range * scenario.cover);
    let mut array = RiskArray::per_contract(&losses, outlook.hours_left)?;
    if let Some(before) = before {
        let Cash(step) = margin.step_max.notional(Lots(1), terms.hours());
        array = array.stepped_from(&RiskArray::from_micro_usd(before.losses.map(|loss| loss.0))?, step)?;
    }
    Ok(Risk {
        version: before.map_or(1, |before| before.version.saturating_add(1)),
        expires: now.plus_micros(micros(settings.valid_for)),
        reference: outlook.reference,
        losses: array.micro_usd().map(Cash),
    })
}

/// Whether an array is worth publishing: it says something else, or the one before is half over.
pub fn is_worth_it(before: Option<&Risk>, next: &Risk, settings: &Settings) -> bool {
    let Some(before) = before else { return true };
    let says = |risk: &Risk| -> (Price, _) { (risk.reference, risk.losses) };
    says(before) != says(next) || before.expires.0 < next.expires.0 - micros(settings.valid_for) / 2
}

/// At most two days, as settings are.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(engine::limits::RISK_VALID_US_MAX)
}
