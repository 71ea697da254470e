//! Liquidation and default over HTTP: fund and backstop, an account that is closed out, and what its other side is told.

use api::client::Client;
use api::venue::clock::{Clock, SimulatedClock};
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::Inside;
use crate::margin::{OCTOBER, array, list, parameters};
use crate::market::{self, SERIES, order_in, place, refusal, walk, with};

const HOUR_US: i64 = 3_600_000_000;

/// A venue whose marks are their arrays' references; account 1 has 2 000 dollars and is long 4 from account 2, which is rich, at 3.000.
async fn venue() -> (TempDir, Inside, SimulatedClock, [Client; 2]) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(Timestamp(Day(20_700).start().0 + HOUR_US));
    let venue = Inside::start(folder.path(), Clock::Simulated(clock.clone())).await;
    let poor = market::open(&venue.url, [1], "2000").await.remove(0);
    let operator = venue.operator();
    list(&operator).await;
    let rich = market::open_account(&operator, &venue.url, 2, "1000000").await;
    let exact = with(parameters(), json!({ "mark_band": "0.000000" }));
    operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &exact).await.expect("set");
    mark(&venue, 1, "3", [148.8, 297.6, 446.4]).await;
    place(&poor, &order_in(OCTOBER, "buy", "buy", 4, "3.000")).await;
    place(&rich, &order_in(OCTOBER, "sell", "sell", 4, "3.000")).await;
    (folder, venue, clock, [poor, rich])
}

async fn mark(venue: &Inside, version: u64, reference: &str, losses: [f64; 3]) {
    let operator = venue.operator();
    let expires = Day(20_700).start().0 + 24 * HOUR_US;
    let path = format!("/v1/operator/instruments/{OCTOBER}/risk");
    operator.post(&path, &array(version, expires, reference, losses)).await.expect("published");
    operator.post(&format!("/v1/operator/instruments/{OCTOBER}/mark"), &Value::Null).await.expect("marked");
}

async fn insurance(venue: &Inside) -> Value {
    Client::anonymous(&venue.url).get("/v1/insurance").await.expect("shown")
}

#[tokio::test(flavor = "multi_thread")]
async fn fund_and_backstop_are_the_operators() {
    let (_folder, venue, _, [poor, _]) = venue().await;
    let operator = venue.operator();
    let nothing = json!({ "fund": "0.000000", "last_payment": 0, "backstop_equity": null, "open_liquidations": 0 });
    assert_eq!(without_time(insurance(&venue).await), nothing);
    let pay = async |amount: &str, reference: u64| {
        operator.post("/v1/operator/insurance", &json!({ "amount": amount, "reference": reference })).await
    };
    let paid = pay("250.5", 1).await.unwrap();
    assert_eq!(paid, json!({ "amount": "250.500000", "reference": 1 }));
    assert_eq!(refusal(pay("1", 1).await), (409, "deposit_out_of_sequence".to_owned()));
    assert_eq!(refusal(pay("0", 2).await), (422, "amount_out_of_range".to_owned()));
    let set = async |client: &Client, account: Value| {
        client.post("/v1/operator/backstop", &json!({ "account": account })).await
    };
    assert_eq!(refusal(set(&poor, json!(2)).await), (403, "not_authorised".to_owned()));
    assert_eq!(refusal(set(&operator, json!(9)).await), (404, "unknown_account".to_owned()));
    assert_eq!(set(&operator, json!(2)).await.unwrap(), json!({ "account": 2 }));
    // Both paid 0.0005 for each of 4 × 744 hours.
    let shown =
        json!({ "fund": "250.500000", "last_payment": 1, "backstop_equity": "999998.512000", "open_liquidations": 0 });
    assert_eq!(without_time(insurance(&venue).await), shown);
    assert_eq!(set(&operator, Value::Null).await.unwrap(), json!({ "account": null }));
    assert_eq!(insurance(&venue).await["backstop_equity"], Value::Null);
    let lines = walk(&operator, "/v1/operator/trial-balance?", 1).await;
    let line = lines.iter().find(|line| line["account"] == "insurance").expect("a line");
    assert_eq!(line["posted"], "250.500000");
}

fn without_time(mut answer: Value) -> Value {
    answer.as_object_mut().expect("an object").remove("ts_us").expect("a time");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_liquidation_waits_for_the_next_round() {
    let (_folder, venue, clock, [poor, _]) = venue().await;
    // Four lots at 750 need 3 000, of which 2 400 must stay: there are 1 998.512, and nobody bids.
    mark(&venue, 2, "3", [250.0, 500.0, 750.0]).await;
    let margin = async || poor.get("/v1/margin").await.unwrap();
    let begun = margin().await;
    assert_eq!((&begun["in_liquidation"], &begun["maintenance_margin"]), (&json!(true), &json!("2400.000000")));
    let next = begun["next_round_ts_us"].as_i64().expect("a round is due");
    assert_eq!(next, begun["ts_us"].as_i64().unwrap() + 30_000_000);
    assert_eq!(insurance(&venue).await["open_liquidations"], 1);
    let order = order_in(OCTOBER, "more", "sell", 1, "3.000");
    assert_eq!(refusal(poor.post("/v1/orders", &order).await), (409, "in_liquidation".to_owned()));

    let deposit = json!({ "account": 1, "amount": "2000", "reference": 2 });
    venue.operator().post("/v1/operator/deposits", &deposit).await.unwrap();
    assert_eq!(margin().await["in_liquidation"], true, "until its round");
    clock.set(Timestamp(next));
    place(&poor, &order).await;
    let ended = margin().await;
    assert_eq!((&ended["in_liquidation"], &ended["next_round_ts_us"]), (&json!(false), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_is_borne_by_the_fund_and_then_by_the_other_side() {
    let (_folder, venue, _, clients) = venue().await;
    let [poor, rich] = &clients;
    let payment = json!({ "amount": "100", "reference": 1 });
    venue.operator().post("/v1/operator/insurance", &payment).await.unwrap();
    mark(&venue, 2, "2.2", [148.8, 297.6, 446.4]).await;
    // 2 000 − 1.488 − 4 × 0.80 × 744 = −382.288: the fund pays 100, the other side 282.288 of what it gained.
    assert_eq!(insurance(&venue).await["fund"], "0.000000");
    let equity = async |client: &Client| client.get("/v1/margin").await.unwrap()["equity"].clone();
    assert_eq!(equity(poor).await, "0.000000");
    // 1 000 000 − 1.488 + 2 380.80 − 282.288.
    assert_eq!(equity(rich).await, "1002097.024000");
    for (client, lots, value) in [(poor, -4, "-6829.488000"), (rich, 4, "6829.488000")] {
        let moved = walk(client, "/v1/position-transfers?", 1).await;
        let [moved] = &moved[..] else { panic!("{moved:?}") };
        let expected = json!({ "account_sequence": 1, "instrument": OCTOBER, "lots": lots, "value": value, "reason": "deleveraging" });
        assert_eq!(without_time(moved.clone()), expected);
        let positions = client.get("/v1/positions").await.unwrap()["items"].clone();
        assert_eq!(positions[0]["lots"], 0);
    }
}
