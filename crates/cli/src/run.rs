//! `lifepod run`: everything that happens, as a table, as JSON or as a picture.

use crate::input::{no_lints, read_all};
use crate::json;
use crate::simulate::{Wishes, simulate};
use clap::{Args, ValueEnum};
use lifepod_api::SimTime;
use lifepod_engine::{Run as Finished, What};
use lifepod_timeline::{
    Axis, Lang, LayoutOptions, Options, chronicle, gutter_for, label_room, lanes, layout, svg, traffic_table,
};
use std::io::Write as _;
use std::process::ExitCode;

/// Arguments of `lifepod run`.
#[derive(Args)]
pub struct Run {
    /// Manifests; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Where the run ends, in simulated time [default: 30m, or what the scenario says]
    #[arg(long, value_parser = crate::duration::parse, value_name = "TIME")]
    until: Option<SimTime>,
    /// What seeds the draws that real Kubernetes makes at random
    #[arg(long)]
    seed: Option<u64>,
    /// What to print
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    output: Format,
    /// Leave nothing out of the table
    #[arg(long)]
    all: bool,
    /// Draw the picture to scale, quiet times not folded
    #[arg(long)]
    true_scale: bool,
    /// The width of the picture in pixels
    #[arg(long, default_value_t = 1200.0)]
    width: f64,
    /// The language of the words in the table and the picture
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Svg,
}

/// A language on the command line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    En,
    /// 简体中文
    Zh,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::En => Lang::En,
            Language::Zh => Lang::Zh,
        }
    }
}

impl Run {
    /// Runs and prints.
    pub fn main(self) -> Result<ExitCode, String> {
        let files = read_all(&self.files, &no_lints())?;
        let run = simulate(files, Wishes { until: self.until, seed: self.seed })?;
        let text = match self.output {
            Format::Table => table(&run, self.lang.into(), self.all),
            Format::Json => json::text(&run),
            Format::Svg => {
                let timeline = lanes(&run.trace, &Options { horizon: run.end, lang: self.lang.into() });
                let axis = if self.true_scale { Axis::even(run.end) } else { Axis::folded(&timeline) };
                let width = self.width.clamp(400.0, 20_000.0);
                svg(&layout(
                    &timeline,
                    &axis,
                    &LayoutOptions {
                        width,
                        lang: self.lang.into(),
                        gutter: gutter_for(label_room(&timeline), width),
                    },
                ))
            }
        };
        print(&text)?;
        Ok(if refusals(&run) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// Prints to standard output; a reader that went away, such as `head`, is no error.
pub fn print(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
        _ => Ok(()),
    }
}

/// Says what the API server refused; true when there was anything.
pub fn refusals(run: &Finished) -> bool {
    let mut any = false;
    for entry in run.trace.entries() {
        if let What::Action(action) = &entry.what
            && let Some(why) = &action.refused
        {
            eprintln!("lifepod: {}: {why}", action.text);
            any = true;
        }
    }
    any
}

fn table(run: &Finished, lang: Lang, all: bool) -> String {
    let lines = chronicle(&run.trace, lang, all);
    let width = |cell: fn(&lifepod_timeline::Line) -> &str, least: usize| {
        lines.iter().map(|l| cell(l).chars().count()).max().unwrap_or(0).max(least)
    };
    let (who, object) = (width(|l| &l.who, 3), width(|l| &l.object, 6));
    let mut text = format!("{:>10}  {:who$}  {:object$}  WHAT\n", "TIME", "WHO", "OBJECT");
    for l in &lines {
        let what = l.what.replace('\n', " ");
        text.push_str(&format!("{:>10}  {:who$}  {:object$}  {what}\n", l.at.to_string(), l.who, l.object));
    }
    let traffic = traffic_table(&run.trace, run.end);
    if !traffic.is_empty() {
        text.push('\n');
        text.push_str(&traffic);
    }
    text
}
