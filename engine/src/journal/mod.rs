//! The journal's format: how commands become bytes, bytes become batches, and batches a chain that cannot be altered
//! unseen.
//!
//! The engine stores nothing itself; whoever runs it appends [`batch::Batch`]es to a durable store and hands them back
//! on a restart. Read in this order: [`bytes`] (little-endian fields), [`wire`] (commands and events), [`batch`]
//! (records and the hash chain).

pub mod batch;
pub mod bytes;
pub mod wire;

#[cfg(test)]
mod tests;
