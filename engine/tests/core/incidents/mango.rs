//! Mango Markets, October 2022: two wallets with 5 million dollars each traded 483 million MNGO-PERP with each other at about 0.038, drove
//! spot to 0.91, and borrowed some 116 million against a profit on paper of 420.
//!
//! Source: the complaint of the CFTC against A. Eisenberg, January 2023.

use engine::Engine;
use engine::command::Command;
use engine::controls::Controls;
use engine::event::{CancelReason, Event};
use engine::ids::AccountId;
use engine::instrument::SettlementKind;
use engine::margin::SeriesMargin;
use engine::reject::Reject;
use engine::units::{Day, Lots, Price, Side};

use super::{
    CONTRACT, borne, equities, equity, fund, in_the_fund, move_to, position, serve, set_margin, stage, withdraw,
    withdrawable,
};
use crate::margin::{DOLLAR, LENIENT, submit, trade};
use crate::twin::Twin;
use crate::venue::{Stage, VenueOf};

/// A million lots are 483 million coins.
const COINS: u16 = 483;
const ALL_OF_IT: u32 = 1_000_000;
const WITHIN_LIMITS: u32 = 100_000;
const BEFORE: i64 = 38_000;
const PUMPED: i64 = 910_000;

/// Half of the price is thought to be lost in the worst scenario.
const THIRD: i64 = BEFORE / 6 * COINS as i64;

const LONG: u32 = 1;
const SHORT: u32 = 2;
/// Not of the attack: one who is long, one who is short.
const HONEST: [u32; 2] = [3, 4];

const LIMITS: SeriesMargin = SeriesMargin {
    mark_band: Price(5_000),
    position_max: Lots(WITHIN_LIMITS),
    open_interest_max: Lots(150_000),
    ..LENIENT
};

fn opened<E: Stage>(margin: SeriesMargin) -> VenueOf<E> {
    let mut venue = stage(COINS, margin, &[5_000_000, 5_000_000, 1_000_000, 1_000_000]);
    move_to(&mut venue, 1, BEFORE, THIRD);
    serve(&mut venue);
    trade(&mut venue, (3, 4), 1, Side::Buy, 1_000, BEFORE);
    venue
}

fn attack<E: Stage>(venue: &mut VenueOf<E>) {
    trade(venue, (LONG, SHORT), 1, Side::Buy, WITHIN_LIMITS, BEFORE);
}

fn the_size_is_refused<E: Stage>() {
    let mut venue = opened::<E>(LIMITS);
    let refused = submit(&mut venue, LONG, 1, Side::Buy, ALL_OF_IT, BEFORE).unwrap_err();
    assert!(matches!(refused, Reject::LotsOutOfRange { .. }), "{refused}");
    set_margin(&mut venue, SeriesMargin { position_max: Lots(ALL_OF_IT / 10 - 1), ..LIMITS });
    let buy_all = |venue: &mut VenueOf<E>| submit(venue, LONG, 1, Side::Buy, ALL_OF_IT / 10, BEFORE).unwrap_err();
    assert!(matches!(buy_all(&mut venue), Reject::SeriesPositionLimit { .. }));
    set_margin(
        &mut venue,
        SeriesMargin { position_max: Lots(ALL_OF_IT), open_interest_max: Lots(WITHIN_LIMITS), ..LIMITS },
    );
    assert!(matches!(buy_all(&mut venue), Reject::OpenInterestLimit { .. }));
    // Without both limits 5 million dollars are not enough for it: half of 18 354 000 dollars' worth is thought to be lost.
    set_margin(&mut venue, SeriesMargin { position_max: Lots(ALL_OF_IT), ..LENIENT });
    for part in 0..10 {
        let accepted = submit(&mut venue, LONG, 1, Side::Buy, ALL_OF_IT / 10, BEFORE);
        match part {
            0..5 => assert!(accepted.is_ok(), "{accepted:?}"),
            _ => assert!(matches!(accepted, Err(Reject::InsufficientMargin { .. })), "{accepted:?}"),
        }
    }
    // Accounts of one owner do not trade with each other at all.
    let (account, master) = (AccountId(11), AccountId(SHORT));
    venue.operate(Command::OpenSubAccount { account, master }).unwrap();
    venue.credit(11, 5_000_000);
    submit(&mut venue, SHORT, 1, Side::Sell, 1_000, BEFORE + 1_000).unwrap();
    let name = engine::ids::ClientOrderId::new("own").unwrap();
    let request =
        engine::order::OrderRequest::limit(account, name, CONTRACT, Side::Buy, Lots(1_000), Price(BEFORE + 1_000));
    venue.send(engine::ids::KeyId(u64::from(SHORT)), Command::SubmitOrder(request)).unwrap();
    let is_own = |event: &Event| matches!(event, Event::OrderCancelled { reason: CancelReason::SelfTrade, .. });
    assert!(venue.events.iter().any(is_own), "{:?}", venue.events);
}

#[test]
fn a_position_of_that_size_is_refused() {
    the_size_is_refused::<Engine>();
    the_size_is_refused::<Twin>();
}

/// The attackers trade at ever higher prices with each other. The mark follows by its band and no further, and what they seem to have
/// gained can be neither withdrawn nor used.
fn the_book_is_pumped<E: Stage>(attacks: bool) -> [i128; 2] {
    let mut venue = opened::<E>(LIMITS);
    let controls =
        Controls { reference: Price(BEFORE), daily_limits: [Price(8_000), Price(0), Price(0)], ..Controls::NONE };
    venue.operate(Command::SetControls { instrument: CONTRACT, controls }).unwrap();
    if attacks {
        attack(&mut venue);
        let refused = submit(&mut venue, SHORT, 1, Side::Sell, 1, PUMPED).unwrap_err();
        assert!(matches!(refused, Reject::OutsideDailyLimits { .. }), "{refused}");
        for price in (BEFORE..=BEFORE + 8_000).step_by(1_000) {
            trade(&mut venue, (SHORT, LONG), 1, Side::Buy, 1, price);
        }
        venue.operate(Command::UpdateMark { instrument: CONTRACT }).unwrap();
        serve(&mut venue);
        // The mean of the reference and its upper edge: 2 500 of 8 000.
        let paper = equity(&venue, LONG) - 5_000_000 * i128::from(DOLLAR);
        assert!(0 < paper && paper < 121 * 1_000 * i128::from(DOLLAR), "{paper}");
        // What he brought less his margin, whatever the paper says.
        let own = 5_000_000 * i128::from(DOLLAR) - venue.engine.margin(AccountId(LONG)).initial;
        assert_eq!(withdrawable(&venue, LONG), own);
        let refused = withdraw(&mut venue, LONG, 1, own + 1).unwrap_err();
        assert!(matches!(refused, Reject::InsufficientBalance { .. }), "{refused}");
    }
    trade(&mut venue, (4, 3), 1, Side::Sell, 1, BEFORE);
    trade(&mut venue, (3, 4), 1, Side::Sell, 1, BEFORE);
    venue.operate(Command::UpdateMark { instrument: CONTRACT }).unwrap();
    serve(&mut venue);
    assert_eq!(in_the_fund(&venue), 0);
    equities(&venue, HONEST)
}

#[test]
fn a_pumped_book_brings_nothing() {
    assert_eq!(the_book_is_pumped::<Engine>(true), the_book_is_pumped::<Engine>(false));
    assert_eq!(the_book_is_pumped::<Twin>(true), the_book_is_pumped::<Twin>(false));
}

/// The index itself is driven to 0.91. The one who is short is in default before anything can be settled or taken out, and only the other
/// wallet is left to pay for it.
fn the_index_is_pumped<E: Stage>(attacks: bool) -> [i128; 2] {
    let mut venue = opened::<E>(SeriesMargin { mark_band: Price(0), ..LIMITS });
    fund(&mut venue, 100_000);
    if attacks {
        attack(&mut venue);
    }
    move_to(&mut venue, 2, PUMPED, THIRD);
    let day = Day(venue.now.day().0 - 1);
    let settles = Command::StartSettlement { instrument: CONTRACT, day, kind: SettlementKind::Daily };
    assert_eq!(venue.operate(settles), Err(Reject::WorkDue));
    assert_eq!(withdraw(&mut venue, LONG, 1, 1), Err(Reject::WorkDue));
    let events = serve(&mut venue);
    if attacks {
        let worth = i128::from(PUMPED) * i128::from(COINS);
        let (shortfall, haircuts) = borne(&events, worth);
        // 100 000 x 483 x 0.872 = 42 117 600, less 5 million and the fund.
        assert_eq!(shortfall, 37_017_600 * i128::from(DOLLAR));
        assert_eq!(haircuts, [(AccountId(LONG), shortfall)]);
        assert_eq!(equities(&venue, [LONG, SHORT]), [10_100_000 * i128::from(DOLLAR), 0]);
        assert_eq!(([LONG, SHORT].map(|account| position(&venue, account)), in_the_fund(&venue)), ([0, 0], 0));
    }
    venue.operate(settles).unwrap();
    venue.operate(Command::AdvanceSettlement { instrument: CONTRACT }).unwrap();
    serve(&mut venue);
    if attacks {
        // What they brought and what was in the fund, and not a cent more.
        let refused = withdraw(&mut venue, LONG, 1, 10_100_000 * i128::from(DOLLAR) + 1).unwrap_err();
        assert!(matches!(refused, Reject::InsufficientBalance { .. }), "{refused}");
        withdraw(&mut venue, LONG, 1, 10_100_000 * i128::from(DOLLAR)).unwrap();
    }
    equities(&venue, HONEST)
}

#[test]
fn a_pumped_index_is_paid_for_by_the_attackers() {
    assert_eq!(the_index_is_pumped::<Engine>(true), the_index_is_pumped::<Engine>(false));
    assert_eq!(the_index_is_pumped::<Twin>(true), the_index_is_pumped::<Twin>(false));
}
