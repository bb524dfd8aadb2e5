//! Who calls Services, and who is called outside the cluster.

use crate::cluster::or;
use crate::problems::Problems;
use lifepod_api::SimTime;
use lifepod_engine::{OutsideAnswer, OutsideHost, Traffic, TrafficFrom};
use lifepod_manifest::Hint;
use lifepod_manifest::scenario::{ScenarioOutside, ScenarioTraffic};

/// How long a client waits for its answer, unless the scenario says otherwise.
const TIMEOUT: SimTime = SimTime::from_secs(5);
/// What a client calls slow, unless the scenario says otherwise.
const SLOW: SimTime = SimTime::from_secs(1);

/// A client of a Service; `others` are those before it.
pub(crate) fn read(
    written: &ScenarioTraffic,
    path: &str,
    others: &[Traffic],
    found: &mut Problems,
) -> Option<Traffic> {
    if written.service.is_empty() {
        found.error(
            &format!("{path}.service"),
            Hint::new("required: the Service that is called", "必填：要访问的 Service"),
        );
    }
    let port = match written.port {
        Some(port) => Some(found.port(&format!("{path}.port"), port)?),
        None => None,
    };
    let rps = found.number(&format!("{path}.rps"), written.rps, 1, 10_000)?;
    let from = written.from.map_or(SimTime::ZERO, |from| from.0);
    let until = written.until.map(|until| until.0);
    if until.is_some_and(|until| until <= from) {
        found.error(&format!("{path}.until"), Hint::new("until is not after from", "until 不晚于 from"));
    }
    if written.outside && !written.node.is_empty() {
        found.error(
            &format!("{path}.node"),
            Hint::new("a client that comes from outside is on no node", "从外部来的客户端不在任何节点上"),
        );
    }
    let taken = |name: &str| others.iter().any(|other| other.name == name);
    if taken(&written.name) {
        found.error(
            &format!("{path}.name"),
            Hint::new("another client has this name", "已有客户端用了这个名字"),
        );
    }
    let first = or(&written.name, &written.service);
    let mut names = core::iter::once(first.clone()).chain((2..).map(|n| format!("{first}-{n}")));
    Some(Traffic {
        name: names.find(|name| !taken(name)).unwrap_or(first),
        namespace: or(&written.namespace, "default"),
        service: written.service.clone(),
        port,
        path: or(&written.path, "/"),
        tcp: written.tcp,
        rps,
        timeout: written.timeout.map_or(TIMEOUT, |timeout| timeout.0),
        slow: written.slow.map_or(SLOW, |slow| slow.0),
        keep_alive: written.keep_alive,
        source: match (written.outside, written.node.as_str()) {
            (true, _) => TrafficFrom::Outside,
            (false, "") => TrafficFrom::Cluster,
            (false, node) => TrafficFrom::Node(node.to_string()),
        },
        from,
        until,
    })
}

/// A host outside the cluster.
pub(crate) fn outside(written: &ScenarioOutside, path: &str, found: &mut Problems) -> Option<OutsideHost> {
    if written.host.is_empty() {
        found.error(
            &format!("{path}.host"),
            Hint::new("required: the host's name or address", "必填：主机名或地址"),
        );
    }
    let host = written.host.clone();
    if !written.fails.is_empty() {
        let words = [
            ("unknown", &OutsideAnswer::Unknown),
            ("refused", &OutsideAnswer::Refused),
            ("silent", &OutsideAnswer::Silent),
        ];
        let answer = found.word(&format!("{path}.fails"), &written.fails, &words)?.clone();
        if written.status.is_some() || !written.body.is_empty() || written.took.is_some() {
            found.error(
                &format!("{path}.fails"),
                Hint::new(
                    "a host that fails answers nothing: leave out the one or the other",
                    "出故障的主机什么都不回答：两者去掉一个",
                ),
            );
        }
        return Some(OutsideHost { host, answer });
    }
    let status = found.number(&format!("{path}.status"), written.status.unwrap_or(200), 100, 599)?;
    let took = written.took.map_or(SimTime::from_millis(30), |took| took.0);
    Some(OutsideHost { host, answer: OutsideAnswer::Http { status, body: written.body.clone(), took } })
}
