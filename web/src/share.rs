//! Links that carry a whole run, and what else passes it on.

use crate::dialogs::Note;
use crate::state::State;
use lifepod_api::SimTime;
use lifepod_timeline::View;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/share.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn pack(text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn unpack(packed: &str) -> Result<JsValue, JsValue>;
    /// Puts a text on the clipboard.
    #[wasm_bindgen(catch)]
    pub async fn copy(text: &str) -> Result<JsValue, JsValue>;
    /// Offers a text as a file of that media type.
    pub fn download(name: &str, media: &str, text: &str);
    /// Offers a picture, given as SVG, as a file; its size in pixels.
    #[wasm_bindgen(catch)]
    pub async fn png(name: &str, svg: &str, width: f64, height: f64) -> Result<JsValue, JsValue>;
    /// Makes the page's address say this after `#`, without a visit.
    pub fn set_fragment(fragment: &str);
    /// A text from beside the page.
    #[wasm_bindgen(catch)]
    pub async fn load(path: &str) -> Result<JsValue, JsValue>;
    /// A file's text.
    #[wasm_bindgen(catch)]
    pub async fn read(file: &web_sys::File) -> Result<JsValue, JsValue>;
}

/// What a link restores.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    pub text: String,
    pub seed: Option<u64>,
    pub horizon: Option<SimTime>,
    pub cursor: Option<SimTime>,
    pub view: View,
    pub folded: bool,
    /// What an example says about itself.
    pub note: Note,
}

/// The part of a link after `#`.
pub async fn fragment(state: &State) -> Option<String> {
    let packed = pack(&state.text).await.ok()?.as_string()?;
    Some(format!("{}&z={packed}", settings(state)))
}

/// Everything but the text.
fn settings(state: &State) -> String {
    let mut out = format!("t={}", state.cursor.0 / 1_000);
    if let Some(seed) = state.seed {
        out += &format!("&seed={seed}");
    }
    if let Some(horizon) = state.horizon {
        out += &format!("&h={}", horizon.as_secs());
    }
    if state.view != View::ALL {
        let (from, to) = state.view.ends();
        out += &format!("&v={from:.6},{to:.6}");
    }
    if !state.folded {
        out += "&even";
    }
    out
}

/// What a link's part after `#` holds; none when it holds no run.
pub async fn restore(fragment: &str) -> Option<Shared> {
    let mut shared = read_settings(fragment);
    let packed = parts(fragment).find(|(name, _)| *name == "z")?.1;
    shared.text = unpack(packed).await.ok()?.as_string()?;
    Some(shared)
}

/// What a link says under a name, as in `#example=04-liveness-exec`.
pub fn value<'a>(fragment: &'a str, name: &str) -> Option<&'a str> {
    parts(fragment).find(|(part, _)| *part == name).map(|(_, value)| value)
}

fn parts(fragment: &str) -> impl Iterator<Item = (&str, &str)> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    fragment.split('&').map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// What a link says besides the text.
pub fn read_settings(fragment: &str) -> Shared {
    let mut shared = Shared {
        text: String::new(),
        seed: None,
        horizon: None,
        cursor: None,
        view: View::ALL,
        folded: true,
        note: Note::default(),
    };
    for (name, value) in parts(fragment) {
        match name {
            "t" => shared.cursor = value.parse().ok().map(SimTime::from_millis),
            "seed" => shared.seed = value.parse().ok(),
            "h" => shared.horizon = value.parse().ok().map(SimTime::from_secs),
            "v" => {
                let ends = value.split_once(',').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                shared.view = ends.map_or(View::ALL, |(from, to)| View::of_ends(from, to));
            }
            "even" => shared.folded = false,
            _ => {}
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_where_to_look() {
        let shared = read_settings("#t=64200&seed=7&h=600&v=0.25,0.5&even&z=abc");
        assert_eq!((shared.seed, shared.horizon), (Some(7), Some(SimTime::from_secs(600))));
        assert_eq!((shared.cursor, shared.folded), (Some(SimTime::from_millis(64_200)), false));
        assert_eq!(shared.view.ends(), (0.25, 0.5));
        assert_eq!(read_settings("#v=9,1&t=x").view, View::ALL, "nonsense is passed over");
        assert_eq!(value("#example=04-liveness-exec", "example"), Some("04-liveness-exec"));
    }
}
