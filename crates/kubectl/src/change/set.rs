//! `kubectl set image|env|resources|serviceaccount` (`kubectl/pkg/cmd/set`).

use super::Ended;
use super::failure::Failure;
use super::session::{Info, Session, Unnamed};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::Quantity;
use serde_json::{Map, Value, json};

pub(super) fn set(s: &mut Session<'_, '_>, what: &str, words: &[String]) -> Ended {
    if s.args.is_set("all") && s.args.value("selector").is_some() {
        return Err("cannot set --all and --selector at the same time".into());
    }
    match what {
        "image" => image(s, words),
        "env" => env(s, words),
        "resources" => resources(s, words),
        "serviceaccount" | "sa" => service_account(s, words),
        other => Err(format!("kubectl set {other} is not simulated").into()),
    }
}

/// The pod spec inside an object (`polymorphichelpers/updatepodspecforobject.go`).
fn pod_spec<'a>(info: &Info, value: &'a mut Value) -> Result<&'a mut Value, Failure> {
    let path: &[&str] = match info.kind.kind {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        "ReplicationController" | "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet" | "Job" => {
            &["spec", "template", "spec"]
        }
        kind => {
            return Err(format!("the object is not a pod or does not have a pod template: *v1.{kind}").into());
        }
    };
    Ok(path.iter().fold(value, |v, key| &mut v[*key]))
}

/// All containers, the init ones first.
fn containers(spec: &mut Value) -> Vec<&mut Value> {
    let Some(members) = spec.as_object_mut() else { return Vec::new() };
    let (mut init, mut app) = (Vec::new(), Vec::new());
    for (name, list) in members.iter_mut() {
        let list = list.as_array_mut().into_iter().flatten();
        match name.as_str() {
            "initContainers" => init.extend(list),
            "containers" => app.extend(list),
            _ => {}
        }
    }
    init.into_iter().chain(app).collect()
}

/// Changes the pod spec of every object that is named, and says so.
fn update(
    s: &mut Session<'_, '_>,
    words: &[String],
    done: &str,
    doing: &str,
    mut change: impl FnMut(&mut Session<'_, '_>, &Info, &mut Value) -> Result<Vec<Failure>, Failure>,
) -> Ended {
    if words.is_empty() && s.args.value("filename").is_none() {
        let message = "one or more resources must be specified as <resource> <name> or <resource>/<name>";
        return Err(message.into());
    }
    let (infos, missing) = s.infos(words, Unnamed::Refused)?;
    if let Some(first) = missing.into_iter().next() {
        return Err(first);
    }
    let mut failures = Vec::new();
    for info in infos {
        let mut wanted = info.value.clone();
        match pod_spec(&info, &mut wanted).and_then(|spec| change(s, &info, spec)) {
            Ok(errors) => failures.extend(errors),
            Err(failure) => {
                failures.push(format!("error: {} {}\n", info.object_name(), failure.text()).into());
                continue;
            }
        }
        match s.patch_to(&info, &wanted) {
            Ok(Some(updated)) => s.done(info.kind, &updated, done)?,
            Ok(None) => {}
            Err(failure) => failures.push(format!("failed to patch {doing} {}", failure.text()).into()),
        }
    }
    Ok(failures)
}

/// Words before the first `KEY=VALUE` or `KEY-`, and those from it on (`cmdutil.GetResourcesAndPairs`).
pub(super) fn resources_and_pairs<'a>(
    words: &'a [String],
    what: &str,
) -> Result<(&'a [String], &'a [String]), Failure> {
    let is_pair = |w: &String| (w.contains('=') && !w.starts_with('=')) || (w.ends_with('-') && w != "-");
    let at = words.iter().position(is_pair).unwrap_or(words.len());
    let (resources, pairs) = words.split_at(at);
    match pairs.iter().find(|w| !is_pair(w)) {
        Some(late) => Err(format!("all resources must be specified before {what} changes: {late}").into()),
        None => Ok((resources, pairs)),
    }
}

fn image(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (resources, pairs) = resources_and_pairs(words, "image")?;
    let images: Vec<(&str, &str)> = pairs.iter().filter_map(|p| p.split_once('=')).collect();
    let removed: Vec<&str> = pairs.iter().filter(|p| !p.contains('=')).map(String::as_str).collect();
    if !removed.is_empty() {
        return Err(format!("invalid image format: {}", removed.join(", ")).into());
    }
    if images.is_empty() {
        return Err("at least one image update is required".into());
    }
    if images.len() > 1 && images.iter().any(|(name, _)| *name == "*") {
        let message = "all containers are already specified by *, but saw more than one container_name=container_image pairs";
        return Err(message.into());
    }
    update(s, resources, "image updated", "image update to pod template:", |_, _, spec| {
        let mut failures = Vec::new();
        for (name, image) in &images {
            let mut found = false;
            for container in containers(spec) {
                if *name == "*" || container["name"] == *name {
                    container["image"] = (*image).into();
                    found = true;
                }
            }
            if !found {
                failures.push(format!("error: unable to find container named \"{name}\"").into());
            }
        }
        Ok(failures)
    })
}

/// Does `--containers` mean a container of that name? Stars stand for anything.
fn selected(pattern: &str, container: &Value) -> bool {
    fn fits(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|i| fits(rest, &name[i..])),
            Some((c, rest)) => name.first() == Some(c) && fits(rest, &name[1..]),
        }
    }
    // A name of a container is at most 63 bytes long; more stars than a few mean no more than one.
    let pattern: String = pattern.split("**").collect::<Vec<_>>().join("*");
    pattern.len() <= 64 && fits(pattern.as_bytes(), container["name"].as_str().unwrap_or("").as_bytes())
}

fn env(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (resources, pairs) = resources_and_pairs(words, "environment")?;
    let pairs: Vec<&str> = s.args.each("env").chain(pairs.iter().map(String::as_str)).collect();
    let set: Vec<(&str, &str)> = pairs.iter().filter_map(|p| p.split_once('=')).collect();
    let removed: Vec<&str> =
        pairs.iter().filter(|p| !p.contains('=')).filter_map(|p| p.strip_suffix('-')).collect();
    let list = s.args.is_set("list");
    if set.is_empty() && removed.is_empty() && !list && s.args.value("from").is_none() {
        return Err("at least one environment variable must be provided".into());
    }
    if s.args.value("from").is_some() {
        return Err("kubectl set env --from is not simulated".into());
    }
    let pattern = s.args.value("containers").unwrap_or("*").to_string();
    let overwrite = s.args.value("overwrite").is_none() || s.args.is_set("overwrite");
    update(s, resources, "env updated", "env update to pod template:", |s, info, spec| {
        let mut any = false;
        for container in containers(spec).into_iter().filter(|c| selected(&pattern, c)) {
            any = true;
            let name = container["name"].as_str().unwrap_or("").to_string();
            let mut env = container["env"].as_array().cloned().unwrap_or_default();
            for (key, value) in &set {
                match env.iter_mut().find(|e| e["name"] == *key) {
                    Some(old) if !overwrite && old["value"] != *value => {
                        let was = old["value"].as_str().unwrap_or("");
                        let message =
                            format!("'{key}' already has a value ({was}), and --overwrite is false");
                        return Err(message.into());
                    }
                    Some(old) => *old = json!({"name": key, "value": value}),
                    None => env.push(json!({"name": key, "value": value})),
                }
            }
            env.retain(|e| removed.iter().all(|r| e["name"] != *r));
            if list {
                let line = format!("# {} {}, container {name}\n", info.kind.kind, info.name());
                s.output.stdout.push_str(&line);
                for e in &env {
                    let text = |name: &str| e[name].as_str().unwrap_or("").to_string();
                    s.output.stdout.push_str(&format!("{}={}\n", text("name"), text("value")));
                }
            } else if let Some(container) = container.as_object_mut() {
                match env.is_empty() {
                    true => container.remove("env"),
                    false => container.insert("env".to_string(), env.into()),
                };
            }
        }
        if !any {
            let (kind, name) = (info.kind.kind, info.name());
            s.warn(&[format!("{kind}/{name} does not have any containers matching \"{pattern}\"")]);
        }
        Ok(Vec::new())
    })
}

/// `cpu=200m,memory=512Mi` (`generate/versioned/run.go populateResourceListV1`).
pub(super) fn resource_list(text: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let mut list = Map::new();
    for part in text.unwrap_or("").split(',').filter(|p| !p.is_empty()) {
        let parts: Vec<&str> = part.split('=').collect();
        let [name, amount] = parts.as_slice() else {
            return Err(format!("Invalid argument syntax {part}, expected <resource>=<value>").into());
        };
        if let Err(error) = Quantity::parse(amount) {
            return Err(error.to_string().into());
        }
        list.insert((*name).to_string(), (*amount).into());
    }
    Ok(list)
}

fn resources(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let (limits, requests) =
        (resource_list(s.args.value("limits"))?, resource_list(s.args.value("requests"))?);
    if limits.is_empty() && requests.is_empty() {
        let message = "you must specify an update to requests or limits (in the form of --requests/--limits)";
        return Err(message.into());
    }
    let pattern = s.args.value("containers").unwrap_or("*").to_string();
    update(s, words, "resource requirements updated", "resources update to pod template", |_, _, spec| {
        let mut any = false;
        for container in containers(spec).into_iter().filter(|c| selected(&pattern, c)) {
            any = true;
            for (part, amounts) in [("limits", &limits), ("requests", &requests)] {
                for (name, amount) in amounts {
                    container["resources"][part][name] = amount.clone();
                }
            }
        }
        Ok(match any {
            true => Vec::new(),
            false => [format!("error: unable to find container named {pattern}").into()].into(),
        })
    })
}

fn service_account(s: &mut Session<'_, '_>, words: &[String]) -> Ended {
    let Some((account, resources)) = words.split_last() else {
        return Err("serviceaccount is required".into());
    };
    update(s, resources, "serviceaccount updated", "ServiceAccountName", |_, _, spec| {
        spec["serviceAccountName"] = account.as_str().into();
        Ok(Vec::new())
    })
}
