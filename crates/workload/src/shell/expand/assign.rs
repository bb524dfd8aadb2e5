//! Assignments, and the variables of arithmetic.

use super::parameters::UNBOUND;
use super::{Expanded, Expander};
use crate::shell::arith::{self, Scope};
use crate::shell::ast::*;
use crate::shell::vars::{Data, Variable};
use crate::shell::{Dialect, Shell};
use crate::sys::Sys;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

pub(super) enum Key {
    Number(i64),
    Name(String),
}

pub(super) fn store(v: &mut Variable, key: Option<Key>, value: String, append: bool) {
    match (key, &mut v.data) {
        (Some(Key::Name(key)), Data::Map(map)) => {
            let slot = map.entry(key).or_default();
            *slot = if append { core::mem::take(slot) + &value } else { value };
        }
        (Some(Key::Number(n)), data) => {
            let mut list = match core::mem::replace(data, Data::Unset) {
                Data::List(list) => list,
                Data::Text(text) => BTreeMap::from([(0, text)]),
                _ => BTreeMap::new(),
            };
            let n = if n < 0 { n + list.keys().next_back().map_or(0, |k| k + 1) } else { n };
            let slot = list.entry(n).or_default();
            *slot = if append { core::mem::take(slot) + &value } else { value };
            *data = Data::List(list);
        }
        (_, Data::List(list)) => {
            let slot = list.entry(0).or_default();
            *slot = if append { core::mem::take(slot) + &value } else { value };
        }
        (_, data) => {
            let old = if append { v_text(data) } else { String::new() };
            let sum = v.integer && append;
            *data = Data::Text(if sum {
                (old.parse::<i64>().unwrap_or(0) + value.parse::<i64>().unwrap_or(0)).to_string()
            } else {
                old + &value
            });
        }
    }
}

pub(super) fn v_text(data: &Data) -> String {
    match data {
        Data::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// Arithmetic on the shell's variables.
pub(crate) struct ShellScope<'a, 'k> {
    pub shell: &'a mut Shell,
    pub sys: &'a mut Sys<'k>,
}

impl Scope for ShellScope<'_, '_> {
    fn get(&mut self, name: &str, index: Option<i64>) -> Result<String, String> {
        if name == "RANDOM" && self.shell.dialect != Dialect::Dash {
            return Ok((self.sys.kernel.random() % 32_768).to_string());
        }
        let variable = self.shell.vars.get(name);
        if variable.is_none() && self.shell.options.nounset && self.shell.dialect == Dialect::Bash {
            return Err(format!("{name}: {UNBOUND}"));
        }
        Ok(match (variable.map(|v| &v.data), index) {
            (Some(Data::List(list)), index) => list.get(&index.unwrap_or(0)).cloned().unwrap_or_default(),
            (Some(Data::Map(map)), Some(i)) => map.get(&i.to_string()).cloned().unwrap_or_default(),
            (Some(_), None | Some(0)) => variable.and_then(|v| v.text()).unwrap_or("").to_string(),
            _ => String::new(),
        })
    }

    fn set(&mut self, name: &str, index: Option<i64>, value: i64) -> Result<(), String> {
        let v = self.shell.vars.entry(name);
        if v.readonly {
            return Err(format!("{name}: readonly variable"));
        }
        store(v, index.map(Key::Number), value.to_string(), false);
        Ok(())
    }

    fn dialect(&self) -> Dialect {
        self.shell.dialect
    }
}

impl Expander<'_, '_> {
    /// Make an assignment.
    pub fn assign(&mut self, assign: &Assign) -> Expanded<()> {
        let name = &assign.name;
        if self.shell.vars.get(name).is_some_and(|v| v.readonly) {
            let what = if self.shell.dialect == Dialect::Bash { "readonly variable" } else { "is read only" };
            return self.fatal(format!("{name}: {what}"));
        }
        match &assign.value {
            Value::Word(word) => {
                let mut value = self.text(word)?;
                if self.shell.vars.get(name).is_some_and(|v| v.integer) {
                    value = self.integer(&value)?.to_string();
                }
                let key = match &assign.index {
                    Some(index) => Some(self.key(name, index)?),
                    None => None,
                };
                self.once(|e| {
                    e.store(name, key, value, assign.append);
                    Ok(String::new())
                })?;
            }
            Value::Array(elements) => {
                let map = matches!(self.shell.vars.get(name).map(|v| &v.data), Some(Data::Map(_)));
                let mut pairs: Vec<(Option<Key>, Vec<String>)> = Vec::new();
                for (index, word) in elements {
                    let key = match index {
                        Some(index) => Some(self.key(name, index)?),
                        None => None,
                    };
                    let values = if key.is_some() {
                        vec![self.text(word)?]
                    } else {
                        self.words(core::slice::from_ref(word))?
                    };
                    pairs.push((key, values));
                }
                self.once(|e| {
                    let v = e.shell.vars.entry(name);
                    let old = core::mem::replace(&mut v.data, Data::Unset);
                    if map {
                        let mut new = match old {
                            Data::Map(old) if assign.append => old,
                            _ => BTreeMap::new(),
                        };
                        for (key, values) in pairs {
                            if let Some(Key::Name(key)) = key {
                                new.insert(key, values.concat());
                            }
                        }
                        v.data = Data::Map(new);
                    } else {
                        let mut new = match old {
                            Data::List(old) if assign.append => old,
                            Data::Text(text) if assign.append => BTreeMap::from([(0, text)]),
                            _ => BTreeMap::new(),
                        };
                        let mut next = new.keys().next_back().map_or(0, |k| k + 1);
                        for (key, values) in pairs {
                            if let Some(Key::Number(n)) = key {
                                next = n;
                            }
                            for value in values {
                                new.insert(next, value);
                                next += 1;
                            }
                        }
                        v.data = Data::List(new);
                    }
                    Ok(String::new())
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn integer(&mut self, text: &str) -> Expanded<i64> {
        let mut scope = ShellScope { shell: self.shell, sys: self.sys };
        match arith::evaluate(text, &mut scope) {
            Ok(value) => Ok(value),
            Err(message) => self.fatal(message),
        }
    }

    pub(super) fn key(&mut self, name: &str, index: &Word) -> Expanded<Key> {
        if matches!(self.shell.vars.get(name).map(|v| &v.data), Some(Data::Map(_))) {
            return Ok(Key::Name(self.text(index)?));
        }
        Ok(Key::Number(self.arithmetic(index)?))
    }

    pub(super) fn store(&mut self, name: &str, key: Option<Key>, value: String, append: bool) {
        let allexport = self.shell.options.allexport;
        let v = self.shell.vars.entry(name);
        v.exported |= allexport;
        store(v, key, value, append);
        if name == "OPTIND" {
            self.shell.getopts_offset = 0;
        }
    }
}
