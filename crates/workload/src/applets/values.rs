//! Tools that compute something from their arguments.

use super::options::{has, options, value};
use super::regex::{Regex, group_text};
use super::{Cx, State, push};
use crate::shell::Dialect;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(crate) fn true_(_: &mut Cx<'_, '_>, _: &[String]) -> State {
    State::End(0)
}

pub(crate) fn false_(_: &mut Cx<'_, '_>, _: &[String]) -> State {
    State::End(1)
}

/// A tool whose effect cannot be seen in a simulation.
pub(crate) fn nothing(_: &mut Cx<'_, '_>, _: &[String]) -> State {
    State::End(0)
}

pub(crate) fn test(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut args = args;
    if cx.name != "test" {
        let close = if cx.name == "[" { "]" } else { "]]" };
        match args.split_last() {
            Some((last, rest)) if last == close => args = rest,
            _ => {
                cx.complain(&format!("missing {close}"));
                return State::End(2);
            }
        }
    }
    let dialect = if cx.gnu { Dialect::Bash } else { Dialect::Ash };
    match super::test::test(cx.sys, &|_, _| false, args, cx.name == "[[", dialect) {
        Ok(yes) => State::End(i32::from(!yes)),
        Err(message) => {
            cx.complain(&message);
            State::End(2)
        }
    }
}

pub(crate) fn basename(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let (flags, words) = options(args, "s");
    let suffix_flag = value(&flags, 's').map(ToString::to_string);
    let many = has(&flags, 'a') || suffix_flag.is_some();
    if words.is_empty() {
        return cx.usage();
    }
    if !many && words.len() > 2 {
        cx.complain(&format!("extra operand '{}'", words[2]));
        return State::End(1);
    }
    let suffix = suffix_flag.or_else(|| words.get(1).filter(|_| !many).cloned()).unwrap_or_default();
    for path in if many { &words[..] } else { &words[..1] } {
        let trimmed = path.trim_end_matches('/');
        let whole = if trimmed.is_empty() && !path.is_empty() {
            "/"
        } else {
            trimmed.rsplit('/').next().unwrap_or("")
        };
        let name = whole.strip_suffix(suffix.as_str()).filter(|rest| !rest.is_empty()).unwrap_or(whole);
        cx.line(name);
    }
    State::End(0)
}

pub(crate) fn dirname(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    if args.is_empty() {
        return cx.usage();
    }
    for path in args {
        let trimmed = path.trim_end_matches('/');
        let dir = match trimmed.rsplit_once('/') {
            Some((dir, _)) if dir.trim_end_matches('/').is_empty() => "/",
            Some((dir, _)) => dir.trim_end_matches('/'),
            None if trimmed.is_empty() && path.starts_with('/') => "/",
            None => ".",
        };
        let dir = dir.to_string();
        cx.line(&dir);
    }
    State::End(0)
}

pub(crate) fn yes(_: &mut Cx<'_, '_>, args: &[String]) -> State {
    let word = if args.is_empty() { "y".to_string() } else { args.join(" ") };
    // Many lines at once, as real ones do.
    State::Yes((word + "\n").repeat(64).into_bytes())
}

/// The most numbers that `seq` prints.
const MAX_SEQ: usize = 5_000_000;

pub(crate) fn seq(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut separator = "\n".to_string();
    let mut width = false;
    let mut numbers: Vec<&str> = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-w" => width = true,
            "-s" => separator = words.next().cloned().unwrap_or_default(),
            flag if flag.starts_with("-s") => separator = flag[2..].to_string(),
            "--" => {}
            number => numbers.push(number),
        }
    }
    let parsed: Option<Vec<f64>> =
        numbers.iter().map(|n| n.parse::<f64>().ok().filter(|n| n.is_finite())).collect();
    let (first, step, last) = match parsed.as_deref() {
        Some([last]) => (1.0, 1.0, *last),
        Some([first, last]) => (*first, 1.0, *last),
        Some([first, step, last]) => (*first, *step, *last),
        Some(_) => return cx.usage(),
        None => {
            let bad = numbers.iter().find(|n| n.parse::<f64>().is_err()).unwrap_or(&"");
            let message = if cx.gnu {
                format!("invalid floating point argument: '{bad}'")
            } else {
                format!("invalid number '{bad}'")
            };
            cx.complain(&message);
            return State::End(1);
        }
    };
    if step == 0.0 {
        cx.complain("invalid Zero increment value: '0'");
        return State::End(1);
    }
    let decimals = numbers
        .iter()
        .take(2)
        .filter_map(|n| n.split_once('.'))
        .map(|(_, d)| d.len())
        .max()
        .unwrap_or(0)
        .min(20);
    let count = ((last - first) / step + 1e-9) as i64;
    if (last - first) / step < 0.0 {
        return State::End(0);
    }
    let count = (count as usize + 1).min(MAX_SEQ);
    let show = |n: f64| format!("{n:.decimals$}");
    let digits = if width { show(first).len().max(show(last).len()) } else { 0 };
    let mut out = String::new();
    for i in 0..count {
        let text = show(first + step * i as f64);
        if i > 0 {
            out.push_str(&separator);
        }
        match text.strip_prefix('-') {
            Some(rest) if width => out.push_str(&format!("-{rest:0>w$}", w = digits.saturating_sub(1))),
            _ if width => out.push_str(&format!("{text:0>digits$}")),
            _ => out.push_str(&text),
        }
    }
    out.push('\n');
    push(cx.out, 1, out.as_bytes());
    State::End(0)
}

/// A word quoted so that a shell reads it back.
pub(crate) fn shell_quote(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./:,+@%=^".contains(c));
    if plain {
        return text.to_string();
    }
    if text.is_empty() {
        return "''".to_string();
    }
    let mut out = String::new();
    for c in text.chars() {
        if !(c.is_alphanumeric() || "-_./:,+@%=^".contains(c)) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

// ---- expr ----

struct Expr<'a> {
    words: &'a [String],
    at: usize,
    depth: u32,
}

type Value = Result<String, String>;

pub(crate) fn expr(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    if args.is_empty() {
        return match cx.usage() {
            State::End(_) => State::End(2),
            other => other,
        };
    }
    let mut e = Expr { words: args, at: 0, depth: 0 };
    let result =
        e.or().and_then(|value| if e.at < args.len() { Err("syntax error".to_string()) } else { Ok(value) });
    match result {
        Ok(value) => {
            cx.line(&value);
            State::End(i32::from(is_false(&value)))
        }
        Err(message) => {
            cx.complain(&message);
            State::End(2)
        }
    }
}

fn is_false(value: &str) -> bool {
    value.is_empty() || value.parse::<i64>() == Ok(0)
}

impl Expr<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn eat_one_of(&mut self, ops: &[&str]) -> Option<String> {
        let word = self.peek().filter(|w| ops.contains(w))?.to_string();
        self.at += 1;
        Some(word)
    }

    fn or(&mut self) -> Value {
        self.depth += 1;
        if self.depth > 100 {
            return Err("syntax error".to_string());
        }
        let mut left = self.and()?;
        while self.eat_one_of(&["|"]).is_some() {
            let right = self.and()?;
            if is_false(&left) {
                left = if is_false(&right) { "0".to_string() } else { right };
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Value {
        let mut left = self.comparison()?;
        while self.eat_one_of(&["&"]).is_some() {
            let right = self.comparison()?;
            if is_false(&left) || is_false(&right) {
                left = "0".to_string();
            }
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Value {
        let mut left = self.sum()?;
        while let Some(op) = self.eat_one_of(&["=", "==", "!=", "<", "<=", ">", ">="]) {
            let right = self.sum()?;
            let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => left.cmp(&right),
            };
            let yes = match op.as_str() {
                "=" | "==" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            };
            left = i64::from(yes).to_string();
        }
        Ok(left)
    }

    fn numbers(left: &str, right: &str) -> Result<(i64, i64), String> {
        let number = |t: &str| t.parse::<i64>().map_err(|_| "non-integer argument".to_string());
        Ok((number(left)?, number(right)?))
    }

    fn sum(&mut self) -> Value {
        let mut left = self.product()?;
        while let Some(op) = self.eat_one_of(&["+", "-"]) {
            let right = self.product()?;
            let (a, b) = Self::numbers(&left, &right)?;
            left = if op == "+" { a.wrapping_add(b) } else { a.wrapping_sub(b) }.to_string();
        }
        Ok(left)
    }

    fn product(&mut self) -> Value {
        let mut left = self.matching()?;
        while let Some(op) = self.eat_one_of(&["*", "/", "%"]) {
            let right = self.matching()?;
            let (a, b) = Self::numbers(&left, &right)?;
            if b == 0 && op != "*" {
                return Err("division by zero".to_string());
            }
            left = match op.as_str() {
                "*" => a.wrapping_mul(b),
                "/" => a.wrapping_div(b),
                _ => a.wrapping_rem(b),
            }
            .to_string();
        }
        Ok(left)
    }

    fn matching(&mut self) -> Value {
        let mut left = self.primary()?;
        while self.eat_one_of(&[":"]).is_some() {
            let pattern = self.primary()?;
            left = match_text(&left, &pattern)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Value {
        let Some(word) = self.peek().map(ToString::to_string) else { return Err("syntax error".to_string()) };
        self.at += 1;
        match word.as_str() {
            "(" => {
                let value = self.or()?;
                self.eat_one_of(&[")"]).ok_or("syntax error")?;
                Ok(value)
            }
            "length" if self.peek().is_some() => Ok(self.primary()?.chars().count().to_string()),
            "match" if self.words.len() > self.at + 1 => {
                let (text, pattern) = (self.primary()?, self.primary()?);
                match_text(&text, &pattern)
            }
            "index" if self.words.len() > self.at + 1 => {
                let (text, set) = (self.primary()?, self.primary()?);
                Ok(text.chars().position(|c| set.contains(c)).map_or(0, |i| i + 1).to_string())
            }
            "substr" if self.words.len() > self.at + 2 => {
                let (text, from, len) = (self.primary()?, self.primary()?, self.primary()?);
                let (from, len) = Self::numbers(&from, &len)?;
                let skip = usize::try_from(from - 1).unwrap_or(usize::MAX);
                Ok(text.chars().skip(skip).take(usize::try_from(len).unwrap_or(0)).collect())
            }
            _ => Ok(word),
        }
    }
}

/// `text : pattern`: anchored at the start; the first group's text, or the length.
fn match_text(text: &str, pattern: &str) -> Value {
    let regex = Regex::new(&format!("^{pattern}"), false, false)?;
    let chars: Vec<char> = text.chars().collect();
    Ok(match regex.find(&chars, 0) {
        Some(groups) if groups.len() > 1 => group_text(&chars, &groups, 1),
        Some(groups) => groups[0].map_or(0, |(a, b)| b - a).to_string(),
        None if pattern.contains("\\(") => String::new(),
        None => "0".to_string(),
    })
}

/// `factor`: the primes of numbers; without any, of those that it reads.
pub(crate) fn factor(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    if args.is_empty() {
        return super::filter::Filter::collect(&[], Vec::new(), |cx, _, data| {
            let text: String =
                data.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
            let words: Vec<String> = text.split_whitespace().map(ToString::to_string).collect();
            if words.is_empty() { State::End(0) } else { factor(cx, &words) }
        });
    }
    let mut status = 0;
    for word in args {
        // Beyond 40 bits trial division takes too long.
        let Some(mut n) = word.parse::<u64>().ok().filter(|n| *n < 1 << 40) else {
            cx.complain(&format!("'{word}' is not a valid positive integer"));
            status = 1;
            continue;
        };
        let mut line = format!("{n}:");
        let mut prime = 2;
        while prime * prime <= n {
            while n.is_multiple_of(prime) {
                line.push_str(&format!(" {prime}"));
                n /= prime;
            }
            prime += 1;
        }
        if n > 1 {
            line.push_str(&format!(" {n}"));
        }
        cx.line(&line);
    }
    State::End(status)
}
