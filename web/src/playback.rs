//! The one place where the clock on the wall moves the clock of the simulation.

use crate::browser;
use crate::state::Action;
use gloo::render::{AnimationFrame, request_animation_frame};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// While `playing`, sends a [`Action::Tick`] for each frame.
#[hook]
pub fn use_playback(playing: bool, send: Callback<Action>) {
    use_effect_with(playing, move |playing| {
        let frame = Rc::new(RefCell::new(None));
        if *playing {
            schedule(frame.clone(), send, browser::now_ms());
        }
        // Dropping the frame cancels it.
        move || drop(frame.take())
    });
}

fn schedule(slot: Rc<RefCell<Option<AnimationFrame>>>, send: Callback<Action>, last: f64) {
    let again = slot.clone();
    let frame = request_animation_frame(move |now| {
        send.emit(Action::Tick((now - last).clamp(0.0, 250.0)));
        if again.borrow().is_some() {
            schedule(again.clone(), send, now);
        }
    });
    *slot.borrow_mut() = Some(frame);
}
