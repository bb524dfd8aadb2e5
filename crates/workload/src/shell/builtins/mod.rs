//! The commands that the shell does itself.

mod control;
mod input;
mod process;
mod variables;

use super::{Dialect, Shell};
use crate::applets::{echo, printf, test};
use crate::exec;
use crate::fs;
use crate::kernel::Turn;
use crate::program::Program;
use crate::sys::Sys;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
pub(super) use control::OPTIONS;
pub(super) use input::Reading;
pub(super) use process::WaitingFor;

/// What came of a builtin.
pub(super) enum Done {
    Status(i32),
    /// It waits.
    Wait(Waiting),
    /// The shell ends.
    Exit(i32),
    /// It changed what is to be run, and the status if need be.
    Went,
    /// `exec`.
    Become(Box<Program>),
}

/// A builtin that waits.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    Read(Box<Reading>),
    For(WaitingFor),
}

const EVERYWHERE: [&str; 37] = [
    ".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit",
    "export", "false", "fg", "getopts", "hash", "jobs", "kill", "local", "printf", "pwd", "read", "readonly",
    "return", "set", "shift", "test", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset",
];
const ASH_TOO: [&str; 4] = ["[[", "let", "source", "wait"];
const BASH_TOO: [&str; 16] = [
    "builtin",
    "caller",
    "declare",
    "dirs",
    "disown",
    "enable",
    "let",
    "mapfile",
    "popd",
    "pushd",
    "readarray",
    "shopt",
    "source",
    "suspend",
    "typeset",
    "wait",
];

/// Whether the shell does this command itself.
pub(super) fn known(dialect: Dialect, name: &str) -> bool {
    EVERYWHERE.contains(&name)
        || match dialect {
            Dialect::Ash => ASH_TOO.contains(&name),
            Dialect::Bash => BASH_TOO.contains(&name),
            Dialect::Dash => name == "wait",
        }
}

/// Every builtin of any of the shells.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    EVERYWHERE.into_iter().chain(ASH_TOO).chain(BASH_TOO)
}

impl Shell {
    /// A builtin that waits looks again.
    pub(super) fn waiting(&mut self, sys: &mut Sys<'_>, waiting: Waiting) -> Turn {
        match waiting {
            Waiting::Read(reading) => self.go_on_reading(sys, *reading),
            Waiting::For(waiting) => self.go_on_waiting(sys, waiting),
        }
    }

    /// Run a builtin by its words.
    pub(super) fn builtin(&mut self, sys: &mut Sys<'_>, args: Vec<String>) -> Done {
        let name = args[0].as_str();
        let rest = &args[1..];
        match name {
            ":" | "true" => Done::Status(0),
            "false" => Done::Status(1),
            "echo" => {
                let bytes = echo::echo(rest, self.dialect);
                self.print(1, &bytes);
                Done::Status(0)
            }
            "printf" => self.printf(rest),
            "test" | "[" | "[[" => self.test(sys, name, rest),
            "cd" => self.cd(sys, rest),
            "pwd" => {
                let cwd = sys.process().cwd.clone();
                let physical = rest.iter().any(|a| a == "-P");
                let shown = if physical { sys.walk(&cwd, true).map_or(cwd, |walk| walk.path) } else { cwd };
                self.print(1, format!("{shown}\n").as_bytes());
                Done::Status(0)
            }
            "break" | "continue" => self.leave_loop(sys, name == "break", rest),
            "return" => self.return_(sys, rest),
            "exit" => self.exit_builtin(rest),
            "eval" => self.eval(rest),
            "." | "source" => self.dot(sys, name, rest),
            "exec" => self.exec(sys, rest),
            "trap" => self.trap(sys, rest),
            "set" => self.set(sys, rest),
            "shift" => self.shift(sys, rest),
            "export" | "readonly" | "declare" | "typeset" | "local" => self.declare(sys, name, rest),
            "unset" => self.unset(sys, rest),
            "read" => self.read(sys, rest),
            "mapfile" | "readarray" => self.mapfile(sys, rest),
            "getopts" => self.getopts(sys, rest),
            "let" => self.let_(sys, rest),
            "wait" => self.wait(sys, rest),
            "kill" => self.kill(sys, rest),
            "jobs" => {
                self.list_jobs(sys, rest.first().is_some_and(|a| a == "-p"));
                Done::Status(0)
            }
            "fg" | "bg" if self.dialect == Dialect::Bash => {
                self.complain_as(name, "no job control");
                Done::Status(1)
            }
            "fg" | "bg" => {
                let message = match (self.jobs.is_empty(), self.dialect) {
                    (false, _) => "job (null) not created under job control",
                    (true, Dialect::Dash) => "No current job",
                    (true, _) => "no current job",
                };
                self.complain_as(name, message);
                Done::Status(2)
            }
            "command" => self.command_builtin(sys, rest),
            "builtin" => match rest.first() {
                Some(name) if known(self.dialect, name) => self.builtin(sys, rest.to_vec()),
                Some(name) => {
                    let message = format!("{name}: not a shell builtin");
                    self.complain_as("builtin", &message);
                    Done::Status(1)
                }
                None => Done::Status(0),
            },
            "type" => self.type_(sys, rest),
            "umask" => self.umask(sys, rest),
            "shopt" => {
                let on = rest.first().is_some_and(|a| a == "-s");
                if rest.iter().any(|a| a == "nullglob") {
                    self.nullglob = on;
                }
                Done::Status(0)
            }
            "alias" => self.alias(rest),
            "unalias" => {
                let aliases = Arc::make_mut(&mut self.aliases);
                if rest.first().is_some_and(|a| a == "-a") {
                    aliases.clear();
                }
                let known = rest.iter().filter(|name| aliases.remove(*name).is_some()).count();
                let all = known == rest.len();
                Done::Status(i32::from(!all && rest.first().is_none_or(|a| a != "-a")))
            }
            "times" => {
                self.print(1, b"0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n");
                Done::Status(0)
            }
            "ulimit" => {
                let text = match rest.first().map(String::as_str) {
                    Some("-n") => "1048576\n",
                    _ => "unlimited\n",
                };
                if rest.len() < 2 {
                    self.print(1, text.as_bytes());
                }
                Done::Status(0)
            }
            "pushd" | "popd" | "dirs" => self.directory_stack(sys, name, rest),
            // `hash`, `disown`, `enable`, `caller`, `suspend`: nothing to remember here.
            _ => Done::Status(0),
        }
    }

    fn printf(&mut self, args: &[String]) -> Done {
        let mut args = args;
        let mut variable = None;
        if self.dialect == Dialect::Bash
            && let [flag, name, rest @ ..] = args
            && flag == "-v"
        {
            variable = Some(name.clone());
            args = rest;
        }
        if args.first().is_some_and(|a| a == "--") {
            args = &args[1..];
        } else if let Some(flag) = args.first().filter(|a| a.len() > 1 && a.starts_with('-'))
            && self.dialect != Dialect::Ash
        {
            let letter: String = flag.chars().take(2).collect();
            let message = match self.dialect {
                Dialect::Bash => format!("{letter}: invalid option"),
                _ => format!("Illegal option {letter}"),
            };
            self.complain_as("printf", &message);
            return Done::Status(2);
        }
        let Some(format) = args.first() else {
            self.complain_as("printf", "usage: printf FORMAT [ARG]...");
            return Done::Status(2);
        };
        let done = printf::printf(format, &args[1..], self.dialect);
        match variable {
            Some(name) => {
                self.vars.set(&name, String::from_utf8_lossy(&done.output).into_owned());
            }
            None => self.print(1, &done.output),
        }
        for error in &done.errors {
            match self.dialect {
                Dialect::Ash => self.complain(error),
                _ => self.complain(&format!("printf: {error}")),
            }
        }
        Done::Status(done.status)
    }

    fn test(&mut self, sys: &mut Sys<'_>, name: &str, args: &[String]) -> Done {
        let mut args = args;
        if name != "test" {
            let close = if name == "[" { "]" } else { "]]" };
            match args.split_last() {
                Some((last, rest)) if last == close => args = rest,
                _ => {
                    let message = format!("missing {close}");
                    match self.dialect {
                        Dialect::Ash => self.complain(&message),
                        _ => self.complain(&format!("[: {message}")),
                    }
                    return Done::Status(2);
                }
            }
        }
        match test::test(sys, &|kind, name| self.knows(kind, name), args, name == "[[", self.dialect) {
            Ok(yes) => Done::Status(i32::from(!yes)),
            Err(message) => {
                match self.dialect {
                    Dialect::Ash => self.complain(&message),
                    _ => self.complain(&format!("{name}: {message}")),
                }
                Done::Status(2)
            }
        }
    }

    fn cd(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let physical = args.first().is_some_and(|a| a == "-P");
        let args: Vec<&String> = args.iter().filter(|a| !["-P", "-L", "--"].contains(&a.as_str())).collect();
        if args.len() > 1 && self.dialect == Dialect::Bash {
            self.complain_as("cd", "too many arguments");
            return Done::Status(1);
        }
        let mut show = false;
        let target = match args.first().map(|a| a.as_str()) {
            None if self.vars.text("HOME").is_none() && self.dialect == Dialect::Bash => {
                self.complain_as("cd", "HOME not set");
                return Done::Status(1);
            }
            None => self.vars.text("HOME").unwrap_or("").to_string(),
            Some("-") => {
                show = true;
                match self.vars.text("OLDPWD") {
                    Some(old) => old.to_string(),
                    None => {
                        self.complain_as("cd", "OLDPWD not set");
                        return Done::Status(1);
                    }
                }
            }
            Some(dir) => dir.to_string(),
        };
        if target.is_empty() {
            return Done::Status(0);
        }
        let mut full = fs::absolute(&sys.process().cwd, &target);
        if let Some(paths) = self.vars.text("CDPATH")
            && !target.starts_with(['/', '.'])
        {
            for base in paths.split(':').filter(|b| !b.is_empty()) {
                let candidate = fs::absolute(base, &target);
                if sys.is_dir(&candidate) {
                    show = true;
                    full = candidate;
                    break;
                }
            }
        }
        let why = match sys.stat(&full, true) {
            Ok(stat) if !stat.is_dir() => Some(fs::Errno::ENOTDIR),
            Ok(stat) if !sys.who().may(&stat.node, 1) => Some(fs::Errno::EACCES),
            Ok(_) => None,
            Err(errno) => Some(errno),
        };
        if let Some(errno) = why {
            let message = match self.dialect {
                Dialect::Bash => format!("{target}: {}", errno.message()),
                Dialect::Dash => format!("can't cd to {target}"),
                Dialect::Ash => format!("can't cd to {target}: {}", errno.message()),
            };
            self.complain_as("cd", &message);
            return Done::Status(if self.dialect == Dialect::Bash { 1 } else { 2 });
        }
        if physical {
            full = sys.walk(&full, true).map_or(full, |walk| walk.path);
        }
        let old = core::mem::replace(&mut sys.process_mut().cwd, full.clone());
        self.vars.set("OLDPWD", old);
        self.vars.entry("OLDPWD").exported = true;
        self.vars.set("PWD", full.clone());
        self.vars.entry("PWD").exported = true;
        if show {
            self.print(1, format!("{full}\n").as_bytes());
        }
        Done::Status(0)
    }

    fn command_builtin(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        match args.first().map(String::as_str) {
            None => Done::Status(0),
            Some("-v" | "-V") => {
                let verbose = args[0] == "-V";
                let mut status = 0;
                for name in &args[1..] {
                    match self.describe(sys, name, verbose) {
                        Some(line) => self.print(1, format!("{line}\n").as_bytes()),
                        None => {
                            if verbose {
                                self.complain(&format!("{name}: not found"));
                            }
                            status = if self.dialect == Dialect::Bash { 1 } else { 127 };
                        }
                    }
                }
                Done::Status(status)
            }
            Some("-p" | "--") => self.command_builtin(sys, &args[1..]),
            Some(_) => match self.dispatch(sys, args.to_vec(), false, false) {
                Turn::Become(program) => Done::Become(Box::new(program)),
                _ => Done::Went,
            },
        }
    }

    /// What a name means to this shell; `None` when nothing.
    fn describe(&mut self, sys: &mut Sys<'_>, name: &str, verbose: bool) -> Option<String> {
        let reserved = [
            "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in",
            "{", "}", "!",
        ];
        let say = |short: String, long: String| Some(if verbose { long } else { short });
        if let Some(text) = self.aliases.get(name) {
            return say(format!("alias {name}='{text}'"), format!("{name} is an alias for {text}"));
        }
        if reserved.contains(&name)
            || (self.dialect == Dialect::Bash && ["[[", "time", "function"].contains(&name))
        {
            return say(name.to_string(), format!("{name} is a shell keyword"));
        }
        if self.functions.contains_key(name) {
            let shell = if self.dialect == Dialect::Dash { "shell " } else { "" };
            return say(name.to_string(), format!("{name} is a {shell}function"));
        }
        if known(self.dialect, name) {
            let special = self.dialect != Dialect::Bash && super::simple::SPECIAL.contains(&name);
            return say(
                name.to_string(),
                format!("{name} is a {}shell builtin", if special { "special " } else { "" }),
            );
        }
        let path = self.vars.text("PATH").unwrap_or("").to_string();
        let found = exec::find(sys, &path, name).ok()?;
        say(found.clone(), format!("{name} is {found}"))
    }

    fn type_(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let mut status = 0;
        let short = args.first().is_some_and(|a| a == "-t");
        let path_only = args.first().is_some_and(|a| a == "-p" || a == "-P");
        for name in args.iter().filter(|a| !a.starts_with('-') || a.len() == 1) {
            match self.describe(sys, name, true) {
                Some(line) if short => {
                    let kind = [
                        ("alias", "alias"),
                        ("keyword", "keyword"),
                        ("function", "function"),
                        ("builtin", "builtin"),
                    ]
                    .into_iter()
                    .find(|(end, _)| line.contains(end))
                    .map_or("file", |(_, kind)| kind);
                    self.print(1, format!("{kind}\n").as_bytes());
                }
                Some(line) if path_only => {
                    if let Some((_, path)) = line.split_once(" is /") {
                        self.print(1, format!("/{path}\n").as_bytes());
                    }
                }
                Some(line) => self.print(1, format!("{line}\n").as_bytes()),
                None => {
                    status = if self.dialect == Dialect::Bash { 1 } else { 127 };
                    let line = format!("{name}: not found\n");
                    match self.dialect {
                        Dialect::Bash if short || path_only => {}
                        Dialect::Bash => self.complain(&format!("type: {name}: not found")),
                        _ => self.print(1, line.as_bytes()),
                    }
                }
            }
        }
        Done::Status(status)
    }

    fn umask(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        match args.first().map(String::as_str) {
            None => {
                let mask = sys.process().umask;
                self.print(1, format!("{mask:04o}\n").as_bytes());
            }
            Some("-S") => {
                let mode = !sys.process().umask;
                let triple = |bits: u16| -> String {
                    [(4, 'r'), (2, 'w'), (1, 'x')]
                        .iter()
                        .filter(|(b, _)| bits & b != 0)
                        .map(|(_, c)| *c)
                        .collect()
                };
                let line = format!("u={},g={},o={}\n", triple(mode >> 6), triple(mode >> 3), triple(mode));
                self.print(1, line.as_bytes());
            }
            Some(text) => match u16::from_str_radix(text, 8) {
                Ok(mask) if mask > 0o777 && self.dialect != Dialect::Dash => {
                    self.complain_as("umask", &format!("{text}: octal number out of range"));
                    return Done::Status(if self.dialect == Dialect::Bash { 1 } else { 2 });
                }
                Ok(mask) => sys.process_mut().umask = mask & 0o777,
                Err(_) => match crate::applets::mode::parse_mode(text, 0o777 & !sys.process().umask, true) {
                    Some(mode) => sys.process_mut().umask = !mode & 0o777,
                    None => {
                        self.complain_as("umask", &format!("Illegal mode: {text}"));
                        return Done::Status(if self.dialect == Dialect::Bash { 1 } else { 2 });
                    }
                },
            },
        }
        Done::Status(0)
    }

    fn alias(&mut self, args: &[String]) -> Done {
        let mut status = 0;
        if args.is_empty() {
            let lines: Vec<String> = self.aliases.iter().map(|(n, t)| format!("{n}='{t}'\n")).collect();
            let prefix = if self.dialect == Dialect::Bash { "alias " } else { "" };
            for line in lines {
                self.print(1, format!("{prefix}{line}").as_bytes());
            }
        }
        for arg in args {
            match arg.split_once('=') {
                Some((name, text)) => {
                    Arc::make_mut(&mut self.aliases).insert(name.to_string(), text.to_string());
                }
                None => match self.aliases.get(arg).cloned() {
                    Some(text) => self.print(1, format!("{arg}='{text}'\n").as_bytes()),
                    None => {
                        self.complain_as("alias", &format!("{arg} not found"));
                        status = 1;
                    }
                },
            }
        }
        Done::Status(status)
    }

    /// The text from `at` with the alias that its first command word is replaced; `None` when there is none.
    /// (bash expands aliases only in interactive shells. Aliases are looked for at the start of a line.)
    pub(super) fn with_aliases(&self, text: &str, at: usize) -> Option<Arc<str>> {
        if self.aliases.is_empty() || self.dialect == Dialect::Bash {
            return None;
        }
        let mut rest = text[at..].to_string();
        let mut used: Vec<String> = Vec::new();
        let mut from = 0;
        loop {
            let start = rest.len() - rest[from..].trim_start().len();
            let end =
                rest[start..].find(|c: char| " \t\n;&|()<>".contains(c)).map_or(rest.len(), |i| start + i);
            let word = rest[start..end].to_string();
            let Some(replacement) = self.aliases.get(&word).filter(|_| !used.contains(&word)) else { break };
            rest = format!("{}{replacement}{}", &rest[..start], &rest[end..]);
            // After a text that ends in a blank, the next word is looked up as well.
            if replacement.ends_with([' ', '\t']) {
                from = start + replacement.len();
            }
            used.push(word);
        }
        (!used.is_empty()).then(|| rest.into())
    }

    fn directory_stack(&mut self, sys: &mut Sys<'_>, name: &str, args: &[String]) -> Done {
        let cwd = sys.process().cwd.clone();
        let done = match (name, args.first()) {
            ("pushd", Some(_)) => {
                let done = self.cd(sys, args);
                if matches!(done, Done::Status(0)) {
                    self.directories.push(cwd);
                }
                done
            }
            ("popd", _) => match self.directories.pop() {
                Some(dir) => self.cd(sys, &[dir]),
                None => {
                    self.complain_as("popd", "directory stack empty");
                    return Done::Status(1);
                }
            },
            _ => Done::Status(0),
        };
        if matches!(done, Done::Status(0)) {
            let mut all = Vec::from([sys.process().cwd.clone()]);
            all.extend(self.directories.iter().rev().cloned());
            let line = all.join(" ") + "\n";
            self.print(1, line.as_bytes());
        }
        done
    }
}
