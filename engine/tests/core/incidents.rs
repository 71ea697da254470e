//! What brought other venues down, tried on this one step by step: which rules refuse it, and who pays for what is left of it.
//!
//! The figures are public; each script says whose. What is compared is always the same day without the attack.

mod bankruptcy;
mod jelly;
mod mango;
mod october;

use engine::command::Command;
use engine::event::{Event, PositionReason};
use engine::ids::{AccountId, AssetId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Perpetual, Terms};
use engine::ledger::LedgerAccount;
use engine::margin::SeriesMargin;
use engine::reject::Reject;
use engine::units::{Amount, Price};

use crate::margin::{DOLLAR, moves, publish, venue};
use crate::venue::{Stage, VenueOf};

pub const CONTRACT: InstrumentId = InstrumentId(1);

/// A perpetual of so many units of the coin a lot, priced in hundredths of a cent, without fees.
pub fn coin(units: u16) -> Terms {
    Terms {
        instrument: CONTRACT,
        symbol: Symbol::new("COIN").unwrap(),
        kind: Kind::Perpetual(Perpetual { series: SeriesId(1), hours: units, interest_ppm: 0, cap_ppm: 0 }),
        tick: Price(100),
        floor: Price(0),
        cap: Price(10 * DOLLAR),
        fees: FeeRates { maker: Price(0), taker: Price(0) },
    }
}

/// A venue with the coin and accounts from 1 on with so many dollars each.
pub fn stage<E: Stage>(units: u16, margin: SeriesMargin, dollars: &[i64]) -> VenueOf<E> {
    let mut stage = venue(0, 0);
    for (account, &dollars) in (1..).zip(dollars) {
        stage.open(account, dollars);
    }
    stage.operate(Command::ListInstrument { terms: coin(units) }).unwrap();
    set_margin(&mut stage, margin);
    stage
}

pub fn set_margin<E: Stage>(venue: &mut VenueOf<E>, margin: SeriesMargin) {
    venue.operate(Command::SetMargin { series: SeriesId(1), margin }).unwrap();
    serve(venue);
}

/// The risk service's array, of which a lot loses at most three thirds, and the mark behind it.
pub fn move_to<E: Stage>(venue: &mut VenueOf<E>, version: u64, reference: i64, third: i64) {
    let risk = moves(venue, version, reference, third);
    publish(venue, CONTRACT, risk).unwrap();
    serve(venue);
    venue.operate(Command::UpdateMark { instrument: CONTRACT }).unwrap();
}

/// Does what is due, each step on an exchange that was restored just before; all that happened.
pub fn serve<E: Stage>(venue: &mut VenueOf<E>) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        venue.engine = venue.engine.restored();
        match venue.operate(Command::ProcessDue) {
            Ok(()) => events.append(&mut venue.events.clone()),
            Err(refused) => {
                assert_eq!(refused, Reject::NothingDue);
                return events;
            }
        }
        assert!(events.len() < 10_000, "what is due comes to an end");
    }
}

pub fn equity<E: Stage>(venue: &VenueOf<E>, account: u32) -> i128 {
    venue.engine.margin(AccountId(account)).equity
}

pub fn equities<E: Stage, const N: usize>(venue: &VenueOf<E>, accounts: [u32; N]) -> [i128; N] {
    accounts.map(|account| equity(venue, account))
}

pub fn position<E: Stage>(venue: &VenueOf<E>, account: u32) -> i128 {
    venue.engine.holding(AccountId(account), CONTRACT).0
}

pub fn fund<E: Stage>(venue: &mut VenueOf<E>, dollars: i64) {
    let number = venue.engine.insurance_payments() + 1;
    venue.operate(Command::FundInsurance { number, amount: Amount(dollars * DOLLAR) }).unwrap();
}

pub fn in_the_fund<E: Stage>(venue: &VenueOf<E>) -> i128 {
    venue.engine.balance(LedgerAccount::Insurance, AssetId::USD).posted
}

/// Asks for so many micro-USD.
pub fn withdraw<E: Stage>(venue: &mut VenueOf<E>, account: u32, reference: u64, micros: i128) -> Result<(), Reject> {
    let amount = Amount(i64::try_from(micros).unwrap());
    let (account, asset) = (AccountId(account), AssetId::USD);
    let command = Command::RequestWithdrawal { account, asset, amount, reference };
    venue.send(engine::ids::KeyId(u64::from(account.0)), command)
}

pub fn withdrawable<E: Stage>(venue: &VenueOf<E>, account: u32) -> i128 {
    venue.engine.margin(AccountId(account)).withdrawable
}

/// What defaults were short of behind the fund, and what was borne for it, by whom: shortfalls, haircuts with their accounts.
pub fn borne(events: &[Event], worth_of_a_lot: i128) -> (i128, Vec<(AccountId, i128)>) {
    let mut haircuts = Vec::new();
    let mut shortfalls = 0;
    for event in events {
        match *event {
            Event::DefaultDeclared { shortfall, .. } => shortfalls += i128::from(shortfall.0),
            Event::PositionTransferred { to, lots, value, reason: PositionReason::Deleveraging, .. } => {
                haircuts.push((to, i128::from(value.0) - i128::from(lots.0) * worth_of_a_lot));
            }
            _ => {}
        }
    }
    (shortfalls, haircuts)
}
