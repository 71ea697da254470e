//! The slow, obvious exchange that the engine is compared with: it is written from `docs/contract-specifications.md` and shares
//! only the language (commands, events, rejects, terms, identifiers, units) with the engine.
//!
//! Everything is a list, every question is a scan, nothing is kept that can be worked out: a hold comes from position, cost and
//! open orders, a balance is the sum of its postings. Arithmetic is in plain `i128`.

mod orders;
mod settlement;

use engine::command::{Command, FixingStage, Role, Stamp};
use engine::event::{Event, FixingRung, TransferReason};
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId};
use engine::instrument::Terms;
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::Reject;
use engine::units::{Cash, Day, Price, Side, Timestamp};

/// The whole exchange.
#[derive(Default)]
pub struct Twin {
    now: Timestamp,
    seq: u64,
    accounts: Vec<AccountId>,
    keys: Vec<Key>,
    /// Whose deposits were credited, one entry each.
    deposits: Vec<AccountId>,
    postings: Vec<(LedgerAccount, i128)>,
    contracts: Vec<Contract>,
    /// Every order whose client order id is still kept, in order of arrival.
    orders: Vec<Order>,
    /// The finished ones among them, in order of finish.
    finished: Vec<(OrderId, Timestamp)>,
    holdings: Vec<Holding>,
    trades: Vec<PastTrade>,
    fixings: Vec<Fixing>,
    events: Vec<Event>,
}

struct Key {
    key: KeyId,
    role: Role,
    revoked: bool,
}

struct Contract {
    terms: Terms,
    /// The settlement that is being posted.
    settling: Option<settlement::Settling>,
    settled_for_good: bool,
    last_settled: Option<(Day, i128)>,
}

/// An order and what became of it.
#[derive(Clone)]
pub struct Order {
    pub order: OrderId,
    pub account: AccountId,
    pub client_order_id: ClientOrderId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub limit: Price,
    pub lots: u32,
    /// What it had traded when it was first answered.
    pub filled_at_first: u32,
    /// What rested when it was first answered.
    pub rested_at_first: u32,
    pub remaining: u32,
}

/// What one account has in one contract.
pub struct Holding {
    pub account: AccountId,
    pub instrument: InstrumentId,
    pub position: i128,
    pub cost: i128,
}

struct PastTrade {
    instrument: InstrumentId,
    day: Day,
    price: Price,
}

struct Fixing {
    series: SeriesId,
    day: Day,
    stage: FixingStage,
    price: Price,
    rung: FixingRung,
}

impl Twin {
    /// Applies one command; what happened is appended to `events`.
    pub fn apply(&mut self, stamp: &Stamp, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.now = stamp.time;
        self.seq = stamp.seq.0;
        self.forget_finished_orders();
        let answer = self.authorise(stamp.key, command).and_then(|()| self.execute(command));
        if let Err(reject) = answer {
            assert!(self.events.is_empty(), "a refused command has no other event");
            self.events.push(Event::Rejected(reject));
        }
        events.append(&mut self.events);
        answer
    }

    fn authorise(&self, sender: KeyId, command: &Command) -> Result<(), Reject> {
        let role = if sender == KeyId::VENUE {
            Role::Operator
        } else {
            let key = self.keys.iter().find(|key| key.key == sender).ok_or(Reject::UnknownKey { key: sender })?;
            if key.revoked {
                return Err(Reject::KeyRevoked { key: sender });
            }
            key.role
        };
        let trades_for = match command {
            Command::SubmitOrder(request) => Some(request.account),
            Command::CancelOrder { account, .. } => Some(*account),
            _ => None,
        };
        let allowed = match trades_for {
            Some(account) => role == Role::Trader(account),
            None => role == Role::Operator,
        };
        if allowed { Ok(()) } else { Err(Reject::NotAuthorised { key: sender }) }
    }

    fn execute(&mut self, command: &Command) -> Result<(), Reject> {
        match *command {
            Command::OpenAccount { account } => self.open_account(account),
            Command::RegisterKey { key, role, .. } => self.register_key(key, role),
            Command::RevokeKey { key } => self.revoke_key(key),
            Command::Deposit { account, amount, reference } => self.deposit(account, amount, reference),
            Command::ListInstrument { terms } => self.list(terms),
            Command::SubmitOrder(request) => self.submit(&request),
            Command::CancelOrder { account, order } => self.cancel(account, order),
            Command::RecordFixing { series, day, stage, price } => self.record_fixing(series, day, stage, price),
            Command::StartSettlement { instrument, day, kind } => self.start_settlement(instrument, day, kind),
            Command::AdvanceSettlement { instrument } => self.advance_settlement(instrument),
        }
    }

    fn open_account(&mut self, account: AccountId) -> Result<(), Reject> {
        if self.accounts.contains(&account) {
            return Err(Reject::AccountExists { account });
        }
        if self.accounts.len() >= limits::ACCOUNTS_MAX {
            return Err(Reject::TooManyAccounts);
        }
        self.accounts.push(account);
        self.events.push(Event::AccountOpened { account });
        Ok(())
    }

    fn register_key(&mut self, key: KeyId, role: Role) -> Result<(), Reject> {
        if let Role::Trader(account) = role {
            self.require_account(account)?;
        }
        if key == KeyId::VENUE || self.keys.iter().any(|known| known.key == key) {
            return Err(Reject::KeyExists { key });
        }
        if self.keys.len() >= limits::KEYS_MAX {
            return Err(Reject::TooManyKeys);
        }
        self.keys.push(Key { key, role, revoked: false });
        self.events.push(Event::KeyRegistered { key, role });
        Ok(())
    }

    fn revoke_key(&mut self, key: KeyId) -> Result<(), Reject> {
        let known = self.keys.iter_mut().find(|known| known.key == key).ok_or(Reject::UnknownKey { key })?;
        if known.revoked {
            return Err(Reject::KeyRevoked { key });
        }
        known.revoked = true;
        self.events.push(Event::KeyRevoked { key });
        Ok(())
    }

    fn deposit(&mut self, account: AccountId, amount: Cash, reference: u64) -> Result<(), Reject> {
        self.require_account(account)?;
        if amount.0 <= 0 || amount > limits::DEPOSIT_MAX {
            return Err(Reject::AmountOutOfRange { amount });
        }
        let next = self.deposits.iter().filter(|of| **of == account).count() as u64 + 1;
        if reference != next {
            return Err(Reject::DepositOutOfSequence { account, reference, next });
        }
        let paid_in = -self.posted(LedgerAccount::Outside);
        if paid_in + i128::from(amount.0) > i128::from(limits::TOTAL_CASH_MAX.0) {
            return Err(Reject::TotalCashLimit);
        }
        self.deposits.push(account);
        let to = LedgerAccount::Customer(account);
        self.transfer(LedgerAccount::Outside, to, i128::from(amount.0), TransferReason::Deposit);
        Ok(())
    }

    fn list(&mut self, terms: Terms) -> Result<(), Reject> {
        let Terms { instrument, symbol, .. } = terms;
        if self.contracts.iter().any(|listed| listed.terms.instrument == instrument) {
            return Err(Reject::InstrumentExists { instrument });
        }
        if self.contracts.iter().any(|listed| listed.terms.symbol == symbol) {
            return Err(Reject::SymbolExists { symbol });
        }
        if let Some(rule) = broken_rule(&terms) {
            return Err(Reject::InvalidTerms { rule });
        }
        if self.contracts.len() >= limits::INSTRUMENTS_MAX {
            return Err(Reject::TooManyInstruments);
        }
        self.contracts.push(Contract { terms, settling: None, settled_for_good: false, last_settled: None });
        self.events.push(Event::InstrumentListed { instrument, symbol });
        Ok(())
    }

    fn require_account(&self, account: AccountId) -> Result<(), Reject> {
        if self.accounts.contains(&account) { Ok(()) } else { Err(Reject::UnknownAccount { account }) }
    }

    fn contract(&self, instrument: InstrumentId) -> Result<&Contract, Reject> {
        let listed = self.contracts.iter().find(|contract| contract.terms.instrument == instrument);
        listed.ok_or(Reject::UnknownInstrument { instrument })
    }

    fn contract_mut(&mut self, instrument: InstrumentId) -> &mut Contract {
        self.contracts.iter_mut().find(|contract| contract.terms.instrument == instrument).unwrap()
    }

    /// Moves money, or does nothing if there is none to move.
    fn transfer(&mut self, from: LedgerAccount, to: LedgerAccount, amount: i128, reason: TransferReason) {
        if amount == 0 {
            return;
        }
        assert!(amount > 0, "money moves forwards");
        self.postings.push((from, -amount));
        self.postings.push((to, amount));
        self.events.push(Event::Transferred { from, to, asset: AssetId::USD, amount: cash(amount), reason });
    }
}

/// What anybody may ask.
impl Twin {
    /// The accounts, in the order in which they were opened.
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// The listed contracts.
    pub fn instruments(&self) -> Vec<InstrumentId> {
        self.contracts.iter().map(|contract| contract.terms.instrument).collect()
    }

    /// The sum of all postings to one account of the ledger.
    pub fn posted(&self, of: LedgerAccount) -> i128 {
        self.postings.iter().filter(|(account, _)| *account == of).map(|(_, amount)| amount).sum()
    }

    /// The sum of all postings.
    pub fn ledger_total(&self) -> i128 {
        self.postings.iter().map(|(_, amount)| amount).sum()
    }

    /// What is held over all contracts.
    pub fn held(&self, account: AccountId) -> i128 {
        self.contracts.iter().map(|contract| self.hold(account, &contract.terms, None)).sum()
    }

    /// What an account has in a contract: position and cost.
    pub fn holding(&self, account: AccountId, instrument: InstrumentId) -> (i128, i128) {
        let mut found = self.holdings.iter().filter(|held| held.account == account && held.instrument == instrument);
        found.next().map_or((0, 0), |held| (held.position, held.cost))
    }

    /// The hold of one account in one contract by the two formulas of the page, `extra` counted among its open orders.
    fn hold(&self, account: AccountId, terms: &Terms, extra: Option<&Order>) -> i128 {
        let (position, cost) = self.holding(account, terms.instrument);
        let hours = 24 * i128::from(terms.days);
        let (floor, cap) = (i128::from(terms.floor.0), i128::from(terms.cap.0));
        let worst_fee = i128::from(terms.fees.maker.0.max(terms.fees.taker.0));

        let mut at_floor = cost - position * floor * hours;
        let mut at_cap = cost - position * cap * hours;
        let mut fees = 0;
        let own = |order: &&Order| order.account == account && order.instrument == terms.instrument;
        for order in self.orders.iter().filter(own).chain(extra) {
            let (remaining, limit) = (i128::from(order.remaining), i128::from(order.limit.0));
            match order.side {
                Side::Buy => at_floor += remaining * (limit - floor) * hours,
                Side::Sell => at_cap += remaining * (cap - limit) * hours,
            }
            fees += remaining * worst_fee * hours;
        }
        at_floor.max(at_cap).max(0) + fees
    }
}

/// The first rule of listing that these terms break.
fn broken_rule(terms: &Terms) -> Option<&'static str> {
    let most = limits::PRICE_MAX.0;
    let end_day = i64::from(terms.first_day.0) + i64::from(terms.days);
    let worst_fee = terms.fees.maker.0.max(terms.fees.taker.0);
    let least_fee = terms.fees.maker.0.min(terms.fees.taker.0);
    if !(1..=31).contains(&terms.days) {
        Some("delivery lasts 1 to 31 days")
    } else if terms.first_day.0 < 0 || end_day * 86_400_000_000 > limits::TIMESTAMP_MAX.0 {
        Some("delivery lies between 1970 and 2200")
    } else if terms.tick.0 <= 0 || terms.tick.0 > most {
        Some("tick is above zero")
    } else if terms.floor.0 < -most || terms.cap.0 > most || terms.floor.0 >= terms.cap.0 {
        Some("floor lies below cap, both within 1000 USD of zero")
    } else if terms.floor.0 % terms.tick.0 != 0 || terms.cap.0 % terms.tick.0 != 0 {
        Some("floor and cap are multiples of the tick")
    } else if least_fee < 0 || worst_fee > most {
        Some("fees are not negative")
    } else {
        None
    }
}

fn cash(micros: i128) -> Cash {
    Cash(i64::try_from(micros).expect("amounts of money fit 64 bits"))
}
