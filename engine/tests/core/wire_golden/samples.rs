//! One command of each kind, with each variant of what it carries; fields differ from their neighbours and from zero.

use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, Credential, FixingStage, Role};
use engine::controls::Controls;
use engine::families::Family;
use engine::ids::{
    AccountId, AssetId, AssetSymbol, ClientOrderId, FamilyId, InstrumentId, KeyId, OrderId, Prefix, SeriesId, Symbol,
    TransferId,
};
use engine::instrument::{
    FeeRates, FeeTiers, Kind, Legs, Month, Perpetual, SettlementKind, Spot, Spread, Strip, Terms,
};
use engine::margin::{Risk, SeriesMargin};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Hours, Lots, Price, Side, Timestamp};
use engine::vaults::VaultCommand;

use super::vaults;

const ACCOUNT: AccountId = AccountId(0x0102_0304);
const OTHER_ACCOUNT: AccountId = AccountId(0x0506_0708);
const ASSET: AssetId = AssetId(0x0b0c_0d0e);
const INSTRUMENT: InstrumentId = InstrumentId(0x2122_2324);
const ORDER: OrderId = OrderId(0x5152_5354_5556_5758);
const REFERENCE: u64 = 0x4142_4344_4546_4748;
const MOMENT: Timestamp = Timestamp(1_783_468_800_000_123);

pub type Sample = (&'static str, Command);

pub fn samples() -> Vec<Sample> {
    [
        registry(),
        money(),
        instruments(),
        margin(),
        orders(),
        amendments(),
        settlements(),
        waterfall(),
        super::chain::samples(),
        vaults::samples(),
    ]
    .concat()
}

fn registry() -> Vec<Sample> {
    let key = KeyId(0x1112_1314_1516_1718);
    let every_byte: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let (signed, token) = (Credential::Ed25519(every_byte), Credential::TokenSha256(every_byte));
    let limits = AccountLimits {
        orders: RateLimit { per_second: 100, burst: 200 },
        cancels: RateLimit { per_second: 300, burst: 400 },
        open_orders_max: 500,
    };
    let symbol = |text| AssetSymbol::new(text).unwrap();
    vec![
        ("open_account", Command::OpenAccount { account: ACCOUNT }),
        ("register_key_ed25519_operator", Command::RegisterKey { key, credential: signed, role: Role::Operator }),
        ("register_key_token_trader", Command::RegisterKey { key, credential: token, role: Role::Trader(ACCOUNT) }),
        ("revoke_key", Command::RevokeKey { key }),
        ("open_sub_account", Command::OpenSubAccount { account: OTHER_ACCOUNT, master: ACCOUNT }),
        ("set_account_limits", Command::SetAccountLimits { account: ACCOUNT, limits }),
        ("set_account_limits_none", Command::SetAccountLimits { account: ACCOUNT, limits: AccountLimits::default() }),
        ("define_asset", Command::DefineAsset { asset: ASSET, symbol: symbol("ETH"), decimals: 18 }),
        (
            "define_asset_longest",
            Command::DefineAsset { asset: ASSET, symbol: symbol("H100-HOUR_v1.~:A"), decimals: 6 },
        ),
    ]
}

fn money() -> Vec<Sample> {
    let (amount, transfer) = (Amount(100_000_000_000), TransferId(0x6162_6364_6566_6768));
    let deposit = |asset| Command::Deposit { account: ACCOUNT, asset, amount, reference: REFERENCE };
    let withdrawal =
        |asset, amount| Command::RequestWithdrawal { account: ACCOUNT, asset, amount, reference: REFERENCE };
    let funds = Command::TransferFunds { from: ACCOUNT, to: OTHER_ACCOUNT, asset: ASSET, amount, reference: REFERENCE };
    vec![
        ("deposit", deposit(AssetId::USD)),
        ("deposit_of_another_asset", deposit(ASSET)),
        ("request_withdrawal", withdrawal(ASSET, amount)),
        ("request_withdrawal_below_zero", withdrawal(AssetId::USD, Amount(-3))),
        ("post_transfer", Command::PostTransfer { transfer }),
        ("void_transfer", Command::VoidTransfer { transfer }),
        ("transfer_funds", funds),
    ]
}

fn instruments() -> Vec<Sample> {
    let instrument = INSTRUMENT;
    let month = Terms {
        instrument,
        symbol: Symbol::new("H100-SXM.GLOBAL.OD-2026-08").unwrap(),
        kind: Kind::Month(Month { series: SeriesId(0x3132_3334), first_day: Day(20_666), days: 31 }),
        tick: Price(1_000),
        floor: Price(-1_000_000),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(250), taker: Price(500) },
    };
    let margined = Terms { kind: Kind::MarginedMonth(month.month().unwrap()), ..month };
    let physical = Terms { kind: Kind::PhysicalMonth(month.month().unwrap()), ..month };
    let strip = |days, legs: &[u32]| {
        let legs: Vec<InstrumentId> = legs.iter().copied().map(InstrumentId).collect();
        let legs = Legs::new(&legs).unwrap();
        Terms {
            kind: Kind::Strip(Strip { series: SeriesId(0x3132_3334), first_day: Day(20_666), days, legs }),
            ..month
        }
    };
    let perpetual = Terms {
        kind: Kind::Perpetual(Perpetual {
            series: SeriesId(0x3132_3334),
            hours: 720,
            interest_ppm: -100,
            cap_ppm: 40_000,
        }),
        ..month
    };
    let spread = Terms {
        symbol: Symbol::new("H100-SXM.GLOBAL.OD-2026-08~2026-09").unwrap(),
        kind: Kind::Spread(Spread {
            near: InstrumentId(0x4142_4344),
            far: InstrumentId(0x4546_4748),
            hours: Hours(720),
            end: MOMENT,
        }),
        ..month
    };
    let family = Family {
        family: FamilyId(0x6162_6364),
        prefix: Prefix::new("H100-SXM.GLOBAL.OD").unwrap(),
        series: SeriesId(0x3132_3334),
        tick: month.tick,
        floor: month.floor,
        cap: month.cap,
        fees: month.fees,
        months: 6,
        quarters: 4,
        years: 2,
        spreads: true,
    };
    let plain = Family { prefix: Prefix::new("012345678901234567890123").unwrap(), spreads: false, ..family };
    let spot = Terms {
        symbol: Symbol::new("ETH-USD").unwrap(),
        kind: Kind::Spot(Spot { base: ASSET, lot_size: Amount(1_000_000) }),
        floor: Price(0),
        ..month
    };
    let controls = Controls {
        reference: Price(3_000_000),
        band: Price(500_000),
        protection: Price(100_000),
        daily_limits: [Price(200_000), Price(400_000), Price(800_000)],
        pause_us: 120_000_000,
        order_lots_max: Lots(5_000),
    };
    let rates = |maker, taker| FeeRates { maker: Price(maker), taker: Price(taker) };
    let tiers: FeeTiers = [rates(250, 500), rates(200, 450), rates(100, 400), rates(-50, 350)];
    vec![
        ("list_instrument", Command::ListInstrument { terms: month }),
        ("list_instrument_on_margin", Command::ListInstrument { terms: margined }),
        ("list_instrument_physical", Command::ListInstrument { terms: physical }),
        (
            "list_instrument_strip",
            Command::ListInstrument { terms: strip(91, &[0x4142_4344, 0x4546_4748, 0x494a_4b4c]) },
        ),
        ("list_instrument_year", Command::ListInstrument { terms: strip(365, &[1, 2, 3, 4, 5, 6]) }),
        ("list_instrument_perpetual", Command::ListInstrument { terms: perpetual }),
        ("list_instrument_spread", Command::ListInstrument { terms: spread }),
        ("set_family", Command::SetFamily { family }),
        ("set_family_longest_prefix", Command::SetFamily { family: plain }),
        ("list_instrument_spot", Command::ListInstrument { terms: spot }),
        ("set_controls", Command::SetControls { instrument, controls }),
        ("set_controls_none", Command::SetControls { instrument, controls: Controls::NONE }),
        ("halt_instrument", Command::HaltInstrument { instrument }),
        ("resume_instrument", Command::ResumeInstrument { instrument }),
        ("schedule_fees", Command::ScheduleFees { instrument, effective: MOMENT, tiers }),
        ("assign_fee_tier", Command::AssignFeeTier { account: ACCOUNT, effective: MOMENT, tier: 3 }),
        ("update_mark", Command::UpdateMark { instrument }),
        ("adopt_rules", Command::AdoptRules { rules: Rules(0x0102) }),
    ]
}

fn margin() -> Vec<Sample> {
    let (series, instrument) = (SeriesId(0x3132_3334), INSTRUMENT);
    let margin = SeriesMargin {
        scan_floor: Price(100_000),
        step_max: Price(300_000),
        mark_band: Price(500_000),
        calendar_charge: Cash(30_000_000),
        delivery_charge: Cash(40_000_000),
        concentration_lots: 5_000,
        concentration_charge: Cash(50_000_000),
        minimum_charge: Cash(10_000_000),
        position_max: Lots(1_000_000),
        open_interest_max: Lots(1_000_000_000),
        settlement_lots: Lots(50),
        stale_after_us: 172_800_000_000,
        frozen_us: 3_600_000_000,
    };
    // Each scenario loses something else; half of them gain.
    let losses = std::array::from_fn(|scenario| {
        let dollars = i64::try_from(scenario).unwrap() * 1_000_000;
        Cash(if scenario % 2 == 0 { dollars } else { -dollars })
    });
    let risk = Risk { version: 0x9192_9394_9596_9798, expires: MOMENT, reference: Price(3_000_000), losses };
    let credit = Command::SetCredit { first: series, second: SeriesId(0x3536_3738), per_lot: Cash(20_000_000) };
    vec![
        ("set_margin", Command::SetMargin { series, margin }),
        ("set_credit", credit),
        ("require_approvals", Command::RequireApprovals { required: true }),
        ("require_no_approvals", Command::RequireApprovals { required: false }),
        ("propose_final", Command::ProposeFinal { instrument, day: Day(0x50a1) }),
        ("approve_final", Command::ApproveFinal { instrument, day: Day(0x50a1), value_per_lot: Cash(2_383_200_000) }),
        ("publish_risk", Command::PublishRisk { instrument, risk }),
    ]
}

fn orders() -> Vec<Sample> {
    let name = |text| ClientOrderId::new(text).unwrap();
    let order = |change: fn(&mut OrderRequest)| {
        let (id, lots, limit) = (name("my-order.1~a:b_C"), Lots(100_000), Price(3_250_000));
        let mut request = OrderRequest::limit(ACCOUNT, id, INSTRUMENT, Side::Buy, lots, limit);
        change(&mut request);
        Command::SubmitOrder(request)
    };
    let below_zero = OrderRequest {
        side: Side::Sell,
        pricing: Pricing::Limit(Price(-2)),
        client_order_id: name("abcdefghijklmnopqrstuvwxyz012345"),
        ..OrderRequest::limit(ACCOUNT, name("x"), INSTRUMENT, Side::Buy, Lots(100_000), Price(0))
    };
    const LAST: Trigger = Trigger { reference: TriggerReference::Last, price: Price(3_300_000) };
    vec![
        ("submit_order_buy", order(|_| {})),
        ("submit_order_sell_below_zero", Command::SubmitOrder(below_zero)),
        ("submit_order_limit_zero", order(|to| to.pricing = Pricing::Limit(Price(0)))),
        ("submit_order_market", order(|to| to.pricing = Pricing::Market)),
        ("submit_order_ioc", order(|to| to.time_in_force = TimeInForce::ImmediateOrCancel)),
        ("submit_order_fok", order(|to| to.time_in_force = TimeInForce::FillOrKill)),
        ("submit_order_day", order(|to| to.time_in_force = TimeInForce::Day)),
        ("submit_order_gtd", order(|to| to.time_in_force = TimeInForce::GoodTillDate(MOMENT))),
        ("submit_order_gtd_zero", order(|to| to.time_in_force = TimeInForce::GoodTillDate(Timestamp(0)))),
        ("submit_order_stop_last", order(|to| to.trigger = Some(LAST))),
        (
            "submit_order_stop_mark",
            order(|to| to.trigger = Some(Trigger { reference: TriggerReference::Mark, price: Price(-3) })),
        ),
        (
            "submit_order_stop_index",
            order(|to| to.trigger = Some(Trigger { reference: TriggerReference::Index, price: Price(0) })),
        ),
        ("submit_order_post_only", order(|to| to.conditions.post_only = true)),
        ("submit_order_reduce_only", order(|to| to.conditions.reduce_only = true)),
        ("submit_order_cancel_oldest", order(|to| to.self_trade = SelfTrade::CancelOldest)),
        ("submit_order_cancel_both", order(|to| to.self_trade = SelfTrade::CancelBoth)),
        ("submit_order_sent", order(|to| to.sent = Some(MOMENT))),
        ("submit_order_sent_zero", order(|to| to.sent = Some(Timestamp(0)))),
        (
            "submit_order_everything",
            order(|to| {
                to.pricing = Pricing::Market;
                to.time_in_force = TimeInForce::GoodTillDate(MOMENT);
                to.trigger = Some(LAST);
                to.conditions = Conditions { post_only: true, reduce_only: true };
                to.self_trade = SelfTrade::CancelBoth;
                to.sent = Some(Timestamp(-1));
            }),
        ),
    ]
}

fn amendments() -> Vec<Sample> {
    let account = ACCOUNT;
    let amend = |lots, limit, trigger| Command::AmendOrder(Amendment { account, order: ORDER, lots, limit, trigger });
    let all = |instrument, side| Command::CancelAllOrders { account, instrument, side };
    let (lots, limit, trigger) = (Some(Lots(99_999)), Some(Price(3_260_000)), Some(Price(3_310_000)));
    vec![
        ("amend_order_nothing", amend(None, None, None)),
        ("amend_order_lots", amend(lots, None, None)),
        ("amend_order_limit", amend(None, limit, None)),
        ("amend_order_trigger", amend(None, None, trigger)),
        ("amend_order_zeros", amend(Some(Lots(0)), Some(Price(0)), Some(Price(0)))),
        ("amend_order_everything", amend(lots, Some(Price(-2)), Some(Price(-3)))),
        ("cancel_order", Command::CancelOrder { account, order: ORDER }),
        ("cancel_all_orders", all(None, None)),
        ("cancel_all_orders_of_an_instrument", all(Some(INSTRUMENT), None)),
        ("cancel_all_orders_of_instrument_zero", all(Some(InstrumentId(0)), Some(Side::Buy))),
        ("cancel_all_orders_of_a_side", all(None, Some(Side::Sell))),
        ("cancel_after", Command::CancelAfter { account, timeout_us: 30_000_000 }),
        ("process_due", Command::ProcessDue),
    ]
}

fn settlements() -> Vec<Sample> {
    let (instrument, series, day) = (INSTRUMENT, SeriesId(0x3132_3334), Day(20_641));
    let fixing = |stage, price| Command::RecordFixing { series, day, stage, price };
    vec![
        ("record_fixing_provisional", fixing(FixingStage::Provisional, Some(Price(3_000_000)))),
        ("record_fixing_final", fixing(FixingStage::Final, Some(Price(-3)))),
        ("record_fixing_zero", fixing(FixingStage::Final, Some(Price(0)))),
        ("record_fixing_suppressed", fixing(FixingStage::Final, None)),
        ("start_settlement_daily", Command::StartSettlement { instrument, day, kind: SettlementKind::Daily }),
        ("start_settlement_cascade", Command::StartSettlement { instrument, day, kind: SettlementKind::Cascade }),
        ("start_settlement_funding", Command::StartSettlement { instrument, day, kind: SettlementKind::Funding }),
        ("start_settlement_final", Command::StartSettlement { instrument, day, kind: SettlementKind::Final }),
        ("advance_settlement", Command::AdvanceSettlement { instrument }),
    ]
}

fn waterfall() -> Vec<Sample> {
    let funded = |amount| Command::FundInsurance { number: REFERENCE, amount: Amount(amount) };
    vec![
        ("set_backstop", Command::SetBackstop { account: Some(ACCOUNT) }),
        ("set_backstop_to_account_zero", Command::SetBackstop { account: Some(AccountId(0)) }),
        ("set_backstop_to_none", Command::SetBackstop { account: None }),
        ("fund_insurance", funded(100_000_000_000)),
        ("fund_insurance_below_zero", funded(-3)),
    ]
}

/// Fails to compile when a kind of command is added, or a variant of what one carries: give it a sample and a line.
#[allow(dead_code, reason = "compiled, never called")]
fn kinds_with_samples(command: &Command) {
    match command {
        Command::OpenAccount { .. }
        | Command::RegisterKey {
            credential: Credential::Ed25519(_) | Credential::TokenSha256(_),
            role: Role::Operator | Role::Trader(_),
            ..
        }
        | Command::RevokeKey { .. }
        | Command::OpenSubAccount { .. }
        | Command::SetAccountLimits { .. }
        | Command::DefineAsset { .. }
        | Command::Deposit { .. }
        | Command::RequestWithdrawal { .. }
        | Command::PostTransfer { .. }
        | Command::VoidTransfer { .. }
        | Command::TransferFunds { .. }
        | Command::ListInstrument {
            terms:
                Terms {
                    kind:
                        Kind::Month(_)
                        | Kind::MarginedMonth(_)
                        | Kind::PhysicalMonth(_)
                        | Kind::Strip(_)
                        | Kind::Perpetual(_)
                        | Kind::Spread(_)
                        | Kind::Spot(_),
                    ..
                },
        }
        | Command::SetFamily { .. }
        | Command::SetControls { .. }
        | Command::HaltInstrument { .. }
        | Command::ResumeInstrument { .. }
        | Command::ScheduleFees { .. }
        | Command::AssignFeeTier { .. }
        | Command::UpdateMark { .. }
        | Command::SetBackstop { .. }
        | Command::FundInsurance { .. }
        | Command::SetMargin { .. }
        | Command::SetCredit { .. }
        | Command::PublishRisk { .. }
        | Command::SubmitOrder(OrderRequest {
            pricing: Pricing::Limit(_) | Pricing::Market,
            time_in_force:
                TimeInForce::GoodTillCancelled
                | TimeInForce::ImmediateOrCancel
                | TimeInForce::FillOrKill
                | TimeInForce::Day
                | TimeInForce::GoodTillDate(_),
            self_trade: SelfTrade::CancelNewest | SelfTrade::CancelOldest | SelfTrade::CancelBoth,
            ..
        })
        | Command::AmendOrder(_)
        | Command::CancelOrder { .. }
        | Command::CancelAllOrders { .. }
        | Command::CancelAfter { .. }
        | Command::ProcessDue
        | Command::AdoptRules { .. }
        | Command::RecordFixing { .. }
        | Command::RequireApprovals { required: true | false }
        | Command::ProposeFinal { .. }
        | Command::ApproveFinal { .. }
        | Command::StartSettlement {
            kind: SettlementKind::Daily | SettlementKind::Final | SettlementKind::Cascade | SettlementKind::Funding,
            ..
        }
        | Command::AdvanceSettlement { .. }
        | Command::AttachChain { .. }
        | Command::LinkAccount { .. }
        | Command::CreditDeposit { .. }
        | Command::CreditImport { .. }
        | Command::WithdrawToChain { .. }
        | Command::CutBatch { .. }
        | Command::ConfirmBatch { .. }
        | Command::ReceiveExit { .. }
        | Command::RecordFreeze { .. }
        | Command::Vault(
            VaultCommand::SetOperatingRate { .. }
            | VaultCommand::OpenVault { .. }
            | VaultCommand::RegisterDeed { .. }
            | VaultCommand::AttestDeed { .. }
            | VaultCommand::CancelVault { .. }
            | VaultCommand::DeployVault { .. }
            | VaultCommand::Subscribe { .. }
            | VaultCommand::RecordRevenue { .. }
            | VaultCommand::ClaimYield { .. }
            | VaultCommand::WindUpVault { .. },
        ) => {}
    }
}
