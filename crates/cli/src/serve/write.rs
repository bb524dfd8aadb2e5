//! Creating, changing and deleting objects (`apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go`).

use super::answer::{Body, failure, json, value_of, warned};
use super::managed::{self, Writer};
use super::protobuf;
use super::read::{Form, list_of, scale_of, selected, shown};
use super::request::{Query, Target};
use super::simulation::Simulation;
use hyper::Response;
use lifepod_api::{Kind, Object, ObjectKey, Refusal, Status, Time};
use lifepod_engine::client::{FieldValidation, PatchType, Subresource, decode};
use lifepod_engine::{Api, DeleteOptions, PropagationPolicy};
use lifepod_manifest::server::Format;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a client sent.
pub struct Sent<'a> {
    pub body: &'a [u8],
    pub content_type: &'a str,
    pub user_agent: &'a str,
}

impl Sent<'_> {
    /// The body as JSON, whatever fields it has.
    pub fn json(&self) -> Result<Value, Refusal> {
        let bad = |error: String| failure(400, "BadRequest", error);
        if self.content_type.contains("protobuf") {
            return match self.body {
                [] => Ok(Value::Null),
                body => protobuf::decode(body).map_err(bad),
            };
        }
        if self.content_type.contains("cbor") {
            let message = "the body of the request was in an unknown format - accepted media types include: \
                           application/json, application/yaml, application/vnd.kubernetes.protobuf";
            return Err(failure(415, "UnsupportedMediaType", message));
        }
        let text = std::str::from_utf8(self.body).map_err(|e| bad(e.to_string()))?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        if self.content_type.contains("yaml") {
            let parsed = lifepod_manifest::parse(text);
            return Ok(parsed.documents.into_iter().next().map_or(Value::Null, |d| d.value));
        }
        serde_json::from_str(text).map_err(|e| bad(e.to_string()))
    }
}

/// A request that changes something.
pub struct Write<'a> {
    pub target: &'a Target,
    pub query: &'a Query,
    pub sent: &'a Sent<'a>,
    pub form: Form,
}

/// What comes of a request.
type Answer = Result<Response<Body>, Refusal>;

impl Write<'_> {
    /// What comes of the request, by its method; none for a method that the resource does not have.
    pub fn answer(&self, sim: &mut Simulation, method: &str) -> Option<Answer> {
        let named = !self.target.name.is_empty();
        if !matches!(self.query.get("dryRun"), "" | "All") {
            let detail = format!(
                "dryRun: Unsupported value: [{:?}]: supported values: \"All\"",
                self.query.get("dryRun")
            );
            return Some(Err(failure(
                422,
                "Invalid",
                format!("Options.meta.k8s.io \"\" is invalid: {detail}"),
            )));
        }
        Some(match (method, named, self.target.sub.as_str()) {
            ("POST", false, _) => self.create(sim),
            ("POST", true, "eviction" | "binding") => self.pod_action(sim),
            ("PUT", true, "scale") => self.scale(sim),
            ("PUT", true, sub) if Subresource::named(sub).is_some() => self.update(sim),
            ("PATCH", true, sub) if Subresource::named(sub).is_some() => self.patch(sim),
            ("DELETE", true, "") => self.delete(sim),
            ("DELETE", false, _) => self.delete_collection(sim),
            _ => return None,
        })
    }

    fn validation(&self) -> FieldValidation {
        match self.query.get("fieldValidation") {
            "Strict" => FieldValidation::Strict,
            "Ignore" => FieldValidation::Ignore,
            _ => FieldValidation::Warn,
        }
    }

    fn subresource(&self) -> Subresource {
        Subresource::named(&self.target.sub).unwrap_or_default()
    }

    /// Does something, or only seems to (`dryRun=All`).
    fn act<T>(
        &self,
        sim: &mut Simulation,
        what: String,
        dry_run: bool,
        act: impl FnOnce(&mut Api<'_>) -> T,
    ) -> T {
        let mut api = sim.api();
        if dry_run {
            return api.rehearse(act);
        }
        api.act(what);
        act(&mut api)
    }

    /// Whether nothing is to be stored.
    fn dry_run(&self) -> bool {
        self.query.get("dryRun") == "All"
    }

    /// What the trace says of the request.
    fn words(&self, verb: &str) -> String {
        self.words_for(verb, &self.target.name)
    }

    fn words_for(&self, verb: &str, name: &str) -> String {
        let target = self.target;
        let sub = if target.sub.is_empty() { String::new() } else { format!("/{}", target.sub) };
        let namespace = match target.namespace.as_str() {
            "" | "default" => String::new(),
            other => format!(" -n {other}"),
        };
        format!("{verb} {}{sub} {name}{namespace}", target.kind.plural).trim_end().to_string()
    }

    /// Who writes: the name that the client gives itself, else that of its program (`managerOrUserAgent`).
    fn writer(&self, api: &Api<'_>) -> Writer<'_> {
        let manager = match self.query.get("fieldManager") {
            "" => self.sent.user_agent.split('/').next().filter(|name| !name.is_empty()).unwrap_or("unknown"),
            name => name,
        };
        let now = Time(api.calendar_micros().div_euclid(1_000_000));
        Writer { manager, subresource: &self.target.sub, now }
    }

    /// The object that the body holds, checked against the path.
    fn object(&self) -> Result<(Object, Vec<String>), Refusal> {
        let (target, sent) = (self.target, self.sent);
        let strict = self.validation() == FieldValidation::Strict;
        let known = Kind::find(&target.kind.api_version(), target.kind.kind);
        let text = std::str::from_utf8(sent.body).ok().filter(|_| sent.content_type.contains("/json"));
        let (mut object, warnings) = match (known.filter(|_| strict), text) {
            (Some(kind), Some(text)) => {
                let decoded = lifepod_manifest::server::decode(text, Format::Json, kind);
                (decoded?.0, Vec::new())
            }
            _ => {
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
                decode(&value, self.validation())?
            }
        };
        self.check(&mut object)?;
        Ok((object, warnings))
    }

    /// Checks a body's object against the path, and sets what the path says and the object does not.
    fn check(&self, object: &mut Object) -> Result<(), Refusal> {
        let target = self.target;
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
        Ok(())
    }

    /// An object as the answer.
    fn shown(
        &self,
        sim: &mut Simulation,
        code: u16,
        (object, warnings): (Arc<Object>, Vec<String>),
    ) -> Response<Body> {
        let shown = match self.target.sub.as_str() {
            "scale" => scale_of(&object),
            _ => shown(sim, self.target, &object.to_value(), self.form),
        };
        warned(json(code, &shown), &warnings)
    }

    /// `POST` to a collection.
    fn create(&self, sim: &mut Simulation) -> Answer {
        let (mut object, warnings) = self.object()?;
        let words = self.words_for("create", &object.meta().name);
        let created = self.act(sim, words, self.dry_run(), |api| {
            managed::update(None, &mut object, &self.writer(api));
            api.create(object)
        })?;
        Ok(self.shown(sim, 201, (created, warnings)))
    }

    /// `POST` to a pod's `eviction` or `binding`.
    fn pod_action(&self, sim: &mut Simulation) -> Answer {
        let body = self.sent.json()?;
        let (namespace, name) = (self.target.namespace.as_str(), self.target.name.as_str());
        let dry_run = self.dry_run() || wants_dry_run(&body["deleteOptions"]);
        self.act(sim, self.words("create"), dry_run, |api| {
            if self.target.sub == "eviction" {
                return api.evict(namespace, name, &delete_options(&body["deleteOptions"], self.query)?);
            }
            api.fetch(&self.target.key())?;
            let node = body["target"]["name"].as_str().unwrap_or("");
            match api.bind(namespace, name, node) {
                true => Ok(()),
                false => {
                    let why = format!("pod {name} is already assigned or being deleted");
                    Err(Box::new(Status::conflict_on_binding(name, &why)))
                }
            }
        })?;
        let mut value = value_of(&Status { status: "Success".into(), ..Status::default() });
        value["code"] = 201.into();
        Ok(json(201, &value))
    }

    /// `PUT` of an object or its `status`.
    fn update(&self, sim: &mut Simulation) -> Answer {
        let (object, warnings) = self.object()?;
        let updated = self.act(sim, self.words("update"), self.dry_run(), |api| self.store(api, object))?;
        Ok(self.shown(sim, 200, (updated, warnings)))
    }

    /// Stores a new version of an object, with a note of who changed what.
    fn store(&self, api: &mut Api<'_>, mut object: Object) -> Result<Arc<Object>, Refusal> {
        if let Some(stored) = api.get(&self.target.key()).cloned() {
            managed::update(Some(&stored), &mut object, &self.writer(api));
        }
        api.update(object, self.subresource())
    }

    /// `PUT` of a `Scale`.
    fn scale(&self, sim: &mut Simulation) -> Answer {
        let body = self.sent.json()?;
        // A Scale is an object of its own: it takes the place of the one that the object has.
        let scaled = self.act(sim, self.words("scale"), self.dry_run(), |api| {
            let (object, warnings) = api.patched(
                &self.target.key(),
                &body,
                PatchType::Merge,
                Subresource::Scale,
                self.validation(),
            )?;
            Ok::<_, Refusal>((self.store(api, object)?, warnings))
        })?;
        Ok(self.shown(sim, 200, scaled))
    }

    /// `PATCH` of an object or a part of it.
    fn patch(&self, sim: &mut Simulation) -> Answer {
        let media = self.sent.content_type.split(';').next().unwrap_or("").trim();
        let patch_type = match media {
            "application/json-patch+json" => PatchType::Json,
            "application/merge-patch+json" => PatchType::Merge,
            "application/strategic-merge-patch+json" => PatchType::Strategic,
            "application/apply-patch+yaml" => return self.apply(sim),
            _ => {
                let message = "the body of the request was in an unknown format - accepted media types include: \
                               application/json-patch+json, application/merge-patch+json, \
                               application/strategic-merge-patch+json, application/apply-patch+yaml";
                return Err(failure(415, "UnsupportedMediaType", message));
            }
        };
        let body = self.sent.json()?;
        let patched = self.act(sim, self.words("patch"), self.dry_run(), |api| {
            let (object, warnings) =
                api.patched(&self.target.key(), &body, patch_type, self.subresource(), self.validation())?;
            Ok::<_, Refusal>((self.store(api, object)?, warnings))
        })?;
        Ok(self.shown(sim, 200, patched))
    }

    /// Server-side apply: what is not there is created, what is there is merged, by who manages what.
    fn apply(&self, sim: &mut Simulation) -> Answer {
        let yaml = Sent { content_type: "application/yaml", ..*self.sent };
        let config = yaml.json()?;
        if self.query.get("fieldManager").is_empty() {
            let detail = "fieldManager: Required value: is required for apply patch";
            return Err(failure(
                422,
                "Invalid",
                format!("PatchOptions.meta.k8s.io \"\" is invalid: {detail}"),
            ));
        }
        // What is wrong with the configuration itself is said before who owns what.
        let (mut checked, warnings) = decode(&config, self.validation())?;
        self.check(&mut checked)?;
        let force = self.query.is_set("force");
        let (code, object) = self.act(sim, self.words("apply"), self.dry_run(), |api| {
            let stored = api.get(&self.target.key()).cloned();
            let (value, managers) = managed::apply(stored.as_deref(), &config, &self.writer(api), force)?;
            let (mut object, _) = decode(&value, FieldValidation::Ignore)?;
            self.check(&mut object)?;
            managers.store(&mut object);
            if stored.is_none() {
                return api.create(object).map(|object| (201, object));
            }
            // Whoever names no revision means the newest one.
            object.meta_mut().resource_version =
                config["metadata"]["resourceVersion"].as_str().unwrap_or("").to_string();
            api.update(object, self.subresource()).map(|object| (200, object))
        })?;
        Ok(self.shown(sim, code, (object, warnings)))
    }

    /// `DELETE` of an object: the object while it is on its way, a Status once it is gone.
    fn delete(&self, sim: &mut Simulation) -> Answer {
        let body = self.sent.json()?;
        let options = delete_options(&body, self.query)?;
        let key = self.target.key();
        let dry_run = self.dry_run() || wants_dry_run(&body);
        let (gone, going) = self.act(sim, self.words("delete"), dry_run, |api| {
            let before = api.delete(&key, &options)?;
            Ok::<_, Refusal>((before, api.get(&key).cloned()))
        })?;
        if let Some(going) = going {
            return Ok(self.shown(sim, 200, (going, Vec::new())));
        }
        let (kind, meta) = (self.target.kind, gone.meta());
        let mut value = value_of(&Status { status: "Success".into(), ..Status::default() });
        value["details"] =
            json!({"name": meta.name, "group": kind.group, "kind": kind.plural, "uid": meta.uid});
        Ok(json(200, &value))
    }

    /// `DELETE` of a collection: what is selected, object by object.
    fn delete_collection(&self, sim: &mut Simulation) -> Answer {
        let (target, body) = (self.target, self.sent.json()?);
        let objects = selected(sim, target, self.query)?;
        let options = delete_options(&body, self.query)?;
        let dry_run = self.dry_run() || wants_dry_run(&body);
        self.act(sim, self.words("delete"), dry_run, |api| {
            objects.iter().try_for_each(|object| {
                let meta = |name: &str| object["metadata"][name].as_str().unwrap_or("");
                let key = ObjectKey::new(target.kind.kind, meta("namespace"), meta("name"));
                api.delete(&key, &options).map(drop)
            })
        })?;
        let version = sim.api().resource_version().to_string();
        Ok(json(200, &list_of(target, objects, json!({"resourceVersion": version}))))
    }
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
