//! The page's side of the wire: keeps a worker alive, and never lets it be asked twice at once.
//!
//! Typing does not wait for the worker: it gives up a run as soon as it hears of a newer one. A worker that says nothing
//! for too long is ended and started anew, which costs a few milliseconds, because the compiled module is at hand.

use crate::browser;
use crate::protocol::{
    Ask, Came, Drawing, Find, Look, Printed, Ran, Reply, Request, Run, Seen, Show, Shown, Side, Story, Typed,
};
use crate::rest;
use crate::slot::Slot;
use crate::wire::Wire;
use gloo::timers::callback::Interval;
use lifepod_api::SimTime;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use yew::Callback;

/// A worker that has a run and says nothing for longer is ended, in milliseconds.
const LIMIT_MS: f64 = 20_000.0;
/// How often its silence is looked at, in milliseconds.
const LOOK_EVERY_MS: u32 = 500;

/// What the page hears.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// What came of a run, or has come of it so far; how many milliseconds after it was asked for.
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
    /// The rest of the program is there.
    RestCame,
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
    /// Whether everything goes out at once: the worker knows what is on the screen.
    open: bool,
    /// The run that waits for that.
    next: Option<Run>,
    looks: Slot<Look>,
    whys: Slot<Ask>,
    /// What is shown of this run, and of the one that it is compared with.
    shows: [Slot<Show>; 2],
    /// What was last shown of this run.
    last_show: Option<Show>,
    /// The run that later ones are compared with.
    other: Option<Run>,
    /// The run that a worker could not make without the rest of the program.
    awaits_rest: Option<Run>,
    /// The runs that are not answered in full and may still be, the latest last, and when each was sent.
    sent: Vec<(Run, f64)>,
    /// Since when nothing was heard of them.
    silent: f64,
    /// The last run that made a timeline: a new worker is given it first, so that it can answer for it.
    last_good: Option<Run>,
    /// Whether the worker has said that it is up.
    ready: bool,
    /// Looks at the silence of the worker.
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
                open: false,
                next: None,
                looks: Slot::closed(),
                whys: Slot::closed(),
                shows: [Slot::closed(), Slot::closed()],
                last_show: None,
                other: None,
                awaits_rest: None,
                sent: Vec::new(),
                silent: 0.0,
                last_good: None,
                ready: false,
                watch: None,
            })
        });
        inner.borrow_mut().start_worker();
        // What is asked before the worker is up waits there.
        inner.borrow_mut().open();
        Engine(inner)
    }

    /// Fetches the part of the program that the first timeline could do without, for the page and its worker.
    pub fn fetch_rest(&self) {
        let this = Rc::downgrade(&self.0);
        rest::fetch(move || {
            if let Some(this) = this.upgrade() {
                this.borrow_mut().rest_has_come();
                let hear = this.borrow().hear.clone();
                hear.emit(News::RestCame);
            }
        });
    }

    /// Asks for a run.
    pub fn run(&self, run: Run) {
        let mut inner = self.0.borrow_mut();
        if inner.open {
            inner.send_run(run);
        } else {
            inner.next = Some(run);
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
        self.open = false;
        self.looks.close();
        self.whys.close();
        self.shows.iter_mut().for_each(Slot::close);
        self.sent.clear();
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
                if self.open {
                    return None;
                }
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
                    self.open();
                }
                None
            }
            Reply::Ran(ran) => {
                let took = self.ran(&ran)?;
                Some(News::Ran(ran, took))
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

    /// Notes an answer to a run; how long that took. None when nobody waits for it.
    fn ran(&mut self, ran: &Ran) -> Option<f64> {
        self.silent = browser::now_ms();
        let at = self.sent.iter().position(|(run, _)| run.id == ran.id)?;
        let took = self.silent - self.sent[at].1;
        // A newer text needs nothing that is missing.
        self.awaits_rest.take_if(|awaits| awaits.id < ran.id);
        let goes_on = match &ran.came {
            // Those before it are overtaken.
            Came::New(drawing, _) if drawing.reached.is_some() => {
                self.sent.drain(..at);
                return Some(took);
            }
            Came::Nothing(goes_on) => *goes_on,
            Came::New(..) | Came::Same(_) => None,
        };
        let later = self.sent.split_off(at + 1);
        let run = self.sent.pop()?.0;
        self.sent.retain(|(run, _)| Some(run.id) == goes_on);
        self.sent.extend(later);
        match &ran.came {
            Came::Nothing(_) => {}
            Came::New(..) => self.last_good = Some(run),
            // It goes on under the number that it has on the screen.
            Came::Same(_) => {
                self.last_good = self.last_good.take().map(|last| Run { id: last.id, ..run });
            }
        }
        if self.sent.is_empty() {
            self.watch = None;
            if !self.open {
                self.open();
            }
        }
        Some(took)
    }

    /// From now on what is asked goes out at once.
    fn open(&mut self) {
        self.open = true;
        self.next_look();
        self.next_why();
        self.next_show(Side::This);
        self.next_show(Side::Other);
        if let Some(run) = self.next.take() {
            self.send_run(run);
        }
    }

    /// Starts anew after a bug.
    fn crashed(&mut self, words: String) -> News {
        let run = self.sent.last().map(|(run, _)| run.clone());
        let is_missing = rest::is_missing(&words);
        // Such a run is not answered for: it is made later.
        let id = run.as_ref().filter(|_| !is_missing).map(|run| run.id);
        if is_missing {
            self.awaits_rest = self.awaits_rest.take().into_iter().chain(run).max_by_key(|run| run.id);
        }
        self.give_up_current();
        // One that never came up would not the next time either.
        if self.ready {
            self.start_worker();
        }
        News::Crashed(id, words)
    }

    /// What could not be done without the rest of the program can be now.
    fn rest_has_come(&mut self) {
        self.worker.iter().for_each(Wire::hand_over_rest);
        let Some(run) = self.awaits_rest.take() else { return };
        // A newer one is what is wanted; what a new worker repeats first is older.
        let on_its_way =
            self.next.iter().chain(self.sent.iter().map(|(run, _)| run)).any(|it| it.id >= run.id);
        match self.open {
            _ if on_its_way => {}
            true => self.send_run(run),
            false => self.next = Some(run),
        }
    }

    /// A run that was on its way did not end. One that once worked is not tried again and again.
    fn give_up_current(&mut self) {
        if self.sent.last().map(|(run, _)| run) == self.last_good.as_ref() {
            self.last_good = None;
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
        let now = browser::now_ms();
        if self.sent.is_empty() {
            self.silent = now;
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
        self.sent.push((run, now));
    }

    /// Ends a worker that has said nothing for too long.
    fn lose_patience(&mut self) -> Option<News> {
        if browser::now_ms() - self.silent < LIMIT_MS {
            return None;
        }
        let (run, since) = self.sent.last()?.clone();
        let overtook = since > self.silent;
        self.give_up_current();
        self.start_worker();
        if overtook {
            // It is another one that takes so long.
            self.next = Some(run);
            return None;
        }
        Some(News::TooSlow(run.id))
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
