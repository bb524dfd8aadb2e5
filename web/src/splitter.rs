//! The lines between the page's parts: they are dragged, or moved by keys, and stay where they were left.

use crate::browser::{keep, kept, window};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// How large the parts are, in hundredths of the window; as the style sheet has it where a person has not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    editor: Option<f64>,
    inspector: Option<f64>,
}

impl Sizes {
    const KEY: &str = "lifepod.sizes";

    /// As the last visit left them.
    pub fn kept() -> Self {
        kept(Self::KEY).unwrap_or_default()
    }

    /// The page's style attribute; none where nothing was moved.
    pub fn style(self) -> Option<String> {
        let editor = self.editor.map(|share| format!("--editor-width:{share:.1}vw;"));
        let inspector = self.inspector.map(|share| format!("--inspector-height:{share:.1}vh;"));
        (editor.is_some() || inspector.is_some()).then(|| [editor, inspector].into_iter().flatten().collect())
    }

    fn of(self, beside: Part) -> Option<f64> {
        match beside {
            Part::Editor => self.editor,
            Part::Inspector => self.inspector,
        }
    }

    fn with(mut self, beside: Part, share: Option<f64>) -> Self {
        let share = share.map(|share| share.clamp(LEAST, MOST));
        match beside {
            Part::Editor => self.editor = share,
            Part::Inspector => self.inspector = share,
        }
        // Sizes that cannot be kept still hold for this visit.
        let _ = keep(Self::KEY, self);
        self
    }
}

/// The smallest and the largest that a part gets, in hundredths of the window.
const LEAST: f64 = 15.0;
const MOST: f64 = 75.0;
/// So much is moved by a key.
const STEP: f64 = 2.0;

/// A part that has a line at its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The editor, with the timeline at its right.
    Editor,
    /// The inspector, with the timeline above.
    Inspector,
}

/// What [`Splitter`] is given.
#[derive(Properties, PartialEq)]
pub struct SplitterProps {
    /// The part that grows and shrinks.
    pub part: Part,
    pub label: &'static str,
    pub sizes: UseStateHandle<Sizes>,
}

/// A line that can be dragged.
#[component]
pub fn Splitter(props: &SplitterProps) -> Html {
    let part = props.part;
    let set = {
        let sizes = props.sizes.clone();
        move |share: Option<f64>| sizes.set(sizes.with(part, share))
    };
    let onpointerdown = Callback::from(|event: PointerEvent| {
        event.prevent_default();
        if let Some(line) = target(&event) {
            // Fails only for a pointer that is gone already.
            let _ = line.set_pointer_capture(event.pointer_id());
        }
    });
    let onpointermove = {
        let set = set.clone();
        Callback::from(move |event: PointerEvent| {
            if target(&event).is_some_and(|line| line.has_pointer_capture(event.pointer_id())) {
                let (width, height) = extent();
                set(Some(match part {
                    Part::Editor => f64::from(event.client_x()) / width * 100.0,
                    Part::Inspector => (height - f64::from(event.client_y())) / height * 100.0,
                }));
            }
        })
    };
    let ondblclick = {
        let set = set.clone();
        Callback::from(move |_: MouseEvent| set(None))
    };
    let now = props.sizes.of(part);
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let by = match (part, &*event.key()) {
            (Part::Editor, "ArrowRight") | (Part::Inspector, "ArrowUp") => STEP,
            (Part::Editor, "ArrowLeft") | (Part::Inspector, "ArrowDown") => -STEP,
            _ => return,
        };
        // These keys move the cursor otherwise.
        event.prevent_default();
        event.stop_propagation();
        set(target(&event).map(|line| now.unwrap_or_else(|| present(&line, part)) + by));
    });
    let (class, orientation) = match part {
        Part::Editor => ("splitter is-upright", "vertical"),
        Part::Inspector => ("splitter", "horizontal"),
    };
    html! {
        <div
            {class} role="separator" tabindex="0" aria-orientation={orientation} aria-label={props.label}
            aria-valuemin={LEAST.to_string()} aria-valuemax={MOST.to_string()}
            aria-valuenow={now.map_or(33, |share| share.round() as i32).to_string()}
            {onpointerdown} {onpointermove} {ondblclick} {onkeydown}
        />
    }
}

fn target(event: &web_sys::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The window's width and height, in pixels.
fn extent() -> (f64, f64) {
    let px = |side: Result<wasm_bindgen::JsValue, _>| side.ok().and_then(|px| px.as_f64()).unwrap_or(800.0);
    let window = window();
    (px(window.inner_width()), px(window.inner_height()))
}

/// How large the part is that nobody has moved yet.
fn present(line: &Element, part: Part) -> f64 {
    let (place, (width, height)) = (line.get_bounding_client_rect(), extent());
    match part {
        Part::Editor => (place.left() + place.right()) / 2.0 / width * 100.0,
        Part::Inspector => (height - (place.top() + place.bottom()) / 2.0) / height * 100.0,
    }
}
