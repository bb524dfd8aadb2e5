//! What the lanes of controllers' objects say of them.

use lifepod_scenario::{Options, prepare};
use lifepod_timeline::{Lang, SpanLook, lanes};

/// What the lane of this name shows, one span after the other, without those that only repeat.
fn lane(text: &str, name: &str) -> Vec<(SpanLook, String)> {
    let prepared = prepare(text, &Options::default());
    let run = prepared.scenario.unwrap_or_else(|| panic!("{:#?}", prepared.diagnostics)).run();
    let lanes = lanes(&run.trace, &lifepod_timeline::Options { horizon: run.end, lang: Lang::En }).lanes;
    let lane = lanes.into_iter().find(|lane| lane.label.starts_with(name)).expect("a lane of this name");
    let mut shown: Vec<_> = lane.spans.into_iter().map(|span| (span.look, span.text)).collect();
    shown.dedup();
    shown
}

/// A CronJob of every other minute, whose pods run so.
fn report(command: &str, rest: &str) -> String {
    format!(
        "
apiVersion: batch/v1
kind: CronJob
metadata: {{name: report}}
spec:
  schedule: '*/2 * * * *'{rest}
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: report, image: busybox, command: [sh, -c, '{command}']}}]
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec: {{horizon: 3m}}
"
    )
}

fn texts(shown: &[(SpanLook, String)]) -> Vec<&str> {
    shown.iter().map(|(_, text)| text.as_str()).collect()
}

#[test]
fn a_job_says_how_far_it_is_as_kubectl_get_jobs_does() {
    let good = lane(&report("sleep 10", ""), "Job report-");
    assert_eq!(texts(&good).last(), Some(&"Complete 1/1"), "{good:?}");
    assert_eq!(good[1], (SpanLook::Running, "Running 0/1".to_string()), "{good:?}");
    let bad = lane(&report("exit 3", ""), "Job report-");
    assert_eq!(bad.last(), Some(&(SpanLook::Failed, "Failed 0/1".to_string())), "{bad:?}");
}

#[test]
fn a_cron_job_says_how_many_jobs_it_has() {
    let shown = lane(&report("sleep 10", ""), "CronJob report");
    assert_eq!(texts(&shown), ["0 active", "1 active", "0 active"]);
    let suspended = lane(&report("sleep 10", "\n  suspend: true"), "CronJob report");
    assert_eq!(texts(&suspended), ["Suspended"]);
}
