//! The whole life of a tokenised GPU over HTTP: rate, vault, machines, subscriptions, trades, revenue, yield, export, restart, and the end.

use std::time::SystemTime;

use api::client::Client;
use api::http::extract::day_text;
use api::venue::clock::{Clock, SimulatedClock};
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};

use crate::harness::Inside;
use crate::market::{self, SERIES, order_in, place, refusal, trader};

/// 2026-07-07.
const START: Day = Day(20_641);
const SPONSOR: u8 = 9;

async fn start(folder: &std::path::Path, clock: &SimulatedClock) -> Inside {
    Inside::start(folder, Clock::Simulated(clock.clone())).await
}

/// A new day: what is due is done.
async fn new_day(venue: &Inside, clock: &SimulatedClock, days: u16) {
    clock.set(Timestamp(START.plus(days).start().0 + 1));
    venue.app.handle.tick().await.expect("an answer");
}

fn vault(number: u32, gpus: u16, share_price: &str) -> Value {
    json!({
        "vault": number, "series": SERIES, "asset": 70 + number, "symbol": format!("H100-V{number}"), "gpus": gpus,
        "share_price": share_price, "sponsor": SPONSOR, "holders_basis_points": 9_000,
        "funding_until_us": START.plus(1).start().0, "deployment_until_us": START.plus(7).start().0,
    })
}

fn serial(machine: u8) -> String {
    format!("{machine:02x}").repeat(32)
}

async fn post(client: &Client, path: &str, body: Value) -> Value {
    client.post(path, &body).await.unwrap_or_else(|error| panic!("{path} {body}: {error}"))
}

async fn shown(url: &str, path: &str) -> Value {
    Client::anonymous(url).get(path).await.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn fields<const N: usize>(value: &Value, names: [&str; N]) -> Value {
    names.map(|name| value[name].clone()).into_iter().collect()
}

/// Rate, vault 7 of four machines and their deeds, subscribed by two and deployed; a pair of its shares.
async fn deployed(venue: &Inside, traders: &[Client]) {
    let operator = venue.operator();
    let rate = json!({ "series": SERIES, "effective_day": "2026-07-07", "rate": "0.600000" });
    let early = operator.post("/v1/operator/vaults", &vault(7, 4, "250")).await;
    assert_eq!(refusal(early), (409, "no_operating_rate".to_owned()));
    post(&operator, "/v1/operator/operating-rates", rate.clone()).await;
    assert_eq!(shown(&venue.url, "/v1/operating-rates").await["items"], json!([rate]));
    let again = operator.post("/v1/operator/operating-rates", &rate).await;
    assert_eq!(refusal(again), (422, "invalid_operating_rate".to_owned()));
    post(&operator, "/v1/operator/vaults", vault(7, 4, "250")).await;
    let early = traders[0].post("/v1/vaults/7/subscriptions", &json!({ "shares": 300, "reference": 1 })).await;
    assert_eq!(refusal(early), (409, "deeds_missing".to_owned()));
    for machine in 1..=4 {
        post(&operator, "/v1/operator/vaults/7/deeds", json!({ "serial_hash": serial(machine) })).await;
    }
    let short = operator.post("/v1/operator/vaults/7/deeds", &json!({ "serial_hash": "ab" })).await;
    assert_eq!(refusal(short), (400, "invalid_request".to_owned()));
    let bought = post(&traders[0], "/v1/vaults/7/subscriptions", json!({ "shares": 300, "reference": 1 })).await;
    assert_eq!(fields(&bought, ["account", "shares", "paid", "state"]), json!([1, 300, "75000.000000", "open"]));
    let more = traders[1].post("/v1/vaults/7/subscriptions", &json!({ "shares": 101, "reference": 1 })).await;
    assert_eq!(refusal(more), (409, "shares_not_left".to_owned()));
    let held = traders[0].get("/v1/vaults/7/yield").await.expect("a yield");
    assert_eq!(fields(&held, ["subscribed", "shares", "claimable"]), json!([300, 0, "0.000000"]));
    let last = post(&traders[1], "/v1/vaults/7/subscriptions", json!({ "shares": 100, "reference": 1 })).await;
    assert_eq!(last["state"], "funded");
    let early = operator.post("/v1/operator/vaults/7/deploy", &Value::Null).await;
    assert_eq!(refusal(early), (409, "deeds_missing".to_owned()));
    for machine in 1..=4 {
        let seen = json!({ "serial_hash": serial(machine), "attestation_hash": serial(0xaa) });
        post(&operator, "/v1/operator/vaults/7/attestations", seen).await;
    }
    post(&operator, "/v1/operator/vaults/7/deploy", Value::Null).await;
    let pair = json!({
        "instrument": 77, "asset": "H100-V7", "lot_size": "1", "tick_size": "0.001",
        "price_floor": "0", "price_cap": "1000", "maker_fee": "0", "taker_fee": "0",
    });
    post(&operator, "/v1/operator/spot-pairs", pair).await;
}

/// A vault with number 1 whose sponsor is account 1, on the machine's clock.
pub(crate) async fn open_today(operator: &Client) {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later");
    let now = Timestamp(since.as_micros().try_into().expect("it is not that late"));
    let rate = json!({ "series": SERIES, "effective_day": day_text(now.day()), "rate": "0.6" });
    post(operator, "/v1/operator/operating-rates", rate).await;
    let deadlines = json!({
        "sponsor": 1, "funding_until_us": now.day().plus(7).start().0, "deployment_until_us": now.day().plus(14).start().0,
    });
    post(operator, "/v1/operator/vaults", market::with(vault(1, 1, "250"), deadlines)).await;
}

async fn record(venue: &Inside, number: u64, day: &str, gpu_seconds: u64, gross: &str) -> Value {
    let entry = json!({ "number": number, "day": day, "gpu_seconds": gpu_seconds, "gross": gross });
    post(&venue.operator(), "/v1/operator/vaults/7/revenue", entry).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_is_tokenised_earns_and_is_sold() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(Timestamp(START.start().0 + 1));
    let venue = start(folder.path(), &clock).await;
    let traders = market::open(&venue.url, 1..=3, "100000").await;
    market::open_account(&venue.operator(), &venue.url, SPONSOR, "1").await;
    deployed(&venue, &traders).await;
    let state = shown(&venue.url, "/v1/vaults/7").await;
    let names = ["state", "gpus", "shares", "shares_on_ledger", "sponsor", "next_revenue_day"];
    assert_eq!(fields(&state, names), json!(["deployed", 4, 400, 400, 9, "2026-07-07"]));
    assert_eq!(state["deeds"][0], json!({ "serial_hash": serial(1), "attestation_hash": serial(0xaa) }));

    new_day(&venue, &clock, 1).await;
    let entry = record(&venue, 1, "2026-07-07", 288_000, "188").await;
    let names = ["cost", "kept", "holders", "sponsor", "per_share"];
    assert_eq!(fields(&entry, names), json!(["48.000000", "48.000000", "126.000000", "14.000000", "0.315000"]));
    let twice = json!({ "number": 1, "day": "2026-07-07", "gpu_seconds": 1, "gross": "1" });
    let twice = venue.operator().post("/v1/operator/vaults/7/revenue", &twice).await;
    assert_eq!(refusal(twice), (409, "revenue_out_of_sequence".to_owned()));

    // Bob sells 40 shares to carol, who exports ten of them; what was earned until then stays bob's.
    place(&traders[1], &order_in("H100-V7-USD", "b1", "sell", 40, "255")).await;
    place(&traders[2], &order_in("H100-V7-USD", "c1", "buy", 40, "255")).await;
    let out = json!({ "asset": "H100-V7", "amount": "10", "reference": 1 });
    let out = post(&traders[2], "/v1/withdrawals", out).await;
    let path = format!("/v1/operator/withdrawals/{}/post", out["withdrawal_id"].as_str().expect("a number"));
    post(&venue.operator(), &path, Value::Null).await;
    let made_up = json!({ "account": 3, "asset": "H100-V7", "amount": "11", "reference": 2 });
    let made_up = venue.operator().post("/v1/operator/deposits", &made_up).await;
    assert_eq!(refusal(made_up), (422, "not_exported".to_owned()));

    new_day(&venue, &clock, 2).await;
    record(&venue, 2, "2026-07-08", 100_001, "61.234567").await;
    let claimed = post(&traders[1], "/v1/vaults/7/claims", json!({})).await;
    assert_eq!(fields(&claimed, ["yield_paid", "shares_redeemed"]), json!(["37.516620", 0]));
    let nothing = traders[1].post("/v1/vaults/7/claims", &json!({})).await;
    assert_eq!(refusal(nothing), (409, "nothing_to_claim".to_owned()));

    // A restart changes nothing.
    venue.end().await;
    let venue = start(folder.path(), &clock).await;
    let traders: Vec<Client> = (1..=3).map(|account| trader(&venue.url, account)).collect();
    let held = traders[2].get("/v1/vaults/7/yield").await.expect("a yield");
    assert_eq!(fields(&held, ["shares", "claimable"]), json!([30, "3.008310"]));
    let state = shown(&venue.url, "/v1/vaults/7").await;
    let names = ["state", "earned_per_share", "unclaimed", "reserve", "shares_on_ledger"];
    assert_eq!(fields(&state, names), json!(["yielding", "0.415277", "127.591569", "1.002770", 390]));
    let entries = shown(&venue.url, "/v1/vaults/7/revenue?limit=1").await;
    let names = ["number", "day", "operating_rate", "carried", "exported"];
    let latest = json!([2, "2026-07-08", "0.600000", "0.000159", "1.002770"]);
    assert_eq!(fields(&entries["items"][0], names), latest);
    let cursor = entries["next_cursor"].as_str().expect("another page");
    let entries = shown(&venue.url, &format!("/v1/vaults/7/revenue?limit=1&cursor={cursor}")).await;
    assert_eq!(entries["items"][0]["number"], 1);

    // The machines are sold: 60 000 and the reserve and what was carried, for 400 shares.
    let ended = post(&venue.operator(), "/v1/operator/vaults/7/wind-up", json!({ "proceeds": "60000" })).await;
    assert_eq!(fields(&ended, ["redemption_per_share", "residual"]), json!(["150.002507", "0.000129"]));
    venue.app.handle.tick().await.expect("an answer");
    let state = shown(&venue.url, "/v1/vaults/7").await;
    assert_eq!(fields(&state, ["state", "unclaimed", "shares_on_ledger"]), json!(["wound_up", "0.000000", 0]));
    let late = traders[0].post("/v1/orders", &order_in("H100-V7-USD", "late", "buy", 1, "1")).await;
    assert_eq!(refusal(late), (422, "expired".to_owned()));
    let home = json!({ "account": 3, "asset": "H100-V7", "amount": "10", "reference": 2 });
    post(&venue.operator(), "/v1/operator/deposits", home).await;
    let claimed = post(&traders[2], "/v1/vaults/7/claims", json!({})).await;
    assert_eq!(fields(&claimed, ["shares_redeemed", "redemption_paid"]), json!([10, "1500.025070"]));

    // The ledger and the history say the same.
    let checked = venue.operator().get("/v1/operator/reconciliation").await.expect("they agree");
    assert!(checked["balances"].as_u64() > Some(10), "{checked}");
    venue.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_not_funded_pays_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(Timestamp(START.start().0 + 1));
    let venue = start(folder.path(), &clock).await;
    let traders = market::open(&venue.url, 1..=2, "1000").await;
    let operator = venue.operator();
    market::open_account(&operator, &venue.url, SPONSOR, "1").await;
    let rate = json!({ "series": SERIES, "effective_day": "2026-07-07", "rate": "0.6" });
    post(&operator, "/v1/operator/operating-rates", rate).await;
    post(&operator, "/v1/operator/vaults", vault(8, 1, "10")).await;
    post(&operator, "/v1/operator/vaults", vault(9, 1, "10")).await;
    post(&operator, "/v1/operator/vaults/8/deeds", json!({ "serial_hash": serial(1) })).await;
    let taken = operator.post("/v1/operator/vaults/9/deeds", &json!({ "serial_hash": serial(1) })).await;
    assert_eq!(refusal(taken), (409, "deed_taken".to_owned()));
    post(&traders[0], "/v1/vaults/8/subscriptions", json!({ "shares": 50, "reference": 1 })).await;
    let cash = |balances: Value| balances["items"][0]["free"].clone();
    assert_eq!(cash(traders[0].get("/v1/balances").await.expect("balances")), "500.000000");
    new_day(&venue, &clock, 1).await;
    assert_eq!(cash(traders[0].get("/v1/balances").await.expect("balances")), "1000.000000");
    let vaults = shown(&venue.url, "/v1/vaults").await;
    let states: Vec<&Value> = vaults["items"].as_array().unwrap().iter().map(|vault| &vault["state"]).collect();
    assert_eq!(states, ["refunded", "refunded"]);
    let late = operator.post("/v1/operator/vaults/8/cancel", &Value::Null).await;
    assert_eq!(refusal(late), (409, "wrong_vault_state".to_owned()));
    // Traders do not run vaults, and a vault that is not there is not found.
    let not_his = traders[0].post("/v1/operator/vaults/8/cancel", &Value::Null).await;
    assert_eq!(refusal(not_his).0, 403);
    assert_eq!(refusal(Client::anonymous(&venue.url).get("/v1/vaults/99").await), (404, "not_found".to_owned()));
    venue.end().await;
}
