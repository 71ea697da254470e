//! Compares the engine with its twin on random scripts: every answer, every event, and all that is left in the end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId};
use engine::ledger::LedgerAccount;
use engine::units::Side;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::counts::count;
use crate::script::{Script, scripts};
use crate::text::{cancel_reason, fixing_rung, settlement_kind, settlement_rung, transfer_reason};
use crate::twin::Twin;
use crate::venue::Exchange;

/// The cases of a full run; `PROPTEST_CASES` asks for more or fewer.
pub const CASES: u32 = 256;

/// What random scripts must have come by in a full run. What needs a thousand of something has its own tests.
const MUST_BE_SEEN: &[&str] = &[
    "accepted OpenAccount",
    "accepted RegisterKey",
    "accepted RevokeKey",
    "accepted Deposit",
    "accepted ListInstrument",
    "accepted SubmitOrder",
    "accepted CancelOrder",
    "accepted RecordFixing",
    "accepted StartSettlement",
    "accepted AdvanceSettlement",
    "AccountOpened",
    "KeyRegistered",
    "KeyRevoked",
    "InstrumentListed",
    "OrderAccepted",
    "OrderReplayed",
    "Traded",
    "OrderRested",
    "OrderCancelled requested",
    "OrderCancelled expired",
    "Transferred deposit",
    "Transferred fee",
    "Transferred variation",
    "FixingRecorded fixing",
    "FixingRecorded last_final",
    "SettlementStarted fixings",
    "SettlementStarted last_trade",
    "SettlementStarted midpoint",
    "SettlementStarted previous_settlement",
    "SettlementStarted latest_fixing",
    "PositionSettled",
    "SettlementCompleted daily",
    "SettlementCompleted final",
    "refused 1 unknown_key",
    "refused 2 key_revoked",
    "refused 3 not_authorised",
    "refused 10 account_exists",
    "refused 11 unknown_account",
    "refused 20 key_exists",
    "refused 30 instrument_exists",
    "refused 31 symbol_exists",
    "refused 32 invalid_terms",
    "refused 34 unknown_instrument",
    "refused 40 client_order_id_reused",
    "refused 41 settling",
    "refused 42 expired",
    "refused 43 lots_out_of_range",
    "refused 44 price_out_of_range",
    "refused 45 price_off_tick",
    "refused 47 position_limit",
    "refused 48 insufficient_funds",
    "refused 50 order_not_live",
    "refused 60 amount_out_of_range",
    "refused 61 deposit_out_of_sequence",
    "refused 70 fixing_out_of_range",
    "refused 71 fixing_final",
    "refused 72 no_earlier_fixing",
    "refused 80 not_settling",
    "refused 81 day_settled",
    "refused 82 too_early",
    "refused 83 fixing_missing",
    "refused 84 no_settlement_price",
];

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
    let config = config();
    let cases = config.cases;
    let seen = RefCell::new(BTreeSet::new());
    let commands = RefCell::new(0);
    let outcome = TestRunner::new(config).run(&scripts(), |script| {
        *commands.borrow_mut() += script.commands().len();
        compare(&script, &mut seen.borrow_mut())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(_, script)) => {
            let script = script.shortest(|shorter| failure(shorter).is_some());
            panic!("{script:?}{}", failure(&script).unwrap());
        }
        Err(aborted) => panic!("{aborted}"),
    }

    if cases >= CASES {
        let expected: BTreeSet<String> = MUST_BE_SEEN.iter().map(|&what| what.to_owned()).collect();
        assert_eq!(seen.into_inner(), expected, "what the scripts came by, and what they must");
    }
    count(cases as usize, "property cases");
    count(commands.into_inner(), "commands compared with the twin");
}

/// Why a script fails, also if it is a panic.
fn failure(script: &Script) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| compare(script, &mut BTreeSet::new())));
    match outcome {
        Ok(outcome) => outcome.err().map(|error| error.to_string()),
        Err(_) => Some("a panic, shown above".to_owned()),
    }
}

fn compare(script: &Script, seen: &mut BTreeSet<String>) -> Result<(), TestCaseError> {
    let (mut engine, mut twin) = (Engine::new(), Twin::default());
    for (stamp, command) in script.commands() {
        let (mut from_engine, mut from_twin) = (Vec::new(), Vec::new());
        let engine_answer = engine.apply(&stamp, &command, &mut from_engine);
        let twin_answer = twin.apply(&stamp, &command, &mut from_twin);
        if (engine_answer, &from_engine) != (twin_answer, &from_twin) {
            let (engine, twin) = (lines(&from_engine), lines(&from_twin));
            let reason = format!("{stamp:?}\n{command:?}\n--- engine\n{engine}--- twin\n{twin}");
            return Err(TestCaseError::fail(reason));
        }
        note(&command, &from_engine, seen);
    }
    compare_what_is_left(&engine, &twin)?;
    if script.is_wound_up() {
        prop_assert_eq!(engine.exposures().count(), 0, "everything is settled");
        for account in engine.accounts() {
            prop_assert_eq!(engine.balance(LedgerAccount::Customer(account)).1, 0, "held of account {}", account);
        }
    }
    Ok(())
}

/// Compares balances, orders, positions and books.
pub fn compare_what_is_left(engine: &Engine, twin: &Twin) -> Result<(), TestCaseError> {
    let mut accounts = twin.accounts().to_vec();
    accounts.sort();
    prop_assert_eq!(engine.accounts().collect::<Vec<AccountId>>(), &accounts[..]);
    for &account in &accounts {
        let of = LedgerAccount::Customer(account);
        prop_assert_eq!(engine.balance(of), twin.balance(of), "posted and held of account {}", account);
        compare_orders(engine, twin, account)?;
    }
    for of in [LedgerAccount::Outside, LedgerAccount::Fees] {
        prop_assert_eq!(engine.balance(of), twin.balance(of), "posted to {:?}", of);
    }
    prop_assert_eq!(engine.ledger().total(AssetId::USD), 0);
    prop_assert_eq!(twin.ledger_total(), 0);

    for instrument in twin.instruments() {
        let (mut positions, mut costs) = (0, 0);
        for &account in &accounts {
            let exposure = engine.exposure(instrument, account);
            let found = (i128::from(exposure.position.0), i128::from(exposure.cost.0));
            prop_assert_eq!(found, twin.holding(account, instrument), "account {} in {}", account, instrument);
            (positions, costs) = (positions + found.0, costs + found.1);
        }
        let pot = LedgerAccount::Variation(instrument);
        prop_assert_eq!(engine.balance(pot), twin.balance(pot));
        // What was paid out ahead of the other half of a settlement is still in the pot.
        prop_assert_eq!((positions, costs), (0, -engine.balance(pot).0), "open contracts of {}", instrument);
        for side in [Side::Buy, Side::Sell] {
            let book = &engine.market(instrument).unwrap().book;
            let of_engine: Vec<_> = book.queue(side).map(|rests| (rests.order, rests.price, rests.lots.0)).collect();
            let twins = twin.queue(instrument, side);
            let of_twin: Vec<_> = twins.iter().map(|rests| (rests.order, rests.limit, rests.remaining)).collect();
            prop_assert_eq!(of_engine, of_twin, "{} queue of {}", side, instrument);
        }
    }
    Ok(())
}

/// The orders of an account that are remembered, and those of them that are live, by name.
fn compare_orders(engine: &Engine, twin: &Twin, account: AccountId) -> Result<(), TestCaseError> {
    let count = engine.orders().remembered_count(account) as usize;
    prop_assert_eq!(count, twin.remembered(account).count(), "orders of account {}", account);
    let mut of_twin: Vec<_> = twin
        .remembered(account)
        .filter(|order| order.remaining > 0)
        .map(|order| (order.client_order_id, order.order, order.remaining, order.filled_at_first))
        .collect();
    of_twin.sort();
    let live_after = |after: Option<ClientOrderId>| -> Vec<_> {
        let live = engine.orders().live_of(account, after);
        live.map(|(order, record)| (record.request.client_order_id, order, record.remaining().0, record.first_filled.0))
            .collect()
    };
    prop_assert_eq!(&live_after(None)[..], &of_twin[..], "live orders of account {}", account);
    for (index, &(name, ..)) in of_twin.iter().enumerate() {
        prop_assert_eq!(&live_after(Some(name))[..], &of_twin[index + 1..], "live orders behind {}", name);
    }
    Ok(())
}

fn lines(events: &[Event]) -> String {
    events.iter().map(|event| format!("{event:?}\n")).collect()
}

fn note(command: &Command, events: &[Event], seen: &mut BTreeSet<String>) {
    if !matches!(events, [Event::Rejected(_)]) {
        seen.insert(format!("accepted {}", variant(command)));
    }
    for event in events {
        let what = match event {
            Event::Rejected(reject) => format!("refused {} {}", reject.number(), reject.code()),
            Event::OrderCancelled { reason, .. } => format!("OrderCancelled {}", cancel_reason(*reason)),
            Event::Transferred { reason, .. } => format!("Transferred {}", transfer_reason(*reason)),
            Event::FixingRecorded { rung, .. } => {
                format!("FixingRecorded {}", fixing_rung(*rung))
            }
            Event::SettlementStarted { rung, .. } => format!("SettlementStarted {}", settlement_rung(*rung)),
            Event::SettlementCompleted { kind, .. } => format!("SettlementCompleted {}", settlement_kind(*kind)),
            other => variant(other),
        };
        seen.insert(what);
    }
}

/// The name of an enum's variant, as `Debug` writes it.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap().to_owned()
}
