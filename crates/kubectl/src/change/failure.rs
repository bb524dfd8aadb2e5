//! How kubectl words what went wrong (`kubectl/pkg/cmd/util/helpers.go`).

use crate::output::Output;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::{Refusal, Status};

/// Something that went wrong.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The API server refused.
    Server(Box<Status>),
    /// kubectl itself gives up.
    Client(String),
}

impl From<Refusal> for Failure {
    fn from(status: Refusal) -> Self {
        Failure::Server(status)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Client(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Failure::Client(message.to_string())
    }
}

impl Failure {
    /// The error's own words.
    pub(super) fn text(&self) -> &str {
        match self {
            Failure::Server(status) => &status.message,
            Failure::Client(message) => message,
        }
    }

    /// Says what was being done with which file when the server refused (`AddSourceToErr`).
    pub(super) fn with_source(self, doing: &str, source: &str) -> Self {
        match self {
            Failure::Server(mut status) => {
                status.message = format!("error when {doing} \"{source}\": {}", status.message);
                Failure::Server(status)
            }
            Failure::Client(message) => {
                Failure::Client(format!("error when {doing} \"{source}\": {message}"))
            }
        }
    }

    /// One of several (`messageForError`).
    fn among_others(&self) -> String {
        match self {
            Failure::Server(status) if status.reason.is_empty() => {
                format!("Error from server: {}", status.message)
            }
            Failure::Server(status) => format!("Error from server ({}): {}", status.reason, status.message),
            Failure::Client(message) => message.clone(),
        }
    }

    /// The only one (`checkErr`).
    fn alone(&self) -> String {
        match self {
            Failure::Server(status) if status.reason == "Invalid" => invalid(status),
            Failure::Client(message) if !message.starts_with("error: ") => format!("error: {message}"),
            other => other.among_others(),
        }
    }

    /// Prints the errors with which a command ends.
    pub(super) fn print_all(failures: &[Failure], output: &mut Output) {
        match failures {
            [] => {}
            [one] => output.fail(&one.alone()),
            many => many.iter().for_each(|f| output.fail(&f.among_others())),
        }
    }

    /// Prints errors that came wrapped twice: kubectl then takes them for several.
    pub(super) fn print_nested(failures: &[Failure], output: &mut Output) {
        failures.iter().for_each(|f| output.fail(&f.among_others()));
    }
}

/// A validation error: field by field.
fn invalid(status: &Status) -> String {
    let Some(details) = &status.details else {
        return match status.message.as_str() {
            "" => "The request is invalid".to_string(),
            message => format!("The request is invalid: {message}"),
        };
    };
    let named = !details.kind.is_empty() || !details.name.is_empty();
    let head = if named {
        format!("The {} {:?} is invalid", details.kind, details.name)
    } else if details.causes.is_empty() && !status.message.is_empty() {
        format!("The request is invalid: {}", status.message)
    } else {
        "The request is invalid".to_string()
    };
    let causes: Vec<String> = details.causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
    match causes.as_slice() {
        [] => head,
        [one] => format!("{head}: {one}"),
        many => many.iter().fold(format!("{head}: "), |text, cause| text + "\n* " + cause),
    }
}
