//! The values that stand in events and in the state, but in no command by themselves.

use crate::event::{FixingRung, SettlementRung};
use crate::ids::{AccountId, InstrumentId};
use crate::instrument::Halt;
use crate::journal::bytes::{DecodeError, Form, Reader, Writer};
use crate::journal::wire::values::{invalid, tags};
use crate::journal::wire::{fixed, vaults};
use crate::ledger::LedgerAccount;
use crate::order::OrderRequest;
use crate::units::Timestamp;

tags!("fixing rung", FixingRung { Fixing = 1, LastFinal = 2 }, fixing_rung_tag, fixing_rung_of, take_fixing_rung);
tags!(
    "settlement rung",
    SettlementRung { Fixings = 1, LastTrade = 2, Midpoint = 3, PreviousSettlement = 4, LatestFixing = 5, VolumeWeighted = 6, Reference = 7, Legs = 8, Premium = 9, Undelivered = 10 },
    settlement_rung_tag,
    settlement_rung_of,
    take_settlement_rung
);

/// An order as [`super::put_request`] writes it.
pub(crate) fn take_request(from: &mut Reader) -> Result<OrderRequest, DecodeError> {
    fixed::request(&Form(from.array()?))
}

pub(crate) fn put_ledger_account(to: &mut Writer, account: LedgerAccount) {
    match account {
        LedgerAccount::Outside => to.u8(1),
        LedgerAccount::Fees => to.u8(2),
        LedgerAccount::Variation(instrument) => {
            to.u8(3);
            to.u32(instrument.0);
        }
        LedgerAccount::Customer(account) => {
            to.u8(4);
            to.u32(account.0);
        }
        LedgerAccount::Receivable(account) => {
            to.u8(5);
            to.u32(account.0);
        }
        LedgerAccount::Insurance => to.u8(6),
        LedgerAccount::Chain => to.u8(7),
        LedgerAccount::Unclaimed => to.u8(8),
        LedgerAccount::Vault(vault, purse) => {
            to.u8(15);
            to.u32(vault.0);
            to.u8(vaults::purse_tag(purse));
        }
    }
}

pub(crate) fn take_ledger_account(from: &mut Reader) -> Result<LedgerAccount, DecodeError> {
    match from.u8()? {
        1 => Ok(LedgerAccount::Outside),
        2 => Ok(LedgerAccount::Fees),
        3 => Ok(LedgerAccount::Variation(InstrumentId(from.u32()?))),
        4 => Ok(LedgerAccount::Customer(AccountId(from.u32()?))),
        5 => Ok(LedgerAccount::Receivable(AccountId(from.u32()?))),
        6 => Ok(LedgerAccount::Insurance),
        7 => Ok(LedgerAccount::Chain),
        8 => Ok(LedgerAccount::Unclaimed),
        15 => Ok(LedgerAccount::Vault(vaults::take_vault(from)?, vaults::take_purse(from)?)),
        tag => Err(invalid("ledger account", tag)),
    }
}

pub(crate) fn put_halt(to: &mut Writer, halt: Halt) {
    match halt {
        Halt::Operator => to.u8(1),
        Halt::StaleIndex => to.u8(3),
        Halt::DailyLimit { until } => {
            to.u8(2);
            to.i64(until.0);
        }
    }
}

pub(crate) fn take_halt(from: &mut Reader) -> Result<Halt, DecodeError> {
    match from.u8()? {
        1 => Ok(Halt::Operator),
        3 => Ok(Halt::StaleIndex),
        2 => Ok(Halt::DailyLimit { until: Timestamp(from.i64()?) }),
        tag => Err(invalid("halt", tag)),
    }
}

/// Takes as many bytes with a moment as without one.
pub(crate) fn put_time_option(to: &mut Writer, time: Option<Timestamp>) {
    to.u8(u8::from(time.is_some()));
    to.i64(time.map_or(0, |time| time.0));
}

pub(crate) fn take_time_option(from: &mut Reader) -> Result<Option<Timestamp>, DecodeError> {
    match (from.u8()?, from.i64()?) {
        (0, 0) => Ok(None),
        (1, time) => Ok(Some(Timestamp(time))),
        (tag, _) => Err(invalid("option", tag)),
    }
}
