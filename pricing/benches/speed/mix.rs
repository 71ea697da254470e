//! The options that are priced: an ordinary mix and one over the whole domain, from fixed seeds.

use pricing::batch::{Columns, GreekColumns};
use pricing::{Error, EuropeanOption, OptionKind, black76};

/// How the options of a mix are drawn, each number evenly, or evenly in its logarithm.
pub(crate) struct Mix {
    pub(crate) name: &'static str,
    /// The fields below in words, without a comma.
    pub(crate) drawn: &'static str,
    seed: u64,
    forward: (f64, f64),
    /// `σ√T`.
    deviation: (f64, f64),
    is_deviation_in_logarithm: bool,
    /// `ln(K/F)`, or in deviations where `is_in_deviations`.
    moneyness: f64,
    is_in_deviations: bool,
    /// Whether price and volatility determine each other to all digits, out of the money.
    pub(crate) is_well_conditioned: bool,
}

pub(crate) const MIXES: [Mix; 2] = [
    Mix {
        name: "ordinary",
        drawn: "F 1 to 5; |ln(K/F)| up to 0.3; deviation 0.1 to 0.9",
        seed: 76,
        forward: (1.0, 5.0),
        deviation: (0.1, 0.9),
        is_deviation_in_logarithm: false,
        moneyness: 0.3,
        is_in_deviations: false,
        is_well_conditioned: true,
    },
    Mix {
        name: "whole domain",
        drawn: "F 0.01 to 1000; up to 24 deviations from the money; deviation 1e-6 to 6 in its logarithm",
        seed: 1976,
        forward: (0.01, 1000.0),
        deviation: (1e-6, 6.0),
        is_deviation_in_logarithm: true,
        moneyness: 24.0,
        is_in_deviations: true,
        is_well_conditioned: false,
    },
];

/// Columns of options, all out of the money, so that a volatility follows from each price.
pub(crate) struct Options {
    kinds: Vec<OptionKind>,
    forwards: Vec<f64>,
    strikes: Vec<f64>,
    years: Vec<f64>,
    rates: Vec<f64>,
    volatilities: Vec<f64>,
}

impl Options {
    pub(crate) fn generate(mix: &Mix, rows: usize) -> Self {
        let mut random = Random(mix.seed);
        let empty = || Vec::with_capacity(rows);
        let mut options = Self {
            kinds: Vec::with_capacity(rows),
            forwards: empty(),
            strikes: empty(),
            years: empty(),
            rates: empty(),
            volatilities: empty(),
        };
        for _ in 0..rows {
            let forward = random.between(mix.forward);
            let deviation = if mix.is_deviation_in_logarithm {
                random.between((mix.deviation.0.ln(), mix.deviation.1.ln())).exp()
            } else {
                random.between(mix.deviation)
            };
            let moneyness = random.between((-mix.moneyness, mix.moneyness));
            let moneyness = if mix.is_in_deviations { moneyness * deviation } else { moneyness };
            let years = random.between((0.01, 2.0));
            options.kinds.push(if moneyness > 0.0 { OptionKind::Call } else { OptionKind::Put });
            options.forwards.push(forward);
            options.strikes.push(forward * moneyness.exp());
            options.years.push(years);
            options.rates.push(random.between((-0.02, 0.1)));
            options.volatilities.push(deviation / years.sqrt());
        }
        options
    }

    pub(crate) fn columns(&self) -> Columns<'_> {
        Columns {
            kinds: &self.kinds,
            forwards: &self.forwards,
            strikes: &self.strikes,
            years: &self.years,
            rates: &self.rates,
            volatilities: &self.volatilities,
        }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (EuropeanOption, black76::Market)> {
        (0..self.kinds.len()).map(|at| {
            let option = EuropeanOption { kind: self.kinds[at], strike: self.strikes[at], years: self.years[at] };
            let (forward, rate, volatility) = (self.forwards[at], self.rates[at], self.volatilities[at]);
            (option, black76::Market { forward, rate, volatility })
        })
    }

    pub(crate) fn undiscounted_prices(&self) -> Result<Vec<f64>, Error> {
        self.rows().map(|(option, market)| black76::price(&option, &black76::Market { rate: 0.0, ..market })).collect()
    }
}

/// Six columns as the output of a batch.
pub(crate) fn greek_columns(columns: &mut [Vec<f64>]) -> GreekColumns<'_> {
    let [prices, deltas, gammas, vegas, thetas, rhos] = columns else { panic!("a batch gives six columns") };
    GreekColumns { prices, deltas, gammas, vegas, thetas, rhos }
}

/// SplitMix64 (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct Random(u64);

impl Random {
    fn between(&mut self, (least, most): (f64, f64)) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let part = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        least + part * (most - least)
    }
}
