//! Units as types: a wrong formula does not compile, and no amount of money is ever a bare number.
//!
//! The whole algebra: `Price × Lots × Hours = Cash`, `Price × Position × Hours = Cash`, `Cash ± Cash = Cash`,
//! `Amount ± Amount = Amount`. There is no division, so nothing here rounds. The limits in [`crate::limits`] keep every product inside 64 bits; the
//! release profile checks overflow all the same, because a wrapped balance is worse than a stopped venue.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Micro-units in one unit: `1 USD = 1_000_000` micro-USD.
pub const MICROS: i64 = 1_000_000;

/// Microseconds in one second, the unit of [`Timestamp`].
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// Hours in one UTC day. UTC has no daylight saving, so this never varies.
pub const HOURS_PER_DAY: u16 = 24;

const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// A price in micro-USD per GPU-hour. May be zero or negative (spreads), hence signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(pub i64);

/// A number of whole contracts in an order or a fill. One lot of a month is one GPU for every hour of that month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lots(pub u32);

/// A signed holding in whole contracts: positive long, negative short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

/// The hours a contract delivers: 672, 696, 720 or 744 for a month, never a fixed 730.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours(pub u16);

/// An amount of money in micro-USD. Signed: a ledger balance or a cash flow may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cash(pub i64);

/// A number of the smallest units of an asset, in the asset's own scale. Signed: a balance of the world outside is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i64);

/// A moment in microseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A UTC calendar day, counted from 1970-01-01. The engine needs no calendar: whoever lists a contract says its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// The side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Bids: wants to be long.
    Buy,
    /// Offers: wants to be short.
    Sell,
}

impl Price {
    /// The value of `lots` contracts of `hours` each at this price.
    ///
    /// ```
    /// use engine::units::{Cash, Hours, Lots, Price};
    /// // 7 GPUs for the 744 hours of August at 3.25 USD per GPU-hour: 16 926 USD.
    /// assert_eq!(Price(3_250_000).notional(Lots(7), Hours(744)), Cash(16_926_000_000));
    /// ```
    pub fn notional(self, lots: Lots, hours: Hours) -> Cash {
        Cash(self.0 * i64::from(lots.0) * i64::from(hours.0))
    }

    /// The value of a signed holding at this price: negative for a short at a positive price.
    pub fn value(self, position: Position, hours: Hours) -> Cash {
        Cash(self.0 * position.0 * i64::from(hours.0))
    }

    /// Whether the price lies on the grid of `tick`.
    pub fn is_on_tick(self, tick: Price) -> bool {
        self.0.rem_euclid(tick.0) == 0
    }

    /// The nearest price on the grid at or above this one.
    pub fn ceil_to_tick(self, tick: Price) -> Price {
        Price(-Price(-self.0).floor_to_tick(tick).0)
    }

    /// The nearest price on the grid at or below this one.
    pub fn floor_to_tick(self, tick: Price) -> Price {
        Price(self.0.div_euclid(tick.0) * tick.0)
    }
}

impl Sub for Price {
    type Output = Price;
    fn sub(self, other: Price) -> Price {
        Price(self.0 - other.0)
    }
}

impl Lots {
    /// None left.
    pub const ZERO: Lots = Lots(0);

    /// Whether none are left.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Sub for Lots {
    type Output = Lots;
    fn sub(self, other: Lots) -> Lots {
        Lots(self.0 - other.0)
    }
}

impl SubAssign for Lots {
    fn sub_assign(&mut self, other: Lots) {
        *self = *self - other;
    }
}

impl Add for Lots {
    type Output = Lots;
    fn add(self, other: Lots) -> Lots {
        Lots(self.0 + other.0)
    }
}

impl AddAssign for Lots {
    fn add_assign(&mut self, other: Lots) {
        *self = *self + other;
    }
}

impl Position {
    /// No holding.
    pub const FLAT: Position = Position(0);

    /// The most lots an order of this side could trade without opening or turning the holding.
    pub fn reducible(self, side: Side) -> Lots {
        let against = match side {
            Side::Buy => -self.0,
            Side::Sell => self.0,
        };
        Lots(u32::try_from(against.max(0)).unwrap_or(u32::MAX))
    }

    /// The holding after `lots` more were bought or sold.
    #[must_use]
    pub fn traded(self, side: Side, lots: Lots) -> Position {
        match side {
            Side::Buy => Position(self.0 + i64::from(lots.0)),
            Side::Sell => Position(self.0 - i64::from(lots.0)),
        }
    }
}

impl Side {
    /// The side that trades against this one.
    #[must_use]
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// Whether an order of this side at `limit` may trade at `price`.
    pub fn accepts(self, limit: Price, price: Price) -> bool {
        match self {
            Side::Buy => price <= limit,
            Side::Sell => price >= limit,
        }
    }
}

impl Hours {
    /// The hours of a whole number of days.
    ///
    /// # Panics
    /// If the hours do not fit; [`crate::limits::DELIVERY_DAYS_MAX`] keeps them far below that.
    pub fn of_days(days: u16) -> Hours {
        Hours(days.checked_mul(HOURS_PER_DAY).expect("delivery days are limited"))
    }
}

impl Cash {
    /// No money.
    pub const ZERO: Cash = Cash(0);
}

/// US dollars are an asset like any other, and the smallest unit of theirs is the micro-USD.
impl From<Cash> for Amount {
    fn from(cash: Cash) -> Amount {
        Amount(cash.0)
    }
}

impl Amount {
    /// None.
    pub const ZERO: Amount = Amount(0);

    /// The amount of an asset that is US dollars.
    pub fn dollars(self) -> Cash {
        Cash(self.0)
    }
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0 + other.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount(self.0 - other.0)
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Amount) {
        *self = *self - other;
    }
}

impl Neg for Amount {
    type Output = Amount;
    fn neg(self) -> Amount {
        Amount(-self.0)
    }
}

impl Add for Cash {
    type Output = Cash;
    fn add(self, other: Cash) -> Cash {
        Cash(self.0 + other.0)
    }
}

impl AddAssign for Cash {
    fn add_assign(&mut self, other: Cash) {
        *self = *self + other;
    }
}

impl Sub for Cash {
    type Output = Cash;
    fn sub(self, other: Cash) -> Cash {
        Cash(self.0 - other.0)
    }
}

impl SubAssign for Cash {
    fn sub_assign(&mut self, other: Cash) {
        *self = *self - other;
    }
}

impl Neg for Cash {
    type Output = Cash;
    fn neg(self) -> Cash {
        Cash(-self.0)
    }
}

impl Sum for Cash {
    fn sum<I: Iterator<Item = Cash>>(amounts: I) -> Cash {
        amounts.fold(Cash::ZERO, Add::add)
    }
}

impl Timestamp {
    /// Later than every moment that can come.
    pub const NEVER: Timestamp = Timestamp(i64::MAX);

    /// The UTC day this moment lies in.
    pub fn day(self) -> Day {
        // Stamps are limited to `limits::TIMESTAMP_MAX`, whose day number is far inside 32 bits.
        Day(i32::try_from(self.0.div_euclid(MICROS_PER_DAY)).expect("timestamps are limited"))
    }

    /// The moment this many microseconds later.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Timestamp {
        Timestamp(self.0 + micros)
    }
}

/// Days far outside [`crate::limits::TIMESTAMP_MAX`] can be asked for; they stay at the ends of the range and are refused by their rule.
impl Day {
    /// The first moment of the day.
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0).saturating_mul(MICROS_PER_DAY))
    }

    /// The first moment after the day.
    pub fn end(self) -> Timestamp {
        self.next().start()
    }

    /// The following day.
    #[must_use]
    pub fn next(self) -> Day {
        Day(self.0.saturating_add(1))
    }

    /// The day this many days later.
    #[must_use]
    pub fn plus(self, days: u16) -> Day {
        Day(self.0.saturating_add(i32::from(days)))
    }
}

/// Writes micro-units as a decimal with all six places, so that equal amounts look equal.
fn write_micros(formatter: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    let sign = if micros < 0 { "-" } else { "" };
    let magnitude = micros.unsigned_abs();
    let text = format!("{sign}{}.{:06}", magnitude / MICROS.unsigned_abs(), magnitude % MICROS.unsigned_abs());
    formatter.pad(&text)
}

impl fmt::Display for Price {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_micros(formatter, self.0)
    }
}

impl fmt::Display for Cash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_micros(formatter, self.0)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Lots {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Side::Buy => "buy",
            Side::Sell => "sell",
        })
    }
}
