//! A document's nodes with the places they were written at.

use serde_json::Value;
use std::ops::Range;

/// The number of a node in its [`Tree`].
pub type NodeId = usize;

/// The nodes of one document. The root is node 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The nodes, parents before children.
    pub nodes: Vec<Node>,
}

/// A node and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The bytes of the whole text that it was read from.
    pub span: Range<usize>,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A scalar, read.
    Scalar(Value),
    /// A list.
    Sequence(Vec<NodeId>),
    /// A map, in the order of the text, duplicates kept.
    Mapping(Vec<Entry>),
    /// The value of another node (`*anchor`).
    Alias(NodeId),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as text: YAML's other scalars are written out, as JSON needs it.
    pub key: String,
    /// Where the key is written.
    pub key_span: Range<usize>,
    /// The value's node.
    pub value: NodeId,
    /// The key is `<<`: the value's entries belong to this map.
    pub merge: bool,
}

/// Where a field is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its value, aliases followed.
    pub node: NodeId,
    /// Its key; none for an item of a list.
    pub key: Option<Range<usize>>,
}

impl Tree {
    /// The tree of a text that says nothing.
    pub fn null() -> Tree {
        Tree { nodes: vec![Node { span: 0..0, kind: NodeKind::Scalar(Value::Null) }] }
    }

    /// The node behind aliases.
    pub fn resolve(&self, mut id: NodeId) -> NodeId {
        // An alias can only mean an earlier node, or the collection that it stands in.
        while let NodeKind::Alias(target) = self.nodes[id].kind {
            if target >= id {
                break;
            }
            id = target;
        }
        id
    }

    /// The characters to underline for a field path such as `spec.containers[0].env[1].value` or
    /// `metadata.labels[app.kubernetes.io/name]`: the value where it is written, else the key of the nearest
    /// parent that is. `from` is the node that the path starts at, `at` what stands for it.
    pub fn span_of(&self, from: NodeId, at: Range<usize>, path: &str) -> Range<usize> {
        let mut id = self.resolve(from);
        let mut rest = path;
        let mut span = at;
        while !rest.is_empty() {
            let Some((step, after)) = self.step(id, rest) else { break };
            let (next, key_span) = match step {
                Step::Entry(entry) => (entry.value, Some(entry.key_span.clone())),
                Step::Item(item) => (item, None),
            };
            let value = &self.nodes[next].span;
            let collection = !matches!(self.nodes[next].kind, NodeKind::Scalar(_) | NodeKind::Alias(_));
            span = match key_span {
                // Whole blocks are not underlined, their key is; so is the key of a value that was left out.
                Some(key) if collection || value.is_empty() => key,
                _ if collection => self.first_line_of(next),
                _ => value.clone(),
            };
            id = self.resolve(next);
            rest = after;
        }
        span
    }

    /// Where a field is written; none when it is not. The empty path is the node it starts at.
    pub fn place(&self, from: NodeId, path: &str) -> Option<Place> {
        let mut place = Place { node: self.resolve(from), key: None };
        let mut rest = path;
        while !rest.is_empty() {
            let (step, after) = self.step(place.node, rest)?;
            let (next, key) = match step {
                Step::Entry(entry) => (entry.value, Some(entry.key_span.clone())),
                Step::Item(item) => (item, None),
            };
            place = Place { node: self.resolve(next), key };
            rest = after;
        }
        Some(place)
    }

    /// The nodes of a map's `items`.
    pub fn items_of(&self, root: NodeId) -> Vec<NodeId> {
        let NodeKind::Mapping(entries) = &self.nodes[self.resolve(root)].kind else { return Vec::new() };
        let items = entries.iter().rev().find(|e| e.key == "items").map(|e| self.resolve(e.value));
        match items.map(|id| &self.nodes[id].kind) {
            Some(NodeKind::Sequence(items)) => items.clone(),
            _ => Vec::new(),
        }
    }

    /// The first key or scalar of a collection.
    fn first_line_of(&self, id: NodeId) -> Range<usize> {
        match &self.nodes[id].kind {
            NodeKind::Mapping(entries) if !entries.is_empty() => entries[0].key_span.clone(),
            NodeKind::Sequence(items) if !items.is_empty() => self.first_line_of(items[0]),
            _ => self.nodes[id].span.clone(),
        }
    }

    fn step<'t, 'p>(&'t self, id: NodeId, path: &'p str) -> Option<(Step<'t>, &'p str)> {
        match &self.nodes[id].kind {
            NodeKind::Sequence(items) => {
                let (index, after) = path.strip_prefix('[')?.split_once(']')?;
                let item = *items.get(index.parse::<usize>().ok()?)?;
                Some((Step::Item(item), after.strip_prefix('.').unwrap_or(after)))
            }
            NodeKind::Mapping(entries) => {
                let bracketed = path.strip_prefix('[').and_then(|p| p.rsplit_once(']'));
                let mut best: Option<(&Entry, &str)> = None;
                for entry in entries {
                    let after = match bracketed {
                        Some((inner, after)) => (inner == entry.key).then_some(after),
                        None => {
                            path.strip_prefix(entry.key.as_str()).and_then(|after| match after.as_bytes() {
                                [] | [b'[', ..] => Some(after),
                                [b'.', ..] => Some(&after[1..]),
                                _ => None,
                            })
                        }
                    };
                    // A key may hold dots: the longest wins, and the last of equals, as in decoding.
                    if let Some(after) = after
                        && best.is_none_or(|(b, _)| entry.key.len() >= b.key.len())
                    {
                        best = Some((entry, after));
                    }
                }
                best.map(|(entry, after)| (Step::Entry(entry), after))
            }
            _ => None,
        }
    }
}

enum Step<'t> {
    Entry(&'t Entry),
    Item(NodeId),
}
