//! Orders over HTTP: what is refused and how it is said, what trades at which price, and that a repeat changes nothing.

use api::client::{Client, ClientError};
use api::venue::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::counts;
use crate::harness::{Inside, key};
use crate::market::{self, LASTING, micros, order, place, refusal, walk};
use crate::request::Signed;

/// A venue with accounts of 1,000,000 USD each.
async fn venue(accounts: u8) -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, 1..=accounts, "1000000").await;
    (folder, venue, clients)
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_orders_are_refused_with_the_rule_the_value_and_a_hint() {
    let (_folder, venue, clients) = venue(1).await;
    let with = |field: &str, value: Value| {
        let mut order = order("x", "buy", 1, "3.000");
        order[field] = value;
        order
    };
    let nearest =
        json!({ "number": 45, "tick_size": "0.001000", "nearest_below": "3.000000", "nearest_above": "3.001000" });
    let bounds = json!({ "number": 44, "price_floor": "0.000000", "price_cap": "10.000000" });
    let rows: Vec<(Value, u16, &str, Value)> = vec![
        (with("instrument", json!("NONE")), 404, "not_found", Value::Null),
        (with("instrument", json!("two words")), 404, "not_found", Value::Null),
        (with("instrument", json!("")), 404, "not_found", Value::Null),
        (with("instrument", json!(1)), 400, "invalid_request", Value::Null),
        (with("client_order_id", json!("")), 400, "invalid_request", Value::Null),
        (with("client_order_id", json!("two words")), 400, "invalid_request", Value::Null),
        (with("client_order_id", json!("ü")), 400, "invalid_request", Value::Null),
        (with("client_order_id", json!("a".repeat(33))), 400, "invalid_request", Value::Null),
        (with("side", json!("BUY")), 400, "invalid_request", Value::Null),
        (with("side", json!("")), 400, "invalid_request", Value::Null),
        (with("lots", json!(0)), 422, "lots_out_of_range", json!({ "number": 43 })),
        (with("lots", json!(100_001)), 422, "lots_out_of_range", json!({ "number": 43 })),
        (with("lots", json!(4_294_967_295_u32)), 422, "lots_out_of_range", json!({ "number": 43 })),
        (with("lots", json!(4_294_967_296_u64)), 400, "invalid_request", Value::Null),
        (with("lots", json!(-1)), 400, "invalid_request", Value::Null),
        (with("lots", json!(1.5)), 400, "invalid_request", Value::Null),
        (with("lots", json!(1.0)), 400, "invalid_request", Value::Null),
        (with("lots", json!("1")), 400, "invalid_request", Value::Null),
        (with("lots", Value::Null), 400, "invalid_request", Value::Null),
        (with("limit_price", json!("3.0005")), 422, "price_off_tick", nearest.clone()),
        (with("limit_price", json!("3.000001")), 422, "price_off_tick", nearest.clone()),
        (with("limit_price", json!("10.001")), 422, "price_out_of_range", bounds.clone()),
        (with("limit_price", json!("-0.001")), 422, "price_out_of_range", bounds.clone()),
        (with("limit_price", json!("9223372036854.775807")), 422, "price_out_of_range", bounds.clone()),
        (with("limit_price", json!("-9223372036854.775808")), 422, "price_out_of_range", bounds),
        (with("limit_price", json!("9223372036854.775808")), 400, "invalid_request", Value::Null),
    ];
    for (order, status, code, context) in &rows {
        let answer = Signed::new(&key(1), Method::POST, "/v1/orders", &order.to_string()).send(&venue.url).await;
        answer.assert_problem(*status, code);
        assert_eq!(answer.body["outcome"], "rejected", "{order}: {answer:?}");
        assert_eq!(&answer.body["context"], context, "{order}: {answer:?}");
        let value = order["limit_price"].as_str().filter(|_| code.starts_with("price")).unwrap_or_default();
        assert!(answer.body["detail"].as_str().unwrap().contains(value), "{order}: {answer:?}");
    }
    let orders = clients[0].get("/v1/orders").await.unwrap();
    assert_eq!(orders["items"], json!([]), "a refused order was taken");
    assert_eq!(money(&clients[0]).await, (1_000_000_000_000, 0), "a refused order moved money");
    let free_again = place(&clients[0], &order("x", "buy", 1, "3.000")).await;
    assert_eq!(free_again["replayed"], false, "a refused order leaves its client order id free");
    counts::note(rows.len(), "bad orders refused with status, code and context");
}

/// A price is its digits, as text or as a JSON number; whatever a float could have touched is refused.
#[tokio::test(flavor = "multi_thread")]
async fn prices_are_read_by_their_digits() {
    let (_folder, venue, clients) = venue(1).await;
    let send = async |price: &str, number: usize| {
        let body = format!(
            r#"{{"client_order_id":"p{number}","instrument":"{LASTING}","side":"buy","lots":1,"limit_price":{price}}}"#
        );
        Signed::new(&key(1), Method::POST, "/v1/orders", &body).send(&venue.url).await
    };
    let accepted = [
        ("\"3.25\"", "3.250000"),
        ("3.25", "3.250000"),
        ("3", "3.000000"),
        ("\"3\"", "3.000000"),
        ("3.250000", "3.250000"),
        ("\"0.001\"", "0.001000"),
        ("0", "0.000000"),
        ("-0", "0.000000"),
        ("10", "10.000000"),
    ];
    for (number, (price, read)) in accepted.iter().enumerate() {
        let answer = send(price, number).await;
        assert_eq!((answer.status, &answer.body["limit_price"]), (201, &json!(read)), "{price}: {answer:?}");
    }
    let refused = [
        "2.5e0",
        "25E-1",
        "\"2.5e0\"",
        "\"1e-3\"",
        "1e1000",
        "\"3.2500001\"",
        "3.2500001",
        "\"3,25\"",
        "\" 3.25\"",
        "\"3.25 \"",
        "\"+3.25\"",
        "\"3_000\"",
        "\"0x3\"",
        "\"\"",
        "\".\"",
        "\"-\"",
        "\"--3\"",
        "\"3.2.5\"",
        "\"NaN\"",
        "\"inf\"",
        "\"٣\"",
        "\"3\\u002e25\"",
        "null",
        "true",
        "[3]",
        "{}",
        "\"99999999999999999999999999999\"",
        // What the pattern in the OpenAPI document does not match.
        "\".5\"",
        "\"3.\"",
        "\"-.5\"",
        "\"3.2500000\"",
        "3.2500000",
    ];
    let mut failures = Vec::new();
    for price in refused {
        let answer = send(price, 1_000).await;
        if (answer.status, answer.body["code"].as_str()) != (400, Some("invalid_request")) {
            failures.push(format!("{price}: {} {}", answer.status, answer.body));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
    let orders = clients[0].get("/v1/orders").await.unwrap();
    assert_eq!(orders["items"].as_array().unwrap().len(), accepted.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_trade_at_the_resting_price_and_pay_by_the_lot() {
    let (_folder, venue, clients) = venue(2).await;
    let [maker, taker] = &clients[..] else { panic!("two accounts") };
    place(maker, &order("m1", "sell", 3, "3.260")).await;
    place(maker, &order("m2", "sell", 2, "3.250")).await;
    let answer = place(taker, &order("t1", "buy", 6, "3.300")).await;
    // Taker fee 0.0005 × 744 h = 0.372 a lot.
    let fill = |trade: &str, price: &str, lots: u32, fee: &str| json!({ "trade_id": trade, "price": price, "lots": lots, "fee": fee, "liquidity": "taker" });
    assert_eq!(answer["fills"], json!([fill("1", "3.250000", 2, "0.744000"), fill("2", "3.260000", 3, "1.116000")]));
    let of_order =
        |answer: &Value| [&answer["filled_lots"], &answer["remaining_lots"], &answer["state"]].map(Value::clone);
    assert_eq!(of_order(&answer), [json!(5), json!(1), json!("live")]);

    // Cost (2 × 3.25 + 3 × 3.26) × 744 = 12,112.32; one lot open at 3.30: 2,455.20 and its worst fee 0.372.
    assert_eq!(money(taker).await, (1_000_000_000_000 - 1_860_000, 14_567_892_000));
    // Short 5 for the same money: at the cap 5 × 10 × 744 − 12,112.32.
    assert_eq!(money(maker).await, (1_000_000_000_000, 25_087_680_000));
    let position = taker.get("/v1/positions").await.unwrap()["items"][0].clone();
    assert_eq!(position["lots"], 5);
    assert_eq!(position["cost"], "12112.320000");
    // At the latest trade: 5 × 3.26 × 744 = 12,127.20.
    assert_eq!([&position["value"], &position["unsettled"]], [&json!("12127.200000"), &json!("14.880000")]);
    assert_eq!(position["held"], "14567.892000");
    let book = Client::anonymous(&venue.url).get(&format!("/v1/orderbook/{LASTING}")).await.unwrap();
    assert_eq!(book["asks"], json!([]));
    assert_eq!(book["bids"], json!([{ "price": "3.300000", "lots": 1, "orders": 1 }]));
    let found = maker.get("/v1/orders/by-client-id/m1").await.unwrap();
    assert_eq!(of_order(&found), [json!(3), json!(0), json!("filled")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_sent_again_is_answered_and_not_repeated() {
    let (_folder, venue, clients) = venue(2).await;
    let [maker, taker] = &clients[..] else { panic!("two accounts") };
    place(maker, &order("m", "sell", 1, "3.000")).await;
    let sent = order("t", "buy", 3, "3.000");
    let first = place(taker, &sent).await;
    // The order goes on; its first answer does not.
    place(maker, &order("m2", "sell", 1, "3.000")).await;
    let before = money(taker).await;
    let same_in_other_words =
        json!({ "limit_price": 3, "lots": 3, "side": "buy", "instrument": LASTING, "client_order_id": "t" });
    for body in [&sent, &same_in_other_words, &sent] {
        let again = Signed::new(&key(2), Method::POST, "/v1/orders", &body.to_string()).send(&venue.url).await;
        assert_eq!((again.status, &again.body["replayed"], &again.body["fills"]), (200, &json!(true), &json!([])));
        for field in ["order_id", "filled_lots", "remaining_lots", "state"] {
            assert_eq!(again.body[field], first[field], "{field}");
        }
    }
    assert_eq!(money(taker).await, before);
    for (field, other) in [("lots", json!(4)), ("side", json!("sell")), ("limit_price", json!("3.001"))] {
        let mut changed = sent.clone();
        changed[field] = other;
        let refused = taker.post("/v1/orders", &changed).await;
        assert_eq!(refusal(refused), (409, "client_order_id_reused".to_owned()), "{changed}");
    }
    assert_eq!(taker.get("/v1/orders/by-client-id/t").await.unwrap()["filled_lots"], 2);
    // Many at once under one name: one order.
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let client = taker.clone();
            tokio::spawn(async move { place(&client, &order("crowd", "buy", 1, "2.000")).await })
        })
        .collect();
    let mut ids = Vec::new();
    let mut new = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        ids.push(answer["order_id"].as_str().unwrap().to_owned());
        new += usize::from(answer["replayed"] == false);
    }
    ids.dedup();
    assert_eq!((ids.len(), new), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_be_cancelled_once() {
    let (_folder, venue, clients) = venue(2).await;
    let [client, other] = &clients[..] else { panic!("two accounts") };
    let placed = place(client, &order("a", "buy", 5, "3.000")).await;
    place(other, &order("b", "sell", 2, "3.000")).await;
    let path = format!("/v1/orders/{}", placed["order_id"].as_str().unwrap());
    let answer = client.delete(&path).await.unwrap();
    assert_eq!((&answer["cancelled_lots"], &answer["order_id"]), (&json!(3), &placed["order_id"]));
    assert_eq!(refusal(client.delete(&path).await), (404, "order_not_live".to_owned()));
    let found = client.get(&path).await.unwrap();
    assert_eq!(
        [&found["state"], &found["filled_lots"], &found["remaining_lots"]],
        [&json!("cancelled"), &json!(2), &json!(3)]
    );
    let filled = other.get("/v1/orders/by-client-id/b").await.unwrap();
    let path = format!("/v1/orders/{}", filled["order_id"].as_str().unwrap());
    assert_eq!(refusal(other.delete(&path).await), (404, "order_not_live".to_owned()));
    for id in ["0", "18446744073709551615", "18446744073709551616", "-1", "x"] {
        let refused = refusal(client.delete(&format!("/v1/orders/{id}")).await);
        assert_eq!(refused.0, 404, "{id}: {refused:?}");
    }
    let book = Client::anonymous(&venue.url).get(&format!("/v1/orderbook/{LASTING}")).await.unwrap();
    assert_eq!((&book["bids"], &book["asks"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_not_there_is_not_spent() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1], "10000").await;
    // 4 lots at 3.000: 4 × 3 × 744 = 8,928 and the fee 4 × 0.372 = 1.488. 1,070.512 stay free.
    place(&clients[0], &order("a", "buy", 4, "3.000")).await;
    let refused = clients[0].post("/v1/orders", &order("b", "buy", 1, "3.000")).await;
    let Err(ClientError::Problem { status, code, document, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((status.as_u16(), code.as_str()), (422, "insufficient_funds"));
    assert_eq!(document["context"], json!({ "number": 48, "required": "2232.372000", "free": "1070.512000" }));
    // 1 lot at 1.438: 1,069.872 and the fee 0.372 are 1,070.244; a tick more would be 1,070.988.
    let refused = clients[0].post("/v1/orders", &order("b", "buy", 1, "1.439")).await;
    assert_eq!(refusal(refused), (422, "insufficient_funds".to_owned()));
    place(&clients[0], &order("b", "buy", 1, "1.438")).await;
    assert_eq!(money(&clients[0]).await, (10_000_000_000, 9_999_732_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_told_of_a_trade_finds_it() {
    const ROUNDS: usize = 60;
    let (_folder, venue, clients) = venue(2).await;
    let anonymous = Client::anonymous(&venue.url);
    let trades = format!("/v1/trades?instrument={LASTING}");
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        place(&clients[0], &order(&format!("m{round}"), "sell", 2, "3.000")).await;
        for half in ["a", "b"] {
            let answer = place(&clients[1], &order(&format!("t{round}{half}"), "buy", 1, "3.000")).await;
            let trade = answer["fills"][0]["trade_id"].clone();
            let newest = anonymous.get(&format!("{trades}&limit=1")).await.unwrap();
            assert_eq!(newest["items"][0]["trade_id"], trade, "the trade is not in the list yet");
            told.push(trade);
        }
    }
    told.reverse();
    for limit in [1, 7, 1_000] {
        let walked = walk(&anonymous, &trades, limit).await;
        let ids: Vec<Value> = walked.iter().map(|trade| trade["trade_id"].clone()).collect();
        assert_eq!(ids, told, "newest first, each once, {limit} a page");
    }
    for (query, status) in [
        ("&limit=0", 400),
        ("&limit=1001", 400),
        ("&limit=-1", 400),
        ("&limit=x", 400),
        ("&cursor=x", 400),
        ("&cursor=-1", 400),
        ("&cursor=18446744073709551616", 400),
        ("&cursor=0", 200),
        ("&page=2", 400),
        ("&limit=1&limit=2", 400),
    ] {
        match anonymous.get(&format!("{trades}{query}")).await {
            Ok(_) => assert_eq!(status, 200, "{query}"),
            Err(ClientError::Problem { status: found, .. }) => assert_eq!(found.as_u16(), status, "{query}"),
            Err(error) => panic!("{query}: {error}"),
        }
    }
    counts::note(2 * ROUNDS, "trades read back right after their answer");
}

/// A cursor above what SQLite can compare belongs to no list.
#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_beyond_every_trade_does_no_harm() {
    let (_folder, venue, _clients) = venue(1).await;
    let anonymous = Client::anonymous(&venue.url);
    for cursor in ["9223372036854775807", "9223372036854775808", "18446744073709551615"] {
        let path = format!("/v1/trades?instrument={LASTING}&cursor={cursor}");
        match anonymous.get(&path).await {
            Ok(page) => assert_eq!(page["items"], json!([]), "{cursor}"),
            Err(error) => assert_eq!(error.code(), Some("invalid_request"), "{cursor}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_orders_are_listed_page_by_page() {
    let (_folder, _venue, clients) = venue(1).await;
    let names: Vec<String> = (0..23).map(|number| format!("order-{number}")).collect();
    for name in &names {
        place(&clients[0], &order(name, "buy", 1, "3.000")).await;
    }
    let gone = place(&clients[0], &order("order-1-gone", "buy", 1, "3.000")).await;
    clients[0].delete(&format!("/v1/orders/{}", gone["order_id"].as_str().unwrap())).await.unwrap();
    // In the order in which they were placed.
    for limit in [1, 5, 23, 1_000] {
        let listed = walk(&clients[0], "/v1/orders?", limit).await;
        let listed: Vec<&str> = listed.iter().filter_map(|order| order["client_order_id"].as_str()).collect();
        assert_eq!(listed, names, "{limit} a page");
    }
}

/// Posted and held in micro-USD, after checking that the rest is free.
async fn money(client: &Client) -> (i64, i64) {
    let balances = client.get("/v1/balances").await.expect("balances");
    let balance = &balances["items"][0];
    let (posted, held, free) = (micros(&balance["posted"]), micros(&balance["held"]), micros(&balance["free"]));
    assert_eq!(posted - held, free, "{balance}");
    (posted, held)
}
