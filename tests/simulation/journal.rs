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
        commands_of(&self.batches)
    }

    /// Applies the batches from one on; each has to follow the one before and to lead to the events it was written with, which
    /// are told to whoever watches.
    pub(crate) fn replay(
        &self,
        from: usize,
        venue: &mut Engine,
        mut watch: impl FnMut(&Stamp, &Command, &[Event]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
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
                watch(&record.stamp, &command, &events)?;
            }
            let found = hash_of(&mut writer);
            same("a replay leads to the same events", found, batch.event_hash, || format!("from {}", batch.first_seq))?;
        }
        Ok(())
    }

    /// Power fails. The first `acknowledged` batches were synced; of those behind them the disk has some, one after the other, then
    /// perhaps a piece of one, and whatever later ones it wrote first. Keeps what a start finds of that, and returns the commands
    /// of the rest. `stale` plants a disk that lost what it had confirmed.
    pub(crate) fn lose_power(
        &mut self,
        (from, acknowledged): (usize, usize),
        stale: bool,
        dice: &mut Dice,
    ) -> Result<Vec<(Stamp, Command)>, Fault> {
        let whole = acknowledged + dice.index(self.batches.len() - acknowledged + 1);
        let on_disk = if stale { from } else { whole };
        let row = |batch: &Batch| (batch.clone(), batch.hash());
        let mut rows: Vec<(Batch, Hash)> = self.batches[from..on_disk].iter().map(row).collect();
        if let Some((next, later)) = self.batches[whole..].split_first() {
            if dice.one_in(2) {
                rows.push(torn(next, dice));
            }
            rows.extend(later.iter().filter(|_| dice.one_in(2)).map(row));
        }
        let previous = if from == 0 { GENESIS } else { self.batches[from - 1].hash() };
        let found = from + recovered(previous, &rows);
        check(found >= acknowledged, "a power cut takes nothing that was acknowledged", || {
            format!("{found} of {acknowledged} batches")
        })?;
        same("what a power cut tore is no batch", found, whole, || "the journal's batches".to_owned())?;
        Ok(commands_of(&self.batches.split_off(found)))
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

fn commands_of(batches: &[Batch]) -> Vec<(Stamp, Command)> {
    let mut commands = Vec::new();
    for batch in batches {
        for record in batch.record_views().expect("what was just written can be read") {
            let command = Command::decode(record.payload).expect("what was just written can be read");
            commands.push((record.stamp, command));
        }
    }
    commands
}

/// A batch of which some bytes reached the disk, beside the hash that it should have.
fn torn(whole: &Batch, dice: &mut Dice) -> (Batch, Hash) {
    let (mut torn, mut hash) = (whole.clone(), whole.hash());
    let at = dice.index(torn.body.len());
    match dice.below(3) {
        0 => torn.body.truncate(at),
        1 => torn.body[at..].iter_mut().for_each(|byte| *byte = 0xa5),
        _ => hash[dice.index(hash.len())] ^= 0x10,
    }
    if torn == *whole && hash == whole.hash() {
        torn.body[at] ^= 1;
    }
    (torn, hash)
}

/// How many of the rows of a journal a start takes for batches: until the first that is not whole or does not follow.
fn recovered(mut previous: Hash, rows: &[(Batch, Hash)]) -> usize {
    let follows = |(batch, hash): &&(Batch, Hash)| {
        let is_whole = batch.hash() == *hash && batch.previous == previous && batch.records().is_ok();
        previous = *hash;
        is_whole
    };
    rows.iter().take_while(follows).count()
}

fn hash_of(events: &mut Writer) -> Hash {
    let bytes = std::mem::take(&mut events.0);
    // The hash of a batch covers its body; this way no other hash function is needed.
    let (first_seq, last_seq) = (Seq(1), Seq(1));
    Batch { epoch: 0, first_seq, last_seq, previous: GENESIS, event_hash: GENESIS, body: bytes }.hash()
}
