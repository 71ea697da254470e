//! Edges where exchanges break: the exact microsecond, the largest numbers, orders that meet too many, settlements longer than a step, both ladders of
//! prices, and commands that no sane operator sends.

mod fills;
mod largest;
mod margin;
mod moments;
mod rungs;
mod steps;
