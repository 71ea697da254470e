//! The published OpenAPI document: a change of the API is a change of `tests/golden/openapi.json`, made on purpose.

use std::path::Path;

use api::venue::clock::Clock;
use reqwest::Method;
use serde_json::Value;

use crate::batches;
use crate::harness::Inside;
use crate::margin;
use crate::market::{self, LASTING, SERIES};
use crate::request::answer;
use crate::vaults;

/// Where it is kept.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/openapi.json");

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_the_golden_one() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let document = document(&venue.url).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    let text = format!("{document:#}\n");
    if std::env::var_os("TERAHOUR_UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    let golden = std::fs::read_to_string(Path::new(GOLDEN)).unwrap_or_default();
    assert!(
        text == golden,
        "the OpenAPI document is no longer {GOLDEN}; if that is meant, run this test with TERAHOUR_UPDATE_GOLDEN=1, \
         read the difference and say in the commit why the API changes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_of_the_document_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    market::open(&venue.url, [1], "1").await;
    margin::list_with_array(&venue.operator()).await;
    let chained_folder = tempfile::tempdir().unwrap();
    let chained = batches::venue_with_a_batch(chained_folder.path()).await;
    vaults::open_today(&venue.operator()).await;
    let document = document(&venue.url).await;
    let mut served = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let query = match path.as_str() {
                "/v1/fixings" => format!("?series={SERIES}"),
                "/v1/trades" | "/v1/settlements" => format!("?instrument={LASTING}"),
                _ => String::new(),
            };
            let instrument = if path.ends_with("/risk") { margin::OCTOBER } else { LASTING };
            // A chain is attached before anything is fully collateralised.
            let is_chained = ["/v1/chain", "/v1/batches"].iter().any(|start| path.starts_with(start));
            let base = if is_chained { &chained.url } else { &venue.url };
            let pseudonym = batches::pseudonym(1).to_string();
            let names = [("{instrument}", instrument), ("{number}", "1"), ("{id}", "1"), ("{pseudonym}", &pseudonym)];
            let path_named = names.iter().fold(path.clone(), |path, (name, value)| path.replace(name, value));
            let url = format!("{base}{path_named}{query}");
            // An empty portfolio is one, too.
            let request = reqwest::Client::new().request(method.clone(), url).body("{}");
            let answer = answer(request).await;
            // Whoever needs a key is told so before anything else; everybody else is served.
            let is_private = operation.get("security").is_some();
            assert_eq!(answer.status, if is_private { 401 } else { 200 }, "{method} {path}: {answer:?}");
            served += 1;
        }
    }
    assert!(served >= 20, "the document has only {served} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_promised_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let document = document(&venue.url).await;
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50, "{} references", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leaves the document"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["summary"].is_string() || operation["description"].is_string(), "{method} {path}");
            for name in
                operation["security"].as_array().into_iter().flatten().flat_map(|any| any.as_object().unwrap().keys())
            {
                assert!(document["components"]["securitySchemes"][name].is_object(), "{method} {path} needs {name}");
            }
        }
    }
}

async fn document(url: &str) -> Value {
    answer(reqwest::Client::new().get(format!("{url}/v1/openapi.json"))).await.body
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
