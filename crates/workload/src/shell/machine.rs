//! Walking the tree: what one step does with each kind of frame.

use super::ast::*;
use super::expand::{Expander, Stop};
use super::parser::Parser;
use super::pattern::Matcher;
use super::simple::Simple;
use super::{Dialect, Foreground, Frame, Phase, Shell, Source, Substitution, Work, redirect};
use crate::kernel::{Status, Turn, Wait};
use crate::signal::Signal;
use crate::sys::{Read, Sys};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The most that a command substitution may bring.
const MAX_SUBSTITUTION: usize = 4 << 20;
/// How deep functions, evals and traps may nest.
const MAX_FRAMES: usize = 4_000;

/// How an attempt to expand ended.
pub(super) enum Tried<T> {
    Ready(T),
    /// Put the frame back and hand this turn to the kernel.
    Later(Turn),
    /// The shell is ending: the frame is done with.
    Failed,
}

impl Shell {
    pub(super) fn run(&mut self, sys: &mut Sys<'_>, frame: Frame) -> Turn {
        if self.frames.len() > MAX_FRAMES {
            self.complain("maximum function recursion depth exceeded");
            self.exit(sys, 2);
            return Turn::More;
        }
        match frame {
            Frame::Source { text, at, line, kind } => return self.source(sys, text, at, line, kind),
            Frame::Block { block, next, tail } => self.block(sys, block, next, tail),
            Frame::Chain { chain, next, tail } => self.chain(chain, next, tail),
            Frame::Pipeline { pipeline, tail } => self.pipeline(sys, &pipeline, tail),
            Frame::PipelineEnd { negate, timed } => {
                if let Some(start) = timed {
                    let real = sys.now().since(start).as_secs_f64();
                    let minutes = (real / 60.0) as u64;
                    let text = format!(
                        "\nreal\t{minutes}m{:.3}s\nuser\t0m0.000s\nsys\t0m0.000s\n",
                        real - minutes as f64 * 60.0
                    );
                    self.print(2, text.as_bytes());
                }
                if negate {
                    self.status = i32::from(self.status == 0);
                }
            }
            Frame::Command { command, tail } => return self.command(sys, command, tail),
            Frame::Suppress => self.suppress = self.suppress.saturating_sub(1),
            Frame::If { command, arm, decided, tail } => self.if_command(command, arm, decided, tail),
            Frame::While { command, phase, last } => self.while_command(command, phase, last),
            Frame::For { command, words, next, work } => {
                return self.for_command(sys, command, words, next, work);
            }
            Frame::ForArith { command, phase, work, last } => {
                return self.for_arith(sys, command, phase, work, last);
            }
            Frame::Case { command, work, tail } => return self.case_command(sys, command, work, tail),
            Frame::Test { command, work } => return self.test_command(sys, command, work),
            Frame::Redirects { command, next, work, saved, tail } => {
                return self.redirects(sys, command, next, work, saved, tail);
            }
            frame @ (Frame::Restore(_) | Frame::Call { .. } | Frame::RestoreVars(_)) => {
                self.clean_up(sys, frame)
            }
            Frame::Simple(simple) => return self.simple(sys, simple),
            Frame::Wait(foreground) => return self.wait_foreground(sys, foreground),
            Frame::TrapEnd(status) => self.status = status,
            Frame::Builtin(waiting) => return self.waiting(sys, waiting),
            Frame::Check => self.check_failure(sys),
        }
        Turn::More
    }

    /// Under `-e`, a failure that nobody looks at ends the shell.
    fn check_failure(&mut self, sys: &mut Sys<'_>) {
        if self.status != 0 {
            self.run_error_trap();
            if self.options.errexit && self.suppress == 0 {
                let status = self.status;
                self.exit(sys, status);
            }
        }
    }

    // ---- texts ----

    fn source(&mut self, sys: &mut Sys<'_>, text: Arc<str>, at: usize, line: u32, kind: Source) -> Turn {
        if kind == Source::Input {
            return self.input(sys, text);
        }
        if self.exiting.is_none() && self.options.noexec && kind == Source::Main {
            // `-n`: only look for errors.
            if let Err(error) = Parser::new(&text, at, line, self.dialect).all() {
                self.syntax_error(sys, &error.message, error.line, kind);
            }
            return Turn::More;
        }
        let source = self.with_aliases(&text, at);
        let (text, at) = match source {
            Some(replaced) => (replaced, 0),
            None => (text, at),
        };
        let mut parser = Parser::new(&text, at, line, self.dialect);
        match parser.next_commands() {
            Ok(None) => {
                if kind == Source::Trap && self.exiting.is_some() && self.frames.is_empty() {
                    // The EXIT trap ended without `exit`: the code from before holds.
                    self.status = self.exiting.unwrap_or(self.status);
                }
            }
            Ok(Some(block)) => {
                let (next, next_line) = (parser.at, parser.line);
                for warning in core::mem::take(&mut parser.warnings) {
                    self.line = next_line;
                    self.complain(&warning);
                }
                // ash and dash show what they read, and the words behind -c they were given.
                if self.options.verbose && (self.dialect == Dialect::Bash || !self.from_words) {
                    let typed = text[at..next].to_string();
                    self.print(2, typed.as_bytes());
                }
                // Busybox has not seen the end of a text that goes on with a newline; bash looks past it.
                let at_end = match self.dialect {
                    Dialect::Bash => text[next..].trim().is_empty() && self.from_words,
                    _ => next >= text.len() && !text.ends_with('\n'),
                };
                let tail = at_end
                    && kind == Source::Main
                    && self.dialect != Dialect::Dash
                    && self.frames.is_empty()
                    && self.traps.is_empty();
                if !tail {
                    self.frames.push(Frame::Source { text, at: next, line: next_line, kind });
                }
                self.frames.push(Frame::Block { block, next: 0, tail });
            }
            Err(error) => self.syntax_error(sys, &error.message, error.line, kind),
        }
        Turn::More
    }

    /// A shell without a script reads its standard input; what it has read so far is the text.
    fn input(&mut self, sys: &mut Sys<'_>, text: Arc<str>) -> Turn {
        match sys.read(0, 65_536) {
            Read::Data(data) => {
                let text: Arc<str> = (text.to_string() + &String::from_utf8_lossy(&data)).into();
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Input });
                Turn::More
            }
            Read::Wait(wait) => {
                // Lines that are complete are run at once, as an interactive user would see them.
                if let Some(end) = text.rfind('\n').map(|i| i + 1)
                    && Parser::new(&text[..end], 0, 1, self.dialect).all().is_ok()
                {
                    self.frames.push(Frame::Source {
                        text: text[end..].into(),
                        at: 0,
                        line: 1,
                        kind: Source::Input,
                    });
                    self.frames.push(Frame::Source {
                        text: text[..end].into(),
                        at: 0,
                        line: 1,
                        kind: Source::Eval,
                    });
                    return Turn::More;
                }
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Input });
                Turn::Wait(wait)
            }
            Read::Eof | Read::Fail(_) => {
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Main });
                Turn::More
            }
        }
    }

    fn syntax_error(&mut self, sys: &mut Sys<'_>, message: &str, line: u32, kind: Source) {
        self.line = line;
        match self.dialect {
            Dialect::Ash => self.complain(message),
            Dialect::Dash => {
                let message = message.replacen("syntax error", "Syntax error", 1);
                self.complain(&message);
            }
            Dialect::Bash => {
                let shown = message.replacen("syntax error: near", "syntax error near", 1);
                self.complain(&format!("{}{shown}", if kind == Source::Main { "-c: " } else { "" }));
            }
        }
        if self.dialect == Dialect::Bash && matches!(kind, Source::Eval | Source::Dot | Source::Trap) {
            self.status = if kind == Source::Dot { 1 } else { 2 };
            return;
        }
        self.exit(sys, 2);
    }

    // ---- lists ----

    fn block(&mut self, sys: &mut Sys<'_>, block: Block, next: usize, tail: bool) {
        let Some(item) = block.get(next) else { return };
        let last = next + 1 == block.len();
        self.line = item.line;
        let (chain, background, text) = (item.chain.clone(), item.background, item.text.clone());
        let keep_tail = tail && self.traps_allow_tail();
        if !last {
            self.frames.push(Frame::Block { block, next: next + 1, tail });
        }
        if background {
            self.background(sys, chain, text);
        } else {
            self.frames.push(Frame::Chain { chain, next: 0, tail: last && keep_tail });
        }
    }

    fn chain(&mut self, chain: Arc<AndOr>, next: usize, tail: bool) {
        if let Some(i) = next.checked_sub(1)
            && let Some((and, _)) = chain.rest.get(i)
            && *and != (self.status == 0)
        {
            // Short-circuited: look at the next one.
            if next < chain.rest.len() {
                self.frames.push(Frame::Chain { chain, next: next + 1, tail });
            }
            return;
        }
        let pipeline = match next.checked_sub(1) {
            None => chain.first.clone(),
            Some(i) => match chain.rest.get(i) {
                Some((_, pipeline)) => pipeline.clone(),
                None => return,
            },
        };
        let last = next == chain.rest.len();
        if last {
            self.frames.push(Frame::Pipeline { pipeline, tail });
        } else {
            self.frames.push(Frame::Chain { chain, next: next + 1, tail });
            self.frames.push(Frame::Suppress);
            self.suppress += 1;
            self.frames.push(Frame::Pipeline { pipeline, tail: false });
        }
    }

    fn pipeline(&mut self, sys: &mut Sys<'_>, pipeline: &Arc<Pipeline>, tail: bool) {
        let timed = pipeline.timed.then(|| sys.now());
        let plain = !pipeline.negate && timed.is_none();
        if !plain {
            self.frames.push(Frame::PipelineEnd { negate: pipeline.negate, timed });
        }
        if pipeline.negate {
            self.frames.push(Frame::Suppress);
            self.suppress += 1;
        }
        if let [command] = &pipeline.commands[..] {
            self.frames.push(Frame::Command { command: command.clone(), tail: tail && plain });
            return;
        }
        self.frames.push(Frame::Check);
        let mut children = Vec::new();
        let mut input = None;
        let count = pipeline.commands.len();
        for (i, command) in pipeline.commands.iter().enumerate() {
            let pipe = (i + 1 < count).then(|| sys.pipe());
            let child = self.fork(sys, Frame::Command { command: command.clone(), tail: true });
            if let Some(child) = child {
                let mut child_sys = Sys { kernel: sys.kernel, me: child };
                if let Some(input) = input {
                    child_sys.kernel.retain(input);
                    child_sys.set_fd(0, input);
                }
                if let Some((_, write)) = pipe {
                    child_sys.kernel.retain(write);
                    child_sys.set_fd(1, write);
                }
                children.push((child, None));
            }
            if let Some(input) = input {
                sys.kernel.release(input);
            }
            if let Some((_, write)) = pipe {
                sys.kernel.release(write);
            }
            input = pipe.map(|(read, _)| read);
        }
        self.frames.push(Frame::Wait(Foreground { children, pipeline: true, command: String::new() }));
    }

    /// Run a chain in another process and go on.
    fn background(&mut self, sys: &mut Sys<'_>, chain: Arc<AndOr>, text: String) {
        let frame = Frame::Chain { chain, next: 0, tail: true };
        let Some(child) = self.fork(sys, frame) else { return };
        let mut child_sys = Sys { kernel: sys.kernel, me: child };
        // Without job control, background jobs ignore INT and QUIT, and read nothing.
        child_sys.process_mut().ignored |= (1 << Signal::INT.0) | (1 << Signal::QUIT.0);
        let null = child_sys.kernel.open_file(crate::kernel::Target::Null, true, false, false);
        child_sys.set_fd(0, null);
        let pid = Shell::pid_of(sys, child);
        self.last_background = Some((child, pid));
        self.add_job(child, pid, text);
        self.status = 0;
    }

    // ---- commands ----

    fn command(&mut self, sys: &mut Sys<'_>, command: Arc<Command>, tail: bool) -> Turn {
        match &*command {
            Command::Simple(_) => {
                self.frames.push(Frame::Check);
                let simple = Simple::new(command, tail);
                self.substituted = None;
                return self.simple(sys, Box::new(simple));
            }
            Command::Function(name, body) => {
                Arc::make_mut(&mut self.functions).insert(name.clone(), body.clone());
                self.status = 0;
            }
            Command::Compound(Compound::Subshell(_), _) => self.enter(sys, &command, tail),
            Command::Compound(_, redirects) if redirects.is_empty() => self.enter(sys, &command, tail),
            Command::Compound(..) => {
                let (work, saved) = (Work::default(), Vec::new());
                self.frames.push(Frame::Redirects { command, next: 0, work, saved, tail: false });
            }
        }
        Turn::More
    }

    /// Begin a compound command whose redirections are in place.
    fn enter(&mut self, sys: &mut Sys<'_>, command: &Arc<Command>, tail: bool) {
        let Command::Compound(compound, redirects) = &**command else { return };
        let (command, work) = (command.clone(), Work::default());
        match compound {
            Compound::Brace(block) => {
                self.frames.push(Frame::Block { block: block.clone(), next: 0, tail });
            }
            Compound::Subshell(block) => {
                let inner = Frame::Block { block: block.clone(), next: 0, tail: true };
                let frame = if redirects.is_empty() {
                    inner
                } else {
                    let inside =
                        Arc::new(Command::Compound(Compound::Brace(block.clone()), redirects.clone()));
                    Frame::Command { command: inside, tail: true }
                };
                if tail && self.traps.is_empty() && self.dialect == Dialect::Ash {
                    self.is_subshell = true;
                    self.frames.push(frame);
                    return;
                }
                self.frames.push(Frame::Check);
                if let Some(child) = self.fork(sys, frame) {
                    let children = Vec::from([(child, None)]);
                    self.frames.push(Frame::Wait(Foreground {
                        children,
                        pipeline: false,
                        command: String::new(),
                    }));
                } else {
                    self.status = 2;
                }
            }
            Compound::If(_) => self.frames.push(Frame::If { command, arm: 0, decided: false, tail }),
            Compound::While { .. } => {
                self.frames.push(Frame::While { command, phase: Phase::Start, last: 0 });
            }
            Compound::For { .. } => self.frames.push(Frame::For { command, words: None, next: 0, work }),
            Compound::ForArith { .. } => {
                self.frames.push(Frame::ForArith { command, phase: 0, work, last: 0 })
            }
            Compound::Case { .. } => self.frames.push(Frame::Case { command, work, tail }),
            Compound::Arith(_) | Compound::Cond(_) => {
                self.frames.push(Frame::Check);
                self.frames.push(Frame::Test { command, work });
            }
        }
    }

    fn if_command(&mut self, command: Arc<Command>, arm: usize, decided: bool, tail: bool) {
        let Command::Compound(Compound::If(arms), _) = &*command else { return };
        let Some((condition, body)) = arms.get(arm) else {
            self.status = 0;
            return;
        };
        match condition {
            Some(condition) if !decided => {
                let condition = condition.clone();
                self.frames.push(Frame::If { command, arm, decided: true, tail });
                self.frames.push(Frame::Suppress);
                self.suppress += 1;
                self.frames.push(Frame::Block { block: condition, next: 0, tail: false });
            }
            Some(_) if self.status != 0 => {
                self.frames.push(Frame::If { command, arm: arm + 1, decided: false, tail });
            }
            _ => {
                let body = body.clone();
                self.frames.push(Frame::Block { block: body, next: 0, tail });
            }
        }
    }

    fn while_command(&mut self, command: Arc<Command>, phase: Phase, last: i32) {
        let Command::Compound(Compound::While { until, condition, body }, _) = &*command else { return };
        if phase == Phase::Decided {
            if (self.status == 0) == *until {
                self.status = last;
                return;
            }
            let block = body.clone();
            self.frames.push(Frame::While { command, phase: Phase::BodyRan, last });
            self.frames.push(Frame::Block { block, next: 0, tail: false });
            return;
        }
        // The loop's status is its body's last one, and 0 when the body never ran.
        let last = if phase == Phase::BodyRan { self.status } else { 0 };
        let block = condition.clone();
        self.frames.push(Frame::While { command, phase: Phase::Decided, last });
        self.frames.push(Frame::Suppress);
        self.suppress += 1;
        self.frames.push(Frame::Block { block, next: 0, tail: false });
    }

    fn for_command(
        &mut self,
        sys: &mut Sys<'_>,
        command: Arc<Command>,
        words: Option<Arc<Vec<String>>>,
        next: usize,
        mut work: Work,
    ) -> Turn {
        let Command::Compound(Compound::For { name, words: list, body }, _) = &*command else {
            return Turn::More;
        };
        let words = match words {
            Some(words) => words,
            None => {
                let expanded = match list {
                    None => Tried::Ready(self.params.to_vec()),
                    Some(list) => self.attempt(sys, &mut work, |e| e.words(list)),
                };
                match expanded {
                    Tried::Ready(words) => {
                        self.status = 0;
                        Arc::new(words)
                    }
                    Tried::Later(turn) => {
                        self.frames.push(Frame::For { command, words: None, next, work });
                        return turn;
                    }
                    Tried::Failed => return Turn::More,
                }
            }
        };
        if let Some(word) = words.get(next) {
            if !self.vars.set(name, word.clone()) {
                self.complain(&format!("{name}: is read only"));
                self.exit(sys, 2);
                return Turn::More;
            }
            let block = body.clone();
            self.frames.push(Frame::For { command, words: Some(words), next: next + 1, work });
            self.frames.push(Frame::Block { block, next: 0, tail: false });
        }
        Turn::More
    }

    fn for_arith(
        &mut self,
        sys: &mut Sys<'_>,
        command: Arc<Command>,
        phase: u8,
        mut work: Work,
        last: i32,
    ) -> Turn {
        let Command::Compound(Compound::ForArith { init, condition, step, body }, _) = &*command else {
            return Turn::More;
        };
        let expression = match phase {
            0 => init,
            1 => condition,
            _ => step,
        };
        let last = if phase == 2 { self.status } else { last };
        let empty = matches!(&expression[..], [Part::Double(w)] if matches!(&w[..], [Part::Quoted(t)] if t.trim().is_empty()));
        match self.attempt(sys, &mut work, |e| if empty { Ok(1) } else { e.arithmetic(expression) }) {
            Tried::Ready(value) => {
                let work = Work::default();
                if phase == 1 && value == 0 {
                    self.status = last;
                    return Turn::More;
                }
                let next = if phase == 1 { 2 } else { 1 };
                let block = body.clone();
                self.frames.push(Frame::ForArith { command: command.clone(), phase: next, work, last });
                if phase == 1 {
                    self.frames.push(Frame::Block { block, next: 0, tail: false });
                }
                Turn::More
            }
            Tried::Later(turn) => {
                self.frames.push(Frame::ForArith { command: command.clone(), phase, work, last });
                turn
            }
            Tried::Failed => Turn::More,
        }
    }

    fn case_command(&mut self, sys: &mut Sys<'_>, command: Arc<Command>, mut work: Work, tail: bool) -> Turn {
        let Command::Compound(Compound::Case { word, arms }, _) = &*command else { return Turn::More };
        let chosen = self.attempt(sys, &mut work, |e| {
            let text = e.text(word)?;
            let mut found = Vec::new();
            let mut falls = false;
            for (i, arm) in arms.iter().enumerate() {
                let mut hit = falls;
                for pattern in &arm.patterns {
                    if hit {
                        break;
                    }
                    hit = Matcher::new(&e.pattern(pattern)?).matches(&text);
                }
                if hit {
                    found.push(i);
                    falls = arm.end == ArmEnd::FallThrough;
                    if arm.end == ArmEnd::Done {
                        break;
                    }
                }
            }
            Ok(found)
        });
        match chosen {
            Tried::Ready(found) => {
                self.status = 0;
                let only = found.len() == 1;
                for i in found.into_iter().rev() {
                    self.frames.push(Frame::Block {
                        block: arms[i].body.clone(),
                        next: 0,
                        tail: tail && only,
                    });
                }
                Turn::More
            }
            Tried::Later(turn) => {
                self.frames.push(Frame::Case { command: command.clone(), work, tail });
                turn
            }
            Tried::Failed => Turn::More,
        }
    }

    fn test_command(&mut self, sys: &mut Sys<'_>, command: Arc<Command>, mut work: Work) -> Turn {
        let Command::Compound(compound, _) = &*command else { return Turn::More };
        let tried = self.attempt(sys, &mut work, |e| match compound {
            Compound::Arith(word) => e.arithmetic(word).map(|v| i32::from(v == 0)),
            Compound::Cond(cond) => e.condition(cond),
            _ => Ok(0),
        });
        match tried {
            Tried::Ready(status) => {
                self.status = status;
                Turn::More
            }
            Tried::Later(turn) => {
                self.frames.push(Frame::Test { command: command.clone(), work });
                turn
            }
            Tried::Failed => Turn::More,
        }
    }

    fn redirects(
        &mut self,
        sys: &mut Sys<'_>,
        command: Arc<Command>,
        mut next: usize,
        mut work: Work,
        mut saved: super::Saved,
        tail: bool,
    ) -> Turn {
        let Command::Compound(_, redirects) = &*command else { return Turn::More };
        while let Some(redirect) = redirects.get(next) {
            match self.attempt(sys, &mut work, |e| e.redirect_target(redirect)) {
                Tried::Ready(target) => {
                    if !redirect::apply(self, sys, redirect, &target, Some(&mut saved)) {
                        redirect::restore(sys, saved);
                        self.status = if self.dialect == Dialect::Dash { 2 } else { 1 };
                        self.frames.push(Frame::Check);
                        return Turn::More;
                    }
                }
                Tried::Later(turn) => {
                    self.frames.push(Frame::Redirects { command: command.clone(), next, work, saved, tail });
                    return turn;
                }
                Tried::Failed => {
                    redirect::restore(sys, saved);
                    return Turn::More;
                }
            }
            work = Work::default();
            next += 1;
        }
        self.frames.push(Frame::Restore(saved));
        self.enter(sys, &command, tail);
        Turn::More
    }

    // ---- waiting ----

    fn wait_foreground(&mut self, sys: &mut Sys<'_>, mut foreground: Foreground) -> Turn {
        for (child, code) in foreground.children.iter_mut().filter(|(_, code)| code.is_none()) {
            let pid = sys.process().done.iter().find(|(id, ..)| id == child).map_or(0, |(_, pid, _)| *pid);
            let Some(status) = sys.reap(*child) else {
                if !sys.is_alive(*child) {
                    *code = Some(127);
                }
                continue;
            };
            *code = Some(status.code());
            if let Status::Signal(signal) = status {
                self.tell_death(signal, pid, &foreground.command, foreground.pipeline);
            }
        }
        if foreground.children.iter().any(|(_, code)| code.is_none()) {
            self.frames.push(Frame::Wait(foreground));
            return Turn::Wait(Wait::child());
        }
        // Waiting for any child, as a shell does, also takes background jobs that have ended.
        self.update_jobs(sys);
        let codes: Vec<i32> = foreground.children.iter().map(|(_, code)| code.unwrap_or(0)).collect();
        self.status = codes.last().copied().unwrap_or(0);
        if self.options.pipefail
            && let Some(failed) = codes.iter().rev().find(|c| **c != 0)
        {
            self.status = *failed;
        }
        if self.dialect == Dialect::Bash {
            self.set_array("PIPESTATUS", codes.iter().map(ToString::to_string).collect());
        }
        if self.status == 130
            && sys.process().pid != 1
            && self.traps.is_empty()
            && self.hint == Some(Signal::INT)
        {
            self.exit(sys, 130);
        }
        Turn::More
    }

    /// `Terminated`, as a shell tells of a child that a signal ended.
    pub(super) fn tell_death(&mut self, signal: Signal, pid: u32, command: &str, pipeline: bool) {
        if signal == Signal::INT || signal == Signal::PIPE {
            return;
        }
        let Some(words) = signal.description() else { return };
        if self.dialect == Dialect::Bash {
            if !pipeline {
                let width = 24usize.saturating_sub(words.len());
                self.complain(&format!("{pid:5} {words}{:width$}{command}", ""));
            }
        } else {
            self.print(2, format!("{words}\n").as_bytes());
        }
    }

    // ---- expansions that may take time ----

    /// Try an expansion; when it needs a command substitution, start that and come back later.
    pub(super) fn attempt<T>(
        &mut self,
        sys: &mut Sys<'_>,
        work: &mut Work,
        expand: impl FnOnce(&mut Expander<'_, '_>) -> Result<T, Stop>,
    ) -> Tried<T> {
        if let Some(sub) = work.sub.take() {
            match self.collect(sys, sub) {
                Ok(text) => work.memo.results.push(text),
                Err((sub, turn)) => {
                    work.sub = Some(sub);
                    return Tried::Later(turn);
                }
            }
        }
        let mut expander = Expander { shell: self, sys, memo: &mut work.memo };
        expander.rewind();
        match expand(&mut expander) {
            Ok(value) => Tried::Ready(value),
            Err(Stop::Substitute(block)) => match self.substitute(sys, block) {
                Some(sub) => {
                    work.sub = Some(sub);
                    Tried::Later(Turn::More)
                }
                None => {
                    self.exit(sys, 2);
                    Tried::Failed
                }
            },
            Err(Stop::Process { read, body }) => {
                let path = self.process_substitution(sys, read, body);
                work.memo.results.push(path);
                Tried::Later(Turn::More)
            }
            Err(Stop::Fatal(message, status)) => {
                self.complain(&message);
                self.exit(sys, status);
                Tried::Failed
            }
        }
    }

    fn substitute(&mut self, sys: &mut Sys<'_>, block: Block) -> Option<Substitution> {
        let block = if self.dialect == Dialect::Bash { reads_file(&block) } else { block };
        let (read, write) = sys.pipe();
        let mut shell = self.subshell(Frame::Block { block, next: 0, tail: true });
        match self.dialect {
            Dialect::Bash => shell.options.errexit = false,
            Dialect::Dash => shell.suppress = 0,
            Dialect::Ash => shell.suppress += 1,
        }
        let child = sys.fork(crate::program::Program::Shell(Box::new(shell)));
        let Some(child) = child else {
            sys.kernel.release(read);
            sys.kernel.release(write);
            self.complain("can't fork: Resource temporarily unavailable");
            return None;
        };
        Sys { kernel: sys.kernel, me: child }.set_fd(1, write);
        Some(Substitution { child, file: read, data: Vec::new(), ended: false })
    }

    /// The output of a substitution, once its pipe is closed and its process has ended.
    fn collect(&mut self, sys: &mut Sys<'_>, mut sub: Substitution) -> Result<String, (Substitution, Turn)> {
        while !sub.ended {
            match sys.read_open(sub.file, 65_536) {
                Read::Data(data) => {
                    sub.data.extend_from_slice(&data);
                    if sub.data.len() > MAX_SUBSTITUTION {
                        sys.assume("$(…)", "output beyond 4 MiB is not kept");
                        sub.ended = true;
                    }
                }
                Read::Wait(wait) => return Err((sub, Turn::Wait(wait))),
                Read::Eof | Read::Fail(_) => sub.ended = true,
            }
        }
        let code = match sys.reap(sub.child) {
            Some(status) => status.code(),
            None if sys.is_alive(sub.child) => return Err((sub, Turn::Wait(Wait::child()))),
            None => 0,
        };
        sys.kernel.release(sub.file);
        self.status = code;
        self.substituted = Some(code);
        let mut text = String::from_utf8_lossy(&sub.data).into_owned();
        if text.contains('\0') && self.dialect == Dialect::Bash {
            self.complain("warning: command substitution: ignored null byte in input");
        }
        text.retain(|c| c != '\0');
        text.truncate(text.trim_end_matches('\n').len());
        Ok(text)
    }

    /// `<(…)`: a child at the other end of a pipe that has a name.
    fn process_substitution(&mut self, sys: &mut Sys<'_>, read: bool, body: Block) -> String {
        let (read_end, write_end) = sys.pipe();
        let child = self.fork(sys, Frame::Block { block: body, next: 0, tail: true });
        let (ours, theirs) = if read { (read_end, write_end) } else { (write_end, read_end) };
        if let Some(child) = child {
            Sys { kernel: sys.kernel, me: child }.set_fd(u32::from(read), theirs);
        } else {
            sys.kernel.release(theirs);
        }
        let fd = (60..).find(|fd| sys.fd(*fd).is_none()).unwrap_or(60);
        sys.set_fd(fd, ours);
        format!("/dev/fd/{fd}")
    }
}

/// `$(<file)` is bash's own way to write `$(cat file)`.
fn reads_file(block: &Block) -> Block {
    if let [item] = &block[..]
        && item.chain.rest.is_empty()
        && let [command] = &item.chain.first.commands[..]
        && let Command::Simple(simple) = &**command
        && simple.words.is_empty()
        && simple.assigns.is_empty()
        && matches!(&simple.redirects[..], [r] if r.op == RedirectOp::Read)
    {
        let mut simple = simple.clone();
        simple.words.push(Vec::from([Part::Literal("cat".to_string())]));
        let commands = Vec::from([Arc::new(Command::Simple(simple))]);
        let first = Arc::new(Pipeline { negate: false, timed: false, commands });
        let chain = Arc::new(AndOr { first, rest: Vec::new() });
        return Arc::new(Vec::from([Item {
            chain,
            background: false,
            text: String::new(),
            line: item.line,
        }]));
    }
    block.clone()
}
