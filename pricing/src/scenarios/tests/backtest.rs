//! Exceedances are counted as defined, the statistic accepts what its published table accepts, and little data claims
//! nothing.

use crate::scenarios::{Backtest, BacktestError, KUPIEC_CRITICAL, OBSERVATIONS_MIN, RangeRules};

fn backtest(observations: u32, exceedances: u32) -> Backtest {
    Backtest::of((0..observations).map(|at| (1, if at < exceedances { -2 } else { 1 })))
}

#[test]
fn the_published_regions_of_non_rejection() {
    // Confidence, days, fewest and most exceedances that are not rejected at 95 %: Kupiec (1995), as printed in Jorion,
    // *Value at Risk*, in the chapter on backtesting.
    let rows = [
        (0.99, 255, 0, 6),
        (0.99, 510, 2, 10),
        (0.99, 1_000, 5, 16),
        (0.975, 1_000, 16, 35),
        (0.95, 255, 7, 20),
        (0.95, 1_000, 38, 64),
        (0.90, 1_000, 82, 119),
    ];
    for (confidence, days, fewest, most) in rows {
        for exceedances in 0..150 {
            // The table leaves out that no exceedance at all in 255 days of 99 % is rejected, too.
            if (confidence, exceedances) == (0.99, 0) {
                continue;
            }
            let is_accepted = backtest(days, exceedances).kupiec(confidence).unwrap() <= KUPIEC_CRITICAL;
            assert_eq!(is_accepted, (fewest..=most).contains(&exceedances), "{confidence} {days} {exceedances}");
        }
    }
}

#[test]
fn the_statistic_by_hand() {
    // 10 of 1,000 where 5 are expected: 2 (10 ln 2 + 990 ln (990/995)).
    let statistic = backtest(1_000, 10).kupiec(0.995).unwrap();
    let wanted = 2.0 * (10.0 * 2.0_f64.ln() + 990.0 * (990.0_f64 / 995.0).ln());
    assert!((statistic - wanted).abs() < 1e-12 && (statistic - 3.888).abs() < 1e-3, "{statistic}");
    // As many as expected, none, and no observations.
    assert!(backtest(1_000, 5).kupiec(0.995).unwrap() < 1e-12);
    assert!((backtest(1_000, 0).kupiec(0.995).unwrap() + 2_000.0 * 0.995_f64.ln()).abs() < 1e-9);
    assert_eq!(Backtest::default().kupiec(0.995), Ok(0.0));
    for confidence in [0.0, 1.0, f64::NAN] {
        assert!(matches!(backtest(9, 1).kupiec(confidence), Err(BacktestError::Confidence { .. })));
    }
}

#[test]
fn few_observations_claim_nothing() {
    let observations = OBSERVATIONS_MIN - 1;
    assert_eq!(backtest(observations, 0).coverage(0.995), Err(BacktestError::TooFewObservations { observations }));
    assert_eq!(
        backtest(39, 0).coverage(0.995).unwrap_err().to_string(),
        "39 observations are too few to claim coverage: 1000 are needed"
    );
    let coverage = backtest(OBSERVATIONS_MIN, 4).coverage(0.995).unwrap();
    assert!(coverage.is_accepted && (coverage.covered - 0.996).abs() < 1e-15);
    assert!(!backtest(OBSERVATIONS_MIN, 30).coverage(0.995).unwrap().is_accepted);
}

#[test]
fn only_what_lies_beyond_the_range_is_an_exceedance() {
    let pairs = [(10, 10), (10, -10), (10, 11), (10, -11), (0, 0), (i64::MAX, i64::MIN)];
    let test = Backtest::of(pairs);
    assert_eq!((test.observations(), test.exceedances()), (6, 3));
    assert_eq!((test.and(test).observations(), test.and(test).exceedances()), (12, 6));
}

#[test]
fn a_walk_knows_nothing_of_the_days_ahead() {
    // Twenty days at one price, then 20 % up for good. Ranges before it are the floor of 15 %: three exceedances, one
    // for each day from which the jump lies within three days. Ranges after it know it.
    let history: Vec<i64> = (0..40).map(|day| if day < 20 { 2_000_000 } else { 2_400_000 }).collect();
    let test = Backtest::walk_forward(&history, &RangeRules::default(), 10).unwrap();
    // Ends 10 to 37, both included.
    assert_eq!((test.observations(), test.exceedances()), (28, 3));
    // Cut before the jump, nothing is exceeded.
    let calm = Backtest::walk_forward(&history[..20], &RangeRules::default(), 10).unwrap();
    assert_eq!((calm.observations(), calm.exceedances()), (8, 0));
    assert_eq!(Backtest::walk_forward(&history[..10], &RangeRules::default(), 10), Ok(Backtest::default()));
    assert!(Backtest::walk_forward(&history, &RangeRules::default(), 3).is_err());
}
