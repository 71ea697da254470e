//! Random lives of a vault: whatever is traded, moved, exported and imported, nobody's yield is lost and nobody's is made up.
//!
//! What is expected is worked out from events alone: who holds how many shares, by the movements of shares; what they earn, by the
//! page's formulas over each entry. It is compared with the engine after each command, to the micro-dollar.

use std::collections::BTreeMap;

use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, KeyId, TransferId};
use engine::ledger::{LedgerAccount, Purse};
use engine::order::OrderRequest;
use engine::units::{Amount, Cash, Lots, Price, Side};
use engine::vaults::{Revenue, VaultCommand, VaultEvent};
use proptest::prelude::*;

use super::{
    DAY_US, DOLLAR, PAIR, SHARES, SPONSOR, VAULT, claim, deploy, open, pair, posted, process_all, purse, record,
    subscribe, terms, vault, venue,
};
use crate::counts::count;
use crate::venue::{Stage, Venue};

const ACCOUNTS: u32 = 4;
/// A sub-account of the first account.
const SUB: u32 = 11;

#[derive(Clone, Debug)]
enum Act {
    Order { account: u32, side: Side, lots: u32, price: i64 },
    CancelAll { account: u32 },
    Move { back: bool, shares: i64 },
    Export { account: u32, shares: i64 },
    Post,
    Void,
    Import { account: u32, shares: i64 },
    Revenue { gpu_seconds: u64, gross: i64 },
    Claim { account: u32 },
    Restart,
}

fn acts() -> impl Strategy<Value = Act> {
    let account = || prop_oneof![4 => 1..=ACCOUNTS, 1 => Just(SUB)];
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    prop_oneof![
        8 => (account(), side, 1..30_u32, 90..110_i64)
            .prop_map(|(account, side, lots, price)| Act::Order { account, side, lots, price: price * 100_000 }),
        1 => account().prop_map(|account| Act::CancelAll { account }),
        2 => (any::<bool>(), 1..40_i64).prop_map(|(back, shares)| Act::Move { back, shares }),
        2 => (account(), 1..40_i64).prop_map(|(account, shares)| Act::Export { account, shares }),
        2 => Just(Act::Post),
        1 => Just(Act::Void),
        2 => (account(), 1..30_i64).prop_map(|(account, shares)| Act::Import { account, shares }),
        4 => (0..=172_800_u64, prop_oneof![0..1_000_i64, 0..200 * DOLLAR])
            .prop_map(|(gpu_seconds, gross)| Act::Revenue { gpu_seconds, gross }),
        3 => account().prop_map(|account| Act::Claim { account }),
        1 => Just(Act::Restart),
    ]
}

/// What the events of a life add up to.
#[derive(Default)]
struct Shadow {
    shares: BTreeMap<AccountId, i128>,
    earned: BTreeMap<AccountId, i128>,
    paid: i128,
    reserved: i128,
    carried: i128,
    shortfall: i128,
    /// What holders got of all entries, and what the sponsor did.
    holders: i128,
    sponsor: i128,
    gross: i128,
    seen: BTreeMap<&'static str, usize>,
}

impl Shadow {
    fn note(&mut self, event: &Event) {
        match *event {
            Event::Transferred { from, to, asset: SHARES, amount, .. } => {
                for (account, change) in [(from, -amount.0), (to, amount.0)] {
                    if let LedgerAccount::Customer(account) = account {
                        *self.shares.entry(account).or_default() += i128::from(change);
                    }
                }
                self.see("movement of shares");
            }
            Event::Vault(VaultEvent::RevenueRecorded(revenue)) => self.earn(&revenue),
            Event::Vault(VaultEvent::YieldClaimed { account, amount, .. }) => {
                self.paid += i128::from(amount.0);
                *self.earned.get_mut(&account).unwrap() -= i128::from(amount.0);
                self.see("claim");
            }
            _ => {}
        }
    }

    /// The page's formulas once more, in other words.
    fn earn(&mut self, revenue: &Revenue) {
        let gross = i128::from(revenue.sold.gross.0);
        let worked = 600_000 * i128::from(revenue.sold.gpu_seconds);
        let cost = worked / 3_600 + i128::from(worked % 3_600 > 0);
        let kept = gross.min(cost + self.shortfall);
        self.shortfall += cost - kept;
        let holders = (gross - kept) * 9 / 10;
        let (all, on_ledger) = (200, self.shares.values().sum::<i128>());
        let per_share = (self.carried + holders) / all;
        self.carried = (self.carried + holders) % all;
        for (account, shares) in &self.shares {
            *self.earned.entry(*account).or_default() += shares * per_share;
        }
        self.reserved += (all - on_ledger) * per_share;
        self.holders += holders;
        self.sponsor += gross - holders;
        self.gross += gross;
        self.see(if on_ledger < all { "entry with exported shares" } else { "entry without exported shares" });
        if self.shortfall > 0 {
            self.see("shortfall");
        }
        if self.carried > 0 {
            self.see("something carried");
        }
    }

    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// Σ paid + Σ accrued + reserve + carried is what holders got of net revenue, and the ledger says the same.
    fn check(&self, venue: &Venue) -> Result<(), TestCaseError> {
        let engine = &venue.engine;
        let accrued: i128 = self.earned.values().sum();
        prop_assert_eq!(self.paid + accrued + self.reserved + self.carried, self.holders);
        prop_assert_eq!(i128::from(purse(engine, Purse::Yield)), accrued + self.carried);
        prop_assert_eq!(i128::from(purse(engine, Purse::Reserve)), self.reserved);
        let sponsor = posted(engine, LedgerAccount::Customer(AccountId(SPONSOR)), AssetId::USD);
        prop_assert_eq!(i128::from(sponsor), 2_000 * i128::from(DOLLAR) + self.sponsor);
        for (&account, &shares) in &self.shares {
            prop_assert_eq!(i128::from(posted(engine, LedgerAccount::Customer(account), SHARES)), shares);
            let earned = self.earned.get(&account).copied().unwrap_or_default();
            prop_assert_eq!(i128::from(engine.claimable(VAULT, account).0), earned);
        }
        for asset in [AssetId::USD, SHARES] {
            prop_assert_eq!(engine.ledger().total(asset), 0);
        }
        Ok(())
    }
}

struct Life {
    venue: Venue,
    shadow: Shadow,
    payments: BTreeMap<u32, u64>,
    deposits: BTreeMap<u32, u64>,
    pending: Vec<TransferId>,
    entries: u64,
}

impl Life {
    /// A deployed vault whose shares are in four accounts.
    fn begin() -> Life {
        let mut venue = venue(ACCOUNTS, 5_000);
        venue.operate(Command::OpenSubAccount { account: AccountId(SUB), master: AccountId(1) }).unwrap();
        let role = engine::command::Role::Trader(AccountId(SUB));
        venue.register(u64::from(SUB), role).unwrap();
        venue.credit(SUB, 5_000);
        open(&mut venue, terms());
        venue.operate(Command::ListInstrument { terms: pair() }).unwrap();
        let mut life = Life {
            venue,
            shadow: Shadow::default(),
            payments: BTreeMap::new(),
            deposits: (1..=ACCOUNTS).chain([SUB]).map(|account| (account, 1)).collect(),
            pending: Vec::new(),
            entries: 0,
        };
        for account in 1..=ACCOUNTS {
            subscribe(&mut life.venue, account, 50, 1).unwrap();
            life.payments.insert(account, 1);
        }
        deploy(&mut life.venue, terms());
        life.send(KeyId::VENUE, Command::ProcessDue);
        life
    }

    /// Whether it was accepted.
    fn send(&mut self, key: KeyId, command: Command) -> bool {
        let accepted = self.venue.send(key, command).is_ok();
        let events = std::mem::take(&mut self.venue.events);
        events.iter().for_each(|event| self.shadow.note(event));
        accepted
    }

    fn act(&mut self, act: &Act) {
        let key = |account: u32| KeyId(u64::from(account));
        match *act {
            Act::Order { account, side, lots, price } => {
                let name = ClientOrderId::new(&format!("o{}", self.venue.seq)).unwrap();
                let order = OrderRequest::limit(AccountId(account), name, PAIR, side, Lots(lots), Price(price));
                self.send(key(account), Command::SubmitOrder(order));
            }
            Act::CancelAll { account } => {
                let account_id = AccountId(account);
                self.send(key(account), Command::CancelAllOrders { account: account_id, instrument: None, side: None });
            }
            Act::Move { back, shares } => {
                let (from, to) = if back { (SUB, 1) } else { (1, SUB) };
                let reference = self.payments.get(&from).map_or(1, |last| last + 1);
                let (amount, asset) = (Amount(shares), SHARES);
                let moved =
                    Command::TransferFunds { from: AccountId(from), to: AccountId(to), asset, amount, reference };
                if self.send(key(1), moved) {
                    self.payments.insert(from, reference);
                    self.shadow.see("transfer");
                }
            }
            Act::Export { account, shares } => {
                let reference = self.payments.get(&account).map_or(1, |last| last + 1);
                let (amount, asset) = (Amount(shares), SHARES);
                let withdrawal = Command::RequestWithdrawal { account: AccountId(account), asset, amount, reference };
                if self.send(key(account), withdrawal) {
                    self.payments.insert(account, reference);
                    self.pending.push(TransferId(self.venue.seq));
                }
            }
            Act::Post | Act::Void => {
                let Some(transfer) = self.pending.pop() else { return };
                let posts = matches!(act, Act::Post);
                let command =
                    if posts { Command::PostTransfer { transfer } } else { Command::VoidTransfer { transfer } };
                self.send(KeyId::VENUE, command);
                self.shadow.see(if posts { "export" } else { "export that was voided" });
            }
            Act::Import { account, shares } => {
                let reference = self.deposits[&account] + 1;
                let (amount, asset) = (Amount(shares), SHARES);
                let deposit = Command::Deposit { account: AccountId(account), asset, amount, reference };
                if self.send(KeyId::VENUE, deposit) {
                    self.deposits.insert(account, reference);
                    self.shadow.see("import");
                } else {
                    self.shadow.see("import of what is not exported");
                }
            }
            Act::Revenue { gpu_seconds, gross } => {
                let day = self.venue.now.day();
                self.venue.now = self.venue.now.plus_micros(DAY_US);
                self.entries += 1;
                record(&mut self.venue, self.entries, day, gpu_seconds, gross).unwrap();
                let events = std::mem::take(&mut self.venue.events);
                events.iter().for_each(|event| self.shadow.note(event));
            }
            Act::Claim { account } => {
                let _ = claim(&mut self.venue, account);
                let events = std::mem::take(&mut self.venue.events);
                events.iter().for_each(|event| self.shadow.note(event));
            }
            Act::Restart => self.venue.engine = self.venue.engine.restored(),
        }
    }

    /// Sells the machines: every share that comes home is redeemed for the same, and nothing but the residual is left.
    fn end(&mut self, proceeds: i64) -> Result<(), TestCaseError> {
        while let Some(transfer) = self.pending.pop() {
            self.send(KeyId::VENUE, Command::PostTransfer { transfer });
        }
        let accrued: i128 = self.shadow.earned.values().sum();
        let pot = i128::from(proceeds) + self.shadow.reserved + self.shadow.carried;
        let before = self.dollars();
        vault(&mut self.venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(proceeds) }).unwrap();
        process_all(&mut self.venue);
        let exported = 200 - self.shadow.shares.values().sum::<i128>();
        prop_assert_eq!(i128::from(purse(&self.venue.engine, Purse::Redemption)), pot / 200 * exported);
        if exported > 0 {
            let reference = self.deposits[&2] + 1;
            let (account, amount) = (AccountId(2), Amount(i64::try_from(exported).unwrap()));
            let home = Command::Deposit { account, asset: SHARES, amount, reference };
            self.venue.operate(home).unwrap();
            if pot / 200 > 0 {
                claim(&mut self.venue, 2).unwrap();
            } else {
                let _ = claim(&mut self.venue, 2);
            }
        }
        let engine = &self.venue.engine;
        for of in [Purse::Yield, Purse::Reserve, Purse::Redemption] {
            prop_assert_eq!(purse(engine, of), 0);
        }
        prop_assert_eq!(posted(engine, LedgerAccount::Vault(VAULT, Purse::Shares), SHARES), 0);
        prop_assert_eq!(self.dollars() - before, accrued + pot / 200 * 200);
        prop_assert_eq!(engine.ledger().total(AssetId::USD), 0);
        Ok(())
    }

    /// What all traders have.
    fn dollars(&self) -> i128 {
        let accounts = (1..=ACCOUNTS).chain([SUB]).map(|account| LedgerAccount::Customer(AccountId(account)));
        accounts.map(|account| i128::from(posted(&self.venue.engine, account, AssetId::USD))).sum()
    }
}

proptest! {
    #[test]
    fn nobody_loses_or_makes_up_yield(acts in prop::collection::vec(acts(), 1..120), proceeds in 0..100_000 * DOLLAR) {
        let mut life = Life::begin();
        life.shadow.check(&life.venue)?;
        for act in &acts {
            life.act(act);
            life.shadow.check(&life.venue)?;
        }
        life.end(proceeds)?;
        count(acts.len(), "acts in lives of vaults");
    }
}

/// What random lives must come by, or they prove little.
#[test]
fn lives_come_by_what_matters() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..8 {
        let acts = prop::collection::vec(acts(), 100).new_tree(&mut runner).unwrap().current();
        let mut life = Life::begin();
        acts.iter().for_each(|act| life.act(act));
        life.shadow.seen.iter().for_each(|(&what, times)| *seen.entry(what).or_default() += times);
    }
    for what in [
        "movement of shares",
        "claim",
        "entry with exported shares",
        "entry without exported shares",
        "shortfall",
        "something carried",
        "transfer",
        "export",
        "export that was voided",
        "import",
        "import of what is not exported",
    ] {
        assert!(seen.get(what).copied().unwrap_or_default() > 2, "{what} is rare: {seen:?}");
    }
}
