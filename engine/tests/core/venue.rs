//! Two ways to drive an exchange: the one interface of engine and twin, and a short hand for tests that need one small venue.

use std::collections::BTreeMap;

use engine::Engine;
use engine::command::{Command, Credential, FixingStage, OrderRequest, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::reject::Reject;
use engine::units::{Cash, Day, Lots, Price, Side, Timestamp};

use crate::twin::Twin;

/// What engine and twin have in common.
pub trait Exchange {
    fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject>;
    /// What is posted to an account of the ledger, and what of it is held.
    fn balance(&self, of: LedgerAccount) -> (i128, i128);
}

impl Exchange for Engine {
    fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        Engine::apply(self, stamp, command, events)
    }

    fn balance(&self, of: LedgerAccount) -> (i128, i128) {
        let balance = self.ledger().balance(of, AssetId::USD);
        (i128::from(balance.posted.0), i128::from(balance.held.0))
    }
}

impl Exchange for Twin {
    fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        Twin::apply(self, stamp, command, events)
    }

    fn balance(&self, of: LedgerAccount) -> (i128, i128) {
        let held = if let LedgerAccount::Customer(account) = of { self.held(account) } else { 0 };
        (self.posted(of), held)
    }
}

/// The day on which small venues open.
pub const TODAY: Day = Day(20_000);

/// The contract of small venues: August-like, 744 hours, delivered from the tenth day on.
pub const CONTRACT: InstrumentId = InstrumentId(1);

/// Its series.
pub const SERIES: SeriesId = SeriesId(1);

/// Terms like those of the page's example.
pub fn usual_terms() -> Terms {
    Terms {
        instrument: CONTRACT,
        symbol: Symbol::new("H100").unwrap(),
        series: SERIES,
        first_day: TODAY.plus(10),
        days: 31,
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    }
}

/// An engine with its own journal clock.
#[derive(Clone)]
pub struct Venue {
    pub engine: Engine,
    pub seq: u64,
    pub now: Timestamp,
    /// How many deposits each account was credited through [`Venue::credit`].
    deposits: BTreeMap<AccountId, u64>,
    /// The events of the last command.
    pub events: Vec<Event>,
}

impl Venue {
    pub fn empty() -> Venue {
        Venue { engine: Engine::new(), seq: 0, now: TODAY.start(), deposits: BTreeMap::new(), events: Vec::new() }
    }

    /// A venue with the usual contract and these accounts, each with a key of the same number and `dollars` to trade with.
    pub fn with_accounts(accounts: std::ops::RangeInclusive<u32>, dollars: i64) -> Venue {
        Venue::with_terms(usual_terms(), accounts, dollars)
    }

    pub fn with_terms(terms: Terms, accounts: std::ops::RangeInclusive<u32>, dollars: i64) -> Venue {
        let mut venue = Venue::empty();
        venue.operate(Command::ListInstrument { terms }).unwrap();
        for account in accounts {
            venue.open(account, dollars);
        }
        venue
    }

    pub fn open(&mut self, account: u32, dollars: i64) {
        self.operate(Command::OpenAccount { account: AccountId(account) }).unwrap();
        self.register(u64::from(account), Role::Trader(AccountId(account))).unwrap();
        if dollars > 0 {
            self.credit(account, dollars);
        }
    }

    pub fn register(&mut self, key: u64, role: Role) -> Result<(), Reject> {
        self.operate(Command::RegisterKey { key: KeyId(key), credential: Credential::Ed25519([7; 32]), role })
    }

    pub fn credit(&mut self, account: u32, dollars: i64) {
        let (account, amount) = (AccountId(account), Cash(dollars * 1_000_000));
        let number = self.deposits.entry(account).or_default();
        *number += 1;
        let reference = *number;
        self.operate(Command::Deposit { account, amount, reference }).unwrap();
    }

    /// Sends a command as the venue itself.
    pub fn operate(&mut self, command: Command) -> Result<(), Reject> {
        self.send(KeyId::VENUE, command)
    }

    pub fn send(&mut self, key: KeyId, command: Command) -> Result<(), Reject> {
        self.seq += 1;
        self.events.clear();
        let stamp = Stamp { seq: Seq(self.seq), time: self.now, key, session: 0 };
        self.engine.apply(&stamp, &command, &mut self.events)
    }

    /// Sends an order with the key of its account.
    pub fn submit(&mut self, request: OrderRequest) -> Result<OrderId, Reject> {
        let key = KeyId(u64::from(request.account.0));
        self.send(key, Command::SubmitOrder(request)).map(|()| OrderId(self.seq))
    }

    pub fn buy(&mut self, account: u32, lots: u32, limit: i64, name: &str) -> Result<OrderId, Reject> {
        self.submit(order(account, Side::Buy, lots, limit, name))
    }

    pub fn sell(&mut self, account: u32, lots: u32, limit: i64, name: &str) -> Result<OrderId, Reject> {
        self.submit(order(account, Side::Sell, lots, limit, name))
    }

    pub fn cancel(&mut self, account: u32, order: OrderId) -> Result<(), Reject> {
        self.send(KeyId(u64::from(account)), Command::CancelOrder { account: AccountId(account), order })
    }

    pub fn fix(&mut self, day: Day, stage: FixingStage, price: Option<i64>) -> Result<(), Reject> {
        self.operate(Command::RecordFixing { series: SERIES, day, stage, price: price.map(Price) })
    }

    /// Gives every day of delivery this final value.
    pub fn fix_all(&mut self, price: i64) {
        for day in usual_terms().delivery_days() {
            self.fix(day, FixingStage::Final, Some(price)).unwrap();
        }
    }

    pub fn start(&mut self, day: Day, kind: SettlementKind) -> Result<(), Reject> {
        self.operate(Command::StartSettlement { instrument: CONTRACT, day, kind })
    }

    pub fn advance(&mut self) -> Result<(), Reject> {
        self.operate(Command::AdvanceSettlement { instrument: CONTRACT })
    }

    pub fn free(&self, account: u32) -> Cash {
        self.engine.ledger().balance(LedgerAccount::Customer(AccountId(account)), AssetId::USD).free()
    }

    pub fn held(&self, account: u32) -> Cash {
        self.engine.ledger().balance(LedgerAccount::Customer(AccountId(account)), AssetId::USD).held
    }
}

/// An order in the usual contract; the limit is in micro-USD.
pub fn order(account: u32, side: Side, lots: u32, limit: i64, name: &str) -> OrderRequest {
    OrderRequest {
        account: AccountId(account),
        client_order_id: ClientOrderId::new(name).unwrap(),
        instrument: CONTRACT,
        side,
        lots: Lots(lots),
        limit: Price(limit),
    }
}
