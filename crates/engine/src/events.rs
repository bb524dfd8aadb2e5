//! The recorder of Kubernetes `Event` objects: what a component says, after aggregation and rate limits
//! (`client-go/tools/record/events_cache.go`).

use crate::flow_control::{ClientConnection, TokenBucket, Turn};
use crate::jitter::Draw;
use crate::kernel::Kernel;
use crate::name::Name;
use crate::trace::Op;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::{
    ApiEvent, EventSource, Namespace, Object, ObjectKey, ObjectMeta, ObjectReference, SimTime, Time,
    admission, validation::names::dns_subdomain,
};

/// More than this many different messages of one kind within [`AGGREGATE_INTERVAL`] become one Event.
const MAX_SIMILAR: usize = 10;
/// The window in which messages count as similar.
const AGGREGATE_INTERVAL: SimTime = SimTime::from_secs(600);
/// An object may get this many Events of one type from one source at once …
const SPAM_BURST: f64 = 25.0;
/// … and one more every this many seconds.
const SPAM_REFILL_SECONDS: f64 = 300.0;

/// The two types of Events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventType {
    Normal,
    Warning,
}

impl EventType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// What makes two Events similar: all but the message.
type AggregateKey = (Name, EventType, String);

#[derive(Clone, Debug)]
struct Similar {
    messages: BTreeSet<String>,
    last: SimTime,
}

/// An Event as its recorder remembers it, whether it was told or held back.
#[derive(Clone, Debug)]
struct Observed {
    name: String,
    first: Time,
    count: i32,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    last: SimTime,
}

/// Which client writes a recorder's Events.
#[derive(Clone, Debug)]
enum Sink {
    /// One that writes other things as well, by its name: an Event gets in its line.
    Shared(&'static str),
    /// One that writes nothing else.
    Own(TokenBucket),
}

/// An Event that is to be written at a time, when there is a token for it.
pub(crate) type Later = (SimTime, Box<EventWrite>);

/// One component's recorder.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    component: &'static str,
    host: String,
    sink: Sink,
    similar: BTreeMap<AggregateKey, Similar>,
    observed: BTreeMap<(Name, EventType, String, String), Observed>,
    buckets: BTreeMap<(Name, EventType), Bucket>,
}

/// Events are new content, which a namespace that is being deleted does not take: nobody is told of what happens there.
pub(crate) fn takes_events(kernel: &Kernel, event: &Object) -> bool {
    let namespace = kernel.store.find::<Namespace>("", &event.meta().namespace);
    admission::namespace_lifecycle(event, namespace).is_ok()
}

/// The name of a new Event about that object (`client-go/tools/record/util/util.go GenerateEventName`).
pub(crate) fn event_name(kernel: &mut Kernel, involved: &ObjectReference) -> String {
    let name = format!("{}.{:x}", involved.name, kernel.nanos());
    match dns_subdomain(&name).is_empty() {
        true => name,
        false => kernel.jitter.uid(),
    }
}

/// An Event that is to be told.
#[derive(Clone, Debug)]
pub(crate) struct EventWrite {
    component: &'static str,
    host: String,
    /// Whose token it takes when it is written; none when it has taken one.
    client: Option<&'static str>,
    involved: ObjectReference,
    kind: EventType,
    reason: String,
    message: String,
    seen: Observed,
    /// When it was recorded.
    at: Time,
}

impl EventWrite {
    /// Counts the stored Event up, or creates it when there is none (`event.go recordEvent`).
    pub(crate) fn write(self, kernel: &mut Kernel) {
        let EventWrite { component, host, client, involved, kind, reason, message, seen, at } = self;
        if let Some(client) = client {
            kernel.flow_control.take(client, kernel.now);
        }
        // Events about objects without a namespace are kept in the default one.
        let namespace = match involved.namespace.as_str() {
            "" => "default",
            own => own,
        };
        let count = seen.count;
        let stored = match count {
            1 => None,
            _ => kernel.store.get(&ObjectKey::new("Event", namespace, &seen.name)),
        };
        if let Some(Object::Event(event)) = stored.map(|stored| (**stored).clone()) {
            let event = ApiEvent { count, message, last_timestamp: Some(at), ..event };
            kernel.commit(Op::Modified, Object::Event(event), component);
            return;
        }
        let event = Object::Event(ApiEvent {
            metadata: ObjectMeta {
                name: seen.name,
                namespace: namespace.to_string(),
                uid: kernel.jitter.uid(),
                creation_timestamp: Some(kernel.time()),
                ..ObjectMeta::default()
            },
            involved_object: involved,
            reason,
            message,
            source: EventSource { component: component.to_string(), host: host.clone() },
            first_timestamp: Some(seen.first),
            last_timestamp: Some(at),
            count,
            type_: kind.as_str().to_string(),
            reporting_component: component.to_string(),
            reporting_instance: host,
            ..ApiEvent::default()
        });
        if takes_events(kernel, &event) {
            kernel.commit(Op::Added, event, component);
        }
    }
}

impl Recorder {
    /// The recorder of `component`, on `host` when it runs on a node.
    pub(crate) fn new(component: &'static str, host: &str) -> Self {
        Recorder {
            component,
            host: host.to_string(),
            sink: Sink::Shared(component),
            similar: BTreeMap::new(),
            observed: BTreeMap::new(),
            buckets: BTreeMap::new(),
        }
    }

    /// Events are written with the client of that name, which is not the component's.
    pub(crate) fn with_client(self, client: &'static str) -> Self {
        Recorder { sink: Sink::Shared(client), ..self }
    }

    /// Events are written with a client for nothing else, which has these limits.
    pub(crate) fn with_own_client(self, limits: ClientConnection) -> Self {
        Recorder { sink: Sink::Own(TokenBucket::new(limits)), ..self }
    }

    /// Records that `reason` happened to `involved`, caused by the kernel's current cause. What a recorder with a client of
    /// its own cannot write yet, it gives back.
    pub(crate) fn event(
        &mut self,
        kernel: &mut Kernel,
        involved: &ObjectReference,
        kind: EventType,
        reason: &str,
        message: &str,
    ) -> Option<Later> {
        if !kernel.config.kubelet.correlate_events {
            let first = Recorder::observe(kernel, involved);
            let seen = Observed { count: 1, ..first };
            return self.tell(kernel, involved, kind, reason, message.to_string(), seen);
        }
        let object = Name::from(&*format!("{}/{}", involved.uid, involved.field_path));
        let (message, distinct) = self.aggregate(kernel, &object, kind, reason, message);
        let key = (object, kind, reason.to_string(), if distinct { message.clone() } else { String::new() });
        let mut seen = match self.observed.get(&key) {
            Some(seen) => seen.clone(),
            None => Recorder::observe(kernel, involved),
        };
        seen.count += 1;
        self.observed.insert(key, seen.clone());
        // What is held back counts all the same (`events_cache.go EventCorrelate`).
        if !self.allows(kernel.now, &involved.uid, kind) {
            return None;
        }
        self.tell(kernel, involved, kind, reason, message, seen)
    }

    /// An Event that was not seen before, under a name of its own.
    fn observe(kernel: &mut Kernel, involved: &ObjectReference) -> Observed {
        Observed { name: event_name(kernel, involved), first: kernel.time(), count: 0 }
    }

    /// Has the Event written, as soon as the component's client may: nobody waits for that but the Events behind it
    /// (`event.go StartRecordingToSink`). The real one aggregates and counts when an Event's turn comes, here that is done
    /// when it is recorded.
    fn tell(
        &mut self,
        kernel: &mut Kernel,
        involved: &ObjectReference,
        kind: EventType,
        reason: &str,
        message: String,
        seen: Observed,
    ) -> Option<Later> {
        let mut event = EventWrite {
            component: self.component,
            client: None,
            host: self.host.clone(),
            involved: involved.clone(),
            kind,
            reason: reason.to_string(),
            message,
            seen,
            at: kernel.time(),
        };
        match &mut self.sink {
            Sink::Own(bucket) => {
                let at = bucket.next_token(kernel.now);
                bucket.take(kernel.now);
                if at > kernel.now {
                    return Some((at, Box::new(event)));
                }
                event.write(kernel);
            }
            Sink::Shared(client) => {
                event.client = Some(client);
                match kernel.flow_control.is_free(client, kernel.now) {
                    true => event.write(kernel),
                    false => kernel.get_in_line(client, Turn::Event(Box::new(event))),
                }
            }
        }
        None
    }

    /// Turns the eleventh and later different messages of one kind into one
    /// (`events_cache.go EventAggregate`). The flag says whether the message still tells Events apart.
    fn aggregate(
        &mut self,
        kernel: &mut Kernel,
        object: &Name,
        kind: EventType,
        reason: &str,
        message: &str,
    ) -> (String, bool) {
        let now = kernel.now;
        let similar = self
            .similar
            .entry((object.clone(), kind, reason.to_string()))
            .or_insert_with(|| Similar { messages: BTreeSet::new(), last: now });
        if now.since(similar.last) > AGGREGATE_INTERVAL {
            similar.messages.clear();
        }
        similar.last = now;
        similar.messages.insert(message.to_string());
        if similar.messages.len() < MAX_SIMILAR {
            return (message.to_string(), true);
        }
        let number = kernel.jitter.draw(Draw::SimilarMessage, now, SimTime::ZERO);
        let forgotten = (number * similar.messages.len() as f64) as usize;
        if let Some(message) = similar.messages.iter().nth(forgotten).cloned() {
            similar.messages.remove(&message);
        }
        (format!("(combined from similar events): {message}"), false)
    }

    /// The token bucket against floods, per source, object and type (`events_cache.go EventSourceObjectSpamFilter`).
    fn allows(&mut self, now: SimTime, uid: &str, kind: EventType) -> bool {
        let bucket = self.buckets.entry((uid.into(), kind));
        let bucket = bucket.or_insert(Bucket { tokens: SPAM_BURST, last: now });
        let refilled = now.since(bucket.last).as_secs_f64() / SPAM_REFILL_SECONDS;
        bucket.tokens = (bucket.tokens + refilled).min(SPAM_BURST);
        bucket.last = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use alloc::vec::Vec;

    fn named(kind: &str, name: &str) -> ObjectReference {
        ObjectReference {
            kind: kind.to_string(),
            namespace: "default".to_string(),
            name: name.to_string(),
            uid: kind.to_string(),
            ..ObjectReference::default()
        }
    }

    #[test]
    fn what_two_components_say_of_one_name_at_one_instant_is_two_events() {
        let mut kernel = Kernel::new(Config::default());
        crate::namespaces::register(&mut kernel);
        let said = [("controllermanager", "PodDisruptionBudget"), ("deployment-controller", "Deployment")];
        for (component, kind) in said {
            let mut recorder = Recorder::new(component, "");
            recorder.event(&mut kernel, &named(kind, "web"), EventType::Normal, "Said", "something");
        }
        let kinds: Vec<&str> =
            kernel.store.all::<ApiEvent>().map(|event| event.involved_object.kind.as_str()).collect();
        assert_eq!(kinds, ["PodDisruptionBudget", "Deployment"]);
    }

    #[test]
    fn an_object_whose_name_leaves_no_room_for_the_time_gives_its_events_a_uid_for_a_name() {
        let mut kernel = Kernel::new(Config::default());
        let (short, long) = (named("Pod", "web"), named("Pod", &"w".repeat(250)));
        assert!(event_name(&mut kernel, &short).starts_with("web."));
        assert_eq!(event_name(&mut kernel, &long).len(), 36);
    }
}
