//! Black's formula for many options at once, as columns: one pass through vector instructions gives price and greeks.
//!
//! The rows run through one kernel that the compiler turns into vector code for the best instruction set of the processor,
//! found when the program runs. Rows where the kernel would lose digits (far out of the money, a tiny or huge deviation,
//! no deviation at all) are priced by [`black76`]: every row agrees with it to a relative 1e-12.
//!
//! ```
//! use pricing::{OptionKind, batch};
//!
//! # fn main() -> Result<(), pricing::Error> {
//! let options = batch::Columns {
//!     kinds: &[OptionKind::Call, OptionKind::Put],
//!     forwards: &[2.4, 2.4],
//!     strikes: &[2.5, 2.5],
//!     years: &[0.25, 0.25],
//!     rates: &[0.0, 0.0],
//!     volatilities: &[0.6, 0.6],
//! };
//! let mut prices = [0.0; 2];
//! batch::prices(&options, &mut prices)?;
//! // Put-call parity: the put is worth K − F more.
//! assert!((prices[1] - prices[0] - 0.1).abs() < 1e-15);
//! # Ok(())
//! # }
//! ```

mod kernel;
mod path;
#[cfg(test)]
mod tests;

use crate::{Error, EuropeanOption, OptionKind, black76};

pub use path::Path;

/// Rows that go through the kernel before those that it leaves are priced one by one: their columns stay in the cache.
const BLOCK: usize = 256;

/// The inputs, one row an option; units as in [`EuropeanOption`] and [`black76::Market`].
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// Call or put.
    pub kinds: &'a [OptionKind],
    /// Forward prices.
    pub forwards: &'a [f64],
    /// Strikes.
    pub strikes: &'a [f64],
    /// Years to expiry.
    pub years: &'a [f64],
    /// Discount rates.
    pub rates: &'a [f64],
    /// Lognormal volatilities.
    pub volatilities: &'a [f64],
}

/// Where price and the five greeks of daily use go, one row an option; conventions of [`Greeks`](crate::Greeks).
#[derive(Debug)]
pub struct GreekColumns<'a> {
    /// Present values.
    pub prices: &'a mut [f64],
    /// `∂V/∂F`.
    pub deltas: &'a mut [f64],
    /// `∂²V/∂F²`.
    pub gammas: &'a mut [f64],
    /// `∂V/∂σ`.
    pub vegas: &'a mut [f64],
    /// `−∂V/∂T` per year.
    pub thetas: &'a mut [f64],
    /// `∂V/∂r`.
    pub rhos: &'a mut [f64],
}

/// Present values of all rows, on the fastest path of this processor.
///
/// # Errors
///
/// Columns of different lengths, before anything is written; and what [`black76::price`] refuses, for the first such row:
/// the rows of the output are then not to be used.
pub fn prices(options: &Columns, prices: &mut [f64]) -> Result<(), Error> {
    prices_on(Path::fastest(), options, prices)
}

/// As [`prices`], on a path of choice. One that this processor does not have is replaced by the fastest that it has.
///
/// # Errors
///
/// As [`prices`].
pub fn prices_on(path: Path, options: &Columns, prices: &mut [f64]) -> Result<(), Error> {
    options.check()?;
    options.check_length("prices", prices.len())?;
    let mut start = 0;
    for prices in prices.chunks_mut(BLOCK) {
        let block = options.block(start, prices.len());
        path.prices(&block, prices);
        for (at, price) in prices.iter_mut().enumerate() {
            if price.is_nan() {
                let (option, market) = block.row(at);
                *price = black76::price(&option, &market)?;
            }
        }
        start += prices.len();
    }
    Ok(())
}

/// Present values and five greeks of all rows in one pass, on the fastest path of this processor.
///
/// # Errors
///
/// As [`prices`].
pub fn greeks(options: &Columns, greeks: &mut GreekColumns) -> Result<(), Error> {
    greeks_on(Path::fastest(), options, greeks)
}

/// As [`greeks`], on a path of choice. One that this processor does not have is replaced by the fastest that it has.
///
/// # Errors
///
/// As [`prices`].
pub fn greeks_on(path: Path, options: &Columns, greeks: &mut GreekColumns) -> Result<(), Error> {
    options.check()?;
    let rows = options.kinds.len();
    for (name, length) in greeks.lengths() {
        options.check_length(name, length)?;
    }
    let mut start = 0;
    while start < rows {
        let length = BLOCK.min(rows - start);
        let block = options.block(start, length);
        let mut output = greeks.block(start, length);
        path.greeks(&block, &mut output);
        for at in 0..length {
            if output.prices[at].is_nan() {
                let (option, market) = block.row(at);
                output.set(at, &black76::greeks(&option, &market)?);
            }
        }
        start += length;
    }
    Ok(())
}

impl<'a> Columns<'a> {
    fn check(&self) -> Result<(), Error> {
        let columns = [
            ("forwards", self.forwards.len()),
            ("strikes", self.strikes.len()),
            ("years", self.years.len()),
            ("rates", self.rates.len()),
            ("volatilities", self.volatilities.len()),
        ];
        columns.into_iter().try_for_each(|(name, length)| self.check_length(name, length))
    }

    fn check_length(&self, name: &'static str, given: usize) -> Result<(), Error> {
        let wanted = self.kinds.len();
        if given == wanted { Ok(()) } else { Err(Error::OtherLength { name, given, wanted }) }
    }

    fn block(&self, start: usize, length: usize) -> Columns<'a> {
        let rows = start..start + length;
        Columns {
            kinds: &self.kinds[rows.clone()],
            forwards: &self.forwards[rows.clone()],
            strikes: &self.strikes[rows.clone()],
            years: &self.years[rows.clone()],
            rates: &self.rates[rows.clone()],
            volatilities: &self.volatilities[rows],
        }
    }

    fn row(&self, at: usize) -> (EuropeanOption, black76::Market) {
        let option = EuropeanOption { kind: self.kinds[at], strike: self.strikes[at], years: self.years[at] };
        let (forward, rate, volatility) = (self.forwards[at], self.rates[at], self.volatilities[at]);
        (option, black76::Market { forward, rate, volatility })
    }
}

impl GreekColumns<'_> {
    fn lengths(&self) -> [(&'static str, usize); 6] {
        [
            ("prices", self.prices.len()),
            ("deltas", self.deltas.len()),
            ("gammas", self.gammas.len()),
            ("vegas", self.vegas.len()),
            ("thetas", self.thetas.len()),
            ("rhos", self.rhos.len()),
        ]
    }

    fn block(&mut self, start: usize, length: usize) -> GreekColumns<'_> {
        let rows = start..start + length;
        GreekColumns {
            prices: &mut self.prices[rows.clone()],
            deltas: &mut self.deltas[rows.clone()],
            gammas: &mut self.gammas[rows.clone()],
            vegas: &mut self.vegas[rows.clone()],
            thetas: &mut self.thetas[rows.clone()],
            rhos: &mut self.rhos[rows],
        }
    }

    fn set(&mut self, at: usize, greeks: &crate::Greeks) {
        self.prices[at] = greeks.price;
        self.deltas[at] = greeks.delta;
        self.gammas[at] = greeks.gamma;
        self.vegas[at] = greeks.vega;
        self.thetas[at] = greeks.theta;
        self.rhos[at] = greeks.rho;
    }
}
