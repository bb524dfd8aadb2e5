//! What only containers on Windows have.

use super::field::{Errors, Path};
use super::{names, pod};
use crate::{PodSpec, WindowsSecurityContextOptions};
use alloc::format;

const MOST_KIB: usize = 64;
const DOMAIN_BELOW: usize = 256;
const LONGEST_USER: usize = 104;

/// `validateWindowsSecurityContextOptions`
pub fn options(e: &mut Errors, options: Option<&WindowsSecurityContextOptions>, path: &Path) {
    let Some(options) = options else { return };
    if let Some(name) = &options.gmsa_credential_spec_name {
        e.invalid_each(&path.child("gmsaCredentialSpecName"), name, names::dns_subdomain(name));
    }
    if let Some(spec) = &options.gmsa_credential_spec {
        let path = path.child("gmsaCredentialSpec");
        if spec.is_empty() {
            e.invalid(&path, spec, "gmsaCredentialSpec cannot be an empty string");
        } else if spec.len() > MOST_KIB * 1024 {
            e.invalid(&path, spec, &format!("gmsaCredentialSpec size must be under {MOST_KIB} KiB"));
        }
    }
    if let Some(name) = &options.run_as_user_name {
        user_name(e, name, &path.child("runAsUserName"));
    }
}

/// `DOMAIN\USER`, or the user alone.
fn user_name(e: &mut Errors, name: &str, path: &Path) {
    let mut wrong = |detail: &str| e.invalid(path, name, detail);
    if name.is_empty() {
        return wrong("runAsUserName cannot be an empty string");
    }
    if name.contains(|c: char| c.is_ascii_control()) {
        return wrong("runAsUserName cannot contain control characters");
    }
    let (domain, user) = match name.split_once('\\') {
        Some((_, user)) if user.contains('\\') => {
            return wrong("runAsUserName cannot contain more than one backslash");
        }
        Some((domain, user)) => (Some(domain), user),
        None => (None, name),
    };
    if domain.is_some_and(|domain| domain.len() >= DOMAIN_BELOW) {
        wrong(&format!("runAsUserName's Domain length must be under {DOMAIN_BELOW} characters"));
    }
    if domain.is_some_and(|domain| !is_net_bios(domain) && !is_dns(domain)) {
        wrong("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
    if user.is_empty() {
        wrong("runAsUserName's User cannot be empty");
    } else if user.len() > LONGEST_USER {
        wrong(&format!("runAsUserName's User length must not be longer than {LONGEST_USER} characters"));
    }
    if !user.is_empty() && user.chars().all(|c| c == '.' || c == ' ') {
        wrong("runAsUserName's User cannot contain only periods or spaces");
    }
    if user.contains(|c| "\"/\\:;|=,+*?<>@[]".contains(c)) {
        wrong("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
}

fn is_net_bios(domain: &str) -> bool {
    !domain.is_empty()
        && !domain.starts_with('.')
        && domain.chars().count() <= 15
        && !domain.contains(|c| "\\/:*?\"<>|".contains(c))
}

fn is_dns(domain: &str) -> bool {
    domain.split('.').all(|label| {
        let alphanumeric = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        alphanumeric(bytes.first())
            && alphanumeric(bytes.last())
            && bytes.len() <= 63
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    })
}

/// `validateWindowsHostProcessPod`
pub fn host_process(e: &mut Errors, spec: &PodSpec, path: &Path) {
    let of = |options: Option<&WindowsSecurityContextOptions>| options.and_then(|o| o.host_process);
    let of_pod = of(spec.security_context.as_ref().and_then(|sc| sc.windows_options.as_ref()));
    let (mut all, mut on_host) = (0, 0);
    pod::each_container(spec, path, |c, path| {
        let own = of(c.security_context.as_ref().and_then(|sc| sc.windows_options.as_ref()));
        if let (Some(pod), Some(own)) = (of_pod, own)
            && pod != own
        {
            let path = path.child("securityContext");
            let path = path.child("windowsOptions");
            let detail = format!("pod hostProcess value must be identical if both are specified, was {pod}");
            e.invalid(&path.child("hostProcess"), own, &detail);
        }
        all += 1;
        on_host += u32::from(own.or(of_pod) == Some(true));
    });
    if on_host == 0 {
        return;
    }
    if on_host != all {
        let detail =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        e.invalid(path, "", detail);
    }
    if !spec.host_network {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        e.invalid(&path.child("hostNetwork"), false, detail);
    }
}
