//! Planted faults: wrong answers a venue could give, to see that they are found.

use engine::event::{CancelReason, Event, PositionReason, TransferReason};
use engine::units::{Amount, Cash, Lots, Price};

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
    /// A leg of a spread that trades a micro-USD off.
    Leg,
    /// A strip that becomes a lot too many of its legs.
    Cascade,
    /// An hour of a perpetual in which somebody pays a micro-USD too much.
    Funding,
    /// Approvals that are said to be required and are not.
    Approval,
    /// An account that is below its maintenance margin and not liquidated.
    Liquidation,
    /// A closing order for a lot too many.
    Closing,
    /// A closing trade for which the fund gets nothing.
    Charge,
    /// A default that the fund does not pay for.
    Insurance,
    /// A position taken over for a micro-USD too little.
    Backstop,
    /// A haircut of a micro-USD too much.
    Haircut,
    /// Somebody on the other side who is not closed out.
    Deleveraging,
}

impl Plant {
    /// All of them.
    pub const ALL: [Plant; 21] = [
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
        Plant::Leg,
        Plant::Cascade,
        Plant::Funding,
        Plant::Approval,
        Plant::Liquidation,
        Plant::Closing,
        Plant::Charge,
        Plant::Insurance,
        Plant::Backstop,
        Plant::Haircut,
        Plant::Deleveraging,
    ];

    /// By its name on the command line.
    pub fn named(name: &str) -> Option<Plant> {
        Plant::ALL.into_iter().find(|plant| format!("{plant:?}").eq_ignore_ascii_case(name))
    }

    /// Changes what the venue said.
    pub(crate) fn alter(self, events: &mut Vec<Event>) {
        events.retain(|event| !self.hides(event));
        events.iter_mut().for_each(|event| self.change(event));
    }

    /// Whether an event is kept back.
    fn hides(self, event: &Event) -> bool {
        let hidden = match *event {
            Event::Transferred { reason: TransferReason::Rebate, .. } => Plant::Fee,
            Event::Transferred { reason: TransferReason::Shortfall, .. } => Plant::Shortfall,
            Event::Transferred { reason: TransferReason::Liquidation, .. } => Plant::Charge,
            Event::Transferred { reason: TransferReason::Insurance, .. } => Plant::Insurance,
            Event::OrderCancelled { reason: CancelReason::SelfTrade, .. } => Plant::Cancel,
            Event::LiquidationStarted { .. } => Plant::Liquidation,
            Event::PositionTransferred { reason: PositionReason::Deleveraging, .. } => Plant::Deleveraging,
            _ => return false,
        };
        hidden == self
    }

    /// Makes an event a wrong one.
    fn change(self, event: &mut Event) {
        match (self, event) {
            (Plant::Price, Event::Traded(trade)) if trade.lots == Lots(2) => trade.price.0 += 1,
            (Plant::Amount, Event::Transferred { amount, reason: TransferReason::Internal, .. })
            | (Plant::Funding, Event::Transferred { amount, reason: TransferReason::Funding, .. }) => {
                *amount = Amount(amount.0 + 1);
            }
            (Plant::Rested, Event::OrderRested { lots, .. }) if *lots == Lots(7) => *lots = Lots(8),
            (Plant::Expiry, Event::OrderCancelled { reason, .. }) if *reason == CancelReason::MassCancel => {
                *reason = CancelReason::TimeInForce;
            }
            (Plant::Call, Event::MarginCalled { initial, .. }) => *initial = Cash(initial.0 + 1),
            (Plant::Leg, Event::LegsTraded { far_price, .. }) => *far_price = Price(far_price.0 + 1),
            (Plant::Cascade, Event::PositionCascaded { position, .. }) => position.0 += 1,
            (Plant::Approval, Event::ApprovalsRequired { required }) => *required = true,
            (Plant::Closing, Event::LiquidationOrdered { lots, .. }) => *lots += Lots(1),
            (Plant::Backstop, Event::PositionTransferred { value, reason: PositionReason::Backstop, .. }) => {
                *value = Cash(value.0 - 1);
            }
            (Plant::Haircut, Event::PositionTransferred { value, reason: PositionReason::Deleveraging, .. }) => {
                *value = Cash(value.0 + 1);
            }
            _ => {}
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
