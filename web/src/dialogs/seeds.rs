//! The same text with many seeds: what chance alone can change.

use super::Modal;
use crate::engine::SharedDrawing;
use crate::i18n::{Lang, Words};
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
/// The size of a plot, in its own pixels.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 64.0;

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
        (words.fact_ready, words.seconds, of(&|facts| facts.ready_after.map(seconds))),
        (words.fact_unready, words.seconds, of(&|facts| Some(seconds(facts.unready)))),
        (words.fact_restarts, "", of(&|facts| Some(f64::from(facts.restarts)))),
        (words.fact_failed, "", of(&|facts| Some(f64::from(facts.failed)))),
        (words.fact_lost, "", of(&|facts| facts.lost.map(f64::from))),
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
            { for plots.iter().map(|(name, unit, values)| plot(name, unit, values, current, words, &props.send)) }
        </Modal>
    }
}

/// The values of all seeds on a line, each a point that opens its run.
fn plot(
    name: &'static str,
    unit: &'static str,
    values: &[Option<f64>],
    current: Option<u64>,
    words: &Words,
    send: &Callback<Action>,
) -> Html {
    const MARGIN: f64 = 12.0;
    let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else { return Html::default() };
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
    let spread = (most - least).max(1e-9);
    let number = |value: f64| number(value, most - least) + unit;
    let x = |value: f64| MARGIN + (value - least) / spread * (WIDTH - 2.0 * MARGIN);
    let points = values.iter().enumerate().filter_map(|(i, value)| {
        let (seed, value) = (i as u64 + 1, (*value)?);
        // Spread over the height by the seed, so that like values stand apart.
        let y = 8.0 + (seed.wrapping_mul(0x9E37_79B9) % 997) as f64 / 997.0 * (HEIGHT - 32.0);
        let send = send.clone();
        let open = Callback::from(move |_: MouseEvent| {
            send.emit(Action::Dialog(None));
            send.emit(Action::Seed(seed));
        });
        let class = if current == Some(seed) { "seeds-point is-current" } else { "seeds-point" };
        Some(html! {
            <circle {class} cx={format!("{:.1}", x(value))} cy={format!("{y:.1}")} r="3.5" onclick={open} data-seed={seed.to_string()}>
                <title>{format!("{} {seed}: {}", words.seed, number(value))}</title>
            </circle>
        })
    });
    let label = format!("{name}: {} – {} – {}", number(least), number(at(0.5)), number(most));
    let extremes =
        [(words.least, least), (words.median, at(0.5)), (words.most, most)].map(|(which, value)| {
            let seed = values.iter().position(|v| *v == Some(value)).map_or(1, |i| i as u64 + 1);
            let send = send.clone();
            let open = Callback::from(move |_: MouseEvent| {
                send.emit(Action::Dialog(None));
                send.emit(Action::Seed(seed));
            });
            html! { <button class="seeds-extreme mono" onclick={open}>{which}{" "}{number(value)}</button> }
        });
    html! {
        <figure class="seeds-plot">
            <figcaption>{name}<span class="seeds-extremes">{ for extremes }</span></figcaption>
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={label}>
                <line class="seeds-line" x1={MARGIN.to_string()} x2={(WIDTH - MARGIN).to_string()} y1={(HEIGHT - 16.0).to_string()} y2={(HEIGHT - 16.0).to_string()} />
                <text x={MARGIN.to_string()} y={(HEIGHT - 2.0).to_string()}>{number(least)}</text>
                if least < most {
                    <text x={(WIDTH - MARGIN).to_string()} y={(HEIGHT - 2.0).to_string()} text-anchor="end">{number(most)}</text>
                }
                { for points }
            </svg>
        </figure>
    }
}

/// A number among others that are spread over so much: whole ones as such, others as fine as tells them apart.
fn number(value: f64, spread: f64) -> String {
    let digits = match spread {
        _ if value.fract() == 0.0 => 0,
        spread if spread <= 0.0 || spread >= 1.0 => 1,
        spread if spread >= 0.1 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}
