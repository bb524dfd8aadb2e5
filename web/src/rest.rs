//! The part of the program that the first timeline can do without, and that is loaded after it (`rest.js`).
//!
//! Nothing else has to know which functions those are: `cargo xtask build` cuts the module in two, and a function that
//! is called too early waits until the rest is there.

use crate::browser;
use js_sys::WebAssembly::Module;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/rest.js")]
extern "C" {
    #[wasm_bindgen(js_name = begin)]
    fn begin_with(exports: &JsValue, glue: &str);
    /// The compiled rest, to be handed to a worker; undefined before it is there.
    pub fn compiled() -> JsValue;
    fn join(rest: &JsValue);
    /// Takes the words for when the rest cannot be had and the page cannot go on: a sentence, and a button.
    #[wasm_bindgen(js_name = setWords)]
    pub fn set_words(sentence: &str, button: &str);
    #[wasm_bindgen(js_name = fetchRest)]
    async fn fetch_rest();
    /// The builder of the page knows this import by its name: it is what functions call that came too early.
    #[wasm_bindgen(js_name = loadRest)]
    fn load_rest();
}

/// Whether a worker ended with these words because it could not get the rest.
pub fn is_missing(words: &str) -> bool {
    words.contains("the rest of lifepod is missing")
}

/// To be called first of all.
pub fn begin() {
    begin_with(&wasm_bindgen::exports(), &browser::module_url());
}

/// Fetches the rest while nobody waits for it, and tells when it has come.
pub fn fetch(come: impl FnOnce() + 'static) {
    wasm_bindgen_futures::spawn_local(async {
        fetch_rest().await;
        come();
    });
}

/// Takes the rest that the page hands over. What is no module is a request to load it.
pub fn take(rest: &JsValue) {
    if rest.is_instance_of::<Module>() { join(rest) } else { load_rest() }
}
