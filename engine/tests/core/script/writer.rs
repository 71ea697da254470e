//! Turns steps into stamped commands: numbers orders, keeps the time, and picks the key that would sign.

use std::collections::BTreeMap;

use engine::command::{Command, Credential, FixingStage, OrderRequest, Role, Stamp};
use engine::ids::{AccountId, ClientOrderId, KeyId, OrderId, Seq};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::units::{Cash, Day, Lots, Timestamp};

use super::contracts::{listing, terms};
use super::{Action, DAY_MICROS, Limit, OPENING_DAY, OPERATOR_KEY, REVOKED_KEY, Reference, Sender, Step, Wait};

#[derive(Default)]
pub(super) struct Writer {
    now: Timestamp,
    sender: Sender,
    /// The number of the last deposit to each account that was opened, as far as can be told without asking.
    deposits: BTreeMap<u32, u64>,
    submitted: Vec<(OrderId, OrderRequest)>,
    commands: Vec<(Stamp, Command)>,
}

impl Writer {
    /// Begins with accounts, keys, money and two contracts.
    pub(super) fn of_new_venue() -> Writer {
        let mut writer = Writer { now: OPENING_DAY.start(), ..Writer::default() };
        writer.set_up();
        writer
    }

    pub(super) fn write(&mut self, step: &Step) {
        self.wait(&step.wait);
        self.sender = step.sender.clone();
        self.act(&step.action);
    }

    pub(super) fn into_commands(self) -> Vec<(Stamp, Command)> {
        self.commands
    }

    fn send(&mut self, command: Command) {
        let usual = match command {
            Command::SubmitOrder(OrderRequest { account, .. }) | Command::CancelOrder { account, .. } => {
                KeyId(u64::from(100 + account.0))
            }
            _ => KeyId::VENUE,
        };
        let key = if let Sender::Other(key) = self.sender { key } else { usual };
        let seq = self.commands.len() as u64 + 1;
        if let Command::SubmitOrder(request) = command {
            self.submitted.push((OrderId(seq), request));
        }
        self.commands.push((Stamp { seq: Seq(seq), time: self.now, key, session: 0 }, command));
    }

    fn set_up(&mut self) {
        let dollars = [20_000, 5_000, 1_000_000_000, 300];
        for (account, dollars) in (1..).zip(dollars) {
            let credential = Credential::Ed25519([9; 32]);
            let (key, role) = (KeyId(u64::from(100 + account)), Role::Trader(AccountId(account)));
            self.act(&Action::Open(account));
            self.send(Command::RegisterKey { key, credential, role });
            self.act(&Action::Deposit { account, amount: dollars * 1_000_000, reference: Reference::Next });
        }
        self.act(&Action::Register(OPERATOR_KEY, Role::Operator));
        self.act(&Action::Register(REVOKED_KEY, Role::Trader(AccountId(1))));
        self.act(&Action::Revoke(REVOKED_KEY));
        self.send(Command::ListInstrument { terms: terms(0) });
        self.send(Command::ListInstrument { terms: terms(1) });
    }

    fn wait(&mut self, wait: &Wait) {
        let until = match *wait {
            Wait::None => return,
            Wait::Micros(micros) => self.now.plus_micros(micros),
            Wait::EndOf(contract, micros) => terms(contract).end().plus_micros(micros),
        };
        self.now = self.now.max(until);
    }

    fn act(&mut self, action: &Action) {
        match *action {
            Action::Open(account) => {
                if self.sends_as_operator() {
                    self.deposits.entry(account).or_default();
                }
                self.send(Command::OpenAccount { account: AccountId(account) });
            }
            Action::Register(key, role) => {
                self.send(Command::RegisterKey { key, credential: Credential::TokenSha256([3; 32]), role });
            }
            Action::Revoke(key) => self.send(Command::RevokeKey { key }),
            Action::Deposit { account, amount, reference } => self.deposit(account, amount, reference),
            Action::List(choice) => self.send(Command::ListInstrument { terms: listing(choice) }),
            Action::Submit { account, contract, side, lots, limit, name } => {
                let terms = terms(contract);
                let client_order_id = ClientOrderId::new(&format!("n{name}")).unwrap();
                self.send(Command::SubmitOrder(OrderRequest {
                    account: AccountId(account),
                    client_order_id,
                    instrument: terms.instrument,
                    side,
                    lots: Lots(lots),
                    limit: limit.price(&terms),
                }));
            }
            Action::Again { back } => {
                if let Some((_, request)) = self.submitted_back(back) {
                    self.send(Command::SubmitOrder(request));
                }
            }
            Action::Pile { contract, side } => {
                for name in 100..111 {
                    let (lots, limit) = (limits::ORDER_LOTS_MAX.0, Limit::Near(0));
                    self.act(&Action::Submit { account: 3, contract, side, lots, limit, name });
                }
            }
            Action::Cancel { back, foreign } => {
                let (order, account) = match self.submitted_back(back) {
                    Some((order, request)) => (order, request.account),
                    None => (OrderId(u64::MAX), AccountId(1)),
                };
                let account = if foreign { AccountId(account.0 % 4 + 1) } else { account };
                self.send(Command::CancelOrder { account, order });
            }
            Action::Fix { contract, day, stage, price } => {
                let terms = terms(contract);
                let price = price.map(|price| price.price(&terms));
                let day = Day(terms.first_day.0 + day);
                self.send(Command::RecordFixing { series: terms.series, day, stage, price });
            }
            Action::FixAll { contract, suppressed } => {
                let terms = terms(contract);
                for (offset, day) in (0..).zip(terms.delivery_days()) {
                    let price = (offset % suppressed != 1).then(|| Limit::Near(i64::from(offset)).price(&terms));
                    let (series, stage) = (terms.series, FixingStage::Final);
                    self.send(Command::RecordFixing { series, day, stage, price });
                }
            }
            Action::Start { contract, days_back, kind } => {
                let day = Day(self.now.day().0 - days_back);
                self.send(Command::StartSettlement { instrument: terms(contract).instrument, day, kind });
            }
            Action::Advance { contract } => {
                self.send(Command::AdvanceSettlement { instrument: terms(contract).instrument });
            }
            Action::Settle { contract, days_back, kind } => {
                self.act(&Action::Start { contract, days_back, kind });
                self.act(&Action::Advance { contract });
            }
        }
    }

    fn deposit(&mut self, account: u32, amount: i64, reference: Reference) {
        let last = self.deposits.get(&account).copied();
        let number = last.unwrap_or_default();
        let reference = match reference {
            Reference::Next => number + 1,
            Reference::Last => number,
            Reference::Skip => number + 2,
            Reference::Zero => 0,
            Reference::Largest => u64::MAX,
        };
        let is_credited = reference == number + 1 && (1..=limits::DEPOSIT_MAX.0).contains(&amount);
        if is_credited && last.is_some() && self.sends_as_operator() {
            self.deposits.insert(account, reference);
        }
        self.send(Command::Deposit { account: AccountId(account), amount: Cash(amount), reference });
    }

    /// Whether what comes next is signed by an operator, unless its key was revoked.
    fn sends_as_operator(&self) -> bool {
        matches!(self.sender, Sender::Usual | Sender::Other(KeyId::VENUE | OPERATOR_KEY))
    }

    fn submitted_back(&self, back: usize) -> Option<(OrderId, OrderRequest)> {
        self.submitted.iter().rev().nth(back).copied()
    }

    /// Lives through the delivery of every contract and settles it.
    pub(super) fn wind_up(&mut self) {
        self.sender = Sender::Usual;
        for contract in [0, 1, 2] {
            let kind = SettlementKind::Final;
            self.act(&Action::Advance { contract });
            self.wait(&Wait::EndOf(contract, 0));
            // The last delivery day may have been settled already; the day after it cannot have been.
            self.wait(&Wait::Micros(DAY_MICROS));
            self.act(&Action::FixAll { contract, suppressed: 100 });
            self.act(&Action::Fix { contract, day: 1, stage: FixingStage::Final, price: Some(Limit::Near(0)) });
            self.act(&Action::Settle { contract, days_back: 1, kind });
        }
    }
}
