//! The whole book as bytes, so that a restart need not replay every report, and so that one hash says whether two books agree.
//!
//! The form is canonical: equal books have equal bytes, and what is read is what would be written again, so no book has two
//! forms. What no history of commands can lead to is refused; a snapshot is not a way around the rules.

use super::book::{check_report_price, check_symbol};
use super::fixing::OwnerRecord;
use super::limits::{OPEN_DAYS_MAX, OWNERS_PER_SERIES_MAX, REPORTS_PER_OWNER_AND_DAY_MAX, SERIES_COUNT_MAX};
use super::panel::is_still_needed;
use super::report::Report;
use super::series::Series;
use super::wire::{
    DecodeError, Reader, put_day, put_list, put_option, put_owner, put_price, put_quote, put_series, put_text,
    put_us_and_seq,
};
use super::{Day, IndexBook};

/// What a snapshot begins with; the number is its version. No other bytes of the venue begin like it, so no others hash to a book.
const MAGIC: &[u8] = b"terahour index book 1";

impl IndexBook {
    /// Appends the snapshot of the book. Takes time linear in the state.
    pub fn write_snapshot(&self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        put_list(out, &self.series, |out, (id, series)| {
            put_series(out, *id);
            series.put(out);
        });
    }

    /// The book that a snapshot holds.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are not exactly one snapshot of a known version, or of no book that commands lead to.
    pub fn read_snapshot(bytes: &[u8]) -> Result<IndexBook, DecodeError> {
        let mut from = Reader::new(bytes);
        from.expect("snapshot version", MAGIC)?;
        let book = IndexBook { series: from.list(|from| Ok((from.series()?, take_series(from)?)))? };
        from.finish()?;
        book.check()?;
        let mut again = Vec::with_capacity(bytes.len());
        book.write_snapshot(&mut again);
        require(again == bytes, "lists rise and name nothing twice")?;
        Ok(book)
    }

    /// The hash of the snapshot: equal for equal books.
    pub fn hash(&self) -> [u8; 32] {
        let mut state = Vec::new();
        self.write_snapshot(&mut state);
        *blake3::hash(&state).as_bytes()
    }

    fn check(&self) -> Result<(), DecodeError> {
        require(self.series.len() <= SERIES_COUNT_MAX, "there is room for every series")?;
        for (id, series) in &self.series {
            require(check_symbol(&series.symbol).is_ok(), "symbols are printable")?;
            require(self.series_by_symbol(&series.symbol) == Some(*id), "no two series share a symbol")?;
            series.check()?;
        }
        Ok(())
    }
}

impl Series {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(out, &self.symbol);
        put_day(out, self.inception);
        put_option(out, self.last_determined, put_day);
        put_option(out, self.last_final, put_quote);
        put_list(out, &self.panel, put_owner);
        put_list(out, &self.records, |out, (owner, record)| {
            put_owner(out, owner);
            put_option(out, record.reference, put_quote);
            put_option(out, record.held, put_quote);
        });
        put_list(out, &self.reported, |out, (day, owners)| {
            put_day(out, *day);
            put_list(out, owners, put_owner);
        });
        put_list(out, &self.open, |out, (day, reports)| {
            put_day(out, *day);
            put_list(out, reports, |out, (owner, reports)| {
                put_owner(out, owner);
                put_list(out, reports, |out, report| {
                    put_us_and_seq(out, report.received_us, report.seq);
                    put_price(out, report.price);
                });
            });
        });
    }

    fn check(&self) -> Result<(), DecodeError> {
        let is_determined = |day: Day| day >= self.inception && self.last_determined.is_some_and(|last| day <= last);
        let quotes = self.records.values().flat_map(|record| [record.reference, record.held]).chain([self.last_final]);
        for (day, _) in quotes.flatten() {
            require(is_determined(day), "references, held prices and fixings are of days that are final")?;
        }
        require(self.last_determined.is_none_or(|last| last >= self.inception), "no day before inception is final")?;
        require(self.last_determined.is_some() || self.panel.is_empty(), "a panel is drawn with the first final day")?;
        require(self.records.len() <= OWNERS_PER_SERIES_MAX, "there is room for every owner")?;
        let is_known = |owner| self.records.contains_key(owner);
        require(self.panel.iter().all(is_known), "whoever is on the panel has reported")?;
        require(self.reported.values().flatten().all(is_known), "whoever is counted has reported")?;
        // One entry for each final day that a coming panel can look at.
        let needed =
            |day: &Day| is_determined(*day) && self.last_determined.is_some_and(|last| is_still_needed(*day, last));
        let days =
            std::iter::successors(self.last_determined, |day| Day::from_days_since_epoch(day.days_since_epoch() - 1));
        require(
            self.reported.keys().rev().copied().eq(days.take_while(needed)),
            "who reported is kept for exactly the days that a panel can look at",
        )?;
        self.check_open()
    }

    fn check_open(&self) -> Result<(), DecodeError> {
        for (day, reports) in &self.open {
            let next = self.next_final_day();
            let is_open = next.is_some_and(|next| *day >= next && day.days_since(next) < OPEN_DAYS_MAX);
            require(is_open && !reports.is_empty(), "reports are kept for days that are not final yet")?;
            for (owner, reports) in reports {
                require(self.records.contains_key(owner), "whoever reported is remembered")?;
                let fits = (1..=REPORTS_PER_OWNER_AND_DAY_MAX).contains(&reports.len());
                require(fits, "there is room for every report")?;
                let taken =
                    |report: &Report| day.start_us() <= report.received_us && check_report_price(report.price).is_ok();
                require(reports.iter().all(taken), "a report is received on its day or later, with a price in range")?;
            }
        }
        Ok(())
    }
}

fn take_series(from: &mut Reader<'_>) -> Result<Series, DecodeError> {
    Ok(Series {
        symbol: from.text()?,
        inception: from.day()?,
        last_determined: from.option(Reader::day)?,
        last_final: from.option(Reader::quote)?,
        panel: from.list(Reader::owner)?,
        records: from.list(|from| {
            let owner = from.owner()?;
            Ok((owner, OwnerRecord { reference: from.option(Reader::quote)?, held: from.option(Reader::quote)? }))
        })?,
        reported: from.list(|from| Ok((from.day()?, from.list(Reader::owner)?)))?,
        open: from.list(|from| {
            let day = from.day()?;
            Ok((day, from.list(|from| Ok((from.owner()?, from.list(take_report)?)))?))
        })?,
    })
}

fn take_report(from: &mut Reader<'_>) -> Result<Report, DecodeError> {
    let (received_us, seq) = from.us_and_seq()?;
    Ok(Report { received_us, seq, price: from.price()? })
}

fn require(holds: bool, rule: &'static str) -> Result<(), DecodeError> {
    if holds { Ok(()) } else { Err(DecodeError::Contradiction { rule }) }
}
