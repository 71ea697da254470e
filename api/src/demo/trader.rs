//! One of the demo's clients: how it quotes, takes and protects itself with what the public API offers.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::{Client, ClientError};
use crate::commands::CommandError;
use crate::demo::listing::{AUGUST, AUGUST_HOURS};
use crate::http::numbers::Amount;

/// The contracts' price step.
const TICK: i64 = 1_000;

/// One client with its key.
#[derive(Debug)]
pub(super) struct Trader {
    pub(super) name: &'static str,
    pub(super) client: Client,
    /// Orders that keep resting, and where they belong.
    quotes: Vec<Quote>,
    /// What it thought fair when it last quoted.
    fair: BTreeMap<&'static str, i64>,
    /// The stop order that protects its position, and the side of it.
    stop: Option<(String, &'static str)>,
    orders_sent: u32,
    /// Lots it has taken in each contract, bought less sold, and what those of August cost.
    taken: BTreeMap<&'static str, i64>,
    pub(super) august_cost: i64,
    pub(super) fees: i64,
}

/// How far from what they think fair those who trade at once will go.
pub(super) const REACH: i64 = 20 * TICK;

/// How far from what it thinks fair the stop of a position wakes up.
const STOP_DISTANCE: i64 = 30 * TICK;

/// A maker whose program dies overnight has no quotes in the book the next day: more than the hours between two rounds.
const SWITCH_MS: i64 = 20 * 3_600 * 1_000;

/// What the market may say without ending the play: somebody at the terminal trades, too.
const NOT_NOW: [&str; 10] = [
    "would_trade",
    "outside_band",
    "outside_daily_limits",
    "stop_in_reach",
    "nothing_to_trade_with",
    "nothing_to_reduce",
    "halted",
    "insufficient_margin",
    "risk_expired",
    "in_liquidation",
];

/// A quote that rests: one of the two levels of a side.
#[derive(Debug)]
struct Quote {
    order: String,
    instrument: &'static str,
    side: &'static str,
    level: i64,
}

/// How a maker quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Prices on each side.
    pub(super) levels: i64,
    /// How far apart they are.
    pub(super) step_ticks: i64,
    /// How much further they may be by chance.
    pub(super) noise_ticks: i64,
}

/// What an order is.
pub(super) struct Order {
    pub(super) instrument: &'static str,
    pub(super) side: &'static str,
    pub(super) lots: i64,
    pub(super) price: i64,
}

/// An answer, or nothing if the market says no for one of these reasons.
fn unless(codes: &[&str], answer: Result<Value, ClientError>) -> Result<Option<Value>, CommandError> {
    match answer {
        Err(error) if error.code().is_some_and(|code| codes.contains(&code)) => Ok(None),
        answer => Ok(Some(answer?)),
    }
}

impl Trader {
    pub(super) fn new(name: &'static str, client: Client) -> Trader {
        let (quotes, fair, taken) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Trader { name, client, quotes, fair, stop: None, orders_sent: 0, taken, august_cost: 0, fees: 0 }
    }

    /// Lots it has taken in a contract, bought less sold.
    pub(super) fn taken(&self, instrument: &str) -> i64 {
        self.taken.get(instrument).copied().unwrap_or_default()
    }

    /// Sends an order with what makes it special; nothing if the market does not take it now.
    async fn place(&mut self, mut order: Value) -> Result<Option<Value>, CommandError> {
        self.orders_sent += 1;
        order["client_order_id"] = json!(format!("{}-{}", self.name.replace(' ', "-"), self.orders_sent));
        unless(&NOT_NOW, self.client.post("/v1/orders", &order).await)
    }

    fn note_fills(&mut self, order: &Order, answer: &Value) {
        let sign = if order.side == "buy" { 1 } else { -1 };
        for fill in answer["fills"].as_array().into_iter().flatten() {
            let lots = fill["lots"].as_i64().unwrap_or_default();
            self.fees += micros(&fill["fee"]);
            *self.taken.entry(order.instrument).or_default() += sign * lots;
            if order.instrument == AUGUST {
                self.august_cost += sign * lots * micros(&fill["price"]) * AUGUST_HOURS;
            }
        }
    }

    /// So many prices on each side, a little apart and a little random: those that still rest are moved, the others placed anew.
    pub(super) async fn quote(
        &mut self,
        instrument: &'static str,
        fair: i64,
        shape: Shape,
        random: &mut ChaCha8Rng,
    ) -> Result<(), CommandError> {
        // Away from the other side first, so that no quote meets the one it will replace.
        let rises = self.fair.insert(instrument, fair).is_none_or(|before| fair >= before);
        for level in 1..=shape.levels {
            let half_spread = (level * shape.step_ticks + random.random_range(0..shape.noise_ticks)) * TICK;
            let mut sides = [("sell", fair + half_spread), ("buy", fair - half_spread)];
            if !rises {
                sides.reverse();
            }
            for (side, price) in sides {
                let lots = random.random_range(3..=8);
                self.renew(level, &Order { instrument, side, lots, price: on_tick(price) }).await?;
            }
        }
        Ok(())
    }

    async fn renew(&mut self, level: i64, order: &Order) -> Result<(), CommandError> {
        let &Order { instrument, side, lots, price } = order;
        let limit_price = Amount(price).to_string();
        let is_same = |quote: &Quote| (quote.instrument, quote.side, quote.level) == (instrument, side, level);
        if let Some(place) = self.quotes.iter().position(is_same) {
            let path = format!("/v1/orders/{}", self.quotes[place].order);
            match self.client.patch(&path, &json!({ "limit_price": limit_price })).await {
                // It traded in the meantime, or was cancelled.
                Err(error) if error.code() == Some("order_not_live") => drop(self.quotes.swap_remove(place)),
                answer => return unless(&NOT_NOW, answer).map(drop),
            }
        }
        let body = json!({
            "instrument": instrument, "side": side, "lots": lots, "limit_price": limit_price, "post_only": true,
        });
        if let Some(answer) = self.place(body).await? {
            let order = answer["order_id"].as_str().unwrap_or_default().to_owned();
            self.quotes.push(Quote { order, instrument, side, level });
        }
        Ok(())
    }

    /// Lets the venue take the quotes out should nobody renew them.
    pub(super) async fn promise_to_return(&self) -> Result<(), CommandError> {
        self.client.put("/v1/cancel-after", &json!({ "timeout_ms": SWITCH_MS })).await?;
        Ok(())
    }

    /// Trades at once up to a limit; the rest is not kept.
    pub(super) async fn take(&mut self, order: Order) -> Result<(), CommandError> {
        let body = json!({
            "instrument": order.instrument, "side": order.side, "lots": order.lots,
            "limit_price": Amount(order.price).to_string(), "time_in_force": "ioc",
        });
        if let Some(answer) = self.place(body).await? {
            self.note_fills(&order, &answer);
        }
        Ok(())
    }

    /// Trades for no reason, on either side.
    pub(super) async fn take_at_random(
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

    /// Keeps a stop order behind the position that leaves it when the price runs away; it only ever reduces.
    pub(super) async fn protect(&mut self, instrument: &'static str, fair: i64) -> Result<(), CommandError> {
        let positions = self.client.get("/v1/positions").await?;
        let held = positions["items"].as_array().into_iter().flatten().find(|held| held["instrument"] == instrument);
        let held = held.and_then(|held| held["lots"].as_i64()).unwrap_or_default();
        let (side, stop) = if held > 0 { ("sell", fair - STOP_DISTANCE) } else { ("buy", fair + STOP_DISTANCE) };
        let stop_price = Amount(on_tick(stop)).to_string();
        if let Some((order, stop_side)) = self.stop.take() {
            let path = format!("/v1/orders/{order}");
            let answer = match held != 0 && stop_side == side {
                true => self.client.patch(&path, &json!({ "lots": held.abs(), "stop_price": stop_price })).await,
                false => self.client.delete(&path).await.map(|_| Value::Null),
            };
            match answer {
                // It woke up in the meantime.
                Err(error) if error.code() == Some("order_not_live") => {}
                Ok(Value::Null) => {}
                answer => {
                    self.stop = Some((order, side));
                    return unless(&NOT_NOW, answer).map(drop);
                }
            }
        }
        if held == 0 {
            return Ok(());
        }
        let body = json!({
            "instrument": instrument, "side": side, "lots": held.abs(), "type": "market", "reduce_only": true,
            "stop": { "reference": "last", "price": stop_price },
        });
        let answer = self.place(body).await?;
        self.stop = answer.and_then(|answer| Some((answer["order_id"].as_str()?.to_owned(), side)));
        Ok(())
    }
}

/// Micro-USD of a decimal string.
pub(super) fn micros(value: &Value) -> i64 {
    value.as_str().and_then(|text| Amount::parse(text).ok()).map_or(0, |amount| amount.0)
}

/// The nearest price on the grid at or below.
pub(super) fn on_tick(price: i64) -> i64 {
    price.div_euclid(TICK) * TICK
}
