//! What keeps trading orderly in the twin: bands, protection, daily limits with their pauses, halts, marks.

use engine::controls::Controls;
use engine::event::Event;
use engine::ids::InstrumentId;
use engine::instrument::{Halt, Kind, Terms};
use engine::reject::Reject;
use engine::units::{Price, Side};

use super::matching::hours;
use super::{Contract, Twin};

impl Twin {
    pub(super) fn set_controls(&mut self, instrument: InstrumentId, controls: Controls) -> Result<(), Reject> {
        let contract = self.contract(instrument)?;
        if let Some(rule) = broken_rule(&controls, &contract.terms) {
            return Err(Reject::InvalidControls { rule });
        }
        self.refuse_settled(instrument)?;
        self.contract_mut(instrument).controls = controls;
        self.events.push(Event::ControlsSet { instrument, controls });
        self.begin_with_first_width(instrument);
        Ok(())
    }

    pub(super) fn refuse_settled(&self, instrument: InstrumentId) -> Result<(), Reject> {
        if self.listed(instrument).settled_for_good { Err(Reject::Expired { instrument }) } else { Ok(()) }
    }

    /// After a daily settlement and with new controls.
    pub(super) fn begin_with_first_width(&mut self, instrument: InstrumentId) {
        self.contract_mut(instrument).width = 0;
        if matches!(self.listed(instrument).halt, Some(Halt::DailyLimit { .. })) {
            self.contract_mut(instrument).halt = None;
            self.events.push(Event::InstrumentResumed { instrument });
        }
        self.say_limits(instrument);
    }

    fn say_limits(&mut self, instrument: InstrumentId) {
        if let Some((lower, upper)) = self.daily_limits(instrument) {
            self.events.push(Event::DailyLimitsMoved { instrument, lower, upper });
        }
    }

    /// Lowest and highest price of the day, if there are limits.
    pub(super) fn daily_limits(&self, instrument: InstrumentId) -> Option<(Price, Price)> {
        let contract = self.listed(instrument);
        let Terms { floor, cap, tick, .. } = contract.terms;
        let width = contract.controls.daily_limits.get(contract.width)?.0;
        if width == 0 {
            return None;
        }
        let middle = settlement_price(contract).unwrap_or(contract.controls.reference).0;
        let (lower, upper) = ((middle - width).max(floor.0), (middle + width).min(cap.0));
        // Ticks are counted from zero; quotients are rounded into the limits.
        let ticks_up = lower.div_euclid(tick.0) + i64::from(lower.rem_euclid(tick.0) > 0);
        Some((Price(ticks_up * tick.0), Price(upper.div_euclid(tick.0) * tick.0)))
    }

    /// What the band is measured from, and how far an order of this side may go.
    pub(super) fn band(&self, instrument: InstrumentId, side: Side) -> Option<(Price, Price)> {
        let contract = self.listed(instrument);
        let band = contract.controls.band.0;
        if band == 0 {
            return None;
        }
        let last = self.last_trade(instrument).or(settlement_price(contract));
        let reference = last.unwrap_or(contract.controls.reference);
        Some((reference, Price(if side == Side::Buy { reference.0 + band } else { reference.0 - band })))
    }

    /// The limit of a market order that arrives now.
    pub(super) fn protected_limit(&self, instrument: InstrumentId, side: Side) -> Result<Price, Reject> {
        let contract = self.listed(instrument);
        let Terms { floor, cap, tick, .. } = contract.terms;
        let range = contract.controls.protection.0;
        let best = self.best_price(instrument, side.opposite()).filter(|_| range > 0);
        let best = best.ok_or(Reject::NothingToTradeWith)?.0;
        let mut limit = if side == Side::Buy { best + range } else { best - range };
        if let Some((_, bound)) = self.band(instrument, side) {
            limit = if side == Side::Buy { limit.min(bound.0) } else { limit.max(bound.0) };
        }
        if let Some((lower, upper)) = self.daily_limits(instrument) {
            limit = limit.max(lower.0).min(upper.0);
        }
        limit = limit.max(floor.0).min(cap.0);
        let past = limit.rem_euclid(tick.0);
        Ok(Price(match side {
            Side::Buy => limit - past,
            Side::Sell if past == 0 => limit,
            Side::Sell => limit - past + tick.0,
        }))
    }

    /// Whether trading pauses, now that an order has arrived, was amended, or woke up; its trades are those behind
    /// `trades_before`.
    pub(super) fn pause_at_limit(&mut self, instrument: InstrumentId, trades_before: usize) {
        let Some((lower, upper)) = self.daily_limits(instrument) else { return };
        let bid_at_upper = self.queue(instrument, Side::Buy).iter().any(|bid| bid.limit == Some(upper));
        let offer_at_lower = self.queue(instrument, Side::Sell).iter().any(|offer| offer.limit == Some(lower));
        let traded = self.trades[trades_before..].iter().any(|trade| [lower, upper].contains(&trade.price));
        let contract = self.listed(instrument);
        let wider = contract.controls.daily_limits.get(contract.width + 1).is_some_and(|width| width.0 > 0);
        if wider && (bid_at_upper || offer_at_lower || traded) {
            let pause = i64::try_from(contract.controls.pause_us).unwrap();
            let halt = Halt::DailyLimit { until: self.now.plus_micros(pause) };
            self.contract_mut(instrument).halt = Some(halt);
            self.events.push(Event::InstrumentHalted { instrument, halt });
        }
    }

    /// Trading goes on after a pause, with the next width.
    pub(super) fn end_pause(&mut self, instrument: InstrumentId) {
        let contract = self.contract_mut(instrument);
        contract.halt = None;
        contract.width += 1;
        self.events.push(Event::InstrumentResumed { instrument });
        self.say_limits(instrument);
    }

    pub(super) fn halt(&mut self, instrument: InstrumentId) -> Result<(), Reject> {
        let contract = self.contract(instrument)?;
        if contract.settled_for_good || contract.halt == Some(Halt::Operator) {
            return Err(Reject::NothingToHaltOrResume { instrument });
        }
        let halt = Halt::Operator;
        self.contract_mut(instrument).halt = Some(halt);
        self.events.push(Event::InstrumentHalted { instrument, halt });
        Ok(())
    }

    pub(super) fn resume(&mut self, instrument: InstrumentId) -> Result<(), Reject> {
        if self.contract(instrument)?.halt != Some(Halt::Operator) {
            return Err(Reject::NothingToHaltOrResume { instrument });
        }
        self.contract_mut(instrument).halt = None;
        self.events.push(Event::InstrumentResumed { instrument });
        Ok(())
    }

    pub(super) fn update_mark(&mut self, instrument: InstrumentId) -> Result<(), Reject> {
        let Terms { floor, cap, .. } = self.contract(instrument)?.terms;
        self.refuse_settled(instrument)?;
        match self.listed(instrument).terms.kind {
            Kind::Spread(_) => return Err(Reject::NoMark { instrument }),
            Kind::Month(_) | Kind::Spot(_) => {}
            _ => return self.update_margined_mark(instrument),
        }
        let quotes = [Side::Buy, Side::Sell].map(|side| self.best_price(instrument, side));
        let middle = match quotes {
            [Some(bid), Some(offer)] => Some(mean(bid, offer)),
            _ => None,
        };
        let index = self.index(instrument).map(|price| price.max(floor).min(cap));
        let mut found: Vec<Price> = [self.last_trade(instrument), middle, index].into_iter().flatten().collect();
        found.sort();
        let price = match found[..] {
            [] => return Err(Reject::NoMark { instrument }),
            [only] => only,
            [one, other] => mean(one, other),
            [_, median, ..] => median,
        };
        self.contract_mut(instrument).mark = Some(price);
        self.watch_prices();
        self.events.push(Event::MarkUpdated { instrument, price });
        Ok(())
    }
}

/// The price of the last daily settlement.
fn settlement_price(contract: &Contract) -> Option<Price> {
    let (_, value) = contract.last_settled?;
    Some(Price(i64::try_from(value / hours(&contract.terms)).unwrap()))
}

/// Half of the sum, rounded down.
pub(super) fn mean(one: Price, other: Price) -> Price {
    let sum = one.0 + other.0;
    Price(if sum % 2 == 0 { sum / 2 } else { (sum - 1) / 2 })
}

/// The first rule that these controls break.
fn broken_rule(controls: &Controls, terms: &Terms) -> Option<&'static str> {
    let is_width = |price: &Price| (0..=2_000_000_000).contains(&price.0);
    let widths = controls.daily_limits;
    let all: Vec<Price> = [controls.band, controls.protection].into_iter().chain(widths).collect();
    let in_order = widths.windows(2).all(|pair| pair[1].0 == 0 || (pair[0].0 != 0 && pair[0] < pair[1]));
    let widening = widths[1].0 > 0;
    if controls.reference < terms.floor || controls.reference > terms.cap {
        Some("the reference lies between floor and cap")
    } else if !all.iter().all(is_width) {
        Some("band, protection and limits are from 0 to 2000 USD")
    } else if !in_order {
        Some("daily limits widen, and nothing follows a zero")
    } else if controls.pause_us > 86_400_000_000 || (widening && controls.pause_us == 0) {
        Some("a pause lasts at most a day, and limits that widen need one")
    } else if !(1..=100_000).contains(&controls.order_lots_max.0) {
        Some("the largest order has 1 to 100000 lots")
    } else {
        None
    }
}
