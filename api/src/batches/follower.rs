//! Who makes the venue's batches: a reader of the journal with a state of its own, so that a million leaves do not hold up the thread
//! that trades.
//!
//! A round begins as a venue starts, in the newest snapshot before what is missing, and replays the journal up to the last cut. Of
//! each cut it writes the body, whole or not at all, and then the row of the history that says so. What is missing follows from the
//! two, so a round that was killed at any moment is made up for, to the same bytes, as is a body or a history that was deleted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use engine::chain::Cut;
use engine::ids::Seq;
use settlement::{Body, BodyError};
use tokio::sync::watch;

use crate::batches::files;
use crate::batches::recomputation::{Made, Recomputation, RecomputeError};
use crate::venue::durable::{self, FileError};
use crate::venue::projections::{BatchRow, BatchRows, ProjectionError};
use crate::venue::snapshots::{Restored, restore};
use crate::venue::store::{Store, StoreError};
use crate::venue::{history_path, journal_path};

/// How long a round waits that failed.
const RETRY: Duration = Duration::from_secs(10);

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The journal could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal leads to no batch.
    #[error(transparent)]
    Recompute(Box<RecomputeError>),
    /// The journal leads to another batch than was published.
    #[error(
        "batch {number} was published with another digest than the journal leads to; keep its body, and look into it"
    )]
    Differs {
        /// Which.
        number: u64,
    },
    /// The history could not be read or written.
    #[error(transparent)]
    History(#[from] ProjectionError),
    /// A body could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The body of the batch before is damaged.
    #[error("the body of batch {number} is damaged: {error}; delete it, and it is made again")]
    Damaged {
        /// Which.
        number: u64,
        /// What is wrong.
        error: BodyError,
    },
}

impl From<RecomputeError> for MakeError {
    fn from(error: RecomputeError) -> MakeError {
        MakeError::Recompute(Box::new(error))
    }
}

/// Makes every batch up to a cut that is missing; how many were made.
///
/// # Errors
/// [`MakeError`]. What was made stays, and the next round goes on behind it.
pub async fn make(folder: &Path, cut: Cut) -> Result<u64, MakeError> {
    let _lock = durable::lock(folder)?;
    let mut rows = BatchRows::open(&history_path(folder)).await?;
    let missing = missing(folder, &mut rows, cut.number).await?;
    let Some(&first) = missing.first() else { return Ok(0) };
    let mut store = Store::open_read_only(&journal_path(folder)).await?;
    let mut recomputation = begin(folder, &mut store, &mut rows, first, cut).await?;
    let mut count = 0;
    while recomputation.last().is_none_or(|batch| batch.number < cut.number) {
        let read = store.read_next().await?;
        if read.is_empty() {
            break;
        }
        for row in &read {
            let Some(made) = recomputation.apply(row)? else { continue };
            count += u64::from(keep(folder, &mut rows, &made, &missing).await?);
            if made.batch.number == cut.number {
                break;
            }
        }
    }
    store.close().await?;
    Ok(count)
}

/// The numbers whose row or body is not there, or does not fit the other.
async fn missing(folder: &Path, rows: &mut BatchRows, last: u64) -> Result<Vec<u64>, MakeError> {
    let (sizes, bodies) = (rows.sizes().await?, files::list(folder)?);
    Ok((1..=last)
        .filter(|number| {
            let size = |list: &[(u64, u64)]| {
                list.binary_search_by_key(number, |(number, _)| *number).ok().map(|at| list[at].1)
            };
            size(&sizes).is_none() || size(&sizes) != size(&bodies)
        })
        .collect())
}

/// The newest state before the first batch that is missing.
async fn begin(
    folder: &Path,
    store: &mut Store,
    rows: &mut BatchRows,
    first: u64,
    cut: Cut,
) -> Result<Recomputation, MakeError> {
    let before = rows.find(first - 1).await?;
    let latest = match before {
        _ if first == cut.number => Seq(cut.seq.0 - 1),
        Some(before) => Seq(before.batch.last_seq),
        None => Seq(0),
    };
    let Restored { core, from, .. } = restore(store, folder, latest).await?;
    let cuts = core.engine().chain().cuts();
    let previous = match rows.find(cuts).await? {
        Some(row) if cuts > 0 => Some((row.batch, body_of_row(folder, &row)?)),
        _ => None,
    };
    tracing::info!(first, from = from.map(|from| from.0), "making batches");
    Ok(Recomputation::resume(core, (store.last_seq(), store.head()), previous)?)
}

/// The body that was published with a batch, if it is there.
fn body_of_row(folder: &Path, row: &BatchRow) -> Result<Option<Arc<Body>>, MakeError> {
    let number = row.batch.number;
    if !files::body_path(folder, number).is_file() {
        return Ok(None);
    }
    let body = Body::decode(&files::read(folder, number)?);
    body.map(|body| Some(Arc::new(body))).map_err(|error| MakeError::Damaged { number, error })
}

/// Writes a batch if it is missing. What is there already has to be the same.
async fn keep(folder: &Path, rows: &mut BatchRows, made: &Made, missing: &[u64]) -> Result<bool, MakeError> {
    let number = made.batch.number;
    let known = rows.find(number).await?;
    if known.is_some_and(|row| row.digest != made.digest) {
        return Err(MakeError::Differs { number });
    }
    if missing.binary_search(&number).is_err() {
        return Ok(false);
    }
    let bytes = files::write(folder, number, &made.body)?;
    rows.keep(&BatchRow { batch: made.batch, domain: made.domain, digest: made.digest, bytes }).await?;
    let (digest, equity) = (made.digest, made.batch.equity);
    tracing::info!(number, %digest, %equity, bytes, "batch made");
    Ok(true)
}

/// Makes the batches of a venue that runs in this process until the venue ends.
///
/// # Errors
/// If the thread cannot be made.
pub fn spawn(folder: PathBuf, cuts: watch::Receiver<Option<Cut>>) -> std::io::Result<thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("batches".to_owned()).spawn(move || runtime.block_on(keep_making(&folder, cuts)))
}

async fn keep_making(folder: &Path, mut cuts: watch::Receiver<Option<Cut>>) {
    let mut done = 0;
    loop {
        let is_new = |cut: &Option<Cut>| cut.is_some_and(|cut| cut.number > done);
        let Ok(Some(cut)) = cuts.wait_for(is_new).await.map(|cut| *cut) else { return };
        match make(folder, cut).await {
            Ok(_) => done = cut.number,
            Err(error) if is_disagreement(&error) => {
                tracing::error!(%error, "no batch is made any more until a restart; the venue goes on");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "a batch was not made; it is tried again");
                // An end of the venue is heard meanwhile.
                let gone = tokio::time::timeout(RETRY, cuts.wait_for(|_| false)).await;
                if gone.is_ok() {
                    return;
                }
            }
        }
    }
}

/// Whether trying again could not help: the journal itself is not what this program would make of it.
fn is_disagreement(error: &MakeError) -> bool {
    match error {
        MakeError::Store(error) => matches!(error, StoreError::Corrupt { .. }),
        MakeError::Recompute(_) | MakeError::Differs { .. } | MakeError::Damaged { .. } => true,
        MakeError::History(_) | MakeError::File(_) => false,
    }
}
