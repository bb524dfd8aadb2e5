//! What may change on a Service: its addresses stay, as long as it has any of its own.

use super::SPEC;
use crate::ServiceSpec;
use crate::validation::field::{Errors, Shown};

const ONCE: &str = "may not change once set";

/// `ValidateServiceUpdate`
pub fn service(e: &mut Errors, new: &ServiceSpec, old: &ServiceSpec) {
    if new.type_ != "ExternalName" && old.type_ != "ExternalName" {
        cluster_ips(e, new, old);
        ip_families(e, new, old);
    }
    if new.type_ == "LoadBalancer"
        && old.type_ == "LoadBalancer"
        && new.load_balancer_class != old.load_balancer_class
    {
        e.invalid(&SPEC.child("loadBalancerClass"), Shown::json(&new.load_balancer_class), ONCE);
    }
    let needs_check = |s: &ServiceSpec| s.type_ == "LoadBalancer" && s.external_traffic_policy == "Local";
    if needs_check(old) && needs_check(new) && new.health_check_node_port != old.health_check_node_port {
        e.forbidden(&SPEC.child("healthCheckNodePort"), "field is immutable");
    }
}

fn is_headless(s: &ServiceSpec) -> bool {
    s.cluster_ips == ["None"]
}

/// `validateUpgradeDowngradeClusterIPs`
fn cluster_ips(e: &mut Errors, new: &ServiceSpec, old: &ServiceSpec) {
    if is_headless(old) && is_headless(new) {
        return;
    }
    let path = SPEC.child("clusterIPs");
    let (n, o) = (&new.cluster_ips, &old.cluster_ips);
    if n.len() == o.len() {
        for (i, _) in o.iter().zip(n).enumerate().filter(|(_, (o, n))| o != n) {
            e.invalid(&path.index(i), Shown::json(n), ONCE);
        }
        return;
    }
    if n.is_empty() {
        e.invalid(&path.index(0), Shown::json(n), "primary clusterIP can not be unset");
    } else if !o.is_empty() && n[0] != o[0] {
        e.invalid(&path.index(0), Shown::json(n), ONCE);
    }
    if o.len() > n.len() && n.len() == 1 && new.ip_family_policy.as_deref() != Some("SingleStack") {
        let detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
        e.invalid(&SPEC.child("ipFamilyPolicy"), Shown::json(&new.ip_family_policy), detail);
    }
}

/// `validateUpgradeDowngradeIPFamilies`
fn ip_families(e: &mut Errors, new: &ServiceSpec, old: &ServiceSpec) {
    if is_headless(old) != is_headless(new) || is_headless(new) {
        return;
    }
    let path = SPEC.child("ipFamilies");
    let (n, o) = (&new.ip_families, &old.ip_families);
    if n.len() == o.len() {
        // The index stays 0 upstream too.
        for _ in o.iter().zip(n).filter(|(o, n)| o != n) {
            e.invalid(&path.index(0), Shown::json(n), ONCE);
        }
        return;
    }
    if o.len() > n.len() && new.cluster_ips.is_empty() {
        e.invalid(&path.index(0), Shown::json(n), "primary ipFamily can not be unset");
    }
    if !n.is_empty() && !o.is_empty() && n[0] != o[0] {
        e.invalid(&path.index(0), Shown::json(&new.cluster_ips), ONCE);
    }
    if o.len() > n.len() && n.len() == 1 && new.ip_family_policy.as_deref() != Some("SingleStack") {
        let detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
        e.invalid(&SPEC.child("ipFamilyPolicy"), Shown::json(&new.ip_family_policy), detail);
    }
}
