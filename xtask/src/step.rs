//! One announced and timed step of a run.

use std::time::Instant;

use crate::tally::Tally;

/// Runs `work`, saying before and after what it is, and how long it took. An `Err` is one failure; `work` may also add
/// failures itself, one for each failing test.
pub(crate) fn step(tally: &mut Tally, name: &str, work: impl FnOnce(&mut Tally) -> Result<(), String>) {
    println!("\n== {name}");
    let start = Instant::now();
    let failed_before = tally.failed;
    if let Err(reason) = work(tally) {
        println!("{reason}");
        tally.fail(format!("{name}: {}", reason.lines().next().unwrap_or_default()));
    }
    let outcome = if tally.failed == failed_before { "ok" } else { "FAILED" };
    println!("== {name}: {outcome} ({:.1} s)", start.elapsed().as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::step;
    use crate::tally::Tally;

    #[test]
    fn a_failing_step_is_one_failure_and_keeps_its_first_line() {
        let mut tally = Tally::default();
        step(&mut tally, "tidy", |_| Err("2 findings\nand more".to_owned()));
        step(&mut tally, "format", |_| Ok(()));
        assert_eq!(tally.failed, 1);
        assert_eq!(tally.table(), "  failed: tidy: 2 findings\n");
    }
}
