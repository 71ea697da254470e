//! Contracts on margin that are no cash months, over HTTP: a strip that cascades, a perpetual that is funded, a physical month.

use api::client::Client;
use api::venue::clock::{Clock, SimulatedClock};
use engine::units::Day;
use serde_json::{Value, json};

use crate::harness::Inside;
use crate::margin::{array, parameters};
use crate::market::{self, SERIES, order_in, place, refusal, with};

pub(crate) const HOUR_US: i64 = 3_600_000_000;

/// 2026-07-01, on which the third quarter begins.
pub(crate) const FIRST_DAY: Day = Day(20_635);

pub(crate) const QUARTER: &str = "H100-SXM.GLOBAL.OD-2026-Q3";
pub(crate) const MONTHS: [&str; 3] = ["2026-07", "2026-08", "2026-09"];

fn future(instrument: u32, contract: Value) -> Value {
    json!({
        "instrument": instrument, "series": SERIES, "contract": contract,
        "tick_size": "0.001", "price_floor": "0", "price_cap": "10", "maker_fee": "0", "taker_fee": "0.0005",
    })
}

async fn settle(operator: &Client, instrument: &str, day: &str, kind: &str) -> Value {
    let body = json!({ "instrument": instrument, "day": day, "kind": kind });
    operator.post("/v1/operator/settlements", &body).await.unwrap_or_else(|error| panic!("{instrument}: {error}"))
}

/// Lists three months and their quarter, a perpetual and a physical month, with arrays and marks at 3.000.
pub(crate) async fn list(operator: &Client, now_us: i64) {
    let path = format!("/v1/operator/series/{SERIES}/margin");
    operator.put(&path, &parameters()).await.expect("set");
    for (number, month) in (2..).zip(MONTHS) {
        let terms = json!({ "instrument": number, "delivery_month": month, "collateral": "margin" });
        operator.post("/v1/operator/instruments", &with(market::lasting_terms(), terms)).await.expect("listed");
    }
    let legs: Vec<String> = MONTHS.iter().map(|month| format!("{SERIES}-{month}")).collect();
    let strip = future(10, json!({ "kind": "strip", "period": "2026-Q3", "legs": legs }));
    let listed = operator.post("/v1/operator/futures", &strip).await.expect("listed");
    assert_eq!(listed, json!({ "id": QUARTER, "contract_hours": 2_208 }));
    let perpetual = json!({ "kind": "perpetual", "lot_hours": 720, "interest_ppm": 100, "cap_ppm": 40_000 });
    operator.post("/v1/operator/futures", &future(11, perpetual)).await.expect("listed");
    let physical = json!({ "kind": "physical_month", "period": "2026-09" });
    operator.post("/v1/operator/futures", &future(12, physical)).await.expect("listed");
    for name in MONTHS.into_iter().chain(["PERP", "2026-09-PHYS"]) {
        let path = format!("/v1/operator/instruments/{SERIES}-{name}");
        let losses = array(1, now_us + 40 * HOUR_US, "3", [148.8, 297.6, 446.4]);
        operator.post(&format!("{path}/risk"), &losses).await.expect("published");
        operator.post(&format!("{path}/mark"), &Value::Null).await.expect("marked");
    }
    operator.post(&format!("/v1/operator/instruments/{QUARTER}/mark"), &Value::Null).await.expect("marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_becomes_its_months_and_a_perpetual_is_funded() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = FIRST_DAY.start().plus_micros(-12 * HOUR_US);
    let clock = SimulatedClock::default();
    clock.set(before);
    let venue = Inside::start(folder.path(), Clock::Simulated(clock.clone())).await;
    let clients = market::open(&venue.url, 1..=2, "100000").await;
    let operator = venue.operator();
    list(&operator, before.0).await;

    let listed = Client::anonymous(&venue.url).get("/v1/instruments").await.unwrap();
    let kinds: Vec<&str> =
        listed["items"].as_array().unwrap().iter().filter_map(|item| item["kind"].as_str()).collect();
    let months = ["cash_month"; 4];
    assert_eq!(kinds, [&months[..], &["strip", "perpetual", "physical_month"]].concat());

    let odd = future(13, json!({ "kind": "strip", "period": "2026-07", "legs": [] }));
    assert_eq!(refusal(operator.post("/v1/operator/futures", &odd).await), (400, "invalid_request".to_owned()));
    let gap = json!({ "kind": "strip", "period": "2026-Q4", "legs": [format!("{SERIES}-2026-07"), format!("{SERIES}-2026-08")] });
    let gap = operator.post("/v1/operator/futures", &future(13, gap)).await;
    assert_eq!(refusal(gap), (422, "invalid_terms".to_owned()));

    place(&clients[0], &order_in(QUARTER, "long", "buy", 2, "3.000")).await;
    place(&clients[1], &order_in(QUARTER, "short", "sell", 2, "3.000")).await;
    let funded = settle(&operator, &format!("{SERIES}-PERP"), "2026-06-30", "funding").await;
    // No premium: the interest of 100 parts per million, an eighth of it on 720 hours at 3.000.
    assert_eq!((&funded["value_per_lot"], &funded["rung"]), (&json!("0.027000"), &json!("premium")));

    clock.set(FIRST_DAY.start());
    let early = json!({ "instrument": QUARTER, "day": "2026-06-30", "kind": "cascade" });
    let early = operator.post("/v1/operator/settlements", &early).await;
    assert_eq!(refusal(early), (422, "no_settlement_price".to_owned()));
    for month in MONTHS {
        settle(&operator, &format!("{SERIES}-{month}"), "2026-06-30", "daily").await;
    }
    let cascaded = settle(&operator, QUARTER, "2026-06-30", "cascade").await;
    assert_eq!((&cascaded["rung"], &cascaded["value_per_lot"]), (&json!("legs"), &json!("6624.000000")));
    let held = clients[0].get("/v1/positions").await.unwrap();
    let held: Vec<(&str, i64)> = held["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["instrument"].as_str().unwrap(), item["lots"].as_i64().unwrap()))
        .collect();
    let months: Vec<String> = MONTHS.iter().map(|month| format!("{SERIES}-{month}")).collect();
    assert_eq!(held, months.iter().map(|month| (month.as_str(), 2)).collect::<Vec<_>>());
}
