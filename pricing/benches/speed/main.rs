//! How long a price takes, by each way to compute it, beside the textbook formula in the same run: `cargo xtask bench pricing`.
//! It asserts that all ways agree, and never how long they took.
#![expect(clippy::print_stdout, reason = "a command line speaks by printing")]

mod mix;
mod textbook;

use std::hint::black_box;
use std::time::Duration;

use pricing::{batch, black76, implied_volatility};

use crate::mix::{MIXES, Mix, Options};

/// Options of a mix: with all their columns they stay in the second-level cache.
const OPTIONS: usize = 4096;

/// Rounds of all ways in turn, so that a busy moment of the machine hits each of them.
const ROUNDS: usize = 31;

/// Relative difference within which all ways must agree; the textbook formula only where nothing cancels.
const AGREEMENT: f64 = 1e-12;

type Failure = Box<dyn std::error::Error>;

/// A way to compute something for all options of a mix.
struct Way<'a> {
    name: String,
    run: Box<dyn FnMut() -> Result<(), Failure> + 'a>,
    times: Vec<Duration>,
}

impl<'a> Way<'a> {
    fn new(name: impl Into<String>, run: impl FnMut() -> Result<(), Failure> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), times: Vec::new() }
    }

    /// Median nanoseconds an option.
    fn median(&self) -> f64 {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        per_option(sorted[sorted.len() / 2])
    }

    fn least(&self) -> f64 {
        self.times.iter().min().copied().map_or(0.0, per_option)
    }
}

fn main() -> Result<(), Failure> {
    for mix in &MIXES {
        let options = Options::generate(mix, OPTIONS);
        assert_agreement(mix, &options)?;
        println!("{{\"mix\":\"{}\",\"drawn\":\"{}; {OPTIONS} options; {ROUNDS} rounds\"}}", mix.name, mix.drawn);
        measure(mix, &options)?;
    }
    Ok(())
}

fn measure(mix: &Mix, options: &Options) -> Result<(), Failure> {
    let columns = options.columns();
    let premiums = options.undiscounted_prices()?;
    let mut ways = vec![
        Way::new("textbook price", || {
            for (option, market) in options.rows() {
                black_box(textbook::price(&option, &market));
            }
            Ok(())
        }),
        Way::new("scalar price", || {
            for (option, market) in options.rows() {
                black_box(black76::price(&option, &market)?);
            }
            Ok(())
        }),
        Way::new("scalar price and 8 greeks", || {
            for (option, market) in options.rows() {
                black_box(black76::greeks(&option, &market)?);
            }
            Ok(())
        }),
        Way::new("implied volatility", || {
            for ((option, market), premium) in options.rows().zip(&premiums) {
                black_box(implied_volatility::black76(&option, market.forward, *premium)?);
            }
            Ok(())
        }),
    ];
    for path in batch::Path::ALL.into_iter().filter(|path| path.is_available()) {
        let mut prices = vec![0.0; OPTIONS];
        ways.push(Way::new(format!("batch price ({path})"), move || {
            batch::prices_on(path, &columns, black_box(&mut prices))?;
            Ok(())
        }));
        let mut output = vec![vec![0.0; OPTIONS]; 6];
        ways.push(Way::new(format!("batch price and 5 greeks ({path})"), move || {
            batch::greeks_on(path, &columns, &mut mix::greek_columns(black_box(&mut output)))?;
            Ok(())
        }));
    }
    for _ in 0..ROUNDS {
        for way in &mut ways {
            way.times.push(timed(&mut way.run)?);
        }
    }
    let textbook = ways[0].median();
    for way in &ways {
        let (median, least) = (way.median(), way.least());
        println!(
            "{{\"mix\":\"{}\",\"way\":\"{}\",\"ns\":{median:.2},\"least\":{least:.2},\"ratio\":{:.3}}}",
            mix.name,
            way.name,
            median / textbook
        );
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this program measures from outside; the library has no clock")]
fn timed(run: &mut dyn FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let start = std::time::Instant::now();
    run()?;
    Ok(start.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a round are far below 2^53")]
fn per_option(time: Duration) -> f64 {
    time.as_nanos() as f64 / OPTIONS as f64
}

/// All ways come to the same numbers.
fn assert_agreement(mix: &Mix, options: &Options) -> Result<(), Failure> {
    for path in batch::Path::ALL.into_iter().filter(|path| path.is_available()) {
        let mut prices = vec![0.0; OPTIONS];
        batch::prices_on(path, &options.columns(), &mut prices)?;
        let mut output = vec![vec![0.0; OPTIONS]; 6];
        batch::greeks_on(path, &options.columns(), &mut mix::greek_columns(&mut output))?;
        for (at, (option, market)) in options.rows().enumerate() {
            let greeks = black76::greeks(&option, &market)?;
            let wanted = [greeks.price, greeks.delta, greeks.gamma, greeks.vega, greeks.theta, greeks.rho];
            // Theta is a difference, as accurate as its parts.
            let scale = [0.0, 0.0, 0.0, 0.0, (market.rate * greeks.price).abs(), 0.0];
            for (column, (wanted, scale)) in wanted.into_iter().zip(scale).enumerate() {
                let what = format!("{}, {path}, column {column}", mix.name);
                assert_near(&what, output[column][at], wanted, AGREEMENT * wanted.abs().max(scale));
            }
            assert_near(mix.name, prices[at], greeks.price, AGREEMENT * greeks.price);
        }
    }
    for ((option, market), premium) in options.rows().zip(options.undiscounted_prices()?) {
        if mix.is_well_conditioned {
            let volatility = implied_volatility::black76(&option, market.forward, premium)?;
            assert_near("implied volatility", volatility, market.volatility, 1e-13 * market.volatility);
            let price = black76::price(&option, &market)?;
            assert_near("textbook", textbook::price(&option, &market), price, 1e-11 * price);
        }
    }
    Ok(())
}

fn assert_near(what: &str, value: f64, wanted: f64, allowed: f64) {
    assert!((value - wanted).abs() <= allowed, "{what}: {value:e} is not {wanted:e}");
}
