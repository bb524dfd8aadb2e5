//! awk's functions.

use super::value::Value;
use super::value::root;
use super::{Awk, Leave};
use crate::applets::awk_parse::{Expr, Function};
use crate::applets::regex::Regex;
use crate::applets::sed::substitute;
use crate::applets::{Cx, printf};
use crate::shell::Dialect;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How deep calls may nest.
const MAX_DEPTH: u32 = 100;

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
    /// A call of a function of the program's own. What is given by name may be an array, which comes back changed;
    /// parameters that are not given are local.
    fn call_own(&mut self, cx: &mut Cx<'_, '_>, function: &Function, args: &[Expr]) -> Value {
        if self.depth >= MAX_DEPTH || self.step().is_err() {
            self.exit = Some(2);
            return Value::Input(String::new());
        }
        let given: Vec<(Value, Option<BTreeMap<String, Value>>)> = args
            .iter()
            .map(|arg| match arg {
                Expr::Var(name) if self.arrays.contains_key(name) => {
                    (Value::Input(String::new()), self.arrays.get(name).cloned())
                }
                arg => (self.eval(cx, arg), None),
            })
            .collect();
        let mut outer = Vec::new();
        for (i, param) in function.params.iter().enumerate() {
            outer.push((param.clone(), self.vars.remove(param), self.arrays.remove(param)));
            if let Some((value, array)) = given.get(i) {
                self.vars.insert(param.clone(), value.clone());
                if let Some(array) = array {
                    self.arrays.insert(param.clone(), array.clone());
                }
            }
        }
        self.depth += 1;
        let left = self.execute(cx, &function.body);
        self.depth -= 1;
        let arrays: Vec<Option<BTreeMap<String, Value>>> =
            function.params.iter().map(|param| self.arrays.remove(param)).collect();
        for (name, value, array) in outer {
            self.vars.remove(&name);
            self.vars.extend(value.map(|v| (name.clone(), v)));
            self.arrays.extend(array.map(|a| (name, a)));
        }
        for (arg, array) in args.iter().zip(arrays) {
            if let (Expr::Var(name), Some(array)) = (arg, array) {
                self.arrays.insert(name.clone(), array);
            }
        }
        match left {
            Err(Leave::Return(value)) => value,
            _ => Value::Input(String::new()),
        }
    }

    pub(super) fn call(&mut self, cx: &mut Cx<'_, '_>, name: &str, args: &[Expr]) -> Value {
        if let Some(function) = self.functions.get(name).cloned() {
            return self.call_own(cx, &function, args);
        }
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
