//! Getting and listing objects, and reading logs (`apiserver/pkg/endpoints/handlers/get.go`).

use super::answer::{Body, failure, json, refusal, with};
use super::request::{Query, Target};
use super::simulation::Simulation;
use hyper::Response;
use lifepod_api::{ObjectKey, Refusal};
use lifepod_kubectl::facade::{Include, table};
use serde_json::{Value, json};

/// In which form a client takes objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Table(Include),
}

impl Form {
    /// By the `Accept` header and the query.
    pub fn of(accept: &str, query: &Query) -> Form {
        let first = accept
            .split(',')
            .map(str::trim)
            .find(|part| !part.contains("protobuf") && !part.contains("cbor") && !part.contains("v=v1beta1"));
        match first.is_some_and(|part| part.contains("as=Table")) {
            false => Form::Plain,
            true => Form::Table(match query.get("includeObject") {
                "Object" => Include::Object,
                "None" => Include::None,
                _ => Include::Metadata,
            }),
        }
    }
}

impl Target {
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind.kind, &self.namespace, &self.name)
    }
}

/// The objects of a collection that a request selects, by namespace and name.
pub fn selected(sim: &mut Simulation, target: &Target, query: &Query) -> Result<Vec<Value>, Refusal> {
    let selection = query.selection().map_err(|e| failure(400, "BadRequest", e))?;
    let api = sim.api();
    let all = api.list(target.kind.kind).filter(|o| in_scope(target, &o.meta().namespace, &o.meta().name));
    Ok(all.map(|o| o.to_value()).filter(|o| selection.takes(o)).collect())
}

/// Whether an object belongs to what a path names.
pub fn in_scope(target: &Target, namespace: &str, name: &str) -> bool {
    (target.namespace.is_empty() || target.namespace == namespace)
        && (target.name.is_empty() || target.name == name)
}

/// The refusal, with the name of a resource that the engine has no type for.
pub fn refused(target: &Target, mut status: Refusal) -> Response<Body> {
    if status.code == 404 && lifepod_api::Kind::find(&target.kind.api_version(), target.kind.kind).is_none() {
        status.message = format!("{} {:?} not found", target.kind.resource(), target.name);
        if let Some(details) = &mut status.details {
            details.group = target.kind.group.to_string();
            details.kind = target.kind.plural.to_string();
        }
    }
    refusal(&status)
}

/// `GET` of one object.
pub fn get(sim: &mut Simulation, target: &Target, form: Form) -> Response<Body> {
    match sim.api().fetch(&target.key()) {
        Err(status) => refused(target, status),
        Ok(object) => {
            let value = object.to_value();
            if target.sub == "scale" {
                return json(200, &scale_of(&value));
            }
            json(200, &shown(sim, target, &value, form))
        }
    }
}

/// An object in the form that the client takes.
pub fn shown(sim: &mut Simulation, target: &Target, value: &Value, form: Form) -> Value {
    match form {
        Form::Plain => value.clone(),
        Form::Table(include) => {
            let now = sim.api().calendar_micros();
            let mut shown = table(target.kind, std::slice::from_ref(value), now, include);
            shown["metadata"] = json!({"resourceVersion": value["metadata"]["resourceVersion"]});
            shown
        }
    }
}

/// The `Scale` of an object (`autoscaling/v1`).
pub fn scale_of(value: &Value) -> Value {
    let (meta, spec, status) = (&value["metadata"], &value["spec"], &value["status"]);
    let labels = spec["selector"].get("matchLabels").unwrap_or(&spec["selector"]);
    let selector: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("")))
        .collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"],
        },
        "spec": {"replicas": spec["replicas"].as_i64().unwrap_or(0)},
        "status": {"replicas": status["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",")},
    })
}

/// `GET` of a collection, page by page when the client asks for that.
pub fn list(sim: &mut Simulation, target: &Target, query: &Query, form: Form) -> Response<Body> {
    let mut items = match selected(sim, target, query) {
        Ok(items) => items,
        Err(status) => return refusal(&status),
    };
    let version = sim.api().resource_version().to_string();
    let mut metadata = json!({"resourceVersion": version});
    // A page goes on behind the key that its token names.
    let key = |o: &Value| {
        let meta = |name: &str| o["metadata"][name].as_str().unwrap_or("").to_string();
        format!("{}/{}", meta("namespace"), meta("name"))
    };
    let after = query.get("continue");
    if !after.is_empty() {
        items.retain(|o| key(o).as_str() > after);
    }
    if let Some(limit) = query.number("limit").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)
        && items.len() > limit
    {
        metadata["remainingItemCount"] = (items.len() - limit).into();
        items.truncate(limit);
        metadata["continue"] = items.last().map_or(String::new(), key).into();
    }
    let list = match form {
        Form::Table(include) => {
            let mut list = table(target.kind, &items, sim.api().calendar_micros(), include);
            list["metadata"] = metadata;
            list
        }
        Form::Plain => {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.remove("kind");
                item.remove("apiVersion");
            }
            json!({
                "kind": format!("{}List", target.kind.kind), "apiVersion": target.kind.api_version(),
                "metadata": metadata, "items": items,
            })
        }
    };
    json(200, &list)
}

/// `GET` of a pod's `log`.
pub fn log(sim: &mut Simulation, target: &Target, query: &Query) -> Response<Body> {
    let mut args = vec!["logs".to_string(), target.name.clone(), format!("--namespace={}", target.namespace)];
    for (parameter, flag) in [("container", "container"), ("tailLines", "tail")] {
        if !query.get(parameter).is_empty() {
            args.push(format!("--{flag}={}", query.get(parameter)));
        }
    }
    for parameter in ["previous", "timestamps"] {
        if query.is_set(parameter) {
            args.push(format!("--{parameter}"));
        }
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let now = sim.now();
    let output = lifepod_kubectl::run_at(sim.trace(), now, now, sim.epoch_micros(), &args);
    if output.code == 0 {
        return with(200, "text/plain", output.stdout);
    }
    let text = output.stderr.trim_end();
    let (head, message) = text.split_once(": ").unwrap_or(("", text));
    let (code, reason) = if head.contains("NotFound") { (404, "NotFound") } else { (400, "BadRequest") };
    refusal(&failure(code, reason, message))
}
