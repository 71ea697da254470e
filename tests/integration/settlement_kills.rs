//! A month of business days, settled by jobs on a venue that is killed at random steps: the same commands in the same order as on one
//! that is not, hence the same state, and statements of every account that add up to the ledger's balances.

use std::path::Path;
use std::time::Duration;

use api::client::Client;
use api::http::numbers::Amount;
use api::venue::journal_path;
use api::venue::machines::{Action, Core};
use api::venue::store::Store;
use engine::command::{Command, Stamp};
use engine::ids::KeyId;
use engine::journal::batch::Hash;
use engine::units::{Day, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::{self, Process, operator_key};
use crate::market::{self, SERIES, lasting_terms, micros, order_in, place, with};
use crate::request::now_ms;

/// Business days, all of them over: contracts that deliver in 2199 can be settled for each.
const DAYS: i32 = 30;
const ACCOUNTS: u8 = 4;
/// Each is two commands a day, so that there is something to interrupt.
const CONTRACTS: u32 = 12;
/// Attempts to settle a day that are killed.
const KILLS_PER_DAY_MAX: u32 = 3;

/// The date so many days from today.
pub(crate) fn day_text(offset: i32) -> String {
    api::http::extract::day_text(Day(today().0 + offset))
}

fn today() -> Day {
    Timestamp(now_ms() * 1_000).day()
}

fn contract(number: u32) -> String {
    format!("{SERIES}-2199-{number:02}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_month_with_kills_is_the_month_without() {
    let (seed, _) = seed_and_soak();
    println!("TERAHOUR_SEED={seed} repeats the choices of this month");
    let [killed, whole] = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let kills = play(killed.path(), seed, true).await;
    assert_eq!(play(whole.path(), seed, false).await, 0);
    let (with_kills, without) = (commands(killed.path()).await, commands(whole.path()).await);
    assert_eq!(with_kills.len(), without.len(), "the kills led to other commands");
    for (place, (one, other)) in with_kills.iter().zip(&without).enumerate() {
        assert_eq!(one, other, "command {}", place + 1);
    }
    assert_eq!(state_hash(&with_kills), state_hash(&without));
    assert!(kills > 10, "only {kills} jobs were interrupted");
    counts::note(kills, "kills in the middle of a settlement job");
}

/// Plays the month; says how many kills found a job under way.
async fn play(folder: &Path, seed: u64, is_killed: bool) -> usize {
    let mut flow = ChaCha8Rng::seed_from_u64(seed);
    let mut kills = ChaCha8Rng::seed_from_u64(seed + 1);
    let key = folder.join("operator.key");
    std::fs::write(&key, api::signing::hex(&operator_key().to_bytes())).expect("written");
    let venue_folder = folder.join("venue");
    let (mut process, mut url) = Process::venue(&venue_folder);
    market::open(&url, 1..=ACCOUNTS, "100000000").await;
    for number in 1..CONTRACTS {
        let terms = json!({ "instrument": 100 + number, "delivery_month": format!("2199-{number:02}") });
        market::operator(&url).post("/v1/operator/instruments", &with(lasting_terms(), terms)).await.expect("listed");
    }
    let mut interrupted = 0;
    for offset in -DAYS..0 {
        trade(&url, offset, &mut flow).await;
        let path = format!("/v1/operator/settlements/daily/{}", day_text(offset));
        let attempts = if is_killed { kills.random_range(0..=KILLS_PER_DAY_MAX) } else { 0 };
        for _ in 0..attempts {
            let operator = market::operator(&url);
            let asked = path.clone();
            let asking = tokio::spawn(async move { operator.post(&asked, &json!({})).await });
            tokio::time::sleep(Duration::from_micros(kills.random_range(0..60_000))).await;
            process.kill();
            drop(asking.await);
            (process, url) = Process::venue(&venue_folder);
            let look = market::operator(&url).get(&path).await.expect("the venue is back");
            interrupted += usize::from(look["state"] == "running");
        }
        let arguments = ["settle", "daily", &day_text(offset), "--key", key.to_str().expect("plain"), "--url", &url];
        let (code, output, complaints) = harness::run(&arguments);
        assert_eq!(code, 0, "{output}\n{complaints}");
    }
    let last = check_statements(&url).await;
    let reconciled = market::operator(&url).get("/v1/operator/reconciliation").await.expect("the books are equal");
    assert!(reconciled["positions"].as_u64().is_some_and(|positions| positions > 10), "{reconciled}");
    process.kill();
    counts::note(last, "statements that add up to the ledger");
    interrupted
}

/// Trades in every contract, and quotes that the day's settlement finds.
async fn trade(url: &str, offset: i32, flow: &mut ChaCha8Rng) {
    let clients: Vec<Client> = (1..=ACCOUNTS).map(|account| market::trader(url, account)).collect();
    clients[0].delete("/v1/orders").await.expect("cancelled");
    for number in 1..=CONTRACTS {
        let (maker, taker) = (flow.random_range(0..2), flow.random_range(2..4));
        let sides = if flow.random_bool(0.5) { ["buy", "sell"] } else { ["sell", "buy"] };
        let (lots, price) = (flow.random_range(1..5), format!("3.{:03}", flow.random_range(0..900)));
        let name = |side: &str| format!("d{}-{number}-{side}", offset + DAYS);
        place(&clients[maker], &order_in(&contract(number), &name("m"), sides[0], lots, &price)).await;
        place(&clients[taker], &order_in(&contract(number), &name("t"), sides[1], lots, &price)).await;
        // Nothing trades on a day that is over, so it is settled between bid and offer.
        let quoted = flow.random_range(0..900) * 1_000;
        for (side, price) in [("buy", 2_000_000 + quoted), ("sell", 4_000_000 + quoted)] {
            let price = Amount(price).to_string();
            place(&clients[0], &order_in(&contract(number), &name(side), side, 1, &price)).await;
        }
    }
}

/// Every account's statements follow each other to the balance of the ledger.
async fn check_statements(url: &str) -> usize {
    let mut statements = 0;
    for account in 1..=ACCOUNTS {
        let client = market::trader(url, account);
        let mut balance = 0;
        for offset in -DAYS..=0 {
            let statement = client.get(&format!("/v1/statements/{}", day_text(offset))).await.expect("a statement");
            statements += 1;
            let Some(line) = statement["balances"].as_array().and_then(|lines| lines.first()) else { continue };
            assert_eq!(micros(&line["opening"]), balance, "{statement}");
            let sum = |list: &str| -> i64 {
                statement[list].as_array().expect("a list").iter().map(|line| micros(&line["amount"])).sum()
            };
            assert_eq!(sum("movements"), sum("totals"), "{statement}");
            balance += sum("movements");
            assert_eq!(micros(&line["closing"]), balance, "{statement}");
        }
        let posted = &client.get("/v1/balances").await.expect("balances")["items"][0]["posted"];
        assert_eq!(micros(posted), balance, "account {account}");
        let held = &client.get("/v1/positions").await.expect("positions")["items"];
        let held: Vec<(&Value, &Value)> = shown(held);
        let statement = client.get(&format!("/v1/statements/{}", day_text(0))).await.expect("a statement");
        assert_eq!(shown(&statement["positions"]), held);
    }
    statements
}

/// The contracts that are held, with their lots.
fn shown(positions: &Value) -> Vec<(&Value, &Value)> {
    let list = positions.as_array().expect("a list").iter().filter(|held| held["lots"] != 0);
    let mut shown: Vec<_> = list.map(|held| (&held["instrument"], &held["lots"])).collect();
    shown.sort_by_key(|(instrument, _)| instrument.as_str().map(str::to_owned));
    shown
}

/// What was asked of the exchange, by whom, without the moments, which are never the same.
async fn commands(folder: &Path) -> Vec<(KeyId, Action)> {
    let mut store = Store::open_read_only(&journal_path(&folder.join("venue"))).await.expect("the journal opens");
    let mut commands = Vec::new();
    loop {
        let batches = store.read_next().await.expect("the chain is whole");
        if batches.is_empty() {
            return commands;
        }
        for record in batches.iter().flat_map(|batch| batch.records().expect("records")) {
            let mut action = Action::of_record(&record).expect("a command");
            if let Action::Exchange(Command::SubmitOrder(request)) = &mut action {
                request.sent = None;
            }
            commands.push((record.stamp.key, action));
        }
    }
}

/// The state that commands lead to, all at one moment of today.
fn state_hash(commands: &[(KeyId, Action)]) -> Hash {
    let time = today().start();
    let mut core = Core::default();
    for (seq, (key, action)) in (1..).zip(commands) {
        let stamp = Stamp { seq: engine::ids::Seq(seq), time, key: *key, session: 0 };
        let mut happenings = Vec::new();
        let outcome = core.apply(&stamp, action, &mut happenings);
        assert!(outcome.is_ok(), "command {seq}: {outcome:?}");
    }
    core.state_hash()
}
