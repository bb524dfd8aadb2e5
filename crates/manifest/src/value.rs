//! From the nodes of a document to the JSON that the API server would decode.

use crate::tree::{NodeId, NodeKind, Tree};
use serde_json::{Map, Value};
use std::ops::Range;

/// A document as JSON, and the keys that were set more than once.
#[derive(Debug, Default)]
pub struct Converted {
    /// The document.
    pub value: Value,
    /// Each key that is set again.
    pub duplicates: Vec<Duplicate>,
}

/// A key that was set before in the same map.
#[derive(Debug, PartialEq)]
pub struct Duplicate {
    /// The field's path.
    pub path: String,
    /// The key.
    pub key: String,
    /// Where the key is written again.
    pub key_span: Range<usize>,
    /// Where its value begins.
    pub value_start: usize,
}

/// Why a document has no JSON.
#[derive(Debug, PartialEq)]
pub struct ConvertError {
    /// In the YAML library's words.
    pub message: &'static str,
    /// Where.
    pub span: Range<usize>,
}

/// Converts a tree, aliases and merges followed. As upstream, the share of nodes that stem from aliases is
/// limited, so that a few lines cannot unfold to gigabytes (`decode.go allowedAliasRatio`).
pub fn convert(tree: &Tree) -> Result<Converted, ConvertError> {
    let mut c =
        Converter { tree, out: Converted::default(), decoded: 0, from_aliases: 0, within: Vec::new() };
    let value = c.node(0, &mut String::new())?;
    Ok(Converted { value, ..c.out })
}

struct Converter<'t> {
    tree: &'t Tree,
    out: Converted,
    decoded: u32,
    from_aliases: u32,
    /// The aliases that are being followed.
    within: Vec<NodeId>,
}

impl Converter<'_> {
    fn node(&mut self, id: NodeId, path: &mut String) -> Result<Value, ConvertError> {
        let node = &self.tree.nodes[id];
        self.decoded += 1;
        self.from_aliases += u32::from(!self.within.is_empty());
        if self.from_aliases > 100 && self.decoded > 1_000 && self.share() > allowed_share(self.decoded) {
            return Err(ConvertError {
                message: "document contains excessive aliasing",
                span: node.span.clone(),
            });
        }
        match &node.kind {
            NodeKind::Scalar(value) => Ok(value.clone()),
            NodeKind::Sequence(items) => {
                let mut out = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    let length = path.len();
                    path.push_str(&format!("[{i}]"));
                    out.push(self.node(*item, path)?);
                    path.truncate(length);
                }
                Ok(Value::Array(out))
            }
            NodeKind::Mapping(_) => {
                let mut members = Map::new();
                self.mapping(id, &mut members, path)?;
                Ok(Value::Object(members))
            }
            NodeKind::Alias(target) => {
                self.enter(id)?;
                let value = self.node(*target, path);
                self.within.pop();
                value
            }
        }
    }

    fn mapping(
        &mut self,
        id: NodeId,
        members: &mut Map<String, Value>,
        path: &mut String,
    ) -> Result<(), ConvertError> {
        let NodeKind::Mapping(entries) = &self.tree.nodes[id].kind else { return Ok(()) };
        let mut seen = std::collections::BTreeSet::new();
        for entry in entries {
            if entry.merge {
                self.merge(entry.value, members, path, true)?;
                continue;
            }
            let length = path.len();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&entry.key);
            let value = self.node(entry.value, path)?;
            if !seen.insert(entry.key.as_str()) && self.within.is_empty() {
                self.out.duplicates.push(Duplicate {
                    path: path.clone(),
                    key: entry.key.clone(),
                    key_span: entry.key_span.clone(),
                    value_start: self.tree.nodes[entry.value].span.start,
                });
            }
            path.truncate(length);
            // What a merge brought gives way to what is written; of two written values the last stays.
            members.insert(entry.key.clone(), value);
        }
        Ok(())
    }

    fn merge(
        &mut self,
        id: NodeId,
        members: &mut Map<String, Value>,
        path: &mut String,
        lists: bool,
    ) -> Result<(), ConvertError> {
        match &self.tree.nodes[id].kind {
            NodeKind::Mapping(_) => self.mapping(id, members, path),
            NodeKind::Alias(target) => {
                self.enter(id)?;
                let done = self.merge(*target, members, path, false);
                self.within.pop();
                done
            }
            // Earlier maps of the list win, so they come last.
            NodeKind::Sequence(items) if lists => {
                items.iter().rev().try_for_each(|item| self.merge(*item, members, path, false))
            }
            _ => Err(ConvertError {
                message: "map merge requires map or sequence of maps as the value",
                span: self.tree.nodes[id].span.clone(),
            }),
        }
    }

    fn enter(&mut self, alias: NodeId) -> Result<(), ConvertError> {
        if self.within.contains(&alias) {
            let span = self.tree.nodes[alias].span.clone();
            return Err(ConvertError { message: "anchor value contains itself", span });
        }
        self.within.push(alias);
        Ok(())
    }

    fn share(&self) -> f64 {
        f64::from(self.from_aliases) / f64::from(self.decoded)
    }
}

/// The share of decoded nodes that may stem from aliases: 99 % in small documents, 10 % in huge ones.
fn allowed_share(decoded: u32) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    0.99 - 0.89 * ((f64::from(decoded) - LOW) / (HIGH - LOW)).clamp(0.0, 1.0)
}
