//! Pins the bytes of every kind of command: a journal written today must be readable for ever.

use std::collections::BTreeMap;

use engine::command::{Command, Credential, FixingStage, OrderRequest, Role};
use engine::ids::{AccountId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol};
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::units::{Cash, Day, Lots, Price, Side};

use crate::counts::count;

const LINES: &str = include_str!("../../../tests/golden/wire_v1.txt");

#[test]
fn commands_keep_their_bytes() {
    let golden: BTreeMap<&str, &str> = LINES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(" = ").unwrap())
        .collect();
    for (name, command) in samples() {
        let bytes = command.encode();
        let line = golden.get(name).unwrap_or_else(|| panic!("add the line\n{name} = {}", hex(&bytes)));
        assert_eq!(hex(&bytes), **line, "{name} is written");
        assert_eq!(Command::decode(&bytes), Ok(command), "{name} is read");
    }
    assert_eq!(golden.len(), samples().len(), "every line has its command");
    count(golden.len(), "pinned commands");
}

/// One command of each kind, with each variant of what it carries; every field differs from its neighbours and from zero.
pub fn samples() -> Vec<(&'static str, Command)> {
    let account = AccountId(0x0102_0304);
    let (instrument, series, day) = (InstrumentId(0x2122_2324), SeriesId(0x3132_3334), Day(20_641));
    let key = KeyId(0x1112_1314_1516_1718);
    let every_byte: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let fixing = |stage, price| Command::RecordFixing { series, day, stage, price };
    let order = OrderRequest {
        account,
        client_order_id: ClientOrderId::new("my-order.1~a:b_C").unwrap(),
        instrument,
        side: Side::Buy,
        lots: Lots(100_000),
        limit: Price(3_250_000),
    };
    let longest = ClientOrderId::new("abcdefghijklmnopqrstuvwxyz012345").unwrap();
    vec![
        ("open_account", Command::OpenAccount { account }),
        (
            "register_key_ed25519_operator",
            Command::RegisterKey { key, credential: Credential::Ed25519(every_byte), role: Role::Operator },
        ),
        (
            "register_key_token_trader",
            Command::RegisterKey { key, credential: Credential::TokenSha256(every_byte), role: Role::Trader(account) },
        ),
        ("revoke_key", Command::RevokeKey { key }),
        ("deposit", Command::Deposit { account, amount: Cash(100_000_000_000), reference: 0x4142_4344_4546_4748 }),
        ("list_instrument", Command::ListInstrument { terms: terms(instrument, series) }),
        ("submit_order_buy", Command::SubmitOrder(order)),
        (
            "submit_order_sell_below_zero",
            Command::SubmitOrder(OrderRequest {
                side: Side::Sell,
                limit: Price(-2),
                client_order_id: longest,
                ..order
            }),
        ),
        ("cancel_order", Command::CancelOrder { account, order: OrderId(0x5152_5354_5556_5758) }),
        ("record_fixing_provisional", fixing(FixingStage::Provisional, Some(Price(3_000_000)))),
        ("record_fixing_final", fixing(FixingStage::Final, Some(Price(-3)))),
        ("record_fixing_zero", fixing(FixingStage::Final, Some(Price(0)))),
        ("record_fixing_suppressed", fixing(FixingStage::Final, None)),
        ("start_settlement_daily", Command::StartSettlement { instrument, day, kind: SettlementKind::Daily }),
        ("start_settlement_final", Command::StartSettlement { instrument, day, kind: SettlementKind::Final }),
        ("advance_settlement", Command::AdvanceSettlement { instrument }),
    ]
}

fn terms(instrument: InstrumentId, series: SeriesId) -> Terms {
    Terms {
        instrument,
        symbol: Symbol::new("H100-SXM.GLOBAL.OD-2026-08").unwrap(),
        series,
        first_day: Day(20_666),
        days: 31,
        tick: Price(1_000),
        floor: Price(-1_000_000),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(250), taker: Price(500) },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails to compile when a kind of command is added: give it a sample and a line.
#[allow(dead_code, reason = "compiled, never called")]
fn kinds_with_samples(command: &Command) {
    match command {
        Command::OpenAccount { .. }
        | Command::RegisterKey { .. }
        | Command::RevokeKey { .. }
        | Command::Deposit { .. }
        | Command::ListInstrument { .. }
        | Command::SubmitOrder(_)
        | Command::CancelOrder { .. }
        | Command::RecordFixing { .. }
        | Command::StartSettlement { .. }
        | Command::AdvanceSettlement { .. } => {}
    }
}
