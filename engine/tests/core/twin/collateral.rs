//! What must be held in the twin, by the formulas of the pages, order by order.

use engine::ids::{AccountId, AssetId, InstrumentId, OrderId};
use engine::instrument::{Kind, Spot, Terms};
use engine::limits;
use engine::order::Conditions;
use engine::reject::Reject;
use engine::units::{Price, Side};

use super::matching::hours;
use super::{Twin, amount, cash};

/// An order that is about to enter the book, from outside, from its old place, or from waiting.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) account: AccountId,
    pub(super) instrument: InstrumentId,
    pub(super) side: Side,
    pub(super) lots: u32,
    pub(super) limit: Price,
    pub(super) conditions: Conditions,
    /// The order whose place it leaves.
    pub(super) instead_of: Option<OrderId>,
}

/// What counts of an open order.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) side: Side,
    pub(super) lots: i128,
    pub(super) limit: i128,
}

impl Twin {
    /// What is held of an asset over all contracts.
    pub fn held(&self, account: AccountId, asset: AssetId) -> i128 {
        self.contracts.iter().map(|contract| self.hold(account, &contract.terms, asset, None)).sum()
    }

    /// Position limit, US dollars, asset: the rules that count what the account has already.
    pub(super) fn check_cover(&self, arrival: &Arrival) -> Result<(), Reject> {
        let Arrival { account, instrument, side, .. } = *arrival;
        let terms = self.listed(instrument).terms;
        if terms.is_margined() || terms.spread().is_some() {
            return self.check_margin(arrival);
        }
        if !matches!(terms.kind, Kind::Spot(_)) {
            let open = self.open_orders(account, instrument, Some(arrival));
            let same_side: i128 = open.iter().filter(|open| open.side == side).map(|open| open.lots).sum();
            let (position, _) = self.holding(account, instrument);
            let already = if side == Side::Buy { position } else { -position };
            if already + same_side > i128::from(limits::POSITION_LOTS_MAX) {
                return Err(Reject::PositionLimit);
            }
        }
        let more = |asset| {
            let [before, after] = [None, Some(arrival)].map(|with| self.hold(account, &terms, asset, with));
            (after - before, self.available(account, asset))
        };
        let (required, free) = more(AssetId::USD);
        if required > free {
            return Err(Reject::InsufficientFunds { required: cash(required), free: cash(free) });
        }
        if let Kind::Spot(spot) = terms.kind {
            let (required, free) = more(spot.base);
            if required > free {
                return Err(Reject::InsufficientBalance { amount: amount(required), free: amount(free) });
            }
        }
        Ok(())
    }

    /// The open orders of an account in a contract, as they would be with an arrival among them.
    pub(super) fn open_orders(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        with: Option<&Arrival>,
    ) -> Vec<Open> {
        let left = with.and_then(|arrival| arrival.instead_of);
        let resting = self.orders.iter().filter(|order| order.is_of(account, instrument) && order.rests());
        let mut open: Vec<Open> = resting
            .filter(|order| Some(order.order) != left)
            .map(|order| Open {
                side: order.request.side,
                lots: i128::from(order.remaining()),
                limit: i128::from(order.limit.unwrap().0),
            })
            .collect();
        if let Some(&Arrival { side, lots, limit, .. }) = with {
            open.push(Open { side, lots: i128::from(lots), limit: i128::from(limit.0) });
        }
        open
    }

    /// What an account must hold of an asset for one contract.
    pub(super) fn hold(&self, account: AccountId, terms: &Terms, asset: AssetId, with: Option<&Arrival>) -> i128 {
        let open = self.open_orders(account, terms.instrument, with);
        let worst_fee = i128::from(terms.fees.maker.0.max(terms.fees.taker.0));
        match terms.kind {
            Kind::Spot(spot) => hold_of_pair(&open, worst_fee, &spot, asset),
            Kind::Month(month) if asset == AssetId::USD => {
                let hours = 24 * i128::from(month.days);
                let (position, cost) = self.holding(account, terms.instrument);
                let (floor, cap) = (i128::from(terms.floor.0), i128::from(terms.cap.0));
                let mut at_floor = cost - position * floor * hours;
                let mut at_cap = cost - position * cap * hours;
                let mut fees = 0;
                for Open { side, lots, limit } in open {
                    match side {
                        Side::Buy => at_floor += lots * (limit - floor) * hours,
                        Side::Sell => at_cap += lots * (cap - limit) * hours,
                    }
                    fees += lots * worst_fee * hours;
                }
                at_floor.max(at_cap).max(0) + fees
            }
            Kind::Month(_) => 0,
            Kind::MarginedMonth(_) | Kind::PhysicalMonth(_) | Kind::Strip(_) | Kind::Perpetual(_) | Kind::Spread(_) => {
                let lots: i128 = open.iter().map(|open| open.lots).sum();
                if asset == AssetId::USD { lots * worst_fee * hours(terms) } else { 0 }
            }
        }
    }
}

fn hold_of_pair(open: &[Open], worst_fee: i128, spot: &Spot, asset: AssetId) -> i128 {
    let of = |open: &Open| match open.side {
        Side::Buy if asset == AssetId::USD => open.lots * (open.limit + worst_fee),
        Side::Sell if asset == AssetId::USD => open.lots * (worst_fee - open.limit).max(0),
        Side::Sell if asset == spot.base => open.lots * i128::from(spot.lot_size.0),
        _ => 0,
    };
    open.iter().map(of).sum()
}
