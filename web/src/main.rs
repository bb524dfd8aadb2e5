//! lifepod's page, and the worker behind it: one module, started twice.
//!
//! On the page it draws and listens ([`app`]). In the Web Worker it parses, simulates and answers ([`worker`]).
//! The two talk in [`protocol`]'s messages.

mod app;
mod assist;
mod browser;
mod checkpoints;
mod clock;
mod dialogs;
mod done;
mod edit;
mod editor;
mod engine;
mod findings;
mod guide;
mod hooks;
mod i18n;
mod icons;
mod inspector;
mod keys;
mod lints;
mod origin;
mod playback;
mod prompt;
mod protocol;
mod rest;
mod session;
mod share;
mod showing;
mod slot;
mod splitter;
mod state;
mod timeline;
mod toolbar;
mod underway;
mod wire;
mod worker;

fn main() {
    rest::begin();
    if browser::is_worker() {
        worker::start();
    } else {
        yew::platform::spawn_local(async {
            let (linked, guide) = linked().await.unzip();
            yew::Renderer::<app::App>::with_props(app::AppProps { linked, guide: guide.flatten() }).render();
        });
    }
}

/// The run that the page's address holds, or the example or the chapter of the tour that it names.
async fn linked() -> Option<(share::Shared, Option<guide::Guide>)> {
    let hash = browser::window().location().hash().ok()?;
    let settings = share::read_settings(&hash);
    if let Some(name) = share::value(&hash, "tour") {
        let step = share::value(&hash, "step").and_then(|step| step.parse().ok()).unwrap_or(1_usize);
        let (guide, text) = guide::open(name, app::language(), step.saturating_sub(1)).await?;
        return Some((share::Shared { text, ..settings }, Some(guide)));
    }
    let Some(name) = share::value(&hash, "example") else {
        return Some((share::restore(&hash).await?, None));
    };
    let dialogs::Loaded { text, note, at } = dialogs::load_example(name).await?;
    let cursor = settings.cursor.or(at);
    Some((share::Shared { text, note, cursor, ..settings }, None))
}
