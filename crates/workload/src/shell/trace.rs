//! `set -x`: what a shell shows of its commands before it runs them.

use super::{Dialect, Frame, Shell};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Words that busybox quotes because they mean something to it.
const RESERVED: [&str; 16] = [
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
    "{", "}",
];

/// A word as it is shown: quoted where it would not read back as itself, by each shell's own idea of that.
pub(super) fn quoted(text: &str, dialect: Dialect) -> String {
    let plain = match dialect {
        Dialect::Dash => true,
        // ash shows an empty word as nothing.
        Dialect::Ash => {
            text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:,+@^]".contains(c))
                && !RESERVED.contains(&text)
        }
        Dialect::Bash => {
            !text.is_empty()
                && !text.starts_with(['~', '#'])
                && !text.contains(|c| " \t\n'\"\\|&;()<>!{}*[]?^`$".contains(c))
        }
    };
    match dialect {
        _ if plain => text.to_string(),
        Dialect::Ash => format!("'{}'", text.replace('\'', "'\"'\"'")),
        _ => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// An assignment as it is shown: an empty value as nothing.
pub(super) fn assignment(name: &str, value: &str, dialect: Dialect) -> String {
    if value.is_empty() { format!("{name}=") } else { format!("{name}={}", quoted(value, dialect)) }
}

impl Shell {
    /// Show a line on standard error after `$PS4`, whose first character bash repeats by the depth of substitutions
    /// and evals.
    pub(super) fn trace(&mut self, text: &str) {
        let mut prefix = self.vars.text("PS4").unwrap_or("+ ").to_string();
        if self.dialect == Dialect::Bash
            && let Some(first) = prefix.chars().next()
        {
            let evals =
                self.frames.iter().filter(|f| matches!(f, Frame::Source { kind: super::Source::Eval, .. }));
            let depth = self.substitution_depth + evals.count();
            prefix.insert_str(0, &first.to_string().repeat(depth));
        }
        self.print(2, format!("{prefix}{text}\n").as_bytes());
    }

    /// bash shows once more what `export x=1` and its kind assign.
    pub(super) fn declared(&self, args: &[String]) -> Vec<String> {
        match args {
            [name, rest @ ..]
                if self.dialect == Dialect::Bash && (name == "export" || name == "readonly") =>
            {
                rest.iter()
                    .filter_map(|word| word.split_once('='))
                    .map(|(name, value)| assignment(name, value, self.dialect))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
