//! A year of fixings: the recorded days, then resampled ones, with a stress laid over them; all through the index's own method.
//!
//! What is resampled is the panel and not the index. Each day behind the recording draws a recorded day, and every seller moves as it did
//! then, so that moves of several sellers on one day, and the runs in which they come, stay together. The days are drawn by the
//! stationary bootstrap (Politis and Romano, *The Stationary Bootstrap*, Journal of the American Statistical Association 89, 1994): runs
//! of recorded days of geometric length, on a circle. A stress multiplies every report by the same factor.

use std::collections::BTreeMap;
use std::error::Error;

use pricing::index::{Command, Day, Event, Evidence, IndexBook, Owner, Price, Row, SeriesId, Stage, parse_table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The recorded prices, with the attribution that goes wherever they go.
pub const TABLE: &str = include_str!("../../data/h100_sxm_on_demand_2026.csv");

/// Before this day the recording has too few sellers.
const INCEPTION: &str = "2026-07-07";

/// The mean length of a run of resampled days: with 46 moves on record, long enough for a seller's corrections to stay together, short
/// enough for eight or nine independent runs.
const RUN_DAYS_MEAN: f64 = 5.0;

const SERIES: SeriesId = SeriesId(1);
const SYMBOL: &str = "H100-SXM.GLOBAL.OD";
const NOON_US: i64 = 12 * 3_600 * 1_000_000;

/// What happens to the market in the middle of the year, beyond what was ever recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stress {
    /// Nothing.
    None,
    /// The price falls by 60 % within a week, and stays there.
    Crash,
    /// The price trebles in three days, and half of the rise is gone four weeks later.
    Squeeze,
    /// The index publishes nothing for six days, in which the price falls by 35 %.
    Stale,
}

impl Stress {
    /// All of them, in the order of the report.
    pub const ALL: [Stress; 4] = [Stress::None, Stress::Crash, Stress::Squeeze, Stress::Stale];

    /// Its name on the report.
    pub fn name(self) -> &'static str {
        match self {
            Stress::None => "calm",
            Stress::Crash => "crash",
            Stress::Squeeze => "squeeze",
            Stress::Stale => "stale index",
        }
    }

    /// What it is, in a sentence.
    pub fn what(self) -> &'static str {
        match self {
            Stress::None => "nothing added",
            Stress::Crash => "every report falls by 60 % within seven days, and stays there",
            Stress::Squeeze => "every report trebles within three days; half of the rise is gone 28 days later",
            Stress::Stale => "no fixing for six days, while every report falls by 35 %",
        }
    }

    /// How long it lasts.
    pub fn days(self) -> i32 {
        match self {
            Stress::None => 0,
            Stress::Crash => 7,
            Stress::Squeeze => 3,
            Stress::Stale => 6,
        }
    }

    /// What every report of a day is multiplied by; `since` counts days from the one before the first of the stress.
    fn factor(self, since: i32) -> f64 {
        let part = |days: i32| f64::from(since.clamp(0, days)) / f64::from(days);
        let whole = self.days();
        match self {
            Stress::None => 1.0,
            Stress::Crash => 0.4_f64.powf(part(whole)),
            Stress::Squeeze => {
                let decline = f64::from((since - whole).clamp(0, 28)) / 28.0;
                3.0_f64.powf(part(whole)) * (2.0_f64 / 3.0).powf(decline)
            }
            Stress::Stale => 0.65_f64.powf(part(whole)),
        }
    }
}

/// A day of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathDay {
    /// Which.
    pub day: Day,
    /// Whether its prices were recorded; otherwise they are resampled.
    pub is_recorded: bool,
    /// What is published half an hour after it. `None`: too few sellers, or nothing is published at all.
    pub provisional: Option<Price>,
    /// What contracts settle to. `None`: suppressed, and the last one before stands in.
    pub fixing: Option<Price>,
    /// Whether nothing is published at the usual time; then it is made up for when the outage is over.
    pub is_outage: bool,
}

/// A year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What was added.
    pub stress: Stress,
    /// The first day of the stress, if there is one.
    pub stressed_from: Option<Day>,
    /// Its days, in order.
    pub days: Vec<PathDay>,
}

/// Makes a year of this many days whose stress begins on the day with this number.
///
/// # Errors
/// If the recorded table cannot be used.
pub fn path(seed: u64, days: usize, stress: Stress, stress_at: usize) -> Result<Path, Box<dyn Error>> {
    let rows = parse_table(TABLE)?;
    let first: Day = INCEPTION.parse()?;
    let calendar: Vec<Day> = std::iter::successors(Some(first), |day| day.next()).take(days).collect();
    let recorded_through = rows.iter().map(|row| row.day).max().ok_or("the recording is empty")?;
    // The last report belongs to a day behind the year, so that its last fixing becomes final within it.
    let reports = reports(&rows, &calendar, recorded_through, seed)?;

    let begin = calendar.get(stress_at).copied().filter(|_| stress != Stress::None);
    let since = |day: Day| begin.map_or(0, |begin| day.days_since(begin) + 1);
    let stressed = |day: Day, price: Price| scaled(price, stress.factor(since(day)));
    let fixings = determine(&calendar, &reports, stressed)?;
    let is_outage = |day: Day| stress == Stress::Stale && (1..=stress.days()).contains(&since(day));
    let days = calendar.iter().map(|&day| PathDay {
        day,
        is_recorded: day <= recorded_through,
        provisional: fixings.get(&(day, Stage::Provisional)).copied().filter(|_| !is_outage(day)),
        fixing: fixings.get(&(day, Stage::Final)).copied(),
        is_outage: is_outage(day),
    });
    Ok(Path { stress, stressed_from: begin, days: days.collect() })
}

type Reports = BTreeMap<Day, Vec<(Owner, Price)>>;

/// The recorded reports of each day, then resampled ones.
fn reports(rows: &[Row], calendar: &[Day], recorded_through: Day, seed: u64) -> Result<Reports, Box<dyn Error>> {
    let mut reports = Reports::new();
    for Row { day, owner, price } in rows.iter().cloned() {
        reports.entry(day).or_default().push((owner, price));
    }
    let recorded: Vec<Day> = reports.keys().copied().filter(|day| calendar.first() <= Some(day)).collect();
    // A move needs the day before it, too.
    let moves: Vec<Day> = recorded.iter().skip(1).copied().collect();
    let mut latest: BTreeMap<Owner, Price> = BTreeMap::new();
    latest.extend(reports.values().flatten().cloned());

    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = 0;
    for (at, &day) in calendar.iter().filter(|day| **day > recorded_through).enumerate() {
        let begins = at == 0 || random.random::<f64>() < 1.0 / RUN_DAYS_MEAN;
        drawn = if begins { random.random_range(0..moves.len()) } else { (drawn + 1) % moves.len() };
        let (today, before) = (&reports[&moves[drawn]], &reports[&recorded[drawn]]);
        let mut resampled = Vec::new();
        for (owner, price) in today {
            let Some((_, from)) = before.iter().find(|(other, _)| other == owner) else { continue };
            let moved = scaled(latest[owner], price.micro_usd() as f64 / from.micro_usd() as f64)?;
            latest.insert(owner.clone(), moved);
            resampled.push((owner.clone(), moved));
        }
        reports.insert(day, resampled);
    }
    Ok(reports)
}

/// Every report at noon of its day, every determination at its cut-off, as the venue does it.
fn determine(
    calendar: &[Day],
    reports: &Reports,
    stressed: impl Fn(Day, Price) -> Result<Price, Box<dyn Error>>,
) -> Result<BTreeMap<(Day, Stage), Price>, Box<dyn Error>> {
    let inception = *calendar.first().ok_or("a year has days")?;
    let define = Command::DefineSeries { series: SERIES, symbol: SYMBOL.to_owned(), inception };
    let mut commands = vec![(inception.start_us(), define)];
    for &day in calendar {
        for (owner, price) in reports.get(&day).into_iter().flatten() {
            let (owner, price) = (owner.clone(), stressed(day, *price)?);
            let report = Command::SubmitReport { series: SERIES, day, owner, evidence: Evidence::List, price };
            commands.push((day.start_us() + NOON_US, report));
        }
        for stage in [Stage::Final, Stage::Provisional] {
            commands.push((stage.cut_off_us(day), Command::Determine { series: SERIES, day, stage }));
        }
    }
    // Stable: at 00:30 the final determination of a day stays before the provisional one of the next, which needs it.
    commands.sort_by_key(|(at_us, _)| *at_us);

    let (mut book, mut events) = (IndexBook::default(), Vec::new());
    for (seq, (at_us, command)) in (1..).zip(&commands) {
        book.apply(*at_us, seq, command, &mut events)?;
    }
    let published = events.into_iter().filter_map(|event| match event {
        Event::FixingPublished(fixing) => Some(((fixing.day, fixing.stage), fixing.value)),
        _ => None,
    });
    Ok(published.collect())
}

/// A price times a factor, to the nearest micro-USD.
fn scaled(price: Price, factor: f64) -> Result<Price, Box<dyn Error>> {
    let micro_usd = (price.micro_usd() as f64 * factor).round();
    #[expect(clippy::cast_possible_truncation, reason = "the next line refuses what is no price, and casts saturate")]
    let micro_usd = micro_usd as i64;
    Ok(Price::new(micro_usd)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fixing of a day as a float.
    fn usd(path: &Path, at: usize) -> f64 {
        path.days[at].fixing.expect("it has a fixing").micro_usd() as f64 / 1e6
    }

    #[test]
    fn the_recorded_days_are_those_of_the_index() {
        let path = path(1, 60, Stress::None, 30).unwrap();
        // 7 July to 22 August, as `02_fixings` prints them.
        assert_eq!(path.days.iter().filter(|day| day.is_recorded).count(), 47);
        assert_eq!(path.days[46].fixing.unwrap().to_string(), "3.252167");
    }

    #[test]
    fn the_same_seed_is_the_same_year() {
        let make = |seed| path(seed, 120, Stress::None, 60).unwrap();
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
    }

    #[test]
    fn a_stress_goes_as_far_as_it_says() {
        // Sellers move by themselves, too, so the factor is met within a tenth.
        for (stress, days, factor) in [(Stress::Crash, 7, 0.4), (Stress::Squeeze, 3, 3.0), (Stress::Stale, 6, 0.65)] {
            let path = path(1, 120, stress, 60).unwrap();
            let moved = usd(&path, 59 + days) / usd(&path, 59);
            assert!((moved / factor - 1.0).abs() < 0.1, "{stress:?} moved by {moved}");
            let outage = path.days.iter().filter(|day| day.is_outage).count();
            assert_eq!(outage, if stress == Stress::Stale { 6 } else { 0 });
        }
    }
}
