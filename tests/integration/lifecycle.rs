//! The whole life of a contract over HTTP, with a clock that the test moves and numbers worked out by hand.
//!
//! The contract delivers on 2, 3 and 4 August 2026: 72 hours. The prices of the series are those of the example in
//! `docs/index-methodology.md`, so its fixings are known from there.

use api::client::Client;
use engine::command::Command;
use engine::ids::InstrumentId;
use engine::instrument::SettlementKind;
use engine::units::Day;
use serde_json::{Value, json};

use crate::life::{CONTRACT, FIRST, Life, QUIET, date, posted, submit};
use crate::market::{SERIES, found, micros, order_in, place, refusal, shown, stands, walk, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_lives_and_is_settled_as_worked_out_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::start(folder.path()).await;

    // 1 August: 3 lots trade at 3.300; 2 rest.
    life.at(1, "12:00");
    life.report(1, ["3.00", "3.20", "4.00"]).await;
    place(&life.seller, &order_in(CONTRACT, "offer", "sell", 5, "3.300")).await;
    let bought = place(&life.buyer, &order_in(CONTRACT, "bid", "buy", 3, "3.300")).await;
    // 3 × 72 h × 0.0005.
    assert_eq!(bought["fills"][0]["fee"], "0.108000");

    // 2 August: the first fixing is the level, the median of the three.
    life.at(2, "00:30");
    let first = life.determine(1, "provisional").await;
    assert_eq!(
        [&first["fixing"], &first["level"], &first["gap_alarm"]],
        [&json!("3.200000"), &json!("3.200000"), &json!(false)]
    );
    // Daily settlement at the last trade: 3.300 × 72 = 237.6; nobody gains.
    let settled = life.settle(CONTRACT, 1, "daily").await.unwrap();
    assert_eq!(
        settled,
        json!({ "day": "2026-08-01", "value_per_lot": "237.600000", "price": "3.300000", "rung": "last_trade",
                "accounts": 2, "paid": "0.000000", "steps": 1 })
    );
    // A contract without a trade or a quote settles at the latest fixing: 3.2 × 72 = 230.4.
    let quiet = life.settle(QUIET, 1, "daily").await.unwrap();
    assert_eq!(
        [&quiet["rung"], &quiet["value_per_lot"], &quiet["accounts"]],
        [&json!("latest_fixing"), &json!("230.400000"), &json!(0)]
    );
    assert_eq!(refusal(life.settle(CONTRACT, 1, "daily").await), (409, "day_settled".to_owned()));
    assert_eq!(refusal(life.settle(CONTRACT, 2, "daily").await), (422, "too_early".to_owned()));
    life.at(2, "12:00");
    life.report(2, ["3.03", "3.20", "4.00"]).await;
    place(&life.buyer, &order_in(CONTRACT, "bid-2", "buy", 2, "3.255")).await;

    // 3 August: nobody reports. The midpoint of 3.255 and 3.300 is 3.2775: 235.98 a lot, 1.62 less than the day before.
    life.at(3, "00:30");
    life.determine(1, "final").await;
    let second = life.determine(2, "provisional").await;
    assert_eq!([&second["fixing"], &second["gap_ppm"]], [&json!("3.210134"), &json!(-3_322)]);
    let settled = life.settle(CONTRACT, 2, "daily").await.unwrap();
    assert_eq!(
        settled,
        json!({ "day": "2026-08-02", "value_per_lot": "235.980000", "price": "3.277500", "rung": "midpoint",
                "accounts": 2, "paid": "4.860000", "steps": 1 })
    );
    let bid = life.buyer.get("/v1/orders/by-client-id/bid-2").await.unwrap();
    life.buyer.delete(&format!("/v1/orders/{}", bid["order_id"].as_str().unwrap())).await.unwrap();

    // 4 August: yesterday is settled as the day before, and has no fixing of its own.
    life.at(4, "00:30");
    life.determine(2, "final").await;
    assert_eq!(life.determine(3, "provisional").await["fixing"], Value::Null);
    let settled = life.settle(CONTRACT, 3, "daily").await.unwrap();
    assert_eq!([&settled["rung"], &settled["paid"]], [&json!("previous_settlement"), &json!("0.000000")]);
    life.at(4, "12:00");
    life.report(4, ["3.03", "3.20", "4.00"]).await;

    // Delivery has ended: no more orders, and no final value before the last fixing is final.
    life.at(5, "00:35");
    let late = life.buyer.post("/v1/orders", &order_in(CONTRACT, "late", "buy", 1, "3.000")).await;
    assert_eq!(refusal(late), (422, "expired".to_owned()));
    assert_eq!(life.state().await, "expired");
    life.determine(3, "final").await;
    assert_eq!(refusal(life.settle(CONTRACT, 4, "final").await), (422, "fixing_missing".to_owned()));
    life.at(6, "00:30");
    // p = 3.210134, L = 3.2: 3.210134 − round(0.05 × 0.010134) = 3.210134 − 0.000507.
    assert_eq!(life.determine(4, "final").await["fixing"], "3.209627");

    // 24 × (3.210134 + 3.210134 + 3.209627) = 231.11748. Long 3 at 235.98: −14.58756.
    let settled = life.settle(CONTRACT, 5, "final").await.unwrap();
    assert_eq!(
        settled,
        json!({ "day": "2026-08-05", "value_per_lot": "231.117480", "price": "3.209965", "rung": "fixings",
                "accounts": 2, "paid": "14.587560", "steps": 1 })
    );
    check_end(&life).await;
    let life = life.restart(folder.path(), 7, "00:00").await;
    check_end(&life).await;
    life.venue.end().await;
}

/// What must be true once the contract is settled, and after any restart.
async fn check_end(life: &Life) {
    assert_eq!(life.state().await, "settled");
    assert_eq!(posted(&life.buyer).await, 5_000_000_000 - 108_000 - 4_860_000 - 14_587_560);
    assert_eq!(posted(&life.seller).await, 5_000_000_000 + 4_860_000 + 14_587_560);
    for client in [&life.buyer, &life.seller] {
        assert_eq!(client.get("/v1/balances").await.expect("the venue answers")["items"][0]["held"], "0.000000");
        assert_eq!(client.get("/v1/positions").await.expect("the venue answers")["items"], json!([]));
        assert_eq!(
            client.get("/v1/orders").await.expect("the venue answers")["items"],
            json!([]),
            "an order outlives its contract"
        );
    }
    let offer = life.seller.get("/v1/orders/by-client-id/offer").await.expect("the venue answers");
    assert_eq!([&offer["state"], &offer["filled_lots"]], [&json!("cancelled"), &json!(3)]);

    let ledger = walk(&life.operator, "/v1/operator/trial-balance?", 1_000).await;
    for limit in [1, 2, 3] {
        assert_eq!(walk(&life.operator, "/v1/operator/trial-balance?", limit).await, ledger, "{limit} a page");
    }
    let line =
        |account: &str| ledger.iter().find(|line| line["account"] == account).map(|line| micros(&line["posted"]));
    assert_eq!(line("fees"), Some(108_000));
    assert_eq!(line("variation:1").unwrap_or_default(), 0);
    assert_eq!(ledger.iter().map(|line| micros(&line["posted"])).sum::<i64>(), 0);

    for limit in [1, 2, 100] {
        let variations = walk(&life.buyer, &format!("/v1/variations?instrument={CONTRACT}"), limit).await;
        let rows: Vec<_> = variations.iter().map(|row| (&row["day"], &row["kind"], &row["variation"])).collect();
        let row = |day: i32, kind: &str, variation: &str| (json!(date(day)), json!(kind), json!(variation));
        let expected = [
            row(1, "daily", "0.000000"),
            row(2, "daily", "-4.860000"),
            row(3, "daily", "0.000000"),
            row(5, "final", "-14.587560"),
        ];
        assert_eq!(rows, expected.iter().map(|(day, kind, variation)| (day, kind, variation)).collect::<Vec<_>>());

        let anonymous = Client::anonymous(&life.venue.url);
        let settlements = walk(&anonymous, &format!("/v1/settlements?instrument={CONTRACT}"), limit).await;
        let rungs: Vec<&Value> = settlements.iter().map(|row| &row["rung"]).collect();
        assert_eq!(rungs, ["last_trade", "midpoint", "previous_settlement", "fixings"]);

        let fixings = walk(&anonymous, &format!("/v1/fixings?series={SERIES}"), limit).await;
        let rows: Vec<_> =
            fixings.iter().map(|row| [&row["day"], &row["stage"], &row["price"], &row["rung"]]).collect();
        let row =
            |day, stage: &str, price: &str, rung: &str| [json!(date(day)), json!(stage), json!(price), json!(rung)];
        let expected = [
            row(1, "provisional", "3.200000", "fixing"),
            row(1, "final", "3.200000", "fixing"),
            row(2, "provisional", "3.210134", "fixing"),
            row(2, "final", "3.210134", "fixing"),
            row(3, "final", "3.210134", "last_final"),
            row(4, "final", "3.209627", "fixing"),
        ];
        assert_eq!(rows, expected.iter().map(|row| row.each_ref()).collect::<Vec<_>>(), "{limit} a page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_that_was_interrupted_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::start(folder.path()).await;
    life.at(1, "12:00");
    place(&life.seller, &order_in(CONTRACT, "offer", "sell", 5, "3.300")).await;
    place(&life.buyer, &order_in(CONTRACT, "bid", "buy", 3, "3.300")).await;
    place(&life.buyer, &order_in(CONTRACT, "low", "buy", 1, "3.000")).await;
    life.at(2, "00:30");

    // Somebody starts it and is gone before the first step.
    let start = Command::StartSettlement { instrument: InstrumentId(1), day: Day(FIRST), kind: SettlementKind::Daily };
    submit(&life.venue, start).await;
    check_settling(&life).await;
    let life = life.restart(folder.path(), 2, "00:40").await;
    check_settling(&life).await;

    // Another day or kind is not what is under way.
    assert_eq!(refusal(life.settle(CONTRACT, 2, "daily").await), (409, "settling".to_owned()));
    assert_eq!(refusal(life.settle(CONTRACT, 1, "final").await), (409, "settling".to_owned()));
    let settled = life.settle(CONTRACT, 1, "daily").await.unwrap();
    assert_eq!(
        [&settled["value_per_lot"], &settled["rung"], &settled["accounts"]],
        [&json!("237.600000"), &json!("last_trade"), &json!(2)]
    );
    assert_eq!(life.state().await, "trading");
    place(&life.buyer, &order_in(CONTRACT, "soon", "buy", 1, "3.000")).await;
    life.venue.end().await;
}

/// An order that watches the index is served by the fixing, in the step that follows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_fixing_wakes_the_stops_that_watch_it() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::start(folder.path()).await;
    life.at(1, "12:00");
    life.report(1, ["3.00", "3.20", "4.00"]).await;
    place(&life.seller, &order_in(CONTRACT, "offer", "sell", 5, "3.300")).await;
    let stop = |name: &str, at: &str| {
        let fields = json!({ "stop": { "reference": "index", "price": at } });
        with(order_in(CONTRACT, name, "buy", 1, "3.300"), fields)
    };
    for (name, at) in [("reached", "3.200"), ("beyond", "3.201")] {
        assert_eq!(place(&life.buyer, &stop(name, at)).await["state"], "waiting");
    }
    life.at(2, "00:30");
    assert_eq!(life.determine(1, "provisional").await["fixing"], "3.200000");
    assert_eq!(shown(&found(&life.buyer, "reached").await), stands(1, 0, "filled"));
    assert_eq!(found(&life.buyer, "beyond").await["state"], "waiting");
    // What waits survives a restart, and what happened did so once.
    let life = life.restart(folder.path(), 2, "00:40").await;
    assert_eq!(found(&life.buyer, "beyond").await["state"], "waiting");
    assert_eq!(
        life.operator.get(&format!("/v1/trades?instrument={CONTRACT}")).await.unwrap()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // A halt survives a restart, too, and a settlement is posted all the same.
    let operate = async |life: &Life, what: &str| {
        let path = format!("/v1/operator/instruments/{CONTRACT}/{what}");
        life.operator.post(&path, &Value::Null).await.unwrap();
    };
    operate(&life, "halt").await;
    let life = life.restart(folder.path(), 2, "00:50").await;
    assert_eq!(life.state().await, "halted");
    assert_eq!(life.settle(CONTRACT, 1, "daily").await.unwrap()["rung"], "latest_fixing");
    assert_eq!(life.state().await, "halted");
    operate(&life, "resume").await;
    assert_eq!(life.state().await, "trading");
    life.venue.end().await;
}

/// While a settlement is posted: no orders, but cancels, repeats and reads.
async fn check_settling(life: &Life) {
    assert_eq!(life.state().await, "settling");
    let refused = life.buyer.post("/v1/orders", &order_in(CONTRACT, "soon", "buy", 1, "3.000")).await;
    let Err(api::client::ClientError::Problem { status, code, document, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((status.as_u16(), code.as_str(), &document["retryable"]), (409, "settling", &json!(true)));
    let again =
        life.buyer.post("/v1/orders", &order_in(CONTRACT, "bid", "buy", 3, "3.300")).await.expect("the venue answers");
    assert_eq!(again["replayed"], true);
    let name = "low";
    let found = life.buyer.get(&format!("/v1/orders/by-client-id/{name}")).await.expect("the venue answers");
    if found["state"] == "live" {
        life.buyer
            .delete(&format!("/v1/orders/{}", found["order_id"].as_str().expect("an id")))
            .await
            .expect("the venue answers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_order_id_is_kept_for_a_day_after_its_order_ended() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::start(folder.path()).await;
    life.at(1, "12:00");
    let sent = order_in(CONTRACT, "a", "buy", 1, "3.000");
    let first = place(&life.buyer, &sent).await;
    life.buyer.delete(&format!("/v1/orders/{}", first["order_id"].as_str().unwrap())).await.unwrap();
    life.at(2, "11:59");
    let again = place(&life.buyer, &sent).await;
    assert_eq!([&again["replayed"], &again["order_id"]], [&json!(true), &first["order_id"]]);
    life.at(2, "12:01");
    let new = place(&life.buyer, &sent).await;
    assert_eq!(new["replayed"], false);
    assert_ne!(new["order_id"], first["order_id"]);
    life.venue.end().await;
}
