//! Random lives of a ladder of contracts with calendar spreads and spreads between series, on the engine and on its twin: every event, the
//! margin of everybody, and, now and then, a snapshot in the place of the engine.

use std::cell::RefCell;

use engine::Engine;
use engine::command::Command;
use engine::ids::KeyId;
use engine::units::Side;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::writer::{Act, act, acts};
use crate::compare::{CASES, Seen, compare_what_is_left, config};
use crate::counts::count;
use crate::futures::contracts::{FOR_SPREADS, SPREADS, contract};
use crate::futures::lives::Run;

const ACTS_MAX: usize = 110;

/// What the lives of a full run come by.
const MUST_BE_SEEN: &[&str] = &[
    "a margin call cancels an order in a spread",
    "a month and a month trade",
    "a month and a month trade across series",
    "a month and a strip trade",
    "a physical month and a month trade",
    "a physical month and a physical month trade across series",
    "a resting price that a leg cannot trade at",
    "a snapshot with orders in spreads",
    "a spread is filled, not killed",
    "a spread is halted",
    "a spread is killed",
    "a spread meets its owner's",
    "a spread with orders is revalued",
    "a strip and a strip trade across series",
    "a strip that is a leg cascades",
    "an amended spread trades",
    "an order ends with its spread",
    "an order in a spread has had its time",
    "in a spread an amendment is refused 37",
    "in a spread an amendment is refused 51",
    "in a spread an amendment is refused 68",
    "in a spread an order is refused 35",
    "in a spread an order is refused 37",
    "in a spread an order is refused 39",
    "in a spread an order is refused 41",
    "in a spread an order is refused 42",
    "in a spread an order is refused 51",
    "in a spread an order is refused 52",
    "in a spread an order is refused 53",
    "in a spread an order is refused 54",
    "in a spread an order is refused 68",
    "in a spread an order is refused 69",
    "in a spread an order is refused 74",
    "in a spread an order is refused 75",
    "resting outside a spread's own limits",
];

/// What happens after everything was listed.
#[derive(Clone, Debug)]
struct Life {
    margin: u32,
    /// Each act, whether the clock does what is due before its commands, and whether a snapshot takes over behind it.
    acts: Vec<(Act, bool, bool)>,
}

fn lives() -> impl Strategy<Value = Life> {
    let acts = vec((acts(), prop::bool::weighted(0.97), prop::bool::weighted(0.06)), 1..=ACTS_MAX);
    (0..6_u32, acts).prop_map(|(margin, acts)| Life { margin, acts })
}

#[test]
fn engine_and_twin_trade_the_same_spreads() {
    let config = config();
    let cases = config.cases;
    let (seen, commands) = (RefCell::new(Seen::new()), RefCell::new(0));
    let outcome = TestRunner::new(config).run(&lives(), |life| {
        let mut run = Run::<Engine>::new();
        live(&mut run, &life)?;
        *commands.borrow_mut() += run.writer.seq;
        for (what, times) in run.seen {
            *seen.borrow_mut().entry(what).or_default() += times;
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    if cases >= CASES {
        let seen = seen.into_inner();
        let missing: Vec<_> = MUST_BE_SEEN.iter().filter(|&&what| !seen.contains_key(what)).collect();
        assert!(missing.is_empty(), "missing {missing:?} of {seen:#?}");
    }
    count(usize::try_from(commands.into_inner()).unwrap(), "commands of spreads compared with the twin");
}

fn live(run: &mut Run<Engine>, life: &Life) -> Result<(), TestCaseError> {
    run.open(life.margin);
    for number in FOR_SPREADS.chain(SPREADS) {
        let command = Command::ListInstrument { terms: contract(number) };
        run.write(true, |writer, send| send(writer, KeyId::VENUE, command));
    }
    for spread in SPREADS.filter(|spread| spread % 2 == life.margin % 2) {
        run.write(true, |writer, send| act(writer, &Act::Control { spread, limits: 0, band: 0 }, send));
    }
    let first = Act::Refresh { away: [0; 4], range: 200_000 };
    run.write(true, |writer, send| act(writer, &first, send));
    for (next, clock, restarts) in &life.acts {
        run.write(*clock, |writer, send| act(writer, next, send));
        if *restarts {
            restart(run);
        }
        if let Some(failure) = run.failure.take() {
            return Err(failure);
        }
        run.compare_margins()?;
    }
    compare_what_is_left(&run.engine, &run.writer.twin)
}

fn restart(run: &mut Run<Engine>) {
    let twin = &run.writer.twin;
    let rests = |number: u32| {
        let instrument = contract(number).instrument;
        [Side::Buy, Side::Sell].into_iter().any(|side| !twin.queue(instrument, side).is_empty())
    };
    if SPREADS.into_iter().any(rests) {
        *run.seen.entry("a snapshot with orders in spreads".to_owned()).or_default() += 1;
    }
    run.restart();
}
