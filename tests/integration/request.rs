//! Requests that the client of the project would never send: signed, then changed; and answers with their headers.

use api::signing;
use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::Value;

/// A signed request in parts, so that each part can be changed.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) key: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
}

/// An answer with what a client of the project leaves out.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) request_id: String,
    pub(crate) allow: String,
    pub(crate) retry_after: String,
    pub(crate) body: Value,
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the year 292 million")
}

impl Signed {
    /// A valid request.
    pub(crate) fn new(key: &SigningKey, method: Method, path: &str, body: &str) -> Signed {
        Signed::at(now_ms(), key, method, path, body)
    }

    /// A request signed at a moment.
    pub(crate) fn at(timestamp_ms: i64, key: &SigningKey, method: Method, path: &str, body: &str) -> Signed {
        let canonical = signing::canonical(timestamp_ms, method.as_str(), path, body.as_bytes());
        Signed {
            method,
            path: path.to_owned(),
            body: body.as_bytes().to_vec(),
            key: signing::key_id(&key.verifying_key().to_bytes()).to_string(),
            timestamp: timestamp_ms.to_string(),
            signature: signing::sign(key, &canonical),
        }
    }

    /// Sends it as it is now.
    pub(crate) async fn send(&self, url: &str) -> Answer {
        answer(self.request(url)).await
    }

    /// The request as it is now, to add headers to.
    pub(crate) fn request(&self, url: &str) -> reqwest::RequestBuilder {
        let mut request = reqwest::Client::new()
            .request(self.method.clone(), format!("{url}{}", self.path))
            .header(signing::HEADER_KEY, &self.key)
            .header(signing::HEADER_TIMESTAMP, &self.timestamp)
            .header(signing::HEADER_SIGNATURE, &self.signature);
        if !self.body.is_empty() {
            request = request.header("content-type", "application/json").body(self.body.clone());
        }
        request
    }
}

/// Sends a request and reads all of the answer.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("the venue answers");
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (status, content_type) = (response.status().as_u16(), header("content-type"));
    let (request_id, allow, retry_after) = (header("x-request-id"), header("allow"), header("retry-after"));
    let bytes = response.bytes().await.expect("the whole answer");
    Answer {
        status,
        content_type,
        request_id,
        allow,
        retry_after,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

impl Answer {
    /// Checks that this is a whole problem document of a status and code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        let body = &self.body;
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        assert_eq!(body["status"], status, "{self:?}");
        assert_eq!(body["type"], format!("urn:terahour:problem:{code}"), "{self:?}");
        assert!(matches!(body["outcome"].as_str(), Some("rejected" | "unknown")), "{self:?}");
        assert!(body["instance"].as_str().is_some_and(|path| path.starts_with('/')), "{self:?}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{self:?}");
        assert!(!self.request_id.is_empty(), "{self:?}");
        assert_eq!(body["request_id"], self.request_id.as_str(), "{self:?}");
    }
}
