//! A contract of a snapshot, all but its orders.

use super::{invalid, repeat, take_bool, take_changes};
use crate::controls::Controls;
use crate::fees::Schedule;
use crate::ids::AccountId;
use crate::instrument::{SettlementKind, State};
use crate::journal::bytes::{DecodeError, Reader};
use crate::journal::wire;
use crate::margin::Parameters;
use crate::market::Market;
use crate::order::TriggerReference;
use crate::settlement::{Run, Settled};
use crate::stops::Reach;
use crate::units::{Cash, Day, Price};

pub(super) fn take_market(from: &mut Reader, margins: &mut Parameters) -> Result<Market, DecodeError> {
    let terms = wire::take_terms(from)?;
    let number = u64::from(terms.instrument.0);
    // Before anything is worked out from them.
    terms.check().map_err(|_| invalid("terms of instrument", number))?;
    let series = terms.series().filter(|_| terms.is_margined()).map(|series| margins.slot(series));
    let mut market = Market::new(terms, series, Vec::new());
    market.state = match from.u8()? {
        1 => State::Trading,
        2 => State::Settling(SettlementKind::Daily),
        3 => State::Settling(SettlementKind::Final),
        5 => State::Settling(SettlementKind::Cascade),
        6 => State::Settling(SettlementKind::Funding),
        4 => State::Settled,
        tag => return Err(invalid("state", u64::from(tag))),
    };
    market.halt = if take_bool(from)? { Some(wire::take_halt(from)?) } else { None };
    market.controls = wire::take_controls(from)?;
    if market.controls != Controls::NONE && market.controls.check(&terms).is_err() {
        return Err(invalid("controls of instrument", number));
    }
    market.limit_step = match from.u64()? {
        step if step < market.controls.daily_limits.len() as u64 => usize::try_from(step).expect("it is small"),
        step => return Err(invalid("limit step", step)),
    };
    repeat(from, |from| {
        market.last_trades.note(Day(from.i32()?), Price(from.i64()?));
        Ok(())
    })?;
    market.settled = take_settled(from)?;
    if let Some(settled) = take_settled(from)? {
        let kind = wire::take_kind(from)?;
        let after = u32::try_from(from.i64()?).ok().map(AccountId);
        market.run = Some(Run { kind, settled, after });
    }
    market.fees = Schedule { first: wire::take_fee_tiers(from)?, changes: take_changes(from, wire::take_fee_tiers)? };
    for reference in TriggerReference::ALL {
        if take_bool(from)? {
            let [price, low, high] = [from.i64()?, from.i64()?, from.i64()?].map(Price);
            market.stops.restore_reach(reference, Some(Reach { price, low, high }));
        }
    }
    market.set_bounds();
    Ok(market)
}

fn take_settled(from: &mut Reader) -> Result<Option<Settled>, DecodeError> {
    if !take_bool(from)? {
        return Ok(None);
    }
    let (day, value_per_lot) = (Day(from.i32()?), Cash(from.i64()?));
    Ok(Some(Settled { day, value_per_lot, rung: wire::take_settlement_rung(from)? }))
}
