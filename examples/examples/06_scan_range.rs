//! Holds scan ranges against what recorded list prices did next: `cargo run -p examples --example 06_scan_range`.
#![allow(clippy::print_stdout, reason = "an example speaks to its reader")]

use std::collections::BTreeMap;
use std::error::Error;

use pricing::index::{Command, Day, Event, Evidence, IndexBook, Row, SeriesId, Stage, parse_table};
use pricing::scenarios::{Backtest, RangeRules, price_scan_range};

const TABLE: &str = include_str!("../data/h100_sxm_on_demand_2026.csv");
const SERIES: SeriesId = SeriesId(1);

/// Days that a range has seen before it is held against the first move.
const WARM_UP_DAYS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    TABLE.lines().map_while(|line| line.strip_prefix("# ")).for_each(|line| println!("{line}"));
    let rules = RangeRules::default();
    println!("\n{rules:?}\n");
    println!("{:<18} {:>4} {:>9} {:>10} {:>10}", "series", "days", "largest", "exceeded", "range");

    let rows = parse_table(TABLE)?;
    let fixings = vec![(String::from("fixing"), fixings(&rows)?)];
    let index = report(&fixings, &rules)?;
    let sellers = report(&unbroken_runs(&rows), &rules)?;
    for (name, test) in [("fixing", index), ("sellers", sellers)] {
        let statistic = test.kupiec(rules.confidence)?;
        let claim =
            test.coverage(rules.confidence).map_or_else(|error| error.to_string(), |claim| format!("{claim:?}"));
        println!("\n{name}: {} of {} moves exceeded", test.exceedances(), test.observations());
        println!("  Kupiec statistic {statistic:.2}; {claim}");
    }
    Ok(())
}

/// One line a series, and all of them as one test.
fn report(series: &[(String, Vec<i64>)], rules: &RangeRules) -> Result<Backtest, Box<dyn Error>> {
    let mut all = Backtest::default();
    for (name, history) in series.iter().filter(|(_, history)| history.len() > WARM_UP_DAYS) {
        let test = Backtest::walk_forward(history, rules, WARM_UP_DAYS)?;
        let ahead = rules.margin_period_days as usize;
        let moves =
            history.iter().zip(&history[ahead..]).map(|(before, after)| (*after as f64 / *before as f64 - 1.0).abs());
        let largest = 100.0 * moves.fold(0.0, f64::max);
        let range = 100.0 * price_scan_range(history, rules)? as f64 / history[history.len() - 1] as f64;
        let exceeded = format!("{} of {}", test.exceedances(), test.observations());
        println!("{name:<18} {:>4} {largest:>8.2}% {exceeded:>10} {range:>9.2}%", history.len());
        all = all.and(test);
    }
    Ok(all)
}

/// The final fixings of the index in micro-USD, one a day.
fn fixings(rows: &[Row]) -> Result<Vec<i64>, Box<dyn Error>> {
    let (inception, last): (Day, Day) = ("2026-07-07".parse()?, "2026-08-22".parse()?);
    let define = Command::DefineSeries { series: SERIES, symbol: "H100-SXM.GLOBAL.OD".to_owned(), inception };
    let mut commands = vec![(inception.start_us(), define)];
    for Row { day, owner, price } in rows.iter().filter(|row| row.day >= inception).cloned() {
        commands.push((
            day.start_us(),
            Command::SubmitReport { series: SERIES, day, owner, evidence: Evidence::List, price },
        ));
    }
    for day in std::iter::successors(Some(inception), |day| day.next()).take_while(|day| *day <= last) {
        commands.push((Stage::Final.cut_off_us(day), Command::Determine { series: SERIES, day, stage: Stage::Final }));
    }
    commands.sort_by_key(|(at_us, _)| *at_us);

    let (mut book, mut events) = (IndexBook::default(), Vec::new());
    for (seq, (at_us, command)) in (1..).zip(&commands) {
        book.apply(*at_us, seq, command, &mut events)?;
    }
    let values = events.iter().filter_map(|event| match event {
        Event::FixingPublished(fixing) => Some(fixing.value.micro_usd()),
        _ => None,
    });
    Ok(values.collect())
}

/// The prices of each seller in micro-USD, broken where a day is missing: what was not seen did not stand still.
fn unbroken_runs(rows: &[Row]) -> Vec<(String, Vec<i64>)> {
    let mut by_owner: BTreeMap<&str, Vec<(Day, i64)>> = BTreeMap::new();
    for row in rows {
        by_owner.entry(row.owner.label()).or_default().push((row.day, row.price.micro_usd()));
    }
    let runs = by_owner.into_iter().flat_map(|(owner, mut prices)| {
        prices.sort();
        let runs = prices.chunk_by(|before, after| after.0.days_since(before.0) == 1);
        runs.map(|run| (owner.to_owned(), run.iter().map(|(_, price)| *price).collect())).collect::<Vec<_>>()
    });
    runs.collect()
}
