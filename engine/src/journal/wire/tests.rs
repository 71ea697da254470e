//! What snapshots are made of comes back as it was, and is refused where it was tampered with.

use std::fmt::Debug;

use super::*;
use crate::accounts::{AccountLimits, RateLimit};
use crate::command::{Credential, FixingStage, Role};
use crate::controls::Controls;
use crate::event::{FixingRung, SettlementRung};
use crate::ids::{AccountId, AssetId, AssetSymbol, ClientOrderId, InstrumentId, SeriesId, Symbol};
use crate::instrument::{FeeRates, Halt, Kind, Legs, Month, Perpetual, SettlementKind, Spot, Spread, Strip, Terms};
use crate::journal::bytes::Reader;
use crate::ledger::LedgerAccount;
use crate::order::{OrderRequest, SelfTrade, TimeInForce, Trigger, TriggerReference};
use crate::units::{Amount, Day, Hours, Lots, Price, Side, Timestamp};

type Take<T> = fn(&mut Reader) -> Result<T, DecodeError>;

const LAST: Trigger = Trigger { reference: TriggerReference::Last, price: Price(-7) };

#[test]
fn small_values_come_back() {
    all([Side::Buy, Side::Sell], |to, side| to.u8(side_tag(side)), take_side);
    all([FixingStage::Provisional, FixingStage::Final], |to, stage| to.u8(stage_tag(stage)), take_stage);
    let kinds = [SettlementKind::Daily, SettlementKind::Final, SettlementKind::Cascade, SettlementKind::Funding];
    all(kinds, |to, kind| to.u8(kind_tag(kind)), take_kind);
    all([FixingRung::Fixing, FixingRung::LastFinal], |to, rung| to.u8(fixing_rung_tag(rung)), take_fixing_rung);
    let rungs = [
        SettlementRung::Fixings,
        SettlementRung::LastTrade,
        SettlementRung::Midpoint,
        SettlementRung::PreviousSettlement,
        SettlementRung::LatestFixing,
        SettlementRung::VolumeWeighted,
        SettlementRung::Reference,
        SettlementRung::Legs,
        SettlementRung::Premium,
        SettlementRung::Undelivered,
    ];
    all(rungs, |to, rung| to.u8(settlement_rung_tag(rung)), take_settlement_rung);
    all([None, Some(Side::Buy), Some(Side::Sell)], put_side_option, take_side_option);
    all([None, Some(Price(0)), Some(Price(-1))], put_price_option, take_price_option);
    all([None, Some(Timestamp(0)), Some(Timestamp(9))], put_time_option, take_time_option);
    all([None, Some(InstrumentId(0)), Some(InstrumentId(9))], put_instrument_option, take_instrument_option);
    all([Halt::Operator, Halt::StaleIndex, Halt::DailyLimit { until: Timestamp(5) }], put_halt, take_halt);
}

#[test]
fn accounts_and_keys_come_back() {
    let (account, instrument) = (AccountId(0x0102_0304), InstrumentId(0x0506_0708));
    all([Role::Operator, Role::Trader(account)], put_role, take_role);
    all([Credential::Ed25519([7; 32]), Credential::TokenSha256([8; 32])], put_credential, take_credential);
    let variation = LedgerAccount::Variation(instrument);
    let (customer, receivable) = (LedgerAccount::Customer(account), LedgerAccount::Receivable(account));
    let accounts = [LedgerAccount::Outside, LedgerAccount::Fees, variation, customer, receivable];
    all(accounts, put_ledger_account, take_ledger_account);
    let rate = |per_second, burst| RateLimit { per_second, burst };
    let limits = AccountLimits { orders: rate(1, 2), cancels: rate(3, 4), open_orders_max: 5 };
    all([limits, AccountLimits::default()], |to, limits| put_account_limits(to, &limits), take_account_limits);
    all([AssetSymbol::new("USD").unwrap(), AssetSymbol::new("0123456789abcdef").unwrap()], put_label, take_label);
}

#[test]
fn what_contracts_are_made_of_comes_back() {
    let month = Terms {
        instrument: InstrumentId(1),
        symbol: Symbol::new("H100-2026-08").unwrap(),
        kind: Kind::Month(Month { series: SeriesId(2), first_day: Day(-3), days: 31 }),
        tick: Price(4),
        floor: Price(-5),
        cap: Price(6),
        fees: FeeRates { maker: Price(7), taker: Price(8) },
    };
    let spot = Terms { kind: Kind::Spot(Spot { base: AssetId(9), lot_size: Amount(10) }), ..month };
    let (physical, margined) =
        (Kind::PhysicalMonth(month.month().unwrap()), Kind::MarginedMonth(month.month().unwrap()));
    let legs = Legs::new(&[1, 2, 3, 4, 5, 6].map(InstrumentId)).unwrap();
    let strip = Kind::Strip(Strip { series: SeriesId(11), first_day: Day(12), days: 366, legs });
    let perpetual = Kind::Perpetual(Perpetual { series: SeriesId(13), hours: 14, interest_ppm: -15, cap_ppm: 16 });
    let (near, far) = (InstrumentId(17), InstrumentId(18));
    let spread = Kind::Spread(Spread { near, far, hours: Hours(19), end: Timestamp(20) });
    let others = [physical, margined, strip, perpetual, spread].map(|kind| Terms { kind, ..month });
    all(others.into_iter().chain([month, spot]), |to, terms| put_terms(to, &terms), take_terms);
    let controls = Controls {
        reference: Price(1),
        band: Price(2),
        protection: Price(3),
        daily_limits: [Price(4), Price(5), Price(6)],
        pause_us: 7,
        order_lots_max: Lots(8),
    };
    all([controls, Controls::NONE], |to, controls| put_controls(to, &controls), take_controls);
    let tiers = [1, 3, 5, 7].map(|rate| FeeRates { maker: Price(-rate), taker: Price(rate + 1) });
    all([tiers], |to, tiers| put_fee_tiers(to, &tiers), take_fee_tiers);
}

#[test]
fn orders_come_back() {
    let id = ClientOrderId::new("my-order").unwrap();
    let plain = OrderRequest::limit(AccountId(1), id, InstrumentId(2), Side::Buy, Lots(3), Price(4));
    let stop = OrderRequest {
        time_in_force: TimeInForce::GoodTillDate(Timestamp(5)),
        trigger: Some(LAST),
        self_trade: SelfTrade::CancelOldest,
        sent: Some(Timestamp(6)),
        ..plain
    };
    all([plain, stop], |to, request| put_request(to, &request), take_request);
    // The bytes say which form they have, so that a later one can be told apart.
    let mut to = Writer::default();
    put_request(&mut to, &plain);
    to.0[1] = 7;
    let refused = Err(DecodeError::Invalid { what: "order with tag", value: 7 });
    assert_eq!(take_request(&mut Reader(&to.0)), refused);
}

#[test]
fn what_no_writer_writes_is_refused() {
    fn refused<T: PartialEq + Debug>(bytes: &[u8], take: Take<T>, what: &'static str, value: u64) {
        assert_eq!(take(&mut Reader(bytes)), Err(DecodeError::Invalid { what, value }));
    }
    refused(&[0], take_fixing_rung, "fixing rung", 0);
    refused(&[99], take_settlement_rung, "settlement rung", 99);
    refused(&[99], take_ledger_account, "ledger account", 99);
    refused(&[99], take_halt, "halt", 99);
    refused(&[0, 1, 0, 0, 0, 0, 0, 0, 0], take_time_option, "option", 0);
    refused(&[2, 0, 0, 0, 0, 0, 0, 0, 0], take_price_option, "option", 2);
    refused(&[2, 0, 0, 0, 0], take_instrument_option, "option", 2);
    refused(&[3], take_side_option, "side", 3);
}

/// Each value comes back from its bytes, takes all of them and no more, and is refused when any of them are missing.
fn all<T: Copy + PartialEq + Debug>(values: impl IntoIterator<Item = T>, put: fn(&mut Writer, T), take: Take<T>) {
    for value in values {
        let mut to = Writer::default();
        put(&mut to, value);
        for length in 0..to.0.len() {
            let cut = take(&mut Reader(&to.0[..length]));
            assert!(matches!(cut, Err(DecodeError::Truncated { .. })), "{value:?} in {length} bytes");
        }
        to.u8(0xff);
        let mut from = Reader(&to.0);
        assert_eq!(take(&mut from), Ok(value));
        assert_eq!(from.0, [0xff], "{value:?} takes its bytes and no more");
    }
}
