//! Help while typing: completion and hover, from the same schema that decodes.

use crate::cursor::{Cursor, locate};
use crate::docs::{Doc, doc};
use crate::enums;
use crate::scenario::{self, Scenario};
use lifepod_api::schema::{Field, StructType, Type};
use lifepod_api::{KINDS, Kind};

/// Something that can be typed at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// What is inserted in place of what is typed so far; the cursor goes to its end.
    pub insert: String,
    /// What is shown.
    pub label: String,
    /// The type, such as `string`, `[]Container` or `true | false`.
    pub detail: String,
    /// A line on the field, where there is one.
    pub doc: Option<Doc>,
    /// How many bytes before the cursor are replaced.
    pub replaces: usize,
}

/// What is known of the field under the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Hover {
    /// The field's path, list indexes left out: `spec.containers.image`.
    pub path: String,
    /// Its type.
    pub detail: String,
    /// The values that it may have; empty when any will do.
    pub values: &'static [&'static str],
    /// A line on it, where there is one. Fields without one do nothing in the simulation.
    pub doc: Option<Doc>,
}

/// What can be typed at a byte offset.
pub fn complete(text: &str, offset: usize) -> Vec<Completion> {
    let cursor = locate(text, offset);
    let typed = cursor.typed.clone();
    let starts = |label: &str| label.to_ascii_lowercase().starts_with(&typed.to_ascii_lowercase());
    let value = |label: &str, detail: &str| Completion {
        insert: label.to_string(),
        label: label.to_string(),
        detail: detail.to_string(),
        doc: None,
        replaces: typed.len(),
    };
    if let Some(key) = &cursor.key {
        let candidates: Vec<(String, String)> = match (cursor.path.is_empty(), key.as_str()) {
            (true, "kind") => kinds(&cursor),
            (true, "apiVersion") => api_versions(&cursor),
            _ => match field_at(&cursor, key) {
                Some((_, field)) => {
                    enums::of_field(field).iter().map(|v| (v.to_string(), type_name(field))).collect()
                }
                None => Vec::new(),
            },
        };
        return candidates.iter().filter(|(l, _)| starts(l)).map(|(l, d)| value(l, d)).collect();
    }
    let mut out = Vec::new();
    if cursor.path.is_empty() {
        for name in ["apiVersion", "kind"] {
            if starts(name) && !cursor.siblings.iter().any(|s| s == name) {
                out.push(Completion { insert: format!("{name}: "), ..value(name, "string") });
            }
        }
    }
    // Items of a list of named values.
    if let Some((last, parents)) = cursor.path.split_last() {
        let parent = Cursor { path: parents.to_vec(), ..cursor.clone() };
        if let Some((_, field)) = field_at(&parent, last)
            && matches!(field.ty, Type::List(Type::String))
        {
            let list = enums::of_field(field);
            return list.iter().filter(|v| starts(v)).map(|v| value(v, &type_name(field))).collect();
        }
    }
    if let Some(owner) = struct_of(&cursor) {
        for field in owner.all_fields().filter(|f| starts(f.name)) {
            // Nobody writes a status.
            let written = !(cursor.path.is_empty() && field.name == "status");
            if written && !cursor.siblings.iter().any(|s| s == field.name) {
                let insert = with_place_for(field, cursor.column);
                let doc = doc(owner_name(owner, field), field.name);
                out.push(Completion { insert, doc, ..value(field.name, &type_name(field)) });
            }
        }
        // What must be written comes first, then what matters to the lifecycle.
        out.sort_by_key(|c| (!owner.field(&c.label).is_some_and(|f| f.always), c.doc.is_none()));
    }
    out
}

/// What is known of the field at a byte offset.
pub fn hover(text: &str, offset: usize) -> Option<Hover> {
    // The whole line counts, so that the key is complete.
    let end = text[text.floor_char_boundary(offset.min(text.len()))..]
        .find('\n')
        .map_or(text.len(), |n| offset + n);
    let cursor = locate(text, end);
    let key = cursor.key.clone()?;
    let (owner, field) = field_at(&cursor, &key)?;
    let path = cursor.path.iter().chain([&key]).cloned().collect::<Vec<_>>().join(".");
    Some(Hover {
        path,
        detail: type_name(field),
        values: enums::of_field(field),
        doc: doc(owner_name(owner, field), field.name),
    })
}

/// A key with the place where its value begins: what comes in lines of its own is indented, lists get their first dash.
fn with_place_for(field: &Field, column: usize) -> String {
    let name = field.name;
    match field.ty {
        Type::Struct(_) | Type::Map(_) => format!("{name}:\n{:1$}", "", column + 2),
        Type::List(_) => format!("{name}:\n{:1$}- ", "", column),
        _ => format!("{name}: "),
    }
}

fn kinds(cursor: &Cursor) -> Vec<(String, String)> {
    let fits = |k: &&Kind| cursor.api_version.is_empty() || k.api_version == cursor.api_version;
    let own = (scenario::API_VERSION == cursor.api_version).then(|| ("Scenario".to_string(), String::new()));
    let all = KINDS.iter().filter(fits).map(|k| (k.kind.to_string(), k.api_version.to_string()));
    all.chain(own).collect()
}

fn api_versions(cursor: &Cursor) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let known = KINDS.iter().map(|k| (k.api_version, k.kind)).chain([(scenario::API_VERSION, "Scenario")]);
    for (version, kind) in known {
        let fits = cursor.kind.is_empty() || cursor.kind == kind;
        if fits && !out.iter().any(|(v, _)| v == version) {
            out.push((version.to_string(), String::new()));
        }
    }
    out
}

/// The struct that the cursor's path leads to.
fn struct_of(cursor: &Cursor) -> Option<&'static StructType> {
    let mut ty = if cursor.kind == "Scenario" {
        Scenario::STRUCT
    } else {
        let exact = Kind::find(&cursor.api_version, &cursor.kind);
        exact.or_else(|| KINDS.iter().find(|k| k.kind == cursor.kind))?.ty
    };
    for key in &cursor.path {
        ty = inner_struct(ty.field(key)?.ty)?;
    }
    Some(ty)
}

fn inner_struct(ty: &'static Type) -> Option<&'static StructType> {
    match ty {
        Type::Struct(ty) => Some(ty),
        Type::List(inner) => inner_struct(inner),
        _ => None,
    }
}

fn field_at(cursor: &Cursor, key: &str) -> Option<(&'static StructType, &'static Field)> {
    let owner = struct_of(cursor)?;
    Some((owner, owner.field(key)?))
}

/// The struct that declares a field: the inlined one for fields that it brings.
fn owner_name(owner: &'static StructType, field: &'static Field) -> &'static str {
    let inlined = owner.fields.iter().filter(|f| f.inline).find_map(|f| match f.ty {
        Type::Struct(inner) if inner.fields.iter().any(|g| core::ptr::eq(g, field)) => Some(inner.name),
        _ => None,
    });
    inlined.unwrap_or(owner.name)
}

/// A type in the words of people who write YAML.
fn type_name(field: &Field) -> String {
    fn name(ty: &Type) -> String {
        match ty {
            Type::String => "string".to_string(),
            Type::Bool => "true | false".to_string(),
            Type::Int32 | Type::Int64 => "integer".to_string(),
            Type::Quantity => "quantity".to_string(),
            Type::Time | Type::MicroTime => "time".to_string(),
            Type::IntOrString => "integer | string".to_string(),
            Type::Bytes => "base64".to_string(),
            Type::Any => "any".to_string(),
            Type::List(inner) => format!("[]{}", name(inner)),
            Type::Map(inner) => format!("map of {}", name(inner)),
            Type::Struct(inner) => inner.name.to_string(),
        }
    }
    name(field.ty)
}
