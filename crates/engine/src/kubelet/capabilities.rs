//! What root may do in a container: the runtime's default, and what the manifest adds and drops
//! (`pkg/kubelet/kuberuntime/security_context.go`; the default is containerd's).

use alloc::string::String;
use lifepod_api::SecurityContext;

/// The capabilities of Linux, in the order of their numbers, without `CAP_`.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// All of them: what a privileged container has.
const ALL: u64 = (1 << NAMES.len()) - 1;
/// What containerd leaves a container that asks for nothing.
const DEFAULT: u64 = 0xa804_25fb;

/// The capabilities that a container's security context asks for, a bit for each; none where it says nothing of them.
pub(super) fn of(security: &SecurityContext) -> Option<u64> {
    if security.privileged == Some(true) {
        return Some(ALL);
    }
    let asked = security.capabilities.as_ref()?;
    let bits = |names: &[String]| names.iter().map(|name| bits(name)).fold(0, |all, one| all | one);
    let (add, drop) = (bits(&asked.add), bits(&asked.drop));
    let kept = if drop == ALL { 0 } else { DEFAULT & !drop };
    Some(match (add == ALL, drop == ALL) {
        (true, false) => ALL & !drop,
        _ => kept | add,
    })
}

/// The bit of a capability's name; all for `ALL`, none for one that there is not.
fn bits(name: &str) -> u64 {
    let name = name.trim_start_matches("CAP_");
    match NAMES.iter().position(|known| *known == name) {
        Some(number) => 1 << number,
        None if name == "ALL" => ALL,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, DEFAULT, of};
    use lifepod_api::SecurityContext;
    use serde_json::{Value, json};

    fn asked(value: &Value) -> Option<u64> {
        of(&lifepod_api::wire::lenient::<SecurityContext>(value).expect("a security context"))
    }

    #[test]
    fn what_is_added_and_dropped_counts_from_the_default_or_from_all() {
        assert_eq!(asked(&json!({"runAsUser": 0})), None);
        assert_eq!(asked(&json!({"privileged": true})), Some(ALL));
        assert_eq!(asked(&json!({"capabilities": {"add": ["NET_ADMIN"]}})), Some(DEFAULT | 1 << 12));
        assert_eq!(asked(&json!({"capabilities": {"drop": ["NET_RAW"]}})), Some(DEFAULT & !(1 << 13)));
        assert_eq!(
            asked(&json!({"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}})),
            Some(1 << 10)
        );
        assert_eq!(
            asked(&json!({"capabilities": {"add": ["ALL"], "drop": ["SYS_ADMIN"]}})),
            Some(ALL & !(1 << 21))
        );
    }
}
