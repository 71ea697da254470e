//! Settlement batches in the history: each cut as the journal tells it, and the batch that was made of it.

use std::path::Path;

use engine::event::Event;
use engine::ids::Seq;
use settlement::{Address, Amount, Batch, Digest, Domain, Hash};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Row, Sqlite, Transaction};

use crate::venue::projections::rows::{FromRow, number};
use crate::venue::projections::{History, ProjectionError, signed};

/// A batch that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// What attesters sign.
    pub batch: Batch,
    /// For which vault.
    pub domain: Domain,
    /// Its digest.
    pub digest: Digest,
    /// Size of the published body.
    pub bytes: u64,
}

/// Where a batch was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutRow {
    /// Its number.
    pub number: u64,
    /// When.
    pub ts_us: i64,
    /// Imports credited by then.
    pub imports: u64,
    /// Exits received by then.
    pub exits: u64,
    /// Whether it is on the chain for good.
    pub is_confirmed: bool,
}

/// The one who writes what was made of cuts; it has a connection of its own.
#[derive(Debug)]
pub struct BatchRows(SqliteConnection);

impl BatchRows {
    /// Opens the history of a venue, whose schema is up to date.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open(path: &Path) -> Result<BatchRows, ProjectionError> {
        let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
        Ok(BatchRows(options.connect().await?))
    }

    /// All batches that were made, by number, with the size of their bodies.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sizes(&mut self) -> Result<Vec<(u64, u64)>, ProjectionError> {
        let rows = sqlx::query("select number, bytes from batch_bodies order by number").fetch_all(&mut self.0).await?;
        Ok(rows
            .iter()
            .map(|row| Ok((number(row, "number")?, number(row, "bytes")?)))
            .collect::<Result<_, sqlx::Error>>()?)
    }

    /// A batch that was made.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&mut self, number: u64) -> Result<Option<BatchRow>, ProjectionError> {
        let row = sqlx::query("select * from batch_bodies where number = ?").bind(signed(number));
        Ok(row.fetch_optional(&mut self.0).await?.as_ref().map(BatchRow::from_row).transpose()?)
    }

    /// Keeps a batch that was made.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keep(&mut self, made: &BatchRow) -> Result<(), ProjectionError> {
        let BatchRow { batch, domain, digest, bytes } = made;
        sqlx::query("insert or replace into batch_bodies values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(signed(batch.number))
            .bind(domain.chain_id.cast_signed())
            .bind(domain.verifying_contract.0.as_slice())
            .bind(batch.prev_digest.0.as_slice())
            .bind(signed(batch.first_seq))
            .bind(signed(batch.last_seq))
            .bind(signed(batch.epoch))
            .bind(batch.journal_head.0.as_slice())
            .bind(signed(batch.deposits_done))
            .bind(batch.deposits_hash.0.as_slice())
            .bind(batch.state_root.0.as_slice())
            .bind(batch.data_hash.0.as_slice())
            .bind(batch.equity.to_string())
            .bind(batch.withdrawn.to_string())
            .bind(digest.0.as_slice())
            .bind(signed(*bytes))
            .execute(&mut self.0)
            .await?;
        Ok(())
    }
}

impl History {
    /// A batch that was cut and made.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn batch(&self, number: u64) -> Result<Option<(CutRow, BatchRow)>, ProjectionError> {
        let Ok(number) = i64::try_from(number) else { return Ok(None) };
        let select = "select * from batches join batch_bodies using (number) where number = ?";
        let row = sqlx::query(select).bind(number).fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(both).transpose()?)
    }

    /// The batches that were cut and made, before a number, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn batches(&self, before: Option<u64>, limit: u32) -> Result<Vec<(CutRow, BatchRow)>, ProjectionError> {
        let select =
            "select * from batches join batch_bodies using (number) where number < ? order by number desc limit ?";
        let rows = sqlx::query(select).bind(before.map_or(i64::MAX, signed)).bind(limit).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(both).collect::<Result<_, _>>()?)
    }

    /// The last batch that was cut, whether it is made already or not.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_cut(&self) -> Result<Option<CutRow>, ProjectionError> {
        let row = sqlx::query("select * from batches order by number desc limit 1").fetch_optional(&self.pool).await?;
        Ok(row.as_ref().map(CutRow::from_row).transpose()?)
    }
}

fn both(row: &SqliteRow) -> Result<(CutRow, BatchRow), sqlx::Error> {
    Ok((CutRow::from_row(row)?, BatchRow::from_row(row)?))
}

impl FromRow for CutRow {
    fn from_row(row: &SqliteRow) -> Result<CutRow, sqlx::Error> {
        Ok(CutRow {
            number: number(row, "number")?,
            ts_us: row.try_get("ts_us")?,
            imports: number(row, "imports")?,
            exits: number(row, "exits")?,
            is_confirmed: row.try_get::<Option<i64>, _>("confirmed_seq")?.is_some(),
        })
    }
}

impl FromRow for BatchRow {
    fn from_row(row: &SqliteRow) -> Result<BatchRow, sqlx::Error> {
        let sum = |column| -> Result<Amount, sqlx::Error> {
            let text: &str = row.try_get(column)?;
            text.parse().map(Amount).map_err(|error| decoding(column, error))
        };
        let chain_id: i64 = row.try_get("chain_id")?;
        Ok(BatchRow {
            batch: Batch {
                number: number(row, "number")?,
                prev_digest: Digest(bytes(row, "prev_digest")?),
                first_seq: number(row, "first_seq")?,
                last_seq: number(row, "last_seq")?,
                epoch: number(row, "epoch")?,
                journal_head: Hash(bytes(row, "journal_head")?),
                deposits_done: number(row, "deposits_done")?,
                deposits_hash: Hash(bytes(row, "deposits_hash")?),
                state_root: Hash(bytes(row, "state_root")?),
                data_hash: Hash(bytes(row, "data_hash")?),
                equity: sum("equity")?,
                withdrawn: sum("withdrawn")?,
            },
            domain: Domain { chain_id: chain_id.cast_unsigned(), verifying_contract: Address(bytes(row, "vault")?) },
            digest: Digest(bytes(row, "digest")?),
            bytes: number(row, "bytes")?,
        })
    }
}

fn bytes<const LENGTH: usize>(row: &SqliteRow, column: &'static str) -> Result<[u8; LENGTH], sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|error| decoding(column, error))
}

fn decoding(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}

/// Takes a cut over, or that one is on the chain for good.
pub(super) async fn project(
    transaction: &mut Transaction<'_, Sqlite>,
    seq: Seq,
    ts_us: i64,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let query = match *event {
        Event::BatchCut { number, deposits, imports, exits, .. } => {
            sqlx::query("insert into batches values (?, ?, ?, ?, ?, ?, null)")
                .bind(signed(number))
                .bind(signed(seq.0))
                .bind(ts_us)
                .bind(signed(deposits))
                .bind(signed(imports))
                .bind(signed(exits))
        }
        Event::BatchConfirmed { number } => sqlx::query("update batches set confirmed_seq = ? where number = ?")
            .bind(signed(seq.0))
            .bind(signed(number)),
        _ => return Ok(()),
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}
