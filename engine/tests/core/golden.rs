//! Replays trading days that were worked out by hand from the rules, on the engine and on its twin.
//!
//! The script is written anew with the events and balances that really came, and must come out as it was.

pub mod margin_words;
mod vault_words;
mod words;

use std::collections::BTreeMap;

use engine::Engine;
use engine::command::{Command, Credential, FixingStage, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, KeyId, OrderId, Seq, SeriesId, TransferId};
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Cash, Day, Price, Side, Timestamp};
use engine::vaults::VaultCommand;

use crate::calendar::{parse_day, parse_time, write_day};
use crate::counts::count;
use crate::text::Names;
use crate::twin::Twin;
use crate::venue::{Exchange, Margin};
use vault_words::purse_named;
use words::{account_named, key_of, parse_micros, terms_named};

const DAYS: [(&str, &str); 11] = [
    ("first", include_str!("../../../tests/golden/first_day.txt")),
    ("orders", include_str!("../../../tests/golden/orders_day.txt")),
    ("stops", include_str!("../../../tests/golden/stops_day.txt")),
    ("limits", include_str!("../../../tests/golden/limits_day.txt")),
    ("margin", include_str!("../../../tests/golden/margin_day.txt")),
    ("default", include_str!("../../../tests/golden/default_day.txt")),
    ("perpetual", include_str!("../../../tests/golden/perpetual_day.txt")),
    ("strips", include_str!("../../../tests/golden/strips_day.txt")),
    ("spreads", include_str!("../../../tests/golden/spreads_day.txt")),
    ("money", include_str!("../../../tests/golden/money_day.txt")),
    ("vaults", include_str!("../../../tests/golden/vaults_day.txt")),
];

#[test]
fn the_engine_lives_the_golden_days() {
    let commands = DAYS.iter().map(|(name, day)| check(name, day, Engine::new())).sum();
    count(commands, "golden commands");
}

#[test]
fn the_twin_lives_the_golden_days() {
    for (name, day) in DAYS {
        check(name, day, Twin::default());
    }
}

fn dollars(micros: i128) -> String {
    Cash(i64::try_from(micros).unwrap()).to_string()
}

/// Replays a script; says how many commands it had.
fn check(name: &str, script: &str, exchange: impl Exchange) -> usize {
    let names = Names::default();
    let (deposits, payments) = (BTreeMap::new(), BTreeMap::new());
    let mut runner = Runner { exchange, names, seq: 0, now: Timestamp(0), deposits, payments, commands: 0 };
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
        panic!(
            "line {} of the {name} day differs.\n--- expected\n{}\n--- happened\n{}",
            at + 1,
            around(&expected),
            around(&happened)
        );
    }
    runner.commands
}

struct Runner<E> {
    exchange: E,
    names: Names,
    seq: u64,
    now: Timestamp,
    deposits: BTreeMap<AccountId, u64>,
    /// Payments out that were accepted.
    payments: BTreeMap<AccountId, u64>,
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
            ["check", contract, side @ ("bids" | "offers"), ..] => vec![self.check_queue(contract, side)],
            ["check", name, "position", contract, _] => {
                let (position, _) = self.exchange.holding(account_named(name), terms_named(contract).instrument);
                vec![format!("check {name} position {contract} {position}")]
            }
            ["check", name, "cost", contract, _] => {
                let (_, cost) = self.exchange.holding(account_named(name), terms_named(contract).instrument);
                vec![format!("check {name} cost {contract} {}", dollars(cost))]
            }
            ["check", "ledger", _] => vec![format!("check ledger {}", dollars(self.exchange.total(AssetId::USD)))],
            ["check", name, "owes", _] => {
                let owed = LedgerAccount::Receivable(account_named(name));
                let owed = -self.exchange.balance(owed, AssetId::USD).posted;
                vec![format!("check {name} owes {}", dollars(owed))]
            }
            ["check", name, "margin", ..] => {
                let Margin { equity, initial, maintenance, withdrawable, .. } =
                    self.exchange.margin(account_named(name));
                let figures = [equity, initial, maintenance, withdrawable].map(dollars).join(" ");
                vec![format!("check {name} margin {figures}")]
            }
            ["check", name, purse, _] if purse_named(name, purse).is_some() => {
                let of = purse_named(name, purse).unwrap();
                vec![format!("check {name} {purse} {}", dollars(self.exchange.balance(of, AssetId::USD).posted))]
            }
            ["check", name, "posted", ..] => vec![self.check_balance(name, AssetId::USD, line)],
            ["check", name, asset, "posted", ..] => vec![self.check_balance(name, words::asset_named(asset), line)],
            ["venue", "fixes", days, stage, price] => {
                let happened = self.fix(days, stage, price);
                vec![line.to_owned(), format!("  {happened}")]
            }
            _ => {
                let (key, command) = self.command(&words);
                let events = self.send(key, command);
                let mut lines = vec![line.to_owned()];
                lines.extend(events.iter().map(|event| format!("  {}", self.names.line(event))));
                if let ["venue", "opens", name, ..] = words[..]
                    && !matches!(events[..], [Event::Rejected(_)])
                {
                    self.register_key(name);
                }
                lines
            }
        }
    }

    /// `check alice posted 5.000000 held 2.000000`, with `pending` behind it if the line or the account has some.
    fn check_balance(&self, name: &str, asset: AssetId, line: &str) -> String {
        let standing = self.exchange.balance(self.ledger_account(name), asset);
        let write = |units: i128| {
            let text = self.names.amount(asset, Amount(i64::try_from(units).unwrap()));
            text.split(' ').next().unwrap().to_owned()
        };
        let which = if asset == AssetId::USD { String::new() } else { format!(" {}", self.names.assets[&asset]) };
        let mut found = format!("check {name}{which} posted {} held {}", write(standing.posted), write(standing.held));
        if standing.pending != 0 || line.contains(" pending ") {
            found += &format!(" pending {}", write(standing.pending));
        }
        found
    }

    /// `check AUG bids a1 5 @ 3.250000, b2 1 @ 3.200000`, in the order in which they would trade.
    fn check_queue(&self, contract: &str, side: &str) -> String {
        let of = if side == "bids" { Side::Buy } else { Side::Sell };
        let queue = self.exchange.queue(terms_named(contract).instrument, of);
        let orders: Vec<String> =
            queue.iter().map(|(order, price, lots)| format!("{} {lots} @ {price}", self.names.orders[order])).collect();
        format!("check {contract} {side} {}", if orders.is_empty() { "none".to_owned() } else { orders.join(", ") })
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
        if refused || matches!(events[..], [Event::OrderReplayed { .. }]) {
            self.names.orders.remove(&OrderId(self.seq));
        }
        if refused {
            self.names.transfers.remove(&TransferId(self.seq));
        } else if let Command::RequestWithdrawal { account, .. }
        | Command::TransferFunds { from: account, .. }
        | Command::Vault(VaultCommand::Subscribe { account, .. }) = command
        {
            *self.payments.entry(account).or_default() += 1;
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

    fn ledger_account(&self, name: &str) -> LedgerAccount {
        match name {
            "outside" => LedgerAccount::Outside,
            "fees" => LedgerAccount::Fees,
            "insurance" => LedgerAccount::Insurance,
            _ => LedgerAccount::Customer(account_named(name)),
        }
    }
}
