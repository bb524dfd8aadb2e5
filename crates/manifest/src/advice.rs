//! What to do about the API server's refusals, where its words alone may not say.

use crate::document::Document;
use crate::enums;
use crate::fix::{Fix, Source};
use crate::hint::Hint;
use crate::kinds::nearest;
use crate::schema::field_at;
use lifepod_api::validation::{ErrorType, FieldError, names};
use lifepod_api::{Kind, Object};
use serde_json::{Value, json};

/// Advice in a line, and changes of the text that follow it.
pub fn on(error: &FieldError, document: &Document, text: &str) -> (Hint, Vec<Fix>) {
    let source = document.source(text);
    let path = error.field.as_str();
    let said = error.message.as_str();
    let ends = |end: &str| path.ends_with(end);
    match error.kind {
        ErrorType::Required | ErrorType::NotSupported
            if ends("template.spec.restartPolicy") && is_job(document) =>
        {
            let policies = ["OnFailure", "Never"].into_iter();
            let written = document.value.pointer(&pointer(path)).is_some();
            let fix = |policy: &str| match written {
                true => source.value(path, policy),
                false => source.add(path, policy.into()),
            };
            let hint = Hint::new(
                "a Job's pods run to an end: set it to OnFailure or Never",
                "Job 的 Pod 要运行到结束：请设为 OnFailure 或 Never",
            );
            (hint, policies.filter_map(fix).collect())
        }
        ErrorType::NotSupported => (Hint::NONE, supported(error, document, source).into_iter().collect()),
        ErrorType::Required if path == "spec.selector" => {
            let labels = &document.value["spec"]["template"]["metadata"]["labels"];
            let fix = labels.is_object().then(|| source.add(path, json!({"matchLabels": labels}))).flatten();
            let hint = Hint::new(
                "add a selector with the labels of the template",
                "请添加 selector，使用模板里的标签",
            );
            (hint, fix.into_iter().collect())
        }
        ErrorType::Required if path == "metadata.name" => {
            (Hint::new("every object has a name", "每个对象都要有名字"), Vec::new())
        }
        ErrorType::NotFound if ends(".name") && path.contains("volumeMounts[") => {
            let hint =
                Hint::new("add a volume of this name under `volumes`", "请在 `volumes` 下添加同名的卷");
            (hint, missing_volume(path, document, source))
        }
        ErrorType::Invalid if said.contains("does not match template") => {
            let wanted = &document.value["spec"]["selector"]["matchLabels"];
            let labels = "spec.template.metadata.labels";
            let fix = match document.value.pointer(&pointer(labels)) {
                None => source.add(labels, wanted.clone()),
                Some(there) => wanted.as_object().and_then(|wanted| {
                    let (key, value) = wanted.iter().find(|(key, _)| there.get(*key).is_none())?;
                    source.add_entry(labels, key, value.clone())
                }),
            };
            let hint = Hint::new(
                "give the template's metadata the labels that the selector asks for",
                "请给模板的 metadata 加上 selector 要求的标签",
            );
            (hint, fix.into_iter().collect())
        }
        ErrorType::Invalid if said.contains("RFC 1123") => {
            let hint = Hint::new("use lower-case letters, digits and '-'", "请使用小写字母、数字和 '-'");
            (hint, name(path, document, source).into_iter().collect())
        }
        ErrorType::Invalid if said.contains("must be less than or equal to") && said.contains("limit of") => {
            (Hint::new("raise the limit or lower the request", "请提高上限或降低请求"), Vec::new())
        }
        ErrorType::Forbidden if said.contains("init containers without restartPolicy=Always") => {
            let container = path.rsplit_once(".lifecycle").or(path.rsplit_once('.')).map_or("", |(c, _)| c);
            let fix = source.add(&format!("{container}.restartPolicy"), "Always".into());
            let hint = Hint::new(
                "init containers run to an end; with `restartPolicy: Always` this one would be a sidecar",
                "Init 容器要运行到结束；加上 `restartPolicy: Always` 它就成为 sidecar",
            );
            (hint, fix.into_iter().collect())
        }
        _ => (Hint::NONE, Vec::new()),
    }
}

fn is_job(document: &Document) -> bool {
    matches!(document.object, Some(Object::Job(_) | Object::CronJob(_)))
}

/// A field path as a JSON pointer; for paths without dots inside keys.
fn pointer(path: &str) -> String {
    path.split(['.', '[', ']']).filter(|part| !part.is_empty()).flat_map(|part| ["/", part]).collect()
}

/// The value that was meant by a misspelt one.
fn supported(error: &FieldError, document: &Document, source: Source) -> Option<Fix> {
    let object = document.object.as_ref()?;
    let root = Kind::find(object.api_version(), object.kind())?.ty;
    let values = enums::of_field(field_at(root, &error.field)?);
    let said = document.value.pointer(&pointer(&error.field))?.as_str()?;
    source.value(&error.field, nearest(said, values.iter().copied())?)
}

/// The nearest good name: lower case, with `-` for what is not allowed.
fn name(path: &str, document: &Document, source: Source) -> Option<Fix> {
    let said = document.value.pointer(&pointer(path))?.as_str()?;
    let letter = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let good: String = said.chars().map(letter).collect();
    let good = good.trim_matches('-');
    names::dns_label(good).is_empty().then(|| source.value(path, good)).flatten()
}

/// An empty directory under the name that a mount asks for.
fn missing_volume(path: &str, document: &Document, source: Source) -> Vec<Fix> {
    let Some(name) = document.value.pointer(&pointer(path)).and_then(Value::as_str) else {
        return Vec::new();
    };
    let spec = ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .find_map(|list| path.split_once(&format!(".{list}[")))
        .map_or("", |(spec, _)| spec);
    source.add_item(&format!("{spec}.volumes"), json!({"name": name, "emptyDir": {}})).into_iter().collect()
}
