//! Bytes that no writer writes, and what is said about them.

use engine::command::Command;
use engine::journal::bytes::DecodeError;

use super::samples;
use crate::counts::count;

/// A sample, the offset from which its bytes are written over, the bytes, what is refused, and the value that is named.
type Row = (&'static str, usize, &'static [u8], &'static str, u64);

const ROWS: &[Row] = &[
    ("open_account", 1, &[0], "command tag", 0),
    ("open_account", 1, &[34], "command tag", 34),
    ("open_account", 1, &[255], "command tag", 255),
    ("submit_order_buy", 2, &[0], "side", 0),
    ("submit_order_buy", 2, &[3], "side", 3),
    ("submit_order_buy", 3, &[0], "pricing", 0),
    ("submit_order_buy", 3, &[3], "pricing", 3),
    ("submit_order_buy", 4, &[0], "time in force", 0),
    ("submit_order_buy", 4, &[6], "time in force", 6),
    ("submit_order_buy", 5, &[4], "trigger reference", 4),
    ("submit_order_buy", 6, &[8], "order flags", 8),
    ("submit_order_buy", 6, &[0x81], "order flags", 0x81),
    ("submit_order_buy", 7, &[0], "self-trade prevention", 0),
    ("submit_order_buy", 7, &[4], "self-trade prevention", 4),
    ("submit_order_buy", 3, &[2], "limit of a market order", 3_250_000),
    ("submit_order_buy", 32, &[1], "trigger price of an order without a trigger", 1),
    ("submit_order_buy", 40, &[1], "end of an order that is not good till a date", 1),
    ("submit_order_buy", 48, &[1], "time sent that is not stated", 1),
    ("submit_order_stop_last", 5, &[0], "trigger price of an order without a trigger", 3_300_000),
    ("submit_order_gtd", 4, &[1], "end of an order that is not good till a date", 1_783_468_800_000_123),
    ("submit_order_sent", 6, &[0], "time sent that is not stated", 1_783_468_800_000_123),
    // A label may hold only its characters, at least one of them, with nothing but zeros behind.
    ("submit_order_buy", 56, &[0; 32], "label of length", 0),
    ("submit_order_buy", 56, b" y", "label of length", 16),
    ("submit_order_buy", 56, &[0xc3, 0xa9], "label of length", 16),
    ("submit_order_buy", 56, &[0xff], "label of length", 16),
    ("submit_order_buy", 56, &[0], "byte behind a label", 0x79),
    ("submit_order_buy", 87, b"x", "byte behind a label", 0x78),
    ("submit_order_sell_below_zero", 57, &[0], "byte behind a label", 0x63),
    ("list_instrument", 6, &[0], "label of length", 0),
    ("list_instrument", 7, b"/", "label of length", 26),
    ("list_instrument", 33, &[7], "kind of instrument", 7),
    ("set_family", 72, &[2], "yes or no", 2),
    ("set_family", 7, b"/", "label of length", 18),
    ("list_instrument_strip", 44, &[7], "count of legs", 7),
    ("define_asset_longest", 7, b" ", "label of length", 16),
    ("amend_order_nothing", 2, &[8], "amendment flags", 8),
    ("amend_order_lots", 2, &[0], "lots that are not given", 99_999),
    ("amend_order_limit", 2, &[0], "limit that is not given", 3_260_000),
    ("amend_order_trigger", 2, &[0], "trigger price that is not given", 3_310_000),
    ("register_key_ed25519_operator", 10, &[3], "credential", 3),
    ("register_key_ed25519_operator", 43, &[0], "role", 0),
    ("cancel_all_orders", 6, &[2], "option", 2),
    ("cancel_all_orders", 7, &[1], "option", 0),
    ("cancel_all_orders", 11, &[3], "side", 3),
    ("record_fixing_final", 10, &[0], "fixing stage", 0),
    ("record_fixing_final", 11, &[0], "option", 0),
    ("start_settlement_daily", 10, &[5], "settlement kind", 5),
];

#[test]
fn what_no_writer_writes_is_refused_by_name() {
    for &(name, at, bytes, what, value) in ROWS {
        let refused = Err(DecodeError::Invalid { what, value });
        assert_eq!(Command::decode(&changed(name, at, bytes)), refused, "{name} with {bytes:?} at {at}");
    }
    count(ROWS.len(), "kinds of corrupt commands");
}

#[test]
fn reserved_bytes_are_zero() {
    let reserved = [
        ("submit_order_buy", 20..24),
        ("submit_order_buy", 88..96),
        ("submit_order_everything", 20..24),
        ("submit_order_everything", 88..96),
        ("amend_order_nothing", 3..4),
        ("amend_order_nothing", 36..48),
        ("amend_order_everything", 3..4),
        ("amend_order_everything", 36..48),
        ("cancel_order", 2..4),
    ];
    for (name, at) in reserved.into_iter().flat_map(|(name, range)| range.map(move |at| (name, at))) {
        let refused = Err(DecodeError::Invalid { what: "reserved byte", value: 0x80 });
        assert_eq!(Command::decode(&changed(name, at, &[0x80])), refused, "{name} at {at}");
    }
}

#[test]
fn other_versions_are_unknown() {
    for version in (0..=u8::MAX).filter(|version| !(1..=2).contains(version)) {
        let refused = Err(DecodeError::UnknownVersion { version });
        assert_eq!(Command::decode(&changed("process_due", 0, &[version])), refused);
    }
    assert_eq!(Command::decode(&[]), Err(DecodeError::Truncated { needed: 1 }));
    assert_eq!(Command::decode(&[1]), Err(DecodeError::Truncated { needed: 1 }));
    assert_eq!(Command::decode(&[2]), Err(DecodeError::Truncated { needed: 1 }));
}

/// What version 1 does not have stays unknown to it.
#[test]
fn version_1_has_ten_commands() {
    for (name, command) in samples() {
        let mut bytes = command.encode();
        if bytes[1] > 10 {
            bytes[0] = 1;
            let refused = Err(DecodeError::Invalid { what: "command tag", value: u64::from(bytes[1]) });
            assert_eq!(Command::decode(&bytes), refused, "{name}");
        }
    }
}

/// A sample with some of its bytes written over.
fn changed(name: &str, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = samples().iter().find(|sample| sample.0 == name).unwrap().1.encode();
    encoded[at..at + bytes.len()].copy_from_slice(bytes);
    encoded
}
