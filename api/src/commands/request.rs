//! `terahour request`: one signed request, so that signing is never in the way of trying something.

#![allow(clippy::print_stdout, reason = "prints the answer")]

use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::client::{Client, ClientError};
use crate::commands::{CommandError, keygen};

/// What to send.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// GET, POST, PUT, PATCH or DELETE.
    method: Method,
    /// Path and query, such as `/v1/orders`.
    path: String,
    /// JSON body.
    #[arg(long)]
    body: Option<String>,
    /// File with the secret half of a key; without one the request is not signed.
    #[arg(long)]
    key: Option<PathBuf>,
    /// The venue.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    url: String,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let mut client = Client::anonymous(&options.url);
    if let Some(path) = &options.key {
        client = client.with_key(keygen::read(path)?);
    }
    let body: Option<Value> = match &options.body {
        None => None,
        Some(text) => Some(
            serde_json::from_str(text).map_err(|error| CommandError::Usage(format!("--body is no JSON: {error}")))?,
        ),
    };
    let answer = client.send(options.method, &options.path, body.as_ref()).await;
    match &answer {
        Ok(value) | Err(ClientError::Problem { document: value, .. }) => println!("{value:#}"),
        Err(ClientError::Unanswered { .. }) => {}
    }
    answer.map(drop).map_err(CommandError::from)
}
