//! The rows of the history's lists, and how they are read from its tables.

use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, Seq, TradeId, TransferId, VaultId};
use engine::units::{Amount, Cash, Day, Lots, Position, Price, Side};
use engine::vaults::{Revenue, Sold};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A trade of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    /// The trade.
    pub trade: TradeId,
    /// Its number among the contract's trades, from 1 without gaps.
    pub instrument_sequence: u64,
    /// When, in microseconds.
    pub ts_us: i64,
    /// At which price.
    pub price: Price,
    /// How much.
    pub lots: Lots,
    /// The side of the order that arrived.
    pub taker_side: Side,
}

/// One side of a trade of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillRow {
    /// Its number among the account's fills, from 1 without gaps.
    pub account_sequence: u64,
    /// The trade.
    pub trade: TradeId,
    /// When, in microseconds.
    pub ts_us: i64,
    /// The contract.
    pub instrument: InstrumentId,
    /// The account's order.
    pub order: OrderId,
    /// What its owner calls it.
    pub client_order_id: Option<String>,
    /// What the account did.
    pub side: Side,
    /// At which price.
    pub price: Price,
    /// How much.
    pub lots: Lots,
    /// What it paid for that; negative if the venue paid it.
    pub fee: Cash,
    /// `maker` or `taker`.
    pub liquidity: String,
    /// What it traded in the legs of a spread, near before far, and at which prices.
    pub legs: Option<[(InstrumentId, Price); 2]>,
}

/// A daily value of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixingRow {
    /// The day.
    pub day: Day,
    /// `provisional` or `final`.
    pub stage: String,
    /// The value.
    pub price: Price,
    /// Where it came from.
    pub rung: String,
    /// When it was published, in microseconds.
    pub ts_us: i64,
}

/// A settlement of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementRow {
    /// Its number: the command that started it.
    pub settlement: u64,
    /// The contract.
    pub instrument: InstrumentId,
    /// The business day.
    pub day: Day,
    /// `daily`, `final`, `cascade` or `funding`.
    pub kind: String,
    /// What one lot was worth.
    pub value_per_lot: Cash,
    /// Where that came from.
    pub rung: String,
    /// When it started, in microseconds.
    pub ts_us: i64,
}

/// What an account received in a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariationRow {
    /// The settlement, by the command that started it.
    pub settlement: u64,
    /// The contract.
    pub instrument: InstrumentId,
    /// The business day.
    pub day: Day,
    /// `daily`, `final`, `cascade` or `funding`.
    pub kind: String,
    /// What it held.
    pub position: Position,
    /// What it received; negative if it paid.
    pub variation: Cash,
}

/// A change of a position without a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionTransferRow {
    /// Its number among the account's, from 1 without gaps.
    pub account_sequence: u64,
    /// When, in microseconds.
    pub ts_us: i64,
    /// The contract.
    pub instrument: InstrumentId,
    /// By how much the position has changed.
    pub lots: Position,
    /// What was added to what it cost.
    pub value: Cash,
    /// `backstop` or `deleveraging`.
    pub reason: String,
}

/// An entry of revenue of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultRevenueRow {
    /// Place in the journal.
    pub seq: Seq,
    /// When, in microseconds.
    pub ts_us: i64,
    /// What was sold, and how it was shared.
    pub revenue: Revenue,
}

/// A payment out of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRow {
    /// The pending transfer it began as.
    pub transfer: TransferId,
    /// Who is paid.
    pub account: AccountId,
    /// What.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
    /// `pending`, `posted` or `voided`.
    pub state: String,
    /// When it was asked for, in microseconds.
    pub ts_us: i64,
    /// When it was posted or voided.
    pub ended_ts_us: Option<i64>,
}

/// A row of a table as a row of a list.
pub(super) trait FromRow: Sized {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error>;
}

impl FromRow for TradeRow {
    fn from_row(row: &SqliteRow) -> Result<TradeRow, sqlx::Error> {
        Ok(TradeRow {
            trade: TradeId(number(row, "trade_id")?),
            instrument_sequence: number(row, "instrument_sequence")?,
            ts_us: row.try_get("ts_us")?,
            price: Price(row.try_get("price")?),
            lots: Lots(row.try_get("lots")?),
            taker_side: taker_side(row)?,
        })
    }
}

impl FromRow for FillRow {
    fn from_row(row: &SqliteRow) -> Result<FillRow, sqlx::Error> {
        let liquidity: String = row.try_get("liquidity")?;
        let taker_side = taker_side(row)?;
        Ok(FillRow {
            account_sequence: number(row, "account_sequence")?,
            trade: TradeId(number(row, "trade_id")?),
            ts_us: row.try_get("ts_us")?,
            instrument: InstrumentId(row.try_get("instrument")?),
            order: OrderId(number(row, "order_id")?),
            client_order_id: row.try_get("client_order_id")?,
            side: if liquidity == "taker" { taker_side } else { taker_side.opposite() },
            price: Price(row.try_get("price")?),
            lots: Lots(row.try_get("lots")?),
            fee: Cash(row.try_get("fee")?),
            liquidity,
            legs: legs(row)?,
        })
    }
}

fn legs(row: &SqliteRow) -> Result<Option<[(InstrumentId, Price); 2]>, sqlx::Error> {
    let Some(near) = row.try_get("near")? else { return Ok(None) };
    let prices = [Price(row.try_get("near_price")?), Price(row.try_get("far_price")?)];
    Ok(Some([(InstrumentId(near), prices[0]), (InstrumentId(row.try_get("far")?), prices[1])]))
}

fn taker_side(row: &SqliteRow) -> Result<Side, sqlx::Error> {
    Ok(if row.try_get::<&str, _>("taker_side")? == "buy" { Side::Buy } else { Side::Sell })
}

/// A number that the journal counts; SQLite has no unsigned ones.
pub(super) fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}

impl FromRow for FixingRow {
    fn from_row(row: &SqliteRow) -> Result<FixingRow, sqlx::Error> {
        Ok(FixingRow {
            day: Day(row.try_get("day")?),
            stage: row.try_get("stage")?,
            price: Price(row.try_get("price")?),
            rung: row.try_get("rung")?,
            ts_us: row.try_get("ts_us")?,
        })
    }
}

impl FromRow for SettlementRow {
    fn from_row(row: &SqliteRow) -> Result<SettlementRow, sqlx::Error> {
        Ok(SettlementRow {
            settlement: number(row, "seq")?,
            instrument: InstrumentId(row.try_get("instrument")?),
            day: Day(row.try_get("day")?),
            kind: row.try_get("kind")?,
            value_per_lot: Cash(row.try_get("value_per_lot")?),
            rung: row.try_get("rung")?,
            ts_us: row.try_get("ts_us")?,
        })
    }
}

impl FromRow for VariationRow {
    fn from_row(row: &SqliteRow) -> Result<VariationRow, sqlx::Error> {
        Ok(VariationRow {
            settlement: number(row, "settlement")?,
            instrument: InstrumentId(row.try_get("instrument")?),
            day: Day(row.try_get("day")?),
            kind: row.try_get("kind")?,
            position: Position(row.try_get("position")?),
            variation: Cash(row.try_get("variation")?),
        })
    }
}

impl FromRow for PositionTransferRow {
    fn from_row(row: &SqliteRow) -> Result<PositionTransferRow, sqlx::Error> {
        Ok(PositionTransferRow {
            account_sequence: number(row, "account_sequence")?,
            ts_us: row.try_get("ts_us")?,
            instrument: InstrumentId(row.try_get("instrument")?),
            lots: Position(row.try_get("lots")?),
            value: Cash(row.try_get("value")?),
            reason: row.try_get("reason")?,
        })
    }
}

impl FromRow for VaultRevenueRow {
    fn from_row(row: &SqliteRow) -> Result<VaultRevenueRow, sqlx::Error> {
        let cash = |column: &str| row.try_get(column).map(Cash);
        let sold = Sold {
            number: number(row, "number")?,
            day: Day(row.try_get("day")?),
            gpu_seconds: number(row, "gpu_seconds")?,
            gross: cash("gross")?,
        };
        let revenue = Revenue {
            vault: VaultId(row.try_get("vault")?),
            sold,
            rate: Price(row.try_get("rate")?),
            cost: cash("cost")?,
            kept: cash("kept")?,
            shortfall: cash("shortfall")?,
            holders: cash("holders")?,
            sponsor: cash("sponsor")?,
            per_share: cash("per_share")?,
            carried: cash("carried")?,
            exported: cash("exported")?,
        };
        Ok(VaultRevenueRow { seq: Seq(number(row, "seq")?), ts_us: row.try_get("ts_us")?, revenue })
    }
}

impl FromRow for WithdrawalRow {
    fn from_row(row: &SqliteRow) -> Result<WithdrawalRow, sqlx::Error> {
        Ok(WithdrawalRow {
            transfer: TransferId(number(row, "transfer")?),
            account: AccountId(row.try_get("account")?),
            asset: AssetId(row.try_get("asset")?),
            amount: Amount(row.try_get("amount")?),
            state: row.try_get("state")?,
            ts_us: row.try_get("ts_us")?,
            ended_ts_us: row.try_get("ended_ts_us")?,
        })
    }
}
