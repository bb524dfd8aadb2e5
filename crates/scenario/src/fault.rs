//! Faults of a Scenario's actions, as the engine's data.

use crate::cluster::or;
use crate::problems::Problems;
use lifepod_engine::{ContainerFault, Fault, NetworkFault, NodeFault};
use lifepod_manifest::Hint;
use lifepod_manifest::scenario::ScenarioAction;

const NODE: &[(&str, NodeFault)] = &[
    ("kernelPanic", NodeFault::KernelPanic),
    ("powerLoss", NodeFault::PowerLoss),
    ("partition", NodeFault::Partition),
    ("kubeletStop", NodeFault::KubeletStop),
    ("diskDeath", NodeFault::DiskDeath),
    ("freeze", NodeFault::Freeze),
    ("shutdown", NodeFault::Shutdown),
    ("vmDeleted", NodeFault::VmDeleted),
];

/// What breaks, when an action names it.
pub(crate) fn read(action: &ScenarioAction, path: &str, found: &mut Problems) -> Option<Fault> {
    if let Some(node) = &action.node {
        required(&node.name, &format!("{path}.node.name"), found);
        let what = found.word(&format!("{path}.node.fails"), &node.fails, NODE)?;
        return Some(Fault::Node { name: node.name.clone(), what, lasts: node.for_.map(|d| d.0) });
    }
    if let Some(pod) = &action.pod {
        required(&pod.name, &format!("{path}.pod.name"), found);
        found.word(&format!("{path}.pod.fails"), &pod.fails, &[("sandboxDies", ())])?;
        return Some(Fault::Sandbox { namespace: or(&pod.namespace, "default"), pod: pod.name.clone() });
    }
    if let Some(container) = &action.container {
        required(&container.pod, &format!("{path}.container.pod"), found);
        required(&container.name, &format!("{path}.container.name"), found);
        let lasts = container.for_.map(|d| d.0);
        let words = [
            ("kill", ContainerFault::Kill),
            ("oom", ContainerFault::Oom),
            ("freeze", ContainerFault::Freeze(lasts)),
        ];
        let what = found.word(&format!("{path}.container.fails"), &container.fails, &words)?;
        if lasts.is_some() && container.fails != "freeze" {
            found.error(
                &format!("{path}.container.for"),
                Hint::new("for belongs to freeze", "for 要和 freeze 一起写"),
            );
        }
        return Some(Fault::Container {
            namespace: or(&container.namespace, "default"),
            pod: container.pod.clone(),
            name: container.name.clone(),
            what,
        });
    }
    if let Some(image) = &action.image {
        required(&image.image, &format!("{path}.image.image"), found);
        required(&image.error, &format!("{path}.image.error"), found);
        return Some(Fault::Image {
            image: image.image.clone(),
            error: image.error.clone(),
            lasts: image.for_.map(|d| d.0),
        });
    }
    let network = action.network.as_ref()?;
    #[derive(Clone, Copy, PartialEq)]
    enum Fails {
        Dns,
        Slow,
        Proxy,
    }
    let words = [("dns", Fails::Dns), ("slow", Fails::Slow), ("proxy", Fails::Proxy)];
    let fails = found.word(&format!("{path}.network.fails"), &network.fails, &words)?;
    if (fails == Fails::Slow) != network.delay.is_some() {
        found.error(
            &format!("{path}.network.delay"),
            Hint::new("delay belongs to slow, and slow needs it", "delay 和 slow 要一起写"),
        );
    }
    if (fails == Fails::Proxy) == network.node.is_empty() {
        found.error(
            &format!("{path}.network.node"),
            Hint::new("node belongs to proxy, and proxy needs it", "node 和 proxy 要一起写"),
        );
    }
    if fails != Fails::Dns && !network.pod.is_empty() {
        found.error(&format!("{path}.network.pod"), Hint::new("pod belongs to dns", "pod 要和 dns 一起写"));
    }
    let what = match fails {
        Fails::Dns if network.pod.is_empty() => NetworkFault::Dns,
        Fails::Dns => {
            let namespace = or(&network.namespace, "default");
            NetworkFault::DnsOf { namespace, pod: network.pod.clone() }
        }
        Fails::Slow => NetworkFault::Slow(network.delay.map(|d| d.0).unwrap_or_default()),
        Fails::Proxy => NetworkFault::Proxy { node: network.node.clone() },
    };
    Some(Fault::Network { what, lasts: network.for_.map(|d| d.0) })
}

fn required(text: &str, path: &str, found: &mut Problems) {
    if text.is_empty() {
        found.error(path, Hint::new("required", "必填"));
    }
}
