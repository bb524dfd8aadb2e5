//! The same text with many seeds: what chance alone can change.

use super::Modal;
use super::plot::Plot;
use crate::engine::SharedDrawing;
use crate::i18n::Lang;
use crate::protocol::{Reply, Request, Run};
use crate::state::{Action, State};
use crate::wire::Wire;
use lifepod_api::SimTime;
use lifepod_timeline::Facts;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// How many seeds are tried.
const SEEDS: u64 = 200;

/// What [`Seeds`] is given.
#[derive(Properties, PartialEq)]
pub struct SeedsProps {
    pub lang: Lang,
    pub state: State,
    pub drawing: Option<SharedDrawing>,
    pub send: Callback<Action>,
}

/// What came of the seeds so far: the first is seed 1.
#[derive(Default, Clone, PartialEq)]
struct Spread {
    facts: Vec<Facts>,
    /// Nothing more is to come.
    over: bool,
}

impl Reducible for Spread {
    type Action = Option<Facts>;
    fn reduce(self: Rc<Self>, facts: Option<Facts>) -> Rc<Self> {
        let mut next = (*self).clone();
        next.facts.extend(facts);
        next.over = facts.is_none() || next.facts.len() as u64 == SEEDS;
        next.into()
    }
}

/// The open dialog; closing it ends what still runs.
#[component]
pub fn Seeds(props: &SeedsProps) -> Html {
    let words = props.lang.words();
    let spread = use_reducer(Spread::default);
    let background = use_mut_ref(|| None::<Wire>);
    use_effect_with((), {
        let (spread, background, state) = (spread.dispatcher(), background.clone(), props.state.clone());
        move |()| {
            let wire: Rc<RefCell<Option<Wire>>> = background.clone();
            let ask = move |seed: u64| {
                Request::Measure(Run {
                    id: seed as u32,
                    text: state.text.to_string(),
                    seed: Some(seed),
                    horizon: state.horizon,
                    lang: state.lang.core(),
                })
            };
            let hear = {
                let (wire, seed) = (Rc::downgrade(&wire), RefCell::new(0_u64));
                move |reply: Reply| {
                    match reply {
                        Reply::Ready => {}
                        Reply::Measured(Some(facts)) => spread.dispatch(Some(facts)),
                        _ => return spread.dispatch(None),
                    }
                    let mut seed = seed.borrow_mut();
                    *seed += 1;
                    if *seed <= SEEDS
                        && let Some(wire) = wire.upgrade()
                        && let Some(wire) = &*wire.borrow()
                    {
                        wire.send(&ask(*seed));
                    }
                }
            };
            *background.borrow_mut() = Wire::start(Rc::new(hear), Rc::new(|_| {})).ok();
            move || drop(background.take())
        }
    });
    let cancel = {
        let (spread, background) = (spread.dispatcher(), background.clone());
        Callback::from(move |_: MouseEvent| {
            background.take();
            spread.dispatch(None);
        })
    };
    let seconds = |time: SimTime| time.as_secs_f64();
    let facts = &spread.facts;
    let of = |fact: &dyn Fn(&Facts) -> Option<f64>| facts.iter().map(fact).collect::<Vec<_>>();
    let plots = [
        (words.fact_ready, words.seconds, Some(words.never), of(&|facts| facts.ready_after.map(seconds))),
        (words.fact_unready, words.seconds, None, of(&|facts| Some(seconds(facts.unready)))),
        (words.fact_restarts, "", None, of(&|facts| Some(f64::from(facts.restarts)))),
        (words.fact_failed, "", None, of(&|facts| Some(f64::from(facts.failed)))),
        (words.fact_lost, "", None, of(&|facts| facts.lost.map(f64::from))),
    ];
    let current = props.state.seed.or(props.drawing.as_ref().map(|drawing| drawing.seed));
    html! {
        <Modal class="seeds" title={words.seeds} close={words.close} send={props.send.clone()}>
            <p>{words.seeds_intro}</p>
            <div class="seeds-progress">
                <progress max={SEEDS.to_string()} value={facts.len().to_string()} aria-label={words.seeds} />
                <span class="mono">{facts.len()}{" / "}{SEEDS}</span>
                if !spread.over {
                    <button class="button" onclick={cancel}>{words.cancel}</button>
                }
            </div>
            { for plots.map(|(name, unit, none, values)| html! {
                <Plot lang={props.lang} {name} {unit} {none} {values} {current} send={props.send.clone()} />
            }) }
        </Modal>
    }
}
