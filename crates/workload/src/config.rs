//! What the caller tells a [`Sandbox`](crate::Sandbox): pods, containers, signals, requests.

use crate::behavior::Behavior;
use crate::images::Unpacked;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a pod sandbox is made with.
#[derive(Clone, Debug, Default)]
pub struct SandboxConfig {
    /// The pod's host name, which `hostname` prints. (The variable `HOSTNAME` is the kubelet's to set.)
    pub hostname: String,
    /// The pod's IP.
    pub ip: String,
    /// The address at which the pod sees its node: that of the bridge which its network hangs on.
    pub gateway: String,
    /// The calendar instant of [`SimTime::ZERO`](lifepod_api::SimTime), in microseconds since 1970 UTC.
    pub epoch_micros: i64,
    /// `shareProcessNamespace`: the pause process is PID 1, so containers' first processes are ordinary ones.
    pub share_process_namespace: bool,
    /// Where `$RANDOM`, `shuf` and `/dev/urandom` begin.
    pub seed: u64,
}

/// What a container is started with, after the kubelet's work (`$(VAR)` expansion, environment) is done.
#[derive(Clone, Debug, Default)]
pub struct ContainerConfig {
    /// The container's name.
    pub name: String,
    /// The image reference, as in the manifest.
    pub image: String,
    /// The image itself, if it was unpacked before.
    pub unpacked: Option<Arc<Unpacked>>,
    /// `command`; empty means the image's own entrypoint.
    pub command: Vec<String>,
    /// `args`; empty means the image's own (unless `command` is given).
    pub args: Vec<String>,
    /// The environment made by the kubelet. The image's own variables are put beneath it.
    pub env: Vec<(String, String)>,
    /// `workingDir`; `None` means the image's own.
    pub working_dir: Option<String>,
    /// Files put into the container's layer before it starts, as path, bytes and mode: what an image of one's own
    /// would hold. A path that ends in `/` is a directory.
    pub files: Vec<(String, Vec<u8>, u16)>,
    /// Files of the image that are taken out before it starts: a root that is slimmer than the image is.
    pub absent: Vec<String>,
    /// Volumes and where they are seen.
    pub mounts: Vec<Mount>,
    /// The memory limit in bytes. Using more kills with `oom_killed`.
    pub memory_limit: Option<u64>,
    /// `containerPort`s: what a program of an unknown image is assumed to listen on.
    pub declared_ports: Vec<u16>,
    /// How often this container was restarted before; a [`Behavior`] may differ by it.
    pub restart_count: u32,
    /// `runAsUser`; `None` means the image's own user.
    pub run_as_user: Option<i64>,
    /// `runAsGroup`; `None` means the user's own group, which is 0 for a number that the image does not know.
    pub run_as_group: Option<i64>,
    /// `fsGroup` and `supplementalGroups`: the groups beside the first one.
    pub supplemental_groups: Vec<i64>,
    /// `privileged`: `/proc/sys` can be written.
    pub privileged: bool,
    /// What root may do, a bit for each capability; `None` means what the runtime leaves it.
    pub capabilities: Option<u64>,
    /// Where a termination message is read from; empty means `/dev/termination-log`.
    pub termination_message_path: String,
    /// What the process does, said by a scenario or an annotation; it replaces the command.
    pub behavior: Option<Arc<Behavior>>,
}

/// One volume mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// The name under which [`Sandbox::set_volume`](crate::Sandbox::set_volume) stored the volume.
    pub volume: String,
    /// `mountPath`.
    pub path: String,
    /// `subPath`, or empty. A directory is made when nothing is there, as the kubelet does.
    pub sub_path: String,
    /// `readOnly`.
    pub read_only: bool,
}

/// Why a container could not be started. No process ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// The exit code that the container's status shows (containerd: 128).
    pub exit_code: i32,
    /// The reason that the container's status shows: `StartError`.
    pub reason: String,
    /// The runtime's message, as containerd and runc word it.
    pub message: String,
    /// The errno behind it: `ENOENT`, `EACCES`, `EISDIR`; empty for a scripted error.
    pub errno: &'static str,
}

/// One container of the sandbox: a start, not a name. A restart gets a new id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerId(pub u32);

/// One command run in a container from outside (exec probe, hook, `kubectl exec`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecId(pub u32);

/// One request made to the pod from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// One connection that a process of the pod makes to somewhere outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialId(pub u32);

/// A request to a port of the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The port.
    pub port: u16,
    /// What is asked.
    pub ask: Ask,
    /// The client's address; none for the node itself ([`SandboxConfig::gateway`]), from where a kubelet asks.
    pub from: Option<String>,
    /// Servers write nothing of it to their logs: one of so many that they would drown the rest.
    pub quiet: bool,
}

impl Request {
    /// A request of the node's.
    pub fn to(port: u16, ask: Ask) -> Self {
        Request { port, ask, from: None, quiet: false }
    }
}

/// What a [`Request`] asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An HTTP request.
    Http {
        /// `GET`, `HEAD`…
        method: String,
        /// Path with query.
        path: String,
        /// Headers, in order. `Host` among them when it was set.
        headers: Vec<(String, String)>,
        /// Over TLS. A plain server answers such a request with [`Reply::NotTls`].
        tls: bool,
    },
    /// Only the TCP handshake.
    Tcp,
    /// `grpc.health.v1.Health/Check`.
    Grpc {
        /// The service asked about; empty is the server as a whole.
        service: String,
    },
}

/// What came of a [`Request`]. A server that never answers sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An HTTP response, complete.
    Http {
        /// The status code.
        status: u16,
        /// Response headers, in order (`Location` of a redirect, for one).
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// The header of an HTTP response whose body takes longer; the response follows, and outside clients only are told.
    Header,
    /// The TCP handshake was answered.
    Connected,
    /// `ServingStatus` of a gRPC health check.
    Grpc(GrpcStatus),
    /// Nobody listens: `connection refused`.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed without an answer (`EOF`).
    Closed,
    /// Something came that is not HTTP; its first line. Empty: the answer ended within its header.
    Malformed(String),
    /// The server spoke plain text to a TLS client.
    NotTls,
    /// The server spoke TLS and the client did not: Go's server answers 400 to this.
    TlsExpected,
    /// Nobody has the address: `no route to host`. No sandbox says so; the network around it does.
    Unreachable,
}

/// The answer of a gRPC health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrpcStatus {
    /// `SERVING`.
    Serving,
    /// `NOT_SERVING`.
    NotServing,
    /// The service is not known (`NOT_FOUND`).
    UnknownService,
    /// A gRPC server without the health service (`UNIMPLEMENTED`).
    Unimplemented,
}

/// What a process of the pod asks of the network outside the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dial {
    /// Look a name up, as written; search rules are the resolver's.
    Resolve {
        /// The name.
        name: String,
    },
    /// Open a TCP connection, and close it again.
    Tcp {
        /// Name or address, as written.
        host: String,
        /// The port.
        port: u16,
    },
    /// An HTTP request.
    Http {
        /// Name or address, as written.
        host: String,
        /// The port.
        port: u16,
        /// `GET`, `POST`…
        method: String,
        /// Path with query.
        path: String,
        /// Headers that the user gave.
        headers: Vec<(String, String)>,
        /// What is sent along.
        body: String,
        /// `https`.
        tls: bool,
    },
    /// One ICMP echo.
    Ping {
        /// Name or address, as written.
        host: String,
    },
}

/// The network's answer to a [`Dial`]. One that never comes leaves the process to its own timeout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialResult {
    /// The name's canonical form and its addresses.
    Resolved {
        /// The fully qualified name that answered.
        name: String,
        /// Its addresses.
        addresses: Vec<String>,
    },
    /// There is no such name (`NXDOMAIN`).
    UnknownHost,
    /// The TCP handshake, or the echo, was answered.
    Connected {
        /// The address that answered.
        address: String,
    },
    /// An HTTP response.
    Http {
        /// The address that answered.
        address: String,
        /// The status code.
        status: u16,
        /// The body.
        body: String,
    },
    /// Connection refused.
    Refused {
        /// The address that refused.
        address: String,
    },
    /// Connection reset.
    Reset,
    /// No route.
    Unreachable,
    /// The peer never answered, and the caller gave up for the process.
    TimedOut,
}

impl DialResult {
    /// What a reply that came from an address means to the process that asked.
    pub fn of(reply: Reply, address: &str) -> Self {
        let address = address.to_string();
        match reply {
            Reply::Http { status, body, .. } => DialResult::Http { address, status, body },
            Reply::Connected | Reply::Grpc(_) => DialResult::Connected { address },
            Reply::Refused => DialResult::Refused { address },
            Reply::Unreachable => DialResult::Unreachable,
            Reply::TlsExpected => {
                let body = "Client sent an HTTP request to an HTTPS server.\n".to_string();
                DialResult::Http { address, status: 400, body }
            }
            Reply::Reset | Reply::Closed | Reply::Malformed(_) | Reply::NotTls | Reply::Header => {
                DialResult::Reset
            }
        }
    }
}
