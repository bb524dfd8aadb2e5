//! Watches: the revisions of a collection as they are stored (`apiserver/pkg/endpoints/handlers/watch.go`).

use super::answer::{Body, failure, stream};
use super::read::{Form, in_scope, selected, shown};
use super::request::{Query, Target};
use super::simulation::Simulation;
use super::{Server, answer};
use hyper::Response;
use hyper::body::Bytes;
use lifepod_engine::trace::ObjectRevision;
use lifepod_engine::{Op, Trace, What};
use lifepod_kubectl::facade::Selection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// How often a watcher that wants them gets bookmarks, in real time.
const BOOKMARK_EVERY: Duration = Duration::from_secs(30);

/// A watch under way.
struct Watch {
    target: Target,
    selection: Selection,
    form: Form,
    /// The uids of the objects that the client knows.
    known: BTreeSet<String>,
    /// How much of the trace was looked at.
    seen: usize,
}

/// Answers a watch with a stream that goes on until the client leaves, the timeout is over, or the server ends.
pub fn watch(server: &Rc<Server>, target: Target, query: &Query, form: Form) -> Response<Body> {
    let permit = match server.watcher() {
        Ok(permit) => permit,
        Err(status) => return answer::refusal(&status),
    };
    let selection = match query.selection(target.kind) {
        Ok(selection) => selection,
        Err(error) => return answer::refusal(&failure(400, "BadRequest", error)),
    };
    let mut sim = server.simulation.borrow_mut();
    let mut first = String::new();
    let mut watch = Watch { target, selection, form, known: BTreeSet::new(), seen: 0 };
    if let Err(status) = watch.begin(&mut sim, query, &mut first) {
        return answer::refusal(&status);
    }
    drop(sim);
    let (sender, response) = stream("application/json");
    let server = Rc::clone(server);
    let timeout = query.number("timeoutSeconds").and_then(|s| u64::try_from(s).ok()).filter(|s| *s > 0);
    let bookmarks = query.is_set("allowWatchBookmarks");
    tokio::task::spawn_local(async move {
        let _permit = permit;
        let run = watch.run(&server, sender, first, bookmarks);
        match timeout {
            Some(seconds) => {
                let _over = tokio::time::timeout(Duration::from_secs(seconds), run).await;
            }
            None => run.await,
        }
    });
    response
}

impl Watch {
    /// Finds the place in the trace to begin at, and writes what the client is to be told first.
    fn begin(
        &mut self,
        sim: &mut Simulation,
        query: &Query,
        out: &mut String,
    ) -> Result<(), lifepod_api::Refusal> {
        let version = query.get("resourceVersion");
        let initial = query.is_set("sendInitialEvents");
        let now = sim.api().resource_version();
        let from: u64 = match version {
            "" => 0,
            text => text.parse().map_err(|_| {
                let message =
                    format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax");
                failure(400, "BadRequest", message)
            })?,
        };
        if from > now {
            let message = format!("Too large resource version: {from}, current: {now}");
            let mut status = failure(504, "Timeout", message);
            status.details =
                Some(lifepod_api::StatusDetails { retry_after_seconds: 1, ..Default::default() });
            return Err(status);
        }
        if from == 0 || initial {
            // "Whatever is newest": the objects as they are, then their changes.
            for object in selected(sim, &self.target, query)? {
                self.known.insert(uid(&object));
                self.write(sim, "ADDED", &object, out);
            }
            self.seen = sim.trace().entries().len();
            if initial {
                self.bookmark(sim, true, out);
            }
            return Ok(());
        }
        // The whole past is in the trace: no version is too old.
        let trace = sim.trace();
        for (index, revision) in revisions(trace, 0) {
            if version_of(revision) > from {
                self.seen = index;
                return Ok(());
            }
            self.observe(revision);
        }
        self.seen = trace.entries().len();
        Ok(())
    }

    async fn run(&mut self, server: &Rc<Server>, sender: Sender<Bytes>, first: String, bookmarks: bool) {
        let mut news = server.news.subscribe();
        let mut out = first;
        loop {
            {
                let mut sim = server.simulation.borrow_mut();
                self.catch_up(&mut sim, &mut out);
            }
            if !out.is_empty() && sender.send(Bytes::from(std::mem::take(&mut out))).await.is_err() {
                return;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() {
                    // The server ends.
                    return;
                },
                () = sender.closed() => return,
                () = tokio::time::sleep(BOOKMARK_EVERY), if bookmarks => {
                    self.bookmark(&mut server.simulation.borrow_mut(), false, &mut out);
                }
            }
        }
    }

    /// Writes what was stored since the last time.
    fn catch_up(&mut self, sim: &mut Simulation, out: &mut String) {
        let news: Vec<(&'static str, Value)> = {
            let trace = sim.trace();
            let until = trace.entries().len();
            let news = revisions(trace, self.seen).filter_map(|(_, r)| self.observe(r)).collect();
            self.seen = until;
            news
        };
        for (kind, object) in news {
            self.write(sim, kind, &object, out);
        }
    }

    /// Takes note of a revision: the event to send for it, if any. An object that is not selected any more is gone
    /// for this watcher.
    fn observe(&mut self, revision: &ObjectRevision) -> Option<(&'static str, Value)> {
        let object = &revision.object;
        let meta = object.meta();
        if object.kind() != self.target.kind.kind || !in_scope(&self.target, &meta.namespace, &meta.name) {
            return None;
        }
        let value = object.to_value();
        let selected = revision.op != Op::Deleted && self.selection.takes(&value);
        let kind = match (self.known.contains(&meta.uid), selected) {
            (false, false) => return None,
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        match selected {
            true => self.known.insert(meta.uid.clone()),
            false => self.known.remove(&meta.uid),
        };
        Some((kind, value))
    }

    fn write(&self, sim: &mut Simulation, kind: &str, object: &Value, out: &mut String) {
        let event = json!({"type": kind, "object": shown(sim, &self.target, object, self.form)});
        out.push_str(&event.to_string());
        out.push('\n');
    }

    /// Tells the client up to which version it has seen everything.
    fn bookmark(&self, sim: &mut Simulation, initial_end: bool, out: &mut String) {
        let mut metadata = json!({"resourceVersion": sim.api().resource_version().to_string()});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let kind = self.target.kind;
        let object = json!({"kind": kind.kind, "apiVersion": kind.api_version(), "metadata": metadata});
        self.write(sim, "BOOKMARK", &object, out);
    }
}

fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().unwrap_or("").to_string()
}

fn version_of(revision: &ObjectRevision) -> u64 {
    revision.object.meta().resource_version.parse().unwrap_or(0)
}

/// The stored revisions from an entry on, with the entry's number.
fn revisions(trace: &Trace, from: usize) -> impl Iterator<Item = (usize, &ObjectRevision)> {
    let entries = trace.entries().iter().enumerate().skip(from);
    entries.filter_map(|(index, entry)| match &entry.what {
        What::Object(revision) => Some((index, revision)),
        _ => None,
    })
}
