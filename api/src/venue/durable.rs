//! Files that are there whole or not at all, whatever happens to the machine meanwhile.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What a file is called until it is whole.
pub const PART: &str = "part";

/// A file of the venue's folder that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl FileError {
    /// Names the file that an error is about.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |error| FileError { path, error }
    }
}

/// The first step: everything is on the disk, under a name that nobody reads.
///
/// # Errors
/// If the file cannot be written; the name it was to get is then as it was.
pub fn write_part(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), FileError> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(FileError::at(folder))?;
        sync_folder(folder_of(folder))?;
    }
    let part = part_of(path);
    let written = || -> io::Result<()> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&part)?);
        write(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()
    };
    written().map_err(FileError::at(&part))
}

/// The second step: it gets its name, and the name is on the disk.
///
/// # Errors
/// If it cannot be renamed. After an error of the last sync the name may or may not survive a power cut.
pub fn publish(path: &Path) -> Result<(), FileError> {
    fs::rename(part_of(path), path).map_err(FileError::at(path))?;
    sync_folder(folder_of(path))
}

/// Removes a file for good; it need not be there.
///
/// # Errors
/// If it is there and cannot be removed.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError { path: path.to_owned(), error }),
        _ => sync_folder(folder_of(path)),
    }
}

/// The files of a folder with their names; none if there is no such folder.
///
/// # Errors
/// If the folder cannot be read.
pub fn files_of(folder: &Path) -> Result<Vec<(String, PathBuf)>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(FileError::at(folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::at(folder))?;
        // What is not text was not written here.
        files.extend(entry.file_name().into_string().ok().map(|name| (name, entry.path())));
    }
    Ok(files)
}

/// Keeps others who write snapshots or segments of a folder waiting for as long as it is held; gone with the process.
///
/// # Errors
/// If the lock's file cannot be made.
pub fn lock(folder: &Path) -> Result<File, FileError> {
    let path = folder.join("follower.lock");
    let file = File::create(&path).map_err(FileError::at(&path))?;
    file.lock().map_err(FileError::at(&path))?;
    Ok(file)
}

fn part_of(path: &Path) -> PathBuf {
    path.with_added_extension(PART)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> Result<(), FileError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(FileError::at(folder))
}
