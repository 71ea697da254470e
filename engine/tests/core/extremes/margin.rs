//! The largest losses, charges, positions and marks: none of them stops the venue.

use engine::Engine;
use engine::command::{Command, FixingStage};
use engine::event::Event;
use engine::ids::{AccountId, InstrumentId};
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::limits;
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Cash, Lots, Price, Side};

use crate::margin::{LENIENT, array, list, month, process, publish, submit, venue, venue_under};
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

/// The least that an array of 744 hours may say.
fn least(venue: &VenueOf<Engine>, version: u64, reference: i64) -> Risk {
    let mut losses = [0; SCENARIOS];
    (losses[14], losses[15]) = (-744, 744);
    array(venue, version, reference, losses)
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
    let narrow = |number| Terms { tick: Price(1_000), floor: Price(MOST - 1_000_000), ..widest(number, 1) };
    list(&mut venue, &[(narrow(1), risk), (narrow(2), risk)], margin);
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
    let mut venue: VenueOf<Engine> = venue(2, 10_000);
    let narrow = Terms { tick: Price(1_000), floor: Price(0), cap: Price(100_000), ..widest(1, 1) };
    let risk = least(&venue, 1, 0);
    list(&mut venue, &[(narrow, risk)], LENIENT);
    buy(&mut venue, 1, 1_000_000, 0);
    assert_eq!(submit(&mut venue, 1, 1, Side::Buy, 1, 0).map_err(|refused| refused.number()), Err(69));
    assert_eq!(submit(&mut venue, 2, 1, Side::Sell, 1, 100_000).map_err(|refused| refused.number()), Err(69));
    submit(&mut venue, 2, 1, Side::Buy, 100_000, 0).unwrap();
}

/// In so many series two accounts hold as much as they may against each other, at arrays that ask for next to nothing, and prices go
/// from one end to the other; then everything is settled for good.
fn from_end_to_end(series: u32) {
    let dollars = 1_000;
    let mut venue = at_one_end(Rules::THIRD, series, dollars);
    let lots = 67_204 / series;
    for number in 1..=series {
        to_the_other_end(&mut venue, number);
        let moved = i128::from(number) * i128::from(lots) * 744 * 2 * i128::from(MOST);
        let deposit = i128::from(dollars) * 1_000_000;
        assert_eq!(venue.engine.margin(AccountId(1)).equity, deposit + moved);
        assert_eq!(venue.engine.margin(AccountId(2)).equity, deposit - moved);
    }
    settle_for_good(&mut venue, series);
    let moved = i128::from(series) * i128::from(lots) * 744 * 2 * i128::from(MOST);
    assert_eq!(venue.engine.margin(AccountId(2)).owed, moved - i128::from(dollars) * 1_000_000);
}

/// The same under a default waterfall: with the first move all that the one has is the other's, and nobody holds anything any more.
fn all_at_once(series: u32) {
    let mut venue = at_one_end(Rules::FOURTH, series, 1_000);
    to_the_other_end(&mut venue, 1);
    assert_eq!(venue.engine.margin(AccountId(1)).equity, 2_000_000_000);
    assert_eq!(venue.engine.margin(AccountId(2)).equity, 0);
    for number in 1..=series {
        let held = |account| venue.engine.exposure(InstrumentId(number), AccountId(account)).position.0;
        assert_eq!([held(1), held(2)], [0, 0]);
    }
    (2..=series).for_each(|number| to_the_other_end(&mut venue, number));
    settle_for_good(&mut venue, series);
    assert_eq!(venue.engine.margin(AccountId(1)).withdrawable, 2_000_000_000);
    assert_eq!(venue.engine.margin(AccountId(2)).owed, 0);
}

fn at_one_end(rules: Rules, series: u32, dollars: i64) -> VenueOf<Engine> {
    let mut venue: VenueOf<Engine> = venue_under(rules, 2, dollars);
    let margin = SeriesMargin { mark_band: Price(0), ..LENIENT };
    // 10^17 / (2000 x 744 x 10^6) is 67 204 and a bit.
    let lots = 67_204 / series;
    for number in 1..=series {
        let risk = least(&venue, 1, -MOST);
        list(&mut venue, &[(widest(number, number), risk)], margin);
        buy(&mut venue, number, lots, -MOST);
    }
    let too_many = 67_204 - lots * series + 1;
    for (account, side) in [(1, Side::Buy), (2, Side::Sell)] {
        let refused = submit(&mut venue, account, 1, side, too_many, -MOST).unwrap_err();
        assert_eq!(refused, Reject::MarginedValueLimit);
    }
    // What makes nothing larger is taken.
    let offer = submit(&mut venue, 1, 1, Side::Sell, lots, MOST).unwrap();
    venue.cancel(1, offer).unwrap();
    venue
}

fn to_the_other_end(venue: &mut VenueOf<Engine>, number: u32) {
    let risk = least(venue, 2, MOST);
    publish(venue, InstrumentId(number), risk).unwrap();
    process(venue);
    venue.operate(Command::UpdateMark { instrument: InstrumentId(number) }).unwrap();
    process(venue);
}

fn settle_for_good(venue: &mut VenueOf<Engine>, series: u32) {
    venue.now = TODAY.plus(31).start();
    process(venue);
    for number in 1..=series {
        let (instrument, month) = (InstrumentId(number), widest(number, number).month().unwrap());
        for day in month.delivery_days() {
            let (series, stage, price) = (month.series, FixingStage::Final, Some(Price(MOST)));
            venue.operate(Command::RecordFixing { series, day, stage, price }).unwrap();
        }
        let (day, kind) = (TODAY.plus(30), SettlementKind::Final);
        venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
        venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
        assert!(venue.events.iter().any(|event| matches!(event, Event::SettlementCompleted { .. })));
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
fn nobody_owes_when_all_is_lost_at_once() {
    all_at_once(1);
    all_at_once(10);
}

#[test]
fn arrays_and_parameters_of_any_numbers_are_answered() {
    let mut venue: VenueOf<Engine> = venue(1, 1_000);
    let risk = least(&venue, 1, 3_000_000);
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
