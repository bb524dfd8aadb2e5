//! `kubectl patch`, and `kubectl edit` with the edited manifest given beside (`kubectl/pkg/cmd/{patch,edit}`).

use super::Ended;
use super::failure::Failure;
use super::session::{Session, Unnamed};
use alloc::format;
use alloc::string::String;
use lifepod_engine::client::{PatchType, Subresource};
use serde_json::Value;

pub(super) fn patch(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let Some(text) = s.args.value("patch").filter(|p| !p.is_empty()) else {
        return Err("must specify --patch or --patch-file containing the contents of the patch".into());
    };
    let patch_type = match s.args.value("type").unwrap_or("strategic").to_lowercase().as_str() {
        "strategic" => PatchType::Strategic,
        "merge" => PatchType::Merge,
        "json" => PatchType::Json,
        _ => {
            let other = s.args.value("type").unwrap_or("");
            return Err(format!("--type must be one of [json merge strategic], not {other:?}").into());
        }
    };
    let Some(sub) = Subresource::named(s.args.value("subresource").unwrap_or("")) else {
        return Err(Failure::Server(lifepod_api::Status::no_such_resource().into()));
    };
    let patch: Value = serde_json::from_str(text)
        .map_err(|_| format!("unable to parse {text:?}: a patch is taken as JSON here, not as YAML"))?;
    let (infos, mut failures) = s.infos(words, Unnamed::Refused)?;
    if infos.is_empty() && failures.is_empty() {
        return Err("no objects passed to patch".into());
    }
    for info in infos {
        match s.patch(&info, &patch, patch_type, sub) {
            Ok(value) => {
                let operation = if value == info.value { "patched (no change)" } else { "patched" };
                s.done(info.kind, &value, operation)?;
            }
            Err(failure) => failures.push(failure),
        }
    }
    Ok(failures)
}

pub(super) fn edit(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let [edited] = s.documents else {
        return Err("edit needs the edited manifest beside the command".into());
    };
    let edited = s.written(edited)?;
    let live = match words {
        [] => s.api.fetch(&edited.key())?.to_value(),
        words => {
            let (mut infos, failures) = s.infos(words, Unnamed::Refused)?;
            match (infos.pop(), failures.into_iter().next()) {
                (_, Some(failure)) => return Err(failure),
                (Some(info), None) if infos.is_empty() => info.value,
                _ => return Err("edit changes one object at a time here".into()),
            }
        }
    };
    let info = super::session::Info { kind: edited.kind, value: live };
    if info.key() != edited.key() {
        return Err(Failure::Client("At least one of apiVersion, kind and name was changed".into()));
    }
    // The editor shows the whole object: what is not in the edited text is meant to go, but for what the server keeps.
    let mut wanted = edited.value.clone();
    wanted["status"] = info.value["status"].clone();
    if wanted["status"].is_null()
        && let Some(members) = wanted.as_object_mut()
    {
        members.remove("status");
    }
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
        let kept = &info.value["metadata"][field];
        if wanted["metadata"].get(field).is_none() && !kept.is_null() {
            wanted["metadata"][field] = kept.clone();
        }
    }
    match s.patch_to(&info, &wanted)? {
        None => s.output.stdout.push_str("Edit cancelled, no changes made.\n"),
        Some(value) => s.done(info.kind, &value, "edited")?,
    }
    Ok([].into())
}
