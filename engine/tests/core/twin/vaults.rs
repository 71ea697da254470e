//! Tokenised GPUs in the twin: operating rates, the life of a vault up to its deployment, and what of it is due.

use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, SeriesId, VaultId};
use engine::instrument::Kind;
use engine::ledger::{LedgerAccount, Purse};
use engine::limits;
use engine::reject::{Reject, VaultReject};
use engine::rules::Rules;
use engine::units::{Amount, Day, Price, Timestamp};
use engine::vaults::{MachineHash, VaultCommand, VaultEvent, VaultState, VaultTerms};

use super::{Twin, cash};

pub(super) const ACCOUNTS_OF_A_STEP: usize = 256;
const RATES_MAX: usize = 100_000;
const VAULTS_MAX: usize = 1_000;
/// The first moment behind the year 2200.
const END_OF_TIME: Timestamp = limits::TIMESTAMP_MAX;

/// A vault and all that happened to it.
#[derive(Clone)]
pub(super) struct Vault {
    pub(super) terms: VaultTerms,
    pub(super) state: VaultState,
    /// Serial hashes, and whether the machine was seen.
    deeds: Vec<(MachineHash, bool)>,
    /// In the order in which they came.
    subscriptions: Vec<(AccountId, u32)>,
    /// Accounts up to this one were looked at in what is due of it.
    pub(super) looked_to: Option<AccountId>,
    pub(super) deployed_on: Option<Day>,
    /// Days of the entries of revenue.
    pub(super) entries: Vec<Day>,
    pub(super) carried: i128,
    pub(super) shortfall: i128,
    /// Who earned what by an entry, and, below zero, claimed it.
    pub(super) earned: Vec<(AccountId, i128)>,
    pub(super) value_per_share: Option<i128>,
}

impl Vault {
    pub(super) fn shares(&self) -> i128 {
        100 * i128::from(self.terms.gpus)
    }

    fn subscribed(&self) -> i128 {
        self.subscriptions.iter().map(|(_, shares)| i128::from(*shares)).sum()
    }

    /// The subscribers that were not looked at, in rising number, with all that each has subscribed.
    fn subscribers_left(&self) -> Vec<(AccountId, i128)> {
        let mut left: Vec<AccountId> = self.subscriptions.iter().map(|(account, _)| *account).collect();
        left.retain(|account| self.looked_to.is_none_or(|last| *account > last));
        left.sort();
        left.dedup();
        let of = |account: AccountId| {
            let own = self.subscriptions.iter().filter(|(subscriber, _)| *subscriber == account);
            own.map(|(_, shares)| i128::from(*shares)).sum()
        };
        left.into_iter().map(|account| (account, of(account))).collect()
    }

    /// When it is over unless it goes on before.
    fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            VaultState::Open => Some(self.terms.funding_until),
            VaultState::Funded => Some(self.terms.deployment_until),
            _ => None,
        }
    }

    pub(super) fn purse(&self, purse: Purse) -> LedgerAccount {
        LedgerAccount::Vault(self.terms.vault, purse)
    }

    pub(super) fn require_state(&self, states: &[VaultState]) -> Result<(), Reject> {
        let (vault, state) = (self.terms.vault, self.state);
        if states.contains(&state) { Ok(()) } else { Err(Reject::Vault(VaultReject::WrongVaultState { vault, state })) }
    }
}

impl Twin {
    pub(super) fn execute_vault(&mut self, command: VaultCommand) -> Result<(), Reject> {
        if self.rules < Rules::FIFTH {
            return Err(Reject::RulesTooOld { needed: Rules::FIFTH });
        }
        match command {
            VaultCommand::SetOperatingRate { series, effective, rate } => self.set_rate(series, effective, rate),
            VaultCommand::OpenVault { terms } => self.open_vault(terms),
            VaultCommand::RegisterDeed { vault, serial } => self.register_deed(vault, serial),
            VaultCommand::AttestDeed { vault, serial, attestation } => self.attest_deed(vault, serial, attestation),
            VaultCommand::CancelVault { vault } => self.cancel_vault(vault),
            VaultCommand::DeployVault { vault } => self.deploy_vault(vault),
            VaultCommand::Subscribe { account, vault, shares, reference } => {
                self.subscribe(account, vault, shares, reference)
            }
            VaultCommand::RecordRevenue { vault, sold } => self.record_revenue(vault, sold),
            VaultCommand::ClaimYield { account, vault } => self.claim_yield(account, vault),
            VaultCommand::WindUpVault { vault, proceeds } => self.wind_up(vault, proceeds),
        }
    }

    pub(super) fn tell(&mut self, event: VaultEvent) {
        self.events.push(Event::Vault(event));
    }

    pub(super) fn vault(&self, vault: VaultId) -> Result<&Vault, Reject> {
        self.vaults
            .iter()
            .find(|known| known.terms.vault == vault)
            .ok_or(Reject::Vault(VaultReject::UnknownVault { vault }))
    }

    pub(super) fn vault_mut(&mut self, vault: VaultId) -> &mut Vault {
        self.vaults.iter_mut().find(|known| known.terms.vault == vault).unwrap()
    }

    pub(super) fn go_to(&mut self, vault: VaultId, state: VaultState) {
        let known = self.vault_mut(vault);
        (known.state, known.looked_to) = (state, None);
        self.tell(VaultEvent::VaultStateChanged { vault, state });
    }

    fn set_rate(&mut self, series: SeriesId, effective: Day, rate: Price) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::Vault(VaultReject::InvalidOperatingRate { rule }));
        if !(0..=1_000_000_000).contains(&rate.0) {
            return invalid("an operating rate is 0 to 1000 USD per GPU-hour");
        }
        let today = self.now.day();
        let of_series = self.rates.iter().filter(|(known, ..)| *known == series);
        let is_in_order = match of_series.map(|(_, day, _)| *day).max() {
            None => effective >= today,
            Some(last) => effective > today && effective > last,
        };
        if !is_in_order || i64::from(effective.0) * 86_400_000_000 >= END_OF_TIME.0 {
            return invalid(
                "the first rate of a series begins today or later, each further one after today and after the one before it",
            );
        }
        if self.rates.len() >= RATES_MAX {
            return invalid("the venue has 100000 operating rates, the most it can");
        }
        self.rates.push((series, effective, rate));
        self.tell(VaultEvent::OperatingRateSet { series, effective, rate });
        Ok(())
    }

    /// What running a machine costs on a day.
    pub(super) fn rate_on(&self, series: SeriesId, day: Day) -> Option<Price> {
        let begun = self.rates.iter().filter(|(known, from, _)| *known == series && *from <= day);
        begun.max_by_key(|(_, from, _)| *from).map(|(.., rate)| *rate)
    }

    fn open_vault(&mut self, terms: VaultTerms) -> Result<(), Reject> {
        self.require_account(terms.sponsor)?;
        if self.has_chain() {
            self.require_link(terms.sponsor)?;
        }
        self.check_new_asset(terms.asset, terms.symbol, 0)?;
        if self.vault(terms.vault).is_ok() {
            return Err(Reject::Vault(VaultReject::VaultExists { vault: terms.vault }));
        }
        let invalid = |rule| Err(Reject::Vault(VaultReject::InvalidVault { rule }));
        if !(1..=1_000).contains(&terms.gpus) {
            return invalid("a vault has 1 to 1000 GPUs");
        }
        if !(1..=1_000_000_000).contains(&terms.price.0) {
            return invalid("a share costs more than 0 and at most 1000 USD");
        }
        if !(1..=10_000).contains(&terms.holders_bp) {
            return invalid("holders get 1 to 10000 basis points of net revenue");
        }
        let VaultTerms { funding_until, deployment_until, .. } = terms;
        if !(self.now < funding_until && funding_until < deployment_until && deployment_until <= END_OF_TIME) {
            return invalid("deadlines lie in the future, that of funding before that of deployment");
        }
        if self.vaults.len() >= VAULTS_MAX {
            return invalid("the venue has 1000 vaults, the most it can");
        }
        if self.rate_on(terms.series, self.now.day()).is_none() {
            return Err(Reject::Vault(VaultReject::NoOperatingRate { series: terms.series }));
        }
        self.add_asset(terms.asset, terms.symbol, 0);
        self.vaults.push(Vault {
            terms,
            state: VaultState::Open,
            deeds: Vec::new(),
            subscriptions: Vec::new(),
            looked_to: None,
            deployed_on: None,
            entries: Vec::new(),
            carried: 0,
            shortfall: 0,
            earned: Vec::new(),
            value_per_share: None,
        });
        self.tell(VaultEvent::VaultOpened { terms });
        Ok(())
    }

    fn register_deed(&mut self, vault: VaultId, serial: MachineHash) -> Result<(), Reject> {
        let known = self.vault(vault)?;
        known.require_state(&[VaultState::Open])?;
        if known.deeds.len() >= usize::from(known.terms.gpus) {
            return Err(Reject::Vault(VaultReject::InvalidVault { rule: "a vault has as many deeds as GPUs" }));
        }
        let mut keeping = self.vaults.iter();
        let taken = keeping.find(|other| {
            let is_over = matches!(other.state, VaultState::Refunded | VaultState::WoundUp);
            !is_over && other.deeds.iter().any(|(known, _)| *known == serial)
        });
        if let Some(taken) = taken {
            return Err(Reject::Vault(VaultReject::DeedTaken { vault: taken.terms.vault }));
        }
        self.vault_mut(vault).deeds.push((serial, false));
        self.tell(VaultEvent::DeedRegistered { vault, serial });
        Ok(())
    }

    fn attest_deed(&mut self, vault: VaultId, serial: MachineHash, attestation: MachineHash) -> Result<(), Reject> {
        use VaultState::{Deployed, Funded, Open, Yielding};
        self.vault(vault)?.require_state(&[Open, Funded, Deployed, Yielding])?;
        let mut deeds = self.vault_mut(vault).deeds.iter_mut();
        deeds.find(|(known, _)| *known == serial).ok_or(Reject::Vault(VaultReject::UnknownDeed { vault }))?.1 = true;
        self.tell(VaultEvent::DeedAttested { vault, serial, attestation });
        Ok(())
    }

    fn cancel_vault(&mut self, vault: VaultId) -> Result<(), Reject> {
        self.vault(vault)?.require_state(&[VaultState::Open, VaultState::Funded])?;
        self.go_to(vault, VaultState::Refunding);
        Ok(())
    }

    fn deploy_vault(&mut self, vault: VaultId) -> Result<(), Reject> {
        let known = self.vault(vault)?;
        known.require_state(&[VaultState::Funded])?;
        let unseen = known.deeds.iter().filter(|(_, seen)| !seen).count();
        if unseen > 0 {
            return Err(Reject::Vault(VaultReject::DeedsMissing { vault, missing: u16::try_from(unseen).unwrap() }));
        }
        let (escrow, sponsor) = (known.purse(Purse::Escrow), known.terms.sponsor);
        let today = self.now.day();
        self.vault_mut(vault).deployed_on = Some(today);
        self.go_to(vault, VaultState::Deployed);
        let all = self.posted(escrow, AssetId::USD);
        self.pay_customer(escrow, sponsor, all, TransferReason::Deployment);
        Ok(())
    }

    /// US dollars to a customer, who pays back at once what it owes.
    pub(super) fn pay_customer(&mut self, from: LedgerAccount, account: AccountId, paid: i128, reason: TransferReason) {
        self.transfer(from, LedgerAccount::Customer(account), AssetId::USD, paid, reason);
        if paid > 0 {
            self.pay_back(account);
        }
    }

    fn subscribe(&mut self, account: AccountId, vault: VaultId, shares: u32, reference: u64) -> Result<(), Reject> {
        self.require_account(account)?;
        let known = self.vault(vault)?;
        known.require_state(&[VaultState::Open])?;
        let missing = usize::from(known.terms.gpus) - known.deeds.len();
        if missing > 0 {
            return Err(Reject::Vault(VaultReject::DeedsMissing { vault, missing: u16::try_from(missing).unwrap() }));
        }
        let left = known.shares() - known.subscribed();
        if shares == 0 || i128::from(shares) > left {
            return Err(Reject::Vault(VaultReject::SharesNotLeft { shares, left: u32::try_from(left).unwrap() }));
        }
        self.refuse_in_liquidation(account)?;
        let paid = i128::from(shares) * i128::from(known.terms.price.0);
        let (escrow, is_last) = (known.purse(Purse::Escrow), i128::from(shares) == left);
        self.check_payment(account, AssetId::USD, Amount(cash(paid).0), reference)?;
        self.payments.push(account);
        self.vault_mut(vault).subscriptions.push((account, shares));
        self.tell(VaultEvent::Subscribed { vault, account, shares, paid: cash(paid) });
        self.transfer(LedgerAccount::Customer(account), escrow, AssetId::USD, paid, TransferReason::Subscription);
        if is_last {
            self.go_to(vault, VaultState::Funded);
        }
        Ok(())
    }

    /// The lowest vault that has something to hand out, to pay back or to redeem.
    pub fn is_a_vault_at_work(&self) -> bool {
        self.first_vault_at_work().is_some()
    }

    pub(super) fn first_vault_at_work(&self) -> Option<VaultId> {
        let at_work = self.vaults.iter().filter(|vault| match vault.state {
            VaultState::Refunding | VaultState::WindingUp => true,
            VaultState::Deployed => !vault.subscribers_left().is_empty(),
            _ => false,
        });
        at_work.map(|vault| vault.terms.vault).min()
    }

    /// The vault whose deadline passed first.
    pub(super) fn first_vault_too_late(&self) -> Option<VaultId> {
        let late = self.vaults.iter().filter_map(|vault| {
            vault.deadline().filter(|deadline| *deadline <= self.now).map(|deadline| (deadline, vault.terms.vault))
        });
        late.min().map(|(_, vault)| vault)
    }

    pub(super) fn give_vault_up(&mut self, vault: VaultId) {
        self.go_to(vault, VaultState::Refunding);
    }

    pub(super) fn work_on_vault(&mut self, vault: VaultId) {
        let known = self.vault(vault).unwrap().clone();
        if known.state == VaultState::WindingUp {
            return self.go_on_winding_up(&known);
        }
        for (account, shares) in known.subscribers_left().into_iter().take(ACCOUNTS_OF_A_STEP) {
            if known.state == VaultState::Deployed {
                let (from, to) = (known.purse(Purse::Shares), LedgerAccount::Customer(account));
                self.transfer(from, to, known.terms.asset, shares, TransferReason::Issue);
            } else {
                let paid = shares * i128::from(known.terms.price.0);
                self.pay_customer(known.purse(Purse::Escrow), account, paid, TransferReason::Refund);
            }
            self.vault_mut(vault).looked_to = Some(account);
        }
        let is_done = self.vault(vault).unwrap().subscribers_left().is_empty();
        if is_done && known.state == VaultState::Refunding {
            self.go_to(vault, VaultState::Refunded);
        }
    }

    /// The pairs in which an asset trades, in rising number.
    pub fn pairs_of(&self, asset: AssetId) -> Vec<InstrumentId> {
        let is_pair = |kind: Kind| matches!(kind, Kind::Spot(spot) if spot.base == asset);
        let pairs = self.contracts.iter().filter(|contract| is_pair(contract.terms.kind));
        let mut pairs: Vec<InstrumentId> = pairs.map(|contract| contract.terms.instrument).collect();
        pairs.sort();
        pairs
    }

    /// All orders in the pairs of an asset, as they expire.
    pub(super) fn expiring_in_pairs(&self, asset: AssetId) -> Vec<OrderId> {
        self.pairs_of(asset).into_iter().flat_map(|pair| self.expiring(pair)).collect()
    }

    /// Whether an asset is the shares of a vault that is wound up, or about to be.
    pub(super) fn is_wound_up(&self, asset: AssetId) -> bool {
        let mut of_asset = self.vaults.iter().filter(|vault| vault.terms.asset == asset);
        of_asset.any(|vault| matches!(vault.state, VaultState::WindingUp | VaultState::WoundUp))
    }

    /// Shares come in from outside only if they went out before.
    pub(super) fn check_exported(&self, asset: AssetId, paid: Amount) -> Result<(), Reject> {
        if self.vaults.iter().all(|vault| vault.terms.asset != asset) {
            return Ok(());
        }
        let exported = self.posted(LedgerAccount::Outside, asset);
        if i128::from(paid.0) > exported {
            return Err(Reject::Vault(VaultReject::NotExported { asset, exported: super::amount(exported) }));
        }
        Ok(())
    }

    /// What all customers have of an asset.
    pub fn on_the_ledger(&self, asset: AssetId) -> i128 {
        self.accounts().into_iter().map(|account| self.posted(LedgerAccount::Customer(account), asset)).sum()
    }

    /// How many shares of a vault are not subscribed.
    pub fn unsubscribed(&self, vault: VaultId) -> i128 {
        self.vault(vault).map_or(0, |known| known.shares() - known.subscribed())
    }

    /// The vaults with their states, in the order in which they were opened.
    pub fn vaults(&self) -> Vec<(VaultTerms, VaultState)> {
        self.vaults.iter().map(|vault| (vault.terms, vault.state)).collect()
    }
}
