//! Namespaces, configuration, and the objects that admission reads.

use super::meta::{LocalObjectReference, ObjectMeta, ObjectReference};
use crate::object;
use crate::{Bytes, Map, Quantity, Time};
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Namespace {
        metadata: ObjectMeta = "metadata",
        spec: NamespaceSpec = "spec",
        status: NamespaceStatus = "status",
    }

    v1 ConfigMap {
        metadata: ObjectMeta = "metadata",
        immutable: Option<bool> = "immutable",
        data: Map<String> = "data",
        binary_data: Map<Bytes> = "binaryData",
    }

    v1 Secret {
        metadata: ObjectMeta = "metadata",
        immutable: Option<bool> = "immutable",
        data: Map<Bytes> = "data",
        string_data: Map<String> = "stringData",
        type_: String = "type" ("v1.SecretType"),
    }

    v1 ServiceAccount {
        metadata: ObjectMeta = "metadata",
        secrets: Vec<ObjectReference> = "secrets",
        image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
    }

    v1 LimitRange {
        metadata: ObjectMeta = "metadata",
        spec: LimitRangeSpec = "spec",
    }

    v1 ResourceQuota {
        metadata: ObjectMeta = "metadata",
        spec: ResourceQuotaSpec = "spec",
        status: ResourceQuotaStatus = "status",
    }

    v1 NamespaceSpec {
        finalizers: Vec<String> = "finalizers" ("[]v1.FinalizerName"),
    }

    v1 NamespaceStatus {
        phase: String = "phase" ("v1.NamespacePhase"),
        conditions: Vec<NamespaceCondition> = "conditions",
    }

    v1 LimitRangeSpec {
        limits: Vec<LimitRangeItem> = "limits" always,
    }

    v1 ResourceQuotaSpec {
        hard: Map<Quantity> = "hard" ("v1.ResourceList"),
        scopes: Vec<String> = "scopes" ("[]v1.ResourceQuotaScope"),
        scope_selector: Option<ScopeSelector> = "scopeSelector",
    }

    v1 ResourceQuotaStatus {
        hard: Map<Quantity> = "hard" ("v1.ResourceList"),
        used: Map<Quantity> = "used" ("v1.ResourceList"),
    }

    v1 NamespaceCondition {
        type_: String = "type" ("v1.NamespaceConditionType") always,
        status: String = "status" ("v1.ConditionStatus") always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 LimitRangeItem {
        type_: String = "type" ("v1.LimitType") always,
        max: Map<Quantity> = "max" ("v1.ResourceList"),
        min: Map<Quantity> = "min" ("v1.ResourceList"),
        default: Map<Quantity> = "default" ("v1.ResourceList"),
        default_request: Map<Quantity> = "defaultRequest" ("v1.ResourceList"),
        max_limit_request_ratio: Map<Quantity> = "maxLimitRequestRatio" ("v1.ResourceList"),
    }

    v1 ScopeSelector {
        match_expressions: Vec<ScopedResourceSelectorRequirement> = "matchExpressions",
    }

    v1 ScopedResourceSelectorRequirement {
        scope_name: String = "scopeName" ("v1.ResourceQuotaScope") always,
        operator: String = "operator" ("v1.ScopeSelectorOperator") always,
        values: Vec<String> = "values",
    }
}
