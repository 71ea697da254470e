//! An order that crosses more resting orders than one may trade with: bounded, not resting against the book, and told so.

use api::client::Client;
use api::venue::clock::Clock;
use api::venue::machines::Action;
use engine::command::Command;
use engine::ids::{AccountId, ClientOrderId, InstrumentId};
use engine::limits::FILLS_PER_ORDER_MAX;
use engine::order::OrderRequest;
use engine::units::{Lots, Price, Side};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Inside, key};
use crate::market::{self, order, place, shown, walk};

/// More resting orders than one may trade with, and the answer to an order that crosses them all.
async fn swept() -> (TempDir, Inside, Vec<Client>, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1, 2, 3], "100000000").await;
    // One account may not have that many open orders, so two share them.
    let resting = FILLS_PER_ORDER_MAX + 2;
    let tasks: Vec<_> = (0..resting)
        .map(|number| {
            let (account, name) = (AccountId(1 + number % 2), format!("m{number}"));
            let name = ClientOrderId::new(&name).expect("a name");
            let price = Price(3_000_000);
            let request = OrderRequest::limit(account, name, InstrumentId(1), Side::Sell, Lots(1), price);
            let handle = venue.app.handle.clone();
            let maker = api::signing::key_id(&key(1 + u8::from(number % 2 == 1)).verifying_key().to_bytes());
            tokio::spawn(async move { handle.submit(Action::Exchange(Command::SubmitOrder(request)), maker, 0).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic").expect("done").refusal, None);
    }
    let answer = place(&clients[2], &sweep()).await;
    (folder, venue, clients, answer)
}

fn sweep() -> Value {
    order("sweep", "buy", FILLS_PER_ORDER_MAX + 5, "3.000")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_trades_with_a_thousand_orders_and_the_rest_is_cancelled() {
    let (_folder, _venue, clients, answer) = swept().await;
    assert_eq!(answer["fills"].as_array().unwrap().len(), FILLS_PER_ORDER_MAX as usize);
    assert_eq!(shown(&answer), [json!(FILLS_PER_ORDER_MAX), json!(5), json!("cancelled")]);
    let found = clients[2].get("/v1/orders/by-client-id/sweep").await.unwrap();
    assert_eq!(shown(&found), shown(&answer));
    let book = clients[2].get(&format!("/v1/orderbook/{}", market::LASTING)).await.unwrap();
    assert_eq!((&book["bids"], &book["asks"][0]["lots"]), (&json!([]), &json!(2)), "{book}");
    let held = clients[2].get("/v1/positions").await.unwrap();
    assert_eq!(held["items"][0]["lots"], FILLS_PER_ORDER_MAX, "{held}");
    assert_eq!(answer["cancel_reason"], "fill_limit");
    // What is left can be sent as another order.
    let rest = place(&clients[2], &order("rest", "buy", 5, "3.000")).await;
    assert_eq!(shown(&rest), [json!(2), json!(3), json!("live")]);
    let left =
        walk(&clients[0], "/v1/orders?", 1_000).await.len() + walk(&clients[1], "/v1/orders?", 1_000).await.len();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_order_sent_again_gets_its_first_answer() {
    let (_folder, _venue, clients, answer) = swept().await;
    let again = place(&clients[2], &sweep()).await;
    assert_eq!((&again["replayed"], &again["order_id"]), (&json!(true), &answer["order_id"]));
    assert_eq!(shown(&again), shown(&answer), "the repeated answer differs from the first");
}
