//! `replay` with every call of the allocator counted. It says besides how many calls a replay makes once its books are warm, and how
//! much memory an account and an order take; its speeds say nothing. A program of its own because counting slows down what allocates,
//! and an example to cargo because only tests and examples may use what the core itself must not depend on.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[path = "main.rs"]
#[expect(dead_code, reason = "the program without counts begins in its own `main`")]
mod replay;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    replay::run_program(Some(|| {
        let stats = ALLOCATOR.stats();
        let bytes = stats.bytes_allocated.saturating_sub(stats.bytes_deallocated);
        replay::heap::Heap { calls: stats.allocations + stats.reallocations, bytes }
    }))
}
