//! The bytes of a segment: a row of batches, framed and hashed, that needs no database to be read.
//!
//! | field | bytes |
//! | --- | --- |
//! | `terahour segment 1` and a line feed | 19 |
//! | hash of the batch before the first one | 32 |
//! | number of batches | 4 |
//! | for each batch: epoch, first and last command | 8 each |
//! | … hash of its events | 32 |
//! | … length of its body, then the body | 4 and so many |
//! | hash of the last batch | 32 |
//! | BLAKE3 of all bytes before | 32 |
//!
//! Numbers are little-endian. A batch does not repeat the hash of the one before it: that follows.

use engine::ids::Seq;
use engine::journal::batch::{Batch, Hash};
use engine::journal::bytes::{DecodeError, Reader, Writer};

/// What a segment begins with; the number is its version.
const MAGIC: &[u8; 19] = b"terahour segment 1\n";

/// The segment of some batches that follow each other.
///
/// # Panics
/// If there are none, or more than fit into memory many times over.
pub fn encode(batches: &[Batch]) -> Vec<u8> {
    let (first, last) =
        (batches.first().expect("a segment has batches"), batches.last().expect("a segment has batches"));
    let size: usize = batches.iter().map(|batch| batch.body.len() + 60).sum();
    let mut to = Writer(Vec::with_capacity(size + 119));
    to.bytes(MAGIC);
    to.bytes(&first.previous);
    to.u32(u32::try_from(batches.len()).expect("segments are limited"));
    for batch in batches {
        to.u64(batch.epoch);
        to.u64(batch.first_seq.0);
        to.u64(batch.last_seq.0);
        to.bytes(&batch.event_hash);
        to.u32(u32::try_from(batch.body.len()).expect("batches are limited"));
        to.bytes(&batch.body);
    }
    to.bytes(&last.hash());
    let content = blake3::hash(&to.0);
    to.bytes(content.as_bytes());
    to.0
}

/// The batches of a segment, in a row without a gap.
///
/// # Errors
/// What is wrong with the bytes.
pub fn decode(bytes: &[u8]) -> Result<Vec<Batch>, String> {
    let (content, hash) = bytes.split_last_chunk::<32>().ok_or("it is too short")?;
    if blake3::hash(content) != *hash {
        return Err("its hash does not cover its content".to_owned());
    }
    let (batches, head) = take_batches(content).map_err(|error| error.to_string())?;
    let mut next = batches.first().map(|batch| batch.first_seq.0);
    for batch in &batches {
        if Some(batch.first_seq.0) != next || batch.last_seq < batch.first_seq {
            return Err(format!("batch {} does not follow the one before", batch.first_seq));
        }
        next = batch.last_seq.0.checked_add(1);
    }
    match batches.last() {
        None => Err("it is empty".to_owned()),
        Some(last) if last.hash() != head => Err("it ends with another batch than it says".to_owned()),
        Some(_) => Ok(batches),
    }
}

fn take_batches(content: &[u8]) -> Result<(Vec<Batch>, Hash), DecodeError> {
    let mut from = Reader(content);
    if from.array()? != *MAGIC {
        return Err(DecodeError::Invalid { what: "segment version", value: 0 });
    }
    let mut previous: Hash = from.array()?;
    let mut batches = Vec::new();
    for _ in 0..from.u32()? {
        let (epoch, first_seq, last_seq) = (from.u64()?, Seq(from.u64()?), Seq(from.u64()?));
        let event_hash = from.array()?;
        let length = from.u32()?;
        let body = from.bytes(length as usize)?.to_vec();
        let batch = Batch { epoch, first_seq, last_seq, previous, event_hash, body };
        previous = batch.hash();
        batches.push(batch);
    }
    let head = from.array()?;
    from.end()?;
    Ok((batches, head))
}
