//! Makes the venue's folder so that a power cut cannot take it away again, and the journal with it.

use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Makes a folder and those above it, unless they are there. The system keeps a new folder's name in the folder above,
/// which has to be synced like a file: SQLite does that for its files, but knows nothing of the folder they are in.
///
/// # Errors
/// If a folder cannot be made or synced.
pub(super) fn create_durably(folder: &Path) -> Result<(), Error> {
    let above = match folder.parent() {
        None => return Ok(()),
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
    };
    if folder.is_dir() {
        // It may be the work of a start that was killed before it came to the sync. Where the folder above cannot be read
        // it was somebody else's.
        return sync(above)
            .or_else(|error| if error.kind() == ErrorKind::PermissionDenied { Ok(()) } else { Err(error) });
    }
    create_durably(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists || !folder.is_dir() => Err(error),
        _ => sync(above),
    }
}

fn sync(folder: &Path) -> Result<(), Error> {
    // Elsewhere a folder is no file that could be opened.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
