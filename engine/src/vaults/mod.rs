//! Tokenised GPUs: vaults that collect money for machines, share what they earn and what they are sold for (`docs/gpu-vaults.md`).

mod command;
mod event;
mod holdings;
mod life;
mod opening;
mod rates;
mod register;
mod revenue;
mod steps;
mod winding_up;

use std::collections::BTreeMap;

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId, AssetSymbol, SeriesId, VaultId};
use crate::ledger::{LedgerAccount, Purse};
use crate::reject::{Reject, VaultReject};
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Timestamp};

pub use command::VaultCommand;
pub use event::VaultEvent;
pub use holdings::Holding;
pub use life::VaultState;
pub(crate) use life::VaultTransition;
pub(crate) use register::Vaults;
pub use revenue::{Revenue, Sold};

/// Shares of one GPU.
pub const SHARES_PER_GPU: u32 = 100;

/// What a vault was opened with; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultTerms {
    /// The vault.
    pub vault: VaultId,
    /// What its machines are; says which operating rate applies.
    pub series: SeriesId,
    /// Its shares.
    pub asset: AssetId,
    /// The name of its shares.
    pub symbol: AssetSymbol,
    /// How many machines it has.
    pub gpus: u16,
    /// What a share costs.
    pub price: Cash,
    /// Who buys and runs the machines.
    pub sponsor: AccountId,
    /// The holders' part of net revenue, in basis points.
    pub holders_bp: u16,
    /// Until when all shares must be subscribed.
    pub funding_until: Timestamp,
    /// Until when all machines must be in place.
    pub deployment_until: Timestamp,
}

impl VaultTerms {
    /// All shares.
    ///
    /// ```
    /// # use engine::ids::*; use engine::units::*; use engine::vaults::VaultTerms;
    /// # let terms = VaultTerms { vault: VaultId(1), series: SeriesId(1), asset: AssetId(2), symbol: AssetSymbol::new("V1").unwrap(),
    /// #     gpus: 4, price: Cash(250_000_000), sponsor: AccountId(1), holders_bp: 9_000, funding_until: Timestamp(1), deployment_until: Timestamp(2) };
    /// assert_eq!((terms.gpus, terms.shares()), (4, 400));
    /// ```
    #[must_use]
    pub fn shares(&self) -> u32 {
        u32::from(self.gpus) * SHARES_PER_GPU
    }
}

/// The hash of a machine's serial number, or of its attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MachineHash(pub [u8; 32]);

/// One machine of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The hash of its serial number.
    pub serial: MachineHash,
    /// The hash of its latest attestation, once it was seen to be in place.
    pub attestation: Option<MachineHash>,
}

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// What it was opened with.
    pub terms: VaultTerms,
    /// Where it stands.
    pub state: VaultState,
    /// Its machines, in the order in which they were registered.
    pub deeds: Vec<Deed>,
    /// Who has subscribed how many shares; each leaves the list when it is handed out or paid back.
    pub subscriptions: BTreeMap<AccountId, u32>,
    /// Σ of them.
    pub(crate) subscribed: u32,
    /// Who has shares on the ledger, or something to claim.
    pub holdings: BTreeMap<AccountId, Holding>,
    /// Entries of revenue.
    pub entries: u64,
    /// The first day that can be recorded next.
    pub next_day: Day,
    /// What a share has earned since the vault was deployed.
    pub index: Cash,
    /// What could not be divided by all shares yet.
    pub carried: Cash,
    /// What the sponsor was not paid yet for running the machines.
    pub shortfall: Cash,
    /// What a share is redeemed for, once the machines are sold.
    pub value_per_share: Option<Cash>,
    /// The last account that the redemption looked at.
    pub(crate) redeemed_to: Option<AccountId>,
    /// Σ shares of the holdings.
    on_ledger: u32,
}

impl Vault {
    pub(crate) fn new(terms: VaultTerms, state: VaultState) -> Vault {
        Vault {
            terms,
            state,
            deeds: Vec::new(),
            subscriptions: BTreeMap::new(),
            subscribed: 0,
            holdings: BTreeMap::new(),
            entries: 0,
            next_day: Day(0),
            index: Cash::ZERO,
            carried: Cash::ZERO,
            shortfall: Cash::ZERO,
            value_per_share: None,
            redeemed_to: None,
            on_ledger: 0,
        }
    }

    /// Shares that are subscribed and neither handed out nor paid back.
    #[must_use]
    pub fn subscribed(&self) -> u32 {
        self.subscribed
    }

    /// Shares in customers' accounts.
    #[must_use]
    pub fn on_ledger(&self) -> u32 {
        self.on_ledger
    }

    pub(crate) fn subscribe(&mut self, account: AccountId, shares: u32) {
        *self.subscriptions.entry(account).or_default() += shares;
        self.subscribed += shares;
    }

    pub(crate) fn restore_holding(&mut self, account: AccountId, holding: Holding) {
        self.on_ledger += holding.shares;
        self.holdings.insert(account, holding);
    }

    /// Whether the clock has something to do for it.
    fn is_at_work(&self) -> bool {
        let hands_out = self.state == VaultState::Deployed && !self.subscriptions.is_empty();
        hands_out || matches!(self.state, VaultState::Refunding | VaultState::WindingUp)
    }

    /// When it is over unless something happens before.
    fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            VaultState::Open => Some(self.terms.funding_until),
            VaultState::Funded => Some(self.terms.deployment_until),
            _ => None,
        }
    }
}

impl Engine {
    pub(crate) fn execute_vault(&mut self, command: &VaultCommand, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.require_vaults()?;
        match *command {
            VaultCommand::SetOperatingRate { series, effective, rate } => {
                self.set_operating_rate(series, effective, rate, events)
            }
            VaultCommand::OpenVault { ref terms } => self.open_vault(terms, events),
            VaultCommand::RegisterDeed { vault, serial } => self.register_deed(vault, serial, events),
            VaultCommand::AttestDeed { vault, serial, attestation } => {
                self.attest_deed(vault, serial, attestation, events)
            }
            VaultCommand::CancelVault { vault } => self.cancel_vault(vault, events),
            VaultCommand::DeployVault { vault } => self.deploy_vault(vault, events),
            VaultCommand::Subscribe { account, vault, shares, reference } => {
                self.subscribe(account, vault, shares, reference, events)
            }
            VaultCommand::RecordRevenue { vault, sold } => self.record_revenue(vault, sold, events),
            VaultCommand::ClaimYield { account, vault } => self.claim_yield(account, vault, events),
            VaultCommand::WindUpVault { vault, proceeds } => self.wind_up_vault(vault, proceeds, events),
        }
    }

    /// All vaults, by number.
    pub fn vaults(&self) -> impl Iterator<Item = &Vault> {
        self.vaults.by_number.values()
    }

    /// A vault.
    pub fn vault(&self, vault: VaultId) -> Option<&Vault> {
        self.vaults.by_number.get(&vault)
    }

    /// What an account may claim of a vault's yield.
    pub fn claimable(&self, vault: VaultId, account: AccountId) -> Cash {
        let found = self.vault(vault).and_then(|vault| Some((vault, vault.holdings.get(&account)?)));
        found.map_or(Cash::ZERO, |(vault, holding)| holding.claim_at(vault.index))
    }

    fn require_vaults(&self) -> Result<(), Reject> {
        let needed = Rules::FIFTH;
        if self.rules.has_gpu_vaults() { Ok(()) } else { Err(Reject::RulesTooOld { needed }) }
    }

    /// A vault in a state in which something may happen to it.
    fn require_vault(&self, vault: VaultId, transition: VaultTransition) -> Result<&Vault, Reject> {
        let found = self.vaults.require(vault)?;
        let state = found.state;
        if state.after(transition).is_some() {
            Ok(found)
        } else {
            Err(Reject::Vault(VaultReject::WrongVaultState { vault, state }))
        }
    }

    /// Pays US dollars out of a purse of a vault to an account, if there are any.
    fn pay_from(
        &mut self,
        (vault, purse): (VaultId, Purse),
        account: AccountId,
        amount: Cash,
        reason: TransferReason,
        events: &mut Vec<Event>,
    ) {
        if amount > Cash::ZERO {
            let (from, to) = (LedgerAccount::Vault(vault, purse), LedgerAccount::Customer(account));
            self.transfer(from, to, Engine::MONEY, amount.into(), reason, events);
            let slot = self.accounts.find(account).expect("who is paid has an account");
            self.repay(slot, Engine::MONEY, events);
        }
    }

    /// Moves US dollars between two accounts of the ledger, none of them a customer's, if there are any.
    fn move_dollars(
        &mut self,
        (from, to): (LedgerAccount, LedgerAccount),
        amount: Cash,
        reason: TransferReason,
        events: &mut Vec<Event>,
    ) {
        if amount > Cash::ZERO {
            self.transfer(from, to, Engine::MONEY, amount.into(), reason, events);
        }
    }

    /// What a purse of a vault has.
    pub fn purse(&self, vault: VaultId, purse: Purse) -> Cash {
        self.ledger.balance(LedgerAccount::Vault(vault, purse), Engine::MONEY).posted.dollars()
    }
}

fn shares(count: u32) -> Amount {
    Amount(i64::from(count))
}
