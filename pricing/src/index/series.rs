//! The state of one series between commands: what is open, what is remembered of each owner, where the chain stands.

use std::collections::BTreeMap;

use super::fixing::{Basis, Determination, Finding, OwnerRecord, determine};
use super::limits::{OPEN_DAYS_MAX, OWNERS_PER_SERIES_MAX, REPORTS_PER_OWNER_AND_DAY_MAX};
use super::panel::{Panel, ReportedDays, draw, is_still_needed};
use super::report::{DayReports, Report, counted};
use super::{Day, Event, Owner, Price, Reject, SeriesId, Stage};

/// One series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) symbol: String,
    pub(super) inception: Day,
    /// The last day with a final determination, published or suppressed.
    pub(super) last_determined: Option<Day>,
    /// The last published final fixing.
    pub(super) last_final: Option<(Day, Price)>,
    pub(super) panel: Panel,
    /// Every owner ever seen.
    pub(super) records: BTreeMap<Owner, OwnerRecord>,
    /// Who reported on recent final days, for the next panel.
    pub(super) reported: ReportedDays,
    /// The reports for days that are not final yet.
    pub(super) open: BTreeMap<Day, DayReports>,
}

impl Series {
    pub(super) fn new(symbol: String, inception: Day) -> Series {
        Series {
            symbol,
            inception,
            last_determined: None,
            last_final: None,
            panel: Panel::new(),
            records: BTreeMap::new(),
            reported: ReportedDays::new(),
            open: BTreeMap::new(),
        }
    }

    pub(super) fn symbol(&self) -> &str {
        &self.symbol
    }

    pub(super) fn last_final(&self) -> Option<(Day, Price)> {
        self.last_final
    }

    /// The next day to become final, or `None` once the calendar has ended.
    pub(super) fn next_final_day(&self) -> Option<Day> {
        match self.last_determined {
            None => Some(self.inception),
            Some(last) => last.next(),
        }
    }

    /// Whether a report for `day` may still be given.
    pub(super) fn check_day_open(&self, day: Day, now_us: i64) -> Result<(), Reject> {
        if day < self.inception {
            return Err(Reject::DayBeforeInception { day, inception: self.inception });
        }
        if day.start_us() > now_us {
            return Err(Reject::DayAfterReceipt { day, received: Day::containing(now_us) });
        }
        match self.next_final_day() {
            Some(next) if day >= next && day.days_since(next) < OPEN_DAYS_MAX => Ok(()),
            Some(next) if day >= next => Err(Reject::TooManyOpenDays { day, next }),
            _ => Err(Reject::DayFinal { day }),
        }
    }

    /// Whether there is room for one more report of `owner` for `day`.
    pub(super) fn check_room(&self, day: Day, owner: &Owner) -> Result<(), Reject> {
        if !self.records.contains_key(owner) && self.records.len() >= OWNERS_PER_SERIES_MAX {
            return Err(Reject::TooManyOwners { owner: owner.clone() });
        }
        let reports_count = self.open.get(&day).and_then(|reports| reports.get(owner)).map_or(0, Vec::len);
        if reports_count >= REPORTS_PER_OWNER_AND_DAY_MAX {
            return Err(Reject::TooManyReports { owner: owner.clone(), day });
        }
        Ok(())
    }

    /// Whether the determination of `day` is due: the same days in the same order for both stages.
    pub(super) fn check_due(&self, day: Day, stage: Stage, now_us: i64) -> Result<(), Reject> {
        if day < self.inception {
            return Err(Reject::DayBeforeInception { day, inception: self.inception });
        }
        let next = self.next_final_day().filter(|next| day >= *next).ok_or(Reject::DayFinal { day })?;
        let cut_off_us = stage.cut_off_us(day);
        if now_us < cut_off_us {
            return Err(Reject::DeterminationTooEarly { day, stage, now_us, cut_off_us });
        }
        if day != next {
            return Err(Reject::DeterminationOutOfOrder { day, stage, next });
        }
        Ok(())
    }

    pub(super) fn record(&mut self, day: Day, owner: &Owner, report: Report) {
        self.records.entry(owner.clone()).or_default();
        self.open.entry(day).or_default().entry(owner.clone()).or_default().push(report);
    }

    /// Determines a day that is due. Only a final determination changes the series.
    pub(super) fn determine(&mut self, series: SeriesId, day: Day, stage: Stage) -> Event {
        let reports = self.open.get(&day).map(|open| counted(open, stage.cut_off_us(day))).unwrap_or_default();
        let panel = self.panel_on(day, &reports);
        let last_final = self.last_final;
        let basis = Basis { series, day, stage, panel: &panel, reports: &reports, records: &self.records, last_final };
        let Determination { finding, records } = determine(&basis);

        if stage == Stage::Final {
            self.records.extend(records);
            self.panel = panel;
            self.close(day, reports);
            if let Finding::Published(fixing) = &finding {
                self.last_final = Some((day, fixing.value));
            }
        }
        match finding {
            Finding::Published(fixing) => Event::FixingPublished(fixing),
            Finding::Suppressed { owners_counted, inputs } => {
                Event::FixingSuppressed { series, day, stage, owners_counted, last_final, inputs }
            }
        }
    }

    /// The panel that determines `day`.
    fn panel_on(&self, day: Day, reports: &BTreeMap<Owner, Price>) -> Panel {
        if day == self.inception {
            reports.keys().cloned().collect()
        } else if day.is_first_of_month() {
            draw(day, &self.reported)
        } else {
            self.panel.clone()
        }
    }

    /// Makes `day` final: its reports are dropped, and only who reported is kept for the next panel.
    fn close(&mut self, day: Day, reports: BTreeMap<Owner, Price>) {
        self.last_determined = Some(day);
        self.open.remove(&day);
        self.reported.insert(day, reports.into_keys().collect());
        self.reported.retain(|reported, _| is_still_needed(*reported, day));
    }
}
