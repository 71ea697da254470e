//! Every path of this processor gives what the scalar formula gives, to a relative 1e-12.

use proptest::prelude::*;

use super::{Columns, GreekColumns, Path, greeks_on, prices_on};
use crate::{Error, EuropeanOption, Greeks, OptionKind, black76};

type Row = (OptionKind, f64, f64, f64, f64, f64);

/// Owned columns.
#[derive(Default)]
struct Table {
    kinds: Vec<OptionKind>,
    forwards: Vec<f64>,
    strikes: Vec<f64>,
    years: Vec<f64>,
    rates: Vec<f64>,
    volatilities: Vec<f64>,
}

impl Table {
    fn new(rows: &[Row]) -> Self {
        let mut table = Self::default();
        for &(kind, forward, strike, years, rate, volatility) in rows {
            table.kinds.push(kind);
            table.forwards.push(forward);
            table.strikes.push(strike);
            table.years.push(years);
            table.rates.push(rate);
            table.volatilities.push(volatility);
        }
        table
    }

    fn columns(&self) -> Columns<'_> {
        Columns {
            kinds: &self.kinds,
            forwards: &self.forwards,
            strikes: &self.strikes,
            years: &self.years,
            rates: &self.rates,
            volatilities: &self.volatilities,
        }
    }
}

fn available() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

/// Prices, deltas, gammas, vegas, thetas, rhos.
fn six(path: Path, table: &Table) -> Result<[Vec<f64>; 6], Error> {
    let mut output: [Vec<f64>; 6] = std::array::from_fn(|_| vec![0.0; table.kinds.len()]);
    let [prices, deltas, gammas, vegas, thetas, rhos] = &mut output;
    greeks_on(path, &table.columns(), &mut GreekColumns { prices, deltas, gammas, vegas, thetas, rhos })?;
    Ok(output)
}

fn check(rows: &[Row]) {
    let table = Table::new(rows);
    for path in available() {
        let mut prices = vec![0.0; rows.len()];
        prices_on(path, &table.columns(), &mut prices).unwrap();
        let columns = six(path, &table).unwrap();
        for (at, &(kind, forward, strike, years, rate, volatility)) in rows.iter().enumerate() {
            let option = EuropeanOption { kind, strike, years };
            let greeks = black76::greeks(&option, &black76::Market { forward, rate, volatility }).unwrap();
            let wanted = row_of(&greeks);
            // Theta is a difference of its two parts, and as accurate as they are.
            let scale = [0.0, 0.0, 0.0, 0.0, (rate * greeks.price).abs(), 0.0];
            for (column, wanted) in wanted.into_iter().enumerate() {
                let value = columns[column][at];
                let allowed = 1e-12 * wanted.abs().max(scale[column]);
                let is_near = value == wanted || (value - wanted).abs() <= allowed;
                assert!(is_near, "{path} column {column}: {value:e} for {wanted:e} of {:?}", rows[at]);
            }
            assert!((prices[at] - greeks.price).abs() <= 1e-12 * greeks.price, "{path}: {:?}", rows[at]);
        }
    }
}

fn row_of(greeks: &Greeks) -> [f64; 6] {
    [greeks.price, greeks.delta, greeks.gamma, greeks.vega, greeks.theta, greeks.rho]
}

#[test]
fn the_baseline_is_always_there_and_the_fastest_is_one_of_all() {
    assert!(Path::Baseline.is_available());
    assert!(Path::fastest().is_available());
}

#[test]
fn rows_without_ordinary_numbers_are_priced_like_single_ones() {
    use OptionKind::{Call, Put};
    check(&[
        (Call, 2.5, 2.5, 0.5, 0.03, 0.6),
        (Put, 2.5, 2.5, 0.5, -0.03, 0.6),
        (Call, 2.5, 2.0, 0.0, 0.03, 0.6),
        (Put, 2.5, 3.0, 0.5, 0.03, 0.0),
        (Call, 0.0, 3.0, 0.5, 0.03, 0.6),
        (Call, 2.5, 0.0, 0.5, 0.03, 0.6),
        (Call, 2.5, 2.5, 0.5, 0.03, 1e-9),
        (Put, 2.5, 2.6, 1e-8, 0.03, 0.5),
        (Call, 1.0, 1e9, 1.0, 0.0, 0.7),
        (Put, 1.0, 1.0, 100.0, 0.2, 9.0),
        (Call, 1e-200, 1e-200, 1.0, 0.0, 0.7),
        (Call, 1e200, 2e200, 1.0, 0.0, 0.7),
    ]);
    check(&[]);
}

#[test]
fn what_is_refused_one_by_one_is_refused_in_a_batch() {
    let good = (OptionKind::Call, 2.5, 2.5, 0.5, 0.03, 0.6);
    for path in available() {
        for (bad, name) in [
            ((OptionKind::Call, -1.0, 2.5, 0.5, 0.03, 0.6), "forward"),
            ((OptionKind::Call, 2.5, -1.0, 0.5, 0.03, 0.6), "strike"),
            ((OptionKind::Call, 2.5, 2.5, -0.5, 0.03, 0.6), "years"),
            ((OptionKind::Call, 2.5, 2.5, 0.5, 0.03, -0.6), "volatility"),
            ((OptionKind::Put, 2.5, 2.5, 0.5, f64::NAN, 0.6), "rate"),
            ((OptionKind::Put, f64::INFINITY, 2.5, 0.5, 0.03, 0.6), "forward"),
        ] {
            let mut rows = vec![good; 300];
            rows[257] = bad;
            let table = Table::new(&rows);
            let error = prices_on(path, &table.columns(), &mut vec![0.0; 300]).unwrap_err();
            assert!(error.to_string().starts_with(name), "{path}: {error} for {name}");
            assert!(six(path, &table).unwrap_err().to_string().starts_with(name));
        }
    }
}

#[test]
fn columns_of_other_lengths_are_refused_before_anything_is_written() {
    let table = Table::new(&[(OptionKind::Call, 2.5, 2.5, 0.5, 0.03, 0.6); 3]);
    let mut prices = [7.0; 2];
    let error = super::prices(&table.columns(), &mut prices).unwrap_err();
    assert_eq!(error, Error::OtherLength { name: "prices", given: 2, wanted: 3 });
    let columns = Columns { rates: &table.rates[..1], ..table.columns() };
    let error = super::prices(&columns, &mut [0.0; 3]).unwrap_err();
    assert_eq!(error, Error::OtherLength { name: "rates", given: 1, wanted: 3 });
    assert_eq!(prices, [7.0; 2]);
}

fn row() -> impl Strategy<Value = Row> {
    let kind = prop_oneof![Just(OptionKind::Call), Just(OptionKind::Put)];
    // Deviations over the whole domain or as they are traded, and how many of them the strike is away.
    let deviation = prop_oneof![(-14.0..3.0_f64).prop_map(f64::exp), 0.01..1.5_f64];
    let away = prop_oneof![-30.0..30.0_f64, -3.0..3.0_f64, Just(0.0)];
    (kind, 0.01..100.0_f64, deviation, away, 0.001..5.0_f64, -0.05..0.2_f64).prop_map(
        |(kind, forward, deviation, away, years, rate)| {
            let strike = forward * (away * deviation).clamp(-200.0, 200.0).exp();
            (kind, forward, strike, years, rate, deviation / years.sqrt())
        },
    )
}

proptest! {
    #[test]
    fn a_batch_is_its_rows_over_the_whole_domain(rows in prop::collection::vec(row(), 1..300)) {
        check(&rows);
    }
}
