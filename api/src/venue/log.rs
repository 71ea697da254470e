//! Makes sure that what a start reads in SQLite's log is on the disk, and not only in the system's memory.
//!
//! When a disk refuses a sync, the venue stops. The system, though, keeps showing what it could not write, and takes it for written: a
//! later sync succeeds without it (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). A venue that was
//! killed at that moment would find such a batch in the log, build on it, and lose with it all that came after at the next power cut.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Bytes that are read and written at a time.
const PIECE: usize = 1 << 20;

/// Writes the log of a database over itself and syncs it. The caller holds the database's write lock: nobody else writes to the log.
///
/// # Errors
/// If the log cannot be read or written.
pub(super) fn write_again(database: &Path) -> io::Result<()> {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    let (length, mut at, mut piece) = (file.metadata()?.len(), 0, vec![0; PIECE]);
    while at < length {
        let count = usize::try_from(length - at).unwrap_or(PIECE).min(PIECE);
        copy_over(&file, &mut piece[..count], at)?;
        at += count as u64;
    }
    file.sync_data()
}

#[cfg(unix)]
fn copy_over(file: &File, piece: &mut [u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    file.read_exact_at(piece, at)?;
    file.write_all_at(piece, at)
}

#[cfg(not(unix))]
fn copy_over(mut file: &File, piece: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(piece)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(piece)
}
