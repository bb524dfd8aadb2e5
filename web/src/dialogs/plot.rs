//! One number of each of many runs, on a line: points that open their runs.

use crate::i18n::Lang;
use crate::state::Action;
use yew::prelude::*;

/// The size of a plot, in its own pixels.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 64.0;
const MARGIN: f64 = 12.0;

/// What [`Plot`] is given.
#[derive(Properties, PartialEq)]
pub struct PlotProps {
    pub lang: Lang,
    /// What the number says.
    pub name: &'static str,
    pub unit: &'static str,
    /// The number of each run, from seed 1 on; none where the run has none.
    pub values: Vec<Option<f64>>,
    /// The seed of the run on the screen.
    pub current: Option<u64>,
    pub send: Callback<Action>,
}

/// The plot. Keys go from one value to the next, and open its run.
#[component]
pub fn Plot(props: &PlotProps) -> Html {
    let words = props.lang.words();
    // The rank of the value that keys are at.
    let here = use_state(|| 0_usize);
    let mut ranked: Vec<(f64, u64)> =
        props.values.iter().zip(1..).filter_map(|(value, seed)| Some(((*value)?, seed))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(&(least, _)), Some(&(most, _))) = (ranked.first(), ranked.last()) else {
        return Html::default();
    };
    let last = ranked.len() - 1;
    let rank = (*here).min(last);
    let number = |value: f64| number(value, most - least) + props.unit;
    let opener = |seed: u64| {
        let send = props.send.clone();
        move || {
            send.emit(Action::Dialog(None));
            send.emit(Action::Seed(seed));
        }
    };
    let x = |value: f64| MARGIN + (value - least) / (most - least).max(1e-9) * (WIDTH - 2.0 * MARGIN);
    let points = ranked.iter().enumerate().map(|(i, &(value, seed))| {
        // Spread over the height by the seed, so that like values stand apart.
        let y = 8.0 + (seed.wrapping_mul(0x9E37_79B9) % 997) as f64 / 997.0 * (HEIGHT - 32.0);
        let open = opener(seed);
        let is_current = (props.current == Some(seed)).then_some("is-current");
        let class = classes!("seeds-point", is_current, (i == rank).then_some("is-here"));
        html! {
            <circle
                key={seed} {class} cx={format!("{:.1}", x(value))} cy={format!("{y:.1}")} r="3.5"
                onclick={move |_: MouseEvent| open()} data-seed={seed.to_string()}
            ><title>{format!("{} {seed}: {}", words.seed, number(value))}</title></circle>
        }
    });
    let onkeydown = {
        let (here, open) = (here.setter(), opener(ranked[rank].1));
        Callback::from(move |event: KeyboardEvent| {
            match &*event.key() {
                "ArrowRight" | "ArrowUp" => here.set((rank + 1).min(last)),
                "ArrowLeft" | "ArrowDown" => here.set(rank.saturating_sub(1)),
                "Home" => here.set(0),
                "End" => here.set(last),
                "Enter" => open(),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let median = (last as f64 / 2.0).round() as usize;
    let extremes = [(words.least, 0), (words.median, median), (words.most, last)].map(|(which, rank)| {
        let (value, seed) = ranked[rank];
        let open = opener(seed);
        html! { <button class="seeds-extreme mono" onclick={move |_: MouseEvent| open()}>{which}{" "}{number(value)}</button> }
    });
    let (value, seed) = ranked[rank];
    let bottom = (HEIGHT - 16.0).to_string();
    html! {
        <figure class="seeds-plot">
            <figcaption>{props.name}<span class="seeds-extremes">{ for extremes }</span></figcaption>
            <svg
                viewBox={format!("0 0 {WIDTH} {HEIGHT}")} tabindex="0" role="slider" aria-label={props.name} {onkeydown}
                aria-valuemin="1" aria-valuemax={ranked.len().to_string()} aria-valuenow={(rank + 1).to_string()}
                aria-valuetext={format!("{} {seed}: {}", words.seed, number(value))}
            >
                <line class="seeds-line" x1={MARGIN.to_string()} x2={(WIDTH - MARGIN).to_string()} y1={bottom.clone()} y2={bottom} />
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
