//! Object metadata, label selectors, and the API server's `Status`.

use crate::List;
use crate::Map;
use crate::Time;
use crate::object;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

object! {
    v1 Status {
        metadata: ListMeta = "metadata",
        status: String = "status",
        message: String = "message",
        reason: String = "reason" ("v1.StatusReason"),
        details: Option<StatusDetails> = "details",
        code: i32 = "code",
    }

    v1 ObjectMeta {
        name: String = "name",
        generate_name: String = "generateName",
        namespace: String = "namespace",
        self_link: String = "selfLink",
        uid: String = "uid" ("types.UID"),
        resource_version: String = "resourceVersion",
        generation: i64 = "generation",
        creation_timestamp: Option<Time> = "creationTimestamp",
        deletion_timestamp: Option<Time> = "deletionTimestamp",
        deletion_grace_period_seconds: Option<i64> = "deletionGracePeriodSeconds",
        labels: Map<String> = "labels",
        annotations: Map<String> = "annotations",
        owner_references: List<OwnerReference> = "ownerReferences",
        finalizers: Vec<String> = "finalizers",
        managed_fields: Vec<Value> = "managedFields",
    }

    v1 ObjectReference {
        kind: String = "kind",
        namespace: String = "namespace",
        name: String = "name",
        uid: String = "uid" ("types.UID"),
        api_version: String = "apiVersion",
        resource_version: String = "resourceVersion",
        field_path: String = "fieldPath",
    }

    v1 LocalObjectReference {
        name: String = "name",
    }

    v1 ListMeta {
        self_link: String = "selfLink",
        resource_version: String = "resourceVersion",
        continue_: String = "continue",
        remaining_item_count: Option<i64> = "remainingItemCount",
        shard_info: Option<ShardInfo> = "shardInfo",
    }

    v1 StatusDetails {
        name: String = "name",
        group: String = "group",
        kind: String = "kind",
        uid: String = "uid" ("types.UID"),
        causes: Vec<StatusCause> = "causes",
        retry_after_seconds: i32 = "retryAfterSeconds",
    }

    v1 OwnerReference {
        api_version: String = "apiVersion" always,
        kind: String = "kind" always,
        name: String = "name" always,
        uid: String = "uid" ("types.UID") always,
        controller: Option<bool> = "controller",
        block_owner_deletion: Option<bool> = "blockOwnerDeletion",
    }

    v1 Condition {
        type_: String = "type" always,
        status: String = "status" ("v1.ConditionStatus") always,
        observed_generation: i64 = "observedGeneration",
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason" always,
        message: String = "message" always,
    }

    v1 LabelSelector {
        match_labels: Map<String> = "matchLabels",
        match_expressions: Vec<LabelSelectorRequirement> = "matchExpressions",
    }

    v1 TypedLocalObjectReference {
        api_group: Option<String> = "apiGroup" always,
        kind: String = "kind" always,
        name: String = "name" always,
    }

    v1 TypedObjectReference {
        api_group: Option<String> = "apiGroup" always,
        kind: String = "kind" always,
        name: String = "name" always,
        namespace: Option<String> = "namespace",
    }

    v1 ShardInfo {
        selector: String = "selector" always,
    }

    v1 StatusCause {
        reason: String = "reason" ("v1.CauseType"),
        message: String = "message",
        field: String = "field",
    }

    v1 LabelSelectorRequirement {
        key: String = "key" always,
        operator: String = "operator" ("v1.LabelSelectorOperator") always,
        values: Vec<String> = "values",
    }

    v1 SecretReference {
        name: String = "name",
        namespace: String = "namespace",
    }
}
