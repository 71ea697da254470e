//! A small client of the REST API: signs, sends, reads. The demo's traders, the command line and the tests are made of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ed25519_dalek::SigningKey;
use engine::ids::KeyId;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::signing;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The venue could not be reached, or stopped while it answered.
    #[error("no answer from {url}: {error}; whether the request was carried out is unknown")]
    Unanswered {
        /// What was asked.
        url: String,
        /// Why.
        error: reqwest::Error,
    },
    /// The venue said no.
    #[error("{status}: {detail}")]
    Problem {
        /// The HTTP status.
        status: StatusCode,
        /// The stable name of the reason.
        code: String,
        /// The rule, the value and a hint.
        detail: String,
        /// The whole problem document.
        document: Value,
    },
}

impl ClientError {
    /// The stable name of the reason, if the venue gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            ClientError::Problem { code, .. } => Some(code),
            ClientError::Unanswered { .. } => None,
        }
    }
}

/// A client of one venue, with or without a key.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<(KeyId, SigningKey)>,
    /// The last timestamp signed, in milliseconds: two requests of one millisecond must not have one signature.
    last_signed_ms: Arc<AtomicI64>,
}

impl Client {
    /// A client that signs nothing, for what everybody may see.
    pub fn anonymous(base: &str) -> Client {
        // Without the proxies that the environment may name: a venue is asked directly. Nothing of this can fail but TLS, which is not built in.
        let http = reqwest::Client::builder().no_proxy().build().expect("a client without TLS can always be built");
        Client { http, base: base.trim_end_matches('/').to_owned(), key: None, last_signed_ms: Arc::default() }
    }

    /// The same client with a key that signs every request.
    #[must_use]
    pub fn with_key(&self, key: SigningKey) -> Client {
        let id = signing::key_id(&key.verifying_key().to_bytes());
        Client { key: Some((id, key)), last_signed_ms: Arc::default(), ..self.clone() }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send(Method::GET, path, None).await
    }

    /// Sends something.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sets something.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Changes something.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Takes something away.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn delete(&self, path: &str) -> Result<Value, ClientError> {
        self.send(Method::DELETE, path, None).await
    }

    fn next_timestamp_ms(&self) -> i64 {
        let now_ms = chrono::Utc::now().timestamp_millis();
        let next = |last: i64| now_ms.max(last + 1);
        let last = self.last_signed_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        last.map_or(now_ms, next)
    }

    /// Asks for something that is no JSON.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn get_text(&self, path: &str) -> Result<String, ClientError> {
        let bytes = self.bytes(Method::GET, path, None).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Asks for something that is no text.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.bytes(Method::GET, path, None).await
    }

    /// Sends a request of any method.
    ///
    /// # Errors
    /// If there is no answer or the answer is a problem.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        let bytes = self.bytes(method, path, body).await?;
        Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn bytes(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}{path}", self.base);
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = self.http.request(method.clone(), &url);
        if let Some((id, key)) = &self.key {
            let timestamp_ms = self.next_timestamp_ms();
            let canonical = signing::canonical(timestamp_ms, method.as_str(), path, body.as_bytes());
            request = request
                .header(signing::HEADER_KEY, id.to_string())
                .header(signing::HEADER_TIMESTAMP, timestamp_ms)
                .header(signing::HEADER_SIGNATURE, signing::sign(key, &canonical));
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        let unanswered = |error| ClientError::Unanswered { url: url.clone(), error };
        let response = request.send().await.map_err(unanswered)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unanswered)?;
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Err(ClientError::Problem { status, code: text("code"), detail: text("detail"), document: value })
    }
}
