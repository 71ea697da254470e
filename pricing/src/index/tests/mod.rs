//! Tests of the index, beside the code and one file per question asked of it.

mod calendar;
mod chain;
mod hash;
mod outcomes;
mod panel;
mod properties;
mod rejects;
mod screening;
mod snapshot;
mod stages;
mod support;
mod table;
mod units;
mod wire;
mod worked_example;
