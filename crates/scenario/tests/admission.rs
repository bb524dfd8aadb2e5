//! The API server's admission plugins, from a text to what is stored or refused.

use lifepod_api::{Object, Pod};
use lifepod_engine::What;
use lifepod_scenario::{Options, prepare};

/// The pod of a text as it was first stored, or why it was refused.
fn admitted(text: &str) -> Result<Pod, String> {
    let prepared = prepare(text, &Options::default());
    let scenario = prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics));
    let run = scenario.run();
    for entry in run.trace.entries() {
        match &entry.what {
            What::Action(action) => {
                if let Some(why) = &action.refused {
                    return Err(why.clone());
                }
            }
            What::Object(revision) => {
                if let Object::Pod(pod) = &*revision.object {
                    return Ok(pod.clone());
                }
            }
            _ => {}
        }
    }
    panic!("no pod was stored")
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  containers:\n  - {name: app, image: nginx:1}\n";

fn with(before: &str, pod: &str) -> Result<Pod, String> {
    admitted(&format!("{before}\n---\n{pod}"))
}

#[test]
fn default_tolerations_and_priority() {
    let pod = admitted(POD).unwrap();
    let seconds: Vec<_> = pod.spec.tolerations.iter().map(|t| t.toleration_seconds).collect();
    assert_eq!(seconds, [Some(300), Some(300)]);
    assert_eq!(pod.spec.priority, Some(0));

    let class =
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1000\n";
    let pod = with(class, &format!("{POD}  priorityClassName: high\n")).unwrap();
    assert_eq!(pod.spec.priority, Some(1000));
    assert_eq!(
        admitted(&format!("{POD}  priorityClassName: low\n")).unwrap_err(),
        "pods \"web\" is forbidden: no PriorityClass with name low was found"
    );
}

#[test]
fn limit_ranges_fill_in_and_refuse() {
    let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: r}\nspec:\n  limits:\n  - type: Container\n    default: {cpu: 500m}\n    defaultRequest: {cpu: 100m}\n    max: {cpu: \"1\"}\n";
    let pod = with(range, POD).unwrap();
    let resources = &pod.spec.containers[0].resources;
    assert_eq!(
        (resources.requests["cpu"].to_string(), resources.limits["cpu"].to_string()),
        ("100m".into(), "500m".into())
    );
    let greedy = POD.replace("image: nginx:1", "image: nginx:1, resources: {limits: {cpu: 2}}");
    assert_eq!(
        with(range, &greedy).unwrap_err(),
        "pods \"web\" is forbidden: maximum cpu usage per Container is 1, but limit is 2"
    );
}

#[test]
fn quotas_refuse_what_would_be_too_much() {
    let quota =
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {requests.cpu: 100m}}\n";
    let greedy = POD.replace("image: nginx:1", "image: nginx:1, resources: {requests: {cpu: 2}}");
    let why = with(quota, &greedy).unwrap_err();
    assert!(
        why.starts_with("pods \"web\" is forbidden: exceeded quota: q, requested: requests.cpu=2"),
        "{why}"
    );
    let why = with(quota, POD).unwrap_err();
    assert!(why.contains("failed quota: q: must specify requests.cpu"), "{why}");
}

#[test]
fn a_runtime_class_brings_its_overhead() {
    let class = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\nhandler: kata\noverhead: {podFixed: {memory: 120Mi}}\n";
    let pod = with(class, &format!("{POD}  runtimeClassName: kata\n")).unwrap();
    assert_eq!(pod.spec.overhead["memory"].to_string(), "120Mi");
    assert_eq!(
        admitted(&format!("{POD}  runtimeClassName: gvisor\n")).unwrap_err(),
        "pods \"web\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found"
    );
}

#[test]
fn service_account_tokens_are_a_switch() {
    assert_eq!(admitted(POD).unwrap().spec.volumes, []);
    let scenario =
        "apiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec: {cluster: {serviceAccountTokens: true}}\n";
    let pod = with(scenario, POD).unwrap();
    assert_eq!(pod.spec.service_account_name, "default");
    assert!(pod.spec.volumes[0].name.starts_with("kube-api-access-"));
    assert_eq!(
        pod.spec.containers[0].volume_mounts[0].mount_path,
        "/var/run/secrets/kubernetes.io/serviceaccount"
    );
    assert_eq!(
        with(scenario, &format!("{POD}  serviceAccountName: robot\n")).unwrap_err(),
        "pods \"web\" is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found"
    );
}

#[test]
fn old_clusters_have_pod_presets() {
    let preset = "apiVersion: settings.k8s.io/v1alpha1\nkind: PodPreset\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {app: web}}\n  env: [{name: DB_PORT, value: \"6379\"}]\n";
    let old = "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec: {cluster: {version: \"1.19\"}}\n";
    let pod = with(&format!("{preset}{old}"), POD).unwrap();
    assert_eq!(pod.spec.containers[0].env[0].name, "DB_PORT");
    assert!(pod.metadata.annotations.contains_key("podpreset.admission.kubernetes.io/podpreset-db"));
    // A newer cluster does not know the kind, and the text says what replaced it.
    let prepared = prepare(&format!("{preset}---\n{POD}"), &Options::default());
    assert!(
        prepared.diagnostics[0].hint.en().contains("removed in Kubernetes 1.20"),
        "{:?}",
        prepared.diagnostics[0]
    );
}
