//! Which locals of a function are still needed where.

use super::body::{Body, Node};
use std::collections::BTreeMap;
use wasmparser::Operator;

/// A set of locals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locals(Vec<u64>);

impl Locals {
    pub fn insert(&mut self, local: u32) {
        let word = local as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        if let Some(word) = self.0.get_mut(local as usize / 64) {
            *word &= !(1 << (local % 64));
        }
    }

    pub fn add(&mut self, others: &Self) {
        if self.0.len() < others.0.len() {
            self.0.resize(others.0.len(), 0);
        }
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word |= other);
    }

    /// Those that are in both sets.
    pub fn and(&self, others: &Self) -> Self {
        Self(self.0.iter().zip(&others.0).map(|(word, other)| word & other).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.0).flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}

/// What is needed behind each node (by its last operator), and by whoever branches to a block (by the operator that
/// opens it).
#[derive(Default)]
pub struct Needs {
    pub after: BTreeMap<usize, Locals>,
    pub at_label: BTreeMap<usize, Locals>,
}

impl Needs {
    /// What a whole body needs.
    pub fn of(body: &Body<'_>) -> Self {
        let mut needs = Self::default();
        needs.before(body, &body.nodes, Locals::default(), &mut vec![Locals::default()]);
        needs
    }

    /// What is needed before some nodes, given what is after them, and at the labels around them, the outermost first.
    pub fn before(
        &mut self,
        body: &Body<'_>,
        nodes: &[Node],
        after: Locals,
        labels: &mut Vec<Locals>,
    ) -> Locals {
        let mut needed = after;
        for node in nodes.iter().rev() {
            self.after.insert(node.last(), needed.clone());
            needed = match node {
                Node::Plain(at) => plain(&body.operators[*at].operator, needed, labels),
                Node::Block(at, inside, _) => {
                    let is_if = matches!(body.operators[*at].operator, Operator::If { .. });
                    let is_loop = matches!(body.operators[*at].operator, Operator::Loop { .. });
                    let mut inner = self.inside(body, *at, inside, &needed, is_loop, labels);
                    if is_if {
                        inner.add(&needed);
                    }
                    inner
                }
                Node::Choice(at, insides, _) => {
                    let mut inner = self.inside(body, *at, &insides[0], &needed, false, labels);
                    inner.add(&self.inside(body, *at, &insides[1], &needed, false, labels));
                    inner
                }
            };
        }
        needed
    }

    /// What is needed where a block begins.
    fn inside(
        &mut self,
        body: &Body<'_>,
        at: usize,
        inside: &[Node],
        after: &Locals,
        is_loop: bool,
        labels: &mut Vec<Locals>,
    ) -> Locals {
        // Whoever branches to a loop goes on at its beginning, of which the first round knows nothing yet.
        let mut label = if is_loop { Locals::default() } else { after.clone() };
        loop {
            labels.push(label.clone());
            let needed = self.before(body, inside, after.clone(), labels);
            labels.pop();
            let is_final = !is_loop || {
                let known = label.clone();
                label.add(&needed);
                label == known
            };
            if is_final {
                self.at_label.insert(at, label);
                return needed;
            }
        }
    }
}

fn plain(operator: &Operator<'_>, mut needed: Locals, labels: &[Locals]) -> Locals {
    let label = |depth: u32| &labels[labels.len() - 1 - depth as usize];
    match operator {
        Operator::LocalGet { local_index } => needed.insert(*local_index),
        Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
            needed.remove(*local_index)
        }
        Operator::Br { relative_depth } => return label(*relative_depth).clone(),
        Operator::BrIf { relative_depth } => needed.add(label(*relative_depth)),
        Operator::BrTable { targets } => {
            needed = label(targets.default()).clone();
            for target in targets.targets().flatten() {
                needed.add(label(target));
            }
        }
        Operator::Return | Operator::Unreachable => return Locals::default(),
        _ => {}
    }
    needed
}
