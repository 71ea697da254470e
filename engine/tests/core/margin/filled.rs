//! The promise of the margin page: whatever subset of an account's orders fills, at unchanged arrays and marks it does not fall below
//! its initial margin.

use engine::command::Command;
use engine::ids::{AccountId, AssetId, KeyId, OrderId, SeriesId};
use engine::instrument::{Kind, Spread, Terms};
use engine::margin::{SCENARIOS, SeriesMargin};
use engine::units::{Amount, Cash, Side};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{DOLLAR, LENIENT, Venue, array, list, month, submit, trade, venue};
use crate::compare::config;
use crate::counts::count;
use crate::venue::Exchange;

/// Who is tested; the other one is rich and fills whatever it is asked to.
const ACCOUNT: u32 = 1;
const RICH: u32 = 2;

/// Two months of one series, the first in delivery, and months of two other series, two of them in the same hours.
const MONTHS: [(u32, u32, u16, u16); 5] = [(1, 1, 0, 2), (2, 1, 40, 3), (3, 2, 40, 2), (4, 3, 40, 1), (5, 3, 40, 2)];

/// A calendar spread and one between series.
const SPREADS: [(u32, usize, usize); 2] = [(6, 0, 1), (7, 2, 4)];

/// All that is traded.
const CONTRACTS: usize = MONTHS.len() + SPREADS.len();

#[derive(Clone, Debug)]
struct Case {
    /// Losses in thousands of micro-USD for each month, of the scenarios behind the first two.
    losses: [Vec<i64>; MONTHS.len()],
    charges: [i64; 4],
    concentration_lots: u32,
    credits: [i64; 3],
    dollars: i64,
    positions: Vec<Placed>,
    orders: Vec<Placed>,
    /// How many lots of each order fill, in parts of ten.
    fills: Vec<u32>,
    /// Whether the account takes out all it can before.
    withdraws: bool,
}

#[derive(Clone, Copy, Debug)]
struct Placed {
    /// A month, or behind them a spread.
    contract: usize,
    side: Side,
    lots: u32,
    /// Thousandths of a dollar away from the mark; positive is worse for the account.
    worse_by: i64,
}

fn cases() -> impl Strategy<Value = Case> {
    let losses = || vec(prop_oneof![4 => -300_000..300_000_i64, 1 => Just(0)], SCENARIOS - 2);
    let charge = || select(vec![0, 0, 1, 7 * DOLLAR, 90 * DOLLAR]);
    let credit = || select(vec![0, 1, 30 * DOLLAR, 30 * DOLLAR, 250 * DOLLAR]);
    let placed = || {
        let side = select(vec![Side::Buy, Side::Sell]);
        (0..CONTRACTS, side, 1..6_u32, -900..900_i64).prop_map(|(contract, side, lots, worse_by)| Placed {
            contract,
            side,
            lots,
            worse_by,
        })
    };
    let margin =
        ([losses(), losses(), losses(), losses(), losses()], [charge(), charge(), charge(), charge()], 0..20_u32);
    let account = (select(vec![300, 1_000, 4_000, 20_000]), vec(placed(), 0..5), vec(placed(), 1..12));
    (margin, [credit(), credit(), credit()], account, vec(0..=10_u32, 12), any::<bool>()).prop_map(
        |((losses, charges, concentration_lots), credits, (dollars, positions, orders), fills, withdraws)| Case {
            losses,
            charges,
            concentration_lots,
            credits,
            dollars,
            positions,
            orders,
            fills,
            withdraws,
        },
    )
}

#[test]
fn no_subset_of_fills_takes_an_account_below_its_margin() {
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let [filled, spreads, tight] = [0, 0, 0].map(std::cell::Cell::new);
    runner
        .run(&cases(), |case| {
            let mut venue = set_up(&case);
            let placed = place(&mut venue, &case);
            if case.withdraws {
                withdraw_all(&mut venue);
            }
            let before = venue.engine.margin(AccountId(ACCOUNT));
            prop_assert!(before.equity >= before.initial, "{:?}", before);
            let fills = fill(&mut venue, &case, &placed);
            filled.set(filled.get() + fills.0);
            spreads.set(spreads.get() + fills.1);
            let after = venue.engine.margin(AccountId(ACCOUNT));
            prop_assert!(after.equity >= after.initial, "from {:?}\nto {:?}", before, after);
            if before.initial > 0 && before.equity == before.initial {
                tight.set(tight.get() + 1);
            }
            Ok(())
        })
        .unwrap();
    let are_many = filled.get() > 256 && spreads.get() > 64 && tight.get() > 16;
    assert!(config().cases < 256 || are_many, "{} fills, {} of spreads", filled.get(), spreads.get());
    count(spreads.get(), "fills of spreads that keep an account above its margin");
    count(filled.get(), "fills that keep an account above its margin");
}

fn set_up(case: &Case) -> Venue {
    let mut venue: Venue = venue(0, 0);
    venue.open(ACCOUNT, case.dollars);
    venue.open(RICH, 500_000_000);
    let [calendar, delivery, concentration, minimum] = case.charges.map(Cash);
    let margin = SeriesMargin {
        calendar_charge: calendar,
        delivery_charge: delivery,
        concentration_lots: case.concentration_lots,
        concentration_charge: concentration,
        minimum_charge: minimum,
        ..LENIENT
    };
    let months: Vec<_> = MONTHS
        .iter()
        .zip(&case.losses)
        .map(|(&(instrument, series, starts_after, days), thousands)| {
            let mut losses = [0; SCENARIOS];
            for (loss, thousand) in losses[2..].iter_mut().zip(thousands) {
                *loss = thousand * 1_000;
            }
            // Either side can lose something.
            (losses[14], losses[15]) = (1_000 + losses[14].abs(), -1_000 - losses[15].abs());
            (month(instrument, series, starts_after, days), array(&venue, 1, 3 * DOLLAR, losses))
        })
        .collect();
    list(&mut venue, &months, margin);
    for (number, near, far) in SPREADS {
        let [near, far] = [near, far].map(|leg| months[leg].0);
        let (hours, end) = (far.hours(), near.end().min(far.end()));
        let kind = Kind::Spread(Spread { near: near.instrument, far: far.instrument, hours, end });
        let terms = Terms { kind, ..month(number, 1, 40, 1) };
        venue.operate(Command::ListInstrument { terms }).unwrap();
    }
    for ((first, second), per_lot) in [(1, 2), (2, 3), (1, 3)].into_iter().zip(case.credits) {
        let (first, second) = (SeriesId(first), SeriesId(second));
        venue.operate(Command::SetCredit { first, second, per_lot: Cash(per_lot) }).unwrap();
    }
    venue
}

/// Takes positions and places orders as far as they are accepted. No bid of the account meets its own offers.
fn place(venue: &mut Venue, case: &Case) -> Vec<(OrderId, Placed)> {
    for placed in &case.positions {
        let (instrument, price) = (number_of(placed), price_of(placed));
        let counter = submit(venue, RICH, instrument, placed.side.opposite(), placed.lots, price).unwrap();
        if submit(venue, ACCOUNT, instrument, placed.side, placed.lots, price).is_err() {
            venue.cancel(RICH, counter).unwrap();
        }
    }
    let mut accepted: Vec<(OrderId, Placed)> = Vec::new();
    for placed in &case.orders {
        let crosses = accepted.iter().any(|(_, other)| {
            let (own, others) = (price_of(placed), price_of(other));
            let meets = if placed.side == Side::Buy { own >= others } else { own <= others };
            other.contract == placed.contract && other.side != placed.side && meets
        });
        if crosses {
            continue;
        }
        let instrument = number_of(placed);
        if let Ok(order) = submit(venue, ACCOUNT, instrument, placed.side, placed.lots, price_of(placed)) {
            accepted.push((order, *placed));
        }
    }
    accepted
}

fn number_of(placed: &Placed) -> u32 {
    let of_spread = placed.contract.checked_sub(MONTHS.len());
    of_spread.map_or_else(|| MONTHS[placed.contract].0, |spread| SPREADS[spread].0)
}

/// All months are marked at one price, all spreads at none.
fn price_of(placed: &Placed) -> i64 {
    let mark = if placed.contract < MONTHS.len() { 3 * DOLLAR } else { 0 };
    mark + placed.worse_by * if placed.side == Side::Buy { 1_000 } else { -1_000 }
}

fn withdraw_all(venue: &mut Venue) {
    let (account, asset) = (AccountId(ACCOUNT), AssetId::USD);
    let amount = Amount(i64::try_from(venue.engine.margin(account).withdrawable).unwrap());
    if amount > Amount::ZERO {
        let command = Command::RequestWithdrawal { account, asset, amount, reference: 1 };
        venue.send(KeyId(u64::from(ACCOUNT)), command).unwrap();
    }
}

/// Fills parts of orders at their limits, whatever stands before them in the book: what is not to fill is taken out and placed again.
fn fill(venue: &mut Venue, case: &Case, placed: &[(OrderId, Placed)]) -> (usize, usize) {
    for (order, _) in placed {
        venue.cancel(ACCOUNT, *order).unwrap();
    }
    let lots = |index: usize, placed: &Placed| placed.lots * case.fills[index] / 10;
    let (mut fills, mut spreads) = (0, 0);
    for (index, (_, placed)) in placed.iter().enumerate().filter(|(index, (_, placed))| lots(*index, placed) > 0) {
        fill_alone(venue, number_of(placed), placed, lots(index, placed));
        fills += 1;
        spreads += usize::from(placed.contract >= MONTHS.len());
    }
    for (index, (_, placed)) in placed.iter().enumerate() {
        let rest = placed.lots - lots(index, placed);
        if rest > 0 {
            submit(venue, ACCOUNT, number_of(placed), placed.side, rest, price_of(placed)).unwrap();
        }
    }
    (fills, spreads)
}

/// The account's order meets the other's at its limit.
fn fill_alone(venue: &mut Venue, instrument: u32, placed: &Placed, lots: u32) {
    trade(venue, (RICH, ACCOUNT), instrument, placed.side.opposite(), lots, price_of(placed));
}
