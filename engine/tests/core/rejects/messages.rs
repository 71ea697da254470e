//! Numbers and codes are pinned, and each message names the value that was refused.

use engine::ids::{AccountId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol};
use engine::reject::Reject;
use engine::units::{Cash, Day, Lots, Price, Timestamp};

use crate::counts::count;

/// Number, code, and what the message must contain. Rows are only ever added.
pub type Row = (u16, &'static str, Reject, &'static [&'static str]);

#[test]
fn numbers_codes_and_messages() {
    let rows = rows();
    count(rows.len(), "reject reasons");
    for (number, code, reject, values) in &rows {
        assert_eq!((reject.number(), reject.code()), (*number, *code));
        let message = reject.to_string();
        assert!(!message.starts_with(|first: char| first.is_ascii_uppercase()), "{message}");
        assert!(!message.ends_with('.'), "{message}");
        for value in *values {
            assert!(message.contains(value), "{code} does not say {value}: {message}");
        }
    }
    assert!(rows.is_sorted_by(|before, after| before.0 < after.0), "numbers rise");
    let codes: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.1).collect();
    assert_eq!(codes.len(), rows.len(), "codes differ");
}

/// Every reason once.
pub fn rows() -> Vec<Row> {
    let (key, account, instrument) = (KeyId(0xabcd), AccountId(71), InstrumentId(72));
    let (series, day) = (SeriesId(73), Day(20_641));
    let symbol = Symbol::new("H100-2026-08").unwrap();
    let client_order_id = ClientOrderId::new("my-order").unwrap();
    let price = Price(3_250_500);
    let (floor, cap, tick) = (Price(-1_000_000), Price(10_000_000), Price(1_000));
    let (below, above) = (Price(3_250_000), Price(3_251_000));
    vec![
        (1, "unknown_key", Reject::UnknownKey { key }, &["000000000000abcd"]),
        (2, "key_revoked", Reject::KeyRevoked { key }, &["000000000000abcd"]),
        (3, "not_authorised", Reject::NotAuthorised { key }, &["000000000000abcd"]),
        (10, "account_exists", Reject::AccountExists { account }, &["71"]),
        (11, "unknown_account", Reject::UnknownAccount { account }, &["71"]),
        (12, "too_many_accounts", Reject::TooManyAccounts, &["1000000"]),
        (20, "key_exists", Reject::KeyExists { key }, &["000000000000abcd"]),
        (21, "too_many_keys", Reject::TooManyKeys, &["2000000"]),
        (30, "instrument_exists", Reject::InstrumentExists { instrument }, &["72"]),
        (31, "symbol_exists", Reject::SymbolExists { symbol }, &["H100-2026-08"]),
        (32, "invalid_terms", Reject::InvalidTerms { rule: "tick is above zero" }, &["tick is above zero"]),
        (33, "too_many_instruments", Reject::TooManyInstruments, &["10000"]),
        (34, "unknown_instrument", Reject::UnknownInstrument { instrument }, &["72"]),
        (40, "client_order_id_reused", Reject::ClientOrderIdReused { client_order_id }, &["my-order"]),
        (41, "settling", Reject::Settling { instrument }, &["72"]),
        (42, "expired", Reject::Expired { instrument }, &["72"]),
        (43, "lots_out_of_range", Reject::LotsOutOfRange { lots: Lots(100_001) }, &["100001", "1 to 100000"]),
        (
            44,
            "price_out_of_range",
            Reject::PriceOutOfRange { price: Price(-2_000_000), floor, cap },
            &["-2.000000", "from -1.000000", "to 10.000000"],
        ),
        (
            45,
            "price_off_tick",
            Reject::PriceOffTick { price, tick, below, above },
            &["3.250500", "tick 0.001000", "3.250000", "3.251000"],
        ),
        (46, "too_many_open_orders", Reject::TooManyOpenOrders, &["1000"]),
        (47, "position_limit", Reject::PositionLimit, &["1000000"]),
        (
            48,
            "insufficient_funds",
            Reject::InsufficientFunds { required: Cash(42_411_720_000), free: Cash(17_804_084_000) },
            &["42411.720000", "17804.084000"],
        ),
        (49, "too_many_orders", Reject::TooManyOrders, &["200000"]),
        (50, "order_not_live", Reject::OrderNotLive { order: OrderId(74) }, &["74"]),
        (60, "amount_out_of_range", Reject::AmountOutOfRange { amount: Cash(-1) }, &["-0.000001", "1000000000.0"]),
        (
            61,
            "deposit_out_of_sequence",
            Reject::DepositOutOfSequence { account, reference: 75, next: 76 },
            &["75", "account 71", "next is 76"],
        ),
        (62, "total_cash_limit", Reject::TotalCashLimit, &["1000000000000.0"]),
        (
            70,
            "fixing_out_of_range",
            Reject::FixingOutOfRange { series, price: Price(i64::MIN) },
            &["73", "-9223372036854.775808", "1000.000000"],
        ),
        (71, "fixing_final", Reject::FixingFinal { series, day }, &["73", "20641"]),
        (72, "no_earlier_fixing", Reject::NoEarlierFixing { series, day }, &["73", "20641"]),
        (73, "too_many_fixings", Reject::TooManyFixings, &["400000"]),
        (80, "not_settling", Reject::NotSettling { instrument }, &["72"]),
        (81, "day_settled", Reject::DaySettled { instrument, day }, &["72", "20641"]),
        (
            82,
            "too_early",
            Reject::TooEarly { instrument, earliest: Timestamp(1_783_468_800_000_000) },
            &["72", "1783468800000000"],
        ),
        (83, "fixing_missing", Reject::FixingMissing { series, day }, &["73", "20641"]),
        (84, "no_settlement_price", Reject::NoSettlementPrice { instrument }, &["72"]),
    ]
}

/// Fails to compile when a reason is added: give it a row.
#[allow(dead_code, reason = "compiled, never called")]
fn reasons_with_rows(reject: &Reject) {
    match reject {
        Reject::UnknownKey { .. } | Reject::KeyRevoked { .. } | Reject::NotAuthorised { .. } => {}
        Reject::AccountExists { .. } | Reject::UnknownAccount { .. } | Reject::TooManyAccounts => {}
        Reject::KeyExists { .. } | Reject::TooManyKeys => {}
        Reject::InstrumentExists { .. } | Reject::SymbolExists { .. } | Reject::InvalidTerms { .. } => {}
        Reject::TooManyInstruments | Reject::UnknownInstrument { .. } => {}
        Reject::ClientOrderIdReused { .. } | Reject::Settling { .. } | Reject::Expired { .. } => {}
        Reject::LotsOutOfRange { .. } | Reject::PriceOutOfRange { .. } | Reject::PriceOffTick { .. } => {}
        Reject::TooManyOpenOrders | Reject::PositionLimit | Reject::InsufficientFunds { .. } => {}
        Reject::TooManyOrders | Reject::OrderNotLive { .. } => {}
        Reject::AmountOutOfRange { .. } | Reject::DepositOutOfSequence { .. } | Reject::TotalCashLimit => {}
        Reject::FixingOutOfRange { .. } | Reject::FixingFinal { .. } => {}
        Reject::NoEarlierFixing { .. } | Reject::TooManyFixings => {}
        Reject::NotSettling { .. } | Reject::DaySettled { .. } | Reject::TooEarly { .. } => {}
        Reject::FixingMissing { .. } | Reject::NoSettlementPrice { .. } => {}
    }
}
