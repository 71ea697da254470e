//! What the operator does now and then: halts, controls, fees, limits, money in and out.

use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, FixingStage};
use engine::ids::{AccountId, AssetId, KeyId, TransferId};
use engine::instrument::{FEE_TIERS, FeeRates, Halt};
use engine::rules::Rules;
use engine::units::{Amount, Day, Price, Timestamp};
use engine::{Engine, Market};

use super::contracts::BASES;
use super::{Flow, Trader};

impl Flow {
    /// What an operator does now and then.
    pub(super) fn operate(&mut self, venue: &Engine) -> (KeyId, Command) {
        let Trader { account, .. } = self.trader();
        let halted = venue.markets().find(|market| market.halt == Some(Halt::Operator));
        if let Some(market) = halted.filter(|_| self.dice.one_in(4)) {
            return (KeyId::VENUE, Command::ResumeInstrument { instrument: market.terms.instrument });
        }
        let instrument = self.instrument(venue);
        let Some(market) = venue.market(instrument) else { return (KeyId::VENUE, Command::ProcessDue) };
        if self.rules >= Rules::FOURTH && self.dice.one_in(5) {
            return self.operate_waterfall(venue, account);
        }
        let command = match self.dice.below(40) {
            0..2 if market.halt.is_none() => Command::HaltInstrument { instrument },
            0..4 if market.halt.is_some() => Command::ResumeInstrument { instrument },
            2..3 => Command::SetControls { instrument, controls: self.controls(&market.terms) },
            4..6 if market.terms.is_margined() && market.terms.strip().is_none() => self.array(market),
            6..8 if self.rules >= Rules::THIRD => self.margin_parameters(),
            8..12 => self.schedule_fees(market),
            12..16 => Command::AssignFeeTier {
                account,
                effective: self.soon(),
                tier: u8::try_from(self.dice.below(5)).expect("it is small"),
            },
            16..20 => Command::SetAccountLimits { account, limits: self.account_limits() },
            20..22 => self.new_account(),
            22..24 => Command::RecordFixing {
                series: self.series(),
                day: Day(self.now.day().0 - 1),
                stage: FixingStage::Provisional,
                price: Some(Price(self.dice.between(1_500_000, 6_500_000))),
            },
            _ => Command::UpdateMark { instrument },
        };
        (KeyId::VENUE, command)
    }

    /// Deposits, withdrawals and transfers.
    pub(super) fn pay(&mut self, venue: &Engine) -> (KeyId, Command) {
        let trader = self.trader();
        let Trader { account, master } = trader;
        let asset = self.dice.pick(&[AssetId::USD, AssetId::USD, BASES[0], BASES[1]]);
        let Some(view) = venue.account(account) else { return (KeyId::VENUE, Command::OpenAccount { account }) };
        let free = venue.ledger().balance(engine::ledger::LedgerAccount::Customer(account), asset).free();
        let amount = Amount(self.dice.between(0, free.0 / 4 + 10));
        let reference = view.payments + u64::from(!self.dice.one_in(20));
        match self.dice.below(10) {
            0..3 => {
                let reference = view.deposits + 1;
                let amount = Amount(self.dice.between(1, 1_000_000_000));
                (KeyId::VENUE, Command::Deposit { account, asset, amount, reference })
            }
            3..5 => (self.key_of(trader), Command::RequestWithdrawal { account, asset, amount, reference }),
            5..8 => {
                let transfer = venue.ledger().pending().next().map_or(TransferId(1), |(transfer, _)| transfer);
                let is_posted = self.dice.one_in(2);
                let posted = Command::PostTransfer { transfer };
                (KeyId::VENUE, if is_posted { posted } else { Command::VoidTransfer { transfer } })
            }
            _ => {
                let to = if account == master { AccountId(account.0 + 1) } else { master };
                let key = KeyId(1_000 + u64::from(master.0));
                (key, Command::TransferFunds { from: account, to, asset, amount, reference })
            }
        }
    }

    fn schedule_fees(&mut self, market: &Market) -> Command {
        let worst = market.terms.fees.worst().0;
        let taker = self.dice.between(0, worst);
        let tiers = [(); FEE_TIERS].map(|()| FeeRates {
            maker: Price(self.dice.between(-taker, worst)),
            taker: Price(self.dice.between(taker, worst)),
        });
        Command::ScheduleFees { instrument: market.terms.instrument, effective: self.soon(), tiers }
    }

    fn account_limits(&mut self) -> AccountLimits {
        let mut rate =
            || RateLimit { per_second: self.dice.pick(&[0, 0, 1, 1_000]), burst: self.dice.pick(&[0, 10, 1_000]) };
        let (orders, cancels) = (rate(), rate());
        AccountLimits { orders, cancels, open_orders_max: self.dice.pick(&[0, 0, 3, 500]) }
    }

    fn new_account(&mut self) -> Command {
        let account = AccountId(self.scale.accounts.max(self.next_account) + 1);
        self.next_account = account.0;
        let trader = Trader { account, master: account };
        self.plan_account(trader);
        self.traders.push(trader);
        self.agenda.pop_front().expect("an account was planned")
    }

    fn soon(&mut self) -> Timestamp {
        self.now.plus_micros(self.dice.between(-1, 3_600_000_000))
    }
}
