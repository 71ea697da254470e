//! Moves the beginning of a journal out of the database, segment by segment.
//!
//! Four steps a segment: read a row of batches, make their segment durable, give it its name, delete the rows. Whatever stops it
//! between two of them, every batch is still in the database or in a segment that has its name, and the next run
//! finishes what was begun. The venue may be running: readers look into both places, the writer never looks further back than
//! the last batch, which stays, and waits for one short transaction at most.

use std::path::Path;

use engine::ids::Seq;
use engine::journal::batch::{Batch, GENESIS};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::venue::archive::{Archive, SegmentError, SegmentName};
use crate::venue::store::{Store, StoreError, signed};

/// Bytes of commands in a segment: read into memory as a whole, and deleted in one transaction that must not keep the
/// venue's writer waiting for longer than a commit takes.
const SEGMENT_BYTES_MAX: usize = 16 << 20;

/// Batches in a segment, for the same reason.
const SEGMENT_BATCHES_MAX: usize = 4_096;

/// Who moves the beginning of one journal.
#[derive(Debug)]
pub struct Archivist {
    archive: Archive,
    connection: SqliteConnection,
    reader: Store,
}

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    /// Segments written.
    pub segments: usize,
    /// Batches deleted from the database.
    pub batches: usize,
}

impl Archivist {
    /// Opens a journal that is there already.
    ///
    /// # Errors
    /// If it is not, or if the end of the archive is damaged.
    pub async fn open(journal: &Path) -> Result<Archivist, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(journal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let connection = options.connect().await?;
        let archive = Archive::beside(journal);
        let mut reader = Store::open_read_only(journal).await?;
        if let Some(name) = archive.segments()?.last() {
            let batches = archive.read(*name)?;
            let head = batches.last().map_or(GENESIS, Batch::hash);
            reader.resume_behind(name.last, head);
        }
        Ok(Archivist { archive, connection, reader })
    }

    /// Moves all batches that end at or before a command.
    ///
    /// # Errors
    /// If the database or a file fails, or the two contradict each other. Nothing is lost, and another run goes on.
    pub async fn archive(&mut self, up_to: Seq) -> Result<Archived, StoreError> {
        self.archive.sweep()?;
        let mut archived = Archived { segments: 0, batches: self.finish().await? };
        loop {
            let batches = self.next_batches(up_to).await?;
            if batches.is_empty() {
                return Ok(archived);
            }
            let name = self.archive.prepare(&batches)?;
            self.archive.publish(name)?;
            archived.segments += 1;
            archived.batches += self.forget(name).await?;
        }
    }

    /// Deletes rows whose segment is there, which an earlier run did not come to. How many.
    ///
    /// # Errors
    /// If the rows are not those of the segment.
    pub async fn finish(&mut self) -> Result<usize, StoreError> {
        match self.archive.segments()?.last() {
            Some(name) => self.forget(*name).await,
            None => Ok(0),
        }
    }

    /// The first step: the batches of the next segment, checked against the chain; none if there is nothing to move.
    ///
    /// # Errors
    /// If the database fails or a batch does not follow from the one before.
    pub async fn next_batches(&mut self, up_to: Seq) -> Result<Vec<Batch>, StoreError> {
        let start = (self.reader.last_seq(), self.reader.head());
        let tail: Option<i64> =
            sqlx::query_scalar("select max(first_seq) from journal_batches").fetch_one(&mut self.connection).await?;
        let mut batches: Vec<Batch> = Vec::new();
        let mut bytes = 0;
        'reading: loop {
            let read = self.reader.read_next().await?;
            if read.is_empty() {
                break;
            }
            for batch in read {
                bytes += batch.body.len();
                let is_full =
                    batches.len() == SEGMENT_BATCHES_MAX || (bytes > SEGMENT_BYTES_MAX && !batches.is_empty());
                // The last batch stays: whoever appends finds the end of the journal there.
                let is_tail = tail.is_none_or(|tail| signed(batch.first_seq.0) >= tail);
                if is_full || is_tail || batch.last_seq > up_to {
                    break 'reading;
                }
                batches.push(batch);
            }
        }
        let (seq, head) = batches.last().map_or(start, |batch| (batch.last_seq, batch.hash()));
        self.reader.resume_behind(seq, head);
        Ok(batches)
    }

    /// The steps between: the segment, first under a name that nobody reads.
    pub fn files(&self) -> &Archive {
        &self.archive
    }

    /// The last step: deletes the rows of a segment in one transaction, if each is exactly what the segment's file says.
    ///
    /// # Errors
    /// If one is not; nothing was deleted then.
    pub async fn forget(&mut self, name: SegmentName) -> Result<usize, StoreError> {
        // As the file has it, not as it was meant.
        let batches = self.archive.read(name)?;
        let mut transaction = self.connection.begin_with("begin immediate").await?;
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "select first_seq, hash from journal_batches where first_seq between ? and ? order by first_seq",
        )
        .bind(signed(name.first.0))
        .bind(signed(name.last.0))
        .fetch_all(&mut *transaction)
        .await?;
        let mut archived = batches.iter();
        for (first_seq, hash) in &rows {
            if !archived.any(|batch| signed(batch.first_seq.0) == *first_seq && batch.hash().as_slice() == hash) {
                let what = "it is another one than that of the archive".to_owned();
                return Err(StoreError::Corrupt { first_seq: *first_seq, what });
            }
        }
        let deleted = sqlx::query(
            "delete from journal_batches where first_seq between ? and ?
               and first_seq < (select max(first_seq) from journal_batches)",
        )
        .bind(signed(name.first.0))
        .bind(signed(name.last.0))
        .execute(&mut *transaction)
        .await?;
        if deleted.rows_affected() != rows.len() as u64 {
            return Err(SegmentError::Damaged {
                path: self.archive.path(name),
                what: "it goes as far as the journal, whose last batch stays where it is".to_owned(),
            }
            .into());
        }
        transaction.commit().await?;
        Ok(rows.len())
    }
}
