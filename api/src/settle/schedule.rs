//! The venue's own operator: settles yesterday at a set time of the day, and funds perpetuals each hour.

use std::str::FromStr;
use std::time::Duration;

use engine::ids::KeyId;
use engine::units::{Day, Timestamp};

use crate::settle::jobs::{JobError, JobState, Jobs};
use crate::settle::plan::{Job, JobKind};

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a job waits that could not be done, or failed.
const RETRY_US: i64 = 60 * 1_000_000;

/// Days that are made up for after the venue was down.
const CATCH_UP_DAYS: i32 = 30;

const MICROS_PER_MINUTE: i64 = 60 * 1_000_000;

/// A time of the day, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    minutes: u16,
}

/// A text that is no time of the day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time of the day; write it like 00:30, UTC")]
pub struct TimeOfDayError(String);

impl FromStr for TimeOfDay {
    type Err = TimeOfDayError;

    /// ```
    /// use api::settle::schedule::TimeOfDay;
    /// assert!("00:30".parse::<TimeOfDay>().is_ok());
    /// assert!("24:00".parse::<TimeOfDay>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<TimeOfDay, TimeOfDayError> {
        let error = || TimeOfDayError(text.chars().take(40).collect());
        let (hours, minutes) = text.split_once(':').ok_or_else(error)?;
        let number = |text: &str, below: u16| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|&number: &u16| digits && number < below).ok_or_else(error)
        };
        Ok(TimeOfDay { minutes: number(hours, 24)? * 60 + number(minutes, 60)? })
    }
}

impl TimeOfDay {
    /// The business day that is to be settled at a moment, if it is time: yesterday.
    fn day_due(self, now: Timestamp) -> Option<Day> {
        let today = now.day();
        let due = today.start().plus_micros(i64::from(self.minutes) * MICROS_PER_MINUTE);
        (now >= due).then_some(Day(today.0 - 1))
    }
}

/// Whether the schedule cuts a settlement batch of each day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batches {
    /// Behind the day's settlements, with whatever they led to in margin and default.
    Cut,
    /// The operator cuts them.
    Left,
}

/// Settles each day once its time has come, and cuts its batch, until the venue ends.
pub async fn run(jobs: Jobs, at: TimeOfDay, batches: Batches) {
    let (mut settled, mut again) = (None, Timestamp(0));
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = jobs.now();
        if let Err(error) = jobs.fund(KeyId::VENUE).await {
            tracing::warn!(%error, "perpetuals could not be funded");
        }
        let Some(yesterday) = at.day_due(now).filter(|&day| settled != Some(day) && now >= again) else { continue };
        let done = async {
            let is_settled = settle_up_to(&jobs, yesterday).await?;
            let is_cut = batches == Batches::Left || jobs.cut_batch(yesterday, KeyId::VENUE).await?;
            Ok::<bool, JobError>(is_settled && is_cut)
        };
        match done.await {
            Ok(true) => settled = Some(yesterday),
            Ok(false) => again = now.plus_micros(RETRY_US),
            Err(error) => {
                tracing::error!(%error, "the day could not be settled; the schedule tries again in a minute");
                again = now.plus_micros(RETRY_US);
            }
        }
    }
}

/// Settles the days that are due, and for good what has ended. Whether nothing is left.
async fn settle_up_to(jobs: &Jobs, yesterday: Day) -> Result<bool, JobError> {
    let mut all_done = true;
    // What waits comes first: a later job would not take it over.
    for job in jobs.unfinished().await? {
        all_done &= settle(jobs, job).await?;
    }
    for day in jobs.days_due(yesterday, CATCH_UP_DAYS).await? {
        for kind in [JobKind::Daily, JobKind::Final] {
            all_done &= settle(jobs, Job { kind, day }).await?;
        }
    }
    Ok(all_done)
}

async fn settle(jobs: &Jobs, job: Job) -> Result<bool, JobError> {
    loop {
        let progress = jobs.run(job, KeyId::VENUE).await?;
        match progress.state {
            JobState::Running | JobState::Due => {}
            JobState::Nothing | JobState::Done => return Ok(true),
            JobState::HeldBack => {
                for held in &progress.held_back {
                    tracing::warn!(kind = %job.kind, day = job.day.0, instrument = %held.task.instrument, reason = %held.reject,
                        "a settlement is held back");
                }
                return Ok(false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterday_is_due_from_the_time_on() {
        let at: TimeOfDay = "00:30".parse().expect("a time");
        let moment = |minutes: i64| Day(20_000).start().plus_micros(minutes * MICROS_PER_MINUTE);
        for (minutes, due) in
            [(0, None), (29, None), (30, Some(19_999)), (1_439, Some(19_999)), (1_440, None), (1_470, Some(20_000))]
        {
            assert_eq!(at.day_due(moment(minutes)), due.map(Day), "{minutes}");
        }
    }

    #[test]
    fn a_time_of_the_day_is_read_strictly() {
        for text in ["", "0:30", "00:60", "24:00", "00-30", "+1:30", "00:30:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
