//! The chain of the twin: whose pseudonym is whose, what comes from the chain and goes to it, batches, freeze. Balances and what was
//! ever moved out are sums over all that happened.

use engine::chain::{ChainDomain, Pseudonym, RollingHash};
use engine::command::Command;
use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId};
use engine::instrument::Kind;
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::{ChainSequence, Reject};
use engine::rules::Rules;
use engine::units::Amount;

use super::{Twin, amount};

/// The most that an account ever moves out of an asset, and the most that an exit asks for.
pub(super) const CLAIMABLE_MAX: i128 = 4_000_000_000_000_000_000;

const ZERO_ID: &str = "the chain id is not 0";
const ZERO_ADDRESS: &str = "vault and token have addresses";
const ZERO_PSEUDONYM: &str = "the insurance fund has a pseudonym";
const ONE_ADDRESS: &str = "vault and token are two contracts";
const DOLLARS_BEFORE: &str = "US dollars have come in already";
const COLLATERAL_BEFORE: &str = "a month in full collateral is listed";

/// All that is known of a chain.
#[derive(Clone, Default)]
pub(super) struct Chain {
    /// The pseudonym of the insurance fund, once a chain is attached.
    pub(super) insurance: Option<Pseudonym>,
    chain_id: u64,
    pub(super) links: Vec<(AccountId, Pseudonym)>,
    /// Deposits and imports credited so far.
    pub(super) deposits: u64,
    pub(super) imports: u64,
    pub(super) exits_received: u64,
    /// What came for somebody that nobody was linked to then.
    pub(super) arrived: Vec<(Pseudonym, AssetId, i128)>,
    /// All that ever moved out.
    left: Vec<(AccountId, AssetId, i128)>,
    /// The commands that cut the batches.
    pub(super) cuts: Vec<u64>,
    pub(super) confirmed: u64,
    pub(super) frozen: Option<u64>,
}

impl Twin {
    /// What stands before the rules of a command's own: its version, a chain that is there, one that is not frozen.
    pub(super) fn check_chain(&self, command: &Command) -> Result<(), Reject> {
        let (attaches, needs_chain) = match command {
            Command::AttachChain { .. } => (true, false),
            Command::LinkAccount { .. }
            | Command::CreditDeposit { .. }
            | Command::CreditImport { .. }
            | Command::WithdrawToChain { .. }
            | Command::CutBatch { .. }
            | Command::ConfirmBatch { .. }
            | Command::ReceiveExit { .. }
            | Command::RecordFreeze { .. } => (false, true),
            _ => (false, false),
        };
        if (attaches || needs_chain) && self.rules < Rules::FIFTH {
            return Err(Reject::RulesTooOld { needed: Rules::FIFTH });
        }
        if needs_chain && !self.has_chain() {
            return Err(Reject::NoChain);
        }
        if self.is_frozen() && moves_what_was_pinned(command) {
            return Err(Reject::ChainFrozen);
        }
        Ok(())
    }

    pub fn has_chain(&self) -> bool {
        self.chain.insurance.is_some()
    }

    pub(super) fn attach_chain(&mut self, chain: ChainDomain, insurance: Pseudonym) -> Result<(), Reject> {
        if self.has_chain() {
            return Err(Reject::ChainAttached { chain_id: self.chain.chain_id });
        }
        let ChainDomain { chain_id, vault, token } = chain;
        let invalid = |rule| Err(Reject::InvalidChain { rule });
        if chain_id == 0 {
            return invalid(ZERO_ID);
        }
        if vault.0 == [0; 20] || token.0 == [0; 20] {
            return invalid(ZERO_ADDRESS);
        }
        if insurance.0 == [0; 32] {
            return invalid(ZERO_PSEUDONYM);
        }
        if vault == token {
            return invalid(ONE_ADDRESS);
        }
        let had_dollars =
            self.postings.iter().any(|(of, asset, _)| *of == LedgerAccount::Outside && *asset == AssetId::USD);
        if had_dollars {
            return Err(Reject::NotBeforeMoney { rule: DOLLARS_BEFORE });
        }
        if self.contracts.iter().any(|contract| matches!(contract.terms.kind, Kind::Month(_))) {
            return Err(Reject::NotBeforeMoney { rule: COLLATERAL_BEFORE });
        }
        (self.chain.insurance, self.chain.chain_id) = (Some(insurance), chain_id);
        self.events.push(Event::ChainAttached { chain, insurance });
        Ok(())
    }

    pub(super) fn link_account(&mut self, account: AccountId, pseudonym: Pseudonym) -> Result<(), Reject> {
        self.require_account(account)?;
        let is_taken = self.chain.links.iter().any(|(_, taken)| *taken == pseudonym);
        if pseudonym.0 == [0; 32] || self.chain.insurance == Some(pseudonym) || is_taken {
            return Err(Reject::PseudonymTaken { pseudonym });
        }
        if self.pseudonym(account).is_some() {
            return Err(Reject::AccountLinked { account });
        }
        self.chain.links.push((account, pseudonym));
        self.events.push(Event::AccountLinked { account, pseudonym });
        let mut assets = self.assets();
        assets.sort_by_key(|asset| (*asset != AssetId::USD, *asset));
        for asset in assets {
            let waits = self.waiting(pseudonym, asset);
            let to = LedgerAccount::Customer(account);
            self.transfer(LedgerAccount::Unclaimed, to, asset, waits, TransferReason::Deposit);
            if asset == AssetId::USD {
                self.pay_back(account);
            }
        }
        self.chain.arrived.retain(|(of, ..)| *of != pseudonym);
        Ok(())
    }

    /// The owner of an account on the chain.
    pub fn pseudonym(&self, account: AccountId) -> Option<Pseudonym> {
        let found = self.chain.links.iter().find(|(linked, _)| *linked == account);
        found.map(|(_, pseudonym)| *pseudonym)
    }

    pub(super) fn linked_to(&self, pseudonym: Pseudonym) -> Option<AccountId> {
        let found = self.chain.links.iter().find(|(_, linked)| *linked == pseudonym);
        found.map(|(account, _)| *account)
    }

    /// What came for a pseudonym and waits for its link.
    pub fn waiting(&self, pseudonym: Pseudonym, asset: AssetId) -> i128 {
        let of = self.chain.arrived.iter().filter(|arrived| arrived.0 == pseudonym && arrived.1 == asset);
        of.map(|(.., arrived)| arrived).sum()
    }

    pub(super) fn require_link(&self, account: AccountId) -> Result<(), Reject> {
        if self.pseudonym(account).is_none() { Err(Reject::NotLinked { account }) } else { Ok(()) }
    }

    /// With a chain, US dollars come and go no other way.
    pub(super) fn refuse_past_the_chain(&self, asset: AssetId) -> Result<(), Reject> {
        if self.has_chain() && asset == AssetId::USD { Err(Reject::ThroughTheChain) } else { Ok(()) }
    }

    pub(super) fn credit_deposit(
        &mut self,
        index: u64,
        pseudonym: Pseudonym,
        paid: Amount,
        hash: RollingHash,
    ) -> Result<(), Reject> {
        in_sequence(ChainSequence::Deposit, index, self.chain.deposits + 1)?;
        refuse_nothing(paid)?;
        let inside = -self.posted(LedgerAccount::Chain, AssetId::USD);
        if inside + i128::from(paid.0) > i128::from(limits::TOTAL_CASH_MAX.0) {
            return Err(Reject::TotalCashLimit);
        }
        self.chain.deposits = index;
        self.events.push(Event::DepositCredited { index, pseudonym, amount: paid, hash });
        if self.chain.insurance == Some(pseudonym) {
            let (from, to) = (LedgerAccount::Chain, LedgerAccount::Insurance);
            self.transfer(from, to, AssetId::USD, i128::from(paid.0), TransferReason::Deposit);
        } else {
            self.arrive_for(pseudonym, AssetId::USD, paid, TransferReason::Deposit);
        }
        Ok(())
    }

    pub(super) fn credit_import(
        &mut self,
        index: u64,
        pseudonym: Pseudonym,
        asset: AssetId,
        came: Amount,
    ) -> Result<(), Reject> {
        in_sequence(ChainSequence::Import, index, self.chain.imports + 1)?;
        self.require_asset(asset)?;
        if asset == AssetId::USD {
            return Err(Reject::UnknownAsset { asset });
        }
        refuse_nothing(came)?;
        let out = self.posted(LedgerAccount::Chain, asset);
        if i128::from(came.0) > out {
            return Err(Reject::MoreThanExported { asset, amount: came, out: amount(out) });
        }
        self.chain.imports = index;
        self.events.push(Event::ImportCredited { index, pseudonym, asset, amount: came });
        self.arrive_for(pseudonym, asset, came, TransferReason::Import);
        Ok(())
    }

    /// To the account of a pseudonym, or where it waits for one.
    fn arrive_for(&mut self, pseudonym: Pseudonym, asset: AssetId, came: Amount, reason: TransferReason) {
        let came = i128::from(came.0);
        let Some(account) = self.linked_to(pseudonym) else {
            self.chain.arrived.push((pseudonym, asset, came));
            return self.transfer(LedgerAccount::Chain, LedgerAccount::Unclaimed, asset, came, reason);
        };
        self.transfer(LedgerAccount::Chain, LedgerAccount::Customer(account), asset, came, reason);
        if asset == AssetId::USD {
            self.pay_back(account);
        }
    }

    pub(super) fn withdraw_to_chain(
        &mut self,
        account: AccountId,
        asset: AssetId,
        asked: Amount,
        reference: u64,
    ) -> Result<(), Reject> {
        self.require_account(account)?;
        self.require_link(account)?;
        self.require_asset(asset)?;
        self.refuse_in_exit(account)?;
        if self.claimable(account, asset) + i128::from(asked.0) > CLAIMABLE_MAX {
            return Err(Reject::AmountOutOfRange { amount: asked });
        }
        self.check_payment(account, asset, asked, reference)?;
        self.payments.push(account);
        self.move_out(account, asset, i128::from(asked.0));
        Ok(())
    }

    pub(super) fn move_out(&mut self, account: AccountId, asset: AssetId, moved: i128) {
        let from = LedgerAccount::Customer(account);
        self.transfer(from, LedgerAccount::Chain, asset, moved, TransferReason::Withdrawal);
        self.chain.left.push((account, asset, moved));
        let claimable = amount(self.claimable(account, asset));
        self.events.push(Event::WithdrawnToChain { account, asset, amount: amount(moved), claimable });
    }

    /// All that an account ever moved out.
    pub fn claimable(&self, account: AccountId, asset: AssetId) -> i128 {
        let left = self.chain.left.iter().filter(|left| left.0 == account && left.1 == asset);
        left.map(|(.., moved)| moved).sum()
    }
}

/// What has come, however much it is, has come.
fn refuse_nothing(amount: Amount) -> Result<(), Reject> {
    if amount.0 > 0 { Ok(()) } else { Err(Reject::AmountOutOfRange { amount }) }
}

pub(super) fn in_sequence(sequence: ChainSequence, number: u64, next: u64) -> Result<(), Reject> {
    if number == next { Ok(()) } else { Err(Reject::ChainOutOfSequence { sequence, number, next }) }
}

/// What is refused once the chain is frozen.
fn moves_what_was_pinned(command: &Command) -> bool {
    matches!(
        command,
        Command::SubmitOrder(_)
            | Command::AmendOrder(_)
            | Command::Deposit { .. }
            | Command::RequestWithdrawal { .. }
            | Command::TransferFunds { .. }
            | Command::LinkAccount { .. }
            | Command::CreditDeposit { .. }
            | Command::CreditImport { .. }
            | Command::WithdrawToChain { .. }
            | Command::CutBatch { .. }
            | Command::ReceiveExit { .. }
            | Command::RecordFreeze { .. }
    )
}
