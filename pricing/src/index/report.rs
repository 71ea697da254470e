//! A received report and the rule which one of several counts, because sellers correct themselves within a day.

use std::collections::BTreeMap;
use std::fmt;

use super::{Owner, Price};

/// What a report rests on, from weakest to strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A published list price. The only evidence that series of methodology version 1 accept.
    List,
    /// A quote its maker is bound to.
    Firm,
    /// The receipt of a sale.
    Executed,
}

/// A report as the venue stamped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// When it was received, in microseconds since 1970-01-01 00:00 UTC.
    pub(super) received_us: i64,
    /// Its place in the venue's sequence; decides between reports of one microsecond.
    pub(super) seq: u64,
    pub(super) price: Price,
}

/// All reports for one day, by owner, in the order they came.
pub(super) type DayReports = BTreeMap<Owner, Vec<Report>>;

/// The counted report of each owner: the latest received at or before `cut_off_us`. All others are superseded or late.
pub(super) fn counted(reports: &DayReports, cut_off_us: i64) -> BTreeMap<Owner, Price> {
    let latest = |reports: &[Report]| {
        let in_time = reports.iter().filter(|report| report.received_us <= cut_off_us);
        in_time.max_by_key(|report| (report.received_us, report.seq)).map(|report| report.price)
    };
    reports.iter().filter_map(|(owner, reports)| Some((owner.clone(), latest(reports)?))).collect()
}

impl Evidence {
    /// Stable number on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Evidence::List => 1,
            Evidence::Firm => 2,
            Evidence::Executed => 3,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::List => "list",
            Evidence::Firm => "firm",
            Evidence::Executed => "executed",
        })
    }
}
