//! The page at `/`: what a newcomer sees of the market. It only reads, and only what the public API tells everybody.

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::http::App;

/// The page with its style and its script, so that there is nothing else to serve, to build or to trust.
const TEMPLATE: &str = include_str!("page.html");

/// The page.
pub async fn page(State(app): State<App>) -> Response {
    response(app.notice)
}

/// A nonce of its own for each answer: only the two blocks that came with this answer may style or run.
fn response(notice: &str) -> Response {
    let nonce = format!("{:032x}", rand::random::<u128>());
    let policy = format!(
        "default-src 'none'; connect-src 'self'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // A kept page would come back with a nonce that is spent.
        (header::CACHE_CONTROL, "no-store"),
    ];
    // The notice goes in last: whatever it says, it cannot ask for the nonce.
    let html = TEMPLATE.replace("{{nonce}}", &nonce).replace("{{notice}}", &escaped(notice));
    (headers, Html(html)).into_response()
}

/// Text as HTML shows it, inside an element or an attribute.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
