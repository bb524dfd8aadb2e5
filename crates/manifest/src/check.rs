//! Everything that can be said of a text before it meets a cluster: decoding, the server's validation and warnings,
//! and lints of our own.

use crate::advice;
use crate::diagnostic::{Diagnostic, Lines, Severity};
use crate::document::{Document, Parsed, parse};
use crate::hint::Hint;
use crate::lint::{Lint, budgets, lints};
use lifepod_api::{Kind, Object, Version, prepare, validation};

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Lints that are switched off.
    pub silenced: Vec<Lint>,
    /// The namespace of objects that name none; empty for `default`.
    pub namespace: String,
}

/// Reads a text and checks every object as the API server would on create. Lints are warnings, and name
/// themselves in [`Diagnostic::lint`].
pub fn check(text: &str, options: &CheckOptions) -> Parsed {
    let mut parsed = parse(text);
    let lines = Lines::new(text);
    let (mut found, mut linted, mut objects) = (Vec::new(), Vec::new(), Vec::new());
    let version =
        parsed.documents.iter().find_map(|d| d.scenario.as_ref()).map(|s| s.spec.cluster.version.as_str());
    let version = version.and_then(Version::parse).unwrap_or_default();
    for (index, document) in parsed.documents.iter().enumerate() {
        if !document.refused
            && let Some(object) = &document.object
        {
            if matches!(object, Object::PodPreset(_)) && !version.has_pod_presets() {
                found.push(no_pod_presets(&lines, index, document));
                continue;
            }
            let mut prepared = prepared(object, document, options);
            found.extend(of_server(&lines, index, document, &mut prepared));
            linted.extend(lints(&prepared).into_iter().map(|finding| (index, finding)));
            objects.push((index, prepared));
        }
    }
    linted.extend(budgets(&objects));
    for (index, finding) in linted.into_iter().filter(|(_, f)| !options.silenced.contains(&f.lint)) {
        let (severity, document) = (Severity::Warning, &parsed.documents[index]);
        let (path, message) = (&finding.path, &finding.message);
        let diagnostic = document.finding(&lines, index, severity, path, message, &finding.hint);
        found.push(Diagnostic { lint: Some(finding.lint), ..diagnostic });
    }
    found.extend(repeated(&lines, &parsed.documents));
    parsed.diagnostics.extend(found);
    parsed.diagnostics.sort_by_key(|d| (d.range.start, d.range.end));
    parsed
}

fn no_pod_presets(lines: &Lines, index: usize, document: &Document) -> Diagnostic {
    document.diagnostic(
        lines,
        index,
        Severity::Error,
        "kind",
        "no matches for kind \"PodPreset\" in version \"settings.k8s.io/v1alpha1\"",
        &Hint::new(
            "removed in Kubernetes 1.20: use a mutating webhook or a MutatingAdmissionPolicy, or set \
             `cluster.version: \"1.19\"` in a Scenario",
            "已在 Kubernetes 1.20 中移除：请改用 mutating webhook 或 MutatingAdmissionPolicy，或在 Scenario 中设置 \
             `cluster.version: \"1.19\"`",
        ),
    )
}

/// The object as the server would validate it.
fn prepared(object: &Object, document: &Document, options: &CheckOptions) -> Object {
    let mut object = object.clone();
    let namespaced = Kind::find(object.api_version(), object.kind()).is_none_or(|k| k.namespaced);
    let meta = object.meta_mut();
    if meta.namespace.is_empty() && namespaced {
        meta.namespace =
            if options.namespace.is_empty() { "default".to_string() } else { options.namespace.clone() };
    }
    if meta.name.is_empty() && !meta.generate_name.is_empty() {
        meta.name = prepare::generated_name(&meta.generate_name, "xxxxx");
    }
    meta.uid = "00000000-0000-0000-0000-000000000000".to_string();
    prepare::for_create(&mut object, Some(&document.value));
    prepare::normalize(&mut object);
    object
}

fn of_server(lines: &Lines, index: usize, document: &Document, object: &mut Object) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> = Vec::new();
    let mut errors = prepare::allocate(object);
    if errors.is_empty() {
        errors = validation::create(object);
    }
    for error in errors {
        let (hint, fixes) = advice::on(&error, document, lines.text());
        let found =
            document.diagnostic(lines, index, Severity::Error, &error.field, &error.to_string(), &hint);
        let found = Diagnostic { fixes, ..found };
        if !out.contains(&found) {
            out.push(found);
        }
    }
    for warning in validation::warnings(object) {
        let path = warning.split_once(": ").map_or("", |(path, _)| path);
        out.push(document.diagnostic(lines, index, Severity::Warning, path, &warning, &Hint::NONE));
    }
    out
}

/// Objects that come twice in a text.
fn repeated(lines: &Lines, documents: &[Document]) -> Vec<Diagnostic> {
    let mut seen = std::collections::BTreeMap::new();
    let mut out = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let Some(object) = document.object.as_ref().filter(|o| !o.meta().name.is_empty()) else { continue };
        if seen.insert((object.api_version().to_string(), object.key()), index).is_some() {
            let key = object.key();
            let message = Hint::of(
                format!("{key} is in this text before: this one replaces it"),
                format!("前面已有 {key}：这一个会取代它"),
            );
            out.push(document.finding(
                lines,
                index,
                Severity::Warning,
                "metadata.name",
                &message,
                &Hint::NONE,
            ));
        }
    }
    out
}
