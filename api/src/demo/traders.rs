//! The demo's market: ordinary API clients that quote, hedge, sell forward and trade at random.
//!
//! They know what everybody knows: the fixings and the book. Their worth is what a newcomer sees first, so they stay simple.

use std::collections::BTreeMap;

use pricing::index::Day;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::Client;
use crate::commands::CommandError;
use crate::demo::calendar;
use crate::demo::setup::{AUGUST, AUGUST_HOURS, SEPTEMBER, SERIES};
use crate::http::numbers::Amount;

/// The contracts' price step.
const TICK: i64 = 1_000;
/// Lots that the hedger buys ahead, and the owner of machines sells.
const HEDGE_LOTS: i64 = 40;

/// One client with its key.
#[derive(Debug)]
pub(super) struct Trader {
    pub(super) name: &'static str,
    pub(super) client: Client,
    /// Orders that may still rest.
    resting: Vec<String>,
    orders_sent: u32,
    /// What it has traded in August: lots bought less sold, and what they cost.
    pub(super) august_lots: i64,
    pub(super) august_cost: i64,
    pub(super) fees: i64,
}

/// Everybody who trades.
#[derive(Debug)]
pub(super) struct Traders {
    pub(super) makers: [Trader; 2],
    /// Buys the month ahead, as somebody who will need the hours does.
    pub(super) hedger: Trader,
    /// Sells the month ahead, as somebody who has the machines does.
    pub(super) owner: Trader,
    /// Trades for no reason.
    pub(super) noise: Trader,
}

/// How far from what they think fair those who trade at once will go.
const REACH: i64 = 20 * TICK;

/// What an order is.
struct Order {
    instrument: &'static str,
    side: &'static str,
    lots: i64,
    price: i64,
}

impl Trader {
    pub(super) fn new(name: &'static str, client: Client) -> Trader {
        Trader { name, client, resting: Vec::new(), orders_sent: 0, august_lots: 0, august_cost: 0, fees: 0 }
    }

    async fn place(&mut self, order: &Order) -> Result<Value, CommandError> {
        self.orders_sent += 1;
        let body = json!({
            "client_order_id": format!("{}-{}", self.name.replace(' ', "-"), self.orders_sent),
            "instrument": order.instrument,
            "side": order.side,
            "lots": order.lots,
            "limit_price": Amount(order.price).to_string(),
        });
        let answer = self.client.post("/v1/orders", &body).await?;
        self.note_fills(order, &answer);
        if answer["state"] == "live" {
            self.resting.push(answer["order_id"].as_str().unwrap_or_default().to_owned());
        }
        Ok(answer)
    }

    fn note_fills(&mut self, order: &Order, answer: &Value) {
        let sign = if order.side == "buy" { 1 } else { -1 };
        for fill in answer["fills"].as_array().into_iter().flatten() {
            let lots = fill["lots"].as_i64().unwrap_or_default();
            self.fees += micros(&fill["fee"]);
            if order.instrument == AUGUST {
                self.august_lots += sign * lots;
                self.august_cost += sign * lots * micros(&fill["price"]) * AUGUST_HOURS;
            }
        }
    }

    /// Takes back whatever has not traded.
    async fn cancel_all(&mut self) -> Result<(), CommandError> {
        for order in std::mem::take(&mut self.resting) {
            match self.client.delete(&format!("/v1/orders/{order}")).await {
                // It traded in the meantime, or expired with its contract.
                Err(error) if error.code() == Some("order_not_live") => {}
                answer => drop(answer?),
            }
        }
        Ok(())
    }

    /// Two prices on each side, a little apart and a little random.
    async fn quote(
        &mut self,
        instrument: &'static str,
        fair: i64,
        random: &mut ChaCha8Rng,
    ) -> Result<(), CommandError> {
        for level in 1..=2 {
            let half_spread = level * 8 * TICK + random.random_range(0..6) * TICK;
            for (side, price) in [("buy", fair - half_spread), ("sell", fair + half_spread)] {
                let lots = random.random_range(3..=8);
                self.place(&Order { instrument, side, lots, price: on_tick(price) }).await?;
            }
        }
        Ok(())
    }

    /// Trades at once up to a limit, and takes back the rest.
    async fn take(&mut self, order: Order) -> Result<(), CommandError> {
        self.place(&order).await?;
        self.cancel_all().await
    }

    /// Trades for no reason, on either side.
    async fn take_at_random(
        &mut self,
        instrument: &'static str,
        fair: i64,
        random: &mut ChaCha8Rng,
    ) -> Result<(), CommandError> {
        let lots = random.random_range(1..=4);
        let order = match random.random_bool(0.5) {
            true => Order { instrument, side: "buy", lots, price: on_tick(fair + REACH) },
            false => Order { instrument, side: "sell", lots, price: on_tick(fair - REACH) },
        };
        self.take(order).await
    }
}

impl Traders {
    /// Whether anything has traded yet.
    pub(super) fn has_traded(&self) -> bool {
        [&self.hedger, &self.owner, &self.noise].iter().any(|trader| trader.fees != 0)
    }

    /// One round: makers renew their quotes, the others trade against them.
    pub(super) async fn trade(&mut self, today: Day, random: &mut ChaCha8Rng) -> Result<(), CommandError> {
        let Some(fixings) = fixings(&self.hedger.client).await? else { return Ok(()) };
        let (latest, august) = (fixings.latest, fixings.august_value());
        let august_trades = today < calendar::day(9, 1);
        for maker in &mut self.makers {
            maker.cancel_all().await?;
            maker.quote(SEPTEMBER, latest, random).await?;
            if august_trades {
                maker.quote(AUGUST, august, random).await?;
            }
        }
        self.noise.take_at_random(SEPTEMBER, latest, random).await?;
        if !august_trades {
            return Ok(());
        }
        let instrument = AUGUST;
        if self.hedger.august_lots < HEDGE_LOTS {
            let (lots, price) = (random.random_range(1..=3), on_tick(august + REACH));
            self.hedger.take(Order { instrument, side: "buy", lots, price }).await?;
        }
        if self.owner.august_lots > -HEDGE_LOTS {
            let (lots, price) = (random.random_range(1..=3), on_tick(august - REACH));
            self.owner.take(Order { instrument, side: "sell", lots, price }).await?;
        }
        self.noise.take_at_random(AUGUST, august, random).await
    }
}

/// What everybody knows of the series.
struct Fixings {
    by_day: BTreeMap<String, i64>,
    latest: i64,
}

impl Fixings {
    /// What August is worth today: the fixings of its days so far, and the latest one for the days to come.
    fn august_value(&self) -> i64 {
        let of_august: Vec<i64> =
            self.by_day.iter().filter(|(day, _)| day.starts_with("2026-08")).map(|(_, value)| *value).collect();
        let hours_known = 24 * i64::try_from(of_august.len()).unwrap_or_default();
        let known: i64 = of_august.iter().map(|value| value * 24).sum();
        (known + self.latest * (AUGUST_HOURS - hours_known)) / AUGUST_HOURS
    }
}

async fn fixings(client: &Client) -> Result<Option<Fixings>, CommandError> {
    let page = client.get(&format!("/v1/fixings?series={SERIES}&limit=1000")).await?;
    let mut by_day = BTreeMap::new();
    for fixing in page["items"].as_array().into_iter().flatten() {
        // Provisional first, final behind it: the later one stands.
        by_day.insert(fixing["day"].as_str().unwrap_or_default().to_owned(), micros(&fixing["price"]));
    }
    let latest = by_day.last_key_value().map(|(_, &latest)| latest);
    Ok(latest.map(|latest| Fixings { by_day, latest }))
}

/// Micro-USD of a decimal string.
pub(super) fn micros(value: &Value) -> i64 {
    value.as_str().and_then(|text| Amount::parse(text).ok()).map_or(0, |amount| amount.0)
}

fn on_tick(price: i64) -> i64 {
    price.div_euclid(TICK) * TICK
}
