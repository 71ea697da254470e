//! The integration tests of the served venue: a real process, a real folder, real requests, all on the loopback address.
//!
//! Each module asks one question of the venue. [`harness`] starts and stops it, [`request`] speaks to it where a client is too
//! polite, [`market`] sets up something to trade, [`chance`] has the seed of a run, [`counts`] tells how much was proved;
//! [`random_journal`] writes journals of every kind of command, [`growing`] keeps one in a folder.

mod accounts;
mod archive;
mod auth;
mod batches;
mod batching;
mod breakage;
mod chance;
mod controls;
mod corrupt;
mod counts;
mod demo;
mod due;
mod fence;
mod fills;
mod full;
mod futures;
mod growing;
mod half_way;
mod harness;
mod history;
mod journal;
mod kill;
mod leaps;
mod life;
mod lifecycle;
mod margin;
mod market;
mod openapi;
mod order_kinds;
mod orders;
mod overheard;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod powercut;
mod random_journal;
mod request;
mod risk_service;
mod rules_gate;
mod settlement_approvals;
mod settlement_jobs;
mod settlement_kills;
mod slips;
mod snapshots;
mod spreads;
mod sweep;
mod tokens;
mod torn;
mod vaults;
mod waterfall;
