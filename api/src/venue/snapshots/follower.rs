//! Who writes snapshots: a reader of the journal with a connection and a state of its own, so that the thread that trades does
//! not notice.
//!
//! A round starts as a venue starts: from the newest snapshot, on with the journal to its end, every event hash checked.
//! So each snapshot is proved by the next round to lead where the journal leads, and between rounds no second state is kept in memory.

use std::path::{Path, PathBuf};
use std::thread;

use engine::ids::Seq;
use tokio::sync::watch;

use crate::venue::archive::{Archived, Archivist};
use crate::venue::durable::{self, FileError};
use crate::venue::replay::{ReplayError, replay_next};
use crate::venue::snapshots::{Position, Restored, SnapshotError, file, list, restore, snapshot_path, snapshots_path};
use crate::venue::store::{Store, StoreError};
use crate::venue::{JournalPosition, journal_path};

/// Commands between two snapshots unless another number is asked for: about a second of replay.
pub const EVERY_DEFAULT: u64 = 1_000_000;

/// What a follower does.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Commands between two snapshots.
    pub every: u64,
    /// Whether the journal's beginning is archived behind the older of two snapshots.
    pub archive: bool,
}

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The journal could not be read, or leads elsewhere than was acknowledged.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The snapshot could not be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A file of the folder could not be read or removed.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What a round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The snapshot it began with.
    pub from: Option<Seq>,
    /// The end of the journal as it found it.
    pub seq: Seq,
}

impl Round {
    /// Whether a snapshot was written: not if nothing has happened since the last one.
    pub fn has_written(&self) -> bool {
        self.seq > self.from.unwrap_or(Seq(0))
    }
}

/// Replays the journal from the newest snapshot to its end and writes the next one.
///
/// Older snapshots than the one it began with are removed then: that one and the new one are known to be good.
///
/// # Errors
/// If the journal or a file fails; what was there is there still.
pub async fn follow(folder: &Path) -> Result<Round, FollowError> {
    let _lock = durable::lock(folder)?;
    let mut store = Store::open_read_only(&journal_path(folder)).await.map_err(ReplayError::from)?;
    let Restored { mut core, mut time, from } =
        restore(&mut store, folder, Seq(u64::MAX)).await.map_err(ReplayError::from)?;
    while let Some(past) = replay_next(&mut store, &mut core).await? {
        let last = past.last().and_then(|committed| committed.outcomes.last());
        time = last.map_or(time, |(stamp, _)| stamp.time);
    }
    let round = Round { from, seq: store.last_seq() };
    if round.has_written() {
        let position = Position { seq: store.last_seq(), time, head: store.head() };
        file::write(folder, position, &core)?;
        remove_before(folder, from.unwrap_or(Seq(0)))?;
    }
    store.close().await.map_err(ReplayError::from)?;
    Ok(round)
}

/// Archives the journal behind the older of the two newest snapshots, if there are two that are whole and of this journal.
///
/// # Errors
/// If the journal or a file fails; nothing is lost then.
pub async fn archive(folder: &Path) -> Result<Archived, FollowError> {
    let _lock = durable::lock(folder)?;
    let journal = journal_path(folder);
    let mut store = Store::open_read_only(&journal).await.map_err(ReplayError::from)?;
    let mut good = Vec::new();
    for seq in list(folder)? {
        match file::inspect(folder, seq) {
            Ok((position, _)) => {
                if store.resume_at(seq, position.head).await.map_err(ReplayError::from)? {
                    good.push(seq);
                }
            }
            Err(error) => tracing::warn!(%error, "nothing is archived behind this snapshot"),
        }
    }
    let [_, older, ..] = good[..] else { return Ok(Archived::default()) };
    let archived = async { Archivist::open(&journal).await?.archive(older).await };
    Ok(archived.await.map_err(ReplayError::from)?)
}

/// Follows the journal of a venue that runs in this process until the venue ends.
///
/// # Errors
/// If the thread cannot be made.
pub fn spawn(
    folder: PathBuf,
    plan: Plan,
    position: watch::Receiver<JournalPosition>,
) -> std::io::Result<thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new()
        .name("follower".to_owned())
        .spawn(move || runtime.block_on(keep_following(&folder, plan, position)))
}

async fn keep_following(folder: &Path, plan: Plan, mut position: watch::Receiver<JournalPosition>) {
    let mut last = list(folder).ok().and_then(|known| known.first().copied()).unwrap_or(Seq(0));
    loop {
        let is_due = |now: &JournalPosition| now.seq.0.saturating_sub(last.0) >= plan.every;
        let Ok(now) = position.wait_for(is_due).await.map(|now| now.seq) else { return };
        match round(folder, plan).await {
            Ok(written) => last = written,
            Err(error) if is_disagreement(&error) => {
                tracing::error!(%error, "the follower disagrees with the venue and stops; no snapshot is written until a restart");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "no snapshot was written; the next one is tried after as many commands again");
                last = now;
            }
        }
    }
}

async fn round(folder: &Path, plan: Plan) -> Result<Seq, FollowError> {
    let Round { from, seq } = follow(folder).await?;
    tracing::info!(snapshot = seq.0, from = from.map(|from| from.0), "snapshot written");
    if plan.archive {
        let Archived { segments, batches } = archive(folder).await?;
        tracing::info!(segments, batches, "archived");
    }
    Ok(seq)
}

/// Whether trying again could not help: the journal itself is not what this program would make of it.
fn is_disagreement(error: &FollowError) -> bool {
    match error {
        FollowError::Replay(ReplayError::Store(error)) => matches!(error, StoreError::Corrupt { .. }),
        FollowError::Replay(_) => true,
        FollowError::Snapshot(_) | FollowError::File(_) => false,
    }
}

fn remove_before(folder: &Path, oldest: Seq) -> Result<(), FollowError> {
    for seq in list(folder)?.into_iter().filter(|seq| *seq < oldest) {
        durable::remove(&snapshot_path(folder, seq))?;
    }
    for (name, path) in durable::files_of(&snapshots_path(folder))? {
        if name.ends_with(durable::PART) {
            durable::remove(&path)?;
        }
    }
    Ok(())
}
