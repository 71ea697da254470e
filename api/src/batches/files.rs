//! The published bodies of a venue: one file a batch, whole or not there.

use std::io::Write;
use std::path::{Path, PathBuf};

use settlement::Body;

use crate::venue::durable::{self, FileError};

/// The folder of a venue's bodies.
pub fn bodies_path(folder: &Path) -> PathBuf {
    folder.join("batches")
}

/// The file of a batch's body.
pub fn body_path(folder: &Path, number: u64) -> PathBuf {
    bodies_path(folder).join(format!("{number:08}.body"))
}

/// The bodies that are there, by their numbers, with their sizes.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<(u64, u64)>, FileError> {
    let number = |name: &str| name.strip_suffix(".body")?.parse().ok();
    let mut found = Vec::new();
    for (name, path) in durable::files_of(&bodies_path(folder))? {
        if let Some(number) = number(&name) {
            found.push((number, path.metadata().map_err(FileError::at(&path))?.len()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Writes a body: whole or not at all, whatever happens to the machine meanwhile. The size of its file.
///
/// # Errors
/// If the file cannot be written.
pub fn write(folder: &Path, number: u64, body: &Body) -> Result<u64, FileError> {
    let (path, bytes) = (body_path(folder, number), body.encode());
    durable::write_part(&path, |file| file.write_all(&bytes))?;
    durable::publish(&path)?;
    Ok(bytes.len() as u64)
}

/// The bytes of a body.
///
/// # Errors
/// If they cannot be read.
pub fn read(folder: &Path, number: u64) -> Result<Vec<u8>, FileError> {
    let path = body_path(folder, number);
    std::fs::read(&path).map_err(FileError::at(&path))
}
