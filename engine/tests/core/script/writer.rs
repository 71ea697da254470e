//! Turns steps into stamped commands: numbers orders, keeps the time, picks the key that signs, and lets the clock work.

use engine::command::{Command, Credential, FixingStage, Role, Stamp};
use engine::ids::{AccountId, AssetId, KeyId, OrderId, Seq};
use engine::instrument::{SettlementKind, Terms};
use engine::order::OrderRequest;
use engine::units::Timestamp;

use super::actions::{Action, Limit, Publish, Reference};
use super::contracts::{MARGINED, MARGINED_SERIES, NONE, terms};
use super::{DAY_MICROS, OPENING_DAY, OPERATOR_KEY, Opening, REVOKED_KEY, Sender, Step, Wait};
use crate::twin::Twin;

pub(super) struct Writer {
    pub(super) now: Timestamp,
    pub(super) sender: Sender,
    /// Whether the clock does what is due before the next command.
    clock: bool,
    /// Lives along, so that what is due is known, which orders are live, and which number is next.
    pub(super) twin: Twin,
    /// Whether there are contracts on margin.
    has_margin: bool,
    /// The contract on margin in which most happens, in the place of the first one.
    stage: Option<usize>,
    pub(super) submitted: Vec<(OrderId, OrderRequest)>,
    commands: Vec<(Stamp, Command)>,
}

impl Writer {
    /// Begins with accounts, keys, money, two months, a spot pair and perhaps months on margin.
    pub(super) fn of_new_venue(opening: &Opening) -> Writer {
        let mut writer = Writer {
            now: OPENING_DAY.start(),
            sender: Sender::Usual,
            clock: true,
            twin: Twin::default(),
            has_margin: opening.rules >= 3,
            stage: None,
            submitted: Vec::new(),
            commands: Vec::new(),
        };
        writer.set_up(opening);
        writer.stage = opening.stage;
        writer
    }

    pub(super) fn write(&mut self, step: &Step) {
        self.wait(&step.wait);
        self.sender = step.sender.clone();
        self.clock = step.clock;
        self.act(&step.action);
    }

    pub(super) fn into_commands(self) -> Vec<(Stamp, Command)> {
        self.commands
    }

    /// Stamps a command, behind what is due.
    pub(super) fn send(&mut self, command: Command) {
        if self.clock {
            self.process_due();
        }
        let trader = match command {
            Command::SubmitOrder(OrderRequest { account, .. })
            | Command::CancelOrder { account, .. }
            | Command::CancelAllOrders { account, .. }
            | Command::CancelAfter { account, .. }
            | Command::RequestWithdrawal { account, .. } => Some(account),
            Command::AmendOrder(amendment) => Some(amendment.account),
            // The first accounts of owners are those below the fifth.
            Command::TransferFunds { from, .. } => Some(if from.0 > 4 { AccountId(from.0 - 4) } else { from }),
            _ => None,
        };
        let usual = trader.map_or(KeyId::VENUE, |account| KeyId(u64::from(100 + account.0)));
        let key = if let Sender::Other(key) = self.sender { key } else { usual };
        if let Command::SubmitOrder(request) = command {
            self.submitted.push((OrderId(self.commands.len() as u64 + 1), request));
        }
        self.stamp(key, command);
    }

    fn process_due(&mut self) {
        while self.twin.is_due_at(self.now) {
            self.stamp(KeyId::VENUE, Command::ProcessDue);
        }
    }

    fn stamp(&mut self, key: KeyId, command: Command) {
        let seq = Seq(self.commands.len() as u64 + 1);
        let stamp = Stamp { seq, time: self.now, key, session: 0 };
        // What came of it is the business of whoever compares.
        let _ = self.twin.apply(&stamp, &command, &mut Vec::new());
        self.commands.push((stamp, command));
    }

    fn set_up(&mut self, opening: &Opening) {
        for version in 2..=opening.rules {
            self.act(&Action::Adopt(version));
        }
        self.act(&Action::Define { asset: 2, symbol: 0, decimals: 18 });
        let dollars = [200_000, 50_000, 1_000_000_000, 2_000, 80_000, 0];
        for (account, dollars) in (1..).zip(dollars) {
            let credential = Credential::Ed25519([9; 32]);
            let (key, role) = (KeyId(u64::from(100 + account)), Role::Trader(AccountId(account)));
            let opens =
                if account > 4 { Action::OpenSub { account, master: account - 4 } } else { Action::Open(account) };
            self.act(&opens);
            self.send(Command::RegisterKey { key, credential, role });
            for (asset, amount) in [(AssetId::USD.0, dollars * 1_000_000), (2, 200)] {
                if dollars > 0 {
                    self.act(&Action::Deposit { account, asset, amount, reference: Reference::Next });
                }
            }
        }
        self.act(&Action::Register(OPERATOR_KEY, Role::Operator));
        self.act(&Action::Register(REVOKED_KEY, Role::Trader(AccountId(1))));
        self.act(&Action::Revoke(REVOKED_KEY));
        let margined = if self.has_margin { MARGINED } else { NONE };
        for contract in [0, 1, 3].into_iter().chain(margined) {
            self.send(Command::ListInstrument { terms: terms(contract) });
            if let Some(choice) = opening.controls {
                self.act(&Action::Control { contract, choice });
            }
        }
        if let Some(choice) = opening.margin.filter(|_| self.has_margin) {
            self.set_up_margin(choice);
        }
        // What was not due to be done in between.
        self.process_due();
    }

    fn set_up_margin(&mut self, choice: usize) {
        for series in MARGINED_SERIES {
            self.act(&Action::Margin { series, choice });
        }
        for contract in MARGINED {
            self.act(&Action::Publish(Publish {
                contract,
                version: Reference::Next,
                lasts: 2 * DAY_MICROS,
                price: Limit::Near(0),
                range: 1_000_000,
                skew: 0,
                flaw: None,
            }));
            self.act(&Action::Mark(contract));
        }
    }

    /// The contract of a number, or one that is not on margin in its place if there are none.
    pub(super) fn terms(&self, contract: usize) -> Terms {
        let contract = if contract == 0 { self.stage.unwrap_or(0) } else { contract };
        terms(if self.has_margin || !MARGINED.contains(&contract) { contract } else { contract % 2 })
    }

    pub(super) fn wait(&mut self, wait: &Wait) {
        let until = match *wait {
            Wait::None => return,
            Wait::Micros(micros) => self.now.plus_micros(micros),
            Wait::EndOf(contract, micros) => terms(contract).end().plus_micros(micros),
        };
        self.now = self.now.max(until);
    }

    /// Lives through the delivery of every contract and settles it, and cancels what is left.
    pub(super) fn wind_up(&mut self) {
        self.stage = None;
        self.sender = Sender::Usual;
        self.clock = true;
        let margined = if self.has_margin { MARGINED } else { NONE };
        for contract in [0, 1, 2].into_iter().chain(margined) {
            let kind = SettlementKind::Final;
            self.advance_to_the_end(contract);
            self.wait(&Wait::EndOf(contract, 0));
            // The last delivery day may have been settled already; the day after it cannot have been.
            self.wait(&Wait::Micros(DAY_MICROS));
            self.act(&Action::FixAll { contract, suppressed: 100 });
            self.act(&Action::Fix { contract, day: 1, stage: FixingStage::Final, price: Some(Limit::Near(0)) });
            self.act(&Action::Start { contract, days_back: 1, kind });
            self.advance_to_the_end(contract);
        }
        for account in self.twin.accounts() {
            self.sender = Sender::Usual;
            self.act(&Action::Restrict { account: account.0, choice: 0 });
            // The account's usual key may have been revoked.
            let key = KeyId(u64::from(300 + account.0));
            self.act(&Action::Register(key, Role::Trader(account)));
            self.sender = Sender::Other(key);
            self.act(&Action::CancelAll { account: account.0, contract: None, side: None });
        }
        self.process_due();
    }

    fn advance_to_the_end(&mut self, contract: usize) {
        self.act(&Action::Advance { contract });
        while self.twin.is_settling(terms(contract).instrument) {
            self.act(&Action::Advance { contract });
        }
    }
}
