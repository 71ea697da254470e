//! The process whose disk loses power: it opens the venue's store, appends batches of all sizes and says so after each.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use api::venue::store::Store;
use engine::ids::Seq;
use engine::journal::batch::Batch;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Tells the process what to do.
const PLAN: &str = "TERAHOUR_WRITER";
/// What it says when an append has been confirmed.
pub(super) const CONFIRMED: &[u8] = b"appended\n";

/// How a writer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Killed,
}

/// The writer as a command: this test program, asked for nothing but the test below.
pub(super) fn command(journal: &Path, seed: u64, batches_min: usize, bytes_min: usize, end: End) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test knows where it is"));
    let plan = format!("{seed} {batches_min} {bytes_min} {end:?} {}", journal.to_str().expect("a plain name"));
    command.args(["--exact", "powercut::writer::appends_as_it_is_told", "--nocapture"]).env(PLAN, plan);
    command
}

/// Without a plan there is nothing to do.
#[tokio::test]
async fn appends_as_it_is_told() {
    let Ok(plan) = std::env::var(PLAN) else { return };
    let words: Vec<&str> = plan.splitn(5, ' ').collect();
    let [seed, batches_min, bytes_min, end, path] = words.try_into().expect("a plan has five words");
    let [batches_min, bytes_min] = [batches_min, bytes_min].map(|word| word.parse::<usize>().expect("a number"));
    let mut random = ChaCha8Rng::seed_from_u64(seed.parse().expect("a seed"));
    let mut store = Store::open(&PathBuf::from(path)).await.expect("the journal opens");
    while !store.read_next().await.expect("the journal reads").is_empty() {}
    let (mut batches_count, mut bytes_count) = (0, 0);
    while batches_count < batches_min || bytes_count < bytes_min {
        let batch = next_batch(&store, &mut random);
        store.append(&batch).await.expect("the only writer appends");
        std::io::stdout().write_all(CONFIRMED).expect("somebody listens");
        batches_count += 1;
        bytes_count += batch.body.len();
    }
    if end == format!("{:?}", End::Killed) {
        kill(Pid::this(), Signal::SIGKILL).expect("a process may end itself");
    }
    store.close().await.expect("the journal closes");
}

/// A batch as this store would append it next: mostly a few commands, at times more than SQLite's cache holds.
pub(super) fn next_batch(store: &Store, random: &mut ChaCha8Rng) -> Batch {
    let first_seq = store.last_seq().0 + 1;
    let size = match random.random_range(0..100) {
        0..50 => random.random_range(0..400),
        50..85 => random.random_range(400..20_000),
        85..99 => random.random_range(20_000..200_000),
        _ => random.random_range(2_200_000..2_600_000),
    };
    let mut body = vec![0; size];
    random.fill_bytes(&mut body);
    let mut event_hash = [0; 32];
    random.fill_bytes(&mut event_hash);
    Batch {
        epoch: store.epoch(),
        first_seq: Seq(first_seq),
        last_seq: Seq(first_seq + random.random_range(0..1_000)),
        previous: store.head(),
        event_hash,
        body,
    }
}
