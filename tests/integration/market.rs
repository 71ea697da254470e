//! Something to trade: accounts with keys and money, and contracts, set up by the operator through the API.

use api::client::{Client, ClientError};
use serde_json::{Value, json};

use crate::harness::{key, operator_key, public_hex};

/// The series of all contracts here.
pub(crate) const SERIES: &str = "H100-SXM.GLOBAL.OD";

/// A contract that trades for years, whatever the machine's clock says: December 2199, 744 hours.
pub(crate) const LASTING: &str = "H100-SXM.GLOBAL.OD-2199-12";

/// The terms of [`LASTING`].
pub(crate) fn lasting_terms() -> Value {
    json!({
        "instrument": 1, "series": SERIES, "delivery_month": "2199-12",
        "tick_size": "0.001", "price_floor": "0", "price_cap": "10", "maker_fee": "0", "taker_fee": "0.0005",
    })
}

/// The operator's client of a venue.
pub(crate) fn operator(url: &str) -> Client {
    Client::anonymous(url).with_key(operator_key())
}

/// The client of a trader; its key's number is its account's.
pub(crate) fn trader(url: &str, account: u8) -> Client {
    Client::anonymous(url).with_key(key(account))
}

/// Begins [`SERIES`], lists [`LASTING`] and opens accounts with a key and this much money each.
pub(crate) async fn open(url: &str, accounts: impl IntoIterator<Item = u8>, usd: &str) -> Vec<Client> {
    let operator = operator(url);
    begin_series(&operator, "2026-01-01").await;
    let listed = operator.post("/v1/operator/instruments", &lasting_terms()).await.expect("listed");
    assert_eq!(listed, json!({ "id": LASTING, "contract_hours": 744 }));
    let mut clients = Vec::new();
    for account in accounts {
        clients.push(open_account(&operator, url, account, usd).await);
    }
    clients
}

/// Begins [`SERIES`] as number 1.
pub(crate) async fn begin_series(operator: &Client, inception: &str) {
    let series = json!({ "series": 1, "symbol": SERIES, "inception": inception });
    operator.post("/v1/operator/series", &series).await.expect("begun");
}

/// Opens an account with a key and money.
pub(crate) async fn open_account(operator: &Client, url: &str, account: u8, usd: &str) -> Client {
    operator.post("/v1/operator/accounts", &json!({ "account": account })).await.expect("opened");
    let body = json!({ "account": account, "public_key": public_hex(&key(account)) });
    operator.post("/v1/operator/keys", &body).await.expect("registered");
    let deposit = json!({ "account": account, "amount": usd, "reference": 1 });
    operator.post("/v1/operator/deposits", &deposit).await.expect("credited");
    trader(url, account)
}

/// An order in [`LASTING`].
pub(crate) fn order(client_order_id: &str, side: &str, lots: u32, limit_price: &str) -> Value {
    order_in(LASTING, client_order_id, side, lots, limit_price)
}

/// An order in any contract.
pub(crate) fn order_in(instrument: &str, client_order_id: &str, side: &str, lots: u32, limit_price: &str) -> Value {
    json!({
        "client_order_id": client_order_id, "instrument": instrument, "side": side, "lots": lots,
        "limit_price": limit_price,
    })
}

/// An order with other fields.
pub(crate) fn with(mut order: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("fields") {
        order[name] = value.clone();
    }
    order
}

/// A market order in [`LASTING`].
pub(crate) fn market_order(client_order_id: &str, side: &str, lots: u32) -> Value {
    let mut order = with(order(client_order_id, side, lots, "0"), json!({ "type": "market" }));
    order.as_object_mut().expect("an order").remove("limit_price");
    order
}

/// Sets the controls of [`LASTING`].
pub(crate) async fn control(url: &str, controls: Value) {
    let path = format!("/v1/operator/instruments/{LASTING}/controls");
    operator(url).put(&path, &controls).await.expect("controlled");
}

/// The first instrument as everybody sees it.
pub(crate) async fn instrument(url: &str) -> Value {
    Client::anonymous(url).get("/v1/instruments").await.expect("instruments")["items"][0].clone()
}

/// What has become of an order.
pub(crate) async fn found(client: &Client, client_order_id: &str) -> Value {
    client.get(&format!("/v1/orders/by-client-id/{client_order_id}")).await.expect("the order is remembered")
}

/// Traded, left, and the state of an order.
pub(crate) fn shown(order: &Value) -> [Value; 3] {
    ["filled_lots", "remaining_lots", "state"].map(|field| order[field].clone())
}

/// What an order with this much traded, left and this state shows.
pub(crate) fn stands(filled: u32, left: u32, state: &str) -> [Value; 3] {
    [json!(filled), json!(left), json!(state)]
}

/// Places an order that has to be accepted.
pub(crate) async fn place(client: &Client, order: &Value) -> Value {
    client.post("/v1/orders", order).await.unwrap_or_else(|error| panic!("{order} is refused: {error}"))
}

/// Status and code of a refusal.
pub(crate) fn refusal(answer: Result<Value, ClientError>) -> (u16, String) {
    match answer {
        Ok(value) => panic!("accepted what should be refused: {value}"),
        Err(ClientError::Problem { status, code, .. }) => (status.as_u16(), code),
        Err(error) => panic!("{error}"),
    }
}

/// Micro-USD of a decimal text, exactly.
pub(crate) fn micros(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no decimal text"));
    api::http::numbers::Amount::parse(text).expect("an amount").0
}

/// Walks a list to its end, `limit` items a page.
pub(crate) async fn walk(client: &Client, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("{path}&limit={limit}{cursor}")).await.expect("a page");
        let page_items = page["items"].as_array().expect("a page has items");
        assert!(page_items.len() <= limit, "a page of {} where {limit} were asked for", page_items.len());
        items.extend(page_items.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}
