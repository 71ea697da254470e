//! A folder with a random journal that grows as a venue's does, and what a start makes of it.

use std::path::Path;

use api::venue::journal_path;
use api::venue::replay::replay_next;
use api::venue::snapshots::{Restored, restore};
use api::venue::store::Store;
use engine::ids::Seq;
use engine::journal::batch::{Batch, Hash};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::random_journal::Writer;

/// Journals of a usual run, and of a soak.
const JOURNALS: (u64, u64) = (12, 600);

/// The seeds of this run.
pub(crate) fn seeds() -> std::ops::Range<u64> {
    let is_soak = std::env::var("TERAHOUR_SOAK").is_ok_and(|soak| soak == "1");
    let given = std::env::var("TERAHOUR_SEED").ok().and_then(|seed| seed.parse().ok());
    let first = given.unwrap_or_else(|| if is_soak { u64::from(rand::random::<u32>()) } else { 20_261_123 });
    first..first + if is_soak { JOURNALS.1 } else { JOURNALS.0 }
}

/// A folder with a journal that grows.
pub(crate) struct Journal {
    folder: TempDir,
    pub(crate) writer: Writer,
    pub(crate) batches: Vec<Batch>,
    random: ChaCha8Rng,
}

impl Journal {
    pub(crate) async fn new(seed: u64) -> Journal {
        let folder = tempfile::tempdir().expect("a folder");
        Journal { folder, writer: Writer::new(seed), batches: Vec::new(), random: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Appends batches of one command up to forty, as a venue that is started does.
    pub(crate) async fn grow(&mut self, batches: usize) {
        let mut store = Store::open(&journal_path(self.path())).await.expect("the journal opens");
        while !store.read_next().await.expect("the chain is whole").is_empty() {}
        for _ in 0..batches {
            let batch = self.writer.batch(store.epoch(), self.random.random_range(1..40));
            store.append(&batch).await.expect("appended");
            self.batches.push(batch);
        }
        store.close().await.expect("closed");
    }

    /// Every batch of the folder, wherever it is kept.
    pub(crate) async fn read(&self) -> Vec<Batch> {
        let mut store = Store::open_read_only(&journal_path(self.path())).await.expect("the journal opens");
        let mut batches = Vec::new();
        loop {
            match store.read_next().await.expect("the chain is whole") {
                read if read.is_empty() => return batches,
                read => batches.extend(read),
            }
        }
    }

    /// What a start restores, and the state it comes to.
    pub(crate) async fn restart(&self) -> (Option<Seq>, Hash) {
        let mut store = Store::open_read_only(&journal_path(self.path())).await.expect("the journal opens");
        let restored = restore(&mut store, self.path(), Seq(u64::MAX)).await.expect("the journal reads");
        let Restored { mut core, from, .. } = restored;
        while replay_next(&mut store, &mut core).await.expect("the events are the same").is_some() {}
        (from, core.state_hash())
    }
}
