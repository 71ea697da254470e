//! Settlement jobs over HTTP and from the command line: what they settle, in which order, what they report, and what they refuse.
//!
//! One day is worked out by hand. Marks and references are 3.000, so that everything settles there. Account 1 buys from account 2,
//! who arrives each time and pays 0.0005 per GPU-hour: 2 lots of the third quarter at 3.000 (2 × 2 208 h: fee 2.208), 3 of July at 3.010
//! (3 × 744 h: fee 1.116), 4 perpetuals at 3.020 (4 × 720 h: fee 1.440). On 30 June July pays `3 × 744 × −0.010 = −22.32`, the perpetual
//! `4 × 720 × −0.020 = −57.60`, and the quarter becomes its months at no gain. The hour's funding of `0.027` a lot belongs to 1 July.

use std::path::Path;

use api::settle::plan::{self, Job, JobKind};
use api::signing;
use api::venue::clock::{Clock, SimulatedClock};
use api::venue::machines::{Action, Core, Happening};
use api::venue::store::Store;
use api::venue::{history_path, journal_path};
use engine::command::{Command, Stamp};
use engine::ids::{KeyId, Seq};
use engine::units::Day;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::counts;
use crate::futures::{FIRST_DAY, HOUR_US, MONTHS, QUARTER, list};
use crate::harness::{self, Inside, PATIENCE, Process, operator_key};
use crate::market::{self, LASTING, SERIES, micros, order_in, place, refusal};

const DAY: &str = "2026-06-30";
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");

/// A venue on the morning after the day that is worked out above.
async fn morning_after(folder: &Path) -> (Inside, Vec<api::client::Client>, SimulatedClock) {
    let before = FIRST_DAY.start().plus_micros(-12 * HOUR_US);
    let clock = SimulatedClock::default();
    clock.set(before);
    let venue = Inside::start(folder, Clock::Simulated(clock.clone())).await;
    let clients = market::open(&venue.url, 1..=2, "100000").await;
    list(&venue.operator(), before.0).await;
    let perpetual = format!("{SERIES}-PERP");
    let july = format!("{SERIES}-2026-07");
    for (instrument, lots, price) in [(QUARTER, 2, "3.000"), (&july, 3, "3.010"), (&perpetual, 4, "3.020")] {
        place(&clients[0], &order_in(instrument, &format!("b-{price}"), "buy", lots, price)).await;
        place(&clients[1], &order_in(instrument, &format!("s-{price}"), "sell", lots, price)).await;
    }
    clock.set(FIRST_DAY.start());
    (venue, clients, clock)
}

fn daily() -> String {
    format!("/v1/operator/settlements/daily/{DAY}")
}

/// Each settlement as contract, kind, rung, value of a lot and what was moved.
fn lines(settlements: &Value) -> Vec<[String; 5]> {
    let text = |line: &Value, name: &str| line[name].as_str().expect("a text").replace(&format!("{SERIES}-"), "");
    let line = |line: &Value| ["instrument", "kind", "rung", "value_per_lot", "received"].map(|name| text(line, name));
    settlements.as_array().expect("a list").iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_settled_in_order_once_and_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let (venue, clients, clock) = morning_after(folder.path()).await;
    let operator = venue.operator();
    assert_eq!(operator.get(&daily()).await.expect("a look")["state"], "due");
    let seq = venue.app.position.borrow().seq;

    let dry = operator.post(&daily(), &json!({ "dry_run": true })).await.expect("a preview");
    // The last contract, which nobody holds and nothing gave a price, is not due.
    let expected = [
        ["2026-07", "daily", "reference", "2232.000000", "22.320000"],
        ["2026-08", "daily", "reference", "2232.000000", "0.000000"],
        ["2026-09", "daily", "reference", "2160.000000", "0.000000"],
        ["PERP", "funding", "premium", "0.027000", "0.108000"],
        ["PERP", "daily", "reference", "2160.000000", "57.600000"],
        ["2026-09-PHYS", "daily", "reference", "2160.000000", "0.000000"],
        ["2026-Q3", "cascade", "legs", "6624.000000", "0.000000"],
    ]
    .map(|line| line.map(str::to_owned));
    assert_eq!(lines(&dry["preview"]["settlements"]), expected);
    assert_eq!([&dry["preview"]["received"], &dry["preview"]["paid"]], [&json!("80.028000"), &json!("80.028000")]);
    // It changed nothing, not even the list of jobs.
    assert_eq!(venue.app.position.borrow().seq, seq);
    assert_eq!(operator.get("/v1/operator/settlements").await.expect("a list")["items"], json!([]));

    let first = operator.post(&daily(), &json!({})).await.expect("settled");
    assert_eq!([&first["state"], &first["settlements"], &first["settled"]], [&json!("done"), &json!(7), &json!(7)]);
    // Seven starts and as many steps.
    assert_eq!(first["steps"], 14);
    // Margins are looked at behind the settlements; nothing else happens.
    venue.app.handle.tick().await.expect("the venue runs");
    let end = venue.app.position.borrow().seq;

    clock.set(FIRST_DAY.start().plus_micros(3 * HOUR_US));
    let second = operator.post(&daily(), &json!({})).await.expect("the first answer");
    assert_eq!([&second["state"], &second["steps"], &second["job"]], [&json!("done"), &json!(0), &first["job"]]);
    assert_eq!(venue.app.position.borrow().seq, end, "a job that is done does nothing");
    let again = operator.post(&daily(), &json!({ "dry_run": true })).await.expect("a preview");
    assert_eq!([&again["state"], &again["preview"]["settlements"]], [&json!("done"), &json!([])]);

    let report = operator.get(&format!("/v1/operator/reports/{DAY}")).await.expect("a report");
    let without_funding: Vec<_> = expected.iter().filter(|line| line[1] != "funding").cloned().collect();
    assert_eq!(lines(&report["settlements"]), without_funding);
    assert_eq!(
        [&report["received"], &report["paid"], &report["fees"]],
        [&json!("79.920000"), &json!("79.920000"), &json!("4.764000")]
    );
    assert_eq!(
        report["trial_balance"].as_array().expect("lines").iter().map(|line| micros(&line["posted"])).sum::<i64>(),
        0
    );
    assert_eq!(report["jobs"][0]["state_hash"], first["job"]["state_hash"]);
    let funded = operator.get("/v1/operator/reports/2026-07-01").await.expect("a report");
    assert_eq!(lines(&funded["settlements"]), [expected[3].clone()]);

    check_formats(&venue, &clients).await;
    let reconciled = operator.get("/v1/operator/reconciliation").await.expect("the books are equal");
    // Two accounts in three months and the perpetual.
    assert_eq!([&reconciled["positions"], &reconciled["seq"]], [&json!(8), &json!(end.0)]);
    venue.end().await;
    every_interruption_leads_to_the_same_state(folder.path(), seq, end).await;
}

/// The books of both accounts by hand, and the files that a report and a statement become.
async fn check_formats(venue: &Inside, clients: &[api::client::Client]) {
    let statement = clients[0].get(&format!("/v1/statements/{DAY}")).await.expect("a statement");
    let balance = |opening: &str, closing: &str| json!([{ "asset": "USD", "opening": opening, "closing": closing, "owed": "0.000000" }]);
    assert_eq!(statement["balances"], balance("0.000000", "99920.080000"));
    let held: Vec<_> = statement["positions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|held| (&held["lots"], &held["unrealised"]))
        .collect();
    let zero = json!("0.000000");
    assert_eq!(held, [(&json!(5), &zero), (&json!(2), &zero), (&json!(2), &zero), (&json!(4), &zero)]);
    let statement = clients[0].get("/v1/statements/2026-07-01").await.expect("a statement");
    assert_eq!(statement["balances"], balance("99920.080000", "99919.972000"));
    let statement = clients[1].get(&format!("/v1/statements/{DAY}")).await.expect("a statement");
    assert_eq!(statement["balances"], balance("0.000000", "100075.156000"));
    let totals: Vec<_> = statement["totals"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|total| (&total["reason"], &total["amount"]))
        .collect();
    let total = |reason: &str, amount: &str| (json!(reason), json!(amount));
    let expected = [total("deposit", "100000.000000"), total("fee", "-4.764000"), total("variation", "79.920000")];
    assert_eq!(totals, expected.iter().map(|(reason, amount)| (reason, amount)).collect::<Vec<_>>());
    assert_eq!(refusal(clients[0].get("/v1/statements/2026-06-31").await), (400, "invalid_request".to_owned()));
    assert_eq!(
        refusal(clients[0].get(&format!("/v1/operator/reports/{DAY}")).await),
        (403, "not_authorised".to_owned())
    );
    assert_eq!(
        refusal(venue.operator().get("/v1/operator/accounts/9/statements/2026-06-30").await),
        (404, "not_found".to_owned())
    );

    let operator = venue.operator();
    for (path, name) in [
        (format!("/v1/operator/reports/{DAY}"), "settlement_report"),
        (format!("/v1/operator/accounts/2/statements/{DAY}"), "settlement_statement"),
    ] {
        let json = format!("{:#}\n", operator.get(&path).await.expect("a report"));
        let csv = operator.get_text(&format!("{path}?format=csv")).await.expect("a table");
        let markdown = operator.get_text(&format!("{path}?format=markdown")).await.expect("a page");
        for (text, suffix) in [(json, "json"), (csv, "csv"), (markdown, "md")] {
            check_golden(&format!("{GOLDEN}/{name}.{suffix}"), &without_hashes(&text));
        }
    }
}

/// A hash covers the form of the whole state, which is not what these files are about.
fn without_hashes(text: &str) -> String {
    let mut shown = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_hexdigit() {
            word.push(letter);
            continue;
        }
        shown.push_str(if word.len() == 64 { "(hash)" } else { &word });
        word.clear();
        shown.push(letter);
    }
    shown.pop();
    shown
}

fn check_golden(path: &str, text: &str) {
    if std::env::var_os("TERAHOUR_UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        text == golden,
        "{path} is no longer what is printed; if that is meant, run with TERAHOUR_UPDATE_GOLDEN=1:\n{text}"
    );
}

/// The journal up to each of the job's commands, and the job taken up there on the state alone: what a crash at any step leaves.
async fn every_interruption_leads_to_the_same_state(folder: &Path, begun: Seq, end: Seq) {
    let mut store = Store::open_read_only(&journal_path(folder)).await.expect("the journal opens");
    let mut records = Vec::new();
    loop {
        let batches = store.read_next().await.expect("the chain is whole");
        if batches.is_empty() {
            break;
        }
        batches.iter().for_each(|batch| records.extend(batch.records().expect("records")));
    }
    let mut core = Core::default();
    let apply = |core: &mut Core, stamp: &Stamp, action: &Action| {
        let mut happenings: Vec<Happening> = Vec::new();
        core.apply(stamp, action, &mut happenings).is_ok()
    };
    let (job, time) = (Job { kind: JobKind::Daily, day: Day(FIRST_DAY.0 - 1) }, FIRST_DAY.start());
    let (mut tasks, mut cores) = (Vec::new(), Vec::new());
    for record in records.iter().filter(|record| record.stamp.seq <= end) {
        if record.stamp.seq.0 == begun.0 + 1 {
            tasks = plan::tasks(core.engine(), time, job);
        }
        if record.stamp.seq > begun {
            cores.push(core.clone());
        }
        let action = Action::of_record(record).expect("a command");
        assert!(apply(&mut core, &record.stamp, &action) || record.stamp.seq <= begun, "{action:?} was refused");
    }
    let hash = core.state_hash();
    let key = signing::key_id(&operator_key().verifying_key().to_bytes());
    assert_eq!((tasks.len(), cores.len()), (7, usize::try_from(end.0 - begun.0).expect("few")));
    assert!(cores.len() >= 14);
    let interruptions = cores.len();
    for mut core in cores {
        loop {
            // What is due comes first, as at the venue's desk.
            let is_due = core.engine().next_due().is_some_and(|due| due <= time);
            let next = if is_due { None } else { plan::next(core.engine(), time, job, &tasks).command };
            let (command, key) = match next {
                _ if is_due => (Command::ProcessDue, KeyId::VENUE),
                Some(command) => (command, key),
                None => break,
            };
            let stamp = Stamp { seq: Seq(core.engine().seq().0 + 1), time, key, session: 0 };
            assert!(apply(&mut core, &stamp, &Action::Exchange(command)), "{command:?} was refused");
        }
        assert_eq!(core.state_hash(), hash);
    }
    counts::note(interruptions, "interruptions of a settlement job taken up to the same state");
}

/// Somebody changes the history by hand; the first difference is named.
#[tokio::test(flavor = "multi_thread")]
async fn books_that_differ_from_the_ledger_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (venue, _clients, _clock) = morning_after(folder.path()).await;
    let operator = venue.operator();
    operator.get("/v1/operator/reconciliation").await.expect("the books are equal");
    let mut file = SqliteConnectOptions::new().filename(history_path(folder.path())).connect().await.expect("opens");
    let perpetual = "update fills set instrument = 12 where instrument = 11 and account = 2";
    for (fault, back, first) in [
        (
            "update day_totals set amount = amount + 1 where ledger = 'customer:2' and reason = 'fee'",
            "update day_totals set amount = amount - 1 where ledger = 'customer:2' and reason = 'fee'",
            "the balance of customer:2 in USD: ledger 99995.236000, history 99995.236001".to_owned(),
        ),
        (
            perpetual,
            "update fills set instrument = 11 where instrument = 12 and account = 2",
            format!("the position of account 2 in {SERIES}-PERP: ledger -4, history 0"),
        ),
    ] {
        sqlx::raw_sql(fault).execute(&mut file).await.expect("changed");
        let refused = operator.get("/v1/operator/reconciliation").await;
        let Err(api::client::ClientError::Problem { status, code, detail, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((status.as_u16(), code.as_str()), (500, "history_differs"));
        assert!(detail.contains(&first), "{detail}");
        sqlx::raw_sql(back).execute(&mut file).await.expect("changed back");
        operator.get("/v1/operator/reconciliation").await.expect("the books are equal again");
    }
    venue.end().await;
}

/// A contract that cannot be settled holds its job back, and nothing else; once it can, the job goes on.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_settled_is_held_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (venue, _clients, clock) = morning_after(folder.path()).await;
    let operator = venue.operator();
    let early = operator.post("/v1/operator/settlements/daily/2026-07-01", &json!({})).await;
    assert_eq!(refusal(early), (422, "too_early".to_owned()));
    let odd = operator.post("/v1/operator/settlements/weekly/2026-06-30", &json!({})).await;
    assert_eq!(refusal(odd), (404, "not_found".to_owned()));

    // The quarter's day was missed: until it has cascaded, its months settle no later day.
    clock.set(FIRST_DAY.start().plus_micros(24 * HOUR_US));
    let late = operator.post("/v1/operator/settlements/daily/2026-07-01", &json!({})).await.expect("an answer");
    let held: Vec<&Value> = late["held_back"].as_array().expect("a list").iter().collect();
    let months: Vec<Value> = MONTHS.iter().map(|month| json!(format!("{SERIES}-{month}"))).collect();
    assert_eq!(held.iter().map(|held| held["instrument"].clone()).collect::<Vec<_>>(), months);
    assert!(held.iter().all(|held| held["code"] == "settling"), "{held:?}");
    assert_eq!(late["state"], "held_back");
    let missed = operator.post(&daily(), &json!({})).await.expect("settled");
    assert_eq!(missed["state"], "done", "{missed}");
    let done = operator.post("/v1/operator/settlements/daily/2026-07-01", &json!({})).await.expect("settled");
    assert_eq!([&done["state"], &done["settlements"]], [&json!("done"), &late["settlements"]]);
    let jobs = operator.get("/v1/operator/settlements").await.expect("a list");
    let days: Vec<&Value> = jobs["items"].as_array().expect("a list").iter().map(|job| &job["day"]).collect();
    assert_eq!(days, ["2026-07-01", DAY]);
    let page = market::walk(&operator, "/v1/operator/settlements?", 1).await;
    assert_eq!(page.len(), 2);
    let nothing = operator.post("/v1/operator/settlements/final/2026-07-01", &json!({})).await.expect("an answer");
    assert_eq!(nothing["state"], "nothing");
    venue.end().await;
}

/// The command line of a real venue, and what scripts go by.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_settles_a_real_venue() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("operator.key");
    std::fs::write(&key, signing::hex(&operator_key().to_bytes())).expect("written");
    let key = key.to_str().expect("a plain name").to_owned();
    let (mut venue, url) = Process::venue(&folder.path().join("venue"));
    let clients = market::open(&url, 1..=2, "100000").await;
    place(&clients[0], &order_in(LASTING, "a", "sell", 2, "3.000")).await;
    place(&clients[1], &order_in(LASTING, "b", "buy", 1, "3.000")).await;
    place(&clients[1], &order_in(LASTING, "c", "buy", 1, "2.990")).await;
    let settle = |arguments: &[&str]| {
        let common = ["--key", key.as_str(), "--url", url.as_str()];
        harness::run(&[&["settle"], arguments, &common[..]].concat())
    };
    let yesterday = crate::settlement_kills::day_text(-1);
    for (arguments, code, said) in [
        (vec!["status"], 3, ""),
        (vec!["resume"], 3, "no job is under way"),
        (vec!["daily", &yesterday, "--dry-run"], 0, "2.995000 midpoint"),
        (vec!["daily", &yesterday], 0, "is done: 1 settlements"),
        (vec!["daily", &yesterday], 0, "is done: 1 settlements"),
        (vec!["daily", &yesterday, "--dry-run"], 3, "nothing is changed"),
        (vec!["final", &yesterday], 3, "nothing is due"),
        (vec!["status"], 0, "done         1 settlements"),
        (vec!["report", &yesterday], 0, "| H100-SXM.GLOBAL.OD-2199-12 | daily | 2.995000 |"),
        (vec!["report", &yesterday, "--format", "csv"], 0, "received,3.720000,"),
        (vec!["report", &yesterday, "--account", "1", "--format", "json"], 0, "\"amount\": \"3.720000\""),
        (vec!["reconcile"], 0, "2 positions are equal"),
        (vec!["daily", "2199-01-01"], 1, ""),
        (vec!["daily", "tomorrow"], 1, ""),
        (vec!["weekly", &yesterday], 2, ""),
    ] {
        let (found, output, complaints) = settle(&arguments);
        assert_eq!(found, code, "{arguments:?}: {output}\n{complaints}");
        assert!(output.contains(said), "{arguments:?}: {output}\n{complaints}");
    }
    let (code, _, complaints) = harness::run(&["settle", "status", "--url", &url]);
    assert_eq!(code, 2, "{complaints}");
    venue.signal("TERM");
    assert!(venue.exit_status(PATIENCE).is_some());
    assert_eq!(settle(&["daily", &yesterday]).0, 70);
}

/// The venue settles yesterday by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_settles_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, 1..=2, "100000").await;
    place(&clients[0], &order_in(LASTING, "a", "sell", 1, "3.000")).await;
    place(&clients[1], &order_in(LASTING, "b", "buy", 1, "2.990")).await;
    venue.kill();
    drop(venue);
    let mut venue = Process::spawn_venue_with(folder.path(), &["--settle-at", "00:00"]);
    let url = venue.url().expect("it listens");
    let operator = market::operator(&url);
    let yesterday = crate::settlement_kills::day_text(-1);
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        let job = operator.get(&format!("/v1/operator/settlements/daily/{yesterday}")).await.expect("a look");
        if job["state"] == "done" {
            assert_eq!(job["job"]["key"], "0000000000000000");
            return;
        }
        assert!(std::time::Instant::now() < end, "the schedule does not settle: {job}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
