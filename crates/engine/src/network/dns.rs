//! The cluster's DNS: Services and the pods behind headless ones by name (`kubernetes/dns` specification 1.1.0, as
//! CoreDNS serves it), asked with the search rules that the kubelet writes into a pod's `resolv.conf`
//! (`pkg/kubelet/network/dns/dns.go`).

use crate::kernel::Kernel;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::{EndpointSlice, Pod, Service};

const CLUSTER_DOMAIN: &str = "cluster.local";
/// Names with fewer dots are tried with the search domains first (`options ndots:5`).
const NDOTS: usize = 5;
/// The address of the API server's own Service, the first of the range.
const API_SERVER: &str = "10.96.0.1";

/// Looks a name up for a pod: the full name that answered, and its addresses. None when there is no such name, or when
/// the pod does not ask the cluster's DNS.
pub(crate) fn resolve(kernel: &Kernel, pod: &Pod, name: &str) -> Option<(String, Vec<String>)> {
    let asks_the_cluster = match pod.spec.dns_policy.as_str() {
        "ClusterFirst" => !pod.spec.host_network,
        policy => policy == "ClusterFirstWithHostNet",
    };
    if !asks_the_cluster {
        return None;
    }
    let namespace = &pod.metadata.namespace;
    let searched = [
        format!("{name}.{namespace}.svc.{CLUSTER_DOMAIN}"),
        format!("{name}.svc.{CLUSTER_DOMAIN}"),
        format!("{name}.{CLUSTER_DOMAIN}"),
    ];
    let candidates: Vec<String> = match name.strip_suffix('.') {
        Some(absolute) => vec![absolute.to_string()],
        None if name.matches('.').count() >= NDOTS => {
            core::iter::once(name.to_string()).chain(searched).collect()
        }
        None => searched.into_iter().chain([name.to_string()]).collect(),
    };
    candidates.into_iter().find_map(|full| Some((full.clone(), answer(kernel, &full)?)))
}

/// The addresses of a full name.
fn answer(kernel: &Kernel, full: &str) -> Option<Vec<String>> {
    let within = full.strip_suffix(CLUSTER_DOMAIN)?.strip_suffix(".svc.")?;
    let mut labels = within.rsplit('.');
    let (namespace, service) = (labels.next()?, labels.next()?);
    let host = labels.next();
    if labels.next().is_some() {
        return None;
    }
    if (namespace, service, host) == ("default", "kubernetes", None) {
        return Some(vec![API_SERVER.to_string()]);
    }
    let found = kernel.store.find::<Service>(namespace, service)?;
    if found.spec.cluster_ip != "None" {
        let ip = &found.spec.cluster_ip;
        return (host.is_none() && !ip.is_empty()).then(|| vec![ip.clone()]);
    }
    let slices = kernel.store.in_namespace::<EndpointSlice>(namespace).filter(|slice| {
        slice.metadata.labels.get("kubernetes.io/service-name").is_some_and(|name| name == service)
    });
    let ready = slices.flat_map(|slice| &slice.endpoints).filter(|e| e.conditions.ready != Some(false));
    let addresses: Vec<String> = ready
        .filter(|endpoint| host.is_none() || endpoint.hostname.as_deref() == host)
        .flat_map(|endpoint| endpoint.addresses.iter().cloned())
        .collect();
    // A headless Service with nobody behind it has no records.
    (!addresses.is_empty()).then_some(addresses)
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
        resolve(&kernel, &pod, name).map(|(full, addresses)| format!("{full} {}", addresses.join(" ")))
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
        assert_eq!(
            asked("kubernetes.default").as_deref(),
            Some("kubernetes.default.svc.cluster.local 10.96.0.1")
        );
    }
}
