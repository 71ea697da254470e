//! How a vault ends: what its machines were sold for is shared by all shares alike, wherever they are.

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::VaultId;
use crate::instrument::Transition;
use crate::ledger::{LedgerAccount, Purse};
use crate::reject::Reject;
use crate::units::Cash;
use crate::vaults::{VaultEvent, VaultTransition};

impl Engine {
    pub(crate) fn wind_up_vault(&mut self, id: VaultId, proceeds: Cash, events: &mut Vec<Event>) -> Result<(), Reject> {
        let vault = self.require_vault(id, VaultTransition::WindUp)?;
        let (carried, shares) = (vault.carried, i64::from(vault.terms.shares()));
        let sponsor = vault.terms.sponsor;
        self.check_incoming(sponsor, proceeds)?;
        let reserved = self.purse(id, Purse::Reserve);
        let pot = proceeds + reserved + carried;
        // Rounded down: what is left is less than a micro-USD a share, and the venue's income.
        let value_per_share = Cash(pot.0.div_euclid(shares));
        let residual = Cash(pot.0 - value_per_share.0 * shares);
        let vault = self.vaults.get_mut(id);
        vault.value_per_share = Some(value_per_share);
        // What running the machines still costs ends here: the sponsor bears it.
        (vault.carried, vault.shortfall) = (Cash::ZERO, Cash::ZERO);
        events.push(Event::Vault(VaultEvent::WindUpStarted { vault: id, proceeds, value_per_share, residual }));
        let purse = |purse| LedgerAccount::Vault(id, purse);
        let redemption = purse(Purse::Redemption);
        self.move_dollars((self.payer(sponsor), redemption), proceeds, TransferReason::Proceeds, events);
        self.move_dollars((purse(Purse::Reserve), redemption), reserved, TransferReason::ExportedYield, events);
        self.move_dollars((purse(Purse::Yield), redemption), carried, TransferReason::Carried, events);
        self.move_dollars((redemption, LedgerAccount::Fees), residual, TransferReason::Residual, events);
        self.move_vault(id, VaultTransition::WindUp, events);
        self.close_pairs(id);
        Ok(())
    }

    /// No order is taken any more in the pairs of a vault's shares; those that rest are cancelled by the next steps.
    fn close_pairs(&mut self, vault: VaultId) {
        for place in self.pairs_of(vault) {
            let market = self.markets.get_mut(place);
            market.state = market.state.after(Transition::Close).expect("a spot pair trades until it is closed");
            self.set_halt(place, None);
            self.refresh(place);
        }
    }

    /// The spot pairs of a vault's shares, by number.
    pub(super) fn pairs_of(&self, vault: VaultId) -> Vec<u32> {
        let asset = self.vault(vault).map(|vault| vault.terms.asset);
        let pairs = self.markets.by_number().filter(|(_, market)| market.terms.base() == asset);
        if asset.is_some() { pairs.map(|(place, _)| place).collect() } else { Vec::new() }
    }
}
