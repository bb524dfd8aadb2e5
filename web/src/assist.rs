//! Help while typing, for the editor's script: what can be typed at a place, and what is known of a field.
//!
//! It is answered on the page's own thread, from the schema alone: a run in the worker never keeps it waiting.

use crate::i18n::{Lang, Words};
use js_sys::{Object, Reflect};
use lifepod_manifest::docs::Doc;
use lifepod_manifest::{complete, hover};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// What the editor's script asks with: `{complete, hover, words}`, both functions of the text before the cursor and
/// the text behind it.
pub struct Assist {
    _asked: [Closure<dyn Fn(String, &str) -> JsValue>; 2],
    object: Object,
}

/// Something that can be typed.
#[derive(Serialize)]
struct Offer {
    label: String,
    detail: String,
    info: &'static str,
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
        let offers = Closure::<dyn Fn(String, &str) -> JsValue>::new(move |before: String, after: &str| {
            to_js(&offers(lang, before, after))
        });
        let known = Closure::<dyn Fn(String, &str) -> JsValue>::new(move |before: String, after: &str| {
            to_js(&known(lang, before, after))
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
        Offer {
            detail: [Some(found.detail), default].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            info: found.doc.as_ref().map_or("", |doc| line(lang, doc)),
            label: found.label,
            apply: found.insert,
            replaces: typed.encode_utf16().count(),
        }
    });
    found.collect()
}

fn known(lang: Lang, before: String, after: &str) -> Option<Known> {
    let words = lang.words();
    let offset = before.len();
    let found = hover(&(before + after), offset)?;
    let effect = match (&found.doc, found.simulated) {
        (Some(doc), _) => line(lang, doc),
        (None, true) => "",
        (None, false) => words.no_effect,
    };
    let values = (!found.values.is_empty()).then(|| found.values.join(" | "));
    let lines = [Some(effect.to_owned()), values, default_of(words, found.doc.as_ref())];
    Some(Known {
        title: format!("{}: {}", found.path, found.detail),
        lines: lines.into_iter().flatten().filter(|line| !line.is_empty()).collect(),
    })
}
