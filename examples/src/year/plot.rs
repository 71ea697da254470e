//! The report's plots, as SVG: prices, open interest, the insurance fund with its defaults, margin against losses.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::simulate::{DayRecord, Year};

const SIZE: (u32, u32) = (960, 440);
const COLOURS: [RGBColor; 4] =
    [RGBColor(31, 119, 180), RGBColor(214, 39, 40), RGBColor(44, 160, 44), RGBColor(148, 103, 189)];
const FONT: (&str, i32) = ("sans-serif", 13);

/// A name and the value of each day.
struct Line<'a> {
    name: &'a str,
    points: Vec<(f64, f64)>,
}

/// Draws one plot of all years.
type Draw = fn(&[Year], &Drawing<'_>) -> Result<(), Box<dyn Error>>;

type Drawing<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Writes all plots into a folder; says their file names and what they show.
///
/// # Errors
/// If a file cannot be written.
pub fn write(years: &[Year], folder: &Path) -> Result<Vec<(&'static str, &'static str)>, Box<dyn Error>> {
    let plots = [
        ("prices.svg", "The index and what the next month was settled at, USD per GPU-hour"),
        ("open_interest.svg", "Open interest of all contracts, lots"),
        ("insurance.svg", "The insurance fund, thousands of USD; each dot is a day with a default"),
        (
            "coverage.svg",
            "The largest loss of an account in a day as a part of its initial margin; above 1 is an exception",
        ),
    ];
    let draws: [Draw; 4] = [prices, open_interest, insurance, coverage];
    for ((name, _), draw) in plots.iter().zip(draws) {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            root.fill(&WHITE)?;
            draw(years, &root)?;
            root.present()?;
        }
        fs::write(folder.join(name), svg)?;
    }
    Ok(plots.to_vec())
}

fn line<'a>(name: &'a str, year: &Year, value: impl Fn(&DayRecord) -> Option<f64>) -> Line<'a> {
    let points = year.days.iter().filter_map(|day| Some((f64::from(day.day.0), value(day)?)));
    Line { name, points: points.collect() }
}

fn prices(years: &[Year], root: &Drawing<'_>) -> Result<(), Box<dyn Error>> {
    for (year, area) in years.iter().zip(root.split_evenly((2, 2))) {
        let lines = [line("index", year, |day| Some(day.index)), line("next month", year, |day| day.next)];
        chart(&area, year.path.stress.name(), &lines, &[])?;
    }
    Ok(())
}

fn open_interest(years: &[Year], root: &Drawing<'_>) -> Result<(), Box<dyn Error>> {
    let of_year = |year| line(name_of(year), year, |day| Some(day.open_interest as f64));
    chart(root, "open interest", &years.iter().map(of_year).collect::<Vec<_>>(), &[])
}

fn insurance(years: &[Year], root: &Drawing<'_>) -> Result<(), Box<dyn Error>> {
    for (year, area) in years.iter().zip(root.split_evenly((2, 2))) {
        let fund = line("insurance fund", year, |day| Some(day.insurance.0 as f64 / 1e9));
        let on = |day: i32| fund.points.iter().find(|(at, _)| *at >= f64::from(day)).copied();
        let mut days: Vec<i32> = year.defaults.cases.iter().map(|case| case.day.0).collect();
        days.dedup();
        let dots: Vec<(f64, f64)> = days.into_iter().filter_map(on).collect();
        chart(&area, year.path.stress.name(), &[fund], &dots)?;
    }
    Ok(())
}

fn coverage(years: &[Year], root: &Drawing<'_>) -> Result<(), Box<dyn Error>> {
    for (year, area) in years.iter().zip(root.split_evenly((2, 2))) {
        let worst = line("the worst of all accounts", year, |day| Some(day.coverage.worst));
        let all = line("all accounts that lost", year, |day| {
            (day.coverage.initial > 0).then(|| day.coverage.lost as f64 / day.coverage.initial as f64)
        });
        chart(&area, year.path.stress.name(), &[worst, all], &[])?;
    }
    Ok(())
}

fn name_of(year: &Year) -> &'static str {
    year.path.stress.name()
}

fn range(values: impl Iterator<Item = f64> + Clone) -> Range<f64> {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 0.0..1.0;
    }
    let room = ((high - low) * 0.05).max(high.abs() * 0.01).max(0.01);
    if low >= 0.0 { (low - room).max(0.0)..high + room } else { low - room..high + room }
}

fn chart(area: &Drawing<'_>, title: &str, lines: &[Line<'_>], dots: &[(f64, f64)]) -> Result<(), Box<dyn Error>> {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let (days, values) = (range(points().map(|(day, _)| day)), range(points().map(|(_, value)| value)));
    let first = points().map(|(day, _)| day).fold(f64::INFINITY, f64::min);
    let last = points().map(|(day, _)| day).fold(first, f64::max);
    let days = if first < last { first..last } else { days };
    // Where the first line does not begin.
    let is_high = lines[0].points.first().is_some_and(|(_, value)| *value > (values.start + values.end) / 2.0);
    let corner = if is_high { SeriesLabelPosition::LowerLeft } else { SeriesLabelPosition::UpperLeft };
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 15))
        .margin(6)
        .margin_right(28)
        .x_label_area_size(24)
        .y_label_area_size(52)
        .build_cartesian_2d(days, values)?;
    chart
        .configure_mesh()
        .x_labels(7)
        .y_labels(6)
        .y_label_formatter(&|value: &f64| format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned())
        .x_label_formatter(&|day: &f64| month_of(*day))
        .label_style(FONT)
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS) {
        let style = colour.stroke_width(1);
        let drawn = chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        drawn
            .label(line.name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.draw_series(dots.iter().map(|&dot| Circle::new(dot, 2, RED.filled())))?;
    if lines.len() > 1 {
        chart
            .configure_series_labels()
            .position(corner)
            .background_style(TRANSPARENT)
            .border_style(TRANSPARENT)
            .label_font(FONT)
            .draw()?;
    }
    Ok(())
}

/// The year and month of a day that is counted from 1970.
fn month_of(day: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a day of the calendar; casts saturate")]
    let day = pricing::index::Day::from_days_since_epoch(day.round() as i32);
    let text = day.map(|day| day.to_string()).unwrap_or_default();
    text.get(..7).unwrap_or_default().to_owned()
}
