//! The venue: everything around the exchange core that needs a disk, a clock or a network.
//!
//! This is the only crate with a web server, a database and JSON. [`venue`] is the durable heart: one writer, one journal.
//! [`http`] is its edge, [`signing`] how a request proves who sent it, [`server`] both of them running. [`client`] is the other
//! end, [`risk`] what prices contracts on margin, [`settle`] what settles a business day, [`batches`] what is published and proved of it, [`demo`] a market made of clients, [`commands`] the command line.

pub mod batches;
pub mod client;
pub mod commands;
pub mod demo;
pub mod http;
pub mod risk;
pub mod server;
pub mod settle;
pub mod signing;
pub mod venue;
