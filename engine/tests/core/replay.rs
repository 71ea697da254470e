//! The journal: commands as bytes and back, a replay that comes to the same state, and a chain of batches in which every change
//! shows.

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::ids::{InstrumentId, KeyId, Seq};
use engine::journal::batch::{Batch, GENESIS, Hash, Machine, Record, put_record};
use engine::journal::bytes::{DecodeError, Writer};
use engine::limits;
use engine::units::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::compare::{CASES, config};
use crate::counts::count;
use crate::script::scripts;

const RECORDS_PER_BATCH: usize = 16;
const REPLAY_CASES: u32 = 64;
const CORRUPTION_CASES: u32 = 4_096;

/// The same settings as everywhere, with as many cases as this test needs unless `PROPTEST_CASES` asks for others.
fn config_of(cases: u32) -> Config {
    let config = config();
    if config.cases == CASES { Config { cases, ..config } } else { config }
}

proptest! {
    #![proptest_config(config_of(REPLAY_CASES))]

    #[test]
    fn a_replay_from_bytes_comes_to_the_same_state(script in scripts()) {
        let commands = script.commands();
        let (state, events) = run(&commands);

        let batches = write_batches(&commands);
        let mut replayed = Vec::new();
        let mut previous = GENESIS;
        for batch in &batches {
            prop_assert_eq!(batch.previous, previous, "the chain holds");
            previous = batch.hash();
            for record in batch.records().unwrap() {
                prop_assert_eq!(record.machine, Machine::Exchange);
                replayed.push((record.stamp, Command::decode(&record.payload).unwrap()));
            }
        }
        prop_assert_eq!(&replayed, &commands);
        prop_assert_eq!(run(&replayed), (state, events));
    }

    #[test]
    fn a_snapshot_goes_on_as_the_engine_does(script in scripts(), at in any::<prop::sample::Index>()) {
        let commands = script.commands();
        let (before, behind) = commands.split_at(at.index(commands.len() + 1));
        let mut engine = engine_after(before);
        let mut snapshot = Vec::new();
        engine.write_snapshot(|piece| snapshot.extend_from_slice(piece));
        // Tables laid out otherwise: nothing may depend on that.
        let mut restored = Engine::read_snapshot(&snapshot, 0x5eed).unwrap();
        prop_assert_eq!(restored.state_hash(), engine.state_hash());
        prop_assert_eq!(apply(&mut restored, behind), apply(&mut engine, behind));
        prop_assert_eq!(restored.state_hash(), engine.state_hash());
    }

    #[test]
    fn states_differ_where_commands_do(script in scripts()) {
        let mut commands = script.commands();
        let (state, _) = run(&commands);
        commands.pop();
        prop_assert_ne!(run(&commands).0, state);
    }
}

proptest! {
    #![proptest_config(config_of(CORRUPTION_CASES))]

    #[test]
    fn a_flipped_bit_in_a_batch_shows(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut batch = sample_batch(3);
        let before = batch.hash();
        let at = at.index(batch.body.len());
        batch.body[at] ^= 1 << bit;
        prop_assert_ne!(batch.hash(), before, "byte {} of the body", at);
    }

    #[test]
    fn records_from_any_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..200), first in any::<u64>()) {
        let batch = Batch { body, first_seq: Seq(first), ..sample_batch(1) };
        let _ = batch.records();
    }
}

#[test]
fn every_field_of_a_batch_is_in_its_hash() {
    let batch = sample_batch(3);
    let mut hashes = vec![batch.hash()];
    hashes.push(Batch { epoch: batch.epoch + 1, ..batch.clone() }.hash());
    hashes.push(Batch { first_seq: Seq(batch.first_seq.0 + 1), ..batch.clone() }.hash());
    hashes.push(Batch { last_seq: Seq(batch.last_seq.0 + 1), ..batch.clone() }.hash());
    hashes.push(Batch { previous: [1; 32], ..batch.clone() }.hash());
    hashes.push(Batch { event_hash: [1; 32], ..batch.clone() }.hash());
    hashes.push(Batch { body: batch.body[1..].to_vec(), ..batch }.hash());
    let distinct: std::collections::BTreeSet<Hash> = hashes.iter().copied().collect();
    assert_eq!(distinct.len(), hashes.len());
}

#[test]
fn gaps_and_wrong_ends_of_a_batch_are_found() {
    let whole = sample_batch(3);
    assert_eq!(whole.records().unwrap().len(), 3);

    let with_gap = Batch { last_seq: Seq(4), body: body_of(&[1, 2, 4]), ..whole.clone() };
    assert_eq!(with_gap.records(), Err(DecodeError::Invalid { what: "sequence number", value: 4 }));
    let swapped = Batch { body: body_of(&[1, 3, 2]), ..whole.clone() };
    assert_eq!(swapped.records(), Err(DecodeError::Invalid { what: "sequence number", value: 3 }));
    let twice = Batch { body: body_of(&[1, 1, 2]), ..whole.clone() };
    assert_eq!(twice.records(), Err(DecodeError::Invalid { what: "sequence number", value: 1 }));
    let short = Batch { body: body_of(&[1, 2]), ..whole.clone() };
    assert_eq!(short.records(), Err(DecodeError::Invalid { what: "last sequence number", value: 3 }));
    let long = Batch { body: body_of(&[1, 2, 3, 4]), ..whole.clone() };
    assert_eq!(long.records(), Err(DecodeError::Invalid { what: "last sequence number", value: 3 }));
    let shifted = Batch { first_seq: Seq(2), last_seq: Seq(4), ..whole };
    assert_eq!(shifted.records(), Err(DecodeError::Invalid { what: "sequence number", value: 1 }));
}

#[test]
fn a_batch_that_claims_the_last_number_of_all_is_refused() {
    let batch = Batch { last_seq: Seq(u64::MAX), ..sample_batch(3) };
    assert_eq!(batch.records(), Err(DecodeError::Invalid { what: "last sequence number", value: u64::MAX }));
}

#[test]
fn a_batch_that_begins_at_the_last_number_of_all_does_not_stop_the_reader() {
    let body = body_of(&[u64::MAX]);
    let batch = Batch { first_seq: Seq(u64::MAX), last_seq: Seq(u64::MAX), body, ..sample_batch(1) };
    let _ = batch.records();
}

#[test]
fn a_record_longer_than_any_is_refused() {
    let mut body = Vec::new();
    put_record(&mut body, &Record { payload: vec![0; limits::RECORD_BYTES_MAX], ..record(1) });
    // No writer makes a longer one, so its length, the first field, is written over.
    let longer = u32::try_from(limits::RECORD_BYTES_MAX + 1).unwrap();
    body[..4].copy_from_slice(&longer.to_le_bytes());
    body.push(0);
    let batch = Batch { first_seq: Seq(1), last_seq: Seq(1), body, ..sample_batch(1) };
    assert_eq!(batch.records(), Err(DecodeError::Invalid { what: "record length", value: 4_097 }));
}

#[test]
fn counted() {
    count(config_of(REPLAY_CASES).cases as usize, "scripts replayed from bytes");
    count(config_of(REPLAY_CASES).cases as usize, "snapshots gone on from");
    count(2 * config_of(CORRUPTION_CASES).cases as usize, "corrupted or random inputs to the journal");
}

/// The state hash and the bytes of all events.
/// State and events after all of these commands on a new venue.
fn run(commands: &[(Stamp, Command)]) -> (Hash, Vec<u8>) {
    let mut engine = Engine::new();
    let events = apply(&mut engine, commands);
    (engine.state_hash(), events)
}

fn engine_after(commands: &[(Stamp, Command)]) -> Engine {
    let mut engine = Engine::new();
    apply(&mut engine, commands);
    engine
}

/// The events as bytes.
fn apply(engine: &mut Engine, commands: &[(Stamp, Command)]) -> Vec<u8> {
    let mut bytes = Writer::default();
    for (stamp, command) in commands {
        let mut events = Vec::new();
        // A refusal is among the events.
        let _ = engine.apply(stamp, command, &mut events);
        events.iter().for_each(|event| event.encode(&mut bytes));
    }
    bytes.0
}

fn write_batches(commands: &[(Stamp, Command)]) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut previous = GENESIS;
    for chunk in commands.chunks(RECORDS_PER_BATCH) {
        let mut body = Vec::new();
        for (stamp, command) in chunk {
            put_record(&mut body, &Record { stamp: *stamp, machine: Machine::Exchange, payload: command.encode() });
        }
        let (first_seq, last_seq) = (chunk[0].0.seq, chunk[chunk.len() - 1].0.seq);
        let batch = Batch { epoch: 1, first_seq, last_seq, previous, event_hash: GENESIS, body };
        previous = batch.hash();
        batches.push(batch);
    }
    batches
}

fn record(seq: u64) -> Record {
    let stamp = Stamp { seq: Seq(seq), time: Timestamp(5), key: KeyId(6), session: 7 };
    let command = Command::AdvanceSettlement { instrument: InstrumentId(8) };
    Record { stamp, machine: Machine::Exchange, payload: command.encode() }
}

fn body_of(numbers: &[u64]) -> Vec<u8> {
    let mut body = Vec::new();
    numbers.iter().for_each(|&seq| put_record(&mut body, &record(seq)));
    body
}

/// A batch of records from 1 on.
fn sample_batch(records: u64) -> Batch {
    let body = body_of(&(1..=records).collect::<Vec<u64>>());
    Batch { epoch: 1, first_seq: Seq(1), last_seq: Seq(records), previous: GENESIS, event_hash: [2; 32], body }
}
