//! A limit on everything, in one place, with the inequalities between them proved by the compiler.

use crate::units::{Amount, Cash, HOURS_PER_DAY, Lots, Price, Timestamp};

/// Largest magnitude of a price: 1,000 USD per GPU-hour, fifty times the dearest offer on record.
pub const PRICE_MAX: Price = Price(1_000_000_000);

/// Widest band, protection or daily limit: from the lowest price to the highest.
pub const PRICE_WIDTH_MAX: Price = Price(2 * PRICE_MAX.0);

/// Largest lot of a spot pair, in the smallest units of its asset.
pub const LOT_SIZE_MAX: Amount = Amount(1_000_000_000);

/// Longest pause before daily limits widen: a day.
pub const PAUSE_US_MAX: u64 = 24 * 3_600 * 1_000_000;

/// Largest order, in lots.
pub const ORDER_LOTS_MAX: Lots = Lots(100_000);

/// Largest holding of one account in one contract plus its open orders on the same side, in lots.
pub const POSITION_LOTS_MAX: i64 = 1_000_000;

/// Lots of all accounts together on one side of a contract.
pub const LOTS_OF_ALL_MAX: i64 = 1_000_000_000_000;

/// Longest delivery period: a month. Strips become instruments of their own.
pub const DELIVERY_DAYS_MAX: u16 = 31;

/// Longest delivery of a strip: a leap year.
pub const STRIP_DAYS_MAX: u16 = 366;

/// GPU-hours of a lot of a perpetual.
pub const PERPETUAL_HOURS_MAX: u16 = 744;

/// Largest interest and largest cap of a perpetual's funding rate, in parts per million for eight hours: a tenth.
pub const FUNDING_PPM_MAX: i32 = 100_000;

/// Legs of a strip: a year has three months and three quarters.
pub const LEGS_MAX: usize = 6;

/// GPU-hours of a lot of the longest strip, and so of a spread of strips.
pub const SPREAD_HOURS_MAX: u16 = STRIP_DAYS_MAX * HOURS_PER_DAY;

/// Families that say what is listed.
pub const FAMILIES_MAX: usize = 1_000;

/// Months that a family lists, the current one counted.
pub const FAMILY_MONTHS_MAX: u8 = 24;

/// Quarters that a family lists.
pub const FAMILY_QUARTERS_MAX: u8 = 12;

/// Years that a family lists.
pub const FAMILY_YEARS_MAX: u8 = 5;

/// Largest single deposit: one thousand million USD.
pub const DEPOSIT_MAX: Cash = Cash(1_000_000_000_000_000);

/// Largest sum of all money in the venue; every balance is smaller.
pub const TOTAL_CASH_MAX: Cash = Cash(1_000_000_000_000_000_000);

/// All that one account may ever move out of one asset to the chain: many times what there is at once.
pub const CLAIMABLE_MAX: Amount = Amount(4 * TOTAL_CASH_MAX.0);

/// Accounts of one venue.
pub const ACCOUNTS_MAX: usize = 1_000_000;

/// API keys of one venue.
pub const KEYS_MAX: usize = 2_000_000;

/// Assets of one venue.
pub const ASSETS_MAX: usize = 10_000;

/// Decimal places of an asset.
pub const DECIMALS_MAX: u8 = 18;

/// Contracts listed and not yet forgotten.
pub const INSTRUMENTS_MAX: usize = 10_000;

/// Days of fixings kept over all series: more than a century of ten series.
pub const FIXINGS_MAX: usize = 400_000;

/// Live orders of one account in one contract.
pub const OPEN_ORDERS_MAX: u32 = 1_000;

/// Live orders of one account in all contracts, stops included.
pub const ACCOUNT_ORDERS_MAX: u32 = 10_000;

/// Stop orders that wait in one contract.
pub const STOPS_MAX: usize = 100_000;

/// Orders that one step of a mass cancel looks at, or one step of the clock takes out.
pub const CANCELS_PER_STEP_MAX: u32 = 256;

/// Triggered stop orders that one step of the clock wakes up.
pub const STOPS_PER_STEP_MAX: u32 = 16;

/// Trades of the stop orders that one step of the clock has woken up, after which it wakes no more.
pub const TRADES_OF_STOPS_MAX: u64 = 1_000;

/// Longest time after which a dead man's switch fires: a day.
pub const CANCEL_AFTER_US_MAX: u64 = 24 * 3_600 * 1_000_000;

/// Fastest rate an account can be limited to, in commands a second.
pub const RATE_PER_SECOND_MAX: u32 = 1_000_000;

/// Largest burst on top of a rate, in commands.
pub const BURST_MAX: u32 = 1_000_000;

/// Changes of the fees of a contract, or of the tier of an account, that are still to come.
pub const SCHEDULED_MAX: usize = 16;

/// Pending transfers of one account.
pub const PENDING_TRANSFERS_MAX: u32 = 100;

/// How far ahead of the venue's time an order may be stamped: a minute of drifting clocks.
pub const SENT_AHEAD_US_MAX: i64 = 60 * 1_000_000;

/// Orders of one account that the venue remembers: live ones, and finished ones for the retention period.
pub const REMEMBERED_ORDERS_MAX: u32 = 200_000;

/// Resting orders that one arriving order trades with, so that no command holds up the venue.
pub const FILLS_PER_ORDER_MAX: u32 = 1_000;

/// Accounts or orders that one settlement step touches, so that no command holds up the venue.
pub const SETTLEMENT_STEP_MAX: usize = 256;

/// How long a finished order and its client order id are kept: 24 hours of journal time.
pub const ORDER_RETENTION_US: i64 = 24 * 3_600 * 1_000_000;

/// Finished orders forgotten per command. Above one, so that the backlog shrinks under any load.
pub const FORGET_PER_COMMAND_MAX: usize = 4;

/// What all margined contracts of an account, at their reach, may gain or lose between floor and cap: a hundred thousand million USD, so
/// that no sum over an account comes near 64 bits, whatever prices do.
pub const VALUE_RANGE_MAX: Cash = Cash(100_000_000_000_000_000);

/// How long a risk array may hold: two days, so that a weekend without a new one stops what raises risk.
pub const RISK_VALID_US_MAX: i64 = 48 * 3_600 * 1_000_000;

/// Largest version of a risk array.
pub const RISK_VERSION_MAX: u64 = 1_000_000_000_000_000;

/// Largest loss of a lot in a scenario: a million USD.
pub const LOSS_PER_LOT_MAX: Cash = Cash(1_000_000_000_000);

/// Largest charge or credit of margin for a lot: a million USD.
pub const CHARGE_PER_LOT_MAX: Cash = Cash(1_000_000_000_000);

/// Largest limit of what may be open in a contract.
pub const OPEN_INTEREST_LOTS_MAX: Lots = Lots(1_000_000_000);

/// Pairs of series with a credit.
pub const CREDITS_MAX: usize = 64;

/// Longest time after which an index is stale, and longest time for which marks are frozen then: 30 days.
pub const STALENESS_US_MAX: i64 = 30 * 24 * 3_600 * 1_000_000;

/// The last part of a day whose trades settle it: an hour.
pub const CLOSING_WINDOW_US: i64 = 3_600 * 1_000_000;

/// How long positions of an account in exit are closed in the book, before they are closed at the mark: 12 hours.
pub const EXIT_IN_BOOK_US: i64 = 12 * 3_600 * 1_000_000;

/// How long an account in exit waits for bids or a settlement: 10 minutes.
pub const EXIT_INTERVAL_US: i64 = 600 * 1_000_000;

/// Series with margin parameters.
pub const MARGIN_SERIES_MAX: usize = 1_000;

/// Accounts that one step of a revaluation looks at.
pub const REVALUED_PER_STEP_MAX: usize = 256;

/// Live orders that one step of a revaluation looks at, but for those of its last account.
pub const REVALUED_ORDERS_PER_STEP_MAX: usize = 4_096;

/// Accounts that one step looks at for their initial margin.
pub const MARGINS_CHECKED_PER_STEP_MAX: u32 = 256;

/// Accounts that one step of a deleveraging looks at.
pub const DELEVERAGED_PER_STEP_MAX: usize = 256;

/// How long an account in liquidation is left to its own after a round that closed a part, or when nothing can be closed: 30 seconds.
pub const LIQUIDATION_COOLDOWN_US: i64 = 30 * 1_000_000;

/// Vaults of machines, of which most are wound up one day.
pub const VAULTS_MAX: usize = 1_000;

/// Machines of one vault.
pub const VAULT_GPUS_MAX: u16 = 1_000;

/// Dearest share: a hundredth of a machine for 100 000 USD, and no more than a lot of a spot pair can cost.
pub const SHARE_PRICE_MAX: Cash = Cash(1_000_000_000);

/// Operating rates of all series: more than a century of ten series that change theirs every two weeks.
pub const OPERATING_RATES_MAX: usize = 100_000;

/// All of something, in basis points.
pub const BASIS_POINTS: u16 = 10_000;

/// Latest moment a command may carry: the year 2200. Far inside 64 bits, and its day number inside 32.
pub const TIMESTAMP_MAX: Timestamp = Timestamp(7_258_118_400_000_000);

/// Bytes of one encoded record; a longer one in a journal is corruption.
pub const RECORD_BYTES_MAX: usize = 4_096;

/// Commands that a look ahead takes in: enough for their loads to overlap, few enough to still be cached when they are applied.
pub const LOOKAHEAD_MAX: usize = 16;

/// Records of one batch.
pub const BATCH_RECORDS_MAX: usize = 1_000;

// The dearest holding fits into 64 bits with room for a sum of four such terms.
const _: () = assert!(
    (PRICE_MAX.0 as i128) * (POSITION_LOTS_MAX as i128) * (DELIVERY_DAYS_MAX as i128) * 24 < (i64::MAX as i128) / 4
);
// What an account's positions and orders in a series add up to in a scenario: its reach is limited to as many lots, on both sides,
// each with its loss and the distance of its limit from the mark.
const _: () = assert!(
    2 * (POSITION_LOTS_MAX as i128)
        * (LOSS_PER_LOT_MAX.0 as i128 + (PRICE_WIDTH_MAX.0 as i128) * (DELIVERY_DAYS_MAX as i128) * 24)
        < i64::MAX as i128
);
// A single order of a strip, before its lots are compared with any limit.
const _: () = assert!(
    (PRICE_WIDTH_MAX.0 as i128) * (ORDER_LOTS_MAX.0 as i128) * (STRIP_DAYS_MAX as i128) * 24 < (i64::MAX as i128) / 4
);
const _: () = assert!(VALUE_RANGE_MAX.0 < TOTAL_CASH_MAX.0);
const _: () = assert!(4 * (CHARGE_PER_LOT_MAX.0 as i128) * (POSITION_LOTS_MAX as i128) < i64::MAX as i128);
// All shares of a vault are a single payment.
const _: () = assert!((VAULT_GPUS_MAX as i64) * 100 * SHARE_PRICE_MAX.0 <= DEPOSIT_MAX.0);
// What a vault costs from 1970 to 2200 beyond what it brings: its machines for every hour at the dearest rate.
const _: () = assert!(
    (VAULT_GPUS_MAX as i128) * 24 * (PRICE_MAX.0 as i128) * (TIMESTAMP_MAX.0 as i128 / 86_400_000_000)
        < i64::MAX as i128
);
const _: () = assert!(SHARE_PRICE_MAX.0 <= PRICE_MAX.0);
const _: () = assert!((ORDER_LOTS_MAX.0 as i64) <= POSITION_LOTS_MAX);
const _: () = assert!((POSITION_LOTS_MAX as i128) * (ACCOUNTS_MAX as i128) <= LOTS_OF_ALL_MAX as i128);
const _: () = assert!(TOTAL_CASH_MAX.0 < i64::MAX / 4);
const _: () = assert!(CLAIMABLE_MAX.0 > TOTAL_CASH_MAX.0);
const _: () = assert!(DEPOSIT_MAX.0 <= TOTAL_CASH_MAX.0);
const _: () = assert!(FORGET_PER_COMMAND_MAX > 1);
const _: () = assert!(OPEN_ORDERS_MAX < REMEMBERED_ORDERS_MAX);
const _: () = assert!(OPEN_ORDERS_MAX < ACCOUNT_ORDERS_MAX && ACCOUNT_ORDERS_MAX < REMEMBERED_ORDERS_MAX);
const _: () =
    assert!((LOT_SIZE_MAX.0 as i128) * (ORDER_LOTS_MAX.0 as i128) * (OPEN_ORDERS_MAX as i128) < (i64::MAX as i128) / 4);
