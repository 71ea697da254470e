//! A venue in August 2026 with a contract of three days, a clock that the test moves, a buyer and a seller.

use std::path::Path;

use api::client::Client;
use api::venue::clock::{Clock, SimulatedClock};
use api::venue::machines::Action;
use engine::command::Command;
use engine::ids::{InstrumentId, KeyId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::units::{Day, Price, Timestamp};
use serde_json::{Value, json};

use crate::harness::Inside;
use crate::market::{SERIES, begin_series, micros, open_account, trader};

pub(crate) const CONTRACT: &str = "H100-SXM.GLOBAL.OD-2026-08";
/// A contract in the same series that nobody trades.
pub(crate) const QUIET: &str = "H100-SXM.GLOBAL.OD-QUIET";

/// The first of August 2026 in days since 1970.
pub(crate) const FIRST: i32 = 20_666;

/// A venue whose clock stands at 1 August 2026, 00:00.
pub(crate) struct Life {
    pub(crate) venue: Inside,
    pub(crate) clock: SimulatedClock,
    pub(crate) operator: Client,
    pub(crate) seller: Client,
    pub(crate) buyer: Client,
}

impl Life {
    pub(crate) async fn start(folder: &Path) -> Life {
        let clock = SimulatedClock::default();
        let venue = serve(folder, &clock, 1, "00:00").await;
        let operator = venue.operator();
        begin_series(&operator, "2026-08-01").await;
        for (instrument, symbol) in [(1, CONTRACT), (2, QUIET)] {
            list(&venue, instrument, symbol).await;
        }
        let seller = open_account(&operator, &venue.url, 1, "5000").await;
        let buyer = open_account(&operator, &venue.url, 2, "5000").await;
        Life { venue, clock, operator, seller, buyer }
    }

    /// The same folder, served again.
    pub(crate) async fn restart(self, folder: &Path, day: i32, time: &str) -> Life {
        let Life { venue, clock, .. } = self;
        venue.end().await;
        let venue = serve(folder, &clock, day, time).await;
        let (seller, buyer) = (trader(&venue.url, 1), trader(&venue.url, 2));
        Life { operator: venue.operator(), venue, clock, seller, buyer }
    }

    pub(crate) fn at(&self, day: i32, time: &str) {
        self.clock.set(moment(day, time));
    }

    pub(crate) async fn report(&self, day: i32, prices: [&str; 3]) {
        for (owner, price) in ["alpha", "beta", "gamma"].into_iter().zip(prices) {
            let body = json!({ "series": SERIES, "day": date(day), "owner": owner, "price": price });
            self.operator.post("/v1/operator/reports", &body).await.expect("reported");
        }
    }

    pub(crate) async fn determine(&self, day: i32, stage: &str) -> Value {
        let body = json!({ "series": SERIES, "day": date(day), "stage": stage });
        self.operator.post("/v1/operator/determinations", &body).await.expect("determined")
    }

    pub(crate) async fn settle(&self, contract: &str, day: i32, kind: &str) -> Result<Value, api::client::ClientError> {
        let body = json!({ "instrument": contract, "day": date(day), "kind": kind });
        self.operator.post("/v1/operator/settlements", &body).await
    }

    pub(crate) async fn state(&self) -> Value {
        let instruments = self.operator.get("/v1/instruments").await.expect("listed");
        instruments["items"][0]["state"].clone()
    }
}

async fn serve(folder: &Path, clock: &SimulatedClock, day: i32, time: &str) -> Inside {
    clock.set(moment(day, time));
    Inside::start(folder, Clock::Simulated(clock.clone())).await
}

/// Lists three days of delivery. Over HTTP there are whole months only, and a month is long to work out by hand.
async fn list(venue: &Inside, instrument: u32, symbol: &str) {
    let terms = Terms {
        instrument: InstrumentId(instrument),
        symbol: Symbol::new(symbol).expect("a symbol"),
        kind: Kind::Month(Month { series: SeriesId(1), first_day: Day(FIRST + 1), days: 3 }),
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    };
    submit(venue, Command::ListInstrument { terms }).await;
}

/// A command of the venue itself.
pub(crate) async fn submit(venue: &Inside, command: Command) {
    let outcome = venue.app.handle.submit(Action::Exchange(command), KeyId::VENUE, 0).await.expect("done");
    assert_eq!(outcome.refusal, None);
}

/// A day of August.
pub(crate) fn date(day: i32) -> String {
    format!("2026-08-{day:02}")
}

fn moment(day: i32, time: &str) -> Timestamp {
    let (hours, minutes) = time.split_once(':').expect("a time of day");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    Timestamp(Day(FIRST + day - 1).start().0 + (number(hours) * 60 + number(minutes)) * 60_000_000)
}

/// Posted, in micro-USD.
pub(crate) async fn posted(client: &Client) -> i64 {
    micros(&client.get("/v1/balances").await.expect("balances")["items"][0]["posted"])
}
