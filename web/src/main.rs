//! lifepod's page, and the worker behind it: one module, started twice.
//!
//! On the page it draws and listens ([`app`]). In the Web Worker it parses, simulates and answers ([`worker`]).
//! The two talk in [`protocol`]'s messages.

mod app;
mod assist;
mod browser;
mod clock;
mod dialogs;
mod edit;
mod editor;
mod engine;
mod i18n;
mod icons;
mod inspector;
mod keys;
mod lints;
mod origin;
mod playback;
mod prompt;
mod protocol;
mod real;
mod session;
mod share;
mod slot;
mod state;
mod timeline;
mod toolbar;
mod wire;
mod worker;

fn main() {
    if browser::is_worker() {
        worker::start();
    } else {
        yew::platform::spawn_local(async {
            let linked = linked().await;
            yew::Renderer::<app::App>::with_props(app::AppProps { linked }).render();
        });
    }
}

/// The run that the page's address holds, or the example that it names.
async fn linked() -> Option<share::Shared> {
    let hash = browser::window().location().hash().ok()?;
    let Some(name) = share::example(&hash) else { return share::restore(&hash).await };
    let (text, note) = dialogs::load_example(name).await?;
    Some(share::Shared { text, note, ..share::read_settings(&hash) })
}
