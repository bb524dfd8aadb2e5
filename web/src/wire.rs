//! A worker with its listeners; ended when it is dropped.

use crate::browser;
use crate::protocol::{Reply, Request, decode, encode};
use crate::rest;
use gloo::timers::callback::Timeout;
use js_sys::{Array, Object, Reflect, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

/// A worker that runs the same compiled module as the page.
pub struct Wire {
    worker: Worker,
    _listeners: [Closure<dyn Fn(MessageEvent)>; 2],
}

impl Wire {
    /// Starts a worker; `hear` gets what it says, `fail` the words of an error that ended it.
    ///
    /// # Errors
    /// The browser does not let workers start.
    pub fn start(hear: Rc<dyn Fn(Reply)>, fail: Rc<dyn Fn(String)>) -> Result<Self, JsValue> {
        let worker = match first_worker() {
            Some(worker) => worker,
            None => {
                let options = WorkerOptions::new();
                options.set_type(WorkerType::Module);
                Worker::new_with_options("worker.js", &options)?
            }
        };
        if let Some(words) = failure(&worker) {
            let fail = fail.clone();
            Timeout::new(0, move || fail(words)).forget();
        }
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            if let Some(reply) = decode(&bytes) {
                hear(reply);
            }
        });
        let on_error = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(words) =
                Reflect::get(&event, &"message".into()).ok().and_then(|words| words.as_string())
            {
                fail(words);
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let module = Object::new();
        Reflect::set(&module, &"glue".into(), &browser::module_url().into())?;
        Reflect::set(&module, &"module".into(), &wasm_bindgen::module())?;
        worker.post_message(&module)?;
        let wire = Wire { worker, _listeners: [on_message, on_error] };
        wire.hand_over_rest();
        Ok(wire)
    }

    /// Hands the rest of the program to the worker, if it is there.
    pub fn hand_over_rest(&self) {
        let rest = rest::compiled();
        if !rest.is_undefined() {
            // A worker that does not get it loads it when it needs it.
            let _ = self.worker.post_message(&rest);
        }
    }

    /// Asks for something.
    pub fn send(&self, request: &Request) {
        let bytes = Uint8Array::from(&encode(request)[..]);
        // Only a value that cannot be cloned fails here, and bytes can.
        let _ = self.worker.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
    }
}

/// The worker that `index.html` has started, for whoever comes first.
fn first_worker() -> Option<Worker> {
    let (window, name) = (browser::window(), "firstWorker".into());
    let worker = Reflect::get(&window, &name).ok()?.dyn_into().ok()?;
    Reflect::delete_property(&window, &name).ok()?;
    Some(worker)
}

/// The words of the error that had ended it before anybody listened.
fn failure(worker: &Worker) -> Option<String> {
    Reflect::get(worker, &"failure".into()).ok()?.as_string()
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
