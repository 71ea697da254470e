//! Random journals for both machines, with every kind of command: what restores, archives and replays are tried on.

mod operations;
mod orders;

use std::collections::BTreeMap;

use api::venue::machines::{Action, Core, EventHasher};
use engine::command::{Command, Credential, Role, Stamp};
use engine::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Halt, Kind, Month, Spot, Terms};
use engine::journal::batch::{Batch, GENESIS, Hash, put_record};
use engine::units::{Amount, Day, Price, Side, Timestamp};
use pricing::index;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ACCOUNTS: u32 = 6;
const BITCOIN: AssetId = AssetId(7);
/// A contract on margin, listed when the rules allow it.
const MARGINED: InstrumentId = InstrumentId(4);
const OPENING: Day = Day(20_700);
const HOUR_US: i64 = 3_600_000_000;

/// Makes commands from what it sees of the state, so that most of them are accepted and some are not.
pub(crate) struct Writer {
    pub(crate) core: Core,
    random: ChaCha8Rng,
    seq: u64,
    time: i64,
    head: Hash,
    orders: Vec<(u32, u64)>,
    names: u64,
    references: BTreeMap<(bool, u32), u64>,
    pub(crate) refused: usize,
}

impl Writer {
    /// A venue with accounts, money and three contracts, of which one is a spot pair.
    pub(crate) fn new(seed: u64) -> Writer {
        Writer {
            core: Core::default(),
            random: ChaCha8Rng::seed_from_u64(seed),
            seq: 0,
            time: OPENING.start().0 - 72 * HOUR_US,
            head: GENESIS,
            orders: Vec::new(),
            names: 0,
            references: BTreeMap::new(),
            refused: 0,
        }
    }

    /// The next batch of some commands, applied.
    pub(crate) fn batch(&mut self, epoch: u64, commands: usize) -> Batch {
        let first_seq = Seq(self.seq + 1);
        let (mut body, mut hasher) = (Vec::new(), EventHasher::default());
        for _ in 0..commands.max(1) {
            let (key, action) = self.next();
            self.seq += 1;
            self.time += self.pause();
            let stamp = Stamp { seq: Seq(self.seq), time: Timestamp(self.time), key, session: 0 };
            let mut happenings = Vec::new();
            match self.core.apply(&stamp, &action, &mut happenings) {
                Ok(()) => self.note(&action),
                Err(_) => self.refused += 1,
            }
            put_record(&mut body, &action.record(stamp));
            hasher.add(&happenings);
        }
        let event_hash = hasher.finish();
        let batch = Batch { epoch, first_seq, last_seq: Seq(self.seq), previous: self.head, event_hash, body };
        self.head = batch.hash();
        batch
    }

    fn note(&mut self, action: &Action) {
        match action {
            Action::Exchange(Command::SubmitOrder(request)) => self.orders.push((request.account.0, self.seq)),
            Action::Exchange(Command::Deposit { account, reference, .. }) => {
                self.references.insert((true, account.0), *reference);
            }
            Action::Exchange(
                Command::RequestWithdrawal { account, reference, .. }
                | Command::TransferFunds { from: account, reference, .. },
            ) => {
                self.references.insert((false, account.0), *reference);
            }
            _ => {}
        }
    }

    fn pause(&mut self) -> i64 {
        match self.random.random_range(0..100) {
            0..70 => self.random.random_range(0..2_000_000),
            70..98 => self.random.random_range(0..120_000_000),
            _ => self.random.random_range(0..5 * HOUR_US),
        }
    }

    fn next(&mut self) -> (KeyId, Action) {
        if let Some(set_up) = self.set_up() {
            return set_up;
        }
        let engine = self.core.engine();
        let settling = engine.markets().find(|market| market.settling().is_some());
        let settling = settling.map(|market| market.terms.instrument);
        if engine.next_due().is_some_and(|due| due <= engine.time()) && self.random.random_bool(0.9) {
            return operator(Command::ProcessDue);
        }
        if let Some(instrument) = settling.filter(|_| self.random.random_bool(0.3)) {
            return operator(Command::AdvanceSettlement { instrument });
        }
        let halted = engine.markets().find(|market| market.halt == Some(Halt::Operator));
        let halted = halted.map(|market| market.terms.instrument);
        if let Some(instrument) = halted.filter(|_| self.random.random_bool(0.1)) {
            return operator(Command::ResumeInstrument { instrument });
        }
        match self.random.random_range(0..100) {
            0..60 => self.order(),
            60..68 => self.amend(),
            68..76 => self.cancel(),
            76..84 => self.index_command(),
            84..90 => self.funds(),
            _ => self.operations(),
        }
    }

    fn set_up(&mut self) -> Option<(KeyId, Action)> {
        let step = self.seq;
        let account = AccountId(u32::try_from(step / 4).unwrap_or(0) + 1);
        if account.0 <= ACCOUNTS {
            let amount = Amount(if account.0 == 6 { 3_000_000_000 } else { 900_000_000_000 });
            return Some(operator(match step % 4 {
                // The last two belong to the owners of the first two.
                0 if account.0 > 4 => Command::OpenSubAccount { account, master: AccountId(account.0 - 4) },
                0 => Command::OpenAccount { account },
                1 => {
                    let credential = Credential::Ed25519([u8::try_from(account.0).unwrap_or(0); 32]);
                    Command::RegisterKey { key: key_of(account), credential, role: Role::Trader(account) }
                }
                2 => Command::Deposit { account, asset: AssetId::USD, amount, reference: 1 },
                _ => match account.0 {
                    1 => Command::DefineAsset { asset: BITCOIN, symbol: AssetSymbol::new("BTC")?, decimals: 8 },
                    _ => Command::Deposit { account, asset: BITCOIN, amount: Amount(5_000_000), reference: 2 },
                },
            }));
        }
        Some(match step - u64::from(ACCOUNTS) * 4 {
            number @ 0..2 => operator(list(u32::try_from(number).unwrap_or(0) + 1)),
            2 => operator(list(3)),
            3 => {
                let inception = index_day(OPENING.0 - 4);
                let symbol = "H100".to_owned();
                let define = index::Command::DefineSeries { series: index::SeriesId(1), symbol, inception };
                (KeyId::VENUE, Action::Index(define))
            }
            _ => return None,
        })
    }

    fn account(&mut self) -> AccountId {
        AccountId(self.random.random_range(1..=ACCOUNTS))
    }

    fn instrument(&mut self) -> InstrumentId {
        InstrumentId(self.random.random_range(1..=4))
    }

    fn side(&mut self) -> Side {
        if self.random.random_bool(0.5) { Side::Buy } else { Side::Sell }
    }

    fn price(&mut self) -> Price {
        Price(3_000_000 + 10_000 * self.random.random_range(-6..=6))
    }
}

fn operator(command: Command) -> (KeyId, Action) {
    (KeyId::VENUE, Action::Exchange(command))
}

fn key_of(account: AccountId) -> KeyId {
    KeyId(100 + u64::from(account.0))
}

fn index_day(days: i32) -> index::Day {
    index::Day::from_days_since_epoch(days).expect("a day")
}

/// Two months of three and six days, so that some journals outlive them, and a spot pair.
fn list(number: u32) -> Command {
    let days = u16::try_from(3 * number).unwrap_or(3);
    let kind = match number {
        3 => Kind::Spot(Spot { base: BITCOIN, lot_size: Amount(1_000) }),
        4 => Kind::MarginedMonth(Month { series: SeriesId(1), first_day: OPENING, days }),
        _ => Kind::Month(Month { series: SeriesId(1), first_day: OPENING, days }),
    };
    Command::ListInstrument {
        terms: Terms {
            instrument: InstrumentId(number),
            symbol: Symbol::new(&format!("RANDOM-{number}")).expect("a symbol"),
            kind,
            tick: Price(10_000),
            floor: Price(0),
            cap: Price(10_000_000),
            fees: FeeRates { maker: Price(100), taker: Price(500) },
        },
    }
}
