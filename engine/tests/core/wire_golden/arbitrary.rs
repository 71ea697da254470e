//! Any command at all, whether the venue would take it or not.

use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, Credential, FixingStage, Role};
use engine::controls::Controls;
use engine::families::Family;
use engine::ids::{AccountId, AssetId, FamilyId, InstrumentId, KeyId, Label, OrderId, SeriesId, TransferId};
use engine::instrument::{FeeRates, Kind, Legs, Month, Perpetual, SettlementKind, Spot, Spread, Strip, Terms};
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Hours, Lots, Price, Side, Timestamp};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::vaults;

pub fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![3 => trading(), 2 => registry(), 2 => money(), 2 => instruments(), 1 => margin(), 1 => settlements(), 2 => super::chain::commands(), 1 => vaults::any_command().boxed()]
}

fn trading() -> impl Strategy<Value = Command> {
    let amendment = (account(), any::<u64>(), option::of(lots()), option::of(price()), option::of(price()));
    prop_oneof![
        4 => request().prop_map(Command::SubmitOrder),
        2 => amendment.prop_map(|(account, order, lots, limit, trigger)| {
            Command::AmendOrder(Amendment { account, order: OrderId(order), lots, limit, trigger })
        }),
        1 => (account(), any::<u64>())
            .prop_map(|(account, order)| Command::CancelOrder { account, order: OrderId(order) }),
        1 => (account(), option::of(instrument()), option::of(side()))
            .prop_map(|(account, instrument, side)| Command::CancelAllOrders { account, instrument, side }),
        1 => (account(), any::<u64>()).prop_map(|(account, timeout_us)| Command::CancelAfter { account, timeout_us }),
        1 => Just(Command::ProcessDue),
    ]
}

pub fn request() -> impl Strategy<Value = OrderRequest> {
    let pricing = prop_oneof![price().prop_map(Pricing::Limit), Just(Pricing::Market)];
    let time_in_force = prop_oneof![
        Just(TimeInForce::GoodTillCancelled),
        Just(TimeInForce::ImmediateOrCancel),
        Just(TimeInForce::FillOrKill),
        Just(TimeInForce::Day),
        time().prop_map(TimeInForce::GoodTillDate),
    ];
    let trigger =
        (select(&TriggerReference::ALL[..]), price()).prop_map(|(reference, price)| Trigger { reference, price });
    let conditions = any::<(bool, bool)>().prop_map(|(post_only, reduce_only)| Conditions { post_only, reduce_only });
    let self_trade = select(vec![SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth]);
    let plain = (account(), label(), instrument(), side(), lots(), price());
    (plain, pricing, time_in_force, option::of(trigger), conditions, self_trade, option::of(time())).prop_map(
        |(
            (account, id, instrument, side, lots, limit),
            pricing,
            time_in_force,
            trigger,
            conditions,
            self_trade,
            sent,
        )| {
            let plain = OrderRequest::limit(account, id, instrument, side, lots, limit);
            OrderRequest { pricing, time_in_force, trigger, conditions, self_trade, sent, ..plain }
        },
    )
}

fn registry() -> impl Strategy<Value = Command> {
    let credential = (any::<[u8; 32]>(), any::<bool>()).prop_map(|(bytes, signed)| match signed {
        true => Credential::Ed25519(bytes),
        false => Credential::TokenSha256(bytes),
    });
    let role = prop_oneof![Just(Role::Operator), account().prop_map(Role::Trader)];
    let rate = || any::<(u32, u32)>().prop_map(|(per_second, burst)| RateLimit { per_second, burst });
    prop_oneof![
        account().prop_map(|account| Command::OpenAccount { account }),
        (account(), account()).prop_map(|(account, master)| Command::OpenSubAccount { account, master }),
        (any::<u64>(), credential, role).prop_map(|(key, credential, role)| Command::RegisterKey {
            key: KeyId(key),
            credential,
            role
        }),
        any::<u64>().prop_map(|key| Command::RevokeKey { key: KeyId(key) }),
        (account(), rate(), rate(), any::<u32>()).prop_map(|(account, orders, cancels, open_orders_max)| {
            Command::SetAccountLimits { account, limits: AccountLimits { orders, cancels, open_orders_max } }
        }),
        (account(), time(), any::<u8>()).prop_map(|(account, effective, tier)| Command::AssignFeeTier {
            account,
            effective,
            tier
        }),
        any::<u16>().prop_map(|rules| Command::AdoptRules { rules: Rules(rules) }),
    ]
}

fn money() -> impl Strategy<Value = Command> {
    let amount = || any::<i64>().prop_map(Amount);
    let transfer = || any::<u64>().prop_map(TransferId);
    prop_oneof![
        (asset(), label(), any::<u8>()).prop_map(|(asset, symbol, decimals)| Command::DefineAsset {
            asset,
            symbol,
            decimals
        }),
        (account(), asset(), amount(), any::<u64>())
            .prop_map(|(account, asset, amount, reference)| { Command::Deposit { account, asset, amount, reference } }),
        (account(), asset(), amount(), any::<u64>()).prop_map(|(account, asset, amount, reference)| {
            Command::RequestWithdrawal { account, asset, amount, reference }
        }),
        (account(), account(), asset(), amount(), any::<u64>()).prop_map(|(from, to, asset, amount, reference)| {
            Command::TransferFunds { from, to, asset, amount, reference }
        }),
        transfer().prop_map(|transfer| Command::PostTransfer { transfer }),
        transfer().prop_map(|transfer| Command::VoidTransfer { transfer }),
        option::of(account()).prop_map(|account| Command::SetBackstop { account }),
        (any::<u64>(), amount()).prop_map(|(number, amount)| Command::FundInsurance { number, amount }),
    ]
}

fn instruments() -> impl Strategy<Value = Command> {
    let month = any::<(u32, i32, u16)>().prop_map(|(series, first, days)| Month {
        series: SeriesId(series),
        first_day: Day(first),
        days,
    });
    let spot =
        (asset(), any::<i64>()).prop_map(|(base, lot_size)| Kind::Spot(Spot { base, lot_size: Amount(lot_size) }));
    let legs = proptest::collection::vec(instrument(), 0..=6).prop_map(|legs| Legs::new(&legs).unwrap());
    let strip = (month.clone(), legs)
        .prop_map(|(Month { series, first_day, days }, legs)| Kind::Strip(Strip { series, first_day, days, legs }));
    let perpetual = any::<(u32, u16, i32, i32)>().prop_map(|(series, hours, interest_ppm, cap_ppm)| {
        Kind::Perpetual(Perpetual { series: SeriesId(series), hours, interest_ppm, cap_ppm })
    });
    let spread = (instrument(), instrument(), any::<u16>(), time())
        .prop_map(|(near, far, hours, end)| Kind::Spread(Spread { near, far, hours: Hours(hours), end }));
    let kind = prop_oneof![
        month.clone().prop_map(Kind::Month),
        month.clone().prop_map(Kind::MarginedMonth),
        month.prop_map(Kind::PhysicalMonth),
        strip,
        perpetual,
        spread,
        spot,
    ];
    let terms = (instrument(), label(), kind, price(), price(), price(), rates()).prop_map(
        |(instrument, symbol, kind, tick, floor, cap, fees)| Terms { instrument, symbol, kind, tick, floor, cap, fees },
    );
    let prices = (price(), price(), price(), [price(), price(), price()]);
    let controls = (prices, any::<u64>(), lots()).prop_map(|(prices, pause_us, order_lots_max)| {
        let (reference, band, protection, daily_limits) = prices;
        Controls { reference, band, protection, daily_limits, pause_us, order_lots_max }
    });
    let prices = (price(), price(), price(), rates());
    let family = (any::<u32>(), label(), any::<u32>(), prices, any::<[u8; 3]>(), any::<bool>());
    let family = family.prop_map(|(family, prefix, series, (tick, floor, cap, fees), counts, spreads)| {
        let (family, series, [months, quarters, years]) = (FamilyId(family), SeriesId(series), counts);
        Family { family, prefix, series, tick, floor, cap, fees, months, quarters, years, spreads }
    });
    prop_oneof![
        1 => family.prop_map(|family| Command::SetFamily { family }),
        2 => terms.prop_map(|terms| Command::ListInstrument { terms }),
        1 => (instrument(), controls)
            .prop_map(|(instrument, controls)| Command::SetControls { instrument, controls }),
        1 => instrument().prop_map(|instrument| Command::HaltInstrument { instrument }),
        1 => instrument().prop_map(|instrument| Command::ResumeInstrument { instrument }),
        1 => instrument().prop_map(|instrument| Command::UpdateMark { instrument }),
        1 => (instrument(), time(), [rates(), rates(), rates(), rates()])
            .prop_map(|(instrument, effective, tiers)| Command::ScheduleFees { instrument, effective, tiers }),
    ]
}

fn margin() -> impl Strategy<Value = Command> {
    let prices = || (price(), price(), price());
    let charges = || (cash(), cash(), cash(), cash());
    let parameters = (prices(), charges(), (any::<u32>(), lots(), lots(), lots(), any::<[i64; 2]>()));
    let parameters = parameters.prop_map(|(prices, charges, limits)| {
        let (scan_floor, step_max, mark_band) = prices;
        let (concentration_lots, position_max, open_interest_max, settlement_lots, times) = limits;
        let [stale_after_us, frozen_us] = times;
        let (calendar_charge, delivery_charge, concentration_charge, minimum_charge) = charges;
        SeriesMargin {
            scan_floor,
            step_max,
            mark_band,
            calendar_charge,
            delivery_charge,
            concentration_lots,
            concentration_charge,
            minimum_charge,
            position_max,
            open_interest_max,
            settlement_lots,
            stale_after_us,
            frozen_us,
        }
    });
    let losses = any::<[i64; SCENARIOS]>().prop_map(|losses| losses.map(Cash));
    let risk = (any::<u64>(), time(), price(), losses).prop_map(|(version, expires, reference, losses)| Risk {
        version,
        expires,
        reference,
        losses,
    });
    prop_oneof![
        (any::<u32>(), parameters).prop_map(|(series, margin)| Command::SetMargin { series: SeriesId(series), margin }),
        any::<(u32, u32, i64)>().prop_map(|(first, second, per_lot)| Command::SetCredit {
            first: SeriesId(first),
            second: SeriesId(second),
            per_lot: Cash(per_lot),
        }),
        (instrument(), risk).prop_map(|(instrument, risk)| Command::PublishRisk { instrument, risk }),
    ]
}

fn settlements() -> impl Strategy<Value = Command> {
    let day = || any::<i32>().prop_map(Day);
    let stage = select(vec![FixingStage::Provisional, FixingStage::Final]);
    let kind =
        select(vec![SettlementKind::Daily, SettlementKind::Final, SettlementKind::Cascade, SettlementKind::Funding]);
    prop_oneof![
        (any::<u32>(), day(), stage, option::of(price())).prop_map(|(series, day, stage, price)| {
            Command::RecordFixing { series: SeriesId(series), day, stage, price }
        }),
        (instrument(), day(), kind).prop_map(|(instrument, day, kind)| Command::StartSettlement {
            instrument,
            day,
            kind
        }),
        instrument().prop_map(|instrument| Command::AdvanceSettlement { instrument }),
        any::<bool>().prop_map(|required| Command::RequireApprovals { required }),
        (instrument(), day()).prop_map(|(instrument, day)| Command::ProposeFinal { instrument, day }),
        (instrument(), day(), cash()).prop_map(|(instrument, day, value_per_lot)| Command::ApproveFinal {
            instrument,
            day,
            value_per_lot,
        }),
    ]
}

pub(super) fn label<const N: usize>() -> impl Strategy<Value = Label<N>> {
    const ALLOWED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:-";
    proptest::collection::vec(select(ALLOWED), 1..=N)
        .prop_map(|text| Label::new(std::str::from_utf8(&text).unwrap()).unwrap())
}

fn rates() -> impl Strategy<Value = FeeRates> {
    (price(), price()).prop_map(|(maker, taker)| FeeRates { maker, taker })
}

fn cash() -> impl Strategy<Value = Cash> {
    any::<i64>().prop_map(Cash)
}

/// Zero stands for what is not there, so it comes more often than chance would have it.
fn price() -> impl Strategy<Value = Price> {
    prop_oneof![1 => Just(0), 4 => any::<i64>()].prop_map(Price)
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![1 => Just(0), 4 => any::<i64>()].prop_map(Timestamp)
}

fn lots() -> impl Strategy<Value = Lots> {
    prop_oneof![1 => Just(0), 4 => any::<u32>()].prop_map(Lots)
}

fn instrument() -> impl Strategy<Value = InstrumentId> {
    prop_oneof![1 => Just(0), 4 => any::<u32>()].prop_map(InstrumentId)
}

fn side() -> impl Strategy<Value = Side> {
    select(vec![Side::Buy, Side::Sell])
}

fn account() -> impl Strategy<Value = AccountId> {
    any::<u32>().prop_map(AccountId)
}

fn asset() -> impl Strategy<Value = AssetId> {
    any::<u32>().prop_map(AssetId)
}
