//! Looks for commands that break a promise of the simulation.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| simulation::fuzz::commands(bytes));
