//! The state machine: one command in, its events out, nothing else.

use std::collections::BTreeMap;

use crate::accounts::{AccountView, Accounts, LiveList};
use crate::approvals::Approvals;
use crate::chain::Chain;
use crate::command::{Command, Credential, Role, Stamp};
use crate::due::Due;
use crate::event::{Event, TransferReason};
use crate::exposure::Exposure;
use crate::exposures::Exposures;
use crate::families::Family;
use crate::fixings::Fixings;
use crate::ids::{AccountId, AssetId, FamilyId, InstrumentId, KeyId, OrderId, Seq, SeriesId, TradeId};
use crate::insurance::Backing;
use crate::keys::Keys;
use crate::ledger::{BalanceSlot, Ledger, LedgerAccount};
use crate::limits;
use crate::margin::{Credits, Parameters, SeriesMargin};
use crate::market::Market;
use crate::markets::Markets;
use crate::order::{Amendment, OrderRequest};
use crate::orders::{OrderRecord, Orders};
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::{Amount, Position, Timestamp};
use crate::vaults::{VaultCommand, Vaults};

/// The exchange core: books, positions, ledger, settlement. Everything it does follows from the commands alone.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) seq: Seq,
    pub(crate) time: Timestamp,
    pub(crate) rules: Rules,
    pub(crate) accounts: Accounts,
    pub(crate) keys: Keys,
    pub(crate) markets: Markets,
    pub(crate) exposures: Exposures,
    pub(crate) orders: Orders,
    pub(crate) due: Due,
    pub(crate) fixings: Fixings,
    pub(crate) families: BTreeMap<FamilyId, Family>,
    pub(crate) margins: Parameters,
    pub(crate) approvals: Approvals,
    pub(crate) backing: Backing,
    pub(crate) chain: Chain,
    pub(crate) vaults: Vaults,
    pub(crate) ledger: Ledger,
    /// Where the venue's income is.
    pub(crate) fees: BalanceSlot,
    pub(crate) last_trade: TradeId,
    /// Room for the trades of a fill-or-kill order that are only tried; kept so that none asks the allocator.
    pub(crate) dry_trades: Vec<(u32, Position)>,
}

/// A registered key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// How its holder proves to be its holder.
    pub credential: Credential,
    /// What it may do.
    pub role: Role,
    /// Whether it lost all rights.
    pub revoked: bool,
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new()
    }
}

impl Engine {
    /// An empty venue.
    pub fn new() -> Engine {
        Engine::with_hash_seed(0)
    }

    /// An empty venue whose tables are laid out by this seed. No result depends on it; a venue that strangers trade at takes a random
    /// one, so that nobody can choose client order ids that collide.
    pub fn with_hash_seed(seed: u64) -> Engine {
        let mut ledger = Ledger::default();
        let fees = ledger.slot(LedgerAccount::Fees, AssetId::USD);
        Engine {
            seq: Seq(0),
            time: Timestamp(0),
            rules: Rules::FIRST,
            accounts: Accounts::new(seed),
            keys: Keys::new(seed),
            markets: Markets::new(seed),
            exposures: Exposures::new(seed),
            orders: Orders::new(seed),
            due: Due::default(),
            fixings: Fixings::default(),
            families: BTreeMap::new(),
            margins: Parameters::default(),
            approvals: Approvals::default(),
            backing: Backing::default(),
            chain: Chain::default(),
            vaults: Vaults::default(),
            ledger,
            fees,
            last_trade: TradeId(0),
            dry_trades: Vec::new(),
        }
    }

    /// Makes room for this many orders to be remembered, and touches it, so that trading neither allocates nor faults in pages.
    pub fn reserve_orders(&mut self, orders: usize) {
        self.orders.reserve(orders);
    }

    /// Applies a command and appends what happened. A refused command appends [`Event::Rejected`] alone and changes nothing but the
    /// venue's place in the journal and its time.
    ///
    /// # Errors
    /// The rule that refused the command; of several, the one that stands first in [`Reject`].
    ///
    /// # Panics
    /// If the stamp does not follow the one before, or if the engine itself is wrong: a posting that does not balance must
    /// stop the venue before anybody sees it.
    pub fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        assert!(stamp.seq > self.seq, "command {} after {}", stamp.seq, self.seq);
        assert!(stamp.time >= self.time, "time runs backwards at command {}", stamp.seq);
        assert!(stamp.time <= limits::TIMESTAMP_MAX, "command {} is stamped later than the venue counts", stamp.seq);
        self.seq = stamp.seq;
        self.time = stamp.time;
        self.orders.forget(stamp.time, &mut self.accounts);

        let events_before = events.len();
        let outcome = self.execute(stamp, command, events);
        if let Err(reject) = outcome {
            assert!(events.len() == events_before, "refused command {} left events behind", stamp.seq);
            events.push(Event::Rejected(reject));
        }
        self.ledger.assert_balanced();
        outcome
    }

    fn execute(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.authorise(stamp.key, command)?;
        if !matches!(command, Command::ProcessDue) && self.is_work_due() {
            return Err(Reject::WorkDue);
        }
        if self.chain.frozen.is_some() {
            self.check_frozen(command)?;
        }
        match *command {
            Command::SubmitOrder(ref request) => self.submit_order(request, events),
            Command::CancelOrder { account, order } => self.cancel_order(account, order, events),
            Command::AmendOrder(ref amendment) => self.amend_order(amendment, events),
            Command::CancelAllOrders { account, instrument, side } => {
                self.cancel_all(account, instrument, side, events)
            }
            Command::CancelAfter { account, timeout_us } => self.cancel_after(account, timeout_us, events),
            Command::ProcessDue => self.process_due(events),
            _ => self.execute_rare(stamp.key, command, events),
        }
    }

    /// Everything that does not happen on every trading day, apart so that the rest stays small.
    #[cold]
    fn execute_rare(&mut self, sender: KeyId, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        match *command {
            Command::OpenAccount { account } => self.open_account(account, events),
            Command::OpenSubAccount { account, master } => self.open_sub_account(account, master, events),
            Command::SetAccountLimits { account, limits } => self.set_account_limits(account, limits, events),
            Command::RegisterKey { key, credential, role } => {
                self.check_registrar(sender, role)?;
                self.register_key(key, credential, role, events)
            }
            Command::RevokeKey { key } => self.revoke_key(key, events),
            Command::DefineAsset { asset, symbol, decimals } => self.define_asset(asset, symbol, decimals, events),
            Command::Deposit { account, asset, amount, reference } => {
                self.deposit(account, asset, amount, reference, events)
            }
            Command::RequestWithdrawal { account, asset, amount, reference } => {
                self.request_withdrawal(account, asset, amount, reference, events)
            }
            Command::PostTransfer { transfer } => self.post_transfer(transfer, events),
            Command::VoidTransfer { transfer } => self.void_transfer(transfer, events),
            Command::TransferFunds { from, to, asset, amount, reference } => {
                self.transfer_funds(from, to, asset, amount, reference, events)
            }
            Command::ListInstrument { ref terms } => self.list_instrument(terms, events),
            Command::SetFamily { ref family } => self.set_family(family, events),
            Command::SetControls { instrument, ref controls } => self.set_controls(instrument, controls, events),
            Command::HaltInstrument { instrument } => self.halt_instrument(instrument, events),
            Command::ResumeInstrument { instrument } => self.resume_instrument(instrument, events),
            Command::ScheduleFees { instrument, effective, tiers } => {
                self.schedule_fees(instrument, effective, tiers, events)
            }
            Command::AssignFeeTier { account, effective, tier } => {
                self.assign_fee_tier(account, effective, tier, events)
            }
            Command::SetMargin { series, margin } => self.set_margin(series, margin, events),
            Command::SetCredit { first, second, per_lot } => self.set_credit(first, second, per_lot, events),
            Command::SetBackstop { account } => self.set_backstop(account, events),
            Command::FundInsurance { number, amount } => self.fund_insurance(number, amount, events),
            Command::PublishRisk { instrument, ref risk } => self.publish_risk(instrument, risk, events),
            Command::UpdateMark { instrument } => self.update_mark(instrument, events),
            Command::RecordFixing { series, day, stage, price } => {
                self.record_fixing(series, day, stage, price, events)
            }
            Command::RequireApprovals { required } => self.require_approvals(sender, required, events),
            Command::ProposeFinal { instrument, day } => self.propose_final(sender, instrument, day, events),
            Command::ApproveFinal { instrument, day, value_per_lot } => {
                self.approve_final(sender, instrument, day, value_per_lot, events)
            }
            Command::StartSettlement { instrument, day, kind } => self.start_settlement(instrument, day, kind, events),
            Command::AdvanceSettlement { instrument } => self.advance_settlement(instrument, events),
            Command::Vault(ref command) => self.execute_vault(command, events),
            Command::AdoptRules { rules } => self.adopt_rules(rules, events),
            Command::AttachChain { .. }
            | Command::LinkAccount { .. }
            | Command::CreditDeposit { .. }
            | Command::CreditImport { .. }
            | Command::WithdrawToChain { .. }
            | Command::CutBatch { .. }
            | Command::ConfirmBatch { .. }
            | Command::ReceiveExit { .. }
            | Command::RecordFreeze { .. } => self.execute_chain(command, events),
            Command::SubmitOrder(_)
            | Command::CancelOrder { .. }
            | Command::AmendOrder(_)
            | Command::CancelAllOrders { .. }
            | Command::CancelAfter { .. }
            | Command::ProcessDue => unreachable!("handled above"),
        }
    }

    /// Who may send this command.
    fn authorise(&self, key: KeyId, command: &Command) -> Result<(), Reject> {
        let role = self.role_of(key)?;
        let own = |account| role == Role::Trader(account) || self.is_master(role, account);
        let allowed = match *command {
            Command::SubmitOrder(OrderRequest { account, .. })
            | Command::AmendOrder(Amendment { account, .. })
            | Command::CancelOrder { account, .. }
            | Command::CancelAllOrders { account, .. }
            | Command::CancelAfter { account, .. }
            | Command::RequestWithdrawal { account, .. }
            | Command::LinkAccount { account, .. }
            | Command::WithdrawToChain { account, .. }
            | Command::Vault(VaultCommand::Subscribe { account, .. } | VaultCommand::ClaimYield { account, .. }) => {
                own(account)
            }
            Command::TransferFunds { from, .. } => self.is_master(role, from),
            _ => role == Role::Operator,
        };
        if allowed { Ok(()) } else { Err(Reject::NotAuthorised { key }) }
    }

    /// Whether a role is that of the first account of an account's owner.
    fn is_master(&self, role: Role, account: AccountId) -> bool {
        self.accounts.master_of(account).is_some_and(|master| role == Role::Trader(master))
    }

    /// What a key may do.
    ///
    /// # Errors
    /// If it is not registered or was revoked.
    pub fn role_of(&self, key: KeyId) -> Result<Role, Reject> {
        if key == KeyId::VENUE {
            return Ok(Role::Operator);
        }
        match self.keys.get(key) {
            None => Err(Reject::UnknownKey { key }),
            Some(Key { revoked: true, .. }) => Err(Reject::KeyRevoked { key }),
            Some(Key { role, .. }) => Ok(*role),
        }
    }

    /// Place of the last command applied.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Time of the last command applied.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The version of the rules in force.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// A registered key.
    pub fn key(&self, key: KeyId) -> Option<&Key> {
        self.keys.get(key)
    }

    /// All registered keys, in the order of registration.
    pub fn keys(&self) -> impl Iterator<Item = (KeyId, &Key)> {
        self.keys.iter()
    }

    /// All customer accounts, in the order in which they were opened.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.accounts.iter().map(|account| account.id)
    }

    /// A customer account.
    pub fn account(&self, account: AccountId) -> Option<AccountView> {
        self.accounts.find(account).map(|slot| self.accounts.get(slot).view(self.time))
    }

    /// All listed contracts, by number.
    pub fn markets(&self) -> impl Iterator<Item = &Market> {
        self.markets.by_number().map(|(_, market)| market)
    }

    /// A listed contract.
    pub fn market(&self, instrument: InstrumentId) -> Option<&Market> {
        self.markets.find(instrument).map(|place| self.markets.get(place))
    }

    /// Position and open orders of an account in a contract.
    pub fn exposure(&self, instrument: InstrumentId, account: AccountId) -> Exposure {
        let found = self.markets.find(instrument).zip(self.accounts.find(account));
        found.map(|(market, account)| self.exposure_of(market, account)).unwrap_or_default()
    }

    /// Every exposure that is not empty, by contract in the order of listing and then by account.
    pub fn exposures(&self) -> impl Iterator<Item = (InstrumentId, AccountId, &Exposure)> {
        self.exposures
            .iter()
            .map(|entry| (self.markets.get(entry.market).terms.instrument, entry.account_id, &entry.exposure))
    }

    /// The remembered orders.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The live orders of an account behind an order, in rising number.
    pub fn live_orders(
        &self,
        account: AccountId,
        after: Option<OrderId>,
    ) -> impl Iterator<Item = (OrderId, OrderRecord)> + '_ {
        let list = self.accounts.find(account).map_or(LiveList::EMPTY, |slot| self.accounts.get(slot).live);
        let behind = self.orders.list(list).skip_while(move |&hot| Some(self.orders.live(hot).order) <= after);
        behind.map(|hot| (self.orders.live(hot).order, self.orders.record(hot)))
    }

    /// The daily values of all series.
    pub fn fixings(&self) -> &Fixings {
        &self.fixings
    }

    /// The families, by number.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.values()
    }

    /// The margin parameters of a series.
    pub fn margin_of(&self, series: SeriesId) -> Option<&SeriesMargin> {
        self.margins.find(series)
    }

    /// The series that have margin parameters, by number.
    pub fn margins(&self) -> impl Iterator<Item = (SeriesId, &SeriesMargin)> {
        self.margins.iter()
    }

    /// The credits between series.
    pub fn credits(&self) -> &Credits {
        &self.margins.credits
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Moves an amount and says so.
    pub(crate) fn transfer(
        &mut self,
        from: LedgerAccount,
        to: LedgerAccount,
        asset: AssetId,
        amount: Amount,
        reason: TransferReason,
        events: &mut Vec<Event>,
    ) {
        self.note_shares(asset, from, to, amount);
        let [source, target] = [from, to].map(|account| self.ledger.slot(account, asset));
        self.ledger.transfer(source, target, amount);
        events.push(Event::Transferred { from, to, asset, amount, reason });
    }
}
