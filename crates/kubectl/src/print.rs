//! `-o name`, `json`, `yaml`, `jsonpath=…` and `custom-columns=…`.

use crate::args::Args;
use crate::json::{Json, sorted};
use crate::jsonpath::Template;
use crate::kinds::Kind;
use crate::tabwriter::TabWriter;
use crate::targets::Targets;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use lifepod_api::status::go_map;
use lifepod_api::yaml::to_yaml;
use serde_json::{Value, json};

/// All objects that a command names, in a format. What was named one by one stands for itself when it is alone;
/// else a `List` holds them.
pub(crate) fn objects(targets: &Targets<'_>, format: &str, args: &Args) -> Result<String, String> {
    if format == "name" {
        let names =
            targets.found.iter().map(|(kind, o)| format!("{}/{}\n", kind.prefix(), o.text("metadata.name")));
        return Ok(names.collect());
    }
    if let Some(columns) = format.strip_prefix("custom-columns") {
        let columns = columns.strip_prefix('=').unwrap_or(columns);
        return custom_columns(targets, columns, !args.is_set("no-headers"));
    }
    let shown = |object: &Value| match args.is_set("show-managed-fields") {
        true => object.clone(),
        false => without_managed_fields(object),
    };
    if targets.by_name && targets.found.len() + targets.missing.len() == 1 {
        return targets.found.first().map_or_else(|| Ok(String::new()), |(_, o)| write(&shown(o), format));
    }
    let items: Vec<Value> = targets.found.iter().map(|(_, o)| shown(o)).collect();
    let list =
        json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}});
    write(&list, format)
}

/// One object in a format.
pub(crate) fn one(kind: &Kind, object: &Value, format: &str) -> Result<String, String> {
    if format == "name" {
        return Ok(format!("{}/{}\n", kind.prefix(), object.text("metadata.name")));
    }
    write(&without_managed_fields(object), format)
}

fn write(value: &Value, format: &str) -> Result<String, String> {
    let mut out = String::new();
    match format {
        "json" => {
            write_json(value, 0, &mut out);
            out.push('\n');
        }
        "yaml" => out = to_yaml(value),
        "jsonpath" => return Err("template format specified but no template given".into()),
        _ => match format.strip_prefix("jsonpath=") {
            Some(template) => out = filled_in(template, value)?,
            None => {
                return Err(format!(
                    "unable to match a printer suitable for the output format \"{format}\", allowed formats are: \
                     custom-columns,json,jsonpath,name,wide,yaml"
                ));
            }
        },
    }
    Ok(out)
}

/// A template filled in (`printers.JSONPathPrinter`).
fn filled_in(template: &str, value: &Value) -> Result<String, String> {
    let parsed = Template::parse(template).map_err(|e| format!("error parsing jsonpath {template}, {e}"))?;
    parsed.text(value).map_err(|e| {
        format!(
            "error executing jsonpath {template:?}: Error executing template: {e}. Printing more information for \
             debugging the template:\n\ttemplate was:\n\t\t{template}"
        )
    })
}

/// A table of what the user asks for, `HEADER:PATH,…` (`kubectl/pkg/cmd/get/customcolumn.go`).
fn custom_columns(targets: &Targets<'_>, spec: &str, headers: bool) -> Result<String, String> {
    if spec.is_empty() {
        return Err("custom-columns format specified but no custom columns given".into());
    }
    let mut columns = Vec::new();
    for part in spec.split(',') {
        let (header, path) = part.split_once(':').ok_or_else(|| {
            format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        })?;
        columns.push((header, Template::column(path)?));
    }
    let mut w = TabWriter::for_tables();
    if headers {
        let line: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
        w.write(&(line.join("\t") + "\n"));
    }
    for (_, object) in &targets.found {
        let mut line = Vec::new();
        for (_, path) in &columns {
            let values: Vec<String> = path.values(object)?.into_iter().map(go_map).collect();
            line.push(if values.is_empty() { "<none>".into() } else { values.join(",") });
        }
        w.write(&(line.join("\t") + "\n"));
    }
    Ok(w.finish())
}

fn without_managed_fields(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
    }
    object
}

/// JSON on one line as Go's encoder writes it: keys sorted, and `<`, `>`, `&` escaped.
pub(crate) fn go_json(v: &Value) -> String {
    let mut out = String::new();
    write_compact(v, &mut out);
    out
}

fn write_compact(v: &Value, out: &mut String) {
    match v {
        Value::Array(list) => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                write_compact(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, value)) in sorted(map).into_iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                write_json_string(key, out);
                out.push(':');
                write_compact(value, out);
            }
            out.push('}');
        }
        Value::String(s) => write_json_string(s, out),
        other => out.push_str(&other.to_string()),
    }
}

/// JSON as `kubectl` writes it: indented by four spaces, keys sorted, and `<`, `>`, `&` escaped as Go does.
fn write_json(v: &Value, level: usize, out: &mut String) {
    let indent = |out: &mut String, level: usize| {
        out.push('\n');
        out.extend(core::iter::repeat_n("    ", level));
    };
    match v {
        Value::Array(list) if !list.is_empty() => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                indent(out, level + 1);
                write_json(item, level + 1, out);
            }
            indent(out, level);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (i, (key, value)) in sorted(map).into_iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                indent(out, level + 1);
                write_json_string(key, out);
                out.push_str(": ");
                write_json(value, level + 1, out);
            }
            indent(out, level);
            out.push('}');
        }
        Value::String(s) => write_json_string(s, out),
        other => out.push_str(&other.to_string()),
    }
}

fn write_json_string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
