//! Who is asking: checks the signature or the token before a request costs the core anything.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::Utc;
use engine::command::{Credential, Role};
use engine::ids::{AccountId, KeyId};
use engine::units::Timestamp;
use serde_json::json;

use crate::http::problem::Problem;
use crate::http::repeats::Sighting;
use crate::http::{App, BODY_BYTES_MAX};
use crate::signing;
use crate::venue::machines::Core;
use crate::venue::sequencer::SubmitError;

/// How long a signed request may travel, in milliseconds.
const WINDOW_MS: i64 = 5_000;
/// How far a client's clock may run ahead.
const AHEAD_MS: i64 = 1_000;

/// The key behind a request, once it has proved to be that key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The key.
    pub key: KeyId,
    /// What it may do.
    pub role: Role,
    /// Whether the very same signed request came before.
    pub repeated: bool,
    /// When the request was signed, by the signer's clock; a bearer token says nothing of that.
    pub signed: Option<Timestamp>,
}

impl Caller {
    /// The account the caller trades for.
    pub fn account(&self) -> Result<AccountId, Problem> {
        match self.role {
            Role::Trader(account) => Ok(account),
            Role::Operator => Err(self.forbidden("operators have no account; use a trader's key")),
        }
    }

    /// The account a request is about: the caller's own, or a sub-account of the same owner.
    pub async fn account_or(&self, app: &App, asked: Option<u32>) -> Result<AccountId, Problem> {
        let own = self.account()?;
        let asked = asked.map_or(own, AccountId);
        if asked == own {
            return Ok(own);
        }
        let belongs = move |core: &Core| core.engine().account(asked).is_some_and(|account| account.master == own);
        match app.handle.read(belongs).await? {
            true => Ok(asked),
            false => Err(self.forbidden("the account is neither its own nor a sub-account of it")),
        }
    }

    /// Refuses everybody but operators.
    pub fn operator(&self) -> Result<(), Problem> {
        match self.role {
            Role::Operator => Ok(()),
            Role::Trader(_) => Err(self.forbidden("only operators may do this")),
        }
    }

    /// Refuses a signed request that came before.
    pub fn fresh(&self) -> Result<(), Problem> {
        if !self.repeated {
            return Ok(());
        }
        let detail = "this signed request came before and was or is being answered; sign it again to send it again";
        Err(Problem::new(StatusCode::CONFLICT, "signature_repeated", detail).with_unknown_outcome())
    }

    fn forbidden(&self, detail: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "not_authorised", format!("key {} may not do this: {detail}", self.key))
    }
}

/// Lets a request through with its [`Caller`], or answers it here.
pub async fn authenticate(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("the body is larger than {BODY_BYTES_MAX} bytes"),
        )
    })?;
    let caller = if let Some(token) = bearer(&parts.headers) {
        by_token(&app, token)?
    } else {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        by_signature(&app, &parts.headers, &parts.method, path, &body)?
    };
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn by_token(app: &App, token: &str) -> Result<Caller, Problem> {
    if !app.tokens_allowed {
        let detail = "this venue accepts no bearer tokens; sign the request";
        return Err(unauthorised("token_not_allowed", detail));
    }
    let hash = signing::sha256(token.as_bytes());
    let key = signing::token_id(&hash);
    match app.directory.active_key(key) {
        Some(entry) if entry.credential == Credential::TokenSha256(hash) => {
            Ok(Caller { key, role: entry.role, repeated: false, signed: None })
        }
        _ => Err(unauthorised("unknown_key", "this token is not registered; ask the operator to register it")),
    }
}

fn by_signature(app: &App, headers: &HeaderMap, method: &Method, path: &str, body: &[u8]) -> Result<Caller, Problem> {
    let key_text = required(headers, signing::HEADER_KEY)?;
    let key = signing::parse_key_id(key_text).ok_or_else(|| {
        unauthorised("unknown_key", format!("{key_text:?} is no key id; it has 16 hexadecimal digits"))
    })?;
    let timestamp_ms = number(headers, signing::HEADER_TIMESTAMP)?;
    let now_ms = Utc::now().timestamp_millis();
    // What was signed before the venue started may have been acted on by the one before it.
    let earliest_ms = app.started_ms.max(now_ms - WINDOW_MS);
    if timestamp_ms > now_ms + AHEAD_MS || timestamp_ms < earliest_ms {
        let detail = format!(
            "timestamp {timestamp_ms} is outside the window of {WINDOW_MS} ms; the venue's clock says {now_ms}"
        );
        let context = json!({ "server_time_ms": now_ms, "window_ms": WINDOW_MS, "earliest_ms": earliest_ms });
        return Err(unauthorised("timestamp_outside_window", detail).with_context(context));
    }
    let signature = required(headers, signing::HEADER_SIGNATURE)?;
    let entry = app.directory.active_key(key).ok_or_else(|| {
        unauthorised("unknown_key", format!("key {key} is not registered or was revoked; ask the operator"))
    })?;
    let canonical = signing::canonical(timestamp_ms, method.as_str(), path, body);
    let verified = match entry.credential {
        Credential::Ed25519(public_key) => signing::verify(&public_key, &canonical, signature),
        Credential::TokenSha256(_) => None,
    };
    let Some(signature) = verified else {
        let detail = "the signature does not fit what the server received; compare the text that was signed";
        let context = json!({
            "signed_text_length": canonical.len(),
            "signed_text_sha256": signing::sha256_hex(canonical.as_bytes()),
        });
        return Err(unauthorised("bad_signature", detail).with_context(context));
    };
    let repeated = !method.is_safe() && is_repeated(app, signature, now_ms, timestamp_ms + WINDOW_MS)?;
    // Inside the window, so it can be counted in microseconds.
    Ok(Caller { key, role: entry.role, repeated, signed: Some(Timestamp(timestamp_ms * 1_000)) })
}

fn is_repeated(app: &App, signature: [u8; 64], now_ms: i64, expires_ms: i64) -> Result<bool, Problem> {
    match app.repeats.note(signature, now_ms, expires_ms) {
        Sighting::First => Ok(false),
        Sighting::Repeated => Ok(true),
        Sighting::Full => Err(SubmitError::Busy.into()),
    }
}

fn required<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Problem> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        unauthorised(
            "authentication_required",
            format!("header {name} is missing; sign the request with x-key, x-timestamp and x-signature"),
        )
    })
}

fn number(headers: &HeaderMap, name: &'static str) -> Result<i64, Problem> {
    let text = required(headers, name)?;
    text.parse().map_err(|_| Problem::invalid(name, format!("header {name} is {text:?}; it counts milliseconds")))
}

fn unauthorised(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
}
