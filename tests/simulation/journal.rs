//! The journal of a run, in memory and in its real form: batches of encoded commands with the hash of their events.

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::event::Event;
use engine::ids::Seq;
use engine::journal::batch::{Batch, GENESIS, Hash, put_command};
use engine::journal::bytes::Writer;

use crate::dice::Dice;
use crate::fault::{Fault, check, same};

/// Most commands of a batch.
const BATCH_MAX: usize = 300;

/// Batches, and the one that is being filled.
pub(crate) struct Journal {
    batches: Vec<Batch>,
    body: Vec<u8>,
    commands: usize,
    /// Place of the first and the last command of the batch that is being filled.
    span: Option<(Seq, Seq)>,
    events: Writer,
    /// Where a batch ends is up to the load, and must not matter.
    dice: Dice,
}

impl Journal {
    pub(crate) fn new(seed: u64) -> Journal {
        let (batches, body, events) = (Vec::new(), Vec::new(), Writer::default());
        Journal { batches, body, commands: 0, span: None, events, dice: Dice::of_seed(seed) }
    }

    /// Writes a command and what it led to.
    pub(crate) fn add(&mut self, stamp: &Stamp, command: &Command, events: &[Event]) {
        let follows = self.span.is_none_or(|(_, last)| last.0 + 1 == stamp.seq.0);
        let is_full = self.commands == BATCH_MAX || self.dice.one_in(100);
        if !follows || (is_full && self.commands > 0) {
            self.commit();
        }
        put_command(&mut self.body, *stamp, command);
        events.iter().for_each(|event| event.encode(&mut self.events));
        let first = self.span.map_or(stamp.seq, |(first, _)| first);
        self.span = Some((first, stamp.seq));
        self.commands += 1;
    }

    /// Ends the batch that is being filled.
    pub(crate) fn commit(&mut self) {
        let Some((first_seq, last_seq)) = self.span.take() else { return };
        let previous = self.batches.last().map_or(GENESIS, Batch::hash);
        let event_hash = hash_of(&mut self.events);
        let body = std::mem::take(&mut self.body);
        self.batches.push(Batch { epoch: 1, first_seq, last_seq, previous, event_hash, body });
        self.commands = 0;
    }

    /// How many batches are complete.
    pub(crate) fn len(&self) -> usize {
        self.batches.len()
    }

    /// All commands, read back from their bytes.
    pub(crate) fn commands(&mut self) -> Vec<(Stamp, Command)> {
        self.commit();
        let mut commands = Vec::new();
        for batch in &self.batches {
            for record in batch.record_views().expect("what was just written can be read") {
                let command = Command::decode(record.payload).expect("what was just written can be read");
                commands.push((record.stamp, command));
            }
        }
        commands
    }

    /// Applies the batches from one on; each has to follow the one before and to lead to the events it was written with.
    pub(crate) fn replay(&self, from: usize, venue: &mut Engine) -> Result<(), Fault> {
        let unreadable = |error| Fault::new("a journal can be read", format!("{error}"));
        let mut previous = if from == 0 { GENESIS } else { self.batches[from - 1].hash() };
        for batch in &self.batches[from..] {
            same("batches form a chain", batch.previous, previous, || format!("the batch at {}", batch.first_seq))?;
            previous = batch.hash();
            let mut writer = Writer::default();
            let mut events = Vec::new();
            for record in batch.record_views().map_err(unreadable)? {
                let command = Command::decode(record.payload).map_err(unreadable)?;
                check(command.encode() == record.payload, "a command has one form", || format!("{command:?}"))?;
                events.clear();
                // A refusal is among the events.
                let _refusal = venue.apply(&record.stamp, &command, &mut events);
                events.iter().for_each(|event| event.encode(&mut writer));
            }
            let found = hash_of(&mut writer);
            same("a replay leads to the same events", found, batch.event_hash, || format!("from {}", batch.first_seq))?;
        }
        Ok(())
    }

    /// The last batch, torn in any way, is never taken for a whole one.
    pub(crate) fn tear(&self, dice: &mut Dice) -> Result<(), Fault> {
        let Some(whole) = self.batches.last() else { return Ok(()) };
        let seen = whole.hash();
        let mut flipped = whole.clone();
        let at = dice.index(flipped.body.len());
        flipped.body[at] ^= 1 << dice.below(8);
        check(flipped.hash() != seen, "a flipped bit shows", || format!("byte {at} of the body"))?;
        // What is read of it is read without a panic.
        let _refusal = flipped.records();
        let mut cut = whole.clone();
        cut.body.truncate(dice.index(whole.body.len()));
        check(cut.hash() != seen, "a torn batch shows", || format!("{} bytes", cut.body.len()))?;
        check(cut.records().is_err(), "a torn batch is no row of records", || format!("{} bytes", cut.body.len()))
    }
}

fn hash_of(events: &mut Writer) -> Hash {
    let bytes = std::mem::take(&mut events.0);
    // The hash of a batch covers its body; this way no other hash function is needed.
    let (first_seq, last_seq) = (Seq(1), Seq(1));
    Batch { epoch: 0, first_seq, last_seq, previous: GENESIS, event_hash: GENESIS, body: bytes }.hash()
}
