//! Fee tiers of the twin: what is scheduled, who is in which tier, and what is in force now.

use engine::event::Event;
use engine::ids::{AccountId, InstrumentId};
use engine::instrument::{FeeRates, FeeTiers};
use engine::reject::Reject;
use engine::units::Timestamp;

use super::Twin;

impl Twin {
    pub(super) fn schedule_fees(
        &mut self,
        instrument: InstrumentId,
        effective: Timestamp,
        tiers: FeeTiers,
    ) -> Result<(), Reject> {
        let contract = self.contract(instrument)?;
        let worst = contract.terms.fees.maker.max(contract.terms.fees.taker);
        let invalid = |rule| Err(Reject::InvalidFees { rule });
        if !self.may_begin(effective, &contract.fees) {
            return invalid("fees begin now or later, and after those scheduled before");
        }
        if tiers.iter().any(|tier| tier.maker > worst || tier.taker > worst) {
            return invalid("a rate is at most the worst the contract was listed with");
        }
        if tiers.iter().any(|tier| tier.taker.0 < 0) {
            return invalid("a taker's rate is not negative");
        }
        let lowest_taker = tiers.iter().map(|tier| i128::from(tier.taker.0)).min().unwrap();
        if tiers.iter().any(|tier| -i128::from(tier.maker.0) > lowest_taker) {
            return invalid("a rebate is at most the lowest taker's rate");
        }
        if self.are_many_to_come(&contract.fees) {
            return invalid("at most 16 changes are to come");
        }
        self.refuse_settled(instrument)?;
        self.contract_mut(instrument).fees.push((effective, tiers));
        self.events.push(Event::FeesScheduled { instrument, effective, tiers });
        Ok(())
    }

    pub(super) fn assign_tier(&mut self, account: AccountId, effective: Timestamp, tier: u8) -> Result<(), Reject> {
        self.require_account(account)?;
        let assigned = &self.account(account).tiers;
        let invalid = |rule| Err(Reject::InvalidFees { rule });
        if !self.may_begin(effective, assigned) {
            return invalid("fees begin now or later, and after those scheduled before");
        }
        if tier > 3 {
            return invalid("a tier is 0 to 3");
        }
        if self.are_many_to_come(assigned) {
            return invalid("at most 16 changes are to come");
        }
        self.account_mut(account).tiers.push((effective, tier));
        self.events.push(Event::FeeTierAssigned { account, effective, tier });
        Ok(())
    }

    fn may_begin<T>(&self, effective: Timestamp, scheduled: &[(Timestamp, T)]) -> bool {
        effective >= self.now && scheduled.iter().all(|(before, _)| effective > *before)
    }

    fn are_many_to_come<T>(&self, scheduled: &[(Timestamp, T)]) -> bool {
        scheduled.iter().filter(|(begins, _)| *begins > self.now).count() >= 16
    }

    /// What an account pays in a contract now.
    pub(super) fn rates(&self, instrument: InstrumentId, account: AccountId) -> FeeRates {
        let tier = in_force(&self.account(account).tiers, self.now).unwrap_or(0);
        let contract = self.listed(instrument);
        in_force(&contract.fees, self.now).map_or(contract.terms.fees, |tiers: FeeTiers| tiers[usize::from(tier)])
    }
}

/// The last entry that has begun.
fn in_force<T: Copy>(scheduled: &[(Timestamp, T)], now: Timestamp) -> Option<T> {
    scheduled.iter().rfind(|(begins, _)| *begins <= now).map(|(_, value)| *value)
}
