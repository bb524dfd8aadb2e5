//! Signals and traps.

use super::{Dialect, Frame, Shell, Source};
use crate::signal::Signal;
use crate::sys::Sys;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The pseudo-signal of `trap … ERR`.
const ERR: u8 = 100;

impl Shell {
    /// Tell the kernel which signals this shell wants to see.
    ///
    /// ash and dash have a handler for INT of their own, so that as PID 1 they end by it; bash has none.
    pub(super) fn watch_signals(&mut self, sys: &mut Sys<'_>) {
        let mut handled = 0;
        let mut ignored = sys.process().ignored;
        for (number, text) in self.traps.iter().filter(|(n, _)| **n > 0 && **n < 64) {
            let bit = 1u64 << number;
            if text.is_empty() {
                ignored |= bit;
                handled &= !bit;
            } else if !self.traps_are_shown_only {
                handled |= bit;
                ignored &= !bit;
            }
        }
        let p = sys.process_mut();
        if p.pid == 1 && self.dialect != Dialect::Bash && ignored & (1 << 2) == 0 {
            handled |= 1 << 2;
        }
        // bash runs its EXIT trap when TERM ends it; so it must see the signal.
        if self.dialect == Dialect::Bash
            && self.traps.get(&0).is_some_and(|t| !t.is_empty())
            && !self.traps_are_shown_only
        {
            handled |= ((1 << 1) | (1 << 2) | (1 << 15)) & !ignored;
        }
        p.handled = handled;
        p.ignored = ignored;
    }

    /// Set or (with `None`) reset a trap.
    pub(super) fn set_trap(&mut self, sys: &mut Sys<'_>, number: u8, text: Option<&str>) {
        if self.traps_are_shown_only {
            self.traps.retain(|_, t| t.is_empty());
            self.traps_are_shown_only = false;
        }
        match text {
            Some(text) => {
                self.traps.insert(number, text.into());
            }
            None => {
                self.traps.remove(&number);
            }
        }
        if (1..64).contains(&number) && text.is_none_or(|t| !t.is_empty()) {
            sys.process_mut().ignored &= !(1 << number);
        }
        self.watch_signals(sys);
    }

    /// A signal's number by a `trap` word; 0 for EXIT. dash knows no `SIG` prefix.
    pub(super) fn trap_number(&self, word: &str) -> Option<u8> {
        match word {
            "0" | "EXIT" => return Some(0),
            "ERR" if self.dialect != Dialect::Dash => return Some(ERR),
            "DEBUG" | "RETURN" if self.dialect == Dialect::Bash => return Some(ERR + 1),
            _ => {}
        }
        if self.dialect == Dialect::Dash && word.starts_with("SIG") {
            return None;
        }
        if self.dialect == Dialect::Dash && word.chars().any(|c| c.is_ascii_lowercase()) {
            // dash takes names in any case as well.
            return Signal::parse(word).map(|s| s.0);
        }
        Signal::parse(word).map(|s| s.0)
    }

    pub(super) fn trap_name(&self, number: u8) -> String {
        match number {
            0 => "EXIT".to_string(),
            ERR => "ERR".to_string(),
            n if self.dialect == Dialect::Bash => "SIG".to_string() + &Signal(n).name(),
            n => Signal(n).name(),
        }
    }

    /// Between commands: run the trap of a signal that came. `true` when there was one.
    pub(super) fn take_signals(&mut self, sys: &mut Sys<'_>) -> bool {
        let Some(first) = sys.process().pending.front().copied() else { return false };
        // bash that only has an EXIT trap dies of the signal at once; a trap of its own waits its turn.
        let dies = self.dialect == Dialect::Bash && !self.traps.contains_key(&first.0);
        if self.waits_in_foreground() && !dies {
            return false;
        }
        let Some(signal) = sys.process_mut().pending.pop_front() else { return false };
        match self.traps.get(&signal.0).filter(|t| !t.is_empty() && !self.traps_are_shown_only).cloned() {
            Some(text) => {
                self.frames.push(Frame::TrapEnd(self.status));
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Trap });
            }
            // Only a handler of the shell's own: it ends as if by the signal, after its EXIT trap.
            None => self.exit(sys, 128 + i32::from(signal.0)),
        }
        true
    }

    /// A trap waits for the end of what runs in the foreground.
    fn waits_in_foreground(&self) -> bool {
        match self.frames.last() {
            Some(Frame::Wait(_) | Frame::Simple(_) | Frame::Builtin(_)) => true,
            Some(
                Frame::Case { work, .. }
                | Frame::For { work, .. }
                | Frame::ForArith { work, .. }
                | Frame::Test { work, .. }
                | Frame::Redirects { work, .. },
            ) => work.sub.is_some(),
            Some(Frame::Restore(_) | Frame::RestoreVars(_) | Frame::Check | Frame::PipelineEnd { .. }) => {
                true
            }
            _ => false,
        }
    }

    /// Whether a signal with a trap has come: what `wait` and `read` look at.
    pub(super) fn trapped(&self, sys: &Sys<'_>) -> Option<Signal> {
        sys.process().pending.front().copied()
    }

    pub(super) fn run_error_trap(&mut self) {
        if self.suppress > 0 || self.traps_are_shown_only {
            return;
        }
        if let Some(text) = self.traps.get(&ERR).filter(|t| !t.is_empty()).cloned() {
            let in_function = self.frames.iter().any(|f| matches!(f, Frame::Call { .. }));
            if !in_function {
                self.frames.push(Frame::TrapEnd(self.status));
                self.frames.push(Frame::Source { text, at: 0, line: 1, kind: Source::Trap });
            }
        }
    }

    /// What `trap` alone prints.
    pub(super) fn list_traps(&mut self, wanted: impl Fn(u8) -> bool) {
        let lines: Vec<String> = self
            .traps
            .iter()
            .filter(|(number, _)| wanted(**number))
            .map(|(n, text)| {
                alloc::format!("trap -- '{}' {}\n", text.replace('\'', "'\\''"), self.trap_name(*n))
            })
            .collect();
        for line in lines {
            self.print(1, line.as_bytes());
        }
    }
}
