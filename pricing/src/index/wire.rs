//! The bytes of the smallest parts, written here and nowhere else so that every command, event and state hash agrees.
//!
//! Whole numbers are little-endian at their full width. A text is its length in bytes as 32 bits, then its bytes. An
//! option is a byte, 0 or 1, then the value if 1. A list is its length as 32 bits, then its elements in order.

use super::{Day, Evidence, Input, Owner, Price, Ratio, SeriesId, Stage};

/// Bytes that are not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end within a field.
    #[error("{field} needs {needed} bytes and {left} are left; the record is cut off")]
    Truncated {
        /// What was being read.
        field: &'static str,
        /// Bytes of the field.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// Bytes follow the last field.
    #[error("{left} bytes follow the command; encode one command per record")]
    TrailingBytes {
        /// Bytes that are left.
        left: usize,
    },
    /// The version is not one this code reads.
    #[error("encoding version {found} is not {known}; read it with the release that wrote it")]
    UnknownVersion {
        /// The version found.
        found: u8,
        /// The version this code reads.
        known: u8,
    },
    /// The tag is not that of a command.
    #[error("command tag {tag} is not known; tags are 1 to 3")]
    UnknownTag {
        /// The tag found.
        tag: u8,
    },
    /// A field holds a value that cannot be.
    #[error("{field} holds a value outside its range; it was not written by this encoding")]
    InvalidValue {
        /// What was being read.
        field: &'static str,
    },
    /// Fields that are each possible do not go together.
    #[error("the bytes break a rule of every book: {rule}")]
    Contradiction {
        /// The rule.
        rule: &'static str,
    },
}

pub(super) fn put_version_and_tag(out: &mut Vec<u8>, version: u8, tag: u8) {
    out.extend([version, tag]);
}

pub(super) fn put_u8(out: &mut Vec<u8>, value: u8) {
    out.push(value);
}

pub(super) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_le_bytes());
}

pub(super) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}

pub(super) fn put_i64(out: &mut Vec<u8>, value: i64) {
    out.extend(value.to_le_bytes());
}

pub(super) fn put_us_and_seq(out: &mut Vec<u8>, us: i64, seq: u64) {
    out.extend(us.to_le_bytes());
    out.extend(seq.to_le_bytes());
}

pub(super) fn put_series(out: &mut Vec<u8>, series: SeriesId) {
    put_u32(out, series.0);
}

pub(super) fn put_day(out: &mut Vec<u8>, day: Day) {
    out.extend(day.days_since_epoch().to_le_bytes());
}

pub(super) fn put_price(out: &mut Vec<u8>, price: Price) {
    put_i64(out, price.micro_usd());
}

pub(super) fn put_ratio(out: &mut Vec<u8>, ratio: Ratio) {
    put_i64(out, ratio.ppb());
}

pub(super) fn put_quote(out: &mut Vec<u8>, (day, price): (Day, Price)) {
    put_day(out, day);
    put_price(out, price);
}

pub(super) fn put_owner(out: &mut Vec<u8>, owner: &Owner) {
    put_text(out, owner.label());
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len());
    out.extend(text.as_bytes());
}

pub(super) fn put_input(out: &mut Vec<u8>, input: &Input) {
    put_owner(out, &input.owner);
    put_option(out, input.report, put_price);
    put_option(out, input.reference, put_quote);
    put_option(out, input.ratio, put_ratio);
    put_u8(out, input.outcome.code());
}

pub(super) fn put_option<T>(out: &mut Vec<u8>, value: Option<T>, put: impl Fn(&mut Vec<u8>, T)) {
    put_u8(out, u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

pub(super) fn put_list<L>(out: &mut Vec<u8>, list: L, put: impl Fn(&mut Vec<u8>, L::Item))
where
    L: IntoIterator<IntoIter: ExactSizeIterator>,
{
    let elements = list.into_iter();
    put_length(out, elements.len());
    for element in elements {
        put(out, element);
    }
}

/// No list or text reaches 4 GiB: lists are bounded by `limits`, and texts come from records that fit in memory.
fn put_length(out: &mut Vec<u8>, length: usize) {
    put_u32(out, u32::try_from(length).unwrap_or(u32::MAX));
}

/// Reads fields off the front of bytes that may be anything.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn version(&mut self, known: u8) -> Result<(), DecodeError> {
        match self.u8()? {
            found if found == known => Ok(()),
            found => Err(DecodeError::UnknownVersion { found, known }),
        }
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array("byte")?))
    }

    /// Bytes that have to stand here as they are.
    pub(super) fn expect(&mut self, field: &'static str, expected: &[u8]) -> Result<(), DecodeError> {
        let found = self.bytes(field, expected.len())?;
        if found == expected { Ok(()) } else { Err(DecodeError::InvalidValue { field }) }
    }

    pub(super) fn us_and_seq(&mut self) -> Result<(i64, u64), DecodeError> {
        Ok((i64::from_le_bytes(self.array("time")?), u64::from_le_bytes(self.array("sequence number")?)))
    }

    pub(super) fn quote(&mut self) -> Result<(Day, Price), DecodeError> {
        Ok((self.day()?, self.price()?))
    }

    pub(super) fn option<T>(
        &mut self,
        take: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.u8()? {
            0 => Ok(None),
            1 => take(self).map(Some),
            _ => Err(DecodeError::InvalidValue { field: "option" }),
        }
    }

    /// Takes the elements of a list; a length that is a lie runs into the end of the bytes.
    pub(super) fn list<T, L: Default + Extend<T>>(
        &mut self,
        mut take: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<L, DecodeError> {
        let mut list = L::default();
        for _ in 0..u32::from_le_bytes(self.array("list length")?) {
            list.extend([take(self)?]);
        }
        Ok(list)
    }

    pub(super) fn series(&mut self) -> Result<SeriesId, DecodeError> {
        Ok(SeriesId(u32::from_le_bytes(self.array("series")?)))
    }

    pub(super) fn day(&mut self) -> Result<Day, DecodeError> {
        let days = i32::from_le_bytes(self.array("day")?);
        Day::from_days_since_epoch(days).ok_or(DecodeError::InvalidValue { field: "day" })
    }

    pub(super) fn price(&mut self) -> Result<Price, DecodeError> {
        let micro_usd = i64::from_le_bytes(self.array("price")?);
        Price::new(micro_usd).map_err(|_| DecodeError::InvalidValue { field: "price" })
    }

    pub(super) fn owner(&mut self) -> Result<Owner, DecodeError> {
        Owner::new(&self.text()?).map_err(|_| DecodeError::InvalidValue { field: "owner" })
    }

    pub(super) fn evidence(&mut self) -> Result<Evidence, DecodeError> {
        let code = self.u8()?;
        let all = [Evidence::List, Evidence::Firm, Evidence::Executed];
        let found = all.into_iter().find(|evidence| evidence.code() == code);
        found.ok_or(DecodeError::InvalidValue { field: "evidence" })
    }

    pub(super) fn stage(&mut self) -> Result<Stage, DecodeError> {
        let code = self.u8()?;
        let found = [Stage::Provisional, Stage::Final].into_iter().find(|stage| stage.code() == code);
        found.ok_or(DecodeError::InvalidValue { field: "stage" })
    }

    pub(super) fn text(&mut self) -> Result<String, DecodeError> {
        let length = u32::from_le_bytes(self.array("text length")?);
        // A length that does not fit in memory is longer than what is left.
        let bytes = self.bytes("text", usize::try_from(length).unwrap_or(usize::MAX))?;
        String::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::InvalidValue { field: "text" })
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(DecodeError::TrailingBytes { left }),
        }
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let truncated = DecodeError::Truncated { field, needed: N, left: self.rest.len() };
        let (array, rest) = self.rest.split_first_chunk().ok_or(truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    fn bytes(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], DecodeError> {
        let truncated = DecodeError::Truncated { field, needed: length, left: self.rest.len() };
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(truncated)?;
        self.rest = rest;
        Ok(bytes)
    }
}
