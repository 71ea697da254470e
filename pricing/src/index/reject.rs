//! Why a command is refused: one list, in the order in which the rules are tested, with numbers that never change.

use super::limits::{
    OPEN_DAYS_MAX, OWNERS_PER_SERIES_MAX, REPORT_PRICE_MICRO_USD_MAX, REPORT_PRICE_MICRO_USD_MIN,
    REPORTS_PER_OWNER_AND_DAY_MAX, SERIES_COUNT_MAX, SYMBOL_BYTES_MAX,
};
use super::{Day, Evidence, Owner, Price, SeriesId, Stage};

/// A rule that said no. Of several that would, the one that stands first here answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// The command names a series that is not defined.
    #[error("series {series} is not defined; define it first")]
    UnknownSeries {
        /// The number as given.
        series: SeriesId,
    },
    /// The number is already given to a series.
    #[error("series {series} exists already; take another number")]
    SeriesExists {
        /// The number as given.
        series: SeriesId,
    },
    /// The symbol has a wrong length or character.
    #[error("symbol {symbol:?} is not 1 to {SYMBOL_BYTES_MAX} printable ascii characters; leave out spaces")]
    SymbolMalformed {
        /// The symbol as given.
        symbol: String,
    },
    /// The symbol is already given to a series.
    #[error("symbol {symbol} is that of series {series}; a symbol names one series")]
    SymbolTaken {
        /// The symbol as given.
        symbol: String,
        /// The series that has it.
        series: SeriesId,
    },
    /// The book is full.
    #[error("series {series} would be one more than the {SERIES_COUNT_MAX} of a book; series are never removed")]
    TooManySeries {
        /// The number as given.
        series: SeriesId,
    },
    /// The series does not accept this evidence.
    #[error("evidence {evidence} is not accepted by a series of methodology version 1; report a list price")]
    EvidenceNotAccepted {
        /// The evidence as given.
        evidence: Evidence,
    },
    /// The price is no plausible offer.
    #[error(
        "price {} micro-USD per GPU-hour is not from {min} to {max}; check the unit, one USD is 1000000",
        price.micro_usd(),
        min = REPORT_PRICE_MICRO_USD_MIN, max = REPORT_PRICE_MICRO_USD_MAX
    )]
    PriceOutOfRange {
        /// The price as given.
        price: Price,
    },
    /// The series did not exist on the day.
    #[error("day {day} lies before inception of the series; the first day is {inception}")]
    DayBeforeInception {
        /// The day as given.
        day: Day,
        /// The first day of the series.
        inception: Day,
    },
    /// The report speaks of a day that has not begun.
    #[error("day {day} lies after the day of receipt, {received}; report a day once it has begun, in UTC")]
    DayAfterReceipt {
        /// The day as given.
        day: Day,
        /// The day on which the report was received.
        received: Day,
    },
    /// The day is final: nothing about it changes any more.
    #[error("day {day} is final already; go on with a later day")]
    DayFinal {
        /// The day as given.
        day: Day,
    },
    /// Final determinations are so far behind that no more days are opened.
    #[error("day {day} is {OPEN_DAYS_MAX} days or more after {next}, the next to become final; determine that first")]
    TooManyOpenDays {
        /// The day as given.
        day: Day,
        /// The next day to become final.
        next: Day,
    },
    /// The series has no room for a new owner.
    #[error("owner {owner} would be one more than the {OWNERS_PER_SERIES_MAX} of a series; owners are never removed")]
    TooManyOwners {
        /// The owner as given.
        owner: Owner,
    },
    /// The owner has corrected itself too often.
    #[error("owner {owner} has given {REPORTS_PER_OWNER_AND_DAY_MAX} reports for {day}, the limit; the latest counts")]
    TooManyReports {
        /// The owner as given.
        owner: Owner,
        /// The day as given.
        day: Day,
    },
    /// Reports for the day can still come in time.
    #[error("{stage} determination of {day} at {now_us} us is too early; it is due at {cut_off_us} us")]
    DeterminationTooEarly {
        /// The day as given.
        day: Day,
        /// The stage as given.
        stage: Stage,
        /// When it was asked for, in microseconds since 1970-01-01 00:00 UTC.
        now_us: i64,
        /// When it is due, in the same unit.
        cut_off_us: i64,
    },
    /// An earlier day is not final yet.
    #[error("{stage} determination of {day} is out of order; make the final one of {next} first")]
    DeterminationOutOfOrder {
        /// The day as given.
        day: Day,
        /// The stage as given.
        stage: Stage,
        /// The next day to become final.
        next: Day,
    },
}

impl Reject {
    /// Stable number, in order of precedence. Numbers are never given anew.
    pub const fn number(&self) -> u16 {
        self.entry().0
    }

    /// Stable name, as shown at an API.
    pub const fn code(&self) -> &'static str {
        self.entry().1
    }

    const fn entry(&self) -> (u16, &'static str) {
        match self {
            Reject::UnknownSeries { .. } => (1, "unknown_series"),
            Reject::SeriesExists { .. } => (2, "series_exists"),
            Reject::SymbolMalformed { .. } => (3, "symbol_malformed"),
            Reject::SymbolTaken { .. } => (4, "symbol_taken"),
            Reject::TooManySeries { .. } => (5, "too_many_series"),
            Reject::EvidenceNotAccepted { .. } => (6, "evidence_not_accepted"),
            Reject::PriceOutOfRange { .. } => (7, "report_price_out_of_range"),
            Reject::DayBeforeInception { .. } => (8, "day_before_inception"),
            Reject::DayAfterReceipt { .. } => (9, "day_after_receipt"),
            Reject::DayFinal { .. } => (10, "day_final"),
            Reject::TooManyOpenDays { .. } => (11, "too_many_open_days"),
            Reject::TooManyOwners { .. } => (12, "too_many_owners"),
            Reject::TooManyReports { .. } => (13, "too_many_reports"),
            Reject::DeterminationTooEarly { .. } => (14, "determination_too_early"),
            Reject::DeterminationOutOfOrder { .. } => (15, "determination_out_of_order"),
        }
    }
}
