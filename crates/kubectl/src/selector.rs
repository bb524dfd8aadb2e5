//! Label and field selectors: what people type after `-l` and `--field-selector`, and what objects carry.

use crate::json::{Json, scalar};
use crate::kinds::Kind;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// One requirement of a label selector (`k8s.io/apimachinery/pkg/labels`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Equals(String),
    NotEquals(String),
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Greater(i64),
    Less(i64),
}

impl Requirement {
    fn matches(&self, labels: &Value) -> bool {
        let value = labels.get(&self.key).and_then(Value::as_str);
        let number = || value.and_then(|v| v.parse::<i64>().ok());
        match &self.test {
            Test::Equals(v) => value == Some(v),
            Test::NotEquals(v) => value != Some(v),
            Test::In(vs) => value.is_some_and(|value| vs.iter().any(|v| v == value)),
            Test::NotIn(vs) => value.is_none_or(|value| vs.iter().all(|v| v != value)),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Greater(n) => number().is_some_and(|v| v > *n),
            Test::Less(n) => number().is_some_and(|v| v < *n),
        }
    }

    fn text(&self) -> String {
        let set = |word: &str, vs: &[String]| format!("{} {word} ({})", self.key, vs.join(","));
        match &self.test {
            Test::Equals(v) => format!("{}={v}", self.key),
            Test::NotEquals(v) => format!("{}!={v}", self.key),
            Test::In(vs) => set("in", vs),
            Test::NotIn(vs) => set("notin", vs),
            Test::Exists => self.key.clone(),
            Test::Absent => format!("!{}", self.key),
            Test::Greater(n) => format!("{}>{n}", self.key),
            Test::Less(n) => format!("{}<{n}", self.key),
        }
    }
}

/// A label selector: all requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

impl Selector {
    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|r| r.matches(object.at("metadata.labels")))
    }

    /// The requirements in the order of their keys, as `labels.Selector.String`.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(Requirement::text).collect::<Vec<_>>().join(",")
    }

    /// The selector of a `LabelSelector` field (`metav1.LabelSelectorAsSelector`). An absent field selects nothing
    /// and an invalid operator is an error; both are [`Err`] with the text that `kubectl` prints in their place.
    pub(crate) fn of_field(field: &Value) -> Result<Self, &'static str> {
        if field.is_null() {
            return Err("");
        }
        let mut requirements: Vec<Requirement> = field
            .entries("matchLabels")
            .into_iter()
            .map(|(k, v)| Requirement { key: k.into(), test: Test::Equals(scalar(v)) })
            .collect();
        for e in field.list("matchExpressions") {
            let mut values: Vec<String> = e.list("values").iter().map(scalar).collect();
            values.sort();
            let test = match e.text("operator") {
                "In" => Test::In(values),
                "NotIn" => Test::NotIn(values),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::Absent,
                _ => return Err("<error>"),
            };
            requirements.push(Requirement { key: e.text("key").into(), test });
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self(requirements))
    }

    /// The selector as a `LabelSelector` field (`metav1.ParseToLabelSelector`).
    pub(crate) fn to_field(&self) -> Value {
        let (mut labels, mut expressions) = (serde_json::Map::new(), Vec::new());
        for r in &self.0 {
            let expression = |operator: &str, values: &[String]| {
                let mut e = serde_json::json!({"key": r.key, "operator": operator});
                if !values.is_empty() {
                    e["values"] = values.into();
                }
                e
            };
            match &r.test {
                Test::Equals(v) => {
                    labels.insert(r.key.clone(), v.as_str().into());
                }
                Test::NotEquals(v) => expressions.push(expression("NotIn", core::slice::from_ref(v))),
                Test::In(vs) => expressions.push(expression("In", vs)),
                Test::NotIn(vs) => expressions.push(expression("NotIn", vs)),
                Test::Exists => expressions.push(expression("Exists", &[])),
                Test::Absent => expressions.push(expression("DoesNotExist", &[])),
                // The field has no such operators.
                Test::Greater(_) | Test::Less(_) => {}
            }
        }
        let mut field = serde_json::Map::new();
        if !labels.is_empty() {
            field.insert("matchLabels".into(), labels.into());
        }
        if !expressions.is_empty() {
            field.insert("matchExpressions".into(), expressions.into());
        }
        field.into()
    }

    /// The selector that a person typed, such as `app=web,tier in (a,b),!old`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut requirements = Vec::new();
        for part in split_outside_parentheses(text) {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            requirements
                .push(parse_requirement(part).ok_or_else(|| format!("unable to parse requirement: {part}"))?);
        }
        requirements.sort_by(|a: &Requirement, b| a.key.cmp(&b.key));
        Ok(Self(requirements))
    }
}

/// The text of a `LabelSelector` field, `<none>` when it is absent or empty (`metav1.FormatLabelSelector`).
pub(crate) fn format(field: &Value) -> String {
    match Selector::of_field(field) {
        Ok(selector) if selector.0.is_empty() => "<none>".into(),
        Ok(selector) => selector.text(),
        Err("") => "<none>".into(),
        Err(text) => text.into(),
    }
}

/// The text of a `LabelSelector` field as `%s` prints the selector itself: empty when it selects all or nothing.
pub(crate) fn plain(field: &Value) -> String {
    Selector::of_field(field).map_or_else(ToString::to_string, |s| s.text())
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0i32, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn parse_requirement(part: &str) -> Option<Requirement> {
    if let Some(key) = part.strip_prefix('!') {
        return Some(Requirement { key: key.trim().into(), test: Test::Absent });
    }
    if let Some((head, set)) = part.split_once('(') {
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        let values = set.strip_suffix(')')?.split(',').map(|v| v.trim().to_string()).collect();
        let test = match word {
            "in" => Test::In(values),
            "notin" => Test::NotIn(values),
            _ => return None,
        };
        return Some(Requirement { key: key.trim().into(), test });
    }
    let split = |mark: &str| part.split_once(mark).map(|(k, v)| (k.trim().to_string(), v.trim().to_string()));
    if let Some((key, v)) = split("!=") {
        return Some(Requirement { key, test: Test::NotEquals(v) });
    }
    if let Some((key, v)) = split("==").or_else(|| split("=")) {
        return Some(Requirement { key, test: Test::Equals(v) });
    }
    if let Some((key, v)) = split(">") {
        return Some(Requirement { key, test: Test::Greater(v.parse().ok()?) });
    }
    if let Some((key, v)) = split("<") {
        return Some(Requirement { key, test: Test::Less(v.parse().ok()?) });
    }
    (!part.contains(char::is_whitespace)).then(|| Requirement { key: part.into(), test: Test::Exists })
}

/// A term of a field selector: path, value, and whether the two are to be equal.
fn field_terms(selector: &str) -> impl Iterator<Item = (&str, &str, bool)> {
    selector.split(',').filter(|t| !t.trim().is_empty()).map(|term| {
        let (path, value, wanted) = if let Some((p, v)) = term.split_once("!=") {
            (p, v, false)
        } else if let Some((p, v)) = term.split_once("==").or_else(|| term.split_once('=')) {
            (p, v, true)
        } else {
            (term, "", true)
        };
        (path.trim(), value.trim(), wanted)
    })
}

/// A field selector: `path=value` or `path!=value`, joined with commas. True for an object that fits all.
pub(crate) fn fields_match(selector: &str, object: &Value) -> bool {
    field_terms(selector).all(|(path, value, wanted)| {
        let field = match path {
            "spec.unschedulable" | "spec.hostNetwork" => object.flag(path).to_string(),
            "status.successful" => object.int("status.succeeded").to_string(),
            // An Event's reporter goes by the name of its source.
            "source" => match object.text("source.component") {
                "" => object.text("reportingComponent").into(),
                source => source.into(),
            },
            path => object.scalar(path),
        };
        (field == value) == wanted
    })
}

/// The first field of a selector by which objects of a kind cannot be selected
/// (`pkg/apis/{core,batch,apps}/v1/conversion.go AddFieldLabelConversionsFor…`).
pub(crate) fn unknown_field<'a>(kind: &Kind, selector: &'a str) -> Option<&'a str> {
    let own: &[&str] = match kind.kind {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        "Node" => &["spec.unschedulable"],
        "ReplicationController" => &["status.replicas"],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Namespace" => &["status.phase"],
        "Secret" => &["type"],
        "Service" => &["spec.clusterIP", "spec.type"],
        "Job" => &["status.successful"],
        _ => &[],
    };
    field_terms(selector)
        .map(|(path, ..)| path)
        .find(|path| !matches!(*path, "metadata.name" | "metadata.namespace") && !own.contains(path))
}
