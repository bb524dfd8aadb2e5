//! Lints: manifests that the API server takes without a word, and that lead to trouble in a pod's life.

use crate::hint::Hint;
use lifepod_api::image::ImageName;
use lifepod_api::{
    Container, DeploymentSpec, IntOrString, Job, Object, PodDisruptionBudget, PodSpec, Probe, duration,
};

/// A lint, by the trouble that it warns of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lint {
    /// The preStop hook takes as long as the whole grace period or longer.
    PreStopExceedsGrace,
    /// A liveness probe may kill a container that is only starting.
    LivenessBeforeReady,
    /// The image's tag moves, and the node's copy is kept.
    LatestNotPulled,
    /// The container asks for no CPU or memory.
    NoRequests,
    /// Two containers of a pod claim the same port.
    PortClash,
    /// A probe asks a port that no container declares.
    ProbePortUndeclared,
    /// A budget that never lets a pod go.
    BudgetNeverAllows,
    /// A rolling update that must stop all replicas first.
    RollingUpdateStopsAll,
    /// A Job that retries without end.
    JobRetriesForever,
}

/// Every lint.
pub const LINTS: &[Lint] = &[
    Lint::PreStopExceedsGrace,
    Lint::LivenessBeforeReady,
    Lint::LatestNotPulled,
    Lint::NoRequests,
    Lint::PortClash,
    Lint::ProbePortUndeclared,
    Lint::BudgetNeverAllows,
    Lint::RollingUpdateStopsAll,
    Lint::JobRetriesForever,
];

impl Lint {
    /// The name it is switched by.
    pub fn name(self) -> &'static str {
        match self {
            Lint::PreStopExceedsGrace => "prestop-exceeds-grace",
            Lint::LivenessBeforeReady => "liveness-before-ready",
            Lint::LatestNotPulled => "latest-not-pulled",
            Lint::NoRequests => "no-requests",
            Lint::PortClash => "port-clash",
            Lint::ProbePortUndeclared => "probe-port-undeclared",
            Lint::BudgetNeverAllows => "budget-never-allows",
            Lint::RollingUpdateStopsAll => "rolling-update-stops-all",
            Lint::JobRetriesForever => "job-retries-forever",
        }
    }

    /// What it looks for, in English and Chinese.
    pub fn about(self) -> (&'static str, &'static str) {
        match self {
            Lint::PreStopExceedsGrace => {
                ("preStop hooks that outlast the grace period", "preStop 钩子超过宽限期")
            }
            Lint::LivenessBeforeReady => {
                ("liveness probes stricter than readiness", "liveness 探针比 readiness 更严格")
            }
            Lint::LatestNotPulled => {
                ("`latest` images that are not pulled again", "`latest` 镜像不会重新拉取")
            }
            Lint::NoRequests => ("containers that request no CPU or memory", "容器没有声明 CPU 或内存请求"),
            Lint::PortClash => ("containers of a pod on the same port", "同一 Pod 的容器端口冲突"),
            Lint::ProbePortUndeclared => ("probes of ports that nobody declares", "探针使用了未声明的端口"),
            Lint::BudgetNeverAllows => {
                ("disruption budgets that allow nothing", "永远不允许驱逐的 PodDisruptionBudget")
            }
            Lint::RollingUpdateStopsAll => {
                ("rolling updates that stop all replicas", "会停止所有副本的滚动更新")
            }
            Lint::JobRetriesForever => ("Jobs that retry for weeks", "会重试数周的 Job"),
        }
    }

    /// The lint of that name.
    pub fn find(name: &str) -> Option<Lint> {
        LINTS.iter().copied().find(|l| l.name() == name)
    }
}

/// A finding of a lint.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The lint.
    pub lint: Lint,
    /// The field.
    pub path: String,
    /// What will happen.
    pub message: Hint,
    /// What to do.
    pub hint: Hint,
}

/// What the lints find in a defaulted object.
pub fn lints(object: &Object) -> Vec<Finding> {
    let mut out = Vec::new();
    let template = |out: &mut Vec<Finding>, spec: &PodSpec| pod(out, spec, "spec.template.spec");
    match object {
        Object::Pod(o) => pod(&mut out, &o.spec, "spec"),
        Object::ReplicaSet(o) => template(&mut out, &o.spec.template.spec),
        Object::StatefulSet(o) => template(&mut out, &o.spec.template.spec),
        Object::DaemonSet(o) => template(&mut out, &o.spec.template.spec),
        Object::Deployment(o) => {
            rolling_update(&mut out, &o.spec);
            template(&mut out, &o.spec.template.spec);
        }
        Object::Job(o) => {
            job(&mut out, o);
            template(&mut out, &o.spec.template.spec);
        }
        Object::CronJob(o) => {
            pod(&mut out, &o.spec.job_template.spec.template.spec, "spec.jobTemplate.spec.template.spec");
        }
        Object::PodDisruptionBudget(o) => budget(&mut out, o),
        _ => {}
    }
    out
}

fn pod(out: &mut Vec<Finding>, spec: &PodSpec, path: &str) {
    let init =
        spec.init_containers.iter().enumerate().map(|(i, c)| (format!("{path}.initContainers[{i}]"), c));
    let app = spec.containers.iter().enumerate().map(|(i, c)| (format!("{path}.containers[{i}]"), c));
    let grace = spec.termination_grace_period_seconds.unwrap_or(30);
    for (path, c) in init.chain(app) {
        pre_stop(out, c, grace, &path);
        liveness(out, c, &path);
        image(out, c, &path);
        probe_ports(out, spec, c, &path);
    }
    for (i, c) in spec.containers.iter().enumerate() {
        let path = format!("{path}.containers[{i}]");
        let missing: Vec<&str> =
            ["cpu", "memory"].into_iter().filter(|r| !c.resources.requests.contains_key(r)).collect();
        if !missing.is_empty() && spec.resources.is_none() {
            out.push(Finding {
                lint: Lint::NoRequests,
                path: format!("{path}.resources"),
                message: Hint::of(
                    format!(
                        "container {:?} requests no {}: the scheduler reckons with nothing for it, and it is among \
                         the first to be evicted",
                        c.name,
                        missing.join(" and no ")
                    ),
                    format!(
                        "容器 {:?} 没有声明 {} 请求：调度器当它不占资源，驱逐时它会最先离开",
                        c.name,
                        missing.join(" 和 ")
                    ),
                ),
                hint: Hint::new("set resources.requests", "请设置 resources.requests"),
            });
        }
        for (j, port) in c.ports.iter().enumerate() {
            let same = |other: &&Container| {
                other
                    .ports
                    .iter()
                    .any(|p| p.container_port == port.container_port && p.protocol == port.protocol)
            };
            if let Some(other) = spec.containers[..i].iter().find(same) {
                out.push(Finding {
                    lint: Lint::PortClash,
                    path: format!("{path}.ports[{j}].containerPort"),
                    message: Hint::of(
                        format!(
                            "containers {:?} and {:?} share one network: only one of them can listen on port {}",
                            other.name, c.name, port.container_port
                        ),
                        format!(
                            "容器 {:?} 和 {:?} 共用一个网络：端口 {} 只能由其中一个监听",
                            other.name, c.name, port.container_port
                        ),
                    ),
                    hint: Hint::new("give one of them another port", "请给其中一个换一个端口"),
                });
            }
        }
    }
}

/// The seconds that a preStop hook is known to take.
fn known_seconds(c: &Container) -> Option<i64> {
    let hook = c.lifecycle.as_ref()?.pre_stop.as_ref()?;
    if let Some(sleep) = &hook.sleep {
        return Some(sleep.seconds);
    }
    // `sleep N`, alone or in the script of a shell.
    let words: Vec<&str> =
        hook.exec.as_ref()?.command.iter().flat_map(|part| part.split([' ', ';', '&', '\n'])).collect();
    let slept = words.windows(2).filter(|w| w[0] == "sleep" || w[0].ends_with("/sleep"));
    let seconds = slept.filter_map(|w| {
        let text = if w[1].ends_with(|c: char| c.is_ascii_digit()) {
            format!("{}s", w[1])
        } else {
            w[1].to_string()
        };
        duration::parse(&text).ok()
    });
    Some(seconds.sum::<i64>() / 1_000_000_000).filter(|s| *s > 0)
}

fn pre_stop(out: &mut Vec<Finding>, c: &Container, grace: i64, path: &str) {
    if let Some(seconds) = known_seconds(c).filter(|s| *s >= grace) {
        out.push(Finding {
            lint: Lint::PreStopExceedsGrace,
            path: format!("{path}.lifecycle.preStop"),
            message: Hint::of(
                format!(
                    "the preStop hook takes {seconds} s of a grace period of {grace} s: the container gets TERM 2 s \
                     before it is killed"
                ),
                format!(
                    "preStop 钩子要用 {seconds} 秒，而宽限期只有 {grace} 秒：容器收到 TERM 后 2 秒就会被强制杀死"
                ),
            ),
            hint: Hint::new(
                "raise terminationGracePeriodSeconds above the hook's time",
                "请让 terminationGracePeriodSeconds 大于钩子的用时",
            ),
        });
    }
}

/// The seconds until a probe that always fails acts.
fn patience(p: &Probe) -> i64 {
    i64::from(p.initial_delay_seconds) + i64::from(p.period_seconds) * i64::from(p.failure_threshold)
}

fn liveness(out: &mut Vec<Finding>, c: &Container, path: &str) {
    let (Some(liveness), Some(readiness), None) = (&c.liveness_probe, &c.readiness_probe, &c.startup_probe)
    else {
        return;
    };
    if patience(liveness) < patience(readiness) {
        out.push(Finding {
            lint: Lint::LivenessBeforeReady,
            path: format!("{path}.livenessProbe"),
            message: Hint::of(
                format!(
                    "the liveness probe kills the container after {} s of failures, before the readiness probe gives \
                     it up ({} s): a slow start becomes a crash loop",
                    patience(liveness),
                    patience(readiness)
                ),
                format!(
                    "存活探针失败 {} 秒后就杀死容器，早于就绪探针放弃它的时间（{} 秒）：启动慢会变成崩溃循环",
                    patience(liveness),
                    patience(readiness)
                ),
            ),
            hint: Hint::new(
                "add a startupProbe, or give the liveness probe more time",
                "请添加 startupProbe，或给 liveness 探针更多时间",
            ),
        });
    }
}

fn image(out: &mut Vec<Finding>, c: &Container, path: &str) {
    let moving = ImageName::parse(&c.image).is_some_and(|i| i.tag == "latest");
    if moving && c.image_pull_policy == "IfNotPresent" {
        out.push(Finding {
            lint: Lint::LatestNotPulled,
            path: format!("{path}.imagePullPolicy"),
            message: Hint::new(
                "with IfNotPresent, each node keeps whichever `latest` it pulled first",
                "使用 IfNotPresent 时，各节点会一直沿用自己最先拉取到的那个 `latest`",
            ),
            hint: Hint::new(
                "name a version, or leave imagePullPolicy away",
                "请写明版本，或去掉 imagePullPolicy",
            ),
        });
    }
}

fn probe_ports(out: &mut Vec<Finding>, spec: &PodSpec, c: &Container, path: &str) {
    let probes = [
        ("livenessProbe", &c.liveness_probe),
        ("readinessProbe", &c.readiness_probe),
        ("startupProbe", &c.startup_probe),
    ];
    for (name, probe) in probes {
        let Some(probe) = probe else { continue };
        let http = probe.http_get.as_ref().filter(|h| h.host.is_empty()).map(|h| ("httpGet", &h.port));
        let tcp = probe.tcp_socket.as_ref().filter(|t| t.host.is_empty()).map(|t| ("tcpSocket", &t.port));
        let Some((handler, port)) = http.or(tcp) else { continue };
        let path = format!("{path}.{name}.{handler}.port");
        let mut ports = spec.containers.iter().chain(&spec.init_containers).flat_map(|c| &c.ports);
        let message = match port {
            // A named port must be the container's own.
            IntOrString::String(name) if !c.ports.iter().any(|p| p.name == *name) => Hint::of(
                format!("no port of container {:?} is named {name:?}: the probe always fails", c.name),
                format!("容器 {:?} 没有名为 {name:?} 的端口：探针总会失败", c.name),
            ),
            IntOrString::Int(n) if !c.ports.is_empty() && !ports.any(|p| p.container_port == *n) => Hint::of(
                format!(
                    "no container of the pod declares port {n}: the probe fails unless something listens there"
                ),
                format!("Pod 中没有容器声明端口 {n}：除非有进程在那里监听，否则探针会失败"),
            ),
            _ => continue,
        };
        out.push(Finding {
            lint: Lint::ProbePortUndeclared,
            path,
            message,
            hint: Hint::new("probe a port that the container declares", "请探测容器声明过的端口"),
        });
    }
}

fn budget(out: &mut Vec<Finding>, o: &PodDisruptionBudget) {
    let is = |value: &Option<IntOrString>, texts: &[&str]| {
        value.as_ref().is_some_and(|v| texts.contains(&v.to_string().as_str()))
    };
    let field = if is(&o.spec.max_unavailable, &["0", "0%"]) {
        "maxUnavailable"
    } else if is(&o.spec.min_available, &["100%"]) {
        "minAvailable"
    } else {
        return;
    };
    out.push(never_allows(field));
}

fn never_allows(field: &str) -> Finding {
    Finding {
        lint: Lint::BudgetNeverAllows,
        path: format!("spec.{field}"),
        message: Hint::new(
            "this budget never lets a pod be evicted: draining a node with one of its pods waits for ever",
            "这个预算永远不允许驱逐 Pod：排空承载其 Pod 的节点会一直等下去",
        ),
        hint: Hint::new("allow at least one pod to be away", "请至少允许一个 Pod 不可用"),
    }
}

/// Budgets that ask for all the pods that the workloads beside them have; each with the place of its object in the list.
pub fn budgets(objects: &[(usize, Object)]) -> Vec<(usize, Finding)> {
    let mut out = Vec::new();
    for (index, object) in objects {
        let Object::PodDisruptionBudget(o) = object else { continue };
        let (Some(IntOrString::Int(wanted)), Some(selector)) = (&o.spec.min_available, &o.spec.selector)
        else {
            continue;
        };
        let beside = objects.iter().filter(|(_, other)| other.meta().namespace == o.metadata.namespace);
        let replicas = beside.filter_map(|(_, other)| {
            let (replicas, template) = match other {
                Object::Deployment(w) => (w.spec.replicas, &w.spec.template),
                Object::StatefulSet(w) => (w.spec.replicas, &w.spec.template),
                Object::ReplicaSet(w) => (w.spec.replicas, &w.spec.template),
                _ => return None,
            };
            selector.matches(&template.metadata.labels).then(|| i64::from(replicas.unwrap_or(1)))
        });
        let all: Vec<i64> = replicas.collect();
        if !all.is_empty() && *wanted > 0 && all.iter().sum::<i64>() <= i64::from(*wanted) {
            out.push((*index, never_allows("minAvailable")));
        }
    }
    out
}

fn rolling_update(out: &mut Vec<Finding>, spec: &DeploymentSpec) {
    let Some(rolling) = &spec.strategy.rolling_update else { return };
    let all = |v: &Option<IntOrString>| match v {
        Some(IntOrString::String(s)) => s == "100%",
        Some(IntOrString::Int(n)) => *n > 0 && *n >= spec.replicas.unwrap_or(1) && spec.replicas != Some(0),
        None => false,
    };
    if all(&rolling.max_unavailable) {
        out.push(Finding {
            lint: Lint::RollingUpdateStopsAll,
            path: "spec.strategy.rollingUpdate.maxUnavailable".to_string(),
            message: Hint::new(
                "a rolling update may stop all replicas at once",
                "滚动更新可能同时停掉所有副本",
            ),
            hint: Hint::new(
                "let maxUnavailable be smaller than replicas",
                "请让 maxUnavailable 小于 replicas",
            ),
        });
    }
}

fn job(out: &mut Vec<Finding>, o: &Job) {
    let unlimited =
        o.spec.backoff_limit.is_some_and(|n| n >= 1_000_000) && o.spec.backoff_limit_per_index.is_none();
    if unlimited && o.spec.active_deadline_seconds.is_none() {
        out.push(Finding {
            lint: Lint::JobRetriesForever,
            path: "spec.backoffLimit".to_string(),
            message: Hint::new("a Job that always fails is tried for weeks", "总是失败的 Job 会重试数周"),
            hint: Hint::new(
                "set a lower backoffLimit, or activeDeadlineSeconds",
                "请降低 backoffLimit，或设置 activeDeadlineSeconds",
            ),
        });
    }
}
