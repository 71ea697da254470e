//! Why a command was refused: one enum, in order of precedence, with numbers that never change.
//!
//! Where several rules are broken, the one with the lowest number is reported. Numbers are part of the
//! journal and of the API: a reason may be added, never renumbered.

use crate::ids::{AccountId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol};
use crate::limits;
use crate::units::{Cash, Day, Lots, Price, Timestamp};

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
    #[error("the venue lists {} contracts, the most it can", limits::INSTRUMENTS_MAX)]
    TooManyInstruments,
    /// 34
    #[error("instrument {instrument} is not listed; see the list of instruments")]
    UnknownInstrument {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 40
    #[error("client order id {client_order_id} was used for another order; choose a new one")]
    ClientOrderIdReused {
        /// The client order id.
        client_order_id: ClientOrderId,
    },
    /// 41
    #[error("instrument {instrument} is being settled; try again in a moment")]
    Settling {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 42
    #[error("instrument {instrument} no longer trades; its delivery has ended")]
    Expired {
        /// The contract.
        instrument: InstrumentId,
    },
    /// 43
    #[error("{lots} lots are not allowed; an order has 1 to {} lots", limits::ORDER_LOTS_MAX)]
    LotsOutOfRange {
        /// The lots asked for.
        lots: Lots,
    },
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
    /// 46
    #[error(
        "the account has {} open orders in this contract, the most it can; cancel one first",
        limits::OPEN_ORDERS_MAX
    )]
    TooManyOpenOrders,
    /// 47
    #[error("position and open orders would exceed {} lots on one side", limits::POSITION_LOTS_MAX)]
    PositionLimit,
    /// 48
    #[error("the order needs {required} USD more collateral, {free} USD are free; deposit, or cancel other orders")]
    InsufficientFunds {
        /// What the order would add to the account's hold.
        required: Cash,
        /// What the account has free.
        free: Cash,
    },
    /// 49
    #[error(
        "the venue remembers {} orders of the account, the most it can; wait until finished ones are forgotten",
        limits::REMEMBERED_ORDERS_MAX
    )]
    TooManyOrders,
    /// 50
    #[error("order {order} is not live; it was filled, cancelled or never accepted for this account")]
    OrderNotLive {
        /// The order.
        order: OrderId,
    },
    /// 60
    #[error("amount {amount} USD is not allowed; deposit more than 0 and at most {} USD", limits::DEPOSIT_MAX)]
    AmountOutOfRange {
        /// The amount.
        amount: Cash,
    },
    /// 61
    #[error(
        "deposit {reference} of account {account} is out of sequence, the next is {next}; a lower one was credited already"
    )]
    DepositOutOfSequence {
        /// The account.
        account: AccountId,
        /// The number given.
        reference: u64,
        /// The number expected.
        next: u64,
    },
    /// 62
    #[error("the venue holds as much money as it can, {} USD", limits::TOTAL_CASH_MAX)]
    TotalCashLimit,
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
}

impl Reject {
    /// The stable number; the lowest of all broken rules is reported.
    pub fn number(&self) -> u16 {
        self.entry().0
    }

    /// The stable name, as shown at the API.
    pub fn code(&self) -> &'static str {
        self.entry().1
    }

    fn entry(&self) -> (u16, &'static str) {
        match self {
            Reject::UnknownKey { .. } => (1, "unknown_key"),
            Reject::KeyRevoked { .. } => (2, "key_revoked"),
            Reject::NotAuthorised { .. } => (3, "not_authorised"),
            Reject::AccountExists { .. } => (10, "account_exists"),
            Reject::UnknownAccount { .. } => (11, "unknown_account"),
            Reject::TooManyAccounts => (12, "too_many_accounts"),
            Reject::KeyExists { .. } => (20, "key_exists"),
            Reject::TooManyKeys => (21, "too_many_keys"),
            Reject::InstrumentExists { .. } => (30, "instrument_exists"),
            Reject::SymbolExists { .. } => (31, "symbol_exists"),
            Reject::InvalidTerms { .. } => (32, "invalid_terms"),
            Reject::TooManyInstruments => (33, "too_many_instruments"),
            Reject::UnknownInstrument { .. } => (34, "unknown_instrument"),
            Reject::ClientOrderIdReused { .. } => (40, "client_order_id_reused"),
            Reject::Settling { .. } => (41, "settling"),
            Reject::Expired { .. } => (42, "expired"),
            Reject::LotsOutOfRange { .. } => (43, "lots_out_of_range"),
            Reject::PriceOutOfRange { .. } => (44, "price_out_of_range"),
            Reject::PriceOffTick { .. } => (45, "price_off_tick"),
            Reject::TooManyOpenOrders => (46, "too_many_open_orders"),
            Reject::PositionLimit => (47, "position_limit"),
            Reject::InsufficientFunds { .. } => (48, "insufficient_funds"),
            Reject::TooManyOrders => (49, "too_many_orders"),
            Reject::OrderNotLive { .. } => (50, "order_not_live"),
            Reject::AmountOutOfRange { .. } => (60, "amount_out_of_range"),
            Reject::DepositOutOfSequence { .. } => (61, "deposit_out_of_sequence"),
            Reject::TotalCashLimit => (62, "total_cash_limit"),
            Reject::FixingOutOfRange { .. } => (70, "fixing_out_of_range"),
            Reject::FixingFinal { .. } => (71, "fixing_final"),
            Reject::NoEarlierFixing { .. } => (72, "no_earlier_fixing"),
            Reject::TooManyFixings => (73, "too_many_fixings"),
            Reject::NotSettling { .. } => (80, "not_settling"),
            Reject::DaySettled { .. } => (81, "day_settled"),
            Reject::TooEarly { .. } => (82, "too_early"),
            Reject::FixingMissing { .. } => (83, "fixing_missing"),
            Reject::NoSettlementPrice { .. } => (84, "no_settlement_price"),
        }
    }
}
