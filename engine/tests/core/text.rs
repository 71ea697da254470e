//! Events as lines of text, so that a whole trading day can be read, written by hand and compared as strings.

use std::collections::BTreeMap;

use engine::command::FixingStage;
use engine::event::{CancelReason, Event, FixingRung, SettlementRung, Trade, TradeSide, TransferReason};
use engine::ids::{AccountId, InstrumentId, OrderId};
use engine::instrument::SettlementKind;
use engine::ledger::LedgerAccount;

use crate::calendar::write_day;

/// What people call accounts, contracts and orders.
#[derive(Default)]
pub struct Names {
    pub accounts: BTreeMap<AccountId, String>,
    pub instruments: BTreeMap<InstrumentId, String>,
    pub orders: BTreeMap<OrderId, String>,
}

impl Names {
    pub fn account(&self, account: AccountId) -> &str {
        &self.accounts[&account]
    }

    pub fn ledger_account(&self, account: LedgerAccount) -> &str {
        match account {
            LedgerAccount::Outside => "outside",
            LedgerAccount::Fees => "fees",
            LedgerAccount::Variation(_) => "variation",
            LedgerAccount::Customer(account) => self.account(account),
        }
    }

    /// One event, one line.
    pub fn line(&self, event: &Event) -> String {
        match *event {
            Event::Rejected(reject) => format!("refused {} {}", reject.number(), reject.code()),
            Event::AccountOpened { account } => format!("opened {}", self.account(account)),
            Event::KeyRegistered { key, .. } => format!("registered key {key}"),
            Event::KeyRevoked { key } => format!("revoked key {key}"),
            Event::InstrumentListed { instrument, .. } => format!("listed {}", self.instruments[&instrument]),
            Event::OrderAccepted { order, account, instrument, side, limit, lots, .. } => {
                let (order, account) = (&self.orders[&order], self.account(account));
                format!("accepted {order} {account} {side} {lots} {} @ {limit}", self.instruments[&instrument])
            }
            Event::OrderReplayed { order, filled, .. } => format!("replayed {} {filled}", self.orders[&order]),
            Event::Traded(trade) => self.trade(&trade),
            Event::OrderRested { order, lots } => format!("rests {} {lots}", self.orders[&order]),
            Event::OrderCancelled { order, account, instrument, lots, reason } => {
                let (order, account) = (&self.orders[&order], self.account(account));
                let instrument = &self.instruments[&instrument];
                format!("cancelled {order} {account} {instrument} {lots} {}", cancel_reason(reason))
            }
            Event::Transferred { from, to, amount, reason, .. } => {
                let (from, to) = (self.ledger_account(from), self.ledger_account(to));
                format!("{from} -> {to} {amount} {}", transfer_reason(reason))
            }
            Event::FixingRecorded { day, stage, price, rung, .. } => {
                let day = write_day(day);
                format!("fixing {day}..{day} {} {price} {}", fixing_stage(stage), fixing_rung(rung))
            }
            Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => {
                let (instrument, day, kind) = (&self.instruments[&instrument], write_day(day), settlement_kind(kind));
                format!("settling {instrument} {day} {kind} {value_per_lot} {}", settlement_rung(rung))
            }
            Event::PositionSettled { instrument, account, position, variation } => {
                let (instrument, account) = (&self.instruments[&instrument], self.account(account));
                format!("settled {instrument} {account} {position} {variation}")
            }
            Event::SettlementCompleted { instrument, day, kind } => {
                format!("complete {} {} {}", self.instruments[&instrument], write_day(day), settlement_kind(kind))
            }
        }
    }

    fn trade(&self, trade: &Trade) -> String {
        let Trade { trade, instrument, price, lots, taker_side, taker, maker } = trade;
        let paid = |side: &TradeSide| format!("{} fee {}", self.orders[&side.order], side.fee);
        let instrument = &self.instruments[instrument];
        format!("trade {trade} {instrument} {lots} @ {price} {taker_side} {} / {}", paid(taker), paid(maker))
    }
}

pub fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::Expired => "expired",
        CancelReason::FillLimit => "fill_limit",
    }
}

pub fn transfer_reason(reason: TransferReason) -> &'static str {
    match reason {
        TransferReason::Deposit => "deposit",
        TransferReason::Fee => "fee",
        TransferReason::Variation => "variation",
    }
}

pub fn fixing_stage(stage: FixingStage) -> &'static str {
    match stage {
        FixingStage::Provisional => "provisional",
        FixingStage::Final => "final",
    }
}

pub fn fixing_rung(rung: FixingRung) -> &'static str {
    match rung {
        FixingRung::Fixing => "fixing",
        FixingRung::LastFinal => "last_final",
    }
}

pub fn settlement_kind(kind: SettlementKind) -> &'static str {
    match kind {
        SettlementKind::Daily => "daily",
        SettlementKind::Final => "final",
    }
}

pub fn settlement_rung(rung: SettlementRung) -> &'static str {
    match rung {
        SettlementRung::Fixings => "fixings",
        SettlementRung::LastTrade => "last_trade",
        SettlementRung::Midpoint => "midpoint",
        SettlementRung::PreviousSettlement => "previous_settlement",
        SettlementRung::LatestFixing => "latest_fixing",
    }
}
