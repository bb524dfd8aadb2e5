//! The shell: `sh` of busybox (ash) and Debian (dash), and `bash`.
//!
//! A shell is a machine with an explicit stack of [`Frame`]s. One step takes the topmost frame, does a little, and
//! puts back what is left to do. So a shell can stop anywhere (for a child, a pipe, a signal), and a fork is a
//! clone with another stack. `machine.rs` walks the tree, `simple.rs` runs one command, `builtins/` are the
//! commands that the shell does itself.

pub(crate) mod arith;
pub(crate) mod ast;
mod braces;
mod builtins;
mod cond;
pub(crate) mod escapes;
mod expand;
mod invocation;
mod jobs;
mod machine;
pub(crate) mod parser;
pub(crate) mod pattern;
mod redirect;
mod simple;
mod trace;
mod traps;
mod vars;

use crate::fs::Errno;
use crate::kernel::{FileId, ProcId, Turn};
use crate::program::Program;
use crate::signal::Signal;
use crate::sys::{Sys, Written};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ast::*;
#[cfg(test)]
pub(crate) use builtins::names as builtin_names;
use expand::Memo;
use jobs::Job;
use lifepod_api::SimTime;
use simple::Simple;
use vars::{Variable, Vars};

/// Whether a command's first word is a shell: a name of one, or a path that ends in it.
pub fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "ash" | "bash" | "dash"))
}

/// Which shell it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// busybox `sh`.
    Ash,
    /// Debian `sh`.
    Dash,
    Bash,
}

/// What `set` sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub errexit: bool,
    pub nounset: bool,
    pub xtrace: bool,
    pub noglob: bool,
    pub noclobber: bool,
    pub noexec: bool,
    pub verbose: bool,
    pub allexport: bool,
    pub pipefail: bool,
    pub monitor: bool,
    pub notify: bool,
}

impl Options {
    /// Whether the option that this letter stands for is on.
    fn has(&self, letter: char) -> bool {
        match letter {
            'a' => self.allexport,
            'b' => self.notify,
            'e' => self.errexit,
            'f' => self.noglob,
            'm' => self.monitor,
            'n' => self.noexec,
            'u' => self.nounset,
            'v' => self.verbose,
            'x' => self.xtrace,
            'C' => self.noclobber,
            _ => false,
        }
    }
}

/// A shell and all it knows.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub dialect: Dialect,
    /// `$0`.
    pub name: Arc<str>,
    /// The words it was started with, until it has started.
    argv: Option<Arc<Vec<String>>>,
    /// Its script stands behind `-c`.
    from_words: bool,
    /// Its script comes by its standard input.
    from_input: bool,
    pub vars: Vars,
    pub functions: Arc<BTreeMap<String, Arc<Command>>>,
    pub aliases: Arc<BTreeMap<String, String>>,
    pub params: Arc<Vec<String>>,
    pub options: Options,
    pub nullglob: bool,
    frames: Vec<Frame>,
    pub status: i32,
    /// The status of the last command substitution of the command under way.
    substituted: Option<i32>,
    pub last_background: Option<(ProcId, u32)>,
    jobs: Vec<Job>,
    /// Texts by signal number; 0 is EXIT. An empty text ignores the signal.
    traps: BTreeMap<u8, Arc<str>>,
    /// Traps are only shown, not run: they are the parent's.
    traps_are_shown_only: bool,
    /// Above 0, a failure does not end the shell although `-e` is set.
    suppress: u32,
    is_subshell: bool,
    /// How many command substitutions it is inside of.
    substitution_depth: usize,
    /// `$$`.
    pub pid: u32,
    /// `$PPID`.
    pub parent: u32,
    pub line: u32,
    pub started: SimTime,
    pub getopts_offset: usize,
    inherited: Arc<Vec<(String, String)>>,
    /// Bytes on their way to a descriptor.
    out: VecDeque<(u32, Vec<u8>)>,
    /// The shell is ending with this code; its EXIT trap may still run.
    exiting: Option<i32>,
    directories: Vec<String>,
    hint: Option<Signal>,
}

/// What is left to do, innermost last.
#[derive(Clone, Debug)]
enum Frame {
    /// Text to be read and run, a line of commands at a time.
    Source {
        text: Arc<str>,
        at: usize,
        line: u32,
        kind: Source,
    },
    /// Commands to be run one after the other. `tail`: nothing comes after the last one in this process.
    Block {
        block: Block,
        next: usize,
        tail: bool,
    },
    Chain {
        chain: Arc<AndOr>,
        next: usize,
        tail: bool,
    },
    Pipeline {
        pipeline: Arc<Pipeline>,
        tail: bool,
    },
    /// The status of a pipeline is known: turn it around, print its time.
    PipelineEnd {
        negate: bool,
        timed: Option<SimTime>,
    },
    Command {
        command: Arc<Command>,
        tail: bool,
    },
    /// A failure within does not count for `-e`.
    Suppress,
    If {
        command: Arc<Command>,
        arm: usize,
        decided: bool,
        tail: bool,
    },
    While {
        command: Arc<Command>,
        phase: Phase,
        last: i32,
    },
    For {
        command: Arc<Command>,
        words: Option<Arc<Vec<String>>>,
        next: usize,
        work: Work,
    },
    ForArith {
        command: Arc<Command>,
        phase: u8,
        work: Work,
        last: i32,
    },
    Case {
        command: Arc<Command>,
        work: Work,
        tail: bool,
    },
    /// Arithmetic command or `[[ ]]`.
    Test {
        command: Arc<Command>,
        work: Work,
    },
    /// Redirections of a compound command, one after the other, before it runs.
    Redirects {
        command: Arc<Command>,
        next: usize,
        work: Work,
        saved: Saved,
        tail: bool,
    },
    /// Descriptors to be put back.
    Restore(Saved),
    Simple(Box<Simple>),
    /// Children of a foreground job.
    Wait(Foreground),
    /// A function's call: what comes back after it.
    Call {
        params: Arc<Vec<String>>,
        locals: Vec<(String, Option<Variable>)>,
    },
    /// Variables that were set for one command.
    RestoreVars(Vec<(String, Option<Variable>)>),
    /// The status from before a trap.
    TrapEnd(i32),
    /// A builtin that waits.
    Builtin(builtins::Waiting),
    /// A check that a simple command, subshell or pipeline did not fail under `-e`.
    Check,
}

/// Where a loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    /// The condition ran.
    Decided,
    BodyRan,
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Main,
    Eval,
    Dot,
    Trap,
    /// Standard input: the text is what was read of it.
    Input,
}

/// Descriptors as they were: `None` was closed.
type Saved = Vec<(u32, Option<FileId>)>;

/// An expansion that may have to wait for command substitutions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    memo: Memo,
    sub: Option<Substitution>,
}

/// A command substitution that runs.
#[derive(Clone, Debug)]
struct Substitution {
    child: ProcId,
    file: FileId,
    data: Vec<u8>,
    ended: bool,
}

/// Children that are waited for, in the foreground.
#[derive(Clone, Debug)]
struct Foreground {
    children: Vec<(ProcId, Option<i32>)>,
    /// It was a simple command or subshell, whose end by a signal is told.
    pipeline: bool,
    command: String,
}

impl Shell {
    /// A shell started with these words. What they say is done at the first step.
    pub fn new(dialect: Dialect, argv: &[String]) -> Self {
        Shell {
            dialect,
            name: argv.first().map_or("sh", |s| s.as_str()).into(),
            argv: Some(Arc::new(argv.to_vec())),
            from_words: false,
            from_input: false,
            vars: Vars::default(),
            functions: Arc::default(),
            aliases: Arc::default(),
            params: Arc::default(),
            options: Options::default(),
            nullglob: false,
            frames: Vec::new(),
            status: 0,
            substituted: None,
            last_background: None,
            jobs: Vec::new(),
            traps: BTreeMap::new(),
            traps_are_shown_only: false,
            suppress: 0,
            is_subshell: false,
            substitution_depth: 0,
            pid: 0,
            parent: 0,
            line: 1,
            started: SimTime::ZERO,
            getopts_offset: 0,
            inherited: Arc::default(),
            out: VecDeque::new(),
            exiting: None,
            directories: Vec::new(),
            hint: None,
        }
    }

    /// `$-`, each shell's letters in its own order; how it was started is among them.
    fn option_letters(&self) -> String {
        let order = match self.dialect {
            Dialect::Bash => "abefhmnuvxBCcs",
            _ => "ubaCvxcsnmfe",
        };
        let on = |letter: char| match letter {
            'c' => self.from_words && self.dialect != Dialect::Dash,
            's' => self.from_input,
            'h' | 'B' => true,
            letter => self.options.has(letter),
        };
        order.chars().filter(|letter| on(*letter)).collect()
    }

    /// What `test -v` and `test -o` ask of a shell.
    fn knows(&self, kind: char, name: &str) -> bool {
        match kind {
            'v' => match name.split_once('[') {
                Some((array, _)) => self.vars.get(array).is_some(),
                None => self.vars.text(name).is_some(),
            },
            _ => builtins::OPTIONS.iter().any(|(n, letter)| *n == name && self.options.has(*letter)),
        }
    }

    /// One step of the machine.
    pub fn step(&mut self, sys: &mut Sys<'_>) -> Turn {
        if let Some(argv) = self.argv.take() {
            self.start(sys, &argv);
            return Turn::More;
        }
        if let Some(turn) = self.flush(sys) {
            return turn;
        }
        if self.take_signals(sys) {
            return Turn::More;
        }
        match self.frames.pop() {
            Some(frame) => self.run(sys, frame),
            None => self.finish(sys),
        }
    }

    /// Nothing is left to do: run the EXIT trap, once, and end.
    fn finish(&mut self, sys: &mut Sys<'_>) -> Turn {
        let code = *self.exiting.get_or_insert(self.status);
        if let Some(text) = self.traps.remove(&0).filter(|t| !t.is_empty() && !self.traps_are_shown_only) {
            self.status = code;
            self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Trap });
            return Turn::More;
        }
        let _ = sys;
        Turn::Exit(code & 255)
    }

    /// End the shell: everything it was doing is given up, and its EXIT trap runs.
    fn exit(&mut self, sys: &mut Sys<'_>, code: i32) {
        while let Some(frame) = self.frames.pop() {
            self.clean_up(sys, frame);
        }
        self.exiting = Some(code);
        self.status = code;
    }

    /// Undo what a frame that is given up has changed.
    fn clean_up(&mut self, sys: &mut Sys<'_>, frame: Frame) {
        match frame {
            Frame::Suppress => self.suppress = self.suppress.saturating_sub(1),
            Frame::Restore(saved) | Frame::Redirects { saved, .. } => redirect::restore(sys, saved),
            Frame::Call { params, locals, .. } => {
                self.params = params;
                for (name, old) in locals.into_iter().rev() {
                    self.vars.restore(&name, old);
                }
            }
            Frame::RestoreVars(old) => {
                for (name, old) in old.into_iter().rev() {
                    self.vars.restore(&name, old);
                }
            }
            Frame::Simple(simple) => self.abandon(sys, *simple),
            _ => {}
        }
    }

    /// Write out what is waiting to be written. A turn when that takes time.
    fn flush(&mut self, sys: &mut Sys<'_>) -> Option<Turn> {
        while let Some((fd, bytes)) = self.out.pop_front() {
            match sys.write(fd, &bytes) {
                Written::Bytes(n) if n < bytes.len() => {
                    self.out.push_front((fd, bytes[n..].to_vec()));
                }
                Written::Bytes(_) => {}
                Written::Wait(wait) => {
                    self.out.push_front((fd, bytes));
                    return Some(Turn::Wait(wait));
                }
                Written::Fail(Errno::EPIPE) => {
                    sys.kernel.signal(sys.me, Signal::PIPE, true);
                    self.out.retain(|(other, _)| *other != fd);
                    if !sys.is_alive(sys.me) {
                        return Some(Turn::More);
                    }
                    self.status = 1;
                }
                Written::Fail(errno) => {
                    self.out.retain(|(other, _)| *other != fd);
                    self.status = 1;
                    if fd != 2 {
                        self.complain(&format!("write error: {}", errno.message()));
                    }
                }
            }
        }
        None
    }

    pub fn print(&mut self, fd: u32, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match self.out.back_mut() {
            Some((last, buffer)) if *last == fd => buffer.extend_from_slice(bytes),
            _ => self.out.push_back((fd, bytes.to_vec())),
        }
    }

    /// A message on standard error, in this shell's manner.
    pub fn complain(&mut self, message: &str) {
        let line = match self.dialect {
            Dialect::Ash => format!("{}: {message}\n", self.name),
            Dialect::Dash => format!("{}: {}: {message}\n", self.name, self.line),
            Dialect::Bash => format!("{}: line {}: {message}\n", self.name, self.line),
        };
        self.print(2, line.as_bytes());
    }

    /// A message of a builtin: ash names the builtin and a line that it never counts.
    fn complain_as(&mut self, builtin: &str, message: &str) {
        match self.dialect {
            Dialect::Ash => self.complain(&format!("{builtin}: line 0: {message}")),
            _ => self.complain(&format!("{builtin}: {message}")),
        }
    }

    /// A shell that runs something of this one in another process.
    fn subshell(&self, frame: Frame) -> Shell {
        let mut shell = self.clone();
        shell.frames = Vec::from([frame]);
        shell.out.clear();
        shell.disown_jobs();
        shell.is_subshell = true;
        shell.exiting = None;
        // Ignored signals stay ignored; the rest is the parent's, until the subshell sets its own.
        shell.traps_are_shown_only = true;
        shell
    }

    /// Start a subshell. `None` when there are too many processes.
    fn fork(&mut self, sys: &mut Sys<'_>, frame: Frame) -> Option<ProcId> {
        let shell = self.subshell(frame);
        let child = sys.fork(Program::Shell(Box::new(shell)));
        if child.is_none() {
            self.complain("can't fork: Resource temporarily unavailable");
        }
        child
    }

    fn pid_of(sys: &Sys<'_>, child: ProcId) -> u32 {
        sys.kernel.processes.get(&child).map_or(0, |p| p.pid)
    }
}
