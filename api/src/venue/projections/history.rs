//! The side of the history that is read.

use engine::ids::{AccountId, AssetId, InstrumentId, Seq, SeriesId, TradeId, TransferId};
use engine::units::{Amount, Cash, Day, Lots, Position, Price, Side};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Row, Sqlite};
use tokio::sync::watch;

use crate::venue::projections::{ProjectionError, signed};

/// The history, for its many readers.
#[derive(Clone, Debug)]
pub struct History {
    pool: SqlitePool,
    offset: watch::Receiver<u64>,
}

/// A trade of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    /// The trade.
    pub trade: TradeId,
    /// When, in microseconds.
    pub ts_us: i64,
    /// At which price.
    pub price: Price,
    /// How much.
    pub lots: Lots,
    /// The side of the order that arrived.
    pub taker_side: Side,
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
    /// The business day.
    pub day: Day,
    /// `daily` or `final`.
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
    /// The contract.
    pub instrument: InstrumentId,
    /// The business day.
    pub day: Day,
    /// `daily` or `final`.
    pub kind: String,
    /// What it held.
    pub position: Position,
    /// What it received; negative if it paid.
    pub variation: Cash,
}

/// Which withdrawals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All of an account.
    Account(AccountId),
    /// Everybody's that the operator still has to post or void.
    Pending,
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
trait FromRow: Sized {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error>;
}

impl History {
    pub(super) fn new(pool: SqlitePool, offset: watch::Receiver<u64>) -> History {
        History { pool, offset }
    }

    /// Waits until the history holds everything up to a command: who was told that an order traded finds the trade.
    ///
    /// # Errors
    /// If the history has stopped before that: an old answer must not look like a new one.
    pub async fn caught_up(&self, seq: Seq) -> Result<(), ProjectionError> {
        let mut offset = self.offset.clone();
        offset.wait_for(|&offset| offset >= seq.0).await.map(drop).map_err(|_| ProjectionError::Stopped)
    }

    /// The trades of a contract before a trade id, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn trades(
        &self,
        instrument: InstrumentId,
        before: Option<TradeId>,
        limit: u32,
    ) -> Result<Vec<TradeRow>, ProjectionError> {
        let select = "select * from trades where instrument = ? and trade_id < ? order by trade_id desc limit ?";
        let before = before.map_or(i64::MAX, |trade| signed(trade.0));
        self.list(sqlx::query(select).bind(instrument.0).bind(before).bind(limit)).await
    }

    /// The values of a series behind a day and stage, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn fixings(
        &self,
        series: SeriesId,
        after: Option<(Day, String)>,
        limit: u32,
    ) -> Result<Vec<FixingRow>, ProjectionError> {
        // Within a day the provisional value was published first; `provisional` sorts behind `final`, hence descending.
        let select = "select * from fixings where series = ? and (day > ? or (day = ? and stage < ?))
                      order by day, stage desc limit ?";
        let (day, stage) = after.map_or((i32::MIN, String::new()), |(day, stage)| (day.0, stage));
        self.list(sqlx::query(select).bind(series.0).bind(day).bind(day).bind(stage).bind(limit)).await
    }

    /// The settlements of a contract after a day, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn settlements(
        &self,
        instrument: InstrumentId,
        after: Option<Day>,
        limit: u32,
    ) -> Result<Vec<SettlementRow>, ProjectionError> {
        let select = "select * from settlements where instrument = ? and day > ? order by day limit ?";
        self.list(sqlx::query(select).bind(instrument.0).bind(first_after(after)).bind(limit)).await
    }

    /// What an account received in settlements of a contract after a day, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn variations(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        after: Option<Day>,
        limit: u32,
    ) -> Result<Vec<VariationRow>, ProjectionError> {
        let select = "select * from variations where account = ? and instrument = ? and day > ? order by day limit ?";
        let query = sqlx::query(select).bind(account.0).bind(instrument.0).bind(first_after(after)).bind(limit);
        self.list(query).await
    }

    /// The withdrawals of an account, or of all that are pending, before a number, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn withdrawals(
        &self,
        whose: Whose,
        before: Option<TransferId>,
        limit: u32,
    ) -> Result<Vec<WithdrawalRow>, ProjectionError> {
        let before = before.map_or(i64::MAX, |transfer| signed(transfer.0));
        let query = match whose {
            Whose::Account(account) => sqlx::query(
                "select * from withdrawals where account = ? and transfer < ? order by transfer desc limit ?",
            )
            .bind(account.0),
            Whose::Pending => sqlx::query(
                "select * from withdrawals where state = 'pending' and transfer < ? order by transfer desc limit ?",
            ),
        };
        self.list(query.bind(before).bind(limit)).await
    }

    async fn list<T: FromRow>(&self, query: Query<'_, Sqlite, SqliteArguments>) -> Result<Vec<T>, ProjectionError> {
        let rows = query.fetch_all(&self.pool).await?;
        Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
    }
}

/// No two settlements of a contract have the same day.
fn first_after(day: Option<Day>) -> i32 {
    day.map_or(i32::MIN, |day| day.0)
}

impl FromRow for TradeRow {
    fn from_row(row: &SqliteRow) -> Result<TradeRow, sqlx::Error> {
        let trade: i64 = row.try_get("trade_id")?;
        Ok(TradeRow {
            trade: TradeId(trade.unsigned_abs()),
            ts_us: row.try_get("ts_us")?,
            price: Price(row.try_get("price")?),
            lots: Lots(row.try_get("lots")?),
            taker_side: if row.try_get::<&str, _>("taker_side")? == "buy" { Side::Buy } else { Side::Sell },
        })
    }
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
            instrument: InstrumentId(row.try_get("instrument")?),
            day: Day(row.try_get("day")?),
            kind: row.try_get("kind")?,
            position: Position(row.try_get("position")?),
            variation: Cash(row.try_get("variation")?),
        })
    }
}

impl FromRow for WithdrawalRow {
    fn from_row(row: &SqliteRow) -> Result<WithdrawalRow, sqlx::Error> {
        let transfer: i64 = row.try_get("transfer")?;
        Ok(WithdrawalRow {
            transfer: TransferId(transfer.unsigned_abs()),
            account: AccountId(row.try_get("account")?),
            asset: AssetId(row.try_get("asset")?),
            amount: Amount(row.try_get("amount")?),
            state: row.try_get("state")?,
            ts_us: row.try_get("ts_us")?,
            ended_ts_us: row.try_get("ended_ts_us")?,
        })
    }
}
