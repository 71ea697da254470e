//! The largest losses, charges, positions and marks: none of them stops the venue.

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, InstrumentId};
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::limits;
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::units::{Cash, Lots, Price, Side};

use crate::margin::{LENIENT, array, list, month, process, publish, submit, venue};
use crate::venue::{Exchange, TODAY, VenueOf};

const MOST: i64 = limits::PRICE_MAX.0;

/// A month of 744 hours from -1000 to 1000 dollars without fees.
fn widest(instrument: u32, series: u32) -> Terms {
    let fees = FeeRates { maker: Price(0), taker: Price(0) };
    let terms = month(instrument, series, 0, 31);
    Terms { tick: Price(MOST), floor: Price(-MOST), cap: Price(MOST), fees, ..terms }
}

/// Account 1 buys so many lots of account 2.
fn buy(venue: &mut VenueOf<Engine>, instrument: u32, lots: u32, price: i64) {
    for part in 0..lots.div_ceil(100_000) {
        let lots = (lots - part * 100_000).min(100_000);
        submit(venue, 2, instrument, Side::Sell, lots, price).unwrap();
        submit(venue, 1, instrument, Side::Buy, lots, price).unwrap();
    }
}

/// Accounts 1 and 2 share all the money that a venue can hold.
fn richest() -> VenueOf<Engine> {
    let mut venue: VenueOf<Engine> = venue(2, 0);
    for _ in 0..500 {
        venue.credit(1, limits::DEPOSIT_MAX.0 / 1_000_000);
        venue.credit(2, limits::DEPOSIT_MAX.0 / 1_000_000);
    }
    venue
}

#[test]
fn the_largest_losses_and_charges_are_added_up() {
    let mut venue = richest();
    let most = limits::LOSS_PER_LOT_MAX.0;
    let mut losses = [most; SCENARIOS];
    losses[..2].fill(0);
    losses[15] = -most;
    let risk = array(&venue, 1, MOST, losses);
    let charge = limits::CHARGE_PER_LOT_MAX;
    let margin = SeriesMargin {
        calendar_charge: charge,
        delivery_charge: charge,
        concentration_charge: charge,
        minimum_charge: charge,
        ..LENIENT
    };
    list(&mut venue, &[(widest(1, 1), risk), (widest(2, 1), risk)], margin);
    // A long lot needs a million dollars for the scan, for delivery and for concentration; a bid at the cap costs nothing.
    buy(&mut venue, 1, 100_000, MOST);
    let found = venue.engine.margin(AccountId(1));
    assert_eq!(found.initial, 3 * 100_000 * i128::from(most));
    assert_eq!(submit(&mut venue, 1, 1, Side::Buy, 100_000, MOST).map_err(|refused| refused.number()), Err(68));
    // Against it, the other month: for each lot one calendar charge, delivery and concentration; the scan stays.
    submit(&mut venue, 1, 2, Side::Sell, 30_000, MOST).unwrap();
    let found = venue.engine.margin(AccountId(1));
    assert_eq!(found.initial, (3 * 100_000 + 3 * 30_000) * i128::from(most));
}

#[test]
fn a_million_lots_may_be_reached_in_a_series() {
    let mut venue: VenueOf<Engine> = venue(2, 0);
    let risk = array(&venue, 1, -MOST, [0; SCENARIOS]);
    list(&mut venue, &[(widest(1, 1), risk)], LENIENT);
    buy(&mut venue, 1, 1_000_000, -MOST);
    assert_eq!(submit(&mut venue, 1, 1, Side::Buy, 1, -MOST).map_err(|refused| refused.number()), Err(69));
    assert_eq!(submit(&mut venue, 2, 1, Side::Sell, 1, MOST).map_err(|refused| refused.number()), Err(69));
    submit(&mut venue, 2, 1, Side::Buy, 100_000, -MOST).unwrap();
}

/// In so many series two accounts hold as much as they may against each other, at arrays that ask for nothing, and prices go from one
/// end to the other; then everything is settled for good.
fn from_end_to_end(series: u32) {
    let mut venue: VenueOf<Engine> = venue(2, 0);
    let margin = SeriesMargin { mark_band: Price(0), ..LENIENT };
    for number in 1..=series {
        let risk = array(&venue, 1, -MOST, [0; SCENARIOS]);
        list(&mut venue, &[(widest(number, number), risk)], margin);
        buy(&mut venue, number, 1_000_000, -MOST);
    }
    for number in 1..=series {
        let risk = array(&venue, 2, MOST, [0; SCENARIOS]);
        publish(&mut venue, InstrumentId(number), risk).unwrap();
        process(&mut venue);
        venue.operate(Command::UpdateMark { instrument: InstrumentId(number) }).unwrap();
        process(&mut venue);
        let moved = i128::from(number) * 1_000_000 * 744 * 2 * i128::from(MOST);
        assert_eq!(venue.engine.margin(AccountId(1)).equity, moved);
        assert_eq!(venue.engine.margin(AccountId(2)).equity, -moved);
    }
    venue.now = TODAY.plus(31).start();
    process(&mut venue);
    for number in 1..=series {
        let (instrument, series) = (InstrumentId(number), widest(number, number).month().unwrap().series);
        for day in widest(number, number).month().unwrap().delivery_days() {
            let (stage, price) = (engine::command::FixingStage::Final, Some(Price(MOST)));
            venue.operate(Command::RecordFixing { series, day, stage, price }).unwrap();
        }
        let (day, kind) = (TODAY.plus(30), SettlementKind::Final);
        venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
        venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
        let complete = |event: &Event| matches!(event, Event::SettlementCompleted { .. });
        assert!(venue.events.iter().any(complete));
    }
}

#[test]
fn two_accounts_owe_each_other_as_much_as_one_series_allows() {
    from_end_to_end(1);
}

#[test]
fn two_accounts_owe_each_other_as_much_as_ten_series_allow() {
    from_end_to_end(10);
}

#[test]
fn arrays_and_parameters_of_any_numbers_are_answered() {
    let mut venue: VenueOf<Engine> = venue(1, 1_000);
    let risk = array(&venue, 1, 3_000_000, [0; SCENARIOS]);
    list(&mut venue, &[(month(1, 1, 40, 31), risk)], LENIENT);
    let numbers = [i64::MIN, i64::MIN + 1, -MOST - 1, -1, 0, 1, MOST + 1, i64::MAX - 1, i64::MAX];
    for number in numbers {
        let expires = risk.expires;
        let odd = [
            Risk { version: 2, expires: engine::units::Timestamp(number), ..risk },
            Risk { version: 2, reference: Price(number), ..risk },
            Risk { version: 2, losses: [Cash(number); SCENARIOS], ..risk },
            Risk { version: u64::MAX, expires, losses: [Cash(number); SCENARIOS], ..risk },
        ];
        for risk in odd {
            let mut venue = venue.clone();
            if let Err(refused) = publish(&mut venue, InstrumentId(1), risk) {
                assert!([24, 29].contains(&refused.number()), "{risk:?}: {refused}");
            }
        }
        let odd = [
            SeriesMargin { scan_floor: Price(number), ..LENIENT },
            SeriesMargin { mark_band: Price(number), ..LENIENT },
            SeriesMargin { minimum_charge: Cash(number), ..LENIENT },
            SeriesMargin { concentration_lots: u32::MAX, concentration_charge: Cash(number), ..LENIENT },
            SeriesMargin { position_max: Lots(u32::MAX), ..LENIENT },
        ];
        for margin in odd {
            let series = engine::ids::SeriesId(1);
            let mut venue = venue.clone();
            if let Err(refused) = venue.operate(Command::SetMargin { series, margin }) {
                assert_eq!(refused.number(), 22);
            }
        }
    }
}
