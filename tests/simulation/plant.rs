//! Planted faults: wrong answers a venue could give, to see that they are found.

use engine::event::{CancelReason, Event};
use engine::units::{Amount, Lots, Price};

/// What goes wrong, once things have gone on for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A trade at a price one step off.
    Price,
    /// A fee that is not posted.
    Fee,
    /// One unit too much moves.
    Amount,
    /// A cancel that nobody is told of.
    Cancel,
    /// What rests is one lot more than what is left.
    Rested,
    /// An order cancelled as expired before its time.
    Expiry,
    /// A restarted venue that forgot what was due.
    Restart,
    /// A power cut that takes what was acknowledged.
    Power,
    /// A margin call that asks for a micro-USD too much.
    Call,
    /// A debt that nobody notes.
    Shortfall,
}

impl Plant {
    /// All of them.
    pub const ALL: [Plant; 10] = [
        Plant::Price,
        Plant::Fee,
        Plant::Amount,
        Plant::Cancel,
        Plant::Rested,
        Plant::Expiry,
        Plant::Restart,
        Plant::Power,
        Plant::Call,
        Plant::Shortfall,
    ];

    /// By its name on the command line.
    pub fn named(name: &str) -> Option<Plant> {
        Plant::ALL.into_iter().find(|plant| format!("{plant:?}").eq_ignore_ascii_case(name))
    }

    /// Changes what the venue said.
    pub(crate) fn alter(self, events: &mut Vec<Event>) {
        match self {
            Plant::Price => {
                for event in events {
                    if let Event::Traded(trade) = event
                        && trade.lots == Lots(2)
                    {
                        trade.price = Price(trade.price.0 + 1);
                    }
                }
            }
            Plant::Fee => events.retain(|event| {
                !matches!(event, Event::Transferred { reason: engine::event::TransferReason::Rebate, .. })
            }),
            Plant::Amount => {
                for event in events {
                    if let Event::Transferred { amount, reason: engine::event::TransferReason::Internal, .. } = event {
                        *amount = Amount(amount.0 + 1);
                    }
                }
            }
            Plant::Cancel => {
                events.retain(|event| !matches!(event, Event::OrderCancelled { reason: CancelReason::SelfTrade, .. }))
            }
            Plant::Rested => {
                for event in events {
                    if let Event::OrderRested { lots, .. } = event
                        && *lots == Lots(7)
                    {
                        *lots = Lots(8);
                    }
                }
            }
            Plant::Expiry => {
                for event in events {
                    if let Event::OrderCancelled { reason, .. } = event
                        && *reason == CancelReason::MassCancel
                    {
                        *reason = CancelReason::TimeInForce;
                    }
                }
            }
            Plant::Call => {
                for event in events {
                    if let Event::MarginCalled { initial, .. } = event {
                        initial.0 += 1;
                    }
                }
            }
            Plant::Shortfall => events.retain(|event| {
                !matches!(event, Event::Transferred { reason: engine::event::TransferReason::Shortfall, .. })
            }),
            Plant::Restart | Plant::Power => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Plant;
    use crate::run::{Settings, run};

    /// Enough for each fault to show.
    const COMMANDS: u64 = 20_000;
    /// As many commands as a person reads: they fit on a screen.
    const SHORT: usize = 60;

    #[test]
    fn every_planted_fault_is_found_and_a_short_script_shows_it() {
        for plant in Plant::ALL {
            let settings =
                Settings { seed: 5, commands: COMMANDS, plant: Some(plant), shrink: Duration::from_secs(600) };
            let failure = run(&settings).expect_err("a planted fault is found");
            println!("{plant:?}: command {}, {}, {} commands", failure.at, failure.fault.promise, failure.length);
            assert!(failure.length <= SHORT, "{plant:?} {failure:?}");
        }
    }

    #[test]
    fn a_run_without_a_fault_passes_twice_alike() {
        let settings = Settings { seed: 4, commands: 3_000, plant: None, shrink: Duration::from_secs(5) };
        let [first, second] = [(); 2].map(|()| format!("{:?}", run(&settings).expect("nothing is wrong")));
        assert_eq!(first, second);
    }
}
