//! `-o name`, `-o json` and `-o yaml`.

use crate::json::{Json, sorted};
use crate::kinds::Kind;
use crate::targets::Targets;
use alloc::format;
use alloc::string::{String, ToString};
use lifepod_api::yaml::to_yaml;
use serde_json::{Value, json};

/// All objects that a command names, in a format. What was named one by one stands for itself when it is alone;
/// else a `List` holds them.
pub(crate) fn objects(targets: &Targets<'_>, format: &str) -> Result<String, String> {
    if format == "name" {
        let names =
            targets.found.iter().map(|(kind, o)| format!("{}/{}\n", kind.prefix(), o.text("metadata.name")));
        return Ok(names.collect());
    }
    if targets.by_name && targets.found.len() + targets.missing.len() == 1 {
        return targets.found.first().map_or_else(|| Ok(String::new()), |(kind, o)| one(kind, o, format));
    }
    let items: alloc::vec::Vec<Value> =
        targets.found.iter().map(|(_, o)| without_managed_fields(o)).collect();
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
        _ => {
            return Err(format!(
                "unable to match a printer suitable for the output format \"{format}\", allowed formats are: \
                 json,name,wide,yaml"
            ));
        }
    }
    Ok(out)
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
