//! Every limit of the index with its reason, in one place, so that state stays bounded and no arithmetic overflows.

/// One in parts per billion, the unit of a [`Ratio`](super::Ratio).
pub const RATIO_ONE_PPB: i64 = 1_000_000_000;

/// Highest price a [`Price`](super::Price) can hold: 1000 USD per GPU-hour in micro-USD.
///
/// A chain can run ahead of the level it is anchored to, so there is room above the highest report. It is also the
/// highest power of ten at which the ratio of any two prices fits in 64 bits.
pub const PRICE_MICRO_USD_MAX: i64 = 1_000_000_000;

/// Highest ratio of two prices in parts per billion.
pub const RATIO_PPB_MAX: i64 = PRICE_MICRO_USD_MAX * RATIO_ONE_PPB;

/// Lowest price a report may give: a tenth of a cent per GPU-hour. Less is a mistaken unit, not an offer.
pub const REPORT_PRICE_MICRO_USD_MIN: i64 = 1_000;

/// Highest price a report may give: 100 USD per GPU-hour, several times the dearest published offer of 2026.
pub const REPORT_PRICE_MICRO_USD_MAX: i64 = 100_000_000;

/// Series in one book. Each GPU model, region and tier is one series; a venue lists a few.
pub const SERIES_COUNT_MAX: usize = 64;

/// Bytes of a series symbol; it has to fit in a table column.
pub const SYMBOL_BYTES_MAX: usize = 32;

/// Bytes of an owner label; it has to fit in a table column.
pub const OWNER_LABEL_BYTES_MAX: usize = 32;

/// Owners ever seen in one series. A public price collection of 2026 covers 27 sellers over all models.
pub const OWNERS_PER_SERIES_MAX: usize = 128;

/// Reports of one owner for one day. A day is open for about two days: one report every two hours.
pub const REPORTS_PER_OWNER_AND_DAY_MAX: usize = 24;

/// Days, from the next one to become final, for which reports are taken. The regular process needs three; the rest
/// lets a quarter be loaded before it is determined.
pub const OPEN_DAYS_MAX: i32 = 100;

// Reports are prices, and a lowest report is at least one micro-USD.
const _: () = assert!(REPORT_PRICE_MICRO_USD_MIN >= 1);
const _: () = assert!(REPORT_PRICE_MICRO_USD_MIN < REPORT_PRICE_MICRO_USD_MAX);
const _: () = assert!(REPORT_PRICE_MICRO_USD_MAX <= PRICE_MICRO_USD_MAX);

// The sum of two ratios, as in a median, fits in 64 bits; the greatest product, a price times a ratio doubled for
// rounding, fits in 128 bits.
const _: () = assert!(RATIO_PPB_MAX <= i64::MAX / 2);
const _: () = assert!(RATIO_PPB_MAX as i128 <= i128::MAX / 4 / PRICE_MICRO_USD_MAX as i128);
