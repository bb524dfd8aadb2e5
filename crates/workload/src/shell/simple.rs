//! Simple commands: expand, redirect, assign, then find out who does it.

use super::ast;
use super::ast::{Assign, Command};
use super::builtins::{self, Done};
use super::machine::Tried;
use super::vars::Variable;
use super::{Dialect, Foreground, Frame, Saved, Shell, Work, redirect, trace};
use crate::exec;
use crate::fs::Errno;
use crate::kernel::Turn;
use crate::program::Program;
use crate::sys::Sys;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A simple command under way.
#[derive(Clone, Debug)]
pub(crate) struct Simple {
    command: Arc<Command>,
    tail: bool,
    stage: Stage,
    work: Work,
    args: Vec<String>,
    saved: Saved,
    /// Prefix assignments made so far: the variables as they were.
    old: Vec<(String, Option<Variable>)>,
    trace: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Words,
    Redirect(usize),
    Assign(usize),
    Run,
}

/// Builtins that POSIX calls special: their failure ends a shell, and assignments before them last.
pub(super) const SPECIAL: [&str; 15] = [
    ":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift",
    "times", "trap", "unset",
];

impl Simple {
    pub fn new(command: Arc<Command>, tail: bool) -> Self {
        Simple {
            command,
            tail,
            stage: Stage::Words,
            work: Work::default(),
            args: Vec::new(),
            saved: Vec::new(),
            old: Vec::new(),
            trace: String::new(),
        }
    }
}

impl Shell {
    /// A simple command that is given up half way.
    pub(super) fn abandon(&mut self, sys: &mut Sys<'_>, simple: Simple) {
        redirect::restore(sys, simple.saved);
        for (name, old) in simple.old.into_iter().rev() {
            self.vars.restore(&name, old);
        }
    }

    pub(super) fn simple(&mut self, sys: &mut Sys<'_>, mut simple: Box<Simple>) -> Turn {
        let command = simple.command.clone();
        let Command::Simple(tree) = &*command else { return Turn::More };
        if tree.line > 0 {
            self.line = tree.line;
        }
        loop {
            match simple.stage {
                Stage::Words => {
                    match self.attempt(sys, &mut simple.work, |e| e.words(&tree.words)) {
                        Tried::Ready(args) => simple.args = args,
                        Tried::Later(turn) => {
                            self.frames.push(Frame::Simple(simple));
                            return turn;
                        }
                        Tried::Failed => return Turn::More,
                    }
                    self.next(&mut simple, Stage::Redirect(0));
                }
                Stage::Redirect(i) => {
                    let Some(one) = tree.redirects.get(i) else {
                        self.next(&mut simple, Stage::Assign(0));
                        continue;
                    };
                    let target = match self.attempt(sys, &mut simple.work, |e| e.redirect_target(one)) {
                        Tried::Ready(target) => target,
                        Tried::Later(turn) => {
                            self.frames.push(Frame::Simple(simple));
                            return turn;
                        }
                        Tried::Failed => {
                            redirect::restore(sys, simple.saved);
                            return Turn::More;
                        }
                    };
                    let lasting = simple.args.first().is_some_and(|a| a == "exec")
                        && self.function(&simple.args).is_none();
                    let saved = if lasting { None } else { Some(&mut simple.saved) };
                    if !redirect::apply(self, sys, one, &target, saved) {
                        return self.redirect_failed(sys, *simple);
                    }
                    self.next(&mut simple, Stage::Redirect(i + 1));
                }
                Stage::Assign(i) => {
                    let Some(assign) = tree.assigns.get(i) else {
                        self.next(&mut simple, Stage::Run);
                        continue;
                    };
                    let prefix = !simple.args.is_empty() && !self.assigns_last(&simple.args, assign);
                    if prefix && !simple.old.iter().any(|(name, _)| *name == assign.name) {
                        simple.old.push((assign.name.clone(), self.vars.get(&assign.name).cloned()));
                    }
                    match self.attempt(sys, &mut simple.work, |e| e.assign(assign)) {
                        Tried::Ready(()) => {}
                        Tried::Later(turn) => {
                            self.frames.push(Frame::Simple(simple));
                            return turn;
                        }
                        Tried::Failed => {
                            redirect::restore(sys, simple.saved);
                            return Turn::More;
                        }
                    }
                    if prefix {
                        self.vars.entry(&assign.name).exported = true;
                    }
                    if self.options.xtrace {
                        self.trace_assign(&mut simple, assign);
                    }
                    self.next(&mut simple, Stage::Assign(i + 1));
                }
                Stage::Run => return self.carry_out(sys, *simple),
            }
        }
    }

    fn next(&self, simple: &mut Simple, stage: Stage) {
        simple.work = Work::default();
        simple.stage = stage;
    }

    fn function(&self, args: &[String]) -> Option<Arc<Command>> {
        self.functions.get(args.first()?).cloned()
    }

    /// Whether an assignment before this command stays: before a special builtin, outside bash. (bash's
    /// `declare a=(…)` is read as an assignment beside the word.)
    fn assigns_last(&self, args: &[String], assign: &Assign) -> bool {
        if self.dialect == Dialect::Bash {
            return matches!(assign.value, ast::Value::Array(_));
        }
        let first = args.first().map_or("", |a| a.as_str());
        SPECIAL.contains(&first) && self.function(args).is_none()
    }

    fn redirect_failed(&mut self, sys: &mut Sys<'_>, simple: Simple) -> Turn {
        redirect::restore(sys, simple.saved);
        let special = simple.args.first().is_some_and(|a| SPECIAL.contains(&a.as_str()));
        self.status = if self.dialect == Dialect::Dash { 2 } else { 1 };
        let bash_exec = simple.args.first().is_some_and(|a| a == "exec");
        if special && (self.dialect != Dialect::Bash || bash_exec) {
            let status = self.status;
            self.exit(sys, status);
        }
        Turn::More
    }

    /// `-x` shows assignments before a command on its line; bash gives each a line of its own.
    fn trace_assign(&mut self, simple: &mut Simple, assign: &Assign) {
        let value = self.vars.text(&assign.name).unwrap_or("");
        let text = trace::assignment(&assign.name, value, self.dialect);
        if simple.args.is_empty() || self.dialect == Dialect::Bash {
            self.trace(&text);
        } else {
            simple.trace.push_str(&text);
            simple.trace.push(' ');
        }
    }

    // ---- who does it ----

    fn carry_out(&mut self, sys: &mut Sys<'_>, simple: Simple) -> Turn {
        if self.options.xtrace && !simple.args.is_empty() {
            let words: Vec<String> = simple.args.iter().map(|a| trace::quoted(a, self.dialect)).collect();
            self.trace(&(simple.trace.clone() + &words.join(" ")));
            let declared = self.declared(&simple.args);
            declared.iter().for_each(|assignment| self.trace(assignment));
        }
        if self.options.noexec {
            redirect::restore(sys, simple.saved);
            return Turn::More;
        }
        let Some(last) = simple.args.last() else {
            redirect::restore(sys, simple.saved);
            self.status = self.substituted.unwrap_or(0);
            self.set_pipe_status(&[self.status]);
            return Turn::More;
        };
        if self.dialect == Dialect::Bash {
            self.vars.set("_", last.clone());
        }
        if !simple.saved.is_empty() {
            self.frames.push(Frame::Restore(simple.saved));
        }
        if !simple.old.is_empty() {
            self.frames.push(Frame::RestoreVars(simple.old));
        }
        self.dispatch(sys, simple.args, simple.tail, true)
    }

    /// Run a command by its words: a function, a builtin, or a program.
    pub(super) fn dispatch(
        &mut self,
        sys: &mut Sys<'_>,
        args: Vec<String>,
        tail: bool,
        functions: bool,
    ) -> Turn {
        let name = args[0].clone();
        if functions && let Some(body) = self.function(&args) {
            let params = core::mem::replace(&mut self.params, Arc::new(args[1..].to_vec()));
            self.frames.push(Frame::Call { params, locals: Vec::new() });
            self.frames.push(Frame::Command { command: body, tail: false });
            return Turn::More;
        }
        if builtins::known(self.dialect, &name) {
            let done = self.builtin(sys, args);
            return self.after_builtin(sys, done);
        }
        self.external(sys, args, tail)
    }

    pub(super) fn after_builtin(&mut self, sys: &mut Sys<'_>, done: Done) -> Turn {
        match done {
            Done::Status(status) => {
                self.status = status;
                self.set_pipe_status(&[status]);
            }
            Done::Wait(waiting) => return self.waiting(sys, waiting),
            Done::Exit(code) => self.exit(sys, code),
            Done::Went => {}
            Done::Become(program) => return Turn::Become(*program),
        }
        Turn::More
    }

    /// Whether the last command of a shell may take the shell's place.
    pub(super) fn traps_allow_tail(&self) -> bool {
        self.traps.values().all(|t| t.is_empty()) || self.traps_are_shown_only
    }

    /// What a program that this shell starts sees.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        self.vars.environment(&self.inherited, self.dialect != Dialect::Dash)
    }

    fn external(&mut self, sys: &mut Sys<'_>, args: Vec<String>, tail: bool) -> Turn {
        let env = self.environment();
        match self.find_program(sys, &args) {
            Err(status) => {
                self.status = status;
                Turn::More
            }
            Ok((program, argv)) => {
                // What `-x` has to say must be out before the shell is gone.
                if tail && self.traps_allow_tail() && self.flush(sys).is_none() {
                    self.become_program(sys, argv, env);
                    return Turn::Become(program);
                }
                let command = args.join(" ");
                let Some(child) = sys.fork(program) else {
                    self.complain("can't fork: Resource temporarily unavailable");
                    self.status = 2;
                    return Turn::More;
                };
                let mut child_sys = Sys { kernel: sys.kernel, me: child };
                let p = child_sys.process_mut();
                p.argv = Arc::new(argv);
                p.env = Arc::new(env);
                let children = Vec::from([(child, None)]);
                self.frames.push(Frame::Wait(Foreground { children, pipeline: false, command }));
                Turn::More
            }
        }
    }

    /// The process goes on as another program: it gets its words and environment, and loses its handlers.
    pub(super) fn become_program(
        &mut self,
        sys: &mut Sys<'_>,
        argv: Vec<String>,
        env: Vec<(String, String)>,
    ) {
        let p = sys.process_mut();
        p.argv = Arc::new(argv);
        p.env = Arc::new(env);
        p.handled = 0;
        p.pending.clear();
    }

    /// The program of a command. `Err` is the status when there is none; the message is printed.
    pub(super) fn find_program(
        &mut self,
        sys: &mut Sys<'_>,
        args: &[String],
    ) -> Result<(Program, Vec<String>), i32> {
        let name = &args[0];
        let default = if self.dialect == Dialect::Bash { exec::DEFAULT_PATH } else { "" };
        let path = self.vars.text("PATH").unwrap_or(default).to_string();
        let found = exec::find(sys, &path, name);
        let loaded = found.clone().and_then(|path| exec::load(sys, &path, args));
        let errno = match (loaded, found) {
            (Ok(loaded), _) => return Ok(loaded),
            // A text without `#!` is a script of this shell's.
            (Err(Errno::ENOEXEC), Ok(path)) => {
                let text = sys.read_file(&path).unwrap_or_default();
                if text.iter().take(80).any(|b| *b == 0) {
                    Errno::ENOEXEC
                } else {
                    let mut argv = Vec::from([self.name.to_string(), path]);
                    argv.extend(args[1..].iter().cloned());
                    let program = Program::Shell(Box::new(Shell::new(self.dialect, &argv)));
                    return Ok((program, argv));
                }
            }
            (Err(errno), _) => match exec::assumed(sys.kernel, sys.container(), args, errno, true) {
                Some(program) => return Ok((program, args.to_vec())),
                None => errno,
            },
        };
        let (words, status) = match (self.dialect, errno) {
            (Dialect::Bash, Errno::ENOENT) if name.contains('/') => (Errno::ENOENT.message(), 127),
            (Dialect::Bash, Errno::ENOENT) => ("command not found", 127),
            (Dialect::Bash, Errno::EISDIR) => ("Is a directory", 126),
            (_, Errno::ENOENT | Errno::ENOTDIR) => ("not found", 127),
            (_, Errno::ENOEXEC) => ("Exec format error", 126),
            (_, Errno::EISDIR) => ("Permission denied", 126),
            (_, errno) => (errno.message(), 126),
        };
        self.complain(&format!("{name}: {words}"));
        Err(status)
    }
}
