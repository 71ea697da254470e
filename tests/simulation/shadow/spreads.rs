//! Spreads as events tell of them: what trades in one becomes positions in both legs, at the near one's mark.

use engine::event::{Event, Trade};
use engine::ids::InstrumentId;
use engine::instrument::Spread;
use engine::units::{Price, Side};

use super::Shadow;
use super::book::Market;
use super::requirement::Value;
use crate::fault::{Fault, check, same};

impl Shadow {
    /// Both legs of a spread with what they are worth, near and far; nothing before both are known.
    pub(super) fn legs(&self, spread: &Spread) -> Option<[(&Market, Value); 2]> {
        let leg = |instrument| {
            let market = self.markets.get(&instrument)?;
            Some((market, self.value_of(market)?))
        };
        Some([leg(spread.near)?, leg(spread.far)?])
    }

    /// Whether a contract takes orders and trades: a spread as long as both its legs do.
    pub(super) fn is_open(&self, instrument: InstrumentId) -> bool {
        let is_open = |id| self.markets.get(&id).is_some_and(|market: &Market| market.is_open(self.now));
        let spread = self.markets.get(&instrument).and_then(|market| market.terms.spread());
        is_open(instrument) && spread.is_none_or(|spread| is_open(spread.near) && is_open(spread.far))
    }

    /// Whether a price of a contract can trade: in a spread the prices of the legs have to be within their own limits.
    pub(super) fn is_feasible(&self, instrument: InstrumentId, price: Price) -> bool {
        let Some(spread) = self.markets.get(&instrument).and_then(|market| market.terms.spread()) else { return true };
        let Some([(near, _), (far, _)]) = self.legs(&spread) else { return false };
        let Some(mark) = near.known.mark else { return false };
        let is_within = |leg: &Market, price: Price| price >= leg.bounds.0 && price <= leg.bounds.1;
        is_within(near, mark) && is_within(far, Price(mark.0 - price.0))
    }

    /// The legs of the trade before.
    pub(super) fn read_legs(&mut self, event: &Event) -> Result<(), Fault> {
        let &Event::LegsTraded { near, near_price, far, far_price } = event else {
            return Err(Fault::new("a spread trades its legs", "no legs"));
        };
        let Some(Trade { instrument, price, lots, taker_side, taker, maker, .. }) = self.course.legs.take() else {
            return Err(Fault::new("a spread trades its legs", "legs without a trade"));
        };
        self.counts.spread_trades += 1;
        let spread = self.market(instrument)?.terms.spread();
        let named = spread.map(|spread| (spread.near, spread.far));
        same("a spread trades its legs", Some((near, far)), named, || format!("spread {instrument}"))?;
        let mark = self.market(near)?.known.mark;
        same("the near leg trades at its mark", Some(near_price), mark, || format!("spread {instrument}"))?;
        let difference = Price(near_price.0 - far_price.0);
        same("the legs differ by the price of the spread", difference, price, || format!("spread {instrument}"))?;
        check(self.is_feasible(instrument, price), "no leg trades outside its limits", || format!("{event:?}"))?;
        for (account, side) in [(taker.account, taker_side), (maker.account, taker_side.opposite())] {
            let lots = if side == Side::Buy { i64::from(lots.0) } else { -i64::from(lots.0) };
            for (leg, price, lots) in [(near, near_price, lots), (far, far_price, -lots)] {
                let hours = i128::from(self.market(leg)?.terms.hours().0);
                self.move_position(leg, account, lots, i128::from(price.0) * i128::from(lots) * hours);
            }
        }
        Ok(())
    }
}
