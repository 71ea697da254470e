//! The classic faults of matching engines, one table row each: orders in, trades and queues out.

use engine::event::Event;
use engine::ids::OrderId;
use engine::units::Side;

use crate::counts::count;
use crate::venue::{CONTRACT, Venue};

const DOLLAR: i64 = 1_000_000;

struct Row {
    name: &'static str,
    /// `a buys 5 @ 3`, `cancel a`; prices in dollars.
    orders: &'static [&'static str],
    /// `c takes 2 of a @ 3`
    trades: &'static [&'static str],
    /// Orders in the sequence in which they would trade: `a 3 @ 3, b 5 @ 4`.
    bids: &'static str,
    offers: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        name: "a maker keeps its place when part of it trades",
        orders: &["a sells 5 @ 3", "b sells 5 @ 3", "c buys 2 @ 3", "d buys 4 @ 3"],
        trades: &["c takes 2 of a @ 3", "d takes 3 of a @ 3", "d takes 1 of b @ 3"],
        bids: "",
        offers: "b 4 @ 3",
    },
    Row {
        name: "a buyer pays the resting price, not its own",
        orders: &["a sells 5 @ 3", "b buys 5 @ 7"],
        trades: &["b takes 5 of a @ 3"],
        bids: "",
        offers: "",
    },
    Row {
        name: "a seller gets the resting price, not its own",
        orders: &["a buys 5 @ 7", "b sells 5 @ 3"],
        trades: &["b takes 5 of a @ 7"],
        bids: "",
        offers: "",
    },
    Row {
        name: "a cancel in the middle leaves the others in order",
        orders: &["a buys 1 @ 3", "b buys 1 @ 3", "c buys 1 @ 3", "d buys 1 @ 3", "cancel b", "e sells 2 @ 3"],
        trades: &["e takes 1 of a @ 3", "e takes 1 of c @ 3"],
        bids: "d 1 @ 3",
        offers: "",
    },
    Row {
        name: "a cancel at the front passes the turn on",
        orders: &["a buys 1 @ 3", "b buys 1 @ 3", "cancel a", "c sells 1 @ 3"],
        trades: &["c takes 1 of b @ 3"],
        bids: "",
        offers: "",
    },
    Row {
        name: "a cancel at the back keeps new orders behind the old",
        orders: &["a buys 1 @ 3", "b buys 1 @ 3", "cancel b", "c buys 1 @ 3", "d sells 1 @ 3"],
        trades: &["d takes 1 of a @ 3"],
        bids: "c 1 @ 3",
        offers: "",
    },
    Row {
        name: "the best bid goes with its last order",
        orders: &["a buys 1 @ 5", "b buys 1 @ 3", "cancel a", "c sells 1 @ 4"],
        trades: &[],
        bids: "b 1 @ 3",
        offers: "c 1 @ 4",
    },
    Row {
        name: "the best offer goes with its last order",
        orders: &["a sells 1 @ 3", "b sells 1 @ 5", "cancel a", "c buys 1 @ 4"],
        trades: &[],
        bids: "c 1 @ 4",
        offers: "b 1 @ 5",
    },
    Row {
        name: "a better price comes before an older order",
        orders: &["a sells 1 @ 4", "b sells 1 @ 3", "c buys 2 @ 4"],
        trades: &["c takes 1 of b @ 3", "c takes 1 of a @ 4"],
        bids: "",
        offers: "",
    },
    Row {
        name: "the highest bid comes first",
        orders: &["a buys 1 @ 3", "b buys 1 @ 4", "c sells 2 @ 3"],
        trades: &["c takes 1 of b @ 4", "c takes 1 of a @ 3"],
        bids: "",
        offers: "",
    },
    Row {
        name: "an exact fill leaves no trade of nothing behind",
        orders: &["a sells 5 @ 3", "b sells 5 @ 3", "c buys 5 @ 3", "d buys 5 @ 2"],
        trades: &["c takes 5 of a @ 3"],
        bids: "d 5 @ 2",
        offers: "b 5 @ 3",
    },
    Row {
        name: "a limit does not sweep past its price",
        orders: &["a sells 1 @ 3", "b sells 1 @ 4", "c sells 1 @ 5", "d buys 9 @ 4"],
        trades: &["d takes 1 of a @ 3", "d takes 1 of b @ 4"],
        bids: "d 7 @ 4",
        offers: "c 1 @ 5",
    },
    Row {
        name: "a limit to sell does not sweep past its price",
        orders: &["a buys 1 @ 5", "b buys 1 @ 4", "c buys 1 @ 3", "d sells 9 @ 4"],
        trades: &["d takes 1 of a @ 5", "d takes 1 of b @ 4"],
        bids: "c 1 @ 3",
        offers: "d 7 @ 4",
    },
    Row {
        name: "what is left of a taker rests behind others at its price",
        orders: &["a buys 1 @ 3", "b sells 1 @ 4", "c buys 3 @ 4", "d buys 1 @ 4", "e sells 3 @ 3"],
        trades: &["c takes 1 of b @ 4", "e takes 2 of c @ 4", "e takes 1 of d @ 4"],
        bids: "a 1 @ 3",
        offers: "",
    },
    Row {
        name: "a level that was emptied fills again",
        orders: &["a sells 2 @ 3", "b buys 2 @ 3", "c sells 1 @ 3", "d sells 1 @ 3", "e buys 1 @ 3"],
        trades: &["b takes 2 of a @ 3", "e takes 1 of c @ 3"],
        bids: "",
        offers: "d 1 @ 3",
    },
    Row {
        name: "a level that was cancelled empty fills again",
        orders: &["a sells 2 @ 3", "cancel a", "b sells 1 @ 3", "c sells 1 @ 3", "cancel b", "d buys 1 @ 3"],
        trades: &["d takes 1 of c @ 3"],
        bids: "",
        offers: "",
    },
    Row {
        name: "the place of a cancelled order is free for any other level",
        orders: &["a sells 1 @ 3", "b sells 1 @ 3", "cancel a", "c buys 1 @ 2", "d buys 1 @ 2", "e sells 1 @ 2"],
        trades: &["e takes 1 of c @ 2"],
        bids: "d 1 @ 2",
        offers: "b 1 @ 3",
    },
    Row {
        name: "a partly filled order is cancelled for what is left",
        orders: &["a sells 5 @ 3", "b buys 2 @ 3", "cancel a", "c buys 2 @ 3"],
        trades: &["b takes 2 of a @ 3"],
        bids: "c 2 @ 3",
        offers: "",
    },
    Row {
        name: "many levels are swept from the best on",
        orders: &[
            "a sells 1 @ 9",
            "b sells 1 @ 2",
            "c sells 1 @ 7",
            "d sells 1 @ 4",
            "e sells 1 @ 5",
            "f sells 1 @ 3",
            "g sells 1 @ 8",
            "h buys 6 @ 8",
        ],
        trades: &[
            "h takes 1 of b @ 2",
            "h takes 1 of f @ 3",
            "h takes 1 of d @ 4",
            "h takes 1 of e @ 5",
            "h takes 1 of c @ 7",
            "h takes 1 of g @ 8",
        ],
        bids: "",
        offers: "a 1 @ 9",
    },
    Row {
        name: "prices at floor and cap meet like any other",
        orders: &["a sells 1 @ 10", "b buys 1 @ 10", "c buys 1 @ 0", "d sells 1 @ 0"],
        trades: &["b takes 1 of a @ 10", "d takes 1 of c @ 0"],
        bids: "",
        offers: "",
    },
];

#[test]
fn classic_faults_are_absent() {
    for row in ROWS {
        check(row);
    }
    count(ROWS.len(), "book faults ruled out");
}

fn check(row: &Row) {
    // Account 1 buys and account 2 sells, so that nobody is short of lots or money.
    let mut venue = Venue::with_accounts(1..=2, 10_000_000);
    let mut names: Vec<(OrderId, &str)> = Vec::new();
    let mut trades = Vec::new();
    for line in row.orders {
        match line.split(' ').collect::<Vec<&str>>()[..] {
            ["cancel", name] => {
                let order = names.iter().find(|(_, known)| *known == name).unwrap().0;
                let account = if venue.engine.orders().get(order).unwrap().request.side == Side::Buy { 1 } else { 2 };
                venue.cancel(account, order).unwrap();
                assert!(venue.cancel(account, order).is_err(), "{}: {line} twice", row.name);
            }
            [name, side, lots, "@", price] => {
                let (lots, limit) = (lots.parse().unwrap(), price.parse::<i64>().unwrap() * DOLLAR);
                names.push((OrderId(venue.seq + 1), name));
                let bought = side == "buys";
                let answer = if bought { venue.buy(1, lots, limit, name) } else { venue.sell(2, lots, limit, name) };
                answer.unwrap();
            }
            _ => panic!("no such order: {line}"),
        }
        trades.extend(venue.events.iter().filter_map(|event| trade(event, &names)));
    }
    assert_eq!(trades, row.trades, "{}", row.name);
    assert_eq!(queue(&venue, Side::Buy, &names), row.bids, "bids: {}", row.name);
    assert_eq!(queue(&venue, Side::Sell, &names), row.offers, "offers: {}", row.name);
    finished_orders_cannot_be_cancelled(&mut venue, &names, row.name);
}

fn finished_orders_cannot_be_cancelled(venue: &mut Venue, names: &[(OrderId, &str)], row: &str) {
    for &(order, name) in names {
        let request = venue.engine.orders().get(order).unwrap().request;
        let rests =
            venue.engine.market(CONTRACT).unwrap().book.queue(request.side).any(|(_, rests)| rests.order == order);
        let cancelled = venue.cancel(request.account.0, order);
        assert_eq!(cancelled.is_ok(), rests, "{row}: cancel {name}");
    }
    let book = &venue.engine.market(CONTRACT).unwrap().book;
    assert_eq!((book.best(Side::Buy), book.best(Side::Sell)), (None, None), "{row}: all is cancelled");
    assert_eq!(book.orders_count(), 0, "{row}: all is cancelled");
}

fn name_of<'a>(order: OrderId, names: &[(OrderId, &'a str)]) -> &'a str {
    names.iter().find(|(known, _)| *known == order).unwrap().1
}

fn trade(event: &Event, names: &[(OrderId, &str)]) -> Option<String> {
    let Event::Traded(trade) = event else { return None };
    let (taker, maker) = (name_of(trade.taker.order, names), name_of(trade.maker.order, names));
    Some(format!("{taker} takes {} of {maker} @ {}", trade.lots, trade.price.0 / DOLLAR))
}

/// The queue of a side; its levels must say the same in sums.
fn queue(venue: &Venue, side: Side, names: &[(OrderId, &str)]) -> String {
    let book = &venue.engine.market(CONTRACT).unwrap().book;
    let resting: Vec<_> = book.queue(side).map(|(_, rests)| rests).collect();
    for level in book.levels(side) {
        let at_price = resting.iter().filter(|order| order.price == level.price);
        let (orders, lots) = at_price.fold((0, 0), |sum, order| (sum.0 + 1, sum.1 + u64::from(order.lots.0)));
        assert_eq!((level.orders_count, level.lots), (orders, lots), "level {}", level.price);
    }
    assert_eq!(book.best(side), resting.first().map(|order| order.price));
    let orders = resting
        .iter()
        .map(|rests| format!("{} {} @ {}", name_of(rests.order, names), rests.lots, rests.price.0 / DOLLAR));
    orders.collect::<Vec<String>>().join(", ")
}
