//! Cuts the power of a disk at any moment: what was acknowledged is there, whatever became of writes that were not synced.
//!
//! A real process runs on a real disk while [`trace`] writes down each of its writes and syncs. [`disk`] then rebuilds
//! what a disk could hold had the power failed at some point, and the store, or the venue, has to start from that.
//!
//! The process is watched with `ptrace`, from the level of its system calls: a file system inside SQLite would see the
//! writes, but not whether SQLite's own code for this system syncs the right files and folders, nor what the venue does
//! beside SQLite, nor when an answer leaves. It takes no rights, no tools and no code in the venue, but Linux on x86-64.

#![allow(clippy::print_stdout, reason = "how much of a disk that lies was noticed is worth reading")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use self::disk::{Disk, Survival};
use self::trace::Event;

mod disk;
mod memory;
mod refused;
mod store;
mod trace;
mod venue;
mod writer;

/// What a process did to a folder.
struct Recording {
    /// Gone with the recording.
    _folder: TempDir,
    root: PathBuf,
    events: Vec<Event>,
}

/// A moment of a recording, and what the disk makes of it.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Events that happened before.
    at: usize,
    survival: Survival,
    seed: u64,
}

impl Recording {
    fn new() -> Recording {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("the folder is there");
        Recording { _folder: folder, root, events: Vec::new() }
    }

    /// The recording leads to the very files that are there: nothing was written past it.
    fn check_complete(&self) {
        let all = Cut { at: self.events.len(), survival: Survival::Everything, seed: 0 };
        let image = Images::new(&self.root, &self.events).image(all);
        let (rebuilt, real) = (files(image.path()), files(&self.root));
        assert!(rebuilt.keys().eq(real.keys()), "{:?} instead of {:?}", rebuilt.keys(), real.keys());
        let differs = rebuilt.iter().find(|(path, bytes)| real.get(*path) != Some(bytes));
        assert!(differs.is_none(), "{:?} was written in a way that was not recorded", differs.map(|(path, _)| path));
    }

    fn count(&self, is_counted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| is_counted(event)).count()
    }
}

/// Cuts at random moments of so many events, earliest first, with every way to survive in turn.
fn cuts(events_count: usize, cuts_count: usize, random: &mut ChaCha8Rng) -> Vec<Cut> {
    let cut = |index: usize| Cut {
        at: random.random_range(0..=events_count),
        survival: Survival::ALL[index % Survival::ALL.len()],
        seed: random.random(),
    };
    let mut cuts: Vec<Cut> = (0..cuts_count).map(cut).collect();
    cuts.sort_by_key(|cut| cut.at);
    cuts
}

/// The disks that a recording's cuts leave, one after the other.
struct Images<'a> {
    root: &'a Path,
    events: &'a [Event],
    disk: Disk<'a>,
    at: usize,
}

impl<'a> Images<'a> {
    fn new(root: &'a Path, events: &'a [Event]) -> Images<'a> {
        Images { root, events, disk: Disk::default(), at: 0 }
    }

    /// Cuts have to come in order.
    fn image(&mut self, cut: Cut) -> TempDir {
        self.events[self.at..cut.at].iter().for_each(|event| self.disk.apply(event));
        self.at = cut.at;
        let image = scratch();
        let mut random = ChaCha8Rng::seed_from_u64(cut.seed);
        self.disk.cut(cut.survival, &mut random, self.root, image.path());
        image
    }
}

/// A folder in memory, where the system has such a place: nobody cuts the power of an image.
fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Every file below a folder, but for the index of a log, which is memory.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("the folder is there") {
            let path = entry.expect("the folder reads").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with("-shm") {
                let bytes = std::fs::read(&path).expect("the file reads");
                files.insert(path.strip_prefix(folder).expect("below the folder").to_owned(), bytes);
            }
        }
    }
    files
}

/// Fails, and leaves the disk that shows the fault where it can be looked at, as it was before anything opened it. The seed
/// repeats the choices, but threads race, so that the next recording may differ by some events.
fn fail(recording: &Recording, cut: Cut, seed: u64, fault: &str) -> ! {
    let kept = Images::new(&recording.root, &recording.events).image(cut).keep();
    panic!("{fault}\n{cut:?}; TERAHOUR_SEED={seed} makes the same choices, the disk is kept in {}", kept.display());
}
