//! One event of each kind, with each variant of what it carries; every field differs from its neighbours and from zero.

use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{FixingStage, Role};
use engine::controls::Controls;
use engine::event::{
    CancelReason, Event, FixingRung, PositionReason, SettlementRung, Trade, TradeSide, TransferReason,
};
use engine::families::Family;
use engine::ids::{
    AccountId, AssetId, AssetSymbol, ClientOrderId, FamilyId, InstrumentId, KeyId, OrderId, Prefix, SeriesId, Symbol,
    TradeId, TransferId,
};
use engine::instrument::{FeeRates, Halt, SettlementKind};
use engine::ledger::LedgerAccount;
use engine::margin::SeriesMargin;
use engine::order::{OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Position, Price, Side, Timestamp};

use super::vaults;

const ACCOUNT: AccountId = AccountId(0x0102_0304);
const ASSET: AssetId = AssetId(0x0b0c_0d0e);
const INSTRUMENT: InstrumentId = InstrumentId(0x2122_2324);
const DAY: Day = Day(20_641);
const KEY: KeyId = KeyId(0x1112_1314_1516_1718);
const ORDER: OrderId = OrderId(0x5152_5354_5556_5758);
const MOMENT: Timestamp = Timestamp(1_783_468_800_000_123);
const LOTS: Lots = Lots(100_000);

pub type Sample = (&'static str, Event);

pub fn samples() -> Vec<Sample> {
    [
        registry(),
        instruments(),
        margin(),
        waterfall(),
        accepted(),
        orders(),
        cancelled(),
        money(),
        settlements(),
        vaults::samples(),
    ]
    .concat()
}

fn registry() -> Vec<Sample> {
    let limits = AccountLimits {
        orders: RateLimit { per_second: 100, burst: 200 },
        cancels: RateLimit { per_second: 300, burst: 400 },
        open_orders_max: 500,
    };
    let symbol = AssetSymbol::new("ETH").unwrap();
    vec![
        ("account_opened", Event::AccountOpened { account: ACCOUNT }),
        ("key_registered_operator", Event::KeyRegistered { key: KEY, role: Role::Operator }),
        ("key_registered_trader", Event::KeyRegistered { key: KEY, role: Role::Trader(ACCOUNT) }),
        ("key_revoked", Event::KeyRevoked { key: KEY }),
        ("sub_account_opened", Event::SubAccountOpened { account: AccountId(0x0506_0708), master: ACCOUNT }),
        ("account_limits_set", Event::AccountLimitsSet { account: ACCOUNT, limits }),
        ("asset_defined", Event::AssetDefined { asset: ASSET, symbol, decimals: 18 }),
        ("rules_adopted", Event::RulesAdopted { rules: Rules(0x0102) }),
    ]
}

fn instruments() -> Vec<Sample> {
    let (instrument, effective) = (INSTRUMENT, MOMENT);
    let symbol = Symbol::new("H100-SXM.GLOBAL.OD-2026-08").unwrap();
    let controls = Controls {
        reference: Price(3_000_000),
        band: Price(500_000),
        protection: Price(100_000),
        daily_limits: [Price(200_000), Price(400_000), Price(800_000)],
        pause_us: 120_000_000,
        order_lots_max: Lots(5_000),
    };
    let rates = |maker, taker| FeeRates { maker: Price(maker), taker: Price(taker) };
    let tiers = [rates(250, 500), rates(200, 450), rates(100, 400), rates(-50, 350)];
    let (lower, upper) = (Price(-200_000), Price(3_200_000));
    let family = Family {
        family: FamilyId(0x6162_6364),
        prefix: Prefix::new("H100-SXM.GLOBAL.OD").unwrap(),
        series: SeriesId(0x3132_3334),
        tick: Price(1_000),
        floor: Price(-1_000_000),
        cap: Price(10_000_000),
        fees: rates(250, 500),
        months: 6,
        quarters: 4,
        years: 2,
        spreads: true,
    };
    vec![
        ("family_set", Event::FamilySet { family }),
        ("family_set_without_spreads", Event::FamilySet { family: Family { spreads: false, ..family } }),
        ("instrument_listed", Event::InstrumentListed { instrument, symbol }),
        ("controls_set", Event::ControlsSet { instrument, controls }),
        ("instrument_halted_operator", Event::InstrumentHalted { instrument, halt: Halt::Operator }),
        (
            "instrument_halted_daily_limit",
            Event::InstrumentHalted { instrument, halt: Halt::DailyLimit { until: MOMENT } },
        ),
        ("instrument_halted_stale_index", Event::InstrumentHalted { instrument, halt: Halt::StaleIndex }),
        ("instrument_resumed", Event::InstrumentResumed { instrument }),
        ("daily_limits_moved", Event::DailyLimitsMoved { instrument, lower, upper }),
        ("fees_scheduled", Event::FeesScheduled { instrument, effective, tiers }),
        ("fee_tier_assigned", Event::FeeTierAssigned { account: ACCOUNT, effective, tier: 3 }),
        ("mark_updated", Event::MarkUpdated { instrument, price: Price(3_100_000) }),
    ]
}

fn margin() -> Vec<Sample> {
    let (series, instrument, account) = (SeriesId(0x3132_3334), INSTRUMENT, ACCOUNT);
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
    let [equity, initial, maintenance] = [1_600_000_000, 1_785_600_000, 1_428_480_000].map(Cash);
    let (version, reference) = (0x9192_9394_9596_9798, Price(3_000_000));
    let credit = Event::CreditSet { first: series, second: SeriesId(0x3536_3738), per_lot: Cash(20_000_000) };
    let revalued = |complete| Event::Revalued { instrument, accounts: 256, complete };
    vec![
        ("approvals_required", Event::ApprovalsRequired { required: true }),
        ("approvals_not_required", Event::ApprovalsRequired { required: false }),
        (
            "final_proposed",
            Event::FinalProposed {
                instrument,
                day: Day(0x50a1),
                value_per_lot: Cash(2_383_200_000),
                rung: SettlementRung::Fixings,
            },
        ),
        ("final_approved", Event::FinalApproved { instrument, day: Day(0x50a1), value_per_lot: Cash(2_383_200_000) }),
        ("margin_set", Event::MarginSet { series, margin }),
        ("credit_set", credit),
        ("risk_published", Event::RiskPublished { instrument, version, reference }),
        ("revalued_in_part", revalued(false)),
        ("revalued", revalued(true)),
        ("margins_checked", Event::MarginsChecked { accounts: 255 }),
        ("margin_called", Event::MarginCalled { account, equity, initial, maintenance }),
        ("margin_called_below_zero", Event::MarginCalled { account, equity: Cash(-3), initial, maintenance }),
    ]
}

fn waterfall() -> Vec<Sample> {
    let (account, instrument, next) = (ACCOUNT, INSTRUMENT, MOMENT);
    let [equity, maintenance, shortfall] = [1_600_000_000, 1_785_600_000, 400_000_000].map(Cash);
    let ordered = |side, limit| {
        let limit = Price(limit);
        Event::LiquidationOrdered { order: ORDER, account, instrument, side, lots: LOTS, limit }
    };
    let declared = |insured, shortfall| {
        let insured = Cash(insured);
        Event::DefaultDeclared { account, equity: Cash(-500_000_000), insured, shortfall }
    };
    let started = |lots, haircut| Event::DeleveragingStarted { instrument, account, lots: Position(lots), haircut };
    let transferred = |lots, value, reason| {
        let (to, lots, value) = (AccountId(0x0506_0708), Position(lots), Cash(value));
        Event::PositionTransferred { instrument, from: account, to, lots, value, reason }
    };
    vec![
        ("backstop_set", Event::BackstopSet { account: Some(account) }),
        ("backstop_set_to_account_zero", Event::BackstopSet { account: Some(AccountId(0)) }),
        ("backstop_set_to_none", Event::BackstopSet { account: None }),
        ("liquidation_started", Event::LiquidationStarted { account, equity, maintenance }),
        ("liquidation_round", Event::LiquidationRound { account, equity, maintenance }),
        ("liquidation_ordered_buy", ordered(Side::Buy, 3_250_000)),
        ("liquidation_ordered_sell_below_zero", ordered(Side::Sell, -2)),
        ("liquidation_round_completed", Event::LiquidationRoundCompleted { account, next }),
        ("liquidation_postponed", Event::LiquidationPostponed { account, next }),
        ("liquidation_ended", Event::LiquidationEnded { account, equity }),
        ("liquidation_ended_below_zero", Event::LiquidationEnded { account, equity: Cash(-3) }),
        ("default_declared", declared(100_000_000, shortfall)),
        ("default_declared_without_shortfall", declared(500_000_000, Cash::ZERO)),
        ("deleveraging_started_long", started(500, shortfall)),
        ("deleveraging_started_short", started(-500, Cash::ZERO)),
        ("deleveraging_ranked_in_part", Event::DeleveragingRanked { instrument, accounts: 256, complete: false }),
        ("deleveraging_ranked", Event::DeleveragingRanked { instrument, accounts: 255, complete: true }),
        ("position_transferred_to_backstop", transferred(4, 8_900_000_000, PositionReason::Backstop)),
        ("position_transferred_short", transferred(-500, -600_000_000, PositionReason::Deleveraging)),
        ("deleveraged_in_part", Event::Deleveraged { instrument, accounts: 256, complete: false }),
        ("deleveraged", Event::Deleveraged { instrument, accounts: 255, complete: true }),
    ]
}

/// A plain limit order, and what version 1 did not know, one thing after the other.
fn accepted() -> Vec<Sample> {
    const LIMIT: Price = Price(3_250_000);
    let plain = |side, price, name| {
        OrderRequest::limit(ACCOUNT, ClientOrderId::new(name).unwrap(), INSTRUMENT, side, LOTS, price)
    };
    let event = |request, limit| Event::OrderAccepted { order: ORDER, request, limit };
    let with = |change: fn(&mut OrderRequest)| {
        let mut request = plain(Side::Buy, LIMIT, "my-order.1~a:b_C");
        change(&mut request);
        event(request, Some(LIMIT))
    };
    let stop = |reference| Some(Trigger { reference, price: Price(3_300_000) });
    let stopped = |reference, limit| {
        event(OrderRequest { trigger: stop(reference), ..plain(Side::Buy, LIMIT, "my-order.1~a:b_C") }, limit)
    };
    let unpriced = OrderRequest { pricing: Pricing::Market, ..plain(Side::Buy, LIMIT, "my-order.1~a:b_C") };
    let below_zero = plain(Side::Sell, Price(-2), "abcdefghijklmnopqrstuvwxyz012345");
    vec![
        ("order_accepted_buy", with(|_| {})),
        ("order_accepted_sell_below_zero", event(below_zero, Some(Price(-2)))),
        ("order_accepted_other_limit", event(below_zero, Some(Price(-3)))),
        ("order_accepted_no_limit", event(below_zero, None)),
        ("order_accepted_market", event(unpriced, Some(LIMIT))),
        ("order_accepted_market_stop", event(OrderRequest { trigger: stop(TriggerReference::Last), ..unpriced }, None)),
        ("order_accepted_ioc", with(|to| to.time_in_force = TimeInForce::ImmediateOrCancel)),
        ("order_accepted_fok", with(|to| to.time_in_force = TimeInForce::FillOrKill)),
        ("order_accepted_day", with(|to| to.time_in_force = TimeInForce::Day)),
        ("order_accepted_gtd", with(|to| to.time_in_force = TimeInForce::GoodTillDate(MOMENT))),
        ("order_accepted_stop_last", stopped(TriggerReference::Last, Some(LIMIT))),
        ("order_accepted_stop_mark", stopped(TriggerReference::Mark, Some(LIMIT))),
        ("order_accepted_stop_index", stopped(TriggerReference::Index, Some(LIMIT))),
        ("order_accepted_post_only", with(|to| to.conditions.post_only = true)),
        ("order_accepted_reduce_only", with(|to| to.conditions.reduce_only = true)),
        ("order_accepted_cancel_oldest", with(|to| to.self_trade = SelfTrade::CancelOldest)),
        ("order_accepted_cancel_both", with(|to| to.self_trade = SelfTrade::CancelBoth)),
        ("order_accepted_sent", with(|to| to.sent = Some(MOMENT))),
    ]
}

fn orders() -> Vec<Sample> {
    let traded = |taker_side, price, maker_fee| {
        let maker = OrderId(0x6162_6364_6566_6768);
        Event::Traded(Trade {
            trade: TradeId(0x7172_7374_7576_7778),
            instrument: INSTRUMENT,
            price: Price(price),
            lots: LOTS,
            taker_side,
            taker: TradeSide { order: ORDER, account: ACCOUNT, fee: Cash(37_200_000) },
            maker: TradeSide { order: maker, account: AccountId(0x8182_8384), fee: Cash(maker_fee) },
        })
    };
    let legs = Event::LegsTraded {
        near: INSTRUMENT,
        near_price: Price(3_000_000),
        far: InstrumentId(0x2526_2728),
        far_price: Price(-45_000),
    };
    let triggered = |reference, limit| Event::StopTriggered { order: ORDER, reference, limit: Price(limit) };
    let amended = |limit, trigger| Event::OrderAmended { order: ORDER, lots: LOTS, limit, trigger };
    let started = |instrument, side| Event::MassCancelStarted { account: ACCOUNT, instrument, side };
    let switch = |deadline| Event::CancelAfterSet { account: ACCOUNT, deadline };
    vec![
        ("order_replayed", Event::OrderReplayed { order: ORDER, filled: LOTS, rested: Lots(7) }),
        ("traded_buy", traded(Side::Buy, 3_250_000, 18_600_000)),
        ("traded_sell_below_zero", traded(Side::Sell, -2, 18_600_000)),
        ("traded_with_a_rebate", traded(Side::Sell, 3_250_000, -3_720_000)),
        ("legs_traded", legs),
        ("order_rested", Event::OrderRested { order: ORDER, lots: LOTS }),
        ("stop_triggered_last", triggered(TriggerReference::Last, 3_250_000)),
        ("stop_triggered_mark", triggered(TriggerReference::Mark, -2)),
        ("stop_triggered_index", triggered(TriggerReference::Index, 3_250_000)),
        ("order_amended_limit", amended(Some(Price(3_260_000)), None)),
        ("order_amended_stop", amended(None, Some(Price(3_310_000)))),
        ("order_amended_stop_limit_zero", amended(Some(Price(0)), Some(Price(0)))),
        ("mass_cancel_started", started(None, None)),
        ("mass_cancel_started_of_an_instrument", started(Some(INSTRUMENT), None)),
        ("mass_cancel_started_of_instrument_zero", started(Some(InstrumentId(0)), Some(Side::Buy))),
        ("mass_cancel_started_of_a_side", started(None, Some(Side::Sell))),
        ("mass_cancel_completed", Event::MassCancelCompleted { account: ACCOUNT, cancelled: 257 }),
        ("cancel_after_set", switch(Some(MOMENT))),
        ("cancel_after_set_at_zero", switch(Some(Timestamp(0)))),
        ("cancel_after_switched_off", switch(None)),
    ]
}

fn cancelled() -> Vec<Sample> {
    let cancelled =
        |reason| Event::OrderCancelled { order: ORDER, account: ACCOUNT, instrument: INSTRUMENT, lots: LOTS, reason };
    vec![
        ("order_cancelled_requested", cancelled(CancelReason::Requested)),
        ("order_cancelled_expired", cancelled(CancelReason::Expired)),
        ("order_cancelled_fill_limit", cancelled(CancelReason::FillLimit)),
        ("order_cancelled_immediate_or_cancel", cancelled(CancelReason::ImmediateOrCancel)),
        ("order_cancelled_fill_or_kill", cancelled(CancelReason::FillOrKill)),
        ("order_cancelled_time_in_force", cancelled(CancelReason::TimeInForce)),
        ("order_cancelled_self_trade", cancelled(CancelReason::SelfTrade)),
        ("order_cancelled_reduce_only", cancelled(CancelReason::ReduceOnly)),
        ("order_cancelled_mass_cancel", cancelled(CancelReason::MassCancel)),
        ("order_cancelled_cancel_after", cancelled(CancelReason::CancelAfter)),
        ("order_cancelled_daily_limit", cancelled(CancelReason::DailyLimit)),
        ("order_cancelled_margin_call", cancelled(CancelReason::MarginCall)),
        ("order_cancelled_liquidation", cancelled(CancelReason::Liquidation)),
        ("order_cancelled_exit", cancelled(CancelReason::Exit)),
        ("order_cancelled_refused", cancelled(CancelReason::Refused(Reject::PositionLimit))),
        ("order_cancelled_refused_otherwise", cancelled(CancelReason::Refused(Reject::NothingToTradeWith))),
    ]
}

fn money() -> Vec<Sample> {
    let (customer, variation) = (LedgerAccount::Customer(ACCOUNT), LedgerAccount::Variation(INSTRUMENT));
    let (other, outside) = (LedgerAccount::Customer(AccountId(0x0506_0708)), LedgerAccount::Outside);
    let owed = LedgerAccount::Receivable(ACCOUNT);
    let of = |asset, from, to, amount, reason| Event::Transferred { from, to, asset, amount: Amount(amount), reason };
    let usd = |from, to, amount, reason| of(AssetId::USD, from, to, amount, reason);
    let moved = |from, to| usd(from, to, 585_600_000, TransferReason::Variation);
    let transfer = TransferId(0x6162_6364_6566_6768);
    let pending = Event::TransferPending { transfer, account: ACCOUNT, asset: ASSET, amount: Amount(1_234) };
    let deposit = |asset| of(asset, outside, customer, 100_000_000_000, TransferReason::Deposit);
    vec![
        ("transferred_deposit_outside_to_customer", deposit(AssetId::USD)),
        ("transferred_deposit_of_another_asset", deposit(ASSET)),
        ("transferred_fee_customer_to_fees", usd(customer, LedgerAccount::Fees, 37_200_000, TransferReason::Fee)),
        ("transferred_variation_to_customer", moved(variation, customer)),
        ("transferred_variation_from_customer", moved(customer, variation)),
        ("transferred_rebate_fees_to_customer", usd(LedgerAccount::Fees, customer, 3_720_000, TransferReason::Rebate)),
        ("transferred_purchase", of(ASSET, customer, other, 1_000_000, TransferReason::Purchase)),
        ("transferred_withdrawal", of(ASSET, customer, outside, 1_234, TransferReason::Withdrawal)),
        ("transferred_internal", of(ASSET, customer, other, 5_678, TransferReason::Internal)),
        ("transferred_shortfall", usd(owed, customer, 1_234, TransferReason::Shortfall)),
        ("transferred_repayment", usd(customer, owed, 1_234, TransferReason::Repayment)),
        ("transferred_funding_to_customer", usd(variation, customer, 1_215_000, TransferReason::Funding)),
        (
            "transferred_deposit_outside_to_insurance",
            usd(outside, LedgerAccount::Insurance, 1_234, TransferReason::Deposit),
        ),
        ("transferred_liquidation", usd(customer, LedgerAccount::Insurance, 1_234, TransferReason::Liquidation)),
        ("transferred_insurance", usd(LedgerAccount::Insurance, customer, 1_234, TransferReason::Insurance)),
        ("transfer_pending", pending),
        ("transfer_posted", Event::TransferPosted { transfer }),
        ("transfer_voided", Event::TransferVoided { transfer }),
    ]
}

fn settlements() -> Vec<Sample> {
    let series = SeriesId(0x3132_3334);
    let fixing = |stage, price, rung| Event::FixingRecorded { series, day: DAY, stage, price: Price(price), rung };
    let started = |kind, value, rung| Event::SettlementStarted {
        instrument: INSTRUMENT,
        day: DAY,
        kind,
        value_per_lot: Cash(value),
        rung,
    };
    let settled = |position, variation| Event::PositionSettled {
        instrument: INSTRUMENT,
        account: ACCOUNT,
        position: Position(position),
        variation: Cash(variation),
    };
    let cascaded =
        |position| Event::PositionCascaded { instrument: INSTRUMENT, account: ACCOUNT, position: Position(position) };
    let completed = |kind| Event::SettlementCompleted { instrument: INSTRUMENT, day: DAY, kind };
    let (daily, value) = (SettlementKind::Daily, 2_418_000_000);
    vec![
        ("fixing_recorded_provisional", fixing(FixingStage::Provisional, 3_000_000, FixingRung::Fixing)),
        ("fixing_recorded_final_below_zero", fixing(FixingStage::Final, -3, FixingRung::Fixing)),
        ("fixing_recorded_last_final", fixing(FixingStage::Final, 3_000_000, FixingRung::LastFinal)),
        ("settlement_started_final_fixings", started(SettlementKind::Final, 2_383_200_000, SettlementRung::Fixings)),
        ("settlement_started_last_trade", started(daily, value, SettlementRung::LastTrade)),
        ("settlement_started_midpoint_below_zero", started(daily, -744, SettlementRung::Midpoint)),
        ("settlement_started_previous_settlement", started(daily, value, SettlementRung::PreviousSettlement)),
        ("settlement_started_latest_fixing", started(daily, value, SettlementRung::LatestFixing)),
        ("settlement_started_volume_weighted", started(daily, value, SettlementRung::VolumeWeighted)),
        ("settlement_started_reference", started(daily, value, SettlementRung::Reference)),
        ("settlement_started_undelivered", started(SettlementKind::Final, value, SettlementRung::Undelivered)),
        ("settlement_started_cascade_legs", started(SettlementKind::Cascade, value, SettlementRung::Legs)),
        ("settlement_started_funding", started(SettlementKind::Funding, -405_000, SettlementRung::Premium)),
        ("position_settled_long", settled(4, -585_600_000)),
        ("position_settled_short", settled(-4, 585_600_000)),
        ("position_cascaded_long", cascaded(4)),
        ("position_cascaded", cascaded(-4)),
        ("settlement_completed_cascade", completed(SettlementKind::Cascade)),
        ("settlement_completed_funding", completed(SettlementKind::Funding)),
        ("settlement_completed_daily", completed(daily)),
        ("settlement_completed_final", completed(SettlementKind::Final)),
    ]
}
