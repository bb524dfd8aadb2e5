//! A search for a node as the trace keeps it.

use crate::scheduler::cache::Cache;
use crate::scheduler::schedule_one::Search;
use crate::trace::{NodeVerdict, Refusal, Verdicts};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// In a larger cluster only the best nodes are kept one by one.
const EACH: usize = 32;
/// How many of the best those are.
const BEST: usize = 5;

/// What every node said; in a large cluster how many said what, and the best nodes.
pub(super) fn verdicts(search: &Search, cache: &Cache) -> Verdicts {
    let mut counts: BTreeMap<(&'static str, &[Cow<'static, str>]), u32> = BTreeMap::new();
    for rejection in search.diagnosis.nodes.values() {
        *counts.entry((rejection.plugin.name(), &rejection.reasons)).or_insert(0) += 1;
    }
    let texts =
        |reasons: &[Cow<'static, str>]| reasons.iter().map(ToString::to_string).collect::<Vec<String>>();
    let mut refused: Vec<Refusal> = counts
        .into_iter()
        .map(|((plugin, reasons), nodes)| Refusal { plugin, reasons: texts(reasons), nodes })
        .collect();
    let nodes = cache.order().len() as u32;
    if let Some(rejection) = &search.diagnosis.pre_filter {
        refused.push(Refusal { plugin: rejection.plugin.name(), reasons: texts(&rejection.reasons), nodes });
    } else if let Some(reason) = &search.diagnosis.absent {
        let absent = nodes - search.diagnosis.nodes.len() as u32 - search.feasible.len() as u32;
        let plugin = search.diagnosis.rejectors.iter().next().map_or("", |p| p.name());
        refused.push(Refusal { plugin, reasons: [reason.to_string()].to_vec(), nodes: absent });
    }

    let feasible = |place: usize| NodeVerdict {
        node: cache.node(search.feasible[place]).name().to_string(),
        refused: Vec::new(),
        plugin: None,
        score: search.total(place),
        scores: search.scores.iter().map(|s| (s.plugin.name(), s.weighted[place])).collect(),
    };
    let mut each: Vec<NodeVerdict> = Vec::new();
    if cache.order().len() <= EACH {
        each.extend((0..search.feasible.len()).map(feasible));
        each.extend(search.diagnosis.nodes.iter().map(|(node, rejection)| NodeVerdict {
            node: cache.node(*node).name().to_string(),
            refused: texts(&rejection.reasons),
            plugin: Some(rejection.plugin.name()),
            score: 0,
            scores: Vec::new(),
        }));
        each.sort_by(|a, b| a.node.cmp(&b.node));
    } else {
        let mut places: Vec<usize> = (0..search.feasible.len()).collect();
        // The chosen node first, whichever of the equals it is.
        let rank = |place: &usize| {
            let chosen = search.chosen == search.feasible.get(*place).copied();
            (core::cmp::Reverse(search.total(*place)), !chosen, *place)
        };
        if places.len() > BEST {
            places.select_nth_unstable_by_key(BEST, rank);
            places.truncate(BEST);
        }
        places.sort_unstable_by_key(rank);
        each.extend(places.into_iter().map(feasible));
    }
    Verdicts { nodes, feasible: search.feasible.len() as u32, refused, each }
}
