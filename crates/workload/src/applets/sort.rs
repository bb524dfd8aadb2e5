//! `sort`, `uniq`, `shuf`.

use super::filter::{Filter, Line, More, Work};
use super::options::{has, options, value};
use super::text::lines_of;
use super::{Cx, State};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// One sort key: fields from, to, and its letters.
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    letters: String,
}

pub(crate) fn sort(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "ktoST");
    let mut packed: Vec<String> =
        flags.iter().filter(|(l, _)| *l == 'k').map(|(_, v)| format!("k{v}")).collect();
    let letters: String = flags.iter().map(|(l, _)| *l).filter(|l| "nrufbdighVcsz".contains(*l)).collect();
    packed.push(format!("f{letters}"));
    packed.extend(value(&flags, 't').map(|t| format!("t{t}")));
    packed.extend(value(&flags, 'o').map(|o| format!("o{o}")));
    Filter::collect(&files, packed, sort_all)
}

fn sort_all(cx: &mut Cx<'_, '_>, args: &[String], data: Vec<(String, Vec<u8>)>) -> State {
    let letters = args.iter().find_map(|a| a.strip_prefix('f')).unwrap_or("");
    let separator = args.iter().find_map(|a| a.strip_prefix('t')).and_then(|t| t.chars().next());
    let keys: Vec<Key> = args.iter().filter_map(|a| a.strip_prefix('k')).map(parse_key).collect();
    let mut lines: Vec<String> = data.iter().flat_map(|(_, bytes)| lines_of(bytes)).collect();
    let compare = |a: &String, b: &String| -> Ordering {
        for key in &keys {
            let own = key.letters.chars().any(|c| "nrfgV".contains(c));
            let letters = if own { key.letters.as_str() } else { letters };
            let order = by(letters, &key_text(a, key, separator), &key_text(b, key, separator));
            if order.is_ne() {
                return if letters.contains('r') { order.reverse() } else { order };
            }
        }
        if keys.is_empty() {
            let order = by(letters, a, b);
            if order.is_ne() {
                return if letters.contains('r') { order.reverse() } else { order };
            }
        }
        if letters.contains('u') || letters.contains('s') {
            return Ordering::Equal;
        }
        let order = a.cmp(b);
        if letters.contains('r') { order.reverse() } else { order }
    };
    if letters.contains('c') {
        let bad = lines.windows(2).position(|w| compare(&w[0], &w[1]) == Ordering::Greater);
        if let Some(i) = bad {
            cx.complain(&format!("-: {}: disorder: {}", i + 2, lines[i + 1]));
            return State::End(1);
        }
        return State::End(0);
    }
    lines.sort_by(compare);
    if letters.contains('u') {
        lines.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
    }
    let mut text = lines.join("\n");
    if !lines.is_empty() {
        text.push('\n');
    }
    match args.iter().find_map(|a| a.strip_prefix('o')) {
        Some(path) => {
            if let Err(errno) = cx.sys.write_file(path, text.as_bytes()) {
                cx.complain(&format!("{path}: {}", errno.message()));
                return State::End(2);
            }
        }
        None => cx.print(text),
    }
    State::End(0)
}

fn parse_key(text: &str) -> Key {
    let (from, to) = text.split_once(',').map_or((text, None), |(a, b)| (a, Some(b)));
    let position = |text: &str| -> (usize, usize) {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let (field, character) = digits.split_once('.').unwrap_or((digits, "0"));
        (field.parse().unwrap_or(1), character.parse().unwrap_or(0))
    };
    Key {
        from: position(from),
        to: to.map(position),
        letters: text.chars().filter(|c| c.is_ascii_alphabetic()).collect(),
    }
}

fn key_text(line: &str, key: &Key, separator: Option<char>) -> String {
    // Fields with the blanks before them, as sort counts them.
    let mut fields: Vec<String> = Vec::new();
    match separator {
        Some(c) => fields.extend(line.split(c).map(ToString::to_string)),
        None => {
            let mut blank = true;
            for c in line.chars() {
                let is_blank = c == ' ' || c == '\t';
                if fields.is_empty() || (is_blank && !blank) {
                    fields.push(String::new());
                }
                blank = is_blank;
                if let Some(last) = fields.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    let first = key.from.0.saturating_sub(1);
    let last = key.to.map_or(usize::MAX, |(field, _)| field.saturating_sub(1));
    let joint = separator.map(String::from).unwrap_or_default();
    let part: Vec<String> =
        fields.into_iter().enumerate().filter(|(i, _)| (first..=last).contains(i)).map(|(_, f)| f).collect();
    let text = part.join(&joint);
    text.chars().skip(key.from.1.saturating_sub(1)).collect()
}

fn by(letters: &str, a: &str, b: &str) -> Ordering {
    if letters.contains('n') || letters.contains('g') || letters.contains('h') {
        return number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal);
    }
    if letters.contains('V') {
        return version(a).cmp(&version(b));
    }
    let (a, b) = if letters.contains('b') { (a.trim_start(), b.trim_start()) } else { (a, b) };
    if letters.contains('f') { a.to_uppercase().cmp(&b.to_uppercase()) } else { a.cmp(b) }
}

fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || (*i == 0 && *c == '-')))
        .map_or(text.len(), |(i, _)| i);
    let factor = match text[end..].chars().next() {
        Some('K') => 1024.0,
        Some('M') => 1_048_576.0,
        Some('G') => 1_073_741_824.0,
        _ => 1.0,
    };
    text[..end].parse::<f64>().unwrap_or(0.0) * factor
}

/// Digits as numbers, the rest as text.
fn version(text: &str) -> Vec<(String, u64)> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[word..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |i| word + i);
        out.push((rest[..word].to_string(), rest[word..digits].parse().unwrap_or(0)));
        rest = &rest[digits..];
    }
    out
}

// ---- uniq ----

#[derive(Clone, Debug)]
pub(crate) struct Uniq {
    count: bool,
    repeated: bool,
    unique: bool,
    fold: bool,
    skip: usize,
    /// Characters that are passed over, after the fields.
    skip_chars: usize,
    /// How many characters are compared.
    width: Option<usize>,
    last: Option<(String, u64)>,
}

pub(crate) fn uniq(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, files) = options(args, "fsw");
    let uniq = Uniq {
        count: has(&flags, 'c'),
        repeated: has(&flags, 'd'),
        unique: has(&flags, 'u'),
        fold: has(&flags, 'i'),
        skip: value(&flags, 'f').and_then(|v| v.parse().ok()).unwrap_or(0),
        skip_chars: value(&flags, 's').and_then(|v| v.parse().ok()).unwrap_or(0),
        width: value(&flags, 'w').and_then(|v| v.parse().ok()),
        last: None,
    };
    Filter::over(&files[..files.len().min(1)], Work::Uniq(uniq))
}

impl Uniq {
    fn key(&self, text: &str) -> String {
        let fields = text.split_whitespace().skip(self.skip).collect::<Vec<_>>().join(" ");
        let rest = if self.skip > 0 { fields.as_str() } else { text };
        let text: String =
            rest.chars().skip(self.skip_chars).take(self.width.unwrap_or(usize::MAX)).collect();
        if self.fold { text.to_lowercase() } else { text }
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        if let Some((last, n)) = self.last.clone()
            && self.key(&last) == self.key(line.text)
        {
            self.last = Some((last, n + 1));
            return More::Yes;
        }
        self.finish(cx);
        self.last = Some((line.text.to_string(), 1));
        More::Yes
    }

    pub fn finish(&mut self, cx: &mut Cx<'_, '_>) {
        let Some((text, n)) = self.last.take() else { return };
        if (self.repeated && n < 2) || (self.unique && n > 1) {
            return;
        }
        if self.count {
            cx.line(&format!("{n:7} {text}"));
        } else {
            cx.line(&text);
        }
    }
}

pub(crate) fn shuf(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, mut files) = options(args, "ni");
    let count = value(&flags, 'n').unwrap_or("").to_string();
    if let Some((a, b)) = value(&flags, 'i').and_then(|i| i.split_once('-'))
        && let (Ok(a), Ok(b)) = (a.parse::<u64>(), b.parse::<u64>())
    {
        // The numbers of a range, as if they had been read.
        let lines: Vec<String> = (a..=b.min(a + 100_000)).map(|n| n.to_string()).collect();
        return Filter::collect(&["/dev/null".to_string()], vec![count, lines.join("\n")], shuffle);
    }
    if has(&flags, 'e') {
        let words = core::mem::take(&mut files).join("\n");
        return Filter::collect(&["/dev/null".to_string()], vec![count, words], shuffle);
    }
    Filter::collect(&files, vec![count], shuffle)
}

fn shuffle(cx: &mut Cx<'_, '_>, args: &[String], data: Vec<(String, Vec<u8>)>) -> State {
    let mut lines: Vec<String> = match args.get(1) {
        Some(text) => text.lines().map(ToString::to_string).collect(),
        None => data.iter().flat_map(|(_, b)| lines_of(b)).collect(),
    };
    for i in (1..lines.len()).rev() {
        let j = (cx.sys.kernel.random() % (i as u64 + 1)) as usize;
        lines.swap(i, j);
    }
    lines.truncate(args[0].parse().unwrap_or(usize::MAX));
    for line in lines {
        cx.line(&line);
    }
    State::End(0)
}
