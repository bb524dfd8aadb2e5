//! The editor and the verdict on its text below it.
//!
//! The editor itself is `<yaml-editor>` (`static/editor`): a custom element whose script is loaded by [`load`]. Until then
//! its properties are remembered, and the text stands there plainly.

use crate::app::Trouble;
use crate::assist::Assist;
use crate::browser;
use crate::i18n::{Lang, Words};
use crate::lints::{Silenced, Switch, Switches};
use crate::protocol::{Diagnostic, Severity};
use crate::rest;
use crate::state::Action;
use gloo::events::EventListener;
use lifepod_manifest::Lint;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::CustomEvent;
use yew::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = web_sys::Element)]
    type YamlEditor;
    #[wasm_bindgen(method, getter, structural)]
    fn text(this: &YamlEditor) -> String;
    #[wasm_bindgen(method, setter, structural)]
    fn set_text(this: &YamlEditor, text: &str);
    #[wasm_bindgen(method, setter, structural)]
    fn set_label(this: &YamlEditor, label: &str);
    #[wasm_bindgen(method, setter, structural)]
    fn set_diagnostics(this: &YamlEditor, diagnostics: JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_assist(this: &YamlEditor, assist: &JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_marks(this: &YamlEditor, lines: JsValue);
    #[wasm_bindgen(method, structural)]
    fn show(this: &YamlEditor, line: u32, column: u32);
    #[wasm_bindgen(method, structural)]
    fn undo(this: &YamlEditor);
    #[wasm_bindgen(method, structural)]
    fn redo(this: &YamlEditor);
}

/// What [`Editor`] is given.
#[derive(Properties, PartialEq)]
pub struct EditorProps {
    pub lang: Lang,
    pub text: Rc<str>,
    /// Counts the texts that the editor has to take over.
    pub pushed: u32,
    pub diagnostics: Rc<[Diagnostic]>,
    /// The lines that the story is about.
    pub marks: Rc<[u32]>,
    pub trouble: Option<Trouble>,
    /// Whether the run had to end before its horizon.
    pub cut_short: bool,
    pub took_ms: Option<f64>,
    /// The number of the run that the text asks for.
    pub asked: u32,
    /// The number of the last run that was answered for.
    pub answered: u32,
    pub send: Callback<Action>,
}

/// The editor.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let words = props.lang.words();
    let node = use_node_ref();
    let loaded = use_state(|| false);
    let silenced = use_reducer(Silenced::kept);
    let diagnostics = silenced.filter(&props.diagnostics);

    use_effect_with((), {
        let (node, send, loaded) = (node.clone(), props.send.clone(), loaded.setter());
        let silenced = silenced.dispatcher();
        move |()| {
            let element = node.get().map(|node| node.unchecked_into::<web_sys::Element>());
            let listeners = element.map(|element| {
                // The script may have been there first.
                loaded.set(element.child_element_count() > 0);
                let edit = EventListener::new(&element, "edit", {
                    let editor: YamlEditor = element.clone().unchecked_into();
                    move |_| send.emit(Action::Edit(editor.text().into()))
                });
                let silence = EventListener::new(&element, "silence", move |event| {
                    let name = event.unchecked_ref::<CustomEvent>().detail().as_string();
                    if let Some(lint) = name.and_then(|name| Lint::find(&name)) {
                        silenced.dispatch(Switch { lint, off: true });
                    }
                });
                (edit, silence, EventListener::new(&element, "ready", move |_| loaded.set(true)))
            });
            move || drop(listeners)
        }
    });
    let editor = {
        let node = node.clone();
        move || node.get().map(|node| node.unchecked_into::<YamlEditor>())
    };
    // Put in only when it came from elsewhere. Texts heard from the editor are old news there: by now more may have
    // been typed.
    use_effect_with(props.pushed, {
        let (editor, text) = (editor.clone(), props.text.clone());
        move |_| editor().into_iter().for_each(|editor| editor.set_text(&text))
    });
    use_effect_with(props.lang, {
        let editor = editor.clone();
        move |lang| editor().into_iter().for_each(|editor| editor.set_label(lang.words().editor))
    });
    use_effect_with(props.lang, {
        let editor = editor.clone();
        move |lang| {
            let assist = Assist::new(*lang);
            editor().into_iter().for_each(|editor| editor.set_assist(assist.object()));
            move || drop(assist)
        }
    });
    use_effect_with(diagnostics.clone(), {
        let editor = editor.clone();
        move |diagnostics| {
            let list = serde_wasm_bindgen::to_value(&**diagnostics).unwrap_or(JsValue::UNDEFINED);
            editor().into_iter().for_each(|editor| editor.set_diagnostics(list.clone()));
        }
    });
    use_effect_with(props.marks.clone(), move |marks| {
        let lines = serde_wasm_bindgen::to_value(&**marks).unwrap_or(JsValue::UNDEFINED);
        editor().into_iter().for_each(|editor| editor.set_marks(lines.clone()));
    });

    html! {
        <section class="editor" aria-label={words.editor}>
            <div class="editor-body">
                if !*loaded {
                    <pre class="editor-plain">{&*props.text}</pre>
                }
                <@{"yaml-editor"} ref={node} />
            </div>
            <footer
                class="editor-foot" role="status"
                data-asked={props.asked.to_string()} data-answered={props.answered.to_string()}
            >
                { verdict(props, &diagnostics, words) }
                // With the first answer, so that nothing moves when that comes.
                if props.took_ms.is_some() {
                    <Switches lang={props.lang} silenced={silenced.clone()} />
                }
                if props.asked != props.answered {
                    <span class="editor-busy">{words.running}</span>
                }
                if let Some(ms) = props.took_ms {
                    <span class="editor-took">{format!("{ms:.0} ms")}</span>
                }
            </footer>
        </section>
    }
}

/// Loads the editor, once. It waits for the first timeline, which needs the line and the processor more.
pub fn load() {
    const SCRIPT: &str = "editor.js";
    let Some(document) = browser::window().document() else { return };
    if document.query_selector(&format!("script[src=\"{SCRIPT}\"]")).is_ok_and(|found| found.is_some()) {
        return;
    }
    let (Ok(script), Some(head)) =
        (document.create_element("script"), document.query_selector("head").ok().flatten())
    else {
        return;
    };
    // Setting an attribute fails only for a name that is none, and a head takes a script.
    let _ = script.set_attribute("type", "module");
    let _ = script.set_attribute("src", SCRIPT);
    let _ = head.append_child(&script);
}

/// Puts the editor's text cursor there, once the editor has loaded.
pub fn go_to(line: u32, column: u32) {
    if let Some(editor) = loaded() {
        editor.show(line, column);
    }
}

/// Takes back the last change of the text, whoever made it.
pub fn undo() {
    if let Some(editor) = loaded() {
        editor.undo();
    }
}

/// Does again what was taken back last.
pub fn redo() {
    if let Some(editor) = loaded() {
        editor.redo();
    }
}

fn loaded() -> Option<YamlEditor> {
    let document = browser::window().document()?;
    let editor = document.query_selector("yaml-editor:has(.cm-editor)").ok()??;
    Some(editor.unchecked_into())
}

/// The most important thing to say of the text, in a line; a click goes to its place.
fn verdict(props: &EditorProps, diagnostics: &[Diagnostic], words: &'static Words) -> Html {
    let note = match &props.trouble {
        Some(Trouble::TooSlow) => Some(words.too_slow.to_owned()),
        Some(Trouble::Crashed(said)) if rest::is_missing(said) => Some(words.rest_awaited.to_owned()),
        Some(Trouble::Crashed(said)) => Some(format!("{} {said}", words.crashed)),
        Some(Trouble::NotKept) => Some(words.not_kept.to_owned()),
        None if props.cut_short => Some(words.cut_short.to_owned()),
        None => None,
    };
    if let Some(note) = note {
        return html! { <span class="editor-verdict is-warning is-long">{note}</span> };
    }
    // The first of the worst.
    let Some(worst) = diagnostics.iter().min_by_key(|diagnostic| diagnostic.severity) else {
        let text = if props.took_ms.is_some() { words.no_errors } else { words.starting };
        return html! { <span class="editor-verdict">{text}</span> };
    };
    let class = match worst.severity {
        Severity::Error => "editor-verdict is-error",
        Severity::Warning => "editor-verdict is-warning",
        Severity::Info => "editor-verdict is-info",
        Severity::Hint => "editor-verdict is-hint",
    };
    let place = (worst.line, worst.column);
    let message = match worst.hint.as_str() {
        "" => worst.message.clone(),
        hint => format!("{}: {hint}", worst.message),
    };
    let more = match diagnostics.len() {
        1 => String::new(),
        all => format!("  (+{})", all - 1),
    };
    html! {
        <>
            if worst.severity != Severity::Error {
                <span class="editor-verdict is-short">{words.no_errors}</span>
            }
            <button {class} title={message.clone()} onclick={move |_: MouseEvent| go_to(place.0, place.1)}>
                <b class="mono">{format!("{}:{}", worst.line, worst.column)}</b>{" "}{&message}{more}
            </button>
        </>
    }
}
