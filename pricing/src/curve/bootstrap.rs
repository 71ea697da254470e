//! The bootstrap: takes overlapping averages apart into the finest pieces that they determine.

use super::{Conflict, CurveError, PRICE_MAX, QUOTES_MAX, Shape};
use crate::delivery::DeliveryPeriod;

/// What a delivery period costs on average, in currency per GPU-hour; may be zero or negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// The month, quarter or year.
    pub period: DeliveryPeriod,
    /// The mean price of its hours.
    pub price: f64,
}

/// How a curve is made from its quotes.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// How far quotes of the same hours may be apart, in currency per GPU-hour. The finer quotes win then.
    ///
    /// Quotes on a tick grid need half a tick and more: the mean of months is seldom on it.
    pub tolerance: f64,
    /// How the hours that only a coarser quote speaks of share its price.
    pub shape: Shape<'a>,
}

/// A thousandth of a micro-USD of difference, flat remainders.
impl Default for Rules<'_> {
    fn default() -> Self {
        Self { tolerance: 1e-9, shape: Shape::Flat }
    }
}

/// A run of hours with one price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Its first hour, counted from 1970-01-01 00:00 UTC.
    pub start_hour: u32,
    /// The hour that follows its last.
    pub end_hour: u32,
    /// What each of its hours costs, in currency per GPU-hour.
    pub price: f64,
}

impl Piece {
    /// One price over consecutive periods, or nothing over none.
    pub(super) fn over(periods: &[DeliveryPeriod], price: f64) -> Option<Piece> {
        let (first, last) = (periods.first()?, periods.last()?);
        Some(Piece { start_hour: first.start_hour(), end_hour: last.end_hour(), price })
    }
}

/// A price for each hour that the quotes speak of, constant by pieces.
///
/// Two periods of the calendar are disjoint or nested, so quotes form a forest. From each one the quotes directly inside
/// it are taken away, weighted by hours, and what is left is the price of its remaining hours, wherever they lie: a year
/// with one quoted quarter in its middle leaves one price before and after it. That is the finest partition that the quotes
/// determine; any price more would be invented. Hours that no quote speaks of have no price.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardCurve {
    /// In order of time, disjoint, perhaps with gaps.
    pieces: Vec<Piece>,
}

impl ForwardCurve {
    /// The curve of `quotes`, in any order, with the default [`Rules`].
    ///
    /// # Errors
    ///
    /// As [`bootstrap_with`](ForwardCurve::bootstrap_with).
    pub fn bootstrap(quotes: &[Quote]) -> Result<ForwardCurve, CurveError> {
        ForwardCurve::bootstrap_with(quotes, &Rules::default())
    }

    /// The curve of `quotes`, in any order, made by `rules`.
    ///
    /// # Errors
    ///
    /// [`CurveError`] if there are no quotes or too many, a number is not finite, a shape not usable, or if a quote
    /// differs from what finer ones say about all its hours: each such quote is named, with what separates them.
    pub fn bootstrap_with(quotes: &[Quote], rules: &Rules) -> Result<ForwardCurve, CurveError> {
        let quotes = checked(quotes, rules.tolerance)?;
        let mut conflicts = Vec::new();
        let mut pieces = Vec::new();
        // Finished parts that no coarser quote has taken up yet. A quote comes after all that lies inside it, so its
        // parts are exactly the last ones here.
        let mut parts: Vec<Quote> = Vec::new();
        for quote in quotes {
            if let Some(twin) = parts.last().filter(|part| part.period == quote.period) {
                conflicts.extend(conflict(quote, std::slice::from_ref(twin), twin.price, rules.tolerance));
                continue;
            }
            let first_inside = parts.partition_point(|part| !quote.period.contains(part.period));
            let inside = parts.split_off(first_inside);
            let spans = uncovered(quote.period, &inside);
            let price = if spans.is_empty() {
                let implied = mean(&inside);
                conflicts.extend(conflict(quote, &inside, implied, rules.tolerance));
                implied
            } else {
                pieces.extend(rules.shape.lay(remainder(quote, &inside), &spans)?);
                quote.price
            };
            parts.push(Quote { period: quote.period, price });
        }
        if !conflicts.is_empty() {
            return Err(CurveError::Inconsistent { conflicts, tolerance: rules.tolerance });
        }
        pieces.sort_by_key(|piece| piece.start_hour);
        Ok(ForwardCurve { pieces })
    }

    /// The pieces, in order of time and disjoint; where one ends before the next begins there is no price.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What `period` costs on average: the mean of its hours, in currency per GPU-hour.
    ///
    /// # Errors
    ///
    /// [`CurveError::NotCovered`] if an hour of the period is in no quote.
    pub fn price(&self, period: DeliveryPeriod) -> Result<f64, CurveError> {
        let (start, end) = (period.start_hour(), period.end_hour());
        let first = self.pieces.partition_point(|piece| piece.end_hour <= start);
        let base = self.pieces.get(first).map_or(0.0, |piece| piece.price);
        let (mut hour, mut excess) = (start, 0.0);
        for piece in self.pieces[first..].iter().take_while(|piece| piece.start_hour < end) {
            if piece.start_hour > hour {
                break;
            }
            let until = piece.end_hour.min(end);
            // Summed as distances from one price, so that a long flat run stays that price to the last bit.
            excess += f64::from(until - hour) * (piece.price - base);
            hour = until;
        }
        if hour < end {
            return Err(CurveError::NotCovered { period, hour });
        }
        Ok(base + excess / f64::from(period.hours()))
    }
}

/// The quotes so that each comes after all that lies inside it, if they can be used at all.
fn checked(quotes: &[Quote], tolerance: f64) -> Result<Vec<Quote>, CurveError> {
    if quotes.is_empty() {
        return Err(CurveError::Empty);
    }
    if quotes.len() > QUOTES_MAX {
        return Err(CurveError::TooManyQuotes { count: quotes.len() });
    }
    if !tolerance.is_finite() || tolerance < 0.0 {
        return Err(CurveError::Tolerance { tolerance });
    }
    if let Some(&Quote { period, price }) =
        quotes.iter().find(|quote| quote.price.is_nan() || quote.price.abs() > PRICE_MAX)
    {
        return Err(CurveError::Price { period, price });
    }
    let mut quotes = quotes.to_vec();
    quotes.sort_by_key(|quote| (quote.period.end_hour(), std::cmp::Reverse(quote.period.start_hour())));
    Ok(quotes)
}

/// The runs of months of `period` that none of `inside`, in order of time, covers.
fn uncovered(period: DeliveryPeriod, inside: &[Quote]) -> Vec<Vec<DeliveryPeriod>> {
    let mut spans = vec![Vec::new()];
    let mut inside = inside.iter().map(|quote| quote.period).peekable();
    for month in period.months() {
        while inside.next_if(|part| part.end_hour() <= month.start_hour()).is_some() {}
        if inside.peek().is_none_or(|part| !part.contains(month)) {
            if let Some(span) = spans.last_mut() {
                span.push(month);
            }
        } else if spans.last().is_some_and(|span| !span.is_empty()) {
            spans.push(Vec::new());
        }
    }
    spans.retain(|span| !span.is_empty());
    spans
}

/// The price of the hours of `quote` that are not in `inside`.
fn remainder(quote: Quote, inside: &[Quote]) -> f64 {
    let hours_inside: u32 = inside.iter().map(|part| part.period.hours()).sum();
    let hours_left = quote.period.hours() - hours_inside;
    // As a distance from the quote: without parts inside it is the quote to the last bit.
    let excess: f64 = inside.iter().map(|part| f64::from(part.period.hours()) * (quote.price - part.price)).sum();
    quote.price + excess / f64::from(hours_left)
}

/// The hours-weighted mean of quotes; of none, NaN.
fn mean(quotes: &[Quote]) -> f64 {
    let hours: u32 = quotes.iter().map(|quote| quote.period.hours()).sum();
    let base = quotes.first().map_or(f64::NAN, |quote| quote.price);
    let excess: f64 = quotes.iter().map(|quote| f64::from(quote.period.hours()) * (quote.price - base)).sum();
    base + excess / f64::from(hours)
}

fn conflict(quote: Quote, against: &[Quote], implied: f64, tolerance: f64) -> Option<Conflict> {
    let Quote { period, price: quoted } = quote;
    let against = || against.iter().map(|quote| quote.period).collect();
    ((quoted - implied).abs() > tolerance).then(|| Conflict { period, quoted, against: against(), implied })
}
