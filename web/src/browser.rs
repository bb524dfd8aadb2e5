//! The few things of the browser that no crate wraps: where the module came from, and which of its two homes this is.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static MODULE_URL: String;
}

/// The address of this module's JavaScript side.
pub fn module_url() -> String {
    MODULE_URL.with(Clone::clone)
}

/// Whether this is the worker and not the page.
pub fn is_worker() -> bool {
    js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>()
}

/// The page's window.
pub fn window() -> web_sys::Window {
    web_sys::window().expect("only the page asks for its window")
}

/// The page's document.
pub fn document() -> web_sys::Document {
    window().document().expect("a window has a document")
}

/// What the page's address says after `#`; none when it says nothing.
pub fn fragment() -> Option<String> {
    let hash = window().location().hash().ok()?;
    hash.strip_prefix('#').filter(|fragment| !fragment.is_empty()).map(str::to_owned)
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Reads what an earlier visit kept under this name.
pub fn kept<T: for<'de> serde::Deserialize<'de>>(name: &str) -> Option<T> {
    <gloo::storage::LocalStorage as gloo::storage::Storage>::get(name).ok()
}

/// Keeps a value for the next visit; whether it could be kept (a store may be full or forbidden).
pub fn keep<T: serde::Serialize>(name: &str, value: T) -> bool {
    <gloo::storage::LocalStorage as gloo::storage::Storage>::set(name, value).is_ok()
}
