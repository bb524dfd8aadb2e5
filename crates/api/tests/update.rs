//! What may change on objects that live.

use lifepod_api::{Object, Subresource, prepare, validation};
use serde_json::{Value, json};

/// A stored object of this JSON.
fn stored(value: &Value) -> Object {
    let (mut object, errors) = Object::decode(value);
    assert_eq!(errors, []);
    object.meta_mut().namespace = "default".to_string();
    object.meta_mut().uid = "00000000-0000-4000-8000-000000000001".to_string();
    prepare::for_create(&mut object, Some(value));
    object
}

/// The server's answer to changing one member of a stored object: its errors, or the new generation.
fn change(from: &Value, edit: impl FnOnce(&mut Value)) -> Result<i64, Vec<String>> {
    let old = stored(from);
    let mut edited = from.clone();
    edit(&mut edited);
    let (mut new, _) = Object::decode(&edited);
    prepare::for_update(&mut new, &old, Subresource::Main);
    let errors = validation::update(&new, &old, Subresource::Main);
    if errors.is_empty() {
        Ok(new.meta().generation)
    } else {
        Err(errors.iter().map(ToString::to_string).collect())
    }
}

fn pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
        "containers": [{"name": "app", "image": "nginx:1", "ports": [{"containerPort": 80}]}],
        "tolerations": [{"key": "a", "operator": "Exists"}], "activeDeadlineSeconds": 60,
    }})
}

#[test]
fn a_pods_image_may_change_and_counts_as_a_new_generation() {
    assert_eq!(change(&pod(), |p| p["spec"]["containers"][0]["image"] = json!("nginx:2")), Ok(2));
    assert_eq!(change(&pod(), |p| p["metadata"]["labels"] = json!({"a": "b"})), Ok(1));
    assert_eq!(change(&pod(), |p| p["spec"]["activeDeadlineSeconds"] = json!(30)), Ok(2));
}

#[test]
fn little_else_of_a_pod_may_change() {
    let errors =
        change(&pod(), |p| p["spec"]["containers"][0]["ports"][0]["containerPort"] = json!(81)).unwrap_err();
    assert!(
        errors[0]
            .starts_with("spec: Forbidden: pod updates may not change fields other than `spec.containers")
    );
    assert_eq!(
        change(&pod(), |p| p["spec"]["containers"] =
            json!([{"name": "app", "image": "a"}, {"name": "b", "image": "b"}])),
        Err(vec!["spec.containers: Forbidden: pod updates may not add or remove containers".to_string()])
    );
    assert_eq!(
        change(&pod(), |p| p["spec"]["activeDeadlineSeconds"] = json!(90)),
        Err(vec![
            "spec.activeDeadlineSeconds: Invalid value: 90: must be less than or equal to previous value"
                .to_string()
        ])
    );
}

#[test]
fn a_deployments_selector_stays() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web", "v": "1"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}},
    }});
    assert_eq!(change(&deployment, |d| d["spec"]["replicas"] = json!(3)), Ok(2));
    assert_eq!(change(&deployment, |_| ()), Ok(1));
    assert_eq!(
        change(&deployment, |d| d["spec"]["selector"]["matchLabels"] = json!({"v": "1"})),
        Err(vec![
            "spec.selector: Invalid value: {\"matchLabels\":{\"v\":\"1\"}}: field is immutable".to_string()
        ])
    );
}

#[test]
fn a_jobs_template_stays_and_its_selector_is_the_servers() {
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}},
    }});
    assert_eq!(change(&job, |_| ()), Ok(1));
    assert_eq!(
        change(&job, |j| j["spec"]["parallelism"] = json!(2)),
        Err(vec![
            // Without completions the default of 1 is gone, too.
            "spec.completions: Invalid value: null: field is immutable".to_string(),
        ])
    );
    let errors =
        change(&job, |j| j["spec"]["template"]["spec"]["containers"][0]["image"] = json!("b")).unwrap_err();
    assert!(
        errors[0].starts_with("spec.template: Invalid value: {") && errors[0].ends_with("field is immutable")
    );
}

#[test]
fn a_refused_change_of_a_pod_is_shown_as_a_diff() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
        "containers": [{"name": "web", "image": "app:1", "ports": [{"containerPort": 80}]}],
    }});
    let errors =
        change(&pod, |p| p["spec"]["containers"][0]["ports"][0]["containerPort"] = json!(81)).unwrap_err();
    let (_, diff) = errors[0].split_once('\n').expect("a diff follows");
    assert_eq!(
        diff,
        r#"@@ -12,7 +12,7 @@
     {
      "Name": "",
      "HostPort": 0,
-     "ContainerPort": 80,
+     "ContainerPort": 81,
      "Protocol": "TCP",
      "HostIP": ""
     }
"#
    );
    // What concerns the host is in the security context, under Go's names.
    let errors = change(&pod, |p| p["spec"]["hostNetwork"] = json!(true)).unwrap_err();
    assert!(errors[0].contains("-  \"HostNetwork\": false,\n+  \"HostNetwork\": true,\n"), "{}", errors[0]);
}

#[test]
fn a_gated_pod_may_be_narrowed_down() {
    let gated = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
        "containers": [{"name": "a", "image": "a"}],
        "schedulingGates": [{"name": "example.com/wait"}],
        "nodeSelector": {"disk": "ssd"},
    }});
    assert_eq!(change(&gated, |p| p["spec"]["nodeSelector"]["zone"] = json!("a")), Ok(2));
    assert_eq!(
        change(&gated, |p| p["spec"]["nodeSelector"] = json!({"disk": "hdd"})),
        Err(vec![
            "spec.nodeSelector: Invalid value: {\"disk\":\"hdd\"}: only additions to spec.nodeSelector are allowed \
             (no mutations or deletions)"
                .to_string()
        ])
    );
    assert_eq!(
        change(&gated, |p| p["spec"]["affinity"] = json!({"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "zone", "operator": "Exists"}]}]}}})),
        Ok(2)
    );
    assert_eq!(change(&gated, |p| p["spec"]["schedulingGates"] = json!([])), Ok(2));
    assert_eq!(
        change(&gated, |p| p["spec"]["schedulingGates"][0]["name"] = json!("b")),
        Err(vec![
            "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"
                .to_string()
        ])
    );
}

#[test]
fn a_stateful_set_keeps_its_identity() {
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}},
    }});
    assert_eq!(change(&set, |s| s["spec"]["replicas"] = json!(3)), Ok(2));
    let errors = change(&set, |s| s["spec"]["serviceName"] = json!("other")).unwrap_err();
    assert!(
        errors[0].starts_with(
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template'"
        ),
        "{errors:?}"
    );
}

#[test]
fn a_suspended_jobs_pods_may_still_be_sent_elsewhere() {
    let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {
        "suspend": true,
        "completions": 1,
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}},
    }});
    let send = |j: &mut Value| j["spec"]["template"]["spec"]["nodeSelector"] = json!({"zone": "a"});
    assert_eq!(change(&job, send), Ok(2));
    let image = |j: &mut Value| j["spec"]["template"]["spec"]["containers"][0]["image"] = json!("b");
    assert!(
        change(&job, image).unwrap_err()[0]
            .starts_with("spec.template.spec: Invalid value: {\"Volumes\":null,")
    );
    job["spec"]["suspend"] = json!(false);
    assert!(change(&job, send).is_err());
}

#[test]
fn a_service_keeps_its_first_address() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
        "clusterIP": "10.0.0.5", "clusterIPs": ["10.0.0.5"], "ports": [{"port": 80}],
    }});
    assert_eq!(
        change(&service, |s| {
            s["spec"]["clusterIP"] = json!("10.0.0.6");
            s["spec"]["clusterIPs"] = json!(["10.0.0.6"]);
        }),
        Err(vec!["spec.clusterIPs[0]: Invalid value: [\"10.0.0.6\"]: may not change once set".to_string()])
    );
}

#[test]
fn what_is_immutable_says_so() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "immutable": true, "data": {"a": "1"}});
    assert_eq!(
        change(&map, |m| m["data"]["a"] = json!("2")),
        Err(vec!["data: Forbidden: field is immutable when `immutable` is set".to_string()])
    );
    let class = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "p"}, "value": 5});
    assert_eq!(
        change(&class, |c| c["value"] = json!(6)),
        Err(vec!["value: Forbidden: may not be changed in an update.".to_string()])
    );
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let errors =
        change(&claim, |c| c["spec"]["resources"]["requests"]["storage"] = json!("2Gi")).unwrap_err();
    assert!(errors[0].contains("for bound claims\n@@ "), "{errors:?}");
    assert!(errors[0].contains("-   \"storage\": \"1Gi\"\n+   \"storage\": \"2Gi\"\n"), "{errors:?}");
}
