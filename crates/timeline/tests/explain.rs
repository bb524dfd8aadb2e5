//! The chain of causes in words.

mod support;

use lifepod_engine::trace::{Call, Decision, KillReason, ProbeKind, ProbeResult, What};
use lifepod_engine::{Entry, EntryId, Trace};
use lifepod_timeline::{Explanation, Lang, Trial, explain};
use serde_json::json;
use support::{World, crash_loop, s};

fn last(trace: &Trace, what: impl Fn(&Entry) -> bool) -> EntryId {
    trace.entries().iter().rfind(|e| what(e)).expect("the trace has such an entry").id
}

fn texts(e: &Explanation) -> Vec<&str> {
    e.steps.iter().map(|s| s.text.as_str()).collect()
}

#[test]
fn a_back_off_is_traced_to_the_command_that_is_not_found() {
    let trace = crash_loop().trace;
    let id = last(&trace, |e| matches!(e.what, What::Decision(Decision::CrashLoopBackOff { .. })));
    let why = explain(&trace, id, Lang::En).expect("the entry exists");
    assert_eq!(why.title, "app is not restarted yet: back-off of 5 min");
    let all = texts(&why).join("\n");
    assert!(
        all.contains(
            "exited with code 127 after 40 ms: the command was not found. It wrote `sh: 3600: not found`."
        ),
        "{all}"
    );
    assert!(all.contains("The restart policy says that app is started again"), "{all}");
    assert!(all.contains("Before that, the same round happened"), "{all}");
    assert!(why.steps.last().is_some_and(|s| s.text == "`kubectl apply -f web.yaml`"), "{all}");
    let restart = why.steps.iter().find(|s| s.text.starts_with("The restart policy")).expect("a restart");
    assert_eq!(restart.fields[0].path, "spec.restartPolicy");
    assert!(restart.fields[0].is_default);
    let zh = explain(&trace, id, Lang::Zh).expect("the entry exists");
    assert_eq!(zh.steps.len(), why.steps.len());
    assert_eq!(zh.title, "app 暂不重启：退避 5 分钟");
}

#[test]
fn a_kill_by_a_probe_names_the_limit_and_where_it_is_set() {
    let mut w = World::new(json!({
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "containers": [{
            "name": "app", "image": "busybox", "command": ["sh", "-c", "sleep 40; touch /tmp/up; sleep 9999"],
            "livenessProbe": {"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 10, "timeoutSeconds": 1,
                "successThreshold": 1, "failureThreshold": 3},
        }],
    }));
    let cause = w.starts();
    let started = w.begin(1.3, cause, 0);
    let mut probe = started;
    for (i, at) in [11.0, 21.0, 31.0].into_iter().enumerate() {
        probe = w.probe(at, probe, ProbeKind::Liveness, ProbeResult::Failure, i as u32 + 1);
    }
    let kill = Decision::Kill {
        pod: w.pod_ref.clone(),
        container: "app".into(),
        why: KillReason::LivenessProbe,
        grace: s(30.0),
    };
    let kill = w.decide(31.01, probe, kill);
    let stop = w.call(31.02, kill, Call::StopContainer { attempt: 0, timeout: 30, signal: "SIGTERM" });
    let killed = w.call(61.02, stop, Call::KillContainer { attempt: 0 });

    let why = explain(&w.trace, kill, Lang::En).expect("the entry exists");
    assert_eq!(why.title, "The kubelet kills app");
    assert_eq!(
        why.steps[0].text,
        "The kubelet decided to stop app: its liveness probe failed 3 times in a row. It gives it 30 s to end."
    );
    assert_eq!(why.steps[0].fields[0].path, "spec.containers[0].livenessProbe.failureThreshold");
    assert_eq!((why.steps[0].fields[0].value.as_str(), why.steps[0].fields[0].is_default), ("3", true));
    // The three failures are one step, with the time of the first.
    assert_eq!(
        why.steps[1].text,
        "The liveness probe `cat /tmp/up` of app failed 3 times in a row, every 10 s: the limit, so the container has \
         to be restarted. It said `cat: can't open '/tmp/up'`."
    );
    assert_eq!(why.steps[1].since, Some(s(11.0)));
    assert_eq!(why.steps[2].text, "app was started and runs `sleep 40; touch /tmp/up; sleep 9999`.");

    // It has never answered: it needs longer to start. A gentler stop comes after what would have spared it the stop.
    let why = explain(&w.trace, killed, Lang::En).expect("the entry exists");
    let labels: Vec<Vec<String>> =
        why.changes.iter().map(|c| c.trials.iter().map(Trial::label).collect()).collect();
    let wanted: [Vec<&str>; 2] = [
        ["startupProbe", "failureThreshold: 6"].into(),
        ["trap 'exit 0' TERM", "terminationGracePeriodSeconds: 60"].into(),
    ];
    assert_eq!(labels, wanted);
    assert_eq!(
        why.changes[1].trials[0].value,
        "trap 'exit 0' TERM; { sleep 40; touch /tmp/up; sleep 9999; } & wait $!"
    );
}

#[test]
fn every_entry_can_be_explained_in_both_languages() {
    let trace = crash_loop().trace;
    for entry in trace.entries() {
        for lang in [Lang::En, Lang::Zh] {
            let why = explain(&trace, entry.id, lang).expect("the entry exists");
            assert!(!why.title.is_empty() && !why.steps.is_empty());
            assert!(why.steps.len() < 20, "a chain stays readable");
        }
    }
    assert!(explain(&trace, EntryId(9_999_999), Lang::En).is_none());
}
