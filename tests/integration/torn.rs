//! Files that a bad disk, or a hasty restore, has mixed, cut or swapped: refused, or a true earlier state, never another one.

use std::collections::BTreeMap;
use std::path::Path;

use api::venue::clock::Clock;
use api::venue::machines::{Action, Core};
use api::venue::{Venue, history_path, journal_path};
use engine::command::Command;
use engine::ids::{AccountId, AssetId, KeyId, Seq};
use engine::journal::batch::Hash;
use engine::units::Amount;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::chance::seed_and_soak;
use crate::corrupt::states;
use crate::counts;

/// Batches before and after the copy that stands for an older disk.
const OLDER: u64 = 150;
const NEWER: u64 = 300;
/// Mixtures of older and newer pages, and flips in the history.
const CASES: usize = 40;
const PAGE: usize = 4_096;

/// The states a journal has had, by the last command: head and state hash.
type States = BTreeMap<u64, (Hash, Hash)>;

/// A venue's files at three moments.
struct Disks {
    /// Some batches, in the log.
    older: TempDir,
    /// More batches, in the log.
    newer: TempDir,
    /// The same batches after a checkpoint, without a log.
    closed: TempDir,
    states: States,
}

/// What became of a start.
enum Start {
    Refused(String),
    At(u64),
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_torn_behind_a_checkpoint_never_lead_to_another_state() {
    let disks = disks().await;
    let [older, newer, closed] =
        [&disks.older, &disks.newer, &disks.closed].map(|disk| std::fs::read(journal_path(disk.path())).unwrap());
    let log = std::fs::read(log_path(disks.newer.path())).unwrap();
    assert!(closed.len() > 10 * PAGE && older.len() < closed.len() && older == newer, "the checkpoint wrote no pages");
    let mut random = ChaCha8Rng::seed_from_u64(seed_and_soak().0);
    let mut found = [0; 2];
    for case in 0..CASES {
        // Each page, or each sector, is there or still as it was before the checkpoint.
        let piece = if case % 2 == 0 { PAGE } else { 512 };
        let mut mixed = closed.clone();
        for place in (0..closed.len()).step_by(piece) {
            if random.random_range(0..4) == 0 {
                let old = older.get(place..place + piece).map_or_else(|| vec![0; piece], <[u8]>::to_vec);
                mixed[place..place + piece].copy_from_slice(&old);
            }
        }
        let name = format!("mixture {case} of pieces of {piece} bytes");
        let image = image_of(&mixed, None);
        found[usize::from(is_refused(&name, image.path(), &disks.states).await)] += 1;
        // As long as the log is there it repairs all of that.
        let repaired = image_of(&mixed, Some(&log));
        let Start::At(end) = start(&name, repaired.path(), &disks.states).await else {
            panic!("{name}: refused although the log has every page")
        };
        assert_eq!(Some(&end), disks.states.keys().last(), "{name}");
    }
    let [served, refused] = found;
    println!("{refused} mixtures refused, {served} served as an earlier state");
    assert!(refused > 0, "no mixture was noticed");
    counts::note(CASES, "journals torn behind a checkpoint, repaired by their log, without it never another state");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_cut_at_any_page_never_leads_to_another_state() {
    let disks = disks().await;
    let closed = std::fs::read(journal_path(disks.closed.path())).unwrap();
    let mut cuts = 0;
    for length in (0..closed.len()).step_by(PAGE) {
        let name = format!("the journal cut to {length} of {} bytes", closed.len());
        let shorter = image_of(&closed[..length], None);
        is_refused(&name, shorter.path(), &disks.states).await;
        // Beside its history, which knows how far the journal went, even an empty one is refused.
        let known = image_of(&closed[..length], None);
        std::fs::copy(history_path(disks.closed.path()), history_path(known.path())).unwrap();
        assert!(
            is_refused(&name, known.path(), &disks.states).await,
            "{name}: served beside a history that knows more"
        );
        cuts += 1;
    }
    counts::note(cuts, "journals cut at a page, refused beside their history and never another state without it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_another_moment_never_leads_to_another_state() {
    let disks = disks().await;
    let files =
        |disk: &TempDir| (std::fs::read(journal_path(disk.path())).unwrap(), std::fs::read(log_path(disk.path())));
    let (older, older_log) = files(&disks.older);
    let (_, newer_log) = files(&disks.newer);
    let (closed, _) = files(&disks.closed);
    let (older_log, newer_log) = (older_log.unwrap(), newer_log.unwrap());
    let other = self::disks().await;
    let other_log = std::fs::read(log_path(other.newer.path())).unwrap();
    let mixtures: [(&str, &[u8], &[u8]); 6] = [
        ("an older log beside its own file", &older, &older_log),
        ("a newer log beside an older file", &older, &newer_log),
        ("an older log beside a newer file", &closed, &older_log),
        ("a log beside the file that has it already", &closed, &newer_log),
        ("the log of another venue beside an older file", &older, &other_log),
        ("the log of another venue", &closed, &other_log),
    ];
    for (name, file, log) in mixtures {
        let mixed = image_of(file, Some(log));
        match start_anywhere(mixed.path()).await {
            // A journal of which nothing is left begins anew, with the rules that it adopts.
            Ok((1, ..)) | Err(_) => {}
            Ok((seq, head, state)) => {
                let known = [&disks.states, &other.states].map(|states| states.get(&seq) == Some(&(head, state)));
                assert!(known.contains(&true), "{name}: a state that no venue was in");
            }
        }
    }
    counts::note(mixtures.len(), "journals with the log of another moment, never another state");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_history_is_named_and_can_be_deleted() {
    let disks = disks().await;
    let good = std::fs::read(history_path(disks.closed.path())).unwrap();
    let journal = std::fs::read(journal_path(disks.closed.path())).unwrap();
    let end = *disks.states.keys().last().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(!seed_and_soak().0);
    let mut damaged: Vec<(String, Vec<u8>)> = vec![
        ("noise".to_owned(), (0..good.len()).map(|_| random.random()).collect()),
        ("nothing but zeros".to_owned(), vec![0; good.len()]),
        ("another kind of file".to_owned(), b"hello".repeat(2_000)),
    ];
    damaged.extend((0..good.len()).step_by(PAGE).map(|length| (format!("cut to {length}"), good[..length].to_vec())));
    for case in 0..CASES {
        let mut bytes = good.clone();
        let page = random.random_range(0..good.len() / PAGE) * PAGE;
        bytes[page..page + 512].iter_mut().for_each(|byte| *byte = random.random());
        damaged.push((format!("noise {case} in the page at {page}"), bytes));
    }
    let (cases, mut refused) = (damaged.len(), 0);
    for (name, bytes) in damaged {
        let folder = image_of(&journal, None);
        std::fs::write(history_path(folder.path()), bytes).unwrap();
        match start(&name, folder.path(), &disks.states).await {
            Start::At(seq) => assert_eq!(seq, end, "{name}: the history has changed the journal"),
            Start::Refused(error) => {
                assert!(error.contains("delete the history's file"), "{name}: nobody learns from {error:?} what to do");
                refused += 1;
                for suffix in ["", "-wal", "-shm", "-journal"] {
                    drop(std::fs::remove_file(format!("{}{suffix}", history_path(folder.path()).display())));
                }
                let Start::At(seq) = start(&name, folder.path(), &disks.states).await else {
                    panic!("{name}: refused without the history")
                };
                assert_eq!(seq, end, "{name}");
            }
        }
    }
    println!("{refused} of {cases} damaged histories refused, the others rebuilt or not touched where it matters");
    assert!(0 < refused && refused < cases, "{refused} of {cases} damaged histories were refused");
    counts::note(cases, "damaged histories, the journal beside them always whole");
}

/// Whether a start was refused; if not, its state was one that the journal has had.
async fn is_refused(name: &str, folder: &Path, states: &States) -> bool {
    matches!(start(name, folder, states).await, Start::Refused(_))
}

/// A start that ends in a state which the journal has had, or in none.
async fn start(name: &str, folder: &Path, states: &States) -> Start {
    match start_anywhere(folder).await {
        Err(error) => Start::Refused(error),
        Ok((seq, head, state)) => {
            // A journal of which nothing is left begins anew, with the rules that it adopts.
            let was_there = seq == 1 || states.get(&seq) == Some(&(head, state));
            assert!(was_there, "{name}: the venue serves a state at command {seq} that never was");
            Start::At(seq)
        }
    }
}

async fn start_anywhere(folder: &Path) -> Result<(u64, Hash, Hash), String> {
    let venue = Venue::start(folder, Clock::System).await.map_err(|error| error.to_string())?;
    let position = *venue.position.borrow();
    let state = venue.handle.read(Core::state_hash).await.map_err(|error| error.to_string())?;
    let Venue { handle, history, stopped, .. } = venue;
    drop((handle, history));
    stopped.await.expect("told").map_err(|error| error.to_string())?;
    Ok((position.seq.0, position.head, state))
}

async fn disks() -> Disks {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Venue::start(folder.path(), Clock::System).await.expect("the venue starts");
    let deposit = async |number: u64| {
        let command = match number {
            0 => Command::OpenAccount { account: AccountId(1) },
            reference => {
                Command::Deposit { account: AccountId(1), asset: AssetId::USD, amount: Amount(1_000_000), reference }
            }
        };
        venue.handle.submit(Action::Exchange(command), KeyId::VENUE, 0).await.expect("done");
    };
    for number in 0..OLDER {
        deposit(number).await;
    }
    let older = copy(folder.path());
    for number in OLDER..NEWER {
        deposit(number).await;
    }
    let newer = copy(folder.path());
    // One more than were asked for: the venue itself adopts the rules.
    venue.history.caught_up(Seq(NEWER + 1)).await.expect("the history follows");
    let Venue { handle, history, stopped, .. } = venue;
    drop((handle, history));
    stopped.await.expect("told").expect("ended in order");
    // The history leaves its log behind; here it is one whole file.
    let options = SqliteConnectOptions::new().filename(history_path(folder.path()));
    let mut history = options.connect().await.expect("the history opens");
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut history).await.expect("a checkpoint");
    history.close().await.expect("closed");
    let states = states(folder.path()).await.expect("the journal is good");
    Disks { older, newer, closed: folder, states }
}

fn log_path(folder: &Path) -> std::path::PathBuf {
    journal_path(folder).with_extension("sqlite-wal")
}

fn copy(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for path in [journal_path(folder), log_path(folder)] {
        std::fs::copy(&path, copy.path().join(path.file_name().expect("a name"))).expect("copied");
    }
    copy
}

fn image_of(file: &[u8], log: Option<&[u8]>) -> TempDir {
    let image = tempfile::tempdir().expect("a folder");
    std::fs::write(journal_path(image.path()), file).expect("written");
    if let Some(log) = log {
        std::fs::write(log_path(image.path()), log).expect("written");
    }
    image
}
