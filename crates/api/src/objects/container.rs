//! Containers: what is wanted and what is.

use super::volume::{ObjectFieldSelector, ResourceFieldSelector};
use crate::object;
use crate::{IntOrString, Map, Quantity, Time};
use alloc::string::String;
use alloc::vec::Vec;

object! {
    v1 Container {
        name: String = "name" always,
        image: String = "image",
        command: Vec<String> = "command",
        args: Vec<String> = "args",
        working_dir: String = "workingDir",
        ports: Vec<ContainerPort> = "ports",
        env_from: Vec<EnvFromSource> = "envFrom",
        env: Vec<EnvVar> = "env",
        resources: ResourceRequirements = "resources",
        resize_policy: Vec<ContainerResizePolicy> = "resizePolicy",
        restart_policy: Option<String> = "restartPolicy" ("v1.ContainerRestartPolicy"),
        restart_policy_rules: Vec<ContainerRestartRule> = "restartPolicyRules",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
        volume_devices: Vec<VolumeDevice> = "volumeDevices",
        liveness_probe: Option<Probe> = "livenessProbe",
        readiness_probe: Option<Probe> = "readinessProbe",
        startup_probe: Option<Probe> = "startupProbe",
        lifecycle: Option<Lifecycle> = "lifecycle",
        termination_message_path: String = "terminationMessagePath",
        termination_message_policy: String = "terminationMessagePolicy" ("v1.TerminationMessagePolicy"),
        image_pull_policy: String = "imagePullPolicy" ("v1.PullPolicy"),
        security_context: Option<SecurityContext> = "securityContext",
        stdin: bool = "stdin",
        stdin_once: bool = "stdinOnce",
        tty: bool = "tty",
    }

    v1 ContainerPort {
        name: String = "name",
        host_port: i32 = "hostPort",
        container_port: i32 = "containerPort" always,
        protocol: String = "protocol" ("v1.Protocol"),
        host_ip: String = "hostIP",
    }

    v1 EnvFromSource {
        prefix: String = "prefix",
        config_map_ref: Option<ConfigMapEnvSource> = "configMapRef",
        secret_ref: Option<SecretEnvSource> = "secretRef",
    }

    v1 EnvVar {
        name: String = "name" always,
        value: String = "value",
        value_from: Option<EnvVarSource> = "valueFrom",
    }

    v1 ResourceRequirements {
        limits: Map<Quantity> = "limits" ("v1.ResourceList"),
        requests: Map<Quantity> = "requests" ("v1.ResourceList"),
        claims: Vec<ResourceClaim> = "claims",
    }

    v1 ContainerResizePolicy {
        resource_name: String = "resourceName" ("v1.ResourceName") always,
        restart_policy: String = "restartPolicy" ("v1.ResourceResizeRestartPolicy") always,
    }

    v1 ContainerRestartRule {
        action: String = "action" ("v1.ContainerRestartRuleAction"),
        exit_codes: Option<ContainerRestartRuleOnExitCodes> = "exitCodes",
    }

    v1 VolumeMount {
        name: String = "name" always,
        read_only: bool = "readOnly",
        recursive_read_only: Option<String> = "recursiveReadOnly" ("v1.RecursiveReadOnlyMode"),
        mount_path: String = "mountPath" always,
        sub_path: String = "subPath",
        mount_propagation: Option<String> = "mountPropagation" ("v1.MountPropagationMode"),
        sub_path_expr: String = "subPathExpr",
    }

    v1 VolumeDevice {
        name: String = "name" always,
        device_path: String = "devicePath" always,
    }

    v1 Probe {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HTTPGetAction> = "httpGet",
        tcp_socket: Option<TCPSocketAction> = "tcpSocket",
        grpc: Option<GRPCAction> = "grpc",
        initial_delay_seconds: i32 = "initialDelaySeconds",
        timeout_seconds: i32 = "timeoutSeconds",
        period_seconds: i32 = "periodSeconds",
        success_threshold: i32 = "successThreshold",
        failure_threshold: i32 = "failureThreshold",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
    }

    v1 Lifecycle {
        post_start: Option<LifecycleHandler> = "postStart",
        pre_stop: Option<LifecycleHandler> = "preStop",
        stop_signal: Option<String> = "stopSignal" ("v1.Signal"),
    }

    v1 SecurityContext {
        capabilities: Option<Capabilities> = "capabilities",
        privileged: Option<bool> = "privileged",
        se_linux_options: Option<SELinuxOptions> = "seLinuxOptions",
        windows_options: Option<WindowsSecurityContextOptions> = "windowsOptions",
        run_as_user: Option<i64> = "runAsUser",
        run_as_group: Option<i64> = "runAsGroup",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        read_only_root_filesystem: Option<bool> = "readOnlyRootFilesystem",
        allow_privilege_escalation: Option<bool> = "allowPrivilegeEscalation",
        proc_mount: Option<String> = "procMount" ("v1.ProcMountType"),
        seccomp_profile: Option<SeccompProfile> = "seccompProfile",
        app_armor_profile: Option<AppArmorProfile> = "appArmorProfile",
    }

    v1 EphemeralContainer {
        common: Container = "" inline,
        target_container_name: String = "targetContainerName",
    }

    v1 ContainerStatus {
        name: String = "name" always,
        state: ContainerState = "state",
        last_state: ContainerState = "lastState",
        ready: bool = "ready" always,
        restart_count: i32 = "restartCount" always,
        image: String = "image" always,
        image_id: String = "imageID" always,
        container_id: String = "containerID",
        started: Option<bool> = "started",
        allocated_resources: Map<Quantity> = "allocatedResources" ("v1.ResourceList"),
        resources: Option<ResourceRequirements> = "resources",
        volume_mounts: Vec<VolumeMountStatus> = "volumeMounts",
        user: Option<ContainerUser> = "user",
        allocated_resources_status: Vec<ResourceStatus> = "allocatedResourcesStatus",
        stop_signal: Option<String> = "stopSignal" ("v1.Signal"),
    }

    v1 ConfigMapEnvSource {
        name: String = "name",
        optional: Option<bool> = "optional",
    }

    v1 SecretEnvSource {
        name: String = "name",
        optional: Option<bool> = "optional",
    }

    v1 EnvVarSource {
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        config_map_key_ref: Option<ConfigMapKeySelector> = "configMapKeyRef",
        secret_key_ref: Option<SecretKeySelector> = "secretKeyRef",
        file_key_ref: Option<FileKeySelector> = "fileKeyRef",
    }

    v1 ResourceClaim {
        name: String = "name" always,
        request: String = "request",
    }

    v1 ContainerRestartRuleOnExitCodes {
        operator: String = "operator" ("v1.ContainerRestartRuleOnExitCodesOperator"),
        values: Vec<i32> = "values",
    }

    v1 ExecAction {
        command: Vec<String> = "command",
    }

    v1 HTTPGetAction {
        path: String = "path",
        port: IntOrString = "port" always,
        host: String = "host",
        scheme: String = "scheme" ("v1.URIScheme"),
        http_headers: Vec<HTTPHeader> = "httpHeaders",
    }

    v1 TCPSocketAction {
        port: IntOrString = "port" always,
        host: String = "host",
    }

    v1 GRPCAction {
        port: i32 = "port" always,
        service: Option<String> = "service" always,
    }

    v1 LifecycleHandler {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HTTPGetAction> = "httpGet",
        tcp_socket: Option<TCPSocketAction> = "tcpSocket",
        sleep: Option<SleepAction> = "sleep",
    }

    v1 Capabilities {
        add: Vec<String> = "add" ("[]v1.Capability"),
        drop: Vec<String> = "drop" ("[]v1.Capability"),
    }

    v1 SELinuxOptions {
        user: String = "user",
        role: String = "role",
        type_: String = "type",
        level: String = "level",
    }

    v1 WindowsSecurityContextOptions {
        gmsa_credential_spec_name: Option<String> = "gmsaCredentialSpecName",
        gmsa_credential_spec: Option<String> = "gmsaCredentialSpec",
        run_as_user_name: Option<String> = "runAsUserName",
        host_process: Option<bool> = "hostProcess",
    }

    v1 SeccompProfile {
        type_: String = "type" ("v1.SeccompProfileType") always,
        localhost_profile: Option<String> = "localhostProfile",
    }

    v1 AppArmorProfile {
        type_: String = "type" ("v1.AppArmorProfileType") always,
        localhost_profile: Option<String> = "localhostProfile",
    }

    v1 ContainerState {
        waiting: Option<ContainerStateWaiting> = "waiting",
        running: Option<ContainerStateRunning> = "running",
        terminated: Option<ContainerStateTerminated> = "terminated",
    }

    v1 VolumeMountStatus {
        name: String = "name" always,
        mount_path: String = "mountPath" always,
        read_only: bool = "readOnly",
        recursive_read_only: Option<String> = "recursiveReadOnly" ("v1.RecursiveReadOnlyMode"),
        volume_status: Option<VolumeStatus> = "volumeStatus",
    }

    v1 ContainerUser {
        linux: Option<LinuxContainerUser> = "linux",
    }

    v1 ResourceStatus {
        name: String = "name" ("v1.ResourceName") always,
        resources: Vec<ResourceHealth> = "resources",
    }

    v1 ContainerExtendedResourceRequest {
        container_name: String = "containerName" always,
        resource_name: String = "resourceName" always,
        request_name: String = "requestName" always,
    }

    v1 ConfigMapKeySelector {
        name: String = "name",
        key: String = "key" always,
        optional: Option<bool> = "optional",
    }

    v1 SecretKeySelector {
        name: String = "name",
        key: String = "key" always,
        optional: Option<bool> = "optional",
    }

    v1 FileKeySelector {
        volume_name: String = "volumeName" always,
        path: String = "path" always,
        key: String = "key" always,
        optional: Option<bool> = "optional",
    }

    v1 HTTPHeader {
        name: String = "name" always,
        value: String = "value" always,
    }

    v1 SleepAction {
        seconds: i64 = "seconds" always,
    }

    v1 ContainerStateWaiting {
        reason: String = "reason",
        message: String = "message",
    }

    v1 ContainerStateRunning {
        started_at: Option<Time> = "startedAt" always,
    }

    v1 ContainerStateTerminated {
        exit_code: i32 = "exitCode" always,
        signal: i32 = "signal",
        reason: String = "reason",
        message: String = "message",
        started_at: Option<Time> = "startedAt" always,
        finished_at: Option<Time> = "finishedAt" always,
        container_id: String = "containerID",
    }

    v1 VolumeStatus {
        image: Option<ImageVolumeStatus> = "image",
    }

    v1 LinuxContainerUser {
        uid: i64 = "uid" always,
        gid: i64 = "gid" always,
        supplemental_groups: Vec<i64> = "supplementalGroups",
    }

    v1 ResourceHealth {
        resource_id: String = "resourceID" ("v1.ResourceID") always,
        health: String = "health" ("v1.ResourceHealthStatus"),
        message: Option<String> = "message",
    }

    v1 ImageVolumeStatus {
        image_ref: String = "imageRef",
    }
}
