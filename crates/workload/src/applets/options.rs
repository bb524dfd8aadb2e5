//! The flags of tools.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Flags and operands: letters in `with_value` take one, attached or as the next word.
pub(crate) fn options(args: &[String], with_value: &str) -> (Vec<(char, String)>, Vec<String>) {
    let mut flags = Vec::new();
    let mut rest = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            rest.extend(words.by_ref().cloned());
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').unwrap_or((long, ""));
            let letter = match name {
                "quiet" | "silent" => 'q',
                "recursive" => 'r',
                "force" => 'f',
                "lines" => 'n',
                "bytes" => 'c',
                "ignore-case" => 'i',
                "invert-match" => 'v',
                "count" => 'c',
                "extended-regexp" => 'E',
                "fixed-strings" => 'F',
                "parents" => 'p',
                "follow" => 'f',
                "regexp" => 'e',
                "expression" => 'e',
                "in-place" => 'i',
                "decode" => 'd',
                "size" => 's',
                "mode" => 'm',
                "delimiter" => 'd',
                "fields" => 'f',
                "null" => '0',
                "append" => 'a',
                "check" => 'c',
                "human-readable" => 'h',
                "all" => 'a',
                "reference" => 'R',
                "signal" => 's',
                "kill-after" => 'k',
                "verbose" => 'v',
                _ => '?',
            };
            flags.push((letter, value.to_string()));
            continue;
        }
        if word.len() < 2 || !word.starts_with('-') {
            rest.push(word.clone());
            continue;
        }
        for (i, letter) in word.char_indices().skip(1) {
            if with_value.contains(letter) {
                let attached = &word[i + letter.len_utf8()..];
                let value = if attached.is_empty() {
                    words.next().cloned().unwrap_or_default()
                } else {
                    attached.to_string()
                };
                flags.push((letter, value));
                break;
            }
            flags.push((letter, String::new()));
        }
    }
    (flags, rest)
}

pub(crate) fn has(flags: &[(char, String)], letter: char) -> bool {
    flags.iter().any(|(l, _)| *l == letter)
}

pub(crate) fn value(flags: &[(char, String)], letter: char) -> Option<&str> {
    flags.iter().rfind(|(l, _)| *l == letter).map(|(_, v)| v.as_str())
}

/// head and tail also take `-5` for `-n 5`, the form from before POSIX.
pub(crate) fn obsolete_count(args: &[String]) -> Vec<String> {
    let rewrite = |a: &String| match a.strip_prefix('-') {
        Some(d) if !d.is_empty() && d.chars().all(|c| c.is_ascii_digit()) => format!("-n{d}"),
        _ => a.clone(),
    };
    args.iter().map(rewrite).collect()
}

/// A count as head, tail and dd take it: a number with a suffix.
pub(crate) fn count(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let n: u64 = text[..digits].parse().ok()?;
    let factor = match &text[digits..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "kB" | "KB" => 1000,
        "m" | "M" | "MiB" => 1 << 20,
        "MB" => 1_000_000,
        "g" | "G" | "GiB" => 1 << 30,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    n.checked_mul(factor)
}
