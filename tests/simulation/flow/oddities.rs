//! What nobody should send: wrong numbers, extreme values, unknown names, things out of order.

use engine::Engine;
use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, Credential, FixingStage, Role};
use engine::ids::{AccountId, AssetId, AssetSymbol, ClientOrderId, InstrumentId, KeyId, OrderId, Symbol, TransferId};
use engine::instrument::{
    FEE_TIERS, FeeRates, Kind, Legs, Month, Perpetual, SettlementKind, Spot, Spread, Strip, Terms,
};
use engine::order::{Amendment, OrderRequest, TimeInForce};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Hours, Lots, Price, Side, Timestamp};

use super::{Flow, Trader};

impl Flow {
    pub(super) fn oddity(&mut self, venue: &Engine) -> (KeyId, Command) {
        let trader = self.trader();
        let key = if self.dice.one_in(2) { KeyId::VENUE } else { self.key_of(trader) };
        let command =
            if self.dice.one_in(2) { self.odd_order(trader, venue) } else { self.odd_operation(trader, venue) };
        (key, command)
    }

    fn odd_order(&mut self, trader: Trader, venue: &Engine) -> Command {
        let account = if self.dice.one_in(6) { AccountId(u32::MAX) } else { trader.account };
        let (price, lots) = (Price(self.extreme()), Lots(self.dice.pick(&[0, 1, 100_000, u32::MAX])));
        let order = OrderId(self.dice.pick(&[0, 1, self.seq.0, u64::MAX]));
        let instrument = self.odd_instrument(venue);
        match self.dice.below(5) {
            0 => Command::AmendOrder(Amendment { account, order, lots: Some(lots), limit: Some(price), trigger: None }),
            1 => Command::CancelOrder { account, order },
            2 => Command::CancelAllOrders { account, instrument: Some(instrument), side: Some(Side::Buy) },
            3 => Command::CancelAfter { account, timeout_us: u64::MAX },
            _ => {
                let name = ClientOrderId::new("odd").expect("it is a label");
                let plain = OrderRequest::limit(account, name, instrument, Side::Sell, lots, price);
                let until = TimeInForce::GoodTillDate(Timestamp(self.extreme()));
                let sent = self.dice.one_in(3).then(|| Timestamp(self.extreme()));
                Command::SubmitOrder(OrderRequest { time_in_force: until, sent, ..plain })
            }
        }
    }

    fn odd_operation(&mut self, Trader { account, master }: Trader, venue: &Engine) -> Command {
        let (instrument, amount) = (self.odd_instrument(venue), Amount(self.extreme()));
        let day = Day(self.dice.pick(&[i32::MIN, -1, 0, self.now.day().0, i32::MAX]));
        let (asset, reference) = (AssetId(self.dice.pick(&[0, 1, 2, 77])), self.dice.pick(&[0, 1, u64::MAX]));
        // Mostly a trader's: a run of any length revokes some.
        let of_trader = 1_000 + self.dice.below(u64::from(self.scale.accounts) + 1);
        let key = KeyId(self.dice.pick(&[0, of_trader, of_trader, of_trader, u64::MAX]));
        let kinds = [SettlementKind::Daily, SettlementKind::Final, SettlementKind::Cascade, SettlementKind::Funding];
        let kind = self.dice.pick(&kinds);
        match self.dice.below(26) {
            20 => self.odd_margin(instrument),
            21 => Command::SetBackstop { account: Some(AccountId(u32::MAX)) },
            22 => Command::FundInsurance { number: reference, amount },
            23 => Command::RequireApprovals { required: true },
            24 => Command::ProposeFinal { instrument, day },
            25 => Command::ApproveFinal { instrument, day, value_per_lot: Cash(amount.0) },
            0 => Command::OpenAccount { account },
            1 => Command::OpenSubAccount { account: AccountId(0), master: account },
            2 => Command::RegisterKey { key, credential: Credential::Ed25519([0; 32]), role: Role::Operator },
            3 => Command::RevokeKey { key },
            4 => Command::DefineAsset { asset, symbol: AssetSymbol::new("A2").expect("a label"), decimals: 19 },
            5 => Command::Deposit { account, asset, amount, reference },
            6 => Command::RequestWithdrawal { account, asset, amount, reference },
            7 => Command::PostTransfer { transfer: TransferId(reference) },
            8 => Command::VoidTransfer { transfer: TransferId(reference) },
            9 => Command::TransferFunds { from: account, to: master, asset, amount, reference },
            10 => Command::ListInstrument { terms: self.odd_terms(instrument, asset, day) },
            11 => Command::SetControls { instrument, controls: self.odd_controls() },
            12 => Command::StartSettlement { instrument, day, kind },
            13 => Command::AdvanceSettlement { instrument },
            14 => Command::AdoptRules { rules: Rules(self.dice.pick(&[0, 1, 2, 5, u16::MAX])) },
            15 => Command::AssignFeeTier { account, effective: Timestamp(amount.0), tier: 4 },
            16 => {
                let rates = FeeRates { maker: Price(amount.0), taker: Price(self.extreme()) };
                Command::ScheduleFees { instrument, effective: self.now, tiers: [rates; FEE_TIERS] }
            }
            17 => {
                let rate = RateLimit { per_second: 1_000_001, burst: u32::MAX };
                let limits = AccountLimits { orders: rate, cancels: rate, open_orders_max: u32::MAX };
                Command::SetAccountLimits { account, limits }
            }
            18 => {
                let (series, stage, price) = (self.series(), FixingStage::Provisional, Some(Price(amount.0)));
                // A day far off would be the latest one for ever.
                Command::RecordFixing { series, day: Day(day.0.min(0)), stage, price }
            }
            _ => Command::ProcessDue,
        }
    }

    fn odd_terms(&mut self, instrument: InstrumentId, base: AssetId, first_day: Day) -> Terms {
        let days = self.dice.pick(&[0, 31, 32, u16::MAX]);
        let (month, spot) = (Month { series: self.series(), first_day, days }, Spot { base, lot_size: Amount(0) });
        let (hours, interest_ppm, cap_ppm) = (days, i32::MAX, self.dice.pick(&[0, -1]));
        let perpetual = Perpetual { series: month.series, hours, interest_ppm, cap_ppm };
        let legs = Legs::new(&[instrument, instrument]).expect("they are few");
        let strip = Strip { series: month.series, first_day, days, legs };
        let spread = Spread { near: instrument, far: instrument, hours: Hours(days), end: self.now };
        let kind = self.dice.pick(&[
            Kind::Month(month),
            Kind::MarginedMonth(month),
            Kind::Perpetual(perpetual),
            Kind::Strip(strip),
            Kind::Spread(spread),
            Kind::Spot(spot),
        ]);
        let [tick, floor, cap] = [(); 3].map(|()| Price(self.extreme()));
        let fees = FeeRates { maker: Price(self.extreme()), taker: Price(0) };
        Terms { instrument, symbol: Symbol::new("odd").expect("it is a label"), kind, tick, floor, cap, fees }
    }

    fn odd_controls(&mut self) -> engine::controls::Controls {
        let price = Price(self.extreme());
        let none = engine::controls::Controls::NONE;
        engine::controls::Controls { reference: price, band: price, pause_us: u64::MAX, ..none }
    }

    fn odd_instrument(&mut self, venue: &Engine) -> InstrumentId {
        if self.dice.one_in(3) { InstrumentId(u32::MAX) } else { self.instrument(venue) }
    }

    pub(super) fn extreme(&mut self) -> i64 {
        self.dice.pick(&[i64::MIN, -1_000_000_000, -1, 0, 1, 1_000_000, 1_000_000_001, i64::MAX])
    }
}
