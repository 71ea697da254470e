//! The risk desk: what each contract is worth, how far its price may go, and the arrays and marks that follow.
//!
//! Curves, months in delivery, scan ranges and scenarios are those of `pricing`; every array goes to the engine as a command.

use std::error::Error;

use engine::Engine;
use engine::command::Command;
use engine::ids::KeyId;
use engine::instrument::State;
use engine::margin::{Risk, SeriesMargin};
use engine::units::{Cash, Day, HOURS_PER_DAY, Lots, Price};
use pricing::black76::Market;
use pricing::curve::{ForwardCurve, Quote};
use pricing::delivery::{DeliveryPeriod, PeriodKind};
use pricing::month::DeliveringMonth;
use pricing::scenarios::{Contract, RangeRules, RiskArray, Scan, ScenarioGrid, losses, price_scan_range};

use super::contracts::{Class, Listing, SERIES};
use super::venue::Venue;

/// What hours of compute lose in price a year, as the desk sees it: newer chips come.
const DECLINE_PER_YEAR: f64 = 0.10;
/// Months that are quoted one by one; what is further away is quoted by the quarter.
const MONTHS_QUOTED: usize = 3;
const HOURS_PER_YEAR: f64 = 8_760.0;
/// An array holds for a day and a half, so that a missed night stops nothing.
const ARRAY_VALID_US: i64 = 36 * 3_600 * 1_000_000;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;
/// An array is published before its time if it is off by more than this part of itself.
const NEWS_PARTS: i64 = 1_000;
/// Parameters are set anew once the price has moved by this part of itself since they were.
const PARAMETERS_MOVE: f64 = 0.15;

/// What the desk knows.
#[derive(Debug)]
pub struct Desk {
    /// Fixings so far, one a day.
    history: Vec<i64>,
    /// How far the price may go within the margin period.
    range: i64,
    /// What the hour costs now.
    spot: f64,
    curve: Option<ForwardCurve>,
    /// The price for which the margin parameters of the series were set.
    parameters_for: f64,
    grid: ScenarioGrid,
}

impl Desk {
    /// A desk that knows one price.
    pub fn new(price: Price) -> Desk {
        Desk {
            history: Vec::new(),
            range: 0,
            spot: usd(price),
            curve: None,
            parameters_for: 0.0,
            grid: ScenarioGrid::default(),
        }
    }

    /// What an hour costs now.
    pub fn spot(&self) -> f64 {
        self.spot
    }

    /// The largest move expected within the margin period, as a part of the price.
    pub fn range_fraction(&self) -> f64 {
        self.range as f64 / 1e6 / self.spot
    }

    /// How far the fixings of the last days went, as a logarithm.
    pub fn momentum(&self, days: usize) -> f64 {
        let last = self.history.len().checked_sub(1);
        let (Some(last), Some(before)) = (last, last.and_then(|last| last.checked_sub(days))) else { return 0.0 };
        (self.history[last] as f64 / self.history[before] as f64).ln()
    }

    /// Takes in a fixing.
    ///
    /// # Errors
    /// If it is no price that a range can be made of.
    pub fn fix(&mut self, price: Price) -> Result<(), Box<dyn Error>> {
        self.history.push(price.0);
        let rules = RangeRules::default();
        let enough = self.history.len() > rules.margin_period_days as usize;
        let least = vec![price.0; rules.margin_period_days as usize + 1];
        self.range = price_scan_range(if enough { &self.history } else { &least }, &rules)?;
        Ok(())
    }

    /// Sees what the hour costs now, and draws the curve of what it will.
    ///
    /// # Errors
    /// If there is no curve through the desk's quotes.
    pub fn look(&mut self, spot: f64, venue: &Venue, listings: &[Listing]) -> Result<(), Box<dyn Error>> {
        self.spot = spot;
        let now = venue.now();
        let today = DeliveryPeriod::month_at(now.0).ok_or("the year lies in the calendar")?;
        let listed = listings.iter().filter(|listing| listing.listed.start() <= now);
        let last = listed.filter_map(|listing| listing.period).map(DeliveryPeriod::end_hour).max().unwrap_or(0);
        let months =
            std::iter::successors(Some(today), |month| month.next()).take_while(|month| month.end_hour() <= last);
        let mut quotes: Vec<Quote> = Vec::new();
        for (at, month) in months.enumerate() {
            let period = if at < MONTHS_QUOTED { month } else { quarter_of(month)? };
            if quotes.last().is_none_or(|quote| quote.period != period) {
                quotes.push(Quote { period, price: self.expected(period, now.0) });
            }
        }
        self.curve = Some(ForwardCurve::bootstrap(&quotes)?);
        Ok(())
    }

    /// What the hours of a period cost on average, as the desk expects it; those that are over count as now.
    fn expected(&self, period: DeliveryPeriod, now_us: i64) -> f64 {
        let hours = |month: DeliveryPeriod| f64::from(month.hours());
        let price = |month: DeliveryPeriod| {
            let middle = f64::from(month.start_hour()) + hours(month) / 2.0;
            let years = (middle - now_us as f64 / 3.6e9).max(0.0) / HOURS_PER_YEAR;
            self.spot * (-DECLINE_PER_YEAR * years).exp()
        };
        period.months().map(|month| price(month) * hours(month)).sum::<f64>() / hours(period)
    }

    /// The price of a contract's hours that have no fixing yet, how many they are, and what the whole contract is worth.
    fn outlook(&self, engine: &Engine, listing: &Listing) -> Result<(f64, u32, f64), Box<dyn Error>> {
        let Some(period) = listing.period else {
            return Ok((self.spot, u32::from(listing.terms.hours().0), self.spot));
        };
        let curve = self.curve.as_ref().ok_or("the desk has no curve yet")?;
        if period.kind() != PeriodKind::Month {
            let months = period.months().map(|month| Ok((month, curve.price(month)?)));
            let months: Vec<(DeliveryPeriod, f64)> = months.collect::<Result<_, Box<dyn Error>>>()?;
            let value = pricing::month::strip_value(period, &months)?;
            return Ok((value, period.hours(), value));
        }
        let month = listing.terms.month().ok_or("a month has delivery days")?;
        let fixed = month.delivery_days().filter_map(|day| engine.fixings().get(SERIES, day));
        let fixings: Vec<(u32, f64)> = fixed.map(|fixing| (u32::from(HOURS_PER_DAY), usd(fixing.price))).collect();
        let delivering = DeliveringMonth::from_fixings(period, &fixings)?;
        // A month that is over and waits for its last fixings has no price on the curve any more.
        let balance = curve.price(period).unwrap_or(self.spot);
        let to_come =
            month.delivery_days().filter(|day| day.end() > engine.time()).count() * usize::from(HOURS_PER_DAY);
        let hours_left = delivering.hours_left().max(u32::try_from(to_come)?);
        Ok((balance, hours_left, delivering.value(balance)))
    }

    /// What a contract is worth per GPU-hour, a spread what its legs differ by; `None` before the desk can say.
    pub fn fair(&self, engine: &Engine, listing: &Listing, listings: &[Listing]) -> Option<f64> {
        let value = |listing: &Listing| self.outlook(engine, listing).ok().map(|(_, _, value)| value);
        let Some(spread) = listing.terms.spread() else { return value(listing) };
        let leg = |leg| listings.iter().find(|listing| listing.terms.instrument == leg).and_then(value);
        Some(leg(spread.near)? - leg(spread.far)?)
    }

    /// Sets the margin parameters of the series if the price has gone far since they were set.
    pub fn set_parameters(&mut self, venue: &mut Venue) {
        if self.parameters_for > 0.0 && (self.spot / self.parameters_for).ln().abs() < PARAMETERS_MOVE {
            return;
        }
        self.parameters_for = self.spot;
        let part = |fraction: f64| price_of(self.spot * fraction);
        let margin = SeriesMargin {
            scan_floor: part(0.10),
            step_max: part(0.15),
            mark_band: part(0.10),
            calendar_charge: Cash(20_000_000),
            delivery_charge: Cash(10_000_000),
            concentration_lots: 500,
            concentration_charge: Cash(20_000_000),
            minimum_charge: Cash(10_000_000),
            position_max: Lots(50_000),
            open_interest_max: Lots(1_000_000),
            settlement_lots: Lots(20),
            stale_after_us: 2 * DAY_US,
            frozen_us: 2 * DAY_US,
        };
        venue.operate(Command::SetMargin { series: SERIES, margin });
    }

    /// Publishes what changed and works out every mark, months before the strips made of them.
    ///
    /// # Errors
    /// If an array cannot be made.
    pub fn publish(&self, venue: &mut Venue, listings: &[Listing]) -> Result<(), Box<dyn Error>> {
        let is_live = |venue: &Venue, listing: &Listing| {
            venue.engine().market(listing.terms.instrument).is_some_and(|market| market.state != State::Settled)
        };
        for listing in listings {
            if !is_live(venue, listing)
                || matches!(listing.class, Class::Full | Class::Quarter | Class::Year | Class::Spread)
            {
                continue;
            }
            let instrument = listing.terms.instrument;
            let risk = self.array(venue.engine(), listing)?;
            let before = venue.engine().market(instrument).and_then(|market| market.risk);
            let holds = before.filter(|before| before.expires.0 > venue.now().0 + ARRAY_VALID_US / 2);
            if holds.is_none_or(|before| is_news(&before, &risk)) {
                venue.operate(Command::PublishRisk { instrument, risk });
            }
        }
        for listing in listings {
            if is_live(venue, listing) && listing.class != Class::Spread {
                // Refused while the index is stale; the engine halts the contract in time.
                venue.ask(KeyId::VENUE, Command::UpdateMark { instrument: listing.terms.instrument });
            }
        }
        Ok(())
    }

    fn array(&self, engine: &Engine, listing: &Listing) -> Result<Risk, Box<dyn Error>> {
        let terms = &listing.terms;
        let market = engine.market(terms.instrument).ok_or("only what is listed has an array")?;
        let margin = engine.margin_of(SERIES).ok_or("the parameters are set before arrays")?;
        let (balance, hours_left, _) = self.outlook(engine, listing)?;
        let range = self.range.max(margin.scan_floor.0);
        let scan = Scan { price_range: range as f64 / 1e6, volatility_range: 0.0, lookahead_years: 1.0 / 365.0 };
        let forward = Market { forward: balance, rate: 0.0, volatility: 0.0 };
        let losses = losses(&Contract::Future, &forward, &scan, &self.grid)?;
        let mut array = RiskArray::per_contract(&losses, hours_left)?;
        if let Some(before) = market.risk {
            let step = margin.step_max.notional(Lots(1), terms.hours());
            let stepped = array.stepped_from(&RiskArray::from_micro_usd(before.losses.map(|loss| loss.0))?, step.0)?;
            let floor = margin.scan_floor.0 * hours_to_come(engine, listing);
            // Where the one before is below the floor, the engine lets an array go there at once.
            let reaches = |array: &RiskArray| array.long_scan() >= floor && array.short_scan() >= floor;
            array = if reaches(&stepped) { stepped } else { array };
        }
        Ok(Risk {
            version: market.risk.map_or(1, |before| before.version + 1),
            expires: engine.time().plus_micros(ARRAY_VALID_US),
            reference: price_of(balance).clamp(terms.floor, terms.cap),
            losses: array.micro_usd().map(Cash),
        })
    }
}

/// Whether an array says something else than the one before: its price or its worst loss is off by a thousandth. Less is not worth the
/// revaluation of everybody.
fn is_news(before: &Risk, next: &Risk) -> bool {
    let worst = |risk: &Risk| risk.losses.iter().map(|loss| loss.0.abs()).max().unwrap_or(0);
    let is_off = |before: i64, next: i64| (next - before).abs() * NEWS_PARTS > before.abs();
    is_off(before.reference.0, next.reference.0) || is_off(worst(before), worst(next))
}

/// The hours of the delivery days that end later than now; of a perpetual all.
fn hours_to_come(engine: &Engine, listing: &Listing) -> i64 {
    let Some(month) = listing.terms.month() else { return i64::from(listing.terms.hours().0) };
    month.delivery_days().filter(|day: &Day| day.end() > engine.time()).map(|_| i64::from(HOURS_PER_DAY)).sum()
}

fn quarter_of(month: DeliveryPeriod) -> Result<DeliveryPeriod, Box<dyn Error>> {
    let (year, number, _) = pricing::index::Day::containing(month.start_us()).ymd();
    Ok(DeliveryPeriod::quarter(year, number.div_ceil(3)).ok_or("a month has a quarter")?)
}

/// A price in USD per GPU-hour; exact to the micro-USD, because prices are far inside 53 bits.
pub fn usd(price: Price) -> f64 {
    price.0 as f64 / 1e6
}

/// A float as a price, to the nearest micro-USD. The year's desk takes the place of the venue's risk service, which does the same.
pub fn price_of(usd: f64) -> Price {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "prices of the year are far inside 53 bits, and casts saturate"
    )]
    let micros = (usd * 1e6).round() as i64;
    Price(micros)
}
