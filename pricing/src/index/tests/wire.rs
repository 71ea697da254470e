//! The bytes of commands and events, written down so that a change of the encoding is seen.

use super::support::{SERIES, Venue, day, owner, price};
use crate::index::{Command, DecodeError, Event, Evidence, Outcome, Stage};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encoded(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.encode(&mut bytes);
    bytes
}

fn report() -> Command {
    let (day, owner, price) = (day("2026-07-07"), owner("lambda"), price("3.25"));
    Command::SubmitReport { series: SERIES, day, owner, evidence: Evidence::List, price }
}

#[test]
fn commands_have_golden_bytes() {
    let define = Command::DefineSeries { series: SERIES, symbol: "H100".to_owned(), inception: day("2026-07-07") };
    let provisional = Command::Determine { series: SERIES, day: day("2026-07-07"), stage: Stage::Provisional };
    let last = Command::Determine { series: SERIES, day: day("1969-12-31"), stage: Stage::Final };
    let rows = [
        // Version, tag, series, length and bytes of the symbol, day.
        (define, "01 01 07000000 04000000 48313030 a1500000"),
        // Version, tag, series, day, length and bytes of the owner, evidence, price.
        (report(), "01 02 07000000 a1500000 06000000 6c616d626461 01 5097310000000000"),
        // Version, tag, series, day, stage.
        (provisional, "01 03 07000000 a1500000 01"),
        (last, "01 03 07000000 ffffffff 02"),
    ];
    for (command, expected) in rows {
        let bytes = encoded(&command);
        assert_eq!(hex(&bytes), expected.replace(' ', ""), "{command:?}");
        assert_eq!(Command::decode(&bytes), Ok(command));
    }
}

#[test]
fn bytes_that_are_no_command_are_refused() {
    let good = encoded(&report());
    for length in 0..good.len() {
        assert!(matches!(Command::decode(&good[..length]), Err(DecodeError::Truncated { .. })), "{length} bytes");
    }
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Command::decode(&bytes).unwrap_err().to_string()
    };
    let invalid = |field: &str| format!("{field} holds a value outside its range; it was not written by this encoding");
    assert_eq!(changed(0, 2), "encoding version 2 is not 1; read it with the release that wrote it");
    assert_eq!(changed(1, 9), "command tag 9 is not known; tags are 1 to 3");
    assert_eq!(changed(9, 0x7f), invalid("day"));
    assert_eq!(changed(13, 0xff), "text needs 4278190086 bytes and 15 are left; the record is cut off");
    assert_eq!(changed(14, b'L'), invalid("owner"));
    assert_eq!(changed(14, 0xff), invalid("text"));
    assert_eq!(changed(20, 4), invalid("evidence"));
    assert_eq!(changed(28, 0x80), invalid("price"));

    let longer = [&good[..], &[0]].concat();
    assert_eq!(Command::decode(&longer), Err(DecodeError::TrailingBytes { left: 1 }));
    let stage = [1, 3, 7, 0, 0, 0, 0, 0, 0, 0, 3];
    assert_eq!(Command::decode(&stage), Err(DecodeError::InvalidValue { field: "stage" }));
}

#[test]
fn codes_never_change() {
    assert_eq!([Evidence::List, Evidence::Firm, Evidence::Executed].map(Evidence::code), [1, 2, 3]);
    assert_eq!([Stage::Provisional, Stage::Final].map(Stage::code), [1, 2]);
    let outcomes = [Outcome::Accepted, Outcome::Confirmed, Outcome::Held, Outcome::First];
    assert_eq!(outcomes.map(Outcome::code), [1, 2, 3, 4]);
    let outcomes = [Outcome::Reentered, Outcome::OutsidePanel, Outcome::Standing, Outcome::Absent];
    assert_eq!(outcomes.map(Outcome::code), [5, 6, 7, 8]);
}

#[test]
fn events_have_golden_bytes() {
    let bytes = |event: &Event| {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        hex(&bytes)
    };
    let mut venue = Venue::new(day("2026-07-07"));
    let (first, second) = (day("2026-07-07"), day("2026-07-08"));
    let defined = Event::SeriesDefined { series: SERIES, symbol: "H100".to_owned(), inception: first };
    let recorded = venue.report_at(first.start_us(), first, "a", "2").unwrap();
    venue.report(first, "b=2 c=2");
    let published = venue.determine(first, Stage::Final);
    let suppressed = venue.play(second, "a=2 x=2");
    let rows = [
        // Version, tag, then series, symbol, inception.
        (defined, "01 01 07000000 04000000 48313030 a1500000"),
        // Series, day, owner, evidence, price; received, seq.
        (recorded, "01 02 07000000 a1500000 01000000 61 01 80841e0000000000 00607312fa550600 0200000000000000"),
        (
            published,
            // Series, day, stage, methodology; value, level, matched mean, projection; gap, alarm, interval; depth.
            "01 03 07000000 a1500000 02 0100 80841e0000000000 80841e0000000000 00ca9a3b00000000 80841e0000000000 \
             0000000000000000 00 80841e0000000000 80841e0000000000 03000000 03000000 \
             03000000 \
             01000000 61 01 80841e0000000000 00 00 04 \
             01000000 62 01 80841e0000000000 00 00 04 \
             01000000 63 01 80841e0000000000 00 00 04",
        ),
        (
            suppressed,
            // Series, day, stage; owners counted, last final; per owner: label, report, reference, ratio, outcome.
            "01 04 07000000 a2500000 02 01000000 01 a1500000 80841e0000000000 \
             04000000 \
             01000000 61 01 80841e0000000000 01 a1500000 80841e0000000000 01 00ca9a3b00000000 01 \
             01000000 62 00 01 a1500000 80841e0000000000 00 07 \
             01000000 63 00 01 a1500000 80841e0000000000 00 07 \
             01000000 78 01 80841e0000000000 00 00 06",
        ),
    ];
    for (event, expected) in rows {
        assert_eq!(bytes(&event), expected.replace(' ', ""), "{event:?}");
    }
}
