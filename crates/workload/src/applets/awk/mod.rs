//! `awk`: rules over lines and fields.

mod functions;
mod value;

use super::awk_parse::{Expr, Function, Pattern, Rule, Statement, parse};
use super::filter::{Filter, Line, More, Work};
use super::regex::Regex;
use super::{Cx, State, printf};
use crate::shell::Dialect;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use functions::split;
use value::Value;
use value::arithmetic;

/// Steps that one program may take in all; a loop without end stops here.
const MAX_STEPS: u64 = 20_000_000;

/// Why a statement did not go on to the next one.
enum Leave {
    Next,
    Exit,
    Return(Value),
    Break,
    Continue,
}

/// An awk at work.
#[derive(Clone, Debug)]
pub(crate) struct Awk {
    rules: Vec<Rule>,
    vars: BTreeMap<String, Value>,
    arrays: BTreeMap<String, BTreeMap<String, Value>>,
    record: String,
    fields: Vec<String>,
    exit: Option<i32>,
    steps: u64,
    file_lines: f64,
    functions: BTreeMap<String, Function>,
    /// Calls under way.
    depth: u32,
    /// Files that were printed to: they are truncated once.
    files: Vec<String>,
}

pub(crate) fn awk(cx: &mut Cx<'_, '_>, args: &[String]) -> State {
    let mut words = args.iter();
    let mut program = None;
    let mut awk = Awk {
        rules: Vec::new(),
        vars: BTreeMap::new(),
        arrays: BTreeMap::new(),
        record: String::new(),
        fields: Vec::new(),
        exit: None,
        steps: 0,
        file_lines: 0.0,
        functions: BTreeMap::new(),
        depth: 0,
        files: Vec::new(),
    };
    for (name, value) in [("FS", " "), ("OFS", " "), ("ORS", "\n"), ("SUBSEP", "\u{1c}"), ("RS", "\n")] {
        awk.vars.insert(name.to_string(), Value::Text(value.to_string()));
    }
    awk.vars.insert("NR".to_string(), Value::Number(0.0));
    let mut files = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => {
                program = program.or_else(|| words.next().cloned());
                files.extend(words.by_ref().cloned());
            }
            flag if flag.starts_with("-F") => {
                let text = if flag.len() > 2 {
                    flag[2..].to_string()
                } else {
                    words.next().cloned().unwrap_or_default()
                };
                let text = if text == "t" { "\t".to_string() } else { text };
                awk.takes_assignment(&format!("FS={text}"));
            }
            flag if flag.starts_with("-v") => {
                let text = if flag.len() > 2 {
                    flag[2..].to_string()
                } else {
                    words.next().cloned().unwrap_or_default()
                };
                awk.takes_assignment(&text);
            }
            "-f" => {
                let path = words.next().cloned().unwrap_or_default();
                let bytes = cx.sys.read_file(&path).unwrap_or_default();
                program = Some(String::from_utf8_lossy(&bytes).into_owned());
            }
            word if program.is_none() => program = Some(word.to_string()),
            word => files.push(word.to_string()),
        }
    }
    let Some(program) = program else { return cx.usage() };
    match parse(&program) {
        Ok((rules, functions)) => (awk.rules, awk.functions) = (rules, functions),
        Err(message) => {
            cx.complain(&format!("cmd. line:1: {message}"));
            if message.ends_with("here") {
                cx.sys.assume(&program, "awk fails on it");
            }
            return State::End(if cx.gnu { 2 } else { 1 });
        }
    }
    let env: Vec<(String, String)> = cx.sys.process().env.to_vec();
    awk.arrays.insert("ENVIRON".to_string(), env.into_iter().map(|(n, v)| (n, Value::Input(v))).collect());
    awk.run_rules(cx, |p| matches!(p, Pattern::Begin));
    let reads = awk.rules.iter().any(|r| !matches!(r.pattern, Pattern::Begin));
    if awk.exit.is_some() || !reads {
        let code = awk.finish(cx);
        return State::End(code);
    }
    Filter::over(&files, Work::Awk(Box::new(awk)))
}

impl Awk {
    /// `name=value` among the files is an assignment.
    pub fn takes_assignment(&mut self, word: &str) -> bool {
        let Some((name, value)) = word.split_once('=').filter(|(n, _)| crate::shell::parser::is_name(n))
        else {
            return false;
        };
        let text = String::from_utf8_lossy(&crate::shell::escapes::unescape(value, true).0).into_owned();
        self.vars.insert(name.to_string(), Value::Input(text));
        true
    }

    pub fn begin_file(&mut self, name: &str) {
        self.file_lines = 0.0;
        let shown = if name == "-" { "" } else { name };
        self.vars.insert("FILENAME".to_string(), Value::Text(shown.to_string()));
    }

    pub fn line(&mut self, cx: &mut Cx<'_, '_>, line: &Line<'_>) -> More {
        let count = self.var("NR").number() + 1.0;
        self.vars.insert("NR".to_string(), Value::Number(count));
        self.file_lines += 1.0;
        self.vars.insert("FNR".to_string(), Value::Number(self.file_lines));
        self.set_record(line.text);
        self.run_rules(cx, |p| !matches!(p, Pattern::Begin | Pattern::End));
        if self.exit.is_some() { More::No } else { More::Yes }
    }

    pub fn finish(&mut self, cx: &mut Cx<'_, '_>) -> i32 {
        let before = self.exit.take();
        self.run_rules(cx, |p| matches!(p, Pattern::End));
        self.exit.or(before).unwrap_or(0)
    }

    fn set_record(&mut self, text: &str) {
        self.record = text.to_string();
        let fs = self.var("FS").text();
        self.fields = split(text, &fs);
        self.vars.insert("NF".to_string(), Value::Number(self.fields.len() as f64));
    }

    /// The byte that ends a record: of `RS`, its first.
    pub fn record_separator(&self) -> u8 {
        self.var("RS").text().bytes().next().unwrap_or(b'\n')
    }

    fn var(&self, name: &str) -> Value {
        self.vars.get(name).cloned().unwrap_or(Value::Input(String::new()))
    }

    fn run_rules(&mut self, cx: &mut Cx<'_, '_>, which: impl Fn(&Pattern) -> bool) {
        let rules = core::mem::take(&mut self.rules);
        let mut inside: Vec<bool> = rules.iter().map(|r| r.inside).collect();
        for (i, rule) in rules.iter().enumerate().filter(|(_, r)| which(&r.pattern)) {
            let hit = match &rule.pattern {
                Pattern::Begin | Pattern::End | Pattern::Always => true,
                Pattern::Expr(e) => self.eval(cx, e).truth(),
                Pattern::Range(from, to) => {
                    let hit = inside[i] || self.eval(cx, from).truth();
                    inside[i] = hit && !self.eval(cx, to).truth();
                    hit
                }
            };
            if !hit {
                continue;
            }
            match &rule.action {
                None => {
                    let record = self.record.clone();
                    cx.line(&record);
                }
                Some(action) => {
                    if let Err(Leave::Exit | Leave::Next | Leave::Return(_)) = self.execute(cx, action) {
                        break;
                    }
                }
            }
        }
        self.rules = rules;
        for (rule, inside) in self.rules.iter_mut().zip(inside) {
            rule.inside = inside;
        }
    }

    fn step(&mut self) -> Result<(), Leave> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.exit = Some(2);
            return Err(Leave::Exit);
        }
        Ok(())
    }

    fn body(&mut self, cx: &mut Cx<'_, '_>, body: &Statement) -> Result<bool, Leave> {
        self.step()?;
        match self.execute(cx, body) {
            Err(Leave::Break) => Ok(false),
            Err(Leave::Continue) | Ok(()) => Ok(true),
            Err(other) => Err(other),
        }
    }

    fn execute(&mut self, cx: &mut Cx<'_, '_>, statement: &Statement) -> Result<(), Leave> {
        match statement {
            Statement::Expr(e) => {
                self.eval(cx, e);
                // A function of the program's may have said so.
                if self.exit.is_some() {
                    return Err(Leave::Exit);
                }
            }
            Statement::Print { format, args, to } => self.print(cx, *format, args, to.as_ref()),
            Statement::If(condition, yes, no) => {
                if self.eval(cx, condition).truth() {
                    return self.execute(cx, yes);
                }
                if let Some(no) = no {
                    return self.execute(cx, no);
                }
            }
            Statement::While(condition, body) => {
                while self.eval(cx, condition).truth() && self.body(cx, body)? {}
            }
            Statement::Do(body, condition) => {
                while self.body(cx, body)? && self.eval(cx, condition).truth() {}
            }
            Statement::For(init, condition, step, body) => {
                if let Some(init) = init {
                    self.execute(cx, init)?;
                }
                while condition.as_ref().is_none_or(|c| self.eval(cx, c).truth()) && self.body(cx, body)? {
                    if let Some(step) = step {
                        self.execute(cx, step)?;
                    }
                }
            }
            Statement::ForIn(name, array, body) => {
                let keys: Vec<String> =
                    self.arrays.get(array).map(|a| a.keys().cloned().collect()).unwrap_or_default();
                for key in keys {
                    self.vars.insert(name.clone(), Value::Input(key));
                    if !self.body(cx, body)? {
                        break;
                    }
                }
            }
            Statement::Block(list) => {
                for statement in list {
                    self.execute(cx, statement)?;
                }
            }
            Statement::Delete(name, index) => match index {
                Some(index) => {
                    let key = self.key(cx, index);
                    if let Some(array) = self.arrays.get_mut(name) {
                        array.remove(&key);
                    }
                }
                None => {
                    self.arrays.remove(name);
                }
            },
            Statement::Next => return Err(Leave::Next),
            Statement::Exit(code) => {
                let code = code.as_ref().map(|c| self.eval(cx, c).number() as i32);
                self.exit = Some(code.unwrap_or(0));
                return Err(Leave::Exit);
            }
            Statement::Return(value) => {
                let value = value.as_ref().map_or(Value::Input(String::new()), |v| self.eval(cx, v));
                return Err(Leave::Return(value));
            }
            Statement::Break => return Err(Leave::Break),
            Statement::Continue => return Err(Leave::Continue),
        }
        Ok(())
    }

    fn print(&mut self, cx: &mut Cx<'_, '_>, format: bool, args: &[Expr], to: Option<&(bool, Expr)>) {
        let texts: Vec<String> = args.iter().map(|a| self.eval(cx, a).text()).collect();
        let bytes = if format {
            printf::printf(
                texts.first().map_or("", |s| s.as_str()),
                texts.get(1..).unwrap_or(&[]),
                Dialect::Bash,
            )
            .output
        } else if texts.is_empty() {
            (self.record.clone() + &self.var("ORS").text()).into_bytes()
        } else {
            (texts.join(&self.var("OFS").text()) + &self.var("ORS").text()).into_bytes()
        };
        let Some((append, target)) = to else {
            cx.print(bytes);
            return;
        };
        let path = self.eval(cx, target).text();
        match path.as_str() {
            "/dev/stderr" => super::push(cx.out, 2, &bytes),
            "/dev/stdout" => cx.print(bytes),
            path => {
                let fresh = !append && !self.files.iter().any(|f| f == path);
                let old = if fresh { Vec::new() } else { cx.sys.read_file(path).unwrap_or_default() };
                self.files.push(path.to_string());
                let _ = cx.sys.write_file(path, &[old, bytes].concat());
            }
        }
    }

    fn key(&mut self, cx: &mut Cx<'_, '_>, index: &[Expr]) -> String {
        let parts: Vec<String> = index.iter().map(|e| self.eval(cx, e).text()).collect();
        parts.join(&self.var("SUBSEP").text())
    }

    fn set(&mut self, cx: &mut Cx<'_, '_>, place: &Expr, value: Value) {
        match place {
            Expr::Var(name) if name == "NF" => {
                self.fields.resize(value.number().clamp(0.0, 10_000.0) as usize, String::new());
                self.rebuild();
            }
            Expr::Var(name) => {
                self.vars.insert(name.clone(), value);
            }
            Expr::Index(name, index) => {
                let key = self.key(cx, index);
                self.arrays.entry(name.clone()).or_default().insert(key, value);
            }
            Expr::Field(n) => {
                let n = self.eval(cx, n).number().clamp(0.0, 10_000.0) as usize;
                if n == 0 {
                    let text = value.text();
                    self.set_record(&text);
                } else {
                    if self.fields.len() < n {
                        self.fields.resize(n, String::new());
                    }
                    self.fields[n - 1] = value.text();
                    self.rebuild();
                }
            }
            _ => {}
        }
    }

    fn rebuild(&mut self) {
        self.record = self.fields.join(&self.var("OFS").text());
        self.vars.insert("NF".to_string(), Value::Number(self.fields.len() as f64));
    }

    /// The regular expression that an operand is.
    fn regex(&mut self, cx: &mut Cx<'_, '_>, e: &Expr) -> Regex {
        match e {
            Expr::Regex(regex) => regex.clone(),
            other => {
                let text = self.eval(cx, other).text();
                Regex::new(&text, true, false).unwrap_or_else(|_| Regex::literal(&text, false))
            }
        }
    }

    fn eval(&mut self, cx: &mut Cx<'_, '_>, e: &Expr) -> Value {
        self.steps += 1;
        let truth = |yes: bool| Value::Number(if yes { 1.0 } else { 0.0 });
        match e {
            Expr::Number(n) => Value::Number(*n),
            Expr::Text(t) => Value::Text(t.clone()),
            Expr::Regex(regex) => truth(regex.is_match(&self.record)),
            Expr::Var(name) => self.var(name),
            Expr::Field(n) => {
                let n = self.eval(cx, n).number();
                if n < 1.0 {
                    return Value::Input(self.record.clone());
                }
                Value::Input(self.fields.get(n as usize - 1).cloned().unwrap_or_default())
            }
            Expr::Index(name, index) => {
                let key = self.key(cx, index);
                let array = self.arrays.entry(name.clone()).or_default();
                array.entry(key).or_insert(Value::Input(String::new())).clone()
            }
            Expr::Assign(op, place, value) => {
                let right = self.eval(cx, value);
                let value = match *op {
                    "=" => right,
                    op => {
                        let left = self.eval(cx, place).number();
                        Value::Number(arithmetic(&op[..1], left, right.number()))
                    }
                };
                self.set(cx, place, value.clone());
                value
            }
            Expr::Condition(condition, yes, no) => {
                if self.eval(cx, condition).truth() {
                    self.eval(cx, yes)
                } else {
                    self.eval(cx, no)
                }
            }
            Expr::Unary(op, inner) => {
                let value = self.eval(cx, inner);
                match op {
                    '!' => truth(!value.truth()),
                    '-' => Value::Number(-value.number()),
                    '+' => Value::Number(value.number()),
                    _ => value,
                }
            }
            Expr::Step(place, by, old) => {
                let before = self.eval(cx, place).number();
                self.set(cx, place, Value::Number(before + by));
                Value::Number(if *old { before } else { before + by })
            }
            Expr::In(index, array) => {
                let key = self.key(cx, index);
                truth(self.arrays.get(array).is_some_and(|a| a.contains_key(&key)))
            }
            Expr::Binary(op, left, right) => match *op {
                "&&" => truth(self.eval(cx, left).truth() && self.eval(cx, right).truth()),
                "||" => truth(self.eval(cx, left).truth() || self.eval(cx, right).truth()),
                "~" | "!~" => {
                    let text = self.eval(cx, left).text();
                    let regex = self.regex(cx, right);
                    truth(regex.is_match(&text) == (*op == "~"))
                }
                " " => Value::Text(self.eval(cx, left).text() + &self.eval(cx, right).text()),
                "==" | "!=" | "<" | "<=" | ">" | ">=" => {
                    let (a, b) = (self.eval(cx, left), self.eval(cx, right));
                    let order = if a.numeric() && b.numeric() {
                        a.number().partial_cmp(&b.number())
                    } else {
                        Some(a.text().cmp(&b.text()))
                    };
                    truth(order.is_some_and(|o| match *op {
                        "==" => o.is_eq(),
                        "!=" => o.is_ne(),
                        "<" => o.is_lt(),
                        "<=" => o.is_le(),
                        ">" => o.is_gt(),
                        _ => o.is_ge(),
                    }))
                }
                op => {
                    let (a, b) = (self.eval(cx, left).number(), self.eval(cx, right).number());
                    Value::Number(arithmetic(op, a, b))
                }
            },
            Expr::Call(name, args) => self.call(cx, name, args),
        }
    }
}
