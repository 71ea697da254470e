//! What can become of a report, as published with every fixing so that each decision of the index can be checked.

use std::fmt;

/// What became of an owner's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The move is in band: it enters the mean and the report becomes the reference.
    Accepted,
    /// The move is out of band but repeats the held price: it enters the mean and the report becomes the reference.
    Confirmed,
    /// The move is out of band: the price is remembered, the reference stays.
    Held,
    /// The panel member had no reference yet: the report becomes it.
    First,
    /// The reference was too old to link: the report becomes the reference.
    Reentered,
    /// The owner is not in the panel: the report becomes its reference without screening.
    OutsidePanel,
    /// The panel member did not report, but its reference stands.
    Standing,
    /// The panel member did not report and has no standing price.
    Absent,
}

impl Outcome {
    /// Whether the move enters the matched mean.
    pub const fn enters_mean(self) -> bool {
        matches!(self, Outcome::Accepted | Outcome::Confirmed)
    }

    /// Whether the owner counts towards the three that a fixing needs.
    pub const fn is_counted(self) -> bool {
        matches!(self, Outcome::Accepted | Outcome::Confirmed | Outcome::First | Outcome::Reentered)
    }

    /// Stable number on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Outcome::Accepted => 1,
            Outcome::Confirmed => 2,
            Outcome::Held => 3,
            Outcome::First => 4,
            Outcome::Reentered => 5,
            Outcome::OutsidePanel => 6,
            Outcome::Standing => 7,
            Outcome::Absent => 8,
        }
    }
}

/// The word of the methodology: `accepted`, `outside_panel`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Accepted => "accepted",
            Outcome::Confirmed => "confirmed",
            Outcome::Held => "held",
            Outcome::First => "first",
            Outcome::Reentered => "reentered",
            Outcome::OutsidePanel => "outside_panel",
            Outcome::Standing => "standing",
            Outcome::Absent => "absent",
        })
    }
}
