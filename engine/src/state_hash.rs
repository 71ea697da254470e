//! One hash over everything the engine knows, so that two states can be compared by one line.
//!
//! Touches all of the state: for snapshots, shutdown, audits and tests, never for the live path.

use crate::book::Book;
use crate::engine::{Engine, Market};
use crate::instrument::State;
use crate::journal::batch::Hash;
use crate::journal::bytes::Writer;
use crate::journal::wire;
use crate::orders::OrderState;
use crate::settlement::Settled;
use crate::units::Side;

impl Engine {
    /// BLAKE3 over a canonical form of the whole state.
    pub fn state_hash(&self) -> Hash {
        let mut to = Writer::default();
        to.bytes(b"terahour state 1");
        to.u64(self.seq.0);
        to.i64(self.time.0);
        to.u64(self.last_trade.0);
        self.put_registry(&mut to);
        for market in self.markets.values() {
            put_market(&mut to, market);
        }
        self.put_exposures(&mut to);
        self.put_orders(&mut to);
        self.put_fixings(&mut to);
        self.put_ledger(&mut to);
        *blake3::hash(&to.0).as_bytes()
    }

    fn put_registry(&self, to: &mut Writer) {
        put_count(to, self.accounts.len());
        for account in &self.accounts {
            to.u32(account.0);
        }
        put_count(to, self.deposits.len());
        for (account, last) in &self.deposits {
            to.u32(account.0);
            to.u64(*last);
        }
        put_count(to, self.keys.len());
        for (id, key) in &self.keys {
            to.u64(id.0);
            wire::put_credential(to, key.credential);
            wire::put_role(to, key.role);
            to.u8(u8::from(key.revoked));
        }
        put_count(to, self.markets.len());
    }

    fn put_exposures(&self, to: &mut Writer) {
        put_count(to, self.exposures.len());
        for (&(instrument, account), exposure) in &self.exposures {
            to.u32(instrument.0);
            to.u32(account.0);
            to.i64(exposure.position.0);
            to.i64(exposure.cost.0);
            to.i64(exposure.open_buys);
            to.i64(exposure.open_sells);
            to.u32(exposure.orders_count);
            to.i64(self.markets.get(&instrument).map_or(0, |market| exposure.hold(&market.terms).0));
        }
    }

    fn put_orders(&self, to: &mut Writer) {
        put_count(to, self.orders.iter().count());
        for (order, record) in self.orders.iter() {
            to.u64(order.0);
            wire::put_request(to, &record.request);
            to.u32(record.first_filled.0);
            to.u32(record.first_rested.0);
            to.u32(record.filled.0);
            to.u8(match record.state {
                OrderState::Live => 1,
                OrderState::Filled => 2,
                OrderState::Cancelled => 3,
            });
        }
        put_count(to, self.orders.finished().count());
        for (due, order) in self.orders.finished() {
            to.i64(due.0);
            to.u64(order.0);
        }
    }

    fn put_fixings(&self, to: &mut Writer) {
        put_count(to, self.fixings.iter().count());
        for (series, day, value) in self.fixings.iter() {
            to.u32(series.0);
            to.i32(day.0);
            to.i64(value.price.0);
            to.u8(wire::stage_tag(value.stage));
            to.u8(wire::fixing_rung_tag(value.rung));
        }
    }

    fn put_ledger(&self, to: &mut Writer) {
        put_count(to, self.ledger.trial_balance().count());
        for (account, asset, balance) in self.ledger.trial_balance() {
            wire::put_ledger_account(to, account);
            to.u32(asset.0);
            to.i64(balance.posted.0);
            to.i64(balance.held.0);
        }
    }
}

fn put_market(to: &mut Writer, market: &Market) {
    wire::put_terms(to, &market.terms);
    match market.state {
        State::Trading => to.u8(1),
        State::Settling(kind) => {
            to.u8(2);
            to.u8(wire::kind_tag(kind));
        }
        State::Settled => to.u8(3),
    }
    put_count(to, market.last_trades.iter().len());
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
    put_book(to, &market.book);
}

/// Orders in the order in which they would trade: the queue is part of the state.
fn put_book(to: &mut Writer, book: &Book) {
    for side in [Side::Buy, Side::Sell] {
        put_count(to, book.queue(side).count());
        for resting in book.queue(side) {
            to.u64(resting.order.0);
            to.i64(resting.price.0);
            to.u32(resting.lots.0);
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

fn put_count(to: &mut Writer, count: usize) {
    to.u64(count as u64);
}
