//! What the page promises a browser: text stays text, and nothing runs but what the venue sent.

use axum::http::{HeaderMap, StatusCode};

use super::{TEMPLATE, response};

/// The headers and the body of an answer with this notice.
async fn answer(notice: &str) -> (HeaderMap, String) {
    let (parts, body) = response(notice).into_parts();
    assert_eq!(parts.status, StatusCode::OK);
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("the body is in memory");
    (parts.headers, String::from_utf8(body.to_vec()).expect("the page is text"))
}

/// The nonce that a directive of the policy allows, and nothing else in that directive.
fn nonce_of(policy: &str, directive: &str) -> String {
    let sources = policy.split("; ").find_map(|part| part.strip_prefix(directive)).expect("the directive is there");
    let nonce = sources.trim().strip_prefix("'nonce-").and_then(|rest| rest.strip_suffix('\''));
    nonce.expect("the directive allows one nonce").to_owned()
}

#[tokio::test]
async fn notice_is_shown_as_text() {
    let (_, body) = answer(r#"<script src="//example.com">'a' & b</script> {{nonce}}"#).await;
    let shown = "&lt;script src=&quot;//example.com&quot;&gt;&#39;a&#39; &amp; b&lt;/script&gt; {{nonce}}";
    assert!(body.contains(shown), "the notice is not in the page as text");
    assert_eq!(body.matches("<script").count(), 1, "the notice added a script");
    assert_eq!(body.matches("{{").count(), 1, "a slot is left besides the one in the notice");
}

#[tokio::test]
async fn policy_allows_the_inline_blocks_and_nothing_else() {
    let (headers, body) = answer("").await;
    let policy = headers["content-security-policy"].to_str().expect("the policy is text");
    assert!(policy.starts_with("default-src 'none'; connect-src 'self'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (directive, block) in [("script-src ", "<script"), ("style-src ", "<style")] {
        let tag = format!("{block} nonce=\"{}\">", nonce_of(policy, directive));
        assert_eq!(body.matches(block).count(), 1, "{block} stands once");
        assert_eq!(body.matches(&tag).count(), 1, "{block} carries the nonce of the policy");
    }
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn nonce_is_used_once() {
    let policies = [answer("").await.0, answer("").await.0].map(|headers| headers["content-security-policy"].clone());
    assert_ne!(policies[0], policies[1]);
}

#[test]
fn template_writes_no_markup_from_data_and_loads_nothing() {
    for forbidden in
        ["innerHTML", "outerHTML", "insertAdjacent", "document.write", " style=", " src=", "@import", "url("]
    {
        assert!(!TEMPLATE.contains(forbidden), "the page contains {forbidden}");
    }
}
