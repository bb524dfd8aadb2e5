//! The command as a person meets it: what it prints and how it ends.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Runs `lifepod` with a text on standard input.
fn lifepod(args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lifepod"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be started");
    // A command that ends without reading closes the pipe; that is not what is tested.
    let _ = child.stdin.take().expect("stdin is piped").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the command ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("output is text")
}

/// A file of the test's own.
fn file(name: &str, text: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("lifepod-{}-{name}", std::process::id()));
    std::fs::write(&path, text).expect("the file can be written");
    path
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: busybox, command: [sh, -c, 'echo hello; exit 3'], resources: {requests: {cpu: 1m, memory: 1Mi}}}\n";

#[test]
fn a_mistake_is_named_with_its_file_line_and_column() {
    let path = file(
        "mistake.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - name: a\n    imag: b\n",
    );
    let name = path.to_str().expect("a temporary path is text");
    let output = lifepod(&["validate", name], "");
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains(&format!("{name}:7:5: error: unknown field \"spec.containers[0].imag\"")),
        "{text}"
    );
}

#[test]
fn what_the_api_server_would_refuse_is_named_at_its_place() {
    let output = lifepod(&["validate", "-"], &POD.replace("name: app", "name: App"));
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.starts_with("<stdin>:6:12: error: spec.containers[0].name: Invalid value: \"App\": "),
        "{text}"
    );
}

#[test]
fn a_lint_is_named_and_can_be_silenced() {
    let careless = POD.replace(", resources: {requests: {cpu: 1m, memory: 1Mi}}", "");
    let output = lifepod(&["validate", "-"], &careless);
    assert_eq!(output.status.code(), Some(0), "a lint is no error");
    assert!(stdout(&output).trim_end().ends_with("[no-requests]"), "{}", stdout(&output));
    let output = lifepod(&["validate", "-", "--silence", "no-requests"], &careless);
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_run_tells_the_whole_story_in_each_form() {
    let table = stdout(&lifepod(&["run", "-", "--until", "30s"], POD));
    assert!(table.contains("app exited with code 3"), "{table}");
    assert!(table.contains("app is not restarted yet: back-off of 10 s"), "{table}");

    let json = lifepod(&["run", "-", "--until", "30s", "--output", "json", "--seed", "5"], POD);
    let again = lifepod(&["run", "-", "--until", "30s", "--output", "json", "--seed", "5"], POD);
    assert_eq!(json.stdout, again.stdout, "the same bytes every time");
    let run: serde_json::Value = serde_json::from_slice(&json.stdout).expect("the output is JSON");
    assert_eq!(run["horizon"], 30.0);
    // The numbers of the entries run through all lists without a gap, and every cause comes before its effect.
    let lists = ["objects", "calls", "probes", "decisions", "actions"];
    let entries = || lists.iter().flat_map(|l| run[l].as_array().expect("a list"));
    let mut ids: Vec<u64> = entries().map(|e| e["id"].as_u64().expect("a number")).collect();
    ids.sort_unstable();
    assert!(ids.iter().enumerate().all(|(i, id)| i as u64 == *id));
    assert!(entries().all(|e| e["cause"].as_u64().is_none_or(|c| c < e["id"].as_u64().unwrap_or(0))));
    let exits = run["calls"].as_array().expect("a list").iter().filter(|c| c["call"] == "Exited");
    assert!(exits.clone().count() >= 2);
    assert!(exits.clone().all(|c| c["detail"]["exitCode"] == 3 && c["pod"] == "default/web"));

    let svg = stdout(&lifepod(&["run", "-", "--output", "svg"], POD));
    assert!(svg.starts_with("<svg ") && svg.contains(">app</text>"), "{svg}");
}

#[test]
fn an_instant_is_shown_as_kubectl_would_show_it() {
    let pods = stdout(&lifepod(&["get", "pods", "-", "--at", "6s"], POD));
    let lines: Vec<&str> = pods.lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    );
    assert!(lines[1].starts_with("web ") && lines[1].ends_with("6s"), "{pods}");
    assert_eq!(stdout(&lifepod(&["logs", "web", "-", "--at", "6s"], POD)), "hello\n");
    let describe = stdout(&lifepod(&["describe", "pod", "web", "-", "--at", "6s"], POD));
    assert!(describe.contains("      Exit Code:    3\n"), "{describe}");
    let watch = stdout(&lifepod(&["get", "pods", "-w", "-", "--at", "0s", "--until", "20s", "--times"], POD));
    assert!(watch.lines().any(|l| l.contains("CrashLoopBackOff")), "{watch}");
    let times: Vec<f64> = watch.lines().filter_map(|l| l.split('s').next()?.trim().parse().ok()).collect();
    assert_eq!(times.len(), watch.lines().count(), "every line has its time: {watch}");
    assert!(times.is_sorted(), "{watch}");
    let missing = lifepod(&["get", "pod", "nope", "-"], POD);
    assert_eq!(stderr(&missing), "Error from server (NotFound): pods \"nope\" not found\n");
    assert_eq!(missing.status.code(), Some(1));

    let why = stdout(&lifepod(&["explain", "web/app", "-", "--at", "6s"], POD));
    assert!(why.contains("app exited with code 3"), "{why}");
    assert!(why.contains("spec.containers[0].command: [sh, -c, echo hello; exit 3]"), "{why}");
}

#[test]
fn a_pod_that_has_owners_is_explained_as_well() {
    let owned = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {app: web}}, \
                 template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: busybox, command: [sleep, '99']}]}}}}";
    let why = stdout(&lifepod(&["explain", "web/app", "-", "--at", "30s"], owned));
    assert!(why.starts_with("app started"), "{why}");
}

#[test]
fn a_good_manifest_is_passed_in_silence() {
    let output = lifepod(&["validate", "-"], POD);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_read_is_said_plainly() {
    let output = lifepod(&["run", "no-such-file.yaml"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("lifepod: no-such-file.yaml: "), "{}", stderr(&output));

    let binary = file("binary.yaml", b"a: \xff\xfe\n");
    let output = lifepod(&["validate", binary.to_str().expect("a temporary path is text")], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("byte 3 is not UTF-8"), "{}", stderr(&output));

    let output = lifepod(&["get", "pods"], "");
    assert_eq!(stderr(&output), "lifepod: name a manifest file, or `-` for standard input\n");

    let output = lifepod(&["run", "-"], "");
    assert_eq!(stderr(&output), "lifepod: the manifests hold nothing to run\n");

    let output = lifepod(&["get", "pods", "-", "--at", "soon"], POD);
    assert_eq!(stderr(&output), "lifepod: `soon` is not a time such as 90s, 10m or 1h30m\n");
}

#[test]
fn findings_are_told_to_tools() {
    let output = lifepod(&["validate", "-", "--output", "json"], &POD.replace("kind: Pod", "Kind: Pod"));
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    assert_eq!(told["errors"], 1);
    let finding = &told["findings"][0];
    assert_eq!(finding["file"], "<stdin>");
    assert_eq!((&finding["line"], &finding["column"]), (&2.into(), &1.into()));
    assert_eq!(finding["message"], "kind not set");
    assert_eq!(
        finding["fixes"],
        serde_json::json!([{"title": "Write `kind`", "edits": [{"start": 15, "end": 19, "insert": "kind"}]}])
    );
}

#[test]
fn findings_are_told_as_kubectl_tells_them() {
    let kubectl = |text: &str| {
        let output = lifepod(&["validate", "-", "--output", "kubectl"], text);
        (output.status.code(), stdout(&output), stderr(&output))
    };
    assert_eq!(kubectl(POD), (Some(0), "pod/web created\n".to_string(), String::new()));
    let second =
        format!("{POD}---\n{}", POD.replace("name: web", "name: bad").replace("image: busybox, ", ""));
    assert_eq!(
        kubectl(&second),
        (
            Some(1),
            "pod/web created\n".to_string(),
            "The Pod \"bad\" is invalid: spec.containers[0].image: Required value\n".to_string()
        )
    );
    let broken = format!("{POD}---\na: [\n");
    let (code, out, err) = kubectl(&broken);
    assert_eq!((code, out.as_str()), (Some(1), "pod/web created\n"));
    assert!(
        err.starts_with("error: error parsing STDIN: error converting YAML to JSON: yaml: line "),
        "{err}"
    );
    assert_eq!(
        kubectl("# nothing\n"),
        (Some(1), String::new(), "error: no objects passed to apply\n".to_string())
    );
}
