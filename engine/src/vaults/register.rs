//! All vaults by number, and what is looked up of them: by asset, by machine, by deadline.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AssetId, SeriesId, VaultId};
use crate::reject::{Reject, VaultReject};
use crate::units::{Day, Price, Timestamp};
use crate::vaults::{MachineHash, Vault};

/// All vaults, and what they have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vaults {
    pub(crate) by_number: BTreeMap<VaultId, Vault>,
    pub(crate) rates: BTreeMap<(SeriesId, Day), Price>,
    /// Which vault an asset is a share of.
    pub(super) assets: BTreeMap<AssetId, VaultId>,
    /// Which vault a machine belongs to.
    pub(super) serials: BTreeMap<MachineHash, VaultId>,
    pub(super) deadlines: BTreeSet<(Timestamp, VaultId)>,
    pub(super) at_work: BTreeSet<VaultId>,
}

impl Vaults {
    /// Where a vault is.
    ///
    /// # Errors
    /// If there is none of that number.
    pub(crate) fn require(&self, vault: VaultId) -> Result<&Vault, Reject> {
        self.by_number.get(&vault).ok_or(Reject::Vault(VaultReject::UnknownVault { vault }))
    }

    /// A vault that is known to exist.
    pub(super) fn get_mut(&mut self, vault: VaultId) -> &mut Vault {
        self.by_number.get_mut(&vault).expect("the vault was looked up")
    }

    /// The vault that an asset is a share of.
    pub(crate) fn of_asset(&self, asset: AssetId) -> Option<VaultId> {
        self.assets.get(&asset).copied()
    }

    /// The vault that a machine belongs to.
    pub(crate) fn of_serial(&self, serial: MachineHash) -> Option<VaultId> {
        self.serials.get(&serial).copied()
    }

    /// What follows from a vault: its asset, its machines, its deadline, its work.
    pub(crate) fn insert(&mut self, vault: Vault) {
        let id = vault.terms.vault;
        self.assets.insert(vault.terms.asset, id);
        if vault.state.keeps_deeds() {
            self.serials.extend(vault.deeds.iter().map(|deed| (deed.serial, id)));
        }
        self.deadlines.extend(vault.deadline().map(|deadline| (deadline, id)));
        self.by_number.insert(id, vault);
        self.refresh(id);
    }

    /// Whether the clock has something to do for a vault follows from it.
    pub(super) fn refresh(&mut self, vault: VaultId) {
        if self.get_mut(vault).is_at_work() {
            self.at_work.insert(vault);
        } else {
            self.at_work.remove(&vault);
        }
    }

    pub(crate) fn next_work(&self) -> Option<VaultId> {
        self.at_work.first().copied()
    }

    pub(crate) fn next_deadline(&self) -> Option<(Timestamp, VaultId)> {
        self.deadlines.first().copied()
    }
}
