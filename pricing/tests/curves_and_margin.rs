//! Runs the program `vectors` over the reference values of curves, perpetuals and scenario margin, and counts the rows.

use std::process::Command;

/// File and rows. A file that shrinks is noticed, one without a pricer as well.
const FILES: [(&str, u32); 5] = [
    ("curve_max_smoothness", 60),
    ("perpetual_futures", 120),
    ("published_curve_bootstrap", 1),
    ("span_scenario_definition", 16),
    ("span_style_portfolios", 60),
];

#[test]
fn every_row_is_within_its_tolerance() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/curves_and_margin");
    let run = Command::new(env!("CARGO_BIN_EXE_vectors")).arg(folder).output().unwrap();
    let report = String::from_utf8(run.stdout).unwrap();
    for (file, rows) in FILES {
        let line = report.lines().find(|line| line.split_whitespace().next() == Some(file));
        let line = line.unwrap_or_else(|| panic!("no line for {file} in\n{report}"));
        let figures: Vec<&str> = line.split_whitespace().skip(1).collect();
        let [priced, passed, worst] = figures.as_slice() else { panic!("not priced: {line}") };
        assert_eq!((priced.parse(), passed.parse()), (Ok(rows), Ok(rows)), "{report}");
        assert!(worst.parse::<f64>().unwrap() <= 1.0, "{line}");
    }
    assert!(run.status.success(), "{report}");
}
