//! How a shell begins: its environment, its variables, and the words that it was started with.

use super::vars::Data;
use super::{Dialect, Frame, Shell, Source, parser};
use crate::fs::Errno;
use crate::sys::Sys;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Shell {
    /// Do what the words say that the shell was started with.
    pub(super) fn start(&mut self, sys: &mut Sys<'_>, argv: &[String]) {
        self.pid = sys.process().pid;
        self.parent = sys.parent_pid();
        self.started = sys.now();
        let env = sys.process().env.clone();
        for (name, value) in env.iter().filter(|(n, _)| parser::is_name(n)) {
            let v = self.vars.entry(name);
            v.data = Data::Text(value.clone());
            v.exported = true;
        }
        self.inherited = env;
        self.vars.set("IFS", " \t\n".to_string());
        self.vars.entry("IFS").exported = false;
        let prompts: &[(&str, &str)] = match self.dialect {
            Dialect::Ash => &[("PS1", "\\w \\$ "), ("PS2", "> "), ("PS4", "+ ")],
            Dialect::Dash if sys.process().uid == 0 => &[("PS1", "# "), ("PS2", "> "), ("PS4", "+ ")],
            Dialect::Dash => &[("PS1", "$ "), ("PS2", "> "), ("PS4", "+ ")],
            Dialect::Bash => &[("PS4", "+ ")],
        };
        for (name, text) in prompts {
            if self.vars.text(name).is_none() {
                self.vars.set(name, text.to_string());
            }
        }
        if self.vars.text("PWD") != Some(&sys.process().cwd) {
            let cwd = sys.process().cwd.clone();
            self.vars.set("PWD", cwd);
        }
        self.vars.entry("PWD").exported |= self.dialect != Dialect::Dash;
        self.vars.set("OPTIND", "1".to_string());
        if self.dialect == Dialect::Bash {
            self.vars.set("BASH_VERSION", "5.2.15(1)-release".to_string());
            self.vars.set("BASH", "/bin/bash".to_string());
            let host = sys.kernel.config.hostname.clone();
            if self.vars.get("HOSTNAME").is_none() {
                self.vars.set("HOSTNAME", host);
            }
            self.vars.entry("SHLVL").exported = true;
            self.vars.set("SHLVL", "1".to_string());
        } else if self.vars.text("PATH").is_none() {
            self.vars.set("PATH", crate::exec::DEFAULT_PATH.to_string());
        }
        self.watch_signals(sys);
        self.read_command_line(sys, argv);
    }

    fn read_command_line(&mut self, sys: &mut Sys<'_>, argv: &[String]) {
        let mut words = argv.iter().skip(1).peekable();
        let (mut command, mut input) = (false, false);
        while let Some(word) = words.next_if(|w| w.len() > 1 && w.starts_with(['-', '+'])) {
            let on = word.starts_with('-');
            if word == "--" {
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                const LONG: [&str; 9] = [
                    "help",
                    "init-file",
                    "login",
                    "noediting",
                    "noprofile",
                    "norc",
                    "posix",
                    "rcfile",
                    "version",
                ];
                match self.dialect {
                    Dialect::Bash if LONG.contains(&long) => continue,
                    Dialect::Bash => self.complain_unnumbered(&format!("{word}: invalid option")),
                    Dialect::Dash => self.complain_unnumbered("0: Illegal option --"),
                    Dialect::Ash => continue,
                }
                return self.exit(sys, 2);
            }
            for letter in word[1..].chars() {
                match letter {
                    'c' => command = true,
                    'o' => {
                        if let Some(name) = words.next() {
                            self.set_option(name, on);
                        }
                    }
                    's' => input = true,
                    'i' | 'l' => {}
                    letter => {
                        if !self.set_letter(letter, on) {
                            self.complain_unnumbered(&format!("illegal option -{letter}"));
                            return self.exit(sys, 2);
                        }
                    }
                }
            }
        }
        let words: Vec<String> = words.cloned().collect();
        let (text, kind, rest): (Arc<str>, Source, Vec<String>) = if command {
            let Some(text) = words.first() else {
                let message = match self.dialect {
                    Dialect::Bash => "-c: option requires an argument",
                    Dialect::Dash => "-c requires an argument",
                    Dialect::Ash => "-c requires an argument",
                };
                self.complain_unnumbered(message);
                return self.exit(sys, 2);
            };
            if let Some(name) = words.get(1) {
                self.name = name.as_str().into();
            }
            (text.as_str().into(), Source::Main, words.get(2..).unwrap_or(&[]).to_vec())
        } else if let Some(file) = words.first().filter(|f| f.as_str() != "-" && !input) {
            match sys.read_file(file) {
                Ok(bytes) => {
                    self.name = file.as_str().into();
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    // A file is never at its end until the shell has looked again: no last command is exec'd.
                    (text.as_str().into(), Source::Dot, words[1..].to_vec())
                }
                // A folder opens like a file, and has nothing to read.
                Err(Errno::EISDIR) if self.dialect != Dialect::Bash => return self.exit(sys, 0),
                Err(Errno::EISDIR) => {
                    self.complain_unnumbered(&format!("{file}: {}", Errno::EISDIR.message()));
                    return self.exit(sys, 126);
                }
                Err(errno) => {
                    match self.dialect {
                        Dialect::Bash => self.complain_unnumbered(&format!("{file}: {}", errno.message())),
                        Dialect::Dash => {
                            let message = format!("0: cannot open {file}: No such file");
                            self.complain_unnumbered(&message);
                        }
                        Dialect::Ash => {
                            self.complain_unnumbered(&format!("can't open '{file}': {}", errno.message()));
                        }
                    }
                    return self.exit(sys, if self.dialect == Dialect::Bash { 127 } else { 2 });
                }
            }
        } else {
            (Arc::from(""), Source::Input, words)
        };
        self.params = Arc::new(rest);
        self.from_words = command;
        self.from_input = kind == Source::Input;
        let kind = if kind == Source::Dot { Source::Main } else { kind };
        let script = !command && kind == Source::Main;
        let text: Arc<str> =
            if script && !text.ends_with('\n') { (text.to_string() + "\n").into() } else { text };
        self.frames.push(Frame::Source { text, at: 0, line: 1, kind });
    }

    /// A message from before any line was read.
    fn complain_unnumbered(&mut self, message: &str) {
        let line = format!("{}: {message}\n", self.name);
        self.print(2, line.as_bytes());
    }
}
