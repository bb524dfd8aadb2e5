//! What lies over the page for a while.

mod gallery;
mod help;
mod palette;
mod plot;
mod seeds;
mod share;

#[cfg(test)]
pub use gallery::split;
pub use gallery::{EXAMPLES, Gallery, Loaded, Note, load as load_example, open_file};
pub use help::Help;
pub use palette::Palette;
pub use seeds::Seeds;
pub use share::Share;

use crate::state::Action;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The native dialog: it keeps the focus inside and closes on Escape.
    type Native;
    #[wasm_bindgen(method, js_name = showModal, catch)]
    fn show_modal(this: &Native) -> Result<(), JsValue>;
}

/// What [`Modal`] is given.
#[derive(Properties, PartialEq)]
pub struct ModalProps {
    /// Its name in style classes.
    pub class: &'static str,
    pub title: &'static str,
    pub close: &'static str,
    pub send: Callback<Action>,
    pub children: Children,
}

/// A dialog with a title and a way out.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        if let Some(dialog) = node.get() {
            // Fails only when it is open already.
            let _ = dialog.unchecked_into::<Native>().show_modal();
        }
    });
    let close = props.send.reform(|()| Action::Dialog(None));
    // A press beside the dialog closes it: the dialog itself is hit only there.
    let beside = {
        let (node, close) = (node.clone(), close.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            if node.get().is_some_and(|node| node.is_same_node(target.as_ref())) {
                close.emit(());
            }
        })
    };
    html! {
        <dialog
            ref={node} class={classes!("modal", props.class)} aria-label={props.title}
            onclose={close.reform(|_: Event| ())} onclick={beside}
        >
            <div class="modal-body">
                <header class="modal-head">
                    <h2>{props.title}</h2>
                    <button class="modal-close" aria-label={props.close} title={props.close} onclick={close.reform(|_: MouseEvent| ())}>
                        {"✕"}
                    </button>
                </header>
                { for props.children.iter() }
            </div>
        </dialog>
    }
}
