//! What everybody else sends: reports of prices, payments, and what an operator does to keep trading orderly.

use api::venue::machines::Action;
use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, FixingStage};
use engine::controls::Controls;
use engine::ids::{AccountId, AssetId, KeyId, SeriesId, TransferId};
use engine::instrument::{FeeRates, SettlementKind};
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Timestamp};
use pricing::index;
use rand::RngExt;

use super::{BITCOIN, HOUR_US, MARGINED, OPENING, Writer, key_of, list, operator};

impl Writer {
    pub(super) fn index_command(&mut self) -> (KeyId, Action) {
        let series = index::SeriesId(1);
        let next = self.core.index().next_final_day(series).unwrap_or(index::Day::MIN);
        let stage = if self.random.random_bool(0.7) { index::Stage::Final } else { index::Stage::Provisional };
        let command = if self.time >= stage.cut_off_us(next) && self.random.random_bool(0.4) {
            index::Command::Determine { series, day: next, stage }
        } else {
            let ahead = self.random.random_range(0..3);
            let day = index::Day::from_days_since_epoch(next.days_since_epoch() + ahead).unwrap_or(next);
            let owner = index::Owner::new(&format!("owner-{}", self.random.random_range(0..7))).expect("an owner");
            let price = index::Price::new(3_000_000 + 10_000 * self.random.random_range(-5..5)).expect("a price");
            index::Command::SubmitReport { series, day, owner, evidence: index::Evidence::List, price }
        };
        (KeyId::VENUE, Action::Index(command))
    }

    pub(super) fn funds(&mut self) -> (KeyId, Action) {
        let (account, amount) = (self.account(), Amount(self.random.random_range(1..900_000)));
        let asset = if self.random.random_bool(0.7) { AssetId::USD } else { BITCOIN };
        let pending: Vec<TransferId> = self.core.engine().ledger().pending().map(|(id, _)| id).collect();
        let transfer = pending.get(self.random.random_range(0..pending.len().max(1))).copied();
        let next = |is_deposit| self.references.get(&(is_deposit, account.0)).map_or(1, |last| last + 1);
        match (self.random.random_range(0..8), transfer) {
            (0, _) => operator(Command::Deposit { account, asset, amount, reference: next(true) }),
            (1, Some(transfer)) => operator(Command::PostTransfer { transfer }),
            (2, Some(transfer)) => operator(Command::VoidTransfer { transfer }),
            (3..5, _) => {
                let (from, to) = (AccountId(1), AccountId(5));
                let reference = self.references.get(&(false, 1)).map_or(1, |last| last + 1);
                (key_of(from), Action::Exchange(Command::TransferFunds { from, to, asset, amount, reference }))
            }
            _ => {
                let withdrawal = Command::RequestWithdrawal { account, asset, amount, reference: next(false) };
                (key_of(account), Action::Exchange(withdrawal))
            }
        }
    }

    pub(super) fn operations(&mut self) -> (KeyId, Action) {
        let (instrument, account) = (self.instrument(), self.account());
        let effective = Timestamp(self.time + self.random.random_range(1..40 * HOUR_US));
        let today = Timestamp(self.time).day();
        operator(match self.random.random_range(0..24) {
            0..3 => Command::UpdateMark { instrument },
            3..5 => Command::SetControls { instrument, controls: self.controls() },
            5 => Command::HaltInstrument { instrument },
            6..9 => Command::ResumeInstrument { instrument },
            9..11 => {
                let mut rate = |most| FeeRates { maker: Price(-10), taker: Price(self.random.random_range(10..most)) };
                Command::ScheduleFees { instrument, effective, tiers: [rate(400), rate(300), rate(200), rate(100)] }
            }
            11..13 => Command::AssignFeeTier { account, effective, tier: self.random.random_range(0..4) },
            13..15 => {
                let rate = RateLimit { per_second: self.random.random_range(0..3), burst: 20 };
                let limits =
                    AccountLimits { orders: rate, cancels: rate, open_orders_max: self.random.random_range(0..60) };
                Command::SetAccountLimits { account, limits }
            }
            15..17 => Command::StartSettlement { instrument, day: Day(today.0 - 1), kind: SettlementKind::Daily },
            17 => {
                let day = Day(OPENING.0 + 3 * i32::try_from(instrument.0).unwrap_or(1) - 1);
                Command::StartSettlement { instrument, day, kind: SettlementKind::Final }
            }
            18 | 19 => self.margin(),
            20..22 => Command::RecordFixing {
                series: SeriesId(1),
                day: Day(OPENING.0 + self.random.random_range(-4..7)),
                stage: FixingStage::Final,
                price: Some(self.price()),
            },
            _ => Command::AdvanceSettlement { instrument },
        })
    }

    /// The rules that allow margin, then a contract on margin, then what it needs, and changes of that.
    fn margin(&mut self) -> Command {
        let engine = self.core.engine();
        let (rules, market) = (engine.rules(), engine.market(MARGINED));
        if rules < Rules::THIRD {
            return Command::AdoptRules { rules: Rules(rules.0 + 1) };
        }
        let Some(market) = market else { return list(MARGINED.0) };
        let version = market.risk.map_or(1, |risk| risk.version + 1);
        let (first, second) = (SeriesId(1), SeriesId(2));
        match self.random.random_range(0..7) {
            0 => Command::SetCredit { first, second, per_lot: Cash(self.random.random_range(0..9)) },
            1 => Command::UpdateMark { instrument: MARGINED },
            2..5 if engine.margin_of(first).is_some() => {
                let worst = self.random.random_range(1..60) * 1_000_000;
                let mut losses = [Cash(0); SCENARIOS];
                (losses[14], losses[15]) = (Cash(-worst), Cash(worst));
                let expires = Timestamp(self.time + 40 * HOUR_US);
                let risk = Risk { version, expires, reference: Price(3_000_000), losses };
                Command::PublishRisk { instrument: MARGINED, risk }
            }
            5 => self.waterfall(),
            _ => {
                let charge = Cash(self.random.random_range(0..5_000_000));
                let margin = SeriesMargin {
                    scan_floor: Price(1_000),
                    step_max: Price(1_000_000),
                    mark_band: Price(200_000),
                    calendar_charge: charge,
                    delivery_charge: charge,
                    concentration_lots: 10,
                    concentration_charge: charge,
                    minimum_charge: charge,
                    position_max: Lots(1_000),
                    open_interest_max: Lots(10_000),
                    settlement_lots: Lots(1),
                    stale_after_us: 0,
                    frozen_us: 0,
                };
                Command::SetMargin { series: first, margin }
            }
        }
    }

    /// The rules that bear defaults, then what stands behind them.
    fn waterfall(&mut self) -> Command {
        let engine = self.core.engine();
        let (rules, number) = (engine.rules(), engine.insurance_payments() + 1);
        if rules < Rules::FOURTH {
            return Command::AdoptRules { rules: Rules::FOURTH };
        }
        if self.random.random_bool(0.5) {
            return Command::FundInsurance { number, amount: Amount(self.random.random_range(1..1_000_000_000)) };
        }
        let account = self.random.random_bool(0.8).then(|| self.account());
        Command::SetBackstop { account }
    }

    fn controls(&mut self) -> Controls {
        let width = |wide| Price(if wide { 80_000 } else { 0 });
        let (banded, limited) = (self.random.random_bool(0.5), self.random.random_bool(0.4));
        let daily_limits =
            if limited { [Price(30_000), Price(50_000), Price(90_000)] } else { Controls::NONE.daily_limits };
        let (band, pause_us) = (width(banded), if limited { 600_000_000 } else { 0 });
        let reference = Price(3_000_000);
        Controls { reference, band, protection: Price(40_000), daily_limits, pause_us, ..Controls::NONE }
    }
}
