//! What events carry: trades, and why something was cancelled, moved or worth what it was.

use crate::ids::{AccountId, InstrumentId, OrderId, TradeId};
use crate::reject::Reject;
use crate::units::{Cash, Lots, Price, Side};

/// Two orders that met, at the resting order's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The trade.
    pub trade: TradeId,
    /// In which contract.
    pub instrument: InstrumentId,
    /// The resting order's price.
    pub price: Price,
    /// How much.
    pub lots: Lots,
    /// The side of the order that arrived.
    pub taker_side: Side,
    /// The order that arrived.
    pub taker: TradeSide,
    /// The order that was resting.
    pub maker: TradeSide,
}

/// One side of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeSide {
    /// The order.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// What it paid the venue; negative if the venue paid it.
    pub fee: Cash,
}

/// Why an order left the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// Its owner asked.
    Requested,
    /// The contract is being settled for good.
    Expired,
    /// It traded with as many resting orders as one order may, and the rest of it did not enter the book.
    FillLimit,
    /// What was left of an immediate-or-cancel order.
    ImmediateOrCancel,
    /// A fill-or-kill order could not be filled.
    FillOrKill,
    /// Its time was over.
    TimeInForce,
    /// It would have traded with an order of the same owner.
    SelfTrade,
    /// The rest of it would have opened or turned the position.
    ReduceOnly,
    /// A mass cancel.
    MassCancel,
    /// The dead man's switch fired.
    CancelAfter,
    /// Its price is outside the daily limits.
    DailyLimit,
    /// It would raise the risk of an account below its initial margin.
    MarginCall,
    /// Its account is in liquidation.
    Liquidation,
    /// Its account is in exit.
    Exit,
    /// A stop order that would have been refused when it woke up.
    Refused(Reject),
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferReason {
    /// It arrived from outside.
    Deposit,
    /// A trade was paid for.
    Fee,
    /// A maker was paid for a trade.
    Rebate,
    /// An asset was bought and paid for.
    Purchase,
    /// It was paid out.
    Withdrawal,
    /// Its owner moved it.
    Internal,
    /// A position was brought to the settlement value.
    Variation,
    /// One side of a perpetual paid the other.
    Funding,
    /// What an account could not pay is owed from now on.
    Shortfall,
    /// What an account owed is paid back.
    Repayment,
    /// An account in liquidation paid the insurance fund for a trade.
    Liquidation,
    /// The insurance fund paid what an account in default is missing.
    Insurance,
    /// It came back from the chain.
    Import,
}

/// Why lots moved from one account to another without a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionReason {
    /// The backstop took them over.
    Backstop,
    /// They closed lots of an account on the other side.
    Deleveraging,
}

/// Where a day's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixingRung {
    /// The day's own fixing.
    Fixing,
    /// The last final fixing before a day whose own was suppressed.
    LastFinal,
}

/// Where a settlement value came from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementRung {
    /// The final value: every day of delivery has its final fixing or recorded rung.
    Fixings,
    /// The last trade of the business day.
    LastTrade,
    /// The middle between best bid and best offer, rounded down.
    Midpoint,
    /// The settlement price of an earlier day.
    PreviousSettlement,
    /// The latest fixing of the series.
    LatestFixing,
    /// Of a margined contract: the volume-weighted average price of the day's last hour.
    VolumeWeighted,
    /// Of a margined contract: the reference value.
    Reference,
    /// Of a strip: the settlement values of its legs.
    Legs,
    /// Of a perpetual's funding: the premium.
    Premium,
    /// Of a physical month: the final value, in cash because nothing was delivered.
    Undelivered,
}
