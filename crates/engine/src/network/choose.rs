//! Which endpoints of a Service a node's proxy sends connections to (`pkg/proxy/topology.go`).

use crate::network::view::{EndpointView, PortView, ServiceView};
use alloc::vec::Vec;

/// Where a connection begins, as far as the choice minds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seat<'a> {
    /// The node's name; empty for none.
    pub(crate) node: &'a str,
    /// Its zone; empty for none.
    pub(crate) zone: &'a str,
}

/// What a proxy does with new connections.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict<'v> {
    /// They go to one of these, any of them with the same chance.
    OneOf(Vec<&'v EndpointView>),
    /// There is no endpoint at all: they are rejected, which the client sees as refused.
    Reject,
    /// There is none on this node, and the policy wants one there: they are dropped.
    Drop,
}

/// What becomes of connections to a Service's port (`CategorizeEndpoints`). `external` are those that come in by a
/// node port.
pub(crate) fn verdict<'v>(
    service: &ServiceView,
    port: &'v PortView,
    seat: Seat<'_>,
    external: bool,
) -> Verdict<'v> {
    let all = &port.endpoints;
    let local_only = if external { service.external_local } else { service.internal_local };
    let chosen = if local_only { local(all, seat) } else { anywhere(all, seat) };
    let usable = |e: &EndpointView| e.ready || (e.serving && e.terminating);
    match chosen.is_empty() {
        false => Verdict::OneOf(chosen),
        true if all.iter().any(usable) => Verdict::Drop,
        true => Verdict::Reject,
    }
}

/// The endpoints on the node itself: the ready ones, or those that end and still serve.
fn local<'v>(all: &'v [EndpointView], seat: Seat<'_>) -> Vec<&'v EndpointView> {
    ready_or_terminating(all, |e| e.node == seat.node)
}

/// The ready endpoints of the whole cluster, as far as hints let this node use them; when none is ready anywhere, those
/// that end and still serve.
fn anywhere<'v>(all: &'v [EndpointView], seat: Seat<'_>) -> Vec<&'v EndpointView> {
    let ready = || all.iter().filter(|e| e.ready);
    // Hints count only when every ready endpoint has them and one of them means this place.
    let hinted_node = ready().all(|e| !e.node_hints.is_empty())
        && ready().any(|e| e.node_hints.iter().any(|n| n == seat.node));
    let hinted_zone = ready().all(|e| !e.zone_hints.is_empty())
        && ready().any(|e| e.zone_hints.iter().any(|z| z == seat.zone));
    let meant = |e: &EndpointView| {
        !e.ready
            || if hinted_node {
                e.node_hints.iter().any(|n| n == seat.node)
            } else {
                !hinted_zone || e.zone_hints.iter().any(|z| z == seat.zone)
            }
    };
    ready_or_terminating(all, meant)
}

fn ready_or_terminating(all: &[EndpointView], counts: impl Fn(&EndpointView) -> bool) -> Vec<&EndpointView> {
    let ready: Vec<&EndpointView> = all.iter().filter(|e| e.ready && counts(e)).collect();
    match ready.is_empty() {
        false => ready,
        true => all.iter().filter(|e| e.serving && e.terminating && counts(e)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn endpoint(state: &str, node: &str) -> EndpointView {
        EndpointView {
            address: alloc::format!("{state}@{node}"),
            ready: state == "ready",
            serving: state != "unready",
            terminating: state == "ending",
            node: node.to_string(),
            ..EndpointView::default()
        }
    }

    fn chosen(endpoints: &[EndpointView], local: bool) -> String {
        let service = ServiceView { internal_local: local, ..ServiceView::default() };
        let port = PortView { endpoints: endpoints.to_vec(), ..PortView::default() };
        match verdict(&service, &port, Seat { node: "a", zone: "z1" }, false) {
            Verdict::OneOf(all) => all.iter().map(|e| e.address.as_str()).collect::<Vec<_>>().join(" "),
            Verdict::Reject => "reject".to_string(),
            Verdict::Drop => "drop".to_string(),
        }
    }

    #[test]
    fn pods_that_end_stand_in_when_none_is_ready() {
        let (ready, ending, unready) =
            (endpoint("ready", "b"), endpoint("ending", "b"), endpoint("unready", "b"));
        assert_eq!(chosen(&[ready.clone(), ending.clone()], false), "ready@b");
        assert_eq!(chosen(&[ending.clone(), unready.clone()], false), "ending@b");
        assert_eq!(chosen(&[unready], false), "reject");
        assert_eq!(chosen(&[], false), "reject");
        assert_eq!(chosen(&[ready], true), "drop", "a local policy and no endpoint on the node");
        assert_eq!(chosen(&[ending, endpoint("ending", "a")], true), "ending@a");
    }

    #[test]
    fn hints_count_when_every_endpoint_has_them() {
        let in_zone = |node: &str, zone: &str| EndpointView {
            zone_hints: [zone.to_string()].to_vec(),
            ..endpoint("ready", node)
        };
        let (here, there) = (in_zone("x", "z1"), in_zone("y", "z2"));
        assert_eq!(chosen(&[here.clone(), there.clone()], false), "ready@x");
        assert_eq!(chosen(&[here, endpoint("ready", "y")], false), "ready@x ready@y");
        assert_eq!(chosen(&[there], false), "ready@y", "no hint means this zone");
    }
}
