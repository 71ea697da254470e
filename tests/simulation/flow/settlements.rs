//! The operator's days: values of the day before, arrays and marks, settlements of every kind in an order in which they can be had.

use engine::command::{Command, FixingStage};
use engine::instrument::{SettlementKind, State};
use engine::rules::Rules;
use engine::units::{Day, Price};
use engine::{Engine, Market};

use super::{Flow, SERIES};

impl Flow {
    /// Once a day, some time after midnight: values of the day before, then settlements.
    pub(super) fn plan_routine(&mut self, venue: &Engine) {
        let today = self.now.day();
        if self.traders.is_empty() || today <= self.routine || !self.agenda.is_empty() {
            return;
        }
        self.routine = today;
        self.has_families = true;
        self.plan_rules(venue);
        let yesterday = Day(today.0 - 1);
        self.plan_fixings(yesterday);
        let markets: Vec<&Market> = venue.markets().filter(|market| market.state == State::Trading).collect();
        for market in markets {
            let instrument = market.terms.instrument;
            if market.terms.spread().is_some() {
                continue;
            }
            if market.terms.is_margined() && market.terms.strip().is_none() {
                let array = self.array(market);
                self.agenda.push_back(array);
            }
            self.agenda.push_back(Command::UpdateMark { instrument });
            self.plan_settlement(venue, market, yesterday);
        }
        if self.rules >= Rules::THIRD && !self.has_strips(venue) {
            self.plan_curve(today);
            if self.rules >= Rules::FOURTH {
                self.plan_spreads();
            }
        }
    }

    /// Some venues take up other rules on one of their days, and with them what is new.
    fn plan_rules(&mut self, venue: &Engine) {
        let mut next = Rules(venue.rules().0 + 1);
        while next <= Rules::FOURTH {
            // What is planned already got lost.
            if next > self.rules {
                if self.dice.one_in(3) {
                    return;
                }
                self.rules = next;
            }
            self.agenda.push_back(Command::AdoptRules { rules: next });
            match next {
                Rules::THIRD => self.plan_parameters(),
                Rules::FOURTH => self.plan_fourth(),
                _ => {}
            }
            next = Rules(next.0 + 1);
        }
    }

    fn plan_fixings(&mut self, yesterday: Day) {
        while self.final_through.0 < yesterday.0 - 1 {
            self.final_through = self.final_through.next();
            for series in SERIES {
                let is_suppressed = self.final_through.0 > super::OPENING.0 + 2 && self.dice.one_in(8);
                let price = (!is_suppressed).then(|| Price(self.dice.between(1_500_000, 6_500_000)));
                let (day, stage) = (self.final_through, FixingStage::Final);
                self.agenda.push_back(Command::RecordFixing { series, day, stage, price });
            }
        }
        for series in SERIES {
            let price = Some(Price(self.dice.between(1_500_000, 6_500_000)));
            let (day, stage) = (yesterday, FixingStage::Provisional);
            self.agenda.push_back(Command::RecordFixing { series, day, stage, price });
        }
    }

    /// What settles of a contract, other than a strip, for the day before.
    fn plan_settlement(&mut self, venue: &Engine, market: &Market, yesterday: Day) {
        let instrument = market.terms.instrument;
        if market.terms.series().is_none() || market.terms.strip().is_some() {
            return;
        }
        let month = market.terms.month().filter(|month| self.now >= month.end());
        let is_final = month.is_some_and(|month| self.final_through.next() >= month.first_day.plus(month.days));
        if !is_final {
            // A leg waits for its strip, which may be late.
            let strips = venue.markets().filter(|strip| {
                let legs = strip.terms.strip();
                strip.state == State::Trading && legs.is_some_and(|it| it.legs.as_slice().contains(&instrument))
            });
            let day = strips.map(|strip| strip.terms.last_settlement_day()).min().unwrap_or(yesterday).min(yesterday);
            let kind = SettlementKind::Daily;
            self.agenda.push_back(Command::StartSettlement { instrument, day, kind });
            return;
        }
        let proposal = venue.approvals().proposal(instrument);
        let day = proposal.map_or(yesterday, |proposal| proposal.day);
        let proposes = venue.approvals().required || (self.rules >= Rules::FOURTH && self.dice.one_in(4));
        if proposal.is_none() && proposes {
            self.agenda.push_back(Command::ProposeFinal { instrument, day });
        }
        if proposal.is_none() {
            self.plan_month(self.now.day().next());
        }
        self.agenda.push_back(Command::StartSettlement { instrument, day, kind: SettlementKind::Final });
    }

    /// What can be settled just now beside that: a strip behind its legs, a strip that becomes them, an hour of a perpetual.
    pub(super) fn settle_more(&mut self, venue: &Engine) -> Option<Command> {
        let (now, today) = (self.now, self.now.day());
        let start = |market: &Market| {
            let (terms, instrument) = (&market.terms, market.terms.instrument);
            let last = terms.last_settlement_day();
            let (day, kind) = if terms.perpetual().is_some() {
                (today, SettlementKind::Funding)
            } else if terms.strip().is_some() && now >= last.end() {
                (last, SettlementKind::Cascade)
            } else if terms.strip().is_some() {
                (Day(today.0 - 1), SettlementKind::Daily)
            } else {
                return None;
            };
            let is_due = market.state == State::Trading && venue.would_settle(now, instrument, day, kind).is_ok();
            is_due.then_some(Command::StartSettlement { instrument, day, kind })
        };
        let all: Vec<Command> = venue.markets().filter_map(start).collect();
        if all.is_empty() { None } else { Some(self.dice.pick(&all)) }
    }
}
