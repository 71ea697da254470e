//! What traders do and the demo does not show, through the public REST API of a venue on the loopback address: a line for each.
#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use std::error::Error;

use loopback::{HOUR_US, Loopback, MONTH, NOON, PAIR, order, say};
use serde_json::{Value, json};

mod loopback;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let venue = Loopback::start().await?;
    let Loopback { operator, lab, owner, .. } = &venue;
    let plain = || json!({});

    // A spot pair is paid at once: 4 lots are 2 GPU-hours.
    owner.post("/v1/orders", &order("spot-1", "sell", 4, "1.5", json!({ "instrument": PAIR }))).await?;
    let bought = lab.post("/v1/orders", &order("spot-2", "buy", 4, "1.6", json!({ "instrument": PAIR }))).await?;
    say("spot pair", &bought["fills"][0], &["lots", "price", "fee"]);
    let balances = lab.get("/v1/balances").await?;
    assert_eq!([&balances["items"][1]["asset"], &balances["items"][1]["free"]], [&json!("GPUH"), &json!("2.000")]);

    // An owner may have several accounts, which do not trade with each other.
    operator.post("/v1/operator/accounts", &json!({ "account": 11, "master": 1 })).await?;
    let moved = lab.post("/v1/transfers", &json!({ "to": 11, "amount": "20000", "reference": 1 })).await?;
    say("sub-account, transfer", &moved, &["from", "to", "amount"]);
    lab.post("/v1/orders", &order("self-1", "sell", 1, "3.2", json!({ "account": 11 }))).await?;
    let both = json!({ "self_trade_prevention": "cancel_both" });
    let met = lab.post("/v1/orders", &order("self-2", "buy", 1, "3.2", both)).await?;
    say("self-trade prevention: cancel_both", &met, &["state", "cancel_reason"]);
    assert_eq!(lab.get("/v1/orders/by-client-id/self-1?account=11").await?["state"], "cancelled");

    // Times in force.
    owner.post("/v1/orders", &order("rests", "sell", 2, "3.2", plain())).await?;
    let killed = lab.post("/v1/orders", &order("all", "buy", 3, "3.2", json!({ "time_in_force": "fok" }))).await?;
    say("fill or kill: 3 lots where 2 are", &killed, &["filled_lots", "cancel_reason"]);
    lab.post("/v1/orders", &order("day", "buy", 1, "3", json!({ "time_in_force": "day" }))).await?;
    let date = json!({ "time_in_force": "gtd", "expires_ts_us": NOON.0 + 24 * HOUR_US });
    lab.post("/v1/orders", &order("date", "buy", 1, "3", date)).await?;
    for (hours, what) in
        [(11, "day, gtd: an hour before midnight"), (12, "day, gtd: at midnight"), (24, "day, gtd: at noon")]
    {
        venue.hours_pass(hours).await?;
        let (day, date) = (found(&venue, "day").await?, found(&venue, "date").await?);
        say(what, &json!({ "day": day["state"], "gtd": date["state"] }), &["day", "gtd"]);
    }
    for price in ["2.9", "2.8"] {
        lab.post("/v1/orders", &order(price, "buy", 1, price, plain())).await?;
    }
    say("mass cancel: all bids", &lab.delete("/v1/orders?side=buy").await?, &["cancelled_orders", "complete"]);

    // A halt takes cancels and nothing else.
    let of_month = format!("/v1/operator/instruments/{MONTH}");
    operator.post(&format!("{of_month}/halt"), &Value::Null).await?;
    let refused = lab.post("/v1/orders", &order("early", "buy", 1, "3.2", plain())).await.expect_err("it is halted");
    println!("{:<52} {refused}", "halt");
    operator.post(&format!("{of_month}/resume"), &Value::Null).await?;

    // Tier 1 is paid 0.0001 USD per GPU-hour for what rests: 2 lots of 720 hours.
    let rates = |maker: &str, taker: &str| json!({ "maker_fee": maker, "taker_fee": taker });
    let (usual, tier) = (rates("0", "0.0005"), json!({ "tier": 1, "effective_ts_us": NOON.0 + 25 * HOUR_US }));
    let fees =
        json!({ "effective_ts_us": NOON.0 + 25 * HOUR_US, "tiers": [usual, rates("-0.0001", "0.0003"), usual, usual] });
    operator.post(&format!("{of_month}/fees"), &fees).await?;
    operator.put("/v1/operator/accounts/2/fee-tier", &tier).await?;
    venue.hours_pass(25).await?;
    lab.post("/v1/orders", &order("takes", "buy", 2, "3.2", plain())).await?;
    for (client, whose) in [(lab, "resume, fills: the taker pays"), (owner, "fee tiers, fills: the maker has a rebate")]
    {
        let fills = client.get(&format!("/v1/fills?instrument={MONTH}")).await?;
        say(whose, &fills["items"][0], &["client_order_id", "price", "fee", "liquidity"]);
    }
    assert_eq!(owner.get("/v1/fills").await?["items"][0]["fee"], "-0.144000");

    // Money leaves in two steps, of which the operator does the second.
    for (reference, end) in [(2, "post"), (3, "void")] {
        let asked = lab.post("/v1/withdrawals", &json!({ "amount": "500", "reference": reference })).await?;
        let id = asked["withdrawal_id"].as_str().ok_or("a withdrawal has an id")?;
        operator.post(&format!("/v1/operator/withdrawals/{id}/{end}"), &Value::Null).await?;
        let withdrawals = lab.get("/v1/withdrawals?limit=1").await?;
        say("withdrawal", &withdrawals["items"][0], &["amount", "state"]);
    }

    let limits = json!({ "orders": { "per_second": 1 } });
    operator.put("/v1/operator/accounts/1/limits", &limits).await?;
    lab.post("/v1/orders", &order("first", "buy", 1, "3", plain())).await?;
    let refused =
        lab.post("/v1/orders", &order("second", "buy", 1, "3", plain())).await.expect_err("it is one too many");
    println!("{:<52} {refused}", "account limits");
    Ok(())
}

async fn found(venue: &Loopback, name: &str) -> Result<Value, Box<dyn Error>> {
    Ok(venue.lab.get(&format!("/v1/orders/by-client-id/{name}")).await?)
}
