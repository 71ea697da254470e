//! Remembers which jobs were asked for, in a small database of its own beside the journal.
//!
//! It holds no money and decides none: how far a job is follows from the engine. What only it knows is who asked, what was due then,
//! and what the state was when everything was done, so that who asks again hears the first answer. A register that is lost costs
//! just that (`docs/decisions/0016-settlement-jobs.md`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::ids::{InstrumentId, KeyId, Seq};
use engine::journal::batch::Hash;
use engine::units::{Day, Timestamp};
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use tokio::sync::OnceCell;

use crate::settle::plan::{Job, JobKind, Task, TaskKind};
use crate::signing::hex;

/// What went wrong with the register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The database failed.
    #[error("the register of jobs failed: {0}; it holds no money, and may be deleted")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the register of jobs could not be migrated: {0}; it holds no money, and may be deleted")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row that this program did not write.
    #[error("the register of jobs has a row that cannot be read: {0}; it holds no money, and may be deleted")]
    Row(String),
}

/// The register; its file is made with the first job.
#[derive(Clone, Debug)]
pub struct Register {
    path: PathBuf,
    pool: Arc<OnceCell<SqlitePool>>,
}

/// A job that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub job: Job,
    /// The key that asked first.
    pub key: KeyId,
    /// What was due then.
    pub tasks: Vec<Task>,
    /// The last command before it.
    pub begun_seq: Seq,
    /// When.
    pub begun: Timestamp,
    /// How it ended, if it has.
    pub end: Option<End>,
}

/// The state that a job led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The last command that the state includes.
    pub seq: Seq,
    /// When.
    pub time: Timestamp,
    /// The hash of the state, in hexadecimal digits.
    pub state_hash: String,
    /// The last command of the journal's last durable batch.
    pub head_seq: Seq,
    /// The hash of that batch.
    pub head: String,
}

impl End {
    /// With hashes as text.
    pub fn new(seq: Seq, time: Timestamp, state_hash: &Hash, head_seq: Seq, head: &Hash) -> End {
        End { seq, time, state_hash: hex(state_hash), head_seq, head: hex(head) }
    }
}

impl Register {
    /// The register of a venue's folder; opened when it is needed.
    pub fn of(folder: &Path) -> Register {
        Register { path: folder.join("jobs.sqlite"), pool: Arc::default() }
    }

    /// A job that was asked for before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, job: Job) -> Result<Option<Entry>, RegisterError> {
        if !self.exists() {
            return Ok(None);
        }
        let select = "select * from jobs where kind = ? and day = ?";
        let query = sqlx::query(select).bind(job.kind.name()).bind(job.day.0);
        query.fetch_optional(self.pool().await?).await?.map(|row| entry(&row)).transpose()
    }

    /// The jobs behind one, the latest day first; of one day the final one first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn list(&self, before: Option<Job>, limit: u32) -> Result<Vec<Entry>, RegisterError> {
        if !self.exists() {
            return Ok(Vec::new());
        }
        let select = "select * from jobs where (day, kind) < (?, ?) order by day desc, kind desc limit ?";
        let (day, kind) = before.map_or((i64::MAX, ""), |job| (job.day.0.into(), job.kind.name()));
        let query = sqlx::query(select).bind(day).bind(kind).bind(limit);
        query.fetch_all(self.pool().await?).await?.iter().map(entry).collect()
    }

    /// Notes that a job was asked for.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin(&self, entry: &Entry) -> Result<(), RegisterError> {
        let tasks: Vec<(u32, &str)> = entry.tasks.iter().map(|task| (task.instrument.0, task.kind.name())).collect();
        sqlx::query("insert into jobs (kind, day, key, tasks, begun_seq, begun_ts_us) values (?, ?, ?, ?, ?, ?)")
            .bind(entry.job.kind.name())
            .bind(entry.job.day.0)
            .bind(entry.key.to_string())
            .bind(serde_json::json!(tasks).to_string())
            .bind(signed(entry.begun_seq))
            .bind(entry.begun.0)
            .execute(self.pool().await?)
            .await?;
        Ok(())
    }

    /// Notes that all of a job is done.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn end(&self, job: Job, end: &End) -> Result<(), RegisterError> {
        sqlx::query(
            "update jobs set ended_seq = ?, ended_ts_us = ?, state_hash = ?, head_seq = ?, head = ?
             where kind = ? and day = ?",
        )
        .bind(signed(end.seq))
        .bind(end.time.0)
        .bind(&end.state_hash)
        .bind(signed(end.head_seq))
        .bind(&end.head)
        .bind(job.kind.name())
        .bind(job.day.0)
        .execute(self.pool().await?)
        .await?;
        Ok(())
    }

    fn exists(&self) -> bool {
        self.pool.initialized() || self.path.is_file()
    }

    async fn pool(&self) -> Result<&SqlitePool, RegisterError> {
        self.pool
            .get_or_try_init(|| async {
                let options = SqliteConnectOptions::new()
                    .filename(&self.path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full);
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
                sqlx::migrate!("../migrations/jobs").run(&pool).await?;
                Ok(pool)
            })
            .await
    }
}

fn entry(row: &SqliteRow) -> Result<Entry, RegisterError> {
    let unreadable = |column: &str| RegisterError::Row(column.to_owned());
    let kind: JobKind = row.try_get::<&str, _>("kind")?.parse().map_err(|_| unreadable("kind"))?;
    let key = u64::from_str_radix(row.try_get("key")?, 16).map_err(|_| unreadable("key"))?;
    let tasks: Vec<(u32, String)> = serde_json::from_str(row.try_get("tasks")?).map_err(|_| unreadable("tasks"))?;
    let task = |(instrument, kind): (u32, String)| {
        let kind = TaskKind::named(&kind).ok_or_else(|| unreadable("tasks"))?;
        Ok(Task { instrument: InstrumentId(instrument), kind })
    };
    let end = match row.try_get::<Option<i64>, _>("ended_seq")? {
        None => None,
        Some(seq) => Some(End {
            seq: unsigned(seq),
            time: Timestamp(row.try_get("ended_ts_us")?),
            state_hash: row.try_get("state_hash")?,
            head_seq: unsigned(row.try_get("head_seq")?),
            head: row.try_get("head")?,
        }),
    };
    Ok(Entry {
        job: Job { kind, day: Day(row.try_get("day")?) },
        key: KeyId(key),
        tasks: tasks.into_iter().map(task).collect::<Result<_, RegisterError>>()?,
        begun_seq: unsigned(row.try_get("begun_seq")?),
        begun: Timestamp(row.try_get("begun_ts_us")?),
        end,
    })
}

/// SQLite keeps integers in 63 bits; sequence numbers stay below.
fn signed(seq: Seq) -> i64 {
    i64::try_from(seq.0).expect("sequence numbers stay below 2^63")
}

fn unsigned(seq: i64) -> Seq {
    Seq(seq.unsigned_abs())
}

impl TaskKind {
    /// Its name, which is that of the settlement at the API.
    pub fn name(self) -> &'static str {
        crate::venue::projections::settlement_kind_name(self.into())
    }

    fn named(name: &str) -> Option<TaskKind> {
        let all = [TaskKind::Funding, TaskKind::Daily, TaskKind::Cascade, TaskKind::Final];
        all.into_iter().find(|kind| kind.name() == name)
    }
}
