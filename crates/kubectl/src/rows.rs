//! The columns and cells of each kind's table, which in a real cluster the API server computes
//! (`pkg/printers/internalversion/printers.go`).

use crate::age::{self, Micros, since};
use crate::effective::canonical;
use crate::json::{Json, condition, controller, format_labels, is_true, non_empty, scalar};
use crate::metrics::{Metric, metrics};
use crate::pod_row::pod_row;
use crate::selector;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use lifepod_api::{Object, Pod};
use serde_json::Value;

const NONE: &str = "<none>";

/// The headers of a kind's table, separated by `|`; those after `+` are shown with `-o wide` alone, and `*` marks
/// the column that holds the name when it is not the first.
pub(crate) fn columns(kind: &str) -> &'static str {
    match kind {
        "Pod" => "NAME|READY|STATUS|RESTARTS|AGE|+IP|+NODE|+NOMINATED NODE|+READINESS GATES",
        "ReplicaSet" | "ReplicationController" => {
            "NAME|DESIRED|CURRENT|READY|AGE|+CONTAINERS|+IMAGES|+SELECTOR"
        }
        "Deployment" => "NAME|READY|UP-TO-DATE|AVAILABLE|AGE|+CONTAINERS|+IMAGES|+SELECTOR",
        "StatefulSet" => "NAME|READY|AGE|+CONTAINERS|+IMAGES",
        "DaemonSet" => {
            "NAME|DESIRED|CURRENT|READY|UP-TO-DATE|AVAILABLE|NODE SELECTOR|AGE|+CONTAINERS|+IMAGES|+SELECTOR"
        }
        "Job" => "NAME|STATUS|COMPLETIONS|DURATION|AGE|+CONTAINERS|+IMAGES|+SELECTOR",
        "CronJob" => "NAME|SCHEDULE|TIMEZONE|SUSPEND|ACTIVE|LAST SCHEDULE|AGE|+CONTAINERS|+IMAGES|+SELECTOR",
        "Service" => "NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|+SELECTOR",
        "Endpoints" => "NAME|ENDPOINTS|AGE",
        "EndpointSlice" => "NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE",
        "Node" => {
            "NAME|STATUS|ROLES|AGE|VERSION|+INTERNAL-IP|+EXTERNAL-IP|+OS-IMAGE|+KERNEL-VERSION|+CONTAINER-RUNTIME"
        }
        "Event" => "LAST SEEN|TYPE|REASON|OBJECT|+SUBOBJECT|+SOURCE|MESSAGE|+FIRST SEEN|+COUNT|+*NAME",
        "Namespace" => "NAME|STATUS|AGE",
        "Secret" => "NAME|TYPE|DATA|AGE",
        "ConfigMap" => "NAME|DATA|AGE",
        "ServiceAccount" => "NAME|AGE",
        "PersistentVolumeClaim" => {
            "NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE|+VOLUMEMODE"
        }
        "PersistentVolume" => {
            "NAME|CAPACITY|ACCESS MODES|RECLAIM POLICY|STATUS|CLAIM|STORAGECLASS|VOLUMEATTRIBUTESCLASS|REASON|AGE|+VOLUMEMODE"
        }
        "StorageClass" => "NAME|PROVISIONER|RECLAIMPOLICY|VOLUMEBINDINGMODE|ALLOWVOLUMEEXPANSION|AGE",
        "PodTemplate" => "NAME|CONTAINERS|IMAGES|POD LABELS",
        "PodDisruptionBudget" => "NAME|MIN AVAILABLE|MAX UNAVAILABLE|ALLOWED DISRUPTIONS|AGE",
        "HorizontalPodAutoscaler" => "NAME|REFERENCE|TARGETS|MINPODS|MAXPODS|REPLICAS|AGE",
        "ResourceQuota" => "NAME|REQUEST|LIMIT|AGE",
        "PriorityClass" => "NAME|VALUE|GLOBAL-DEFAULT|AGE|+PREEMPTIONPOLICY",
        "ControllerRevision" => "NAME|CONTROLLER|REVISION|AGE",
        "Lease" => "NAME|HOLDER|AGE",
        "RuntimeClass" => "NAME|HANDLER|AGE",
        _ => "NAME|CREATED AT",
    }
}

/// The cells of an object, one for each of [`columns`]. The server always composes the wide ones too.
pub(crate) fn cells(kind: &str, o: &Value, now: Micros) -> Vec<String> {
    let name = || String::from(o.text("metadata.name"));
    let age = || since(o.at("metadata.creationTimestamp"), now);
    let int = |path: &str| o.int(path).to_string();
    match kind {
        "Pod" => pod(o, now),
        "ReplicaSet" | "ReplicationController" => {
            let selector = if kind == "ReplicaSet" {
                selector::format(o.at("spec.selector"))
            } else {
                format_labels(o, "spec.selector")
            };
            let [names, images] = containers(o.at("spec.template"));
            let (desired, current, ready) =
                (int("spec.replicas"), int("status.replicas"), int("status.readyReplicas"));
            vec![name(), desired, current, ready, age(), names, images, selector]
        }
        "Deployment" => {
            let ready = format!("{}/{}", o.int("status.readyReplicas"), o.int("spec.replicas"));
            let selector = match selector::Selector::of_field(o.at("spec.selector")) {
                Err("<error>") => "<invalid>".into(),
                _ => selector::plain(o.at("spec.selector")),
            };
            let [names, images] = containers(o.at("spec.template"));
            let (updated, available) = (int("status.updatedReplicas"), int("status.availableReplicas"));
            vec![name(), ready, updated, available, age(), names, images, selector]
        }
        "StatefulSet" => {
            let ready = format!("{}/{}", o.int("status.readyReplicas"), o.int("spec.replicas"));
            let [names, images] = containers(o.at("spec.template"));
            vec![name(), ready, age(), names, images]
        }
        "DaemonSet" => {
            let [names, images] = containers(o.at("spec.template"));
            vec![
                name(),
                int("status.desiredNumberScheduled"),
                int("status.currentNumberScheduled"),
                int("status.numberReady"),
                int("status.updatedNumberScheduled"),
                int("status.numberAvailable"),
                format_labels(o, "spec.template.spec.nodeSelector"),
                age(),
                names,
                images,
                selector::format(o.at("spec.selector")),
            ]
        }
        "Job" => {
            let [names, images] = containers(o.at("spec.template"));
            let (status, completions, duration) = job(o, now);
            vec![
                name(),
                status,
                completions,
                duration,
                age(),
                names,
                images,
                selector::format(o.at("spec.selector")),
            ]
        }
        "CronJob" => {
            let [names, images] = containers(o.at("spec.jobTemplate.spec.template"));
            let last = if o.has("status.lastScheduleTime") {
                since(o.at("status.lastScheduleTime"), now)
            } else {
                NONE.into()
            };
            vec![
                name(),
                o.text("spec.schedule").into(),
                o.at("spec.timeZone").as_str().unwrap_or(NONE).into(),
                optional_bool(o.at("spec.suspend")).into(),
                o.list("status.active").len().to_string(),
                last,
                age(),
                names,
                images,
                selector::format(o.at("spec.jobTemplate.spec.selector")),
            ]
        }
        "Service" => vec![
            name(),
            o.text("spec.type").into(),
            o.list("spec.clusterIPs").first().map_or_else(|| NONE.into(), scalar),
            external_ip(o),
            non_empty(&service_ports(o), NONE).into(),
            age(),
            format_labels(o, "spec.selector"),
        ],
        "Endpoints" => vec![name(), endpoints(o), age()],
        "EndpointSlice" => {
            vec![name(), o.text("addressType").into(), slice_ports(o), slice_addresses(o), age()]
        }
        "Node" => node(o, now),
        "Event" => event(o, now),
        "Namespace" => vec![name(), o.text("status.phase").into(), age()],
        "Secret" => vec![name(), o.text("type").into(), o.entries("data").len().to_string(), age()],
        "ConfigMap" => {
            vec![name(), (o.entries("data").len() + o.entries("binaryData").len()).to_string(), age()]
        }
        "ServiceAccount" => vec![name(), age()],
        "PersistentVolumeClaim" => claim(o, now),
        "PersistentVolume" => volume(o, now),
        "StorageClass" => vec![
            format!("{}{}", name(), if is_default_class(o) { " (default)" } else { "" }),
            o.text("provisioner").into(),
            o.at("reclaimPolicy").as_str().unwrap_or("Delete").into(),
            o.at("volumeBindingMode").as_str().unwrap_or("Immediate").into(),
            o.flag("allowVolumeExpansion").to_string(),
            age(),
        ],
        "PodTemplate" => {
            let [names, images] = containers(o.at("template"));
            vec![name(), names, images, format_labels(o, "template.metadata.labels")]
        }
        "PodDisruptionBudget" => {
            let or_na = |path: &str| if o.has(path) { o.scalar(path) } else { "N/A".into() };
            let (min, max) = (or_na("spec.minAvailable"), or_na("spec.maxUnavailable"));
            vec![name(), min, max, int("status.disruptionsAllowed"), age()]
        }
        "HorizontalPodAutoscaler" => vec![
            name(),
            format!("{}/{}", o.text("spec.scaleTargetRef.kind"), o.text("spec.scaleTargetRef.name")),
            autoscaler_targets(o),
            if o.has("spec.minReplicas") { int("spec.minReplicas") } else { "<unset>".into() },
            int("spec.maxReplicas"),
            int("status.currentReplicas"),
            age(),
        ],
        "ResourceQuota" => quota(o, now),
        "PriorityClass" => {
            vec![
                name(),
                int("value"),
                o.flag("globalDefault").to_string(),
                age(),
                o.text("preemptionPolicy").into(),
            ]
        }
        "ControllerRevision" => {
            let owner = controller(o);
            let owner = if owner.is_null() {
                NONE.into()
            } else {
                let group = owner.text("apiVersion").split_once('/').map_or("", |(g, _)| g);
                let dot = if group.is_empty() { "" } else { "." };
                format!("{}{dot}{group}/{}", owner.text("kind").to_ascii_lowercase(), owner.text("name"))
            };
            vec![name(), owner, int("revision"), age()]
        }
        "Lease" => vec![name(), o.text("spec.holderIdentity").into(), age()],
        "RuntimeClass" => vec![name(), o.text("handler").into(), age()],
        _ => {
            let created =
                age::parse(o.at("metadata.creationTimestamp")).map_or_else(String::new, age::rfc3339);
            vec![name(), created]
        }
    }
}

fn pod(o: &Value, now: Micros) -> Vec<String> {
    let row = match Object::decode(o).0 {
        Object::Pod(pod) => pod_row(&pod),
        _ => pod_row(&Pod::default()),
    };
    let gates = o.list("spec.readinessGates");
    let open = gates
        .iter()
        .filter(|g| condition(o, g.text("conditionType")).is_some_and(|c| c.text("status") == "True"));
    vec![
        o.text("metadata.name").into(),
        row.ready_text(),
        row.status.clone(),
        row.restarts_text(now),
        since(o.at("metadata.creationTimestamp"), now),
        non_empty(pod_ip(o), NONE).into(),
        non_empty(o.text("spec.nodeName"), NONE).into(),
        non_empty(o.text("status.nominatedNodeName"), NONE).into(),
        if gates.is_empty() { NONE.into() } else { format!("{}/{}", open.count(), gates.len()) },
    ]
}

/// A pod's first IP. Where the list and the single field differ, the field counts
/// (`Convert_v1_PodStatus_To_core_PodStatus`).
fn pod_ip(o: &Value) -> &str {
    let first = o.list("status.podIPs").first().map_or("", |ip| ip.text("ip"));
    non_empty(o.text("status.podIP"), first)
}

/// The names and images of a template's containers, each joined with commas (`layoutContainerCells`).
fn containers(template: &Value) -> [String; 2] {
    ["name", "image"].map(|field| {
        template.list("spec.containers").iter().map(|c| c.text(field)).collect::<Vec<_>>().join(",")
    })
}

/// A Job's STATUS, COMPLETIONS and DURATION. The duration of a failed Job goes on counting.
fn job(o: &Value, now: Micros) -> (String, String, String) {
    let succeeded = o.int("status.succeeded");
    let parallelism = o.int("spec.parallelism");
    let completions = if o.has("spec.completions") {
        format!("{succeeded}/{}", o.int("spec.completions"))
    } else if parallelism > 1 {
        format!("{succeeded}/1 of {parallelism}")
    } else {
        format!("{succeeded}/1")
    };
    let duration = age::parse(o.at("status.startTime")).map_or_else(String::new, |start| {
        age::human_duration(age::parse(o.at("status.completionTime")).unwrap_or(now) - start)
    });
    let status = if is_true(o, "Complete") {
        "Complete"
    } else if is_true(o, "Failed") {
        "Failed"
    } else if o.has("metadata.deletionTimestamp") {
        "Terminating"
    } else {
        ["Suspended", "FailureTarget", "SuccessCriteriaMet"]
            .into_iter()
            .find(|c| is_true(o, c))
            .unwrap_or("Running")
    };
    (status.into(), completions, duration)
}

/// How an optional boolean is printed.
pub(crate) fn optional_bool(v: &Value) -> &'static str {
    match v.as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    }
}

fn external_ip(o: &Value) -> String {
    let mut ips: Vec<String> = o.list("spec.externalIPs").iter().map(scalar).collect();
    match o.text("spec.type") {
        "ClusterIP" | "NodePort" if ips.is_empty() => NONE.into(),
        "ClusterIP" | "NodePort" => ips.join(","),
        "LoadBalancer" => {
            let addresses: BTreeSet<&str> = o
                .list("status.loadBalancer.ingress")
                .iter()
                .map(|i| non_empty(i.text("ip"), i.text("hostname")))
                .filter(|a| !a.is_empty())
                .collect();
            ips.splice(0..0, addresses.into_iter().map(String::from));
            if ips.is_empty() { "<pending>".into() } else { ips.join(",") }
        }
        "ExternalName" => o.text("spec.externalName").into(),
        _ => "<unknown>".into(),
    }
}

/// The first `max` bytes of a text, or fewer where a character would be cut through.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn service_ports(o: &Value) -> String {
    let port = |p: &Value| match p.int("nodePort") {
        0 => format!("{}/{}", p.int("port"), p.text("protocol")),
        node => format!("{}:{node}/{}", p.int("port"), p.text("protocol")),
    };
    o.list("spec.ports").iter().map(port).collect::<Vec<_>>().join(",")
}

/// The most addresses or ports that a cell lists.
const LISTED: usize = 3;

fn with_more(list: &[String], count: usize) -> String {
    let shown = list[..list.len().min(LISTED)].join(",");
    if count > LISTED { format!("{shown} + {} more...", count - LISTED) } else { shown }
}

fn endpoints(o: &Value) -> String {
    let subsets = o.list("subsets");
    if subsets.is_empty() {
        return NONE.into();
    }
    let mut list = Vec::new();
    for s in subsets {
        let addresses = s.list("addresses").iter().map(|a| a.text("ip"));
        if s.list("ports").is_empty() {
            list.extend(addresses.map(String::from));
        } else {
            for p in s.list("ports") {
                list.extend(addresses.clone().map(|ip| join_host_port(ip, &p.scalar("port"))));
            }
        }
    }
    with_more(&list, list.len())
}

/// `host:port`, with brackets around an IPv6 address (`net.JoinHostPort`).
pub(crate) fn join_host_port(host: &str, port: &str) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn slice_ports(o: &Value) -> String {
    let port = |p: &Value| match (p.has("port"), p.has("name")) {
        (true, _) => p.scalar("port"),
        (_, true) => p.text("name").into(),
        _ => "*".into(),
    };
    let list: Vec<String> = o.list("ports").iter().map(port).collect();
    non_empty(&with_more(&list, list.len()), "<unset>").into()
}

fn slice_addresses(o: &Value) -> String {
    let list: Vec<String> =
        o.list("endpoints").iter().flat_map(|e| e.list("addresses")).map(scalar).collect();
    non_empty(&with_more(&list, list.len()), "<unset>").into()
}

fn node(o: &Value, now: Micros) -> Vec<String> {
    let mut status: String = match condition(o, "Ready") {
        None => "Unknown".into(),
        Some(c) if c.text("status") == "True" => "Ready".into(),
        Some(_) => "NotReady".into(),
    };
    if o.flag("spec.unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let address = |kind: &str| {
        let found = o.list("status.addresses").iter().find(|a| a.text("type") == kind);
        found.map_or(NONE, |a| a.text("address")).to_string()
    };
    let info = |field: &str| String::from(o.at("status.nodeInfo").text(field));
    let known = |field: &str| String::from(non_empty(&info(field), "<unknown>"));
    let mut kernel = known("kernelVersion");
    if !info("architecture").is_empty() {
        kernel = format!("{kernel} ({})", info("architecture"));
    }
    vec![
        o.text("metadata.name").into(),
        status,
        non_empty(&roles(o), NONE).into(),
        since(o.at("metadata.creationTimestamp"), now),
        info("kubeletVersion"),
        address("InternalIP"),
        address("ExternalIP"),
        known("osImage"),
        kernel,
        known("containerRuntimeVersion"),
    ]
}

/// A node's roles by its labels, joined with commas (`findNodeRoles`).
pub(crate) fn roles(node: &Value) -> String {
    let mut roles = BTreeSet::new();
    for (key, value) in node.entries("metadata.labels") {
        match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => roles.insert(String::from(role)),
            _ if key == "kubernetes.io/role" && value != "" => roles.insert(scalar(value)),
            _ => false,
        };
    }
    roles.into_iter().collect::<Vec<_>>().join(",")
}

fn event(o: &Value, now: Micros) -> Vec<String> {
    let first = if age::parse(o.at("firstTimestamp")).is_some() { "firstTimestamp" } else { "eventTime" };
    let first = since(o.at(first), now);
    let (last, count) = if o.has("series") {
        (since(o.at("series.lastObservedTime"), now), o.int("series.count"))
    } else {
        let last = if age::parse(o.at("lastTimestamp")).is_some() {
            since(o.at("lastTimestamp"), now)
        } else {
            first.clone()
        };
        (last, o.int("count").max(1))
    };
    let mut object = o.text("involvedObject.kind").to_lowercase();
    if !o.text("involvedObject.name").is_empty() {
        object = format!("{object}/{}", o.text("involvedObject.name"));
    }
    let mut source: String = non_empty(o.text("source.component"), o.text("reportingComponent")).into();
    let instance = non_empty(o.text("source.host"), o.text("reportingInstance"));
    if !instance.is_empty() {
        source = format!("{source}, {instance}");
    }
    vec![
        last,
        o.text("type").into(),
        o.text("reason").into(),
        object,
        o.text("involvedObject.fieldPath").into(),
        source,
        o.text("message").trim().into(),
        first,
        count.to_string(),
        o.text("metadata.name").into(),
    ]
}

fn claim(o: &Value, now: Micros) -> Vec<String> {
    let phase = if o.has("metadata.deletionTimestamp") { "Terminating" } else { o.text("status.phase") };
    let bound = !o.text("spec.volumeName").is_empty();
    vec![
        o.text("metadata.name").into(),
        phase.into(),
        o.text("spec.volumeName").into(),
        if bound { capacity(o.at("status.capacity")) } else { String::new() },
        if bound { access_modes(o.at("status.accessModes")) } else { String::new() },
        storage_class(o).into(),
        o.at("spec.volumeAttributesClassName").as_str().unwrap_or("<unset>").into(),
        since(o.at("metadata.creationTimestamp"), now),
        o.at("spec.volumeMode").as_str().unwrap_or("<unset>").into(),
    ]
}

/// How much storage a list of resources has.
pub(crate) fn capacity(list: &Value) -> String {
    match scalar(list.entry("storage")) {
        text if text.is_empty() => "0".into(),
        text => canonical(&text),
    }
}

fn volume(o: &Value, now: Micros) -> Vec<String> {
    let spec = o.at("spec");
    let or_unset = |field: &str| spec.at(field).as_str().unwrap_or("<unset>").to_string();
    let claim = spec.at("claimRef");
    let phase = if o.has("metadata.deletionTimestamp") { "Terminating" } else { o.text("status.phase") };
    vec![
        o.text("metadata.name").into(),
        capacity(spec.at("capacity")),
        access_modes(spec.at("accessModes")),
        spec.text("persistentVolumeReclaimPolicy").into(),
        phase.into(),
        if claim.is_null() {
            String::new()
        } else {
            format!("{}/{}", claim.text("namespace"), claim.text("name"))
        },
        storage_class(o).into(),
        or_unset("volumeAttributesClassName"),
        o.text("status.reason").into(),
        since(o.at("metadata.creationTimestamp"), now),
        or_unset("volumeMode"),
    ]
}

/// Whether claims without a class get this one (`storageutil.IsDefaultAnnotation`).
pub(crate) fn is_default_class(class: &Value) -> bool {
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
        .iter()
        .any(|key| class.at("metadata.annotations").entry(key) == "true")
}

/// A claim's or volume's class: its old annotation, else its field (`GetPersistentVolumeClaimClass`).
pub(crate) fn storage_class(claim: &Value) -> &str {
    let annotation = claim.at("metadata.annotations").entry("volume.beta.kubernetes.io/storage-class");
    annotation.as_str().unwrap_or_else(|| claim.text("spec.storageClassName"))
}

/// The short forms of access modes, each once, in the fixed order that `GetAccessModesAsString` has.
pub(crate) fn access_modes(modes: &Value) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| modes.as_array().is_some_and(|m| m.iter().any(|v| v == mode));
    SHORT.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

fn quota(o: &Value, now: Micros) -> Vec<String> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in o.entries("status.hard") {
        let used = o.at("status.used").entry(resource);
        let used = if used.is_null() { "0".into() } else { canonical(&scalar(used)) };
        let text = format!("{resource}: {used}/{}", canonical(&scalar(hard)));
        if resource.starts_with("limits.") { limits.push(text) } else { requests.push(text) }
    }
    let age = since(o.at("metadata.creationTimestamp"), now);
    vec![o.text("metadata.name").into(), requests.join(", "), limits.join(", "), age]
}

/// An autoscaler's targets (`formatHPAMetrics`).
fn autoscaler_targets(o: &Value) -> String {
    /// How many metrics the cell holds.
    const SHOWN: usize = 2;
    let list: Vec<String> = metrics(o).iter().map(Metric::cell).collect();
    let shown = list[..list.len().min(SHOWN)].join(", ");
    match list.len() {
        0 => NONE.into(),
        n if n > SHOWN => format!("{shown} + {} more...", n - SHOWN),
        _ => shown,
    }
}
