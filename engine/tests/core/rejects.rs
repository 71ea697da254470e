//! Each rule refuses alone, and of two broken rules the first of the page's table is reported: rows of venues, commands
//! and answers.

mod accounts;
mod arrays;
mod chain;
mod full_venue;
mod futures;
mod margin;
pub mod messages;
mod operators;
mod orders;
mod spreads;
mod trading;
mod vaults;
mod waterfall;

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{InstrumentId, KeyId};

use crate::counts::count;
use crate::venue::{Stage, VenueOf};

/// A key that nobody registered.
const UNKNOWN_KEY: u64 = 999;

/// The order in which broken rules are reported: that of the page's table, where each command has some of them.
const PRECEDENCE: &[u16] = &[
    1, 2, 3, 4, 6, 5, 7, 105, 112, 100, 101, 102, 108, 110, 111, 114, 10, 11, 12, 13, 14, 103, 104, 106, 107, 15, 16,
    17, 18, 19, 20, 21, 22, 34, 25, 26, 27, 30, 31, 32, 33, 120, 121, 127, 122, 123, 124, 125, 126, 128, 129, 130, 131,
    132, 133, 40, 50, 77, 113, 36, 35, 85, 86, 41, 23, 42, 37, 38, 67, 43, 39, 44, 45, 51, 52, 55, 54, 56, 46, 57, 58,
    47, 59, 24, 29, 69, 76, 74, 48, 68, 75, 28, 53, 60, 61, 63, 109, 64, 49, 62, 134, 65, 66, 70, 71, 72, 73, 80, 81,
    82, 83, 84, 97, 98, 99,
];

/// A command that breaks rules, in a venue of the engine where it does.
type Row = RowOf<Engine>;

/// A command that breaks rules, in a venue where it does.
struct RowOf<E> {
    /// The numbers of all rules broken.
    broken: Vec<u16>,
    venue: VenueOf<E>,
    key: u64,
    command: Command,
}

impl<E: Stage> RowOf<E> {
    /// A command of the venue itself.
    fn of_venue(broken: &[u16], venue: &VenueOf<E>, command: Command) -> RowOf<E> {
        RowOf { broken: broken.to_vec(), venue: venue.clone(), key: KeyId::VENUE.0, command }
    }

    /// A command of an account.
    fn of_account(broken: &[u16], venue: &VenueOf<E>, account: u32, command: Command) -> RowOf<E> {
        RowOf { key: u64::from(account), ..RowOf::of_venue(broken, venue, command) }
    }
}

/// The first broken rule is reported, alone, and nothing has changed.
fn check<E: Stage>(rows: Vec<RowOf<E>>) {
    count(rows.len(), "reject rows");
    for RowOf { broken, mut venue, key, command } in rows {
        let mut untouched = venue.clone();
        let refused = venue.send(KeyId(key), command).expect_err(&format!("{broken:?}: {command:?}"));
        let first = PRECEDENCE.iter().find(|rule| broken.contains(rule)).unwrap();
        assert_eq!(refused.number(), *first, "{broken:?}: {command:?}: {refused}");
        assert_eq!(venue.events, [Event::Rejected(refused)]);

        // Both journals grew by one refused command, so all else must be equal.
        let nobody = KeyId(UNKNOWN_KEY);
        untouched.send(nobody, Command::AdvanceSettlement { instrument: InstrumentId(0) }).unwrap_err();
        assert_eq!(venue.engine.trace(), untouched.engine.trace(), "{broken:?} left a trace: {command:?}");
    }
}

#[test]
fn every_reason_has_its_place() {
    let mut ordered = PRECEDENCE.to_vec();
    ordered.sort_unstable();
    let numbers: Vec<u16> = messages::rows().iter().map(|row| row.0).collect();
    assert_eq!(ordered, numbers);
}
