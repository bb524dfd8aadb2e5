//! What holds for any manifest and any text.

use lifepod_api::yaml::to_yaml;
use lifepod_api::{Object, Subresource, defaults, prepare, validation};
use lifepod_manifest::{CheckOptions, Fix, check, complete, hover, parse};
use serde_json::Value;

/// For an object: reading what was written gives the same; defaulting twice is defaulting once; neither validation nor
/// its neighbours panic; and YAML carries it whole.
pub fn of_object(value: &Value) {
    let (object, _) = Object::decode(value);
    let written = object.to_value();
    assert_eq!(Object::decode(&written).0.to_value(), written, "decode(encode(x)) = x");

    let mut once = object.clone();
    defaults::apply(&mut once);
    let mut twice = once.clone();
    defaults::apply(&mut twice);
    assert_eq!(once.to_value(), twice.to_value(), "defaulting is idempotent");

    let mut created = object.clone();
    prepare::for_create(&mut created, Some(value));
    let _ = (validation::create(&created), validation::warnings(&created), lifepod_manifest::lints(&created));
    let mut updated = object.clone();
    prepare::for_update(&mut updated, &created, Subresource::Main);
    let _ = validation::update(&updated, &created, Subresource::Main);

    let yaml = to_yaml(&written);
    let parsed = parse(&yaml);
    assert_eq!(parsed.documents.len(), 1, "{yaml}\n{:?}", parsed.diagnostics);
    assert_eq!(parsed.documents[0].value, written, "{yaml}");
}

/// For a quick fix: its edits follow each other inside the text, and the new text can be read like any other.
fn of_fix(text: &str, fix: &Fix) {
    let mut end = 0;
    let mut new = String::new();
    for edit in &fix.edits {
        assert!(end <= edit.range.start && edit.range.start <= edit.range.end, "{fix:?} in {text:?}");
        new += &text[end..edit.range.start];
        new += &edit.insert;
        end = edit.range.end;
    }
    new += &text[end..];
    parse(&new);
}

/// For a text: every finding lies inside it, on the line that it names; help while typing does not panic anywhere.
pub fn of_text(text: &str) {
    let parsed = check(text, &CheckOptions::default());
    for d in &parsed.diagnostics {
        assert!(d.range.start <= d.range.end && d.range.end <= text.len(), "{d:?} in {text:?}");
        assert!(
            text.is_char_boundary(d.range.start) && text.is_char_boundary(d.range.end),
            "{d:?} in {text:?}"
        );
        assert_eq!(d.line, text[..d.range.start].matches('\n').count() + 1, "{d:?}");
        assert!(d.column >= 1);
        d.fixes.iter().for_each(|fix| of_fix(text, fix));
    }
    for offset in (0..=text.len()).step_by(text.len() / 8 + 1) {
        let _ = (complete(text, offset), hover(text, offset));
    }
}
