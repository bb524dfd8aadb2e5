//! Services, their endpoints, and addresses that are written in an odd way
//! (`pkg/api/service/warnings.go`, `apimachinery/pkg/util/validation/ip.go`).

use super::super::field::Path;
use super::super::pod::parse_ip;
use super::SPEC;
use crate::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

/// `GetWarningsForService`
pub fn service(out: &mut Vec<String>, o: &Service) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    let s = &o.spec;
    if o.metadata.annotations.contains_key(HINTS) {
        out.push(format!(
            "annotation {HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead"
        ));
    }
    let external = s.type_ == "ExternalName";
    let headless = s.type_ == "ClusterIP" && s.cluster_ip == "None";
    if !["", "None"].contains(&s.cluster_ip.as_str()) {
        each_ip(out, &s.cluster_ips, &SPEC.child("clusterIPs"));
    }
    let mut say = |wrong: bool, text: &str| {
        if wrong {
            out.push(text.to_string());
        }
    };
    let has_ips = !s.external_ips.is_empty();
    say(headless && !s.load_balancer_ip.is_empty(), "spec.loadBalancerIP is ignored for headless services");
    say(headless && has_ips, "spec.externalIPs is ignored for headless services");
    say(headless && s.session_affinity != "None", "spec.SessionAffinity is ignored for headless services");
    each_ip(out, &s.external_ips, &SPEC.child("externalIPs"));
    if has_ips && !headless && !external {
        out.push(
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_string(),
        );
    }
    if !s.load_balancer_ip.is_empty() {
        ip(out, &s.load_balancer_ip, &SPEC.child("loadBalancerIP"));
    }
    let ranges = SPEC.child("loadBalancerSourceRanges");
    for (i, range) in s.load_balancer_source_ranges.iter().enumerate() {
        cidr(out, range, &ranges.index(i));
    }
    if external && has_ips {
        out.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_string());
    }
    if !external && !s.external_name.is_empty() {
        out.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_string());
    }
    if s.traffic_distribution.as_deref() == Some("PreferClose") {
        let text = "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
        out.push(text.to_string());
    }
}

/// `endpointsWarnings` (`pkg/registry/core/endpoint/strategy.go`)
pub fn endpoints(out: &mut Vec<String>, o: &Endpoints) {
    let path = Path::new("subsets");
    for (i, subset) in o.subsets.iter().enumerate() {
        let path = path.index(i);
        for (name, list) in
            [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)]
        {
            let path = path.child(name);
            for (j, address) in list.iter().enumerate() {
                ip(out, &address.ip, &path.index(j).child("ip"));
            }
        }
    }
}

/// `endpointSliceStrategy.WarningsOnCreate`
pub fn slice(out: &mut Vec<String>, o: &EndpointSlice) {
    if o.address_type == "FQDN" {
        out.push("spec.addressType: FQDN endpoints are deprecated".to_string());
    }
    let path = Path::new("endpoints");
    for (i, endpoint) in o.endpoints.iter().enumerate() {
        each_ip(out, &endpoint.addresses, &path.index(i).child("addresses"));
    }
}

fn each_ip(out: &mut Vec<String>, list: &[String], path: &Path) {
    for (i, address) in list.iter().enumerate() {
        ip(out, address, &path.index(i));
    }
}

/// `GetWarningsForIP`
pub fn ip(out: &mut Vec<String>, text: &str, path: &Path) {
    let Some(address) = parse_ip(text) else { return };
    let plain = plain(address);
    if text.parse::<IpAddr>().is_err() || plain != address {
        out.push(format!("{path}: non-standard IP address {text:?} is invalid: use \"{plain}\""));
    } else if address.is_ipv6() && address.to_string() != text {
        out.push(format!(
            "{path}: IPv6 address {text:?} should be in RFC 5952 canonical format (\"{address}\")"
        ));
    }
}

/// An IPv4 address for one that is only written as an IPv6 one.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// `GetWarningsForCIDR`
pub fn cidr(out: &mut Vec<String>, text: &str, path: &Path) {
    let Some((address_text, bits_text)) = text.split_once('/') else { return };
    let (Some(address), Ok(bits)) = (parse_ip(address_text), bits_text.parse::<u32>()) else { return };
    let length = if address.is_ipv4() { 32 } else { 128 };
    if bits > length {
        return;
    }
    let network = masked(address, bits);
    let mut fine = true;
    if network != address {
        fine = false;
        let whole = plain(address);
        out.push(format!(
            "{path}: CIDR value {text:?} is ambiguous in this context (should be \"{network}/{bits}\" or \
             \"{whole}/{length}\"?)"
        ));
    }
    let strict = address_text.parse::<IpAddr>().is_ok() && bits.to_string() == bits_text;
    if !strict || plain(address) != address {
        fine = false;
        let network = plain(network);
        let bits = if network.is_ipv4() && length == 128 { bits.saturating_sub(96) } else { bits };
        out.push(format!("{path}: non-standard CIDR value {text:?} is invalid: use \"{network}/{bits}\""));
    }
    let canonical = format!("{address}/{bits}");
    if fine && address.is_ipv6() && canonical != text {
        out.push(format!(
            "{path}: IPv6 CIDR value {text:?} should be in RFC 5952 canonical format ({canonical:?})"
        ));
    }
}

/// The address with all bits behind the first few cleared.
fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}
