//! Which run of a CronJob is due (`pkg/controller/cronjob/utils.go`).

use alloc::string::String;
use lifepod_api::cron::Schedule;
use lifepod_api::{CronJob, TimeZone};

/// More missed runs than this are worth a warning.
const MANY: i64 = 100;

/// A CronJob's schedule in its time zone.
pub(super) struct Clock {
    schedule: Schedule,
    zone: TimeZone,
}

/// The runs between the last one and now.
pub(super) struct Missed {
    /// The run before, or the earliest time that counts.
    earliest: i64,
    /// The latest run that is due.
    pub(super) latest: Option<i64>,
    /// About how many are due.
    number: i64,
}

impl Missed {
    /// Whether there are so many that something must be wrong.
    pub(super) fn are_many(&self) -> bool {
        self.number > MANY
    }
}

impl Clock {
    /// Reads `spec.schedule` in its own time zone, in `spec.timeZone`, or in UTC (`formatSchedule`).
    ///
    /// # Errors
    /// What the schedule's parser says.
    pub(super) fn of(cron_job: &CronJob) -> Result<Clock, String> {
        let text = &cron_job.spec.schedule;
        let own = text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ="));
        let name = match own {
            Some(rest) => rest.split(' ').next().unwrap_or(""),
            None => cron_job.spec.time_zone.as_deref().unwrap_or(""),
        };
        Ok(Clock { schedule: Schedule::parse(text)?, zone: TimeZone::find(name).unwrap_or_default() })
    }

    /// When the schedule comes next after a time, in seconds since 1970.
    pub(super) fn after(&self, at: i64) -> Option<i64> {
        self.schedule.next(at, &self.zone)
    }

    /// The runs that are due at `now`. `within_deadline` leaves out those that are too late already
    /// (`mostRecentScheduleTime`).
    ///
    /// # Errors
    /// When the schedule means no day at all.
    pub(super) fn missed(
        &self,
        cron_job: &CronJob,
        now: i64,
        within_deadline: bool,
    ) -> Result<Missed, &'static str> {
        let last = cron_job.status.last_schedule_time.or(cron_job.metadata.creation_timestamp);
        let mut earliest = last.map_or(now, |time| time.0);
        if let Some(deadline) = cron_job.spec.starting_deadline_seconds.filter(|_| within_deadline) {
            earliest = earliest.max(now - deadline);
        }
        let (Some(first), Some(second)) =
            (self.after(earliest), self.after(earliest).and_then(|first| self.after(first)))
        else {
            return Err("time difference between two schedules is less than 1 second");
        };
        if now < first {
            return Ok(Missed { earliest, latest: None, number: 0 });
        }
        if now < second {
            return Ok(Missed { earliest, latest: Some(first), number: 0 });
        }
        // Guesses how many there were from the distance of the first two, and looks for the latest from about there.
        let distance = second - first;
        let number = (now - first) / distance + 1;
        let mut latest = None;
        let mut at = first + (number - 2) * distance;
        while let Some(next) = self.after(at).filter(|next| *next <= now) {
            latest = Some(next);
            at = next;
        }
        Ok(Missed { earliest, latest, number })
    }

    /// When the CronJob is to be looked at again, in seconds since 1970 (`nextScheduleTimeDuration`).
    pub(super) fn next_look(&self, cron_job: &CronJob, now: i64) -> Option<i64> {
        let from = match self.missed(cron_job, now, false) {
            Ok(Missed { latest: Some(latest), .. }) => latest,
            Ok(Missed { latest: None, number: 0, earliest }) => earliest,
            _ => now,
        };
        self.after(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use lifepod_api::{CronJobSpec, Time};

    /// A CronJob that was made at 0 and ran last at `last`.
    fn cron_job(schedule: &str, last: Option<i64>, deadline: Option<i64>) -> CronJob {
        let spec = CronJobSpec {
            schedule: schedule.to_string(),
            starting_deadline_seconds: deadline,
            ..CronJobSpec::default()
        };
        let mut cron_job = CronJob { spec, ..CronJob::default() };
        cron_job.metadata.creation_timestamp = Some(Time(0));
        cron_job.status.last_schedule_time = last.map(Time);
        cron_job
    }

    fn latest(cron_job: &CronJob, now: i64) -> Option<i64> {
        let clock = Clock::of(cron_job).expect("a schedule");
        clock.missed(cron_job, now, true).expect("a day").latest
    }

    #[test]
    fn of_several_missed_runs_only_the_latest_counts() {
        let every_minute = cron_job("* * * * *", Some(60), None);
        assert_eq!(latest(&every_minute, 119), None);
        assert_eq!(latest(&every_minute, 120), Some(120));
        assert_eq!(latest(&every_minute, 500), Some(480));
    }

    #[test]
    fn a_run_that_is_later_than_the_deadline_does_not_count() {
        let strict = cron_job("*/5 * * * *", Some(0), Some(10));
        assert_eq!(latest(&strict, 305), Some(300));
        assert_eq!(latest(&strict, 311), None);
    }

    #[test]
    fn a_hundred_missed_runs_are_many() {
        let clock = Clock::of(&cron_job("* * * * *", Some(0), None)).expect("a schedule");
        let missed = |now| clock.missed(&cron_job("* * * * *", Some(0), None), now, true).expect("a day");
        assert!(!missed(100 * 60).are_many());
        assert!(missed(101 * 60).are_many());
    }

    #[test]
    fn the_next_look_is_at_the_next_run() {
        let every_minute = cron_job("* * * * *", Some(60), None);
        let clock = Clock::of(&every_minute).expect("a schedule");
        assert_eq!(clock.next_look(&every_minute, 61), Some(120));
        assert_eq!(clock.next_look(&every_minute, 500), Some(540));
    }
}
