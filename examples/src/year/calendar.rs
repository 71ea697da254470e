//! What the clearing house does each day: fixings, settlements in their order, expiries and cascades, hours of the perpetual,
//! sessions of trading.

use std::error::Error;

use engine::command::{Command, FixingStage};
use engine::controls::Controls;
use engine::ids::KeyId;
use engine::instrument::{SettlementKind, State};
use engine::reject::Reject;
use engine::units::{Day, Price, Timestamp};

use super::contracts::{Class, Listing, SERIES};
use super::desk::{Desk, price_of};
use super::paths::PathDay;
use super::population::Population;
use super::trading::{make_markets, quoted, take_profits, trade};
use super::venue::Venue;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;

/// Hours at which people trade. The last lies in the hour whose trades make the settlement price.
pub const SESSIONS: [i64; 4] = [5, 11, 17, 23];

/// A day as the engine counts it.
pub fn engine_day(day: pricing::index::Day) -> Day {
    Day(day.days_since_epoch())
}

fn at(day: Day, hours: i64, minutes: i64) -> Timestamp {
    day.start().plus_micros(hours * HOUR_US + minutes * MINUTE_US)
}

/// Half past midnight: yesterday's provisional fixing, and the final one of the day before. What an outage held back is made up for
/// when it is over, in order.
///
/// # Errors
/// If the desk cannot use a fixing.
pub fn record_fixings(
    venue: &mut Venue,
    desk: &mut Desk,
    days: &[PathDay],
    today: usize,
) -> Result<(), Box<dyn Error>> {
    venue.advance(at(engine_day(days[0].day), 24 * i64::try_from(today)?, 30));
    let is_out = |index: usize| days.get(index).is_some_and(|day| day.is_outage);
    // The night of a day that is out publishes nothing; the first night after it everything.
    let Some(yesterday) = today.checked_sub(1) else { return Ok(()) };
    if is_out(yesterday) {
        return Ok(());
    }
    for (index, day) in days.iter().enumerate().take(yesterday) {
        let is_final = |venue: &Venue| {
            let known = venue.engine().fixings().get(SERIES, engine_day(day.day));
            known.is_some_and(|known| known.stage == FixingStage::Final)
        };
        // Only the last days can be open: everything before was made up for already.
        if index + 40 < yesterday || is_final(venue) {
            continue;
        }
        let price = day.fixing.map(|price| Price(price.micro_usd()));
        let (day, stage) = (engine_day(day.day), FixingStage::Final);
        venue.operate(Command::RecordFixing { series: SERIES, day, stage, price });
        let value = venue.engine().fixings().get(SERIES, day).ok_or("it was recorded just now")?;
        desk.fix(value.price)?;
    }
    if let Some(price) = days[yesterday].provisional {
        let (day, stage) = (engine_day(days[yesterday].day), FixingStage::Provisional);
        let price = Some(Price(price.micro_usd()));
        venue.operate(Command::RecordFixing { series: SERIES, day, stage, price });
    }
    Ok(())
}

/// Settles yesterday: months and the perpetual first, then quarters, then years, since a strip is worth what its legs are; a strip whose
/// last day that was becomes its legs. Then whatever has all its final fixings is settled for good.
///
/// # Errors
/// A settlement that is refused although its day has come.
pub fn settle(venue: &mut Venue, listings: &[Listing], yesterday: Day) -> Result<(), Reject> {
    venue.advance(at(yesterday.next(), 0, 35));
    let rank = |class: Class| match class {
        Class::Quarter => 1,
        Class::Year => 2,
        _ => 0,
    };
    for order in 0..=2 {
        let settles = |listing: &&Listing| listing.class != Class::Spread && listing.listed <= yesterday;
        for listing in listings.iter().filter(settles).filter(|listing| rank(listing.class) == order) {
            let (instrument, last) = (listing.terms.instrument, listing.terms.last_settlement_day());
            if venue.engine().market(instrument).is_some_and(|market| market.state == State::Settled)
                || yesterday > last
            {
                continue;
            }
            let cascades = listing.terms.strip().is_some() && yesterday == last;
            let kind = if cascades { SettlementKind::Cascade } else { SettlementKind::Daily };
            venue.settle(instrument, yesterday, kind)?;
        }
    }
    venue.advance(at(yesterday.next(), 0, 40));
    for listing in listings.iter().filter(|listing| listing.terms.month().is_some() && listing.listed <= yesterday) {
        let (instrument, last) = (listing.terms.instrument, listing.terms.last_settlement_day());
        let is_live = venue.engine().market(instrument).is_some_and(|market| market.state != State::Settled);
        if is_live && yesterday > last {
            match venue.settle(instrument, yesterday, SettlementKind::Final) {
                // Its last fixings are not final yet; it is tried again tomorrow.
                Ok(()) | Err(Reject::FixingMissing { .. }) => {}
                Err(reject) => return Err(reject),
            }
        }
    }
    Ok(())
}

/// Lists what is to be listed today.
pub fn list(venue: &mut Venue, desk: &Desk, listings: &[Listing], today: Day) {
    for listing in listings.iter().filter(|listing| listing.listed == today) {
        venue.list(listing.terms);
        let instrument = listing.terms.instrument;
        let controls =
            Controls { reference: price_of(desk.spot()), order_lots_max: engine::units::Lots(5_000), ..Controls::NONE };
        venue.operate(Command::SetControls { instrument, controls });
    }
}

/// From one o'clock to the end of the day: every hour the perpetual is funded, four times people trade. `prices` is what an hour cost
/// last night and will cost tonight.
///
/// # Errors
/// If the desk cannot price a contract.
pub fn trade_day(
    venue: &mut Venue,
    desk: &mut Desk,
    population: &mut Population,
    listings: &[Listing],
    today: Day,
    prices: (f64, f64),
) -> Result<(), Box<dyn Error>> {
    let perpetual = listings.iter().find(|listing| listing.class == Class::Perpetual).ok_or("a perpetual is listed")?;
    let perpetual = perpetual.terms.instrument;
    let is_month_begin = pricing::index::Day::containing(today.start().0).is_first_of_month();
    for hour in 1..24 {
        venue.advance(at(today, hour, 0));
        if let Some(session) = SESSIONS.iter().position(|session| *session == hour) {
            let before = desk.spot();
            let spot = prices.0 * (prices.1 / prices.0).powf((session + 1) as f64 / SESSIONS.len() as f64);
            desk.look(spot, venue, listings)?;
            hold_session(venue, desk, population, listings, session, (spot / before).ln())?;
            if session == 0 && is_month_begin {
                take_profits(population, venue);
            }
            venue.advance(at(today, hour, 30));
        }
        // Refused while the index is stale; then no premium is sampled either, and the hour costs nothing.
        venue.ask(KeyId::VENUE, Command::UpdateMark { instrument: perpetual });
        if venue.engine().market(perpetual).is_some_and(|market| market.mark().is_some()) {
            venue.settle(perpetual, today, SettlementKind::Funding)?;
        }
    }
    Ok(())
}

/// Makers move first, then the risk desk, then everybody whose session it is; and what falls due behind each of them is done.
fn hold_session(
    venue: &mut Venue,
    desk: &mut Desk,
    population: &mut Population,
    listings: &[Listing],
    session: usize,
    surprise: f64,
) -> Result<(), Box<dyn Error>> {
    let contracts = quoted(venue, desk, listings);
    make_markets(population, venue, &contracts, surprise);
    desk.set_parameters(venue);
    desk.publish(venue, listings)?;
    venue.await_aftermath();
    population.answer_calls(venue);
    trade(population, venue, desk, &contracts, session, surprise);
    venue.await_aftermath();
    Ok(())
}
