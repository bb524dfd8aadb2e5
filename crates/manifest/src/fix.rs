//! Quick fixes: changes of the text that mend a finding, made from the document's own nodes.

use crate::schema::type_at;
use crate::tree::{Entry, NodeKind, Place, Tree};
use lifepod_api::schema::{StructType, Type};
use lifepod_api::yaml::to_yaml;
use serde_json::{Map, Value, json};
use std::ops::Range;

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What it does.
    pub title: Title,
    /// Its edits, in order of the text; none overlaps another.
    pub edits: Vec<Edit>,
}

/// Other text for a part of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub insert: String,
}

/// What a fix does, in a few words.
#[derive(Clone, Debug, PartialEq)]
pub enum Title {
    /// Writes this in place of what is there.
    Write(String),
    /// Adds this.
    Add(String),
    /// Indents with blanks instead of tabs.
    Blanks,
    /// Makes a list of it.
    List,
    /// Puts it in quotes.
    Quote,
    /// Takes its quotes away.
    Unquote,
}

impl Title {
    /// In English.
    pub fn en(&self) -> String {
        match self {
            Title::Write(what) => format!("Write `{what}`"),
            Title::Add(what) => format!("Add `{what}`"),
            Title::Blanks => "Indent with blanks".to_string(),
            Title::List => "Make it a list".to_string(),
            Title::Quote => "Put it in quotes".to_string(),
            Title::Unquote => "Take the quotes away".to_string(),
        }
    }

    /// In Simplified Chinese.
    pub fn zh(&self) -> String {
        match self {
            Title::Write(what) => format!("改为 `{what}`"),
            Title::Add(what) => format!("添加 `{what}`"),
            Title::Blanks => "改用空格缩进".to_string(),
            Title::List => "改为列表".to_string(),
            Title::Quote => "加上引号".to_string(),
            Title::Unquote => "去掉引号".to_string(),
        }
    }
}

/// Blanks for the tabs that a document is indented with: two for each.
pub fn tabs(text: &str, document: Range<usize>) -> Fix {
    let mut edits = Vec::new();
    let mut start = document.start;
    for line in text[document].split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t', '-']).len();
        for (at, _) in line[..indent].match_indices('\t') {
            edits.push(Edit { range: start + at..start + at + 1, insert: "  ".to_string() });
        }
        start += line.len();
    }
    Fix { title: Title::Blanks, edits }
}

/// One document of a text, as fixes see it.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub text: &'a str,
    pub tree: &'a Tree,
    pub root: usize,
}

impl Source<'_> {
    fn place(&self, path: &str) -> Option<Place> {
        self.tree.place(self.root, path)
    }

    fn written(&self, place: &Place) -> &str {
        &self.text[self.tree.nodes[place.node].span.clone()]
    }

    /// How far the first character of a node stands from the beginning of its line, in bytes; none when something
    /// other than blanks and dashes stands before it.
    fn column(&self, at: usize) -> Option<usize> {
        let start = self.text[..at].rfind('\n').map_or(0, |n| n + 1);
        let before = &self.text[start..at];
        before.trim_matches([' ', '-']).is_empty().then_some(before.len())
    }

    /// Another key for a field.
    pub fn key(&self, path: &str, to: &str) -> Option<Fix> {
        let range = self.place(path)?.key?;
        let quoted = self.text[range.clone()].starts_with(['"', '\'']);
        let insert = if quoted { format!("\"{to}\"") } else { to.to_string() };
        Some(Fix { title: Title::Write(to.to_string()), edits: vec![Edit { range, insert }] })
    }

    /// Another value for a field that has a scalar on one line.
    pub fn value(&self, path: &str, to: &str) -> Option<Fix> {
        let place = self.place(path)?;
        let NodeKind::Scalar(_) = self.tree.nodes[place.node].kind else { return None };
        let written = self.written(&place);
        if written.is_empty() || written.contains('\n') {
            return None;
        }
        let insert = if written.starts_with(['"', '\'']) { format!("\"{to}\"") } else { to.to_string() };
        let range = self.tree.nodes[place.node].span.clone();
        Some(Fix { title: Title::Write(to.to_string()), edits: vec![Edit { range, insert }] })
    }

    /// A value of the type that the field has; `root` is the document's type.
    pub fn of_type(&self, path: &str, root: &'static StructType) -> Option<Fix> {
        let place = self.place(path)?;
        let span = self.tree.nodes[place.node].span.clone();
        let written = self.written(&place);
        let around = |title: Title, before: &str, after: &str| Fix {
            title,
            edits: vec![
                Edit { range: span.start..span.start, insert: before.to_string() },
                Edit { range: span.end..span.end, insert: after.to_string() },
            ],
        };
        match (type_at(root, path)?, &self.tree.nodes[place.node].kind) {
            (Type::String, NodeKind::Scalar(Value::Bool(_) | Value::Number(_))) => {
                Some(around(Title::Quote, "\"", "\""))
            }
            (Type::Int32 | Type::Int64 | Type::Bool, NodeKind::Scalar(Value::String(said))) => {
                let plain = said.parse::<i64>().is_ok() || ["true", "false"].contains(&said.as_str());
                let edits = vec![Edit { range: span.clone(), insert: said.clone() }];
                (plain && written.starts_with(['"', '\''])).then_some(Fix { title: Title::Unquote, edits })
            }
            (Type::List(Type::String), NodeKind::Scalar(Value::String(said))) if !written.contains('\n') => {
                let insert = format!("[{}]", Value::from(said.as_str()));
                Some(Fix { title: Title::List, edits: vec![Edit { range: span, insert }] })
            }
            (Type::List(_), NodeKind::Mapping(_)) if written.starts_with('{') => {
                written.ends_with('}').then(|| around(Title::List, "[", "]"))
            }
            (Type::List(inner), NodeKind::Mapping(_)) => self.block_to_list(&place, inner),
            _ => None,
        }
    }

    /// A block map in place of a list: an item without its dash, or items under their names.
    fn block_to_list(&self, place: &Place, inner: &Type) -> Option<Fix> {
        let NodeKind::Mapping(entries) = &self.tree.nodes[place.node].kind else { return None };
        let first = entries.first()?;
        let column = self.column(first.key_span.start)?;
        let insert = |at: usize, insert: String| Edit { range: at..at, insert };
        let by_name = match inner {
            Type::Struct(item) if item.field("name").is_some() => entries.iter().all(|entry| {
                let is_map = matches!(&self.tree.nodes[entry.value].kind, NodeKind::Mapping(_));
                is_map && item.field(&entry.key).is_none()
            }),
            _ => false,
        };
        let mut edits = Vec::new();
        if by_name {
            for entry in entries {
                let NodeKind::Mapping(own) = &self.tree.nodes[entry.value].kind else { return None };
                // The item's other keys stay where they are: `name` joins them.
                let below = self.column(own.first()?.key_span.start)?;
                if self.column(entry.key_span.start)? != column || below < column + 2 {
                    return None;
                }
                let dash = format!("-{}name: ", " ".repeat(below - column - 1));
                edits.push(insert(entry.key_span.start, dash));
                let colon = entry.key_span.end + self.text[entry.key_span.end..].find(':')?;
                edits.push(Edit { range: colon..colon + 1, insert: String::new() });
            }
        } else {
            edits.push(insert(first.key_span.start, "- ".to_string()));
            let mut at = self.next_line(first.key_span.start);
            while at < self.text.len() {
                let line = self.text[at..].lines().next().unwrap_or("");
                let indent = line.len() - line.trim_start_matches(' ').len();
                let blank = line.trim().is_empty();
                if !blank && indent < column {
                    break;
                }
                if !blank {
                    edits.push(insert(at, "  ".to_string()));
                }
                at = self.next_line(at);
            }
        }
        Some(Fix { title: Title::List, edits })
    }

    fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |n| at + n + 1)
    }

    /// Adds a field, with the parents that are missing, to the nearest map on its path that is written. A path with
    /// list items that are not written leads nowhere.
    pub fn add(&self, mut path: &str, mut value: Value) -> Option<Fix> {
        loop {
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            if self.place(parent).is_some() {
                return self.add_entry(parent, name, value);
            }
            if parent.is_empty() || name.ends_with(']') {
                return None;
            }
            value = Value::Object(Map::from_iter([(name.to_string(), value)]));
            path = parent;
        }
    }

    /// Adds an entry to the map at a path.
    pub fn add_entry(&self, path: &str, name: &str, value: Value) -> Option<Fix> {
        let NodeKind::Mapping(entries) = &self.tree.nodes[self.place(path)?.node].kind else { return None };
        let first = entries.first().filter(|_| entries.iter().all(|e| e.key != name))?;
        match self.behind_name(first) {
            Some((at, column)) => {
                let (title, lines) = entry(name, value);
                let insert = lines.lines().map(|line| format!("\n{}{line}", " ".repeat(column))).collect();
                Some(Fix { title, edits: vec![Edit { range: at..at, insert }] })
            }
            None => self.first_entry(first.key_span.start, name, value),
        }
    }

    /// Writes a field: another value where it has a scalar, else the field itself.
    pub fn set(&self, path: &str, value: &Value) -> Option<Fix> {
        match self.place(path) {
            None => self.add(path, value.clone()),
            Some(_) => match value {
                Value::String(text) => self.value(path, text),
                value => self.value(path, &value.to_string()),
            },
        }
    }

    /// The end of the line with which an item of a list begins, and the column of its entries, if that line says no more
    /// than its name: nobody looks for anything before that.
    fn behind_name(&self, first: &Entry) -> Option<(usize, usize)> {
        let column = self.column(first.key_span.start)?;
        let value = &self.tree.nodes[first.value];
        let ends = self.text[value.span.end..].find('\n').map_or(self.text.len(), |at| value.span.end + at);
        let is_item = self.text[..first.key_span.start].trim_end_matches(' ').ends_with('-');
        let is_line = !self.text[first.key_span.start..value.span.end].contains('\n');
        let is_named = is_item && is_line && matches!(value.kind, NodeKind::Scalar(_));
        is_named.then(|| (ends - usize::from(self.text[..ends].ends_with('\r')), column))
    }

    /// Adds an item to the list at a path, which is made where it is missing.
    pub fn add_item(&self, path: &str, item: Value) -> Option<Fix> {
        let Some(place) = self.place(path) else { return self.add(path, Value::Array(vec![item])) };
        let NodeKind::Sequence(items) = &self.tree.nodes[place.node].kind else { return None };
        let first = self.tree.nodes[*items.first()?].span.start;
        let span = &self.tree.nodes[place.node].span;
        let title = Title::Add(item.to_string());
        if self.text[span.clone()].starts_with('[') {
            let at = span.start + 1;
            return Some(Fix { title, edits: vec![Edit { range: at..at, insert: format!("{item}, ") }] });
        }
        let dash = self.text[..first].rfind('-')?;
        let column = self.column(dash)?;
        let insert = indented(&to_yaml(&Value::Array(vec![item])), column);
        Some(Fix { title, edits: vec![Edit { range: dash..dash, insert }] })
    }

    /// An entry before the first one of a map.
    fn first_entry(&self, at: usize, name: &str, value: Value) -> Option<Fix> {
        // In braces, as all of JSON is.
        let json = json!({name: &value}).to_string();
        let (title, lines) = entry(name, value);
        let insert = match self.column(at) {
            Some(column) => indented(&lines, column),
            None => format!("{}, ", &json[1..json.len() - 1]),
        };
        Some(Fix { title, edits: vec![Edit { range: at..at, insert }] })
    }
}

/// An entry's lines, and what it is to add it.
fn entry(name: &str, value: Value) -> (Title, String) {
    let lines = to_yaml(&Value::Object(Map::from_iter([(name.to_string(), value)])));
    (Title::Add(lines.lines().map(str::trim).collect::<Vec<_>>().join(" ")), lines)
}

/// Lines to stand at a column at which the first of them already is, and what follows them shall be.
fn indented(lines: &str, column: usize) -> String {
    lines.lines().map(|line| format!("{line}\n{}", " ".repeat(column))).collect()
}
