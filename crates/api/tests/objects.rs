//! Objects go from JSON to types and back.

use lifepod_api::wire::DecodeErrorKind;
use lifepod_api::{Object, Pod, Quantity};
use serde_json::{Value, json};

/// What the type makes of `value`, as JSON again.
fn round_trip(value: Value) -> Value {
    let (object, errors) = Object::decode(&value);
    assert_eq!(errors, []);
    object.to_value()
}

#[test]
fn a_pod_survives_the_trip() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "labels": {"app": "web"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "containers": [{
                "name": "app", "image": "nginx", "resources": {"limits": {"cpu": "100m"}},
                "livenessProbe": {"httpGet": {"path": "/", "port": 80}},
                "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            }],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "ephemeralContainers": [
                {"name": "dbg", "image": "busybox", "resources": {}, "targetContainerName": "app"},
            ],
        },
        "status": {"phase": "Pending", "conditions": [
            {"type": "Ready", "status": "False", "lastProbeTime": null, "lastTransitionTime": null},
        ]},
    });
    assert_eq!(round_trip(pod.clone()), pod);
    let Object::Pod(typed) = Object::decode(&pod).0 else { panic!("a pod") };
    assert_eq!(typed.spec.ephemeral_containers[0].common.image, "busybox");
    assert_eq!(typed.spec.containers[0].resources.limits["cpu"], Quantity::parse("0.1").unwrap());
}

#[test]
fn what_go_writes_without_omitempty_is_written() {
    assert_eq!(
        round_trip(json!({"apiVersion": "v1", "kind": "Pod"})),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": []}, "status": {}}),
    );
}

#[test]
fn strict_errors_speak_as_the_server() {
    let (_, errors) = Object::decode(&json!({
        "apiVersion": "v1", "kind": "Pod",
        "spec": {"containers": [{"name": "a", "foo": 1, "env": [{"name": "X", "value": 8080}]}]},
    }));
    let said: Vec<_> = errors.iter().map(|e| (e.kind, e.message.as_str())).collect();
    assert_eq!(
        said,
        [
            (
                DecodeErrorKind::Type,
                "json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string"
            ),
            (DecodeErrorKind::UnknownField, "unknown field \"spec.containers[0].foo\""),
        ]
    );
}

#[test]
fn serde_reads_and_writes_the_same() {
    let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "a"}})).unwrap();
    assert_eq!(pod.metadata.name, "a");
    assert_eq!(serde_json::to_value(&pod).unwrap()["metadata"], json!({"name": "a"}));
}

#[test]
fn an_unknown_kind_is_carried() {
    let value =
        json!({"apiVersion": "x.y/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"a": [1]}});
    assert_eq!(round_trip(value.clone()), value);
}
