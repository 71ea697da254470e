//! Strips: what they are made of, what follows for them from their months, and how they become their legs.

use crate::accounts::AccountSlot;
use crate::cover::Changed;
use crate::engine::Engine;
use crate::event::Event;
use crate::ids::{AccountId, InstrumentId};
use crate::instrument::{Kind, SettlementKind, State, Strip, Terms};
use crate::margin::{Risk, SCENARIOS};
use crate::reject::Reject;
use crate::units::{Cash, Day, Lots, Position, Price};

impl Engine {
    /// Refuses legs that do not make a strip.
    pub(crate) fn check_legs(&self, strip: &Strip) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidTerms { rule });
        let mut next = strip.first_day;
        for &instrument in strip.legs.as_slice() {
            let leg = self.markets.find(instrument).map(|place| self.markets.get(place));
            let is_leg = |terms: &Terms| matches!(terms.kind, Kind::MarginedMonth(_) | Kind::Strip(_));
            let leg = leg.filter(|leg| is_leg(&leg.terms) && leg.terms.series() == Some(strip.series));
            let trades = |state: State| {
                !matches!(state, State::Settled | State::Settling(SettlementKind::Cascade | SettlementKind::Final))
            };
            let Some((first_day, days)) = leg.filter(|leg| trades(leg.state)).and_then(|leg| leg.terms.delivery())
            else {
                return invalid("the legs of a strip are margined contracts of its series that still trade");
            };
            if first_day != next {
                return invalid("the legs of a strip follow each other without a gap");
            }
            next = first_day.plus(days);
        }
        if next != strip.first_day.plus(strip.days) {
            return invalid("the legs of a strip follow each other without a gap");
        }
        Ok(())
    }

    /// The places of the months that a contract is or becomes; of a month that is about to be listed, the place it will have.
    pub(crate) fn months_of(&self, terms: &Terms) -> Vec<u32> {
        if !terms.is_margined() {
            return Vec::new();
        }
        let legs = self.legs_of(terms);
        if legs.is_empty() {
            return vec![u32::try_from(self.markets.len()).expect("instruments are limited")];
        }
        legs.iter().flat_map(|&leg| self.markets.get(leg).months.iter().copied()).collect()
    }

    /// The places of a strip's legs; none of anything else.
    pub(crate) fn legs_of(&self, terms: &Terms) -> Vec<u32> {
        let strip = terms.strip();
        let legs = strip.as_ref().map_or(&[][..], |strip| strip.legs.as_slice());
        legs.iter().map(|&leg| self.markets.find(leg).expect("a leg is listed before its strip")).collect()
    }

    /// Works out a strip's array from those of its months; leaves any other contract alone.
    pub(crate) fn derive_risk(&mut self, place: u32) {
        let market = self.markets.get(place);
        if market.terms.strip().is_some() && market.state != State::Settled {
            let risk = self.risk_of_months(&market.months);
            self.markets.get_mut(place).set_risk(risk);
        }
    }

    /// The sum of the months' arrays; `None` until each has one.
    fn risk_of_months(&self, months: &[u32]) -> Option<Risk> {
        let mut losses = [Cash::ZERO; SCENARIOS];
        let (mut version, mut expires, mut value) = (0, None, 0_i64);
        for &month in months {
            let market = self.markets.get(month);
            let risk = market.risk?;
            for (sum, loss) in losses.iter_mut().zip(risk.losses) {
                *sum += loss;
            }
            version += risk.version;
            expires = Some(expires.map_or(risk.expires, |first| risk.expires.min(first)));
            value += risk.reference.notional(Lots(1), market.contract.hours).0;
        }
        let hours: i64 = months.iter().map(|&month| i64::from(self.markets.get(month).contract.hours.0)).sum();
        Some(Risk { version, expires: expires?, reference: Price(value.div_euclid(hours)), losses })
    }

    /// The strips that contain a month.
    pub(crate) fn strips_with(&self, month: u32) -> Vec<u32> {
        let contains = |place: &u32| {
            let market = self.markets.get(*place);
            market.terms.strip().is_some() && market.state != State::Settled && market.months.contains(&month)
        };
        self.markets.by_number().map(|(place, _)| place).filter(contains).collect()
    }

    /// `Σ mark × hours` of a strip's months over its hours, rounded down; `None` until each has a mark.
    pub(crate) fn mean_mark(&self, months: &[u32]) -> Option<Price> {
        let (mut value, mut hours) = (0_i64, 0_i64);
        for &month in months {
            let market = self.markets.get(month);
            value += market.mark()?.notional(Lots(1), market.contract.hours).0;
            hours += i64::from(market.contract.hours.0);
        }
        Some(Price(value.div_euclid(hours)))
    }

    /// The sum of the values at which a strip's legs were settled for a day; `None` until all of them are.
    pub(crate) fn value_of_legs(&self, terms: &Terms, day: Day) -> Option<Cash> {
        let value = |&leg: &u32| {
            let settled = self.markets.get(leg).settled.filter(|settled| settled.day == day)?;
            Some(settled.value_per_lot)
        };
        self.legs_of(terms).iter().map(value).sum()
    }

    /// Refuses to move positions into legs that are being settled: those would settle only half of them.
    pub(crate) fn check_legs_rest(&self, terms: &Terms) -> Result<(), Reject> {
        let legs = self.legs_of(terms);
        let settling = legs.iter().map(|&leg| self.markets.get(leg)).find(|leg| leg.settling().is_some());
        let instrument = settling.map(|leg| leg.terms.instrument);
        instrument.map_or(Ok(()), |instrument| Err(Reject::Settling { instrument }))
    }

    /// The strip that is cascading into a contract, if one is.
    pub(crate) fn cascading_into(&self, place: u32) -> Option<u32> {
        let is_cascading = |(_, market): &(u32, &crate::market::Market)| {
            market.state == State::Settling(SettlementKind::Cascade) && self.legs_of(&market.terms).contains(&place)
        };
        self.markets.by_number().find(is_cascading).map(|(strip, _)| strip)
    }

    /// The strip that has to cascade before a leg of it is settled for a later day, or for good: it could never cascade afterwards.
    pub(crate) fn strip_to_cascade_before(&self, leg: u32, day: Day, kind: SettlementKind) -> Option<u32> {
        let is_late = |(_, market): &(u32, &crate::market::Market)| {
            market.state != State::Settled
                && (kind.closes() || day > market.terms.last_settlement_day())
                && self.legs_of(&market.terms).contains(&leg)
        };
        self.markets.by_number().find(is_late).map(|(strip, _)| strip)
    }

    /// Moves a position that was just settled at the sum of its legs' values into the legs.
    pub(crate) fn cascade_position(
        &mut self,
        strip: u32,
        account: AccountSlot,
        account_id: AccountId,
        position: Position,
        events: &mut Vec<Event>,
    ) {
        let terms = self.markets.get(strip).terms;
        for leg in self.legs_of(&terms) {
            let settled = self.markets.get(leg).settled.expect("the legs were settled before the cascade began");
            self.change_position(leg, account, position.0, Cash(settled.value_per_lot.0 * position.0));
        }
        events.push(Event::PositionCascaded { instrument: terms.instrument, account: account_id, position });
    }

    /// Opens or changes a position without a trade in its contract.
    pub(crate) fn change_position(&mut self, market: u32, account: AccountSlot, lots: i64, paid: Cash) {
        let place = self.exposure_place(market, account);
        self.add_position(place, Position(lots), paid);
        self.exposures.release(place);
    }

    /// Adds lots and their cost to an exposure without an order.
    pub(crate) fn add_position(&mut self, place: u32, lots: Position, cost: Cash) {
        let entry = self.exposures.get(place);
        let (market, mut after) = (entry.market, entry.exposure);
        let before = (after.position, after.cost);
        (after.position, after.cost) = (Position(before.0.0 + lots.0), before.1 + cost);
        self.markets.get_mut(market).open_interest += after.position.0.max(0) - before.0.0.max(0);
        self.set_exposure(place, &after);
        self.note_margin(place, Changed::Settled { before, after: (after.position, after.cost) });
    }

    /// The months that a cascade changed are valued anew, so that whoever is below its margin is found.
    pub(crate) fn end_strip(&mut self, strip: u32) {
        self.markets.get_mut(strip).set_risk(None);
        let months = self.markets.get(strip).months.iter().map(|&month| self.markets.get(month));
        // A strip may cascade late, when a month of one of its legs is over.
        let live = months.filter(|month| month.state != State::Settled).map(|month| month.terms.instrument);
        live.collect::<Vec<InstrumentId>>().into_iter().for_each(|month| self.call_for_revaluation(month));
    }
}
