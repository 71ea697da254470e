//! The arrival of an order: the path on which the venue spends its life.

use crate::accounts::AccountSlot;
use crate::cover::{Changed, Proposed};
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::exposure::Exposure;
use crate::exposures::Entry;
use crate::ids::{AccountId, AssetId, InstrumentId, OrderId};
use crate::instrument::Kind;
use crate::ledger::LedgerAccount;
use crate::margin::SeriesSlot;
use crate::order::{OrderRequest, SelfTrade, TimeInForce};
use crate::orders::{Known, Live, NONE, NameHash};
use crate::reject::Reject;
use crate::units::{Lots, Price, Side, Timestamp};

/// An order on its way through the book.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) order: OrderId,
    /// Where its hot half is; [`NONE`] of an order of the venue that closes out an account in liquidation.
    pub(crate) hot: u32,
    pub(crate) market: u32,
    pub(crate) instrument: InstrumentId,
    pub(crate) account: AccountSlot,
    pub(crate) account_id: AccountId,
    pub(crate) owner: AccountId,
    pub(crate) exposure: u32,
    pub(crate) side: Side,
    pub(crate) limit: Price,
    pub(crate) remaining: Lots,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) reduce_only: bool,
    /// What happens when it meets its owner's orders. `None`: they trade.
    pub(crate) self_trade: Option<SelfTrade>,
}

impl Engine {
    /// The main path: check, hold, match, clear, post; [`Engine::apply`] conserves.
    pub(crate) fn submit_order(&mut self, request: &OrderRequest, events: &mut Vec<Event>) -> Result<(), Reject> {
        let (name, known) = self.orders.look_up(request.account, request.client_order_id);
        if let Some(known) = known.filter(|known| known.request.same_body(request)) {
            let Known { order, filled, rested, .. } = known;
            events.push(Event::OrderReplayed { order, filled, rested });
            return Ok(());
        }

        // 1 check: every rule that does not depend on money.
        let checked = self.check_order(request, known.is_some())?;

        // 2 hold: the worst case of the account with this order must be covered before anything happens.
        let after = self.check_funds(request, &checked)?;
        let arrival = self.accept(request, &checked, &after, name, events);

        // 3 match, 4 clear, 5 post: fill by fill, at the resting orders' prices. A stop order waits instead.
        let (order, hot) = (arrival.order, arrival.hot);
        let cold = self.orders.live(hot).cold;
        match request.trigger {
            Some(trigger) => {
                self.markets.get_mut(checked.market).stops.insert(request.side, trigger, order);
            }
            None => self.arrive(arrival, events),
        }
        self.orders.answer(order, hot, cold);
        Ok(())
    }

    /// Takes an order up: from here on it is live, remembered and covered.
    fn accept(
        &mut self,
        request: &OrderRequest,
        checked: &Checked,
        after: &Exposure,
        name: NameHash,
        events: &mut Vec<Event>,
    ) -> Arrival {
        let Checked { market, account, limit, exposure, .. } = *checked;
        let order = OrderId(self.seq.0);
        let exposure = exposure.unwrap_or_else(|| self.exposure_place(market, account));
        self.set_exposure(exposure, after);
        if let Some(limit) = limit.filter(|_| request.trigger.is_none()) {
            self.note_margin(exposure, Changed::Opened { side: request.side, limit, lots: request.lots });
        }
        let expiry = match request.time_in_force {
            TimeInForce::Day => self.time.day().end(),
            TimeInForce::GoodTillDate(until) => until,
            // It could rest until a final settlement a month after trading has ended, or for good where there is none.
            _ if matches!(self.markets.get(market).terms.kind, Kind::PhysicalMonth(_) | Kind::Spread(_)) => {
                self.markets.get(market).terms.end()
            }
            _ => Timestamp::NEVER,
        };
        if expiry != Timestamp::NEVER {
            self.due.expiries.insert((expiry, order));
        }
        let live = Live {
            order,
            cold: NONE,
            market,
            account,
            exposure,
            slot: None,
            previous: NONE,
            next: NONE,
            lots: request.lots,
            filled: Lots::ZERO,
            limit: limit.unwrap_or(Price(0)),
            trigger: request.trigger.map_or(Price(0), |trigger| trigger.price),
            expiry,
            side: request.side,
            reduce_only: request.conditions.reduce_only,
            waiting: request.trigger.is_some(),
            has_limit: limit.is_some(),
        };
        let now = self.time;
        let owner = self.accounts.get_mut(account);
        owner.orders_budget.spend(owner.limits.orders, now);
        events.push(Event::OrderAccepted { order, request: *request, limit });
        let hot = self.orders.insert(&live, request, name, owner);
        self.arrival_of(hot, &live, request)
    }

    /// An order that was amended or woken up, on its way into the book.
    pub(crate) fn arrival(&self, hot: u32) -> Arrival {
        self.arrival_of(hot, self.orders.live(hot), self.orders.request(hot))
    }

    fn arrival_of(&self, hot: u32, live: &Live, request: &OrderRequest) -> Arrival {
        let account = self.accounts.get(live.account);
        Arrival {
            order: live.order,
            hot,
            market: live.market,
            instrument: request.instrument,
            account: live.account,
            account_id: account.id,
            owner: account.master,
            exposure: live.exposure,
            side: live.side,
            limit: live.limit,
            remaining: live.remaining(),
            time_in_force: request.time_in_force,
            reduce_only: live.reduce_only,
            self_trade: self.rules.prevents_self_trades().then_some(request.self_trade),
        }
    }

    /// Matches an order; what is left of it rests or is cancelled.
    pub(crate) fn arrive(&mut self, mut arrival: Arrival, events: &mut Vec<Event>) {
        let traded = if arrival.time_in_force == TimeInForce::FillOrKill && !self.would_fill(&arrival) {
            self.cancel_live(arrival.hot, CancelReason::FillOrKill, events);
            None
        } else {
            self.match_arrival(&mut arrival, events)
        };
        self.exposures.release(arrival.exposure);
        self.pause_at_limits(arrival.market, traded, events);
        self.refresh(arrival.market);
    }

    /// Where the exposure of an account in a contract is; it is there from now on.
    pub(crate) fn exposure_place(&mut self, market: u32, account: AccountSlot) -> u32 {
        if let Some(place) = self.exposures.find(market, account) {
            return place;
        }
        let owner = self.accounts.get(account);
        let (account_id, dollars) = (owner.id, owner.dollars);
        let listed = self.markets.get(market);
        let series = match listed.legs {
            Some(legs) => legs.map(|leg| self.markets.get(leg).margin_series),
            None => [listed.margin_series, None],
        };
        let base = listed.terms.base().map(|base| self.ledger.slot(LedgerAccount::Customer(account_id), base));
        let (exposure, held) = Default::default();
        let (share, is_idle) = (NONE, false);
        let entry = Entry { exposure, held, market, account, account_id, dollars, base, share, is_idle };
        let place = self.exposures.insert(entry);
        match series.map(|series| series.map(|series| self.open_group(account, series))) {
            [Some(near), Some(far)] => {
                self.exposures.get_mut(place).share = self.exposures.groups.join_both([near, far], place);
            }
            [Some(group), None] => self.exposures.get_mut(place).share = self.exposures.groups.join(group, place),
            [None, _] => {}
        }
        place
    }

    /// An account's group of a series; it is there from now on.
    fn open_group(&mut self, account: AccountSlot, series: SeriesSlot) -> u32 {
        self.group_of(account, series).unwrap_or_else(|| {
            let group = self.exposures.groups.open(account, series);
            self.accounts.get_mut(account).groups.push((series, group));
            group
        })
    }

    /// Replaces an exposure and the hold that covers it in one go, so that the two cannot part.
    pub(crate) fn set_exposure(&mut self, place: u32, after: &Exposure) {
        let entry = self.exposures.get_mut(place);
        let held = after.hold(&self.markets.get(entry.market).contract);
        self.ledger.rehold(entry.dollars, entry.held.dollars.into(), held.dollars.into());
        if let Some(base) = entry.base {
            self.ledger.rehold(base, entry.held.base, held.base);
        }
        (entry.exposure, entry.held) = (*after, held);
    }

    /// Whether what stands behind an order is enough: margin, or the position limit and what more would have to be held than is held
    /// now.
    pub(crate) fn check_cover(&self, proposed: &Proposed) -> Result<(), Reject> {
        let &Proposed { market, account, held, after, .. } = proposed;
        let market = self.markets.get(market);
        if market.contract.is_margined {
            return self.check_margin(proposed);
        }
        if market.contract.lot_size.is_none() {
            after.check_position()?;
        }
        let hold = after.hold(&market.contract);
        let required = hold.dollars - held.dollars;
        let owner = self.accounts.get(account);
        let free = self.withdrawable(account);
        if required > free {
            return Err(Reject::InsufficientFunds { required, free });
        }
        if let Some(base) = market.terms.base() {
            let amount = hold.base - held.base;
            let free = self.ledger.balance(LedgerAccount::Customer(owner.id), base).free();
            if amount > free {
                return Err(Reject::InsufficientBalance { amount, free });
            }
        }
        Ok(())
    }

    /// What an account could lose in a contract, as far as is known.
    pub(crate) fn exposure_of(&self, market: u32, account: AccountSlot) -> Exposure {
        self.exposures.find(market, account).map(|place| self.exposures.get(place).exposure).unwrap_or_default()
    }

    /// The asset that a contract is paid in.
    pub(crate) const MONEY: AssetId = AssetId::USD;
}

/// What the checks of an order found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    pub(crate) market: u32,
    pub(crate) account: AccountSlot,
    /// The limit it works with; a stop order that will be a market order has none yet.
    pub(crate) limit: Option<Price>,
    /// Where the account's exposure in the contract is, if it has one.
    pub(crate) exposure: Option<u32>,
}
