//! Every kind of order over HTTP: what it says, what it does, and that its owner can change it and take it back.

use api::client::Client;
use api::venue::clock::Clock;
use api::venue::machines::Action;
use engine::command::Command;
use engine::ids::{AccountId, ClientOrderId, InstrumentId};
use engine::limits::CANCELS_PER_STEP_MAX;
use engine::order::OrderRequest;
use engine::units::{Lots, Price, Side};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::counts;
use crate::harness::{Inside, key};
use crate::market::{self, LASTING, control, found, market_order, order, place, refusal, shown, stands, with};
use crate::request::Signed;

/// A venue with accounts of 1,000,000 USD each.
async fn venue(accounts: u8) -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, 1..=accounts, "1000000").await;
    (folder, venue, clients)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_shown_as_it_was_asked_for() {
    let (_folder, venue, clients) = venue(1).await;
    let client = &clients[0];
    let plain = json!({
        "account": 1, "instrument": LASTING, "side": "buy", "lots": 2, "type": "limit", "limit_price": "3.000000",
        "time_in_force": "gtc", "expires_ts_us": null, "post_only": false, "reduce_only": false, "stop": null,
        "self_trade_prevention": "cancel_newest", "filled_lots": 0, "remaining_lots": 2, "state": "live",
    });
    let stop = json!({ "reference": "last", "price": "4.000000" });
    let rows = [
        json!({}),
        json!({ "time_in_force": "day" }),
        json!({ "time_in_force": "gtd", "expires_ts_us": 7_200_000_000_000_000_i64 }),
        json!({ "post_only": true }),
        json!({ "self_trade_prevention": "cancel_oldest" }),
        json!({ "self_trade_prevention": "cancel_both" }),
        json!({ "stop": stop, "state": "waiting" }),
        json!({ "stop": { "reference": "mark", "price": "4.000000" }, "state": "waiting" }),
        json!({ "stop": { "reference": "index", "price": "4.000000" }, "state": "waiting", "reduce_only": true }),
        json!({ "stop": stop, "type": "market", "limit_price": null, "time_in_force": "ioc", "state": "waiting" }),
        json!({ "stop": stop, "type": "market", "limit_price": null, "time_in_force": "gtc", "state": "waiting" }),
    ];
    for (number, fields) in rows.iter().enumerate() {
        let name = format!("o{number}");
        let mut sent = with(order(&name, "buy", 2, "3.000"), fields.clone());
        sent.as_object_mut().unwrap().remove("state");
        let answer = place(client, &sent).await;
        let expected = with(plain.clone(), fields.clone());
        let shown = client.get(&format!("/v1/orders/{}", answer["order_id"].as_str().unwrap())).await.unwrap();
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&answer[field], value, "{field} of the answer to {sent}");
            assert_eq!(&shown[field], value, "{field} of {sent}");
        }
        assert_eq!((&answer["cancel_reason"], &answer["fills"]), (&Value::Null, &json!([])));
        // The same again is the same order, however much of it was said before.
        let again = place(client, &sent).await;
        assert_eq!((&again["replayed"], &again["state"]), (&json!(true), &answer["state"]), "{sent}");
    }
    let listed = client.get("/v1/orders").await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), rows.len(), "waiting stops are live orders");
    drop(venue);
    counts::note(rows.len(), "kinds of resting and waiting orders shown as asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_is_refused() {
    let (_folder, venue, clients) = venue(2).await;
    let past = json!({ "time_in_force": "gtd", "expires_ts_us": 1 });
    let old = json!({ "sent_ts_us": 1 });
    let stop_off_tick = json!({ "stop": { "reference": "last", "price": "4.0005" } });
    let rows: Vec<(Value, u16, &str, Option<&str>)> = vec![
        (json!({ "type": "market" }), 400, "invalid_request", Some("limit_price")),
        (json!({ "limit_price": null }), 400, "invalid_request", Some("limit_price")),
        (json!({ "time_in_force": "gtd" }), 400, "invalid_request", Some("expires_ts_us")),
        (json!({ "expires_ts_us": 1 }), 400, "invalid_request", Some("expires_ts_us")),
        (json!({ "time_in_force": "GTC" }), 400, "invalid_request", Some("body")),
        (json!({ "type": "iceberg" }), 400, "invalid_request", Some("body")),
        (json!({ "stop": { "reference": "last" } }), 400, "invalid_request", Some("body")),
        (json!({ "stop": "4.000" }), 400, "invalid_request", Some("body")),
        (json!({ "post_only": "true" }), 400, "invalid_request", Some("body")),
        (json!({ "post_only": true, "time_in_force": "ioc" }), 422, "invalid_order", None),
        (past, 422, "invalid_order", None),
        (old, 422, "sent_outside_retention", None),
        (stop_off_tick, 422, "price_off_tick", Some("stop")),
        (json!({ "reduce_only": true }), 422, "nothing_to_reduce", None),
        (json!({ "limit_price": null, "type": "market" }), 422, "nothing_to_trade_with", None),
        (json!({ "account": 2 }), 403, "not_authorised", None),
        (json!({ "account": 99 }), 403, "not_authorised", None),
    ];
    for (fields, status, code, field) in &rows {
        let body = with(order("x", "buy", 1, "3.000"), fields.clone()).to_string();
        let answer = Signed::new(&key(1), Method::POST, "/v1/orders", &body).send(&venue.url).await;
        answer.assert_problem(*status, code);
        assert_eq!(answer.body["field"].as_str(), *field, "{body}: {answer:?}");
    }
    assert_eq!(clients[0].get("/v1/orders").await.unwrap()["items"], json!([]));
    counts::note(rows.len(), "contradictory orders refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_rest_is_cancelled_and_says_why() {
    let (_folder, venue, clients) = venue(2).await;
    let [maker, taker] = &clients[..] else { panic!("two accounts") };
    place(maker, &order("m1", "sell", 2, "3.000")).await;
    let all = with(order("fok", "buy", 3, "3.000"), json!({ "time_in_force": "fok" }));
    let answer = place(taker, &all).await;
    assert_eq!(shown(&answer), stands(0, 3, "cancelled"));
    assert_eq!(answer["cancel_reason"], "fill_or_kill");
    let some = with(order("ioc", "buy", 3, "3.000"), json!({ "time_in_force": "ioc" }));
    let answer = place(taker, &some).await;
    assert_eq!(shown(&answer), stands(2, 1, "cancelled"));
    assert_eq!((&answer["cancel_reason"], &answer["fills"][0]["lots"]), (&json!("immediate_or_cancel"), &json!(2)));
    assert_eq!(shown(&found(taker, "ioc").await), shown(&answer));

    // A market order trades 0.05 from the best offer and no further: 3.060 is too dear.
    control(&venue.url, json!({ "reference_price": "3", "market_protection": "0.05" })).await;
    for (name, price) in [("a", "3.000"), ("b", "3.040"), ("c", "3.060")] {
        place(maker, &order(name, "sell", 1, price)).await;
    }
    let answer = place(taker, &market_order("market", "buy", 3)).await;
    assert_eq!(shown(&answer), stands(2, 1, "cancelled"));
    assert_eq!([&answer["type"], &answer["limit_price"]], [&json!("market"), &json!("3.050000")]);
    let rests = with(market_order("rests", "buy", 2), json!({ "time_in_force": "gtc" }));
    let answer = place(taker, &rests).await;
    assert_eq!(shown(&answer), stands(1, 1, "live"));
    assert_eq!(answer["limit_price"], "3.110000");
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_hold() {
    let (_folder, _venue, clients) = venue(2).await;
    let [maker, taker] = &clients[..] else { panic!("two accounts") };
    place(maker, &order("m1", "sell", 2, "3.000")).await;
    let post_only = |price| with(order("post", "buy", 1, price), json!({ "post_only": true }));
    let body = post_only("3.000").to_string();
    let refused = Signed::new(&key(2), Method::POST, "/v1/orders", &body).send(&_venue.url).await;
    refused.assert_problem(422, "would_trade");
    assert_eq!(refused.body["context"], json!({ "number": 54, "best_opposite": "3.000000" }));
    assert_eq!(place(taker, &post_only("2.999")).await["state"], "live");

    place(taker, &order("long", "buy", 2, "3.000")).await;
    place(maker, &order("bid", "buy", 5, "2.999")).await;
    let reduce = with(order("reduce", "sell", 4, "2.999"), json!({ "reduce_only": true }));
    let answer = place(taker, &reduce).await;
    // Long 2, so 2 of 4; first against its own order at 2.999, which stops it.
    assert_eq!(answer["cancel_reason"], "self_trade");
    taker.delete("/v1/orders").await.unwrap();
    let answer = place(taker, &with(reduce, json!({ "client_order_id": "reduce-2" }))).await;
    assert_eq!((shown(&answer), &answer["cancel_reason"]), (stands(2, 2, "cancelled"), &json!("reduce_only")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amended_order_keeps_its_number_and_only_without_more_risk_its_place() {
    let (_folder, _venue, clients) = venue(3).await;
    let [one, two, taker] = &clients[..] else { panic!("three accounts") };
    let first = place(one, &order("first", "sell", 5, "3.000")).await;
    place(two, &order("second", "sell", 5, "3.000")).await;
    let path = format!("/v1/orders/{}", first["order_id"].as_str().unwrap());

    let smaller = one.patch(&path, &json!({ "lots": 2 })).await.unwrap();
    assert_eq!((shown(&smaller), &smaller["order_id"]), (stands(0, 2, "live"), &first["order_id"]));
    place(taker, &order("t1", "buy", 1, "3.000")).await;
    assert_eq!(shown(&found(one, "first").await), stands(1, 1, "live"), "a smaller order keeps its place");

    let larger = one.patch(&path, &json!({ "lots": 4 })).await.unwrap();
    assert_eq!(shown(&larger), stands(1, 3, "live"));
    place(taker, &order("t2", "buy", 1, "3.000")).await;
    assert_eq!(shown(&found(two, "second").await), stands(1, 4, "live"), "a larger one goes behind");

    place(taker, &order("bid", "buy", 2, "2.990")).await;
    let crossing = one.patch(&path, &json!({ "limit_price": "2.985" })).await.unwrap();
    assert_eq!((shown(&crossing), &crossing["limit_price"]), (stands(3, 1, "live"), &json!("2.985000")));
    assert_eq!([&crossing["fills"][0]["price"], &crossing["fills"][0]["lots"]], [&json!("2.990000"), &json!(2)]);

    for (change, status, code) in [
        (json!({}), 400, "invalid_request"),
        (json!({ "lots": 3 }), 422, "lots_out_of_range"),
        (json!({ "limit_price": "2.9855" }), 422, "price_off_tick"),
        (json!({ "stop_price": "3.5" }), 422, "invalid_order"),
    ] {
        assert_eq!(refusal(one.patch(&path, &change).await), (status, code.to_owned()), "{change}");
    }
    assert_eq!(refusal(two.patch(&path, &json!({ "lots": 9 })).await), (404, "order_not_live".to_owned()));
    let waiting = with(order("stop", "buy", 1, "3.500"), json!({ "stop": { "reference": "last", "price": "3.4" } }));
    let waiting = place(two, &waiting).await;
    let path = format!("/v1/orders/{}", waiting["order_id"].as_str().unwrap());
    let moved = two.patch(&path, &json!({ "stop_price": "3.3" })).await.unwrap();
    assert_eq!((&moved["stop"]["price"], &moved["state"]), (&json!("3.300000"), &json!("waiting")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_cancel_takes_out_everything_it_names() {
    let (_folder, venue, clients) = venue(2).await;
    let client = &clients[0];
    for (name, side, price) in [("b1", "buy", "3.000"), ("b2", "buy", "3.001"), ("s1", "sell", "4.000")] {
        place(client, &order(name, side, 1, price)).await;
    }
    let bids = client.delete("/v1/orders?side=buy").await.unwrap();
    assert_eq!([&bids["cancelled_orders"], &bids["complete"]], [&json!(2), &json!(true)]);
    assert_eq!(client.get("/v1/orders").await.unwrap()["items"][0]["client_order_id"], "s1");
    assert_eq!(client.delete(&format!("/v1/orders?instrument={LASTING}")).await.unwrap()["cancelled_orders"], 1);
    assert_eq!(client.delete("/v1/orders").await.unwrap()["cancelled_orders"], 0);
    assert_eq!(refusal(client.delete("/v1/orders?side=both").await).0, 400);
    assert_eq!(refusal(client.delete("/v1/orders?instrument=NONE").await).0, 404);

    // More than one step: what the request itself does not reach is taken out before anybody else is served.
    let many = CANCELS_PER_STEP_MAX * 2 + 10;
    for number in 0..many {
        let name = ClientOrderId::new(&format!("m{number}")).unwrap();
        let (instrument, price) = (InstrumentId(1), Price(1_000_000));
        let request = OrderRequest::limit(AccountId(1), name, instrument, Side::Buy, Lots(1), price);
        let trader = api::signing::key_id(&key(1).verifying_key().to_bytes());
        let action = Action::Exchange(Command::SubmitOrder(request));
        assert_eq!(venue.app.handle.submit(action, trader, 0).await.unwrap().refusal, None);
    }
    place(&clients[1], &order("other", "buy", 1, "1.000")).await;
    let all = client.delete("/v1/orders").await.unwrap();
    assert_eq!([&all["cancelled_orders"], &all["complete"]], [&json!(CANCELS_PER_STEP_MAX), &json!(false)]);
    assert_eq!(client.get("/v1/orders").await.unwrap()["items"], json!([]));
    assert_eq!(found(&clients[1], "other").await["state"], "live");
    counts::note(many as usize, "orders taken out by one mass cancel");
}
