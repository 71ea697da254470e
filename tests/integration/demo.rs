//! The demo as a newcomer meets it: it repeats itself exactly, its curl lines work when pasted, and its sums add up.

use std::process::Command;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::harness::{self, PATIENCE, PLAY_MAX, Process};
use crate::market::micros;

/// The longest a newcomer may wait for the first trade, in seconds, by the demo's own clock.
const FIRST_TRADE_SECONDS_MAX: f64 = 10.0;

#[test]
fn the_same_seed_writes_the_same_journal() {
    let play = |seed: &'static str| {
        let seed = ["demo", "--once", "--days-per-second", "0", "--listen", "127.0.0.1:0", "--seed", seed];
        thread::spawn(move || harness::run(&seed))
    };
    let runs: Vec<_> = [play("1"), play("1"), play("2")].into_iter().map(|run| run.join().unwrap()).collect();
    for (code, output, complaints) in &runs {
        assert_eq!(*code, 0, "{output}{complaints}");
        check_report(output);
    }
    let ends: Vec<[String; 2]> =
        runs.iter().map(|(_, output, _)| ["journal head", "state hash"].map(|name| value(output, name))).collect();
    assert_eq!(ends[0], ends[1], "the same seed led to another journal");
    assert_ne!(ends[0], ends[2], "another seed led to the same journal");
}

fn check_report(output: &str) {
    let first_trade = value(output, "first trade ");
    let seconds: f64 = first_trade.split(' ').next().and_then(|text| text.parse().ok()).expect("a number of seconds");
    assert!(seconds < FIRST_TRADE_SECONDS_MAX, "{first_trade}");
    assert!(output.contains("CC BY 4.0"), "the licence of the prices asks for its name");
    // Both halves of the sentence show the same sum.
    let sums = value(output, "value less cost is ");
    let (worth, paid) = sums.split_once(" USD; the daily variations add up to ").expect("two sums");
    assert_eq!(worth, paid.trim_end_matches(" USD."), "{sums}");
    let lines: Vec<&str> = output
        .lines()
        .skip_while(|line| *line != "trial balance")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .collect();
    let amount = |line: &&str| {
        let (account, amount) = line.trim().split_once(' ').expect("an account and an amount");
        (account.to_owned(), micros(&Value::from(amount.trim())))
    };
    let mut balance: Vec<(String, i64)> = lines.iter().map(amount).collect();
    assert_eq!(balance.pop(), Some(("sum".to_owned(), 0)), "{lines:?}");
    assert!(balance.len() >= 8, "{balance:?}");
    assert_eq!(balance.iter().map(|(_, amount)| amount).sum::<i64>(), 0, "{balance:?}");
    let insured = balance.iter().find(|(account, _)| account == "insurance").expect("a fund").1;
    check_clearing(output, insured);
}

/// Spreads trade, the perpetual is funded, and a default goes its way from the call to the backstop.
fn check_clearing(output: &str, insured: i64) {
    for spread in ["2026-08~2026-09", "2026-09~2026-10"] {
        let line = output.lines().find(|line| line.starts_with("the fund rolled ") && line.contains(spread));
        let line = line.unwrap_or_else(|| panic!("nobody rolls by {spread}: {output}"));
        assert!(numbers(line)[0] > 0, "{line}");
    }
    let funded = value(output, "the perpetual was funded in ");
    // Twice a day, on each of 58 days but the first, on which nothing has a mark.
    assert!(funded.starts_with("114 hours; "), "{funded}");
    let paid = funded.split_whitespace().nth(2).expect("an amount");
    assert!(micros(&Value::from(paid)) > 0, "{funded}");

    let day = "2026-08-01 00:30";
    let told: Vec<&str> =
        output.lines().filter(|line| line.starts_with(day)).map(|line| &line[day.len() + 2..]).collect();
    let rank = |line: &&str| {
        let steps = ["margin call", "liquidation round", "backstop", "liquidation ended"];
        steps.iter().position(|step| line.starts_with(step)).unwrap_or_else(|| panic!("{line}"))
    };
    let ranks: Vec<usize> = told.iter().map(rank).collect();
    assert!(ranks.is_sorted(), "{told:?}");
    assert!((0..4).all(|step| ranks.contains(&step)), "{told:?}");
    let fund = told.last().and_then(|line| line.split("the insurance fund has ").nth(1)).expect("the fund");
    // What was paid in, and what the liquidation left there.
    assert_eq!(micros(&Value::from(fund.trim_end_matches(" USD"))), insured, "{told:?}");
    assert!(insured > 10_000 * 1_000_000, "{told:?}");
    assert!(output.contains("0 accounts are in liquidation."), "{output}");
    // Each day that has a fixing; the demo itself refuses sums that do not agree.
    let earned = value(output, "vault 1: 4 GPUs earned ");
    assert!(earned.contains(" USD on 47 days; "), "{earned}");
    let share = value(output, "a share that cost 250 USD has earned ");
    assert!(micros(&Value::from(share.split(' ').next().expect("an amount"))) > 0, "{share}");
    assert!(output.contains("positions and their costs sum to zero over all accounts in each of "), "{output}");
}

/// The whole numbers of a line.
fn numbers(line: &str) -> Vec<i64> {
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn the_printed_lines_work_when_pasted_while_it_plays() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let mut demo = Process::spawn(&["demo", "--data", folder, "--days-per-second", "20", "--listen", "127.0.0.1:0"]);
    let mut next = || demo.line_with("  curl -s ", PATIENCE).expect("a line to paste");
    let (book, order, positions) = (next(), next(), next());
    demo.line_with("first trade ", PATIENCE).expect("somebody trades");

    let book = paste(&book);
    for side in ["bids", "asks"] {
        let levels = book["body"][side].as_array().unwrap_or_else(|| panic!("{book}"));
        assert!((1..=3).contains(&levels.len()), "{book}");
    }
    let first = paste_between_settlements(&order);
    assert!(matches!(first["status"].as_u64(), Some(200 | 201)), "{first}");
    assert!(first["body"]["state"] == "live" || first["body"]["filled_lots"] == 1, "{first}");
    let positions = paste(&positions);
    assert_eq!(positions["status"], 200, "{positions}");
    assert_eq!(positions["body"]["items"][0]["instrument"], first["body"]["instrument"], "{positions}");

    // The order of somebody who came along does not end the play, and Ctrl-C does, in order.
    demo.line_with("The venue stays open", PLAY_MAX).expect("the demo plays to its end");
    // Its clock stands still now, so that a line pasted twice is one order.
    let (once, twice) = (paste(&order), paste(&order));
    assert!(matches!(once["status"].as_u64(), Some(200 | 201)), "{once}");
    assert_eq!((&twice["status"], &twice["body"]["replayed"]), (&Value::from(200), &Value::from(true)), "{twice}");
    assert_eq!(twice["body"]["order_id"], once["body"]["order_id"]);
    demo.signal("INT");
    let status = demo.exit_status(PATIENCE).expect("Ctrl-C ends the demo");
    let (output, complaints) = (demo.output(), demo.complaints());
    assert_eq!(status.code(), Some(0), "{output}{complaints}");
    check_report(&output);
    let (code, report, complaints) = harness::run(&["verify", "--data", folder]);
    assert_eq!(code, 0, "{report}{complaints}");
    assert_eq!(value(&report, "ledger total"), "0");
}

#[test]
fn a_demo_starts_on_an_empty_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("journal.sqlite"), "something of value").unwrap();
    let path = folder.path().to_str().unwrap();
    let (code, output, complaints) = harness::run(&["demo", "--once", "--data", path, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, 1, "{output}{complaints}");
    assert!(complaints.contains("is not empty; the demo starts on an empty folder"), "{complaints}");
    assert_eq!(std::fs::read_to_string(folder.path().join("journal.sqlite")).unwrap(), "something of value");
}

/// A proxy of the person at the terminal is not asked about addresses on its own machine.
#[test]
fn a_proxy_in_the_environment_is_not_in_the_way() {
    let mut demo = Process::spawn_with(
        &["demo", "--listen", "127.0.0.1:0", "--days-per-second", "100"],
        &[
            ("http_proxy", "http://127.0.0.1:9"),
            ("HTTP_PROXY", "http://127.0.0.1:9"),
            ("ALL_PROXY", "http://127.0.0.1:9"),
        ],
    );
    let first_trade = demo.line_with("first trade ", PATIENCE);
    assert!(first_trade.is_some(), "{}", demo.complaints());
}

/// Pastes a line; again, as the answer advises, while the day's settlement is being posted.
fn paste_between_settlements(line: &str) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = paste(line);
        if answer["body"]["code"] != "settling" || Instant::now() > end {
            return answer;
        }
        assert_eq!(answer["body"]["retryable"], true, "{answer}");
    }
}

/// Runs a printed line in a shell; the answer with its status.
fn paste(line: &str) -> Value {
    let line = format!("{} -w '\\n%{{http_code}}' --max-time 20", line.trim());
    let run = Command::new("bash").args(["-c", &line]).output().expect("bash and curl are there");
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or_else(|| panic!("{line}: {run:?}"));
    let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{line}: {body}: {error}"));
    serde_json::json!({ "status": status.parse::<u16>().expect("a status"), "body": body })
}

/// What a line says behind its name.
fn value(output: &str, name: &str) -> String {
    let line = output.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name:?} in {output}")).trim().to_owned()
}
