//! Requests that somebody overheard: when they are too old, and that sending them again does nothing.

use api::client::Client;
use api::venue::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::counts;
use crate::harness::{Inside, key, operator_key, public_hex};
use crate::market::{self, SERIES, order, refusal};
use crate::request::{Answer, Signed, now_ms};

/// A venue with account 1.
async fn venue(usd: &str) -> (TempDir, Inside, Client) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let client = market::open(&venue.url, [1], usd).await.remove(0);
    (folder, venue, client)
}

async fn twice(url: &str, request: &Signed) -> [Answer; 2] {
    [request.send(url).await, request.send(url).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_from_outside_the_window_are_refused() {
    let (_folder, venue, _client) = venue("1").await;
    let url = venue.long_running().await;
    // Age in milliseconds, whether it is accepted. Far from every edge: machines are slow.
    let rows = [
        (0, true),
        (2_500, true),
        (6_000, false),
        (50_000, false),
        (3_600_000, false),
        (-500, true),
        (-3_000, false),
        (-3_600_000, false),
    ];
    for (age_ms, is_accepted) in rows {
        let answer = Signed::at(now_ms() - age_ms, &key(1), Method::GET, "/v1/balances", "").send(&url).await;
        if is_accepted {
            assert_eq!(answer.status, 200, "{age_ms} ms: {answer:?}");
        } else {
            answer.assert_problem(401, "timestamp_outside_window");
            let server_time = answer.body["context"]["server_time_ms"].as_i64().expect("the venue's own time");
            assert!((server_time - now_ms()).abs() < 5_000, "{answer:?}");
        }
    }
    for timestamp in ["soon", "", "1.5", "99999999999999999999"] {
        let mut request = Signed::new(&key(1), Method::GET, "/v1/balances", "");
        request.timestamp = timestamp.to_owned();
        request.send(&url).await.assert_problem(400, "invalid_request");
    }
    // Nobody can ask for a longer window any more.
    let old = Signed::at(now_ms() - 6_000, &key(1), Method::GET, "/v1/balances", "");
    let longer = old.request(&url).header("x-recv-window", "60000");
    crate::request::answer(longer).await.assert_problem(401, "timestamp_outside_window");
}

/// A venue does not know what the one before it has seen, so it does not take what was meant for that.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_before_the_venue_started_is_refused() {
    let (folder, venue, client) = venue("1000").await;
    let body = order("a", "buy", 1, "3.000").to_string();
    let overheard = Signed::new(&key(1), Method::POST, "/v1/orders", &body);
    overheard.send(&venue.url).await.assert_problem(422, "insufficient_funds");
    drop(client);
    venue.end().await;
    let venue = Inside::start(folder.path(), Clock::System).await;
    let deposit = json!({ "account": 1, "amount": "100000", "reference": 2 });
    venue.operator().post("/v1/operator/deposits", &deposit).await.unwrap();
    let answer = overheard.send(&venue.url).await;
    answer.assert_problem(401, "timestamp_outside_window");
    let earliest = answer.body["context"]["earliest_ms"].as_i64().expect("the first moment that is taken");
    assert!(earliest > overheard.timestamp.parse().unwrap(), "{answer:?}");
    assert_eq!(market::trader(&venue.url, 1).get("/v1/orders").await.unwrap()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_order_gets_its_first_answer_and_acts_once() {
    let (_folder, venue, client) = venue("100000").await;
    let body = order("a", "buy", 2, "3.000").to_string();
    let [first, again] = twice(&venue.url, &Signed::new(&key(1), Method::POST, "/v1/orders", &body)).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!((&again.body["replayed"], &again.body["order_id"]), (&json!(true), &first.body["order_id"]));
    let held = client.get("/v1/balances").await.unwrap();

    let path = format!("/v1/orders/{}", first.body["order_id"].as_str().unwrap());
    let [first, again] = twice(&venue.url, &Signed::new(&key(1), Method::DELETE, &path, "")).await;
    assert_eq!(first.status, 200);
    assert!(matches!(again.status, 404 | 409), "{again:?}");
    assert_ne!(client.get("/v1/balances").await.unwrap(), held, "the cancel gave its collateral back");
}

/// A refused order is no standing order: whoever overheard it cannot place it once there is money for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_does_not_act_when_it_has_become_affordable() {
    let (_folder, venue, client) = venue("1000").await;
    let url = venue.url.as_str();
    let body = order("a", "buy", 1, "3.000").to_string();
    let overheard = Signed::new(&key(1), Method::POST, "/v1/orders", &body);
    overheard.send(url).await.assert_problem(422, "insufficient_funds");
    let deposit = json!({ "account": 1, "amount": "100000", "reference": 2 });
    venue.operator().post("/v1/operator/deposits", &deposit).await.unwrap();

    let before = client.get("/v1/balances").await.unwrap();
    let mut shouted = overheard.clone();
    shouted.signature = shouted.signature.to_uppercase();
    let mut padded = overheard.clone();
    padded.timestamp = format!("+0{}", padded.timestamp);
    for request in [&overheard, &shouted, &padded] {
        let answer = request.send(url).await;
        // Another spelling may be no signature at all, but it is never a new one.
        assert!(matches!(answer.status, 400 | 401 | 409), "{answer:?}");
        if request.signature == overheard.signature && request.timestamp == overheard.timestamp {
            answer.assert_problem(409, "signature_repeated");
        }
    }
    assert_eq!(client.get("/v1/orders").await.unwrap()["items"], json!([]), "an overheard order was placed");
    assert_eq!(client.get("/v1/balances").await.unwrap(), before);
    // Its owner signs it again.
    let fresh = Signed::at(now_ms() + 1, &key(1), Method::POST, "/v1/orders", &body).send(url).await;
    assert_eq!((fresh.status, &fresh.body["replayed"]), (201, &json!(false)), "{fresh:?}");
}

/// However many copies arrive at once: one acts, and the others hear its answer or that they are copies.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_copies_at_once_one_acts() {
    let (_folder, venue, client) = venue("100000").await;
    let body = order("a", "buy", 1, "3.000").to_string();
    let request = Signed::new(&key(1), Method::POST, "/v1/orders", &body);
    let copies: Vec<_> = (0..20)
        .map(|_| {
            let (request, url) = (request.clone(), venue.url.clone());
            tokio::spawn(async move { request.send(&url).await })
        })
        .collect();
    let mut accepted = 0;
    for copy in copies {
        let answer = copy.await.unwrap();
        match answer.status {
            201 => accepted += 1,
            200 => assert_eq!(answer.body["replayed"], true, "{answer:?}"),
            _ => answer.assert_problem(409, "signature_repeated"),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(client.get("/v1/orders").await.unwrap()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_operator_is_done_twice() {
    let (_folder, venue, client) = venue("100000").await;
    let url = venue.url.as_str();
    let rows: [(&str, Value, u16); 6] = [
        ("deposits", json!({ "account": 1, "amount": "50", "reference": 2 }), 201),
        ("accounts", json!({ "account": 9 }), 201),
        ("keys", json!({ "account": 1, "public_key": public_hex(&key(9)) }), 201),
        ("reports", json!({ "series": SERIES, "day": "2026-01-01", "owner": "alpha", "price": "3" }), 201),
        ("deposits", json!({ "account": 1, "amount": "50", "reference": 9 }), 409),
        ("accounts", json!({ "account": 9 }), 409),
    ];
    for (path, body, status) in &rows {
        let path = format!("/v1/operator/{path}");
        let [first, again] = twice(url, &Signed::new(&operator_key(), Method::POST, &path, &body.to_string())).await;
        assert_eq!(first.status, *status, "{path} {body}: {first:?}");
        again.assert_problem(409, "signature_repeated");
    }
    assert_eq!(client.get("/v1/balances").await.unwrap()["items"][0]["free"], "100050.000000");
    // Signed again, the number of the deposit tells.
    let deposit = venue.operator().post("/v1/operator/deposits", &rows[0].1).await;
    assert_eq!(refusal(deposit), (409, "deposit_out_of_sequence".to_owned()));
    counts::note(rows.len(), "operator's requests sent twice, done once");
}
