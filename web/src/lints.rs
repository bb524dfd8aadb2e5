//! Which lints speak: a list of switches below the editor, kept for the next visit.

use crate::browser::{keep, kept};
use crate::i18n::Lang;
use crate::protocol::Diagnostic;
use lifepod_manifest::{LINTS, Lint};
use std::rc::Rc;
use yew::prelude::*;

/// The lints that are switched off.
#[derive(Clone, Debug, PartialEq)]
pub struct Silenced(Vec<Lint>);

impl Silenced {
    /// As the last visit left them.
    pub fn kept() -> Self {
        let names: Vec<String> = kept("lifepod.silenced").unwrap_or_default();
        Silenced(names.iter().filter_map(|name| Lint::find(name)).collect())
    }

    /// The findings that are left.
    pub fn filter(&self, all: &Rc<[Diagnostic]>) -> Rc<[Diagnostic]> {
        let off = |found: &Diagnostic| {
            found.lint.as_ref().is_some_and(|name| self.0.iter().any(|l| l.name() == *name))
        };
        if all.iter().any(off) {
            all.iter().filter(|found| !off(found)).cloned().collect()
        } else {
            all.clone()
        }
    }
}

/// Switches a lint off or on.
pub struct Switch {
    pub lint: Lint,
    pub off: bool,
}

impl Reducible for Silenced {
    type Action = Switch;

    fn reduce(self: Rc<Self>, Switch { lint, off }: Switch) -> Rc<Self> {
        let mut silenced: Vec<Lint> = self.0.iter().copied().filter(|l| *l != lint).collect();
        silenced.extend(off.then_some(lint));
        // A list that cannot be kept still holds for this visit.
        let _ = keep("lifepod.silenced", silenced.iter().map(|lint| lint.name()).collect::<Vec<_>>());
        Rc::new(Silenced(silenced))
    }
}

/// What [`Switches`] is given.
#[derive(Properties, PartialEq)]
pub struct SwitchesProps {
    pub lang: Lang,
    pub silenced: UseReducerHandle<Silenced>,
}

/// The list of switches, closed until it is asked for.
#[component]
pub fn Switches(props: &SwitchesProps) -> Html {
    let words = props.lang.words();
    let switch = |lint: &Lint| {
        let lint = *lint;
        let off = props.silenced.0.contains(&lint);
        let (en, zh) = lint.about();
        let silenced = props.silenced.dispatcher();
        let onchange = move |_: Event| silenced.dispatch(Switch { lint, off: !off });
        html! {
            <label><input type="checkbox" checked={!off} {onchange} />{ match props.lang { Lang::En => en, Lang::Zh => zh } }</label>
        }
    };
    html! {
        <details class="editor-lints">
            <summary title={words.lints_title}>{words.lints}</summary>
            <div role="group" aria-label={words.lints_title}>
                <p>{words.lints_title}</p>
                { for LINTS.iter().map(switch) }
            </div>
        </details>
    }
}
