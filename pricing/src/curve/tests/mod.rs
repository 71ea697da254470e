//! Curves: quotes worked out by hand, random overlapping mixes, and the conditions that make a spline the smoothest.

mod bootstrap;
mod smooth;
mod spline;
mod support;
