//! Pods: what is wanted and what is.

use super::container::{
    AppArmorProfile, Container, ContainerExtendedResourceRequest, ContainerStatus, EphemeralContainer,
    ResourceRequirements, SELinuxOptions, SeccompProfile, WindowsSecurityContextOptions,
};
use super::meta::{LabelSelector, LocalObjectReference, ObjectMeta};
use super::volume::Volume;
use crate::object;
use crate::{List, Map, Quantity, Shared, Time};
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Pod {
        metadata: ObjectMeta = "metadata",
        spec: Shared<PodSpec> = "spec",
        status: PodStatus = "status",
    }

    v1 PodTemplate {
        metadata: ObjectMeta = "metadata",
        template: PodTemplateSpec = "template",
    }

    v1 PodSpec {
        volumes: Vec<Volume> = "volumes",
        init_containers: List<Container> = "initContainers",
        containers: List<Container> = "containers" always,
        ephemeral_containers: Vec<EphemeralContainer> = "ephemeralContainers",
        restart_policy: String = "restartPolicy" ("v1.RestartPolicy"),
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        dns_policy: String = "dnsPolicy" ("v1.DNSPolicy"),
        node_selector: Map<String> = "nodeSelector",
        service_account_name: String = "serviceAccountName",
        service_account: String = "serviceAccount",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        node_name: String = "nodeName",
        host_network: bool = "hostNetwork",
        host_pid: bool = "hostPID",
        host_ipc: bool = "hostIPC",
        share_process_namespace: Option<bool> = "shareProcessNamespace",
        security_context: Option<PodSecurityContext> = "securityContext",
        image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        hostname: String = "hostname",
        subdomain: String = "subdomain",
        affinity: Option<Affinity> = "affinity",
        scheduler_name: String = "schedulerName",
        tolerations: Vec<Toleration> = "tolerations",
        host_aliases: Vec<HostAlias> = "hostAliases",
        priority_class_name: String = "priorityClassName",
        priority: Option<i32> = "priority",
        dns_config: Option<PodDNSConfig> = "dnsConfig",
        readiness_gates: Vec<PodReadinessGate> = "readinessGates",
        runtime_class_name: Option<String> = "runtimeClassName",
        enable_service_links: Option<bool> = "enableServiceLinks",
        preemption_policy: Option<String> = "preemptionPolicy" ("v1.PreemptionPolicy"),
        overhead: Map<Quantity> = "overhead" ("v1.ResourceList"),
        topology_spread_constraints: Vec<TopologySpreadConstraint> = "topologySpreadConstraints",
        set_hostname_as_fqdn: Option<bool> = "setHostnameAsFQDN",
        os: Option<PodOS> = "os",
        host_users: Option<bool> = "hostUsers",
        scheduling_gates: Vec<PodSchedulingGate> = "schedulingGates",
        resource_claims: Vec<PodResourceClaim> = "resourceClaims",
        resources: Option<ResourceRequirements> = "resources",
        hostname_override: Option<String> = "hostnameOverride",
        scheduling_group: Option<PodSchedulingGroup> = "schedulingGroup",
    }

    v1 PodStatus {
        observed_generation: i64 = "observedGeneration",
        phase: String = "phase" ("v1.PodPhase"),
        conditions: List<PodCondition> = "conditions",
        message: String = "message",
        reason: String = "reason",
        nominated_node_name: String = "nominatedNodeName",
        host_ip: String = "hostIP",
        host_ips: Vec<HostIP> = "hostIPs",
        pod_ip: String = "podIP",
        pod_ips: Vec<PodIP> = "podIPs",
        start_time: Option<Time> = "startTime",
        init_container_statuses: List<ContainerStatus> = "initContainerStatuses",
        container_statuses: List<ContainerStatus> = "containerStatuses",
        qos_class: String = "qosClass" ("v1.PodQOSClass"),
        ephemeral_container_statuses: Vec<ContainerStatus> = "ephemeralContainerStatuses",
        resize: String = "resize" ("v1.PodResizeStatus"),
        resource_claim_statuses: Vec<PodResourceClaimStatus> = "resourceClaimStatuses",
        extended_resource_claim_status: Option<PodExtendedResourceClaimStatus> = "extendedResourceClaimStatus",
        allocated_resources: Map<Quantity> = "allocatedResources" ("v1.ResourceList"),
        resources: Option<ResourceRequirements> = "resources",
        node_allocatable_resource_claim_statuses: Vec<NodeAllocatableResourceClaimStatus> = "nodeAllocatableResourceClaimStatuses",
    }

    v1 PodTemplateSpec {
        metadata: ObjectMeta = "metadata",
        spec: Shared<PodSpec> = "spec",
    }

    v1 PodSecurityContext {
        se_linux_options: Option<SELinuxOptions> = "seLinuxOptions",
        windows_options: Option<WindowsSecurityContextOptions> = "windowsOptions",
        run_as_user: Option<i64> = "runAsUser",
        run_as_group: Option<i64> = "runAsGroup",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        supplemental_groups: Vec<i64> = "supplementalGroups",
        supplemental_groups_policy: Option<String> = "supplementalGroupsPolicy" ("v1.SupplementalGroupsPolicy"),
        fs_group: Option<i64> = "fsGroup",
        sysctls: Vec<Sysctl> = "sysctls",
        fs_group_change_policy: Option<String> = "fsGroupChangePolicy" ("v1.PodFSGroupChangePolicy"),
        seccomp_profile: Option<SeccompProfile> = "seccompProfile",
        app_armor_profile: Option<AppArmorProfile> = "appArmorProfile",
        se_linux_change_policy: Option<String> = "seLinuxChangePolicy" ("v1.PodSELinuxChangePolicy"),
    }

    v1 Affinity {
        node_affinity: Option<NodeAffinity> = "nodeAffinity",
        pod_affinity: Option<PodAffinity> = "podAffinity",
        pod_anti_affinity: Option<PodAntiAffinity> = "podAntiAffinity",
    }

    v1 Toleration {
        key: String = "key",
        operator: String = "operator" ("v1.TolerationOperator"),
        value: String = "value",
        effect: String = "effect" ("v1.TaintEffect"),
        toleration_seconds: Option<i64> = "tolerationSeconds",
    }

    v1 HostAlias {
        ip: String = "ip" always,
        hostnames: Vec<String> = "hostnames",
    }

    v1 PodDNSConfig {
        nameservers: Vec<String> = "nameservers",
        searches: Vec<String> = "searches",
        options: Vec<PodDNSConfigOption> = "options",
    }

    v1 PodReadinessGate {
        condition_type: String = "conditionType" ("v1.PodConditionType") always,
    }

    v1 TopologySpreadConstraint {
        max_skew: i32 = "maxSkew" always,
        topology_key: String = "topologyKey" always,
        when_unsatisfiable: String = "whenUnsatisfiable" ("v1.UnsatisfiableConstraintAction") always,
        label_selector: Option<LabelSelector> = "labelSelector",
        min_domains: Option<i32> = "minDomains",
        node_affinity_policy: Option<String> = "nodeAffinityPolicy" ("v1.NodeInclusionPolicy"),
        node_taints_policy: Option<String> = "nodeTaintsPolicy" ("v1.NodeInclusionPolicy"),
        match_label_keys: Vec<String> = "matchLabelKeys",
    }

    v1 PodOS {
        name: String = "name" ("v1.OSName") always,
    }

    v1 PodSchedulingGate {
        name: String = "name" always,
    }

    v1 PodResourceClaim {
        name: String = "name" always,
        resource_claim_name: Option<String> = "resourceClaimName",
        resource_claim_template_name: Option<String> = "resourceClaimTemplateName",
    }

    v1 PodSchedulingGroup {
        pod_group_name: Option<String> = "podGroupName",
    }

    v1 PodCondition {
        type_: String = "type" ("v1.PodConditionType") always,
        observed_generation: i64 = "observedGeneration",
        status: String = "status" ("v1.ConditionStatus") always,
        last_probe_time: Option<Time> = "lastProbeTime" always,
        last_transition_time: Option<Time> = "lastTransitionTime" always,
        reason: String = "reason",
        message: String = "message",
    }

    v1 HostIP {
        ip: String = "ip" always,
    }

    v1 PodIP {
        ip: String = "ip" always,
    }

    v1 PodResourceClaimStatus {
        name: String = "name" always,
        resource_claim_name: Option<String> = "resourceClaimName",
    }

    v1 PodExtendedResourceClaimStatus {
        request_mappings: Vec<ContainerExtendedResourceRequest> = "requestMappings" always,
        resource_claim_name: String = "resourceClaimName" always,
    }

    v1 NodeAllocatableResourceClaimStatus {
        resource_claim_name: String = "resourceClaimName" always,
        containers: Vec<String> = "containers",
        resources: Map<Quantity> = "resources" ("map[v1.ResourceName]resource.Quantity") always,
    }

    v1 Sysctl {
        name: String = "name" always,
        value: String = "value" always,
    }

    v1 NodeAffinity {
        required_during_scheduling_ignored_during_execution: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred_during_scheduling_ignored_during_execution: Vec<PreferredSchedulingTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    v1 PodAffinity {
        required_during_scheduling_ignored_during_execution: Vec<PodAffinityTerm> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred_during_scheduling_ignored_during_execution: Vec<WeightedPodAffinityTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    v1 PodAntiAffinity {
        required_during_scheduling_ignored_during_execution: Vec<PodAffinityTerm> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred_during_scheduling_ignored_during_execution: Vec<WeightedPodAffinityTerm> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    v1 PodDNSConfigOption {
        name: String = "name",
        value: Option<String> = "value",
    }

    v1 NodeSelector {
        node_selector_terms: Vec<NodeSelectorTerm> = "nodeSelectorTerms" always,
    }

    v1 PreferredSchedulingTerm {
        weight: i32 = "weight" always,
        preference: NodeSelectorTerm = "preference" always,
    }

    v1 PodAffinityTerm {
        label_selector: Option<LabelSelector> = "labelSelector",
        namespaces: Vec<String> = "namespaces",
        topology_key: String = "topologyKey" always,
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        match_label_keys: Vec<String> = "matchLabelKeys",
        mismatch_label_keys: Vec<String> = "mismatchLabelKeys",
    }

    v1 WeightedPodAffinityTerm {
        weight: i32 = "weight" always,
        pod_affinity_term: PodAffinityTerm = "podAffinityTerm" always,
    }

    v1 NodeSelectorTerm {
        match_expressions: Vec<NodeSelectorRequirement> = "matchExpressions",
        match_fields: Vec<NodeSelectorRequirement> = "matchFields",
    }

    v1 NodeSelectorRequirement {
        key: String = "key" always,
        operator: String = "operator" ("v1.NodeSelectorOperator") always,
        values: Vec<String> = "values",
    }
}

/// Whether nothing of a pod in this phase will run again (`pkg/api/v1/pod/util.go IsPodPhaseTerminal`).
pub fn is_pod_phase_terminal(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}
