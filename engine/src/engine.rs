//! The state machine: one command in, its events out, nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::Book;
use crate::command::{Command, Credential, Role, Stamp};
use crate::event::{Event, TransferReason};
use crate::exposure::Exposure;
use crate::fixings::Fixings;
use crate::ids::{AccountId, AssetId, InstrumentId, KeyId, Seq, Symbol, TradeId};
use crate::instrument::{SettlementKind, State, Terms};
use crate::ledger::{Ledger, LedgerAccount};
use crate::limits;
use crate::orders::Orders;
use crate::reject::Reject;
use crate::settlement::{LastTrades, Run, Settled};
use crate::units::{Cash, Timestamp};

/// The exchange core: books, positions, ledger, settlement. Everything it does follows from the commands alone.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    pub(crate) seq: Seq,
    pub(crate) time: Timestamp,
    pub(crate) accounts: BTreeSet<AccountId>,
    pub(crate) keys: BTreeMap<KeyId, Key>,
    /// The number of each account's last deposit.
    pub(crate) deposits: BTreeMap<AccountId, u64>,
    pub(crate) markets: BTreeMap<InstrumentId, Market>,
    pub(crate) symbols: BTreeMap<Symbol, InstrumentId>,
    pub(crate) exposures: BTreeMap<(InstrumentId, AccountId), Exposure>,
    pub(crate) orders: Orders,
    pub(crate) fixings: Fixings,
    pub(crate) ledger: Ledger,
    pub(crate) last_trade: TradeId,
}

/// A registered key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// How its holder proves to be its holder.
    pub credential: Credential,
    /// What it may do.
    pub role: Role,
    /// Whether it lost all rights.
    pub revoked: bool,
}

/// A listed contract with its book.
#[derive(Clone, Debug)]
pub struct Market {
    /// The contract.
    pub terms: Terms,
    /// Where it stands in its life.
    pub state: State,
    /// Its orders.
    pub book: Book,
    /// Its last trades, as far as settlement needs them.
    pub last_trades: LastTrades,
    /// Its latest settlement.
    pub settled: Option<Settled>,
    /// The settlement being posted, if one is.
    pub(crate) run: Option<Run>,
}

impl Market {
    /// The settlement that is being posted, if one is.
    pub fn settling(&self) -> Option<(SettlementKind, Settled)> {
        self.run.map(|run| (run.kind, run.settled))
    }
}

impl Engine {
    /// An empty venue.
    pub fn new() -> Engine {
        Engine::default()
    }

    /// Applies a command and appends what happened. A refused command appends [`Event::Rejected`] alone and changes nothing but the
    /// venue's place in the journal and its time.
    ///
    /// # Errors
    /// The rule that refused the command; of several, the one with the lowest number.
    ///
    /// # Panics
    /// If the stamp does not follow the one before, or if the engine itself is wrong: a posting that does not balance must
    /// stop the venue before anybody sees it.
    pub fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        assert!(stamp.seq > self.seq, "command {} after {}", stamp.seq, self.seq);
        assert!(stamp.time >= self.time, "time runs backwards at command {}", stamp.seq);
        assert!(stamp.time <= limits::TIMESTAMP_MAX, "command {} is stamped later than the venue counts", stamp.seq);
        self.seq = stamp.seq;
        self.time = stamp.time;
        self.orders.forget(stamp.time);

        let events_before = events.len();
        let outcome = self.execute(stamp, command, events);
        if let Err(reject) = outcome {
            assert!(events.len() == events_before, "refused command {} left events behind", stamp.seq);
            events.push(Event::Rejected(reject));
        }
        self.ledger.assert_balanced();
        outcome
    }

    fn execute(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        let role = self.role_of(stamp.key)?;
        let allowed = match command {
            Command::SubmitOrder(request) => role == Role::Trader(request.account),
            Command::CancelOrder { account, .. } => role == Role::Trader(*account),
            _ => role == Role::Operator,
        };
        if !allowed {
            return Err(Reject::NotAuthorised { key: stamp.key });
        }
        match *command {
            Command::OpenAccount { account } => self.open_account(account, events),
            Command::RegisterKey { key, credential, role } => self.register_key(key, credential, role, events),
            Command::RevokeKey { key } => self.revoke_key(key, events),
            Command::Deposit { account, amount, reference } => self.deposit(account, amount, reference, events),
            Command::ListInstrument { terms } => self.list_instrument(terms, events),
            Command::SubmitOrder(request) => self.submit_order(request, events),
            Command::CancelOrder { account, order } => self.cancel_order(account, order, events),
            Command::RecordFixing { series, day, stage, price } => {
                self.fixings.record(series, day, stage, price).map(|event| events.push(event))
            }
            Command::StartSettlement { instrument, day, kind } => self.start_settlement(instrument, day, kind, events),
            Command::AdvanceSettlement { instrument } => self.advance_settlement(instrument, events),
        }
    }

    /// What a key may do.
    ///
    /// # Errors
    /// If it is not registered or was revoked.
    pub fn role_of(&self, key: KeyId) -> Result<Role, Reject> {
        if key == KeyId::VENUE {
            return Ok(Role::Operator);
        }
        match self.keys.get(&key) {
            None => Err(Reject::UnknownKey { key }),
            Some(Key { revoked: true, .. }) => Err(Reject::KeyRevoked { key }),
            Some(Key { role, .. }) => Ok(*role),
        }
    }

    /// Place of the last command applied.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Time of the last command applied.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// A registered key.
    pub fn key(&self, key: KeyId) -> Option<&Key> {
        self.keys.get(&key)
    }

    /// All registered keys.
    pub fn keys(&self) -> impl Iterator<Item = (KeyId, &Key)> {
        self.keys.iter().map(|(&id, key)| (id, key))
    }

    /// All customer accounts.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.accounts.iter().copied()
    }

    /// All listed contracts.
    pub fn markets(&self) -> impl Iterator<Item = &Market> {
        self.markets.values()
    }

    /// A listed contract.
    pub fn market(&self, instrument: InstrumentId) -> Option<&Market> {
        self.markets.get(&instrument)
    }

    /// Position and open orders of an account in a contract.
    pub fn exposure(&self, instrument: InstrumentId, account: AccountId) -> Exposure {
        self.exposures.get(&(instrument, account)).copied().unwrap_or_default()
    }

    /// Every exposure that is not empty.
    pub fn exposures(&self) -> impl Iterator<Item = (InstrumentId, AccountId, &Exposure)> {
        self.exposures.iter().map(|(&(instrument, account), exposure)| (instrument, account, exposure))
    }

    /// The remembered orders.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The daily values of all series.
    pub fn fixings(&self) -> &Fixings {
        &self.fixings
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn market_mut(&mut self, instrument: InstrumentId) -> Result<&mut Market, Reject> {
        self.markets.get_mut(&instrument).ok_or(Reject::UnknownInstrument { instrument })
    }

    /// Replaces an exposure and the hold that covers it in one go, so that the two cannot part.
    pub(crate) fn set_exposure(&mut self, terms: &Terms, account: AccountId, after: Exposure) {
        let key = (terms.instrument, account);
        let before = self.exposures.get(&key).copied().unwrap_or_default();
        self.ledger.rehold(account, AssetId::USD, before.hold(terms), after.hold(terms));
        if after.is_empty() {
            self.exposures.remove(&key);
        } else {
            self.exposures.insert(key, after);
        }
    }

    /// Moves US dollars and says so.
    pub(crate) fn transfer(
        &mut self,
        from: LedgerAccount,
        to: LedgerAccount,
        amount: Cash,
        reason: TransferReason,
        events: &mut Vec<Event>,
    ) {
        let asset = AssetId::USD;
        self.ledger.transfer(from, to, asset, amount);
        events.push(Event::Transferred { from, to, asset, amount, reason });
    }

    /// Full collateral is a promise: no account may ever use money that covers its worst case.
    pub(crate) fn assert_covered(&self, account: AccountId) {
        let balance = self.ledger.balance(LedgerAccount::Customer(account), AssetId::USD);
        assert!(balance.free() >= Cash::ZERO, "account {account} has {} free", balance.free());
    }
}
