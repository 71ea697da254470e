//! The recorded prices that the demo plays, and the words their licence asks for.

use pricing::index::{Day, Row, parse_table};

use crate::commands::CommandError;
use crate::demo::calendar::day;

/// What has to be said wherever these prices, or anything made from them, are shown.
pub(super) const ATTRIBUTION: &str = "\
GPU rental price data by gpurentalprices.com (https://gpurentalprices.com), licensed under CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/). Changes: model names normalised, offers reduced to one median, minimum
and maximum per provider, model and day; serverless offers left out. Of these, one model and the median are used here;
repeated and interruptible offers are left out, too.";

/// The table, as it lies in `examples/data`.
const TABLE: &str = include_str!("../../../examples/data/h100_sxm_on_demand_2026.csv");

/// The first day with enough owners for a fixing.
pub(super) fn first_day() -> Day {
    day(7, 7)
}

/// The rows from the first day on.
pub(super) fn rows() -> Result<Vec<Row>, CommandError> {
    let rows = parse_table(TABLE).map_err(|error| CommandError::Demo(error.to_string()))?;
    Ok(rows.into_iter().filter(|row| row.day >= first_day()).collect())
}
