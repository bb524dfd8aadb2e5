//! How the fields of API types are merged: the `patchStrategy` and `patchMergeKey` tags of the Go types.

use crate::schema::{StructType, Type};

/// How a list field is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListStrategy {
    /// The patch's list stands in place of the old one.
    Replace,
    /// Elements with the same value of this field are the same element.
    ByKey(&'static str),
    /// A set of strings.
    Set,
}

/// The lists that are merged: the struct that has the field (`*` is any), the field, and its merge key; without a key
/// the list is a set.
const MERGED: [(&str, &str, &str); 23] = [
    ("*", "conditions", "type"),
    ("ObjectMeta", "ownerReferences", "uid"),
    ("ObjectMeta", "finalizers", ""),
    ("PodSpec", "volumes", "name"),
    ("PodSpec", "initContainers", "name"),
    ("PodSpec", "containers", "name"),
    ("PodSpec", "ephemeralContainers", "name"),
    ("PodSpec", "imagePullSecrets", "name"),
    ("PodSpec", "hostAliases", "ip"),
    ("PodSpec", "topologySpreadConstraints", "topologyKey"),
    ("PodSpec", "schedulingGates", "name"),
    ("PodSpec", "resourceClaims", "name"),
    ("PodStatus", "podIPs", "ip"),
    ("PodStatus", "hostIPs", "ip"),
    ("PodStatus", "resourceClaimStatuses", "name"),
    ("Container", "ports", "containerPort"),
    ("Container", "env", "name"),
    ("Container", "volumeMounts", "mountPath"),
    ("Container", "volumeDevices", "devicePath"),
    ("ServiceSpec", "ports", "port"),
    ("ServiceAccount", "secrets", "name"),
    ("NodeStatus", "addresses", "type"),
    ("NodeSpec", "podCIDRs", ""),
];

/// Objects of which a patch names the members to keep (`patchStrategy:"retainKeys"`): a list's are its elements.
const RETAIN_KEYS: [(&str, &str); 3] =
    [("DeploymentSpec", "strategy"), ("PodSpec", "volumes"), ("PodSpec", "resourceClaims")];

/// What is known of a value: its type, or nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    ty: Option<&'static Type>,
    owner: Option<&'static StructType>,
    field: &'static str,
}

impl Shape {
    /// The shape of an object of that type.
    pub(super) fn of(ty: Option<&'static StructType>) -> Shape {
        Shape { ty: None, owner: ty, field: "" }
    }

    fn structure(self) -> Option<&'static StructType> {
        match self.ty {
            Some(Type::Struct(ty)) => Some(ty),
            Some(_) => None,
            None if self.field.is_empty() => self.owner,
            None => None,
        }
    }

    /// The shape of a member.
    pub(super) fn member(self, name: &str) -> Shape {
        if let Some(ty) = self.structure() {
            let field = ty.field(name);
            return Shape { ty: field.map(|f| f.ty), owner: Some(ty), field: field.map_or("?", |f| f.name) };
        }
        let ty = match self.ty {
            Some(Type::Map(value)) => Some(*value),
            _ => None,
        };
        Shape { ty, owner: None, field: "?" }
    }

    /// The shape of a list's elements.
    pub(super) fn element(self) -> Shape {
        let ty = match self.ty {
            Some(Type::List(element)) => Some(*element),
            _ => None,
        };
        Shape { ty, ..self }
    }

    /// How this list is merged.
    pub(super) fn list_strategy(self) -> ListStrategy {
        let owner = self.owner.map_or("", |o| o.name);
        // The ephemeral containers' lists are merged as those of others.
        let owner = if owner == "EphemeralContainer" { "Container" } else { owner };
        let known = |of: &&(&str, &str, &str)| (of.0 == owner || of.0 == "*") && of.1 == self.field;
        match MERGED.iter().find(known) {
            Some((.., "")) => ListStrategy::Set,
            // A list of anything has no fields to tell elements apart by.
            Some((.., key)) if matches!(self.ty, Some(Type::List(Type::Struct(_)))) => {
                ListStrategy::ByKey(key)
            }
            _ => ListStrategy::Replace,
        }
    }

    /// Whether a patch names the members to keep.
    pub(super) fn retains_keys(self) -> bool {
        let owner = self.owner.map_or("", |o| o.name);
        RETAIN_KEYS.contains(&(owner, self.field))
    }
}
