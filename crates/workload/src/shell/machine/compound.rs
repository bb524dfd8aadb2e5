//! Compound commands.

use super::Tried;
use crate::kernel::Turn;
use crate::shell::ast::*;
use crate::shell::expand::Stop;
use crate::shell::pattern::Matcher;
use crate::shell::simple::Simple;
use crate::shell::{Dialect, Foreground, Frame, Phase, Shell, Work, redirect};
use crate::sys::Sys;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Shell {
    pub(super) fn command(&mut self, sys: &mut Sys<'_>, command: Arc<Command>, tail: bool) -> Turn {
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
    pub(super) fn enter(&mut self, sys: &mut Sys<'_>, command: &Arc<Command>, tail: bool) {
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

    pub(super) fn if_command(&mut self, command: Arc<Command>, arm: usize, decided: bool, tail: bool) {
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

    pub(super) fn while_command(&mut self, command: Arc<Command>, phase: Phase, last: i32) {
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

    pub(super) fn for_command(
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

    pub(super) fn for_arith(
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

    pub(super) fn case_command(
        &mut self,
        sys: &mut Sys<'_>,
        command: Arc<Command>,
        mut work: Work,
        tail: bool,
    ) -> Turn {
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
                // In bash the first command of an arm still sees the status of a substitution in the word.
                if self.dialect != Dialect::Bash || found.is_empty() || work.memo.results.is_empty() {
                    self.status = 0;
                }
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

    pub(super) fn test_command(&mut self, sys: &mut Sys<'_>, command: Arc<Command>, mut work: Work) -> Turn {
        let Command::Compound(compound, _) = &*command else { return Turn::More };
        let tried = self.attempt(sys, &mut work, |e| match compound {
            // A wrong expression only fails the command.
            Compound::Arith(word) => match e.arithmetic(word) {
                Err(Stop::Fatal(message, _)) => {
                    e.shell.complain(&format!("((: {message}"));
                    Ok(1)
                }
                value => value.map(|v| i32::from(v == 0)),
            },
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

    pub(super) fn redirects(
        &mut self,
        sys: &mut Sys<'_>,
        command: Arc<Command>,
        mut next: usize,
        mut work: Work,
        mut saved: crate::shell::Saved,
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
}
