//! Shows how list prices become daily fixings and a cash settlement: `cargo run -p examples --example 02_fixings`.
//!
//! With `--csv` it prints only lines `day,stage,value,level,matched_mean,projection,gap_ppm,low,high,standing,reported`
//! and the settlement: prices in micro-USD, the matched mean in parts per billion, the gap in parts per million.
#![allow(clippy::print_stdout, reason = "an example speaks to its reader")]

use std::collections::BTreeMap;
use std::error::Error;

use pricing::index::{Command, Day, Event, Evidence, Fixing, IndexBook, Price, Row, SeriesId, Stage, parse_table};

const TABLE: &str = include_str!("../data/h100_sxm_on_demand_2026.csv");
const SYMBOL: &str = "H100-SXM.GLOBAL.OD";
const SERIES: SeriesId = SeriesId(1);
const NOON_US: i64 = 12 * 3_600 * 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let is_csv = std::env::args().any(|argument| argument == "--csv");
    let (inception, last): (Day, Day) = ("2026-07-07".parse()?, "2026-08-22".parse()?);
    let events = run(inception, last)?;

    if !is_csv {
        println!("{SYMBOL}: an indicative list-price series; nothing larger than a demonstration should settle on it.");
        TABLE.lines().map_while(|line| line.strip_prefix("# ")).for_each(|line| println!("{line}"));
    }
    let published = events.iter().filter_map(|event| match event {
        Event::FixingPublished(fixing) => Some(((fixing.day, fixing.stage), fixing)),
        _ => None,
    });
    let fixings: BTreeMap<(Day, Stage), &Fixing> = published.collect();
    fixings.values().for_each(|fixing| if is_csv { print_csv(fixing) } else { print(fixing) });
    settle_august(&fixings, is_csv)
}

/// Every report at noon of its day, every determination at its cut-off.
fn run(inception: Day, last: Day) -> Result<Vec<Event>, Box<dyn Error>> {
    let define = Command::DefineSeries { series: SERIES, symbol: SYMBOL.to_owned(), inception };
    let mut commands = vec![(inception.start_us(), define)];
    for Row { day, owner, price } in parse_table(TABLE)?.into_iter().filter(|row| row.day >= inception) {
        let report = Command::SubmitReport { series: SERIES, day, owner, evidence: Evidence::List, price };
        commands.push((day.start_us() + NOON_US, report));
    }
    for day in std::iter::successors(Some(inception), |day| day.next()).take_while(|day| *day <= last) {
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
    Ok(events)
}

fn print_csv(fixing: &Fixing) {
    let Fixing { day, stage, gap_ppm, standing_count: standing, reported_count: reported, .. } = fixing;
    let prices = [fixing.value, fixing.level, fixing.projection, fixing.interval.0, fixing.interval.1];
    let [value, level, projection, low, high] = prices.map(Price::micro_usd);
    let mean = fixing.matched_mean.ppb();
    println!("{day},{stage},{value},{level},{mean},{projection},{gap_ppm},{low},{high},{standing},{reported}");
}

fn print(fixing: &Fixing) {
    let Fixing { day, stage, value, level, matched_mean, gap_ppm, interval: (low, high), .. } = fixing;
    println!("\n{day} {stage}: {value} USD per GPU-hour, level {level}, mean {matched_mean}, gap {gap_ppm} ppm");
    println!("  {low} to {high}, {} standing, {} reported", fixing.standing_count, fixing.reported_count);
    for input in &fixing.inputs {
        let show = |price: Option<Price>| price.map_or("-".to_owned(), |price| price.to_string());
        let reference = show(input.reference.map(|(_, price)| price));
        println!("  {:<14} {:>10} against {reference:>10}: {}", input.owner.label(), show(input.report), input.outcome);
    }
}

/// One lot is one GPU for every hour of the month. A day without a final fixing takes the last one before it.
fn settle_august(fixings: &BTreeMap<(Day, Stage), &Fixing>, is_csv: bool) -> Result<(), Box<dyn Error>> {
    let finals = fixings.values().filter(|fixing| fixing.stage == Stage::Final);
    let finals: BTreeMap<Day, Price> = finals.map(|fixing| (fixing.day, fixing.value)).collect();
    let (hours_per_day, hours) = (24, 31 * 24);
    let mut value_per_lot: i64 = 0;
    for day in (1..=31).filter_map(|day| Day::from_ymd(2026, 8, day)) {
        let (fixed, value) = finals.range(..=day).next_back().ok_or("no final fixing before August")?;
        value_per_lot += value.micro_usd() * hours_per_day;
        if !is_csv {
            println!("cash month, {day}: {value} {}", if *fixed == day { "final" } else { "last_final" });
        }
    }
    // To the nearest micro-USD, halves upwards.
    let price = (2 * value_per_lot + hours).div_euclid(2 * hours);
    if is_csv {
        println!("settlement,2026-08,{value_per_lot},{price}");
    } else {
        println!("value per lot {value_per_lot} micro-USD, price {} USD per GPU-hour", Price::new(price)?);
    }
    Ok(())
}
