//! Behaviours that travel with a pod: its annotations `lifepod.dev/<container>`, in YAML, for a real cluster mere
//! notes.

use crate::behavior;
use crate::nested;
use crate::pods::described;
use crate::problems::Problems;
use lifepod_engine::Config;
use lifepod_manifest::scenario::{ANNOTATION_PREFIX, ContainerBehavior};
use lifepod_manifest::{Diagnostic, Document, Hint, Lines, Severity, fragment, nearest};

/// Reads the annotations of a document's pod, and gives back what is wrong with them.
pub(crate) fn read(text: &str, document: &Document, index: usize, config: &mut Config) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let Some(pod) = document.object.as_ref().and_then(described) else { return out };
    let lines = Lines::new(text);
    for (key, value) in &pod.metadata.annotations {
        let Some(container) = key.strip_prefix(ANNOTATION_PREFIX) else { continue };
        let field = format!("{}metadata.annotations[{key}]", pod.path);
        if !pod.containers().any(|(name, _)| name == container) {
            let message = Hint::of(
                format!("this pod has no container {container:?}: nothing behaves so"),
                format!("这个 Pod 没有名为 {container:?} 的容器：这段行为不会被用到"),
            );
            let near = nearest(container, pod.containers().map(|(name, _)| name));
            let hint =
                near.map_or(Hint::NONE, |near| Hint::did_you_mean(&format!("{ANNOTATION_PREFIX}{near}")));
            out.push(document.finding(&lines, index, Severity::Warning, &field, &message, &hint));
            continue;
        }
        let read = fragment::<ContainerBehavior>(value);
        let mut problems = Problems::default();
        let behavior = behavior::read(&read.value, "", &mut problems);
        let mut found = read.diagnostics;
        if let Some(inner) = read.document.as_ref().filter(|_| found.is_empty()) {
            let lines = Lines::new(value);
            found.extend(problems.0.iter().map(|p| {
                inner.finding(&lines, 0, p.severity, p.path.trim_start_matches('.'), &p.message, &p.hint)
            }));
        }
        if found.iter().all(|d| d.severity != Severity::Error) {
            config.annotations.insert(value.clone(), behavior.into());
        }
        out.extend(nested::lift(text, document, index, &field, value, found));
    }
    out
}
