//! Clients and operators that misbehave: slow, half-sent, idle, strange. The venue answers everybody else, and ends when asked to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use api::client::Client;
use api::venue::clock::Clock;
use reqwest::Method;

use crate::counts;
use crate::harness::{self, Inside, PATIENCE, Process, key};
use crate::market::{self, LASTING, order, place};
use crate::request::{Signed, answer};

/// Connections that are opened and then say nothing, where the system lets a process have that many.
const IDLE_MAX: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_keep_anybody_out() {
    let folder = tempfile::tempdir().unwrap();
    let (mut venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1], "1000000").await;
    let idle_count = IDLE_MAX.min(open_files_max() / 4);
    let mut idle: Vec<TcpStream> = (0..idle_count).map(|_| connect(&url)).collect();
    // Some have begun a request and never go on.
    for (number, stream) in idle.iter_mut().enumerate().step_by(3) {
        let half = if number % 2 == 0 {
            "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"
        } else {
            "GET /v1/ord"
        };
        stream.write_all(half.as_bytes()).unwrap();
    }
    let began = Instant::now();
    for number in 0..20 {
        place(&clients[0], &order(&format!("order-{number}"), "buy", 1, "3.000")).await;
    }
    assert!(began.elapsed() < PATIENCE, "20 orders took {:?}", began.elapsed());
    counts::note(idle_count, "idle and half-sent connections that kept nobody out");
    drop(idle);
    venue.signal("TERM");
    assert_eq!(venue.exit_status(PATIENCE).and_then(|status| status.code()), Some(0), "{}", venue.complaints());
}

/// Whoever runs the venue stops it, not whoever holds a connection open.
#[tokio::test(flavor = "multi_thread")]
async fn it_ends_in_order_although_connections_stay_open() {
    for sent in ["", "GET /v1/instr", "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"] {
        let folder = tempfile::tempdir().unwrap();
        let (mut venue, url) = Process::venue(folder.path());
        let mut stream = connect(&url);
        stream.write_all(sent.as_bytes()).unwrap();
        // An answer to somebody else shows that the connection was taken.
        Client::anonymous(&url).get("/health/ready").await.unwrap();
        venue.signal("TERM");
        let status = venue.exit_status(Duration::from_secs(20));
        let code = status.and_then(|status| status.code());
        assert_eq!(code, Some(0), "after {sent:?} on an open connection, TERM does not end it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_waits_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (_venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1], "1000000").await;
    // Many answers are asked for at once on one connection, and none is read for a while.
    let mut slow = connect(&url);
    let request = "GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    slow.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    for _ in 0..200 {
        if slow.write_all(request.as_bytes()).is_err() {
            break;
        }
    }
    for number in 0..20 {
        place(&clients[0], &order(&format!("order-{number}"), "buy", 1, "3.000")).await;
    }
    let mut head = [0; 15];
    slow.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_that_was_paused_answers_when_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1], "1000000").await;
    venue.signal("STOP");
    let waiting: Vec<_> = (0..8)
        .map(|number| {
            let client = clients[0].clone();
            tokio::spawn(async move { place(&client, &order(&format!("order-{number}"), "buy", 1, "3.000")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(waiting.iter().all(|task| !task.is_finished()), "a stopped process has answered");
    venue.signal("CONT");
    for task in waiting {
        assert_eq!(task.await.unwrap()["replayed"], false);
    }
    venue.signal("TERM");
    assert_eq!(venue.exit_status(PATIENCE).and_then(|status| status.code()), Some(0), "{}", venue.complaints());
    let (code, report, complaints) = harness::run(&["verify", "--data", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{report}{complaints}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_can_be_verified_while_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let (_venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1], "100000000").await;
    let writer = tokio::spawn(async move {
        for number in 0..150 {
            place(&clients[0], &order(&format!("order-{number}"), "buy", 1, "3.000")).await;
        }
    });
    let path = folder.path().to_str().unwrap().to_owned();
    let mut verified = 0;
    while !writer.is_finished() {
        let path = path.clone();
        let run = move || harness::run(&["verify", "--data", &path]);
        let (code, report, complaints) = tokio::task::spawn_blocking(run).await.unwrap();
        assert_eq!(code, 0, "{report}{complaints}");
        verified += 1;
    }
    writer.await.unwrap();
    assert!(verified > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_paths_and_queries_are_answered_in_kind() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    market::open(&venue.url, [1], "1000").await;
    let book = |symbol: &str| format!("/v1/orderbook/{symbol}");
    let spelled_out = LASTING.replace('-', "%2D").replace('H', "%48");
    for (path, statuses) in [
        (book(&spelled_out), &[200][..]),
        (book(&format!("{LASTING}/")), &[404]),
        (book("%00"), &[404]),
        (book("%FF%FE"), &[400, 404]),
        (book("%"), &[400, 404]),
        (book("%zz"), &[400, 404]),
        (book("..%2F..%2Fetc%2Fpasswd"), &[404]),
        (book(&"A".repeat(5_000)), &[404]),
        (book(&"%F0%9F%92%B8".repeat(30)), &[404]),
        (format!("{}?depth=0", book(LASTING)), &[400]),
        (format!("{}?depth=201", book(LASTING)), &[400]),
        (format!("{}?depth=18446744073709551616", book(LASTING)), &[400]),
        (format!("{}?depth=%31", book(LASTING)), &[200]),
        (format!("{}?depth=1&depth=2", book(LASTING)), &[400]),
        (format!("{}?{}", book(LASTING), "a".repeat(30_000)), &[400]),
        (format!("{}?{}", book(LASTING), "a&".repeat(10_000)), &[400]),
        ("/v1/trades".to_owned(), &[400]),
        ("/v1/trades?instrument=".to_owned(), &[404]),
        ("/v1/fixings?series=%00".to_owned(), &[404]),
        ("/v1/fixings?series=none".to_owned(), &[404]),
        (format!("/v1/settlements?instrument={LASTING}&cursor=2026-02-30"), &[400]),
        (format!("/v1/settlements?instrument={LASTING}&cursor=999999999-01-01"), &[400]),
        ("//v1/instruments".to_owned(), &[404]),
        ("/v1/../v1/nothing".to_owned(), &[404]),
        ("/V1/instruments".to_owned(), &[404]),
        ("*".to_owned(), &[400, 404]),
    ] {
        let answer = raw_get(&venue.url, &path);
        let shown: String = path.chars().take(60).collect();
        assert!(statuses.contains(&answer.0), "{shown}: {answer:?}");
        if answer.0 != 200 {
            assert!(answer.1.contains("application/problem+json"), "{shown}: {answer:?}");
        }
    }
    Client::anonymous(&venue.url).get("/health/ready").await.expect("the venue is as it was");
}

/// The body may come in pieces, late, or not to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_pieces_is_one_request_and_half_a_body_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1], "1000000").await;
    let send = |name: &str, cut: usize| {
        let body = order(name, "buy", 1, "3.000").to_string();
        let request = Signed::new(&key(1), Method::POST, "/v1/orders", &body);
        let mut stream = connect(&venue.url);
        let head = format!(
            "POST /v1/orders HTTP/1.1\r\nhost: x\r\nx-key: {}\r\nx-timestamp: {}\r\nx-signature: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            request.key,
            request.timestamp,
            request.signature,
            body.len()
        );
        for piece in head.as_bytes().chunks(50).chain(body.as_bytes()[..body.len() - cut].chunks(20)) {
            stream.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        stream
    };
    let mut whole = send("whole", 0);
    let mut text = String::new();
    whole.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 201"), "{text}");
    drop(send("half", 1));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let orders = clients[0].get("/v1/orders").await.unwrap();
    let names: Vec<&str> =
        orders["items"].as_array().unwrap().iter().filter_map(|order| order["client_order_id"].as_str()).collect();
    assert_eq!(names, ["whole"]);
    // A length that lies is no request either.
    let lie = Signed::new(&key(1), Method::POST, "/v1/orders", "{}");
    answer(
        reqwest::Client::new()
            .post(format!("{}/v1/orders", venue.url))
            .header("x-key", &lie.key)
            .header("x-timestamp", &lie.timestamp)
            .header("x-signature", &lie.signature)
            .body(vec![b' '; 65_537]),
    )
    .await
    .assert_problem(413, "body_too_large");
}

/// How many files a process may open; tests run side by side and share it.
fn open_files_max() -> usize {
    let run = std::process::Command::new("sh").args(["-c", "ulimit -n"]).output().expect("a shell is there");
    // "unlimited" is no number.
    String::from_utf8_lossy(&run.stdout).trim().parse().unwrap_or(usize::MAX)
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).expect("the venue takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// A GET with exactly this path, which a client would tidy up: status and the whole answer.
fn raw_get(url: &str, path: &str) -> (u16, String) {
    let mut stream = connect(url);
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("answered");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, text)
}
