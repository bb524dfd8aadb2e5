//! Signals: their names, numbers and default actions.

use alloc::string::{String, ToString};

/// A signal, by its Linux number (1 to 64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(pub u8);

/// What a signal does to a process that neither handles nor ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    /// The process ends.
    End,
    /// Nothing.
    Ignore,
    /// The process is suspended.
    Stop,
    /// A suspended process goes on.
    Continue,
}

/// Names by number, from 1; x86-64 and arm64 agree on them.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
];

impl Signal {
    /// Terminal hang-up; by custom, "read your configuration again".
    pub const HUP: Signal = Signal(1);
    /// Interrupt from the keyboard.
    pub const INT: Signal = Signal(2);
    /// Quit from the keyboard; nginx drains on it.
    pub const QUIT: Signal = Signal(3);
    /// Abort.
    pub const ABRT: Signal = Signal(6);
    /// The signal that nothing survives.
    pub const KILL: Signal = Signal(9);
    /// Free for programs.
    pub const USR1: Signal = Signal(10);
    /// Free for programs.
    pub const USR2: Signal = Signal(12);
    /// Wrote to a pipe that nobody reads.
    pub const PIPE: Signal = Signal(13);
    /// The polite request to end that a container gets first.
    pub const TERM: Signal = Signal(15);
    /// A child changed its state.
    pub const CHLD: Signal = Signal(17);
    /// Go on.
    pub const CONT: Signal = Signal(18);
    /// Suspend; cannot be caught.
    pub const STOP: Signal = Signal(19);
    /// httpd drains on it.
    pub const WINCH: Signal = Signal(28);

    /// The signal of a name (with or without `SIG`, in any case) or number. `0` is no signal.
    pub fn parse(word: &str) -> Option<Signal> {
        if let Ok(n) = word.parse::<u8>() {
            return (1..=64).contains(&n).then_some(Signal(n));
        }
        let upper = word.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        match name {
            "IO" => return Some(Signal(29)),
            "IOT" => return Some(Signal::ABRT),
            "CLD" => return Some(Signal::CHLD),
            "RTMIN" => return Some(Signal(34)),
            "RTMAX" => return Some(Signal(64)),
            _ => {}
        }
        if let Some(n) = name.strip_prefix("RTMIN+").and_then(|n| n.parse::<u8>().ok()) {
            return (n <= 30).then(|| Signal(34 + n));
        }
        NAMES.iter().position(|n| *n == name).map(|i| Signal(i as u8 + 1))
    }

    /// The name without `SIG`: `TERM`.
    pub fn name(self) -> String {
        match NAMES.get(usize::from(self.0).wrapping_sub(1)) {
            Some(name) => (*name).to_string(),
            None => alloc::format!("RTMIN+{}", self.0.saturating_sub(34)),
        }
    }

    /// What happens to a process that does not care.
    pub fn default_action(self) -> DefaultAction {
        match self.0 {
            17 | 23 | 28 => DefaultAction::Ignore,
            18 => DefaultAction::Continue,
            19..=22 => DefaultAction::Stop,
            _ => DefaultAction::End,
        }
    }

    /// What a shell prints when the signal ended a child: `Terminated`.
    pub fn description(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "Hangup",
            3 => "Quit",
            4 => "Illegal instruction",
            5 => "Trace/breakpoint trap",
            6 => "Aborted",
            7 => "Bus error",
            8 => "Floating point exception",
            9 => "Killed",
            10 => "User defined signal 1",
            11 => "Segmentation fault",
            12 => "User defined signal 2",
            14 => "Alarm clock",
            15 => "Terminated",
            _ => return None,
        })
    }
}
