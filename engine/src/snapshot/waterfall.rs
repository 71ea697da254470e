//! The part of a snapshot that the fourth version of the rules brought: fund and backstop, liquidations, and a default that is being dealt
//! with, so that a restart between any two steps goes on as if there had been none.

use super::read::{invalid, repeat, take_bool};
use crate::default::Defaulting;
use crate::deleveraging::{Deleveraging, Left, Walk};
use crate::engine::Engine;
use crate::ids::{AccountId, InstrumentId};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire;
use crate::limits;
use crate::liquidation::{Cause, Round};
use crate::margin::{Cut, TIERS, Tiers};
use crate::units::{Cash, Position, Timestamp};

impl Engine {
    pub(super) fn put_waterfall(&self, to: &mut Writer) {
        wire::put_account_option(to, self.backing.backstop);
        to.u64(self.backing.payments);
        to.u64(self.due.rounds.len() as u64);
        for (due, account) in &self.due.rounds {
            to.i64(due.0);
            to.u32(account.0);
        }
        self.put_closing(to, Cause::Liquidation);
    }

    /// The round that is under way for this cause, and the default or close-out.
    pub(super) fn put_closing(&self, to: &mut Writer, cause: Cause) {
        let round = self.due.round.filter(|round| round.cause == cause);
        to.u8(u8::from(round.is_some()));
        if let Some(Round { account, equity, maintenance, after, .. }) = round {
            to.u32(account.0);
            to.i64(equity.0);
            to.i64(maintenance.0);
            wire::put_instrument_option(to, after);
        }
        let default = self.due.default.as_ref().filter(|default| default.cause == cause);
        to.u8(u8::from(default.is_some()));
        if let Some(Defaulting { account, shortfall, after, deleveraging, .. }) = default {
            to.u32(account.0);
            to.i64(shortfall.0);
            wire::put_instrument_option(to, *after);
            to.u8(u8::from(deleveraging.is_some()));
            deleveraging.iter().for_each(|running| put_deleveraging(to, running));
        }
    }

    pub(super) fn take_waterfall(&mut self, from: &mut Reader) -> Result<(), DecodeError> {
        self.backing.backstop = wire::take_account_option(from)?;
        if let Some(account) = self.backing.backstop {
            self.account_slot(account)?;
        }
        self.backing.payments = from.u64()?;
        repeat(from, |from| {
            let (due, account) = (Timestamp(from.i64()?), AccountId(from.u32()?));
            let slot = self.account_slot(account)?;
            if self.accounts.get(slot).next_round.is_some() {
                return Err(invalid("account in liquidation twice", u64::from(account.0)));
            }
            self.set_next_round(slot, Some(due));
            Ok(())
        })?;
        self.take_closing(from, Cause::Liquidation)
    }

    pub(super) fn take_closing(&mut self, from: &mut Reader, cause: Cause) -> Result<(), DecodeError> {
        if take_bool(from)? {
            self.due.round = Some(self.take_round(from, cause)?);
        }
        if take_bool(from)? {
            self.due.default = Some(self.take_default(from, cause)?);
        }
        Ok(())
    }

    fn take_round(&self, from: &mut Reader, cause: Cause) -> Result<Round, DecodeError> {
        let account = self.take_account_to_close(from, cause)?;
        let (equity, maintenance) = (Cash(from.i64()?), Cash(from.i64()?));
        let round = Round { account, equity, maintenance, after: wire::take_instrument_option(from)?, cause };
        if !round.closes_something() {
            return Err(invalid("round of account", u64::from(account.0)));
        }
        Ok(round)
    }

    fn take_default(&self, from: &mut Reader, cause: Cause) -> Result<Defaulting, DecodeError> {
        let account = self.take_account_to_close(from, cause)?;
        let (shortfall, after) = (Cash(from.i64()?), wire::take_instrument_option(from)?);
        let deleveraging = if take_bool(from)? { Some(self.take_deleveraging(from)?) } else { None };
        let haircut = deleveraging.as_ref().map_or(Cash::ZERO, |running| running.left.haircut);
        let is_dealt_with = deleveraging.as_ref().is_none_or(|running| Some(running.instrument) == after);
        if haircut < Cash::ZERO || haircut > shortfall || !is_dealt_with {
            return Err(invalid("default of account", u64::from(account.0)));
        }
        Ok(Defaulting { account, shortfall, after, deleveraging, cause })
    }

    fn take_deleveraging(&self, from: &mut Reader) -> Result<Deleveraging, DecodeError> {
        let instrument = InstrumentId(from.u32()?);
        let market = self.markets.get(self.market_place(instrument)?);
        let left = Left { lots: Position(from.i64()?), haircut: Cash(from.i64()?) };
        let after = u32::try_from(from.i64()?).ok().map(AccountId);
        let walk = if take_bool(from)? { Walk::Closing(take_cut(from)?) } else { Walk::Ranking(take_tiers(from)?) };
        let most = limits::POSITION_LOTS_MAX.unsigned_abs();
        if market.valuation().is_none() || left.lots.0.unsigned_abs() > most {
            return Err(invalid("deleveraging of instrument", u64::from(instrument.0)));
        }
        Ok(Deleveraging { instrument, left, after, walk })
    }

    fn take_account_to_close(&self, from: &mut Reader, cause: Cause) -> Result<AccountId, DecodeError> {
        let account = AccountId(from.u32()?);
        let slot = self.account_slot(account)?;
        let is_known = match cause {
            Cause::Liquidation => self.accounts.get(slot).next_round.is_some(),
            Cause::Exit => self.chain.exit_of(account).is_some(),
        };
        if is_known { Ok(account) } else { Err(invalid("account to be closed", u64::from(account.0))) }
    }
}

fn put_deleveraging(to: &mut Writer, running: &Deleveraging) {
    let Deleveraging { instrument, left, after, walk } = running;
    to.u32(instrument.0);
    to.i64(left.lots.0);
    to.i64(left.haircut.0);
    to.i64(after.map_or(-1, |account| i64::from(account.0)));
    match walk {
        Walk::Ranking(tiers) => {
            to.u8(0);
            tiers.0.iter().for_each(|&lots| to.i64(lots));
        }
        Walk::Closing(Cut { tier, need, total }) => {
            to.u8(1);
            to.u64(*tier as u64);
            to.i64(*need);
            to.i64(*total);
        }
    }
}

fn take_tiers(from: &mut Reader) -> Result<Box<Tiers>, DecodeError> {
    let mut tiers = Box::<Tiers>::default();
    for lots in &mut tiers.0 {
        *lots = take_lots(from)?;
    }
    Ok(tiers)
}

fn take_cut(from: &mut Reader) -> Result<Cut, DecodeError> {
    let tier = from.u64()?;
    let tier = usize::try_from(tier).ok().filter(|&tier| tier < TIERS).ok_or(invalid("tier", tier))?;
    Ok(Cut { tier, need: take_lots(from)?, total: take_lots(from)? })
}

/// Lots of many accounts.
fn take_lots(from: &mut Reader) -> Result<i64, DecodeError> {
    let lots = from.i64()?;
    if (0..=limits::LOTS_OF_ALL_MAX).contains(&lots) {
        Ok(lots)
    } else {
        Err(invalid("lots of a tier", lots.unsigned_abs()))
    }
}
