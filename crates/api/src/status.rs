//! The API server's refusals (`apimachinery/pkg/api/errors`).

use crate::{Kind, Status, StatusCause, StatusDetails};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A refusal. Boxed, as errors that are passed up should be small.
pub type Refusal = Box<Status>;

impl Status {
    fn failure(code: i32, reason: &str, message: String) -> Status {
        Status {
            status: "Failure".to_string(),
            code,
            reason: reason.to_string(),
            message,
            ..Default::default()
        }
    }

    fn about(mut self, kind: &Kind, name: &str) -> Status {
        let details = StatusDetails {
            name: name.to_string(),
            group: kind.group().to_string(),
            kind: kind.plural.to_string(),
            ..Default::default()
        };
        self.details = Some(details);
        self
    }

    /// 400: the request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Status {
        Status::failure(400, "BadRequest", message.into())
    }

    /// 429 with its cause, and how long to wait before the next try.
    pub fn too_many_requests(message: &str, retry_after_seconds: i32, cause: &str, why: String) -> Status {
        let mut status = Status::failure(429, "TooManyRequests", message.to_string());
        let cause = StatusCause { reason: cause.to_string(), message: why, ..Default::default() };
        status.details =
            Some(StatusDetails { retry_after_seconds, causes: [cause].into(), ..Default::default() });
        status
    }

    /// The reason in most detail: the first cause's where there is one, else the message.
    pub fn why(&self) -> &str {
        let cause = self.details.as_ref().and_then(|details| details.causes.first());
        cause.map(|cause| cause.message.as_str()).filter(|why| !why.is_empty()).unwrap_or(&self.message)
    }

    /// 400: `Pod in version "v1" cannot be handled as a Pod: …`
    pub fn cannot_be_handled(kind: &str, api_version: &str, error: &str) -> Status {
        let version = api_version.rsplit('/').next().unwrap_or(api_version);
        Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {error}"))
    }

    /// 422 for a JSON patch that does not fit (`NewGenericServerResponse`).
    pub fn unprocessable(error: &str) -> Status {
        let mut status = Status::failure(
            422,
            "Invalid",
            format!("the server rejected our request due to an error in our request: {error}"),
        );
        status.details = Some(StatusDetails::default());
        status
    }

    /// 422 for a patch that brings fields which the type does not have (`handlers/patch.go`).
    pub fn invalid_patch(patch: &serde_json::Value, unknown: &str) -> Status {
        let shown = go_map(patch);
        let detail = format!("Invalid value: {shown:?}: strict decoding error: {unknown}");
        let cause = StatusCause {
            reason: "FieldValueInvalid".to_string(),
            message: detail.clone(),
            field: "patch".to_string(),
        };
        let mut status = Status::failure(422, "Invalid", format!(" \"\" is invalid: patch: {detail}"));
        status.details = Some(StatusDetails { causes: [cause].into(), ..Default::default() });
        status
    }

    /// 403: `pods "web" is forbidden: …`
    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Status {
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.resource());
        Status::failure(403, "Forbidden", message).about(kind, name)
    }

    /// 404: `pods "web" not found`
    pub fn not_found(kind: &Kind, name: &str) -> Status {
        Status::failure(404, "NotFound", format!("{} \"{name}\" not found", kind.resource()))
            .about(kind, name)
    }

    /// 404 for a path that leads nowhere, such as to a subresource that the kind does not have.
    pub fn no_such_resource() -> Status {
        Status::failure(404, "NotFound", "the server could not find the requested resource".to_string())
    }

    /// 409: `pods "web" already exists`
    pub fn already_exists(kind: &Kind, name: &str) -> Status {
        Status::failure(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.resource()))
            .about(kind, name)
    }

    /// 409: `Operation cannot be fulfilled on pods "web": …`
    pub fn conflict(kind: &Kind, name: &str, why: &str) -> Status {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.resource());
        Status::failure(409, "Conflict", message).about(kind, name)
    }

    /// 409: a pod cannot be bound to a node, for this reason.
    pub fn conflict_on_binding(name: &str, why: &str) -> Status {
        let message = format!("Operation cannot be fulfilled on pods/binding \"{name}\": {why}");
        Status::failure(409, "Conflict", message)
    }
}

/// A value as Go's `%v` prints decoded JSON: `map[a:1 b:[x y]]`, keys sorted.
pub fn go_map(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "<nil>".to_string(),
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members: Vec<String> = members.iter().map(|(k, v)| format!("{k}:{}", go_map(v))).collect();
            format!("map[{}]", members.join(" "))
        }
        other => other.to_string(),
    }
}

impl Kind {
    /// The resource's name with its group, as messages give it: `pods`, `deployments.apps`.
    pub fn resource(&self) -> String {
        match self.group() {
            "" => self.plural.to_string(),
            group => format!("{}.{group}", self.plural),
        }
    }
}
