//! Each rule refuses alone, and of two broken rules the lower number is reported: rows of venues, commands and answers.

mod full_venue;
pub mod messages;
mod operators;
mod orders;

use engine::command::Command;
use engine::event::Event;
use engine::ids::{InstrumentId, KeyId};

use crate::counts::count;
use crate::venue::Venue;

/// A key that nobody registered.
const UNKNOWN_KEY: u64 = 999;

/// A command that breaks rules, in a venue where it does.
struct Row {
    /// The numbers of all rules broken.
    broken: Vec<u16>,
    venue: Venue,
    key: u64,
    command: Command,
}

impl Row {
    /// A command of the venue itself.
    fn of_venue(broken: &[u16], venue: &Venue, command: Command) -> Row {
        Row { broken: broken.to_vec(), venue: venue.clone(), key: KeyId::VENUE.0, command }
    }
}

/// The lowest broken rule is reported, alone, and nothing has changed.
fn check(rows: Vec<Row>) {
    count(rows.len(), "reject rows");
    for Row { broken, mut venue, key, command } in rows {
        let mut untouched = venue.clone();
        let refused = venue.send(KeyId(key), command).expect_err(&format!("{broken:?}: {command:?}"));
        assert_eq!(refused.number(), *broken.iter().min().unwrap(), "{broken:?}: {command:?}: {refused}");
        assert_eq!(venue.events, [Event::Rejected(refused)]);

        // Both journals grew by one refused command, so all else must be equal.
        let nobody = KeyId(UNKNOWN_KEY);
        untouched.send(nobody, Command::AdvanceSettlement { instrument: InstrumentId(0) }).unwrap_err();
        assert_eq!(venue.engine.state_hash(), untouched.engine.state_hash(), "{broken:?} left a trace: {command:?}");
    }
}
