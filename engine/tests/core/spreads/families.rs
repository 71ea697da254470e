//! What a family lists, day by day over years, on the engine and on its twin, and against lists written by hand.

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::families::Family;
use engine::ids::{AssetId, AssetSymbol, FamilyId, Prefix, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Spot, Terms};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Amount, Day, Price};

use crate::calendar::parse_day;
use crate::counts::count;
use crate::margin::{month, venue};
use crate::twin::Twin;
use crate::venue::{Stage, VenueOf};

/// What lists by itself.
trait Lists: Stage {
    fn missing(&self, family: FamilyId, day: Day) -> Option<Terms>;
}

impl Lists for Engine {
    fn missing(&self, family: FamilyId, day: Day) -> Option<Terms> {
        self.unlisted(family, day)
    }
}

impl Lists for Twin {
    fn missing(&self, family: FamilyId, day: Day) -> Option<Terms> {
        self.unlisted(family, day)
    }
}

/// Months, quarters and years of a family, and whether it has spreads.
fn family(number: u32, prefix: &str, (months, quarters, years): (u8, u8, u8), spreads: bool) -> Family {
    Family {
        family: FamilyId(number),
        prefix: Prefix::new(prefix).unwrap(),
        series: SeriesId(number),
        tick: Price(1_000),
        floor: Price(-1_000_000),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(100), taker: Price(500) },
        months,
        quarters,
        years,
        spreads,
    }
}

fn set<E: Stage>(venue: &mut VenueOf<E>, family: Family) {
    venue.operate(Command::SetFamily { family }).unwrap();
    assert_eq!(venue.events, [Event::FamilySet { family }]);
}

/// Lists what is missing on a day, one after the other; the symbols.
fn list_day<E: Lists>(venue: &mut VenueOf<E>, family: u32, day: Day) -> Vec<Terms> {
    venue.now = venue.now.max(day.start());
    let mut listed = Vec::new();
    while let Some(terms) = venue.engine.missing(FamilyId(family), day) {
        venue.operate(Command::ListInstrument { terms }).unwrap();
        listed.push(terms);
    }
    listed
}

fn symbols(listed: &[Terms]) -> Vec<String> {
    listed.iter().map(|terms| terms.symbol.to_string()).collect()
}

#[test]
fn first_days() {
    first_days_of::<Engine>();
    first_days_of::<Twin>();
}

/// Written from the page; a blank is a new symbol behind the prefix.
fn first_days_of<E: Lists>() {
    let rows = [
        ("2026-08-15", (1, 0, 0), true, "2026-08"),
        ("2026-12-31", (2, 0, 0), true, "2026-12 2027-01 2026-12~2027-01"),
        ("2028-02-29", (3, 0, 0), true, "2028-02 2028-03 2028-04 2028-02~2028-03 2028-03~2028-04"),
        // The quarter of the day has begun; the months of the next ones come with them. There is no spread across a gap.
        ("2027-02-28", (1, 1, 0), true, "2027-02 2027-04 2027-05 2027-06 2027-Q2 2027-04~2027-05 2027-05~2027-06"),
        ("2027-04-01", (2, 1, 0), false, "2027-04 2027-05 2027-07 2027-08 2027-09 2027-Q3"),
        ("2026-12-31", (1, 2, 0), false, "2026-12 2027-01 2027-02 2027-03 2027-04 2027-05 2027-06 2027-Q1 2027-Q2"),
        // A year has three months and three quarters as legs.
        (
            "2027-01-01",
            (1, 0, 1),
            false,
            "2027-01 2028-01 2028-02 2028-03 2028-04 2028-05 2028-06 2028-07 2028-08 2028-09 2028-10 2028-11 2028-12 2028-Q2 2028-Q3 2028-Q4 2028",
        ),
        (
            "2026-12-31",
            (1, 1, 1),
            false,
            "2026-12 2027-01 2027-02 2027-03 2027-04 2027-05 2027-06 2027-07 2027-08 2027-09 2027-10 2027-11 2027-12 2027-Q1 2027-Q2 2027-Q3 2027-Q4 2027",
        ),
    ];
    for (day, counts, spreads, expected) in rows {
        let mut venue: VenueOf<E> = venue(0, 0);
        set(&mut venue, family(1, "H", counts, spreads));
        let listed = list_day(&mut venue, 1, parse_day(day));
        let expected: Vec<String> = expected.split(' ').map(|name| format!("H-{name}")).collect();
        assert_eq!(symbols(&listed), expected, "{day} {counts:?}");
        let numbers: Vec<u32> = listed.iter().map(|terms| terms.instrument.0).collect();
        assert_eq!(numbers, (1..=u32::try_from(listed.len()).unwrap()).collect::<Vec<u32>>());
    }
    count(rows.len(), "first days of families");
}

/// The terms, from the page: the hours of a leap year's February, the end of a spread, its floor and cap, the legs of a year.
#[test]
fn terms_of_a_family() {
    terms_of::<Engine>();
    terms_of::<Twin>();
}

fn terms_of<E: Lists>() {
    let mut venue: VenueOf<E> = venue(0, 0);
    set(&mut venue, family(1, "H", (3, 0, 1), true));
    let listed = list_day(&mut venue, 1, parse_day("2027-12-31"));
    let named = |name: &str| {
        let symbol = Symbol::new(name).unwrap();
        *listed.iter().find(|terms| terms.symbol == symbol).unwrap_or_else(|| panic!("{name} is not listed"))
    };
    let (february, march, spread) = (named("H-2028-02"), named("H-2028-03"), named("H-2028-02~2028-03"));
    assert_eq!((february.hours().0, march.hours().0, spread.hours().0), (696, 744, 744));
    let (floor, cap) = (Price(-1_000_000), Price(10_000_000));
    assert_eq!(
        (february.floor, february.cap, spread.floor, spread.cap),
        (floor, cap, Price(-11_000_000), Price(11_000_000))
    );
    assert_eq!((spread.tick, spread.fees), (february.tick, february.fees));
    assert_eq!(spread.end(), parse_day("2028-03-01").start());
    let legs = spread.spread().unwrap();
    assert_eq!((legs.near, legs.far), (february.instrument, march.instrument));
    let year = named("H-2028");
    let of_year = ["H-2028-01", "H-2028-02", "H-2028-03", "H-2028-Q2", "H-2028-Q3", "H-2028-Q4"];
    assert_eq!(year.strip().unwrap().legs.as_slice(), of_year.map(|name| named(name).instrument));
    assert_eq!((year.hours().0, named("H-2028-Q2").hours().0), (366 * 24, 2_184));
    assert!(matches!(february.kind, Kind::MarginedMonth(_)));
    // The clock of a year later: February has 28 days.
    let later = list_day(&mut venue, 1, parse_day("2028-12-31"));
    let february = later.iter().find(|terms| terms.symbol == Symbol::new("H-2029-02").unwrap()).unwrap();
    assert_eq!(february.hours().0, 672);
}

/// Engine and twin, every day of several years, with families that are replaced, symbols that others have, and a venue that already lists.
#[test]
fn engine_and_twin_list_the_same_days() {
    let (mut venue, mut twin): (VenueOf<Engine>, VenueOf<Twin>) = (stage(), stage());
    let first = parse_day("2026-11-20");
    let changes = [
        (0, family(1, "H100-SXM.GLOBAL.OD", (3, 2, 1), true)),
        (0, family(2, "B200", (1, 0, 0), true)),
        // Nothing is taken back, and more comes.
        (200, family(1, "H100-SXM.GLOBAL.OD", (2, 0, 0), false)),
        (431, family(1, "H100-SXM.GLOBAL.OD", (6, 4, 2), true)),
        (500, family(2, "B200", (1, 3, 0), false)),
        (800, family(2, "B200.EU", (24, 12, 5), true)),
    ];
    let mut listed = 0;
    // The days on which something may come: the first of each month and its neighbours, and those of the changes.
    let days = (0..1_300).map(|ahead| Day(first.0 + ahead));
    let is_near = |day: &Day| changes.iter().any(|(ahead, _)| day.0 - first.0 - ahead < 2 && day.0 - first.0 >= *ahead);
    for day in days {
        for (_, family) in changes.iter().filter(|(ahead, _)| first.0 + ahead == day.0) {
            set(&mut venue, *family);
            set(&mut twin, *family);
        }
        let turns = [-1, 0, 1].into_iter().any(|around| is_first_of_month(Day(day.0 + around)));
        for number in [1, 2].into_iter().filter(|_| turns || is_near(&day)) {
            let (ours, theirs) = (list_day(&mut twin, number, day), list_day(&mut venue, number, day));
            assert_eq!(theirs, ours, "family {number} on day {day:?}");
            listed += ours.len();
        }
    }
    assert!(listed > 250, "{listed} listed");
    assert_eq!(venue.engine.missing(FamilyId(9), first), None);
    count(listed, "contracts of families listed as the twin does");
}

fn is_first_of_month(day: Day) -> bool {
    crate::calendar::write_day(day).ends_with("-01")
}

/// The first family's January 2027 is a spot pair, so its first quarter and a year are never there; its May 2027 is a month of another
/// series, its Q3 a month.
fn stage<E: Stage>() -> VenueOf<E> {
    let mut venue: VenueOf<E> = venue(0, 0);
    venue.now = parse_day("2026-11-20").start();
    let (asset, symbol) = (AssetId(2), AssetSymbol::new("GPUH").unwrap());
    venue.operate(Command::DefineAsset { asset, symbol, decimals: 0 }).unwrap();
    let pair = Kind::Spot(Spot { base: asset, lot_size: Amount(100) });
    let taken = [
        ("H100-SXM.GLOBAL.OD-2027-01", Terms { kind: pair, floor: Price(0), ..month(70, 1, 300, 31) }),
        ("H100-SXM.GLOBAL.OD-2027-05", month(65, 7, 900, 31)),
        ("H100-SXM.GLOBAL.OD-2028-Q3", month(90, 1, 900, 31)),
    ];
    for (name, terms) in taken {
        let terms = Terms { symbol: Symbol::new(name).unwrap(), ..terms };
        venue.operate(Command::ListInstrument { terms }).unwrap();
    }
    venue
}

#[test]
fn families_that_are_refused() {
    refusals_of::<Engine>();
    refusals_of::<Twin>();
}

fn refusals_of<E: Lists>() {
    let usual = family(1, "H", (1, 0, 0), false);
    let most = "a family lists at most 24 months, 12 quarters and 5 years";
    let wide = "the cap of a family with spreads is at most 1000 USD above its floor";
    let (half, cap) = (Price(-500_001_000), Price(500_000_000));
    let rows = [
        (most, Family { months: 25, ..usual }),
        (most, Family { quarters: 13, ..usual }),
        (most, Family { years: 6, months: 0, ..usual }),
        ("a family lists at least one month", Family { months: 0, years: 5, tick: Price(0), ..usual }),
        ("tick is above zero", Family { tick: Price(0), floor: cap, ..usual }),
        ("floor lies below cap, both within 1000 USD of zero", Family { floor: cap, cap, ..usual }),
        ("floor and cap are multiples of the tick", Family { floor: Price(1), ..usual }),
        (
            "fees are not negative",
            Family { fees: FeeRates { maker: Price(-1), taker: Price(500) }, floor: half, cap, spreads: true, ..usual },
        ),
        (wide, Family { floor: half, cap, spreads: true, ..usual }),
    ];
    let mut venue: VenueOf<E> = venue(0, 0);
    for (rule, family) in rows {
        assert_eq!(venue.operate(Command::SetFamily { family }), Err(Reject::InvalidTerms { rule }), "{family:?}");
    }
    set(&mut venue, Family { floor: half, cap, ..usual });
    set(&mut venue, Family { floor: Price(-500_000_000), cap, spreads: true, ..usual });
    set(&mut venue, family(1, "H", (24, 12, 5), true));
    for number in 2..=1_000 {
        set(&mut venue, Family { family: FamilyId(number), ..usual });
    }
    let last = Family { family: FamilyId(1_001), ..usual };
    assert_eq!(venue.operate(Command::SetFamily { family: last }), Err(Reject::TooManyInstruments));
    let broken = Family { months: 0, ..last };
    let rule = "a family lists at least one month";
    assert_eq!(venue.operate(Command::SetFamily { family: broken }), Err(Reject::InvalidTerms { rule }));
    set(&mut venue, family(500, "H", (2, 0, 0), true));

    let mut old: VenueOf<E> = VenueOf::empty();
    for version in 2..=3 {
        let needed = Rules::FOURTH;
        let family = Family { months: 0, ..usual };
        assert_eq!(old.operate(Command::SetFamily { family }), Err(Reject::RulesTooOld { needed }));
        old.operate(Command::AdoptRules { rules: Rules(version) }).unwrap();
    }
    count(rows.len() + 4, "reject rows");
}

/// Behind the year 2199 there is nothing to list, and with the highest number taken no number is left.
#[test]
fn the_end_of_time_and_of_numbers() {
    end_of::<Engine>();
    end_of::<Twin>();
}

fn end_of<E: Lists>() {
    let mut venue: VenueOf<E> = venue(0, 0);
    set(&mut venue, family(1, "H", (3, 1, 1), true));
    let listed = symbols(&list_day(&mut venue, 1, parse_day("2199-11-30")));
    assert_eq!(listed, ["H-2199-11", "H-2199-12", "H-2199-11~2199-12"]);
    assert_eq!(list_day(&mut venue, 1, parse_day("2199-12-31")), []);
    let last = Terms { symbol: Symbol::new("LAST").unwrap(), ..month(u32::MAX, 1, 300, 31) };
    assert_ne!(venue.engine.missing(FamilyId(1), parse_day("2030-01-01")), None);
    venue.operate(Command::ListInstrument { terms: last }).unwrap();
    assert_eq!(venue.engine.missing(FamilyId(1), parse_day("2030-01-01")), None);
}
