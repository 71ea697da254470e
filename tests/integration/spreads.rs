//! Spreads and families over HTTP: the venue lists what a family lacks, and a trade of a spread becomes two positions.

use api::client::Client;
use api::risk::{Service, Settings};
use api::venue::clock::{Clock, SimulatedClock};
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};

use crate::harness::Inside;
use crate::margin::parameters;
use crate::market::{self, LASTING, SERIES, order_in, place, refusal};

/// 2026-07-15, and 2026-10-01 on which a quarter begins.
const START: Day = Day(20_649);
const QUARTER: Day = Day(20_727);

const SPREAD: &str = "H100-SXM.GLOBAL.OD-2026-08~2026-09";
const NEAR: &str = "H100-SXM.GLOBAL.OD-2026-08";
const FAR: &str = "H100-SXM.GLOBAL.OD-2026-09";

/// Three months, the next quarter, and spreads.
fn family() -> Value {
    json!({
        "family": 7, "series": SERIES, "months": 3, "quarters": 1, "years": 0, "calendar_spreads": true,
        "tick_size": "0.001000", "price_floor": "0.000000", "price_cap": "10.000000",
        "maker_fee": "0.000000", "taker_fee": "0.000500",
    })
}

async fn start(folder: &std::path::Path, clock: &SimulatedClock) -> Inside {
    Inside::start(folder, Clock::Simulated(clock.clone())).await
}

async fn listed(url: &str) -> Vec<Value> {
    let page = Client::anonymous(url).get("/v1/instruments").await.expect("instruments");
    page["items"].as_array().expect("a page has items").clone()
}

/// What is listed, without the series in front, in the order of numbers.
fn periods(instruments: &[Value]) -> Vec<&str> {
    let symbols = instruments.iter().map(|item| item["id"].as_str().expect("a symbol"));
    symbols.map(|symbol| symbol.strip_prefix(SERIES).expect("a symbol of the series")).collect()
}

async fn find(url: &str, symbol: &str) -> Value {
    listed(url).await.into_iter().find(|item| item["id"] == symbol).expect("it is listed")
}

/// Arrays of the risk service and marks, all at 3.000.
async fn publish(venue: &Inside, clock: &SimulatedClock) {
    let operator = venue.operator();
    operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &parameters()).await.expect("set");
    let months: Vec<String> = (7..=12).map(|month| format!("{SERIES}-2026-{month:02}")).collect();
    for month in &months {
        let path = format!("/v1/operator/instruments/{month}/controls");
        operator.put(&path, &json!({ "reference_price": "3" })).await.expect("set");
    }
    let settings = Settings::read(&[format!("{SERIES}=0.60")], (3.0, 1.0 / 3.0), 24).expect("settings");
    let service = Service::new(venue.app.handle.clone(), Clock::Simulated(clock.clone()), settings);
    assert_eq!(service.publish().await, Ok(6), "one for each month that the family lists");
    for month in &months {
        operator.post(&format!("/v1/operator/instruments/{month}/mark"), &Value::Null).await.expect("marked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_lists_what_comes_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(Timestamp(START.start().0 + 1));
    let venue = start(folder.path(), &clock).await;
    market::open(&venue.url, [1], "1").await;
    let operator = venue.operator();
    let idle = json!({ "months": 0 });
    let idle = operator.post("/v1/operator/families", &market::with(family(), idle)).await;
    assert_eq!(refusal(idle), (422, "invalid_terms".to_owned()));
    operator.post("/v1/operator/families", &family()).await.expect("set");
    assert_eq!(Client::anonymous(&venue.url).get("/v1/families").await.expect("families")["items"], json!([family()]));
    let first = [
        &LASTING[SERIES.len()..],
        "-2026-07",
        "-2026-08",
        "-2026-09",
        "-2026-10",
        "-2026-11",
        "-2026-12",
        "-2026-Q4",
        "-2026-07~2026-08",
        "-2026-08~2026-09",
        "-2026-09~2026-10",
        "-2026-10~2026-11",
        "-2026-11~2026-12",
    ];
    assert_eq!(periods(&listed(&venue.url).await), first);

    // Before the quarter begins nothing is missing, and nothing is written.
    let seq = venue.app.position.borrow().seq;
    clock.set(Timestamp(QUARTER.start().0 - 1));
    venue.app.handle.tick().await.expect("an answer");
    assert_eq!(venue.app.position.borrow().seq, seq);
    clock.set(QUARTER.start());
    venue.app.handle.tick().await.expect("an answer");
    let second =
        ["-2027-01", "-2027-02", "-2027-03", "-2027-Q1", "-2026-12~2027-01", "-2027-01~2027-02", "-2027-02~2027-03"];
    assert_eq!(periods(&listed(&venue.url).await), [&first[..], &second].concat());
    assert_eq!(find(&venue.url, SPREAD).await["state"], "expired");

    // A restart finds nothing missing.
    let seq = venue.app.position.borrow().seq;
    venue.end().await;
    let venue = start(folder.path(), &clock).await;
    assert_eq!((venue.app.position.borrow().seq, listed(&venue.url).await.len()), (seq, 20));
    venue.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_of_a_spread_is_two_positions() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(START.start());
    let venue = start(folder.path(), &clock).await;
    let clients = market::open(&venue.url, 1..=2, "10000").await;
    let operator = venue.operator();
    operator.post("/v1/operator/families", &family()).await.expect("set");
    publish(&venue, &clock).await;
    let shown = find(&venue.url, SPREAD).await;
    let fields = ["kind", "near", "far", "contract_hours", "price_floor", "collateral", "series", "state"];
    let fields = fields.map(|field| shown[field].clone());
    let september = json!(["spread", NEAR, FAR, 720, "-10.000000", "margin", null, "trading"]);
    assert_eq!(json!(fields), september);

    place(&clients[0], &order_in(SPREAD, "bid", "buy", 4, "-0.045")).await;
    let sold = place(&clients[1], &order_in(SPREAD, "hit", "sell", 4, "-0.050")).await;
    assert_eq!(sold["filled_lots"], 4);
    // The near leg at its mark, the far one at 3.000 + 0.045; the fee on the far leg's 720 hours.
    let fills = clients[1].get("/v1/fills").await.expect("fills");
    let fill = ["instrument", "side", "price", "fee"].map(|field| fills["items"][0][field].clone());
    assert_eq!(json!(fill), json!([SPREAD, "sell", "-0.045000", "1.440000"]));
    let legs = json!([
        { "instrument": NEAR, "side": "sell", "price": "3.000000" },
        { "instrument": FAR, "side": "buy", "price": "3.045000" },
    ]);
    assert_eq!(fills["items"][0]["legs"], legs);
    let held = clients[0].get("/v1/positions").await.expect("positions");
    let held: Vec<[Value; 3]> = held["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| ["instrument", "lots", "cost"].map(|field| item[field].clone()))
        .collect();
    // 4 × 3.000 × 744, and 4 × 3.045 × 720 received.
    assert_eq!(json!(held), json!([[NEAR, 4, "8928.000000"], [FAR, -4, "-8769.600000"]]));

    // It trades while both legs do.
    operator.post(&format!("/v1/operator/instruments/{FAR}/halt"), &Value::Null).await.expect("halted");
    assert_eq!(find(&venue.url, SPREAD).await["state"], "halted");
    let refused = clients[0].post("/v1/orders", &order_in(SPREAD, "late", "buy", 1, "-0.045")).await;
    assert_eq!(refusal(refused).1, "halted");
    venue.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_lists_spreads() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(START.start());
    let venue = start(folder.path(), &clock).await;
    market::open(&venue.url, [1], "1").await;
    let operator = venue.operator();
    operator.post("/v1/operator/families", &family()).await.expect("set");
    let spread = |near: &str, far: &str| {
        json!({
            "instrument": 100, "series": SERIES, "contract": { "kind": "spread", "near": near, "far": far },
            "tick_size": "0.001", "price_floor": "-10", "price_cap": "10", "maker_fee": "0", "taker_fee": "0.0005",
        })
    };
    let month = |month: &str| format!("{SERIES}-{month}");
    let refused = [
        (spread(FAR, NEAR), 422, "invalid_terms"),
        (spread(NEAR, NEAR), 422, "invalid_terms"),
        (spread(NEAR, SPREAD), 422, "invalid_terms"),
        (spread(LASTING, FAR), 422, "invalid_terms"),
        (spread(NEAR, &month("2027-09")), 404, "not_found"),
        (spread(NEAR, FAR), 409, "symbol_exists"),
    ];
    for (spread, status, code) in refused {
        let answer = operator.post("/v1/operator/futures", &spread).await;
        assert_eq!(refusal(answer), (status, code.to_owned()), "{spread}");
    }
    let wide = operator.post("/v1/operator/futures", &spread(&month("2026-07"), &month("2026-Q4"))).await;
    let id = format!("{SERIES}-2026-07~2026-Q4");
    assert_eq!(wide.expect("listed"), json!({ "id": id, "contract_hours": 2_208 }));
    assert_eq!(find(&venue.url, &id).await["expiry_ts_us"], Day(20_666).start().0);
    venue.end().await;
}
