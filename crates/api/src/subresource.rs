//! The parts of an object that have a door of their own in the API.

use crate::prepare::has_status;

/// The part of an object that a write is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subresource {
    /// The object itself; its status stays.
    #[default]
    Main,
    /// `status`; all else stays.
    Status,
    /// `ephemeralcontainers` of a pod: containers for a look inside are added.
    EphemeralContainers,
    /// `resize` of a pod: what its containers ask for and may take.
    Resize,
    /// `scale`: how many replicas there are to be.
    Scale,
}

impl Subresource {
    const ALL: [Subresource; 5] = [
        Subresource::Main,
        Subresource::Status,
        Subresource::EphemeralContainers,
        Subresource::Resize,
        Subresource::Scale,
    ];

    /// Its name in paths; empty for the object itself.
    pub fn name(self) -> &'static str {
        match self {
            Subresource::Main => "",
            Subresource::Status => "status",
            Subresource::EphemeralContainers => "ephemeralcontainers",
            Subresource::Resize => "resize",
            Subresource::Scale => "scale",
        }
    }

    /// The subresource of that name; the object itself for an empty one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sub| sub.name() == name)
    }

    /// Whether objects of a kind have it (`pkg/registry/*/rest/storage_*.go`).
    pub fn is_of(self, kind: &str) -> bool {
        match self {
            Subresource::Main => true,
            Subresource::Status => has_status(kind),
            Subresource::EphemeralContainers | Subresource::Resize => kind == "Pod",
            Subresource::Scale => {
                matches!(kind, "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController")
            }
        }
    }
}
