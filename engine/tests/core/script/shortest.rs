//! A failing script comes down to the steps that it fails by: whoever has to read it depends on that.

use std::iter::repeat_with;

use engine::units::Side;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::actions::{Action, Submit, Time};
use super::{Script, Step, scripts};
use crate::compare::config;

type IsIt = fn(&Step) -> bool;

const FILL_OR_KILL_BID: IsIt =
    |step| matches!(step.action, Action::Submit(Submit { time: Time::Fok, side: Side::Buy, .. }));
const SELL: IsIt = |step| matches!(step.action, Action::Submit(Submit { side: Side::Sell, .. }));
const CANCEL: IsIt = |step| matches!(step.action, Action::Cancel { .. });

/// Shortens scripts on which `fails` is true, all of at least a hundred steps.
fn check(what: &str, fails: impl Fn(&Script) -> bool, steps: usize) {
    let mut runner = TestRunner::new(config());
    let drawn = repeat_with(|| scripts().new_tree(&mut runner).unwrap().current());
    for script in drawn.filter(|script| script.steps.len() >= 100 && fails(script)).take(20) {
        let shortest = script.shortest(&fails);
        assert!(fails(&shortest), "{what}: {shortest:?}");
        assert_eq!(shortest.steps.len(), steps, "{what}: {shortest:?}");
    }
}

#[test]
fn a_failing_script_comes_down_to_the_steps_it_fails_by() {
    let has = |script: &Script, is_it: IsIt| script.steps.iter().any(is_it);
    check("a fill-or-kill bid and a sell", |script| has(script, FILL_OR_KILL_BID) && has(script, SELL), 2);
    // The sell is needed until the cancel is out, and may stand behind it.
    let fails = |script: &Script| has(script, FILL_OR_KILL_BID) && (has(script, SELL) || !has(script, CANCEL));
    check("a fill-or-kill bid, and a sell if there is a cancel", fails, 1);
}
