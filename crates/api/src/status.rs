//! The API server's refusals (`apimachinery/pkg/api/errors`).

use crate::{Kind, Status, StatusDetails};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

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
