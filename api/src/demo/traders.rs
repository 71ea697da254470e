//! The demo's market: ordinary API clients that quote, hedge, sell forward and trade at random.
//!
//! They know what everybody knows: the fixings and the book. Their worth is what a newcomer sees first, so they stay simple. Makers
//! quote post-only, move their quotes and promise to return; the others trade at once or not at all, and one keeps a stop.

use std::collections::BTreeMap;

use pricing::index::Day;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::client::Client;
use crate::commands::CommandError;
use crate::demo::calendar;
use crate::demo::setup::{AUGUST, AUGUST_HOURS, OCTOBER, SEPTEMBER, SERIES};
use crate::demo::trader::{Order, REACH, Trader, micros, on_tick};

/// Lots that the hedger buys ahead, and the owner of machines sells.
const HEDGE_LOTS: i64 = 40;

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
            maker.promise_to_return().await?;
            maker.quote(SEPTEMBER, latest, random).await?;
            maker.quote(OCTOBER, latest, random).await?;
            if august_trades {
                maker.quote(AUGUST, august, random).await?;
            }
        }
        self.noise.take_at_random(SEPTEMBER, latest, random).await?;
        self.noise.protect(SEPTEMBER, latest).await?;
        self.noise.take_at_random(OCTOBER, latest, random).await?;
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
