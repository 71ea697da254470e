//! Random lives in which accounts default, on the engine and on its twin, with what must hold of every default whatever its figures.

use std::collections::BTreeMap;

use engine::Engine;
use engine::event::{Event, PositionReason, TransferReason};
use engine::ids::{AccountId, AssetId};
use engine::ledger::LedgerAccount;
use engine::units::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::lives::{live_alike, lives};
use super::writer::{ACCOUNTS, acts_of_defaults};
use crate::compare::Seen;
use crate::counts::count;
use crate::twin::Twin;

/// What the lives of a full run come by, and how often at least.
const MUST_BE_SEEN: &[(&str, u32)] = &[
    ("BackstopSet", 100),
    ("DefaultDeclared", 100),
    ("DeleveragingRanked", 100),
    ("DeleveragingStarted", 100),
    ("Deleveraged", 100),
    ("LiquidationEnded", 100),
    ("LiquidationOrdered", 300),
    ("LiquidationPostponed", 100),
    ("LiquidationRound", 200),
    ("LiquidationRoundCompleted", 50),
    ("LiquidationStarted", 200),
    ("OrderCancelled immediate_or_cancel", 300),
    ("OrderCancelled liquidation", 100),
    ("PositionTransferred", 200),
    ("StopTriggered mark", 10),
    ("Transferred insurance", 20),
    ("Transferred liquidation", 50),
    ("Transferred repayment", 5),
    ("a backstop takes a part", 5),
    ("a backstop takes everything", 50),
    ("a cooldown is waived", 20),
    ("a default without a shortfall", 50),
    ("a full round", 100),
    ("a haircut", 50),
    ("a haircut in several contracts", 10),
    ("a liquidation ends at zero", 30),
    ("a liquidation ends with its margin", 100),
    ("a partial round", 50),
    ("a short position is deleveraged", 50),
    ("a snapshot in the middle of a default", 100),
    ("a snapshot in the middle of a round", 100),
    ("an account gives its part of a tier", 30),
    ("an order of the venue trades in part", 20),
    ("an order of the venue trades wholly", 30),
    ("deleveraged without a haircut", 50),
    ("insured in part", 10),
    ("insured wholly", 5),
    ("refused 11 unknown_account", 10),
    ("refused 60 amount_out_of_range", 10),
    ("refused 77 in_liquidation", 20),
];

#[test]
fn engine_and_twin_default_alike() {
    let commands = live_alike::<Engine>(lives(acts_of_defaults()), |seen| {
        let is_rare = |(what, least): &&(&str, u32)| seen.get(*what).copied().unwrap_or(0) < *least;
        let missing: Vec<_> = MUST_BE_SEEN.iter().filter(is_rare).collect();
        assert!(missing.is_empty(), "missing {missing:?} of {seen:#?}");
    });
    count(commands, "commands of defaults compared with the twin");
}

/// What is known of defaults from their events, to say what was seen and to hold the venue to what it promises.
#[derive(Default)]
pub struct Defaults {
    /// When the next round of an account is due.
    next: BTreeMap<AccountId, Timestamp>,
    /// Of the present default: what is still missing, and in how many contracts somebody bore some of it.
    missing: i128,
    bearing: usize,
    /// Of the contract that is being deleveraged: its part of what is missing.
    haircut: i128,
    /// What each account had before the step.
    equities: BTreeMap<AccountId, i128>,
}

impl Defaults {
    /// Looks at what came of a command, `twin` being as it is behind it.
    pub fn watch(
        &mut self,
        twin: &Twin,
        now: Timestamp,
        events: &[Event],
        seen: &mut Seen,
    ) -> Result<(), TestCaseError> {
        let mut note = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
        for (at, event) in events.iter().enumerate() {
            self.watch_round(now, events, at, &mut note);
            self.watch_default(twin, event, &mut note)?;
        }
        if events.iter().any(|event| matches!(event, Event::PositionTransferred { .. })) {
            for (&account, &before) in self.equities.iter().filter(|(_, before)| **before >= 0) {
                prop_assert!(twin.margin_report(account).equity >= 0, "{account} had {before} before the step");
            }
        }
        // Nothing else moves anybody's equity while a default is served.
        self.equities.clear();
        if twin.is_in_default() {
            let of = |account| (account, twin.margin_report(account).equity);
            self.equities = (1..=ACCOUNTS).map(AccountId).map(of).collect();
        }
        Ok(())
    }

    fn watch_round(&mut self, now: Timestamp, events: &[Event], at: usize, note: &mut impl FnMut(&str)) {
        match events[at] {
            Event::LiquidationRound { account, equity, maintenance } => {
                let is_full = 3 * i128::from(equity.0) < 2 * i128::from(maintenance.0);
                note(if is_full { "a full round" } else { "a partial round" });
                if self.next.remove(&account).is_some_and(|next| now < next) {
                    note("a cooldown is waived");
                }
            }
            Event::LiquidationOrdered { lots, .. } => {
                let traded: u32 = events[at..]
                    .iter()
                    .map(|event| if let Event::Traded(trade) = event { trade.lots.0 } else { 0 })
                    .sum();
                if traded == lots.0 {
                    note("an order of the venue trades wholly");
                } else if traded > 0 {
                    note("an order of the venue trades in part");
                }
            }
            Event::LiquidationRoundCompleted { account, next } => {
                self.next.insert(account, next);
            }
            Event::LiquidationEnded { equity, .. } => {
                note(match equity.0 {
                    ..0 => "a liquidation ends below zero",
                    0 => "a liquidation ends at zero",
                    _ => "a liquidation ends with its margin",
                });
            }
            _ => {}
        }
    }

    fn watch_default(&mut self, twin: &Twin, event: &Event, note: &mut impl FnMut(&str)) -> Result<(), TestCaseError> {
        match *event {
            Event::DefaultDeclared { equity, insured, shortfall, .. } => {
                let [equity, insured, shortfall] = [equity, insured, shortfall].map(|cash| i128::from(cash.0));
                prop_assert_eq!(insured + shortfall, (-equity).max(0), "what is missing is insured or borne");
                let fund = twin.posted(LedgerAccount::Insurance, AssetId::USD);
                prop_assert!(shortfall == 0 || fund == 0, "nobody bears anything before the fund is empty");
                (self.missing, self.bearing) = (shortfall, 0);
                if shortfall == 0 {
                    note("a default without a shortfall");
                }
                if insured > 0 {
                    note(if shortfall == 0 { "insured wholly" } else { "insured in part" });
                }
            }
            Event::CloseOutStarted { .. } => (self.missing, self.bearing) = (0, 0),
            Event::DeleveragingStarted { lots, haircut, .. } => {
                self.haircut = i128::from(haircut.0);
                prop_assert!(self.haircut <= self.missing, "a contract has a part of what is missing");
                note(if self.haircut > 0 { "a haircut" } else { "deleveraged without a haircut" });
                self.bearing += usize::from(self.haircut > 0);
                if self.haircut > 0 && self.bearing > 1 {
                    note("a haircut in several contracts");
                }
                if lots.0 < 0 {
                    note("a short position is deleveraged");
                }
            }
            Event::PositionTransferred { instrument, from, to, lots, value, reason } => {
                let worth = i128::from(lots.0) * twin.worth_of_a_lot(instrument);
                let better = i128::from(value.0) - worth;
                if reason == PositionReason::Backstop {
                    prop_assert_eq!(self.missing, 0, "the backstop takes nothing over while something is missing");
                    prop_assert!(
                        better <= 0 && -better <= worth.abs() / 200,
                        "at the mark, less a half per cent at most"
                    );
                    let (left, _) = twin.holding(from, instrument);
                    note(if left == 0 { "a backstop takes everything" } else { "a backstop takes a part" });
                    return Ok(());
                }
                prop_assert!(0 <= better && better <= self.haircut, "at the mark but for a part of the haircut");
                (self.haircut, self.missing) = (self.haircut - better, self.missing - better);
                if twin.holding(to, instrument).0 != 0 {
                    note("an account gives its part of a tier");
                }
            }
            Event::LiquidationEnded { equity, .. } => {
                if self.bearing > 0 {
                    prop_assert_eq!(i128::from(equity.0), -self.missing, "exactly what nobody could bear");
                }
                self.bearing = 0;
            }
            Event::LiquidationPostponed { .. } => self.bearing = 0,
            Event::Transferred { reason: TransferReason::Insurance, from, .. } => {
                prop_assert_eq!(from, LedgerAccount::Insurance);
            }
            _ => {}
        }
        Ok(())
    }
}
