//! A clock that is set wrong: the venue stops before it stamps anything with a leap, and never goes back.

use std::time::Duration;

use api::commands::CommandError;
use api::server::ServerError;
use api::venue::clock::{Clock, StagedClock};
use api::venue::timekeeper::CLOCK_JUMP_MAX;
use api::venue::{Fatal, Settings, StartError, Venue};
use engine::units::Timestamp;
use serde_json::json;

use crate::harness::{Inside, PATIENCE};
use crate::market::{self, found, order, place, refusal, with};

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 1_440 * MINUTE_US;
/// 26 August 2026, 12:00 UTC.
const NOON: Timestamp = Timestamp(20_691 * DAY_US + DAY_US / 2);

/// The venue's time, by an order that trades with nobody.
async fn stamp(client: &api::client::Client, name: &str) -> i64 {
    place(client, &order(name, "buy", 1, "1.000")).await["ts_us"].as_i64().expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leap_stops_the_venue_before_anything_is_stamped_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = StagedClock::new(NOON);
    let mut venue = Inside::start(folder.path(), Clock::Staged(clock.clone())).await;
    let client = market::open(&venue.url, [1], "100000").await.remove(0);
    assert_eq!(stamp(&client, "noon").await, NOON.0);

    // Days in which nobody asks for anything are no leap, and neither is what a time daemon does.
    for _ in 0..72 {
        clock.pass(3_600_000_000);
    }
    let later = NOON.0 + 3 * DAY_US;
    assert_eq!(stamp(&client, "three-days-later").await, later);
    let most = i64::try_from(CLOCK_JUMP_MAX.as_micros()).unwrap();
    clock.leap(most);
    assert_eq!(stamp(&client, "as-far-as-it-may").await, later + most);
    // This one ends tomorrow, and the year that the clock shows next is far behind that.
    let tomorrow = json!({ "time_in_force": "gtd", "expires_ts_us": later + DAY_US });
    place(&client, &with(order("till-tomorrow", "buy", 1, "1.000"), tomorrow)).await;

    clock.leap(365 * DAY_US);
    client.post("/v1/orders", &order("a-year-ahead", "buy", 1, "1.000")).await.expect_err("nobody is served");
    let ended = tokio::time::timeout(PATIENCE, venue.ended()).await.expect("it stops by itself").expect_err("a leap");
    let ServerError::Fatal(Fatal::Clock(leap)) = &ended else { panic!("{ended}") };
    assert_eq!((leap.from.0, leap.to.0), (later + most, later + most + 365 * DAY_US));
    assert_eq!(leap.ahead, Duration::from_secs(365 * 86_400));
    let told = ended.to_string();
    assert!(told.contains("31536000s ahead") && told.contains("--accept-clock-jump"), "{told}");
    assert!(CommandError::from(ended).is_fatal(), "whoever starts it must see that it stopped by itself");
    drop(venue);

    // Whoever starts it at once, with the clock as it is, gets the same answer; a moment later, too.
    for _ in 0..2 {
        clock.pass(1_000_000);
        let refused =
            Venue::start(folder.path(), Clock::Staged(clock.clone())).await.expect_err("the clock is still wrong");
        assert!(matches!(refused, StartError::Clock(_)), "{refused}");
        assert!(refused.to_string().contains("--accept-clock-jump"), "{refused}");
    }
    clock.leap(-365 * DAY_US);
    venue = Inside::start(folder.path(), Clock::Staged(clock.clone())).await;
    let client = market::trader(&venue.url, 1);
    assert_eq!(found(&client, "till-tomorrow").await["state"], "live");
    assert_eq!(market::instrument(&venue.url).await["state"], "trading");
    assert_eq!(refusal(client.get("/v1/orders/by-client-id/a-year-ahead").await).0, 404);
    assert_eq!(stamp(&client, "right-again").await, later + most + 2_000_000);
    venue.end().await;

    // The leap is forgotten, and time in which the venue was down is none.
    clock.leap(20 * DAY_US);
    let venue = Inside::start(folder.path(), Clock::Staged(clock.clone())).await;
    let client = market::trader(&venue.url, 1);
    assert_eq!(found(&client, "till-tomorrow").await["state"], "cancelled");
    assert_eq!(stamp(&client, "after-the-holidays").await, later + most + 2_000_000 + 20 * DAY_US);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_say_that_the_clock_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let clock = StagedClock::new(NOON);
    let mut venue = Inside::start(folder.path(), Clock::Staged(clock.clone())).await;
    let client = market::open(&venue.url, [1], "100000").await.remove(0);
    // The machine slept: its clock goes on, and what counts passing time did not.
    clock.leap(480 * MINUTE_US);
    client.post("/v1/orders", &order("x", "buy", 1, "1.000")).await.expect_err("nobody is served");
    venue.ended().await.expect_err("a leap");
    drop(venue);
    let settings = |accept_clock_jump| Settings { accept_clock_jump, ..Clock::Staged(clock.clone()).into() };
    let refused = Venue::start(folder.path(), settings(false)).await.expect_err("nobody has said so");
    assert!(matches!(refused, StartError::Clock(_)), "{refused}");
    for accept in [true, false] {
        let venue = Inside::start(folder.path(), settings(accept)).await;
        let client = market::trader(&venue.url, 1);
        assert_eq!(stamp(&client, &format!("awake-{accept}")).await, NOON.0 + 480 * MINUTE_US);
        venue.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_leaves_the_venues_time_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let clock = StagedClock::new(NOON);
    let venue = Inside::start(folder.path(), Clock::Staged(clock.clone())).await;
    let client = market::open(&venue.url, [1], "100000").await.remove(0);
    clock.leap(-600 * MINUTE_US);
    for name in ["back", "still-back"] {
        assert_eq!(stamp(&client, name).await, NOON.0, "{name}");
        clock.pass(1_000_000);
    }
    // Set right: no more than passed since noon, however far the clock itself goes.
    clock.leap(600 * MINUTE_US);
    assert_eq!(stamp(&client, "right").await, NOON.0 + 2_000_000);
    // Behind the journal when it starts, as a machine without a battery is: it waits for the clock.
    venue.end().await;
    clock.leap(-600 * MINUTE_US);
    let venue = Inside::start(folder.path(), Clock::Staged(clock.clone())).await;
    let client = market::trader(&venue.url, 1);
    assert_eq!(stamp(&client, "behind").await, NOON.0 + 2_000_000);
    clock.leap(610 * MINUTE_US);
    assert_eq!(stamp(&client, "caught-up").await, NOON.0 + 2_000_000 + 10 * MINUTE_US);
}
