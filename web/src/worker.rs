//! The worker's side of the wire: bytes in, [`Session`]'s answer out.

use crate::protocol::{Reply, Request, decode, encode};
use crate::session::Session;
use js_sys::{Array, Uint8Array};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Listens from now on.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| post(&Reply::Panicked(panic.to_string()))));
    let session = RefCell::new(Session::default());
    let listen = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let bytes = Uint8Array::new(&event.data()).to_vec();
        match decode::<Request>(&bytes) {
            Some(request) => {
                let reply = session.borrow_mut().answer(request);
                reply.iter().for_each(post);
            }
            None => {
                post(&Reply::Panicked("the page and its worker are not of one build: reload the page".into()))
            }
        }
    });
    scope().set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens for as long as it lives.
    listen.forget();
    post(&Reply::Ready);
}

fn post(reply: &Reply) {
    let bytes = Uint8Array::from(&encode(reply)[..]);
    // The buffer is handed over, not copied. Without a page to hear it there is nobody to tell.
    let _ = scope().post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
