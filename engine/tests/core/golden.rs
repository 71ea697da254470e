//! Replays trading days that were worked out by hand from the rules, on the engine and on its twin.
//!
//! The script is written anew with the events and balances that really came, and must come out as it was.

use std::collections::BTreeMap;

use engine::Engine;
use engine::command::{Command, Credential, FixingStage, OrderRequest, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, KeyId, OrderId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::units::{Cash, Day, Lots, Price, Side, Timestamp};

use crate::calendar::{parse_day, write_day};
use crate::counts::count;
use crate::text::Names;
use crate::twin::Twin;
use crate::venue::Exchange;

const FIRST_DAY: &str = include_str!("../../../tests/golden/first_day.txt");

#[test]
fn the_engine_lives_the_first_day() {
    let commands = check(FIRST_DAY, Engine::new());
    count(commands, "golden commands");
}

#[test]
fn the_twin_lives_the_first_day() {
    check(FIRST_DAY, Twin::default());
}

/// Replays a script; says how many commands it had.
fn check(script: &str, exchange: impl Exchange) -> usize {
    let mut runner =
        Runner { exchange, names: Names::default(), seq: 0, now: Timestamp(0), deposits: BTreeMap::new(), commands: 0 };
    // Expected events are left out here and come back, if all is well, as what happened.
    let happened: Vec<String> =
        script.lines().filter(|line| !line.starts_with(' ')).flat_map(|line| runner.replay(line)).collect();
    let expected: Vec<&str> = script.lines().collect();
    if let Some(at) = (0..happened.len().max(expected.len()))
        .find(|&at| happened.get(at).map(String::as_str) != expected.get(at).copied())
    {
        let around =
            |lines: &[String]| lines[at.saturating_sub(4).min(lines.len())..lines.len().min(at + 4)].join("\n");
        let expected: Vec<String> = expected.into_iter().map(String::from).collect();
        panic!("line {} differs.\n--- expected\n{}\n--- happened\n{}", at + 1, around(&expected), around(&happened));
    }
    runner.commands
}

struct Runner<E> {
    exchange: E,
    names: Names,
    seq: u64,
    now: Timestamp,
    deposits: BTreeMap<AccountId, u64>,
    commands: usize,
}

impl<E: Exchange> Runner<E> {
    /// The line followed by what happened.
    fn replay(&mut self, line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] | ["#", ..] => vec![line.to_owned()],
            ["at", day, time] => {
                self.now = parse_time(day, time);
                vec![line.to_owned()]
            }
            ["check", account, "posted", _, "held", _] => {
                let (posted, held) = self.exchange.balance(self.ledger_account(account));
                let [posted, held] = [posted, held].map(|amount| Cash(i64::try_from(amount).unwrap()));
                vec![format!("check {account} posted {posted} held {held}")]
            }
            ["venue", "fixes", days, stage, price] => {
                let happened = self.fix(days, stage, price);
                vec![line.to_owned(), format!("  {happened}")]
            }
            _ => {
                let (key, command) = self.command(&words);
                let events = self.send(key, command);
                let mut lines = vec![line.to_owned()];
                lines.extend(events.iter().map(|event| format!("  {}", self.names.line(event))));
                if let ["venue", "opens", name] = words[..] {
                    self.register_key(name);
                }
                lines
            }
        }
    }

    fn command(&mut self, words: &[&str]) -> (KeyId, Command) {
        match *words {
            ["venue", "opens", name] => {
                let account = account_named(name);
                self.names.accounts.insert(account, name.to_owned());
                (KeyId::VENUE, Command::OpenAccount { account })
            }
            ["venue", "credits", name, amount] => {
                let (account, amount) = (account_named(name), Cash(parse_micros(amount)));
                let number = self.deposits.entry(account).or_default();
                *number += 1;
                (KeyId::VENUE, Command::Deposit { account, amount, reference: *number })
            }
            ["venue", "lists", name] => {
                let terms = terms_named(name);
                self.names.instruments.insert(terms.instrument, name.to_owned());
                (KeyId::VENUE, Command::ListInstrument { terms })
            }
            ["venue", "starts", kind, name, day] => {
                let kind = if kind == "final" { SettlementKind::Final } else { SettlementKind::Daily };
                let (instrument, day) = (terms_named(name).instrument, parse_day(day));
                (KeyId::VENUE, Command::StartSettlement { instrument, day, kind })
            }
            ["venue", "advances", name] => {
                (KeyId::VENUE, Command::AdvanceSettlement { instrument: terms_named(name).instrument })
            }
            [trader, "cancels", name] => {
                let account = account_named(trader);
                (key_of(account), Command::CancelOrder { account, order: self.order_named(name) })
            }
            [trader, side @ ("buys" | "sells"), lots, contract, "@", limit, "as", name] => {
                let account = account_named(trader);
                self.names.orders.insert(OrderId(self.seq + 1), name.to_owned());
                let request = OrderRequest {
                    account,
                    client_order_id: ClientOrderId::new(name).unwrap(),
                    instrument: terms_named(contract).instrument,
                    side: if side == "buys" { Side::Buy } else { Side::Sell },
                    lots: Lots(lots.parse().unwrap()),
                    limit: Price(parse_micros(limit)),
                };
                (key_of(account), Command::SubmitOrder(request))
            }
            _ => panic!("no such command: {}", words.join(" ")),
        }
    }

    fn send(&mut self, key: KeyId, command: Command) -> Vec<Event> {
        self.commands += 1;
        self.apply(key, command)
    }

    fn apply(&mut self, key: KeyId, command: Command) -> Vec<Event> {
        self.seq += 1;
        let mut events = Vec::new();
        let stamp = Stamp { seq: Seq(self.seq), time: self.now, key, session: 0 };
        let answer = self.exchange.apply(&stamp, &command, &mut events);
        let refused = matches!(events[..], [Event::Rejected(_)]);
        assert_eq!(answer.is_err(), refused, "{command:?} answered {answer:?}");
        if refused {
            self.names.orders.remove(&OrderId(self.seq));
        }
        events
    }

    /// Each trader signs with a key of the account's own number.
    fn register_key(&mut self, name: &str) {
        let (account, credential) = (account_named(name), Credential::TokenSha256([0; 32]));
        let command = Command::RegisterKey { key: key_of(account), credential, role: Role::Trader(account) };
        assert!(!matches!(self.apply(KeyId::VENUE, command)[..], [Event::Rejected(_)]), "{command:?}");
    }

    /// One command a day; what happened on all of them must be the same and is said once.
    fn fix(&mut self, days: &str, stage: &str, price: &str) -> String {
        let (first, last) = days.split_once("..").unwrap();
        let (first, last) = (parse_day(first), parse_day(last));
        let stage = if stage == "final" { FixingStage::Final } else { FixingStage::Provisional };
        let price = (price != "none").then(|| Price(parse_micros(price)));
        let mut happened: Vec<String> = Vec::new();
        for day in (first.0..=last.0).map(Day) {
            let series = SeriesId(1);
            let events = self.send(KeyId::VENUE, Command::RecordFixing { series, day, stage, price });
            let lines: Vec<String> = events.iter().map(|event| self.names.line(event)).collect();
            let this_day = format!("{0}..{0}", write_day(day));
            happened.push(lines.join(", ").replace(&this_day, days));
        }
        happened.dedup();
        happened.join(" | ")
    }

    fn order_named(&self, name: &str) -> OrderId {
        *self.names.orders.iter().rfind(|(_, known)| *known == name).unwrap().0
    }

    fn ledger_account(&self, name: &str) -> LedgerAccount {
        match name {
            "outside" => LedgerAccount::Outside,
            "fees" => LedgerAccount::Fees,
            _ => LedgerAccount::Customer(account_named(name)),
        }
    }
}

fn account_named(name: &str) -> AccountId {
    match name {
        "alice" => AccountId(1),
        "bob" => AccountId(2),
        "carol" => AccountId(3),
        _ => panic!("nobody is called {name}"),
    }
}

fn key_of(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0))
}

fn terms_named(name: &str) -> Terms {
    assert_eq!(name, "AUG", "there is one contract");
    Terms {
        instrument: InstrumentId(1),
        symbol: Symbol::new("H100-SXM.GLOBAL.OD-2026-08").unwrap(),
        series: SeriesId(1),
        first_day: parse_day("2026-08-01"),
        days: 31,
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    }
}

fn parse_time(day: &str, time: &str) -> Timestamp {
    let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    let [hours, minutes, seconds] = parts[..] else { panic!("{time} is not a time") };
    parse_day(day).start().plus_micros((hours * 3_600 + minutes * 60 + seconds) * 1_000_000)
}

/// `3.2505` is 3 250 500 micro-units.
fn parse_micros(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<6}").parse().unwrap()
}
