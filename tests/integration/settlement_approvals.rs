//! Final values that two operators have to agree on, and daily ones that correct themselves.
//!
//! The contract is that of [`crate::lifecycle`], with the same reports: its final value is 231.117480 USD a lot.

use api::signing;
use engine::command::{Command, Credential, Role};
use serde_json::{Value, json};

use crate::harness::{self, key, operator_key};
use crate::life::{CONTRACT, Life, QUIET, date, posted, submit};
use crate::market::{order_in, place, refusal};

/// A contract that has ended with all its fixings, held long and short.
async fn ended(life: &Life) {
    life.at(1, "12:00");
    life.report(1, ["3.00", "3.20", "4.00"]).await;
    place(&life.seller, &order_in(CONTRACT, "offer", "sell", 3, "3.300")).await;
    place(&life.buyer, &order_in(CONTRACT, "bid", "buy", 3, "3.300")).await;
    for day in [2, 4] {
        life.at(day, "12:00");
        life.report(day, ["3.03", "3.20", "4.00"]).await;
    }
    life.at(6, "00:30");
    for day in 1..=4 {
        life.determine(day, "final").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_settlement_waits_for_a_second_operator() {
    let folder = tempfile::tempdir().expect("a folder");
    let life = Life::start(&folder.path().join("venue")).await;
    ended(&life).await;
    let second = key(254);
    let public_key = second.verifying_key().to_bytes();
    let register =
        |id| Command::RegisterKey { key: id, credential: Credential::Ed25519(public_key), role: Role::Operator };
    submit(&life.venue, Command::RequireApprovals { required: true }).await;
    // Nobody makes himself a second pair of eyes.
    let body = json!({ "account": null, "public_key": signing::hex(&key(253).verifying_key().to_bytes()) });
    assert_eq!(refusal(life.operator.post("/v1/operator/keys", &body).await), (403, "not_authorised".to_owned()));
    submit(&life.venue, register(signing::key_id(&public_key))).await;
    let second = life.operator.with_key(second);

    let path = folder.path().join("operator.key");
    std::fs::write(&path, signing::hex(&operator_key().to_bytes())).expect("written");
    let (path, url, day) = (path.to_str().expect("plain").to_owned(), life.venue.url.clone(), date(5));
    let settle = move |arguments: &[&str]| {
        let arguments = [&["settle"], arguments, &["--key", &path, "--url", &url]].concat();
        harness::run(&arguments)
    };
    let finals = format!("/v1/operator/settlements/final/{day}");
    let (code, output, complaints) = settle(&["final", &day, "--dry-run"]);
    assert_eq!(code, 0, "{complaints}");
    assert!(output.contains("231.117480 a lot"), "{output}");
    assert_eq!(life.operator.get("/v1/operator/approvals").await.expect("a list")["proposals"], json!([]));

    let (code, output, _) = settle(&["final", &day]);
    assert_eq!(code, 4, "{output}");
    let approvals = life.operator.get("/v1/operator/approvals").await.expect("a list");
    let proposals: Vec<[&Value; 3]> = approvals["proposals"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|proposal| ["instrument", "value_per_lot", "approver"].map(|name| &proposal[name]))
        .collect();
    let value = json!("231.117480");
    assert_eq!(proposals, [[&json!(CONTRACT), &value, &Value::Null], [&json!(QUIET), &value, &Value::Null]]);
    let (code, output, _) = settle(&["status"]);
    assert_eq!(code, 0);
    assert!(output.contains("required: final settlements need a second operator"), "{output}");
    assert!(output.contains("final at 231.117480 USD a lot"), "{output}");

    let approve = |instrument: &str, day: &str, value: &str| json!({ "instrument": instrument, "day": day, "value_per_lot": value });
    let usual = approve(CONTRACT, &day, "231.117480");
    for (client, body, status, code) in [
        (&life.operator, &usual, 403, "second_key_needed"),
        (&life.buyer, &usual, 403, "not_authorised"),
        (&second, &approve(CONTRACT, &day, "231.117481"), 409, "proposal_differs"),
        (&second, &approve("NONE", &day, "231.117480"), 404, "not_found"),
        (&second, &json!({ "instrument": CONTRACT }), 400, "invalid_request"),
    ] {
        assert_eq!(refusal(client.post("/v1/operator/approvals", body).await), (status, code.to_owned()));
    }
    // Settling by hand is no way around it.
    assert_eq!(refusal(life.settle(CONTRACT, 5, "final").await), (409, "not_approved".to_owned()));
    second.post("/v1/operator/approvals", &usual).await.expect("approved");
    let answer = life.operator.post(&finals, &json!({})).await.expect("an answer");
    assert_eq!(
        [&answer["state"], &answer["settled"], &answer["held_back"][0]["instrument"]],
        [&json!("held_back"), &json!(1), &json!(QUIET)]
    );
    // What waits survives a restart, and no later job takes it over.
    let life = life.restart(&folder.path().join("venue"), 7, "01:00").await;
    let later = life.operator.post("/v1/operator/settlements/final/2026-08-06", &json!({})).await.expect("an answer");
    assert_eq!(later["state"], "nothing");
    let second = life.operator.with_key(key(254));
    second.post("/v1/operator/approvals", &approve(QUIET, &day, "231.117480")).await.expect("approved");
    let answer = life.operator.post(&finals, &json!({})).await.expect("settled");
    assert_eq!([&answer["state"], &answer["settled"]], [&json!("done"), &json!(2)]);
    // 3 × (231.117480 − 237.6), and the fee of 0.108.
    assert_eq!(posted(&life.buyer).await, 5_000_000_000 - 108_000 - 19_447_560);
    life.venue.end().await;
}

/// A day settled at a wrong price: what everybody has after the next day is what the right price would have led to.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_daily_price_is_gone_with_the_next_day() {
    let [right, wrong] = [two_days("3.255").await, two_days("2.000").await];
    // Between 3.255 and 3.300, and between 2.000 and 3.300: 3.2775 and 2.65.
    assert_eq!(right[0][0] - wrong[0][0], 3 * 72 * 627_500);
    assert_eq!(right[1], wrong[1]);
}

/// Balances of buyer and seller after two days, the first settled between this bid and 3.300; both trade in between.
async fn two_days(bid: &str) -> [[i64; 2]; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let life = Life::start(folder.path()).await;
    life.at(1, "12:00");
    place(&life.seller, &order_in(CONTRACT, "offer", "sell", 5, "3.300")).await;
    place(&life.buyer, &order_in(CONTRACT, "first", "buy", 3, "3.300")).await;
    life.at(2, "00:30");
    life.operator.post(&format!("/v1/operator/settlements/daily/{}", date(1)), &json!({})).await.expect("settled");
    place(&life.buyer, &order_in(CONTRACT, "quote", "buy", 1, bid)).await;
    life.at(3, "00:30");
    life.operator.post(&format!("/v1/operator/settlements/daily/{}", date(2)), &json!({})).await.expect("settled");
    let first = [posted(&life.buyer).await, posted(&life.seller).await];
    place(&life.buyer, &order_in(CONTRACT, "more", "buy", 1, "3.300")).await;
    life.at(4, "00:30");
    life.operator.post(&format!("/v1/operator/settlements/daily/{}", date(3)), &json!({})).await.expect("settled");
    let second = [posted(&life.buyer).await, posted(&life.seller).await];
    life.venue.end().await;
    [first, second]
}
