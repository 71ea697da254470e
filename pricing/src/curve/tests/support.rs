//! Quotes from short texts, and random mixes of quotes that agree because they are averages of the same months.

use proptest::prelude::*;

use crate::curve::Quote;
use crate::delivery::DeliveryPeriod;

pub(super) fn period(text: &str) -> DeliveryPeriod {
    text.parse().unwrap()
}

pub(super) fn quotes(rows: &[(&str, f64)]) -> Vec<Quote> {
    rows.iter().map(|(text, price)| Quote { period: period(text), price: *price }).collect()
}

/// Three years of month prices, the first of them a leap year, and what may be quoted of them.
pub(super) fn agreeing_quotes(price: impl Strategy<Value = f64>) -> impl Strategy<Value = Vec<Quote>> {
    let years: Vec<DeliveryPeriod> = (2028..2031).map(|year| DeliveryPeriod::year(year).unwrap()).collect();
    let months: Vec<DeliveryPeriod> = years.iter().flat_map(|year| year.months()).collect();
    let quarters =
        (2028..2031).flat_map(|year| (1..=4).map(move |quarter| DeliveryPeriod::quarter(year, quarter).unwrap()));
    let quotable: Vec<DeliveryPeriod> = months.iter().copied().chain(quarters).chain(years).collect();

    let prices = prop::collection::vec(price, months.len());
    // Some periods several times: a redundant quote is no fault.
    let picks = prop::collection::vec(0..quotable.len(), 1..60);
    (prices, picks).prop_map(move |(prices, picks)| {
        let average = |period: DeliveryPeriod| {
            let inside = months.iter().zip(&prices).filter(|(month, _)| period.contains(**month));
            inside.map(|(month, price)| f64::from(month.hours()) * price).sum::<f64>() / f64::from(period.hours())
        };
        picks.iter().map(|pick| quotable[*pick]).map(|period| Quote { period, price: average(period) }).collect()
    })
}
