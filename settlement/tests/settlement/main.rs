//! Tests of the crate against its vectors.
