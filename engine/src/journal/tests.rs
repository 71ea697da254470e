//! The frame around commands, which is the same in every journal, and the ways to write one.

use super::batch::{Batch, Machine, Record, put_command, put_record, put_record_with};
use crate::command::{Command, Stamp};
use crate::ids::{AccountId, KeyId, OrderId, Seq};
use crate::limits;
use crate::units::Timestamp;

const STAMP: Stamp = Stamp {
    seq: Seq(0x0102_0304_0506_0708),
    time: Timestamp(0x1112_1314_1516_1718),
    key: KeyId(0x2122_2324_2526_2728),
    session: 0x3132_3334,
};

const CANCEL: Command = Command::CancelOrder { account: AccountId(0x4142_4344), order: OrderId(0x5152_5354_5556_5758) };

/// A cancel as version 1 wrote it: length, machine, sequence number, time, key, session, then the command.
const FIRST: &[u8] = &[
    14, 0, 0, 0, 1, 8, 7, 6, 5, 4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x28, 0x27, 0x26, 0x25,
    0x24, 0x23, 0x22, 0x21, 0x34, 0x33, 0x32, 0x31, 1, 7, 0x44, 0x43, 0x42, 0x41, 0x58, 0x57, 0x56, 0x55, 0x54, 0x53,
    0x52, 0x51,
];

/// The hash that the program which wrote version 1 gave the batch of these bytes.
const FIRST_HASH: &str = "5c7c610d675dcb16be8e3be0fd2c46888e7bb5d9d7dd7c36f48bc00cf0dd78d4";

#[test]
fn a_batch_of_version_1_reads_and_hashes_as_ever() {
    let batch = batch(FIRST.to_vec());
    let records = batch.records().unwrap();
    assert_eq!(records, [Record { stamp: STAMP, machine: Machine::Exchange, payload: FIRST[33..].to_vec() }]);
    assert_eq!(Command::decode(&records[0].payload), Ok(CANCEL));
    let hash: String = batch.hash().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, FIRST_HASH);
    let mut again = Vec::new();
    put_record(&mut again, &records[0]);
    assert_eq!(again, FIRST);
}

#[test]
fn a_command_is_written_where_it_belongs() {
    let mut body = Vec::new();
    put_command(&mut body, STAMP, &CANCEL);
    let mut copied = Vec::new();
    put_record(&mut copied, &Record { stamp: STAMP, machine: Machine::Exchange, payload: CANCEL.encode() });
    assert_eq!(body, copied);
    let batch = batch(body);
    let views = batch.record_views().unwrap();
    assert_eq!((views[0].stamp, views[0].machine), (STAMP, Machine::Exchange));
    assert_eq!(Command::decode(views[0].payload), Ok(CANCEL));
    assert_eq!([views[0].to_record()].as_slice(), batch.records().unwrap());
}

#[test]
fn records_follow_each_other() {
    let next = Stamp { seq: Seq(STAMP.seq.0 + 1), ..STAMP };
    let mut body = Vec::new();
    put_record_with(&mut body, STAMP, Machine::Index, |body| body.extend_from_slice(b"index"));
    put_record_with(&mut body, next, Machine::Index, |_| {});
    let batch = Batch { last_seq: next.seq, ..batch(body) };
    let views = batch.record_views().unwrap();
    let payloads: Vec<&[u8]> = views.iter().map(|view| view.payload).collect();
    assert_eq!(payloads, [b"index".as_slice(), b""]);
    assert!(views.iter().all(|view| view.machine == Machine::Index));
}

#[test]
#[should_panic(expected = "a record of 4097 bytes")]
fn a_record_longer_than_any_is_not_written() {
    let too_long = |body: &mut Vec<u8>| body.resize(body.len() + limits::RECORD_BYTES_MAX + 1, 0);
    put_record_with(&mut Vec::new(), STAMP, Machine::Index, too_long);
}

fn batch(body: Vec<u8>) -> Batch {
    let (previous, event_hash) = ([3; 32], [4; 32]);
    Batch { epoch: 5, first_seq: STAMP.seq, last_seq: STAMP.seq, previous, event_hash, body }
}
