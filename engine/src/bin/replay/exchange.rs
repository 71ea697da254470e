//! The whole exchange, driven as the venue drives it: every operation is a stamped command to [`Engine::apply`], with keys,
//! client order ids, collateral, ledger and events. Only the journal and the network are left out.

use std::collections::VecDeque;

use engine::Engine;
use engine::command::{Command, Stamp};
use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, ClientOrderId, InstrumentId, OrderId, Seq};
use engine::journal::bytes::Writer;
use engine::limits;
use engine::order::{OrderRequest, TimeInForce};
use engine::reject::Reject;
use engine::units::{Day, Lots, Price, Timestamp};

use super::error::{Error, Refusal};
use super::flow::{Books, Kind, Operation};
use super::traders::{Sent, Traders};
use super::venue::{Venue, key_of, terms};
use super::workload::Workload;

/// An exchange with funded accounts and the flow as commands, prepared before anything is timed.
///
/// It runs under the latest rules, as a venue does. They keep orders of one owner from trading with each other, which a plain book
/// does not: [`Traders`] says how the fills are the same nevertheless.
pub(crate) struct Exchange {
    engine: Engine,
    source: Source,
    /// The flow's identifier of each order, by the number of the command that placed it.
    names: Vec<u64>,
    events: Vec<Event>,
    /// The command before the first of the flow.
    base: u64,
    /// How many commands wait together, as they do at a venue whose clients keep it busy, and are looked ahead at.
    group: usize,
}

/// Where the commands come from.
enum Source {
    /// From memory, as an edge hands them over.
    Edge { commands: Vec<(Stamp, Command)>, next: usize },
    /// From the bytes of a journal, as at a start: each is decoded, and what happened is hashed.
    Journal {
        body: Vec<u8>,
        at: usize,
        stamps: std::vec::IntoIter<Stamp>,
        /// Commands of a group that are still to be applied.
        decoded: VecDeque<Command>,
        happened: Writer,
        hasher: Box<blake3::Hasher>,
    },
}

/// Trading goes on for longer than any flow lasts.
const FIRST_DAY: Day = Day(60_000);

impl Exchange {
    pub(crate) fn new(workload: &Workload) -> Result<Exchange, Error> {
        Exchange::listed(workload, false)
    }

    /// The same on margin: a series a contract, each with its array and mark.
    pub(crate) fn on_margin(workload: &Workload) -> Result<Exchange, Error> {
        Exchange::listed(workload, true)
    }

    fn listed(workload: &Workload, on_margin: bool) -> Result<Exchange, Error> {
        let (sent, accounts) = Traders::of(workload);
        let Venue { mut engine, seq: base, events, .. } = set_up(workload, accounts, on_margin)?;
        let orders = workload.operations.iter().filter(|operation| operation.kind != Kind::Cancel).count();
        engine.reserve_orders(orders);
        let names = workload.operations.iter().map(|operation| operation.id).collect();
        let source = Source::Edge { commands: commands(workload, &sent, base), next: 0 };
        Ok(Exchange { engine, source, names, events, base, group: limits::LOOKAHEAD_MAX })
    }

    /// The same, with the flow read from a journal.
    pub(crate) fn of_journal(workload: &Workload) -> Result<Exchange, Error> {
        let exchange = Exchange::new(workload)?;
        let Source::Edge { commands, .. } = exchange.source else { unreachable!("it was made so") };
        let (mut body, mut stamps) = (Vec::new(), Vec::new());
        for (stamp, command) in commands {
            let begin = body.len();
            body.extend_from_slice(&[0; 2]);
            command.encode_into(&mut body);
            let length = u16::try_from(body.len() - begin - 2).expect("commands of a flow are short");
            body[begin..begin + 2].copy_from_slice(&length.to_le_bytes());
            stamps.push(stamp);
        }
        let (happened, hasher) = (Writer::default(), Box::new(blake3::Hasher::new()));
        let source =
            Source::Journal { body, at: 0, stamps: stamps.into_iter(), decoded: VecDeque::new(), happened, hasher };
        Ok(Exchange { source, ..exchange })
    }

    /// Lets the commands come one by one, as when nobody else is there: what a latency is measured of.
    pub(crate) fn one_by_one(self) -> Exchange {
        Exchange { group: 1, ..self }
    }

    /// Applies the next command; what happened is in `events`.
    fn apply_next(&mut self) -> Result<(), Reject> {
        self.events.clear();
        match &mut self.source {
            Source::Edge { commands, next } => {
                if self.group > 1 && next.is_multiple_of(self.group) {
                    let group = commands[*next..].iter().take(self.group);
                    self.engine.look_ahead(group.map(|(stamp, command)| (stamp.key, command)));
                }
                let (stamp, command) = &commands[*next];
                *next += 1;
                self.engine.apply(stamp, command, &mut self.events)
            }
            Source::Journal { body, at, stamps, decoded, happened, hasher } => {
                if decoded.is_empty() {
                    for _ in 0..self.group.min(stamps.len()) {
                        let length = usize::from(u16::from_le_bytes([body[*at], body[*at + 1]]));
                        let command = Command::decode(&body[*at + 2..*at + 2 + length]);
                        decoded.push_back(command.expect("what was encoded decodes"));
                        *at += 2 + length;
                    }
                    let keys = stamps.as_slice().iter().map(|stamp| stamp.key);
                    self.engine.look_ahead(keys.zip(decoded.iter()));
                }
                let stamp = stamps.next().expect("there is a command for each operation");
                let command = decoded.pop_front().expect("there is a command for each operation");
                let outcome = self.engine.apply(&stamp, &command, &mut self.events);
                happened.0.clear();
                self.events.iter().for_each(|event| event.encode(happened));
                hasher.update(&happened.0);
                outcome
            }
        }
    }
}

impl Books for Exchange {
    fn limit(&mut self, _: &Operation, mut fill: impl FnMut(u64, i64, u32)) -> Result<(), Refusal> {
        self.apply_next()?;
        for event in &self.events {
            match event {
                Event::Traded(trade) => {
                    let maker = trade.maker.order.0 - self.base - 1;
                    let maker = usize::try_from(maker).expect("the flow fits into memory");
                    fill(self.names[maker], trade.price.0, trade.lots.0);
                }
                Event::OrderCancelled { reason, .. } if *reason != CancelReason::ImmediateOrCancel => {
                    return Err(Refusal::Cancelled(*reason));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn cancel(&mut self, _: &Operation) -> Result<(), Refusal> {
        match self.apply_next() {
            // The order was filled or cancelled before.
            Ok(()) | Err(Reject::OrderNotLive { .. }) => Ok(()),
            Err(reject) => Err(reject.into()),
        }
    }

    fn resting_count(&self) -> usize {
        self.engine.orders().live_count()
    }
}

/// A venue as it is before the market opens.
fn set_up(workload: &Workload, accounts: u32, on_margin: bool) -> Result<Venue, Error> {
    let mut venue = Venue::new(accounts)?;
    let prices = workload.operations.iter().map(|operation| i64::from(operation.price));
    let (low, high) = (prices.clone().min().unwrap_or(0), prices.max().unwrap_or(1));
    // Room on both sides, so that every order needs collateral and none is outside.
    let most = limits::PRICE_MAX.0;
    let (floor, cap) = (Price((low.min(0) * 2).max(-most)), Price((high.max(1) * 2).min(most)));
    for symbol in 0..workload.symbols {
        let terms = terms(symbol, FIRST_DAY, Price(1), floor, cap)?;
        if on_margin {
            venue.list_on_margin(terms, Price(low.midpoint(high)))?;
        } else {
            venue.operate(Command::ListInstrument { terms })?;
        }
    }
    Ok(venue)
}

/// The flow as commands. An order's number is that of its command, so the target of a cancel is known beforehand.
fn commands(workload: &Workload, sent: &[Sent], base: u64) -> Vec<(Stamp, Command)> {
    let number_of = |index: usize| base + 1 + index as u64;
    let operations = workload.operations.iter().zip(sent).enumerate();
    let commands = operations.map(|(index, (operation, &Sent { by: account, target }))| {
        let command = match operation.kind {
            Kind::Cancel => {
                let order = OrderId(target.map_or(u64::MAX, number_of));
                Command::CancelOrder { account, order }
            }
            Kind::Limit | Kind::ImmediateOrCancel => Command::SubmitOrder(order_of(operation, account)),
        };
        let time = Timestamp(i64::try_from(operation.time_ns / 1_000).expect("a flow ends before the year 2200"));
        (Stamp { seq: Seq(number_of(index)), time, key: key_of(account), session: 0 }, command)
    });
    commands.collect()
}

fn order_of(operation: &Operation, account: AccountId) -> OrderRequest {
    let name = ClientOrderId::new(&format!("{:x}", operation.id)).expect("hexadecimal digits make a label");
    let instrument = InstrumentId(u32::from(operation.symbol));
    let (lots, limit) = (Lots(operation.lots), Price(i64::from(operation.price)));
    let order = OrderRequest::limit(account, name, instrument, operation.side, lots, limit);
    match operation.kind {
        Kind::ImmediateOrCancel => OrderRequest { time_in_force: TimeInForce::ImmediateOrCancel, ..order },
        Kind::Limit | Kind::Cancel => order,
    }
}
