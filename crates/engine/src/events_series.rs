//! The recorder of the newer Events API, which kube-scheduler uses (`client-go/tools/events/event_broadcaster.go`).
//!
//! An Event that repeats becomes a *series* of the first one, which keeps its note. The second occurrence is written at
//! once, later ones only now and then: when the series is refreshed or over.

use crate::events::{EventType, event_name, takes_events};
use crate::flow_control::{ClientConnection, TokenBucket};
use crate::kernel::{Component, Kernel, Wake, next_tick};
use crate::name::Name;
use crate::scheduler::Timer;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{ApiEvent, EventSeries, Object, ObjectKey, ObjectMeta, ObjectReference, Resource, SimTime};

/// A series that was not seen for this long is over; it is looked for as often (`finishTime`).
const FINISH: SimTime = SimTime::from_secs(360);
/// How often a series that goes on is written (`refreshTime`).
const REFRESH: SimTime = SimTime::from_secs(1800);

/// What makes two occurrences one series: all but the note. The reference holds the resource version, so that a change
/// of the object begins anew (`getKey`).
type SeriesKey = (EventType, &'static str, &'static str, Name, String, String);

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    event: ObjectKey,
    last: SimTime,
    count: i32,
}

/// What is said of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) kind: EventType,
    /// `reason`
    pub(crate) reason: &'static str,
    /// `action`: what the controller was doing.
    pub(crate) action: &'static str,
    /// `note`, which is `message` in the older API.
    pub(crate) note: &'a str,
}

/// One controller's recorder.
#[derive(Clone, Debug)]
pub(crate) struct SeriesRecorder {
    controller: &'static str,
    instance: String,
    seen: BTreeMap<SeriesKey, Seen>,
    /// Its Events are written with a client for nothing else.
    bucket: TokenBucket,
}

/// What is to be written of an Event.
#[derive(Clone, Debug)]
pub(crate) enum SeriesWrite {
    /// The first one.
    Create(Box<ApiEvent>),
    /// How often it was seen by then.
    Count(Seen),
}

impl SeriesRecorder {
    /// The recorder of `controller`, which runs on `host` and whose client has these limits.
    pub(crate) fn new(controller: &'static str, host: &str, limits: ClientConnection) -> Self {
        let instance = format!("{controller}-{host}");
        SeriesRecorder { controller, instance, seen: BTreeMap::new(), bucket: TokenBucket::new(limits) }
    }

    /// Has it written as soon as there is a token.
    fn tell(&mut self, kernel: &mut Kernel, what: SeriesWrite) {
        let at = self.bucket.next_token(kernel.now);
        self.bucket.take(kernel.now);
        match at > kernel.now {
            true => kernel.wake_at(at, Component::Scheduler, Wake::Scheduler(Timer::WriteEvent(what))),
            false => self.write(kernel, what),
        }
    }

    /// Writes it; what is said in a namespace that goes is lost.
    pub(crate) fn write(&self, kernel: &mut Kernel, what: SeriesWrite) {
        match what {
            SeriesWrite::Create(event) => {
                let mut event = Object::Event(*event);
                let (uid, now) = (kernel.jitter.uid(), kernel.time());
                let meta = event.meta_mut();
                (meta.uid, meta.creation_timestamp) = (uid, Some(now));
                if takes_events(kernel, &event) {
                    kernel.commit(Op::Added, event, self.controller);
                }
            }
            SeriesWrite::Count(seen) => self.write_series(kernel, &seen),
        }
    }

    /// Records what is said of `regarding`, and of `related` with it.
    pub(crate) fn event(
        &mut self,
        kernel: &mut Kernel,
        regarding: &ObjectReference,
        related: Option<&ObjectReference>,
        said: Said,
    ) {
        let related_uid = related.map_or(String::new(), |r| r.uid.clone());
        let version = regarding.resource_version.clone();
        let uid = regarding.uid.as_str().into();
        let key = (said.kind, said.reason, said.action, uid, version, related_uid);
        let now = kernel.now;
        match self.seen.get_mut(&key) {
            Some(seen) => {
                seen.count += 1;
                seen.last = now;
                if seen.count == 2 {
                    let seen = seen.clone();
                    self.tell(kernel, SeriesWrite::Count(seen));
                }
            }
            None => {
                let event = self.create(kernel, regarding, related, said);
                self.seen.insert(key, Seen { event, last: now, count: 1 });
            }
        }
    }

    /// When [`Self::tick`] has something to look at.
    pub(crate) fn next_tick(&self, now: SimTime) -> Option<SimTime> {
        (!self.seen.is_empty()).then(|| next_tick(now, FINISH, SimTime::ZERO, false))
    }

    /// Writes the series that are due, and forgets those that are over (`finishSeries`,
    /// `refreshExistingEventSeries`). Refreshes fall on a tick of the former.
    pub(crate) fn tick(&mut self, kernel: &mut Kernel) {
        let now = kernel.now;
        let refresh = now.0.is_multiple_of(REFRESH.0);
        let over = |seen: &Seen| now.since(seen.last) > FINISH;
        let due = self.seen.values().filter(|seen| seen.count > 2 && (refresh || over(seen)));
        let due: Vec<Seen> = due.cloned().collect();
        for seen in due {
            self.tell(kernel, SeriesWrite::Count(seen));
        }
        self.seen.retain(|_, seen| !over(seen));
    }

    fn write_series(&self, kernel: &mut Kernel, seen: &Seen) {
        let Some(Object::Event(event)) = kernel.store.get(&seen.event).map(|o| (**o).clone()) else { return };
        let series = EventSeries {
            count: seen.count,
            last_observed_time: Some(seen.last.to_micro_time(kernel.config.epoch_micros)),
        };
        let event = ApiEvent { series: Some(series), ..event };
        kernel.commit(Op::Modified, Object::Event(event), self.controller);
    }

    fn create(
        &mut self,
        kernel: &mut Kernel,
        regarding: &ObjectReference,
        related: Option<&ObjectReference>,
        said: Said,
    ) -> ObjectKey {
        let namespace = if regarding.namespace.is_empty() { "default" } else { &regarding.namespace };
        let event = ApiEvent {
            metadata: ObjectMeta {
                name: event_name(kernel, regarding),
                namespace: namespace.to_string(),
                ..ObjectMeta::default()
            },
            involved_object: regarding.clone(),
            related: related.cloned().map(Box::new),
            reason: said.reason.to_string(),
            action: said.action.to_string(),
            message: said.note.to_string(),
            type_: said.kind.as_str().to_string(),
            event_time: Some(kernel.now.to_micro_time(kernel.config.epoch_micros)),
            reporting_component: self.controller.to_string(),
            reporting_instance: self.instance.clone(),
            ..ApiEvent::default()
        };
        let key = ObjectKey::new(ApiEvent::KIND, namespace, &event.metadata.name);
        self.tell(kernel, SeriesWrite::Create(Box::new(event)));
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use lifepod_api::Pod;

    /// A kernel with the namespace that is always there: nothing is said in one that is not.
    fn kernel() -> Kernel {
        let mut kernel = Kernel::new(Config::default());
        crate::namespaces::register(&mut kernel);
        kernel
    }

    fn recorder(limits: ClientConnection) -> SeriesRecorder {
        SeriesRecorder::new("default-scheduler", "control-plane", limits)
    }

    fn series(kernel: &Kernel) -> Vec<(String, Option<i32>)> {
        let events = kernel.store.all::<ApiEvent>();
        events.map(|e| (e.message.clone(), e.series.as_ref().map(|s| s.count))).collect()
    }

    fn say(recorder: &mut SeriesRecorder, kernel: &mut Kernel, version: &str, note: &str) {
        let pod = ObjectReference {
            kind: Pod::STRUCT.name.to_string(),
            name: "w".to_string(),
            namespace: "default".to_string(),
            uid: "u".to_string(),
            resource_version: version.to_string(),
            ..ObjectReference::default()
        };
        let said = Said { kind: EventType::Warning, reason: "FailedScheduling", action: "Scheduling", note };
        recorder.event(kernel, &pod, None, said);
    }

    #[test]
    fn repeats_become_a_series_that_is_written_at_the_second_and_then_when_it_is_over() {
        let mut kernel = kernel();
        let mut recorder = recorder(ClientConnection::UNLIMITED);
        say(&mut recorder, &mut kernel, "7", "first");
        assert_eq!(series(&kernel), [("first".to_string(), None)]);
        say(&mut recorder, &mut kernel, "7", "second");
        assert_eq!(series(&kernel), [("first".to_string(), Some(2))], "the first note stays");
        say(&mut recorder, &mut kernel, "7", "third");
        assert_eq!(series(&kernel), [("first".to_string(), Some(2))], "only counted");
        kernel.now = SimTime::from_secs(720);
        recorder.tick(&mut kernel);
        assert_eq!(series(&kernel), [("first".to_string(), Some(3))]);
        assert_eq!(recorder.next_tick(kernel.now), None);
    }

    #[test]
    fn what_finds_no_token_is_written_later() {
        let mut kernel = kernel();
        let mut recorder = recorder(ClientConnection { qps: 1, burst: 2 });
        for version in ["7", "8", "9"] {
            say(&mut recorder, &mut kernel, version, "said");
        }
        assert_eq!(series(&kernel).len(), 2);
        let (at, task) = kernel.queue.pop_until(SimTime::from_secs(9)).expect("the third one waits");
        assert_eq!(at, SimTime::from_secs(1));
        let Wake::Scheduler(Timer::WriteEvent(what)) = task.what else { panic!("{task:?}") };
        recorder.write(&mut kernel, what);
        assert_eq!(series(&kernel).len(), 3);
    }

    #[test]
    fn another_revision_of_the_object_is_another_event() {
        let mut kernel = kernel();
        let mut recorder = recorder(ClientConnection::UNLIMITED);
        say(&mut recorder, &mut kernel, "7", "first");
        say(&mut recorder, &mut kernel, "8", "after the condition was written");
        assert_eq!(series(&kernel).len(), 2);
    }
}
