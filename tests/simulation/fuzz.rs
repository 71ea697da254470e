//! The promises about bytes from outside: what is read is what would be written, anything else is refused with a reason.
//!
//! `engine/fuzz` gives these functions to a fuzzer that looks for new paths; [`mutate`] calls them with bytes changed by chance,
//! which needs no tools. Each panics where a promise is broken.

use engine::Engine;
use engine::command::Command;
use engine::ids::Seq;
use engine::journal::batch::{Batch, GENESIS, put_record};

use crate::dice::Dice;
use crate::flow::Flow;
use crate::trial::{Pace, Trial};

/// Bytes of the name of the form that a snapshot begins with.
const NAME: usize = 20;

/// Commands that a fuzzer's bytes may lead to.
const COMMANDS_MAX: usize = 600;

/// Any bytes are one command, and of the present version the only form of it, or none.
///
/// # Panics
/// If not.
pub fn decode(bytes: &[u8]) {
    let Ok(command) = Command::decode(bytes) else { return };
    let encoded = command.encode();
    if bytes[0] == engine::journal::wire::VERSION {
        assert!(encoded == bytes, "{command:?} has two forms");
    }
    assert_eq!(Command::decode(&encoded), Ok(command), "what is written is read");
}

/// Any bytes are a row of records without a gap, in the only form of it, or none.
///
/// # Panics
/// If not.
pub fn batch(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first_chunk() else { return };
    let Some((last, body)) = body.split_first_chunk() else { return };
    let (first_seq, last_seq) = (Seq(u64::from_le_bytes(*first)), Seq(u64::from_le_bytes(*last)));
    let body = body.to_vec();
    let batch = Batch { epoch: 1, first_seq, last_seq, previous: GENESIS, event_hash: GENESIS, body };
    let Ok(records) = batch.records() else { return };
    let mut written = Vec::new();
    records.iter().for_each(|record| put_record(&mut written, record));
    assert!(written == batch.body, "records have two forms");
    assert!(records.len() as u64 == last_seq.0 - first_seq.0 + 1, "no record is missing");
    for record in &records {
        decode(&record.payload);
    }
}

/// Any bytes are the snapshot of a state, which is written as it was read, or none. They are tried behind the name of the
/// form, too, so that a fuzzer need not guess it.
///
/// # Panics
/// If not.
pub fn snapshot(bytes: &[u8]) {
    read(bytes);
    read(&[&sample()[..NAME], bytes].concat());
}

fn read(bytes: &[u8]) {
    let Ok(venue) = Engine::read_snapshot(bytes, 1) else { return };
    assert!(snapshot_of(&venue) == bytes, "a snapshot is written as it was read");
    let _moment = venue.next_due();
}

/// Bytes change a snapshot that is whole: two bytes say where, one what stands there from now on, and so on.
///
/// # Panics
/// If a promise is broken.
pub fn changed_snapshot(bytes: &[u8]) {
    let mut changed = sample().to_vec();
    for change in bytes.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) * 4 + usize::from(change[2] & 3);
        let length = changed.len();
        changed[at % length] = change[3];
    }
    read(&changed);
}

/// Bytes choose commands; the venue keeps every promise of the simulation.
///
/// # Panics
/// If not.
pub fn commands(bytes: &[u8]) {
    let mut flow = Flow::of_bytes(bytes);
    let mut trial = Trial::new(1, Pace { checkpoint: 20, restart: 40, refusal: 20, ..Pace::EVENTS }, None);
    for _ in 0..COMMANDS_MAX {
        if flow.is_over() {
            break;
        }
        let (stamp, command) = flow.next(trial.venue());
        trial.step(&stamp, &command).unwrap_or_else(|fault| panic!("{fault:?} at {stamp:?} {command:?}"));
    }
    trial.finish().unwrap_or_else(|fault| panic!("{fault:?} in the end"));
}

/// A small venue with everything in it.
fn sample() -> &'static [u8] {
    static SAMPLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let make = || {
        let mut flow = Flow::new(5, 700);
        let mut venue = Engine::new();
        for _ in 0..700 {
            let (stamp, command) = flow.next(&venue);
            let _refusal = venue.apply(&stamp, &command, &mut Vec::new());
        }
        snapshot_of(&venue)
    };
    SAMPLE.get_or_init(make)
}

fn snapshot_of(venue: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    venue.write_snapshot(|piece| bytes.extend_from_slice(piece));
    bytes
}

/// Calls each of the functions above with bytes changed by chance; says how often.
///
/// # Panics
/// If a promise is broken.
pub fn mutate(seed: u64, executions: u64) -> u64 {
    let mut dice = Dice::of_seed(seed);
    let (records, commands_of) = records();
    let snapshots = [sample().to_vec()];
    for execution in 0..executions {
        match execution % 8 {
            0 | 1 => decode(&changed(&mut dice, &commands_of)),
            2 | 3 => batch(&changed(&mut dice, std::slice::from_ref(&records))),
            4 | 5 => read(&changed(&mut dice, &snapshots)),
            6 => changed_snapshot(&random(&mut dice, 16)),
            _ if execution % 64 == 7 => commands(&random(&mut dice, 2_000)),
            _ => decode(&random(&mut dice, 120)),
        }
    }
    executions
}

/// A batch of real commands behind its first and last place, and the commands one by one.
fn records() -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut flow, mut venue) = (Flow::new(6, 700), Engine::new());
    let (mut body, mut payloads) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        let (stamp, command) = flow.next(&venue);
        let _refusal = venue.apply(&stamp, &command, &mut Vec::new());
        engine::journal::batch::put_command(&mut body, stamp, &command);
        payloads.push(command.encode());
    }
    let mut bytes = [1_u64.to_le_bytes(), 400_u64.to_le_bytes()].concat();
    bytes.extend_from_slice(&body);
    (bytes, payloads)
}

fn random(dice: &mut Dice, most: u64) -> Vec<u8> {
    let length = dice.below(most + 1);
    (0..length).map(|_| dice.bits().to_le_bytes()[0]).collect()
}

/// One of the samples with up to four changes: a bit, a byte, a small number, or an end too early or too late.
fn changed(dice: &mut Dice, samples: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = samples[dice.index(samples.len())].clone();
    for _ in 0..=dice.below(4) {
        let at = dice.index(bytes.len().max(1));
        let Some(byte) = bytes.get_mut(at) else { continue };
        match dice.below(8) {
            0..3 => *byte ^= 1 << dice.below(8),
            3..5 => *byte = dice.bits().to_le_bytes()[0],
            5 => *byte = byte.wrapping_add(1),
            6 if dice.one_in(8) => bytes.truncate(at),
            6 if dice.one_in(8) => bytes.push(0),
            _ => *byte = 0xff,
        }
    }
    bytes
}
