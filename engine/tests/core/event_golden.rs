//! Pins the bytes of every kind of event: batches hold hashes over them, which a replay must come to for ever.

mod chain;
mod kinds;
mod samples;
mod vaults;

use std::collections::BTreeMap;

use engine::event::Event;
use engine::ids::AccountId;
use engine::journal::bytes::Writer;
use engine::reject::Reject;

use crate::counts::count;
use crate::rejects::messages;

/// What the first version of the program made; the hashes of old journals are over these.
const FIRST: &str = include_str!("../../../tests/golden/event_v1.txt");
const SECOND: &str = include_str!("../../../tests/golden/event_v2.txt");

#[test]
fn events_keep_their_bytes() {
    let (first, second) = (lines(FIRST), lines(SECOND));
    assert_eq!(first.len(), 66, "no line is ever taken out");
    let samples = samples();
    for (name, event) in &samples {
        let bytes = hex(event);
        let line = first.get(name.as_str()).or_else(|| second.get(name.as_str()));
        assert_eq!(bytes, *line.unwrap_or_else(|| panic!("add the line\n{name} = {bytes}")), "{name}");
    }
    assert_eq!(first.len() + second.len(), samples.len(), "every line has its event");
    count(samples.len(), "pinned events");
}

/// A hash over many events could otherwise be one over others: read from the front, each event ends where it ends.
#[test]
fn no_event_begins_with_another() {
    let mut all: Vec<(String, String)> = samples().iter().map(|(name, event)| (hex(event), name.clone())).collect();
    all.sort();
    for pair in all.windows(2) {
        assert!(!pair[1].0.starts_with(&pair[0].0), "{} begins with {}", pair[1].1, pair[0].1);
    }
}

/// An order that version 1 could have accepted has the bytes it had there, whatever its values; any other has tag 16.
#[test]
fn an_order_looks_new_only_if_it_is() {
    for (name, event) in samples() {
        if let Event::OrderAccepted { .. } = event {
            let tag = if lines(FIRST).contains_key(name.as_str()) { "06" } else { "10" };
            assert!(hex(&event).starts_with(tag), "{name}");
        }
    }
}

#[test]
fn a_refusal_is_its_number_alone() {
    for (number, code, reject, _) in messages::rows() {
        let [low, high] = number.to_le_bytes();
        assert_eq!(hex(&Event::Rejected(reject)), format!("01{low:02x}{high:02x}"), "{code}");
    }
    // Neither the values nor the words of a message are in the bytes.
    let worded = |rule| hex(&Event::Rejected(Reject::InvalidTerms { rule }));
    assert_eq!(worded("tick is above zero"), worded("fees are not negative"));
    let account = Some(AccountId(7));
    let numbered = |next| Reject::DepositOutOfSequence { account, reference: next - 1, next };
    assert_eq!(hex(&Event::Rejected(numbered(7))), hex(&Event::Rejected(numbered(8))));
}

/// One event of each kind, with each variant of what it carries, and each reason to refuse.
fn samples() -> Vec<(String, Event)> {
    let refused = messages::rows().into_iter();
    let refused = refused.map(|(_, code, reject, _)| (format!("rejected_{code}"), Event::Rejected(reject)));
    let samples = samples::samples().into_iter().chain(chain::samples());
    refused.chain(samples.map(|(name, event)| (name.to_owned(), event))).collect()
}

fn lines(file: &str) -> BTreeMap<&str, &str> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(" = ").unwrap()).collect()
}

fn hex(event: &Event) -> String {
    let mut to = Writer::default();
    event.encode(&mut to);
    to.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
