//! Shell patterns: `*`, `?`, `[…]`, and bash's `@(…|…)` family. A backslash quotes the next character.

use alloc::string::String;
use alloc::vec::Vec;

/// Steps after which a match is given up as a failure; no sane pattern comes near.
const MAX_STEPS: u32 = 200_000;

/// Whether the whole text matches the pattern.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    Matcher::new(pattern).matches(text)
}

/// A pattern made ready to be tried many times.
pub(crate) struct Matcher {
    pattern: Vec<char>,
}

impl Matcher {
    pub fn new(pattern: &str) -> Self {
        Matcher { pattern: pattern.chars().collect() }
    }

    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.matches_chars(&text)
    }

    pub fn matches_chars(&self, text: &[char]) -> bool {
        let mut steps = 0;
        run(&self.pattern, text, &mut steps)
    }
}

/// Quote every character that means something in a pattern.
pub(crate) fn quote(text: &str, out: &mut String) {
    for c in text.chars() {
        if "*?[]\\()|@!+-^".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Whether a pattern is more than a plain text.
pub(crate) fn is_glob(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '*' | '?' | '[' => return true,
            '(' => return true,
            _ => {}
        }
    }
    false
}

/// The text that a pattern without special characters stands for.
pub(crate) fn unquote(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

fn run(pattern: &[char], text: &[char], steps: &mut u32) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*` when what follows it does not match.
    let mut star: Option<(usize, usize)> = None;
    loop {
        *steps += 1;
        if *steps > MAX_STEPS {
            return false;
        }
        if p < pattern.len() {
            let c = pattern[p];
            if "@?*+!".contains(c)
                && pattern.get(p + 1) == Some(&'(')
                && let Some((options, rest)) = group(&pattern[p..])
            {
                if extended(c, &options, rest, &text[t..], steps) {
                    return true;
                }
            } else if c == '*' {
                star = Some((p + 1, t));
                p += 1;
                continue;
            } else if t < text.len()
                && let Some(next) = one(pattern, p, text[t])
            {
                p = next;
                t += 1;
                continue;
            }
        } else if t == text.len() {
            return true;
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

/// Match one character against the pattern at `p`; where the pattern goes on.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern[p] {
        '?' => Some(p + 1),
        '\\' if p + 1 < pattern.len() => (pattern[p + 1] == c).then_some(p + 2),
        '[' => match bracket(&pattern[p..], c) {
            Some((hit, len)) => hit.then_some(p + len),
            None => (c == '[').then_some(p + 1),
        },
        literal => (literal == c).then_some(p + 1),
    }
}

/// Whether a bracket expression holds a character, and how long the expression is.
pub(crate) fn bracket(pattern: &[char], c: char) -> Option<(bool, usize)> {
    let mut i = 1;
    let negated = matches!(pattern.get(i), Some('!' | '^'));
    i += usize::from(negated);
    let mut hit = false;
    let first = i;
    loop {
        let mut low = *pattern.get(i)?;
        if low == ']' && i > first {
            return Some((hit != negated, i + 1));
        }
        if low == '[' && pattern.get(i + 1) == Some(&':') {
            let close = pattern[i + 2..].windows(2).position(|w| w == [':', ']'])?;
            let name: String = pattern[i + 2..i + 2 + close].iter().collect();
            hit |= class(&name, c);
            i += close + 4;
            continue;
        }
        if low == '\\' {
            i += 1;
            low = *pattern.get(i)?;
        }
        i += 1;
        if pattern.get(i) == Some(&'-') && pattern.get(i + 1).is_some_and(|c| *c != ']') {
            i += 1;
            let mut high = *pattern.get(i)?;
            if high == '\\' {
                i += 1;
                high = *pattern.get(i)?;
            }
            i += 1;
            hit |= (low..=high).contains(&c);
        } else {
            hit |= low == c;
        }
    }
}

/// Whether a named class (`alpha`, `digit`…) holds a character.
pub(crate) fn class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_ascii_whitespace() || c == '\u{b}',
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && c != ' ',
        "cntrl" => c.is_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
}

/// The alternatives of `@(a|b)`, and the pattern after it.
fn group(pattern: &[char]) -> Option<(Vec<&[char]>, &[char])> {
    let mut options = Vec::new();
    let mut depth = 0;
    let mut from = 2;
    let mut i = 1;
    while i < pattern.len() {
        match pattern[i] {
            '\\' => i += 1,
            '(' => depth += 1,
            '|' if depth == 1 => {
                options.push(&pattern[from..i]);
                from = i + 1;
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    options.push(&pattern[from..i]);
                    return Some((options, &pattern[i + 1..]));
                }
            }
            _ => {}
        }
        i += 1;
    }
    None
}

fn extended(kind: char, options: &[&[char]], rest: &[char], text: &[char], steps: &mut u32) -> bool {
    let any = |part: &[char], steps: &mut u32| options.iter().any(|o| run(o, part, steps));
    if kind == '!' {
        return (0..=text.len()).any(|n| !any(&text[..n], steps) && run(rest, &text[n..], steps));
    }
    if matches!(kind, '?' | '*') && run(rest, text, steps) {
        return true;
    }
    for n in 0..=text.len() {
        *steps += 1;
        if *steps > MAX_STEPS {
            return false;
        }
        if !any(&text[..n], steps) {
            continue;
        }
        let more = matches!(kind, '*' | '+') && n > 0;
        if run(rest, &text[n..], steps) || (more && extended('*', options, rest, &text[n..], steps)) {
            return true;
        }
    }
    false
}
