//! Looks for changes to a whole snapshot that are read as another state, or stop the program.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| simulation::fuzz::changed_snapshot(bytes));
