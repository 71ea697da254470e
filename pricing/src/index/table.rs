//! Reads price tables kept as text, so that a history reaches the index without a floating-point number on the way.

use super::{Day, DayError, Owner, OwnerError, Price, PriceError};

/// The first line that is not a comment.
const HEADER: &str = "date,owner,usd_per_gpu_hour";

/// Decimals of a USD price that is a whole number of micro-USD.
const DECIMALS_MAX: usize = 6;

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The day the price was asked.
    pub day: Day,
    /// Who asked it.
    pub owner: Owner,
    /// The price per GPU-hour, exactly as written.
    pub price: Price,
}

/// A text that is no price table, and the first line at which it is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct TableError {
    /// The line, counted from 1, comments included.
    pub line: usize,
    /// What is wrong with it.
    pub kind: TableErrorKind,
}

/// What is wrong with a line of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableErrorKind {
    /// The table does not begin with its header.
    #[error("header {found:?} is not {HEADER:?}; begin the table with it")]
    Header {
        /// The line as written.
        found: String,
    },
    /// The line has not three columns.
    #[error("row {found:?} has not the three columns {HEADER}; separate them by commas")]
    Columns {
        /// The line as written.
        found: String,
    },
    /// The first column is no day.
    #[error(transparent)]
    Day(#[from] DayError),
    /// The second column is no owner.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The third column is no decimal number.
    #[error("price {found:?} is not a decimal number with at most {DECIMALS_MAX} decimals; write it as 3.25")]
    Decimal {
        /// The column as written.
        found: String,
    },
    /// The third column is a number but no price.
    #[error(transparent)]
    Price(#[from] PriceError),
}

/// Reads a table with the columns `date,owner,usd_per_gpu_hour`, in this order and under this header.
///
/// The date is `YYYY-MM-DD`, the price is in USD per GPU-hour with at most six decimals and is read exactly, without
/// rounding. Lines that begin with `#` are comments. Rows keep the order of their lines, and nothing is left out.
///
/// # Errors
///
/// [`TableError`] with the first line that does not follow this, and the value in it.
pub fn parse_table(text: &str) -> Result<Vec<Row>, TableError> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let mut lines = numbered.filter(|(_, line)| !line.starts_with('#'));

    let (line, header) = lines.next().unwrap_or((1, ""));
    if header != HEADER {
        return Err(TableError { line, kind: TableErrorKind::Header { found: header.to_owned() } });
    }
    lines.map(|(line, row)| parse_row(row).map_err(|kind| TableError { line, kind })).collect()
}

fn parse_row(row: &str) -> Result<Row, TableErrorKind> {
    let columns: Vec<&str> = row.split(',').collect();
    let [day, owner, price] = columns[..] else {
        return Err(TableErrorKind::Columns { found: row.to_owned() });
    };
    let micro_usd = parse_micro(price).ok_or_else(|| TableErrorKind::Decimal { found: price.to_owned() })?;
    Ok(Row { day: day.parse()?, owner: Owner::new(owner)?, price: Price::new(micro_usd)? })
}

/// A decimal number in millionths, or `None` if it is none or does not fit in 64 bits.
fn parse_micro(text: &str) -> Option<i64> {
    let (whole, decimals) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) || decimals.len() > DECIMALS_MAX {
        return None;
    }
    // Padded to six decimals, the digits are the number of millionths.
    format!("{whole}{decimals:0<DECIMALS_MAX$}").parse().ok()
}
