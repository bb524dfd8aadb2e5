//! Which values are owned as one, and by what the elements of lists are told apart: the `+listType`, `+mapType` and
//! `+structType` markers of the Go types.

use super::paths::Step;
use lifepod_api::schema::{StructType, Type};
use lifepod_api::{Kind, Object};
use serde_json::{Map, Value};

/// Types of which an object is one value.
const ATOMIC_STRUCTS: [&str; 18] = [
    "ConfigMapKeySelector",
    "CrossVersionObjectReference",
    "EndpointAddress",
    "EndpointPort",
    "FileKeySelector",
    "LabelSelector",
    "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectFieldSelector",
    "ObjectReference",
    "OwnerReference",
    "ResourceFieldSelector",
    "ScopeSelector",
    "SecretKeySelector",
    "SecretReference",
    "TopologySelectorTerm",
    "TypedLocalObjectReference",
];

/// Maps that are one value: the type that has the field, and the field.
const ATOMIC_MAPS: [(&str, &str); 4] = [
    ("PodSpec", "nodeSelector"),
    ("ReplicationControllerSpec", "selector"),
    ("ServiceSpec", "selector"),
    ("Scheduling", "nodeSelector"),
];

/// Lists whose elements are told apart by members: the type that has the field (`*` is any), the field, the members.
const KEYED_LISTS: [(&str, &str, &[&str]); 23] = [
    ("*", "conditions", &["type"]),
    ("Container", "env", &["name"]),
    ("Container", "ports", &["containerPort", "protocol"]),
    ("Container", "volumeDevices", &["devicePath"]),
    ("Container", "volumeMounts", &["mountPath"]),
    ("ContainerStatus", "allocatedResourcesStatus", &["name"]),
    ("ContainerStatus", "volumeMounts", &["mountPath"]),
    ("NodeStatus", "addresses", &["type"]),
    ("ObjectMeta", "ownerReferences", &["uid"]),
    ("PodSpec", "containers", &["name"]),
    ("PodSpec", "ephemeralContainers", &["name"]),
    ("PodSpec", "hostAliases", &["ip"]),
    ("PodSpec", "imagePullSecrets", &["name"]),
    ("PodSpec", "initContainers", &["name"]),
    ("PodSpec", "resourceClaims", &["name"]),
    ("PodSpec", "schedulingGates", &["name"]),
    ("PodSpec", "topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("PodSpec", "volumes", &["name"]),
    ("PodStatus", "podIPs", &["ip"]),
    ("PodStatus", "resourceClaimStatuses", &["name"]),
    ("ResourceRequirements", "claims", &["name"]),
    ("ServiceAccount", "secrets", &["name"]),
    ("ServiceSpec", "ports", &["port", "protocol"]),
];

/// Lists that are sets.
const SETS: [(&str, &str); 6] = [
    ("ObjectMeta", "finalizers"),
    ("NodeSpec", "podCIDRs"),
    ("Endpoint", "addresses"),
    ("PodFailurePolicyOnExitCodesRequirement", "values"),
    ("UncountedTerminatedPods", "succeeded"),
    ("UncountedTerminatedPods", "failed"),
];

/// What is known of a value. Of an object without a type, maps have members and lists are single values.
#[derive(Clone, Copy)]
pub struct Shape {
    ty: Option<&'static Type>,
    /// The type of the root.
    root: Option<&'static StructType>,
    /// The type and the name of the field in which the value stands.
    place: (&'static str, &'static str),
    /// It is a field of a type, not an entry of a map or an element.
    named: bool,
}

/// How the elements of a list are owned.
pub enum List {
    /// All at once.
    Atomic,
    /// Each by these members.
    Keyed(&'static [&'static str]),
    /// Each by its value.
    Set,
}

impl Shape {
    /// The shape of objects of a type.
    pub fn new(root: Option<&'static StructType>) -> Shape {
        Shape { ty: None, root, place: ("", ""), named: false }
    }

    /// The shape of an object.
    pub fn of(object: &Object) -> Shape {
        Shape::new(Kind::find(object.api_version(), object.kind()).map(|k| k.ty))
    }

    fn structure(self) -> Option<&'static StructType> {
        match self.ty {
            Some(Type::Struct(ty)) => Some(ty),
            Some(_) => None,
            None => self.root,
        }
    }

    /// Whether an object of this shape is owned as one.
    pub fn is_atomic(self) -> bool {
        // In lists that are told apart by members the elements' fields are owned all the same.
        let element = matches!(self.ty, Some(Type::Struct(_))) && !self.named;
        let atomic = self.structure().is_some_and(|ty| ATOMIC_STRUCTS.contains(&ty.name));
        atomic && !element
            || ATOMIC_MAPS.contains(&self.place)
            || matches!(self.ty, Some(Type::Any | Type::Quantity | Type::Time | Type::IntOrString))
    }

    /// Whether the value is a field that a Go type declares.
    pub fn is_named(self) -> bool {
        self.named
    }

    /// Whether the value is a struct of known fields.
    pub fn is_struct(self) -> bool {
        self.structure().is_some()
    }

    /// The shape of a member.
    pub fn member(self, name: &str) -> Shape {
        if let Some(owner) = self.structure() {
            let field = owner.field(name);
            // The ephemeral containers' lists are as those of others.
            let place = if owner.name.starts_with("EphemeralContainer") { "Container" } else { owner.name };
            return Shape {
                ty: field.map(|f| f.ty),
                root: None,
                place: (place, field.map_or("", |f| f.name)),
                named: true,
            };
        }
        let ty = match self.ty {
            Some(Type::Map(value)) => Some(*value),
            _ => None,
        };
        Shape { ty, root: None, place: ("", ""), named: false }
    }

    /// The shape of a list's elements.
    pub fn element(self) -> Shape {
        let ty = match self.ty {
            Some(Type::List(element)) => Some(*element),
            _ => None,
        };
        Shape { ty, root: None, place: ("", ""), named: false }
    }

    /// How the elements of this list are owned.
    pub fn list(self) -> List {
        let (owner, field) = self.place;
        if SETS.contains(&self.place) {
            return List::Set;
        }
        let keyed = KEYED_LISTS.iter().find(|(of, name, _)| (*of == owner || *of == "*") && *name == field);
        match keyed {
            Some((.., keys)) if matches!(self.ty, Some(Type::List(Type::Struct(_)))) => List::Keyed(keys),
            _ => List::Atomic,
        }
    }
}

/// The step to an element of a list.
pub fn step_to(element: &Value, list: &List) -> Step {
    match list {
        List::Keyed(keys) => {
            let member = |key: &&str| {
                let value = match (&element[*key], *key) {
                    // The one member with a default.
                    (Value::Null, "protocol") => "TCP".into(),
                    (value, _) => value.clone(),
                };
                (key.to_string(), value)
            };
            Step::Key(Value::Object(keys.iter().map(member).collect::<Map<_, _>>()).to_string())
        }
        _ => Step::Value(element.to_string()),
    }
}
