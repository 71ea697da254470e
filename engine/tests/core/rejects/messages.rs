//! Numbers and codes are pinned, and each message names the value that was refused.

use engine::chain::Pseudonym;
use engine::ids::{
    AccountId, AssetId, AssetSymbol, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol, TransferId, VaultId,
};
use engine::reject::{ChainSequence, Reject, VaultReject};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Timestamp};
use engine::vaults::VaultState;

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
    let mut rows = registry();
    rows.extend(vaults());
    rows.extend(orders());
    rows.extend(money());
    rows.extend(settlements());
    rows.extend(chain());
    rows.sort_by_key(|row| row.0);
    rows
}

fn registry() -> Vec<Row> {
    let (key, account, instrument, asset) = (KeyId(0xabcd), AccountId(71), InstrumentId(72), AssetId(77));
    let symbol = Symbol::new("H100-2026-08").unwrap();
    let asset_symbol = AssetSymbol::new("GPUH").unwrap();
    vec![
        (1, "unknown_key", Reject::UnknownKey { key }, &["000000000000abcd"]),
        (2, "key_revoked", Reject::KeyRevoked { key }, &["000000000000abcd"]),
        (3, "not_authorised", Reject::NotAuthorised { key }, &["000000000000abcd"]),
        (4, "work_due", Reject::WorkDue, &["due"]),
        (5, "rules_out_of_order", Reject::RulesOutOfOrder { asked: Rules(7), next: Rules(2) }, &["rules 7", "is 2"]),
        (6, "nothing_due", Reject::NothingDue, &["nothing is due"]),
        (7, "rules_too_old", Reject::RulesTooOld { needed: Rules(4) }, &["version 4"]),
        (10, "account_exists", Reject::AccountExists { account }, &["71"]),
        (11, "unknown_account", Reject::UnknownAccount { account }, &["71"]),
        (12, "too_many_accounts", Reject::TooManyAccounts, &["1000000"]),
        (13, "not_a_master", Reject::NotAMaster { master: account }, &["71"]),
        (14, "not_your_accounts", Reject::NotYourAccounts { from: account, to: AccountId(78) }, &["71", "78"]),
        (
            15,
            "invalid_account_limits",
            Reject::InvalidAccountLimits { rule: "a burst is at most 1000000" },
            &["a burst is at most 1000000"],
        ),
        (16, "asset_exists", Reject::AssetExists { asset }, &["77"]),
        (17, "asset_symbol_exists", Reject::AssetSymbolExists { symbol: asset_symbol }, &["GPUH"]),
        (18, "unknown_asset", Reject::UnknownAsset { asset }, &["77"]),
        (
            19,
            "invalid_asset",
            Reject::InvalidAsset { rule: "an asset has at most 18 decimal places" },
            &["an asset has at most 18 decimal places"],
        ),
        (20, "key_exists", Reject::KeyExists { key }, &["000000000000abcd"]),
        (21, "too_many_keys", Reject::TooManyKeys, &["2000000"]),
        (
            22,
            "invalid_margin",
            Reject::InvalidMargin { rule: "a position limit is 1 to 1000000 lots" },
            &["a position limit is 1 to 1000000 lots"],
        ),
        (23, "not_margined", Reject::NotMargined { instrument }, &["72"]),
        (
            24,
            "risk_out_of_order",
            Reject::RiskOutOfOrder { instrument, version: 83, latest: 84 },
            &["array 83", "instrument 72", "array 84"],
        ),
        (
            25,
            "invalid_controls",
            Reject::InvalidControls { rule: "the reference lies between floor and cap" },
            &["the reference lies between floor and cap"],
        ),
        (26, "invalid_fees", Reject::InvalidFees { rule: "a tier is 0 to 3" }, &["a tier is 0 to 3"]),
        (27, "nothing_to_halt_or_resume", Reject::NothingToHaltOrResume { instrument }, &["72"]),
        (28, "no_mark", Reject::NoMark { instrument }, &["72"]),
        (
            29,
            "invalid_risk",
            Reject::InvalidRisk { rule: "the reference lies between floor and cap" },
            &["the reference lies between floor and cap"],
        ),
        (30, "instrument_exists", Reject::InstrumentExists { instrument }, &["72"]),
        (31, "symbol_exists", Reject::SymbolExists { symbol }, &["H100-2026-08"]),
        (32, "invalid_terms", Reject::InvalidTerms { rule: "tick is above zero" }, &["tick is above zero"]),
        (33, "too_many_instruments", Reject::TooManyInstruments, &["10000"]),
        (34, "unknown_instrument", Reject::UnknownInstrument { instrument }, &["72"]),
    ]
}

fn orders() -> Vec<Row> {
    let instrument = InstrumentId(72);
    let client_order_id = ClientOrderId::new("my-order").unwrap();
    let price = Price(3_250_500);
    let (floor, cap, tick) = (Price(-1_000_000), Price(10_000_000), Price(1_000));
    let (below, above) = (Price(3_250_000), Price(3_251_000));
    let sent = Timestamp(1_783_468_800_000_000);
    let (lots, least, most) = (Lots(100_001), Lots(7), Lots(100_000));
    vec![
        (35, "invalid_order", Reject::InvalidOrder { rule: "a spot pair has no index" }, &["a spot pair has no index"]),
        (36, "sent_outside_retention", Reject::SentOutsideRetention { sent }, &["1783468800000000"]),
        (37, "halted", Reject::Halted { instrument }, &["72"]),
        (38, "rate_exceeded", Reject::RateExceeded { per_second: 79 }, &["79 a second"]),
        (39, "nothing_to_trade_with", Reject::NothingToTradeWith, &["protection"]),
        (77, "in_liquidation", Reject::InLiquidation { account: AccountId(71) }, &["account 71"]),
        (40, "client_order_id_reused", Reject::ClientOrderIdReused { client_order_id }, &["my-order"]),
        (41, "settling", Reject::Settling { instrument }, &["72"]),
        (42, "expired", Reject::Expired { instrument }, &["72"]),
        (43, "lots_out_of_range", Reject::LotsOutOfRange { lots, least, most }, &["100001", "7 to 100000"]),
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
        (
            51,
            "outside_daily_limits",
            Reject::OutsideDailyLimits { price, lower: below, upper: above },
            &["3.250500", "from 3.250000", "to 3.251000"],
        ),
        (
            52,
            "outside_band",
            Reject::OutsideBand { price, reference: below, bound: above },
            &["3.250500", "around 3.250000", "3.251000"],
        ),
        (53, "risk_expired", Reject::RiskExpired { instrument }, &["72"]),
        (54, "would_trade", Reject::WouldTrade { best: price }, &["3.250500"]),
        (55, "stop_in_reach", Reject::StopInReach { price }, &["3.250500"]),
        (56, "nothing_to_reduce", Reject::NothingToReduce, &["position"]),
        (57, "too_many_account_orders", Reject::TooManyAccountOrders { most: 80 }, &["80"]),
        (58, "too_many_stops", Reject::TooManyStops, &["100000"]),
        (59, "risk_unknown", Reject::RiskUnknown { instrument }, &["72"]),
        (
            68,
            "insufficient_margin",
            Reject::InsufficientMargin { required: Cash(2_269_200_000), equity: Cash(1_998_140_000) },
            &["2269.200000", "1998.140000"],
        ),
        (69, "series_position_limit", Reject::SeriesPositionLimit { most: Lots(85) }, &["85 lots"]),
        (74, "open_interest_limit", Reject::OpenInterestLimit { most: Lots(86) }, &["86 lots"]),
    ]
}

fn money() -> Vec<Row> {
    let account = AccountId(71);
    vec![
        (60, "amount_out_of_range", Reject::AmountOutOfRange { amount: Amount(-1) }, &["-1", "1000000000000000"]),
        (
            61,
            "deposit_out_of_sequence",
            Reject::DepositOutOfSequence { account: Some(account), reference: 75, next: 76 },
            &["75", "account 71", "next is 76"],
        ),
        (62, "total_cash_limit", Reject::TotalCashLimit, &["1000000000000000000"]),
        (
            63,
            "payment_out_of_sequence",
            Reject::PaymentOutOfSequence { account, reference: 75, next: 76 },
            &["75", "account 71", "next is 76"],
        ),
        (
            64,
            "insufficient_balance",
            Reject::InsufficientBalance { amount: Amount(81), free: Amount(80) },
            &["81", "80"],
        ),
        (65, "too_many_pending_transfers", Reject::TooManyPendingTransfers, &["100"]),
        (66, "transfer_not_pending", Reject::TransferNotPending { transfer: TransferId(82) }, &["82"]),
        (67, "deadline_out_of_range", Reject::DeadlineOutOfRange, &["86400000000"]),
    ]
}

fn settlements() -> Vec<Row> {
    let (instrument, series, day) = (InstrumentId(72), SeriesId(73), Day(20_641));
    vec![
        (
            70,
            "fixing_out_of_range",
            Reject::FixingOutOfRange { series, price: Price(i64::MIN) },
            &["73", "-9223372036854.775808", "1000.000000"],
        ),
        (71, "fixing_final", Reject::FixingFinal { series, day }, &["73", "20641"]),
        (72, "no_earlier_fixing", Reject::NoEarlierFixing { series, day }, &["73", "20641"]),
        (73, "too_many_fixings", Reject::TooManyFixings, &["400000"]),
        (75, "index_stale", Reject::IndexStale { series }, &["73"]),
        (76, "margined_value_limit", Reject::MarginedValueLimit, &["100000000000"]),
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
        (97, "not_approved", Reject::NotApproved { instrument }, &["72", "approval"]),
        (98, "proposal_differs", Reject::ProposalDiffers { instrument, value: Cash(2_383_200_000) }, &["72", "2383.2"]),
        (99, "second_key_needed", Reject::SecondKeyNeeded { key: KeyId(0x1f) }, &["000000000000001f"]),
        (85, "not_settled", Reject::NotSettled { instrument }, &["72"]),
        (86, "wrong_settlement", Reject::WrongSettlement { instrument }, &["72"]),
    ]
}

fn chain() -> Vec<Row> {
    let (account, instrument) = (AccountId(71), InstrumentId(72));
    let pseudonym = Pseudonym([0xab; 32]);
    let sequence = ChainSequence::Deposit;
    let (amount, out) = (Amount(9), Amount(5));
    vec![
        (100, "chain_attached", Reject::ChainAttached { chain_id: 31_337 }, &["31337"]),
        (101, "invalid_chain", Reject::InvalidChain { rule: "the chain id is not 0" }, &["the chain id is not 0"]),
        (102, "not_before_money", Reject::NotBeforeMoney { rule: "US dollars have come in already" }, &["US dollars"]),
        (103, "through_the_chain", Reject::ThroughTheChain, &["vault", "full collateral"]),
        (104, "not_linked", Reject::NotLinked { account }, &["71"]),
        (105, "no_chain", Reject::NoChain, &["attach"]),
        (106, "pseudonym_taken", Reject::PseudonymTaken { pseudonym }, &["0xababab"]),
        (107, "account_linked", Reject::AccountLinked { account }, &["71"]),
        (
            108,
            "chain_out_of_sequence",
            Reject::ChainOutOfSequence { sequence, number: 9, next: 5 },
            &["deposit 9", "5"],
        ),
        (109, "more_than_exported", Reject::MoreThanExported { asset: AssetId(74), amount, out }, &["9", "74", "5"]),
        (110, "batch_cut", Reject::BatchCut { number: 7 }, &["7"]),
        (111, "unsettled", Reject::Unsettled { instrument }, &["72"]),
        (112, "chain_frozen", Reject::ChainFrozen, &["frozen"]),
        (113, "in_exit", Reject::InExit { account }, &["71"]),
        (114, "not_covered", Reject::NotCovered { missing: Cash(2_500_000) }, &["2.5"]),
    ]
}

fn vaults() -> Vec<Row> {
    let (vault, series, day) = (VaultId(74), SeriesId(73), Day(20_641));
    vec![
        (120, "unknown_vault", Reject::Vault(VaultReject::UnknownVault { vault }), &["74"]),
        (121, "vault_exists", Reject::Vault(VaultReject::VaultExists { vault }), &["74"]),
        (
            122,
            "invalid_vault",
            Reject::Vault(VaultReject::InvalidVault { rule: "a vault has 1 to 1000 GPUs" }),
            &["1000 GPUs"],
        ),
        (
            123,
            "invalid_operating_rate",
            Reject::Vault(VaultReject::InvalidOperatingRate { rule: "a rate" }),
            &["a rate"],
        ),
        (124, "no_operating_rate", Reject::Vault(VaultReject::NoOperatingRate { series }), &["73"]),
        (125, "deed_taken", Reject::Vault(VaultReject::DeedTaken { vault }), &["74", "wound up"]),
        (126, "unknown_deed", Reject::Vault(VaultReject::UnknownDeed { vault }), &["74"]),
        (
            127,
            "wrong_vault_state",
            Reject::Vault(VaultReject::WrongVaultState { vault, state: VaultState::Funded }),
            &["74", "funded"],
        ),
        (128, "deeds_missing", Reject::Vault(VaultReject::DeedsMissing { vault, missing: 3 }), &["74", "3"]),
        (129, "shares_not_left", Reject::Vault(VaultReject::SharesNotLeft { shares: 500, left: 400 }), &["500", "400"]),
        (
            130,
            "revenue_out_of_sequence",
            Reject::Vault(VaultReject::RevenueOutOfSequence { vault, number: 5, next: 7 }),
            &["74", "5", "7"],
        ),
        (
            131,
            "revenue_day",
            Reject::Vault(VaultReject::RevenueDay { vault, day, earliest: Day(20_642) }),
            &["74", "20641", "20642"],
        ),
        (
            132,
            "too_many_gpu_seconds",
            Reject::Vault(VaultReject::TooManyGpuSeconds { gpu_seconds: 86_401, most: 86_400 }),
            &["86401", "86400"],
        ),
        (
            133,
            "nothing_to_claim",
            Reject::Vault(VaultReject::NothingToClaim { vault, account: AccountId(71) }),
            &["74", "71"],
        ),
        (
            134,
            "not_exported",
            Reject::Vault(VaultReject::NotExported { asset: AssetId(75), exported: Amount(10) }),
            &["75", "10"],
        ),
    ]
}

/// Fails to compile when a reason is added: give it a row.
#[allow(dead_code, reason = "compiled, never called")]
fn reasons_with_rows(reject: &Reject) {
    match reject {
        Reject::UnknownKey { .. } | Reject::KeyRevoked { .. } | Reject::NotAuthorised { .. } => {}
        Reject::WorkDue | Reject::RulesOutOfOrder { .. } | Reject::NothingDue | Reject::RulesTooOld { .. } => {}
        Reject::AccountExists { .. } | Reject::UnknownAccount { .. } | Reject::TooManyAccounts => {}
        Reject::NotAMaster { .. } | Reject::NotYourAccounts { .. } | Reject::InvalidAccountLimits { .. } => {}
        Reject::AssetExists { .. } | Reject::AssetSymbolExists { .. } | Reject::UnknownAsset { .. } => {}
        Reject::InvalidAsset { .. } | Reject::KeyExists { .. } | Reject::TooManyKeys => {}
        Reject::InstrumentExists { .. } | Reject::SymbolExists { .. } | Reject::InvalidTerms { .. } => {}
        Reject::TooManyInstruments | Reject::UnknownInstrument { .. } => {}
        Reject::InvalidControls { .. } | Reject::InvalidFees { .. } => {}
        Reject::NothingToHaltOrResume { .. } | Reject::NoMark { .. } => {}
        Reject::InvalidMargin { .. } | Reject::NotMargined { .. } => {}
        Reject::RiskOutOfOrder { .. } | Reject::InvalidRisk { .. } => {}
        Reject::ClientOrderIdReused { .. } | Reject::Settling { .. } | Reject::Expired { .. } => {}
        Reject::InvalidOrder { .. } | Reject::SentOutsideRetention { .. } | Reject::Halted { .. } => {}
        Reject::InLiquidation { .. } | Reject::InExit { .. } => {}
        Reject::NoChain | Reject::ChainFrozen | Reject::ChainAttached { .. } | Reject::InvalidChain { .. } => {}
        Reject::NotBeforeMoney { .. } | Reject::ChainOutOfSequence { .. } | Reject::BatchCut { .. } => {}
        Reject::Unsettled { .. } | Reject::NotCovered { .. } | Reject::ThroughTheChain | Reject::NotLinked { .. } => {}
        Reject::PseudonymTaken { .. } | Reject::AccountLinked { .. } | Reject::MoreThanExported { .. } => {}
        Reject::RateExceeded { .. } | Reject::NothingToTradeWith => {}
        Reject::LotsOutOfRange { .. } | Reject::PriceOutOfRange { .. } | Reject::PriceOffTick { .. } => {}
        Reject::OutsideDailyLimits { .. } | Reject::OutsideBand { .. } | Reject::StopInReach { .. } => {}
        Reject::WouldTrade { .. } | Reject::NothingToReduce | Reject::TooManyAccountOrders { .. } => {}
        Reject::TooManyStops => {}
        Reject::TooManyOpenOrders | Reject::PositionLimit | Reject::InsufficientFunds { .. } => {}
        Reject::RiskUnknown { .. } | Reject::RiskExpired { .. } | Reject::InsufficientMargin { .. } => {}
        Reject::SeriesPositionLimit { .. } | Reject::OpenInterestLimit { .. } => {}
        Reject::IndexStale { .. } | Reject::WrongSettlement { .. } | Reject::MarginedValueLimit => {}
        Reject::TooManyOrders | Reject::OrderNotLive { .. } => {}
        Reject::AmountOutOfRange { .. } | Reject::DepositOutOfSequence { .. } | Reject::TotalCashLimit => {}
        Reject::PaymentOutOfSequence { .. } | Reject::InsufficientBalance { .. } => {}
        Reject::TooManyPendingTransfers | Reject::TransferNotPending { .. } | Reject::DeadlineOutOfRange => {}
        Reject::FixingOutOfRange { .. } | Reject::FixingFinal { .. } => {}
        Reject::NoEarlierFixing { .. } | Reject::TooManyFixings => {}
        Reject::NotSettling { .. } | Reject::DaySettled { .. } | Reject::TooEarly { .. } => {}
        Reject::FixingMissing { .. } | Reject::NoSettlementPrice { .. } | Reject::NotSettled { .. } => {}
        Reject::Vault(VaultReject::UnknownVault { .. })
        | Reject::Vault(VaultReject::VaultExists { .. })
        | Reject::Vault(VaultReject::WrongVaultState { .. }) => {}
        Reject::Vault(VaultReject::InvalidVault { .. })
        | Reject::Vault(VaultReject::InvalidOperatingRate { .. })
        | Reject::Vault(VaultReject::NoOperatingRate { .. }) => {}
        Reject::Vault(VaultReject::DeedTaken { .. })
        | Reject::Vault(VaultReject::UnknownDeed { .. })
        | Reject::Vault(VaultReject::DeedsMissing { .. }) => {}
        Reject::Vault(VaultReject::SharesNotLeft { .. })
        | Reject::Vault(VaultReject::RevenueOutOfSequence { .. })
        | Reject::Vault(VaultReject::RevenueDay { .. }) => {}
        Reject::Vault(VaultReject::TooManyGpuSeconds { .. })
        | Reject::Vault(VaultReject::NothingToClaim { .. })
        | Reject::Vault(VaultReject::NotExported { .. }) => {}
        Reject::NotApproved { .. } | Reject::ProposalDiffers { .. } | Reject::SecondKeyNeeded { .. } => {}
    }
}
