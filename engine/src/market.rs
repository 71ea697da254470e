//! A listed instrument with everything that belongs to it alone: book, stops, fees, controls, prices.

use crate::book::Book;
use crate::controls::Controls;
use crate::exposure::Contract;
use crate::fees::{Schedule, uniform};
use crate::funding::Funding;
use crate::instrument::{FeeRates, FeeTiers, Halt, SettlementKind, State, Terms};
use crate::margin::{Risk, SeriesSlot, Valuation};
use crate::order::TriggerReference;
use crate::settlement::{ClosingTrades, LastTrades, Run, Settled};
use crate::stops::Stops;
use crate::units::{Price, Side, Timestamp};

/// A listed instrument.
#[derive(Clone, Debug)]
pub struct Market {
    /// What it is.
    pub terms: Terms,
    /// Where it stands in its life.
    pub state: State,
    /// Why it takes no orders although it trades, if that is so.
    pub halt: Option<Halt>,
    /// What keeps trading orderly.
    pub controls: Controls,
    /// Its orders.
    pub book: Book,
    /// Its last trades, as far as settlement needs them.
    pub last_trades: LastTrades,
    /// What traded in the last hour of days that are not settled yet; of a margined contract.
    pub closing: ClosingTrades,
    /// The risk array of a margined contract.
    pub risk: Option<Risk>,
    /// Lots that are open: the sum of all long positions.
    pub open_interest: i64,
    /// How far the midpoint tends to be from the reference value.
    pub(crate) basis: Price,
    /// What funding is made of; of a perpetual.
    pub(crate) funding: Funding,
    /// Whether delivery had begun at its last mark.
    pub(crate) in_delivery: bool,
    /// Where the margin parameters of its series are; only of a margined contract.
    pub(crate) margin_series: Option<SeriesSlot>,
    /// The places of the month contracts that it is or becomes; only of a margined contract.
    pub(crate) months: Vec<u32>,
    /// The places of a spread's legs, near and far.
    pub(crate) legs: Option<[u32; 2]>,
    /// The places of the spreads that it is a leg of.
    pub(crate) spreads: Vec<u32>,
    /// What a lot is valued at once array and mark are known, kept because every order asks.
    valuation: Option<Valuation>,
    /// Its latest settlement.
    pub settled: Option<Settled>,
    /// The settlement being posted, if one is.
    pub(crate) run: Option<Run>,
    pub(crate) stops: Stops,
    pub(crate) fees: Schedule<FeeTiers>,
    /// Which of the daily limits applies.
    pub(crate) limit_step: usize,
    /// The lowest and the highest price that trade today, kept because every order asks.
    pub(crate) bounds: (Price, Price),
    /// What the formulas of collateral need, kept because every order asks.
    pub(crate) contract: Contract,
}

impl Market {
    pub(crate) fn new(terms: Terms, margin_series: Option<SeriesSlot>, months: Vec<u32>) -> Market {
        Market {
            terms,
            state: State::Trading,
            halt: None,
            controls: Controls::NONE,
            book: Book::new(terms.tick),
            last_trades: LastTrades::default(),
            closing: ClosingTrades::default(),
            risk: None,
            open_interest: 0,
            basis: Price(0),
            funding: Funding::default(),
            in_delivery: false,
            margin_series,
            months,
            legs: None,
            spreads: Vec::new(),
            valuation: None,
            settled: None,
            run: None,
            stops: Stops::default(),
            fees: Schedule::new(uniform(terms.fees)),
            limit_step: 0,
            bounds: (terms.floor, terms.cap),
            contract: Contract::of(&terms),
        }
    }

    /// The settlement that is being posted, if one is.
    pub fn settling(&self) -> Option<(SettlementKind, Settled)> {
        self.run.map(|run| (run.kind, run.settled))
    }

    /// Whether it is a perpetual whose present hour was not funded yet.
    pub fn is_funding_due(&self, now: Timestamp) -> bool {
        self.terms.perpetual().is_some() && self.funding.is_due(now)
    }

    /// The price of the last daily settlement, exactly: its value was made of a price.
    pub fn settlement_price(&self) -> Option<Price> {
        self.settled.map(|settled| Price(settled.value_per_lot.0 / i64::from(self.contract.hours.0)))
    }

    /// What a lot is valued at, if array and mark are known.
    pub fn valuation(&self) -> Option<&Valuation> {
        self.valuation.as_ref()
    }

    pub(crate) fn set_risk(&mut self, risk: Option<Risk>) {
        self.risk = risk;
        self.set_valuation();
    }

    /// Puts array and mark together.
    pub(crate) fn set_valuation(&mut self) {
        let hours = self.contract.hours;
        let known = self.risk.zip(self.mark());
        self.valuation = known.map(|(risk, mark)| Valuation { losses: risk.losses, mark, hours });
    }

    /// The last mark price.
    pub fn mark(&self) -> Option<Price> {
        self.stops.price(TriggerReference::Mark)
    }

    /// The lowest and the highest price that trade today, if there are daily limits.
    pub fn daily_limits(&self) -> Option<(Price, Price)> {
        self.has_daily_limits().then_some(self.bounds)
    }

    /// The fees of a tier at a moment.
    pub fn fees_at(&self, tier: u8, now: Timestamp) -> FeeRates {
        self.fees.at(now)[usize::from(tier)]
    }

    /// How many stop orders wait.
    pub fn stops_count(&self) -> usize {
        self.stops.count()
    }

    /// Whether orders are taken and stops wake up.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == State::Trading && self.halt.is_none() && now < self.terms.end()
    }

    /// What a price band is measured from.
    pub(crate) fn band_reference(&self) -> Price {
        self.last_trades.latest().or_else(|| self.settlement_price()).unwrap_or(self.controls.reference)
    }

    /// The furthest price the band allows an order of this side, if there is a band.
    pub(crate) fn band_bound(&self, side: Side) -> Option<(Price, Price)> {
        if self.controls.band == Price(0) {
            return None;
        }
        let reference = self.band_reference();
        let bound = match side {
            Side::Buy => Price(reference.0 + self.controls.band.0),
            Side::Sell => Price(reference.0 - self.controls.band.0),
        };
        Some((reference, bound))
    }

    pub(crate) fn has_daily_limits(&self) -> bool {
        self.controls.daily_limits[0] > Price(0)
    }

    /// The side with a resting order outside the daily limits, bids first.
    pub(crate) fn outside_side(&self) -> Option<Side> {
        let (lower, upper) = self.bounds;
        let bid_is = self.book.best(Side::Buy).is_some_and(|bid| bid > upper);
        let ask_is = self.book.best(Side::Sell).is_some_and(|ask| ask < lower);
        if bid_is { Some(Side::Buy) } else { ask_is.then_some(Side::Sell) }
    }

    /// Whether wider limits than the present ones are to come.
    pub(crate) fn can_widen(&self) -> bool {
        self.controls.daily_limits.get(self.limit_step + 1).is_some_and(|width| *width > Price(0))
    }

    /// Works out the daily limits anew: the lower one rounded up to the tick, the upper one down.
    pub(crate) fn set_bounds(&mut self) {
        let Terms { floor, cap, tick, .. } = self.terms;
        if !self.has_daily_limits() {
            self.bounds = (floor, cap);
            return;
        }
        let base = self.settlement_price().unwrap_or(self.controls.reference);
        let width = self.controls.daily_limits[self.limit_step];
        let lower = Price((base.0 - width.0).max(floor.0));
        let upper = Price((base.0 + width.0).min(cap.0));
        self.bounds = (lower.ceil_to_tick(tick), upper.floor_to_tick(tick));
    }

    /// The limit a market order works with, if there is something to trade with.
    pub(crate) fn protected_limit(&self, side: Side) -> Option<Price> {
        let protection = self.controls.protection;
        let best = self.book.best(side.opposite()).filter(|_| protection > Price(0))?;
        Some(self.kept_limit(side, further(side, best, protection)))
    }

    /// The limit of an order that closes a position at most so far from the mark; `None` if what is allowed today is worse.
    pub(crate) fn closing_limit(&self, side: Side, mark: Price, distance: Price) -> Option<Price> {
        let worst = further(side, mark, distance);
        let limit = self.kept_limit(side, worst);
        side.accepts(worst, limit).then_some(limit)
    }

    /// A limit kept within the price band, the daily limits, and floor and cap, rounded to the tick against the order.
    fn kept_limit(&self, side: Side, limit: Price) -> Price {
        let Terms { floor, cap, tick, .. } = self.terms;
        let (lower, upper) = self.bounds;
        let band = self.band_bound(side).map(|(_, bound)| bound);
        // The limits may leave no price at all between them, so they are kept one after the other.
        let kept = |limit: Price| limit.max(lower).min(upper).max(floor).min(cap);
        match side {
            Side::Buy => kept(band.map_or(limit, |bound| limit.min(bound))).floor_to_tick(tick),
            Side::Sell => kept(band.map_or(limit, |bound| limit.max(bound))).ceil_to_tick(tick),
        }
    }

    /// What the mark price would be now: the median of last trade, midpoint and fixing.
    pub(crate) fn mark_of(&self, fixing: Option<Price>) -> Option<Price> {
        let Terms { floor, cap, .. } = self.terms;
        let midpoint = self.midpoint();
        let fixing = fixing.map(|price| price.clamp(floor, cap));
        let mut prices: Vec<Price> = [self.last_trades.latest(), midpoint, fixing].into_iter().flatten().collect();
        prices.sort_unstable();
        match prices[..] {
            [] => None,
            [only] => Some(only),
            [low, high] => Some(mean(low, high)),
            [_, middle, ..] => Some(middle),
        }
    }
}

/// A price that is so much worse for an order of this side.
fn further(side: Side, price: Price, distance: Price) -> Price {
    match side {
        Side::Buy => Price(price.0 + distance.0),
        Side::Sell => Price(price.0 - distance.0),
    }
}

/// The mean of two prices, rounded down to the micro-USD.
pub(crate) fn mean(low: Price, high: Price) -> Price {
    Price((low.0 + high.0).div_euclid(2))
}
