//! What the operator sets up: accounts, keys, money from outside, contracts.

use crate::book::Book;
use crate::command::{Credential, Role};
use crate::engine::{Engine, Key, Market};
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, AssetId, KeyId};
use crate::instrument::{State, Terms};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::reject::Reject;
use crate::settlement::LastTrades;
use crate::units::Cash;

impl Engine {
    pub(crate) fn open_account(&mut self, account: AccountId, events: &mut Vec<Event>) -> Result<(), Reject> {
        if self.accounts.contains(&account) {
            return Err(Reject::AccountExists { account });
        }
        if self.accounts.len() >= limits::ACCOUNTS_MAX {
            return Err(Reject::TooManyAccounts);
        }
        self.accounts.insert(account);
        events.push(Event::AccountOpened { account });
        Ok(())
    }

    pub(crate) fn register_key(
        &mut self,
        key: KeyId,
        credential: Credential,
        role: Role,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        if let Role::Trader(account) = role {
            self.check_account(account)?;
        }
        if key == KeyId::VENUE || self.keys.contains_key(&key) {
            return Err(Reject::KeyExists { key });
        }
        if self.keys.len() >= limits::KEYS_MAX {
            return Err(Reject::TooManyKeys);
        }
        self.keys.insert(key, Key { credential, role, revoked: false });
        events.push(Event::KeyRegistered { key, role });
        Ok(())
    }

    pub(crate) fn revoke_key(&mut self, key: KeyId, events: &mut Vec<Event>) -> Result<(), Reject> {
        let entry = self.keys.get_mut(&key).ok_or(Reject::UnknownKey { key })?;
        if entry.revoked {
            return Err(Reject::KeyRevoked { key });
        }
        entry.revoked = true;
        events.push(Event::KeyRevoked { key });
        Ok(())
    }

    /// Deposits to an account are numbered without a gap, so remembering the last number is enough to credit each once, and whoever
    /// did not hear the answer learns from the next attempt whether it was.
    pub(crate) fn deposit(
        &mut self,
        account: AccountId,
        amount: Cash,
        reference: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.check_account(account)?;
        if amount <= Cash::ZERO || amount > limits::DEPOSIT_MAX {
            return Err(Reject::AmountOutOfRange { amount });
        }
        let next = self.deposits.get(&account).map_or(1, |last| last + 1);
        if reference != next {
            return Err(Reject::DepositOutOfSequence { account, reference, next });
        }
        let inside = -self.ledger.balance(LedgerAccount::Outside, AssetId::USD).posted;
        if inside + amount > limits::TOTAL_CASH_MAX {
            return Err(Reject::TotalCashLimit);
        }
        self.deposits.insert(account, reference);
        self.transfer(
            LedgerAccount::Outside,
            LedgerAccount::Customer(account),
            amount,
            TransferReason::Deposit,
            events,
        );
        Ok(())
    }

    pub(crate) fn list_instrument(&mut self, terms: Terms, events: &mut Vec<Event>) -> Result<(), Reject> {
        let Terms { instrument, symbol, .. } = terms;
        if self.markets.contains_key(&instrument) {
            return Err(Reject::InstrumentExists { instrument });
        }
        if self.symbols.contains_key(&symbol) {
            return Err(Reject::SymbolExists { symbol });
        }
        terms.check()?;
        if self.markets.len() >= limits::INSTRUMENTS_MAX {
            return Err(Reject::TooManyInstruments);
        }
        let market = Market {
            terms,
            state: State::Trading,
            book: Book::default(),
            last_trades: LastTrades::default(),
            settled: None,
            run: None,
        };
        self.markets.insert(instrument, market);
        self.symbols.insert(symbol, instrument);
        events.push(Event::InstrumentListed { instrument, symbol });
        Ok(())
    }

    fn check_account(&self, account: AccountId) -> Result<(), Reject> {
        if self.accounts.contains(&account) { Ok(()) } else { Err(Reject::UnknownAccount { account }) }
    }
}
