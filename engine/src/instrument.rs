//! A listed contract: its immutable terms and the one table that says which life it may lead.

use crate::ids::{InstrumentId, SeriesId, Symbol};
use crate::limits;
use crate::reject::Reject;
use crate::units::{Cash, Day, Hours, Lots, Price, Timestamp};

/// What a contract is. Immutable once listed: new terms are a new contract.
///
/// The only kind today is the *cash month*: it trades until the end of its delivery month and settles in cash to the
/// hours-weighted mean of the month's daily fixings. Floor and cap bound its value, which makes full collateral possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The contract.
    pub instrument: InstrumentId,
    /// Its name for people.
    pub symbol: Symbol,
    /// The price series it settles to.
    pub series: SeriesId,
    /// First day of delivery.
    pub first_day: Day,
    /// Days of delivery.
    pub days: u16,
    /// Price step.
    pub tick: Price,
    /// Lowest price and lowest settlement value per GPU-hour.
    pub floor: Price,
    /// Highest price and highest settlement value per GPU-hour.
    pub cap: Price,
    /// Fees per GPU-hour of every contract traded.
    pub fees: FeeRates,
}

/// Trading fees per GPU-hour. Per contract and not per cent of value, so that partial fills add up exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRates {
    /// Paid by the order that was resting.
    pub maker: Price,
    /// Paid by the order that arrived.
    pub taker: Price,
}

impl FeeRates {
    /// The larger of both: what an open order has to be able to pay.
    pub fn worst(self) -> Price {
        self.maker.max(self.taker)
    }
}

impl Terms {
    /// Hours of delivery, 24 a day: UTC has no daylight saving.
    pub fn hours(&self) -> Hours {
        Hours::of_days(self.days)
    }

    /// The first moment after delivery, when trading ends.
    pub fn end(&self) -> Timestamp {
        self.first_day.plus(self.days).start()
    }

    /// The days of delivery in order.
    pub fn delivery_days(&self) -> impl Iterator<Item = Day> + use<> {
        let first = self.first_day;
        (0..self.days).map(move |offset| first.plus(offset))
    }

    /// The settlement value of one lot, kept between floor and cap.
    pub fn clamp_value(&self, value_per_lot: Cash) -> Cash {
        let lot = Lots(1);
        value_per_lot.clamp(self.floor.notional(lot, self.hours()), self.cap.notional(lot, self.hours()))
    }

    /// Refuses terms that could not be traded or collateralised.
    pub(crate) fn check(&self) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidTerms { rule });
        if self.days == 0 || self.days > limits::DELIVERY_DAYS_MAX {
            return invalid("delivery lasts 1 to 31 days");
        }
        if self.first_day < Day(0) || self.end() > limits::TIMESTAMP_MAX {
            return invalid("delivery lies between 1970 and 2200");
        }
        if self.tick <= Price(0) || self.tick > limits::PRICE_MAX {
            return invalid("tick is above zero");
        }
        if self.floor < Price(-limits::PRICE_MAX.0) || self.cap > limits::PRICE_MAX || self.floor >= self.cap {
            return invalid("floor lies below cap, both within 1000 USD of zero");
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
}

impl State {
    /// The one transition table. `None`: it cannot happen in this state.
    #[must_use]
    pub fn after(self, transition: Transition) -> Option<State> {
        match (self, transition) {
            (State::Trading, Transition::Start(kind)) => Some(State::Settling(kind)),
            (State::Settling(SettlementKind::Daily), Transition::Complete) => Some(State::Trading),
            (State::Settling(SettlementKind::Final), Transition::Complete) => Some(State::Settled),
            (State::Trading | State::Settled, Transition::Complete)
            | (State::Settling(_) | State::Settled, Transition::Start(_)) => None,
        }
    }
}
