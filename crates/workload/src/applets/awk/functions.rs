//! awk's functions.

use super::Awk;
use super::value::Value;
use super::value::root;
use crate::applets::awk_parse::Expr;
use crate::applets::regex::Regex;
use crate::applets::sed::substitute;
use crate::applets::{Cx, printf};
use crate::shell::Dialect;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) fn matches_in(regex: &Regex, text: &str) -> f64 {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut n) = (0, 0.0);
    while at <= chars.len() {
        let Some((a, b)) = regex.find(&chars, at).and_then(|g| g[0]) else { break };
        n += 1.0;
        at = if b > a { b } else { b + 1 };
    }
    n
}

/// The fields of a text: by white space, by one character, or by a regular expression.
pub(super) fn split(text: &str, separator: &str) -> Vec<String> {
    if separator == " " {
        return text.split_whitespace().map(ToString::to_string).collect();
    }
    if text.is_empty() {
        return Vec::new();
    }
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    if separator.chars().count() == 1 && separator != "\\" {
        return text.split(separator).map(ToString::to_string).collect();
    }
    let Ok(regex) = Regex::new(separator, true, false) else { return Vec::from([text.to_string()]) };
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some((a, b)) = regex.find(&chars, at).and_then(|g| g[0]).filter(|(a, b)| b > a) {
        out.push(chars[at..a].iter().collect());
        at = b;
    }
    out.push(chars[at..].iter().collect());
    out
}

impl Awk {
    pub(super) fn call(&mut self, cx: &mut Cx<'_, '_>, name: &str, args: &[Expr]) -> Value {
        if let ("length", [Expr::Var(array)]) = (name, args)
            && let Some(array) = self.arrays.get(array)
        {
            return Value::Number(array.len() as f64);
        }
        if name == "split" {
            let text = args.first().map(|a| self.eval(cx, a).text()).unwrap_or_default();
            let separator = match args.get(2) {
                Some(Expr::Regex(regex)) => return self.split_regex(args, &text, &regex.clone()),
                Some(e) => self.eval(cx, e).text(),
                None => self.var("FS").text(),
            };
            return self.fill(args, split(&text, &separator));
        }
        if name == "sub" || name == "gsub" {
            let [pattern, with, ..] = args else { return Value::Number(0.0) };
            let regex = self.regex(cx, pattern);
            let with = self.eval(cx, with).text();
            let record = Expr::Field(Box::new(Expr::Number(0.0)));
            let place = args.get(2).unwrap_or(&record).clone();
            let text = self.eval(cx, &place).text();
            let count = matches_in(&regex, &text);
            if let Some(new) = substitute(&regex, &text, &with, name == "gsub", 0) {
                self.set(cx, &place, Value::Text(new));
            }
            return Value::Number(if name == "gsub" { count } else { count.min(1.0) });
        }
        if name == "match" {
            let [text, pattern, ..] = args else { return Value::Number(0.0) };
            let chars: Vec<char> = self.eval(cx, text).text().chars().collect();
            let regex = self.regex(cx, pattern);
            let found = regex.find(&chars, 0).and_then(|g| g[0]);
            let (start, length) = found.map_or((0.0, -1.0), |(a, b)| (a as f64 + 1.0, (b - a) as f64));
            self.vars.insert("RSTART".to_string(), Value::Number(start));
            self.vars.insert("RLENGTH".to_string(), Value::Number(length));
            return Value::Number(start);
        }
        let values: Vec<Value> = args.iter().map(|a| self.eval(cx, a)).collect();
        let text = |i: usize| values.get(i).map(Value::text).unwrap_or_default();
        let number = |i: usize| values.get(i).map_or(0.0, Value::number);
        match name {
            "length" => {
                let text = if values.is_empty() { self.record.clone() } else { text(0) };
                Value::Number(text.chars().count() as f64)
            }
            "substr" => {
                let from = number(1) as i64 - 1;
                let len = if values.len() > 2 { number(2) as i64 } else { i64::MAX };
                let end = from.saturating_add(len);
                let kept = text(0)
                    .chars()
                    .enumerate()
                    .filter(|(i, _)| (*i as i64) >= from && (*i as i64) < end)
                    .map(|(_, c)| c)
                    .collect();
                Value::Text(kept)
            }
            "index" => {
                let (hay, needle) = (text(0), text(1));
                Value::Number(hay.find(&needle).map_or(0.0, |i| hay[..i].chars().count() as f64 + 1.0))
            }
            "toupper" => Value::Text(text(0).to_uppercase()),
            "tolower" => Value::Text(text(0).to_lowercase()),
            "sprintf" => {
                let rest: Vec<String> = values.iter().skip(1).map(Value::text).collect();
                Value::Text(
                    String::from_utf8_lossy(&printf::printf(&text(0), &rest, Dialect::Bash).output)
                        .into_owned(),
                )
            }
            "int" => Value::Number(number(0) as i64 as f64),
            "rand" => Value::Number((cx.sys.kernel.random() >> 11) as f64 / (1u64 << 53) as f64),
            "srand" => Value::Number(0.0),
            "systime" => Value::Number((cx.sys.kernel.wall() / 1_000_000) as f64),
            "sqrt" => Value::Number(root(number(0))),
            _ => {
                cx.sys.assume(&format!("awk {name}()"), "it gives nothing");
                Value::Text(String::new())
            }
        }
    }

    pub(super) fn split_regex(&mut self, args: &[Expr], text: &str, regex: &Regex) -> Value {
        let chars: Vec<char> = text.chars().collect();
        let mut parts = Vec::new();
        let mut at = 0;
        let mut from = 0;
        while let Some((a, b)) = regex.find(&chars, from).and_then(|g| g[0]).filter(|(a, b)| b > a) {
            parts.push(chars[at..a].iter().collect());
            (at, from) = (b, b);
        }
        if !chars.is_empty() {
            parts.push(chars[at..].iter().collect());
        }
        self.fill(args, parts)
    }

    pub(super) fn fill(&mut self, args: &[Expr], parts: Vec<String>) -> Value {
        let count = parts.len() as f64;
        if let Some(Expr::Var(array)) = args.get(1) {
            let filled =
                parts.into_iter().enumerate().map(|(i, p)| ((i + 1).to_string(), Value::Input(p))).collect();
            self.arrays.insert(array.clone(), filled);
        }
        Value::Number(count)
    }
}
