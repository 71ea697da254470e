//! Kills the venue with SIGKILL at random points under load, and finds everything it had acknowledged, once, after each restart.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use api::client::{Client, ClientError};
use api::signing::hex;
use api::venue::journal_path;
use api::venue::replay::replay_next;
use api::venue::snapshots::{Restored, restore};
use api::venue::store::Store;
use engine::ids::Seq;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::{self, PATIENCE, Process};
use crate::journal::Auditor;
use crate::market::{self, LASTING};

/// Traders that load the venue at the same time.
const TRADERS: u8 = 6;
/// Kills that hit a venue that is still starting, in a hundred.
const EARLY_IN_100: u32 = 12;

/// A trader and everything it was told.
struct Trader {
    account: u8,
    random: ChaCha8Rng,
    sent: u32,
    /// Orders acknowledged since the last check: as sent, with the answer.
    acknowledged: Vec<(Value, Value)>,
    /// Orders of which nobody knows what became.
    unknown: Vec<Value>,
    /// Orders whose cancel was acknowledged, ever.
    cancelled: BTreeSet<u64>,
    /// Cancels of which nobody knows what became.
    unknown_cancels: Vec<u64>,
    /// Orders that rested when they were answered.
    resting: Vec<u64>,
    /// Orders and cancels acknowledged in all.
    orders_count: usize,
}

/// What happened in all.
#[derive(Default)]
struct Totals {
    unknown_orders: usize,
    unknown_orders_found: usize,
    replayed: usize,
    early_kills: usize,
}

/// Kills of one venue. Its start replays them all, so more kills are more venues.
const KILLS: u32 = 100;
/// Venues of a soak.
const SOAK_VENUES: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_random_points_it_loses_nothing_and_repeats_nothing() {
    let (first_seed, is_soak) = seed_and_soak();
    for seed in first_seed..first_seed + if is_soak { SOAK_VENUES } else { 1 } {
        println!("TERAHOUR_SEED={seed} repeats the choices of this venue");
        kill_a_venue(seed, &[]).await;
    }
}

/// The same with a follower that never rests: kills hit snapshots and archivings half way, and most starts restore.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_while_it_writes_snapshots_and_archives_it_loses_nothing_either() {
    let restored = kill_a_venue(20_261_123, &["--snapshot-every", "25", "--archive"]).await;
    assert!(restored > 20, "{restored} starts found a snapshot");
    counts::note(restored, "snapshots restored after a kill to the state of a full replay");
}

/// How many starts found a snapshot.
async fn kill_a_venue(seed: u64, options: &[&str]) -> usize {
    let mut restored = 0;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder for the venue");
    let folder = folder.path();
    let mut traders: Vec<Trader> = (1..=TRADERS).map(|account| Trader::new(account, random.random())).collect();
    let (mut auditor, mut totals) = (Auditor::default(), Totals::default());
    open_market(folder).await;
    auditor.catch_up(folder).await;

    for kill in 1..=KILLS {
        let mut process = Process::spawn_venue_with(folder, options);
        if random.random_range(0..100) < EARLY_IN_100 {
            tokio::time::sleep(Duration::from_micros(random.random_range(0..200_000))).await;
            process.kill();
            totals.early_kills += 1;
        } else {
            let url = listening(&mut process);
            check_restart(&url, &auditor).await;
            for trader in &mut traders {
                let check = trader.check(&url, &auditor, &mut totals);
                tokio::time::timeout(PATIENCE, check).await.expect("the venue answers");
            }
            let load = Duration::from_micros(random.random_range(2_000..160_000));
            load_until_killed(&mut traders, &url, &mut process, load).await;
        }
        auditor.catch_up(folder).await;
        traders.iter().for_each(|trader| trader.check_journal(&auditor));
        restored += usize::from(check_restored(folder, &auditor).await);
        if kill % 4 == 0 {
            check_verify(folder, &auditor);
        }
    }
    let mut process = Process::spawn_venue_with(folder, options);
    let url = listening(&mut process);
    check_restart(&url, &auditor).await;
    for trader in &mut traders {
        let check = trader.check(&url, &auditor, &mut totals);
        tokio::time::timeout(PATIENCE, check).await.expect("the venue answers");
    }
    auditor.catch_up(folder).await;
    check_trades(&url, &auditor).await;
    process.kill();
    check_verify(folder, &auditor);

    let acknowledged: usize = traders.iter().map(|trader| trader.orders_count).sum();
    let cancels: usize = traders.iter().map(|trader| trader.cancelled.len()).sum();
    assert!(acknowledged > 10 * TRADERS as usize, "the load was no load: {acknowledged} orders acknowledged");
    counts::note(KILLS as usize, "kills with SIGKILL under load");
    counts::note(totals.early_kills, "kills while the venue was starting");
    counts::note(acknowledged, "acknowledged orders found after a kill, none twice");
    counts::note(cancels, "acknowledged cancels that stayed cancelled");
    counts::note(totals.unknown_orders, "orders of unknown outcome sent again, each accepted once");
    counts::note(totals.unknown_orders_found, "orders of unknown outcome that were in the journal already");
    counts::note(totals.replayed, "answers repeated word for word after a kill");
    counts::note(auditor.trades.len(), "trades, each in the history once");
    counts::note(auditor.commands_count, "commands in the journal of the kills");
    counts::note(auditor.batches_count(), "batches in the journal of the kills");
    restored
}

/// The newest snapshot with the rest of the journal is the state that was never restarted. Whether there is one.
async fn check_restored(folder: &Path, auditor: &Auditor) -> bool {
    let mut store = Store::open_read_only(&journal_path(folder)).await.expect("the journal opens");
    let restored = restore(&mut store, folder, Seq(u64::MAX)).await.expect("the journal reads");
    let Restored { mut core, from, .. } = restored;
    while replay_next(&mut store, &mut core).await.expect("the events are the same").is_some() {}
    assert_eq!((store.last_seq().0, core.state_hash()), (auditor.seq(), auditor.state_hash()));
    from.is_some()
}

async fn open_market(folder: &Path) {
    let mut process = Process::spawn_venue(folder);
    let url = listening(&mut process);
    market::open(&url, 1..=TRADERS, "900000000").await;
    process.kill();
}

fn listening(process: &mut Process) -> String {
    let line = process.line_with("listening on ", PATIENCE);
    let line = line.unwrap_or_else(|| panic!("the venue does not come back: {}", process.complaints()));
    line.trim_start_matches("listening on ").to_owned()
}

/// The venue is where the journal was when it was killed.
async fn check_restart(url: &str, auditor: &Auditor) {
    let ready = Client::anonymous(url).get("/health/ready").await.expect("the venue is ready");
    assert_eq!(ready["seq"], auditor.seq());
    assert_eq!(ready["journal_head"], hex(&auditor.head()));
}

async fn load_until_killed(traders: &mut Vec<Trader>, url: &str, process: &mut Process, load: Duration) {
    let tasks: Vec<_> = traders
        .drain(..)
        .map(|mut trader| {
            let client = market::trader(url, trader.account);
            tokio::spawn(async move {
                trader.trade_until_unanswered(&client).await;
                trader
            })
        })
        .collect();
    tokio::time::sleep(load).await;
    process.kill();
    for task in tasks {
        let trader = tokio::time::timeout(PATIENCE, task).await.expect("a dead venue is noticed");
        traders.push(trader.expect("traders do not panic"));
    }
}

/// A replay from the first byte by the binary ends where the auditor, which was never restarted, stands.
fn check_verify(folder: &Path, auditor: &Auditor) {
    let (code, report, complaints) = harness::run(&["verify", "--data", folder.to_str().expect("a plain name")]);
    assert_eq!(code, 0, "{report}\n{complaints}");
    let value = |name: &str| {
        let line = report.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {report}")).trim().to_owned()
    };
    assert_eq!(value("commands"), auditor.seq().to_string());
    assert_eq!(value("journal head"), hex(&auditor.head()));
    assert_eq!(value("state hash"), hex(&auditor.state_hash()));
    assert_eq!(value("ledger total"), "0");
}

async fn check_trades(url: &str, auditor: &Auditor) {
    let trades = market::walk(&Client::anonymous(url), &format!("/v1/trades?instrument={LASTING}"), 1_000).await;
    let ids: BTreeSet<u64> = trades.iter().map(|trade| number(&trade["trade_id"])).collect();
    assert_eq!(ids.len(), trades.len(), "the history shows a trade twice");
    assert_eq!(ids, auditor.trades);
}

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no id"))
}

impl Trader {
    fn new(account: u8, seed: u64) -> Trader {
        Trader {
            account,
            random: ChaCha8Rng::seed_from_u64(seed),
            sent: 0,
            acknowledged: Vec::new(),
            unknown: Vec::new(),
            cancelled: BTreeSet::new(),
            unknown_cancels: Vec::new(),
            resting: Vec::new(),
            orders_count: 0,
        }
    }

    /// Orders that cross and orders that rest, and now and then a cancel.
    async fn trade_until_unanswered(&mut self, client: &Client) {
        loop {
            let answered = if !self.resting.is_empty() && self.random.random_bool(0.3) {
                let choice = self.random.random_range(0..self.resting.len());
                let order = self.resting.swap_remove(choice);
                self.cancel(client, order).await
            } else {
                let order = self.next_order();
                self.place(client, order).await
            };
            if !answered {
                return;
            }
        }
    }

    fn next_order(&mut self) -> Value {
        self.sent += 1;
        let side = if self.random.random_bool(0.5) { "buy" } else { "sell" };
        let price = format!("3.{:03}", self.random.random_range(200..206));
        market::order(&format!("order-{}", self.sent), side, self.random.random_range(1..=5), &price)
    }

    async fn place(&mut self, client: &Client, order: Value) -> bool {
        match client.post("/v1/orders", &order).await {
            Ok(answer) => {
                assert_eq!(answer["replayed"], false, "{answer}");
                if answer["state"] == "live" {
                    self.resting.push(number(&answer["order_id"]));
                }
                self.acknowledged.push((order, answer));
                self.orders_count += 1;
                true
            }
            Err(error) => {
                assert!(is_unknown(&error), "{order} is refused: {error}");
                self.unknown.push(order);
                false
            }
        }
    }

    async fn cancel(&mut self, client: &Client, order: u64) -> bool {
        match client.delete(&format!("/v1/orders/{order}")).await {
            Ok(_) => self.cancelled.insert(order),
            // Somebody traded with it.
            Err(error) if error.code() == Some("order_not_live") => true,
            Err(error) => {
                assert!(is_unknown(&error), "the cancel of {order} is refused: {error}");
                self.unknown_cancels.push(order);
                false
            }
        }
    }

    /// After a restart, through the API: what was acknowledged is there, what was not is settled by asking again.
    async fn check(&mut self, url: &str, auditor: &Auditor, totals: &mut Totals) {
        let client = market::trader(url, self.account);
        for (order, answer) in std::mem::take(&mut self.acknowledged) {
            let name = order["client_order_id"].as_str().expect("a name");
            let found = client.get(&format!("/v1/orders/by-client-id/{name}")).await.expect("an acknowledged order");
            assert_eq!(found["order_id"], answer["order_id"], "{order}");
            let is_cancelled = auditor.cancelled.contains(&number(&answer["order_id"]));
            assert_eq!(found["state"] == "cancelled", is_cancelled, "{found}");
            if self.random.random_range(0..8) == 0 {
                let again = client.post("/v1/orders", &order).await.expect("the first answer");
                assert_eq!(again["replayed"], true, "{again}");
                for field in ["order_id", "filled_lots", "remaining_lots", "state"] {
                    assert_eq!(again[field], answer[field], "{field} of {again} and {answer}");
                }
                totals.replayed += 1;
            }
        }
        for order in std::mem::take(&mut self.unknown) {
            let name = order["client_order_id"].as_str().expect("a name").to_owned();
            let answer = client.post("/v1/orders", &order).await.expect("an order of unknown outcome is taken once");
            let in_journal = auditor.orders.get(&(u32::from(self.account), name));
            assert_eq!(answer["replayed"], in_journal.is_some(), "{answer}");
            if let Some(order) = in_journal {
                assert_eq!(number(&answer["order_id"]), *order);
                totals.unknown_orders_found += 1;
            }
            totals.unknown_orders += 1;
            if answer["state"] == "live" && in_journal.is_none() {
                self.resting.push(number(&answer["order_id"]));
            }
            self.acknowledged.push((order, answer));
            self.orders_count += 1;
        }
        for order in std::mem::take(&mut self.unknown_cancels) {
            let done = auditor.cancelled.contains(&order);
            match client.delete(&format!("/v1/orders/{order}")).await {
                Ok(_) => assert!(!done, "order {order} was cancelled twice"),
                Err(error) => assert_eq!(error.code(), Some("order_not_live"), "{error}"),
            }
        }
    }

    /// In the journal: every acknowledged order once, under its id, with what it had traded when answered.
    fn check_journal(&self, auditor: &Auditor) {
        for (order, answer) in &self.acknowledged {
            let name = order["client_order_id"].as_str().expect("a name").to_owned();
            let id = number(&answer["order_id"]);
            assert_eq!(auditor.orders.get(&(u32::from(self.account), name)), Some(&id), "{order}");
            assert_eq!(answer["filled_lots"], auditor.first_filled[&id], "{answer}");
        }
        assert!(self.cancelled.is_subset(&auditor.cancelled), "an acknowledged cancel is lost");
    }
}

/// No answer, or one that says so: the venue may have done it.
fn is_unknown(error: &ClientError) -> bool {
    matches!(error, ClientError::Unanswered { .. }) || error.code() == Some("outcome_unknown")
}
