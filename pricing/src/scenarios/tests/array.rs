//! Risk arrays: a published example, roundings, floors and steps, all worked out by hand.

use proptest::prelude::*;

use crate::scenarios::{
    ArrayError, RISK_MICRO_USD_MAX, RiskArray, SCENARIOS_COUNT, ScenarioGrid, scanning_risk_micro_usd,
};

/// Profit in USD of one long future and one long December 410 call: McMillan, *Options as a Strategic Investment*,
/// chapter 34. Price scan range 10,000 USD, extremes 70 % of it.
const FUTURE: [i64; 16] =
    [0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10000, 10000, -10000, -10000, 7000, -7000];
const CALL: [i64; 16] =
    [460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500];

const MICRO: i64 = 1_000_000;

fn array(profits: [i64; 16]) -> RiskArray {
    RiskArray::from_micro_usd(profits.map(|usd| -usd * MICRO)).unwrap()
}

#[test]
fn the_published_scans() {
    // futures, calls, scan in USD, the scenario that is worst
    let rows = [
        (1, 0, 10_000, 13),
        (-1, 0, 10_000, 11),
        (0, 1, 3_990, 14),
        (0, -1, 8_060, 11),
        // The covered write: 10,000 lost on the future in scenario 13, 3,380 gained on the call.
        (1, -1, 6_620, 13),
        (3, -3, 19_860, 13),
        (0, 0, 0, 1),
    ];
    for (futures, calls, usd, worst) in rows {
        let positions = [(futures, array(FUTURE)), (calls, array(CALL))];
        assert_eq!(scanning_risk_micro_usd(&positions), i128::from(usd * MICRO), "{futures} {calls}");
        let losses: Vec<i64> = (0..16).map(|at| -(futures * FUTURE[at] + calls * CALL[at])).collect();
        let most = losses.iter().max().unwrap();
        assert_eq!(losses.iter().position(|loss| loss == most), Some(worst - 1), "{futures} {calls}");
    }
    assert_eq!((array(CALL).long_scan(), array(CALL).short_scan()), (3_990 * MICRO, 8_060 * MICRO));
}

#[test]
fn the_published_future_is_the_layout_with_extremes_of_two_at_35_percent() {
    let grid = ScenarioGrid::span(2.0, 0.35).unwrap();
    for (scenario, published) in grid.scenarios().iter().zip(FUTURE) {
        let profit = scenario.price_move * 10_000.0 * scenario.cover;
        // Printed to ten dollars.
        assert!((profit - published as f64).abs() < 5.0, "{profit} for {published}");
    }
}

#[test]
fn rounding_is_away_from_zero_and_noise_is_not_charged() {
    // loss per hour in USD, hours, micro-USD
    let rows = [
        (0.0, 744, 0),
        (0.3, 744, 223_200_000),
        (0.1 + 0.2, 744, 223_200_000),
        (-0.3, 744, -223_200_000),
        (1e-6 / 7.0, 1, 1),
        (-1e-6 / 7.0, 1, -1),
        (1.1e-6, 1, 2),
        (-1.1e-6, 1, -2),
        (1e-10, 1, 0),
        (5.0, 0, 0),
    ];
    for (loss, hours, micro_usd) in rows {
        let array = RiskArray::per_contract(&[loss; 16], hours).unwrap();
        assert_eq!(array.micro_usd(), &[micro_usd; 16], "{loss}");
    }
    let mut losses = [0.0; 16];
    for bad in [f64::NAN, f64::INFINITY, 1.1e9, -1.1e9] {
        losses[3] = bad;
        assert!(matches!(RiskArray::per_contract(&losses, 1), Err(ArrayError::Loss { number: 4, .. })), "{bad}");
    }
    let mut entries = [0; 16];
    entries[15] = i64::MIN;
    assert!(matches!(RiskArray::from_micro_usd(entries), Err(ArrayError::Loss { number: 16, .. })));
}

#[test]
fn a_floor_raises_the_worst_scenario_of_each_side() {
    let floored = array(CALL).floored(9_000 * MICRO).unwrap();
    let mut wanted = CALL.map(|usd| -usd * MICRO);
    wanted[13] = 9_000 * MICRO;
    wanted[10] = -9_000 * MICRO;
    assert_eq!(floored.micro_usd(), &wanted);
    assert_eq!(array(CALL).floored(3_000 * MICRO), Ok(array(CALL)));

    // Of equal ones the first: scenarios 13 and 14 of a future are one loss, 11 and 12 one profit.
    let future = array(FUTURE).floored(11_000 * MICRO).unwrap();
    assert_eq!(future.micro_usd()[10..14], [-11_000, -10_000, 11_000, 10_000].map(|usd| usd * MICRO));

    let flat = RiskArray::from_micro_usd([0; 16]).unwrap().floored(5).unwrap();
    assert_eq!((flat.micro_usd()[0], flat.micro_usd()[15], flat.long_scan(), flat.short_scan()), (5, -5, 5, 5));
    for floor in [-1, RISK_MICRO_USD_MAX + 1] {
        assert_eq!(array(CALL).floored(floor), Err(ArrayError::Setting { name: "floor", micro_usd: floor }));
    }
}

#[test]
fn a_step_bounds_each_entry() {
    let (old, new) = (array(FUTURE), array(FUTURE.map(|usd| 2 * usd)));
    let stepped = new.stepped_from(&old, 1_000 * MICRO).unwrap();
    let wanted = FUTURE.map(|usd| -(usd + usd.clamp(-1_000, 1_000)) * MICRO);
    assert_eq!(stepped.micro_usd(), &wanted);
    assert_eq!(new.stepped_from(&old, 0), Ok(old));
    assert_eq!(
        new.stepped_from(&old, -5).unwrap_err().to_string(),
        "step -5 micro-USD is not from 0 to 1000000000000000"
    );
}

proptest! {
    #[test]
    fn arrays_of_opposite_losses_are_negatives_and_never_too_small(loss in -1e4..1e4_f64, hours in 1_u32..9_000) {
        let long = RiskArray::per_contract(&[loss; 16], hours).unwrap();
        let short = RiskArray::per_contract(&[-loss; 16], hours).unwrap();
        let exact = loss.abs() * f64::from(hours) * 1e6;
        let margin = long.long_scan().max(long.short_scan());
        prop_assert_eq!(long.micro_usd().map(|entry| -entry), *short.micro_usd());
        prop_assert!(margin as f64 >= exact - 0.001 - exact * 1e-15 && margin as f64 <= exact + 1.0 + exact * 1e-15);
    }

    #[test]
    fn enough_steps_lead_to_the_new_array(
        old in prop::array::uniform16(-1_000_i64..1_000), new in prop::array::uniform16(-1_000_i64..1_000),
        step in 1_i64..500,
    ) {
        let (mut array, new) = (RiskArray::from_micro_usd(old).unwrap(), RiskArray::from_micro_usd(new).unwrap());
        let mut versions = 0;
        while array != new {
            let next = new.stepped_from(&array, step).unwrap();
            for at in 0..SCENARIOS_COUNT {
                prop_assert!((next.micro_usd()[at] - array.micro_usd()[at]).abs() <= step);
            }
            array = next;
            versions += 1;
        }
        prop_assert!(versions <= 2_000 / step + 1);
    }
}
