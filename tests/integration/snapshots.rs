//! A venue that is restored from a snapshot is the venue that was never restarted; a snapshot that is not good is passed over.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use api::venue::clock::Clock;
use api::venue::machines::{Core, Happening};
use api::venue::replay::{ReplayError, apply_batch};
use api::venue::snapshots::file::{content_hash, inspect, position_behind};
use api::venue::snapshots::follower::{FollowError, archive, follow};
use api::venue::snapshots::{list, snapshot_path, snapshots_path};
use api::venue::store::Store;
use api::venue::{Venue, history_path, journal_path};
use engine::Engine;
use engine::event::Event;
use engine::ids::{InstrumentId, Seq};
use engine::journal::batch::Batch;
use pricing::index::IndexBook;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::counts;
use crate::growing::{Journal, seeds};
use crate::random_journal::Writer;

/// Commands of a journal.
const COMMANDS: usize = 3_000;
/// Snapshots of a journal that are all carried on to its end.
const SNAPSHOTS_MAX: usize = 12;

#[test]
fn a_state_that_is_read_goes_on_as_the_one_that_was_written() {
    let (mut snapshots, mut commands, mut refused) = (0, 0, 0);
    for seed in seeds() {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut writer = Writer::new(seed);
        let mut restored: Vec<Core> = Vec::new();
        let mut written = 0;
        while written < COMMANDS {
            let batch = writer.batch(1, random.random_range(1..40));
            written = usize::try_from(batch.last_seq.0).expect("a short journal");
            for core in &mut restored {
                apply_batch(core, &batch).unwrap_or_else(|error| panic!("TERAHOUR_SEED={seed}: {error}"));
            }
            if restored.len() < SNAPSHOTS_MAX && random.random_range(0..10) == 0 {
                restored.push(again(&writer.core, random.random()));
                snapshots += 1;
            }
        }
        for core in &restored {
            assert_eq!(core.state_hash(), writer.core.state_hash(), "TERAHOUR_SEED={seed}");
            assert_eq!(core.engine().next_due(), writer.core.engine().next_due(), "TERAHOUR_SEED={seed}");
        }
        commands += written;
        refused += writer.refused;
    }
    assert!(refused * 2 < commands, "{refused} of {commands} commands were refused: that is no market");
    counts::note(commands, "random commands in journals with snapshots");
    counts::note(snapshots, "snapshots read and carried on to the same state");
}

/// A state, written and read.
fn again(core: &Core, seed: u64) -> Core {
    let mut bytes = Vec::new();
    core.engine().write_snapshot(|piece| bytes.extend_from_slice(piece));
    let engine = Engine::read_snapshot(&bytes, seed).expect("what was written is read");
    bytes.clear();
    core.index().write_snapshot(&mut bytes);
    let index = IndexBook::read_snapshot(&bytes).expect("what was written is read");
    let read = Core::of(engine, index);
    assert_eq!(read.state_hash(), core.state_hash());
    assert_eq!(read.engine().next_due(), core.engine().next_due());
    read
}

#[test]
fn a_snapshot_of_the_engine_with_changed_bytes_is_refused_or_another_state() {
    let mut writer = Writer::new(20_261_123);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    (0..60).for_each(|_| drop(writer.batch(1, 20)));
    let mut good = Vec::new();
    writer.core.engine().write_snapshot(|piece| good.extend_from_slice(piece));
    let mut refused = 0;
    for _ in 0..4_000 {
        let mut bytes = good.clone();
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..3) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            _ => bytes[at] = random.random(),
        }
        match Engine::read_snapshot(&bytes, 0) {
            Err(_) => refused += 1,
            Ok(engine) => {
                assert_eq!(engine.state_hash(), *blake3::hash(&bytes).as_bytes(), "what is read is what was there")
            }
        }
    }
    counts::note(refused, "changed snapshots of the engine refused");
}

#[tokio::test]
async fn a_follower_keeps_two_snapshots_and_a_start_uses_the_newest() {
    let mut journal = Journal::new(1).await;
    let mut ends = Vec::new();
    for round in 0..4 {
        journal.grow(15).await;
        let done = follow(journal.path()).await.expect("a snapshot is written");
        assert_eq!(done.from, ends.last().copied(), "a round starts from the snapshot before");
        assert!(done.has_written());
        ends.push(done.seq);
        let kept: Vec<Seq> = ends.iter().rev().take(2).copied().collect();
        assert_eq!(list(journal.path()).expect("listed"), kept, "round {round}");
        assert_eq!(journal.restart().await, (Some(done.seq), journal.writer.core.state_hash()));
    }
    assert!(!follow(journal.path()).await.expect("a round").has_written(), "nothing has happened");
    journal.grow(15).await;
    assert_eq!(journal.restart().await, (ends.last().copied(), journal.writer.core.state_hash()));

    // What the follower wrote is to the byte what a replay from the first command would write.
    let (mut core, mut positions) = (Core::default(), BTreeMap::new());
    for batch in &journal.batches {
        let time = apply_batch(&mut core, batch).expect("replays").outcomes.last().expect("a command").0.time;
        positions.insert(batch.last_seq, content_hash(position_behind(batch, time), &core));
    }
    for seq in list(journal.path()).expect("listed") {
        assert_eq!(inspect(journal.path(), seq).expect("whole").1, positions[&seq]);
    }
}

#[tokio::test]
async fn a_snapshot_that_is_not_good_is_passed_over() {
    let mut journal = Journal::new(2).await;
    for _ in 0..2 {
        journal.grow(12).await;
        follow(journal.path()).await.expect("a snapshot is written");
    }
    journal.grow(5).await;
    let expected = journal.writer.core.state_hash();
    let [newest, older] = list(journal.path()).expect("listed")[..] else { panic!("two snapshots") };
    let path = |seq| snapshot_path(journal.path(), seq);
    let good: BTreeMap<Seq, Vec<u8>> = [newest, older].map(|seq| (seq, fs::read(path(seq)).expect("read"))).into();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..60 {
        let mut bytes = good[&newest].clone();
        let at = random.random_range(0..bytes.len());
        if random.random_bool(0.3) {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << random.random_range(0..8);
        }
        fs::write(path(newest), &bytes).expect("written");
        assert_eq!(journal.restart().await, (Some(older), expected), "damaged at byte {at}");
    }
    // The older one under the newest one's name: whole, but not where it says.
    fs::write(path(newest), &good[&older]).expect("written");
    assert_eq!(journal.restart().await, (Some(older), expected));
    fs::write(path(older), b"").expect("written");
    assert_eq!(journal.restart().await, (None, expected));

    // The next rounds replace them.
    follow(journal.path()).await.expect("a snapshot is written");
    journal.grow(3).await;
    let round = follow(journal.path()).await.expect("a snapshot is written");
    assert_eq!(list(journal.path()).expect("listed")[..], [round.seq, round.from.expect("one before")]);
    counts::note(62, "damaged snapshots passed over");
}

#[tokio::test]
async fn a_snapshot_of_another_journal_is_passed_over() {
    let (mut one, mut other) = (Journal::new(4).await, Journal::new(5).await);
    one.grow(20).await;
    other.grow(20).await;
    let ours = follow(one.path()).await.expect("a snapshot is written").seq;
    fs::create_dir(snapshots_path(other.path())).expect("made");
    fs::copy(snapshot_path(one.path(), ours), snapshot_path(other.path(), ours)).expect("copied");
    assert_eq!(other.restart().await, (None, other.writer.core.state_hash()));
}

#[tokio::test]
async fn a_follower_that_disagrees_says_so_and_changes_nothing() {
    let mut journal = Journal::new(6).await;
    journal.grow(10).await;
    let before = follow(journal.path()).await.expect("a snapshot is written").seq;
    let mut store = Store::open(&journal_path(journal.path())).await.expect("opens");
    while !store.read_next().await.expect("reads").is_empty() {}
    let batch = journal.writer.batch(store.epoch(), 3);
    let first_seq = batch.first_seq.0;
    store.append(&Batch { event_hash: [9; 32], ..batch }).await.expect("appended");
    match follow(journal.path()).await {
        Err(FollowError::Replay(ReplayError::EventsDiffer { first_seq: found })) => assert_eq!(found, first_seq),
        other => panic!("{other:?}"),
    }
    assert_eq!(list(journal.path()).expect("listed"), [before]);
}

#[tokio::test]
async fn a_history_that_is_behind_gets_its_events_from_an_older_snapshot_or_from_the_journal() {
    let mut journal = Journal::new(7).await;
    journal.grow(60).await;
    follow(journal.path()).await.expect("a snapshot is written");
    for is_deleted in [false, false, true] {
        if is_deleted {
            fs::remove_file(history_path(journal.path())).expect("removed");
        }
        let expected = trades_of(&journal.read().await);
        assert!(expected.len() > 5, "{expected:?}");
        let venue = Venue::start(journal.path(), Clock::System).await.expect("the venue starts");
        let rows = venue.history.trades(InstrumentId(1), None, 1_000).await.expect("trades");
        // Once it runs it may do what is due; what the journal had before is all there.
        let found = rows.iter().rev().map(|row| row.trade.0);
        let found: Vec<u64> = found.filter(|trade| expected.last().is_some_and(|last| trade <= last)).collect();
        assert_eq!(found, expected);
        drop(venue.handle);
        venue.stopped.await.expect("ends").expect("in order");
    }
}

/// The trades of the first contract.
fn trades_of(batches: &[Batch]) -> Vec<u64> {
    let (mut core, mut trades) = (Core::default(), Vec::new());
    for batch in batches {
        let outcomes = apply_batch(&mut core, batch).expect("replays").outcomes;
        for happening in outcomes.iter().flat_map(|(_, happenings)| happenings) {
            if let Happening::Exchange(Event::Traded(trade)) = happening
                && trade.instrument == InstrumentId(1)
            {
                trades.push(trade.trade.0);
            }
        }
    }
    trades
}

#[tokio::test]
async fn random_rounds_of_growth_snapshots_archives_and_damage_lead_to_one_state() {
    let (mut rounds, mut damaged) = (0, 0);
    for seed in seeds() {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut journal = Journal::new(seed).await;
        for _ in 0..12 {
            journal.grow(random.random_range(1..12)).await;
            follow(journal.path()).await.expect("a round");
            if random.random_bool(0.4) {
                archive(journal.path()).await.expect("archived");
            }
            if random.random_bool(0.3) {
                damage(&mut random, &files(journal.path()));
                damaged += 1;
            }
            rounds += 1;
            assert_eq!(journal.restart().await.1, journal.writer.core.state_hash(), "TERAHOUR_SEED={seed}");
        }
        assert_eq!(journal.read().await, journal.batches, "TERAHOUR_SEED={seed}");
    }
    counts::note(rounds, "rounds of growth, snapshot, archive and restart");
    counts::note(damaged, "snapshots damaged on the way");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    list(folder).expect("listed").into_iter().map(|seq| snapshot_path(folder, seq)).collect()
}

fn damage(random: &mut ChaCha8Rng, files: &[PathBuf]) {
    let file = &files[random.random_range(0..files.len())];
    let mut bytes = fs::read(file).expect("read");
    let at = random.random_range(0..bytes.len());
    bytes[at] ^= 1;
    fs::write(file, bytes).expect("written");
}
