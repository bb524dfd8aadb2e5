//! What fate does to a cluster, as data.

use alloc::format;
use alloc::string::String;
use lifepod_api::SimTime;

/// Something that breaks.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A node.
    Node {
        /// `metadata.name`.
        name: String,
        /// What happens to it.
        what: NodeFault,
        /// How long it lasts; none for good.
        lasts: Option<SimTime>,
    },
    /// A pod's sandbox dies, and its containers with it: the pause process is killed.
    Sandbox {
        /// The pod's namespace.
        namespace: String,
        /// The pod's name.
        pod: String,
    },
    /// The processes of a container.
    Container {
        /// The pod's namespace.
        namespace: String,
        /// The pod's name.
        pod: String,
        /// The container's name.
        name: String,
        /// What happens to them.
        what: ContainerFault,
    },
    /// A registry cannot give an image.
    Image {
        /// The image as manifests write it; `*` at the end matches any rest.
        image: String,
        /// The runtime's words, as in [`ImageRule::error`](crate::ImageRule::error).
        error: String,
        /// How long it lasts; none for good.
        lasts: Option<SimTime>,
    },
    /// The cluster's network.
    Network {
        /// What happens to it.
        what: NetworkFault,
        /// How long it lasts; none for good.
        lasts: Option<SimTime>,
    },
}

/// How a node fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeFault {
    /// The kernel panics: every process is gone at once; the machine boots again when the fault ends.
    KernelPanic,
    /// The power is cut: as a panic, and nothing of the node is there until it returns.
    PowerLoss,
    /// The network between the node and all other machines is cut, the control plane's among them; what runs on the node
    /// runs on.
    Partition,
    /// The kubelet stops; the containers run on.
    KubeletStop,
    /// The disk fails, and the container runtime with it: nothing can be started or stopped; what runs runs on.
    DiskDeath,
    /// The machine hangs, as one whose host is overloaded or moves it: nothing happens on it, and it does not know.
    Freeze,
    /// The node is shut down in order: the kubelet ends its pods first.
    Shutdown,
    /// The machine is deleted by its cloud, and the Node object by the cloud's controller.
    VmDeleted,
}

/// What happens to a container's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerFault {
    /// The first process gets KILL from somebody on the node.
    Kill,
    /// The kernel kills it for memory.
    Oom,
    /// The processes are frozen, for a time or for good.
    Freeze(Option<SimTime>),
}

/// How the network fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkFault {
    /// The cluster's DNS does not answer.
    Dns,
    /// It does not answer one pod.
    DnsOf {
        /// The pod's namespace.
        namespace: String,
        /// The pod's name.
        pod: String,
    },
    /// The proxy of a node stops: the node keeps the rules that it has, and learns of no change.
    Proxy {
        /// The node.
        node: String,
    },
    /// Each request takes so much longer.
    Slow(SimTime),
}

impl Fault {
    /// The fault in words, for the trace.
    pub(crate) fn text(&self) -> String {
        match self {
            Fault::Node { name, what, .. } => match what {
                NodeFault::KernelPanic => format!("the kernel of node {name} panics"),
                NodeFault::PowerLoss => format!("node {name} loses its power"),
                NodeFault::Partition => format!("the network cuts node {name} off"),
                NodeFault::KubeletStop => format!("the kubelet of node {name} stops"),
                NodeFault::Freeze => format!("node {name} freezes"),
                NodeFault::DiskDeath => format!("the disk of node {name} fails"),
                NodeFault::Shutdown => format!("node {name} is shut down"),
                NodeFault::VmDeleted => format!("the machine of node {name} is deleted"),
            },
            Fault::Sandbox { pod, .. } => format!("the sandbox of pod {pod} dies"),
            Fault::Container { pod, name, what, .. } => match what {
                ContainerFault::Kill => format!("somebody kills container {name} of pod {pod}"),
                ContainerFault::Oom => format!("the kernel kills container {name} of pod {pod} for memory"),
                ContainerFault::Freeze(_) => format!("container {name} of pod {pod} freezes"),
            },
            Fault::Image { image, .. } => format!("image {image} cannot be pulled"),
            Fault::Network { what, .. } => match what {
                NetworkFault::Dns => "the cluster's DNS does not answer".into(),
                NetworkFault::DnsOf { pod, .. } => format!("the DNS does not answer pod {pod}"),
                NetworkFault::Proxy { node } => format!("kube-proxy on node {node} stops"),
                NetworkFault::Slow(delay) => format!("each request takes {:.3}s longer", delay.as_secs_f64()),
            },
        }
    }

    /// How long it lasts; none for good.
    pub(crate) fn lasts(&self) -> Option<SimTime> {
        match self {
            Fault::Node { lasts, .. } | Fault::Image { lasts, .. } | Fault::Network { lasts, .. } => *lasts,
            Fault::Container { what: ContainerFault::Freeze(lasts), .. } => *lasts,
            Fault::Sandbox { .. } | Fault::Container { .. } => None,
        }
    }
}
