//! The shapes that names, keys and values must have, with the server's messages
//! (`apimachinery/pkg/util/validation`, `pkg/api/validate/content`).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const QUALIFIED: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

fn characters(max: usize) -> String {
    format!("must be no more than {max} characters")
}

fn bytes(max: usize) -> String {
    format!("must be no more than {max} bytes")
}

/// `message (e.g. 'a',  or 'b', regex used for validation is '…')`.
fn shape(message: &str, regex: &str, examples: &[&str]) -> String {
    let quoted: Vec<String> = examples.iter().map(|e| format!("'{e}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{regex}')", quoted.join(" or "))
}

/// Of these bytes, with both ends of `edge`.
fn framed(text: &str, edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => edge(*first) && edge(*last) && bytes.iter().all(|b| inner(*b)),
        _ => false,
    }
}

fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    framed(text, lower, |b| lower(b) || b == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_qualified(text: &str) -> bool {
    framed(
        text,
        |b| b.is_ascii_alphanumeric(),
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'),
    )
}

/// A lower-case RFC 1123 label: names of containers, volumes, StatefulSets.
pub fn dns_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(characters(63));
    }
    if !is_label(text) {
        errors.push(if is_subdomain(text) {
            "must not contain dots".to_string()
        } else {
            shape(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                 start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    errors
}

/// A lower-case RFC 1123 subdomain: most objects' names.
pub fn dns_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(characters(253));
    }
    if !is_subdomain(text) {
        errors.push(shape(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
             must start and end with an alphanumeric character",
            SUBDOMAIN,
            &["example.com"],
        ));
    }
    errors
}

/// As [`dns_subdomain`], with underscores at the begin and inside of each label: DNS search paths.
pub fn dns_subdomain_with_underscore(text: &str) -> Vec<String> {
    let label = |part: &str| {
        let part = part.strip_prefix('_').unwrap_or(part);
        framed(part, lower, |b| lower(b) || b == b'-' || b == b'_')
    };
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(characters(253));
    }
    if !text.split('.').all(label) {
        let regex = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
        errors.push(shape(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', \
             and must start and end with an alphanumeric character",
            &format!("{regex}(\\.{regex})*"),
            &["example.com"],
        ));
    }
    errors
}

/// A name of which more is to come gets its end masked before it is judged (`maskTrailingDash`).
pub fn prefix_of(rule: fn(&str) -> Vec<String>, text: &str) -> Vec<String> {
    let mut masked = text.to_string();
    if masked.len() > 1 && masked.ends_with('-') {
        masked.truncate(masked.len() - 2);
        masked.push('a');
    }
    rule(&masked)
}

/// A label key, or anything of its form: `example.com/name`.
pub fn qualified_name(text: &str) -> Vec<String> {
    const WORDS: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                         alphanumeric character";
    let examples = ["MyName", "my.name", "123-abc"];
    let mut errors = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_string());
            } else {
                let long = prefix.len() > 253;
                for error in dns_subdomain(prefix) {
                    let error = if long && error == characters(253) { bytes(253) } else { error };
                    errors.push(format!("prefix part {error}"));
                }
            }
            name
        }
        _ => {
            let words = shape(WORDS, QUALIFIED, &examples);
            return alloc::vec![format!(
                "a valid label key {words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_string());
    } else if name.len() > 63 {
        errors.push(format!("name part {}", bytes(63)));
    }
    if !is_qualified(name) {
        errors.push(format!("name part {}", shape(WORDS, QUALIFIED, &examples)));
    }
    errors
}

/// The value of a label.
pub fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(bytes(63));
    }
    if !text.is_empty() && !is_qualified(text) {
        errors.push(shape(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character",
            &format!("({QUALIFIED})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// The name of a port.
pub fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 15 {
        errors.push(characters(15));
    }
    if text.is_empty() || !text.bytes().all(|b| lower(b) || b == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_string());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_string());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".to_string());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_string());
    }
    errors
}

/// The number of a port.
pub fn port_number(port: i64) -> Vec<String> {
    in_range(port, 1, 65_535)
}

/// A user's or group's id.
pub fn id(id: i64) -> Vec<String> {
    in_range(id, 0, i32::MAX.into())
}

/// A number between two others, both included.
pub fn in_range(n: i64, low: i64, high: i64) -> Vec<String> {
    if (low..=high).contains(&n) {
        return Vec::new();
    }
    alloc::vec![format!("must be between {low} and {high}, inclusive")]
}

/// `25%`
pub fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or("");
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let words = "a valid percent string must be a numeric string followed by an ending '%'";
    alloc::vec![shape(words, "[0-9]+%", &["1%", "93%"])]
}

/// The name of an HTTP header.
pub fn http_header(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Vec::new();
    }
    let words = "a valid HTTP header must consist of alphanumeric characters or '-'";
    alloc::vec![shape(words, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// The name of an environment variable.
pub fn env_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.is_empty() {
        errors.push("environment variable name must be non-empty".to_string());
    }
    if !text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=') {
        errors.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_string(),
        );
    }
    errors
}

/// A key of a ConfigMap or Secret.
pub fn config_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(characters(253));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
    {
        errors.push(shape(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    match text {
        "." => errors.push("must not be '.'".to_string()),
        ".." => errors.push("must not be '..'".to_string()),
        _ if text.starts_with("..") => errors.push("must not start with '..'".to_string()),
        _ => {}
    }
    errors
}
