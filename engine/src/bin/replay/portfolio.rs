//! What an order costs whose account has 1, 10, 100 or 1,000 positions on margin: its check must not look at all of them.

use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, OrderId, SeriesId};
use engine::instrument::{Kind, Month, Terms};
use engine::order::OrderRequest;
use engine::units::{Day, Lots, Price, Side};

use super::error::Error;
use super::venue::{Venue, key_of, terms};

/// Positions of the accounts that are measured, one account each.
const POSITIONS: [u32; 4] = [1, 10, 100, 1_000];

/// Contracts are months of this many series, in turn.
const SERIES: u32 = 10;

const MAKER: AccountId = AccountId(4);
const MIDDLE: Price = Price(3_000_000);
const FAR_BELOW: Price = Price(2_000_000);
const ROUNDS: u32 = 2_000;

/// One line of JSON: the median of placing an order that rests, of one that trades, and of a cancel, in nanoseconds.
pub(crate) fn measure() -> Result<String, Error> {
    measure_of(&POSITIONS, ROUNDS)
}

pub(crate) fn measure_of(positions: &[u32], rounds: u32) -> Result<String, Error> {
    let mut portfolio = Portfolio { venue: Venue::new(MAKER.0 + 1)?, names_count: 0 };
    portfolio.list(positions.iter().copied().max().unwrap_or(0))?;
    let mut figures = Vec::new();
    for (account, &held) in (0..).map(AccountId).zip(positions) {
        for contract in 0..held {
            portfolio.trade(account, contract)?;
        }
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..rounds {
            let contract = round % held;
            let (rests, order) = portfolio.submit(account, contract, Side::Buy, FAR_BELOW)?;
            let (trades, _) = portfolio.trade(account, contract)?;
            let cancel = Command::CancelOrder { account, order };
            let cancels = portfolio.venue.send(key_of(account), &cancel)?;
            for (times, took) in times.iter_mut().zip([rests, trades, cancels]) {
                times.push(took);
            }
        }
        let [rests, trades, cancels] = times.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        });
        figures.push(format!(r#""rests_{held}":{rests},"trades_{held}":{trades},"cancels_{held}":{cancels}"#));
    }
    Ok(format!("{{{}}}", figures.join(",")))
}

struct Portfolio {
    venue: Venue,
    names_count: u32,
}

impl Portfolio {
    fn list(&mut self, contracts: u32) -> Result<(), Error> {
        for contract in 0..contracts {
            let day = Day(i32::try_from(10 + contract).expect("contracts are few"));
            let terms = terms(contract, day, Price(1_000), Price(0), Price(10_000_000))?;
            let month = Month { series: SeriesId(contract % SERIES), first_day: day, days: 1 };
            self.venue.list_on_margin(Terms { kind: Kind::Month(month), ..terms }, MIDDLE)?;
        }
        Ok(())
    }

    /// The account buys a lot from the maker.
    fn trade(&mut self, account: AccountId, contract: u32) -> Result<(u64, OrderId), Error> {
        self.submit(MAKER, contract, Side::Sell, MIDDLE)?;
        let traded = self.submit(account, contract, Side::Buy, MIDDLE)?;
        if self.venue.events.iter().any(|event| matches!(event, Event::Traded(_))) {
            return Ok(traded);
        }
        Err(Error::Step(format!("an order in contract {contract} did not trade")))
    }

    fn submit(&mut self, account: AccountId, contract: u32, side: Side, limit: Price) -> Result<(u64, OrderId), Error> {
        self.names_count += 1;
        let name =
            ClientOrderId::new(&format!("held-{:x}", self.names_count)).expect("hexadecimal digits make a label");
        let order = OrderRequest::limit(account, name, InstrumentId(contract), side, Lots(1), limit);
        let took = self.venue.send(key_of(account), &Command::SubmitOrder(order))?;
        Ok((took, OrderId(self.venue.seq)))
    }
}
