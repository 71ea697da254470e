//! Fill or kill: the walk an order would take through the book, with nothing but lots and positions.

use crate::book::Resting;
use crate::engine::Engine;
use crate::limits;
use crate::order::SelfTrade;
use crate::trading::Arrival;
use crate::units::{Lots, Position, Side};

impl Engine {
    /// Whether a fill-or-kill order would be filled: the same walk, with nothing but lots and positions.
    pub(crate) fn would_fill(&self, arrival: &Arrival) -> bool {
        let mut remaining = arrival.remaining;
        let mut positions: Vec<(u32, Position)> = Vec::new();
        let mut next = self.next_maker(arrival);
        for _ in 0..limits::FILLS_PER_ORDER_MAX {
            let Some((slot, mut maker)) = next.filter(|(_, maker)| arrival.side.accepts(arrival.limit, maker.price))
            else {
                return false;
            };
            next = self.markets.get(arrival.market).book.behind(slot);
            if arrival.self_trade.is_some() && maker.owner == arrival.owner {
                if arrival.self_trade == Some(SelfTrade::CancelOldest) {
                    continue;
                }
                return false;
            }
            let lots = self.dry_trade(&mut positions, arrival, &maker, remaining);
            remaining -= lots;
            if remaining.is_zero() {
                return true;
            }
            maker.lots -= lots;
            let place = self.orders.live(maker.link).exposure;
            let maker_can = !maker.reduce_only || !self.dry_reducible(&positions, place, maker.side).is_zero();
            let taker_can =
                !arrival.reduce_only || !self.dry_reducible(&positions, arrival.exposure, arrival.side).is_zero();
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

    /// What two orders would trade, noted in the positions.
    fn dry_trade(
        &self,
        positions: &mut Vec<(u32, Position)>,
        arrival: &Arrival,
        maker: &Resting,
        remaining: Lots,
    ) -> Lots {
        let place = self.orders.live(maker.link).exposure;
        let mut lots = remaining.min(maker.lots);
        if maker.reduce_only {
            lots = lots.min(self.dry_reducible(positions, place, maker.side));
        }
        if arrival.reduce_only {
            lots = lots.min(self.dry_reducible(positions, arrival.exposure, arrival.side));
        }
        if !lots.is_zero() {
            self.dry_fill(positions, place, maker.side, lots);
            self.dry_fill(positions, arrival.exposure, arrival.side, lots);
        }
        lots
    }

    fn dry_reducible(&self, positions: &[(u32, Position)], place: u32, side: Side) -> Lots {
        self.position_in(positions, place).reducible(side)
    }

    fn position_in(&self, positions: &[(u32, Position)], place: u32) -> Position {
        let changed = positions.iter().find(|(of, _)| *of == place).map(|&(_, position)| position);
        changed.unwrap_or_else(|| self.exposures.get(place).exposure.position)
    }

    fn dry_fill(&self, positions: &mut Vec<(u32, Position)>, place: u32, side: Side, lots: Lots) {
        let after = self.position_in(positions, place).traded(side, lots);
        positions.retain(|(of, _)| *of != place);
        positions.push((place, after));
    }
}
