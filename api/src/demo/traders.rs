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
use crate::demo::listing::{
    AUGUST, AUGUST_HOURS, FAMILY, JANUARY, NEXT_ROLL, PERPETUAL, QUARTER, ROLL, SEPTEMBER, SERIES,
};
use crate::demo::trader::{Order, REACH, Shape, Trader, micros, on_tick};
use crate::demo::vaults::Vaults;

/// Lots that the hedger buys ahead, and the owner of machines sells.
const HEDGE_LOTS: i64 = 40;
/// Lots that the fund holds and rolls.
const FUND_LOTS: i64 = 12;

/// How the makers quote a contract.
const OUTRIGHT: Shape = Shape { levels: 2, step_ticks: 8, noise_ticks: 6 };
/// How the specialist quotes what has no other maker; a spread moves less than its legs.
const SPECIAL: Shape = Shape { levels: 1, step_ticks: 5, noise_ticks: 4 };
const NARROW: Shape = Shape { levels: 1, step_ticks: 2, noise_ticks: 2 };

/// Everybody who has an account.
#[derive(Debug)]
pub(super) struct Traders {
    pub(super) makers: [Trader; 2],
    /// Quotes the perpetual, the quarter and its months, and the calendar spread.
    pub(super) specialist: Trader,
    /// Buys the month ahead, as somebody who will need the hours does.
    pub(super) hedger: Trader,
    /// Sells the month ahead, as somebody who has the machines does.
    pub(super) owner: Trader,
    /// Trades for no reason.
    pub(super) noise: Trader,
    /// Is long the next month, and rolls it by the spread before it delivers.
    pub(super) fund: Trader,
    /// Buys as much of the spread as its margin allows, and keeps it when delivery begins.
    pub(super) gambler: Trader,
    /// Takes over what cannot be closed in the book; never trades.
    pub(super) backstop: Trader,
    /// The owner's machines as a vault, and who holds its shares.
    pub(super) vaults: Vaults,
    /// The person at the terminal.
    pub(super) you: Trader,
    /// Decides for those who trade the perpetual, the quarter and the spread.
    pub(super) chance: ChaCha8Rng,
}

impl Traders {
    /// Whether anything has traded yet.
    pub(super) fn has_traded(&self) -> bool {
        [&self.hedger, &self.owner, &self.noise].iter().any(|trader| trader.fees != 0)
    }

    /// Everybody, so that what they hold can be added up.
    pub(super) fn everybody(&self) -> [&Trader; 10] {
        let [first, second] = &self.makers;
        let Traders { specialist, hedger, owner, noise, fund, gambler, backstop, you, .. } = self;
        [first, second, specialist, hedger, owner, noise, fund, gambler, backstop, you]
    }

    /// One round: makers renew their quotes, the others trade against them.
    pub(super) async fn trade(&mut self, today: Day, random: &mut ChaCha8Rng) -> Result<(), CommandError> {
        let Some(fixings) = fixings(&self.hedger.client).await? else { return Ok(()) };
        let (latest, august) = (fixings.latest, fixings.august_value());
        let august_trades = today < calendar::day(9, 1);
        for maker in &mut self.makers {
            maker.promise_to_return().await?;
            maker.quote(SEPTEMBER, latest, OUTRIGHT, random).await?;
            maker.quote(JANUARY, latest, OUTRIGHT, random).await?;
            if august_trades {
                maker.quote(AUGUST, august, OUTRIGHT, random).await?;
            }
        }
        self.noise.take_at_random(SEPTEMBER, latest, random).await?;
        self.noise.protect(SEPTEMBER, latest).await?;
        self.noise.take_at_random(JANUARY, latest, random).await?;
        if august_trades {
            if self.hedger.taken(AUGUST) < HEDGE_LOTS {
                let (lots, price) = (random.random_range(1..=3), on_tick(august + REACH));
                self.hedger.take(Order { instrument: AUGUST, side: "buy", lots, price }).await?;
            }
            if self.owner.taken(AUGUST) > -HEDGE_LOTS {
                let (lots, price) = (random.random_range(1..=3), on_tick(august - REACH));
                self.owner.take(Order { instrument: AUGUST, side: "sell", lots, price }).await?;
            }
            self.noise.take_at_random(AUGUST, august, random).await?;
        }
        self.trade_the_rest(today, latest, august).await
    }

    /// The perpetual, from August on the quarter, and the calendar spread in whose near month delivery has not begun.
    async fn trade_the_rest(&mut self, today: Day, latest: i64, august: i64) -> Result<(), CommandError> {
        let random = &mut self.chance;
        let family_lists = today >= calendar::day(8, 1);
        let spread = if family_lists { NEXT_ROLL } else { ROLL };
        self.specialist.promise_to_return().await?;
        self.specialist.quote(PERPETUAL, latest, SPECIAL, random).await?;
        self.noise.take_at_random(PERPETUAL, latest, random).await?;
        if family_lists {
            for instrument in FAMILY {
                self.specialist.quote(instrument, latest, SPECIAL, random).await?;
            }
            self.noise.take_at_random(QUARTER, latest, random).await?;
        }
        if today >= calendar::day(9, 1) {
            return Ok(());
        }
        // Before a month begins both legs are worth the latest fixing.
        self.specialist.quote(spread, 0, NARROW, random).await?;
        if !family_lists && today >= calendar::day(7, 14) && self.fund.taken(AUGUST) < FUND_LOTS {
            self.fund.take(Order { instrument: AUGUST, side: "buy", lots: 1, price: on_tick(august + REACH) }).await?;
        }
        // In the last week of a month: the near leg sold, the far one bought.
        let in_last_week = today >= calendar::day(8, 24) || (!family_lists && today >= calendar::day(7, 24));
        let left = FUND_LOTS + self.fund.taken(spread);
        if in_last_week && left > 0 {
            let lots = left.min(2);
            self.fund.take(Order { instrument: spread, side: "sell", lots, price: -REACH }).await?;
        }
        if !family_lists && today >= calendar::day(7, 20) {
            self.gambler.take(Order { instrument: spread, side: "buy", lots: 3, price: REACH }).await?;
        }
        Ok(())
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
