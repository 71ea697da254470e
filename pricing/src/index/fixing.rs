//! One determination as a pure computation: who reported what against which reference in, the fixing and the new
//! references out. It changes nothing itself, which is what lets a provisional determination share it.

use std::collections::BTreeMap;

use super::chain::{Step, step};
use super::level::{Level, level, stands};
use super::panel::Panel;
use super::screening::{Band, screen};
use super::{Day, Outcome, Owner, Price, Ratio, SeriesId, Stage};

/// Version of the methodology that every fixing of this module follows.
pub const METHODOLOGY_VERSION: u16 = 1;

/// Age in days up to which a reference links; an older one lets its owner re-enter.
const LINK_DAYS_MAX: i32 = 30;

/// Panel members with a fresh reference that a fixing needs.
const OWNERS_COUNTED_MIN: u32 = 3;

/// A published fixing with everything needed to recompute it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixing {
    /// The series.
    pub series: SeriesId,
    /// The day the fixing is for.
    pub day: Day,
    /// Provisional or final.
    pub stage: Stage,
    /// Version of the methodology.
    pub methodology_version: u16,
    /// The fixing `I`.
    pub value: Price,
    /// `L`, the median of the standing prices.
    pub level: Price,
    /// `M`, the mean of the accepted and confirmed moves.
    pub matched_mean: Ratio,
    /// `p`, the last fixing carried forward by the matched mean.
    pub projection: Price,
    /// `(L − p) / p` in parts per million, rounded to the nearest, halves upwards.
    pub gap_ppm: i64,
    /// Whether the absolute gap is 5 % or more.
    pub gap_alarm: bool,
    /// Lowest and highest standing price after leaving out a quarter on each side.
    pub interval: (Price, Price),
    /// Panel members with a standing price.
    pub standing_count: u32,
    /// Panel members with a report for the day.
    pub reported_count: u32,
    /// The panel members and every other owner with a report for the day, by label.
    pub inputs: Vec<Input>,
}

/// What one owner brought to a determination and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The owner.
    pub owner: Owner,
    /// Its counted report for the day.
    pub report: Option<Price>,
    /// Its reference before the determination.
    pub reference: Option<(Day, Price)>,
    /// Its move, if it is a panel member with a report and a reference that links.
    pub ratio: Option<Ratio>,
    /// What became of the report.
    pub outcome: Outcome,
}

/// What the index remembers of an owner between final determinations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnerRecord {
    /// The price last accepted, and its day.
    pub(super) reference: Option<(Day, Price)>,
    /// The price last held back, and its day.
    pub(super) held: Option<(Day, Price)>,
}

/// All a determination looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis<'a> {
    pub(super) series: SeriesId,
    pub(super) day: Day,
    pub(super) stage: Stage,
    pub(super) panel: &'a Panel,
    /// The counted reports for the day.
    pub(super) reports: &'a BTreeMap<Owner, Price>,
    pub(super) records: &'a BTreeMap<Owner, OwnerRecord>,
    /// The last published final fixing.
    pub(super) last_final: Option<(Day, Price)>,
}

/// What a determination finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Determination {
    pub(super) finding: Finding,
    /// The records of the owners that the determination looked at, as a final one leaves them.
    pub(super) records: BTreeMap<Owner, OwnerRecord>,
}

/// A fixing, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Published(Fixing),
    /// Too few owners, or a projection that is no price.
    Suppressed {
        owners_counted: u32,
        inputs: Vec<Input>,
    },
}

/// Determines a day.
pub(super) fn determine(basis: &Basis<'_>) -> Determination {
    // 1. Measure and screen each owner against its own reference.
    let inputs = inputs(basis);
    // 2. Move the references.
    let records: BTreeMap<_, _> =
        inputs.iter().map(|input| (input.owner.clone(), record_after(basis, input))).collect();
    // 3. See where the panel stands afterwards.
    let standing: Vec<Price> =
        basis.panel.iter().filter_map(|owner| standing_price(basis.day, records.get(owner)?)).collect();
    let standing_count = count(standing.iter());
    // 4. Publish if enough owners were counted and the chain can go on.
    let owners_counted = count(inputs.iter().filter(|input| input.outcome.is_counted()));
    let is_sufficient = owners_counted >= OWNERS_COUNTED_MIN;
    let finding = match fix(basis, &inputs, standing).filter(|_| is_sufficient) {
        None => Finding::Suppressed { owners_counted, inputs },
        Some((level, step)) => Finding::Published(Fixing {
            series: basis.series,
            day: basis.day,
            stage: basis.stage,
            methodology_version: METHODOLOGY_VERSION,
            value: step.value,
            level: level.median,
            matched_mean: step.matched_mean,
            projection: step.projection,
            gap_ppm: step.gap_ppm,
            gap_alarm: step.gap_alarm,
            interval: level.interval,
            standing_count,
            reported_count: count(basis.panel.iter().filter(|owner| basis.reports.contains_key(*owner))),
            inputs,
        }),
    };
    Determination { finding, records }
}

/// The level and the step of the chain, or `None` if no price stands or the projection is no price.
fn fix(basis: &Basis<'_>, inputs: &[Input], standing: Vec<Price>) -> Option<(Level, Step)> {
    let level = level(standing)?;
    let in_mean = inputs.iter().filter(|input| input.outcome.enters_mean());
    let moves: Vec<Ratio> = in_mean.filter_map(|input| input.ratio).collect();
    let previous = basis.last_final.map(|(_, value)| value);
    Some((level, step(previous, &moves, level.median)?))
}

/// The panel members and all other owners with a report, by label, each with its outcome.
fn inputs(basis: &Basis<'_>) -> Vec<Input> {
    let outside = basis.reports.keys().filter(|owner| !basis.panel.contains(*owner));
    let mut owners: Vec<&Owner> = basis.panel.iter().chain(outside).collect();
    owners.sort_unstable();

    let ratios: Vec<Option<Ratio>> = owners.iter().map(|owner| ratio(basis, owner)).collect();
    let moves: Vec<Ratio> = ratios.iter().copied().flatten().collect();
    let band = Band::around(&moves);

    let input = |(owner, ratio): (&Owner, Option<Ratio>)| Input {
        owner: owner.clone(),
        report: basis.reports.get(owner).copied(),
        reference: basis.record(owner).reference,
        ratio,
        outcome: outcome(basis, owner, ratio, band),
    };
    owners.into_iter().zip(ratios).map(input).collect()
}

/// The move of a panel member with a report and a reference that links.
fn ratio(basis: &Basis<'_>, owner: &Owner) -> Option<Ratio> {
    let price = basis.reports.get(owner).filter(|_| basis.panel.contains(owner))?;
    let (reference_day, reference) = basis.record(owner).reference?;
    let links = basis.day.days_since(reference_day) <= LINK_DAYS_MAX;
    links.then(|| price.ratio_to(reference))
}

fn outcome(basis: &Basis<'_>, owner: &Owner, ratio: Option<Ratio>, band: Option<Band>) -> Outcome {
    let record = basis.record(owner);
    match basis.reports.get(owner) {
        None if standing_price(basis.day, &record).is_some() => Outcome::Standing,
        None => Outcome::Absent,
        Some(_) if !basis.panel.contains(owner) => Outcome::OutsidePanel,
        Some(price) => match (record.reference, ratio) {
            (None, _) => Outcome::First,
            (Some(_), None) => Outcome::Reentered,
            (Some(_), Some(ratio)) => {
                // Where there is a move there is a band.
                let is_in_band = band.is_some_and(|band| band.contains(ratio));
                screen(is_in_band, *price, record.held.map(|(_, held)| held))
            }
        },
    }
}

/// The record of an owner after its outcome: the one place where references and held prices move.
fn record_after(basis: &Basis<'_>, input: &Input) -> OwnerRecord {
    let before = basis.record(&input.owner);
    let report = input.report.map(|price| (basis.day, price));
    match input.outcome {
        Outcome::Accepted | Outcome::Confirmed => OwnerRecord { reference: report, held: None },
        Outcome::Held => OwnerRecord { held: report, ..before },
        Outcome::First | Outcome::Reentered | Outcome::OutsidePanel => OwnerRecord { reference: report, ..before },
        Outcome::Standing | Outcome::Absent => before,
    }
}

/// The price at which a panel member stands on `day`.
fn standing_price(day: Day, record: &OwnerRecord) -> Option<Price> {
    let (reference_day, reference) = record.reference?;
    stands(day.days_since(reference_day)).then_some(reference)
}

/// A count of owners; `limits` keeps it far below 32 bits.
fn count(owners: impl Iterator) -> u32 {
    owners.fold(0, |count, _| count + 1)
}

impl Basis<'_> {
    fn record(&self, owner: &Owner) -> OwnerRecord {
        self.records.get(owner).copied().unwrap_or_default()
    }
}
