//! PodDisruptionBudget, PriorityClass, RuntimeClass.

use super::container::{EnvFromSource, EnvVar, VolumeMount};
use super::meta::{Condition, LabelSelector, ObjectMeta};
use super::pod::Toleration;
use super::volume::Volume;
use crate::object;
use crate::{IntOrString, Map, Quantity, Time};
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 PodDisruptionBudget {
        metadata: ObjectMeta = "metadata",
        spec: PodDisruptionBudgetSpec = "spec",
        status: PodDisruptionBudgetStatus = "status",
    }

    v1 PriorityClass {
        metadata: ObjectMeta = "metadata",
        value: i32 = "value" always,
        global_default: bool = "globalDefault",
        description: String = "description",
        preemption_policy: Option<String> = "preemptionPolicy" ("v1.PreemptionPolicy"),
    }

    v1 RuntimeClass {
        metadata: ObjectMeta = "metadata",
        handler: String = "handler" always,
        overhead: Option<Overhead> = "overhead",
        scheduling: Option<Scheduling> = "scheduling",
    }

    v1 PodDisruptionBudgetSpec {
        min_available: Option<IntOrString> = "minAvailable",
        selector: Option<LabelSelector> = "selector",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        unhealthy_pod_eviction_policy: Option<String> = "unhealthyPodEvictionPolicy" ("v1.UnhealthyPodEvictionPolicyType"),
    }

    v1 PodDisruptionBudgetStatus {
        observed_generation: i64 = "observedGeneration",
        disrupted_pods: Map<Time> = "disruptedPods",
        disruptions_allowed: i32 = "disruptionsAllowed" always,
        current_healthy: i32 = "currentHealthy" always,
        desired_healthy: i32 = "desiredHealthy" always,
        expected_pods: i32 = "expectedPods" always,
        conditions: Vec<Condition> = "conditions",
    }

    v1 Overhead {
        pod_fixed: Map<Quantity> = "podFixed" ("v1.ResourceList"),
    }

    v1 Scheduling {
        node_selector: Map<String> = "nodeSelector",
        tolerations: Vec<Toleration> = "tolerations",
    }
}

object! {
    /// Fields to inject into pods at creation (`settings.k8s.io/v1alpha1`, removed in Kubernetes 1.20).
    v1alpha1 PodPreset {
        metadata: ObjectMeta = "metadata",
        spec: PodPresetSpec = "spec",
    }
    v1alpha1 PodPresetSpec {
        selector: LabelSelector = "selector",
        env: Vec<EnvVar> = "env",
        env_from: Vec<EnvFromSource> = "envFrom",
        volumes: Vec<Volume> = "volumes",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
    }
}
