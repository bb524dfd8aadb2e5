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

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: busybox, command: [sh, -c, 'echo hello; exit 3']}\n";

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
        text.starts_with(&format!("{name}:7:5: error: unknown field \"spec.containers[0].imag\"")),
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
    assert_eq!(stderr(&output), "lifepod: the manifests hold no objects\n");

    let output = lifepod(&["get", "pods", "-", "--at", "soon"], POD);
    assert_eq!(stderr(&output), "lifepod: `soon` is not a time such as 90s, 10m or 1h30m\n");
}
