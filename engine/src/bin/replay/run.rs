//! Times a replay, all at once or operation by operation, and reports it as one line of JSON.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "measuring needs a clock; the library has none"
)]

use std::fmt;
use std::time::Instant;

use super::checksum::Checksum;
use super::error::{Error, Refusal};
use super::flow::{Books, Kind, Operation};
use super::heap::Counts;
use super::workload::Workload;

/// What a replay took and led to.
pub(crate) struct Report {
    operations: u64,
    elapsed_ns: u64,
    pub(crate) checksum: Checksum,
    pub(crate) resting: usize,
    memory_bytes: Option<usize>,
    /// How often the allocator was called while operations were timed, if that is counted.
    calls: Option<usize>,
    /// Nanoseconds of each operation in ascending order, if asked for.
    latencies: Option<Vec<u32>>,
}

/// # Errors
/// The first operation that did not lead to what a plain book does: a figure of other trading is none.
pub(crate) fn run(books: &mut impl Books, workload: &Workload, latency: bool, counts: Counts) -> Result<Report, Error> {
    let (prefill, timed) = workload.operations.split_at(workload.prefill as usize);
    let mut checksum = Checksum::default();
    // Filled once before the start, so that its pages are there.
    let mut latencies = vec![u32::MAX; if latency { timed.len() } else { 0 }];
    let refused = |number| move |refusal| Error::Refused { number, refusal };
    for (number, operation) in prefill.iter().enumerate() {
        apply(books, operation, &mut checksum).map_err(refused(number))?;
    }
    let calls_now = || counts.map(|count| count().calls);
    let calls_before = calls_now();
    let start = Instant::now();
    let numbered = (prefill.len()..).zip(timed);
    if latency {
        for ((number, operation), took) in numbered.zip(&mut latencies) {
            let before = Instant::now();
            apply(books, operation, &mut checksum).map_err(refused(number))?;
            *took = u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX);
        }
    } else {
        for (number, operation) in numbered {
            apply(books, operation, &mut checksum).map_err(refused(number))?;
        }
    }
    let elapsed_ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1);
    let calls = calls_now().zip(calls_before).map(|(after, before)| after - before);
    latencies.sort_unstable();
    Ok(Report {
        operations: timed.len() as u64,
        elapsed_ns,
        checksum,
        resting: books.resting_count(),
        memory_bytes: books.memory_bytes(),
        calls,
        latencies: (!latencies.is_empty()).then_some(latencies),
    })
}

fn apply(books: &mut impl Books, operation: &Operation, checksum: &mut Checksum) -> Result<(), Refusal> {
    match operation.kind {
        Kind::Cancel => books.cancel(operation),
        Kind::Limit | Kind::ImmediateOrCancel => {
            books.limit(operation, |maker, price, lots| checksum.fill(operation.id, maker, price, lots))
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checksum { fills, lots, notional, hash } = self.checksum;
        let mops = thousandths(u128::from(self.operations) * 1_000_000, self.elapsed_ns.into());
        let ns_op = thousandths(u128::from(self.elapsed_ns) * 1_000, self.operations.max(1).into());
        write!(
            formatter,
            r#"{{"ops":{},"mops":{mops},"ns_op":{ns_op},"fills":{fills},"qty":{lots},"notional":{notional},"hash":"{hash:016x}","resting":{}"#,
            self.operations, self.resting
        )?;
        if let Some(latencies) = &self.latencies {
            for (name, thousandth) in [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999), ("max", 1_000)] {
                let at = (latencies.len() * thousandth / 1_000).min(latencies.len() - 1);
                write!(formatter, r#","{name}":{}"#, latencies[at])?;
            }
        }
        // What is not in the format of reference flows stands behind all that is.
        if let Some(bytes) = self.memory_bytes {
            write!(formatter, r#","bytes_per_order":{}"#, bytes / self.resting.max(1))?;
        }
        if let Some(calls) = self.calls {
            write!(formatter, r#","allocator_calls":{calls}"#)?;
        }
        formatter.write_str("}")
    }
}

/// A quotient with three places, its dividend given in thousandths.
fn thousandths(dividend: u128, divisor: u128) -> String {
    let quotient = dividend / divisor;
    format!("{}.{:03}", quotient / 1_000, quotient % 1_000)
}
