//! What a trader is told of its own trades: both sides, fees and rebates, page by page, and after the history was told anew.

use std::borrow::Cow;

use api::client::Client;
use api::venue::clock::Clock;
use api::venue::history_path;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::harness::Inside;
use crate::market::{self, LASTING, order, order_in, place, refusal, walk, with};
use crate::request::now_ms;

const SPOT: &str = "GPUH-USD";

/// A maker in a tier that is paid for resting, a taker, and a pair where both pay; trades of all three kinds.
struct Traded {
    venue: Inside,
    maker: Client,
    taker: Client,
}

async fn traded(folder: &std::path::Path) -> Traded {
    let venue = Inside::start(folder, Clock::System).await;
    let [maker, taker] = <[Client; 2]>::try_from(market::open(&venue.url, 1..=2, "100000").await).expect("two");
    let operator = venue.operator();
    let rates = |maker: &str, taker: &str| json!({ "maker_fee": maker, "taker_fee": taker });
    let tiers = json!([rates("0", "0.0005"), rates("-0.0001", "0.0002"), rates("0", "0.0002"), rates("0", "0.0002")]);
    let soon = now_ms() * 1_000 + 1_000_000;
    let fees = json!({ "effective_ts_us": soon, "tiers": tiers });
    operator.post(&format!("/v1/operator/instruments/{LASTING}/fees"), &fees).await.expect("scheduled");
    let tier = json!({ "tier": 1, "effective_ts_us": soon + 1 });
    operator.put("/v1/operator/accounts/1/fee-tier", &tier).await.expect("assigned");
    operator
        .post("/v1/operator/assets", &json!({ "asset": 2, "symbol": "GPUH", "decimals": 3 }))
        .await
        .expect("defined");
    let pair = json!({
        "instrument": 2, "asset": "GPUH", "lot_size": "0.5", "tick_size": "0.01", "price_floor": "0",
        "price_cap": "100", "maker_fee": "0.001", "taker_fee": "0.002",
    });
    operator.post("/v1/operator/spot-pairs", &pair).await.expect("listed");
    let deposit = json!({ "account": 2, "asset": "GPUH", "amount": "10", "reference": 2 });
    operator.post("/v1/operator/deposits", &deposit).await.expect("credited");
    let sub = json!({ "account": 11, "master": 1 });
    operator.post("/v1/operator/accounts", &sub).await.expect("opened");
    let moved = json!({ "to": 11, "amount": "20000", "reference": 1 });
    maker.post("/v1/transfers", &moved).await.expect("moved");
    while now_ms() * 1_000 <= soon + 100_000 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // 1 and 2: one order against two resting ones. 3: the pair. 4: the sub-account takes.
    place(&maker, &order("m-1", "sell", 2, "3.000")).await;
    place(&maker, &order("m-2", "sell", 3, "3.001")).await;
    place(&taker, &order("t-1", "buy", 4, "3.001")).await;
    place(&maker, &order_in(SPOT, "m-3", "buy", 4, "1.50")).await;
    place(&taker, &order_in(SPOT, "t-2", "sell", 4, "1.50")).await;
    place(&taker, &order("t-3", "buy", 1, "2.000")).await;
    place(&maker, &with(order("s-1", "sell", 1, "2.000"), json!({ "account": 11 }))).await;
    Traded { venue, maker, taker }
}

/// What the fills are besides ids and times.
fn told(fills: &[Value]) -> Vec<[String; 9]> {
    let fields =
        ["account_sequence", "trade_id", "client_order_id", "instrument", "side", "price", "lots", "fee", "liquidity"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fills.iter().map(|fill| fields.map(|field| text(&fill[field]))).collect()
}

fn rows<const N: usize>(rows: [[&str; 9]; N]) -> Vec<[String; 9]> {
    rows.map(|row| row.map(str::to_owned)).to_vec()
}

/// 0.0001 × 744 a lot is the rebate of tier 1 and 0.0005 × 744 the fee of tier 0; the pair takes 0.001 and 0.002 a lot.
fn of_maker() -> Vec<[String; 9]> {
    rows([
        ["3", "3", "m-3", SPOT, "buy", "1.500000", "4", "0.004000", "maker"],
        ["2", "2", "m-2", LASTING, "sell", "3.001000", "2", "-0.148800", "maker"],
        ["1", "1", "m-1", LASTING, "sell", "3.000000", "2", "-0.148800", "maker"],
    ])
}

fn of_taker() -> Vec<[String; 9]> {
    rows([
        // Tier 0 pays nothing for what rested.
        ["4", "4", "t-3", LASTING, "buy", "2.000000", "1", "0.000000", "maker"],
        ["3", "3", "t-2", SPOT, "sell", "1.500000", "4", "0.008000", "taker"],
        ["2", "2", "t-1", LASTING, "buy", "3.001000", "2", "0.744000", "taker"],
        ["1", "1", "t-1", LASTING, "buy", "3.000000", "2", "0.744000", "taker"],
    ])
}

fn of_sub_account() -> Vec<[String; 9]> {
    rows([["1", "4", "s-1", LASTING, "sell", "2.000000", "1", "0.372000", "taker"]])
}

async fn check_all(maker: &Client, taker: &Client) {
    for limit in [1, 2, 1_000] {
        assert_eq!(told(&walk(maker, "/v1/fills?", limit).await), of_maker(), "{limit} a page");
        assert_eq!(told(&walk(taker, "/v1/fills?", limit).await), of_taker(), "{limit} a page");
    }
    assert_eq!(told(&walk(maker, "/v1/fills?account=11", 10).await), of_sub_account());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_of_a_trade_is_told_of_it_with_its_own_order_and_fee() {
    let folder = tempfile::tempdir().unwrap();
    let Traded { venue, maker, taker } = traded(folder.path()).await;
    check_all(&maker, &taker).await;

    // One contract, in any pages; its own order is named by the venue's id, too.
    for (instrument, expected) in [(SPOT, &of_taker()[1..2]), (LASTING, &[&of_taker()[..1], &of_taker()[2..]].concat())]
    {
        for limit in [1, 1_000] {
            let found = walk(&taker, &format!("/v1/fills?instrument={instrument}"), limit).await;
            assert_eq!(told(&found), expected, "{instrument}, {limit} a page");
        }
    }
    let fill = taker.get("/v1/fills?limit=1").await.unwrap()["items"][0].clone();
    let order = market::found(&taker, "t-3").await;
    assert_eq!(fill["order_id"], order["order_id"]);

    // The public list has the same trades, numbered in each contract, and says nothing of accounts and fees.
    let public = Client::anonymous(&venue.url).get(&format!("/v1/trades?instrument={LASTING}")).await.unwrap();
    let public = public["items"].as_array().unwrap().clone();
    let numbers: Vec<[&Value; 2]> =
        public.iter().map(|trade| [&trade["trade_id"], &trade["instrument_sequence"]]).collect();
    assert_eq!(numbers, [[&json!("4"), &json!(3)], [&json!("2"), &json!(2)], [&json!("1"), &json!(1)]]);
    for field in ["ts_us", "business_date"] {
        assert_eq!(public[0][field], fill[field], "{field}");
    }
    let day = fill["ts_us"].as_i64().unwrap().div_euclid(86_400_000_000);
    let date = engine::units::Day(i32::try_from(day).unwrap());
    assert_eq!(fill["business_date"], api::http::extract::day_text(date));
    let private = ["account", "fee", "order", "liquidity"];
    let names: Vec<&String> = public[0].as_object().unwrap().keys().collect();
    assert!(!names.iter().any(|name| private.iter().any(|word| name.contains(word))), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_is_for_its_owner_and_questions_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Traded { venue, maker, taker } = traded(folder.path()).await;
    let operator = venue.operator();
    let refused = Client::anonymous(&venue.url).get("/v1/fills").await;
    assert_eq!(refusal(refused).0, 401);
    for (client, path, status, code) in [
        (&taker, "/v1/fills?account=1", 403, "not_authorised"),
        (&taker, "/v1/fills?account=11", 403, "not_authorised"),
        (&operator, "/v1/fills", 403, "not_authorised"),
        (&maker, "/v1/fills?instrument=NONE", 404, "not_found"),
        (&maker, "/v1/fills?limit=0", 400, "invalid_request"),
        (&maker, "/v1/fills?limit=1001", 400, "invalid_request"),
        (&maker, "/v1/fills?cursor=x", 400, "invalid_request"),
        (&maker, "/v1/fills?cursor=9223372036854775808", 400, "invalid_request"),
        (&maker, "/v1/fills?colour=red", 400, "invalid_request"),
    ] {
        assert_eq!(refusal(client.get(path).await), (status, code.to_owned()), "{path}");
    }
}

/// A history as the program before this list left it: other tables, other numbers, and no names.
#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_history_is_told_anew_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let Traded { venue, maker, .. } = traded(folder.path()).await;
    let withdrawal = maker.post("/v1/withdrawals", &json!({ "amount": "5", "reference": 2 })).await.unwrap();
    venue.end().await;
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", history_path(folder.path()).display())));
    }
    let options = SqliteConnectOptions::new().filename(history_path(folder.path())).create_if_missing(true);
    let mut file = options.connect().await.unwrap();
    let mut earlier = sqlx::migrate!("../migrations/projections");
    earlier.migrations = Cow::Owned(earlier.migrations.iter().take(2).cloned().collect());
    earlier.run(&mut file).await.unwrap();
    sqlx::raw_sql(
        "insert into trades values (1, 9, 9, 1, 9, 9, 'buy', 9, 9, 9, 9, 9, 9);
         insert into withdrawals values (9, 1, 1, 9, 'pending', 9, null);
         update projection_offset set seq = 9;",
    )
    .execute(&mut file)
    .await
    .unwrap();
    drop(file);

    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = [1, 2].map(|account| market::trader(&venue.url, account));
    check_all(&clients[0], &clients[1]).await;
    let listed = walk(&clients[0], "/v1/withdrawals?", 10).await;
    assert_eq!(listed, [withdrawal]);
}
