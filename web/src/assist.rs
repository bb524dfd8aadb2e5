//! Help while typing, for the editor's script: what can be typed at a place, and what is known of a field.
//!
//! It is answered on the page's own thread, from the schema alone: a run in the worker never keeps it waiting.

use crate::i18n::{Lang, Words};
use js_sys::{Object, Reflect};
use lifepod_manifest::docs::Doc;
use lifepod_manifest::{complete, hover};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// What the editor's script asks with: `{complete, hover}`, functions of the text before the cursor and the text
/// behind it, and `{silence}`, the words of the button that switches a lint off.
pub struct Assist {
    _asked: [Closure<dyn Fn(String, String) -> JsValue>; 2],
    object: Object,
}

/// So many characters of a default fit into the list of offers.
const SHORT: usize = 20;

/// Something that can be typed.
#[derive(Serialize)]
struct Offer {
    label: String,
    detail: String,
    info: String,
    apply: String,
    /// How many characters before the cursor give way, as JavaScript counts them.
    replaces: usize,
}

/// What is known of a field.
#[derive(Serialize)]
struct Known {
    title: String,
    lines: Vec<String>,
}

impl Assist {
    /// Help in a language.
    pub fn new(lang: Lang) -> Self {
        let offers =
            Closure::<dyn Fn(String, String) -> JsValue>::new(move |before: String, after: String| {
                to_js(&offers(lang, before, &after))
            });
        let known =
            Closure::<dyn Fn(String, String) -> JsValue>::new(move |before: String, after: String| {
                to_js(&known(lang, before, &after))
            });
        let object = Object::new();
        for (name, value) in [
            ("complete", offers.as_ref()),
            ("hover", known.as_ref()),
            ("silence", &JsValue::from(lang.words().lint_silence)),
        ] {
            // Fails only for what is no object.
            let _ = Reflect::set(&object, &name.into(), value);
        }
        Assist { _asked: [offers, known], object }
    }

    /// The JavaScript object; it works for as long as this lives.
    pub fn object(&self) -> &JsValue {
        &self.object
    }
}

fn to_js(value: &impl Serialize) -> JsValue {
    serde_wasm_bindgen::to_value(value).unwrap_or(JsValue::UNDEFINED)
}

fn line(lang: Lang, doc: &Doc) -> &'static str {
    match lang {
        Lang::En => doc.en,
        Lang::Zh => doc.zh,
    }
}

fn default_of(words: &Words, doc: Option<&Doc>) -> Option<String> {
    let default = doc.map(|doc| doc.default).filter(|default| !default.is_empty())?;
    Some(format!("{} {default}", words.default_is))
}

fn offers(lang: Lang, before: String, after: &str) -> Vec<Offer> {
    let offset = before.len();
    let text = before + after;
    let found = complete(&text, offset).into_iter().map(|found| {
        let typed = &text[offset - found.replaces..offset];
        let default = default_of(lang.words(), found.doc.as_ref());
        // A long default would not fit beside the name.
        let short = default.clone().filter(|default| default.chars().count() <= SHORT);
        let meaning = found.doc.as_ref().map(|doc| line(lang, doc).to_owned());
        Offer {
            detail: [Some(found.detail), short].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            info: [meaning, default].into_iter().flatten().collect::<Vec<_>>().join("\n"),
            label: found.label,
            apply: found.insert,
            replaces: typed.encode_utf16().count(),
        }
    });
    found.collect()
}

fn known(lang: Lang, before: String, after: &str) -> Option<Known> {
    let offset = before.len();
    let found = hover(&(before + after), offset)?;
    let effect = found.doc.as_ref().map(|doc| line(lang, doc).to_owned());
    let values = (!found.values.is_empty()).then(|| found.values.join(" | "));
    let lines = [effect, values, default_of(lang.words(), found.doc.as_ref())];
    Some(Known {
        title: format!("{}: {}", found.path, found.detail),
        lines: lines.into_iter().flatten().collect(),
    })
}
