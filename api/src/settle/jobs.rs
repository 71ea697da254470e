//! Runs settlement jobs: one bounded step after the other, each a journaled command, until nothing is left.

use std::sync::Arc;

use engine::command::Command;
use engine::ids::{KeyId, Seq};
use engine::reject::Reject;
use engine::units::{Day, Timestamp};
use tokio::sync::{Mutex, watch};

use crate::settle::plan::{self, HeldBack, Job, JobKind, Next, Task};
use crate::settle::preview::{self, Preview};
use crate::settle::register::{End, Entry, Register, RegisterError};
use crate::venue::clock::Clock;
use crate::venue::machines::{Action, Core, Refusal};
use crate::venue::projections::{History, ProjectionError};
use crate::venue::sequencer::{Handle, SubmitError};
use crate::venue::{JournalPosition, Venue};

/// Steps that one request takes, so that none takes long: whoever asked asks again.
const STEPS_PER_RUN: usize = 64;

/// Entries of the register that the schedule looks at: more than a year of jobs.
const KNOWN_MAX: u32 = 1_000;

/// How often a step may be refused because somebody else was faster.
const REFUSED_MAX: usize = 4;

/// Why a job could not be run.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The day is not over.
    #[error("the business day ends at {} microseconds; settle it then", earliest.0)]
    TooEarly {
        /// When it ends.
        earliest: Timestamp,
    },
    /// The venue did not answer.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// A step was refused again and again.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The register failed.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The history, which knows when batches were cut, failed.
    #[error(transparent)]
    History(#[from] ProjectionError),
    /// The copy that a preview plays on failed an assertion.
    #[error("the preview failed an assertion; nothing was done, and the venue goes on")]
    Preview,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Nothing is due, and nothing was asked for before.
    Nothing,
    /// It was not asked for, and something is due.
    Due,
    /// There is more to do.
    Running,
    /// What is left cannot be done now.
    HeldBack,
    /// Everything is settled.
    Done,
}

/// What is known of a job.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Which.
    pub job: Job,
    /// How far.
    pub state: JobState,
    /// Its entry, once it was asked for.
    pub entry: Option<Entry>,
    /// Its settlements.
    pub tasks: usize,
    /// Those that are done.
    pub done: usize,
    /// Steps that this run took.
    pub steps: usize,
    /// What cannot be started now.
    pub held_back: Vec<HeldBack>,
}

/// The settlement jobs of a venue; cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    handle: Handle,
    clock: Clock,
    position: watch::Receiver<JournalPosition>,
    history: History,
    register: Register,
    /// One job takes its steps at a time.
    turn: Arc<Mutex<()>>,
}

impl Jobs {
    /// The jobs of a venue.
    pub fn new(venue: &Venue) -> Jobs {
        Jobs {
            handle: venue.handle.clone(),
            clock: venue.clock.clone(),
            position: venue.position.clone(),
            history: venue.history.clone(),
            register: Register::of(&venue.folder),
            turn: Arc::default(),
        }
    }

    /// The venue's time, as far as a clock that may be behind can tell.
    pub fn now(&self) -> Timestamp {
        self.clock.read().shown
    }

    /// Where it is remembered which jobs were asked for.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Starts a job or takes it up, and posts it as far as one run goes. A job that is done is left alone.
    ///
    /// # Errors
    /// If the day is not over, or if the venue or the register fails. What was posted stays, and the next run goes on behind it.
    pub async fn run(&self, job: Job, key: KeyId) -> Result<Progress, JobError> {
        let _turn = self.turn.lock().await;
        let mut progress = self.look(job).await?;
        if matches!(progress.state, JobState::Nothing | JobState::Done) {
            return Ok(progress);
        }
        let entry = match progress.entry.take() {
            Some(entry) => entry,
            None => self.begin(job, key).await?,
        };
        let (mut steps, mut refused) = (0, 0);
        let next = loop {
            let next = self.next(job, &entry.tasks).await?;
            let Some(command) = next.command.filter(|_| steps < STEPS_PER_RUN) else { break next };
            let outcome = self.handle.submit(Action::Exchange(command), key, 0).await?;
            steps += 1;
            if let Some(refusal) = outcome.refusal {
                // Somebody settles by hand beside the job: what is left follows from the state anew.
                refused += 1;
                if refused == REFUSED_MAX {
                    return Err(refusal.into());
                }
            }
        };
        let mut progress = Progress { steps, ..progress_of(job, entry, next) };
        if let Some(entry) = progress.entry.as_mut().filter(|_| progress.state == JobState::Done) {
            let end = self.end().await?;
            self.register.end(job, &end).await?;
            entry.end = Some(end);
        }
        Ok(progress)
    }

    /// Funds the perpetuals whose hour is due. No job: each hour of the clock is paid once, and none is made up for.
    ///
    /// # Errors
    /// If the venue fails, or refuses a step again and again.
    pub async fn fund(&self, key: KeyId) -> Result<(), JobError> {
        let _turn = self.turn.lock().await;
        let mut refused = 0;
        loop {
            let now = self.now();
            let next = self.read(move |core| plan::next_funding(core.engine(), now.max(core.engine().time()))).await?;
            let Some(command) = next else { return Ok(()) };
            if let Some(refusal) = self.handle.submit(Action::Exchange(command), key, 0).await?.refusal {
                refused += 1;
                if refused == REFUSED_MAX {
                    return Err(refusal.into());
                }
            }
        }
    }

    /// Cuts a settlement batch unless one was cut since a business day ended, or there is no chain, or a frozen one. What the
    /// settlements led to in margin and default is due before any command, and so is in it. Whether there is one now.
    ///
    /// # Errors
    /// If the venue fails or refuses it.
    pub async fn cut_batch(&self, day: Day, key: KeyId) -> Result<bool, JobError> {
        let _turn = self.turn.lock().await;
        let state = |core: &Core| {
            let chain = core.engine().chain();
            (chain.domain().is_some() && chain.frozen().is_none(), chain.cuts())
        };
        let (has_chain, cuts) = self.read(state).await?;
        if !has_chain {
            return Ok(true);
        }
        let position = self.position.borrow().seq;
        self.history.caught_up(position).await?;
        if self.history.last_cut().await?.is_some_and(|cut| Timestamp(cut.ts_us) >= day.end()) {
            return Ok(true);
        }
        let command = Action::Exchange(Command::CutBatch { number: cuts + 1 });
        match self.handle.submit(command, key, 0).await?.refusal {
            None => Ok(true),
            // It is cut once that is complete.
            Some(Refusal::Exchange(Reject::Unsettled { .. })) => Ok(false),
            Some(refusal) => Err(refusal.into()),
        }
    }

    /// How far a job is; changes nothing.
    ///
    /// # Errors
    /// As [`Jobs::run`].
    pub async fn look(&self, job: Job) -> Result<Progress, JobError> {
        match self.register.find(job).await? {
            Some(entry) => {
                let next = self.next(job, &entry.tasks).await?;
                let mut progress = progress_of(job, entry, next);
                // Done in the engine, but not told yet: it was interrupted at the very end.
                if progress.state == JobState::Done && progress.entry.as_ref().is_some_and(|entry| entry.end.is_none())
                {
                    progress.state = JobState::Running;
                }
                Ok(progress)
            }
            None => {
                let tasks = self.tasks(job).await?.len();
                let state = if tasks == 0 { JobState::Nothing } else { JobState::Due };
                Ok(Progress { job, state, entry: None, tasks, done: 0, steps: 0, held_back: Vec::new() })
            }
        }
    }

    /// Plays what is left of a job on a copy of the state.
    ///
    /// # Errors
    /// As [`Jobs::run`].
    pub async fn preview(&self, job: Job, key: KeyId) -> Result<Preview, JobError> {
        let tasks = match self.register.find(job).await? {
            Some(entry) => entry.tasks,
            None => self.tasks(job).await?,
        };
        let core = self.handle.read(Core::clone).await?;
        let now = self.now();
        let played = tokio::task::spawn_blocking(move || preview::play(core, now, job, &tasks, key)).await;
        played.map_err(|_| JobError::Preview)
    }

    /// What is due for a job that was not asked for yet.
    async fn tasks(&self, job: Job) -> Result<Vec<Task>, JobError> {
        let now = self.now();
        let (tasks, time) = self.read(move |core| (plan::tasks(core.engine(), now, job), core.engine().time())).await?;
        let earliest = job.day.end();
        if now.max(time) < earliest { Err(JobError::TooEarly { earliest }) } else { Ok(tasks) }
    }

    async fn begin(&self, job: Job, key: KeyId) -> Result<Entry, JobError> {
        let tasks = self.tasks(job).await?;
        let (begun_seq, begun) = self.read(|core| (core.engine().seq(), core.engine().time())).await?;
        let entry = Entry { job, key, tasks, begun_seq, begun, end: None };
        self.register.begin(&entry).await?;
        Ok(entry)
    }

    async fn next(&self, job: Job, tasks: &[Task]) -> Result<Next, JobError> {
        let (now, tasks) = (self.now(), tasks.to_vec());
        let next = self.read(move |core| plan::next(core.engine(), now.max(core.engine().time()), job, &tasks)).await?;
        Ok(next)
    }

    /// The state as it is now, once the journal's position includes it.
    async fn end(&self) -> Result<End, JobError> {
        let state = |core: &Core| (core.engine().seq(), core.engine().time(), core.state_hash());
        let (seq, time, state_hash): (Seq, Timestamp, _) = self.read(state).await?;
        let mut position = self.position.clone();
        let head = *position.wait_for(|head| head.seq >= seq).await.map_err(|_| SubmitError::Unknown)?;
        Ok(End::new(seq, time, &state_hash, head.seq, &head.head))
    }

    async fn read<T: Send + 'static>(&self, look: impl FnOnce(&Core) -> T + Send + 'static) -> Result<T, SubmitError> {
        self.handle.read(look).await
    }

    /// The jobs that were asked for and are not done, the earliest day first.
    pub(super) async fn unfinished(&self) -> Result<Vec<Job>, JobError> {
        let known = self.register.list(None, KNOWN_MAX).await?;
        Ok(known.iter().rev().filter(|entry| entry.end.is_none()).map(|entry| entry.job).collect())
    }

    /// The days that a schedule has to settle: from behind the last daily job to yesterday, a month back at most.
    pub(super) async fn days_due(&self, yesterday: Day, most: i32) -> Result<Vec<Day>, JobError> {
        let known = self.register.list(None, KNOWN_MAX).await?;
        let last = known
            .iter()
            .filter(|entry| entry.job.kind == JobKind::Daily && entry.end.is_some())
            .map(|entry| entry.job.day)
            .max();
        let first = last.map_or(yesterday.0, |last| (last.0 + 1).max(yesterday.0 - most));
        Ok((first..=yesterday.0).map(Day).collect())
    }
}

fn progress_of(job: Job, entry: Entry, next: Next) -> Progress {
    let state = match next.command {
        _ if entry.end.is_some() => JobState::Done,
        Some(_) => JobState::Running,
        None if next.held_back.is_empty() => JobState::Done,
        None => JobState::HeldBack,
    };
    let held_back = if entry.end.is_some() { Vec::new() } else { next.held_back };
    let tasks = entry.tasks.len();
    let done = if entry.end.is_some() { tasks } else { next.done };
    Progress { job, state, entry: Some(entry), tasks, done, steps: 0, held_back }
}
