//! The shell's variables.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Unset,
    Text(String),
    /// A bash array.
    List(BTreeMap<i64, String>),
    /// A bash associative array.
    Map(BTreeMap<String, String>),
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    pub data: Data,
    pub exported: bool,
    pub readonly: bool,
    pub integer: bool,
}

impl Default for Variable {
    fn default() -> Self {
        Variable { data: Data::Unset, exported: false, readonly: false, integer: false }
    }
}

impl Variable {
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Unset => None,
            Data::Text(text) => Some(text),
            Data::List(list) => list.get(&0).map(String::as_str),
            Data::Map(map) => map.get("0").map(String::as_str),
        }
    }
}

/// All variables of a shell. Forks share them until one writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars {
    map: Arc<BTreeMap<String, Variable>>,
}

impl Vars {
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.map.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The variable of a name, made when it is missing.
    pub fn entry(&mut self, name: &str) -> &mut Variable {
        Arc::make_mut(&mut self.map).entry(name.to_string()).or_default()
    }

    /// Give a variable a text, whatever it was. `false` when it is read-only.
    pub fn set(&mut self, name: &str, value: String) -> bool {
        let v = self.entry(name);
        if v.readonly {
            return false;
        }
        match &mut v.data {
            Data::List(list) => {
                list.insert(0, value);
            }
            Data::Map(map) => {
                map.insert("0".to_string(), value);
            }
            data => *data = Data::Text(value),
        }
        true
    }

    pub fn remove(&mut self, name: &str) {
        Arc::make_mut(&mut self.map).remove(name);
    }

    /// Put a variable back as it was.
    pub fn restore(&mut self, name: &str, old: Option<Variable>) {
        match old {
            Some(old) => *self.entry(name) = old,
            None => self.remove(name),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Variable)> {
        self.map.iter()
    }

    /// What a child sees, in the order in which this shell was given it, new names after. Names that can be no
    /// variable's are passed on when `all` says so.
    pub fn environment(&self, inherited: &[(String, String)], all: bool) -> Vec<(String, String)> {
        let exported = |name: &str| {
            self.get(name)
                .filter(|v| v.exported)
                .and_then(|v| v.text())
                .map(|v| (name.to_string(), v.to_string()))
        };
        let passed = |name: &str, value: &str| {
            (all && !super::parser::is_name(name)).then(|| (name.to_string(), value.to_string()))
        };
        let mut out: Vec<(String, String)> =
            inherited.iter().filter_map(|(n, v)| exported(n).or_else(|| passed(n, v))).collect();
        for (name, variable) in self.map.iter().filter(|(_, v)| v.exported) {
            if let Some(text) = variable.text()
                && !inherited.iter().any(|(n, _)| n == name)
            {
                out.push((name.clone(), text.to_string()));
            }
        }
        out
    }
}
