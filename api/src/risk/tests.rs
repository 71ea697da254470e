//! Arrays and outlooks worked out by hand from `docs/margin.md` and the terms of August (744 h).

use engine::Engine;
use engine::command::{Command, FixingStage, Stamp};
use engine::controls::Controls;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Perpetual, Terms};
use engine::margin::{Risk, SeriesMargin};
use engine::order::OrderRequest;
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Side, Timestamp};

use super::Settings;
use super::array::{is_worth_it, next_array};
use super::outlook::{Outlook, Series, price_of};

const SERIES: SeriesId = SeriesId(1);
/// 2026-08-01.
const FIRST_DAY: Day = Day(20_666);
const MARGINED: InstrumentId = InstrumentId(1);
const FULL: InstrumentId = InstrumentId(2);

/// An engine with a month on margin and the same month fully collateralised.
struct Venue {
    engine: Engine,
    now: Timestamp,
}

impl Venue {
    fn new() -> Venue {
        let mut venue = Venue { engine: Engine::new(), now: FIRST_DAY.start() };
        for rules in [Rules::SECOND, Rules::THIRD] {
            venue.apply(Command::AdoptRules { rules });
        }
        venue.apply(Command::ListInstrument { terms: terms(MARGINED, Kind::MarginedMonth(august())) });
        venue.apply(Command::ListInstrument { terms: terms(FULL, Kind::Month(august())) });
        for account in [AccountId(1), AccountId(2)] {
            venue.apply(Command::OpenAccount { account });
            let amount = Amount(100_000_000_000);
            venue.apply(Command::Deposit { account, asset: AssetId::USD, amount, reference: 1 });
        }
        venue
    }

    fn apply(&mut self, command: Command) {
        let stamp = Stamp { seq: Seq(self.engine.seq().0 + 1), time: self.now, key: KeyId::VENUE, session: 0 };
        self.engine.apply(&stamp, &command, &mut Vec::new()).expect("the rules allow it");
    }

    fn fix(&mut self, day: Day, price: i64) {
        let (stage, price) = (FixingStage::Provisional, Some(Price(price)));
        self.apply(Command::RecordFixing { series: SERIES, day, stage, price });
    }

    /// A bid and an offer in the fully collateralised month, this far around a price.
    fn quote(&mut self, price: i64, half_spread: i64) {
        for (account, side, limit) in [(1, Side::Buy, price - half_spread), (2, Side::Sell, price + half_spread)] {
            let client_order_id = ClientOrderId::new(&format!("{account}-{price}")).expect("a name");
            let key = KeyId(u64::from(account));
            let account = AccountId(account);
            if self.engine.key(key).is_none() {
                let credential = engine::command::Credential::TokenSha256([0; 32]);
                self.apply(Command::RegisterKey { key, credential, role: engine::command::Role::Trader(account) });
            }
            let request = OrderRequest::limit(account, client_order_id, FULL, side, Lots(1), Price(limit));
            let stamp = Stamp { seq: Seq(self.engine.seq().0 + 1), time: self.now, key, session: 0 };
            self.engine.apply(&stamp, &Command::SubmitOrder(request), &mut Vec::new()).expect("it rests");
        }
    }

    fn outlook(&self, settings: &Settings) -> Option<Outlook> {
        let market = self.engine.market(MARGINED).expect("it is listed");
        Series::look(&self.engine, SERIES, "S", settings).outlook(&self.engine, market, self.now, settings)
    }
}

fn august() -> Month {
    Month { series: SERIES, first_day: FIRST_DAY, days: 31 }
}

fn terms(instrument: InstrumentId, kind: Kind) -> Terms {
    Terms {
        instrument,
        symbol: Symbol::new(&format!("C{instrument}")).expect("a symbol"),
        kind,
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    }
}

fn parameters(floor: i64, step: i64) -> SeriesMargin {
    SeriesMargin {
        scan_floor: Price(floor),
        step_max: Price(step),
        mark_band: Price(500_000),
        calendar_charge: Cash::ZERO,
        delivery_charge: Cash::ZERO,
        concentration_lots: 0,
        concentration_charge: Cash::ZERO,
        minimum_charge: Cash::ZERO,
        position_max: Lots(100),
        open_interest_max: Lots(100),
        settlement_lots: Lots(1),
        stale_after_us: 0,
        frozen_us: 0,
    }
}

fn with_range(range: i64) -> Settings {
    Settings { scan_ranges: [("S".to_owned(), Price(range))].into(), ..Settings::default() }
}

/// The losses of the scenarios as they stand in pairs: unchanged, ±⅓, ±⅔, ±1 and the extremes.
fn losses(third: i64, two_thirds: i64, whole: i64, extreme: i64) -> [Cash; 16] {
    let [a, b, c, d] = [third, two_thirds, whole, extreme];
    [0, 0, -a, -a, a, a, -b, -b, b, b, -c, -c, c, c, -d, d].map(Cash)
}

#[test]
fn an_array_has_the_losses_of_the_worked_example() {
    let outlook = |range, hours_left| Outlook { reference: Price(3_000_000), range: Price(range), hours_left };
    let wide = 1_000_000_000;
    // Range, floor and hours left; the losses are range × fraction × hours left.
    for (range, floor, hours, third, two_thirds, whole) in [
        (600_000, 0, 744, 148_800_000, 297_600_000, 446_400_000),
        (600_000, 0, 504, 100_800_000, 201_600_000, 302_400_000),
        (100_000, 240_000, 744, 59_520_000, 119_040_000, 178_560_000),
        (600_000, 240_000, 0, 0, 0, 0),
        // A third of a micro-USD is no amount: whoever holds the contract alone has it rounded up.
        (100_000, 0, 1, 33_334, 66_667, 100_000),
    ] {
        let terms = terms(MARGINED, Kind::MarginedMonth(august()));
        let (now, settings) = (FIRST_DAY.start(), Settings::default());
        let risk = next_array(&terms, &parameters(floor, wide), None, &outlook(range, hours), now, &settings).unwrap();
        assert_eq!(risk.losses, losses(third, two_thirds, whole, whole), "range {range}");
        assert_eq!((risk.version, risk.reference), (1, Price(3_000_000)));
        assert_eq!(risk.expires, now.plus_micros(24 * 3_600 * 1_000_000));
    }
}

#[test]
fn an_array_walks_in_steps_to_where_it_has_to_go() {
    let terms = terms(MARGINED, Kind::MarginedMonth(august()));
    // 0.24 × 744 a step.
    let margin = parameters(0, 240_000);
    let (now, settings) = (FIRST_DAY.start(), Settings::default());
    let outlook = |range| Outlook { reference: Price(3_000_000), range: Price(range), hours_left: 744 };
    let mut walk = vec![next_array(&terms, &margin, None, &outlook(100_000), now, &settings).unwrap()];
    for _ in 0..4 {
        walk.push(next_array(&terms, &margin, walk.last(), &outlook(600_000), now, &settings).unwrap());
    }
    let whole: Vec<i64> = walk.iter().map(|risk| risk.losses[13].0).collect();
    assert_eq!(whole, [74_400_000, 252_960_000, 431_520_000, 446_400_000, 446_400_000]);
    let versions: Vec<u64> = walk.iter().map(|risk| risk.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
    // A third is nearer than a step.
    assert_eq!(walk[1].losses[4], Cash(148_800_000));
    let is_worth_it = |before: usize, next: usize| is_worth_it(Some(&walk[before]), &walk[next], &settings);
    assert!(is_worth_it(2, 3) && !is_worth_it(3, 4));
    // What says the same is published again once the one before is half over.
    let later = |hours: i64| Risk { expires: walk[4].expires.plus_micros(hours * 3_600 * 1_000_000), ..walk[4] };
    assert!(!super::array::is_worth_it(Some(&walk[3]), &later(12), &settings));
    assert!(super::array::is_worth_it(Some(&walk[3]), &later(13), &settings));
}

#[test]
fn a_reference_is_the_best_price_that_is_known() {
    let mut venue = Venue::new();
    assert_eq!(venue.outlook(&Settings::default()), None, "nothing is known");
    let controls = Controls { reference: Price(3_200_000), ..Controls::NONE };
    venue.apply(Command::SetControls { instrument: MARGINED, controls });
    // 15 % of the price until there is a history.
    let expected =
        |reference, range, hours_left| Some(Outlook { reference: Price(reference), range: Price(range), hours_left });
    assert_eq!(venue.outlook(&Settings::default()), expected(3_200_000, 480_000, 744));
    venue.fix(Day(FIRST_DAY.0 - 1), 3_000_000);
    assert_eq!(venue.outlook(&Settings::default()), expected(3_000_000, 450_000, 744));
    venue.quote(3_100_000, 10_000);
    assert_eq!(venue.outlook(&Settings::default()), expected(3_100_000, 450_000, 744));
    assert_eq!(venue.outlook(&with_range(600_000)), expected(3_100_000, 600_000, 744));
}

#[test]
fn in_delivery_the_reference_is_the_balance_price() {
    let mut venue = Venue::new();
    for day in 0..10 {
        venue.fix(Day(FIRST_DAY.0 + day), 2_400_000);
    }
    venue.now = Day(FIRST_DAY.0 + 10).start().plus_micros(1_800_000_000);
    let settings = with_range(600_000);
    assert_eq!(venue.outlook(&settings).unwrap().reference, Price(2_400_000), "the latest fixing");
    // 240 h × 2.40 + 504 h × 2.71 = 744 h × 2.61
    venue.quote(2_610_000, 10_000);
    let outlook = venue.outlook(&settings).unwrap();
    assert_eq!((outlook.reference, outlook.hours_left), (Price(2_710_000), 504));
    // (744 × 3.61 − 576) / 504 = 4.19 is further than a scan range from the latest fixing.
    let mut venue = Venue::new();
    for day in 0..10 {
        venue.fix(Day(FIRST_DAY.0 + day), 2_400_000);
    }
    venue.quote(3_610_000, 10_000);
    assert_eq!(venue.outlook(&settings).unwrap().reference, Price(3_000_000));
}

#[test]
fn a_perpetual_is_worth_its_index_and_keeps_all_its_hours() {
    let mut venue = Venue::new();
    let instrument = InstrumentId(3);
    let perpetual = Perpetual { series: SERIES, hours: 720, interest_ppm: 100, cap_ppm: 40_000 };
    venue.apply(Command::ListInstrument { terms: terms(instrument, Kind::Perpetual(perpetual)) });
    let outlook = |venue: &Venue| {
        let market = venue.engine.market(instrument).expect("it is listed");
        Series::look(&venue.engine, SERIES, "S", &with_range(600_000)).outlook(
            &venue.engine,
            market,
            venue.now,
            &Settings::default(),
        )
    };
    assert_eq!(outlook(&venue), None, "nothing is known");
    venue.fix(Day(FIRST_DAY.0 - 1), 3_000_000);
    // What the month trades at says nothing of it.
    venue.quote(3_100_000, 10_000);
    let expected = Outlook { reference: Price(3_000_000), range: Price(600_000), hours_left: 720 };
    assert_eq!(outlook(&venue), Some(expected));
    venue.now = Day(FIRST_DAY.0 + 20).start();
    assert_eq!(outlook(&venue), Some(expected));
}

#[test]
fn a_float_becomes_the_nearest_price() {
    for (usd, price) in [
        (2.371_186_4, Some(2_371_186)),
        (0.000_000_5, Some(1)),
        (-0.000_000_5, Some(-1)),
        (2_000.0, Some(2_000_000_000)),
        (2_000.000_001, None),
        (f64::NAN, None),
        (f64::INFINITY, None),
    ] {
        assert_eq!(price_of(usd), price.map(Price), "{usd}");
    }
}

#[test]
fn settings_are_read_or_refused_with_a_reason() {
    let read = |range: &str, multiple, cover, hours| Settings::read(&[range.to_owned()], (multiple, cover), hours);
    let settings = read("H100-SXM.GLOBAL.OD=0.60", 2.0, 0.35, 24).unwrap();
    assert_eq!(settings.scan_ranges["H100-SXM.GLOBAL.OD"], Price(600_000));
    assert_eq!(Settings::read(&[], (3.0, 1.0 / 3.0), 24).unwrap(), Settings::default());
    for (range, multiple, cover, hours, reason) in [
        ("0.60", 3.0, 0.3, 24, "names no series"),
        ("=0.60", 3.0, 0.3, 24, "names no series"),
        ("S=0.6000001", 3.0, 0.3, 24, "is not a decimal"),
        ("S=0", 3.0, 0.3, 24, "is not above 0"),
        ("S=1000.000001", 3.0, 0.3, 24, "is not above 0"),
        ("S=1", 101.0, 0.3, 24, "is not from -100 to 100"),
        ("S=1", 3.0, 0.0, 24, "is not greater than 0"),
        ("S=1", 3.0, 0.3, 0, "1 to 48 hours, not for 0"),
        ("S=1", 3.0, 0.3, 49, "1 to 48 hours, not for 49"),
    ] {
        let refused = read(range, multiple, cover, hours).expect_err(range).to_string();
        assert!(refused.contains(reason), "{refused}");
    }
}
