//! The year on one page: as text, and as Markdown beside its plots.

use std::fmt::Write;

use engine::units::{Cash, Day};

use super::paths::{Stress, TABLE};
use super::simulate::Year;

/// One line of the table: what, and its value on each path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is counted.
    pub name: &'static str,
    /// On each path.
    pub values: Vec<String>,
}

/// The page as text for a terminal.
pub fn text(years: &[Year]) -> String {
    let mut page = String::new();
    for line in head(years) {
        writeln!(page, "{line}").expect("text can be written to");
    }
    page.push('\n');
    let wide = |value: &str| format!("{value:>24}");
    for row in rows(years) {
        let values: String = row.values.iter().map(|value| wide(value)).collect();
        writeln!(page, "{:<42}{values}", row.name).expect("text can be written to");
    }
    page
}

/// The page as Markdown, with the plots under it.
pub fn markdown(years: &[Year], plots: &[(&str, &str)]) -> String {
    let mut page = String::from("# A year of the clearing house\n\n");
    for line in head(years) {
        writeln!(page, "{line}").expect("text can be written to");
    }
    for (at, row) in rows(years).iter().enumerate() {
        if at == 0 {
            write!(page, "\n| |{}\n|---|{}\n", cells(&row.values), "---:|".repeat(row.values.len()))
        } else {
            writeln!(page, "| {} |{}", row.name, cells(&row.values))
        }
        .expect("text can be written to");
    }
    for (file, what) in plots {
        write!(page, "\n![{what}]({file})\n\n{what}.\n").expect("text can be written to");
    }
    page
}

fn cells(values: &[String]) -> String {
    values.iter().map(|value| format!(" {value} |")).collect()
}

/// What the prices are made of; the attribution goes wherever they go.
fn head(years: &[Year]) -> Vec<String> {
    let Some(year) = years.first() else { return Vec::new() };
    let recorded = year.path.days.iter().filter(|day| day.is_recorded);
    let last = recorded.clone().next_back().map(|day| day.day.to_string()).unwrap_or_default();
    let first = year.path.days.first().map(|day| day.day.to_string()).unwrap_or_default();
    let (recorded, all) = (recorded.count(), year.path.days.len());
    let mut lines = vec![
        format!("H100-SXM.GLOBAL.OD from {first}, {all} days, {} accounts.", year.accounts),
        format!(
            "The first {recorded} days, until {last}, are recorded list prices; the other {} are resampled: each draws a",
            all - recorded
        ),
        String::from(
            "recorded day and moves every seller as it moved then (stationary bootstrap, Politis and Romano 1994, runs of five",
        ),
        String::from(
            "days on average). Every day goes through the method of the index. The paths differ by a stress that was added:",
        ),
    ];
    for year in years {
        let from = year.path.stressed_from.map(|day| format!(", from {day} on")).unwrap_or_default();
        lines.push(format!("- {}: {}{from}.", year.path.stress.name(), year.path.stress.what()));
    }
    lines.push(String::new());
    lines.extend(TABLE.lines().map_while(|line| line.strip_prefix("# ")).map(str::to_owned));
    lines
}

/// The table.
pub fn rows(years: &[Year]) -> Vec<Row> {
    let row = |name, value: &dyn Fn(&Year) -> String| Row { name, values: years.iter().map(value).collect() };
    let burden = |year: &Year| year.defaults.burden();
    vec![
        row("path", &|year| year.path.stress.name().to_owned()),
        row("index: first, last", &|year| ends(year, |day| day.index)),
        row("index: lowest, highest", &|year| bounds(year, |day| day.index)),
        row("orders, refused commands", &|year| {
            format!("{}, {}", grouped(year.tally.orders), grouped(year.tally.refused.values().sum()))
        }),
        row("fills, lots", &|year| format!("{}, {}", grouped(year.tally.fills), grouped(year.tally.lots))),
        row("of them in calendar spreads", &|year| {
            format!("{}, {}", grouped(year.tally.rolled.0), grouped(year.tally.rolled.1))
        }),
        row("open interest: largest, last", &|year| {
            let last = year.days.last().map_or(0, |day| day.open_interest);
            format!("{}, {last}", year.days.iter().map(|day| day.open_interest).max().unwrap_or(0))
        }),
        row("daily settlements", &|year| grouped(year.tally.daily_settlements)),
        row("expiries, of them undelivered", &|year| format!("{}, {}", year.tally.expiries, year.tally.undelivered)),
        row("cascades, positions in them", &|year| {
            format!("{}, {}", year.tally.cascades, year.tally.cascaded_positions)
        }),
        row("hours funded, paid", &|year| {
            format!("{}, {}", grouped(year.tally.fundings), usd(year.tally.funding_paid))
        }),
        row("fees", &|year| usd(year.tally.fees)),
        row("largest daily variation", &|year| {
            year.tally
                .largest_variation()
                .map_or_else(String::new, |(day, paid)| format!("{} {}", date(day), usd(paid)))
        }),
        row("accounts called, a day each", &|year| grouped(year.tally.margin_calls)),
        row("halts for a stale index", &|year| year.tally.stale_halts.to_string()),
        row("liquidations, averted defaults", &|year| format!("{}, {}", year.defaults.started, year.defaults.averted)),
        row("rounds: partial, full", &|year| {
            format!("{}, {}", year.defaults.partial_rounds, year.defaults.full_rounds)
        }),
        row("1 own equity lost in liquidation", &|year| usd(year.defaults.own_equity)),
        row("2 backstop: lots taken over, paid for it", &|year| {
            let (lots, _, discount) = year.defaults.taken_over();
            format!("{lots}, {}", usd(discount))
        }),
        row("defaults, lots deleveraged", &|year| {
            format!("{}, {}", grouped(year.defaults.cases.len() as u64), year.defaults.taken_over().1)
        }),
        // To the micro-USD: these are the lines that sum.
        row("3 borne by the insurance fund, USD", &|year| burden(year).insured.to_string()),
        row("4 borne by haircuts, USD", &|year| burden(year).haircuts.to_string()),
        row("borne by nobody, owed, USD", &|year| burden(year).unborne.to_string()),
        row("= lost beyond equity in defaults, USD", &|year| burden(year).missing.to_string()),
        row("insurance fund: first, last", &|year| {
            let of = |day: Option<&super::DayRecord>| day.map_or_else(String::new, |day| usd(day.insurance));
            format!("{}, {}", of(year.days.first()), of(year.days.last()))
        }),
        row("owed by accounts at the end", &|year| {
            year.days.last().map_or_else(String::new, |day| usd(day.receivables))
        }),
        row("losses beyond initial margin", &|year| {
            format!("{} of {}", year.coverage.exceptions, grouped(year.coverage.observations))
        }),
        row("largest loss / initial margin", &|year| format!("{:.2}", year.coverage.worst)),
        row("trial balance zero on", &|year| format!("{} of {} days", year.days_balanced, year.path.days.len())),
        row("balances, positions compared", &|year| {
            format!("{}, {}", grouped(year.compared.0), grouped(year.compared.1))
        }),
        row("commands replayed", &|year| grouped(year.replay.commands)),
        row("replay ends in the same state", &|year| {
            let short: String = year.state.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            if year.replay.state == year.state { format!("yes, {short}") } else { String::from("NO") }
        }),
        row("journal", &|year| format!("{} MB", year.journal_bytes / 1_000_000)),
        row("took: the year, its replay", &|year| {
            format!("{:.1} s, {:.1} s", year.took.0.as_secs_f64(), year.took.1.as_secs_f64())
        }),
    ]
}

/// Which of each style defaulted, on the path with a stress.
pub fn styles(years: &[Year]) -> Vec<String> {
    let stressed = years.iter().filter(|year| year.path.stress != Stress::None);
    stressed
        .map(|year| {
            let of_style = |&(style, count, defaulted): &(super::population::Style, usize, usize)| {
                format!("{defaulted} of {count} {}", style.name())
            };
            let styles: Vec<String> = year.styles.iter().map(of_style).collect();
            format!("defaulted in the path {}: {}", year.path.stress.name(), styles.join(", "))
        })
        .collect()
}

fn ends(year: &Year, value: impl Fn(&super::DayRecord) -> f64) -> String {
    let of = |day: Option<&super::DayRecord>| day.map_or_else(String::new, |day| format!("{:.3}", value(day)));
    format!("{}, {}", of(year.days.first()), of(year.days.last()))
}

fn bounds(year: &Year, value: impl Fn(&super::DayRecord) -> f64) -> String {
    let values = year.days.iter().map(value);
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    format!("{low:.3}, {high:.3}")
}

/// Whole dollars, rounded down; the journal has the rest.
fn usd(cash: Cash) -> String {
    let whole = cash.0.div_euclid(1_000_000);
    format!("{}${}", if whole < 0 { "-" } else { "" }, grouped(whole.unsigned_abs()))
}

fn date(day: Day) -> String {
    pricing::index::Day::from_days_since_epoch(day.0).map(|day| day.to_string()).unwrap_or_default()
}

/// A number with a space between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
