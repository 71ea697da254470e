//! What the exchange did. Events are in the past tense; replies, feeds, projections and hashes are made of nothing else.

use crate::command::{FixingStage, Role};
use crate::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol, TradeId};
use crate::instrument::SettlementKind;
use crate::ledger::LedgerAccount;
use crate::reject::Reject;
use crate::units::{Cash, Day, Lots, Position, Price, Side};

/// One thing that happened. A command leads to one event or more; a refused one to exactly one, [`Event::Rejected`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A rule said no; nothing changed.
    Rejected(Reject),
    /// An account was opened.
    AccountOpened {
        /// The account.
        account: AccountId,
    },
    /// A key received its role.
    KeyRegistered {
        /// The key.
        key: KeyId,
        /// The role.
        role: Role,
    },
    /// A key lost its rights.
    KeyRevoked {
        /// The key.
        key: KeyId,
    },
    /// A contract was listed.
    InstrumentListed {
        /// The contract.
        instrument: InstrumentId,
        /// Its symbol.
        symbol: Symbol,
    },
    /// An order was taken. Precedes the trades it makes.
    OrderAccepted {
        /// The order.
        order: OrderId,
        /// Whose.
        account: AccountId,
        /// In which contract.
        instrument: InstrumentId,
        /// The client's name for it.
        client_order_id: ClientOrderId,
        /// Buy or sell.
        side: Side,
        /// Its limit.
        limit: Price,
        /// Its size.
        lots: Lots,
    },
    /// The same order was sent again; this was the answer of the first time, and nothing changed.
    OrderReplayed {
        /// The order that was accepted the first time.
        order: OrderId,
        /// What it had traded when it was first answered.
        filled: Lots,
        /// What had come to rest then.
        rested: Lots,
    },
    /// Two orders met.
    Traded(Trade),
    /// What was left of an order came to rest in the book.
    OrderRested {
        /// The order.
        order: OrderId,
        /// What is left of it.
        lots: Lots,
    },
    /// An order left the book untraded, wholly or in part.
    OrderCancelled {
        /// The order.
        order: OrderId,
        /// Whose.
        account: AccountId,
        /// In which contract.
        instrument: InstrumentId,
        /// How much of it was left.
        lots: Lots,
        /// Why.
        reason: CancelReason,
    },
    /// Money moved between two accounts of the ledger.
    Transferred {
        /// Where it was.
        from: LedgerAccount,
        /// Where it is.
        to: LedgerAccount,
        /// What moved.
        asset: AssetId,
        /// How much; above zero.
        amount: Cash,
        /// Why.
        reason: TransferReason,
    },
    /// A day of a series received its value.
    FixingRecorded {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
        /// How firm.
        stage: FixingStage,
        /// The value.
        price: Price,
        /// Where it came from.
        rung: FixingRung,
    },
    /// A settlement began; its value is fixed from here on.
    SettlementStarted {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// Daily or final.
        kind: SettlementKind,
        /// What one lot is worth.
        value_per_lot: Cash,
        /// Where that value came from.
        rung: SettlementRung,
    },
    /// One account's position was brought to the settlement value.
    PositionSettled {
        /// The contract.
        instrument: InstrumentId,
        /// Whose position.
        account: AccountId,
        /// The position that was settled.
        position: Position,
        /// What the account received; negative if it paid.
        variation: Cash,
    },
    /// A settlement is complete.
    SettlementCompleted {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// Daily or final.
        kind: SettlementKind,
    },
}

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
    /// What it paid the venue.
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
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferReason {
    /// It arrived from outside.
    Deposit,
    /// A trade was paid for.
    Fee,
    /// A position was brought to the settlement value.
    Variation,
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
}
