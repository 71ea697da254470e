//! The integration tests of the served venue: a real process, a real folder, real requests, all on the loopback address.
//!
//! Each module asks one question of the venue. [`harness`] starts and stops it, [`request`] speaks to it where a client is too
//! polite, [`market`] sets up something to trade, [`counts`] tells how much was proved.

mod auth;
mod batching;
mod breakage;
mod corrupt;
mod counts;
mod demo;
mod fence;
mod harness;
mod history;
mod journal;
mod kill;
mod lifecycle;
mod market;
mod openapi;
mod orders;
mod overheard;
mod request;
mod slips;
mod sweep;
mod tokens;
