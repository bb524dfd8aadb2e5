//! Refusals that only unusual manifests meet, in the API server's words.

use lifepod_api::{Object, prepare, validation};
use serde_json::{Value, json};

fn errors(object: Value) -> Vec<String> {
    let mut value = object;
    value["metadata"]["namespace"] = json!("default");
    let (mut object, found) = Object::decode(&value);
    assert_eq!(found, []);
    prepare::for_create(&mut object, None);
    validation::create(&object).iter().map(ToString::to_string).collect()
}

/// A pod with more in its spec.
fn pod(more: Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
        "containers": [{"name": "a", "image": "a"}]}});
    for (key, value) in more.as_object().expect("an object") {
        pod["spec"][key] = value.clone();
    }
    pod
}

#[test]
fn windows_users_have_names_of_their_own() {
    let named =
        |name: &str| errors(pod(json!({"securityContext": {"windowsOptions": {"runAsUserName": name}}})));
    assert_eq!(named("ContainerUser"), [""; 0]);
    assert_eq!(named("CORP\\jane"), [""; 0]);
    let path = "spec.securityContext.windowsOptions.runAsUserName: Invalid value";
    assert_eq!(named(""), [format!("{path}: \"\": runAsUserName cannot be an empty string")]);
    assert_eq!(
        named("a\\b\\c"),
        [format!("{path}: \"a\\\\b\\\\c\": runAsUserName cannot contain more than one backslash")]
    );
    assert_eq!(
        named(".."),
        [format!("{path}: \"..\": runAsUserName's User cannot contain only periods or spaces")]
    );
}

#[test]
fn host_processes_need_the_hosts_network() {
    assert_eq!(
        errors(pod(json!({"securityContext": {"windowsOptions": {"hostProcess": true}}}))),
        [
            "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"
        ]
    );
}

#[test]
fn a_pod_in_the_hosts_network_sets_none_of_its_parameters() {
    let sysctl = json!({"hostNetwork": true, "securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]}});
    assert_eq!(
        errors(pod(sysctl)),
        [
            "spec.securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when \
          'hostNetwork' is true"
        ]
    );
}

#[test]
fn finalizers_are_standard_or_qualified() {
    let mut object = pod(json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/wait", "wait"]);
    assert_eq!(
        errors(object),
        [
            "metadata.finalizers[1]: Invalid value: \"wait\": name is neither a standard finalizer name nor is it fully \
          qualified"
        ]
    );
}

#[test]
fn the_sides_of_a_limit_range_agree() {
    let range = |limit: Value| {
        errors(
            json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r"}, "spec": {"limits": [limit]}}),
        )
    };
    assert_eq!(range(json!({"type": "Container", "min": {"cpu": "1"}, "max": {"cpu": "2"}})), [""; 0]);
    assert_eq!(
        range(json!({"type": "Pod", "min": {"cpu": "2"}, "max": {"cpu": "1"}})),
        ["spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1"]
    );
    assert_eq!(
        range(json!({"type": "pods"})),
        ["spec.limits[0].type: Invalid value: \"pods\": must be a standard limit type or fully qualified"]
    );
    assert_eq!(
        range(
            json!({"type": "Container", "min": {"cpu": "1"}, "max": {"cpu": "2"}, "maxLimitRequestRatio": {"cpu": "3"}})
        ),
        [
            "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = 2.000000"
        ]
    );
}

#[test]
fn quotas_count_what_can_be_counted() {
    let quota = |spec: Value| {
        errors(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}))
    };
    assert_eq!(
        quota(json!({"hard": {"pods": "5", "requests.cpu": "500m", "count/jobs.batch": "2"}})),
        [""; 0]
    );
    assert_eq!(
        quota(json!({"hard": {"pods": "500m"}})),
        ["spec.hard[pods]: Invalid value: \"500m\": must be an integer"]
    );
    assert_eq!(
        quota(json!({"hard": {"apples": "1"}})),
        ["spec.hard[apples]: Invalid value: \"apples\": must be a standard resource for quota"]
    );
}

#[test]
fn a_secret_holds_what_its_type_promises() {
    let secret = |kind: &str, data: Value| {
        errors(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": kind, "data": data}),
        )
    };
    assert_eq!(secret("Opaque", json!({})), [""; 0]);
    assert_eq!(secret("kubernetes.io/tls", json!({"tls.crt": "AA=="})), ["data[tls.key]: Required value"]);
    // Plain text counts as data.
    let plain = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "kubernetes.io/tls",
        "stringData": {"tls.crt": "a", "tls.key": "b"}});
    assert_eq!(errors(plain), [""; 0]);
    assert_eq!(secret("kubernetes.io/basic-auth", json!({"password": "AA=="})), [""; 0]);
    assert_eq!(
        secret("kubernetes.io/service-account-token", json!({})),
        ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]
    );
}
