//! `kube`, the Rust client, works on `lifepod serve` as on any cluster.

use crate::serving::Server;
use futures_util::TryStreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{
    DeleteParams, EvictParams, ListParams, LogParams, ObjectMeta, Patch, PatchParams, PostParams, WatchEvent,
    WatchParams,
};
use kube::{Api, Client, Config, ResourceExt as _};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::pin;
use std::process::Command;

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: app, image: 'busybox:1.36', command: [sh, -c, 'echo hello; sleep 3600']}]
";

/// The program: `$LIFEPOD`, or as it is built now, beside this test.
fn lifepod() -> PathBuf {
    if let Some(program) = std::env::var_os("LIFEPOD") {
        return program.into();
    }
    let build = Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "lifepod"]).status();
    assert!(build.is_ok_and(|status| status.success()), "the command can be built");
    let own = std::env::current_exe().expect("this test is a program");
    own.ancestors().nth(2).expect("it stands in deps/").join("lifepod")
}

/// Runs a test of a client on a quick cluster.
fn with_client(test: impl AsyncFnOnce(Client)) {
    let server = Server::start(lifepod(), WEB, &["--speed", "20"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("http://{}", server.address).parse().expect("an address");
        test(Client::try_from(Config::new(url)).expect("a client")).await;
    });
}

#[test]
fn a_rollout_is_watched_pod_by_pod() {
    with_client(async |client| {
        let pods: Api<Pod> = Api::default_namespaced(client.clone());
        let deployments: Api<Deployment> = Api::default_namespaced(client);
        let before = pods.list(&ListParams::default().labels("app=web")).await.expect("pods");
        let mut old: BTreeSet<String> = before.items.iter().map(|p| p.name_any()).collect();
        assert_eq!(old.len(), 2);
        let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "busybox:1.37"}]}}}});
        deployments
            .patch("web", &PatchParams::default(), &Patch::Strategic(patch))
            .await
            .expect("a new image");

        let version = before.metadata.resource_version.expect("a list has a version");
        let params = WatchParams::default().labels("app=web").timeout(60);
        let mut events = pin!(pods.watch(&params, &version).await.expect("a watch"));
        let mut ready = BTreeSet::new();
        while let Some(event) = events.try_next().await.expect("events") {
            match event {
                WatchEvent::Added(pod) => assert!(!old.contains(&pod.name_any()), "an old pod came again"),
                WatchEvent::Modified(pod) if !old.contains(&pod.name_any()) => {
                    let conditions = pod.status.and_then(|s| s.conditions).unwrap_or_default();
                    if conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True") {
                        ready.insert(pod.metadata.name);
                    }
                }
                WatchEvent::Deleted(pod) => assert!(old.remove(&pod.name_any()), "an old pod goes"),
                WatchEvent::Modified(_) | WatchEvent::Bookmark(_) => {}
                WatchEvent::Error(error) => panic!("{error:?}"),
            }
            if old.is_empty() && ready.len() == 2 {
                return;
            }
        }
        panic!("the watch ended before the rollout; old: {old:?}, ready: {ready:?}");
    });
}

#[test]
fn objects_are_created_patched_applied_and_deleted() {
    with_client(async |client| {
        let maps: Api<ConfigMap> = Api::default_namespaced(client);
        let map = ConfigMap {
            metadata: ObjectMeta { name: Some("c".into()), ..ObjectMeta::default() },
            data: Some([("a".into(), "1".into())].into()),
            ..ConfigMap::default()
        };
        maps.create(&PostParams::default(), &map).await.expect("a new object");
        let again = maps.create(&PostParams::default(), &map).await.expect_err("it is there");
        assert!(again.to_string().contains("configmaps \"c\" already exists"), "{again}");
        let merged = Patch::Merge(json!({"data": {"b": "2"}}));
        let patched = maps.patch("c", &PatchParams::default(), &merged).await.expect("a patch");
        assert_eq!(patched.data.map(|data| data.len()), Some(2));

        let applied = Patch::Apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "3"},
        }));
        let refused = maps.patch("c", &PatchParams::apply("me"), &applied).await.expect_err("a conflict");
        assert!(refused.to_string().contains("Apply failed with 1 conflict"), "{refused}");
        let forced = maps.patch("c", &PatchParams::apply("me").force(), &applied).await.expect("forced");
        assert_eq!(forced.data.and_then(|data| data.get("a").cloned()), Some("3".into()));

        maps.delete("c", &DeleteParams::default()).await.expect("it goes");
        assert!(maps.get_opt("c").await.expect("an answer").is_none());
    });
}

#[test]
fn pods_are_scaled_read_and_evicted() {
    with_client(async |client| {
        let pods: Api<Pod> = Api::default_namespaced(client.clone());
        let deployments: Api<Deployment> = Api::default_namespaced(client);
        let scale = Patch::Merge(json!({"spec": {"replicas": 1}}));
        let scaled = deployments.patch_scale("web", &PatchParams::default(), &scale).await.expect("a scale");
        assert_eq!(scaled.spec.and_then(|spec| spec.replicas), Some(1));
        let running = pods.list(&ListParams::default().fields("status.phase=Running")).await.expect("pods");
        let name = running.items.iter().map(|p| p.name_any()).next().expect("a pod runs");
        assert_eq!(pods.logs(&name, &LogParams::default()).await.expect("its log"), "hello\n");
        pods.evict(&name, &EvictParams::default()).await.expect("no budget keeps it");
        let pod = pods.get_opt(&name).await.expect("an answer");
        assert!(pod.is_none_or(|pod| pod.metadata.deletion_timestamp.is_some()), "it goes");
    });
}
