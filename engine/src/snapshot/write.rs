//! Writes a state as bytes that follow from the commands alone, piece by piece, so that no copy of it is made.

use super::MAGIC;
use crate::accounts::Account;
use crate::due::Sweep;
use crate::engine::Engine;
use crate::event::CancelReason;
use crate::ids::OrderId;
use crate::instrument::{SettlementKind, State};
use crate::journal::bytes::Writer;
use crate::journal::wire;
use crate::market::Market;
use crate::order::TriggerReference;
use crate::orders::{NONE, OrderRecord, OrderState};
use crate::settlement::Settled;
use crate::units::{Side, Timestamp};

/// Bytes gathered before they are passed on.
const PIECE: usize = 64 * 1024;

/// Gathers bytes into pieces.
pub(super) struct Pieces<F> {
    pub(super) to: Writer,
    sink: F,
}

impl<F: FnMut(&[u8])> Pieces<F> {
    /// Passes on what is gathered, if it is enough.
    pub(super) fn flush_if_full(&mut self) {
        if self.to.0.len() >= PIECE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        (self.sink)(&self.to.0);
        self.to.0.clear();
    }
}

impl Engine {
    /// Writes the state, piece by piece.
    pub fn write_snapshot(&self, sink: impl FnMut(&[u8])) {
        let mut pieces = Pieces { to: Writer::default(), sink };
        let to = &mut pieces.to;
        to.bytes(MAGIC);
        to.u64(self.seq.0);
        to.i64(self.time.0);
        to.u16(self.rules.0);
        to.u64(self.last_trade.0);
        self.put_assets(to);
        self.put_accounts(&mut pieces);
        self.put_keys(&mut pieces);
        self.put_fixings(&mut pieces);
        self.put_markets(&mut pieces);
        self.put_live_orders(&mut pieces);
        self.put_books(&mut pieces);
        self.put_finished_orders(&mut pieces);
        self.put_positions(&mut pieces);
        self.put_balances(&mut pieces);
        self.put_sweep(&mut pieces.to);
        if self.has_margin_section() {
            self.put_margin(&mut pieces.to);
        }
        if self.rules.has_default_waterfall() {
            self.put_waterfall(&mut pieces.to);
        }
        if self.rules.has_spreads() {
            self.put_families(&mut pieces.to);
        }
        if self.rules.has_approvals() {
            self.put_approvals(&mut pieces.to);
        }
        if self.rules.has_batches() {
            self.put_chain(&mut pieces);
        }
        if self.rules.has_gpu_vaults() {
            self.put_vaults(&mut pieces.to);
        }
        pieces.flush();
    }

    fn put_families(&self, to: &mut Writer) {
        put_count(to, self.families.len());
        self.families.values().for_each(|family| wire::put_family(to, family));
    }

    fn put_approvals(&self, to: &mut Writer) {
        to.u8(u8::from(self.approvals.required));
        put_count(to, self.approvals.proposals().len());
        for (instrument, proposal) in self.approvals.proposals() {
            to.u32(instrument.0);
            to.i32(proposal.day.0);
            to.i64(proposal.value_per_lot.0);
            to.u64(proposal.proposer.0);
            to.u8(u8::from(proposal.approver.is_some()));
            to.u64(proposal.approver.map_or(0, |key| key.0));
        }
    }

    fn put_assets(&self, to: &mut Writer) {
        put_count(to, self.ledger.assets().count());
        for (id, asset) in self.ledger.assets() {
            to.u32(id.0);
            wire::put_label(to, asset.symbol);
            to.u8(asset.decimals);
        }
    }

    fn put_accounts(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.accounts.len());
        for account in self.accounts.iter() {
            put_account(&mut pieces.to, account);
            pieces.flush_if_full();
        }
    }

    fn put_keys(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.keys.len());
        for (id, key) in self.keys.iter() {
            let to = &mut pieces.to;
            to.u64(id.0);
            wire::put_credential(to, key.credential);
            wire::put_role(to, key.role);
            to.u8(u8::from(key.revoked));
            pieces.flush_if_full();
        }
    }

    fn put_fixings(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.fixings.iter().count());
        for (series, day, value) in self.fixings.iter() {
            let to = &mut pieces.to;
            to.u32(series.0);
            to.i32(day.0);
            to.i64(value.price.0);
            to.u8(wire::stage_tag(value.stage));
            to.u8(wire::fixing_rung_tag(value.rung));
            pieces.flush_if_full();
        }
    }

    fn put_markets(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.markets.len());
        for market in self.markets.iter() {
            put_market(&mut pieces.to, market);
            pieces.flush_if_full();
        }
    }

    fn put_live_orders(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        let mut orders: Vec<(OrderId, u32)> = self.orders.live_by_place().collect();
        orders.sort_unstable();
        put_count(&mut pieces.to, orders.len());
        for (order, hot) in orders {
            pieces.to.u64(order.0);
            put_record(&mut pieces.to, &self.orders.record(hot));
            pieces.flush_if_full();
        }
    }

    /// The queues are part of the state.
    fn put_books(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        for market in self.markets.iter() {
            put_count(&mut pieces.to, market.book.orders_count());
            for side in [Side::Buy, Side::Sell] {
                for (_, resting) in market.book.queue(side) {
                    pieces.to.u64(resting.order.0);
                    pieces.flush_if_full();
                }
            }
        }
    }

    fn put_finished_orders(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.orders.finished().len());
        for (due, order, record) in self.orders.finished() {
            pieces.to.i64(due.0);
            pieces.to.u64(order.0);
            put_record(&mut pieces.to, &record);
            pieces.flush_if_full();
        }
    }

    fn put_positions(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.exposures.iter().count());
        for entry in self.exposures.iter() {
            let to = &mut pieces.to;
            to.u32(self.markets.get(entry.market).terms.instrument.0);
            to.u32(entry.account_id.0);
            to.i64(entry.exposure.position.0);
            to.i64(entry.exposure.cost.0);
            to.i64(entry.held.dollars.0);
            to.i64(entry.held.base.0);
            pieces.flush_if_full();
        }
    }

    fn put_balances(&self, pieces: &mut Pieces<impl FnMut(&[u8])>) {
        put_count(&mut pieces.to, self.ledger.trial_balance().count());
        for (account, asset, balance) in self.ledger.trial_balance() {
            let to = &mut pieces.to;
            wire::put_ledger_account(to, account);
            to.u32(asset.0);
            to.i64(balance.posted.0);
            to.i64(balance.held.0);
            to.i64(balance.pending.0);
            pieces.flush_if_full();
        }
        put_count(&mut pieces.to, self.ledger.pending().count());
        for (transfer, pending) in self.ledger.pending() {
            let to = &mut pieces.to;
            to.u64(transfer.0);
            to.u32(pending.account.0);
            to.u32(pending.asset.0);
            to.i64(pending.amount.0);
            pieces.flush_if_full();
        }
    }

    fn put_sweep(&self, to: &mut Writer) {
        to.u8(u8::from(self.due.sweep.is_some()));
        let Some(Sweep { account, market, side, reason, next, cancelled }) = self.due.sweep else { return };
        to.u32(self.accounts.get(account).id.0);
        wire::put_instrument_option(to, market.map(|market| self.markets.get(market).terms.instrument));
        wire::put_side_option(to, side);
        to.u8(match reason {
            CancelReason::CancelAfter => 1,
            CancelReason::Exit => 2,
            _ => 0,
        });
        assert!(next != NONE, "a mass cancel without a next order is complete");
        to.u64(self.orders.live(next).order.0);
        to.u32(cancelled);
    }
}

fn put_account(to: &mut Writer, account: &Account) {
    to.u32(account.id.0);
    to.u32(account.master.0);
    wire::put_account_limits(to, &account.limits);
    to.i64(account.orders_budget.due.0);
    to.i64(account.cancels_budget.due.0);
    to.u8(account.fee_tier.first);
    put_changes(to, &account.fee_tier.changes, |to, tier| to.u8(*tier));
    wire::put_time_option(to, account.cancel_after);
    to.u64(account.deposits);
    to.u64(account.payments);
}

fn put_market(to: &mut Writer, market: &Market) {
    wire::put_terms(to, &market.terms);
    to.u8(match market.state {
        State::Trading => 1,
        State::Settling(SettlementKind::Daily) => 2,
        State::Settling(SettlementKind::Final) => 3,
        State::Settled => 4,
        State::Settling(SettlementKind::Cascade) => 5,
        State::Settling(SettlementKind::Funding) => 6,
    });
    to.u8(u8::from(market.halt.is_some()));
    if let Some(halt) = market.halt {
        wire::put_halt(to, halt);
    }
    wire::put_controls(to, &market.controls);
    put_count(to, market.limit_step);
    put_count(to, market.last_trades.iter().count());
    for (day, price) in market.last_trades.iter() {
        to.i32(day.0);
        to.i64(price.0);
    }
    put_settled(to, market.settled.as_ref());
    put_settled(to, market.run.as_ref().map(|run| &run.settled));
    if let Some(run) = market.run {
        to.u8(wire::kind_tag(run.kind));
        to.i64(run.after.map_or(-1, |account| i64::from(account.0)));
    }
    wire::put_fee_tiers(to, &market.fees.first);
    put_changes(to, &market.fees.changes, wire::put_fee_tiers);
    for reference in TriggerReference::ALL {
        let reach = market.stops.reach(reference);
        to.u8(u8::from(reach.is_some()));
        if let Some(reach) = reach {
            for price in [reach.price, reach.low, reach.high] {
                to.i64(price.0);
            }
        }
    }
}

fn put_settled(to: &mut Writer, settled: Option<&Settled>) {
    to.u8(u8::from(settled.is_some()));
    if let Some(settled) = settled {
        to.i32(settled.day.0);
        to.i64(settled.value_per_lot.0);
        to.u8(wire::settlement_rung_tag(settled.rung));
    }
}

fn put_changes<T>(to: &mut Writer, changes: &[(Timestamp, T)], put: impl Fn(&mut Writer, &T)) {
    put_count(to, changes.len());
    for (effective, value) in changes {
        to.i64(effective.0);
        put(to, value);
    }
}

fn put_record(to: &mut Writer, record: &OrderRecord) {
    wire::put_request(to, &record.request);
    to.u32(record.lots.0);
    wire::put_price_option(to, record.limit);
    to.i64(record.trigger.map_or(0, |trigger| trigger.price.0));
    to.u32(record.first_filled.0);
    to.u32(record.first_rested.0);
    to.u32(record.filled.0);
    to.i64(record.expiry.0);
    to.u8(match record.state {
        OrderState::Live => 1,
        OrderState::Waiting => 2,
        OrderState::Filled => 3,
        OrderState::Cancelled => 4,
    });
}

pub(super) fn put_count(to: &mut Writer, count: usize) {
    to.u64(count as u64);
}
