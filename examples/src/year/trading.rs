//! What everybody does in a session: makers quote, owners and labs hedge, speculators follow the price.

use engine::command::Command;
use engine::ids::{InstrumentId, KeyId};
use engine::order::TimeInForce;
use engine::units::{Day, MICROS};
use rand::RngExt;

use super::contracts::{Class, Listing};
use super::desk::{Desk, price_of};
use super::population::{Choice, Population, Style, Trader, Wish};
use super::venue::Venue;

/// Lots of a month that a maker shows at each of its prices; of a strip as many fewer as it has months.
const QUOTE_LOTS: i64 = 48;
const QUOTE_LEVELS: i64 = 2;
/// Half a spread of a quiet market, as a part of the price.
const HALF_SPREAD: f64 = 0.002;
/// Makers show a quarter of it once the price has gone this far since the last session, and most of them nothing.
const SURPRISE: f64 = 0.05;
/// What a taker gives way at most, in half spreads.
const TAKER_HALF_SPREADS: f64 = 3.0;
/// How long somebody stays away who has lost everything.
const AWAY_DAYS: u16 = 30;

/// A contract that is quoted, and what the desk says it is worth.
#[derive(Clone, Copy, Debug)]
pub struct Quoted {
    /// Which.
    pub instrument: InstrumentId,
    /// What it is.
    pub class: Class,
    /// Months of it; 1 of the perpetual.
    pub months: i64,
    /// When delivery begins; the perpetual's never does.
    pub begins: Option<Day>,
    /// In USD per GPU-hour.
    pub fair: f64,
    /// What widths are parts of: the price, of a spread a fifth of that of its near leg.
    pub scale: f64,
    /// The leg that a spread's buyer buys.
    pub near: Option<InstrumentId>,
}

/// The contracts that are quoted today: months until the fourth from now, and everything else until it ends.
pub fn quoted(venue: &Venue, desk: &Desk, listings: &[Listing]) -> Vec<Quoted> {
    let now = venue.now();
    let open =
        |listing: &&Listing| venue.engine().market(listing.terms.instrument).is_some_and(|market| market.is_open(now));
    let mut months_left = 4;
    let mut quoted = Vec::new();
    for listing in listings.iter().filter(open) {
        if listing.class == Class::Month {
            months_left -= 1;
            if months_left < 0 {
                continue;
            }
        }
        let spread = listing.terms.spread();
        let is_quoted = |leg| quoted.iter().any(|other: &Quoted| other.instrument == leg);
        if spread.is_some_and(|spread| !is_quoted(spread.near) || !is_quoted(spread.far)) {
            continue;
        }
        let Some(fair) = desk.fair(venue.engine(), listing, listings) else { continue };
        quoted.push(Quoted {
            instrument: listing.terms.instrument,
            class: listing.class,
            months: listing
                .period
                .filter(|_| spread.is_none())
                .map_or(1, |period| i64::try_from(period.months().len()).unwrap_or(1)),
            begins: listing.period.map(super::contracts::first_day),
            fair,
            scale: if spread.is_some() { desk.spot() / 5.0 } else { fair },
            near: spread.map(|spread| spread.near),
        });
    }
    quoted
}

/// How wide a market is: half a spread as a part of the price.
fn half_spread(surprise: f64) -> f64 {
    HALF_SPREAD + surprise.abs() / 2.0
}

/// Makers take all their orders back, then quote anew around what contracts are worth, leaning against what they hold.
pub fn make_markets(population: &mut Population, venue: &mut Venue, quoted: &[Quoted], surprise: f64) {
    let makers: Vec<usize> = (0..population.count(Style::Maker)).collect();
    for &at in &makers {
        let account = population.traders[at].account;
        let everything = Command::CancelAllOrders { account, instrument: None, side: None };
        venue.ask(KeyId(account.0.into()), everything);
    }
    let is_shaken = surprise.abs() > SURPRISE;
    for &at in &makers {
        if is_shaken && population.random.random::<f64>() < 0.75 {
            continue;
        }
        for contract in quoted {
            quote(population, venue, at, contract, surprise, is_shaken);
        }
    }
}

fn quote(population: &mut Population, venue: &mut Venue, at: usize, contract: &Quoted, surprise: f64, is_shaken: bool) {
    let half = contract.scale * half_spread(surprise);
    let size = (QUOTE_LOTS / contract.months / if is_shaken { 4 } else { 1 }).max(1);
    let held = venue.engine().exposure(contract.instrument, population.traders[at].account).position.0;
    let lean = (held as f64 / (size * 20) as f64).clamp(-3.0, 3.0) * half / 2.0;
    let noise = population.random.random_range(-0.2..0.2) * half;
    for level in 0..QUOTE_LEVELS {
        for sign in [-1.0, 1.0] {
            let limit = price_of(contract.fair + noise - lean + sign * half * (1.0 + level as f64));
            let lots = if sign < 0.0 { size } else { -size };
            let time_in_force = TimeInForce::GoodTillCancelled;
            population.order(venue, at, Wish { instrument: contract.instrument, lots, limit, time_in_force });
        }
    }
}

/// Everybody but the makers whose session this is.
pub fn trade(
    population: &mut Population,
    venue: &mut Venue,
    desk: &Desk,
    quoted: &[Quoted],
    session: usize,
    surprise: f64,
) {
    let today = venue.now().day();
    for at in 0..population.traders.len() {
        let trader = population.traders[at];
        let waits = trader.session != session && trader.style != Style::Backstop;
        if waits || trader.style == Style::Maker || today < trader.away_until {
            continue;
        }
        match trader.style {
            Style::Backstop => wind_down(population, venue, at, quoted, surprise),
            Style::Owner | Style::Lab => hedge(population, venue, at, &trader, quoted, surprise),
            _ => speculate(population, venue, desk, at, &trader, quoted, surprise),
        }
    }
}

/// The contracts that somebody hedges in: the next two of its kind that have not begun.
fn hedged_in(trader: &Trader, quoted: &[Quoted], today: Day) -> Vec<Quoted> {
    let class = match trader.choice {
        Choice::Months => Class::Month,
        Choice::Physical => Class::Physical,
        Choice::Full => Class::Full,
        Choice::Quarters => Class::Quarter,
        Choice::Year => Class::Year,
        Choice::Perpetual => Class::Perpetual,
    };
    let is_ahead = |contract: &&Quoted| contract.begins.is_none_or(|begins| begins > today);
    quoted.iter().filter(|contract| contract.class == class).filter(is_ahead).take(2).copied().collect()
}

/// An owner walks towards being short its GPUs, a lab towards being long what it needs, a few lots at a time; every other one waits in
/// the book at what the contract is worth, the others take what is there.
fn hedge(population: &mut Population, venue: &mut Venue, at: usize, trader: &Trader, quoted: &[Quoted], surprise: f64) {
    if population.random.random::<f64>() > 0.25 {
        return;
    }
    let sign = if trader.style == Style::Owner { -1 } else { 1 };
    for contract in hedged_in(trader, quoted, venue.now().day()) {
        // What is behind it was paid in for two months; a strip of more takes as many fewer.
        let target = sign * (trader.gpus * 2 / contract.months.max(2)).max(1);
        let held = venue.engine().exposure(contract.instrument, trader.account);
        let (missing, waiting) = (target - held.position.0, held.open_buys - held.open_sells);
        let lots = (missing - waiting).clamp(-5, 5);
        if lots * sign <= 0 {
            continue;
        }
        let is_patient = at.is_multiple_of(2);
        let give = if is_patient { 0.0 } else { TAKER_HALF_SPREADS * half_spread(surprise) };
        let limit = price_of(contract.fair + contract.scale * give * sign as f64);
        let time_in_force = if is_patient { TimeInForce::Day } else { TimeInForce::ImmediateOrCancel };
        population.order(venue, at, Wish { instrument: contract.instrument, lots, limit, time_in_force });
    }
}

/// A speculator is in the perpetual or in the next month that has not begun, and rolls out of every month that has.
fn speculate(
    population: &mut Population,
    venue: &mut Venue,
    desk: &Desk,
    at: usize,
    trader: &Trader,
    quoted: &[Quoted],
    surprise: f64,
) {
    let is_gambler = trader.style == Style::Gambler;
    let today = venue.now().day();
    let Some(report) = venue.engine().margin_report(trader.account) else { return };
    if report.equity.0 < trader.opening / 10 && report.initial.0 == 0 {
        come_back(population, venue, at, trader, today);
        return;
    }
    if population.random.random::<f64>() > if is_gambler { 0.5 } else { 0.3 } {
        return;
    }
    let give = TAKER_HALF_SPREADS * half_spread(surprise);
    let wish = |contract: &Quoted, lots: i64| Wish {
        instrument: contract.instrument,
        lots,
        limit: price_of(contract.fair + contract.scale * give * lots.signum() as f64),
        time_in_force: TimeInForce::ImmediateOrCancel,
    };
    for contract in quoted.iter().filter(|contract| contract.class == Class::Month) {
        let held = venue.engine().exposure(contract.instrument, trader.account).position.0;
        if contract.begins.is_some_and(|begins| begins <= today.plus(2)) && held != 0 {
            // Whoever is long sells the spread: the near month goes, the one behind it comes.
            let roll = quoted.iter().find(|spread| spread.near == Some(contract.instrument));
            population.order(venue, at, wish(roll.unwrap_or(contract), -held));
        }
    }
    let next = hedged_in(trader, quoted, today.plus(2));
    let Some(contract) = next.first() else { return };
    let momentum = desk.momentum(trader.lookback);
    let direction = match momentum {
        momentum if momentum.abs() < 0.002 => trader.belief,
        momentum => {
            if momentum > 0.0 {
                1
            } else {
                -1
            }
        }
    };
    let of_equity = if is_gambler { 0.90 } else { 0.35 };
    let market = venue.engine().market(contract.instrument);
    let worst = market.and_then(|market| market.valuation()).map(|valuation| valuation.losses.map(|loss| loss.0.abs()));
    let Some(per_lot) = worst.and_then(|losses| losses.into_iter().max()).filter(|loss| *loss > 0) else { return };
    #[expect(clippy::cast_possible_truncation, reason = "a few thousand lots; casts saturate")]
    let target = direction * (of_equity * report.equity.0 as f64 / per_lot as f64) as i64;
    let held = venue.engine().exposure(contract.instrument, trader.account).position.0;
    // Whoever only follows its own gains would trade every day.
    let lots = if (target - held).abs() * 5 < target.abs() { 0 } else { target - held };
    population.order(venue, at, wish(contract, lots));
}

/// The backstop sells a quarter of what it took over in each session, in whatever is quoted.
fn wind_down(population: &mut Population, venue: &mut Venue, at: usize, quoted: &[Quoted], surprise: f64) {
    for contract in quoted {
        let held = venue.engine().exposure(contract.instrument, population.traders[at].account).position.0;
        let lots = -(held / 4 + held.signum() * i64::from(held % 4 != 0));
        let give = TAKER_HALF_SPREADS * half_spread(surprise) * lots.signum() as f64;
        let limit = price_of(contract.fair + contract.scale * give);
        let time_in_force = TimeInForce::ImmediateOrCancel;
        population.order(venue, at, Wish { instrument: contract.instrument, lots, limit, time_in_force });
    }
}

/// Whoever has lost everything stays away for a month and then begins anew, with another belief.
fn come_back(population: &mut Population, venue: &mut Venue, at: usize, trader: &Trader, today: Day) {
    let is_back = trader.away_until > Day(0);
    population.traders[at].away_until = if is_back { Day(0) } else { today.plus(AWAY_DAYS) };
    if is_back && trader.treasury >= MICROS {
        let amount = trader.treasury.min(trader.opening);
        population.traders[at].treasury -= amount;
        population.traders[at].belief = -trader.belief;
        population.deposit(venue, at, amount);
    }
}

/// Once a month, half of what somebody could take out beyond what it began with goes home.
pub fn take_profits(population: &mut Population, venue: &mut Venue) {
    for at in 0..population.traders.len() {
        let trader = population.traders[at];
        let Some(report) = venue.engine().margin_report(trader.account) else { continue };
        let spare = report.withdrawable.0.min(report.equity.0 - trader.opening.max(2 * report.initial.0));
        if spare / 2 >= MICROS {
            population.withdraw(venue, at, spare / 2);
        }
    }
}
