//! Scripts beside what real shells printed for them: `real_shells.txt`.

use lifepod_api::SimTime;
use lifepod_workload::{ContainerConfig, Happening, Sandbox, SandboxConfig};

const RECORDED: &str = include_str!("real_shells.txt");
const TABLE: &str = "banana 3 x\napple 10 y\ncherry 2 z\napple 1 w\n";

/// A script, and what some shells made of it: their names, exit code and output.
struct Case<'a> {
    script: String,
    answers: Vec<(Vec<&'a str>, i32, String)>,
}

fn cases() -> Vec<Case<'static>> {
    let mut cases: Vec<Case> = Vec::new();
    for line in RECORDED.lines() {
        if let Some(script) = line.strip_prefix("$ ") {
            cases.push(Case { script: script.to_string(), answers: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(more) = line.strip_prefix('>') {
            case.script.push('\n');
            case.script.push_str(more.strip_prefix(' ').unwrap_or(more));
        } else if let Some(output) = line.strip_prefix('|') {
            let (_, _, text) = case.answers.last_mut().expect("output stands below its shells");
            text.push_str(output.strip_prefix(' ').unwrap_or(output));
            text.push('\n');
        } else if let Some((shells, exit)) = line.split_once(": ").filter(|_| !line.starts_with("==")) {
            let exit = exit.parse().expect("an exit code");
            case.answers.push((shells.split(' ').collect(), exit, String::new()));
        }
    }
    cases
}

fn run(shell: &str, script: &str) -> (Option<i32>, String) {
    let (image, name) = match shell {
        "busybox" => ("busybox", "sh"),
        "dash" => ("debian:12", "sh"),
        _ => ("debian:12", "bash"),
    };
    let config = SandboxConfig {
        hostname: "pod-0".to_string(),
        epoch_micros: 1_800_000_000_000_000,
        ..SandboxConfig::default()
    };
    let mut pod = Sandbox::new(config);
    let variables = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/root"),
        ("HOSTNAME", "pod-0"),
    ];
    let folders = ["/data/", "/shared/", "/etc/app/"].map(|dir| (dir.to_string(), Vec::new(), 0o755));
    let mut files = folders.to_vec();
    files.push(("/data/t".to_string(), TABLE.as_bytes().to_vec(), 0o644));
    let config = ContainerConfig {
        image: image.to_string(),
        command: [name, "-c", script].map(String::from).to_vec(),
        env: variables.map(|(n, v)| (n.to_string(), v.to_string())).to_vec(),
        files,
        ..ContainerConfig::default()
    };
    pod.start(SimTime::ZERO, config).expect("the image has a shell");
    let (mut exit, mut output) = (None, String::new());
    for happened in pod.advance(SimTime::from_secs(60)) {
        match happened.what {
            Happening::Output { stderr: false, line, partial, .. } => {
                output.push_str(&line);
                if !partial {
                    output.push('\n');
                }
            }
            Happening::Exited { exit_code, .. } => exit = Some(exit_code),
            _ => {}
        }
    }
    (exit, output)
}

#[test]
fn scripts_do_what_real_shells_do() {
    let cases = cases();
    assert!(cases.len() > 200, "the recordings are read");
    let mut wrong = Vec::new();
    for case in &cases {
        for (shells, exit, output) in &case.answers {
            for shell in shells {
                let got = run(shell, &case.script);
                if got != (Some(*exit), output.clone()) {
                    wrong
                        .push(format!("{shell}: {}\n  want {exit}, {output:?}\n  got  {got:?}", case.script));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
