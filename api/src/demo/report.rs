//! What the demo says at the terminal.

#![allow(clippy::print_stdout, reason = "the demo talks to the person at the terminal")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use pricing::index::Day;
use serde_json::Value;

use crate::client::Client;
use crate::commands::CommandError;
use crate::demo::listing::{AUGUST, NEXT_ROLL, PERPETUAL, ROLL, SEPTEMBER, SERIES};
use crate::demo::prices::ATTRIBUTION;
use crate::demo::setup::{Demo, INSURANCE_USD};
use crate::demo::trader::micros;
use crate::demo::traders::Traders;
use crate::http::App;
use crate::http::numbers::Amount;
use crate::signing::hex;

/// What to know and what to paste.
pub(super) fn welcome(url: &str, token: &str) {
    println!(
        "\
Terahour demo: {SERIES}, an indicative list-price series, from 2026-07-07 to 2026-08-22.
{ATTRIBUTION}

venue     {url}   (OpenAPI: {url}/v1/openapi.json)
page      {url}/#key={token}
demo key  {token}   (account 7, 100,000 USD of play money)

Paste these while it plays:

  curl -s '{url}/v1/orderbook/{SEPTEMBER}?depth=3'
  curl -s {url}/v1/orders -H 'Authorization: Bearer {token}' -d '{order}'
  curl -s {url}/v1/positions -H 'Authorization: Bearer {token}'
  curl -s {url}/v1/margin -H 'Authorization: Bearer {token}'
",
        order = format_args!(
            r#"{{"client_order_id":"my-first-order","instrument":"{SEPTEMBER}","side":"buy","lots":1,"limit_price":"3.400"}}"#
        ),
    );
}

/// The head of the daily lines.
pub(super) fn table_head() {
    println!(
        "{:<10}  {:>11}  {:>11}  {:<19}  {:>6}  {:>13}  {:>13}  {:>13}",
        "day", "fixing", "settlement", "rung", "hedger", "variation", "since start", "margin"
    );
}

/// One day: its provisional fixing, August's settlement, what it paid the hedger, and what the hedger must have from then on.
pub(super) async fn day(
    day: Day,
    provisional: &Value,
    settlement: &Value,
    traders: &Traders,
) -> Result<(), CommandError> {
    let (mut variation, mut since_start, mut lots) = (0, 0, 0);
    for row in variations(traders).await? {
        since_start += micros(&row["variation"]);
        if row["day"] == day.to_string().as_str() {
            variation = micros(&row["variation"]);
            lots = row["lots"].as_i64().unwrap_or_default();
        }
    }
    let margin = traders.hedger.client.get("/v1/margin").await?;
    println!(
        "{:<10}  {:>11}  {:>11}  {:<19}  {:>6}  {:>13}  {:>13}  {:>13}",
        day.to_string(),
        provisional["fixing"].as_str().unwrap_or("suppressed"),
        settlement["price"].as_str().unwrap_or("-"),
        settlement["rung"].as_str().unwrap_or("-"),
        lots,
        usd(variation),
        usd(since_start),
        margin["initial_margin"].as_str().unwrap_or("-"),
    );
    Ok(())
}

/// How long a newcomer waited.
pub(super) fn first_trade(after: Duration) {
    println!("first trade {:.1} s after the start", after.as_secs_f64());
}

/// The end of August.
pub(super) fn final_settlement(settled: &Value) {
    let text = |name: &str| settled[name].as_str().unwrap_or_default().to_owned();
    println!(
        "\n{AUGUST} is settled: the fixings of its 31 days x 24 h are worth {} USD a lot, {} USD per GPU-hour.\n\
         2026-08-23 to 2026-08-31 have no reports; each took the last final fixing, recorded as rung last_final.\n\
         {} accounts, {} USD from losers to winners.",
        text("value_per_lot"),
        text("price"),
        settled["accounts"],
        text("paid"),
    );
}

/// The hedger's life in one sum, what the others did, the books, and where the journal stands.
pub(super) async fn farewell(demo: &Demo, traders: &mut Traders, app: &App, folder: &Path) -> Result<(), CommandError> {
    hedged(&demo.operator, traders).await?;
    rolled_funded_insured(demo, traders).await?;
    traders.vaults.farewell(&demo.operator).await?;
    balance(&demo.operator).await?;
    let contracts = nobody_holds_what_nobody_owes(traders).await?;
    println!("positions and their costs sum to zero over all accounts in each of {contracts} contracts.");

    let state_hash = app.handle.read(|core| core.state_hash()).await;
    let state_hash = state_hash.map_err(|error| CommandError::Demo(error.to_string()))?;
    let position = *app.position.borrow();
    println!("\njournal       {} commands in {}", position.seq, folder.display());
    println!("journal head  {}", hex(&position.head));
    println!("state hash    {}", hex(&state_hash));
    Ok(())
}

async fn hedged(operator: &Client, traders: &Traders) -> Result<(), CommandError> {
    let (lots, cost) = (traders.hedger.taken(AUGUST), traders.hedger.august_cost);
    let received: i64 = variations(traders).await?.iter().map(|row| micros(&row["variation"])).sum();
    let settlements = operator.get(&format!("/v1/settlements?instrument={AUGUST}&limit=1000")).await?;
    let last = settlements["items"].as_array().and_then(|items| items.last().cloned()).unwrap_or_default();
    let value = micros(&last["value_per_lot"]) * lots;
    println!(
        "\nthe hedger bought {lots} lots for {} USD; they settled at {} USD.\n\
         value less cost is {} USD; the daily variations add up to {} USD.",
        usd(cost),
        usd(value),
        usd(value - cost),
        usd(received),
    );
    if value - cost != received {
        return Err(CommandError::Demo("the hedger's variations do not add up to value less cost".to_owned()));
    }
    Ok(())
}

/// The spread, the perpetual and the insurance fund in a line each.
async fn rolled_funded_insured(demo: &Demo, traders: &Traders) -> Result<(), CommandError> {
    for spread in [ROLL, NEXT_ROLL] {
        let fills = traders.fund.client.get(&format!("/v1/fills?instrument={spread}&limit=1000")).await?;
        let fills = fills["items"].as_array().cloned().unwrap_or_default();
        let lots: i64 = fills.iter().filter_map(|fill| fill["lots"].as_i64()).sum();
        println!("the fund rolled {lots} lots by {spread} in {} trades.", fills.len());
    }
    let path = format!("/v1/settlements?instrument={PERPETUAL}&limit=1000");
    let settlements = demo.operator.get(&path).await?;
    let has_paid = |row: &&Value| row["kind"] == "funding" && micros(&row["value_per_lot"]) != 0;
    println!(
        "the perpetual was funded in {} hours; {} USD went from one side to the other.",
        settlements["items"].as_array().into_iter().flatten().filter(has_paid).count(),
        usd(demo.funding_paid),
    );
    let insurance = demo.operator.get("/v1/insurance").await?;
    println!(
        "{INSURANCE_USD} USD were paid into the insurance fund; it has {} USD. {} accounts are in liquidation.",
        insurance["fund"].as_str().unwrap_or("-"),
        insurance["open_liquidations"],
    );
    Ok(())
}

async fn balance(operator: &Client) -> Result<(), CommandError> {
    let lines = operator.get("/v1/operator/trial-balance?limit=1000").await?;
    let is_money = |line: &&Value| line["asset"] == "USD";
    let lines: Vec<Value> = lines["items"].as_array().into_iter().flatten().filter(is_money).cloned().collect();
    println!("\ntrial balance");
    for line in &lines {
        println!("  {:<14} {:>22}", line["account"].as_str().unwrap_or_default(), usd(micros(&line["posted"])));
    }
    let total: i64 = lines.iter().map(|line| micros(&line["posted"])).sum();
    println!("  {:<14} {:>22}", "sum", usd(total));
    match total {
        0 => Ok(()),
        _ => Err(CommandError::Demo("the ledger does not sum to zero".to_owned())),
    }
}

/// Adds up what everybody holds and what it cost; how many contracts somebody has a line in.
async fn nobody_holds_what_nobody_owes(traders: &Traders) -> Result<usize, CommandError> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for trader in traders.everybody() {
        let positions = trader.client.get("/v1/positions").await?;
        for held in positions["items"].as_array().into_iter().flatten() {
            let sum = sums.entry(held["instrument"].as_str().unwrap_or_default().to_owned()).or_default();
            sum.0 += held["lots"].as_i64().unwrap_or_default();
            sum.1 += micros(&held["cost"]);
        }
    }
    match sums.iter().find(|(_, sum)| **sum != (0, 0)) {
        None => Ok(sums.len()),
        Some((instrument, _)) => Err(CommandError::Demo(format!("the positions in {instrument} do not sum to zero"))),
    }
}

/// What the settlements of August have paid the hedger.
async fn variations(traders: &Traders) -> Result<Vec<Value>, CommandError> {
    let page = traders.hedger.client.get(&format!("/v1/variations?instrument={AUGUST}&limit=1000")).await?;
    Ok(page["items"].as_array().cloned().unwrap_or_default())
}

fn usd(micros: i64) -> String {
    Amount(micros).to_string()
}
