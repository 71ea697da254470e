//! What a settlement job has to do next, from the state of the engine alone.

use std::fmt;
use std::str::FromStr;

use engine::command::Command;
use engine::ids::InstrumentId;
use engine::instrument::{SettlementKind, State};
use engine::reject::Reject;
use engine::units::{Day, Timestamp};
use engine::{Engine, Market};

/// Which job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobKind {
    /// Everything that is settled each day: months, strips and their cascade, perpetuals and their funding.
    Daily,
    /// Months whose delivery has ended and whose days all have their final fixing.
    Final,
}

/// A job: a kind and a business day. There is one of each, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Job {
    /// Which.
    pub kind: JobKind,
    /// The business day.
    pub day: Day,
}

/// One settlement of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Task {
    /// The contract.
    pub instrument: InstrumentId,
    /// Which settlement.
    pub kind: TaskKind,
}

/// Which settlement, with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskKind {
    /// An hour of a perpetual.
    Funding,
    /// Variation margin.
    Daily,
    /// The last one of a strip.
    Cascade,
    /// The last one of a month.
    Final,
}

/// A settlement that cannot be started now, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The settlement.
    pub task: Task,
    /// The rule.
    pub reject: Reject,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// What to do next; `None` if nothing can be done now.
    pub command: Option<Command>,
    /// Settlements that are done.
    pub done: usize,
    /// Settlements that were looked at before the next one and cannot be started now.
    pub held_back: Vec<HeldBack>,
}

/// How far one settlement of a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Open,
    Posting,
    Done,
}

/// The settlements of a job in their order, as far as they are not done: months and perpetuals by number, each perpetual's funding
/// before its variation; strips behind their legs; at last the cascades, whatever contains others first, since a strip that has
/// cascaded can no longer receive positions.
pub fn tasks(engine: &Engine, now: Timestamp, job: Job) -> Vec<Task> {
    let live = |market: &&Market| market.terms.series().is_some() && market.state != State::Settled;
    let markets: Vec<&Market> = engine.markets().filter(live).collect();
    let tasks = match job.kind {
        JobKind::Daily => daily(engine, &markets, now, job.day),
        JobKind::Final => finals(engine, &markets, now, job.day),
    };
    tasks.into_iter().filter(|task| standing(engine, now, job, *task) != Standing::Done).collect()
}

fn daily(engine: &Engine, markets: &[&Market], now: Timestamp, day: Day) -> Vec<Task> {
    let task = |market: &Market, kind| Task { instrument: market.terms.instrument, kind };
    let mut tasks = Vec::new();
    for market in markets.iter().filter(|market| market.terms.strip().is_none()) {
        if market.is_funding_due(now) {
            tasks.push(task(market, TaskKind::Funding));
        }
        if day <= market.terms.last_settlement_day() && needs_price(engine, market, now, day) {
            tasks.push(task(market, TaskKind::Daily));
        }
    }
    let mut strips: Vec<(usize, &Market)> = markets
        .iter()
        .filter(|market| market.terms.strip().is_some())
        .map(|market| (depth(engine, market), *market))
        .collect();
    strips.sort_by_key(|(depth, market)| (*depth, market.terms.instrument));
    let are_priced = |tasks: &[Task], strip: &Market| {
        let is_settled = |leg| engine.market(leg).and_then(|leg| leg.settled).is_some_and(|settled| settled.day == day);
        legs(strip)
            .into_iter()
            .all(|leg| is_settled(leg) || tasks.contains(&Task { instrument: leg, kind: TaskKind::Daily }))
    };
    let is_leg = |strip: &Market| {
        let contains = |other: &&&Market| legs(other).contains(&strip.terms.instrument);
        markets.iter().any(|other| contains(&other))
    };
    for (_, strip) in &strips {
        let last = strip.terms.last_settlement_day();
        // On its last day a strip is settled by its cascade; before that only if it is a leg, whose value another one needs.
        if (day < last || (day == last && is_leg(strip))) && (strip.open_interest > 0 || are_priced(&tasks, strip)) {
            tasks.push(task(strip, TaskKind::Daily));
        }
    }
    let cascades = strips.iter().rev().filter(|(_, strip)| day == strip.terms.last_settlement_day());
    tasks.extend(cascades.map(|(_, strip)| task(strip, TaskKind::Cascade)));
    tasks
}

/// Whether a contract is due: one that nobody holds and that nothing has given a price yet is not.
fn needs_price(engine: &Engine, market: &Market, now: Timestamp, day: Day) -> bool {
    let preview = || engine.would_settle(now, market.terms.instrument, day, SettlementKind::Daily);
    market.open_interest > 0 || !matches!(preview(), Err(Reject::NoSettlementPrice { .. }))
}

/// Months that have ended, but for those that still wait for a fixing, and those whose value is proposed for another day: they are
/// that job's, and a second proposal would void the approval of the first.
fn finals(engine: &Engine, markets: &[&Market], now: Timestamp, day: Day) -> Vec<Task> {
    let has_ended = |market: &&&Market| market.terms.month().is_some() && market.terms.last_settlement_day() <= day;
    let task = |market: &&Market| Task { instrument: market.terms.instrument, kind: TaskKind::Final };
    let waits = |task: &Task| {
        if engine.approvals().proposal(task.instrument).is_some_and(|proposal| proposal.day != day) {
            return true;
        }
        let preview = engine.would_settle(now, task.instrument, day, SettlementKind::Final);
        matches!(preview, Err(Reject::FixingMissing { .. }))
    };
    markets.iter().filter(has_ended).map(task).filter(|task| !waits(task)).collect()
}

fn legs(market: &Market) -> Vec<InstrumentId> {
    market.terms.strip().map(|strip| strip.legs.as_slice().to_vec()).unwrap_or_default()
}

/// How many strips deep a contract is: a month 0, a quarter 1, a year of quarters 2.
fn depth(engine: &Engine, market: &Market) -> usize {
    let of_legs = legs(market).into_iter().filter_map(|leg| engine.market(leg)).map(|leg| depth(engine, leg));
    of_legs.max().map_or(0, |deepest| deepest + 1)
}

/// What a job of these settlements does next.
pub fn next(engine: &Engine, now: Timestamp, job: Job, tasks: &[Task]) -> Next {
    let mut next = Next { command: None, done: 0, held_back: Vec::new() };
    for &task in tasks {
        let Task { instrument, kind } = task;
        match standing(engine, now, job, task) {
            Standing::Done => next.done += 1,
            _ if next.command.is_some() => {}
            Standing::Posting => next.command = Some(Command::AdvanceSettlement { instrument }),
            Standing::Open => {
                // An hour is funded in its own day.
                let day = if kind == TaskKind::Funding { now.day() } else { job.day };
                match engine.would_settle(now, instrument, day, kind.into()) {
                    Ok(_) => next.command = Some(Command::StartSettlement { instrument, day, kind: kind.into() }),
                    // Somebody has to propose what somebody else then approves.
                    Err(Reject::NotApproved { .. }) if !is_proposed(engine, instrument, day) => {
                        next.command = Some(Command::ProposeFinal { instrument, day });
                    }
                    Err(reject) => next.held_back.push(HeldBack { task, reject }),
                }
            }
        }
    }
    next
}

fn is_proposed(engine: &Engine, instrument: InstrumentId, day: Day) -> bool {
    engine.approvals().proposal(instrument).is_some_and(|proposal| proposal.day == day)
}

/// The next step of the hourly funding of all perpetuals, if one is due or under way.
pub fn next_funding(engine: &Engine, now: Timestamp) -> Option<Command> {
    let (day, kind) = (now.day(), SettlementKind::Funding);
    engine.markets().filter(|market| market.terms.perpetual().is_some()).find_map(|market| {
        let instrument = market.terms.instrument;
        if market.state == State::Settling(kind) {
            return Some(Command::AdvanceSettlement { instrument });
        }
        engine.would_settle(now, instrument, day, kind).is_ok().then_some(Command::StartSettlement {
            instrument,
            day,
            kind,
        })
    })
}

fn standing(engine: &Engine, now: Timestamp, job: Job, task: Task) -> Standing {
    let Some(market) = engine.market(task.instrument) else { return Standing::Done };
    let running = market.settling();
    let is_running = |kind: SettlementKind| {
        running.is_some_and(|(other, settled)| {
            other == kind && (kind == SettlementKind::Funding || settled.day == job.day)
        })
    };
    if is_running(task.kind.into()) {
        return Standing::Posting;
    }
    let is_settled = market.state == State::Settled || market.settled.is_some_and(|settled| settled.day >= job.day);
    let is_done = match task.kind {
        TaskKind::Daily => is_settled,
        // Whoever is past the variation of the day, or in it, funds no more: the next hour is the next job's.
        TaskKind::Funding => is_settled || is_running(SettlementKind::Daily) || !market.is_funding_due(now),
        TaskKind::Cascade | TaskKind::Final => market.state == State::Settled,
    };
    if is_done { Standing::Done } else { Standing::Open }
}

impl From<TaskKind> for SettlementKind {
    fn from(kind: TaskKind) -> SettlementKind {
        match kind {
            TaskKind::Funding => SettlementKind::Funding,
            TaskKind::Daily => SettlementKind::Daily,
            TaskKind::Cascade => SettlementKind::Cascade,
            TaskKind::Final => SettlementKind::Final,
        }
    }
}

impl JobKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            JobKind::Daily => "daily",
            JobKind::Final => "final",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A text that names no job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no settlement job; there are daily and final ones")]
pub struct UnknownJob(String);

impl FromStr for JobKind {
    type Err = UnknownJob;

    fn from_str(text: &str) -> Result<JobKind, UnknownJob> {
        let named = |kind: &JobKind| kind.name() == text;
        [JobKind::Daily, JobKind::Final]
            .into_iter()
            .find(named)
            .ok_or_else(|| UnknownJob(text.chars().take(40).collect()))
    }
}
