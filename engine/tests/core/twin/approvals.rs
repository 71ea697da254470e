//! Four eyes in the twin: every word that operators have given, searched from the end.

use engine::command::Role;
use engine::event::Event;
use engine::ids::{InstrumentId, KeyId};
use engine::instrument::SettlementKind;
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Cash, Day};

use super::{Twin, cash};

/// What somebody said of a final value.
#[derive(Clone)]
pub(super) struct Word {
    instrument: InstrumentId,
    day: Day,
    value: i128,
    key: KeyId,
    approves: bool,
}

impl Twin {
    pub(super) fn require_approvals(&mut self, required: bool) -> Result<(), Reject> {
        if self.sender() != KeyId::VENUE {
            return Err(Reject::NotAuthorised { key: self.sender() });
        }
        self.refuse_old_rules()?;
        self.approvals_required = required;
        self.events.push(Event::ApprovalsRequired { required });
        Ok(())
    }

    pub(super) fn propose_final(&mut self, instrument: InstrumentId, day: Day) -> Result<(), Reject> {
        self.refuse_old_rules()?;
        let (value, rung) = self.settlement_value(instrument, day, SettlementKind::Final)?;
        self.words.push(Word { instrument, day, value, key: self.sender(), approves: false });
        self.events.push(Event::FinalProposed { instrument, day, value_per_lot: cash(value), rung });
        Ok(())
    }

    pub(super) fn approve_final(
        &mut self,
        instrument: InstrumentId,
        day: Day,
        value_per_lot: Cash,
    ) -> Result<(), Reject> {
        self.refuse_old_rules()?;
        let (due, _) = self.settlement_value(instrument, day, SettlementKind::Final)?;
        let value = i128::from(value_per_lot.0);
        let proposed =
            self.proposal_of(instrument).filter(|word| (word.day, word.value) == (day, value) && value == due);
        let proposer = proposed.ok_or(Reject::ProposalDiffers { instrument, value: value_per_lot })?.key;
        if self.sender() == proposer || self.sender() == KeyId::VENUE {
            return Err(Reject::SecondKeyNeeded { key: self.sender() });
        }
        self.words.push(Word { instrument, day, value, key: self.sender(), approves: true });
        self.events.push(Event::FinalApproved { instrument, day, value_per_lot });
        Ok(())
    }

    /// An approval counts until something else is proposed.
    pub(super) fn check_approved(&self, instrument: InstrumentId, day: Day, value: i128) -> Result<(), Reject> {
        let last = self.words.iter().rfind(|word| word.instrument == instrument);
        let is_approved = last.is_some_and(|word| word.approves && (word.day, word.value) == (day, value));
        if self.approvals_required && !is_approved { Err(Reject::NotApproved { instrument }) } else { Ok(()) }
    }

    pub(super) fn check_registrar(&self, role: Role) -> Result<(), Reject> {
        let forbidden = self.approvals_required && role == Role::Operator && self.sender() != KeyId::VENUE;
        if forbidden { Err(Reject::NotAuthorised { key: self.sender() }) } else { Ok(()) }
    }

    fn sender(&self) -> KeyId {
        KeyId(self.sender)
    }

    fn proposal_of(&self, instrument: InstrumentId) -> Option<&Word> {
        self.words.iter().rfind(|word| word.instrument == instrument && !word.approves)
    }

    fn refuse_old_rules(&self) -> Result<(), Reject> {
        if self.rules < Rules::FOURTH { Err(Reject::RulesTooOld { needed: Rules::FOURTH }) } else { Ok(()) }
    }
}
