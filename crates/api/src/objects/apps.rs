//! Deployment, ReplicaSet, StatefulSet, DaemonSet, and ReplicationController.

use super::meta::{LabelSelector, ObjectMeta};
use super::pod::PodTemplateSpec;
use super::storage::PersistentVolumeClaim;
use crate::Shared;
use crate::object;
use crate::{IntOrString, Map, Time};
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

object! {
    v1 ReplicationController {
        metadata: ObjectMeta = "metadata",
        spec: ReplicationControllerSpec = "spec",
        status: ReplicationControllerStatus = "status",
    }

    v1 Deployment {
        metadata: ObjectMeta = "metadata",
        spec: Shared<DeploymentSpec> = "spec",
        status: DeploymentStatus = "status",
    }

    v1 ReplicaSet {
        metadata: ObjectMeta = "metadata",
        spec: ReplicaSetSpec = "spec",
        status: ReplicaSetStatus = "status",
    }

    v1 StatefulSet {
        metadata: ObjectMeta = "metadata",
        spec: Shared<StatefulSetSpec> = "spec",
        status: StatefulSetStatus = "status",
    }

    v1 DaemonSet {
        metadata: ObjectMeta = "metadata",
        spec: Shared<DaemonSetSpec> = "spec",
        status: DaemonSetStatus = "status",
    }

    v1 ControllerRevision {
        metadata: ObjectMeta = "metadata",
        data: Value = "data",
        revision: i64 = "revision" always,
    }

    v1 ReplicationControllerSpec {
        replicas: Option<i32> = "replicas",
        min_ready_seconds: i32 = "minReadySeconds",
        selector: Map<String> = "selector",
        template: Option<PodTemplateSpec> = "template",
    }

    v1 ReplicationControllerStatus {
        replicas: i32 = "replicas" always,
        fully_labeled_replicas: i32 = "fullyLabeledReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        observed_generation: i64 = "observedGeneration",
        conditions: Vec<ReplicationControllerCondition> = "conditions",
    }

    v1 DeploymentSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
        strategy: DeploymentStrategy = "strategy",
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        paused: bool = "paused",
        progress_deadline_seconds: Option<i32> = "progressDeadlineSeconds",
    }

    v1 DeploymentStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas",
        updated_replicas: i32 = "updatedReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        unavailable_replicas: i32 = "unavailableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        conditions: Vec<DeploymentCondition> = "conditions",
        collision_count: Option<i32> = "collisionCount",
    }

    v1 ReplicaSetSpec {
        replicas: Option<i32> = "replicas",
        min_ready_seconds: i32 = "minReadySeconds",
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template",
    }

    v1 ReplicaSetStatus {
        replicas: i32 = "replicas" always,
        fully_labeled_replicas: i32 = "fullyLabeledReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        observed_generation: i64 = "observedGeneration",
        conditions: Vec<ReplicaSetCondition> = "conditions",
    }

    v1 StatefulSetSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
        volume_claim_templates: Vec<PersistentVolumeClaim> = "volumeClaimTemplates",
        service_name: String = "serviceName" always,
        pod_management_policy: String = "podManagementPolicy" ("v1.PodManagementPolicyType"),
        update_strategy: StatefulSetUpdateStrategy = "updateStrategy",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        min_ready_seconds: i32 = "minReadySeconds",
        persistent_volume_claim_retention_policy: Option<StatefulSetPersistentVolumeClaimRetentionPolicy> = "persistentVolumeClaimRetentionPolicy",
        ordinals: Option<StatefulSetOrdinals> = "ordinals",
    }

    v1 StatefulSetStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas" always,
        ready_replicas: i32 = "readyReplicas",
        current_replicas: i32 = "currentReplicas",
        updated_replicas: i32 = "updatedReplicas",
        current_revision: String = "currentRevision",
        update_revision: String = "updateRevision",
        collision_count: Option<i32> = "collisionCount",
        conditions: Vec<StatefulSetCondition> = "conditions",
        available_replicas: i32 = "availableReplicas" always,
    }

    v1 DaemonSetSpec {
        selector: Option<LabelSelector> = "selector" always,
        template: PodTemplateSpec = "template" always,
        update_strategy: DaemonSetUpdateStrategy = "updateStrategy",
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
    }

    v1 DaemonSetStatus {
        current_number_scheduled: i32 = "currentNumberScheduled" always,
        number_misscheduled: i32 = "numberMisscheduled" always,
        desired_number_scheduled: i32 = "desiredNumberScheduled" always,
        number_ready: i32 = "numberReady" always,
        observed_generation: i64 = "observedGeneration",
        updated_number_scheduled: i32 = "updatedNumberScheduled",
        number_available: i32 = "numberAvailable",
        number_unavailable: i32 = "numberUnavailable",
        collision_count: Option<i32> = "collisionCount",
        conditions: Vec<DaemonSetCondition> = "conditions",
    }

    v1 ReplicationControllerCondition {
        type_: String = "type" ("v1.ReplicationControllerConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 DeploymentStrategy {
        type_: String = "type" ("v1.DeploymentStrategyType"),
        rolling_update: Option<RollingUpdateDeployment> = "rollingUpdate",
    }

    v1 DeploymentCondition {
        type_: String = "type" ("v1.DeploymentConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_update_time: Option<Time> = "lastUpdateTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 ReplicaSetCondition {
        type_: String = "type" ("v1.ReplicaSetConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 StatefulSetUpdateStrategy {
        type_: String = "type" ("v1.StatefulSetUpdateStrategyType"),
        rolling_update: Option<RollingUpdateStatefulSetStrategy> = "rollingUpdate",
    }

    v1 StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: String = "whenDeleted" ("v1.PersistentVolumeClaimRetentionPolicyType"),
        when_scaled: String = "whenScaled" ("v1.PersistentVolumeClaimRetentionPolicyType"),
    }

    v1 StatefulSetOrdinals {
        start: i32 = "start" always,
    }

    v1 StatefulSetCondition {
        type_: String = "type" ("v1.StatefulSetConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 DaemonSetUpdateStrategy {
        type_: String = "type" ("v1.DaemonSetUpdateStrategyType"),
        rolling_update: Option<RollingUpdateDaemonSet> = "rollingUpdate",
    }

    v1 DaemonSetCondition {
        type_: String = "type" ("v1.DaemonSetConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 RollingUpdateDeployment {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }

    v1 RollingUpdateStatefulSetStrategy {
        partition: Option<i32> = "partition",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
    }

    v1 RollingUpdateDaemonSet {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }
}
