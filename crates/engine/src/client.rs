//! Clients: who speaks to the API server from outside of the cluster, at once or over a time.
//!
//! [`Api`] is the API server's front: every verb that a person's tool or a program may use. A [`Client`] is such a
//! program with state, `kubectl drain` for one: the cluster lets it take a step when it asked to be woken.

use crate::api_server::DeleteOptions;
use crate::kernel::{Component, Kernel, Wake};
use crate::trace::{Action, EntryId, Said, What};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;
pub use lifepod_api::Subresource;
use lifepod_api::patch::{json_patch, left_of_patch, merge, strategic_merge};
use lifepod_api::scale::Scale;
use lifepod_api::status::Refusal;
use lifepod_api::wire::{DecodeError, DecodeErrorKind};
use lifepod_api::{Kind, Object, ObjectKey, SimTime, Status};
use serde_json::Value;

/// A program that uses the API: it does what it can at a step, and says when it wants to go on.
pub trait Client: Debug + Send {
    /// The command in words, for the trace.
    fn text(&self) -> String;

    /// Does what can be done now. What it prints goes to [`Api::say`].
    fn step(&mut self, api: &mut Api<'_>) -> Next;

    /// A copy, as a cluster is a value.
    fn boxed_clone(&self) -> Box<dyn Client>;
}

impl Clone for Box<dyn Client> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// How a client goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done, with this exit code.
    Exit(i32),
    /// It sleeps until then.
    At(SimTime),
}

/// What a patch's document means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// `application/json-patch+json` (RFC 6902).
    Json,
    /// `application/merge-patch+json` (RFC 7386).
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
}

/// What becomes of fields that a type does not have (`metav1.FieldValidation*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are passed over.
    Ignore,
    /// They are passed over with a warning.
    Warn,
    /// The object is refused.
    #[default]
    Strict,
}

/// The API server as a client sees it, at the current time.
#[derive(Debug)]
pub struct Api<'a> {
    kernel: &'a mut Kernel,
    by: &'static str,
}

impl<'a> Api<'a> {
    /// `by` is who writes, for the trace.
    pub(crate) fn new(kernel: &'a mut Kernel, by: &'static str) -> Self {
        Api { kernel, by }
    }

    /// The simulated time.
    pub fn now(&self) -> SimTime {
        self.kernel.now
    }

    /// The calendar time in microseconds since 1970 (UTC).
    pub fn calendar_micros(&self) -> i64 {
        self.kernel.config.epoch_micros.saturating_add(i64::try_from(self.kernel.now.0).unwrap_or(i64::MAX))
    }

    /// The resource version of the newest write.
    pub fn resource_version(&self) -> u64 {
        self.kernel.store.resource_version()
    }

    /// The object of that key.
    pub fn get(&self, key: &ObjectKey) -> Option<&Arc<Object>> {
        self.kernel.store.get(key)
    }

    /// The object of that key, or the server's refusal.
    ///
    /// # Errors
    /// 404.
    pub fn fetch(&self, key: &ObjectKey) -> Result<Arc<Object>, Refusal> {
        self.get(key).cloned().ok_or_else(|| crate::api_server::not_found(key))
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: &'a str) -> impl Iterator<Item = &Arc<Object>> {
        self.kernel.store.of_kind(kind)
    }

    /// Stores a new object.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn create(&mut self, object: Object) -> Result<Arc<Object>, Refusal> {
        self.kernel.create(object, self.by)
    }

    /// Stores a new version of an object; when it names a resource version, only in place of that one.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn update(&mut self, object: Object, sub: Subresource) -> Result<Arc<Object>, Refusal> {
        self.kernel.update(object, sub, self.by)
    }

    /// Changes an object by a patch; gives back the object and the server's warnings.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn patch(
        &mut self,
        key: &ObjectKey,
        patch: &Value,
        patch_type: PatchType,
        sub: Subresource,
        validation: FieldValidation,
    ) -> Result<(Arc<Object>, Vec<String>), Refusal> {
        let (object, warnings) = self.patched(key, patch, patch_type, sub, validation)?;
        Ok((self.update(object, sub)?, warnings))
    }

    /// The object that a patch makes of a stored one, not stored yet, and the server's warnings
    /// (`apiserver/pkg/endpoints/handlers/patch.go`).
    ///
    /// # Errors
    /// The server's refusal.
    pub fn patched(
        &self,
        key: &ObjectKey,
        patch: &Value,
        patch_type: PatchType,
        sub: Subresource,
        validation: FieldValidation,
    ) -> Result<(Object, Vec<String>), Refusal> {
        let stored = self.fetch(key)?;
        if !sub.is_of(stored.kind()) {
            return Err(Box::new(Status::no_such_resource()));
        }
        let scale = Scale::of(&stored).filter(|_| sub == Subresource::Scale);
        let mut value = scale.as_ref().map_or_else(|| stored.to_value(), Scale::to_value);
        // A client that names no revision means the newest one.
        if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.remove("resourceVersion");
        }
        match patch_type {
            PatchType::Merge => merge(&mut value, patch),
            PatchType::Json => {
                json_patch(&mut value, patch).map_err(|e| Box::new(Status::unprocessable(&e)))?
            }
            PatchType::Strategic => {
                let of_kind = || Kind::find(stored.api_version(), stored.kind()).map(|k| k.ty);
                let ty = scale.as_ref().map_or_else(of_kind, |_| Some(Scale::STRUCT));
                strategic_merge(&mut value, patch, ty).map_err(|e| Box::new(Status::bad_request(e)))?;
            }
        }
        let decoded = match &scale {
            Some(_) => decode_scale(&value, validation)
                .and_then(|(scale, warnings)| Ok((scale.put_on(&stored)?, warnings))),
            None => decode(&value, validation),
        };
        decoded.map_err(|status| match status.message.split_once(": strict decoding error: ") {
            Some((_, unknown)) => Box::new(Status::invalid_patch(&left_of_patch(patch), unknown)),
            None => status,
        })
    }

    /// Deletes an object, or begins to. The object as it was before the request comes back.
    ///
    /// # Errors
    /// The server's refusal.
    pub fn delete(&mut self, key: &ObjectKey, options: &DeleteOptions) -> Result<Arc<Object>, Refusal> {
        let stored = self.fetch(key)?;
        self.kernel.delete(key, options, self.by)?;
        Ok(stored)
    }

    /// Evicts a pod: deletes it if its disruption budget allows that.
    ///
    /// # Errors
    /// The server's refusal; 429 when the budget forbids it now.
    pub fn evict(&mut self, namespace: &str, name: &str, options: &DeleteOptions) -> Result<(), Refusal> {
        self.kernel.evict(namespace, name, options, self.by)
    }

    /// Binds a pod to a node, as a scheduler does; false when it is bound or being deleted.
    pub fn bind(&mut self, namespace: &str, name: &str, node: &str) -> bool {
        self.kernel.bind(namespace, name, "", node).is_ok()
    }

    /// What would come of `act`: nothing of it is stored (`dryRun=All`).
    pub fn rehearse<T>(&mut self, act: impl FnOnce(&mut Api<'_>) -> T) -> T {
        let trace = core::mem::take(&mut self.kernel.trace);
        let mut kernel = self.kernel.clone();
        self.kernel.trace = trace;
        act(&mut Api { kernel: &mut kernel, by: self.by })
    }

    /// Records that a client did something: all that follows has it as its cause.
    pub fn act(&mut self, text: impl Into<String>) -> EntryId {
        self.kernel.cause = None;
        let action = self.kernel.record(What::Action(Action { text: text.into(), refused: None }));
        self.kernel.cause = Some(action);
        action
    }

    /// Records what a client printed.
    pub fn say(&mut self, said: Said) {
        self.kernel.record(What::Said(said));
    }
}

/// Decodes an object that a client sent: the object and the server's warnings
/// (`apiserver/pkg/endpoints/handlers/create.go`).
///
/// # Errors
/// A field of a wrong type, and under strict validation one that the type does not have.
pub fn decode(value: &Value, validation: FieldValidation) -> Result<(Object, Vec<String>), Refusal> {
    let (object, errors) = Object::decode(value);
    let warnings = judge(&errors, object.kind(), object.api_version(), validation)?;
    Ok((object, warnings))
}

/// Decodes a Scale that a client sent, in the same way.
fn decode_scale(value: &Value, validation: FieldValidation) -> Result<(Scale, Vec<String>), Refusal> {
    let (scale, errors) = Scale::decode_value(value);
    let warnings = judge(&errors, "Scale", "autoscaling/v1", validation)?;
    Ok((scale, warnings))
}

/// What becomes of errors of decoding: the warnings, or the refusal.
fn judge(
    errors: &[DecodeError],
    kind: &str,
    api_version: &str,
    validation: FieldValidation,
) -> Result<Vec<String>, Refusal> {
    let refuse = |error: &str| Box::new(Status::cannot_be_handled(kind, api_version, error));
    if let Some(error) = errors.iter().find(|e| e.kind == DecodeErrorKind::Type) {
        return Err(refuse(&error.message));
    }
    let unknown: Vec<String> = errors.iter().map(|e| e.message.to_string()).collect();
    match validation {
        FieldValidation::Strict if !unknown.is_empty() => {
            Err(refuse(&format!("strict decoding error: {}", unknown.join(", "))))
        }
        FieldValidation::Ignore => Ok(Vec::new()),
        _ => Ok(unknown),
    }
}

/// The clients under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clients {
    /// Each with the entry of its action; none once it is done.
    all: Vec<Option<(EntryId, Box<dyn Client>)>>,
}

impl Clients {
    /// Starts a client, whose action is recorded, and lets it take its first step.
    ///
    /// # Errors
    /// What it printed on standard error, when it fails at once.
    pub(crate) fn start(
        &mut self,
        kernel: &mut Kernel,
        action: EntryId,
        client: Box<dyn Client>,
    ) -> Result<(), Refusal> {
        let index = self.all.len() as u32;
        self.all.push(Some((action, client)));
        match self.step(kernel, index) {
            Some(Next::Exit(code)) if code != 0 => {
                Err(Box::new(Status::bad_request(kernel.trace.errors_of(action))))
            }
            _ => Ok(()),
        }
    }

    /// Lets a client go on.
    pub(crate) fn step(&mut self, kernel: &mut Kernel, index: u32) -> Option<Next> {
        let slot = self.all.get_mut(index as usize)?;
        let (action, client) = slot.as_mut()?;
        kernel.cause = Some(*action);
        let next = client.step(&mut Api::new(kernel, "kubectl"));
        match next {
            Next::Exit(code) => {
                kernel.record(What::Said(Said::Exit(code)));
                *slot = None;
            }
            Next::At(at) => kernel.wake_at(at, Component::Client(index), Wake::Client),
        }
        Some(next)
    }
}
