//! Edges where exchanges break: the exact microsecond, the largest numbers, settlements longer than a step, both ladders of
//! prices, and commands that no sane operator sends.

mod largest;
mod moments;
mod rungs;
mod steps;
