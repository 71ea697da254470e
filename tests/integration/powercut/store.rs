//! The store after a power cut: every append that was confirmed, at most one that was not, and ready for the next.

use std::path::Path;

use api::venue::journal_path;
use api::venue::store::{Store, StoreError};
use engine::journal::batch::Hash;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::trace::{Event, record};
use super::writer::{self, CONFIRMED, End};
use super::{Images, Recording, cuts, fail};
use crate::chance::seed_and_soak;
use crate::counts;

/// Cuts of the usual run, and of each recording of a soak.
const CUTS: usize = 90;
const SOAK_CUTS: usize = 3_000;
const SOAK_RECORDINGS: u64 = 5;
/// Cuts of a disk that lies, for each kind of lie; some of them have to show.
const LYING_CUTS: usize = 10;
const SOAK_LYING_CUTS: usize = 300;

/// Bytes of one writer: SQLite begins a checkpoint by itself behind a thousand pages of 4 kB.
const BYTES_MIN: usize = 4_500_000;

/// A kind of sync that can be left out, by the file it is for.
type Omitted = (&'static str, fn(&Path) -> bool);

const OMITTED: [Omitted; 4] = [
    ("every sync", |_| true),
    ("the syncs of the log", |path| path.to_string_lossy().ends_with("-wal")),
    ("the syncs of the database behind a checkpoint", |path| path.to_string_lossy().ends_with(".sqlite")),
    ("the syncs of the folder", Path::is_dir),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_disk_makes_of_unsynced_writes_no_confirmed_batch_is_lost() {
    let (first_seed, is_soak) = seed_and_soak();
    for seed in first_seed..first_seed + if is_soak { SOAK_RECORDINGS } else { 1 } {
        let recording = recorded(seed);
        let journal = hashes(&journal_path(&recording.root)).await.expect("the journal is good");
        check_coverage(&recording, journal.len());
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut images = Images::new(&recording.root, &recording.events);
        let (mut unconfirmed, mut empty) = (0, 0);
        let cuts = cuts(recording.events.len(), if is_soak { SOAK_CUTS } else { CUTS }, &mut random);
        for cut in &cuts {
            let image = images.image(*cut);
            let confirmed = confirmed(&recording.events[..cut.at]);
            match check(image.path(), &journal, confirmed, cut.seed).await {
                Ok(found) => unconfirmed += found - confirmed,
                Err(fault) => fail(&recording, *cut, seed, &fault),
            }
            empty += usize::from(confirmed == 0);
        }
        assert!(empty < cuts.len() / 2, "{empty} of {} cuts came before the first batch", cuts.len());
        counts::note(cuts.len(), "power cuts of the store, no confirmed batch lost");
        counts::note(unconfirmed, "power cuts after which a whole batch was there that nobody had confirmed");
        check_lying_disks(&recording, &journal, if is_soak { SOAK_LYING_CUTS } else { LYING_CUTS }, seed).await;
        println!("{} cuts in {} events of {} batches", cuts.len(), recording.events.len(), journal.len());
    }
}

/// The model can fail: a disk that ignores any one kind of sync loses batches that were confirmed.
async fn check_lying_disks(recording: &Recording, journal: &[(u64, Hash)], cuts_count: usize, seed: u64) {
    for (name, is_omitted) in OMITTED {
        let events = without_syncs(&recording.events, is_omitted);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut images = Images::new(&recording.root, &events);
        let mut caught = 0;
        for cut in cuts(events.len(), cuts_count, &mut random) {
            let image = images.image(cut);
            let confirmed = confirmed(&events[..cut.at]);
            caught += usize::from(check(image.path(), journal, confirmed, cut.seed).await.is_err());
        }
        println!("without {name}: {caught} of {cuts_count} cuts lose or damage batches");
        assert!(caught > 0, "without {name} nothing was lost, so the model proves nothing");
        counts::note(caught, "power cuts that lost batches on a disk that ignores syncs, as they must");
    }
}

/// Several writers one after the other, killed or closed in order: the later ones recover what the earlier ones left.
fn recorded(seed: u64) -> Recording {
    let mut recording = Recording::new();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let path = journal_path(&recording.root);
    let lives = [
        (12, 0, End::Killed),
        (30, BYTES_MIN, End::Killed),
        (10, 0, End::Closed),
        (random.random_range(5..40), 0, End::Closed),
    ];
    for (batches_min, bytes_min, end) in lives {
        let mut command = writer::command(&path, random.random(), batches_min, bytes_min, end);
        let code = record(&mut command, &recording.root, &mut recording.events, &mut |_, _| {});
        assert_eq!(code, if end == End::Killed { 128 + 9 } else { 0 }, "the writer failed");
    }
    recording.check_complete();
    recording
}

/// A recording in which SQLite did not do all that can go wrong would prove little.
fn check_coverage(recording: &Recording, batches_count: usize) {
    let ends_with = |path: &Path, end: &str| path.to_string_lossy().ends_with(end);
    let checkpoints = recording.count(|event| matches!(event, Event::Wrote { path, .. } if ends_with(path, ".sqlite")));
    let restarts =
        recording.count(|event| matches!(event, Event::Wrote { path, offset: 0, .. } if ends_with(path, "-wal")));
    let removals = recording.count(|event| matches!(event, Event::Removed { path } if ends_with(path, "-wal")));
    assert!(checkpoints > 1_000, "only {checkpoints} pages were checkpointed");
    assert!(restarts > 2 && removals > 1, "the log began {restarts} times and was removed {removals} times");
    assert_eq!(confirmed(&recording.events), batches_count, "what was said is what is there");
}

fn without_syncs(events: &[Event], is_omitted: fn(&Path) -> bool) -> Vec<Event> {
    let mut omitted = None;
    let is_kept = |event: &&Event| match event {
        Event::SyncBegan { path, thread } if is_omitted(path) => {
            omitted = Some(*thread);
            false
        }
        Event::SyncEnded { thread } if omitted == Some(*thread) => {
            omitted = None;
            false
        }
        _ => true,
    };
    events.iter().filter(is_kept).cloned().collect()
}

fn confirmed(events: &[Event]) -> usize {
    let said = events.iter().filter_map(|event| if let Event::Said(bytes) = event { Some(bytes) } else { None });
    said.filter(|bytes| bytes.as_slice() == CONFIRMED).count()
}

/// Batches found, if they are the first of the journal, all that were confirmed and at most one more; then appends another.
async fn check(image: &Path, journal: &[(u64, Hash)], confirmed: usize, seed: u64) -> Result<usize, String> {
    let path = journal_path(image);
    let failed = |error: StoreError| format!("the store refuses what the power cut left: {error}");
    let mut store = Store::open(&path).await.map_err(failed)?;
    let mut found = Vec::new();
    loop {
        let batches = store.read_next().await.map_err(failed)?;
        if batches.is_empty() {
            break;
        }
        if batches.iter().any(|batch| batch.epoch >= store.epoch()) {
            return Err(format!("epoch {} was used before", store.epoch()));
        }
        found.extend(batches.iter().map(|batch| (batch.last_seq.0, batch.hash())));
    }
    if !journal.starts_with(&found) {
        return Err("the store holds batches that nobody appended".to_owned());
    }
    if !(confirmed..=confirmed + 1).contains(&found.len()) {
        return Err(format!("{confirmed} batches were confirmed, {} are there", found.len()));
    }
    let mut next = writer::next_batch(&store, &mut ChaCha8Rng::seed_from_u64(seed));
    next.body.truncate(10_000);
    store.append(&next).await.map_err(failed)?;
    let head = store.head();
    drop(store);
    let again = hashes(&path).await.map_err(failed)?;
    if again.len() != found.len() + 1 || again.last().map(|&(_, hash)| hash) != Some(head) {
        return Err("the next batch does not follow".to_owned());
    }
    Ok(found.len())
}

/// Last command and hash of every batch.
pub(super) async fn hashes(path: &Path) -> Result<Vec<(u64, Hash)>, StoreError> {
    let mut store = Store::open_read_only(path).await?;
    let mut hashes = Vec::new();
    loop {
        match store.read_next().await? {
            read if read.is_empty() => return Ok(hashes),
            read => hashes.extend(read.iter().map(|batch| (batch.last_seq.0, batch.hash()))),
        }
    }
}
