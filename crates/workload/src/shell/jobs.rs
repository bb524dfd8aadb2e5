//! Background jobs.

use super::Shell;
use crate::kernel::{ProcId, Status};
use crate::sys::Sys;
use alloc::string::String;
use alloc::vec::Vec;

/// A background job: the process that runs it, and its status once that ended.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub number: u32,
    pub child: ProcId,
    pub pid: u32,
    pub status: Option<Status>,
    /// Its end by a signal was told.
    pub told: bool,
}

impl Shell {
    pub(super) fn add_job(&mut self, child: ProcId, pid: u32) {
        let number = self.jobs.last().map_or(1, |j| j.number + 1);
        self.jobs.push(Job { number, child, pid, status: None, told: false });
        if self.jobs.len() > 1_000 {
            self.jobs.remove(0);
        }
    }

    /// Look which jobs have ended.
    pub(super) fn update_jobs(&mut self, sys: &mut Sys<'_>) {
        for job in self.jobs.iter_mut().filter(|j| j.status.is_none()) {
            job.status = sys.reap(job.child);
            if job.status.is_none() && !sys.is_alive(job.child) {
                job.status = Some(Status::Code(127));
            }
        }
    }

    /// The job that a word names: a process id, `%1`, `%%`.
    pub(super) fn find_job(&self, word: &str) -> Option<usize> {
        if let Some(rest) = word.strip_prefix('%') {
            return match rest {
                "" | "%" | "+" => self.jobs.len().checked_sub(1),
                "-" => self.jobs.len().checked_sub(2),
                n => {
                    let n: u32 = n.parse().ok()?;
                    self.jobs.iter().position(|j| j.number == n)
                }
            };
        }
        let pid: u32 = word.parse().ok()?;
        self.jobs.iter().rposition(|j| j.pid == pid)
    }

    /// What `jobs` prints.
    pub(super) fn list_jobs(&mut self, sys: &mut Sys<'_>, pids: bool) {
        self.update_jobs(sys);
        let lines: Vec<String> = self
            .jobs
            .iter()
            .filter(|j| j.status.is_none())
            .map(|j| {
                if pids {
                    alloc::format!("{}\n", j.pid)
                } else {
                    let mark = if j.number == self.jobs.len() as u32 { '+' } else { '-' };
                    alloc::format!("[{}] {mark} Running\n", j.number)
                }
            })
            .collect();
        for line in lines {
            self.print(1, line.as_bytes());
        }
    }
}
