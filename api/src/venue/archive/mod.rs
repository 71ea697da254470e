//! Where the beginning of a long journal is kept: segments, files that together with the database are one chain of batches.
//!
//! A reader asks the database first and the archive for what is not there any more, so that a batch that is in both is
//! read where it always was. Nothing is deleted from the database before its segment is durable.

use std::path::{Path, PathBuf};

use engine::ids::Seq;
use engine::journal::batch::Batch;

pub use self::archivist::{Archived, Archivist};
use crate::venue::durable::{self, FileError};

mod archivist;
pub mod segment;

/// Why a segment could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The file could not be read or written.
    #[error("segment {0}")]
    File(#[from] FileError),
    /// The file is not what was written.
    #[error("segment {path} is damaged: {what}; put a copy of it in its place")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The segments of a folder.
#[derive(Clone, Debug)]
pub struct Archive {
    folder: PathBuf,
}

/// The name of a segment: from which command to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentName {
    /// The first command.
    pub first: Seq,
    /// The last command.
    pub last: Seq,
}

impl Archive {
    /// The archive beside a journal's file.
    pub fn beside(journal: &Path) -> Archive {
        Archive { folder: journal.with_file_name("archive") }
    }

    /// All segments, the earliest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn segments(&self) -> Result<Vec<SegmentName>, SegmentError> {
        let files = durable::files_of(&self.folder)?;
        let mut names: Vec<SegmentName> = files.iter().filter_map(|(name, _)| SegmentName::parse(name)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The batches behind a command, as far as one segment has them; none if the archive does not go on there.
    ///
    /// # Errors
    /// If the segment that should have them is damaged.
    pub fn after(&self, seq: Seq) -> Result<Vec<Batch>, SegmentError> {
        let next = Seq(seq.0 + 1);
        let Some(name) = self.segments()?.into_iter().find(|name| (name.first..=name.last).contains(&next)) else {
            return Ok(Vec::new());
        };
        let mut batches = self.read(name)?;
        batches.retain(|batch| batch.first_seq > seq);
        Ok(batches)
    }

    /// The batch that ends with a command.
    ///
    /// # Errors
    /// If the segment that should have it is damaged.
    pub fn batch_ending_at(&self, seq: Seq) -> Result<Option<Batch>, SegmentError> {
        let name = self.segments()?.into_iter().find(|name| (name.first..=name.last).contains(&seq));
        let batches = name.map(|name| self.read(name)).transpose()?.unwrap_or_default();
        Ok(batches.into_iter().find(|batch| batch.last_seq == seq))
    }

    /// All batches of a segment.
    ///
    /// # Errors
    /// If the file is missing or damaged.
    pub fn read(&self, name: SegmentName) -> Result<Vec<Batch>, SegmentError> {
        let path = self.path(name);
        let bytes = std::fs::read(&path).map_err(FileError::at(&path))?;
        let batches = segment::decode(&bytes).and_then(|batches| match SegmentName::of(&batches) {
            Some(found) if found == name => Ok(batches),
            _ => Err("it holds other commands than its name says".to_owned()),
        });
        batches.map_err(|what| SegmentError::Damaged { path, what })
    }

    /// Makes a segment durable under a name that nobody reads.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn prepare(&self, batches: &[Batch]) -> Result<SegmentName, SegmentError> {
        let name = SegmentName::of(batches).expect("a segment has batches");
        let bytes = segment::encode(batches);
        durable::write_part(&self.path(name), |file| std::io::Write::write_all(file, &bytes))?;
        Ok(name)
    }

    /// Gives a prepared segment its name.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn publish(&self, name: SegmentName) -> Result<(), SegmentError> {
        Ok(durable::publish(&self.path(name))?)
    }

    /// Removes what was prepared by a process that did not come to publish it.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn sweep(&self) -> Result<(), SegmentError> {
        for (name, path) in durable::files_of(&self.folder)? {
            if name.ends_with(durable::PART) {
                durable::remove(&path)?;
            }
        }
        Ok(())
    }

    /// The file of a segment.
    pub fn path(&self, name: SegmentName) -> PathBuf {
        // As many digits as any number has, so that names sort as numbers do.
        self.folder.join(format!("{:020}-{:020}.segment", name.first.0, name.last.0))
    }
}

impl SegmentName {
    fn of(batches: &[Batch]) -> Option<SegmentName> {
        Some(SegmentName { first: batches.first()?.first_seq, last: batches.last()?.last_seq })
    }

    fn parse(file: &str) -> Option<SegmentName> {
        let (first, last) = file.strip_suffix(".segment")?.split_once('-')?;
        let (first, last) = (Seq(first.parse().ok()?), Seq(last.parse().ok()?));
        (first <= last).then_some(SegmentName { first, last })
    }
}
