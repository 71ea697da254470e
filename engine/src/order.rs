//! What an order says: price, time in force, trigger and conditions, as types that cannot contradict each other.

use crate::ids::{AccountId, ClientOrderId, InstrumentId};
use crate::units::{Lots, Price, Side, Timestamp};

/// The body of an order; two requests with the same client order id must agree in all of it but [`OrderRequest::sent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Who trades.
    pub account: AccountId,
    /// The client's own name for the order.
    pub client_order_id: ClientOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub lots: Lots,
    /// Limit or market.
    pub pricing: Pricing,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// For a stop order: when it wakes up.
    pub trigger: Option<Trigger>,
    /// What it must never do.
    pub conditions: Conditions,
    /// What happens when it meets an order of the same owner.
    pub self_trade: SelfTrade,
    /// When the client says it sent the order. `None`: not stated, as in the first version of the journal.
    pub sent: Option<Timestamp>,
}

impl OrderRequest {
    /// A plain limit order, good till cancelled, without conditions.
    pub fn limit(
        account: AccountId,
        client_order_id: ClientOrderId,
        instrument: InstrumentId,
        side: Side,
        lots: Lots,
        limit: Price,
    ) -> OrderRequest {
        OrderRequest {
            account,
            client_order_id,
            instrument,
            side,
            lots,
            pricing: Pricing::Limit(limit),
            time_in_force: TimeInForce::GoodTillCancelled,
            trigger: None,
            conditions: Conditions::NONE,
            self_trade: SelfTrade::CancelNewest,
            sent: None,
        }
    }

    /// Whether both ask for the same thing, whenever they were sent.
    pub fn same_body(&self, other: &OrderRequest) -> bool {
        *self == OrderRequest { sent: self.sent, ..*other }
    }
}

/// Which price an order accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// This price or a better one.
    Limit(Price),
    /// Any price within the contract's protection range of the best opposite one when it arrives.
    Market,
}

impl Pricing {
    /// The limit that was asked for.
    pub fn limit(self) -> Option<Price> {
        match self {
            Pricing::Limit(price) => Some(price),
            Pricing::Market => None,
        }
    }
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    /// Until it is cancelled or the contract ends.
    GoodTillCancelled,
    /// It trades what it can at once; the rest is cancelled.
    ImmediateOrCancel,
    /// It trades in full at once, or not at all.
    FillOrKill,
    /// Until the UTC day in which it was accepted ends.
    Day,
    /// Until this moment.
    GoodTillDate(Timestamp),
}

impl TimeInForce {
    /// Whether what is left of the order may rest in the book.
    pub fn rests(self) -> bool {
        !matches!(self, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
    }
}

/// What wakes a stop order up: a buy when the reference is at or above the price, a sell when it is at or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// What is watched.
    pub reference: TriggerReference,
    /// Where it wakes up.
    pub price: Price,
}

/// A price that stop orders watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TriggerReference {
    /// The last trade.
    Last,
    /// The mark price.
    Mark,
    /// The latest fixing of the contract's series.
    Index,
}

impl TriggerReference {
    /// All of them, in the order in which stops are served.
    pub const ALL: [TriggerReference; 3] = [TriggerReference::Last, TriggerReference::Mark, TriggerReference::Index];
}

/// What an order must never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Never trade on arrival.
    pub post_only: bool,
    /// Never open or turn a position.
    pub reduce_only: bool,
}

impl Conditions {
    /// No condition.
    pub const NONE: Conditions = Conditions { post_only: false, reduce_only: false };
}

/// What happens when an arriving order meets a resting one of the same owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTrade {
    /// What is left of the arriving order is cancelled.
    CancelNewest,
    /// The resting order is cancelled, and the arriving one goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
}

/// A change of a live order. What is not given stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// Whose order.
    pub account: AccountId,
    /// Which.
    pub order: crate::ids::OrderId,
    /// Its new size in all, with what has traded.
    pub lots: Option<Lots>,
    /// Its new limit.
    pub limit: Option<Price>,
    /// Where it wakes up from now on.
    pub trigger: Option<Price>,
}
