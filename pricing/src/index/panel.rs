//! Who forms the fixing: a panel fixed for a month, so that the level does not jump when reporters come and go.

use std::collections::{BTreeMap, BTreeSet};

use super::{Day, Owner};

/// The owners whose reports form the fixing of a month.
pub(super) type Panel = BTreeSet<Owner>;

/// Owners with a counted report, by final day. Only the days a coming panel can look at are kept.
pub(super) type ReportedDays = BTreeMap<Day, BTreeSet<Owner>>;

/// Days from the notice day to the first day of the month.
const NOTICE_DAYS: i32 = 7;

/// Days of the window that ends on the notice day.
const WINDOW_DAYS: i32 = 7;

/// Days of the window on which a member must have reported.
const REPORTED_DAYS_MIN: usize = 5;

/// Days before the first of a month on which its window begins.
const LOOK_BACK_DAYS: i32 = NOTICE_DAYS + WINDOW_DAYS - 1;

/// The panel of the month that begins on `first`: every owner that reported on at least 5 of the 7 days that end on the
/// notice day. Days before inception have no entry and so count for nobody.
pub(super) fn draw(first: Day, reported: &ReportedDays) -> Panel {
    let in_window = |day: Day| (NOTICE_DAYS..=LOOK_BACK_DAYS).contains(&first.days_since(day));
    let mut days_count: BTreeMap<&Owner, usize> = BTreeMap::new();
    for (_, owners) in reported.iter().filter(|(day, _)| in_window(**day)) {
        for owner in owners {
            *days_count.entry(owner).or_default() += 1;
        }
    }
    let members = days_count.into_iter().filter(|(_, days)| *days >= REPORTED_DAYS_MIN);
    members.map(|(owner, _)| owner.clone()).collect()
}

/// Whether the panel of some month that begins after `last_final` can still look at `day`.
pub(super) fn is_still_needed(day: Day, last_final: Day) -> bool {
    last_final.days_since(day) < LOOK_BACK_DAYS
}
