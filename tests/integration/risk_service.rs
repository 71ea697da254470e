//! The risk service of a served venue: it publishes what the rules ask for by itself, and nothing when there is nothing new.

use std::time::Instant;

use api::client::Client;
use api::risk::{Service, Settings};
use api::venue::clock::{Clock, SimulatedClock};
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Inside, PATIENCE, Process};
use crate::margin::{self, NOVEMBER, OCTOBER};
use crate::market::{self, SERIES, with};

const HOUR_US: i64 = 3_600_000_000;
/// 2026-09-04.
const DAY: Day = Day(20_700);

async fn risk(url: &str, instrument: &str) -> Value {
    Client::anonymous(url).get(&format!("/v1/instruments/{instrument}/risk")).await.expect("an array")
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_follow_the_market_and_walk_in_steps() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SimulatedClock::default();
    clock.set(Timestamp(DAY.start().0));
    let venue = Inside::start(folder.path(), Clock::Simulated(clock.clone())).await;
    market::open(&venue.url, [1], "1").await;
    let operator = venue.operator();
    margin::list(&operator).await;
    let service = |range: &str| {
        let settings = Settings::read(&[format!("{SERIES}={range}")], (3.0, 1.0 / 3.0), 24).expect("settings");
        Service::new(venue.app.handle.clone(), Clock::Simulated(clock.clone()), settings)
    };
    assert_eq!(service("0.60").publish().await, Ok(0), "nothing without parameters");
    let parameters = with(margin::parameters(), json!({ "scan_floor": "0.24", "step_max": "0.24" }));
    operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &parameters).await.unwrap();
    assert_eq!(service("0.60").publish().await, Ok(0), "nothing without a price");
    for instrument in [OCTOBER, NOVEMBER] {
        let path = format!("/v1/operator/instruments/{instrument}/controls");
        operator.put(&path, &json!({ "reference_price": "3.2" })).await.unwrap();
    }
    assert_eq!(service("0.60").publish().await, Ok(2));
    let seq = venue.app.position.borrow().seq;
    assert_eq!(service("0.60").publish().await, Ok(0), "nothing new");
    assert_eq!(venue.app.position.borrow().seq, seq, "what is not new is not written");
    let shown = risk(&venue.url, OCTOBER).await;
    assert_eq!((&shown["version"], &shown["reference_price"]), (&json!(1), &json!("3.200000")));
    assert_eq!(shown["expires_ts_us"], DAY.start().0 + 24 * HOUR_US);
    assert_eq!((&shown["losses"][13], &shown["losses"][4]), (&json!("446.400000"), &json!("148.800000")));
    assert_eq!(risk(&venue.url, NOVEMBER).await["losses"][13], "432.000000");

    // Half a day later they are renewed as they are.
    clock.set(Timestamp(DAY.start().0 + 12 * HOUR_US + 1));
    assert_eq!(service("0.60").publish().await, Ok(2));
    // A wider range is reached in steps of 0.24 × 744.
    for (whole, taken) in [("624.960000", 2), ("744.000000", 2), ("744.000000", 0)] {
        assert_eq!(service("1.00").publish().await, Ok(taken));
        assert_eq!(risk(&venue.url, OCTOBER).await["losses"][13], whole);
    }
    // A range below the floor is the floor.
    for _ in 0..4 {
        service("0.01").publish().await.expect("an answer");
    }
    assert_eq!(risk(&venue.url, OCTOBER).await["losses"][13], "178.560000");
    // A quote moves the reference of its month and of no other.
    operator.post(&format!("/v1/operator/instruments/{OCTOBER}/mark"), &Value::Null).await.unwrap();
    let trader = market::open_account(&operator, &venue.url, 2, "1000000").await;
    for (name, side, price) in [("bid", "buy", "3.300"), ("ask", "sell", "3.320")] {
        market::place(&trader, &market::order_in(OCTOBER, name, side, 1, price)).await;
    }
    assert_eq!(service("0.01").publish().await, Ok(1));
    assert_eq!(risk(&venue.url, OCTOBER).await["reference_price"], "3.310000");
    assert_eq!(risk(&venue.url, NOVEMBER).await["reference_price"], "3.200000");
}

/// A served venue publishes by itself, with the settings of its command line.
#[tokio::test(flavor = "multi_thread")]
async fn a_served_venue_publishes_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let range = format!("{SERIES}=0.60");
    let options = ["--risk-interval-ms", "50", "--scan-range", &range, "--risk-valid-hours", "2"];
    let mut process = Process::spawn_venue_with(folder.path(), &options);
    let url = process.url().unwrap_or_else(|| panic!("{}", process.complaints()));
    market::open(&url, [1], "1").await;
    let operator = market::operator(&url);
    margin::list(&operator).await;
    operator.put(&format!("/v1/operator/series/{SERIES}/margin"), &margin::parameters()).await.unwrap();
    let path = format!("/v1/operator/instruments/{OCTOBER}/controls");
    operator.put(&path, &json!({ "reference_price": "3.2" })).await.unwrap();
    let end = Instant::now() + PATIENCE;
    let array = loop {
        match Client::anonymous(&url).get(&format!("/v1/instruments/{OCTOBER}/risk")).await {
            Ok(array) => break array,
            Err(error) => assert!(Instant::now() < end && error.code() == Some("risk_unknown"), "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(array["losses"][13], "446.400000");
    let holds = array["expires_ts_us"].as_i64().unwrap() - array["ts_us"].as_i64().unwrap();
    assert!((2 * HOUR_US - 60_000_000..=2 * HOUR_US).contains(&holds), "{holds}");
    // The service does not keep the venue from ending in order.
    let asked = Instant::now();
    process.signal("TERM");
    let status = process.exit_status(PATIENCE).expect("it ends");
    assert!(status.success() && asked.elapsed().as_secs() < 4, "{status} after {:?}", asked.elapsed());
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("venue");
    let path = path.to_str().unwrap();
    for (options, reason) in [
        (["--scan-range", "0.60"], "names no series"),
        (["--extreme-cover", "0"], "is not greater than 0 and at most 1"),
        (["--risk-valid-hours", "49"], "an array holds for 1 to 48 hours"),
    ] {
        let arguments = [["serve", "--data"].as_slice(), &[path], &options].concat();
        let (code, output, complaints) = crate::harness::run(&arguments);
        assert_eq!(code, 1, "{output}{complaints}");
        assert!(complaints.contains(reason), "{complaints}");
        assert!(!std::path::Path::new(path).exists(), "nothing is made there");
    }
}
