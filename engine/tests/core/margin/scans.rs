//! Worked scans: futures arrays of the literature through the whole engine, and small portfolios worked out by hand.

use engine::SimulatedPosition;
use engine::command::Command;
use engine::ids::{AccountId, InstrumentId, SeriesId};
use engine::margin::SCENARIOS;
use engine::units::{Cash, Lots, Price, Side};

use super::{DOLLAR, LENIENT, Venue, array, list, month, trade, venue};
use crate::counts::count;
use crate::venue::Exchange;

/// L. McMillan, *Options as a Strategic Investment*, ch. 34: the S&P 500 future with a range of 10 000 dollars and extremes of
/// 7 000, as profits of a long future.
const MCMILLAN: [i64; SCENARIOS] =
    [0, 0, 3_330, 3_330, -3_330, -3_330, 6_670, 6_670, -6_670, -6_670, 10_000, 10_000, -10_000, -10_000, 7_000, -7_000];

/// A position, orders with limits in thousandths of a dollar, and the initial margin in dollars.
type WithOrders = (i64, &'static [(Side, i64, u32)], i64);

/// Credits of pairs of series in dollars, a position in each of four series, and what is credited in all.
type WithCredits = (&'static [(u32, u32, i64)], [i64; 4], i64);

fn losses_of(profits: [i64; SCENARIOS]) -> [i64; SCENARIOS] {
    profits.map(|dollars| -dollars * DOLLAR)
}

/// Account 1 with a position in a month of McMillan's array, bought at the mark.
fn holding(position: i64) -> Venue {
    let mut venue: Venue = venue(2, 10_000_000);
    let risk = array(&venue, 1, 3 * DOLLAR, losses_of(MCMILLAN));
    list(&mut venue, &[(month(1, 1, 40, 31), risk)], LENIENT);
    let side = if position > 0 { Side::Buy } else { Side::Sell };
    trade(&mut venue, (1, 2), 1, side, u32::try_from(position.abs()).unwrap(), 3 * DOLLAR);
    venue
}

#[test]
fn a_future_of_the_literature_is_scanned() {
    let rows = [(1, 10_000), (-1, 10_000), (7, 70_000), (-25, 250_000)];
    for (position, dollars) in rows {
        let venue = holding(position);
        for account in [1, 2] {
            let margin = venue.engine.margin(AccountId(account));
            assert_eq!(margin.initial, i128::from(dollars * DOLLAR), "{position}");
            assert_eq!(margin.maintenance, i128::from(dollars * DOLLAR) * 8 / 10, "{position}");
        }
    }
    count(2 * rows.len(), "scans of the literature");
}

/// Two months of one series with arrays that differ: what they offset is the scan of the sum, scenario by scenario.
#[test]
fn months_offset_scenario_by_scenario() {
    let mut venue: Venue = venue(0, 0);
    let near = array(&venue, 1, 3 * DOLLAR, losses_of(MCMILLAN));
    // The far month moves half as much, and not at all in the extremes.
    let mut far = MCMILLAN.map(|profit| profit / 2);
    far[14] = 0;
    far[15] = 0;
    let far = array(&venue, 1, 3 * DOLLAR, losses_of(far));
    list(&mut venue, &[(month(1, 1, 40, 31), near), (month(2, 1, 71, 30), far)], LENIENT);
    let simulate = |positions: [i64; 2]| {
        let held = |(index, position)| SimulatedPosition { instrument: InstrumentId(index), position, orders: vec![] };
        let portfolio: Vec<SimulatedPosition> = (1..).zip(positions).map(held).collect();
        venue.engine.simulate_margin(&portfolio).unwrap().initial.0 / DOLLAR
    };
    // Long 1, short 2: nothing is left within the range; the extremes are of the near month alone.
    assert_eq!(simulate([1, -2]), 7_000);
    assert_eq!(simulate([-1, 2]), 7_000);
    // Short 1: 10 000 - 5 000 of the range, 7 000 of the extremes.
    assert_eq!(simulate([1, -1]), 7_000);
    assert_eq!(simulate([1, 1]), 15_000);
    // Short 4: 10 000 - 20 000 the other way.
    assert_eq!(simulate([1, -4]), 10_000);
    assert_eq!(simulate([0, 0]), 0);
    count(6, "portfolios scanned by hand");
}

/// Orders count where they hurt: a bid and an offer each in the scenarios in which they lose, at what their limits differ from the mark.
#[test]
fn orders_count_where_they_hurt() {
    let mut venue: Venue = venue(0, 0);
    let risk = array(&venue, 1, 3 * DOLLAR, losses_of(MCMILLAN));
    list(&mut venue, &[(month(1, 1, 40, 31), risk)], LENIENT);
    let simulate = |position, orders: &[(Side, i64, u32)]| {
        let orders = orders.iter().map(|&(side, limit, lots)| (side, Price(limit * 1_000), Lots(lots)));
        let held = SimulatedPosition { instrument: InstrumentId(1), position, orders: orders.collect() };
        venue.engine.simulate_margin(&[held]).unwrap().initial.0 / DOLLAR
    };
    const BID: Side = Side::Buy;
    const OFFER: Side = Side::Sell;
    let rows: &[WithOrders] = &[
        // 0.1 x 744 = 74.4 a lot.
        (0, &[(BID, 3_000, 1)], 10_000),
        (0, &[(OFFER, 3_000, 1)], 10_000),
        (0, &[(BID, 3_000, 1), (OFFER, 3_000, 1)], 10_000),
        (0, &[(BID, 3_000, 2), (OFFER, 3_000, 1)], 20_000),
        (0, &[(BID, 4_000, 1)], 10_744),
        (0, &[(BID, 2_000, 1)], 9_256),
        (0, &[(OFFER, 4_000, 1)], 9_256),
        (0, &[(OFFER, 2_000, 1)], 10_744),
        // Long 3: an offer of 5 could turn it, but where offers lose the position gains.
        (3, &[(OFFER, 3_000, 5)], 30_000),
        (3, &[(OFFER, 3_000, 7)], 40_000),
        (3, &[(BID, 3_000, 1), (OFFER, 3_000, 5)], 40_000),
        // So far below the mark that nothing could be lost: the order cost is zero, too.
        (0, &[(OFFER, 10_000, 1)], 4_792),
        (-2, &[(BID, 3_000, 2)], 20_000),
    ];
    for (position, orders, dollars) in rows {
        assert_eq!(simulate(*position, orders), *dollars, "{position} with {orders:?}");
    }
    count(rows.len(), "portfolios with orders scanned by hand");
}

/// Series 1 is long 10; the others are short. Pairs are served from the largest credit down, at one credit by the lower numbers, and a
/// lot serves once.
#[test]
fn credits_are_served_from_the_largest_down() {
    let mut venue: Venue = venue(0, 0);
    let risk = array(&venue, 1, 3 * DOLLAR, losses_of(MCMILLAN));
    let months: Vec<_> = (1..=4).map(|number| (month(number, number, 40, 31), risk)).collect();
    list(&mut venue, &months, LENIENT);
    let rows: &[WithCredits] = &[
        (&[(1, 2, 100)], [10, -6, 0, 0], 600),
        (&[(1, 2, 100)], [10, 6, 0, 0], 0),
        (&[(1, 2, 100)], [-10, 6, 0, 0], 600),
        // Ten spreads with the third, nothing is left for the second.
        (&[(1, 2, 500), (1, 3, 900)], [10, -6, -10, 0], 9_000),
        (&[(1, 2, 500), (1, 3, 900)], [10, -6, -7, 0], 7 * 900 + 3 * 500),
        (&[(1, 2, 500), (1, 3, 500)], [10, -6, -7, 0], 10 * 500),
        // The second is used up by the first: nothing for the third, although it has the larger number of lots.
        (&[(1, 2, 900), (2, 3, 500)], [6, -6, 10, 0], 6 * 900),
        (&[(1, 2, 900), (2, 3, 500), (3, 4, 100)], [4, -6, 10, -20], 4 * 900 + 2 * 500 + 8 * 100),
    ];
    for (credits, positions, credited) in rows {
        let mut venue = venue.clone();
        for &(first, second, dollars) in *credits {
            let (first, second, per_lot) = (SeriesId(first), SeriesId(second), Cash(dollars * DOLLAR));
            venue.operate(Command::SetCredit { first, second, per_lot }).unwrap();
        }
        let held = |(index, position)| SimulatedPosition { instrument: InstrumentId(index), position, orders: vec![] };
        let portfolio: Vec<SimulatedPosition> = (1..).zip(*positions).map(held).collect();
        let lots: i64 = positions.iter().map(|position| position.abs()).sum();
        let initial = venue.engine.simulate_margin(&portfolio).unwrap().initial.0 / DOLLAR;
        assert_eq!(10_000 * lots - initial, *credited, "{credits:?} of {positions:?}");
    }
    count(rows.len(), "portfolios with credits worked out by hand");
}
