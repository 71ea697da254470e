//! Looks for bytes that are a command in two forms, or stop the program that reads them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| simulation::fuzz::decode(bytes));
