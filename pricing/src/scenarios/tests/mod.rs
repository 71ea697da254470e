//! Scenario margin against published arrays, hand-worked ranges and published regions of a test statistic.

mod array;
mod backtest;
mod grid;
mod revalue;
mod scan_range;
