//! Many pods or nodes as one lane: how many of those below it are in which state.

use crate::model::{Crowd, Form, Lane, SpanLook};
use crate::rows::branch_end;
use alloc::vec::Vec;
use lifepod_api::SimTime;

/// A workload of more pods than this is closed at first: its crowd says more than a screen of lanes.
const CLOSED_ABOVE: usize = 20;

/// More nodes than this stand below a lane of their own, closed at first: nearly all of them do nothing but be ready.
const NODES_BELOW_ONE: usize = 8;

/// The lanes of the nodes; where there are many, below one that is called so after their number.
pub(super) fn of_nodes(mut nodes: Vec<Lane>, called: &str) -> Vec<Lane> {
    if nodes.len() <= NODES_BELOW_ONE {
        return nodes;
    }
    let mut all = Lane::new("nodes", alloc::format!("{} {called}", nodes.len()), 0, Form::Part);
    let spans = nodes.iter().flat_map(|node| &node.spans);
    let changes = spans.flat_map(|span| {
        // What runs on a pod's lane is ready on a node's.
        let look = if span.look == SpanLook::Running { SpanLook::Ready } else { span.look };
        [(span.from, look, 1), (span.to, look, -1)]
    });
    all.crowd = sums(changes.collect());
    all.closed = true;
    nodes.iter_mut().for_each(|node| node.depth = 1);
    nodes.insert(0, all);
    nodes
}

/// Gives each lane of a workload the crowd of the pods below it.
pub(super) fn gather(lanes: &mut [Lane]) {
    for i in 0..lanes.len() {
        if lanes[i].form != Form::Part || lanes.get(i + 1).is_none_or(|next| next.depth <= lanes[i].depth) {
            continue;
        }
        let end = branch_end(lanes, i);
        let mut pods = 0;
        let mut changes: Vec<(SimTime, SpanLook, i32)> = Vec::new();
        for lane in lanes[i + 1..end].iter().filter(|lane| lane.key.ends_with("/status")) {
            pods += 1;
            for span in &lane.spans {
                changes.extend([(span.from, span.look, 1), (span.to, span.look, -1)]);
            }
        }
        if pods > 0 {
            lanes[i].crowd = sums(changes);
            lanes[i].closed = pods > CLOSED_ABOVE;
        }
    }
}

/// The running sums of changes, one entry for each time at which there is one.
fn sums(mut changes: Vec<(SimTime, SpanLook, i32)>) -> Vec<Crowd> {
    changes.sort_unstable_by_key(|(at, ..)| *at);
    let mut crowds: Vec<Crowd> = Vec::new();
    let mut of = [0_u32; SpanLook::ALL.len()];
    for (at, look, by) in changes {
        // One that begins may be counted before the one that it follows has ended, never the other way round.
        let count = &mut of[look as usize];
        *count = count.wrapping_add_signed(by);
        match crowds.last_mut() {
            Some(last) if last.at == at => last.of = of,
            _ => crowds.push(Crowd { at, of }),
        }
    }
    // What lasts to the horizon does not end there.
    crowds.pop_if(|last| last.of.iter().all(|count| *count == 0));
    crowds
}

#[cfg(test)]
mod tests {
    use super::sums;
    use crate::model::SpanLook;
    use alloc::vec::Vec;
    use lifepod_api::SimTime;

    #[test]
    fn a_crowd_counts_who_is_in_which_state() {
        let at = SimTime::from_secs;
        let changes = [
            (at(0), SpanLook::Waiting, 1),
            (at(2), SpanLook::Waiting, -1),
            (at(1), SpanLook::Waiting, 1),
            (at(2), SpanLook::Running, 1),
            (at(9), SpanLook::Running, -1),
            (at(9), SpanLook::Waiting, -1),
        ];
        let crowds = sums(changes.to_vec());
        let waiting: Vec<_> = crowds.iter().map(|c| (c.at, c.of[SpanLook::Waiting as usize])).collect();
        assert_eq!(
            waiting,
            [(at(0), 1), (at(1), 2), (at(2), 1)],
            "at the horizon nothing is counted any more"
        );
        assert_eq!(crowds[2].of[SpanLook::Running as usize], 1);
    }
}
