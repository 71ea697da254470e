//! Generated flow leads to the same trading in every mode, and a damaged file to an error instead of a figure.

use crate::error::Error;
use crate::fast::FastBooks;
use crate::flow::{Kind, Shape};
use crate::generate::generate;
use crate::naive::NaiveBooks;
use crate::run::run;
use crate::workload::Workload;

fn workload(opaque: bool) -> Workload {
    generate(&Shape { operations: 20_000, symbols: 5, depth: 200, seed: 9, opaque })
}

#[test]
fn all_modes_come_to_the_same_result() {
    for opaque in [false, true] {
        let workload = workload(opaque);
        let naive = run(&mut NaiveBooks::new(5), &workload, false);
        let fast = run(&mut FastBooks::new(5), &workload, true);
        assert_eq!((fast.checksum, fast.resting), (naive.checksum, naive.resting));
        assert!(naive.checksum.fills > 1_000 && naive.resting > 100);
        assert!(fast.to_string().contains(r#""p999":"#));
    }
}

#[test]
fn flow_has_the_promised_mix() {
    let flow = workload(false);
    let timed = &flow.operations[flow.prefill as usize..];
    let share = |kind: Kind| 100 * timed.iter().filter(|operation| operation.kind == kind).count() / timed.len();
    assert!((50..56).contains(&share(Kind::Limit)), "{} % limit", share(Kind::Limit));
    assert!((6..10).contains(&share(Kind::ImmediateOrCancel)), "{} % immediate", share(Kind::ImmediateOrCancel));
    assert!((36..42).contains(&share(Kind::Cancel)), "{} % cancels", share(Kind::Cancel));
    assert_eq!(flow.operations, workload(false).operations, "a seed gives one flow");
}

#[test]
fn a_file_survives_encoding_and_damage_is_named() {
    let flow = workload(true);
    let bytes = flow.encode();
    let again = Workload::decode("file", &bytes).unwrap();
    assert_eq!((again.symbols, again.prefill, again.seed), (flow.symbols, flow.prefill, flow.seed));
    assert_eq!(again.operations, flow.operations);

    let damaged = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Workload::decode("file", &bytes).err()
    };
    assert!(matches!(Workload::decode("file", &bytes[..40]), Err(Error::NoHeader { .. })));
    assert!(matches!(Workload::decode("file", &bytes[..bytes.len() - 1]), Err(Error::WrongLength { .. })));
    assert!(matches!(damaged(0, b'X'), Some(Error::NoHeader { .. })));
    assert!(matches!(damaged(8, 2), Some(Error::NoHeader { .. })));
    assert!(matches!(damaged(12, 0), Some(Error::Symbols { .. })));
    assert!(matches!(damaged(16, 0), Some(Error::WrongLength { .. })));
    assert!(matches!(damaged(47, 1), Some(Error::LongPrefill { .. })));
    for at in [0, 1, 3, 19] {
        assert!(matches!(damaged(64 + at, 0x7F), Some(Error::Operation { number: 0, .. })), "byte {at}");
    }
}
