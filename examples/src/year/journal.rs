//! What the venue would have on disk: every command in hash-chained batches, and the replay that proves them.

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::event::Event;
use engine::ids::Seq;
use engine::journal::batch::{Batch, GENESIS, Hash, put_command};
use engine::journal::bytes::Writer;
use engine::limits::BATCH_RECORDS_MAX;

/// Tables of a replay are laid out otherwise than those of the first run; nothing may depend on it.
const OTHER_HASH_SEED: u64 = 0x7e4a_9001;

/// A journal that is being written.
#[derive(Debug, Default)]
pub struct Journal {
    batches: Vec<Batch>,
    body: Vec<u8>,
    records: usize,
    first_seq: u64,
    last_seq: u64,
    events: blake3::Hasher,
}

/// What a replay found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// How many commands it applied.
    pub commands: u64,
    /// The hash of the state it ended in.
    pub state: Hash,
}

impl Journal {
    /// Appends a command and what it led to.
    pub fn put(&mut self, stamp: Stamp, command: &Command, events: &[Event]) {
        if self.records == 0 {
            self.first_seq = stamp.seq.0;
        }
        put_command(&mut self.body, stamp, command);
        hash_events(&mut self.events, events);
        self.last_seq = stamp.seq.0;
        self.records += 1;
        if self.records == BATCH_RECORDS_MAX {
            self.seal();
        }
    }

    /// How many bytes the records take.
    pub fn bytes(&self) -> usize {
        self.body.len() + self.batches.iter().map(|batch| batch.body.len()).sum::<usize>()
    }

    /// Ends the batch that is being filled.
    pub fn seal(&mut self) {
        if self.records == 0 {
            return;
        }
        let previous = self.batches.last().map_or(GENESIS, Batch::hash);
        let event_hash = *self.events.finalize().as_bytes();
        let (first_seq, last_seq) = (Seq(self.first_seq), Seq(self.last_seq));
        let body = std::mem::take(&mut self.body);
        self.batches.push(Batch { epoch: 1, first_seq, last_seq, previous, event_hash, body });
        self.events.reset();
        self.records = 0;
    }

    /// Reads what was sealed from the first byte on and applies it to an empty venue.
    ///
    /// # Errors
    /// The first batch that does not follow the one before, cannot be read, or leads to other events than it did.
    pub fn replay(&self) -> Result<Replay, String> {
        let mut venue = Engine::with_hash_seed(OTHER_HASH_SEED);
        let (mut previous, mut commands, mut events) = (GENESIS, 0, Vec::new());
        for batch in &self.batches {
            let at = batch.first_seq;
            if batch.previous != previous {
                return Err(format!("the batch of command {at} does not follow the one before"));
            }
            let mut hasher = blake3::Hasher::new();
            for record in batch.record_views().map_err(|error| format!("the batch of command {at}: {error}"))? {
                let command =
                    Command::decode(record.payload).map_err(|error| format!("{}: {error}", record.stamp.seq))?;
                events.clear();
                let _refusal_is_an_event = venue.apply(&record.stamp, &command, &mut events);
                hash_events(&mut hasher, &events);
                commands += 1;
            }
            if *hasher.finalize().as_bytes() != batch.event_hash {
                return Err(format!("the batch of command {at} leads to other events"));
            }
            previous = batch.hash();
        }
        Ok(Replay { commands, state: venue.state_hash() })
    }
}

fn hash_events(hasher: &mut blake3::Hasher, events: &[Event]) {
    let mut bytes = Writer::default();
    events.iter().for_each(|event| event.encode(&mut bytes));
    hasher.update(&bytes.0);
}
