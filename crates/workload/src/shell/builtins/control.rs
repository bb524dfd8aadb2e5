//! Builtins that steer: loops, functions, texts, traps, options.

use super::super::{Dialect, Frame, Shell, Source};
use super::Done;
use crate::fs::Errno;
use crate::sys::Sys;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The options that have a letter.
pub(in super::super) const OPTIONS: [(&str, char); 10] = [
    ("allexport", 'a'),
    ("errexit", 'e'),
    ("monitor", 'm'),
    ("noclobber", 'C'),
    ("noexec", 'n'),
    ("noglob", 'f'),
    ("notify", 'b'),
    ("nounset", 'u'),
    ("verbose", 'v'),
    ("xtrace", 'x'),
];

impl Shell {
    pub(super) fn leave_loop(&mut self, sys: &mut Sys<'_>, leave: bool, args: &[String]) -> Done {
        let name = if leave { "break" } else { "continue" };
        let levels = match args.first().map(|a| a.parse::<i64>()) {
            None => 1,
            Some(Ok(n)) if n > 0 => n,
            _ => {
                let word = &args[0];
                if self.dialect == Dialect::Bash {
                    self.complain_as(name, &format!("{word}: loop count out of range"));
                    // bash breaks out of everything then.
                    1 << 20
                } else {
                    self.complain_as(name, &format!("Illegal number: {word}"));
                    return Done::Exit(2);
                }
            }
        };
        let is_loop =
            |f: &Frame| matches!(f, Frame::While { .. } | Frame::For { .. } | Frame::ForArith { .. });
        // A function's loops are its own, except in bash, dash and ash alike: the call is a border.
        let border = self.frames.iter().rposition(|f| matches!(f, Frame::Call { .. })).map_or(0, |i| i + 1);
        let loops: Vec<usize> = (border..self.frames.len()).filter(|i| is_loop(&self.frames[*i])).collect();
        if loops.is_empty() {
            if self.dialect == Dialect::Bash {
                self.complain_as(name, "only meaningful in a `for', `while', or `until' loop");
            }
            return Done::Status(0);
        }
        let target = loops[loops.len().saturating_sub(levels as usize)];
        let keep = if leave { target } else { target + 1 };
        self.unwind(sys, keep);
        self.status = 0;
        Done::Went
    }

    /// Give up every frame from the top down to `keep`.
    pub(super) fn unwind(&mut self, sys: &mut Sys<'_>, keep: usize) {
        while self.frames.len() > keep {
            if let Some(frame) = self.frames.pop() {
                self.clean_up(sys, frame);
            }
        }
    }

    pub(super) fn return_(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        // dash keeps a function's status whole; only a process's is cut to a byte.
        let bits = if self.dialect == Dialect::Dash { i32::MAX } else { 255 };
        let status = match self.number_argument("return", args) {
            Ok(status) => status.unwrap_or(self.status) & bits,
            Err(done) => return done,
        };
        let target = self
            .frames
            .iter()
            .rposition(|f| matches!(f, Frame::Call { .. } | Frame::Source { kind: Source::Dot, .. }));
        match target {
            Some(at) => {
                // A call's frame restores the caller when it runs; a sourced text is simply given up.
                let keep = if matches!(self.frames[at], Frame::Call { .. }) { at + 1 } else { at };
                self.unwind(sys, keep);
                self.status = status;
                Done::Went
            }
            None if self.dialect == Dialect::Bash => {
                self.complain_as("return", "can only `return' from a function or sourced script");
                Done::Status(2)
            }
            None => Done::Exit(status),
        }
    }

    fn number_argument(&mut self, name: &str, args: &[String]) -> Result<Option<i32>, Done> {
        let Some(word) = args.first() else { return Ok(None) };
        match word.trim().parse::<i64>() {
            Ok(n) if n >= 0 || self.dialect == Dialect::Bash => Ok(Some((n & i64::from(i32::MAX)) as i32)),
            _ if self.dialect == Dialect::Bash => {
                self.complain_as(name, &format!("{word}: numeric argument required"));
                if name == "return" { Ok(Some(2)) } else { Err(Done::Exit(2)) }
            }
            _ => {
                self.complain_as(name, &format!("Illegal number: {word}"));
                Err(Done::Exit(2))
            }
        }
    }

    pub(super) fn exit_builtin(&mut self, args: &[String]) -> Done {
        if self.dialect == Dialect::Bash && args.len() > 1 {
            self.complain_as("exit", "too many arguments");
            return Done::Exit(1);
        }
        match self.number_argument("exit", args) {
            Ok(Some(code)) => Done::Exit(code & 255),
            Ok(None) => {
                // In a trap, the status from before it counts, except in bash.
                let before = self.frames.iter().rev().find_map(|f| match f {
                    Frame::TrapEnd(status) => Some(*status),
                    _ => None,
                });
                let code = match before {
                    Some(status) if self.dialect != Dialect::Bash => status,
                    _ => self.exiting.unwrap_or(self.status),
                };
                Done::Exit(code)
            }
            Err(done) => done,
        }
    }

    pub(super) fn eval(&mut self, args: &[String]) -> Done {
        let args = if args.first().is_some_and(|a| a == "--") { &args[1..] } else { args };
        let text = args.join(" ");
        self.status = 0;
        self.frames.push(Frame::Source { text: text.into(), at: 0, line: self.line, kind: Source::Eval });
        Done::Went
    }

    pub(super) fn dot(&mut self, sys: &mut Sys<'_>, name: &str, args: &[String]) -> Done {
        let args = if args.first().is_some_and(|a| a == "--") { &args[1..] } else { args };
        let Some(file) = args.first() else {
            self.complain_as(name, "filename argument required");
            return Done::Status(2);
        };
        let mut path = file.clone();
        if !file.contains('/') {
            let dirs = self.vars.text("PATH").unwrap_or("").to_string();
            let found = dirs
                .split(':')
                .map(|d| format!("{d}/{file}"))
                .find(|p| sys.stat(p, true).is_ok_and(|s| s.is_file()));
            match found {
                Some(found) => path = found,
                None if self.dialect != Dialect::Bash || !sys.stat(file, true).is_ok_and(|s| s.is_file()) => {
                    match self.dialect {
                        Dialect::Bash => {
                            self.complain(&format!("{file}: {}", Errno::ENOENT.message()));
                            return Done::Status(1);
                        }
                        _ => self.complain_as(name, &format!("{file}: not found")),
                    }
                    return Done::Exit(2);
                }
                None => {}
            }
        }
        let text = match sys.read_file(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(errno) => {
                if self.dialect == Dialect::Bash {
                    self.complain(&format!("{file}: {}", errno.message()));
                    return Done::Status(1);
                }
                let message = match self.dialect {
                    Dialect::Dash => format!("cannot open {file}: No such file"),
                    _ => format!("can't open '{file}': {}", errno.message()),
                };
                self.complain_as(name, &message);
                return Done::Exit(2);
            }
        };
        if args.len() > 1 && self.dialect != Dialect::Dash {
            let params = core::mem::replace(&mut self.params, Arc::new(args[1..].to_vec()));
            self.frames.push(Frame::Call { params, locals: Vec::new() });
        }
        self.status = 0;
        self.frames.push(Frame::Source { text: text.into(), at: 0, line: 1, kind: Source::Dot });
        Done::Went
    }

    pub(super) fn exec(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let mut args = args;
        let mut zero = None;
        while let Some(flag) = args.first().filter(|a| a.starts_with('-') && a.len() > 1) {
            match flag.as_str() {
                "-a" if self.dialect != Dialect::Dash => {
                    zero = args.get(1).cloned();
                    args = args.get(2..).unwrap_or(&[]);
                }
                "-c" | "-l" if self.dialect == Dialect::Bash => args = &args[1..],
                "--" => {
                    args = &args[1..];
                    break;
                }
                _ => break,
            }
        }
        if args.is_empty() {
            return Done::Status(0);
        }
        let env = self.environment();
        let before = self.out.len();
        match self.find_program(sys, args) {
            Ok((program, mut argv)) => {
                if let Some(zero) = zero {
                    argv[0] = zero;
                }
                // What is exec'd keeps ignored signals and loses traps; the shell is gone with its frames.
                self.become_program(sys, argv, env);
                Done::Become(Box::new(program))
            }
            Err(status) => {
                // The message says that exec said it.
                if let Some((fd, bytes)) = self.out.pop_back().filter(|_| self.out.len() == before) {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let prefix = match self.dialect {
                        Dialect::Ash => format!("{}: ", self.name),
                        Dialect::Dash => format!("{}: {}: ", self.name, self.line),
                        Dialect::Bash => format!("{}: line {}: ", self.name, self.line),
                    };
                    let insert = if self.dialect == Dialect::Ash { "exec: line 0: " } else { "exec: " };
                    let rest = text.strip_prefix(&prefix).unwrap_or(&text).to_string();
                    let rest = rest.replace("command not found", "not found");
                    self.out.push_back((fd, format!("{prefix}{insert}{rest}").into_bytes()));
                }
                Done::Exit(status)
            }
        }
    }

    pub(super) fn trap(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let args = if args.first().is_some_and(|a| a == "--") { &args[1..] } else { args };
        match args {
            [] => {
                self.list_traps(|_| true);
                Done::Status(0)
            }
            [flag, ..] if flag == "-l" && self.dialect == Dialect::Bash => Done::Status(0),
            [flag, names @ ..] if flag == "-p" && self.dialect == Dialect::Bash => {
                let only: Vec<u8> = names.iter().filter_map(|name| self.trap_number(name)).collect();
                self.list_traps(|number| only.is_empty() || only.contains(&number));
                Done::Status(0)
            }
            [flag, ..] if flag.len() > 1 && flag.starts_with('-') && self.dialect != Dialect::Bash => {
                let letter: String = flag.chars().take(2).collect();
                let illegal = if self.dialect == Dialect::Dash { "Illegal" } else { "illegal" };
                self.complain_as("trap", &format!("{illegal} option {letter}"));
                Done::Exit(2)
            }
            [action, signals @ ..] => {
                // One word alone, or a first word that is a number, resets.
                let resets = signals.is_empty()
                    || action == "-"
                    || action.chars().all(|c| c.is_ascii_digit()) && !action.is_empty();
                let signals = if action == "-" || !resets { signals } else { args };
                let text = (!resets).then_some(action.as_str());
                let mut status = 0;
                for word in signals {
                    match self.trap_number(word) {
                        Some(number) => self.set_trap(sys, number, text),
                        None => {
                            let message = match self.dialect {
                                Dialect::Ash => format!("{word}: invalid signal specification"),
                                Dialect::Dash => format!("{word}: bad trap"),
                                Dialect::Bash => format!("{word}: invalid signal specification"),
                            };
                            self.complain_as("trap", &message);
                            status = 1;
                            if self.dialect == Dialect::Dash {
                                break;
                            }
                        }
                    }
                }
                Done::Status(status)
            }
        }
    }

    // ---- set ----

    /// Set an option by its letter. `false` when there is none.
    pub(in super::super) fn set_letter(&mut self, letter: char, on: bool) -> bool {
        let o = &mut self.options;
        let slot = match letter {
            'a' => &mut o.allexport,
            'e' => &mut o.errexit,
            'f' => &mut o.noglob,
            'u' => &mut o.nounset,
            'v' => &mut o.verbose,
            'x' => &mut o.xtrace,
            'C' => &mut o.noclobber,
            'n' => &mut o.noexec,
            'm' => &mut o.monitor,
            'b' => &mut o.notify,
            'h' | 'E' | 'I' | 'i' | 'B' | 'H' | 'p' | 'T' | 'P' | 'k' | 't' => return true,
            _ => return false,
        };
        *slot = on;
        true
    }

    /// Set an option by its name. `false` when there is none.
    pub(in super::super) fn set_option(&mut self, name: &str, on: bool) -> bool {
        let listed = self.option_names();
        if name == "pipefail" && self.dialect != Dialect::Dash {
            self.options.pipefail = on;
            return true;
        }
        if !listed.split(' ').any(|n| n == name) {
            return false;
        }
        match OPTIONS.iter().find(|(n, _)| *n == name) {
            Some((_, letter)) => self.set_letter(*letter, on),
            // Known, and nothing here depends on it.
            None => true,
        }
    }

    /// The options that `set -o` lists, in the order in which it does.
    fn option_names(&self) -> &'static str {
        match self.dialect {
            Dialect::Ash => {
                "errexit noglob ignoreeof monitor noexec xtrace verbose noclobber allexport notify nounset errtrace vi pipefail"
            }
            Dialect::Dash => {
                "errexit noglob ignoreeof interactive monitor noexec stdin xtrace verbose vi emacs noclobber allexport \
                 notify nounset privileged nolog debug"
            }
            Dialect::Bash => {
                "allexport braceexpand emacs errexit errtrace functrace hashall histexpand history ignoreeof \
                 interactive-comments keyword monitor noclobber noexec noglob nolog notify nounset onecmd physical \
                 pipefail posix privileged verbose vi xtrace"
            }
        }
    }

    pub(super) fn set(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        if args.is_empty() {
            let lines: Vec<String> = self
                .vars
                .iter()
                .filter_map(|(n, v)| {
                    let text = v.text()?;
                    Some(match self.dialect {
                        Dialect::Bash => {
                            format!("{n}={}\n", crate::shell::trace::quoted(text, Dialect::Bash))
                        }
                        _ => format!("{n}='{}'\n", text.replace('\'', "'\"'\"'")),
                    })
                })
                .collect();
            for line in lines {
                self.print(1, line.as_bytes());
            }
            return Done::Status(0);
        }
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            if word == "--" {
                self.params = Arc::new(words.cloned().collect());
                return Done::Status(0);
            }
            if word == "-" {
                self.options.xtrace = false;
                self.options.verbose = false;
                let rest: Vec<String> = words.cloned().collect();
                if !rest.is_empty() {
                    self.params = Arc::new(rest);
                }
                return Done::Status(0);
            }
            if !(on || word.starts_with('+')) || word.len() < 2 {
                let mut rest = Vec::from([word.clone()]);
                rest.extend(words.cloned());
                self.params = Arc::new(rest);
                return Done::Status(0);
            }
            for letter in word[1..].chars() {
                let known = match letter {
                    'o' => match words.next() {
                        Some(name) => {
                            let known = self.set_option(name, on);
                            if !known {
                                let message = match self.dialect {
                                    Dialect::Bash => format!("{name}: invalid option name"),
                                    Dialect::Dash => format!("Illegal option -o {name}"),
                                    Dialect::Ash => format!("illegal option -o {name}"),
                                };
                                self.complain_as("set", &message);
                                // Alone among its errors of this kind, ash goes on.
                                return match self.dialect {
                                    Dialect::Ash => Done::Status(1),
                                    _ => self.bad_option(),
                                };
                            }
                            true
                        }
                        None => {
                            self.list_options(!on);
                            true
                        }
                    },
                    letter => self.set_letter(letter, on),
                };
                if !known {
                    let sign = &word[..1];
                    let message = match self.dialect {
                        Dialect::Bash => format!("{sign}{letter}: invalid option"),
                        Dialect::Dash => format!("Illegal option {sign}{letter}"),
                        Dialect::Ash => format!("illegal option {sign}{letter}"),
                    };
                    self.complain_as("set", &message);
                    return self.bad_option();
                }
            }
        }
        let _ = sys;
        Done::Status(0)
    }

    fn bad_option(&self) -> Done {
        if self.dialect == Dialect::Bash { Done::Status(2) } else { Done::Exit(2) }
    }

    /// What `set -o` prints, or, as commands to be read again, `set +o`.
    fn list_options(&mut self, as_commands: bool) {
        let mut out = String::new();
        if self.dialect == Dialect::Dash && !as_commands {
            out.push_str("Current option settings\n");
        }
        for name in self.option_names().split(' ') {
            let on = match name {
                "braceexpand" | "hashall" | "interactive-comments" => true,
                "pipefail" => self.options.pipefail,
                _ => OPTIONS.iter().any(|(n, letter)| *n == name && self.options.has(*letter)),
            };
            let word = if on { "on" } else { "off" };
            out.push_str(&match self.dialect {
                _ if as_commands => format!("set {}o {name}\n", if on { '-' } else { '+' }),
                Dialect::Bash => format!("{name:<15}\t{word}\n"),
                _ => format!("{name:<15} {word}\n"),
            });
        }
        self.print(1, out.as_bytes());
    }

    pub(super) fn shift(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let n = match args.first().map(|a| a.parse::<usize>()) {
            None => 1,
            Some(Ok(n)) => n,
            Some(Err(_)) => {
                let message = format!("Illegal number: {}", args[0]);
                self.complain_as("shift", &message);
                return if self.dialect == Dialect::Bash { Done::Status(1) } else { Done::Exit(2) };
            }
        };
        let _ = sys;
        if n > self.params.len() {
            return match self.dialect {
                Dialect::Dash => {
                    self.complain_as("shift", "can't shift that many");
                    Done::Exit(2)
                }
                _ => Done::Status(1),
            };
        }
        Arc::make_mut(&mut self.params).drain(..n);
        Done::Status(0)
    }
}
