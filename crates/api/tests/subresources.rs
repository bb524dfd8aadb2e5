//! Writes to a part of an object: what each may change, and what the server says to the rest.

use lifepod_api::scale::Scale;
use lifepod_api::{Object, Subresource, prepare, validation};
use serde_json::{Value, json};

fn stored(value: &Value) -> Object {
    let (mut object, errors) = Object::decode(value);
    assert_eq!(errors, []);
    object.meta_mut().namespace = "default".to_string();
    prepare::for_create(&mut object, Some(value));
    object
}

/// The pod after a write to one of its parts, or the server's errors.
fn write(sub: Subresource, edit: impl FnOnce(&mut Value)) -> Result<Object, Vec<String>> {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
        "containers": [{
            "name": "app", "image": "nginx:1",
            "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}},
        }],
    }});
    let old = stored(&pod);
    let mut edited = old.to_value();
    edit(&mut edited);
    let (mut new, errors) = Object::decode(&edited);
    assert_eq!(errors, []);
    prepare::for_update(&mut new, &old, sub);
    let errors = validation::update(&new, &old, sub);
    if errors.is_empty() { Ok(new) } else { Err(errors.iter().map(ToString::to_string).collect()) }
}

#[test]
fn a_resize_changes_sizes_alone_and_counts_as_a_new_generation() {
    let pod = write(Subresource::Resize, |p| {
        p["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("150m");
        p["spec"]["containers"][0]["image"] = json!("nginx:2");
        p["metadata"]["labels"] = json!({"a": "b"});
    });
    let pod = pod.expect("requests may grow").to_value();
    assert_eq!(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"], "150m");
    assert_eq!(pod["spec"]["containers"][0]["image"], "nginx:1");
    assert_eq!((&pod["metadata"]["labels"], &pod["metadata"]["generation"]), (&Value::Null, &json!(2)));
}

#[test]
fn a_resize_keeps_the_quality_of_service_and_what_was_asked_for() {
    let resources = |to: Value| {
        write(Subresource::Resize, |p| p["spec"]["containers"][0]["resources"] = to).expect_err("is refused")
    };
    assert_eq!(
        resources(
            json!({"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"cpu": "200m", "memory": "1Gi"}})
        ),
        ["spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing"]
    );
    assert_eq!(
        resources(json!({"requests": {"cpu": "100m"}})),
        ["spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"]
    );
    assert_eq!(
        resources(
            json!({"requests": {"cpu": "100m", "ephemeral-storage": "1Gi"}, "limits": {"cpu": "200m"}})
        ),
        ["spec: Forbidden: only cpu and memory resources are mutable"]
    );
}

#[test]
fn a_plain_update_may_not_resize() {
    let errors = write(Subresource::Main, |p| {
        p["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("150m");
    });
    let errors = errors.expect_err("only the subresource may");
    assert!(
        errors[0].starts_with("spec: Forbidden: pod updates may not change fields other than"),
        "{errors:?}"
    );
}

#[test]
fn ephemeral_containers_come_and_stay() {
    let debug = json!([{"name": "debug", "image": "busybox:1", "targetContainerName": "app"}]);
    let pod = write(Subresource::EphemeralContainers, |p| p["spec"]["ephemeralContainers"] = debug.clone());
    let pod = pod.expect("a container for a look inside may be added");
    let value = pod.to_value();
    assert_eq!(value["spec"]["ephemeralContainers"][0]["name"], "debug");

    let mut without = pod.clone();
    if let Object::Pod(without) = &mut without {
        without.spec.ephemeral_containers.clear();
    }
    let errors = validation::update(&without, &pod, Subresource::EphemeralContainers);
    assert_eq!(
        errors[0].to_string(),
        "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not be removed\n"
    );
    let errors = write(Subresource::EphemeralContainers, |p| {
        p["spec"]["ephemeralContainers"] =
            json!([{"name": "d", "image": "busybox:1", "targetContainerName": "no"}]);
    });
    assert_eq!(
        errors.expect_err("nothing to look into"),
        ["spec.ephemeralContainers[0].targetContainerName: Not found: \"no\""]
    );
}

#[test]
fn a_status_is_written_without_the_rest_and_keeps_its_class() {
    let pod = write(Subresource::Status, |p| {
        p["spec"]["containers"][0]["image"] = json!("nginx:2");
        p["status"]["message"] = json!("hello");
        p["status"]["qosClass"] = json!("");
    });
    let pod = pod.expect("a message is free").to_value();
    assert_eq!(pod["spec"]["containers"][0]["image"], "nginx:1");
    assert_eq!(
        (&pod["status"]["message"], &pod["status"]["qosClass"]),
        (&json!("hello"), &json!("Burstable"))
    );

    let errors = write(Subresource::Status, |p| p["status"]["qosClass"] = json!("Guaranteed"));
    let error = "status.qosClass: Invalid value: \"Guaranteed\": field is immutable";
    assert_eq!(errors.expect_err("the class stays"), [error]);
}

#[test]
fn a_scale_shows_and_sets_replicas() {
    let deployment = stored(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
            "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [
                {"key": "tier", "operator": "NotIn", "values": ["b", "a"]}, {"key": "aa", "operator": "Exists"},
            ]},
            "template": {"metadata": {"labels": {"app": "web", "aa": ""}}, "spec": {"containers": [
                {"name": "app", "image": "nginx:1"},
            ]}},
        },
    }));
    let mut scale = Scale::of(&deployment).expect("a Deployment scales");
    assert_eq!((scale.spec.replicas, scale.status.selector.as_str()), (1, "aa,app=web,tier notin (a,b)"));
    scale.spec.replicas = 3;
    let mut scaled = scale.put_on(&deployment).expect("3 is fine");
    prepare::for_update(&mut scaled, &deployment, Subresource::Scale);
    assert_eq!(scaled.to_value()["spec"]["replicas"], 3);
    assert_eq!(scaled.meta().generation, 2);
    scale.spec.replicas = -1;
    assert_eq!(
        scale.put_on(&deployment).expect_err("fewer than none").message,
        "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    );
    assert!(!Subresource::Scale.is_of("DaemonSet") && !Subresource::Status.is_of("ConfigMap"));
}
