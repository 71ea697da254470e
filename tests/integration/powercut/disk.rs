//! A disk whose power may fail: what was synced is there, and of everything else any part may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::trace::Event;

/// Bytes of the log's index in its smallest form.
const INDEX_BYTES: usize = 32_768;

/// What of the unsynced changes reached the disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Survival {
    Nothing,
    Everything,
    /// Each change with this chance in a hundred, so also a later one without an earlier one.
    Some(u32),
    /// Each sector of this many bytes with this chance in a hundred.
    Sectors(usize, u32),
    /// Only the latest change.
    Latest,
}

impl Survival {
    pub(super) const ALL: [Survival; 9] = [
        Survival::Nothing,
        Survival::Everything,
        Survival::Some(50),
        Survival::Some(90),
        Survival::Sectors(512, 50),
        Survival::Sectors(512, 95),
        Survival::Sectors(4_096, 50),
        Survival::Sectors(4_096, 90),
        Survival::Latest,
    ];

    fn keeps(self, is_latest: bool, random: &mut ChaCha8Rng) -> bool {
        match self {
            Survival::Nothing => false,
            Survival::Everything => true,
            Survival::Latest => is_latest,
            Survival::Some(chance) | Survival::Sectors(_, chance) => random.random_range(0..100) < chance,
        }
    }
}

/// A change of a file's bytes.
enum Change<'a> {
    Write { offset: usize, bytes: &'a [u8] },
    Resize { length: usize },
}

/// A file, whatever it is called.
#[derive(Default)]
struct Content<'a> {
    synced: Vec<u8>,
    unsynced: Vec<Change<'a>>,
    /// So many of the first unsynced changes were covered by a sync that the disk refused: a later one does not write them.
    forgotten: usize,
    /// Changes there have been that are synced now.
    synced_count: usize,
}

/// A name in a folder: it leads to a file, to a folder (`None`), or nowhere any more.
#[derive(Clone, Copy)]
enum Name {
    Leads(Option<usize>),
    Removed,
}

/// The disk at a moment of a recording.
#[derive(Default)]
pub(super) struct Disk<'a> {
    contents: Vec<Content<'a>>,
    /// What the running program sees.
    seen: BTreeMap<&'a Path, Option<usize>>,
    /// What is on the disk.
    names: BTreeMap<&'a Path, Option<usize>>,
    /// In order, each with its place among all changes of names.
    unsynced_names: Vec<(usize, &'a Path, Name)>,
    names_count: usize,
    /// By thread: the sync under way, and the changes that it covers.
    syncs: BTreeMap<i32, (&'a Path, usize)>,
}

impl<'a> Disk<'a> {
    pub(super) fn apply(&mut self, event: &'a Event) {
        match event {
            Event::Made { path, is_folder } => {
                let content = (!is_folder).then_some(self.contents.len());
                self.contents.extend(content.map(|_| Content::default()));
                self.seen.insert(path, content);
                self.change_name(path, Name::Leads(content));
            }
            Event::Removed { path } => {
                self.seen.remove(path.as_path());
                self.change_name(path, Name::Removed);
            }
            Event::Wrote { path, offset, bytes } => self.change(path, Change::Write { offset: *offset, bytes }),
            Event::Resized { path, length } => self.change(path, Change::Resize { length: *length }),
            Event::SyncBegan { thread, path } => {
                let covered = match self.seen.get(path.as_path()) {
                    Some(Some(content)) => {
                        let content = &self.contents[*content];
                        content.synced_count + content.unsynced.len()
                    }
                    // A folder: its names.
                    _ => self.names_count,
                };
                self.syncs.insert(*thread, (path, covered));
            }
            Event::SyncEnded { thread } => {
                let (path, covered) = self.syncs.remove(thread).expect("a sync that ends has begun");
                match self.seen.get(path) {
                    Some(Some(content)) => self.contents[*content].sync(covered),
                    _ => self.sync_names(path, covered),
                }
            }
            Event::SyncRefused { thread } => {
                let (path, covered) = self.syncs.remove(thread).expect("a sync that is refused has begun");
                if let Some(Some(content)) = self.seen.get(path) {
                    let content = &mut self.contents[*content];
                    content.forgotten = content.forgotten.max(covered.saturating_sub(content.synced_count));
                }
            }
            Event::Said(_) => {}
        }
    }

    fn change(&mut self, path: &Path, change: Change<'a>) {
        let content = self.seen.get(path).copied().flatten();
        let content = content.unwrap_or_else(|| panic!("{} was changed but never made", path.display()));
        self.contents[content].unsynced.push(change);
    }

    fn change_name(&mut self, path: &'a Path, name: Name) {
        self.unsynced_names.push((self.names_count, path, name));
        self.names_count += 1;
    }

    fn sync_names(&mut self, folder: &Path, covered: usize) {
        let is_covered = |&(place, path, _): &(usize, &Path, Name)| place < covered && path.parent() == Some(folder);
        let (synced, rest) = std::mem::take(&mut self.unsynced_names).into_iter().partition(is_covered);
        self.unsynced_names = rest;
        let synced: Vec<(usize, &'a Path, Name)> = synced;
        synced.into_iter().for_each(|(_, path, name)| rename(&mut self.names, path, name));
    }

    /// Power fails now: writes what is left below `root` to `image`, which has to be empty.
    pub(super) fn cut(&self, survival: Survival, random: &mut ChaCha8Rng, root: &Path, image: &Path) {
        let mut names = self.names.clone();
        for &(place, path, name) in &self.unsynced_names {
            if survival.keeps(place + 1 == self.names_count, random) {
                rename(&mut names, path, name);
            }
        }
        // Shorter paths come first: a folder before what is in it.
        let mut folders = BTreeSet::from([root]);
        for (path, content) in names {
            let inside = path.parent().is_some_and(|parent| folders.contains(parent));
            let target: PathBuf = image.join(path.strip_prefix(root).expect("the recording is of this folder"));
            match content {
                _ if !inside => {}
                None => {
                    folders.insert(path);
                    std::fs::create_dir(target).expect("a folder of the image");
                }
                Some(content) => {
                    let bytes = self.contents[content].left(survival, random);
                    if let Some(log) = target.to_str().and_then(|path| path.strip_suffix("-wal")) {
                        // The index of the log was memory; what a disk has of it means nothing.
                        let mut index = vec![0; INDEX_BYTES];
                        random.fill_bytes(&mut index);
                        std::fs::write(format!("{log}-shm"), index).expect("a file of the image");
                    }
                    std::fs::write(target, bytes).expect("a file of the image");
                }
            }
        }
    }
}

fn rename<'a>(names: &mut BTreeMap<&'a Path, Option<usize>>, path: &'a Path, name: Name) {
    match name {
        Name::Leads(content) => names.insert(path, content),
        Name::Removed => names.remove(path),
    };
}

impl Content<'_> {
    fn sync(&mut self, covered: usize) {
        // Another sync may have covered some of it already.
        let count = covered.saturating_sub(self.synced_count);
        for (index, change) in self.unsynced.drain(..count).enumerate() {
            match change {
                Change::Write { .. } if index < self.forgotten => {}
                Change::Write { offset, bytes } => put(&mut self.synced, offset, bytes),
                Change::Resize { length } => self.synced.resize(length, 0),
            }
        }
        self.synced_count += count;
        self.forgotten = self.forgotten.saturating_sub(count);
    }

    fn left(&self, survival: Survival, random: &mut ChaCha8Rng) -> Vec<u8> {
        let mut left = self.synced.clone();
        let count = self.unsynced.len();
        for (index, change) in self.unsynced.iter().enumerate() {
            let is_latest = index + 1 == count;
            match (change, survival) {
                (Change::Write { offset, bytes }, Survival::Sectors(size, _)) => {
                    for (place, sector) in sectors(*offset, bytes, size) {
                        if survival.keeps(is_latest, random) {
                            put(&mut left, place, sector);
                        }
                    }
                }
                _ if !survival.keeps(is_latest, random) => {}
                (Change::Write { offset, bytes }, _) => put(&mut left, *offset, bytes),
                (Change::Resize { length }, _) => left.resize(*length, 0),
            }
        }
        left
    }
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

/// The pieces of a write, each within a sector of the disk.
fn sectors(offset: usize, bytes: &[u8], size: usize) -> Vec<(usize, &[u8])> {
    let (mut pieces, mut place, mut rest) = (Vec::new(), offset, bytes);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(size - place % size));
        pieces.push((place, piece));
        place += piece.len();
        rest = after;
    }
    pieces
}
