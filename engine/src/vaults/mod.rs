//! Tokenised GPUs: vaults that collect money for machines, share what they earn and what they are sold for (`docs/gpu-vaults.md`).

mod command;
mod event;
mod holdings;
mod opening;
mod rates;
mod revenue;
mod steps;
mod winding_up;

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId, AssetSymbol, SeriesId, VaultId};
use crate::ledger::{LedgerAccount, Purse};
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Price, Timestamp};

pub use command::VaultCommand;
pub use event::VaultEvent;
pub use holdings::Holding;
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

/// Where a vault stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultState {
    /// Shares are subscribed.
    Open,
    /// All shares are subscribed; the machines are not in place yet.
    Funded,
    /// Subscribers are paid back.
    Refunding,
    /// Subscribers were paid back, for good.
    Refunded,
    /// The sponsor was paid, and the shares are handed out.
    Deployed,
    /// Revenue was recorded.
    Yielding,
    /// The machines are sold, and shares are redeemed.
    WindingUp,
    /// What was on the ledger is redeemed; the rest is when its owner claims.
    WoundUp,
}

/// What can happen to a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VaultTransition {
    /// The last share is subscribed.
    Fill,
    /// It will not have its machines.
    Cancel,
    /// The last subscriber is paid back.
    Repay,
    /// The machines are in place.
    Deploy,
    /// Revenue comes in.
    Earn,
    /// The machines are sold.
    WindUp,
    /// The last holder was looked at.
    Close,
}

impl VaultState {
    /// The one transition table. `None`: it cannot happen in this state.
    pub(crate) fn after(self, transition: VaultTransition) -> Option<VaultState> {
        use VaultState::{Deployed, Funded, Open, Refunded, Refunding, WindingUp, WoundUp, Yielding};
        match (self, transition) {
            (Open, VaultTransition::Fill) => Some(Funded),
            (Open | Funded, VaultTransition::Cancel) => Some(Refunding),
            (Refunding, VaultTransition::Repay) => Some(Refunded),
            (Funded, VaultTransition::Deploy) => Some(Deployed),
            (Deployed | Yielding, VaultTransition::Earn) => Some(Yielding),
            (Deployed | Yielding, VaultTransition::WindUp) => Some(WindingUp),
            (WindingUp, VaultTransition::Close) => Some(WoundUp),
            _ => None,
        }
    }

    /// Whether its machines are its own, so that nobody else can tokenise them.
    pub(crate) fn keeps_deeds(self) -> bool {
        !matches!(self, VaultState::Refunded | VaultState::WoundUp)
    }

    /// Whether its shares can still be traded.
    pub(crate) fn trades(self) -> bool {
        !matches!(self, VaultState::WindingUp | VaultState::WoundUp)
    }

    /// The name, as the API has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VaultState::Open => "open",
            VaultState::Funded => "funded",
            VaultState::Refunding => "refunding",
            VaultState::Refunded => "refunded",
            VaultState::Deployed => "deployed",
            VaultState::Yielding => "yielding",
            VaultState::WindingUp => "winding_up",
            VaultState::WoundUp => "wound_up",
        }
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

/// All vaults, and what they have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vaults {
    pub(crate) by_number: BTreeMap<VaultId, Vault>,
    pub(crate) rates: BTreeMap<(SeriesId, Day), Price>,
    /// Which vault an asset is a share of.
    assets: BTreeMap<AssetId, VaultId>,
    /// Which vault a machine belongs to.
    serials: BTreeMap<MachineHash, VaultId>,
    deadlines: BTreeSet<(Timestamp, VaultId)>,
    at_work: BTreeSet<VaultId>,
}

impl Vaults {
    /// Where a vault is.
    ///
    /// # Errors
    /// If there is none of that number.
    pub(crate) fn require(&self, vault: VaultId) -> Result<&Vault, Reject> {
        self.by_number.get(&vault).ok_or(Reject::UnknownVault { vault })
    }

    /// A vault that is known to exist.
    fn get_mut(&mut self, vault: VaultId) -> &mut Vault {
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
    fn refresh(&mut self, vault: VaultId) {
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
        if state.after(transition).is_some() { Ok(found) } else { Err(Reject::WrongVaultState { vault, state }) }
    }

    /// The only place where the state of a vault changes, so that deadlines, machines and work cannot part from it.
    fn move_vault(&mut self, id: VaultId, transition: VaultTransition, events: &mut Vec<Event>) {
        let vault = self.vaults.get_mut(id);
        let (before, deadline) = (vault.state, vault.deadline());
        vault.state = before.after(transition).expect("the state was looked at");
        let (state, next) = (vault.state, vault.deadline());
        if let Some(deadline) = deadline {
            self.vaults.deadlines.remove(&(deadline, id));
        }
        self.vaults.deadlines.extend(next.map(|deadline| (deadline, id)));
        if before.keeps_deeds() && !state.keeps_deeds() {
            for at in 0..self.vaults.get_mut(id).deeds.len() {
                let serial = self.vaults.get_mut(id).deeds[at].serial;
                self.vaults.serials.remove(&serial);
            }
        }
        self.vaults.refresh(id);
        if state != before {
            events.push(Event::Vault(VaultEvent::VaultStateChanged { vault: id, state }));
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
