//! Revaluation held against hand-made sums, edges where no lognormal price lies, and refusals.

use crate::black76::{self, Market};
use crate::scenarios::{Contract, Scan, ScenarioGrid, losses, portfolio_losses, scanning_risk};
use crate::{EuropeanOption, OptionKind};

const MARKET: Market = Market { forward: 2.0, rate: 0.05, volatility: 0.6 };

const SCAN: Scan = Scan { price_range: 0.3, volatility_range: 0.1, lookahead_years: 1.0 / 365.0 };

fn option(kind: OptionKind, strike: f64, years: f64) -> EuropeanOption {
    EuropeanOption { kind, strike, years }
}

fn losses_of(contract: &Contract, scan: &Scan) -> [f64; 16] {
    losses(contract, &MARKET, scan, &ScenarioGrid::default()).unwrap()
}

#[test]
fn a_future_loses_what_its_price_falls() {
    let wanted = [0.0, 0.0, -0.1, -0.1, 0.1, 0.1, -0.2, -0.2, 0.2, 0.2, -0.3, -0.3, 0.3, 0.3, -0.3, 0.3];
    for (loss, wanted) in losses_of(&Contract::Future, &SCAN).iter().zip(wanted) {
        assert!((loss - wanted).abs() < 1e-15, "{loss} for {wanted}");
    }
}

#[test]
fn an_option_is_valued_anew_one_day_later() {
    let call = option(OptionKind::Call, 2.1, 0.25);
    let later = option(OptionKind::Call, 2.1, 0.25 - 1.0 / 365.0);
    let value = |contract: &EuropeanOption, forward, volatility| {
        black76::price(contract, &Market { forward, volatility, ..MARKET }).unwrap()
    };
    let now = value(&call, 2.0, 0.6);
    let losses = losses_of(&Contract::Option(call), &SCAN);
    // Scenarios 1, 9, 14, 15 and 16.
    let wanted = [
        (0, now - value(&later, 2.0, 0.7)),
        (8, now - value(&later, 1.8, 0.7)),
        (13, now - value(&later, 1.7, 0.5)),
        (14, (now - value(&later, 2.9, 0.6)) / 3.0),
        (15, (now - value(&later, 1.1, 0.6)) / 3.0),
    ];
    for (at, wanted) in wanted {
        assert!((losses[at] - wanted).abs() < 1e-14, "{at}: {} for {wanted}", losses[at]);
    }
}

/// Call less put is the discounted forward less strike, so in each scenario their losses differ by a known amount.
#[test]
fn parity_holds_in_every_scenario() {
    let (strike, years) = (1.8, 0.4);
    let call = losses_of(&Contract::Option(option(OptionKind::Call, strike, years)), &SCAN);
    let put = losses_of(&Contract::Option(option(OptionKind::Put, strike, years)), &SCAN);
    let (now, later) = ((-0.05 * years).exp(), (-0.05 * (years - SCAN.lookahead_years)).exp());
    for (at, scenario) in ScenarioGrid::default().scenarios().iter().enumerate() {
        let moved = 2.0 + scenario.price_move * SCAN.price_range;
        let wanted = (now * (2.0 - strike) - later * (moved - strike)) * scenario.cover;
        assert!((call[at] - put[at] - wanted).abs() < 1e-14, "{at}");
    }
}

#[test]
fn where_no_lognormal_price_lies_an_option_is_valued_at_zero() {
    // Three ranges of 1.0 take the forward to −1, ten vols of 0.1 the volatility to −0.4.
    let wild = Scan { price_range: 1.0, volatility_range: 1.0, lookahead_years: 1.0 };
    let put = option(OptionKind::Put, 1.5, 0.5);
    let now = black76::price(&put, &MARKET).unwrap();
    let losses = losses_of(&Contract::Option(put), &wild);
    // Expired within the look-ahead: what exercise pays, undiscounted. The forward is 0, not −1.
    assert!((losses[15] - (now - 1.5) / 3.0).abs() < 1e-14);
    assert!((losses[1] - now).abs() < 1e-14);
    assert_eq!(losses_of(&Contract::Future, &wild)[15], 1.0);
}

#[test]
fn portfolios_add_up_scenario_by_scenario() {
    let future = losses_of(&Contract::Future, &SCAN);
    let call = losses_of(&Contract::Option(option(OptionKind::Call, 2.1, 0.25)), &SCAN);
    let covered = [(1.0, future), (-1.0, call)];
    let summed = portfolio_losses(&covered);
    for at in 0..16 {
        assert_eq!(summed[at], future[at] - call[at]);
    }
    assert_eq!(scanning_risk(&covered), summed.iter().fold(0.0, |most: f64, loss| most.max(*loss)));
    assert_eq!(scanning_risk(&[]), 0.0);
    // A scenario grid has moves both ways, so a risk of zero is a position of zero.
    assert_eq!(scanning_risk(&[(0.0, future)]), 0.0);
    assert!(scanning_risk(&[(f64::NAN, future), (1.0, call)]).is_nan());
}

#[test]
fn what_cannot_be_revalued_is_refused() {
    let grid = ScenarioGrid::default();
    let negative = Scan { price_range: -0.1, ..SCAN };
    assert!(losses(&Contract::Future, &MARKET, &negative, &grid).is_err());
    let unknown = Scan { lookahead_years: f64::NAN, ..SCAN };
    assert!(losses(&Contract::Future, &MARKET, &unknown, &grid).is_err());
    let market = Market { forward: f64::INFINITY, ..MARKET };
    assert!(losses(&Contract::Future, &market, &SCAN, &grid).is_err());
    let call = Contract::Option(option(OptionKind::Call, -1.0, 0.25));
    assert!(losses(&call, &MARKET, &SCAN, &grid).is_err());
    // A spread may cost less than nothing, and its future is margined all the same.
    let spread = Market { forward: -0.5, ..MARKET };
    assert!(losses(&Contract::Future, &spread, &SCAN, &grid).is_ok());
}
