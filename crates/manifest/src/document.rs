//! Documents: from a text to objects and findings.

use crate::diagnostic::{Diagnostic, Lines, Severity};
use crate::fix::{self, Fix, Source};
use crate::hint::Hint;
use crate::kinds::{self, Known, Meant};
use crate::scenario::{self, Scenario};
use crate::tree::{NodeId, NodeKind, Tree};
use crate::value::convert;
use crate::{json, split, yaml};
use lifepod_api::Object;
use lifepod_api::schema::StructType;
use lifepod_api::wire::{DecodeError, DecodeErrorKind, Decoder, Wire};
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
        self.tree.place(self.root, path)?.key
    }

    /// A finding on a field of this document.
    pub fn diagnostic(
        &self,
        lines: &Lines,
        index: usize,
        severity: Severity,
        path: &str,
        message: &str,
        hint: &Hint,
    ) -> Diagnostic {
        let found = Diagnostic::new(severity, message, self.span_of(path), lines);
        Diagnostic { document: index, path: path.to_string(), hint: hint.clone(), ..found }
    }

    /// A finding on a field of this document, in our own words.
    pub fn finding(
        &self,
        lines: &Lines,
        index: usize,
        severity: Severity,
        path: &str,
        message: &Hint,
        hint: &Hint,
    ) -> Diagnostic {
        let found = self.diagnostic(lines, index, severity, path, message.en(), hint);
        Diagnostic { message_zh: message.zh().to_string(), ..found }
    }

    /// The change of the text that gives a field this value: in its place where it has one, else with the parents that
    /// are missing. None where no such change can be made with certainty. `text` is the text that the document is of.
    pub fn set(&self, text: &str, path: &str, value: &Value) -> Option<Fix> {
        self.source(text).set(path, value)
    }

    /// The document as quick fixes see it.
    pub(crate) fn source<'a>(&'a self, text: &'a str) -> Source<'a> {
        Source { text, tree: &self.tree, root: self.root }
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
        if let Some((tree, value)) = self.value(text, range) {
            self.object(&tree, 0, value);
        }
    }

    /// Reads one document as JSON; none when it says nothing or is broken.
    fn value(&mut self, text: &str, range: Range<usize>) -> Option<(Rc<Tree>, Value)> {
        match read(&text[range.clone()], range.start) {
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
                let tab = text.get(error.span.clone()) == Some("\t");
                let found = self.found(Severity::Error, message, error.span);
                found.fixes.extend(tab.then(|| fix::tabs(text, range)));
                found.hint = error.hint;
                found.unreadable = true;
                None
            }
        }
    }

    fn convert(&mut self, tree: Rc<Tree>) -> Option<(Rc<Tree>, Value)> {
        let converted = match convert(&tree) {
            Ok(converted) => converted,
            Err(error) => {
                let message = format!("error converting YAML to JSON: yaml: {}", error.message);
                self.found(Severity::Error, message, error.span).unreadable = true;
                return None;
            }
        };
        // A document that says nothing is passed over.
        if converted.value.is_null() {
            return None;
        }
        for duplicate in converted.duplicates {
            let message = format!("duplicate field \"{}\"", duplicate.path);
            let found = self.found(Severity::Warning, message, duplicate.key_span);
            found.path = duplicate.path;
            found.hint = Hint::new("the last one wins", "以最后一个为准");
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
        for found in decode(&mut document, self.lines.text()) {
            self.of_decoding(&document, found);
        }
        self.parsed.documents.push(document);
    }

    fn of_decoding(&mut self, document: &Document, found: Found) {
        // Where the key itself is wrong, it is underlined, not its value.
        let key = found.on_key.then(|| document.key_of(&found.path)).flatten();
        let range = key.unwrap_or_else(|| document.span_of(&found.path));
        let diagnostic = self.found(found.severity, found.message, range);
        diagnostic.path = found.path;
        diagnostic.hint = found.hint;
        diagnostic.fixes = found.fixes;
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

    /// Reports a finding on the document that is next; the caller fills in the rest.
    fn found(&mut self, severity: Severity, message: String, range: Range<usize>) -> &mut Diagnostic {
        let found = Diagnostic::new(severity, message, range, &self.lines);
        let document = self.parsed.documents.len();
        self.parsed.diagnostics.push(Diagnostic { document, ..found });
        self.parsed.diagnostics.last_mut().expect("one was pushed")
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
    hint: Hint,
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

/// A finding of decoding.
struct Found {
    severity: Severity,
    path: String,
    message: String,
    hint: Hint,
    fixes: Vec<Fix>,
    /// The key is wrong, not its value.
    on_key: bool,
}

impl Found {
    fn new(severity: Severity, path: &str, message: String) -> Self {
        let path = path.to_string();
        Found { severity, path, message, hint: Hint::NONE, fixes: Vec::new(), on_key: false }
    }
}

/// Decodes a document by its kind; what the API server and kubectl would say comes back.
fn decode(document: &mut Document, text: &str) -> Vec<Found> {
    let value = &document.value;
    let Value::Object(members) = value else {
        document.refused = true;
        let got = lifepod_api::wire::kind_name(value);
        let message = format!("a document must be a map with apiVersion and kind, this is a {got}");
        return vec![Found::new(Severity::Error, "", message)];
    };
    let source = Source { text, tree: &document.tree, root: document.root };
    let said = |name: &str| members.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
    let wrong_case = |name: &str| members.keys().find(|k| k.eq_ignore_ascii_case(name) && *k != name);
    let mut out = Vec::new();
    for name in ["apiVersion", "kind"] {
        if said(name).is_some() {
            continue;
        }
        document.refused = true;
        let key = wrong_case(name);
        let mut found =
            Found::new(Severity::Error, key.map_or(name, String::as_str), format!("{name} not set"));
        found.on_key = true;
        if let Some(key) = key {
            found.hint = Hint::of(
                format!("write `{name}:`; field names are case-sensitive"),
                format!("请写 `{name}:`；字段名区分大小写"),
            );
            found.fixes.extend(source.key(key, name));
        } else if let Some(value) = kinds::suggest_missing(name, said("kind"), said("apiVersion")) {
            found.hint = Hint::of(format!("add `{name}: {value}`"), format!("请添加 `{name}: {value}`"));
            found.fixes.extend(source.add(name, value.into()));
        }
        out.push(found);
    }
    let (Some(api_version), Some(kind)) = (said("apiVersion"), said("kind")) else { return out };

    let mut errors = Vec::new();
    let schema = kinds::root(api_version, kind);
    if kind == scenario::KIND && api_version == scenario::API_VERSION {
        let mut cx = Decoder::default();
        let mut scenario = Scenario::default();
        scenario.decode(value, &mut cx);
        errors = cx.into_errors();
        document.scenario = Some(scenario);
    } else if schema.is_some() {
        let (object, found) = Object::decode(value);
        errors = found;
        document.object = Some(object);
    } else {
        let known = kinds::lookup(api_version, kind);
        let severity = if matches!(known, Known::Missing(_)) { Severity::Error } else { Severity::Warning };
        let mut found = Found::new(severity, "kind", String::new());
        found.message = match &known {
            Known::Carried => format!("{kind} is accepted, but not simulated"),
            Known::Foreign => {
                format!("{kind} ({api_version}) is not a Kubernetes kind: accepted, not simulated")
            }
            Known::Missing(_) => format!("no matches for kind \"{kind}\" in version \"{api_version}\""),
        };
        match known {
            Known::Missing(meant) => {
                document.refused = true;
                found.hint = meant.as_ref().map_or(Hint::NONE, |meant| meant.hint(kind));
                found.fixes.extend(match meant {
                    Some(Meant::Version(version)) => source.value("apiVersion", version),
                    Some(Meant::Kind(kind)) => source.value("kind", kind),
                    None => None,
                });
            }
            Known::Carried | Known::Foreign => document.object = Some(Object::decode(value).0),
        }
        out.push(found);
    }
    out.extend(errors.into_iter().map(|error| of_error(document, text, schema, error)));
    out
}

/// What the Go decoder says, with advice. `root` is the document's type.
fn of_error(
    document: &mut Document,
    text: &str,
    root: Option<&'static StructType>,
    error: DecodeError,
) -> Found {
    document.refused |= error.kind == DecodeErrorKind::Type;
    let source = document.source(text);
    let mut found = Found::new(Severity::Error, &error.path, error.message);
    match error.kind {
        DecodeErrorKind::UnknownField => {
            found.on_key = true;
            let (hint, near) = root.map(|root| kinds::unknown_field(root, &error.path)).unwrap_or_default();
            found.hint = hint;
            found.fixes.extend(near.and_then(|near| source.key(&error.path, near)));
        }
        DecodeErrorKind::Type => {
            found.hint = kinds::type_hint(&found.message);
            found.fixes.extend(root.and_then(|root| source.of_type(&error.path, root)));
        }
    }
    found
}

/// Decodes a text that holds one value: what it holds, as a document without a kind, and what is wrong with it.
pub(crate) fn decode_fragment(
    text: &str,
    into: &mut dyn Wire,
    root: Option<&'static StructType>,
) -> (Option<Document>, Vec<Diagnostic>) {
    let mut reader = Reader { lines: Lines::new(text), parsed: Parsed::default() };
    let Some((tree, value)) = reader.value(text, 0..text.len()) else {
        return (None, reader.parsed.diagnostics);
    };
    let span = tree.nodes[0].span.clone();
    let (object, scenario) = (None, None);
    let mut document = Document { object, scenario, value, span, refused: false, tree, root: 0 };
    let mut cx = Decoder::default();
    into.decode(&document.value, &mut cx);
    for error in cx.into_errors() {
        let found = of_error(&mut document, text, root, error);
        reader.of_decoding(&document, found);
    }
    (Some(document), reader.parsed.diagnostics)
}
