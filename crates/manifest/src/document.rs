//! Documents: from a text to objects and findings.

use crate::diagnostic::{Diagnostic, Lines, Severity};
use crate::kinds::{self, Known};
use crate::scenario::{self, Scenario};
use crate::tree::{NodeId, NodeKind, Tree};
use crate::value::convert;
use crate::{json, split, yaml};
use lifepod_api::schema::StructType;
use lifepod_api::wire::{DecodeError, DecodeErrorKind, Decoder, Wire};
use lifepod_api::{Kind, Object};
use serde_json::Value;
use std::ops::Range;
use std::rc::Rc;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Its documents, in order; the items of a `List` count as documents.
    pub documents: Vec<Document>,
    /// Everything found wrong, in order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// One object of a text.
#[derive(Debug)]
pub struct Document {
    /// The object as it was written, nothing defaulted. None when it has no kind, or a kind that the API server
    /// does not have, or is a scenario.
    pub object: Option<Object>,
    /// The scenario, when it is one.
    pub scenario: Option<Scenario>,
    /// The document as JSON.
    pub value: Value,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// Whether the API server would refuse to decode it: a value of a wrong type, or no kind.
    pub refused: bool,
    tree: Rc<Tree>,
    root: NodeId,
}

impl Document {
    /// The bytes to underline for a field path such as `spec.containers[0].image`; for a field that is missing,
    /// the key of the nearest parent that is there.
    pub fn span_of(&self, path: &str) -> Range<usize> {
        self.tree.span_of(self.root, first_line(&self.tree, self.root), path)
    }

    /// Where the key of a field stands; none when it is not written.
    pub fn key_of(&self, path: &str) -> Option<Range<usize>> {
        self.tree.key_of(self.root, path)
    }

    /// A finding on a field of this document.
    pub fn diagnostic(
        &self,
        lines: &Lines,
        index: usize,
        severity: Severity,
        path: &str,
        message: &str,
        hint: &str,
    ) -> Diagnostic {
        let range = lines.first_line(self.span_of(path));
        let (line, column) = lines.position(range.start);
        Diagnostic {
            severity,
            document: index,
            path: path.to_string(),
            message: message.to_string(),
            hint: hint.to_string(),
            lint: None,
            range,
            line,
            column,
        }
    }
}

impl Document {
    /// Where the key itself is wrong, it is underlined, not its value.
    fn at_key(&self, lines: &Lines, found: Diagnostic) -> Diagnostic {
        let Some(range) = self.tree.key_of(self.root, &found.path) else { return found };
        let (line, column) = lines.position(range.start);
        Diagnostic { range, line, column, ..found }
    }
}

/// What stands for a document as a whole: its first key.
fn first_line(tree: &Tree, root: NodeId) -> Range<usize> {
    match &tree.nodes[root].kind {
        NodeKind::Mapping(entries) if !entries.is_empty() => entries[0].key_span.clone(),
        _ => tree.nodes[root].span.clone(),
    }
}

/// Reads a text of YAML documents or of JSON. Whatever it holds, an answer comes back: what could be read, and what
/// was wrong.
pub fn parse(text: &str) -> Parsed {
    let lines = Lines::new(text);
    let mut reader = Reader { lines, parsed: Parsed::default() };
    for range in split::documents(text) {
        reader.document(text, range);
    }
    reader.parsed.diagnostics.sort_by_key(|d| (d.range.start, d.range.end));
    reader.parsed
}

struct Reader<'t> {
    lines: Lines<'t>,
    parsed: Parsed,
}

impl Reader<'_> {
    fn document(&mut self, text: &str, range: Range<usize>) {
        if let Some((tree, value)) = self.value(&text[range.clone()], range.start) {
            self.object(&tree, 0, value);
        }
    }

    /// Reads one document as JSON; none when it says nothing or is broken.
    fn value(&mut self, part: &str, base: usize) -> Option<(Rc<Tree>, Value)> {
        match read(part, base) {
            Ok(None) => None,
            Ok(Some(tree)) => self.convert(Rc::new(tree)),
            Err(error) => {
                let message = match (error.kind, error.upstream_line) {
                    (Syntax::Yaml, 0) => format!("error converting YAML to JSON: yaml: {}", error.message),
                    (Syntax::Yaml, line) => {
                        format!("error converting YAML to JSON: yaml: line {line}: {}", error.message)
                    }
                    (Syntax::Json, _) => format!("invalid JSON: {}", error.message),
                };
                self.report(Severity::Error, "", &message, &error.hint, error.span);
                None
            }
        }
    }

    fn convert(&mut self, tree: Rc<Tree>) -> Option<(Rc<Tree>, Value)> {
        let converted = match convert(&tree) {
            Ok(converted) => converted,
            Err(error) => {
                let message = format!("error converting YAML to JSON: yaml: {}", error.message);
                self.report(Severity::Error, "", &message, "", error.span);
                return None;
            }
        };
        // A document that says nothing is passed over.
        if converted.value.is_null() {
            return None;
        }
        for duplicate in converted.duplicates {
            let path = &duplicate.path;
            let message = format!("duplicate field \"{path}\"");
            self.report(Severity::Warning, path, &message, "the last one wins", duplicate.key_span);
        }
        Some((tree, converted.value))
    }

    fn object(&mut self, tree: &Rc<Tree>, root: NodeId, value: Value) {
        if value["kind"] == "List" && value["apiVersion"] == "v1" {
            return self.list(tree, root, value);
        }
        let span = tree.nodes[tree.resolve(root)].span.clone();
        let mut document =
            Document { object: None, scenario: None, value, span, refused: false, tree: tree.clone(), root };
        let index = self.parsed.documents.len();
        let mut findings = Vec::new();
        decode(&mut document, |severity, path, message, hint| {
            findings.push((severity, path.to_string(), message.to_string(), hint.to_string()));
        });
        for (severity, path, message, hint) in findings {
            let found = document.diagnostic(&self.lines, index, severity, &path, &message, &hint);
            let key_is_wrong = message.starts_with("unknown field") || message.ends_with(" not set");
            let found = if key_is_wrong { document.at_key(&self.lines, found) } else { found };
            self.parsed.diagnostics.push(found);
        }
        self.parsed.documents.push(document);
    }

    fn list(&mut self, tree: &Rc<Tree>, root: NodeId, mut value: Value) {
        let items = match &mut value["items"] {
            Value::Array(items) => std::mem::take(items),
            _ => Vec::new(),
        };
        let nodes = tree.items_of(root);
        for (item, node) in items.into_iter().zip(nodes) {
            self.object(tree, node, item);
        }
    }

    fn report(&mut self, severity: Severity, path: &str, message: &str, hint: &str, range: Range<usize>) {
        let range = self.lines.first_line(range);
        let (line, column) = self.lines.position(range.start);
        self.parsed.diagnostics.push(Diagnostic {
            severity,
            document: self.parsed.documents.len(),
            path: path.to_string(),
            message: message.to_string(),
            hint: hint.to_string(),
            lint: None,
            range,
            line,
            column,
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Syntax {
    Yaml,
    Json,
}

struct ReadError {
    kind: Syntax,
    message: String,
    hint: String,
    span: Range<usize>,
    upstream_line: usize,
}

/// Reads one document. What begins with `{` is tried as JSON first, and is YAML if it is that.
fn read(part: &str, base: usize) -> Result<Option<Tree>, ReadError> {
    let wrap = |kind: Syntax| {
        move |e: yaml::SyntaxError| ReadError {
            kind,
            message: e.message,
            hint: e.hint,
            span: e.span,
            upstream_line: e.upstream_line,
        }
    };
    if part.trim_start().starts_with('{') {
        return match json::parse(part, base) {
            Ok(tree) => Ok(Some(tree)),
            Err(error) => yaml::parse(part, base).map_err(|_| wrap(Syntax::Json)(error)),
        };
    }
    yaml::parse(part, base).map_err(wrap(Syntax::Yaml))
}

/// Decodes a document by its kind and reports what the API server and kubectl would say.
fn decode(document: &mut Document, mut report: impl FnMut(Severity, &str, &str, &str)) {
    let value = &document.value;
    let Value::Object(members) = value else {
        document.refused = true;
        let got = lifepod_api::wire::kind_name(value);
        let message = format!("a document must be a map with apiVersion and kind, this is a {got}");
        return report(Severity::Error, "", &message, "");
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
    let wrong_case = |name: &str| members.keys().find(|k| k.eq_ignore_ascii_case(name) && *k != name);
    for name in ["apiVersion", "kind"] {
        if text(name).is_none() {
            document.refused = true;
            match wrong_case(name) {
                Some(key) => {
                    let hint = format!("write `{name}:`; field names are case-sensitive");
                    report(Severity::Error, key, &format!("{name} not set"), &hint);
                }
                None => {
                    let hint = kinds::suggest_missing(name, text("kind"), text("apiVersion"));
                    report(Severity::Error, name, &format!("{name} not set"), &hint);
                }
            }
        }
    }
    let (Some(api_version), Some(kind_name)) = (text("apiVersion"), text("kind")) else { return };

    let mut errors = Vec::new();
    if kind_name == scenario::KIND && api_version == scenario::API_VERSION {
        let mut cx = Decoder::default();
        let mut scenario = Scenario::default();
        scenario.decode(value, &mut cx);
        errors = cx.into_errors();
        document.scenario = Some(scenario);
    } else if Kind::find(api_version, kind_name).is_some() {
        let (object, found) = Object::decode(value);
        errors = found;
        document.object = Some(object);
    } else {
        match kinds::lookup(api_version, kind_name) {
            Known::Carried => {
                document.object = Some(Object::decode(value).0);
                let message = format!("{kind_name} is accepted, but not simulated");
                report(Severity::Warning, "kind", &message, "");
            }
            Known::Foreign => {
                document.object = Some(Object::decode(value).0);
                let message =
                    format!("{kind_name} ({api_version}) is not a Kubernetes kind: accepted, not simulated");
                report(Severity::Warning, "kind", &message, "");
            }
            Known::Missing(hint) => {
                document.refused = true;
                let message = format!("no matches for kind \"{kind_name}\" in version \"{api_version}\"");
                report(Severity::Error, "kind", &message, &hint);
            }
        }
    }
    for DecodeError { path, kind, message } in errors {
        document.refused |= kind == DecodeErrorKind::Type;
        let hint = kinds::hint(&path, kind, &message, kinds::root(api_version, kind_name));
        report(Severity::Error, &path, &message, &hint);
    }
}

/// Decodes a text that holds one value: what it holds, as a document without a kind, and what is wrong with it.
pub(crate) fn decode_fragment(
    text: &str,
    into: &mut dyn Wire,
    root: Option<&'static StructType>,
) -> (Option<Document>, Vec<Diagnostic>) {
    let mut reader = Reader { lines: Lines::new(text), parsed: Parsed::default() };
    let Some((tree, value)) = reader.value(text, 0) else { return (None, reader.parsed.diagnostics) };
    let span = tree.nodes[0].span.clone();
    let (object, scenario) = (None, None);
    let mut document = Document { object, scenario, value, span, refused: false, tree, root: 0 };
    let mut cx = Decoder::default();
    into.decode(&document.value, &mut cx);
    for DecodeError { path, kind, message } in cx.into_errors() {
        document.refused |= kind == DecodeErrorKind::Type;
        let hint = kinds::hint(&path, kind, &message, root);
        let found = document.diagnostic(&reader.lines, 0, Severity::Error, &path, &message, &hint);
        let unknown = kind == DecodeErrorKind::UnknownField;
        let found = if unknown { document.at_key(&reader.lines, found) } else { found };
        reader.parsed.diagnostics.push(found);
    }
    (Some(document), reader.parsed.diagnostics)
}
