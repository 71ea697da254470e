//! Revaluations, checks and calls that need more than one step, and snapshots in between.
