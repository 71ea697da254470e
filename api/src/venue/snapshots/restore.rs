//! The way back: the newest snapshot that is whole and that the journal knows, or the beginning.

use std::path::Path;

use engine::Engine;
use engine::ids::Seq;
use engine::units::Timestamp;
use pricing::index::IndexBook;

use crate::venue::machines::Core;
use crate::venue::snapshots::{SnapshotError, file, list, snapshot_path};
use crate::venue::store::{Store, StoreError};

/// A state that the rest of the journal is applied to.
#[derive(Debug)]
pub struct Restored {
    /// The state.
    pub core: Core,
    /// The time of the last command in it.
    pub time: Timestamp,
    /// The snapshot it is from; `None`: the journal is replayed from its first byte.
    pub from: Option<Seq>,
}

/// Restores the newest usable snapshot that does not stand behind `latest`, and lets the store go on there.
///
/// A snapshot that cannot be used is named in the log and passed over: it is only a shortcut.
///
/// # Errors
/// If the journal's database fails.
pub async fn restore(store: &mut Store, folder: &Path, latest: Seq) -> Result<Restored, StoreError> {
    // Strangers choose client order ids; where these lie in memory is not for them to know.
    let seed = rand::random();
    let known = list(folder).unwrap_or_else(|error| {
        tracing::warn!(%error, "the snapshots cannot be listed; the whole journal is replayed");
        Vec::new()
    });
    for seq in known {
        if seq > latest {
            tracing::info!(
                snapshot = seq.0,
                history = latest.0,
                "the history needs what happened before this snapshot"
            );
            continue;
        }
        match take(store, folder, seq, seed).await {
            Ok((core, time)) => {
                tracing::info!(snapshot = seq.0, "restored");
                return Ok(Restored { core, time, from: Some(seq) });
            }
            Err(RestoreError::Store(error)) => return Err(error),
            Err(RestoreError::Snapshot(error)) => {
                tracing::warn!(%error, "a snapshot is refused; an older one or the whole journal takes its place");
            }
        }
    }
    let core = Core::of(Engine::with_hash_seed(seed), IndexBook::default());
    Ok(Restored { core, time: Timestamp::default(), from: None })
}

#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

async fn take(store: &mut Store, folder: &Path, seq: Seq, seed: u64) -> Result<(Core, Timestamp), RestoreError> {
    let (position, core) = file::read(folder, seq, seed)?;
    if !store.resume_at(seq, position.head).await? {
        return Err(SnapshotError::Foreign { path: snapshot_path(folder, seq) }.into());
    }
    Ok((core, position.time))
}
