//! The cluster's DNS: Services and the pods behind headless ones by name (`kubernetes/dns` specification 1.1.0, as
//! CoreDNS serves it), asked with the search rules that the kubelet writes into a pod's `resolv.conf`
//! (`pkg/kubelet/network/dns/dns.go`).

use crate::kernel::Kernel;
use crate::network::{API_SERVER, Place, SERVICE_NAME};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::{EndpointSlice, Pod, Service};

const CLUSTER_DOMAIN: &str = "cluster.local";
/// Names with fewer dots are tried with the search domains first (`options ndots:5`).
const NDOTS: usize = 5;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    /// The namespace that short names are searched in first.
    pub(crate) namespace: &'a str,
    pub(crate) place: Place,
    /// The pod's name, if a pod asks.
    pub(crate) pod: Option<&'a str>,
    /// It asks the cluster's DNS, not the node's.
    pub(crate) cluster: bool,
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The full name that answered, and its addresses, at least one.
    Found(String, Vec<String>),
    /// There is no such name.
    NotFound,
    /// Nobody answers.
    Silence,
}

impl<'a> Asker<'a> {
    /// A process of a pod on the node with this place in the configuration (`dnsPolicy`).
    pub(crate) fn process(pod: &'a Pod, node: u32) -> Self {
        let cluster = match pod.spec.dns_policy.as_str() {
            "ClusterFirst" => !pod.spec.host_network,
            policy => policy == "ClusterFirstWithHostNet",
        };
        Asker {
            namespace: &pod.metadata.namespace,
            place: Place::Node(node),
            pod: Some(&pod.metadata.name),
            cluster,
        }
    }
}

impl Kernel {
    /// Looks a name up.
    pub(crate) fn look_up(&self, asker: &Asker<'_>, name: &str) -> Lookup {
        if name.parse::<core::net::IpAddr>().is_ok() {
            return Lookup::Found(name.to_string(), vec![name.to_string()]);
        }
        let network = &self.network;
        let deaf = |pod: &str| network.deaf.contains(&(asker.namespace.to_string(), pod.to_string()));
        let down = asker.cluster && (network.dns_is_down || asker.pod.is_some_and(deaf));
        if down || network.addresses.is_cut(asker.place) {
            return Lookup::Silence;
        }
        let found = match asker.cluster {
            true => candidates(asker.namespace, name)
                .into_iter()
                .find_map(|full| Some((full.clone(), self.answer(&full)?))),
            false => self.outside_address(name).map(|address| (name.to_string(), vec![address])),
        };
        found.map_or(Lookup::NotFound, |(full, addresses)| Lookup::Found(full, addresses))
    }

    /// The addresses of a full name.
    fn answer(&self, full: &str) -> Option<Vec<String>> {
        let Some(within) = full.strip_suffix(CLUSTER_DOMAIN).and_then(|rest| rest.strip_suffix('.')) else {
            return self.outside_address(full).map(|address| vec![address]);
        };
        if let Some(pod) = within.strip_suffix(".pod") {
            // `1-2-3-4.NAMESPACE.pod`: such names are not checked (CoreDNS `pods insecure`).
            let address = pod.split_once('.')?.0.replace('-', ".");
            return address.parse::<core::net::Ipv4Addr>().is_ok().then(|| vec![address]);
        }
        let mut labels = within.strip_suffix(".svc")?.rsplit('.');
        let (namespace, service) = (labels.next()?, labels.next()?);
        let host = labels.next();
        if labels.next().is_some() {
            return None;
        }
        if (namespace, service, host) == ("default", "kubernetes", None) {
            return Some(vec![API_SERVER.to_string()]);
        }
        let found = self.store.find::<Service>(namespace, service)?;
        if found.spec.type_ == "ExternalName" {
            return self.outside_address(&found.spec.external_name).map(|address| vec![address]);
        }
        if found.spec.cluster_ip != "None" {
            let ip = &found.spec.cluster_ip;
            return (host.is_none() && !ip.is_empty()).then(|| vec![ip.clone()]);
        }
        let slices = self.store.in_namespace::<EndpointSlice>(namespace);
        let own = slices.filter(|s| s.metadata.labels.get(SERVICE_NAME).is_some_and(|name| name == service));
        let ready = own.flat_map(|slice| &slice.endpoints).filter(|e| e.conditions.ready != Some(false));
        let addresses: Vec<String> = ready
            .filter(|endpoint| host.is_none() || endpoint.hostname.as_deref() == host)
            .flat_map(|endpoint| endpoint.addresses.iter().cloned())
            .collect();
        // A headless Service with nobody behind it has no records.
        (!addresses.is_empty()).then_some(addresses)
    }
}

/// The full names that a name may mean, in the order in which they are tried.
fn candidates(namespace: &str, name: &str) -> Vec<String> {
    let searched = [
        format!("{name}.{namespace}.svc.{CLUSTER_DOMAIN}"),
        format!("{name}.svc.{CLUSTER_DOMAIN}"),
        format!("{name}.{CLUSTER_DOMAIN}"),
    ];
    match name.strip_suffix('.') {
        Some(absolute) => vec![absolute.to_string()],
        None if name.matches('.').count() >= NDOTS => {
            core::iter::once(name.to_string()).chain(searched).collect()
        }
        None => searched.into_iter().chain([name.to_string()]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use lifepod_api::Object;
    use serde_json::json;

    fn asked(name: &str) -> Option<String> {
        let mut kernel = Kernel::new(Config::default());
        for (name, ip) in [("web", "10.96.7.7"), ("nobody", "None")] {
            let (service, _) = Object::decode(&json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
                "spec": {"clusterIP": ip},
            }));
            kernel.commit(crate::trace::Op::Added, service, "test");
        }
        let mut pod = Pod::default();
        pod.metadata.namespace = "shop".to_string();
        pod.spec.dns_policy = "ClusterFirst".to_string();
        match kernel.look_up(&Asker::process(&pod, 0), name) {
            Lookup::Found(full, addresses) => Some(format!("{full} {}", addresses.join(" "))),
            _ => None,
        }
    }

    #[test]
    fn short_names_are_searched_from_the_pods_namespace() {
        let web = Some("web.shop.svc.cluster.local 10.96.7.7".to_string());
        assert_eq!(asked("web"), web);
        assert_eq!(asked("web.shop"), web);
        assert_eq!(asked("web.shop.svc.cluster.local"), web);
        assert_eq!(asked("web.shop.svc.cluster.local."), web);
        assert_eq!(asked("web."), None, "an absolute name is not searched");
        assert_eq!(asked("web.other"), None);
        assert_eq!(asked("nobody"), None, "nobody is behind this headless Service");
        assert_eq!(asked("web.default"), None, "no top-level domain: nothing outside");
        assert!(asked("example.com").is_some_and(|answer| answer.starts_with("example.com 203.0.113.")));
        assert_eq!(
            asked("kubernetes.default").as_deref(),
            Some("kubernetes.default.svc.cluster.local 10.96.0.1")
        );
    }
}
