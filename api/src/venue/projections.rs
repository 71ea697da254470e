//! What happened, kept searchable in SQLite beside the journal. Derived: it follows the commits and can be rebuilt from them.

use std::path::Path;
use std::time::Duration;

use engine::command::FixingStage;
use engine::event::{Event, FixingRung, SettlementRung, Trade};
use engine::ids::{AccountId, InstrumentId, Seq, SeriesId, TradeId};
use engine::instrument::SettlementKind;
use engine::units::{Cash, Day, Lots, Position, Price, Side};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row, Sqlite, Transaction};
use tokio::sync::{mpsc, watch};

use crate::venue::machines::Happening;
use crate::venue::sequencer::Committed;

/// How often the history tries to take over a batch before it gives up.
const ATTEMPTS_MAX: u32 = 60;
/// How long it waits in between, on top of SQLite's own patience of five seconds.
const ATTEMPT_PAUSE: Duration = Duration::from_secs(1);

/// What went wrong with a projection.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database failed.
    #[error("the history's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the history's schema could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Nothing follows the commits any more.
    #[error("the history has stopped; the venue goes on, and a restart brings it up to date")]
    Stopped,
    /// The file belongs to another journal.
    #[error(
        "the history is at command {offset} but the journal ends at {last}; delete the history's file to rebuild it"
    )]
    Ahead {
        /// How far the history has come.
        offset: u64,
        /// How far the journal goes.
        last: u64,
    },
}

/// The history: one writer that follows the commits, many readers.
#[derive(Clone, Debug)]
pub struct History {
    pool: SqlitePool,
    offset: watch::Receiver<u64>,
}

/// The side of the history that follows the commits.
#[derive(Debug)]
pub struct Projector {
    connection: SqliteConnection,
    offset: u64,
    progress: watch::Sender<u64>,
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

/// Opens the history at `path`, creating it if need be.
///
/// # Errors
/// If the database fails.
pub async fn open(path: &Path) -> Result<(History, Projector), ProjectionError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // The journal is the durable one; a history that lost its end takes it over again.
        .synchronous(SqliteSynchronous::Normal)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    sqlx::migrate!("../migrations/projections").run(&mut connection).await?;
    let offset: i64 = sqlx::query_scalar("select seq from projection_offset").fetch_one(&mut connection).await?;
    // The one that follows the commits has a connection of its own, so that no flood of readers keeps it waiting.
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    let offset = u64::try_from(offset).expect("the schema keeps it above zero");
    let (progress, watched) = watch::channel(offset);
    Ok((History { pool, offset: watched }, Projector { connection, offset, progress }))
}

impl Projector {
    /// Checks that the history has not come further than the journal it belongs to.
    ///
    /// # Errors
    /// If it has.
    pub fn check_end(&self, journal_end: Seq) -> Result<(), ProjectionError> {
        if self.offset > journal_end.0 {
            return Err(ProjectionError::Ahead { offset: self.offset, last: journal_end.0 });
        }
        Ok(())
    }

    /// Follows the commits until there are no more. Whoever locks the file makes it wait, not stop.
    ///
    /// # Errors
    /// If the database fails again and again.
    pub async fn run(mut self, mut commits: mpsc::Receiver<Committed>) -> Result<(), ProjectionError> {
        while let Some(committed) = commits.recv().await {
            let mut attempt = 1;
            while let Err(error) = self.take_over(&committed).await {
                if attempt == ATTEMPTS_MAX {
                    return Err(error);
                }
                tracing::warn!(%error, attempt, "the history waits");
                attempt += 1;
                tokio::time::sleep(ATTEMPT_PAUSE).await;
            }
        }
        Ok(())
    }

    /// Takes over a batch, once: what the history has already is left out.
    ///
    /// # Errors
    /// If the database fails; nothing of the batch was taken over then.
    pub async fn take_over(&mut self, committed: &Committed) -> Result<(), ProjectionError> {
        if committed.last_seq.0 <= self.offset {
            return Ok(());
        }
        let mut transaction = self.connection.begin().await?;
        for (stamp, happenings) in committed.outcomes.iter().filter(|(stamp, _)| stamp.seq.0 > self.offset) {
            for happening in happenings {
                if let Happening::Exchange(event) = happening {
                    project(&mut transaction, stamp.seq, stamp.time.0, event).await?;
                }
            }
        }
        sqlx::query("update projection_offset set seq = max(seq, ?)")
            .bind(signed(committed.last_seq.0))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.offset = self.offset.max(committed.last_seq.0);
        self.progress.send_replace(self.offset);
        Ok(())
    }
}

impl History {
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
        let rows =
            sqlx::query("select * from trades where instrument = ? and trade_id < ? order by trade_id desc limit ?")
                .bind(instrument.0)
                .bind(before.map_or(i64::MAX, |trade| signed(trade.0)))
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(TradeRow {
                    trade: TradeId(unsigned(row.try_get("trade_id")?)),
                    ts_us: row.try_get("ts_us")?,
                    price: Price(row.try_get("price")?),
                    lots: Lots(row.try_get("lots")?),
                    taker_side: if row.try_get::<&str, _>("taker_side")? == "buy" { Side::Buy } else { Side::Sell },
                })
            })
            .collect()
    }

    /// The values of a series from a day on, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn fixings(
        &self,
        series: SeriesId,
        after: Option<(Day, String)>,
        limit: u32,
    ) -> Result<Vec<FixingRow>, ProjectionError> {
        let (day, stage) = after.map_or((i32::MIN, String::new()), |(day, stage)| (day.0, stage));
        // Within a day the provisional value was published first; `provisional` sorts behind `final`, hence descending.
        let rows = sqlx::query(
            "select * from fixings where series = ? and (day > ? or (day = ? and stage < ?))
             order by day, stage desc limit ?",
        )
        .bind(series.0)
        .bind(day)
        .bind(day)
        .bind(stage)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(FixingRow {
                    day: Day(row.try_get("day")?),
                    stage: row.try_get("stage")?,
                    price: Price(row.try_get("price")?),
                    rung: row.try_get("rung")?,
                    ts_us: row.try_get("ts_us")?,
                })
            })
            .collect()
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
        let rows = sqlx::query("select * from settlements where instrument = ? and day > ? order by day, kind limit ?")
            .bind(instrument.0)
            .bind(after.map_or(i32::MIN, |day| day.0))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SettlementRow {
                    day: Day(row.try_get("day")?),
                    kind: row.try_get("kind")?,
                    value_per_lot: Cash(row.try_get("value_per_lot")?),
                    rung: row.try_get("rung")?,
                    ts_us: row.try_get("ts_us")?,
                })
            })
            .collect()
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
        let rows = sqlx::query(
            "select * from variations where account = ? and instrument = ? and day > ? order by day, kind limit ?",
        )
        .bind(account.0)
        .bind(instrument.0)
        .bind(after.map_or(i32::MIN, |day| day.0))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(VariationRow {
                    instrument: InstrumentId(row.try_get("instrument")?),
                    day: Day(row.try_get("day")?),
                    kind: row.try_get("kind")?,
                    position: Position(row.try_get("position")?),
                    variation: Cash(row.try_get("variation")?),
                })
            })
            .collect()
    }
}

async fn project(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    match *event {
        Event::Traded(trade) => insert_trade(transaction, seq, ts_us, &trade).await,
        Event::FixingRecorded { series, day, stage, price, rung } => {
            sqlx::query("insert into fixings (series, day, stage, seq, ts_us, price, rung) values (?, ?, ?, ?, ?, ?, ?)
                         on conflict do update set seq = excluded.seq, ts_us = excluded.ts_us, price = excluded.price, rung = excluded.rung")
                .bind(series.0)
                .bind(day.0)
                .bind(stage_name(stage))
                .bind(signed(seq.0))
                .bind(ts_us)
                .bind(price.0)
                .bind(fixing_rung_name(rung))
                .execute(&mut **transaction)
                .await?;
            Ok(())
        }
        Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => {
            sqlx::query(
                "insert into settlements (instrument, day, kind, seq, ts_us, value_per_lot, rung) values (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(instrument.0)
            .bind(day.0)
            .bind(kind_name(kind))
            .bind(signed(seq.0))
            .bind(ts_us)
            .bind(value_per_lot.0)
            .bind(settlement_rung_name(rung))
            .execute(&mut **transaction)
            .await?;
            Ok(())
        }
        Event::PositionSettled { instrument, account, position, variation } => {
            // The settlement it belongs to is the latest one that started in this contract.
            sqlx::query(
                "insert into variations (instrument, day, kind, account, position, variation)
                 select instrument, day, kind, ?, ?, ? from settlements where instrument = ? order by seq desc limit 1",
            )
            .bind(account.0)
            .bind(position.0)
            .bind(variation.0)
            .bind(instrument.0)
            .execute(&mut **transaction)
            .await?;
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn insert_trade(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    trade: &Trade,
) -> Result<(), sqlx::Error> {
    sqlx::query("insert into trades values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(signed(trade.trade.0))
        .bind(signed(seq.0))
        .bind(ts_us)
        .bind(trade.instrument.0)
        .bind(trade.price.0)
        .bind(trade.lots.0)
        .bind(trade.taker_side.to_string())
        .bind(signed(trade.taker.order.0))
        .bind(trade.taker.account.0)
        .bind(trade.taker.fee.0)
        .bind(signed(trade.maker.order.0))
        .bind(trade.maker.account.0)
        .bind(trade.maker.fee.0)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn stage_name(stage: FixingStage) -> &'static str {
    match stage {
        FixingStage::Provisional => "provisional",
        FixingStage::Final => "final",
    }
}

fn kind_name(kind: SettlementKind) -> &'static str {
    match kind {
        SettlementKind::Daily => "daily",
        SettlementKind::Final => "final",
    }
}

fn fixing_rung_name(rung: FixingRung) -> &'static str {
    match rung {
        FixingRung::Fixing => "fixing",
        FixingRung::LastFinal => "last_final",
    }
}

/// The name of a settlement's rung at the API.
pub fn settlement_rung_name(rung: SettlementRung) -> &'static str {
    match rung {
        SettlementRung::Fixings => "fixings",
        SettlementRung::LastTrade => "last_trade",
        SettlementRung::Midpoint => "midpoint",
        SettlementRung::PreviousSettlement => "previous_settlement",
        SettlementRung::LatestFixing => "latest_fixing",
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("sequence numbers stay below 2^63")
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).expect("the venue writes no negative ids")
}
