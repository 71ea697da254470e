//! The operator's side of the demo: sets the venue up, and runs it day by day.

use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use pricing::index::{Day, Row};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::Client;
use crate::commands::CommandError;
use crate::demo::trader::Trader;
use crate::demo::traders::Traders;
use crate::demo::{calendar, prices, report};
use crate::http::numbers::Amount;
use crate::risk;
use crate::signing;
use crate::venue::clock::SimulatedClock;

/// The price series of the demo: indicative list prices.
pub(super) const SERIES: &str = "H100-SXM.GLOBAL.OD";
/// The contract whose whole life is played.
pub(super) const AUGUST: &str = "H100-SXM.GLOBAL.OD-2026-08";
/// The contract that still trades when the history is over.
pub(super) const SEPTEMBER: &str = "H100-SXM.GLOBAL.OD-2026-09";
/// The contract that is fully collateralised; the others are on margin.
pub(super) const OCTOBER: &str = "H100-SXM.GLOBAL.OD-2026-10";
/// All of them.
const LISTED: [&str; 3] = [AUGUST, SEPTEMBER, OCTOBER];
/// Hours of August.
pub(super) const AUGUST_HOURS: i64 = 744;

/// The account of the person at the terminal.
const YOUR_ACCOUNT: u32 = 7;

/// The operator with its clock.
pub(super) struct Demo {
    pub(super) operator: Client,
    pub(super) risk: risk::Service,
    pub(super) clock: SimulatedClock,
    pub(super) random: ChaCha8Rng,
    pub(super) pace: Duration,
    pub(super) started: Instant,
}

impl Demo {
    /// Series, contracts, accounts, keys, deposits.
    pub(super) async fn set_up(&mut self, token: &str) -> Result<Traders, CommandError> {
        let inception = prices::first_day().to_string();
        self.operator
            .post("/v1/operator/series", &json!({ "series": 1, "symbol": SERIES, "inception": inception }))
            .await?;
        // Scan floor and step are those of docs/decisions/0010 at a price of 3.20; the scan range follows from the fixings.
        let margin = json!({
            "scan_floor": "0.24", "step_max": "0.24", "mark_band": "0.5", "calendar_charge": "30", "delivery_charge": "20",
            "concentration_lots": 100, "concentration_charge": "20", "minimum_charge": "10", "position_lots_max": 1_000,
            "open_interest_lots_max": 10_000,
        });
        self.operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &margin).await?;
        for (instrument, month, collateral) in
            [(1, "2026-08", "margin"), (2, "2026-09", "margin"), (3, "2026-10", "full")]
        {
            let terms = json!({
                "instrument": instrument, "series": SERIES, "delivery_month": month, "collateral": collateral,
                "tick_size": "0.001", "price_floor": "0", "price_cap": "10", "maker_fee": "0", "taker_fee": "0.0005",
            });
            let listed = self.operator.post("/v1/operator/instruments", &terms).await?;
            let path = format!("/v1/operator/instruments/{}/controls", listed["id"].as_str().unwrap_or_default());
            let controls = json!({
                "reference_price": "3.2", "price_band": "0.5", "market_protection": "0.05",
                "daily_limits": ["0.4", "0.8"], "pause_ms": 300_000,
            });
            self.operator.put(&path, &controls).await?;
        }
        let traders = Traders {
            makers: [self.open("maker 1", 1, "2000000").await?, self.open("maker 2", 2, "2000000").await?],
            hedger: self.open("hedger", 3, "50000").await?,
            owner: self.open("owner", 4, "50000").await?,
            noise: self.open("noise", 5, "500000").await?,
        };
        self.open("you", YOUR_ACCOUNT, "100000").await?;
        let hash = signing::sha256_hex(token.as_bytes());
        self.operator.post("/v1/operator/keys", &json!({ "account": YOUR_ACCOUNT, "token_sha256": hash })).await?;
        Ok(traders)
    }

    async fn open(&mut self, name: &'static str, account: u32, usd: &str) -> Result<Trader, CommandError> {
        let key = SigningKey::from_bytes(&self.random.random());
        let public_key = signing::hex(&key.verifying_key().to_bytes());
        self.operator.post("/v1/operator/accounts", &json!({ "account": account })).await?;
        self.operator.post("/v1/operator/keys", &json!({ "account": account, "public_key": public_key })).await?;
        let deposit = json!({ "account": account, "amount": usd, "reference": 1 });
        self.operator.post("/v1/operator/deposits", &deposit).await?;
        Ok(Trader::new(name, self.operator.with_key(key)))
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
        self.publish_risk().await?;
        self.mark().await?;
        report::day(yesterday, &provisional, &settlement, traders).await
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
        self.mark().await?;
        if first && traders.has_traded() {
            report::first_trade(self.started.elapsed());
        }
        Ok(())
    }

    /// What the venue's service does once a minute on the machine's clock: arrays from the new fixings and settlement prices.
    async fn publish_risk(&self) -> Result<(), CommandError> {
        self.risk.publish().await.map_err(|error| CommandError::Demo(error.to_string()))?;
        Ok(())
    }

    /// What the venue does once a second on the machine's clock; here it is done in its place, so that the journal repeats itself.
    async fn mark(&self) -> Result<(), CommandError> {
        for instrument in LISTED {
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

    async fn determine(&self, day: Day, stage: &str) -> Result<Value, CommandError> {
        let body = json!({ "series": SERIES, "day": day.to_string(), "stage": stage });
        Ok(self.operator.post("/v1/operator/determinations", &body).await?)
    }
}
