//! Identifiers and hashes are byte strings with a type each, read and written as `0x` and hexadecimal digits.

use std::fmt;

use crate::error::HexError;
use crate::keccak::hash_words;

macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; $length]);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                read_hex(text).map(Self)
            }
        }
    };
}

bytes_type!(
    /// A Keccak-256 hash.
    Hash, 32
);
bytes_type!(
    /// The pseudonymous id of an account: 32 bytes that do not follow from anything public.
    AccountId, 32
);
bytes_type!(
    /// An asset of the ledger as the contracts number it: an unsigned number of 256 bits, big-endian.
    Asset, 32
);
bytes_type!(
    /// What attesters sign of a batch: its EIP-712 digest.
    Digest, 32
);
bytes_type!(
    /// An account of the chain.
    Address, 20
);

impl AccountId {
    /// The pseudonym of an address with a salt that only its owner knows: what the contracts make of the two.
    ///
    /// ```
    /// use settlement::{AccountId, Address, Hash};
    /// let (owner, salt) = (Address([1; 20]), Hash([2; 32]));
    /// assert_ne!(AccountId::of_owner(&owner, &salt), AccountId::of_owner(&owner, &Hash([3; 32])));
    /// ```
    pub fn of_owner(owner: &Address, salt: &Hash) -> Self {
        let mut address = [0; 32];
        address[12..].copy_from_slice(&owner.0);
        Self(hash_words(&[address, salt.0]).0)
    }
}

impl Asset {
    /// US dollars, in micro-USD, the smallest unit of a stablecoin with six decimals.
    pub const USD: Self = Self::numbered(1);

    /// The asset with this number.
    pub const fn numbered(number: u128) -> Self {
        Self(word(number))
    }
}

/// A whole number as one word of the contracts' ABI.
pub(crate) const fn word(value: u128) -> [u8; 32] {
    let low = value.to_be_bytes();
    let mut word = [0; 32];
    let mut at = 0;
    while at < low.len() {
        word[16 + at] = low[at];
        at += 1;
    }
    word
}

fn write_hex(bytes: &[u8], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.write_str("0x")?;
    bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
}

/// Exactly `0x` and two digits a byte, of either case.
pub(crate) fn read_hex<const LENGTH: usize>(text: &str) -> Result<[u8; LENGTH], HexError> {
    let digits = text.strip_prefix("0x").ok_or_else(|| HexError::Prefix { start: text.chars().take(8).collect() })?;
    if digits.len() != 2 * LENGTH {
        return Err(HexError::Length { given: digits.len(), wanted: 2 * LENGTH });
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(bytes)
}

fn digit(character: u8) -> Result<u8, HexError> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        b'A'..=b'F' => Ok(character - b'A' + 10),
        _ => Err(HexError::Digit { byte: character }),
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountId, Address, Asset, Hash};
    use crate::error::HexError;

    #[test]
    fn text_and_bytes_are_the_same() {
        let text = "0x00112233445566778899aabbccddeeff01234567";
        let address: Address = text.parse().unwrap();
        assert_eq!(address.to_string(), text);
        assert_eq!(text.to_uppercase().replace('X', "x").parse(), Ok(address));
        assert_eq!(format!("{:?}", Asset::USD), format!("Asset(0x{:064x})", 1));
    }

    /// The value is that of the generator's plain Keccak, in Python.
    #[test]
    fn a_pseudonym_is_the_hash_of_owner_and_salt() {
        let owner = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8".parse().unwrap();
        let wanted = "0x971413be5c95937e8e459ea64478d2e93f90403d2b9648c51a1683da6a318b89".parse();
        assert_eq!(Ok(AccountId::of_owner(&owner, &Hash([0x11; 32]))), wanted);
    }

    #[test]
    fn other_text_is_refused() {
        let rows = [
            ("", HexError::Prefix { start: String::new() }),
            ("00112233445566", HexError::Prefix { start: "00112233".to_owned() }),
            ("0x0011", HexError::Length { given: 4, wanted: 64 }),
            (&format!("0x{:0>64}", "g"), HexError::Digit { byte: b'g' }),
            (&format!("0x{:é>32}", ""), HexError::Digit { byte: 0xc3 }),
        ];
        for (text, error) in rows {
            assert_eq!(text.parse::<Hash>(), Err(error), "{text}");
        }
    }
}
