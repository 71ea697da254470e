//! Looks for bodies of batches that are rows of records in two forms, or stop the program that reads them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| simulation::fuzz::batch(bytes));
