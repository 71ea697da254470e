//! Whatever the bytes are, they are read or refused, and what is read of the second version is what would be written.

use std::collections::BTreeMap;

use engine::command::Command;
use engine::journal::bytes::DecodeError;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};

use super::arbitrary::commands;
use super::{FIRST, lines, samples};
use crate::counts::count;

const CASES: u32 = 4_096;

/// As many cases as this needs, the same ones in every run, unless `PROPTEST_CASES` asks for others.
fn config() -> Config {
    let default = Config::default();
    let cases = if default.cases == 256 { CASES } else { default.cases };
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(0x7e4a_0001), ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_command_comes_back(command in commands()) {
        let bytes = command.encode();
        prop_assert_eq!(bytes[0], 2);
        prop_assert_eq!(Command::decode(&bytes), Ok(command));
    }

    #[test]
    fn no_command_has_two_forms(command in commands(), changes in vec(change(), 1..4)) {
        let mut bytes = command.encode();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        check(&bytes)?;
    }

    #[test]
    fn a_cut_off_or_continued_command_is_refused(
        command in commands(),
        keep in any::<Index>(),
        more in vec(any::<u8>(), 1..9),
    ) {
        let bytes = command.encode();
        let cut = Command::decode(&bytes[..keep.index(bytes.len())]);
        prop_assert!(matches!(cut, Err(DecodeError::Truncated { .. })), "{:?}", cut);
        let extra = more.len();
        prop_assert_eq!(Command::decode(&[bytes, more].concat()), Err(DecodeError::TrailingBytes { extra }));
    }

    #[test]
    fn noise_is_read_or_refused(version in 0..4_u8, tag in 0..34_u8, noise in vec(any::<u8>(), 0..120)) {
        check(&noise)?;
        check(&[vec![version, tag], noise].concat())?;
    }

    #[test]
    fn a_changed_line_of_version_1_is_read_or_refused(which in any::<Index>(), changes in vec(change(), 1..4)) {
        let golden = lines(FIRST);
        let mut bytes = which.get(&golden.values().collect::<Vec<_>>()).to_vec();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        check(&bytes)?;
    }
}

/// Every byte of every sample, with every value it can have.
#[test]
fn no_single_byte_gives_a_command_a_second_form() {
    let mut tried = 0;
    for (name, command) in samples() {
        for bytes in neighbours(&command.encode()) {
            check(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            tried += 1;
        }
    }
    count(tried, "commands with a single byte changed");
}

#[test]
fn no_single_byte_gives_a_command_of_version_1_a_second_form() {
    for (name, line) in lines(FIRST) {
        let mut read: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for bytes in neighbours(&line).filter(|bytes| bytes[0] == 1) {
            let Ok(command) = Command::decode(&bytes) else { continue };
            let before = read.entry(command.encode()).or_insert_with(|| bytes.clone());
            assert_eq!(*before, bytes, "{name}: {command:?}");
        }
        assert!(read.len() > 4 * 255, "{name}: numbers of four bytes take every value");
    }
}

#[test]
fn counted() {
    count(5 * config().cases as usize, "encoded, changed and random commands");
}

fn neighbours(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        (0..=u8::MAX).map(move |byte| {
            let mut changed = bytes.to_vec();
            changed[at] = byte;
            changed
        })
    })
}

/// What is read can be written; of the second version it is written as it was.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(command) = Command::decode(bytes) else { return Ok(()) };
    let written = command.encode();
    if bytes[0] == 1 {
        prop_assert_eq!(Command::decode(&written), Ok(command));
    } else {
        prop_assert_eq!(written.as_slice(), bytes);
    }
    Ok(())
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Index, u8),
    Flip(Index, u32),
    Swap(Index, Index),
    Insert(Index, u8),
    Remove(Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        match self {
            Change::Replace(at, byte) => *at.get_mut(bytes) = *byte,
            Change::Flip(at, bit) => *at.get_mut(bytes) ^= 1 << bit,
            Change::Swap(one, other) => bytes.swap(one.index(length), other.index(length)),
            Change::Insert(at, byte) => bytes.insert(at.index(length), *byte),
            Change::Remove(at) => drop(bytes.remove(at.index(length))),
        }
    }
}

/// Small values and the head of a command come more often than chance would have it: the tags are there.
fn change() -> impl Strategy<Value = Change> {
    let byte = || prop_oneof![0..8_u8, any::<u8>()];
    prop_oneof![
        4 => (any::<Index>(), byte()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        2 => (any::<Index>(), 0..8_u32).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::Swap(one, other)),
        1 => (any::<Index>(), byte()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        1 => any::<Index>().prop_map(Change::Remove),
    ]
}
