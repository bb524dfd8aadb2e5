//! The strip above the page that tells the tour's chapter, a step at a time.

use super::{CHAPTERS, Guide as Reader};
use crate::i18n::Lang;
use crate::inspector::paragraphs;
use crate::state::{Action, Visit};
use yew::prelude::*;

/// What [`Guide`] is given.
#[derive(Properties, PartialEq)]
pub struct GuideProps {
    pub lang: Lang,
    pub guide: Reader,
    pub send: Callback<Action>,
}

/// The open chapter.
#[component]
pub fn Guide(props: &GuideProps) -> Html {
    let words = props.lang.words();
    let guide = &props.guide;
    let (step, count) = (guide.step, guide.chapter.steps.len());
    let go = |to: usize| props.send.reform(move |_: MouseEvent| Action::Step(to));
    let deed = guide.now().deed.clone().map(|deed| {
        let title = deed.title();
        let act = props.send.reform(move |_: MouseEvent| Action::Do(deed.clone()));
        html! { <button class="button" onclick={act}>{words.try_it}{" "}<code>{title}</code></button> }
    });
    let next = if step + 1 < count {
        html! { <button class="button is-main" onclick={go(step + 1)}>{words.next}</button> }
    } else {
        match CHAPTERS.get(guide.index + 1) {
            Some(chapter) => {
                let onclick =
                    props.send.reform(|_: MouseEvent| Action::Visit(Some(Visit::Chapter(chapter.name))));
                let title = format!("{}{}", words.next_chapter, chapter.title(props.lang));
                html! { <button class="button is-main" {onclick}>{title}</button> }
            }
            None => Html::default(),
        }
    };
    let leave = props.send.reform(|_: MouseEvent| Action::Guide(None));
    html! {
        <section class="guide" aria-label={words.tour} data-arriving={guide.arriving.to_string()}>
            <header class="guide-head">
                <span class="guide-chapter">{&guide.chapter.title}</span>
                <span class="guide-count">{format!("{} / {count}", step + 1)}</span>
                <button class="modal-close" aria-label={words.tour_leave} title={words.tour_leave} onclick={leave}>{"✕"}</button>
            </header>
            // What is new is read out.
            <div class="guide-text" aria-live="polite">
                <h2>{&guide.now().title}</h2>
                {paragraphs(&guide.now().text)}
            </div>
            <div class="guide-ways">
                <button class="button" disabled={step == 0} onclick={go(step.saturating_sub(1))}>{words.back}</button>
                {next}
                { for deed }
            </div>
        </section>
    }
}
