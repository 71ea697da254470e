//! The rules an order has to obey, in the order in which they are reported.

use crate::accounts::AccountSlot;
use crate::cover::Proposed;
use crate::engine::Engine;
use crate::exposure::{Exposure, Hold};
use crate::instrument::State;
use crate::limits;
use crate::market::Market;
use crate::order::{OrderRequest, Pricing, TimeInForce, TriggerReference};
use crate::reject::Reject;
use crate::trading::Checked;
use crate::units::{Lots, Price, Side, Timestamp};

impl Engine {
    /// All rules of a new order that do not depend on money.
    pub(crate) fn check_order(&self, request: &OrderRequest, is_known: bool) -> Result<Checked, Reject> {
        let instrument = request.instrument;
        let market_place = self.markets.require(instrument)?;
        let market = self.markets.get(market_place);
        let account = self.accounts.require(request.account)?;
        if is_known {
            return Err(Reject::ClientOrderIdReused { client_order_id: request.client_order_id });
        }
        if self.accounts.get(account).next_round.is_some() {
            return Err(Reject::InLiquidation { account: request.account });
        }
        self.check_no_exit(request.account)?;
        check_sent(request.sent, self.time)?;
        check_contradictions(request, market, self.time)?;
        self.check_taking_orders(market, account)?;
        check_lots(request.lots, Lots(1), market)?;
        let exposure = self.exposures.find(market_place, account);
        let limit = match (request.pricing, request.trigger) {
            (Pricing::Limit(limit), _) => Some(limit),
            (Pricing::Market, Some(_)) => None,
            (Pricing::Market, None) => Some(market.protected_limit(request.side).ok_or(Reject::NothingToTradeWith)?),
        };
        if let Pricing::Limit(limit) = request.pricing {
            check_price(limit, market)?;
        }
        match (request.trigger, limit) {
            (Some(trigger), _) => {
                check_price(trigger.price, market)?;
                if market.stops.is_reached(request.side, trigger) {
                    return Err(Reject::StopInReach { price: trigger.price });
                }
            }
            (None, Some(limit)) => {
                self.check_market(market, request.side, limit, request.conditions.post_only)?;
                if request.conditions.reduce_only {
                    check_reducing(request.side, &self.before(exposure).0)?;
                }
            }
            (None, None) => unreachable!("an order without trigger has a limit by now"),
        }
        Ok(Checked { market: market_place, account, limit, exposure })
    }

    /// The rules of how many orders there may be, and of money; answers the exposure with the order.
    pub(crate) fn check_funds(&self, request: &OrderRequest, checked: &Checked) -> Result<Exposure, Reject> {
        let Checked { market, account, limit, exposure } = *checked;
        let (mut after, held) = self.before(exposure);
        after.orders_count += 1;
        if after.orders_count > limits::OPEN_ORDERS_MAX {
            return Err(Reject::TooManyOpenOrders);
        }
        let owner = self.accounts.get(account);
        let most = owner.live_orders_max();
        if owner.live.count >= most {
            return Err(Reject::TooManyAccountOrders { most });
        }
        match (request.trigger, limit) {
            (Some(_), _) => {
                if self.markets.get(market).stops.count() >= limits::STOPS_MAX {
                    return Err(Reject::TooManyStops);
                }
            }
            (None, limit) => {
                let limit = limit.expect("an order that arrives has a limit");
                let (side, lots) = (request.side, request.lots);
                after.open(&self.markets.get(market).contract, side, limit, lots);
                let (place, left) = (exposure, None);
                self.check_cover(&Proposed { market, account, place, held, after: &after, side, limit, lots, left })?;
            }
        }
        if owner.remembered_count >= limits::REMEMBERED_ORDERS_MAX {
            return Err(Reject::TooManyOrders);
        }
        Ok(after)
    }

    /// An exposure and what is held for it; nothing if there is none yet.
    fn before(&self, place: Option<u32>) -> (Exposure, Hold) {
        place.map(|place| self.exposures.before(place)).unwrap_or_default()
    }

    /// Whether the contract takes orders now, and the account may send one.
    pub(crate) fn check_taking_orders(&self, market: &Market, account: AccountSlot) -> Result<(), Reject> {
        self.check_open(market)?;
        if let Some(legs) = market.legs {
            self.check_legs_open(legs)?;
        }
        let owner = self.accounts.get(account);
        owner.orders_budget.check(owner.limits.orders, self.time)
    }

    /// Whether a contract takes orders now.
    #[inline]
    pub(crate) fn check_open(&self, market: &Market) -> Result<(), Reject> {
        let instrument = market.terms.instrument;
        if let State::Settling(_) = market.state {
            return Err(Reject::Settling { instrument });
        }
        if market.state == State::Settled || self.time >= market.terms.end() {
            return Err(Reject::Expired { instrument });
        }
        if market.halt.is_some() {
            return Err(Reject::Halted { instrument });
        }
        Ok(())
    }

    /// What depends on where the market is: daily limits, of a spread those of its legs, too, price band, and for a post-only order the
    /// best opposite price.
    pub(crate) fn check_market(
        &self,
        market: &Market,
        side: Side,
        limit: Price,
        post_only: bool,
    ) -> Result<(), Reject> {
        check_limits(limit, market.bounds)?;
        if let Some(legs) = market.legs {
            check_limits(limit, self.prices_of_legs(legs)?)?;
        }
        if let Some((reference, bound)) = market.band_bound(side)
            && !side.accepts(bound, limit)
        {
            return Err(Reject::OutsideBand { price: limit, reference, bound });
        }
        if post_only
            && let Some(best) = market.book.best(side.opposite())
            && side.accepts(limit, best)
        {
            return Err(Reject::WouldTrade { best });
        }
        Ok(())
    }
}

/// How many lots an order may have.
pub(crate) fn check_lots(lots: Lots, least: Lots, market: &Market) -> Result<(), Reject> {
    let most = market.controls.order_lots_max;
    if lots < least || lots > most { Err(Reject::LotsOutOfRange { lots, least, most }) } else { Ok(()) }
}

/// Floor, cap and tick.
pub(crate) fn check_price(price: Price, market: &Market) -> Result<(), Reject> {
    let (floor, cap, tick) = (market.terms.floor, market.terms.cap, market.terms.tick);
    if price < floor || price > cap {
        return Err(Reject::PriceOutOfRange { price, floor, cap });
    }
    if !price.is_on_tick(tick) {
        let below = price.floor_to_tick(tick);
        return Err(Reject::PriceOffTick { price, tick, below, above: Price(below.0 + tick.0) });
    }
    Ok(())
}

fn check_limits(price: Price, (lower, upper): (Price, Price)) -> Result<(), Reject> {
    if price < lower || price > upper { Err(Reject::OutsideDailyLimits { price, lower, upper }) } else { Ok(()) }
}

/// A reduce-only order needs something to reduce.
pub(crate) fn check_reducing(side: Side, exposure: &Exposure) -> Result<(), Reject> {
    if exposure.reducible(side).is_zero() { Err(Reject::NothingToReduce) } else { Ok(()) }
}

/// An order from outside the time for which client order ids are kept could act a second time.
fn check_sent(sent: Option<Timestamp>, now: Timestamp) -> Result<(), Reject> {
    let Some(sent) = sent else { return Ok(()) };
    let earliest = Timestamp(now.0 - limits::ORDER_RETENTION_US);
    if sent < earliest || sent > now.plus_micros(limits::SENT_AHEAD_US_MAX) {
        return Err(Reject::SentOutsideRetention { sent });
    }
    Ok(())
}

fn check_contradictions(request: &OrderRequest, market: &Market, now: Timestamp) -> Result<(), Reject> {
    let invalid = |rule| Err(Reject::InvalidOrder { rule });
    let immediate = request.pricing == Pricing::Market || !request.time_in_force.rests();
    if request.conditions.post_only && immediate {
        return invalid("a post-only order rests: a limit order that is not immediate");
    }
    if let TimeInForce::GoodTillDate(until) = request.time_in_force
        && (until <= now || until > market.terms.end())
    {
        return invalid("a date lies in the future and not behind the contract's end");
    }
    let is_spot = market.terms.base().is_some();
    if is_spot && request.conditions.reduce_only {
        return invalid("a spot pair has no position to reduce");
    }
    if is_spot && request.trigger.is_some_and(|trigger| trigger.reference == TriggerReference::Index) {
        return invalid("a spot pair has no index");
    }
    let is_spread = market.legs.is_some();
    if is_spread && request.conditions.reduce_only {
        return invalid("a spread has no position to reduce");
    }
    if is_spread && request.trigger.is_some() {
        return invalid("a spread has no stop orders");
    }
    Ok(())
}
