//! `export`, `readonly`, `local`, `declare`, `unset`, `let`.

use super::super::arith;
use super::super::expand::ShellScope;
use super::super::parser::is_name;
use super::super::vars::{Data, Variable};
use super::super::{Dialect, Frame, Shell};
use super::Done;
use crate::sys::Sys;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What the letters of `declare` ask for.
#[derive(Default)]
struct Wanted {
    export: Option<bool>,
    readonly: bool,
    integer: bool,
    list: bool,
    map: bool,
    print: bool,
    functions: bool,
    global: bool,
}

impl Shell {
    pub(super) fn declare(&mut self, sys: &mut Sys<'_>, name: &str, args: &[String]) -> Done {
        let mut wanted = Wanted::default();
        match name {
            "export" => wanted.export = Some(true),
            "readonly" => wanted.readonly = true,
            _ => {}
        }
        let mut words = args;
        while let Some(word) = words.first().filter(|w| w.len() > 1 && w.starts_with(['-', '+'])) {
            if word == "--" {
                words = &words[1..];
                break;
            }
            let on = word.starts_with('-');
            for letter in word[1..].chars() {
                match letter {
                    'n' if name == "export" => wanted.export = Some(false),
                    'p' => wanted.print = true,
                    'x' if self.dialect == Dialect::Bash => wanted.export = Some(on),
                    'r' if self.dialect == Dialect::Bash => wanted.readonly = on,
                    'i' if self.dialect == Dialect::Bash => wanted.integer = on,
                    'a' if self.dialect == Dialect::Bash => wanted.list = true,
                    'A' if self.dialect == Dialect::Bash => wanted.map = true,
                    'f' | 'F' => wanted.functions = true,
                    'g' => wanted.global = true,
                    'u' | 'l' | 'n' | 't' | 'I' if self.dialect == Dialect::Bash => {}
                    _ => {
                        let message = match self.dialect {
                            Dialect::Bash => format!("-{letter}: invalid option"),
                            Dialect::Dash => format!("Illegal option -{letter}"),
                            Dialect::Ash => format!("illegal option -{letter}"),
                        };
                        self.complain_as(name, &message);
                        return if self.dialect == Dialect::Bash { Done::Status(2) } else { Done::Exit(2) };
                    }
                }
            }
            words = &words[1..];
        }
        if wanted.functions {
            let known = words.iter().all(|w| self.functions.contains_key(w));
            return Done::Status(i32::from(!known));
        }
        let local = matches!(name, "local" | "declare" | "typeset") && !wanted.global;
        let call = self.frames.iter().rposition(|f| matches!(f, Frame::Call { .. }));
        if name == "local" && call.is_none() {
            return match self.dialect {
                Dialect::Bash => {
                    self.complain_as(name, "can only be used in a function");
                    Done::Status(1)
                }
                _ => {
                    self.complain_as(name, "not in a function");
                    Done::Exit(2)
                }
            };
        }
        if words.is_empty() || (wanted.print && self.dialect == Dialect::Bash) {
            self.print_variables(name, words);
            return Done::Status(0);
        }
        for word in words {
            let (variable, value) = match word.split_once('=') {
                Some((variable, value)) => (variable, Some(value)),
                None => (word.as_str(), None),
            };
            let append = variable.ends_with('+') && self.dialect == Dialect::Bash;
            let variable = variable.strip_suffix('+').filter(|_| append).unwrap_or(variable);
            if !is_name(variable) {
                match self.dialect {
                    Dialect::Bash => {
                        self.complain_as(name, &format!("`{word}': not a valid identifier"));
                        return Done::Status(1);
                    }
                    _ => {
                        self.complain_as(name, &format!("{variable}: bad variable name"));
                        return Done::Exit(2);
                    }
                }
            }
            if local && let Some(at) = call {
                self.make_local(at, variable, value.is_none());
            }
            if value.is_some() && self.vars.get(variable).is_some_and(|v| v.readonly) {
                let what = if self.dialect == Dialect::Bash { "readonly variable" } else { "is read only" };
                self.complain_as(name, &format!("{variable}: {what}"));
                return if self.dialect == Dialect::Bash { Done::Status(1) } else { Done::Exit(2) };
            }
            let mut text = value.map(ToString::to_string);
            if wanted.integer
                && let Some(value) = &text
            {
                let mut scope = ShellScope { shell: self, sys };
                text = Some(arith::evaluate(value, &mut scope).unwrap_or(0).to_string());
            }
            let v = self.vars.entry(variable);
            if wanted.map && !matches!(v.data, Data::Map(_)) {
                v.data = Data::Map(BTreeMap::new());
            }
            if wanted.list && matches!(v.data, Data::Unset) {
                v.data = Data::List(BTreeMap::new());
            }
            v.integer |= wanted.integer;
            if let Some(export) = wanted.export {
                v.exported = export;
            }
            if let Some(text) = text {
                let text = if append { v.text().unwrap_or("").to_string() + &text } else { text };
                self.vars.set(variable, text);
            }
            if wanted.readonly {
                self.vars.entry(variable).readonly = true;
            }
        }
        Done::Status(0)
    }

    /// Remember a variable in the call's frame, so that it comes back; dash keeps its value in the
    /// function, the others start without one.
    fn make_local(&mut self, call: usize, name: &str, no_value: bool) {
        let old = self.vars.get(name).cloned();
        if let Some(Frame::Call { locals, .. }) = self.frames.get_mut(call)
            && !locals.iter().any(|(n, _)| n == name)
        {
            locals.push((name.to_string(), old));
            if no_value && self.dialect != Dialect::Dash {
                *self.vars.entry(name) = Variable::default();
            }
        }
    }

    fn print_variables(&mut self, name: &str, only: &[String]) {
        let lines: Vec<String> = self
            .vars
            .iter()
            .filter(|(n, v)| match name {
                "export" => v.exported,
                "readonly" => v.readonly,
                _ => only.contains(n),
            })
            .map(|(n, v)| match (self.dialect, v.text()) {
                (Dialect::Bash, text) => {
                    let flags = match (v.exported, v.readonly, v.integer, &v.data) {
                        (_, _, _, Data::List(_)) => "-a",
                        (_, _, _, Data::Map(_)) => "-A",
                        (true, true, ..) => "-rx",
                        (true, ..) => "-x",
                        (_, true, ..) => "-r",
                        (_, _, true, _) => "-i",
                        _ => "--",
                    };
                    match &v.data {
                        Data::List(list) => {
                            let all: Vec<String> =
                                list.iter().map(|(k, v)| format!("[{k}]=\"{v}\"")).collect();
                            format!("declare {flags} {n}=({})\n", all.join(" "))
                        }
                        _ => match text {
                            Some(text) => format!("declare {flags} {n}=\"{text}\"\n"),
                            None => format!("declare {flags} {n}\n"),
                        },
                    }
                }
                (_, Some(text)) => format!("{name} {n}='{}'\n", text.replace('\'', "'\"'\"'")),
                (_, None) => format!("{name} {n}\n"),
            })
            .collect();
        for line in lines {
            self.print(1, line.as_bytes());
        }
    }

    pub(super) fn unset(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let mut functions = false;
        let mut variables = false;
        for word in args {
            match word.as_str() {
                "-f" => functions = true,
                "-v" => variables = true,
                name => {
                    if functions {
                        Arc::make_mut(&mut self.functions).remove(name);
                        continue;
                    }
                    if let Some((array, index)) = name.strip_suffix(']').and_then(|n| n.split_once('[')) {
                        self.unset_element(sys, array, index);
                        continue;
                    }
                    if !is_name(name) && self.dialect != Dialect::Bash {
                        self.complain_as("unset", &format!("{name}: bad variable name"));
                        return Done::Exit(2);
                    }
                    if self.vars.get(name).is_some_and(|v| v.readonly) {
                        let what = match self.dialect {
                            Dialect::Bash => "cannot unset: readonly variable",
                            _ => "is read only",
                        };
                        self.complain_as("unset", &format!("{name}: {what}"));
                        return if self.dialect == Dialect::Bash { Done::Status(1) } else { Done::Exit(2) };
                    }
                    let is_variable = self.vars.get(name).is_some();
                    self.vars.remove(name);
                    if !is_variable && !variables && self.dialect == Dialect::Bash {
                        Arc::make_mut(&mut self.functions).remove(name);
                    }
                }
            }
        }
        Done::Status(0)
    }

    fn unset_element(&mut self, sys: &mut Sys<'_>, name: &str, index: &str) {
        let number = {
            let mut scope = ShellScope { shell: self, sys };
            arith::evaluate(index, &mut scope).unwrap_or(0)
        };
        match &mut self.vars.entry(name).data {
            Data::List(list) => {
                list.remove(&number);
            }
            Data::Map(map) => {
                map.remove(index.trim_matches(['\'', '"']));
            }
            _ => {}
        }
    }

    pub(super) fn let_(&mut self, sys: &mut Sys<'_>, args: &[String]) -> Done {
        let mut last = 0;
        for text in args {
            let result = {
                let mut scope = ShellScope { shell: self, sys };
                arith::evaluate(text, &mut scope)
            };
            match result {
                Ok(value) => last = value,
                Err(message) => {
                    self.complain_as("let", &message);
                    return if self.dialect == Dialect::Bash { Done::Status(1) } else { Done::Exit(2) };
                }
            }
        }
        Done::Status(i32::from(last == 0))
    }
}
