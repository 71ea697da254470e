//! The units: their ranges, their rounding, and how they are written.

use crate::index::limits::{PRICE_MICRO_USD_MAX, RATIO_PPB_MAX};
use crate::index::rounding::{median, narrow, round_div};
use crate::index::{Owner, Price, PriceError, Ratio};

#[test]
fn division_rounds_to_the_nearest_and_halves_upwards() {
    let rows = [(5, 2, 3), (-5, 2, -2), (4, 3, 1), (5, 3, 2), (-4, 3, -1), (-5, 3, -2), (0, 7, 0), (-7, 7, -1)];
    for (numerator, denominator, expected) in rows {
        assert_eq!(round_div(numerator, denominator), expected, "{numerator} / {denominator}");
    }
}

#[test]
fn the_median_of_an_even_count_rounds_down() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![4, 1, 2]), Some(2));
    assert_eq!(median(vec![4, 1]), Some(2));
    assert_eq!(median(vec![RATIO_PPB_MAX, RATIO_PPB_MAX]), Some(RATIO_PPB_MAX));
}

#[test]
fn narrowing_saturates() {
    assert_eq!(narrow(i128::from(i64::MAX)), i64::MAX);
    assert_eq!(narrow(i128::MAX), i64::MAX);
    assert_eq!(narrow(i128::MIN), i64::MIN);
}

#[test]
fn a_price_is_greater_than_zero_and_bounded() {
    for micro_usd in [i64::MIN, -1, 0, PRICE_MICRO_USD_MAX + 1, i64::MAX] {
        assert_eq!(Price::new(micro_usd), Err(PriceError { micro_usd }));
    }
    assert_eq!(Price::new(1).map(Price::micro_usd), Ok(1));
    assert_eq!(Price::new(3_250_000).unwrap().to_string(), "3.250000");
    assert_eq!(
        Price::new(0).unwrap_err().to_string(),
        "price 0 micro-USD per GPU-hour is not from 1 to 1000000000; one USD is 1000000"
    );
}

#[test]
fn the_ratio_of_the_extreme_prices_is_exact() {
    let (lowest, highest) = (Price::new(1).unwrap(), Price::new(PRICE_MICRO_USD_MAX).unwrap());
    assert_eq!(highest.ratio_to(lowest).ppb(), RATIO_PPB_MAX);
    assert_eq!(lowest.ratio_to(highest).ppb(), 1);
    assert_eq!(lowest.moved_by(highest.ratio_to(lowest)), Some(highest));
    assert_eq!(highest.moved_by(highest.ratio_to(lowest)), None);
    assert_eq!(Ratio::from_ppb(-1), None);
    assert_eq!(Ratio::from_ppb(RATIO_PPB_MAX + 1), None);
    assert_eq!(Ratio::ONE.to_string(), "1.000000000");
}

#[test]
fn an_owner_label_is_short_lower_case_and_plain() {
    for label in ["a", "lambda", "data-crunch_2", "abcdefghijklmnopqrstuvwxyz012345"] {
        assert_eq!(Owner::new(label).unwrap().label(), label);
    }
    for label in ["", "Lambda", "a b", "a.b", "é", "abcdefghijklmnopqrstuvwxyz0123456"] {
        assert!(Owner::new(label).is_err(), "{label:?}");
    }
    assert_eq!(
        Owner::new("A B").unwrap_err().to_string(),
        "owner label \"A B\" is not 1 to 32 characters of a-z, 0-9, _ and -; lower case it and replace the rest by -"
    );
}
