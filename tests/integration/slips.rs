//! An operator's slips of the hand: each is refused by its rule, and none stops the venue or moves money.

use api::client::ClientError;
use api::venue::clock::Clock;
use serde_json::{Value, json};

use crate::counts;
use crate::harness::{Inside, key, public_hex};
use crate::market::{self, LASTING, SERIES, lasting_terms};

/// Where a slip is sent, and its body.
type Slip = (&'static str, Value);

/// As much as an amount can say, and as little.
const MOST: &str = "9223372036854.775807";
const LEAST: &str = "-9223372036854.775808";

/// Valid terms with one field changed.
fn terms(field: &str, value: impl Into<Value>) -> Slip {
    let mut terms = lasting_terms();
    terms["instrument"] = json!(2);
    terms["delivery_month"] = json!("2199-11");
    terms[field] = value.into();
    ("instruments", terms)
}

fn deposit(amount: &str, reference: u64) -> Slip {
    ("deposits", json!({ "account": 1, "amount": amount, "reference": reference }))
}

fn series(number: u32, symbol: &str) -> Slip {
    ("series", json!({ "series": number, "symbol": symbol, "inception": "2026-01-01" }))
}

fn report(series: &str, day: &str, owner: &str, price: &str) -> Slip {
    ("reports", json!({ "series": series, "day": day, "owner": owner, "price": price }))
}

fn determination(series: &str, day: &str, stage: &str) -> Slip {
    ("determinations", json!({ "series": series, "day": day, "stage": stage }))
}

fn settlement(day: &str, kind: &str) -> Slip {
    ("settlements", json!({ "instrument": LASTING, "day": day, "kind": kind }))
}

/// An operator is trusted not to cheat; a slip must not stop the venue all the same.
#[tokio::test(flavor = "multi_thread")]
async fn every_slip_is_refused_by_its_rule_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let operator = venue.operator();
    market::open(&venue.url, [1], "1000").await;
    // 1 January is final, without a price.
    let (path, body) = determination(SERIES, "2026-01-01", "final");
    operator.post(&format!("/v1/operator/{path}"), &body).await.unwrap();

    let mut rows_count = 0;
    for (status, code, slips) in listings()
        .into_iter()
        .chain(registrations())
        .chain(money_slips())
        .chain(index_slips())
        .chain(settlement_slips())
    {
        for (path, body) in slips {
            rows_count += 1;
            match operator.post(&format!("/v1/operator/{path}"), &body).await {
                Err(ClientError::Problem { status: found, code: found_code, document, .. }) => {
                    assert_eq!((found.as_u16(), found_code.as_str()), (status, code), "{path} {body}: {document}");
                    assert_eq!(document["outcome"], "rejected", "{path} {body}: {document}");
                }
                other => panic!("{path} {body}: {other:?}"),
            }
        }
    }
    for path in ["/v1/operator/keys/x", "/v1/operator/keys/0000000000000000", "/v1/operator/keys/ffffffffffffffff"] {
        let refused = operator.delete(path).await;
        assert!(
            matches!(refused, Err(ClientError::Problem { status, .. }) if status.is_client_error()),
            "{path}: {refused:?}"
        );
    }
    let balances = market::trader(&venue.url, 1).get("/v1/balances").await.unwrap();
    assert_eq!(balances["items"][0]["posted"], "1000.000000");
    assert_eq!(operator.get("/v1/instruments").await.unwrap()["items"].as_array().unwrap().len(), 1);
    counts::note(rows_count, "operator's slips refused by their rule");
}

/// Status, code, and the slips that lead to them.
type Rows = Vec<(u16, &'static str, Vec<Slip>)>;

fn listings() -> Rows {
    let mut invalid: Vec<Slip> = ["tick_size", "price_floor", "price_cap", "maker_fee", "taker_fee"]
        .iter()
        .flat_map(|field| [terms(field, MOST), terms(field, LEAST)])
        .collect();
    invalid.extend(["1969-12", "2200-01", "0001-01"].map(|month| terms("delivery_month", month)));
    invalid.extend([
        terms("price_cap", "0"),
        terms("price_cap", "10.0005"),
        terms("maker_fee", "-0.000001"),
        terms("tick_size", "0"),
        terms("tick_size", "-0.001"),
    ]);
    let no_month = ["", "2026-00", "2026-13", "2026-8", "2026-08-01", "+026-08", "0000-01", "9999-12"];
    let mut unreadable: Vec<Slip> = no_month.iter().map(|&month| terms("delivery_month", month)).collect();
    // What follows from the series and the month is not given, and the number of a series is not its symbol.
    unreadable.extend([terms("symbol", "OTHER"), terms("delivery_days", 3), terms("series", 1)]);
    vec![
        (409, "instrument_exists", vec![terms("instrument", 1)]),
        (409, "symbol_exists", vec![terms("delivery_month", "2199-12")]),
        (404, "not_found", vec![terms("series", "NONE"), terms("series", ""), terms("series", "two words")]),
        (422, "invalid_terms", invalid),
        (400, "invalid_request", unreadable),
    ]
}

fn registrations() -> Rows {
    let new_key = public_hex(&key(9));
    vec![
        (422, "amount_out_of_range", ["0", "-1", "1000000000.000001", MOST, LEAST].map(|sum| deposit(sum, 2)).into()),
        // The first is credited; the next is 2.
        (409, "deposit_out_of_sequence", [0, 1, 3, u64::MAX].map(|reference| deposit("1", reference)).into()),
        (
            404,
            "unknown_account",
            vec![
                ("deposits", json!({ "account": 9, "amount": "1", "reference": 1 })),
                ("keys", json!({ "account": 9, "public_key": new_key })),
            ],
        ),
        (409, "account_exists", vec![("accounts", json!({ "account": 1 }))]),
        (409, "key_exists", vec![("keys", json!({ "account": 1, "public_key": public_hex(&key(1)) }))]),
        (
            400,
            "invalid_request",
            vec![
                ("keys", json!({ "account": 1 })),
                ("keys", json!({ "account": 1, "public_key": "00" })),
                ("keys", json!({ "account": 1, "public_key": new_key, "token_sha256": new_key })),
            ],
        ),
        (422, "token_not_allowed", vec![("keys", json!({ "account": 1, "token_sha256": new_key }))]),
    ]
}

fn money_slips() -> Rows {
    let asset = |number: u32, symbol: &str, decimals: u8| {
        ("assets", json!({ "asset": number, "symbol": symbol, "decimals": decimals }))
    };
    let pair = |asset: &str, lot_size: &str| {
        let terms = json!({
            "instrument": 2, "asset": asset, "lot_size": lot_size, "tick_size": "0.001", "price_floor": "0",
            "price_cap": "10", "maker_fee": "0", "taker_fee": "0",
        });
        ("spot-pairs", terms)
    };
    let deposit_of = |asset: &str| ("deposits", json!({ "account": 1, "asset": asset, "amount": "1", "reference": 2 }));
    vec![
        (409, "asset_exists", vec![asset(1, "OTHER", 6)]),
        (409, "asset_symbol_exists", vec![asset(2, "USD", 6)]),
        (422, "invalid_asset", vec![asset(2, "DUST", 19)]),
        (400, "invalid_request", vec![asset(2, "two words", 6), asset(2, "", 6), asset(2, &"A".repeat(17), 6)]),
        (404, "not_found", vec![deposit_of("NONE"), pair("NONE", "1")]),
        // Dollars are what pairs are paid with.
        (422, "invalid_terms", vec![pair("USD", "1")]),
        (400, "invalid_request", vec![pair("USD", "0.0000001"), deposit("0.0000001", 2)]),
        (409, "account_exists", vec![("accounts", json!({ "account": 1, "master": 1 }))]),
        (404, "unknown_account", vec![("accounts", json!({ "account": 8, "master": 9 }))]),
        (404, "transfer_not_pending", vec![("withdrawals/1/post", Value::Null), ("withdrawals/1/void", Value::Null)]),
        (404, "not_found", vec![("withdrawals/x/post", Value::Null), ("instruments/NONE/halt", Value::Null)]),
    ]
}

fn index_slips() -> Rows {
    let mut unreadable: Vec<Slip> =
        ["", "two words", "ü", "a/b", &"a".repeat(25)].iter().map(|&symbol| series(2, symbol)).collect();
    unreadable.extend([
        ("series", json!({ "series": 2, "symbol": "S", "inception": "10000-01-01" })),
        ("reports", json!({ "series": 1, "day": "2026-01-02", "owner": "x", "price": "1" })),
        report(SERIES, "2026-01-02", "", "1"),
        report(SERIES, "2026-01-02", "x", "0"),
        report(SERIES, "2026-02-30", "x", "1"),
        determination(SERIES, "2026-01-02", "last"),
    ]);
    vec![
        (409, "series_exists", vec![series(1, "OTHER")]),
        (409, "symbol_taken", vec![series(2, SERIES)]),
        (404, "not_found", vec![report("NONE", "2026-01-02", "x", "1"), determination("NONE", "2026-01-02", "final")]),
        (400, "invalid_request", unreadable),
        (
            422,
            "report_price_out_of_range",
            vec![report(SERIES, "2026-01-02", "x", "0.000999"), report(SERIES, "2026-01-02", "x", "100.000001")],
        ),
        (
            422,
            "day_before_inception",
            vec![report(SERIES, "2025-12-31", "x", "1"), determination(SERIES, "2025-12-31", "final")],
        ),
        (422, "day_after_receipt", vec![report(SERIES, "2199-12-01", "x", "1")]),
        (
            409,
            "day_final",
            vec![
                report(SERIES, "2026-01-01", "x", "1"),
                determination(SERIES, "2026-01-01", "final"),
                determination(SERIES, "2026-01-01", "provisional"),
            ],
        ),
        (422, "determination_too_early", vec![determination(SERIES, "2199-12-01", "provisional")]),
        (422, "determination_out_of_order", vec![determination(SERIES, "2026-01-03", "final")]),
    ]
}

fn settlement_slips() -> Rows {
    vec![
        (422, "no_settlement_price", vec![settlement("2026-01-01", "daily")]),
        (422, "too_early", vec![settlement("2199-12-31", "final"), settlement("9999-12-31", "final")]),
        // The last days of a contract are settled by the final settlement.
        (409, "day_settled", vec![settlement("9999-12-31", "daily")]),
        (400, "invalid_request", vec![settlement("0000-01-01", "daily")]),
        (
            404,
            "not_found",
            vec![("settlements", json!({ "instrument": "NONE", "day": "2026-01-01", "kind": "daily" }))],
        ),
    ]
}
