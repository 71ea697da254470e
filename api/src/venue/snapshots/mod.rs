//! Snapshots of the venue: what a start reads instead of the whole journal, written by whoever follows the journal, never by the
//! thread that trades.
//!
//! A snapshot is a shortcut and never the truth: it is used if it is whole and if the journal has the very batch it says it was
//! written behind, and everything it leaves out is still in the journal or its archive. [`mod@file`] is its form, [`restore`] the way
//! back, [`follower`] who writes it.

use std::path::{Path, PathBuf};

use engine::ids::Seq;

pub use self::file::{Position, SnapshotError};
pub use self::restore::{Restored, restore};
use crate::venue::durable::{self, FileError};

pub mod file;
pub mod follower;
mod restore;

/// The folder of a venue's snapshots.
pub fn snapshots_path(folder: &Path) -> PathBuf {
    folder.join("snapshots")
}

/// The file of a snapshot behind a command.
pub fn snapshot_path(folder: &Path, seq: Seq) -> PathBuf {
    // As many digits as any number has, so that names sort as numbers do.
    snapshots_path(folder).join(format!("{:020}.snapshot", seq.0))
}

/// All snapshots of a venue by the command they were written behind, the newest first.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Seq>, FileError> {
    let files = durable::files_of(&snapshots_path(folder))?;
    let number = |name: &str| name.strip_suffix(".snapshot")?.parse().ok().map(Seq);
    let mut found: Vec<Seq> = files.iter().filter_map(|(name, _)| number(name)).collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    Ok(found)
}
