//! Which objects a command names: `pods`, `pods,svc`, `pod web-0`, `pod/web-0 svc/web`, `all`, with selectors.

use crate::args::Args;
use crate::json::Json;
use crate::kinds::{self, Kind};
use crate::output::not_found;
use crate::selector::{Selector, fields_match, unknown_field};
use crate::snapshot::Snapshot;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// The objects that a command names, in order.
pub(crate) struct Targets<'a> {
    /// Each object with its type.
    pub(crate) found: Vec<(&'static Kind, &'a Value)>,
    /// What was named and does not exist, in the API server's words.
    pub(crate) missing: Vec<String>,
    /// The same as a type and a name each.
    pub(crate) absent: Vec<(&'static Kind, String)>,
    /// The types asked for.
    pub(crate) kinds: Vec<&'static Kind>,
    /// Were objects named one by one, not listed?
    pub(crate) by_name: bool,
}

/// Finds them. An error is what follows `error: `.
pub(crate) fn resolve<'a>(
    snapshot: &'a Snapshot,
    words: &[String],
    args: &'a Args,
) -> Result<Targets<'a>, String> {
    let Some(first) = words.first() else { return Err("required resource not specified".into()) };
    if words.iter().any(|w| w.contains('/')) {
        return named_pairs(snapshot, words, args);
    }
    let kinds = kinds_of(first)?;
    let mut targets = Targets::new(kinds, words.len() > 1);
    if targets.by_name {
        if args.is_set("all-namespaces") {
            return Err("a resource cannot be retrieved by name across all namespaces".into());
        }
        for kind in targets.kinds.clone() {
            for name in &words[1..] {
                targets.look_up(snapshot, kind, name, args);
            }
        }
        return Ok(targets);
    }
    Selector::parse(args.value("selector").unwrap_or(""))?;
    let (labels, fields) = (args.value("selector").unwrap_or(""), args.value("field-selector").unwrap_or(""));
    for kind in targets.kinds.clone() {
        if let Some(field) = unknown_field(kind, fields) {
            let resource = format!("{}/{}, Resource={}", kind.group, kind.version, kind.plural);
            targets.missing.push(format!(
                "Error from server (BadRequest): Unable to find {resource:?} that match label selector {labels:?}, \
                 field selector {fields:?}: field label not supported: {field}"
            ));
            continue;
        }
        let all = snapshot.list(kind, args.scope());
        targets.found.extend(all.filter(|o| selects(args, o)).map(|object| (kind, object)));
    }
    Ok(targets)
}

/// Do the selectors of a command, on labels and on fields, take an object?
pub(crate) fn selects(args: &Args, object: &Value) -> bool {
    let labels = Selector::parse(args.value("selector").unwrap_or("")).unwrap_or_default();
    labels.matches(object) && fields_match(args.value("field-selector").unwrap_or(""), object)
}

impl<'a> Targets<'a> {
    pub(crate) fn new(kinds: Vec<&'static Kind>, by_name: bool) -> Self {
        Targets { found: Vec::new(), missing: Vec::new(), absent: Vec::new(), kinds, by_name }
    }

    fn look_up(&mut self, snapshot: &'a Snapshot, kind: &'static Kind, name: &str, args: &'a Args) {
        match snapshot.find(kind, args.namespace(), name) {
            Some(object) => self.found.push((kind, object)),
            None => {
                self.missing.push(not_found(&kind.resource(), name));
                self.absent.push((kind, name.to_string()));
            }
        }
    }

    /// Are all the types asked for namespaced?
    pub(crate) fn namespaced(&self) -> bool {
        self.kinds.iter().all(|k| k.namespaced)
    }

    /// Are there answers of more than one type? An empty list is an answer too; a name that is not found is none.
    pub(crate) fn mixed(&self) -> bool {
        if self.by_name {
            self.found.windows(2).any(|w| !core::ptr::eq(w[0].0, w[1].0))
        } else {
            self.kinds.len() > 1
        }
    }
}

fn named_pairs<'a>(snapshot: &'a Snapshot, words: &[String], args: &'a Args) -> Result<Targets<'a>, String> {
    let mut targets = Targets::new(Vec::new(), true);
    for word in words {
        let Some((kind, name)) = word.split_once('/') else {
            return Err("there is no need to specify a resource type as a separate argument when passing arguments \
                        in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get \
                        resource resource/<resource_name>'"
                .into());
        };
        if name.is_empty() || name.contains('/') {
            return Err(format!("arguments in resource/name form may not have more than one slash: {word}"));
        }
        let kind = find(kind)?;
        targets.kinds.push(kind);
        targets.look_up(snapshot, kind, name, args);
    }
    Ok(targets)
}

/// The types in a list such as `pods,svc` or `all`, each once.
fn kinds_of(list: &str) -> Result<Vec<&'static Kind>, String> {
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for word in list.split(',') {
        let of_word: Vec<&'static Kind> =
            if word == "all" { kinds::all().iter().collect() } else { [find(word)?].into() };
        for kind in of_word {
            if !kinds.iter().any(|k| core::ptr::eq(*k, kind)) {
                kinds.push(kind);
            }
        }
    }
    Ok(kinds)
}

/// The type of that name, or the complaint that there is none.
pub(crate) fn find(name: &str) -> Result<&'static Kind, String> {
    kinds::find(name).ok_or_else(|| format!("the server doesn't have a resource type \"{name}\""))
}

/// The name of an object.
pub(crate) fn name_of(object: &Value) -> String {
    object.text("metadata.name").to_string()
}
