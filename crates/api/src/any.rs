//! [`Object`]: any API object, by its kind.

use crate::objects::*;
use crate::wire::{DecodeError, Decoder, Wire, lenient};
use alloc::string::{String, ToString};
use core::fmt;
use serde_json::Value;

macro_rules! kinds {
    ($($variant:ident($ty:ty): $group_version:literal $kind:literal $plural:literal $scope:ident,)*) => {
        /// An API object. Kinds that the simulation does not know are carried unread.
        #[derive(Clone, PartialEq)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum Object {
            $($variant($ty),)*
            /// A kind that is carried, not simulated.
            Opaque(Opaque),
        }

        /// The kinds that have a type.
        pub const KINDS: &[Kind] = &[$(Kind {
            api_version: $group_version,
            kind: $kind,
            plural: $plural,
            namespaced: matches!(Scope::$scope, Scope::Namespaced),
            ty: <$ty>::STRUCT,
        },)*];

        impl Object {
            /// The kind, such as `Pod`.
            pub fn kind(&self) -> &str {
                match self {
                    $(Object::$variant(_) => $kind,)*
                    Object::Opaque(o) => o.value["kind"].as_str().unwrap_or(""),
                }
            }

            /// The group and version, such as `apps/v1`.
            pub fn api_version(&self) -> &str {
                match self {
                    $(Object::$variant(_) => $group_version,)*
                    Object::Opaque(o) => o.value["apiVersion"].as_str().unwrap_or(""),
                }
            }

            /// The metadata.
            pub fn meta(&self) -> &ObjectMeta {
                match self {
                    $(Object::$variant(o) => &o.metadata,)*
                    Object::Opaque(o) => &o.metadata,
                }
            }

            /// The metadata, to change.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $(Object::$variant(o) => &mut o.metadata,)*
                    Object::Opaque(o) => &mut o.metadata,
                }
            }

            fn wire(&self) -> Option<&dyn Wire> {
                match self {
                    $(Object::$variant(o) => Some(o),)*
                    Object::Opaque(_) => None,
                }
            }

            fn empty(api_version: &str, kind: &str) -> Option<Object> {
                match (api_version, kind) {
                    $(($group_version, $kind) => Some(Object::$variant(Default::default())),)*
                    _ => None,
                }
            }

            fn wire_mut(&mut self) -> Option<&mut dyn Wire> {
                match self {
                    $(Object::$variant(o) => Some(o),)*
                    Object::Opaque(_) => None,
                }
            }
        }

        $(impl From<$ty> for Object {
            fn from(object: $ty) -> Object {
                Object::$variant(object)
            }
        }

        impl Resource for $ty {
            const KIND: &'static str = $kind;

            fn of(object: &Object) -> Option<&Self> {
                match object {
                    Object::$variant(o) => Some(o),
                    _ => None,
                }
            }

            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }
        })*
    };
}

/// A type that one variant of [`Object`] holds.
pub trait Resource: Into<Object> + Clone + 'static {
    /// Its kind, such as `Pod`.
    const KIND: &'static str;

    /// What `object` holds, if it is of this type.
    fn of(object: &Object) -> Option<&Self>;

    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;
}

enum Scope {
    Namespaced,
    Cluster,
}

kinds! {
    Pod(Pod): "v1" "Pod" "pods" Namespaced,
    PodTemplate(PodTemplate): "v1" "PodTemplate" "podtemplates" Namespaced,
    ReplicationController(ReplicationController):
        "v1" "ReplicationController" "replicationcontrollers" Namespaced,
    ReplicaSet(ReplicaSet): "apps/v1" "ReplicaSet" "replicasets" Namespaced,
    Deployment(Deployment): "apps/v1" "Deployment" "deployments" Namespaced,
    StatefulSet(StatefulSet): "apps/v1" "StatefulSet" "statefulsets" Namespaced,
    DaemonSet(DaemonSet): "apps/v1" "DaemonSet" "daemonsets" Namespaced,
    ControllerRevision(ControllerRevision):
        "apps/v1" "ControllerRevision" "controllerrevisions" Namespaced,
    Job(Job): "batch/v1" "Job" "jobs" Namespaced,
    CronJob(CronJob): "batch/v1" "CronJob" "cronjobs" Namespaced,
    Service(Service): "v1" "Service" "services" Namespaced,
    Endpoints(Endpoints): "v1" "Endpoints" "endpoints" Namespaced,
    EndpointSlice(EndpointSlice): "discovery.k8s.io/v1" "EndpointSlice" "endpointslices" Namespaced,
    PodDisruptionBudget(PodDisruptionBudget):
        "policy/v1" "PodDisruptionBudget" "poddisruptionbudgets" Namespaced,
    PodPreset(PodPreset): "settings.k8s.io/v1alpha1" "PodPreset" "podpresets" Namespaced,
    PriorityClass(PriorityClass): "scheduling.k8s.io/v1" "PriorityClass" "priorityclasses" Cluster,
    RuntimeClass(RuntimeClass): "node.k8s.io/v1" "RuntimeClass" "runtimeclasses" Cluster,
    Node(Node): "v1" "Node" "nodes" Cluster,
    Namespace(Namespace): "v1" "Namespace" "namespaces" Cluster,
    ConfigMap(ConfigMap): "v1" "ConfigMap" "configmaps" Namespaced,
    Secret(Secret): "v1" "Secret" "secrets" Namespaced,
    ServiceAccount(ServiceAccount): "v1" "ServiceAccount" "serviceaccounts" Namespaced,
    LimitRange(LimitRange): "v1" "LimitRange" "limitranges" Namespaced,
    ResourceQuota(ResourceQuota): "v1" "ResourceQuota" "resourcequotas" Namespaced,
    PersistentVolumeClaim(PersistentVolumeClaim):
        "v1" "PersistentVolumeClaim" "persistentvolumeclaims" Namespaced,
    PersistentVolume(PersistentVolume): "v1" "PersistentVolume" "persistentvolumes" Cluster,
    StorageClass(StorageClass): "storage.k8s.io/v1" "StorageClass" "storageclasses" Cluster,
    Event(ApiEvent): "v1" "Event" "events" Namespaced,
}

/// An object whose kind has no type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opaque {
    /// The whole object, its metadata left out.
    value: Value,
    metadata: ObjectMeta,
}

/// A kind of object that has a type.
#[derive(Debug)]
pub struct Kind {
    /// The group and version, such as `apps/v1`.
    pub api_version: &'static str,
    /// The kind, such as `Deployment`.
    pub kind: &'static str,
    /// The resource's name in paths and messages, such as `deployments`.
    pub plural: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Its fields.
    pub ty: &'static crate::schema::StructType,
}

impl Kind {
    /// The kind of that group, version and name.
    pub fn find(api_version: &str, kind: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|k| k.api_version == api_version && k.kind == kind)
    }

    /// The API group, empty for the core one.
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// Names an object among all living ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The kind, such as `Pod`.
    pub kind: String,
    /// The namespace; empty for kinds without.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// The key of that kind, namespace (empty for kinds without) and name.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        ObjectKey { kind: kind.to_string(), namespace: namespace.to_string(), name: name.to_string() }
    }
}

impl fmt::Display for ObjectKey {
    /// `Pod default/web`, `Node node-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

impl Object {
    /// Kind, namespace and name.
    pub fn key(&self) -> ObjectKey {
        let meta = self.meta();
        ObjectKey {
            kind: self.kind().to_string(),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
        }
    }

    /// The object as JSON, with `apiVersion` and `kind`.
    pub fn to_value(&self) -> Value {
        let mut value = match (self, self.wire()) {
            (_, Some(wire)) => wire.encode(),
            (Object::Opaque(o), None) => {
                let mut value = o.value.clone();
                value["metadata"] = o.metadata.encode();
                value
            }
            (_, None) => Value::Null,
        };
        value["apiVersion"] = Value::from(self.api_version());
        value["kind"] = Value::from(self.kind());
        value
    }

    /// Decodes a JSON object by its `apiVersion` and `kind`, not defaulted; a kind without a type becomes
    /// [`Object::Opaque`]. Everything that strict decoding would complain of is returned along.
    pub fn decode(value: &Value) -> (Object, alloc::vec::Vec<DecodeError>) {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("");
        let mut cx = Decoder::default();
        let object = match Object::empty(text("apiVersion"), text("kind")) {
            Some(mut object) => {
                if let Some(wire) = object.wire_mut() {
                    wire.decode(value, &mut cx);
                }
                object
            }
            None => {
                let mut value =
                    if value.is_object() { value.clone() } else { Value::Object(Default::default()) };
                let metadata = value.as_object_mut().and_then(|o| o.remove("metadata")).unwrap_or_default();
                // A kind of which nothing is known is not judged.
                let metadata = lenient(&metadata).unwrap_or_default();
                Object::Opaque(Opaque { value, metadata })
            }
        };
        (object, cx.into_errors())
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_value())
    }
}

impl serde::Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let (object, errors) = Object::decode(&value);
        match errors.into_iter().find(|e| e.kind == crate::wire::DecodeErrorKind::Type) {
            Some(error) => Err(serde::de::Error::custom(error.message)),
            None => Ok(object),
        }
    }
}
