//! A listed contract: its immutable terms and the one table that says which life it may lead.

use crate::ids::{AssetId, InstrumentId, SeriesId, Symbol};
use crate::limits;
use crate::reject::Reject;
use crate::units::{Amount, Cash, Day, Hours, Lots, Price, Timestamp};

/// What an instrument is. Immutable once listed: new terms are a new instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Its name for people.
    pub symbol: Symbol,
    /// What is traded.
    pub kind: Kind,
    /// Price step.
    pub tick: Price,
    /// Lowest price, and of a contract the lowest settlement value per GPU-hour.
    pub floor: Price,
    /// Highest price, and of a contract the highest settlement value per GPU-hour.
    pub cap: Price,
    /// Fees of every tier until others are scheduled; the larger of both is the most that any tier will ever pay.
    pub fees: FeeRates,
}

/// What is traded under an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A *cash month*: trades until the end of its delivery month and settles in cash to the hours-weighted mean of the month's
    /// daily fixings. Floor and cap bound its value, which makes full collateral possible. Prices are per GPU-hour.
    Month(Month),
    /// A *cash month on margin*: the same contract, but its positions need margin by `docs/margin.md`, and can lose more than what
    /// stands behind them. Floor and cap bound prices and settlement values all the same.
    MarginedMonth(Month),
    /// A *physical month*: a month on margin that stops trading when it begins. Until there is delivery it ends as a failed one,
    /// settled in cash.
    PhysicalMonth(Month),
    /// A *strip*: consecutive margined contracts in one, a quarter or a year, which cascades into them before delivery begins.
    Strip(Strip),
    /// A *perpetual*: a margined contract on a series that never ends; funding keeps it near its index.
    Perpetual(Perpetual),
    /// A *spread*: the difference of two margined contracts, which a trade opens positions in (`docs/spreads.md`).
    Spread(Spread),
    /// A *spot pair*: an asset against US dollars, exchanged at once and fully funded. Prices are per lot.
    Spot(Spot),
}

/// A delivery month of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// The price series it settles to.
    pub series: SeriesId,
    /// First day of delivery.
    pub first_day: Day,
    /// Days of delivery.
    pub days: u16,
}

/// Consecutive contracts of a series in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strip {
    /// The price series.
    pub series: SeriesId,
    /// First day of delivery.
    pub first_day: Day,
    /// Days of delivery.
    pub days: u16,
    /// What it becomes, in the order of delivery.
    pub legs: Legs,
}

/// The contracts that a strip becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Legs {
    legs: [InstrumentId; limits::LEGS_MAX],
    count: u8,
}

impl Legs {
    /// As many as a strip can have; `None` if there are more.
    pub fn new(legs: &[InstrumentId]) -> Option<Legs> {
        let count = u8::try_from(legs.len()).ok().filter(|&count| usize::from(count) <= limits::LEGS_MAX)?;
        let mut all = [InstrumentId(0); limits::LEGS_MAX];
        all[..legs.len()].copy_from_slice(legs);
        Some(Legs { legs: all, count })
    }

    /// In the order of delivery.
    pub fn as_slice(&self) -> &[InstrumentId] {
        &self.legs[..usize::from(self.count)]
    }
}

/// A contract that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perpetual {
    /// The price series.
    pub series: SeriesId,
    /// GPU-hours of a lot.
    pub hours: u16,
    /// What longs pay shorts while the premium is zero, in parts per million for eight hours.
    pub interest_ppm: i32,
    /// The most that is paid either way, in parts per million for eight hours.
    pub cap_ppm: i32,
}

/// The difference of two margined contracts: one lot is a lot of the near leg bought and a lot of the far leg sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The leg that is bought with the spread.
    pub near: InstrumentId,
    /// The leg that is sold with the spread.
    pub far: InstrumentId,
    /// The hours of the far leg.
    pub hours: Hours,
    /// When the first of the legs stops trading.
    pub end: Timestamp,
}

/// An asset that is traded for US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The asset.
    pub base: AssetId,
    /// How much of it one lot is.
    pub lot_size: Amount,
}

/// Trading fees per GPU-hour of a contract or per lot of a spot pair. Per lot and not per cent of value, so that partial
/// fills add up exactly. A maker's may be negative: a rebate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRates {
    /// Paid by the order that was resting.
    pub maker: Price,
    /// Paid by the order that arrived.
    pub taker: Price,
}

/// How many fee tiers there are.
pub const FEE_TIERS: usize = 4;

/// The rates of each tier.
pub type FeeTiers = [FeeRates; FEE_TIERS];

impl FeeRates {
    /// The larger of both: what an open order has to be able to pay.
    pub fn worst(self) -> Price {
        self.maker.max(self.taker)
    }
}

impl Spread {
    /// The spread between two contracts, whether it could be listed or not.
    pub fn between(near: &Terms, far: &Terms) -> Spread {
        let end = near.end().min(far.end());
        Spread { near: near.instrument, far: far.instrument, hours: far.hours(), end }
    }
}

impl Month {
    /// The first moment after delivery, when trading ends.
    pub fn end(&self) -> Timestamp {
        self.first_day.plus(self.days).start()
    }

    /// The days of delivery in order.
    pub fn delivery_days(&self) -> impl Iterator<Item = Day> + use<> {
        let first = self.first_day;
        (0..self.days).map(move |offset| first.plus(offset))
    }

    /// Hours of delivery, 24 a day: UTC has no daylight saving.
    pub fn hours(&self) -> Hours {
        Hours::of_days(self.days)
    }
}

impl Terms {
    /// What one unit of price is multiplied with to give the value of a lot: a contract's hours of delivery, those of its far leg for a
    /// spread, 1 for a spot pair.
    pub fn hours(&self) -> Hours {
        match self.kind {
            Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => month.hours(),
            Kind::Strip(strip) => Hours::of_days(strip.days),
            Kind::Perpetual(perpetual) => Hours(perpetual.hours),
            Kind::Spread(spread) => spread.hours,
            Kind::Spot(_) => Hours(1),
        }
    }

    /// Whether its positions need margin instead of full collateral. A spread has none.
    pub fn is_margined(&self) -> bool {
        !matches!(self.kind, Kind::Month(_) | Kind::Spread(_) | Kind::Spot(_))
    }

    /// A strip's legs and period.
    pub fn strip(&self) -> Option<Strip> {
        match self.kind {
            Kind::Strip(strip) => Some(strip),
            _ => None,
        }
    }

    /// A spread's legs.
    pub fn spread(&self) -> Option<Spread> {
        match self.kind {
            Kind::Spread(spread) => Some(spread),
            _ => None,
        }
    }

    /// A perpetual's own terms.
    pub fn perpetual(&self) -> Option<Perpetual> {
        match self.kind {
            Kind::Perpetual(perpetual) => Some(perpetual),
            _ => None,
        }
    }

    /// The price series of a contract that has positions.
    pub fn series(&self) -> Option<SeriesId> {
        match self.kind {
            Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => Some(month.series),
            Kind::Strip(strip) => Some(strip.series),
            Kind::Perpetual(perpetual) => Some(perpetual.series),
            Kind::Spread(_) | Kind::Spot(_) => None,
        }
    }

    /// First day and days of delivery.
    pub fn delivery(&self) -> Option<(Day, u16)> {
        match self.kind {
            Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => {
                Some((month.first_day, month.days))
            }
            Kind::Strip(strip) => Some((strip.first_day, strip.days)),
            Kind::Perpetual(_) | Kind::Spread(_) | Kind::Spot(_) => None,
        }
    }

    /// The delivery month of a contract.
    pub fn month(&self) -> Option<Month> {
        match self.kind {
            Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => Some(month),
            Kind::Strip(_) | Kind::Perpetual(_) | Kind::Spread(_) | Kind::Spot(_) => None,
        }
    }

    /// The asset of a spot pair.
    pub fn base(&self) -> Option<AssetId> {
        match self.kind {
            Kind::Spot(spot) => Some(spot.base),
            _ => None,
        }
    }

    /// When trading ends: with delivery, of a strip before it, of a spread with the first of its legs. A spot pair trades as long as the venue can count.
    pub fn end(&self) -> Timestamp {
        match self.kind {
            Kind::Month(month) | Kind::MarginedMonth(month) => month.end(),
            Kind::PhysicalMonth(month) => month.first_day.start(),
            Kind::Strip(strip) => strip.first_day.start(),
            Kind::Spread(spread) => spread.end,
            Kind::Perpetual(_) | Kind::Spot(_) => Timestamp::NEVER,
        }
    }

    /// The last day that can be settled daily: of a month its last of delivery, of a strip the last before delivery.
    pub fn last_settlement_day(&self) -> Day {
        let end = self.month().map_or(self.end(), |month| month.end());
        end.plus_micros(-1).min(limits::TIMESTAMP_MAX).day()
    }

    /// The settlement value of one lot, kept between floor and cap.
    pub fn clamp_value(&self, value_per_lot: Cash) -> Cash {
        let lot = Lots(1);
        value_per_lot.clamp(self.floor.notional(lot, self.hours()), self.cap.notional(lot, self.hours()))
    }

    /// Refuses terms that could not be traded or collateralised.
    pub(crate) fn check(&self) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidTerms { rule });
        match self.kind {
            Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => {
                if month.days == 0 || month.days > limits::DELIVERY_DAYS_MAX {
                    return invalid("delivery lasts 1 to 31 days");
                }
                if month.first_day < Day(0) || month.end() > limits::TIMESTAMP_MAX {
                    return invalid("delivery lies between 1970 and 2200");
                }
            }
            Kind::Strip(strip) => {
                if strip.legs.as_slice().len() < 2 {
                    return invalid("a strip has two to six legs");
                }
                if strip.days == 0 || strip.days > limits::STRIP_DAYS_MAX {
                    return invalid("delivery of a strip lasts at most 366 days");
                }
                if strip.first_day < Day(0) || strip.first_day.plus(strip.days).start() > limits::TIMESTAMP_MAX {
                    return invalid("delivery lies between 1970 and 2200");
                }
            }
            Kind::Perpetual(perpetual) => {
                if perpetual.hours == 0 || perpetual.hours > limits::PERPETUAL_HOURS_MAX {
                    return invalid("a lot of a perpetual has 1 to 744 hours");
                }
                let rates = [perpetual.interest_ppm.checked_abs(), Some(perpetual.cap_ppm)];
                if rates.iter().any(|rate| rate.is_none_or(|rate| !(0..=limits::FUNDING_PPM_MAX).contains(&rate))) {
                    return invalid("interest and cap of a perpetual are at most 100000 parts per million");
                }
            }
            // What there is to say of a spread is said of its legs.
            Kind::Spread(_) => {}
            Kind::Spot(spot) => {
                if spot.base == AssetId::USD {
                    return invalid("a spot pair trades another asset for USD");
                }
                if spot.lot_size <= Amount::ZERO || spot.lot_size > limits::LOT_SIZE_MAX {
                    return invalid("a lot has 1 to 1000000000 units of the asset");
                }
            }
        }
        if self.tick <= Price(0) || self.tick > limits::PRICE_MAX {
            return invalid("tick is above zero");
        }
        if self.floor < Price(-limits::PRICE_MAX.0) || self.cap > limits::PRICE_MAX || self.floor >= self.cap {
            return invalid("floor lies below cap, both within 1000 USD of zero");
        }
        if self.base().is_some() && self.floor < Price(0) {
            return invalid("the price of a spot pair is not negative");
        }
        if !self.floor.is_on_tick(self.tick) || !self.cap.is_on_tick(self.tick) {
            return invalid("floor and cap are multiples of the tick");
        }
        if self.fees.maker < Price(0) || self.fees.taker < Price(0) || self.fees.worst() > limits::PRICE_MAX {
            return invalid("fees are not negative");
        }
        Ok(())
    }
}

/// Which settlement is being posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementKind {
    /// Variation margin at the day's settlement price; trading goes on.
    Daily,
    /// The last one, at the mean of the fixings; closes every position.
    Final,
    /// An hour of a perpetual: one side pays the other for the premium.
    Funding,
    /// The last one of a strip: every position moves into the legs.
    Cascade,
}

/// Why a contract does not take orders although it trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The operator stopped it.
    Operator,
    /// The index of a margined contract has been stale for too long.
    StaleIndex,
    /// The price reached a daily limit; trading goes on with wider ones.
    DailyLimit {
        /// When.
        until: Timestamp,
    },
}

/// Where a contract stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Orders are taken until delivery ends.
    Trading,
    /// A settlement is being posted in steps; no order is taken meanwhile.
    Settling(SettlementKind),
    /// Settled for good.
    Settled,
}

/// What can happen to a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// A settlement starts.
    Start(SettlementKind),
    /// The last account of a settlement is done.
    Complete,
    /// The asset of a spot pair will never trade again.
    Close,
}

impl State {
    /// The one transition table. `None`: it cannot happen in this state.
    #[must_use]
    pub fn after(self, transition: Transition) -> Option<State> {
        match (self, transition) {
            (State::Trading, Transition::Start(kind)) => Some(State::Settling(kind)),
            (State::Settling(SettlementKind::Daily | SettlementKind::Funding), Transition::Complete) => {
                Some(State::Trading)
            }
            (State::Settling(SettlementKind::Final | SettlementKind::Cascade), Transition::Complete) => {
                Some(State::Settled)
            }
            (State::Trading, Transition::Close) => Some(State::Settled),
            (State::Trading | State::Settled, Transition::Complete)
            | (State::Settling(_) | State::Settled, Transition::Start(_) | Transition::Close) => None,
        }
    }
}
