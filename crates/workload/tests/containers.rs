//! What containers of well-known manifests do, told as a person would.

use lifepod_api::SimTime;
use lifepod_workload::behavior::{Act, OnTerm, Run, Step};
use lifepod_workload::*;
use std::sync::Arc;

fn container(image: &str, command: &[&str]) -> ContainerConfig {
    let command = command.iter().map(ToString::to_string).collect();
    ContainerConfig { image: image.into(), command, ..ContainerConfig::default() }
}

fn sh(script: &str) -> ContainerConfig {
    container("busybox", &["sh", "-c", script])
}

fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn pod() -> Sandbox {
    Sandbox::new(SandboxConfig {
        hostname: "web-0".into(),
        ip: "10.244.0.7".into(),
        ..SandboxConfig::default()
    })
}

fn exit_of(happened: &[Happened]) -> Option<(f64, i32, bool)> {
    happened.iter().find_map(|h| match h.what {
        Happening::Exited { exit_code, oom_killed, .. } => Some((h.at.as_secs_f64(), exit_code, oom_killed)),
        _ => None,
    })
}

fn lines(happened: &[Happened]) -> Vec<String> {
    let line = |h: &Happened| match &h.what {
        Happening::Output { line, .. } => Some(line.clone()),
        _ => None,
    };
    happened.iter().filter_map(line).collect()
}

#[test]
fn exec_liveness_of_the_documentation_fails_after_thirty_seconds() {
    let mut pod = pod();
    let id = pod.start(at(0.0), sh("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600")).unwrap();
    for (when, want) in [(5.0, 0), (25.0, 0), (35.0, 1)] {
        pod.exec(at(when), id, &["cat".into(), "/tmp/healthy".into()]);
        let done = pod.advance(at(when + 0.5));
        assert!(
            done.iter()
                .any(|h| matches!(h.what, Happening::ExecDone { exit_code: Some(c), .. } if c == want))
        );
    }
    assert_eq!(exit_of(&pod.advance(at(700.0))), Some((630.0, 0, false)));
}

#[test]
fn http_liveness_fails_after_ten_seconds() {
    let mut pod = pod();
    let mut config = container("registry.k8s.io/e2e-test-images/agnhost:2.40", &[]);
    config.args = vec!["liveness".into()];
    pod.start(at(0.0), config).unwrap();
    let status = |pod: &mut Sandbox, when: f64| {
        let ask = Ask::Http { method: "GET".into(), path: "/healthz".into(), headers: vec![], tls: false };
        pod.request(at(when), Request::to(8080, ask));
        pod.advance(at(when + 0.5)).into_iter().find_map(|h| match h.what {
            Happening::Response { reply: Reply::Http { status, .. }, .. } => Some(status),
            _ => None,
        })
    };
    assert_eq!(status(&mut pod, 3.0), Some(200));
    assert_eq!(status(&mut pod, 12.0), Some(500));
}

#[test]
fn postgres_without_a_password_says_so_and_exits_1() {
    let mut pod = pod();
    pod.start(at(0.0), container("postgres:16", &[])).unwrap();
    let happened = pod.advance(at(10.0));
    assert_eq!(exit_of(&happened).map(|e| e.1), Some(1));
    assert!(lines(&happened)[0].contains("superuser password is not specified"));
}

#[test]
fn two_nginx_in_one_pod_share_one_port_space() {
    let mut pod = pod();
    let first = pod.start(at(0.0), container("nginx", &[])).unwrap();
    let second = pod.start(at(1.0), container("nginx", &[])).unwrap();
    let happened = pod.advance(at(10.0));
    assert!(pod.is_running(first) && !pod.is_running(second));
    assert_eq!(exit_of(&happened).map(|e| e.1), Some(1));
    assert!(
        lines(&happened)
            .iter()
            .any(|l| l.contains("bind() to 0.0.0.0:80 failed (98: Address already in use)"))
    );
}

#[test]
fn the_memory_stress_pod_is_oom_killed() {
    let mut pod = pod();
    let mut config = container("polinux/stress", &["stress"]);
    config.args = ["--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"].map(String::from).to_vec();
    config.memory_limit = Some(100 << 20);
    pod.start(at(0.0), config).unwrap();
    let (_, code, oom) = exit_of(&pod.advance(at(10.0))).unwrap();
    assert_eq!((code, oom), (137, true));
}

#[test]
fn two_containers_share_a_volume_that_survives_a_restart() {
    let mut pod = pod();
    pod.set_volume("html", Volume::empty());
    let mount = Mount { volume: "html".into(), path: "/data".into(), ..Mount::default() };
    let mut writer = sh("echo hello > /data/index.html; sleep 1");
    writer.mounts = vec![mount.clone()];
    pod.start(at(0.0), writer).unwrap();
    let mut reader = sh("sleep 2; cat /data/index.html; echo more >> /data/index.html");
    reader.mounts = vec![Mount { read_only: true, ..mount }];
    pod.start(at(0.0), reader).unwrap();
    let happened = pod.advance(at(5.0));
    assert!(lines(&happened).contains(&"hello".to_string()));
    assert!(lines(&happened).iter().any(|l| l.contains("Read-only file system")));
    assert_eq!(pod.volume("html").unwrap().read("index.html").unwrap(), b"hello\n");
}

#[test]
fn a_termination_message_is_read_after_the_end() {
    let mut pod = pod();
    let id = pod.start(at(0.0), sh("echo -n sorry > /dev/termination-log; exit 4")).unwrap();
    pod.advance(at(1.0));
    assert_eq!(pod.termination_message(id).as_deref(), Some("sorry"));
}

#[test]
fn an_init_container_waits_for_a_service_by_its_name() {
    let mut pod = pod();
    pod.start(at(0.0), sh("until nslookup db; do sleep 2; done; echo found")).unwrap();
    let mut seen = Vec::new();
    for step in 0..40 {
        let now = at(f64::from(step) * 0.25);
        for h in pod.advance(now) {
            if let Happening::Dial { dial, .. } = h.what {
                let known = now > at(4.0);
                let addresses = vec!["10.96.7.7".to_string()];
                let name = "db.default.svc.cluster.local".to_string();
                let result =
                    if known { DialResult::Resolved { name, addresses } } else { DialResult::UnknownHost };
                pod.deliver(now, dial, result);
            }
            seen.push(h);
        }
    }
    assert!(lines(&seen).contains(&"found".to_string()));
}

#[test]
fn an_unknown_command_is_127_and_an_unknown_binary_does_not_start() {
    let mut pod = pod();
    pod.start(at(0.0), sh("echo Hello Kubernetes! && 3600")).unwrap();
    assert_eq!(exit_of(&pod.advance(at(1.0))).map(|e| e.1), Some(127));
    let error = pod.start(at(2.0), container("busybox", &["nope"])).unwrap_err();
    assert_eq!((error.exit_code, error.reason.as_str()), (128, "StartError"));
    assert!(error.message.contains("exec: \"nope\": executable file not found in $PATH"));
}

#[test]
fn a_scripted_container_does_what_its_runs_say() {
    let step = |seconds: f64, act: Act| Step { at: at(seconds), act };
    let crash =
        Run { start_error: None, steps: vec![step(2.0, Act::Exit { code: 3, message: "no db".into() })] };
    let behavior = Behavior {
        runs: vec![crash, Run::default()],
        on_term: OnTerm::Exit { after: at(1.5), code: 9 },
        ..Behavior::default()
    };
    let config = |restart_count| ContainerConfig {
        image: "app".into(),
        restart_count,
        behavior: Some(Arc::new(behavior.clone())),
        ..ContainerConfig::default()
    };
    let mut pod = pod();
    let first = pod.start(at(0.0), config(0)).unwrap();
    assert_eq!(exit_of(&pod.advance(at(5.0))), Some((2.0, 3, false)));
    assert_eq!(pod.termination_message(first).as_deref(), Some("no db"));
    let second = pod.start(at(10.0), config(1)).unwrap();
    pod.signal(at(20.0), second, Signal::TERM);
    assert_eq!(exit_of(&pod.advance(at(30.0))), Some((21.5, 9, false)));
}

#[test]
fn a_busy_loop_neither_hangs_nor_escapes_a_signal() {
    let mut pod = pod();
    let id = pod.start(at(0.0), sh("trap 'echo bye; exit 0' TERM; while true; do :; done")).unwrap();
    let day = pod.advance(at(86_400.0));
    assert!(day.iter().any(|h| matches!(h.what, Happening::Assumed { .. })));
    pod.signal(at(86_400.0), id, Signal::TERM);
    let (when, code, _) = exit_of(&pod.advance(at(86_500.0))).unwrap();
    assert!((when - 86_400.0).abs() < 0.1 && code == 0);
}

fn assumed(happened: &[Happened]) -> Vec<String> {
    let said = |h: &Happened| match &h.what {
        Happening::Assumed { subject, assumed, .. } => Some(format!("{subject}: {assumed}")),
        _ => None,
    };
    happened.iter().filter_map(said).collect()
}

#[test]
fn in_an_unknown_image_any_program_may_be_there_and_it_is_said() {
    let image = "example.com/shop:3";
    for command in [&["/srv/shop", "--fast"][..], &["sh", "-c", "echo up; exec /srv/shop --fast"]] {
        let mut pod = pod();
        let config = ContainerConfig { declared_ports: vec![8080], ..container(image, command) };
        let id = pod.start(at(0.0), config).unwrap();
        let happened = pod.advance(at(60.0));
        let said = "/srv/shop --fast: its program serves on its declared ports until it is told to stop";
        assert_eq!(assumed(&happened), [said]);
        assert_eq!(pod.listening(), [(8080, id)]);
        // A probe of its own tools is taken for one that is content.
        pod.exec(at(61.0), id, &["/bin/healthy".into()]);
        let probed = pod.advance(at(62.0));
        assert!(probed.iter().any(|h| matches!(h.what, Happening::ExecDone { exit_code: Some(0), .. })));
        assert_eq!(assumed(&probed), ["/bin/healthy: it does what it is asked and ends with exit code 0"]);
    }
}

#[test]
fn a_known_image_has_what_it_has() {
    let mut pod = pod();
    let error = pod.start(at(0.0), container("busybox", &["/srv/shop"])).unwrap_err();
    assert_eq!((error.exit_code, error.errno), (128, "ENOENT"));
    pod.start(at(0.0), sh("shop")).unwrap();
    assert_eq!(exit_of(&pod.advance(at(1.0))).map(|(_, code, _)| code), Some(127));
}

/// A file system in memory is memory of the container that fills it, for as long as the files are there.
#[test]
fn files_in_memory_count_as_memory() {
    let outcome = |script: &str| {
        let mut pod = pod();
        pod.set_volume("m", Volume::empty().in_memory(Some(32 << 20)));
        let mount = Mount { volume: "m".into(), path: "/m".into(), ..Mount::default() };
        let config = ContainerConfig { mounts: vec![mount], memory_limit: Some(32 << 20), ..sh(script) };
        pod.start(SimTime::ZERO, config).expect("busybox has a shell");
        exit_of(&pod.advance(at(60.0))).map(|(_, code, oom_killed)| (code, oom_killed))
    };
    assert_eq!(outcome("dd if=/dev/zero of=/m/f bs=1M count=8; exit $?"), Some((0, false)));
    assert_eq!(outcome("dd if=/dev/zero of=/m/f bs=1M count=64; exit $?"), Some((137, true)));
    let removed = "for i in 1 2 3; do dd if=/dev/zero of=/m/f bs=1M count=20; rm /m/f; done; exit 5";
    assert_eq!(outcome(removed), Some((5, false)));
}
