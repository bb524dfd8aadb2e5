//! What may change on objects that live.

use lifepod_api::{Object, prepare, validation};
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
    prepare::for_update(&mut new, &old);
    let errors = validation::update(&new, &old);
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
