//! The two state machines under one journal: the price index and the exchange that settles to it.

use engine::Engine;
use engine::command::{FixingStage, Role, Stamp};
use engine::ids::{KeyId, SeriesId};
use engine::journal::batch::{Hash, Machine, Record};
use engine::journal::bytes::{DecodeError, Writer};
use engine::units::{Day, Price};
use pricing::index::{self, IndexBook};

/// Something to do, for one of the two machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// For the exchange.
    Exchange(engine::command::Command),
    /// For the price index.
    Index(index::Command),
}

/// Something that happened in one of the two machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// In the exchange.
    Exchange(engine::event::Event),
    /// In the price index.
    Index(index::Event),
    /// The price index refused a command.
    IndexRejected(index::Reject),
}

impl Happening {
    /// What happened in the exchange, if it was there.
    pub fn of_exchange(&self) -> Option<&engine::event::Event> {
        match self {
            Happening::Exchange(event) => Some(event),
            Happening::Index(_) | Happening::IndexRejected(_) => None,
        }
    }
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// By a rule of the exchange.
    #[error(transparent)]
    Exchange(#[from] engine::reject::Reject),
    /// By a rule of the price index.
    #[error(transparent)]
    Index(#[from] index::Reject),
}

/// Why a record of the journal is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not one of the exchange.
    #[error("exchange command: {0}")]
    Exchange(#[from] DecodeError),
    /// Not one of the index.
    #[error("index command: {0}")]
    Index(#[from] index::DecodeError),
}

/// All state of the venue. Everything it does follows from the records alone.
#[derive(Clone, Debug, Default)]
pub struct Core {
    engine: Engine,
    index: IndexBook,
}

impl Core {
    /// A venue of two machines that stand at the same command.
    pub fn of(engine: Engine, index: IndexBook) -> Core {
        Core { engine, index }
    }

    /// The exchange.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The price index.
    pub fn index(&self) -> &IndexBook {
        &self.index
    }

    /// Applies an action and appends what happened.
    ///
    /// A fixing that the index publishes is recorded by the exchange under the same stamp; it is not a record of its own, because
    /// it follows from the one that asked for it.
    ///
    /// # Errors
    /// The rule that refused it; what happened is then that refusal and nothing else.
    pub fn apply(&mut self, stamp: &Stamp, action: &Action, happenings: &mut Vec<Happening>) -> Result<(), Refusal> {
        match action {
            Action::Exchange(command) => self.apply_exchange(stamp, command, happenings),
            Action::Index(command) => self.apply_index(stamp, command, happenings),
        }
    }

    /// One hash over both machines.
    pub fn state_hash(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.engine.state_hash());
        hasher.update(&self.index.hash());
        *hasher.finalize().as_bytes()
    }

    fn apply_exchange(
        &mut self,
        stamp: &Stamp,
        command: &engine::command::Command,
        happenings: &mut Vec<Happening>,
    ) -> Result<(), Refusal> {
        let mut events = Vec::new();
        let outcome = self.engine.apply(stamp, command, &mut events);
        happenings.extend(events.into_iter().map(Happening::Exchange));
        Ok(outcome?)
    }

    fn apply_index(
        &mut self,
        stamp: &Stamp,
        command: &index::Command,
        happenings: &mut Vec<Happening>,
    ) -> Result<(), Refusal> {
        if let Err(reject) = self.authorise(stamp.key) {
            happenings.push(Happening::Exchange(engine::event::Event::Rejected(reject)));
            return Err(reject.into());
        }
        let mut events = Vec::new();
        let outcome = self.index.apply(stamp.time.0, stamp.seq.0, command, &mut events);
        if let Err(reject) = outcome {
            happenings.push(Happening::IndexRejected(reject.clone()));
            return Err(reject.into());
        }
        for event in events {
            let fixing = fixing_of(&event);
            happenings.push(Happening::Index(event));
            if let Some(command) = fixing {
                // The exchange may refuse a fallback while no earlier fixing exists; that is on record as its own event.
                let derived = Stamp { key: KeyId::VENUE, ..*stamp };
                let _on_record = self.apply_exchange(&derived, &command, happenings);
            }
        }
        Ok(())
    }

    fn authorise(&self, key: KeyId) -> Result<(), engine::reject::Reject> {
        match self.engine.role_of(key)? {
            Role::Operator => Ok(()),
            Role::Trader(_) => Err(engine::reject::Reject::NotAuthorised { key }),
        }
    }
}

/// The one place where a price of the index becomes a price of the exchange: both are whole micro-USD per GPU-hour, nothing is rounded.
fn fixing_of(event: &index::Event) -> Option<engine::command::Command> {
    let stage_of = |stage: index::Stage| match stage {
        index::Stage::Provisional => FixingStage::Provisional,
        index::Stage::Final => FixingStage::Final,
    };
    match event {
        index::Event::FixingPublished(fixing) => Some(engine::command::Command::RecordFixing {
            series: SeriesId(fixing.series.0),
            day: Day(fixing.day.days_since_epoch()),
            stage: stage_of(fixing.stage),
            price: Some(Price(fixing.value.micro_usd())),
        }),
        index::Event::FixingSuppressed { series, day, stage: index::Stage::Final, .. } => {
            Some(engine::command::Command::RecordFixing {
                series: SeriesId(series.0),
                day: Day(day.days_since_epoch()),
                stage: FixingStage::Final,
                price: None,
            })
        }
        index::Event::FixingSuppressed { .. }
        | index::Event::SeriesDefined { .. }
        | index::Event::ReportRecorded { .. } => None,
    }
}

impl Action {
    /// The action as a record of the journal.
    pub fn record(&self, stamp: Stamp) -> Record {
        let (machine, payload) = match self {
            Action::Exchange(command) => (Machine::Exchange, command.encode()),
            Action::Index(command) => {
                let mut payload = Vec::new();
                command.encode(&mut payload);
                (Machine::Index, payload)
            }
        };
        Record { stamp, machine, payload }
    }

    /// The action that a record is.
    ///
    /// # Errors
    /// If its payload is no command of its machine.
    pub fn of_record(record: &Record) -> Result<Action, RecordError> {
        Ok(match record.machine {
            Machine::Exchange => Action::Exchange(engine::command::Command::decode(&record.payload)?),
            Machine::Index => Action::Index(index::Command::decode(&record.payload)?),
        })
    }

    /// The command of the exchange, if it is one.
    pub(crate) fn command(&self) -> Option<&engine::command::Command> {
        match self {
            Action::Exchange(command) => Some(command),
            Action::Index(_) => None,
        }
    }
}

/// The hash of everything that happened in a batch, in order.
#[derive(Clone, Debug, Default)]
pub struct EventHasher(blake3::Hasher);

impl EventHasher {
    /// Adds what one command led to.
    pub fn add(&mut self, happenings: &[Happening]) {
        for happening in happenings {
            let mut bytes = Writer::default();
            match happening {
                Happening::Exchange(event) => {
                    bytes.u8(1);
                    event.encode(&mut bytes);
                }
                Happening::Index(event) => {
                    bytes.u8(2);
                    event.encode(&mut bytes.0);
                }
                Happening::IndexRejected(reject) => {
                    bytes.u8(3);
                    bytes.u16(reject.number());
                }
            }
            self.0.update(&bytes.0);
        }
    }

    /// The hash.
    pub fn finish(&self) -> Hash {
        *self.0.finalize().as_bytes()
    }
}
