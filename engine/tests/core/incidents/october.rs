//! 10 October 2025: in twelve minutes 2.1 billion dollars' worth was deleveraged, and those closed out lost some 45 to 52 million more than was
//! missing. Here it is exactly what is missing, whoever is short, however many default at once.
//!
//! Source: arXiv 2512.01112.

use std::collections::BTreeMap;

use engine::Engine;
use engine::event::Event;
use engine::ids::AccountId;
use engine::margin::SeriesMargin;
use engine::units::{Price, Side};

use super::{borne, equity, fund, in_the_fund, move_to, position, serve, stage};
use crate::counts::count;
use crate::margin::{DOLLAR, LENIENT, trade};
use crate::twin::Twin;
use crate::venue::Stage;

const UNITS: u16 = 24;
const LONGS: u32 = 24;
const SHORTS: u32 = 8;

/// Longs that have ever less behind 30 lots each, shorts that are as different; then the price falls by a sixth, and by a half.
fn an_avalanche<E: Stage>(insured: i64) -> (i128, i128) {
    let of_long = |nth: u32| 260 + i64::from(nth) * 60;
    let of_short = |nth: u32| 700 + i64::from(nth * nth) * 400;
    let dollars: Vec<i64> = (0..LONGS).map(of_long).chain((0..SHORTS).map(of_short)).collect();
    let margin = SeriesMargin { mark_band: Price(0), ..LENIENT };
    let mut venue = stage::<E>(UNITS, margin, &dollars);
    move_to(&mut venue, 1, 3 * DOLLAR, 2 * DOLLAR);
    serve(&mut venue);
    for long in 1..=LONGS {
        trade(&mut venue, (long, LONGS + 1 + long % SHORTS), 1, Side::Buy, 30, 3 * DOLLAR);
    }
    if insured > 0 {
        fund(&mut venue, insured);
    }
    let everybody = 1..=LONGS + SHORTS;
    let (mut missing, mut taken, mut last) = (0, 0, 3 * DOLLAR);
    for (version, price) in [(2, 2_500_000), (3, 1_500_000)] {
        let fallen = i128::from(price - last) * i128::from(UNITS);
        let will_have = |account| (account, equity(&venue, account) + position(&venue, account) * fallen);
        let before: BTreeMap<u32, i128> = everybody.clone().map(will_have).collect();
        last = price;
        move_to(&mut venue, version, price, 2 * DOLLAR);
        let fund_before = in_the_fund(&venue);
        let events = serve(&mut venue);
        let (shortfall, haircuts) = borne(&events, i128::from(price) * i128::from(UNITS));
        let mut of: BTreeMap<u32, i128> = BTreeMap::new();
        for (AccountId(account), haircut) in haircuts {
            *of.entry(account).or_default() += haircut;
        }
        let insured: i128 = events
            .iter()
            .map(|event| if let Event::DefaultDeclared { insured, .. } = event { i128::from(insured.0) } else { 0 })
            .sum();
        assert_eq!(fund_before - in_the_fund(&venue), insured);
        for (account, before) in before {
            let after = equity(&venue, account);
            // Who was missing something has exactly nothing, everybody else what he had less his haircut, which is not more than that.
            let expected = if before < 0 { 0 } else { before - of.get(&account).copied().unwrap_or(0) };
            assert_eq!(after, expected, "account {account}");
            assert!(after >= 0, "account {account}");
        }
        assert!(shortfall == 0 || in_the_fund(&venue) == 0);
        missing += shortfall;
        taken += of.values().sum::<i128>();
    }
    assert!((1..=LONGS).any(|long| position(&venue, long) == 0));
    assert_eq!(everybody.map(|account| position(&venue, account)).sum::<i128>(), 0);
    (missing, taken)
}

#[test]
fn an_avalanche_takes_exactly_what_is_missing() {
    for insured in [0, 1_000, 1_000_000] {
        let (missing, taken) = an_avalanche::<Engine>(insured);
        assert_eq!(missing, taken, "nothing is taken beyond what is missing");
        assert_eq!(missing == 0, insured == 1_000_000);
        assert_eq!((missing, taken), an_avalanche::<Twin>(insured));
        count(
            usize::try_from(taken / i128::from(DOLLAR)).unwrap(),
            "dollars of haircuts, of which none beyond what was missing",
        );
    }
}
