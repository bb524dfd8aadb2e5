//! Field paths and errors in the API server's words (`apimachinery/pkg/util/validation/field`).

use crate::schema::{StructType, Type};
use crate::wire::Wire;
use crate::{Kind, Object, Status, StatusCause, StatusDetails};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde_json::Value;

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

/// A value as an error shows it.
pub struct Shown(String);

impl From<&str> for Shown {
    fn from(s: &str) -> Self {
        Shown(go_quote(s))
    }
}

impl From<&String> for Shown {
    fn from(s: &String) -> Self {
        Shown(go_quote(s))
    }
}

impl From<i32> for Shown {
    fn from(n: i32) -> Self {
        Shown(n.to_string())
    }
}

impl From<i64> for Shown {
    fn from(n: i64) -> Self {
        Shown(n.to_string())
    }
}

impl From<bool> for Shown {
    fn from(b: bool) -> Self {
        Shown(b.to_string())
    }
}

impl Shown {
    /// As JSON.
    pub fn json(value: &dyn Wire) -> Self {
        Shown(value.encode().to_string())
    }

    /// JSON that is ready: for values whose internal type upstream has other names than ours.
    pub fn raw(json: String) -> Self {
        Shown(json)
    }

    /// A map's JSON; an empty one is `null`, as Go has no map then.
    pub fn map(value: &dyn Wire) -> Self {
        if value.is_empty() { Shown("null".to_string()) } else { Self::json(value) }
    }
}

/// Go's `%q`.
fn go_quote(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\x0b' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
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
        for part in value.iter().map(|v| v.0.as_str()).chain(Some(detail).filter(|d| !d.is_empty())) {
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
        let value = Shown(actual.to_string());
        self.push(path, ErrorType::TooMany, Some(value), &format!("must have at most {max} items"));
    }
}

/// The API server's refusal of an object with these errors (`api/errors NewInvalid`): code 422.
pub fn invalid_status(object: &Object, errors: &[FieldError]) -> Status {
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
    let group = Kind::find(object.api_version(), object.kind()).map_or("", Kind::group);
    let kind =
        if group.is_empty() { object.kind().to_string() } else { format!("{}.{group}", object.kind()) };
    let name = &object.meta().name;
    Status {
        status: "Failure".to_string(),
        message: format!("{kind} \"{name}\" is invalid: {all}"),
        reason: "Invalid".to_string(),
        details: Some(StatusDetails {
            name: name.clone(),
            group: group.to_string(),
            kind: object.kind().to_string(),
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

impl From<&Value> for Shown {
    fn from(value: &Value) -> Self {
        Shown(value.to_string())
    }
}

impl Shown {
    /// A struct as Go's JSON encoder shows the API server's internal types: every field under its Go name, in
    /// order, empty lists and maps as null.
    pub fn internal(value: &dyn Wire, ty: &'static StructType) -> Self {
        let mut out = String::new();
        internal_struct(&mut out, &value.encode(), ty);
        Shown(out)
    }
}

fn internal_struct(out: &mut String, value: &Value, ty: &'static StructType) {
    out.push('{');
    for (i, field) in ty.fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&go_quote(&go_field_name(field.name)));
        out.push(':');
        match (value.get(field.name), field.ty) {
            (Some(inner), Type::Struct(ty)) => internal_struct(out, inner, ty),
            (Some(Value::Array(items)), Type::List(Type::Struct(ty))) => {
                let mut parts = Vec::new();
                for item in items {
                    let mut part = String::new();
                    internal_struct(&mut part, item, ty);
                    parts.push(part);
                }
                out.push_str(&format!("[{}]", parts.join(",")));
            }
            (Some(inner), _) => out.push_str(&inner.to_string()),
            (None, _) if field.optional => out.push_str("null"),
            (None, Type::String) => out.push_str("\"\""),
            (None, Type::Bool) => out.push_str("false"),
            (None, Type::Int32 | Type::Int64) => out.push('0'),
            (None, Type::Struct(ty)) => internal_struct(out, &Value::Null, ty),
            (None, _) => out.push_str("null"),
        }
    }
    out.push('}');
}

/// A field's name in Go: its wire name, which begins with an upper-case letter or an abbreviation there.
fn go_field_name(wire: &str) -> String {
    const OTHERS: &[(&str, &str)] = &[
        ("seLinuxOptions", "SELinuxOptions"),
        ("httpGet", "HTTPGet"),
        ("httpHeaders", "HTTPHeaders"),
        ("tcpSocket", "TCPSocket"),
        ("grpc", "GRPC"),
        ("tty", "TTY"),
        ("uid", "UID"),
        ("apiVersion", "APIVersion"),
        ("apiGroup", "APIGroup"),
        ("fsType", "FSType"),
    ];
    if let Some((_, name)) = OTHERS.iter().find(|(w, _)| *w == wire) {
        return name.to_string();
    }
    let mut chars = wire.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
