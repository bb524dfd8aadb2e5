//! The conformance topics: what each vector file is judged by.

pub mod controllers;
pub mod engine;
pub mod front;
pub mod pod_timelines;
pub mod shell;
pub mod views;
pub mod workload_timelines;

use serde_json::Value;

/// An error when two values differ.
fn differs(what: &str, expected: &Value, got: &Value) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected}, got {got}")) }
}

/// Judges one vector; an error is a short account of what differs.
pub type Judge = fn(&Value) -> Result<(), String>;

/// How the vectors of a topic are judged.
#[derive(Clone, Copy)]
pub enum Topic {
    /// Judged.
    Judged(Judge),
    /// Data that other topics or readers use; nothing to judge.
    Guide,
}

/// Every topic, by the name of its file without the ending. An unknown name is an error, not a pass.
pub fn find(name: &str) -> Option<Topic> {
    use Topic::{Guide, Judged};
    Some(match name {
        "quantity" => Judged(front::quantity),
        "duration" => Judged(front::duration),
        "backoff" => Judged(engine::backoff),
        "phase" => Judged(engine::phase),
        "readiness_gates" => Judged(engine::readiness_gates),
        "deployment_math" => Judged(controllers::deployment_math),
        "rs_deletion_rank" => Judged(controllers::rs_deletion_rank),
        "defaulting" => Judged(front::defaulting),
        "resources" => Judged(front::resources),
        "validation" => Judged(front::validation),
        "validation_apiserver" => Judged(front::validation_apiserver),
        "pod_timelines" | "pod_timelines2" => Judged(pod_timelines::pod_timelines),
        "printer" => Judged(views::printer),
        "tables" => Judged(views::tables),
        "describe" => Judged(views::describe),
        "rollout" => Judged(views::rollout),
        "shell" => Judged(shell::shell),
        "shell_more" => Judged(shell::shell_more),
        "workload_timelines" | "workload_timelines2" => Judged(workload_timelines::workload_timelines),
        "pdb" => Judged(controllers::pdb),
        "kubectl_transcripts" => Guide,
        _ => return None,
    })
}
