//! The cluster of a Scenario, and what registries have.

use lifepod_api::duration::Duration;
use lifepod_api::{Map, Quantity, Taint, object};

object! {
    /// The cluster: its Kubernetes version, such as `1.36`, its nodes, the storage classes that it has from
    /// the start (the first is the default one), whether chance is switched off, and whether pods get the volume with
    /// their account's token.
    v1alpha1 ScenarioCluster {
        version: String = "version",
        nodes: Vec<ScenarioNode> = "nodes",
        storage_classes: Vec<String> = "storageClasses",
        jitter: Option<bool> = "jitter",
        service_account_tokens: bool = "serviceAccountTokens",
        latencies: ScenarioLatencies = "latencies",
        kubelet: ScenarioKubelet = "kubelet",
        controller_manager: ScenarioControllerManager = "controllerManager",
        scheduler: ScenarioScheduler = "scheduler",
    }
    /// A node, with the labels and taints that scheduling asks for. With `count`, so many of them, named
    /// `<name>-1` and on. `inodes`: how many files its disk can hold.
    v1alpha1 ScenarioNode {
        name: String = "name",
        count: Option<i32> = "count",
        zone: String = "zone",
        labels: Map<String> = "labels",
        taints: Vec<Taint> = "taints",
        allocatable: Map<Quantity> = "allocatable",
        capacity: Map<Quantity> = "capacity",
        inodes: Option<i32> = "inodes",
    }
    /// How long things take that Kubernetes does not fix.
    v1alpha1 ScenarioLatencies {
        api_write: Option<Duration> = "apiWrite",
        watch: Option<Duration> = "watch",
        schedule: Option<Duration> = "schedule",
        run_pod_sandbox: Option<Duration> = "runPodSandbox",
        stop_pod_sandbox: Option<Duration> = "stopPodSandbox",
        create_container: Option<Duration> = "createContainer",
        start_container: Option<Duration> = "startContainer",
        relist: Option<Duration> = "relist",
        mount_volumes: Option<Duration> = "mountVolumes",
        pull_overhead: Option<Duration> = "pullOverhead",
        pull_bytes_per_second: Option<Quantity> = "pullBytesPerSecond",
        exec_start: Option<Duration> = "execStart",
        request: Option<Duration> = "request",
        proxy_sync: Option<Duration> = "proxySync",
    }
    /// What the kubelets' configuration files say, in their own words.
    v1alpha1 ScenarioKubelet {
        serialize_image_pulls: Option<bool> = "serializeImagePulls",
        kube_api_qps: Option<i32> = "kubeAPIQPS",
        kube_api_burst: Option<i32> = "kubeAPIBurst",
        event_record_qps: Option<i32> = "eventRecordQPS",
        event_burst: Option<i32> = "eventBurst",
        crash_loop_back_off: ScenarioCrashLoopBackOff = "crashLoopBackOff",
        eviction_hard: Map<String> = "evictionHard",
        eviction_soft: Map<String> = "evictionSoft",
        eviction_soft_grace_period: Map<String> = "evictionSoftGracePeriod",
        eviction_minimum_reclaim: Map<String> = "evictionMinimumReclaim",
        eviction_max_pod_grace_period: Option<i32> = "evictionMaxPodGracePeriod",
        eviction_pressure_transition_period: Option<Duration> = "evictionPressureTransitionPeriod",
        shutdown_grace_period_by_pod_priority: Vec<ScenarioShutdownGracePeriod> = "shutdownGracePeriodByPodPriority",
    }
    /// Flags of kube-controller-manager: how many calls a second each controller's client may make, negative for as many
    /// as it likes, and how many at once.
    v1alpha1 ScenarioControllerManager {
        kube_api_qps: Option<i32> = "kubeAPIQPS",
        kube_api_burst: Option<i32> = "kubeAPIBurst",
    }
    /// What kube-scheduler's configuration file says.
    v1alpha1 ScenarioScheduler {
        client_connection: ScenarioClientConnection = "clientConnection",
    }
    /// How many calls to the API server a client may make in a second, negative for as many as it likes, and how many at
    /// once.
    v1alpha1 ScenarioClientConnection {
        qps: Option<i32> = "qps",
        burst: Option<i32> = "burst",
    }
    /// How long an orderly shutdown waits for the pods from a priority on.
    v1alpha1 ScenarioShutdownGracePeriod {
        priority: i32 = "priority",
        shutdown_grace_period_seconds: i64 = "shutdownGracePeriodSeconds",
    }
    /// The pace of crash loops.
    v1alpha1 ScenarioCrashLoopBackOff {
        max_container_restart_period: Option<Duration> = "maxContainerRestartPeriod",
    }
    /// What the registry has for an image; `present`: every node has it from the start.
    v1alpha1 ScenarioImage {
        image: String = "image",
        present: bool = "present",
        pull: ScenarioPull = "pull",
    }
    /// A pull: `size` to transfer, or `took`, or an `error` for the first `times` tries.
    v1alpha1 ScenarioPull {
        size: Option<Quantity> = "size",
        took: Option<Duration> = "took",
        error: String = "error",
        times: Option<i32> = "times",
    }
}
