//! How a request proves who sent it. The server and every client use these same lines.
//!
//! The signed text is `timestamp \n METHOD \n path?query \n sha256hex(body)` with the timestamp in milliseconds. It says everything the
//! venue acts on, so nothing of a signed request can be changed. It names no venue: use a key at one venue only.

use std::fmt::Write as _;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use engine::ids::KeyId;
use sha2::{Digest, Sha256};

/// Header with the key's id.
pub const HEADER_KEY: &str = "x-key";
/// Header with the time of signing, in milliseconds since 1970.
pub const HEADER_TIMESTAMP: &str = "x-timestamp";
/// Header with the Ed25519 signature in hexadecimal.
pub const HEADER_SIGNATURE: &str = "x-signature";

/// The text that is signed.
pub fn canonical(timestamp_ms: i64, method: &str, path_and_query: &str, body: &[u8]) -> String {
    format!("{timestamp_ms}\n{method}\n{path_and_query}\n{}", sha256_hex(body))
}

/// Signs a canonical text; the signature in hexadecimal.
pub fn sign(key: &SigningKey, canonical: &str) -> String {
    hex(&key.sign(canonical.as_bytes()).to_bytes())
}

/// The bytes of a `signature` in hexadecimal, if it is this key's for a canonical text. Strict: weak keys and malleable signatures
/// are refused, so that a signed request has exactly one signature.
pub fn verify(public_key: &[u8; 32], canonical: &str, signature: &str) -> Option<[u8; 64]> {
    let key = VerifyingKey::from_bytes(public_key).ok()?;
    let bytes = unhex::<64>(signature)?;
    key.verify_strict(canonical.as_bytes(), &Signature::from_bytes(&bytes)).ok().map(|()| bytes)
}

/// The id of a public key: the first eight bytes of its SHA-256.
pub fn key_id(public_key: &[u8; 32]) -> KeyId {
    first_eight(&sha256(public_key))
}

/// The id of a bearer token: the first eight bytes of the SHA-256 that is stored for it.
pub fn token_id(token_sha256: &[u8; 32]) -> KeyId {
    first_eight(token_sha256)
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing into a string cannot fail");
        text
    })
}

/// Exactly `N` bytes from hexadecimal.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // One spelling only: `from_str_radix` alone would take a sign.
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// A key's id from its 16 hexadecimal digits.
pub fn parse_key_id(text: &str) -> Option<KeyId> {
    unhex::<8>(text).map(u64::from_be_bytes).map(KeyId)
}

fn first_eight(hash: &[u8; 32]) -> KeyId {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    KeyId(u64::from_be_bytes(first))
}
