//! Identifiers: small copyable types, so that an account can never be passed where an order is meant.

use std::fmt;

/// Position of a command in the journal. Starts at 1, rises by one, never has a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// A customer account. Chosen by the operator when it opens the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u32);

/// An order; equal to the [`Seq`] of the command that submitted it, hence unique and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

/// A trade, counted from 1 over the whole venue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TradeId(pub u64);

/// A listed contract. Chosen by the operator when it lists the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId(pub u32);

/// A family of contracts that the venue lists by itself. Chosen by the operator who sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyId(pub u32);

/// A price series that contracts settle to: one SKU with form factor, region and firmness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

/// A vault of machines. Chosen by the operator who opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VaultId(pub u32);

/// A pending transfer; equal to the [`Seq`] of the command that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u64);

/// An asset of the ledger: US dollars, or whatever the operator has defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId(pub u32);

impl AssetId {
    /// US dollars, in micro-USD.
    pub const USD: AssetId = AssetId(1);
}

/// An API key: who signed a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u64);

impl KeyId {
    /// The venue itself: its start-up and its scheduled jobs. Holds the operator's role and can be neither registered nor revoked.
    pub const VENUE: KeyId = KeyId(0);
}

/// Short printable ASCII text of at most `N` bytes, copied with the command that carries it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label<const N: usize>([u8; N]);

/// A contract's symbol, such as `H100-SXM.GLOBAL.OD-2026-08`. URL-safe.
pub type Symbol = Label<48>;

/// What the symbols of a family begin with, such as `H100-SXM.GLOBAL.OD`: so short that a spread of its months has a symbol.
pub type Prefix = Label<24>;

/// An asset's symbol, such as `USD`.
pub type AssetSymbol = Label<16>;

/// The client's own name for an order: the idempotency key, unique within the account while it is kept.
pub type ClientOrderId = Label<32>;

impl<const N: usize> Label<N> {
    /// Sorts before every label; where a range begins.
    pub const FIRST: Self = Label([0; N]);

    /// Takes text of 1 to `N` bytes out of `A–Z a–z 0–9 . _ ~ : -`, the characters that need no escaping in a URL path.
    ///
    /// ```
    /// use engine::ids::Symbol;
    /// assert!(Symbol::new("H100-SXM.GLOBAL.OD-2026-08").is_some());
    /// assert!(Symbol::new("").is_none());
    /// assert!(Symbol::new("two words").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:-".contains(&byte);
        if text.is_empty() || text.len() > N || !text.bytes().all(allowed) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Label(bytes))
    }

    /// The bytes as words, for hashing: a label of 32 bytes is four of them.
    #[inline]
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        const { assert!(N.is_multiple_of(8), "labels are made of whole words") };
        self.0.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|&byte| byte == 0).unwrap_or(N);
        std::str::from_utf8(&self.0[..length]).expect("a label is made of ASCII only")
    }
}

impl<const N: usize> fmt::Display for Label<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Label<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

macro_rules! display_as_number {
    ($($id:ident),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    )*};
}

display_as_number!(Seq, AccountId, OrderId, TradeId, TransferId, InstrumentId, FamilyId, SeriesId, AssetId, VaultId);

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}
