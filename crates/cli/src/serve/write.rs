//! Creating, changing and deleting objects (`apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go`).

use super::answer::{Body, failure, json, refusal, value_of, warned};
use super::read::{Form, scale_of, selected, shown};
use super::request::{Query, Target};
use super::simulation::Simulation;
use hyper::Response;
use lifepod_api::{Kind, Object, ObjectKey, Refusal, Status};
use lifepod_engine::client::{FieldValidation, PatchType, Subresource, decode};
use lifepod_engine::{Api, DeleteOptions, PropagationPolicy};
use lifepod_manifest::server::Format;
use serde_json::{Value, json};

/// A body with its media type.
pub struct Sent<'a> {
    pub text: &'a str,
    pub content_type: &'a str,
}

impl Sent<'_> {
    /// The body as JSON, whatever fields it has.
    fn json(&self) -> Result<Value, Refusal> {
        if self.content_type.contains("protobuf") || self.content_type.contains("cbor") {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/json, \
                 application/yaml, not {} (lifepod reads no protobuf: let kubectl print the object with --dry-run=client \
                 -o yaml and apply that)",
                self.content_type
            );
            return Err(failure(415, "UnsupportedMediaType", message));
        }
        if self.text.trim().is_empty() {
            return Ok(Value::Null);
        }
        if self.content_type.contains("yaml") {
            let parsed = lifepod_manifest::parse(self.text);
            return Ok(parsed.documents.into_iter().next().map_or(Value::Null, |d| d.value));
        }
        serde_json::from_str(self.text).map_err(|e| failure(400, "BadRequest", e.to_string()))
    }
}

fn validation(query: &Query) -> FieldValidation {
    match query.get("fieldValidation") {
        "Strict" => FieldValidation::Strict,
        "Ignore" => FieldValidation::Ignore,
        _ => FieldValidation::Warn,
    }
}

/// Does something, or only seems to (`dryRun=All`).
fn act<T>(sim: &mut Simulation, what: String, dry_run: bool, act: impl FnOnce(&mut Api<'_>) -> T) -> T {
    let mut api = sim.api();
    if dry_run {
        return api.rehearse(act);
    }
    api.act(what);
    act(&mut api)
}

/// What the trace says of a request.
fn words(verb: &str, target: &Target) -> String {
    let sub = if target.sub.is_empty() { String::new() } else { format!("/{}", target.sub) };
    let namespace = match target.namespace.as_str() {
        "" | "default" => String::new(),
        other => format!(" -n {other}"),
    };
    format!("{verb} {}{sub} {}{namespace}", target.kind.plural, target.name).trim_end().to_string()
}

/// The object that a body holds, checked against the path.
fn object(target: &Target, query: &Query, sent: &Sent<'_>) -> Result<(Object, Vec<String>), Refusal> {
    let strict = validation(query) == FieldValidation::Strict;
    let known = Kind::find(&target.kind.api_version(), target.kind.kind);
    let (mut object, warnings) = match known.filter(|_| strict && sent.content_type.contains("/json")) {
        Some(kind) => {
            let decoded = lifepod_manifest::server::decode(sent.text, Format::Json, kind);
            (decoded?.0, Vec::new())
        }
        None => {
            let mut value = sent.json()?;
            if !value.is_object() {
                return Err(failure(400, "BadRequest", "the object provided is unrecognized"));
            }
            for (field, own) in
                [("apiVersion", target.kind.api_version()), ("kind", target.kind.kind.to_string())]
            {
                if value.get(field).is_none() {
                    value[field] = own.into();
                }
            }
            decode(&value, validation(query))?
        }
    };
    if object.kind() != target.kind.kind || object.api_version() != target.kind.api_version() {
        let message = format!(
            "{} in version \"{}\" cannot be handled as a {}: converting",
            object.kind(),
            object.api_version(),
            target.kind.kind
        );
        return Err(failure(400, "BadRequest", message));
    }
    let meta = object.meta_mut();
    if target.kind.namespaced {
        if meta.namespace.is_empty() {
            meta.namespace.clone_from(&target.namespace);
        }
        if meta.namespace != target.namespace {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(failure(400, "BadRequest", message));
        }
    }
    if !target.name.is_empty() && meta.name != target.name {
        let message = format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            meta.name, target.name
        );
        return Err(failure(400, "BadRequest", message));
    }
    Ok((object, warnings))
}

/// An object, or the refusal.
fn answered(
    sim: &mut Simulation,
    target: &Target,
    form: Form,
    code: u16,
    result: Result<(std::sync::Arc<Object>, Vec<String>), Refusal>,
) -> Response<Body> {
    match result {
        Err(status) => refusal(&status),
        Ok((object, warnings)) => {
            let value = object.to_value();
            let shown = match target.sub.as_str() {
                "scale" => scale_of(&value),
                _ => shown(sim, target, &value, form),
            };
            warned(json(code, &shown), &warnings)
        }
    }
}

/// `POST` to a collection.
pub fn create(
    sim: &mut Simulation,
    target: &Target,
    query: &Query,
    sent: &Sent<'_>,
    form: Form,
) -> Response<Body> {
    let (object, warnings) = match object(target, query, sent) {
        Ok(decoded) => decoded,
        Err(status) => return refusal(&status),
    };
    let mut named = target.clone();
    named.name.clone_from(&object.meta().name);
    let result = act(sim, words("create", &named), query.get("dryRun") == "All", |api| api.create(object));
    answered(sim, target, form, 201, result.map(|o| (o, warnings)))
}

/// `POST` to a pod's `eviction` or `binding`.
pub fn pod_action(sim: &mut Simulation, target: &Target, query: &Query, sent: &Sent<'_>) -> Response<Body> {
    let body = match sent.json() {
        Ok(body) => body,
        Err(status) => return refusal(&status),
    };
    let (namespace, name) = (target.namespace.as_str(), target.name.as_str());
    let dry_run = query.get("dryRun") == "All" || wants_dry_run(&body["deleteOptions"]);
    let result = act(sim, words("create", target), dry_run, |api| {
        if target.sub == "eviction" {
            return api.evict(namespace, name, &delete_options(&body["deleteOptions"], query)?);
        }
        api.fetch(&target.key())?;
        let node = body["target"]["name"].as_str().unwrap_or("");
        match api.bind(namespace, name, node) {
            true => Ok(()),
            false => {
                let kind = Kind::find("v1", "Pod").map(|pod| {
                    Status::conflict(pod, name, &format!("pod {name} is already assigned or being deleted"))
                });
                Err(Box::new(kind.unwrap_or_default()))
            }
        }
    });
    match result {
        Ok(()) => json(201, &success()),
        Err(status) => refusal(&status),
    }
}

fn success() -> Value {
    let mut value = value_of(&Status { status: "Success".into(), ..Status::default() });
    value["code"] = 201.into();
    value
}

/// `PUT` of an object, its `status` or its `scale`.
pub fn update(
    sim: &mut Simulation,
    target: &Target,
    query: &Query,
    sent: &Sent<'_>,
    form: Form,
) -> Response<Body> {
    let dry_run = query.get("dryRun") == "All";
    if target.sub == "scale" {
        let body = match sent.json() {
            Ok(body) => body,
            Err(status) => return refusal(&status),
        };
        return scale(sim, target, &body, dry_run, form);
    }
    let (object, warnings) = match object(target, query, sent) {
        Ok(decoded) => decoded,
        Err(status) => return refusal(&status),
    };
    let result = act(sim, words("update", target), dry_run, |api| api.update(object, sub(target)));
    answered(sim, target, form, 200, result.map(|o| (o, warnings)))
}

fn sub(target: &Target) -> Subresource {
    Subresource::named(&target.sub).unwrap_or_default()
}

/// Sets the replicas that a `Scale`, or a patch of one, asks for.
fn scale(sim: &mut Simulation, target: &Target, body: &Value, dry_run: bool, form: Form) -> Response<Body> {
    let Some(replicas) = body["spec"]["replicas"].as_i64() else {
        return match sim.api().fetch(&target.key()) {
            Ok(object) => json(200, &scale_of(&object.to_value())),
            Err(status) => refusal(&status),
        };
    };
    let wanted = body["metadata"]["resourceVersion"].as_str().unwrap_or("");
    let mut patch = json!({"spec": {"replicas": replicas}});
    if !wanted.is_empty() {
        patch["metadata"]["resourceVersion"] = wanted.into();
    }
    let result = act(sim, words("scale", target), dry_run, |api| {
        api.patch(&target.key(), &patch, PatchType::Merge, Subresource::Main, FieldValidation::Strict)
    });
    answered(sim, target, form, 200, result)
}

/// `PATCH` of an object or a part of it.
pub fn patch(
    sim: &mut Simulation,
    target: &Target,
    query: &Query,
    sent: &Sent<'_>,
    form: Form,
) -> Response<Body> {
    let dry_run = query.get("dryRun") == "All";
    let media = sent.content_type.split(';').next().unwrap_or("").trim();
    let patch_type = match media {
        "application/json-patch+json" => PatchType::Json,
        "application/merge-patch+json" => PatchType::Merge,
        "application/strategic-merge-patch+json" | "application/apply-patch+yaml" => PatchType::Strategic,
        _ => {
            let message = "the body of the request was in an unknown format - accepted media types include: \
                           application/json-patch+json, application/merge-patch+json, \
                           application/strategic-merge-patch+json, application/apply-patch+yaml";
            return refusal(&failure(415, "UnsupportedMediaType", message));
        }
    };
    let body = match sent.json() {
        Ok(body) => body,
        Err(status) => return refusal(&status),
    };
    if target.sub == "scale" && patch_type != PatchType::Json {
        return scale(sim, target, &body, dry_run, form);
    }
    // Server-side apply, its managed fields left out: what is not there is created, what is there is merged.
    if media == "application/apply-patch+yaml" && sim.api().get(&target.key()).is_none() {
        let text = body.to_string();
        let sent = Sent { text: &text, content_type: "application/json" };
        return create(sim, &Target { name: String::new(), ..target.clone() }, query, &sent, form);
    }
    let validation = validation(query);
    let result = act(sim, words("patch", target), dry_run, |api| {
        api.patch(&target.key(), &body, patch_type, sub(target), validation)
    });
    answered(sim, target, form, 200, result)
}

fn wants_dry_run(options: &Value) -> bool {
    options["dryRun"].as_array().is_some_and(|list| list.iter().any(|v| v == "All"))
}

/// `DeleteOptions` from a body, or else from the query.
fn delete_options(body: &Value, query: &Query) -> Result<DeleteOptions, Refusal> {
    let text = |name: &str| match body[name].as_str() {
        Some(text) => text.to_string(),
        None => query.get(name).to_string(),
    };
    let precondition = |name: &str| body["preconditions"][name].as_str().map(ToString::to_string);
    let propagation_policy = match text("propagationPolicy").as_str() {
        "" => match body["orphanDependents"].as_bool() {
            Some(true) => Some(PropagationPolicy::Orphan),
            Some(false) => Some(PropagationPolicy::Background),
            None => None,
        },
        "Orphan" => Some(PropagationPolicy::Orphan),
        "Background" => Some(PropagationPolicy::Background),
        "Foreground" => Some(PropagationPolicy::Foreground),
        other => {
            let detail = format!(
                "propagationPolicy: Unsupported value: {other:?}: supported values: \"Background\", \"Foreground\", \
                 \"Orphan\", \"nil\""
            );
            return Err(failure(
                422,
                "Invalid",
                format!("DeleteOptions.meta.k8s.io \"\" is invalid: {detail}"),
            ));
        }
    };
    Ok(DeleteOptions {
        grace_period_seconds: body["gracePeriodSeconds"].as_i64().or(query.number("gracePeriodSeconds")),
        uid: precondition("uid"),
        resource_version: precondition("resourceVersion"),
        propagation_policy,
    })
}

/// `DELETE` of an object: the object while it is on its way, a Status once it is gone.
pub fn delete(
    sim: &mut Simulation,
    target: &Target,
    query: &Query,
    sent: &Sent<'_>,
    form: Form,
) -> Response<Body> {
    let body = match sent.json() {
        Ok(body) => body,
        Err(status) => return refusal(&status),
    };
    let options = match delete_options(&body, query) {
        Ok(options) => options,
        Err(status) => return refusal(&status),
    };
    let dry_run = query.get("dryRun") == "All" || wants_dry_run(&body);
    let key = target.key();
    let result = act(sim, words("delete", target), dry_run, |api| {
        let before = api.delete(&key, &options)?;
        Ok::<_, Refusal>((before, api.get(&key).cloned()))
    });
    match result {
        Err(status) => refusal(&status),
        Ok((_, Some(going))) => json(200, &shown(sim, target, &going.to_value(), form)),
        Ok((gone, None)) => json(200, &deleted(target, &gone)),
    }
}

fn deleted(target: &Target, gone: &Object) -> Value {
    let mut value = value_of(&Status { status: "Success".into(), ..Status::default() });
    value["details"] = json!({
        "name": gone.meta().name, "group": target.kind.group, "kind": target.kind.plural, "uid": gone.meta().uid,
    });
    value
}

/// `DELETE` of a collection: what is selected, object by object.
pub fn delete_collection(
    sim: &mut Simulation,
    target: &Target,
    query: &Query,
    sent: &Sent<'_>,
) -> Response<Body> {
    let body = match sent.json() {
        Ok(body) => body,
        Err(status) => return refusal(&status),
    };
    let (objects, options) = match (selected(sim, target, query), delete_options(&body, query)) {
        (Ok(objects), Ok(options)) => (objects, options),
        (Err(status), _) => return refusal(&status),
        (_, Err(status)) => return refusal(&status),
    };
    let dry_run = query.get("dryRun") == "All" || wants_dry_run(&body);
    let result = act(sim, words("delete", target), dry_run, |api| {
        objects.iter().try_for_each(|object| {
            let meta = |name: &str| object["metadata"][name].as_str().unwrap_or("");
            api.delete(&ObjectKey::new(target.kind.kind, meta("namespace"), meta("name")), &options)
                .map(|_| ())
        })
    });
    if let Err(status) = result {
        return refusal(&status);
    }
    json(
        200,
        &json!({
            "kind": format!("{}List", target.kind.kind), "apiVersion": target.kind.api_version(),
            "metadata": {"resourceVersion": sim.api().resource_version().to_string()}, "items": objects,
        }),
    )
}
