//! The sixteen scenarios in their fixed order, and what may be set about them.

/// How many scenarios there are, and entries a risk array has.
pub const SCENARIOS_COUNT: usize = 16;

/// The largest move of a scenario, in scan ranges.
pub const MOVE_MAX: f64 = 100.0;

/// One scenario: where price and volatility go, and how much of the loss counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario {
    /// Move of the price as a fraction of the price scan range; greater than zero is up.
    pub price_move: f64,
    /// Move of the volatility as a fraction of the volatility scan range.
    pub volatility_move: f64,
    /// The share of the loss that is covered, from 0 (exclusive) to 1.
    pub cover: f64,
}

/// A scenario grid: what the market may do by tomorrow, sixteen times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScenarioGrid([Scenario; SCENARIOS_COUNT]);

/// Why scenarios make no grid.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum GridError {
    /// A move is no number or larger than any use.
    #[error("{name} move {value} of scenario {number} is not from -{MOVE_MAX} to {MOVE_MAX} scan ranges")]
    Move {
        /// Price or volatility.
        name: &'static str,
        /// As given.
        value: f64,
        /// Which scenario, counted from 1.
        number: usize,
    },
    /// A cover is not a share.
    #[error("cover {value} of scenario {number} is not greater than 0 and at most 1")]
    Cover {
        /// As given.
        value: f64,
        /// Which scenario, counted from 1.
        number: usize,
    },
}

impl ScenarioGrid {
    /// Sixteen scenarios of the caller's own.
    ///
    /// # Errors
    ///
    /// [`GridError`] names the first move or cover out of range.
    pub fn new(scenarios: [Scenario; SCENARIOS_COUNT]) -> Result<ScenarioGrid, GridError> {
        for (number, scenario) in (1..).zip(&scenarios) {
            for (name, value) in [("price", scenario.price_move), ("volatility", scenario.volatility_move)] {
                if value.is_nan() || value.abs() > MOVE_MAX {
                    return Err(GridError::Move { name, value, number });
                }
            }
            if !(scenario.cover > 0.0 && scenario.cover <= 1.0) {
                return Err(GridError::Cover { value: scenario.cover, number });
            }
        }
        Ok(ScenarioGrid(scenarios))
    }

    /// The layout of SPAN: price unchanged, up and down by a third, two thirds and all of its scan range, each with
    /// volatility up and down; then up and down by `extreme_multiple` scan ranges with unchanged volatility, of which only
    /// `extreme_cover` of the loss counts.
    ///
    /// | scenario | 1, 2 | 3, 4 | 5, 6 | 7, 8 | 9, 10 | 11, 12 | 13, 14 | 15 | 16 |
    /// | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    /// | price | 0 | +⅓ | −⅓ | +⅔ | −⅔ | +1 | −1 | +extreme | −extreme |
    /// | volatility | +1, −1 | +1, −1 | +1, −1 | +1, −1 | +1, −1 | +1, −1 | +1, −1 | 0 | 0 |
    ///
    /// The extremes are a clearing house's choice. Published tables have 2 scan ranges at 35 %, which is the 70 % of
    /// McMillan, *Options as a Strategic Investment*, chapter 34; the [default](ScenarioGrid::default) is 3 at a third.
    ///
    /// # Errors
    ///
    /// [`GridError`] if the multiple or the cover is out of range.
    pub fn span(extreme_multiple: f64, extreme_cover: f64) -> Result<ScenarioGrid, GridError> {
        ScenarioGrid::new(span_layout(extreme_multiple, extreme_cover))
    }

    /// The scenarios, in order.
    pub const fn scenarios(&self) -> &[Scenario; SCENARIOS_COUNT] {
        &self.0
    }
}

/// Extremes of three scan ranges, of which a third of the loss counts.
///
/// For a future that is one scan range, what scenarios 11 to 14 already take. For a short option far out of the money,
/// whose loss grows faster than the move, it is never less than 2 ranges at 35 %.
impl Default for ScenarioGrid {
    fn default() -> Self {
        ScenarioGrid(span_layout(3.0, 1.0 / 3.0))
    }
}

fn span_layout(extreme_multiple: f64, extreme_cover: f64) -> [Scenario; SCENARIOS_COUNT] {
    const INNER: [f64; 7] = [0.0, 1.0 / 3.0, -1.0 / 3.0, 2.0 / 3.0, -2.0 / 3.0, 1.0, -1.0];
    std::array::from_fn(|at| match INNER.get(at / 2) {
        Some(&price_move) => Scenario { price_move, volatility_move: if at % 2 == 0 { 1.0 } else { -1.0 }, cover: 1.0 },
        None => {
            let sign = if at % 2 == 0 { 1.0 } else { -1.0 };
            Scenario { price_move: sign * extreme_multiple, volatility_move: 0.0, cover: extreme_cover }
        }
    })
}
