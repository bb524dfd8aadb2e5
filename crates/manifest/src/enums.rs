//! The values that fields of a named Go type may have, in the order in which people look for them.

use lifepod_api::schema::{Field, Type};

/// The values that a field may have; empty when any will do.
pub fn of_field(field: &Field) -> &'static [&'static str] {
    match field.ty {
        Type::Bool => &["true", "false"],
        _ => values(field.go.trim_start_matches("[]")),
    }
}

/// The values of a Go type such as `v1.PullPolicy`; empty when any text will do.
fn values(go_type: &str) -> &'static [&'static str] {
    let name = go_type.rsplit('.').next().unwrap_or(go_type);
    TABLE.iter().find(|(ty, _)| *ty == name).map_or(&[], |(_, values)| values)
}

const TABLE: &[(&str, &[&str])] = &[
    ("AppArmorProfileType", &["RuntimeDefault", "Localhost", "Unconfined"]),
    ("CompletionMode", &["NonIndexed", "Indexed"]),
    ("ConcurrencyPolicy", &["Allow", "Forbid", "Replace"]),
    ("ConditionStatus", &["True", "False", "Unknown"]),
    ("ContainerRestartPolicy", &["Always", "OnFailure", "Never"]),
    ("ContainerRestartRuleAction", &["Restart", "RestartAllContainers"]),
    ("ContainerRestartRuleOnExitCodesOperator", &["In", "NotIn"]),
    ("DNSPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ("DaemonSetUpdateStrategyType", &["RollingUpdate", "OnDelete"]),
    ("DeploymentStrategyType", &["RollingUpdate", "Recreate"]),
    (
        "HostPathType",
        &["DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"],
    ),
    ("IPFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"]),
    ("LabelSelectorOperator", &["In", "NotIn", "Exists", "DoesNotExist"]),
    ("LimitType", &["Container", "Pod", "PersistentVolumeClaim"]),
    ("MountPropagationMode", &["None", "HostToContainer", "Bidirectional"]),
    ("NodeInclusionPolicy", &["Honor", "Ignore"]),
    ("NodeSelectorOperator", &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
    ("OSName", &["linux", "windows"]),
    ("PersistentVolumeAccessMode", &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]),
    ("PersistentVolumeClaimRetentionPolicyType", &["Retain", "Delete"]),
    ("PersistentVolumeMode", &["Filesystem", "Block"]),
    ("PersistentVolumeReclaimPolicy", &["Retain", "Delete", "Recycle"]),
    ("PodFSGroupChangePolicy", &["Always", "OnRootMismatch"]),
    ("PodFailurePolicyAction", &["Ignore", "Count", "FailJob", "FailIndex"]),
    ("PodFailurePolicyOnExitCodesOperator", &["In", "NotIn"]),
    ("PodManagementPolicyType", &["OrderedReady", "Parallel"]),
    ("PodReplacementPolicy", &["TerminatingOrFailed", "Failed"]),
    ("PreemptionPolicy", &["PreemptLowerPriority", "Never"]),
    ("ProcMountType", &["Default", "Unmasked"]),
    ("Protocol", &["TCP", "UDP", "SCTP"]),
    ("PullPolicy", &["IfNotPresent", "Always", "Never"]),
    ("RecursiveReadOnlyMode", &["Disabled", "IfPossible", "Enabled"]),
    ("ResourceResizeRestartPolicy", &["NotRequired", "RestartContainer"]),
    ("RestartPolicy", &["Always", "OnFailure", "Never"]),
    ("SeccompProfileType", &["RuntimeDefault", "Localhost", "Unconfined"]),
    ("ServiceAffinity", &["None", "ClientIP"]),
    ("ServiceExternalTrafficPolicy", &["Cluster", "Local"]),
    ("ServiceInternalTrafficPolicy", &["Cluster", "Local"]),
    ("ServiceType", &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    ("StatefulSetUpdateStrategyType", &["RollingUpdate", "OnDelete"]),
    ("StorageMedium", &["Memory"]),
    ("SupplementalGroupsPolicy", &["Merge", "Strict"]),
    ("TaintEffect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ("TerminationMessagePolicy", &["File", "FallbackToLogsOnError"]),
    ("TolerationOperator", &["Equal", "Exists"]),
    ("URIScheme", &["HTTP", "HTTPS"]),
    ("UnhealthyPodEvictionPolicyType", &["IfHealthyBudget", "AlwaysAllow"]),
    ("UnsatisfiableConstraintAction", &["DoNotSchedule", "ScheduleAnyway"]),
    ("VolumeBindingMode", &["Immediate", "WaitForFirstConsumer"]),
    // Those of a Scenario.
    ("ContainerFault", &["kill", "oom", "freeze"]),
    ("GrpcStatus", &["SERVING", "NOT_SERVING"]),
    ("HttpFault", &["reset", "close", "garbage", "silence"]),
    ("NetworkFault", &["dns", "proxy", "slow"]),
    (
        "NodeFault",
        &[
            "partition",
            "powerLoss",
            "kernelPanic",
            "kubeletStop",
            "diskDeath",
            "freeze",
            "shutdown",
            "vmDeleted",
        ],
    ),
    ("PodFault", &["sandboxDies"]),
    ("ListenProtocol", &["HTTP", "HTTPS", "TCP", "GRPC", "GRPCWithoutHealth"]),
];
