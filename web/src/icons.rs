//! The page's few icons, drawn in the ink of their text.

use yew::prelude::*;

fn icon(view_box: &'static str, path: &'static str) -> Html {
    html! { <svg viewBox={view_box} aria-hidden="true"><path d={path} fill="currentColor" /></svg> }
}

/// lifepod's half-lit disc.
pub fn brand() -> Html {
    html! {
        <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 1a7 7 0 1 0 0 14z" fill="currentColor" />
            <path d="M8 1a7 7 0 0 1 0 14" fill="currentColor" fill-opacity="0.25" />
        </svg>
    }
}

/// A triangle.
pub fn play() -> Html {
    icon("0 0 12 12", "M3 1l8 5-8 5z")
}

/// Two bars.
pub fn pause() -> Html {
    icon("0 0 12 12", "M2 1h3v10H2zM7 1h3v10H7z")
}

/// Half light, half dark.
pub fn auto() -> Html {
    icon("0 0 16 16", "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm0 1.6v10.8a5.4 5.4 0 0 1 0-10.8z")
}

/// A sun.
pub fn light() -> Html {
    icon(
        "0 0 16 16",
        "M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM7.3 0h1.4v2.6H7.3zM7.3 13.4h1.4V16H7.3zM0 7.3h2.6v1.4H0zM13.4 \
         7.3H16v1.4h-2.6zM2.9 1.9l1.8 1.8-1 1-1.8-1.8zM12.3 11.3l1.8 1.8-1 1-1.8-1.8zM13.1 1.9l1 1-1.8 1.8-1-1zM3.7 \
         11.3l1 1-1.8 1.8-1-1z",
    )
}

/// A moon.
pub fn dark() -> Html {
    icon("0 0 16 16", "M6.2 1.2a7 7 0 1 0 8.6 8.6A5.6 5.6 0 0 1 6.2 1.2z")
}
