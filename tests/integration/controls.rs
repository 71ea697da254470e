//! What keeps trading orderly, over HTTP: halts, daily limits that pause, bands, sizes, rates, fees.

use std::time::{Duration, Instant};

use api::client::{Client, ClientError};
use api::venue::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Inside, PATIENCE, key};
use crate::market::{self, LASTING, control, instrument, market_order, order, place, refusal, with};
use crate::request::{Signed, now_ms};

async fn venue(accounts: u8) -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, 1..=accounts, "1000000").await;
    (folder, venue, clients)
}

/// What the operator does to [`LASTING`].
async fn operate(venue: &Inside, what: &str, body: Value) -> Result<Value, ClientError> {
    venue.operator().post(&format!("/v1/operator/instruments/{LASTING}/{what}"), &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_contract_takes_cancels_and_nothing_else() {
    let (_folder, venue, clients) = venue(2).await;
    let client = &clients[0];
    let first = place(client, &order("first", "buy", 1, "3.000")).await;
    place(client, &order("second", "buy", 1, "3.000")).await;
    operate(&venue, "halt", Value::Null).await.unwrap();
    assert_eq!(instrument(&venue.url).await["state"], "halted");
    let body = order("x", "buy", 1, "3.000").to_string();
    let refused = Signed::new(&key(1), Method::POST, "/v1/orders", &body).send(&venue.url).await;
    refused.assert_problem(409, "halted");
    assert_eq!(refused.body["retryable"], true, "{refused:?}");
    let path = format!("/v1/orders/{}", first["order_id"].as_str().unwrap());
    assert_eq!(refusal(client.patch(&path, &json!({ "lots": 2 })).await), (409, "halted".to_owned()));
    client.delete(&path).await.unwrap();
    assert_eq!(client.delete("/v1/orders").await.unwrap()["cancelled_orders"], 1);
    assert_eq!(refusal(operate(&venue, "halt", Value::Null).await), (409, "nothing_to_halt_or_resume".to_owned()));
    operate(&venue, "resume", Value::Null).await.unwrap();
    assert_eq!(refusal(operate(&venue, "resume", Value::Null).await), (409, "nothing_to_halt_or_resume".to_owned()));
    assert_eq!(instrument(&venue.url).await["state"], "trading");
    place(client, &order("x", "buy", 1, "3.000")).await;
    // Traders do not halt.
    let path = format!("/v1/operator/instruments/{LASTING}/halt");
    assert_eq!(refusal(client.post(&path, &Value::Null).await), (403, "not_authorised".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_limit_pauses_trading_and_widens_by_itself() {
    let (_folder, venue, clients) = venue(1).await;
    let limits = json!({ "reference_price": "3", "daily_limits": ["0.1", "0.2"], "pause_ms": 2_000 });
    control(&venue.url, limits).await;
    let shown = async || {
        let shown = instrument(&venue.url).await;
        (shown["state"].clone(), shown["daily_limits"].clone(), shown["resumes_ts_us"].clone())
    };
    let narrow = json!({ "lower": "2.900000", "upper": "3.100000" });
    assert_eq!(shown().await, (json!("trading"), narrow.clone(), Value::Null));
    let refused = clients[0].post("/v1/orders", &order("far", "buy", 1, "3.101")).await;
    let Err(ClientError::Problem { code, document, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(code, "outside_daily_limits");
    assert_eq!(document["context"], json!({ "number": 51, "lower": "2.900000", "upper": "3.100000" }));
    // A bid rests at the limit.
    place(&clients[0], &order("at", "buy", 1, "3.100")).await;
    let (state, limits, resumes) = shown().await;
    assert_eq!((state, limits), (json!("paused"), narrow));
    assert!(resumes.as_i64().is_some_and(|resumes| resumes > now_ms() * 1_000 - 1_000_000), "{resumes}");
    assert_eq!(refusal(clients[0].post("/v1/orders", &order("x", "buy", 1, "3.000")).await).1, "halted");
    let end = Instant::now() + PATIENCE;
    while shown().await.0 != "trading" {
        assert!(Instant::now() < end, "the pause does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(shown().await.1, json!({ "lower": "2.800000", "upper": "3.200000" }));
    place(&clients[0], &order("far", "buy", 1, "3.101")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_are_checked_shown_and_kept() {
    let (_folder, venue, clients) = venue(1).await;
    let path = format!("/v1/operator/instruments/{LASTING}/controls");
    for (body, status, code) in [
        (json!({}), 400, "invalid_request"),
        (json!({ "reference_price": "3", "daily_limits": ["1", "2", "3", "4"] }), 400, "invalid_request"),
        (json!({ "reference_price": "11" }), 422, "invalid_controls"),
        (json!({ "reference_price": "3", "price_band": "-1" }), 422, "invalid_controls"),
        (json!({ "reference_price": "3", "daily_limits": ["2", "1"], "pause_ms": 1 }), 422, "invalid_controls"),
        (json!({ "reference_price": "3", "pause_ms": u64::MAX }), 422, "invalid_controls"),
        (json!({ "reference_price": "3", "order_lots_max": 0 }), 422, "invalid_controls"),
    ] {
        assert_eq!(refusal(venue.operator().put(&path, &body).await), (status, code.to_owned()), "{body}");
    }
    let none = json!({
        "reference_price": "0.000000", "price_band": "0.000000", "market_protection": "0.000000", "daily_limits": [],
        "pause_ms": 0, "order_lots_max": 100_000,
    });
    assert_eq!(instrument(&venue.url).await["controls"], none);
    let some = json!({ "reference_price": "3.000000", "price_band": "0.200000", "order_lots_max": 10 });
    control(&venue.url, some.clone()).await;
    assert_eq!(instrument(&venue.url).await["controls"], with(none, some));
    let refused = clients[0].post("/v1/orders", &order("dear", "buy", 1, "3.201")).await;
    let Err(ClientError::Problem { status, document, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(status.as_u16(), 422);
    assert_eq!(document["context"], json!({ "number": 52, "reference": "3.000000", "furthest": "3.200000" }));
    let large = clients[0].post("/v1/orders", &order("large", "buy", 11, "3.000")).await;
    assert_eq!(refusal(large), (422, "lots_out_of_range".to_owned()));
    let nothing = clients[0].post("/v1/orders", &market_order("market", "buy", 1)).await;
    assert_eq!(refusal(nothing), (422, "nothing_to_trade_with".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept_and_says_when_to_come_back() {
    let (_folder, venue, clients) = venue(1).await;
    let limits = json!({ "orders": { "per_second": 1, "burst": 2 } });
    venue.operator().put("/v1/operator/accounts/1/limits", &limits).await.unwrap();
    let account = clients[0].get("/v1/account").await.unwrap();
    assert_eq!(account["limits"]["orders"], json!({ "per_second": 1, "burst": 2 }));
    // One and a burst of two, all within the second.
    for number in 0..3 {
        place(&clients[0], &order(&format!("o{number}"), "buy", 1, "3.000")).await;
    }
    // On a slow machine some of the budget may be back already.
    let mut taken = 3;
    let refused = loop {
        let body = order(&format!("o{taken}"), "buy", 1, "3.000").to_string();
        let answer = Signed::new(&key(1), Method::POST, "/v1/orders", &body).send(&venue.url).await;
        if answer.status != 201 {
            break answer;
        }
        taken += 1;
        assert!(taken < 50, "the rate is not kept");
    };
    refused.assert_problem(429, "rate_exceeded");
    assert_eq!((refused.retry_after.as_str(), &refused.body["retryable"]), ("1", &json!(true)), "{refused:?}");
    assert_eq!(refused.body["context"], json!({ "number": 38, "per_second": 1 }));
    // Whoever may not quote any more can still get out.
    assert_eq!(clients[0].delete("/v1/orders").await.unwrap()["cancelled_orders"], taken);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    place(&clients[0], &order("later", "buy", 1, "3.000")).await;
    let invalid = json!({ "orders": { "per_second": 1_000_001 } });
    let refused = venue.operator().put("/v1/operator/accounts/1/limits", &invalid).await;
    assert_eq!(refusal(refused), (422, "invalid_account_limits".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_change_when_it_was_announced() {
    let (_folder, venue, clients) = venue(2).await;
    let rates = |maker: &str, taker: &str| json!({ "maker_fee": maker, "taker_fee": taker });
    let tiers = json!([rates("0", "0.0005"), rates("-0.0001", "0.0002"), rates("0", "0.0002"), rates("0", "0.0002")]);
    let soon = now_ms() * 1_000 + 3_000_000;
    operate(&venue, "fees", json!({ "effective_ts_us": soon, "tiers": tiers })).await.unwrap();
    let tier = json!({ "tier": 1, "effective_ts_us": soon + 1 });
    venue.operator().put("/v1/operator/accounts/1/fee-tier", &tier).await.unwrap();
    let dear = json!({ "effective_ts_us": soon, "tiers": [rates("0", "1"), rates("0", "1"), rates("0", "1"), rates("0", "1")] });
    assert_eq!(refusal(operate(&venue, "fees", dear).await), (422, "invalid_fees".to_owned()));
    let few = json!({ "effective_ts_us": soon, "tiers": [rates("0", "0")] });
    assert_eq!(refusal(operate(&venue, "fees", few).await), (400, "invalid_request".to_owned()));
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    place(&clients[0], &order("m", "sell", 1, "3.000")).await;
    let answer = place(&clients[1], &order("t", "buy", 1, "3.000")).await;
    // Tier 0 pays 0.0005 × 744; the maker in tier 1 receives 0.0001 × 744.
    assert_eq!(answer["fills"][0]["fee"], "0.372000");
    let balance = clients[0].get("/v1/balances").await.unwrap()["items"][0]["posted"].clone();
    assert_eq!(balance, "1000000.074400");
    let shown = instrument(&venue.url).await;
    assert_eq!((&shown["fees"][1]["maker_fee"], &shown["worst_fee"]), (&json!("-0.000100"), &json!("0.000500")));
    assert_eq!(clients[0].get("/v1/account").await.unwrap()["fee_tier"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_marked_on_demand() {
    let (_folder, venue, clients) = venue(2).await;
    assert_eq!(refusal(operate(&venue, "mark", Value::Null).await), (409, "no_mark".to_owned()));
    place(&clients[0], &order("bid", "sell", 1, "3.000")).await;
    place(&clients[1], &order("offer", "buy", 1, "3.000")).await;
    assert_eq!(operate(&venue, "mark", Value::Null).await.unwrap()["mark_price"], "3.000000");
    assert_eq!(instrument(&venue.url).await["mark_price"], "3.000000");
    let held = clients[1].get("/v1/positions").await.unwrap()["items"][0]["mark_value"].clone();
    assert_eq!(held, "2232.000000");
}
