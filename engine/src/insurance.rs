//! What stands behind the customers' own money: the insurance fund, and an account that takes positions over.

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::{Amount, Cash};

/// The second and the third layer of the default waterfall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backing {
    /// Who takes positions of accounts in default over.
    pub(crate) backstop: Option<AccountId>,
    /// The number of the last payment into the insurance fund.
    pub(crate) payments: u64,
}

impl Engine {
    pub(crate) fn set_backstop(&mut self, account: Option<AccountId>, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.require_default_waterfall()?;
        account.map(|account| self.accounts.require(account)).transpose()?;
        self.backing.backstop = account;
        events.push(Event::BackstopSet { account });
        Ok(())
    }

    /// Payments are numbered without a gap, as deposits to an account are.
    pub(crate) fn fund_insurance(
        &mut self,
        number: u64,
        amount: Amount,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.require_default_waterfall()?;
        self.check_door(Engine::MONEY)?;
        self.check_amount(Engine::MONEY, amount)?;
        let next = self.backing.payments + 1;
        if number != next {
            return Err(Reject::DepositOutOfSequence { account: None, reference: number, next });
        }
        self.check_room_for(Engine::MONEY, amount)?;
        self.backing.payments = number;
        let (from, to) = (LedgerAccount::Outside, LedgerAccount::Insurance);
        self.transfer(from, to, Engine::MONEY, amount, TransferReason::Deposit, events);
        Ok(())
    }

    /// Refuses more of an asset than the venue can hold.
    pub(crate) fn check_room_for(&self, asset: AssetId, amount: Amount) -> Result<(), Reject> {
        // With a chain attached US dollars come from there alone; what is exported of another asset comes back without a question.
        let chain = self.ledger.balance(LedgerAccount::Chain, asset).posted.min(Amount::ZERO);
        let inside = -self.ledger.balance(LedgerAccount::Outside, asset).posted - chain;
        if amount > Amount::from(limits::TOTAL_CASH_MAX) - inside { Err(Reject::TotalCashLimit) } else { Ok(()) }
    }

    fn require_default_waterfall(&self) -> Result<(), Reject> {
        let needed = Rules::FOURTH;
        if self.rules.has_default_waterfall() { Ok(()) } else { Err(Reject::RulesTooOld { needed }) }
    }

    /// Who takes positions of accounts in default over.
    pub fn backstop(&self) -> Option<AccountId> {
        self.backing.backstop
    }

    /// What the insurance fund has.
    pub fn insurance_fund(&self) -> Cash {
        self.ledger.balance(LedgerAccount::Insurance, Engine::MONEY).posted.dollars()
    }

    /// The number of the last payment into the insurance fund.
    pub fn insurance_payments(&self) -> u64 {
        self.backing.payments
    }
}
