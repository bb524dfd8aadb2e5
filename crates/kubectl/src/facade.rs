//! What an API server has to say that this crate knows: tables and selections. For `lifepod serve`.

use crate::age::Micros;
use crate::kinds::Kind;
use crate::rows;
use crate::selector::{Selector, fields_match, unknown_field};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Value, json};

/// What stands beside the cells of a table's row (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// The object's metadata.
    #[default]
    Metadata,
    /// The whole object.
    Object,
    /// Nothing.
    None,
}

/// Objects of one kind as a `meta.k8s.io/v1` Table, their ages as of `now`
/// (`apiserver/pkg/endpoints/handlers/response.go asTable`).
pub fn table(kind: &Kind, objects: &[Value], now: Micros, include: Include) -> Value {
    let columns: Vec<Value> = rows::columns(kind.kind)
        .split('|')
        .map(|column| {
            let header = column.trim_start_matches(['+', '*']);
            json!({
                "name": title(header), "type": "string", "description": "",
                "format": if header == "NAME" { "name" } else { "" },
                "priority": i32::from(column.starts_with('+')),
            })
        })
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut row = json!({"cells": rows::cells(kind.kind, object, now)});
            match include {
                Include::Metadata => {
                    row["object"] = json!({
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": object["metadata"],
                    });
                }
                Include::Object => row["object"] = object.clone(),
                Include::None => {}
            }
            row
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": columns, "rows": rows,
    })
}

/// `LAST SEEN` as the server writes it: `Last Seen`.
fn title(header: &str) -> String {
    let mut start = true;
    let shown = header.chars().map(|c| {
        let shown = if start { c } else { c.to_ascii_lowercase() };
        start = c == ' ';
        shown
    });
    shown.collect()
}

/// Selectors of a request.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    labels: Selector,
    fields: String,
}

impl Selection {
    /// Reads the `labelSelector` and `fieldSelector` of a request for objects of a kind; empty ones select everything.
    ///
    /// # Errors
    /// What is wrong with the label selector, or a field by which the kind cannot be selected.
    pub fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, String> {
        if let Some(field) = unknown_field(kind, fields) {
            return Err(format!("field label not supported: {field}"));
        }
        Ok(Selection { labels: Selector::parse(labels)?, fields: fields.to_string() })
    }

    /// Whether an object is selected.
    pub fn takes(&self, object: &Value) -> bool {
        self.labels.matches(object) && fields_match(&self.fields, object)
    }
}
