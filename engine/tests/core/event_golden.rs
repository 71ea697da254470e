//! Pins the bytes of every kind of event: batches hold hashes over them, which a replay must come to for ever.

use std::collections::BTreeMap;

use engine::command::{FixingStage, Role};
use engine::event::{CancelReason, Event, FixingRung, SettlementRung, Trade, TradeSide, TransferReason};
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol, TradeId};
use engine::instrument::SettlementKind;
use engine::journal::bytes::Writer;
use engine::ledger::LedgerAccount;
use engine::reject::Reject;
use engine::units::{Cash, Day, Lots, Position, Price, Side};

use crate::counts::count;
use crate::rejects::messages;

const LINES: &str = include_str!("../../../tests/golden/event_v1.txt");

const ACCOUNT: AccountId = AccountId(0x0102_0304);
const INSTRUMENT: InstrumentId = InstrumentId(0x2122_2324);
const DAY: Day = Day(20_641);
const KEY: KeyId = KeyId(0x1112_1314_1516_1718);
const ORDER: OrderId = OrderId(0x5152_5354_5556_5758);

#[test]
fn events_keep_their_bytes() {
    let golden: BTreeMap<&str, &str> = LINES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(" = ").unwrap())
        .collect();
    let samples = samples();
    for (name, event) in &samples {
        let bytes = hex(event);
        let line = golden.get(name.as_str()).unwrap_or_else(|| panic!("add the line\n{name} = {bytes}"));
        assert_eq!(bytes, **line, "{name}");
    }
    assert_eq!(golden.len(), samples.len(), "every line has its event");
    let lines: std::collections::BTreeSet<&str> = golden.values().copied().collect();
    assert_eq!(lines.len(), golden.len(), "no two events have the same bytes");
    count(golden.len(), "pinned events");
}

#[test]
fn a_refusal_is_its_number_alone() {
    for (number, code, reject, _) in messages::rows() {
        let [low, high] = number.to_le_bytes();
        assert_eq!(hex(&Event::Rejected(reject)), format!("01{low:02x}{high:02x}"), "{code}");
    }
    // Neither the values nor the words of a message are in the bytes.
    let worded = |rule| hex(&Event::Rejected(Reject::InvalidTerms { rule }));
    assert_eq!(worded("tick is above zero"), worded("fees are not negative"));
    let numbered = |next| Reject::DepositOutOfSequence { account: ACCOUNT, reference: next - 1, next };
    assert_eq!(hex(&Event::Rejected(numbered(7))), hex(&Event::Rejected(numbered(8))));
}

/// One event of each kind, with each variant of what it carries; every field differs from its neighbours and from zero.
fn samples() -> Vec<(String, Event)> {
    let refused = messages::rows().into_iter();
    let refused = refused.map(|(_, code, reject, _)| (format!("rejected_{code}"), Event::Rejected(reject)));
    let others = [registry(), orders(), money(), settlements()].into_iter().flatten();
    refused.chain(others.map(|(name, event)| (name.to_owned(), event))).collect()
}

fn registry() -> Vec<(&'static str, Event)> {
    let symbol = Symbol::new("H100-SXM.GLOBAL.OD-2026-08").unwrap();
    vec![
        ("account_opened", Event::AccountOpened { account: ACCOUNT }),
        ("key_registered_operator", Event::KeyRegistered { key: KEY, role: Role::Operator }),
        ("key_registered_trader", Event::KeyRegistered { key: KEY, role: Role::Trader(ACCOUNT) }),
        ("key_revoked", Event::KeyRevoked { key: KEY }),
        ("instrument_listed", Event::InstrumentListed { instrument: INSTRUMENT, symbol }),
    ]
}

fn orders() -> Vec<(&'static str, Event)> {
    let lots = Lots(100_000);
    let accepted = |side, limit, name| Event::OrderAccepted {
        order: ORDER,
        account: ACCOUNT,
        instrument: INSTRUMENT,
        client_order_id: ClientOrderId::new(name).unwrap(),
        side,
        limit: Price(limit),
        lots,
    };
    let traded = |taker_side, price| {
        let maker = OrderId(0x6162_6364_6566_6768);
        Event::Traded(Trade {
            trade: TradeId(0x7172_7374_7576_7778),
            instrument: INSTRUMENT,
            price: Price(price),
            lots,
            taker_side,
            taker: TradeSide { order: ORDER, account: ACCOUNT, fee: Cash(37_200_000) },
            maker: TradeSide { order: maker, account: AccountId(0x8182_8384), fee: Cash(18_600_000) },
        })
    };
    let cancelled =
        |reason| Event::OrderCancelled { order: ORDER, account: ACCOUNT, instrument: INSTRUMENT, lots, reason };
    vec![
        ("order_accepted_buy", accepted(Side::Buy, 3_250_000, "my-order.1~a:b_C")),
        ("order_accepted_sell_below_zero", accepted(Side::Sell, -2, "abcdefghijklmnopqrstuvwxyz012345")),
        ("order_replayed", Event::OrderReplayed { order: ORDER, filled: lots, rested: Lots(7) }),
        ("traded_buy", traded(Side::Buy, 3_250_000)),
        ("traded_sell_below_zero", traded(Side::Sell, -2)),
        ("order_rested", Event::OrderRested { order: ORDER, lots }),
        ("order_cancelled_requested", cancelled(CancelReason::Requested)),
        ("order_cancelled_expired", cancelled(CancelReason::Expired)),
        ("order_cancelled_fill_limit", cancelled(CancelReason::FillLimit)),
    ]
}

fn money() -> Vec<(&'static str, Event)> {
    let (customer, variation) = (LedgerAccount::Customer(ACCOUNT), LedgerAccount::Variation(INSTRUMENT));
    let transferred =
        |from, to, amount, reason| Event::Transferred { from, to, asset: AssetId::USD, amount: Cash(amount), reason };
    let deposit = transferred(LedgerAccount::Outside, customer, 100_000_000_000, TransferReason::Deposit);
    let fee = transferred(customer, LedgerAccount::Fees, 37_200_000, TransferReason::Fee);
    let moved = |from, to| transferred(from, to, 585_600_000, TransferReason::Variation);
    vec![
        ("transferred_deposit_outside_to_customer", deposit),
        ("transferred_fee_customer_to_fees", fee),
        ("transferred_variation_to_customer", moved(variation, customer)),
        ("transferred_variation_from_customer", moved(customer, variation)),
    ]
}

fn settlements() -> Vec<(&'static str, Event)> {
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
        ("position_settled_long", settled(4, -585_600_000)),
        ("position_settled_short", settled(-4, 585_600_000)),
        ("settlement_completed_daily", completed(daily)),
        ("settlement_completed_final", completed(SettlementKind::Final)),
    ]
}

fn hex(event: &Event) -> String {
    let mut to = Writer::default();
    event.encode(&mut to);
    to.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails to compile when a kind of event is added, or a variant of what events carry: give it a sample and a line.
/// Reasons to refuse are listed in [`messages`].
#[allow(dead_code, reason = "compiled, never called")]
fn kinds_with_samples(event: &Event, account: LedgerAccount, reason: CancelReason, moved: TransferReason) {
    match event {
        Event::Rejected(_)
        | Event::AccountOpened { .. }
        | Event::KeyRegistered { role: Role::Operator | Role::Trader(_), .. }
        | Event::KeyRevoked { .. }
        | Event::InstrumentListed { .. }
        | Event::OrderAccepted { side: Side::Buy | Side::Sell, .. }
        | Event::OrderReplayed { .. }
        | Event::Traded(_)
        | Event::OrderRested { .. }
        | Event::OrderCancelled { .. }
        | Event::Transferred { .. }
        | Event::FixingRecorded {
            stage: FixingStage::Provisional | FixingStage::Final,
            rung: FixingRung::Fixing | FixingRung::LastFinal,
            ..
        }
        | Event::SettlementStarted {
            rung:
                SettlementRung::Fixings
                | SettlementRung::LastTrade
                | SettlementRung::Midpoint
                | SettlementRung::PreviousSettlement
                | SettlementRung::LatestFixing,
            ..
        }
        | Event::PositionSettled { .. }
        | Event::SettlementCompleted { kind: SettlementKind::Daily | SettlementKind::Final, .. } => {}
    }
    match account {
        LedgerAccount::Outside | LedgerAccount::Fees | LedgerAccount::Variation(_) | LedgerAccount::Customer(_) => {}
    }
    match reason {
        CancelReason::Requested | CancelReason::Expired | CancelReason::FillLimit => {}
    }
    match moved {
        TransferReason::Deposit | TransferReason::Fee | TransferReason::Variation => {}
    }
}
