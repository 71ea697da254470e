//! Measures the trees of the crate.
fn main() {}
