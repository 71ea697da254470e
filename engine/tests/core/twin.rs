//! The slow, obvious exchange that the engine is compared with: it is written from `docs/exchange-rules.md`,
//! `docs/contract-specifications.md`, `docs/margin.md`, `docs/spreads.md`, `docs/default-waterfall.md`, `docs/chain.md` and
//! `docs/gpu-vaults.md` and shares only
//! the language with the engine: commands, events, rejects, terms, identifiers, units.
//!
//! Everything is a list, every question is a scan, nothing is kept that can be worked out: a hold comes from position, cost
//! and open orders, a balance is the sum of its postings, a budget the fold of the commands that used it. Arithmetic is in
//! `i128`.

mod amendment;
mod approvals;
mod arrival;
mod batches;
mod chain;
mod checks;
mod collateral;
mod controls;
mod default;
mod due;
mod exits;
mod families;
mod fees;
mod funding;
mod liquidation;
mod margin;
mod marks;
mod matching;
mod money;
mod registry;
mod requirement;
mod revaluation;
mod revenue;
mod settlement;
mod spreads;
mod stops;
mod strips;
mod vaults;

pub use batches::Leaf;
pub use requirement::Report;

use engine::accounts::AccountLimits;
use engine::command::{Command, FixingStage, Role, Stamp};
use engine::controls::Controls;
use engine::event::{Event, FixingRung};
use engine::families::Family;
use engine::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, OrderId, SeriesId, TransferId};
use engine::instrument::{FeeTiers, Halt, Terms};
use engine::ledger::LedgerAccount;
use engine::margin::SeriesMargin;
use engine::order::{OrderRequest, Trigger};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Price, Side, Timestamp};

/// The whole exchange.
#[derive(Clone, Default)]
pub struct Twin {
    now: Timestamp,
    seq: u64,
    /// Who sent the command that is being applied.
    sender: u64,
    rules: Rules,
    approvals_required: bool,
    /// Proposals and approvals in their order.
    words: Vec<approvals::Word>,
    accounts: Vec<Account>,
    keys: Vec<Key>,
    /// What the operator defined; US dollars are there without.
    assets: Vec<(AssetId, AssetSymbol)>,
    /// Whose deposits were credited, one entry each.
    deposits: Vec<AccountId>,
    /// Who paid out, one entry for each withdrawal asked for and each transfer.
    payments: Vec<AccountId>,
    pending: Vec<Pending>,
    postings: Vec<(LedgerAccount, AssetId, i128)>,
    contracts: Vec<Contract>,
    /// Every order whose client order id is still kept, in the order in which they came to their places.
    orders: Vec<Order>,
    /// The finished ones among them, in order of finish.
    finished: Vec<(OrderId, Timestamp)>,
    holdings: Vec<Holding>,
    trades: Vec<PastTrade>,
    fixings: Vec<Fixing>,
    /// The mass cancel that is not complete.
    mass_cancel: Option<due::MassCancel>,
    /// Margin parameters of series.
    margins: Vec<(SeriesId, SeriesMargin)>,
    /// Pairs of series, the lower number first, with the credit for a lot each.
    credits: Vec<(SeriesId, SeriesId, i128)>,
    /// Accounts that were revalued and are still to be checked for their margin.
    to_check: Vec<AccountId>,
    /// The margin call that is not complete.
    call: Option<revaluation::Call>,
    families: Vec<Family>,
    /// Accounts in liquidation, in the order in which they came into it.
    liquidations: Vec<liquidation::Liquidation>,
    /// The default that is being served.
    default: Option<default::Defaulted>,
    /// The account that takes positions over.
    backstop: Option<AccountId>,
    /// The number of the last payment into the insurance fund.
    insurance_payments: u64,
    chain: chain::Chain,
    /// Accounts in exit, in the order in which they came into it.
    exits: Vec<exits::Exit>,
    /// Operating rates in the order in which they were set.
    rates: Vec<(SeriesId, Day, Price)>,
    vaults: Vec<vaults::Vault>,
    /// The dead man's switches that are set.
    switches: Vec<(AccountId, Timestamp)>,
    events: Vec<Event>,
}

#[derive(Clone)]
struct Account {
    account: AccountId,
    master: Option<AccountId>,
    limits: AccountLimits,
    /// When orders and amendments were accepted since the limits were set, and when cancels were.
    ordered: Vec<Timestamp>,
    cancelled: Vec<Timestamp>,
    /// Fee tiers with their beginnings, in the order in which they were assigned.
    tiers: Vec<(Timestamp, u8)>,
}

#[derive(Clone)]
struct Key {
    key: KeyId,
    role: Role,
    revoked: bool,
}

/// A payment out that is neither posted nor voided.
#[derive(Clone)]
struct Pending {
    transfer: TransferId,
    account: AccountId,
    asset: AssetId,
    amount: Amount,
}

#[derive(Clone)]
struct Contract {
    terms: Terms,
    controls: Controls,
    /// Which of the daily limits' widths applies.
    width: usize,
    halt: Option<Halt>,
    /// Fees with their beginnings, in the order in which they were scheduled.
    fees: Vec<(Timestamp, FeeTiers)>,
    mark: Option<Price>,
    margin: margin::OfContract,
    /// Lowest and highest price of each reference since stops were last out of reach.
    reach: [Option<(Price, Price)>; 3],
    /// The settlement that is being posted.
    settling: Option<settlement::Settling>,
    settled_for_good: bool,
    last_settled: Option<(Day, i128)>,
}

/// An order and what became of it.
#[derive(Clone)]
pub struct Order {
    pub order: OrderId,
    /// What was sent; amendments do not change it.
    pub request: OrderRequest,
    pub accepted: Timestamp,
    /// Its size in all.
    pub lots: u32,
    pub filled: u32,
    /// The limit it works with; none while a stop order waits that will be a market order.
    pub limit: Option<Price>,
    /// While it waits.
    pub waits_for: Option<Trigger>,
    pub live: bool,
    /// What it had traded, and what rested, when it was first answered.
    pub first_answer: (u32, u32),
    /// Why the venue sent it, if it did.
    sent: Option<liquidation::Sent>,
}

/// What one account has in one contract.
#[derive(Clone)]
struct Holding {
    account: AccountId,
    instrument: InstrumentId,
    position: i128,
    cost: i128,
}

#[derive(Clone)]
struct PastTrade {
    instrument: InstrumentId,
    time: Timestamp,
    price: Price,
    lots: u32,
}

#[derive(Clone)]
struct Fixing {
    series: SeriesId,
    day: Day,
    stage: FixingStage,
    price: Price,
    rung: FixingRung,
}

impl Order {
    pub fn remaining(&self) -> u32 {
        if self.live { self.lots - self.filled } else { 0 }
    }

    fn rests(&self) -> bool {
        self.live && self.waits_for.is_none() && self.sent.is_none()
    }

    fn is_of(&self, account: AccountId, instrument: InstrumentId) -> bool {
        self.request.account == account && self.request.instrument == instrument
    }
}

impl Twin {
    /// Applies one command; what happened is appended to `events`.
    pub fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.now = stamp.time;
        self.seq = stamp.seq.0;
        self.forget_finished_orders();
        self.sender = stamp.key.0;
        let answer = self.authorise(stamp.key, command).and_then(|()| self.execute(command));
        if let Err(reject) = answer {
            assert!(self.events.is_empty(), "a refused command has no other event");
            self.events.push(Event::Rejected(reject));
        }
        self.shrink_reach();
        events.append(&mut self.events);
        answer
    }

    fn execute(&mut self, command: &Command) -> Result<(), Reject> {
        if *command != Command::ProcessDue && self.is_due() {
            return Err(Reject::WorkDue);
        }
        self.check_chain(command)?;
        match *command {
            Command::OpenAccount { account } => self.open_account(account),
            Command::RegisterKey { key, role, .. } => self.register_key(key, role),
            Command::RevokeKey { key } => self.revoke_key(key),
            Command::OpenSubAccount { account, master } => self.open_sub_account(account, master),
            Command::SetAccountLimits { account, limits } => self.set_account_limits(account, limits),
            Command::DefineAsset { asset, symbol, decimals } => self.define_asset(asset, symbol, decimals),
            Command::Deposit { account, asset, amount, reference } => self.deposit(account, asset, amount, reference),
            Command::RequestWithdrawal { account, asset, amount, reference } => {
                self.request_withdrawal(account, asset, amount, reference)
            }
            Command::PostTransfer { transfer } => self.post_transfer(transfer),
            Command::VoidTransfer { transfer } => self.void_transfer(transfer),
            Command::TransferFunds { from, to, asset, amount, reference } => {
                self.transfer_funds(from, to, asset, amount, reference)
            }
            Command::ListInstrument { terms } => self.list(terms),
            Command::SetFamily { family } => self.set_family(family),
            Command::SetControls { instrument, controls } => self.set_controls(instrument, controls),
            Command::HaltInstrument { instrument } => self.halt(instrument),
            Command::ResumeInstrument { instrument } => self.resume(instrument),
            Command::ScheduleFees { instrument, effective, tiers } => self.schedule_fees(instrument, effective, tiers),
            Command::AssignFeeTier { account, effective, tier } => self.assign_tier(account, effective, tier),
            Command::UpdateMark { instrument } => self.update_mark(instrument),
            Command::SetMargin { series, margin } => self.set_margin(series, margin),
            Command::SetCredit { first, second, per_lot } => self.set_credit(first, second, per_lot),
            Command::PublishRisk { instrument, risk } => self.publish_risk(instrument, &risk),
            Command::SetBackstop { account } => self.set_backstop(account),
            Command::FundInsurance { number, amount } => self.fund_insurance(number, amount),
            Command::SubmitOrder(request) => self.submit(&request),
            Command::AmendOrder(amendment) => self.amend(&amendment),
            Command::CancelOrder { account, order } => self.cancel(account, order),
            Command::CancelAllOrders { account, instrument, side } => self.cancel_all(account, instrument, side),
            Command::CancelAfter { account, timeout_us } => self.cancel_after(account, timeout_us),
            Command::ProcessDue => self.process_due(),
            Command::AdoptRules { rules } => self.adopt_rules(rules),
            Command::RecordFixing { series, day, stage, price } => self.record_fixing(series, day, stage, price),
            Command::RequireApprovals { required } => self.require_approvals(required),
            Command::ProposeFinal { instrument, day } => self.propose_final(instrument, day),
            Command::ApproveFinal { instrument, day, value_per_lot } => {
                self.approve_final(instrument, day, value_per_lot)
            }
            Command::StartSettlement { instrument, day, kind } => self.start_settlement(instrument, day, kind),
            Command::AdvanceSettlement { instrument } => self.advance_settlement(instrument),
            Command::AttachChain { chain, insurance } => self.attach_chain(chain, insurance),
            Command::LinkAccount { account, pseudonym, .. } => self.link_account(account, pseudonym),
            Command::CreditDeposit { index, pseudonym, amount, hash } => {
                self.credit_deposit(index, pseudonym, amount, hash)
            }
            Command::CreditImport { index, pseudonym, asset, amount } => {
                self.credit_import(index, pseudonym, asset, amount)
            }
            Command::WithdrawToChain { account, asset, amount, reference, .. } => {
                self.withdraw_to_chain(account, asset, amount, reference)
            }
            Command::CutBatch { number } => self.cut_batch(number),
            Command::ConfirmBatch { number } => self.confirm_batch(number),
            Command::ReceiveExit { number, pseudonym, target } => self.receive_exit(number, pseudonym, target),
            Command::RecordFreeze { pinned } => self.record_freeze(pinned),
            Command::Vault(command) => self.execute_vault(command),
        }
    }
}

/// What anybody may ask.
impl Twin {
    /// The accounts, in the order in which they were opened.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.accounts.iter().map(|known| known.account).collect()
    }

    /// All assets, US dollars first.
    pub fn assets(&self) -> Vec<AssetId> {
        std::iter::once(AssetId::USD).chain(self.assets.iter().map(|(asset, _)| *asset)).collect()
    }

    /// The listed contracts.
    pub fn instruments(&self) -> Vec<InstrumentId> {
        self.contracts.iter().map(|contract| contract.terms.instrument).collect()
    }

    /// The terms of a listed contract.
    pub fn terms(&self, instrument: InstrumentId) -> Terms {
        self.listed(instrument).terms
    }

    /// An order, as long as it is remembered.
    pub fn order_of(&self, order: OrderId) -> Option<&Order> {
        self.orders.iter().find(|known| known.order == order)
    }

    /// What an account has in a contract: position and cost.
    pub fn holding(&self, account: AccountId, instrument: InstrumentId) -> (i128, i128) {
        let mut found = self.holdings.iter().filter(|held| held.account == account && held.instrument == instrument);
        found.next().map_or((0, 0), |held| (held.position, held.cost))
    }

    /// The orders of an account whose client order ids are still kept.
    pub fn remembered(&self, account: AccountId) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(move |order| order.request.account == account)
    }

    /// All live orders in rising number, those that wait included.
    pub fn live_orders(&self) -> Vec<&Order> {
        let mut live: Vec<&Order> = self.orders.iter().filter(|order| order.live).collect();
        live.sort_by_key(|order| order.order);
        live
    }

    /// Payments out that are neither posted nor voided.
    pub fn pending_transfers(&self) -> Vec<TransferId> {
        self.pending.iter().map(|pending| pending.transfer).collect()
    }

    /// The resting orders of one side as they would trade: best price first, then in the order of their places.
    pub fn queue(&self, instrument: InstrumentId, side: Side) -> Vec<&Order> {
        let rests = |order: &&Order| order.request.instrument == instrument && order.request.side == side;
        let mut queue: Vec<&Order> = self.orders.iter().filter(|order| order.rests()).filter(rests).collect();
        queue.sort_by_key(|order| {
            let limit = order.limit.expect("an order that rests has a limit").0;
            if side == Side::Buy { -limit } else { limit }
        });
        queue
    }
}

fn cash(micros: i128) -> Cash {
    Cash(i64::try_from(micros).expect("amounts of money fit 64 bits"))
}

fn amount(units: i128) -> Amount {
    Amount(i64::try_from(units).expect("amounts fit 64 bits"))
}
