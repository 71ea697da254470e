//! Bearer tokens: for traders of the demo, on a loopback address, and nowhere else.

use api::http::App;
use api::server::{Server, ServerError, Tokens};
use api::signing;
use api::venue::clock::Clock;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Inside, Process, key, serve_view};
use crate::market::{self, refusal};
use crate::request::{Answer, Signed, answer};

/// A token, and what the operator registers of it.
const TOKEN: &str = "a token for account 1";

fn hash() -> String {
    signing::sha256_hex(TOKEN.as_bytes())
}

/// The balances, asked for with a token.
async fn ask(url: &str, token: &str) -> Answer {
    answer(reqwest::Client::new().get(format!("{url}/v1/balances")).header("authorization", format!("Bearer {token}")))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_work_where_they_are_accepted_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start_with(folder.path(), Clock::System, Tokens::Accepted).await;
    market::open(&venue.url, [1], "100000").await;
    let operator = venue.operator();
    operator.post("/v1/operator/keys", &json!({ "account": 1, "token_sha256": hash() })).await.unwrap();
    let balances = ask(&venue.url, TOKEN).await;
    assert_eq!((balances.status, &balances.body["items"][0]["free"]), (200, &json!("100000.000000")));
    ask(&venue.url, "").await.assert_problem(401, "authentication_required");
    for wrong in ["a token for account 2", &hash()] {
        ask(&venue.url, wrong).await.assert_problem(401, "unknown_key");
    }
    // The hash of a token signs nothing, and an operator has none.
    let mut signed = Signed::new(&key(1), Method::GET, "/v1/balances", "");
    signed.key = signing::token_id(&signing::unhex(&hash()).unwrap()).to_string();
    signed.send(&venue.url).await.assert_problem(401, "bad_signature");
    let operators = operator.post("/v1/operator/keys", &json!({ "token_sha256": "00".repeat(32) })).await;
    assert_eq!(refusal(operators), (422, "token_not_allowed".to_owned()));

    // The same venue, served as if to a network: a token that is registered helps nobody there.
    let url = serve_view(App { tokens_allowed: false, ..venue.app.clone() }).await;
    for token in [TOKEN, "unknown"] {
        ask(&url, token).await.assert_problem(401, "token_not_allowed");
    }
    assert_eq!(market::trader(&url, 1).get("/v1/balances").await.unwrap(), balances.body, "signatures work there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_that_is_not_the_demo_takes_no_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let (_venue, url) = Process::venue(folder.path());
    market::open(&url, [1], "100000").await;
    ask(&url, TOKEN).await.assert_problem(401, "token_not_allowed");
    for body in [json!({ "account": 1, "token_sha256": hash() }), json!({ "token_sha256": hash() })] {
        let refused = market::operator(&url).post("/v1/operator/keys", &body).await;
        assert_eq!(refusal(refused), (422, "token_not_allowed".to_owned()), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_loopback_address_accepts_tokens() {
    // Bound and closed again; nothing is ever sent there.
    for (listen, is_loopback) in
        [("127.0.0.1:0", true), ("127.8.8.8:0", true), ("[::1]:0", true), ("0.0.0.0:0", false), ("[::]:0", false)]
    {
        for tokens in [Tokens::Refused, Tokens::Accepted] {
            let folder = tempfile::tempdir().unwrap();
            match Server::start(folder.path(), Clock::System, listen.parse().unwrap(), tokens).await {
                Ok(server) => {
                    assert!(is_loopback || tokens == Tokens::Refused, "{listen} accepts tokens");
                    assert_eq!(server.app().tokens_allowed, tokens == Tokens::Accepted, "{listen}");
                }
                Err(ServerError::TokensOffLoopback { .. }) => {
                    assert!(!is_loopback && tokens == Tokens::Accepted, "{listen}");
                    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a refused start left files");
                }
                // A machine without this address.
                Err(error) => assert!(matches!(error, ServerError::Listen { .. }), "{error}"),
            }
        }
    }
}
