//! The state machine of the index: every change of every series goes through [`IndexBook::apply`].

use std::collections::BTreeMap;

use super::limits::{REPORT_PRICE_MICRO_USD_MAX, REPORT_PRICE_MICRO_USD_MIN, SERIES_COUNT_MAX, SYMBOL_BYTES_MAX};
use super::report::Report;
use super::series::Series;
use super::{Command, Day, Event, Evidence, Owner, Price, Reject, SeriesId, Stage};

/// All series. The same commands with the same times lead to the same book, events and hash on every machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexBook {
    pub(super) series: BTreeMap<SeriesId, Series>,
}

impl IndexBook {
    /// Applies one command: appends what happened to `events`, or answers why nothing did.
    ///
    /// `now_us` is when the venue received the command, in microseconds since 1970-01-01 00:00 UTC, and `seq` its place
    /// in the venue's sequence. The book trusts both and needs neither to grow.
    ///
    /// # Errors
    ///
    /// The first [`Reject`] in order of precedence. The book and `events` are then as they were before.
    pub fn apply(&mut self, now_us: i64, seq: u64, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        let event = match command {
            Command::DefineSeries { series, symbol, inception } => self.define(*series, symbol, *inception)?,
            Command::SubmitReport { series, day, owner, evidence, price } => {
                let report = Report { received_us: now_us, seq, price: *price };
                self.submit(*series, *day, owner, *evidence, report)?
            }
            Command::Determine { series, day, stage } => self.determine(now_us, *series, *day, *stage)?,
        };
        events.push(event);
        Ok(())
    }

    /// The next day to become final: `None` if there is no such series, or no day left in the calendar.
    pub fn next_final_day(&self, series: SeriesId) -> Option<Day> {
        self.series.get(&series)?.next_final_day()
    }

    /// The last published final fixing and its day, or `None` if there is no such series or fixing.
    pub fn last_final(&self, series: SeriesId) -> Option<(Day, Price)> {
        self.series.get(&series)?.last_final()
    }

    /// The symbol of a series.
    pub fn symbol(&self, series: SeriesId) -> Option<&str> {
        self.series.get(&series).map(Series::symbol)
    }

    /// Every series with its symbol, by number.
    pub fn all_series(&self) -> impl Iterator<Item = (SeriesId, &str)> {
        self.series.iter().map(|(id, series)| (*id, series.symbol()))
    }

    /// The series with a symbol.
    pub fn series_by_symbol(&self, symbol: &str) -> Option<SeriesId> {
        self.series.iter().find(|(_, series)| series.symbol() == symbol).map(|(id, _)| *id)
    }

    fn define(&mut self, id: SeriesId, symbol: &str, inception: Day) -> Result<Event, Reject> {
        if self.series.contains_key(&id) {
            return Err(Reject::SeriesExists { series: id });
        }
        check_symbol(symbol)?;
        if let Some(series) = self.series_by_symbol(symbol) {
            return Err(Reject::SymbolTaken { symbol: symbol.to_owned(), series });
        }
        if self.series.len() >= SERIES_COUNT_MAX {
            return Err(Reject::TooManySeries { series: id });
        }
        self.series.insert(id, Series::new(symbol.to_owned(), inception));
        Ok(Event::SeriesDefined { series: id, symbol: symbol.to_owned(), inception })
    }

    fn submit(
        &mut self,
        id: SeriesId,
        day: Day,
        owner: &Owner,
        evidence: Evidence,
        report: Report,
    ) -> Result<Event, Reject> {
        let Report { received_us, seq, price } = report;
        let series = self.series.get_mut(&id).ok_or(Reject::UnknownSeries { series: id })?;
        check_evidence(evidence)?;
        check_report_price(price)?;
        series.check_day_open(day, received_us)?;
        series.check_room(day, owner)?;
        series.record(day, owner, report);
        Ok(Event::ReportRecorded { series: id, day, owner: owner.clone(), evidence, price, received_us, seq })
    }

    fn determine(&mut self, now_us: i64, id: SeriesId, day: Day, stage: Stage) -> Result<Event, Reject> {
        let series = self.series.get_mut(&id).ok_or(Reject::UnknownSeries { series: id })?;
        series.check_due(day, stage, now_us)?;
        Ok(series.determine(id, day, stage))
    }
}

pub(super) fn check_symbol(symbol: &str) -> Result<(), Reject> {
    let fits = (1..=SYMBOL_BYTES_MAX).contains(&symbol.len());
    if fits && symbol.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Reject::SymbolMalformed { symbol: symbol.to_owned() })
    }
}

/// Version 1 series are list-price series.
fn check_evidence(evidence: Evidence) -> Result<(), Reject> {
    match evidence {
        Evidence::List => Ok(()),
        Evidence::Firm | Evidence::Executed => Err(Reject::EvidenceNotAccepted { evidence }),
    }
}

pub(super) fn check_report_price(price: Price) -> Result<(), Reject> {
    if (REPORT_PRICE_MICRO_USD_MIN..=REPORT_PRICE_MICRO_USD_MAX).contains(&price.micro_usd()) {
        Ok(())
    } else {
        Err(Reject::PriceOutOfRange { price })
    }
}
