//! Events as bytes for hashing: nothing reads them back.
//!
//! Batches hold hashes over these bytes, so an event that version 1 could make has the same bytes for ever: tags up to
//! 15 are its own. What it could not make has a tag or a number of its own, so that no two events look alike.

use crate::event::{CancelReason, Event, PositionReason, Trade, TradeSide, TransferReason};
use crate::ids::{AccountId, InstrumentId, OrderId};
use crate::journal::bytes::Writer;
use crate::journal::wire::{chain, fixed, state, values, vaults};
use crate::order::OrderRequest;
use crate::units::{Cash, Price};

impl Event {
    /// The event as bytes, for hashing: nothing reads them back.
    pub fn encode(&self, to: &mut Writer) {
        match *self {
            Event::Rejected(reject) => {
                to.u8(1);
                // The number alone: words may be improved without breaking the replay of old journals.
                to.u16(reject.number());
            }
            Event::AccountOpened { account } => put_number(to, 2, account.0),
            Event::KeyRegistered { key, role } => {
                put_long(to, 3, key.0);
                values::put_role(to, role);
            }
            Event::KeyRevoked { key } => put_long(to, 4, key.0),
            Event::InstrumentListed { instrument, symbol } => {
                put_number(to, 5, instrument.0);
                values::put_label(to, symbol);
            }
            Event::OrderAccepted { order, ref request, limit } => put_accepted(to, order, request, limit),
            Event::OrderReplayed { order, filled, rested } => {
                put_long(to, 7, order.0);
                to.u32(filled.0);
                to.u32(rested.0);
            }
            Event::Traded(ref trade) => {
                to.u8(8);
                put_trade(to, trade);
            }
            Event::OrderRested { order, lots } => {
                put_long(to, 9, order.0);
                to.u32(lots.0);
            }
            Event::OrderCancelled { order, account, instrument, lots, reason } => {
                put_long(to, 10, order.0);
                to.u32(account.0);
                to.u32(instrument.0);
                to.u32(lots.0);
                put_cancel_reason(to, reason);
            }
            Event::Transferred { from, to: receiver, asset, amount, reason } => {
                to.u8(11);
                state::put_ledger_account(to, from);
                state::put_ledger_account(to, receiver);
                to.u32(asset.0);
                to.i64(amount.0);
                to.u8(transfer_reason_tag(reason));
            }
            Event::FixingRecorded { series, day, stage, price, rung } => {
                put_number(to, 12, series.0);
                to.i32(day.0);
                to.u8(values::stage_tag(stage));
                to.i64(price.0);
                to.u8(state::fixing_rung_tag(rung));
            }
            Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => {
                put_number(to, 13, instrument.0);
                to.i32(day.0);
                to.u8(values::kind_tag(kind));
                to.i64(value_per_lot.0);
                to.u8(state::settlement_rung_tag(rung));
            }
            Event::PositionSettled { instrument, account, position, variation } => {
                put_number(to, 14, instrument.0);
                to.u32(account.0);
                to.i64(position.0);
                to.i64(variation.0);
            }
            Event::SettlementCompleted { instrument, day, kind } => {
                put_number(to, 15, instrument.0);
                to.i32(day.0);
                to.u8(values::kind_tag(kind));
            }
            // What follows did not exist in version 1; tag 16 is an accepted order with all its fields.
            Event::SubAccountOpened { account, master } => {
                put_number(to, 17, account.0);
                to.u32(master.0);
            }
            Event::AccountLimitsSet { account, ref limits } => {
                put_number(to, 18, account.0);
                values::put_account_limits(to, limits);
            }
            Event::AssetDefined { asset, symbol, decimals } => {
                put_number(to, 19, asset.0);
                values::put_label(to, symbol);
                to.u8(decimals);
            }
            Event::ControlsSet { instrument, ref controls } => {
                put_number(to, 20, instrument.0);
                values::put_controls(to, controls);
            }
            Event::InstrumentHalted { instrument, halt } => {
                put_number(to, 21, instrument.0);
                state::put_halt(to, halt);
            }
            Event::InstrumentResumed { instrument } => put_number(to, 22, instrument.0),
            Event::DailyLimitsMoved { instrument, lower, upper } => {
                put_number(to, 23, instrument.0);
                to.i64(lower.0);
                to.i64(upper.0);
            }
            Event::FeesScheduled { instrument, effective, ref tiers } => {
                put_number(to, 24, instrument.0);
                to.i64(effective.0);
                values::put_fee_tiers(to, tiers);
            }
            Event::FeeTierAssigned { account, effective, tier } => {
                put_number(to, 25, account.0);
                to.i64(effective.0);
                to.u8(tier);
            }
            Event::MarkUpdated { instrument, price } => {
                put_number(to, 26, instrument.0);
                to.i64(price.0);
            }
            Event::StopTriggered { order, reference, limit } => {
                put_long(to, 27, order.0);
                to.u8(values::reference_tag(reference));
                to.i64(limit.0);
            }
            Event::OrderAmended { order, lots, limit, trigger } => {
                put_long(to, 28, order.0);
                to.u32(lots.0);
                values::put_price_option(to, limit);
                values::put_price_option(to, trigger);
            }
            Event::MassCancelStarted { account, instrument, side } => {
                put_number(to, 29, account.0);
                values::put_instrument_option(to, instrument);
                values::put_side_option(to, side);
            }
            Event::MassCancelCompleted { account, cancelled } => {
                put_number(to, 30, account.0);
                to.u32(cancelled);
            }
            Event::CancelAfterSet { account, deadline } => {
                put_number(to, 31, account.0);
                state::put_time_option(to, deadline);
            }
            Event::RulesAdopted { rules } => {
                to.u8(32);
                to.u16(rules.0);
            }
            Event::TransferPending { transfer, account, asset, amount } => {
                put_long(to, 33, transfer.0);
                to.u32(account.0);
                to.u32(asset.0);
                to.i64(amount.0);
            }
            Event::TransferPosted { transfer } => put_long(to, 34, transfer.0),
            Event::TransferVoided { transfer } => put_long(to, 35, transfer.0),
            Event::MarginSet { series, ref margin } => {
                put_number(to, 36, series.0);
                values::put_margin(to, margin);
            }
            Event::CreditSet { first, second, per_lot } => {
                put_number(to, 37, first.0);
                to.u32(second.0);
                to.i64(per_lot.0);
            }
            Event::RiskPublished { instrument, version, reference } => {
                put_number(to, 38, instrument.0);
                to.u64(version);
                to.i64(reference.0);
            }
            Event::Revalued { instrument, accounts, complete } => {
                put_walked(to, 39, instrument, accounts, complete);
            }
            Event::PositionCascaded { instrument, account, position } => {
                put_number(to, 42, instrument.0);
                to.u32(account.0);
                to.i64(position.0);
            }
            Event::LegsTraded { near, near_price, far, far_price } => {
                put_number(to, 63, near.0);
                to.i64(near_price.0);
                to.u32(far.0);
                to.i64(far_price.0);
            }
            Event::FamilySet { ref family } => {
                to.u8(64);
                values::put_family(to, family);
            }
            Event::MarginsChecked { accounts } => put_number(to, 41, accounts),
            Event::ApprovalsRequired { required } => {
                to.u8(83);
                to.u8(u8::from(required));
            }
            Event::FinalProposed { instrument, day, value_per_lot, rung } => {
                put_number(to, 84, instrument.0);
                to.i32(day.0);
                to.i64(value_per_lot.0);
                to.u8(state::settlement_rung_tag(rung));
            }
            Event::FinalApproved { instrument, day, value_per_lot } => {
                put_number(to, 85, instrument.0);
                to.i32(day.0);
                to.i64(value_per_lot.0);
            }
            Event::MarginCalled { account, equity, initial, maintenance } => {
                put_amounts(to, 40, account, &[equity, initial, maintenance]);
            }
            Event::BackstopSet { account } => {
                to.u8(43);
                values::put_account_option(to, account);
            }
            Event::LiquidationStarted { account, equity, maintenance } => {
                put_amounts(to, 44, account, &[equity, maintenance]);
            }
            Event::LiquidationRound { account, equity, maintenance } => {
                put_amounts(to, 45, account, &[equity, maintenance]);
            }
            Event::LiquidationOrdered { order, account, instrument, side, lots, limit } => {
                put_long(to, 46, order.0);
                to.u32(account.0);
                to.u32(instrument.0);
                to.u8(values::side_tag(side));
                to.u32(lots.0);
                to.i64(limit.0);
            }
            Event::LiquidationRoundCompleted { account, next } => {
                put_number(to, 47, account.0);
                to.i64(next.0);
            }
            Event::LiquidationPostponed { account, next } => {
                put_number(to, 48, account.0);
                to.i64(next.0);
            }
            Event::LiquidationEnded { account, equity } => put_amounts(to, 49, account, &[equity]),
            Event::DefaultDeclared { account, equity, insured, shortfall } => {
                put_amounts(to, 50, account, &[equity, insured, shortfall]);
            }
            Event::DeleveragingStarted { instrument, account, lots, haircut } => {
                put_number(to, 51, instrument.0);
                to.u32(account.0);
                to.i64(lots.0);
                to.i64(haircut.0);
            }
            Event::DeleveragingRanked { instrument, accounts, complete } => {
                put_walked(to, 52, instrument, accounts, complete);
            }
            Event::PositionTransferred { instrument, from, to: receiver, lots, value, reason } => {
                put_number(to, 53, instrument.0);
                to.u32(from.0);
                to.u32(receiver.0);
                to.i64(lots.0);
                to.i64(value.0);
                to.u8(position_reason_tag(reason));
            }
            Event::Deleveraged { instrument, accounts, complete } => {
                put_walked(to, 54, instrument, accounts, complete);
            }
            Event::ChainAttached { .. }
            | Event::AccountLinked { .. }
            | Event::DepositCredited { .. }
            | Event::ImportCredited { .. }
            | Event::WithdrawnToChain { .. }
            | Event::BatchCut { .. }
            | Event::BatchConfirmed { .. }
            | Event::ExitReceived { .. }
            | Event::ExitRound { .. }
            | Event::ExitPostponed { .. }
            | Event::ExitEnded { .. }
            | Event::CloseOutStarted { .. }
            | Event::CloseOutEnded { .. }
            | Event::ChainFrozen { .. } => chain::put_event(to, self),
            Event::Vault(ref event) => vaults::put_event(to, event),
        }
    }
}

/// An order as version 1 knew it has the bytes it had there; every other one says all that it is.
fn put_accepted(to: &mut Writer, order: OrderId, request: &OrderRequest, limit: Option<Price>) {
    let OrderRequest { account, client_order_id, instrument, side, lots, .. } = *request;
    if let Some(price) = limit
        && *request == OrderRequest::limit(account, client_order_id, instrument, side, lots, price)
    {
        put_long(to, 6, order.0);
        to.u32(account.0);
        values::put_label(to, client_order_id);
        to.u32(instrument.0);
        to.u8(values::side_tag(side));
        to.u32(lots.0);
        to.i64(price.0);
    } else {
        put_long(to, 16, order.0);
        fixed::put_request(to, request);
        values::put_price_option(to, limit);
    }
}

fn put_trade(to: &mut Writer, trade: &Trade) {
    to.u64(trade.trade.0);
    to.u32(trade.instrument.0);
    to.i64(trade.price.0);
    to.u32(trade.lots.0);
    to.u8(values::side_tag(trade.taker_side));
    for TradeSide { order, account, fee } in [trade.taker, trade.maker] {
        to.u64(order.0);
        to.u32(account.0);
        to.i64(fee.0);
    }
}

fn put_cancel_reason(to: &mut Writer, reason: CancelReason) {
    to.u8(match reason {
        CancelReason::Requested => 1,
        CancelReason::Expired => 2,
        CancelReason::FillLimit => 3,
        CancelReason::ImmediateOrCancel => 4,
        CancelReason::FillOrKill => 5,
        CancelReason::TimeInForce => 6,
        CancelReason::SelfTrade => 7,
        CancelReason::ReduceOnly => 8,
        CancelReason::MassCancel => 9,
        CancelReason::CancelAfter => 10,
        CancelReason::DailyLimit => 11,
        CancelReason::Refused(_) => 12,
        CancelReason::MarginCall => 13,
        CancelReason::Liquidation => 14,
        CancelReason::Exit => 15,
    });
    if let CancelReason::Refused(reject) = reason {
        to.u16(reject.number());
    }
}

fn transfer_reason_tag(reason: TransferReason) -> u8 {
    match reason {
        TransferReason::Deposit => 1,
        TransferReason::Fee => 2,
        TransferReason::Variation => 3,
        TransferReason::Rebate => 4,
        TransferReason::Purchase => 5,
        TransferReason::Withdrawal => 6,
        TransferReason::Internal => 7,
        TransferReason::Shortfall => 8,
        TransferReason::Repayment => 9,
        TransferReason::Funding => 10,
        TransferReason::Liquidation => 11,
        TransferReason::Insurance => 12,
        TransferReason::Import => 13,
        TransferReason::Subscription => 21,
        TransferReason::Refund => 22,
        TransferReason::Deployment => 23,
        TransferReason::Issue => 24,
        TransferReason::Revenue => 25,
        TransferReason::OperatingCost => 26,
        TransferReason::SponsorShare => 27,
        TransferReason::ExportedYield => 28,
        TransferReason::Yield => 29,
        TransferReason::Proceeds => 30,
        TransferReason::Carried => 31,
        TransferReason::Residual => 32,
        TransferReason::Redemption => 33,
    }
}

fn position_reason_tag(reason: PositionReason) -> u8 {
    match reason {
        PositionReason::Backstop => 1,
        PositionReason::Deleveraging => 2,
    }
}

/// What a step looked at.
fn put_walked(to: &mut Writer, tag: u8, instrument: InstrumentId, accounts: u32, complete: bool) {
    put_number(to, tag, instrument.0);
    to.u32(accounts);
    to.u8(u8::from(complete));
}

fn put_amounts(to: &mut Writer, tag: u8, account: AccountId, amounts: &[Cash]) {
    put_number(to, tag, account.0);
    amounts.iter().for_each(|cash| to.i64(cash.0));
}

/// The tag and a number of four bytes, usually that of an account or an instrument.
fn put_number(to: &mut Writer, tag: u8, number: u32) {
    to.u8(tag);
    to.u32(number);
}

/// The tag and a number of eight bytes, usually that of an order.
fn put_long(to: &mut Writer, tag: u8, number: u64) {
    to.u8(tag);
    to.u64(number);
}
