//! What an order looks like in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::numbers::Amount;

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderSide {
    /// Wants to be long.
    Buy,
    /// Wants to be short.
    Sell,
}

/// Which price an order accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderType {
    /// Its limit or a better one.
    #[default]
    Limit,
    /// Any within the contract's protection range of the best opposite price when it arrives.
    Market,
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeInForce {
    /// Good till cancelled.
    Gtc,
    /// Immediate or cancel: what cannot trade at once is cancelled.
    Ioc,
    /// Fill or kill: it trades in full at once, or not at all.
    Fok,
    /// Until the UTC day in which it was accepted ends.
    Day,
    /// Good till a date: until `expires_ts_us`.
    Gtd,
}

/// What a stop order watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StopReference {
    /// The last trade.
    Last,
    /// The mark price.
    Mark,
    /// The latest fixing of the contract's series.
    Index,
}

/// When a stop order wakes up: a buy when the reference is at or above the price, a sell when it is at or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// What is watched.
    pub reference: StopReference,
    /// Where it wakes up.
    pub price: Amount,
}

/// What happens when an order meets a resting one of the same owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelfTradePrevention {
    /// What is left of the arriving order is cancelled.
    #[default]
    CancelNewest,
    /// The resting order is cancelled, and the arriving one goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
}

/// An order to place. What is left out makes it a limit order, good till cancelled, without conditions.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The sub-account it is for; left out for your own account.
    pub account: Option<u32>,
    /// Your own name for the order; sending the same order again under it does nothing and gets the same answer.
    #[schema(min_length = 1, max_length = 32, pattern = r"^[A-Za-z0-9._~:-]+$", example = "my-first-order")]
    pub client_order_id: String,
    /// What to trade.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-09")]
    pub instrument: String,
    /// Buy or sell.
    pub side: OrderSide,
    /// Whole contracts.
    #[schema(minimum = 1, maximum = 100_000)]
    pub lots: u32,
    /// `limit` unless you say `market`.
    #[serde(default, rename = "type")]
    pub kind: OrderType,
    /// The worst price a limit order accepts, in USD per GPU-hour; a market order has none.
    pub limit_price: Option<Amount>,
    /// `gtc` for a limit order and `ioc` for a market order unless you say otherwise.
    pub time_in_force: Option<TimeInForce>,
    /// When a `gtd` order ends.
    pub expires_ts_us: Option<i64>,
    /// Refuse the order rather than let it trade on arrival.
    #[serde(default)]
    pub post_only: bool,
    /// Never open or turn the position.
    #[serde(default)]
    pub reduce_only: bool,
    /// Makes it a stop order: it waits until the reference reaches the price.
    pub stop: Option<Stop>,
    /// `cancel_newest` unless you say otherwise.
    #[serde(default)]
    pub self_trade_prevention: SelfTradePrevention,
    /// When you first sent this order. Keep it when you send the order again: one that is older than the venue's memory of client
    /// order ids is refused instead of acting twice. Left out, it is when the request was signed.
    pub sent_ts_us: Option<i64>,
}

/// An order and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Order {
    /// The venue's name for it.
    pub order_id: String,
    /// Your name for it.
    pub client_order_id: String,
    /// Whose it is.
    pub account: u32,
    /// The contract.
    pub instrument: String,
    /// Buy or sell.
    pub side: OrderSide,
    /// Whole contracts, with what has traded.
    pub lots: u32,
    /// Limit or market.
    #[serde(rename = "type")]
    pub kind: OrderType,
    /// The worst price it accepts; of a market order the edge of the protection range once it has arrived, `null` before.
    pub limit_price: Option<Amount>,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// When it ends, if it is `gtd`.
    pub expires_ts_us: Option<i64>,
    /// Whether it must not trade on arrival.
    pub post_only: bool,
    /// Whether it must not open or turn the position.
    pub reduce_only: bool,
    /// Of a stop order: when it wakes up, or was to wake up before it did.
    pub stop: Option<Stop>,
    /// What happens when it meets an order of the same owner.
    pub self_trade_prevention: SelfTradePrevention,
    /// What has traded.
    pub filled_lots: u32,
    /// What has not.
    pub remaining_lots: u32,
    /// `live`, `waiting` (a stop order that has not woken up), `filled` or `cancelled`.
    pub state: &'static str,
}

/// One trade of an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderFill {
    /// The trade.
    pub trade_id: String,
    /// The resting order's price.
    pub price: Amount,
    /// How much.
    pub lots: u32,
    /// What this order paid for it, in USD.
    pub fee: Amount,
    /// `taker`: this order arrived.
    pub liquidity: &'static str,
}
