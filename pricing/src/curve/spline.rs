//! The smoothest curve with given averages: a spline of fourth degree, found by least squares over its knots.

use super::banded::Banded;

/// The most knots of one spline; the calendar has 2,773 months.
pub const KNOTS_MAX: usize = 4_096;

/// Panels per interval of the quadrature under an exponential, each with [`NODES`]: exact to rounding where the exponential
/// of a polynomial of fourth degree does not swing by orders of magnitude inside an interval.
const PANELS: u32 = 16;

/// Gauss–Legendre nodes and weights of five points on −1 to 1.
const NODES: [(f64, f64); 5] = [
    (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    (-0.538_469_310_105_683, 0.478_628_670_499_366_5),
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683, 0.478_628_670_499_366_5),
    (0.906_179_845_938_664, 0.236_926_885_056_189_1),
];

/// What the curve does at its end. At its begin it is always free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndSlope {
    /// It ends flat, `f′(end) = 0`: what lies beyond the last quote is expected to cost what its end costs.
    Zero,
    /// It ends as is smoothest. Through fewer than two averages the flat curve is taken among the equally smooth ones.
    Free,
}

/// Why there is no spline.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SplineError {
    /// Too few or too many knots.
    #[error("{count} knots are not from 2 to {KNOTS_MAX}")]
    KnotsCount {
        /// How many were given.
        count: usize,
    },
    /// The numbers of knots and averages do not go together.
    #[error("{averages} averages do not fit {knots} knots: give one for each interval, {}", knots - 1)]
    AveragesCount {
        /// Knots given.
        knots: usize,
        /// Averages given.
        averages: usize,
    },
    /// Knots are not finite or not increasing.
    #[error("knot {knot} at place {place} is not a finite number greater than the one before it")]
    Knot {
        /// The knot as given.
        knot: f64,
        /// Its place, counted from 1.
        place: usize,
    },
    /// An average is not finite.
    #[error("average {average} of interval {interval} is not a finite number")]
    Average {
        /// The average as given.
        average: f64,
        /// Which interval, counted from 1.
        interval: usize,
    },
    /// No interval has an average.
    #[error("no interval has an average: a curve needs at least one")]
    NoAverage,
    /// Intervals differ so much in length that doubles cannot resolve the system.
    #[error("the knots lie too unevenly to be solved; merge the shortest intervals")]
    Uneven,
}

/// The curve `f` with the least `∫ f″²` among all that have the given averages between their knots.
///
/// Benth, Koekebakker and Ollmar, *Extracting and applying smooth forward curves from average-based commodity contracts*
/// (Journal of Derivatives, 2007): the solution is of fourth degree between knots, and its first two derivatives are continuous
/// (in fact three). They solve for all coefficients under constraints. Here each piece is written by value and slope
/// at its two knots and by its average, so that averages and continuity hold by construction; what is left is a
/// sum of squares in the values and slopes, whose normal equations are a narrow band. Work grows with the number of knots.
///
/// Units are the caller's: knots in any unit of time, averages in any unit of price.
///
/// ```
/// use pricing::curve::{EndSlope, MaximumSmoothness};
///
/// let spline = MaximumSmoothness::new(&[0.0, 1.0, 2.0, 4.0], &[Some(3.0), Some(2.0), Some(2.5)], EndSlope::Zero)?;
/// assert!((spline.mean(2.0, 4.0).unwrap_or(f64::NAN) - 2.5).abs() < 1e-14);
/// assert!(spline.value(4.5).is_none());
/// # Ok::<(), pricing::curve::SplineError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MaximumSmoothness {
    knots: Vec<f64>,
    /// Of each interval in powers of its relative time, 0 at its begin and 1 at its end.
    coefficients: Vec<[f64; 5]>,
}

impl MaximumSmoothness {
    /// The spline over increasing `knots` with one average for each interval between them, or `None` where it is free.
    ///
    /// # Errors
    ///
    /// [`SplineError`] if numbers are not finite, knots not increasing, counts do not fit, or no average is given.
    pub fn new(knots: &[f64], averages: &[Option<f64>], end: EndSlope) -> Result<MaximumSmoothness, SplineError> {
        check(knots, averages)?;
        let known: Vec<f64> = averages.iter().copied().flatten().collect();
        // Adding a constant to all averages adds it to the curve. Solved around their mean, no digits go to the level.
        let level = known.iter().sum::<f64>() / known.len() as f64;
        let is_flat_end = end == EndSlope::Zero || known.len() < 2;

        let unit = (knots[knots.len() - 1] - knots[0]) / averages.len() as f64;
        let lengths: Vec<f64> = knots.windows(2).map(|pair| (pair[1] - pair[0]) / unit).collect();
        let pieces: Vec<(f64, Option<f64>)> = lengths
            .iter()
            .zip(averages)
            .map(|(length, average)| (*length, average.map(|price| price - level)))
            .collect();
        let solution = solve(&pieces, is_flat_end).ok_or(SplineError::Uneven)?;

        let coefficients = pieces.iter().enumerate().map(|(at, &(length, average))| {
            let [value, slope, next_value, next_slope] = std::array::from_fn(|i| solution[2 * at + i]);
            let mut powers = powers([value, slope * length, next_value, next_slope * length], average);
            powers[0] += level;
            powers
        });
        Ok(MaximumSmoothness { knots: knots.to_vec(), coefficients: coefficients.collect() })
    }

    /// The value at `time`, or `None` outside the knots.
    pub fn value(&self, time: f64) -> Option<f64> {
        let (at, relative) = self.place(time)?;
        Some(value(&self.coefficients[at], relative))
    }

    /// The mean from `start` to a later `end`, or `None` unless both lie within the knots in this order.
    pub fn mean(&self, start: f64, end: f64) -> Option<f64> {
        let ((first, from), (last, until)) = (self.place(start)?, self.place(end)?);
        if start >= end {
            return None;
        }
        let base = self.coefficients[first][0];
        let sum: f64 = (first..=last)
            .map(|at| {
                let from = if at == first { from } else { 0.0 };
                let until = if at == last { until } else { 1.0 };
                let [c0, c1, c2, c3, c4] = self.coefficients[at];
                let integral =
                    |u: f64| u * (c0 - base + u * (c1 / 2.0 + u * (c2 / 3.0 + u * (c3 / 4.0 + u * c4 / 5.0))));
                (self.knots[at + 1] - self.knots[at]) * (integral(until) - integral(from))
            })
            .sum();
        Some(base + sum / (end - start))
    }

    /// The mean of `exp(f)` from `start` to a later `end`, by quadrature within each interval; `None` as for
    /// [`mean`](MaximumSmoothness::mean).
    pub(super) fn exponential_mean(&self, start: f64, end: f64) -> Option<f64> {
        let ((first, from), (last, until)) = (self.place(start)?, self.place(end)?);
        if start >= end {
            return None;
        }
        let sum: f64 = (first..=last)
            .map(|at| {
                let from = if at == first { from } else { 0.0 };
                let until = if at == last { until } else { 1.0 };
                let half = (until - from) / f64::from(2 * PANELS);
                let middles = (0..PANELS).map(|panel| from + half * f64::from(2 * panel + 1));
                let panel = |middle: f64| {
                    let nodes = NODES.iter();
                    nodes
                        .map(|(node, weight)| weight * value(&self.coefficients[at], middle + half * node).exp())
                        .sum::<f64>()
                };
                (self.knots[at + 1] - self.knots[at]) * half * middles.map(panel).sum::<f64>()
            })
            .sum();
        Some(sum / (end - start))
    }

    /// `∫ f″²` over all knots: how far the curve is from straight, in price² per time³.
    pub fn roughness(&self) -> f64 {
        let pieces = self.knots.windows(2).zip(&self.coefficients);
        let energies = pieces.map(|(pair, &[_, _, c2, c3, c4])| {
            // Shifted Legendre polynomials are orthogonal on the interval, so squares of their weights add up.
            let (mean, tilt, bend) = (2.0 * c2 + 3.0 * c3 + 4.0 * c4, 3.0 * c3 + 6.0 * c4, 2.0 * c4);
            (mean * mean + tilt * tilt / 3.0 + bend * bend / 5.0) / (pair[1] - pair[0]).powi(3)
        });
        energies.sum()
    }

    /// Knots and coefficients, for tests that differentiate.
    #[cfg(test)]
    pub(super) fn parts(&self) -> (&[f64], &[[f64; 5]]) {
        (&self.knots, &self.coefficients)
    }

    /// The interval in which `time` lies, and where in it, from 0 to 1.
    fn place(&self, time: f64) -> Option<(usize, f64)> {
        let (first, last) = (self.knots.first()?, self.knots.last()?);
        if !(*first..=*last).contains(&time) {
            return None;
        }
        let at = (self.knots.partition_point(|knot| *knot <= time) - 1).min(self.coefficients.len() - 1);
        Some((at, (time - self.knots[at]) / (self.knots[at + 1] - self.knots[at])))
    }
}

fn check(knots: &[f64], averages: &[Option<f64>]) -> Result<(), SplineError> {
    if !(2..=KNOTS_MAX).contains(&knots.len()) {
        return Err(SplineError::KnotsCount { count: knots.len() });
    }
    if averages.len() + 1 != knots.len() {
        return Err(SplineError::AveragesCount { knots: knots.len(), averages: averages.len() });
    }
    let mut before = f64::NEG_INFINITY;
    for (place, &knot) in (1..).zip(knots) {
        if !knot.is_finite() || knot <= before {
            return Err(SplineError::Knot { knot, place });
        }
        before = knot;
    }
    for (interval, average) in (1..).zip(averages) {
        if let Some(average) = average.filter(|average| !average.is_finite()) {
            return Err(SplineError::Average { average, interval });
        }
    }
    if averages.iter().all(Option::is_none) { Err(SplineError::NoAverage) } else { Ok(()) }
}

/// Value and slope at each knot, in turns: those with the least `∫ f″²`. Slopes are per unit of the lengths.
///
/// With relative time `u` in a piece of length `h`, value and slope × h at both ends `f₀ p₀ f₁ p₁` and average `a`,
/// `∫ f″² dt = (e² + 3 (2 d − e)² + 0.8 c₄²) / h³`, where `d = f₁ − f₀ − p₀`, `e = p₁ − p₀` and `c₄` is the leading coefficient:
/// `30 a − 15 (f₀ + f₁) + 2.5 (p₁ − p₀)` for a known average. A free average takes `c₄ = 0`, the cubic.
fn solve(pieces: &[(f64, Option<f64>)], is_flat_end: bool) -> Option<Vec<f64>> {
    let size = 2 * (pieces.len() + 1);
    let mut matrix = Banded::zero(size);
    let mut right = vec![0.0; size];
    for (at, &(length, average)) in pieces.iter().enumerate() {
        let bend = average.map(|average| ([-15.0, -2.5, -15.0, 2.5], 30.0 * average, 0.8));
        let squares = [([0.0, -1.0, 0.0, 1.0], 0.0, 1.0), ([-2.0, -1.0, 2.0, -1.0], 0.0, 3.0)];
        for (mut row, constant, weight) in squares.into_iter().chain(bend) {
            row[1] *= length;
            row[3] *= length;
            if is_flat_end && at + 1 == pieces.len() {
                row[3] = 0.0;
            }
            let weight = weight / length.powi(3);
            for i in 0..4 {
                right[2 * at + i] -= weight * row[i] * constant;
                for j in 0..=i {
                    matrix.add(2 * at + i, 2 * at + j, weight * row[i] * row[j]);
                }
            }
        }
    }
    if is_flat_end {
        // Nothing else touches the last slope: the equation 1 × slope = 0.
        matrix.add(size - 1, size - 1, 1.0);
    }
    matrix.solve(right)
}

/// The coefficients of one piece by powers of its relative time, from its ends and its average.
fn powers([f0, p0, f1, p1]: [f64; 4], average: Option<f64>) -> [f64; 5] {
    let (d, e) = (f1 - f0 - p0, p1 - p0);
    let c4 = average.map_or(0.0, |average| 30.0 * (average - f0 - p0 / 2.0) - 15.0 * d + 2.5 * e);
    let c3 = e - 2.0 * d - 2.0 * c4;
    [f0, p0, d - c3 - c4, c3, c4]
}

fn value([c0, c1, c2, c3, c4]: &[f64; 5], u: f64) -> f64 {
    c0 + u * (c1 + u * (c2 + u * (c3 + u * c4)))
}
