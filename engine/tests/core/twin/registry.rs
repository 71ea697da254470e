//! Who may do what in the twin, and what the operator sets up: accounts, keys, limits, assets, contracts, rules.

use engine::accounts::AccountLimits;
use engine::command::{Command, Role};
use engine::controls::Controls;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId};
use engine::instrument::{Kind, Terms};
use engine::limits;
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::Day;
use engine::vaults::VaultCommand;

use super::{Account, Contract, Key, Twin, margin};

impl Twin {
    pub(super) fn authorise(&self, sender: KeyId, command: &Command) -> Result<(), Reject> {
        let role = if sender == KeyId::VENUE {
            Role::Operator
        } else {
            let key = self.keys.iter().find(|key| key.key == sender).ok_or(Reject::UnknownKey { key: sender })?;
            if key.revoked {
                return Err(Reject::KeyRevoked { key: sender });
            }
            key.role
        };
        let acts_for = match command {
            Command::SubmitOrder(request) => Some(request.account),
            Command::AmendOrder(amendment) => Some(amendment.account),
            Command::CancelOrder { account, .. }
            | Command::CancelAllOrders { account, .. }
            | Command::CancelAfter { account, .. }
            | Command::RequestWithdrawal { account, .. }
            | Command::LinkAccount { account, .. }
            | Command::WithdrawToChain { account, .. }
            | Command::Vault(VaultCommand::Subscribe { account, .. } | VaultCommand::ClaimYield { account, .. }) => {
                Some(*account)
            }
            _ => None,
        };
        let allowed = match (command, acts_for) {
            (Command::TransferFunds { from, .. }, _) => role == Role::Trader(self.owner(*from)),
            (_, Some(account)) => role == Role::Trader(account) || role == Role::Trader(self.owner(account)),
            (_, None) => role == Role::Operator,
        };
        if allowed { Ok(()) } else { Err(Reject::NotAuthorised { key: sender }) }
    }

    /// The first account of whoever owns this one.
    pub(super) fn owner(&self, account: AccountId) -> AccountId {
        let known = self.accounts.iter().find(|known| known.account == account);
        known.and_then(|known| known.master).unwrap_or(account)
    }

    pub(super) fn open_account(&mut self, account: AccountId) -> Result<(), Reject> {
        self.refuse_known(account)?;
        self.refuse_full()?;
        self.add_account(account, None);
        self.events.push(Event::AccountOpened { account });
        Ok(())
    }

    pub(super) fn open_sub_account(&mut self, account: AccountId, master: AccountId) -> Result<(), Reject> {
        self.refuse_known(account)?;
        self.require_account(master)?;
        self.refuse_full()?;
        if self.owner(master) != master {
            return Err(Reject::NotAMaster { master });
        }
        self.add_account(account, Some(master));
        self.events.push(Event::SubAccountOpened { account, master });
        Ok(())
    }

    fn refuse_known(&self, account: AccountId) -> Result<(), Reject> {
        let known = self.accounts.iter().any(|known| known.account == account);
        if known { Err(Reject::AccountExists { account }) } else { Ok(()) }
    }

    fn refuse_full(&self) -> Result<(), Reject> {
        if self.accounts.len() >= limits::ACCOUNTS_MAX { Err(Reject::TooManyAccounts) } else { Ok(()) }
    }

    fn add_account(&mut self, account: AccountId, master: Option<AccountId>) {
        self.accounts.push(Account {
            account,
            master,
            limits: AccountLimits::default(),
            ordered: Vec::new(),
            cancelled: Vec::new(),
            tiers: Vec::new(),
        });
    }

    pub(super) fn register_key(&mut self, key: KeyId, role: Role) -> Result<(), Reject> {
        self.check_registrar(role)?;
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

    pub(super) fn revoke_key(&mut self, key: KeyId) -> Result<(), Reject> {
        let known = self.keys.iter_mut().find(|known| known.key == key).ok_or(Reject::UnknownKey { key })?;
        if known.revoked {
            return Err(Reject::KeyRevoked { key });
        }
        known.revoked = true;
        self.events.push(Event::KeyRevoked { key });
        Ok(())
    }

    pub(super) fn set_account_limits(&mut self, account: AccountId, asked: AccountLimits) -> Result<(), Reject> {
        self.require_account(account)?;
        let rates = [asked.orders, asked.cancels];
        let invalid = |rule| Err(Reject::InvalidAccountLimits { rule });
        if rates.iter().any(|rate| rate.per_second > 1_000_000) {
            return invalid("a rate is at most 1000000 a second");
        }
        if rates.iter().any(|rate| rate.burst > 1_000_000) {
            return invalid("a burst is at most 1000000");
        }
        if asked.open_orders_max > 10_000 {
            return invalid("live orders are at most 10000");
        }
        let known = self.account_mut(account);
        known.limits = asked;
        known.ordered.clear();
        known.cancelled.clear();
        self.events.push(Event::AccountLimitsSet { account, limits: asked });
        Ok(())
    }

    pub(super) fn define_asset(&mut self, asset: AssetId, symbol: AssetSymbol, decimals: u8) -> Result<(), Reject> {
        self.check_new_asset(asset, symbol, decimals)?;
        self.add_asset(asset, symbol, decimals);
        Ok(())
    }

    pub(super) fn check_new_asset(&self, asset: AssetId, symbol: AssetSymbol, decimals: u8) -> Result<(), Reject> {
        if asset == AssetId::USD || self.assets.iter().any(|(known, _)| *known == asset) {
            return Err(Reject::AssetExists { asset });
        }
        if symbol.as_str() == "USD" || self.assets.iter().any(|(_, known)| *known == symbol) {
            return Err(Reject::AssetSymbolExists { symbol });
        }
        if decimals > 18 {
            return Err(Reject::InvalidAsset { rule: "an asset has at most 18 decimal places" });
        }
        if self.assets.len() + 1 >= limits::ASSETS_MAX {
            return Err(Reject::InvalidAsset { rule: "the venue has 10000 assets, the most it can" });
        }
        Ok(())
    }

    pub(super) fn add_asset(&mut self, asset: AssetId, symbol: AssetSymbol, decimals: u8) {
        self.assets.push((asset, symbol));
        self.events.push(Event::AssetDefined { asset, symbol, decimals });
    }

    pub(super) fn adopt_rules(&mut self, asked: Rules) -> Result<(), Reject> {
        let next = Rules((self.rules.0 + 1).min(Rules::LATEST.0));
        if asked != next || self.rules == Rules::LATEST {
            return Err(Reject::RulesOutOfOrder { asked, next });
        }
        self.rules = asked;
        self.events.push(Event::RulesAdopted { rules: asked });
        Ok(())
    }

    pub(super) fn list(&mut self, terms: Terms) -> Result<(), Reject> {
        let Terms { instrument, symbol, .. } = terms;
        if self.has_chain() && matches!(terms.kind, Kind::Month(_)) {
            return Err(Reject::ThroughTheChain);
        }
        if let Kind::Spot(spot) = terms.kind {
            self.require_asset(spot.base)?;
        }
        if self.contracts.iter().any(|listed| listed.terms.instrument == instrument) {
            return Err(Reject::InstrumentExists { instrument });
        }
        if self.contracts.iter().any(|listed| listed.terms.symbol == symbol) {
            return Err(Reject::SymbolExists { symbol });
        }
        if let Some(rule) = broken_rule(&terms) {
            return Err(Reject::InvalidTerms { rule });
        }
        if terms.is_margined() && self.rules < Rules::THIRD {
            return Err(Reject::InvalidTerms { rule: "contracts on margin need the third version of the rules" });
        }
        let broken = match terms.kind {
            Kind::Strip(strip) => self.broken_rule_of_legs(&strip),
            Kind::Spread(spread) => self.broken_rule_of_spread(&spread),
            _ => None,
        };
        if let Some(rule) = broken {
            return Err(Reject::InvalidTerms { rule });
        }
        if matches!(terms.kind, Kind::Spot(spot) if self.is_wound_up(spot.base)) {
            return Err(Reject::InvalidTerms { rule: "the vault of these shares is wound up" });
        }
        if self.contracts.len() >= limits::INSTRUMENTS_MAX {
            return Err(Reject::TooManyInstruments);
        }
        self.contracts.push(Contract {
            terms,
            controls: Controls::NONE,
            width: 0,
            halt: None,
            fees: Vec::new(),
            mark: None,
            margin: margin::OfContract::default(),
            reach: [None; 3],
            settling: None,
            settled_for_good: false,
            last_settled: None,
        });
        self.events.push(Event::InstrumentListed { instrument, symbol });
        Ok(())
    }

    pub(super) fn require_account(&self, account: AccountId) -> Result<(), Reject> {
        let known = self.accounts.iter().any(|known| known.account == account);
        if known { Ok(()) } else { Err(Reject::UnknownAccount { account }) }
    }

    pub(super) fn require_asset(&self, asset: AssetId) -> Result<(), Reject> {
        if self.assets().contains(&asset) { Ok(()) } else { Err(Reject::UnknownAsset { asset }) }
    }

    pub(super) fn account(&self, account: AccountId) -> &Account {
        self.accounts.iter().find(|known| known.account == account).unwrap()
    }

    pub(super) fn account_mut(&mut self, account: AccountId) -> &mut Account {
        self.accounts.iter_mut().find(|known| known.account == account).unwrap()
    }

    pub(super) fn contract(&self, instrument: InstrumentId) -> Result<&Contract, Reject> {
        let listed = self.contracts.iter().find(|contract| contract.terms.instrument == instrument);
        listed.ok_or(Reject::UnknownInstrument { instrument })
    }

    /// A contract that is known to be listed.
    pub(super) fn listed(&self, instrument: InstrumentId) -> &Contract {
        self.contract(instrument).unwrap()
    }

    pub(super) fn contract_mut(&mut self, instrument: InstrumentId) -> &mut Contract {
        self.contracts.iter_mut().find(|contract| contract.terms.instrument == instrument).unwrap()
    }
}

fn lies_in_time(first_day: Day, days: u16) -> bool {
    let end_day = i64::from(first_day.0) + i64::from(days);
    first_day.0 >= 0 && end_day * 86_400_000_000 <= limits::TIMESTAMP_MAX.0
}

/// The first rule of listing that these terms break.
pub(super) fn broken_rule(terms: &Terms) -> Option<&'static str> {
    let most = limits::PRICE_MAX.0;
    let worst_fee = terms.fees.maker.0.max(terms.fees.taker.0);
    let least_fee = terms.fees.maker.0.min(terms.fees.taker.0);
    let broken_kind = match terms.kind {
        Kind::Month(month) | Kind::MarginedMonth(month) | Kind::PhysicalMonth(month) => {
            let outside = !lies_in_time(month.first_day, month.days);
            if !(1..=31).contains(&month.days) {
                Some("delivery lasts 1 to 31 days")
            } else {
                outside.then_some("delivery lies between 1970 and 2200")
            }
        }
        Kind::Strip(strip) if !(2..=6).contains(&strip.legs.as_slice().len()) => Some("a strip has two to six legs"),
        Kind::Strip(strip) if !(1..=366).contains(&strip.days) => Some("delivery of a strip lasts at most 366 days"),
        Kind::Strip(strip) => {
            (!lies_in_time(strip.first_day, strip.days)).then_some("delivery lies between 1970 and 2200")
        }
        Kind::Perpetual(perpetual) if !(1..=744).contains(&perpetual.hours) => {
            Some("a lot of a perpetual has 1 to 744 hours")
        }
        Kind::Perpetual(perpetual) => {
            let (interest, cap) = (i64::from(perpetual.interest_ppm), i64::from(perpetual.cap_ppm));
            let allowed = (-100_000..=100_000).contains(&interest) && (0..=100_000).contains(&cap);
            (!allowed).then_some("interest and cap of a perpetual are at most 100000 parts per million")
        }
        Kind::Spread(_) => None,
        Kind::Spot(spot) if spot.base == AssetId::USD => Some("a spot pair trades another asset for USD"),
        Kind::Spot(spot) => {
            let allowed = (1..=1_000_000_000).contains(&spot.lot_size.0);
            (!allowed).then_some("a lot has 1 to 1000000000 units of the asset")
        }
    };
    if broken_kind.is_some() {
        broken_kind
    } else if terms.tick.0 <= 0 || terms.tick.0 > most {
        Some("tick is above zero")
    } else if terms.floor.0 < -most || terms.cap.0 > most || terms.floor.0 >= terms.cap.0 {
        Some("floor lies below cap, both within 1000 USD of zero")
    } else if matches!(terms.kind, Kind::Spot(_)) && terms.floor.0 < 0 {
        Some("the price of a spot pair is not negative")
    } else if terms.floor.0 % terms.tick.0 != 0 || terms.cap.0 % terms.tick.0 != 0 {
        Some("floor and cap are multiples of the tick")
    } else if least_fee < 0 || worst_fee > most {
        Some("fees are not negative")
    } else {
        None
    }
}
