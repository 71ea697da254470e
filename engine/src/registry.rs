//! What the operator sets up: accounts, keys, assets, contracts, and what governs them.

use crate::accounts::AccountLimits;
use crate::command::{Credential, Role};
use crate::controls::Controls;
use crate::engine::{Engine, Key};
use crate::event::Event;
use crate::fees::check_tiers;
use crate::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId};
use crate::instrument::{FEE_TIERS, FeeTiers, Halt, State, Terms};
use crate::ledger::{Asset, LedgerAccount};
use crate::limits;
use crate::market::Market;
use crate::order::TriggerReference;
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::{Price, Timestamp};

impl Engine {
    pub(crate) fn open_account(&mut self, account: AccountId, events: &mut Vec<Event>) -> Result<(), Reject> {
        self.check_new_account(account)?;
        self.check_room_for_account()?;
        self.add_account(account, account);
        events.push(Event::AccountOpened { account });
        Ok(())
    }

    pub(crate) fn open_sub_account(
        &mut self,
        account: AccountId,
        master: AccountId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.check_new_account(account)?;
        let owner = self.accounts.require(master)?;
        self.check_room_for_account()?;
        if self.accounts.get(owner).master != master {
            return Err(Reject::NotAMaster { master });
        }
        self.add_account(account, master);
        events.push(Event::SubAccountOpened { account, master });
        Ok(())
    }

    pub(crate) fn set_account_limits(
        &mut self,
        account: AccountId,
        limits: AccountLimits,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        limits.check()?;
        let owner = self.accounts.get_mut(slot);
        owner.limits = limits;
        (owner.orders_budget, owner.cancels_budget) = Default::default();
        events.push(Event::AccountLimitsSet { account, limits });
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
            self.accounts.require(account)?;
        }
        if key == KeyId::VENUE || self.keys.get(key).is_some() {
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
        let entry = self.keys.get_mut(key).ok_or(Reject::UnknownKey { key })?;
        if entry.revoked {
            return Err(Reject::KeyRevoked { key });
        }
        entry.revoked = true;
        events.push(Event::KeyRevoked { key });
        Ok(())
    }

    pub(crate) fn define_asset(
        &mut self,
        asset: AssetId,
        symbol: AssetSymbol,
        decimals: u8,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.check_new_asset(asset, symbol, decimals)?;
        self.ledger.define(asset, Asset { symbol, decimals });
        events.push(Event::AssetDefined { asset, symbol, decimals });
        Ok(())
    }

    pub(crate) fn check_new_asset(&self, asset: AssetId, symbol: AssetSymbol, decimals: u8) -> Result<(), Reject> {
        if self.ledger.asset(asset).is_some() {
            return Err(Reject::AssetExists { asset });
        }
        if self.ledger.assets().any(|(_, known)| known.symbol == symbol) {
            return Err(Reject::AssetSymbolExists { symbol });
        }
        if decimals > limits::DECIMALS_MAX {
            return Err(Reject::InvalidAsset { rule: "an asset has at most 18 decimal places" });
        }
        if self.ledger.assets().count() >= limits::ASSETS_MAX {
            return Err(Reject::InvalidAsset { rule: "the venue has 10000 assets, the most it can" });
        }
        Ok(())
    }

    pub(crate) fn list_instrument(&mut self, terms: &Terms, events: &mut Vec<Event>) -> Result<(), Reject> {
        let Terms { instrument, symbol, .. } = *terms;
        self.check_collateral_kind(terms)?;
        if let Some(asset) = terms.base().filter(|&asset| self.ledger.asset(asset).is_none()) {
            return Err(Reject::UnknownAsset { asset });
        }
        if self.markets.find(instrument).is_some() {
            return Err(Reject::InstrumentExists { instrument });
        }
        if self.markets.find_symbol(symbol).is_some() {
            return Err(Reject::SymbolExists { symbol });
        }
        terms.check()?;
        if terms.is_margined() && !self.rules.has_margin() {
            return Err(Reject::InvalidTerms { rule: "contracts on margin need the third version of the rules" });
        }
        if let Some(strip) = terms.strip() {
            self.check_legs(&strip)?;
        }
        if let Some(spread) = terms.spread() {
            if !self.rules.has_spreads() {
                return Err(Reject::InvalidTerms { rule: "spreads need the fourth version of the rules" });
            }
            self.check_spread(&spread)?;
        }
        let vault = terms.base().and_then(|asset| self.vaults.of_asset(asset)).and_then(|vault| self.vault(vault));
        if vault.is_some_and(|vault| !vault.state.trades()) {
            return Err(Reject::InvalidTerms { rule: "the vault of these shares is wound up" });
        }
        if self.markets.len() >= limits::INSTRUMENTS_MAX {
            return Err(Reject::TooManyInstruments);
        }
        let months = self.months_of(terms);
        let series = terms.series().filter(|_| terms.is_margined()).map(|series| self.margins.slot(series));
        let mut market = Market::new(*terms, series, months);
        market.legs = self.legs_of_spread(terms);
        if let Some(fixing) = self.latest_fixing(&market) {
            market.stops.note(TriggerReference::Index, fixing);
        }
        let place = self.markets.insert(market);
        self.derive_risk(place);
        self.exposures.add_market();
        events.push(Event::InstrumentListed { instrument, symbol });
        Ok(())
    }

    pub(crate) fn set_controls(
        &mut self,
        instrument: InstrumentId,
        controls: &Controls,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        let market = self.markets.get_mut(place);
        controls.check(&market.terms)?;
        if market.state == State::Settled {
            return Err(Reject::Expired { instrument });
        }
        market.controls = *controls;
        events.push(Event::ControlsSet { instrument, controls: *controls });
        self.restart_limits(place, events);
        Ok(())
    }

    pub(crate) fn halt_instrument(&mut self, instrument: InstrumentId, events: &mut Vec<Event>) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        let market = self.markets.get(place);
        if market.state == State::Settled || market.halt == Some(Halt::Operator) {
            return Err(Reject::NothingToHaltOrResume { instrument });
        }
        let halt = Halt::Operator;
        self.set_halt(place, Some(halt));
        self.refresh(place);
        events.push(Event::InstrumentHalted { instrument, halt });
        Ok(())
    }

    pub(crate) fn resume_instrument(
        &mut self,
        instrument: InstrumentId,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        if self.markets.get(place).halt != Some(Halt::Operator) {
            return Err(Reject::NothingToHaltOrResume { instrument });
        }
        self.set_halt(place, None);
        self.refresh(place);
        events.push(Event::InstrumentResumed { instrument });
        Ok(())
    }

    pub(crate) fn schedule_fees(
        &mut self,
        instrument: InstrumentId,
        effective: Timestamp,
        tiers: FeeTiers,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        let now = self.time;
        let market = self.markets.get_mut(place);
        market.fees.check(effective, now)?;
        check_tiers(&tiers, market.terms.fees.worst())?;
        market.fees.check_count(now)?;
        if market.state == State::Settled {
            return Err(Reject::Expired { instrument });
        }
        market.fees.add(effective, tiers, now);
        events.push(Event::FeesScheduled { instrument, effective, tiers });
        Ok(())
    }

    pub(crate) fn assign_fee_tier(
        &mut self,
        account: AccountId,
        effective: Timestamp,
        tier: u8,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        let slot = self.accounts.require(account)?;
        let now = self.time;
        let schedule = &mut self.accounts.get_mut(slot).fee_tier;
        schedule.check(effective, now)?;
        if usize::from(tier) >= FEE_TIERS {
            return Err(Reject::InvalidFees { rule: "a tier is 0 to 3" });
        }
        schedule.check_count(now)?;
        schedule.add(effective, tier, now);
        events.push(Event::FeeTierAssigned { account, effective, tier });
        Ok(())
    }

    pub(crate) fn update_mark(&mut self, instrument: InstrumentId, events: &mut Vec<Event>) -> Result<(), Reject> {
        let place = self.markets.require(instrument)?;
        if self.markets.get(place).state == State::Settled {
            return Err(Reject::Expired { instrument });
        }
        if self.markets.get(place).terms.is_margined() {
            return self.mark_margined(place, events);
        }
        let price = self.mark_candidate(instrument).ok_or(Reject::NoMark { instrument })?;
        self.markets.get_mut(place).stops.note(TriggerReference::Mark, price);
        self.refresh(place);
        events.push(Event::MarkUpdated { instrument, price });
        Ok(())
    }

    pub(crate) fn adopt_rules(&mut self, asked: Rules, events: &mut Vec<Event>) -> Result<(), Reject> {
        let next = Rules(self.rules.0 + 1).min(Rules::LATEST);
        if asked != next || asked == self.rules {
            return Err(Reject::RulesOutOfOrder { asked, next });
        }
        self.rules = asked;
        events.push(Event::RulesAdopted { rules: asked });
        Ok(())
    }

    /// The latest fixing of the series of a contract.
    pub(crate) fn latest_fixing(&self, market: &Market) -> Option<Price> {
        self.fixings.latest(market.terms.series()?).map(|(_, fixing)| fixing.price)
    }

    fn check_new_account(&self, account: AccountId) -> Result<(), Reject> {
        if self.accounts.find(account).is_some() { Err(Reject::AccountExists { account }) } else { Ok(()) }
    }

    fn check_room_for_account(&self) -> Result<(), Reject> {
        if self.accounts.len() >= limits::ACCOUNTS_MAX { Err(Reject::TooManyAccounts) } else { Ok(()) }
    }

    fn add_account(&mut self, account: AccountId, master: AccountId) {
        let dollars = self.ledger.slot(LedgerAccount::Customer(account), AssetId::USD);
        self.accounts.open(account, master, dollars);
    }
}
