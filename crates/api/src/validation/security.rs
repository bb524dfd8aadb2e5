//! Security contexts and the operating system.

use super::field::{Errors, Path, Shown};
use super::{names, volume_sources, windows};
use crate::wire::Wire;
use crate::*;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;

/// `ValidateSecurityContext`
pub fn of_container(e: &mut Errors, sc: &SecurityContext, host_users: bool, path: &Path) {
    ids(e, &[("runAsUser", sc.run_as_user), ("runAsGroup", sc.run_as_group)], path);
    if let Some(mount) = &sc.proc_mount {
        let path = path.child("procMount");
        if !["Default", "Unmasked"].contains(&mount.as_str()) {
            e.not_supported(&path, mount, &["Default", "Unmasked"]);
        }
        if host_users && mount == "Unmasked" {
            e.invalid(&path, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(e, sc.seccomp_profile.as_ref(), &path.child("seccompProfile"));
    windows::options(e, sc.windows_options.as_ref(), &path.child("windowsOptions"));
    if sc.allow_privilege_escalation == Some(false) {
        let shown = || Shown::internal(sc);
        if sc.privileged == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            e.invalid(path, shown(), detail);
        }
        let added = sc.capabilities.iter().flat_map(|c| &c.add);
        for _ in added.filter(|c| *c == "CAP_SYS_ADMIN") {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            e.invalid(path, shown(), detail);
        }
    }
    app_armor(e, sc.app_armor_profile.as_ref(), &path.child("appArmorProfile"));
}

/// `validatePodSpecSecurityContext`
pub fn of_pod(e: &mut Errors, sc: &PodSecurityContext, spec: &PodSpec, path: &Path) {
    ids(e, &[("fsGroup", sc.fs_group), ("runAsUser", sc.run_as_user), ("runAsGroup", sc.run_as_group)], path);
    let groups = path.child("supplementalGroups");
    for (i, group) in sc.supplemental_groups.iter().enumerate() {
        for message in names::id(*group) {
            e.invalid(&groups.index(i), *group, &message);
        }
    }
    if spec.share_process_namespace == Some(true) && spec.host_pid {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        e.invalid(&path.child("shareProcessNamespace"), true, detail);
    }
    sysctls(e, &sc.sysctls, spec, &path.child("sysctls"));
    one_of(
        e,
        sc.fs_group_change_policy.as_ref(),
        &["Always", "OnRootMismatch"],
        &path.child("fsGroupChangePolicy"),
    );
    seccomp(e, sc.seccomp_profile.as_ref(), &path.child("seccompProfile"));
    windows::options(e, sc.windows_options.as_ref(), &path.child("windowsOptions"));
    app_armor(e, sc.app_armor_profile.as_ref(), &path.child("appArmorProfile"));
    let policy = sc.supplemental_groups_policy.as_ref();
    one_of(e, policy, &["Merge", "Strict"], &path.child("supplementalGroupsPolicy"));
    let policy = sc.se_linux_change_policy.as_ref();
    one_of(e, policy, &["MountOption", "Recursive"], &path.child("seLinuxChangePolicy"));
}

fn one_of(e: &mut Errors, value: Option<&alloc::string::String>, supported: &[&str], path: &Path) {
    if let Some(value) = value.filter(|v| !supported.contains(&v.as_str())) {
        e.not_supported(path, value, supported);
    }
}

fn ids(e: &mut Errors, fields: &[(&str, Option<i64>)], path: &Path) {
    for (name, id) in fields {
        if let Some(id) = id {
            for message in names::id(*id) {
                e.invalid(&path.child(name), *id, &message);
            }
        }
    }
}

fn sysctls(e: &mut Errors, list: &[Sysctl], spec: &PodSpec, path: &Path) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (i, sysctl) in list.iter().enumerate() {
        let path = path.index(i);
        let path = path.child("name");
        if sysctl.name.is_empty() {
            e.required(&path, "");
        } else if !is_sysctl(&sysctl.name) {
            let detail = "must have at most 253 characters and match regex \
                          ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
            e.invalid(&path, &sysctl.name, detail);
        } else if seen.contains(sysctl.name.as_str()) {
            e.duplicate(&path, &sysctl.name);
        }
        for (flag, of_host, owned) in [
            ("hostNetwork", spec.host_network, is_of_network as fn(&str) -> bool),
            ("hostIPC", spec.host_ipc, is_of_ipc),
        ] {
            if of_host && owned(&sysctl.name.replace('/', ".")) {
                e.invalid(&path, &sysctl.name, &format!("may not be specified when '{flag}' is true"));
            }
        }
        seen.insert(&sysctl.name);
    }
}

/// Whether a kernel parameter belongs to the network namespace (`sysctl/namespace.go`).
fn is_of_network(name: &str) -> bool {
    name.starts_with("net.")
}

/// Whether a kernel parameter belongs to the IPC namespace (`sysctl/namespace.go`).
fn is_of_ipc(name: &str) -> bool {
    const NAMES: &[&str] =
        &["sem", "shm", "shmall", "shmmax", "shmmni", "shm_rmid_forced", "msg", "msgmax", "msgmnb", "msgmni"];
    name.strip_prefix("kernel.").is_some_and(|rest| NAMES.contains(&rest)) || name.starts_with("fs.mqueue.")
}

fn is_sysctl(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 253
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(|b| word(*b))
                && bytes.last().is_some_and(|b| word(*b))
                && bytes.iter().all(|b| word(*b) || matches!(b, b'-' | b'_'))
        })
}

fn seccomp(e: &mut Errors, profile: Option<&SeccompProfile>, path: &Path) {
    let Some(profile) = profile else { return };
    let (kind, localhost) = (path.child("type"), path.child("localhostProfile"));
    match profile.type_.as_str() {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => e.required(&kind, "type is required when seccompProfile is set"),
        other => e.not_supported(&kind, other, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
    match (profile.type_ == "Localhost", &profile.localhost_profile) {
        (true, None) => e.required(&localhost, "must be set when seccomp type is Localhost"),
        (true, Some(name)) => volume_sources::descending(e, name, &localhost),
        (false, Some(_)) => {
            let shown = Shown::internal(profile);
            e.invalid(&localhost, shown, "can only be set when seccomp type is Localhost");
        }
        (false, None) => {}
    }
}

/// `ValidateAppArmorProfileField`
fn app_armor(e: &mut Errors, profile: Option<&AppArmorProfile>, path: &Path) {
    let Some(profile) = profile else { return };
    let localhost = path.child("localhostProfile");
    match (profile.type_.as_str(), &profile.localhost_profile) {
        ("Localhost", None) => e.required(&localhost, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(name)) => {
            if name.trim() != name {
                e.invalid(&localhost, name, "must not be padded with whitespace");
            } else if name.is_empty() {
                e.required(&localhost, "must be set when AppArmor type is Localhost");
            }
            if name.len() > 4_095 {
                e.too_long(&localhost, 4_095);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(name)) => {
            e.invalid(&localhost, name, "can only be set when AppArmor type is Localhost");
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => e.required(&path.child("type"), "type is required when appArmorProfile is set"),
        (other, _) => {
            e.not_supported(&path.child("type"), other, &["Localhost", "RuntimeDefault", "Unconfined"]);
        }
    }
}

/// `validateOS`, `validateLinux` and `validateWindows`
pub fn os(e: &mut Errors, spec: &PodSpec, path: &Path) {
    let Some(os) = &spec.os else { return };
    let os_path = path.child("os");
    match os.name.as_str() {
        "" => e.required(&os_path.child("name"), ""),
        "linux" => linux(e, spec, path),
        "windows" => windows(e, spec, path),
        other => e.not_supported(&os_path, other, &["linux", "windows"]),
    }
}

fn linux(e: &mut Errors, spec: &PodSpec, path: &Path) {
    let detail = "windows options cannot be set for a linux pod";
    if spec.security_context.as_ref().is_some_and(|s| s.windows_options.is_some()) {
        e.forbidden(&path.child("securityContext").child("windowsOptions"), detail);
    }
    super::pod::each_container(spec, path, |c, path| {
        if c.security_context.as_ref().is_some_and(|s| s.windows_options.is_some()) {
            e.forbidden(&path.child("securityContext").child("windowsOptions"), detail);
        }
    });
}

fn windows(e: &mut Errors, spec: &PodSpec, path: &Path) {
    const OF_POD: &[&str] = &[
        "appArmorProfile",
        "seLinuxOptions",
        "^hostUsers",
        "^hostPID",
        "^hostIPC",
        "seccompProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "^shareProcessNamespace",
        "runAsUser",
        "runAsGroup",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "seLinuxChangePolicy",
    ];
    const OF_CONTAINER: &[&str] = &[
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "runAsUser",
        "runAsGroup",
    ];
    let detail = "cannot be set for a windows pod";
    let given = spec.encode();
    let context = path.child("securityContext");
    for name in OF_POD {
        // A caret marks the fields that stand in the pod's spec itself.
        match name.strip_prefix('^') {
            Some(name) if given.get(name).is_some() => e.forbidden(&path.child(name), detail),
            None if given["securityContext"].get(name).is_some() => e.forbidden(&context.child(name), detail),
            _ => {}
        }
    }
    super::pod::each_container(spec, path, |c, path| {
        let given = c.security_context.encode();
        let path = path.child("securityContext");
        for name in OF_CONTAINER.iter().filter(|name| given.get(**name).is_some()) {
            e.forbidden(&path.child(name), detail);
        }
    });
}

/// Before the container's name, the annotation that AppArmor profiles were given by.
pub const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The profile that an annotation means (`pkg/api/pod/util.go ApparmorFieldForAnnotation`), where it would be taken as a
/// field as well.
pub fn app_armor_of(annotation: &str) -> Option<AppArmorProfile> {
    let (kind, localhost) = match annotation {
        "unconfined" => ("Unconfined", None),
        "runtime/default" => ("RuntimeDefault", None),
        other => ("Localhost", Some(other.strip_prefix("localhost/")?.to_string())),
    };
    let profile = AppArmorProfile { type_: kind.to_string(), localhost_profile: localhost };
    let mut e = Errors::default();
    app_armor(&mut e, Some(&profile), &Path::new(""));
    e.is_empty().then_some(profile)
}

/// AppArmor by annotation and by field must agree (`validateAppArmorAnnotationsAndFieldsMatchOnCreate`).
pub fn annotations(e: &mut Errors, meta: &ObjectMeta, spec: &PodSpec, path: &Path) {
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return;
    }
    let of_pod = spec.security_context.as_ref().and_then(|s| s.app_armor_profile.as_ref());
    super::pod::each_container(spec, path, |c, path| {
        let own = c.security_context.as_ref().and_then(|s| s.app_armor_profile.as_ref());
        let Some(profile) = own.or(of_pod) else { return };
        let key = format!("{APP_ARMOR}{}", c.name);
        let Some(annotation) = meta.annotations.get(&key) else { return };
        let path = path.child("securityContext");
        let path = path.child("appArmorProfile");
        let local = annotation.strip_prefix("localhost/");
        let same_type = match profile.type_.as_str() {
            "Unconfined" => annotation == "unconfined",
            "RuntimeDefault" => annotation == "runtime/default",
            "Localhost" => local.is_some(),
            _ => true,
        };
        if !same_type {
            e.forbidden(&path.child("type"), "apparmor type in annotation and field must match");
        } else if profile.type_ == "Localhost" && local.map(ToString::to_string) != profile.localhost_profile
        {
            let detail = "apparmor profile in annotation and field must match";
            e.forbidden(&path.child("localhostProfile"), detail);
        }
    });
}
