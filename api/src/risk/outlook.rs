//! What a contract's hours without a fixing are worth, and how far that price may go: a forward curve and the days so far.

use std::collections::BTreeMap;

use engine::ids::SeriesId;
use engine::instrument::{Month, State};
use engine::units::{Day, HOURS_PER_DAY, Price, Side, Timestamp};
use engine::{Engine, Market};
use pricing::curve::{ForwardCurve, Quote};
use pricing::delivery::DeliveryPeriod;
use pricing::month::DeliveringMonth;
use pricing::scenarios::price_scan_range;

use crate::risk::Settings;

/// Days of fixings that a scan range looks back on.
const HISTORY_DAYS: i32 = 365;

/// What is known of a series.
#[derive(Clone, Debug)]
pub struct Series {
    series: SeriesId,
    /// The price of every month that the market says something about; none if it is silent.
    curve: Option<ForwardCurve>,
    latest: Option<Price>,
    /// How far the price may go, if settings or history say so.
    range: Option<Price>,
}

/// What the service thinks of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The price of the hours without a fixing.
    pub reference: Price,
    /// How far it may go.
    pub range: Price,
    /// How many hours they are.
    pub hours_left: u32,
}

impl Series {
    /// Looks at a series: its listed months, its fixings, and what was set for it.
    pub fn look(engine: &Engine, series: SeriesId, symbol: &str, settings: &Settings) -> Series {
        let latest = engine.fixings().latest(series).map(|(_, fixing)| fixing.price);
        let set = settings.scan_ranges.get(symbol).copied();
        let history = history(engine, series);
        let range = set.or_else(|| price_scan_range(&history, &settings.rules).ok().map(Price));
        Series { series, curve: curve_of(engine, series), latest, range }
    }

    /// What a contract's hours without a fixing are worth at this moment; `None` while nothing is known of their price.
    ///
    /// That is the forward price of its month; in delivery the balance price that makes the month worth as much, kept within a scan
    /// range of the latest fixing, because a small error of the whole is a large one of the little that is left. Where no listed month has a price
    /// it is the latest fixing, and before the first fixing the reference price of the contract's controls. A perpetual is worth the latest
    /// fixing from the beginning, and all its hours are always left. Strips have no outlook: the engine adds up their months.
    pub fn outlook(&self, engine: &Engine, market: &Market, now: Timestamp, settings: &Settings) -> Option<Outlook> {
        if let Some(perpetual) = market.terms.perpetual().filter(|perpetual| perpetual.series == self.series) {
            let reference = self.latest.or(reference_of_controls(market))?;
            let range = self.range.unwrap_or_else(|| least_range(reference, settings));
            let reference = reference.clamp(market.terms.floor, market.terms.cap);
            return Some(Outlook { reference, range, hours_left: u32::from(perpetual.hours) });
        }
        let month = market.terms.month().filter(|month| month.series == self.series)?;
        let delivering = delivering(engine, month);
        let quote = period_of(month).zip(self.curve.as_ref()).and_then(|(period, curve)| curve.price(period).ok());
        let balance = delivering.as_ref().zip(quote).and_then(|(month, quote)| month.balance_forward(quote));
        let anchor = self.latest.or_else(|| balance.and_then(price_of)).or(reference_of_controls(market))?;
        let range = self.range.unwrap_or_else(|| least_range(anchor, settings));

        let balance = balance.and_then(price_of).unwrap_or(anchor);
        let begun = delivering.is_some_and(|month| month.hours_left() < month.month().hours());
        let reference = match begun {
            true => balance.clamp(Price(anchor.0 - range.0), Price(anchor.0 + range.0)),
            false => balance,
        };
        let unfixed = delivering.map_or_else(|| u32::from(month.hours().0), |month| month.hours_left());
        Some(Outlook {
            reference: reference.clamp(market.terms.floor, market.terms.cap),
            range,
            hours_left: unfixed.max(hours_to_come(month, now)),
        })
    }
}

/// A price in USD per GPU-hour as the engine counts it: rounded to the nearest micro-USD, halves away from zero. Nobody gains by it: arrays
/// and marks are made from the result, and from nothing finer. `None` if it is no price.
pub fn price_of(usd: f64) -> Option<Price> {
    let micros = (usd * 1e6).round();
    // Far inside 53 bits, so every whole number is exact.
    let is_price = micros.abs() <= engine::limits::PRICE_WIDTH_MAX.0 as f64;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within the widest price, by the check above")]
    is_price.then_some(Price(micros as i64))
}

/// A price in USD per GPU-hour; exact to the micro-USD, because prices are far inside 53 bits.
pub(super) fn usd(price: Price) -> f64 {
    price.0 as f64 / 1e6
}

fn reference_of_controls(market: &Market) -> Option<Price> {
    Some(market.controls.reference).filter(|&reference| reference > Price(0))
}

/// The forward curve through the listed months that have a price.
fn curve_of(engine: &Engine, series: SeriesId) -> Option<ForwardCurve> {
    let mut quotes = BTreeMap::new();
    for market in engine.markets().filter(|market| market.state != State::Settled) {
        let month = market.terms.month().filter(|month| month.series == series);
        if let Some((period, price)) = month.and_then(period_of).zip(quote_of(market)) {
            // Two contracts of one month would be two quotes of the same hours; the one listed first speaks.
            quotes.entry(period).or_insert(usd(price));
        }
    }
    let quotes: Vec<Quote> = quotes.into_iter().map(|(period, price)| Quote { period, price }).collect();
    ForwardCurve::bootstrap(&quotes).ok()
}

/// What the market says a month is worth. A settlement price stands for a day and was paid at; before the first one the book or the
/// mark has to do.
fn quote_of(market: &Market) -> Option<Price> {
    let book = &market.book;
    let midpoint =
        || book.best(Side::Buy).zip(book.best(Side::Sell)).map(|(bid, ask)| Price((bid.0 + ask.0).div_euclid(2)));
    market.settlement_price().or_else(midpoint).or_else(|| market.mark())
}

/// The calendar month of a contract; `None` if it delivers something else.
fn period_of(month: Month) -> Option<DeliveryPeriod> {
    let period = DeliveryPeriod::month_at(month.first_day.start().0)?;
    let is_same = period.start_us() == month.first_day.start().0 && period.end_us() == month.end().0;
    is_same.then_some(period)
}

fn delivering(engine: &Engine, month: Month) -> Option<DeliveringMonth> {
    let fixings: Vec<(u32, f64)> = month
        .delivery_days()
        .filter_map(|day| engine.fixings().get(month.series, day))
        .map(|fixing| (u32::from(HOURS_PER_DAY), usd(fixing.price)))
        .collect();
    DeliveringMonth::from_fixings(period_of(month)?, &fixings).ok()
}

/// The hours of the delivery days that end later than now, which the engine's floor counts.
fn hours_to_come(month: Month, now: Timestamp) -> u32 {
    month.delivery_days().filter(|day| day.end() > now).map(|_| u32::from(HOURS_PER_DAY)).sum()
}

/// The fixings of the last year, the oldest first.
fn history(engine: &Engine, series: SeriesId) -> Vec<i64> {
    let Some((Day(last), _)) = engine.fixings().latest(series) else { return Vec::new() };
    let days = (last.saturating_sub(HISTORY_DAYS)..=last).filter_map(|day| engine.fixings().get(series, Day(day)));
    days.map(|fixing| fixing.price.0).collect()
}

/// The range of a series too young for a history: the least fraction of its price, rounded up.
fn least_range(price: Price, settings: &Settings) -> Price {
    let range = usd(price).abs() * settings.rules.fraction_floor;
    price_of((range * 1e6).ceil() / 1e6).unwrap_or(engine::limits::PRICE_MAX)
}
