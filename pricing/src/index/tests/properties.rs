//! What holds for every history: order and repetition are nothing, a refused command leaves no trace, replay is exact.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::support::{SERIES, SYMBOL, day, days, owner};
use crate::index::chain::step;
use crate::index::limits::{PRICE_MICRO_USD_MAX, RATIO_PPB_MAX};
use crate::index::{Command, Day, Event, Evidence, IndexBook, Price, Ratio, SeriesId, Stage};

const LABELS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

const DAYS_COUNT: usize = 16;

/// One history: for each day the price of each owner, if it reports.
type History = Vec<Vec<Option<i64>>>;

/// From 20 July on, so that a new panel is drawn on the way.
fn inception() -> Day {
    day("2026-07-20")
}

/// Prices a few steps apart, so that moves in and out of band and repetitions of held prices are all frequent.
fn micro_usd() -> impl Strategy<Value = i64> {
    select(vec![1_900_000, 2_000_000, 2_040_000, 2_100_000, 2_500_000, 3_000_000, 3_100_000, 9_000_000])
}

fn history() -> impl Strategy<Value = History> {
    vec(vec(option::weighted(0.85, micro_usd()), LABELS.len()), DAYS_COUNT)
}

fn report(day: Day, label: &str, micro_usd: i64) -> Command {
    let price = Price::new(micro_usd).unwrap();
    Command::SubmitReport { series: SERIES, day, owner: owner(label), evidence: Evidence::List, price }
}

pub(super) fn define() -> Command {
    Command::DefineSeries { series: SERIES, symbol: SYMBOL.to_owned(), inception: inception() }
}

/// The reports of a day in the order of owners.
fn reports(day: Day, prices: &[Option<i64>]) -> Vec<Command> {
    let reported = LABELS.iter().zip(prices).filter_map(|(label, price)| price.map(|price| (label, price)));
    reported.map(|(label, price)| report(day, label, price)).collect()
}

/// All determinations of a history, where `arrange` gives what is sent on a day and how long after its start.
fn determinations(history: &History, arrange: impl Fn(Day, &[Option<i64>]) -> Vec<(i64, Command)>) -> Vec<Event> {
    let mut book = IndexBook::default();
    let mut events = Vec::new();
    book.apply(0, 0, &define(), &mut events).unwrap();
    let mut seq = 0;
    for (day, prices) in days(inception(), history.len()).into_iter().zip(history) {
        for (after_us, command) in arrange(day, prices) {
            seq += 1;
            book.apply(day.start_us() + after_us, seq, &command, &mut events).unwrap();
        }
        for stage in [Stage::Provisional, Stage::Final] {
            let determine = Command::Determine { series: SERIES, day, stage };
            book.apply(stage.cut_off_us(day), seq, &determine, &mut events).unwrap();
        }
    }
    events.retain(|event| matches!(event, Event::FixingPublished(_) | Event::FixingSuppressed { .. }));
    events
}

fn plain(day: Day, prices: &[Option<i64>]) -> Vec<(i64, Command)> {
    reports(day, prices).into_iter().map(|command| (0, command)).collect()
}

/// Commands of all kinds, most of them sensible and some not.
fn command() -> impl Strategy<Value = Command> {
    let series = prop_oneof![9 => Just(SERIES), 1 => Just(SeriesId(8))];
    let near_day =
        (-1..6_i32).prop_map(|offset| Day::from_days_since_epoch(inception().days_since_epoch() + offset).unwrap());
    let evidence = prop_oneof![9 => Just(Evidence::List), 1 => Just(Evidence::Firm)];
    let price = prop_oneof![9 => micro_usd(), 1 => select(vec![1, PRICE_MICRO_USD_MAX])];
    let submit = (series.clone(), near_day.clone(), select(LABELS.to_vec()), evidence, price).prop_map(
        |(series, day, label, evidence, price)| {
            let (owner, price) = (owner(label), Price::new(price).unwrap());
            Command::SubmitReport { series, day, owner, evidence, price }
        },
    );
    let stage = select(vec![Stage::Provisional, Stage::Final]);
    let determine = (series.clone(), near_day.clone(), stage).prop_map(|(series, day, stage)| Command::Determine {
        series,
        day,
        stage,
    });
    let symbol = select(vec![SYMBOL, "OTHER", "no symbol", ""]);
    let define = (series, symbol, near_day).prop_map(|(series, symbol, inception)| Command::DefineSeries {
        series,
        symbol: symbol.to_owned(),
        inception,
    });
    prop_oneof![10 => submit, 4 => determine, 1 => define]
}

/// Commands with a time of receipt within the first days.
pub(super) fn script() -> impl Strategy<Value = Vec<(i64, Command)>> {
    let hours = (0..8 * 24_i64).prop_map(|hours| inception().start_us() + hours * 3_600_000_000);
    vec((hours, command()), 1..120)
}

proptest! {
    #[test]
    fn the_order_of_owners_changes_nothing(history in history(), rotation in 0..LABELS.len(), turn: bool) {
        let expected = determinations(&history, plain);
        let reordered = determinations(&history, |day, prices| {
            let mut commands = plain(day, prices);
            if !commands.is_empty() {
                let middle = rotation % commands.len();
                commands.rotate_left(middle);
            }
            if turn {
                commands.reverse();
            }
            commands
        });
        prop_assert_eq!(reordered, expected);
    }

    #[test]
    fn superseded_reports_change_nothing(history in history(), others in vec(micro_usd(), 1..4)) {
        let expected = determinations(&history, plain);
        let repeated = determinations(&history, |day, prices| {
            let counted = reports(day, prices).into_iter().map(|command| (2, command));
            // Each owner that reports has reported other prices before, the last of them in the same microsecond.
            let reporting = || LABELS.iter().zip(prices).filter(|(_, price)| price.is_some());
            let earlier = |after_us, price| reporting().map(move |(label, _)| (after_us, report(day, label, price)));
            let first = others.iter().flat_map(|price| earlier(1, *price));
            let same_microsecond = earlier(2, others[0]);
            first.chain(same_microsecond).chain(counted).collect()
        });
        prop_assert_eq!(repeated, expected);
    }

    #[test]
    fn a_provisional_determination_equals_the_final_one_if_nothing_arrives(history in history()) {
        let as_final = |event: &Event| match event.clone() {
            Event::FixingPublished(mut fixing) => {
                fixing.stage = Stage::Final;
                Event::FixingPublished(fixing)
            }
            Event::FixingSuppressed { series, day, owners_counted, last_final, inputs, .. } => {
                Event::FixingSuppressed { series, day, stage: Stage::Final, owners_counted, last_final, inputs }
            }
            other => other,
        };
        for pair in determinations(&history, plain).chunks(2) {
            prop_assert_eq!(as_final(&pair[0]), pair[1].clone());
        }
    }

    #[test]
    fn every_fixing_lies_between_level_and_projection(history in history()) {
        for event in determinations(&history, plain) {
            if let Event::FixingPublished(fixing) = event {
                prop_assert!(fixing.value >= fixing.level.min(fixing.projection));
                prop_assert!(fixing.value <= fixing.level.max(fixing.projection));
                prop_assert!(fixing.interval.0 <= fixing.level && fixing.level <= fixing.interval.1);
                prop_assert!(fixing.standing_count >= 3 && fixing.reported_count >= 3);
            }
        }
    }

    #[test]
    fn every_step_of_any_chain_lies_between_level_and_projection(
        previous in 1..=PRICE_MICRO_USD_MAX,
        moves in vec(0..=RATIO_PPB_MAX, 0..5),
        level in 1..=PRICE_MICRO_USD_MAX,
    ) {
        let moves: Vec<Ratio> = moves.into_iter().filter_map(Ratio::from_ppb).collect();
        let level = Price::new(level).unwrap();
        if let Some(step) = step(Price::new(previous).ok(), &moves, level) {
            prop_assert!(step.value >= level.min(step.projection));
            prop_assert!(step.value <= level.max(step.projection));
        }
    }

    #[test]
    fn a_refused_command_leaves_no_trace(script in script()) {
        let mut book = IndexBook::default();
        let mut events = Vec::new();
        book.apply(0, 0, &define(), &mut events).unwrap();
        for (seq, (now_us, command)) in (1..).zip(&script) {
            let before = (book.clone(), book.hash(), events.len());
            match book.apply(*now_us, seq, command, &mut events) {
                Ok(()) => prop_assert_eq!(events.len(), before.2 + 1),
                Err(_) => prop_assert_eq!((book.clone(), book.hash(), events.len()), before),
            }
        }
    }

    #[test]
    fn a_replay_from_bytes_equals_the_live_run(script in script()) {
        let (mut live, mut live_events) = (IndexBook::default(), Vec::new());
        let (mut replayed, mut replayed_events) = (IndexBook::default(), Vec::new());
        let all: Vec<(i64, Command)> = std::iter::once((0, define())).chain(script).collect();
        for (seq, (now_us, command)) in (0..).zip(&all) {
            let mut bytes = Vec::new();
            command.encode(&mut bytes);
            let decoded = Command::decode(&bytes).unwrap();
            prop_assert_eq!(&decoded, command);
            let answers = (
                live.apply(*now_us, seq, command, &mut live_events),
                replayed.apply(*now_us, seq, &decoded, &mut replayed_events),
            );
            prop_assert_eq!(answers.0, answers.1);
            prop_assert_eq!(live.hash(), replayed.hash());
        }
        let bytes = |events: &[Event]| {
            let mut bytes = Vec::new();
            events.iter().for_each(|event| event.encode(&mut bytes));
            bytes
        };
        prop_assert_eq!(bytes(&live_events), bytes(&replayed_events));
        prop_assert_eq!(live, replayed);
    }

    #[test]
    fn decoding_any_bytes_never_panics_and_is_the_inverse_of_encoding(
        head in prop_oneof![Just(vec![]), Just(vec![1, 1]), Just(vec![1, 2]), Just(vec![1, 3])],
        tail in vec(any::<u8>(), 0..40),
    ) {
        let bytes = [head, tail].concat();
        if let Ok(command) = Command::decode(&bytes) {
            let mut again = Vec::new();
            command.encode(&mut again);
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn no_time_or_day_panics(now_us: i64, seq: u64, days_since_epoch: i32, final_stage: bool) {
        let day = Day::from_days_since_epoch(days_since_epoch % 2_932_896).unwrap_or(Day::MAX);
        let stage = if final_stage { Stage::Final } else { Stage::Provisional };
        let mut book = IndexBook::default();
        let mut events = Vec::new();
        let define = Command::DefineSeries { series: SERIES, symbol: SYMBOL.to_owned(), inception: day };
        for command in [define, report(day, "a", 2_000_000), Command::Determine { series: SERIES, day, stage }] {
            if let Err(reject) = book.apply(now_us, seq, &command, &mut events) {
                prop_assert!(!reject.to_string().is_empty());
            }
        }
    }
}
