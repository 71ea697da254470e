//! One line per file: what was read, what passed, and why the rest did not.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::kinds;
use crate::score::{Score, score};
use crate::table::{Fault, Table};

/// How many failed rows of a file are shown.
const FAILURES_SHOWN: usize = 3;

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read folder {}: {error}", folder.display())]
    Folder { folder: PathBuf, error: std::io::Error },
    #[error("no csv file in {}: name a folder of reference values", .0.display())]
    Empty(PathBuf),
}

enum Outcome {
    NoPricer,
    Unreadable(Fault),
    Scored(Score),
}

/// What became of each file, by name.
pub(crate) struct Report(Vec<(String, Outcome)>);

pub(crate) fn run(folder: &Path) -> Result<Report, Error> {
    let refuse = |error| Error::Folder { folder: folder.to_owned(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Error::Empty(folder.to_owned()));
    }
    files.sort();
    Ok(Report(files.iter().map(|path| outcome(path)).collect()))
}

fn outcome(path: &Path) -> (String, Outcome) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some(pricer) = kinds::pricer(&stem) else { return (stem, Outcome::NoPricer) };
    match Table::read(path).and_then(|table| score(&table, pricer)) {
        Ok(score) => (stem, Outcome::Scored(score)),
        Err(fault) => (stem, Outcome::Unreadable(fault)),
    }
}

impl Report {
    /// Whether every row of every known file passed.
    pub(crate) fn is_green(&self) -> bool {
        self.0.iter().all(|(_, outcome)| match outcome {
            Outcome::NoPricer => true,
            Outcome::Unreadable(_) => false,
            Outcome::Scored(score) => score.passed == score.rows,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(file, _)| file.len()).max().unwrap_or(0);
        writeln!(formatter, "{:width$}  {:>6}  {:>6}  worst error / tolerance", "file", "rows", "passed")?;
        let (mut priced, mut rows, mut passed) = (0, 0, 0);
        for (file, outcome) in &self.0 {
            match outcome {
                Outcome::NoPricer => writeln!(formatter, "{file:width$}  no pricer")?,
                Outcome::Unreadable(fault) => writeln!(formatter, "{file:width$}  cannot be run: {fault}")?,
                Outcome::Scored(score) => {
                    priced += 1;
                    rows += score.rows;
                    passed += score.passed;
                    let figures = format!("{:>6}  {:>6}  {:.3}", score.rows, score.passed, score.worst);
                    writeln!(formatter, "{file:width$}  {figures}")?;
                    for failure in score.failures.iter().take(FAILURES_SHOWN) {
                        writeln!(formatter, "    {failure}")?;
                    }
                }
            }
        }
        write!(formatter, "{priced} of {} files priced: {passed} of {rows} rows passed", self.0.len())
    }
}
