//! Hyperliquid, JELLY, 26 March 2025: short 430 million at 0.0095 with 3.5 million dollars behind it, of which 2.76 million were taken out;
//! the vault that took the rest over shared what it had with others, the price went up more than fourfold, and nobody was deleveraged.
//!
//! Source: published accounts of the incident (Arkham, March 2025).

use engine::Engine;
use engine::command::Command;
use engine::event::{Event, PositionReason};
use engine::ids::AccountId;
use engine::margin::SeriesMargin;
use engine::reject::Reject;
use engine::units::{Lots, Price, Side};

use super::{
    borne, equities, equity, fund, in_the_fund, move_to, position, serve, set_margin, stage, withdraw, withdrawable,
};
use crate::margin::{DOLLAR, LENIENT, submit, trade};
use crate::twin::Twin;
use crate::venue::{Stage, VenueOf};

/// A million lots are 430 million coins.
const COINS: u16 = 430;
const BEFORE: i64 = 9_500;
/// Four fifths of the price: 3.268 dollars a lot.
const THIRD: i64 = 1_089_334;

const SHORT: u32 = 1;
const LONGS: [u32; 2] = [2, 3];
const BACKSTOP: u32 = 4;
/// Another vault of the venue's.
const SIBLING: u32 = 5;
const HONEST: [u32; 2] = [6, 7];

const LIMITS: SeriesMargin =
    SeriesMargin { mark_band: Price(0), position_max: Lots(100_000), open_interest_max: Lots(150_000), ..LENIENT };

fn opened<E: Stage>(margin: SeriesMargin, short: i64) -> VenueOf<E> {
    let mut venue = stage(COINS, margin, &[short, 350_000, 350_000, 200_000, 1_000_000, 100_000, 100_000]);
    move_to(&mut venue, 1, BEFORE, THIRD);
    serve(&mut venue);
    trade(&mut venue, (HONEST[0], HONEST[1]), 1, Side::Buy, 1_000, BEFORE);
    venue
}

fn the_margin_stays<E: Stage>() {
    let mut venue = opened::<E>(LIMITS, 3_500_000);
    set_margin(&mut venue, SeriesMargin { position_max: Lots(99_999), ..LIMITS });
    let refused = submit(&mut venue, SHORT, 1, Side::Sell, 100_000, BEFORE).unwrap_err();
    assert!(matches!(refused, Reject::SeriesPositionLimit { .. }), "{refused}");
    set_margin(&mut venue, SeriesMargin { open_interest_max: Lots(100_999), ..LIMITS });
    let refused = submit(&mut venue, SHORT, 1, Side::Sell, 100_000, BEFORE).unwrap_err();
    assert!(matches!(refused, Reject::OpenInterestLimit { .. }), "{refused}");
    // Without limits he has 231 998 dollars more than a fall by four fifths takes.
    set_margin(&mut venue, SeriesMargin { mark_band: Price(0), ..LENIENT });
    venue.open(8, 100_000_000);
    for _ in 0..10 {
        trade(&mut venue, (SHORT, 8), 1, Side::Sell, 100_000, BEFORE);
    }
    assert_eq!(withdrawable(&venue, SHORT), 231_998 * i128::from(DOLLAR));
    let refused = withdraw(&mut venue, SHORT, 1, 2_760_000 * i128::from(DOLLAR)).unwrap_err();
    assert!(matches!(refused, Reject::InsufficientBalance { .. }), "{refused}");
}

#[test]
fn margin_cannot_be_taken_out() {
    the_margin_stays::<Engine>();
    the_margin_stays::<Twin>();
}

fn the_price_is_squeezed<E: Stage>(attacks: bool) -> [i128; 3] {
    let mut venue = opened::<E>(LIMITS, 350_000);
    venue.operate(Command::SetBackstop { account: Some(AccountId(BACKSTOP)) }).unwrap();
    fund(&mut venue, 50_000);
    let mut taken_out = 0;
    if attacks {
        for long in LONGS {
            trade(&mut venue, (SHORT, long), 1, Side::Sell, 50_000, BEFORE);
        }
        taken_out = withdrawable(&venue, SHORT);
        withdraw(&mut venue, SHORT, 1, taken_out).unwrap();
    }

    // 129 000 lost of 326 800.20: below the maintenance margin of 261 440.16, and nobody offers anything.
    move_to(&mut venue, 2, 12_500, THIRD);
    let events = serve(&mut venue);
    let waits = |event: &Event| matches!(event, Event::LiquidationRoundCompleted { .. });
    assert_eq!(events.iter().any(waits), attacks);

    // 172 000 lost: below two thirds of it. Nothing is missing; the backstop takes the half that it has margin for, the longs of the attack are
    // closed against the other half at the mark.
    move_to(&mut venue, 3, 13_500, THIRD);
    let events = serve(&mut venue);
    if attacks {
        let taken = events.iter().find_map(|event| match *event {
            Event::PositionTransferred { to, lots, reason: PositionReason::Backstop, .. } => Some((to.0, lots.0)),
            _ => None,
        });
        assert_eq!(taken, Some((BACKSTOP, -50_000)));
        let (shortfall, haircuts) = borne(&events, 13_500 * i128::from(COINS));
        assert_eq!((shortfall, haircuts), (0, LONGS.map(|long| (AccountId(long), 0)).to_vec()));
        assert_eq!([SHORT, 2, 3, BACKSTOP].map(|account| position(&venue, account)), [0, 25_000, 25_000, -50_000]);
        assert!(equity(&venue, SHORT) >= 0);
    }

    // Fourfold: the backstop has lost what is in it, the fund what is in it, and the longs of the attack are paid what is there.
    move_to(&mut venue, 4, 37_500, THIRD);
    let events = serve(&mut venue);
    if attacks {
        let declared = events.iter().find_map(|event| match *event {
            Event::DefaultDeclared { account, equity, insured, shortfall } => {
                Some((account.0, equity.0, insured.0, shortfall.0))
            }
            _ => None,
        });
        let (account, before, insured, shortfall) = declared.unwrap();
        assert_eq!((account, insured, shortfall), (BACKSTOP, 50_000 * DOLLAR, -before - 50_000 * DOLLAR));
        let (_, haircuts) = borne(&events, 37_500 * i128::from(COINS));
        assert_eq!(haircuts.iter().map(|(_, haircut)| haircut).sum::<i128>(), i128::from(shortfall));
        assert!(haircuts.iter().all(|(account, _)| LONGS.contains(&account.0)));
        assert_eq!((equity(&venue, BACKSTOP), in_the_fund(&venue)), (0, 0));
        // Together they have what they brought, less what the first took out, with all of both layers and nothing else.
        let all: i128 = equities(&venue, [SHORT, 2, 3]).iter().sum();
        assert_eq!(all + taken_out, (3 * 350_000 + 200_000 + 50_000) * i128::from(DOLLAR));
    } else {
        assert_eq!(in_the_fund(&venue), 50_000 * i128::from(DOLLAR));
    }
    equities(&venue, [SIBLING, HONEST[0], HONEST[1]])
}

#[test]
fn a_squeeze_takes_no_more_than_the_layers_hold() {
    assert_eq!(the_price_is_squeezed::<Engine>(true), the_price_is_squeezed::<Engine>(false));
    assert_eq!(the_price_is_squeezed::<Twin>(true), the_price_is_squeezed::<Twin>(false));
}
