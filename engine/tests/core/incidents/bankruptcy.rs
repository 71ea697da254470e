//! Where a position is liquidated and where nothing is left of it: a long of 1 000 at 1.00 with 50 behind it and a maintenance margin of 3 % of
//! its value is liquidated at 950 / 970 = 0.979 381 44, and is bankrupt at 0.95.
//!
//! Source: the bankruptcy price `entry − collateral / quantity` and the liquidation price `(entry × quantity − collateral) / (quantity × (1 − rate))` of
//! perpetual venues, for 10 at 100 with 50: 97.938144 and 95; here in hundredths of the price.

use engine::Engine;
use engine::event::Event;
use engine::margin::SeriesMargin;
use engine::units::{Price, Side};

use super::{equity, move_to, position, serve, stage};
use crate::margin::{LENIENT, submit, trade};
use crate::twin::Twin;
use crate::venue::{Stage, VenueOf};

const COINS: u16 = 100;
const LOTS: u32 = 10;
const LONG: u32 = 1;
const SHORT: u32 = 2;
const ENTRY: i64 = 1_000_000;
const BANKRUPTCY: i64 = 950_000;

/// A third of what the worst scenario takes from a lot, so that four fifths of it all, the maintenance margin, are 3 % of the value; rounded up.
fn third(price: i64) -> i64 {
    (price * i64::from(COINS) + 79).div_euclid(80)
}

/// What follows from the long's mark going to this price, by a trade of two others if prices in the book count.
fn moved<E: Stage>(band: i64, price: i64) -> (VenueOf<E>, Vec<Event>) {
    let margin = SeriesMargin { mark_band: Price(band), ..LENIENT };
    let mut venue = stage(COINS, margin, &[50, 1_000, 1_000, 1_000]);
    move_to(&mut venue, 1, ENTRY, third(ENTRY));
    serve(&mut venue);
    trade(&mut venue, (LONG, SHORT), 1, Side::Buy, LOTS, ENTRY);
    // The account opposite buys back at the bankruptcy price.
    submit(&mut venue, SHORT, 1, Side::Buy, LOTS, BANKRUPTCY).unwrap();
    if band > 0 {
        trade(&mut venue, (3, 4), 1, Side::Buy, 1, price);
    }
    move_to(&mut venue, 2, price, third(price));
    let events = serve(&mut venue);
    (venue, events)
}

fn is_liquidated<E: Stage>(price: i64) -> bool {
    moved::<E>(0, price).1.iter().any(|event| matches!(event, Event::LiquidationStarted { .. }))
}

fn the_prices<E: Stage>() {
    // Between the two: (950 / 970) x 10^6 = 979 381.44.
    assert!(!is_liquidated::<E>(979_382));
    assert!(is_liquidated::<E>(979_381));

    // 15 left of a margin of 28.95, so all of it is closed, and the order's limit is where nothing is left.
    let (venue, events) = moved::<E>(50_000, 965_000);
    let limits = events.iter().filter_map(|event| match event {
        Event::LiquidationOrdered { limit, .. } => Some(*limit),
        _ => None,
    });
    assert_eq!(limits.collect::<Vec<_>>(), [Price(BANKRUPTCY)]);
    assert_eq!((position(&venue, LONG), equity(&venue, LONG)), (0, 0));
}

#[test]
fn a_position_is_liquidated_and_bankrupt_at_the_published_prices() {
    the_prices::<Engine>();
    the_prices::<Twin>();
}
