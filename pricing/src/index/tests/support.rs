//! The one place where tests touch the index: a venue with a clock of its own, and days written as lines of text.

use crate::index::{
    Command, Day, Event, Evidence, Fixing, IndexBook, Input, Owner, Price, Reject, Row, SeriesId, Stage, parse_table,
};

pub(super) const SERIES: SeriesId = SeriesId(7);

pub(super) const SYMBOL: &str = "H100-SXM.GLOBAL.OD";

pub(super) const HOUR_US: i64 = 3_600_000_000;

pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(super) fn owner(label: &str) -> Owner {
    Owner::new(label).unwrap()
}

/// A price in USD: `3.25`.
pub(super) fn price(usd: &str) -> Price {
    let table = format!("date,owner,usd_per_gpu_hour\n2026-07-07,a,{usd}");
    let [Row { price, .. }] = parse_table(&table).unwrap()[..] else { panic!("one row in, one row out") };
    price
}

/// The first `count` days from `first` on.
pub(super) fn days(first: Day, count: usize) -> Vec<Day> {
    std::iter::successors(Some(first), |day| day.next()).take(count).collect()
}

/// A book with one series, and the sequence of commands sent to it.
#[derive(Clone, Debug)]
pub(super) struct Venue {
    pub(super) book: IndexBook,
    seq: u64,
}

impl Venue {
    pub(super) fn new(inception: Day) -> Venue {
        let mut venue = Venue { book: IndexBook::default(), seq: 0 };
        let define = Command::DefineSeries { series: SERIES, symbol: SYMBOL.to_owned(), inception };
        venue.send(inception.start_us(), &define).unwrap();
        venue
    }

    pub(super) fn send(&mut self, now_us: i64, command: &Command) -> Result<Event, Reject> {
        self.seq += 1;
        let mut events = Vec::new();
        self.book.apply(now_us, self.seq, command, &mut events)?;
        assert_eq!(events.len(), 1, "every command of the index has one event");
        Ok(events.remove(0))
    }

    pub(super) fn report_at(&mut self, now_us: i64, day: Day, label: &str, usd: &str) -> Result<Event, Reject> {
        let (owner, price) = (owner(label), price(usd));
        self.send(now_us, &Command::SubmitReport { series: SERIES, day, owner, evidence: Evidence::List, price })
    }

    /// Reports written as `a=3.00 b=3.20`, received at noon of their day.
    pub(super) fn report(&mut self, day: Day, line: &str) {
        for (label, usd) in line.split_whitespace().map(|report| report.split_once('=').unwrap()) {
            self.report_at(day.start_us() + 12 * HOUR_US, day, label, usd).unwrap();
        }
    }

    /// The determination of a day at its cut-off.
    pub(super) fn determine(&mut self, day: Day, stage: Stage) -> Event {
        self.send(stage.cut_off_us(day), &Command::Determine { series: SERIES, day, stage }).unwrap()
    }

    /// A whole day: its reports, then the final determination.
    pub(super) fn play(&mut self, day: Day, line: &str) -> Event {
        self.report(day, line);
        self.determine(day, Stage::Final)
    }
}

/// The fixing of a determination that must have one.
pub(super) fn fixing(event: &Event) -> &Fixing {
    match event {
        Event::FixingPublished(fixing) => fixing,
        other => panic!("no fixing but {other:?}"),
    }
}

/// The inputs of a determination.
pub(super) fn inputs(event: &Event) -> &[Input] {
    match event {
        Event::FixingPublished(fixing) => &fixing.inputs,
        Event::FixingSuppressed { inputs, .. } => inputs,
        other => panic!("no determination but {other:?}"),
    }
}

/// A determination as a line: `a first, b held: 3.200000`.
pub(super) fn summary(event: &Event) -> String {
    let outcomes: Vec<String> =
        inputs(event).iter().map(|input| format!("{} {}", input.owner, input.outcome)).collect();
    let value = match event {
        Event::FixingPublished(fixing) => fixing.value.to_string(),
        _ => "suppressed".to_owned(),
    };
    format!("{}: {value}", outcomes.join(", "))
}

/// Plays one day per row from 2026-07-07 on and compares the final determination of each with its summary.
pub(super) fn check(rows: &[(&str, &str)]) {
    let inception = day("2026-07-07");
    let mut venue = Venue::new(inception);
    for (day, (line, expected)) in days(inception, rows.len()).into_iter().zip(rows) {
        assert_eq!(summary(&venue.play(day, line)), *expected, "on {day} after the reports {line}");
    }
}
