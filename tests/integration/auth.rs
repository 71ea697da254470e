//! Who may ask for what: signatures, roles, and whose orders are whose.

use api::client::Client;
use api::signing;
use api::venue::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::counts;
use crate::harness::{Inside, key, operator_key, public_hex};
use crate::market::{self, LASTING, SERIES, order, place, refusal};
use crate::request::{Signed, answer, now_ms};

/// A venue with the accounts 1 and 2.
async fn venue() -> (TempDir, Inside, Vec<Client>) {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1, 2], "100000").await;
    (folder, venue, clients)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_in_each_part_of_a_request_is_noticed() {
    let (_folder, venue, clients) = venue().await;
    let (url, trader) = (venue.long_running().await, key(1));
    let body = order("a", "buy", 1, "3.000").to_string();
    let query = format!("/v1/variations?instrument={LASTING}&limit=1");
    let good = |method: Method, path: &str, body: &str| Signed::new(&trader, method, path, body);
    let mut refused: Vec<(Signed, &str)> = Vec::new();

    for (signed_as, sent_as) in [(Method::GET, Method::POST), (Method::POST, Method::GET), (Method::GET, Method::HEAD)]
    {
        refused.push((Signed { method: sent_as, ..good(signed_as, "/v1/orders", "") }, "bad_signature"));
    }
    refused.push((Signed { method: Method::DELETE, ..good(Method::GET, "/v1/orders/1", "") }, "bad_signature"));
    for (signed_as, sent_as) in [
        ("/v1/orders/1", "/v1/orders/2"),
        ("/v1/orders/a", "/v1/orders/%61"),
        ("/v1/orders", "/v1/orders?"),
        ("/v1/orders?", "/v1/orders"),
        ("/v1/balances", "/v1/positions"),
        (query.as_str(), query.replace("limit=1", "limit=2").as_str()),
        (query.as_str(), query.replace("?instrument", "?Instrument").as_str()),
        (query.as_str(), query.replace("&limit", "&&limit").as_str()),
        (query.as_str(), format!("{query}&cursor=1").as_str()),
    ] {
        refused.push((Signed { path: sent_as.to_owned(), ..good(Method::GET, signed_as, "") }, "bad_signature"));
    }
    for place in 0..body.len() {
        let mut request = good(Method::POST, "/v1/orders", &body);
        request.body[place] ^= 1;
        refused.push((request, "bad_signature"));
    }
    for body in [&body[1..], &body[..body.len() - 1], &format!("{body} "), ""] {
        let request = good(Method::POST, "/v1/orders", &order("a", "buy", 1, "3.000").to_string());
        refused.push((Signed { body: body.as_bytes().to_vec(), ..request }, "bad_signature"));
    }
    for shift in [-1, 1, -100, 100] {
        let mut request = good(Method::POST, "/v1/orders", &body);
        request.timestamp = (request.timestamp.parse::<i64>().unwrap() + shift).to_string();
        refused.push((request, "bad_signature"));
    }
    for place in 0..16 {
        let mut request = good(Method::POST, "/v1/orders", &body);
        request.key = flip_digit(&request.key, place);
        refused.push((request, "unknown_key"));
    }
    let other = signing::key_id(&key(2).verifying_key().to_bytes()).to_string();
    refused.push((Signed { key: other, ..good(Method::POST, "/v1/orders", &body) }, "bad_signature"));
    for place in 0..128 {
        let mut request = good(Method::POST, "/v1/orders", &body);
        request.signature = flip_digit(&request.signature, place);
        refused.push((request, "bad_signature"));
    }
    for signature in ["", "00", &"0".repeat(128), &"f".repeat(128), &"x".repeat(128), &"é".repeat(64)] {
        let request = Signed { signature: signature.to_owned(), ..good(Method::POST, "/v1/orders", &body) };
        let code = if signature.is_ascii() { "bad_signature" } else { "authentication_required" };
        refused.push((request, code));
    }

    for (request, code) in &refused {
        let answer = request.send(&url).await;
        assert_eq!(answer.status, 401, "{request:?}: {answer:?}");
        if request.method != Method::HEAD {
            answer.assert_problem(401, code);
        }
    }
    let orders = clients[0].get("/v1/orders").await.unwrap();
    assert_eq!(orders["items"], json!([]), "a request that was refused has left an order");
    assert_eq!(good(Method::POST, "/v1/orders", &body).send(&url).await.status, 201, "unchanged it is accepted");
    counts::note(refused.len(), "changed requests refused");
}

/// A digit may be written in one way only: `+f` is no byte, although a careless parser reads it as `0f`.
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_has_one_spelling() {
    let (_folder, venue, _clients) = venue().await;
    let (url, trader) = (venue.long_running().await, key(1));
    let mut tried = 0;
    for nonce in 0.. {
        let request = Signed::at(now_ms() - nonce, &trader, Method::GET, "/v1/balances", "");
        let Some(pair) = (0..64).find(|pair| request.signature.as_bytes()[2 * pair] == b'0') else { continue };
        let mut signature = request.signature.clone();
        signature.replace_range(2 * pair..=2 * pair, "+");
        Signed { signature, ..request }.send(&url).await.assert_problem(401, "bad_signature");
        tried += 1;
        if tried == 4 {
            break;
        }
    }
    let padded = format!("+{}", &public_hex(&key(9))[1..]);
    let answer = venue.operator().post("/v1/operator/keys", &json!({ "account": 1, "public_key": padded })).await;
    assert_eq!(refusal(answer), (400, "invalid_request".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_revoked_keys_are_refused() {
    let (_folder, venue, clients) = venue().await;
    let url = venue.url.as_str();
    Signed::new(&key(77), Method::GET, "/v1/balances", "").send(url).await.assert_problem(401, "unknown_key");
    let mut request = Signed::new(&key(1), Method::GET, "/v1/balances", "");
    for text in ["", "key", "0000000000000000", "g000000000000000"] {
        request.key = text.to_owned();
        request.send(url).await.assert_problem(401, "unknown_key");
    }
    for missing in [signing::HEADER_KEY, signing::HEADER_TIMESTAMP, signing::HEADER_SIGNATURE] {
        let request = Signed::new(&key(1), Method::GET, "/v1/balances", "");
        let mut builder = reqwest::Client::new().get(format!("{url}/v1/balances"));
        for (name, value) in [
            (signing::HEADER_KEY, &request.key),
            (signing::HEADER_TIMESTAMP, &request.timestamp),
            (signing::HEADER_SIGNATURE, &request.signature),
        ] {
            if name != missing {
                builder = builder.header(name, value);
            }
        }
        answer(builder).await.assert_problem(401, "authentication_required");
    }

    // A stolen key: what it placed stays, what it asks from now on is refused, for good.
    place(&clients[0], &order("mine", "buy", 1, "3.000")).await;
    let id = signing::key_id(&key(1).verifying_key().to_bytes());
    let operator = venue.operator();
    operator.delete(&format!("/v1/operator/keys/{id}")).await.unwrap();
    assert_eq!(refusal(clients[0].get("/v1/orders").await), (401, "unknown_key".to_owned()));
    let again = clients[0].post("/v1/orders", &order("stolen", "buy", 1, "3.000")).await;
    assert_eq!(refusal(again), (401, "unknown_key".to_owned()));
    let body = json!({ "account": 1, "public_key": public_hex(&key(1)) });
    assert_eq!(refusal(operator.post("/v1/operator/keys", &body).await), (409, "key_exists".to_owned()));
    let twice = operator.delete(&format!("/v1/operator/keys/{id}")).await;
    assert_eq!(refusal(twice), (401, "key_revoked".to_owned()));
    let body = json!({ "account": 1, "public_key": public_hex(&key(11)) });
    operator.post("/v1/operator/keys", &body).await.unwrap();
    let orders = Client::anonymous(url).with_key(key(11)).get("/v1/orders").await.unwrap();
    assert_eq!(orders["items"][0]["client_order_id"], "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_disjoint() {
    let (_folder, venue, clients) = venue().await;
    let (operator, trader) = (venue.operator(), &clients[0]);
    let settlement = json!({ "instrument": LASTING, "day": "2026-01-01", "kind": "daily" });
    let operators_only: [(&str, Value); 8] = [
        ("accounts", json!({ "account": 9 })),
        ("keys", json!({ "account": 1, "public_key": public_hex(&key(9)) })),
        ("deposits", json!({ "account": 1, "amount": "1", "reference": 2 })),
        ("instruments", market::lasting_terms()),
        ("series", json!({ "series": 9, "symbol": "X", "inception": "2026-01-01" })),
        ("reports", json!({ "series": SERIES, "day": "2026-01-01", "owner": "x", "price": "1" })),
        ("determinations", json!({ "series": SERIES, "day": "2026-01-01", "stage": "final" })),
        ("settlements", settlement),
    ];
    let before = trader.get("/v1/balances").await.unwrap();
    for (path, body) in &operators_only {
        let refused = trader.post(&format!("/v1/operator/{path}"), body).await;
        assert_eq!(refusal(refused), (403, "not_authorised".to_owned()), "{path}");
    }
    let own = signing::key_id(&operator_key().verifying_key().to_bytes());
    for path in [format!("/v1/operator/keys/{own}"), format!("/v1/operator/keys/{}", "0".repeat(16))] {
        assert_eq!(refusal(trader.delete(&path).await), (403, "not_authorised".to_owned()));
    }
    let ledger = trader.get("/v1/operator/trial-balance").await;
    assert_eq!(refusal(ledger), (403, "not_authorised".to_owned()));
    assert_eq!(trader.get("/v1/balances").await.unwrap(), before);

    let mine = place(trader, &order("mine", "buy", 1, "3.000")).await;
    let mine = format!("/v1/orders/{}", mine["order_id"].as_str().unwrap());
    let forbidden = (403, "not_authorised".to_owned());
    assert_eq!(refusal(operator.post("/v1/orders", &order("o", "buy", 1, "3.000")).await), forbidden);
    assert_eq!(refusal(operator.delete(&mine).await), forbidden);
    for path in ["/v1/orders", &mine, "/v1/orders/by-client-id/mine", "/v1/balances", "/v1/positions"] {
        assert_eq!(refusal(operator.get(path).await), forbidden, "{path}");
    }
    let variations = format!("/v1/variations?instrument={LASTING}");
    assert_eq!(refusal(operator.get(&variations).await), forbidden);
    for path in operators_only.iter().map(|(path, _)| format!("/v1/operator/{path}")) {
        let anonymous = Client::anonymous(&venue.url).post(&path, &json!({})).await;
        assert_eq!(refusal(anonymous), (401, "authentication_required".to_owned()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_orders_of_another_account_are_not_there() {
    let (_folder, _venue, clients) = venue().await;
    let [owner, stranger] = &clients[..] else { panic!("two accounts") };
    let placed = place(owner, &order("mine", "buy", 2, "3.000")).await;
    let path = format!("/v1/orders/{}", placed["order_id"].as_str().unwrap());
    assert_eq!(refusal(stranger.get(&path).await), (404, "not_found".to_owned()));
    assert_eq!(refusal(stranger.get("/v1/orders/by-client-id/mine").await), (404, "not_found".to_owned()));
    assert_eq!(refusal(stranger.delete(&path).await), (404, "order_not_live".to_owned()));
    assert_eq!(stranger.get("/v1/orders").await.unwrap()["items"], json!([]));
    assert_eq!(owner.get(&path).await.unwrap()["state"], "live");
    // Client order ids are names within an account.
    let same_name = place(stranger, &order("mine", "buy", 1, "2.000")).await;
    assert_ne!(same_name["order_id"], placed["order_id"]);
    assert_eq!(owner.get("/v1/orders/by-client-id/mine").await.unwrap()["order_id"], placed["order_id"]);
    // And an answer about another's order says no more than one about an order that never was.
    let never = stranger.delete("/v1/orders/999999").await;
    assert_eq!(refusal(never), (404, "order_not_live".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_is_a_whole_document() {
    let (_folder, venue, _clients) = venue().await;
    let url = venue.url.as_str();
    let post = |body: &str| Signed::new(&key(1), Method::POST, "/v1/orders", body);
    let valid = order("a", "buy", 1, "3.000");
    let mut unknown_field = valid.clone();
    unknown_field["iceberg_lots"] = json!(1);
    let unknown_field = unknown_field.to_string();
    let twice = valid.to_string().replacen('{', r#"{"lots":2,"#, 1);
    let large = format!("{}{}", valid, " ".repeat(65_536));
    let deep = "[".repeat(60_000);
    let signed = |method: Method, path: &str| Signed::new(&key(1), method, path, "");
    let rows = [
        (post(&unknown_field), 400, "invalid_request"),
        (post(&twice), 400, "invalid_request"),
        (post("{}"), 400, "invalid_request"),
        (post(""), 400, "invalid_request"),
        (post("null"), 400, "invalid_request"),
        (post("{\"client_order_id\":"), 400, "invalid_request"),
        (post(&deep), 400, "invalid_request"),
        (post(&format!("{valid}{valid}")), 400, "invalid_request"),
        (post(&large), 413, "body_too_large"),
        (signed(Method::GET, "/v1/nothing"), 404, "not_found"),
        (signed(Method::GET, "/v1/orders/1/2"), 404, "not_found"),
        (signed(Method::GET, "/v2/orders"), 404, "not_found"),
        (signed(Method::GET, "/v1/orders/none"), 404, "not_found"),
        (signed(Method::GET, "/v1/orders/by-client-id/none"), 404, "not_found"),
        (signed(Method::GET, "/v1/orders/by-client-id/two%20words"), 400, "invalid_request"),
        (signed(Method::GET, "/v1/variations"), 400, "invalid_request"),
        (signed(Method::GET, "/v1/variations?instrument=NONE"), 404, "not_found"),
    ];
    for (request, status, code) in &rows {
        request.send(url).await.assert_problem(*status, code);
    }
    for (request, allow) in [
        (signed(Method::PUT, "/v1/orders"), "POST,GET,HEAD,DELETE"),
        (signed(Method::DELETE, "/v1/balances"), "GET,HEAD"),
        (signed(Method::POST, "/v1/instruments"), "GET,HEAD"),
    ] {
        let answer = request.send(url).await;
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.allow, allow, "{answer:?}");
    }
    // The largest body that is allowed is read, and refused for what it says.
    let exact = format!("{valid}{}", " ".repeat(65_536 - valid.to_string().len()));
    assert_eq!(post(&exact).send(url).await.status, 201);

    // What is not there is not there for anybody; what is there for some asks who they are.
    for path in ["/v1/nothing", "/v1/operator/nothing", "/v1/operator", "/v2/orders"] {
        answer(reqwest::Client::new().get(format!("{url}{path}"))).await.assert_problem(404, "not_found");
        answer(reqwest::Client::new().post(format!("{url}{path}"))).await.assert_problem(404, "not_found");
    }
    answer(reqwest::Client::new().get(format!("{url}/v1/orders"))).await.assert_problem(401, "authentication_required");

    let named = reqwest::Client::new().get(format!("{url}/v1/nothing")).header("x-request-id", "my-name-for-it");
    let named = answer(named).await;
    named.assert_problem(404, "not_found");
    assert_eq!(named.request_id, "my-name-for-it");
    let named = reqwest::Client::new().get(format!("{url}/health/ready")).header("x-request-id", "good news, too");
    assert_eq!(answer(named).await.request_id, "good news, too");
    let names: Vec<String> = [
        answer(reqwest::Client::new().get(format!("{url}/v1/nothing"))).await.request_id,
        answer(reqwest::Client::new().get(format!("{url}/v1/nothing"))).await.request_id,
    ]
    .into();
    assert!(names[0].len() == 16 && names[0] != names[1], "{names:?}");
}

/// Another hexadecimal digit in the place of one.
fn flip_digit(text: &str, place: usize) -> String {
    let digit = u32::from_str_radix(&text[place..=place], 16).expect("a digit") ^ 1;
    let mut text = text.to_owned();
    text.replace_range(place..=place, &format!("{digit:x}"));
    text
}
