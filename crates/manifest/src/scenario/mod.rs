//! lifepod's own document: everything beside the manifests that determines a run.
//!
//! These are the document's words, as they are decoded, completed and explained, field by field. What the words mean
//! to a run is `lifepod-scenario`'s.

mod action;
mod behavior;
mod cluster;

pub use action::*;
pub use behavior::*;
pub use cluster::*;

use lifepod_api::duration::Duration;
use lifepod_api::{ObjectMeta, Time, object};

/// The `apiVersion` of a [`Scenario`].
pub const API_VERSION: &str = "lifepod.dev/v1alpha1";

/// The `kind` of a [`Scenario`].
pub const KIND: &str = "Scenario";

/// What the annotation that says what a container does begins with; the container's name follows.
pub const ANNOTATION_PREFIX: &str = "lifepod.dev/";

object! {
    /// A `kind: Scenario` document.
    v1alpha1 Scenario {
        metadata: ObjectMeta = "metadata",
        spec: ScenarioSpec = "spec",
    }
    /// `horizon`: how long the run lasts. `epoch`: the calendar time at which it begins.
    v1alpha1 ScenarioSpec {
        horizon: Option<Duration> = "horizon",
        seed: Option<i64> = "seed",
        epoch: Option<Time> = "epoch",
        cluster: ScenarioCluster = "cluster",
        behaviors: Vec<ScenarioBehavior> = "behaviors",
        images: Vec<ScenarioImage> = "images",
        actions: Vec<ScenarioAction> = "actions",
        traffic: Vec<ScenarioTraffic> = "traffic",
        outside: Vec<ScenarioOutside> = "outside",
    }
    /// A host outside the cluster: what it answers, or how it `fails`.
    v1alpha1 ScenarioOutside {
        host: String = "host",
        status: Option<i32> = "status",
        body: String = "body",
        took: Option<Duration> = "took",
        fails: String = "fails",
    }
    /// Requests to a Service, `rps` a second, between two times.
    v1alpha1 ScenarioTraffic {
        name: String = "name",
        service: String = "service",
        namespace: String = "namespace",
        port: Option<i32> = "port",
        path: String = "path",
        rps: i32 = "rps",
        timeout: Option<Duration> = "timeout",
        slow: Option<Duration> = "slow",
        tcp: bool = "tcp",
        keep_alive: bool = "keepAlive",
        node: String = "node",
        outside: bool = "outside",
        from: Option<Duration> = "from",
        until: Option<Duration> = "until",
    }
}
