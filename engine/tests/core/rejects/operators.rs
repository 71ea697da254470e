//! Commands of the operator that break a rule, or two.

use engine::command::{Command, Credential, FixingStage, Role};
use engine::ids::{AccountId, AssetId, InstrumentId, KeyId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, SettlementKind, Terms};
use engine::limits;
use engine::reject::Reject;
use engine::units::{Amount, Day, Price};

use super::{Row, UNKNOWN_KEY, check};
use crate::venue::{CONTRACT, SERIES, TODAY, Venue, usual_month, usual_terms};

const YESTERDAY: Day = Day(TODAY.0 - 1);

#[test]
fn traders_do_not_run_the_venue() {
    let mut venue = Venue::with_accounts(1..=1, 1_000);
    venue.register(50, Role::Operator).unwrap();
    venue.operate(Command::RevokeKey { key: KeyId(50) }).unwrap();
    let commands = [
        // Each would be refused for another reason if its sender were allowed to ask.
        Command::OpenAccount { account: AccountId(1) },
        register(1, Role::Operator),
        Command::RevokeKey { key: KeyId(UNKNOWN_KEY) },
        deposit(1, 0, 1),
        Command::ListInstrument { terms: usual_terms() },
        fixing(TODAY, FixingStage::Final, None),
        start(YESTERDAY, SettlementKind::Daily),
        Command::AdvanceSettlement { instrument: CONTRACT },
    ];
    let senders = [(1, UNKNOWN_KEY), (2, 50), (3, 1)];
    let rows = commands
        .into_iter()
        .flat_map(|command| senders.map(|(rule, key)| Row { broken: vec![rule], venue: venue.clone(), key, command }));
    check(rows.collect());
}

#[test]
fn accounts_and_keys() {
    let mut venue = Venue::with_accounts(1..=1, 1_000);
    venue.operate(Command::RevokeKey { key: KeyId(1) }).unwrap();
    let row = |broken: &[u16], command| Row::of_venue(broken, &venue, command);
    check(vec![
        row(&[10], Command::OpenAccount { account: AccountId(1) }),
        row(&[11], register(2, Role::Trader(AccountId(2)))),
        row(&[20], register(1, Role::Trader(AccountId(1)))),
        row(&[20], register(1, Role::Operator)),
        row(&[20], register(KeyId::VENUE.0, Role::Operator)),
        row(&[11, 20], register(1, Role::Trader(AccountId(2)))),
        row(&[1], Command::RevokeKey { key: KeyId(UNKNOWN_KEY) }),
        row(&[1], Command::RevokeKey { key: KeyId::VENUE }),
        row(&[2], Command::RevokeKey { key: KeyId(1) }),
    ]);
}

#[test]
fn deposits() {
    let mut venue = Venue::with_accounts(1..=2, 0);
    venue.operate(deposit(1, 5, 1)).unwrap();
    venue.operate(deposit(1, 5, 2)).unwrap();
    let row =
        |account, amount, reference, broken: &[u16]| Row::of_venue(broken, &venue, deposit(account, amount, reference));
    let most = limits::DEPOSIT_MAX.0;
    check(vec![
        row(3, 5, 1, &[11]),
        row(1, 0, 3, &[60]),
        row(1, -1, 3, &[60]),
        row(1, i64::MIN, 3, &[60]),
        row(1, most + 1, 3, &[60]),
        row(1, i64::MAX, 3, &[60]),
        row(1, 5, 2, &[61]),
        row(1, 6, 2, &[61]),
        row(1, 5, 1, &[61]),
        row(1, 5, 0, &[61]),
        row(1, 5, 4, &[61]),
        row(1, 5, u64::MAX, &[61]),
        // The numbers of one account are nothing to another.
        row(2, 5, 0, &[61]),
        row(2, 5, 2, &[61]),
        row(2, 5, 3, &[61]),
        row(3, 0, 1, &[11, 60]),
        row(3, 5, 3, &[11, 61]),
        row(1, 0, 2, &[60, 61]),
        row(1, most + 1, 4, &[60, 61]),
    ]);
    // A refused number is still the next one, and the answer says which that is.
    let refused = venue.operate(deposit(2, 5, 3)).unwrap_err();
    assert_eq!(refused, Reject::DepositOutOfSequence { account: Some(AccountId(2)), reference: 3, next: 1 });
    for (account, reference) in [(2, 1), (1, 3), (2, 2), (1, 4)] {
        assert_eq!(venue.operate(deposit(account, 5, reference)), Ok(()), "{reference} of account {account}");
    }
}

#[test]
fn listings() {
    let venue = Venue::with_accounts(1..=1, 0);
    let good = Terms { instrument: InstrumentId(2), symbol: Symbol::new("OTHER").unwrap(), ..usual_terms() };
    let row = |broken: &[u16], terms| Row::of_venue(broken, &venue, Command::ListInstrument { terms });
    let of_days = |days| Terms { kind: Kind::Month(Month { days, ..usual_month() }), ..good };
    let from_day = |day| Terms { kind: Kind::Month(Month { first_day: Day(day), ..usual_month() }), ..good };
    let fees = |maker, taker| FeeRates { maker: Price(maker), taker: Price(taker) };
    let most = limits::PRICE_MAX.0;
    let usual = usual_terms();
    check(vec![
        row(&[30], Terms { instrument: usual.instrument, ..good }),
        row(&[31], Terms { symbol: usual.symbol, ..good }),
        row(&[30, 31], usual),
        row(&[30, 32], Terms { instrument: usual.instrument, ..of_days(0) }),
        row(&[31, 32], Terms { symbol: usual.symbol, ..of_days(0) }),
        row(&[32], of_days(0)),
        row(&[32], of_days(32)),
        row(&[32], of_days(u16::MAX)),
        row(&[32], from_day(-1)),
        row(&[32], from_day(83_981)),
        row(&[32], Terms { tick: Price(0), ..good }),
        row(&[32], Terms { tick: Price(-1_000), ..good }),
        row(&[32], Terms { tick: Price(most + 1), floor: Price(0), cap: Price(most), ..good }),
        row(&[32], Terms { floor: Price(-most - 1_000), ..good }),
        row(&[32], Terms { floor: Price(i64::MIN), ..good }),
        row(&[32], Terms { cap: Price(most + 1_000), ..good }),
        row(&[32], Terms { cap: Price(i64::MAX), ..good }),
        row(&[32], Terms { floor: good.cap, ..good }),
        row(&[32], Terms { floor: good.cap, cap: good.floor, ..good }),
        row(&[32], Terms { floor: Price(500), ..good }),
        row(&[32], Terms { cap: Price(10_000_500), ..good }),
        row(&[32], Terms { fees: fees(-1, 500), ..good }),
        row(&[32], Terms { fees: fees(0, -1), ..good }),
        row(&[32], Terms { fees: fees(most + 1, 0), ..good }),
        row(&[32], Terms { fees: fees(0, i64::MAX), ..good }),
    ]);
    let mut venue = venue;
    assert_eq!(venue.operate(Command::ListInstrument { terms: good }), Ok(()));
}

#[test]
fn fixings() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    venue.fix(TODAY, FixingStage::Provisional, Some(3_000_000)).unwrap();
    venue.fix(Day(TODAY.0 + 1), FixingStage::Final, Some(3_000_000)).unwrap();
    let most = limits::PRICE_MAX.0;
    let row = |broken: &[u16], days: i32, stage, price| {
        Row::of_venue(broken, &venue, fixing(Day(TODAY.0 + days), stage, price))
    };
    check(vec![
        row(&[70], 2, FixingStage::Final, Some(most + 1)),
        row(&[70], 2, FixingStage::Provisional, Some(-most - 1)),
        row(&[70], 2, FixingStage::Final, Some(i64::MAX)),
        row(&[71], 1, FixingStage::Final, Some(3_000_000)),
        row(&[71], 1, FixingStage::Provisional, Some(3_000_000)),
        row(&[70, 71], 1, FixingStage::Final, Some(most + 1)),
        row(&[72], 0, FixingStage::Final, None),
        // A provisional value is no rung, and a later day is none either.
        row(&[72], 0, FixingStage::Provisional, None),
        row(&[71, 72], 1, FixingStage::Final, None),
    ]);
}

#[test]
fn settlements() {
    let listed = Venue::with_accounts(1..=1, 0);
    let mut venue = listed.clone();
    let daily = SettlementKind::Daily;
    let unknown = InstrumentId(99);
    let last_day = Day(usual_terms().end().day().0 - 1);
    let mut rows = vec![
        Row::of_venue(&[34], &venue, Command::StartSettlement { instrument: unknown, day: TODAY, kind: daily }),
        Row::of_venue(&[34], &venue, Command::AdvanceSettlement { instrument: unknown }),
        Row::of_venue(&[80], &venue, advance()),
        Row::of_venue(&[84], &venue, start(YESTERDAY, daily)),
        Row::of_venue(&[82, 84], &venue, start(TODAY, daily)),
        Row::of_venue(&[81, 82, 84], &venue, start(Day(last_day.0 + 1), daily)),
        Row::of_venue(&[82, 83], &venue, start(last_day, SettlementKind::Final)),
    ];

    venue.fix(TODAY, FixingStage::Final, Some(3_000_000)).unwrap();
    rows.push(Row::of_venue(&[82], &venue, start(TODAY, daily)));
    venue.start(YESTERDAY, daily).unwrap();
    rows.push(Row::of_venue(&[41], &venue, start(YESTERDAY, daily)));
    rows.push(Row::of_venue(&[41, 81], &venue, start(Day(TODAY.0 - 2), daily)));
    rows.push(Row::of_venue(&[41, 82], &venue, start(TODAY, daily)));
    rows.push(Row::of_venue(&[41, 83], &venue, start(last_day, SettlementKind::Final)));
    venue.advance().unwrap();
    rows.push(Row::of_venue(&[80], &venue, advance()));
    rows.push(Row::of_venue(&[81], &venue, start(YESTERDAY, daily)));
    rows.push(Row::of_venue(&[81], &venue, start(Day(TODAY.0 - 2), daily)));
    rows.push(Row::of_venue(&[81, 82, 83], &venue, start(YESTERDAY, SettlementKind::Final)));

    venue.now = usual_terms().end();
    rows.push(Row::of_venue(&[83], &venue, start(last_day, SettlementKind::Final)));
    rows.push(Row::of_venue(&[81, 83], &venue, start(YESTERDAY, SettlementKind::Final)));
    rows.push(Row::of_venue(&[82, 83], &venue, start(Day(last_day.0 + 1), SettlementKind::Final)));
    venue.fix_all(3_000_000);
    rows.push(Row::of_venue(&[82], &venue, start(Day(last_day.0 + 1), SettlementKind::Final)));
    venue.start(last_day, SettlementKind::Final).unwrap();
    rows.push(Row::of_venue(&[41], &venue, start(Day(last_day.0 + 1), SettlementKind::Final)));
    venue.advance().unwrap();
    rows.push(Row::of_venue(&[80], &venue, advance()));
    rows.push(Row::of_venue(&[42, 81], &venue, start(last_day, daily)));
    rows.push(Row::of_venue(&[42, 81], &venue, start(last_day, SettlementKind::Final)));
    rows.push(Row::of_venue(&[42, 82], &venue, start(Day(last_day.0 + 1), SettlementKind::Final)));
    check(rows);

    let mut missing_one = listed;
    missing_one.now = usual_terms().end();
    let first_day = usual_month().first_day;
    missing_one.fix(first_day, FixingStage::Provisional, Some(1)).unwrap();
    for day in usual_month().delivery_days().filter(|day| *day != first_day) {
        missing_one.fix(day, FixingStage::Final, Some(1)).unwrap();
    }
    check(vec![Row::of_venue(&[83], &missing_one, start(last_day, SettlementKind::Final))]);
}

fn register(key: u64, role: Role) -> Command {
    Command::RegisterKey { key: KeyId(key), credential: Credential::TokenSha256([1; 32]), role }
}

fn deposit(account: u32, amount: i64, reference: u64) -> Command {
    Command::Deposit { account: AccountId(account), asset: AssetId::USD, amount: Amount(amount), reference }
}

fn fixing(day: Day, stage: FixingStage, price: Option<i64>) -> Command {
    Command::RecordFixing { series: SERIES, day, stage, price: price.map(Price) }
}

fn start(day: Day, kind: SettlementKind) -> Command {
    Command::StartSettlement { instrument: CONTRACT, day, kind }
}

fn advance() -> Command {
    Command::AdvanceSettlement { instrument: CONTRACT }
}
