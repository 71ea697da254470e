//! Reading price tables: exact prices, and errors that name line and value.

use super::support::{day, owner};
use crate::index::{Price, Row, parse_table};

const HEADER: &str = "date,owner,usd_per_gpu_hour\n";

fn row(usd: &str) -> Result<i64, String> {
    match parse_table(&format!("{HEADER}2026-07-07,lambda,{usd}\n")) {
        Ok(rows) => Ok(rows[0].price.micro_usd()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn prices_are_read_exactly() {
    let rows =
        [("3", 3_000_000), ("3.2", 3_200_000), ("3.200000", 3_200_000), ("0.000001", 1), ("12.2900", 12_290_000)];
    for (text, micro_usd) in rows {
        assert_eq!(row(text), Ok(micro_usd), "{text}");
    }
}

#[test]
fn what_is_no_price_is_refused_with_line_and_value() {
    for text in ["", ".5", "3.", "3.2.1", "-3", "+3", "3e0", " 3", "3,1", "3.0000001", "99999999999999999999", "٣"] {
        let error = row(text).unwrap_err();
        assert!(error.starts_with("line 2: "), "{text:?} gave {error}");
    }
    assert_eq!(
        row("3.0000001").unwrap_err(),
        "line 2: price \"3.0000001\" is not a decimal number with at most 6 decimals; write it as 3.25"
    );
    assert_eq!(
        row("0").unwrap_err(),
        "line 2: price 0 micro-USD per GPU-hour is not from 1 to 1000000000; one USD is 1000000"
    );
}

#[test]
fn comments_are_skipped_and_rows_keep_their_order() {
    let text = format!("# source\r\n{HEADER}2026-07-08,b,2\r\n# note\n2026-07-07,a,1.5\n");
    let expected = [("2026-07-08", "b", 2_000_000), ("2026-07-07", "a", 1_500_000)].map(|(date, label, micro_usd)| {
        Row { day: day(date), owner: owner(label), price: Price::new(micro_usd).unwrap() }
    });
    assert_eq!(parse_table(&text).unwrap(), expected);
    assert_eq!(parse_table(HEADER), Ok(Vec::new()));
}

#[test]
fn a_table_that_is_none_is_refused_with_line_and_value() {
    let rows = [
        ("", "line 1: header \"\" is not \"date,owner,usd_per_gpu_hour\"; begin the table with it"),
        ("# c\nday\n", "line 2: header \"day\" is not \"date,owner,usd_per_gpu_hour\"; begin the table with it"),
        (
            "date,owner,usd_per_gpu_hour\n\n",
            "line 2: row \"\" has not the three columns date,owner,usd_per_gpu_hour; separate them by commas",
        ),
        (
            "date,owner,usd_per_gpu_hour\n2026-07-07,a,1,2\n",
            "line 2: row \"2026-07-07,a,1,2\" has not the three columns date,owner,usd_per_gpu_hour; \
             separate them by commas",
        ),
        (
            "date,owner,usd_per_gpu_hour\n2026-07-07,a,1\n7 July,a,1\n",
            "line 3: day \"7 July\" is not a date from 0001-01-01 to 9999-12-31; write it as YYYY-MM-DD",
        ),
        (
            "date,owner,usd_per_gpu_hour\n2026-07-07,A,1\n",
            "line 2: owner label \"A\" is not 1 to 32 characters of a-z, 0-9, _ and -; \
             lower case it and replace the rest by -",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(parse_table(text).unwrap_err().to_string(), expected);
    }
}
