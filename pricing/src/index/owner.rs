//! The label of an owner, checked once, because owners are compared and listed by it byte by byte.

use std::fmt;

use super::limits::OWNER_LABEL_BYTES_MAX;

/// A beneficial seller. All its offers and all sources that cover it count once.
///
/// The label has 1 to [`OWNER_LABEL_BYTES_MAX`] characters of `a-z`, `0-9`, `_` and `-`; owners order by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(String);

/// A text that is no owner label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "owner label {label:?} is not 1 to {max} characters of a-z, 0-9, _ and -; lower case it and replace the rest by -",
    max = OWNER_LABEL_BYTES_MAX
)]
pub struct OwnerError {
    /// The text as given.
    pub label: String,
}

impl Owner {
    /// The owner with this label.
    ///
    /// # Errors
    ///
    /// [`OwnerError`] if the label is empty, too long or has another character.
    pub fn new(label: &str) -> Result<Owner, OwnerError> {
        let fits = (1..=OWNER_LABEL_BYTES_MAX).contains(&label.len());
        if fits && label.bytes().all(is_label_byte) {
            Ok(Owner(label.to_owned()))
        } else {
            Err(OwnerError { label: label.to_owned() })
        }
    }

    /// The label.
    pub fn label(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const fn is_label_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}
