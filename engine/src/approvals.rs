//! Final values that need the word of two operators: one proposes, another approves exactly that value.

use std::collections::BTreeMap;

use crate::command::Role;
use crate::engine::Engine;
use crate::event::Event;
use crate::ids::{InstrumentId, KeyId};
use crate::instrument::SettlementKind;
use crate::reject::Reject;
use crate::rules::Rules;
use crate::settlement::Settled;
use crate::units::{Cash, Day};

/// Whether approvals are required, and what waits for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Whether a final settlement needs one.
    pub required: bool,
    proposals: BTreeMap<InstrumentId, Proposal>,
}

/// A final value that an operator has proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The business day.
    pub day: Day,
    /// What one lot would be worth.
    pub value_per_lot: Cash,
    /// Who proposed it.
    pub proposer: KeyId,
    /// Who approved it, if somebody has.
    pub approver: Option<KeyId>,
}

impl Approvals {
    /// The proposals by contract.
    pub fn proposals(&self) -> impl ExactSizeIterator<Item = (InstrumentId, Proposal)> + '_ {
        self.proposals.iter().map(|(&instrument, &proposal)| (instrument, proposal))
    }

    /// What is proposed for a contract.
    pub fn proposal(&self, instrument: InstrumentId) -> Option<Proposal> {
        self.proposals.get(&instrument).copied()
    }

    pub(crate) fn restore(&mut self, instrument: InstrumentId, proposal: Proposal) -> bool {
        self.proposals.insert(instrument, proposal).is_none()
    }
}

impl Engine {
    /// Approvals of final values.
    pub fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    /// Set where the venue is started, and nowhere else: whoever could switch it off would need no second pair of eyes.
    pub(crate) fn require_approvals(
        &mut self,
        key: KeyId,
        required: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        if key != KeyId::VENUE {
            return Err(Reject::NotAuthorised { key });
        }
        self.check_has_approvals()?;
        self.approvals.required = required;
        events.push(Event::ApprovalsRequired { required });
        Ok(())
    }

    /// Takes the place of an earlier proposal, and of its approval.
    pub(crate) fn propose_final(
        &mut self,
        key: KeyId,
        instrument: InstrumentId,
        day: Day,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.check_has_approvals()?;
        let (_, _, settled) = self.settlement_at(self.time, instrument, day, SettlementKind::Final)?;
        let Settled { value_per_lot, rung, .. } = settled;
        let proposal = Proposal { day, value_per_lot, proposer: key, approver: None };
        self.approvals.proposals.insert(instrument, proposal);
        events.push(Event::FinalProposed { instrument, day, value_per_lot, rung });
        Ok(())
    }

    pub(crate) fn approve_final(
        &mut self,
        key: KeyId,
        instrument: InstrumentId,
        day: Day,
        value_per_lot: Cash,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.check_has_approvals()?;
        let (_, _, settled) = self.settlement_at(self.time, instrument, day, SettlementKind::Final)?;
        let proposed = self.approvals.proposals.get_mut(&instrument);
        let proposed = proposed.filter(|proposal| (proposal.day, proposal.value_per_lot) == (day, value_per_lot));
        let proposal = proposed.filter(|_| settled.value_per_lot == value_per_lot);
        let proposal = proposal.ok_or(Reject::ProposalDiffers { instrument, value: value_per_lot })?;
        if key == proposal.proposer || key == KeyId::VENUE {
            return Err(Reject::SecondKeyNeeded { key });
        }
        proposal.approver = Some(key);
        events.push(Event::FinalApproved { instrument, day, value_per_lot });
        Ok(())
    }

    /// Refuses a final settlement that nobody else has approved at exactly this value.
    pub(crate) fn check_approved(
        &self,
        instrument: InstrumentId,
        kind: SettlementKind,
        settled: &Settled,
    ) -> Result<(), Reject> {
        if kind != SettlementKind::Final || !self.approvals.required {
            return Ok(());
        }
        let is_it = |proposal: &Proposal| {
            (proposal.day, proposal.value_per_lot) == (settled.day, settled.value_per_lot)
                && proposal.approver.is_some()
        };
        let approved = self.approvals.proposal(instrument).filter(is_it);
        approved.map(drop).ok_or(Reject::NotApproved { instrument })
    }

    /// What is settled for good has no proposal any more.
    pub(crate) fn end_proposal(&mut self, instrument: InstrumentId) {
        self.approvals.proposals.remove(&instrument);
    }

    /// An operator must not make the second key himself.
    pub(crate) fn check_registrar(&self, registrar: KeyId, role: Role) -> Result<(), Reject> {
        let makes_operator = role == Role::Operator && registrar != KeyId::VENUE;
        if makes_operator && self.approvals.required {
            return Err(Reject::NotAuthorised { key: registrar });
        }
        Ok(())
    }

    fn check_has_approvals(&self) -> Result<(), Reject> {
        if self.rules.has_approvals() { Ok(()) } else { Err(Reject::RulesTooOld { needed: Rules::FOURTH }) }
    }
}
