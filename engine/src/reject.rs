//! Why a command was refused: one enum, in order of precedence, with numbers that never change.
//!
//! Where several rules are broken, the one that stands first here is reported. Numbers are part of the journal and of
//! the API: a reason may be added in its place, with a number of its own, but never renumbered.

mod numbers;
mod sequence;
mod vaults;

use crate::chain::Pseudonym;
use crate::ids::{
    AccountId, AssetId, AssetSymbol, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol, TransferId,
};
use crate::limits;
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Lots, Price, Timestamp};

pub use sequence::ChainSequence;
pub use vaults::VaultReject;

/// A rule said no. Each message names the rule, the value and a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// 1
    #[error("key {key} is not registered; ask the operator to register it")]
    UnknownKey {
        /// The key.
        key: KeyId,
    },
    /// 2
    #[error("key {key} was revoked; use another key")]
    KeyRevoked {
        /// The key.
        key: KeyId,
    },
    /// 3
    #[error("key {key} may not do this; operators run the venue, traders trade for their own account")]
    NotAuthorised {
        /// The key.
        key: KeyId,
    },
    /// 4
    #[error("something is due first; the venue's clock does it, try again in a moment")]
    WorkDue,
    /// 5
    #[error("rules {} cannot be adopted; the next version is {}", asked.0, next.0)]
    RulesOutOfOrder {
        /// The version asked for.
        asked: Rules,
        /// The only one that can be adopted; the one in force if there is none.
        next: Rules,
    },
    /// 6
    #[error("nothing is due")]
    NothingDue,
    /// 7
    #[error("this needs version {} of the rules; adopt it first", needed.0)]
    RulesTooOld {
        /// The first version that knows it.
        needed: Rules,
    },
    /// 105
    #[error("no chain is attached; attach one first")]
    NoChain,
    /// 112
    #[error("the chain is frozen; cancels and settlements go on, and nothing comes in, goes out or is ordered")]
    ChainFrozen,
    /// 100
    #[error("chain {chain_id} is attached already, for good")]
    ChainAttached {
        /// The chain that is.
        chain_id: u64,
    },
    /// 101
    #[error("a chain cannot be attached: {rule}")]
    InvalidChain {
        /// What would be valid.
        rule: &'static str,
    },
    /// 102
    #[error("a chain is attached before anything else: {rule}")]
    NotBeforeMoney {
        /// What came before.
        rule: &'static str,
    },
    /// 108
    #[error("{sequence} {number} is out of sequence; {next} is next, and none is left out")]
    ChainOutOfSequence {
        /// What is counted.
        sequence: ChainSequence,
        /// The number given.
        number: u64,
        /// The number that would be next; of a pinned batch the highest.
        next: u64,
    },
    /// 110
    #[error("batch {number} is cut already")]
    BatchCut {
        /// The batch.
        number: u64,
    },
    /// 111
    #[error("instrument {instrument} is being settled; cut when it is complete")]
    Unsettled {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 114
    #[error("accounts owe {missing} USD more than fees and insurance have; no batch may promise it, pay it in first")]
    NotCovered {
        /// What is missing.
        missing: Cash,
    },
    /// 10
    #[error("account {account} exists already; choose another number")]
    AccountExists {
        /// The account.
        account: AccountId,
    },
    /// 11
    #[error("account {account} does not exist; open it first")]
    UnknownAccount {
        /// The account.
        account: AccountId,
    },
    /// 12
    #[error("the venue holds {} accounts, the most it can", limits::ACCOUNTS_MAX)]
    TooManyAccounts,
    /// 13
    #[error("account {master} is a sub-account itself; name the owner's first account")]
    NotAMaster {
        /// The account named.
        master: AccountId,
    },
    /// 14
    #[error("accounts {from} and {to} do not have the same owner, or are the same; transfer between your own accounts")]
    NotYourAccounts {
        /// From where.
        from: AccountId,
        /// To where.
        to: AccountId,
    },
    /// 103
    #[error("with a chain attached this is refused; US dollars come and go through its vault, free of full collateral")]
    ThroughTheChain,
    /// 104
    #[error("account {account} has no pseudonym on the chain; link it first")]
    NotLinked {
        /// The account.
        account: AccountId,
    },
    /// 106
    #[error("pseudonym {pseudonym} is nobody's to take; use one of your own with a fresh salt")]
    PseudonymTaken {
        /// The pseudonym.
        pseudonym: Pseudonym,
    },
    /// 107
    #[error("account {account} is linked already, for good")]
    AccountLinked {
        /// The account.
        account: AccountId,
    },
    /// 15
    #[error("account limits are invalid: {rule}")]
    InvalidAccountLimits {
        /// What valid limits look like.
        rule: &'static str,
    },
    /// 16
    #[error("asset {asset} is defined already; choose another number")]
    AssetExists {
        /// The asset.
        asset: AssetId,
    },
    /// 17
    #[error("asset symbol {symbol} is taken; choose another")]
    AssetSymbolExists {
        /// The symbol.
        symbol: AssetSymbol,
    },
    /// 18
    #[error("asset {asset} is not defined; see the list of assets")]
    UnknownAsset {
        /// The asset.
        asset: AssetId,
    },
    /// 19
    #[error("an asset cannot be defined: {rule}")]
    InvalidAsset {
        /// What would be valid.
        rule: &'static str,
    },
    /// 20
    #[error("key {key} exists already; a key keeps its role for good")]
    KeyExists {
        /// The key.
        key: KeyId,
    },
    /// 21
    #[error("the venue holds {} keys, the most it can", limits::KEYS_MAX)]
    TooManyKeys,
    /// 30
    #[error("instrument {instrument} is listed already; choose another number")]
    InstrumentExists {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 31
    #[error("symbol {symbol} is listed already; choose another symbol")]
    SymbolExists {
        /// The symbol.
        symbol: Symbol,
    },
    /// 32
    #[error("contract terms are invalid: {rule}")]
    InvalidTerms {
        /// What valid terms look like.
        rule: &'static str,
    },
    /// 33
    #[error(
        "the venue has {} contracts or {} families, the most it can",
        limits::INSTRUMENTS_MAX,
        limits::FAMILIES_MAX
    )]
    TooManyInstruments,
    /// 34
    #[error("instrument {instrument} is not listed; see the list of instruments")]
    UnknownInstrument {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 25
    #[error("controls are invalid: {rule}")]
    InvalidControls {
        /// What valid controls look like.
        rule: &'static str,
    },
    /// 26
    #[error("fees are invalid: {rule}")]
    InvalidFees {
        /// What valid fees look like.
        rule: &'static str,
    },
    /// 27
    #[error("instrument {instrument} is not trading, or not halted by the operator; there is nothing to change")]
    NothingToHaltOrResume {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 28
    #[error("instrument {instrument} has neither trade, quotes nor fixing; there is nothing to mark it with")]
    NoMark {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 22
    #[error("margin parameters are invalid: {rule}")]
    InvalidMargin {
        /// What valid parameters look like.
        rule: &'static str,
    },
    /// 23
    #[error("instrument {instrument} is not margined; only margined contracts have risk arrays")]
    NotMargined {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 24
    #[error("array {version} of instrument {instrument} is not newer than array {latest}; number arrays upwards")]
    RiskOutOfOrder {
        /// The contract.
        instrument: InstrumentId,
        /// The version given.
        version: u64,
        /// The version in force.
        latest: u64,
    },
    /// 29
    #[error("the risk array is invalid: {rule}")]
    InvalidRisk {
        /// What a valid array looks like.
        rule: &'static str,
    },
    /// 120 to 134: a rule of a vault of GPUs.
    #[error(transparent)]
    Vault(#[from] VaultReject),
    /// 50
    #[error("order {order} is not live; it was filled, cancelled or never accepted for this account")]
    OrderNotLive {
        /// The order.
        order: OrderId,
    },
    /// 40
    #[error("client order id {client_order_id} was used for another order; choose a new one")]
    ClientOrderIdReused {
        /// The client order id.
        client_order_id: ClientOrderId,
    },
    /// 77
    #[error("account {account} is in liquidation; it may cancel and receive deposits until its margin is restored")]
    InLiquidation {
        /// The account.
        account: AccountId,
    },
    /// 113
    #[error("account {account} is in exit; it can cancel and receive until the exit ends")]
    InExit {
        /// The account.
        account: AccountId,
    },
    /// 36
    #[error("the order was stamped {} microseconds, too far from the venue's time; send it anew with a new id", sent.0)]
    SentOutsideRetention {
        /// When the client says it was sent.
        sent: Timestamp,
    },
    /// 35
    #[error("the order contradicts itself: {rule}")]
    InvalidOrder {
        /// What a valid order looks like.
        rule: &'static str,
    },
    /// 41
    #[error("instrument {instrument} is being settled; try again in a moment")]
    Settling {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 42
    #[error("instrument {instrument} no longer trades; its delivery has ended, or its vault is wound up")]
    Expired {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 37
    #[error("instrument {instrument} is halted; orders can be cancelled, and placed when it resumes")]
    Halted {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 38
    #[error("the account's budget for such commands is used up; it refills at {per_second} a second")]
    RateExceeded {
        /// The rate.
        per_second: u32,
    },
    /// 43
    #[error("{lots} lots are not allowed; an order here has {least} to {most} lots")]
    LotsOutOfRange {
        /// The lots asked for.
        lots: Lots,
        /// The fewest allowed.
        least: Lots,
        /// The most allowed.
        most: Lots,
    },
    /// 39
    #[error("a market order needs a quote to trade with and a contract with a protection range; use a limit")]
    NothingToTradeWith,
    /// 44
    #[error("price {price} is outside the contract's bounds; it trades from {floor} to {cap}")]
    PriceOutOfRange {
        /// The price asked for.
        price: Price,
        /// The lowest allowed.
        floor: Price,
        /// The highest allowed.
        cap: Price,
    },
    /// 45
    #[error("price {price} is not a multiple of tick {tick}; nearest are {below} and {above}")]
    PriceOffTick {
        /// The price asked for.
        price: Price,
        /// The grid.
        tick: Price,
        /// The nearest price on the grid below.
        below: Price,
        /// The nearest price on the grid above.
        above: Price,
    },
    /// 51
    #[error("price {price} is outside today's limits; the contract trades from {lower} to {upper}")]
    OutsideDailyLimits {
        /// The price asked for.
        price: Price,
        /// The lowest that trades.
        lower: Price,
        /// The highest that trades.
        upper: Price,
    },
    /// 52
    #[error("price {price} is outside the band around {reference}; {bound} is the furthest allowed")]
    OutsideBand {
        /// The price asked for.
        price: Price,
        /// What the band is measured from.
        reference: Price,
        /// The furthest price allowed.
        bound: Price,
    },
    /// 55
    #[error("the stop at {price} would wake up at once; send the order without it")]
    StopInReach {
        /// The trigger price.
        price: Price,
    },
    /// 54
    #[error("a post-only order at this price would trade with {best}; choose a price behind it")]
    WouldTrade {
        /// The best opposite price.
        best: Price,
    },
    /// 56
    #[error("the account has no position that this order would reduce")]
    NothingToReduce,
    /// 46
    #[error(
        "the account has {} open orders in this contract, the most it can; cancel one first",
        limits::OPEN_ORDERS_MAX
    )]
    TooManyOpenOrders,
    /// 57
    #[error("the account has {most} live orders, the most it can; cancel one first")]
    TooManyAccountOrders {
        /// The most it can.
        most: u32,
    },
    /// 58
    #[error("{} stop orders wait in this contract, the most that can", limits::STOPS_MAX)]
    TooManyStops,
    /// 47
    #[error("position and open orders would exceed {} lots on one side", limits::POSITION_LOTS_MAX)]
    PositionLimit,
    /// 59
    #[error("the risk of instrument {instrument} is not known; wait until its array and mark are published")]
    RiskUnknown {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 69
    #[error("positions and open orders in the series would exceed {most} lots; cancel or close some first")]
    SeriesPositionLimit {
        /// The most lots allowed.
        most: Lots,
    },
    /// 76
    #[error(
        "positions and open orders on margin could be worth more than {} USD between floor and cap; close some first",
        limits::VALUE_RANGE_MAX
    )]
    MarginedValueLimit,
    /// 74
    #[error("more than {most} lots would be open in the contract; only orders that reduce a position are taken")]
    OpenInterestLimit {
        /// The most lots allowed.
        most: Lots,
    },
    /// 48
    #[error("the order needs {required} USD more collateral, {free} USD are free; deposit, or cancel other orders")]
    InsufficientFunds {
        /// What the order would add to the account's hold.
        required: Cash,
        /// What the account has free.
        free: Cash,
    },
    /// 68
    #[error("initial margin with the order is {required} USD, equity is {equity} USD; deposit, or reduce positions")]
    InsufficientMargin {
        /// The initial margin with the order.
        required: Cash,
        /// The account's equity with what would be held for the order's fee.
        equity: Cash,
    },
    /// 75
    #[error(
        "the index of series {series} is stale; until its next fixing marks are frozen and only orders that lower risk are taken"
    )]
    IndexStale {
        /// The series.
        series: SeriesId,
    },
    /// 53
    #[error(
        "the risk array of instrument {instrument} has expired; until the next only orders that lower risk are taken"
    )]
    RiskExpired {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 49
    #[error(
        "the venue remembers {} orders of the account, the most it can; wait until finished ones are forgotten",
        limits::REMEMBERED_ORDERS_MAX
    )]
    TooManyOrders,
    /// 60
    #[error("an amount of {amount} smallest units is not allowed; it is above 0 and at most {}", limits::DEPOSIT_MAX.0)]
    AmountOutOfRange {
        /// The amount.
        amount: Amount,
    },
    /// 61
    #[error("deposit {reference} of {} is out of sequence, the next is {next}; a lower one was credited already", receiver(*account))]
    DepositOutOfSequence {
        /// The account; `None`: the insurance fund.
        account: Option<AccountId>,
        /// The number given.
        reference: u64,
        /// The number expected.
        next: u64,
    },
    /// 62
    #[error("the venue holds as much of the asset as it can, {} smallest units", limits::TOTAL_CASH_MAX.0)]
    TotalCashLimit,
    /// 63
    #[error(
        "payment {reference} out of account {account} is out of sequence, the next is {next}; a lower one was done already"
    )]
    PaymentOutOfSequence {
        /// The account.
        account: AccountId,
        /// The number given.
        reference: u64,
        /// The number expected.
        next: u64,
    },
    /// 109
    #[error("{amount} of asset {asset} are more than the {out} that are out on the chain; look at the import again")]
    MoreThanExported {
        /// The asset.
        asset: AssetId,
        /// The amount given.
        amount: Amount,
        /// What was exported and has not come back.
        out: Amount,
    },
    /// 64
    #[error("{free} smallest units are free of the {amount} asked for; cancel orders or ask for less")]
    InsufficientBalance {
        /// How much was asked for.
        amount: Amount,
        /// How much is free.
        free: Amount,
    },
    /// 65
    #[error(
        "the account has {} pending transfers, the most it can; wait until one is posted or voided",
        limits::PENDING_TRANSFERS_MAX
    )]
    TooManyPendingTransfers,
    /// 66
    #[error("transfer {transfer} is not pending; it was posted, voided or never asked for")]
    TransferNotPending {
        /// The transfer.
        transfer: TransferId,
    },
    /// 67
    #[error("a deadline is at most {} microseconds away", limits::CANCEL_AFTER_US_MAX)]
    DeadlineOutOfRange,
    /// 70
    #[error("fixing {price} of series {series} is outside what a price may be; at most {} USD", limits::PRICE_MAX)]
    FixingOutOfRange {
        /// The series.
        series: SeriesId,
        /// The value.
        price: Price,
    },
    /// 71
    #[error("day {} of series {series} is final; later revisions never touch a contract", day.0)]
    FixingFinal {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
    },
    /// 72
    #[error("series {series} has no final fixing before day {}; there is no rung to take", day.0)]
    NoEarlierFixing {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
    },
    /// 73
    #[error("the venue keeps {} daily values, the most it can", limits::FIXINGS_MAX)]
    TooManyFixings,
    /// 80
    #[error("no settlement of instrument {instrument} is running; start one first")]
    NotSettling {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 85
    #[error("instrument {instrument} does not settle; spot pairs and spreads have no positions")]
    NotSettled {
        /// The spot pair or spread.
        instrument: InstrumentId,
    },
    /// 86
    #[error(
        "instrument {instrument} does not settle that way; months settle daily and finally, strips daily and by cascade, perpetuals daily and by funding"
    )]
    WrongSettlement {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 81
    #[error("day {} of instrument {instrument} cannot be settled; days rise, and daily ones end with delivery", day.0)]
    DaySettled {
        /// The contract.
        instrument: InstrumentId,
        /// The day.
        day: Day,
    },
    /// 82
    #[error("too early to settle instrument {instrument}; wait until {} microseconds", earliest.0)]
    TooEarly {
        /// The contract.
        instrument: InstrumentId,
        /// The earliest moment.
        earliest: Timestamp,
    },
    /// 83
    #[error("day {} of series {series} has no final value yet; record its fixing or its rung first", day.0)]
    FixingMissing {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
    },
    /// 84
    #[error("instrument {instrument} has neither trade, quote, earlier settlement nor fixing to settle at")]
    NoSettlementPrice {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 97
    #[error(
        "instrument {instrument} waits for an approval; another operator than the proposer approves its final value"
    )]
    NotApproved {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 98
    #[error("{value} USD a lot is not what is proposed for instrument {instrument}; look at the proposal again")]
    ProposalDiffers {
        /// The contract.
        instrument: InstrumentId,
        /// The value that was to be approved.
        value: Cash,
    },
    /// 99
    #[error("key {key} proposed this value itself; another operator approves it")]
    SecondKeyNeeded {
        /// The key.
        key: KeyId,
    },
}

/// Who is paid.
fn receiver(account: Option<AccountId>) -> String {
    account.map_or("the insurance fund".to_owned(), |account| format!("account {account}"))
}
