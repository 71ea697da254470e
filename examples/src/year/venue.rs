//! The clearing house as the year drives it: one engine, a clock, a journal, and books of its own beside it.

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::event::Event;
use engine::ids::{InstrumentId, KeyId, Seq};
use engine::instrument::SettlementKind;
use engine::reject::Reject;
use engine::units::{Day, Timestamp};

use super::books::{Books, Checked};
use super::defaults::Defaults;
use super::journal::Journal;
use super::tally::Tally;

/// How often what keeps falling due is looked at after a round of trading; a minute and a half of cooldowns ends within it.
const AFTERMATH_STEPS: u32 = 20;
const AFTERMATH_STEP_US: i64 = 30_000_000;

/// A venue whose clock is moved by whoever drives it.
#[derive(Debug, Default)]
pub struct Venue {
    engine: Engine,
    now: Timestamp,
    events: Vec<Event>,
    journal: Journal,
    books: Books,
    tally: Tally,
    defaults: Defaults,
}

impl Venue {
    /// The engine, to be looked at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What was counted.
    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Liquidations and defaults.
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// The journal, with what was written so far sealed.
    pub fn sealed_journal(&mut self) -> &Journal {
        self.journal.seal();
        &self.journal
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Applies a command, and what it makes due.
    ///
    /// # Errors
    /// The rule that refused it; that is on record, too.
    pub fn send(&mut self, key: KeyId, command: Command) -> Result<(), Reject> {
        let outcome = self.apply(key, &command);
        self.drain();
        outcome
    }

    /// Applies a command that may be refused, which is on record then; says whether it was taken.
    pub fn ask(&mut self, key: KeyId, command: Command) -> bool {
        self.send(key, command).is_ok()
    }

    /// Applies a command of the operator that the rules allow.
    ///
    /// # Panics
    /// If they do not: the year is wrong.
    pub fn operate(&mut self, command: Command) {
        if let Err(reject) = self.send(KeyId::VENUE, command) {
            panic!("{command:?} at {:?} was refused: {reject}", self.now);
        }
    }

    /// Moves the clock, and does what falls due until then when it does.
    pub fn advance(&mut self, to: Timestamp) {
        while let Some(due) = self.engine.next_due().filter(|due| *due <= to) {
            self.now = self.now.max(due);
            self.drain();
        }
        self.now = self.now.max(to);
    }

    /// Lets some minutes pass as long as something falls due in each half of one: rounds of liquidation have cooldowns.
    pub fn await_aftermath(&mut self) {
        for _ in 0..AFTERMATH_STEPS {
            let next = self.now.plus_micros(AFTERMATH_STEP_US);
            if self.engine.next_due().is_none_or(|due| due > next) {
                break;
            }
            self.advance(next);
        }
    }

    /// Starts a settlement and posts all of its steps.
    ///
    /// # Errors
    /// The rule that refused it.
    pub fn settle(&mut self, instrument: InstrumentId, day: Day, kind: SettlementKind) -> Result<(), Reject> {
        self.send(KeyId::VENUE, Command::StartSettlement { instrument, day, kind })?;
        while self.engine.market(instrument).is_some_and(|market| market.settling().is_some()) {
            self.send(KeyId::VENUE, Command::AdvanceSettlement { instrument })?;
        }
        Ok(())
    }

    /// Lists a contract.
    pub fn list(&mut self, terms: engine::instrument::Terms) {
        self.books.list(&terms);
        self.operate(Command::ListInstrument { terms });
    }

    /// Holds the engine's books against those made of its events, and all of them against zero.
    pub fn check(&mut self) -> Checked {
        self.books.check(&self.engine)
    }

    fn drain(&mut self) {
        while self.engine.next_due().is_some_and(|due| due <= self.now) {
            self.apply(KeyId::VENUE, &Command::ProcessDue).expect("something is due");
        }
    }

    fn apply(&mut self, key: KeyId, command: &Command) -> Result<(), Reject> {
        let stamp = Stamp { seq: Seq(self.engine.seq().0 + 1), time: self.now, key, session: 0 };
        self.events.clear();
        let outcome = self.engine.apply(&stamp, command, &mut self.events);
        self.journal.put(stamp, command, &self.events);
        self.books.observe(&self.events);
        self.tally.observe(self.now.day(), &self.events);
        let engine = &self.engine;
        self.defaults.observe(self.now.day(), &self.events, |instrument, lots| {
            let market = engine.market(instrument).expect("what has positions is listed");
            market.mark().expect("only what has a mark is taken over").value(lots, market.terms.hours())
        });
        outcome
    }
}
