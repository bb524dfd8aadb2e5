//! What a run assumes is shown on the text, and one edit says it instead.

use lifepod_engine::What;
use lifepod_engine::trace::{Call, RuntimeCall};
use lifepod_scenario::{Note, Options, assumptions, prepare};

/// The text that says what a note had to assume.
fn say(note: &Note, text: &str) -> String {
    note.say.as_ref().expect("there is a change that says it").apply(text)
}

fn notes(text: &str) -> Vec<Note> {
    let prepared = prepare(text, &Options::default());
    let run = prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics)).run();
    assumptions(text, &prepared.documents, &run.trace)
}

const UNKNOWN_IMAGE: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  containers:
  - name: app
    image: example.com/shop:3
    ports:
    - containerPort: 8080
";

const UNKNOWN_COMMAND: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: job
spec:
  containers:
  - name: app
    image: example.com/shop:3
    command:
    - sh
    - -c
    - |
      echo begin
      shop-migrate --all
";

#[test]
fn an_unknown_image_is_a_server_until_somebody_says() {
    let found = notes(UNKNOWN_IMAGE);
    assert_eq!(found.len(), 1, "{found:#?}");
    let note = &found[0];
    assert_eq!(&UNKNOWN_IMAGE[note.range.clone()], "example.com/shop:3");
    assert_eq!((note.line, note.column), (8, 12));
    assert_eq!(
        note.say.as_ref().map(|say| say.insert.as_str()),
        Some(
            "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  behaviors:\n  - pods: \"shop\"\n    \
             container: app\n    run:\n    - listen: 8080\n    onTerm: {after: 100ms, exit: 0}\n"
        )
    );
}

#[test]
fn an_edit_settles_it() {
    let scenario = "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n";
    for rest in [
        String::new(),
        format!("{scenario}  seed: 3\n"),
        format!("{scenario}    horizon: 5m\n    seed: 3\n"),
        format!("{scenario}  behaviors:\n  - {{pods: other}}\n"),
        format!("{scenario}  behaviors:\n    - pods: other\n      run: [{{listen: 80}}]\n  seed: 4\n"),
        format!("{scenario}  behaviors: []\n"),
        format!("{scenario}  behaviors: [{{pods: other}}]\n"),
    ] {
        let text = format!("{UNKNOWN_IMAGE}{rest}");
        let note = notes(&text).remove(0);
        let said = say(&note, &text);
        assert_eq!(notes(&said), [], "{said}");
    }
}

#[test]
fn words_in_a_script_are_underlined_where_they_stand() {
    let found = notes(UNKNOWN_COMMAND);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(&UNKNOWN_COMMAND[found[0].range.clone()], "shop-migrate --all");
    assert_eq!(found[0].line, 14);
}

#[test]
fn the_note_can_be_read_in_chinese() {
    let image = notes(UNKNOWN_IMAGE);
    assert_eq!(image[0].assumed_zh, "假定镜像里的程序在声明的端口上提供服务，直到收到停止信号");
    let command = notes(UNKNOWN_COMMAND);
    assert!(command.iter().all(|note| note.assumed_zh != note.assumed), "{command:#?}");
}

#[test]
fn a_host_outside_is_told_of_as_a_host() {
    let text = r#"apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: legacy}
subsets: [{addresses: [{ip: 10.20.30.40}], ports: [{port: 80}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers:
  - name: client
    image: busybox:1.36
    command: [sh, -c, "sleep 5; wget -q -O- http://legacy/; wget -q -O- http://api.example.com/; sleep 9999"]
"#;
    let found = notes(text);
    let hosts: Vec<&str> = found.iter().map(|note| note.subject.as_str()).collect();
    assert_eq!(hosts, ["10.20.30.40", "api.example.com"]);
    assert!(found.iter().all(|note| note.assumed_zh.contains("集群之外")), "{found:#?}");
    let once = say(&found[0], text);
    let left = notes(&once);
    assert_eq!(left.len(), 1, "{once}");
    let twice = say(&left[0], &once);
    assert!(notes(&twice).is_empty(), "{twice}");
}

const RECORDED: &str = r#"apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, creationTimestamp: "2026-03-02T10:00:00Z"}
spec:
  containers:
  - {name: api, image: "registry.example.com/api:1", ports: [{containerPort: 8080}]}
status:
  startTime: "2026-03-02T10:00:00Z"
  containerStatuses:
  - name: api
    restartCount: 8
    lastState: {terminated: {exitCode: 3, reason: Error, startedAt: "2026-03-02T10:06:08Z", finishedAt: "2026-03-02T10:06:12Z"}}
    state: {waiting: {reason: CrashLoopBackOff}}
"#;

/// The exit codes of the first three processes, and the seconds at which they ended.
fn exits(text: &str) -> Vec<(i32, u64)> {
    let prepared = prepare(text, &Options::default());
    let run = prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics)).run();
    let ends = run.trace.entries().iter().filter_map(|entry| match &entry.what {
        What::Call(RuntimeCall { call: Call::Exited { exit_code, .. }, .. }) => {
            Some((*exit_code, entry.at.as_secs()))
        }
        _ => None,
    });
    ends.take(3).collect()
}

#[test]
fn what_was_copied_out_of_a_cluster_does_again_what_it_did_last() {
    let ends = exits(RECORDED);
    assert_eq!(ends.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [3, 3, 3]);
    assert!((4..=8).contains(&ends[0].1), "after four seconds, once the image is there: {ends:?}");

    let found = notes(RECORDED);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        found[0].assumed,
        "it does what its last recorded run did: it ends with exit code 3 after 4 s"
    );
    assert_eq!(found[0].assumed_zh, "假定它重复上次被记录的运行：4 秒后以退出码 3 结束");

    let said = say(&found[0], RECORDED);
    assert_eq!(exits(&said), ends, "said in the text, it is the same\n{said}");
    assert!(notes(&said).is_empty());
}

#[test]
fn what_the_pod_found_on_its_own_cluster_is_not_asked_for() {
    let bound = RECORDED.replace(
        "spec:\n",
        r#"spec:
  nodeName: ip-10-0-3-17
  priorityClassName: shop-critical
  serviceAccountName: api
  volumes:
  - {name: certificate, secret: {secretName: api-tls}}
  - {name: data, persistentVolumeClaim: {claimName: data-api-0}}
"#,
    );
    assert_ne!(bound, RECORDED);
    assert_eq!(exits(&bound), exits(RECORDED));
    let event = r#"---
apiVersion: v1
kind: Event
metadata: {name: api.18a, namespace: shop}
involvedObject: {kind: Pod, name: api, namespace: shop}
reason: BackOff
lastTimestamp: "2026-03-02T10:07:00Z"
"#;
    let with_event = prepare(&format!("{RECORDED}{event}"), &Options::default()).scenario;
    assert_eq!(with_event.map(|scenario| scenario.commands.len()), Some(1), "Events are not made again");
}

#[test]
fn what_the_text_says_itself_is_not_taken_from_the_last_run() {
    let serves = format!(
        "{RECORDED}---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec:\n  behaviors:\n  - pods: api\n    run:\n    - listen: 8080\n"
    );
    assert!(exits(&serves).is_empty(), "a behaviour has the first word");
    let script = RECORDED.replace(", ports:", ", command: [sh, -c, 'sleep 9; exit 5'], ports:");
    assert_eq!(exits(&script)[0].0, 5, "what a shell does can be seen");
    let runs = RECORDED
        .replace("waiting: {reason: CrashLoopBackOff}", "running: {startedAt: \"2026-03-02T10:06:14Z\"}");
    assert!(exits(&runs).is_empty(), "what runs may go on");
}

#[test]
fn what_ran_out_of_memory_does_so_until_the_limit_is_raised() {
    let small = RECORDED
        .replace("exitCode: 3, reason: Error", "exitCode: 137, reason: OOMKilled")
        .replace("    restartCount", "    resources: {limits: {memory: 64Mi}}\n    restartCount")
        .replace(", ports:", ", resources: {limits: {memory: 64Mi}}, ports:");
    assert_eq!(exits(&small)[0].0, 137);
    let large = small.replacen("64Mi", "128Mi", 1);
    assert!(exits(&large).is_empty(), "{:?}", exits(&large));
}

const CLAIM: &str = "\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
";

/// The classes of the cluster, the default one first.
fn classes(text: &str) -> Vec<String> {
    let prepared = prepare(text, &Options::default());
    prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics)).config.storage_classes
}

#[test]
fn claims_find_the_storage_classes_that_they_ask_for() {
    let named = CLAIM.replace("name: data\nspec:", "name: fast\nspec:\n  storageClassName: fast-ssd");
    assert_eq!(classes(CLAIM), ["standard"]);
    assert_eq!(classes(&format!("{named}---\n{CLAIM}")), ["standard", "fast-ssd"]);
    assert_eq!(notes(&named)[0].subject, "fast-ssd");
    assert_eq!(notes(&named)[0].line, 6);
    assert_eq!(classes(&named.replace("fast-ssd", "\"\"")), [""; 0], "it wants none");
}

#[test]
fn who_makes_classes_or_volumes_is_given_none() {
    let class = "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: mine\n  annotations: \
                 {storageclass.kubernetes.io/is-default-class: \"true\"}\nprovisioner: example.com/disk\n";
    let volume = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: disk}\nspec: {capacity: {storage: 1Gi}, \
                  accessModes: [ReadWriteOnce], hostPath: {path: /disk}}\n";
    let listed = |list: &str| {
        format!(
            "---\napiVersion: lifepod.dev/v1alpha1\nkind: Scenario\nspec: {{cluster: {{storageClasses: {list}}}}}\n"
        )
    };
    for rest in [class, volume, &listed("[]")] {
        let text = format!("{CLAIM}{rest}");
        assert_eq!(classes(&text), [""; 0], "{rest}");
        assert_eq!(notes(&text), [], "{rest}");
    }
    assert_eq!(classes(&format!("{CLAIM}{}", listed("[slow, fast]"))), ["slow", "fast"]);
}
