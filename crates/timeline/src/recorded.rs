//! The recorded life of real pods: what their status and their Events still know of it.
//!
//! A status remembers the present state, the one before, and when each condition last changed; Events remember their
//! first and last time. Between those nothing is known, and nothing is drawn: a gap is a gap.

use crate::model::{About, Form, Instant, InstantLook, Lane, Span, SpanLook, Timeline};
use crate::words::Lang;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ApiEvent, ContainerState, ContainerStatus, Object, Pod, SimTime, Time};
use lifepod_engine::EntryId;

/// The entry of what no trace records.
const NO_ENTRY: EntryId = EntryId(u32::MAX);

/// The recorded lives among these objects, as lanes on which time zero is the first pod's creation, or the first Event
/// where there are only those; none when nothing was recorded. The timeline's horizon is the last time that the objects
/// know of.
pub fn recorded<'a>(objects: impl Iterator<Item = &'a Object> + Clone, lang: Lang) -> Option<Timeline> {
    let pods = objects.clone().filter_map(|object| match object {
        Object::Pod(pod) if pod.is_recorded() => Some(pod),
        _ => None,
    });
    let events: Vec<&ApiEvent> = objects
        .filter_map(|object| match object {
            Object::Event(event) => Some(event),
            _ => None,
        })
        .collect();
    let created = pods.clone().filter_map(|pod| pod.metadata.creation_timestamp).min();
    let epoch = created.or_else(|| events.iter().filter_map(|event| first(event)).min())?;
    let times = pods.clone().flat_map(times_of).chain(events.iter().flat_map(|event| last(event)));
    let now = times.max().unwrap_or(epoch);
    let life = Life { epoch, now, lang };
    let mut lanes = Vec::new();
    for pod in pods.clone() {
        life.pod(pod, &events, &mut lanes);
    }
    let is_told = |event: &&ApiEvent| pods.clone().any(|pod| is_about(event, pod));
    life.others(events.iter().copied().filter(|event| !is_told(event)), &mut lanes);
    Some(Timeline { horizon: life.at(now), lanes, traffic: Vec::new() })
}

/// Is this Event about the pod?
fn is_about(event: &ApiEvent, pod: &Pod) -> bool {
    let object = &event.involved_object;
    object.kind == "Pod" && object.name == pod.metadata.name && object.namespace == pod.metadata.namespace
}

/// Every time that a pod's object knows of.
fn times_of(pod: &Pod) -> Vec<Time> {
    let states = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let states = states.flat_map(|c| [&c.state, &c.last_state]);
    let of_state = |state: &ContainerState| {
        let running = state.running.as_ref().and_then(|r| r.started_at);
        let ended = state.terminated.as_ref().map(|t| [t.started_at, t.finished_at]);
        [running].into_iter().chain(ended.into_iter().flatten()).flatten().collect::<Vec<_>>()
    };
    let conditions = pod.status.conditions.iter().filter_map(|c| c.last_transition_time);
    let meta = [pod.metadata.creation_timestamp, pod.metadata.deletion_timestamp, pod.status.start_time];
    states.flat_map(of_state).chain(conditions).chain(meta.into_iter().flatten()).collect()
}

/// When an Event was first seen.
fn first(event: &ApiEvent) -> Option<Time> {
    event.first_timestamp.or(event.event_time.map(|t| Time(t.0.div_euclid(1_000_000))))
}

/// When it was last seen.
fn last(event: &ApiEvent) -> Option<Time> {
    let of_series = event.series.as_ref().and_then(|s| s.last_observed_time);
    event.last_timestamp.or(of_series.map(|t| Time(t.0.div_euclid(1_000_000)))).or_else(|| first(event))
}

struct Life {
    epoch: Time,
    now: Time,
    lang: Lang,
}

impl Life {
    fn at(&self, time: Time) -> SimTime {
        SimTime::from_secs(time.0.saturating_sub(self.epoch.0).max(0).unsigned_abs())
    }

    fn span(&self, from: Time, to: Time, look: SpanLook, text: String, hint: String) -> Span {
        let (from, to) = (self.at(from), self.at(to));
        Span { from, to: to.max(from), look, text, hint, entry: NO_ENTRY }
    }

    fn pod(&self, pod: &Pod, events: &[&ApiEvent], lanes: &mut Vec<Lane>) {
        let words = self.lang.words();
        let name = pod.metadata.name.as_str();
        let key = |part: &str| format!("recorded/{}/{name}/{part}", pod.metadata.namespace);
        let mut lane = Lane::new(key(""), format!("{} {name}", words.recorded), 0, Form::Main);
        lane.about = About::object("Pod", &pod.metadata.namespace, name);
        lane.spans = self.phase(pod);
        lanes.push(lane);
        let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        for status in statuses {
            let mut lane = Lane::new(key(&status.name), &*status.name, 1, Form::Main);
            lane.spans = self.container(status);
            lanes.push(lane);
        }
        for condition in &pod.status.conditions {
            let Some(since) = condition.last_transition_time else { continue };
            let look = if condition.status == "True" { SpanLook::Ready } else { SpanLook::Off };
            let mut hint = format!("{}: {}", condition.type_, condition.status);
            for part in [&condition.reason, &condition.message] {
                if !part.is_empty() {
                    hint.push_str(" · ");
                    hint.push_str(part);
                }
            }
            let mut lane =
                Lane::new(key(&format!("condition/{}", condition.type_)), &*condition.type_, 1, Form::Thin);
            lane.spans.push(self.span(since, self.now, look, String::new(), hint));
            lanes.push(lane);
        }
        let mut lane = Lane::new(key("events"), words.events, 1, Form::Part);
        let about_it = events.iter().filter(|event| is_about(event, pod));
        lane.instants = about_it.flat_map(|event| self.event(event)).collect();
        lane.instants.sort_by_key(|i| i.at);
        if !lane.is_empty() {
            lanes.push(lane);
        }
    }

    /// The Events about everything else, a lane for each object. What was before time zero is not on the axis.
    fn others<'a>(&self, events: impl Iterator<Item = &'a ApiEvent>, lanes: &mut Vec<Lane>) {
        let mut others: BTreeMap<String, Lane> = BTreeMap::new();
        for event in events.filter(|event| last(event).is_some_and(|last| last.0 >= self.epoch.0)) {
            let object = &event.involved_object;
            let (kind, namespace, name) = (&*object.kind, &*object.namespace, &*object.name);
            let (key, title) = match kind {
                "Pod" => (format!("recorded/{namespace}/{name}/events"), name.to_string()),
                _ => (format!("recorded/{namespace}/{kind}/{name}/events"), format!("{kind} {name}")),
            };
            let lane = others.entry(key.clone()).or_insert_with(|| {
                let title = format!("{} {title}", self.lang.words().recorded);
                Lane { about: About::object(kind, namespace, name), ..Lane::new(key, title, 0, Form::Part) }
            });
            lane.instants.extend(self.event(event));
        }
        for (_, mut lane) in others {
            lane.instants.sort_by_key(|i| i.at);
            lanes.push(lane);
        }
    }

    /// The phase is known before the pod was placed, and now; since when is not said.
    fn phase(&self, pod: &Pod) -> Vec<Span> {
        let created = pod.metadata.creation_timestamp.unwrap_or(self.epoch);
        let phase = pod.status.phase.as_str();
        let scheduled =
            pod.status.conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "True");
        let placed = scheduled.and_then(|c| c.last_transition_time).or(pod.status.start_time);
        let mut spans = Vec::new();
        let pending = |to| {
            self.span(created, to, SpanLook::Waiting, "Pending".to_string(), "phase: Pending".to_string())
        };
        let Some(placed) = placed else { return [pending(self.now)].into() };
        if phase == "Pending" {
            return [pending(self.now)].into();
        }
        if placed > created {
            spans.push(pending(placed));
        }
        let look = match phase {
            "Running" => SpanLook::Running,
            "Succeeded" => SpanLook::Done,
            "Failed" => SpanLook::Failed,
            _ => SpanLook::Off,
        };
        // No later than the first thing of which the status knows that it ran.
        let starts = pod.status.container_statuses.iter().flat_map(|c| [&c.last_state, &c.state]);
        let starts = starts.filter_map(|state| {
            let ended = state.terminated.as_ref().and_then(|t| t.started_at);
            ended.or(state.running.as_ref().and_then(|r| r.started_at))
        });
        let since = starts.min().unwrap_or(placed).max(placed);
        let text = format!("{phase} · {}", self.lang.words().since_unknown);
        spans.push(self.span(since, self.now, look, text.clone(), text));
        spans
    }

    /// The run before, and what is now.
    fn container(&self, status: &ContainerStatus) -> Vec<Span> {
        let words = self.lang.words();
        let mut spans = Vec::new();
        let mut ended = None;
        let earlier = status.restart_count.saturating_sub(1).max(0);
        let unknown =
            if earlier > 0 { format!(" · {earlier} {}", words.runs_unknown) } else { String::new() };
        for (state, run) in [
            (&status.last_state, status.restart_count),
            (&status.state, status.restart_count.saturating_add(1)),
        ] {
            let run_text = format!("{} {run}", words.run);
            if let Some(t) = &state.terminated {
                let (Some(from), Some(to)) = (t.started_at, t.finished_at) else { continue };
                let text = format!("{run_text} · {} {}", words.exit, t.exit_code);
                let look = if t.exit_code == 0 { SpanLook::Done } else { SpanLook::Failed };
                spans.push(self.span(
                    from,
                    to,
                    look,
                    text.clone(),
                    format!("{} · {text}{unknown}", t.reason),
                ));
                ended = Some(to);
            }
            if let Some(from) = state.running.as_ref().and_then(|r| r.started_at) {
                spans.push(self.span(
                    from,
                    self.now,
                    SpanLook::Running,
                    run_text.clone(),
                    format!("{run_text}{unknown}"),
                ));
            }
            if let Some(waiting) = &state.waiting {
                let back_off = waiting.reason.ends_with("BackOff");
                let look = if back_off { SpanLook::BackOff } else { SpanLook::Waiting };
                // Without a run before there is no telling since when.
                let from = ended.unwrap_or(self.now);
                spans.push(self.span(from, self.now, look, waiting.reason.clone(), waiting.message.clone()));
            }
        }
        spans
    }

    /// The first and the last time of an Event; those between are only counted.
    fn event(&self, event: &ApiEvent) -> Vec<Instant> {
        let count = event.series.as_ref().map_or(event.count, |s| s.count).max(1);
        let times = if count > 1 { format!(" (x{count})") } else { String::new() };
        let look = if event.type_ == "Warning" { InstantLook::Warning } else { InstantLook::Normal };
        let hint = format!("{}{times}: {}", event.reason, event.message);
        let mut at: Vec<Time> = first(event).into_iter().chain(last(event)).collect();
        at.dedup();
        let instant = |at| Instant {
            at: self.at(at),
            look,
            text: String::new(),
            hint: hint.clone(),
            quiet: false,
            entry: NO_ENTRY,
        };
        at.into_iter().map(instant).collect()
    }
}
