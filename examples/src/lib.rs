//! What the longer examples are made of; the short ones beside this folder need nothing of it.

pub mod year;
