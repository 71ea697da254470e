//! The largest single steps there are, each timed alone: nobody else is served while one lasts.

use engine::command::{Command, FixingStage};
use engine::controls::Controls;
use engine::event::Event;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, SeriesId};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::order::{OrderRequest, TimeInForce, Trigger, TriggerReference};
use engine::units::{Day, Lots, Price, Side};

use super::error::Error;
use super::state::{self, Size};
use super::venue::{Venue, key_of, terms};

/// What the exchange is filled with before, so that caches are as cold as at a venue.
const SIZE: Size = Size { orders: 500_000, accounts: 50_000 };

/// Each round has a contract of its own, listed, traded and settled.
const ROUNDS: u32 = 20;

/// Accounts that offer, and the first of those that take.
const MAKERS: u32 = 2_000;

const TICK: i64 = 1_000;
const MIDDLE: i64 = 3_000;
const FILLS: u32 = limits::FILLS_PER_ORDER_MAX;

/// Orders that take more than one step.
const CROWD: u32 = limits::CANCELS_PER_STEP_MAX + 44;

/// One line of JSON: of each step the median and the longest, in nanoseconds.
pub(crate) fn measure() -> Result<String, Error> {
    measure_in(SIZE, ROUNDS)
}

pub(crate) fn measure_in(size: Size, rounds: u32) -> Result<String, Error> {
    let mut venue = state::fill(size)?;
    venue.events.reserve(1_000_000);
    let mut steps = Steps { venue, contract: InstrumentId(0), names_count: 0, times: Vec::new() };
    for round in 0..rounds {
        steps.round(round)?;
    }
    let figures = steps.times.iter_mut().map(|(name, times)| {
        times.sort_unstable();
        format!(r#""{name}":{},"{name}_max":{}"#, times[times.len() / 2], times[times.len() - 1])
    });
    Ok(format!("{{{}}}", figures.collect::<Vec<String>>().join(",")))
}

struct Steps {
    venue: Venue,
    contract: InstrumentId,
    names_count: u64,
    times: Vec<(&'static str, Vec<u64>)>,
}

impl Steps {
    fn round(&mut self, round: u32) -> Result<(), Error> {
        let number = 1_000 + round;
        let first_day = i32::try_from(3 * round).expect("rounds are few");
        self.contract = InstrumentId(number);
        self.venue.time = Day(first_day).start();
        let terms = terms(number, Day(first_day + 1), Price(TICK), Price(0), Price(10_000_000))?;
        self.venue.operate(Command::ListInstrument { terms })?;

        for (name, time_in_force) in
            [("sweep", TimeInForce::ImmediateOrCancel), ("fill_or_kill", TimeInForce::FillOrKill)]
        {
            self.offer(FILLS, MIDDLE)?;
            let order = self.order(MAKERS, Side::Buy, FILLS, MIDDLE + 100);
            let took = self.submit(OrderRequest { time_in_force, ..order })?;
            self.note(name, took, "trades", FILLS, |event| matches!(event, Event::Traded(_)))?;
        }
        self.wake_stops("stops", 1, MIDDLE + 200)?;
        self.wake_stops("sweeping_stops", FILLS - 1, MIDDLE + 400)?;
        self.cancel_crowds()?;
        self.settle(Day(first_day), number)
    }

    /// As many stops as can wake up in one step, each of which trades with `fills` orders; the step ends once they have traded enough.
    fn wake_stops(&mut self, name: &'static str, fills: u32, price: i64) -> Result<(), Error> {
        let stops = limits::STOPS_PER_STEP_MAX;
        self.offer(stops * fills + 1, price)?;
        for stop in 0..stops {
            let reference = TriggerReference::Last;
            let trigger = Some(Trigger { reference, price: Price(price * TICK) });
            let order = self.order(MAKERS + 1 + stop, Side::Buy, fills, price + 1_000);
            self.submit(OrderRequest { trigger, ..order })?;
        }
        self.submit(self.order(MAKERS, Side::Buy, 1, price))?;
        let took = self.venue.operate(Command::ProcessDue)?;
        let enough = u32::try_from(limits::TRADES_OF_STOPS_MAX).expect("a step is small").div_ceil(fills);
        self.note(name, took, "trades", stops.min(enough) * fills, |event| matches!(event, Event::Traded(_)))?;
        while self.venue.engine.next_due().is_some_and(|due| due <= self.venue.time) {
            self.venue.operate(Command::ProcessDue)?;
        }
        Ok(())
    }

    /// A mass cancel, orders whose time is over, and orders outside new daily limits.
    fn cancel_crowds(&mut self) -> Result<(), Error> {
        let account = AccountId(MAKERS);
        self.bid(CROWD, TimeInForce::GoodTillCancelled)?;
        // In all contracts: one that is named makes a step pass over the account's orders in others.
        let cancel = Command::CancelAllOrders { account, instrument: None, side: None };
        let took = self.venue.send(key_of(account), &cancel)?;
        self.note_cancels("mass_cancel", took)?;

        let until = self.venue.time.plus_micros(1);
        self.bid(CROWD, TimeInForce::GoodTillDate(until))?;
        self.venue.time = until;
        let took = self.venue.operate(Command::ProcessDue)?;
        self.note_cancels("expiries", took)?;

        self.bid(CROWD, TimeInForce::GoodTillCancelled)?;
        let (instrument, daily_limits) = (self.contract, [Price(TICK), Price(0), Price(0)]);
        let controls = Controls { daily_limits, ..Controls::NONE };
        self.venue.operate(Command::SetControls { instrument, controls })?;
        let took = self.venue.operate(Command::ProcessDue)?;
        self.note_cancels("daily_limits", took)?;
        self.venue.operate(Command::SetControls { instrument, controls: Controls::NONE }).map(|_| ())
    }

    /// The first step of cancelling a crowd, and then the rest of it.
    fn note_cancels(&mut self, name: &'static str, took: u64) -> Result<(), Error> {
        let is_cancel = |event: &Event| matches!(event, Event::OrderCancelled { .. });
        self.note(name, took, "cancels", limits::CANCELS_PER_STEP_MAX, is_cancel)?;
        self.venue.operate(Command::ProcessDue).map(|_| ())
    }

    fn settle(&mut self, day: Day, series: u32) -> Result<(), Error> {
        self.venue.time = day.end();
        self.settle_in_steps("settle_day", day, SettlementKind::Daily)?;
        for number in 0..2 * CROWD {
            self.submit(self.order(number % MAKERS, Side::Buy, 1, MIDDLE))?;
        }
        let (series, stage, price) = (SeriesId(series), FixingStage::Final, Some(Price(MIDDLE * TICK)));
        self.venue.time = day.next().end();
        self.venue.operate(Command::RecordFixing { series, day: day.next(), stage, price })?;
        self.settle_in_steps("settle_month", day.next(), SettlementKind::Final)
    }

    fn settle_in_steps(&mut self, name: &'static str, day: Day, kind: SettlementKind) -> Result<(), Error> {
        let instrument = self.contract;
        self.venue.operate(Command::StartSettlement { instrument, day, kind })?;
        let mut settled = 0;
        loop {
            let took = self.venue.operate(Command::AdvanceSettlement { instrument })?;
            self.times_of(name).push(took);
            let is_settled = |event: &&Event| matches!(event, Event::PositionSettled { .. });
            settled += self.venue.events.iter().filter(is_settled).count();
            if self.venue.events.iter().any(|event| matches!(event, Event::SettlementCompleted { .. })) {
                let all = MAKERS as usize;
                return if settled >= all { Ok(()) } else { Err(other(name, "positions", settled, all)) };
            }
        }
    }

    /// Offers of one lot, twenty at each price, from `price` on.
    fn offer(&mut self, count: u32, price: i64) -> Result<(), Error> {
        for number in 0..count {
            self.submit(self.order(number % MAKERS, Side::Sell, 1, price + i64::from(number / 20)))?;
        }
        Ok(())
    }

    /// Bids of one account, far below everything.
    fn bid(&mut self, count: u32, time_in_force: TimeInForce) -> Result<(), Error> {
        for number in 0..count {
            let order = self.order(MAKERS, Side::Buy, 1, 500 + i64::from(number / 20));
            self.submit(OrderRequest { time_in_force, ..order })?;
        }
        Ok(())
    }

    fn order(&self, account: u32, side: Side, lots: u32, ticks: i64) -> OrderRequest {
        let name =
            ClientOrderId::new(&format!("step-{:x}", self.names_count)).expect("hexadecimal digits make a label");
        OrderRequest::limit(AccountId(account), name, self.contract, side, Lots(lots), Price(ticks * TICK))
    }

    fn submit(&mut self, order: OrderRequest) -> Result<u64, Error> {
        self.names_count += 1;
        self.venue.send(key_of(order.account), &Command::SubmitOrder(order))
    }

    /// Notes what the last command took, if it did as much as it was meant to.
    fn note(
        &mut self,
        name: &'static str,
        took: u64,
        what: &str,
        expected: u32,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<(), Error> {
        let (found, expected) = (self.venue.events.iter().filter(|event| is_it(event)).count(), expected as usize);
        self.times_of(name).push(took);
        if found == expected { Ok(()) } else { Err(other(name, what, found, expected)) }
    }

    fn times_of(&mut self, name: &'static str) -> &mut Vec<u64> {
        let at = self.times.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.times.push((name, Vec::new()));
            self.times.len() - 1
        });
        &mut self.times[at].1
    }
}

fn other(name: &str, what: &str, found: usize, expected: usize) -> Error {
    Error::Step(format!("{name} led to {found} {what} instead of {expected}"))
}
