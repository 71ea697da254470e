//! The words of golden days: lines read as commands, and who and what their names mean.

use engine::accounts::{AccountLimits, RateLimit};
use engine::command::Command;
use engine::controls::Controls;
use engine::ids::{
    AccountId, AssetId, AssetSymbol, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId, Symbol, TransferId,
};
use engine::instrument::{
    FeeRates, FeeTiers, Kind, Legs, Month, Perpetual, SettlementKind, Spot, Spread, Strip, Terms,
};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::rules::Rules;
use engine::units::{Amount, Lots, Price, Side};

use super::Runner;
use super::chain_words::command_of_chain;
use crate::calendar::{parse_day, parse_time};
use crate::venue::Exchange;

impl<E: Exchange> Runner<E> {
    pub(super) fn command(&mut self, words: &[&str]) -> (KeyId, Command) {
        match words {
            ["venue", words @ ..] => {
                let command = self.command_of_venue(words).or_else(|| self.command_of_margin(words));
                let command = command.or_else(|| venue_controls(words)).or_else(|| command_of_chain(words));
                let command = command.or_else(|| self.command_of_vaults(words));
                (KeyId::VENUE, command.unwrap_or_else(|| panic!("no such command: venue {}", words.join(" "))))
            }
            [trader, words @ ..] => {
                let account = account_named(trader);
                let command = self.command_of_trader(account, words);
                let command = command.or_else(|| self.command_of_chain_by_trader(account, words));
                let command = command.or_else(|| self.command_of_holder(account, words));
                (key_of(account), command.unwrap_or_else(|| panic!("no such command: {}", words.join(" "))))
            }
            [] => panic!("an empty line is no command"),
        }
    }

    fn command_of_venue(&mut self, words: &[&str]) -> Option<Command> {
        let command = match *words {
            ["opens", name, ref master @ ..] => {
                let account = account_named(name);
                self.names.accounts.insert(account, name.to_owned());
                match master {
                    ["for", master] => Command::OpenSubAccount { account, master: account_named(master) },
                    _ => Command::OpenAccount { account },
                }
            }
            ["credits", name, amount, ref asset @ ..] => {
                let (account, (asset, amount)) = (account_named(name), parse_amount(amount, asset));
                let number = self.deposits.entry(account).or_default();
                *number += 1;
                Command::Deposit { account, asset, amount, reference: *number }
            }
            ["defines", name, decimals] => {
                let (asset, symbol) = (asset_named(name), AssetSymbol::new(name).unwrap());
                self.names.assets.insert(asset, name.to_owned());
                Command::DefineAsset { asset, symbol, decimals: decimals.parse().unwrap() }
            }
            ["lists", name] => {
                let terms = terms_named(name);
                self.names.instruments.insert(terms.instrument, name.to_owned());
                Command::ListInstrument { terms }
            }
            ["posts", name] => Command::PostTransfer { transfer: self.transfer_named(name) },
            ["voids", name] => Command::VoidTransfer { transfer: self.transfer_named(name) },
            ["starts", kind, name, day] => {
                let kind = settlement_kind_named(kind);
                let (instrument, day) = (terms_named(name).instrument, parse_day(day));
                Command::StartSettlement { instrument, day, kind }
            }
            ["advances", name] => Command::AdvanceSettlement { instrument: terms_named(name).instrument },
            ["processes", "as", name] => {
                self.names.orders.insert(OrderId(self.seq + 1), name.to_owned());
                Command::ProcessDue
            }
            ["funds", amount] => {
                let number = self.exchange.insurance_payments() + 1;
                Command::FundInsurance { number, amount: Amount(parse_micros(amount)) }
            }
            ["backs", "with", name] => {
                let account = (name != "nobody").then(|| account_named(name));
                Command::SetBackstop { account }
            }
            _ => return None,
        };
        Some(command)
    }

    fn command_of_trader(&mut self, account: AccountId, words: &[&str]) -> Option<Command> {
        let command = match *words {
            ["cancels", "all", ref words @ ..] => {
                let instrument = value(words, "in").map(|name| terms_named(name).instrument);
                let side = words.iter().find_map(|word| side_named(word));
                Command::CancelAllOrders { account, instrument, side }
            }
            ["cancels", "after", seconds] => {
                let seconds: u64 = seconds.parse().unwrap();
                Command::CancelAfter { account, timeout_us: seconds * 1_000_000 }
            }
            ["cancels", name] => Command::CancelOrder { account, order: self.order_named(name) },
            ["amends", name, ref words @ ..] => Command::AmendOrder(Amendment {
                account,
                order: self.order_named(name),
                lots: value(words, "to").map(|lots| Lots(lots.parse().unwrap())),
                limit: price(words, "@"),
                trigger: price(words, "stop"),
            }),
            ["withdraws", amount, ref words @ ..] => {
                let (asset, amount) = parse_amount(amount, words);
                let name = value(words, "as").unwrap();
                self.names.transfers.insert(TransferId(self.seq + 1), name.to_owned());
                Command::RequestWithdrawal { account, asset, amount, reference: self.next_payment(account) }
            }
            ["moves", amount, ref words @ ..] => {
                let (asset, amount) = parse_amount(amount, words);
                let from = value(words, "from").map_or(account, account_named);
                let to = account_named(value(words, "to").unwrap());
                Command::TransferFunds { from, to, asset, amount, reference: self.next_payment(from) }
            }
            [side @ ("buys" | "sells"), lots, contract, ref words @ ..] => {
                let name = value(words, "as").unwrap();
                self.names.orders.insert(OrderId(self.seq + 1), name.to_owned());
                let side = side_named(side).unwrap();
                Command::SubmitOrder(OrderRequest {
                    account,
                    client_order_id: ClientOrderId::new(name).unwrap(),
                    instrument: terms_named(contract).instrument,
                    side,
                    lots: Lots(lots.parse().unwrap()),
                    ..conditions_of(account, words)
                })
            }
            _ => return None,
        };
        Some(command)
    }

    pub(super) fn next_payment(&self, account: AccountId) -> u64 {
        self.payments.get(&account).map_or(1, |last| last + 1)
    }

    fn order_named(&self, name: &str) -> OrderId {
        *self.names.orders.iter().rfind(|(_, known)| *known == name).unwrap().0
    }

    fn transfer_named(&self, name: &str) -> TransferId {
        *self.names.transfers.iter().rfind(|(_, known)| *known == name).unwrap().0
    }
}

/// What the venue says of trading, fees and time.
fn venue_controls(words: &[&str]) -> Option<Command> {
    let command = match *words {
        ["adopts", "rules", version] => Command::AdoptRules { rules: Rules(version.parse().unwrap()) },
        ["processes"] => Command::ProcessDue,
        ["halts", name] => Command::HaltInstrument { instrument: terms_named(name).instrument },
        ["resumes", name] => Command::ResumeInstrument { instrument: terms_named(name).instrument },
        ["marks", name] => Command::UpdateMark { instrument: terms_named(name).instrument },
        ["sets", name, ref words @ ..] => {
            let of = |word| price(words, word).unwrap_or(Price(0));
            let mut daily_limits = Controls::NONE.daily_limits;
            for (limit, width) in daily_limits.iter_mut().zip(value(words, "limits").unwrap_or("0").split('/')) {
                *limit = Price(parse_micros(width));
            }
            let largest = value(words, "largest").map(|lots| Lots(lots.parse().unwrap()));
            let seconds: u64 = value(words, "pause").map_or(0, |seconds| seconds.parse().unwrap());
            let controls = Controls {
                reference: of("reference"),
                band: of("band"),
                protection: of("protection"),
                daily_limits,
                pause_us: seconds * 1_000_000,
                order_lots_max: largest.unwrap_or(Controls::NONE.order_lots_max),
            };
            Command::SetControls { instrument: terms_named(name).instrument, controls }
        }
        ["charges", name, "from", day, time, ref rates @ ..] => {
            let rates: Vec<FeeRates> = rates.iter().map(|pair| parse_rates(pair)).collect();
            let tiers = FeeTiers::try_from(rates).unwrap();
            let (instrument, effective) = (terms_named(name).instrument, parse_time(day, time));
            Command::ScheduleFees { instrument, effective, tiers }
        }
        ["puts", name, "into", "tier", tier, "from", day, time] => {
            let (account, effective) = (account_named(name), parse_time(day, time));
            Command::AssignFeeTier { account, effective, tier: tier.parse().unwrap() }
        }
        ["limits", name, ref words @ ..] => {
            let rate = |word| {
                let (rate, burst) = value(words, word).unwrap_or("0/0").split_once('/').unwrap();
                RateLimit { per_second: rate.parse().unwrap(), burst: burst.parse().unwrap() }
            };
            let open_orders_max = value(words, "live").map_or(0, |orders| orders.parse().unwrap());
            let limits = AccountLimits { orders: rate("orders"), cancels: rate("cancels"), open_orders_max };
            Command::SetAccountLimits { account: account_named(name), limits }
        }
        _ => return None,
    };
    Some(command)
}

/// Everything that stands behind the contract of an order.
fn conditions_of(account: AccountId, words: &[&str]) -> OrderRequest {
    let says = |word: &str| words.contains(&word);
    let plain =
        OrderRequest::limit(account, ClientOrderId::new("any").unwrap(), InstrumentId(0), Side::Buy, Lots(0), Price(0));
    let after = |word: &str| words.iter().position(|known| *known == word);
    let time_in_force = match after("until") {
        Some(at) => TimeInForce::GoodTillDate(parse_time(words[at + 1], words[at + 2])),
        None if says("ioc") => TimeInForce::ImmediateOrCancel,
        None if says("fok") => TimeInForce::FillOrKill,
        None if says("day") => TimeInForce::Day,
        None => TimeInForce::GoodTillCancelled,
    };
    let reference = match value(words, "on") {
        Some("last") => TriggerReference::Last,
        Some("mark") => TriggerReference::Mark,
        _ => TriggerReference::Index,
    };
    let self_trade = match (says("cancelling-oldest"), says("cancelling-both")) {
        (true, _) => SelfTrade::CancelOldest,
        (_, true) => SelfTrade::CancelBoth,
        _ => SelfTrade::CancelNewest,
    };
    OrderRequest {
        pricing: price(words, "@").map_or(Pricing::Market, Pricing::Limit),
        time_in_force,
        trigger: price(words, "stop").map(|price| Trigger { reference, price }),
        conditions: Conditions { post_only: says("post-only"), reduce_only: says("reduce-only") },
        self_trade,
        sent: after("sent").map(|at| parse_time(words[at + 1], words[at + 2])),
        ..plain
    }
}

/// The word behind another.
pub(super) fn value<'a>(words: &[&'a str], word: &str) -> Option<&'a str> {
    let at = words.iter().position(|known| *known == word)?;
    words.get(at + 1).copied()
}

pub(super) fn price(words: &[&str], word: &str) -> Option<Price> {
    value(words, word).map(|text| Price(parse_micros(text)))
}

fn side_named(word: &str) -> Option<Side> {
    match word {
        "buys" => Some(Side::Buy),
        "sells" => Some(Side::Sell),
        _ => None,
    }
}

pub(super) fn account_named(name: &str) -> AccountId {
    match name {
        "alice" => AccountId(1),
        "bob" => AccountId(2),
        "carol" => AccountId(3),
        "dave" => AccountId(4),
        "alice.desk" => AccountId(11),
        "bob.desk" => AccountId(12),
        "gpuco" => AccountId(21),
        _ => panic!("nobody is called {name}"),
    }
}

pub(super) fn key_of(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0))
}

pub(super) fn asset_named(name: &str) -> AssetId {
    match name {
        "GPUH" => AssetId(2),
        "V7" => AssetId(7),
        "V8" => AssetId(8),
        "V9" => AssetId(9),
        _ => panic!("no asset is called {name}"),
    }
}

pub(super) fn terms_named(name: &str) -> Terms {
    let of = |series, first_day, days| Month { series: SeriesId(series), first_day: parse_day(first_day), days };
    let month = |first_day, days| Kind::Month(of(1, first_day, days));
    let (instrument, symbol, kind) = match name {
        "AUG" => (1, "H100-SXM.GLOBAL.OD-2026-08", month("2026-08-01", 31)),
        "SEP" => (2, "H100-SXM.GLOBAL.OD-2026-09", month("2026-09-01", 30)),
        "GPUH-USD" => (3, "GPUH-USD", Kind::Spot(Spot { base: asset_named("GPUH"), lot_size: Amount(100) })),
        "V7-USD" => (4, "V7-USD", Kind::Spot(Spot { base: asset_named("V7"), lot_size: Amount(1) })),
        "V7-USD2" => (5, "V7-USD2", Kind::Spot(Spot { base: asset_named("V7"), lot_size: Amount(1) })),
        "MAUG" => (11, "H100-SXM.GLOBAL.OD-2026-08-M", Kind::MarginedMonth(of(1, "2026-08-01", 31))),
        "MSEP" => (12, "H100-SXM.GLOBAL.OD-2026-09-M", Kind::MarginedMonth(of(1, "2026-09-01", 30))),
        "PAUG" => (14, "H100-SXM.GLOBAL.OD-2026-08-P", Kind::PhysicalMonth(of(1, "2026-08-01", 31))),
        "PERP" => (15, "H100-SXM.GLOBAL.OD-PERP", perpetual()),
        "MAR27" => (21, "H100-SXM.GLOBAL.OD-2027-03", Kind::MarginedMonth(of(1, "2027-03-01", 31))),
        "APR27" => (22, "H100-SXM.GLOBAL.OD-2027-04", Kind::MarginedMonth(of(1, "2027-04-01", 30))),
        "MAY27" => (23, "H100-SXM.GLOBAL.OD-2027-05", Kind::MarginedMonth(of(1, "2027-05-01", 31))),
        "JUN27" => (24, "H100-SXM.GLOBAL.OD-2027-06", Kind::MarginedMonth(of(1, "2027-06-01", 30))),
        "Q2-27" => (25, "H100-SXM.GLOBAL.OD-2027-Q2", strip("2027-04-01", 91, &["APR27", "MAY27", "JUN27"])),
        "H-27" => (26, "H100-SXM.GLOBAL.OD-2027-H", strip("2027-03-01", 122, &["MAR27", "Q2-27"])),
        // Strips that cannot be listed: one leg, a gap, a leg that is fully collateralised.
        "ONE-27" => (31, "ONE", strip("2027-04-01", 30, &["APR27"])),
        "GAP-27" => (32, "GAP", strip("2027-04-01", 91, &["APR27", "JUN27"])),
        "FULL-27" => (33, "FULL", strip("2026-08-01", 273, &["AUG", "APR27"])),
        "JUL27" => (41, "H100-SXM.GLOBAL.OD-2027-07", Kind::MarginedMonth(of(1, "2027-07-01", 31))),
        "AUG27" => (42, "H100-SXM.GLOBAL.OD-2027-08", Kind::MarginedMonth(of(1, "2027-08-01", 31))),
        "FEB27" => (43, "H100-SXM.GLOBAL.OD-2027-02", Kind::MarginedMonth(of(1, "2027-02-01", 28))),
        "BAUG27" => (44, "B200-SXM.GLOBAL.OD-2027-08", Kind::MarginedMonth(of(2, "2027-08-01", 31))),
        "JUL-AUG" => (51, "H100-SXM.GLOBAL.OD-2027-07~2027-08", spread("JUL27", "AUG27")),
        "FEB-MAR" => (52, "H100-SXM.GLOBAL.OD-2027-02~2027-03", spread("FEB27", "MAR27")),
        "B-H" => (53, "B200-SXM~H100-SXM.GLOBAL.OD-2027-08", spread("BAUG27", "AUG27")),
        // Spreads that cannot be listed: a leg that is fully collateralised, the later leg first, other hours.
        "FULL-AUG" => (61, "FULL-AUG", spread("AUG", "AUG27")),
        "AUG-JUL" => (62, "AUG-JUL", spread("AUG27", "JUL27")),
        "B-JUL" => (63, "B-JUL", spread("BAUG27", "JUL27")),
        "HOUR" => (16, "UNIT.GLOBAL.OD-PERP", hour()),
        "BAUG" => (13, "B200-SXM.GLOBAL.OD-2026-08-M", Kind::MarginedMonth(of(2, "2026-08-01", 31))),
        _ => panic!("no contract is called {name}"),
    };
    let (instrument, symbol) = (InstrumentId(instrument), Symbol::new(symbol).unwrap());
    let cap = if name.starts_with("V7") { Price(1_000_000_000) } else { Price(10_000_000) };
    let tick = Price(1_000);
    let floor = Price(if matches!(kind, Kind::Spread(_)) { -cap.0 } else { 0 });
    // On margin the maker pays as much as the taker; by the hour nobody pays anything.
    let maker = Price(if matches!(kind, Kind::Month(_) | Kind::Spot(_)) || name == "HOUR" { 0 } else { 500 });
    let taker = Price(if name == "HOUR" { 0 } else { 500 });
    Terms { instrument, symbol, kind, tick, floor, cap, fees: FeeRates { maker, taker } }
}

fn strip(first_day: &str, days: u16, legs: &[&str]) -> Kind {
    let legs: Vec<InstrumentId> = legs.iter().map(|leg| terms_named(leg).instrument).collect();
    Kind::Strip(Strip { series: SeriesId(1), first_day: parse_day(first_day), days, legs: Legs::new(&legs).unwrap() })
}

fn spread(near: &str, far: &str) -> Kind {
    let [near, far] = [near, far].map(terms_named);
    let (hours, end) = (far.hours(), near.end().min(far.end()));
    Kind::Spread(Spread { near: near.instrument, far: far.instrument, hours, end })
}

fn perpetual() -> Kind {
    Kind::Perpetual(Perpetual { series: SeriesId(1), hours: 720, interest_ppm: 100, cap_ppm: 40_000 })
}

fn hour() -> Kind {
    Kind::Perpetual(Perpetual { series: SeriesId(3), hours: 1, interest_ppm: 0, cap_ppm: 0 })
}

fn settlement_kind_named(name: &str) -> SettlementKind {
    match name {
        "daily" => SettlementKind::Daily,
        "final" => SettlementKind::Final,
        "cascade" => SettlementKind::Cascade,
        "funding" => SettlementKind::Funding,
        _ => panic!("no settlement is called {name}"),
    }
}

/// An amount of US dollars, or of the asset whose name stands behind it.
pub(super) fn parse_amount(amount: &str, asset: &[&str]) -> (AssetId, Amount) {
    match asset.first() {
        Some(name @ (&"GPUH" | &"V7")) => (asset_named(name), Amount(amount.parse().unwrap())),
        _ => (AssetId::USD, Amount(parse_micros(amount))),
    }
}

fn parse_rates(pair: &str) -> FeeRates {
    let (maker, taker) = pair.split_once('/').unwrap();
    FeeRates { maker: Price(parse_micros(maker)), taker: Price(parse_micros(taker)) }
}

/// `3.2505` is 3 250 500 micro-units.
pub(super) fn parse_micros(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<6}").parse().unwrap()
}
