//! The words of golden days for margined contracts.

use engine::command::Command;
use engine::ids::SeriesId;
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::units::{Cash, Lots, Price};

use super::Runner;
use super::words::{parse_micros, price, terms_named, value};
use crate::calendar::parse_time;

impl<E> Runner<E> {
    pub(super) fn command_of_margin(&mut self, words: &[&str]) -> Option<Command> {
        let command = match *words {
            ["margins", series, ref words @ ..] => {
                Command::SetMargin { series: self.series_named(series), margin: margin_of(words) }
            }
            ["grants", first, second, per_lot] => {
                let (first, second) = (self.series_named(first), self.series_named(second));
                Command::SetCredit { first, second, per_lot: Cash(parse_micros(per_lot)) }
            }
            ["publishes", name, version, "reference", reference, "losses", a, b, c, d, "until", day, time] => {
                let risk = Risk {
                    version: version.parse().unwrap(),
                    expires: parse_time(day, time),
                    reference: Price(parse_micros(reference)),
                    losses: array_of_future([a, b, c, d].map(parse_micros)),
                };
                Command::PublishRisk { instrument: terms_named(name).instrument, risk }
            }
            _ => return None,
        };
        Some(command)
    }

    pub(super) fn series_named(&mut self, name: &str) -> SeriesId {
        let series = match name {
            "H100" => SeriesId(1),
            "B200" => SeriesId(2),
            "UNIT" => SeriesId(3),
            _ => panic!("no series is called {name}"),
        };
        self.names.series.insert(series, name.to_owned());
        series
    }
}

/// In the order of SPAN: unchanged; a third up, down; two thirds; all of the range; each with both volatilities; the extremes.
pub fn array_of_future([third, two_thirds, all, extreme]: [i64; 4]) -> [Cash; SCENARIOS] {
    let up_and_down = |loss: i64| [-loss, -loss, loss, loss];
    let moves = [third, two_thirds, all].into_iter().flat_map(up_and_down);
    let losses: Vec<Cash> = [0, 0].into_iter().chain(moves).chain([-extreme, extreme]).map(Cash).collect();
    losses.try_into().unwrap()
}

fn margin_of(words: &[&str]) -> SeriesMargin {
    let amount = |word| Cash(value(words, word).map_or(0, parse_micros));
    let lots = |word| Lots(value(words, word).unwrap().parse().unwrap());
    let seconds = |word| value(words, word).map_or(0, |seconds| seconds.parse::<i64>().unwrap());
    let (above, charge) = value(words, "concentration").unwrap_or("0/0").split_once('/').unwrap();
    SeriesMargin {
        scan_floor: price(words, "floor").unwrap(),
        step_max: price(words, "step").unwrap(),
        mark_band: price(words, "band").unwrap(),
        calendar_charge: amount("calendar"),
        delivery_charge: amount("delivery"),
        concentration_lots: above.parse().unwrap(),
        concentration_charge: Cash(parse_micros(charge)),
        minimum_charge: amount("minimum"),
        position_max: lots("position"),
        open_interest_max: lots("interest"),
        settlement_lots: Lots(value(words, "settlement").map_or(1, |lots| lots.parse().unwrap())),
        stale_after_us: seconds("stale") * 1_000_000,
        frozen_us: seconds("frozen") * 1_000_000,
    }
}
