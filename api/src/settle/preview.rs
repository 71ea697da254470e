//! Plays a settlement job on a copy of the state: what would be settled, at which price, and who would pay what.

use std::collections::BTreeMap;

use engine::command::{Command, Stamp};
use engine::event::{Event, SettlementRung, TransferReason};
use engine::ids::{AccountId, InstrumentId, KeyId, Seq};
use engine::instrument::SettlementKind;
use engine::settlement::Settled;
use engine::units::{Amount, Cash, Day, Timestamp};

use crate::settle::plan::{self, HeldBack, Job, Task};
use crate::venue::machines::{Action, Core, Happening};

/// What a job would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Its settlements in their order.
    pub settlements: Vec<Previewed>,
    /// What each account would receive in all of them; negative if it would pay.
    pub accounts: BTreeMap<AccountId, Cash>,
    /// What accounts would owe that cannot pay.
    pub shortfall: Amount,
    /// What could not be started.
    pub held_back: Vec<HeldBack>,
}

/// A settlement of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// The contract.
    pub instrument: InstrumentId,
    /// The business day.
    pub day: Day,
    /// Which settlement.
    pub kind: SettlementKind,
    /// What a lot would be worth.
    pub value_per_lot: Cash,
    /// Where that comes from.
    pub rung: SettlementRung,
    /// Accounts that would be settled.
    pub accounts: u64,
    /// What they would receive.
    pub received: Cash,
    /// What they would pay, as a positive amount.
    pub paid: Cash,
}

impl Previewed {
    /// With its price, and before anybody is settled.
    fn begun(
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
        value_per_lot: Cash,
        rung: SettlementRung,
    ) -> Previewed {
        let (accounts, received, paid) = (0, Cash::ZERO, Cash::ZERO);
        Previewed { instrument, day, kind, value_per_lot, rung, accounts, received, paid }
    }
}

/// Plays on a copy, which is dropped at the end.
pub(super) fn play(mut core: Core, now: Timestamp, job: Job, tasks: &[Task], key: KeyId) -> Preview {
    let mut preview = Preview::default();
    preview.note_running(&core, job, tasks);
    let now = now.max(core.engine().time());
    // Every command of the copy is a step of a settlement that ends, so the play does.
    loop {
        let is_due = core.engine().next_due().is_some_and(|due| due <= now);
        let next = plan::next(core.engine(), now, job, tasks);
        let (command, key) = match next.command {
            _ if is_due => (Command::ProcessDue, KeyId::VENUE),
            Some(command) => (command, key),
            None => {
                preview.held_back = next.held_back;
                return preview;
            }
        };
        let stamp = Stamp { seq: Seq(core.engine().seq().0 + 1), time: now, key, session: 0 };
        let mut happenings = Vec::new();
        if core.apply(&stamp, &Action::Exchange(command), &mut happenings).is_err() && !is_due {
            return preview;
        }
        happenings.iter().filter_map(Happening::of_exchange).for_each(|event| preview.note(event));
    }
}

impl Preview {
    /// A settlement that is being posted already has its price.
    fn note_running(&mut self, core: &Core, job: Job, tasks: &[Task]) {
        for task in tasks {
            let running = core.engine().market(task.instrument).and_then(engine::Market::settling);
            let Some((kind, settled)) =
                running.filter(|&(kind, settled)| kind == task.kind.into() && settled.day == job.day)
            else {
                continue;
            };
            let Settled { day, value_per_lot, rung } = settled;
            self.settlements.push(Previewed::begun(task.instrument, day, kind, value_per_lot, rung));
        }
    }

    fn note(&mut self, event: &Event) {
        match *event {
            Event::FinalProposed { instrument, day, value_per_lot, rung } => {
                let kind = SettlementKind::Final;
                self.settlements.push(Previewed::begun(instrument, day, kind, value_per_lot, rung));
            }
            Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => {
                self.settlements.push(Previewed::begun(instrument, day, kind, value_per_lot, rung));
            }
            Event::PositionSettled { instrument, account, variation, .. } => {
                *self.accounts.entry(account).or_insert(Cash::ZERO) += variation;
                if let Some(of) = self.settlements.iter_mut().rev().find(|of| of.instrument == instrument) {
                    of.accounts += 1;
                    of.received += variation.max(Cash::ZERO);
                    of.paid += (-variation).max(Cash::ZERO);
                }
            }
            Event::Transferred { amount, reason: TransferReason::Shortfall, .. } => self.shortfall += amount,
            _ => {}
        }
    }
}
