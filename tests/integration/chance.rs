//! The chance of a run follows from one seed: given with `TERAHOUR_SEED`, printed, fixed in the usual run and new in a soak.

#![allow(clippy::print_stdout, reason = "a choice that was not printed cannot be repeated")]

/// The seed of this run, and whether the counts are large. The same seed makes the same choices.
pub(crate) fn seed_and_soak() -> (u64, bool) {
    let is_soak = std::env::var("TERAHOUR_SOAK").is_ok_and(|soak| soak == "1");
    let given = std::env::var("TERAHOUR_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| if is_soak { u64::from(rand::random::<u32>()) } else { 20_261_122 });
    println!("TERAHOUR_SEED={seed} repeats the choices of this run");
    (seed, is_soak)
}
