//! The files of an image, and a container's own layer over them.

use super::{Base, Image};
use crate::applets::TOOLS;
use crate::config::SandboxConfig;
use crate::fs::{Content, Device, Kind, Tree};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;

/// Tools of ours that no busybox has.
const NOT_BUSYBOX: [&str; 13] = [
    "curl",
    "dig",
    "dumb-init",
    "getent",
    "gosu",
    "host",
    "netcat",
    "stdbuf",
    "stress",
    "stress-ng",
    "su-exec",
    "tini",
    "bash",
];
/// Tools that Debian's base system has not.
const NOT_DEBIAN: [&str; 27] = [
    "curl",
    "dig",
    "dumb-init",
    "gosu",
    "host",
    "hexdump",
    "httpd",
    "ifconfig",
    "ip",
    "kill",
    "killall",
    "nc",
    "netcat",
    "nslookup",
    "pgrep",
    "pidof",
    "ping",
    "pkill",
    "ps",
    "stress",
    "stress-ng",
    "su-exec",
    "telnet",
    "time",
    "tini",
    "wget",
    "watch",
];

/// Where the kubelet looks for a container's last words unless the pod says otherwise.
pub(crate) const TERMINATION_LOG: &str = "/dev/termination-log";

/// A container's file system over its image's: with the names of its pod in it.
pub(super) fn layer(root: &Tree, config: &SandboxConfig, wall: i64) -> Tree {
    let mut tree = root.clone();
    // What the image brings lies in its own layers.
    tree.inodes = 1;
    let mut text = |path: &str, text: String| {
        tree.renew(path, Content { bytes: Arc::new(text.into_bytes()), zeros: 0 }, 0o644, wall);
    };
    text("etc/hostname", format!("{}\n", config.hostname));
    text("etc/hosts", format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n{}\t{}\n", config.ip, config.hostname));
    tree
}

/// The file system of an image that was made at `wall`, with what every container's layer has in it.
pub(super) fn root(image: &Image, wall: i64) -> Tree {
    let mut tree = Tree::new(0o755, wall);
    for dir in [
        "dev",
        "etc",
        "proc",
        "root",
        "run",
        "sys",
        "usr/bin",
        "usr/sbin",
        "usr/local/bin",
        "var/log",
        "var/run",
        "home",
    ] {
        tree.make_dirs(dir, 0o755, wall);
    }
    for dir in ["tmp", "var/tmp", "dev/shm"] {
        let ino = tree.make_dirs(dir, 0o755, wall);
        tree.node_mut(ino).mode = 0o1777;
    }
    let devices = [
        ("null", Device::Null),
        ("zero", Device::Zero),
        ("full", Device::Full),
        ("random", Device::Random),
        ("urandom", Device::Random),
        ("tty", Device::Tty),
        ("stdin", Device::Fd(0)),
        ("stdout", Device::Fd(1)),
        ("stderr", Device::Fd(2)),
    ];
    for (name, device) in devices {
        tree.put(&format!("dev/{name}"), Kind::Device(device), 0o666, wall);
    }
    let mut text = |path: &str, text: &str| {
        let content = Content { bytes: Arc::new(text.as_bytes().to_vec()), zeros: 0 };
        tree.put(path, Kind::File(content), 0o644, wall);
    };
    text("etc/hostname", "");
    text("etc/hosts", "");
    text(
        "etc/resolv.conf",
        "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
    );
    if image.base != Base::Scratch {
        text(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
        );
        text("etc/group", "root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\n");
        let (id, pretty) = match image.base {
            Base::Debian => ("debian", "Debian GNU/Linux 12 (bookworm)"),
            Base::Alpine => ("alpine", "Alpine Linux v3.22"),
            _ => ("busybox", "BusyBox"),
        };
        text("etc/os-release", &format!("ID={id}\nPRETTY_NAME=\"{pretty}\"\n"));
    }
    let mut binary = |path: &str, name: &'static str| {
        tree.put(path, Kind::Binary(name), 0o755, wall);
    };
    match image.base {
        Base::Busybox | Base::Alpine => {
            for (name, _) in TOOLS.iter().filter(|(n, _)| !NOT_BUSYBOX.contains(n)) {
                binary(&format!("bin/{name}"), name);
            }
            for name in ["sh", "ash"] {
                binary(&format!("bin/{name}"), "sh");
            }
            binary("bin/busybox", "busybox");
        }
        Base::Debian => {
            for (name, _) in TOOLS.iter().filter(|(n, _)| !NOT_DEBIAN.contains(n) && *n != "[[") {
                binary(&format!("usr/bin/{name}"), name);
            }
            for name in ["sh", "dash"] {
                binary(&format!("usr/bin/{name}"), "sh");
            }
            binary("usr/bin/bash", "bash");
        }
        Base::Scratch => {}
    }
    for name in &image.binaries {
        let path = match image.base {
            Base::Scratch => name.to_string(),
            Base::Debian if *name == "app" => name.to_string(),
            _ => format!("usr/local/bin/{name}"),
        };
        binary(&path, name);
    }
    // An entrypoint that is a path is where its image puts it.
    if let Some(first) = image.entrypoint.first().or(image.cmd.first()).filter(|f| f.starts_with('/')) {
        let name = first.rsplit('/').next().unwrap_or(first);
        if let Some(known) = image.binaries.iter().find(|b| **b == name) {
            binary(first, known);
        }
    }
    if image.base == Base::Debian {
        // Debian's /bin and /sbin are links into /usr.
        let mtime = wall;
        for (link, target) in [("bin", "usr/bin"), ("sbin", "usr/sbin")] {
            if tree.child(0, link).is_none() {
                tree.add(0, link, Kind::Link(target.to_string()), 0o777, (0, 0), mtime);
            }
        }
    }
    if tree.child(0, "bin").is_none() {
        tree.add(0, "bin", Kind::Dir(BTreeMap::new()), 0o755, (0, 0), wall);
    }
    super::server::files(image, &mut tree, wall);
    tree.put(TERMINATION_LOG, Kind::File(Content::default()), 0o666, wall);
    tree.used = 0;
    tree
}
