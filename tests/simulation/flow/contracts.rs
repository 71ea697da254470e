//! What is listed: months that end while the venue is watched, and spot pairs that do not.

use engine::command::Command;
use engine::controls::Controls;
use engine::ids::{AssetId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Spot, Terms};
use engine::rules::Rules;
use engine::units::{Amount, Day, Lots, Price};

use super::{Flow, SERIES};

pub(super) const BASES: [AssetId; 2] = [AssetId(2), AssetId(3)];

impl Flow {
    /// Lists another month that begins on this day or later, with controls.
    pub(super) fn plan_month(&mut self, earliest: Day) {
        let series = self.dice.pick(&SERIES);
        let first_day = earliest.plus(u16::try_from(self.dice.below(4)).expect("it is small"));
        let days = u16::try_from(self.dice.between(1, 5)).expect("it is small");
        let tick = self.dice.pick(&[1_000, 10_000, 250]);
        let floor = self.dice.pick(&[0, 0, -1_000_000]);
        let month = Month { series, first_day, days };
        let kind = match self.dice.below(9) {
            _ if self.rules < Rules::THIRD => Kind::Month(month),
            0..4 => Kind::MarginedMonth(month),
            4..6 => Kind::PhysicalMonth(month),
            _ => Kind::Month(month),
        };
        let terms = self.plan_listing(kind, tick, floor, 10_000_000);
        self.plan_beginning(&terms);
    }

    /// Lists a spot pair.
    pub(super) fn plan_spot(&mut self, base: AssetId) {
        let lot_size = Amount(self.dice.pick(&[1, 1_000, 1_000_000]));
        self.plan_listing(Kind::Spot(Spot { base, lot_size }), 1_000, 0, 100_000_000);
    }

    pub(super) fn plan_listing(&mut self, kind: Kind, tick: i64, floor: i64, cap: i64) -> Terms {
        let instrument = InstrumentId(self.next_instrument);
        self.next_instrument += 1;
        let taker = self.dice.pick(&[0, 500, 2_000]);
        let maker = self.dice.between(0, taker);
        let terms = Terms {
            instrument,
            symbol: Symbol::new(&format!("C{}", instrument.0)).expect("it is a label"),
            kind,
            tick: Price(tick),
            floor: Price(floor),
            cap: Price(cap),
            fees: FeeRates { maker: Price(maker), taker: Price(taker) },
        };
        self.middles.insert(instrument, (cap / tick) * self.dice.between(2, 6) / 10);
        self.agenda.push_back(Command::ListInstrument { terms });
        let controls = self.controls(&terms);
        self.agenda.push_back(Command::SetControls { instrument, controls });
        terms
    }

    /// Controls that fit a contract, around where it trades.
    pub(super) fn controls(&mut self, terms: &Terms) -> Controls {
        let tick = terms.tick.0;
        let middle = self.middles.get(&terms.instrument).map_or(terms.floor.0, |ticks| ticks * tick);
        let first = tick * self.dice.between(8, 60);
        let daily_limits = match self.dice.below(4) {
            0 => [0, 0, 0],
            1 => [first, 0, 0],
            2 => [first, 2 * first, 0],
            _ => [first, 2 * first, 3 * first],
        };
        Controls {
            reference: Price(middle.clamp(terms.floor.0, terms.cap.0)),
            band: Price(self.dice.pick(&[0, 20, 40]) * tick),
            protection: Price(self.dice.pick(&[0, 5, 15, 15]) * tick),
            daily_limits: daily_limits.map(Price),
            pause_us: self.dice.pick(&[1_000_000, 60_000_000, 600_000_000]),
            order_lots_max: Lots(self.dice.pick(&[50, 1_000, 100_000])),
        }
    }

    pub(super) fn series(&mut self) -> SeriesId {
        self.dice.pick(&SERIES)
    }
}
