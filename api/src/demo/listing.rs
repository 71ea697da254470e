//! What the demo lists: by hand what trades from the first day on, and on the first of August a family that lists what is missing by itself.

use serde_json::{Value, json};

use crate::client::Client;
use crate::commands::CommandError;

/// The price series of the demo: indicative list prices.
pub(super) const SERIES: &str = "H100-SXM.GLOBAL.OD";
/// The contract whose whole life is played.
pub(super) const AUGUST: &str = "H100-SXM.GLOBAL.OD-2026-08";
/// The contract that still trades when the history is over.
pub(super) const SEPTEMBER: &str = "H100-SXM.GLOBAL.OD-2026-09";
/// The contract that is fully collateralised; the others are on margin.
pub(super) const JANUARY: &str = "H100-SXM.GLOBAL.OD-2027-01";
/// By which August is rolled into September.
pub(super) const ROLL: &str = "H100-SXM.GLOBAL.OD-2026-08~2026-09";
/// The contract without an end.
pub(super) const PERPETUAL: &str = "H100-SXM.GLOBAL.OD-PERP";
/// The strip that the family lists.
pub(super) const QUARTER: &str = "H100-SXM.GLOBAL.OD-2026-Q4";
/// By which September is rolled into October.
pub(super) const NEXT_ROLL: &str = "H100-SXM.GLOBAL.OD-2026-09~2026-10";

/// What has an array and a mark of its own from the first day on.
pub(super) const MARGINED: [&str; 3] = [AUGUST, SEPTEMBER, PERPETUAL];
/// What the family adds to it; the strip behind its months, because its mark and its settlement are made of theirs.
pub(super) const FAMILY: [&str; 4] =
    ["H100-SXM.GLOBAL.OD-2026-10", "H100-SXM.GLOBAL.OD-2026-11", "H100-SXM.GLOBAL.OD-2026-12", QUARTER];

/// Hours of August.
pub(super) const AUGUST_HOURS: i64 = 744;

/// The series with its margin, two months, their spread, a perpetual, and a month in full collateral.
pub(super) async fn by_hand(operator: &Client, inception: &str) -> Result<(), CommandError> {
    let series = json!({ "series": 1, "symbol": SERIES, "inception": inception });
    operator.post("/v1/operator/series", &series).await?;
    // Scan floor and step are those of docs/decisions/0010 at a price of 3.20; the scan range follows from the fixings.
    let margin = json!({
        "scan_floor": "0.24", "step_max": "0.24", "mark_band": "0.5", "calendar_charge": "30", "delivery_charge": "50",
        "concentration_lots": 100, "concentration_charge": "20", "minimum_charge": "10", "position_lots_max": 1_000,
        "open_interest_lots_max": 10_000,
    });
    operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &margin).await?;
    for (instrument, month, collateral) in [(1, "2026-08", "margin"), (2, "2026-09", "margin"), (3, "2027-01", "full")]
    {
        let month = json!({ "instrument": instrument, "delivery_month": month, "collateral": collateral });
        list(operator, "/v1/operator/instruments", month, "0", "3.2").await?;
    }
    // 0.01 % for eight hours while the premium is zero, at most 4 %: what perpetual venues ask.
    let perpetual = json!({ "kind": "perpetual", "lot_hours": 720, "interest_ppm": 100, "cap_ppm": 40_000 });
    let spread = json!({ "kind": "spread", "near": AUGUST, "far": SEPTEMBER });
    for (instrument, contract, floor, reference) in [(4, spread, "-10", "0"), (5, perpetual, "0", "3.2")] {
        let contract = json!({ "instrument": instrument, "contract": contract });
        list(operator, "/v1/operator/futures", contract, floor, reference).await?;
    }
    Ok(())
}

/// Lists one contract with the terms and controls that all of them have.
async fn list(
    operator: &Client,
    path: &str,
    mut terms: Value,
    floor: &str,
    reference: &str,
) -> Result<(), CommandError> {
    let common = [
        ("series", SERIES),
        ("tick_size", "0.001"),
        ("price_floor", floor),
        ("price_cap", "10"),
        ("maker_fee", "0"),
        ("taker_fee", "0.0005"),
    ];
    for (name, value) in common {
        terms[name] = json!(value);
    }
    let listed = operator.post(path, &terms).await?;
    let path = format!("/v1/operator/instruments/{}/controls", listed["id"].as_str().unwrap_or_default());
    let controls = json!({
        "reference_price": reference, "price_band": "0.5", "market_protection": "0.05",
        "daily_limits": ["0.4", "0.8"], "pause_ms": 300_000,
    });
    operator.put(&path, &controls).await?;
    Ok(())
}

/// Says what there should be from now on: three months, the next quarter with its months, and calendar spreads. What is missing the
/// venue lists by itself.
pub(super) async fn family(operator: &Client) -> Result<(), CommandError> {
    let family = json!({
        "family": 1, "series": SERIES, "months": 3, "quarters": 1, "calendar_spreads": true, "tick_size": "0.001",
        "price_floor": "0", "price_cap": "10", "maker_fee": "0", "taker_fee": "0.0005",
    });
    operator.post("/v1/operator/families", &family).await?;
    Ok(())
}
