//! Field paths and errors in the API server's words (`apimachinery/pkg/util/validation/field`).

pub use super::shown::Shown;
use super::shown::go_quote;
use crate::{Kind, Object, Status, StatusCause, StatusDetails};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A field's path, each step borrowing the one before: nothing is built until an error needs it.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Child(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// A path of one field.
    pub const fn new(name: &'a str) -> Self {
        Path { parent: None, step: Step::Child(name) }
    }

    /// A field of the value at this path.
    pub fn child<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path { parent: Some(self), step: Step::Child(name) }
    }

    /// An item of the list at this path.
    pub fn index(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// A member of the map at this path.
    pub fn key<'b>(&'b self, key: &'b str) -> Path<'b> {
        Path { parent: Some(self), step: Step::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Child(name) if self.parent.is_some() => write!(f, ".{name}"),
            Step::Child(name) => f.write_str(name),
            Step::Index(i) => write!(f, "[{i}]"),
            Step::Key(key) => write!(f, "[{key}]"),
        }
    }
}

/// What kind of error a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// The value must be given.
    Required,
    /// The value is malformed.
    Invalid,
    /// The value is none of those supported.
    NotSupported,
    /// The value must be unique and is not.
    Duplicate,
    /// The value may not be given here.
    Forbidden,
    /// What the value names does not exist.
    NotFound,
    /// The value is too long.
    TooLong,
    /// The list has too many items.
    TooMany,
}

impl ErrorType {
    /// The reason of a `StatusCause`, such as `FieldValueInvalid`.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::NotFound => "FieldValueNotFound",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Required => "Required value",
            Self::Invalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not found",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
        }
    }
}

/// An error of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path, such as `spec.containers[0].image`.
    pub field: String,
    /// What kind of error.
    pub kind: ErrorType,
    /// Kind, value and detail in the server's words, without the path: `Invalid value: "x": must be …`.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// The errors found so far, in order.
#[derive(Debug, Default)]
pub struct Errors {
    list: Vec<FieldError>,
}

impl Errors {
    /// The errors, in order.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.list
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn push(&mut self, path: &Path, kind: ErrorType, value: Option<Shown>, detail: &str) {
        let mut message = kind.words().to_string();
        for part in value.iter().map(Shown::as_str).chain(Some(detail).filter(|d| !d.is_empty())) {
            message.push_str(": ");
            message.push_str(part);
        }
        self.list.push(FieldError { field: path.to_string(), kind, message });
    }

    /// The value must be given.
    pub fn required(&mut self, path: &Path, detail: &str) {
        self.push(path, ErrorType::Required, None, detail);
    }

    /// The value may not be given.
    pub fn forbidden(&mut self, path: &Path, detail: &str) {
        self.push(path, ErrorType::Forbidden, None, detail);
    }

    /// The value is malformed.
    pub fn invalid(&mut self, path: &Path, value: impl Into<Shown>, detail: &str) {
        self.push(path, ErrorType::Invalid, Some(value.into()), detail);
    }

    /// Something is malformed, and the value would not help.
    pub fn invalid_omitted(&mut self, path: &Path, detail: &str) {
        self.push(path, ErrorType::Invalid, None, detail);
    }

    /// Each of the messages makes an error.
    pub fn invalid_each(&mut self, path: &Path, value: &str, messages: Vec<String>) {
        for message in messages {
            self.invalid(path, value, &message);
        }
    }

    /// The value is given twice.
    pub fn duplicate(&mut self, path: &Path, value: impl Into<Shown>) {
        self.push(path, ErrorType::Duplicate, Some(value.into()), "");
    }

    /// The value is given twice, and that is not meant as one may think.
    pub fn duplicate_with(&mut self, path: &Path, value: impl Into<Shown>, detail: &str) {
        self.push(path, ErrorType::Duplicate, Some(value.into()), detail);
    }

    /// What the value names does not exist.
    pub fn not_found(&mut self, path: &Path, value: &str, detail: &str) {
        self.push(path, ErrorType::NotFound, Some(value.into()), detail);
    }

    /// The value is none of those supported.
    pub fn not_supported(&mut self, path: &Path, value: impl Into<Shown>, supported: &[&str]) {
        let list: Vec<String> = supported.iter().map(|s| go_quote(s)).collect();
        let detail = format!("supported values: {}", list.join(", "));
        self.push(path, ErrorType::NotSupported, Some(value.into()), &detail);
    }

    /// The value is longer than `max` bytes.
    pub fn too_long(&mut self, path: &Path, max: usize) {
        self.push(path, ErrorType::TooLong, None, &format!("may not be more than {max} bytes"));
    }

    /// The list has more than `max` items.
    pub fn too_many(&mut self, path: &Path, actual: usize, max: usize) {
        let value = Shown::from(actual as i64);
        self.push(path, ErrorType::TooMany, Some(value), &format!("must have at most {max} items"));
    }
}

/// The API server's refusal of an object with these errors: code 422.
pub fn invalid_status(object: &Object, errors: &[FieldError]) -> Status {
    let group = Kind::find(object.api_version(), object.kind()).map_or("", Kind::group);
    Status::invalid(object.kind(), group, &object.meta().name, errors)
}

impl Status {
    /// 422: what is sent has these errors (`api/errors NewInvalid`).
    pub fn invalid(kind: &str, group: &str, name: &str, errors: &[FieldError]) -> Status {
        let mut unique: Vec<&FieldError> = Vec::new();
        for error in errors {
            if !unique.contains(&error) {
                unique.push(error);
            }
        }
        let all = match unique.as_slice() {
            [one] => one.to_string(),
            many => format!("[{}]", many.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        let full = if group.is_empty() { kind.to_string() } else { format!("{kind}.{group}") };
        Status {
            status: "Failure".to_string(),
            message: format!("{full} \"{name}\" is invalid: {all}"),
            reason: "Invalid".to_string(),
            details: Some(StatusDetails {
                name: name.to_string(),
                group: group.to_string(),
                kind: kind.to_string(),
                causes: unique
                    .iter()
                    .map(|e| StatusCause {
                        reason: e.kind.reason().to_string(),
                        message: e.message.clone(),
                        field: e.field.clone(),
                    })
                    .collect(),
                ..Default::default()
            }),
            code: 422,
            ..Default::default()
        }
    }
}
