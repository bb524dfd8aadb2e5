//! The worker's side of the wire: bytes in, [`Session`]'s answer out.

use crate::protocol::{Reply, Request, decode, encode};
use crate::rest;
use crate::session::Session;
use js_sys::{Array, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort, Performance};

/// Listens from now on.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| post(&Reply::Panicked(panic.to_string()))));
    let session = Rc::new(RefCell::new(Session::default()));
    let performance = scope().performance();
    let clock = {
        let performance = performance.clone();
        move || performance.as_ref().map_or(0.0, Performance::now)
    };
    // A message of the worker to itself comes after those that the page has sent meanwhile.
    let again = MessageChannel::new().expect("workers have channels");
    let go_on = {
        let (session, again) = (session.clone(), again.port2());
        Closure::<dyn Fn()>::new(move || {
            let mut session = session.borrow_mut();
            session.go_on(&clock).iter().for_each(post);
            if let (Some(done), Some(performance)) = (session.take_simulated(), &performance) {
                // Shown by the browser's own tools, and read by `cargo xtask measure`.
                let _ = performance.mark(&format!("simulated {} entries in {:.1} ms", done.entries, done.ms));
            }
            if session.is_busy() {
                again_soon(&again);
            }
        })
    };
    again.port1().set_onmessage(Some(go_on.as_ref().unchecked_ref()));
    let listen = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let bytes = match event.data().dyn_into::<Uint8Array>() {
            Ok(bytes) => bytes.to_vec(),
            Err(rest) => return rest::take(&rest),
        };
        let Some(request) = decode::<Request>(&bytes) else {
            return post(&Reply::Panicked(
                "the page and its worker are not of one build: reload the page".into(),
            ));
        };
        let mut session = session.borrow_mut();
        let was_busy = session.is_busy();
        session.hear(request).iter().for_each(post);
        if session.is_busy() && !was_busy {
            again_soon(&again.port2());
        }
    });
    scope().set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens for as long as it lives.
    listen.forget();
    go_on.forget();
    post(&Reply::Ready);
}

fn again_soon(port: &MessagePort) {
    // Only a value that cannot be cloned fails here.
    let _ = port.post_message(&JsValue::NULL);
}

fn post(reply: &Reply) {
    let bytes = Uint8Array::from(&encode(reply)[..]);
    // The buffer is handed over, not copied. Without a page to hear it there is nobody to tell.
    let _ = scope().post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
