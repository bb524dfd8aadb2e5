//! Getting and listing objects, and reading logs (`apiserver/pkg/endpoints/handlers/get.go`).

use super::answer::{Body, failure, json, refusal};
use super::request::{Query, Target};
use super::simulation::Simulation;
use hyper::Response;
use lifepod_api::scale::Scale;
use lifepod_api::{Object, ObjectKey, Refusal};
use lifepod_kubectl::facade::{Include, table};
use serde_json::{Value, json};

/// In which form a client takes objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Table(Include),
}

impl Form {
    /// By the `Accept` header and the query; none when the client takes no JSON.
    pub fn of(accept: &str, query: &Query) -> Option<Form> {
        let takes = |part: &&str| {
            let media = part.split(';').next().unwrap_or("").trim();
            matches!(media, "" | "*/*" | "application/*" | "application/json") && !part.contains("v=v1beta1")
        };
        let first = accept.split(',').map(str::trim).find(takes)?;
        Some(match first.contains("as=Table") {
            false => Form::Plain,
            true => Form::Table(match query.get("includeObject") {
                "Object" => Include::Object,
                "None" => Include::None,
                _ => Include::Metadata,
            }),
        })
    }
}

impl Target {
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind.kind, &self.namespace, &self.name)
    }
}

/// The objects of a collection that a request selects, by namespace and name.
pub fn selected(sim: &mut Simulation, target: &Target, query: &Query) -> Result<Vec<Value>, Refusal> {
    let selection = query.selection(target.kind).map_err(|e| failure(400, "BadRequest", e))?;
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
            if target.sub == "scale" {
                return json(200, &scale_of(&object));
            }
            json(200, &shown(sim, target, &object.to_value(), form))
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
pub fn scale_of(object: &Object) -> Value {
    Scale::of(object).map_or(Value::Null, |scale| scale.to_value())
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
        Form::Plain => list_of(target, items, metadata),
    };
    json(200, &list)
}

/// Objects as a list of their kind.
pub fn list_of(target: &Target, mut items: Vec<Value>, metadata: Value) -> Value {
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.remove("kind");
        item.remove("apiVersion");
    }
    json!({
        "kind": format!("{}List", target.kind.kind), "apiVersion": target.kind.api_version(),
        "metadata": metadata, "items": items,
    })
}
