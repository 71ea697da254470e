//! Looks into a program that is watched: its open files, and what it is about to write.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// What an open file of a stopped thread leads to.
pub(super) fn link(thread: i32, file: u64) -> PathBuf {
    std::fs::read_link(format!("/proc/{thread}/fd/{file}")).unwrap_or_default()
}

/// Bytes of a stopped thread's memory; `None` if it was killed meanwhile.
pub(super) fn memory(thread: i32, at: u64, count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    let memory = File::open(format!("/proc/{thread}/mem")).ok()?;
    memory.read_exact_at(&mut bytes, at).ok()?;
    Some(bytes)
}

/// A word of a stopped thread's memory.
pub(super) fn word(thread: i32, at: u64) -> Option<u64> {
    Some(u64::from_ne_bytes(memory(thread, at, 8)?.try_into().ok()?))
}

/// The bytes that a list of places and lengths names.
pub(super) fn scattered(thread: i32, at: u64, count: u64) -> Option<Vec<u8>> {
    let part = |index: u64| {
        let (start, length) = (word(thread, at + 16 * index)?, word(thread, at + 16 * index + 8)?);
        memory(thread, start, usize::try_from(length).ok()?)
    };
    (0..count).map(part).collect::<Option<Vec<_>>>().map(|parts| parts.concat())
}
