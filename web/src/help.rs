//! The help: what the page is, and its keys.

use crate::i18n::Words;
use crate::state::Action;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The native dialog: it keeps the focus inside and closes on Escape.
    type Dialog;
    #[wasm_bindgen(method, js_name = showModal, catch)]
    fn show_modal(this: &Dialog) -> Result<(), JsValue>;
}

/// What [`Help`] is given.
#[derive(Properties)]
pub struct HelpProps {
    pub words: &'static Words,
    pub send: Callback<Action>,
}

impl PartialEq for HelpProps {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.words, other.words) && self.send == other.send
    }
}

/// The open help.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let words = props.words;
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.get() {
            // Fails only when it is open already.
            let _ = dialog.unchecked_into::<Dialog>().show_modal();
        }
    });
    let close = {
        let send = props.send.clone();
        Callback::from(move |()| send.emit(Action::Help(false)))
    };
    let row = |keys: &[&'static str], text: &'static str| {
        let keys = keys.iter().map(|key| html! { <>{" "}<kbd>{*key}</kbd></> });
        html! { <><dt>{ for keys }</dt><dd>{text}</dd></> }
    };
    html! {
        <dialog ref={dialog} class="help" onclose={close.reform(|_: Event| ())}>
            <h2>{words.help_title}</h2>
            <p>{words.help_intro}</p>
            <dl>
                { row(&["←", "→"], words.help_scrub) }
                { row(&[",", "."], words.help_entry) }
                { row(&["Home", "End"], words.help_ends) }
                { row(&["0", "…", "9"], words.help_tenths) }
                { row(&["Space"], words.help_play) }
                { row(&["w", "s"], words.help_zoom) }
                { row(&["a", "d"], words.help_pan) }
                { row(&["f"], words.help_fit) }
                { row(&["e", "y", "l"], words.help_tabs) }
                { row(&["Ctrl-Space"], words.help_complete) }
                { row(&["Ctrl-Shift-Space"], words.help_hover) }
                { row(&["F8"], words.help_finding) }
                { row(&["Ctrl-."], words.help_fix) }
                { row(&["Esc"], words.help_leave) }
                { row(&["?"], words.help_help) }
            </dl>
            <button onclick={close.reform(|_: MouseEvent| ())}>{words.close}</button>
        </dialog>
    }
}
