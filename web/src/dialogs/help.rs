//! The help: what the page is, and its keys.

use super::Modal;
use crate::i18n::Lang;
use crate::state::Action;
use yew::prelude::*;

/// What [`Help`] is given.
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    pub lang: Lang,
    pub send: Callback<Action>,
}

/// The open help.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let words = props.lang.words();
    let row = |keys: &[&'static str], text: &'static str| {
        let keys = keys.iter().map(|key| html! { <>{" "}<kbd>{*key}</kbd></> });
        html! { <><dt>{ for keys }</dt><dd>{text}</dd></> }
    };
    html! {
        <Modal class="help" title={words.help_title} close={words.close} send={props.send.clone()}>
            <p>{words.help_intro}</p>
            <p class="help-touch">{words.help_touch}</p>
            <dl>
                { row(&["←", "→"], words.help_scrub) }
                { row(&[",", "."], words.help_entry) }
                { row(&["[", "]"], words.help_landmark) }
                { row(&["Home", "End"], words.help_ends) }
                { row(&["0", "…", "9"], words.help_tenths) }
                { row(&["Space", "<", ">"], words.help_play) }
                { row(&["w", "s", "+", "-"], words.help_zoom) }
                { row(&["a", "d"], words.help_pan) }
                { row(&["f", "t"], words.help_fit) }
                { row(&["↑", "↓", "Enter", "p"], words.help_lanes) }
                { row(&["m"], words.help_menu) }
                { row(&["Shift"], words.help_measure) }
                { row(&["u", "U", "c", "v"], words.help_undo) }
                { row(&["x"], words.help_try) }
                { row(&["e", "y", "l"], words.help_tabs) }
                { row(&["b", "n"], words.help_tour) }
                { row(&["g", "Ctrl K"], words.help_palette) }
                { row(&["Ctrl-Space"], words.help_complete) }
                { row(&["Ctrl-Shift-Space"], words.help_hover) }
                { row(&["F8"], words.help_finding) }
                { row(&["Ctrl-."], words.help_fix) }
                { row(&["Esc"], words.help_leave) }
            </dl>
        </Modal>
    }
}
