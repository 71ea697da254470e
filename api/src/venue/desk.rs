//! The venue's desk: everything that changes the state passes here, and what the venue has to do by itself comes first.
//!
//! The venue's own commands are adopting the rules of its program, the steps of what is due, the listings of families, and marks.
//! They are journaled like any other, under the venue's key.

use std::collections::VecDeque;
use std::time::Duration;

use engine::command::{Command, Stamp};
use engine::ids::{FamilyId, InstrumentId, KeyId, Seq};
use engine::rules::Rules;
use engine::units::{Day, Timestamp};
use tokio::time::Instant;

use crate::venue::batching::Filling;
use crate::venue::machines::{Action, Core, Refusal};
use crate::venue::sequencer::{Look, Outcome, Request};
use crate::venue::timekeeper::{ClockLeap, Timekeeper};

/// Longest sleep before the clock is looked at again: it may be set forward meanwhile.
const NAP_MAX: Duration = Duration::from_secs(1);

/// The state, the batch that fills with its changes, and what the venue still has to do by itself.
pub(super) struct Desk {
    pub(super) core: Core,
    pub(super) filling: Filling,
    timekeeper: Timekeeper,
    seq: Seq,
    marks_every: Option<Duration>,
    marks_at: Instant,
    /// Contracts to be marked.
    marks: VecDeque<InstrumentId>,
    /// Families that may lack something.
    families: VecDeque<FamilyId>,
    /// The day on which all families were looked at.
    families_on: Option<Day>,
}

impl Desk {
    pub(super) fn new(core: Core, seq: Seq, timekeeper: Timekeeper, marks_every: Option<Duration>) -> Desk {
        let (filling, marks_at, marks) = (Filling::default(), Instant::now(), VecDeque::new());
        let (families, families_on) = (VecDeque::new(), None);
        Desk { core, filling, timekeeper, seq, marks_every, marks_at, marks, families, families_on }
    }

    /// Takes up every version of the rules that this program knows and the journal does not have yet.
    ///
    /// # Errors
    /// If the clock leapt.
    pub(super) fn adopt_rules(&mut self) -> Result<(), ClockLeap> {
        self.timekeeper.look()?;
        loop {
            let Rules(version) = self.core.engine().rules();
            if Rules(version) >= Rules::LATEST {
                return Ok(());
            }
            if self.is_due() {
                self.process_due();
            } else {
                let refusal = self.apply_own(Command::AdoptRules { rules: Rules(version + 1) });
                assert!(refusal.is_none(), "the rules that come next were refused: {refusal:?}");
            }
        }
    }

    /// Does what can be done now: what is due, then the requests that wait, then what families lack, then marks. Whatever finds no room in this batch stays
    /// for the next one.
    pub(super) fn work(&mut self, waiting: &mut VecDeque<Request>) {
        while self.filling.has_room() {
            if self.is_due() {
                if !self.filling.has_room_for_due_step() {
                    return;
                }
                self.process_due();
            } else if let Some(request) = waiting.pop_front() {
                self.serve(request);
            } else if let Some(&family) = self.families.front() {
                self.list_next(family);
            } else if let Some(instrument) = self.marks.pop_front() {
                self.mark(instrument);
            } else {
                return;
            }
        }
    }

    /// Loads what requests will read that have just come together.
    pub(super) fn look_ahead(&self, waiting: &VecDeque<Request>) {
        self.core.engine().look_ahead(waiting.iter().filter_map(|request| match request {
            Request::Submit { action, key, .. } => Some((*key, action.command()?)),
            Request::Read(_) | Request::Tick(_) => None,
        }));
    }

    /// Lets somebody look; whoever only looks changes nothing, not even the venue's time.
    pub(super) fn read(&mut self, look: Look) {
        self.filling.then(look(&self.core));
    }

    /// Serves a request; nothing may be due.
    fn serve(&mut self, request: Request) {
        match request {
            Request::Submit { action, key, session, reply } => {
                let stamp = self.next_stamp(key, session);
                let (happenings, refusal) = self.filling.apply(&mut self.core, stamp, &action);
                if let (Some(Command::SetFamily { family }), None) = (action.command(), &refusal) {
                    self.families.push_back(family.family);
                }
                self.filling.then(Box::new(move || drop(reply.send(Outcome { stamp, happenings, refusal }))));
            }
            Request::Read(look) => self.read(look),
            Request::Tick(reply) => self.filling.then(Box::new(move || reply.send(()).unwrap_or_default())),
        }
    }

    /// How long nothing has to be done; `None` if only a request can change that.
    pub(super) fn nap(&self) -> Option<Duration> {
        let reading = self.timekeeper.clock().read();
        reading.steady?;
        let now = reading.shown;
        // In microseconds; what is due already is due at once.
        let until = |due: Timestamp| Duration::from_micros(due.0.saturating_sub(now.0).max(0).unsigned_abs());
        let due = self.core.engine().next_due().map(|due| until(due).min(NAP_MAX));
        let marks = self.marks_every.map(|_| self.marks_at.saturating_duration_since(Instant::now()));
        let next_day = self.families_on.filter(|_| self.core.engine().families().next().is_some()).map(Day::end);
        let next_day = next_day.map(|moment| until(moment).min(NAP_MAX));
        due.into_iter().chain(marks).chain(next_day).min()
    }

    /// Time has passed: on a new day all families may lack something; notes which contracts have another mark price now.
    ///
    /// # Errors
    /// If the clock leapt; nothing may be stamped then.
    pub(super) fn wake(&mut self) -> Result<(), ClockLeap> {
        self.timekeeper.look()?;
        let today = Some(self.timekeeper.time().day());
        if self.families_on != today {
            self.families_on = today;
            self.families = self.core.engine().families().map(|family| family.family).collect();
        }
        let Some(every) = self.marks_every.filter(|_| self.marks_at <= Instant::now()) else { return Ok(()) };
        self.marks_at = Instant::now() + every;
        let (engine, time) = (self.core.engine(), self.timekeeper.time());
        let open = engine.markets().filter(|market| market.is_open(time));
        self.marks = open.map(|market| market.terms.instrument).filter(|&id| engine.would_mark(id)).collect();
        Ok(())
    }

    /// Lists the next contract that a family lacks, or goes on to the next family.
    fn list_next(&mut self, family: FamilyId) {
        let missing = self.core.engine().unlisted(family, self.timekeeper.time().day());
        let refusal = missing.and_then(|terms| self.apply_own(Command::ListInstrument { terms }));
        if let Some(refusal) = &refusal {
            tracing::error!(%refusal, %family, "the family cannot be listed");
        }
        if missing.is_none() || refusal.is_some() {
            self.families.pop_front();
        }
    }

    fn mark(&mut self, instrument: InstrumentId) {
        if self.core.engine().would_mark(instrument)
            && let Some(refusal) = self.apply_own(Command::UpdateMark { instrument })
        {
            tracing::error!(%refusal, %instrument, "the contract cannot be marked");
        }
    }

    fn is_due(&self) -> bool {
        self.core.engine().next_due().is_some_and(|due| due <= self.timekeeper.time())
    }

    fn process_due(&mut self) {
        self.filling.count_due_step();
        let refusal = self.apply_own(Command::ProcessDue);
        // With the time of this step something may have ceased to be due, such as a stop in a contract whose delivery has ended.
        assert!(refusal.is_none() || !self.is_due(), "the step that is due was refused: {refusal:?}");
    }

    fn apply_own(&mut self, command: Command) -> Option<Refusal> {
        let stamp = self.next_stamp(KeyId::VENUE, 0);
        self.filling.apply(&mut self.core, stamp, &Action::Exchange(command)).1
    }

    fn next_stamp(&mut self, key: KeyId, session: u32) -> Stamp {
        self.seq = Seq(self.seq.0 + 1);
        Stamp { seq: self.seq, time: self.timekeeper.time(), key, session }
    }
}
