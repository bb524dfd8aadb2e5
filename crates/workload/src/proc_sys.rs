//! `/proc/sys`: what can be set in the kernel. A container that is not privileged sees it read-only.
//!
//! A change reaches the pod's own containers. (What is not of the pod's network would reach the whole node.)

use crate::fs::Errno;
use crate::kernel::Kernel;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The settings with their values on a node with a kubelet, which sets some of them itself
/// (`pkg/kubelet/cm/container_manager_linux.go setupKernelTunables`).
const SETTINGS: [(&str, &str); 17] = [
    ("fs/file-max", "9223372036854775807"),
    ("fs/inotify/max_user_instances", "128"),
    ("kernel/keys/root_maxbytes", "25000000"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/pid_max", "4194304"),
    ("kernel/threads-max", "127183"),
    ("net/core/somaxconn", "4096"),
    ("net/ipv4/ip_local_port_range", "32768\t60999"),
    ("net/ipv4/tcp_fin_timeout", "60"),
    ("net/ipv4/tcp_keepalive_time", "7200"),
    ("net/ipv4/tcp_syn_retries", "6"),
    ("vm/max_map_count", "65530"),
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("vm/swappiness", "60"),
];

/// The number of a setting in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Setting(u8);

/// What a path below `/proc/sys` names.
pub(crate) enum Found {
    Dir(Vec<String>),
    Setting(Setting),
}

/// Looks a path up, which begins with `/proc/sys`.
pub(crate) fn find(path: &str) -> Result<Found, Errno> {
    let path = path.trim_start_matches("/proc/sys").trim_matches('/');
    if let Some(i) = SETTINGS.iter().position(|(name, _)| *name == path) {
        return Ok(Found::Setting(Setting(i as u8)));
    }
    let below = |name: &'static str| match path {
        "" => Some(name),
        path => name.strip_prefix(path)?.strip_prefix('/'),
    };
    let names: BTreeSet<&str> =
        SETTINGS.iter().filter_map(|(name, _)| below(name)?.split('/').next()).collect();
    match names.is_empty() {
        true => Err(Errno::ENOENT),
        false => Ok(Found::Dir(names.into_iter().map(ToString::to_string).collect())),
    }
}

impl Kernel {
    /// The value of a setting, with the end of its line.
    pub(crate) fn setting(&self, setting: Setting) -> Vec<u8> {
        let set = self.settings.get(&setting).map(Vec::as_slice);
        let mut value = set.unwrap_or(SETTINGS[usize::from(setting.0)].1.as_bytes()).to_vec();
        value.push(b'\n');
        value
    }

    /// Sets it.
    pub(crate) fn set(&mut self, setting: Setting, bytes: &[u8]) {
        self.settings.insert(setting, bytes.trim_ascii().to_vec());
    }
}
