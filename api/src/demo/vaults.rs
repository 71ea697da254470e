//! The demo's tokenised GPUs: the owner's four machines become a vault, two investors hold and trade its shares, and each day's hours are
//! sold at the fixing.

#![allow(clippy::print_stdout, reason = "the demo talks to the person at the terminal")]

use pricing::index::Day;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::client::Client;
use crate::commands::CommandError;
use crate::demo::calendar;
use crate::demo::listing::SERIES;
use crate::demo::setup::open;
use crate::demo::trader::{Trader, micros};
use crate::http::numbers::Amount;
use crate::signing::sha256_hex;

/// Machines of the vault.
const GPUS: u64 = 4;
/// What running one of them costs, in USD per GPU-hour.
const OPERATING_RATE: &str = "1.10";
/// The pair in which the shares trade.
const PAIR: &str = "H100-V1-USD";
/// The account of the owner, who sells the machines to the vault and runs them.
const SPONSOR_ACCOUNT: u32 = 4;
const SECONDS_PER_HOUR: i128 = 3_600;

/// The vault as its investors and its operator see it.
#[derive(Debug)]
pub(super) struct Vaults {
    investors: [Trader; 2],
    /// Decides how many hours are sold, and at which price shares trade; nobody else draws from it.
    chance: ChaCha8Rng,
    entries: u64,
    orders: u32,
    claimed: i64,
}

impl Vaults {
    /// From the operating rate to shares in the investors' accounts, all on the first day.
    pub(super) async fn begin(operator: &Client, today: Day, mut chance: ChaCha8Rng) -> Result<Vaults, CommandError> {
        let investors = [
            open(operator, &mut chance, "investor 1", 11, "80000").await?,
            open(operator, &mut chance, "investor 2", 12, "80000").await?,
        ];
        let rate = json!({ "series": SERIES, "effective_day": today.to_string(), "rate": OPERATING_RATE });
        operator.post("/v1/operator/operating-rates", &rate).await?;
        let deadline = |days| calendar::moment(calendar::plus(today, days), 0, 0).0;
        let vault = json!({
            "vault": 1, "series": SERIES, "asset": 2, "symbol": "H100-V1", "gpus": GPUS, "share_price": "250",
            "sponsor": SPONSOR_ACCOUNT, "holders_basis_points": 9_000, "funding_until_us": deadline(7),
            "deployment_until_us": deadline(14),
        });
        operator.post("/v1/operator/vaults", &vault).await?;
        let machine = |number: u64| sha256_hex(format!("demo machine {number}").as_bytes());
        for number in 1..=GPUS {
            operator.post("/v1/operator/vaults/1/deeds", &json!({ "serial_hash": machine(number) })).await?;
        }
        for (investor, shares) in investors.iter().zip([250, 150]) {
            let subscription = json!({ "shares": shares, "reference": 1 });
            investor.client.post("/v1/vaults/1/subscriptions", &subscription).await?;
        }
        for number in 1..=GPUS {
            let seen = sha256_hex(format!("demo machine {number} answers").as_bytes());
            let attestation = json!({ "serial_hash": machine(number), "attestation_hash": seen });
            operator.post("/v1/operator/vaults/1/attestations", &attestation).await?;
        }
        operator.post("/v1/operator/vaults/1/deploy", &Value::Null).await?;
        let pair = json!({
            "instrument": 6, "asset": "H100-V1", "lot_size": "1", "tick_size": "0.01", "price_floor": "0",
            "price_cap": "1000", "maker_fee": "0", "taker_fee": "0.05",
        });
        operator.post("/v1/operator/spot-pairs", &pair).await?;
        Ok(Vaults { investors, chance, entries: 0, orders: 0, claimed: 0 })
    }

    /// Yesterday's hours are sold at its fixing: between 70 and 95 % of what four machines have in a day.
    pub(super) async fn earn(&mut self, operator: &Client, yesterday: Day, fixing: &Value) -> Result<(), CommandError> {
        let price = micros(fixing);
        if price == 0 {
            return Ok(());
        }
        let gpu_seconds = GPUS * 864 * self.chance.random_range(70..=95_u64);
        // Rounded down: the customer gains less than a micro-USD.
        let gross = i128::from(price) * i128::from(gpu_seconds) / SECONDS_PER_HOUR;
        let gross = Amount(i64::try_from(gross).map_err(|error| CommandError::Demo(error.to_string()))?);
        self.entries += 1;
        let entry = json!({
            "number": self.entries, "day": yesterday.to_string(), "gpu_seconds": gpu_seconds, "gross": gross.to_string(),
        });
        operator.post("/v1/operator/vaults/1/revenue", &entry).await?;
        Ok(())
    }

    /// The first investor offers shares around what they cost, the second buys some of them; on Sundays both claim.
    pub(super) async fn trade(&mut self, today: Day) -> Result<(), CommandError> {
        let price = Amount(250_000_000 + 10_000 * self.chance.random_range(-200..=400_i64));
        let lots = self.chance.random_range(1..=3_u32);
        let [seller, buyer] = &self.investors;
        seller.client.delete(&format!("/v1/orders?instrument={PAIR}")).await?;
        self.orders += 1;
        for (investor, side, lots, fate) in [(seller, "sell", lots + 2, "gtc"), (buyer, "buy", lots, "ioc")] {
            let order = json!({
                "client_order_id": format!("shares-{side}-{}", self.orders), "instrument": PAIR, "side": side, "lots": lots,
                "limit_price": price.to_string(), "time_in_force": fate,
            });
            match investor.client.post("/v1/orders", &order).await {
                // Whoever sits at the terminal may have bought what was there.
                Err(error) if matches!(error.code(), Some("insufficient_balance" | "insufficient_funds")) => {}
                answer => drop(answer?),
            }
        }
        if today.days_since_epoch() % 7 == 3 {
            self.claim().await?;
        }
        Ok(())
    }

    async fn claim(&mut self) -> Result<(), CommandError> {
        for investor in &self.investors {
            match investor.client.post("/v1/vaults/1/claims", &json!({})).await {
                Err(error) if error.code() == Some("nothing_to_claim") => {}
                answer => self.claimed += micros(&answer?["yield_paid"]),
            }
        }
        Ok(())
    }

    /// What the machines earned, and whose it is, from what everybody may ask; the sums must agree.
    pub(super) async fn farewell(&mut self, operator: &Client) -> Result<(), CommandError> {
        self.claim().await?;
        let vault = operator.get("/v1/vaults/1").await?;
        let entries = operator.get("/v1/vaults/1/revenue?limit=1000").await?;
        let sum = |name: &str| -> i64 {
            entries["items"].as_array().into_iter().flatten().map(|entry| micros(&entry[name])).sum()
        };
        let (holders, left) = (sum("holders"), micros(&vault["unclaimed"]));
        println!(
            "vault 1: {GPUS} GPUs earned {} USD on {} days; {} USD ran them, {} USD went to 400 shares, {} USD to their owner.",
            Amount(sum("gross")),
            self.entries,
            Amount(sum("kept")),
            Amount(holders),
            Amount(sum("sponsor")),
        );
        println!(
            "a share that cost 250 USD has earned {} USD; {} USD were claimed, {} USD are still there.",
            vault["earned_per_share"].as_str().unwrap_or("-"),
            Amount(self.claimed),
            Amount(left),
        );
        if self.claimed + left == holders {
            return Ok(());
        }
        Err(CommandError::Demo("what was claimed and what is left is not what holders were given".to_owned()))
    }
}
