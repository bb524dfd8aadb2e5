//! The page's side of the wire: keeps a worker alive, and never lets it be asked twice at once.
//!
//! Typing does not wait for the worker: of several texts only the latest is run. A worker that thinks for too long
//! is ended and started anew, which costs a few milliseconds, because the compiled module is at hand.

use crate::browser;
use crate::protocol::{
    Ask, Drawing, Find, Look, Printed, Ran, Reply, Request, Run, Seen, Show, Shown, Side, Story, Typed,
};
use crate::slot::Slot;
use crate::wire::Wire;
use gloo::timers::callback::Interval;
use lifepod_api::SimTime;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use yew::Callback;

/// A run that takes longer is ended, in milliseconds.
const LIMIT_MS: f64 = 20_000.0;
/// A run that a newer text has overtaken is ended after so long, in milliseconds.
const OVERTAKEN_LIMIT_MS: f64 = 400.0;
/// How often a run's age is looked at, in milliseconds.
const LOOK_EVERY_MS: u32 = 100;

/// What the page hears.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A run has ended; how many milliseconds after it was asked for.
    Ran(Ran, f64),
    /// The cluster at the cursor.
    Seen(Seen),
    /// Why something happened.
    Story(Option<Story>),
    /// The lanes of a frame.
    Shown(Shown),
    /// A picture that was asked for, and its height.
    Picture(String, f64),
    /// What a typed command printed.
    Printed(Printed),
    /// A typed command is to become an action of the text.
    Act(String),
    /// What was searched for happened at an instant, and is the entry of this number.
    Found(SimTime, u32),
    /// The words that may stand at the end of a line.
    Completed(String, Vec<String>),
    /// The run of this number was ended, because it took too long.
    TooSlow(u32),
    /// The worker failed on the run of this number, if on any; its last words.
    Crashed(Option<u32>, String),
}

/// The simulator behind the page.
#[derive(Clone)]
pub struct Engine(Rc<RefCell<Inner>>);

struct Inner {
    this: Weak<RefCell<Inner>>,
    hear: Callback<News>,
    worker: Option<Wire>,
    runs: Slot<Run>,
    looks: Slot<Look>,
    whys: Slot<Ask>,
    /// What is shown of this run, and of the one that it is compared with.
    shows: [Slot<Show>; 2],
    /// What was last shown of this run.
    last_show: Option<Show>,
    /// The run that later ones are compared with.
    other: Option<Run>,
    /// The run on its way, and when it was sent.
    current: Option<(Run, f64)>,
    /// The last run that made a timeline: a new worker is given it first, so that it can answer for it.
    last_good: Option<Run>,
    /// Whether the worker has said that it is up.
    ready: bool,
    /// Looks at the age of the current run.
    watch: Option<Interval>,
}

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Engine {
    /// Starts a worker, which will answer to `hear`.
    pub fn start(hear: Callback<News>) -> Self {
        let inner = Rc::new_cyclic(|this| {
            RefCell::new(Inner {
                this: this.clone(),
                hear,
                worker: None,
                runs: Slot::closed(),
                looks: Slot::closed(),
                whys: Slot::closed(),
                shows: [Slot::closed(), Slot::closed()],
                last_show: None,
                other: None,
                current: None,
                last_good: None,
                ready: false,
                watch: None,
            })
        });
        inner.borrow_mut().start_worker();
        Engine(inner)
    }

    /// Asks for a run.
    pub fn run(&self, run: Run) {
        let mut inner = self.0.borrow_mut();
        if let Some(run) = inner.runs.offer(run) {
            inner.send_run(run);
        }
    }

    /// Asks for the cluster at an instant.
    pub fn look(&self, look: Look) {
        let mut inner = self.0.borrow_mut();
        if let Some(look) = inner.looks.offer(look) {
            inner.send(&Request::Look(look));
        }
    }

    /// Asks for the lanes of a frame.
    pub fn show(&self, show: Show) {
        let mut inner = self.0.borrow_mut();
        if show.side == Side::This {
            inner.last_show = Some(show.clone());
        }
        if let Some(show) = inner.shows[show.side as usize].offer(show) {
            inner.send(&Request::Show(show));
        }
    }

    /// Compares later runs with the last one that worked, or with none.
    pub fn compare(&self, on: bool) {
        let mut inner = self.0.borrow_mut();
        inner.other = inner.last_good.clone().filter(|_| on);
        if inner.ready {
            inner.send(&Request::Compare(inner.other.clone()));
        }
    }

    /// Asks for a picture of a frame.
    pub fn picture(&self, show: Show) {
        self.0.borrow().send(&Request::Picture(show));
    }

    /// Asks about a line at the prompt: what it prints, or, while it is not yet `entered`, how it may go on.
    pub fn kubectl(&self, typed: Typed, entered: bool) {
        let inner = self.0.borrow();
        if inner.ready {
            inner.send(&if entered { Request::Kubectl(typed) } else { Request::Complete(typed) });
        }
    }

    /// Asks when something happened.
    pub fn find(&self, find: Find) {
        let inner = self.0.borrow();
        if inner.ready {
            inner.send(&Request::Find(find));
        }
    }

    /// Asks why an entry happened.
    pub fn why(&self, ask: Ask) {
        let mut inner = self.0.borrow_mut();
        if let Some(ask) = inner.whys.offer(ask) {
            inner.send(&Request::Why(ask));
        }
    }
}

impl Inner {
    fn start_worker(&mut self) {
        self.runs.close();
        self.looks.close();
        self.whys.close();
        self.shows.iter_mut().for_each(Slot::close);
        self.current = None;
        self.ready = false;
        self.watch = None;

        let said = {
            let this = self.this.clone();
            // Told only when the borrow is over: whoever hears it may ask for more at once.
            move |hear: &mut dyn FnMut(&mut Inner) -> Option<News>| {
                let Some(this) = this.upgrade() else { return };
                let news = hear(&mut this.borrow_mut());
                if let Some(news) = news {
                    let hear = this.borrow().hear.clone();
                    hear.emit(news);
                }
            }
        };
        let on_message = {
            let said = said.clone();
            move |reply: Reply| {
                let mut reply = Some(reply);
                said(&mut |inner| inner.receive(reply.take()?));
            }
        };
        let on_error = move |words: String| said(&mut |inner| Some(inner.crashed(words.clone())));
        match Wire::start(Rc::new(on_message), Rc::new(on_error)) {
            Ok(wire) => self.worker = Some(wire),
            Err(error) => self.hear.emit(News::Crashed(None, format!("{error:?}"))),
        }
    }

    fn receive(&mut self, reply: Reply) -> Option<News> {
        match reply {
            Reply::Ready => {
                self.ready = true;
                if let Some(show) = self.last_show.clone() {
                    self.send(&Request::Show(show));
                }
                // A worker that was started anew must know the runs that are on the screen.
                if self.other.is_some() {
                    self.send(&Request::Compare(self.other.clone()));
                }
                if let Some(run) = self.last_good.clone() {
                    self.send_run(run);
                } else {
                    self.next_run();
                }
                self.next_look();
                self.next_why();
                self.next_show(Side::This);
                self.next_show(Side::Other);
                None
            }
            Reply::Ran(ran) => {
                let (run, since) = self.current.take()?;
                self.watch = None;
                if ran.drawing.is_some() {
                    self.last_good = Some(run);
                }
                self.next_run();
                Some(News::Ran(ran, browser::now_ms() - since))
            }
            Reply::Seen(seen) => {
                self.next_look();
                Some(News::Seen(seen))
            }
            Reply::Story(story) => {
                self.next_why();
                Some(News::Story(story))
            }
            Reply::Shown(shown) => {
                self.next_show(shown.show.side);
                Some(News::Shown(shown))
            }
            Reply::Picture(svg, height) => Some(News::Picture(svg, height)),
            Reply::Printed(printed) => Some(News::Printed(printed)),
            Reply::Act(action) => Some(News::Act(action)),
            Reply::Found(found) => found.map(|(at, entry)| News::Found(at, entry)),
            Reply::Completed(line, words) => Some(News::Completed(line, words)),
            // This worker was not asked for it.
            Reply::Measured(_) => None,
            Reply::Panicked(words) => Some(self.crashed(words)),
        }
    }

    /// Starts anew after a bug.
    fn crashed(&mut self, words: String) -> News {
        let id = self.current.as_ref().map(|(run, _)| run.id);
        self.give_up_current();
        // One that never came up would not the next time either.
        if self.ready {
            self.start_worker();
        }
        News::Crashed(id, words)
    }

    /// A run that was on its way did not end. One that once worked is not tried again and again.
    fn give_up_current(&mut self) {
        if self.current.as_ref().map(|(run, _)| run) == self.last_good.as_ref() {
            self.last_good = None;
        }
    }

    fn next_run(&mut self) {
        if let Some(run) = self.runs.free() {
            self.send_run(run);
        }
    }

    fn next_look(&mut self) {
        if let Some(look) = self.looks.free() {
            self.send(&Request::Look(look));
        }
    }

    fn next_why(&mut self) {
        if let Some(ask) = self.whys.free() {
            self.send(&Request::Why(ask));
        }
    }

    fn next_show(&mut self, side: Side) {
        if let Some(show) = self.shows[side as usize].free() {
            self.send(&Request::Show(show));
        }
    }

    fn send_run(&mut self, run: Run) {
        self.send(&Request::Run(run.clone()));
        self.current = Some((run, browser::now_ms()));
        let this = self.this.clone();
        self.watch = Some(Interval::new(LOOK_EVERY_MS, move || {
            let Some(this) = this.upgrade() else { return };
            let news = this.borrow_mut().lose_patience();
            if let Some(news) = news {
                let hear = this.borrow().hear.clone();
                hear.emit(news);
            }
        }));
    }

    /// Ends a run that has taken too long.
    fn lose_patience(&mut self) -> Option<News> {
        let (run, since) = self.current.as_ref()?;
        let (id, age) = (run.id, browser::now_ms() - since);
        let overtaken = self.runs.is_waiting();
        if age < if overtaken { OVERTAKEN_LIMIT_MS } else { LIMIT_MS } {
            return None;
        }
        self.give_up_current();
        self.start_worker();
        (!overtaken).then_some(News::TooSlow(id))
    }

    fn send(&self, request: &Request) {
        if let Some(wire) = &self.worker {
            wire.send(request);
        }
    }
}

/// A drawing that several parts of the page hold. Each run makes its own: two are the same only if they are one,
/// which is quick to tell.
#[derive(Clone, Debug)]
pub struct SharedDrawing(Rc<Drawing>);

impl From<Drawing> for SharedDrawing {
    fn from(drawing: Drawing) -> Self {
        SharedDrawing(Rc::new(drawing))
    }
}

impl PartialEq for SharedDrawing {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for SharedDrawing {
    type Target = Drawing;
    fn deref(&self) -> &Drawing {
        &self.0
    }
}
