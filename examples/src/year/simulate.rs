//! One year from the first listing to the last settlement, and what is on record of it.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, Instant};

use engine::command::Command;
use engine::ids::{AccountId, AssetId};
use engine::instrument::State;
use engine::journal::batch::Hash;
use engine::ledger::LedgerAccount;
use engine::rules::Rules;
use engine::units::{Cash, Day, Price};

use super::calendar::{SESSIONS, engine_day, list, record_fixings, settle, trade_day};
use super::contracts::{Class, Listing, first_day, listings};
use super::coverage::{Coverage, CoverageDay};
use super::defaults::Defaults;
use super::desk::{Desk, usd};
use super::journal::Replay;
use super::paths::Path;
use super::population::{Population, Style};
use super::tally::Tally;
use super::venue::Venue;

/// How large a venue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Accounts, the makers and the backstop among them.
    pub accounts: u32,
    /// What the insurance fund begins with.
    pub insurance: Cash,
    /// What everybody's decisions follow from.
    pub seed: u64,
}

/// What a day looked like once it was settled.
#[derive(Clone, Copy, Debug)]
pub struct DayRecord {
    /// The day.
    pub day: Day,
    /// Its fixing, or the last one before.
    pub index: f64,
    /// What the next month on margin, whose delivery has not begun, was settled at.
    pub next: Option<f64>,
    /// Lots that are open, of all contracts.
    pub open_interest: i64,
    /// What the insurance fund has.
    pub insurance: Cash,
    /// What accounts owe.
    pub receivables: Cash,
    /// What the margin of the evening before met.
    pub coverage: CoverageDay,
}

/// A year that is over.
#[derive(Debug)]
pub struct Year {
    /// The prices it was lived through with.
    pub path: Path,
    /// How many accounts there were.
    pub accounts: u32,
    /// Every day.
    pub days: Vec<DayRecord>,
    /// What was counted.
    pub tally: Tally,
    /// Liquidations and defaults.
    pub defaults: Defaults,
    /// How many of each style there were, and of those how many defaulted.
    pub styles: Vec<(Style, usize, usize)>,
    /// Margin against losses.
    pub coverage: Coverage,
    /// Days after which all books were zero and agreed.
    pub days_balanced: usize,
    /// Balances and positions that were held against what was announced, over all days.
    pub compared: (u64, u64),
    /// The state at the end.
    pub state: Hash,
    /// What replaying the journal led to.
    pub replay: Replay,
    /// Bytes of the journal.
    pub journal_bytes: usize,
    /// How long the year took, and how long its replay.
    pub took: (Duration, Duration),
}

/// Lives through a path, then replays its journal.
///
/// # Errors
/// What the path, the desk or the replay could not do.
pub fn simulate(path: Path, plan: &Plan) -> Result<Year, Box<dyn Error>> {
    let began = Instant::now();
    let &Plan { accounts, insurance, seed } = plan;
    let opening = engine_day(path.days.first().ok_or("a year has days")?.day);
    let listings = listings(opening)?;
    let mut venue = Venue::default();
    venue.advance(opening.start());
    for rules in [Rules::SECOND, Rules::THIRD, Rules::FOURTH] {
        venue.operate(Command::AdoptRules { rules });
    }
    let mut population = Population::new(seed, accounts, SESSIONS.len());
    population.open(&mut venue);
    venue.operate(Command::FundInsurance { number: 1, amount: insurance.into() });
    venue.operate(Command::SetBackstop { account: population.backstop() });

    let first = path.days[0].fixing.ok_or("the first day has a fixing")?;
    let mut desk = Desk::new(Price(first.micro_usd()));
    desk.fix(Price(first.micro_usd()))?;
    let prices: Vec<f64> = prices(&path);
    let mut record = Record::default();
    // One morning more than days: the last day is settled, too.
    for today in 0..=path.days.len() {
        let day = opening.plus(u16::try_from(today)?);
        record_fixings(&mut venue, &mut desk, &path.days, today)?;
        if let Some(yesterday) = today.checked_sub(1) {
            settle(&mut venue, &listings, engine_day(path.days[yesterday].day))?;
            record.close(&mut venue, &listings, engine_day(path.days[yesterday].day), prices[yesterday]);
        }
        if today < path.days.len() {
            list(&mut venue, &desk, &listings, day);
            let evening = (prices[today.saturating_sub(1)], prices[today]);
            trade_day(&mut venue, &mut desk, &mut population, &listings, day, evening)?;
        }
    }

    let state = venue.engine().state_hash();
    let lived = began.elapsed();
    let began = Instant::now();
    let journal = venue.sealed_journal();
    let (journal_bytes, replay) = (journal.bytes(), journal.replay()?);
    let took = (lived, began.elapsed());
    let (tally, defaults) = (venue.tally().clone(), venue.defaults().clone());
    let styles = styles(&population, &defaults);
    let Record { days, coverage, compared } = record;
    let days_balanced = days.len();
    Ok(Year {
        path,
        accounts,
        days,
        tally,
        defaults,
        styles,
        coverage,
        days_balanced,
        compared,
        state,
        replay,
        journal_bytes,
        took,
    })
}

fn styles(population: &Population, defaults: &Defaults) -> Vec<(Style, usize, usize)> {
    let defaulted: BTreeSet<AccountId> = defaults.cases.iter().map(|case| case.account).collect();
    let of_style = |style| population.traders.iter().filter(move |trader| trader.style == style);
    let count = |style| {
        (style, of_style(style).count(), of_style(style).filter(|trader| defaulted.contains(&trader.account)).count())
    };
    Style::ALL.map(count).to_vec()
}

/// What an hour costs in the evening of each day; a day without a fixing costs what the one before did.
fn prices(path: &Path) -> Vec<f64> {
    let mut last = 0.0;
    let fixings = path.days.iter().map(|day| {
        last = day.fixing.map_or(last, |price| usd(Price(price.micro_usd())));
        last
    });
    fixings.collect()
}

#[derive(Debug, Default)]
struct Record {
    days: Vec<DayRecord>,
    coverage: Coverage,
    compared: (u64, u64),
}

impl Record {
    /// Checks all books, then writes down what the day was.
    fn close(&mut self, venue: &mut Venue, listings: &[Listing], day: Day, index: f64) {
        let checked = venue.check();
        self.compared.0 += checked.balances as u64;
        self.compared.1 += checked.positions as u64;
        let engine = venue.engine();
        let coverage = self.coverage.day(engine);
        let markets = listings.iter().filter_map(|listing| Some((listing, engine.market(listing.terms.instrument)?)));
        let is_next = |listing: &Listing| {
            listing.class == Class::Month && listing.period.is_some_and(|period| first_day(period) > day)
        };
        let mut live = markets.filter(|(_, market)| market.state != State::Settled);
        let next = live.find(|(listing, _)| is_next(listing)).and_then(|(_, market)| market.settlement_price());
        let owed = |account| engine.ledger().balance(LedgerAccount::Receivable(account), AssetId::USD).posted;
        self.days.push(DayRecord {
            day,
            index,
            next: next.map(usd),
            open_interest: engine.markets().map(|market| market.open_interest).sum(),
            insurance: engine.insurance_fund(),
            receivables: Cash(-engine.accounts().map(|account| owed(account).0).sum::<i64>()),
            coverage,
        });
    }
}
