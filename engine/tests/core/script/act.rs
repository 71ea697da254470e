//! What each action of a script means in commands.

use engine::command::{Command, Credential, FixingStage};
use engine::ids::{AccountId, AssetId, AssetSymbol, ClientOrderId, OrderId, SeriesId, TransferId};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, TimeInForce, Trigger, TriggerReference};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Side};

use super::actions::{self, Action, Limit, Publish, Reference, Submit, Time, Which};
use super::contracts::{controls, listing, restrictions, terms, tiers};
use super::margin::{parameters, risk};
use super::writer::Writer;
use super::{DAY_MICROS, Wait};

/// More than one step of a mass cancel.
const CROWD: u32 = 300;

/// More than one step of waking up.
const LADDER: i64 = 20;

impl Writer {
    pub(super) fn act(&mut self, action: &Action) {
        match *action {
            Action::Submit(ref submit) => self.submit(submit),
            Action::Again { back, stamped } => self.send_again(back, stamped),
            Action::Pile { contract, side } => self.pile(contract, side),
            Action::Ladder { contract, side, reference } => self.ladder(contract, side, reference),
            Action::Crowd { contract, cancel } => self.crowd(contract, cancel),
            Action::Squeeze { contract, side, settle } => self.squeeze(contract, side, settle),
            Action::Amend { which, lots, limit, trigger } => self.amend(which, lots, limit, trigger),
            Action::Cancel { which, foreign } => {
                let (order, account) = self.order(which);
                let account = if foreign { AccountId(account.0 % 4 + 1) } else { account };
                self.send(Command::CancelOrder { account, order });
            }
            Action::CancelAll { account, contract, side } => {
                let instrument = contract.map(|contract| self.terms(contract).instrument);
                self.send(Command::CancelAllOrders { account: AccountId(account), instrument, side });
            }
            Action::CancelAfter { account, timeout_us } => {
                self.send(Command::CancelAfter { account: AccountId(account), timeout_us });
            }
            Action::Process => self.send(Command::ProcessDue),
            _ => self.operate(action),
        }
    }

    fn operate(&mut self, action: &Action) {
        match *action {
            Action::Open(account) => self.send(Command::OpenAccount { account: AccountId(account) }),
            Action::OpenSub { account, master } => {
                self.send(Command::OpenSubAccount { account: AccountId(account), master: AccountId(master) });
            }
            Action::Register(key, role) => {
                self.send(Command::RegisterKey { key, credential: Credential::TokenSha256([3; 32]), role });
            }
            Action::Revoke(key) => self.send(Command::RevokeKey { key }),
            Action::Restrict { account, choice } => {
                let (account, limits) = (AccountId(account), restrictions(choice));
                self.send(Command::SetAccountLimits { account, limits });
            }
            Action::Define { asset, symbol, decimals } => {
                let symbol = AssetSymbol::new(["GPUH", "USD", "OTHER"][usize::from(symbol)]).unwrap();
                self.send(Command::DefineAsset { asset: AssetId(asset), symbol, decimals });
            }
            Action::List(choice) => self.send(Command::ListInstrument { terms: listing(choice) }),
            Action::Control { contract, choice } => {
                let terms = self.terms(contract);
                let controls = controls(&terms, choice);
                self.send(Command::SetControls { instrument: terms.instrument, controls });
            }
            Action::Halt(contract) => {
                self.send(Command::HaltInstrument { instrument: self.terms(contract).instrument })
            }
            Action::Resume(contract) => {
                self.send(Command::ResumeInstrument { instrument: self.terms(contract).instrument })
            }
            Action::Charge { contract, delay, choice } => {
                let (terms, effective) = (self.terms(contract), self.now.plus_micros(delay));
                let tiers = tiers(&terms, choice);
                self.send(Command::ScheduleFees { instrument: terms.instrument, effective, tiers });
            }
            Action::Assign { account, delay, tier } => {
                let (account, effective) = (AccountId(account), self.now.plus_micros(delay));
                self.send(Command::AssignFeeTier { account, effective, tier });
            }
            Action::Mark(contract) => self.send(Command::UpdateMark { instrument: self.terms(contract).instrument }),
            Action::Margin { series, choice } => {
                self.send(Command::SetMargin { series: SeriesId(series), margin: parameters(choice) });
            }
            Action::Grant { first, second, dollars } => {
                let per_lot = Cash(dollars.saturating_mul(1_000_000));
                self.send(Command::SetCredit { first: SeriesId(first), second: SeriesId(second), per_lot });
            }
            Action::Publish(ref publish) => self.publish(publish),
            Action::Insure { dollars, reference } => {
                let number = numbered(self.twin.insurance_payments() + 1, reference);
                self.send(Command::FundInsurance { number, amount: Amount(dollars.saturating_mul(1_000_000)) });
            }
            Action::Back(account) => self.send(Command::SetBackstop { account: account.map(AccountId) }),
            Action::Adopt(version) => self.send(Command::AdoptRules { rules: Rules(version) }),
            _ => self.pay_or_settle(action),
        }
    }

    fn publish(&mut self, publish: &Publish) {
        let terms = self.terms(publish.contract);
        let latest = self.twin.risk_version(terms.instrument);
        let risk = risk(&terms, publish, self.now, numbered(latest + 1, publish.version));
        self.send(Command::PublishRisk { instrument: terms.instrument, risk });
    }

    fn pay_or_settle(&mut self, action: &Action) {
        match *action {
            Action::Deposit { account, asset, amount, reference } => {
                let (account, asset, amount) = (AccountId(account), AssetId(asset), Amount(amount));
                let reference = numbered(self.twin.next_deposit(account), reference);
                self.send(Command::Deposit { account, asset, amount, reference });
            }
            Action::Withdraw { account, asset, amount, reference } => {
                let (account, asset, amount) = (AccountId(account), AssetId(asset), Amount(amount));
                let reference = numbered(self.twin.next_payment(account), reference);
                self.send(Command::RequestWithdrawal { account, asset, amount, reference });
            }
            Action::Transfer { from, to, asset, amount, reference } => {
                let (from, to) = (AccountId(from), AccountId(to));
                let (asset, amount) = (AssetId(asset), Amount(amount));
                let reference = numbered(self.twin.next_payment(from), reference);
                self.send(Command::TransferFunds { from, to, asset, amount, reference });
            }
            Action::Post(nth) => self.send(Command::PostTransfer { transfer: self.pending(nth) }),
            Action::Void(nth) => self.send(Command::VoidTransfer { transfer: self.pending(nth) }),
            Action::Fix { contract, day, stage, price } => {
                let terms = self.terms(contract);
                let month = terms.month().expect("fixings are of months");
                let (price, day) = (price.map(|price| price.price(&terms)), Day(month.first_day.0 + day));
                self.send(Command::RecordFixing { series: month.series, day, stage, price });
            }
            Action::FixAll { contract, suppressed } => {
                let terms = self.terms(contract);
                let month = terms.month().expect("fixings are of months");
                for (offset, day) in (0..).zip(month.delivery_days()) {
                    let price = (offset % suppressed != 1).then(|| Limit::Near(i64::from(offset)).price(&terms));
                    let (series, stage) = (month.series, FixingStage::Final);
                    self.send(Command::RecordFixing { series, day, stage, price });
                }
            }
            Action::Start { contract, days_back, kind } => {
                let day = Day(self.now.day().0 - days_back);
                self.send(Command::StartSettlement { instrument: self.terms(contract).instrument, day, kind });
            }
            Action::Advance { contract } => {
                self.send(Command::AdvanceSettlement { instrument: self.terms(contract).instrument });
            }
            Action::Settle { contract, days_back, kind } => {
                self.act(&Action::Start { contract, days_back, kind });
                self.act(&Action::Advance { contract });
            }
            ref other => unreachable!("{other:?} is sent elsewhere"),
        }
    }

    fn submit(&mut self, submit: &Submit) {
        let terms = self.terms(submit.contract);
        let time_in_force = match submit.time {
            Time::Gtc => TimeInForce::GoodTillCancelled,
            Time::Ioc => TimeInForce::ImmediateOrCancel,
            Time::Fok => TimeInForce::FillOrKill,
            Time::Day => TimeInForce::Day,
            Time::Gtd(micros) => TimeInForce::GoodTillDate(self.now.plus_micros(micros)),
        };
        // Of what a spot pair does not have only some is asked for.
        let lacks_it = terms.month().is_none() && !submit.name.is_multiple_of(4);
        let trigger = submit.trigger.map(|(reference, limit)| {
            let reference = if lacks_it { TriggerReference::Last } else { reference };
            Trigger { reference, price: limit.price(&terms) }
        });
        let conditions = Conditions { post_only: submit.post_only, reduce_only: submit.reduce_only && !lacks_it };
        self.send(Command::SubmitOrder(OrderRequest {
            account: AccountId(submit.account),
            client_order_id: ClientOrderId::new(&format!("n{}", submit.name)).unwrap(),
            instrument: terms.instrument,
            side: submit.side,
            lots: Lots(submit.lots),
            pricing: submit.limit.map_or(Pricing::Market, |limit| Pricing::Limit(limit.price(&terms))),
            time_in_force,
            trigger,
            conditions,
            self_trade: submit.self_trade,
            sent: submit.sent.map(|micros| self.now.plus_micros(micros)),
        }));
    }

    fn send_again(&mut self, back: usize, stamped: bool) {
        let Some((_, request)) = self.submitted.iter().rev().nth(back).copied() else { return };
        let sent = if stamped { Some(self.now) } else { request.sent };
        self.send(Command::SubmitOrder(OrderRequest { sent, ..request }));
    }

    /// A plain order of the account that can pay for many, under a new name.
    fn plain(&self, contract: usize, side: Side, lots: Lots, limit: Limit) -> OrderRequest {
        let terms = self.terms(contract);
        let client_order_id = ClientOrderId::new(&format!("plain{}", self.submitted.len())).unwrap();
        OrderRequest::limit(AccountId(3), client_order_id, terms.instrument, side, lots, limit.price(&terms))
    }

    fn pile(&mut self, contract: usize, side: Side) {
        for _ in 0..11 {
            let request = self.plain(contract, side, limits::ORDER_LOTS_MAX, Limit::Near(0));
            self.send(Command::SubmitOrder(request));
        }
    }

    fn crowd(&mut self, contract: usize, cancel: bool) {
        for number in 0..CROWD {
            let limit = Limit::Near(-2 - i64::from(number % 2));
            let request = self.plain(contract, Side::Buy, Lots(1 + number % 2), limit);
            self.send(Command::SubmitOrder(request));
        }
        if cancel {
            self.act(&Action::CancelAll { account: 3, contract: None, side: None });
        }
    }

    fn squeeze(&mut self, contract: usize, side: Side, settle: bool) {
        let against = if side == Side::Buy { -1 } else { 1 };
        let publish = |price, range| {
            let (version, lasts) = (Reference::Next, 2 * DAY_MICROS);
            Action::Publish(Publish { contract, version, lasts, price, range, skew: 0, flaw: None })
        };
        let submit = |writer: &mut Writer, account, side, lots, limit| {
            let request =
                OrderRequest { account: AccountId(account), ..writer.plain(contract, side, Lots(lots), limit) };
            writer.send(Command::SubmitOrder(request));
        };
        // A lot of the month that is in delivery is worth ten times one of the other.
        let lots = if contract == 6 { 9 } else { 90 };
        self.act(&Action::Control { contract, choice: 0 });
        if settle && side == Side::Buy {
            // Half an hour before the day ends, so that its last trades settle it.
            let into_the_day = self.now.0.rem_euclid(DAY_MICROS);
            self.wait(&Wait::Micros((DAY_MICROS * 47 / 48 - into_the_day).max(0)));
        }
        self.act(&publish(Limit::Near(0), 20_000));
        self.act(&Action::Mark(contract));
        submit(self, 3, side.opposite(), lots, Limit::Near(0));
        submit(self, 4, side, lots, Limit::Near(0));
        submit(self, 4, side, 1, Limit::Near(300 * against));
        submit(self, 4, side.opposite(), 2, Limit::Near(-9 * against));
        submit(self, 4, side, 1, Limit::Near(500 * against));
        if settle {
            self.act(&publish(Limit::Near(900 * against), 20_000));
            self.wait(&Wait::Micros(DAY_MICROS));
            self.act(&Action::Settle { contract, days_back: 1, kind: SettlementKind::Daily });
            self.act(&Action::Deposit { account: 4, asset: 1, amount: 100_000_000, reference: Reference::Next });
        } else {
            self.act(&publish(Limit::Near(40 * against), 400_000));
            self.act(&Action::Mark(contract));
        }
    }

    fn ladder(&mut self, contract: usize, side: Side, reference: TriggerReference) {
        let away = if side == Side::Buy { 1 } else { -1 };
        for rung in 0..LADDER {
            let price = Limit::Near(away * (1 + rung / 6)).price(&self.terms(contract));
            let request = self.plain(contract, side, Lots(1), Limit::Near(away * (rung % 5 - 1)));
            self.send(Command::SubmitOrder(OrderRequest { trigger: Some(Trigger { reference, price }), ..request }));
        }
    }

    fn amend(&mut self, which: Which, lots: Option<actions::Lots>, limit: Option<Limit>, trigger: Option<Limit>) {
        let (order, account) = self.order(which);
        let request = self.submitted.iter().find(|(known, _)| *known == order).map(|(_, request)| *request);
        let now = request.map_or(1, |request| request.lots.0);
        // Prices are around those of whatever contract the order is in.
        let contract = (0..8).find(|&contract| request.is_some_and(|of| of.instrument == terms(contract).instrument));
        let terms = terms(contract.unwrap_or(0));
        let lots = lots.map(|lots| match lots {
            actions::Lots::More(more) => Lots(now.saturating_add(more)),
            actions::Lots::Less(less) => Lots(now.saturating_sub(less)),
            actions::Lots::Exactly(lots) => Lots(lots),
        });
        let (limit, trigger) = (limit.map(|limit| limit.price(&terms)), trigger.map(|price| price.price(&terms)));
        self.send(Command::AmendOrder(Amendment { account, order, lots, limit, trigger }));
    }

    fn order(&self, which: Which) -> (OrderId, AccountId) {
        let nobody = (OrderId(u64::MAX), AccountId(1));
        match which {
            Which::Live(nth) => {
                let live = self.twin.live_orders();
                let chosen = live.get(nth % live.len().max(1));
                chosen.map_or(nobody, |order| (order.order, order.request.account))
            }
            Which::Back(back) => {
                let chosen = self.submitted.iter().rev().nth(back);
                chosen.map_or(nobody, |(order, request)| (*order, request.account))
            }
        }
    }

    fn pending(&self, nth: usize) -> TransferId {
        self.twin.pending_transfers().get(nth).copied().unwrap_or(TransferId(7))
    }
}

/// A number of a sequence whose next is known.
fn numbered(next: u64, reference: Reference) -> u64 {
    match reference {
        Reference::Next => next,
        Reference::Last => next.saturating_sub(1),
        Reference::Skip => next + 1,
        Reference::Zero => 0,
        Reference::Largest => u64::MAX,
    }
}
