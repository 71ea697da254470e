//! The journal in SQLite: append with a fence, read back with every check.

use std::path::Path;

use engine::ids::Seq;
use engine::journal::batch::{Batch, GENESIS, Hash};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};

use crate::venue::archive::{Archive, SegmentError};
use crate::venue::log;

/// The oldest SQLite that may hold a journal: earlier ones can lose commits in WAL mode when a checkpoint races with a reset.
const SQLITE_VERSION_MIN: [u32; 3] = [3, 51, 3];

/// A later one that was withdrawn by its makers.
const SQLITE_VERSION_WITHDRAWN: [u32; 3] = [3, 52, 0];

/// Batches fetched at a time when reading back.
const READ_BATCHES: i64 = 256;

/// The columns are named: a damaged name in the schema is then one that SQLite does not find and says so. Whatever name `*` stands for, its
/// driver takes for text; if it is none, the driver's thread dies, and who waits for it may wait for ever.
const READ: &str = "select first_seq, last_seq, epoch, previous, event_hash, body, hash from journal_batches
    where first_seq > ? order by first_seq limit ?";

/// What went wrong with the journal. None of these can be repaired by going on.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed; whether the last append is durable is unknown.
    #[error("the journal's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the journal's schema could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The log could not be brought to the disk.
    #[error("the journal's log cannot be written to the disk again: {error}")]
    Log {
        /// Why.
        error: std::io::Error,
    },
    /// SQLite is too old to be trusted.
    #[error("sqlite {found} can lose commits; 3.51.3 or later is needed, but not 3.52.0")]
    SqliteTooOld {
        /// The version found.
        found: String,
    },
    /// SQLite does not do what was asked of it.
    #[error("sqlite runs with {setting} = {found}; {wanted} is needed for durable commits")]
    NotDurable {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// The value needed.
        wanted: &'static str,
    },
    /// Another writer has taken over.
    #[error("epoch {epoch} has ended or its tail moved; another process writes this journal now")]
    Fenced {
        /// The epoch of this writer.
        epoch: u64,
    },
    /// A batch does not follow the one before.
    #[error("the journal is corrupt at batch {first_seq}: {what}")]
    Corrupt {
        /// Place of its first command, as the file has it.
        first_seq: i64,
        /// What is wrong.
        what: String,
    },
    /// The archive of the journal's beginning cannot be read.
    #[error("the journal's archive failed: {0}")]
    Archive(#[from] SegmentError),
}

/// The journal's file, opened by its one writer or by a reader.
#[derive(Debug)]
pub struct Store {
    connection: SqliteConnection,
    archive: Archive,
    epoch: u64,
    last_seq: Seq,
    head: Hash,
}

impl Store {
    /// Opens the journal for writing: creates it if need be, then ends every earlier epoch before anything is read.
    ///
    /// # Errors
    /// If the database is not there, not durable or too old.
    pub async fn open(path: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        assert_durable(&mut connection).await?;
        sqlx::migrate!("../migrations/journal").run(&mut connection).await?;
        let mut locked = connection.begin_with("begin immediate").await?;
        log::write_again(path).map_err(|error| StoreError::Log { error })?;
        let epoch: i64 = sqlx::query_scalar("update journal_epoch set epoch = epoch + 1 returning epoch")
            .fetch_one(&mut *locked)
            .await?;
        locked.commit().await?;
        let epoch =
            u64::try_from(epoch).map_err(|_| StoreError::Corrupt { first_seq: 0, what: format!("epoch {epoch}") })?;
        Ok(Store { connection, archive: Archive::beside(path), epoch, last_seq: Seq(0), head: GENESIS })
    }

    /// Opens the journal for reading beside a venue that may be running.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open_read_only(path: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
        let connection = options.connect().await?;
        Ok(Store { connection, archive: Archive::beside(path), epoch: 0, last_seq: Seq(0), head: GENESIS })
    }

    /// The next batches in order, each checked against the one before, wherever they are kept; empty at the end. Until the end
    /// has been reached nothing can be appended.
    ///
    /// # Errors
    /// If the database fails or a batch does not follow from the one before.
    pub async fn read_next(&mut self) -> Result<Vec<Batch>, StoreError> {
        let rows =
            sqlx::query(READ).bind(signed(self.last_seq.0)).bind(READ_BATCHES).fetch_all(&mut self.connection).await?;
        let mut batches = rows.iter().map(batch_of).collect::<Result<Vec<(Batch, Vec<u8>)>, StoreError>>()?;
        if batches.first().is_none_or(|(batch, _)| batch.first_seq.0 != self.last_seq.0 + 1) {
            // What is not in the database any more was archived before it was deleted.
            match self.archive.after(self.last_seq)? {
                archived if !archived.is_empty() => batches = archived.into_iter().map(with_hash).collect(),
                _ if batches.is_empty() => self.check_end().await?,
                _ => {}
            }
        }
        for (batch, hash) in &batches {
            let first_seq = signed(batch.first_seq.0);
            let corrupt = |what: &str| StoreError::Corrupt { first_seq, what: what.to_owned() };
            if batch.first_seq.0 != self.last_seq.0 + 1 {
                return Err(corrupt("it does not follow the last command before it"));
            }
            if batch.previous != self.head {
                return Err(corrupt("it does not name the batch before it"));
            }
            let head = batch.hash();
            if head.as_slice() != hash {
                return Err(corrupt("its hash does not cover its content"));
            }
            (self.last_seq, self.head) = (batch.last_seq, head);
        }
        Ok(batches.into_iter().map(|(batch, _)| batch).collect())
    }

    /// Goes on behind a command whose batch has this hash, as a snapshot says; nothing happens if the journal has no such batch.
    ///
    /// # Errors
    /// If the database fails or the batch is damaged.
    pub async fn resume_at(&mut self, seq: Seq, head: Hash) -> Result<bool, StoreError> {
        let row = sqlx::query("select * from journal_batches where first_seq <= ? order by first_seq desc limit 1")
            .bind(signed(seq.0))
            .fetch_optional(&mut self.connection)
            .await?;
        let batch = match row.as_ref().map(batch_of).transpose()? {
            Some(batch) => Some(batch),
            None => self.archive.batch_ending_at(seq)?.map(with_hash),
        };
        let is_known = batch.is_some_and(|(batch, hash)| batch.last_seq == seq && batch.hash() == head && hash == head);
        if is_known {
            self.resume_behind(seq, head);
        }
        Ok(is_known)
    }

    /// Goes on behind a batch that the caller has seen.
    pub(crate) fn resume_behind(&mut self, seq: Seq, head: Hash) {
        (self.last_seq, self.head) = (seq, head);
    }

    /// The last batch never leaves the database, so what the archive has behind it was lost here.
    async fn check_end(&mut self) -> Result<(), StoreError> {
        let query = "select last_seq from journal_batches order by first_seq desc limit 1";
        let last: Option<i64> = sqlx::query_scalar(query).fetch_optional(&mut self.connection).await?;
        let last = last.unwrap_or(0);
        if last < signed(self.last_seq.0) {
            let what = format!("it is the end, but the archive goes on to command {}", self.last_seq);
            return Err(StoreError::Corrupt { first_seq: last, what });
        }
        Ok(())
    }

    /// Makes a batch durable. The statement itself checks that the epoch still stands and that the tail is where this writer left it;
    /// it finds the tail by the primary key, so that a long journal costs no more than a short one.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if another writer has taken over, and then nothing was written; after any other error whether it
    /// was is unknown.
    pub async fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let hash = batch.hash();
        let done = sqlx::query(
            "insert into journal_batches (first_seq, last_seq, epoch, previous, event_hash, body, hash)
             select ?, ?, ?, ?, ?, ?, ?
             where (select epoch from journal_epoch where id = 1) = ?
               and coalesce((select last_seq from journal_batches order by first_seq desc limit 1), 0) = ?",
        )
        .bind(signed(batch.first_seq.0))
        .bind(signed(batch.last_seq.0))
        .bind(signed(batch.epoch))
        .bind(batch.previous.as_slice())
        .bind(batch.event_hash.as_slice())
        .bind(batch.body.as_slice())
        .bind(hash.as_slice())
        .bind(signed(self.epoch))
        .bind(signed(self.last_seq.0))
        .execute(&mut self.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Err(StoreError::Fenced { epoch: self.epoch });
        }
        self.last_seq = batch.last_seq;
        self.head = hash;
        Ok(())
    }

    /// The reign of this writer.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Place of the last command read or appended.
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Hash of the last batch read or appended.
    pub fn head(&self) -> Hash {
        self.head
    }

    /// Closes the file in order, with a checkpoint.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

/// Checks what SQLite says of itself rather than what it was asked for.
async fn assert_durable(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&mut *connection).await?;
    let parts: Vec<u32> = found.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    if parts.as_slice() < SQLITE_VERSION_MIN.as_slice() || parts == SQLITE_VERSION_WITHDRAWN {
        return Err(StoreError::SqliteTooOld { found });
    }
    let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *connection).await?;
    if mode != "wal" {
        return Err(StoreError::NotDurable { setting: "journal_mode", found: mode, wanted: "wal" });
    }
    let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *connection).await?;
    if synchronous != 2 {
        return Err(StoreError::NotDurable {
            setting: "synchronous",
            found: synchronous.to_string(),
            wanted: "2 (full)",
        });
    }
    Ok(())
}

/// A batch, and the hash that stands beside it.
fn batch_of(row: &SqliteRow) -> Result<(Batch, Vec<u8>), StoreError> {
    let first_seq: i64 = row.try_get("first_seq")?;
    let number = |column: &'static str| -> Result<u64, StoreError> {
        let value: i64 = row.try_get(column)?;
        let what = format!("column {column} holds {value}");
        u64::try_from(value).map_err(|_| StoreError::Corrupt { first_seq, what })
    };
    let hash = |column: &'static str| -> Result<Hash, StoreError> {
        let bytes: Vec<u8> = row.try_get(column)?;
        let what = format!("column {column} holds {} bytes, not 32", bytes.len());
        Hash::try_from(bytes.as_slice()).map_err(|_| StoreError::Corrupt { first_seq, what })
    };
    let batch = Batch {
        epoch: number("epoch")?,
        first_seq: Seq(number("first_seq")?),
        last_seq: Seq(number("last_seq")?),
        previous: hash("previous")?,
        event_hash: hash("event_hash")?,
        body: row.try_get("body")?,
    };
    Ok((batch, row.try_get("hash")?))
}

/// A segment's batches have their hashes checked when they are read.
fn with_hash(batch: Batch) -> (Batch, Vec<u8>) {
    let hash = batch.hash().to_vec();
    (batch, hash)
}

/// SQLite has signed integers only; what is stored here never exceeds them.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("sequence numbers and epochs stay below 2^63")
}
