//! What a person or fate does at a time.

use lifepod_api::duration::Duration;
use lifepod_api::object;

object! {
    /// What happens `at` a time: exactly one of the other fields says what.
    v1alpha1 ScenarioAction {
        at: Option<Duration> = "at",
        kubectl: Option<String> = "kubectl",
        apply: Option<String> = "apply",
        node: Option<ScenarioNodeFault> = "node",
        pod: Option<ScenarioPodFault> = "pod",
        container: Option<ScenarioContainerFault> = "container",
        image: Option<ScenarioImageFault> = "image",
        network: Option<ScenarioNetworkFault> = "network",
    }
    /// A node fails, `for` a time, or for good without it.
    v1alpha1 ScenarioNodeFault {
        name: String = "name",
        fails: String = "fails" ("lifepod.NodeFault"),
        for_: Option<Duration> = "for",
    }
    /// A pod's sandbox fails.
    v1alpha1 ScenarioPodFault {
        name: String = "name",
        namespace: String = "namespace",
        fails: String = "fails" ("lifepod.PodFault"),
    }
    /// A container's processes fail; `for` is for how long they are frozen.
    v1alpha1 ScenarioContainerFault {
        pod: String = "pod",
        namespace: String = "namespace",
        name: String = "name",
        fails: String = "fails" ("lifepod.ContainerFault"),
        for_: Option<Duration> = "for",
    }
    /// From now on pulls of an image fail, `for` a time.
    v1alpha1 ScenarioImageFault {
        image: String = "image",
        error: String = "error",
        for_: Option<Duration> = "for",
    }
    /// The cluster's network fails, `for` a time; `delay` is what each request takes more, `node` the one whose proxy
    /// stops, `pod` the one that the DNS does not answer.
    v1alpha1 ScenarioNetworkFault {
        fails: String = "fails" ("lifepod.NetworkFault"),
        node: String = "node",
        pod: String = "pod",
        namespace: String = "namespace",
        delay: Option<Duration> = "delay",
        for_: Option<Duration> = "for",
    }
}
