//! A pod's `log`, at once or as it is written (`pkg/registry/core/pod/rest/log.go`).

use super::Server;
use super::answer::{Body, failure, stream, with};
use super::request::{Query, Target};
use hyper::Response;
use hyper::body::Bytes;
use lifepod_api::Refusal;
use lifepod_kubectl::{LogOptions, LogReader};
use serde_json::Value;
use std::rc::Rc;

/// Answers `GET` of a pod's log. With `follow` the answer goes on until the container ends, the client leaves, or the
/// server ends.
pub fn log(server: &Rc<Server>, target: Target, query: &Query) -> Result<Response<Body>, Refusal> {
    let mut sim = server.simulation.borrow_mut();
    let pod = sim.api().fetch(&target.key())?.to_value();
    let options = options(query, sim.api().calendar_micros())?;
    let mut reader = LogReader::open(&pod, query.get("container"), options)
        .map_err(|message| failure(400, "BadRequest", message))?;
    let first = reader.read(sim.trace(), sim.now(), sim.epoch_micros());
    if !query.is_set("follow") || reader.ended(Some(&pod)) {
        return Ok(with(200, "text/plain", first));
    }
    let permit = server.watcher()?;
    drop(sim);
    let (sender, response) = stream("text/plain");
    let server = Rc::clone(server);
    tokio::task::spawn_local(async move {
        let _permit = permit;
        let mut news = server.news.subscribe();
        let mut text = first;
        loop {
            if !text.is_empty() && sender.send(Bytes::from(std::mem::take(&mut text))).await.is_err() {
                return;
            }
            let over = {
                let mut sim = server.simulation.borrow_mut();
                let pod: Option<Value> = sim.api().get(&target.key()).map(|pod| pod.to_value());
                text = reader.read(sim.trace(), sim.now(), sim.epoch_micros());
                reader.ended(pod.as_ref())
            };
            if over {
                // The last words; the client may have left.
                let _sent = sender.send(Bytes::from(text)).await;
                return;
            }
            if text.is_empty() {
                tokio::select! {
                    changed = news.changed() => if changed.is_err() { return },
                    () = sender.closed() => return,
                }
            }
        }
    });
    Ok(response)
}

/// What the query says of the log (`PodLogOptions`).
fn options(query: &Query, now: i64) -> Result<LogOptions, Refusal> {
    let number = |name: &str| {
        match query.get(name) {
        "" => Ok(None),
        text => text.parse::<i64>().ok().filter(|n| *n >= 0).map(Some).ok_or_else(|| {
            failure(422, "Invalid", format!("PodLogOptions \"\" is invalid: {name}: Invalid value: {text:?}: must be greater than or equal to 0"))
        }),
    }
    };
    let since = match (number("sinceSeconds")?, query.get("sinceTime")) {
        (Some(seconds), _) => Some(now.saturating_sub(seconds.saturating_mul(1_000_000))),
        (None, "") => None,
        (None, text) => {
            let at = lifepod_api::MicroTime::parse(text);
            Some(
                at.ok_or_else(|| {
                    failure(400, "BadRequest", format!("parsing time {text:?}: it is no RFC 3339 time"))
                })?
                .0,
            )
        }
    };
    let size = |n: Option<i64>| n.and_then(|n| usize::try_from(n).ok());
    Ok(LogOptions {
        previous: query.is_set("previous"),
        timestamps: query.is_set("timestamps"),
        tail: size(number("tailLines")?),
        since,
        limit_bytes: size(number("limitBytes")?),
    })
}
