//! The file of a snapshot: where in the journal it stands, both machines' states, and a hash over all of it.
//!
//! | field | bytes |
//! | --- | --- |
//! | `terahour venue snapshot 1` and a line feed | 26 |
//! | the last command in it, and its time | 8 and 8 |
//! | hash of the batch that ends with that command | 32 |
//! | length of the price index's snapshot, then the snapshot | 8 and so many |
//! | the exchange's snapshot | all but the last 32 |
//! | BLAKE3 of all bytes before | 32 |
//!
//! Nothing in it depends on who wrote it or when: the same batches lead to the same bytes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use engine::Engine;
use engine::ids::Seq;
use engine::journal::batch::{Batch, Hash};
use engine::journal::bytes::{DecodeError, Reader, Writer};
use engine::units::Timestamp;
use pricing::index::IndexBook;

use crate::venue::durable::{self, FileError};
use crate::venue::machines::Core;
use crate::venue::snapshots::snapshot_path;

/// What a snapshot begins with; the number is its version.
const MAGIC: &[u8; 26] = b"terahour venue snapshot 1\n";

/// Bytes of the file before the states.
const HEADER_SIZE: usize = 26 + 8 + 8 + 32;

/// Bytes read at a time where only the hash is wanted.
const PIECE: usize = 1 << 20;

/// Where in the journal a state stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The last command.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// The hash of the batch that ends with it.
    pub head: Hash,
}

/// Why a snapshot is not used, or was not written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be read or written.
    #[error("snapshot {0}")]
    File(#[from] FileError),
    /// The file is not what was written.
    #[error("snapshot {path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file is whole, but of another journal.
    #[error("snapshot {path} stands behind a batch that this journal does not have")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// Writes a snapshot: whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn write(folder: &Path, position: Position, core: &Core) -> Result<PathBuf, SnapshotError> {
    let path = snapshot_path(folder, position.seq);
    durable::write_part(&path, |file| put(file, position, core).map(|_| ()))?;
    durable::publish(&path)?;
    Ok(path)
}

/// The hash at the end of the snapshot of a state, without a file.
pub fn content_hash(position: Position, core: &Core) -> Hash {
    put(&mut io::sink(), position, core).expect("nothing is written")
}

/// Reads a snapshot.
///
/// # Errors
/// If it is damaged or contradicts itself.
pub fn read(folder: &Path, seq: Seq, hash_seed: u64) -> Result<(Position, Core), SnapshotError> {
    let path = snapshot_path(folder, seq);
    let bytes = std::fs::read(&path).map_err(FileError::at(&path))?;
    let damaged = |what: String| SnapshotError::Damaged { path: path.clone(), what };
    let (content, hash) = bytes.split_last_chunk::<32>().ok_or_else(|| damaged("it is too short".to_owned()))?;
    if blake3::hash(content) != *hash {
        return Err(damaged("its hash does not cover its content".to_owned()));
    }
    // Its hash says that it was written like this, not by whom. What the state machines would stop at must not stop the venue.
    let taken = catch_unwind(|| take(content, hash_seed));
    let taken = taken.map_err(|_| damaged("it holds a state that cannot be".to_owned()))?;
    let (position, core) = taken.map_err(damaged)?;
    check_seq(&position, seq).map_err(damaged)?;
    Ok((position, core))
}

/// Where a snapshot stands and the hash at its end, if its content is whole; the states are not looked at.
///
/// # Errors
/// If it is damaged.
pub fn inspect(folder: &Path, seq: Seq) -> Result<(Position, Hash), SnapshotError> {
    let path = snapshot_path(folder, seq);
    let damaged = |what: String| SnapshotError::Damaged { path: path.clone(), what };
    let (header, found, stated) = hash_file(&path).map_err(FileError::at(&path))?;
    if found != stated {
        return Err(damaged("its hash does not cover its content".to_owned()));
    }
    let position = take_position(&mut Reader(&header)).map_err(|error| damaged(error.to_string()))?;
    check_seq(&position, seq).map_err(damaged)?;
    Ok((position, stated))
}

/// The position behind a batch.
pub fn position_behind(batch: &Batch, time: Timestamp) -> Position {
    Position { seq: batch.last_seq, time, head: batch.hash() }
}

fn put(to: &mut impl Write, position: Position, core: &Core) -> io::Result<Hash> {
    let mut index = Vec::new();
    core.index().write_snapshot(&mut index);
    let mut header = Writer::default();
    header.bytes(MAGIC);
    header.u64(position.seq.0);
    header.i64(position.time.0);
    header.bytes(&position.head);
    header.u64(index.len() as u64);
    header.bytes(&index);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&header.0);
    to.write_all(&header.0)?;
    let mut outcome = Ok(());
    core.engine().write_snapshot(|piece| {
        hasher.update(piece);
        if outcome.is_ok() {
            outcome = to.write_all(piece);
        }
    });
    outcome?;
    let hash = *hasher.finalize().as_bytes();
    to.write_all(&hash)?;
    Ok(hash)
}

fn take(content: &[u8], hash_seed: u64) -> Result<(Position, Core), String> {
    let said = |error: DecodeError| error.to_string();
    let mut from = Reader(content);
    let position = take_position(&mut from).map_err(said)?;
    let length = usize::try_from(from.u64().map_err(said)?).unwrap_or(usize::MAX);
    let index = IndexBook::read_snapshot(from.bytes(length).map_err(said)?).map_err(|error| error.to_string())?;
    let engine = Engine::read_snapshot(from.0, hash_seed).map_err(said)?;
    if engine.seq() > position.seq || engine.time() > position.time {
        return Err(format!("the exchange stands at command {}, behind its own end", engine.seq()));
    }
    Ok((position, Core::of(engine, index)))
}

fn take_position(from: &mut Reader) -> Result<Position, DecodeError> {
    if from.array()? != *MAGIC {
        return Err(DecodeError::Invalid { what: "snapshot version", value: 0 });
    }
    Ok(Position { seq: Seq(from.u64()?), time: Timestamp(from.i64()?), head: from.array()? })
}

fn check_seq(position: &Position, seq: Seq) -> Result<(), String> {
    if position.seq == seq {
        Ok(())
    } else {
        Err(format!("it stands at command {}, not where its name says", position.seq))
    }
}

/// The first bytes of a file, the hash of all but its last 32 bytes, and those.
fn hash_file(path: &Path) -> io::Result<(Vec<u8>, Hash, Hash)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut left = length.checked_sub(32).ok_or(io::ErrorKind::UnexpectedEof)?;
    let (mut hasher, mut header, mut piece) = (blake3::Hasher::new(), Vec::new(), vec![0; PIECE]);
    while left > 0 {
        let count = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        file.read_exact(&mut piece[..count])?;
        hasher.update(&piece[..count]);
        if header.is_empty() {
            header.extend_from_slice(&piece[..count.min(HEADER_SIZE)]);
        }
        left -= count as u64;
    }
    let mut stated = [0; 32];
    file.read_exact(&mut stated)?;
    Ok((header, *hasher.finalize().as_bytes(), stated))
}
