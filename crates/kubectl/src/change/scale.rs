//! `kubectl scale` (`kubectl/pkg/cmd/scale/scale.go`, `kubectl/pkg/scale/scale.go`).

use super::Ended;
use super::failure::Failure;
use super::session::{Session, Unnamed};
use alloc::format;
use alloc::string::String;
use lifepod_engine::client::{PatchType, Subresource};
use serde_json::json;

pub(super) fn scale(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    if s.args.value("replicas").is_none() {
        return Err("required flag(s) \"replicas\" not set".into());
    }
    let replicas = s.args.number("replicas", -1)?;
    if replicas < 0 {
        let message = "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0";
        return Err(message.into());
    }
    let current = s.args.number("current-replicas", -1)?;
    if current < -1 {
        return Err("The --current-replicas must specify an integer of -1 or greater".into());
    }
    let (infos, failures) = s.infos(words, Unnamed::Refused)?;
    if infos.is_empty() && failures.is_empty() {
        return Err("no objects passed to scale".into());
    }
    for info in infos {
        if !Subresource::Scale.is_of(info.kind.kind) {
            return Err(Failure::Server(lifepod_api::Status::no_such_resource().into()));
        }
        let now = info.value["spec"]["replicas"].as_i64().unwrap_or(1);
        if current >= 0 && current != now {
            return Err(format!("Expected replicas to be {current}, was {now}").into());
        }
        let patch = json!({"spec": {"replicas": replicas}});
        let scaled = s.patch(&info, &patch, PatchType::Merge, Subresource::Scale)?;
        s.done(info.kind, &scaled, "scaled")?;
    }
    Ok(failures)
}
