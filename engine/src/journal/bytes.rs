//! Little-endian fields in a row: the smallest thing that reads and writes them without a panic on any input.

/// Why bytes could not be read. A journal that fails to decode is corrupt and must stop the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes ended early.
    #[error("the bytes end where {needed} more are needed; the record is cut off")]
    Truncated {
        /// How many were asked for.
        needed: usize,
    },
    /// There was more than the record has.
    #[error("{extra} bytes follow the end of the record; it was written by something else")]
    TrailingBytes {
        /// How many.
        extra: usize,
    },
    /// A version from the future.
    #[error("format version {version} is unknown; upgrade the program that reads it")]
    UnknownVersion {
        /// The version found.
        version: u8,
    },
    /// A tag, label or length that no writer writes.
    #[error("{what} {value} is not valid; the record is corrupt")]
    Invalid {
        /// The field.
        what: &'static str,
        /// Its value, or its length where it is text.
        value: u64,
    },
}

/// Appends fields.
#[derive(Clone, Debug, Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes, two's complement.
    pub fn i32(&mut self, value: i32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Eight bytes, two's complement.
    pub fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Text behind its length in one byte.
    pub fn text(&mut self, text: &str) {
        self.u8(u8::try_from(text.len()).expect("labels are shorter than 256 bytes"));
        self.bytes(text.as_bytes());
    }
}

/// Takes fields off the front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// Exactly `count` bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        if self.0.len() < count {
            return Err(DecodeError::Truncated { needed: count - self.0.len() });
        }
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(taken)
    }

    /// Exactly `N` bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// One byte.
    ///
    /// # Errors
    /// If there is none.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// Two bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Four bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Four bytes, two's complement.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn i32(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Eight bytes, two's complement.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// Text behind its length in one byte.
    ///
    /// # Errors
    /// If it is cut off or not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.u8()?;
        let bytes = self.bytes(usize::from(length))?;
        std::str::from_utf8(bytes)
            .map_err(|_| DecodeError::Invalid { what: "text of length", value: u64::from(length) })
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// If something is.
    pub fn end(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes { extra: self.0.len() }) }
    }
}

/// Bytes of a fixed size, zero until a field is put at its offset. Offsets are constants; one outside is our fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<const SIZE: usize>(pub(crate) [u8; SIZE]);

impl<const SIZE: usize> Form<SIZE> {
    /// Begins with a version and a tag.
    pub(crate) fn of(version: u8, tag: u8) -> Self {
        let mut form = Form([0; SIZE]);
        form.put(0, [version, tag]);
        form
    }

    /// Puts a field.
    pub(crate) fn put<const N: usize>(&mut self, at: usize, field: [u8; N]) {
        self.0[at..at + N].copy_from_slice(&field);
    }

    /// Puts text; what is not text of its field stays zero.
    pub(crate) fn put_text(&mut self, at: usize, text: &str) {
        self.0[at..at + text.len()].copy_from_slice(text.as_bytes());
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> &[u8; SIZE] {
        &self.0
    }

    /// Exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.0[at..at + N]);
        array
    }

    /// One byte.
    pub(crate) fn u8(&self, at: usize) -> u8 {
        self.0[at]
    }

    /// Four bytes.
    pub(crate) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    /// Eight bytes.
    pub(crate) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.array(at))
    }

    /// Eight bytes, two's complement.
    pub(crate) fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.array(at))
    }

    /// Checks that `N` reserved bytes are zero.
    pub(crate) fn check_zeros<const N: usize>(&self, at: usize) -> Result<(), DecodeError> {
        check_zeros("reserved byte", &self.array::<N>(at))
    }
}

/// Checks that all of these bytes are zero; otherwise names the first that is not.
pub(crate) fn check_zeros(what: &'static str, bytes: &[u8]) -> Result<(), DecodeError> {
    // Looks at all of them, because that takes no branch per byte.
    if bytes.iter().fold(0, |bits, byte| bits | byte) == 0 {
        return Ok(());
    }
    let first = bytes.iter().find(|&&byte| byte != 0).copied().unwrap_or_default();
    Err(DecodeError::Invalid { what, value: u64::from(first) })
}
