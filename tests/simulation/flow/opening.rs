//! The first hours of a venue: rules, assets, contracts, accounts, keys, money.

use engine::command::{Command, Credential, Role};
use engine::ids::{AccountId, AssetId, AssetSymbol, KeyId};
use engine::rules::Rules;
use engine::units::Amount;

use super::contracts::BASES;
use super::{Flow, OPENING, Trader};

/// Each so many accounts have one owner.
const FAMILY: u32 = 3;

impl Flow {
    pub(super) fn plan_opening(&mut self) {
        // What is adopted later is in the plan of a day.
        self.rules = match self.dice.below(8) {
            0..4 => Rules::FOURTH,
            4..6 => Rules::THIRD,
            6 => Rules::SECOND,
            _ => Rules::FIRST,
        };
        for rules in [Rules::SECOND, Rules::THIRD, Rules::FOURTH] {
            if rules <= self.rules {
                self.agenda.push_back(Command::AdoptRules { rules });
            }
        }
        for asset in BASES {
            let symbol = AssetSymbol::new(&format!("A{}", asset.0)).expect("it is a label");
            self.agenda.push_back(Command::DefineAsset { asset, symbol, decimals: 6 });
        }
        if self.rules >= Rules::THIRD {
            self.plan_parameters();
        }
        for month in 0..self.scale.months {
            self.plan_month(OPENING.plus(u16::try_from(month * 2).expect("it is small")));
        }
        for base in BASES {
            self.plan_spot(base);
        }
        if self.rules >= Rules::THIRD {
            self.plan_curve(OPENING);
        }
        for trader in self.plan_traders() {
            self.plan_account(trader);
        }
        if self.rules >= Rules::FOURTH {
            self.plan_fourth();
        }
    }

    /// Everybody who trades from the beginning.
    pub(super) fn plan_traders(&self) -> Vec<Trader> {
        let trader = |number: u32| Trader {
            account: AccountId(number),
            master: AccountId(if number.is_multiple_of(FAMILY) { number - 1 } else { number }),
        };
        (1..=self.scale.accounts).map(trader).collect()
    }

    pub(super) fn plan_account(&mut self, trader: Trader) {
        let Trader { account, master } = trader;
        self.agenda.push_back(if account == master {
            Command::OpenAccount { account }
        } else {
            Command::OpenSubAccount { account, master }
        });
        let (key, role) = (KeyId(1_000 + u64::from(account.0)), Role::Trader(account));
        self.agenda.push_back(Command::RegisterKey { key, credential: Credential::TokenSha256([1; 32]), role });
        // From less than a lot on margin needs to more than anybody can use.
        let doublings = if account == self.backstop() { 24 } else { self.dice.below(19) };
        let dollars = Amount(30_000_000 << doublings);
        self.agenda.push_back(Command::Deposit { account, asset: AssetId::USD, amount: dollars, reference: 1 });
        if self.dice.one_in(2) {
            let (asset, amount) = (self.dice.pick(&BASES), Amount(100_000 << self.dice.below(12)));
            self.agenda.push_back(Command::Deposit { account, asset, amount, reference: 2 });
        }
    }
}
