//! EndpointSlices for Endpoints that somebody wrote: proxies read nothing but slices, so what stands in the Endpoints of a
//! Service without a selector is mirrored
//! (`pkg/controller/endpointslicemirroring/{endpointslicemirroring_controller,reconciler,utils}.go`).

use super::endpoint_slice::{MANAGED_BY, is_stale, slices_of};
use super::pod_control::is_namespace_terminating;
use super::refs::{controller_ref, object_reference};
use super::{Change, Controller, ControllerName, Informers, WorkQueue};
use crate::api_server::DeleteOptions;
use crate::events::{EventType, Recorder};
use crate::kernel::Kernel;
use crate::network::SERVICE_NAME;
use crate::trace::Op;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use lifepod_api::{
    Endpoint, EndpointAddress, EndpointConditions, EndpointPort, EndpointSlice, EndpointSlicePort, Endpoints,
    Object, ObjectKey, ObjectMeta, Refusal, Resource, Service, SimTime, Subresource,
};

/// So many addresses of a subset are mirrored at most, the ready ones first (`MirroringMaxEndpointsPerSubset`).
const MAX_ENDPOINTS: usize = 1000;
/// The first and the longest wait after errors (`defaultSyncBackOff`, `maxSyncBackOff`).
const DELAYS: (SimTime, SimTime) = (SimTime::from_secs(1), SimTime::from_secs(100));
const BY: &str = "endpointslicemirroring-controller";
/// The value of `discovery.LabelManagedBy` for this controller.
const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
/// Endpoints with this label `true`, or with this annotation, are nobody's addresses (`shouldMirror`).
const SKIP_MIRROR: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
/// The annotations that say something of the Endpoints object alone.
const NOT_MIRRORED: [&str; 2] =
    ["endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"];

/// The controller.
#[derive(Clone, Debug)]
pub(crate) struct EndpointSliceMirroring {
    queue: WorkQueue,
    recorder: Recorder,
}

impl EndpointSliceMirroring {
    pub(super) fn new() -> Self {
        EndpointSliceMirroring {
            queue: WorkQueue::with_delays(ControllerName::EndpointSliceMirroring, DELAYS),
            recorder: Recorder::new("endpoint-slice-mirroring-controller", "").with_client(BY),
        }
    }
}

impl Controller for EndpointSliceMirroring {
    fn kinds(&self) -> &'static [&'static str] {
        &["Service", "Endpoints", "EndpointSlice"]
    }

    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, kernel: &mut Kernel, informers: &Informers, change: &Change<'_>) {
        let meta = change.object.meta();
        let name = match change.object {
            Object::Service(_) | Object::Endpoints(_) => &meta.name,
            Object::EndpointSlice(slice) if change.op == Op::Deleted && is_mirror(slice) => {
                let Some(service) = meta.labels.get(SERVICE_NAME) else { return };
                service
            }
            _ => return,
        };
        // The Endpoints of most Services are those of their selectors: the real controller looks at them and does nothing.
        let service = informers.find::<Service>(&meta.namespace, name);
        let by_hand = service.is_some_and(|service| service.spec.selector.is_empty())
            && informers.find::<Endpoints>(&meta.namespace, name).is_some();
        if by_hand || slices_of(informers, &meta.namespace, name, MANAGER).next().is_some() {
            self.queue.add(kernel, ObjectKey::new(Endpoints::KIND, &meta.namespace, name));
        }
    }

    fn sync(&mut self, kernel: &mut Kernel, informers: &Informers, key: &ObjectKey) -> Result<(), Refusal> {
        let existing: Vec<&EndpointSlice> =
            slices_of(informers, &key.namespace, &key.name, MANAGER).collect();
        let service = informers.find::<Service>(&key.namespace, &key.name);
        let object = informers.get(key).filter(|object| {
            should_mirror(object.meta()) && service.is_some_and(|s| s.spec.selector.is_empty())
        });
        let Some((object, endpoints)) = object.and_then(|o| Some((o, Endpoints::of(o)?))) else {
            return existing.into_iter().try_for_each(|slice| delete(kernel, slice));
        };
        if is_stale(kernel, &key.namespace, &key.name, MANAGER, &existing) {
            self.queue.add_rate_limited(kernel, key.clone());
            return Ok(());
        }
        let (groups, skipped) = desired(endpoints);
        if skipped > 0 {
            let message = format!(
                "A max of {MAX_ENDPOINTS} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} \
                 addresses were skipped"
            );
            let reason = "TooManyAddressesToMirror";
            self.recorder.event(kernel, &object_reference(object), EventType::Warning, reason, &message);
        }
        apply(kernel, object, existing, groups)
    }
}

fn is_mirror(slice: &EndpointSlice) -> bool {
    slice.metadata.labels.get(MANAGED_BY).is_some_and(|by| by == MANAGER)
}

fn should_mirror(meta: &ObjectMeta) -> bool {
    let skipped = meta.labels.get(SKIP_MIRROR).is_some_and(|value| value == "true");
    !skipped && !meta.annotations.contains_key(LEADER)
}

/// What tells a port from another. None stands for no port at all.
type PortKey = Option<(String, i32, String, Option<String>)>;

/// Endpoints with the same ports and of the same kind of address; they make one slice.
struct Group {
    ports: Vec<EndpointSlicePort>,
    address_type: &'static str,
    endpoints: Vec<Endpoint>,
}

/// The slices that there should be, and how many addresses find no room in them. Subsets that say the same of an address
/// are put together before, and an address that one of them calls ready is (`RepackSubsets`).
fn desired(endpoints: &Endpoints) -> (Vec<Group>, usize) {
    type Known<'e> = (&'e EndpointAddress, BTreeMap<PortKey, bool>);
    let mut known: BTreeMap<(IpAddr, &str), Known<'_>> = BTreeMap::new();
    for subset in &endpoints.subsets {
        let ready = subset.addresses.iter().map(|address| (address, true));
        let unready = subset.not_ready_addresses.iter().map(|address| (address, false));
        for (address, ready) in ready.chain(unready) {
            let Ok(ip) = address.ip.parse::<IpAddr>() else { continue };
            let target = address.target_ref.as_ref().map_or("", |target| &target.uid);
            let (_, ports) = known.entry((ip, target)).or_insert((address, BTreeMap::new()));
            let keys = subset.ports.iter().map(|port| Some(port_key(port)));
            let none = subset.ports.is_empty().then_some(None);
            for key in keys.chain(none) {
                *ports.entry(key).or_default() |= ready;
            }
        }
    }
    let mut groups: BTreeMap<(bool, BTreeSet<PortKey>), Vec<Endpoint>> = BTreeMap::new();
    for ready in [true, false] {
        for ((ip, _), (address, ports)) in &known {
            let alike = ports.iter().filter(|(_, is_ready)| **is_ready == ready);
            let alike: BTreeSet<PortKey> = alike.map(|(port, _)| port.clone()).collect();
            if !alike.is_empty() {
                let group = groups.entry((ip.is_ipv6(), alike)).or_default();
                group.push(endpoint(address, *ip, ready));
            }
        }
    }
    let mut skipped = 0;
    let groups = groups.into_iter().map(|((is_ipv6, ports), mut endpoints)| {
        skipped += endpoints.len().saturating_sub(MAX_ENDPOINTS);
        endpoints.truncate(MAX_ENDPOINTS);
        let ports = ports.into_iter().flatten().map(|(name, port, protocol, app_protocol)| {
            EndpointSlicePort { name: Some(name), protocol: Some(protocol), port: Some(port), app_protocol }
        });
        let address_type = if is_ipv6 { "IPv6" } else { "IPv4" };
        Group { ports: ports.collect(), address_type, endpoints }
    });
    (groups.collect(), skipped)
}

fn port_key(port: &EndpointPort) -> (String, i32, String, Option<String>) {
    (port.name.clone(), port.port, port.protocol.clone(), port.app_protocol.clone())
}

/// `addressToEndpoint`
fn endpoint(address: &EndpointAddress, ip: IpAddr, ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![ip.to_string()],
        conditions: EndpointConditions { ready: Some(ready), ..EndpointConditions::default() },
        hostname: (!address.hostname.is_empty()).then(|| address.hostname.clone()),
        target_ref: address.target_ref.clone(),
        node_name: address.node_name.clone(),
        ..Endpoint::default()
    }
}

/// Brings the slices to what is desired, one for each group; one that is not wanted any more is taken over before
/// another is made (`reconcileByPortMapping`, `finalize`).
fn apply(
    kernel: &mut Kernel,
    owner: &Object,
    existing: Vec<&EndpointSlice>,
    groups: Vec<Group>,
) -> Result<(), Refusal> {
    let mut free = existing;
    let mut take = |suits: &dyn Fn(&EndpointSlice) -> bool| {
        let at = free.iter().position(|slice| suits(slice))?;
        Some(free.remove(at))
    };
    let same = |group: &Group, slice: &EndpointSlice| {
        slice.ports == group.ports && slice.address_type == group.address_type
    };
    let kept: Vec<_> = groups.iter().map(|group| take(&|slice| same(group, slice))).collect();
    for (group, kept) in groups.into_iter().zip(kept) {
        let kind = group.address_type;
        let old = kept.or_else(|| take(&|slice| slice.address_type == kind));
        let slice = mirror(owner, group, old);
        match old {
            Some(old) if *old == slice => {}
            Some(_) => drop(kernel.update(Object::EndpointSlice(slice), Subresource::Main, BY)?),
            None => match kernel.create(Object::EndpointSlice(slice), BY) {
                Err(refusal) if is_namespace_terminating(&refusal) => return Ok(()),
                made => drop(made?),
            },
        }
    }
    free.into_iter().try_for_each(|slice| delete(kernel, slice))
}

/// The slice of a group, under the name of an old one if there is one (`newEndpointSlice`).
fn mirror(owner: &Object, group: Group, old: Option<&EndpointSlice>) -> EndpointSlice {
    let of = owner.meta();
    let mut metadata = old.map_or_else(
        || ObjectMeta {
            generate_name: format!("{}-", of.name),
            namespace: of.namespace.clone(),
            ..ObjectMeta::default()
        },
        |old| old.metadata.clone(),
    );
    metadata.labels = of.labels.clone();
    metadata.labels.insert(SERVICE_NAME.to_string(), of.name.clone());
    metadata.labels.insert(MANAGED_BY.to_string(), MANAGER.to_string());
    metadata.annotations = of.annotations.clone();
    for key in NOT_MIRRORED {
        metadata.annotations.remove(key);
    }
    metadata.owner_references = vec![controller_ref(owner)].into();
    let Group { ports, address_type, endpoints } = group;
    EndpointSlice { metadata, address_type: address_type.to_string(), endpoints, ports }
}

fn delete(kernel: &mut Kernel, slice: &EndpointSlice) -> Result<(), Refusal> {
    let key = ObjectKey::new(EndpointSlice::KIND, &slice.metadata.namespace, &slice.metadata.name);
    kernel.delete(&key, &DeleteOptions::default(), BY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lifepod_api::EndpointSubset;

    fn address(ip: &str) -> EndpointAddress {
        EndpointAddress { ip: ip.to_string(), ..EndpointAddress::default() }
    }

    fn subset(ready: &[&str], unready: &[&str], ports: &[(&str, i32)]) -> EndpointSubset {
        let ports = ports.iter().map(|(name, port)| EndpointPort {
            name: name.to_string(),
            port: *port,
            protocol: "TCP".to_string(),
            app_protocol: None,
        });
        EndpointSubset {
            addresses: ready.iter().map(|ip| address(ip)).collect(),
            not_ready_addresses: unready.iter().map(|ip| address(ip)).collect(),
            ports: ports.collect(),
        }
    }

    /// A line for each slice: its ports, and its addresses, with `!` those that are not ready.
    fn slices(subsets: Vec<EndpointSubset>) -> Vec<String> {
        let (groups, _) = desired(&Endpoints { subsets, ..Endpoints::default() });
        let line = |group: &Group| {
            let ports: Vec<String> =
                group.ports.iter().filter_map(|port| Some(port.port?.to_string())).collect();
            let addresses: Vec<String> = group
                .endpoints
                .iter()
                .map(|e| {
                    let mark = if e.conditions.ready == Some(true) { "" } else { "!" };
                    format!("{mark}{}", e.addresses.join(","))
                })
                .collect();
            format!("{} {}: {}", group.address_type, ports.join(","), addresses.join(" "))
        };
        groups.iter().map(line).collect()
    }

    #[test]
    fn a_slice_holds_the_addresses_with_the_same_ports() {
        let both = [("http", 80), ("admin", 9000)];
        assert_eq!(
            slices(vec![subset(&["10.0.0.1", "10.0.0.2"], &["10.0.0.3"], &both)]),
            ["IPv4 9000,80: 10.0.0.1 10.0.0.2 !10.0.0.3"]
        );
        assert_eq!(
            slices(vec![
                subset(&["10.0.0.1"], &[], &both[..1]),
                subset(&["10.0.0.1", "10.0.0.2"], &[], &both[1..])
            ]),
            ["IPv4 9000: 10.0.0.2", "IPv4 9000,80: 10.0.0.1"]
        );
    }

    #[test]
    fn kinds_of_addresses_are_kept_apart_and_ready_wins() {
        assert_eq!(
            slices(vec![
                subset(&["10.0.0.1", "fd00::1"], &[], &[("", 80)]),
                subset(&[], &["10.0.0.1"], &[("", 80)])
            ]),
            ["IPv4 80: 10.0.0.1", "IPv6 80: fd00::1"]
        );
        assert!(slices(vec![]).is_empty());
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let many: Vec<String> = (0..1005).map(|n| format!("10.0.{}.{}", n / 250, n % 250 + 1)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let subsets = vec![subset(&many, &[], &[("", 80)])];
        let (groups, skipped) = desired(&Endpoints { subsets, ..Endpoints::default() });
        assert_eq!((groups.len(), groups[0].endpoints.len(), skipped), (1, MAX_ENDPOINTS, 5));
    }
}
