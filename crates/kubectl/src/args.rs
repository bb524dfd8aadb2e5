//! The command line of `kubectl`: words and flags.

use crate::flags::{Flag, flags_of, verb_of};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The words and flags of a command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    /// What is no flag, in order, the verb first.
    pub(crate) words: Vec<String>,
    /// What stands behind `--`.
    pub(crate) rest: Vec<String>,
    flags: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads the arguments after the word `kubectl`, in the ways that `pflag` allows: `-o wide`, `-owide`,
    /// `-o=wide`, `--output wide`, `--output=wide`, and letters without values joined.
    ///
    /// # Errors
    /// What kubectl says of a flag that it does not know, or that lacks its value.
    pub(crate) fn parse(args: &[&str]) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut rest = args.iter().copied();
        while let Some(arg) = rest.next() {
            let known = flags_of(parsed.words.first().and_then(|w| verb_of(w)));
            let result = if let Some(long) = arg.strip_prefix("--") {
                if long.is_empty() {
                    parsed.rest.extend(rest.by_ref().map(ToString::to_string));
                    break;
                }
                parsed.long(long, &known, &mut rest)
            } else if let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) {
                parsed.letters(letters, arg, &known, &mut rest)
            } else {
                parsed.words.push(arg.into());
                Ok(())
            };
            result.map_err(|message| {
                let verb = parsed.words.first().map_or(String::new(), |v| format!(" {v}"));
                format!("{message}\nSee 'kubectl{verb} --help' for usage.")
            })?;
        }
        Ok(parsed)
    }

    fn long<'a>(
        &mut self,
        text: &str,
        known: &[Flag],
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v)));
        let flag = known.iter().find(|f| f.name == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match value {
            Some(v) => v,
            None if flag.takes => rest.next().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
            None => "true",
        };
        self.flags.push((flag.name, value.into()));
        Ok(())
    }

    fn letters<'a>(
        &mut self,
        letters: &'a str,
        arg: &str,
        known: &[Flag],
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        for (i, c) in letters.char_indices() {
            let flag = known
                .iter()
                .find(|f| f.letter == Some(c))
                .ok_or_else(|| format!("unknown shorthand flag: '{c}' in {arg}"))?;
            let after = &letters[i + c.len_utf8()..];
            if let Some(value) = after.strip_prefix('=') {
                self.flags.push((flag.name, value.into()));
                return Ok(());
            }
            if flag.takes {
                let value = if after.is_empty() {
                    rest.next().ok_or_else(|| format!("flag needs an argument: '{c}' in {arg}"))?
                } else {
                    after
                };
                self.flags.push((flag.name, value.into()));
                return Ok(());
            }
            self.flags.push((flag.name, "true".into()));
        }
        Ok(())
    }

    /// The last value given to a flag.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// Every value given to a flag, split at commas.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter(move |(n, _)| *n == name).flat_map(|(_, v)| v.split(','))
    }

    /// Is a boolean flag set, and not to false?
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some_and(|v| !matches!(v, "false" | "False" | "FALSE" | "f" | "F" | "0"))
    }

    /// The namespace that the command is about: `-n`, else `default`.
    pub(crate) fn namespace(&self) -> &str {
        self.value("namespace").unwrap_or("default")
    }

    /// The namespace to list in: none with `-A`.
    pub(crate) fn scope(&self) -> Option<&str> {
        (!self.is_set("all-namespaces")).then(|| self.namespace())
    }

    /// Every value given to a flag, each as it is.
    pub(crate) fn each<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter(move |(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// A flag that is a whole number; `default` when it is not given.
    ///
    /// # Errors
    /// What kubectl says of a value that is none.
    pub(crate) fn number(&self, name: &str, default: i64) -> Result<i64, String> {
        let Some(text) = self.value(name) else { return Ok(default) };
        text.parse().map_err(|_| {
            format!(
                "invalid argument {text:?} for \"--{name}\" flag: strconv.ParseInt: parsing {text:?}: invalid syntax"
            )
        })
    }

    /// A flag that is a Go duration such as `1m30s`, in microseconds; `default` when it is not given.
    ///
    /// # Errors
    /// What kubectl says of a value that is none.
    pub(crate) fn micros(&self, name: &str, default: i64) -> Result<i64, String> {
        let Some(text) = self.value(name) else { return Ok(default) };
        let nanos = lifepod_api::duration::parse(text).map_err(|_| {
            format!("invalid argument {text:?} for \"--{name}\" flag: time: invalid duration {text:?}")
        })?;
        Ok(nanos / 1_000)
    }
}
