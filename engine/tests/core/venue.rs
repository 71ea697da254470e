//! Two ways to drive an exchange: the one interface of engine and twin, and a short hand for tests that need one small venue.

use std::collections::BTreeMap;

use engine::Engine;
use engine::chain::Pseudonym;
use engine::command::{Command, Credential, FixingStage, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::order::OrderRequest;
use engine::reject::Reject;
use engine::units::{Amount, Day, Lots, Price, Side, Timestamp};

use crate::twin::{Report, Twin};

/// Where one asset of one account of the ledger stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub posted: i128,
    pub held: i128,
    pub pending: i128,
}

/// What an account has and what it must have, and of which parts that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margin {
    pub equity: i128,
    pub unrealised: i128,
    pub owed: i128,
    pub initial: i128,
    pub maintenance: i128,
    pub withdrawable: i128,
    /// Of an account in liquidation: when its next round is due.
    pub next_round: Option<Timestamp>,
    /// Those that are not zero.
    pub parts: Vec<MarginPart>,
}

/// What one series adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarginPart {
    pub series: SeriesId,
    /// Scan, charges, order cost, minimum.
    pub amounts: [i128; 4],
    /// Lots held whatever fills: long, short.
    pub certain: [i128; 2],
}

impl MarginPart {
    fn is_zero(&self) -> bool {
        self.amounts == [0; 4] && self.certain == [0; 2]
    }
}

/// Where everything about the chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainStanding {
    /// Of deposits, imports, exits, batches cut, batches confirmed: the last numbers.
    pub numbers: [u64; 5],
    pub frozen: Option<u64>,
    pub links: Vec<(Pseudonym, AccountId)>,
    pub unclaimed: Vec<(Pseudonym, AssetId, i128)>,
    /// Account, target, when it was received, when its next step is due.
    pub exits: Vec<(AccountId, i128, Timestamp, Timestamp)>,
}

/// What engine and twin have in common. Nothing else in the comparison touches the engine.
pub trait Exchange {
    fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject>;
    /// What is posted to an account of the ledger, and what of it is held or pending.
    fn balance(&self, of: LedgerAccount, asset: AssetId) -> Standing;
    /// The sum over the whole ledger.
    fn total(&self, asset: AssetId) -> i128;
    /// The accounts in rising number.
    fn accounts(&self) -> Vec<AccountId>;
    /// Position and cost.
    fn holding(&self, account: AccountId, instrument: InstrumentId) -> (i128, i128);
    /// One side of a book in the order in which it would trade.
    fn queue(&self, instrument: InstrumentId, side: Side) -> Vec<(OrderId, Price, u32)>;
    /// The margin of an account.
    fn margin(&self, account: AccountId) -> Margin;
    /// How many orders of an account are remembered.
    fn remembered_count(&self, account: AccountId) -> usize;
    /// How many payments the insurance fund has received.
    fn insurance_payments(&self) -> u64;
    /// The account that takes positions over.
    fn backstop(&self) -> Option<AccountId>;
    /// Where everything about the chain stands.
    fn chain_standing(&self) -> ChainStanding;
    /// All that an account ever moved out to the chain.
    fn claimable(&self, account: AccountId, asset: AssetId) -> i128;
}

impl Exchange for Engine {
    fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.look_ahead(std::iter::once((stamp.key, command)));
        self.look_further_ahead(std::iter::once((stamp.key, command)));
        Engine::apply(self, stamp, command, events)
    }

    fn balance(&self, of: LedgerAccount, asset: AssetId) -> Standing {
        let balance = self.ledger().balance(of, asset);
        let [posted, held, pending] =
            [balance.posted, balance.held, balance.pending].map(|amount| i128::from(amount.0));
        Standing { posted, held, pending }
    }

    fn total(&self, asset: AssetId) -> i128 {
        self.ledger().total(asset)
    }

    fn accounts(&self) -> Vec<AccountId> {
        let mut accounts: Vec<AccountId> = Engine::accounts(self).collect();
        accounts.sort();
        accounts
    }

    fn holding(&self, account: AccountId, instrument: InstrumentId) -> (i128, i128) {
        let exposure = self.exposure(instrument, account);
        (i128::from(exposure.position.0), i128::from(exposure.cost.0))
    }

    fn queue(&self, instrument: InstrumentId, side: Side) -> Vec<(OrderId, Price, u32)> {
        let book = &self.market(instrument).unwrap().book;
        book.queue(side).map(|(_, rests)| (rests.order, rests.price, rests.lots.0)).collect()
    }

    fn margin(&self, account: AccountId) -> Margin {
        let report = self.margin_report(account).unwrap();
        let parts = report.parts.iter().map(|part| MarginPart {
            series: part.series,
            amounts: [part.scan, part.charges, part.order_cost, part.minimum].map(|cash| i128::from(cash.0)),
            certain: [part.certain.long, part.certain.short].map(i128::from),
        });
        let [equity, unrealised, owed, initial, maintenance, withdrawable] =
            [report.equity, report.unrealised, report.owed, report.initial, report.maintenance, report.withdrawable]
                .map(|cash| i128::from(cash.0));
        let parts = parts.filter(|part| !part.is_zero()).collect();
        let next_round = report.next_round;
        Margin { equity, unrealised, owed, initial, maintenance, withdrawable, next_round, parts }
    }

    fn remembered_count(&self, account: AccountId) -> usize {
        self.account(account).map_or(0, |view| view.remembered_orders as usize)
    }

    fn insurance_payments(&self) -> u64 {
        Engine::insurance_payments(self)
    }

    fn backstop(&self) -> Option<AccountId> {
        Engine::backstop(self)
    }

    fn chain_standing(&self) -> ChainStanding {
        let chain = self.chain();
        let unclaimed = chain.unclaimed().map(|(of, asset, amount)| (of, asset, i128::from(amount.0)));
        let exits = chain.exiting().map(|(of, exit)| (of, i128::from(exit.target.0), exit.received, exit.next));
        ChainStanding {
            numbers: [chain.deposits().0, chain.imports(), chain.exits(), chain.cuts(), chain.confirmed()],
            frozen: chain.frozen(),
            links: chain.links().collect(),
            unclaimed: unclaimed.collect(),
            exits: exits.collect(),
        }
    }

    fn claimable(&self, account: AccountId, asset: AssetId) -> i128 {
        i128::from(self.chain().claimable(account, asset).0)
    }
}

impl Exchange for Twin {
    fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        Twin::apply(self, stamp, command, events)
    }

    fn balance(&self, of: LedgerAccount, asset: AssetId) -> Standing {
        let posted = self.posted(of, asset);
        let LedgerAccount::Customer(account) = of else { return Standing { posted, ..Standing::default() } };
        Standing { posted, held: self.held(account, asset), pending: self.pending(account, asset) }
    }

    fn total(&self, asset: AssetId) -> i128 {
        self.ledger_total(asset)
    }

    fn accounts(&self) -> Vec<AccountId> {
        let mut accounts = Twin::accounts(self);
        accounts.sort();
        accounts
    }

    fn holding(&self, account: AccountId, instrument: InstrumentId) -> (i128, i128) {
        Twin::holding(self, account, instrument)
    }

    fn queue(&self, instrument: InstrumentId, side: Side) -> Vec<(OrderId, Price, u32)> {
        let queue = Twin::queue(self, instrument, side);
        queue.iter().map(|rests| (rests.order, rests.limit.unwrap(), rests.remaining())).collect()
    }

    fn margin(&self, account: AccountId) -> Margin {
        let report = self.margin_report(account);
        let parts = report.parts.iter().map(|(series, part)| MarginPart {
            series: *series,
            amounts: [part.scan, part.charges, part.order_cost, part.minimum],
            certain: [part.long, part.short],
        });
        let Report { equity, unrealised, owed, initial, maintenance, withdrawable, .. } = report;
        let parts = parts.filter(|part| !part.is_zero()).collect();
        let next_round = self.next_round(account);
        Margin { equity, unrealised, owed, initial, maintenance, withdrawable, next_round, parts }
    }

    fn remembered_count(&self, account: AccountId) -> usize {
        self.remembered(account).count()
    }

    fn insurance_payments(&self) -> u64 {
        Twin::insurance_payments(self)
    }

    fn backstop(&self) -> Option<AccountId> {
        Twin::backstop(self)
    }

    fn chain_standing(&self) -> ChainStanding {
        Twin::chain_standing(self)
    }

    fn claimable(&self, account: AccountId, asset: AssetId) -> i128 {
        Twin::claimable(self, account, asset)
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
        kind: Kind::Month(usual_month()),
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    }
}

/// The month that the usual contract delivers.
pub fn usual_month() -> Month {
    Month { series: SERIES, first_day: TODAY.plus(10), days: 31 }
}

/// The usual terms with another month.
pub fn terms_of(month: Month) -> Terms {
    Terms { kind: Kind::Month(month), ..usual_terms() }
}

/// What a small venue can be made of.
pub trait Stage: Exchange + Default + Clone {
    /// What a snapshot of it is restored to.
    fn restored(&self) -> Self;

    /// Something that differs if the state does, for exchanges that have it.
    fn trace(&self) -> [u8; 32];
}

impl Stage for Engine {
    fn restored(&self) -> Engine {
        let mut snapshot = Vec::new();
        self.write_snapshot(|piece| snapshot.extend_from_slice(piece));
        let restored = Engine::read_snapshot(&snapshot, 0x5eed).unwrap();
        assert_eq!(restored.state_hash(), self.state_hash());
        restored
    }

    fn trace(&self) -> [u8; 32] {
        self.state_hash()
    }
}

impl Stage for Twin {
    fn restored(&self) -> Twin {
        self.clone()
    }

    fn trace(&self) -> [u8; 32] {
        [0; 32]
    }
}

/// A small venue that runs on the engine.
pub type Venue = VenueOf<Engine>;

/// An exchange with its own journal clock.
#[derive(Clone)]
pub struct VenueOf<E> {
    pub engine: E,
    pub seq: u64,
    pub now: Timestamp,
    /// How many deposits each account was credited through [`Venue::credit`].
    deposits: BTreeMap<AccountId, u64>,
    /// The events of the last command.
    pub events: Vec<Event>,
}

impl<E: Stage> VenueOf<E> {
    pub fn empty() -> VenueOf<E> {
        VenueOf { engine: E::default(), seq: 0, now: TODAY.start(), deposits: BTreeMap::new(), events: Vec::new() }
    }

    /// A venue with the usual contract and these accounts, each with a key of the same number and `dollars` to trade with.
    pub fn with_accounts(accounts: std::ops::RangeInclusive<u32>, dollars: i64) -> VenueOf<E> {
        VenueOf::with_terms(usual_terms(), accounts, dollars)
    }

    pub fn with_terms(terms: Terms, accounts: std::ops::RangeInclusive<u32>, dollars: i64) -> VenueOf<E> {
        let mut venue = VenueOf::empty();
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
        let (account, amount) = (AccountId(account), Amount(dollars * 1_000_000));
        let number = self.deposits.entry(account).or_default();
        *number += 1;
        let reference = *number;
        self.operate(Command::Deposit { account, asset: AssetId::USD, amount, reference }).unwrap();
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
        for day in usual_month().delivery_days() {
            self.fix(day, FixingStage::Final, Some(price)).unwrap();
        }
    }

    pub fn start(&mut self, day: Day, kind: SettlementKind) -> Result<(), Reject> {
        self.operate(Command::StartSettlement { instrument: CONTRACT, day, kind })
    }

    pub fn advance(&mut self) -> Result<(), Reject> {
        self.operate(Command::AdvanceSettlement { instrument: CONTRACT })
    }

    /// US dollars that are neither held nor pending.
    pub fn free(&self, account: u32) -> Amount {
        let Standing { posted, held, pending } = self.standing(account);
        Amount(i64::try_from(posted - held - pending).unwrap())
    }

    pub fn held(&self, account: u32) -> Amount {
        Amount(i64::try_from(self.standing(account).held).unwrap())
    }

    fn standing(&self, account: u32) -> Standing {
        self.engine.balance(LedgerAccount::Customer(AccountId(account)), AssetId::USD)
    }
}

/// An order in the usual contract; the limit is in micro-USD.
pub fn order(account: u32, side: Side, lots: u32, limit: i64, name: &str) -> OrderRequest {
    let client_order_id = ClientOrderId::new(name).unwrap();
    OrderRequest::limit(AccountId(account), client_order_id, CONTRACT, side, Lots(lots), Price(limit))
}
