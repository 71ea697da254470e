//! What happens without anybody asking: stops wake up, orders end on time, the dead man's switch fires, contracts are marked.

use std::time::{Duration, Instant};

use api::client::Client;
use api::venue::Settings;
use api::venue::clock::{Clock, SimulatedClock};
use engine::rules::Rules;
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Inside, PATIENCE};
use crate::market::{self, control, found, instrument, market_order, order, place, refusal, shown, stands, with};
use crate::request::now_ms;

async fn venue(accounts: u8) -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, 1..=accounts, "1000000").await;
    (folder, venue, clients)
}

/// Looks again and again, as nothing but a look, until something is so.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < end, "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn seq(url: &str) -> u64 {
    Client::anonymous(url).get("/health/ready").await.expect("ready")["seq"].as_u64().expect("a number")
}

/// A stop that wakes up trades, and with that wakes up the next.
#[tokio::test(flavor = "multi_thread")]
async fn stops_wake_each_other_without_further_traffic() {
    let (_folder, venue, clients) = venue(3).await;
    let [maker, holder, seller] = &clients[..] else { panic!("three accounts") };
    control(&venue.url, json!({ "reference_price": "3", "market_protection": "0.05" })).await;
    for (name, price) in [("m1", "2.990"), ("m2", "2.980"), ("m3", "2.970"), ("m4", "2.960")] {
        place(maker, &order(name, "buy", 1, price)).await;
    }
    let stop = |name: &str, at: &str| {
        with(market_order(name, "sell", 1), json!({ "stop": { "reference": "last", "price": at } }))
    };
    for (name, at) in [("s1", "2.990"), ("s2", "2.980"), ("s3", "2.970"), ("s4", "2.950")] {
        assert_eq!(place(holder, &stop(name, at)).await["state"], "waiting");
    }
    // Trades at 2.990: wakes s1, which trades at 2.980: wakes s2, at 2.970: wakes s3, at 2.960. 2.950 is not reached.
    place(seller, &order("hit", "sell", 1, "2.990")).await;
    for name in ["s1", "s2", "s3"] {
        assert_eq!(shown(&found(holder, name).await), stands(1, 0, "filled"), "{name}");
    }
    assert_eq!(found(holder, "s4").await["state"], "waiting");
    // Without a bid there is nothing to trade with: the woken stop is cancelled.
    place(maker, &order("bid", "buy", 1, "2.940")).await;
    place(seller, &order("hit-2", "sell", 1, "2.940")).await;
    assert_eq!(shown(&found(holder, "s4").await), stands(0, 1, "cancelled"));
    let reach = holder.post("/v1/orders", &stop("late", "2.945")).await;
    assert_eq!(refusal(reach), (422, "stop_in_reach".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_ends_when_it_said() {
    let (_folder, venue, clients) = venue(1).await;
    let expires_us = now_ms() * 1_000 + 1_500_000;
    let gtd = json!({ "time_in_force": "gtd", "expires_ts_us": expires_us });
    place(&clients[0], &with(order("gtd", "buy", 1, "3.000"), gtd)).await;
    let before = seq(&venue.url).await;
    until("the end of an order", async || {
        let state = found(&clients[0], "gtd").await["state"].clone();
        (state == "cancelled").then_some(())
    })
    .await;
    assert!(now_ms() * 1_000 >= expires_us, "it ended too early");
    assert!(now_ms() * 1_000 < expires_us + 10_000_000, "it ended too late");
    assert_eq!(seq(&venue.url).await, before + 1, "one step of the clock took it out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_mans_switch_fires_while_nothing_else_happens() {
    let (_folder, venue, clients) = venue(2).await;
    let [dead, alive] = &clients[..] else { panic!("two accounts") };
    for (client, name) in [(dead, "dead"), (alive, "alive")] {
        place(client, &order(name, "buy", 1, "3.000")).await;
    }
    let set = async |client: &Client, timeout_ms: u64| {
        client.put("/v1/cancel-after", &json!({ "timeout_ms": timeout_ms })).await
    };
    let told = set(dead, 1_500).await.unwrap();
    assert_eq!(told["deadline_ts_us"].as_i64(), told["ts_us"].as_i64().map(|now| now + 1_500_000));
    assert_eq!(dead.get("/v1/cancel-after").await.unwrap()["deadline_ts_us"], told["deadline_ts_us"]);
    set(alive, 1_500).await.unwrap();
    assert_eq!(set(alive, 0).await.unwrap()["deadline_ts_us"], Value::Null);
    assert_eq!(refusal(set(alive, 86_400_001).await), (422, "deadline_out_of_range".to_owned()));
    assert_eq!(refusal(set(alive, u64::MAX).await), (422, "deadline_out_of_range".to_owned()));
    until("the switch", async || {
        let orders = dead.get("/v1/orders").await.unwrap();
        (orders["items"] == json!([])).then_some(())
    })
    .await;
    assert_eq!(dead.get("/v1/cancel-after").await.unwrap()["deadline_ts_us"], Value::Null);
    assert_eq!(found(alive, "alive").await["state"], "live");
    let stands_still = seq(&venue.url).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(seq(&venue.url).await, stands_still, "an idle venue writes nothing");
}

/// Somebody moves the clock, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_order_ends_with_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::default();
    let midnight = Day(20_666).start();
    clock.set(midnight);
    let venue = Inside::start(folder.path(), Clock::Simulated(clock.clone())).await;
    let clients = market::open(&venue.url, [1], "1000000").await;
    place(&clients[0], &with(order("day", "buy", 1, "3.000"), json!({ "time_in_force": "day" }))).await;
    let state = async |hours: i64| {
        clock.set(Timestamp(midnight.0 + hours * 3_600_000_000));
        venue.app.handle.tick().await.unwrap();
        found(&clients[0], "day").await["state"].clone()
    };
    assert_eq!(state(23).await, "live");
    assert_eq!(state(24).await, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_marked_when_its_market_moves_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { marks_every: Some(Duration::from_millis(20)), ..Clock::System.into() };
    let venue = Inside::start(folder.path(), settings).await;
    let clients = market::open(&venue.url, [1], "1000000").await;
    assert_eq!(instrument(&venue.url).await["mark_price"], Value::Null);
    place(&clients[0], &order("bid", "buy", 1, "3.000")).await;
    place(&clients[0], &order("offer", "sell", 1, "3.101")).await;
    let mark = until("a mark", async || instrument(&venue.url).await["mark_price"].as_str().map(str::to_owned)).await;
    // The middle of the quotes.
    assert_eq!(mark, "3.050500");
    let marked = seq(&venue.url).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(seq(&venue.url).await, marked, "a mark that stays as it is was journaled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_the_program_are_adopted_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut places = Vec::new();
    for _ in 0..3 {
        let venue = Inside::start(folder.path(), Clock::System).await;
        let (rules, seq) = venue.app.handle.read(|core| (core.engine().rules(), core.engine().seq())).await.unwrap();
        assert_eq!(rules, Rules::LATEST);
        places.push(seq);
        venue.end().await;
    }
    assert!(places.windows(2).all(|pair| pair[0] == pair[1]), "{places:?}");
}
