//! Background jobs.

use super::{Dialect, Shell};
use crate::kernel::{ProcId, Status};
use crate::sys::Sys;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A background job: the process that runs it, and its status once that ended.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub number: u32,
    pub child: ProcId,
    pub pid: u32,
    /// The command as it was written.
    pub text: String,
    pub status: Option<Status>,
    /// Its end by a signal was told.
    pub told: bool,
    /// It is a job of the shell that this one was forked from: it can be listed, and not waited for.
    pub foreign: bool,
}

impl Shell {
    pub(super) fn add_job(&mut self, child: ProcId, pid: u32, text: String) {
        self.jobs.retain(|j| !j.foreign);
        // Numbers of jobs that are done are given again.
        let number = self.jobs.iter().filter(|j| j.status.is_none()).map(|j| j.number).max().unwrap_or(0) + 1;
        self.jobs.push(Job { number, child, pid, text, status: None, told: false, foreign: false });
        if self.jobs.len() > 1_000 {
            self.jobs.remove(0);
        }
    }

    /// In a subshell: the jobs are the parent's now. dash forgets them.
    pub(super) fn disown_jobs(&mut self) {
        if self.dialect == Dialect::Dash {
            self.jobs.clear();
        }
        self.jobs.iter_mut().for_each(|job| job.foreign = true);
    }

    /// The jobs that this shell can wait for.
    pub(super) fn own_jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|j| !j.foreign)
    }

    /// Look which jobs have ended.
    pub(super) fn update_jobs(&mut self, sys: &mut Sys<'_>) {
        for job in self.jobs.iter_mut().filter(|j| j.status.is_none()) {
            if !job.foreign {
                job.status = sys.reap(job.child);
            }
            if job.status.is_none() && !sys.is_alive(job.child) {
                job.status = Some(Status::Code(127));
            }
        }
    }

    /// The job that a word names: a process id, `%1`, `%%`.
    pub(super) fn find_job(&self, word: &str) -> Option<usize> {
        let own = |at: &usize| !self.jobs[*at].foreign;
        if let Some(rest) = word.strip_prefix('%') {
            let at = match rest {
                "" | "%" | "+" => self.jobs.len().checked_sub(1),
                "-" => self.jobs.len().checked_sub(2),
                n => {
                    let n: u32 = n.parse().ok()?;
                    self.jobs.iter().rposition(|j| j.number == n)
                }
            };
            return at.filter(own);
        }
        let pid: u32 = word.parse().ok()?;
        self.jobs.iter().rposition(|j| j.pid == pid).filter(own)
    }

    /// What `jobs` prints: the last one is the current job, the one before it the previous.
    pub(super) fn list_jobs(&mut self, sys: &mut Sys<'_>, pids: bool) {
        self.update_jobs(sys);
        let running: Vec<&Job> = self.jobs.iter().filter(|j| j.status.is_none()).collect();
        let mut lines = String::new();
        for (i, job) in running.iter().enumerate() {
            let mark = match running.len() - i {
                1 => '+',
                2 => '-',
                _ => ' ',
            };
            let (number, text) = (job.number, &job.text);
            lines.push_str(&match self.dialect {
                _ if pids => format!("{}\n", job.pid),
                Dialect::Bash => format!("[{number}]{mark}  {:<24}{text} &\n", "Running"),
                // Without job control these two do not keep the words.
                Dialect::Dash => format!("[{number}] {mark} {:<27}\n", "Running"),
                Dialect::Ash => format!("[{number}]{mark}  {:<27}\n", "Running"),
            });
        }
        self.print(1, lines.as_bytes());
    }
}
