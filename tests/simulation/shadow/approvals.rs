//! Four eyes as events tell of them: what was proposed, by whom, and that another key said the same.

use std::collections::BTreeMap;

use engine::command::Role;
use engine::event::Event;
use engine::ids::{InstrumentId, KeyId};
use engine::units::{Cash, Day};

use super::Shadow;
use crate::fault::{Fault, check, same};

/// What waits for approval, and whether it has to.
#[derive(Clone, Debug, Default)]
pub(super) struct Approvals {
    required: bool,
    proposed: BTreeMap<InstrumentId, Proposal>,
}

#[derive(Clone, Copy, Debug)]
struct Proposal {
    day: Day,
    value: Cash,
    proposer: Option<KeyId>,
    approver: Option<KeyId>,
}

impl Shadow {
    pub(super) fn read_approval(&mut self, event: &Event) -> Result<(), Fault> {
        let (key, venue) = (self.course.key, Some(KeyId::VENUE));
        match *event {
            Event::ApprovalsRequired { required } => {
                self.approvals.required = required;
                same("the venue alone requires approvals", key, venue, || "the setting".to_owned())
            }
            Event::KeyRegistered { role, .. } => {
                let is_right = role != Role::Operator || key == venue || !self.approvals.required;
                check(is_right, "nobody makes the second key", || format!("{key:?}"))
            }
            Event::FinalProposed { instrument, day, value_per_lot: value, .. } => {
                let proposal = Proposal { day, value, proposer: key, approver: None };
                self.approvals.proposed.insert(instrument, proposal);
                Ok(())
            }
            Event::FinalApproved { instrument, day, value_per_lot } => {
                self.counts.approvals += 1;
                let missing = || Fault::new("what was proposed is approved", format!("instrument {instrument}"));
                let proposal = self.approvals.proposed.get_mut(&instrument).ok_or_else(missing)?;
                proposal.approver = key;
                let is_other = key != proposal.proposer && key != venue;
                let proposed = (proposal.day, proposal.value);
                same("what was proposed is approved", (day, value_per_lot), proposed, || format!("{instrument}"))?;
                check(is_other, "another operator approves", || format!("{key:?} of instrument {instrument}"))
            }
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    /// A final settlement starts with the word of two operators, if that is required; then nothing is proposed any more.
    pub(super) fn check_approved(&mut self, instrument: InstrumentId, day: Day, value: Cash) -> Result<(), Fault> {
        let proposed = self.approvals.proposed.remove(&instrument);
        let is_it = |proposal: &Proposal| {
            let has_two = proposal.approver.is_some() && proposal.approver != proposal.proposer;
            (proposal.day, proposal.value) == (day, value) && has_two
        };
        let is_approved = proposed.as_ref().is_some_and(is_it);
        check(is_approved || !self.approvals.required, "a final value has two words", || format!("{proposed:?}"))
    }
}
