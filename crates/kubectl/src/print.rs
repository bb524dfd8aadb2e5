//! `-o name`, `-o json` and `-o yaml`.

use crate::json::{Json, sorted};
use crate::kinds::Kind;
use crate::targets::Targets;
use alloc::format;
use alloc::string::{String, ToString};
use serde_json::{Map, Value, json};

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
        "yaml" => out = yaml(value),
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

/// A value as YAML, in the style of `sigs.k8s.io/yaml`: keys sorted, lists not indented below their key, texts
/// plain where they can be.
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    write_yaml(value, 0, &mut out);
    out
}

fn write_yaml(v: &Value, level: usize, out: &mut String) {
    match v {
        Value::Object(map) if !map.is_empty() => write_map(map, level, out),
        Value::Array(list) if !list.is_empty() => {
            for item in list {
                pad(level, out);
                write_item(item, level, out);
            }
        }
        other => {
            scalar(other, level, out);
            out.push('\n');
        }
    }
}

/// An item of a list, behind its dash: the first line of a map or list stands beside it.
fn write_item(item: &Value, level: usize, out: &mut String) {
    out.push_str("- ");
    match item {
        Value::Object(map) if !map.is_empty() => {
            let mut inner = String::new();
            write_map(map, level + 1, &mut inner);
            out.push_str(inner.trim_start_matches(' '));
        }
        Value::Array(list) if !list.is_empty() => {
            let mut inner = String::new();
            write_yaml(item, level + 1, &mut inner);
            out.push_str(inner.trim_start_matches(' '));
        }
        other => {
            scalar(other, level + 1, out);
            out.push('\n');
        }
    }
}

fn write_map(map: &Map<String, Value>, level: usize, out: &mut String) {
    for (key, value) in sorted(map) {
        pad(level, out);
        text(key, level, out, true);
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                write_map(inner, level + 1, out);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push('\n');
                write_yaml(value, level, out);
            }
            other => {
                out.push(' ');
                scalar(other, level + 1, out);
                out.push('\n');
            }
        }
    }
}

fn pad(level: usize, out: &mut String) {
    out.extend(core::iter::repeat_n("  ", level));
}

fn scalar(v: &Value, level: usize, out: &mut String) {
    match v {
        Value::String(s) => text(s, level, out, false),
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        other => out.push_str(&other.to_string()),
    }
}

/// A text: plain, quoted, or a literal block when it has several lines.
fn text(s: &str, level: usize, out: &mut String, key: bool) {
    if s.contains('\n') && !key && is_printable(s) && !s.starts_with([' ', '\n']) {
        let chomp = match (s.ends_with('\n'), s.ends_with("\n\n")) {
            (false, _) => "|-",
            (true, false) => "|",
            (true, true) => "|+",
        };
        out.push_str(chomp);
        for line in s.strip_suffix('\n').unwrap_or(s).split('\n') {
            out.push('\n');
            if !line.is_empty() {
                pad(level, out);
                out.push_str(line);
            }
        }
    } else if !is_printable(s) || s.contains('\n') {
        out.push_str(&Value::from(s).to_string());
    } else if looks_like_another_type(s) {
        // What would be read as a number, a boolean or null is quoted with ".
        out.push('"');
        out.push_str(s);
        out.push('"');
    } else if !is_plain(s) {
        out.push('\'');
        out.push_str(&s.replace('\'', "''"));
        out.push('\'');
    } else {
        out.push_str(s);
    }
}

fn is_printable(s: &str) -> bool {
    s.chars().all(|c| c == '\n' || !c.is_control())
}

/// Would YAML 1.1 read the text as something else than a text?
fn looks_like_another_type(s: &str) -> bool {
    const WORDS: [&str; 13] =
        ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf"];
    let lower = s.to_ascii_lowercase();
    let digits = lower.trim_start_matches(['-', '+']);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && (digits.replace('_', "").parse::<f64>().is_ok()
            || ["0x", "0o", "0b"].iter().any(|p| {
                digits
                    .strip_prefix(p)
                    .is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_hexdigit()))
            }));
    let timestamp = lifepod_api::Time::parse(s).is_some()
        || s.len() == 10 && lifepod_api::Time::parse(&format!("{s}T00:00:00Z")).is_some();
    WORDS.contains(&lower.as_str()) || numeric || timestamp
}

/// Can a text stand without quotes?
fn is_plain(s: &str) -> bool {
    let first_ok = !s
        .starts_with([' ', '!', '&', '*', '|', '>', '\'', '"', '%', '@', '`', '#', ',', '[', ']', '{', '}']);
    let indicator = matches!(s.as_bytes(), [b'-' | b'?' | b':'] | [b'-' | b'?' | b':', b' ', ..]);
    let document = s.starts_with("---") || s.starts_with("...");
    first_ok && !indicator && !document && !s.ends_with([' ', ':']) && !s.contains(": ") && !s.contains(" #")
}
