//! Notices a signed request that comes a second time: whoever overheard one must not be able to act with it.
//!
//! Within the window a timestamp allows, the signatures of all requests that change something are remembered. A restart forgets them,
//! so requests signed before the venue started are outside the window ([`crate::http::auth`]).

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

/// Signatures remembered at once: the window of 6 seconds at 100,000 requests a second.
const SEEN_MAX: usize = 600_000;

/// The signatures of the last few seconds.
#[derive(Clone, Debug, Default)]
pub struct Repeats(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    signatures: BTreeSet<[u8; 64]>,
    by_expiry: VecDeque<(i64, [u8; 64])>,
}

/// What is known of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It has not been seen.
    First,
    /// It has.
    Repeated,
    /// There is no room to remember it.
    Full,
}

impl Repeats {
    /// Notes a signature until it expires.
    pub fn note(&self, signature: [u8; 64], now_ms: i64, expires_ms: i64) -> Sighting {
        let mut seen = self.0.lock().expect("nobody panics while noting a signature");
        while let Some(&(expiry, oldest)) = seen.by_expiry.front()
            && expiry < now_ms
        {
            seen.by_expiry.pop_front();
            seen.signatures.remove(&oldest);
        }
        if seen.signatures.contains(&signature) {
            return Sighting::Repeated;
        }
        if seen.signatures.len() >= SEEN_MAX {
            return Sighting::Full;
        }
        seen.signatures.insert(signature);
        seen.by_expiry.push_back((expires_ms, signature));
        Sighting::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_repeated_until_it_expires() {
        let repeats = Repeats::default();
        assert_eq!(repeats.note([1; 64], 0, 10), Sighting::First);
        assert_eq!(repeats.note([1; 64], 10, 20), Sighting::Repeated);
        assert_eq!(repeats.note([2; 64], 10, 20), Sighting::First);
        assert_eq!(repeats.note([1; 64], 11, 21), Sighting::First, "expired, so the timestamp is refused elsewhere");
    }
}
