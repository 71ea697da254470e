//! Records in batches, batches in a chain.
//!
//! A batch is what one durable commit writes. Its hash covers the hash of the batch before, so that no record can be changed,
//! dropped or moved without breaking every later hash; and the hash of the events its commands led to, so that a
//! replay proves that the program still behaves as it did when the events were acknowledged.

use crate::command::Stamp;
use crate::ids::{KeyId, Seq};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::limits;
use crate::units::Timestamp;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// What the first batch names as the one before it.
pub const GENESIS: Hash = [0; 32];

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
    assert!(record.payload.len() <= limits::RECORD_BYTES_MAX, "a record of {} bytes", record.payload.len());
    let mut to = Writer(std::mem::take(body));
    to.u32(u32::try_from(record.payload.len()).expect("records are limited"));
    to.u8(match record.machine {
        Machine::Exchange => 1,
        Machine::Index => 2,
    });
    to.u64(record.stamp.seq.0);
    to.i64(record.stamp.time.0);
    to.u64(record.stamp.key.0);
    to.u32(record.stamp.session);
    to.bytes(&record.payload);
    *body = to.0;
}

fn take_record(from: &mut Reader) -> Result<Record, DecodeError> {
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
    let payload = from.bytes(length as usize)?.to_vec();
    Ok(Record { stamp, machine, payload })
}
