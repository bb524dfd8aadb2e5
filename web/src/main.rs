//! lifepod's page, and the worker behind it: one module, started twice.
//!
//! On the page it draws and listens ([`app`]). In the Web Worker it parses, simulates and answers ([`worker`]).
//! The two talk in [`protocol`]'s messages.

mod app;
mod assist;
mod browser;
mod clock;
mod editor;
mod engine;
mod help;
mod i18n;
mod icons;
mod inspector;
mod keys;
mod lints;
mod playback;
mod protocol;
mod session;
mod slot;
mod state;
mod timeline;
mod toolbar;
mod worker;

fn main() {
    if browser::is_worker() {
        worker::start();
    } else {
        yew::Renderer::<app::App>::new().render();
    }
}
