//! Fill or kill: the walk an order would take through the book, with nothing but lots and positions.

use crate::book::Resting;
use crate::engine::Engine;
use crate::limits;
use crate::order::SelfTrade;
use crate::trading::Arrival;
use crate::units::{Lots, Position, Side};

impl Engine {
    /// Whether a fill-or-kill order would be filled: the same walk, with nothing but lots and positions.
    pub(crate) fn would_fill(&mut self, arrival: &Arrival) -> bool {
        let mut bought = std::mem::take(&mut self.dry_trades);
        bought.clear();
        let mut walk = DryWalk { exposure: arrival.exposure, taker: Position::FLAT, bought };
        let fills = self.walk(arrival, &mut walk);
        self.dry_trades = walk.bought;
        fills
    }

    fn walk(&self, arrival: &Arrival, walk: &mut DryWalk) -> bool {
        let mut remaining = arrival.remaining;
        let mut next = self.next_maker(arrival);
        for _ in 0..limits::FILLS_PER_ORDER_MAX {
            let Some((slot, mut maker)) = next.filter(|(_, maker)| arrival.side.accepts(arrival.limit, maker.price))
            else {
                return false;
            };
            next = self.markets.get(arrival.market).book.behind(slot);
            if !self.is_feasible(arrival.market, maker.price) {
                continue;
            }
            if arrival.self_trade.is_some() && maker.owner == arrival.owner {
                if arrival.self_trade == Some(SelfTrade::CancelOldest) {
                    continue;
                }
                return false;
            }
            let lots = self.dry_trade(walk, arrival, &maker, remaining);
            remaining -= lots;
            if remaining.is_zero() {
                return true;
            }
            maker.lots -= lots;
            let place = self.orders.live(maker.link).exposure;
            let maker_can = !maker.reduce_only || !self.dry_reducible(walk, place, maker.side).is_zero();
            let taker_can = !arrival.reduce_only || !self.dry_reducible(walk, arrival.exposure, arrival.side).is_zero();
            if !taker_can {
                return false;
            }
            if !maker.lots.is_zero() && maker_can {
                // Only an account that trades with itself gets here: its position stays, and it can go on reducing it.
                next = Some((slot, maker));
            }
        }
        false
    }

    /// What two orders would trade, noted in the walk.
    fn dry_trade(&self, walk: &mut DryWalk, arrival: &Arrival, maker: &Resting, remaining: Lots) -> Lots {
        let place = self.orders.live(maker.link).exposure;
        let mut lots = remaining.min(maker.lots);
        if maker.reduce_only {
            lots = lots.min(self.dry_reducible(walk, place, maker.side));
        }
        if arrival.reduce_only {
            lots = lots.min(self.dry_reducible(walk, arrival.exposure, arrival.side));
        }
        if !lots.is_zero() {
            walk.bought.push((place, Position::FLAT.traded(maker.side, lots)));
            walk.taker = walk.taker.traded(arrival.side, lots);
        }
        lots
    }

    /// Looked for among all trades of the walk, but only where a reduce-only order asks.
    fn dry_reducible(&self, walk: &DryWalk, place: u32, side: Side) -> Lots {
        let mut position = self.exposures.get(place).exposure.position.0;
        if place == walk.exposure {
            position += walk.taker.0;
        }
        position += walk.bought.iter().filter(|(of, _)| *of == place).map(|(_, lots)| lots.0).sum::<i64>();
        Position(position).reducible(side)
    }
}

/// What the walk would have changed so far.
struct DryWalk {
    /// The exposure of the arriving order, and what it would have gained.
    exposure: u32,
    taker: Position,
    /// What the makers' exposures would have gained, trade by trade.
    bought: Vec<(u32, Position)>,
}
