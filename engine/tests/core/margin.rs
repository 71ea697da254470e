//! Portfolio margin: what must hold whatever happens, worked scans from the literature, and steps that need many accounts.

mod filled;
mod liquidations;
mod reports;
mod scans;
mod steps;

use engine::Engine;
use engine::command::Command;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, OrderId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::order::OrderRequest;
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Cash, Lots, Price, Side};

use crate::venue::{Stage, TODAY, VenueOf};

pub type Venue = VenueOf<Engine>;

pub const DOLLAR: i64 = 1_000_000;

/// Parameters that are never in the way.
pub const LENIENT: SeriesMargin = SeriesMargin {
    scan_floor: Price(1),
    step_max: Price(1_000 * DOLLAR),
    mark_band: Price(1_000 * DOLLAR),
    calendar_charge: Cash(0),
    delivery_charge: Cash(0),
    concentration_lots: 0,
    concentration_charge: Cash(0),
    minimum_charge: Cash(0),
    position_max: Lots(1_000_000),
    open_interest_max: Lots(1_000_000_000),
    settlement_lots: Lots(1),
    stale_after_us: 0,
    frozen_us: 0,
};

/// A month on margin of so many days, delivered so many days from now; tick 0.001 from -10 to 10 dollars.
pub fn month(instrument: u32, series: u32, starts_after: u16, days: u16) -> Terms {
    let month = Month { series: SeriesId(series), first_day: TODAY.plus(starts_after), days };
    Terms {
        instrument: InstrumentId(instrument),
        symbol: Symbol::new(&format!("M{instrument}")).unwrap(),
        kind: Kind::MarginedMonth(month),
        tick: Price(1_000),
        floor: Price(-10 * DOLLAR),
        cap: Price(10 * DOLLAR),
        fees: FeeRates { maker: Price(500), taker: Price(500) },
    }
}

/// A venue with the latest rules, accounts from 1 on with a key each, and nothing to trade.
pub fn venue<E: Stage>(accounts: u32, dollars: i64) -> VenueOf<E> {
    venue_under(Rules::LATEST, accounts, dollars)
}

/// The same under other rules.
pub fn venue_under<E: Stage>(rules: Rules, accounts: u32, dollars: i64) -> VenueOf<E> {
    let mut venue = VenueOf::empty();
    for version in 2..=rules.0 {
        venue.operate(Command::AdoptRules { rules: Rules(version) }).unwrap();
    }
    for account in 1..=accounts {
        venue.open(account, dollars);
    }
    venue
}

/// Lists months, which are marked at their arrays' references.
pub fn list<E: Stage>(venue: &mut VenueOf<E>, months: &[(Terms, Risk)], margin: SeriesMargin) {
    for (terms, risk) in months {
        let (instrument, series) = (terms.instrument, terms.month().unwrap().series);
        venue.operate(Command::ListInstrument { terms: *terms }).unwrap();
        venue.operate(Command::SetMargin { series, margin }).unwrap();
        process(venue);
        publish(venue, instrument, *risk).unwrap();
        process(venue);
        venue.operate(Command::UpdateMark { instrument }).unwrap();
        process(venue);
    }
}

pub fn publish<E: Stage>(venue: &mut VenueOf<E>, instrument: InstrumentId, risk: Risk) -> Result<(), Reject> {
    venue.operate(Command::PublishRisk { instrument, risk })
}

/// Does all that is due.
pub fn process<E: Stage>(venue: &mut VenueOf<E>) {
    while venue.operate(Command::ProcessDue).is_ok() {}
}

/// An array that holds for two days.
pub fn array<E: Stage>(venue: &VenueOf<E>, version: u64, reference: i64, losses: [i64; SCENARIOS]) -> Risk {
    let expires = venue.now.plus_micros(2 * 86_400_000_000);
    Risk { version, expires, reference: Price(reference), losses: losses.map(Cash) }
}

/// The array of a future whose price moves so far, with extremes of the same loss.
pub fn moves<E: Stage>(venue: &VenueOf<E>, version: u64, reference: i64, third: i64) -> Risk {
    let losses = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3].map(|thirds| thirds * third);
    array(venue, version, reference, losses)
}

/// Sends a limit order under the number of the command as its name.
pub fn submit<E: Stage>(
    venue: &mut VenueOf<E>,
    account: u32,
    instrument: u32,
    side: Side,
    lots: u32,
    limit: i64,
) -> Result<OrderId, Reject> {
    let name = ClientOrderId::new(&format!("n{}", venue.seq)).unwrap();
    let instrument = InstrumentId(instrument);
    venue.submit(OrderRequest::limit(AccountId(account), name, instrument, side, Lots(lots), Price(limit)))
}

/// Two accounts trade at a price, the first of them arriving.
pub fn trade<E: Stage>(
    venue: &mut VenueOf<E>,
    accounts: (u32, u32),
    instrument: u32,
    side: Side,
    lots: u32,
    price: i64,
) {
    submit(venue, accounts.1, instrument, side.opposite(), lots, price).unwrap();
    submit(venue, accounts.0, instrument, side, lots, price).unwrap();
}
