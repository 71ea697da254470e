//! Margin parameters and risk arrays of random scripts, good and broken.

use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::units::{Cash, Lots, Price, Timestamp};

use super::DAY_MICROS;
use super::actions::Publish;
use engine::instrument::Terms;

/// How many of the parameters are valid; they come first.
pub(super) const GOOD_PARAMETERS: usize = 6;
pub(super) const PARAMETERS: usize = 16;

const DOLLAR: i64 = 1_000_000;

/// Parameters that are soon in the way, and one break of each rule.
pub(super) fn parameters(choice: usize) -> SeriesMargin {
    let usual = SeriesMargin {
        scan_floor: Price(10_000),
        step_max: Price(1_000 * DOLLAR),
        mark_band: Price(200_000),
        calendar_charge: Cash(3 * DOLLAR),
        delivery_charge: Cash(0),
        concentration_lots: u32::MAX,
        concentration_charge: Cash(0),
        minimum_charge: Cash(DOLLAR),
        position_max: Lots(1_000_000),
        open_interest_max: Lots(1_000_000_000),
        settlement_lots: Lots(3),
        stale_after_us: 0,
        frozen_us: 0,
    };
    match choice {
        0 => usual,
        1 => SeriesMargin {
            delivery_charge: Cash(7_000_001),
            mark_band: Price(1_003),
            settlement_lots: Lots(1),
            ..usual
        },
        2 => SeriesMargin {
            concentration_lots: 5,
            concentration_charge: Cash(20 * DOLLAR + 1),
            mark_band: Price(5 * DOLLAR),
            stale_after_us: 2 * DAY_MICROS,
            frozen_us: 3_600_000_000,
            ..usual
        },
        3 => SeriesMargin { position_max: Lots(12), open_interest_max: Lots(15), ..usual },
        4 => SeriesMargin {
            calendar_charge: Cash(150 * DOLLAR),
            minimum_charge: Cash(90 * DOLLAR),
            stale_after_us: 1,
            ..usual
        },
        5 => SeriesMargin { scan_floor: Price(400_000), step_max: Price(1_500_000), mark_band: Price(0), ..usual },
        6 => SeriesMargin { scan_floor: Price(-1), ..usual },
        7 => SeriesMargin { mark_band: Price(1_000 * DOLLAR + 1), ..usual },
        8 => SeriesMargin { delivery_charge: Cash(1_000_000 * DOLLAR + 1), ..usual },
        9 => SeriesMargin { minimum_charge: Cash(-1), ..usual },
        10 => SeriesMargin { position_max: Lots(0), ..usual },
        11 => SeriesMargin { position_max: Lots(1_000_001), ..usual },
        14 => SeriesMargin { scan_floor: Price(0), ..usual },
        12 => SeriesMargin { settlement_lots: Lots(0), ..usual },
        13 => SeriesMargin { stale_after_us: 30 * DAY_MICROS + 1, ..usual },
        _ => SeriesMargin { open_interest_max: Lots(1_000_000_001), ..usual },
    }
}

pub(super) const FLAWS: usize = 7;

/// The array of a future over a range of prices, bent by the skew, or one that breaks a rule.
pub(super) fn risk(terms: &Terms, publish: &Publish, now: Timestamp, mut version: u64) -> Risk {
    const THIRDS: [i64; SCENARIOS] = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -2, 3];
    let hours = i64::from(terms.hours().0);
    let mut losses = THIRDS.map(|thirds| thirds * publish.range * hours / 3);
    for (scenario, loss) in (0_i64..).zip(&mut losses).skip(2) {
        *loss += (scenario * publish.skew) % 7 * 111_111;
    }
    let mut reference = publish.price.price(terms);
    match publish.flaw {
        Some(6) => version = u64::MAX,
        Some(0) => losses[1] = 1,
        Some(1) => losses[7] = i64::MIN,
        Some(2) => losses[9] = 1_000_000 * DOLLAR + 1,
        // Longs lose nothing anywhere.
        Some(3) => losses = losses.map(|loss| loss.min(0)),
        Some(4) => losses[15] += 1_000 * DOLLAR * hours,
        Some(_) => reference = Price(terms.cap.0 + 1),
        None => {}
    }
    Risk { version, expires: now.plus_micros(publish.lasts), reference, losses: losses.map(Cash) }
}
