//! A venue that holds as much as it can refuses one more, and not one earlier.

use engine::command::{Command, Credential, FixingStage, Role};
use engine::ids::{AccountId, InstrumentId, KeyId, SeriesId, Symbol};
use engine::instrument::Terms;
use engine::limits;
use engine::units::{Cash, Day, Price};

use super::{Row, check};
use crate::compare::is_long_run;
use crate::venue::{Venue, usual_terms};

#[test]
fn contracts() {
    let mut venue = Venue::empty();
    let listing = |number: usize| {
        let instrument = InstrumentId(u32::try_from(number).unwrap());
        let symbol = Symbol::new(&format!("C{number}")).unwrap();
        Command::ListInstrument { terms: Terms { instrument, symbol, ..usual_terms() } }
    };
    for number in 0..limits::INSTRUMENTS_MAX {
        venue.operate(listing(number)).unwrap();
    }
    let Command::ListInstrument { terms } = listing(limits::INSTRUMENTS_MAX) else { unreachable!() };
    let invalid = Command::ListInstrument { terms: Terms { days: 0, ..terms } };
    check(vec![
        Row::of_venue(&[33], &venue, listing(limits::INSTRUMENTS_MAX)),
        Row::of_venue(&[32, 33], &venue, invalid),
        Row::of_venue(&[30, 31, 33], &venue, listing(0)),
    ]);
}

#[test]
fn money() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    let deposit = |amount, reference| Command::Deposit { account: AccountId(1), amount: Cash(amount), reference };
    let (total, largest) = (limits::TOTAL_CASH_MAX.0, limits::DEPOSIT_MAX.0);
    let times = u64::try_from(total / largest).unwrap();
    for reference in 1..times {
        venue.operate(deposit(largest, reference)).unwrap();
    }
    venue.operate(deposit(largest - 1, times)).unwrap();
    check(vec![
        Row::of_venue(&[62], &venue, deposit(2, times + 1)),
        Row::of_venue(&[60, 62], &venue, deposit(largest + 1, times + 1)),
        Row::of_venue(&[61, 62], &venue, deposit(2, times)),
    ]);
    assert_eq!(venue.operate(deposit(1, times + 1)), Ok(()));
    check(vec![Row::of_venue(&[62], &venue, deposit(1, times + 2))]);
}

#[test]
fn fixings() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    let fixing = |series, day, price| {
        let (series, day, price) = (SeriesId(series), Day(day), Some(Price(price)));
        Command::RecordFixing { series, day, stage: FixingStage::Provisional, price }
    };
    let days = i32::try_from(limits::FIXINGS_MAX).unwrap();
    for day in 0..days {
        venue.operate(fixing(1, day, 5)).unwrap();
    }
    check(vec![
        Row::of_venue(&[73], &venue, fixing(1, days, 5)),
        Row::of_venue(&[70, 73], &venue, fixing(2, 0, i64::MAX)),
    ]);
    assert_eq!(venue.operate(fixing(1, 0, 6)), Ok(()), "a day that has a value may get another");
}

/// Three million commands take half a minute without optimisation, so only a run with more cases than usual has them.
#[test]
fn accounts_and_keys() {
    if !is_long_run() {
        return;
    }
    let mut venue = Venue::empty();
    let open = |number: usize| Command::OpenAccount { account: AccountId(u32::try_from(number).unwrap()) };
    for number in 0..limits::ACCOUNTS_MAX {
        venue.operate(open(number)).unwrap();
    }
    let register = |number: usize, role| {
        let (key, credential) = (KeyId(number as u64), Credential::Ed25519([0; 32]));
        Command::RegisterKey { key, credential, role }
    };
    for number in 1..=limits::KEYS_MAX {
        venue.operate(register(number, Role::Operator)).unwrap();
    }
    let nobody = Role::Trader(AccountId(u32::MAX));
    check(vec![
        Row::of_venue(&[12], &venue, open(limits::ACCOUNTS_MAX)),
        Row::of_venue(&[10, 12], &venue, open(0)),
        Row::of_venue(&[21], &venue, register(limits::KEYS_MAX + 1, Role::Operator)),
        Row::of_venue(&[11, 21], &venue, register(limits::KEYS_MAX + 1, nobody)),
        Row::of_venue(&[20, 21], &venue, register(1, Role::Operator)),
    ]);
}
