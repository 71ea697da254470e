//! Holds a pricer's answers against the expected values of each row, in units of that row's tolerance.

use crate::table::{Fault, Row, Table};

/// What a pricer says about one row: its values for each `expected…` column.
#[derive(Default)]
pub(crate) struct Answers(Vec<(&'static str, Vec<f64>)>);

impl Answers {
    pub(crate) fn one(column: &'static str, value: f64) -> Self {
        Self::default().and(column, value)
    }

    pub(crate) fn and(self, column: &'static str, value: f64) -> Self {
        self.and_list(column, vec![value])
    }

    pub(crate) fn and_list(mut self, column: &'static str, values: Vec<f64>) -> Self {
        self.0.push((column, values));
        self
    }
}

pub(crate) type Pricer = fn(Row) -> Result<Answers, Fault>;

/// How a file did.
pub(crate) struct Score {
    pub(crate) rows: usize,
    pub(crate) passed: usize,
    /// The largest error over all rows as a multiple of its tolerance; infinite if a row gave no number.
    pub(crate) worst: f64,
    pub(crate) failures: Vec<String>,
}

/// The score, or why the file as a whole cannot be run.
pub(crate) fn score(table: &Table, pricer: Pricer) -> Result<Score, Fault> {
    let mut score = Score { rows: 0, passed: 0, worst: 0.0, failures: Vec::new() };
    for (at, row) in table.rows().enumerate() {
        score.rows += 1;
        let verdict = match pricer(row).and_then(|answers| judge(row, &answers)) {
            Err(fault) if fault.is_of_file() => return Err(fault),
            Err(fault) => Verdict { multiple: f64::INFINITY, text: fault.to_string() },
            Ok(verdict) => verdict,
        };
        score.worst = score.worst.max(verdict.multiple);
        if verdict.multiple <= 1.0 {
            score.passed += 1;
        } else {
            let id = row.find("id").map_or_else(|| format!("row {}", at + 1), str::to_owned);
            score.failures.push(format!("{id}: {}", verdict.text));
        }
    }
    Ok(score)
}

/// The worst value of a row, and what to say should it fail.
struct Verdict {
    multiple: f64,
    text: String,
}

fn judge(row: Row, Answers(answers): &Answers) -> Result<Verdict, Fault> {
    let is_answered = |column: &str| answers.iter().any(|(answered, _)| *answered == column);
    if let Some(column) = row.columns().find(|column| column.starts_with("expected") && !is_answered(column)) {
        return Err(Fault::NoAnswer(column.to_owned()));
    }
    let mut worst = Verdict { multiple: 0.0, text: String::new() };
    for (column, values) in answers {
        let expected = row.numbers(column)?;
        if expected.len() != values.len() {
            let (wanted, given) = (expected.len(), values.len());
            return Err(Fault::OtherLength { column: (*column).to_owned(), wanted, given });
        }
        let tolerance = Tolerance::of(row, column)?;
        for (&expected, &value) in expected.iter().zip(values) {
            let multiple = tolerance.multiple(expected, value);
            if multiple > worst.multiple {
                let text = format!("{column} is {expected:e}, priced {value:e}, off by {multiple:.3} tolerances");
                worst = Verdict { multiple, text };
            }
        }
    }
    Ok(worst)
}

/// How far a value may be from the expected one.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Tolerance {
    Relative(f64),
    Absolute(f64),
}

impl Tolerance {
    /// Of a file that names no tolerance: its values are definitions, to be met as well as a double can.
    const DEFINITION: Self = Self::Relative(4.0 * f64::EPSILON);

    /// `expected_kirk` takes the tolerance of its own suffix, `rel_tolerance_kirk`, before that of the whole row.
    fn of(row: Row, column: &str) -> Result<Self, Fault> {
        let suffix = column.strip_prefix("expected").unwrap_or_default();
        for suffix in [suffix, ""] {
            for (name, make) in [
                ("rel_tolerance", Self::Relative as fn(f64) -> Self),
                ("abs_tolerance", Self::Absolute),
                ("tolerance", Self::Absolute),
            ] {
                let name = format!("{name}{suffix}");
                if row.find(&name).is_some() {
                    return row.number(&name).map(make);
                }
            }
        }
        Ok(Self::DEFINITION)
    }

    /// The error in tolerances; infinite where either is no number.
    fn multiple(self, expected: f64, value: f64) -> f64 {
        let allowed = match self {
            Self::Relative(tolerance) => tolerance * expected.abs(),
            Self::Absolute(tolerance) => tolerance,
        };
        if value == expected {
            return 0.0;
        }
        let multiple = (value - expected).abs() / allowed;
        if multiple.is_nan() { f64::INFINITY } else { multiple }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answers, Pricer, Tolerance, score};
    use crate::table::{Fault, Table};

    fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
        Table { columns: columns.into(), records: rows.iter().map(|row| (*row).into()).collect() }
    }

    /// Rows, rows passed and the worst multiple.
    fn check(columns: &[&str], rows: &[&[&str]], pricer: Pricer, wanted: (usize, usize, f64)) {
        let score = score(&table(columns, rows), pricer).unwrap();
        assert_eq!((score.rows, score.passed), (wanted.0, wanted.1), "{:?}", score.failures);
        let is_near = (score.worst / wanted.2 - 1.0).abs() < 1e-9 || score.worst == wanted.2;
        assert!(is_near, "worst {} for {}", score.worst, wanted.2);
    }

    #[test]
    fn errors_are_multiples_of_the_tolerance_of_the_column() {
        let two: Pricer = |_| Ok(Answers::one("expected", 2.0));
        check(&["expected", "rel_tolerance"], &[&["2.5", "0.5"]], two, (1, 1, 0.4));
        check(&["expected", "abs_tolerance"], &[&["2.5", "1"]], two, (1, 1, 0.5));
        check(&["expected", "tolerance"], &[&["2.5", "0.25"], &["2", "0"]], two, (2, 1, 2.0));
        check(&["expected"], &[&["2"], &["2.1"]], two, (2, 1, 0.1 / 2.1 / (4.0 * f64::EPSILON)));

        let both: Pricer = |_| Ok(Answers::one("expected_exact", 1.0).and("expected_kirk", 1.0));
        let columns = ["expected_exact", "abs_tolerance_exact", "expected_kirk", "rel_tolerance_kirk"];
        check(&columns, &[&["1.5", "1", "4", "1"]], both, (1, 1, 0.75));
        check(&columns, &[&["1.5", "0.1", "1", "0"]], both, (1, 0, 5.0));
    }

    #[test]
    fn lists_are_compared_in_order() {
        let list: Pricer = |_| Ok(Answers::default().and_list("expected", vec![1.0, 2.0]));
        check(&["expected", "tolerance"], &[&["1 2", "0"], &["a=1;b=3", "2"]], list, (2, 2, 0.5));
        check(&["expected", "tolerance"], &[&["1 2 3", "9"], &["2 1", "0.1"]], list, (2, 0, f64::INFINITY));
    }

    #[test]
    fn what_is_no_number_never_passes() {
        let nothing: Pricer = |_| Ok(Answers::one("expected", f64::NAN));
        check(&["expected", "tolerance"], &[&["1", "inf"], &["nan", "1"]], nothing, (2, 0, f64::INFINITY));
        let one: Pricer = |_| Ok(Answers::one("expected", 1.0));
        check(&["expected", "tolerance"], &[&["one", "1"], &["1", "much"]], one, (2, 0, f64::INFINITY));
        check(&["expected", "tolerance"], &[&["1.5", "nan"]], one, (1, 0, f64::INFINITY));
        let refused: Pricer = |_| Err(Fault::Refused("strike".to_owned()));
        check(&["expected"], &[&["1"]], refused, (1, 0, f64::INFINITY));
        assert_eq!(Tolerance::Relative(1.0).multiple(0.0, 1e-300), f64::INFINITY);
    }

    #[test]
    fn a_column_nobody_answers_or_that_is_missing_condemns_the_file() {
        let one: Pricer = |_| Ok(Answers::one("expected", 1.0));
        let fault = score(&table(&["expected", "expected_delta"], &[&["1", "1"]]), one).err().unwrap();
        assert_eq!(fault.to_string(), "column `expected_delta` has no answer from this pricer");
        let fault = score(&table(&["value"], &[&["1"]]), one).err().unwrap();
        assert_eq!(fault.to_string(), "no column `expected`");
    }
}
