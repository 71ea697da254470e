//! What the index can be told to do, and its bytes in a journal.

use super::wire::{
    DecodeError, Reader, put_day, put_owner, put_price, put_series, put_text, put_u8, put_version_and_tag,
};
use super::{Day, Evidence, Owner, Price, SeriesId, Stage};

/// Version of the encoding of commands; the first byte of each.
const VERSION: u8 = 1;

const TAG_DEFINE_SERIES: u8 = 1;
const TAG_SUBMIT_REPORT: u8 = 2;
const TAG_DETERMINE: u8 = 3;

/// An instruction to the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin a series.
    DefineSeries {
        /// Its number, not given yet.
        series: SeriesId,
        /// Its symbol, not given yet: 1 to 32 printable ASCII characters without spaces.
        symbol: String,
        /// The first day it is determined for.
        inception: Day,
    },
    /// Take a report: on `day`, `owner` asked `price` for one GPU-hour.
    SubmitReport {
        /// The series.
        series: SeriesId,
        /// The day it speaks of.
        day: Day,
        /// Who asked the price.
        owner: Owner,
        /// What it rests on.
        evidence: Evidence,
        /// The price asked.
        price: Price,
    },
    /// Determine a day whose cut-off has passed.
    Determine {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
        /// Provisional or final.
        stage: Stage,
    },
}

impl Command {
    /// Appends the bytes: version, tag, then the fields in the order of their declaration, little-endian.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Command::DefineSeries { series, symbol, inception } => {
                put_version_and_tag(out, VERSION, TAG_DEFINE_SERIES);
                put_series(out, *series);
                put_text(out, symbol);
                put_day(out, *inception);
            }
            Command::SubmitReport { series, day, owner, evidence, price } => {
                put_version_and_tag(out, VERSION, TAG_SUBMIT_REPORT);
                put_series(out, *series);
                put_day(out, *day);
                put_owner(out, owner);
                put_u8(out, evidence.code());
                put_price(out, *price);
            }
            Command::Determine { series, day, stage } => {
                put_version_and_tag(out, VERSION, TAG_DETERMINE);
                put_series(out, *series);
                put_day(out, *day);
                put_u8(out, stage.code());
            }
        }
    }

    /// Reads what [`Command::encode`] wrote, and nothing else.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if bytes are missing or left over, or a version, tag or value is not known.
    pub fn decode(bytes: &[u8]) -> Result<Command, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let command = match reader.u8()? {
            TAG_DEFINE_SERIES => {
                Command::DefineSeries { series: reader.series()?, symbol: reader.text()?, inception: reader.day()? }
            }
            TAG_SUBMIT_REPORT => Command::SubmitReport {
                series: reader.series()?,
                day: reader.day()?,
                owner: reader.owner()?,
                evidence: reader.evidence()?,
                price: reader.price()?,
            },
            TAG_DETERMINE => {
                Command::Determine { series: reader.series()?, day: reader.day()?, stage: reader.stage()? }
            }
            tag => return Err(DecodeError::UnknownTag { tag }),
        };
        reader.finish()?;
        Ok(command)
    }
}
