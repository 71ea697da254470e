//! Who trades: makers, owners of GPUs who sell their hours forward, labs that buy theirs, speculators, and some with hardly
//! anything behind what they hold.

use engine::command::{Command, Credential, Role};
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, TransferId};
use engine::order::{OrderRequest, Pricing, TimeInForce};
use engine::units::{Amount, Day, Lots, MICROS, Price, Side};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::venue::Venue;

/// How somebody trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Quotes both sides of everything around what it is worth.
    Maker,
    /// Owns GPUs and sells their hours forward; short, and holds to the end.
    Owner,
    /// Needs hours and buys them forward; long, and holds to the end.
    Lab,
    /// Follows the moves of the last days with a third of what it has.
    Speculator,
    /// The same with nearly all that the margin allows; never pays in when called.
    Gambler,
    /// Takes over what others could not carry, and sells it again; the venue's own.
    Backstop,
}

impl Style {
    /// All of them, in the order of the report.
    pub const ALL: [Style; 6] =
        [Style::Maker, Style::Owner, Style::Lab, Style::Speculator, Style::Gambler, Style::Backstop];

    /// Its name on the report, of many.
    pub fn name(self) -> &'static str {
        match self {
            Style::Maker => "makers",
            Style::Owner => "owners of GPUs",
            Style::Lab => "labs",
            Style::Speculator => "speculators",
            Style::Gambler => "gamblers",
            Style::Backstop => "backstop",
        }
    }
}

/// What somebody trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The next months, each on its own.
    Months,
    /// Months that are meant to be delivered.
    Physical,
    /// Fully collateralised months.
    Full,
    /// Quarters.
    Quarters,
    /// The next year.
    Year,
    /// The perpetual.
    Perpetual,
}

/// Somebody with an account.
#[derive(Clone, Copy, Debug)]
pub struct Trader {
    /// The account; its key has the same number.
    pub account: AccountId,
    /// How.
    pub style: Style,
    /// What.
    pub choice: Choice,
    /// In which of the day's sessions.
    pub session: usize,
    /// GPUs owned or needed.
    pub gpus: i64,
    /// Days whose move a speculator follows.
    pub lookback: usize,
    /// 1 long, -1 short: where a gambler believes the price goes, when it has not moved.
    pub belief: i64,
    /// What was paid in at first, in micro-USD.
    pub opening: i64,
    /// What could still be paid in, in micro-USD.
    pub treasury: i64,
    /// Until when it does not trade: it has lost everything.
    pub away_until: Day,
    deposits: u64,
    payments: u64,
}

/// Everybody.
#[derive(Debug)]
pub struct Population {
    /// By number of the account.
    pub traders: Vec<Trader>,
    /// The chance that all decisions share.
    pub random: ChaCha8Rng,
    next_name: u64,
}

/// An order that somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// In which contract.
    pub instrument: InstrumentId,
    /// Signed: buys are above zero.
    pub lots: i64,
    /// The worst price.
    pub limit: Price,
    /// How long.
    pub time_in_force: TimeInForce,
}

impl Population {
    /// As many as the year has, from a seed.
    pub fn new(seed: u64, accounts: u32, sessions: usize) -> Population {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let traders = (1..=accounts).map(|number| trader(number, accounts, sessions, &mut random)).collect();
        Population { traders, random, next_name: 0 }
    }

    /// How many of a style there are.
    pub fn count(&self, style: Style) -> usize {
        self.traders.iter().filter(|trader| trader.style == style).count()
    }

    /// The account that stands behind all others.
    pub fn backstop(&self) -> Option<AccountId> {
        self.traders.iter().find(|trader| trader.style == Style::Backstop).map(|trader| trader.account)
    }

    /// Opens all accounts, registers their keys and pays in what they begin with.
    pub fn open(&mut self, venue: &mut Venue) {
        for at in 0..self.traders.len() {
            let Trader { account, opening, .. } = self.traders[at];
            let (key, role) = (KeyId(account.0.into()), Role::Trader(account));
            let mut credential = [0; 32];
            self.random.fill(&mut credential);
            venue.operate(Command::OpenAccount { account });
            venue.operate(Command::RegisterKey { key, credential: Credential::Ed25519(credential), role });
            self.deposit(venue, at, opening);
        }
    }

    /// Pays in.
    pub fn deposit(&mut self, venue: &mut Venue, at: usize, micro_usd: i64) {
        let trader = &mut self.traders[at];
        trader.deposits += 1;
        let (account, reference) = (trader.account, trader.deposits);
        venue.operate(Command::Deposit { account, asset: AssetId::USD, amount: Amount(micro_usd), reference });
    }

    /// Asks for a payment out, which the operator makes.
    pub fn withdraw(&mut self, venue: &mut Venue, at: usize, micro_usd: i64) {
        let trader = &mut self.traders[at];
        let (account, reference) = (trader.account, trader.payments + 1);
        let (asset, amount) = (AssetId::USD, Amount(micro_usd));
        let ask = Command::RequestWithdrawal { account, asset, amount, reference };
        if venue.ask(KeyId(account.0.into()), ask) {
            trader.payments += 1;
            // The number of a transfer is that of the command that asked for it, before anything else was due.
            let pending = venue.engine().ledger().pending().map(|(transfer, _)| transfer).max();
            let transfer: TransferId = pending.expect("it was asked for just now");
            venue.operate(Command::PostTransfer { transfer });
        }
    }

    /// Who was called pays in, as far as it can and wants to: once what is missing and a third.
    pub fn answer_calls(&mut self, venue: &mut Venue) {
        for account in venue.tally().take_called() {
            let at = account.0 as usize - 1;
            let Some(trader) = self.traders.get(at).copied() else { continue };
            let pays = match trader.style {
                Style::Maker => true,
                Style::Owner | Style::Lab => self.random.random::<f64>() < 0.9,
                Style::Speculator => self.random.random::<f64>() < 0.5,
                Style::Gambler | Style::Backstop => false,
            };
            let Some(report) = venue.engine().margin_report(account).filter(|_| pays) else { continue };
            let missing = (report.initial.0 - report.equity.0).max(0) / 3 * 4;
            let amount = missing.min(trader.treasury);
            if amount >= MICROS {
                self.traders[at].treasury -= amount;
                self.deposit(venue, at, amount);
            }
        }
    }

    /// Sends an order. A refusal is on record; whoever wished it wishes again on another day.
    pub fn order(&mut self, venue: &mut Venue, at: usize, wish: Wish) {
        let Ok(lots) = u32::try_from(wish.lots.abs()) else { return };
        if lots == 0 {
            return;
        }
        self.next_name += 1;
        let account = self.traders[at].account;
        let name = ClientOrderId::new(&self.next_name.to_string()).expect("a number is a label");
        let side = if wish.lots > 0 { Side::Buy } else { Side::Sell };
        let Some(market) = venue.engine().market(wish.instrument) else { return };
        let (tick, floor, cap) = (market.terms.tick, market.terms.floor, market.terms.cap);
        // What rests is rounded away from the other side, so that makers do not meet each other; what takes, towards it.
        let limit = match (side, wish.time_in_force.rests()) {
            (Side::Buy, true) | (Side::Sell, false) => wish.limit.floor_to_tick(tick),
            (Side::Buy, false) | (Side::Sell, true) => wish.limit.ceil_to_tick(tick),
        };
        let limit = limit.clamp(Price(floor.0 + tick.0), cap);
        let request = OrderRequest::limit(account, name, wish.instrument, side, Lots(lots), limit);
        let request = OrderRequest { pricing: Pricing::Limit(limit), time_in_force: wish.time_in_force, ..request };
        venue.ask(KeyId(account.0.into()), Command::SubmitOrder(request));
    }
}

/// Of a hundred, one makes markets, 29 own GPUs, 26 need them, 32 speculate, and 12 gamble; at least four make markets. The last account is
/// the backstop.
fn trader(number: u32, accounts: u32, sessions: usize, random: &mut ChaCha8Rng) -> Trader {
    let part = f64::from(number) / f64::from(accounts);
    let style = match part {
        _ if number == accounts => Style::Backstop,
        _ if number <= 4 || part <= 0.01 => Style::Maker,
        part if part <= 0.30 => Style::Owner,
        part if part <= 0.56 => Style::Lab,
        part if part <= 0.88 => Style::Speculator,
        _ => Style::Gambler,
    };
    let choices: &[Choice] = match style {
        Style::Maker | Style::Owner | Style::Lab => &[
            Choice::Months,
            Choice::Months,
            Choice::Months,
            Choice::Quarters,
            Choice::Quarters,
            Choice::Quarters,
            Choice::Year,
            Choice::Year,
            Choice::Physical,
            Choice::Full,
        ],
        Style::Speculator | Style::Gambler | Style::Backstop => &[Choice::Perpetual, Choice::Months],
    };
    let gpus = random.random_range(2..=24);
    let opening = match style {
        Style::Maker => 3_000_000,
        Style::Backstop => 100 * i64::from(accounts),
        // About twice the margin of two months for all GPUs.
        Style::Owner | Style::Lab => gpus * random.random_range(1_800..=3_000),
        Style::Speculator => random.random_range(5_000..=60_000),
        Style::Gambler => random.random_range(2_000..=30_000),
    };
    let opening = opening * MICROS;
    Trader {
        account: AccountId(number),
        style,
        choice: choices[random.random_range(0..choices.len())],
        session: random.random_range(0..sessions),
        gpus,
        lookback: [2, 3, 5, 10, 20][random.random_range(0..5_usize)],
        belief: if random.random::<bool>() { 1 } else { -1 },
        opening,
        treasury: if style == Style::Maker { 10 * opening } else { 2 * opening },
        away_until: Day(0),
        deposits: 0,
        payments: 0,
    }
}
