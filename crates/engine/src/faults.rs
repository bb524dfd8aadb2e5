//! Lets faults happen, and mends them.

use crate::config::ImageRule;
use crate::fault::{ContainerFault, Fault, NetworkFault, NodeFault};
use crate::kernel::Kernel;
use crate::kubelet::{Kubelet, RuntimeFault};
use alloc::boxed::Box;
use lifepod_api::status::Refusal;
use lifepod_api::{KINDS, Status};

/// What cannot be found: in the API server's words.
pub(crate) fn not_found(kind: &str, name: &str) -> Refusal {
    let kind = KINDS.iter().find(|k| k.kind == kind).unwrap_or(&KINDS[0]);
    Box::new(Status::not_found(kind, name))
}

/// The kubelet of a node.
pub(crate) fn kubelet<'a>(kubelets: &'a mut [Kubelet], node: &str) -> Result<&'a mut Kubelet, Refusal> {
    kubelets.iter_mut().find(|k| k.node_name() == node).ok_or_else(|| not_found("Node", node))
}

/// Lets a fault happen now.
///
/// # Errors
/// There is no such node, pod or container.
pub(crate) fn inflict(kernel: &mut Kernel, kubelets: &mut [Kubelet], fault: &Fault) -> Result<(), Refusal> {
    match fault {
        Fault::Node { name, what, .. } => {
            let kubelet = kubelet(kubelets, name)?;
            match what {
                NodeFault::KernelPanic | NodeFault::PowerLoss => kubelet.power_off(kernel),
                NodeFault::KubeletStop => kubelet.stop(kernel),
                NodeFault::Partition => kubelet.cut_off(kernel),
                NodeFault::VmDeleted => {
                    kubelet.power_off(kernel);
                    kernel.heartbeats.machine_is_gone(name);
                }
                NodeFault::Shutdown => kubelet.shut_down(kernel),
                NodeFault::DiskDeath => kubelet.runtime_fails(kernel),
                NodeFault::Freeze => kubelet.freeze(kernel),
            }
            Ok(())
        }
        Fault::Sandbox { namespace, pod } => {
            runtime_fault(kernel, kubelets, namespace, pod, &RuntimeFault::SandboxDies)
        }
        Fault::Container { namespace, pod, name, what } => {
            let fault = match what {
                ContainerFault::Kill => RuntimeFault::Exit { container: name.clone(), code: 137 },
                ContainerFault::Oom => RuntimeFault::OutOfMemory { container: name.clone() },
                ContainerFault::Freeze(_) => RuntimeFault::Freeze { container: name.clone(), frozen: true },
            };
            runtime_fault(kernel, kubelets, namespace, pod, &fault)
        }
        Fault::Image { image, error, .. } => {
            let rule = ImageRule { image: image.clone(), error: Some(error.clone()), ..ImageRule::default() };
            kernel.config.images.insert(0, rule);
            Ok(())
        }
        Fault::Network { what: NetworkFault::Slow(delay), .. } => {
            kernel.config.latency.request += *delay;
            Ok(())
        }
        Fault::Network { what: NetworkFault::Dns, .. } => {
            kernel.network.dns_is_down = true;
            Ok(())
        }
        Fault::Network { what: NetworkFault::DnsOf { namespace, pod }, .. } => {
            kernel.network.deaf.insert((namespace.clone(), pod.clone()));
            Ok(())
        }
        Fault::Network { what: NetworkFault::Proxy { node }, .. } => {
            let index = node_index(kernel, node)?;
            kernel.stop_proxy(index);
            Ok(())
        }
    }
}

/// The place of a node in the configuration.
fn node_index(kernel: &Kernel, node: &str) -> Result<u32, Refusal> {
    let place = kernel.config.nodes.iter().position(|n| n.name == node);
    place.map(|index| index as u32).ok_or_else(|| not_found("Node", node))
}

/// Ends a fault. Nodes come back, images can be pulled again; what was lost stays lost.
///
/// # Errors
/// There is no such node.
pub(crate) fn mend(kernel: &mut Kernel, kubelets: &mut [Kubelet], fault: &Fault) -> Result<(), Refusal> {
    match fault {
        Fault::Node { name, what, .. } => {
            let kubelet = kubelet(kubelets, name)?;
            match what {
                NodeFault::Partition => kubelet.reconnect(kernel),
                // A machine that was deleted does not come back.
                NodeFault::VmDeleted => {}
                NodeFault::DiskDeath => kubelet.runtime_answers(kernel),
                NodeFault::Freeze => kubelet.thaw(kernel),
                NodeFault::KernelPanic
                | NodeFault::PowerLoss
                | NodeFault::KubeletStop
                | NodeFault::Shutdown => kubelet.start(kernel),
            }
        }
        Fault::Image { image, error, .. } => {
            let rules = &mut kernel.config.images;
            if let Some(at) = rules.iter().position(|r| r.image == *image && r.error.as_ref() == Some(error))
            {
                rules.remove(at);
            }
        }
        Fault::Network { what: NetworkFault::Slow(delay), .. } => {
            kernel.config.latency.request = kernel.config.latency.request.since(*delay);
        }
        Fault::Network { what: NetworkFault::Dns, .. } => kernel.network.dns_is_down = false,
        Fault::Network { what: NetworkFault::DnsOf { namespace, pod }, .. } => {
            kernel.network.deaf.remove(&(namespace.clone(), pod.clone()));
        }
        Fault::Network { what: NetworkFault::Proxy { node }, .. } => {
            let index = node_index(kernel, node)?;
            kernel.start_proxy(index);
        }
        Fault::Container { namespace, pod, name, what: ContainerFault::Freeze(_) } => {
            let thaw = RuntimeFault::Freeze { container: name.clone(), frozen: false };
            // A pod that is gone has nothing to thaw.
            let _gone = runtime_fault(kernel, kubelets, namespace, pod, &thaw);
        }
        Fault::Sandbox { .. } | Fault::Container { .. } => {}
    }
    Ok(())
}

/// Something happens to a pod inside its container runtime.
///
/// # Errors
/// There is no such pod, or it has no node.
pub(crate) fn runtime_fault(
    kernel: &mut Kernel,
    kubelets: &mut [Kubelet],
    namespace: &str,
    pod: &str,
    fault: &RuntimeFault,
) -> Result<(), Refusal> {
    let pod = kernel.find_pod(namespace, pod).ok_or_else(|| not_found("Pod", pod))?;
    kubelet(kubelets, &pod.spec.node_name)?.runtime_fault(kernel, &pod.uid(), fault);
    Ok(())
}
