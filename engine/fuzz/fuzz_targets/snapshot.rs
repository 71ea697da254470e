//! Looks for bytes that are read as a state other than the one they were written from, or stop the program.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| simulation::fuzz::snapshot(bytes));
