//! Tells of margin calls and of what follows them, from nothing but what the account itself and everybody may ask.

#![allow(clippy::print_stdout, reason = "the demo talks to the person at the terminal")]

use chrono::DateTime;
use serde_json::Value;

use crate::commands::CommandError;
use crate::demo::listing::ROLL;
use crate::demo::trader::{Trader, micros};
use crate::http::numbers::Amount;

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct Watch {
    is_called: bool,
    is_liquidated: bool,
    /// Nothing is left that could be called.
    is_over: bool,
    /// The last fill and the last change of a position without a trade, by their places among the account's own.
    fill: u64,
    transfer: u64,
    /// What the account had and must have had when it was last looked at.
    margin: Value,
}

impl Watch {
    /// Looks at the account, and tells what is new.
    pub(super) async fn look(&mut self, trader: &Trader) -> Result<(), CommandError> {
        if trader.taken(ROLL) == 0 || self.is_over {
            return Ok(());
        }
        let (name, client) = (trader.name, &trader.client);
        let margin = client.get("/v1/margin").await?;
        let closed = closed_for(newest(&client.get("/v1/fills?limit=1000").await?, &mut self.fill));
        let moved = newest(&client.get("/v1/position-transfers?limit=1000").await?, &mut self.transfer);
        let is_short = micros(&margin["equity"]) < micros(&margin["initial_margin"]);
        let is_liquidated = margin["in_liquidation"] == true || !closed.is_empty() || !moved.is_empty();
        let now = moment(&margin);
        let has = |margin: &Value| {
            format!("{} USD of {} USD initial margin", text(margin, "equity"), text(margin, "initial_margin"))
        };
        if is_liquidated && !self.is_liquidated {
            // What was there at the call is gone already.
            println!("{now}  margin call        the {name} had {} before", has(&self.margin));
        } else if is_short && !self.is_called {
            println!("{now}  margin call        the {name} has {}", has(&margin));
        }
        for line in closed {
            println!("{line}");
        }
        for transfer in &moved {
            // Seen from the account that gives.
            let (instrument, reason) = (text(transfer, "instrument"), text(transfer, "reason"));
            let (lots, value) = (-transfer["lots"].as_i64().unwrap_or_default(), Amount(-micros(&transfer["value"])));
            println!("{}  {reason:<17}  takes {lots} lots of {instrument} over for {value} USD", moment(transfer));
        }
        let was_liquidated = self.is_liquidated || is_liquidated;
        self.is_liquidated = margin["in_liquidation"] == true;
        if was_liquidated && !self.is_liquidated {
            let insurance = client.get("/v1/insurance").await?;
            let (equity, fund) = (text(&margin, "equity"), text(&insurance, "fund"));
            println!("{now}  liquidation ended  the {name} keeps {equity} USD, the insurance fund has {fund} USD");
            self.is_over = micros(&margin["maintenance_margin"]) == 0;
        }
        self.is_called = is_short;
        self.margin = margin;
        Ok(())
    }
}

/// What was closed for the account: orders that it did not send have no name of its own. One line for each.
fn closed_for(fills: Vec<Value>) -> Vec<String> {
    let mut closed: Vec<(Value, i64, Vec<i64>)> = Vec::new();
    for fill in fills.into_iter().filter(|fill| fill["client_order_id"].is_null()) {
        let (lots, price) = (fill["lots"].as_i64().unwrap_or_default(), micros(&fill["price"]));
        match closed.last_mut().filter(|(first, ..)| first["order_id"] == fill["order_id"]) {
            Some((_, sum, prices)) => {
                *sum += lots;
                prices.push(price);
            }
            None => closed.push((fill, lots, vec![price])),
        }
    }
    let line = |(fill, lots, prices): &(Value, i64, Vec<i64>)| {
        let verb = if fill["side"] == "buy" { "buys" } else { "sells" };
        let [low, high] = [prices.iter().min(), prices.iter().max()].map(|price| Amount(*price.unwrap_or(&0)));
        format!(
            "{}  liquidation round  {verb} {lots} lots of {} at {low} to {high}",
            moment(fill),
            text(fill, "instrument")
        )
    };
    closed.iter().map(line).collect()
}

/// The items behind the last one that was seen, the oldest first.
fn newest(page: &Value, seen: &mut u64) -> Vec<Value> {
    let place = |item: &Value| item["account_sequence"].as_u64().unwrap_or_default();
    let items = page["items"].as_array().into_iter().flatten().rev();
    let items: Vec<Value> = items.filter(|item| place(item) > *seen).cloned().collect();
    *seen = items.last().map_or(*seen, place);
    items
}

/// The venue's time of an answer, to the minute.
fn moment(answer: &Value) -> String {
    let moment = answer["ts_us"].as_i64().and_then(DateTime::from_timestamp_micros);
    moment.map_or_else(String::new, |moment| moment.format("%Y-%m-%d %H:%M").to_string())
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or("-")
}
