//! One command after the other into the venue, and everything that has to be so afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::event::Event;
use engine::ids::KeyId;

use crate::dice::Dice;
use crate::fault::{Fault, check, same};
use crate::journal::Journal;
use crate::plant::Plant;
use crate::shadow::{Counts, Shadow};

/// A key that no command ever registers.
const NOBODY: KeyId = KeyId(u64::MAX - 1);

/// How often what is done, in commands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Everything is compared.
    pub(crate) checkpoint: u64,
    /// The venue restarts from a snapshot and from its journal.
    pub(crate) restart: u64,
    /// A refusal is looked at closely.
    pub(crate) refusal: u64,
    /// The power fails.
    pub(crate) power: u64,
}

/// Most batches that are written and not acknowledged when the power fails.
const UNSYNCED_MAX: usize = 4;

impl Pace {
    /// Nothing but the events of each command and what it touched.
    pub(crate) const EVENTS: Pace =
        Pace { checkpoint: u64::MAX, restart: u64::MAX, refusal: u64::MAX, power: u64::MAX };

    /// For a run of this many commands: rarely enough that the commands themselves take most of the time.
    pub(crate) fn of(commands: u64) -> Pace {
        let restart = (commands / 40).max(1);
        let (checkpoint, refusal) = ((commands / 50).max(1), (commands / 400).max(1));
        Pace { checkpoint, restart, refusal, power: (commands / 15).max(1) }
    }
}

/// Where a restart begins: the batches from one on lead from a snapshot, and from what the shadow knew then, to the present.
struct Base {
    batch: usize,
    snapshot: Vec<u8>,
    shadow: Shadow,
}

/// A venue and all who watch it.
pub(crate) struct Trial {
    venue: Engine,
    shadow: Shadow,
    journal: Journal,
    /// A restarted venue that goes on beside the first one.
    copy: Option<Engine>,
    base: Base,
    pace: Pace,
    plant: Option<Plant>,
    dice: Dice,
    /// Whether the next command is the last one, at which everything is looked at.
    pub(crate) is_last: bool,
    pub(crate) restarts: u64,
    pub(crate) refusals: u64,
    pub(crate) checkpoints: u64,
    pub(crate) power_cuts: u64,
    /// Commands that a power cut took.
    pub(crate) lost: u64,
}

impl Trial {
    pub(crate) fn new(seed: u64, pace: Pace, plant: Option<Plant>) -> Trial {
        let venue = Engine::new();
        let base = Base { batch: 0, snapshot: snapshot(&venue), shadow: Shadow::default() };
        Trial {
            venue,
            shadow: Shadow::default(),
            journal: Journal::new(seed),
            copy: None,
            base,
            pace,
            plant,
            dice: Dice::of_seed(!seed),
            is_last: false,
            restarts: 0,
            refusals: 0,
            checkpoints: 0,
            power_cuts: 0,
            lost: 0,
        }
    }

    pub(crate) fn venue(&self) -> &Engine {
        &self.venue
    }

    pub(crate) fn counts(&self) -> Counts {
        self.shadow.counts()
    }

    /// The accounts that the last command touched, and with them who else is in the contracts that it touched.
    pub(crate) fn touched(&self) -> [BTreeSet<u32>; 2] {
        let touched = self.shadow.touched();
        let all = touched.union(&self.shadow.holders()).copied().collect();
        [touched, all]
    }

    /// How often which rule refused a command.
    pub(crate) fn refused(&self) -> &BTreeMap<&'static str, u64> {
        self.shadow.refused()
    }

    /// All commands so far.
    pub(crate) fn commands(&mut self) -> Vec<(Stamp, Command)> {
        self.journal.commands()
    }

    /// Applies a command and holds the answer against everything.
    pub(crate) fn step(&mut self, stamp: &Stamp, command: &Command) -> Result<(), Fault> {
        let looks_closely = self.dice.one_in(self.pace.refusal) || self.is_last;
        let before = looks_closely.then(|| self.venue.clone());
        let mut events = Vec::new();
        let outcome = self.apply(stamp, command, &mut events);
        // Before anything can fail: a script without its last command does not fail.
        self.journal.add(stamp, command, &events);
        let is_refused = outcome?.is_err();
        if let Some(plant) = self.plant {
            plant.alter(&mut events);
        }
        self.shadow.note(stamp, command, &events)?;
        self.shadow.compare_touched(&self.venue)?;
        if let Some(before) = before.filter(|_| is_refused) {
            self.check_refusal(before, stamp)?;
        }
        self.go_on_with_copy(stamp, command, &events)?;
        if self.dice.one_in(self.pace.checkpoint) || self.is_last {
            self.checkpoints += 1;
            self.shadow.compare_all(&self.venue)?;
        }
        if self.dice.one_in(self.pace.restart) || self.is_last {
            self.restart()?;
        }
        Ok(())
    }

    /// Everything once more, and the whole journal from its beginning.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        self.checkpoints += 1;
        self.shadow.compare_all(&self.venue)?;
        self.restart()?;
        let mut replayed = Engine::with_hash_seed(self.dice.bits());
        self.journal.replay(0, &mut replayed, |_, _, _| Ok(()))?;
        same("a replay leads to the same state", replayed.state_hash(), self.venue.state_hash(), || {
            "the journal from its beginning".to_owned()
        })
    }

    /// Now and then the power fails: the venue starts again from what a disk has that lost an unsynced suffix of the journal, and so
    /// knows nothing of some commands. They are returned: nobody heard of them, and whoever sent them sends them again.
    pub(crate) fn lose_power(&mut self) -> Result<Vec<(Stamp, Command)>, Fault> {
        if !self.dice.one_in(self.pace.power) {
            return Ok(Vec::new());
        }
        self.journal.commit();
        let Base { batch: from, snapshot: bytes, shadow } = &self.base;
        let (from, written) = (*from, self.journal.len());
        if written == from {
            return Ok(Vec::new());
        }
        self.power_cuts += 1;
        // Not the last one: it was being filled.
        let least = from.max(written.saturating_sub(UNSYNCED_MAX));
        let acknowledged = least + self.dice.index(written - least);
        let stale = self.plant == Some(Plant::Power) && acknowledged > from;
        let lost = self.journal.lose_power((from, acknowledged), stale, &mut self.dice)?;
        let (mut venue, mut shadow) = (read(bytes, self.dice.bits())?, shadow.clone());
        self.journal.replay(from, &mut venue, |stamp, command, events| shadow.note(stamp, command, events))?;
        shadow.compare_all(&venue)?;
        (self.venue, self.shadow, self.copy) = (venue, shadow, None);
        self.lost += lost.len() as u64;
        Ok(lost)
    }

    /// The venue asserts what must never happen; here that is a fault like any other.
    fn apply(
        &mut self,
        stamp: &Stamp,
        command: &Command,
        events: &mut Vec<Event>,
    ) -> Result<Result<(), engine::reject::Reject>, Fault> {
        let apply = || self.venue.apply(stamp, command, events);
        catch_unwind(AssertUnwindSafe(apply)).map_err(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
            Fault::new("the venue does not stop", words.to_owned())
        })
    }

    /// A refused command is like any other that is refused at the same time, a stranger's for example.
    fn check_refusal(&mut self, mut before: Engine, stamp: &Stamp) -> Result<(), Fault> {
        self.refusals += 1;
        let stranger = Stamp { key: NOBODY, ..*stamp };
        let _refusal = before.apply(&stranger, &Command::ProcessDue, &mut Vec::new());
        same("a refusal changes nothing", before.state_hash(), self.venue.state_hash(), || "the state".to_owned())
    }

    fn go_on_with_copy(&mut self, stamp: &Stamp, command: &Command, events: &[Event]) -> Result<(), Fault> {
        let Some(copy) = &mut self.copy else { return Ok(()) };
        let mut found = Vec::new();
        let _refusal = copy.apply(stamp, command, &mut found);
        if self.plant == Some(Plant::Restart) {
            found.retain(|event| !matches!(event, Event::MassCancelCompleted { .. }));
        }
        check(found == events, "a restarted venue goes on as the first", || format!("{found:?} and not {events:?}"))?;
        same("both say when something is due", copy.next_due(), self.venue.next_due(), || "the copy".to_owned())
    }

    /// Restarts: the copy that went on so far is compared and replaced by one from a fresh snapshot; the journal since
    /// the snapshot before leads to the same state.
    fn restart(&mut self) -> Result<(), Fault> {
        self.restarts += 1;
        let now = snapshot(&self.venue);
        if let Some(copy) = &self.copy {
            check(snapshot(copy) == now, "a restarted venue goes on as the first", || "in another state".to_owned())?;
        }
        let copy = read(&now, self.dice.bits())?;
        check(snapshot(&copy) == now, "a snapshot is read as it was written", || "another state".to_owned())?;
        self.copy = Some(copy);
        self.journal.commit();
        let Base { batch: from, snapshot: bytes, .. } = &self.base;
        let mut replayed = read(bytes, self.dice.bits())?;
        self.journal.replay(*from, &mut replayed, |_, _, _| Ok(()))?;
        check(snapshot(&replayed) == now, "a replay leads to the same state", || format!("from batch {from}"))?;
        self.journal.tear(&mut self.dice)?;
        self.base = Base { batch: self.journal.len(), snapshot: now, shadow: self.shadow.clone() };
        Ok(())
    }
}

fn read(bytes: &[u8], seed: u64) -> Result<Engine, Fault> {
    Engine::read_snapshot(bytes, seed).map_err(|error| Fault::new("a snapshot can be read", format!("{error}")))
}

fn snapshot(venue: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    venue.write_snapshot(|piece| bytes.extend_from_slice(piece));
    bytes
}
