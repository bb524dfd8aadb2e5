//! The lines between the page's parts: they are dragged, or moved by keys, and stay where they were left.

use crate::browser::{keep, kept, window};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// How large the parts are, in thousandths of the window; as the style sheet has it where a person has not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    editor: Option<u32>,
    inspector: Option<u32>,
}

impl Sizes {
    const KEY: &str = "lifepod.sizes";

    /// As the last visit left them.
    pub fn kept() -> Self {
        let words: String = kept(Self::KEY).unwrap_or_default();
        let mut sizes = words.split(' ').map(|word| word.parse().ok());
        Sizes { editor: sizes.next().flatten(), inspector: sizes.next().flatten() }
    }

    /// The page's style attribute; none where nothing was moved.
    pub fn style(self) -> Option<String> {
        let of = |share: u32, unit: &str| format!("{}.{}{unit};", share / 10, share % 10);
        let editor = self.editor.map(|share| format!("--editor-width:{}", of(share, "vw")));
        let inspector = self.inspector.map(|share| format!("--inspector-height:{}", of(share, "vh")));
        (editor.is_some() || inspector.is_some()).then(|| [editor, inspector].into_iter().flatten().collect())
    }

    fn of(self, part: Part) -> Option<u32> {
        match part {
            Part::Editor => self.editor,
            Part::Inspector => self.inspector,
        }
    }

    fn with(mut self, part: Part, share: Option<u32>) -> Self {
        let share = share.map(|share| share.clamp(LEAST, MOST));
        match part {
            Part::Editor => self.editor = share,
            Part::Inspector => self.inspector = share,
        }
        let word = |share: Option<u32>| share.map_or("-".to_owned(), |share| share.to_string());
        // Sizes that cannot be kept still hold for this visit.
        let _ = keep(Self::KEY, format!("{} {}", word(self.editor), word(self.inspector)));
        self
    }
}

/// The smallest and the largest that a part gets, in thousandths of the window.
const LEAST: u32 = 150;
const MOST: u32 = 750;
/// So much is moved by a key.
const STEP: u32 = 20;

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
        move |share: Option<u32>| sizes.set(sizes.with(part, share))
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
                    Part::Editor => share(f64::from(event.client_x()), width),
                    Part::Inspector => share(height - f64::from(event.client_y()), height),
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
        let grows = match (part, &*event.key()) {
            (Part::Editor, "ArrowRight") | (Part::Inspector, "ArrowUp") => true,
            (Part::Editor, "ArrowLeft") | (Part::Inspector, "ArrowDown") => false,
            _ => return,
        };
        // These keys move the cursor otherwise.
        event.prevent_default();
        event.stop_propagation();
        set(target(&event).map(|line| {
            let now = now.unwrap_or_else(|| present(&line, part));
            if grows { now + STEP } else { now.saturating_sub(STEP) }
        }));
    });
    let (class, orientation) = match part {
        Part::Editor => ("splitter is-upright", "vertical"),
        Part::Inspector => ("splitter", "horizontal"),
    };
    html! {
        <div
            {class} role="separator" tabindex="0" aria-orientation={orientation} aria-label={props.label}
            aria-valuemin={(LEAST / 10).to_string()} aria-valuemax={(MOST / 10).to_string()}
            aria-valuenow={now.map_or(33, |share| share / 10).to_string()}
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

/// A length as a part of another, in thousandths.
fn share(px: f64, of: f64) -> u32 {
    (px / of * 1_000.0).round() as u32
}

/// How large the part is that nobody has moved yet.
fn present(line: &Element, part: Part) -> u32 {
    let (place, (width, height)) = (line.get_bounding_client_rect(), extent());
    match part {
        Part::Editor => share((place.left() + place.right()) / 2.0, width),
        Part::Inspector => share(height - (place.top() + place.bottom()) / 2.0, height),
    }
}
