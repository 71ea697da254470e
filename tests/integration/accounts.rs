//! Owners with several accounts, money on its way out, and assets other than US dollars.

use api::client::Client;
use api::venue::clock::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Inside, key, public_hex};
use crate::market::{self, micros, order, order_in, place, refusal, shown, stands, trader, walk, with};

async fn venue(accounts: u8, usd: &str) -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, 1..=accounts, usd).await;
    (folder, venue, clients)
}

/// Opens a sub-account with a key of its own.
async fn sub_account(venue: &Inside, account: u8, master: u8) -> Client {
    let operator = venue.operator();
    operator.post("/v1/operator/accounts", &json!({ "account": account, "master": master })).await.expect("opened");
    let body = json!({ "account": account, "public_key": public_hex(&key(account)) });
    operator.post("/v1/operator/keys", &body).await.expect("registered");
    trader(&venue.url, account)
}

/// What an account has of an asset, as text.
async fn balance(client: &Client, query: &str, asset: &str) -> [String; 4] {
    let balances = client.get(&format!("/v1/balances{query}")).await.expect("balances");
    let found = balances["items"].as_array().into_iter().flatten().find(|balance| balance["asset"] == asset).cloned();
    let found = found.unwrap_or_else(|| panic!("no {asset} in {balances}"));
    ["posted", "held", "pending", "free"].map(|field| found[field].as_str().expect("a decimal text").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_speaks_for_its_sub_accounts() {
    let (_folder, venue, clients) = venue(2, "10000").await;
    let [owner, stranger] = &clients[..] else { panic!("two accounts") };
    let sub = sub_account(&venue, 11, 1).await;
    let moved = json!({ "to": 11, "amount": "6000", "reference": 1 });
    let answer = owner.post("/v1/transfers", &moved).await.unwrap();
    assert_eq!(
        [&answer["from"], &answer["asset"], &answer["amount"]],
        [&json!(1), &json!("USD"), &json!("6000.000000")]
    );
    assert_eq!(refusal(owner.post("/v1/transfers", &moved).await), (409, "payment_out_of_sequence".to_owned()));
    assert_eq!(balance(owner, "?account=11", "USD").await[0], "6000.000000");
    assert_eq!(balance(&sub, "", "USD").await[0], "6000.000000");

    // It places, finds and takes back for it.
    let placed = place(owner, &with(order("for-sub", "buy", 1, "3.000"), json!({ "account": 11 }))).await;
    assert_eq!(placed["account"], 11);
    let path = format!("/v1/orders/{}", placed["order_id"].as_str().unwrap());
    assert_eq!(refusal(owner.get(&path).await).0, 404, "it is not an order of its own account");
    assert_eq!(owner.get(&format!("{path}?account=11")).await.unwrap()["state"], "live");
    assert_eq!(owner.get("/v1/orders?account=11").await.unwrap()["items"].as_array().unwrap().len(), 1);
    owner.patch(&path, &json!({ "account": 11, "lots": 2 })).await.unwrap();
    owner.delete(&format!("{path}?account=11")).await.unwrap();

    // A sub-account speaks for itself only, and a stranger not at all.
    let for_owner = with(order("no", "buy", 1, "3.000"), json!({ "account": 1 }));
    assert_eq!(refusal(sub.post("/v1/orders", &for_owner).await), (403, "not_authorised".to_owned()));
    for name in ["balances", "orders", "positions", "account", "withdrawals", "cancel-after", "fills"] {
        let path = format!("/v1/{name}");
        let refused = stranger.get(&format!("{path}?account=11")).await;
        assert_eq!(refusal(refused), (403, "not_authorised".to_owned()), "{path}");
    }
    let back = json!({ "from": 11, "to": 1, "amount": "1000", "reference": 1 });
    assert_eq!(refusal(sub.post("/v1/transfers", &back).await).0, 403);
    owner.post("/v1/transfers", &back).await.unwrap();
    let out = json!({ "to": 2, "amount": "1", "reference": 2 });
    assert_eq!(refusal(owner.post("/v1/transfers", &out).await), (422, "not_your_accounts".to_owned()));
    let grandchild = json!({ "account": 12, "master": 11 });
    let refused = venue.operator().post("/v1/operator/accounts", &grandchild).await;
    assert_eq!(refusal(refused), (422, "not_a_master".to_owned()));
    let account = owner.get("/v1/account?account=11").await.unwrap();
    assert_eq!([&account["master"], &account["last_payment"]], [&json!(1), &json!(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_does_not_trade_with_himself() {
    let (_folder, venue, clients) = venue(2, "100000").await;
    let sub = sub_account(&venue, 11, 1).await;
    let moved = json!({ "to": 11, "amount": "50000", "reference": 1 });
    clients[0].post("/v1/transfers", &moved).await.unwrap();
    let rows = [
        ("cancel_newest", stands(0, 1, "cancelled"), json!("self_trade"), "live"),
        ("cancel_oldest", stands(0, 1, "live"), Value::Null, "cancelled"),
        ("cancel_both", stands(0, 1, "cancelled"), json!("self_trade"), "cancelled"),
    ];
    for (prevention, arriving, reason, resting) in rows {
        let name = |role: &str| format!("{prevention}-{role}");
        place(&sub, &order(&name("rests"), "sell", 1, "3.000")).await;
        let fields = json!({ "self_trade_prevention": prevention });
        let answer = place(&clients[0], &with(order(&name("arrives"), "buy", 1, "3.000"), fields)).await;
        assert_eq!((shown(&answer), &answer["cancel_reason"]), (arriving, &reason), "{prevention}");
        assert_eq!(market::found(&sub, &name("rests")).await["state"], resting, "{prevention}");
        sub.delete("/v1/orders").await.unwrap();
        clients[0].delete("/v1/orders").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_set_aside_then_paid_or_not() {
    let (_folder, venue, clients) = venue(2, "1000").await;
    let client = &clients[0];
    let ask = async |amount: &str, reference: u64| {
        client.post("/v1/withdrawals", &json!({ "amount": amount, "reference": reference })).await
    };
    let (first, second) = (ask("300", 1).await.unwrap(), ask("200.5", 2).await.unwrap());
    assert_eq!(
        [&first["state"], &first["asset"], &first["amount"]],
        [&json!("pending"), &json!("USD"), &json!("300.000000")]
    );
    assert_eq!(balance(client, "", "USD").await, ["1000.000000", "0.000000", "500.500000", "499.500000"]);
    for (amount, reference, status, code) in [
        ("1", 2, 409, "payment_out_of_sequence"),
        ("499.500001", 3, 422, "insufficient_balance"),
        ("0", 3, 422, "amount_out_of_range"),
        ("1.0000001", 3, 400, "invalid_request"),
    ] {
        assert_eq!(refusal(ask(amount, reference).await), (status, code.to_owned()), "{amount}");
    }
    let operator = venue.operator();
    let pending = walk(&operator, "/v1/operator/withdrawals?", 1).await;
    let ids: Vec<&Value> = pending.iter().map(|withdrawal| &withdrawal["withdrawal_id"]).collect();
    assert_eq!(ids, [&second["withdrawal_id"], &first["withdrawal_id"]]);
    let end = async |withdrawal: &Value, how: &str| {
        let id = withdrawal["withdrawal_id"].as_str().unwrap();
        operator.post(&format!("/v1/operator/withdrawals/{id}/{how}"), &Value::Null).await
    };
    end(&first, "post").await.unwrap();
    end(&second, "void").await.unwrap();
    assert_eq!(refusal(end(&first, "void").await), (404, "transfer_not_pending".to_owned()));
    assert_eq!(balance(client, "", "USD").await, ["700.000000", "0.000000", "0.000000", "700.000000"]);
    let listed = walk(client, "/v1/withdrawals?", 1).await;
    let states: Vec<&Value> = listed.iter().map(|withdrawal| &withdrawal["state"]).collect();
    assert_eq!(states, ["voided", "posted"]);
    assert!(listed.iter().all(|withdrawal| withdrawal["ended_ts_us"].is_i64()), "{listed:?}");
    assert_eq!(clients[1].get("/v1/withdrawals").await.unwrap()["items"], json!([]));
    assert_eq!(walk(&operator, "/v1/operator/withdrawals?", 1_000).await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spot_pair_exchanges_an_asset_for_dollars_at_once() {
    let (_folder, venue, clients) = venue(2, "1000").await;
    let [buyer, seller] = &clients[..] else { panic!("two accounts") };
    let operator = venue.operator();
    operator.post("/v1/operator/assets", &json!({ "asset": 2, "symbol": "GPUH", "decimals": 3 })).await.unwrap();
    let taken = json!({ "asset": 3, "symbol": "GPUH", "decimals": 3 });
    assert_eq!(refusal(operator.post("/v1/operator/assets", &taken).await), (409, "asset_symbol_exists".to_owned()));
    let assets = buyer.get("/v1/assets").await.unwrap();
    assert_eq!(
        assets["items"],
        json!([{ "asset": "GPUH", "number": 2, "decimals": 3 }, { "asset": "USD", "number": 1, "decimals": 6 }])
    );
    let pair = json!({
        "instrument": 2, "asset": "GPUH", "lot_size": "0.5", "tick_size": "0.01", "price_floor": "0",
        "price_cap": "100", "maker_fee": "0", "taker_fee": "0.002",
    });
    assert_eq!(operator.post("/v1/operator/spot-pairs", &pair).await.unwrap(), json!({ "id": "GPUH-USD" }));
    let deposit = json!({ "account": 2, "asset": "GPUH", "amount": "12.5", "reference": 2 });
    assert_eq!(operator.post("/v1/operator/deposits", &deposit).await.unwrap()["amount"], "12.500");

    let shown_pair = buyer.get("/v1/instruments").await.unwrap()["items"][1].clone();
    let of_month =
        ["series", "delivery_start", "contract_hours", "expiry_ts_us"].map(|field| shown_pair[field].clone());
    assert!(of_month.iter().all(Value::is_null), "{shown_pair}");
    let of_spot = ["kind", "base_asset", "lot_size", "state"].map(|field| shown_pair[field].clone());
    assert_eq!(of_spot, [json!("spot"), json!("GPUH"), json!("0.500"), json!("trading")]);

    place(seller, &order_in("GPUH-USD", "s", "sell", 10, "1.50")).await;
    assert_eq!(balance(seller, "", "GPUH").await, ["12.500", "5.000", "0.000", "7.500"]);
    let bought = place(buyer, &order_in("GPUH-USD", "b", "buy", 4, "1.60")).await;
    // 4 lots at 1.50, and 0.002 a lot.
    assert_eq!([&bought["fills"][0]["price"], &bought["fills"][0]["fee"]], [&json!("1.500000"), &json!("0.008000")]);
    assert_eq!(balance(buyer, "", "USD").await[0], "993.992000");
    assert_eq!(balance(buyer, "", "GPUH").await, ["2.000", "0.000", "0.000", "2.000"]);
    assert_eq!(balance(seller, "", "USD").await[0], "1006.000000");
    let short = seller.post("/v1/orders", &order_in("GPUH-USD", "s2", "sell", 16, "1.50")).await;
    assert_eq!(refusal(short), (422, "insufficient_balance".to_owned()));
    let reduce = with(order_in("GPUH-USD", "r", "sell", 1, "1.50"), json!({ "reduce_only": true }));
    assert_eq!(refusal(seller.post("/v1/orders", &reduce).await), (422, "invalid_order".to_owned()));
    let settle = json!({ "instrument": "GPUH-USD", "day": "2026-01-01", "kind": "daily" });
    assert_eq!(refusal(operator.post("/v1/operator/settlements", &settle).await), (422, "not_settled".to_owned()));

    // Each asset of the ledger sums to zero, however it is paged.
    let lines = walk(&operator, "/v1/operator/trial-balance?", 1_000).await;
    for limit in [1, 2] {
        assert_eq!(walk(&operator, "/v1/operator/trial-balance?", limit).await, lines, "{limit} a page");
    }
    for asset in ["USD", "GPUH"] {
        let of_asset = lines.iter().filter(|line| line["asset"] == asset);
        assert_eq!(of_asset.map(|line| micros(&line["posted"])).sum::<i64>(), 0, "{asset}");
    }
    assert!(lines.iter().any(|line| line["asset"] == "GPUH" && line["account"] == "customer:1"), "{lines:?}");
}
