//! The operator's side of the demo: sets the venue up, and runs it day by day.

use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use pricing::index::{Day, Row};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::Client;
use crate::commands::CommandError;
use crate::demo::listing::{AUGUST, FAMILY, MARGINED, PERPETUAL, SERIES};
use crate::demo::trader::{Trader, micros};
use crate::demo::traders::Traders;
use crate::demo::vaults::Vaults;
use crate::demo::waterfall::Watch;
use crate::demo::{calendar, listing, prices, report};
use crate::http::numbers::Amount;
use crate::risk;
use crate::signing;
use crate::venue::clock::SimulatedClock;

/// The account of the person at the terminal.
const YOUR_ACCOUNT: u32 = 7;
/// The account that takes over what the book does not.
const BACKSTOP_ACCOUNT: u32 = 10;
/// What the operator pays into the insurance fund.
pub(super) const INSURANCE_USD: &str = "10000";

/// The operator with its clock.
pub(super) struct Demo {
    pub(super) operator: Client,
    pub(super) risk: risk::Service,
    pub(super) clock: SimulatedClock,
    pub(super) random: ChaCha8Rng,
    pub(super) pace: Duration,
    pub(super) started: Instant,
    pub(super) watch: Watch,
    /// What funding of the perpetual has moved from one side to the other.
    pub(super) funding_paid: i64,
}

/// The day from whose beginning on the venue lists by itself: a family lists the present month, and of July the first days have no fixing.
fn family_day() -> Day {
    calendar::day(8, 1)
}

/// What has a mark and is settled for a day, a strip behind its months.
fn margined(day: Day) -> Vec<&'static str> {
    let family: &[&str] = if day >= family_day() { &FAMILY } else { &[] };
    [&MARGINED, family].concat()
}

impl Demo {
    /// Series, contracts, accounts, keys, deposits, and what stands behind defaults.
    pub(super) async fn set_up(&mut self, token: &str) -> Result<Traders, CommandError> {
        listing::by_hand(&self.operator, &prices::first_day().to_string()).await?;
        let operator = &self.operator;
        // Whoever trades what came later draws from a stream of its own, so that the months trade as if nobody else were there.
        let mut chance = self.random.clone();
        chance.set_stream(1);
        let mut chance_of_vaults = self.random.clone();
        chance_of_vaults.set_stream(2);
        let random = &mut self.random;
        let traders = Traders {
            makers: [
                open(operator, random, "maker 1", 1, "2000000").await?,
                open(operator, random, "maker 2", 2, "2000000").await?,
            ],
            hedger: open(operator, random, "hedger", 3, "50000").await?,
            owner: open(operator, random, "owner", 4, "50000").await?,
            noise: open(operator, random, "noise", 5, "500000").await?,
            you: open(operator, random, "you", YOUR_ACCOUNT, "100000").await?,
            specialist: open(operator, &mut chance, "specialist", 6, "2000000").await?,
            fund: open(operator, &mut chance, "fund", 8, "20000").await?,
            gambler: open(operator, &mut chance, "gambler", 9, "1600").await?,
            backstop: open(operator, &mut chance, "backstop", BACKSTOP_ACCOUNT, "250000").await?,
            // Behind the owner, who sells its machines to the vault.
            vaults: Vaults::begin(operator, prices::first_day(), chance_of_vaults).await?,
            chance,
        };
        let hash = signing::sha256_hex(token.as_bytes());
        self.operator.post("/v1/operator/keys", &json!({ "account": YOUR_ACCOUNT, "token_sha256": hash })).await?;
        let payment = json!({ "amount": INSURANCE_USD, "reference": 1 });
        self.operator.post("/v1/operator/insurance", &payment).await?;
        self.operator.post("/v1/operator/backstop", &json!({ "account": BACKSTOP_ACCOUNT })).await?;
        Ok(traders)
    }

    /// From the first recorded day to the final settlement of August.
    pub(super) async fn play(&mut self, traders: &mut Traders) -> Result<(), CommandError> {
        let rows = prices::rows()?;
        let last_day = calendar::day(9, 2);
        let mut today = prices::first_day();
        report::table_head();
        while today <= last_day {
            let began = Instant::now();
            self.settle_and_fix(today, traders).await?;
            let is_last = today == last_day;
            if is_last {
                self.clock.set(calendar::moment(today, 0, 35));
                let settled = self.settle(calendar::day(9, 1), "final").await?;
                report::final_settlement(&settled);
            }
            self.trade(today, 10, traders).await?;
            self.report_prices(today, &rows).await?;
            self.trade(today, 15, traders).await?;
            tokio::time::sleep(self.pace.saturating_sub(began.elapsed())).await;
            today = calendar::plus(today, 1);
        }
        Ok(())
    }

    /// Past midnight: yesterday is settled; at half past its fixing is provisional and the day before's final.
    async fn settle_and_fix(&mut self, today: Day, traders: &mut Traders) -> Result<(), CommandError> {
        let (yesterday, day_before) = (calendar::plus(today, -1), calendar::plus(today, -2));
        if yesterday < prices::first_day() {
            return Ok(());
        }
        self.clock.set(calendar::moment(today, 0, 5));
        let mut settlement = Value::Null;
        if traders.has_traded() {
            settlement = self.settle(yesterday, "daily").await?;
        }
        self.clock.set(calendar::moment(today, 0, 30));
        if day_before >= prices::first_day() {
            self.determine(day_before, "final").await?;
        }
        let provisional = self.determine(yesterday, "provisional").await?;
        traders.vaults.earn(&self.operator, yesterday, &provisional["fixing"]).await?;
        if today == family_day() {
            listing::family(&self.operator).await?;
        }
        self.publish_risk().await?;
        self.mark(&margined(today)).await?;
        report::day(yesterday, &provisional, &settlement, traders).await?;
        self.watch.look(&traders.gambler).await
    }

    async fn report_prices(&mut self, today: Day, rows: &[Row]) -> Result<(), CommandError> {
        self.clock.set(calendar::moment(today, 12, 0));
        for row in rows.iter().filter(|row| row.day == today) {
            let price = Amount(row.price.micro_usd()).to_string();
            let body =
                json!({ "series": SERIES, "day": today.to_string(), "owner": row.owner.label(), "price": price });
            self.operator.post("/v1/operator/reports", &body).await?;
        }
        Ok(())
    }

    async fn trade(&mut self, today: Day, hour: i64, traders: &mut Traders) -> Result<(), CommandError> {
        self.clock.set(calendar::moment(today, hour, 0));
        let first = !traders.has_traded();
        traders.trade(today, &mut self.random).await?;
        traders.vaults.trade(today).await?;
        self.mark(&margined(today)).await?;
        self.fund(today).await?;
        if first && traders.has_traded() {
            report::first_trade(self.started.elapsed());
        }
        self.watch.look(&traders.gambler).await
    }

    /// What the venue's service does once a minute on the machine's clock: arrays from the new fixings and settlement prices.
    async fn publish_risk(&self) -> Result<(), CommandError> {
        self.risk.publish().await.map_err(|error| CommandError::Demo(error.to_string()))?;
        Ok(())
    }

    /// What the venue does once a second on the machine's clock; here it is done in its place, so that the journal repeats itself.
    async fn mark(&self, instruments: &[&str]) -> Result<(), CommandError> {
        for instrument in instruments {
            match self.operator.post(&format!("/v1/operator/instruments/{instrument}/mark"), &Value::Null).await {
                Err(error) if matches!(error.code(), Some("no_mark" | "expired")) => {}
                answer => drop(answer?),
            }
        }
        Ok(())
    }

    /// The settlement job of a day; what it did with August, if that was due.
    async fn settle(&self, day: Day, kind: &str) -> Result<Value, CommandError> {
        let path = format!("/v1/operator/settlements/{kind}/{day}");
        while self.operator.post(&path, &json!({})).await?["state"] == "running" {}
        let report = self.operator.get(&format!("/v1/operator/reports/{day}")).await?;
        let is_it = |line: &&Value| line["instrument"] == AUGUST && line["kind"] == kind;
        Ok(report["settlements"].as_array().into_iter().flatten().find(is_it).cloned().unwrap_or_default())
    }

    /// Funds the perpetual for this hour. Settling a day funds one, too, which has no sample yet and pays nothing.
    async fn fund(&mut self, today: Day) -> Result<(), CommandError> {
        let funding = json!({ "instrument": PERPETUAL, "day": today.to_string(), "kind": "funding" });
        let funded = self.operator.post("/v1/operator/settlements", &funding).await?;
        self.funding_paid += micros(&funded["paid"]);
        Ok(())
    }

    async fn determine(&self, day: Day, stage: &str) -> Result<Value, CommandError> {
        let body = json!({ "series": SERIES, "day": day.to_string(), "stage": stage });
        Ok(self.operator.post("/v1/operator/determinations", &body).await?)
    }
}

/// An account with a key and a deposit.
pub(super) async fn open(
    operator: &Client,
    random: &mut ChaCha8Rng,
    name: &'static str,
    account: u32,
    usd: &str,
) -> Result<Trader, CommandError> {
    let key = SigningKey::from_bytes(&random.random());
    let public_key = signing::hex(&key.verifying_key().to_bytes());
    operator.post("/v1/operator/accounts", &json!({ "account": account })).await?;
    operator.post("/v1/operator/keys", &json!({ "account": account, "public_key": public_key })).await?;
    let deposit = json!({ "account": account, "amount": usd, "reference": 1 });
    operator.post("/v1/operator/deposits", &deposit).await?;
    Ok(Trader::new(name, operator.with_key(key)))
}
