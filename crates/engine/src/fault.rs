//! What fate does to a cluster, as data.

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
    /// The network between the node and the control plane is cut; what runs on the node runs on.
    Partition,
    /// The kubelet stops; the containers run on.
    KubeletStop,
    /// The disk fails: nothing can be started or written.
    DiskDeath,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkFault {
    /// The cluster's DNS does not answer.
    Dns,
    /// Each request takes so much longer.
    Slow(SimTime),
}
