//! What the exchange did. Events are in the past tense; replies, feeds, projections and hashes are made of nothing else.

mod carried;

use crate::accounts::AccountLimits;
use crate::chain::{ChainDomain, Pseudonym, RollingHash};
use crate::command::{FixingStage, Role};
use crate::controls::Controls;
use crate::families::Family;
use crate::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol, TransferId};
use crate::instrument::{FeeTiers, Halt, SettlementKind};
use crate::ledger::LedgerAccount;
use crate::margin::SeriesMargin;
use crate::order::{OrderRequest, TriggerReference};
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Lots, Position, Price, Side, Timestamp};

pub use carried::{CancelReason, FixingRung, PositionReason, SettlementRung, Trade, TradeSide, TransferReason};

/// One thing that happened. A command leads to one event or more; a refused one to exactly one, [`Event::Rejected`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A rule said no; nothing changed.
    Rejected(Reject),
    /// An account was opened.
    AccountOpened {
        /// The account.
        account: AccountId,
    },
    /// A key received its role.
    KeyRegistered {
        /// The key.
        key: KeyId,
        /// The role.
        role: Role,
    },
    /// A key lost its rights.
    KeyRevoked {
        /// The key.
        key: KeyId,
    },
    /// A contract was listed.
    InstrumentListed {
        /// The contract.
        instrument: InstrumentId,
        /// Its symbol.
        symbol: Symbol,
    },
    /// A family says from now on what the venue lists by itself of a series.
    FamilySet {
        /// The family.
        family: Family,
    },
    /// An account was opened for an owner who has one.
    SubAccountOpened {
        /// The account.
        account: AccountId,
        /// The owner's first account.
        master: AccountId,
    },
    /// An account was limited.
    AccountLimitsSet {
        /// Whose limits.
        account: AccountId,
        /// The limits.
        limits: AccountLimits,
    },
    /// An asset was defined.
    AssetDefined {
        /// The asset.
        asset: AssetId,
        /// Its name.
        symbol: AssetSymbol,
        /// Decimal places of its smallest unit.
        decimals: u8,
    },
    /// The controls of a contract were set.
    ControlsSet {
        /// The contract.
        instrument: InstrumentId,
        /// The controls.
        controls: Controls,
    },
    /// A contract takes no orders for a while.
    InstrumentHalted {
        /// The contract.
        instrument: InstrumentId,
        /// Why.
        halt: Halt,
    },
    /// A contract takes orders again.
    InstrumentResumed {
        /// The contract.
        instrument: InstrumentId,
    },
    /// The daily limits of a contract are others from now on.
    DailyLimitsMoved {
        /// The contract.
        instrument: InstrumentId,
        /// The lowest price that trades.
        lower: Price,
        /// The highest price that trades.
        upper: Price,
    },
    /// The fees of a contract will change, or changed just now.
    FeesScheduled {
        /// The contract.
        instrument: InstrumentId,
        /// When.
        effective: Timestamp,
        /// The rates of each tier.
        tiers: FeeTiers,
    },
    /// An account's fee tier will change, or changed just now.
    FeeTierAssigned {
        /// Whose tier.
        account: AccountId,
        /// When.
        effective: Timestamp,
        /// The tier.
        tier: u8,
    },
    /// A contract has a new mark price.
    MarkUpdated {
        /// The contract.
        instrument: InstrumentId,
        /// The price.
        price: Price,
    },
    /// A series has other margin parameters.
    MarginSet {
        /// The series.
        series: SeriesId,
        /// The parameters.
        margin: SeriesMargin,
    },
    /// The credit between two series is another one, or gone if it is zero.
    CreditSet {
        /// The series with the lower number.
        first: SeriesId,
        /// The other.
        second: SeriesId,
        /// The credit for a lot each.
        per_lot: Cash,
    },
    /// A contract has a new risk array.
    RiskPublished {
        /// The contract.
        instrument: InstrumentId,
        /// The version of the array.
        version: u64,
        /// Its reference price.
        reference: Price,
    },
    /// The next accounts were revalued after array, mark or parameters of a contract had changed.
    Revalued {
        /// The contract.
        instrument: InstrumentId,
        /// How many accounts.
        accounts: u32,
        /// Whether they were the last.
        complete: bool,
    },
    /// The next of the accounts that were revalued have their initial margin.
    MarginsChecked {
        /// How many.
        accounts: u32,
    },
    /// An account has less equity than initial margin; the cancels of its risk-increasing orders follow.
    MarginCalled {
        /// The account.
        account: AccountId,
        /// Its equity.
        equity: Cash,
        /// Its initial margin, orders included.
        initial: Cash,
        /// Its maintenance margin.
        maintenance: Cash,
    },
    /// Another account takes over positions of accounts in default from now on, or none.
    BackstopSet {
        /// The account.
        account: Option<AccountId>,
    },
    /// An account has less equity than maintenance margin, or none at all: it is in liquidation, and all its orders go.
    LiquidationStarted {
        /// The account.
        account: AccountId,
        /// Its equity.
        equity: Cash,
        /// Its maintenance margin.
        maintenance: Cash,
    },
    /// A round of a liquidation began: the next steps send one order into each liquid contract. It closes everything if three times the
    /// equity is less than twice the maintenance margin, else the part that is missing.
    LiquidationRound {
        /// The account.
        account: AccountId,
        /// Its equity.
        equity: Cash,
        /// Its maintenance margin.
        maintenance: Cash,
    },
    /// The venue sent an order for an account in liquidation; the trades it makes follow.
    LiquidationOrdered {
        /// The order.
        order: OrderId,
        /// For whom.
        account: AccountId,
        /// In which contract.
        instrument: InstrumentId,
        /// The side that closes the position.
        side: Side,
        /// How much.
        lots: Lots,
        /// The worst price it will trade at.
        limit: Price,
    },
    /// A round of a liquidation is over, and the account is still below its maintenance margin.
    LiquidationRoundCompleted {
        /// The account.
        account: AccountId,
        /// When its next round is due.
        next: Timestamp,
    },
    /// None of the positions of an account in liquidation can be closed now.
    LiquidationPostponed {
        /// The account.
        account: AccountId,
        /// When its next round is due.
        next: Timestamp,
    },
    /// An account is not in liquidation any more.
    LiquidationEnded {
        /// The account.
        account: AccountId,
        /// Its equity; below zero by what nobody could bear.
        equity: Cash,
    },
    /// An account could not be closed in the book by what it has; what it is missing is borne by others.
    DefaultDeclared {
        /// The account.
        account: AccountId,
        /// Its equity before anything was paid.
        equity: Cash,
        /// What the insurance fund has paid.
        insured: Cash,
        /// What is still missing.
        shortfall: Cash,
    },
    /// What an account in default holds in a contract is to be closed against those on the other side.
    DeleveragingStarted {
        /// The contract.
        instrument: InstrumentId,
        /// The account in default.
        account: AccountId,
        /// The lots to be closed, signed as the position is.
        lots: Position,
        /// The contract's part of the shortfall.
        haircut: Cash,
    },
    /// The lots of the next accounts on the other side were added up by tier.
    DeleveragingRanked {
        /// The contract.
        instrument: InstrumentId,
        /// How many accounts were looked at.
        accounts: u32,
        /// Whether they were the last.
        complete: bool,
    },
    /// Lots of an account in default became another account's, or closed some of its.
    PositionTransferred {
        /// The contract.
        instrument: InstrumentId,
        /// The account in default.
        from: AccountId,
        /// Who takes them.
        to: AccountId,
        /// The lots, signed as the account in default held them.
        lots: Position,
        /// What they cost whoever takes them: negative if it is paid for taking them, as for a short position at a positive price.
        value: Cash,
        /// Why.
        reason: PositionReason,
    },
    /// The next accounts on the other side were looked at, and those whose turn it was were closed out.
    Deleveraged {
        /// The contract.
        instrument: InstrumentId,
        /// How many accounts were looked at.
        accounts: u32,
        /// Whether they were the last.
        complete: bool,
    },
    /// An order was taken. Precedes the trades it makes; a stop order waits and makes none.
    OrderAccepted {
        /// The order.
        order: OrderId,
        /// What was asked for.
        request: OrderRequest,
        /// The worst price it will trade at: its limit, or of a market order the edge of the protection range. A stop order that will
        /// be a market order does not have one yet.
        limit: Option<Price>,
    },
    /// A stop order woke up; what it leads to follows.
    StopTriggered {
        /// The order.
        order: OrderId,
        /// What was watched.
        reference: TriggerReference,
        /// The worst price it will trade at.
        limit: Price,
    },
    /// An order was changed. If it lost its place, the trades it makes follow.
    OrderAmended {
        /// The order.
        order: OrderId,
        /// Its size in all.
        lots: Lots,
        /// Its limit, if it has one.
        limit: Option<Price>,
        /// Where it wakes up, if it waits.
        trigger: Option<Price>,
    },
    /// The same order was sent again; this was the answer of the first time, and nothing changed.
    OrderReplayed {
        /// The order that was accepted the first time.
        order: OrderId,
        /// What it had traded when it was first answered.
        filled: Lots,
        /// What had come to rest then.
        rested: Lots,
    },
    /// Two orders met.
    Traded(Trade),
    /// The trade before was one of a spread; what it traded is this.
    LegsTraded {
        /// The near leg, bought by who bought the spread.
        near: InstrumentId,
        /// At which price: its mark.
        near_price: Price,
        /// The far leg, sold by who bought the spread.
        far: InstrumentId,
        /// At which price: the near leg's less that of the spread.
        far_price: Price,
    },
    /// What was left of an order came to rest in the book.
    OrderRested {
        /// The order.
        order: OrderId,
        /// What is left of it.
        lots: Lots,
    },
    /// An order left the book untraded, wholly or in part.
    OrderCancelled {
        /// The order.
        order: OrderId,
        /// Whose.
        account: AccountId,
        /// In which contract.
        instrument: InstrumentId,
        /// How much of it was left.
        lots: Lots,
        /// Why.
        reason: CancelReason,
    },
    /// All orders of an account, or those of one contract or side, are being cancelled.
    MassCancelStarted {
        /// Whose.
        account: AccountId,
        /// In this contract only.
        instrument: Option<InstrumentId>,
        /// On this side only.
        side: Option<Side>,
    },
    /// A mass cancel is complete.
    MassCancelCompleted {
        /// Whose.
        account: AccountId,
        /// How many orders it took out.
        cancelled: u32,
    },
    /// The dead man's switch of an account was set, or switched off.
    CancelAfterSet {
        /// Whose.
        account: AccountId,
        /// When it fires.
        deadline: Option<Timestamp>,
    },
    /// The rules changed.
    RulesAdopted {
        /// The version in force from now on.
        rules: Rules,
    },
    /// Something is to be paid out, and is held until it is.
    TransferPending {
        /// The transfer.
        transfer: TransferId,
        /// Who pays.
        account: AccountId,
        /// What.
        asset: AssetId,
        /// How much.
        amount: Amount,
    },
    /// A pending transfer has happened; the movement follows.
    TransferPosted {
        /// The transfer.
        transfer: TransferId,
    },
    /// A pending transfer will not happen; nothing is held for it any more.
    TransferVoided {
        /// The transfer.
        transfer: TransferId,
    },
    /// An amount moved between two accounts of the ledger.
    Transferred {
        /// Where it was.
        from: LedgerAccount,
        /// Where it is.
        to: LedgerAccount,
        /// What moved.
        asset: AssetId,
        /// How much; above zero.
        amount: Amount,
        /// Why.
        reason: TransferReason,
    },
    /// A day of a series received its value.
    FixingRecorded {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
        /// How firm.
        stage: FixingStage,
        /// The value.
        price: Price,
        /// Where it came from.
        rung: FixingRung,
    },
    /// Final settlements need the word of two operators from now on, or no longer.
    ApprovalsRequired {
        /// Whether they do.
        required: bool,
    },
    /// A final value waits for the approval of another operator.
    FinalProposed {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// What one lot is worth.
        value_per_lot: Cash,
        /// Where that value came from.
        rung: SettlementRung,
    },
    /// Another operator approved a final value.
    FinalApproved {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// The value that was approved.
        value_per_lot: Cash,
    },
    /// A settlement began; its value is fixed from here on.
    SettlementStarted {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// Daily or final.
        kind: SettlementKind,
        /// What one lot is worth.
        value_per_lot: Cash,
        /// Where that value came from.
        rung: SettlementRung,
    },
    /// One account's position was brought to the settlement value.
    PositionSettled {
        /// The contract.
        instrument: InstrumentId,
        /// Whose position.
        account: AccountId,
        /// The position that was settled.
        position: Position,
        /// What the account received; negative if it paid.
        variation: Cash,
    },
    /// A position in a strip became positions in its legs.
    PositionCascaded {
        /// The strip.
        instrument: InstrumentId,
        /// Whose position.
        account: AccountId,
        /// Lots of the strip, and now of each leg.
        position: Position,
    },
    /// A settlement is complete.
    SettlementCompleted {
        /// The contract.
        instrument: InstrumentId,
        /// The business day.
        day: Day,
        /// Daily or final.
        kind: SettlementKind,
    },
    /// US dollars come from this chain and go there from now on.
    ChainAttached {
        /// The chain and the contracts on it.
        chain: ChainDomain,
        /// The pseudonym of the insurance fund.
        insurance: Pseudonym,
    },
    /// An account has its owner on the chain; what had waited for it follows.
    AccountLinked {
        /// The account.
        account: AccountId,
        /// Its pseudonym.
        pseudonym: Pseudonym,
    },
    /// A deposit on the chain was credited; the movement follows.
    DepositCredited {
        /// Its number there.
        index: u64,
        /// For whom.
        pseudonym: Pseudonym,
        /// How much, in micro-USD.
        amount: Amount,
        /// The vault's hash of all deposits up to this one.
        hash: RollingHash,
    },
    /// Export tokens that were burnt on the chain were credited; the movement follows.
    ImportCredited {
        /// Its number there.
        index: u64,
        /// For whom.
        pseudonym: Pseudonym,
        /// What came back.
        asset: AssetId,
        /// How much.
        amount: Amount,
    },
    /// The movement before went out to the chain, for good.
    WithdrawnToChain {
        /// Whose it was.
        account: AccountId,
        /// What.
        asset: AssetId,
        /// How much.
        amount: Amount,
        /// All that the account ever moved out of the asset.
        claimable: Amount,
    },
    /// A batch was cut: it tells the chain what the ledger says here.
    BatchCut {
        /// Its number.
        number: u64,
        /// The first command that it covers.
        first_seq: Seq,
        /// The last one: the cut itself.
        last_seq: Seq,
        /// Deposits credited by then.
        deposits: u64,
        /// Imports credited by then.
        imports: u64,
        /// Exits received by then.
        exits: u64,
    },
    /// A batch is on the chain for good.
    BatchConfirmed {
        /// Its number.
        number: u64,
    },
    /// Somebody asked the chain for an exit. The sweep of the account's orders follows if there is an account.
    ExitReceived {
        /// Its number there.
        number: u64,
        /// Of whom.
        pseudonym: Pseudonym,
        /// What is to become claimable.
        target: Amount,
        /// The account in exit; none of a stranger or the insurance fund.
        account: Option<AccountId>,
    },
    /// A round for an account in exit began: the next steps close what it has in each liquid contract.
    ExitRound {
        /// The account.
        account: AccountId,
        /// Its equity.
        equity: Cash,
    },
    /// Nothing more can be done for an account in exit now.
    ExitPostponed {
        /// The account.
        account: AccountId,
        /// When its next step is due.
        next: Timestamp,
    },
    /// An account is not in exit any more.
    ExitEnded {
        /// The account.
        account: AccountId,
        /// Whether all that was asked for is claimable; if not, the account has nothing left.
        covered: bool,
    },
    /// An account in exit could not be closed in the book in time: its positions are closed at the mark.
    CloseOutStarted {
        /// The account.
        account: AccountId,
        /// Its equity.
        equity: Cash,
    },
    /// What an account in exit had in contracts that could be closed is closed.
    CloseOutEnded {
        /// The account.
        account: AccountId,
        /// Its equity.
        equity: Cash,
    },
    /// The vault is frozen: what happens from now on moves no money on the chain.
    ChainFrozen {
        /// The batch by which everybody leaves; 0: none.
        pinned: u64,
    },
}
