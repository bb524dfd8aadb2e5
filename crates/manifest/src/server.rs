//! A text POSTed to the API server as it is: what the server makes of it, or its refusal.
//!
//! kubectl reads YAML itself and sends JSON without duplicates; this is for bodies that reach the server raw.

use crate::tree::Tree;
use crate::value::convert;
use crate::{json, yaml};
use lifepod_api::wire::{DecodeError, DecodeErrorKind};
use lifepod_api::{Kind, Object, Refusal, Status};
use serde_json::Value;

/// The media type of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/yaml`
    Yaml,
    /// `application/json`
    Json,
}

/// Decodes a body that is POSTed to the resource of `kind` with strict field validation. Missing `kind` and
/// `apiVersion` are taken from the resource.
///
/// The JSON comes along, as it was written.
pub fn decode(text: &str, format: Format, kind: &Kind) -> Result<(Object, Value), Refusal> {
    let unrecognized = |error: &str| {
        let message = format!(
            "the object provided is unrecognized (must be of type {}): {error} ({})",
            kind.kind,
            summary(text.as_bytes())
        );
        bad_request(message)
    };
    let tree = read(text, format).map_err(|e| unrecognized(&e))?;
    let converted = convert(&tree).map_err(|e| unrecognized(&format!("yaml: {}", e.message)))?;
    let mut value = converted.value;
    let Value::Object(members) = &mut value else {
        let got = lifepod_api::wire::kind_name(&value);
        return Err(unrecognized(&format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {got} into Go value of type struct \
             {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
             \"json:\\\"kind,omitempty\\\"\" }}"
        )));
    };
    let text_of = |members: &serde_json::Map<String, Value>, name: &str| {
        members.get(name).and_then(Value::as_str).filter(|s| !s.is_empty()).map(ToString::to_string)
    };
    let api_version = text_of(members, "apiVersion").unwrap_or(kind.api_version.to_string());
    let name = text_of(members, "kind").unwrap_or(kind.kind.to_string());
    members.insert("apiVersion".to_string(), api_version.clone().into());
    members.insert("kind".to_string(), name.clone().into());
    if Kind::find(&api_version, &name).is_none() {
        let error = format!(
            "no kind \"{name}\" is registered for version \"{api_version}\" in scheme \
             \"pkg/api/legacyscheme/scheme.go:30\""
        );
        return Err(cannot_be_handled(&name, &api_version, &error));
    }

    let (object, mut errors) = Object::decode(&value);
    // JSON is decoded in the order of the text, YAML in that of its sorted keys.
    if format == Format::Json {
        errors.sort_by_key(|e| place(&tree, e));
    }
    if let Some(error) = errors.iter().find(|e| e.kind == DecodeErrorKind::Type) {
        return Err(cannot_be_handled(&name, &api_version, &error.message));
    }
    let mut strict: Vec<(usize, String)> = Vec::new();
    match format {
        Format::Json => {
            let duplicates = converted.duplicates.iter();
            strict.extend(duplicates.map(|d| (d.key_span.start, format!("duplicate field \"{}\"", d.path))));
        }
        Format::Yaml if !converted.duplicates.is_empty() => {
            let mut message = "yaml: unmarshal errors:".to_string();
            for d in &converted.duplicates {
                let line = text[..d.value_start].matches('\n').count() + 1;
                message += &format!("\n  line {line}: key {:?} already set in map", d.key);
            }
            strict.push((0, message));
        }
        Format::Yaml => {}
    }
    let unknown = errors.iter().filter(|e| e.kind == DecodeErrorKind::UnknownField);
    let in_text = format == Format::Json;
    strict.extend(unknown.map(|e| (if in_text { place(&tree, e) } else { 1 }, e.message.clone())));
    strict.sort_by_key(|(at, _)| *at);
    if !strict.is_empty() {
        let all: Vec<String> = strict.into_iter().map(|(_, message)| message).take(100).collect();
        let error = format!("strict decoding error: {}", all.join(", "));
        return Err(cannot_be_handled(&name, &api_version, &error));
    }
    Ok((object, value))
}

fn place(tree: &Tree, error: &DecodeError) -> usize {
    match error.kind {
        DecodeErrorKind::UnknownField => {
            tree.place(0, &error.path).and_then(|p| p.key).map_or(0, |key| key.start)
        }
        DecodeErrorKind::Type => tree.span_of(0, 0..0, &error.path).start,
    }
}

fn read(text: &str, format: Format) -> Result<Tree, String> {
    match format {
        Format::Json => json::parse(text, 0)
            .map_err(|e| format!("couldn't get version/kind; json parse error: {}", e.message)),
        Format::Yaml => match yaml::parse(text, 0) {
            Ok(tree) => Ok(tree.unwrap_or_else(Tree::null)),
            Err(e) if e.upstream_line > 0 => Err(format!("yaml: line {}: {}", e.upstream_line, e.message)),
            Err(e) => Err(format!("yaml: {}", e.message)),
        },
    }
}

fn cannot_be_handled(kind: &str, api_version: &str, error: &str) -> Refusal {
    Box::new(Status::cannot_be_handled(kind, api_version, error))
}

fn bad_request(message: String) -> Refusal {
    Box::new(Status::bad_request(message))
}

/// The begin of a body: JSON as it is, anything else in hexadecimal digits (`rest/create.go summarizeData`).
fn summary(body: &[u8]) -> String {
    const MAX: usize = 30;
    let (part, rest) = body.split_at(body.len().min(MAX));
    let more = if rest.is_empty() { "" } else { " ..." };
    match body.first() {
        None => "<empty>".to_string(),
        Some(b'{') => String::from_utf8_lossy(part).into_owned() + more,
        Some(_) => part.iter().map(|b| format!("{b:02x}")).collect::<String>() + more,
    }
}
