//! What a vault of the twin earns and for whom, and how it is wound up: each entry is written down for each holder, and what somebody may
//! claim is the sum of what is written down.

use engine::event::{CancelReason, TransferReason};
use engine::ids::{AccountId, AssetId, VaultId};
use engine::ledger::{LedgerAccount, Purse};
use engine::limits;
use engine::reject::{Reject, VaultReject};
use engine::units::{Amount, Cash, Day};
use engine::vaults::{Revenue, Sold, VaultEvent, VaultState};

use super::vaults::{ACCOUNTS_OF_A_STEP, Vault};
use super::{Twin, cash};

impl Vault {
    /// The first day that can be recorded.
    fn next_day(&self) -> Day {
        self.entries.last().map_or(self.deployed_on.unwrap(), |last| Day(last.0 + 1))
    }

    fn claim_of(&self, account: AccountId) -> i128 {
        self.earned.iter().filter(|(earner, _)| *earner == account).map(|(_, earned)| earned).sum()
    }
}

impl Twin {
    pub(super) fn record_revenue(&mut self, vault: VaultId, sold: Sold) -> Result<(), Reject> {
        self.check_revenue(vault, &sold)?;
        let known = self.vault(vault).unwrap().clone();
        let rate = self.rate_on(known.terms.series, sold.day).unwrap();
        let gross = i128::from(sold.gross.0);
        // Rounded up.
        let cost = (i128::from(rate.0) * i128::from(sold.gpu_seconds) + 3_599).div_euclid(3_600);
        let due = cost + known.shortfall;
        let kept = gross.min(due);
        let net = gross - kept;
        let holders = (net * i128::from(known.terms.holders_bp)).div_euclid(10_000);
        let sponsor = net - holders;
        let pot = known.carried + holders;
        let per_share = pot.div_euclid(known.shares());
        let carried = pot - per_share * known.shares();
        let shares_inside = self.on_the_ledger(known.terms.asset);
        let exported = per_share * (known.shares() - shares_inside);
        let shortfall = due - kept;

        for account in self.accounts() {
            let shares = self.posted(LedgerAccount::Customer(account), known.terms.asset);
            if shares * per_share > 0 {
                self.vault_mut(vault).earned.push((account, shares * per_share));
            }
        }
        let changed = self.vault_mut(vault);
        changed.entries.push(sold.day);
        (changed.carried, changed.shortfall) = (carried, shortfall);
        self.tell(VaultEvent::RevenueRecorded(Revenue {
            vault,
            sold,
            rate,
            cost: cash(cost),
            kept: cash(kept),
            shortfall: cash(shortfall),
            holders: cash(holders),
            sponsor: cash(sponsor),
            per_share: cash(per_share),
            carried: cash(carried),
            exported: cash(exported),
        }));
        if known.state == VaultState::Deployed {
            self.go_to(vault, VaultState::Yielding);
        }
        let pot = known.purse(Purse::Yield);
        self.transfer(self.payer(known.terms.sponsor), pot, AssetId::USD, gross, TransferReason::Revenue);
        self.pay_customer(pot, known.terms.sponsor, kept, TransferReason::OperatingCost);
        self.pay_customer(pot, known.terms.sponsor, sponsor, TransferReason::SponsorShare);
        let reserve = known.purse(Purse::Reserve);
        self.transfer(pot, reserve, AssetId::USD, exported, TransferReason::ExportedYield);
        Ok(())
    }

    fn check_revenue(&self, vault: VaultId, sold: &Sold) -> Result<(), Reject> {
        let known = self.vault(vault)?;
        known.require_state(&[VaultState::Deployed, VaultState::Yielding])?;
        let next = known.entries.len() as u64 + 1;
        if sold.number != next {
            return Err(Reject::Vault(VaultReject::RevenueOutOfSequence { vault, number: sold.number, next }));
        }
        let (day, earliest) = (sold.day, known.next_day());
        if day < earliest || day >= self.now.day() {
            return Err(Reject::Vault(VaultReject::RevenueDay { vault, day, earliest }));
        }
        let most = 86_400 * u64::from(known.terms.gpus);
        if sold.gpu_seconds > most {
            return Err(Reject::Vault(VaultReject::TooManyGpuSeconds { gpu_seconds: sold.gpu_seconds, most }));
        }
        self.check_income(known.terms.sponsor, sold.gross)
    }

    /// Who pays what a vault earns: with a chain its sponsor, who earned it elsewhere.
    fn payer(&self, sponsor: AccountId) -> LedgerAccount {
        if self.has_chain() { LedgerAccount::Customer(sponsor) } else { LedgerAccount::Outside }
    }

    fn check_income(&self, sponsor: AccountId, income: Cash) -> Result<(), Reject> {
        if !(0..=1_000_000_000_000_000).contains(&income.0) {
            return Err(Reject::AmountOutOfRange { amount: Amount(income.0) });
        }
        if self.has_chain() {
            let free = self.margin_report(sponsor).withdrawable;
            let is_there = i128::from(income.0) <= free;
            let refused = Reject::InsufficientBalance { amount: Amount(income.0), free: super::amount(free) };
            return if is_there { Ok(()) } else { Err(refused) };
        }
        let inside = -self.posted(LedgerAccount::Outside, AssetId::USD);
        if inside + i128::from(income.0) > i128::from(limits::TOTAL_CASH_MAX.0) {
            return Err(Reject::TotalCashLimit);
        }
        Ok(())
    }

    pub(super) fn claim_yield(&mut self, account: AccountId, vault: VaultId) -> Result<(), Reject> {
        self.require_account(account)?;
        let known = self.vault(vault)?.clone();
        let redeems = known.state == VaultState::WoundUp && self.free(account, known.terms.asset) > 0;
        if known.claim_of(account) == 0 && !redeems {
            return Err(Reject::Vault(VaultReject::NothingToClaim { vault, account }));
        }
        self.pay_out(&known, account);
        Ok(())
    }

    /// What an account may claim, then, once the machines are sold, its free shares.
    fn pay_out(&mut self, known: &Vault, account: AccountId) {
        let (vault, asset, customer) = (known.terms.vault, known.terms.asset, LedgerAccount::Customer(account));
        let claim = known.claim_of(account);
        if claim > 0 {
            self.vault_mut(vault).earned.push((account, -claim));
            self.tell(VaultEvent::YieldClaimed { vault, account, amount: cash(claim) });
            self.pay_customer(known.purse(Purse::Yield), account, claim, TransferReason::Yield);
        }
        let Some(value) = known.value_per_share else { return };
        let shares = self.free(account, asset);
        if shares > 0 {
            let amount = cash(shares * value);
            let redeemed = u32::try_from(shares).unwrap();
            self.tell(VaultEvent::SharesRedeemed { vault, account, shares: redeemed, amount });
            self.transfer(customer, known.purse(Purse::Shares), asset, shares, TransferReason::Redemption);
            let purse = known.purse(Purse::Redemption);
            self.pay_customer(purse, account, shares * value, TransferReason::Redemption);
        }
    }

    pub(super) fn wind_up(&mut self, vault: VaultId, proceeds: Cash) -> Result<(), Reject> {
        let known = self.vault(vault)?.clone();
        known.require_state(&[VaultState::Deployed, VaultState::Yielding])?;
        self.check_income(known.terms.sponsor, proceeds)?;
        let [pot, reserve, redemption] = [Purse::Yield, Purse::Reserve, Purse::Redemption].map(|of| known.purse(of));
        let kept = self.posted(reserve, AssetId::USD);
        let all = i128::from(proceeds.0) + kept + known.carried;
        let value = all.div_euclid(known.shares());
        let residual = all - value * known.shares();
        let changed = self.vault_mut(vault);
        (changed.value_per_share, changed.carried) = (Some(value), 0);
        let [value_per_share, left] = [value, residual].map(cash);
        self.tell(VaultEvent::WindUpStarted { vault, proceeds, value_per_share, residual: left });
        let moves = [
            (self.payer(known.terms.sponsor), redemption, i128::from(proceeds.0), TransferReason::Proceeds),
            (reserve, redemption, kept, TransferReason::ExportedYield),
            (pot, redemption, known.carried, TransferReason::Carried),
            (redemption, LedgerAccount::Fees, residual, TransferReason::Residual),
        ];
        for (from, to, moved, reason) in moves {
            self.transfer(from, to, AssetId::USD, moved, reason);
        }
        self.go_to(vault, VaultState::WindingUp);
        for pair in self.pairs_of(known.terms.asset) {
            let contract = self.contract_mut(pair);
            (contract.settled_for_good, contract.halt) = (true, None);
        }
        Ok(())
    }

    /// First the orders, then the holders.
    pub(super) fn go_on_winding_up(&mut self, known: &Vault) {
        let (vault, asset) = (known.terms.vault, known.terms.asset);
        let orders = self.expiring_in_pairs(asset);
        if !orders.is_empty() {
            for order in orders.into_iter().take(ACCOUNTS_OF_A_STEP) {
                self.take_out(order, CancelReason::Expired);
            }
            return;
        }
        let mut left = self.accounts();
        left.retain(|account| known.looked_to.is_none_or(|last| *account > last));
        left.retain(|account| {
            self.posted(LedgerAccount::Customer(*account), asset) > 0 || known.claim_of(*account) > 0
        });
        left.sort();
        let complete = left.len() <= ACCOUNTS_OF_A_STEP;
        left.truncate(ACCOUNTS_OF_A_STEP);
        for &account in &left {
            self.pay_out(known, account);
            self.vault_mut(vault).looked_to = Some(account);
        }
        let accounts = u32::try_from(left.len()).unwrap();
        self.tell(VaultEvent::Redeemed { vault, accounts, complete });
        if complete {
            self.go_to(vault, VaultState::WoundUp);
        }
    }

    /// The number and the first day of the next entry of a vault that was deployed.
    pub fn next_entry(&self, vault: VaultId) -> Option<(u64, Day)> {
        let known = self.vault(vault).ok().filter(|known| known.deployed_on.is_some())?;
        Some((known.entries.len() as u64 + 1, known.next_day()))
    }

    /// What an account may claim of a vault.
    pub fn claim(&self, account: AccountId, vault: VaultId) -> i128 {
        self.vault(vault).map_or(0, |known| known.claim_of(account))
    }
}
