//! Compares the engine with its twin on random scripts: every answer, every event, and all that is left in the end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::Engine;
use engine::command::Command;
use engine::event::{CancelReason, Event};
use engine::ids::AssetId;
use engine::instrument::Halt;
use engine::ledger::LedgerAccount;
use engine::units::Side;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::counts::count;
use crate::reach::{MAY_BE_SEEN, MUST_BE_SEEN};
use crate::script::{Script, scripts};
use crate::text::{cancel_reason, fixing_rung, settlement_kind, settlement_rung, transfer_reason, trigger_reference};
use crate::twin::Twin;
use crate::venue::Exchange;

/// The cases of a full run; `PROPTEST_CASES` asks for more or fewer.
pub const CASES: u32 = 256;

/// What scripts came by, and how often.
pub type Seen = BTreeMap<String, u32>;

/// The settings of property tests: the same scripts on every run unless `PROPTEST_RNG_SEED` says otherwise.
pub fn config() -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(744);
    }
    config
}

/// Whether `PROPTEST_CASES` asks for more than a full run.
pub fn is_long_run() -> bool {
    config().cases > CASES
}

#[test]
fn engine_and_twin_agree() {
    let (commands, cases) = agree(config(), compare::<Engine>);
    count(cases as usize, "property cases");
    count(commands, "commands compared with the twin");
}

/// The scripts alone: the twin keeps the promises that need no other exchange.
#[test]
fn the_twin_keeps_its_promises() {
    agree(config(), compare::<Twin>);
}

/// Runs scripts until one fails; how many commands and cases there were. A full run must come by everything on the list.
fn agree(config: Config, compare: impl Fn(&Script, &mut Seen) -> Result<(), TestCaseError>) -> (usize, u32) {
    let (cases, shrinks) = (config.cases, config.max_shrink_iters > 0);
    let seen = RefCell::new(Seen::new());
    let commands = RefCell::new(0);
    let outcome = TestRunner::new(config).run(&scripts(), |script| {
        *commands.borrow_mut() += script.commands().len();
        compare(&script, &mut seen.borrow_mut())
    });
    // Why a script fails, also if it is a panic.
    let failure = |script: &Script| match catch_unwind(AssertUnwindSafe(|| compare(script, &mut Seen::new()))) {
        Ok(outcome) => outcome.err().map(|error| error.to_string()),
        Err(_) => Some("a panic, shown above".to_owned()),
    };
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, script)) if !shrinks => panic!("{script:?}{reason}"),
        Err(TestError::Fail(_, script)) => {
            let script = script.shortest(|shorter| failure(shorter).is_some());
            panic!("{script:?}{}", failure(&script).unwrap());
        }
        Err(aborted) => panic!("{aborted}"),
    }
    if cases >= CASES {
        let seen = seen.into_inner();
        let missing: Vec<_> = MUST_BE_SEEN.iter().filter(|&&what| !seen.contains_key(what)).collect();
        // A longer run may come by more.
        let listed = |what: &str| MUST_BE_SEEN.contains(&what) || MAY_BE_SEEN.contains(&what);
        let is_new = |what: &&String| cases == CASES && !listed(what);
        let unlisted: Vec<_> = seen.keys().filter(is_new).collect();
        assert!(missing.is_empty() && unlisted.is_empty(), "missing {missing:?}, not listed {unlisted:?} of {seen:#?}");
    }
    (commands.into_inner(), cases)
}

fn compare<E: Exchange + Default>(script: &Script, seen: &mut Seen) -> Result<(), TestCaseError> {
    let (mut engine, mut twin) = (E::default(), Twin::default());
    for (stamp, command) in script.commands() {
        let (mut from_engine, mut from_twin) = (Vec::new(), Vec::new());
        let engine_answer = engine.apply(&stamp, &command, &mut from_engine);
        let twin_answer = twin.apply(&stamp, &command, &mut from_twin);
        if (engine_answer, &from_engine) != (twin_answer, &from_twin) {
            let (engine, twin) = (lines(&from_engine), lines(&from_twin));
            let reason = format!("{stamp:?}\n{command:?}\n--- engine\n{engine}--- twin\n{twin}");
            return Err(TestCaseError::fail(reason));
        }
        note(&command, &from_twin, seen);
    }
    compare_what_is_left(&engine, &twin)?;
    if script.is_wound_up() {
        for account in Exchange::accounts(&engine) {
            for asset in twin.assets() {
                let standing = engine.balance(LedgerAccount::Customer(account), asset);
                prop_assert_eq!(standing.held, 0, "held of asset {} of account {}", asset, account);
            }
        }
    }
    Ok(())
}

/// Compares balances, orders, positions and books.
pub fn compare_what_is_left(engine: &impl Exchange, twin: &Twin) -> Result<(), TestCaseError> {
    let accounts = Exchange::accounts(twin);
    prop_assert_eq!(engine.accounts(), &accounts[..]);
    prop_assert_eq!(engine.insurance_payments(), twin.insurance_payments());
    prop_assert_eq!(engine.backstop(), twin.backstop());
    let standing_of_chain = twin.chain_standing();
    prop_assert_eq!(engine.chain_standing(), standing_of_chain.clone());
    for asset in twin.assets() {
        for &account in &accounts {
            let of = LedgerAccount::Customer(account);
            let standing = twin.balance(of, asset);
            prop_assert_eq!(engine.balance(of, asset), standing, "asset {} of account {}", asset, account);
            prop_assert!(twin.free(account, asset) >= 0, "free of asset {} of account {}", asset, account);
            let owed = LedgerAccount::Receivable(account);
            prop_assert_eq!(engine.balance(owed, asset), twin.balance(owed, asset), "owed by {}", account);
            prop_assert!(twin.posted(owed, asset) <= 0, "nobody lends the venue money");
        }
        for &account in &accounts {
            let claimable = twin.claimable(account, asset);
            prop_assert_eq!(engine.claimable(account, asset), claimable, "asset {} out of {}", asset, account);
        }
        let waits: i128 =
            standing_of_chain.unclaimed.iter().filter(|waits| waits.1 == asset).map(|waits| waits.2).sum();
        prop_assert_eq!(twin.posted(LedgerAccount::Unclaimed, asset), waits, "what waits, one by one");
        let chain_and_venue = [
            LedgerAccount::Outside,
            LedgerAccount::Chain,
            LedgerAccount::Fees,
            LedgerAccount::Insurance,
            LedgerAccount::Unclaimed,
        ];
        for of in chain_and_venue {
            prop_assert_eq!(engine.balance(of, asset), twin.balance(of, asset), "posted to {:?}", of);
        }
        prop_assert!(twin.posted(LedgerAccount::Fees, asset) >= 0, "a trade never costs the venue money");
        prop_assert!(twin.posted(LedgerAccount::Insurance, asset) >= 0, "the fund pays what it has");
        prop_assert_eq!(engine.total(asset), 0);
        prop_assert_eq!(twin.ledger_total(asset), 0);
    }
    for &account in &accounts {
        prop_assert_eq!(engine.remembered_count(account), twin.remembered_count(account), "orders of {}", account);
    }
    for instrument in twin.instruments() {
        let (mut positions, mut costs) = (0, 0);
        for &account in &accounts {
            let found = engine.holding(account, instrument);
            prop_assert_eq!(found, twin.holding(account, instrument), "account {} in {}", account, instrument);
            (positions, costs) = (positions + found.0, costs + found.1);
        }
        let pot = LedgerAccount::Variation(instrument);
        prop_assert_eq!(engine.balance(pot, AssetId::USD), twin.balance(pot, AssetId::USD));
        // What was paid out ahead of the other half of a settlement is still in the pot.
        let left = -twin.posted(pot, AssetId::USD);
        prop_assert_eq!((positions, costs), (0, left), "open contracts of {}", instrument);
        let [bids, offers] = [Side::Buy, Side::Sell].map(|side| Exchange::queue(twin, instrument, side));
        prop_assert_eq!(&engine.queue(instrument, Side::Buy), &bids, "bids of {}", instrument);
        prop_assert_eq!(&engine.queue(instrument, Side::Sell), &offers, "offers of {}", instrument);
        if let (Some(bid), Some(offer)) = (bids.first(), offers.first()) {
            prop_assert!(bid.1 < offer.1, "the book of {} is crossed", instrument);
        }
    }
    Ok(())
}

pub fn lines(events: &[Event]) -> String {
    events.iter().map(|event| format!("{event:?}\n")).collect()
}

/// Counts what came of a command.
pub fn note(command: &Command, events: &[Event], seen: &mut Seen) {
    let mut note = |what: String| *seen.entry(what).or_default() += 1;
    if !matches!(events, [Event::Rejected(_)]) {
        note(format!("accepted {}", variant(command)));
    }
    for event in events {
        note(match event {
            Event::Rejected(reject) => format!("refused {} {}", reject.number(), reject.code()),
            Event::OrderCancelled { reason, .. } => format!("OrderCancelled {}", cancel_reason(*reason)),
            Event::StopTriggered { reference, .. } => format!("StopTriggered {}", trigger_reference(*reference)),
            Event::InstrumentHalted { halt: Halt::DailyLimit { .. }, .. } => "InstrumentHalted daily_limit".to_owned(),
            Event::InstrumentHalted { halt: Halt::StaleIndex, .. } => "InstrumentHalted stale_index".to_owned(),
            Event::Transferred { reason, .. } => format!("Transferred {}", transfer_reason(*reason)),
            Event::FixingRecorded { rung, .. } => {
                format!("FixingRecorded {}", fixing_rung(*rung))
            }
            Event::SettlementStarted { rung, .. } => format!("SettlementStarted {}", settlement_rung(*rung)),
            Event::SettlementCompleted { kind, .. } => format!("SettlementCompleted {}", settlement_kind(*kind)),
            other => variant(other),
        });
    }
    note_turns(command, events, &mut note);
}

/// What several events together say.
fn note_turns(command: &Command, events: &[Event], note: &mut impl FnMut(String)) {
    let any = |is_it: fn(&Event) -> bool| events.iter().any(is_it);
    let count = |is_it: fn(&Event) -> bool| events.iter().filter(|event| is_it(event)).count();
    let trades = any(|event| matches!(event, Event::Traded(_)));
    let triggered = count(|event| matches!(event, Event::StopTriggered { .. }));
    let self_trades = count(|event| matches!(event, Event::OrderCancelled { reason: CancelReason::SelfTrade, .. }));
    let started = any(|event| matches!(event, Event::MassCancelStarted { .. }));
    let completed = any(|event| matches!(event, Event::MassCancelCompleted { .. }));
    let called = any(|event| matches!(event, Event::MarginCalled { .. }));
    let cancelled = any(|event| matches!(event, Event::OrderCancelled { reason: CancelReason::MarginCall, .. }));
    let turns = [
        ("several stops in one step", triggered > 1),
        ("a step full of stops", triggered >= 16),
        ("a mass cancel begins and is not complete", started && !completed),
        ("a mass cancel is complete later", completed && !started),
        ("a margin call cancels", called && cancelled),
        ("a margin call cancels nothing", called && !cancelled),
        ("a switch fires", started && *command == Command::ProcessDue),
    ];
    for (what, _) in turns.iter().filter(|(_, is_so)| *is_so) {
        note((*what).to_owned());
    }
    let order = match (command, events.first()) {
        (Command::SubmitOrder(request), Some(Event::OrderAccepted { .. })) => request,
        (Command::AmendOrder(_), Some(Event::OrderAmended { trigger, .. })) => {
            let turn = if trigger.is_some() { "while it waits" } else { "without losing its place" };
            note(
                if trades {
                    "amended and traded"
                } else if events.len() > 1 {
                    "amended behind others"
                } else {
                    turn
                }
                .to_owned(),
            );
            return;
        }
        _ => return,
    };
    let trading = if trades { "trades" } else { "does not trade" };
    note(format!("{} {trading}", variant(&order.time_in_force)));
    note(format!("{} {trading}", variant(&order.pricing)));
    if order.conditions.reduce_only {
        note(format!("reduce only {trading}"));
    }
    if self_trades > 0 {
        note(format!("{:?} {trading}", order.self_trade));
    }
}

/// The name of an enum's variant, as `Debug` writes it.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap().to_owned()
}
