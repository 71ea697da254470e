//! Pins the bytes of every kind of command: a journal written today must be readable for ever.

mod arbitrary;
mod chain;
mod properties;
mod refusals;
mod samples;
pub mod vaults;

use std::collections::{BTreeMap, BTreeSet};

use engine::command::Command;

use crate::counts::count;

pub use chain::run;
pub use samples::samples;

/// Journals of version 1 hold these; nothing writes them any more.
const FIRST: &str = include_str!("../../../tests/golden/wire_v1.txt");
const SECOND: &str = include_str!("../../../tests/golden/wire_v2.txt");

#[test]
fn commands_keep_their_bytes() {
    let golden = lines(SECOND);
    for (name, command) in samples() {
        let bytes = command.encode();
        let line = golden.get(name).unwrap_or_else(|| panic!("add the line\n{name} = {}", hex(&bytes)));
        assert_eq!(hex(&bytes), hex(line), "{name} is written");
        assert_eq!(Command::decode(&bytes), Ok(command), "{name} is read");
    }
    assert_eq!(golden.len(), samples().len(), "every line has its command");
    let distinct: BTreeSet<&Vec<u8>> = golden.values().collect();
    assert_eq!(distinct.len(), golden.len(), "no two commands have the same bytes");
    count(golden.len(), "pinned commands");
}

/// A line of version 1 is the command that has the same name in version 2.
#[test]
fn version_1_is_read_for_ever() {
    let (golden, samples) = (lines(FIRST), samples());
    for (name, bytes) in &golden {
        let command = samples.iter().find(|sample| sample.0 == *name).map(|sample| sample.1).unwrap();
        assert_eq!(Command::decode(bytes), Ok(command), "{name}");
        assert_ne!(command.encode(), *bytes, "{name} is written in the second version");
    }
    assert_eq!(golden.len(), 16, "no line is ever taken out");
    count(golden.len(), "pinned commands of version 1");
}

#[test]
fn what_trading_consists_of_has_a_fixed_size() {
    for (_, command) in samples() {
        let size = match command {
            Command::SubmitOrder(_) => 96,
            Command::CancelOrder { .. } => 16,
            Command::AmendOrder(_) => 48,
            Command::ProcessDue => 2,
            _ => continue,
        };
        assert_eq!(command.encode().len(), size, "{command:?}");
    }
}

#[test]
fn a_command_is_appended() {
    let mut bytes = vec![0xff; 3];
    let mut expected = bytes.clone();
    for (_, command) in samples() {
        command.encode_into(&mut bytes);
        expected.extend(command.encode());
    }
    assert_eq!(bytes, expected);
}

fn lines(file: &str) -> BTreeMap<&str, Vec<u8>> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(" = ").unwrap()).map(|(name, digits)| (name, bytes_of(digits))).collect()
}

fn bytes_of(digits: &str) -> Vec<u8> {
    assert!(digits.is_ascii() && digits.len().is_multiple_of(2), "{digits}");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
