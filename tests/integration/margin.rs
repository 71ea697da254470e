//! Contracts on margin over HTTP: parameters, arrays, what an account must have, what a portfolio would need, and what is owed.

use std::time::Duration;

use api::client::{Client, ClientError};
use api::venue::clock::{Clock, SimulatedClock};
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::Inside;
use crate::market::{self, LASTING, SERIES, found, instrument, order_in, place, refusal, with};
use crate::request::now_ms;

/// 744 hours.
pub(crate) const OCTOBER: &str = "H100-SXM.GLOBAL.OD-2199-10";
/// 720 hours.
pub(crate) const NOVEMBER: &str = "H100-SXM.GLOBAL.OD-2199-11";

const HOUR_US: i64 = 3_600_000_000;

/// The parameters of the worked example in `docs/margin.md`.
pub(crate) fn parameters() -> Value {
    json!({
        "scan_floor": "0.000001", "step_max": "1.000000", "mark_band": "0.500000", "calendar_charge": "30.000000",
        "delivery_charge": "0.000000", "concentration_lots": 0, "concentration_charge": "0.000000",
        "minimum_charge": "10.000000", "position_lots_max": 100, "open_interest_lots_max": 1_000,
        "settlement_lots": 1, "stale_after_us": 0, "frozen_us": 0,
    })
}

/// An array of losses in pairs of scenarios, in USD a lot: a third, two thirds and all of a scan range.
pub(crate) fn array(version: u64, expires_ts_us: i64, reference: &str, losses: [f64; 3]) -> Value {
    let [a, b, c] = losses;
    let all = [0.0, 0.0, -a, -a, a, a, -b, -b, b, b, -c, -c, c, c, -c, c].map(|loss| format!("{loss:.6}"));
    json!({ "version": version, "expires_ts_us": expires_ts_us, "reference_price": reference, "losses": all })
}

/// Lists both months on margin.
pub(crate) async fn list(operator: &Client) {
    for (number, month) in [(2, "2199-10"), (3, "2199-11")] {
        let terms =
            json!({ "instrument": number, "delivery_month": month, "collateral": "margin", "maker_fee": "0.0005" });
        operator.post("/v1/operator/instruments", &with(market::lasting_terms(), terms)).await.expect("listed");
    }
}

async fn set_parameters(operator: &Client) {
    let path = format!("/v1/operator/series/{SERIES}/margin");
    assert_eq!(operator.put(&path, &parameters()).await.expect("set"), parameters());
}

async fn publish(operator: &Client, instrument: &str, array: Value) -> Result<Value, ClientError> {
    operator.post(&format!("/v1/operator/instruments/{instrument}/risk"), &array).await
}

/// Arrays at 3.000 with a scan range of 0.60, and marks at 3.000.
async fn publish_example(operator: &Client, now_us: i64) {
    for (instrument, losses) in [(OCTOBER, [148.8, 297.6, 446.4]), (NOVEMBER, [144.0, 288.0, 432.0])] {
        publish(operator, instrument, array(1, now_us + HOUR_US, "3", losses)).await.expect("published");
        let marked = operator.post(&format!("/v1/operator/instruments/{instrument}/mark"), &Value::Null).await;
        assert_eq!(marked.expect("marked")["mark_price"], "3.000000");
    }
}

/// Lists both months on margin with an array for the first.
pub(crate) async fn list_with_array(operator: &Client) {
    list(operator).await;
    set_parameters(operator).await;
    let array = array(1, now_us() + HOUR_US, "3", [148.8, 297.6, 446.4]);
    publish(operator, OCTOBER, array).await.expect("published");
}

async fn venue(accounts: u8, usd: &str) -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, 1..=accounts, usd).await;
    list(&venue.operator()).await;
    (folder, venue, clients)
}

fn now_us() -> i64 {
    now_ms() * 1_000
}

/// The fields of an answer that are named.
fn only(answer: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|&name| answer[name].clone()).collect()
}

fn of_problem(answer: Result<Value, ClientError>) -> (u16, String, Value) {
    match answer {
        Err(ClientError::Problem { status, code, document, .. }) => {
            (status.as_u16(), code, document["context"].clone())
        }
        other => panic!("{other:?} is no problem"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_says_what_stands_behind_it() {
    let (_folder, venue, _) = venue(1, "1").await;
    let items = Client::anonymous(&venue.url).get("/v1/instruments").await.unwrap()["items"].clone();
    for (at, id, collateral) in [(0, LASTING, "full"), (1, OCTOBER, "margin"), (2, NOVEMBER, "margin")] {
        let expected = [json!(id), json!("cash_month"), json!(collateral), json!(0), Value::Null];
        let shown = only(&items[at], &["id", "kind", "collateral", "open_interest", "risk_expires_ts_us"]);
        assert_eq!(shown, expected, "{items}");
    }
    let some =
        with(market::lasting_terms(), json!({ "instrument": 4, "delivery_month": "2199-09", "collateral": "some" }));
    let refused = venue.operator().post("/v1/operator/instruments", &some).await;
    assert_eq!(refusal(refused), (400, "invalid_request".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_checked_and_shown() {
    let (_folder, venue, clients) = venue(1, "1").await;
    let operator = venue.operator();
    let path = format!("/v1/operator/series/{SERIES}/margin");
    for (body, status, code) in [
        (json!({}), 400, "invalid_request"),
        (with(parameters(), json!({ "scan_floor": "-0.1" })), 422, "invalid_margin"),
        (with(parameters(), json!({ "minimum_charge": "1000000.000001" })), 422, "invalid_margin"),
        (with(parameters(), json!({ "position_lots_max": 0 })), 422, "invalid_margin"),
        (with(parameters(), json!({ "open_interest_lots_max": 0 })), 422, "invalid_margin"),
        (with(parameters(), json!({ "wider": "1" })), 400, "invalid_request"),
    ] {
        assert_eq!(refusal(operator.put(&path, &body).await), (status, code.to_owned()), "{body}");
    }
    let unknown = operator.put("/v1/operator/series/H200/margin", &parameters()).await;
    assert_eq!(refusal(unknown), (404, "not_found".to_owned()));
    assert_eq!(refusal(clients[0].put(&path, &parameters()).await), (403, "not_authorised".to_owned()));
    let shown = async || Client::anonymous(&venue.url).get("/v1/margin/parameters").await.unwrap();
    assert_eq!(shown().await, json!({ "maintenance_per_mille": 800, "series": [], "credits": [] }));
    set_parameters(&operator).await;

    let series = json!({ "series": 2, "symbol": "H200-SXM.GLOBAL.OD", "inception": "2026-01-01" });
    operator.post("/v1/operator/series", &series).await.unwrap();
    let credit = |second: &str, credit: &str| json!({ "first": SERIES, "second": second, "credit": credit });
    let set = async |body: &Value| operator.put("/v1/operator/margin/credits", body).await;
    for (body, status, code) in [
        (credit(SERIES, "1"), 422, "invalid_margin"),
        (credit("H200-SXM.GLOBAL.OD", "-1"), 422, "invalid_margin"),
        (credit("B200", "1"), 404, "not_found"),
        (json!({ "first": SERIES }), 400, "invalid_request"),
    ] {
        assert_eq!(refusal(set(&body).await), (status, code.to_owned()), "{body}");
    }
    let refused = clients[0].put("/v1/operator/margin/credits", &credit("H200-SXM.GLOBAL.OD", "1")).await;
    assert_eq!(refusal(refused), (403, "not_authorised".to_owned()));
    let some = credit("H200-SXM.GLOBAL.OD", "50.000000");
    set(&some).await.unwrap();
    let series = json!([{ "series": SERIES, "parameters": parameters() }]);
    assert_eq!(shown().await, json!({ "maintenance_per_mille": 800, "series": series, "credits": [some] }));
    set(&credit("H200-SXM.GLOBAL.OD", "0")).await.unwrap();
    assert_eq!(shown().await["credits"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_array_is_checked_and_shown() {
    let (_folder, venue, clients) = venue(1, "1000000").await;
    let (operator, anybody) = (venue.operator(), Client::anonymous(&venue.url));
    let now = now_us();
    let good = array(5, now + HOUR_US, "3", [148.8, 297.6, 446.4]);
    let unknown = (409, "risk_unknown".to_owned());
    assert_eq!(refusal(publish(&operator, OCTOBER, good.clone()).await), unknown, "without parameters");
    set_parameters(&operator).await;
    let path = format!("/v1/instruments/{OCTOBER}/risk");
    assert_eq!(refusal(anybody.get(&path).await), unknown, "without an array");
    let order = order_in(OCTOBER, "early", "buy", 1, "3.000");
    assert_eq!(refusal(clients[0].post("/v1/orders", &order).await), unknown, "nothing trades without one");

    let mut few = good.clone();
    few["losses"].as_array_mut().unwrap().pop();
    let moved = json!({ "losses": [json!("1"), good["losses"][1].clone()] });
    for (instrument, body, status, code) in [
        (LASTING, good.clone(), 422, "not_margined"),
        ("H100-SXM.GLOBAL.OD-2199-08", good.clone(), 404, "not_found"),
        (OCTOBER, few, 400, "invalid_request"),
        (OCTOBER, with(good.clone(), moved), 400, "invalid_request"),
        (OCTOBER, array(5, now - 1, "3", [148.8, 297.6, 446.4]), 422, "invalid_risk"),
        (OCTOBER, array(5, now + 49 * HOUR_US, "3", [148.8, 297.6, 446.4]), 422, "invalid_risk"),
        (OCTOBER, array(5, now + HOUR_US, "10.001", [148.8, 297.6, 446.4]), 422, "invalid_risk"),
        (OCTOBER, array(5, now + HOUR_US, "3", [148.8, 297.6, 1_000_000.1]), 422, "invalid_risk"),
    ] {
        assert_eq!(refusal(publish(&operator, instrument, body.clone()).await), (status, code.to_owned()), "{body}");
    }
    assert_eq!(refusal(publish(&clients[0], OCTOBER, good.clone()).await), (403, "not_authorised".to_owned()));

    publish(&operator, OCTOBER, good.clone()).await.unwrap();
    let shown = anybody.get(&path).await.unwrap();
    let expected = with(good.clone(), json!({ "reference_price": "3.000000" }));
    for name in ["version", "expires_ts_us", "reference_price", "losses"] {
        assert_eq!(shown[name], expected[name], "{name}");
    }
    let rest = [json!(OCTOBER), Value::Null, json!("3.000000")];
    assert_eq!(only(&shown, &["instrument", "mark_price", "reference_value"]), rest);
    let (status, code, context) = of_problem(publish(&operator, OCTOBER, good).await);
    assert_eq!((status, code.as_str()), (409, "risk_out_of_order"));
    assert_eq!(context, json!({ "number": 24, "latest": 5 }));
    // A loss moves by at most 1.00 × 744.
    let far = array(6, now + HOUR_US, "3", [148.8, 297.6, 1_190.5]);
    assert_eq!(refusal(publish(&operator, OCTOBER, far).await), (422, "invalid_risk".to_owned()));
    assert_eq!(
        refusal(anybody.get(&format!("/v1/instruments/{LASTING}/risk")).await),
        (422, "not_margined".to_owned())
    );
    assert_eq!(refusal(anybody.get("/v1/instruments/nothing/risk").await), (404, "not_found".to_owned()));
    let listed = anybody.get("/v1/instruments").await.unwrap()["items"][1].clone();
    assert_eq!(listed["risk_expires_ts_us"], now + HOUR_US);
}

/// The worked example of `docs/margin.md`, figure by figure.
#[tokio::test(flavor = "multi_thread")]
async fn the_worked_example_comes_out_over_http() {
    let (_folder, venue, clients) = venue(1, "2000").await;
    let operator = venue.operator();
    let other = market::open_account(&operator, &venue.url, 2, "1000000").await;
    set_parameters(&operator).await;
    publish_example(&operator, now_us()).await;
    let me = &clients[0];
    let margin = async || {
        let names = ["equity", "unrealised", "owed", "initial_margin", "maintenance_margin", "withdrawable"];
        let answer = me.get("/v1/margin").await.unwrap();
        (only(&answer, &names), answer["parts"].clone())
    };
    let amounts = |amounts: [&str; 6]| amounts.map(|amount| json!(amount)).to_vec();
    let part = |scan: &str, charges: &str, order_cost: &str, minimum: &str| json!([{ "series": SERIES, "scan": scan, "charges": charges, "order_cost": order_cost, "minimum": minimum }]);

    let five = me.post("/v1/orders", &order_in(OCTOBER, "five", "buy", 5, "3.010")).await;
    let (status, code, context) = of_problem(five);
    assert_eq!((status, code.as_str()), (422, "insufficient_margin"));
    assert_eq!(context, json!({ "number": 68, "required": "2269.200000", "equity": "1998.140000" }));
    place(me, &order_in(OCTOBER, "four", "buy", 4, "3.010")).await;
    let expected = amounts(["1998.512000", "0.000000", "0.000000", "1815.360000", "0.000000", "183.152000"]);
    assert_eq!(margin().await, (expected, part("1815.360000", "0.000000", "29.760000", "40.000000")));

    place(&other, &order_in(OCTOBER, "theirs", "sell", 4, "3.010")).await;
    let expected = amounts(["1968.752000", "-29.760000", "0.000000", "1785.600000", "1428.480000", "183.152000"]);
    assert_eq!(margin().await, (expected, part("1785.600000", "0.000000", "0.000000", "40.000000")));
    let too_much = json!({ "amount": "183.152001", "reference": 1 });
    assert_eq!(refusal(me.post("/v1/withdrawals", &too_much).await), (422, "insufficient_balance".to_owned()));

    place(me, &order_in(NOVEMBER, "hedge", "sell", 4, "3.000")).await;
    let parts = part("1785.600000", "120.000000", "0.000000", "80.000000");
    let expected = amounts(["1967.312000", "-29.760000", "0.000000", "1905.600000", "1428.480000", "61.712000"]);
    assert_eq!(margin().await, (expected, parts));
    place(&other, &order_in(NOVEMBER, "theirs-2", "buy", 4, "3.000")).await;
    let (now, parts) = margin().await;
    assert_eq!(parts, part("57.600000", "120.000000", "0.000000", "80.000000"));
    // 0.8 × 177.60; what can be taken out is 1 997.072 posted, less −29.76 and the margin.
    let expected = amounts(["1967.312000", "-29.760000", "0.000000", "177.600000", "142.080000", "1789.712000"]);
    assert_eq!(now, expected);
    let open_interest = Client::anonymous(&venue.url).get("/v1/instruments").await.unwrap()["items"][1].clone();
    assert_eq!(open_interest["open_interest"], 4);

    // A portfolio that nobody has to have needs as much, and asking takes no key.
    let held = json!([{ "instrument": OCTOBER, "lots": 4 }, { "instrument": NOVEMBER, "lots": -4 }]);
    let asked = Client::anonymous(&venue.url).post("/v1/margin/simulate", &json!({ "positions": held })).await.unwrap();
    let simulated = only(&asked, &["initial_margin", "maintenance_margin", "credits", "parts"]);
    assert_eq!(simulated, [json!("177.600000"), json!("142.080000"), json!("0.000000"), parts]);
    let orders = json!([{ "instrument": NOVEMBER, "side": "sell", "lots": 4, "limit_price": "3.000" }]);
    let body = json!({ "positions": [{ "instrument": OCTOBER, "lots": 4 }], "orders": orders });
    let asked = Client::anonymous(&venue.url).post("/v1/margin/simulate", &body).await.unwrap();
    assert_eq!(only(&asked, &["initial_margin", "maintenance_margin"]), [json!("1905.600000"), json!("1428.480000")]);
    // Somebody else's is not to be seen.
    assert_eq!(refusal(other.get("/v1/margin?account=1").await), (403, "not_authorised".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spread_between_series_is_credited() {
    let (_folder, venue, _) = venue(1, "1").await;
    let operator = venue.operator();
    let series = json!({ "series": 2, "symbol": "H200-SXM.GLOBAL.OD", "inception": "2026-01-01" });
    operator.post("/v1/operator/series", &series).await.unwrap();
    let terms =
        json!({ "instrument": 4, "series": "H200-SXM.GLOBAL.OD", "delivery_month": "2199-10", "collateral": "margin" });
    operator.post("/v1/operator/instruments", &with(market::lasting_terms(), terms)).await.unwrap();
    set_parameters(&operator).await;
    operator.put("/v1/operator/series/H200-SXM.GLOBAL.OD/margin", &parameters()).await.unwrap();
    let h200 = "H200-SXM.GLOBAL.OD-2199-10";
    for instrument in [OCTOBER, h200] {
        publish(&operator, instrument, array(1, now_us() + HOUR_US, "3", [148.8, 297.6, 446.4])).await.unwrap();
        operator.post(&format!("/v1/operator/instruments/{instrument}/mark"), &Value::Null).await.unwrap();
    }
    let body = json!({ "positions": [{ "instrument": OCTOBER, "lots": 3 }, { "instrument": h200, "lots": -2 }] });
    // 5 × 446.40 without a credit; two spreads of 300 take 600 off; of 1 200 they would take all and more, and 5 × 10 is the least.
    for (credit, initial, credits) in [("0", "2232", "0"), ("300", "1632", "600"), ("1200", "50", "2232")] {
        let body_of_credit = json!({ "first": "H200-SXM.GLOBAL.OD", "second": SERIES, "credit": credit });
        operator.put("/v1/operator/margin/credits", &body_of_credit).await.unwrap();
        let asked = Client::anonymous(&venue.url).post("/v1/margin/simulate", &body).await.unwrap();
        let expected = [initial, credits].map(|amount| json!(format!("{amount}.000000")));
        assert_eq!(only(&asked, &["initial_margin", "credits"]), expected, "{credit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portfolio_that_cannot_be_is_refused() {
    let (_folder, venue, _) = venue(1, "1").await;
    let operator = venue.operator();
    let anybody = Client::anonymous(&venue.url);
    let simulate = async |positions: Value, orders: Value| {
        anybody.post("/v1/margin/simulate", &json!({ "positions": positions, "orders": orders })).await
    };
    let held = |instrument: &str, lots: i64| json!([{ "instrument": instrument, "lots": lots }]);
    let unknown = (409, "risk_unknown".to_owned());
    assert_eq!(refusal(simulate(held(OCTOBER, 1), json!([])).await), unknown);
    set_parameters(&operator).await;
    publish_example(&operator, now_us()).await;
    let order =
        |lots: i64, limit: &str| json!([{ "instrument": OCTOBER, "side": "buy", "lots": lots, "limit_price": limit }]);
    let twice = json!([{ "instrument": OCTOBER, "lots": 1 }, { "instrument": OCTOBER, "lots": 1 }]);
    let many = |one: Value| Value::Array(vec![one[0].clone(); 1_001]);
    for (positions, orders, status, code) in [
        (held(LASTING, 1), json!([]), 422, "not_margined"),
        (held("nothing", 1), json!([]), 404, "not_found"),
        (twice, json!([]), 400, "invalid_request"),
        (many(held("X", 1)), json!([]), 400, "invalid_request"),
        (
            json!([]),
            many(json!([{ "instrument": "X", "side": "buy", "lots": 1, "limit_price": 1 }])),
            400,
            "invalid_request",
        ),
        (held(OCTOBER, 1_000_001), json!([]), 422, "position_limit"),
        (held(OCTOBER, 999_999), order(2, "3.000"), 422, "position_limit"),
        (json!([]), order(0, "3.000"), 400, "invalid_request"),
        (json!([]), order(-1, "3.000"), 400, "invalid_request"),
        (json!([]), order(1, "3.0005"), 422, "price_off_tick"),
        (json!([]), order(1, "11.000"), 422, "price_out_of_range"),
        (json!([{ "instrument": OCTOBER }]), json!([]), 400, "invalid_request"),
    ] {
        let refused = refusal(simulate(positions.clone(), orders.clone()).await);
        assert_eq!(refused, (status, code.to_owned()), "{} {}", positions[0], orders[0]);
    }
    let nothing = anybody.post("/v1/margin/simulate", &json!({})).await.unwrap();
    let zeros = [json!("0.000000"), json!("0.000000"), json!("0.000000"), json!([])];
    assert_eq!(only(&nothing, &["initial_margin", "maintenance_margin", "credits", "parts"]), zeros);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_margin_call_takes_the_orders_that_raise_risk() {
    let (_folder, venue, clients) = venue(1, "2000").await;
    let operator = venue.operator();
    set_parameters(&operator).await;
    publish_example(&operator, now_us()).await;
    place(&clients[0], &order_in(OCTOBER, "old", "buy", 2, "3.000")).await;
    place(&clients[0], &order_in(OCTOBER, "new", "buy", 2, "3.000")).await;
    // 4 lots at 446.40 become 4 at 600: the newer order goes, the older one is covered.
    publish(&operator, OCTOBER, array(2, now_us() + HOUR_US, "3", [200.0, 400.0, 600.0])).await.unwrap();
    assert_eq!(found(&clients[0], "new").await["state"], "cancelled");
    assert_eq!(found(&clients[0], "old").await["state"], "live");
    let margin = clients[0].get("/v1/margin").await.unwrap();
    assert_eq!(only(&margin, &["equity", "initial_margin"]), [json!("1999.256000"), json!("1200.000000")]);

    // With an array that is over only what lowers risk is taken.
    publish(&operator, OCTOBER, array(3, now_us() + 1_500_000, "3", [200.0, 400.0, 600.0])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    let late = clients[0].post("/v1/orders", &order_in(OCTOBER, "late", "buy", 1, "3.000")).await;
    let Err(ClientError::Problem { status, code, document, .. }) = late else { panic!("{late:?}") };
    assert_eq!((status.as_u16(), code.as_str(), &document["retryable"]), (409, "risk_expired", &json!(true)));
}

/// Who loses more than it has owes the rest, and pays it back from what comes in.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_cannot_pay_is_owed() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    let friday = Day(20_700);
    clock.set(Timestamp(clock_us(friday, 22)));
    let venue = Inside::start(folder.path(), Clock::Simulated(clock.clone())).await;
    let clients = market::open(&venue.url, [1], "2000").await;
    let operator = venue.operator();
    list(&operator).await;
    let others = [
        market::open_account(&operator, &venue.url, 2, "1000000").await,
        market::open_account(&operator, &venue.url, 3, "1000000").await,
    ];
    let wide = with(parameters(), json!({ "mark_band": "1.000000" }));
    operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &wide).await.expect("set");
    publish_example(&operator, clock_us(friday, 22) + HOUR_US).await;
    place(&clients[0], &order_in(OCTOBER, "buy", "buy", 4, "3.000")).await;
    place(&others[0], &order_in(OCTOBER, "sell", "sell", 4, "3.000")).await;
    // What settles the day is its last hour.
    clock.set(Timestamp(clock_us(friday, 23)));
    place(&others[0], &order_in(OCTOBER, "low", "sell", 1, "2.200")).await;
    place(&others[1], &order_in(OCTOBER, "low", "buy", 1, "2.200")).await;
    clock.set(Timestamp(friday.next().start().0 + HOUR_US));
    let body = json!({ "instrument": OCTOBER, "day": "2026-09-04", "kind": "daily" });
    operator.post("/v1/operator/settlements", &body).await.unwrap();

    // 2 000 − 1.488 of fees − 4 × 0.80 × 744 = −382.288.
    let balance = async || clients[0].get("/v1/balances").await.unwrap()["items"][0].clone();
    let names = ["posted", "free", "owed"];
    assert_eq!(only(&balance().await, &names), [json!("0.000000"), json!("0.000000"), json!("382.288000")]);
    let margin = clients[0].get("/v1/margin").await.unwrap();
    assert_eq!(only(&margin, &["owed", "withdrawable"]), [json!("382.288000"), json!("0.000000")]);
    let receivable = async || {
        let lines = market::walk(&operator, "/v1/operator/trial-balance?", 2).await;
        let total: i64 = lines.iter().map(|line| market::micros(&line["posted"])).sum();
        assert_eq!(total, 0, "{lines:?}");
        lines.into_iter().find(|line| line["account"] == "receivable:1").map(|line| line["posted"].clone())
    };
    assert_eq!(receivable().await, Some(json!("-382.288000")));
    operator.post("/v1/operator/deposits", &json!({ "account": 1, "amount": "400", "reference": 2 })).await.unwrap();
    assert_eq!(only(&balance().await, &names), [json!("17.712000"), json!("17.712000"), json!("0.000000")]);
    let left = receivable().await.unwrap_or(json!("0.000000"));
    assert_eq!(left, json!("0.000000"));
}

fn clock_us(day: Day, hour: i64) -> i64 {
    day.start().0 + hour * HOUR_US
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_listed_before_means_what_it_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1], "3000").await;
    // The whole of 3.000 × 744 is held, and the fee.
    place(&clients[0], &market::order("first", "buy", 1, "3.000")).await;
    let held = clients[0].get("/v1/balances").await.unwrap()["items"][0]["held"].clone();
    assert_eq!(held, "2232.372000");
    assert_eq!(instrument(&venue.url).await["collateral"], "full");
}
