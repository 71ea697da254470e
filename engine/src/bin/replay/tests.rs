//! Generated flow leads to the same trading in every mode, and a damaged file to an error instead of a figure.

use engine::units::Side;

use super::arguments::Mode;
use super::error::Error;
use super::flow::{Kind, Operation, Shape};
use super::generate::generate;
use super::heap::Heap;
use super::portfolio;
use super::replay;
use super::run::Report;
use super::state::{self, Size};
use super::steps;
use super::workload::Workload;

fn workload(opaque: bool) -> Workload {
    generate(&Shape { operations: 20_000, symbols: 5, depth: 200, seed: 9, opaque })
}

/// Replays a flow in all modes; answers the plain book's report once all of them agree with it.
fn agreed(workload: &Workload, what: &str) -> Report {
    let replay = |mode| replay(mode, workload, false, None).unwrap_or_else(|error| panic!("{what}, {mode:?}: {error}"));
    let naive = replay(Mode::Naive);
    for mode in [Mode::Book, Mode::Exchange, Mode::Margin, Mode::Journal] {
        let other = replay(mode);
        assert_eq!((other.checksum, other.resting), (naive.checksum, naive.resting), "{what}, {mode:?}");
    }
    naive
}

#[test]
fn all_modes_come_to_the_same_result() {
    for seed in 0..8 {
        for (opaque, symbols) in [(false, 1), (false, 5), (true, 1), (true, 5)] {
            let flow = generate(&Shape { operations: 3_000, symbols, depth: 400, seed, opaque });
            let what = format!("seed {seed}, {symbols} symbols, opaque {opaque}");
            let naive = agreed(&flow, &what);
            assert!(naive.checksum.fills > 300 && naive.resting > 100, "{what}: {naive}");
        }
    }
}

/// Few accounts trade with themselves all the time, and have more orders than an account may.
#[test]
fn an_account_that_lacks_room_or_meets_itself_sends_through_another() {
    for accounts in [1, 3] {
        let mut flow = generate(&Shape { operations: 4_000, symbols: 2, depth: 2_500, seed: 3, opaque: true });
        flow.operations.iter_mut().for_each(|operation| operation.account %= accounts);
        let naive = agreed(&flow, &format!("{accounts} accounts"));
        assert!(naive.resting > 4_000, "{naive}");
    }
}

/// An order of a flow made up by hand; all prices are the same, so that opposite sides trade.
fn order(id: u64, side: Side, lots: u32) -> Operation {
    let (kind, symbol, price, account, time_ns) = (Kind::Limit, 0, 100, 0, id);
    Operation { kind, side, symbol, lots, id, price, account, time_ns }
}

#[test]
fn a_refusal_is_an_error_and_no_figure() {
    let flow = |operations| Workload { symbols: 1, accounts: 1, prefill: 1, seed: 0, operations };
    let cancel = |id| Operation { kind: Kind::Cancel, ..order(id, Side::Buy, 0) };
    let mut swept: Vec<Operation> = (1..=1_001).map(|id| order(id, Side::Sell, 1)).collect();
    swept.push(order(1_002, Side::Buy, 1_002));
    let rows = [
        (vec![order(1, Side::Buy, 100_001)], "operation 0 was refused: 100001 lots"),
        (vec![order(1, Side::Buy, 1), order(2, Side::Buy, 100_001)], "operation 1 was refused: 100001 lots"),
        (vec![order(1, Side::Buy, 1), order(1, Side::Buy, 2)], "operation 1 was refused: client order id 1 was used"),
        (swept, "operation 1001 was refused: what was left of it was cancelled, because of FillLimit"),
    ];
    for (operations, says) in rows {
        let flow = flow(operations);
        for mode in [Mode::Exchange, Mode::Journal] {
            let error = replay(mode, &flow, false, None).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with(says), "{mode:?}: `{error}` instead of `{says}`");
        }
    }
    // Cancels of orders that are gone, or never were, are part of a flow.
    agreed(&flow(vec![order(1, Side::Buy, 1), order(2, Side::Sell, 1), cancel(1), cancel(1), cancel(77)]), "cancels");
}

#[test]
fn a_report_has_the_keys_that_others_read_and_its_own_behind_them() {
    const KEYS: [&str; 8] = ["ops", "mops", "ns_op", "fills", "qty", "notional", "hash", "resting"];
    const LATENCIES: [&str; 5] = ["p50", "p90", "p99", "p999", "max"];
    let flow = workload(false);
    for mode in [Mode::Naive, Mode::Book, Mode::Exchange, Mode::Journal] {
        for (latency, counts) in [(false, None), (true, None), (true, Some(Heap::default as fn() -> Heap))] {
            let line = replay(mode, &flow, latency, counts).unwrap().to_string();
            let bytes = if matches!(mode, Mode::Book) { &["bytes_per_order"][..] } else { &[] };
            let calls = if counts.is_some() { &["allocator_calls"][..] } else { &[] };
            let expected = [&KEYS[..], if latency { &LATENCIES } else { &[] }, bytes, calls].concat();
            let fields = line.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap().split(',');
            let keys: Vec<&str> = fields.map(|field| field.split_once(':').unwrap().0.trim_matches('"')).collect();
            assert_eq!(keys, expected, "{mode:?}: {line}");
        }
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
    // The second operation is before the first, then behind the last year there is.
    assert!(matches!(damaged(64 + 26, 0x7F), Some(Error::Operation { number: 1, .. })));
    assert!(matches!(damaged(64 + 32 + 31, 0x7F), Some(Error::Operation { number: 1, .. })));
    for at in [0, 1, 3, 19] {
        assert!(matches!(damaged(64 + at, 0x7F), Some(Error::Operation { number: 0, .. })), "byte {at}");
    }
}

/// Counts are of the allocator before, between and after: of a thousand accounts, then of five thousand orders.
#[test]
fn memory_is_shared_out_among_accounts_and_orders() {
    let size = Size { orders: 5_000, accounts: 1_000 };
    let without = state::measure(size, None).unwrap();
    assert!(
        without.contains(r#""orders":5000,"accounts":1000,"#) && without.ends_with(r#""equal":true}"#),
        "{without}"
    );
    assert_eq!(
        state::memory(size, [700, 300_700, 1_300_700], Some(Heap::default)),
        r#","memory_per_account":300,"memory_per_order":200"#
    );
}

#[test]
fn every_step_does_what_is_measured() {
    let line = steps::measure_in(Size { orders: 3_000, accounts: 2_500 }, 2).unwrap();
    let fields: Vec<&str> = line.trim_matches(['{', '}']).split(',').collect();
    let times = |pair: &[&str]| pair.iter().map(|field| field.split_once(':').unwrap().1.parse().unwrap()).collect();
    assert_eq!(fields.len(), 2 * 9, "{line}");
    for pair in fields.chunks(2) {
        let times: Vec<u64> = times(pair);
        assert!(times[0] <= times[1], "the median is above the longest: {line}");
    }
}

#[test]
fn portfolios_are_built_and_measured() {
    let line = portfolio::measure_of(&[1, 12], 3).unwrap();
    for field in ["rests_1", "trades_1", "cancels_1", "rests_12", "trades_12", "cancels_12"] {
        assert!(line.contains(&format!(r#""{field}":"#)), "{field} is not in {line}");
    }
}
