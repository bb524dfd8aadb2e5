//! `wait` and `kill`.

use super::super::{Dialect, Frame, Shell};
use super::{Done, Waiting};
use crate::kernel::{Status, Turn, Wait};
use crate::signal::Signal;
use crate::sys::Sys;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A `wait` under way.
#[derive(Clone, Debug)]
pub(in super::super) struct WaitingFor {
    /// Process ids and job names; empty is all.
    words: Vec<String>,
    next: usize,
    /// `wait -n`: the first to end.
    any: bool,
}

impl Shell {
    pub(super) fn wait(&mut self, _sys: &mut Sys<'_>, args: &[String]) -> Done {
        let any = args.first().is_some_and(|a| a == "-n");
        if any && self.dialect == Dialect::Dash {
            self.complain_as("wait", "Illegal option -n");
            return Done::Status(2);
        }
        let words = if any { &args[1..] } else { args };
        self.status = 0;
        Done::Wait(Waiting::For(WaitingFor { words: words.to_vec(), next: 0, any }))
    }

    pub(super) fn go_on_waiting(&mut self, sys: &mut Sys<'_>, mut waiting: WaitingFor) -> Turn {
        self.update_jobs(sys);
        if waiting.any {
            if let Some(at) = self.jobs.iter().position(|j| !j.foreign && j.status.is_some()) {
                let job = self.jobs.remove(at);
                // Busybox 1.35 takes "a child has ended" (1) for its wait status, which reads as signal 1.
                let ash = self.dialect == Dialect::Ash;
                self.status = if ash { 129 } else { job.status.map_or(0, Status::code) };
                return Turn::More;
            }
            if self.own_jobs().next().is_none() {
                self.status = 127;
                return Turn::More;
            }
        } else if waiting.words.is_empty() {
            for i in 0..self.jobs.len() {
                self.tell_job(i);
            }
            if self.own_jobs().all(|j| j.status.is_some()) {
                self.jobs.clear();
                self.status = 0;
                return Turn::More;
            }
        } else {
            while let Some(word) = waiting.words.get(waiting.next) {
                match self.find_job(word) {
                    Some(at) => {
                        let Some(status) = self.jobs[at].status else { break };
                        self.tell_job(at);
                        self.status = status.code();
                    }
                    None if word.parse::<u32>().is_err() && !word.starts_with('%') => {
                        let message = match self.dialect {
                            Dialect::Bash => format!("`{word}': not a pid or valid job spec"),
                            _ => format!("Illegal number: {word}"),
                        };
                        self.complain_as("wait", &message);
                        self.status = if self.dialect == Dialect::Bash { 1 } else { 2 };
                    }
                    None => {
                        let job = word.starts_with('%');
                        if self.dialect == Dialect::Bash || job {
                            let message = match self.dialect {
                                Dialect::Bash if job => format!("{word}: no such job"),
                                Dialect::Bash => format!("pid {word} is not a child of this shell"),
                                Dialect::Dash => format!("No such job: {word}"),
                                Dialect::Ash => format!("{word}: no such job"),
                            };
                            self.complain_as("wait", &message);
                        }
                        self.status = if job && self.dialect != Dialect::Bash { 2 } else { 127 };
                    }
                }
                waiting.next += 1;
            }
            if waiting.next >= waiting.words.len() {
                return Turn::More;
            }
        }
        if let Some(signal) = self.trapped(sys) {
            self.status = 128 + i32::from(signal.0);
            return Turn::More;
        }
        self.frames.push(Frame::Builtin(Waiting::For(waiting)));
        Turn::Wait(Wait::child())
    }

    fn tell_job(&mut self, at: usize) {
        let job = &mut self.jobs[at];
        if let Some(Status::Signal(signal)) = job.status
            && !job.told
        {
            job.told = true;
            let (pid, text) = (job.pid, job.text.clone());
            // bash says nothing of a background job that was asked to end.
            if self.dialect != Dialect::Bash || signal != Signal::TERM {
                self.tell_death(signal, pid, &text, false);
            }
        }
    }

    /// What `kill -l` prints.
    fn signal_list(&self) -> String {
        let known = (1..=31u8).chain(34..=64);
        match self.dialect {
            Dialect::Ash => (1..=31).map(|n| format!("{n:2}) {}\n", Signal(n).name())).collect(),
            // dash lists its table, in which the trap on exit is number 0.
            Dialect::Dash => {
                let names = known.map(|n| format!("{}\n", Signal(n).name()));
                core::iter::once("0\n".to_string()).chain(names).collect()
            }
            Dialect::Bash => {
                let entries: Vec<String> = known.map(|n| format!("{n:2}) SIG{}", Signal(n).name())).collect();
                entries.chunks(5).map(|row| row.join("\t") + "\n").collect()
            }
        }
    }

    pub(super) fn kill(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let mut signal = Some(Signal::TERM);
        let mut words = args;
        match words.first().map(String::as_str) {
            None => {
                let message = match self.dialect {
                    Dialect::Ash => "you need to specify whom to kill",
                    _ => "usage: kill [-s sigspec | -n signum | -sigspec] pid",
                };
                self.complain(message);
                return Done::Status(if self.dialect == Dialect::Ash { 1 } else { 2 });
            }
            Some("-l") => {
                let mut status = 0;
                for word in &words[1..] {
                    if self.dialect == Dialect::Dash && word.parse::<i32>().is_err() {
                        self.complain_as("kill", &format!("Illegal number: {word}"));
                        status = 2;
                        continue;
                    }
                    let number: i32 = word.parse().unwrap_or(0);
                    let signal =
                        Signal::parse(&(if number > 128 { number - 128 } else { number }).to_string());
                    let line = match (number, signal) {
                        (0, _) => Signal::parse(word).map(|s| s.0.to_string()).unwrap_or_default(),
                        (_, Some(signal)) => signal.name(),
                        _ => String::new(),
                    };
                    self.print(1, format!("{line}\n").as_bytes());
                }
                if words.len() == 1 {
                    let all = self.signal_list();
                    self.print(1, all.as_bytes());
                }
                return Done::Status(status);
            }
            Some("--") => words = &words[1..],
            Some(flag) if flag.starts_with('-') && flag.len() > 1 => {
                let (name, rest) = match flag {
                    "-s" | "-n" => (words.get(1).map_or("", |s| s.as_str()), words.get(2..).unwrap_or(&[])),
                    _ => (
                        flag[1..].trim_start_matches(
                            if flag.starts_with("-s") && flag.len() > 2 && !flag.starts_with("-si") {
                                "s"
                            } else {
                                "\0"
                            },
                        ),
                        &words[1..],
                    ),
                };
                signal = match name {
                    "0" => None,
                    name => match Signal::parse(name) {
                        Some(signal) => Some(signal),
                        None => {
                            let message = match self.dialect {
                                Dialect::Ash => format!("bad signal name '{name}'"),
                                Dialect::Dash => format!("Illegal option -{}", &name[..name.len().min(1)]),
                                Dialect::Bash => format!("{name}: invalid signal specification"),
                            };
                            self.complain_as("kill", &message);
                            return Done::Status(if self.dialect == Dialect::Dash { 2 } else { 1 });
                        }
                    },
                };
                words = rest;
                if words.first().is_some_and(|w| w == "--") {
                    words = &words[1..];
                }
            }
            _ => {}
        }
        let mut status = 0;
        for word in words {
            let pids: Vec<u32> = if word.starts_with('%') {
                self.find_job(word).map(|at| self.jobs[at].pid).into_iter().collect()
            } else {
                match word.parse::<i64>() {
                    Ok(0 | -1) => {
                        // The group, or all: every process that this one sees but itself and PID 1.
                        let me = sys.process().pid;
                        // The group holds the shell itself.
                        if word == "0"
                            && let Some(signal) = signal
                        {
                            sys.kernel.signal(sys.me, signal, true);
                        }
                        let space = sys.kernel.space_of(sys.container());
                        sys.kernel
                            .processes
                            .values()
                            .filter(|p| {
                                sys.kernel.space_of(p.container) == space && p.pid != me && p.pid != 1
                            })
                            .map(|p| p.pid)
                            .collect()
                    }
                    Ok(pid) => Vec::from([pid.unsigned_abs() as u32]),
                    Err(_) => Vec::new(),
                }
            };
            if pids.is_empty() && !matches!(word.as_str(), "0" | "-1") {
                let message = match self.dialect {
                    Dialect::Ash => format!("invalid number '{word}'"),
                    Dialect::Dash => format!("Illegal number: {word}"),
                    Dialect::Bash if word.starts_with('%') => format!("{word}: no such job"),
                    Dialect::Bash => format!("{word}: arguments must be process or job IDs"),
                };
                if self.dialect == Dialect::Ash {
                    self.complain(&message)
                } else {
                    self.complain_as("kill", &message)
                }
                status = if self.dialect == Dialect::Dash { 2 } else { 1 };
                continue;
            }
            for pid in pids {
                if let Err(errno) = sys.kill(pid, signal) {
                    status = 1;
                    match self.dialect {
                        Dialect::Ash => self.complain(&format!("can't kill pid {pid}: {}", errno.message())),
                        Dialect::Dash => self.complain_as("kill", errno.message()),
                        Dialect::Bash => self.complain_as("kill", &format!("({pid}) - {}", errno.message())),
                    }
                }
            }
        }
        Done::Status(status)
    }
}
