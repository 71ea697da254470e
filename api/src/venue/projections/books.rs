//! The books that the history keeps: what statements, reports and the reconciliation are made of, all as of one moment.

use engine::ids::{AccountId, AssetId, InstrumentId, Seq};
use engine::units::{Cash, Day, Position};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use crate::venue::projections::rows::{FromRow, SettlementRow, number};
use crate::venue::projections::{History, ProjectionError, signed};

/// The history at one moment, whatever is added meanwhile.
#[derive(Debug)]
pub struct Books {
    transaction: Transaction<'static, Sqlite>,
    offset: Seq,
}

/// One side of a transfer of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingRow {
    /// The command.
    pub seq: u64,
    /// When, in microseconds.
    pub ts_us: i64,
    /// The ledger account.
    pub ledger: String,
    /// What moved.
    pub asset: AssetId,
    /// How much of it, in its smallest units; negative if it left.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// `trade`, `settlement`, `withdrawal` or `command`.
    pub reference_kind: String,
    /// Its number.
    pub reference: u64,
    /// The contract, if it was about one.
    pub instrument: Option<InstrumentId>,
}

/// What the postings of one reason add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalRow {
    /// The ledger account, or a class of them.
    pub ledger: String,
    /// The asset.
    pub asset: AssetId,
    /// Why; empty in a sum over all reasons.
    pub reason: String,
    /// How much, in the smallest units.
    pub amount: i64,
}

/// A position of the past, from its last settlement and what was traded since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRow {
    /// The contract.
    pub instrument: InstrumentId,
    /// The step that settled it last; 0 if none did.
    pub seq: u64,
    /// What was left open then, and what a lot was worth.
    pub settled: Option<(Position, Cash)>,
    /// Lots bought less sold since.
    pub lots: i64,
    /// The same in price × lots.
    pub price_lots: i64,
    /// What positions that moved without a trade brought along as their cost, in micro-USD.
    pub value: Cash,
}

/// A position in a strip that became positions in its legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CascadeRow {
    /// The strip.
    pub instrument: InstrumentId,
    /// The step.
    pub seq: u64,
    /// The business day.
    pub day: Day,
    /// Lots of each leg.
    pub position: Position,
}

/// A settlement with what it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedRow {
    /// The settlement.
    pub settlement: SettlementRow,
    /// Whether its last account was posted.
    pub is_complete: bool,
    /// How many accounts it settled.
    pub accounts: u64,
    /// What they received.
    pub received: Cash,
    /// What they paid, as a positive amount.
    pub paid: Cash,
}

impl History {
    /// The history as it is now.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn books(&self) -> Result<Books, ProjectionError> {
        let mut transaction = self.pool.begin().await?;
        let offset: i64 = sqlx::query_scalar("select seq from projection_offset").fetch_one(&mut *transaction).await?;
        Ok(Books { transaction, offset: Seq(offset.unsigned_abs()) })
    }
}

impl Books {
    /// The last command they contain.
    pub fn offset(&self) -> Seq {
        self.offset
    }

    /// What a ledger account had when a business day began, by asset.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn opening(&mut self, ledger: &str, day: Day) -> Result<Vec<TotalRow>, ProjectionError> {
        let select = "select ledger, asset, '' as reason, sum(amount) as amount from day_totals
                      where ledger = ? and day < ? group by asset order by asset";
        let query = sqlx::query(select).bind(ledger).bind(day.0);
        self.all(query).await
    }

    /// What moved in a ledger account on a business day, by asset and reason.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn totals(&mut self, ledger: &str, day: Day) -> Result<Vec<TotalRow>, ProjectionError> {
        let select = "select * from day_totals where ledger = ? and day = ? order by asset, reason";
        let query = sqlx::query(select).bind(ledger).bind(day.0);
        self.all(query).await
    }

    /// The postings of a ledger account on a business day, in the order of the journal, at most so many.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn postings(&mut self, ledger: &str, day: Day, most: u32) -> Result<Vec<PostingRow>, ProjectionError> {
        let select = "select * from postings where ledger = ? and day = ? order by seq, part limit ?";
        let query = sqlx::query(select).bind(ledger).bind(day.0).bind(most);
        self.all(query).await
    }

    /// How many postings that are.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn postings_count(&mut self, ledger: &str, day: Day) -> Result<u64, ProjectionError> {
        let select = "select count(*) from postings where ledger = ? and day = ?";
        let query = sqlx::query_scalar(select).bind(ledger).bind(day.0);
        let count: i64 = query.fetch_one(&mut *self.transaction).await?;
        Ok(count.unsigned_abs())
    }

    /// The positions of an account at the end of a business day: at its settlement, or where that is still to come, at midnight.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn held(&mut self, account: AccountId, day: Day) -> Result<Vec<HeldRow>, ProjectionError> {
        let query = sqlx::query(
            "with last as (
                select instrument, seq, settlement, kind, position from variations as v
                where account = ?1 and day <= ?2 and kind <> 'funding' and seq = (
                    select max(seq) from variations as w where w.account = v.account and w.instrument = v.instrument
                    and w.day <= ?2 and w.kind <> 'funding')
             ), signed as (
                select trade_id, fills.instrument, trades.seq, price,
                    case when (taker_side = 'buy') = (liquidity = 'taker') then lots else -lots end as lots
                from fills join trades using (trade_id) where account = ?1 and ts_us < ?3
             ), moved as (
                select instrument, seq, lots, price, 0 as value from signed
                union all select near, seq, lots, near_price, 0 from signed join spread_trades using (trade_id)
                union all select far, seq, -lots, far_price, 0 from signed join spread_trades using (trade_id)
                union all select instrument, seq, lots, 0, value from position_transfers where account = ?1 and ts_us < ?3
             ), traded as (
                select moved.instrument, sum(lots) as lots, sum(lots * price) as price_lots, sum(value) as value
                from moved left join last on last.instrument = moved.instrument
                where moved.seq > coalesce(last.seq, 0) group by moved.instrument
             )
             select either.instrument, coalesce(last.seq, 0) as seq, last.kind, last.position, value_per_lot,
                coalesce(traded.lots, 0) as lots, coalesce(traded.price_lots, 0) as price_lots,
                coalesce(traded.value, 0) as value
             from (select instrument from last union select instrument from traded) as either
             left join last on last.instrument = either.instrument
             left join traded on traded.instrument = either.instrument
             left join settlements on settlements.seq = last.settlement
             order by either.instrument",
        )
        .bind(account.0)
        .bind(day.0)
        .bind(day.end().0);
        self.all(query).await
    }

    /// The cascades of an account up to a business day.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cascades(&mut self, account: AccountId, day: Day) -> Result<Vec<CascadeRow>, ProjectionError> {
        let select = "select * from variations where account = ? and kind = 'cascade' and position <> 0 and day <= ?
                      order by seq";
        let query = sqlx::query(select).bind(account.0).bind(day.0);
        self.all(query).await
    }

    /// The latest settlement of a contract up to a business day; funding aside, which values nothing.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn valued(
        &mut self,
        instrument: InstrumentId,
        day: Day,
    ) -> Result<Option<SettlementRow>, ProjectionError> {
        let select = "select * from settlements where instrument = ? and day <= ? and kind <> 'funding'
                      order by seq desc limit 1";
        let query = sqlx::query(select).bind(instrument.0).bind(day.0);
        Ok(self.all(query).await?.pop())
    }

    /// The settlements of a business day in the order in which they started.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn posted(&mut self, day: Day) -> Result<Vec<PostedRow>, ProjectionError> {
        let query = sqlx::query(
            "select settlements.*, count(account) as accounts, coalesce(sum(max(variation, 0)), 0) as received,
                coalesce(sum(max(-variation, 0)), 0) as paid
             from settlements left join variations on variations.settlement = settlements.seq
             where settlements.day = ? group by settlements.seq order by settlements.seq",
        )
        .bind(day.0);
        self.all(query).await
    }

    /// What moved on a business day, by class of ledger accounts (`customer`, `fees` and so on), asset and reason.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn reasons(&mut self, day: Day) -> Result<Vec<TotalRow>, ProjectionError> {
        let select = "select substr(ledger, 1, instr(ledger || ':', ':') - 1) as ledger, asset, reason,
                        sum(amount) as amount
                      from day_totals where day = ? group by 1, 2, 3 order by 1, 2, 3";
        let query = sqlx::query(select).bind(day.0);
        self.all(query).await
    }

    /// The balances at the end of a business day by class of ledger accounts and asset.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn trial_balance(&mut self, day: Day) -> Result<Vec<TotalRow>, ProjectionError> {
        let select = "select substr(ledger, 1, instr(ledger || ':', ':') - 1) as ledger, asset, '' as reason,
                        sum(amount) as amount
                      from day_totals where day <= ? group by 1, 2 order by 1, 2";
        let query = sqlx::query(select).bind(day.0);
        self.all(query).await
    }

    /// Every balance behind a command that these books contain.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balances(&mut self, behind: Seq) -> Result<Vec<TotalRow>, ProjectionError> {
        let query = sqlx::query(
            "select ledger, asset, '' as reason, sum(amount) as amount from (
                select ledger, asset, amount from day_totals
                union all select ledger, asset, -amount from postings where seq > ?)
             group by ledger, asset order by ledger, asset",
        )
        .bind(signed(behind.0));
        self.all(query).await
    }

    /// What ever moved in a ledger account up to a command that these books contain, by asset and reason.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn moved(&mut self, ledger: &str, behind: Seq) -> Result<Vec<TotalRow>, ProjectionError> {
        let query = sqlx::query(
            "select ledger, asset, reason, sum(amount) as amount from (
                select ledger, asset, reason, amount from day_totals where ledger = ?1
                union all select ledger, asset, reason, -amount from postings where seq > ?2 and ledger = ?1)
             group by ledger, asset, reason order by asset, reason",
        )
        .bind(ledger)
        .bind(signed(behind.0));
        self.all(query).await
    }

    async fn all<T: FromRow>(
        &mut self,
        query: sqlx::query::Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<Vec<T>, ProjectionError> {
        let rows = query.fetch_all(&mut *self.transaction).await?;
        Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
    }
}

impl FromRow for PostingRow {
    fn from_row(row: &SqliteRow) -> Result<PostingRow, sqlx::Error> {
        Ok(PostingRow {
            seq: number(row, "seq")?,
            ts_us: row.try_get("ts_us")?,
            ledger: row.try_get("ledger")?,
            asset: AssetId(row.try_get("asset")?),
            amount: row.try_get("amount")?,
            reason: row.try_get("reason")?,
            reference_kind: row.try_get("reference_kind")?,
            reference: number(row, "reference")?,
            instrument: row.try_get::<Option<u32>, _>("instrument")?.map(InstrumentId),
        })
    }
}

impl FromRow for TotalRow {
    fn from_row(row: &SqliteRow) -> Result<TotalRow, sqlx::Error> {
        Ok(TotalRow {
            ledger: row.try_get("ledger")?,
            asset: AssetId(row.try_get("asset")?),
            reason: row.try_get("reason")?,
            amount: row.try_get("amount")?,
        })
    }
}

impl FromRow for HeldRow {
    fn from_row(row: &SqliteRow) -> Result<HeldRow, sqlx::Error> {
        let kind: Option<String> = row.try_get("kind")?;
        let closes = kind.as_deref().is_some_and(|kind| kind == "final" || kind == "cascade");
        let settled: Option<i64> = row.try_get("position")?;
        let value: Option<i64> = row.try_get("value_per_lot")?;
        let left = settled.map(|position| Position(if closes { 0 } else { position }));
        Ok(HeldRow {
            instrument: InstrumentId(row.try_get("instrument")?),
            seq: number(row, "seq")?,
            settled: left.zip(value.map(Cash)),
            lots: row.try_get("lots")?,
            price_lots: row.try_get("price_lots")?,
            value: Cash(row.try_get("value")?),
        })
    }
}

impl FromRow for CascadeRow {
    fn from_row(row: &SqliteRow) -> Result<CascadeRow, sqlx::Error> {
        Ok(CascadeRow {
            instrument: InstrumentId(row.try_get("instrument")?),
            seq: number(row, "seq")?,
            day: Day(row.try_get("day")?),
            position: Position(row.try_get("position")?),
        })
    }
}

impl FromRow for PostedRow {
    fn from_row(row: &SqliteRow) -> Result<PostedRow, sqlx::Error> {
        let completed: Option<i64> = row.try_get("completed_seq")?;
        Ok(PostedRow {
            settlement: SettlementRow::from_row(row)?,
            is_complete: completed.is_some(),
            accounts: number(row, "accounts")?,
            received: Cash(row.try_get("received")?),
            paid: Cash(row.try_get("paid")?),
        })
    }
}
