//! What traders send: quotes and takes around a middle that wanders, stops, changes, cancels, switches.

use engine::command::Command;
use engine::ids::{ClientOrderId, InstrumentId, KeyId, OrderId};
use engine::instrument::Terms;
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::orders::OrderRecord;
use engine::units::{Lots, Price, Side};
use engine::{Engine, Market};

use super::{Flow, RECENT, Trader};

/// From so many live orders on, a trader cancels more than it sends.
const MANY: u32 = 12;
/// The first trader of all keeps this many, so that a mass cancel takes several steps.
const VERY_MANY: u32 = 600;

impl Flow {
    pub(super) fn trade(&mut self, venue: &Engine) -> (KeyId, Command) {
        let trader = self.trader();
        let key = self.key_of(trader);
        let live = venue.account(trader.account).map_or(0, |view| view.live_orders);
        let is_first = self.traders.first().is_some_and(|first| first.account == trader.account);
        let many = if is_first { VERY_MANY } else { MANY };
        let command = match self.dice.below(100) {
            0..4 => self.send_again(trader, venue),
            4..6 if !is_first || self.dice.one_in(100) => self.cancel_many(trader, venue),
            6..24 if live > 0 && !is_first => self.change(trader, venue),
            24..94 if live >= many => self.cancel(trader, venue),
            24..40 if live > 0 && !is_first => self.cancel(trader, venue),
            _ => Command::SubmitOrder(self.order(trader, venue)),
        };
        if let Command::SubmitOrder(request) = command {
            self.recent.push_back(request);
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
        (key, command)
    }

    fn order(&mut self, trader: Trader, venue: &Engine) -> OrderRequest {
        let instrument = self.instrument(venue);
        let side = self.dice.pick(&[Side::Buy, Side::Sell]);
        self.next_name += 1;
        let name = ClientOrderId::new(&format!("n{}", self.next_name)).expect("it is a label");
        let is_taking = self.dice.one_in(4);
        let limit = self.price(venue, instrument, side, is_taking);
        let lots = self.lots(venue, trader, instrument, side);
        let is_spread = venue.market(instrument).is_some_and(|market| market.terms.spread().is_some());
        let is_plain = is_spread && !self.dice.one_in(30);
        let reduce_only = self.dice.one_in(16) && !is_plain;
        let conditions = Conditions { post_only: !is_taking && self.dice.one_in(6), reduce_only };
        let pricing = if is_taking && self.dice.one_in(4) { Pricing::Market } else { Pricing::Limit(limit) };
        let end = venue.market(instrument).map_or(self.now, |market| market.terms.end());
        let time_in_force = match self.time_in_force(is_taking, conditions.post_only) {
            TimeInForce::GoodTillDate(until) if until > end && !self.dice.one_in(20) => TimeInForce::Day,
            chosen => chosen,
        };
        let trigger = (self.dice.one_in(18) && !is_plain).then(|| Trigger {
            reference: self.dice.pick(&TriggerReference::ALL),
            // A buy waits above the market, a sell below.
            price: self.price(venue, instrument, side, true),
        });
        let sent = self.dice.one_in(2).then(|| self.now.plus_micros(self.dice.between(-5_000_000, 0)));
        let self_trade = self.dice.pick(&[SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth]);
        let plain = OrderRequest::limit(trader.account, name, instrument, side, lots, limit);
        OrderRequest { pricing, time_in_force, trigger, conditions, self_trade, sent, ..plain }
    }

    fn time_in_force(&mut self, is_taking: bool, is_post_only: bool) -> TimeInForce {
        match self.dice.below(20) {
            0..7 if is_taking && !is_post_only => TimeInForce::ImmediateOrCancel,
            7..12 if is_taking && !is_post_only => TimeInForce::FillOrKill,
            12..15 => TimeInForce::Day,
            15..18 => TimeInForce::GoodTillDate(self.now.plus_micros(self.dice.between(1, 20_000_000_000))),
            _ => TimeInForce::GoodTillCancelled,
        }
    }

    /// Around the middle: a quote behind it, a take beyond it.
    fn price(&mut self, venue: &Engine, instrument: InstrumentId, side: Side, is_taking: bool) -> Price {
        let Some(terms) = venue.market(instrument).map(|market| market.terms) else { return Price(1_000_000) };
        let tick = terms.tick.0;
        let drift = if self.dice.one_in(12) { self.dice.between(-2, 2) } else { 0 };
        let steps = self.dice.steps() + self.dice.steps() + i64::from(self.dice.one_in(30)) * 20;
        let middle = self.middle(venue, &terms);
        let middle = (middle + drift).clamp(terms.floor.0 / tick + 30, terms.cap.0 / tick - 30);
        self.middles.insert(instrument, middle);
        let up = (side == Side::Buy) == is_taking;
        let price = Price((if up { middle + steps } else { middle - steps }) * tick);
        // Most look at the daily limits before they send something.
        let limits = if self.dice.one_in(16) { None } else { limits_of(venue, &terms) };
        let Some((lower, upper)) = limits else { return price };
        let (lower, upper) = (lower.ceil_to_tick(terms.tick), upper.floor_to_tick(terms.tick));
        price.min(upper).max(lower)
    }

    fn lots(&mut self, venue: &Engine, trader: Trader, instrument: InstrumentId, side: Side) -> Lots {
        let position = venue.exposure(instrument, trader.account).position;
        let reducible = position.reducible(side);
        if !reducible.is_zero() && self.dice.one_in(3) {
            return reducible;
        }
        // On margin some take as much as they can, and more than they can lose.
        let is_margined = venue.market(instrument).is_some_and(|market| market.terms.is_margined());
        let most = if is_margined && self.dice.one_in(6) { 60 } else { 4 };
        Lots(u32::try_from(1 + self.dice.below(most) * self.dice.below(8)).expect("it is small"))
    }

    /// The same order as before, or another one under its name.
    fn send_again(&mut self, trader: Trader, venue: &Engine) -> Command {
        let mut recent: Vec<OrderRequest> =
            self.recent.iter().copied().filter(|request| request.account == trader.account).collect();
        let Some(mut request) = recent.pop() else { return Command::SubmitOrder(self.order(trader, venue)) };
        if self.dice.one_in(4) {
            request.lots += Lots(1);
        }
        Command::SubmitOrder(request)
    }

    /// One of the trader's live orders, usually.
    fn live(&mut self, trader: Trader, venue: &Engine) -> Option<(OrderId, OrderRecord)> {
        let skip = self.dice.index(8);
        let mut live = venue.live_orders(trader.account, None).take(skip + 1);
        let first = live.next();
        live.last().or(first)
    }

    fn change(&mut self, trader: Trader, venue: &Engine) -> Command {
        let Some((order, record)) = self.live(trader, venue) else {
            return Command::SubmitOrder(self.order(trader, venue));
        };
        let is_open = venue.market(record.request.instrument).is_some_and(|market| market.is_open(self.now));
        if !is_open && !self.dice.one_in(10) {
            return Command::CancelOrder { account: trader.account, order };
        }
        let OrderRequest { side, instrument, .. } = record.request;
        let lots = match self.dice.below(3) {
            0 => Some(Lots(record.lots.0.saturating_sub(1).max(1))),
            1 => Some(record.lots + Lots(2)),
            _ => None,
        };
        let is_taking = self.dice.one_in(4);
        let limit = self.dice.one_in(2).then(|| self.price(venue, instrument, side, is_taking));
        let is_waiting = record.state == engine::orders::OrderState::Waiting;
        let trigger = (is_waiting && self.dice.one_in(2)).then(|| self.price(venue, instrument, side, true));
        Command::AmendOrder(Amendment { account: trader.account, order, lots, limit, trigger })
    }

    fn cancel(&mut self, trader: Trader, venue: &Engine) -> Command {
        let order = self.live(trader, venue).map_or(OrderId(1), |(order, _)| order);
        Command::CancelOrder { account: trader.account, order }
    }

    fn cancel_many(&mut self, trader: Trader, venue: &Engine) -> Command {
        let account = trader.account;
        if self.dice.one_in(2) {
            let timeout_us = self.dice.pick(&[0, 5_000_000, 60_000_000, 600_000_000, 86_400_000_001]);
            return Command::CancelAfter { account, timeout_us };
        }
        let instrument = self.dice.one_in(2).then(|| self.instrument(venue));
        let side = self.dice.pick(&[None, None, Some(Side::Buy), Some(Side::Sell)]);
        Command::CancelAllOrders { account, instrument, side }
    }

    /// A contract, usually one that trades.
    pub(super) fn instrument(&mut self, venue: &Engine) -> InstrumentId {
        let anything = self.dice.one_in(40);
        let now = self.now;
        let listed: Vec<InstrumentId> = venue
            .markets()
            .filter(|market| anything || market.is_open(now))
            .map(|market| market.terms.instrument)
            .collect();
        if listed.is_empty() {
            return venue.markets().last().map_or(InstrumentId(1), |market| market.terms.instrument);
        }
        // What hangs on others is not forgotten, and of the rest the first ones trade most.
        let is_derived = |id: &InstrumentId| {
            let terms = venue.market(*id).map(|market| market.terms);
            terms
                .is_some_and(|terms| terms.strip().is_some() || terms.spread().is_some() || terms.perpetual().is_some())
        };
        let derived: Vec<InstrumentId> = listed.iter().copied().filter(is_derived).collect();
        if !derived.is_empty() && self.dice.one_in(4) {
            return self.dice.pick(&derived);
        }
        let (place, other) = (self.dice.index(listed.len()), self.dice.index(listed.len()));
        listed[if self.dice.one_in(2) { place } else { place.min(other) }]
    }
}

/// The lowest and the highest price that trade in a contract today; in a spread as far as its far leg lets them.
fn limits_of(venue: &Engine, terms: &Terms) -> Option<(Price, Price)> {
    let limits = |instrument| venue.market(instrument).and_then(Market::daily_limits);
    let own = limits(terms.instrument);
    let Some(spread) = terms.spread() else { return own };
    let mark = venue.market(spread.near).and_then(Market::mark)?;
    let far = limits(spread.far).map(|(lower, upper)| (Price(mark.0 - upper.0), Price(mark.0 - lower.0)));
    let both = own.zip(far).map(|(own, far)| (own.0.max(far.0), own.1.min(far.1)));
    both.or(own).or(far)
}
