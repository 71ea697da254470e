//! Forward curves: the smooth one through averages of given intervals, and the bootstrap of overlapping quotes.

use pricing::curve::{EndSlope, ForwardCurve, MaximumSmoothness, Quote};
use pricing::delivery::DeliveryPeriod;

use crate::score::Answers;
use crate::table::{Fault, Row, bad_cell};

pub(super) fn max_smoothness(row: Row) -> Result<Answers, Fault> {
    let averages: Vec<Option<f64>> = row.numbers("period_average_prices")?.into_iter().map(Some).collect();
    let spline =
        MaximumSmoothness::new(&row.numbers("knots_years")?, &averages, EndSlope::Zero).map_err(Fault::refused)?;
    let value =
        |time: f64| spline.value(time).ok_or_else(|| Fault::Refused(format!("time {time} is outside the knots")));
    let values: Result<Vec<f64>, Fault> = row.numbers("eval_times")?.into_iter().map(value).collect();
    Ok(Answers::default().and_list("expected_values", values?).and("expected_objective", spline.roughness()))
}

/// Quotes as `Jan-2020=19.05;Q1-2020=17.22 (…)`; answers as `Jan=19.05;Feb=16.2745`, months of the first quote's year.
pub(super) fn bootstrap(row: Row) -> Result<Answers, Fault> {
    let text = row.text("inputs")?;
    let bad_input = || bad_cell("inputs", text, "quotes like Jan-2020=19.05;Q1-2020=17.22");
    let quotes = text.split(';').map(quote).collect::<Option<Vec<Quote>>>().ok_or_else(bad_input)?;
    let (year, _) = quotes.first().ok_or_else(bad_input)?.period.first_year_and_month();
    let curve = ForwardCurve::bootstrap(&quotes).map_err(Fault::refused)?;

    let expected = row.text("expected")?;
    let prices = expected.split(';').map(|item| {
        let name = item.split('=').next().unwrap_or_default();
        let period = period(&format!("{}-{year}", name.trim()));
        let period = period.ok_or_else(|| bad_cell("expected", expected, "prices like Jan=19.05;Feb=16.2745"))?;
        curve.price(period).map_err(Fault::refused)
    });
    Ok(Answers::default().and_list("expected", prices.collect::<Result<_, _>>()?))
}

fn quote(text: &str) -> Option<Quote> {
    let (name, price) = text.split_once('=')?;
    // A remark may follow the number.
    let price = price.split_whitespace().next()?.parse().ok()?;
    Some(Quote { period: period(name.trim())?, price })
}

/// `Jan-2020`, `Q1-2020`, `Cal-2020`, and the spelling of the library.
fn period(text: &str) -> Option<DeliveryPeriod> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    if let Ok(period) = text.parse() {
        return Some(period);
    }
    let (name, year) = text.split_once('-')?;
    if name.starts_with('Q') {
        return format!("{year}-{name}").parse().ok();
    }
    if name == "Cal" {
        return year.parse().ok();
    }
    let (number, _) = (1..).zip(MONTHS).find(|(_, month)| *month == name)?;
    DeliveryPeriod::month(year.parse().ok()?, number)
}
