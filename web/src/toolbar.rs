//! The bar on top: what is played, how, and how the page looks.

use crate::i18n::Lang;
use crate::state::{Action, Dialog, Theme};
use crate::{clock, icons};
use lifepod_api::{SimTime, Version};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// The horizons to choose from, in seconds.
const HORIZONS: [u64; 6] = [60, 600, 1_800, 3_600, 21_600, 86_400];

/// What [`Toolbar`] is given.
#[derive(Properties, PartialEq)]
pub struct ToolbarProps {
    pub lang: Lang,
    pub theme: Theme,
    /// What seeds the run; none before there is one.
    pub seed: Option<u64>,
    /// The horizon that was chosen; none when the text decides.
    pub horizon: Option<SimTime>,
    /// Where the run ends.
    pub end: SimTime,
    /// The version of Kubernetes that was simulated; none before there is a run.
    pub version: Option<(u32, u32)>,
    pub cursor: SimTime,
    pub playing: bool,
    pub speed: f64,
    /// Opens the menu of what can be done.
    pub what_if: Callback<MouseEvent>,
    pub send: Callback<Action>,
}

/// The toolbar.
#[component]
pub fn Toolbar(props: &ToolbarProps) -> Html {
    let words = props.lang.words();
    let send = |action: Action| {
        let send = props.send.clone();
        Callback::from(move |_: MouseEvent| send.emit(action.clone()))
    };
    let play = if props.playing { words.pause } else { words.play };
    let (theme, theme_icon) = match props.theme {
        Theme::Auto => (words.theme_auto, icons::auto()),
        Theme::Light => (words.theme_light, icons::light()),
        Theme::Dark => (words.theme_dark, icons::dark()),
    };
    let on_seed = props.send.reform(|event: Event| Action::Seed(number(&event) as u64));
    let on_speed = props.send.reform(|event: InputEvent| Action::Speed(10f64.powf(number(&event))));
    let on_horizon = props.send.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        Action::Horizon(select.value().parse().ok().map(SimTime::from_secs))
    });
    let Version { major, minor } = Version::CURRENT;
    let (major, minor) = props.version.unwrap_or((major, minor));
    html! {
        <header class="toolbar">
            <h1 class="toolbar-brand">{icons::brand()}{"lifepod"}</h1>
            <button class="toolbar-chip" onclick={send(Action::Dialog(Some(Dialog::Gallery)))}>{words.gallery}</button>
            <span class="toolbar-grow" />
            <button class="toolbar-play" title={play} aria-label={play} onclick={send(Action::TogglePlay)}>
                { if props.playing { icons::pause() } else { icons::play() } }
            </button>
            <label class="toolbar-speed">
                <span class="toolbar-speed-label">{words.speed}</span>
                <input
                    type="range" min="-1" max="3" step="0.25" aria-label={words.speed} aria-valuetext={speed(props.speed)}
                    value={props.speed.log10().to_string()} oninput={on_speed}
                />
                <output>{speed(props.speed)}</output>
            </label>
            <span class="toolbar-clock">
                {clock::exact(props.cursor)}<span class="soft">{" / "}{clock::whole(props.end)}</span>
            </span>
            <span class="toolbar-grow" />
            <select class="toolbar-chip" title={words.horizon} aria-label={words.horizon} onchange={on_horizon}>
                <option value="" selected={props.horizon.is_none()}>{words.horizon_auto}</option>
                { for HORIZONS.map(|seconds| html! {
                    <option
                        value={seconds.to_string()}
                        selected={props.horizon == Some(SimTime::from_secs(seconds))}
                    >{props.lang.core().length(SimTime::from_secs(seconds))}</option>
                }) }
            </select>
            <label class="toolbar-chip" title={words.seed_hint}>
                {words.seed}
                <input inputmode="numeric" value={props.seed.map(|seed| seed.to_string())} onchange={on_seed} />
            </label>
            <span class="toolbar-chip toolbar-version">{format!("Kubernetes {major}.{minor}")}</span>
            <button class="toolbar-chip" title={words.seeds} onclick={send(Action::Dialog(Some(Dialog::Seeds)))}>{words.seeds_short}</button>
            <button class="toolbar-chip" title={words.help_menu} onclick={props.what_if.clone()}>{words.what_if_short}</button>
            <button class="toolbar-chip" title={words.compare_on} onclick={send(Action::Compare(true))}>{words.compare_short}</button>
            <button class="toolbar-chip is-main" onclick={send(Action::Dialog(Some(Dialog::Share)))}>{words.share_short}</button>
            <button class="toolbar-icon" onclick={send(Action::Lang(props.lang.other()))}>{words.language}</button>
            <button class="toolbar-icon" title={theme} aria-label={theme} onclick={send(Action::Theme(props.theme.next()))}>
                {theme_icon}
            </button>
            <button class="toolbar-icon" title={words.help} aria-label={words.help} onclick={send(Action::Dialog(Some(Dialog::Help)))}>
                <kbd>{"?"}</kbd>
            </button>
        </header>
    }
}

/// The number in the field that the event comes from; zero when there is none.
fn number(event: &Event) -> f64 {
    let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    field.and_then(|field| field.value().trim().parse().ok()).unwrap_or(0.0)
}

/// `0.1×`, `1×`, `18×`
fn speed(speed: f64) -> String {
    if speed < 10.0 { format!("{:.1}×", speed).replace(".0×", "×") } else { format!("{speed:.0}×") }
}
