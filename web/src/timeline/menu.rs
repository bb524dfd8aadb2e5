//! What can be done to the thing that a lane is about: its faults and commands.

use crate::edit::quoted;
use crate::i18n::{Lang, Words};
use crate::protocol::Shown;
use crate::state::{Action, Menu};
use lifepod_timeline::{About, SceneRow};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Something that can be done, and how it is called.
pub type Offer = (String, Action);

/// Everything that can be done to what the lane of this key is about.
pub fn offers(rows: &[SceneRow], key: &str, words: &Words) -> Vec<Offer> {
    let Some(row) = rows.iter().find(|row| row.lane.key == key) else { return Vec::new() };
    let mut offers = Vec::new();
    of_object(&row.about, words, &mut offers);
    // A pod's menu has its containers' faults too.
    for container in &row.containers {
        of_container(container, words, &mut offers);
    }
    offers.push((words.pin.to_owned(), Action::Pin(key.into())));
    let name = row.about.name.as_str();
    if !name.is_empty() {
        offers.push((format!("{} {name}", words.only), Action::Filter(name.into())));
    }
    offers
}

fn of_object(about: &About, words: &Words, offers: &mut Vec<Offer>) {
    let name = &about.name;
    let namespace = match about.namespace.as_str() {
        "" | "default" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    let mut kubectl = |command: String| {
        let action = format!("kubectl: {}", quoted(&format!("{command}{namespace}")));
        offers.push((format!("kubectl {command}"), Action::Act(action.as_str().into())));
    };
    match about.kind.as_str() {
        "Pod" if !about.container.is_empty() => of_container(about, words, offers),
        "Pod" => {
            kubectl(format!("delete pod {name}"));
            kubectl(format!("delete pod {name} --force --grace-period=0"));
            let fields = in_namespace(about, &format!("name: {}", quoted(name)));
            let action = format!("pod: {{{fields}, fails: sandboxDies}}");
            offers.push((words.sandbox_dies.to_owned(), Action::Act(action.as_str().into())));
            let fields = in_namespace(about, &format!("pod: {}", quoted(name)));
            let action = format!("network: {{fails: dns, {fields}, for: 1m}}");
            offers.push((words.pod_dns.to_owned(), Action::Act(action.as_str().into())));
        }
        "Node" => {
            kubectl(format!("drain {name} --ignore-daemonsets --delete-emptydir-data --force"));
            kubectl(format!("cordon {name}"));
            kubectl(format!("uncordon {name}"));
            let faults = [
                (words.node_partition, "partition, for: 6m"),
                (words.node_kubelet, "kubeletStop, for: 6m"),
                (words.node_power, "powerLoss"),
                (words.node_disk, "diskDeath, for: 6m"),
                (words.node_freeze, "freeze, for: 2m"),
                (words.node_shutdown, "shutdown"),
            ];
            for (label, fails) in faults {
                let action = format!("node: {{name: {}, fails: {fails}}}", quoted(name));
                offers.push((label.to_owned(), Action::Act(action.as_str().into())));
            }
            let action = format!("network: {{fails: proxy, node: {}, for: 1m}}", quoted(name));
            offers.push((words.node_proxy.to_owned(), Action::Act(action.as_str().into())));
        }
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
            let kind = about.kind.to_lowercase();
            if kind != "daemonset" {
                kubectl(format!("scale {kind} {name} --replicas=0"));
                kubectl(format!("scale {kind} {name} --replicas=5"));
            }
            if kind != "replicaset" {
                kubectl(format!("rollout restart {kind} {name}"));
            }
            kubectl(format!("delete {kind} {name}"));
        }
        "Job" | "CronJob" => kubectl(format!("delete {} {name}", about.kind.to_lowercase())),
        "Service" => {
            kubectl(format!("delete service {name}"));
            kubectl(format!(
                "patch service {name} -p '{{\"spec\":{{\"selector\":{{\"app\":\"nobody\"}}}}}}'"
            ));
            let faults = [
                (words.network_slow, "network: {fails: slow, delay: 500ms, for: 1m}"),
                (words.network_dns, "network: {fails: dns, for: 1m}"),
            ];
            offers.extend(faults.map(|(label, what)| (label.to_owned(), Action::Act(what.into()))));
        }
        _ => {}
    }
}

fn of_container(about: &About, words: &Words, offers: &mut Vec<Offer>) {
    let fields = format!("pod: {}", quoted(&about.name));
    let fields = format!("{}, name: {}", in_namespace(about, &fields), quoted(&about.container));
    let faults = [(words.kill_process, "kill"), (words.oom, "oom"), (words.freeze, "freeze, for: 30s")];
    for (label, fails) in faults {
        let action = format!("container: {{{fields}, fails: {fails}}}");
        offers.push((
            format!("{}{}{label}", about.container, words.colon),
            Action::Act(action.as_str().into()),
        ));
    }
    let action = format!("image: {{image: {}, error: \"not found\"}}", quoted(&about.image));
    offers.push((
        format!("{}{}{}", about.container, words.colon, words.image_missing),
        Action::Act(action.as_str().into()),
    ));
}

fn in_namespace(about: &About, fields: &str) -> String {
    match about.namespace.as_str() {
        "" | "default" => fields.to_owned(),
        namespace => format!("{fields}, namespace: {}", quoted(namespace)),
    }
}

/// What [`MenuView`] is given.
#[derive(Properties, PartialEq)]
pub struct MenuProps {
    pub lang: Lang,
    pub menu: Menu,
    pub shown: Rc<Shown>,
    pub send: Callback<Action>,
}

/// The open menu.
#[component]
pub fn MenuView(props: &MenuProps) -> Html {
    /// About how high an item is, in pixels.
    const ITEM: i32 = 28;
    const WIDTH: i32 = 320;
    let words = props.lang.words();
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        let document = crate::browser::window().document();
        let before = document.and_then(|document| document.active_element()?.dyn_into::<HtmlElement>().ok());
        focus_item(node.cast(), 0);
        // Whoever works with keys goes on where they were.
        move || {
            if let Some(before) = before {
                let _ = before.focus();
            }
        }
    });
    let offers = offers(&props.shown.scene.rows, &props.menu.lane, words);
    let onkeydown = {
        let (node, send) = (node.clone(), props.send.clone());
        Callback::from(move |event: KeyboardEvent| {
            let by = match &*event.key() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Escape" | "Tab" => return send.emit(Action::Menu(None)),
                _ => return,
            };
            event.prevent_default();
            focus_item(node.cast(), by);
        })
    };
    let items = offers.iter().map(|(label, action)| {
        let (send, action) = (props.send.clone(), action.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            send.emit(action.clone());
            send.emit(Action::Menu(None));
        });
        html! { <button role="menuitem" tabindex="-1" {onclick}>{label}</button> }
    });
    let window = crate::browser::window();
    let inner =
        |side: Result<wasm_bindgen::JsValue, _>| side.ok().and_then(|px| px.as_f64()).unwrap_or(800.0) as i32;
    let x = props.menu.x.min(inner(window.inner_width()) - WIDTH - 8).max(4);
    let y = props.menu.y.min(inner(window.inner_height()) - ITEM * offers.len() as i32 - 40).max(4);
    let close = props.send.reform(|_: MouseEvent| Action::Menu(None));
    html! {
        <>
            <div class="menu-veil" onclick={close.clone()} oncontextmenu={close} />
            <div
                class="menu" role="menu" ref={node} {onkeydown} aria-label={words.what_if}
                style={format!("left:{x}px;top:{y}px;max-width:{WIDTH}px")}
            >
                <p class="menu-title">{words.what_if}</p>
                { for items }
            </div>
        </>
    }
}

/// Moves the focus by so many items, around the end; 0 is the first.
fn focus_item(menu: Option<web_sys::Element>, by: i32) {
    let Some(items) = menu.and_then(|menu| menu.query_selector_all("[role=menuitem]").ok()) else { return };
    let count = items.length() as i32;
    let active = crate::browser::window().document().and_then(|document| document.active_element());
    let here = (0..count).find(|i| {
        items.get(*i as u32).is_some_and(|item| active.as_ref().is_some_and(|a| item.is_same_node(Some(a))))
    });
    let next = if by == 0 { 0 } else { (here.unwrap_or(-1) + by).rem_euclid(count.max(1)) };
    if let Some(item) = items.get(next as u32).and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
        // Fails only for what cannot have the focus.
        let _ = item.focus();
    }
}
