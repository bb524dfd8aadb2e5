//! One number of each of many runs, on a line: points that open their runs.

use crate::i18n::Lang;
use crate::state::Action;
use yew::prelude::*;

/// The size of a plot, in its own pixels.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 64.0;
const MARGIN: f64 = 12.0;

/// The room of the row below the line, for runs without the number.
const NEVER: f64 = 20.0;
/// The points of that row stand so far apart, where there is room.
const APART: f64 = 9.0;

/// What [`Plot`] is given.
#[derive(Properties, PartialEq)]
pub struct PlotProps {
    pub lang: Lang,
    /// What the number says.
    pub name: &'static str,
    pub unit: &'static str,
    /// The number of each run, from seed 1 on; none where the run has none.
    pub values: Vec<Option<f64>>,
    /// What it means that a run has none. Without it, such runs are not shown.
    #[prop_or_default]
    pub none: Option<&'static str>,
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
    let without = props.values.iter().zip(1..).filter(|(value, _)| value.is_none() && props.none.is_some());
    let without: Vec<u64> = without.map(|(_, seed)| seed).collect();
    let (least, most) = match (ranked.first(), ranked.last()) {
        (Some(first), Some(last)) => (first.0, last.0),
        _ if without.is_empty() => return Html::default(),
        _ => (0.0, 0.0),
    };
    let (valued, all) = (ranked.len(), ranked.len() + without.len());
    let rank = (*here).min(all - 1);
    let number = |value: f64| number(value, most - least) + props.unit;
    // What the run of that rank says, and its seed.
    let told = |rank: usize| match ranked.get(rank) {
        Some(&(value, seed)) => (number(value), seed),
        None => (props.none.unwrap_or_default().to_owned(), without[rank - valued]),
    };
    let opener = |seed: u64| {
        let send = props.send.clone();
        move || {
            send.emit(Action::Dialog(None));
            send.emit(Action::Seed(seed));
        }
    };
    let x = |value: f64| MARGIN + (value - least) / (most - least).max(1e-9) * (WIDTH - 2.0 * MARGIN);
    // The words before the row of those without.
    let label = props.none.map(|none| format!("{none} × {}", without.len())).filter(|_| !without.is_empty());
    let indent = MARGIN + label.as_ref().map_or(0.0, |label| 14.0 + 8.0 * label.chars().count() as f64);
    let apart = APART.min((WIDTH - MARGIN - indent) / without.len().max(1) as f64);
    let points = (0..all).map(|i| {
        let (says, seed) = told(i);
        let (x, y) = match ranked.get(i) {
            // Spread over the height by the seed, so that like values stand apart.
            Some(&(value, _)) => {
                (x(value), 8.0 + (seed.wrapping_mul(0x9E37_79B9) % 997) as f64 / 997.0 * (HEIGHT - 32.0))
            }
            None => (indent + apart * (i - valued) as f64, HEIGHT + NEVER / 2.0),
        };
        let open = opener(seed);
        let is_current = (props.current == Some(seed)).then_some("is-current");
        let is_without = (i >= valued).then_some("is-without");
        let class = classes!("seeds-point", is_current, is_without, (i == rank).then_some("is-here"));
        html! {
            <circle
                key={seed} {class} cx={format!("{x:.1}")} cy={format!("{y:.1}")} r="3.5"
                onclick={move |_: MouseEvent| open()} data-seed={seed.to_string()}
            ><title>{format!("{} {seed}: {says}", words.seed)}</title></circle>
        }
    });
    let onkeydown = {
        let (here, open) = (here.setter(), opener(told(rank).1));
        Callback::from(move |event: KeyboardEvent| {
            match &*event.key() {
                "ArrowRight" | "ArrowUp" => here.set((rank + 1).min(all - 1)),
                "ArrowLeft" | "ArrowDown" => here.set(rank.saturating_sub(1)),
                "Home" => here.set(0),
                "End" => here.set(all - 1),
                "Enter" => open(),
                _ => return,
            }
            event.prevent_default();
        })
    };
    // Of those that have one.
    let last = valued.saturating_sub(1);
    let median = (last as f64 / 2.0).round() as usize;
    let extremes = [(words.least, 0), (words.median, median), (words.most, last)];
    let extremes = extremes.into_iter().filter(|_| valued > 0).map(|(which, rank)| {
        let (says, seed) = told(rank);
        let open = opener(seed);
        html! { <button class="seeds-extreme mono" onclick={move |_: MouseEvent| open()}>{which}{" "}{says}</button> }
    });
    let (says, seed) = told(rank);
    let bottom = (HEIGHT - 16.0).to_string();
    let height = if label.is_some() { HEIGHT + NEVER } else { HEIGHT };
    html! {
        <figure class="seeds-plot">
            <figcaption>{props.name}<span class="seeds-extremes">{ for extremes }</span></figcaption>
            <svg
                viewBox={format!("0 0 {WIDTH} {height}")} tabindex="0" role="slider" aria-label={props.name} {onkeydown}
                aria-valuemin="1" aria-valuemax={all.to_string()} aria-valuenow={(rank + 1).to_string()}
                aria-valuetext={format!("{} {seed}: {says}", words.seed)}
            >
                <line class="seeds-line" x1={MARGIN.to_string()} x2={(WIDTH - MARGIN).to_string()} y1={bottom.clone()} y2={bottom} />
                if valued > 0 {
                    <text x={MARGIN.to_string()} y={(HEIGHT - 2.0).to_string()}>{number(least)}</text>
                }
                if least < most {
                    <text x={(WIDTH - MARGIN).to_string()} y={(HEIGHT - 2.0).to_string()} text-anchor="end">{number(most)}</text>
                }
                if let Some(label) = label {
                    <text class="seeds-without" x={MARGIN.to_string()} y={(HEIGHT + NEVER / 2.0 + 4.0).to_string()}>{label}</text>
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
