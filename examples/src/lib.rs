//! The examples live beside this file; the library is empty on purpose.
