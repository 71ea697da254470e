//! The year in short: a quarter of it with few of its accounts, on three of its paths, with every kind of event that a year has.

use engine::units::Cash;
use examples::year::paths::{Stress, path};
use examples::year::{Plan, Year, report, simulate};

const SEED: u64 = 20_260_707;
const DAYS: usize = 92;

/// Lives through a path and checks what is true of every year; the days themselves are checked while they are lived through.
fn check(stress: Stress, accounts: u32) -> Year {
    // A fund that small has to run dry for the last layer to be reached.
    let plan = Plan { accounts, insurance: Cash(50_000_000), seed: SEED };
    let year = simulate(path(SEED, DAYS, stress, 60).expect("a path"), &plan).expect("a year");
    assert_eq!(year.days_balanced, DAYS);
    assert_eq!(year.replay.state, year.state, "the journal of {stress:?} leads elsewhere");
    let tally = &year.tally;
    // July and August, and of August the fully collateralised and the physical month.
    assert_eq!((tally.expiries, tally.undelivered), (4, 1));
    // The fourth quarter, on the last day of September.
    assert_eq!(tally.cascades, 1);
    assert!(tally.cascaded_positions > 0);
    // 23 hours a day, but for four of the first, in which the perpetual has no mark yet.
    assert_eq!(tally.fundings, 92 * 23 - 4);
    assert!(tally.rolled.0 > 0, "nobody rolled by a spread");
    assert!(tally.orders > 10_000 && tally.fills > 100 && tally.fees.0 > 0);
    assert!(year.compared.0 > 1_000 && year.compared.1 > 1_000);
    // Asserts of each default that its layers sum to its loss.
    year.defaults.burden();
    year
}

#[test]
fn nobody_defaults_in_a_calm_year() {
    let year = check(Stress::None, 40);
    assert_eq!((year.defaults.cases.len(), year.coverage.exceptions), (0, 0));
    assert_eq!(year.days.last().unwrap().receivables.0, 0);
}

#[test]
fn a_squeeze_reaches_every_layer() {
    let year = check(Stress::Squeeze, 60);
    let (backstop_lots, deleveraged_lots, _) = year.defaults.taken_over();
    let burden = year.defaults.burden();
    assert!(year.defaults.partial_rounds > 0 && year.defaults.full_rounds > 0);
    assert!(year.defaults.own_equity.0 > 0 && year.defaults.charges.0 > 0, "the first layer");
    assert!(backstop_lots > 0, "the second layer");
    assert!(burden.insured.0 > 0, "the third layer");
    assert!(burden.haircuts.0 > 0 && deleveraged_lots > 0, "the fourth layer");
    assert!(year.coverage.exceptions > 0, "a price that trebles goes further than any margin");
    let page = report::text(&[year]);
    for line in ["trial balance zero on", "92 of 92 days", "replay ends in the same state", "CC BY 4.0"] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
}

#[test]
fn a_stale_index_halts_and_postpones() {
    let year = check(Stress::Stale, 40);
    assert!(year.tally.stale_halts > 0);
    assert!(year.tally.refused.contains_key(&75), "nothing was refused for a stale index");
}
