//! The views of real runs of the engine: what must hold of any of them.

use lifepod_api::SimTime;
use lifepod_engine::{Command, Run, Scenario};
use lifepod_timeline::{
    Axis, Lang, LayoutOptions, Options, Scale, chronicle, explain, gutter_for, label_room, lanes, layout, svg,
};

/// Ten minutes of the pods of a manifest.
fn run(manifest: &str) -> Run {
    let parsed = lifepod_manifest::parse(manifest);
    assert_eq!(parsed.diagnostics, [], "the manifest is fine");
    let objects = parsed.documents.into_iter().filter_map(|d| d.object);
    let commands = objects.map(|o| (SimTime::ZERO, Command::Create(Box::new(o)))).collect();
    Scenario { commands, horizon: SimTime::from_secs(600), ..Scenario::default() }.run()
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {spec}\n")
}

/// Pods of all sorts.
fn manifests() -> Vec<String> {
    [
        "{containers: [{name: app, image: 'busybox:1.28', command: [sh, -c, 'echo Hello Kubernetes! && 3600']}]}",
        "{containers: [{name: app, image: 'nginx:1.27', readinessProbe: {httpGet: {path: /, port: 80}}}]}",
        "{containers: [{name: app, image: busybox, command: [sh, -c, 'sleep 40; touch /tmp/up; sleep 9999'], \
         livenessProbe: {exec: {command: [cat, /tmp/up]}}}]}",
        "{restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, exit 0]}, \
         {name: b, image: busybox, command: [sh, -c, sleep 5; exit 3]}]}",
        "{restartPolicy: OnFailure, initContainers: [{name: i, image: busybox, command: [sh, -c, sleep 2]}, \
         {name: side, image: busybox, restartPolicy: Always, command: [sh, -c, sleep 20]}], \
         containers: [{name: app, image: busybox, command: [sh, -c, sleep 100]}]}",
        "{activeDeadlineSeconds: 20, containers: [{name: app, image: busybox, command: [sh, -c, sleep 100]}]}",
        "{nodeSelector: {disk: none}, containers: [{name: app, image: busybox}]}",
    ]
    .map(pod)
    .into()
}

#[test]
fn spans_follow_each_other_within_the_horizon() {
    for manifest in manifests() {
        let run = run(&manifest);
        let timeline = lanes(&run.trace, &Options { horizon: run.end, lang: Lang::En });
        assert!(timeline.lanes.len() >= 3, "{manifest}");
        for lane in &timeline.lanes {
            assert!(lane.spans.iter().all(|s| s.from <= s.to && s.to <= run.end), "{manifest}: {}", lane.key);
            assert!(lane.spans.is_sorted_by(|a, b| a.to <= b.from), "{manifest}: {}", lane.key);
            assert!(lane.instants.is_sorted_by_key(|i| i.at), "{manifest}: {}", lane.key);
            let known = |entry| run.trace.get(entry).is_some();
            assert!(
                lane.spans.iter().all(|s| known(s.entry)) && lane.instants.iter().all(|i| known(i.entry))
            );
        }
        let mut keys: Vec<&str> = timeline.lanes.iter().map(|l| l.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), timeline.lanes.len(), "keys are unique");
    }
}

#[test]
fn the_axis_covers_the_run_and_time_never_runs_backwards_on_it() {
    for manifest in manifests() {
        let run = run(&manifest);
        let timeline = lanes(&run.trace, &Options { horizon: run.end, lang: Lang::En });
        let axis = Axis::folded(&timeline);
        assert_eq!((axis.pieces[0].from, axis.horizon()), (SimTime::ZERO, run.end));
        assert!(axis.pieces.iter().all(|p| p.weight > 0.0 && p.from < p.to), "{manifest}: {axis:?}");
        let scale = Scale::new(&axis, 1000.0);
        let places: Vec<f64> = (0..=600).map(|s| scale.px_from_time(SimTime::from_secs(s))).collect();
        assert!(places.is_sorted() && places[0] == 0.0 && (places[600] - 1000.0).abs() < 1e-6);
        let ticks = scale.ticks(60.0);
        assert!(ticks.is_sorted_by(|a, b| a.x + 60.0 <= b.x && a.at < b.at), "{manifest}: {ticks:?}");
        let options =
            LayoutOptions { gutter: gutter_for(label_room(&timeline), 1200.0), ..Default::default() };
        let placed = layout(&timeline, &axis, &options);
        let inside = |x: f64| (options.gutter..=placed.width).contains(&x);
        assert!(placed.rows.iter().flat_map(|r| &r.bars).all(|b| inside(b.x)));
        assert!(svg(&placed).ends_with("</svg>\n"));
    }
}

#[test]
fn everything_that_happens_can_be_told_and_explained() {
    for manifest in manifests() {
        let run = run(&manifest);
        for lang in [Lang::En, Lang::Zh] {
            assert_eq!(chronicle(&run.trace, lang, true).len(), run.trace.entries().len());
            assert!(
                chronicle(&run.trace, lang, false)
                    .iter()
                    .all(|line| !line.what.is_empty() && !line.who.is_empty())
            );
            for entry in run.trace.entries() {
                let why = explain(&run.trace, entry.id, lang).expect("the entry exists");
                assert_eq!(why.steps[0].entry, entry.id.0, "the first step is the entry itself");
                assert!(why.steps.len() < 40, "{manifest}: {} has {} steps", why.title, why.steps.len());
                assert!(
                    why.steps.is_sorted_by(|a, b| a.at >= b.at),
                    "{manifest}: causes come before effects"
                );
                for field in why.steps.iter().flat_map(|s| &s.fields) {
                    assert!(
                        field.path.starts_with("spec.") || field.path.starts_with("metadata."),
                        "{}",
                        field.path
                    );
                }
            }
        }
    }
}
