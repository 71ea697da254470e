//! What the fourth rules ask of the operator: fund and backstop, two words for what is final, and prices that leap.

use engine::Engine;
use engine::command::Command;
use engine::ids::{AccountId, KeyId};
use engine::instrument::{SettlementKind, State};
use engine::units::{Amount, Cash};

use super::{Flow, OPERATORS};

impl Flow {
    /// Everything that is new with the fourth rules.
    pub(super) fn plan_fourth(&mut self) {
        self.register_operators();
        self.plan_spreads();
        let required = !self.dice.one_in(5);
        self.agenda.push_back(Command::RequireApprovals { required });
        let account = Some(self.backstop());
        self.agenda.push_back(Command::SetBackstop { account });
        // The first payment is number 1, unless others came before.
        self.agenda.push_back(Command::FundInsurance { number: 1, amount: Amount(50_000_000) });
        let family = self.family();
        self.agenda.push_back(family);
    }

    /// The account that takes positions over at first: the last of those that are there from the beginning.
    pub(super) fn backstop(&self) -> AccountId {
        AccountId(self.scale.accounts)
    }

    /// What an operator does now and then.
    pub(super) fn operate_waterfall(&mut self, venue: &Engine, account: AccountId) -> (KeyId, Command) {
        let command = match self.dice.below(12) {
            0 => {
                let is_usual = !self.dice.one_in(3);
                let other = self.dice.pick(&[None, Some(account)]);
                Command::SetBackstop { account: if is_usual { Some(self.backstop()) } else { other } }
            }
            1..5 => {
                let number = venue.insurance_payments() + u64::from(!self.dice.one_in(10));
                Command::FundInsurance { number, amount: Amount(1_000_000 << self.dice.below(10)) }
            }
            5 => {
                let key = if self.dice.one_in(4) { OPERATORS[0] } else { KeyId::VENUE };
                return (key, Command::RequireApprovals { required: !self.dice.one_in(3) });
            }
            6 if venue.markets().count() < 60 => self.family(),
            _ => return (KeyId::VENUE, self.leap(venue)),
        };
        (KeyId::VENUE, command)
    }

    /// A series is worth far more or less than a moment ago; whoever quoted it finds out later.
    fn leap(&mut self, venue: &Engine) -> Command {
        let series = self.series();
        let per_cent = self.dice.pick(&[55, 75, 90, 110, 130, 170]);
        let now = self.now;
        let months = venue.markets().filter(|market| {
            let terms = &market.terms;
            let has_array = terms.is_margined() && terms.strip().is_none() && terms.series() == Some(series);
            has_array && market.is_open(now)
        });
        let mut planned = Vec::new();
        for market in months {
            let instrument = market.terms.instrument;
            if let Some(middle) = self.middles.get_mut(&instrument) {
                *middle = (*middle * per_cent / 100).clamp(40, market.terms.cap.0 / market.terms.tick.0 - 40);
            }
            planned.extend([self.array(market), Command::UpdateMark { instrument }]);
        }
        planned.into_iter().rev().for_each(|command| self.agenda.push_front(command));
        self.agenda.pop_front().unwrap_or(Command::ProcessDue)
    }

    /// Another operator's word for a value that was proposed; now and then the same one's, or for another value.
    pub(super) fn approve(&mut self, venue: &Engine) -> Option<(KeyId, Command)> {
        let mut open = venue.approvals().proposals().filter(|(_, proposal)| proposal.approver.is_none());
        let (instrument, proposal) = open.next()?;
        let mut value_per_lot = proposal.value_per_lot;
        if self.dice.one_in(6) {
            value_per_lot = Cash(value_per_lot.0 + 1);
        }
        let day = proposal.day;
        let kind = SettlementKind::Final;
        self.agenda.push_back(Command::StartSettlement { instrument, day, kind });
        let others = OPERATORS.iter().copied().find(|&key| key != proposal.proposer);
        let key = others.filter(|_| !self.dice.one_in(6)).unwrap_or(proposal.proposer);
        Some((key, Command::ApproveFinal { instrument, day, value_per_lot }))
    }

    /// Whether a strip that trades is listed.
    pub(super) fn has_strips(&self, venue: &Engine) -> bool {
        venue.markets().any(|market| {
            let terms = &market.terms;
            let is_short = terms.strip().is_some_and(|strip| strip.days < 60);
            is_short && market.state == State::Trading && self.now < terms.end()
        })
    }
}
