//! The lanes of the scenario's clients: while they are served, and each request that they lose.

use crate::model::{About, Form, Instant, InstantLook, Lane, Span, SpanLook};
use crate::traffic::key;
use crate::words::Lang;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lifepod_api::SimTime;
use lifepod_engine::trace::{RequestEnd, Requests};
use lifepod_engine::{Entry, EntryId};

/// Requests that are no further apart than this belong together.
const APART: SimTime = SimTime::from_millis(1500);

/// All clients, in order of their first request.
#[derive(Default)]
pub(super) struct Clients(Vec<Client>);

struct Client {
    name: String,
    namespace: String,
    service: String,
    served: Vec<Stretch>,
    lost: Vec<Stretch>,
    instants: Vec<Instant>,
}

/// A time without a pause in it.
struct Stretch {
    from: SimTime,
    to: SimTime,
    count: u32,
    entry: EntryId,
}

impl Clients {
    pub(super) fn requests(&mut self, entry: &Entry, requests: &Requests) {
        let known = self.0.iter().position(|c| *c.name == *requests.client);
        let i = known.unwrap_or_else(|| {
            self.0.push(Client {
                name: requests.client.as_ref().into(),
                namespace: requests.service.namespace.clone(),
                service: requests.service.name.clone(),
                served: Vec::new(),
                lost: Vec::new(),
                instants: Vec::new(),
            });
            self.0.len() - 1
        });
        let client = &mut self.0[i];
        if requests.end == RequestEnd::Unanswered {
            return;
        }
        let lost = requests.end.is_lost();
        extend(if lost { &mut client.lost } else { &mut client.served }, entry, requests);
        if lost {
            let at = requests.backend.as_ref().map_or_else(String::new, |pod| format!("{} · ", pod.name));
            client.instants.push(Instant {
                at: entry.at,
                look: InstantLook::Fail,
                text: String::new(),
                hint: format!("{} × {at}{}", requests.count, requests.said),
                quiet: false,
                entry: entry.id,
            });
        }
    }

    pub(super) fn finish(self, horizon: SimTime, lang: Lang) -> impl Iterator<Item = Lane> {
        self.0.into_iter().map(move |client| client.finish(horizon, lang))
    }
}

fn extend(stretches: &mut Vec<Stretch>, entry: &Entry, requests: &Requests) {
    match stretches.last_mut() {
        Some(last) if requests.since <= last.to + APART => {
            last.to = entry.at;
            last.count += requests.count;
        }
        _ => stretches.push(Stretch {
            from: requests.since,
            to: entry.at,
            count: requests.count,
            entry: entry.id,
        }),
    }
}

impl Client {
    fn finish(self, horizon: SimTime, lang: Lang) -> Lane {
        let words = lang.words();
        let mut lane = Lane::new(key(&self.name), format!("{} {}", words.client, self.name), 0, Form::Main);
        lane.about = About::object("Service", &self.namespace, &self.service);
        let span = |stretch: &Stretch, from: SimTime, to: SimTime, look, word: &str| {
            let text = format!("{} {word}", stretch.count);
            Span { from, to: to.min(horizon), look, hint: text.clone(), text, entry: stretch.entry }
        };
        for stretch in &self.served {
            lane.spans.push(span(stretch, stretch.from, stretch.to, SpanLook::Running, words.served));
        }
        for stretch in &self.lost {
            // Where some are lost and others are not, the marks tell it.
            let (mut from, mut to) = (stretch.from, stretch.to);
            for served in &self.served {
                if served.from <= from && served.to > from {
                    from = served.to;
                }
                if served.from > from && served.from < to {
                    to = served.from;
                }
            }
            if from < to {
                lane.spans.push(span(stretch, from, to, SpanLook::Failed, words.lost));
            }
        }
        lane.spans.sort_by_key(|s| s.from);
        lane.instants = self.instants;
        lane
    }
}
