//! The command line of `kubectl`, as far as reading commands have one.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A flag: its long name, its letter, and whether a value follows.
type Flag = (&'static str, Option<char>, bool);

const FLAGS: [Flag; 29] = [
    ("output", Some('o'), true),
    ("namespace", Some('n'), true),
    ("all-namespaces", Some('A'), false),
    ("selector", Some('l'), true),
    ("label-columns", Some('L'), true),
    ("show-labels", None, false),
    ("show-kind", None, false),
    ("no-headers", None, false),
    ("sort-by", None, true),
    ("field-selector", None, true),
    ("ignore-not-found", None, false),
    ("watch", Some('w'), false),
    ("watch-only", None, false),
    ("output-watch-events", None, false),
    ("show-events", None, false),
    ("show-managed-fields", None, false),
    ("for", None, true),
    ("types", None, true),
    ("revision", None, true),
    ("timeout", None, true),
    ("container", Some('c'), true),
    ("previous", Some('p'), false),
    ("follow", Some('f'), false),
    ("all-containers", None, false),
    ("prefix", None, false),
    ("timestamps", None, false),
    ("tail", None, true),
    ("chunk-size", None, true),
    ("request-timeout", None, true),
];

/// The words and flags of a command.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// What is no flag, in order, the verb first.
    pub(crate) words: Vec<String>,
    flags: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads the arguments after the word `kubectl`, in the ways that `pflag` allows: `-o wide`, `-owide`,
    /// `-o=wide`, `--output wide`, `--output=wide`, and letters without values joined.
    pub(crate) fn parse(args: &[&str]) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut rest = args.iter().copied();
        while let Some(arg) = rest.next() {
            if let Some(long) = arg.strip_prefix("--") {
                if long.is_empty() {
                    parsed.words.extend(rest.by_ref().map(ToString::to_string));
                    break;
                }
                let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
                let &(name, _, takes) =
                    FLAGS.iter().find(|f| f.0 == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
                let value = match value {
                    Some(v) => v,
                    None if takes => {
                        rest.next().ok_or_else(|| format!("flag needs an argument: --{name}"))?
                    }
                    None => "true",
                };
                parsed.flags.push((name, value.into()));
            } else if let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) {
                parsed.letters(letters, arg, &mut rest)?;
            } else {
                parsed.words.push(arg.into());
            }
        }
        Ok(parsed)
    }

    fn letters<'a>(
        &mut self,
        letters: &'a str,
        arg: &str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        for (i, c) in letters.char_indices() {
            let &(name, _, takes) = FLAGS
                .iter()
                .find(|f| f.1 == Some(c))
                .ok_or_else(|| format!("unknown shorthand flag: '{c}' in {arg}"))?;
            let after = &letters[i + c.len_utf8()..];
            if let Some(value) = after.strip_prefix('=') {
                self.flags.push((name, value.into()));
                return Ok(());
            }
            if takes {
                let value = if after.is_empty() {
                    rest.next().ok_or_else(|| format!("flag needs an argument: '{c}' in {arg}"))?
                } else {
                    after
                };
                self.flags.push((name, value.into()));
                return Ok(());
            }
            self.flags.push((name, "true".into()));
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
}
