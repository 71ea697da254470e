//! The orders by which an account in liquidation is closed out, and what it pays for their trades.

use crate::engine::Engine;
use crate::event::{CancelReason, Event, TransferReason};
use crate::ids::OrderId;
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::liquidation::{Cause, Held, Round};
use crate::matching::{Met, TradedRange};
use crate::order::{SelfTrade, TimeInForce};
use crate::orders::NONE;
use crate::trading::Arrival;
use crate::units::{Cash, Hours, Lots, Position, Price, Side};

/// What a trade of an account in liquidation, or a position of one that the backstop takes over, costs it at most: of its value, so many
/// in a thousand.
const CHARGE_PER_MILLE: i128 = 5;

/// What lots at this price are charged, rounded down.
pub(crate) fn charge_of(price: Price, lots: i64, hours: Hours) -> Cash {
    let value = i128::from(price.0).abs() * i128::from(lots) * i128::from(hours.0);
    let charge = (value * CHARGE_PER_MILLE).div_euclid(1_000);
    Cash(i64::try_from(charge).expect("a part of what a position is worth fits"))
}

impl Engine {
    /// Sends an order into the next contract of a round, or ends the round if there is none.
    pub(crate) fn continue_round(&mut self, mut round: Round, events: &mut Vec<Event>) {
        let slot = self.accounts.find(round.account).expect("an account in liquidation exists");
        let hours = |held: &Held| i128::from(self.markets.get(held.market).contract.hours.0);
        let held = self.liquid_positions(slot, round.after);
        let mut left: i128 = held.iter().map(|held| i128::from(round.lots(held.position)) * hours(held)).sum();
        let equity = i128::from(self.equity(slot).max(Cash::ZERO).0);
        for held in held {
            let (market, lots) = (self.markets.get(held.market), round.lots(held.position));
            round.after = Some(held.instrument);
            let margin = market.margin_series.and_then(|series| self.margins.get(series));
            let band = margin.expect("a series that trades has parameters").mark_band;
            // Rounded down: however much of the round trades, at the limits it costs no more than there is.
            let distance = equity.div_euclid(left).min(i128::from(band.0));
            left -= i128::from(lots) * hours(&held);
            let side = if held.position > 0 { Side::Sell } else { Side::Buy };
            let mark = market.mark().expect("a liquid contract has a mark");
            let distance = Price(i64::try_from(distance).expect("a distance is at most a band"));
            if let Some(limit) = market.closing_limit(side, mark, distance) {
                self.due.round = Some(round);
                let lots = Lots(u32::try_from(lots).expect("positions are limited"));
                self.send_closing_order(&held, side, lots, limit, events);
                return;
            }
        }
        self.complete_round(&round, events);
    }

    /// Matches an order of the venue for an account in liquidation. Nobody can send it again, so it is never kept.
    fn send_closing_order(&mut self, held: &Held, side: Side, lots: Lots, limit: Price, events: &mut Vec<Event>) {
        let &Held { instrument, market, exposure, .. } = held;
        let slot = self.exposures.get(exposure).account;
        let (account, owner) = (self.accounts.get(slot).id, self.accounts.get(slot).master);
        let order = OrderId(self.seq.0);
        let mut arrival = Arrival {
            order,
            hot: NONE,
            market,
            instrument,
            account: slot,
            account_id: account,
            owner,
            exposure,
            side,
            limit,
            remaining: lots,
            time_in_force: TimeInForce::ImmediateOrCancel,
            reduce_only: true,
            self_trade: Some(SelfTrade::CancelOldest),
        };
        events.push(Event::LiquidationOrdered { order, account, instrument, side, lots, limit });
        let traded = self.match_closing_order(&mut arrival, events);
        self.exposures.release(exposure);
        self.pause_at_limits(market, traded, events);
        self.refresh(market);
    }

    fn match_closing_order(&mut self, arrival: &mut Arrival, events: &mut Vec<Event>) -> TradedRange {
        let (mut traded, mut met_count): (TradedRange, _) = (None, 0);
        let mut reason = CancelReason::ImmediateOrCancel;
        while !arrival.remaining.is_zero()
            && let Some((slot, maker)) = self.next_maker(arrival)
        {
            if met_count == limits::FILLS_PER_ORDER_MAX {
                reason = CancelReason::FillLimit;
                break;
            }
            met_count += 1;
            if let Met::Traded(lots) = self.meet(arrival, slot, &maker, events) {
                arrival.remaining -= lots;
                let (low, high) = traded.unwrap_or((maker.price, maker.price));
                traded = Some((low.min(maker.price), high.max(maker.price)));
            }
        }
        let &mut Arrival { order, account_id: account, instrument, remaining: lots, .. } = arrival;
        if !lots.is_zero() {
            events.push(Event::OrderCancelled { order, account, instrument, lots, reason });
        }
        traded
    }

    /// The half of a trade that is the account's in liquidation: no order of its shrinks, only the position.
    pub(crate) fn clear_closed(&mut self, arrival: &Arrival, price: Price, lots: Lots) {
        let hours = self.markets.get(arrival.market).contract.hours;
        let signed = Position::FLAT.traded(arrival.side, lots);
        self.add_position(arrival.exposure, signed, price.value(signed, hours));
    }

    /// What an account in liquidation pays for a trade in the place of a fee, as far as it has it. One in exit pays nothing: a venue that
    /// makes people ask the chain earns nothing by it.
    pub(crate) fn charge_for_closing(&mut self, arrival: &Arrival, price: Price, lots: Lots, events: &mut Vec<Event>) {
        if self.due.round.is_some_and(|round| round.cause == Cause::Exit) {
            return;
        }
        let hours = self.markets.get(arrival.market).contract.hours;
        let free = self.ledger.at(self.accounts.get(arrival.account).dollars).free().dollars();
        let most = self.equity(arrival.account).min(free).max(Cash::ZERO);
        let charge = charge_of(price, i64::from(lots.0), hours).min(most);
        if charge > Cash::ZERO {
            let (from, to) = (LedgerAccount::Customer(arrival.account_id), LedgerAccount::Insurance);
            self.transfer(from, to, Engine::MONEY, charge.into(), TransferReason::Liquidation, events);
        }
    }
}
