//! The whole exchange, driven as the venue drives it: every operation is a stamped command to [`Engine::apply`], with keys,
//! client order ids, collateral, ledger and events. Only the journal and the network are left out.

use std::collections::{BTreeMap, VecDeque};

use engine::Engine;
use engine::command::{Command, Credential, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind as InstrumentKind, Month, Terms};
use engine::journal::bytes::Writer;
use engine::limits;
use engine::order::{OrderRequest, TimeInForce};
use engine::units::{Amount, Day, Lots, Price, Timestamp};

use crate::error::Error;
use crate::flow::{Books, Kind, Operation};
use crate::workload::Workload;

/// An exchange with funded accounts and the flow as commands, prepared before anything is timed.
///
/// It runs under the first version of the rules, which let orders of one owner trade with each other: the plain book knows no
/// owners, and the fills have to be the same. All else is as at a venue.
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

const TAKER_FEE: Price = Price(500);

impl Exchange {
    pub(crate) fn new(workload: &Workload) -> Result<Exchange, Error> {
        let mut engine = Engine::new();
        let set_up = set_up(workload)?;
        let base = set_up.len() as u64;
        let mut events = Vec::new();
        for (seq, command) in (1..).zip(&set_up) {
            let stamp = Stamp { seq: Seq(seq), time: Timestamp(0), key: KeyId::VENUE, session: 0 };
            engine.apply(&stamp, command, &mut events).map_err(|reject| Error::Flow(reject.to_string()))?;
        }
        let orders = workload.operations.iter().filter(|operation| operation.kind != Kind::Cancel).count();
        engine.reserve_orders(orders);
        let names = workload.operations.iter().map(|operation| operation.id).collect();
        let source = Source::Edge { commands: commands(workload, base), next: 0 };
        Ok(Exchange { engine, source, names, events, base, group: limits::LOOKAHEAD_MAX })
    }

    /// The same, with the flow read from a journal.
    pub(crate) fn of_journal(workload: &Workload) -> Result<Exchange, Error> {
        let exchange = Exchange::new(workload)?;
        let (mut body, mut stamps) = (Vec::new(), Vec::new());
        for (stamp, command) in commands(workload, exchange.base) {
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

    fn apply_next(&mut self) {
        self.events.clear();
        // Refusals are part of the flow: cancels of orders that are gone.
        match &mut self.source {
            Source::Edge { commands, next } => {
                if self.group > 1 && next.is_multiple_of(self.group) {
                    let group = commands[*next..].iter().take(self.group);
                    self.engine.look_ahead(group.map(|(stamp, command)| (stamp.key, command)));
                }
                let (stamp, command) = &commands[*next];
                *next += 1;
                let _on_record = self.engine.apply(stamp, command, &mut self.events);
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
                let _on_record = self.engine.apply(&stamp, &command, &mut self.events);
                happened.0.clear();
                self.events.iter().for_each(|event| event.encode(happened));
                hasher.update(&happened.0);
            }
        }
    }
}

impl Books for Exchange {
    fn limit(&mut self, _: &Operation, mut fill: impl FnMut(u64, i64, u32)) {
        self.apply_next();
        for event in &self.events {
            if let Event::Traded(trade) = event {
                let maker = usize::try_from(trade.maker.order.0 - self.base - 1).expect("the flow fits into memory");
                fill(self.names[maker], trade.price.0, trade.lots.0);
            }
        }
    }

    fn cancel(&mut self, _: &Operation) {
        self.apply_next();
    }

    fn resting_count(&self) -> usize {
        self.engine.orders().live_count()
    }
}

/// What the operator does before the market opens.
fn set_up(workload: &Workload) -> Result<Vec<Command>, Error> {
    let accounts = workload.operations.iter().map(|operation| operation.account).max().map_or(1, |last| last + 1);
    let share = Amount(limits::TOTAL_CASH_MAX.0 / i64::from(accounts)).min(Amount(limits::DEPOSIT_MAX.0));
    let mut commands = Vec::new();
    for account in (0..accounts).map(AccountId) {
        let credential = Credential::TokenSha256([0; 32]);
        let (asset, amount, reference) = (AssetId::USD, share, 1);
        commands.push(Command::OpenAccount { account });
        commands.push(Command::RegisterKey { key: key_of(account), credential, role: Role::Trader(account) });
        commands.push(Command::Deposit { account, asset, amount, reference });
    }
    let prices = workload.operations.iter().map(|operation| i64::from(operation.price));
    let (low, high) = (prices.clone().min().unwrap_or(0), prices.max().unwrap_or(1));
    // Room on both sides, so that every order needs collateral and none is outside.
    let (floor, cap) = (Price(low.min(0) * 2), Price(high.max(1) * 2));
    for symbol in 0..workload.symbols {
        let name = format!("FLOW-{symbol}");
        let symbol_name = Symbol::new(&name).ok_or_else(|| Error::Flow(format!("{name} is no symbol")))?;
        let month = Month { series: SeriesId(1), first_day: FIRST_DAY, days: 28 };
        commands.push(Command::ListInstrument {
            terms: Terms {
                instrument: InstrumentId(symbol),
                symbol: symbol_name,
                kind: InstrumentKind::Month(month),
                tick: Price(1),
                floor,
                cap,
                fees: FeeRates { maker: Price(0), taker: TAKER_FEE },
            },
        });
    }
    Ok(commands)
}

/// The flow as commands. An order's number is that of its command, so the target of a cancel is known beforehand.
fn commands(workload: &Workload, base: u64) -> Vec<(Stamp, Command)> {
    let mut placed: BTreeMap<u64, u64> = BTreeMap::new();
    let mut commands = Vec::with_capacity(workload.operations.len());
    for (seq, operation) in (base + 1..).zip(&workload.operations) {
        let account = AccountId(operation.account);
        let command = match operation.kind {
            Kind::Cancel => {
                let order = OrderId(placed.get(&operation.id).copied().unwrap_or(u64::MAX));
                Command::CancelOrder { account, order }
            }
            Kind::Limit | Kind::ImmediateOrCancel => {
                placed.insert(operation.id, seq);
                Command::SubmitOrder(order_of(operation, account))
            }
        };
        let time = Timestamp(i64::try_from(operation.time_ns / 1_000).expect("a flow lasts less than 300000 years"));
        commands.push((Stamp { seq: Seq(seq), time, key: key_of(account), session: 0 }, command));
    }
    commands
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

fn key_of(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0) + 1)
}
