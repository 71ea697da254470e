//! What the operator and a risk service would send for contracts on margin: parameters, credits, arrays that jump.

use engine::Market;
use engine::command::Command;
use engine::ids::{InstrumentId, SeriesId};
use engine::instrument::Terms;
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::units::{Cash, Lots, Price};

use super::{Flow, SERIES};

const HOUR_US: i64 = 3_600_000_000;
/// The longest month of the flow, in hours.
const HOURS_MAX: i64 = 31 * 24;

impl Flow {
    /// The parameters of every series, and some credits.
    pub(super) fn plan_parameters(&mut self) {
        for series in SERIES {
            let margin = self.series_margin();
            self.agenda.push_back(Command::SetMargin { series, margin });
        }
        for (first, second) in [(SERIES[0], SERIES[1]), (SERIES[2], SERIES[0])] {
            let per_lot = Cash(self.dice.between(0, 20_000_000));
            self.agenda.push_back(Command::SetCredit { first, second, per_lot });
        }
    }

    /// Other parameters for a series, or another credit.
    pub(super) fn margin_parameters(&mut self) -> Command {
        let [first, second] = [(); 2].map(|()| self.series());
        if self.dice.one_in(2) {
            return Command::SetMargin { series: first, margin: self.series_margin() };
        }
        let per_lot = Cash(self.dice.pick(&[0, 1_000_000, 20_000_000]));
        Command::SetCredit { first, second, per_lot }
    }

    fn series_margin(&mut self) -> SeriesMargin {
        let mut charge = |most| Cash(self.dice.between(0, most));
        let (calendar_charge, delivery_charge, concentration_charge, minimum_charge) =
            (charge(5_000_000), charge(3_000_000), charge(8_000_000), charge(2_000_000));
        SeriesMargin {
            scan_floor: Price(self.dice.pick(&[1, 1, 1_000])),
            step_max: Price(self.dice.pick(&[1_000_000_000, 1_000_000_000, 200_000])),
            mark_band: Price(self.dice.pick(&[5_000, 200_000, 2_000_000])),
            calendar_charge,
            delivery_charge,
            concentration_lots: self.dice.pick(&[0, 20, 100]),
            concentration_charge,
            minimum_charge,
            position_max: Lots(self.dice.pick(&[1_000_000, 5_000, 200])),
            open_interest_max: Lots(self.dice.pick(&[1_000_000_000, 20_000])),
            settlement_lots: Lots(self.dice.pick(&[1, 20])),
            // An index is a day old before the next value comes.
            stale_after_us: self.dice.pick(&[0, 0, 0, 24 * HOUR_US + 300_000_000]),
            frozen_us: self.dice.pick(&[300_000_000, HOUR_US]),
        }
    }

    /// The array and the mark with which a contract on margin begins to trade; a strip needs the mark alone.
    pub(super) fn plan_beginning(&mut self, terms: &Terms) {
        let instrument = terms.instrument;
        if !terms.is_margined() {
            return;
        }
        if terms.strip().is_none() {
            let reference = Price(self.middles.get(&instrument).map_or(0, |middle| middle * terms.tick.0));
            let risk = self.risk(1, reference);
            self.agenda.push_back(Command::PublishRisk { instrument, risk });
        }
        self.agenda.push_back(Command::UpdateMark { instrument });
    }

    /// The next array of a contract, around where it trades.
    pub(super) fn array(&mut self, market: &Market) -> Command {
        let instrument = market.terms.instrument;
        let middle = self.middles.get(&instrument).map_or(0, |middle| middle * market.terms.tick.0);
        let reference = Price(middle).clamp(market.terms.floor, market.terms.cap);
        let version = market.risk.map_or(1, |risk| risk.version + 1);
        let mut risk = self.risk(version, reference);
        if let Some(before) = market.risk.filter(|_| self.dice.one_in(3)) {
            risk.losses = before.losses;
        }
        Command::PublishRisk { instrument, risk }
    }

    fn risk(&mut self, version: u64, reference: Price) -> Risk {
        // Now and then far more than before: accounts are called.
        let worst = self.dice.pick(&[4_000_000, 8_000_000, 40_000_000, 300_000_000]);
        let mut losses = [(); SCENARIOS].map(|()| Cash(self.dice.between(-worst, worst)));
        (losses[0], losses[1]) = (Cash::ZERO, Cash::ZERO);
        (losses[SCENARIOS - 2], losses[SCENARIOS - 1]) = (Cash(-worst), Cash(worst));
        debug_assert!(worst >= 1_000 * HOURS_MAX, "an array covers its floor");
        let holds = self.dice.pick(&[HOUR_US, 30 * HOUR_US, 36 * HOUR_US, 48 * HOUR_US - 60_000_000]);
        // What waits on the agenda is stamped a little later.
        Risk { version, expires: self.now.plus_micros(holds), reference, losses }
    }

    /// Parameters and arrays that nobody should send.
    pub(super) fn odd_margin(&mut self, instrument: InstrumentId) -> Command {
        let (series, second) = (self.series(), SeriesId(self.dice.pick(&[1, 2, u32::MAX])));
        let amount = self.extreme();
        match self.dice.below(3) {
            0 => {
                let margin = SeriesMargin { scan_floor: Price(amount), ..self.series_margin() };
                Command::SetMargin { series, margin }
            }
            1 => Command::SetCredit { first: second, second, per_lot: Cash(amount) },
            _ => {
                let version = self.dice.pick(&[0, 1]);
                let mut risk = self.risk(version, Price(amount));
                risk.losses[self.dice.index(SCENARIOS)] = Cash(self.extreme());
                Command::PublishRisk { instrument, risk }
            }
        }
    }
}
