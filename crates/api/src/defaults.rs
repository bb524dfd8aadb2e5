//! What the API server fills in (`pkg/apis/*/v1/defaults.go`, `zz_generated.defaults.go`).
//!
//! Defaulting is idempotent: what is set stays.

use crate::image::ImageName;
use crate::resources::{self, ResourceList, is_pod_level_resource};
use crate::*;
use alloc::string::{String, ToString};

/// Fills in an object's defaults.
pub fn apply(object: &mut Object) {
    match object {
        Object::Pod(o) => pod(o),
        Object::PodTemplate(o) => template(&mut o.template),
        Object::ReplicationController(o) => replication_controller(o),
        Object::ReplicaSet(o) => {
            o.spec.replicas.get_or_insert(1);
            template(&mut o.spec.template);
        }
        Object::Deployment(o) => deployment(o),
        Object::StatefulSet(o) => stateful_set(o),
        Object::DaemonSet(o) => daemon_set(o),
        Object::Job(o) => job(o),
        Object::CronJob(o) => cron_job(o),
        Object::Service(o) => service(o),
        Object::Endpoints(o) => {
            for port in o.subsets.iter_mut().flat_map(|s| &mut s.ports) {
                text(&mut port.protocol, "TCP");
            }
        }
        Object::EndpointSlice(o) => {
            for port in &mut o.ports {
                port.name.get_or_insert_default();
                port.protocol.get_or_insert_with(|| "TCP".to_string());
            }
        }
        Object::PriorityClass(o) => {
            o.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".to_string());
        }
        Object::Node(o) => {
            if o.status.allocatable.is_empty() {
                o.status.allocatable = o.status.capacity.clone();
            }
            round(&mut o.status.capacity);
            round(&mut o.status.allocatable);
        }
        Object::Namespace(o) => {
            if !o.metadata.name.is_empty() {
                o.metadata.labels.insert("kubernetes.io/metadata.name".into(), o.metadata.name.clone());
            }
            text(&mut o.status.phase, "Active");
        }
        Object::Secret(o) => text(&mut o.type_, "Opaque"),
        Object::LimitRange(o) => o.spec.limits.iter_mut().for_each(limit_range_item),
        Object::ResourceQuota(o) => round(&mut o.spec.hard),
        Object::PersistentVolumeClaim(o) => claim(o),
        Object::PersistentVolume(o) => {
            text(&mut o.status.phase, "Pending");
            text(&mut o.spec.persistent_volume_reclaim_policy, "Retain");
            o.spec.volume_mode.get_or_insert_with(|| "Filesystem".to_string());
            round(&mut o.spec.capacity);
        }
        Object::StorageClass(o) => {
            o.reclaim_policy.get_or_insert_with(|| "Delete".to_string());
            o.volume_binding_mode.get_or_insert_with(|| "Immediate".to_string());
        }
        Object::RuntimeClass(o) => {
            if let Some(overhead) = &mut o.overhead {
                round(&mut overhead.pod_fixed);
            }
        }
        _ => {}
    }
}

fn text(field: &mut String, default: &str) {
    if field.is_empty() {
        field.push_str(default);
    }
}

fn number(field: &mut i32, default: i32) {
    if *field == 0 {
        *field = default;
    }
}

/// Resource amounts are kept in thousandths at the finest.
fn round(list: &mut ResourceList) {
    if list.values().any(Quantity::is_finer_than_milli) {
        list.values_mut().for_each(Quantity::round_up_to_milli);
    }
}

fn pod(o: &mut Pod) {
    let spec = &mut *o.spec;
    template_spec(spec);
    // These are for pods alone, not for templates.
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        let ResourceRequirements { requests, limits, .. } = &mut container.resources;
        for (name, limit) in limits.iter() {
            requests.insert_missing(name, || limit.clone());
        }
    }
    pod_level_resources(spec);
    spec.enable_service_links.get_or_insert(true);
    if spec.host_network {
        let containers = spec.containers.iter_mut().chain(&mut spec.init_containers);
        for port in containers.flat_map(|c| &mut c.ports) {
            if port.host_port == 0 {
                port.host_port = port.container_port;
            }
        }
    }
}

/// `defaultHugePagePodLimits` and `defaultPodRequests`.
fn pod_level_resources(spec: &mut PodSpec) {
    let Some(mut own) = spec.resources.take() else { return };
    if !own.limits.is_empty() || !own.requests.is_empty() {
        for (name, limit) in resources::container_limits(spec) {
            if name.starts_with("hugepages-") && !own.requests.contains_key(&name) {
                own.limits.insert_missing(&name, || limit);
            }
        }
    }
    if !own.limits.is_empty() {
        for (name, request) in resources::container_requests(spec) {
            // Huge pages cannot be overcommitted, so their containers' sum says nothing of the pod's request.
            if is_pod_level_resource(&name) && !name.starts_with("hugepages-") {
                own.requests.insert_missing(&name, || request);
            }
        }
        for (name, limit) in &own.limits {
            if is_pod_level_resource(name) {
                own.requests.insert_missing(name, || limit.clone());
            }
        }
    }
    spec.resources = Some(own);
}

fn template(o: &mut PodTemplateSpec) {
    template_spec(&mut o.spec);
}

fn template_spec(spec: &mut PodSpec) {
    text(&mut spec.dns_policy, "ClusterFirst");
    text(&mut spec.restart_policy, "Always");
    text(&mut spec.scheduler_name, "default-scheduler");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(30);
    round(&mut spec.overhead);
    if let Some(own) = &mut spec.resources {
        round(&mut own.requests);
        round(&mut own.limits);
    }
    spec.volumes.iter_mut().for_each(volume);
    let common = spec.ephemeral_containers.iter_mut().map(|c| &mut c.common);
    spec.containers.iter_mut().chain(&mut spec.init_containers).chain(common).for_each(container);
}

/// The pull policy that an image's tag asks for.
fn pull_policy(image: &str) -> &'static str {
    match ImageName::parse(image) {
        Some(ImageName { tag: "latest", .. }) => "Always",
        _ => "IfNotPresent",
    }
}

fn container(o: &mut Container) {
    let policy = pull_policy(&o.image);
    text(&mut o.image_pull_policy, policy);
    text(&mut o.termination_message_path, "/dev/termination-log");
    text(&mut o.termination_message_policy, "File");
    round(&mut o.resources.requests);
    round(&mut o.resources.limits);
    for port in &mut o.ports {
        text(&mut port.protocol, "TCP");
    }
    for source in o.env.iter_mut().filter_map(|e| e.value_from.as_mut()) {
        if let Some(field) = &mut source.field_ref {
            text(&mut field.api_version, "v1");
        }
        if let Some(file) = &mut source.file_key_ref {
            file.optional.get_or_insert(false);
        }
    }
    let probes = [&mut o.liveness_probe, &mut o.readiness_probe, &mut o.startup_probe];
    for probe in probes.into_iter().flatten() {
        number(&mut probe.timeout_seconds, 1);
        number(&mut probe.period_seconds, 10);
        number(&mut probe.success_threshold, 1);
        number(&mut probe.failure_threshold, 3);
        if let Some(grpc) = &mut probe.grpc {
            grpc.service.get_or_insert_default();
        }
        if let Some(http) = &mut probe.http_get {
            http_get(http);
        }
    }
    if let Some(lifecycle) = &mut o.lifecycle {
        let hooks = [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
        hooks.into_iter().flatten().filter_map(|h| h.http_get.as_mut()).for_each(http_get);
    }
}

fn http_get(o: &mut HTTPGetAction) {
    text(&mut o.path, "/");
    text(&mut o.scheme, "HTTP");
}

fn volume(o: &mut Volume) {
    let sources = wire::Wire::encode(o);
    if sources.as_object().is_some_and(|members| members.len() <= 1) {
        o.empty_dir = Some(Default::default());
    }
    if let Some(source) = &mut o.secret {
        source.default_mode.get_or_insert(0o644);
    }
    if let Some(source) = &mut o.config_map {
        source.default_mode.get_or_insert(0o644);
    }
    if let Some(source) = &mut o.downward_api {
        source.default_mode.get_or_insert(0o644);
        source
            .items
            .iter_mut()
            .filter_map(|i| i.field_ref.as_mut())
            .for_each(|f| text(&mut f.api_version, "v1"));
    }
    if let Some(source) = &mut o.projected {
        source.default_mode.get_or_insert(0o644);
        for projection in &mut source.sources {
            if let Some(token) = &mut projection.service_account_token {
                token.expiration_seconds.get_or_insert(3_600);
            }
            let items = projection.downward_api.iter_mut().flat_map(|d| &mut d.items);
            items.filter_map(|i| i.field_ref.as_mut()).for_each(|f| text(&mut f.api_version, "v1"));
            if let Some(certificate) = &mut projection.pod_certificate {
                certificate.max_expiration_seconds.get_or_insert(86_400);
            }
        }
    }
    if let Some(source) = &mut o.host_path {
        source.type_.get_or_insert_default();
    }
    if let Some(source) = &mut o.image {
        let policy = pull_policy(&source.reference);
        text(&mut source.pull_policy, policy);
    }
    if let Some(source) = &mut o.ephemeral
        && let Some(template) = &mut source.volume_claim_template
    {
        claim_spec(&mut template.spec);
    }
    if let Some(source) = &mut o.iscsi {
        text(&mut source.iscsi_interface, "default");
    }
    if let Some(source) = &mut o.rbd {
        text(&mut source.pool, "rbd");
        text(&mut source.user, "admin");
        text(&mut source.keyring, "/etc/ceph/keyring");
    }
    if let Some(source) = &mut o.azure_disk {
        source.caching_mode.get_or_insert_with(|| "ReadWrite".to_string());
        source.fs_type.get_or_insert_with(|| "ext4".to_string());
        source.read_only.get_or_insert(false);
        source.kind.get_or_insert_with(|| "Shared".to_string());
    }
    if let Some(source) = &mut o.scaleio {
        text(&mut source.storage_mode, "ThinProvisioned");
        text(&mut source.fs_type, "xfs");
    }
}

fn claim(o: &mut PersistentVolumeClaim) {
    text(&mut o.status.phase, "Pending");
    claim_spec(&mut o.spec);
}

fn claim_spec(o: &mut PersistentVolumeClaimSpec) {
    o.volume_mode.get_or_insert_with(|| "Filesystem".to_string());
    round(&mut o.resources.requests);
    round(&mut o.resources.limits);
}

fn limit_range_item(o: &mut LimitRangeItem) {
    if o.type_ == "Container" {
        for (name, max) in &o.max {
            o.default.insert_missing(name, || max.clone());
        }
        for (name, quantity) in o.default.iter().chain(&o.min) {
            o.default_request.insert_missing(name, || quantity.clone());
        }
    }
    [&mut o.max, &mut o.min, &mut o.default, &mut o.default_request, &mut o.max_limit_request_ratio]
        .into_iter()
        .for_each(round);
}

fn replication_controller(o: &mut ReplicationController) {
    o.spec.replicas.get_or_insert(1);
    let Some(own) = &mut o.spec.template else { return };
    if o.spec.selector.is_empty() {
        o.spec.selector = own.metadata.labels.clone();
    }
    if o.metadata.labels.is_empty() {
        o.metadata.labels = own.metadata.labels.clone();
    }
    template(own);
}

fn deployment(o: &mut Deployment) {
    let spec = &mut o.spec;
    spec.replicas.get_or_insert(1);
    text(&mut spec.strategy.type_, "RollingUpdate");
    if spec.strategy.type_ == "RollingUpdate" {
        let rolling = spec.strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert_with(|| IntOrString::String("25%".into()));
        rolling.max_surge.get_or_insert_with(|| IntOrString::String("25%".into()));
    }
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    template(&mut spec.template);
}

fn daemon_set(o: &mut DaemonSet) {
    let spec = &mut o.spec;
    text(&mut spec.update_strategy.type_, "RollingUpdate");
    if spec.update_strategy.type_ == "RollingUpdate" {
        let rolling = spec.update_strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
    spec.revision_history_limit.get_or_insert(10);
    template(&mut spec.template);
}

fn stateful_set(o: &mut StatefulSet) {
    let spec = &mut o.spec;
    text(&mut spec.pod_management_policy, "OrderedReady");
    if spec.update_strategy.type_.is_empty() {
        spec.update_strategy.type_ = "RollingUpdate".to_string();
        spec.update_strategy.rolling_update.get_or_insert_default();
    }
    if spec.update_strategy.type_ == "RollingUpdate"
        && let Some(rolling) = &mut spec.update_strategy.rolling_update
    {
        rolling.partition.get_or_insert(0);
    }
    let retention = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
    text(&mut retention.when_deleted, "Retain");
    text(&mut retention.when_scaled, "Retain");
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    template(&mut spec.template);
    for own in &mut spec.volume_claim_templates {
        claim(own);
    }
}

fn job(o: &mut Job) {
    if o.metadata.labels.is_empty() {
        o.metadata.labels = o.spec.template.metadata.labels.clone();
    }
    job_spec(&mut o.spec);
}

fn job_spec(spec: &mut JobSpec) {
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    let unlimited = spec.backoff_limit_per_index.is_some();
    spec.backoff_limit.get_or_insert(if unlimited { i32::MAX } else { 6 });
    spec.completion_mode.get_or_insert_with(|| "NonIndexed".to_string());
    spec.suspend.get_or_insert(false);
    let replacement = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
    spec.pod_replacement_policy.get_or_insert_with(|| replacement.to_string());
    spec.manual_selector.get_or_insert(false);
    job_template(spec);
}

/// What is filled in within a Job's spec wherever it stands.
fn job_template(spec: &mut JobSpec) {
    let rules = spec.pod_failure_policy.iter_mut().flat_map(|p| &mut p.rules);
    for pattern in rules.flat_map(|r| &mut r.on_pod_conditions) {
        text(&mut pattern.status, "True");
    }
    template(&mut spec.template);
}

fn cron_job(o: &mut CronJob) {
    text(&mut o.spec.concurrency_policy, "Allow");
    o.spec.suspend.get_or_insert(false);
    o.spec.successful_jobs_history_limit.get_or_insert(3);
    o.spec.failed_jobs_history_limit.get_or_insert(1);
    job_template(&mut o.spec.job_template.spec);
}

fn service(o: &mut Service) {
    let spec = &mut o.spec;
    text(&mut spec.session_affinity, "None");
    match spec.session_affinity.as_str() {
        "None" => spec.session_affinity_config = None,
        "ClientIP" => {
            let config = spec.session_affinity_config.get_or_insert_default();
            config.client_ip.get_or_insert_default().timeout_seconds.get_or_insert(10_800);
        }
        _ => {}
    }
    text(&mut spec.type_, "ClusterIP");
    for port in &mut spec.ports {
        text(&mut port.protocol, "TCP");
        if port.target_port == IntOrString::Int(0) || port.target_port == IntOrString::String(String::new()) {
            port.target_port = IntOrString::Int(port.port);
        }
    }
    let reachable = matches!(spec.type_.as_str(), "ClusterIP" | "NodePort" | "LoadBalancer");
    let balanced = spec.type_ == "LoadBalancer";
    if balanced || spec.type_ == "NodePort" || (spec.type_ == "ClusterIP" && !spec.external_ips.is_empty()) {
        text(&mut spec.external_traffic_policy, "Cluster");
    }
    if reachable {
        spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".to_string());
    }
    if balanced {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
        for ingress in o.status.load_balancer.ingress.iter_mut().filter(|i| !i.ip.is_empty()) {
            ingress.ip_mode.get_or_insert_with(|| "VIP".to_string());
        }
    }
}
