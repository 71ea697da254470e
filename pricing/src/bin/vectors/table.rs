//! A file of reference values as rows of named cells, read so that a wrong column or cell is named and never guessed.

use std::path::Path;

use csv::StringRecord;

/// Why a file or a row cannot be priced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("not readable: {0}")]
    Unreadable(csv::Error),
    #[error("no rows below the header")]
    NoRows,
    #[error("no column `{0}`")]
    NoColumn(String),
    #[error("column `{column}` holds `{value}`, not {wanted}")]
    BadCell { column: String, value: String, wanted: &'static str },
    #[error("column `{0}` has no answer from this pricer")]
    NoAnswer(String),
    #[error("column `{column}` lists {wanted} values, the pricer gave {given}")]
    OtherLength { column: String, wanted: usize, given: usize },
    #[error("refused by the pricer: {0}")]
    Refused(String),
}

impl Fault {
    /// A typed error of the library, as text.
    pub(crate) fn refused(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }

    /// Whether the whole file is unfit, not only one row of it.
    pub(crate) fn is_of_file(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::NoRows | Self::NoColumn(_) | Self::NoAnswer(_))
    }
}

pub(crate) struct Table {
    pub(crate) columns: StringRecord,
    pub(crate) records: Vec<StringRecord>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let mut reader = csv::Reader::from_path(path).map_err(Fault::Unreadable)?;
        let columns = reader.headers().map_err(Fault::Unreadable)?.clone();
        let records: Vec<StringRecord> = reader.records().collect::<Result<_, _>>().map_err(Fault::Unreadable)?;
        if records.is_empty() {
            return Err(Fault::NoRows);
        }
        Ok(Self { columns, records })
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|cells| Row { columns: &self.columns, cells })
    }
}

/// One row, its cells found by the name of their column.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    columns: &'a StringRecord,
    cells: &'a StringRecord,
}

impl<'a> Row<'a> {
    pub(crate) fn columns(self) -> impl Iterator<Item = &'a str> {
        self.columns.iter()
    }

    pub(crate) fn find(self, column: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.cells.get(at)
    }

    pub(crate) fn text(self, column: &str) -> Result<&'a str, Fault> {
        self.find(column).ok_or_else(|| Fault::NoColumn(column.to_owned()))
    }

    pub(crate) fn number(self, column: &str) -> Result<f64, Fault> {
        let text = self.text(column)?;
        text.parse().map_err(|_| bad_cell(column, text, "a number"))
    }

    /// A list in one cell: values between spaces or semicolons, each perhaps behind a name: `Jan=19.05;Feb=16.2745`.
    pub(crate) fn numbers(self, column: &str) -> Result<Vec<f64>, Fault> {
        let text = self.text(column)?;
        let items = text.split(|c: char| c.is_whitespace() || c == ';').filter(|item| !item.is_empty());
        let values: Result<Vec<f64>, _> =
            items.map(|item| item.split_once('=').map_or(item, |(_, value)| value).parse()).collect();
        match values {
            Ok(values) if !values.is_empty() => Ok(values),
            _ => Err(bad_cell(column, text, "a list of numbers")),
        }
    }
}

/// For a cell that is none of what its column may hold.
pub(crate) fn bad_cell(column: &str, value: &str, wanted: &'static str) -> Fault {
    Fault::BadCell { column: column.to_owned(), value: value.to_owned(), wanted }
}
