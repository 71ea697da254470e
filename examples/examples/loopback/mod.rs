//! What an example that speaks to a venue begins with: one on the loopback address, its operator, and two traders with money.

use std::error::Error;

use api::client::Client;
use api::server::{Server, Tokens};
use api::venue::clock::{Clock, SimulatedClock};
use api::venue::sequencer::Handle;
use ed25519_dalek::SigningKey;
use engine::units::Timestamp;
use serde_json::{Value, json};

/// The cash month that is listed.
pub(crate) const MONTH: &str = "H100-SXM.GLOBAL.OD-2026-09";
/// The spot pair that is listed: a lot is half a GPU-hour.
pub(crate) const PAIR: &str = "GPUH-USD";
/// The moment the venue opens, 26 August 2026, 12:00 UTC.
pub(crate) const NOON: Timestamp = Timestamp((20_691 * 24 + 12) * HOUR_US);
/// An hour.
pub(crate) const HOUR_US: i64 = 3_600_000_000;

/// A venue that runs until the program ends, and those who use it.
#[derive(Debug)]
pub(crate) struct Loopback {
    /// The operator's key.
    pub(crate) operator: Client,
    /// Account 1, which buys. It has 100,000 USD.
    pub(crate) lab: Client,
    /// Account 2, which sells. It has 100,000 USD and 100 GPU-hours, and is paid for what rests.
    pub(crate) owner: Client,
    clock: SimulatedClock,
    handle: Handle,
    _folder: tempfile::TempDir,
}

impl Loopback {
    /// Starts a venue in a temporary folder and sets it up as its operator would.
    ///
    /// # Errors
    /// If it does not start or refuses something.
    pub(crate) async fn start() -> Result<Loopback, Box<dyn Error>> {
        let (folder, clock) = (tempfile::tempdir()?, SimulatedClock::default());
        clock.set(NOON);
        let listen = ([127, 0, 0, 1], 0).into();
        let server = Server::start(folder.path(), Clock::Simulated(clock.clone()), listen, Tokens::Refused).await?;
        let keys = [255, 1, 2].map(|number| SigningKey::from_bytes(&[number; 32]));
        server.ensure_operator(keys[0].verifying_key().to_bytes()).await?;
        let (url, handle) = (format!("http://{}", server.address()?), server.app().handle.clone());
        tokio::spawn(server.serve(std::future::pending()));
        let [operator, lab, owner] = keys.clone().map(|key| Client::anonymous(&url).with_key(key));

        let series = json!({ "series": 1, "symbol": "H100-SXM.GLOBAL.OD", "inception": "2026-08-01" });
        operator.post("/v1/operator/series", &series).await?;
        let prices = json!({ "price_floor": "0", "price_cap": "10", "tick_size": "0.001" });
        let month = json!({ "instrument": 1, "series": "H100-SXM.GLOBAL.OD", "delivery_month": "2026-09",
                            "maker_fee": "0", "taker_fee": "0.0005" });
        operator.post("/v1/operator/instruments", &with(month, prices.clone())).await?;
        operator.post("/v1/operator/assets", &json!({ "asset": 2, "symbol": "GPUH", "decimals": 3 })).await?;
        let pair =
            json!({ "instrument": 2, "asset": "GPUH", "lot_size": "0.5", "maker_fee": "0", "taker_fee": "0.002" });
        operator.post("/v1/operator/spot-pairs", &with(pair, prices)).await?;
        for (account, key) in [(1, &keys[1]), (2, &keys[2])] {
            operator.post("/v1/operator/accounts", &json!({ "account": account })).await?;
            let public_key = api::signing::hex(&key.verifying_key().to_bytes());
            operator.post("/v1/operator/keys", &json!({ "account": account, "public_key": public_key })).await?;
            let dollars = json!({ "account": account, "amount": "100000", "reference": 1 });
            operator.post("/v1/operator/deposits", &dollars).await?;
        }
        let hours = json!({ "account": 2, "asset": "GPUH", "amount": "100", "reference": 2 });
        operator.post("/v1/operator/deposits", &hours).await?;
        Ok(Loopback { operator, lab, owner, clock, handle, _folder: folder })
    }

    /// Sets the venue's clock so many hours behind noon, and waits until what is due then is done.
    ///
    /// # Errors
    /// If the venue has stopped.
    pub(crate) async fn hours_pass(&self, hours: i64) -> Result<(), Box<dyn Error>> {
        self.clock.set(Timestamp(NOON.0 + hours * HOUR_US));
        Ok(self.handle.tick().await?)
    }
}

/// A limit order in the month, with whatever else is said of it.
pub(crate) fn order(name: &str, side: &str, lots: u32, limit_price: &str, more: Value) -> Value {
    let order =
        json!({ "client_order_id": name, "instrument": MONTH, "side": side, "lots": lots, "limit_price": limit_price });
    with(order, more)
}

/// The fields of one object, and those of another over them.
pub(crate) fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

/// Prints what happened, and some fields of the answer.
pub(crate) fn say(what: &str, answer: &Value, fields: &[&str]) {
    let field =
        |name: &&str| format!("{name} {}", answer[*name].as_str().map_or(answer[*name].to_string(), str::to_owned));
    println!("{what:<52} {}", fields.iter().map(field).collect::<Vec<_>>().join(", "));
}
