//! Records in batches, batches in a chain.
//!
//! A batch is what one durable commit writes. Its hash covers the hash of the batch before, so that no record can be
//! changed, dropped or moved without breaking every later hash; and the hash of the events its commands led to, so that
//! a replay proves that the program still behaves as it did when the events were acknowledged.

use crate::command::{Command, Stamp};
use crate::ids::{KeyId, Seq};
use crate::journal::bytes::{DecodeError, Reader};
use crate::limits;
use crate::units::Timestamp;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// What the first batch names as the one before it.
pub const GENESIS: Hash = [0; 32];

/// In front of each payload: its length in four bytes, machine in one, sequence number, time and key in eight each,
/// session in four. The same since the first journal; see `docs/decisions/0007-fixed-size-records.md`.
const HEADER_SIZE: usize = 33;

/// Which state machine a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// The exchange: [`crate::Engine`].
    Exchange,
    /// The price index, which lives outside this crate.
    Index,
}

/// A stamped command as the journal keeps it: the payload is the business of its machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Place, time and sender.
    pub stamp: Stamp,
    /// Whose command it is.
    pub machine: Machine,
    /// The command.
    pub payload: Vec<u8>,
}

/// A record where it lies in the body of its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// Place, time and sender.
    pub stamp: Stamp,
    /// Whose command it is.
    pub machine: Machine,
    /// The command.
    pub payload: &'a [u8],
}

impl RecordView<'_> {
    /// The record on its own.
    pub fn to_record(&self) -> Record {
        Record { stamp: self.stamp, machine: self.machine, payload: self.payload.to_vec() }
    }
}

/// What one durable commit writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The reign of the writer; see the fence of the store.
    pub epoch: u64,
    /// Place of its first record.
    pub first_seq: Seq,
    /// Place of its last record.
    pub last_seq: Seq,
    /// Hash of the batch before, or [`GENESIS`].
    pub previous: Hash,
    /// Hash of the events of its commands.
    pub event_hash: Hash,
    /// The records.
    pub body: Vec<u8>,
}

impl Batch {
    /// The hash that the next batch names.
    pub fn hash(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"terahour batch 1");
        hasher.update(&self.epoch.to_le_bytes());
        hasher.update(&self.first_seq.0.to_le_bytes());
        hasher.update(&self.last_seq.0.to_le_bytes());
        hasher.update(&self.previous);
        hasher.update(&self.event_hash);
        hasher.update(&self.body);
        *hasher.finalize().as_bytes()
    }

    /// The records, in order and without a gap.
    ///
    /// # Errors
    /// If the body is not exactly the records from `first_seq` to `last_seq`.
    pub fn records(&self) -> Result<Vec<Record>, DecodeError> {
        Ok(self.record_views()?.iter().map(RecordView::to_record).collect())
    }

    /// The records, in order and without a gap, without copying them.
    ///
    /// # Errors
    /// If the body is not exactly the records from `first_seq` to `last_seq`.
    pub fn record_views(&self) -> Result<Vec<RecordView<'_>>, DecodeError> {
        let mut from = Reader(&self.body);
        let mut records = Vec::new();
        let mut expected = Some(self.first_seq.0);
        while !from.0.is_empty() {
            let record = take_record(&mut from)?;
            if Some(record.stamp.seq.0) != expected {
                return Err(DecodeError::Invalid { what: "sequence number", value: record.stamp.seq.0 });
            }
            expected = record.stamp.seq.0.checked_add(1);
            records.push(record);
        }
        if records.last().map(|record| record.stamp.seq) != Some(self.last_seq) {
            return Err(DecodeError::Invalid { what: "last sequence number", value: self.last_seq.0 });
        }
        Ok(records)
    }
}

/// Appends a record to the body of a batch.
///
/// # Panics
/// If the payload is longer than any command can be.
pub fn put_record(body: &mut Vec<u8>, record: &Record) {
    put_record_with(body, record.stamp, record.machine, |body| body.extend_from_slice(&record.payload));
}

/// Appends a command of the exchange to the body of a batch, without a payload of its own in between.
pub fn put_command(body: &mut Vec<u8>, stamp: Stamp, command: &Command) {
    put_record_with(body, stamp, Machine::Exchange, |body| command.encode_into(body));
}

/// Appends a record whose payload `put_payload` appends.
///
/// # Panics
/// If the payload is longer than any command can be.
pub fn put_record_with(body: &mut Vec<u8>, stamp: Stamp, machine: Machine, put_payload: impl FnOnce(&mut Vec<u8>)) {
    let mut header = [0; HEADER_SIZE];
    // The length is known when the payload is written.
    header[4] = match machine {
        Machine::Exchange => 1,
        Machine::Index => 2,
    };
    header[5..13].copy_from_slice(&stamp.seq.0.to_le_bytes());
    header[13..21].copy_from_slice(&stamp.time.0.to_le_bytes());
    header[21..29].copy_from_slice(&stamp.key.0.to_le_bytes());
    header[29..].copy_from_slice(&stamp.session.to_le_bytes());
    let begin = body.len();
    body.extend_from_slice(&header);
    put_payload(body);
    let length = body.len() - begin - HEADER_SIZE;
    assert!(length <= limits::RECORD_BYTES_MAX, "a record of {length} bytes");
    let length = u32::try_from(length).expect("records are limited");
    body[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
}

fn take_record<'a>(from: &mut Reader<'a>) -> Result<RecordView<'a>, DecodeError> {
    let length = from.u32()?;
    if length as usize > limits::RECORD_BYTES_MAX {
        return Err(DecodeError::Invalid { what: "record length", value: u64::from(length) });
    }
    let machine = match from.u8()? {
        1 => Machine::Exchange,
        2 => Machine::Index,
        tag => return Err(DecodeError::Invalid { what: "machine", value: u64::from(tag) }),
    };
    let stamp =
        Stamp { seq: Seq(from.u64()?), time: Timestamp(from.i64()?), key: KeyId(from.u64()?), session: from.u32()? };
    let payload = from.bytes(length as usize)?;
    Ok(RecordView { stamp, machine, payload })
}
